/* file_list.h: the files of pictures that a command line names. */
#ifndef FILE_LIST_H
#define FILE_LIST_H

#include "command.h"

/* `name` is what the picture is called in a folder of results: the end of a file's path, or, of a
 * file in a folder that was named, its path from there. */
typedef struct listed_file {
    char *path, *name;
} listed_file;

typedef struct file_list {
    listed_file *files;
    size_t count, capacity;
} file_list;

/* The files, and those of the folders and of all folders in them, sorted by name, whose names end
 * as those of pictures do; without names that begin with a dot, and without the folder `except`
 * (NULL: none). A path that leads nowhere counts as a file. EXIT_GOOD, or a code after a message;
 * *list is to be freed in any case. */
int file_list_open(file_list *list, const command *self, const char *const *paths, int count,
                   const char *except);
void file_list_free(file_list *list);

#endif
