/* figures.c: every metric that pictures have, by one table. */
#include "figures.h"

#include <math.h>
#include <string.h>

/* What goes into a metric's sets. */
typedef enum figure_sets {
    AGAINST_REFERENCE, /* features, real and fake */
    LOGITS,
    LOGITS_AND_LABELS,
    FEATURES_AND_LABELS, /* labels may lack */
    AGAINST_CENTRES
} figure_sets;

/* Rows of one metric stand behind each other. */
static const struct {
    const char *key, *spec, *value, *title;
    figure_sets sets;
    bool less; /* is better */
} table[] = {
    {"frechet", "frechet", "distance", "Frechet distance (0 is best)", AGAINST_REFERENCE, true},
    {"kid", "kid", "kid", "kernel distance (0)", AGAINST_REFERENCE, true},
    {"precision", "precision_recall k=3", "precision", "precision (1)", AGAINST_REFERENCE, false},
    {"recall", "precision_recall k=3", "recall", "recall (1)", AGAINST_REFERENCE, false},
    {"density", "precision_recall k=5", "density", "density (1)", AGAINST_REFERENCE, false},
    {"coverage", "precision_recall k=5", "coverage", "coverage (1)", AGAINST_REFERENCE, false},
    {"score", "score", "score", "classifier score (number of classes)", LOGITS, false},
    {"agreement", "agreement", "agreement", "label agreement (1)", LOGITS_AND_LABELS, false},
    {"diversity", "diversity", "diversity", "diversity: mean distance within a class",
     FEATURES_AND_LABELS, false},
    {"diversity_least", "diversity", "least", "diversity of the least diverse class",
     FEATURES_AND_LABELS, false},
    {"modes", "modes", "modes", "modes found", AGAINST_CENTRES, false},
    {"good", "modes", "good", "share within 3 deviations of one (1)", AGAINST_CENTRES, false},
};
enum { FIGURE_COUNT = sizeof table / sizeof table[0] };

gan_status mixture_of(mixture *out, const gan_dataset *data)
{
    gan_status status =
        data ? gan_dataset_mixture(&out->centres, &out->deviation, data) : GAN_E_UNSUPPORTED;
    return status == GAN_E_UNSUPPORTED ? GAN_OK : status;
}

void mixture_free(mixture *m)
{
    gan_tensor_release(m->centres);
    memset(m, 0, sizeof *m);
}

static bool can_be_measured(figure_sets sets, const feature_rows *rows, const mixture *m)
{
    if (sets == AGAINST_CENTRES) return m != NULL;
    if (sets == LOGITS) return rows->logits != NULL;
    return sets != LOGITS_AND_LABELS || (rows->logits && rows->labels);
}

static gan_status fill(gan_metric *metric, figure_sets sets, const feature_rows *reference,
                       const feature_rows *rows, const mixture *m)
{
    const bool logits = sets == LOGITS || sets == LOGITS_AND_LABELS;
    gan_status status = gan_metric_add(metric, "fake", logits ? rows->logits : rows->features);
    if (status != GAN_OK) return status;
    if (sets == AGAINST_CENTRES) return gan_metric_add(metric, "real", m->centres);
    if (sets == AGAINST_REFERENCE) return gan_metric_add(metric, "real", reference->features);
    return sets != LOGITS && rows->labels ? gan_metric_add(metric, "label", rows->labels) : GAN_OK;
}

/* A new metric for figure `index`, with its rows. */
static gan_status open_metric(gan_metric **out, gan_context *context, int index,
                              const feature_rows *reference, const feature_rows *rows,
                              const mixture *m)
{
    char spec[64];
    const figure_sets sets = table[index].sets;
    snprintf(spec, sizeof spec, "%s", table[index].spec);
    if (sets == AGAINST_CENTRES) snprintf(spec, sizeof spec, "modes sigma=%.17g", m->deviation);
    gan_metric_release(*out);
    gan_status status = gan_metric_create(out, context, spec);
    return status == GAN_OK ? fill(*out, sets, reference, rows, m) : status;
}

gan_status figures_measure(figures *out, gan_context *context, const feature_rows *reference,
                           const feature_rows *rows, const mixture *m)
{
    gan_metric *metric = NULL;
    gan_status status = GAN_OK;
    out->measured = true;
    for (int i = 0; i < FIGURE_COUNT && status == GAN_OK; i++) {
        out->values[i] = (double)NAN;
        if (!can_be_measured(table[i].sets, rows, m)) continue;
        if (i == 0 || strcmp(table[i].spec, table[i - 1].spec))
            status = open_metric(&metric, context, i, reference, rows, m);
        if (status == GAN_OK) status = gan_metric_value(metric, table[i].value, &out->values[i]);
        if (status == GAN_E_STATE) status = GAN_OK; /* too few rows */
    }
    gan_metric_release(metric);
    return status;
}

int figures_find(const char *key)
{
    for (int i = 0; i < FIGURE_COUNT; i++)
        if (!strcmp(table[i].key, key)) return i;
    return -1;
}

const char *figures_key(int figure)
{
    return table[figure].key;
}

bool figures_better(const figures *one, const figures *other, int figure)
{
    const double a = one->values[figure], b = other->values[figure];
    const bool centres = table[figure].sets == AGAINST_CENTRES;
    const int second = centres && figure + 1 < FIGURE_COUNT ? figure + 1 : figure;
    if (a == b && second != figure) return figures_better(one, other, second);
    return table[figure].less ? a < b : a > b;
}

static void print_value(double value)
{
    if (isnan(value))
        printf(" %16s", "-");
    else
        printf(" %16.6g", value);
}

void figures_print(const figures *f, const char *name, const figures *other, const char *second)
{
    printf("%-40s %16s%s%16s\n", "", name, other ? " " : "", other ? second : "");
    for (int i = 0; i < FIGURE_COUNT; i++) {
        if (isnan(f->values[i]) && (!other || isnan(other->values[i]))) continue;
        printf("%-40s", table[i].title);
        print_value(f->values[i]);
        if (other) print_value(other->values[i]);
        putchar('\n');
    }
}

void figures_print_json(const figures *f)
{
    for (int i = 0; i < FIGURE_COUNT; i++) {
        printf("%s\"%s\": ", i ? ", " : "", table[i].key);
        if (isfinite(f->values[i]))
            printf("%.17g", f->values[i]);
        else
            fputs("null", stdout);
    }
}

/* Bytes of the letter that begins here in UTF-8; 0: none does. */
static int letter_length(const unsigned char *c)
{
    if (*c < 0x80) return 1;
    const int length = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
    /* No longer form than is needed, no half of a pair, nothing above U+10FFFF. */
    const int low = *c == 0xe0 ? 0xa0 : *c == 0xf0 ? 0x90 : 0x80;
    const int high = *c == 0xed ? 0x9f : *c == 0xf4 ? 0x8f : 0xbf;
    if (*c < 0xc2 || *c > 0xf4 || c[1] < low || c[1] > high) return 0;
    for (int i = 2; i < length; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    return length;
}

void print_json_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text, *next; *c; c = next) {
        const int length = letter_length(c);
        next = c + (length ? length : 1);
        if (length == 0)
            fputs("\\ufffd", stdout);
        else if (length > 1)
            printf("%.*s", length, (const char *)c);
        else if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    }
    putchar('"');
}
