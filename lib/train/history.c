/* history.c: pictures of a step, passed through a pool. */
#include "train/history.h"

gan_status gan__history(gan_trainer *t, int32_t pool, gan_value pictures, gan_value *out)
{
    int64_t shape[4];
    float *numbers;
    GAN__TRY(gan_tape_shape(t->tape, pictures, shape));
    GAN__TRY(gan__tape_copy(t->tape, pictures, out, &numbers));
    return gan__pool_query(t->pools[pool], shape[0], numbers, numbers);
}
