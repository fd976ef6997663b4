/* sharing.c: parts that several roles have. A part is the unit of sharing: by its handle it is
 * found in the text of each network, under the name that it has there. */
#include "train/sharing.h"

#include <string.h>

#include "base/memory.h"
#include "model/archive.h"

void gan__role_parts_free(gan__role_parts *parts)
{
    while (parts->count > 0) {
        gan__definitions *own = &parts->roles[--parts->count];
        if (own->whole) gan__definitions_free(own); /* a role without a network has none */
    }
    gan__free(parts->context, parts->roles);
    parts->roles = NULL;
}

gan_status gan__role_parts_list(const gan_trainer *t, int32_t count, gan__role_parts *out)
{
    *out = (gan__role_parts){.context = t->object.context};
    GAN__TRY(gan__allocate(out->context, &out->roles, (size_t)count, sizeof *out->roles));
    for (; out->count < count; out->count++) {
        const gan_model *model = t->players[out->count].model;
        if (!model) continue;
        gan_status status = gan__model_definitions(model, &out->roles[out->count]);
        if (status == GAN_OK) continue;
        gan__role_parts_free(out);
        return status;
    }
    return GAN_OK;
}

int32_t gan__role_parts_find(const gan__role_parts *parts, int32_t role, const gan_model *part,
                             const char **name)
{
    for (int32_t r = 0; r < role; r++)
        for (size_t i = 0; i < parts->roles[r].count; i++)
            if (parts->roles[r].items[i].model == part) {
                *name = parts->roles[r].items[i].name;
                return r;
            }
    return -1;
}

gan_model *gan__role_parts_named(const gan__role_parts *parts, int32_t role, const char *name)
{
    for (size_t i = 0; i < parts->roles[role].count; i++)
        if (!strcmp(parts->roles[role].items[i].name, name))
            return parts->roles[role].items[i].model;
    return NULL;
}

/* ---- what may be shared ---- */

static bool sharing_has_layer(const gan_model *model, const gan_layer *layer)
{
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i].layer == layer) return true;
    return false;
}

/* Whether the layer lies in a part that an earlier role has as well. */
static bool sharing_in_earlier_part(const gan__role_parts *parts, int32_t role,
                                    const gan_layer *layer)
{
    const gan__definitions *own = &parts->roles[role];
    const char *name;
    for (size_t i = 0; i < own->count; i++)
        if (sharing_has_layer(own->items[i].model, layer) &&
            gan__role_parts_find(parts, role, own->items[i].model, &name) >= 0)
            return true;
    return false;
}

/* The first role before `role` whose network has the store; -1: none. */
static int32_t sharing_earlier_role(const gan_trainer *t, int32_t role, const gan__store *store)
{
    for (int32_t r = 0; r < role; r++) {
        const gan_model *model = t->players[r].model;
        if (!model) continue;
        const gan__store_list list = {model->stores, model->store_count};
        if (gan__store_listed(&list, store)) return r;
    }
    return -1;
}

/* Each of two optimisers would have moments of its own for it. */
static gan_status sharing_check_groups(const gan_trainer *t, int32_t role, const char *name,
                                       const gan__store *store)
{
    const gan__cast *cast = t->cast;
    const int32_t group = cast->roles[role].group;
    for (int32_t r = 0; r < role; r++) {
        const gan_model *model = t->players[r].model;
        const int32_t other = cast->roles[r].group;
        if (!model || other == group || other < 0 || group < 0) continue;
        const gan__store_list list = {model->stores, model->store_count};
        if (!gan__store_listed(&list, store)) continue;
        return gan__fail(t->object.context, GAN_E_STATE,
                         "%s: '%s' is in the %s and in the %s, which the groups %s and %s would "
                         "both train",
                         t->kind->kind.name, name, cast->roles[r].name, cast->roles[role].name,
                         cast->groups[other].name, cast->groups[group].name);
    }
    return GAN_OK;
}

static gan_status sharing_check_role(const gan_trainer *t, const gan__role_parts *parts,
                                     int32_t role)
{
    const gan_model *model = t->players[role].model;
    GAN__TRY(gan__model_check_text(model));
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__named_parameter *named = &model->parameters[i];
        if (sharing_earlier_role(t, role, named->layer->store) < 0) continue;
        if (!sharing_in_earlier_part(parts, role, named->layer))
            return gan__fail(t->object.context, GAN_E_STATE,
                             "%s: the %s shares '%s' with another role, but not as a part of both",
                             t->kind->kind.name, t->cast->roles[role].name, named->name);
        GAN__TRY(sharing_check_groups(t, role, named->name, named->layer->store));
    }
    return GAN_OK;
}

gan_status gan__trainer_check_sharing(const gan_trainer *t)
{
    gan__role_parts parts;
    gan_status status = GAN_OK;
    GAN__TRY(gan__role_parts_list(t, t->cast->role_count, &parts));
    for (int32_t r = 0; r < t->cast->role_count && status == GAN_OK; r++)
        if (t->players[r].model) status = sharing_check_role(t, &parts, r);
    gan__role_parts_free(&parts);
    return status;
}
