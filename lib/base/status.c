/* status.c: the two ends of every public call (one thread at a time in a context), the one-line
 * message of the last failure, and the log. */
#include "base/memory.h"
#include "base/os.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *gan_version(void)
{
    return GAN_VERSION;
}

const char *gan_status_name(gan_status status)
{
    switch (status) {
    case GAN_OK: return "GAN_OK";
    case GAN_E_ARGUMENT: return "GAN_E_ARGUMENT";
    case GAN_E_MEMORY: return "GAN_E_MEMORY";
    case GAN_E_TEXT: return "GAN_E_TEXT";
    case GAN_E_SHAPE: return "GAN_E_SHAPE";
    case GAN_E_FILE: return "GAN_E_FILE";
    case GAN_E_FORMAT: return "GAN_E_FORMAT";
    case GAN_E_STATE: return "GAN_E_STATE";
    case GAN_E_BUSY: return "GAN_E_BUSY";
    case GAN_E_CANCELLED: return "GAN_E_CANCELLED";
    case GAN_E_DIVERGED: return "GAN_E_DIVERGED";
    case GAN_E_UNSUPPORTED: return "GAN_E_UNSUPPORTED";
    case GAN_E_INTERNAL: return "GAN_E_INTERNAL";
    default: return "unknown status";
    }
}

/* Makes this thread the owner, once more if it is; false, and noted, if another thread is. */
static bool status_claim(gan_context *context)
{
    uint_least64_t nobody = 0, self = gan__os_thread_id();
    if (atomic_load_explicit(&context->owner, memory_order_relaxed) != self &&
        !atomic_compare_exchange_strong_explicit(&context->owner, &nobody, self,
                                                 memory_order_acquire, memory_order_relaxed)) {
        atomic_store_explicit(&context->refused, self, memory_order_relaxed);
        return false;
    }
    if (atomic_load_explicit(&context->refused, memory_order_relaxed) == self) {
        atomic_compare_exchange_strong_explicit(&context->refused, &self, 0, memory_order_relaxed,
                                                memory_order_relaxed);
    }
    context->depth++;
    return true;
}

static void status_unclaim(gan_context *context)
{
    if (--context->depth == 0) atomic_store_explicit(&context->owner, 0, memory_order_release);
}

gan_status gan__enter(gan_context *context, gan__entry *entry)
{
    if (!gan__context_is(context)) return GAN_E_ARGUMENT;
    if (!status_claim(context)) return GAN_E_BUSY;
    entry->mode = gan__float_mode_default();
    return GAN_OK;
}

void gan__leave(gan_context *context, const gan__entry *entry)
{
    gan__float_mode_restore(entry->mode);
    status_unclaim(context);
}

const char *gan_context_message(const gan_context *context)
{
    if (!gan__context_is(context)) return "";
    uint64_t self = gan__os_thread_id();
    uint64_t owner = atomic_load_explicit(&context->owner, memory_order_acquire);
    uint64_t refused = atomic_load_explicit(&context->refused, memory_order_relaxed);
    bool other = owner != 0 && owner != self;
    return other || refused == self ? "context: in use on another thread" : context->message;
}

/* One line: what came from a file or a text may hold a control character. */
static void status_one_line(char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || *line == 0x7F) *line = '?';
}

gan_status gan__fail(gan_context *context, gan_status status, const char *format, ...)
{
    if (!gan__context_is(context) || !status_claim(context)) return status;
    char line[GAN__MESSAGE_SIZE]; /* an argument may be the old message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    status_one_line(line);
    memcpy(context->message, line, sizeof line);
    status_unclaim(context);
    return status;
}

gan_status gan__fail_in(gan_context *context, gan_status status, const char *format, ...)
{
    if (!gan__context_is(context) || !status_claim(context)) return status;
    char prefix[GAN__MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    gan__fail(context, status, "%s: %s", prefix, context->message);
    status_unclaim(context);
    return status;
}

void gan__log(gan_context *context, int32_t level, const char *format, ...)
{
    if (!context || level > context->log_level) return;
    char line[GAN__MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    status_one_line(line);
    context->host.log(context->host.user, level, line);
}
