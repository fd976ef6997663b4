/* critic.h: a critic with every kind of layer that has a tangent, and a step of its penalty. */
#ifndef CRITIC_H
#define CRITIC_H

#include <gan/optimizer.h>
#include <gan/tape.h>

#include "model/model.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static const char *const critic_text =
    "input image 8 8 3; input label 1; e = embedding 5 6 from label; u = onehot 5 from label;"
    "a = conv2d 6 kernel=4 stride=2 pad=1 from image; prelu; dropout 0.3; f = conv2d 6 kernel=3 "
    "pad=1 groups=2; layernorm; relu; add from f .; maxpool 2; upsample 2; avgpool 2; noise 0.1;"
    "concat from . e; t = conv_transpose2d 7 kernel=3 stride=2 pad=1 output_pad=1 spectral=yes; "
    "instancenorm affine=yes; tanh; s = softmax; p = global_avgpool; q = flatten from s;"
    "r = dense 8 from q; silu; groupnorm 2; elu; sigmoid; k = multiply from . r;"
    "conv2d 4 kernel=3 pad=reflect:1 spectral=yes from t; pixel_shuffle 2; gelu; clamp -2 2;"
    "w = upsample 2 mode=bilinear; pad replicate:1; square; affine 0.1 0.2; sqrt; exp;"
    "z = prelu per_channel=yes; reshape 324; softplus; leaky_relu 0.2; "
    "concat from . k p u; score = dense 2 spectral=yes";

typedef struct critic {
    gan_context *context;
    gan_model *d;
    gan_optimizer *adam;
    gan_tape *tape;
    gan_tensor *real, *labels;
} critic;

enum { CRITIC_BATCH = 3 };

TEST_UNUSED static gan_model *critic_model(gan_context *context, const char *text)
{
    gan_model *model = NULL;
    if (gan_model_parse(&model, context, text) != GAN_OK)
        printf("%s\n", gan_context_message(context));
    return model;
}

TEST_UNUSED static gan_status critic_open(critic *t, const char *spec, const gan_host *host,
                                          const char *text)
{
    static const int64_t picture[4] = {CRITIC_BATCH, 8, 8, 3}, label[2] = {CRITIC_BATCH, 1};
    memset(t, 0, sizeof *t);
    GAN__TRY(gan_context_create(&t->context, spec, host, NULL, 0));
    GAN__TRY(gan_model_parse(&t->d, t->context, text));
    GAN__TRY(gan_optimizer_create(&t->adam, t->context, "adam lr=1e-3 beta1=0"));
    GAN__TRY(gan_optimizer_add(t->adam, t->d));
    GAN__TRY(gan_tape_create(&t->tape, t->context));
    GAN__TRY(gan_tensor_create(&t->real, t->context, GAN_FLOAT32, 4, picture));
    GAN__TRY(gan_tensor_create(&t->labels, t->context, GAN_INT32, 2, label));
    float *pixels = gan_tensor_data(t->real);
    for (int i = 0; i < CRITIC_BATCH * 192; i++)
        pixels[i] = (float)(i * i / 7 % 251) / 125.0f - 1.0f;
    for (int i = 0; i < CRITIC_BATCH; i++) ((int32_t *)gan_tensor_data(t->labels))[i] = i % 5;
    return GAN_OK;
}

TEST_UNUSED static void critic_close(critic *t)
{
    gan_tensor_release(t->real);
    gan_tensor_release(t->labels);
    gan_tape_release(t->tape);
    gan_optimizer_release(t->adam);
    gan_model_release(t->d);
    gan_context_release(t->context);
}

/* The penalty's direction at x for these scores. */
TEST_UNUSED static gan_status critic_direction(critic *t, gan_value score, gan_value x,
                                               const char *penalty, gan_value *w, double *number)
{
    gan_value g, loss;
    GAN__TRY(gan_tape_backward(t->tape, &score, NULL, 1, NULL, 0));
    GAN__TRY(gan_tape_take_gradient(t->tape, x, &g));
    GAN__TRY(gan_tape_leaf(t->tape, g, &g));
    GAN__TRY(gan_tape_loss(t->tape, penalty, &g, 1, &loss));
    GAN__TRY(gan_tape_scalar(t->tape, loss, number));
    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, NULL, 0));
    return gan_tape_take_gradient(t->tape, g, w);
}

/* One step of D: an ordinary loss and a penalty on one pass. */
TEST_UNUSED static gan_status critic_step(critic *t, double *penalty)
{
    gan_value in[2], score, w, along, terms[2], loss;
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan_tape_input(t->tape, t->real, GAN_INPUT_GRADIENT, &in[0]));
    GAN__TRY(gan_tape_input(t->tape, t->labels, 0, &in[1]));
    GAN__TRY(gan_tape_apply(t->tape, t->d, "training", in, 2, &score, 1));
    GAN__TRY(critic_direction(t, score, in[0], "gradient_penalty", &w, penalty));
    GAN__TRY(gan_tape_tangent(t->tape, score, in[0], w, &along));
    GAN__TRY(gan_tape_loss(t->tape, "sum", &along, 1, &terms[0]));
    GAN__TRY(gan_tape_loss(t->tape, "softplus", &score, 1, &terms[1]));
    GAN__TRY(gan_tape_combine(t->tape, terms, (const double[]){10, 1}, 2, &loss));
    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, &t->d, 1));
    GAN__TRY(gan_optimizer_step(t->adam));
    return gan_optimizer_zero(t->adam);
}

#endif
