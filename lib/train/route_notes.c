/* route_notes.c: what a route's network says of itself in its notes, for whoever has it, or its
 * file, without the trainer: what goes into each input, and what the classes are called. */
#include "train/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/fit.h"
#include "train/conditions.h"

int32_t gan__route_input(const gan_trainer *t, const gan__route *route, const gan_model *model,
                         int32_t input)
{
    const gan__role *role = &t->cast->roles[route->steps[0].role];
    const gan__player *player = &t->players[route->steps[0].role];
    const char *name = model->inputs[input].name;
    if (route->count > 1) return gan__cast_space(t->cast, name, strlen(name));
    for (int32_t i = 0; i < player->input_count; i++)
        if (player->inputs[i] == input)
            return i == route->steps[0].input ? route->from : role->inputs[i].spaces[0];
    return -1;
}

static const char *const notes_priors[] = {
    [GAN__PRIOR_NORMAL] = "normal", [GAN__PRIOR_UNIFORM] = "uniform"};

/* "label" or "vector" of a condition, where the data says which. */
static gan_status notes_condition(const gan_trainer *t, int32_t space, gan_model *model,
                                  gan__text *words)
{
    gan_context *context = t->object.context;
    gan__condition_source condition;
    char count[24];
    GAN__TRY(gan__condition_source_find(t, space, &condition));
    gan_status status = GAN_OK;
    snprintf(count, sizeof count, "%" PRId64, condition.classes);
    if (condition.classes > 0) status = gan__model_set_note(model, "class_count", count);
    if (status == GAN_OK && condition.names)
        status = gan__model_set_note(model, "classes", condition.names);
    gan__text_print(words, "%s", condition.field ? condition.field : "condition");
    gan__condition_source_free(context, &condition);
    return status;
}

/* One word of "inputs". */
static gan_status notes_input(const gan_trainer *t, int32_t space, gan_model *model,
                              gan__text *words)
{
    static const char *const types[] = {[GAN__SPACE_PICTURE] = "picture",
                                        [GAN__SPACE_CODE] = "code",
                                        [GAN__SPACE_NOISE] = "noise",
                                        [GAN__SPACE_SCORE] = "score"};
    const gan__space *own = &t->cast->spaces[space];
    if (own->row->type == GAN__SPACE_CONDITION) return notes_condition(t, space, model, words);
    gan__text_print(words, "%s",
                    own->prior != GAN__PRIOR_NONE ? notes_priors[own->prior]
                                                  : types[own->row->type]);
    return GAN_OK;
}

static gan_status notes_inputs(const gan_trainer *t, const gan__route *route, gan_model *model)
{
    gan__text words = {.context = t->object.context};
    gan_status status = GAN_OK;
    for (size_t i = 0; i < model->input_count && status == GAN_OK; i++) {
        if (i > 0) gan__text_print(&words, " ");
        status = notes_input(t, gan__route_input(t, route, model, (int32_t)i), model, &words);
    }
    if (status == GAN_OK) status = words.status;
    if (status == GAN_OK) status = gan__model_set_note(model, "inputs", words.bytes);
    gan__text_free(&words);
    return status;
}

/* How the data's pictures were brought to their size, where the way begins in pictures. */
static gan_status notes_fit(const gan_trainer *t, int32_t space, gan_model *model)
{
    for (int32_t i = 0; i < t->cast->feed_count; i++) {
        const gan__feed_state *state = &t->feeds[i];
        const char *text = state->dataset ? state->dataset->text : state->text, *fit;
        if (!gan__feed_takes_data(&t->cast->feeds[i]) || !text || !*text) continue;
        for (int32_t f = 0; f < t->cast->feeds[i].field_count; f++) {
            if (t->cast->feeds[i].fields[f].space != space) continue;
            GAN__TRY(gan__fit_of(t->object.context, text, &fit));
            return fit ? gan__model_set_note(model, "fit", fit) : GAN_OK;
        }
    }
    return GAN_OK;
}

/* The feed whose pictures are of a space, by this key. */
static gan_status notes_feed(const gan_trainer *t, int32_t space, const char *key, gan_model *model)
{
    for (int32_t i = 0; i < t->cast->feed_count; i++) {
        const gan__feed *feed = &t->cast->feeds[i];
        for (int32_t f = 0; f < feed->field_count; f++)
            if (gan__feed_takes_data(feed) && feed->fields[f].space == space)
                return gan__model_set_note(model, key, feed->name);
    }
    return GAN_OK;
}

gan_status gan__route_note(const gan_trainer *t, const gan__route *route, gan_model *model)
{
    const gan__cast *cast = t->cast;
    const int32_t last = route->steps[route->count - 1].role;
    const int32_t end = cast->roles[last].outputs[0].spaces[0];
    const gan__prior prior = cast->spaces[route->from].prior;
    GAN__TRY(notes_inputs(t, route, model));
    if (prior != GAN__PRIOR_NONE)
        GAN__TRY(gan__model_set_note(model, "prior", notes_priors[prior]));
    if (cast->spaces[route->from].row->type == GAN__SPACE_PICTURE) {
        GAN__TRY(notes_fit(t, route->from, model));
        GAN__TRY(notes_feed(t, route->from, "source", model));
    }
    if (cast->spaces[end].row->type != GAN__SPACE_PICTURE) return GAN_OK;
    GAN__TRY(notes_feed(t, end, "feed", model));
    return gan__model_set_note(model, "range", "-1 1");
}
