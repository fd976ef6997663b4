/* command.h: what the gan command's files share. The command uses only the public interface of
 * libgan. */
#ifndef COMMAND_H
#define COMMAND_H

#include <gan/gan.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* How the command ends; gan --help lists them. 129, 130, 143 and 152 are a shell's codes for
 * SIGHUP, SIGINT, SIGTERM and SIGXCPU. */
enum {
    EXIT_GOOD = 0,
    EXIT_FAILED = 1, /* the work could not be done */
    EXIT_USAGE = 2,  /* the command line is wrong */
    EXIT_INPUT = 3,  /* a recipe, model or data file is wrong */
    EXIT_OUTPUT = 4, /* a result cannot be written */
    EXIT_DIVERGED = 5
};

/* One --name, with the name of its argument, or NULL for a switch. */
typedef struct flag {
    const char *name, *argument, *help;
    bool repeated; /* may be given several times */
} flag;

/* A sub-command: its usage and flags make both the parser and --help. */
typedef struct command {
    const char *name, *operands, *help;
    int least, most; /* operands; most may be ANY_NUMBER */
    const flag *flags;
    int flag_count;
    int (*run)(const struct command *self, int count, char **words);
    const char *notes[4]; /* below the flags, a paragraph each; NULL at the end */
} command;

extern const command command_train, command_sample, command_translate, command_encode, command_info,
    command_eval, command_bench, command_help;
extern const command *const commands[]; /* all of them; NULL at the end */

/* A parsed command line. */
enum { ANY_NUMBER = INT_MAX, MAX_GIVEN = 64 };
typedef struct arguments {
    char **operands; /* the first of the words: those behind them are no more what they were */
    int operand_count;
    struct {
        const char *name, *value;
    } given[MAX_GIVEN];
    int given_count;
} arguments;

/* EXIT_GOOD, or EXIT_USAGE after a message. */
int arguments_parse(const command *self, int count, char **words, arguments *out);
/* The same, and --help is printed where it is given. False: the command ends with *code. */
bool arguments_begin(const command *self, int count, char **words, arguments *out, int *code);
/* The value of a flag ("" for a switch that was given), NULL if it was not given. */
const char *arguments_get(const arguments *a, const char *name);
/* A whole number of a flag, `otherwise` if not given; false after a message if it is none in the
 * range. */
bool arguments_integer(const command *self, const arguments *a, const char *name, int64_t least,
                       int64_t most, int64_t otherwise, int64_t *out);

void print_command_help(const command *self);

/* Control characters become '?': a name cannot break a line, or paint a terminal. */
void make_printable(char *text);

/* "gan train: MESSAGE" on standard error, one line; returns `code`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int complain(const command *self, int code, const char *format, ...);

/* The context's message, and the exit code that fits the status. */
int complain_status(const command *self, gan_context *context, gan_status status);

/* What the library logs, "gan train: warning: LINE". */
void complain_log(const command *self, int32_t level, const char *line);

/* A context with this seed and so many threads, and the precision that --precision names.
 * EXIT_GOOD, or a code after a message. */
int open_context(const command *self, const arguments *a, int64_t seed, int64_t threads,
                 gan_context **out);

/* The same with the seed and threads that the arguments ask for. */
int open_seeded(const command *self, const arguments *a, int64_t *seed, gan_context **out);

/* In letters of either size; `end` is in small ones. */
bool ends_with(const char *text, const char *end);

/* Paths of a run folder: joined into `out`. */
enum { PATH_SIZE = 4096 };
bool path_join(char out[PATH_SIZE], const char *folder, const char *name);
bool path_is_folder(const char *path);
bool path_exists(const char *path);
bool path_is_regular(const char *path);
/* Whether both are there and are one file. */
bool path_is_same(const char *a, const char *b);
/* Whether a file can be put there, as far as can be told without doing so: 0, or an errno. */
int path_fault(const char *path);
/* EXIT_GOOD, or EXIT_OUTPUT after a message. */
int check_writable(const command *self, const char *path);
/* Makes a folder and those above it; 0, or an errno. */
int make_folders(const char *path);
/* Puts `text` into `path` in one step: the old file or the new one is there, whole, even after a
 * loss of power. A link stays, and leads to the new file; that has the permissions of the old one.
 * 0, or an errno. */
int replace_file(const char *path, const char *text);
int replace_bytes(const char *path, const void *bytes, size_t count);
/* The same in two steps, for PATH in a run's folder: first a new file beside what PATH leads to, in
 * the place of what a killed process left there; then it is put where that is, or removed if
 * writing it has failed with `error`. 0, or an errno, the file closed. */
typedef struct replacement {
    FILE *file;
    bool hasty; /* does not wait for the disk: whole after a kill, but not after a loss of power */
    char target[PATH_SIZE], fresh[PATH_SIZE]; /* TARGET, TARGET.tmp */
} replacement;
int replacement_open(replacement *out, const char *path);
int replacement_finish(replacement *r, int error);
/* Puts bytes into PATH so, hastily. 0, or an errno. */
int replace_hastily(const char *path, const void *bytes, size_t count);
/* Makes `kept` the file that `path` is now, to stay when `path` is replaced: without a copy where
 * the file system can. In one step; 0, or an errno. */
int keep_file(const char *path, const char *kept);
/* A file that grows by whole texts: after an error, an errno, it is as long as before. */
FILE *append_open(const char *path);
int append_text(FILE *file, const char *text);
/* Makes the file and locks it for this process: 0; EBUSY if another process has it; ENOLCK if the
 * file system knows no locks, so that the file protects nothing; or an errno. The lock ends with
 * the process, however that ends: a file that a killed one left behind is locked by nobody. */
int lock_file(const char *path, int *lock);
/* Removes the file and gives the lock up. */
void unlock_file(const char *path, int lock);

/* Of the terminal that standard error is; 0 if it is none. */
int terminal_columns(void);

double seconds_now(void); /* monotonic */

/* Opens the null device where standard input, output or error is closed: the next file opened
 * would be taken for it. False if there is no such device. */
bool fill_standard_files(void);

#endif
