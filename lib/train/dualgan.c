/* dualgan.c: translation between two domains without pairs (Yi, Zhang, Tan and Gong, "DualGAN:
 * unsupervised dual learning for image-to-image translation", 2017, algorithm 1).
 *
 *     repeat d_steps times:
 *         draw real samples x and y
 *         D_x and D_y descend   D_x(yx(y)) - D_x(x) + D_y(xy(x)) - D_y(y) + penalties
 *         all their weights are cut to [-clip, clip]
 *     xy and yx descend, on the last of these samples,
 *         - D_y(xy(x)) - D_x(yx(y)) + cycle * (|yx(xy(x)) - x| + |xy(yx(y)) - y|)
 *
 * all of them means. That is loss=wgan; with loss=wgan_gp there is a penalty on the slope in the
 * place of the cut (penalty.c), and objective.c has the others. With identity= and perceptual= xy
 * and yx descend besides what cyclegan's do. With directions=1 only the way from x is judged. */
#include "train/direct.h"

enum { DUAL_EPSILON = 2 };                        /* feeds, by domain */
enum { DUAL_PENALTY = GAN__DIRECT_CYCLE_VALUES }; /* values, two by domain */

static const gan__option dual_own[] = {
    {"cycle", GAN__OPTION_REAL, 0, "500", 0, 1e6, NULL, offsetof(gan__direct, cycle),
     "weight of the way there and back, which ends where it began"},
    {"identity", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__direct, identity),
     "what is of a generator's target already stays as it is, with this weight; 0: nothing is "
     "asked, and x and y may have unlike shapes"},
    {"d_steps", GAN__OPTION_INTEGER, 0, "1", 1, 1000, NULL,
     offsetof(gan__direct, game.turns.d_steps),
     "updates of the discriminators for one of the generators"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__direct, game.turns.clip),
     "loss=wgan: the discriminators' parameters stay in [-clip, clip]; 0: 0.01, with a penalty "
     "they are not cut"},
};

static const gan__option_default dual_objective[] = {{"loss", "wgan"}, {NULL, NULL}};
static const gan__option_default dual_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block dual_blocks[] = {
    GAN__BLOCK(dual_own),
    GAN__BLOCK(gan__direct_options),
    GAN__BLOCK_IN(gan__objective_options, gan__direct, game.objective, dual_objective),
    GAN__BLOCK_IN(gan__penalty_options, gan__direct, game.penalty, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, gan__direct, game.common, dual_common),
};

static const char *dual_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "rmsprop lr=5e-5 alpha=0.9";
}

static bool dual_has_penalties(const void *options)
{
    return gan__game_has_penalty(options) && gan__direct_has_both(options);
}

static bool dual_penalties_draw(const void *options)
{
    return gan__game_penalty_draws(options) && gan__direct_has_both(options);
}

static int64_t dual_rounds(const gan_trainer *t)
{
    return gan__game_rounds(t) > 1 ? gan__direct_rounds(t) : 1;
}

/* ---- the step: of samples x, (N, H, W, C), and y, which may have other sizes ---- */

/* Between real samples and fakes, which are as many as what they were made of, lie as many. */
static gan_status dual_draw(gan_trainer *t, gan_value x[2])
{
    const gan__penalty *penalty = &gan__direct_options_of(t)->game.penalty;
    int64_t of_x[4], of_y[4];
    GAN__TRY(gan__direct_draw(t, x));
    if (!gan__penalty_is_there(penalty) || penalty->kind != GAN__PENALTY_WGAN_GP) return GAN_OK;
    GAN__TRY(gan_tape_shape(t->tape, x[0], of_x));
    GAN__TRY(gan_tape_shape(t->tape, x[1], of_y));
    if (of_x[0] == of_y[0]) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: %lld samples of 'x' and %lld of 'y': the penalty lies between a "
                     "domain's samples and fakes made of as many of the other",
                     t->kind->kind.name, (long long)of_x[0], (long long)of_y[0]);
}

static gan_status dual_judge(gan_trainer *t, int32_t domain, gan_value real, gan_value fake,
                             gan__terms *terms)
{
    const gan__penalised place = {GAN__DIRECT_DISCRIMINATOR + domain, DUAL_EPSILON + domain,
                                  DUAL_PENALTY + 2 * domain, 1};
    const double unit = gan__objective_unit(&gan__direct_options_of(t)->game.objective);
    gan_value made; /* the fakes, without a way back */
    GAN__TRY(gan__direct_judge(t, domain, unit, real, fake, terms));
    GAN__TRY(gan_tape_detach(t->tape, fake, &made));
    return gan__penalise(t, &place, &real, &made, terms);
}

static gan_status dual_discriminators(gan_trainer *t, const gan_value x[2],
                                      const gan_value fakes[2])
{
    const double clip = gan__direct_options_of(t)->game.turns.clip;
    const int32_t first = 2 - gan__direct_ways(t);
    gan__terms terms = {.count = 0};
    for (int32_t d = first; d < 2; d++) GAN__TRY(dual_judge(t, d, x[d], fakes[d], &terms));
    GAN__TRY(gan__direct_descend(t, GAN__DIRECT_DISCRIMINATORS, &terms));
    GAN__TRY(gan__trainer_update(t, GAN__DIRECT_DISCRIMINATORS));
    for (int32_t d = first; d < 2 && clip > 0; d++)
        GAN__TRY(gan__trainer_clamp(t, GAN__DIRECT_DISCRIMINATOR + d, clip));
    return GAN_OK;
}

static gan_status dual_generators(gan_trainer *t, const gan_value x[2], const gan_value fakes[2])
{
    const gan__direct *dual = gan__direct_options_of(t);
    const double unit = gan__objective_unit(&dual->game.objective);
    const int32_t ways = gan__direct_ways(t);
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < ways; d++)
        GAN__TRY(gan__direct_return(t, d, "l1", dual->cycle, x[d], fakes[1 - d], &terms));
    GAN__TRY(gan__direct_keep(t, dual->identity, x, &terms));
    GAN__TRY(gan__direct_resemble(t, x, fakes, &terms));
    return gan__direct_please(t, unit, fakes, &terms);
}

static gan_status dual_step(gan_trainer *t)
{
    const int64_t turns = gan__direct_options_of(t)->game.turns.d_steps;
    const int32_t group = GAN__DIRECT_GENERATORS;
    gan_value x[2], fakes[2] = {-1, -1}; /* by domain */
    for (int64_t i = 0; i < turns; i++) {
        const char *mode = i < turns - 1 ? "training frozen" : "training";
        GAN__TRY(dual_draw(t, x));
        for (int32_t d = 0; d < gan__direct_ways(t); d++)
            GAN__TRY(gan__direct_translate(t, d, mode, x[d], &fakes[1 - d]));
        GAN__TRY(dual_discriminators(t, x, fakes));
    }
    GAN__TRY(dual_generators(t, x, fakes));
    GAN__TRY(gan__direct_look(t, x, fakes));
    return gan__trainer_update_last(t, &group, 1);
}

/* ---- the table ---- */

static const gan__role_row dual_roles[] = {GAN__DIRECT_ROLES("score", NULL)};

static const gan__feed_row dual_feeds[] = {
    GAN__DIRECT_FEEDS,
    [DUAL_EPSILON] = GAN__PENALTY_FEED_OF(".x", dual_penalties_draw),
    GAN__PENALTY_FEED_OF(".y", gan__game_penalty_draws),
};

static const gan__value_row dual_values[] = {
    [GAN__DIRECT_GENERATORS] = {"loss.generators", NULL, "what xy and yx descend"},
    [GAN__DIRECT_DISCRIMINATORS] = {"loss.discriminators", NULL,
                                    "what both discriminators "
                                    "descend"},
    GAN__DIRECT_MEASURES,
    GAN__DIRECT_BACK_ROWS("|", "|"),
    [DUAL_PENALTY] = GAN__PENALTY_ROWS_OF(".x", dual_has_penalties),
    GAN__PENALTY_ROWS_OF(".y", gan__game_has_penalty),
};

static const gan__warning_row dual_warnings[] = {GAN__DIRECT_WARNINGS(gan__game_may_be_won)};

extern const gan__trainer_kind gan__trainer_dualgan;
const gan__trainer_kind gan__trainer_dualgan = {
    .kind = {.name = "dualgan",
             .help = "translation between two domains by two critics, there and back",
             GAN__BLOCKS(dual_blocks),
             .size = sizeof(gan__direct),
             .settle = gan__game_settle,
             .check = gan__game_check},
    GAN__ROWS(space, gan__direct_spaces),
    GAN__ROWS(role, dual_roles),
    GAN__ROWS(feed, dual_feeds),
    GAN__ROWS(pool, gan__direct_pools),
    GAN__ROWS(value, dual_values),
    GAN__ROWS(warning, dual_warnings),
    .reference = dual_reference,
    .rounds = dual_rounds,
    .step = dual_step,
};
