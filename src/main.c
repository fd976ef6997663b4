/* main.c: gan COMMAND ... */
#include "command.h"

#include <stdio.h>
#include <string.h>

static const command *const commands[] = {&command_train, &command_sample, &command_info,
                                          &command_bench, &command_help};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    puts("gan: trains generative adversarial networks and makes pictures with them\n");
    puts("usage: gan COMMAND ...\n");
    for (int i = 0; i < COMMAND_COUNT; ++i) printf("  %-8s %s\n", commands[i]->name, commands[i]->help);
    puts("\n  gan COMMAND --help   flags of a command");
    puts("  gan help KIND        options of a layer, loss, optimizer, trainer, data set, [run], [context]");
    puts("  gan --version");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help();
        return EXIT_GOOD;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("gan %s\n", gan_version());
        return EXIT_GOOD;
    }
    for (int i = 0; i < COMMAND_COUNT; ++i)
        if (!strcmp(argv[1], commands[i]->name))
            return commands[i]->run(commands[i], argc - 2, argv + 2);
    fprintf(stderr, "gan: there is no command '%s'; see gan --help\n", argv[1]);
    return EXIT_USAGE;
}
