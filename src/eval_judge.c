/* eval_judge.c: where features come from: a judge that was kept, a new one, or pixels. */
#include "eval.h"

#include <string.h>

/* What a judge learns from, and is asked about. */
typedef struct lesson {
    gan_dataset *data, *exam; /* retained; data NULL: there is nothing with labels */
} lesson;

static void lesson_free(lesson *l)
{
    gan_dataset_release(l->data);
    gan_dataset_release(l->exam);
}

static bool has_classes(const gan_dataset *data)
{
    return data && gan_dataset_class_count(data) > 1;
}

/* A tenth of the reference is held out of the judge's lesson, unless it is a part of a data set
 * already. */
static gan_status split_reference(const eval_order *o, lesson *out)
{
    char spec[PATH_SIZE + 64];
    gan_status status = GAN_E_TEXT;
    if (!strstr(o->reference, "heldout=")) {
        snprintf(spec, sizeof spec, "%s heldout=0.1 part=train", o->reference);
        status = gan_dataset_open(&out->data, o->context, spec);
        snprintf(spec, sizeof spec, "%s heldout=0.1 part=heldout", o->reference);
        return status == GAN_OK ? gan_dataset_open(&out->exam, o->context, spec) : status;
    }
    out->data = o->compared.pictures.dataset;
    gan_dataset_retain(out->data);
    return GAN_OK;
}

static gan_status find_lesson(const eval_order *o, lesson *out)
{
    if (has_classes(o->data.train)) {
        out->data = o->data.train;
        out->exam = o->data.heldout;
        gan_dataset_retain(out->data);
        gan_dataset_retain(out->exam);
        return GAN_OK;
    }
    return o->reference && has_classes(o->compared.pictures.dataset) ? split_reference(o, out)
                                                                     : GAN_OK;
}

/* Whether a judge has learned from these pictures. */
static bool is_judge_of(const gan_model *judge, gan_dataset *data)
{
    char examples[64];
    const char *own = gan_model_note(judge, "examples");
    return own && gan_judge_examples(data, examples, sizeof examples) == GAN_OK &&
           !strcmp(own, examples);
}

static int train_judge(eval_order *o, const lesson *l, gan_model **judge)
{
    complain(o->self, 0, "training a judge on %lld pictures",
             (long long)gan_dataset_count(l->data));
    gan_status status = gan_judge_train(judge, o->context, "", l->data, l->exam);
    o->judge_is_new = true;
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

int eval_keep_judge(const eval_order *o)
{
    if (!o->judge_is_new || !*o->judge_path) return EXIT_GOOD;
    gan_status status = gan_model_save(o->features.judge, o->judge_path);
    if (status == GAN_OK) return EXIT_GOOD;
    complain_status(o->self, o->context, status);
    return EXIT_OUTPUT;
}

/* One that is named serves as it is; one that was kept by the command, if it knows these pictures.
 */
static int find_judge(eval_order *o, const lesson *l, gan_model **judge)
{
    gan_status status = GAN_E_FILE;
    const bool there = *o->judge_path && path_exists(o->judge_path);
    if (there) status = gan_model_load(judge, o->context, o->judge_path);
    if (there && o->judge)
        return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
    if (status == GAN_OK && is_judge_of(*judge, l->data)) return EXIT_GOOD;
    gan_model_release(*judge);
    *judge = NULL;
    return train_judge(o, l, judge);
}

static int open_judge(eval_order *o, const lesson *l)
{
    gan_model *judge = NULL;
    int code = find_judge(o, l, &judge);
    gan_status status = code ? GAN_OK : features_of_judge(&o->features, o->context, judge);
    gan_model_release(judge);
    if (status == GAN_E_FORMAT)
        return complain(o->self, EXIT_INPUT,
                        "%s: it is no judge, a network from pictures to 'features' and 'logits'",
                        o->judge_path);
    return status == GAN_OK ? code : complain_status(o->self, o->context, status);
}

/* Of the size of the first picture. */
static int open_pixels(eval_order *o)
{
    gan_tensor *first;
    int64_t size[3] = {0, 0, 1};
    gan_status status = pictures_read(&o->compared.pictures, 0, &first);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    memcpy(size, gan_tensor_shape(first), (size_t)gan_tensor_rank(first) * sizeof *size);
    features_of_pixels(&o->features, o->context, size);
    gan_tensor_release(first);
    o->judge_path[0] = '\0';
    return EXIT_GOOD;
}

int eval_open_features(eval_order *o)
{
    lesson l = {NULL, NULL};
    if (o->mixture.centres) return EXIT_GOOD;
    char kept[sizeof o->data.feed + 32]; /* of each domain its own */
    int code;
    snprintf(kept, sizeof kept, "judge-%s.safetensors", o->data.feed);
    if (o->judge)
        snprintf(o->judge_path, sizeof o->judge_path, "%s", o->judge);
    else if (!o->is_folder || !path_join(o->judge_path, o->subject, kept))
        o->judge_path[0] = '\0';
    const bool there = o->judge && path_exists(o->judge);
    gan_status status = there ? GAN_OK : find_lesson(o, &l);
    if (status != GAN_OK)
        code = complain_status(o->self, o->context, status);
    else if (there || l.data)
        code = open_judge(o, &l);
    else if (o->judge)
        code = complain(o->self, EXIT_INPUT,
                        "%s %s: there is no such file, and no data with labels to train a "
                        "judge on",
                        o->judge == o->data.judge ? "run.judge" : "--judge", o->judge);
    else
        code = open_pixels(o);
    lesson_free(&l);
    return code;
}
