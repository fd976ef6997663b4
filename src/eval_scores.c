/* eval_scores.c: what a run's discriminators say of pictures, through the routes that end in their
 * scores: of those that they were trained on, of held-out ones, of samples. */
#include "eval.h"
#include "spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCORED_AT_ONCE = 64 };

/* One of them at work. */
typedef struct scorer {
    const eval_order *o;
    gan_model *model;
    gan_runner *runner;
    int32_t picture, condition; /* inputs; the second may be -1 */
    int64_t size[3];            /* H, W, C of a picture */
    int64_t pack;               /* pictures side by side in the channels of one that it takes */
    int64_t width;              /* numbers of a condition */
    gan_tensor *inputs[2], *score;
} scorer;

/* So many pictures of a data set, or, where that is NULL, samples. */
typedef struct scored {
    gan_dataset *dataset;
    int64_t count;
} scored;

static int64_t place_of(const scored *from, int64_t index)
{
    return spread_index(index, from->count, gan_dataset_count(from->dataset));
}

static void scorer_free(scorer *s)
{
    gan_model_release(s->model);
    gan_runner_release(s->runner);
    for (int i = 0; i < 2; i++) gan_tensor_release(s->inputs[i]);
    gan_tensor_release(s->score);
}

/* ---- what it takes ---- */

/* Whether pictures, and nothing but a condition beside them, go into it: as many to a pack as its
 * channels say. */
static bool serves(scorer *s)
{
    const int32_t count = gan_model_input_count(s->model);
    int64_t shape[3];
    s->condition = input_condition(s->model);
    s->picture = s->condition == 0 ? 1 : 0;
    if (count != (s->condition < 0 ? 1 : 2) ||
        input_kind_of(s->model, s->picture, INPUT_UNKNOWN) != INPUT_PICTURE ||
        gan_model_input_shape(s->model, s->picture, shape) != GAN_OK || shape[2] % s->size[2])
        return false;
    s->pack = shape[2] / s->size[2];
    return s->condition < 0 || s->pack == 1;
}

static gan_status make_input(scorer *s, int32_t input)
{
    int64_t shape[4] = {SCORED_AT_ONCE};
    gan_status status = gan_runner_input_shape(s->runner, input, shape + 1);
    if (input == s->condition) s->width = shape[1] * shape[2] * shape[3];
    return status == GAN_OK
               ? gan_tensor_create(&s->inputs[input], s->o->context, GAN_FLOAT32, 4, shape)
               : status;
}

static gan_status scorer_open(scorer *s)
{
    char spec[96];
    int64_t shape[4] = {SCORED_AT_ONCE};
    snprintf(spec, sizeof spec, "batch=%d height=%lld width=%lld", SCORED_AT_ONCE,
             (long long)s->size[0], (long long)s->size[1]);
    gan_status status = gan_runner_create(&s->runner, s->o->context, s->model, spec);
    for (int32_t i = 0; i < gan_model_input_count(s->model) && status == GAN_OK; i++)
        status = make_input(s, i);
    if (status == GAN_OK) status = gan_runner_output_shape(s->runner, 0, shape + 1);
    return status == GAN_OK ? gan_tensor_create(&s->score, s->o->context, GAN_FLOAT32, 4, shape)
                            : status;
}

/* ---- pictures and conditions ---- */

static gan_status read_picture(const scorer *s, const scored *from, int64_t index, float *out)
{
    const int64_t shape[4] = {1, s->size[0], s->size[1], s->size[2]};
    const int64_t numbers = shape[1] * shape[2] * shape[3];
    gan_tensor *one = NULL;
    if (!from->dataset) {
        memcpy(out, (const float *)gan_tensor_data(s->o->made) + index * numbers,
               (size_t)numbers * sizeof *out);
        return GAN_OK;
    }
    gan_status status =
        gan_tensor_wrap(&one, s->o->context, GAN_FLOAT32, 4, shape, NULL, out, NULL, NULL);
    const int64_t place = place_of(from, index);
    if (status == GAN_OK) status = gan_dataset_read(from->dataset, "image", &place, one);
    gan_tensor_release(one);
    return status;
}

/* A pack of pictures, the channels of one behind those of the other; `room` is for one. */
static gan_status read_pack(const scorer *s, const scored *from, int64_t index, float *room,
                            float *out)
{
    const int64_t pixels = s->size[0] * s->size[1], channels = s->size[2];
    gan_status status = GAN_OK;
    if (s->pack == 1) return read_picture(s, from, index, out);
    for (int64_t k = 0; k < s->pack && status == GAN_OK; k++) {
        status = read_picture(s, from, index * s->pack + k, room);
        for (int64_t p = 0; p < pixels && status == GAN_OK; p++)
            memcpy(out + (p * s->pack + k) * channels, room + p * channels,
                   (size_t)channels * sizeof *out);
    }
    return status;
}

/* A class as the network takes it: its number, or one-hot. */
static void put_class(const scorer *s, float label, float *out)
{
    memset(out, 0, (size_t)s->width * sizeof *out);
    if (s->width == 1)
        *out = label;
    else if (label >= 0 && label < (float)s->width)
        out[(int64_t)label] = 1;
}

/* What a sample was made for; its class, where the network that made it takes that in another way.
 */
static void copy_condition(const scorer *s, int64_t index, float *out)
{
    const conditions *c = &s->o->conditions;
    const int64_t which = index / s->o->each;
    if (c->size == s->width)
        memcpy(out, c->values + which * c->size, (size_t)s->width * sizeof *out);
    else
        put_class(s, (float)conditions_class(c, which), out);
}

static gan_status read_condition(const scorer *s, const scored *from, int64_t index, float *out)
{
    const int64_t shape[2] = {1, s->width};
    float label;
    gan_tensor *one = NULL;
    if (!from->dataset) {
        copy_condition(s, index, out);
        return GAN_OK;
    }
    const bool vector = input_kind_of(s->model, s->condition, INPUT_CONDITION) == INPUT_VECTOR;
    gan_status status = gan_tensor_wrap(&one, s->o->context, GAN_FLOAT32, vector ? 2 : 1, shape,
                                        NULL, vector ? out : &label, NULL, NULL);
    if (status == GAN_OK)
        status = gan_dataset_read(from->dataset, vector ? "vector" : "label",
                                  &(int64_t){place_of(from, index)}, one);
    gan_tensor_release(one);
    if (status == GAN_OK && !vector) put_class(s, label, out);
    return status;
}

/* ---- scores ---- */

/* `count` inputs, from example `first` on, and the sum of the scores of each. */
static gan_status score_some(const scorer *s, const scored *from, int64_t first, int64_t count,
                             float *room, double *sum)
{
    const int64_t numbers = s->size[0] * s->size[1] * s->size[2] * s->pack;
    gan_tensor *const whole[3] = {s->inputs[0], s->inputs[1], s->score};
    gan_tensor *part[3] = {NULL};
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        float *picture = gan_tensor_data(s->inputs[s->picture]);
        status = read_pack(s, from, first + i, room, picture + i * numbers);
        if (status != GAN_OK || s->condition < 0) continue;
        float *condition = gan_tensor_data(s->inputs[s->condition]);
        status = read_condition(s, from, first + i, condition + i * s->width);
    }
    for (int i = 0; i < 3 && status == GAN_OK; i++)
        if (whole[i]) status = gan_tensor_slice(&part[i], whole[i], 0, 0, count);
    if (status == GAN_OK)
        status = gan_runner_run(s->runner, part, gan_model_input_count(s->model), part + 2, 1);
    const float *score = gan_tensor_data(s->score);
    for (int64_t i = 0; status == GAN_OK && i < gan_tensor_count(part[2]); i++)
        *sum += (double)score[i];
    for (int i = 0; i < 3; i++) gan_tensor_release(part[i]);
    return status;
}

/* The mean of all that it says; NaN of none. */
static gan_status mean_score(const scorer *s, const scored *from, double *out)
{
    const int64_t count = from->count / s->pack;
    const int64_t places = gan_tensor_count(s->score) / SCORED_AT_ONCE;
    double sum = 0;
    gan_status status = GAN_OK;
    float *room = malloc((size_t)(s->size[0] * s->size[1] * s->size[2]) * sizeof *room);
    if (!room) return GAN_E_MEMORY;
    for (int64_t i = 0; i < count && status == GAN_OK; i += SCORED_AT_ONCE)
        status = score_some(s, from, i, count - i < SCORED_AT_ONCE ? count - i : SCORED_AT_ONCE,
                            room, &sum);
    free(room);
    *out = sum / (double)(count * places);
    return status;
}

/* Of the training pictures no more are asked about than there are held-out ones. */
static gan_status fill_score(const scorer *s, eval_score *out)
{
    const eval_order *o = s->o;
    const int64_t trained = gan_dataset_count(o->data.train);
    const scored training = {o->data.train, trained < o->real.count ? trained : o->real.count};
    const scored heldout = {o->data.heldout, o->data.seen ? 0 : o->real.count};
    const scored samples = {NULL, gan_tensor_shape(o->made)[0]};
    gan_status status = mean_score(s, &training, &out->training);
    if (status == GAN_OK) status = mean_score(s, &heldout, &out->heldout);
    return status == GAN_OK ? mean_score(s, &samples, &out->samples) : status;
}

/* One route's: of pictures of this feed's space, else it is passed over. */
static gan_status add_score(eval_order *o, const char *route)
{
    scorer s = {.o = o};
    gan_status status = gan_trainer_route(&s.model, o->routes.trainer, route, GAN_MODEL_AVERAGED);
    if (status == GAN_E_STATE) return GAN_OK; /* it is without a network */
    if (status != GAN_OK) return status;
    const char *source = gan_model_note(s.model, "source");
    memcpy(s.size, gan_tensor_shape(o->made) + 1, sizeof s.size);
    const bool conditioned = input_condition(s.model) >= 0, given = o->conditions.count > 0;
    if (source && !strcmp(source, o->data.feed) && serves(&s) && conditioned <= given) {
        eval_score *score = &o->scores[o->score_count];
        snprintf(score->route, sizeof score->route, "%s", route);
        status = scorer_open(&s);
        if (status == GAN_OK) status = fill_score(&s, score);
        o->score_count += status == GAN_OK;
    }
    scorer_free(&s);
    return status;
}

int eval_find_scores(eval_order *o)
{
    const gan_trainer *t = o->routes.trainer;
    gan_status status = GAN_OK;
    o->score_count = 0;
    if (!t || !o->made || !o->data.train) return EXIT_GOOD;
    for (int32_t i = 0; i < gan_trainer_member_count(t) && status == GAN_OK; i++)
        if (!strcmp(gan_trainer_member(t, i, "type"), "score") && o->score_count < MOST_SCORES)
            status = add_score(o, gan_trainer_member(t, i, "name"));
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

double eval_overfitting(const eval_score *score)
{
    return (score->training - score->heldout) / (score->training - score->samples);
}
