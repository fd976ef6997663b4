/* eval_run.c: the steps of measuring a run: networks, data, figures. */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

static int fail(const eval_order *o, gan_status status)
{
    return complain_status(o->self, o->context, status);
}

/* ---- what is compared ---- */

/* The tape is the context's first, so that noise is the same whatever else is made in it. */
int eval_open_subject(eval_order *o)
{
    gan_status status = o->tape ? GAN_OK : gan_tape_create(&o->tape, o->context);
    o->from.self = o->self;
    o->from.context = o->context;
    return status == GAN_OK ? routes_open(&o->routes, &o->from) : fail(o, status);
}

/* The feed whose data's pictures are like samples; of what is drawn by chains, like those that the
 * discriminator takes. "" if it is not known. */
static int find_feed(const eval_order *o, char feed[256])
{
    const gan_trainer *t = o->routes.trainer;
    const char *note = o->routes.count ? gan_model_note(o->routes.models[0], "feed") : NULL;
    snprintf(feed, 256, "%s", note ? note : "");
    for (int32_t i = 0; !note && t && i < gan_trainer_member_count(t); i++) {
        gan_model *model;
        if (strcmp(gan_trainer_member(t, i, "type"), "score")) continue;
        gan_status status = gan_trainer_route(&model, o->routes.trainer,
                                              gan_trainer_member(t, i, "name"), GAN_MODEL_AVERAGED);
        if (status != GAN_OK) return fail(o, status);
        const char *source = gan_model_note(model, "source");
        snprintf(feed, 256, "%s", source ? source : "");
        gan_model_release(model);
        if (*feed) break;
    }
    return EXIT_GOOD;
}

static int open_compared(eval_order *o)
{
    if (o->reference)
        return eval_set_open(&o->compared, o->self, o->context, NULL, o->reference, o->most);
    snprintf(o->compared.name, sizeof o->compared.name, "%s", o->data.path);
    return eval_set_of_dataset(&o->compared, o->self, o->context, o->data.train, o->most);
}

int eval_open_reference(eval_order *o)
{
    char feed[256];
    int code = find_feed(o, feed);
    if (!code && o->is_folder)
        code = run_data_open(&o->data, o->self, o->context, o->subject, o->recipe, feed);
    else if (!code && !o->reference)
        return complain(
            o->self, EXIT_USAGE,
            "%s is not the folder of a run, which knows its data: give --reference SPEC",
            o->subject);
    if (!code) code = open_compared(o);
    if (!code && o->data.heldout) {
        snprintf(o->real.name, sizeof o->real.name, "%s", o->data.path);
        code = eval_set_of_dataset(&o->real, o->self, o->context, o->data.heldout, o->most);
    }
    if (code) return code;
    gan_status status = mixture_of(&o->mixture, o->compared.pictures.dataset);
    if (!o->judge && *o->data.judge) o->judge = o->data.judge;
    return status == GAN_OK ? EXIT_GOOD : fail(o, status);
}

/* ---- figures ---- */

/* Classes of samples, and of others beside them only where samples have some. */
static gan_status match_labels(const eval_order *o, feature_rows *samples, feature_rows *real)
{
    gan_status status = GAN_OK;
    gan_tensor_release(samples->labels);
    samples->labels = NULL;
    if (o->labels) {
        status = gan_tensor_create(&samples->labels, o->context, GAN_INT64, 1, &o->samples.count);
        if (status == GAN_OK)
            memcpy(gan_tensor_data(samples->labels), o->labels,
                   (size_t)o->samples.count * sizeof *o->labels);
    } else {
        gan_tensor_release(real->labels);
        real->labels = NULL;
    }
    return status;
}

/* Points are their own features. */
static gan_status make_rows(eval_order *o, int index, const eval_set *set)
{
    feature_rows *rows = &o->rows[index];
    if (!o->mixture.centres) return features_make(rows, &o->features, &set->pictures, set->count);
    if (index == 0) {
        rows->features = o->made;
        gan_tensor_retain(o->made);
        return GAN_OK;
    }
    return eval_set_points(&rows->features, set, o->context);
}

int eval_measure(eval_order *o)
{
    eval_set *const sets[3] = {&o->samples, &o->compared, &o->real};
    const mixture *m = o->mixture.centres ? &o->mixture : NULL;
    feature_rows *const rows = o->rows;
    gan_status status = GAN_OK;
    for (int i = 0; i < 3 && status == GAN_OK; i++)
        if (!rows[i].features && sets[i]->count > 0) status = make_rows(o, i, sets[i]);
    if (status == GAN_OK) status = match_labels(o, &rows[0], &rows[2]);
    if (status == GAN_OK)
        status = figures_measure(&o->figures[0], o->context, &rows[1], &rows[0], m);
    if (status == GAN_OK && rows[2].features && !o->figures[1].measured)
        status = figures_measure(&o->figures[1], o->context, &rows[1], &rows[2], m);
    return status == GAN_OK ? eval_find_scores(o) : fail(o, status);
}

/* ---- the end ---- */

void eval_forget_subject(eval_order *o)
{
    routes_free(&o->routes);
    eval_set_free(&o->samples);
    feature_rows_free(&o->rows[0]);
    conditions_free(&o->conditions);
    gan_tensor_release(o->made);
    free(o->labels);
    o->made = NULL;
    o->labels = NULL;
    o->score_count = 0;
}

void eval_free(eval_order *o)
{
    eval_forget_subject(o);
    for (int i = 0; i < 3; i++) feature_rows_free(&o->rows[i]);
    features_free(&o->features);
    mixture_free(&o->mixture);
    eval_set_free(&o->compared);
    eval_set_free(&o->real);
    run_data_free(&o->data);
    run_data_free(&o->source);
    gan_tape_release(o->tape);
}
