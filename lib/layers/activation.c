/* activation.c: functions of single elements:
 *
 *   relu        max(x, 0)
 *   leaky_relu  x > 0 ? x : slope * x
 *   elu         x > 0 ? x : alpha * (exp(x) - 1)
 *   silu        x / (1 + exp(-x))
 *   gelu        x * Phi(x), Phi the normal distribution
 *   tanh, sigmoid
 *
 * prelu, whose slope is trained, has its own file. */
#include "layers/kinds.h"

typedef struct activation_values {
    double parameter;
} activation_values;

static const gan__option activation_slope[] = {
    {"slope", GAN__OPTION_REAL, GAN__POSITIONAL, "0.01", 0, 1e6, NULL,
     offsetof(activation_values, parameter), "of the line below 0"},
};

static const gan__option activation_alpha[] = {
    {"alpha", GAN__OPTION_REAL, GAN__POSITIONAL, "1", 0, 1e6, NULL,
     offsetof(activation_values, parameter), "how far below 0 it goes"},
};

static gan__activation activation_of(const gan_layer *layer)
{
    static const struct {
        const gan__layer_kind *kind;
        gan__activation activation;
    } table[] = {
        {&gan__layer_relu, GAN__RELU}, {&gan__layer_leaky_relu, GAN__LEAKY_RELU},
        {&gan__layer_elu, GAN__ELU},   {&gan__layer_silu, GAN__SILU},
        {&gan__layer_gelu, GAN__GELU}, {&gan__layer_tanh, GAN__TANH},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (layer->kind == table[i].kind) return table[i].activation;
    return GAN__SIGMOID;
}

static void activation_tail(const gan_layer *layer, gan__tail *tail)
{
    const activation_values *values = layer->options;
    tail->activation = activation_of(layer);
    tail->parameter = layer->kind->kind.block_count > 0 ? (float)values->parameter : 0.0f;
}

static void activation_forward(gan__op *op)
{
    gan__tail tail = {0};
    activation_tail(op->layer, &tail);
    gan__activate(op->context, tail.activation, tail.parameter, gan__shape_count(op->out), op->x[0],
                  op->y);
}

static void activation_backward(gan__op *op)
{
    gan__tail tail = {0};
    if (!op->dx[0]) return;
    activation_tail(op->layer, &tail);
    const bool output = gan__activation_uses_output(tail.activation, tail.parameter);
    gan__activate_backward(op->context, tail.activation, tail.parameter, gan__shape_count(op->out),
                           output ? op->y : op->x[0], op->dy, op->dx[0]);
}

static void activation_bend(gan__op *op)
{
    gan__tail tail = {0};
    if (!op->dx[0]) return;
    activation_tail(op->layer, &tail);
    const bool output = gan__activation_uses_output(tail.activation, tail.parameter);
    const gan__bend bend = {.v = output ? op->y : op->x[0],
                            .t = output ? op->tangent.y : op->tangent.x[0],
                            .dy = op->tangent.dy,
                            .dx = op->dx[0]};
    gan__activate_bend(op->context, tail.activation, tail.parameter, gan__shape_count(op->out),
                       &bend);
}

#define ACTIVATION_FUNCTIONS                                                \
    .operands = 1, .activation = activation_tail, .shape = gan__shape_same, \
    .forward = activation_forward, .backward = activation_backward,         \
    .tangent_form = GAN__TANGENT_SYMMETRIC

const gan__layer_kind gan__layer_relu = {
    .kind = {.name = "relu", .help = "max(x, 0)"},
    ACTIVATION_FUNCTIONS,
};

const gan__layer_kind gan__layer_leaky_relu = {
    .kind = {.name = "leaky_relu",
             .help = "x above 0, slope * x below",
             GAN__OPTIONS(activation_slope),
             .size = sizeof(activation_values)},
    ACTIVATION_FUNCTIONS,
};

const gan__layer_kind gan__layer_elu = {
    .kind = {.name = "elu",
             .help = "x above 0, alpha * (exp(x) - 1) below",
             GAN__OPTIONS(activation_alpha),
             .size = sizeof(activation_values)},
    ACTIVATION_FUNCTIONS,
    .bend = activation_bend,
};

const gan__layer_kind gan__layer_silu = {
    .kind = {.name = "silu", .help = "x * sigmoid(x)"},
    ACTIVATION_FUNCTIONS,
    .bend = activation_bend,
};

const gan__layer_kind gan__layer_gelu = {
    .kind = {.name = "gelu", .help = "x times the normal distribution of x"},
    ACTIVATION_FUNCTIONS,
    .bend = activation_bend,
};

const gan__layer_kind gan__layer_tanh = {
    .kind = {.name = "tanh", .help = "hyperbolic tangent: into (-1, 1)"},
    ACTIVATION_FUNCTIONS,
    .bend = activation_bend,
};

const gan__layer_kind gan__layer_sigmoid = {
    .kind = {.name = "sigmoid", .help = "1 / (1 + exp(-x)): into (0, 1)"},
    ACTIVATION_FUNCTIONS,
    .bend = activation_bend,
};
