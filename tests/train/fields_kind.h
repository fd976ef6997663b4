/* fields_kind.h: a trainer kind with a condition, after GAN-CLS (Reed et al., 2016): pictures come
 * with their labels or vectors, and with partners of another condition.
 *
 *     discriminator descends  real, matched: 1; mismatched: 0; fake: 0
 *     generator descends      fake: 1, and mean features of the teacher, if there is one
 *
 * What the last step saw is kept for the tests. The teacher, frozen, looks at pictures and at other
 * ones, which some data set may bring. */
#ifndef GAN_TEST_FIELDS_KIND_H
#define GAN_TEST_FIELDS_KIND_H

#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "base/context.h"
#include "train/latent.h"
#include "train/trainer.h"

enum { FIELDS_NOISE, FIELDS_IMAGE };                             /* spaces */
enum { FIELDS_GENERATOR, FIELDS_DISCRIMINATOR, FIELDS_TEACHER }; /* roles */
enum { FIELDS_REAL, FIELDS_MISMATCHED, FIELDS_Z, FIELDS_OTHER }; /* feeds */
enum { FIELDS_LOSS_G, FIELDS_LOSS_D };                           /* values, groups */
enum { FIELDS_SEEN_IMAGE, FIELDS_SEEN_CONDITION, FIELDS_SEEN_PARTNER, FIELDS_SEEN };

typedef struct fields_options {
    gan__trainer_common common;
    gan__latent latent;
} fields_options;

static const gan__option_block fields_blocks[] = {
    GAN__BLOCK_IN(gan__latent_options, fields_options, latent, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, fields_options, common, NULL),
};

static gan__prior fields_prior(const void *options)
{
    return gan__latent_prior(&((const fields_options *)options)->latent);
}

static const char *fields_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=0.01";
}

/* The numbers of the last step; NULL before the first. */
static gan_tensor *fields_seen[FIELDS_SEEN];

static gan_status fields_keep(gan_trainer *t, int which, gan_value value)
{
    gan_tensor_release(fields_seen[which]);
    fields_seen[which] = NULL;
    return t->rehearsing ? GAN_OK : gan_tape_tensor(&fields_seen[which], t->tape, value, GAN_VALUE);
}

static gan_status fields_add(gan_trainer *t, const char *loss, gan_value score, gan__terms *terms)
{
    gan_value term;
    GAN__TRY(gan_tape_loss(t->tape, loss, &score, 1, &term));
    gan__terms_add(terms, term, 1);
    return GAN_OK;
}

static gan_status fields_judge(gan_trainer *t, const char *mode, gan_value image, gan_value c,
                               const char *loss, gan__terms *terms)
{
    const gan_value in[2] = {image, c};
    gan_value scores[2]; /* realness, [match] */
    GAN__TRY(gan__trainer_apply(t, FIELDS_DISCRIMINATOR, mode, in, scores));
    GAN__TRY(fields_add(t, loss, scores[0], terms));
    return scores[1] < 0 ? GAN_OK : fields_add(t, loss, scores[1], terms);
}

static gan_status fields_teach(gan_trainer *t, gan_value fake, gan__terms *terms)
{
    gan_value features, other;
    if (!t->players[FIELDS_TEACHER].model) return GAN_OK;
    GAN__TRY(gan__trainer_apply(t, FIELDS_TEACHER, "training frozen", &fake, &features));
    GAN__TRY(fields_add(t, "mse", features, terms));
    GAN__TRY(gan__trainer_batch(t, FIELDS_OTHER, &other));
    if (other < 0) return GAN_OK;
    GAN__TRY(gan__trainer_apply(t, FIELDS_TEACHER, "training frozen", &other, &features));
    return fields_add(t, "mse", features, terms);
}

static gan_status fields_step(gan_trainer *t)
{
    static const int32_t groups[2] = {FIELDS_LOSS_G, FIELDS_LOSS_D};
    gan__terms terms[2] = {{.count = 0}, {.count = 0}};
    gan_value real[2], partner, z[2], fake, detached, losses[2]; /* real: image, condition */
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan__trainer_batch(t, FIELDS_REAL, real));
    GAN__TRY(gan__trainer_batch(t, FIELDS_MISMATCHED, &partner));
    GAN__TRY(fields_keep(t, FIELDS_SEEN_IMAGE, real[0]));
    GAN__TRY(fields_keep(t, FIELDS_SEEN_CONDITION, real[1]));
    GAN__TRY(fields_keep(t, FIELDS_SEEN_PARTNER, partner));
    GAN__TRY(gan__latent_noise(t, FIELDS_NOISE, FIELDS_Z, &z[0]));
    z[1] = real[1];
    GAN__TRY(gan__trainer_apply(t, FIELDS_GENERATOR, "training", z, &fake));
    GAN__TRY(gan_tape_detach(t->tape, fake, &detached));
    GAN__TRY(fields_judge(t, "training", real[0], real[1], "bce_logits target=1", &terms[1]));
    GAN__TRY(fields_judge(t, "training", partner, real[1], "bce_logits target=0", &terms[1]));
    GAN__TRY(fields_judge(t, "training", detached, real[1], "bce_logits target=0", &terms[1]));
    GAN__TRY(fields_judge(t, "training frozen", fake, real[1], "bce_logits", &terms[0]));
    GAN__TRY(fields_teach(t, fake, &terms[0]));
    for (int i = 0; i < 2; i++) GAN__TRY(gan__trainer_sum(t, &terms[i], groups[i], &losses[i]));
    for (int i = 0; i < 2; i++) GAN__TRY(gan__trainer_backward(t, losses[i], groups[i]));
    return gan__trainer_update_last(t, groups, 2);
}

static const gan__space_row fields_spaces[] = {
    [FIELDS_NOISE] = {"noise", GAN__SPACE_NOISE, fields_prior},
    [FIELDS_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    {"sketch", GAN__SPACE_PICTURE, NULL},
    {"condition", GAN__SPACE_CONDITION, NULL},
    {"score", GAN__SPACE_SCORE, NULL}};

static const gan__role_row fields_roles[] = {
    [FIELDS_GENERATOR] = {"generator", "generator", "noise condition > image", 0, NULL, "makes"},
    [FIELDS_DISCRIMINATOR] = {"discriminator", "discriminator",
                              "image condition > realness:score [match:score]", 0, NULL, "judges"},
    [FIELDS_TEACHER] = {"teacher", NULL, "image|sketch > features:score", GAN__ROLE_OPTIONAL, NULL,
                        "is not trained"}};

static const gan__feed_row fields_feeds[] = {
    {"real", "image", "image", 0, "pictures and their conditions", 0, NULL},
    {"real", "label|vector", "condition", 0, "", 0, NULL},
    {"mismatched", "image", "image", GAN__FEED_UNLIKE, "pictures of other conditions", 0, NULL},
    {"noise", NULL, "noise", GAN__FEED_BY_HAND, "z", 0, NULL},
    {"other", "image", "sketch", GAN__FEED_OPTIONAL, "other pictures", 0, NULL}};

static const gan__value_row fields_values[] = {
    [FIELDS_LOSS_G] = {"loss.generator", NULL, "what the generator descends"},
    [FIELDS_LOSS_D] = {"loss.discriminator", NULL, "what the discriminator descends"}};

static const gan__trainer_kind fields_kind = {
    .kind = {.name = "fields",
             .help = "pictures with conditions",
             GAN__BLOCKS(fields_blocks),
             .size = sizeof(fields_options)},
    GAN__ROWS(space, fields_spaces),
    GAN__ROWS(role, fields_roles),
    GAN__ROWS(feed, fields_feeds),
    GAN__ROWS(value, fields_values),
    .reference = fields_reference,
    .step = fields_step,
};

#endif
