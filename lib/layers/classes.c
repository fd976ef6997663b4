/* classes.c: whole numbers that are classes, read from floats and checked. */
#include "layers/classes.h"

#include "base/number.h"

#include <inttypes.h>

int64_t gan__class_of(float x, int64_t count)
{
    if (!(x >= 0.0f && x < (float)count)) return -1;
    int64_t number = (int64_t)x;
    return (float)number == x ? number : -1;
}

gan_status gan__classes_shape(const gan_layer *layer, gan__shape in, int64_t channels,
                              gan__shape *out)
{
    if (in.c != 1)
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "%s: needs one number for each sample or pixel, got %" PRId64 " channels",
                         layer->kind->kind.name, in.c);
    *out = in;
    out->c = channels;
    return GAN_OK;
}

gan_status gan__classes_admit(const gan__op *op, int64_t count)
{
    const gan__shape in = op->in[0];
    char number[GAN__NUMBER_SIZE];
    for (int64_t i = 0; i < in.n * in.h * in.w; i++) {
        if (gan__class_of(op->x[0][i], count) >= 0) continue;
        return gan__fail(op->context, GAN_E_ARGUMENT,
                         "%s: index %s of sample %" PRId64 " is no whole number from 0 to %" PRId64,
                         op->layer->kind->kind.name, gan__number_print((double)op->x[0][i], number),
                         i / (in.h * in.w), count - 1);
    }
    return GAN_OK;
}
