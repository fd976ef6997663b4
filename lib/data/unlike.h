/* unlike.h: for an example another one whose condition differs in value; batch.h says how it is
 * drawn. */
#ifndef GAN__UNLIKE_H
#define GAN__UNLIKE_H

#include "data/drawer.h"

/* How many other examples a callback is asked for in search of one partner. */
enum { GAN__UNLIKE_TRIES = 1024 };

typedef struct gan__unlike {
    const gan_dataset *dataset; /* borrowed */
    int32_t field;              /* the condition */
    float *values; /* where a callback makes it: the example's condition, then the other's */

    /* In tensors: all examples by value, equal ones by their index; of each example, which of the
     * groups of equal ones it is in; where each group ends in the order. */
    int64_t *order, *groups, *ends;
    int64_t group_count;
} gan__unlike;

/* GAN_E_ARGUMENT for a field that is no condition, and where all are known to be equal. */
gan_status gan__unlike_create(gan__unlike *out, gan_context *context, const gan_dataset *dataset,
                              const char *condition);
void gan__unlike_free(gan_context *context, gan__unlike *unlike);

int64_t gan__unlike_memory(const gan__unlike *unlike);

/* The partner of the example that the drawer has fetched; afterwards the drawer has the partner,
 * with the given key. `word` is 64 random bits. Any thread, one at a time. GAN_E_STATE, with a
 * message in the drawer's context, if no other example is found unlike. */
gan_status gan__unlike_find(const gan__unlike *unlike, gan__drawer *drawer, uint64_t word,
                            uint64_t key);

#endif
