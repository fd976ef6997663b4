/* runner.c: a model ready to execute in evaluation mode, sharing nothing that it writes. */
#include <gan/runner.h>

#include "base/memory.h"
#include "model/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct gan_runner {
    gan__object object;
    gan_model *model; /* retained */
    size_t input_count, output_count;
    gan__plan *plan;
    gan__panel_cache cache;
    gan__shape *inputs; /* for the largest batch */
    float **converted;  /* one for each input: float32, row-major, where the caller's is not */
    const float **x;
    void *arena, *outputs, *transient;
    int64_t batch;
};

/* ---- creation ---- */

typedef struct runner_options {
    int64_t batch, height, width;
} runner_options;

static const gan__option runner_table[] = {
    {"batch", GAN__OPTION_INTEGER, 0, "1", 1, 1 << 20, NULL, offsetof(runner_options, batch),
     "most samples in one call"},
    {"height", GAN__OPTION_INTEGER, 0, "0", 0, 1 << 20, NULL, offsetof(runner_options, height),
     "of the inputs, where the model leaves it open"},
    {"width", GAN__OPTION_INTEGER, 0, "0", 0, 1 << 20, NULL, offsetof(runner_options, width),
     "of the inputs, where the model leaves it open"},
};
const gan__kind gan__runner_kind = {.name = "runner",
                                    .help = "executes a model",
                                    GAN__OPTIONS(runner_table),
                                    .size = sizeof(runner_options)};

static void runner_destroy(void *self)
{
    gan_runner *runner = self;
    gan_context *context = runner->object.context;
    for (size_t i = 0; runner->converted && i < runner->input_count; i++)
        gan__free(context, runner->converted[i]);
    gan__free(context, runner->converted);
    gan__free(context, runner->inputs);
    gan__free(context, runner->x);
    gan__free(context, runner->arena);
    gan__free(context, runner->outputs);
    gan__free(context, runner->transient);
    gan__plan_destroy(runner->plan);
    gan__panel_cache_free(&runner->cache);
    gan__object_release(runner->model);
}

static gan_status runner_shapes(gan_runner *runner, const runner_options *options)
{
    const gan_model *model = runner->model;
    for (size_t i = 0; i < model->input_count; i++) {
        gan__shape shape = model->shapes[model->inputs[i].value];
        shape.n = options->batch;
        if (shape.h < 0) shape.h = options->height;
        if (shape.w < 0) shape.w = options->width;
        if (shape.h < 1 || shape.w < 1)
            return gan__fail(runner->object.context, GAN_E_ARGUMENT,
                             "runner: the size of input %zu '%s' is open: height= and width= are "
                             "needed",
                             i, model->inputs[i].name);
        runner->inputs[i] = shape;
    }
    return GAN_OK;
}

static gan_status runner_allocate(gan_runner *runner)
{
    gan_context *context = runner->object.context;
    size_t count = runner->input_count;
    GAN__TRY(gan__allocate(context, &runner->converted, count, sizeof(float *)));
    GAN__TRY(gan__allocate(context, &runner->x, count, sizeof(float *)));
    for (size_t i = 0; i < count; i++)
        GAN__TRY(gan__allocate_raw(context, &runner->converted[i],
                                   (size_t)gan__shape_count(runner->inputs[i]), sizeof(float)));
    GAN__TRY(gan__allocate_raw(context, &runner->arena, gan__plan_arena(runner->plan), 1));
    GAN__TRY(gan__allocate_raw(context, &runner->outputs, gan__plan_outputs(runner->plan), 1));
    gan__plan_bind(runner->plan, runner->arena, runner->outputs);
    return gan__allocate_raw(context, &runner->transient, gan__plan_transient(runner->plan), 1);
}

static void runner_pack(gan_runner *runner)
{
    for (size_t i = 0; i < runner->cache.count; i++)
        gan__panel_ready(runner->object.context, runner->cache.panels[i]);
}

static gan_status runner_build(gan_runner *runner, const char *spec)
{
    gan_context *context = runner->object.context;
    const gan__plan_mode mode = {.groups = 1};
    runner_options options;
    GAN__TRY(gan__describe_alone(context, &gan__runner_kind, spec, &options));
    GAN__TRY(gan__allocate(context, &runner->inputs, runner->model->input_count,
                           sizeof *runner->inputs));
    GAN__TRY(runner_shapes(runner, &options));
    runner->batch = options.batch;
    GAN__TRY(gan__plan_create(&runner->plan, context, runner->model, runner->inputs, &mode,
                              &runner->cache));
    GAN__TRY(runner_allocate(runner));
    runner_pack(runner);
    return GAN_OK;
}

static gan_status runner_create(gan_runner **out, gan_context *context, gan_model *model,
                                const char *spec)
{
    gan_runner *runner;
    GAN__TRY(gan__object_create(&runner, context, sizeof *runner, GAN__RUNNER, runner_destroy));
    runner->model = model;
    gan__object_retain(model);
    runner->input_count = model->input_count;
    runner->output_count = model->output_count;
    runner->cache.context = context;
    gan_status status = runner_build(runner, spec);
    if (status == GAN_OK)
        *out = runner;
    else
        gan__object_release(runner);
    return status;
}

gan_status gan_runner_create(gan_runner **out, gan_context *context, gan_model *model,
                             const char *spec)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_runner_create: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    GAN__TRY(gan__object_check(context, model, GAN__MODEL, "gan_runner_create", "model"));
    GAN__RETURN_ENTERED(context, runner_create(out, context, model, spec));
}

void gan_runner_retain(gan_runner *runner)
{
    if (gan__object_is(runner, GAN__RUNNER)) gan__object_retain(runner);
}

void gan_runner_release(gan_runner *runner)
{
    if (gan__object_is(runner, GAN__RUNNER)) gan__object_release(runner);
}

static gan_status runner_update(gan_runner *runner)
{
    runner_pack(runner);
    return GAN_OK;
}

gan_status gan_runner_update(gan_runner *runner)
{
    GAN__TRY(gan__object_check(NULL, runner, GAN__RUNNER, "gan_runner_update", "runner"));
    GAN__RETURN_ENTERED(runner->object.context, runner_update(runner));
}

/* ---- shapes ---- */

static gan_status runner_shape(const gan_runner *runner, bool output, int32_t index,
                               int64_t shape[3])
{
    gan__shape s = output ? gan__plan_output_shape(runner->plan, index) : runner->inputs[index];
    shape[0] = s.h;
    shape[1] = s.w;
    shape[2] = s.c;
    return GAN_OK;
}

static gan_status runner_port_shape(const gan_runner *runner, const char *function, bool output,
                                    int32_t index, int64_t shape[3])
{
    GAN__TRY(gan__object_check(NULL, runner, GAN__RUNNER, function, "runner"));
    gan_context *context = runner->object.context;
    size_t count = output ? runner->output_count : runner->input_count;
    if (!shape) return gan__fail(context, GAN_E_ARGUMENT, "%s: shape is NULL", function);
    if (index < 0 || (size_t)index >= count)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: index %" PRId32 " of %zu %s", function,
                         index, count, output ? "outputs" : "inputs");
    GAN__RETURN_ENTERED(context, runner_shape(runner, output, index, shape));
}

gan_status gan_runner_input_shape(const gan_runner *runner, int32_t index, int64_t shape[3])
{
    return runner_port_shape(runner, "gan_runner_input_shape", false, index, shape);
}

gan_status gan_runner_output_shape(const gan_runner *runner, int32_t index, int64_t shape[3])
{
    return runner_port_shape(runner, "gan_runner_output_shape", true, index, shape);
}

/* ---- execution ---- */

/* `what` is "input" or "output". The batch of the first tensor is that of all. */
static gan_status runner_check(const gan_runner *runner, const gan_tensor *tensor, const char *what,
                               size_t index, gan__shape expected, int64_t *n)
{
    gan_context *context = runner->object.context;
    gan__shape shape;
    char got[88], needed[88], name[32];
    snprintf(name, sizeof name, "%s %zu", what, index);
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_runner_run", name));
    if (gan__tensor_shape(tensor, &shape) != GAN_OK)
        return gan__fail(context, GAN_E_SHAPE, "runner: %s has rank %d, not 1, 2 or 4", name,
                         tensor->rank);
    if (*n == 0) *n = shape.n;
    expected.n = *n;
    if (*n < 1 || *n > runner->batch)
        return gan__fail(context, GAN_E_SHAPE,
                         "runner: %s has %" PRId64 " samples, not 1 to batch=%" PRId64, name,
                         shape.n, runner->batch);
    if (shape.n != *n || shape.h != expected.h || shape.w != expected.w || shape.c != expected.c)
        return gan__fail(context, GAN_E_SHAPE, "runner: %s is %s, not %s", name,
                         gan__shape_print(shape, got), gan__shape_print(expected, needed));
    return GAN_OK;
}

static gan_status runner_check_all(const gan_runner *runner, gan_tensor *const *inputs,
                                   gan_tensor *const *outputs, int64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < runner->input_count; i++)
        GAN__TRY(runner_check(runner, inputs[i], "input", i, runner->inputs[i], n));
    for (size_t i = 0; i < runner->output_count; i++) {
        gan__shape shape = gan__plan_output_shape(runner->plan, (int32_t)i);
        char name[40];
        GAN__TRY(runner_check(runner, outputs[i], "output", i, shape, n));
        snprintf(name, sizeof name, "runner: output %zu", i);
        GAN__TRY(gan__tensor_check_writable(runner->object.context, name, outputs[i]));
        if (outputs[i]->dtype != GAN_FLOAT32 && outputs[i]->dtype != GAN_UINT8)
            return gan__fail(runner->object.context, GAN_E_SHAPE,
                             "runner: output %zu is %s, neither float32 nor uint8", i,
                             gan__dtype_name(outputs[i]->dtype));
    }
    return GAN_OK;
}

/* The bytes that a tensor's elements lie in. */
static void runner_reach(const gan_tensor *tensor, const char **first, const char **end)
{
    const int64_t size = (int64_t)gan__dtype_size(tensor->dtype);
    int64_t low = 0, high = 0;
    for (int32_t i = 0; i < tensor->rank; i++) {
        int64_t reach = (tensor->shape[i] - 1) * tensor->strides[i];
        *(reach < 0 ? &low : &high) += reach;
    }
    *first = (const char *)tensor->data + low * size;
    *end = (const char *)tensor->data + (high + 1) * size;
}

static bool runner_overlap(const gan_tensor *a, const gan_tensor *b)
{
    const char *a_first, *a_end, *b_first, *b_end;
    runner_reach(a, &a_first, &a_end);
    runner_reach(b, &b_first, &b_end);
    return a_first < b_end && b_first < a_end;
}

/* Whether the model may write this output where the caller wants it: as it makes it, and over
 * nothing that is still read or that was written as another output. */
static bool runner_diverts(const gan_runner *runner, gan_tensor *const *inputs,
                           gan_tensor *const *outputs, size_t index)
{
    const gan_tensor *output = outputs[index];
    if (output->dtype != GAN_FLOAT32 || !gan__tensor_is_contiguous(output)) return false;
    for (size_t i = 0; i < runner->input_count; i++)
        if (runner_overlap(inputs[i], output)) return false;
    for (size_t i = 0; i < runner->output_count; i++)
        if (i != index && runner_overlap(outputs[i], output)) return false;
    return true;
}

/* What is not where it is wanted: inputs that come out as they are before what may lie on them. */
static void runner_give(gan_runner *runner, gan_tensor *const *outputs, bool made_here)
{
    for (size_t i = 0; i < runner->output_count; i++) {
        const float *made = gan__plan_output(runner->plan, (int32_t)i);
        gan_tensor *output = outputs[i];
        if (gan__plan_makes(runner->plan, (int32_t)i) != made_here) continue;
        if (!made_here || made != output->data)
            gan__tensor_write(output, gan__tensor_is_picture(output), made);
    }
}

static gan_status runner_run(gan_runner *runner, gan_tensor *const *inputs,
                             gan_tensor *const *outputs)
{
    int64_t n;
    GAN__TRY(runner_check_all(runner, inputs, outputs, &n));
    gan__plan_set_batch(runner->plan, n);
    for (size_t i = 0; i < runner->input_count; i++) {
        const gan_tensor *input = inputs[i];
        runner->x[i] = input->data;
        if (input->dtype == GAN_FLOAT32 && gan__tensor_is_contiguous(input)) continue;
        gan__tensor_read(input, gan__tensor_is_picture(input), runner->converted[i]);
        runner->x[i] = runner->converted[i];
    }
    for (size_t i = 0; i < runner->output_count; i++)
        if (gan__plan_can_divert(runner->plan, (int32_t)i))
            gan__plan_divert(runner->plan, (int32_t)i,
                             runner_diverts(runner, inputs, outputs, i) ? outputs[i]->data : NULL);
    const gan__plan_draw nothing = {0, 0};
    GAN__TRY(gan__plan_forward(runner->plan, runner->x, &nothing, runner->transient));
    runner_give(runner, outputs, false);
    runner_give(runner, outputs, true);
    return GAN_OK;
}

gan_status gan_runner_run(gan_runner *runner, gan_tensor *const *inputs, int32_t input_count,
                          gan_tensor *const *outputs, int32_t output_count)
{
    GAN__TRY(gan__object_check(NULL, runner, GAN__RUNNER, "gan_runner_run", "runner"));
    gan_context *context = runner->object.context;
    if (!inputs || !outputs)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_runner_run: %s is NULL",
                         inputs ? "outputs" : "inputs");
    GAN__TRY(gan__model_check_counts(runner->model, context, "gan_runner_run", 1, input_count,
                                     output_count));
    GAN__RETURN_ENTERED(context, runner_run(runner, inputs, outputs));
}
