/* json.h: JSON (RFC 8259): a strict reader that walks through a text without building a tree, and
 * the pieces of a writer.
 *
 *     GAN__TRY(gan__json_enter(json, '{'));
 *     for (;;) {
 *         GAN__TRY(gan__json_next_key(json, &key, &more));
 *         if (!more) break;
 *         GAN__TRY(gan__json_number(json, &value));
 *     }
 *
 * Each function reads exactly one thing and leaves the cursor behind it; anything else in its place
 * is GAN_E_FORMAT with the position. */
#ifndef GAN__JSON_H
#define GAN__JSON_H

#include "base/text.h"
#include "files/bytes.h"

enum { GAN__JSON_DEPTH = 64 }; /* objects and arrays within each other */

typedef struct gan__json {
    gan__bytes in;
    char *strings; /* decoded strings, one after the other, as large as the text: they never move */
    size_t used;
    int32_t depth;
    uint64_t objects; /* bit d: what is open at depth d is an object, not an array */
    uint64_t started; /* bit d: it has had a value */
} gan__json;

/* Starts at in->at; the bytes are borrowed. gan__json_close frees the strings. */
gan_status gan__json_open(gan__json *json, const gan__bytes *in);
void gan__json_close(gan__json *json); /* safe on a zeroed struct and twice */

/* The first character of the next value: '{' '[' '"' 't' 'f' 'n' '-' or a digit; 0 at the end. */
char gan__json_peek(gan__json *json);

/* Opens an object ('{') or an array ('['). */
gan_status gan__json_enter(gan__json *json, char kind);

/* In an open array: *more tells whether another value follows; if not, the array was closed. In an
 * object also the key, as a string. Keys may repeat: who must refuse that compares them. */
gan_status gan__json_next(gan__json *json, bool *more);
gan_status gan__json_next_key(gan__json *json, const char **key, bool *more);

/* A string, decoded to UTF-8 and terminated; valid until gan__json_close. Invalid UTF-8, lone
 * surrogates and \u0000, which no C string can hold, are refused. */
gan_status gan__json_string(gan__json *json, const char **out);

/* A number that fits; an integer has neither point nor exponent. */
gan_status gan__json_number(gan__json *json, double *out);
gan_status gan__json_integer(gan__json *json, int64_t *out);
gan_status gan__json_boolean(gan__json *json, bool *out);

/* Any value, checked and forgotten. */
gan_status gan__json_skip(gan__json *json);

/* Nothing but spaces may follow. */
gan_status gan__json_end(gan__json *json);

/* Writing goes to a gan__text, which keeps the first failure. A key puts a comma before itself
 * unless it is the first one of its object. */
void gan__json_write_key(gan__text *text, const char *key);
void gan__json_write_string(gan__text *text, const char *string); /* invalid UTF-8 becomes U+FFFD */

#endif
