/* files_test.h: what the tests of lib/files share. */
#ifndef FILES_TEST_H
#define FILES_TEST_H

#include "fault.h"

#include "base/memory.h"
#include "base/stream.h"
#include "files/bytes.h"

#include <stdio.h>

/* A context whose files are memory and whose allocations are counted. */
static fault_host files_fault;
static gan_context *files_context;

static void files_open(void)
{
    gan_host host = fault_make(&files_fault);
    CHECK_OK(gan_context_create(&files_context, "threads=1", &host, NULL, 0));
}

/* Nothing may be left. */
static void files_close(void)
{
    gan_context_release(files_context);
    CHECK_INT(files_fault.live, 0);
    fault_free_files(&files_fault);
}

TEST_UNUSED static gan__bytes files_bytes(const void *data, size_t size)
{
    return (gan__bytes){files_context, "file", data, size, 0};
}

TEST_UNUSED static gan__bytes files_text(const char *text)
{
    return files_bytes(text, strlen(text));
}

TEST_UNUSED static void files_put(const char *path, const void *bytes, size_t size)
{
    gan__piece piece = {bytes, size, NULL};
    CHECK_OK(gan__file_replace(files_context, path, &piece, 1));
}

TEST_UNUSED static void files_message(const char *expected)
{
    CHECK_TEXT(gan_context_message(files_context), expected);
}

/* A file of tests/files/data; its size, 0 if it cannot be read. */
TEST_UNUSED static size_t files_read_source(const char *name, unsigned char *out, size_t most)
{
    char path[400];
    snprintf(path, sizeof path, "%s/tests/files/data/%s", GAN_SOURCE_FOLDER, name);
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t size = fread(out, 1, most, file);
    fclose(file);
    return size;
}

#endif
