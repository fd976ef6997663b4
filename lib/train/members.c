/* members.c: what a trainer has names for, one after the other: of a kind, and of an instance. */
#include <string.h>

#include "base/memory.h"
#include "train/trainer.h"

const char *gan__member_field(const gan__member *member, const char *field)
{
    if (!strcmp(field, "type")) return member->type;
    if (!strcmp(field, "name")) return member->name;
    return strcmp(field, "help") ? NULL : member->help;
}

/* ---- of an instance ---- */

static gan_status members_add(gan__cast *cast, const char *type, const char *name, const char *help)
{
    GAN__TRY(gan__grow(cast->context, &cast->members, &cast->member_capacity,
                       cast->member_count + 1, sizeof *cast->members));
    cast->members[cast->member_count++] = (gan__member){type, name, help};
    return GAN_OK;
}

/* What is set: roles, feeds and groups. */
static gan_status members_add_parts(gan__cast *cast)
{
    for (int32_t i = 0; i < cast->role_count; i++) {
        const gan__role *role = &cast->roles[i];
        if (role->wanted) GAN__TRY(members_add(cast, "role", role->name, role->row->help));
    }
    for (int32_t i = 0; i < cast->feed_count; i++) {
        const gan__feed *feed = &cast->feeds[i];
        if (feed->wanted)
            GAN__TRY(members_add(cast, "feed", feed->name, feed->fields[0].row->help));
    }
    for (int32_t i = 0; i < cast->group_count; i++)
        GAN__TRY(members_add(cast, "group", cast->groups[i].name, ""));
    return GAN_OK;
}

/* What comes of it: values, products, routes and scores. */
static gan_status members_add_results(gan__cast *cast)
{
    for (int32_t i = 0; i < cast->value_count; i++) {
        const gan__measure *value = &cast->values[i];
        if (value->wanted) GAN__TRY(members_add(cast, "value", value->name, value->help));
    }
    for (int32_t i = 0; i < cast->role_count; i++)
        if (cast->products[i])
            GAN__TRY(members_add(cast, "product", cast->roles[i].name, cast->products[i]));
    for (int32_t i = 0; i < cast->way_count; i++)
        GAN__TRY(members_add(cast, "route", cast->ways[i], ""));
    for (int32_t i = 0; i < cast->role_count; i++)
        if (cast->scores[i])
            GAN__TRY(members_add(cast, "score", cast->scores[i], cast->roles[i].name));
    return GAN_OK;
}

/* Whether pictures can be reached from the space: a way begins and ends as it must; or drawn of it.
 */
static bool members_shows(const gan__cast *cast, int32_t space)
{
    const size_t length = strlen(cast->spaces[space].name);
    if (gan__cast_samples(cast, space)) return true;
    for (int32_t i = 0; i < cast->way_count; i++) {
        const char *way = cast->ways[i], *end = strrchr(way, '>') + 2;
        if (strncmp(way, cast->spaces[space].name, length) != 0 || way[length] != ' ') continue;
        const int32_t to = gan__cast_space(cast, end, strlen(end));
        if (cast->spaces[to].row->type == GAN__SPACE_PICTURE) return true;
    }
    return false;
}

/* Samples before what is made of the data. */
static gan_status members_add_sheets(gan__cast *cast)
{
    for (int32_t k = 0; k < 2 * cast->space_count; k++) {
        const int32_t i = k % cast->space_count;
        const bool drawn = cast->spaces[i].prior != GAN__PRIOR_NONE;
        if (drawn == (k < cast->space_count) && members_shows(cast, i))
            GAN__TRY(members_add(cast, "sheet", cast->spaces[i].name, ""));
    }
    return GAN_OK;
}

gan_status gan__cast_add_members(gan__cast *cast)
{
    GAN__TRY(members_add_parts(cast));
    GAN__TRY(members_add_results(cast));
    if (cast->kind->samples)
        GAN__TRY(members_add(cast, "sample", cast->kind->samples, "drawn by chains"));
    return members_add_sheets(cast);
}

bool gan__cast_member(const gan__cast *cast, int32_t index, gan__member *out)
{
    if (index < 0 || (size_t)index >= cast->member_count) return false;
    *out = cast->members[index];
    return true;
}

/* ---- of a kind ---- */

/* Whether an earlier row has the feed, or the group, too. */
static bool members_has_feed(const gan__trainer_kind *kind, int32_t row)
{
    return row > 0 && !strcmp(kind->feeds[row - 1].name, kind->feeds[row].name);
}

static bool members_has_group(const gan__trainer_kind *kind, int32_t row)
{
    const char *group = kind->roles[row].group;
    bool found = !group;
    for (int32_t i = 0; i < row && !found; i++)
        found = kind->roles[i].group && !strcmp(kind->roles[i].group, group);
    return found;
}

bool gan__kind_member(const gan__trainer_kind *kind, int32_t index, gan__member *out)
{
    static const gan__member shared[] = {
        {"value", "gradient.GROUP", "norm of the group's gradient, before clipping"},
        {"value", "rate.GROUP", "learning rate of the group"},
    };
    for (int32_t i = 0; i < kind->role_count; i++) {
        *out = (gan__member){"role", kind->roles[i].name, kind->roles[i].help};
        if (index-- == 0) return true;
    }
    for (int32_t i = 0; i < kind->feed_count; i++) {
        *out = (gan__member){"feed", kind->feeds[i].name, kind->feeds[i].help};
        if (!members_has_feed(kind, i) && index-- == 0) return true;
    }
    for (int32_t i = 0; i < kind->role_count; i++) {
        *out = (gan__member){"group", kind->roles[i].group, ""};
        if (!members_has_group(kind, i) && index-- == 0) return true;
    }
    for (int32_t i = 0; i < kind->value_count; i++) {
        *out = (gan__member){"value", kind->values[i].name, kind->values[i].help};
        if (index-- == 0) return true;
    }
    if (index < 0 || index > 1) return false;
    *out = shared[index];
    return true;
}
