#include "base/memory.h"
#include "base/os.h"
#include "base/stream.h"
#include "fault.h"

#include <errno.h>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#if defined(__linux__)
#include <sys/syscall.h>

static int folders_fail;

/* In place of the C library's: a device that cannot keep a folder. */
int fsync(int descriptor)
{
    struct stat found;
    if (folders_fail && fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, descriptor);
}
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
    const gan__piece pieces[] = {{a, strlen(a), NULL}, {NULL, 0, NULL}, {b, strlen(b), NULL}};
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
    CHECK_TEXT(gan_context_message(context), "no-such-folder/file: cannot be opened for writing: "
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
    CHECK_TEXT(gan_context_message(context),
               "stream-folder: cannot be opened for writing: it is a folder");
    remove("stream-folder/inside");
    remove("stream-folder");
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        fclose(full);
        void *file = gan__os_open("/dev/full", GAN_FILE_WRITE);
        CHECK(file != NULL);
        CHECK_INT(gan__os_write(file, "x", 1), -1);
        CHECK_TEXT(gan__os_reason(), "no space left");
        CHECK_INT(gan__os_close(file), 0);
    }
    gan_context_release(context);
}

static mode_t mode_of(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 ? found.st_mode : 0;
}

static int leftovers(const char *folder)
{
    char command[200];
    snprintf(command, sizeof command, "ls -A %s | grep -c tmp", folder);
    FILE *list = popen(command, "r");
    int count = -1;
    if (!list || fscanf(list, "%d", &count) != 1) count = -1;
    if (list) pclose(list);
    return count;
}

/* What a replaced file keeps, and which files are not replaced at all. */
TEST(replaced_files_keep)
{
    gan_context *context = context_with(NULL);
    CHECK_INT(system("rm -rf stream-keep && mkdir -p stream-keep/deep"), 0);
    CHECK_OK(replace_with(context, "stream-keep/a", "old", ""));
    CHECK_INT(chmod("stream-keep/a", 0640), 0);
    CHECK_OK(replace_with(context, "stream-keep/a.tmp", "the user's", " own"));
    CHECK_OK(replace_with(context, "stream-keep/a", "new", ""));
    CHECK_INT(mode_of("stream-keep/a"), S_IFREG | 0640);
    CHECK(file_is(context, "stream-keep/a.tmp", "the user's own"));
    CHECK_INT(unlink("stream-keep/a.tmp"), 0);

    CHECK_INT(symlink("../a", "stream-keep/deep/link"), 0);
    CHECK_INT(symlink("deep/link", "stream-keep/link"), 0);
    CHECK_INT(symlink("nothing", "stream-keep/deep/dangling"), 0);
    CHECK_INT(symlink("loop", "stream-keep/loop"), 0);
    CHECK_OK(replace_with(context, "stream-keep/link", "through", " links"));
    CHECK_OK(replace_with(context, "stream-keep/deep/dangling", "some", "thing"));
    CHECK_INT(mode_of("stream-keep/link") & S_IFMT, S_IFLNK);
    CHECK_INT(mode_of("stream-keep/deep/link") & S_IFMT, S_IFLNK);
    CHECK(file_is(context, "stream-keep/a", "through links"));
    CHECK_INT(mode_of("stream-keep/a"), S_IFREG | 0640);
    CHECK(file_is(context, "stream-keep/deep/nothing", "something"));
    CHECK_STATUS(replace_with(context, "stream-keep/loop", "a", "b"), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context),
               "stream-keep/loop: cannot be opened for writing: too many links");

    char got[8] = "";
    CHECK_INT(mkfifo("stream-keep/pipe", 0600), 0);
    int pipe = open("stream-keep/pipe", O_RDONLY | O_NONBLOCK);
    CHECK_OK(replace_with(context, "stream-keep/pipe", "a", "bc"));
    CHECK_INT(read(pipe, got, sizeof got), 3);
    CHECK_TEXT(got, "abc");
    CHECK_INT(mode_of("stream-keep/pipe"), S_IFIFO | 0600);
    close(pipe);

    CHECK_INT(leftovers("stream-keep"), 0);
    CHECK_INT(system("rm -rf stream-keep"), 0);
    gan_context_release(context);
}

/* A temporary file is new: nothing is cut, followed or shared. */
TEST(new_files_are_new)
{
    gan_context *context = context_with(NULL);
    int32_t taken = 0;
    CHECK_OK(replace_with(context, "stream-there", "old", ""));
    CHECK(gan__os_create("stream-there", "", &taken) == NULL && taken);
    unlink("stream-link");
    CHECK_INT(symlink("stream-there", "stream-link"), 0);
    CHECK(gan__os_create("stream-link", "", &taken) == NULL && taken);
    CHECK(file_is(context, "stream-there", "old"));
    unlink("stream-link");
    CHECK(gan__os_create("no-such-folder/file", "", &taken) == NULL && !taken);
    unlink("stream-there");
    gan_context_release(context);
}

enum { RACE_SIZE = 200000, RACE_ROUNDS = 40, RACE_WRITERS = 3 };

static int race_write(char letter)
{
    static char text[RACE_SIZE];
    gan_context *context = context_with(NULL);
    memset(text, letter, sizeof text);
    const gan__piece piece = {text, sizeof text, NULL};
    for (int i = 0; i < RACE_ROUNDS; i++)
        if (gan__file_replace(context, "stream-race/f", &piece, 1) != GAN_OK) return 1;
    gan_context_release(context);
    return 0;
}

/* Processes that save to one path: each succeeds, and the file is always one of theirs, whole. */
TEST(writers_of_one_path)
{
    gan_context *context = context_with(NULL);
    int left = RACE_WRITERS, torn = 0, failed = 0;
    CHECK_INT(system("rm -rf stream-race && mkdir stream-race"), 0);
    CHECK_INT(race_write('z'), 0);
    for (int i = 0; i < RACE_WRITERS; i++)
        if (fork() == 0) _exit(race_write((char)('a' + i)));
    while (left > 0) {
        uint8_t *bytes;
        size_t size, same = 0;
        int result;
        if (!CHECK_OK(gan__file_read(context, "stream-race/f", &bytes, &size))) break;
        while (same < size && bytes[same] == bytes[0]) same++;
        torn += size != RACE_SIZE || same != size;
        gan__free(context, bytes);
        if (waitpid(-1, &result, WNOHANG) <= 0) continue;
        failed += result != 0;
        left--;
    }
    CHECK_INT(torn, 0);
    CHECK_INT(failed, 0);
    CHECK_INT(leftovers("stream-race"), 0);
    CHECK_INT(system("rm -rf stream-race"), 0);
    gan_context_release(context);
}

/* A program may have closed its standard streams. */
TEST(standard_streams_stay_free)
{
    int saved = dup(0);
    close(0);
    void *file = gan__os_open("/dev/null", GAN_FILE_READ);
    CHECK(file != NULL);
    CHECK_INT(fcntl(0, F_GETFD), -1);
    CHECK_INT(gan__os_close(file), 0);
    dup2(saved, 0);
    close(saved);
}
#endif

#if defined(__linux__)
TEST(a_folder_that_cannot_be_flushed)
{
    gan_context *context = context_with(NULL);
    CHECK_OK(replace_with(context, "stream-durable", "old", ""));
    folders_fail = 1;
    CHECK_STATUS(replace_with(context, "stream-durable", "new", ""), GAN_E_FILE);
    folders_fail = 0;
    CHECK_TEXT(gan_context_message(context),
               "stream-durable: is replaced, but its folder cannot be flushed: the device reports "
               "an error");
    CHECK(file_is(context, "stream-durable", "new"));
    CHECK_INT(gan__os_remove("stream-durable"), 0);
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
    const gan__piece piece = {bytes, 200000, NULL};
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
            if (status != GAN_OK)
                CHECK(strncmp(gan_context_message(context), "f: cannot be ", 13) == 0);
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

/* No more is read than a file may have, and memory is not cleared to be overwritten. */
TEST(read_at_most)
{
    static char text[300000];
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = context_with(&host);
    const gan__piece piece = {text, sizeof text, NULL};
    uint8_t *bytes;
    size_t size;
    CHECK_OK(gan__file_replace(context, "f", &piece, 1));
    CHECK_OK(gan__file_read_most(context, "f", sizeof text, &bytes, &size));
    CHECK_INT(size, sizeof text);
    gan__free(context, bytes);
    fault.peak_bytes = fault.live_bytes;
    CHECK_STATUS(gan__file_read_most(context, "f", 5000, &bytes, &size), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "f: more than 5000 bytes");
    CHECK(bytes == NULL && fault.peak_bytes - fault.live_bytes < 70000);
    CHECK_OK(replace_with(context, "f", "abc", ""));
    CHECK_OK(gan__file_read(context, "f", &bytes, &size));
    CHECK(bytes[size] == 0xA5); /* as the host gave it */
    gan__free(context, bytes);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
}

int main(void)
{
    RUN(real_files);
#if !defined(_WIN32)
    RUN(system_failures);
    RUN(replaced_files_keep);
    RUN(new_files_are_new);
    RUN(writers_of_one_path);
    RUN(standard_streams_stay_free);
#endif
#if defined(__linux__)
    RUN(a_folder_that_cannot_be_flushed);
#endif
    RUN(large_files);
    RUN(replace_with_failures);
    RUN(read_with_failures);
    RUN(read_at_most);
    return test_report();
}
