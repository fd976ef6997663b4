/* langevin.c: one step of chains, and where they begin. The defaults are those with which Du and
 * Mordatch train on pictures of 32x32, in the commands that come with their program
 * (openai/ebm_code_release: --num_steps=60 --step_lr=10 --proj_norm=0.01, noise of 0.005; without
 * these flags it makes 20 steps of 1 and cuts no gradient). Pictures lie in [0, 1] there. In
 * [-1, 1] a length is twice as long and a gradient half as large: 0.01 of noise, gradients up to
 * 0.005, and 2 * 10 of half a gradient is a step of 40. */
#include "train/langevin.h"

#include <stdio.h>

#include "base/number.h"

#define LANGEVIN_AT(field) offsetof(gan__langevin, field)
const gan__option gan__langevin_options[9] = {
    {"steps", GAN__OPTION_INTEGER, 0, "60", 0, 100000, NULL, LANGEVIN_AT(steps),
     "Langevin steps that make negatives, in each step of the training"},
    {"step", GAN__OPTION_REAL, 0, "40", 0, 1e9, NULL, LANGEVIN_AT(step),
     "factor on the gradient of the score, of each Langevin step"},
    {"projection", GAN__OPTION_REAL, 0, "0.005", 0, 1e9, NULL, LANGEVIN_AT(projection),
     "each number of that gradient is kept in [-projection, projection]; 0: left as it is"},
    {"noise", GAN__OPTION_REAL, 0, "0.01", 0, 1e6, NULL, LANGEVIN_AT(noise),
     "deviation of the normal noise before each Langevin step"},
    {"least", GAN__OPTION_REAL, 0, "-1", -1e6, 1e6, NULL, LANGEVIN_AT(least),
     "no number of a negative is below, nor should one of the data be"},
    {"most", GAN__OPTION_REAL, 0, "1", -1e6, 1e6, NULL, LANGEVIN_AT(most),
     "no number of a negative is above, likewise"},
    {"start", GAN__OPTION_CHOICE, 0, "noise", 0, 0, "noise|data", LANGEVIN_AT(start),
     "where new chains begin: noise, uniform in [least, most); data: the step's positives"},
    {"replay", GAN__OPTION_REAL, 0, "0.95", 0, 1, NULL, LANGEVIN_AT(replay),
     "share of the chains that begin where an earlier one ended, in the replay buffer"},
    {"buffer", GAN__OPTION_INTEGER, 0, "10000", 0, 1 << 24, NULL, LANGEVIN_AT(buffer),
     "ends of chains that the replay buffer has room for; 0: none, and nothing tells when "
     "negatives "
     "lie on the data"},
};

gan_status gan__langevin_check(gan_context *context, const gan__langevin *l)
{
    char least[GAN__NUMBER_SIZE], most[GAN__NUMBER_SIZE];
    if (l->least < l->most) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "least=%s is not below most=%s",
                     gan__number_print(l->least, least), gan__number_print(l->most, most));
}

/* *x, kept in [low, high], or factor * *x + shift. */
static gan_status langevin_layer(gan_tape *tape, const char *kind, double a, double b, gan_value *x)
{
    char statement[96], first[GAN__NUMBER_SIZE], second[GAN__NUMBER_SIZE];
    snprintf(statement, sizeof statement, "%s %s %s", kind, gan__number_print(a, first),
             gan__number_print(b, second));
    return gan_tape_layer(tape, statement, x, 1, x);
}

gan_status gan__langevin_begin(gan_tape *tape, const gan__langevin *l, gan_tensor *out)
{
    const double half = 0.5 * (l->most - l->least), middle = 0.5 * (l->most + l->least);
    gan_value x; /* (N, H, W, C) */
    GAN__TRY(gan_tape_reset(tape));
    GAN__TRY(gan_tape_uniform(tape, 4, out->shape, &x));
    GAN__TRY(langevin_layer(tape, "affine", half, middle, &x));
    return gan_tape_value(tape, x, out);
}

/* dD/dy of each sample, (N, H, W, C); y is x and noise, x an input that wants a gradient. */
static gan_status langevin_slope(gan_trainer *t, int32_t role, const gan__application *d,
                                 gan_value x, gan_value y, gan_value *slope)
{
    gan_value score, sum; /* (N, h, w, 1), a number */
    int64_t shape[4];
    GAN__TRY(gan_tape_shape(d->tape, x, shape));
    GAN__TRY(gan__player_apply(t, role, d, &y, &score));
    GAN__TRY(gan_tape_loss(d->tape, "mean", &score, 1, &sum));
    GAN__TRY(gan_tape_combine(d->tape, &sum, (double[]){(double)shape[0]}, 1, &sum));
    GAN__TRY(gan_tape_backward(d->tape, &sum, NULL, 1, NULL, 0));
    return gan_tape_take_gradient(d->tape, x, slope);
}

gan_status gan__langevin_move(gan_trainer *t, int32_t role, const gan__langevin *l,
                              const gan__application *d, gan_tensor *from, gan_tensor *out)
{
    gan_tape *tape = d->tape;
    gan_value x, y, noise, slope; /* (N, H, W, C) */
    GAN__TRY(gan_tape_reset(tape));
    GAN__TRY(gan_tape_input(tape, from, GAN_INPUT_GRADIENT, &x));
    y = x;
    if (l->noise > 0) {
        GAN__TRY(gan_tape_normal(tape, 4, from->shape, &noise));
        GAN__TRY(gan_tape_combine(tape, (gan_value[]){x, noise}, (double[]){1, l->noise}, 2, &y));
    }
    GAN__TRY(langevin_slope(t, role, d, x, y, &slope));
    if (l->projection > 0)
        GAN__TRY(langevin_layer(tape, "clamp", -l->projection, l->projection, &slope));
    GAN__TRY(gan_tape_combine(tape, (gan_value[]){y, slope}, (double[]){1, l->step}, 2, &y));
    GAN__TRY(langevin_layer(tape, "clamp", l->least, l->most, &y));
    return gan_tape_value(tape, y, out);
}
