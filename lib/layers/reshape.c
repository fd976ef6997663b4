/* reshape: the same numbers as a picture of other sides, counted in PyTorch's order C, H, W on
 * both. */
#include "layers/arrange.h"
#include "layers/kinds.h"

#include <inttypes.h>

typedef struct reshape_values {
    gan__tuple sides;
} reshape_values;

static const gan__option reshape_options[] = {
    {"sides", GAN__OPTION_TUPLE, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS, NULL,
     offsetof(reshape_values, sides),
     "height, width, channels: 7 7 128; one may be `any`; a vector: 100"},
};

static gan_status reshape_check(gan_context *context, const void *options)
{
    const gan__tuple *sides = &((const reshape_values *)options)->sides;
    int32_t open = 0;
    for (int32_t i = 0; i < sides->count; i++) open += sides->value[i] < 0;
    if ((sides->count == 1 || sides->count == 3) && open <= 1) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "needs 1 or 3 numbers, of which one may be `any`");
}

static gan_status reshape_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                gan__shape *out)
{
    const gan__tuple *sides = &((const reshape_values *)layer->options)->sides;
    gan_context *context = layer->object.context;
    int64_t side[3] = {1, 1, 1}, known = 1, *open = NULL;
    char text[88];
    (void)count;
    if (in[0].h < 0 || in[0].w < 0) {
        return gan__fail(context, GAN_E_SHAPE,
                         "reshape: needs a picture of known size, got any x any x %" PRId64,
                         in[0].c);
    }
    const int64_t total = in[0].h * in[0].w * in[0].c;
    for (int32_t i = 0; i < sides->count; i++) {
        int64_t *place = &side[3 - sides->count + i];
        *place = sides->value[i];
        if (*place < 0)
            open = place;
        else
            known *= *place; /* at most 2^72 / 2^24 before it is refused */
        if (known > total) break;
    }
    if (open && known <= total) {
        *open = total / known;
        known *= *open;
    }
    if (known != total) {
        return gan__fail(context, GAN_E_SHAPE,
                         "reshape: %s has %" PRId64 " numbers, not %" PRId64 "%s",
                         gan__shape_print(in[0], text), total, known, open ? " or a multiple" : "");
    }
    *out = (gan__shape){in[0].n, side[0], side[1], side[2]};
    return GAN_OK;
}

static void reshape_forward(gan__op *op)
{
    gan__arrange(op->context, op->in[0], op->x[0], op->out, op->y);
}

static void reshape_backward(gan__op *op)
{
    if (op->dx[0]) gan__arrange(op->context, op->out, op->dy, op->in[0], op->dx[0]);
}

const gan__layer_kind gan__layer_reshape = {
    .kind = {.name = "reshape",
             .help = "a picture of other sides, in the order C, H, W",
             GAN__OPTIONS(reshape_options),
             .size = sizeof(reshape_values),
             .check = reshape_check},
    .operands = 1,
    .shape = reshape_shape,
    .forward = reshape_forward,
    .backward = reshape_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
