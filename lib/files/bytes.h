/* bytes.h: the bytes of a file as a reader sees them, with the name and the position that its
 * messages give. Every reader of this folder takes one. */
#ifndef GAN__BYTES_H
#define GAN__BYTES_H

#include "base/context.h"

#include <stdarg.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "libgan reads and writes little-endian arrays as they lie in memory"
#endif

/* Nothing here is owned: data[0..size) and `name` outlive the reader's call, and also whatever the
 * reader describes as borrowed. */
typedef struct gan__bytes {
    gan_context *context;
    const char *name; /* of the file, for messages */
    const uint8_t *data;
    size_t size, at; /* at <= size: the byte that is read next */
} gan__bytes;

static inline size_t gan__bytes_left(const gan__bytes *in)
{
    return in->size - in->at;
}

/* Moves past the next `count` bytes and gives them as *out. GAN_E_FORMAT if fewer remain: "NAME:
 * byte AT: WHAT needs COUNT bytes, LEFT remain". `count` is 64 bits wide so that a number from a
 * file need not be narrowed first. */
gan_status gan__bytes_take(gan__bytes *in, uint64_t count, const char *what, const uint8_t **out);

/* GAN_E_FORMAT with "NAME: byte AT: ..." */
GAN__PRINTF(2, 3)
gan_status gan__bytes_fail(const gan__bytes *in, const char *format, ...);

/* The same with another status: GAN_E_UNSUPPORTED for what is valid but not served. */
GAN__PRINTF(3, 4)
gan_status gan__bytes_fail_as(const gan__bytes *in, gan_status status, const char *format, ...);

/* A line of the log for a fault that does no harm: "NAME: byte AT: FAULT". Of one file, whose
 * faults *warnings counts, a few are told. */
void gan__bytes_warn(const gan__bytes *in, uint32_t *warnings, const char *format,
                     va_list arguments);

static inline uint32_t gan__load_u16le(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}
static inline uint32_t gan__load_u16be(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t gan__load_u32le(const uint8_t *p)
{
    return gan__load_u16le(p) | gan__load_u16le(p + 2) << 16;
}

static inline uint32_t gan__load_u32be(const uint8_t *p)
{
    return gan__load_u16be(p) << 16 | gan__load_u16be(p + 2);
}

static inline uint64_t gan__load_u64le(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline void gan__store_u32be(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void gan__store_u64le(uint8_t *p, uint64_t value)
{
    memcpy(p, &value, sizeof value);
}

#endif
