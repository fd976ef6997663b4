/* arguments.c: command lines, read and explained from the same table. */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = '?';
}

int complain(const command *self, int code, const char *format, ...)
{
    char line[4 * PATH_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    make_printable(line);
    fprintf(stderr, "gan %s: %s\n", self->name, line);
    return code;
}

int complain_status(const command *self, gan_context *context, gan_status status)
{
    const char *message = gan_context_message(context);
    complain(self, 0, "%s", message && *message ? message : gan_status_name(status));
    switch (status) {
    case GAN_E_TEXT:
    case GAN_E_SHAPE:
    case GAN_E_FORMAT:
    case GAN_E_FILE:
    case GAN_E_ARGUMENT:
    case GAN_E_UNSUPPORTED: return EXIT_INPUT;
    case GAN_E_DIVERGED: return EXIT_DIVERGED;
    default: return EXIT_FAILED;
    }
}

bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end), i = 0;
    while (i < m && n >= m && tolower((unsigned char)text[n - m + i]) == end[i]) i++;
    return i == m;
}

static const flag *find_flag(const command *self, const char *name, size_t length)
{
    for (int i = 0; i < self->flag_count; i++)
        if (strlen(self->flags[i].name) == length && !strncmp(self->flags[i].name, name, length))
            return &self->flags[i];
    return NULL;
}

/* --name, --name VALUE or --name=VALUE at words[*at]; -h is --help, and the only short one. */
static int parse_flag(const command *self, int count, char **words, int *at, arguments *out)
{
    const char *word = strcmp(words[*at], "-h") ? words[*at] : "--help";
    const char *name = word + 2, *equals = strchr(word, '='), *value = "";
    size_t length = word[1] != '-' ? 0 : equals ? (size_t)(equals - name) : strlen(name);
    const flag *f = find_flag(self, name, length);
    if (!f)
        return complain(self, EXIT_USAGE, "unknown flag %s; see gan %s --help", word, self->name);
    if (!f->argument && equals) return complain(self, EXIT_USAGE, "--%s takes no value", f->name);
    if (f->argument && equals)
        value = equals + 1;
    else if (f->argument) {
        if (*at + 1 >= count)
            return complain(self, EXIT_USAGE, "--%s needs %s", f->name, f->argument);
        value = words[++*at];
    }
    if (!f->repeated && arguments_get(out, f->name))
        return complain(self, EXIT_USAGE, "--%s is given twice", f->name);
    if (out->given_count == MAX_GIVEN)
        return complain(self, EXIT_USAGE, "more than %d flags", MAX_GIVEN);
    if (f->argument && !*value)
        return complain(self, EXIT_USAGE, "--%s is empty; it needs %s", f->name, f->argument);
    out->given[out->given_count].name = f->name;
    out->given[out->given_count++].value = value;
    return EXIT_GOOD;
}

int arguments_parse(const command *self, int count, char **words, arguments *out)
{
    bool only_operands = false;
    memset(out, 0, sizeof *out);
    out->operands = words;
    for (int i = 0; i < count; i++) {
        if (!only_operands && !strcmp(words[i], "--"))
            only_operands = true;
        else if (!only_operands && words[i][0] == '-' && words[i][1]) {
            int code = parse_flag(self, count, words, &i, out);
            if (code) return code;
        } else if (out->operand_count == self->most)
            return complain(self, EXIT_USAGE, "unexpected '%s'; usage: gan %s %s", words[i],
                            self->name, self->operands);
        else
            out->operands[out->operand_count++] = words[i];
    }
    if (out->operand_count < self->least && !arguments_get(out, "help"))
        return complain(self, EXIT_USAGE, "usage: gan %s %s", self->name, self->operands);
    return EXIT_GOOD;
}

bool arguments_begin(const command *self, int count, char **words, arguments *out, int *code)
{
    *code = arguments_parse(self, count, words, out);
    if (*code || !arguments_get(out, "help")) return *code == EXIT_GOOD;
    print_command_help(self);
    return false;
}

int check_writable(const command *self, const char *path)
{
    const int fault = path_fault(path);
    return fault ? complain(self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(fault))
                 : EXIT_GOOD;
}

const char *arguments_get(const arguments *a, const char *name)
{
    for (int i = 0; i < a->given_count; i++)
        if (!strcmp(a->given[i].name, name)) return a->given[i].value;
    return NULL;
}

bool arguments_integer(const command *self, const arguments *a, const char *name, int64_t least,
                       int64_t most, int64_t otherwise, int64_t *out)
{
    const char *text = arguments_get(a, name);
    char *end;
    long long value;
    *out = otherwise;
    if (!text) return true;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*text && !*end && !errno && value >= least && value <= most) {
        *out = value;
        return true;
    }
    complain(self, EXIT_USAGE, "--%s is '%s'; it must be a whole number from %lld to %lld", name,
             text, (long long)least, (long long)most);
    return false;
}

void complain_log(const command *self, int32_t level, const char *line)
{
    complain(self, 0, "%s%s", level == GAN_LOG_WARNING ? "warning: " : "", line);
}

/* What the library logs. */
static void on_log(void *user, int32_t level, const char *line)
{
    complain_log(user, level, line);
}

int open_context(const command *self, const arguments *a, int64_t seed, int64_t threads,
                 gan_context **out)
{
    char spec[256], message[512];
    const char *precision = arguments_get(a, "precision");
    const char *filter = arguments_get(a, "filter");
    const gan_host host = {.size = sizeof host, .user = (void *)self, .log = on_log};
    gan_status status;
    int n = snprintf(spec, sizeof spec, "seed=%lld threads=%lld precision=%s filter=%s",
                     (long long)seed, (long long)threads, precision ? precision : "fp32",
                     filter ? filter : "small");
    if (n >= (int)sizeof spec)
        return complain(self, EXIT_USAGE, "--precision or --filter is too long");
    status = gan_context_create(out, spec, &host, message, sizeof message);
    if (status == GAN_OK) return EXIT_GOOD;
    return complain(self, precision || filter ? EXIT_USAGE : EXIT_FAILED, "%s", message);
}

int open_seeded(const command *self, const arguments *a, int64_t *seed, gan_context **out)
{
    int64_t threads;
    if (!arguments_integer(self, a, "seed", 0, INT64_MAX, 0, seed) ||
        !arguments_integer(self, a, "threads", 0, 1024, 0, &threads))
        return EXIT_USAGE;
    return open_context(self, a, *seed, threads, out);
}

void print_command_help(const command *self)
{
    printf("usage: gan %s %s\n\n%s\n", self->name, self->operands, self->help);
    if (self->flag_count) puts("");
    for (int i = 0; i < self->flag_count; i++) {
        char left[64];
        const flag *f = &self->flags[i];
        snprintf(left, sizeof left, "--%s %s", f->name, f->argument ? f->argument : "");
        printf("  %-28s %s\n", left, f->help);
    }
    for (int i = 0; self->notes[i]; i++) printf("\n%s", self->notes[i]);
}
