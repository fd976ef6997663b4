/* Walks through the text by every function: strings are written again and must read as themselves.
 */
#include "fuzz.h"

#include "files/json.h"

static gan_status fuzz_json_string(gan__json *json)
{
    const char *string, *again;
    GAN__TRY(gan__json_string(json, &string));
    gan__text text = {.context = json->in.context};
    gan__json second = {0};
    gan__json_write_string(&text, string);
    gan_status status = text.status;
    gan__bytes in = {text.context, "input", (const uint8_t *)text.bytes, text.length, 0};
    if (status == GAN_OK) status = gan__json_open(&second, &in);
    if (status == GAN_OK) status = gan__json_string(&second, &again);
    if (status == GAN_OK) fuzz_require(strcmp(string, again) == 0, "a string reads as itself");
    gan__json_close(&second);
    gan__text_free(&text);
    return status;
}

static gan_status fuzz_json_value(gan__json *json)
{
    const char *key;
    double number;
    bool more = true, flag;
    char c = gan__json_peek(json);
    if (c == '"') return fuzz_json_string(json);
    if (c == 't' || c == 'f') return gan__json_boolean(json, &flag);
    if (c == '-' || (c >= '0' && c <= '9')) return gan__json_number(json, &number);
    if (c != '{' && c != '[') return gan__json_skip(json);
    GAN__TRY(gan__json_enter(json, c));
    for (;;) {
        GAN__TRY(c == '{' ? gan__json_next_key(json, &key, &more) : gan__json_next(json, &more));
        if (!more) return GAN_OK;
        GAN__TRY(fuzz_json_value(json));
    }
}

static gan_status fuzz_json_walk(gan__json *json)
{
    GAN__TRY(fuzz_json_value(json));
    return gan__json_end(json);
}

static gan_status fuzz_json(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0};
    gan__json json;
    GAN__TRY(gan__json_open(&json, &in));
    gan_status status = gan__json_skip(&json);
    if (status == GAN_OK) status = gan__json_end(&json);
    bool is_valid = status == GAN_OK;
    gan__json_close(&json);
    GAN__TRY(gan__json_open(&json, &in));
    status = fuzz_json_walk(&json);
    gan__json_close(&json);
    fuzz_require(is_valid || status != GAN_OK, "what is read can be skipped");
    return status;
}

FUZZ_TARGET(fuzz_json, 40)
