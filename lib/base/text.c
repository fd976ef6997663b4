/* text.c: a string that grows and remembers its failure; and the nearest of several names, for "did
 * you mean". */
#include "base/text.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool text_reserve(gan__text *text, size_t more)
{
    size_t wanted;
    if (text->status != GAN_OK) return false;
    if (!gan__add_size(text->length, more, &wanted) || !gan__add_size(wanted, 1, &wanted)) {
        text->status = gan__fail(text->context, GAN_E_MEMORY, "out of memory: %zu bytes", more);
        return false;
    }
    text->status = gan__grow(text->context, &text->bytes, &text->capacity, wanted, 1);
    return text->status == GAN_OK;
}

void gan__text_append(gan__text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length)) return;
    if (length > 0) memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void gan__text_print(gan__text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !text_reserve(text, (size_t)length)) return;
    va_start(arguments, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void gan__text_number(gan__text *text, double value)
{
    char number[GAN__NUMBER_SIZE];
    gan__number_print(value, number);
    gan__text_append(text, number, strlen(number));
}

void gan__text_free(gan__text *text)
{
    gan__free(text->context, text->bytes);
    text->bytes = NULL;
    text->length = text->capacity = 0;
}

/* Levenshtein's distance, row by row. Names longer than a row are far from everything. */
static size_t text_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[65];
    if (a_length >= sizeof row / sizeof row[0] || b_length >= sizeof row / sizeof row[0])
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++) row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *gan__list_next(const char *at, char separator)
{
    const char *found = strchr(at, separator);
    return found ? found + 1 : NULL;
}

/* Near: a third of the longer name's letters may differ. */
bool gan__text_nearer(const char *text, size_t length, const char *candidate, size_t *distance)
{
    size_t candidate_length = strlen(candidate);
    size_t longer = candidate_length > length ? candidate_length : length;
    size_t apart = text_distance(text, length, candidate, candidate_length);
    if (apart >= *distance || apart > (longer + 2) / 3 || apart >= longer) return false;
    *distance = apart;
    return true;
}

const char *gan__nearest(const char *text, size_t length, const char *const *candidates,
                         size_t count)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (gan__text_nearer(text, length, candidates[i], &distance)) nearest = candidates[i];
    return nearest;
}
