#include "files_test.h"

#include "files/json.h"

static gan_status json_skip_all(const char *text)
{
    gan__bytes in = files_text(text);
    gan__json json;
    GAN__TRY(gan__json_open(&json, &in));
    gan_status status = gan__json_skip(&json);
    if (status == GAN_OK) status = gan__json_end(&json);
    gan__json_close(&json);
    return status;
}

TEST(walk)
{
    gan__bytes in = files_text(
        " {\"a\" : [1, -2.5e3 ,true],\"b\":{},\"c\":\"x\", \"d\":9223372036854775807}\n");
    gan__json j;
    const char *key, *text;
    int64_t integer = 0;
    double number = 0;
    bool more, flag = false;
    CHECK_OK(gan__json_open(&j, &in));
    CHECK_OK(gan__json_enter(&j, '{'));
    CHECK_OK(gan__json_next_key(&j, &key, &more));
    CHECK_TEXT(key, "a");
    CHECK_OK(gan__json_enter(&j, '['));
    CHECK_OK(gan__json_next(&j, &more));
    CHECK_OK(gan__json_integer(&j, &integer));
    CHECK_INT(integer, 1);
    CHECK_OK(gan__json_next(&j, &more));
    CHECK_OK(gan__json_number(&j, &number));
    CHECK_NEAR(number, -2500, 0);
    CHECK_OK(gan__json_next(&j, &more));
    CHECK_OK(gan__json_boolean(&j, &flag));
    CHECK(flag);
    CHECK_OK(gan__json_next(&j, &more));
    CHECK(!more);
    CHECK_OK(gan__json_next_key(&j, &key, &more));
    CHECK_INT(gan__json_peek(&j), '{');
    CHECK_OK(gan__json_skip(&j));
    CHECK_OK(gan__json_next_key(&j, &key, &more));
    CHECK_OK(gan__json_string(&j, &text));
    CHECK_TEXT(text, "x");
    CHECK_TEXT(key, "c");
    CHECK_OK(gan__json_next_key(&j, &key, &more));
    CHECK_OK(gan__json_integer(&j, &integer));
    CHECK_INT(integer, INT64_MAX);
    CHECK_OK(gan__json_next_key(&j, &key, &more));
    CHECK(!more);
    CHECK_OK(gan__json_end(&j));
    gan__json_close(&j);
}

TEST(accepted)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1e5",
                                        "1E-5",
                                        "0.5",
                                        "[]",
                                        "{}",
                                        "[[[]]]",
                                        "\"\"",
                                        "null",
                                        "[null,true,false]",
                                        "\"\\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\xc3\xa9\xed\x9f\xbf\xf4\x8f\xbf\xbf\"",
                                        "{\"a\":1,\"a\":2}",
                                        "\"\x7f\"",
                                        " [ 1 , 2 ] "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CHECK_OK(json_skip_all(texts[i]));
}

TEST(bad)
{
    static const struct {
        const char *text, *message;
    } bads[] = {
        {"", "0: a value expected, the text ends"},
        {"[1,]", "3: a value expected, not ']'"},
        {"[1 2]", "3: ',' or ']' expected, not '2'"},
        {"[1", "2: ',' or ']' expected, the text ends"},
        {"[1}", "2: ',' or ']' expected, not '}'"},
        {"{\"a\":1,}", "7: a key expected, not '}'"},
        {"{\"a\" 1}", "5: ':' expected, not '1'"},
        {"{a:1}", "1: a key expected, not 'a'"},
        {"{\"a\":1 \"b\":2}", "7: ',' or '}' expected, not '\"'"},
        {"01", "1: the end expected, not '1'"},
        {"+1", "0: a value expected, not '+'"},
        {"-", "1: a number expected, the text ends"},
        {"1.", "2: a digit expected, the text ends"},
        {".5", "0: a value expected, not '.'"},
        {"1e", "2: a digit expected, the text ends"},
        {"1e+", "3: a digit expected, the text ends"},
        {"NaN", "0: a value expected, not 'N'"},
        {"nul", "0: a value expected, not 'n'"},
        {"truex", "4: the end expected, not 'x'"},
        {"'a'", "0: a value expected, not '''"},
        {"\"a", "2: a character of a string expected, the text ends"},
        {"\"\n\"", "1: a character of a string expected, not byte 0x0a"},
        {"\"\\x\"", "2: an escape expected, not 'x'"},
        {"\"\\", "2: an escape expected, the text ends"},
        {"\"\\u12g4\"", "5: a hexadecimal digit expected, not 'g'"},
        {"\"\\u0000\"", "7: \\u0000 stands for no character of a string"},
        {"\"\\udc00\"", "7: \\udc00 stands for no character of a string"},
        {"\"\\ud800\"", "7: the second surrogate expected, not '\"'"},
        {"\"\\ud800\\u0041\"", "13: \\u0041 is no second surrogate"},
        {"\"\xff\"", "1: UTF-8 expected, not byte 0xff"},
        {"\"\xc0\xaf\"", "1: UTF-8 expected, not byte 0xc0"},
        {"\"\xe0\x80\xaf\"", "1: UTF-8 expected, not byte 0xe0"},
        {"\"\xe0\x9f\xbf\"", "1: UTF-8 expected, not byte 0xe0"},
        {"\"\xf0\x8f\xbf\xbf\"", "1: UTF-8 expected, not byte 0xf0"},
        {"\"\xed\xa0\x80\"", "1: UTF-8 expected, not byte 0xed"},
        {"\"\xf4\x90\x80\x80\"", "1: UTF-8 expected, not byte 0xf4"},
        {"\"\xc3", "1: UTF-8 expected, not byte 0xc3"},
        {"[] []", "3: the end expected, not '['"},
        {"/**/1", "0: a value expected, not '/'"},
    };
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        char message[200];
        snprintf(message, sizeof message, "file: byte %s", bads[i].message);
        CHECK_STATUS(json_skip_all(bads[i].text), GAN_E_FORMAT);
        files_message(message);
    }
}

TEST(numbers)
{
    static const struct {
        const char *text, *message;
    } bads[] = {
        {"1.0", "file: byte 0: '1.0' is no integer of 64 bits"},
        {"1e2", "file: byte 0: '1e2' is no integer of 64 bits"},
        {"9223372036854775808", "file: byte 0: '9223372036854775808' is no integer of 64 bits"},
    };
    gan__json j;
    int64_t integer;
    double number;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        gan__bytes in = files_text(bads[i].text);
        CHECK_OK(gan__json_open(&j, &in));
        CHECK_STATUS(gan__json_integer(&j, &integer), GAN_E_FORMAT);
        files_message(bads[i].message);
        gan__json_close(&j);
    }
    gan__bytes in = files_text("1e999");
    CHECK_OK(gan__json_open(&j, &in));
    CHECK_STATUS(gan__json_number(&j, &number), GAN_E_FORMAT);
    files_message("file: byte 0: the number '1e999' does not fit");
    gan__json_close(&j);
}

TEST(depth)
{
    char text[2 * (GAN__JSON_DEPTH + 1) + 1] = {0};
    for (int depth = GAN__JSON_DEPTH; depth <= GAN__JSON_DEPTH + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        CHECK_STATUS(json_skip_all(text), depth == GAN__JSON_DEPTH ? GAN_OK : GAN_E_FORMAT);
    }
    files_message("file: byte 64: more than 64 objects and arrays within each other");
}

TEST(write)
{
    gan__text text = {.context = files_context};
    gan__text_append(&text, "{", 1);
    gan__json_write_key(&text, "step");
    gan__text_append(&text, "12", 2);
    gan__json_write_key(&text, "loss \"g\"");
    gan__text_append(&text, "0.1", 3);
    gan__json_write_key(&text, "text");
    gan__json_write_string(&text, "\\\n\t\x01\xc3\xa9\xff/");
    gan__json_write_key(&text, "o");
    gan__text_append(&text, "{", 1);
    gan__json_write_key(&text, "a");
    gan__json_write_string(&text, "");
    gan__text_append(&text, "}}", 2);
    CHECK_OK(text.status);
    CHECK_TEXT(text.bytes, "{\"step\":12,\"loss \\\"g\\\"\":0.1,\"text\":\"\\\\\\n\\t\\u0001"
                           "\xc3\xa9\xef\xbf\xbd/\",\"o\":{\"a\":\"\"}}");
    CHECK_OK(json_skip_all(text.bytes));
    gan__text_free(&text);
}

int main(void)
{
    files_open();
    RUN(walk);
    RUN(accepted);
    RUN(bad);
    RUN(numbers);
    RUN(depth);
    RUN(write);
    files_close();
    return test_report();
}
