/* latent.c: noise, drawn or fed, and codes that are drawn around a mean. */
#include "train/latent.h"

#include <inttypes.h>
#include <string.h>

#include "tape/record.h"

const gan__option gan__latent_options[1] = {
    {"noise", GAN__OPTION_CHOICE, 0, "normal", 0, 0, "normal|uniform", offsetof(gan__latent, noise),
     "distribution of z: N(0, 1), or uniform in [-1, 1)"},
};

gan__prior gan__latent_prior(const gan__latent *latent)
{
    return latent->noise ? GAN__PRIOR_UNIFORM : GAN__PRIOR_NORMAL;
}

gan_status gan__latent_draw(gan_tape *tape, gan__prior prior, gan__shape shape, int64_t n,
                            gan_value *z)
{
    const int64_t sizes[4] = {n, shape.h, shape.w, shape.c};
    if (prior == GAN__PRIOR_UNIFORM) return gan_tape_uniform(tape, 4, sizes, z);
    return gan_tape_normal(tape, 4, sizes, z);
}

/* The network that takes values of the space. */
static const char *latent_taker(const gan__cast *cast, int32_t space)
{
    for (int32_t r = 0; r < cast->role_count; r++)
        for (int32_t i = 0; cast->roles[r].wanted && i < cast->roles[r].input_count; i++)
            if (cast->roles[r].inputs[i].spaces[0] == space) return cast->roles[r].name;
    return "network";
}

gan_status gan__latent_noise(gan_trainer *t, int32_t space, int32_t feed, gan_value *z)
{
    const gan__space *own = &t->cast->spaces[space];
    const gan__shape shape = t->shapes[space];
    GAN__TRY(gan__trainer_batch(t, feed, z));
    if (*z >= 0) return GAN_OK;
    if (shape.h < 0 || shape.w < 0)
        return gan__fail(
            t->object.context, GAN_E_SHAPE,
            "%s: the size of '%s' is open, so it cannot be drawn: give the input of the "
            "%s a height and width, or feed '%s'",
            t->kind->kind.name, own->name, latent_taker(t->cast, space), t->cast->feeds[feed].name);
    return gan__latent_draw(t->tape, own->prior, shape, t->batch, z);
}

gan_status gan__latent_sample(gan_tape *tape, gan_value mean, gan_value log_variance,
                              gan_value epsilon, gan_value *z)
{
    gan_value deviation;
    int64_t shape[4], drawn[4];
    GAN__TRY(gan_tape_shape(tape, mean, shape));
    GAN__TRY(gan_tape_shape(tape, epsilon, drawn));
    if (memcmp(shape, drawn, sizeof shape) != 0) /* multiply would tile a smaller one */
        return gan__fail(tape->object.context, GAN_E_SHAPE,
                         "noise of %" PRId64 "x%" PRId64 "x%" PRId64 " for codes of %" PRId64
                         "x%" PRId64 "x%" PRId64,
                         drawn[1], drawn[2], drawn[3], shape[1], shape[2], shape[3]);
    GAN__TRY(gan_tape_layer(tape, "affine 0.5 0", &log_variance, 1, &deviation));
    GAN__TRY(gan_tape_layer(tape, "exp", &deviation, 1, &deviation));
    GAN__TRY(gan_tape_layer(tape, "multiply", (gan_value[]){deviation, epsilon}, 2, &epsilon));
    return gan_tape_combine(tape, (gan_value[]){mean, epsilon}, (double[]){1, 1}, 2, z);
}

gan_status gan__latent_encode(gan_trainer *t, int32_t role, int32_t feed, gan_value x,
                              gan_value code[2], gan_value *z)
{
    gan_value epsilon;
    GAN__TRY(gan__latent_noise(t, t->cast->roles[role].outputs[0].spaces[0], feed, &epsilon));
    GAN__TRY(gan__trainer_apply(t, role, "training", &x, code));
    return gan__latent_sample(t->tape, code[0], code[1], epsilon, z);
}
