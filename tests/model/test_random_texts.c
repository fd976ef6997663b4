/* Random texts of models print and parse to themselves; broken ones give an error with its place.
 */
#include "fault.h"
#include "model_text.h"

#include <gan/model.h>

enum { MODELS = 300, BROKEN = 40 };

static fault_host fault;
static gan_context *context;
static text_writer writer;
static long long parsed, refused;

/* A changed digit may ask for terabytes: a host that has not so much says no. */
static void *modest_allocate(void *user, size_t size, size_t alignment)
{
    return size > (1 << 23) ? NULL : fault_allocate(user, size, alignment);
}

static int same_names(const gan_model *a, const gan_model *b)
{
    if (gan_model_parameter_count(a) != gan_model_parameter_count(b)) return 0;
    for (int64_t i = 0; i < gan_model_parameter_count(a); i++) {
        int32_t a_rank, b_rank;
        int64_t a_shape[4], b_shape[4];
        const char *name = gan_model_parameter_name(a, i);
        if (strcmp(name, gan_model_parameter_name(b, i)) != 0) return 0;
        if (gan_model_parameter_shape(a, name, &a_rank, a_shape) != GAN_OK ||
            gan_model_parameter_shape(b, name, &b_rank, b_shape) != GAN_OK || a_rank != b_rank ||
            memcmp(a_shape, b_shape, sizeof a_shape) != 0)
            return 0;
    }
    return 1;
}

static int same_outputs(const gan_model *a, const gan_model *b)
{
    if (gan_model_output_count(a) != gan_model_output_count(b)) return 0;
    for (int32_t i = 0; i < gan_model_output_count(a); i++) {
        int64_t x[3], y[3];
        if (strcmp(gan_model_output_name(a, i), gan_model_output_name(b, i)) != 0) return 0;
        if (gan_model_output_shape(a, i, x) != GAN_OK ||
            gan_model_output_shape(b, i, y) != GAN_OK || memcmp(x, y, sizeof x) != 0)
            return 0;
    }
    return 1;
}

static void check_fixed_point(const gan_model *model, const char *source)
{
    gan_model *again;
    int before = test_errors;
    if (CHECK_OK(gan_model_parse(&again, context, gan_model_text(model)))) {
        CHECK_TEXT(gan_model_text(again), gan_model_text(model));
        CHECK(same_names(model, again));
        CHECK(same_outputs(model, again));
        CHECK_INT(gan_model_weight_count(again), gan_model_weight_count(model));
        gan_model_release(again);
    } else {
        printf("    %s\n%s\n", gan_context_message(context), gan_model_text(model));
    }
    if (test_errors > before) printf("    from: %s\n", source);
}

static void check_text(const char *text, int valid)
{
    gan_model *model;
    gan_status status = gan_model_parse(&model, context, text);
    if (status == GAN_OK) {
        parsed++;
        check_fixed_point(model, text);
        gan_model_release(model);
        return;
    }
    const char *message = gan_context_message(context);
    refused++;
    int placed = strstr(message, "(line ") || status == GAN_E_MEMORY;
    CHECK(model == NULL);
    CHECK(status == GAN_E_TEXT || status == GAN_E_SHAPE || status == GAN_E_MEMORY);
    if (!CHECK(placed && !valid)) printf("    %s\n    in: %s\n", message, text);
}

TEST(random_models)
{
    for (uint32_t seed = 1; seed <= MODELS; seed++) {
        writer.random = seed * 2654435761u;
        text_model(&writer);
        check_text(writer.text, 1);
    }
    CHECK_INT(parsed, MODELS);
    CHECK_INT(refused, 0);
}

/* Characters and whole words taken out, doubled, put elsewhere. */
static void break_text(char *text, text_writer *w)
{
    static const char *const pieces[] = {"{",       "}",    "=",    ",",    ";",        "\n",
                                         "from",    ".",    "\"",   "#",    "part p0",  "input 3",
                                         "output",  "any",  "9",    "-",    "repeat 3", "define",
                                         "default", "x = ", "\x01", "\xff", "1e400"};
    static char copy[TEXT_SIZE + 64];
    size_t size = strlen(text), at = text_random(w, (uint32_t)size), end = at;
    switch (text_random(w, 4)) {
    case 0: memmove(text + at, text + at + 1, size - at); break;
    case 1:
        while (end < size && text[end] != ' ' && text[end] != ';' && text[end] != '\n') end++;
        memmove(text + at, text + end, size - end + 1);
        break;
    case 2:
        snprintf(copy, sizeof copy, "%.*s%s%s", (int)at, text, pieces[text_random(w, 23)],
                 text + at);
        snprintf(text, TEXT_SIZE, "%.*s", TEXT_SIZE - 1, copy);
        break;
    default: text[at] = text[text_random(w, (uint32_t)size)]; break;
    }
}

TEST(broken_models)
{
    static char text[TEXT_SIZE];
    parsed = refused = 0;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        writer.random = seed * 2246822519u;
        text_model(&writer);
        for (int i = 0; i < BROKEN; i++) {
            strcpy(text, writer.text);
            for (uint32_t times = 1 + text_random(&writer, 2); times > 0 && text[0]; times--)
                break_text(text, &writer);
            check_text(text, 0);
        }
    }
    printf("broken texts: %lld refused, %lld still valid\n", refused, parsed);
    CHECK(refused > 60 * BROKEN / 4);
}

/* Every prefix of a text. */
TEST(prefixes)
{
    static char text[TEXT_SIZE];
    writer.random = 99;
    do {
        text_model(&writer);
    } while (writer.length < 300 || writer.length > 700);
    for (size_t length = 0; length < writer.length; length++) {
        memcpy(text, writer.text, length);
        text[length] = '\0';
        check_text(text, 0);
    }
}

/* Each allocation of a parse, and all after it, fail in turn. */
static void check_starved(const char *text, int and_after)
{
    long long live = fault.live;
    for (long long n = 1;; n++) {
        gan_model *model;
        fault.fail_at = fault.allocations + n;
        fault.and_after = and_after;
        gan_status status = gan_model_parse(&model, context, text);
        fault.fail_at = 0;
        if (status == GAN_OK) {
            gan_model_release(model);
            CHECK_INT(fault.live, live);
            return;
        }
        if (!CHECK_STATUS(status, GAN_E_MEMORY) || !CHECK_INT(fault.live, live)) return;
    }
}

TEST(starved)
{
    const char *text = "define a { input any any 4; residual { conv2d 4 kernel=1 } { relu } }\n"
                       "define b { define c from a; default conv2d bias=no\n"
                       "  input any any 4; repeat 2 { part c; conv2d 4 kernel=1 } }\n"
                       "input x 4 4 4; input y 4; part b; z = part a; add from . y; output . z";
    check_starved(text, 0);
    check_starved(text, 1);
}

/* Sizes that no machine has. */
TEST(too_large)
{
    gan_model *model;
    CHECK_STATUS(gan_model_parse(&model, context, "input 16777216; dense 16777216"), GAN_E_MEMORY);
    CHECK_STATUS(
        gan_model_parse(&model, context, "input 3; repeat 99999 { dense 16777216; dense 3 }"),
        GAN_E_TEXT);
    CHECK_STATUS(
        gan_model_parse(&model, context, "input 3; repeat 100 { dense 16777216; dense 3 }"),
        GAN_E_MEMORY);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    host.allocate = modest_allocate;
    if (gan_context_create(&context, "threads=1", &host, NULL, 0) != GAN_OK) return 1;
    RUN(random_models);
    RUN(broken_models);
    RUN(prefixes);
    RUN(starved);
    RUN(too_large);
    gan_context_release(context);
    test_name = "leaks";
    CHECK_INT(fault.live, 0);
    return test_report();
}
