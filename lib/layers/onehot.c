/* onehot: y[c] = 1 where c = x, else 0. x has one channel: whole numbers from 0 to classes - 1. Any
 * other number, NaN too, is refused. Its gradient is zero. */
#include "layers/kinds.h"
#include "layers/classes.h"

#include "base/parallel.h"

#include <string.h>

typedef struct onehot_values {
    int64_t classes;
} onehot_values;

static const gan__option onehot_options[] = {
    {"classes", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(onehot_values, classes), "channels that come out: how many numbers there are"},
};

static int64_t onehot_classes(const gan_layer *layer)
{
    return ((const onehot_values *)layer->options)->classes;
}

static gan_status onehot_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                               gan__shape *out)
{
    (void)count;
    return gan__classes_shape(layer, in[0], onehot_classes(layer), out);
}

static gan_status onehot_admit(const gan__op *op)
{
    return gan__classes_admit(op, onehot_classes(op->layer));
}

static void onehot_row(void *argument, int64_t index, int32_t worker)
{
    const gan__op *op = argument;
    const gan__shape in = op->in[0];
    const int64_t classes = onehot_classes(op->layer), first = index * in.w;
    float *y = op->y + first * classes;
    (void)worker;
    memset(y, 0, (size_t)(in.w * classes) * sizeof *y);
    for (int64_t i = 0; i < in.w; i++, y += classes)
        y[gan__class_of(op->x[0][first + i], classes)] = 1.0f;
}

static void onehot_forward(gan__op *op)
{
    gan__parallel_for(op->context, op->in[0].n * op->in[0].h, onehot_row, op);
}

static void onehot_backward(gan__op *op)
{
    if (op->dx[0]) gan__fill(op->context, gan__shape_count(op->in[0]), 0.0f, op->dx[0]);
}

const gan__layer_kind gan__layer_onehot = {
    .kind = {.name = "onehot",
             .help = "a whole number as zeros and a one",
             GAN__OPTIONS(onehot_options),
             .size = sizeof(onehot_values)},
    .operands = 1,
    .shape = onehot_shape,
    .admit = onehot_admit,
    .forward = onehot_forward,
    .backward = onehot_backward,
    .tangent_form = GAN__TANGENT_NONE,
    .no_tangent = "what goes in are whole numbers",
};
