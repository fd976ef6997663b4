/* vae.c: the variational auto-encoder (Kingma and Welling, "Auto-encoding variational Bayes", 2014,
 * algorithm 1 with one sample of z; beta of Higgins et al., "beta-VAE", 2017, equation 4).
 *
 *     draw m real samples x
 *     mean, log_variance = encoder(x)
 *     z = mean + exp(log_variance / 2) * epsilon, epsilon ~ N(0, 1)
 *     encoder and decoder descend
 *         -log p(x | decoder(z)) + beta * KL(N(mean, exp(log_variance)) | N(0, 1))
 *
 * both summed over the elements of a sample and averaged over the samples, in nats; with beta=1
 * that is the negative evidence lower bound. likelihood=bernoulli: the decoder ends in logits of
 * (x + 1) / 2; gaussian: in the mean of x, whose deviation is the option, and the constant
 * log(deviation * sqrt(2 pi)) of each element is left out. */
#include "train/consistency.h"
#include "train/latent.h"
#include "train/warnings.h"

enum { VAE_IMAGE, VAE_CODE };                  /* spaces */
enum { VAE_ENCODER, VAE_DECODER };             /* roles */
enum { VAE_GROUP };                            /* of both */
enum { VAE_REAL, VAE_NOISE };                  /* feeds */
enum { VAE_LOSS, VAE_RECONSTRUCTION, VAE_KL }; /* values */
enum { VAE_BERNOULLI, VAE_GAUSSIAN };

typedef struct vae_options {
    gan__trainer_common common;
    int32_t likelihood;
    double beta, deviation;
} vae_options;

static const gan__option vae_own[] = {
    {"likelihood", GAN__OPTION_CHOICE, 0, "bernoulli", 0, 0, "bernoulli|gaussian",
     offsetof(vae_options, likelihood),
     "of a sample, given what is decoded: the decoder ends in logits, or in the mean"},
    {"beta", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(vae_options, beta),
     "weight of the codes' divergence from N(0, 1)"},
    {"deviation", GAN__OPTION_REAL, 0, "1", 1e-3, 1e3, NULL, offsetof(vae_options, deviation),
     "likelihood=gaussian: of each element around what is decoded"},
};

static const gan__option_block vae_blocks[] = {
    GAN__BLOCK(vae_own),
    GAN__BLOCK_IN(gan__trainer_common_options, vae_options, common, NULL),
};

static gan_status vae_check(gan_context *context, const void *options)
{
    const vae_options *vae = options;
    if (vae->likelihood == VAE_GAUSSIAN || vae->deviation == 1) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "deviation= is of likelihood=gaussian alone");
}

static const char *vae_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=1e-3";
}

/* A normal density of the mean is highest where squares are least. */
static int32_t vae_likeness(const vae_options *vae)
{
    return vae->likelihood == VAE_BERNOULLI ? GAN__LIKENESS_BCE : GAN__LIKENESS_L2;
}

static const char *vae_finish(const void *options, int32_t role)
{
    return role == VAE_DECODER ? gan__likeness_finish(vae_likeness(options)) : NULL;
}

static gan__prior vae_prior(const void *options)
{
    (void)options;
    return GAN__PRIOR_NORMAL;
}

/* ---- the step: of N samples H x W x C ---- */

/* -log p(x | decoded): the mean loss over all elements, as often as a sample has elements. */
static gan_status vae_reconstruction(gan_trainer *t, gan_value x, gan_value decoded,
                                     gan__terms *terms)
{
    const vae_options *vae = t->options;
    int64_t shape[4];
    GAN__TRY(gan_tape_shape(t->tape, x, shape));
    double weight = (double)(shape[1] * shape[2] * shape[3]);
    if (vae->likelihood == VAE_GAUSSIAN) weight /= 2 * vae->deviation * vae->deviation;
    GAN__TRY(
        gan__reconstruction(t, vae_likeness(vae), decoded, x, weight, VAE_RECONSTRUCTION, terms));
    t->values[VAE_RECONSTRUCTION] *= weight;
    return GAN_OK;
}

static gan_status vae_step(gan_trainer *t)
{
    const vae_options *vae = t->options;
    const int32_t group = VAE_GROUP;
    gan_value x;          /* samples, (N, H, W, C) */
    gan_value code[2];    /* mean and log_variance, (N, h, w, c), as the networks have codes */
    gan_value epsilon, z; /* the same */
    gan_value decoded;    /* (N, H, W, C): logits, or the mean of x */
    gan_value kl, loss;   /* numbers */
    gan__terms terms = {.count = 0};

    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan__trainer_batch(t, VAE_REAL, &x));
    GAN__TRY(gan__latent_noise(t, VAE_CODE, VAE_NOISE, &epsilon));
    GAN__TRY(gan__trainer_apply(t, VAE_ENCODER, "training", &x, code));
    GAN__TRY(gan__latent_sample(t->tape, code[0], code[1], epsilon, &z));
    GAN__TRY(gan__trainer_apply(t, VAE_DECODER, "training", &z, &decoded));

    GAN__TRY(vae_reconstruction(t, x, decoded, &terms));
    GAN__TRY(gan_tape_loss(t->tape, "kl_gaussian", code, 2, &kl));
    GAN__TRY(gan__trainer_measure(t, VAE_KL, kl));
    gan__terms_add(&terms, kl, vae->beta);
    GAN__TRY(gan__trainer_sum(t, &terms, VAE_LOSS, &loss));
    GAN__TRY(gan__warnings_take(t, VAE_DECODER, decoded, x, -1));

    GAN__TRY(gan__trainer_backward(t, loss, VAE_GROUP));
    return gan__trainer_update_last(t, &group, 1);
}

/* ---- the table ---- */

static const gan__space_row vae_spaces[] = {
    [VAE_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    [VAE_CODE] = {"code", GAN__SPACE_CODE, vae_prior},
};

static const gan__role_row vae_roles[] = {
    [VAE_ENCODER] = {"encoder", "autoencoder", "image > mean:code log_variance:code", 0, NULL,
                     "makes the mean of a sample's code, and the log of its variance"},
    [VAE_DECODER] = {"decoder", "autoencoder", "code > image", 0, NULL, "makes samples from codes"},
};

static const gan__feed_row vae_feeds[] = {
    [VAE_REAL] = {"real", "image", "image", 0, "real samples", 0, NULL},
    [VAE_NOISE] = {"noise", NULL, "code", GAN__FEED_BY_HAND, "epsilon, where it is not to be drawn",
                   0, NULL},
};

static const gan__value_row vae_values[] = {
    [VAE_LOSS] = {"loss.autoencoder", NULL, "what both descend: reconstruction + beta * kl"},
    [VAE_RECONSTRUCTION] = {"loss.reconstruction", NULL, "-log p(x | z), nats in a sample"},
    [VAE_KL] = {"loss.kl", NULL, "divergence of the codes from N(0, 1), nats in a sample"},
};

static const gan__warning_row vae_warnings[] = {
    {&gan__warning_saturation, VAE_DECODER, {0, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_vae;
const gan__trainer_kind gan__trainer_vae = {
    .kind = {.name = "vae",
             .help = "variational auto-encoder: codes of pictures, and pictures from codes",
             GAN__BLOCKS(vae_blocks),
             .size = sizeof(vae_options),
             .check = vae_check},
    GAN__ROWS(space, vae_spaces),
    GAN__ROWS(role, vae_roles),
    GAN__ROWS(feed, vae_feeds),
    GAN__ROWS(value, vae_values),
    GAN__ROWS(warning, vae_warnings),
    .reference = vae_reference,
    .finish = vae_finish,
    .step = vae_step,
};
