/* embedding: y[n] = W[x[n]], rows of a trained table. x has one channel: whole numbers from 0 to
 * count - 1. Any other number, NaN too, is refused. */
#include "layers/kinds.h"
#include "layers/classes.h"

#include "base/parallel.h"

#include <string.h>

typedef struct embedding_values {
    int64_t count, size;
    gan__initial initial;
} embedding_values;

static const gan__option embedding_options[] = {
    {"count", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(embedding_values, count), "rows of the table: how many numbers there are"},
    {"size", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(embedding_values, size), "channels that come out"},
    {"init", GAN__OPTION_INITIAL, 0, "normal:1", 0, 0, NULL, offsetof(embedding_values, initial),
     "how the table starts"},
};

static gan_status embedding_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                  gan__shape *out)
{
    (void)count;
    return gan__classes_shape(layer, in[0], ((const embedding_values *)layer->options)->size, out);
}

static gan_status embedding_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const embedding_values *values = layer->options;
    const int64_t shape[2] = {values->count, values->size};
    gan__parameter *weight = gan__layer_declare(layer, "weight", true, 2, shape);
    (void)in;
    (void)count;
    if (!weight) return GAN_E_MEMORY;
    /* Rows stay rows: the table is one filter and one channel of a picture. */
    weight->order[0] = weight->order[1] = 1;
    weight->order[2] = values->count;
    weight->order[3] = values->size;
    weight->fan_in = values->size;
    weight->fan_out = values->count;
    weight->initial = values->initial;
    return GAN_OK;
}

static gan_status embedding_admit(const gan__op *op)
{
    return gan__classes_admit(op, ((const embedding_values *)op->layer->options)->count);
}

static void embedding_one(void *argument, int64_t index, int32_t worker)
{
    const gan__op *op = argument;
    const embedding_values *values = op->layer->options;
    const float *table = gan__parameter_value(op->layer, &op->layer->parameters[0]);
    const int64_t row = gan__class_of(op->x[0][index], values->count);
    float *y = op->y + index * values->size;
    (void)worker;
    memcpy(y, table + row * values->size, (size_t)values->size * sizeof *y);
}

static void embedding_forward(gan__op *op)
{
    const gan__shape in = op->in[0];
    gan__parallel_for(op->context, in.n * in.h * in.w, embedding_one, op);
}

/* In the order of the samples, since several may mean one row. */
static void embedding_backward(gan__op *op)
{
    const embedding_values *values = op->layer->options;
    const int64_t count = gan__shape_count(op->in[0]);
    if (op->dx[0]) gan__fill(op->context, count, 0.0f, op->dx[0]);
    if (!op->want_weights) return;
    float *gradient = gan__gradient_add(op->layer, &op->layer->parameters[0]);
    for (int64_t n = 0; n < count; n++) {
        const int64_t row = gan__class_of(op->x[0][n], values->count);
        if (row < 0) continue; /* the caller's array was written to since */
        float *to = gradient + row * values->size;
        const float *dy = op->dy + n * values->size;
        for (int64_t i = 0; i < values->size; i++) to[i] += dy[i];
    }
}

const gan__layer_kind gan__layer_embedding = {
    .kind = {.name = "embedding",
             .help = "a trained vector for each whole number",
             GAN__OPTIONS(embedding_options),
             .size = sizeof(embedding_values)},
    .operands = 1,
    .shape = embedding_shape,
    .declare = embedding_declare,
    .admit = embedding_admit,
    .forward = embedding_forward,
    .backward = embedding_backward,
    .tangent_form = GAN__TANGENT_NONE,
    .no_tangent = "what goes in are whole numbers",
};
