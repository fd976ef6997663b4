/* context.c: what everything is made in: the host's functions or the system's, the options of a
 * description, the team of threads; created, shared and ended here. */
#include "base/memory.h"
#include "base/option.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/stream.h"

#include <stdio.h>
#include <string.h>

/* ---- the default host ---- */

static void *host_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    return gan__os_allocate(size, alignment);
}

static void host_deallocate(void *user, void *memory)
{
    (void)user;
    gan__os_deallocate(memory);
}

static void host_log(void *user, int32_t level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

static void *host_open(void *user, const char *path, int32_t mode)
{
    (void)user;
    return gan__os_open(path, mode == GAN_FILE_WRITE);
}

static int64_t host_read(void *user, void *file, void *bytes, size_t count)
{
    (void)user;
    return gan__os_read(file, bytes, count);
}

static int64_t host_write(void *user, void *file, const void *bytes, size_t count)
{
    (void)user;
    return gan__os_write(file, bytes, count);
}

static int32_t host_flush(void *user, void *file)
{
    (void)user;
    return gan__os_flush(file);
}

static int32_t host_close(void *user, void *file)
{
    (void)user;
    return gan__os_close(file);
}

static int32_t host_rename(void *user, const char *from, const char *to)
{
    (void)user;
    return gan__os_rename(from, to);
}

static int32_t host_remove(void *user, const char *path)
{
    (void)user;
    return gan__os_remove(path);
}

static int32_t host_list(void *user, const char *path,
                         int32_t (*entry)(void *argument, const char *name, int64_t size),
                         void *argument)
{
    (void)user;
    return gan__os_list(path, entry, argument);
}

static int32_t host_flush_nothing(void *user, void *file)
{
    (void)user;
    (void)file;
    return 0;
}

bool gan__host_is_default(const gan_context *context)
{
    return context->host.open == host_open;
}

const char *gan__host_reason(const gan_context *context)
{
    return gan__host_is_default(context) ? gan__os_reason() : NULL;
}

static void context_host_defaults(gan_host *host)
{
    if (!host->allocate) {
        host->allocate = host_allocate;
        host->deallocate = host_deallocate;
    }
    if (!host->log) host->log = host_log;
    if (!host->open) {
        host->open = host_open;
        host->read = host_read;
        host->write = host_write;
        host->flush = host_flush;
        host->close = host_close;
        host->rename = host_rename;
        host->remove = host_remove;
        host->list = host_list;
    }
    if (!host->flush) host->flush = host_flush_nothing;
}

/* A host compiled against an older header is shorter: what it lacks is the default. One compiled
 * against a newer header is longer, and served as long as it asks for nothing that is new. */
static gan_status context_host(gan_context *context, const gan_host *given)
{
    gan_host host;
    memset(&host, 0, sizeof host);
    if (given) {
        const unsigned char *bytes = (const unsigned char *)given;
        if (given->size < sizeof given->size || given->size > 4096) {
            return gan__fail(context, GAN_E_UNSUPPORTED, "context: a gan_host of %zu bytes",
                             given->size);
        }
        for (size_t i = sizeof host; i < given->size; i++) {
            if (bytes[i] != 0) {
                return gan__fail(context, GAN_E_UNSUPPORTED,
                                 "context: a gan_host of %zu bytes; this library knows %zu of them",
                                 given->size, sizeof host);
            }
        }
        memcpy(&host, given, given->size < sizeof host ? given->size : sizeof host);
    }
    if (!host.allocate != !host.deallocate) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "context: the host gives only one of allocate and deallocate");
    }
    int32_t files =
        !!host.open + !!host.read + !!host.write + !!host.close + !!host.rename + !!host.remove;
    if ((files != 0 && files != 6) || (files == 0 && (host.flush || host.list))) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "context: the host gives some of the file functions, but not all");
    }
    context_host_defaults(&host);
    host.size = sizeof host;
    context->host = host;
    return GAN_OK;
}

/* ---- the description ---- */

typedef struct context_options {
    int64_t threads, seed;
    int32_t precision, filter, cpu, log; /* cpu: 0, or 1 + a tier */
} context_options;

static const gan__option context_table[] = {
    {"threads", GAN__OPTION_INTEGER, 0, "0", 0, 1024, NULL, offsetof(context_options, threads),
     "worker threads; 0: one for each processor that this process may use"},
    {"seed", GAN__OPTION_INTEGER, 0, "0", 0, 9223372036854775807.0, NULL,
     offsetof(context_options, seed), "the root of every random number"},
    {"precision", GAN__OPTION_CHOICE, 0, "fp32", 0, 0, "fp32|split|bf16",
     offsetof(context_options, precision), "how products are made"},
    {"filter", GAN__OPTION_CHOICE, 0, "small", 0, 0, "small|large",
     offsetof(context_options, filter),
     "tiles of 3x3 convolutions; large: 1.2 to 1.7 times as fast, a little less exact"},
    {"cpu", GAN__OPTION_CHOICE, 0, "auto", 0, 0, "auto|generic|avx2|avx512",
     offsetof(context_options, cpu),
     "whose kernels serve; auto: the best that the processor has and GAN_CPU allows"},
    {"log", GAN__OPTION_CHOICE, 0, "warning", 0, 0, "error|warning|info|debug",
     offsetof(context_options, log), "the least severe level that reaches the log"},
};

const gan__kind gan__context_kind = {
    .name = "context",
    .help = "allocator, threads, seed, precision, filter, kernels and log of everything made in it",
    GAN__OPTIONS(context_table),
    .size = sizeof(context_options)};

const char *gan__precision_name(gan__precision precision)
{
    static const char *const names[] = {"fp32", "split", "bf16"};
    return names[precision];
}

const char *gan__tiles_name(gan__tiles tiles)
{
    return tiles == GAN__TILES_LARGE ? "large" : "small";
}

/* context->text from the options. */
static gan_status context_print(gan_context *context, const context_options *options)
{
    gan__text text = {.context = context};
    gan__options_print(&text, &gan__context_kind, options);
    if (text.status != GAN_OK) {
        gan__text_free(&text);
        return text.status;
    }
    memmove(text.bytes, text.bytes + 1, text.length); /* without the space in front */
    context->text = text.bytes;
    return GAN_OK;
}

/* A tier's name that is spelled wrong must not pass for the best tier in silence. */
static void context_check_cpu(gan_context *context)
{
    const char *wanted = gan__os_environment("GAN_CPU");
    bool known = !wanted || !wanted[0];
    for (gan__tier tier = GAN__GENERIC; !known && tier < GAN__TIER_COUNT; tier++)
        known = strcmp(wanted, gan__tier_name(tier)) == 0;
    if (known) return;
    gan__log(context, GAN_LOG_WARNING, "GAN_CPU is '%.100s'; it can be %s, %s, %s", wanted,
             gan__tier_name(GAN__GENERIC), gan__tier_name(GAN__AVX2), gan__tier_name(GAN__AVX512));
}

gan_status gan__context_choose_tier(gan_context *context, gan__tier wanted, gan__tier best)
{
    char has[64] = "";
    context->tier = wanted;
    if (wanted <= best) return GAN_OK;
    for (gan__tier tier = GAN__GENERIC; tier <= best; tier++) {
        size_t length = strlen(has);
        snprintf(has + length, sizeof has - length, "%s%s", length ? ", " : "",
                 gan__tier_name(tier));
    }
    return gan__fail(context, GAN_E_UNSUPPORTED, "context: cpu=%s, but this processor has %s",
                     gan__tier_name(wanted), has);
}

/* The tier that the options ask for; left open, the variable's, or the best. */
static gan_status context_choose_cpu(gan_context *context, context_options *options)
{
    if (options->cpu == 0) {
        context_check_cpu(context);
        options->cpu = 1 + (int32_t)gan__cpu_tier();
    }
    return gan__context_choose_tier(context, (gan__tier)(options->cpu - 1), gan__cpu_best());
}

static gan_status context_describe(gan_context *context, const char *spec)
{
    context_options options;
    GAN__TRY(gan__describe_alone(context, &gan__context_kind, spec, &options));
    if (options.precision != GAN__FP32) {
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "context: precision %s is not served by this version",
                         gan__precision_name((gan__precision)options.precision));
    }
    if (options.threads == 0) options.threads = gan__os_processor_count();
    context->threads = (int32_t)options.threads;
    context->seed = (uint64_t)options.seed;
    context->precision = (gan__precision)options.precision;
    context->tiles = (gan__tiles)options.filter;
    context->log_level = options.log;
    GAN__TRY(context_choose_cpu(context, &options));
    return context_print(context, &options);
}

/* ---- creation ---- */

static gan_status context_init(gan_context *context, const char *spec)
{
    const char *fault = gan__exact_fault();
    if (fault)
        return gan__fail(context, GAN_E_UNSUPPORTED, "context: this build of libgan %s", fault);
    GAN__TRY(context_describe(context, spec));
    return gan__team_create(context);
}

static void context_destroy(gan_context *context)
{
    gan__team_destroy(context);
    gan__free(context, context->text);
    context->tag = 0;
    gan__free(context, context);
}

/* Until the context's own memory is there, a context on the stack keeps host and message. */
gan_status gan_context_create(gan_context **out, const char *spec, const gan_host *host,
                              char *message, size_t size)
{
    gan_context start, *context = NULL;
    if (out) *out = NULL;
    if (message && size > 0) message[0] = '\0';
    memset(&start, 0, sizeof start);
    start.tag = GAN__CONTEXT_TAG;
    uint64_t mode = gan__float_mode_default();

    gan_status status = out ? context_host(&start, host)
                            : gan__fail(&start, GAN_E_ARGUMENT, "gan_context_create: out is NULL");
    if (status == GAN_OK) status = gan__allocate(&start, &context, 1, sizeof *context);
    if (context) {
        context->tag = GAN__CONTEXT_TAG;
        context->host = start.host;
        atomic_init(&context->references, 1);
        atomic_init(&context->owner, 0);
        atomic_init(&context->refused, 0);
        status = context_init(context, spec);
    }
    if (status == GAN_OK) {
        *out = context;
    } else {
        const char *reason = context ? context->message : start.message;
        if (message && size > 0) snprintf(message, size, "%s", reason);
        if (context) context_destroy(context);
    }
    gan__float_mode_restore(mode);
    return status;
}

gan_status gan__context_branch(gan_context **out, gan_context *from)
{
    GAN__TRY(gan__allocate(from, out, 1, sizeof **out));
    (*out)->tag = GAN__CONTEXT_TAG;
    (*out)->host = from->host;
    (*out)->host.release = NULL;
    (*out)->host.span = NULL;
    (*out)->log_level = GAN_LOG_ERROR;
    atomic_init(&(*out)->references, 1);
    atomic_init(&(*out)->owner, 0);
    atomic_init(&(*out)->refused, 0);
    return GAN_OK;
}

void gan_context_retain(gan_context *context)
{
    if (!gan__context_is(context)) return;
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
}

void gan_context_release(gan_context *context)
{
    if (!gan__context_is(context)) return;
    if (atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) != 1) return;
    const gan_host host = context->host;
    context_destroy(context);
    if (host.release) host.release(host.user);
}

const char *gan_context_text(const gan_context *context)
{
    return gan__context_is(context) ? context->text : "";
}

const char *gan_context_cpu(const gan_context *context)
{
    return gan__context_is(context) ? gan__tier_name(context->tier) : "";
}
