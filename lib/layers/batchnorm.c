/* batchnorm: y = (x - mean) / sqrt(variance + eps) * gamma + beta, for each channel (Ioffe and
 * Szegedy 2015).
 *
 * In training mean and variance (biased) are those of the batch, of each group of it by itself, and
 *
 *   running = (1 - momentum) * running + momentum * statistic    (of the variance: unbiased)
 *
 * is done for one group after the other; while they are estimated (layer->estimates), the n-th
 * enters with 1/n: their mean. In evaluation the running ones are used. */
#include "layers/sample_norm.h"

#include "compute/reduce.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct batchnorm_values {
    double eps, momentum;
    int32_t affine;
    gan__initial initial;
} batchnorm_values;

static const gan__option batchnorm_options[] = {
    {"eps", GAN__OPTION_REAL, 0, "1e-5", 0, 1, NULL, offsetof(batchnorm_values, eps),
     "added to the variance"},
    {"momentum", GAN__OPTION_REAL, 0, "0.1", 0, 1, NULL, offsetof(batchnorm_values, momentum),
     "how much of a batch enters the running statistics"},
    {"affine", GAN__OPTION_BOOLEAN, 0, "yes", 0, 0, NULL, offsetof(batchnorm_values, affine),
     "a trained factor and summand for each channel"},
    {"init", GAN__OPTION_INITIAL, 0, "ones", 0, 0, NULL, offsetof(batchnorm_values, initial),
     "how the factor starts: normal:1,0.02"},
};

/* As PyTorch: a channel whose values are all the same would become NaN. */
static gan_status batchnorm_check(gan_context *context, const void *options)
{
    if (((const batchnorm_values *)options)->eps > 0) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "eps=0 is not above 0");
}

static gan_status batchnorm_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const batchnorm_values *values = layer->options;
    const int64_t c = in[0].c, order[4] = {c, 1, 1, 1};
    (void)count;
    if (values->affine) {
        GAN__TRY(gan__affine_declare(layer, 1, &c, order));
        layer->parameters[0].initial = values->initial;
    }
    gan__parameter *mean = gan__layer_declare(layer, "running_mean", false, 1, &c);
    gan__parameter *variance = gan__layer_declare(layer, "running_var", false, 1, &c);
    gan__parameter *batches = gan__layer_declare(layer, "num_batches_tracked", false, 0, NULL);
    if (!mean || !variance || !batches) return GAN_E_MEMORY;
    variance->least = variance->most = 1.0f;
    batches->integer = true;
    return GAN_OK;
}

static float *batchnorm_buffer(const gan__op *op, const char *name)
{
    return gan__parameter_value(op->layer, gan__layer_parameter(op->layer, name));
}

static void batchnorm_count(const gan__op *op, int64_t batches)
{
    int64_t *tracked =
        gan__parameter_integers(op->layer, gan__layer_parameter(op->layer, "num_batches_tracked"));
    *tracked = *tracked > INT64_MAX - batches ? INT64_MAX : *tracked + batches;
}

/* In evaluation all groups share the running statistics. */
static gan__norm batchnorm_norm(const gan__op *op)
{
    const batchnorm_values *values = op->layer->options;
    const gan__shape in = op->in[0];
    return (gan__norm){.outer = op->training ? op->groups : 1,
                       .rows = op->training ? in.h * in.w : in.n * in.h * in.w,
                       .starts = op->training ? op->starts : NULL,
                       .channels = in.c,
                       .sets = in.c,
                       .eps = values->eps,
                       .activation = op->tail.activation,
                       .parameter = op->tail.parameter};
}

/* The state: mean and variance that were used. */
static gan_status batchnorm_plan(gan__op *op)
{
    const gan__norm norm = batchnorm_norm(op);
    char text[88];
    for (int32_t group = 0; op->training && group < op->groups; group++) {
        if (gan__norm_rows(&norm, group) > 1) continue;
        gan__shape shape = op->in[0];
        shape.n = op->starts[group + 1] - op->starts[group];
        return gan__fail(op->context, GAN_E_SHAPE,
                         "batchnorm: training needs more than one value for each channel in each "
                         "group, got %s in group %" PRId32 " of %" PRId32,
                         gan__shape_print(shape, text), group, op->groups);
    }
    return gan__sample_norm_plan(op, &norm);
}

static void batchnorm_track(const gan__op *op, const gan__norm *norm, const float *mean,
                            const float *variance)
{
    const batchnorm_values *values = op->layer->options;
    float *running_mean = batchnorm_buffer(op, "running_mean");
    float *running_variance = batchnorm_buffer(op, "running_var");
    int64_t *estimates = &op->layer->estimates;
    for (int64_t group = 0; group < norm->outer; group++) {
        const double rows = (double)gan__norm_rows(norm, group);
        const float unbiased = (float)(rows / (rows - 1));
        const double share = *estimates ? 1.0 / (double)(*estimates)++ : values->momentum;
        const float keep = (float)(1.0 - share), take = (float)share;
        for (int64_t c = 0; c < norm->channels; c++) {
            int64_t i = group * norm->channels + c;
            running_mean[c] = keep * running_mean[c] + take * mean[i];
            running_variance[c] = keep * running_variance[c] + take * (unbiased * variance[i]);
        }
    }
    batchnorm_count(op, norm->outer);
}

static void batchnorm_forward(gan__op *op)
{
    const gan__norm norm = batchnorm_norm(op);
    const int64_t sets = norm.outer * norm.channels;
    if (op->training) {
        gan__sample_norm_forward(op, &norm);
        void *state = op->state;
        const float *mean = gan__op_take(&state, sets);
        batchnorm_track(op, &norm, mean, gan__op_take(&state, sets));
        return;
    }
    void *state = op->state;
    float *mean = gan__op_take(&state, sets), *variance = gan__op_take(&state, sets);
    memcpy(mean, batchnorm_buffer(op, "running_mean"), (size_t)sets * sizeof *mean);
    memcpy(variance, batchnorm_buffer(op, "running_var"), (size_t)sets * sizeof *variance);
    gan__sample_norm_again(op, &norm);
}

static void batchnorm_again(gan__op *op)
{
    const gan__norm norm = batchnorm_norm(op);
    gan__sample_norm_again(op, &norm);
}

static void batchnorm_backward(gan__op *op)
{
    const gan__norm norm = batchnorm_norm(op);
    gan__sample_norm_backward(op, &norm, !op->training);
}

/* In evaluation: dgamma += sum of dy * t / sqrt(variance + eps). The workspace: the sums. */
static void batchnorm_bend(gan__op *op)
{
    const batchnorm_values *values = op->layer->options;
    const int64_t c = op->in[0].c, rows = gan__shape_count(op->in[0]) / c;
    void *state = op->state, *memory = op->workspace;
    float *sum = gan__op_take(&memory, c);
    if (!values->affine || !op->want_weights) return;
    (void)gan__op_take(&state, c);
    const float *variance = gan__op_take(&state, c);
    float *gamma = gan__gradient_add(op->layer, gan__layer_parameter(op->layer, "weight"));
    gan__column_dot(op->context, rows, c, op->tangent.dy, op->tangent.x[0], false, sum);
    for (int64_t i = 0; i < c; i++)
        gamma[i] += (float)((double)sum[i] / sqrt((double)variance[i] + values->eps));
}

static double batchnorm_running(const gan_layer *layer)
{
    return ((const batchnorm_values *)layer->options)->momentum;
}

const gan__layer_kind gan__layer_batchnorm = {
    .kind = {.name = "batchnorm",
             .help = "each channel gets the batch's mean 0 and variance 1",
             GAN__OPTIONS(batchnorm_options),
             .size = sizeof(batchnorm_values),
             .check = batchnorm_check},
    .operands = 1,
    .couples = true,
    .running = batchnorm_running,
    .takes_tail = true,
    .shape = gan__shape_same,
    .declare = batchnorm_declare,
    .plan = batchnorm_plan,
    .forward = batchnorm_forward,
    .again = batchnorm_again,
    .backward = batchnorm_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .no_tangent = "it couples the samples of a batch; use instancenorm, groupnorm or layernorm",
    .bend = batchnorm_bend,
    .straight = true,
};
