/* conditions.c: what is known of the conditions that data brings. A checkpoint keeps it, so that a
 * trainer without its data still knows its classes:
 *
 * Metadata: gan.data.FEED.FIELD.kind "label" or "vector"; of labels: gan.data.FEED.FIELD.classes,
 *           how many there are, 0 for data that does not say; and if they have names
 *           gan.data.FEED.FIELD.names, a line each */
#include "train/conditions.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "train/feeds.h"

void gan__condition_source_free(gan_context *context, gan__condition_source *condition)
{
    gan__free(context, condition->field);
    gan__free(context, condition->names);
    *condition = (gan__condition_source){.field = NULL};
}

/* ---- of a feed ---- */

static gan_status conditions_copy(gan_context *context, char **out, const char *text)
{
    *out = NULL;
    return text ? gan__copy_text(context, out, text, strlen(text)) : GAN_OK;
}

/* Of a data set, one line; NULL where classes have none. */
static gan_status conditions_names(const gan_dataset *data, char **out)
{
    gan__text lines = {.context = data->object.context};
    const char *name;
    for (int64_t i = 0; (name = gan_dataset_class_name(data, i)) != NULL; i++)
        gan__text_print(&lines, "%s%s", i ? "\n" : "", name);
    *out = lines.bytes;
    return lines.status;
}

static gan_status conditions_of(const gan_trainer *t, int32_t feed, int32_t field,
                                gan__condition_source *out)
{
    gan_context *context = t->object.context;
    const gan__condition_source *loaded = &t->feeds[feed].fields[field].condition;
    const gan_dataset *data = t->feeds[feed].dataset;
    const gan__field *own = gan__feed_field_of(t, feed, field);
    const bool label = own && own->rank == 0;
    *out = (gan__condition_source){.field = NULL};
    if (data && !own) return GAN_OK;
    out->classes = data ? own->classes : loaded->classes;
    gan_status status = conditions_copy(context, &out->field, data ? own->name : loaded->field);
    if (status == GAN_OK && label) status = conditions_names(data, &out->names);
    if (status == GAN_OK && !data) status = conditions_copy(context, &out->names, loaded->names);
    if (status != GAN_OK) gan__condition_source_free(context, out);
    return status;
}

gan_status gan__condition_source_find(const gan_trainer *t, int32_t space,
                                      gan__condition_source *out)
{
    *out = (gan__condition_source){.field = NULL};
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        for (int32_t f = 0; f < t->cast->feeds[i].field_count && !out->field; f++)
            if (t->cast->feeds[i].fields[f].space == space) GAN__TRY(conditions_of(t, i, f, out));
    return GAN_OK;
}

/* ---- in a checkpoint ---- */

static const char *conditions_key(const gan__checkpoint *c, int32_t feed, int32_t field,
                                  const char *what, gan__checkpoint_key *key)
{
    const gan__feed *kind = &c->trainer->cast->feeds[feed];
    snprintf(key->text, sizeof key->text, "gan.data.%s.%s.%s", kind->name,
             kind->fields[field].row->field, what);
    return key->text;
}

static gan_status conditions_put(const gan__checkpoint *c, int32_t feed, int32_t field,
                                 const gan__condition_source *condition)
{
    gan__checkpoint_key key;
    int64_t classes = condition->classes;
    if (!condition->field) return GAN_OK;
    GAN__TRY(gan__archive_put_pair(c->to, conditions_key(c, feed, field, "kind", &key),
                                   condition->field));
    GAN__TRY(gan__checkpoint_count(c, conditions_key(c, feed, field, "classes", &key), &classes));
    if (!condition->names) return GAN_OK;
    return gan__archive_put_pair(c->to, conditions_key(c, feed, field, "names", &key),
                                 condition->names);
}

static gan_status conditions_check(const gan__checkpoint *c, const char *key,
                                   const gan__condition_source *condition)
{
    int64_t lines = 1;
    for (const char *at = condition->names; at && *at; at++) lines += *at == '\n';
    if (condition->classes <= GAN__MAX_LABEL + 1 &&
        (!condition->names || lines == condition->classes))
        return GAN_OK;
    return gan__fail(c->from->context, GAN_E_FORMAT, "%s: '%s' has %lld names of %lld classes",
                     c->from->name, key, (long long)lines, (long long)condition->classes);
}

static gan_status conditions_get(const gan__checkpoint *c, int32_t feed, int32_t field,
                                 gan__condition_source *out)
{
    gan_context *context = c->from->context;
    gan__checkpoint_key key;
    const char *kind =
        gan__safetensors_metadata(&c->from->file, conditions_key(c, feed, field, "kind", &key));
    const char *names =
        gan__safetensors_metadata(&c->from->file, conditions_key(c, feed, field, "names", &key));
    if (!kind) return GAN_OK;
    GAN__TRY(conditions_copy(context, &out->field, kind));
    GAN__TRY(conditions_copy(context, &out->names, names));
    GAN__TRY(
        gan__checkpoint_count(c, conditions_key(c, feed, field, "classes", &key), &out->classes));
    return conditions_check(c, conditions_key(c, feed, field, "names", &key), out);
}

gan_status gan__checkpoint_condition(const gan__checkpoint *c, int32_t feed, int32_t field)
{
    const gan_trainer *t = c->trainer;
    const int32_t space = t->cast->feeds[feed].fields[field].space;
    gan__condition_source condition;
    if (space < 0 || t->cast->spaces[space].row->type != GAN__SPACE_CONDITION) return GAN_OK;
    if (c->from) return conditions_get(c, feed, field, &t->feeds[feed].fields[field].condition);
    GAN__TRY(conditions_of(t, feed, field, &condition));
    gan_status status = conditions_put(c, feed, field, &condition);
    gan__condition_source_free(t->object.context, &condition);
    return status;
}
