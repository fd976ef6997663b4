/* sources.h: the project's sources as the tests of their style read them. The files are listed by
 * the build. */
#ifndef TESTS_SOURCES_H
#define TESTS_SOURCES_H

#include "test.h"

#include <ctype.h>
#include <stdlib.h>

enum { MOST_FILES = 2000 };

typedef struct source_file {
    char path[256];   /* from the top of the project */
    const char *name; /* its last part */
    char *text;       /* as it is */
    char *code;       /* comments, strings and characters blanked, line ends kept */
} source_file;

static source_file files[MOST_FILES];
static int file_count;

static void complain(const source_file *file, int line, const char *what, const char *about)
{
    printf("%s:%d: %s %s\n", file->path, line, what, about);
    test_errors++;
}

static char *read_text(const char *path)
{
    FILE *stream = fopen(path, "rb");
    char *text = NULL;
    if (!stream) return NULL;
    if (fseek(stream, 0, SEEK_END) == 0) {
        long size = ftell(stream);
        rewind(stream);
        text = size < 0 ? NULL : malloc((size_t)size + 1);
        if (text) text[fread(text, 1, (size_t)size, stream)] = '\0';
    }
    fclose(stream);
    return text;
}

/* The end of the comment, string or character that begins at `c`; `c` itself if none does. */
static char *region_end(char *c)
{
    if (c[0] == '/' && c[1] == '*') {
        char *end = strstr(c + 2, "*/");
        return end ? end + 2 : c + strlen(c);
    }
    if (c[0] == '/' && c[1] == '/') return c + strcspn(c, "\n");
    if (*c != '"' && *c != '\'') return c;
    char quote = *c++;
    while (*c && *c != quote && *c != '\n') c += *c == '\\' && c[1] ? 2 : 1;
    return *c == quote ? c + 1 : c;
}

static void blank(char *code)
{
    for (char *c = code; *c;) {
        char *end = region_end(c);
        if (end == c) c++;
        for (; c < end; c++)
            if (*c != '\n') *c = ' ';
    }
}

static void load_files(void)
{
    char path[1024];
    char *list = read_text(GAN_BUILD_FOLDER "/sources.txt");
    if (!CHECK(list != NULL)) return;
    for (char *name = strtok(list, "\n"); name; name = strtok(NULL, "\n")) {
        source_file *file = &files[file_count];
        if (!CHECK(file_count < MOST_FILES && strlen(name) < sizeof file->path)) break;
        snprintf(path, sizeof path, "%s/%s", GAN_SOURCE_FOLDER, name);
        strcpy(file->path, name);
        file->name = strrchr(file->path, '/') + 1;
        file->text = read_text(path);
        file->code = read_text(path);
        if (!file->text || !file->code) continue; /* deleted since the build was made */
        blank(file->code);
        file_count++;
    }
    free(list);
}

static int is_below(const source_file *file, const char *folder)
{
    return strncmp(file->path, folder, strlen(folder)) == 0;
}

static int in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static int line_of(const char *text, const char *place)
{
    int line = 1;
    for (; text < place; text++) line += *text == '\n';
    return line;
}

typedef void visit_function(const source_file *file, const char *head, const char *body,
                            const char *end);

/* A body is what stands between braces in the first column; its head is the last line before it
 * that begins in the first column. */
static void each_function(const source_file *file, visit_function *visit)
{
    const char *head = NULL, *body = NULL;
    for (const char *line = file->code; *line;) {
        size_t length = strcspn(line, "\n");
        if (isalpha((unsigned char)*line) && memchr(line, '(', length)) {
            head = line;
        } else if (*line == '{' && head) {
            body = line;
        } else if (*line == '}') {
            if (body) visit(file, head, body, line);
            head = body = NULL;
        }
        line += length + (line[length] == '\n');
    }
}

static void drop_files(void)
{
    for (int i = 0; i < file_count; i++) {
        free(files[i].text);
        free(files[i].code);
    }
}

#endif
