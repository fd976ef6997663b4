/* fuzz.h: what the fuzz targets share. A target fuzz_FORMAT.c has one function that reads bytes and
 * frees everything, and the line
 *
 *     FUZZ_TARGET(fuzz_format, multiple)
 *
 * which says how many times the input's size the reader's memory may be. Built with -DGAN_FUZZ and
 * -fsanitize=fuzzer it is a libFuzzer program; test_fuzz_FORMAT.c replays mutations of small files
 * through it in the ordinary tests. */
#ifndef FUZZ_H
#define FUZZ_H

#include "fault.h"

#include "files/bytes.h"

enum { FUZZ_CONSTANT = 1 << 20 }; /* bytes that a reader may take whatever the input */

typedef gan_status fuzz_function(gan_context *context, const uint8_t *bytes, size_t size);

typedef struct fuzz_state {
    fault_host fault;
    gan_context *context;
    long long base, peak; /* bytes allocated between runs, and at most during this one */
} fuzz_state;

static fuzz_state fuzz;

static void fuzz_require(int holds, const char *what)
{
    if (holds) return;
    printf("fuzz: failed: %s (%s)\n", what, gan_context_message(fuzz.context));
    fflush(stdout);
    abort();
}

static void *fuzz_allocate(void *user, size_t size, size_t alignment)
{
    void *memory = fault_allocate(user, size, alignment);
    if (fuzz.fault.live_bytes > fuzz.peak) fuzz.peak = fuzz.fault.live_bytes;
    return memory;
}

static void fuzz_open(void)
{
    char message[200] = "";
    if (fuzz.context) return;
    gan_host host = fault_make(&fuzz.fault);
    host.allocate = fuzz_allocate;
    fuzz_require(gan_context_create(&fuzz.context, "threads=1", &host, message, sizeof message) ==
                     GAN_OK,
                 message);
    fuzz.base = fuzz.fault.live_bytes;
}

/* Runs the function on a copy of its own, so that a sanitizer sees the end, and checks what holds
 * for every input: the status, the message, no leak, and the memory. */
TEST_UNUSED static gan_status fuzz_run(fuzz_function *run, long long multiple, const uint8_t *bytes,
                                       size_t size)
{
    fuzz_open();
    uint8_t *copy = malloc(size + (size == 0));
    if (!copy) abort();
    if (size > 0) memcpy(copy, bytes, size);
    fuzz.peak = fuzz.base;
    gan_status status = run(fuzz.context, copy, size);
    free(copy);
    int is_starved = fuzz.fault.fail_at > 0;
    fuzz_require(status == GAN_OK || status == GAN_E_FORMAT || status == GAN_E_UNSUPPORTED ||
                     (is_starved && status == GAN_E_MEMORY),
                 "the status is OK, FORMAT or UNSUPPORTED");
    if (status == GAN_E_FORMAT) {
        fuzz_require(strstr(gan_context_message(fuzz.context), "input: byte ") != NULL,
                     "the message has name and position");
    }
    fuzz_require(fuzz.fault.live_bytes == fuzz.base, "nothing leaks");
    fuzz_require(fuzz.peak - fuzz.base <= multiple * (long long)size + FUZZ_CONSTANT,
                 "memory is bounded by the input's size");
    return status;
}

#ifdef GAN_FUZZ
#define FUZZ_TARGET(run, multiple)                                 \
    int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size); \
    int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)  \
    {                                                              \
        fuzz_run(run, multiple, bytes, size);                      \
        return 0;                                                  \
    }
#else
#define FUZZ_TARGET(run, multiple)                 \
    static fuzz_function *const fuzz_target = run; \
    static const long long fuzz_multiple = multiple;
#endif

#endif
