/* feature_rows.c: pictures, one by one, become rows, a batch at a time. */
#include "feature_rows.h"
#include "spread.h"

#include <math.h>
#include <string.h>

enum { ROWS_AT_ONCE = 64 };

void features_free(features *f)
{
    gan_runner_release(f->runner);
    gan_model_release(f->judge);
    memset(f, 0, sizeof *f);
}

void feature_rows_free(feature_rows *rows)
{
    gan_tensor_release(rows->features);
    gan_tensor_release(rows->logits);
    gan_tensor_release(rows->labels);
    memset(rows, 0, sizeof *rows);
}

/* The numbers of an output; 0: there is no such output. */
static int64_t width_of(const gan_model *model, const char *output)
{
    int64_t shape[3];
    const int32_t index = gan_model_output_index(model, output);
    if (index < 0 || gan_model_output_shape(model, index, shape) != GAN_OK) return 0;
    return shape[0] * shape[1] * shape[2];
}

gan_status features_of_judge(features *out, gan_context *context, gan_model *judge)
{
    const int64_t width = width_of(judge, "features"), classes = width_of(judge, "logits");
    if (gan_model_input_count(judge) != 1 || gan_model_output_count(judge) != 2 || width < 1 ||
        classes < 2 || gan_model_input_shape(judge, 0, out->size) != GAN_OK || out->size[0] < 1 ||
        out->size[1] < 1 || gan_model_output_index(judge, "features") != 0)
        return GAN_E_FORMAT;
    out->context = context;
    out->width = width;
    out->classes = classes;
    out->fit = gan_model_note(judge, "fit");
    out->judge = judge;
    gan_model_retain(judge);
    return gan_runner_create(&out->runner, context, judge, "batch=64");
}

void features_of_pixels(features *out, gan_context *context, const int64_t size[3])
{
    const double most = (double)MOST_PIXEL_FEATURES / (double)size[2];
    const double all = (double)size[0] * (double)size[1];
    const double scale = all > most ? sqrt(most / all) : 1.0;
    out->context = context;
    for (int i = 0; i < 2; i++) {
        const int64_t side = (int64_t)((double)size[i] * scale);
        out->size[i] = side > 0 ? side : 1;
    }
    out->size[2] = size[2];
    out->width = out->size[0] * out->size[1] * size[2];
    out->fit = "stretch";
}

/* ---- rows ---- */

/* Pictures that wait, float32; rows go to where those of the first of them belong. */
typedef struct batch {
    features *f;
    feature_rows *rows;
    gan_tensor *pictures; /* ROWS_AT_ONCE x H x W x C */
    int64_t first, count;
} batch;

static gan_status flush_judge(const batch *b)
{
    gan_tensor *const whole[3] = {b->pictures, b->rows->features, b->rows->logits};
    gan_tensor *part[3] = {NULL};
    gan_status status = GAN_OK;
    for (int i = 0; i < 3 && status == GAN_OK; i++)
        status = gan_tensor_slice(&part[i], whole[i], 0, i ? b->first : 0, b->count);
    if (status == GAN_OK) status = gan_runner_run(b->f->runner, part, 1, part + 1, 2);
    for (int i = 0; i < 3; i++) gan_tensor_release(part[i]);
    return status;
}

static gan_status flush(batch *b)
{
    gan_status status = GAN_OK;
    const size_t row = (size_t)b->f->width;
    if (b->count > 0 && b->f->judge)
        status = flush_judge(b);
    else if (b->count > 0)
        memcpy((float *)gan_tensor_data(b->rows->features) + (size_t)b->first * row,
               gan_tensor_data(b->pictures), (size_t)b->count * row * sizeof(float));
    b->first += b->count;
    b->count = 0;
    return status;
}

static gan_status put_picture(batch *b, const gan_tensor *picture)
{
    const int64_t *size = b->f->size, numbers = size[0] * size[1] * size[2];
    gan_tensor *fitted;
    gan_status status = gan_image_fit(&fitted, picture, size[0], size[1], size[2], b->f->fit);
    if (status != GAN_OK) return status;
    memcpy((float *)gan_tensor_data(b->pictures) + b->count * numbers, gan_tensor_data(fitted),
           (size_t)numbers * sizeof(float));
    gan_tensor_release(fitted);
    return ++b->count == ROWS_AT_ONCE ? flush(b) : GAN_OK;
}

static gan_status put_all(batch *b, const pictures *p, int64_t count)
{
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        gan_tensor *picture;
        status = pictures_read(p, spread_index(i, count, p->count), &picture);
        if (status == GAN_OK) status = put_picture(b, picture);
        gan_tensor_release(picture);
    }
    return status == GAN_OK ? flush(b) : status;
}

/* NULL where the pictures have none. */
static gan_status read_labels(gan_tensor **out, const pictures *p, int64_t count)
{
    int32_t rank;
    int64_t shape[3];
    *out = NULL;
    if (!p->dataset || gan_dataset_field_shape(p->dataset, "label", &rank, shape, NULL) != GAN_OK)
        return GAN_OK;
    gan_status status = gan_tensor_create(out, p->context, GAN_INT64, 1, &count);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        const int64_t index = spread_index(i, count, p->count);
        gan_tensor *one;
        status = gan_tensor_slice(&one, *out, 0, i, 1);
        if (status == GAN_OK) status = gan_dataset_read(p->dataset, "label", &index, one);
        gan_tensor_release(one);
    }
    return status;
}

gan_status features_make(feature_rows *out, features *f, const pictures *p, int64_t count)
{
    const int64_t shape[4] = {ROWS_AT_ONCE, f->size[0], f->size[1], f->size[2]};
    const int64_t wide[2] = {count, f->width}, logits[2] = {count, f->classes};
    batch b = {.f = f, .rows = out};
    gan_status status = gan_tensor_create(&out->features, f->context, GAN_FLOAT32, 2, wide);
    if (status == GAN_OK && f->judge)
        status = gan_tensor_create(&out->logits, f->context, GAN_FLOAT32, 2, logits);
    if (status == GAN_OK)
        status = gan_tensor_create(&b.pictures, f->context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = put_all(&b, p, count);
    if (status == GAN_OK) status = read_labels(&out->labels, p, count);
    gan_tensor_release(b.pictures);
    return status;
}
