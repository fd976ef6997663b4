/* feeds.c: where the batches of a step come from. A feed has a data set, from which a batcher draws
 * all of its fields together, or is fed by hand, field by field. */
#include "train/feeds.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/conditions.h"

gan_status gan__feeds_create(gan_trainer *t)
{
    gan_context *context = t->object.context;
    GAN__TRY(gan__allocate(context, &t->feeds, (size_t)t->cast->feed_count, sizeof *t->feeds));
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        GAN__TRY(gan__allocate(context, &t->feeds[i].fields, (size_t)t->cast->feeds[i].field_count,
                               sizeof *t->feeds->fields));
    return GAN_OK;
}

void gan__feeds_drop(gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        for (int32_t f = 0; t->feeds[i].fields && f < t->cast->feeds[i].field_count; f++) {
            gan_tensor_release(t->feeds[i].fields[f].fed);
            t->feeds[i].fields[f].fed = NULL;
        }
}

void gan__feeds_free(gan_trainer *t)
{
    gan_context *context = t->object.context;
    if (!t->feeds) return;
    gan__feeds_drop(t);
    for (int32_t i = 0; i < t->cast->feed_count; i++) {
        gan__batcher_free(t->feeds[i].batcher);
        gan_dataset_release(t->feeds[i].dataset);
        for (int32_t f = 0; t->feeds[i].fields && f < t->cast->feeds[i].field_count; f++)
            gan__condition_source_free(context, &t->feeds[i].fields[f].condition);
        gan__free(context, t->feeds[i].fields);
        gan__free(context, t->feeds[i].text);
    }
    gan__free(context, t->feeds);
}

/* ---- setting ---- */

gan_status gan__feed_set_data(gan_trainer *t, int32_t feed, gan_dataset *data)
{
    gan_context *context = t->object.context;
    gan__feed_state *state = &t->feeds[feed];
    const char *name = t->cast->feeds[feed].name;
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_set_data"));
    if (!gan__feed_takes_data(&t->cast->feeds[feed]))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: the feed '%s' takes batches (gan_trainer_feed), not a data set",
                         t->kind->kind.name, name);
    if (data->object.context != context)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_trainer_set_data: the data set for '%s' belongs to another context",
                         name);
    gan_dataset_retain(data);
    gan_dataset_release(state->dataset);
    gan__batcher_free(state->batcher);
    state->dataset = data;
    state->batcher = NULL;
    t->ready = false;
    return GAN_OK;
}

gan_status gan__feed_take(gan_trainer *t, int32_t feed, int32_t field, gan_tensor *batch)
{
    gan__field_state *state = &t->feeds[feed].fields[field];
    gan__shape shape;
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_feed"));
    if (batch && gan__tensor_shape(batch, &shape) != GAN_OK)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "gan_trainer_feed: the batch has rank %d, not 1, 2 or 4", batch->rank);
    gan_tensor_retain(batch);
    gan_tensor_release(state->fed);
    state->fed = batch;
    return GAN_OK;
}

/* ---- what is there ---- */

static bool feeds_is_fed(const gan_trainer *t, int32_t feed)
{
    for (int32_t f = 0; f < t->cast->feeds[feed].field_count; f++)
        if (t->feeds[feed].fields[f].fed) return true;
    return false;
}

/* A feed that is fed by hand in part would be of two sources. */
static gan_status feeds_check_fields(const gan_trainer *t, int32_t feed)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    for (int32_t f = 0; f < kind->field_count; f++)
        if (!t->feeds[feed].fields[f].fed && !(kind->fields[f].row->flags & GAN__FEED_OPTIONAL))
            return gan__fail(t->object.context, GAN_E_STATE,
                             "%s: the feed '%s' was fed, but '%s.%s' was not", t->kind->kind.name,
                             kind->name, kind->name, kind->fields[f].row->field);
    return GAN_OK;
}

/* Partners are those of one batch: drawn with it, or fed beside it. */
static gan_status feeds_check_partners(const gan_trainer *t, int32_t feed)
{
    const gan__feed *partners = &t->cast->feeds[feed];
    const char *name = partners->like < 0 ? "" : t->cast->feeds[partners->like].name;
    if (partners->like < 0 || feeds_is_fed(t, feed) == feeds_is_fed(t, partners->like))
        return GAN_OK;
    if (feeds_is_fed(t, feed))
        return gan__fail(t->object.context, GAN_E_STATE,
                         "%s: the partners '%s' were fed, but the feed '%s' was not",
                         t->kind->kind.name, partners->name, name);
    if (partners->flags & GAN__FEED_OPTIONAL) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_STATE,
                     "%s: the feed '%s' was fed, but its partners, '%s', were not",
                     t->kind->kind.name, name, partners->name);
}

/* Partners come with the data of the feed that they are like. */
static bool feeds_has_source(const gan_trainer *t, int32_t feed)
{
    const int32_t like = t->cast->feeds[feed].like;
    return t->feeds[like >= 0 ? like : feed].dataset != NULL;
}

gan_status gan__feeds_check(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->feed_count; i++) {
        const gan__feed *feed = &t->cast->feeds[i];
        GAN__TRY(feeds_check_partners(t, i));
        if (feeds_is_fed(t, i))
            GAN__TRY(feeds_check_fields(t, i));
        else if (!(feed->flags & (GAN__FEED_OPTIONAL | GAN__FEED_BY_HAND)) &&
                 !feeds_has_source(t, i))
            return gan__fail(t->object.context, GAN_E_STATE, "%s: the feed '%s' has no data",
                             t->kind->kind.name, feed->name);
    }
    return GAN_OK;
}

const gan__field *gan__feed_field_of(const gan_trainer *t, int32_t feed, int32_t field)
{
    const int32_t like = t->cast->feeds[feed].like;
    const gan_dataset *data = t->feeds[like >= 0 ? like : feed].dataset;
    const char *at = t->cast->feeds[feed].fields[field].row->field;
    for (; data && at && *at; at += strcspn(at, "|"), at += *at == '|')
        for (int32_t i = 0; i < data->field_count; i++) {
            const char *name = data->fields[i].name;
            const size_t length = strcspn(at, "|");
            if (strlen(name) == length && !memcmp(name, at, length)) return &data->fields[i];
        }
    return NULL;
}

/* ---- batchers ---- */

/* The names of a feed's fields that its data set has; GAN_E_ARGUMENT for one that it must have. */
static gan_status feeds_names(const gan_trainer *t, int32_t feed,
                              const char *names[GAN__MAX_FIELDS], int32_t *count)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    for (int32_t f = *count = 0; f < kind->field_count; f++) {
        const gan__field *field = gan__feed_field_of(t, feed, f);
        if (field)
            names[(*count)++] = field->name;
        else if (!(kind->fields[f].row->flags & GAN__FEED_OPTIONAL))
            return gan__fail(t->object.context, GAN_E_ARGUMENT,
                             "%s: the data of the feed '%s' has no field '%s'", t->kind->kind.name,
                             kind->name, kind->fields[f].row->field);
    }
    return GAN_OK;
}

/* The feed that takes partners of this one's examples; -1: none. */
static int32_t feeds_unlike(const gan__cast *cast, int32_t feed)
{
    for (int32_t i = 0; i < cast->feed_count; i++)
        if (cast->feeds[i].like == feed) return i;
    return -1;
}

/* The field whose values the partners of a feed's examples do not share; NULL: the data has none.
 */
static const char *feeds_condition(const gan_trainer *t, int32_t feed)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    for (int32_t f = 0; f < kind->field_count; f++) {
        const int32_t space = kind->fields[f].space;
        if (space >= 0 && t->cast->spaces[space].row->type == GAN__SPACE_CONDITION)
            return gan__feed_field_of(t, feed, f) ? gan__feed_field_of(t, feed, f)->name : NULL;
    }
    return NULL;
}

/* Whose partners may be missing has none where there is no condition. */
static gan_status feeds_plan_partners(const gan_trainer *t, int32_t feed, int32_t unlike,
                                      const char **names, gan__batch_plan *plan)
{
    if (unlike < 0) return GAN_OK;
    plan->condition = feeds_condition(t, feed);
    if (plan->condition) return feeds_names(t, unlike, names, &plan->partner_count);
    if (t->cast->feeds[unlike].flags & GAN__FEED_OPTIONAL) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_ARGUMENT,
                     "%s: the data of the feed '%s' has no condition, by which the partners '%s' "
                     "would be unlike",
                     t->kind->kind.name, t->cast->feeds[feed].name, t->cast->feeds[unlike].name);
}

static gan_status feeds_make(gan_trainer *t, int32_t feed)
{
    gan__feed_state *state = &t->feeds[feed];
    const int32_t in_flight = t->cast->feeds[feed].fields->row->in_flight;
    const char *fields[GAN__MAX_FIELDS], *partners[GAN__MAX_FIELDS];
    gan__batch_plan plan = {.fields = fields,
                            .partners = partners,
                            .batch = gan__trainer_samples(t),
                            .seed = t->seed,
                            .stream = (uint32_t)feed,
                            .in_flight = in_flight > 1 ? in_flight : 1,
                            .ahead = true};
    if (!state->dataset || state->batcher) return GAN_OK;
    GAN__TRY(feeds_names(t, feed, fields, &plan.field_count));
    GAN__TRY(feeds_plan_partners(t, feed, feeds_unlike(t->cast, feed), partners, &plan));
    state->drawn_count = plan.field_count;
    state->has_partners = plan.partner_count > 0;
    const gan_status status =
        gan__batcher_create(&state->batcher, t->object.context, state->dataset, &plan);
    if (status != GAN_OK)
        return gan__fail_in(t->object.context, status, "%s: the feed '%s'", t->kind->kind.name,
                            t->cast->feeds[feed].name);
    return gan__batcher_seek(state->batcher, state->position);
}

gan_status gan__feeds_prepare(gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->feed_count; i++) GAN__TRY(feeds_make(t, i));
    return GAN_OK;
}

gan_status gan__feed_apart(const gan_trainer *t, int32_t feed, uint64_t seed, int64_t batch,
                           gan__batcher **out)
{
    const char *fields[GAN__MAX_FIELDS];
    gan__batch_plan plan = {
        .fields = fields, .batch = batch, .seed = seed, .stream = (uint32_t)feed, .in_flight = 1};
    GAN__TRY(feeds_names(t, feed, fields, &plan.field_count));
    return gan__batcher_create(out, t->object.context, t->feeds[feed].dataset, &plan);
}

/* ---- the tensors of a step ---- */

static gan_status feeds_next(gan_trainer *t, int32_t feed, gan_tensor *const **out)
{
    gan__feed_state *state = &t->feeds[feed];
    if (t->rehearsing)
        *out = gan__batcher_blank(state->batcher);
    else
        GAN__TRY(gan__batcher_next(state->batcher, out));
    state->drawn = *out;
    return GAN_OK;
}

gan_status gan__feed_tensors(gan_trainer *t, int32_t feed, gan_tensor *out[GAN__MAX_FIELDS])
{
    const gan__feed *kind = &t->cast->feeds[feed];
    const int32_t source = kind->like >= 0 ? kind->like : feed;
    gan_tensor *const *drawn = NULL;
    for (int32_t f = 0; f < kind->field_count; f++) out[f] = t->feeds[feed].fields[f].fed;
    if (feeds_is_fed(t, feed) || feeds_is_fed(t, source) || !t->feeds[source].batcher)
        return GAN_OK;
    if (kind->like >= 0 && !t->feeds[source].has_partners) return GAN_OK;
    if (kind->like < 0)
        GAN__TRY(feeds_next(t, feed, &drawn));
    else
        drawn = t->feeds[source].drawn + t->feeds[source].drawn_count;
    for (int32_t f = 0; f < kind->field_count; f++)
        if (gan__feed_field_of(t, feed, f)) out[f] = *drawn++;
    return GAN_OK;
}
