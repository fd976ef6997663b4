/* pools.c: the pools of a trainer. One whose pictures have no known size before the first of them
 * is made by that. */
#include "train/pools.h"

#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/tree.h"
#include "tape/record.h"

/* In the place of the one that is there. */
static gan_status pools_make(gan_trainer *t, int32_t index, const int64_t shape[3])
{
    gan__pool *pool;
    const gan__pool_plan plan = {
        t->cast->pools[index].capacity, {shape[0], shape[1], shape[2]}, t->seed, (uint32_t)index};
    GAN__TRY(gan__pool_create(&pool, t->object.context, &plan));
    gan__pool_free(t->pools[index]);
    t->pools[index] = pool;
    return GAN_OK;
}

static bool pools_fits(const gan__pool *pool, const int64_t shape[3])
{
    return !memcmp(gan__pool_shape(pool), shape, 3 * sizeof *shape);
}

/* "8x8x3". */
static const char *pools_print(const int64_t shape[3], char out[88])
{
    return gan__picture_print((gan__shape){1, shape[0], shape[1], shape[2]}, out);
}

static void pools_warn(const gan_trainer *t, int32_t index, const int64_t shape[3])
{
    char old[88], now[88];
    if (gan__pool_read(t->pools[index]).filled <= 1) return; /* one picture is no loss */
    gan__log(t->object.context, GAN_LOG_WARNING,
             "%s: the pool '%s' has pictures of %s; with those of %s it begins empty",
             t->kind->kind.name, t->cast->pools[index].name,
             pools_print(gan__pool_shape(t->pools[index]), old), pools_print(shape, now));
}

gan_status gan__pools_prepare(gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->pool_count; i++) {
        const gan__shape known = t->shapes[t->cast->pools[i].space];
        const int64_t shape[3] = {known.h, known.w, known.c};
        if (known.h < 0 || known.w < 0 || (t->pools[i] && pools_fits(t->pools[i], shape))) continue;
        if (t->pools[i]) pools_warn(t, i, shape);
        GAN__TRY(pools_make(t, i, shape));
    }
    return GAN_OK;
}

void gan__pools_free(gan_trainer *t)
{
    for (int32_t i = 0; t->pools && i < t->cast->pool_count; i++) gan__pool_free(t->pools[i]);
    gan__free(t->object.context, t->pools);
}

void gan__pools_commit(gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->pool_count; i++)
        if (t->pools[i]) gan__pool_commit(t->pools[i]);
}

void gan__pools_undo(gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->pool_count; i++)
        if (t->pools[i]) gan__pool_undo(t->pools[i]);
}

int64_t gan__pools_memory(const gan_trainer *t)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < t->cast->pool_count; i++)
        if (t->pools[i]) bytes += gan__pool_memory(t->pools[i]);
    return bytes;
}

/* Whether one for pictures of this size is to be made. One of another size that has seen none is of
 * a step that failed, or was only rehearsed. */
static bool pools_lacks(const gan_trainer *t, int32_t index, const int64_t shape[3])
{
    const gan__pool *pool = t->pools[index];
    return !pool || (!pools_fits(pool, shape) && gan__pool_is_new(pool));
}

/* The pool for pictures of this size. */
static gan_status pools_for(gan_trainer *t, int32_t index, const int64_t shape[3])
{
    char keeps[88], has[88];
    if (pools_lacks(t, index, shape)) return pools_make(t, index, shape);
    if (pools_fits(t->pools[index], shape)) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: the pool '%s' keeps pictures of %s, and these are of %s",
                     t->kind->kind.name, t->cast->pools[index].name,
                     pools_print(gan__pool_shape(t->pools[index]), keeps), pools_print(shape, has));
}

gan_status gan__history(gan_trainer *t, int32_t pool, gan_value pictures, gan_value *out)
{
    int64_t shape[4]; /* N, H, W, C */
    float *numbers;
    if (t->cast->pools[pool].capacity == 0) return gan_tape_detach(t->tape, pictures, out);
    GAN__TRY(gan_tape_shape(t->tape, pictures, shape));
    GAN__TRY(pools_for(t, pool, shape + 1));
    GAN__TRY(gan__tape_copy(t->tape, pictures, out, &numbers));
    if (t->rehearsing) return gan__pool_reserve(t->pools[pool], shape[0]);
    return gan__pool_query(t->pools[pool], shape[0], numbers, numbers);
}

gan_status gan__exchange(gan_trainer *t, int32_t index, gan_value picture, gan_value *out,
                         bool *has)
{
    const int64_t place = 0;
    const float *now;
    float *numbers;
    gan__shape s;
    *has = false;
    if (t->cast->pools[index].capacity == 0) return GAN_OK;
    GAN__TRY(gan__tape_source(t->tape, "gan__exchange", picture, GAN_VALUE, &s, &now));
    const int64_t shape[3] = {s.h, s.w, s.c};
    if (pools_lacks(t, index, shape)) GAN__TRY(pools_make(t, index, shape));
    if (!pools_fits(t->pools[index], shape)) return GAN_OK;
    GAN__TRY(gan__tape_copy(t->tape, picture, out, &numbers));
    if (t->rehearsing) return gan__pool_reserve(t->pools[index], 1);
    const gan__pool_state state = gan__pool_read(t->pools[index]);
    *has = state.filled > 0;
    if (*has) memcpy(numbers, state.pictures, (size_t)gan__shape_count(s) * sizeof *numbers);
    return gan__pool_write(t->pools[index], 1, *has ? &place : NULL, now);
}

gan_status gan__replay_draw(gan_trainer *t, int32_t pool, double probability, gan_tensor *starts,
                            int64_t *places)
{
    const int64_t n = starts->shape[0];
    GAN__TRY(pools_for(t, pool, starts->shape + 1));
    if (t->rehearsing) return gan__pool_reserve(t->pools[pool], n);
    return gan__pool_draw(t->pools[pool], n, probability, starts->data, places);
}

gan_status gan__replay_store(gan_trainer *t, int32_t pool, const gan_tensor *ends,
                             const int64_t *places)
{
    const bool full = gan__pool_read(t->pools[pool]).filled == t->cast->pools[pool].capacity;
    if (t->rehearsing) return GAN_OK;
    return gan__pool_write(t->pools[pool], ends->shape[0], full ? places : NULL, ends->data);
}

bool gan__replay_look(const gan_trainer *t, int32_t pool, gan_tensor *out)
{
    const gan__draw draw = {t->seed, GAN__DRAW_EARLIER, (uint64_t)t->steps};
    const size_t size = (size_t)(out->count / out->shape[0]);
    if (!t->pools[pool] || !pools_fits(t->pools[pool], out->shape + 1)) return false;
    const gan__pool_state state = gan__pool_read(t->pools[pool]);
    if (state.filled == 0) return false;
    for (int64_t i = 0; i < out->shape[0]; i++) {
        uint32_t words[4];
        gan__random_block(&draw, (uint64_t)i, words);
        const uint64_t place = ((uint64_t)words[0] << 32 | words[1]) % (uint64_t)state.filled;
        memcpy((float *)out->data + (size_t)i * size, state.pictures + place * size,
               size * sizeof(float));
    }
    return true;
}
