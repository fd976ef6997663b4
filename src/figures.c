/* figures.c: every metric that pictures have, by one table. */
#include "figures.h"

#include <math.h>
#include <string.h>

/* What goes into a metric's sets. */
typedef enum figure_sets {
    AGAINST_REFERENCE, /* features, real and fake */
    LOGITS,
    LOGITS_AND_LABELS,
    FEATURES_AND_LABELS /* labels may lack */
} figure_sets;

/* Rows of one metric stand behind each other. */
static const struct {
    const char *key, *spec, *value, *title;
    figure_sets sets;
} table[] = {
    {"frechet", "frechet", "distance", "Frechet distance (0 is best)", AGAINST_REFERENCE},
    {"kid", "kid", "kid", "kernel distance (0)", AGAINST_REFERENCE},
    {"precision", "precision_recall k=3", "precision", "precision (1)", AGAINST_REFERENCE},
    {"recall", "precision_recall k=3", "recall", "recall (1)", AGAINST_REFERENCE},
    {"density", "precision_recall k=5", "density", "density (1)", AGAINST_REFERENCE},
    {"coverage", "precision_recall k=5", "coverage", "coverage (1)", AGAINST_REFERENCE},
    {"score", "score", "score", "classifier score (number of classes)", LOGITS},
    {"agreement", "agreement", "agreement", "label agreement (1)", LOGITS_AND_LABELS},
    {"diversity", "diversity", "diversity", "diversity: mean distance within a class",
     FEATURES_AND_LABELS},
    {"diversity_least", "diversity", "least", "diversity of the least diverse class",
     FEATURES_AND_LABELS},
};
enum { FIGURE_COUNT = sizeof table / sizeof table[0] };

static bool can_be_measured(figure_sets sets, const feature_rows *rows)
{
    if (sets == LOGITS) return rows->logits != NULL;
    return sets != LOGITS_AND_LABELS || (rows->logits && rows->labels);
}

static gan_status fill(gan_metric *metric, figure_sets sets, const feature_rows *reference,
                       const feature_rows *rows)
{
    const bool logits = sets == LOGITS || sets == LOGITS_AND_LABELS;
    gan_status status = gan_metric_add(metric, "fake", logits ? rows->logits : rows->features);
    if (status != GAN_OK) return status;
    if (sets == AGAINST_REFERENCE) return gan_metric_add(metric, "real", reference->features);
    return sets != LOGITS && rows->labels ? gan_metric_add(metric, "label", rows->labels) : GAN_OK;
}

gan_status figures_measure(figures *out, gan_context *context, const feature_rows *reference,
                           const feature_rows *rows)
{
    gan_metric *metric = NULL;
    gan_status status = GAN_OK;
    for (int i = 0; i < FIGURE_COUNT && status == GAN_OK; i++) {
        out->values[i] = (double)NAN;
        if (!can_be_measured(table[i].sets, rows)) continue;
        if (i == 0 || strcmp(table[i].spec, table[i - 1].spec)) {
            gan_metric_release(metric);
            status = gan_metric_create(&metric, context, table[i].spec);
            if (status == GAN_OK) status = fill(metric, table[i].sets, reference, rows);
        }
        if (status == GAN_OK) status = gan_metric_value(metric, table[i].value, &out->values[i]);
        if (status == GAN_E_STATE) status = GAN_OK; /* too few rows */
    }
    gan_metric_release(metric);
    return status;
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

void print_json_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}
