/* picture_maker.c: codes are drawn, or lie between those that are; with a condition, or one between
 * two, each becomes a picture. */
#include "picture_maker.h"
#include "sheets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "it takes more than what is drawn: 'noise', 'picture'" */
static void tell_inputs(const gan_model *model, char why[256])
{
    int used = snprintf(why, 256, "it takes more than what is drawn:");
    for (int32_t i = 0; i < gan_model_input_count(model) && used < 256; i++)
        used += snprintf(why + used, 256 - (size_t)used, "%s '%s'", i ? "," : "",
                         gan_model_input_name(model, i));
}

static bool is_drawn(input_kind kind)
{
    return kind == INPUT_NORMAL || kind == INPUT_UNIFORM;
}

static bool is_condition(input_kind kind)
{
    return kind == INPUT_LABEL || kind == INPUT_VECTOR || kind == INPUT_CONDITION;
}

enum { MOST_INPUTS = 16 };

/* Several inputs may be drawn, one be a condition. */
static bool inputs_serve(const gan_model *model)
{
    int32_t drawn = 0, given = 0;
    const int32_t count = gan_model_input_count(model);
    for (int32_t i = 0; i < count; i++) {
        const input_kind kind = input_kind_of(model, i, INPUT_NORMAL);
        drawn += is_drawn(kind);
        given += is_condition(kind);
    }
    return drawn > 0 && given <= 1 && drawn + given == count && count <= MOST_INPUTS;
}

static bool is_open(const gan_model *model)
{
    int64_t shape[3];
    for (int32_t i = 0; i < gan_model_input_count(model); i++)
        if (gan_model_input_shape(model, i, shape) != GAN_OK || shape[0] < 1 || shape[1] < 1)
            return true;
    return gan_model_output_shape(model, 0, shape) != GAN_OK || shape[0] < 1 || shape[1] < 1;
}

bool picture_maker_serves(const gan_model *model, bool sheet, char why[256])
{
    int64_t out[3];
    const char *fault = NULL;
    if (!inputs_serve(model)) {
        tell_inputs(model, why);
        return false;
    }
    if (gan_model_output_count(model) != 1)
        fault = "it has more than one output";
    else if (is_open(model))
        fault = "the size of its input or output is open";
    else if (sheet && gan_model_output_shape(model, 0, out) == GAN_OK)
        fault = sheet_fault(out);
    snprintf(why, 256, "%s", fault ? fault : "");
    return !fault;
}

gan_status picture_maker_open(picture_maker *maker, gan_context *context, int64_t batch)
{
    char spec[48];
    gan_status status = maker->tape ? GAN_OK : gan_tape_create(&maker->tape, context);
    snprintf(spec, sizeof spec, "batch=%lld", (long long)batch);
    maker->context = context;
    maker->batch = batch;
    for (int i = 0; i < maker->count && status == GAN_OK; i++)
        status = gan_runner_create(&maker->runners[i], context, maker->models[i], spec);
    return status;
}

void picture_maker_free(picture_maker *maker)
{
    for (int i = 0; i < maker->count; i++) {
        gan_runner_release(maker->runners[i]);
        gan_model_release(maker->models[i]);
    }
    conditions_free(&maker->conditions);
    gan_tape_release(maker->tape);
    memset(maker, 0, sizeof *maker);
}

/* ---- examples ---- */

static int64_t way_count(const example_plan *plan)
{
    if (plan->conditions == 0) return plan->count;
    return (plan->conditions - (plan->crossing ? 1 : 0)) * plan->count;
}

int64_t example_count(const example_plan *plan)
{
    return way_count(plan) * (plan->between ? plan->between : 1);
}

/* What one is made of: a code or condition, the one that it is on the way to, and how far it is. */
typedef struct example {
    int64_t code, next_code, condition, next_condition;
    double code_way, condition_way;
} example;

static example example_of(const example_plan *plan, int64_t number)
{
    const int64_t length = plan->between ? plan->between : 1, row = number / length;
    const int64_t column = number % length, condition = row / plan->count;
    const int64_t code = plan->grid ? row % plan->count : row;
    const double way = length > 1 ? (double)column / (double)(length - 1) : 0;
    example e = {code, code, condition, condition, 0, 0};
    if (plan->crossing) {
        e.next_condition++;
        e.condition_way = way;
    } else if (length > 1) {
        e.next_code++;
        e.code_way = way;
    }
    return e;
}

/* ---- codes ---- */

/* What is drawn, of one input: code `number` has draw `number` of the tape, which is the maker's
 * own, of the input that comes `place` among those that are drawn. */
typedef struct draw {
    input_kind kind;
    int32_t place;
    int64_t shape[4];
} draw;

static gan_status draw_code(picture_maker *maker, const draw *d, int64_t number, gan_tensor *z)
{
    gan_value value;
    gan_status status = gan_tape_reset(maker->tape);
    if (status == GAN_OK)
        status = gan_tape_seek(maker->tape, ((uint64_t)d->place << 32) + (uint64_t)number);
    if (status == GAN_OK)
        status = d->kind == INPUT_UNIFORM ? gan_tape_uniform(maker->tape, 4, d->shape, &value)
                                          : gan_tape_normal(maker->tape, 4, d->shape, &value);
    return status == GAN_OK ? gan_tape_value(maker->tape, value, z) : status;
}

/* Between two codes: along the arc for normal ones, whose length is then as likely as theirs
 * (White, "Sampling generative networks", 2016); on the line for uniform ones, and for conditions.
 * `from` becomes what lies there. */
static void mix(bool arc, float *from, const float *to, int64_t n, double t)
{
    double a = 0, b = 0, ab = 0, first = 1 - t, second = t;
    for (int64_t i = 0; i < n; i++) {
        a += (double)from[i] * (double)from[i];
        b += (double)to[i] * (double)to[i];
        ab += (double)from[i] * (double)to[i];
    }
    const double cosine = ab / sqrt(a * b);
    if (arc && a > 0 && b > 0 && fabs(cosine) < 0.9999) {
        const double angle = acos(cosine);
        first = sin((1 - t) * angle) / sin(angle);
        second = sin(t * angle) / sin(angle);
    }
    for (int64_t i = 0; i < n; i++)
        from[i] = (float)(first * (double)from[i] + second * (double)to[i]);
}

static gan_status make_code(picture_maker *maker, const draw *d, const example *e, gan_tensor *z,
                            gan_tensor *next)
{
    gan_status status = draw_code(maker, d, e->code, z);
    if (e->next_code == e->code) return status;
    if (status == GAN_OK) status = draw_code(maker, d, e->next_code, next);
    if (status == GAN_OK)
        mix(d->kind == INPUT_NORMAL, gan_tensor_data(z), gan_tensor_data(next), gan_tensor_count(z),
            e->code_way);
    return status;
}

static gan_status make_codes(picture_maker *maker, const draw *d, int64_t first, gan_tensor *z)
{
    gan_tensor *next = NULL;
    gan_status status = gan_tensor_create(&next, maker->context, GAN_FLOAT32, 4, d->shape);
    for (int64_t i = 0; i < gan_tensor_shape(z)[0] && status == GAN_OK; i++) {
        const example e = example_of(&maker->plan, first + i);
        gan_tensor *one;
        status = gan_tensor_slice(&one, z, 0, i, 1);
        if (status == GAN_OK) status = make_code(maker, d, &e, one, next);
        gan_tensor_release(one);
    }
    gan_tensor_release(next);
    return status;
}

static void put_conditions(const picture_maker *maker, int64_t first, gan_tensor *c)
{
    const int64_t size = maker->conditions.size;
    float *to = gan_tensor_data(c);
    for (int64_t i = 0; i < gan_tensor_shape(c)[0]; i++, to += size) {
        const example e = example_of(&maker->plan, first + i);
        const float *from = maker->conditions.values + e.condition * size;
        const float *next = maker->conditions.values + e.next_condition * size;
        memcpy(to, from, (size_t)size * sizeof *to);
        if (next != from) mix(false, to, next, size, e.condition_way);
    }
}

/* ---- pictures ---- */

/* What is drawn of an input, if it is. */
static input_kind kind_of(const picture_maker *maker, const gan_model *model, int32_t input)
{
    const input_kind kind = input_kind_of(model, input, INPUT_NORMAL);
    return is_drawn(kind) && maker->drawn != INPUT_UNKNOWN ? maker->drawn : kind;
}

/* What goes into an input for examples from `first` on. */
static gan_status make_input(picture_maker *maker, const gan_model *model, int32_t input,
                             int64_t first, gan_tensor *to)
{
    draw d = {.kind = kind_of(maker, model, input), .shape = {1}};
    if (is_condition(d.kind)) {
        put_conditions(maker, first, to);
        return GAN_OK;
    }
    for (int32_t i = 0; i < input; i++) d.place += is_drawn(kind_of(maker, model, i));
    memcpy(d.shape + 1, gan_tensor_shape(to) + 1, 3 * sizeof *d.shape);
    return make_codes(maker, &d, first, to);
}

static int32_t picture_type(const picture_maker *maker)
{
    return maker->floats ? GAN_FLOAT32 : GAN_UINT8;
}

/* Pictures of one model, into every count-th place from `place` on. */
static gan_status run_model(picture_maker *maker, int model, gan_tensor *const *inputs,
                            gan_tensor *pictures)
{
    const int64_t n = gan_tensor_shape(inputs[0])[0], *shape = gan_tensor_shape(pictures);
    const int64_t own[4] = {n, shape[1], shape[2], shape[3]};
    const size_t size =
        (size_t)(shape[1] * shape[2] * shape[3]) * (maker->floats ? sizeof(float) : 1);
    gan_tensor *made;
    gan_status status = gan_tensor_create(&made, maker->context, picture_type(maker), 4, own);
    if (status == GAN_OK)
        status = gan_runner_run(maker->runners[model], inputs,
                                gan_model_input_count(maker->models[model]), &made, 1);
    for (int64_t i = 0; i < n && status == GAN_OK; i++)
        memcpy((char *)gan_tensor_data(pictures) + (size_t)(i * maker->count + model) * size,
               (char *)gan_tensor_data(made) + (size_t)i * size, size);
    gan_tensor_release(made);
    return status;
}

static gan_status make_batch(picture_maker *maker, int model, int64_t first, int64_t n,
                             gan_tensor *pictures)
{
    gan_tensor *inputs[MOST_INPUTS] = {NULL};
    gan_model *const own = maker->models[model];
    const int32_t count = gan_model_input_count(own);
    gan_status status = GAN_OK;
    for (int32_t i = 0; i < count && status == GAN_OK; i++) {
        int64_t shape[4] = {n};
        status = gan_model_input_shape(own, i, shape + 1);
        if (status == GAN_OK)
            status = gan_tensor_create(&inputs[i], maker->context, GAN_FLOAT32, 4, shape);
        if (status == GAN_OK) status = make_input(maker, own, i, first, inputs[i]);
    }
    if (status == GAN_OK) status = run_model(maker, model, inputs, pictures);
    for (int32_t i = 0; i < count; i++) gan_tensor_release(inputs[i]);
    return status;
}

gan_status picture_maker_make(picture_maker *maker, gan_tensor **out)
{
    const int64_t count = example_count(&maker->plan);
    int64_t shape[4] = {count * maker->count};
    gan_status status = gan_model_output_shape(maker->models[0], 0, shape + 1);
    *out = NULL;
    if (status == GAN_OK)
        status = gan_tensor_create(out, maker->context, picture_type(maker), 4, shape);
    for (int64_t done = 0; done < count && status == GAN_OK; done += maker->batch) {
        gan_tensor *part;
        int64_t n = count - done < maker->batch ? count - done : maker->batch;
        status = gan_tensor_slice(&part, *out, 0, done * maker->count, n * maker->count);
        for (int i = 0; i < maker->count && status == GAN_OK; i++)
            status = make_batch(maker, i, done, n, part);
        gan_tensor_release(part);
    }
    if (status != GAN_OK) {
        gan_tensor_release(*out);
        *out = NULL;
    }
    return status;
}

/* ---- bytes ---- */

/* One picture; `room` has its size. */
static gan_status one_in_bytes(gan_tensor *to, const float *from, gan_tensor *room)
{
    float *scaled = gan_tensor_data(room);
    for (int64_t i = 0; i < gan_tensor_count(room); i++) scaled[i] = from[i] * 127.5F + 127.5F;
    return gan_tensor_copy(to, room);
}

gan_status picture_bytes(gan_tensor **out, gan_context *context, const gan_tensor *floats)
{
    const int64_t *shape = gan_tensor_shape(floats);
    const int64_t one[4] = {1, shape[1], shape[2], shape[3]}, size = one[1] * one[2] * one[3];
    gan_tensor *room = NULL;
    gan_status status = gan_tensor_create(out, context, GAN_UINT8, 4, shape);
    if (status == GAN_OK) status = gan_tensor_create(&room, context, GAN_FLOAT32, 4, one);
    for (int64_t i = 0; i < shape[0] && status == GAN_OK; i++) {
        gan_tensor *to;
        status = gan_tensor_slice(&to, *out, 0, i, 1);
        if (status == GAN_OK)
            status = one_in_bytes(to, (const float *)gan_tensor_data(floats) + i * size, room);
        gan_tensor_release(to);
    }
    gan_tensor_release(room);
    return status;
}
