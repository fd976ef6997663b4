/* penalty.c: gradient penalties: wgan_gp of Gulrajani et al., "Improved training of Wasserstein
 * GANs", 2017, algorithm 1; dragan of Kodali et al., "On convergence and stability of GANs", 2017,
 * with the perturbation of its authors' program, which then goes a part of the way by chance, as is
 * not done here; r1 and r2 of Mescheder et al., "Which training methods for GANs do actually
 * converge?", 2018, eq. 9 and 10. Left out of most steps and weighted
 * so much more in the others: Karras et al., "Analyzing and improving the image quality of
 * StyleGAN", 2020, appendix B. */
#include "train/penalty.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "compute/reduce.h"
#include "tape/record.h"
#include "train/game.h"

const gan__option gan__penalty_options[3] = {
    {"penalty", GAN__OPTION_CHOICE, 0, "auto", 0, 0, "auto|none|wgan_gp|dragan|r1|r2",
     offsetof(gan__penalty, kind),
     "on the discriminator's slope: between real and fake samples (wgan_gp), around real ones "
     "(dragan), at real ones (r1) or fakes (r2); auto: wgan_gp with loss=wgan_gp, else none"},
    {"penalty_weight", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__penalty, weight),
     "its weight: lambda of wgan_gp and dragan, gamma of r1 and r2; 0: 10"},
    {"penalty_every", GAN__OPTION_INTEGER, 0, "1", 1, 1 << 20, NULL, offsetof(gan__penalty, every),
     "only every so many steps, with so many times its weight"},
};

static const char *const penalty_names[] = {"auto", "none", "wgan_gp", "dragan", "r1", "r2"};

void gan__penalty_settle(gan__penalty *p, const gan__objective *o)
{
    const bool named = o->loss == GAN__LOSS_WGAN_GP;
    if (p->kind == GAN__PENALTY_AUTO) p->kind = named ? GAN__PENALTY_WGAN_GP : GAN__PENALTY_NONE;
    if (gan__penalty_is_there(p) && p->weight == 0) p->weight = 10;
}

gan_status gan__penalty_check(gan_context *context, const gan__penalty *p, const gan__objective *o)
{
    char value[GAN__NUMBER_SIZE];
    if (o->loss == GAN__LOSS_WGAN_GP && p->kind != GAN__PENALTY_WGAN_GP)
        return gan__fail(context, GAN_E_TEXT,
                         "penalty=%s with loss=wgan_gp, which is loss=wgan penalty=wgan_gp: "
                         "loss=wgan goes with any penalty",
                         penalty_names[p->kind]);
    if (gan__penalty_is_there(p)) return GAN_OK;
    if (p->weight > 0)
        return gan__fail(context, GAN_E_TEXT, "penalty_weight=%s without a penalty",
                         gan__number_print(p->weight, value));
    if (p->every > 1)
        return gan__fail(context, GAN_E_TEXT, "penalty_every=%lld without a penalty",
                         (long long)p->every);
    return GAN_OK;
}

/* ---- where it is taken ---- */

/* Numbers in [0, 1) of this shape, or those that were fed. */
static gan_status penalty_draw(gan_trainer *t, int32_t feed, const int64_t shape[4], gan_value *u)
{
    int64_t fed[4];
    GAN__TRY(gan__trainer_batch(t, feed, u));
    if (*u < 0) {
        GAN__TRY(gan_tape_uniform(t->tape, 4, shape, u));
        return gan_tape_layer(t->tape, "affine 0.5 0.5", u, 1, u);
    }
    GAN__TRY(gan_tape_shape(t->tape, *u, fed));
    if (memcmp(fed + 1, shape + 1, 3 * sizeof *fed) == 0) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: '%s' was fed %lldx%lldx%lld, the penalty has %lldx%lldx%lld",
                     t->kind->kind.name, t->cast->feeds[feed].name, (long long)fed[1],
                     (long long)fed[2], (long long)fed[3], (long long)shape[1], (long long)shape[2],
                     (long long)shape[3]);
}

/* One number for all samples that D sees side by side: of the first of them, if they were fed. */
static gan_status penalty_share(gan_trainer *t, int32_t feed, gan_value *e)
{
    const int64_t pack = gan__game_samples(t->options), n = t->batch / pack;
    const bool fed = t->feeds[feed].fields[0].fed != NULL;
    gan_value each[GAN__MOST_PACK];
    GAN__TRY(penalty_draw(t, feed, (const int64_t[]){n, 1, 1, 1}, e));
    if (pack == 1) return GAN_OK;
    if (fed) GAN__TRY(gan_tape_slice(t->tape, *e, 0, n, e));
    for (int64_t i = 0; i < pack; i++) each[i] = *e;
    return gan_tape_join(t->tape, each, (int32_t)pack, e);
}

/* x^ = fake + e (real - fake) */
static gan_status penalty_between(gan_trainer *t, int32_t feed, gan_value real, gan_value fake,
                                  gan_value *out)
{
    gan_value way[2]; /* (N, H, W, C); e, (N, 1, 1, 1) */
    GAN__TRY(gan_tape_combine(t->tape, (gan_value[]){real, fake}, (double[]){1, -1}, 2, &way[0]));
    GAN__TRY(penalty_share(t, feed, &way[1]));
    GAN__TRY(gan_tape_layer(t->tape, "multiply", way, 2, &way[0]));
    return gan_tape_combine(t->tape, (gan_value[]){fake, way[0]}, (double[]){1, 1}, 2, out);
}

typedef struct penalty_numbers {
    const float *x;
    double mean;
    int64_t size; /* of a sample */
} penalty_numbers;

static void penalty_off(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const penalty_numbers *of = argument;
    for (int64_t i = 0; i < count; i++) {
        const double off = (double)of->x[start + i] - of->mean;
        lanes[i % 16] += off * off;
    }
}

static gan_status penalty_find(const gan_trainer *t, gan_value value, gan__shape *shape,
                               penalty_numbers *out)
{
    int32_t index;
    GAN__TRY(gan__tape_find(t->tape, "gan__penalise", value, &index));
    const gan__tape_value *found = gan__tape_at(t->tape, index);
    *shape = found->shape;
    *out = (penalty_numbers){found->data, 0, gan__shape_count(found->shape) / found->shape.n};
    return GAN_OK;
}

/* x^ = x + std(x) / 2 * u, std that of all numbers of the batch together. */
static gan_status penalty_around(gan_trainer *t, int32_t feed, gan_value x, gan_value *out)
{
    gan_context *context = t->object.context;
    penalty_numbers numbers;
    gan__shape s;
    gan_value u; /* (N, H, W, C) */
    double deviation = 1;
    GAN__TRY(penalty_find(t, x, &s, &numbers));
    const int64_t count = gan__shape_count(s);
    if (!t->rehearsing) {
        numbers.mean = gan__sum(context, count, numbers.x) / (double)count;
        deviation = sqrt(gan__sum_terms(context, count, penalty_off, &numbers) / (double)count);
    }
    const int64_t batch = t->batch; /* of the last feed, which may be the other domain's */
    t->batch = s.n;
    const gan_status status = penalty_draw(t, feed, (const int64_t[]){s.n, s.h, s.w, s.c}, &u);
    t->batch = batch;
    GAN__TRY(status);
    return gan_tape_combine(t->tape, (gan_value[]){x, u}, (double[]){1, deviation / 2}, 2, out);
}

static gan_status penalty_place(gan_trainer *t, int32_t feed, gan_value real, gan_value fake,
                                gan_value *out)
{
    switch (gan__game_options(t)->penalty.kind) {
    case GAN__PENALTY_WGAN_GP: GAN__TRY(penalty_between(t, feed, real, fake, out)); break;
    case GAN__PENALTY_DRAGAN: GAN__TRY(penalty_around(t, feed, real, out)); break;
    case GAN__PENALTY_R1: *out = real; break;
    default: *out = fake;
    }
    return gan_tape_leaf(t->tape, *out, out);
}

/* ---- what it is ---- */

/* The sum of all scores at x, a number. */
static gan_status penalty_score(gan_trainer *t, const gan__penalised *place, gan_value x,
                                const gan_value *inputs, gan_value *sum)
{
    const gan__player *d = &t->players[place->role];
    const double ones[GAN__PENALTY_PORTS] = {1, 1, 1, 1};
    gan_value in[GAN__PENALTY_PORTS], scores[GAN__PENALTY_PORTS]; /* (N, ...); (N, h, w, 1) */
    for (int32_t i = 1; i < d->input_count; i++) in[i] = inputs[i];
    GAN__TRY(gan__game_show(t, x, &in[0]));
    GAN__TRY(gan__trainer_apply(t, place->role, "training", in, scores));
    for (int32_t i = 0; i < place->outputs; i++)
        GAN__TRY(gan_tape_loss(t->tape, "sum", &scores[i], 1, &scores[i]));
    return gan_tape_combine(t->tape, scores, ones, place->outputs, sum);
}

static void penalty_length(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const penalty_numbers *of = argument;
    for (int64_t i = 0; i < count; i++) {
        const float *x = of->x + (start + i) * of->size;
        double square = 0;
        for (int64_t k = 0; k < of->size; k++) square += (double)x[k] * (double)x[k];
        lanes[i % 16] += sqrt(square);
    }
}

static gan_status penalty_measure(gan_trainer *t, int32_t value, gan_value g)
{
    penalty_numbers numbers;
    gan__shape s;
    GAN__TRY(penalty_find(t, g, &s, &numbers));
    if (!t->rehearsing)
        t->values[value] =
            gan__sum_terms(t->object.context, s.n, penalty_length, &numbers) / (double)s.n;
    return GAN_OK;
}

/* The penalty p of the gradient of `sum` over x, and its own gradient w over that one. */
static gan_status penalty_slope(gan_trainer *t, const gan__penalised *place, gan_value sum,
                                gan_value x, gan_value *p, gan_value *w)
{
    const bool length = gan__penalty_draws(&gan__game_options(t)->penalty);
    gan_value g, seen; /* (N, H, W, C); side by side as D sees them */
    GAN__TRY(gan_tape_backward(t->tape, &sum, NULL, 1, NULL, 0));
    GAN__TRY(gan_tape_take_gradient(t->tape, x, &g));
    GAN__TRY(gan_tape_leaf(t->tape, g, &g));
    GAN__TRY(gan__game_pack(t, g, &seen));
    GAN__TRY(gan_tape_loss(
        t->tape, length ? "gradient_penalty target=1" : "gradient_penalty target=0", &seen, 1, p));
    GAN__TRY(gan__trainer_measure(t, place->value, *p));
    GAN__TRY(penalty_measure(t, place->value + 1, seen));
    GAN__TRY(gan_tape_backward(t->tape, p, NULL, 1, NULL, 0));
    return gan_tape_take_gradient(t->tape, g, w);
}

static gan_status penalty_tangent(gan_trainer *t, int32_t role, gan_value sum, gan_value x,
                                  gan_value w, gan_value *along)
{
    const gan_status status = gan_tape_tangent(t->tape, sum, x, w, along);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(t->object.context, status, "%s: penalty=%s: the %s", t->kind->kind.name,
                        penalty_names[gan__game_options(t)->penalty.kind],
                        t->cast->roles[role].name);
}

gan_status gan__penalise(gan_trainer *t, const gan__penalised *place, const gan_value *real,
                         const gan_value *fake, gan__terms *terms)
{
    const gan__penalty *p = &gan__game_options(t)->penalty;
    const double half = gan__penalty_draws(p) ? 1 : 0.5;
    gan_value x, w;                /* (N, H, W, C) */
    gan_value sum, number, passed; /* numbers */
    gan_value along[3];
    if (!gan__penalty_is_there(p) || t->steps % p->every != 0) return GAN_OK;
    GAN__TRY(penalty_place(t, place->feed, real[0], fake[0], &x));
    GAN__TRY(penalty_score(t, place, x, p->kind == GAN__PENALTY_R2 ? fake : real, &sum));
    GAN__TRY(penalty_slope(t, place, sum, x, &number, &w));
    /* Its gradient is that of the tangent along w: a number that is the penalty, and moves as the
     * tangent does. */
    GAN__TRY(penalty_tangent(t, place->role, sum, x, w, &along[0]));
    GAN__TRY(gan_tape_detach(t->tape, along[0], &along[1]));
    GAN__TRY(gan_tape_detach(t->tape, number, &along[2]));
    GAN__TRY(gan_tape_combine(t->tape, along, (double[]){1, -1, 1}, 3, &passed));
    gan__terms_add(terms, passed, half * p->weight * (double)p->every);
    if (gan__penalty_draws(p)) terms->flat += p->weight * (double)p->every; /* no slope, for 1 */
    return GAN_OK;
}
