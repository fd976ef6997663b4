/* show.h: pictures of what a trainer makes, while they are put together. */
#ifndef GAN__SHOW_H
#define GAN__SHOW_H

#include "train/trainer.h"

typedef struct gan__show {
    gan_trainer *trainer;
    int32_t start;
    int64_t count;      /* examples, in rows */
    int64_t rows, each; /* rows of so many */
    bool classed;       /* a row has the examples of the others, with a class of its own */
    bool averaged;
    bool dots; /* all pictures are points */
    gan_tape *tape;
    gan_value *values;    /* by space: what the examples are; -1: not found yet */
    gan_tensor **columns; /* (count, H, W, C) uint8; of points float32 */
    int64_t column_count;
    uint64_t drawn; /* spaces that were */
} gan__show;

/* show_begin.c: the value of a space for all rows: drawn, or read with everything else that comes
 * with it. */
gan_status gan__show_find(gan__show *show, int32_t space);

/* How many classes the space has values for, where its data set brings labels; 0: it does not, or
 * it is not known. */
int64_t gan__show_classes(const gan_trainer *trainer, int32_t space);

#endif
