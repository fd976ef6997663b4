/* main.c: gan COMMAND ... */
#include "command.h"
#include "signals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const command *const commands[] = {&command_train,  &command_sample, &command_translate,
                                   &command_encode, &command_eval,   &command_info,
                                   &command_bench,  &command_help,   NULL};

static void print_help(FILE *to)
{
    fputs("gan: trains generative networks and makes pictures with them\n\n"
          "usage: gan COMMAND ...\n\n",
          to);
    for (int i = 0; commands[i]; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->help);
    fputs("\n  gan COMMAND --help   flags of a command\n"
          "  gan help KIND        options of a layer, loss, optimizer, trainer, data set, metric\n"
          "  gan --version\n\n"
          "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 wrong recipe, model or data,\n"
          "4 a result cannot be written, 5 the training diverged; 129, 130, 143 or 152:\n"
          "stopped and saved after SIGHUP, SIGINT (Ctrl-C), SIGTERM or SIGXCPU.\n",
          to);
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("gan %s\n", gan_version());
        return EXIT_GOOD;
    }
    for (int i = 0; commands[i]; i++)
        if (!strcmp(argv[1], commands[i]->name))
            return commands[i]->run(commands[i], argc - 2, argv + 2);
    fprintf(stderr, "gan: there is no command '%s'; see gan --help\n", argv[1]);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    int code, error;
    signals_allow_limits();
    code = fill_standard_files() ? run(argc, argv) : EXIT_FAILED;
    error = fflush(stdout) ? errno : 0;
    if ((error || ferror(stdout)) && !code) {
        fprintf(stderr, "gan: standard output cannot be written%s%s\n", error ? ": " : "",
                error ? strerror(error) : "");
        code = EXIT_OUTPUT;
    }
    return code;
}
