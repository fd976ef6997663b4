#include "base/stream.h"
#include "base/memory.h"

#include <string.h>

static gan_status stream_fail(gan_context *context, const char *path, const char *what,
                              const char *reason)
{
    return gan__fail(context, GAN_E_FILE, "%s: %s%s%s", path, what, reason ? ": " : "",
                     reason ? reason : "");
}

static gan_status stream_read_all(gan_context *context, const char *path, void *file, uint8_t **out,
                                  size_t *size)
{
    const gan_host *host = &context->host;
    size_t capacity = 0, used = 0;
    for (;;) {
        size_t wanted;
        if (!gan__add_size(used, 65536, &wanted)) {
            return gan__fail(context, GAN_E_MEMORY, "%s: out of memory", path);
        }
        GAN__TRY(gan__grow(context, out, &capacity, wanted, 1));
        int64_t got = host->read(host->user, file, *out + used, capacity - used);
        if (got < 0 || (uint64_t)got > capacity - used) {
            return stream_fail(context, path, "cannot be read", gan__host_reason(context));
        }
        if (got == 0) break;
        used += (size_t)got;
    }
    *size = used;
    return GAN_OK;
}

gan_status gan__file_read(gan_context *context, const char *path, uint8_t **out, size_t *size)
{
    const gan_host *host = &context->host;
    *out = NULL;
    *size = 0;
    void *file = host->open(host->user, path, 0);
    if (!file) return stream_fail(context, path, "cannot be opened", gan__host_reason(context));
    gan_status status = stream_read_all(context, path, file, out, size);
    host->close(host->user, file); /* nothing was written: nothing can be lost */
    if (status != GAN_OK) {
        gan__free(context, *out);
        *out = NULL;
    }
    return status;
}

/* Writes and flushes; says what failed, or NULL. */
static const char *stream_write_all(const gan_host *host, void *file, const gan__piece *pieces,
                                    size_t count)
{
    const char *failed = NULL;
    for (size_t i = 0; i < count && !failed; i++) {
        if (pieces[i].size == 0) continue;
        int64_t put = host->write(host->user, file, pieces[i].bytes, pieces[i].size);
        if (put < 0 || (uint64_t)put != pieces[i].size) failed = "cannot be written";
    }
    if (!failed && host->flush(host->user, file) != 0) failed = "cannot be flushed";
    return failed;
}

static gan_status stream_replace(gan_context *context, const char *path, const char *temporary,
                                 const gan__piece *pieces, size_t count)
{
    const gan_host *host = &context->host;
    void *file = host->open(host->user, temporary, 1);
    if (!file) {
        return stream_fail(context, temporary, "cannot be opened for writing",
                           gan__host_reason(context));
    }
    const char *where = temporary;
    const char *failed = stream_write_all(host, file, pieces, count);
    const char *reason = failed ? gan__host_reason(context) : NULL;
    if (host->close(host->user, file) != 0 && !failed) {
        failed = "cannot be closed";
        reason = gan__host_reason(context);
    }
    if (!failed && host->rename(host->user, temporary, path) != 0) {
        where = path;
        failed = "cannot be replaced";
        reason = gan__host_reason(context);
    }
    if (!failed) return GAN_OK;
    host->remove(host->user, temporary);
    return stream_fail(context, where, failed, reason);
}

gan_status gan__file_replace(gan_context *context, const char *path, const gan__piece *pieces,
                             size_t count)
{
    static const char suffix[] = ".tmp";
    size_t length = strlen(path);
    char *temporary;
    GAN__TRY(gan__allocate(context, &temporary, length + sizeof suffix, 1));
    memcpy(temporary, path, length);
    memcpy(temporary + length, suffix, sizeof suffix);
    gan_status status = stream_replace(context, path, temporary, pieces, count);
    gan__free(context, temporary);
    return status;
}
