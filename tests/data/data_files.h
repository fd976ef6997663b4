/* data_files.h: small files in the memory of a fault_host, as the tests of data sets need them. */
#ifndef DATA_FILES_H
#define DATA_FILES_H

#include "fault.h"

#include "files/checksum.h"

TEST_UNUSED static void put_file(fault_host *fault, const char *path, const void *bytes,
                                 size_t size)
{
    fault_file *file = fault_find(fault, path);
    if (!file) file = fault_find(fault, "");
    if (!CHECK(file != NULL)) return;
    strcpy(file->path, path);
    file->bytes = realloc(file->bytes, size + 1);
    if (size > 0) memcpy(file->bytes, bytes, size);
    file->size = size;
}

/* uint8 elements as an IDX file: header, then bytes. Returns the size. */
TEST_UNUSED static size_t make_idx(uint8_t *out, int rank, const int *shape, const uint8_t *values)
{
    size_t at = 0, count = 1;
    out[at++] = 0;
    out[at++] = 0;
    out[at++] = 8;
    out[at++] = (uint8_t)rank;
    for (int i = 0; i < rank; i++) {
        for (int shift = 24; shift >= 0; shift -= 8) out[at++] = (uint8_t)(shape[i] >> shift);
        count *= (size_t)shape[i];
    }
    memcpy(out + at, values, count);
    return at + count;
}

/* Version 1.0 of NPY; `type` such as "<f4". */
TEST_UNUSED static size_t make_npy(uint8_t *out, const char *type, const char *shape,
                                   const void *values, size_t size)
{
    memset(out, ' ', 128);
    memcpy(out, "\x93NUMPY\x01\x00\x76\x00", 10);
    char header[119];
    int length = snprintf(header, sizeof header,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    memcpy(out + 10, header, (size_t)length);
    out[127] = '\n';
    memcpy(out + 128, values, size);
    return 128 + size;
}

/* A gzip file of one stored block. */
TEST_UNUSED static size_t make_gzip(uint8_t *out, const uint8_t *bytes, size_t size)
{
    static const uint8_t header[10] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3};
    uint32_t crc = gan__crc32(0, bytes, size), length = (uint32_t)size;
    memcpy(out, header, 10);
    out[10] = 1;
    out[11] = (uint8_t)size;
    out[12] = (uint8_t)(size >> 8);
    out[13] = (uint8_t)~out[11];
    out[14] = (uint8_t)~out[12];
    memcpy(out + 15, bytes, size);
    memcpy(out + 15 + size, &crc, 4);
    memcpy(out + 19 + size, &length, 4);
    return size + 23;
}

/* A small generator of test values. */
TEST_UNUSED static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
