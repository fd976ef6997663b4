/* help.c: gan help [KIND]: the library's own tables, printed. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static void list_kinds(int32_t group)
{
    printf("%s\n", gan_catalog_group(group));
    for (int32_t k = 0; k < gan_catalog_kind_count(group); k++)
        printf("  %-18s %s\n", gan_catalog_kind(group, k), gan_catalog_kind_help(group, k));
}

static const char *field(int32_t group, int32_t kind, int32_t option, const char *name)
{
    const char *text = gan_catalog_option(group, kind, option, name);
    return text ? text : "";
}

/* Beyond this a bound is only there because a number must have one. */
static const double practically_endless = 1e15;

static void print_range(double least, double most)
{
    if (most >= practically_endless)
        printf(" [at least %g]", least);
    else if (least == (double)(int64_t)least && most == (double)(int64_t)most)
        printf(" [%lld to %lld]", (long long)least, (long long)most);
    else
        printf(" [%g to %g]", least, most);
}

static void print_kind(int32_t group, int32_t kind)
{
    printf("%s (%s): %s\n", gan_catalog_kind(group, kind), gan_catalog_group(group),
           gan_catalog_kind_help(group, kind));
    for (int32_t o = 0; o < gan_catalog_option_count(group, kind); o++) {
        char left[96];
        const char *choices = field(group, kind, o, "choices");
        double least, most;
        snprintf(left, sizeof left, "%s=%s", field(group, kind, o, "name"),
                 field(group, kind, o, "default"));
        printf("  %-28s %s", left, field(group, kind, o, "help"));
        if (*field(group, kind, o, "required")) printf(" [required]");
        if (*field(group, kind, o, "positional")) printf(" [also without its name]");
        if (*choices) printf(" [%s]", choices);
        if (gan_catalog_option_range(group, kind, o, &least, &most)) print_range(least, most);
        putchar('\n');
    }
    for (int32_t m = 0; m < gan_catalog_member_count(group, kind); m++) {
        const char *help = gan_catalog_member(group, kind, m, "help");
        char left[96];
        snprintf(left, sizeof left, "%s %s", gan_catalog_member(group, kind, m, "type"),
                 gan_catalog_member(group, kind, m, "name"));
        printf(*help ? "  %-28s %s\n" : "  %s\n", left, help);
    }
}

/* Whatever has that name, a command first; how many there are. */
static int show_named(const char *name)
{
    int found = 0;
    for (int i = 0; commands[i]; i++)
        if (!strcmp(commands[i]->name, name)) {
            print_command_help(commands[i]);
            found++;
        }
    for (int32_t g = 0; g < gan_catalog_group_count(); g++)
        for (int32_t k = 0; k < gan_catalog_kind_count(g); k++)
            if (!strcmp(gan_catalog_kind(g, k), name)) {
                if (found++) puts("");
                print_kind(g, k);
            }
    return found;
}

static int run_help(const command *self, int count, char **words)
{
    arguments a;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (!a.operand_count || arguments_get(&a, "help")) {
        print_command_help(self);
        for (int32_t g = 0; g < gan_catalog_group_count(); g++) {
            puts("");
            list_kinds(g);
        }
        return EXIT_GOOD;
    }
    const int found = show_named(a.operands[0]);
    if (found) return EXIT_GOOD;
    return complain(self, EXIT_USAGE, "there is no kind '%s'; gan help lists all", a.operands[0]);
}

static const flag help_flags[] = {{"help", NULL, "this text", false}};
const command command_help = {
    "help", "[KIND]", "lists all kinds, or the options of one, or a command's flags",
    0,      1,        help_flags,
    1,      run_help, {NULL}};
