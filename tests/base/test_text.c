#include "base/memory.h"
#include "base/text.h"
#include "fault.h"

static gan_context *context_of_test(void)
{
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    return context;
}

/* The tokens in one line: words in brackets, "q" before a quoted one, with places. */
static const char *tokens_of(gan_context *context, const char *source)
{
    static char result[1024];
    gan__lexer lexer;
    gan__token token;
    gan__text text = {.context = context};
    gan__lexer_init(&lexer, context, source, strlen(source));
    do {
        if (gan__lexer_next(&lexer, &token) != GAN_OK) {
            gan__text_free(&text);
            return gan_context_message(context);
        }
        if (token.kind == GAN__TOKEN_WORD) {
            gan__text_print(&text, "%s[%.*s]%d:%d ", token.quoted ? "q" : "", (int)token.length,
                            token.text, (int)token.place.line, (int)token.place.column);
        } else {
            static const char signs[] = {'$', ' ', '=', ',', '{', '}', ';'};
            gan__text_print(&text, "%c%d:%d ", signs[token.kind], (int)token.place.line,
                            (int)token.place.column);
        }
    } while (token.kind != GAN__TOKEN_END);
    snprintf(result, sizeof result, "%s", text.bytes);
    gan__text_free(&text);
    return result;
}

TEST(tokens)
{
    gan_context *context = context_of_test();
    CHECK_TEXT(tokens_of(context, ""), "$1:1 ");
    CHECK_TEXT(tokens_of(context, "  # only a comment"), "$1:19 ");
    CHECK_TEXT(tokens_of(context, "a b=3x3;c"), "[a]1:1 [b]1:3 =1:4 [3x3]1:5 ;1:8 [c]1:9 $1:10 ");
    CHECK_TEXT(tokens_of(context, "m,v = part.x 7*7*128 # so\r\n{reflect:3}"),
               "[m]1:1 ,1:2 [v]1:3 =1:5 [part.x]1:7 [7*7*128]1:14 ;1:27 {2:1 [reflect:3]2:2 }2:11 "
               "$2:12 ");
    CHECK_TEXT(tokens_of(context, "p=\"a b;\\\"#\\\\\" ."),
               "[p]1:1 =1:2 q[a b;\\\"#\\\\]1:3 [.]1:15 $1:16 ");
    CHECK_TEXT(tokens_of(context, "\"C:\\x\""), "q[C:\\x]1:1 $1:7 ");
    CHECK_TEXT(tokens_of(context, "\"\"\t\xc3\xa4"), "q[]1:1 [\xc3\xa4]1:4 $1:6 ");
    CHECK_TEXT(tokens_of(context, "a\n\n\"b"), "a quote without its end (line 3, column 1)");
    CHECK_TEXT(tokens_of(context, "\"b\n\""), "a quote without its end (line 1, column 1)");
    CHECK_TEXT(tokens_of(context, "\"b\\\""), "a quote without its end (line 1, column 1)");
    CHECK_TEXT(tokens_of(context, "a \"b\x02\""), "a control character (line 1, column 5)");
    CHECK_TEXT(tokens_of(context, "a\x7f"), "a control character (line 1, column 2)");
    gan_context_release(context);
}

TEST(values_read_back)
{
    static const char *const values[] = {"a",  "",     "a b", "a=b",  "\"",
                                         "\\", "a\\b", "#",   "{};,", "ä"};
    gan_context *context = context_of_test();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        gan__text text = {.context = context};
        gan__lexer lexer;
        gan__token token, end;
        char plain[32];
        size_t length = 0;
        gan__text_value(&text, values[i], strlen(values[i]));
        CHECK_OK(text.status);
        gan__lexer_init(&lexer, context, text.bytes, text.length);
        CHECK_OK(gan__lexer_next(&lexer, &token));
        CHECK_OK(gan__lexer_next(&lexer, &end));
        CHECK_INT(token.kind, GAN__TOKEN_WORD);
        CHECK_INT(end.kind, GAN__TOKEN_END);
        for (size_t j = 0; j < token.length; j++) {
            if (token.quoted && token.text[j] == '\\') j++;
            plain[length++] = token.text[j];
        }
        plain[length] = '\0';
        CHECK_TEXT(plain, values[i]);
        gan__text_free(&text);
    }
    gan_context_release(context);
}

TEST(nearest)
{
    static const char *const names[] = {"stride", "kernel", "pad", "bias", "lr", "output_padding"};
    CHECK_TEXT(gan__nearest("strid", 5, names, 6), "stride");
    CHECK_TEXT(gan__nearest("kernels", 7, names, 6), "kernel");
    CHECK_TEXT(gan__nearest("padding", 3, names, 6), "pad");
    CHECK_TEXT(gan__nearest("rl", 2, names, 6) ? "something" : "nothing", "nothing");
    CHECK_TEXT(gan__nearest("output_pading", 13, names, 6), "output_padding");
    CHECK(gan__nearest("momentum", 8, names, 6) == NULL);
    CHECK(gan__nearest("x", 1, names, 6) == NULL);
    CHECK(gan__nearest("", 0, names, 6) == NULL);
    CHECK(gan__nearest("stride", 6, names, 0) == NULL);
}

TEST(lists)
{
    const char *const list = "a,,bc";
    CHECK_TEXT(gan__list_next(list, ','), ",bc");
    CHECK_TEXT(gan__list_next(list + 2, ','), "bc");
    CHECK(!gan__list_next(list + 3, ','));
    CHECK(!gan__list_next(list, '|'));
    CHECK_TEXT(gan__list_next("a,", ','), "");
}

TEST(growing)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = NULL;
    gan__text text = {0};
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    text.context = context;
    for (int i = 0; i < 1000; i++) gan__text_print(&text, "%d,", i);
    gan__text_number(&text, 2e-4);
    CHECK_OK(text.status);
    CHECK_INT(text.length, strlen(text.bytes));
    CHECK_INT(text.length, 10 * 2 + 90 * 3 + 900 * 4 + 6);
    CHECK_TEXT(text.bytes + text.length - 10, "999,0.0002");
    size_t length = text.length;
    fault.fail_at = 1;
    fault.and_after = 1;
    for (int i = 0; i < 3000; i++) gan__text_append(&text, "abc", 3);
    CHECK_STATUS(text.status, GAN_E_MEMORY);
    CHECK(text.length >= length && text.bytes[text.length] == '\0');
    gan__text_free(&text);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(tokens);
    RUN(values_read_back);
    RUN(nearest);
    RUN(lists);
    RUN(growing);
    return test_report();
}
