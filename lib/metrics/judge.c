/* judge.c: a small classifier learns a labelled data set, and is asked about held-out pictures. */
#include "metrics/judge.h"

#include <gan/metric.h>
#include <gan/optimizer.h>
#include <gan/runner.h>
#include <gan/tape.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/batch.h"
#include "data/fit.h"
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where it is left open how often pictures are seen. */
enum { JUDGE_ROUNDS = 5, JUDGE_STEPS = 300 };

static const gan__option judge_table[] = {
    {"rounds", GAN__OPTION_INTEGER, 0, "0", 0, 100000, NULL, offsetof(gan__judge_options, rounds),
     "how often each picture is seen; 0: 5 times, or as often as 300 steps see it"},
    {"batch", GAN__OPTION_INTEGER, 0, "64", 2, 65536, NULL, offsetof(gan__judge_options, batch),
     "pictures in a step"},
    {"features", GAN__OPTION_INTEGER, 0, "128", 1, 65536, NULL,
     offsetof(gan__judge_options, features), "width of a row of features"},
    {"lr", GAN__OPTION_REAL, 0, "0.001", 1e-9, 1e3, NULL, offsetof(gan__judge_options, lr),
     "learning rate of the first step; it falls to 0"},
    {"seed", GAN__OPTION_INTEGER, 0, "1", 0, 9.0e15, NULL, offsetof(gan__judge_options, seed),
     "of first weights and order"},
};

const gan__kind gan__judge_kind = {.name = "judge",
                                   .help = "a classifier that features of pictures come from",
                                   GAN__OPTIONS(judge_table),
                                   .size = sizeof(gan__judge_options)};

typedef struct judge_work {
    gan_context *context;
    const gan__judge_options *options;
    gan_dataset *dataset, *heldout;
    gan__judge_data data;
    gan_model *model;
    gan_tape *tape;
    gan_optimizer *optimizer;
    gan__batcher *batcher;
    int64_t steps;
} judge_work;

/* ---- training ---- */

static gan_status judge_step(judge_work *j)
{
    gan_tensor *const *batch;
    gan_value image, values[2], outputs[2], loss;
    GAN__TRY(gan__batcher_next(j->batcher, &batch));
    GAN__TRY(gan_tape_reset(j->tape));
    GAN__TRY(gan_tape_input(j->tape, batch[0], 0, &image));     /* B, H, W, C */
    GAN__TRY(gan_tape_input(j->tape, batch[1], 0, &values[1])); /* B */
    GAN__TRY(gan_tape_apply(j->tape, j->model, "training", &image, 1, outputs, 2));
    values[0] = outputs[1]; /* B, classes */
    GAN__TRY(gan_tape_loss(j->tape, "cross_entropy", values, 2, &loss));
    GAN__TRY(gan_optimizer_zero(j->optimizer));
    GAN__TRY(gan_tape_backward(j->tape, &loss, NULL, 1, &j->model, 1));
    return gan_optimizer_step(j->optimizer);
}

static gan_status judge_begin(judge_work *j)
{
    static const char *const fields[] = {"image", "label"};
    const gan__judge_options *o = j->options;
    char spec[128], rate[GAN__NUMBER_SIZE];
    const gan__batch_plan plan = {.fields = fields,
                                  .field_count = 2,
                                  .batch = o->batch,
                                  .seed = (uint64_t)o->seed,
                                  .ahead = true,
                                  .in_flight = 1};
    gan__text text = {.context = j->context};
    int64_t seen;
    const int64_t least = o->rounds ? 1 : JUDGE_STEPS,
                  rounds = o->rounds ? o->rounds : JUDGE_ROUNDS;
    if (!gan__multiply_count(rounds, j->data.count, &seen)) seen = INT64_MAX;
    j->steps = seen / o->batch > least ? seen / o->batch : least;
    gan__judge_network(&text, &j->data, o->features);
    gan_status status = text.status;
    if (status == GAN_OK) status = gan_model_parse(&j->model, j->context, text.bytes);
    gan__text_free(&text);
    GAN__TRY(status);
    snprintf(spec, sizeof spec, "adam lr=%s schedule=cosine:%" PRId64,
             gan__number_print(o->lr, rate), j->steps);
    GAN__TRY(gan_optimizer_create(&j->optimizer, j->context, spec));
    GAN__TRY(gan_optimizer_add(j->optimizer, j->model));
    GAN__TRY(gan_tape_create(&j->tape, j->context));
    return gan__batcher_create(&j->batcher, j->context, j->dataset, &plan);
}

/* First weights are drawn as in a new context of this seed; what others draw later is as it was. */
static gan_status judge_train(judge_work *j)
{
    gan_context *context = j->context;
    const uint64_t seed = context->seed;
    const gan__counts before = context->counts;
    context->seed = (uint64_t)j->options->seed;
    context->counts.draws = 0;
    gan_status status = judge_begin(j);
    context->seed = seed;
    context->counts = before;
    for (int64_t i = 0; i < j->steps && status == GAN_OK; i++) status = judge_step(j);
    return status;
}

/* ---- what it is worth ---- */

/* Pictures that are asked about at a time. */
enum { JUDGE_EXAM = 64 };

typedef struct judge_exam {
    gan_runner *runner;
    gan_tensor *image, *outputs[2]; /* JUDGE_EXAM x H x W x C; x features, x classes */
    float labels[JUDGE_EXAM];
    int64_t waiting, right, asked;
} judge_exam;

static gan_status judge_run(judge_exam *exam, int64_t count)
{
    gan_tensor *const whole[3] = {exam->image, exam->outputs[0], exam->outputs[1]};
    gan_tensor *part[3] = {NULL};
    gan_status status = GAN_OK;
    for (int i = 0; i < 3 && status == GAN_OK; i++)
        status = gan_tensor_slice(&part[i], whole[i], 0, 0, count);
    if (status == GAN_OK) status = gan_runner_run(exam->runner, part, 1, part + 1, 2);
    for (int i = 0; i < 3; i++) gan_tensor_release(part[i]);
    return status;
}

static gan_status judge_ask(judge_exam *exam)
{
    const int64_t classes = gan_tensor_shape(exam->outputs[1])[1];
    const float *logits = gan_tensor_data(exam->outputs[1]);
    if (exam->waiting == 0) return GAN_OK;
    GAN__TRY(judge_run(exam, exam->waiting));
    for (int64_t i = 0; i < exam->waiting; i++, logits += classes) {
        int64_t largest = 0;
        for (int64_t k = 1; k < classes; k++)
            if (logits[k] > logits[largest]) largest = k;
        exam->right += (float)largest == exam->labels[i];
    }
    exam->asked += exam->waiting;
    exam->waiting = 0;
    return GAN_OK;
}

static gan_status judge_see(void *argument, const float *image, float label)
{
    judge_exam *exam = argument;
    const int64_t size = gan_tensor_count(exam->image) / JUDGE_EXAM;
    float *to = gan_tensor_data(exam->image);
    memcpy(to + exam->waiting * size, image, (size_t)size * sizeof *image);
    exam->labels[exam->waiting++] = label;
    return exam->waiting == JUDGE_EXAM ? judge_ask(exam) : GAN_OK;
}

static gan_status judge_examine_all(judge_work *j, judge_exam *exam, const gan__judge_data *data)
{
    int64_t shape[4] = {JUDGE_EXAM}, wide[2] = {JUDGE_EXAM};
    memcpy(shape + 1, j->data.image->shape, 3 * sizeof *shape);
    GAN__TRY(gan_runner_create(&exam->runner, j->context, j->model, "batch=64"));
    GAN__TRY(gan_tensor_create(&exam->image, j->context, GAN_FLOAT32, 4, shape));
    wide[1] = j->options->features;
    GAN__TRY(gan_tensor_create(&exam->outputs[0], j->context, GAN_FLOAT32, 2, wide));
    wide[1] = j->data.classes;
    GAN__TRY(gan_tensor_create(&exam->outputs[1], j->context, GAN_FLOAT32, 2, wide));
    GAN__TRY(gan__judge_each(j->heldout, data, judge_see, exam));
    return judge_ask(exam);
}

static gan_status judge_examine(judge_work *j)
{
    judge_exam exam = {0};
    gan__judge_data data;
    char text[GAN__NUMBER_SIZE];
    GAN__TRY(gan__judge_data_of(j->heldout, &data));
    if (memcmp(data.image->shape, j->data.image->shape, sizeof data.image->shape))
        return gan__fail(j->context, GAN_E_SHAPE,
                         "judge: held-out pictures of %" PRId64 "x%" PRId64 "x%" PRId64
                         ", not %" PRId64 "x%" PRId64 "x%" PRId64,
                         data.image->shape[0], data.image->shape[1], data.image->shape[2],
                         j->data.image->shape[0], j->data.image->shape[1], j->data.image->shape[2]);
    gan_status status = judge_examine_all(j, &exam, &data);
    gan_runner_release(exam.runner);
    gan_tensor_release(exam.image);
    for (int i = 0; i < 2; i++) gan_tensor_release(exam.outputs[i]);
    GAN__TRY(status);
    gan__number_print((double)exam.right / (double)exam.asked, text);
    GAN__TRY(gan_model_set_note(j->model, "accuracy", text));
    snprintf(text, sizeof text, "%" PRId64, exam.asked);
    return gan_model_set_note(j->model, "accuracy_count", text);
}

/* ---- notes ---- */

static gan_status judge_note_classes(judge_work *j)
{
    const gan__classes *names = &j->dataset->classes;
    gan__text text = {.context = j->context};
    for (int64_t i = 0; i < names->count; i++)
        gan__text_print(&text, "%s%s", i ? "\n" : "", names->names[i]);
    gan_status status = text.status;
    if (status == GAN_OK && names->count > 0)
        status = gan_model_set_note(j->model, "classes", text.bytes);
    gan__text_free(&text);
    return status;
}

static gan_status judge_note(judge_work *j)
{
    char examples[GAN__JUDGE_EXAMPLES], count[24];
    const char *fit = NULL;
    gan__text text = {.context = j->context};
    gan__text_print(&text, "judge");
    gan__options_print(&text, &gan__judge_kind, j->options);
    gan_status status = text.status;
    if (status == GAN_OK) status = gan_model_set_note(j->model, "judge", text.bytes);
    gan__text_free(&text);
    GAN__TRY(status);
    GAN__TRY(gan__judge_examples(j->dataset, &j->data, examples));
    GAN__TRY(gan_model_set_note(j->model, "examples", examples));
    GAN__TRY(gan_model_set_note(j->model, "inputs", "picture"));
    snprintf(count, sizeof count, "%" PRId64, j->data.classes);
    GAN__TRY(gan_model_set_note(j->model, "class_count", count));
    if (j->dataset->text) GAN__TRY(gan__fit_of(j->context, j->dataset->text, &fit));
    if (fit) GAN__TRY(gan_model_set_note(j->model, "fit", fit));
    return judge_note_classes(j);
}

/* ---- the whole ---- */

static gan_status judge_make(judge_work *j)
{
    GAN__TRY(gan__judge_data_of(j->dataset, &j->data));
    GAN__TRY(judge_train(j));
    GAN__TRY(judge_note(j));
    return j->heldout ? judge_examine(j) : GAN_OK;
}

static gan_status judge_create(gan_model **out, gan_context *context, const char *spec,
                               gan_dataset *data, gan_dataset *heldout)
{
    gan__judge_options options;
    judge_work j = {.context = context, .options = &options, .dataset = data, .heldout = heldout};
    GAN__TRY(gan__describe_alone(context, &gan__judge_kind, spec, &options));
    gan_status status = judge_make(&j);
    gan__options_free(context, &gan__judge_kind, &options);
    gan__batcher_free(j.batcher);
    gan_tape_release(j.tape);
    gan_optimizer_release(j.optimizer);
    if (status == GAN_OK)
        *out = j.model;
    else
        gan_model_release(j.model);
    return status;
}

gan_status gan_judge_train(gan_model **out, gan_context *context, const char *spec,
                           gan_dataset *data, gan_dataset *heldout)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_judge_train: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    GAN__TRY(gan__object_check(context, data, GAN__DATASET, "gan_judge_train", "data"));
    if (heldout)
        GAN__TRY(gan__object_check(context, heldout, GAN__DATASET, "gan_judge_train", "heldout"));
    if (data->object.context != context || (heldout && heldout->object.context != context))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_judge_train: the data set belongs to another context");
    GAN__RETURN_ENTERED(context, judge_create(out, context, spec, data, heldout));
}
