/* chains.c: chains go from step to step in memory of their own: each of their moves is a round of
 * the tape, so that a long chain needs no more of it than a short one. */
#include "train/chains.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/tree.h"
#include "train/pools.h"

/* Samples that go through D at a time. */
enum { CHAINS_BATCH = 64 };

/* ---- memory ---- */

void gan__chains_free(gan_trainer *t)
{
    gan_tensor_release(t->chains.positives);
    gan_tensor_release(t->chains.ends);
    gan_tensor_release(t->chains.spare);
    gan__free(t->object.context, t->chains.places);
}

int64_t gan__chains_memory(const gan_trainer *t)
{
    const int64_t count = t->chains.ends ? t->chains.ends->count : 0;
    return 3 * count * (int64_t)sizeof(float) +
           (int64_t)(t->chains.place_capacity * sizeof *t->chains.places);
}

/* A tensor of that shape, which may be the one that is there. */
static gan_status chains_fit(gan_tensor **tensor, gan_context *context, const int64_t shape[4])
{
    gan_tensor *fresh;
    if (*tensor && !memcmp((*tensor)->shape, shape, 4 * sizeof *shape)) return GAN_OK;
    GAN__TRY(gan_tensor_create(&fresh, context, GAN_FLOAT32, 4, shape));
    gan_tensor_release(*tensor);
    *tensor = fresh;
    return GAN_OK;
}

static gan_status chains_reserve(gan_trainer *t, const int64_t shape[4])
{
    gan_context *context = t->object.context;
    GAN__TRY(chains_fit(&t->chains.positives, context, shape));
    GAN__TRY(chains_fit(&t->chains.ends, context, shape));
    GAN__TRY(chains_fit(&t->chains.spare, context, shape));
    return gan__grow(context, &t->chains.places, &t->chains.place_capacity, (size_t)shape[0],
                     sizeof *t->chains.places);
}

static void chains_swap(gan_tensor **a, gan_tensor **b)
{
    gan_tensor *other = *a;
    *a = *b;
    *b = other;
}

/* ---- negatives ---- */

/* Of the first step: positives that no chain can reach are told once. Pictures may be off by
 * rounding. */
static void chains_warn(const gan_trainer *t, const gan__langevin *l)
{
    const float *x = t->chains.positives->data;
    double least = INFINITY, most = -INFINITY;
    char seen[2][GAN__NUMBER_SIZE], limits[2][GAN__NUMBER_SIZE];
    for (int64_t i = 0; i < t->chains.positives->count; i++) {
        least = fmin(least, (double)x[i]);
        most = fmax(most, (double)x[i]);
    }
    if (least >= l->least - 0.001 && most <= l->most + 0.001) return;
    gan__log(
        t->object.context, GAN_LOG_WARNING,
        "%s: the data has numbers from %s to %s, and chains stay in [%s, %s]: least= and most= "
        "say where",
        t->kind->kind.name, gan__number_print(least, seen[0]), gan__number_print(most, seen[1]),
        gan__number_print(l->least, limits[0]), gan__number_print(l->most, limits[1]));
}

static gan_status chains_begin(gan_trainer *t, int32_t pool, const gan__langevin *l, bool first)
{
    gan__chains *c = &t->chains;
    if (first || l->start == GAN__START_NOISE)
        GAN__TRY(gan__langevin_begin(t->tape, l, c->ends));
    else if (!t->rehearsing)
        memcpy(c->ends->data, c->positives->data, (size_t)c->ends->count * sizeof(float));
    return gan__replay_draw(t, pool, l->replay, c->ends, c->places);
}

gan_status gan__chains_run(gan_trainer *t, int32_t role, int32_t pool, const gan__langevin *l,
                           gan_value positives)
{
    const gan__application d = {t->tape, t->players[role].model, "evaluation frozen", 1};
    const bool first = t->steps == 0;
    const int64_t steps = first ? 0 : t->rehearsing && l->steps > 1 ? 1 : l->steps;
    gan__chains *c = &t->chains;
    int64_t shape[4];
    GAN__TRY(gan_tape_shape(t->tape, positives, shape));
    GAN__TRY(chains_reserve(t, shape));
    GAN__TRY(gan_tape_value(t->tape, positives, c->positives));
    if (first && !t->rehearsing) chains_warn(t, l);
    GAN__TRY(chains_begin(t, pool, l, first));
    for (int64_t k = 0; k < steps; k++) {
        GAN__TRY(gan__langevin_move(t, role, l, &d, c->ends, c->spare));
        chains_swap(&c->ends, &c->spare);
    }
    GAN__TRY(gan__replay_store(t, pool, c->ends, c->places));
    return gan_tape_reset(t->tape);
}

/* ---- samples ---- */

typedef struct chains_sampling {
    gan_trainer *trainer;
    int32_t role;
    const gan__langevin *langevin;
    const gan__sampling *wanted;
    gan__application d;
    int64_t steps;
    int64_t size; /* numbers of a sample */
    gan_tensor *x, *next, *out;
} chains_sampling;

/* So many steps have the chains of the pool behind them on average, but at most twenty times those
 * of one step of the training. */
static int64_t chains_length(const gan__langevin *l)
{
    const double again = l->buffer > 0 ? l->replay : 0;
    return (int64_t)ceil((double)l->steps / fmax(1 - again, 0.05));
}

/* Stages lie the denser the nearer they are to the start, where most happens. */
static bool chains_is_stage(const chains_sampling *s, int64_t k, int64_t column)
{
    const int64_t last = s->wanted->columns - 1;
    if (column == last) return k == s->steps;
    const double share = (double)column / (double)last;
    return k == (int64_t)((double)s->steps * share * share);
}

/* Copies what the chains are after k steps to the columns of that stage. */
static void chains_keep(const chains_sampling *s, int64_t first, int64_t n, int64_t k)
{
    const int64_t columns = s->wanted->columns;
    const float *from = s->x->data;
    for (int64_t column = 0; column < columns; column++) {
        if (!chains_is_stage(s, k, column)) continue;
        for (int64_t i = 0; i < n; i++)
            memcpy((float *)s->out->data + ((first + i) * columns + column) * s->size,
                   from + i * s->size, (size_t)s->size * sizeof(float));
    }
}

/* A batch's draws are its own, and those of fewer chains are the first of more: so the bits of a
 * chain do not depend on how many there are. */
static gan_status chains_batch(chains_sampling *s, int64_t batch)
{
    const int64_t first = batch * CHAINS_BATCH, left = s->wanted->count - first;
    const int64_t n = left < CHAINS_BATCH ? left : CHAINS_BATCH;
    GAN__TRY(gan_tape_seek(s->d.tape, (uint64_t)batch << 24));
    GAN__TRY(gan__langevin_begin(s->d.tape, s->langevin, s->x));
    chains_keep(s, first, n, 0);
    for (int64_t k = 1; k <= s->steps; k++) {
        GAN__TRY(gan__langevin_move(s->trainer, s->role, s->langevin, &s->d, s->x, s->next));
        chains_swap(&s->x, &s->next);
        chains_keep(s, first, n, k);
    }
    return GAN_OK;
}

static gan_status chains_all(chains_sampling *s, gan__shape shape)
{
    gan_context *context = s->trainer->object.context;
    const gan__sampling *wanted = s->wanted;
    const int64_t n = wanted->count < CHAINS_BATCH ? wanted->count : CHAINS_BATCH;
    const int64_t sizes[4] = {n, shape.h, shape.w, shape.c};
    const int64_t all[4] = {wanted->count * wanted->columns, shape.h, shape.w, shape.c};
    s->size = shape.h * shape.w * shape.c;
    GAN__TRY(gan__tape_create(&s->d.tape, context, wanted->seed));
    GAN__TRY(gan_tensor_create(&s->out, context, GAN_FLOAT32, 4, all));
    GAN__TRY(gan_tensor_create(&s->x, context, GAN_FLOAT32, 4, sizes));
    GAN__TRY(gan_tensor_create(&s->next, context, GAN_FLOAT32, 4, sizes));
    for (int64_t i = 0; i * CHAINS_BATCH < wanted->count; i++) GAN__TRY(chains_batch(s, i));
    return GAN_OK;
}

/* Of the space, or of the pool where networks leave it open. */
static gan_status chains_shape(const gan_trainer *t, int32_t space, int32_t pool, gan__shape *out)
{
    *out = t->shapes[space];
    if (out->h >= 0 && out->w >= 0) return GAN_OK;
    if (!t->pools[pool])
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: the size of '%s' is open, so it cannot be drawn", t->kind->kind.name,
                         t->cast->spaces[space].name);
    const int64_t *kept = gan__pool_shape(t->pools[pool]);
    out->h = kept[0];
    out->w = kept[1];
    return GAN_OK;
}

gan_status gan__chains_sample(gan_trainer *t, int32_t role, int32_t space, int32_t pool,
                              const gan__langevin *l, const gan__sampling *wanted, gan_tensor **out)
{
    const gan__player *player = &t->players[role];
    gan_model *model = wanted->averaged && player->average ? player->average->model : player->model;
    chains_sampling s = {.trainer = t, .role = role, .langevin = l, .wanted = wanted};
    gan__shape shape;
    if (!model)
        return gan__fail(t->object.context, GAN_E_STATE, "%s: the role '%s' has no model",
                         t->kind->kind.name, t->cast->roles[role].name);
    GAN__TRY(chains_shape(t, space, pool, &shape));
    s.d = (gan__application){NULL, model, "evaluation frozen", 1};
    s.steps = wanted->steps > 0 ? wanted->steps : chains_length(l);
    gan_status status = chains_all(&s, shape);
    if (status == GAN_OK)
        *out = s.out;
    else
        gan_tensor_release(s.out);
    gan_tensor_release(s.x);
    gan_tensor_release(s.next);
    gan_tape_release(s.d.tape);
    return status;
}
