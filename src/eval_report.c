/* eval_report.c: the figures with all that they depend on, as a table or as JSON. */
#include "eval.h"

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

static void print_json(const eval_order *o, const figures *samples, const figures *real)
{
    printf("{\"gan\": \"%s\"", gan_version());
    print_json_set("samples", &o->samples);
    if (o->is_run) {
        printf(", \"route\": ");
        print_json_text(o->routes.names[0]);
        printf(", \"seed\": %lld", (long long)o->seed);
    }
    print_json_set("reference", &o->compared);
    if (real) {
        print_json_set("real", &o->real);
        printf(", \"real_was_seen\": %s", o->data.seen ? "true" : "false");
    }
    print_json_judge(o);
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
    if (f->width == 0)
        puts("features:  the rows of the arrays");
    else if (!f->judge)
        printf("features:  pixels, %lldx%lldx%lld\n", (long long)f->size[0], (long long)f->size[1],
               (long long)f->size[2]);
    else {
        const char *accuracy = gan_model_note(f->judge, "accuracy");
        const char *asked = gan_model_note(f->judge, "accuracy_count");
        printf("features:  %lld of the judge %s", (long long)f->width, o->judge_path);
        if (accuracy)
            printf(", right on %.2f %% of %s held-out pictures", 100 * strtod(accuracy, NULL),
                   asked ? asked : "some");
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
}

void eval_report(const eval_order *o, const figures *samples, const figures *real)
{
    if (o->json)
        print_json(o, samples, real);
    else
        print_text(o, samples, real);
}
