/* checkpoint.c: everything of a training in one safetensors file.
 *
 * Metadata: gan.format "1.0", gan.kind "trainer", gan.version; gan.text, the trainer's description;
 *           gan.precision, gan.seed, gan.steps, gan.draws, gan.position.FEED;
 *           gan.root, the context's seed, from which the trainer's own was made;
 *           gan.data.FEED, the data set's description without folders, and gan.data.FEED.checksum:
 *           "" and 0 for data that was fed otherwise;
 *           gan.model.ROLE, its text; gan.share.ROLE.PART "ROLE.PART", a part that an earlier role
 *           brought, parts of parts included, by the names in both texts; gan.optimizer.GROUP,
 *           its description; gan.optimizer.GROUP.steps; gan.average.ROLE.updates
 * Tensors:  model.ROLE.NAME, average.ROLE.NAME, optimizer.GROUP.ROLE.NAME.MOMENT, in PyTorch's
 *           names and layouts. What roles share is stored once, under the first of them. */
#include "train/trainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "model/archive.h"
#include "model/tree.h"
#include "optim/optimizer.h"
#include "train/averages.h"

/* Of the longest key or prefix: roles, groups and parts have bounded names. */
enum { CHECKPOINT_KEY = 320 };
typedef struct checkpoint_key {
    char text[CHECKPOINT_KEY];
} checkpoint_key;

/* "a.b.c": NULL ends earlier. Borrowed from `key`. */
static const char *checkpoint_join(checkpoint_key *key, const char *a, const char *b, const char *c)
{
    snprintf(key->text, sizeof key->text, "%s.%s%s%s", a, b, c ? "." : "", c ? c : "");
    return key->text;
}

/* ---- saving ---- */

static gan_status checkpoint_integer(gan__archive_out *archive, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return gan__archive_put_pair(archive, key, text);
}

/* What tells the data of a feed from other data. A feed that has no data set yet, just loaded,
 * keeps what it was loaded with. */
static gan_status checkpoint_save_data(const gan_trainer *t, int32_t feed,
                                       gan__archive_out *archive)
{
    const gan__feed_kind *kind = &t->kind->feeds[feed];
    const gan__feed_state *state = &t->feeds[feed];
    const gan_dataset *data = state->dataset;
    const char *text = data ? data->text : state->text;
    int32_t field = data ? gan__dataset_field(data, kind->field) : -1;
    int64_t checksum = field >= 0 ? data->fields[field].checksum : data ? 0 : state->checksum;
    checkpoint_key key;
    GAN__TRY(gan__archive_put_pair(archive, checkpoint_join(&key, "gan.data", kind->name, NULL),
                                   text ? text : ""));
    return checkpoint_integer(archive, checkpoint_join(&key, "gan.data", kind->name, "checksum"),
                              checksum);
}

static gan_status checkpoint_save_counters(const gan_trainer *t, gan__archive_out *archive)
{
    checkpoint_key key;
    GAN__TRY(gan__archive_put_pair(archive, "gan.text", t->text));
    GAN__TRY(gan__archive_put_pair(archive, "gan.precision",
                                   gan__precision_name(t->object.context->precision)));
    GAN__TRY(checkpoint_integer(archive, "gan.seed", (int64_t)t->seed));
    GAN__TRY(checkpoint_integer(archive, "gan.root", (int64_t)t->root));
    GAN__TRY(checkpoint_integer(archive, "gan.steps", t->steps));
    GAN__TRY(checkpoint_integer(archive, "gan.draws", (int64_t)gan_tape_draws(t->tape)));
    for (int32_t i = 0; i < t->kind->feed_count; i++) {
        const gan__feed_state *feed = &t->feeds[i];
        int64_t position = feed->batcher ? gan__batcher_position(feed->batcher) : feed->position;
        checkpoint_join(&key, "gan.position", t->kind->feeds[i].name, NULL);
        GAN__TRY(checkpoint_integer(archive, key.text, position));
        if (t->kind->feeds[i].field) GAN__TRY(checkpoint_save_data(t, i, archive));
    }
    return GAN_OK;
}

/* The parts of the first roles' models, and their parts, as their texts define them. */
typedef struct checkpoint_parts {
    gan__definitions roles[GAN__MAX_ROLES];
    int32_t count;
} checkpoint_parts;

static void checkpoint_free_parts(checkpoint_parts *parts)
{
    while (parts->count > 0) gan__definitions_free(&parts->roles[--parts->count]);
}

static gan_status checkpoint_list_parts(const gan_trainer *t, int32_t roles, checkpoint_parts *out)
{
    for (out->count = 0; out->count < roles; out->count++) {
        gan_status status = gan__model_definitions(t->models[out->count], &out->roles[out->count]);
        if (status == GAN_OK) continue;
        checkpoint_free_parts(out);
        return status;
    }
    return GAN_OK;
}

/* The first place of a part among the roles before `role`, as "ROLE.PART". */
static bool checkpoint_earlier_part(const gan_trainer *t, const checkpoint_parts *parts,
                                    int32_t role, const gan_model *part, checkpoint_key *out)
{
    for (int32_t r = 0; r < role; r++)
        for (size_t i = 0; i < parts->roles[r].count; i++)
            if (parts->roles[r].items[i].model == part) {
                checkpoint_join(out, t->kind->roles[r].name, parts->roles[r].items[i].name, NULL);
                return true;
            }
    return false;
}

static bool checkpoint_has_layer(const gan_model *model, const gan_layer *layer)
{
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i].layer == layer) return true;
    return false;
}

/* Whether the layer lies in a part that an earlier role has as well. */
static bool checkpoint_in_earlier_part(const gan_trainer *t, const checkpoint_parts *parts,
                                       int32_t role, const gan_layer *layer)
{
    const gan__definitions *own = &parts->roles[role];
    checkpoint_key place;
    for (size_t i = 0; i < own->count; i++)
        if (checkpoint_has_layer(own->items[i].model, layer) &&
            checkpoint_earlier_part(t, parts, role, own->items[i].model, &place))
            return true;
    return false;
}

static bool checkpoint_earlier_store(const gan_trainer *t, int32_t role, const gan__store *store)
{
    for (int32_t r = 0; r < role; r++) {
        const gan__store_list list = {t->models[r]->stores, t->models[r]->store_count};
        if (gan__store_listed(&list, store)) return true;
    }
    return false;
}

static gan_status checkpoint_check_role(const gan_trainer *t, const checkpoint_parts *parts,
                                        int32_t role)
{
    const gan_model *model = t->models[role];
    GAN__TRY(gan__model_check_text(model));
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__named_parameter *entry = &model->parameters[i];
        if (!checkpoint_earlier_store(t, role, entry->layer->store) ||
            checkpoint_in_earlier_part(t, parts, role, entry->layer))
            continue;
        return gan__fail(t->object.context, GAN_E_STATE,
                         "%s: the %s shares '%s' with another role, but not as a part of both",
                         t->kind->kind.name, t->kind->roles[role].name, entry->name);
    }
    return GAN_OK;
}

gan_status gan__trainer_check_sharing(const gan_trainer *t)
{
    checkpoint_parts parts;
    gan_status status = GAN_OK;
    GAN__TRY(checkpoint_list_parts(t, t->kind->role_count, &parts));
    for (int32_t r = 0; r < t->kind->role_count && status == GAN_OK; r++)
        status = checkpoint_check_role(t, &parts, r);
    checkpoint_free_parts(&parts);
    return status;
}

/* What a role shares with earlier ones. */
static gan_status checkpoint_save_shares(const gan_trainer *t, const checkpoint_parts *parts,
                                         int32_t role, gan__archive_out *archive)
{
    const gan__definitions *own = &parts->roles[role];
    checkpoint_key key, other;
    for (size_t i = 0; i < own->count; i++) {
        const gan__definition *item = &own->items[i];
        if (item->again || !checkpoint_earlier_part(t, parts, role, item->model, &other)) continue;
        checkpoint_join(&key, "gan.share", t->kind->roles[role].name, item->name);
        GAN__TRY(gan__archive_put_pair(archive, key.text, other.text));
    }
    return GAN_OK;
}

static gan_status checkpoint_save_model(const gan_trainer *t, int32_t role,
                                        gan__archive_out *archive, gan__store_list *saved,
                                        gan__store **stores)
{
    const char *name = t->kind->roles[role].name;
    const gan_model *model = t->models[role];
    const char *text = gan_model_text(model);
    checkpoint_key key;
    if (!text) return GAN_E_MEMORY; /* the message is there */
    checkpoint_join(&key, "gan.model", name, NULL);
    GAN__TRY(gan__archive_put_pair(archive, key.text, text));
    snprintf(key.text, sizeof key.text, "model.%s.", name);
    GAN__TRY(gan__archive_put_model(archive, key.text, model, saved));
    for (size_t i = 0; i < model->store_count; i++)
        if (!gan__store_listed(saved, model->stores[i])) stores[saved->count++] = model->stores[i];
    return GAN_OK;
}

static gan_status checkpoint_save_models(const gan_trainer *t, gan__archive_out *archive)
{
    gan_context *context = t->object.context;
    checkpoint_parts parts;
    gan__store **stores;
    size_t count = 0;
    for (int32_t r = 0; r < t->kind->role_count; r++) count += t->models[r]->store_count;
    GAN__TRY(gan__allocate(context, &stores, count, sizeof *stores));
    gan__store_list saved = {.stores = stores};
    gan_status status = checkpoint_list_parts(t, t->kind->role_count, &parts);
    if (status == GAN_OK) {
        for (int32_t r = 0; r < t->kind->role_count && status == GAN_OK; r++) {
            status = checkpoint_save_model(t, r, archive, &saved, stores);
            if (status == GAN_OK) status = checkpoint_save_shares(t, &parts, r, archive);
        }
        checkpoint_free_parts(&parts);
    }
    gan__free(context, stores);
    return status;
}

/* The optimiser's state of a store; NULL if it does not train it. */
static gan__optimizer_state *checkpoint_state(const gan_optimizer *optimizer,
                                              const gan__store *store)
{
    for (size_t i = 0; i < optimizer->state_count; i++)
        if (optimizer->states[i].store == store) return &optimizer->states[i];
    return NULL;
}

/* What is done with one moment of one parameter: written to a archive, or read from an archive. */
typedef gan_status checkpoint_visit(void *file, const gan__archived_name *name,
                                    const gan__parameter *p, float *memory);

static gan_status checkpoint_write_moment(void *file, const gan__archived_name *name,
                                          const gan__parameter *p, float *memory)
{
    return gan__archive_put_values(file, name, p, memory);
}

static gan_status checkpoint_read_moment(void *file, const gan__archived_name *name,
                                         const gan__parameter *p, float *memory)
{
    return gan__archive_get_values(file, name, p, memory);
}

static gan_status checkpoint_visit_entry(const gan_optimizer *optimizer,
                                         const gan__named_parameter *entry, const char *prefix,
                                         checkpoint_visit *visit, void *file)
{
    const gan__parameter *p = &entry->layer->parameters[entry->index];
    const gan__optimizer_state *state = checkpoint_state(optimizer, entry->layer->store);
    checkpoint_key suffix;
    if (!p->trained || !state) return GAN_OK;
    for (int32_t i = 0; i < optimizer->moment_count; i++) {
        snprintf(suffix.text, sizeof suffix.text, ".%s", optimizer->moment_names[i]);
        const gan__archived_name name = {prefix, entry->name, suffix.text};
        GAN__TRY(visit(file, &name, p, state->moments[i] + p->offset));
    }
    return GAN_OK;
}

/* Whether an earlier role of the group has the store too: its moments are visited there. */
static bool checkpoint_visited(const gan_trainer *t, int32_t role, const gan__store *store)
{
    for (int32_t r = 0; r < role; r++) {
        const gan_model *model = t->models[r];
        if (strcmp(t->kind->roles[r].group, t->kind->roles[role].group) != 0) continue;
        for (size_t i = 0; i < model->store_count; i++)
            if (model->stores[i] == store) return true;
    }
    return false;
}

static gan_status checkpoint_visit_moments(const gan_trainer *t, int32_t group,
                                           checkpoint_visit *visit, void *file)
{
    checkpoint_key prefix;
    for (int32_t r = 0; r < t->kind->role_count; r++) {
        const gan_model *model = t->models[r];
        if (strcmp(t->kind->roles[r].group, t->kind->groups[group]) != 0) continue;
        snprintf(prefix.text, sizeof prefix.text, "optimizer.%s.%s.", t->kind->groups[group],
                 t->kind->roles[r].name);
        for (size_t i = 0; i < model->parameter_count; i++) {
            const gan__named_parameter *entry = &model->parameters[i];
            if (checkpoint_visited(t, r, entry->layer->store)) continue;
            GAN__TRY(checkpoint_visit_entry(t->optimizers[group], entry, prefix.text, visit, file));
        }
    }
    return GAN_OK;
}

static gan_status checkpoint_save_optimizer(const gan_trainer *t, int32_t group,
                                            gan__archive_out *archive)
{
    const gan_optimizer *optimizer = t->optimizers[group];
    const char *name = t->kind->groups[group];
    checkpoint_key key;
    GAN__TRY(gan__archive_put_pair(archive, checkpoint_join(&key, "gan.optimizer", name, NULL),
                                   gan_optimizer_text(optimizer)));
    GAN__TRY(checkpoint_integer(archive, checkpoint_join(&key, "gan.optimizer", name, "steps"),
                                optimizer->steps));
    return checkpoint_visit_moments(t, group, checkpoint_write_moment, archive);
}

static gan_status checkpoint_save_average(const gan_trainer *t, int32_t role,
                                          gan__archive_out *archive)
{
    const gan__average *average = t->averages[role];
    const gan__store_list nothing = {0};
    checkpoint_key key;
    if (!average) return GAN_OK;
    checkpoint_join(&key, "gan.average", t->kind->roles[role].name, "updates");
    GAN__TRY(checkpoint_integer(archive, key.text, average->updates));
    snprintf(key.text, sizeof key.text, "average.%s.", t->kind->roles[role].name);
    return gan__archive_put_model(archive, key.text, average->model, &nothing);
}

static gan_status checkpoint_collect(gan_trainer *t, gan__archive_out *archive)
{
    GAN__TRY(gan__archive_begin(archive, "trainer"));
    GAN__TRY(checkpoint_save_counters(t, archive));
    GAN__TRY(checkpoint_save_models(t, archive));
    for (int32_t i = 0; i < t->kind->role_count; i++)
        GAN__TRY(checkpoint_save_average(t, i, archive));
    for (int32_t i = 0; i < t->kind->group_count; i++)
        GAN__TRY(checkpoint_save_optimizer(t, i, archive));
    return GAN_OK;
}

/* To the file `path`; NULL: to memory, as *out. */
static gan_status checkpoint_save(gan_trainer *t, const char *path, gan_tensor **out)
{
    gan__archive_out archive = {.context = t->object.context, .finite = true};
    if (t->stepping)
        return gan__fail(t->object.context, GAN_E_STATE,
                         "gan_trainer_save%s: the trainer is in the middle of a step",
                         path ? "" : "_memory");
    GAN__TRY(gan__trainer_make_optimizers(t));
    GAN__TRY(gan__trainer_check_sharing(t));
    GAN__TRY(gan__averages_prepare(t));
    GAN__TRY(gan__averages_refresh(t));
    gan_status status = checkpoint_collect(t, &archive);
    if (status == GAN_OK)
        status =
            path ? gan__archive_write(&archive, path) : gan__archive_write_memory(&archive, out);
    gan__archive_free(&archive);
    return status;
}

gan_status gan_trainer_save(gan_trainer *trainer, const char *path)
{
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_save", "trainer"));
    if (!path)
        return gan__fail(trainer->object.context, GAN_E_ARGUMENT, "gan_trainer_save: path is NULL");
    GAN__RETURN_ENTERED(trainer->object.context, checkpoint_save(trainer, path, NULL));
}

gan_status gan_trainer_save_memory(gan_tensor **out, gan_trainer *trainer)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_save_memory", "trainer"));
    if (!out)
        return gan__fail(trainer->object.context, GAN_E_ARGUMENT,
                         "gan_trainer_save_memory: out is NULL");
    GAN__RETURN_ENTERED(trainer->object.context, checkpoint_save(trainer, NULL, out));
}

/* ---- loading ---- */

static gan_status checkpoint_number(const gan__archive_in *archive, const char *key, int64_t *out)
{
    const char *text;
    GAN__TRY(gan__archive_get_pair(archive, key, &text));
    if (gan__integer_parse(text, strlen(text), out)) return GAN_OK;
    return gan__fail(archive->context, GAN_E_FORMAT, "%s: '%s' is '%.32s', not a whole number",
                     archive->name, key, text);
}

/* A count: never negative, and below what a stream has of steps, so far from an overflow that
 * nothing else has to look. */
static gan_status checkpoint_count(const gan__archive_in *archive, const char *key, int64_t *out)
{
    GAN__TRY(checkpoint_number(archive, key, out));
    if (*out >= 0 && *out < (int64_t)GAN__DRAW_STEPS) return GAN_OK;
    return gan__fail(archive->context, GAN_E_FORMAT, "%s: '%s' is %" PRId64, archive->name, key,
                     *out);
}

/* The part that "ROLE.PART" names among those listed; NULL if there is none. */
static gan_model *checkpoint_find_part(const gan_trainer *t, const checkpoint_parts *earlier,
                                       const char *name)
{
    for (int32_t r = 0; r < earlier->count; r++) {
        size_t length = strlen(t->kind->roles[r].name);
        if (strncmp(name, t->kind->roles[r].name, length) != 0 || name[length] != '.') continue;
        for (size_t i = 0; i < earlier->roles[r].count; i++)
            if (!strcmp(earlier->roles[r].items[i].name, name + length + 1))
                return earlier->roles[r].items[i].model;
    }
    return NULL;
}

/* The parts that this role shares with earlier ones: at most one for each pair of the metadata. */
static gan_status checkpoint_given(const gan_trainer *t, const checkpoint_parts *earlier,
                                   const gan__archive_in *archive, const char **names,
                                   gan_model **parts, size_t *count)
{
    const int32_t role = earlier->count;
    checkpoint_key prefix;
    size_t length;
    snprintf(prefix.text, sizeof prefix.text, "gan.share.%s.", t->kind->roles[role].name);
    length = strlen(prefix.text);
    *count = 0;
    for (size_t i = 0; i < archive->file.pair_count; i++) {
        const gan__safetensors_pair *pair = &archive->file.pairs[i];
        if (strncmp(pair->key, prefix.text, length) != 0) continue;
        names[*count] = pair->key + length;
        parts[*count] = checkpoint_find_part(t, earlier, pair->value);
        if (!parts[*count])
            return gan__fail(archive->context, GAN_E_FORMAT,
                             "%s: '%s' is '%.64s', which no model has", archive->name, pair->key,
                             pair->value);
        (*count)++;
    }
    return GAN_OK;
}

static gan_status checkpoint_restore_model(gan_trainer *t, int32_t role,
                                           const gan__archive_in *archive, const char **names,
                                           gan_model **parts)
{
    checkpoint_key key;
    const char *text, *name = t->kind->roles[role].name;
    gan__given given = {.names = names, .parts = parts};
    checkpoint_parts earlier;
    GAN__TRY(gan__archive_get_pair(archive, checkpoint_join(&key, "gan.model", name, NULL), &text));
    GAN__TRY(checkpoint_list_parts(t, role, &earlier));
    gan_status status = checkpoint_given(t, &earlier, archive, names, parts, &given.count);
    checkpoint_free_parts(&earlier);
    GAN__TRY(status);
    snprintf(key.text, sizeof key.text, "model.%s.", name);
    GAN__TRY(gan__archive_get_model(&t->models[role], archive, key.text, text, &given));
    t->models[role]->placed = true; /* as in gan_trainer_set_model */
    return GAN_OK;
}

static gan_status checkpoint_load_model(gan_trainer *t, int32_t role,
                                        const gan__archive_in *archive)
{
    gan_context *context = t->object.context;
    size_t most = archive->file.pair_count;
    const char **names = NULL;
    gan_model **parts = NULL;
    gan_status status = gan__allocate(context, &names, most, sizeof *names);
    if (status == GAN_OK) status = gan__allocate(context, &parts, most, sizeof *parts);
    if (status == GAN_OK) status = checkpoint_restore_model(t, role, archive, names, parts);
    gan__free(context, names);
    gan__free(context, parts);
    return status;
}

static gan_status checkpoint_load_optimizer(gan_trainer *t, int32_t group, gan__archive_in *archive)
{
    checkpoint_key key;
    const char *spec, *name = t->kind->groups[group];
    gan_optimizer *optimizer;
    GAN__TRY(
        gan__archive_get_pair(archive, checkpoint_join(&key, "gan.optimizer", name, NULL), &spec));
    GAN__TRY(gan__trainer_set_optimizer(t, group, spec));
    GAN__TRY(gan__trainer_make_optimizers(t));
    optimizer = t->optimizers[group];
    GAN__TRY(checkpoint_count(archive, checkpoint_join(&key, "gan.optimizer", name, "steps"),
                              &optimizer->steps));
    /* In a trainer all of a group's parameters are updated together. */
    for (size_t i = 0; i < optimizer->state_count; i++)
        optimizer->states[i].steps = optimizer->steps;
    return checkpoint_visit_moments(t, group, checkpoint_read_moment, archive);
}

static gan_status checkpoint_load_average(gan_trainer *t, int32_t role,
                                          const gan__archive_in *archive)
{
    gan__average *average = t->averages[role];
    const gan__store_list nothing = {0};
    checkpoint_key key;
    if (!average) return GAN_OK;
    checkpoint_join(&key, "gan.average", t->kind->roles[role].name, "updates");
    GAN__TRY(checkpoint_count(archive, key.text, &average->updates));
    snprintf(key.text, sizeof key.text, "average.%s.", t->kind->roles[role].name);
    return gan__archive_fill(archive, key.text, average->model, &nothing);
}

static gan_status checkpoint_copy(const gan__archive_in *archive, const char *key, char **out)
{
    const char *text;
    GAN__TRY(gan__archive_get_pair(archive, key, &text));
    return gan__copy_text(archive->context, out, text, strlen(text));
}

static gan_status checkpoint_load_data(gan_trainer *t, int32_t feed, const gan__archive_in *archive)
{
    gan__feed_state *state = &t->feeds[feed];
    const char *name = t->kind->feeds[feed].name;
    checkpoint_key key;
    GAN__TRY(checkpoint_copy(archive, checkpoint_join(&key, "gan.data", name, NULL), &state->text));
    return checkpoint_count(archive, checkpoint_join(&key, "gan.data", name, "checksum"),
                            &state->checksum);
}

static gan_status checkpoint_load_counters(gan_trainer *t, const gan__archive_in *archive)
{
    checkpoint_key key;
    int64_t draws;
    GAN__TRY(checkpoint_copy(archive, "gan.precision", &t->precision));
    GAN__TRY(checkpoint_count(archive, "gan.steps", &t->steps));
    GAN__TRY(checkpoint_count(archive, "gan.draws", &draws));
    for (int32_t i = 0; i < t->kind->feed_count; i++) {
        checkpoint_join(&key, "gan.position", t->kind->feeds[i].name, NULL);
        GAN__TRY(checkpoint_count(archive, key.text, &t->feeds[i].position));
        if (t->kind->feeds[i].field) GAN__TRY(checkpoint_load_data(t, i, archive));
    }
    return gan_tape_seek(t->tape, (uint64_t)draws);
}

static gan_status checkpoint_fill(gan_trainer *t, gan__archive_in *archive)
{
    for (int32_t r = 0; r < t->kind->role_count; r++)
        GAN__TRY(checkpoint_load_model(t, r, archive));
    GAN__TRY(gan__averages_prepare(t));
    for (int32_t r = 0; r < t->kind->role_count; r++)
        GAN__TRY(checkpoint_load_average(t, r, archive));
    for (int32_t g = 0; g < t->kind->group_count; g++)
        GAN__TRY(checkpoint_load_optimizer(t, g, archive));
    return checkpoint_load_counters(t, archive);
}

static gan_status checkpoint_read(gan_trainer **out, gan__archive_in *archive)
{
    const char *spec;
    int64_t seed, root;
    GAN__TRY(gan__archive_check(archive, "trainer"));
    GAN__TRY(gan__archive_get_pair(archive, "gan.text", &spec));
    GAN__TRY(checkpoint_number(archive, "gan.seed", &seed));
    GAN__TRY(checkpoint_number(archive, "gan.root", &root));
    gan_status status =
        gan__trainer_create(out, archive->context, spec, (uint64_t)seed, (uint64_t)root);
    if (status == GAN_OK) status = checkpoint_fill(*out, archive);
    if (status != GAN_OK) {
        gan_trainer_release(*out);
        *out = NULL;
    }
    return status;
}

/* From the file `path`; NULL: from memory. */
static gan_status checkpoint_load(gan_trainer **out, gan_context *context, const char *path,
                                  const void *bytes, size_t size)
{
    gan__archive_in archive;
    GAN__TRY(path ? gan__archive_open(&archive, context, path)
                  : gan__archive_open_memory(&archive, context, bytes, size));
    gan_status status = checkpoint_read(out, &archive);
    gan__archive_close(&archive);
    return status;
}

gan_status gan_trainer_load(gan_trainer **out, gan_context *context, const char *path)
{
    if (out) *out = NULL;
    if (!out || !context || !path)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_load: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "path");
    GAN__RETURN_ENTERED(context, checkpoint_load(out, context, path, NULL, 0));
}

gan_status gan_trainer_load_memory(gan_trainer **out, gan_context *context, const void *bytes,
                                   size_t size)
{
    if (out) *out = NULL;
    if (!out || !context || !bytes)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_load_memory: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "bytes");
    GAN__RETURN_ENTERED(context, checkpoint_load(out, context, NULL, bytes, size));
}
