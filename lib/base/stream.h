/* stream.h: whole files, through the host's file functions. */
#ifndef GAN__STREAM_H
#define GAN__STREAM_H

#include "base/context.h"

/* Why the host's last file call failed, in a few words; NULL if the host has its own file
 * functions, which do not say. */
const char *gan__host_reason(const gan_context *context);

/* The whole file as *out (gan__free), its size as *size. GAN_E_FILE names the path and the reason.
 * Memory grows with what was read, never with what a header claims. */
gan_status gan__file_read(gan_context *context, const char *path, uint8_t **out, size_t *size);

/* Replaces `path` in one step: writes PATH.tmp beside it, flushes, renames. On any failure the old
 * file is whole and the temporary one is removed. `pieces` are written one after the other. */
typedef struct gan__piece {
    const void *bytes;
    size_t size;
} gan__piece;
gan_status gan__file_replace(gan_context *context, const char *path, const gan__piece *pieces,
                             size_t count);

#endif
