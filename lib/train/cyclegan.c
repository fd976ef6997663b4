/* cyclegan.c: translation between two domains without pairs (Zhu, Park, Isola and Efros, "Unpaired
 * image-to-image translation using cycle-consistent adversarial networks", 2017, sections 3 and 4;
 * order, identity and history as the authors' program has them).
 *
 *     draw real samples x and y
 *     xy and yx descend
 *         (D_y(xy(x)) - 1)^2 + (D_x(yx(y)) - 1)^2
 *         + cycle * (|yx(xy(x)) - x| + |xy(yx(y)) - y|)
 *         + cycle * identity * (|yx(x) - x| + |xy(y) - y|)
 *     D_x and D_y descend, on the fakes of before that update and on older ones,
 *         ((D_x(x) - 1)^2 + D_x(history(yx(y)))^2) / 2 + (likewise of y) / 2
 *
 * all of them means. That is loss=lsgan; objective.c has the others. With a frozen encoder as the
 * role `features`, xy and yx descend besides
 *         perceptual * (|features(xy(x)) - features(x)|^2 + likewise of y)
 *
 * With directions=1 only the terms of the way from x, and of D_y, are there. A generator that
 * ignores what it is given makes a good fake of nothing: dependence.*, loss.cycle.* and
 * loss.identity.* show it, where the scores do not. */
#include "train/direct.h"

static const gan__option cycle_own[] = {
    {"cycle", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(gan__direct, cycle),
     "weight of the way there and back, which ends where it began"},
    {"identity", GAN__OPTION_REAL, 0, "0.5", 0, 1e6, NULL, offsetof(gan__direct, identity),
     "what is of a generator's target already stays as it is, with the weight identity * cycle; "
     "0: nothing is asked, and x and y may have unlike shapes"},
};

static const gan__option_default cycle_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default cycle_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block cycle_blocks[] = {
    GAN__BLOCK(cycle_own),
    GAN__BLOCK(gan__direct_pool_options),
    GAN__BLOCK(gan__direct_options),
    GAN__BLOCK_IN(gan__objective_options, gan__direct, game.objective, cycle_objective),
    GAN__BLOCK_IN(gan__trainer_common_options, gan__direct, game.common, cycle_common),
};

/* The way down of both generators, on samples of x and of y; fakes[d] is of domain d. */
static gan_status cycle_generators(gan_trainer *t, const gan_value x[2], gan_value fakes[2])
{
    const gan__direct *cycle = gan__direct_options_of(t);
    const int32_t ways = gan__direct_ways(t);
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < ways; d++) {
        GAN__TRY(gan__direct_translate(t, d, "training", x[d], &fakes[1 - d]));
        GAN__TRY(gan__direct_return(t, d, "l1", cycle->cycle, x[d], fakes[1 - d], &terms));
    }
    GAN__TRY(gan__direct_keep(t, cycle->cycle * cycle->identity, x, &terms));
    GAN__TRY(gan__direct_resemble(t, x, fakes, &terms));
    return gan__direct_please(t, 1, fakes, &terms);
}

static gan_status cycle_step(gan_trainer *t)
{
    return gan__direct_step(t, cycle_generators);
}

/* ---- the table ---- */

static const gan__role_row cycle_roles[] = {GAN__DIRECT_ROLES("score", NULL)};

static const gan__value_row cycle_values[] = {
    [GAN__DIRECT_GENERATORS] = {"loss.generators", NULL, "what xy and yx descend"},
    [GAN__DIRECT_DISCRIMINATORS] = {"loss.discriminators", NULL,
                                    "what both discriminators "
                                    "descend"},
    GAN__DIRECT_MEASURES,
    GAN__DIRECT_BACK_ROWS("|", "|"),
};

static const gan__warning_row cycle_warnings[] = {GAN__DIRECT_WARNINGS(NULL)};

extern const gan__trainer_kind gan__trainer_cyclegan;
const gan__trainer_kind gan__trainer_cyclegan = {
    .kind = {.name = "cyclegan",
             .help = "translation between two domains, there and back, without pairs",
             GAN__BLOCKS(cycle_blocks),
             .size = sizeof(gan__direct),
             .check = gan__direct_check},
    GAN__ROWS(space, gan__direct_spaces),
    GAN__ROWS(role, cycle_roles),
    GAN__ROWS(feed, gan__direct_feeds),
    GAN__ROWS(pool, gan__direct_pools),
    GAN__ROWS(value, cycle_values),
    GAN__ROWS(warning, cycle_warnings),
    .reference = gan__direct_reference,
    .step = cycle_step,
};
