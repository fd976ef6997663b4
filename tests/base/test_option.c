#include "base/memory.h"
#include "base/option.h"
#include "fault.h"

typedef struct sample_options {
    int64_t channels;
    int64_t kernel[2];
    int64_t steps;
    double rate;
    int32_t bias, join;
    gan__padding pad;
    gan__initial init;
    char *path, *label;
} sample_options;

#define AT(field) offsetof(sample_options, field)
static const gan__option sample_table[] = {
    {"channels", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, 4096, NULL,
     AT(channels), "channels"},
    {"kernel", GAN__OPTION_PAIR, 0, "3", 1, 15, NULL, AT(kernel), "kernel"},
    {"steps", GAN__OPTION_INTEGER, 0, "10", 0, 1e18, NULL, AT(steps), "steps"},
    {"rate", GAN__OPTION_REAL, 0, "2e-4", -1e300, 1, NULL, AT(rate), "rate"},
    {"bias", GAN__OPTION_BOOLEAN, 0, "yes", 0, 0, NULL, AT(bias), "bias"},
    {"join", GAN__OPTION_CHOICE, 0, "add", 0, 0, "add|concat|multiply", AT(join), "join"},
    {"pad", GAN__OPTION_PADDING, 0, "0", 0, 100, NULL, AT(pad), "padding"},
    {"init", GAN__OPTION_INITIAL, 0, "default", 0, 0, NULL, AT(init), "init"},
    {"path", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, AT(path), "path"},
    {"label", GAN__OPTION_TEXT, 0, "a label", 0, 0, NULL, AT(label), "label"},
};
#undef AT
static const gan__kind sample_kind = {.name = "sample",
                                      .help = "a kind for the test",
                                      GAN__OPTIONS(sample_table),
                                      .size = sizeof(sample_options)};

typedef struct input_options {
    char *name;
    gan__tuple shape;
    int32_t last;
} input_options;

static const gan__option input_table[] = {
    {"name", GAN__OPTION_TEXT, GAN__POSITIONAL, NULL, 0, 0, NULL, offsetof(input_options, name),
     ""},
    {"shape", GAN__OPTION_TUPLE, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, 1e9, NULL,
     offsetof(input_options, shape), ""},
    {"last", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(input_options, last), ""},
};
static const gan__kind input_kind = {.name = "input",
                                     .help = "an input for the test",
                                     GAN__OPTIONS(input_table),
                                     .size = sizeof(input_options)};
static const gan__kind *const kinds[] = {&sample_kind, &input_kind};

/* A kind of several blocks: two of its own, and one that it shares, with other defaults,
 * in the middle of its struct. */
typedef struct shared_options {
    int64_t size;
    char *mode;
} shared_options;

static const gan__option shared_table[] = {
    {"size", GAN__OPTION_INTEGER, 0, "1", 0, 100, NULL, offsetof(shared_options, size), "a size"},
    {"mode", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, offsetof(shared_options, mode), "a mode"},
};

typedef struct blocks_options {
    int64_t after;
    shared_options shared;
    double first;
    int64_t follows;
} blocks_options;

static const gan__option first_table[] = {
    {"first", GAN__OPTION_REAL, GAN__POSITIONAL | GAN__REQUIRED, NULL, 0, 9, NULL,
     offsetof(blocks_options, first), "the first"},
};
static const gan__option after_table[] = {
    {"after", GAN__OPTION_INTEGER, 0, "5", 0, 9, NULL, offsetof(blocks_options, after), "an after"},
    {"follows", GAN__OPTION_INTEGER, 0, "0", 0, 1000, NULL, offsetof(blocks_options, follows),
     "0: ten times the size"},
};

static void blocks_settle(void *values)
{
    blocks_options *options = values;
    if (options->follows == 0) options->follows = 10 * options->shared.size;
}

static gan_status blocks_check(gan_context *context, const void *values)
{
    const blocks_options *options = values;
    if (options->follows >= options->shared.size) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "follows=%d is below size=%d", (int)options->follows,
                     (int)options->shared.size);
}

static const gan__option_default blocks_shared[] = {{"size", "7"}, {"mode", "m"}, {NULL, NULL}};
static const gan__option_block blocks[] = {
    GAN__BLOCK(first_table),
    GAN__BLOCK_IN(shared_table, blocks_options, shared, blocks_shared),
    GAN__BLOCK(after_table),
};
static const gan__kind blocks_kind = {.name = "blocks",
                                      .help = "a kind of several blocks",
                                      GAN__BLOCKS(blocks),
                                      .size = sizeof(blocks_options),
                                      .settle = blocks_settle,
                                      .check = blocks_check};
static const gan__kind shared_kind = {.name = "shared",
                                      .help = "the shared block alone",
                                      GAN__OPTIONS(shared_table),
                                      .size = sizeof(shared_options)};
static const gan__kind *const composed[] = {&blocks_kind, &shared_kind};

/* The description with every option spelled out, or the message; in a static buffer. */
static const char *described_of(gan_context *context, const gan__kind *const *list,
                                const char *spec)
{
    static char result[1024];
    const gan__kind *kind;
    void *values;
    gan__text text = {.context = context};
    if (gan__describe(context, "thing", list, 2, spec, &kind, &values) != GAN_OK) {
        CHECK(values == NULL && kind == NULL);
        return gan_context_message(context);
    }
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, values);
    CHECK_OK(text.status);
    snprintf(result, sizeof result, "%s", text.bytes);
    gan__text_free(&text);
    gan__options_free(context, kind, values);
    gan__options_free(context, kind, values); /* twice is allowed */
    gan__free(context, values);
    return result;
}

static const char *described(gan_context *context, const char *spec)
{
    return described_of(context, kinds, spec);
}

static gan_context *context_of_test(void)
{
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    return context;
}

TEST(printing)
{
    gan_context *context = context_of_test();
    CHECK_TEXT(described(context, "sample 7*7*8"),
               "sample 392 kernel=3 steps=10 rate=0.0002 bias=yes join=add pad=0 init=default "
               "label=\"a label\"");
    CHECK_TEXT(described(context,
                         "sample channels=5 kernel=3x5 steps=0 rate=-1 bias=no join=concat "
                         "pad=1,2,3,4 init=normal:0.02 path=\"a b;\\\"c\\\\\" label=x"),
               "sample 5 kernel=3x5 steps=0 rate=-1 bias=no join=concat pad=1,2,3,4 "
               "init=normal:0.02 path=\"a b;\\\"c\\\\\" label=x");
    CHECK_TEXT(described(context, "input 64 64 3"), "input 64 64 3 last=no");
    CHECK_TEXT(described(context, "input image any any 3 last=yes"),
               "input image any any 3 last=yes");
    CHECK_TEXT(described(context, "input 100"), "input 100 last=no");
    CHECK_TEXT(described(context, "input shape=2,3 name=any"), "input any 2 3 last=no");
    gan_context_release(context);
}

static void value_becomes(gan_context *context, const char *option, const char *printed)
{
    char spec[128], part[128];
    snprintf(spec, sizeof spec, "sample 1 %s", option);
    snprintf(part, sizeof part, " %s ", printed);
    const char *all = described(context, spec);
    if (!strstr(all, part)) CHECK_TEXT(all, part);
    snprintf(spec, sizeof spec, "sample 1 %s", printed); /* and that reads as itself */
    CHECK(strstr(described(context, spec), part) != NULL);
}

TEST(values)
{
    gan_context *context = context_of_test();
    value_becomes(context, "kernel=4x4", "kernel=4");
    value_becomes(context, "pad=reflect:3", "pad=reflect:3");
    value_becomes(context, "pad=replicate:1,1,1,2", "pad=replicate:1,1,1,2");
    value_becomes(context, "pad=zero:2", "pad=2");
    value_becomes(context, "pad=2,2,2,2", "pad=2");
    value_becomes(context, "init=normal:1,0.5", "init=normal:1,0.5");
    value_becomes(context, "init=normal:0,0.5", "init=normal:0.5");
    value_becomes(context, "init=uniform:-1,1", "init=uniform:-1,1");
    value_becomes(context, "init=xavier", "init=xavier");
    value_becomes(context, "init=xavier:1", "init=xavier");
    value_becomes(context, "init=xavier_normal:2", "init=xavier_normal:2");
    value_becomes(context, "init=kaiming:1.4142135623730951", "init=kaiming");
    value_becomes(context, "init=kaiming_normal:1", "init=kaiming_normal:1");
    value_becomes(context, "init=orthogonal", "init=orthogonal");
    value_becomes(context, "init=constant:0", "init=zeros");
    value_becomes(context, "init=ones", "init=ones");
    value_becomes(context, "init=constant:0.25", "init=constant:0.25");
    value_becomes(context, "steps=2*3", "steps=6");
    value_becomes(context, "rate=1e-8", "rate=1e-08");
    value_becomes(context, "path=a/b.c:d", "path=a/b.c:d");
    value_becomes(context, "path=\"a,b\"", "path=\"a,b\"");
    CHECK(strstr(described(context, "sample 1 label=\"\""), " label=\"\"") != NULL);
    CHECK(strstr(described(context, "sample 1 path=\"\""), "path") == NULL); /* left out */
    gan_context_release(context);
}

TEST(messages)
{
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {"", "thing: the description does not begin with a kind"},
        {"sampel 1", "thing: unknown kind 'sampel', did you mean 'sample'? (line 1, column 1)"},
        {"transformer", "thing: unknown kind 'transformer' (line 1, column 1)"},
        {"sample", "sample: missing: option 'channels' (line 1, column 7)"},
        {"sample 1 2", "sample: unexpected '2' (line 1, column 10)"},
        {"sample steps=1 2", "sample: unexpected '2' (line 1, column 16)"},
        {"sample 1 kernal=2",
         "sample: unknown option 'kernal', did you mean 'kernel'? (line 1, column 10)"},
        {"sample 1 \"kernel\"=2",
         "sample: the name of an option is not quoted: 'kernel' (line 1, column 10)"},
        {"sample 1 x=2", "sample: unknown option 'x' (line 1, column 10)"},
        {"sample 1 bias=no bias=no", "sample: given twice: option 'bias' (line 1, column 18)"},
        {"sample 1 channels=2", "sample: given twice: option 'channels' (line 1, column 10)"},
        {"sample 1 bias=", "sample: no value for option 'bias' (line 1, column 15)"},
        {"sample 1 bias=;", "sample: no value for option 'bias' (line 1, column 15)"},
        {"sample 1 pad=1,", "sample: a value is missing after '1,' (line 1, column 16)"},
        {"sample 1 pad=1, 2", "sample: a value is missing after '1,' (line 1, column 17)"},
        {"sample 1 pad=1 ,2", "sample: unexpected ',' (line 1, column 16)"},
        {"sample 1 { }", "sample: unexpected '{' (line 1, column 10)"},
        {"sample 1 from x", "sample: unexpected 'from' (line 1, column 10)"},
        {"sample 1;sample 2", "sample: unexpected 'sample' (line 1, column 10)"},
        {"sample 1 path=\"abc", "a quote without its end (line 1, column 15)"},
        {"sample 1 path=a\x01", "a control character (line 1, column 16)"},
        {"sample x", "sample: 'channels' needs a whole number, not 'x' (line 1, column 8)"},
        {"sample 1.5", "sample: 'channels' needs a whole number, not '1.5' (line 1, column 8)"},
        {"sample 99999999999999999999",
         "sample: 'channels' must be in [1, 4096], not '99999999999999999999' (line 1, column 8)"},
        {"sample 4294967296*4294967296", "sample: 'channels' must be in [1, 4096], not "
                                         "'4294967296*4294967296' (line 1, column 8)"},
        {"sample 4294967296*4294967296*",
         "sample: 'channels' needs a whole number, not '4294967296*4294967296*' (line 1, column "
         "8)"},
        {"sample 2*-3", "sample: 'channels' needs a whole number, not '2*-3' (line 1, column 8)"},
        {"sample 1 steps=9223372036854775807",
         "sample: 'steps' must be at most 1000000000000000000, not "
         "'9223372036854775807' (line 1, column 16)"},
        {"sample 1 steps=9223372036854775808",
         "sample: 'steps' must be at most 1000000000000000000, not "
         "'9223372036854775808' (line 1, column 16)"},
        {"sample 1 steps=-9223372036854775809", "sample: 'steps' must be at least 0, not "
                                                "'-9223372036854775809' (line 1, column 16)"},
        {"sample 0", "sample: 'channels' must be in [1, 4096], not '0' (line 1, column 8)"},
        {"sample 1 steps=-1", "sample: 'steps' must be at least 0, not '-1' (line 1, column 16)"},
        {"sample 1 rate=2", "sample: 'rate' must be at most 1, not '2' (line 1, column 15)"},
        {"sample 1 rate=fast", "sample: 'rate' needs a number, not 'fast' (line 1, column 15)"},
        {"sample 1 bias=true", "sample: 'bias' is yes or no, not 'true' (line 1, column 15)"},
        {"sample 1 join=sum",
         "sample: 'join' is one of add, concat, multiply, not 'sum' (line 1, column 15)"},
        {"sample 1 kernel=3x",
         "sample: 'kernel' needs a whole number or two as in 3x5, not '3x' (line 1, column 17)"},
        {"sample 1 kernel=1x2x3",
         "sample: 'kernel' needs a whole number or two as in 3x5, not '1x2x3' (line 1, column 17)"},
        {"sample 1 kernel=3x16",
         "sample: 'kernel' must be in [1, 15], not '3x16' (line 1, column 17)"},
        {"sample 1 pad=1,2", "sample: 'pad' needs 1 or top,left,bottom,right, after reflect: or "
                             "replicate: if not zero, not '1,2' (line 1, column 14)"},
        {"sample 1 pad=mirror:1",
         "sample: 'pad' needs 1 or top,left,bottom,right, after reflect: or "
         "replicate: if not zero, not 'mirror:1' (line 1, column 14)"},
        {"sample 1\n  init=normal", "sample: unexpected 'init' (line 2, column 3)"},
        {"sample 1 init=gauss:1",
         "sample: 'init' needs default, normal:DEVIATION, uniform:LOW,HIGH, xavier, kaiming, "
         "xavier_normal, kaiming_normal, orthogonal, constant:VALUE, zeros or ones, not 'gauss:1' "
         "(line 1, column 15)"},
        {"input", "input: missing: option 'shape' (line 1, column 6)"},
        {"input 1 2 3 4 5 6 7 8 9",
         "input: 'shape' needs up to 8 whole numbers or `any`, not '9' (line 1, column 23)"},
        {"input 1 0", "input: 'shape' must be in [1, 1000000000], not '0' (line 1, column 9)"},
        {"input a b",
         "input: 'shape' needs up to 8 whole numbers or `any`, not 'b' (line 1, column "
         "9)"},
    };
    gan_context *context = context_of_test();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_TEXT(described(context, cases[i].spec), cases[i].message);
    CHECK_TEXT(described(context, NULL), "thing: the description is NULL");
    gan_context_release(context);
}

/* A value set by a program has no place in a text. */
TEST(setting)
{
    gan_context *context = context_of_test();
    sample_options values, copy;
    gan__token name = {.kind = GAN__TOKEN_WORD, .text = "path", .length = 4};
    gan__token value = {.kind = GAN__TOKEN_WORD, .text = "a \"b\"", .length = 5};
    CHECK_OK(gan__options_init(context, &sample_kind, &values));
    CHECK_OK(gan__options_set(context, &sample_kind, &values, &name, &value));
    CHECK_TEXT(values.path, "a \"b\"");
    CHECK_OK(gan__options_copy(context, &sample_kind, &copy, &values));
    CHECK(copy.path != values.path && copy.label != values.label);
    CHECK_TEXT(copy.path, "a \"b\"");
    CHECK_TEXT(copy.label, "a label");
    gan__options_free(context, &sample_kind, &copy);

    value.text = "a\nb";
    value.length = 3;
    CHECK_STATUS(gan__options_set(context, &sample_kind, &values, &name, &value), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "sample: 'path' is one line of text, not 'a?b'");
    CHECK_TEXT(values.path, "a \"b\"");
    name.text = "pth";
    name.length = 3;
    CHECK_STATUS(gan__options_set(context, &sample_kind, &values, &name, &value), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "sample: unknown option 'pth', did you mean 'path'?");
    gan__options_free(context, &sample_kind, &values);
    gan_context_release(context);
}

/* Blocks are one table: their order, their defaults, their places in the struct. */
TEST(blocks_of_options)
{
    gan_context *context = context_of_test();
    CHECK_TEXT(described_of(context, composed, "blocks 2"),
               "blocks 2 size=7 mode=m after=5 follows=70");
    CHECK_TEXT(described_of(context, composed, "blocks after=1 mode=x first=3 size=4"),
               "blocks 3 size=4 mode=x after=1 follows=40");
    CHECK_TEXT(described_of(context, composed, "shared"), "shared size=1");
    CHECK_TEXT(described_of(context, composed, "blocks"),
               "blocks: missing: option 'first' (line 1, column 7)");
    CHECK_TEXT(described_of(context, composed, "blocks 1 aftre=2"),
               "blocks: unknown option 'aftre', did you mean 'after'? (line 1, column 10)");
    CHECK_TEXT(described_of(context, composed, "blocks 1 after=2 after=2"),
               "blocks: given twice: option 'after' (line 1, column 18)");
    CHECK_INT(gan__kind_option_count(&blocks_kind), 5);
    CHECK_TEXT(gan__kind_option(&blocks_kind, 3).name, "after");
    CHECK_TEXT(gan__kind_option(&blocks_kind, 1).initial, "7");
    CHECK_INT(gan__kind_option(&blocks_kind, 1).offset, offsetof(blocks_options, shared.size));
    CHECK_INT(gan__kind_find(&blocks_kind, "follows", 7), 4);
    CHECK_INT(gan__kind_find(&blocks_kind, "follow", 6), -1);
    gan_context_release(context);
}

TEST(blocks_are_copied_and_got)
{
    gan_context *context = context_of_test();
    blocks_options values, copy;
    gan__text text = {.context = context};
    const gan__token name = {.kind = GAN__TOKEN_WORD, .text = "mode", .length = 4};
    const gan__token value = {.kind = GAN__TOKEN_WORD, .text = "other", .length = 5};
    const gan__option mode = gan__kind_option(&blocks_kind, 2);
    CHECK_OK(gan__describe_alone(context, &blocks_kind, "1", &values));
    CHECK_OK(gan__options_copy(context, &blocks_kind, &copy, &values));
    CHECK(copy.shared.mode != values.shared.mode);
    CHECK_OK(gan__options_set(context, &blocks_kind, &copy, &name, &value));
    CHECK_TEXT(values.shared.mode, "m");
    CHECK_OK(gan__options_get(context, &blocks_kind, &copy, &name, &text));
    CHECK_TEXT(text.bytes, "other");
    CHECK_OK(gan__option_copy(context, &mode, &values, &copy));
    CHECK_TEXT(values.shared.mode, "other");
    CHECK(values.shared.mode != copy.shared.mode);
    gan__text_free(&text);
    gan__options_free(context, &blocks_kind, &copy);
    gan__options_free(context, &blocks_kind, &values);
    gan_context_release(context);
}

/* What goes together is asked once all is settled; as given, nothing is. */
TEST(descriptions_are_settled_and_checked)
{
    gan_context *context = context_of_test();
    const gan__passage passage = {"blocks 1 size=9 follows=3", 1};
    gan__description given;
    blocks_options alone;
    CHECK_TEXT(described_of(context, composed, "blocks 1 size=9 follows=9"),
               "blocks 1 size=9 mode=m after=5 follows=9");
    CHECK_TEXT(described_of(context, composed, "blocks 1 size=9 follows=3"),
               "blocks: follows=3 is below size=9");
    CHECK_STATUS(gan__describe_alone(context, &blocks_kind, "1 size=9 follows=3", &alone),
                 GAN_E_TEXT);
    CHECK(alone.shared.mode == NULL);
    CHECK_OK(gan__describe_after(context, "thing", composed, 2, &passage, NULL, &given));
    CHECK_INT(((blocks_options *)given.values)->follows, 3);
    gan__description_drop(context, &given);
    gan_context_release(context);
}

/* As many as there is room for, and one more. */
TEST(many_options)
{
    enum { MOST = GAN__MAX_OPTIONS + 1 };
    static gan__option table[MOST];
    static char names[MOST][16], spec[MOST * 10];
    static int64_t values[MOST];
    gan__option_block block = {table, MOST - 1, 0, NULL};
    const gan__kind kind = {
        .name = "many", .help = "", .blocks = &block, .block_count = 1, .size = sizeof values};
    gan_context *context = context_of_test();
    size_t at = 0;
    for (int i = 0; i < MOST; i++) {
        snprintf(names[i], sizeof names[i], "o%d", i);
        table[i] = (gan__option){names[i], GAN__OPTION_INTEGER,        0, "0", 0, 999,
                                 NULL,     (size_t)i * sizeof *values, ""};
        if (i < MOST - 1) at += (size_t)snprintf(spec + at, sizeof spec - at, "o%d=%d ", i, i);
    }
    CHECK_OK(gan__describe_alone(context, &kind, spec, values));
    for (int i = 0; i < MOST - 1; i++) CHECK_INT(values[i], i);
    snprintf(spec + at, sizeof spec - at, "o200=1");
    CHECK_STATUS(gan__describe_alone(context, &kind, spec, values), GAN_E_TEXT);
    block.option_count = MOST;
    CHECK_STATUS(gan__describe_alone(context, &kind, "", values), GAN_E_INTERNAL);
    CHECK_TEXT(gan_context_message(context), "many: more than 256 options");
    gan_context_release(context);
}

TEST(words_end_the_options)
{
    static const char *const texts[] = {"1 from a", "1 { b }", "1; c", "1 }", "1\nd"};
    static const gan__token_kind ends[] = {GAN__TOKEN_WORD, GAN__TOKEN_OPEN, GAN__TOKEN_BREAK,
                                           GAN__TOKEN_CLOSE, GAN__TOKEN_BREAK};
    gan_context *context = context_of_test();
    for (int i = 0; i < 5; i++) {
        sample_options values;
        gan__lexer lexer;
        gan__token next;
        gan__lexer_init(&lexer, context, texts[i], strlen(texts[i]));
        CHECK_OK(gan__options_init(context, &sample_kind, &values));
        CHECK_OK(gan__lexer_next(&lexer, &next));
        CHECK_OK(gan__options_read(context, &sample_kind, &values, &lexer, &next));
        CHECK_INT(next.kind, ends[i]);
        CHECK_INT(values.channels, 1);
        gan__options_free(context, &sample_kind, &values);
    }
    gan_context_release(context);
}

/* Whatever bytes come: an answer, and what was accepted prints and reads back as itself. */
TEST(random_texts)
{
    static const char *const pieces[] = {
        "sample", "input", " ",      "1",  "=",   "kernel", "pad",  "reflect",  ":",
        ",",      "init",  "normal", "\"", "\\",  ";",      "\n",   "#",        "{",
        "path",   "any",   "x",      "-3", "0.5", "label",  "\x7f", "\xc3\xa4", "*"};
    gan_context *context = context_of_test();
    uint32_t state = 1;
    int accepted = 0;
    for (int i = 0; i < 30000; i++) {
        char text[256] = "sample 3 ", first[1024], second[1024];
        for (int n = 0; n < 12; n++) {
            state = state * 1664525u + 1013904223u;
            strcat(text, pieces[(state >> 8) % (sizeof pieces / sizeof pieces[0])]);
        }
        snprintf(first, sizeof first, "%s", described(context, text));
        if (first[0] == 's' && strstr(first, "steps=")) {
            accepted++;
            snprintf(second, sizeof second, "%s", described(context, first));
            CHECK_TEXT(second, first);
        }
    }
    CHECK(accepted > 20);
    gan_context_release(context);
}

TEST(allocation_failures)
{
    for (int after = 0; after < 2; after++) {
        for (long long n = 1; n < 200; n++) {
            fault_host fault = {0};
            gan_host host = fault_make(&fault);
            gan_context *context = NULL;
            const gan__kind *kind;
            void *values = NULL;
            gan__text text = {0};
            CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
            fault.fail_at = atomic_load(&fault.allocations) + n;
            fault.and_after = after;
            gan_status status = gan__describe(context, "thing", kinds, 2,
                                              "sample 1 path=x label=y join=add", &kind, &values);
            int finished = status == GAN_OK;
            if (status == GAN_OK) {
                text.context = context;
                gan__options_print(&text, kind, values);
                finished = text.status == GAN_OK;
                gan__options_free(context, kind, values);
                gan__free(context, values);
                gan__text_free(&text);
            } else {
                CHECK_STATUS(status, GAN_E_MEMORY);
                CHECK(values == NULL);
            }
            gan_context_release(context);
            CHECK_INT(fault.live, 0);
            if (finished) {
                CHECK(n > 4);
                break;
            }
        }
    }
}

int main(void)
{
    RUN(printing);
    RUN(values);
    RUN(messages);
    RUN(setting);
    RUN(blocks_of_options);
    RUN(blocks_are_copied_and_got);
    RUN(descriptions_are_settled_and_checked);
    RUN(many_options);
    RUN(words_end_the_options);
    RUN(random_texts);
    RUN(allocation_failures);
    return test_report();
}
