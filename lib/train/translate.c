/* translate.c: translation from one domain into another without pairs, and without a way back: the
 * naive way.
 *
 *     draw real samples x and y
 *     xy descends
 *         (D_y(xy(x)) - 1)^2 + identity * |xy(y) - y|
 *     D_y descends, on the fakes of before that update and on older ones,
 *         ((D_y(y) - 1)^2 + D_y(history(xy(x)))^2) / 2
 *
 * all of them means: cyclegan without its cycle, with the same losses, order and history, so that
 * the two can be compared. With directions=2 yx and D_x do the same the other way round, each pair
 * for itself. With a frozen encoder as the role `features`, xy descends besides
 *         perceptual * |features(xy(x)) - features(x)|^2
 *
 * Nothing but that asks that xy(x) has to do with x: any picture of y pleases D_y. dependence.xy
 * shows whether it has, and the warning `ignored` tells of it. */
#include "train/direct.h"

static const gan__option translate_own[] = {
    {"identity", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__direct, identity),
     "what is of a generator's target already stays as it is, with this weight; 0: nothing is "
     "asked, and x and y may have unlike shapes"},
};

static const gan__option_default translate_direct[] = {{"directions", "1"}, {NULL, NULL}};
static const gan__option_default translate_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default translate_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block translate_blocks[] = {
    GAN__BLOCK(translate_own),
    GAN__BLOCK(gan__direct_pool_options),
    GAN__BLOCK_IN(gan__direct_options, gan__direct, game.common, translate_direct),
    GAN__BLOCK_IN(gan__objective_options, gan__direct, game.objective, translate_objective),
    GAN__BLOCK_IN(gan__trainer_common_options, gan__direct, game.common, translate_common),
};

/* The way down of the generators, on samples of x and of y; fakes[d] is of domain d. */
static gan_status translate_generators(gan_trainer *t, const gan_value x[2], gan_value fakes[2])
{
    const gan__direct *translate = gan__direct_options_of(t);
    const int32_t ways = gan__direct_ways(t);
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < ways; d++)
        GAN__TRY(gan__direct_translate(t, d, "training", x[d], &fakes[1 - d]));
    GAN__TRY(gan__direct_keep(t, translate->identity, x, &terms));
    GAN__TRY(gan__direct_resemble(t, x, fakes, &terms));
    return gan__direct_please(t, 1, fakes, &terms);
}

static gan_status translate_step(gan_trainer *t)
{
    return gan__direct_step(t, translate_generators);
}

/* ---- the table ---- */

static const gan__role_row translate_roles[] = {GAN__DIRECT_ROLES("score", gan__direct_has_both)};

static const gan__value_row translate_values[] = {
    [GAN__DIRECT_GENERATORS] = {"loss.generators", NULL, "what xy descends, and yx"},
    [GAN__DIRECT_DISCRIMINATORS] = {"loss.discriminators", NULL, "what their opponents descend"},
    GAN__DIRECT_MEASURES,
};

static const gan__warning_row translate_warnings[] = {GAN__DIRECT_WARNINGS(NULL)};

extern const gan__trainer_kind gan__trainer_translate;
const gan__trainer_kind gan__trainer_translate = {
    .kind = {.name = "translate",
             .help = "translation into another domain, without pairs and without a way back",
             GAN__BLOCKS(translate_blocks),
             .size = sizeof(gan__direct),
             .check = gan__direct_check},
    GAN__ROWS(space, gan__direct_spaces),
    GAN__ROWS(role, translate_roles),
    GAN__ROWS(feed, gan__direct_feeds),
    GAN__ROWS(pool, gan__direct_pools),
    GAN__ROWS(value, translate_values),
    GAN__ROWS(warning, translate_warnings),
    .reference = gan__direct_reference,
    .step = translate_step,
};
