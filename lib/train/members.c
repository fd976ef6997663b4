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

/* Number i of one list; false if it is not wanted. */
typedef bool members_get(const gan__cast *cast, int32_t i, gan__member *out);

static bool members_role(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"role", cast->roles[i].name, cast->roles[i].row->help};
    return cast->roles[i].wanted;
}

static bool members_feed(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"feed", cast->feeds[i].name, cast->feeds[i].fields[0].row->help};
    return cast->feeds[i].wanted;
}

static bool members_group(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"group", cast->groups[i].name, ""};
    return true;
}

static bool members_value(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"value", cast->values[i].name, cast->values[i].help};
    return cast->values[i].wanted;
}

static bool members_product(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"product", cast->roles[i].name, cast->products[i]};
    return cast->products[i] != NULL;
}

static bool members_way(const gan__cast *cast, int32_t i, gan__member *out)
{
    *out = (gan__member){"route", cast->ways[i], ""};
    return true;
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

/* Twice all spaces: samples before what is made of the data. */
static bool members_sheet(const gan__cast *cast, int32_t i, gan__member *out)
{
    const int32_t space = i % cast->space_count;
    const bool drawn = cast->spaces[space].prior != GAN__PRIOR_NONE;
    *out = (gan__member){"sheet", cast->spaces[space].name, ""};
    return drawn == (i < cast->space_count) && members_shows(cast, space);
}

bool gan__cast_member(const gan__cast *cast, int32_t index, gan__member *out)
{
    const struct {
        members_get *get;
        int32_t count;
    } lists[] = {
        {members_role, cast->role_count},       {members_feed, cast->feed_count},
        {members_group, cast->group_count},     {members_value, cast->value_count},
        {members_product, cast->role_count},    {members_way, cast->way_count},
        {members_sheet, 2 * cast->space_count},
    };
    if (index < 0) return false;
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++)
        for (int32_t i = 0; i < lists[list].count; i++)
            if (lists[list].get(cast, i, out) && index-- == 0) return true;
    return false;
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
