/* Finds code that was copied: pairs of places in lib/ and src/ with LEAST statements alike, one
 * after the other. A pair that touches a folder of `strict` fails the test, the others are printed.
 *
 * Statements are compared, not lines, since another name breaks lines elsewhere; of their words
 * only C's own are kept: names are one word, numbers another, strings and comments nothing; lone
 * braces and directives are left out. What repeats one form, as tables in a switch do, is no copy:
 * a place has at least FORMS different statements. Public functions that end in GAN__RETURN_ENTERED
 * are passed over: before they enter the context they can only check arguments, all in the same
 * way. */
#include "sources.h"

#include <stdint.h>

enum { LEAST = 6, FORMS = 4, MOST_STATEMENTS = 100000 };

static const char *const strict[] = {"lib/train/", NULL};

typedef struct statement {
    const source_file *file;
    int line;
    uint64_t form; /* of its words; 0: a border, which nothing is like */
} statement;

static statement statements[MOST_STATEMENTS];
static int statement_count;

static void add_statement(const source_file *file, int line, uint64_t form)
{
    if (CHECK(statement_count < MOST_STATEMENTS))
        statements[statement_count++] = (statement){file, line, form};
}

/* ---- reading ---- */

static int is_word_of(const char *const *words, const char *word, size_t length)
{
    for (; *words; words++)
        if (strlen(*words) == length && strncmp(*words, word, length) == 0) return 1;
    return 0;
}

/* FNV-1a. */
static uint64_t mix(uint64_t form, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        form = (form ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return form;
}

typedef struct reader {
    const source_file *file;
    const char *start; /* of the statement; NULL: nothing of it was there */
    int depth;         /* of brackets, and of braces that hold no statements */
    int has_block;     /* what the statement's brace holds are statements */
    int enters;        /* the last statement enters the context */
    uint64_t form;
} reader;

static void begin_statement(reader *r, const char *c)
{
    static const char *const blocks[] = {"if", "for", "while", "switch", "else", "do", NULL};
    static const char *const ends[] = {"GAN__RETURN_ENTERED", NULL};
    size_t length = 0;
    while (in_name(c[length])) length++;
    r->start = c;
    r->form = UINT64_C(0xcbf29ce484222325);
    r->has_block = is_word_of(blocks, c, length);
    r->enters = is_word_of(ends, c, length);
}

static void end_statement(reader *r)
{
    if (r->start) add_statement(r->file, line_of(r->file->code, r->start), r->form);
    r->start = NULL;
}

static const char *read_word(reader *r, const char *c)
{
    static const char *const kept[] = {
        "if",     "else",     "for",    "while",  "do",     "switch",  "case",   "default",
        "break",  "continue", "return", "goto",   "sizeof", "const",   "void",   "char",
        "short",  "int",      "long",   "signed", "float",  "double",  "bool",   "unsigned",
        "static", "struct",   "enum",   "union",  "inline", "typedef", "extern", NULL};
    size_t length = 0;
    int is_number = isdigit((unsigned char)*c) != 0;
    while (in_name(c[length]) || (is_number && c[length] == '.')) length++;
    if (is_word_of(kept, c, length))
        r->form = mix(r->form, c, length);
    else
        r->form = mix(r->form, is_number ? "0" : "n", 1);
    r->form = mix(r->form, " ", 1);
    return c + length;
}

static void read_sign(reader *r, char sign)
{
    r->depth += strchr("([{", sign) != NULL;
    r->depth -= strchr(")]}", sign) != NULL;
    r->form = mix(r->form, &sign, 1);
}

/* Whether a statement ends here: what is in brackets is part of it, and so is what a brace holds
 * that stands behind anything but a head. */
static int is_end(const reader *r, char sign)
{
    if (r->depth > 0 || !strchr(";{}", sign)) return 0;
    return sign == ';' || !r->start || r->has_block;
}

/* From the head of a function to the brace that ends it. */
static void read_function(const source_file *file, const char *head, const char *body,
                          const char *end)
{
    reader r = {.file = file};
    int first = statement_count;
    for (const char *c = head; c < end;) {
        if (c == body || is_end(&r, *c)) {
            end_statement(&r);
            c++;
        } else if (isspace((unsigned char)*c)) {
            c++;
        } else {
            if (!r.start) begin_statement(&r, c);
            if (in_name(*c))
                c = read_word(&r, c);
            else
                read_sign(&r, *c++);
        }
    }
    if (!r.enters) return;
    statement_count = first;
    add_statement(file, line_of(file->code, head), 0);
}

/* As the compiler does not see them. */
static void blank_directives(char *code)
{
    for (char *c = code; *c;) {
        int is_directive = c[strspn(c, " ")] == '#';
        for (; *c && *c != '\n'; c++) {
            int continues = c[0] == '\\' && c[1] == '\n';
            if (is_directive) *c = ' ';
            if (is_directive && continues) c++;
        }
        c += *c == '\n';
    }
}

static void read_file(source_file *file)
{
    blank_directives(file->code);
    each_function(file, read_function);
    add_statement(file, 0, 0);
}

/* ---- comparing ---- */

/* A place where LEAST statements begin. */
typedef struct place {
    uint64_t sum;
    int first;
} place;

static place places[MOST_STATEMENTS];
static int place_count;

static int place_compare(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->sum != y->sum) return x->sum < y->sum ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Whether the statements from `first` on are worth comparing: whole, and of several forms. */
static int is_place(int first)
{
    int forms = 0;
    if (first < 0 || first + LEAST > statement_count) return 0;
    for (int i = 0; i < LEAST; i++) {
        int k = 0;
        if (statements[first + i].form == 0) return 0;
        while (statements[first + k].form != statements[first + i].form) k++;
        forms += k == i;
    }
    return forms >= FORMS;
}

/* Places that overlap are one loop unrolled, no copy. */
static int alike(int a, int b, int count)
{
    for (int i = 0; i < count; i++)
        if (statements[a + i].form != statements[b + i].form) return 0;
    return b - a >= count;
}

static void find_places(void)
{
    place_count = 0;
    for (int i = 0; i < statement_count; i++) {
        if (!is_place(i)) continue;
        places[place_count] = (place){0, i};
        for (int k = 0; k < LEAST; k++) {
            uint64_t form = statements[i + k].form;
            places[place_count].sum = (places[place_count].sum ^ form) * UINT64_C(0x100000001b3);
        }
        place_count++;
    }
    qsort(places, (size_t)place_count, sizeof *places, place_compare);
}

static int is_strict(const source_file *file)
{
    for (int i = 0; strict[i]; i++)
        if (is_below(file, strict[i])) return 1;
    return 0;
}

typedef struct pair {
    int a, b, count; /* statements alike from a and from b on */
} pair;

static pair pairs[MOST_STATEMENTS];
static int pair_count;

/* Longest first. */
static int pair_compare(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->count != y->count) return y->count - x->count;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

/* With all that is alike behind it; once, not again from its second statement on. */
static void add_pair(int a, int b)
{
    int count = LEAST;
    if (!alike(a, b, LEAST)) return;
    if (is_place(a - 1) && alike(a - 1, b - 1, LEAST)) return;
    while (b + count < statement_count && statements[a + count].form && alike(a, b, count + 1))
        count++;
    if (CHECK(pair_count < MOST_STATEMENTS)) pairs[pair_count++] = (pair){a, b, count};
}

static void find_pairs(void)
{
    find_places();
    pair_count = 0;
    for (int i = 0; i < place_count; i++)
        for (int k = i + 1; k < place_count && places[k].sum == places[i].sum; k++)
            add_pair(places[i].first, places[k].first);
    qsort(pairs, (size_t)pair_count, sizeof *pairs, pair_compare);
}

/* ---- the tests ---- */

static int pairs_of(const char *first, const char *second)
{
    const char *const texts[] = {first, second};
    source_file own[2];
    statement_count = 0;
    for (int i = 0; i < 2; i++) {
        char *code = malloc(strlen(texts[i]) + 1);
        if (!CHECK(code != NULL)) return -1;
        strcpy(code, texts[i]);
        blank(code);
        own[i] = (source_file){.path = "a text of this test", .code = code};
        read_file(&own[i]);
    }
    find_pairs();
    for (int i = 0; i < 2; i++) free(own[i].code);
    return pair_count;
}

static const char original[] = "static int step(trainer *t)\n"
                               "{\n"
                               "    float sum = 0;\n"
                               "    /* of all */\n"
                               "    for (int i = 0; i < t->count; i++)\n"
                               "        sum += loss(t->role[i], \"generator\");\n"
                               "    if (sum > 3.5f) return fail(t, \"too much\");\n"
                               "    t->sum = sum;\n"
                               "    t->steps++;\n"
                               "}\n";

TEST(finder)
{
    /* Other names, strings, numbers, comments, directives and line breaks. */
    CHECK_INT(pairs_of(original, "static int advance(machine *machine_of_caller)\n"
                                 "{\n"
                                 "    float total = 1;\n"
                                 "    for (int feed = 1; feed < machine_of_caller->feeds; feed++)\n"
                                 "        total += value(machine_of_caller->feed[feed],\n"
                                 "                       \"of; all {\");\n"
                                 "#if SOMETHING\n"
                                 "    if (total > 1e3)\n"
                                 "        return refuse(machine_of_caller, \"\");\n"
                                 "#endif\n"
                                 "    machine_of_caller->total = total;\n"
                                 "    machine_of_caller->rounds++;\n"
                                 "}\n"),
              1);
    CHECK_INT(pairs[0].count, 6);
    /* A statement in the middle leaves too few on either side. */
    CHECK_INT(pairs_of(original, "static int step(trainer *t)\n"
                                 "{\n"
                                 "    float sum = 0;\n"
                                 "    for (int i = 0; i < t->count; i++) {\n"
                                 "        float one = loss(t->role[i], \"generator\");\n"
                                 "        sum += one * one;\n"
                                 "    }\n"
                                 "    if (sum > 3.5f) return fail(t, \"too much\");\n"
                                 "    t->sum = sum;\n"
                                 "    t->steps++;\n"
                                 "}\n"),
              0);
}

TEST(finder_leaves_alone)
{
    static const char checks[] = "gan_status gan_f(gan_t *t, const char *name)\n"
                                 "{\n"
                                 "    int i;\n"
                                 "    GAN__TRY(check(t));\n"
                                 "    if (!name) return fail(t, \"name is NULL\");\n"
                                 "    i = find(t, name);\n"
                                 "    if (i < 0) return unknown(t, name);\n"
                                 "    for (;;) break;\n"
                                 "    GAN__RETURN_ENTERED(t, f(t, i));\n"
                                 "}\n";
    static const char table[] = "const char *name(int status)\n"
                                "{\n"
                                "    switch (status) {\n"
                                "    case 1: return \"a\";\n"
                                "    case 2: return \"b\";\n"
                                "    case 3: return \"c\";\n"
                                "    case 4: return \"d\";\n"
                                "    }\n"
                                "    return NULL;\n"
                                "}\n";
    CHECK_INT(pairs_of(checks, checks), 0);
    CHECK_INT(pairs_of(table, table), 0);
}

static void tell(const pair *found)
{
    const statement *a = &statements[found->a], *b = &statements[found->b];
    char other[300];
    snprintf(other, sizeof other, "%s:%d: %d statements", b->file->path, b->line, found->count);
    if (is_strict(a->file) || is_strict(b->file))
        complain(a->file, a->line, "copied to or from", other);
    else
        printf("  %s:%d and %s\n", a->file->path, a->line, other);
}

TEST(duplicates)
{
    statement_count = 0;
    for (int i = 0; i < file_count; i++)
        if (is_below(&files[i], "lib/") || is_below(&files[i], "src/")) read_file(&files[i]);
    CHECK(statement_count > 0);
    find_pairs();
    printf("%d statements, %d pairs of places with %d or more alike:\n", statement_count,
           pair_count, LEAST);
    for (int i = 0; i < pair_count; i++) tell(&pairs[i]);
}

int main(void)
{
    load_files();
    RUN(finder);
    RUN(finder_leaves_alone);
    RUN(duplicates);
    drop_files();
    return test_report();
}
