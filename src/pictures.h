/* pictures.h: the pictures that a command is given: files, an .npy array, a data set. One is read
 * at a time. */
#ifndef PICTURES_H
#define PICTURES_H

#include "file_list.h"

/* What is given; one of the first two is empty. */
typedef struct picture_request {
    const command *self;
    gan_context *context;
    const char *const *paths;
    int path_count;
    const char *data;   /* --data */
    int64_t count;      /* --count, of --data; 0: all */
    const char *except; /* a folder that is left out where it lies in another one; NULL: none */
} picture_request;

/* Zero-initialise. */
typedef struct pictures {
    gan_context *context;
    file_list files;      /* no files: a data set */
    gan_dataset *dataset; /* of --data, or of an array */
    const char *source;   /* what messages call it */
    int64_t size[3];      /* H, W, C of those of a data set */
    bool array, floats;   /* an .npy; of numbers in [-1, 1] */
    int64_t count;
} pictures;

/* EXIT_GOOD, or a code after a message; free it in any case. */
int pictures_open(pictures *out, const picture_request *request);
void pictures_free(pictures *p);

/* One of them, H x W x C, uint8 or float32 in [-1, 1]: a new tensor. */
gan_status pictures_read(const pictures *p, int64_t index, gan_tensor **out);

/* What one is called: its file, or its number. */
void pictures_name(const pictures *p, int64_t index, char name[PATH_SIZE]);

/* The same as the name of a picture in a folder of results: "a/b.png", "000012.png". */
bool pictures_result_name(const pictures *p, int64_t index, char name[PATH_SIZE]);

#endif
