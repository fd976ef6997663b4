/* checkpoint_models.c: the networks of all roles in a checkpoint, a part that several have once.
 *
 * Metadata: gan.model.ROLE, its text; gan.share.ROLE.PART "ROLE.PART", a part that an earlier role
 *           brought, parts of parts included, by the names in both texts
 * Tensors:  model.ROLE.NAME; what roles share, under the first of them */
#include "train/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "train/sharing.h"

static const char *models_key(gan__checkpoint_key *key, const char *what, const char *role,
                              const char *end)
{
    snprintf(key->text, sizeof key->text, "%s.%s%s%s", what, role, *end ? "." : "", end);
    return key->text;
}

/* ---- writing ---- */

/* What a role shares with earlier ones. */
static gan_status models_put_shares(const gan__checkpoint *c, const gan__role_parts *parts,
                                    int32_t role)
{
    const gan__cast *cast = c->trainer->cast;
    const gan__definitions *own = &parts->roles[role];
    gan__checkpoint_key key, other;
    for (size_t i = 0; i < own->count; i++) {
        const char *name;
        const int32_t r = gan__role_parts_find(parts, role, own->items[i].model, &name);
        if (own->items[i].again || r < 0) continue;
        snprintf(other.text, sizeof other.text, "%s.%s", cast->roles[r].name, name);
        models_key(&key, "gan.share", cast->roles[role].name, own->items[i].name);
        GAN__TRY(gan__archive_put_pair(c->to, key.text, other.text));
    }
    return GAN_OK;
}

static gan_status models_put(const gan__checkpoint *c, const gan__role_parts *parts, int32_t role,
                             gan__store_list *saved, gan__store **stores)
{
    const char *name = c->trainer->cast->roles[role].name;
    const gan_model *model = c->trainer->players[role].model;
    const char *text = gan_model_text(model);
    gan__checkpoint_key key;
    if (!text) return GAN_E_MEMORY; /* the message is there */
    GAN__TRY(gan__archive_put_pair(c->to, models_key(&key, "gan.model", name, ""), text));
    snprintf(key.text, sizeof key.text, "model.%s.", name);
    GAN__TRY(gan__archive_put_model(c->to, key.text, model, saved));
    for (size_t i = 0; i < model->store_count; i++)
        if (!gan__store_listed(saved, model->stores[i])) stores[saved->count++] = model->stores[i];
    return models_put_shares(c, parts, role);
}

static gan_status models_put_all(const gan__checkpoint *c)
{
    const gan_trainer *t = c->trainer;
    gan_context *context = t->object.context;
    gan__role_parts parts;
    gan__store **stores;
    size_t count = 0;
    for (int32_t r = 0; r < t->cast->role_count; r++)
        if (t->players[r].model) count += t->players[r].model->store_count;
    GAN__TRY(gan__allocate(context, &stores, count, sizeof *stores));
    gan__store_list saved = {.stores = stores};
    gan_status status = gan__role_parts_list(t, t->cast->role_count, &parts);
    for (int32_t r = 0; status == GAN_OK && r < t->cast->role_count; r++)
        if (t->players[r].model) status = models_put(c, &parts, r, &saved, stores);
    gan__role_parts_free(&parts);
    gan__free(context, stores);
    return status;
}

/* ---- reading ---- */

/* The part that "ROLE.PART" names among those listed; NULL if there is none. */
static gan_model *models_find_part(const gan__cast *cast, const gan__role_parts *earlier,
                                   const char *name)
{
    for (int32_t r = 0; r < earlier->count; r++) {
        const size_t length = strlen(cast->roles[r].name);
        if (strncmp(name, cast->roles[r].name, length) != 0 || name[length] != '.') continue;
        gan_model *part = gan__role_parts_named(earlier, r, name + length + 1);
        if (part) return part;
    }
    return NULL;
}

/* The parts that this role shares with earlier ones: at most one for each pair of the metadata. */
static gan_status models_given(const gan__checkpoint *c, const gan__role_parts *earlier,
                               const char **names, gan_model **parts, size_t *count)
{
    const gan__archive_in *archive = c->from;
    const gan__cast *cast = c->trainer->cast;
    gan__checkpoint_key prefix;
    snprintf(prefix.text, sizeof prefix.text, "gan.share.%s.", cast->roles[earlier->count].name);
    const size_t length = strlen(prefix.text);
    *count = 0;
    for (size_t i = 0; i < archive->file.pair_count; i++) {
        const gan__safetensors_pair *pair = &archive->file.pairs[i];
        if (strncmp(pair->key, prefix.text, length) != 0) continue;
        names[*count] = pair->key + length;
        parts[*count] = models_find_part(cast, earlier, pair->value);
        if (!parts[*count])
            return gan__fail(archive->context, GAN_E_FORMAT,
                             "%s: '%s' is '%.64s', which no model has", archive->name, pair->key,
                             pair->value);
        (*count)++;
    }
    return GAN_OK;
}

static gan_status models_get_with(const gan__checkpoint *c, int32_t role, const char *text,
                                  const char **names, gan_model **parts)
{
    gan_trainer *t = c->trainer;
    gan__given given = {.names = names, .parts = parts};
    gan__role_parts earlier;
    gan__checkpoint_key key;
    GAN__TRY(gan__role_parts_list(t, role, &earlier));
    gan_status status = models_given(c, &earlier, names, parts, &given.count);
    gan__role_parts_free(&earlier);
    GAN__TRY(status);
    snprintf(key.text, sizeof key.text, "model.%s.", t->cast->roles[role].name);
    GAN__TRY(gan__archive_get_model(&t->players[role].model, c->from, key.text, text, &given));
    t->players[role].model->placed = true; /* as in gan_trainer_set_model */
    return GAN_OK;
}

/* A role that may be without a network is, where the file has none. */
static gan_status models_get(const gan__checkpoint *c, int32_t role)
{
    gan_context *context = c->from->context;
    const gan__role *r = &c->trainer->cast->roles[role];
    const size_t most = c->from->file.pair_count;
    const char **names = NULL, *text;
    gan_model **parts = NULL;
    gan__checkpoint_key key;
    models_key(&key, "gan.model", r->name, "");
    if (!r->wanted) return GAN_OK;
    if ((r->row->flags & GAN__ROLE_OPTIONAL) &&
        !gan__safetensors_metadata(&c->from->file, key.text))
        return GAN_OK;
    GAN__TRY(gan__archive_get_pair(c->from, key.text, &text));
    gan_status status = gan__allocate(context, &names, most, sizeof *names);
    if (status == GAN_OK) status = gan__allocate(context, &parts, most, sizeof *parts);
    if (status == GAN_OK) status = models_get_with(c, role, text, names, parts);
    gan__free(context, names);
    gan__free(context, parts);
    return status;
}

gan_status gan__checkpoint_models(const gan__checkpoint *c)
{
    if (c->to) return models_put_all(c);
    for (int32_t r = 0; r < c->trainer->cast->role_count; r++) GAN__TRY(models_get(c, r));
    return GAN_OK;
}
