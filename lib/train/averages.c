/* averages.c: the moving averages of a trainer's products. */
#include "train/averages.h"

#include "base/memory.h"
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
        if (!player->model || !gan__cast_is_product(t->cast, i)) continue;
        if (!player->average)
            GAN__TRY(averages_create(t, i));
        else if (player->average->updates == 0)
            gan__average_copy(player->average);
    }
    return GAN_OK;
}

static bool averages_share(const gan_model *a, const gan_model *b)
{
    for (size_t i = 0; i < a->store_count; i++)
        for (size_t j = 0; j < b->store_count; j++)
            if (a->stores[i] == b->stores[j]) return true;
    return false;
}

void gan__averages_drop(gan_trainer *t, int32_t role)
{
    const gan__average *gone = t->players[role].average;
    if (!gone) return;
    gan_model *model = gone->model;
    gan_model_retain(model);
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        gan__player *player = &t->players[i];
        if (!player->average || !averages_share(player->average->model, model)) continue;
        gan__average_destroy(player->average);
        player->average = NULL;
    }
    gan_model_release(model);
}

void gan__averages_update(gan_trainer *t)
{
    int32_t done = 0;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        gan__average *average = t->players[i].average;
        if (!average) continue;
        gan__average_update(average, t->scratch, done);
        t->scratch[done++] = average->source;
    }
}
