/* results.h: where what is made of pictures goes: one picture, a sheet, an array, a folder. */
#ifndef RESULTS_H
#define RESULTS_H

#include "pictures.h"

typedef enum result_kind {
    RESULT_PICTURE, /* one file */
    RESULT_SHEET,   /* one file, each beside what it is made of */
    RESULT_ARRAY,   /* .npy */
    RESULT_FOLDER   /* a file each */
} result_kind;

/* Zero-initialise. The first five are the caller's. */
typedef struct results {
    const command *self;
    gan_context *context;
    const pictures *from; /* what they are made of, for their names and number */
    const char *out;
    result_kind kind;
    bool floats;       /* an array's type, else uint8 */
    bool codes;        /* an array of them: of 1x1, N x C */
    int64_t size[3];   /* H, W, C of the first; of a sheet and an array, of all */
    bool sized;        /* it is known */
    gan_tensor *sheet; /* uint8, side_by_side of each example */
    int64_t pairs;     /* side by side */
    replacement array; /* the file that grows; */
    bool growing, raw; /* it is there; it is a device, which is written to as it is */
} results;

/* Whether they can be put there, before anything is made. EXIT_GOOD, or a code after a message. */
int results_check(const results *r);

/* One of them: uint8 or float32 H x W x C; `source` is what went into the network, float32. In the
 * order of their numbers. EXIT_GOOD, or a code after a message. */
int results_put(results *r, int64_t index, const gan_tensor *made, const gan_tensor *source);

/* The end: a sheet and an array are put in their place, or left out where not all are `whole`. */
int results_finish(results *r, bool whole);

#endif
