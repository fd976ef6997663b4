/* refresh.c: the averaged networks are applied in training mode, as a step would, to some batches:
 * the means of their statistics become their own.
 *
 * In each round values are found for every space that has some: noise is drawn, pictures and
 * conditions come from the data, and whatever these make of each other follows along the roles.
 * Codes are those of each domain, which a network of that domain takes; what else the steps of a
 * kind apply its networks to, its `sees` says. Codes that no network makes here are drawn from
 * their prior. */
#include "train/refresh.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/averages.h"
#include "train/feeds.h"
#include "train/latent.h"
#include "train/spaces.h"

/* Batches whose mean statistics are the averages'. */
enum { REFRESH_ROUNDS = 20 };

typedef struct refresh {
    gan_trainer *trainer;
    gan_tape *tape;
    gan__batcher **batchers; /* by feed; NULL: none */
    int32_t sources;         /* each domain, pools, and what is drawn or read */
    gan_value *values;       /* by space and source, of this round; -1: none */
    int64_t round;
    bool *applied;       /* by role, in this round */
    bool rehearses;      /* nothing is read or computed */
    unsigned char *kept; /* of all averages, to go back to */
} refresh;

static bool refresh_couples(const gan_model *model)
{
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i].layer->kind->couples) return true;
    return false;
}

static gan_model *refresh_model(const gan_trainer *t, int32_t role)
{
    return t->players[role].average ? t->players[role].average->model : NULL;
}

/* ---- what goes in ---- */

/* Of the sources the last two. */
static gan_value *refresh_read_value(const refresh *r, int32_t space)
{
    return &r->values[(space + 1) * r->sources - 1];
}

static gan_value *refresh_pool_value(const refresh *r, int32_t space)
{
    return &r->values[(space + 1) * r->sources - 2];
}

/* The first value of a space; -1: it has none. */
static gan_value refresh_any(const refresh *r, int32_t space)
{
    for (int32_t s = 0; s < r->sources; s++)
        if (r->values[space * r->sources + s] >= 0) return r->values[space * r->sources + s];
    return -1;
}

static gan_status refresh_draw(refresh *r, int32_t space)
{
    const gan_trainer *t = r->trainer;
    const gan__shape shape = t->shapes[space];
    const gan__prior prior = t->cast->spaces[space].prior;
    if (prior == GAN__PRIOR_NONE || shape.h < 0 || shape.w < 0) return GAN_OK;
    return gan__latent_draw(r->tape, prior, shape, gan__trainer_samples(t),
                            refresh_read_value(r, space));
}

/* Pictures of a pool, as many as a step has samples: in one round those behind the ones of the
 * round before. They lie in it in no order. */
static gan_status refresh_remember(refresh *r, int32_t index)
{
    gan_trainer *t = r->trainer;
    const gan__pool_state pool =
        t->pools[index] ? gan__pool_read(t->pools[index]) : (gan__pool_state){.filled = 0};
    const int32_t space = t->cast->pools[index].space;
    const gan__shape one = t->shapes[space];
    const int64_t count = gan__trainer_samples(t), shape[4] = {count, one.h, one.w, one.c};
    gan_tensor *pictures;
    if (r->rehearses ? t->cast->pools[index].capacity == 0 : pool.filled == 0) return GAN_OK;
    if (one.h < 0 || one.w < 0) return GAN_OK;
    GAN__TRY(gan_tensor_create(&pictures, t->object.context, GAN_FLOAT32, 4, shape));
    const size_t numbers = (size_t)(one.h * one.w * one.c);
    for (int64_t i = 0; i < count && pool.filled > 0; i++)
        memcpy((float *)pictures->data + (size_t)i * numbers,
               pool.pictures + (size_t)((r->round * count + i) % pool.filled) * numbers,
               numbers * sizeof(float));
    const gan_status status = gan_tape_input(r->tape, pictures, 0, refresh_pool_value(r, space));
    gan_tensor_release(pictures);
    return status;
}

static gan_status refresh_read(refresh *r, int32_t feed)
{
    gan_trainer *t = r->trainer;
    const gan__feed *kind = &t->cast->feeds[feed];
    gan_tensor *const *drawn;
    if (r->rehearses)
        drawn = gan__batcher_blank(r->batchers[feed]);
    else
        GAN__TRY(gan__batcher_next(r->batchers[feed], &drawn));
    for (int32_t f = 0; f < kind->field_count; f++) {
        if (!gan__feed_field_of(t, feed, f)) continue;
        gan_tensor *tensor = *drawn++;
        const int32_t space = kind->fields[f].space;
        if (space < 0 || *refresh_read_value(r, space) >= 0) continue;
        GAN__TRY(
            gan__trainer_put(t, r->tape, &kind->fields[f], tensor, refresh_read_value(r, space)));
    }
    return GAN_OK;
}

/* ---- along the roles ---- */

/* The domain that the role stands for; 0: it stands once for all. */
static int32_t refresh_domain(const gan_trainer *t, int32_t role)
{
    const int32_t row = (int32_t)(t->cast->roles[role].row - t->kind->roles);
    return role - gan__cast_role_at(t->cast, row);
}

/* Whether a network of a domain takes what comes from that source: of the other domains one in a
 * round, each in its turn. */
static bool refresh_takes(const refresh *r, int32_t role, int32_t source)
{
    const int32_t domains = r->sources - 2, own = refresh_domain(r->trainer, role);
    if (source >= domains || source == own) return true;
    if (!(r->trainer->kind->sees & GAN__SEES_OTHERS)) return false;
    return source == (own + 1 + (int32_t)(r->round % (domains - 1))) % domains;
}

/* What the role takes from a source, the first of what else there is where that has nothing for an
 * input: false if it has nothing for any, or one is missing. */
static bool refresh_inputs(const refresh *r, int32_t role, int32_t source, gan_value *out)
{
    const gan__role *kind = &r->trainer->cast->roles[role];
    bool own = false;
    if (!refresh_takes(r, role, source)) return false;
    for (int32_t i = 0; i < kind->input_count; i++) {
        const gan__signature_port *port = &kind->inputs[i];
        out[i] = -1;
        for (int32_t s = 0; s < port->space_count && out[i] < 0; s++)
            out[i] = r->values[port->spaces[s] * r->sources + source];
        own |= out[i] >= 0;
        for (int32_t s = 0; s < port->space_count && out[i] < 0; s++)
            out[i] = refresh_any(r, port->spaces[s]);
        if (out[i] < 0 && r->trainer->players[role].inputs[i] >= 0) return false;
    }
    return own;
}

/* A network that makes a mean and a log_variance makes a code drawn between them. */
static gan_status refresh_take(refresh *r, int32_t role, const gan_value *made)
{
    const gan__cast *cast = r->trainer->cast;
    const gan__role *kind = &cast->roles[role];
    const int32_t space = kind->outputs[0].spaces[0];
    const bool code = cast->spaces[space].row->type == GAN__SPACE_CODE;
    gan_value *value = code ? &r->values[space * r->sources + refresh_domain(r->trainer, role)]
                            : refresh_read_value(r, space);
    int64_t shape[4];
    gan_value epsilon;
    if (*value >= 0) return GAN_OK;
    *value = made[0];
    if (kind->output_count < 2 || made[1] < 0 || kind->outputs[1].spaces[0] != space) return GAN_OK;
    GAN__TRY(gan_tape_shape(r->tape, made[0], shape));
    GAN__TRY(gan_tape_normal(r->tape, 4, shape, &epsilon));
    return gan__latent_sample(r->tape, made[0], made[1], epsilon, value);
}

/* Applies the role to what comes from each source. */
static gan_status refresh_apply(refresh *r, int32_t role, gan_value *values)
{
    gan_trainer *t = r->trainer;
    gan_value *made = values + t->players[role].input_count;
    const gan__application call = {r->tape, refresh_model(t, role), "training frozen", 1};
    for (int32_t s = 0; s < r->sources; s++) {
        if (!refresh_inputs(r, role, s, values)) continue;
        r->applied[role] = true;
        GAN__TRY(gan__player_apply(t, role, &call, values, made));
        GAN__TRY(refresh_take(r, role, made));
    }
    return GAN_OK;
}

/* Applies every average that has all it needs; *any if there was one. */
static gan_status refresh_pass(refresh *r, bool *any)
{
    gan_trainer *t = r->trainer;
    *any = false;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan__player *player = &t->players[i];
        gan_value *values;
        if (!player->average || r->applied[i]) continue;
        const size_t count = (size_t)player->input_count + (size_t)player->output_count;
        GAN__TRY(gan__allocate(t->object.context, &values, count, sizeof *values));
        gan_status status = refresh_apply(r, i, values);
        *any |= r->applied[i];
        gan__free(t->object.context, values);
        GAN__TRY(status);
    }
    return GAN_OK;
}

static gan_status refresh_follow(refresh *r)
{
    bool any;
    do {
        GAN__TRY(refresh_pass(r, &any));
    } while (any);
    return GAN_OK;
}

static gan_status refresh_round(refresh *r)
{
    const gan__cast *cast = r->trainer->cast;
    const int32_t sees = r->trainer->kind->sees;
    GAN__TRY(gan_tape_reset(r->tape));
    for (int32_t i = 0; i < cast->role_count; i++) r->applied[i] = false;
    for (int32_t i = 0; i < cast->space_count * r->sources; i++) r->values[i] = -1;
    for (int32_t i = 0; i < cast->space_count; i++)
        if (cast->spaces[i].row->type == GAN__SPACE_NOISE || (sees & GAN__SEES_PRIOR))
            GAN__TRY(refresh_draw(r, i));
    for (int32_t i = 0; i < cast->feed_count; i++)
        if (r->batchers[i]) GAN__TRY(refresh_read(r, i));
    for (int32_t i = 0; i < cast->pool_count && (sees & GAN__SEES_POOLS); i++)
        GAN__TRY(refresh_remember(r, i));
    GAN__TRY(refresh_follow(r));
    for (int32_t i = 0; i < cast->space_count; i++)
        if (refresh_any(r, i) < 0) GAN__TRY(refresh_draw(r, i));
    GAN__TRY(refresh_follow(r));
    r->round++;
    return GAN_OK;
}

/* ---- the whole ---- */

/* Of each average that was not applied, with what data failed with; "" if there is none. */
static void refresh_warn(const refresh *r, const char *fault)
{
    const gan_trainer *t = r->trainer;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        if (!t->players[i].average || r->applied[i]) continue;
        if (!refresh_couples(refresh_model(t, i))) continue;
        gan__log(
            t->object.context, GAN_LOG_WARNING,
            "%s: %sthe average of the %s keeps the batch statistics of the trained weights%s%s",
            t->kind->kind.name, *fault ? "" : "without data ", t->cast->roles[i].name,
            *fault ? ": " : "", fault);
    }
}

static gan_status refresh_check(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan_model *model = refresh_model(t, i);
        const gan__named_parameter *found = model ? gan__model_diverged(model) : NULL;
        if (found)
            return gan__fail(t->object.context, GAN_E_DIVERGED,
                             "%s: the average of %s: %s is estimated to be not finite",
                             t->kind->kind.name, t->cast->roles[i].name, found->name);
    }
    return GAN_OK;
}

/* Begins or ends the estimation of the running statistics. */
static void refresh_estimate(const gan_trainer *t, bool begin)
{
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        const gan_model *model = refresh_model(t, r);
        if (begin && model) gan__average_copy_buffers(t->players[r].average);
        for (size_t i = 0; model && i < model->node_count; i++)
            model->nodes[i].layer->estimates = begin;
    }
}

static gan_status refresh_rounds(refresh *r)
{
    gan_status status = GAN_OK;
    refresh_estimate(r->trainer, true);
    for (int32_t i = 0; i < REFRESH_ROUNDS && status == GAN_OK; i++) status = refresh_round(r);
    refresh_estimate(r->trainer, false);
    return status;
}

/* Whether the failure is one of data that cannot be read, or not be applied: what depends on the
 * data cannot be had, and a training that lost its data can be saved all the same. */
static bool refresh_lacks_data(gan_status status)
{
    switch (status) {
    case GAN_E_CANCELLED:
    case GAN_E_FILE:
    case GAN_E_FORMAT:
    case GAN_E_ARGUMENT:
    case GAN_E_SHAPE:
    case GAN_E_UNSUPPORTED: return true;
    default: return false;
    }
}

/* As without any data: the trained models' statistics. */
static void refresh_give_up(refresh *r)
{
    for (int32_t i = 0; i < r->trainer->cast->role_count; i++) {
        r->applied[i] = false;
        if (r->trainer->players[i].average)
            gan__average_copy_buffers(r->trainer->players[i].average);
    }
}

/* The running statistics of all averages, one after the other, to memory or back. */
static size_t refresh_keep(const gan_trainer *t, unsigned char *memory, bool back)
{
    size_t size = 0;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan_model *model = refresh_model(t, i);
        if (!model) continue;
        if (memory && back)
            gan__stores_put_back(model->stores, model->store_count, memory + size);
        else if (memory)
            gan__stores_keep(model->stores, model->store_count, memory + size);
        size += gan__stores_kept_size(model->stores, model->store_count);
    }
    return size;
}

/* Whether the port takes what the feed brings. */
static bool refresh_fits(const gan__signature_port *port, const gan__feed *feed)
{
    for (int32_t s = 0; s < port->space_count; s++)
        for (int32_t f = 0; f < feed->field_count; f++)
            if (port->spaces[s] == feed->fields[f].space) return true;
    return false;
}

/* Whether an average does. */
static bool refresh_needs(const gan_trainer *t, int32_t feed)
{
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        const gan__role *role = &t->cast->roles[r];
        for (int32_t i = 0; i < role->input_count && t->players[r].average; i++)
            if (refresh_fits(&role->inputs[i], &t->cast->feeds[feed])) return true;
    }
    return false;
}

static gan_status refresh_allocate(refresh *r)
{
    gan_context *context = r->trainer->object.context;
    const gan__cast *cast = r->trainer->cast;
    GAN__TRY(gan__allocate(context, &r->batchers, (size_t)cast->feed_count, sizeof *r->batchers));
    r->sources = (cast->domain_count > 1 ? cast->domain_count : 1) + 2;
    GAN__TRY(gan__allocate(context, &r->values, (size_t)cast->space_count * (size_t)r->sources,
                           sizeof *r->values));
    GAN__TRY(gan__allocate(context, &r->applied, (size_t)cast->role_count, sizeof *r->applied));
    return gan__allocate_raw(context, &r->kept, refresh_keep(r->trainer, NULL, false), 1);
}

/* Finds what the networks take, and opens the data that they need. */
static gan_status refresh_open(refresh *r)
{
    gan_trainer *t = r->trainer;
    const uint64_t seed = gan__random_seed(t->seed, GAN__DRAW_REFRESH, 0);
    GAN__TRY(gan__trainer_bind(t));
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        if (t->feeds[i].dataset && refresh_needs(t, i))
            GAN__TRY(gan__feed_apart(t, i, seed, gan__trainer_samples(t), &r->batchers[i]));
    return gan__tape_create(&r->tape, t->object.context, seed);
}

static void refresh_end(refresh *r)
{
    gan_context *context = r->trainer->object.context;
    gan_tape_release(r->tape);
    for (int32_t i = 0; r->batchers && i < r->trainer->cast->feed_count; i++)
        gan__batcher_free(r->batchers[i]);
    gan__free(context, r->batchers);
    gan__free(context, r->values);
    gan__free(context, r->applied);
    gan__free(context, r->kept);
}

static bool refresh_is_needed(const gan_trainer *t)
{
    bool couples = false;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan_model *model = refresh_model(t, i);
        couples |= model && refresh_couples(model);
    }
    return couples;
}

static gan_status refresh_estimate_all(refresh *r)
{
    char fault[GAN__MESSAGE_SIZE] = "";
    gan_status status = refresh_open(r);
    if (status == GAN_OK) status = refresh_rounds(r);
    if (refresh_lacks_data(status)) {
        snprintf(fault, sizeof fault, "%s", r->trainer->object.context->message);
        refresh_give_up(r);
        status = GAN_OK;
    }
    GAN__TRY(status);
    refresh_warn(r, fault);
    return refresh_check(r->trainer);
}

/* What the averages have before is kept until there is something better. */
gan_status gan__averages_refresh(gan_trainer *t)
{
    refresh r = {.trainer = t};
    if (!refresh_is_needed(t)) return GAN_OK;
    gan_status status = refresh_allocate(&r);
    if (status == GAN_OK) {
        refresh_keep(t, r.kept, false);
        status = refresh_estimate_all(&r);
        if (status != GAN_OK) refresh_keep(t, r.kept, true);
    }
    refresh_end(&r);
    return status;
}

gan_status gan__averages_refresh_memory(gan_trainer *t, int64_t *bytes)
{
    refresh r = {.trainer = t, .rehearses = true};
    *bytes = 0;
    if (!refresh_is_needed(t)) return GAN_OK;
    gan_status status = refresh_allocate(&r);
    if (status == GAN_OK) status = refresh_open(&r);
    if (status == GAN_OK) {
        gan__tape_rehearse(r.tape, true);
        status = refresh_round(&r);
        *bytes = gan__tape_memory(r.tape) + (int64_t)refresh_keep(t, NULL, false);
        for (int32_t i = 0; i < t->cast->feed_count; i++)
            if (r.batchers[i]) *bytes += gan__batcher_memory(r.batchers[i]);
    }
    refresh_end(&r);
    return status;
}

static gan_status refresh_public(gan_trainer *t)
{
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_refresh"));
    GAN__TRY(gan__averages_prepare(t));
    return gan__averages_refresh(t);
}

gan_status gan_trainer_refresh(gan_trainer *trainer)
{
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_refresh", "trainer"));
    GAN__RETURN_ENTERED(trainer->object.context, refresh_public(trainer));
}
