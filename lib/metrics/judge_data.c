/* judge_data.c: what a judge learns from, and a network that fits it. */
#include "metrics/judge.h"

#include <gan/metric.h>

#include "base/memory.h"
#include "data/drawer.h"
#include "files/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

gan_status gan__judge_data_of(const gan_dataset *dataset, gan__judge_data *out)
{
    gan_context *context = dataset->object.context;
    out->fields[0] = gan__dataset_field(dataset, "image");
    out->fields[1] = gan__dataset_field(dataset, "label");
    for (int i = 0; i < 2; i++)
        if (out->fields[i] < 0)
            return gan__fail(context, GAN_E_STATE, "judge: the data set has no %s",
                             i ? "labels" : "pictures");
    out->image = &dataset->fields[out->fields[0]];
    out->count = dataset->count;
    out->classes = dataset->fields[out->fields[1]].classes;
    if (out->classes < 2)
        return gan__fail(context, GAN_E_STATE,
                         out->classes ? "judge: all labels are of one class"
                                      : "judge: it is not known how many classes there are");
    return GAN_OK;
}

gan_status gan__judge_each(gan_dataset *dataset, const gan__judge_data *data, gan__judge_see *see,
                           void *argument)
{
    gan_context *context = dataset->object.context;
    gan__drawer drawer;
    float *image, label, *out[2];
    gan_status status =
        gan__allocate_raw(context, &image, (size_t)data->image->size, sizeof *image);
    if (status != GAN_OK) return status;
    out[0] = image;
    out[1] = &label;
    status = gan__drawer_create(&drawer, context, dataset);
    for (int64_t i = 0; i < data->count && status == GAN_OK; i++) {
        status = gan__drawer_fetch(&drawer, i, 0);
        if (status == GAN_OK) status = gan__drawer_convert(&drawer, data->fields, 2, out);
        if (status != GAN_OK)
            gan__fail(context, status, "%s", gan_context_message(drawer.context));
        else
            status = see(argument, image, label);
    }
    gan__drawer_free(&drawer);
    gan__free(context, image);
    return status;
}

/* ---- which examples they are ---- */

typedef struct judge_checksum {
    size_t size;
    uint32_t crc;
} judge_checksum;

/* In the order of bytes that most machines have, on all of them. */
static uint32_t judge_add(uint32_t crc, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[4];
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        for (int k = 0; k < 4; k++) bytes[k] = (unsigned char)(bits >> 8 * k);
        crc = gan__crc32(crc, bytes, sizeof bytes);
    }
    return crc;
}

static gan_status judge_sum(void *argument, const float *image, float label)
{
    judge_checksum *sum = argument;
    sum->crc = judge_add(judge_add(sum->crc, image, sum->size), &label, 1);
    return GAN_OK;
}

gan_status gan__judge_examples(gan_dataset *dataset, const gan__judge_data *data,
                               char text[GAN__JUDGE_EXAMPLES])
{
    judge_checksum sum = {.size = (size_t)data->image->size};
    GAN__TRY(gan__judge_each(dataset, data, judge_sum, &sum));
    snprintf(text, GAN__JUDGE_EXAMPLES, "%" PRId64 " %08" PRIx32, data->count, sum.crc);
    return GAN_OK;
}

static gan_status judge_examples(gan_dataset *dataset, char *text, size_t size)
{
    gan__judge_data data;
    char whole[GAN__JUDGE_EXAMPLES];
    GAN__TRY(gan__judge_data_of(dataset, &data));
    GAN__TRY(gan__judge_examples(dataset, &data, whole));
    if (strlen(whole) >= size)
        return gan__fail(dataset->object.context, GAN_E_ARGUMENT,
                         "gan_judge_examples: size is %zu; it needs %zu", size, strlen(whole) + 1);
    memcpy(text, whole, strlen(whole) + 1);
    return GAN_OK;
}

gan_status gan_judge_examples(gan_dataset *data, char *text, size_t size)
{
    if (text && size > 0) *text = '\0';
    GAN__TRY(gan__object_check(NULL, data, GAN__DATASET, "gan_judge_examples", "data"));
    if (!text)
        return gan__fail(data->object.context, GAN_E_ARGUMENT, "gan_judge_examples: text is NULL");
    GAN__RETURN_ENTERED(data->object.context, judge_examples(data, text, size));
}

/* ---- the network ---- */

/* A side of a picture that is still long is halved by the next layer, a short one stays. */
enum { JUDGE_LONG = 8, JUDGE_FIRST = 32, JUDGE_MOST = 256 };

void gan__judge_network(gan__text *text, const gan__judge_data *data, int64_t features)
{
    int64_t h = data->image->shape[0], w = data->image->shape[1], filters = JUDGE_FIRST;
    gan__text_print(text, "input %" PRId64 " %" PRId64 " %" PRId64 "\n", h, w,
                    data->image->shape[2]);
    while (h >= JUDGE_LONG || w >= JUDGE_LONG) {
        const bool tall = h >= JUDGE_LONG, wide = w >= JUDGE_LONG;
        const int rows = tall ? 4 : h > 1 ? 3 : 1, columns = wide ? 4 : w > 1 ? 3 : 1;
        gan__text_print(text,
                        "conv2d %" PRId64 " kernel=%dx%d stride=%dx%d pad=%d,%d,%d,%d bias=no; "
                        "batchnorm; relu\n",
                        filters, rows, columns, tall ? 2 : 1, wide ? 2 : 1, h > 1, w > 1, h > 1,
                        w > 1);
        h = tall ? h / 2 : h;
        w = wide ? w / 2 : w;
        filters = filters * 2 > JUDGE_MOST ? JUDGE_MOST : filters * 2;
    }
    gan__text_print(text,
                    "dense %" PRId64 " bias=no; batchnorm; features = relu\n"
                    "logits = dense %" PRId64 "\noutput features logits",
                    features, data->classes);
}
