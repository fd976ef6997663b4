/* eval_samples.c: what a run makes, of what is drawn or of held-out pictures. */
#include "eval.h"
#include "inputs.h"
#include "picture_maker.h"
#include "spread.h"

#include <stdlib.h>
#include <string.h>

/* o->made, if it was made, as samples: pictures as files have them, of bytes. */
static int take_made(eval_order *o, gan_status status)
{
    static const char *const field = "image";
    gan_dataset *dataset = NULL;
    gan_tensor *bytes = NULL;
    if (status == GAN_OK && o->mixture.centres) {
        o->samples.count = gan_tensor_shape(o->made)[0];
        return EXIT_GOOD;
    }
    if (status == GAN_OK) status = picture_bytes(&bytes, o->context, o->made);
    if (status == GAN_OK)
        status = gan_dataset_from_tensors(&dataset, o->context, &field, &bytes, 1);
    int code = status == GAN_OK ? eval_set_of_dataset(&o->samples, o->self, o->context, dataset,
                                                      gan_dataset_count(dataset))
                                : complain_status(o->self, o->context, status);
    gan_tensor_release(bytes);
    gan_dataset_release(dataset);
    return code;
}

int64_t eval_sample_count(const eval_order *o)
{
    if (o->count) return o->count;
    if (o->mixture.centres) return MIXTURE_SAMPLES;
    return o->real.count ? o->real.count : o->compared.count;
}

/* ---- of what is drawn ---- */

static int make_samples(eval_order *o, picture_maker *maker)
{
    maker->tape = o->tape;
    gan_tape_retain(o->tape);
    gan_status status = picture_maker_open(maker, o->context, 64);
    if (status == GAN_OK) status = picture_maker_make(maker, &o->made);
    o->conditions = maker->conditions;
    memset(&maker->conditions, 0, sizeof maker->conditions);
    return take_made(o, status);
}

/* Vectors of held-out examples, where the network takes vectors and none are given. */
static bool takes_examples(const eval_order *o, const gan_model *model)
{
    int32_t rank;
    int64_t shape[3];
    const int32_t input = input_condition(model);
    return input >= 0 && !arguments_get(o->given, "condition") && o->data.heldout &&
           input_kind_of(model, input, INPUT_CONDITION) == INPUT_VECTOR &&
           gan_dataset_field_shape(o->data.heldout, "vector", &rank, shape, NULL) == GAN_OK;
}

static int open_conditions(eval_order *o, conditions *c, const gan_model *model, int64_t wanted)
{
    if (!takes_examples(o, model))
        return conditions_open(c, o->self, o->context, o->subject, model, o->given);
    return conditions_of_examples(c, o->self, o->context, o->data.heldout,
                                  wanted < o->real.count ? wanted : o->real.count);
}

/* Whether the conditions are classes: all of them where none are asked for. */
static bool knows_classes(const eval_order *o, const gan_model *model)
{
    const int32_t input = input_condition(model);
    if (takes_examples(o, model)) return false;
    return !arguments_get(o->given, "condition") ||
           input_kind_of(model, input, INPUT_CONDITION) == INPUT_LABEL;
}

/* As many as are wanted; of classes, equally many of each, and their numbers. */
static int plan_samples(eval_order *o, picture_maker *maker)
{
    example_plan *plan = &maker->plan;
    const gan_model *model = maker->models[0];
    const int64_t wanted = eval_sample_count(o);
    int code = open_conditions(o, &maker->conditions, model, wanted);
    if (code) return code;
    const int64_t given = maker->conditions.count;
    plan->conditions = given;
    plan->count = o->each = given ? (wanted + given - 1) / given : wanted;
    if (given == 0 || !knows_classes(o, model)) return EXIT_GOOD;
    o->labels = malloc((size_t)example_count(plan) * sizeof *o->labels);
    if (!o->labels) return complain(o->self, EXIT_FAILED, "no memory for labels");
    for (int64_t i = 0; i < example_count(plan); i++)
        o->labels[i] = conditions_class(&maker->conditions, i / plan->count);
    return EXIT_GOOD;
}

static int open_drawn(eval_order *o)
{
    picture_maker maker = {.drawn = INPUT_UNKNOWN, .floats = true};
    char why[256];
    if (!picture_maker_serves(o->routes.models[0], false, why))
        return complain(o->self, EXIT_INPUT, "%s: no pictures: %s", o->subject, why);
    maker.models[maker.count++] = o->routes.models[0];
    gan_model_retain(o->routes.models[0]);
    int code = plan_samples(o, &maker);
    if (!code) code = make_samples(o, &maker);
    picture_maker_free(&maker);
    return code;
}

/* Chains from noise. */
static int open_sampled(eval_order *o)
{
    if (arguments_get(o->given, "condition"))
        return complain(o->self, EXIT_USAGE, "--condition: the samples of %s are chains from noise",
                        o->subject);
    gan_status status = gan_trainer_sample(&o->made, o->routes.trainer, eval_sample_count(o), 0,
                                           o->seed, GAN_MODEL_AVERAGED);
    return take_made(o, status);
}

/* ---- of pictures ---- */

enum { TRANSLATED_AT_ONCE = 16 };

/* Pictures of the data through the runner, into `made` from `first` on. */
static gan_status translate_some(gan_runner *runner, gan_dataset *data, int64_t first,
                                 gan_tensor *in, gan_tensor *made)
{
    const int64_t count = gan_tensor_shape(in)[0], all = gan_tensor_shape(made)[0];
    int64_t indices[TRANSLATED_AT_ONCE];
    gan_tensor *out;
    gan_status status = gan_tensor_slice(&out, made, 0, first, count);
    for (int64_t i = 0; i < count; i++)
        indices[i] = spread_index(first + i, all, gan_dataset_count(data));
    if (status == GAN_OK) status = gan_dataset_read(data, "image", indices, in);
    if (status == GAN_OK) status = gan_runner_run(runner, &in, 1, &out, 1);
    gan_tensor_release(out);
    return status;
}

static gan_status translate_all(const eval_order *o, gan_runner *runner, gan_dataset *data,
                                gan_tensor *made)
{
    const int64_t all = gan_tensor_shape(made)[0];
    int64_t shape[4];
    gan_status status = gan_runner_input_shape(runner, 0, shape + 1);
    for (int64_t i = 0; i < all && status == GAN_OK; i += TRANSLATED_AT_ONCE) {
        gan_tensor *in;
        shape[0] = all - i < TRANSLATED_AT_ONCE ? all - i : TRANSLATED_AT_ONCE;
        status = gan_tensor_create(&in, o->context, GAN_FLOAT32, 4, shape);
        if (status == GAN_OK) status = translate_some(runner, data, i, in, made);
        gan_tensor_release(in);
    }
    return status;
}

/* Into o->made. */
static gan_status translate(eval_order *o, gan_dataset *data, int64_t count)
{
    gan_runner *runner = NULL;
    char spec[96];
    int32_t rank;
    int64_t size[3] = {0}, shape[4] = {count};
    gan_status status = gan_dataset_field_shape(data, "image", &rank, size, NULL);
    snprintf(spec, sizeof spec, "batch=%d height=%lld width=%lld", TRANSLATED_AT_ONCE,
             (long long)size[0], (long long)size[1]);
    if (status == GAN_OK)
        status = gan_runner_create(&runner, o->context, o->routes.models[0], spec);
    if (status == GAN_OK) status = gan_runner_output_shape(runner, 0, shape + 1);
    if (status == GAN_OK) status = gan_tensor_create(&o->made, o->context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = translate_all(o, runner, data, o->made);
    gan_runner_release(runner);
    return status;
}

/* Those of the pictures that samples are made of. */
static int read_classes(eval_order *o, gan_dataset *data, int64_t count)
{
    gan_tensor *labels = NULL;
    if (gan_dataset_class_count(data) < 2) return EXIT_GOOD;
    int64_t *indices = malloc((size_t)count * sizeof *indices);
    o->labels = malloc((size_t)count * sizeof *o->labels);
    if (!indices || !o->labels) {
        free(indices);
        return complain(o->self, EXIT_FAILED, "no memory for labels");
    }
    for (int64_t i = 0; i < count; i++)
        indices[i] = spread_index(i, count, gan_dataset_count(data));
    gan_status status =
        gan_tensor_wrap(&labels, o->context, GAN_INT64, 1, &count, NULL, o->labels, NULL, NULL);
    if (status == GAN_OK) status = gan_dataset_read(data, "label", indices, labels);
    gan_tensor_release(labels);
    free(indices);
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

static int open_translated(eval_order *o)
{
    const gan_model *model = o->routes.models[0];
    const char *feed = gan_model_note(model, "source");
    int code = EXIT_GOOD;
    if (gan_model_input_count(model) != 1 || gan_model_output_count(model) != 1)
        return complain(o->self, EXIT_INPUT, "%s: it takes or makes more than one picture",
                        o->subject);
    if (!o->is_folder)
        return complain(o->self, EXIT_USAGE,
                        "%s translates: translate pictures with it, and give the two folders",
                        o->subject);
    if (!o->source.heldout)
        code = run_data_open(&o->source, o->self, o->context, o->subject, o->recipe, feed);
    if (code) return code;
    const int64_t there = gan_dataset_count(o->source.heldout);
    const int64_t wanted = o->count ? o->count : o->most, count = wanted < there ? wanted : there;
    code = read_classes(o, o->source.heldout, count);
    return code ? code : take_made(o, translate(o, o->source.heldout, count));
}

int eval_open_samples(eval_order *o)
{
    const gan_model *model = o->routes.models[0];
    snprintf(o->samples.name, sizeof o->samples.name, "%s", o->subject);
    if (o->routes.sampler) return open_sampled(o);
    const bool translates = gan_model_note(model, "inputs") && !gan_model_note(model, "prior");
    return translates ? open_translated(o) : open_drawn(o);
}
