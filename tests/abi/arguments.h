/* arguments.h: rows of a table of wrong calls.
 *
 *     EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_reset, bad);
 *     REFUSED(GAN_E_ARGUMENT, "2^48", gan_tape_seek, w->tape, UINT64_MAX);
 *
 * Every row notes its function's name. Where a message can be kept (a handle tells which context
 * it is for) it must hold the given words: NULL where there is no such handle. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "base/context.h"
#include "world.h"

#include <stdlib.h>

enum { MOST_NAMES = 400 };

static const char *called[MOST_NAMES];
static int called_count;

TEST_UNUSED static void begin_row(const world *w, const char *function)
{
    w->context->message[0] = '\0';
    if (*function == '*') function++; /* the first character of what it returns */
    for (int i = 0; i < called_count; i++)
        if (strcmp(called[i], function) == 0) return;
    if (CHECK(called_count < MOST_NAMES)) called[called_count++] = function;
}

TEST_UNUSED static void check_row(const world *w, const char *call, gan_status status,
                                  gan_status expected, const char *words)
{
    const char *message = gan_context_message(w->context);
    int good = status == expected && (words ? strstr(message, words) != NULL : !message[0]);
    for (const char *c = message; *c; c++) good &= (unsigned char)*c >= 0x20;
    if (good) return;
    test_errors++;
    printf("%s: %s is %s, not %s; the message is \"%s\", not \"%s\"\n", test_name, call,
           gan_status_name(status), gan_status_name(expected), message, words ? words : "");
}

TEST_UNUSED static void check_nothing(const char *call, int good)
{
    if (good) return;
    test_errors++;
    printf("%s: %s gives something\n", test_name, call);
}

#define REFUSED(expected, words, function, ...)                                 \
    do {                                                                        \
        begin_row(w, #function);                                                \
        gan_status status_ = function(__VA_ARGS__);                             \
        check_row(w, #function "(" #__VA_ARGS__ ")", status_, expected, words); \
    } while (0)

/* A constructor: the out-parameter comes before the given ones, and is NULL afterwards. */
#define NOT_MADE(type, expected, words, function, ...)                                \
    do {                                                                              \
        type *out_ = (type *)(void *)w;                                               \
        begin_row(w, #function);                                                      \
        gan_status status_ = function(&out_, __VA_ARGS__);                            \
        check_row(w, #function "(&out, " #__VA_ARGS__ ")", status_, expected, words); \
        check_nothing(#function "(&out, " #__VA_ARGS__ ")", out_ == NULL);            \
    } while (0)

#define NOT_MADE_ALONE(type, expected, words, function, from)                                \
    do {                                                                                     \
        type *out_ = (type *)(void *)w;                                                      \
        begin_row(w, #function);                                                             \
        check_row(w, #function "(&out, " #from ")", function(&out_, from), expected, words); \
        check_nothing(#function "(&out, " #from ")", out_ == NULL);                          \
    } while (0)

/* The same for what is put on the tape: -1 afterwards. */
#define NO_VALUE(expected, words, function, ...)                     \
    do {                                                             \
        gan_value value_ = 0, *put = &value_;                        \
        REFUSED(expected, words, function, __VA_ARGS__);             \
        check_nothing(#function "(" #__VA_ARGS__ ")", value_ == -1); \
    } while (0)

/* What has no status: nothing, NULL, 0 or -1. */
#define IGNORED(function, ...)   \
    do {                         \
        begin_row(w, #function); \
        function(__VA_ARGS__);   \
    } while (0)
#define NOTHING_FROM(function, ...)                                            \
    do {                                                                       \
        begin_row(w, #function);                                               \
        check_nothing(#function "(" #__VA_ARGS__ ")", !function(__VA_ARGS__)); \
    } while (0)
#define NO_INDEX(function, ...)                                                     \
    do {                                                                            \
        begin_row(w, #function);                                                    \
        check_nothing(#function "(" #__VA_ARGS__ ")", function(__VA_ARGS__) == -1); \
    } while (0)

/* Repeats the row that follows with every handle of another kind, and with NULL. */
#define EACH_WRONG(kind, bad)          \
    for (int i_ = 0; i_ < KINDS; i_++) \
        if (i_ != (kind) && ((bad) = w->handles[i_], 1))

/* What test_arguments.c (1), test_arguments_tape.c (2), test_arguments_metrics.c (3) and
 * test_arguments_tensors.c (4) are about; test_arguments_models.c (0) has all others. */
static const char *const argument_nouns[][8] = {
    {NULL},
    {"status", "version", "context", "dataset", "image", "layer", NULL},
    {"runner", "tape", "optimizer", NULL},
    {"metric", "judge", NULL},
    {"tensor", NULL}};

TEST_UNUSED static int program_of(const char *name)
{
    for (int program = 1; program <= 4; program++) {
        for (int i = 0; argument_nouns[program][i]; i++) {
            const char *noun = argument_nouns[program][i];
            size_t length = strlen(noun);
            if (strncmp(name, noun, length) == 0 && strchr("_ ", name[length])) return program;
        }
    }
    return 0;
}

/* Every function of the library's list that this program is about must have a row. */
TEST_UNUSED static void check_all_called(int program)
{
    char line[256];
    int listed = 0;
    FILE *stream = fopen(GAN_SOURCE_FOLDER "/cmake/symbols.txt", "r");
    if (!CHECK(stream != NULL)) return;
    while (fgets(line, sizeof line, stream)) {
        int found = 0;
        if (strncmp(line, "gan_", 4) != 0 || program_of(line + 4) != program) continue;
        line[strcspn(line, " \n")] = '\0';
        for (int i = 0; i < called_count && !found; i++) found = strcmp(called[i], line) == 0;
        listed++;
        if (found) continue;
        printf("%s has no row in this test\n", line);
        test_errors++;
    }
    fclose(stream);
    CHECK(listed > 10);
    CHECK_INT(called_count, listed);
}

#endif
