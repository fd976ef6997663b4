/* pad: y[i][j] = x[i - top][j - left]; outside of x zero, its reflection or its border. */
#include "layers/kinds.h"
#include "layers/padding.h"

typedef struct pad_values {
    gan__padding sides;
} pad_values;

static const gan__option pad_options[] = {
    {"sides", GAN__OPTION_PADDING, GAN__POSITIONAL | GAN__REQUIRED, NULL, 0, GAN__MOST_WINDOW, NULL,
     offsetof(pad_values, sides), "rows and columns: 1, or top,left,bottom,right; reflect:1"},
};

static gan_status pad_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                            gan__shape *out)
{
    const pad_values *values = layer->options;
    (void)count;
    GAN__TRY(gan__padding_check(layer, &values->sides, in[0]));
    *out = gan__padding_shape(&values->sides, in[0]);
    return GAN_OK;
}

static void pad_forward(gan__op *op)
{
    const pad_values *values = op->layer->options;
    gan__padding_forward(op->context, &values->sides, op->in[0], op->x[0], op->y);
}

static void pad_backward(gan__op *op)
{
    const pad_values *values = op->layer->options;
    if (!op->dx[0]) return;
    gan__padding_backward(op->context, &values->sides, op->in[0], op->dy, op->dx[0]);
}

const gan__layer_kind gan__layer_pad = {
    .kind = {.name = "pad",
             .help = "rows and columns around a picture",
             GAN__OPTIONS(pad_options),
             .size = sizeof(pad_values)},
    .operands = 1,
    .shape = pad_shape,
    .forward = pad_forward,
    .backward = pad_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
