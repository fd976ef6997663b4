/* pnm.c: P5, P6 and P7, read and written. */
#include "files/pnm.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <inttypes.h>

typedef struct pnm_header {
    int64_t width, height, channels, most; /* 0: not given yet */
} pnm_header;

typedef struct pnm_word {
    const char *text;
    size_t length;
} pnm_word;

static bool pnm_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of the header; spaces and comments before it are skipped, and nothing behind it. */
static gan_status pnm_next_word(gan__bytes *in, pnm_word *word)
{
    bool is_comment = false;
    for (; in->at < in->size; in->at++) {
        uint8_t c = in->data[in->at];
        if (c == '#') is_comment = true;
        if (c == '\n') is_comment = false;
        if (!is_comment && !pnm_is_space(c)) break;
    }
    size_t start = in->at;
    while (in->at < in->size && !pnm_is_space(in->data[in->at]) && in->data[in->at] != '#')
        in->at++;
    word->text = (const char *)in->data + start;
    word->length = in->at - start;
    if (in->at < in->size) return GAN_OK;
    return gan__bytes_fail(in, "the header ends too early");
}

static bool pnm_is(const pnm_word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->text, text, word->length) == 0;
}

/* A number from 1 to `most`. */
static gan_status pnm_next_number(gan__bytes *in, const char *what, int64_t most, int64_t *out)
{
    pnm_word word;
    GAN__TRY(pnm_next_word(in, &word));
    if (gan__integer_parse(word.text, word.length, out) && *out >= 1 && *out <= most) return GAN_OK;
    in->at -= word.length;
    return gan__bytes_fail(in, "%s is '%.*s', not 1 to %" PRId64, what,
                           (int)(word.length < 20 ? word.length : 20), word.text, most);
}

static gan_status pnm_read_pam(gan__bytes *in, pnm_header *h)
{
    pnm_word word;
    for (;;) {
        GAN__TRY(pnm_next_word(in, &word));
        if (pnm_is(&word, "ENDHDR")) break;
        if (pnm_is(&word, "WIDTH")) {
            GAN__TRY(pnm_next_number(in, "WIDTH", INT32_MAX, &h->width));
        } else if (pnm_is(&word, "HEIGHT")) {
            GAN__TRY(pnm_next_number(in, "HEIGHT", INT32_MAX, &h->height));
        } else if (pnm_is(&word, "DEPTH")) {
            GAN__TRY(pnm_next_number(in, "DEPTH", 4, &h->channels));
        } else if (pnm_is(&word, "MAXVAL")) {
            GAN__TRY(pnm_next_number(in, "MAXVAL", 65535, &h->most));
        } else if (pnm_is(&word, "TUPLTYPE")) {
            while (in->at < in->size && in->data[in->at] != '\n') in->at++;
        } else {
            in->at -= word.length;
            return gan__bytes_fail(in, "the unknown header line '%.*s'",
                                   (int)(word.length < 20 ? word.length : 20), word.text);
        }
    }
    if (h->width && h->height && h->channels && h->most) return GAN_OK;
    return gan__bytes_fail(in, "the header lacks %s",
                           !h->width      ? "WIDTH"
                           : !h->height   ? "HEIGHT"
                           : !h->channels ? "DEPTH"
                                          : "MAXVAL");
}

/* Up to the first byte of the pixels. */
static gan_status pnm_read_header(gan__bytes *in, pnm_header *h)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(in, 3, "the magic number", &p));
    in->at -= 3;
    if (p[0] != 'P' || p[1] < '1' || p[1] > '7' || !(pnm_is_space(p[2]) || p[2] == '#'))
        return gan__bytes_fail(in, "this is no PNM file");
    if (p[1] < '5') {
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "P%c is not served, P5, P6 and P7 are",
                                  p[1]);
    }
    in->at += 2;
    if (p[1] == '7') {
        GAN__TRY(pnm_read_pam(in, h));
    } else {
        h->channels = p[1] == '5' ? 1 : 3;
        GAN__TRY(pnm_next_number(in, "the width", INT32_MAX, &h->width));
        GAN__TRY(pnm_next_number(in, "the height", INT32_MAX, &h->height));
        GAN__TRY(pnm_next_number(in, "the greatest value", 65535, &h->most));
    }
    /* One space ends the header; a comment before it counts up to its line end, which is that
     * space. */
    if (in->data[in->at] == '#')
        while (in->at < in->size && in->data[in->at] != '\n') in->at++;
    return gan__bytes_take(in, 1, "the space behind the header", &p);
}

static gan_status pnm_read_values(const gan__bytes *in, const uint8_t *p, size_t count,
                                  uint32_t most, gan__picture *out)
{
    uint32_t full = most < 256 ? 255 : 65535;
    for (size_t i = 0; i < count; i++) {
        uint32_t value = most < 256 ? p[i] : gan__load_u16be(p + 2 * i);
        if (value > most) {
            return gan__bytes_fail(in, "value %zu of the picture is %u, more than %u", i, value,
                                   most);
        }
        if (most != full) value = (value * full + most / 2) / most;
        if (full == 255)
            ((uint8_t *)out->pixels)[i] = (uint8_t)value;
        else
            ((uint16_t *)out->pixels)[i] = (uint16_t)value;
    }
    return GAN_OK;
}

gan_status gan__pnm_peek(gan__bytes *in, gan__picture *out)
{
    pnm_header h = {0};
    memset(out, 0, sizeof *out);
    GAN__TRY(pnm_read_header(in, &h));
    *out = (gan__picture){h.width, h.height, (int32_t)h.channels, h.most < 256 ? 8 : 16, NULL};
    return GAN_OK;
}

gan_status gan__pnm_read(gan__bytes *in, gan__picture *out)
{
    pnm_header h = {0};
    const uint8_t *p;
    memset(out, 0, sizeof *out);
    GAN__TRY(pnm_read_header(in, &h));
    int64_t factors[4] = {h.width, h.height, h.channels, h.most < 256 ? 1 : 2}, bytes;
    if (!gan__product_count(factors, 4, &bytes)) {
        return gan__bytes_fail(in, "a picture of %" PRId64 "x%" PRId64 " is too large", h.width,
                               h.height);
    }
    GAN__TRY(gan__bytes_take(in, (uint64_t)bytes, "the picture", &p));
    *out = (gan__picture){h.width, h.height, (int32_t)h.channels, h.most < 256 ? 8 : 16, NULL};
    GAN__TRY(gan__picture_allocate(in->context, out));
    size_t count = (size_t)(bytes / factors[3]);
    gan_status status = pnm_read_values(in, p, count, (uint32_t)h.most, out);
    if (status != GAN_OK) gan__picture_free(in->context, out);
    return status;
}

static void pnm_print_header(gan__text *text, const gan__picture *picture)
{
    static const char *const tuples[5] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    int most = picture->depth == 8 ? 255 : 65535;
    if (picture->channels % 2 == 1) {
        gan__text_print(text, "P%d\n%" PRId64 " %" PRId64 "\n%d\n", picture->channels == 1 ? 5 : 6,
                        picture->width, picture->height, most);
    } else {
        gan__text_print(text,
                        "P7\nWIDTH %" PRId64 "\nHEIGHT %" PRId64 "\nDEPTH %d\nMAXVAL %d\n"
                        "TUPLTYPE %s\nENDHDR\n",
                        picture->width, picture->height, (int)picture->channels, most,
                        tuples[picture->channels]);
    }
}

gan_status gan__pnm_write(gan_context *context, const gan__picture *picture, uint8_t **out,
                          size_t *size)
{
    gan__text text = {.context = context};
    *out = NULL;
    *size = 0;
    GAN__TRY(gan__picture_check(context, picture, "pnm"));
    pnm_print_header(&text, picture);
    size_t pixels = gan__picture_row(picture) * (size_t)picture->height, start = text.length;
    gan__text_append(&text, picture->pixels, pixels);
    if (text.status != GAN_OK) {
        gan__text_free(&text);
        return text.status;
    }
    *out = (uint8_t *)text.bytes;
    *size = text.length;
    for (size_t i = start; picture->depth == 16 && i + 1 < *size; i += 2) {
        uint16_t value;
        memcpy(&value, *out + i, 2);
        (*out)[i] = (uint8_t)(value >> 8);
        (*out)[i + 1] = (uint8_t)value;
    }
    return GAN_OK;
}
