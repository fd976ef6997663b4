/* direct.c: what steps of direct translation are made of. */
#include "train/direct.h"

#include "train/pools.h"

#define DIRECT_AT(field) offsetof(gan__direct, field)
const gan__option gan__direct_options[2] = {
    {"perceptual", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, DIRECT_AT(perceptual),
     "what a sample is made into has its features, with this weight; 0: the role has no part"},
    {"directions", GAN__OPTION_INTEGER, 0, "2", 1, 2, NULL, DIRECT_AT(directions),
     "2: samples of both domains are translated and judged; 1: those of x alone, into y"},
};
const gan__option gan__direct_pool_options[1] = {
    {"pool", GAN__OPTION_INTEGER, 0, "50", 0, 1 << 20, NULL, DIRECT_AT(pool),
     "fakes kept of each domain, to be shown to its discriminator again; 0: none"},
};

/* ---- what follows from the options ---- */

bool gan__direct_has_both(const void *options)
{
    return ((const gan__direct *)options)->directions == 2;
}

bool gan__direct_has_identity(const void *options)
{
    return ((const gan__direct *)options)->identity > 0;
}

bool gan__direct_has_identities(const void *options)
{
    return gan__direct_has_identity(options) && gan__direct_has_both(options);
}

bool gan__direct_has_features(const void *options)
{
    return ((const gan__direct *)options)->perceptual > 0;
}

bool gan__direct_has_likenesses(const void *options)
{
    return gan__direct_has_features(options) && gan__direct_has_both(options);
}

int64_t gan__direct_history(const void *options)
{
    return ((const gan__direct *)options)->pool;
}

int64_t gan__direct_rounds(const gan_trainer *t)
{
    (void)t;
    return GAN__DEPENDENCE_EVERY + 1;
}

int64_t gan__direct_earlier(const void *options)
{
    return gan__dependence_earlier(options);
}

gan_status gan__direct_check(gan_context *context, const void *options)
{
    return gan__objective_check_bounded(context, &((const gan__direct *)options)->game.objective);
}

const char *gan__direct_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=2e-4 beta1=0.5";
}

/* ---- generators ---- */

gan_status gan__direct_draw(gan_trainer *t, gan_value x[2])
{
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t d = 0; d < 2; d++) GAN__TRY(gan__trainer_batch(t, d, &x[d]));
    if (!gan__direct_has_identity(t->options)) return GAN_OK;
    return gan__same_shape(t, "identity", x, GAN__DIRECT_X, GAN__DIRECT_Y);
}

gan_status gan__direct_translate(gan_trainer *t, int32_t from, const char *mode, gan_value x,
                                 gan_value *made)
{
    return gan__trainer_apply(t, GAN__DIRECT_XY + from, mode, &x, made);
}

gan_status gan__direct_return(gan_trainer *t, int32_t from, const char *loss, double weight,
                              gan_value x, gan_value made, gan__terms *terms)
{
    gan_value back; /* of the domain that x is of, (N, H, W, C) */
    GAN__TRY(gan__direct_translate(t, 1 - from, "training", made, &back));
    return gan__consistency(t, loss, back, x, weight, GAN__DIRECT_BACK + from, terms);
}

gan_status gan__direct_keep(gan_trainer *t, double weight, const gan_value x[2], gan__terms *terms)
{
    gan_value same; /* (N, H, W, C) */
    for (int32_t i = 0; i < gan__direct_ways(t) && gan__direct_has_identity(t->options); i++) {
        const int32_t d = 1 - i; /* of the domain that the i-th way ends in */
        gan__terms own = {.count = 0};
        GAN__TRY(gan__direct_translate(t, i, "training", x[d], &same));
        GAN__TRY(gan__consistency(t, "l1", same, x[d], weight, GAN__DIRECT_SAME + d, &own));
        GAN__TRY(gan__trainer_fold(t, &own, terms));
        gan_value *loss = &terms->values[terms->count - 1];
        GAN__TRY(gan__trainer_backward(t, *loss, GAN__DIRECT_GENERATORS));
        GAN__TRY(gan_tape_detach(t->tape, *loss, loss));
    }
    return GAN_OK;
}

gan_status gan__direct_resemble(gan_trainer *t, const gan_value x[2], const gan_value fakes[2],
                                gan__terms *terms)
{
    const gan__direct *direct = gan__direct_options_of(t);
    for (int32_t d = 0; d < gan__direct_ways(t) && gan__direct_has_features(direct); d++)
        GAN__TRY(gan__perceptual(t, GAN__DIRECT_FEATURES, fakes[1 - d], x[d], direct->perceptual,
                                 GAN__DIRECT_PERCEPTUAL + d, terms));
    return GAN_OK;
}

gan_status gan__direct_ask(gan_trainer *t, int32_t domain, gan_value samples, gan_value *said)
{
    GAN__TRY(gan__objective_perturb(t, &gan__direct_options_of(t)->game.objective, &samples));
    return gan__trainer_apply(t, GAN__DIRECT_DISCRIMINATOR + domain, "training frozen", &samples,
                              said);
}

gan_status gan__direct_persuade(gan_trainer *t, double weight, gan_value score, gan__terms *terms)
{
    const gan__objective *o = &gan__direct_options_of(t)->game.objective;
    return gan__objective_maker(t, o, score, weight / gan__objective_unit(o), terms);
}

/* ---- discriminators ---- */

gan_status gan__direct_judge(gan_trainer *t, int32_t domain, double weight, gan_value real,
                             gan_value fake, gan__terms *terms)
{
    const gan__objective *o = &gan__direct_options_of(t)->game.objective;
    const int32_t role = GAN__DIRECT_DISCRIMINATOR + domain;
    gan_value x[2] = {real, -1};           /* and fakes, of one shape */
    gan_value said[2 * GAN__MOST_OUTPUTS]; /* of the two, each first the score, (N, h, w, 1) */
    const gan_value *of_fake = said + t->players[role].output_count;
    weight /= gan__objective_unit(o);
    GAN__TRY(gan__history(t, domain, fake, &x[1]));
    GAN__TRY(gan__objective_perturb(t, o, &x[0]));
    GAN__TRY(gan__objective_perturb(t, o, &x[1]));
    GAN__TRY(gan__objective_judge(t, role, x, said));
    GAN__TRY(gan__objective_real(t, o, said[0], weight, terms));
    GAN__TRY(gan__objective_fake(t, o, of_fake[0], weight, terms));
    return gan__objective_measure(t, o, said[0], of_fake[0],
                                  GAN__DIRECT_JUDGEMENTS + domain * GAN__JUDGEMENTS);
}

/* ---- steps ---- */

gan_status gan__direct_descend(gan_trainer *t, int32_t group, const gan__terms *terms)
{
    gan_value loss; /* a number */
    GAN__TRY(gan__trainer_sum(t, terms, group, &loss));
    return gan__trainer_backward(t, loss, group);
}

gan_status gan__direct_please(gan_trainer *t, double weight, const gan_value fakes[2],
                              gan__terms *terms)
{
    gan_value said[GAN__MOST_OUTPUTS]; /* a score, (N, h, w, 1) */
    for (int32_t d = 0; d < gan__direct_ways(t); d++) {
        GAN__TRY(gan__direct_ask(t, 1 - d, fakes[1 - d], said));
        GAN__TRY(gan__direct_persuade(t, weight, said[0], terms));
    }
    return gan__direct_descend(t, GAN__DIRECT_GENERATORS, terms);
}

/* Of each way, what it makes of a few samples, beside a few of where it ends. */
static gan_status direct_depend(gan_trainer *t, const gan_value x[2])
{
    gan_value few[2], made; /* (n, H, W, C) */
    bool known[2];
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__dependence_take(t, GAN__DIRECT_EARLIER + d, x[d], &few[d], &known[d]));
    for (int32_t d = 0; d < gan__direct_ways(t); d++) {
        GAN__TRY(gan__direct_translate(t, d, "evaluation frozen", few[d], &made));
        if (known[0] && known[1])
            GAN__TRY(gan__dependence_compare(t, GAN__DIRECT_XY + d, made, few[1 - d]));
    }
    return GAN_OK;
}

gan_status gan__direct_look(gan_trainer *t, const gan_value x[2], const gan_value fakes[2])
{
    for (int32_t d = 2 - gan__direct_ways(t); d < 2; d++)
        GAN__TRY(gan__warnings_take(t, GAN__DIRECT_XY + 1 - d, fakes[d], x[d], -1));
    if (gan__dependence_is_due(t)) GAN__TRY(direct_depend(t, x));
    for (int32_t d = 0; d < gan__direct_ways(t); d++)
        gan__dependence_measure(t, GAN__DIRECT_XY + d, GAN__DIRECT_DEPENDENCE + d);
    return GAN_OK;
}

gan_status gan__direct_step(gan_trainer *t,
                            gan_status (*generators)(gan_trainer *trainer, const gan_value x[2],
                                                     gan_value fakes[2]))
{
    static const int32_t groups[] = {GAN__DIRECT_GENERATORS, GAN__DIRECT_DISCRIMINATORS};
    gan_value x[2], fakes[2] = {-1, -1}; /* by domain */
    gan__terms terms = {.count = 0};
    GAN__TRY(gan__direct_draw(t, x));
    GAN__TRY(generators(t, x, fakes));
    for (int32_t d = 2 - gan__direct_ways(t); d < 2; d++)
        GAN__TRY(gan__direct_judge(t, d, 0.5, x[d], fakes[d], &terms));
    GAN__TRY(gan__direct_descend(t, GAN__DIRECT_DISCRIMINATORS, &terms));
    GAN__TRY(gan__direct_look(t, x, fakes));
    return gan__trainer_update_last(t, groups, 2);
}

/* ---- rows ---- */

const gan__space_row gan__direct_spaces[4] = {
    [GAN__DIRECT_X] = {"x", GAN__SPACE_PICTURE, NULL},
    [GAN__DIRECT_Y] = {"y", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
    {"features", GAN__SPACE_SCORE, NULL},
};

const gan__feed_row gan__direct_feeds[2] = {GAN__DIRECT_FEEDS};

const gan__pool_row gan__direct_pools[GAN__DIRECT_POOLS] = {
    [GAN__DIRECT_X] = {"x", "x", gan__direct_history},
    [GAN__DIRECT_Y] = {"y", "y", gan__direct_history},
    [GAN__DIRECT_EARLIER] = {"earlier.x", "x", gan__direct_earlier},
    {"earlier.y", "y", gan__direct_earlier},
};
