/* pool.c: the pool of pictures. What a step writes lies beside the pool, each place at most once,
 * until the step is made: whoever reads a place looks there first. */
#include "data/pool.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct gan__pool {
    gan_context *context;   /* retained */
    int64_t capacity, size; /* size: numbers in a picture */
    int64_t room;           /* places that there is memory for: what a file asked for, or all */
    int64_t shape[3];
    uint64_t seed, number;
    float *pictures;         /* (room, H, W, C), as of the last commit */
    int64_t filled, counter; /* the same */

    float *staged; /* (staged_capacity, H, W, C), of which `staged_count` are in use */
    int64_t staged_count, staged_capacity;
    int64_t *places; /* of each that is staged */
    int64_t *stages; /* of each place: where it is staged, or -1 */
    int64_t step_filled, step_counter;
    int64_t step_pictures; /* that may have been staged: memory must not depend on coins */
};

/* ---- life ---- */

static void pool_drop(const gan__pool *pool)
{
    gan__free(pool->context, pool->pictures);
    gan__free(pool->context, pool->places);
    gan__free(pool->context, pool->stages);
}

void gan__pool_free(gan__pool *pool)
{
    if (!pool) return;
    gan_context *context = pool->context;
    pool_drop(pool);
    gan__free(context, pool->staged);
    gan__free(context, pool);
    gan_context_release(context);
}

static gan_status pool_refuse(gan_context *context, gan_status status, const gan__pool_plan *plan)
{
    return gan__fail(context, status,
                     "pool: %" PRId64 " pictures of %" PRId64 "x%" PRId64 "x%" PRId64,
                     plan->capacity, plan->shape[0], plan->shape[1], plan->shape[2]);
}

static gan_status pool_count(gan__pool *pool, const gan__pool_plan *plan)
{
    int64_t numbers;
    size_t bytes;
    if (gan__product_count(plan->shape, 3, &pool->size) &&
        gan__multiply_count(pool->capacity, pool->size, &numbers) &&
        gan__multiply_size((size_t)pool->size, sizeof(float), &bytes))
        return GAN_OK;
    return pool_refuse(pool->context, GAN_E_MEMORY, plan);
}

/* Memory for so many places; nothing is staged. Pictures that are there stay. */
static gan_status pool_grow(gan__pool *pool, int64_t room)
{
    const size_t count = (size_t)room, bytes = (size_t)pool->size * sizeof(float);
    gan__pool more = *pool;
    if (room <= pool->room) return GAN_OK;
    more.pictures = NULL, more.places = NULL, more.stages = NULL;
    gan_status status = gan__allocate_raw(pool->context, &more.pictures, count, bytes);
    if (status == GAN_OK)
        status = gan__allocate_raw(pool->context, &more.places, count, sizeof *more.places);
    if (status == GAN_OK)
        status = gan__allocate_raw(pool->context, &more.stages, count, sizeof *more.stages);
    if (status != GAN_OK) {
        pool_drop(&more);
        return status;
    }
    if (pool->filled > 0) memcpy(more.pictures, pool->pictures, (size_t)pool->filled * bytes);
    for (int64_t i = 0; i < room; i++) more.stages[i] = -1;
    more.room = room;
    pool_drop(pool);
    *pool = more;
    return GAN_OK;
}

gan_status gan__pool_create(gan__pool **out, gan_context *context, const gan__pool_plan *plan)
{
    gan__pool *pool;
    *out = NULL;
    if (plan->capacity < 0 || plan->shape[0] < 1 || plan->shape[1] < 1 || plan->shape[2] < 1)
        return pool_refuse(context, GAN_E_ARGUMENT, plan);
    GAN__TRY(gan__allocate(context, &pool, 1, sizeof *pool));
    gan_context_retain(context);
    pool->context = context;
    pool->capacity = plan->capacity;
    memcpy(pool->shape, plan->shape, sizeof pool->shape);
    pool->seed = plan->seed;
    pool->number = plan->number;
    gan_status status = pool_count(pool, plan);
    if (status == GAN_OK)
        *out = pool;
    else
        gan__pool_free(pool);
    return status;
}

const int64_t *gan__pool_shape(const gan__pool *pool)
{
    return pool->shape;
}

int64_t gan__pool_memory(const gan__pool *pool)
{
    int64_t pictures = pool->room + pool->staged_capacity;
    return pictures * pool->size * (int64_t)sizeof(float) +
           2 * pool->room * (int64_t)sizeof(int64_t);
}

bool gan__pool_is_new(const gan__pool *pool)
{
    return pool->counter == 0 && pool->step_counter == 0;
}

/* ---- what is staged ---- */

/* A place as this step sees it. */
static const float *pool_picture(const gan__pool *pool, int64_t place)
{
    int64_t stage = pool->stages[place];
    return stage < 0 ? pool->pictures + place * pool->size : pool->staged + stage * pool->size;
}

/* Where a place is to be written. */
static float *pool_stage(gan__pool *pool, int64_t place)
{
    if (pool->stages[place] < 0) {
        pool->places[pool->staged_count] = place;
        pool->stages[place] = pool->staged_count++;
    }
    return pool->staged + pool->stages[place] * pool->size;
}

static gan_status pool_check_count(const gan__pool *pool, int64_t n)
{
    if (n < 0) return gan__fail(pool->context, GAN_E_ARGUMENT, "pool: %" PRId64 " pictures", n);
    if (n > INT64_MAX - pool->step_counter)
        return gan__fail(pool->context, GAN_E_STATE, "pool: its count of pictures has ended");
    return GAN_OK;
}

/* Memory for all places, and for n more pictures to be staged, whatever the coins say. */
static gan_status pool_make_room(gan__pool *pool, int64_t n)
{
    int64_t wanted = pool->step_pictures + n;
    size_t bytes = (size_t)pool->size * sizeof(float);
    float *staged;
    GAN__TRY(pool_grow(pool, pool->capacity));
    if (wanted > pool->capacity) wanted = pool->capacity;
    if (wanted <= pool->staged_capacity) return GAN_OK;
    GAN__TRY(gan__allocate_raw(pool->context, &staged, (size_t)wanted, bytes));
    if (pool->staged_count > 0) memcpy(staged, pool->staged, (size_t)pool->staged_count * bytes);
    gan__free(pool->context, pool->staged);
    pool->staged = staged;
    pool->staged_capacity = wanted;
    return GAN_OK;
}

gan_status gan__pool_reserve(gan__pool *pool, int64_t n)
{
    GAN__TRY(pool_check_count(pool, n));
    GAN__TRY(pool_make_room(pool, n));
    pool->step_pictures += n;
    return GAN_OK;
}

static void pool_begin(gan__pool *pool)
{
    for (int64_t i = 0; i < pool->staged_count; i++) pool->stages[pool->places[i]] = -1;
    pool->staged_count = 0;
    pool->step_pictures = 0;
    pool->step_filled = pool->filled;
    pool->step_counter = pool->counter;
}

void gan__pool_commit(gan__pool *pool)
{
    size_t bytes = (size_t)pool->size * sizeof(float);
    for (int64_t i = 0; i < pool->staged_count; i++)
        memcpy(pool->pictures + pool->places[i] * pool->size, pool->staged + i * pool->size, bytes);
    pool->filled = pool->step_filled;
    pool->counter = pool->step_counter;
    pool_begin(pool);
}

void gan__pool_undo(gan__pool *pool)
{
    pool_begin(pool);
}

/* ---- a history and a replay buffer ---- */

/* The four random words of the next picture: the first is its coin, the last two its place. */
static void pool_words(gan__pool *pool, uint32_t words[4])
{
    const gan__draw draw = {pool->seed, GAN__DRAW_POOL, pool->number};
    gan__random_block(&draw, (uint64_t)pool->step_counter++, words);
}

/* A probability is wrong by less than one part in 2^64 / filled. */
static int64_t pool_place(const gan__pool *pool, const uint32_t words[4])
{
    return (int64_t)(((uint64_t)words[2] << 32 | words[3]) % (uint64_t)pool->step_filled);
}

/* `in` takes the place of a stored picture, which goes out; both may be one buffer. */
static void pool_exchange(gan__pool *pool, int64_t place, const float *in, float *out)
{
    const float *old = pool_picture(pool, place);
    float *stage = pool_stage(pool, place); /* may be `old` */
    for (int64_t i = 0; i < pool->size; i++) {
        float number = old[i];
        stage[i] = in[i];
        out[i] = number;
    }
}

static void pool_query_one(gan__pool *pool, const float *in, float *out)
{
    size_t bytes = (size_t)pool->size * sizeof(float);
    uint32_t words[4];
    pool_words(pool, words);
    if (pool->capacity > 0 && pool->step_filled == pool->capacity && words[0] >> 31 != 0) {
        pool_exchange(pool, pool_place(pool, words), in, out);
        return;
    }
    if (pool->step_filled < pool->capacity)
        memcpy(pool_stage(pool, pool->step_filled++), in, bytes);
    if (out != in) memcpy(out, in, bytes);
}

gan_status gan__pool_query(gan__pool *pool, int64_t n, const float *pictures, float *returned)
{
    GAN__TRY(pool_check_count(pool, n));
    GAN__TRY(pool_make_room(pool, n));
    for (int64_t i = 0; i < n; i++)
        pool_query_one(pool, pictures + i * pool->size, returned + i * pool->size);
    pool->step_pictures += n;
    return GAN_OK;
}

gan_status gan__pool_draw(gan__pool *pool, int64_t n, double probability, float *starts,
                          int64_t *places)
{
    GAN__TRY(pool_check_count(pool, n));
    if (!(probability >= 0 && probability <= 1)) {
        char text[GAN__NUMBER_SIZE];
        return gan__fail(pool->context, GAN_E_ARGUMENT, "pool: a probability of %s",
                         gan__number_print(probability, text));
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        pool_words(pool, words);
        bool stored = (double)words[0] < probability * 4294967296.0;
        places[i] = stored && pool->step_filled > 0 ? pool_place(pool, words) : -1;
        if (places[i] >= 0) {
            memcpy(starts + i * pool->size, pool_picture(pool, places[i]),
                   (size_t)pool->size * sizeof(float));
        }
    }
    return GAN_OK;
}

static gan_status pool_check_places(const gan__pool *pool, int64_t n, const int64_t *places)
{
    for (int64_t i = 0; places && i < n; i++) {
        if (places[i] >= -1 && places[i] < pool->step_filled) continue;
        return gan__fail(pool->context, GAN_E_ARGUMENT,
                         "pool: place %" PRId64 " of picture %" PRId64 "; %" PRId64 " are filled",
                         places[i], i, pool->step_filled);
    }
    return GAN_OK;
}

gan_status gan__pool_write(gan__pool *pool, int64_t n, const int64_t *places, const float *pictures)
{
    GAN__TRY(pool_check_count(pool, n));
    GAN__TRY(pool_check_places(pool, n, places));
    GAN__TRY(pool_make_room(pool, n));
    for (int64_t i = 0; i < n; i++) {
        int64_t place = places ? places[i] : -1;
        uint32_t words[4];
        pool_words(pool, words);
        if (pool->capacity == 0) continue;
        if (place < 0 && pool->step_filled < pool->capacity)
            place = pool->step_filled++;
        else if (place < 0)
            place = pool_place(pool, words);
        memcpy(pool_stage(pool, place), pictures + i * pool->size,
               (size_t)pool->size * sizeof(float));
    }
    pool->step_pictures += n;
    return GAN_OK;
}

/* ---- checkpoints ---- */

gan__pool_state gan__pool_read(const gan__pool *pool)
{
    return (gan__pool_state){pool->pictures, pool->filled, pool->counter};
}

static gan_status pool_check_state(const gan__pool *pool, const gan__pool_state *state)
{
    if (state->filled < 0 || state->filled > pool->capacity || state->counter < state->filled) {
        return gan__fail(pool->context, GAN_E_FORMAT,
                         "pool: %" PRId64 " pictures of %" PRId64 " handled, in %" PRId64 " places",
                         state->filled, state->counter, pool->capacity);
    }
    for (int64_t i = 0; i < state->filled * pool->size; i++) {
        if (isfinite(state->pictures[i])) continue;
        return gan__fail(pool->context, GAN_E_FORMAT,
                         "pool: picture %" PRId64 " has a number that is not finite",
                         i / pool->size);
    }
    return GAN_OK;
}

gan_status gan__pool_restore(gan__pool *pool, const gan__pool_state *state)
{
    GAN__TRY(pool_check_state(pool, state));
    GAN__TRY(pool_grow(pool, state->filled));
    if (state->filled > 0) {
        memmove(pool->pictures, state->pictures,
                (size_t)(state->filled * pool->size) * sizeof(float));
    }
    pool->filled = state->filled;
    pool->counter = state->counter;
    pool_begin(pool);
    return GAN_OK;
}
