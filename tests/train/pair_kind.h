/* pair_kind.h: a trainer kind with two roles in each group, as in coupled GANs: two generators make
 * a picture each of one z, two discriminators judge them, so that roles of one group may share
 * parts. A teacher, which nobody trains, may take part.
 *
 *     repeat `first` times: the discriminators climb
 *     both groups climb on the same fakes, and are updated together
 *
 * With turns=yes an even step trains x alone, an odd one y. pair_open makes the kind known. */
#ifndef GAN_TEST_PAIR_KIND_H
#define GAN_TEST_PAIR_KIND_H

#include "rig.h"

#include "base/context.h"
#include "train/latent.h"

enum { PAIR_GENERATOR, PAIR_DISCRIMINATOR, PAIR_TEACHER }; /* rows of roles */
enum { PAIR_REAL, PAIR_NOISE };                            /* and of feeds */
enum { PAIR_GENERATORS, PAIR_DISCRIMINATORS };             /* groups, and values: their losses */

typedef struct pair_options {
    gan__trainer_common common;
    gan__latent latent;
    int64_t first;
    int32_t turns;
} pair_options;

static const gan__option pair_own[] = {
    {"first", GAN__OPTION_INTEGER, 0, "0", 0, 9, NULL, offsetof(pair_options, first),
     "updates of the discriminators before both groups are updated"},
    {"turns", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(pair_options, turns),
     "an even step trains x alone, an odd one y"},
};

static const gan__option_block pair_blocks[] = {
    GAN__BLOCK(pair_own),
    GAN__BLOCK_IN(gan__latent_options, pair_options, latent, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, pair_options, common, NULL),
};

static const char *pair_domains(const void *options)
{
    (void)options;
    return "x,y";
}

static const char *pair_reference(const void *options, const char *group)
{
    (void)options;
    return !strcmp(group, "generators") ? "adam lr=0.01" : "adam lr=0.02";
}

static gan__prior pair_prior(const void *options)
{
    return gan__latent_prior(&((const pair_options *)options)->latent);
}

static bool pair_plays(const gan_trainer *t, int32_t domain)
{
    const pair_options *options = t->options;
    return !options->turns || t->steps % 2 == domain;
}

static gan_status pair_add(gan_trainer *t, const char *loss, gan_value score, gan__terms *terms)
{
    gan_value term;
    GAN__TRY(gan_tape_loss(t->tape, loss, &score, 1, &term));
    gan__terms_add(terms, term, 1);
    return GAN_OK;
}

/* What the teacher says of x, as far as the generator can change it. */
static gan_status pair_ask_teacher(gan_trainer *t, const gan_value *fake, gan__terms *terms)
{
    const int32_t teacher = gan__cast_role_at(t->cast, PAIR_TEACHER);
    gan_value score;
    if (!t->players[teacher].model) return GAN_OK;
    GAN__TRY(gan__trainer_apply(t, teacher, "training frozen", fake, &score));
    return pair_add(t, "mse target=1", score, terms);
}

/* The terms of one domain, of both groups. */
static gan_status pair_play(gan_trainer *t, int32_t domain, gan_value z, gan__terms terms[2])
{
    const int32_t g = gan__cast_role_at(t->cast, PAIR_GENERATOR) + domain;
    const int32_t d = gan__cast_role_at(t->cast, PAIR_DISCRIMINATOR) + domain;
    gan_value x, fake, detached, score;
    GAN__TRY(gan__trainer_batch(t, gan__cast_feed_at(t->cast, PAIR_REAL) + domain, &x));
    GAN__TRY(gan__trainer_apply(t, g, "training", &z, &fake));
    GAN__TRY(gan_tape_detach(t->tape, fake, &detached));
    GAN__TRY(gan__trainer_apply(t, d, "training", &x, &score));
    GAN__TRY(pair_add(t, "bce_logits target=1", score, &terms[PAIR_DISCRIMINATORS]));
    GAN__TRY(gan__trainer_apply(t, d, "training", &detached, &score));
    GAN__TRY(pair_add(t, "bce_logits target=0", score, &terms[PAIR_DISCRIMINATORS]));
    GAN__TRY(gan__trainer_apply(t, d, "training frozen", &fake, &score));
    GAN__TRY(pair_add(t, "bce_logits target=1", score, &terms[PAIR_GENERATORS]));
    return domain == 0 ? pair_ask_teacher(t, &fake, &terms[PAIR_GENERATORS]) : GAN_OK;
}

static gan_status pair_round(gan_trainer *t, gan_value losses[2])
{
    gan__terms terms[2] = {{.count = 0}, {.count = 0}};
    gan_value z;
    GAN__TRY(gan_tape_reset(t->tape));
    t->batch = gan__trainer_options(t)->batch;
    GAN__TRY(gan__latent_noise(t, 0, gan__cast_feed_at(t->cast, PAIR_NOISE), &z));
    for (int32_t domain = 0; domain < 2; domain++)
        if (pair_plays(t, domain)) GAN__TRY(pair_play(t, domain, z, terms));
    for (int32_t group = 0; group < 2; group++)
        GAN__TRY(gan__trainer_sum(t, &terms[group], group, &losses[group]));
    return GAN_OK;
}

static gan_status pair_step(gan_trainer *t)
{
    static const int32_t groups[2] = {PAIR_GENERATORS, PAIR_DISCRIMINATORS};
    const pair_options *options = t->options;
    gan_value losses[2];
    for (int64_t i = 0; i < options->first; i++) {
        GAN__TRY(pair_round(t, losses));
        GAN__TRY(gan__trainer_backward(t, losses[PAIR_DISCRIMINATORS], PAIR_DISCRIMINATORS));
        GAN__TRY(gan__trainer_update(t, PAIR_DISCRIMINATORS));
    }
    GAN__TRY(pair_round(t, losses));
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__trainer_backward(t, losses[i], groups[i]));
    return gan__trainer_update_last(t, groups, 2);
}

static const gan__space_row pair_spaces[] = {{"noise", GAN__SPACE_NOISE, pair_prior},
                                             {"*", GAN__SPACE_PICTURE, NULL},
                                             {"score", GAN__SPACE_SCORE, NULL}};

static const gan__role_row pair_roles[] = {
    [PAIR_GENERATOR] = {"generator_*", "generators", "noise > *", 0, NULL, "makes samples"},
    [PAIR_DISCRIMINATOR] = {"discriminator_*", "discriminators", "* > score", 0, NULL,
                            "scores samples"},
    [PAIR_TEACHER] = {"teacher", NULL, "x > score", GAN__ROLE_OPTIONAL, NULL, "is not trained"}};

static const gan__feed_row pair_feeds[] = {
    [PAIR_REAL] = {"real_*", "image", "*", 0, "real samples", 0, NULL},
    [PAIR_NOISE] = {"noise", NULL, "noise", GAN__FEED_BY_HAND, "z", 0, NULL}};

static const gan__value_row pair_values[] = {
    [PAIR_GENERATORS] = {"loss.generators", NULL, "what the generators descend"},
    [PAIR_DISCRIMINATORS] = {"loss.discriminators", NULL, "what the discriminators descend"}};

static const gan__trainer_kind pair_kind = {
    .kind = {.name = "pair",
             .help = "two generators and two discriminators that may share parts",
             GAN__BLOCKS(pair_blocks),
             .size = sizeof(pair_options)},
    GAN__ROWS(space, pair_spaces),
    GAN__ROWS(role, pair_roles),
    GAN__ROWS(feed, pair_feeds),
    GAN__ROWS(value, pair_values),
    .domains = pair_domains,
    .reference = pair_reference,
    .step = pair_step,
};

/* rig_open, with this kind beside that of the library. */
static void pair_open(int batch, const char *file)
{
    static const gan__kind *kinds[2];
    rig_open(batch, file);
    kinds[0] = &gan__trainer_kinds[0]->kind;
    kinds[1] = &pair_kind.kind;
    context->trainer_kinds = kinds;
    context->trainer_kind_count = 2;
}

static const char *const pair_names[4] = {"generator_x", "generator_y", "discriminator_x",
                                          "discriminator_y"};

TEST_UNUSED static gan_trainer *make_pair(const char *spec, gan_model *const models[4])
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < 4; i++) must(gan_trainer_set_model(t, pair_names[i], models[i]));
    return t;
}

TEST_UNUSED static gan_status pair_try(gan_trainer *trainer)
{
    must(gan_trainer_feed(trainer, "real_x", real));
    must(gan_trainer_feed(trainer, "real_y", real));
    return gan_trainer_step(trainer);
}

#endif
