/* picture_maker.c: codes are drawn, or lie between those that are; each becomes a picture. */
#include "picture_maker.h"
#include "sheets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "it takes more than what is drawn: 'noise', 'condition'" */
static void tell_inputs(const gan_model *model, char why[256])
{
    int used = snprintf(why, 256, "it takes more than what is drawn:");
    for (int32_t i = 0; i < gan_model_input_count(model) && used < 256; i++)
        used += snprintf(why + used, 256 - (size_t)used, "%s '%s'", i ? "," : "",
                         gan_model_input_name(model, i));
}

bool picture_maker_serves(const gan_model *model, bool sheet, char why[256])
{
    int64_t in[3], out[3];
    const char *fault = NULL;
    if (gan_model_input_count(model) != 1) {
        tell_inputs(model, why);
        return false;
    }
    if (gan_model_output_count(model) != 1)
        fault = "it has more than one output";
    else if (gan_model_input_shape(model, 0, in) != GAN_OK ||
             gan_model_output_shape(model, 0, out) != GAN_OK)
        fault = "its shapes are unknown";
    else if (in[0] < 1 || in[1] < 1 || out[0] < 1 || out[1] < 1)
        fault = "the size of its input or output is open";
    else if (sheet)
        fault = sheet_fault(out);
    snprintf(why, 256, "%s", fault ? fault : "");
    return !fault;
}

gan_status picture_maker_open(picture_maker *maker, gan_context *context, int64_t batch)
{
    char spec[48];
    gan_status status = gan_tape_create(&maker->tape, context);
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
    gan_tape_release(maker->tape);
    memset(maker, 0, sizeof *maker);
}

/* ---- codes ---- */

/* Code `number` has draw `number` of the tape, which is the maker's own. */
static gan_status draw_code(picture_maker *maker, int64_t number, gan_tensor *z)
{
    int64_t shape[4] = {1};
    gan_value value;
    gan_status status = gan_model_input_shape(maker->models[0], 0, shape + 1);
    if (status == GAN_OK) status = gan_tape_reset(maker->tape);
    if (status == GAN_OK) status = gan_tape_seek(maker->tape, (uint64_t)number);
    if (status == GAN_OK)
        status = maker->uniform ? gan_tape_uniform(maker->tape, 4, shape, &value)
                                : gan_tape_normal(maker->tape, 4, shape, &value);
    return status == GAN_OK ? gan_tape_value(maker->tape, value, z) : status;
}

/* Between two codes: along the arc for normal ones, whose length is then as likely as theirs
 * (White, "Sampling generative networks", 2016); on the line for uniform ones. `from` becomes the
 * code. */
static void mix_codes(const picture_maker *maker, float *from, const float *to, int64_t n, double t)
{
    double a = 0, b = 0, ab = 0, first = 1 - t, second = t;
    for (int64_t i = 0; i < n; i++) {
        a += (double)from[i] * (double)from[i];
        b += (double)to[i] * (double)to[i];
        ab += (double)from[i] * (double)to[i];
    }
    const double cosine = ab / sqrt(a * b);
    if (!maker->uniform && a > 0 && b > 0 && fabs(cosine) < 0.9999) {
        const double angle = acos(cosine);
        first = sin((1 - t) * angle) / sin(angle);
        second = sin(t * angle) / sin(angle);
    }
    for (int64_t i = 0; i < n; i++)
        from[i] = (float)(first * (double)from[i] + second * (double)to[i]);
}

static gan_status make_code(picture_maker *maker, int64_t number, gan_tensor *z, gan_tensor *next)
{
    const int64_t between = maker->between;
    if (between == 0) return draw_code(maker, number, z);
    gan_status status = draw_code(maker, number / between, z);
    if (status == GAN_OK) status = draw_code(maker, number / between + 1, next);
    if (status == GAN_OK)
        mix_codes(maker, gan_tensor_data(z), gan_tensor_data(next), gan_tensor_count(z),
                  (double)(number % between) / (double)(between > 1 ? between - 1 : 1));
    return status;
}

static gan_status make_codes(picture_maker *maker, int64_t first, gan_tensor *z)
{
    int64_t shape[4] = {1};
    gan_tensor *next = NULL;
    gan_status status = gan_model_input_shape(maker->models[0], 0, shape + 1);
    if (status == GAN_OK) status = gan_tensor_create(&next, maker->context, GAN_FLOAT32, 4, shape);
    for (int64_t i = 0; i < gan_tensor_shape(z)[0] && status == GAN_OK; i++) {
        gan_tensor *one;
        status = gan_tensor_slice(&one, z, 0, i, 1);
        if (status == GAN_OK) status = make_code(maker, first + i, one, next);
        gan_tensor_release(one);
    }
    gan_tensor_release(next);
    return status;
}

/* ---- pictures ---- */

/* Pictures of one model, into every count-th place from `place` on. */
static gan_status run_model(picture_maker *maker, int model, gan_tensor *z, gan_tensor *pictures)
{
    const int64_t n = gan_tensor_shape(z)[0], *shape = gan_tensor_shape(pictures);
    const int64_t own[4] = {n, shape[1], shape[2], shape[3]};
    const size_t size = (size_t)(shape[1] * shape[2] * shape[3]);
    gan_tensor *made;
    gan_status status = gan_tensor_create(&made, maker->context, GAN_UINT8, 4, own);
    if (status == GAN_OK) status = gan_runner_run(maker->runners[model], &z, 1, &made, 1);
    for (int64_t i = 0; i < n && status == GAN_OK; i++)
        memcpy((char *)gan_tensor_data(pictures) + (size_t)(i * maker->count + model) * size,
               (char *)gan_tensor_data(made) + (size_t)i * size, size);
    gan_tensor_release(made);
    return status;
}

static gan_status make_batch(picture_maker *maker, int64_t first, int64_t n, gan_tensor *pictures)
{
    int64_t shape[4] = {n};
    gan_tensor *z = NULL;
    gan_status status = gan_model_input_shape(maker->models[0], 0, shape + 1);
    if (status == GAN_OK) status = gan_tensor_create(&z, maker->context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = make_codes(maker, first, z);
    for (int i = 0; i < maker->count && status == GAN_OK; i++)
        status = run_model(maker, i, z, pictures);
    gan_tensor_release(z);
    return status;
}

gan_status picture_maker_make(picture_maker *maker, int64_t count, gan_tensor **out)
{
    int64_t shape[4] = {count * maker->count};
    gan_status status = gan_model_output_shape(maker->models[0], 0, shape + 1);
    *out = NULL;
    if (status == GAN_OK) status = gan_tensor_create(out, maker->context, GAN_UINT8, 4, shape);
    for (int64_t done = 0; done < count && status == GAN_OK; done += maker->batch) {
        gan_tensor *part;
        int64_t n = count - done < maker->batch ? count - done : maker->batch;
        status = gan_tensor_slice(&part, *out, 0, done * maker->count, n * maker->count);
        if (status == GAN_OK) status = make_batch(maker, done, n, part);
        gan_tensor_release(part);
    }
    if (status != GAN_OK) {
        gan_tensor_release(*out);
        *out = NULL;
    }
    return status;
}
