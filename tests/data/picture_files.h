/* picture_files.h: small pictures as files, as the tests of folders need them. */
#ifndef PICTURE_FILES_H
#define PICTURE_FILES_H

#include "base/memory.h"
#include "data_files.h"
#include "files/picture.h"
#include "files/png.h"
#include "files/pnm.h"

/* A value of a picture, 8 bits, that depends on all. */
TEST_UNUSED static uint8_t picture_value(int seed, int64_t at)
{
    return (uint8_t)((uint64_t)(seed * 131 + at * 7 + 3) * 2654435761u >> 11);
}

/* A PNG or PNM file of h x w x c such values, of 8 bits, or of 16 whose upper half they are. */
TEST_UNUSED static void put_picture(gan_context *context, fault_host *fault, const char *path,
                                    int seed, const int shape[3], int depth)
{
    gan__picture picture = {shape[1], shape[0], shape[2], depth, NULL};
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!CHECK_OK(gan__picture_allocate(context, &picture))) return;
    for (int64_t i = 0; i < (int64_t)shape[0] * shape[1] * shape[2]; i++)
        if (depth == 8)
            ((uint8_t *)picture.pixels)[i] = picture_value(seed, i);
        else
            ((uint16_t *)picture.pixels)[i] = (uint16_t)(257 * picture_value(seed, i));
    bool png = strstr(path, ".png") || strstr(path, ".PNG");
    CHECK_OK(png ? gan__png_write(context, &picture, &bytes, &size)
                 : gan__pnm_write(context, &picture, &bytes, &size));
    put_file(fault, path, bytes, size);
    gan__free(context, bytes);
    gan__picture_free(context, &picture);
}

#endif
