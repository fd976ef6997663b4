/* route_model.c: the network of a route, of the trainer's own weights.
 *
 * A route of one role is a network of the same layers, whose outputs stand in the order of the
 * role's, or, where the first is not yet what it stands for, with more layers behind it. A chain is
 * a text that places the networks of its roles as parts:
 *
 *     input image 28 28 1
 *     r0_0, r0_1 = part encoder from image
 *     r1_0 = part decoder from r0_0
 *     sigmoid from r1_0; affine 2 -1 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "model/tree.h"
#include "train/averages.h"
#include "train/routes.h"
#include "train/spaces.h"

typedef struct route_text {
    gan_trainer *trainer;
    const gan__route *route;
    bool averaged;
    gan__text text;
    bool settled; /* sizes that a network leaves open are the data's */
} route_text;

static gan_model *route_role(const gan_trainer *t, int32_t role, bool averaged)
{
    const gan__player *player = &t->players[role];
    return averaged && player->average ? player->average->model : player->model;
}

/* What stands behind the role's output in a route; NULL: nothing. */
static const char *route_finish(const gan_trainer *t, int32_t role)
{
    return t->kind->finish ? t->kind->finish(t->options, role) : NULL;
}

static gan_status route_check(const gan_trainer *t, const gan__route *route)
{
    for (int32_t i = 0; i < route->count; i++) {
        const int32_t role = route->steps[i].role;
        if (!t->players[role].model)
            return gan__fail(t->object.context, GAN_E_STATE, "%s: the role '%s' has no model",
                             t->kind->kind.name, t->cast->roles[role].name);
    }
    return GAN_OK;
}

/* Puts what a role stands for behind its output. */
static void route_print_finish(route_text *r, const char *finish, const char *output)
{
    const size_t first = strcspn(finish, ";");
    gan__text_print(&r->text, "%.*s from %s%s\n", (int)first, finish, output, finish + first);
}

/* ---- one role ---- */

/* The outputs, those that have names in the order of the role's signature. */
static void route_print_outputs(route_text *r, int32_t role)
{
    const gan__player *player = &r->trainer->players[role];
    const gan__port *ports = player->model->outputs;
    const char *finish = route_finish(r->trainer, role), *first = ports[player->outputs[0]].name;
    if (finish) {
        route_print_finish(r, finish, *first ? first : ".");
        return;
    }
    if (!*first) return;
    gan__text_print(&r->text, "output");
    for (int32_t i = 0; i < player->output_count; i++)
        if (player->outputs[i] >= 0)
            gan__text_print(&r->text, " %s", ports[player->outputs[i]].name);
    gan__text_print(&r->text, "\n");
}

static gan_status route_alone(route_text *r, gan_model **out)
{
    const int32_t role = r->route->steps[0].role;
    route_print_outputs(r, role);
    GAN__TRY(r->text.status);
    return gan__model_share(out, route_role(r->trainer, role, r->averaged),
                            r->text.bytes ? r->text.bytes : "");
}

/* ---- a chain ---- */

/* Conditions, and noise that the way does not come by, are inputs of the whole. */
static bool route_is_outer(const route_text *r, int32_t step, int32_t input)
{
    return step == 0 || r->route->steps[step].input != input;
}

static int32_t route_space(const route_text *r, int32_t step, int32_t input)
{
    const gan__role *role = &r->trainer->cast->roles[r->route->steps[step].role];
    const bool way = r->route->steps[step].input == input;
    return way ? r->route->from : role->inputs[input].spaces[0];
}

/* The name of an input of the whole: that of its space. */
static const char *route_outer(const route_text *r, int32_t step, int32_t input)
{
    return r->trainer->cast->spaces[route_space(r, step, input)].name;
}

void gan__print_input(gan__text *text, const char *name, gan__shape shape)
{
    const int64_t sizes[3] = {shape.h, shape.w, shape.c};
    gan__text_print(text, "input %s", name);
    for (int32_t i = 0; i < 3; i++)
        if (sizes[i] < 0)
            gan__text_print(text, " any");
        else
            gan__text_print(text, " %" PRId64, sizes[i]);
    gan__text_print(text, "\n");
}

/* Whether an input that is there before this one has the name. */
static bool route_is_known(const route_text *r, int32_t step, int32_t input, const char *name)
{
    for (int32_t s = 0; s <= step; s++) {
        const gan__player *player = &r->trainer->players[r->route->steps[s].role];
        for (int32_t i = 0; i < (s == step ? input : player->input_count); i++)
            if (player->inputs[i] >= 0 && route_is_outer(r, s, i) &&
                !strcmp(route_outer(r, s, i), name))
                return true;
    }
    return false;
}

static void route_print_inputs(route_text *r)
{
    for (int32_t s = 0; s < r->route->count; s++) {
        const int32_t role = r->route->steps[s].role;
        const gan__player *player = &r->trainer->players[role];
        for (int32_t i = 0; i < player->input_count; i++) {
            const char *name = route_outer(r, s, i);
            if (player->inputs[i] < 0 || !route_is_outer(r, s, i) || route_is_known(r, s, i, name))
                continue;
            const gan_model *model = player->model;
            gan__shape shape = model->shapes[model->inputs[player->inputs[i]].value];
            const gan__shape *data = &r->trainer->shapes[route_space(r, s, i)];
            if (r->settled && shape.h < 0) shape.h = data->h;
            if (r->settled && shape.w < 0) shape.w = data->w;
            gan__print_input(&r->text, name, shape);
        }
    }
}

/* The signature's input that is the model's `port`. */
static int32_t route_port(const gan__player *player, int32_t port)
{
    int32_t i = 0;
    while (player->inputs[i] != port) i++;
    return i;
}

/* "r1_0, r1_1 = part encoder from image" */
static void route_print_part(route_text *r, int32_t step, const char *current)
{
    const int32_t role = r->route->steps[step].role;
    const gan__player *player = &r->trainer->players[role];
    for (size_t i = 0; i < player->model->output_count; i++)
        gan__text_print(&r->text, "%sr%d_%zu", i ? "," : "", step, i);
    gan__text_print(&r->text, " = part %s from", r->trainer->cast->roles[role].name);
    for (size_t p = 0; p < player->model->input_count; p++) {
        const int32_t input = route_port(player, (int32_t)p);
        gan__text_print(&r->text, " %s",
                        route_is_outer(r, step, input) ? route_outer(r, step, input) : current);
    }
    gan__text_print(&r->text, "\n");
}

static void route_print(route_text *r)
{
    char current[32] = "";
    int32_t last = 0;
    route_print_inputs(r);
    for (int32_t s = 0; s < r->route->count; s++) {
        last = r->route->steps[s].role;
        route_print_part(r, s, current);
        snprintf(current, sizeof current, "r%d_%d", s, r->trainer->players[last].outputs[0]);
        const char *finish = route_finish(r->trainer, last);
        if (!finish) continue;
        route_print_finish(r, finish, current);
        strcpy(current, "."); /* the value that the way goes on from */
    }
    if (strcmp(current, ".") != 0) gan__text_print(&r->text, "output %s\n", current);
}

static gan_status route_chain(route_text *r, gan_model **out)
{
    const gan_trainer *t = r->trainer;
    gan_context *context = t->object.context;
    const size_t count = (size_t)r->route->count;
    const char **names = NULL;
    gan_model **parts = NULL;
    route_print(r);
    gan_status status = r->text.status;
    if (status == GAN_OK) status = gan__allocate(context, &names, count, sizeof *names);
    if (status == GAN_OK) status = gan__allocate(context, &parts, count, sizeof *parts);
    int32_t given = 0;
    for (size_t i = 0; status == GAN_OK && i < count; i++) {
        const int32_t role = r->route->steps[i].role;
        bool again = false;
        for (size_t k = 0; k < i; k++) again |= r->route->steps[k].role == role;
        if (again) continue;
        names[given] = t->cast->roles[role].name;
        parts[given++] = route_role(t, role, r->averaged);
    }
    if (status == GAN_OK)
        status = gan_model_parse_parts(out, context, r->text.bytes, names, parts, given);
    gan__free(context, names);
    gan__free(context, parts);
    return status;
}

/* ---- both ---- */

gan_status gan__route_model(gan_trainer *t, const gan__route *route, bool averaged, gan_model **out)
{
    route_text r = {t, route, averaged, {.context = t->object.context}, false};
    *out = NULL;
    GAN__TRY(route_check(t, route));
    gan_status status = route->count == 1 ? route_alone(&r, out) : route_chain(&r, out);
    gan__text_free(&r.text);
    /* Behind an open size there may be one that is not. */
    if (status == GAN_E_SHAPE && route->count > 1) {
        r.text = (gan__text){.context = t->object.context};
        r.settled = true;
        status = route_chain(&r, out);
        gan__text_free(&r.text);
    }
    if (status == GAN_OK) status = gan__route_note(t, route, *out);
    if (status == GAN_OK) return GAN_OK;
    gan_model_release(*out);
    *out = NULL;
    return status;
}

static gan_status route_public(gan_model **out, gan_trainer *t, const char *text, bool averaged)
{
    gan__route route;
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_route"));
    GAN__TRY(gan__trainer_bind(t));
    GAN__TRY(gan__averages_prepare(t));
    GAN__TRY(gan__route_parse(t->cast, text, &route));
    gan_status status = gan__route_model(t, &route, averaged, out);
    gan__free(t->object.context, route.steps);
    return status;
}

gan_status gan_trainer_route(gan_model **out, gan_trainer *trainer, const char *route,
                             int32_t flags)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_route", "trainer"));
    gan_context *context = trainer->object.context;
    if (!out || !route)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_route: %s is NULL",
                         out ? "route" : "out");
    if (flags & ~GAN_MODEL_AVERAGED)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_route: flags is %d", flags);
    GAN__RETURN_ENTERED(context,
                        route_public(out, trainer, route, (flags & GAN_MODEL_AVERAGED) != 0));
}
