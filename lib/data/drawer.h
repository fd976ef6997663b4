/* drawer.h: draws examples of a data set, one after the other, as float32: what one thread needs
 * for that. Every drawing thread has a drawer of its own. */
#ifndef GAN__DRAWER_H
#define GAN__DRAWER_H

#include "data/data.h"

typedef struct gan__drawer {
    const gan_dataset *dataset; /* borrowed */
    gan_context *context;       /* a branch: its message says why the last draw failed */
    int64_t index;              /* the example that was fetched last */
    uint64_t key;
    void *rows[GAN__MAX_FIELDS]; /* what a callback fills; NULL without one */
    float *scratch;              /* a picture as floats, and what its transform needs */
    size_t scratch_size;
    gan__transform transform; /* of pictures that are read as they are drawn: the last size's */
} gan__drawer;

/* The drawer can be freed whatever happened, on any thread. */
gan_status gan__drawer_create(gan__drawer *out, gan_context *context, const gan_dataset *dataset);
void gan__drawer_free(gan__drawer *drawer);

/* Turns to example `index`; a callback is asked for all its fields. All that is left to chance in
 * it follows from `key`; 0: nothing is.
 *   GAN_E_CANCELLED if the callback stopped. A message, in the drawer's context alone, names the
 * example. */
gan_status gan__drawer_fetch(gan__drawer *drawer, int64_t index, uint64_t key);

/* Draws fields of the example that was fetched last: out[i] receives fields[wanted[i]].size
 * numbers, pictures in [-1, 1]. A picture that lies in a file is read now, and may fail as files
 * do. Nothing is allocated otherwise. */
gan_status gan__drawer_convert(gan__drawer *drawer, const int32_t *wanted, int32_t count,
                               float *const *out);

#endif
