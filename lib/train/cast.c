/* cast.c: from a kind's rows and its options to the lists of one trainer. */
#include "train/cast.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "model/tree.h"
#include "train/routes.h"
#include "train/signature.h"
#include "train/trainer.h"

/* ---- names ---- */

static bool cast_is_starred(const char *name)
{
    return strchr(name, '*') != NULL;
}

/* How many members a row has. */
static int32_t cast_times(const gan__cast *cast, const char *name)
{
    return cast_is_starred(name) ? cast->domain_count : 1;
}

/* The row's name with the domain's in the place of its star; "ALONE|STARRED" is ALONE where there
 * is one domain. */
static gan_status cast_expand(const gan__cast *cast, const char *name, int32_t domain,
                              char out[GAN__CAST_NAME])
{
    const char *bar = strchr(name, '|');
    const bool alone = bar && cast->domain_count == 1;
    if (bar && !alone) name = bar + 1;
    const size_t before = alone ? (size_t)(bar - name) : strcspn(name, "*");
    const bool starred = name[before] == '*';
    int n = snprintf(out, GAN__CAST_NAME, "%.*s%s%s", (int)before, name,
                     starred ? cast->domains[domain] : "", starred ? name + before + 1 : "");
    if (n < GAN__CAST_NAME) return GAN_OK;
    return gan__fail(cast->context, GAN_E_TEXT, "%s: the domain '%s' has too long a name",
                     cast->kind->kind.name, cast->domains[domain]);
}

static bool cast_is(const char *known, const char *name, size_t length)
{
    return strlen(known) == length && memcmp(known, name, length) == 0;
}

static gan_status cast_check_domain(const gan__cast *cast, const char *name, size_t length)
{
    const char *kind = cast->kind->kind.name;
    if (!gan__name_is_valid(name, length, true) || length >= GAN__CAST_NAME)
        return gan__fail(cast->context, GAN_E_TEXT,
                         "%s: the domain '%.*s' is no name of letters, digits and _", kind,
                         length > 200 ? 200 : (int)length, name);
    if (!gan__name_is_valid(name, length, false))
        return gan__fail(cast->context, GAN_E_TEXT,
                         "%s: the domain '%.*s' must begin with a letter: inputs of networks are "
                         "called so",
                         kind, (int)length, name);
    if (cast_is("from", name, length) || cast_is("any", name, length))
        return gan__fail(cast->context, GAN_E_TEXT,
                         "%s: a domain cannot be called '%.*s': the text of networks has that word",
                         kind, (int)length, name);
    for (int32_t i = 0; i < cast->domain_count; i++)
        if (cast_is(cast->domains[i], name, length))
            return gan__fail(cast->context, GAN_E_TEXT, "%s: the domain '%s' is given twice", kind,
                             cast->domains[i]);
    return GAN_OK;
}

/* "a,b,c". */
static gan_status cast_read_domains(gan__cast *cast, const char *list)
{
    size_t count = 1, length;
    for (const char *c = list; *c; c++) count += *c == ',';
    if (count > GAN__MAX_DOMAINS)
        return gan__fail(cast->context, GAN_E_TEXT, "%s: %zu domains; there may be %d",
                         cast->kind->kind.name, count, GAN__MAX_DOMAINS);
    GAN__TRY(gan__allocate(cast->context, &cast->domains, count, sizeof *cast->domains));
    for (;; list += length + 1) {
        length = strcspn(list, ",");
        GAN__TRY(cast_check_domain(cast, list, length));
        memcpy(cast->domains[cast->domain_count++], list, length);
        if (!list[length]) return GAN_OK;
    }
}

/* ---- the lists ---- */

/* Adds one member of a row. */
typedef gan_status cast_add(gan__cast *cast, const void *row, int32_t domain, const void *options);

/* The rows of one table: each begins with its name. */
typedef struct cast_table {
    const void *rows;
    size_t stride; /* bytes from one row to the next */
    int32_t count;
} cast_table;

static const void *cast_row(const cast_table *table, int32_t index, const char **name)
{
    const void *row = (const char *)table->rows + (size_t)index * table->stride;
    memcpy(name, row, sizeof *name);
    return row;
}

/* How many members the rows have together. */
static size_t cast_members(const gan__cast *cast, const cast_table *table)
{
    size_t count = 0;
    for (int32_t i = 0; i < table->count; i++) {
        const char *name;
        cast_row(table, i, &name);
        count += (size_t)cast_times(cast, name);
    }
    return count;
}

/* Adds all members of all rows, row after row. */
static gan_status cast_add_all(gan__cast *cast, const cast_table *table, cast_add *add,
                               const void *options)
{
    for (int32_t i = 0; i < table->count; i++) {
        const char *name;
        const void *row = cast_row(table, i, &name);
        for (int32_t d = 0; d < cast_times(cast, name); d++) GAN__TRY(add(cast, row, d, options));
    }
    return GAN_OK;
}

static gan_status cast_add_space(gan__cast *cast, const void *table_row, int32_t domain,
                                 const void *options)
{
    const gan__space_row *row = table_row;
    gan__space *space = &cast->spaces[cast->space_count++];
    space->row = row;
    space->prior = row->prior ? row->prior(options) : GAN__PRIOR_NONE;
    return cast_expand(cast, row->name, domain, space->name);
}

static int32_t cast_add_group(gan__cast *cast, const char *name)
{
    int32_t i = gan__cast_group(cast, name, strlen(name));
    if (i >= 0) return i;
    strcpy(cast->groups[cast->group_count].name, name);
    return cast->group_count++;
}

static gan_status cast_add_role(gan__cast *cast, const void *table_row, int32_t domain,
                                const void *options)
{
    const gan__role_row *row = table_row;
    gan__role *role = &cast->roles[cast->role_count++];
    char group[GAN__CAST_NAME];
    role->row = row;
    role->group = -1;
    role->wanted = !row->wanted || row->wanted(options);
    GAN__TRY(cast_expand(cast, row->name, domain, role->name));
    GAN__TRY(gan__signature_parse(cast, role, cast_is_starred(row->name) ? domain : -1, options));
    if (!role->wanted || !row->group) return GAN_OK;
    GAN__TRY(cast_expand(cast, row->group, domain, group));
    role->group = cast_add_group(cast, group);
    return GAN_OK;
}

/* The space that a row names. */
static gan_status cast_find_space(const gan__cast *cast, const char *name, int32_t domain,
                                  int32_t *out)
{
    char space[GAN__CAST_NAME];
    GAN__TRY(cast_expand(cast, name, domain, space));
    *out = gan__cast_space(cast, space, strlen(space));
    if (*out >= 0) return GAN_OK;
    return gan__fail(cast->context, GAN_E_INTERNAL, "%s: unknown space '%s'", cast->kind->kind.name,
                     space);
}

static gan_status cast_add_pool(gan__cast *cast, const void *table_row, int32_t domain,
                                const void *options)
{
    const gan__pool_row *row = table_row;
    gan__pool_place *pool = &cast->pools[cast->pool_count++];
    GAN__TRY(cast_expand(cast, row->name, domain, pool->name));
    GAN__TRY(cast_find_space(cast, row->space, domain, &pool->space));
    pool->capacity = row->capacity(options);
    return GAN_OK;
}

static void cast_add_measure(gan__cast *cast, const char *prefix, const char *name, bool wanted,
                             const char *help)
{
    gan__measure *value = &cast->values[cast->value_count++];
    snprintf(value->name, sizeof value->name, "%s%s", prefix, name);
    value->wanted = wanted;
    value->help = help;
}

static gan_status cast_add_value(gan__cast *cast, const void *table_row, int32_t domain,
                                 const void *options)
{
    const gan__value_row *row = table_row;
    char name[GAN__CAST_NAME];
    GAN__TRY(cast_expand(cast, row->name, domain, name));
    cast_add_measure(cast, "", name, !row->wanted || row->wanted(options), row->help);
    return GAN_OK;
}

/* What is measured of every group. */
static void cast_add_group_values(gan__cast *cast)
{
    for (int32_t g = 0; g < cast->group_count; g++)
        cast_add_measure(cast, "gradient.", cast->groups[g].name, true,
                         "norm of the group's gradient, before clipping");
    for (int32_t g = 0; g < cast->group_count; g++)
        cast_add_measure(cast, "rate.", cast->groups[g].name, true, "learning rate of the group");
}

/* Rows from `row` on that belong to one feed. */
static int32_t cast_feed_rows(const gan__trainer_kind *kind, int32_t row)
{
    int32_t end = row + 1;
    while (end < kind->feed_count && !strcmp(kind->feeds[end].name, kind->feeds[row].name)) end++;
    return end - row;
}

static gan_status cast_add_feed(gan__cast *cast, int32_t row, int32_t count, int32_t domain,
                                const void *options)
{
    const gan__feed_row *rows = cast->kind->feeds + row;
    gan__feed *feed = &cast->feeds[cast->feed_count++];
    feed->wanted = !rows->wanted || rows->wanted(options);
    feed->flags = feed->wanted ? rows->flags : GAN__FEED_BY_HAND;
    feed->like = -1;
    GAN__TRY(cast_expand(cast, rows->name, domain, feed->name));
    GAN__TRY(gan__allocate(cast->context, &feed->fields, (size_t)count, sizeof *feed->fields));
    for (feed->field_count = 0; feed->field_count < count; feed->field_count++) {
        gan__feed_field *field = &feed->fields[feed->field_count];
        field->row = &rows[feed->field_count];
        field->space = -1;
        if (field->row->space)
            GAN__TRY(cast_find_space(cast, field->row->space, domain, &field->space));
    }
    return GAN_OK;
}

/* Partners belong to the feed of the same domain in the row above theirs. */
static gan_status cast_add_feeds(gan__cast *cast, const void *options)
{
    const gan__trainer_kind *kind = cast->kind;
    int32_t above = 0;
    const cast_table feeds = {kind->feeds, sizeof *kind->feeds, kind->feed_count};
    GAN__TRY(gan__allocate(cast->context, &cast->feeds, cast_members(cast, &feeds),
                           sizeof *cast->feeds));
    for (int32_t row = 0; row < kind->feed_count; row += cast_feed_rows(kind, row)) {
        const int32_t first = cast->feed_count;
        for (int32_t d = 0; d < cast_times(cast, kind->feeds[row].name); d++) {
            GAN__TRY(cast_add_feed(cast, row, cast_feed_rows(kind, row), d, options));
            if (cast->feeds[first + d].flags & GAN__FEED_UNLIKE)
                cast->feeds[first + d].like = above + d;
        }
        above = first;
    }
    return GAN_OK;
}

static gan_status cast_refuse_twice(const gan__cast *cast, const char *what, const char *name)
{
    return gan__fail(cast->context, GAN_E_TEXT,
                     "%s: there would be two %ss '%s': a domain must be called otherwise",
                     cast->kind->kind.name, what, name);
}

/* A domain may have the name of something that is no domain's: "code", say. */
static gan_status cast_check_names(const gan__cast *cast)
{
    for (int32_t i = 0; i < cast->space_count; i++) {
        const char *name = cast->spaces[i].name;
        if (gan__cast_space(cast, name, strlen(name)) != i)
            return cast_refuse_twice(cast, "space", name);
    }
    for (int32_t i = 0; i < cast->role_count; i++) {
        const char *name = cast->roles[i].name;
        if (cast->roles[i].wanted && gan__cast_role(cast, name, strlen(name)) != i)
            return cast_refuse_twice(cast, "role", name);
    }
    for (int32_t i = 0; i < cast->feed_count; i++) {
        const char *name = cast->feeds[i].name;
        if (cast->feeds[i].wanted && gan__cast_feed(cast, name, strlen(name), NULL) != i)
            return cast_refuse_twice(cast, "feed", name);
    }
    for (int32_t i = 0; i < cast->value_count; i++) {
        const char *name = cast->values[i].name;
        if (cast->values[i].wanted && gan__cast_value(cast, name, strlen(name)) != i)
            return cast_refuse_twice(cast, "value", name);
    }
    return GAN_OK;
}

/* Feeds apart: several rows are one. */
static gan_status cast_fill(gan__cast *cast, const void *options)
{
    const gan__trainer_kind *kind = cast->kind;
    gan_context *context = cast->context;
    const char *domains = kind->domains ? kind->domains(options) : NULL;
    if (domains) GAN__TRY(cast_read_domains(cast, domains));
    const cast_table spaces = {kind->spaces, sizeof *kind->spaces, kind->space_count};
    const cast_table roles = {kind->roles, sizeof *kind->roles, kind->role_count};
    const cast_table pools = {kind->pools, sizeof *kind->pools, kind->pool_count};
    const cast_table values = {kind->values, sizeof *kind->values, kind->value_count};
    const size_t role_count = cast_members(cast, &roles);
    const size_t value_count = cast_members(cast, &values) + 2 * role_count;
    GAN__TRY(
        gan__allocate(context, &cast->spaces, cast_members(cast, &spaces), sizeof *cast->spaces));
    GAN__TRY(gan__allocate(context, &cast->roles, role_count, sizeof *cast->roles));
    GAN__TRY(gan__allocate(context, &cast->groups, role_count, sizeof *cast->groups));
    GAN__TRY(gan__allocate(context, &cast->pools, cast_members(cast, &pools), sizeof *cast->pools));
    GAN__TRY(gan__allocate(context, &cast->values, value_count, sizeof *cast->values));
    GAN__TRY(cast_add_all(cast, &spaces, cast_add_space, options));
    GAN__TRY(cast_add_all(cast, &roles, cast_add_role, options));
    GAN__TRY(cast_add_feeds(cast, options));
    GAN__TRY(cast_add_all(cast, &pools, cast_add_pool, options));
    GAN__TRY(cast_add_all(cast, &values, cast_add_value, options));
    cast_add_group_values(cast);
    GAN__TRY(cast_check_names(cast));
    GAN__TRY(gan__cast_add_ways(cast));
    return gan__cast_add_members(cast);
}

gan_status gan__cast_create(gan__cast **out, gan_context *context, const gan__trainer_kind *kind,
                            const void *options)
{
    gan__cast *cast;
    *out = NULL;
    GAN__TRY(gan__allocate(context, &cast, 1, sizeof *cast));
    cast->context = context;
    cast->kind = kind;
    gan_status status = cast_fill(cast, options);
    if (status == GAN_OK)
        *out = cast;
    else
        gan__cast_free(cast);
    return status;
}

void gan__cast_free(gan__cast *cast)
{
    if (!cast) return;
    for (int32_t i = 0; i < cast->role_count; i++)
        gan__signature_free(cast->context, &cast->roles[i]);
    for (int32_t i = 0; i < cast->feed_count; i++) gan__free(cast->context, cast->feeds[i].fields);
    for (int32_t i = 0; i < cast->way_count; i++) gan__free(cast->context, cast->ways[i]);
    for (int32_t i = 0; cast->products && i < cast->role_count; i++)
        gan__free(cast->context, cast->products[i]);
    for (int32_t i = 0; cast->scores && i < cast->role_count; i++)
        gan__free(cast->context, cast->scores[i]);
    gan__free(cast->context, cast->ways);
    gan__free(cast->context, cast->products);
    gan__free(cast->context, cast->scores);
    gan__free(cast->context, cast->members);
    gan__free(cast->context, cast->domains);
    gan__free(cast->context, cast->spaces);
    gan__free(cast->context, cast->roles);
    gan__free(cast->context, cast->groups);
    gan__free(cast->context, cast->feeds);
    gan__free(cast->context, cast->pools);
    gan__free(cast->context, cast->values);
    gan__free(cast->context, cast);
}

/* ---- questions ---- */

/* Among `count` names, each `stride` bytes behind the one before; -1. */
static int32_t cast_find(const char *names, size_t stride, int32_t count, const char *name,
                         size_t length)
{
    for (int32_t i = 0; i < count; i++)
        if (cast_is(names + (size_t)i * stride, name, length)) return i;
    return -1;
}

int32_t gan__cast_space(const gan__cast *cast, const char *name, size_t length)
{
    return cast_find(cast->spaces->name, sizeof *cast->spaces, cast->space_count, name, length);
}

int32_t gan__cast_role(const gan__cast *cast, const char *name, size_t length)
{
    for (int32_t i = 0; i < cast->role_count; i++)
        if (cast->roles[i].wanted && cast_is(cast->roles[i].name, name, length)) return i;
    return -1;
}

int32_t gan__cast_group(const gan__cast *cast, const char *name, size_t length)
{
    return cast_find(cast->groups->name, sizeof *cast->groups, cast->group_count, name, length);
}

int32_t gan__cast_value(const gan__cast *cast, const char *name, size_t length)
{
    for (int32_t i = 0; i < cast->value_count; i++)
        if (cast->values[i].wanted && cast_is(cast->values[i].name, name, length)) return i;
    return -1;
}

/* Whether the name is one of the row's "label|vector". */
static bool cast_field_is(const gan__feed_row *row, const char *name, size_t length)
{
    for (const char *at = row->field; at; at = gan__list_next(at, '|'))
        if (strcspn(at, "|") == length && memcmp(at, name, length) == 0) return true;
    return false;
}

int32_t gan__cast_feed(const gan__cast *cast, const char *name, size_t length, int32_t *field)
{
    if (field) *field = 0;
    for (int32_t i = 0; i < cast->feed_count; i++)
        if (cast->feeds[i].wanted && cast_is(cast->feeds[i].name, name, length)) return i;
    for (int32_t i = 0; i < cast->feed_count && field; i++) {
        const gan__feed *feed = &cast->feeds[i];
        const size_t own = strlen(feed->name);
        if (!feed->wanted) continue;
        if (length <= own + 1 || memcmp(feed->name, name, own) != 0 || name[own] != '.') continue;
        for (*field = 0; *field < feed->field_count; (*field)++)
            if (cast_field_is(feed->fields[*field].row, name + own + 1, length - own - 1)) return i;
    }
    return -1;
}

int32_t gan__cast_role_at(const gan__cast *cast, int32_t row)
{
    int32_t at = 0;
    for (int32_t i = 0; i < row; i++) at += cast_times(cast, cast->kind->roles[i].name);
    return at;
}

int32_t gan__cast_feed_at(const gan__cast *cast, int32_t row)
{
    const gan__trainer_kind *kind = cast->kind;
    int32_t at = 0;
    for (int32_t i = 0; i < row; i += cast_feed_rows(kind, i))
        at += cast_times(cast, kind->feeds[i].name);
    return at;
}

int32_t gan__cast_pool_at(const gan__cast *cast, int32_t row)
{
    int32_t at = 0;
    for (int32_t i = 0; i < row; i++) at += cast_times(cast, cast->kind->pools[i].name);
    return at;
}

int32_t gan__cast_value_at(const gan__cast *cast, int32_t row)
{
    int32_t at = 0;
    for (int32_t i = 0; i < row; i++) at += cast_times(cast, cast->kind->values[i].name);
    return at;
}

int32_t gan__cast_gradient(const gan__cast *cast, int32_t group)
{
    return cast->value_count - 2 * cast->group_count + group;
}

int32_t gan__cast_rate(const gan__cast *cast, int32_t group)
{
    return cast->value_count - cast->group_count + group;
}

bool gan__cast_is_product(const gan__cast *cast, int32_t role)
{
    const gan__role *r = &cast->roles[role];
    if (!r->wanted || r->group < 0) return false;
    const gan__space_type type = cast->spaces[r->outputs[0].spaces[0]].row->type;
    return type == GAN__SPACE_PICTURE || type == GAN__SPACE_CODE;
}

bool gan__cast_samples(const gan__cast *cast, int32_t space)
{
    return cast->kind->samples && !strcmp(cast->kind->samples, cast->spaces[space].name);
}

bool gan__cast_is_averaged(const gan__cast *cast, int32_t role)
{
    const gan__role *r = &cast->roles[role];
    return gan__cast_is_product(cast, role) || (cast->kind->sample && r->wanted && r->group >= 0);
}
