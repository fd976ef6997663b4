/* members.c: what a trainer has names for, one after the other: of a kind, and of an instance. */
#include <string.h>

#include "train/trainer.h"

const char *gan__member_field(const gan__member *member, const char *field)
{
    if (!strcmp(field, "type")) return member->type;
    if (!strcmp(field, "name")) return member->name;
    return strcmp(field, "help") ? NULL : member->help;
}

/* ---- of an instance ---- */

static bool members_role(const gan__cast *cast, int32_t *index, gan__member *out)
{
    for (int32_t i = 0; i < cast->role_count; i++) {
        const gan__role *role = &cast->roles[i];
        if (!role->wanted || (*index)-- > 0) continue;
        *out = (gan__member){"role", role->name, role->row->help};
        return true;
    }
    return false;
}

static bool members_value(const gan__cast *cast, int32_t *index, gan__member *out)
{
    for (int32_t i = 0; i < cast->value_count; i++) {
        const gan__measure *value = &cast->values[i];
        if (!value->wanted || (*index)-- > 0) continue;
        *out = (gan__member){"value", value->name, value->help};
        return true;
    }
    return false;
}

static bool members_product(const gan__cast *cast, int32_t *index, gan__member *out)
{
    for (int32_t i = 0; i < cast->role_count; i++) {
        if (!cast->products[i] || (*index)-- > 0) continue;
        *out = (gan__member){"product", cast->roles[i].name, cast->products[i]};
        return true;
    }
    return false;
}

/* Whether pictures can be reached from the space: a way begins and ends as it must. */
static bool members_shows(const gan__cast *cast, int32_t space)
{
    const size_t length = strlen(cast->spaces[space].name);
    bool shows = false;
    for (int32_t i = 0; i < cast->way_count && !shows; i++) {
        const char *way = cast->ways[i], *end = strrchr(way, '>') + 2;
        const int32_t to = gan__cast_space(cast, end, strlen(end));
        shows = !strncmp(way, cast->spaces[space].name, length) && way[length] == ' ' &&
                cast->spaces[to].row->type == GAN__SPACE_PICTURE;
    }
    return shows;
}

/* Samples before what is made of the data. */
static bool members_sheet(const gan__cast *cast, int32_t *index, gan__member *out)
{
    for (int32_t k = 0; k < 2 * cast->space_count; k++) {
        const int32_t i = k % cast->space_count;
        const bool drawn = cast->spaces[i].prior != GAN__PRIOR_NONE;
        if (drawn != (k < cast->space_count) || !members_shows(cast, i) || (*index)-- > 0) continue;
        *out = (gan__member){"sheet", cast->spaces[i].name, ""};
        return true;
    }
    return false;
}

static bool members_feed(const gan__cast *cast, int32_t *index, gan__member *out)
{
    if (*index >= cast->feed_count) {
        *index -= cast->feed_count;
        return false;
    }
    const gan__feed *feed = &cast->feeds[*index];
    *out = (gan__member){"feed", feed->name, feed->fields[0].row->help};
    return true;
}

static bool members_group(const gan__cast *cast, int32_t *index, gan__member *out)
{
    if (*index >= cast->group_count) {
        *index -= cast->group_count;
        return false;
    }
    *out = (gan__member){"group", cast->groups[*index].name, ""};
    return true;
}

static bool members_way(const gan__cast *cast, int32_t *index, gan__member *out)
{
    if (*index >= cast->way_count) {
        *index -= cast->way_count;
        return false;
    }
    *out = (gan__member){"route", cast->ways[*index], ""};
    return true;
}

bool gan__cast_member(const gan__cast *cast, int32_t index, gan__member *out)
{
    return index >= 0 && (members_role(cast, &index, out) || members_feed(cast, &index, out) ||
                          members_group(cast, &index, out) || members_value(cast, &index, out) ||
                          members_product(cast, &index, out) || members_way(cast, &index, out) ||
                          members_sheet(cast, &index, out));
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
