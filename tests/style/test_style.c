/* Reads the sources and holds them to the house's rules: who may include whom, unique file names,
 * what a file is for in its first line, a map that is true, lengths, banned calls, one way of
 * counting up. Prints the ten longest functions. */
#include "sources.h"

enum {
    MOST_COLUMNS = 100,
    MOST_WIDE_SHOWN = 10,
    MOST_FILE_LINES = 600,
    MOST_FUNCTION_LINES = 80,
    MOST_PARAMETERS = 7,
    MOST_LEVELS = 4,
    LONGEST = 10
};

typedef struct source_function {
    const source_file *file;
    int line, lines;
    char head[64];
} source_function;

static source_function longest[LONGEST];
static long long function_lines, function_count;

/* ---- lines ---- */

typedef void visit_line(const source_file *file, const char *line, size_t length, int number);

static void each_line(const char *text, const source_file *file, visit_line *visit)
{
    for (int number = 1; *text; number++) {
        size_t length = strcspn(text, "\n");
        visit(file, text, length, number);
        text += length + (text[length] == '\n');
    }
}

static size_t columns_of(const char *line, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++) columns += ((unsigned char)line[i] & 0xC0) != 0x80;
    return columns;
}

static int wide_lines;

static void check_line(const source_file *file, const char *line, size_t length, int number)
{
    if (columns_of(line, length) > MOST_COLUMNS && ++wide_lines <= MOST_WIDE_SHOWN)
        complain(file, number, "over 100 columns", "");
    if (memchr(line, '\t', length)) complain(file, number, "a tab", "");
    if (memchr(line, '\r', length)) complain(file, number, "a carriage return", "");
    if (length > 0 && line[length - 1] == ' ') complain(file, number, "a space at the end", "");
}

TEST(lines)
{
    for (int i = 0; i < file_count; i++) each_line(files[i].text, &files[i], check_line);
    CHECK_INT(wide_lines, 0);
}

/* ---- layers of the house ---- */

static const char *const folders[] = {"base",   "tensor",  "files", "kernels", "compute",
                                      "layers", "losses",  "model", "tape",    "optim",
                                      "data",   "metrics", "train", "recipe"};

static int folder_rank(const char *path)
{
    size_t length = strcspn(path, "/");
    for (int i = 0; i < (int)(sizeof folders / sizeof folders[0]); i++)
        if (strlen(folders[i]) == length && strncmp(path, folders[i], length) == 0) return i;
    return -1;
}

static void check_include(const source_file *file, const char *line, size_t length, int number)
{
    static const char start[] = "#include \"";
    char name[256] = "";
    if (length < sizeof start || strncmp(line, start, sizeof start - 1) != 0) return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(line + sizeof start - 1, "\"\n"),
             line + sizeof start - 1);
    if (is_below(file, "lib/")) {
        int own = folder_rank(file->path + 4), other = folder_rank(name);
        if (own < 0) complain(file, number, "a folder that the house does not have", "");
        if (other < 0) complain(file, number, "an include not written from lib/:", name);
        if (other > own) complain(file, number, "an include from a folder below:", name);
    } else if (strchr(name, '/')) {
        complain(file, number, "an include from inside the library:", name);
    }
}

TEST(includes)
{
    for (int i = 0; i < file_count; i++) {
        if (is_below(&files[i], "tests/")) continue;
        each_line(files[i].text, &files[i], check_include);
    }
}

TEST(file_names)
{
    for (int i = 0; i < file_count; i++) {
        for (int j = 0; j < i; j++) {
            if (!is_below(&files[i], "lib/") || !is_below(&files[j], "lib/")) continue;
            if (strcmp(files[i].name, files[j].name) == 0)
                complain(&files[i], 1, "the same name as", files[j].path);
        }
    }
}

/* "context.c: ...", of a layer's kind "conv2d: ...", where clamp_layer.c may say "clamp: ...".
 * Whoever copies a file says anew what is in it. */
static void check_opening(const source_file *file)
{
    const char *word = file->text + 3;
    size_t length = strncmp(file->text, "/* ", 3) == 0 ? strcspn(word, ": \n") : 0;
    int named = length > 0 && word[length] == ':' && strncmp(word, file->name, length) == 0 &&
                !isalnum((unsigned char)file->name[length]);
    if (!named) complain(file, 1, "does not begin with a comment on what is in it:", file->name);
}

TEST(openings)
{
    for (int i = 0; i < file_count; i++)
        if (is_below(&files[i], "lib/")) check_opening(&files[i]);
}

/* ---- the map ---- */

static int is_path_of(const char *word, const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s", folder, word);
    for (int i = 0; i < file_count; i++)
        if (strcmp(files[i].path, path) == 0) return 1;
    return 0;
}

static int is_known(const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < file_count; i++) {
        const char *c = is_below(&files[i], "lib/") ? files[i].code : NULL;
        while (c && (c = strstr(c, name)) != NULL) {
            if (!in_name(c[-1]) && !in_name(c[length])) return 1;
            c += length;
        }
    }
    return 0;
}

/* Files, functions and types that lib/README.md names are there. */
TEST(map)
{
    char *text = read_text(GAN_SOURCE_FOLDER "/lib/README.md");
    if (!CHECK(text != NULL)) return;
    int files_named = 0, names = 0;
    for (char *word = strtok(text, "` (),;\n"); word; word = strtok(NULL, "` (),;\n")) {
        const char *end = strrchr(word, '.');
        int is_file = end && strchr(word, '/') && end[1] && strchr("ch", end[1]) && !end[2];
        int is_name = strncmp(word, "gan_", 4) == 0 && !end;
        int is_there = is_file ? is_path_of(word, "lib/") || is_path_of(word, "") : 1;
        if (is_name) is_there = is_known(word);
        if (!is_there) printf("lib/README.md: %s is not there\n", word);
        test_errors += !is_there;
        files_named += is_file;
        names += is_name;
    }
    CHECK(files_named > 40 && names > 15);
    free(text);
}

/* ---- words ---- */

static void check_calls(const source_file *file, const char *const *names, const char *what)
{
    for (; *names; names++) {
        size_t length = strlen(*names);
        const char *c = file->code;
        while ((c = strstr(c, *names)) != NULL) {
            const char *end = c + length, *before = c;
            while (before > file->code && before[-1] == ' ') before--;
            char last = before > file->code ? before[-1] : ' ';
            int member = last == '.' || (last == '>' && before[-2] == '-');
            int whole = (c == file->code || !in_name(c[-1])) && !in_name(*end);
            end += strspn(end, " ");
            if (whole && !member && *end == '(')
                complain(file, line_of(file->code, c), what, *names);
            c += length;
        }
    }
}

TEST(banned_calls)
{
    static const char *const process[] = {
        "abort", "exit",   "_exit",  "atexit", "signal", "setlocale", "printf", "puts", "putchar",
        "fputs", "perror", "assert", "rand",   "srand",  "time",      "system", NULL};
    static const char *const unsafe[] = {"sprintf", "vsprintf", "gets",  "strcat",
                                         "strtok",  "atoi",     "atof",  "strtod",
                                         "sscanf",  "alloca",   "scanf", NULL};
    static const char *const os[] = {"malloc",        "calloc", "realloc", "free",
                                     "aligned_alloc", "getenv", "fopen",   "open",
                                     "rename",        "remove", "unlink",  NULL};
    static const char *const rounded[] = {
        "exp",   "exp2", "expm1", "log",    "log2",   "log10",  "log1p", "pow",  "sin",
        "cos",   "tan",  "tanh",  "sinh",   "cosh",   "atan",   "erf",   "erfc", "cbrt",
        "hypot", "expf", "exp2f", "logf",   "log2f",  "powf",   "sinf",  "cosf", "tanf",
        "tanhf", "erff", "cbrtf", "log1pf", "expm1f", "hypotf", NULL};
    for (int i = 0; i < file_count; i++) {
        const source_file *file = &files[i];
        if (!is_below(file, "lib/")) continue;
        check_calls(file, process, "a library does not call");
        check_calls(file, unsafe, "a banned function:");
        check_calls(file, rounded, "results do not come from libm's");
        if (!is_below(file, "lib/base/os_")) check_calls(file, os, "for lib/base/os_*.c alone:");
    }
}

TEST(open_ends)
{
    static const char *const words[] = {"TO"
                                        "DO",
                                        "FIX"
                                        "ME",
                                        "XX"
                                        "X",
                                        "HA"
                                        "CK",
                                        "#if"
                                        " 0"};
    for (int i = 0; i < file_count; i++) {
        for (int w = 0; w < 5; w++) {
            const char *c = strstr(files[i].text, words[w]);
            if (c && !in_name(c[strlen(words[w])]))
                complain(&files[i], line_of(files[i].text, c), "left over:", words[w]);
        }
    }
}

/* ---- counting ---- */

/* The last character before `c` that is no space. */
static const char *before_spaces(const char *start, const char *c)
{
    while (c > start && isspace((unsigned char)c[-1])) c--;
    return c > start ? c - 1 : NULL;
}

static int ends_with_word(const char *start, const char *last, const char *word)
{
    const char *first = last + 1 - strlen(word);
    return last && first >= start && strncmp(first, word, strlen(word)) == 0 &&
           (first == start || !in_name(first[-1]));
}

/* The bracket that is open at `c`; or a semicolon, if `stops` and one comes first. */
static const char *opener(const char *start, const char *c, int stops)
{
    for (int depth = 0; c >= start; c--) {
        if (depth == 0 && (strchr("({[", *c) || (stops && *c == ';'))) return c;
        depth += *c == ')' || *c == ']' || *c == '}';
        depth -= *c == '(' || *c == '[' || *c == '{';
    }
    return NULL;
}

/* Whether a parenthesis follows one of the words. */
static int is_head(const char *start, const char *open, const char *const *words)
{
    const char *last = open && *open == '(' ? before_spaces(start, open) : NULL;
    for (; last && *words; words++)
        if (ends_with_word(start, last, *words)) return 1;
    return 0;
}

static int is_label(const char *start, const char *colon)
{
    const char *line = colon;
    while (line > start && line[-1] != '\n') line--;
    line += strspn(line, " ");
    return strncmp(line, "case ", 5) == 0 || strncmp(line, "default:", 8) == 0;
}

/* Whether an expression between `last` and `end` is a statement, or a part of a for's head that is
 * none of its condition: nobody takes the value. */
static int stands_alone(const char *start, const char *last, char end)
{
    static const char *const loops[] = {"for", NULL};
    static const char *const heads[] = {"if", "for", "while", "switch", NULL};
    if (!last || !strchr(";,)", end)) return 0;
    const char *stop = last > start ? opener(start, last - 1, 1) : NULL;
    const char *open = last > start ? opener(start, last - 1, 0) : NULL;
    switch (*last) {
    case ';': return end != ';' || !is_head(start, open, loops);
    case '{': return end == ';';
    case '}': return 1;
    case ':': return is_label(start, last);
    case '(': return is_head(start, last, loops);
    case ')': return is_head(start, open, heads);
    case ',':
        if (!stop || *stop == '(') return is_head(start, stop, loops);
        return *stop == ';' || (*stop == '{' && end == ';');
    default: return ends_with_word(start, last, "else") || ends_with_word(start, last, "do");
    }
}

/* Behind an operand: names, members, elements, what stands in parentheses. */
static const char *operand_end(const char *c)
{
    for (int depth = 0; *c; c++) {
        int inside = depth > 0 || in_name(*c) || strchr("([.*>", *c) || (*c == '-' && c[1] == '>');
        if (!inside && *c != ' ') return c;
        depth += *c == '(' || *c == '[';
        depth -= *c == ')' || *c == ']';
    }
    return c;
}

static void check_counting(const source_file *file, const char *operator)
{
    for (const char *c = file->code; (c = strstr(c, operator)) != NULL; c += 2) {
        const char *next = c + 2 + strspn(c + 2, " ");
        int prefix = in_name(*next) || *next == '*' || *next == '(';
        if (prefix && stands_alone(file->code, before_spaces(file->code, c), *operand_end(next)))
            complain(file, line_of(file->code, c), "a statement written in front:", operator);
    }
}

TEST(counting)
{
    for (int i = 0; i < file_count; i++) {
        check_counting(&files[i], "++");
        check_counting(&files[i], "--");
    }
}

/* ---- functions ---- */

static void note_function(const source_file *file, int line, int lines, const char *head)
{
    source_function now = {file, line, lines, ""};
    snprintf(now.head, sizeof now.head, "%.*s", (int)strcspn(head, "\n"), head);
    function_lines += lines;
    function_count++;
    for (int i = 0; i < LONGEST; i++) {
        if (longest[i].lines >= now.lines) continue;
        source_function displaced = longest[i];
        longest[i] = now;
        now = displaced;
    }
}

static int parameter_count(const char *head, const char *end)
{
    int depth = 0, commas = 0;
    for (; head < end; head++) {
        depth += *head == '(';
        depth -= *head == ')';
        commas += *head == ',' && depth == 1;
    }
    return commas + 1;
}

static void check_function(const source_file *file, const char *head, const char *body,
                           const char *end)
{
    int line = line_of(file->code, head), lines = line_of(file->code, end) - line + 1;
    int kernel = is_below(file, "lib/kernels/"), test = is_below(file, "tests/");
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(head, "\n"), head);
    if (!test) note_function(file, line, lines, head);
    if (kernel || test) return;
    if (lines > MOST_FUNCTION_LINES) complain(file, line, "over 80 lines:", name);
    /* A public function may not take a struct by value, and so may take more. */
    int public = strstr(name, " gan_") && !strstr(name, " gan__");
    if (!public && parameter_count(head, body) > MOST_PARAMETERS)
        complain(file, line, "over 7 parameters:", name);
}

static void check_levels(const source_file *file, const char *line, size_t length, int number)
{
    static const char *const words[] = {"if (", "for (", "while (", "do {", "switch ("};
    size_t indent = strspn(line, " ");
    for (int i = 0; i < 5 && indent < length; i++)
        if (indent >= 4 * (MOST_LEVELS + 1) &&
            strncmp(line + indent, words[i], strlen(words[i])) == 0)
            complain(file, number, "over four levels of nesting", "");
}

TEST(functions)
{
    for (int i = 0; i < file_count; i++) {
        const source_file *file = &files[i];
        int lines = line_of(file->text, file->text + strlen(file->text)) - 1;
        each_function(file, check_function);
        if (lines > MOST_FILE_LINES) complain(file, lines, "over 600 lines", "");
        if (!is_below(file, "lib/kernels/") && !is_below(file, "tests/"))
            each_line(file->code, file, check_levels);
    }
    printf("%lld functions of %.1f lines on average; the longest:\n", function_count,
           function_count ? (double)function_lines / (double)function_count : 0.0);
    for (int i = 0; i < LONGEST && longest[i].file; i++) {
        printf("%5d  %s:%d  %s\n", longest[i].lines, longest[i].file->path, longest[i].line,
               longest[i].head);
    }
}

int main(void)
{
    load_files();
    RUN(lines);
    RUN(includes);
    RUN(file_names);
    RUN(openings);
    RUN(map);
    RUN(banned_calls);
    RUN(open_ends);
    RUN(counting);
    RUN(functions);
    drop_files();
    return test_report();
}
