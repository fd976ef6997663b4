/* routes.c: ways from space to space, read from text or found. Roles that say something of their
 * input, scores or features, lead nowhere: a way may end in what they say, none goes on from it. */
#include "train/routes.h"

#include <string.h>

#include "base/memory.h"

/* ---- one step ---- */

static bool routes_has(const gan__signature_port *port, int32_t space)
{
    for (int32_t i = 0; i < port->space_count; i++)
        if (port->spaces[i] == space) return true;
    return false;
}

static bool routes_is_condition(const gan__cast *cast, const gan__signature_port *port)
{
    return cast->spaces[port->spaces[0]].row->type == GAN__SPACE_CONDITION;
}

/* The input by which the role goes from one space to the other; -1: it does not. */
static int32_t routes_input(const gan__cast *cast, int32_t role, int32_t from, int32_t to)
{
    const gan__role *r = &cast->roles[role];
    if (!r->wanted) return -1;
    if (!routes_has(&r->outputs[0], to)) return -1;
    for (int32_t i = 0; i < r->input_count; i++)
        if (routes_has(&r->inputs[i], from) && !routes_is_condition(cast, &r->inputs[i])) return i;
    return -1;
}

/* How many roles go that way; the first of them as *out. */
static int32_t routes_steps(const gan__cast *cast, int32_t from, int32_t to, gan__route_step *out)
{
    int32_t count = 0;
    for (int32_t r = 0; r < cast->role_count; r++) {
        const int32_t input = routes_input(cast, r, from, to);
        if (input >= 0 && count++ == 0) *out = (gan__route_step){r, input};
    }
    return count;
}

/* ---- from text ---- */

/* The next name, without the blanks around it; *text moves past it and its arrow. */
static size_t routes_name(const char **text, const char **name)
{
    const size_t length = strcspn(*text, ">");
    size_t end = length;
    *name = *text;
    *text += length + ((*text)[length] == '>');
    for (; end > 0 && **name == ' '; end--) (*name)++;
    while (end > 0 && (*name)[end - 1] == ' ') end--;
    return end;
}

static gan_status routes_space(const gan__cast *cast, const char **text, int32_t *out)
{
    const char *name;
    const size_t length = routes_name(text, &name);
    gan__text list = {.context = cast->context};
    *out = gan__cast_space(cast, name, length);
    if (*out >= 0) return GAN_OK;
    for (int32_t i = 0; i < cast->space_count; i++)
        if (cast->spaces[i].row->type != GAN__SPACE_SCORE)
            gan__text_print(&list, "%s%s", list.length ? ", " : "", cast->spaces[i].name);
    gan_status status = list.status;
    if (status == GAN_OK)
        status =
            gan__fail(cast->context, GAN_E_ARGUMENT,
                      "%s: a route goes through spaces, and '%.*s' is none; there are: %s",
                      cast->kind->kind.name, length > 200 ? 200 : (int)length, name, list.bytes);
    gan__text_free(&list);
    return status;
}

static gan_status routes_step(const gan__cast *cast, int32_t from, int32_t to, gan__route_step *out)
{
    const int32_t count = routes_steps(cast, from, to, out);
    if (count == 1) return GAN_OK;
    return gan__fail(cast->context, GAN_E_ARGUMENT, "%s: %s role goes from '%s' to '%s'",
                     cast->kind->kind.name, count ? "more than one" : "no", cast->spaces[from].name,
                     cast->spaces[to].name);
}

gan_status gan__route_parse(const gan__cast *cast, const char *text, gan__route *out)
{
    const char *rest = text;
    size_t arrows = 0;
    int32_t from, to;
    *out = (gan__route){.steps = NULL};
    for (const char *c = text; *c; c++) arrows += *c == '>';
    if (arrows == 0)
        return gan__fail(cast->context, GAN_E_TEXT, "%s: '%.200s' is no route, as 'a > b' is one",
                         cast->kind->kind.name, text);
    GAN__TRY(routes_space(cast, &rest, &from));
    GAN__TRY(gan__allocate(cast->context, &out->steps, arrows, sizeof *out->steps));
    out->from = from;
    gan_status status = GAN_OK;
    for (size_t i = 0; i < arrows && status == GAN_OK; i++, from = to) {
        status = routes_space(cast, &rest, &to);
        if (status == GAN_OK) status = routes_step(cast, from, to, &out->steps[out->count++]);
    }
    if (status == GAN_OK) return GAN_OK;
    gan__free(cast->context, out->steps);
    *out = (gan__route){.steps = NULL};
    return status;
}

/* ---- the shortest ---- */

/* What a search knows of each space: the space before it, and the step from there. */
typedef struct routes_visit {
    bool seen;
    int32_t before, distance;
    gan__route_step step;
} routes_visit;

/* One ring further from `distance`; whether it had a space in it. */
static bool routes_widen(const gan__cast *cast, routes_visit *visits, int32_t distance)
{
    bool any = false;
    for (int32_t from = 0; from < cast->space_count; from++) {
        if (!visits[from].seen || visits[from].distance != distance) continue;
        for (int32_t to = 0; to < cast->space_count; to++) {
            gan__route_step step;
            if (visits[to].seen || cast->spaces[to].row->type == GAN__SPACE_SCORE ||
                routes_steps(cast, from, to, &step) != 1)
                continue;
            visits[to] = (routes_visit){true, from, distance + 1, step};
            any = true;
        }
    }
    return any;
}

static gan_status routes_collect(const gan__cast *cast, const routes_visit *visits, int32_t to,
                                 gan__route *out)
{
    const int32_t count = visits[to].distance;
    GAN__TRY(gan__allocate(cast->context, &out->steps, (size_t)count, sizeof *out->steps));
    out->count = count;
    for (int32_t i = count; i-- > 0; to = visits[to].before) out->steps[i] = visits[to].step;
    return GAN_OK;
}

/* All that can be reached. A way back to where it began is found by going all ways of one step
 * first. */
static void routes_search(const gan__cast *cast, int32_t from, routes_visit *visits)
{
    memset(visits, 0, (size_t)cast->space_count * sizeof *visits);
    visits[from].seen = true;
    routes_widen(cast, visits, 0);
    visits[from] = (routes_visit){.before = from, .distance = 1};
    visits[from].seen = routes_steps(cast, from, from, &visits[from].step) == 1;
    for (int32_t d = 1; routes_widen(cast, visits, d);) d++;
}

gan_status gan__route_find(const gan__cast *cast, int32_t from, int32_t to, gan__route *out)
{
    routes_visit *visits;
    *out = (gan__route){.from = from};
    GAN__TRY(gan__allocate(cast->context, &visits, (size_t)cast->space_count, sizeof *visits));
    routes_search(cast, from, visits);
    gan_status status = visits[to].seen ? routes_collect(cast, visits, to, out) : GAN_OK;
    gan__free(cast->context, visits);
    return status;
}

bool gan__cast_begins(const gan__cast *cast, int32_t space)
{
    if (cast->spaces[space].prior != GAN__PRIOR_NONE) return true;
    if (cast->spaces[space].row->type != GAN__SPACE_PICTURE) return false;
    for (int32_t i = 0; i < cast->feed_count; i++)
        for (int32_t f = 0; f < cast->feeds[i].field_count; f++)
            if (cast->feeds[i].fields[f].space == space && gan__feed_takes_data(&cast->feeds[i]))
                return true;
    return false;
}

/* ---- the texts of what can be gone ---- */

static gan_status routes_print(const gan__cast *cast, const gan__route *route, char **out)
{
    gan__text text = {.context = cast->context};
    gan__text_print(&text, "%s", cast->spaces[route->from].name);
    for (int32_t i = 0; i < route->count; i++) {
        const gan__role *role = &cast->roles[route->steps[i].role];
        const gan__role *next =
            i + 1 < route->count ? &cast->roles[route->steps[i + 1].role] : NULL;
        int32_t to = role->outputs[0].spaces[0];
        for (int32_t s = 0; next && s < role->outputs[0].space_count; s++)
            if (routes_has(&next->inputs[route->steps[i + 1].input], role->outputs[0].spaces[s]))
                to = role->outputs[0].spaces[s];
        gan__text_print(&text, " > %s", cast->spaces[to].name);
    }
    if (text.status != GAN_OK) gan__text_free(&text);
    *out = text.bytes;
    return text.status;
}

static gan_status routes_add_way(gan__cast *cast, const routes_visit *visits, int32_t from,
                                 int32_t to)
{
    gan__route route = {.from = from};
    GAN__TRY(routes_collect(cast, visits, to, &route));
    gan_status status = routes_print(cast, &route, &cast->ways[cast->way_count]);
    gan__free(cast->context, route.steps);
    if (status == GAN_OK) cast->way_count++;
    return status;
}

/* From one space to all pictures and codes that can be reached. */
static gan_status routes_add_from(gan__cast *cast, int32_t from, routes_visit *visits)
{
    gan_status status = GAN_OK;
    routes_search(cast, from, visits);
    for (int32_t to = 0; to < cast->space_count && status == GAN_OK; to++) {
        const gan__space_type type = cast->spaces[to].row->type;
        if (visits[to].seen && (type == GAN__SPACE_PICTURE || type == GAN__SPACE_CODE))
            status = routes_add_way(cast, visits, from, to);
    }
    return status;
}

static gan_status routes_add_product(gan__cast *cast, int32_t role)
{
    const gan__role *r = &cast->roles[role];
    gan__route_step step = {role, 0};
    if (!gan__cast_is_product(cast, role)) return GAN_OK;
    while (step.input + 1 < r->input_count && routes_is_condition(cast, &r->inputs[step.input]))
        step.input++;
    const gan__route route = {&step, 1, r->inputs[step.input].spaces[0]};
    return routes_print(cast, &route, &cast->products[role]);
}

/* What a trained role says of pictures that come from data, if it is the one that does. */
static gan_status routes_add_score(gan__cast *cast, int32_t role)
{
    const gan__role *r = &cast->roles[role];
    const int32_t to = r->outputs[0].spaces[0];
    gan__route_step step;
    if (!r->wanted || r->group < 0 || cast->spaces[to].row->type != GAN__SPACE_SCORE) return GAN_OK;
    for (int32_t from = 0; from < cast->space_count; from++) {
        if (cast->spaces[from].row->type != GAN__SPACE_PICTURE || !gan__cast_begins(cast, from) ||
            routes_input(cast, role, from, to) < 0 || routes_steps(cast, from, to, &step) != 1)
            continue;
        const gan__route route = {&step, 1, from};
        return routes_print(cast, &route, &cast->scores[role]);
    }
    return GAN_OK;
}

gan_status gan__cast_add_ways(gan__cast *cast)
{
    const size_t spaces = (size_t)cast->space_count, roles = (size_t)cast->role_count;
    routes_visit *visits;
    gan_status status = GAN_OK;
    GAN__TRY(gan__allocate(cast->context, &cast->ways, spaces * spaces, sizeof *cast->ways));
    GAN__TRY(gan__allocate(cast->context, &cast->products, roles, sizeof *cast->products));
    GAN__TRY(gan__allocate(cast->context, &cast->scores, roles, sizeof *cast->scores));
    GAN__TRY(gan__allocate(cast->context, &visits, spaces, sizeof *visits));
    for (int32_t from = 0; from < cast->space_count && status == GAN_OK; from++)
        if (gan__cast_begins(cast, from)) status = routes_add_from(cast, from, visits);
    gan__free(cast->context, visits);
    for (int32_t r = 0; r < cast->role_count && status == GAN_OK; r++)
        status = routes_add_product(cast, r);
    for (int32_t r = 0; r < cast->role_count && status == GAN_OK; r++)
        status = routes_add_score(cast, r);
    return status;
}
