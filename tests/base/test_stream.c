#include "base/memory.h"
#include "base/os.h"
#include "base/stream.h"
#include "fault.h"

#if !defined(_WIN32)
#include <sys/stat.h>
#endif

static gan_context *context_with(const gan_host *host)
{
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, "threads=1", host, NULL, 0));
    return context;
}

static int file_is(gan_context *context, const char *path, const char *content)
{
    uint8_t *bytes;
    size_t size;
    if (gan__file_read(context, path, &bytes, &size) != GAN_OK) return 0;
    int same = size == strlen(content) && memcmp(bytes, content, size) == 0;
    gan__free(context, bytes);
    return same;
}

static gan_status replace_with(gan_context *context, const char *path, const char *a, const char *b)
{
    const gan__piece pieces[] = {{a, strlen(a)}, {NULL, 0}, {b, strlen(b)}};
    return gan__file_replace(context, path, pieces, 3);
}

TEST(real_files)
{
    static const char path[] = "stream-test.txt";
    gan_context *context = context_with(NULL);
    uint8_t *bytes;
    size_t size;
    gan__os_remove(path);
    CHECK_OK(replace_with(context, path, "old", " content"));
    CHECK(file_is(context, path, "old content"));
    CHECK_OK(replace_with(context, path, "new", ""));
    CHECK(file_is(context, path, "new"));
    CHECK_STATUS(gan__file_read(context, "stream-test.txt.tmp", &bytes, &size), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context),
               "stream-test.txt.tmp: cannot be opened: no such file or folder");
    CHECK(bytes == NULL && size == 0);
    CHECK_INT(gan__os_remove(path), 0);
    CHECK_STATUS(replace_with(context, "no-such-folder/file", "a", "b"), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context),
               "no-such-folder/file.tmp: cannot be opened for writing: "
               "no such file or folder");
    gan_context_release(context);
}

#if !defined(_WIN32)
TEST(system_failures)
{
    gan_context *context = context_with(NULL);
    uint8_t *bytes;
    size_t size;
    CHECK_STATUS(gan__file_read(context, ".", &bytes, &size), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context), ".: cannot be read: it is a folder");
    mkdir("stream-folder", 0777);
    mkdir("stream-folder/inside", 0777);
    CHECK_STATUS(replace_with(context, "stream-folder", "a", "b"), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context), "stream-folder: cannot be replaced: it is a folder");
    CHECK_STATUS(gan__file_read(context, "stream-folder.tmp", &bytes, &size), GAN_E_FILE);
    remove("stream-folder/inside");
    remove("stream-folder");
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        fclose(full);
        void *file = gan__os_open("/dev/full", 1);
        CHECK(file != NULL);
        CHECK_INT(gan__os_write(file, "x", 1), -1);
        CHECK_TEXT(gan__os_reason(), "no space left");
        CHECK_INT(gan__os_close(file), 0);
    }
    gan_context_release(context);
}
#endif

/* 200,000 bytes in short reads. */
TEST(large_files)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = context_with(&host);
    uint8_t *bytes, *back;
    size_t size;
    CHECK_OK(gan__allocate(context, &bytes, 200000, 1));
    for (int i = 0; i < 200000; i++) bytes[i] = (uint8_t)(i * 7 >> 3);
    const gan__piece piece = {bytes, 200000};
    CHECK_OK(gan__file_replace(context, "large", &piece, 1));
    CHECK(fault_find(&fault, "large")->flushed);
    CHECK_OK(gan__file_read(context, "large", &back, &size));
    CHECK_INT(size, 200000);
    CHECK(memcmp(bytes, back, size) == 0);
    gan__free(context, bytes);
    gan__free(context, back);
    CHECK_OK(gan__file_replace(context, "empty", NULL, 0));
    CHECK(file_is(context, "empty", ""));
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
}

/* Whichever operation fails, once or from then on: the old file is whole, or, past the rename, the
 * new one. A temporary file stays only if removing it failed too. */
TEST(replace_with_failures)
{
    for (int after = 0; after < 2; after++) {
        gan_status status = GAN_E_FILE;
        int k = 1;
        for (; status != GAN_OK && k < 50; k++) {
            fault_host fault = {0};
            gan_host host = fault_make(&fault);
            gan_context *context = context_with(&host);
            CHECK_OK(replace_with(context, "f", "the old", " content"));
            fault.file_fail_at = atomic_load(&fault.file_operations) + k;
            fault.and_after = after;
            status = replace_with(context, "f", "the new", " bytes");
            CHECK(status == GAN_OK || status == GAN_E_FILE);
            fault.file_fail_at = 0;
            CHECK(file_is(context, "f", status == GAN_OK ? "the new bytes" : "the old content"));
            if (!after || k == 1 || status == GAN_OK) CHECK_INT(fault_file_count(&fault), 1);
            if (status != GAN_OK) {
                CHECK(strstr(gan_context_message(context), k == 6 ? "f: " : "f.tmp: ") != NULL);
            }
            gan_context_release(context);
            CHECK_INT(fault.live, 0);
            fault_free_files(&fault);
        }
        CHECK_INT(k, 8); /* open, two writes, flush, close, rename; then none */
    }
}

TEST(read_with_failures)
{
    for (int k = 1; k <= 4; k++) {
        fault_host fault = {0};
        gan_host host = fault_make(&fault);
        gan_context *context = context_with(&host);
        uint8_t *bytes;
        size_t size;
        CHECK_OK(replace_with(context, "f", "abc", "def"));
        fault.file_fail_at = atomic_load(&fault.file_operations) + k;
        gan_status status = gan__file_read(context, "f", &bytes, &size);
        CHECK_STATUS(status, k < 4 ? GAN_E_FILE : GAN_OK); /* the fourth is the close */
        CHECK((bytes == NULL) == (k < 4));
        gan__free(context, bytes);
        CHECK_INT(fault_file_count(&fault), 1);
        fault.file_fail_at = 0;
        fault.fail_at = atomic_load(&fault.allocations) + 1;
        CHECK_STATUS(gan__file_read(context, "f", &bytes, &size), GAN_E_MEMORY);
        fault.fail_at = atomic_load(&fault.allocations) + 1;
        CHECK_STATUS(replace_with(context, "f", "x", "y"), GAN_E_MEMORY);
        CHECK(file_is(context, "f", "abcdef"));
        gan_context_release(context);
        CHECK_INT(fault.live, 0);
        fault_free_files(&fault);
    }
}

int main(void)
{
    RUN(real_files);
#if !defined(_WIN32)
    RUN(system_failures);
#endif
    RUN(large_files);
    RUN(replace_with_failures);
    RUN(read_with_failures);
    return test_report();
}
