/* catalog.c: every kind that can be named in a text, with its options and help, for those who list
 * them. */
#include "data/data.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "metrics/judge.h"
#include "metrics/metric.h"
#include "model/tree.h"
#include "optim/optimizer.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <string.h>

/* A group is an array of pointers to structs that begin with a gan__kind, or one kind alone. */
typedef struct catalog_group {
    const char *name;
    const gan__kind *const *kinds;
    const int32_t *count;
    const gan__kind *alone;
} catalog_group;

#define CATALOG_KINDS(array) ((const gan__kind *const *)(array))

static const catalog_group catalog_groups[] = {
    {"layer", CATALOG_KINDS(gan__layer_kinds), &gan__layer_kind_count, NULL},
    {"block", CATALOG_KINDS(gan__block_kinds), &gan__block_kind_count, NULL},
    {"loss", CATALOG_KINDS(gan__loss_kinds), &gan__loss_kind_count, NULL},
    {"optimizer", CATALOG_KINDS(gan__optimizer_kinds), &gan__optimizer_kind_count, NULL},
    {"trainer", CATALOG_KINDS(gan__trainer_kinds), &gan__trainer_kind_count, NULL},
    {"data", CATALOG_KINDS(gan__data_kinds), &gan__data_kind_count, NULL},
    {"context", NULL, NULL, &gan__context_kind},
    {"run", NULL, NULL, &gan__run_kind},
    {"model", NULL, NULL, &gan__weights_kind},
    {"runner", NULL, NULL, &gan__runner_kind},
    {"metric", CATALOG_KINDS(gan__metric_kinds), &gan__metric_kind_count, NULL},
    {"judge", NULL, NULL, &gan__judge_kind},
};

/* In the order of gan__option_type. */
static const char *const catalog_types[] = {
    "integer", "number", "yes or no", "choice", "text",
    "path",    "size",   "padding",   "shape",  "initial values",
};

static const catalog_group *catalog_find(int32_t group)
{
    return group >= 0 && group < gan_catalog_group_count() ? &catalog_groups[group] : NULL;
}

static const gan__kind *catalog_kind(int32_t group, int32_t kind)
{
    if (kind < 0 || kind >= gan_catalog_kind_count(group)) return NULL;
    const catalog_group *found = &catalog_groups[group];
    return found->alone ? found->alone : found->kinds[kind];
}

static bool catalog_option(int32_t group, int32_t kind, int32_t option, gan__option *out)
{
    const gan__kind *found = catalog_kind(group, kind);
    if (!found || option < 0 || option >= gan__kind_option_count(found)) return false;
    *out = gan__kind_option(found, option);
    return true;
}

int32_t gan_catalog_group_count(void)
{
    return sizeof catalog_groups / sizeof catalog_groups[0];
}

const char *gan_catalog_group(int32_t group)
{
    const catalog_group *found = catalog_find(group);
    return found ? found->name : NULL;
}

int32_t gan_catalog_kind_count(int32_t group)
{
    const catalog_group *found = catalog_find(group);
    if (!found) return 0;
    return found->alone ? 1 : *found->count;
}

const char *gan_catalog_kind(int32_t group, int32_t kind)
{
    const gan__kind *found = catalog_kind(group, kind);
    return found ? found->name : NULL;
}

const char *gan_catalog_kind_help(int32_t group, int32_t kind)
{
    const gan__kind *found = catalog_kind(group, kind);
    return found ? found->help : NULL;
}

int32_t gan_catalog_option_count(int32_t group, int32_t kind)
{
    const gan__kind *found = catalog_kind(group, kind);
    return found ? gan__kind_option_count(found) : 0;
}

static const char *catalog_yes(int32_t flag)
{
    return flag ? "yes" : "";
}

const char *gan_catalog_option(int32_t group, int32_t kind, int32_t option, const char *field)
{
    gan__option found;
    if (!field || !catalog_option(group, kind, option, &found)) return NULL;
    if (strcmp(field, "name") == 0) return found.name;
    if (strcmp(field, "type") == 0) return catalog_types[found.type];
    if (strcmp(field, "default") == 0) return found.initial ? found.initial : "";
    if (strcmp(field, "choices") == 0) return found.choices ? found.choices : "";
    if (strcmp(field, "required") == 0) return catalog_yes(found.flags & GAN__REQUIRED);
    if (strcmp(field, "positional") == 0) return catalog_yes(found.flags & GAN__POSITIONAL);
    if (strcmp(field, "help") == 0) return found.help;
    return NULL;
}

int32_t gan_catalog_option_range(int32_t group, int32_t kind, int32_t option, double *least,
                                 double *most)
{
    gan__option found;
    if (!catalog_option(group, kind, option, &found) || found.least >= found.most) return 0;
    if (least) *least = found.least;
    if (most) *most = found.most;
    return 1;
}

/* ---- what a trainer has names for ---- */

static const gan__trainer_kind *catalog_trainer(int32_t group, int32_t kind)
{
    if (!catalog_kind(group, kind)) return NULL;
    if (catalog_groups[group].kinds != CATALOG_KINDS(gan__trainer_kinds)) return NULL;
    return gan__trainer_kinds[kind];
}

int32_t gan_catalog_member_count(int32_t group, int32_t kind)
{
    const gan__trainer_kind *t = catalog_trainer(group, kind);
    gan__member member;
    int32_t count = 0;
    while (t && gan__kind_member(t, count, &member)) count++;
    return count;
}

const char *gan_catalog_member(int32_t group, int32_t kind, int32_t member, const char *field)
{
    const gan__trainer_kind *t = catalog_trainer(group, kind);
    gan__member found;
    if (!t || !field || !gan__kind_member(t, member, &found)) return NULL;
    return gan__member_field(&found, field);
}
