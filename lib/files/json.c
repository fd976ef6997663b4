/* json.c: the strict reader, which keeps a place and what is open around it, no tree; and the
 * writer of strings. */
#include "files/json.h"

#include "base/memory.h"
#include "base/number.h"
#include "files/utf8.h"

gan_status gan__json_open(gan__json *json, const gan__bytes *in)
{
    memset(json, 0, sizeof *json);
    json->in = *in;
    /* A string's two quotes pay for its terminator, and no escape is shorter than what it means. */
    return gan__allocate_raw(in->context, &json->strings, gan__bytes_left(in), 1);
}

void gan__json_close(gan__json *json)
{
    gan__free(json->in.context, json->strings);
    json->strings = NULL;
}

static char json_current(const gan__json *json)
{
    return json->in.at < json->in.size ? (char)json->in.data[json->in.at] : 0;
}

char gan__json_peek(gan__json *json)
{
    for (char c = json_current(json); c == ' ' || c == '\n' || c == '\r' || c == '\t';) {
        json->in.at++;
        c = json_current(json);
    }
    return json_current(json);
}

/* GAN_E_FORMAT: `what` was expected, and something else is there. */
static gan_status json_expected(const gan__json *json, const char *what)
{
    uint8_t c = (uint8_t)json_current(json);
    if (json->in.at >= json->in.size)
        return gan__bytes_fail(&json->in, "%s expected, the text ends", what);
    if (c < 0x20 || c > 0x7e)
        return gan__bytes_fail(&json->in, "%s expected, not byte 0x%02x", what, c);
    return gan__bytes_fail(&json->in, "%s expected, not '%c'", what, c);
}

gan_status gan__json_enter(gan__json *json, char kind)
{
    if (gan__json_peek(json) != kind)
        return json_expected(json, kind == '{' ? "an object" : "an array");
    if (json->depth == GAN__JSON_DEPTH) {
        return gan__bytes_fail(&json->in, "more than %d objects and arrays within each other",
                               (int)GAN__JSON_DEPTH);
    }
    uint64_t bit = (uint64_t)1 << json->depth++;
    json->objects = kind == '{' ? json->objects | bit : json->objects & ~bit;
    json->started &= ~bit;
    json->in.at++;
    return GAN_OK;
}

gan_status gan__json_next(gan__json *json, bool *more)
{
    uint64_t bit = (uint64_t)1 << (json->depth - 1);
    bool is_object = json->objects & bit;
    char c = gan__json_peek(json);
    *more = false;
    if (c == (is_object ? '}' : ']')) {
        json->in.at++;
        json->depth--;
        return GAN_OK;
    }
    if (json->started & bit) {
        if (c != ',') return json_expected(json, is_object ? "',' or '}'" : "',' or ']'");
        json->in.at++;
    }
    json->started |= bit;
    *more = true;
    return GAN_OK;
}

gan_status gan__json_next_key(gan__json *json, const char **key, bool *more)
{
    GAN__TRY(gan__json_next(json, more));
    if (!*more) return GAN_OK;
    if (gan__json_peek(json) != '"') return json_expected(json, "a key");
    GAN__TRY(gan__json_string(json, key));
    if (gan__json_peek(json) != ':') return json_expected(json, "':'");
    json->in.at++;
    return GAN_OK;
}

/* Four hexadecimal digits. */
static gan_status json_read_unit(gan__json *json, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, json->in.at++) {
        char c = json_current(json);
        if (c >= '0' && c <= '9')
            *out = *out << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            *out = *out << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else
            return json_expected(json, "a hexadecimal digit");
    }
    return GAN_OK;
}

/* Behind "\u": a character, if need be from two surrogates. */
static gan_status json_read_unicode(gan__json *json)
{
    uint32_t value, low;
    GAN__TRY(json_read_unit(json, &value));
    if (value >= 0xd800 && value < 0xdc00) {
        if (gan__bytes_left(&json->in) < 2 || memcmp(json->in.data + json->in.at, "\\u", 2) != 0)
            return json_expected(json, "the second surrogate");
        json->in.at += 2;
        GAN__TRY(json_read_unit(json, &low));
        if (low < 0xdc00 || low > 0xdfff)
            return gan__bytes_fail(&json->in, "\\u%04x is no second surrogate", low);
        value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
    }
    if (value == 0 || (value >= 0xdc00 && value < 0xe000))
        return gan__bytes_fail(&json->in, "\\u%04x stands for no character of a string", value);
    json->used += gan__utf8_store(value, json->strings + json->used);
    return GAN_OK;
}

static gan_status json_read_escape(gan__json *json)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    json->in.at++;
    char c = json_current(json);
    const char *found = c ? strchr(from, c) : NULL;
    if (c != 'u' && !found) return json_expected(json, "an escape");
    json->in.at++;
    if (c == 'u') return json_read_unicode(json);
    json->strings[json->used++] = to[found - from];
    return GAN_OK;
}

gan_status gan__json_string(gan__json *json, const char **out)
{
    if (gan__json_peek(json) != '"') return json_expected(json, "a string");
    size_t start = json->used;
    json->in.at++;
    for (char c; (c = json_current(json)) != '"';) {
        const uint8_t *p = json->in.data + json->in.at;
        if (c == '\\') {
            GAN__TRY(json_read_escape(json));
            continue;
        }
        if ((uint8_t)c < 0x20) return json_expected(json, "a character of a string");
        size_t count = gan__utf8_length(p, gan__bytes_left(&json->in));
        if (count == 0) return json_expected(json, "UTF-8");
        memcpy(json->strings + json->used, p, count);
        json->used += count;
        json->in.at += count;
    }
    json->in.at++;
    json->strings[json->used++] = 0;
    *out = json->strings + start;
    return GAN_OK;
}

static bool json_skip_digits(gan__json *json)
{
    size_t start = json->in.at;
    while (json_current(json) >= '0' && json_current(json) <= '9') json->in.at++;
    return json->in.at > start;
}

/* Moves behind a number of the grammar, of which `length` bytes were read; *is_integer if it has
 * neither point nor exponent. */
static gan_status json_scan_number(gan__json *json, const char **text, size_t *length,
                                   bool *is_integer)
{
    gan__json_peek(json);
    size_t start = json->in.at;
    *is_integer = true;
    if (json_current(json) == '-') json->in.at++;
    if (json_current(json) == '0')
        json->in.at++;
    else if (!json_skip_digits(json))
        return json_expected(json, "a number");
    if (json_current(json) == '.') {
        *is_integer = false;
        json->in.at++;
        if (!json_skip_digits(json)) return json_expected(json, "a digit");
    }
    if ((json_current(json) | 32) == 'e') {
        *is_integer = false;
        json->in.at++;
        if (json_current(json) == '+' || json_current(json) == '-') json->in.at++;
        if (!json_skip_digits(json)) return json_expected(json, "a digit");
    }
    *text = (const char *)json->in.data + start;
    *length = json->in.at - start;
    return GAN_OK;
}

gan_status gan__json_number(gan__json *json, double *out)
{
    const char *text;
    size_t length;
    bool is_integer;
    GAN__TRY(json_scan_number(json, &text, &length, &is_integer));
    if (gan__number_parse(text, length, out)) return GAN_OK;
    json->in.at -= length;
    return gan__bytes_fail(&json->in, "the number '%.*s' does not fit",
                           (int)(length < 40 ? length : 40), text);
}

gan_status gan__json_integer(gan__json *json, int64_t *out)
{
    const char *text;
    size_t length;
    bool is_integer;
    GAN__TRY(json_scan_number(json, &text, &length, &is_integer));
    if (is_integer && gan__integer_parse(text, length, out)) return GAN_OK;
    json->in.at -= length;
    return gan__bytes_fail(&json->in, "'%.*s' is no integer of 64 bits",
                           (int)(length < 40 ? length : 40), text);
}

static bool json_take_word(gan__json *json, const char *word)
{
    size_t length = strlen(word);
    if (gan__bytes_left(&json->in) < length) return false;
    if (memcmp(json->in.data + json->in.at, word, length) != 0) return false;
    json->in.at += length;
    return true;
}

gan_status gan__json_boolean(gan__json *json, bool *out)
{
    gan__json_peek(json);
    *out = json_take_word(json, "true");
    if (*out || json_take_word(json, "false")) return GAN_OK;
    return json_expected(json, "true or false");
}

static gan_status json_skip_container(gan__json *json, char kind)
{
    GAN__TRY(gan__json_enter(json, kind));
    for (bool more;;) {
        const char *key;
        GAN__TRY(kind == '{' ? gan__json_next_key(json, &key, &more) : gan__json_next(json, &more));
        if (!more) return GAN_OK;
        GAN__TRY(gan__json_skip(json));
    }
}

gan_status gan__json_skip(gan__json *json)
{
    const char *text;
    size_t length, used = json->used;
    bool is_integer;
    gan_status status = GAN_OK;
    char c = gan__json_peek(json);
    if (c == '{' || c == '[')
        status = json_skip_container(json, c);
    else if (c == '"')
        status = gan__json_string(json, &text);
    else if (c == '-' || (c >= '0' && c <= '9'))
        status = json_scan_number(json, &text, &length, &is_integer);
    else if (!json_take_word(json, "true") && !json_take_word(json, "false") &&
             !json_take_word(json, "null"))
        status = json_expected(json, "a value");
    json->used = used;
    return status;
}

gan_status gan__json_end(gan__json *json)
{
    gan__json_peek(json);
    return json->in.at == json->in.size ? GAN_OK : json_expected(json, "the end");
}

static void json_write_character(gan__text *text, const uint8_t *p, size_t count)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = strchr(from, *p);
    if (count == 0) {
        gan__text_append(text, "\xef\xbf\xbd", 3);
    } else if (found) {
        char escape[2] = {'\\', to[found - from]};
        gan__text_append(text, escape, 2);
    } else if (*p < 0x20) {
        gan__text_print(text, "\\u%04x", *p);
    } else {
        gan__text_append(text, (const char *)p, count);
    }
}

void gan__json_write_string(gan__text *text, const char *string)
{
    const uint8_t *p = (const uint8_t *)string;
    gan__text_append(text, "\"", 1);
    for (size_t left = strlen(string); left > 0;) {
        size_t count = gan__utf8_length(p, left), step = count > 0 ? count : 1;
        json_write_character(text, p, count);
        p += step;
        left -= step;
    }
    gan__text_append(text, "\"", 1);
}

void gan__json_write_key(gan__text *text, const char *key)
{
    bool is_first = text->length == 0 || text->bytes[text->length - 1] == '{';
    if (!is_first) gan__text_append(text, ",", 1);
    gan__json_write_string(text, key);
    gan__text_append(text, ":", 1);
}
