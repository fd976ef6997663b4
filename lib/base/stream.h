/* stream.h: whole files, through the host's file functions. */
#ifndef GAN__STREAM_H
#define GAN__STREAM_H

#include "base/context.h"

/* Whether files are the system's, not the host's own. */
bool gan__host_is_default(const gan_context *context);

/* Why the host's last file call failed, in a few words; NULL if the host has its own file
 * functions, which do not say. */
const char *gan__host_reason(const gan_context *context);

/* A file that is read in pieces, from its beginning. */
typedef struct gan__reader {
    gan_context *context;
    const char *path; /* borrowed */
    void *file;       /* the host's; NULL once it has ended */
    uint8_t *bytes;   /* what was read: `size` of them */
    size_t size, capacity;
} gan__reader;

/* GAN_E_FILE names the path and the reason. `reader` can be closed whatever happened. */
gan_status gan__reader_open(gan__reader *reader, gan_context *context, const char *path);

/* Reads on until there are `count` bytes or the file has ended. Memory grows with what was read,
 * never with `count`, which a header may have claimed. */
gan_status gan__reader_fill(gan__reader *reader, size_t count);
void gan__reader_close(gan__reader *reader); /* frees the bytes */

/* The whole file as *out (gan__free), its size as *size. GAN_E_FILE names the path and the reason.
 * Memory grows with what was read, never with what a header claims. */
gan_status gan__file_read(gan_context *context, const char *path, uint8_t **out, size_t *size);

/* The same for a file of at most `most` bytes, which has no good reason to be longer: GAN_E_FORMAT,
 * and no more than that is read. */
gan_status gan__file_read_most(gan_context *context, const char *path, size_t most, uint8_t **out,
                               size_t *size);

/* Replaces `path` in one step: writes PATH.XXXXXXXX.tmp beside it (eight hexadecimal digits, others
 * for each process and thread), flushes, renames. On any failure the old file is whole and the
 * temporary one is removed; only when the system has renamed but cannot flush the folder, the new
 * one is there, as the message then says. A process that is killed leaves its temporary file.
 *
 * The system's files keep their permissions (owner and access lists are the writer's); a link is
 * followed, and stays; what is no regular file (a device, a pipe) is written to as it is. `pieces`
 * are written one after the other; there is memory for the largest of those that are made. */
typedef struct gan__piece {
    const void *bytes; /* or what they are made of */
    size_t size;
    void (*make)(const void *from, void *bytes); /* NULL: they are there */
} gan__piece;
gan_status gan__file_replace(gan_context *context, const char *path, const gan__piece *pieces,
                             size_t count);

#endif
