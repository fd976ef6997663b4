#include "base/memory.h"
#include "base/object.h"
#include "base/os.h"
#include "fault.h"

#include <float.h>
#include <fenv.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

static gan_status create_with(const char *spec, const gan_host *host, char message[256],
                              gan_context **out)
{
    message[0] = 'x';
    return gan_context_create(out, spec, host, message, 256);
}

static void check_refused(const char *spec, gan_status expected, const char *text)
{
    gan_context *context = (gan_context *)&spec;
    char message[256];
    CHECK_STATUS(create_with(spec, NULL, message, &context), expected);
    CHECK(context == NULL);
    CHECK_TEXT(message, text);
}

TEST(descriptions)
{
    gan_context *context;
    char message[256];
    CHECK_OK(create_with("threads=2 seed=7", NULL, message, &context));
    CHECK_TEXT(message, "");
    char text[100];
    snprintf(text, sizeof text, "threads=2 seed=7 precision=fp32 filter=small cpu=%s log=warning",
             gan__tier_name(gan__cpu_tier()));
    CHECK_TEXT(gan_context_text(context), text);
    CHECK_TEXT(gan_context_message(context), "");
    CHECK_INT(context->threads, 2);
    CHECK_INT(context->seed, 7);
    gan_context_release(context);
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    CHECK_INT(context->threads, gan__os_processor_count());
    gan_context_release(context);

    check_refused("thread=2", GAN_E_TEXT,
                  "context: unknown option 'thread', did you mean 'threads'? (line 1, column 1)");
    check_refused("threads=-1", GAN_E_TEXT,
                  "context: 'threads' must be in [0, 1024], not '-1' (line 1, column 9)");
    check_refused("seed=-1", GAN_E_TEXT,
                  "context: 'seed' must be at least 0, not '-1' (line 1, column 6)");
    check_refused("2", GAN_E_TEXT, "context: unexpected '2' (line 1, column 1)");
    check_refused("seed=1 {", GAN_E_TEXT, "context: unexpected '{' (line 1, column 8)");
    check_refused("precision=bf16", GAN_E_UNSUPPORTED,
                  "context: precision bf16 is not served by this version");
    check_refused("filter=huge", GAN_E_TEXT,
                  "context: 'filter' is one of small, large, not 'huge' (line 1, column 8)");
    check_refused("log=loud", GAN_E_TEXT,
                  "context: 'log' is one of error, warning, info, debug, not 'loud' (line 1, "
                  "column 5)");
    CHECK_STATUS(gan_context_create(NULL, "", NULL, message, sizeof message), GAN_E_ARGUMENT);
    CHECK_TEXT(message, "gan_context_create: out is NULL");
    char small[8];
    CHECK_STATUS(gan_context_create(&context, "x", NULL, small, sizeof small), GAN_E_TEXT);
    CHECK_TEXT(small, "context");
}

TEST(nothing_for_null)
{
    gan_context_retain(NULL);
    gan_context_release(NULL);
    CHECK_TEXT(gan_context_message(NULL), "");
    CHECK_TEXT(gan_context_text(NULL), "");
    CHECK_TEXT(gan_context_cpu(NULL), "");
    CHECK_TEXT(gan_status_name(GAN_E_SHAPE), "GAN_E_SHAPE");
    CHECK_TEXT(gan_status_name(12345), "unknown status");
    CHECK_TEXT(gan_version(), GAN_VERSION);
}

TEST(hosts)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    char message[256];
    struct {
        gan_host host;
        void *more[2];
    } newer = {host, {NULL, NULL}};

    host.size = 0;
    CHECK_STATUS(create_with("", &host, message, &context), GAN_E_UNSUPPORTED);
    newer.host.size = sizeof newer;
    CHECK_OK(create_with("", &newer.host, message, &context));
    gan_context_release(context);
    newer.more[1] = &host;
    CHECK_STATUS(create_with("", &newer.host, message, &context), GAN_E_UNSUPPORTED);
    CHECK(strstr(message, "context: a gan_host of ") == message);

    host = fault_make(&fault);
    host.size = offsetof(gan_host, log); /* an old one, without files */
    CHECK_OK(create_with("", &host, message, &context));
    CHECK(context->host.open && context->host.open != fault_open);
    CHECK(context->host.allocate == fault_allocate);
    gan_context_release(context);

    host = fault_make(&fault);
    host.deallocate = NULL;
    CHECK_STATUS(create_with("", &host, message, &context), GAN_E_ARGUMENT);
    CHECK_TEXT(message, "context: the host gives only one of allocate and deallocate");
    host = fault_make(&fault);
    host.remove = NULL;
    CHECK_STATUS(create_with("", &host, message, &context), GAN_E_ARGUMENT);
    CHECK_TEXT(message, "context: the host gives some of the file functions, but not all");
    host = fault_make(&fault);
    host.flush = NULL;
    CHECK_OK(create_with("", &host, message, &context));
    CHECK_INT(context->host.flush(NULL, NULL), 0);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

TEST(allocation_failures)
{
    for (int after = 0; after < 2; after++) {
        gan_status status = GAN_E_MEMORY;
        for (long long n = 1; status != GAN_OK && n < 100; n++) {
            fault_host fault = {.fail_at = n, .and_after = after};
            gan_host host = fault_make(&fault);
            gan_context *context;
            char message[256];
            status = create_with("threads=3", &host, message, &context);
            if (status != GAN_OK) {
                CHECK_STATUS(status, GAN_E_MEMORY);
                CHECK(strstr(message, "out of memory: ") == message);
                CHECK(context == NULL);
            }
            gan_context_release(context);
            CHECK_INT(fault.live, 0);
        }
        CHECK_OK(status);
    }
}

/* ---- entry ---- */

typedef struct intruder {
    gan_context *context;
    gan_status status;
} intruder;

static void intrude(void *argument)
{
    intruder *self = argument;
    gan__entry entry;
    self->status = gan__enter(self->context, &entry);
    if (self->status == GAN_OK) gan__leave(self->context, &entry);
    gan__fail(self->context, GAN_E_ARGUMENT, "from outside");
}

static gan_status status_of_intruder(gan_context *context)
{
    intruder self = {context, GAN_E_INTERNAL};
    gan__thread_join(gan__thread_start(intrude, &self));
    return self.status;
}

TEST(one_thread_at_a_time)
{
    gan_context *context;
    gan__entry outer, inner;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan__enter(context, &outer));
    gan__fail(context, GAN_E_STATE, "from inside");
    CHECK_STATUS(status_of_intruder(context), GAN_E_BUSY);
    CHECK_OK(gan__enter(context, &inner));
    CHECK_STATUS(status_of_intruder(context), GAN_E_BUSY);
    gan__leave(context, &inner);
    CHECK_STATUS(status_of_intruder(context), GAN_E_BUSY);
    CHECK_TEXT(gan_context_message(context), "from inside");
    gan__leave(context, &outer);
    CHECK_OK(status_of_intruder(context));
    CHECK_TEXT(gan_context_message(context), "from outside");
    CHECK_STATUS(gan__enter(NULL, &outer), GAN_E_ARGUMENT);
    gan_context_release(context);
}

#if defined(__SSE2__)
TEST(float_mode)
{
    gan_context *context;
    gan__entry entry;
    volatile float tiny = FLT_MIN, big = 0x1p24f;
    unsigned int before = _mm_getcsr();
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_INT(_mm_getcsr(), before);
    _mm_setcsr(before | 0x8040 | 0x6000); /* flush to zero, denormals are zero, towards zero */
    CHECK(tiny / 2 == 0);
    CHECK_OK(gan__enter(context, &entry));
    CHECK(tiny / 2 > 0);
    CHECK(big + 1.5f == 0x1p24f + 2);
    gan__leave(context, &entry);
    CHECK(tiny / 2 == 0);
    CHECK((_mm_getcsr() & 0xFFC0) == ((before | 0x8040 | 0x6000) & 0xFFC0));
    gan_context *other; /* the self-test is not fooled by a host's mode */
    CHECK_OK(gan_context_create(&other, "threads=1", NULL, NULL, 0));
    _mm_setcsr(before);
    gan_context_release(other);
    gan_context_release(context);
}
#else
TEST(float_mode)
{
    gan_context *context;
    gan__entry entry;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    fesetround(FE_TOWARDZERO);
    CHECK_OK(gan__enter(context, &entry));
    CHECK_INT(fegetround(), FE_TONEAREST);
    gan__leave(context, &entry);
    CHECK_INT(fegetround(), FE_TOWARDZERO);
    fesetround(FE_TONEAREST);
    gan_context_release(context);
}
#endif

/* ---- messages, log ---- */

TEST(messages)
{
    gan_context *context;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_STATUS(gan__fail(context, GAN_E_SHAPE, "a %s\nb", "line"), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "a line?b");
    gan__fail_in(context, GAN_E_SHAPE, "%s %d", "layer", 3);
    CHECK_TEXT(gan_context_message(context), "layer 3: a line?b");
    gan__fail(context, GAN_E_SHAPE, "again: %s", context->message);
    CHECK_TEXT(gan_context_message(context), "again: layer 3: a line?b");
    for (int i = 0; i < 300; i++) gan__fail_in(context, GAN_E_SHAPE, "longer");
    CHECK_INT(strlen(gan_context_message(context)), GAN__MESSAGE_SIZE - 1);
    CHECK_STATUS(gan__fail(NULL, GAN_E_FILE, "x"), GAN_E_FILE);
    gan_context_release(context);
}

static void keep_line(void *user, int32_t level, const char *line)
{
    snprintf(user, 256, "%d %s", (int)level, line);
}

TEST(log_levels)
{
    char line[256] = "";
    gan_host host = {.size = sizeof host, .user = line, .log = keep_line};
    gan_context *context;
    CHECK_OK(gan_context_create(&context, "log=info", &host, NULL, 0));
    gan__log(context, GAN_LOG_DEBUG, "no");
    CHECK_TEXT(line, "");
    gan__log(context, GAN_LOG_INFO, "step %d\tdone", 3);
    CHECK_TEXT(line, "2 step 3?done");
    gan__log(context, GAN_LOG_ERROR, "bad");
    CHECK_TEXT(line, "0 bad");
    gan_context_release(context);
}

TEST(unknown_tier)
{
    static const char *const names[] = {"", "generic", "avx2", "avx512", "avx-512"};
    char line[256] = "";
    gan_host host = {.size = sizeof host, .user = line, .log = keep_line};
    for (int i = 0; i < 5; i++) {
        gan_context *context;
        CHECK_TEXT(line, "");
        setenv("GAN_CPU", names[i], 1);
        CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
        gan_context_release(context);
    }
    unsetenv("GAN_CPU");
    CHECK_TEXT(line, "1 GAN_CPU is 'avx-512'; it can be generic, avx2, avx512");
}

/* The option wins over the variable; left open, the variable counts. */
TEST(chosen_tier)
{
    static const char *const names[] = {"generic", "avx2", "avx512"};
    char line[256] = "", message[256], spec[32], text[100];
    gan_host host = {.size = sizeof host, .user = line, .log = keep_line};
    gan_context *context;
    setenv("GAN_CPU", "generic", 1);
    CHECK_OK(create_with("threads=1 cpu=auto", NULL, message, &context));
    CHECK_TEXT(gan_context_cpu(context), "generic");
    gan_context_release(context);
    for (int i = 0; i < 3; i++) {
        setenv("GAN_CPU", i == 1 ? "axv2" : "generic", 1); /* neither counts */
        snprintf(spec, sizeof spec, "threads=1 cpu=%s", names[i]);
        gan_status status = create_with(spec, &host, message, &context);
        if (i > (int)gan__cpu_best()) {
            CHECK_STATUS(status, GAN_E_UNSUPPORTED);
            CHECK(context == NULL && strstr(message, names[i]) && strstr(message, " has generic"));
            continue;
        }
        CHECK_OK(status);
        CHECK_TEXT(gan_context_cpu(context), names[i]);
        snprintf(text, sizeof text,
                 "threads=1 seed=0 precision=fp32 filter=small cpu=%s log=warning", names[i]);
        CHECK_TEXT(gan_context_text(context), text);
        gan_context_release(context);
    }
    CHECK_TEXT(line, "");
    unsetenv("GAN_CPU");
    CHECK_STATUS(create_with("cpu=avx", NULL, message, &context), GAN_E_TEXT);
    CHECK_TEXT(message, "context: 'cpu' is one of auto, generic, avx2, avx512, not 'avx' "
                        "(line 1, column 5)");
}

TEST(tier_of_another_processor)
{
    gan_context *context;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_STATUS(gan__context_choose_tier(context, GAN__AVX512, GAN__AVX2), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(context),
               "context: cpu=avx512, but this processor has generic, avx2");
    CHECK_STATUS(gan__context_choose_tier(context, GAN__AVX2, GAN__GENERIC), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(context), "context: cpu=avx2, but this processor has generic");
    CHECK_OK(gan__context_choose_tier(context, GAN__GENERIC, GAN__GENERIC));
    gan_context_release(context);
}

/* ---- memory and objects ---- */

TEST(sizes)
{
    size_t size = 1;
    int64_t count = 1;
    const int64_t factors[] = {3, 0, INT64_MAX};
    CHECK(gan__multiply_size(SIZE_MAX / 2, 2, &size));
    CHECK(!gan__multiply_size(SIZE_MAX / 2 + 1, 2, &size));
    CHECK(size == SIZE_MAX - 1);
    CHECK(gan__multiply_size(SIZE_MAX, 0, &size) && size == 0);
    CHECK(gan__add_size(SIZE_MAX, 0, &size));
    CHECK(!gan__add_size(SIZE_MAX, 1, &size));
    CHECK(!gan__multiply_count(-1, 1, &count));
    CHECK(!gan__multiply_count(INT64_MAX, 2, &count));
    CHECK(!gan__add_count(INT64_MAX, 1, &count));
    CHECK(!gan__add_count(1, -1, &count));
    CHECK(gan__product_count(factors, 1, &count) && count == 3);
    CHECK(gan__product_count(factors, 2, &count) && count == 0);
    CHECK(!gan__product_count(factors, 3, &count));
    CHECK(gan__product_count(factors, 0, &count) && count == 1);
}

TEST(allocation)
{
    gan_context *context;
    int32_t *array = NULL;
    size_t capacity = 0;
    char *bytes = (char *)&capacity;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan__allocate(context, &bytes, 0, 8));
    CHECK(bytes == NULL);
    CHECK_STATUS(gan__allocate(context, &bytes, SIZE_MAX / 2, 3), GAN_E_MEMORY);
    CHECK_STATUS(gan__allocate(context, &bytes, SIZE_MAX / 2, 2), GAN_E_MEMORY);
    CHECK(bytes == NULL && strstr(gan_context_message(context), "out of memory: ") != NULL);
    CHECK_OK(gan__allocate(context, &bytes, 3, 1 << 20)); /* huge pages */
    CHECK((uintptr_t)bytes % GAN__ALIGNMENT == 0 && bytes[0] == 0 && bytes[(3 << 20) - 1] == 0);
    gan__free(context, bytes);
    for (int32_t i = 0; i < 1000; i++) {
        CHECK_OK(gan__grow(context, &array, &capacity, (size_t)i + 1, sizeof *array));
        CHECK_INT(array[i], 0);
        array[i] = i;
    }
    CHECK_INT(array[999] + array[1], 1000);
    CHECK_STATUS(gan__grow(context, &array, &capacity, SIZE_MAX, sizeof *array), GAN_E_MEMORY);
    CHECK_INT(array[999] + array[1], 1000);
    gan__free(context, array);
    gan_context_release(context);
}

typedef struct sample_object {
    gan__object object;
    int *destroyed;
} sample_object;

static void sample_destroy(void *self)
{
    (*((sample_object *)self)->destroyed)++;
}

TEST(objects)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    sample_object *object;
    int destroyed = 0;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    CHECK_OK(gan__object_create(&object, context, sizeof *object, GAN__MODEL, sample_destroy));
    object->destroyed = &destroyed;
    CHECK(gan__object_is(object, GAN__MODEL));
    CHECK(!gan__object_is(object, GAN__TENSOR));
    CHECK(!gan__object_is(NULL, GAN__MODEL));
    CHECK_OK(gan__object_check(context, object, GAN__MODEL, "f", "model"));
    CHECK_STATUS(gan__object_check(context, NULL, GAN__MODEL, "f", "model"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "f: model is NULL");
    CHECK_STATUS(gan__object_check(context, object, GAN__TENSOR, "f", "x"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "f: x is not a gan_tensor");
    gan__object_retain(object);
    gan_context_release(context); /* the object keeps it */
    gan__object_release(object);
    CHECK_INT(destroyed, 0);
    gan__object_release(object);
    CHECK_INT(destroyed, 1);
    CHECK_INT(fault.live, 0);
    gan__object_retain(NULL);
    gan__object_release(NULL);
}

TEST(tiers)
{
    gan_context *context;
    gan__tier best = gan__cpu_tier();
    CHECK_TEXT(gan__tier_name(GAN__AVX512), "avx512");
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_TEXT(gan_context_cpu(context), gan__tier_name(best));
    gan_context_release(context);
}

int main(void)
{
    RUN(descriptions);
    RUN(nothing_for_null);
    RUN(hosts);
    RUN(allocation_failures);
    RUN(one_thread_at_a_time);
    RUN(float_mode);
    RUN(messages);
    RUN(log_levels);
    RUN(unknown_tier);
    RUN(chosen_tier);
    RUN(tier_of_another_processor);
    RUN(sizes);
    RUN(allocation);
    RUN(objects);
    RUN(tiers);
    return test_report();
}
