/* agreement.c: how often samples are taken for the class that they were made for. */
#include "metrics/metric.h"

#include "base/memory.h"

#include <inttypes.h>

gan_status gan__metric_check_pairs(const gan_metric *metric)
{
    const gan__metric_set *rows = &metric->sets[0], *labels = &metric->sets[1];
    if (rows->count == labels->count) return GAN_OK;
    return gan__fail(metric->object.context, GAN_E_STATE,
                     "%s: '%s' has %" PRId64 " rows and '%s' %" PRId64, metric->kind->kind.name,
                     metric->kind->sets[0], rows->count, metric->kind->sets[1], labels->count);
}

static gan_status agreement_compute(const gan_metric *metric, double *values)
{
    const gan__metric_set *fake = &metric->sets[0], *labels = &metric->sets[1];
    int64_t right = 0;
    GAN__TRY(gan__metric_check_pairs(metric));
    for (int64_t i = 0; i < fake->count; i++) {
        const float *row = fake->rows + i * fake->width;
        const int64_t label = gan__metric_label(labels, i);
        int64_t largest = 0;
        if (label >= fake->width)
            return gan__fail(metric->object.context, GAN_E_STATE,
                             "agreement: label %" PRId64 " of row %" PRId64
                             " is no class of logits of %" PRId64,
                             label, i, fake->width);
        for (int64_t j = 1; j < fake->width; j++)
            if (row[j] > row[largest]) largest = j;
        right += largest == label;
    }
    values[0] = (double)right / (double)fake->count;
    return GAN_OK;
}

const gan__metric_kind gan__metric_agreement = {
    .kind = {.name = "agreement", .help = "share of logits whose largest is their label's"},
    .sets = {"fake", "label"},
    .set_flags = {0, GAN__SET_LABELS},
    .least = {1, 1},
    .values = {"agreement"},
    .compute = agreement_compute};

/* ---- two sets of numbers ---- */

/* In place: halves that are in order become a whole, by way of `room`. */
static void agreement_sort(float *x, int64_t count, float *room)
{
    for (int64_t half = 1; half < count; half *= 2)
        for (int64_t start = 0; start < count; start += 2 * half) {
            const int64_t middle = start + half < count ? start + half : count;
            const int64_t end = middle + half < count ? middle + half : count;
            int64_t a = start, b = middle;
            for (int64_t i = start; i < end; i++)
                room[i] = b == end || (a < middle && x[a] <= x[b]) ? x[a++] : x[b++];
            for (int64_t i = start; i < end; i++) x[i] = room[i];
        }
}

static gan_status auc_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    const gan__metric_set *real = &metric->sets[0], *fake = &metric->sets[1];
    const int64_t count = fake->count;
    float *sorted;
    double larger = 0;
    if (real->width != 1)
        return gan__fail(context, GAN_E_STATE,
                         "auc: rows of %" PRId64 " numbers; it takes single ones", real->width);
    GAN__TRY(gan__allocate_raw(context, &sorted, 2 * (size_t)count, sizeof *sorted));
    for (int64_t i = 0; i < count; i++) sorted[i] = fake->rows[i];
    agreement_sort(sorted, count, sorted + count);
    for (int64_t i = 0; i < real->count; i++) {
        int64_t below = 0, end = count, least = 0;
        for (int64_t n = count; below < n;) { /* how many are smaller */
            const int64_t middle = below + (n - below) / 2;
            if (sorted[middle] < real->rows[i])
                below = middle + 1;
            else
                n = middle;
        }
        for (least = below; least < end;) { /* and how many are not larger */
            const int64_t middle = least + (end - least) / 2;
            if (sorted[middle] <= real->rows[i])
                least = middle + 1;
            else
                end = middle;
        }
        larger += (double)below + (double)(least - below) / 2.0;
    }
    gan__free(context, sorted);
    values[0] = larger / ((double)count * (double)real->count);
    return GAN_OK;
}

const gan__metric_kind gan__metric_auc = {
    .kind = {.name = "auc", .help = "how often a real row's number is larger than a fake one's"},
    .sets = {"real", "fake"},
    .least = {1, 1},
    .values = {"auc"},
    .one_width = true,
    .compute = auc_compute};
