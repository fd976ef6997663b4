/* eval_report.c: the figures with all that they depend on, as a table or as JSON. */
#include "eval.h"

#include <math.h>
#include <stdlib.h>

/* With a checksum, where it is a data set with labels. */
static void print_json_set(const char *key, const eval_set *set)
{
    char examples[64];
    gan_dataset *data = set->pictures.dataset;
    printf(", \"%s\": {\"source\": ", key);
    print_json_text(set->name);
    printf(", \"count\": %lld", (long long)set->count);
    if (data && gan_dataset_class_count(data) > 1 &&
        gan_judge_examples(data, examples, sizeof examples) == GAN_OK) {
        printf(", \"examples\": ");
        print_json_text(examples);
    }
    putchar('}');
}

static int64_t mode_count(const eval_order *o)
{
    return gan_tensor_shape(o->mixture.centres)[0];
}

static void print_json_judge(const eval_order *o)
{
    static const char *const keys[] = {"judge", "examples", "accuracy", "accuracy_count"};
    const features *f = &o->features;
    if (f->width == 0) {
        printf(", \"features\": {\"rows\": true}");
        return;
    }
    printf(", \"features\": {\"width\": %lld, \"size\": [%lld, %lld, %lld], \"pixels\": %s",
           (long long)f->width, (long long)f->size[0], (long long)f->size[1], (long long)f->size[2],
           f->judge ? "false" : "true");
    for (int i = 0; i < 4 && f->judge; i++) {
        const char *note = gan_model_note(f->judge, keys[i]);
        printf(", \"%s\": ", keys[i]);
        if (note && i >= 2)
            fputs(note, stdout);
        else if (note)
            print_json_text(note);
        else
            fputs("null", stdout);
    }
    putchar('}');
}

static void print_number(double value)
{
    if (isfinite(value))
        printf("%.17g", value);
    else
        fputs("null", stdout);
}

static void print_json_scores(const eval_order *o)
{
    static const char *const keys[] = {"training", "heldout", "samples", "overfitting"};
    printf(", \"scores\": [");
    for (int i = 0; i < o->score_count; i++) {
        const eval_score *s = &o->scores[i];
        const double values[] = {s->training, s->heldout, s->samples, eval_overfitting(s)};
        printf("%s{\"route\": ", i ? ", " : "");
        print_json_text(s->route);
        for (int k = 0; k < 4; k++) {
            printf(", \"%s\": ", keys[k]);
            print_number(values[k]);
        }
        putchar('}');
    }
    putchar(']');
}

static void print_json(const eval_order *o, const figures *samples, const figures *real)
{
    printf("{\"gan\": \"%s\"", gan_version());
    print_json_set("samples", &o->samples);
    if (o->is_run) {
        printf(", \"route\": ");
        print_json_text(o->routes.names[0]);
        printf(", \"seed\": %lld", (long long)o->seed);
        if (o->routes.trainer)
            printf(", \"step\": %lld", (long long)gan_trainer_steps(o->routes.trainer));
    }
    print_json_set("reference", &o->compared);
    if (real) {
        print_json_set("real", &o->real);
        printf(", \"real_was_seen\": %s", o->data.seen ? "true" : "false");
    }
    print_json_judge(o);
    if (o->mixture.centres)
        printf(", \"mixture\": {\"modes\": %lld, \"deviation\": %.17g}", (long long)mode_count(o),
               o->mixture.deviation);
    if (o->score_count) print_json_scores(o);
    printf(", \"figures\": {\"samples\": {");
    figures_print_json(samples);
    if (real) {
        printf("}, \"real\": {");
        figures_print_json(real);
    }
    puts("}}}");
}

static void print_judge(const eval_order *o)
{
    const features *f = &o->features;
    if (o->mixture.centres)
        printf("mixture:   %lld modes, of deviation %g\n", (long long)mode_count(o),
               o->mixture.deviation);
    else if (f->width == 0)
        puts("features:  the rows of the arrays");
    else if (!f->judge)
        printf("features:  pixels, %lldx%lldx%lld\n", (long long)f->size[0], (long long)f->size[1],
               (long long)f->size[2]);
    else {
        const char *accuracy = gan_model_note(f->judge, "accuracy");
        const char *asked = gan_model_note(f->judge, "accuracy_count");
        const char *path = *o->judge_path ? o->judge_path : "of the reference";
        printf("features:  %lld of the judge %s", (long long)f->width, path);
        if (accuracy)
            printf(", right on %.2f %% of %s held-out pictures", 100 * strtod(accuracy, NULL),
                   asked ? asked : "some");
        putchar('\n');
    }
}

static void print_score(double value)
{
    if (isfinite(value))
        printf(" %16.6g", value);
    else
        printf(" %16s", "-");
}

/* In the columns of the figures. */
static void print_scores(const eval_order *o)
{
    printf("\n%-40s %16s %16s %16s\n", "mean score", "samples", "held-out", "training");
    for (int i = 0; i < o->score_count; i++) {
        const eval_score *s = &o->scores[i];
        printf("%-40s", s->route);
        print_score(s->samples);
        print_score(s->heldout);
        print_score(s->training);
        putchar('\n');
        if (!isfinite(eval_overfitting(s))) continue;
        printf("%-40s", "overfitting (0; 1: held-out as samples)");
        print_score(eval_overfitting(s));
        putchar('\n');
    }
}

static void print_text(const eval_order *o, const figures *samples, const figures *real)
{
    printf("samples:   %lld of %s%s%s\n", (long long)o->samples.count, o->samples.name,
           o->is_run && *o->routes.names[0] ? ", " : "", o->is_run ? o->routes.names[0] : "");
    printf("reference: %lld of %s%s\n", (long long)o->compared.count, o->compared.name,
           o->is_folder && !o->reference ? ", part=train" : "");
    if (real)
        printf("held out:  %lld of %s%s\n", (long long)o->real.count, o->real.name,
               o->data.seen ? ", which the training has seen, too" : "");
    print_judge(o);
    putchar('\n');
    figures_print(samples, "samples", real, "held-out");
    if (o->score_count) print_scores(o);
}

void eval_report(const eval_order *o)
{
    const figures *real = o->figures[1].measured ? &o->figures[1] : NULL;
    if (o->json)
        print_json(o, &o->figures[0], real);
    else
        print_text(o, &o->figures[0], real);
}
