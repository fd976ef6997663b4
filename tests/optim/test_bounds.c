/* test_bounds.c: what an optimiser knows of the size of weights and moments: true after every
 * update, known anew where something else has written them, and spares the trial, but never where
 * an update would not be finite. */
#include "small.h"

#include <math.h>

static int tried;
static const gan__optimizer_kind *real_kind;

static bool counting_update(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                            const gan__optimizer_call *call)
{
    tried += call->trial;
    return real_kind->update(optimizer, state, call);
}

/* An optimiser that counts its trials; not for adamw, which its kind's place tells from adam. */
static gan_optimizer *count_trials(gan_optimizer *optimizer, gan__optimizer_kind *room)
{
    real_kind = optimizer->kind;
    *room = *real_kind;
    room->update = counting_update;
    optimizer->kind = room;
    tried = 0;
    return optimizer;
}

static gan_optimizer *open_optimizer(gan_context *context, const char *spec, gan_model *model)
{
    gan_optimizer *optimizer = NULL;
    CHECK_OK(gan_optimizer_create(&optimizer, context, spec));
    CHECK_OK(gan_optimizer_add(optimizer, model));
    return optimizer;
}

static void check_most(const gan_optimizer *optimizer)
{
    const gan__optimizer_state *state = &optimizer->states[0];
    for (int32_t i = 0; i <= optimizer->moment_count; i++) {
        const float *numbers = i ? state->moments[i - 1] : state->store->weights;
        for (int k = 0; k < UPDATE_COUNT; k++) CHECK(fabs((double)numbers[k]) <= state->most[i]);
    }
}

/* Gradients from 1e-3 to 1e9 times those of the table, in any order. */
TEST(bounds_are_true)
{
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (size_t c = 0; c < sizeof update_cases / sizeof update_cases[0]; c++) {
        gan_optimizer *optimizer = open_optimizer(context, update_cases[c].spec, model);
        set_weights(model->stores[0]);
        int known = 0;
        for (int t = 0; t < 40; t++) {
            double gradients[UPDATE_COUNT];
            for (int i = 0; i < UPDATE_COUNT; i++)
                gradients[i] = update_gradients[t % UPDATE_STEPS][(i + t) % UPDATE_COUNT] *
                               pow(10, (t * 7 + i) % 13 - 3);
            set_gradients(model->stores[0], gradients);
            CHECK_OK(gan_optimizer_step(optimizer));
            CHECK(optimizer->states[0].bounded_version <= model->stores[0]->version);
            if (!optimizer->states[0].bounded) continue;
            known++;
            check_most(optimizer);
        }
        CHECK(known == 40 || strstr(update_cases[c].spec, "eps=0"));
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

TEST(trials_are_spared)
{
    static const struct {
        const char *spec;
        int tried;
    } cases[] = {{"sgd lr=0.1 momentum=0.9", 0},
                 {"rmsprop momentum=0.5 centered=yes", 0},
                 {"adam", 0},
                 {"adam lr=1e-4 weight_decay=1e-4", 0},
                 {"adam eps=0", 300},
                 {"rmsprop eps=1e-10", 300}};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        gan__optimizer_kind room;
        set_weights(model->stores[0]);
        gan_optimizer *optimizer =
            count_trials(open_optimizer(context, cases[c].spec, model), &room);
        for (int t = 0; t < 300; t++) {
            set_gradients(model->stores[0], update_gradients[t % UPDATE_STEPS]);
            CHECK_OK(gan_optimizer_step(optimizer));
        }
        if (!CHECK_INT(tried, cases[c].tried)) puts(cases[c].spec);
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* Weights and moments that are written between two steps, and would overflow in the next. */
TEST(what_is_written_is_seen)
{
    static const double none[UPDATE_COUNT];
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    gan_tensor *large = NULL;
    CHECK_OK(gan_tensor_create(&large, context, GAN_FLOAT32, 2, (const int64_t[]){2, 3}));
    for (int i = 0; i < 6; i++) ((float *)gan_tensor_data(large))[i] = 3e38f;
    for (int moment = 0; moment < 2; moment++) {
        set_weights(model->stores[0]);
        gan_optimizer *optimizer =
            open_optimizer(context, moment ? "sgd lr=10 momentum=1" : "sgd weight_decay=10", model);
        for (int t = 0; t < 2; t++) {
            set_gradients(model->stores[0], update_gradients[0]);
            CHECK_OK(gan_optimizer_step(optimizer));
        }
        if (moment)
            CHECK_OK(gan_optimizer_write(optimizer, model, "0.weight", "momentum_buffer", large));
        else
            CHECK_OK(gan_model_write(model, "0.weight", large));
        set_gradients(model->stores[0], none);
        snapshot before = snap_store(optimizer, 0);
        CHECK_STATUS(gan_optimizer_step(optimizer), GAN_E_DIVERGED);
        snapshot after = snap_store(optimizer, 0);
        CHECK(snap_equal(&before, &after));
        gan_optimizer_release(optimizer);
    }
    gan_tensor_release(large);
    gan_model_release(model);
    gan_context_release(context);
}

int main(void)
{
    RUN(bounds_are_true);
    RUN(trials_are_spared);
    RUN(what_is_written_is_seen);
    return test_report();
}
