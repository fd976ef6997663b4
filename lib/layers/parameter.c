/* parameter.c: parameters between memory order and PyTorch's, and in and out of tensors.
 *
 * PyTorch's element (k, c, r, s), row-major in that order, lies in memory at [r][s][c][k]. */
#include "layers/layer.h"
#include "base/memory.h"
#include "compute/pointwise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Both directions are one transposition of rows k by columns (c, r, s), walked in square tiles so
 * that neither side misses the cache line after line. */
enum { PARAMETER_TILE = 16 };

typedef struct parameter_walk {
    const gan__parameter *p;
    int64_t taps, columns; /* r * s, c * r * s */
} parameter_walk;

/* Where PyTorch's column (c, r, s) starts in memory, in units of k. */
static int64_t parameter_line(const parameter_walk *walk, int64_t column)
{
    int64_t c = column / walk->taps, tap = column % walk->taps;
    return tap * walk->p->order[1] + c;
}

static parameter_walk parameter_begin(const gan__parameter *p)
{
    int64_t taps = p->order[2] * p->order[3];
    return (parameter_walk){.p = p, .taps = taps, .columns = taps * p->order[1]};
}

void gan__parameter_export(const gan__parameter *p, const float *memory, float *torch)
{
    const parameter_walk walk = parameter_begin(p);
    const int64_t rows = p->order[0];
    for (int64_t k0 = 0; k0 < rows; k0 += PARAMETER_TILE) {
        int64_t k1 = k0 + PARAMETER_TILE < rows ? k0 + PARAMETER_TILE : rows;
        for (int64_t column = 0; column < walk.columns; column++) {
            const float *line = memory + parameter_line(&walk, column) * rows;
            for (int64_t k = k0; k < k1; k++) torch[k * walk.columns + column] = line[k];
        }
    }
}

void gan__parameter_import(const gan__parameter *p, const float *torch, float *memory)
{
    const parameter_walk walk = parameter_begin(p);
    const int64_t rows = p->order[0];
    for (int64_t k0 = 0; k0 < rows; k0 += PARAMETER_TILE) {
        int64_t k1 = k0 + PARAMETER_TILE < rows ? k0 + PARAMETER_TILE : rows;
        for (int64_t column = 0; column < walk.columns; column++) {
            float *line = memory + parameter_line(&walk, column) * rows;
            for (int64_t k = k0; k < k1; k++) line[k] = torch[k * walk.columns + column];
        }
    }
}

void gan__parameter_copy(const gan_layer *from, const gan__parameter *p, const gan_layer *to,
                         const gan__parameter *q)
{
    if (p->integer) {
        memcpy(gan__parameter_integers(to, q), gan__parameter_integers(from, p),
               (size_t)p->count * sizeof(int64_t));
    } else {
        gan__copy(to->object.context, p->count, gan__parameter_value(from, p),
                  gan__parameter_value(to, q));
    }
}

void gan__parameter_shape(const gan__parameter *p, int32_t *rank, int64_t shape[4])
{
    *rank = p->rank;
    for (int32_t i = 0; i < 4; i++) shape[i] = i < p->rank ? p->shape[i] : 0;
}

int32_t gan__parameter_flags(const gan__parameter *p)
{
    return (p->trained ? GAN_PARAMETER_TRAINED : 0) | (p->integer ? GAN_PARAMETER_INTEGER : 0);
}

static gan_status parameter_fits(gan_context *context, const gan__parameter *p, const char *name,
                                 const gan_tensor *tensor)
{
    bool same = tensor->rank == p->rank;
    for (int32_t i = 0; i < p->rank && same; i++) same = tensor->shape[i] == p->shape[i];
    if (same) return GAN_OK;
    char text[2][200];
    const int64_t *const shapes[2] = {p->shape, tensor->shape};
    const int32_t ranks[2] = {p->rank, tensor->rank};
    for (int32_t side = 0; side < 2; side++) {
        size_t length = 0;
        text[side][0] = '\0';
        for (int32_t i = 0; i < ranks[side]; i++) {
            length += (size_t)snprintf(text[side] + length, sizeof text[side] - length,
                                       "%s%" PRId64, i ? ", " : "", shapes[side][i]);
        }
    }
    return gan__fail(context, GAN_E_SHAPE, "%s has the shape [%s], the tensor has [%s]", name,
                     text[0], text[1]);
}

gan_status gan__parameter_export_tensor(gan_context *context, const gan__parameter *p,
                                        const char *name, const float *memory, gan_tensor *tensor)
{
    float *torch;
    GAN__TRY(parameter_fits(context, p, name, tensor));
    GAN__TRY(gan__tensor_check_writable(context, name, tensor));
    GAN__TRY(gan__allocate_raw(context, &torch, (size_t)p->count, sizeof *torch));
    gan__parameter_export(p, memory, torch);
    gan__tensor_write(tensor, false, torch);
    gan__free(context, torch);
    return GAN_OK;
}

gan_status gan__parameter_import_tensor(gan_context *context, const gan__parameter *p,
                                        const char *name, const gan_tensor *tensor, float *memory)
{
    float *torch;
    GAN__TRY(parameter_fits(context, p, name, tensor));
    GAN__TRY(gan__allocate_raw(context, &torch, (size_t)p->count, sizeof *torch));
    gan__tensor_read(tensor, false, torch);
    gan__parameter_import(p, torch, memory);
    gan__free(context, torch);
    return GAN_OK;
}

static gan_status parameter_check(gan_layer *layer, const gan__parameter *p, const char *name,
                                  int32_t what)
{
    gan_context *context = layer->object.context;
    if (what != GAN_VALUE && what != GAN_GRADIENT) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: what is %d, neither GAN_VALUE nor GAN_GRADIENT", name, what);
    }
    if (what == GAN_GRADIENT && !p->trained)
        return gan__fail(context, GAN_E_ARGUMENT, "%s is not trained and has no gradient", name);
    if (!layer->store)
        return gan__fail(context, GAN_E_STATE, "%s: its model is not finished", name);
    return what == GAN_GRADIENT ? gan__store_need_gradients(layer->store) : GAN_OK;
}

static const float *parameter_source(gan_layer *layer, const gan__parameter *p, int32_t what)
{
    return what == GAN_VALUE ? gan__parameter_value(layer, p) : gan__gradient_read(layer, p);
}

gan_status gan__parameter_read(gan_layer *layer, const gan__parameter *p, const char *name,
                               int32_t what, gan_tensor *tensor)
{
    GAN__TRY(parameter_check(layer, p, name, what));
    if (!p->integer)
        return gan__parameter_export_tensor(layer->object.context, p, name,
                                            parameter_source(layer, p, what), tensor);
    GAN__TRY(parameter_fits(layer->object.context, p, name, tensor));
    GAN__TRY(gan__tensor_check_writable(layer->object.context, name, tensor));
    gan__tensor_write_integers(tensor, gan__parameter_integers(layer, p));
    return GAN_OK;
}

gan_status gan__parameter_write(gan_layer *layer, const gan__parameter *p, const char *name,
                                const gan_tensor *tensor)
{
    gan_context *context = layer->object.context;
    if (!layer->store)
        return gan__fail(context, GAN_E_STATE, "%s: its model is not finished", name);
    if (p->integer) {
        GAN__TRY(parameter_fits(context, p, name, tensor));
        gan__tensor_read_integers(tensor, gan__parameter_integers(layer, p));
    } else {
        GAN__TRY(
            gan__parameter_import_tensor(context, p, name, tensor, gan__parameter_value(layer, p)));
    }
    layer->store->version++;
    return GAN_OK;
}
