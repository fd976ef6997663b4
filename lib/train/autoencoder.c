/* autoencoder.c: the auto-encoder (Hinton and Salakhutdinov, "Reducing the dimensionality of data
 * with neural networks", 2006).
 *
 *     draw m real samples x
 *     encoder and decoder descend
 *         mean |x - decoder(encoder(x))|      (loss=l1; l2: squared)
 *
 * With loss=bce the decoder ends in logits of (x + 1) / 2, and the cross-entropy descends. All are
 * means over all elements of all samples.
 *
 * What is compared is x as it was drawn, whatever the encoder does to it first: one whose text
 * begins with `noise` or `dropout`, which act in training alone, makes this the denoising
 * auto-encoder (Vincent et al., "Extracting and composing robust features with denoising
 * autoencoders", 2008). */
#include "train/consistency.h"
#include "train/warnings.h"

enum { AUTOENCODER_IMAGE, AUTOENCODER_CODE };      /* spaces */
enum { AUTOENCODER_ENCODER, AUTOENCODER_DECODER }; /* roles */
enum { AUTOENCODER_GROUP };                        /* of both */
enum { AUTOENCODER_REAL };                         /* feeds */
enum { AUTOENCODER_LOSS };                         /* values */

typedef struct autoencoder_options {
    gan__trainer_common common;
    int32_t loss;
} autoencoder_options;

static const gan__option autoencoder_own[] = {
    {"loss", GAN__OPTION_CHOICE, 0, "l2", 0, 0, "l1|l2|bce", offsetof(autoencoder_options, loss),
     "between a sample and what is decoded: mean |d|, mean d^2, or cross-entropy: the decoder ends "
     "in logits"},
};

static const gan__option_block autoencoder_blocks[] = {
    GAN__BLOCK(autoencoder_own),
    GAN__BLOCK_IN(gan__trainer_common_options, autoencoder_options, common, NULL),
};

static const char *autoencoder_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=1e-3";
}

static const char *autoencoder_finish(const void *options, int32_t role)
{
    const autoencoder_options *autoencoder = options;
    return role == AUTOENCODER_DECODER ? gan__likeness_finish(autoencoder->loss) : NULL;
}

/* ---- the step: of N samples H x W x C ---- */

static gan_status autoencoder_step(gan_trainer *t)
{
    const autoencoder_options *autoencoder = t->options;
    const int32_t group = AUTOENCODER_GROUP;
    gan_value x;       /* samples, (N, H, W, C) */
    gan_value code;    /* (N, h, w, c), as the networks have codes */
    gan_value decoded; /* (N, H, W, C): like x, or logits */
    gan_value loss;    /* a number */
    gan__terms terms = {.count = 0};

    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan__trainer_batch(t, AUTOENCODER_REAL, &x));
    GAN__TRY(gan__trainer_apply(t, AUTOENCODER_ENCODER, "training", &x, &code));
    GAN__TRY(gan__trainer_apply(t, AUTOENCODER_DECODER, "training", &code, &decoded));
    GAN__TRY(gan__reconstruction(t, autoencoder->loss, decoded, x, 1, AUTOENCODER_LOSS, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, AUTOENCODER_LOSS, &loss));
    GAN__TRY(gan__warnings_take(t, AUTOENCODER_DECODER, decoded, x, -1));

    GAN__TRY(gan__trainer_backward(t, loss, AUTOENCODER_GROUP));
    return gan__trainer_update_last(t, &group, 1);
}

/* ---- the table ---- */

static const gan__space_row autoencoder_spaces[] = {
    [AUTOENCODER_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    [AUTOENCODER_CODE] = {"code", GAN__SPACE_CODE, NULL},
};

static const gan__role_row autoencoder_roles[] = {
    [AUTOENCODER_ENCODER] = {"encoder", "autoencoder", "image > code", 0, NULL,
                             "makes the code of a sample"},
    [AUTOENCODER_DECODER] = {"decoder", "autoencoder", "code > image", 0, NULL,
                             "makes a sample of its code"},
};

static const gan__feed_row autoencoder_feeds[] = {
    [AUTOENCODER_REAL] = {"real", "image", "image", 0, "real samples", 0, NULL},
};

static const gan__value_row autoencoder_values[] = {
    [AUTOENCODER_LOSS] = {"loss.autoencoder", NULL, "what both descend"},
};

static const gan__warning_row autoencoder_warnings[] = {
    {&gan__warning_saturation, AUTOENCODER_DECODER, {0, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_autoencoder;
const gan__trainer_kind gan__trainer_autoencoder = {
    .kind = {.name = "autoencoder",
             .help = "auto-encoder: codes from which the pictures can be made again",
             GAN__BLOCKS(autoencoder_blocks),
             .size = sizeof(autoencoder_options)},
    GAN__ROWS(space, autoencoder_spaces),
    GAN__ROWS(role, autoencoder_roles),
    GAN__ROWS(feed, autoencoder_feeds),
    GAN__ROWS(value, autoencoder_values),
    GAN__ROWS(warning, autoencoder_warnings),
    .reference = autoencoder_reference,
    .finish = autoencoder_finish,
    .step = autoencoder_step,
};
