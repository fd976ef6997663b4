/* checkpoint.c: everything of a training in one safetensors file. What is written and what is read
 * again is one walk.
 *
 * Metadata: gan.format "1.0", gan.kind "trainer", gan.version; gan.text, the trainer's description;
 *           gan.precision, gan.filter, gan.seed, gan.steps, gan.draws, gan.position.FEED;
 *           gan.root, the context's seed, from which the trainer's own was made;
 *           gan.data.FEED, the data set's description without folders, and
 *           gan.data.FEED.FIELD.checksum: "" and 0 for data that was fed otherwise;
 *           what conditions.c has of classes;
 *           gan.average.ROLE.updates; gan.pool.NAME.counter; gan.value.NAME, what was measured
 * last; gan.memory: what warnings remember, numbers with a space between them Tensors:
 * average.ROLE.NAME, in PyTorch's names and layouts; pool.NAME (N, H, W, C)
 *
 * checkpoint_models.c has the networks, checkpoint_moments.c the optimisers. */
#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/conditions.h"
#include "train/feeds.h"
#include "train/refresh.h"
#include "train/sharing.h"
#include "train/warnings.h"

/* ---- one thing, in either direction ---- */

static gan_status checkpoint_text(const gan__checkpoint *c, const char *key, const char *value,
                                  char **out)
{
    gan_context *context = c->trainer->object.context;
    const char *text;
    if (c->to) return gan__archive_put_pair(c->to, key, value ? value : "");
    GAN__TRY(gan__archive_get_pair(c->from, key, &text));
    gan__free(context, *out);
    *out = NULL;
    return gan__copy_text(context, out, text, strlen(text));
}

static gan_status checkpoint_put_number(const gan__checkpoint *c, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return gan__archive_put_pair(c->to, key, text);
}

static gan_status checkpoint_get_number(const gan__archive_in *archive, const char *key,
                                        int64_t *out)
{
    const char *text;
    GAN__TRY(gan__archive_get_pair(archive, key, &text));
    if (gan__integer_parse(text, strlen(text), out)) return GAN_OK;
    return gan__fail(archive->context, GAN_E_FORMAT, "%s: '%s' is '%.32s', not a whole number",
                     archive->name, key, text);
}

bool gan__checkpoint_may_count(int64_t value)
{
    return value >= 0 && value < (int64_t)GAN__DRAW_STEPS;
}

gan_status gan__checkpoint_count(const gan__checkpoint *c, const char *key, int64_t *value)
{
    if (c->to) return checkpoint_put_number(c, key, *value);
    GAN__TRY(checkpoint_get_number(c->from, key, value));
    if (gan__checkpoint_may_count(*value)) return GAN_OK;
    return gan__fail(c->from->context, GAN_E_FORMAT, "%s: '%s' is %" PRId64, c->from->name, key,
                     *value);
}

const char *gan__checkpoint_join(gan__checkpoint_key *key, const char *a, const char *b,
                                 const char *c)
{
    snprintf(key->text, sizeof key->text, "%s.%s%s%s", a, b, *c ? "." : "", c);
    return key->text;
}

/* ---- counters and data ---- */

static gan_status checkpoint_field(const gan__checkpoint *c, int32_t feed, int32_t field)
{
    const gan_trainer *t = c->trainer;
    const gan__feed *kind = &t->cast->feeds[feed];
    const gan__field *data = gan__feed_field_of(t, feed, field);
    int64_t checksum = t->feeds[feed].fields[field].checksum;
    gan__checkpoint_key key;
    if (t->feeds[feed].dataset) checksum = data ? data->checksum : 0;
    snprintf(key.text, sizeof key.text, "gan.data.%s.%s.checksum", kind->name,
             kind->fields[field].row->field);
    GAN__TRY(gan__checkpoint_count(c, key.text, &checksum));
    t->feeds[feed].fields[field].checksum = checksum;
    return GAN_OK;
}

/* A feed that has no data set yet, just loaded, keeps what it was loaded with. */
static gan_status checkpoint_feed(const gan__checkpoint *c, int32_t feed)
{
    const gan__feed *kind = &c->trainer->cast->feeds[feed];
    gan__feed_state *state = &c->trainer->feeds[feed];
    gan__checkpoint_key key;
    if (!gan__feed_takes_data(kind)) return GAN_OK;
    int64_t position = state->batcher ? gan__batcher_position(state->batcher) : state->position;
    GAN__TRY(gan__checkpoint_count(c, gan__checkpoint_join(&key, "gan.position", kind->name, ""),
                                   &position));
    if (c->from) state->position = position;
    GAN__TRY(checkpoint_text(c, gan__checkpoint_join(&key, "gan.data", kind->name, ""),
                             state->dataset ? state->dataset->text : state->text, &state->text));
    for (int32_t f = 0; f < kind->field_count; f++) {
        GAN__TRY(checkpoint_field(c, feed, f));
        GAN__TRY(gan__checkpoint_condition(c, feed, f));
    }
    return GAN_OK;
}

static gan_status checkpoint_counters(const gan__checkpoint *c)
{
    gan_trainer *t = c->trainer;
    int64_t draws = (int64_t)gan_tape_draws(t->tape);
    GAN__TRY(checkpoint_text(c, "gan.precision", gan__precision_name(t->object.context->precision),
                             &t->precision));
    GAN__TRY(
        checkpoint_text(c, "gan.filter", gan__tiles_name(t->object.context->tiles), &t->filter));
    GAN__TRY(gan__checkpoint_count(c, "gan.steps", &t->steps));
    GAN__TRY(gan__checkpoint_count(c, "gan.draws", &draws));
    if (c->from) GAN__TRY(gan_tape_seek(t->tape, (uint64_t)draws));
    for (int32_t i = 0; i < t->cast->feed_count; i++) GAN__TRY(checkpoint_feed(c, i));
    return GAN_OK;
}

/* ---- averages and pools ---- */

static gan_status checkpoint_average(const gan__checkpoint *c, int32_t role)
{
    gan__average *average = c->trainer->players[role].average;
    const gan__store_list nothing = {0};
    gan__checkpoint_key key;
    if (!average) return GAN_OK;
    gan__checkpoint_join(&key, "gan.average", c->trainer->cast->roles[role].name, "updates");
    GAN__TRY(gan__checkpoint_count(c, key.text, &average->updates));
    snprintf(key.text, sizeof key.text, "average.%s.", c->trainer->cast->roles[role].name);
    return c->to ? gan__archive_put_model(c->to, key.text, average->model, &nothing)
                 : gan__archive_fill(c->from, key.text, average->model, &nothing);
}

/* The pictures are lent while the file is written, not copied. */
static gan_status checkpoint_put_pool(const gan__checkpoint *c, const gan__pool *pool,
                                      const char *name)
{
    const gan__pool_state state = gan__pool_read(pool);
    const int64_t *size = gan__pool_shape(pool);
    const int64_t shape[4] = {state.filled, size[0], size[1], size[2]};
    const gan__safetensors_tensor tensor = {name, GAN__ELEMENT_F32, 4, shape, state.pictures, NULL};
    return gan__archive_lend_tensor(c->to, &tensor);
}

static gan_status checkpoint_get_pictures(const gan__checkpoint *c, const gan__pool_place *place,
                                          const gan__array *array, int64_t counter, gan__pool **out)
{
    const gan_trainer *t = c->trainer;
    gan_context *context = t->object.context;
    const gan__pool_plan plan = {place->capacity,
                                 {array->shape[1], array->shape[2], array->shape[3]},
                                 t->seed,
                                 (uint32_t)(place - t->cast->pools)};
    const size_t count = (size_t)(array->shape[0] * array->shape[1] * array->shape[2] *
                                  array->shape[3]); /* the file has as many */
    float *pictures;
    GAN__TRY(gan__pool_create(out, context, &plan));
    GAN__TRY(gan__allocate_raw(context, &pictures, count, sizeof(float)));
    gan__array_decode(array, GAN_FLOAT32, pictures);
    const gan__pool_state state = {pictures, array->shape[0], counter};
    gan_status status = gan__pool_restore(*out, &state);
    gan__free(context, pictures);
    return status == GAN_OK
               ? GAN_OK
               : gan__fail_in(context, status, "%s: pool.%s", c->from->name, place->name);
}

/* A pool that nothing was passed through is not written: a new one is the same. */
static gan_status checkpoint_pool(const gan__checkpoint *c, int32_t index)
{
    const gan__pool_place *place = &c->trainer->cast->pools[index];
    gan__pool **pool = &c->trainer->pools[index];
    gan__checkpoint_key key, name;
    int64_t counter = *pool ? gan__pool_read(*pool).counter : 0;
    gan__checkpoint_join(&name, "pool", place->name, "");
    gan__checkpoint_join(&key, "gan.pool", place->name, "counter");
    if (c->to) {
        if (counter == 0) return GAN_OK;
        GAN__TRY(checkpoint_put_number(c, key.text, counter));
        return checkpoint_put_pool(c, *pool, name.text);
    }
    const gan__safetensors_entry *entry = gan__safetensors_find(&c->from->file, name.text);
    if (!entry) return GAN_OK;
    GAN__TRY(gan__checkpoint_count(c, key.text, &counter));
    if (entry->array.rank != 4)
        return gan__fail(c->from->context, GAN_E_FORMAT, "%s: tensor '%s' has %d dimensions, not 4",
                         c->from->name, name.text, entry->array.rank);
    return checkpoint_get_pictures(c, place, &entry->array, counter, pool);
}

/* ---- what steps leave to each other ---- */

static gan_status checkpoint_put_memory(const gan__checkpoint *c)
{
    const gan_trainer *t = c->trainer;
    gan__text text = {.context = t->object.context};
    char number[GAN__NUMBER_SIZE];
    for (int32_t i = 0; i < gan__warnings_memory(t); i++)
        gan__text_print(&text, "%s%s", i ? " " : "", gan__number_print(t->kept[i], number));
    gan_status status = text.status;
    if (status == GAN_OK) status = gan__archive_put_pair(c->to, "gan.memory", text.bytes);
    gan__text_free(&text);
    return status;
}

static gan_status checkpoint_memory(const gan__checkpoint *c)
{
    const gan_trainer *t = c->trainer;
    const int32_t count = gan__warnings_memory(t);
    const char *at;
    if (c->to) return checkpoint_put_memory(c);
    GAN__TRY(gan__archive_get_pair(c->from, "gan.memory", &at));
    for (int32_t i = 0; i < count; i++) {
        const size_t length = strcspn(at, " ");
        const bool last = at[length] == '\0';
        if (last != (i == count - 1) || !gan__number_parse(at, length, &t->kept[i]))
            return gan__fail(c->from->context, GAN_E_FORMAT,
                             "%s: 'gan.memory' is not %d numbers: '%.32s'", c->from->name, count,
                             at);
        at += length + !last;
    }
    return GAN_OK;
}

/* What no step has measured, NaN, is not written. */
static gan_status checkpoint_value(const gan__checkpoint *c, int32_t index)
{
    const char *name = c->trainer->cast->values[index].name;
    double *value = &c->trainer->reported[index];
    char number[GAN__NUMBER_SIZE];
    gan__checkpoint_key key;
    gan__checkpoint_join(&key, "gan.value", name, "");
    if (c->to) {
        if (!isfinite(*value)) return GAN_OK;
        return gan__archive_put_pair(c->to, key.text, gan__number_print(*value, number));
    }
    const char *text = gan__safetensors_metadata(&c->from->file, key.text);
    if (!text || gan__number_parse(text, strlen(text), value)) return GAN_OK;
    return gan__fail(c->from->context, GAN_E_FORMAT, "%s: '%s' is '%.32s', not a number",
                     c->from->name, key.text, text);
}

/* ---- the walk ---- */

/* Networks first, then what is kept for each of their numbers. */
static gan_status checkpoint_walk(const gan__checkpoint *c)
{
    const gan__cast *cast = c->trainer->cast;
    GAN__TRY(gan__checkpoint_models(c));
    GAN__TRY(gan__averages_prepare(c->trainer));
    for (int32_t i = 0; i < cast->role_count; i++) GAN__TRY(checkpoint_average(c, i));
    for (int32_t i = 0; i < cast->group_count; i++) GAN__TRY(gan__checkpoint_optimizer(c, i));
    for (int32_t i = 0; i < cast->pool_count; i++) GAN__TRY(checkpoint_pool(c, i));
    GAN__TRY(checkpoint_memory(c));
    for (int32_t i = 0; i < cast->value_count; i++) GAN__TRY(checkpoint_value(c, i));
    return checkpoint_counters(c);
}

static gan_status checkpoint_put_all(gan_trainer *t, gan__archive_out *archive)
{
    const gan__checkpoint c = {.trainer = t, .to = archive};
    GAN__TRY(gan__archive_begin(archive, "trainer"));
    GAN__TRY(gan__archive_put_pair(archive, "gan.text", t->text));
    GAN__TRY(checkpoint_put_number(&c, "gan.seed", (int64_t)t->seed));
    GAN__TRY(checkpoint_put_number(&c, "gan.root", (int64_t)t->root));
    return checkpoint_walk(&c);
}

/* To the file `path`; NULL: to memory, as *out. */
static gan_status checkpoint_save(gan_trainer *t, const char *path, gan_tensor **out)
{
    gan__archive_out archive = {.context = t->object.context, .finite = true};
    GAN__TRY(gan__trainer_settable(t, path ? "gan_trainer_save" : "gan_trainer_save_memory"));
    GAN__TRY(gan__trainer_make_optimizers(t));
    GAN__TRY(gan__trainer_check_sharing(t));
    GAN__TRY(gan__averages_prepare(t));
    GAN__TRY(gan__averages_refresh(t));
    gan_status status = checkpoint_put_all(t, &archive);
    if (status == GAN_OK)
        status =
            path ? gan__archive_write(&archive, path) : gan__archive_write_memory(&archive, out);
    gan__archive_free(&archive);
    return status;
}

static gan_status checkpoint_read(gan_trainer **out, gan__archive_in *archive)
{
    const char *spec;
    int64_t seed, root;
    GAN__TRY(gan__archive_check(archive, "trainer"));
    GAN__TRY(gan__archive_get_pair(archive, "gan.text", &spec));
    GAN__TRY(checkpoint_get_number(archive, "gan.seed", &seed));
    GAN__TRY(checkpoint_get_number(archive, "gan.root", &root));
    GAN__TRY(gan__trainer_create(out, archive->context, spec, (uint64_t)seed, (uint64_t)root));
    const gan__checkpoint c = {.trainer = *out, .from = archive};
    gan_status status = checkpoint_walk(&c);
    if (status == GAN_OK) return GAN_OK;
    gan_trainer_release(*out);
    *out = NULL;
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
