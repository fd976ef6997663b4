/* direct.h: translation from one domain straight into another, without pairs: what its kinds have
 * in common. Two generators, two discriminators, and of the domain d the other one is 1 - d.
 *
 * With directions=1 only samples of y are made for somebody to judge: the discriminator of x has no
 * part, and yx none but the way back. */
#ifndef GAN__DIRECT_H
#define GAN__DIRECT_H

#include "train/consistency.h"
#include "train/dependence.h"
#include "train/game.h"

enum { GAN__DIRECT_X, GAN__DIRECT_Y }; /* spaces, feeds and pools: the domains */
enum {                                 /* roles, the first four by domain: of what they are given */
       GAN__DIRECT_XY,
       GAN__DIRECT_DISCRIMINATOR = 2,
       GAN__DIRECT_FEATURES = 4
};
enum { GAN__DIRECT_GENERATORS, GAN__DIRECT_DISCRIMINATORS }; /* groups, and their losses */
enum {                                                       /* further values, by domain */
       GAN__DIRECT_SAME = 2,
       GAN__DIRECT_PERCEPTUAL = 4,
       GAN__DIRECT_DEPENDENCE = 6,
       GAN__DIRECT_JUDGEMENTS = 8,
       GAN__DIRECT_VALUES = GAN__DIRECT_JUDGEMENTS + 2 * GAN__JUDGEMENTS, /* of all kinds, */
       GAN__DIRECT_BACK = GAN__DIRECT_VALUES, /* of those with a cycle */
       GAN__DIRECT_CYCLE_VALUES = GAN__DIRECT_BACK + 2
};
enum { GAN__DIRECT_EARLIER = 2, GAN__DIRECT_POOLS = 4 }; /* pools, behind the histories */

/* What the options of such a kind begin with; what a kind does not offer is 0. */
typedef struct gan__direct {
    gan__game game;
    double cycle, identity, perceptual;
    int64_t pool, directions;
} gan__direct;

static inline const gan__direct *gan__direct_options_of(const gan_trainer *trainer)
{
    return trainer->options;
}

/* perceptual= directions=. */
extern const gan__option gan__direct_options[2];
extern const gan__option gan__direct_pool_options[1];

/* Functions of rows: whether y is translated too, a generator is given samples of its own target,
 * in both directions, or features are compared, in both directions; fakes that are kept, and
 * pictures, for dependence.h. */
bool gan__direct_has_both(const void *options);
bool gan__direct_has_identity(const void *options);
bool gan__direct_has_identities(const void *options);
bool gan__direct_has_features(const void *options);
bool gan__direct_has_likenesses(const void *options);
int64_t gan__direct_history(const void *options);
int64_t gan__direct_earlier(const void *options);

/* A kind's check: refuses the losses of critics, whose slope it does not bound. */
gan_status gan__direct_check(gan_context *context, const void *options);

/* The reference setting of both optimisers of cyclegan. */
const char *gan__direct_reference(const void *options, const char *group);

/* Of a kind whose steps are unlike: see gan__dependence_is_due. */
int64_t gan__direct_rounds(const gan_trainer *trainer);

/* ---- for steps: samples of x, (N, H, W, C), and of y, which may have other sizes ---- */

/* As many ways as are judged: that from domain 0, and from domain 1. */
static inline int32_t gan__direct_ways(const gan_trainer *trainer)
{
    return (int32_t)gan__direct_options_of(trainer)->directions;
}

/* Begins a round of a step: x[d] are samples of domain d. */
gan_status gan__direct_draw(gan_trainer *trainer, gan_value x[2]);

/* Samples of the other domain, made of these. */
gan_status gan__direct_translate(gan_trainer *trainer, int32_t from, const char *mode, gan_value x,
                                 gan_value *made);

/* The way back of what was made of x, which ends at x: adds weight * loss, such as "l1". */
gan_status gan__direct_return(gan_trainer *trainer, int32_t from, const char *loss, double weight,
                              gan_value x, gan_value made, gan__terms *terms);

/* What is of a generator's target already stays as it is: adds weight * |other > d of x[d] - x[d]|
 * for each direction, and its gradient there and then, so that one pass has the memory of the one
 * before; as a term it is a number. Nothing with identity=0. */
gan_status gan__direct_keep(gan_trainer *trainer, double weight, const gan_value x[2],
                            gan__terms *terms);

/* What a sample is made into has its features. Nothing with perceptual=0. */
gan_status gan__direct_resemble(gan_trainer *trainer, const gan_value x[2],
                                const gan_value fakes[2], gan__terms *terms);

/* What the discriminator of a domain, which stays as it is, says of samples: `said` has room for
 * all of its outputs, of which the score is the first. */
gan_status gan__direct_ask(gan_trainer *trainer, int32_t domain, gan_value samples,
                           gan_value *said);

/* What fakes with that score are worth to who made them. */
gan_status gan__direct_persuade(gan_trainer *trainer, double weight, gan_value score,
                                gan__terms *terms);

/* A domain's discriminator tells real samples from fakes of now and before. Its further outputs are
 * of no account. */
gan_status gan__direct_judge(gan_trainer *trainer, int32_t domain, double weight, gan_value real,
                             gan_value fake, gan__terms *terms);

/* What a group descends: measured, and its gradients there. */
gan_status gan__direct_descend(gan_trainer *trainer, int32_t group, const gan__terms *terms);

/* The same of all ways' fakes, and the end of a generators' turn: they descend this and what the
 * terms have. */
gan_status gan__direct_please(gan_trainer *trainer, double weight, const gan_value fakes[2],
                              gan__terms *terms);

/* What a step has made, at its end, for warnings and dependence.h; fakes[d] are of domain d. */
gan_status gan__direct_look(gan_trainer *trainer, const gan_value x[2], const gan_value fakes[2]);

/* The step of two kinds: the generators, of which only they differ; then the discriminators, on the
 * fakes of before the generators' update and on older ones, each with half a loss. */
gan_status gan__direct_step(gan_trainer *trainer,
                            gan_status (*generators)(gan_trainer *trainer, const gan_value x[2],
                                                     gan_value fakes[2]));

/* ---- rows of the tables: each begins at [0] ---- */

extern const gan__space_row gan__direct_spaces[4];
extern const gan__feed_row gan__direct_feeds[2];
extern const gan__pool_row gan__direct_pools[GAN__DIRECT_POOLS];

#define GAN__DIRECT_FEEDS                                                            \
    [GAN__DIRECT_X] = {"x", "image", "x", 0, "real samples of one domain", 0, NULL}, \
    [GAN__DIRECT_Y] = {"y", "image", "y", 0, "real samples of the other, no pairs", 0, NULL}

/* `says`: what a discriminator's outputs are; `back`: whether yx has a part. */
#define GAN__DIRECT_ROLES(says, back)                                                              \
    [GAN__DIRECT_XY] = {"xy", "generators", "x > y", 0, NULL, "makes samples of y of those of x"}, \
    {"yx", "generators", "y > x", 0, back, "makes samples of x of those of y"},                    \
    [GAN__DIRECT_DISCRIMINATOR] = {"discriminator_x",    "discriminators",                         \
                                   "x > " says,          0,                                        \
                                   gan__direct_has_both, "scores samples of x: real ones higher"}, \
    {"discriminator_y",                                                                            \
     "discriminators",                                                                             \
     "y > " says,                                                                                  \
     0,                                                                                            \
     NULL,                                                                                         \
     "scores samples of y: real ones higher"},                                                     \
    [GAN__DIRECT_FEATURES] = {"features",                                                          \
                              NULL,                                                                \
                              "x|y > features",                                                    \
                              0,                                                                   \
                              gan__direct_has_features,                                            \
                              "frozen: what a sample and what is made of it have in common"}

/* Behind the losses: what is measured whatever the kind. */
#define GAN__DIRECT_MEASURES                                                                  \
    [GAN__DIRECT_SAME] = {"loss.identity.x", gan__direct_has_identities, "mean |yx(x) - x|"}, \
    {"loss.identity.y", gan__direct_has_identity, "mean |xy(y) - y|"},                        \
    [GAN__DIRECT_PERCEPTUAL] = {"loss.perceptual.x", gan__direct_has_features,                \
                                "mean square of features(xy(x)) - features(x)"},              \
    {"loss.perceptual.y", gan__direct_has_likenesses,                                         \
     "mean square of features(yx(y)) - features(y)"},                                         \
    [GAN__DIRECT_DEPENDENCE] = GAN__DEPENDENCE_ROW("xy", NULL),                               \
    GAN__DEPENDENCE_ROW("yx", gan__direct_has_both),                                          \
    [GAN__DIRECT_JUDGEMENTS] = GAN__JUDGEMENT_ROWS_IF(".x", gan__direct_has_both),            \
    GAN__JUDGEMENT_ROWS_OF(".y")

/* And where there is a way back; `loss` is what is between the bars. */
#define GAN__DIRECT_BACK_ROWS(open, close)                                           \
    [GAN__DIRECT_BACK] = {"loss.cycle.x", NULL, "mean " open "yx(xy(x)) - x" close}, \
    {                                                                                \
        "loss.cycle.y", gan__direct_has_both, "mean " open "xy(yx(y)) - y" close     \
    }

#define GAN__DIRECT_TOLD(d)                                                   \
    {                                                                         \
        GAN__DIRECT_JUDGEMENTS + (d)*GAN__JUDGEMENTS + GAN__ACCURACY_REAL,    \
            GAN__DIRECT_JUDGEMENTS + (d)*GAN__JUDGEMENTS + GAN__ACCURACY_FAKE \
    }
#define GAN__DIRECT_WARNINGS(may_be_won)                                                         \
    {&gan__warning_collapse, GAN__DIRECT_XY, {0, 0}, NULL},                                      \
        {&gan__warning_collapse, GAN__DIRECT_XY + 1, {0, 0}, gan__direct_has_both},              \
        {&gan__warning_saturation, GAN__DIRECT_XY, {0, 0}, NULL},                                \
        {&gan__warning_saturation, GAN__DIRECT_XY + 1, {0, 0}, gan__direct_has_both},            \
        {&gan__warning_victory, GAN__DIRECT_DISCRIMINATOR, GAN__DIRECT_TOLD(0), may_be_won},     \
        {&gan__warning_victory, GAN__DIRECT_DISCRIMINATOR + 1, GAN__DIRECT_TOLD(1), may_be_won}, \
        {&gan__warning_swing,                                                                    \
         GAN__DIRECT_DISCRIMINATOR + 1,                                                          \
         {GAN__DIRECT_DISCRIMINATORS, 0},                                                        \
         NULL},                                                                                  \
        {&gan__warning_ignored, GAN__DIRECT_XY, {0, 0}, NULL},                                   \
    {                                                                                            \
        &gan__warning_ignored, GAN__DIRECT_XY + 1, {0, 0}, gan__direct_has_both                  \
    }

#endif
