/* averages.c: the moving averages of a trainer's products, or of what it draws samples by. */
#include "train/averages.h"

#include "base/memory.h"
#include "base/watch.h"
#include "model/archive.h"
#include "train/sharing.h"

/* The parts that averages before it have copied already: placed in its copy, not copied again. */
static gan_status averages_given(const gan_trainer *t, const gan__role_parts *parts, int32_t role,
                                 const char **names, gan_model **models, size_t *count)
{
    const gan__definitions *own = &parts->roles[role];
    gan__definitions copied;
    *count = 0;
    for (size_t i = 0; i < own->count; i++) {
        const char *name;
        const int32_t r = gan__role_parts_find(parts, role, own->items[i].model, &name);
        if (r < 0 || !t->players[r].average) continue;
        GAN__TRY(gan__model_definitions(t->players[r].average->model, &copied));
        gan__role_parts found = {t->object.context, &copied, 1};
        names[*count] = own->items[i].name;
        models[*count] = gan__role_parts_named(&found, 0, name);
        if (models[*count]) (*count)++;
        gan__definitions_free(&copied);
    }
    return GAN_OK;
}

static gan_status averages_create_with(gan_trainer *t, const gan__role_parts *parts, int32_t role)
{
    gan_context *context = t->object.context;
    const size_t most = parts->roles[role].count;
    gan__player *player = &t->players[role];
    gan__given given = {0};
    const char **names = NULL;
    gan_model **models = NULL;
    gan_status status = gan__allocate(context, &names, most, sizeof *names);
    if (status == GAN_OK) status = gan__allocate(context, &models, most, sizeof *models);
    if (status == GAN_OK) status = averages_given(t, parts, role, names, models, &given.count);
    given.names = names;
    given.parts = models;
    if (status == GAN_OK)
        status = gan__average_create(&player->average, player->model,
                                     gan__trainer_options(t)->average, &given);
    gan__free(context, names);
    gan__free(context, models);
    return status;
}

static gan_status averages_create(gan_trainer *t, int32_t role)
{
    gan__role_parts parts;
    GAN__TRY(gan__role_parts_list(t, role + 1, &parts));
    gan_status status = averages_create_with(t, &parts, role);
    gan__role_parts_free(&parts);
    return status;
}

gan_status gan__averages_prepare(gan_trainer *t)
{
    const double decay = gan__trainer_options(t)->average;
    for (int32_t i = 0; i < t->cast->role_count && decay > 0; i++) {
        const gan__player *player = &t->players[i];
        if (!player->model || !gan__cast_is_averaged(t->cast, i)) continue;
        if (!player->average)
            GAN__TRY(averages_create(t, i));
        else if (player->average->updates == 0)
            gan__average_copy(player->average);
    }
    return GAN_OK;
}

/* ---- another network ---- */

/* What the exchange of a network does to a role. */
typedef struct averages_exchange {
    bool reached; /* its average begins anew */
    gan__average *before;
} averages_exchange;

static bool averages_share(const gan_model *a, const gan_model *b)
{
    const gan__store_list list = {b->stores, b->store_count};
    for (size_t i = 0; i < a->store_count; i++)
        if (gan__store_listed(&list, a->stores[i])) return true;
    return false;
}

/* Whether the role shares parts with the new network, or with one that is reached. */
static bool averages_touches(const gan_trainer *t, int32_t role, const gan_model *model,
                             const averages_exchange *exchange)
{
    const gan_model *own = t->players[role].model;
    bool touches = averages_share(own, model);
    for (int32_t r = 0; r < t->cast->role_count && !touches; r++)
        touches =
            exchange[r].reached && t->players[r].model && averages_share(own, t->players[r].model);
    return touches;
}

/* Averages that hang together by shared parts are made together, in the order of their roles. */
static void averages_reach(const gan_trainer *t, int32_t role, const gan_model *model,
                           averages_exchange *exchange)
{
    bool more = true;
    exchange[role].reached = true;
    while (more) {
        more = false;
        for (int32_t r = 0; r < t->cast->role_count; r++) {
            if (exchange[r].reached || !t->players[r].model || !gan__cast_is_averaged(t->cast, r) ||
                !averages_touches(t, r, model, exchange))
                continue;
            exchange[r].reached = more = true;
        }
    }
}

static gan_status averages_exchange_model(gan_trainer *t, int32_t role, gan_model *model,
                                          averages_exchange *exchange)
{
    gan_model *old = t->players[role].model;
    averages_reach(t, role, model, exchange);
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        if (!exchange[r].reached) continue;
        exchange[r].before = t->players[r].average;
        t->players[r].average = NULL;
    }
    t->players[role].model = model;
    gan_status status = gan__averages_prepare(t);
    if (status != GAN_OK) t->players[role].model = old;
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        gan__player *player = &t->players[r];
        if (!exchange[r].reached) continue;
        gan__average_destroy(status == GAN_OK ? exchange[r].before : player->average);
        if (status != GAN_OK) player->average = exchange[r].before;
    }
    return status;
}

gan_status gan__averages_set_model(gan_trainer *t, int32_t role, gan_model *model)
{
    averages_exchange *exchange;
    GAN__TRY(
        gan__allocate(t->object.context, &exchange, (size_t)t->cast->role_count, sizeof *exchange));
    gan_status status = averages_exchange_model(t, role, model, exchange);
    gan__free(t->object.context, exchange);
    return status;
}

/* ---- after a step ---- */

void gan__averages_update(gan_trainer *t)
{
    int32_t done = 0;
    gan__watch watch;
    gan__watch_begin(t->object.context, &watch, "average", "update");
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        gan__average *average = t->players[i].average;
        if (!average) continue;
        gan__average_update(average, t->scratch, done);
        t->scratch[done++] = average->source;
    }
    gan__watch_end(t->object.context, &watch);
}
