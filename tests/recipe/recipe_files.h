/* recipe_files.h: a small recipe and its data, in the memory of a fault_host. */
#ifndef RECIPE_FILES_H
#define RECIPE_FILES_H

#include "fault.h"

static const char small_recipe[] = "# a small training\n"
                                   "[context]\n"
                                   "seed=7 threads=1\n"
                                   "\n"
                                   "[part.trunk]   # shared by nobody\n"
                                   "input 4 4 1\n"
                                   "conv2d 3 kernel=3 pad=1; leaky_relu 0.2\n"
                                   "\n"
                                   "[model.generator]\n"
                                   "input 5\n"
                                   "dense 16; tanh\n"
                                   "reshape 4 4 1\n"
                                   "[model.discriminator]\n"
                                   "input 4 4 1\n"
                                   "part trunk; dense 1\n"
                                   "\n"
                                   "[data.real]\n"
                                   "idx path=p.idx size=4\n"
                                   "[trainer]\n"
                                   "gan loss=hinge\n"
                                   "[optimizer.generator]\n"
                                   "adam lr=1e-3 beta1=0.5\n"
                                   "[run]\n"
                                   "steps=20\n"
                                   "batch=4\n";

TEST_UNUSED static void put_bytes(fault_host *fault, const char *path, const void *bytes,
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

TEST_UNUSED static void put_text(fault_host *fault, const char *path, const char *text)
{
    put_bytes(fault, path, text, strlen(text));
}

/* Ten pictures of 3 x 3. */
TEST_UNUSED static void put_pictures(fault_host *fault)
{
    unsigned char file[16 + 90] = {0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 3, 0, 0, 0, 3};
    for (int i = 0; i < 90; i++) file[16 + i] = (unsigned char)(i * 41);
    put_bytes(fault, "p.idx", file, sizeof file);
}

/* The recipe with the first `old` replaced. Static: used at once. */
TEST_UNUSED static const char *edited(const char *old, const char *new_text)
{
    static char text[4096];
    const char *at = strstr(small_recipe, old);
    if (!CHECK(at != NULL)) return small_recipe;
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small_recipe), small_recipe, new_text,
             at + strlen(old));
    return text;
}

#endif
