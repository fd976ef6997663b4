/* dots.c: points of two numbers on pictures: those of the data, and what a trainer makes. */
#include "train/dots.h"

#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/scatter.h"
#include "train/feeds.h"

bool gan__dots_fit(gan__shape shape)
{
    return shape.h == 1 && shape.w == 1 && shape.c == 2;
}

/* Which of the tensors that a feed's batches consist of is of that space; below 0: none. */
static int32_t dots_place(const gan_trainer *t, int32_t feed, int32_t space)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    int32_t place = 0;
    if (!t->feeds[feed].dataset) return -1;
    for (int32_t f = 0; f < kind->field_count; f++) {
        if (!gan__feed_field_of(t, feed, f)) continue;
        if (kind->fields[f].space == space) return place;
        place++;
    }
    return -1;
}

gan_status gan__dots_data(const gan_trainer *t, int32_t space, int64_t count, gan_tensor **out)
{
    const uint64_t seed = gan__random_seed(t->seed, GAN__DRAW_REFRESH, 1);
    gan__batcher *batcher;
    gan_tensor *const *drawn;
    int32_t feed = 0, place = -1;
    *out = NULL;
    while (feed < t->cast->feed_count && (place = dots_place(t, feed, space)) < 0) feed++;
    if (place < 0) return GAN_OK;
    GAN__TRY(gan__feed_apart(t, feed, seed, count, &batcher));
    gan_status status = gan__batcher_next(batcher, &drawn);
    if (status == GAN_OK) {
        *out = drawn[place];
        gan_tensor_retain(*out);
    }
    gan__batcher_free(batcher);
    return status;
}

gan_status gan__dots_draw(gan_context *context, gan_tensor *data, gan_tensor *const *sets,
                          int64_t pictures, int64_t each, gan_tensor **out)
{
    const int64_t side = GAN__SCATTER_SIDE, shape[4] = {pictures, side, side, 3};
    const int64_t first = data ? 1 : 0;
    gan_tensor **all;
    GAN__TRY(gan__allocate(context, &all, (size_t)(first + each), sizeof *all));
    gan_status status = gan_tensor_create(out, context, GAN_UINT8, 4, shape);
    for (int64_t i = 0; i < pictures && status == GAN_OK; i++) {
        all[0] = data;
        memcpy(all + first, sets + i * each, (size_t)each * sizeof *all);
        gan__scatter_draw((uint8_t *)(*out)->data + i * side * side * 3, all, first + each);
    }
    gan__free(context, all);
    return status;
}

/* (N * stages, 1, 1, 2) as (stages * N, 1, 1, 2). */
static void dots_sort(const gan_tensor *made, int64_t stages, gan_tensor *sorted)
{
    const int64_t count = made->shape[0] / stages;
    const float *from = made->data;
    float *to = sorted->data;
    for (int64_t k = 0; k < stages; k++)
        for (int64_t i = 0; i < count; i++, to += 2)
            memcpy(to, from + 2 * (i * stages + k), 2 * sizeof *to);
}

gan_status gan__dots_stages(const gan_trainer *t, int32_t space, const gan_tensor *made,
                            int64_t stages, gan_tensor **out)
{
    gan_context *context = t->object.context;
    const int64_t count = made->shape[0] / stages;
    gan_tensor **sets, *sorted = NULL, *data = NULL;
    GAN__TRY(gan__allocate(context, &sets, (size_t)stages, sizeof *sets));
    gan_status status = gan_tensor_create(&sorted, context, GAN_FLOAT32, 4, made->shape);
    if (status == GAN_OK) dots_sort(made, stages, sorted);
    for (int64_t k = 0; k < stages && status == GAN_OK; k++)
        status = gan_tensor_slice(&sets[k], sorted, 0, k * count, count);
    if (status == GAN_OK) status = gan__dots_data(t, space, count, &data);
    if (status == GAN_OK) status = gan__dots_draw(context, data, sets, stages, 1, out);
    for (int64_t k = 0; k < stages; k++) gan_tensor_release(sets[k]);
    gan_tensor_release(sorted);
    gan_tensor_release(data);
    gan__free(context, sets);
    return status;
}
