/* stream.c: reads files piece by piece or whole; writes them whole, under another name that takes
 * the right one in the end: a reader sees the old file or the new one, never a part. */
#include "base/stream.h"
#include "base/memory.h"
#include "base/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static gan_status stream_fail(gan_context *context, const char *path, const char *what,
                              const char *reason)
{
    return gan__fail(context, GAN_E_FILE, "%s: %s%s%s", path, what, reason ? ": " : "",
                     reason ? reason : "");
}

gan_status gan__reader_open(gan__reader *reader, gan_context *context, const char *path)
{
    *reader = (gan__reader){.context = context, .path = path};
    reader->file = context->host.open(context->host.user, path, GAN_FILE_READ);
    if (reader->file) return GAN_OK;
    return stream_fail(context, path, "cannot be opened", gan__host_reason(context));
}

static void stream_end(gan__reader *reader)
{
    const gan_host *host = &reader->context->host;
    if (reader->file) host->close(host->user, reader->file); /* nothing was written, to be lost */
    reader->file = NULL;
}

gan_status gan__reader_fill(gan__reader *reader, size_t count)
{
    const gan_host *host = &reader->context->host;
    while (reader->file && reader->size < count) {
        size_t wanted, used = reader->size;
        if (!gan__add_size(used, used < reader->capacity ? 0 : 65536, &wanted))
            return gan__fail(reader->context, GAN_E_MEMORY, "%s: out of memory", reader->path);
        GAN__TRY(gan__grow_raw(reader->context, &reader->bytes, &reader->capacity, wanted, 1));
        size_t room = (reader->capacity < count ? reader->capacity : count) - used;
        int64_t got = host->read(host->user, reader->file, reader->bytes + used, room);
        if (got < 0 || (uint64_t)got > room) {
            return stream_fail(reader->context, reader->path, "cannot be read",
                               gan__host_reason(reader->context));
        }
        if (got == 0) stream_end(reader);
        reader->size += (size_t)got;
    }
    return GAN_OK;
}

void gan__reader_close(gan__reader *reader)
{
    stream_end(reader);
    gan__free(reader->context, reader->bytes);
    reader->bytes = NULL;
}

gan_status gan__file_read_most(gan_context *context, const char *path, size_t most, uint8_t **out,
                               size_t *size)
{
    gan__reader reader;
    *out = NULL;
    *size = 0;
    GAN__TRY(gan__reader_open(&reader, context, path));
    gan_status status = gan__reader_fill(&reader, most < SIZE_MAX ? most + 1 : most);
    if (status == GAN_OK && reader.size > most)
        status = gan__fail(context, GAN_E_FORMAT, "%s: more than %zu bytes", path, most);
    if (status == GAN_OK) {
        *out = reader.bytes;
        *size = reader.size;
        reader.bytes = NULL;
    }
    gan__reader_close(&reader);
    return status;
}

gan_status gan__file_read(gan_context *context, const char *path, uint8_t **out, size_t *size)
{
    return gan__file_read_most(context, path, SIZE_MAX, out, size);
}

/* What failed, and why if that is known; `what` is NULL if nothing did. */
typedef struct stream_failure {
    const char *what, *reason;
} stream_failure;

/* What is to be written, and memory for those pieces that are made. */
typedef struct stream_pieces {
    const gan__piece *pieces;
    size_t count;
    void *scratch;
} stream_pieces;

/* Writes, flushes and closes. */
static stream_failure stream_write_all(gan_context *context, void *file, const stream_pieces *all)
{
    const gan_host *host = &context->host;
    stream_failure failure = {NULL, NULL};
    for (size_t i = 0; i < all->count && !failure.what; i++) {
        const gan__piece *piece = &all->pieces[i];
        if (piece->size == 0) continue;
        if (piece->make) piece->make(piece->bytes, all->scratch);
        int64_t put =
            host->write(host->user, file, piece->make ? all->scratch : piece->bytes, piece->size);
        if (put < 0 || (uint64_t)put != piece->size) failure.what = "cannot be written";
    }
    if (!failure.what && host->flush(host->user, file) != 0) failure.what = "cannot be flushed";
    if (failure.what) failure.reason = gan__host_reason(context);
    if (host->close(host->user, file) != 0 && !failure.what)
        failure = (stream_failure){"cannot be closed", gan__host_reason(context)};
    return failure;
}

/* The last step; on failure the temporary file is removed. */
static stream_failure stream_move(gan_context *context, const char *temporary, const char *path)
{
    const gan_host *host = &context->host;
    stream_failure failure = {NULL, NULL};
    int32_t result = host->rename(host->user, temporary, path);
    if (result == 0) return failure;
    failure.reason = gan__host_reason(context);
    if (result > 0 && gan__host_is_default(context)) {
        failure.what = "is replaced, but its folder cannot be flushed";
    } else {
        failure.what = "cannot be replaced";
        host->remove(host->user, temporary);
    }
    return failure;
}

enum { STREAM_PATH = 4096, STREAM_SUFFIX = 14, STREAM_ATTEMPTS = 100 };

/* Who writes, mixed to 32 bits: processes and threads differ (hardly ever not), a thread writes one
 * file at a time, and another attempt is another number. */
static void stream_suffix(char *out, uint32_t attempt)
{
    uint64_t mixed = (gan__os_process_id() << 32 ^ gan__os_thread_id()) + attempt;
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    snprintf(out, STREAM_SUFFIX, ".%08" PRIx32 ".tmp", (uint32_t)(mixed >> 32));
}

/* Opens a file of its own beside `path`, whose name it puts behind that in `temporary`. A host's
 * own files cannot be opened so that they are new; the name alone keeps two writers apart there. */
static void *stream_create(gan_context *context, const char *path, char *temporary)
{
    const gan_host *host = &context->host;
    size_t length = strlen(path);
    int32_t taken = 1;
    void *file = NULL;
    memcpy(temporary, path, length);
    for (uint32_t i = 0; taken && i < STREAM_ATTEMPTS; i++) {
        stream_suffix(temporary + length, i);
        if (!gan__host_is_default(context))
            return host->open(host->user, temporary, GAN_FILE_WRITE);
        file = gan__os_create(temporary, path, &taken);
    }
    return file;
}

/* `target` is what `path`, which messages name, leads to. */
static gan_status stream_replace(gan_context *context, const char *path, const char *target,
                                 const stream_pieces *all)
{
    const gan_host *host = &context->host;
    stream_failure failure = {"cannot be opened for writing", NULL};
    char *temporary;
    GAN__TRY(gan__allocate(context, &temporary, strlen(target) + STREAM_SUFFIX, 1));
    void *file = stream_create(context, target, temporary);
    if (!file) {
        failure.reason = gan__host_reason(context);
    } else {
        failure = stream_write_all(context, file, all);
        if (failure.what)
            host->remove(host->user, temporary);
        else
            failure = stream_move(context, temporary, target);
    }
    gan__free(context, temporary);
    if (!failure.what) return GAN_OK;
    return stream_fail(context, path, failure.what, failure.reason);
}

/* Of the system: what no file can take the place of. */
static gan_status stream_write_special(gan_context *context, const char *path,
                                       const stream_pieces *all)
{
    stream_failure failure = {"cannot be opened for writing", NULL};
    void *file = gan__os_open(path, GAN_FILE_WRITE);
    if (file)
        failure = stream_write_all(context, file, all);
    else
        failure.reason = gan__os_reason();
    if (!failure.what) return GAN_OK;
    return stream_fail(context, path, failure.what, failure.reason);
}

static gan_status stream_write(gan_context *context, const char *path, const stream_pieces *all)
{
    char target[STREAM_PATH];
    if (!gan__host_is_default(context)) return stream_replace(context, path, path, all);
    if (gan__os_is_special(path)) return stream_write_special(context, path, all);
    if (gan__os_follow(path, target, sizeof target) != 0)
        return stream_fail(context, path, "cannot be opened for writing", gan__os_reason());
    return stream_replace(context, path, target, all);
}

gan_status gan__file_replace(gan_context *context, const char *path, const gan__piece *pieces,
                             size_t count)
{
    stream_pieces all = {pieces, count, NULL};
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].make && pieces[i].size > most) most = pieces[i].size;
    if (most > 0) GAN__TRY(gan__allocate_raw(context, &all.scratch, most, 1));
    gan_status status = stream_write(context, path, &all);
    gan__free(context, all.scratch);
    return status;
}
