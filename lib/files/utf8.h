/* utf8.h: characters of UTF-8 text. */
#ifndef GAN__UTF8_H
#define GAN__UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text[0..length), 1 to 4; 0 if it is none: truncated, overlong, a
 * surrogate or beyond U+10FFFF. */
static inline size_t gan__utf8_length(const uint8_t *text, size_t length)
{
    uint32_t first = text[0], value;
    size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (count == 1) return 1;
    if (first < 0xc2 || first > 0xf4 || count > length) return 0;
    value = first & (0x7fu >> count);
    for (size_t i = 1; i < count; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (text[i] & 0x3fu);
    }
    if (count == 3 && (value < 0x800 || (value >= 0xd800 && value < 0xe000))) return 0;
    if (count == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
    return count;
}

/* Whether all of text[0..length) is UTF-8. */
static inline bool gan__utf8_is_valid(const char *text, size_t length)
{
    while (length > 0) {
        size_t count = gan__utf8_length((const uint8_t *)text, length);
        if (count == 0) return false;
        text += count;
        length -= count;
    }
    return true;
}

/* Writes a character of U+0001 to U+10FFFF, no surrogate; returns its 1 to 4 bytes. */
static inline size_t gan__utf8_store(uint32_t value, char *to)
{
    size_t count = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    for (size_t i = count; i-- > 1; value >>= 6) to[i] = (char)(0x80 | (value & 0x3f));
    to[0] = (char)(count == 1 ? value : (0xf00u >> count & 0xf0u) | value);
    return count;
}

#endif
