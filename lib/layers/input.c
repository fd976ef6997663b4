/* input: where a model begins. It is only ever placed, never executed. */
#include "layers/kinds.h"

typedef struct input_values {
    char *name;
    gan__tuple sides;
} input_values;

static const gan__option input_options[] = {
    {"name", GAN__OPTION_TEXT, GAN__POSITIONAL, NULL, 0, 0, NULL, offsetof(input_values, name),
     "by which `from` finds it"},
    {"sides", GAN__OPTION_TUPLE, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS, NULL,
     offsetof(input_values, sides), "height, width, channels: 64 64 3, any any 3; a vector: 100"},
};

static gan_status input_check(gan_context *context, const void *options)
{
    const gan__tuple *sides = &((const input_values *)options)->sides;
    if (sides->count != 1 && sides->count != 3)
        return gan__fail(context, GAN_E_TEXT, "needs 1 or 3 numbers, got %d", sides->count);
    if (sides->value[sides->count - 1] > 0) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "the channels cannot be `any`");
}

static gan_status input_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                              gan__shape *out)
{
    const gan__tuple *sides = &((const input_values *)layer->options)->sides;
    const bool vector = sides->count == 1;
    (void)in;
    (void)count;
    *out = (gan__shape){-1, vector ? 1 : sides->value[0], vector ? 1 : sides->value[1],
                        sides->value[sides->count - 1]};
    return GAN_OK;
}

const gan__layer_kind gan__layer_input = {
    .kind = {.name = "input",
             .help = "what a model works on",
             GAN__OPTIONS(input_options),
             .size = sizeof(input_values),
             .check = input_check},
    .operands = 0,
    .shape = input_shape,
};
