/* test_optimizer_undo.c: steps that are undone, steps that are tried first, alone and several at
 * once; stores that no gradient has reached among them. */
#include "small.h"

#include <math.h>

/* An optimiser of two stores. */
typedef struct pair {
    gan_context *context;
    gan_model *models[2];
    gan_optimizer *optimizer;
} pair;

static void pair_open(pair *p, const char *spec)
{
    p->context = context_of("threads=1 seed=3");
    p->optimizer = NULL;
    CHECK_OK(gan_optimizer_create(&p->optimizer, p->context, spec));
    for (int i = 0; i < 2; i++) {
        p->models[i] = small_model(p->context);
        CHECK_OK(gan_optimizer_add(p->optimizer, p->models[i]));
    }
}

static void pair_close(pair *p)
{
    gan_optimizer_release(p->optimizer);
    for (int i = 0; i < 2; i++) gan_model_release(p->models[i]);
    gan_context_release(p->context);
}

static void pair_reach(pair *p, int t, bool first, bool second)
{
    CHECK_OK(gan_optimizer_zero(p->optimizer));
    if (first) set_gradients(p->models[0]->stores[0], update_gradients[t]);
    if (second) set_gradients(p->models[1]->stores[0], update_gradients[(t + 1) % UPDATE_STEPS]);
}

static void pair_snap(const pair *p, snapshot out[2])
{
    for (int i = 0; i < 2; i++) out[i] = snap_store(p->optimizer, i);
}

static bool pair_is(const pair *p, const snapshot expected[2])
{
    snapshot now[2];
    pair_snap(p, now);
    return snap_equal(&now[0], &expected[0]) && snap_equal(&now[1], &expected[1]);
}

/* ---- one store ---- */

/* A weight that would not be finite: the step says so and was never made, whether it was tried
 * first or undone. */
TEST(new_weights_that_are_not_finite)
{
    static const char *const specs[] = {"adam weight_decay=1e6", "rmsprop weight_decay=1e6",
                                        "adamw weight_decay=1e6 clip=1",
                                        "rmsprop weight_decay=1e6 momentum=0.9 centered=yes"};
    const double gradients[UPDATE_COUNT] = {1, 2, 0, 4};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (int s = 0; s < 8; s++) {
        gan_optimizer *optimizer = NULL;
        double norm;
        set_weights(model->stores[0]);
        model->stores[0]->weights[2] = 3e38f;
        CHECK_OK(gan_optimizer_create(&optimizer, context, specs[s / 2]));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        for (int t = 0; t < 3; t++) {
            bool undoable = s % 2 && t < 2; /* the last time it is tried */
            snapshot before = snap_store(optimizer, 0), after;
            set_gradients(model->stores[0], gradients);
            CHECK_STATUS(undoable ? gan__optimizer_step_undoable(optimizer)
                                  : gan_optimizer_step(optimizer),
                         GAN_E_DIVERGED);
            CHECK(strstr(gan_context_message(context), "new weight") != NULL);
            if (undoable) gan__optimizer_undo(optimizer);
            after = snap_store(optimizer, 0);
            CHECK(snap_equal(&before, &after));
            CHECK_OK(gan_optimizer_norm(optimizer, &norm));
            CHECK_NEAR(norm, sqrt(21), 1e-12);
        }
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* Undoing restores every bit, and the run goes on as if the step had never been. */
TEST(undo)
{
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (size_t c = 0; c < sizeof update_cases / sizeof update_cases[0]; c++) {
        gan_optimizer *optimizer = NULL;
        CHECK_OK(gan_optimizer_create(&optimizer, context, update_cases[c].spec));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        for (int t = 0; t < UPDATE_STEPS; t++) {
            snapshot before = snap_store(optimizer, 0);
            set_gradients(model->stores[0], update_gradients[t]);
            CHECK_OK(gan__optimizer_step_undoable(optimizer));
            snapshot after = snap_store(optimizer, 0);
            uint64_t version = model->stores[0]->version;
            gan__optimizer_undo(optimizer);
            CHECK(model->stores[0]->version > version);
            snapshot undone = snap_store(optimizer, 0);
            CHECK(snap_equal(&undone, &before));
            gan__optimizer_undo(optimizer); /* nothing is left to undo */
            undone = snap_store(optimizer, 0);
            CHECK(snap_equal(&undone, &before));
            CHECK_OK(gan_optimizer_step(optimizer));
            snapshot again = snap_store(optimizer, 0);
            CHECK(snap_equal(&again, &after));
            gan__optimizer_undo(optimizer); /* that step kept nothing */
            undone = snap_store(optimizer, 0);
            CHECK(snap_equal(&undone, &after));
            for (int i = 0; i < 3; i++) CHECK_OK(gan__optimizer_step_undoable(optimizer));
            gan__optimizer_undo(optimizer); /* all three */
            undone = snap_store(optimizer, 0);
            CHECK(snap_equal(&undone, &after));
            CHECK_OK(gan__optimizer_step_undoable(optimizer));
            gan__optimizer_forget(optimizer); /* from here on */
            before = snap_store(optimizer, 0);
            CHECK_OK(gan__optimizer_step_undoable(optimizer));
            gan__optimizer_undo(optimizer);
            undone = snap_store(optimizer, 0);
            CHECK(snap_equal(&undone, &before));
        }
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* ---- two stores, not both of them reached ---- */

/* A store that a step left out is kept by the step that reaches it first, whichever that is. */
TEST(undo_of_steps_that_leave_out)
{
    static const bool reached[][3][2] = {{{1, 0}, {1, 0}, {1, 0}}, {{1, 0}, {0, 1}, {1, 1}},
                                         {{0, 0}, {0, 1}, {1, 0}}, {{1, 1}, {1, 0}, {0, 0}},
                                         {{0, 0}, {0, 0}, {0, 0}}, {{0, 1}, {1, 1}, {1, 0}}};
    for (size_t c = 0; c < sizeof update_pair_cases / sizeof update_pair_cases[0]; c++)
        for (size_t r = 0; r < sizeof reached / sizeof reached[0]; r++) {
            pair p;
            snapshot before[2];
            uint64_t version[2];
            pair_open(&p, update_pair_cases[c].spec);
            pair_reach(&p, 0, true, true);
            CHECK_OK(gan_optimizer_step(p.optimizer));
            pair_reach(&p, 1, true, false);
            CHECK_OK(gan_optimizer_step(p.optimizer)); /* counts 2 and 1 */
            pair_snap(&p, before);
            for (int i = 0; i < 2; i++) version[i] = p.models[i]->stores[0]->version;
            for (int t = 0; t < 3; t++) {
                pair_reach(&p, t + 2, reached[r][t][0], reached[r][t][1]);
                CHECK_OK(gan__optimizer_step_undoable(p.optimizer));
                CHECK_INT(gan_optimizer_steps(p.optimizer), 3 + t);
            }
            gan__optimizer_undo(p.optimizer);
            if (!CHECK(pair_is(&p, before)))
                printf("    %s, pattern %d\n", update_pair_cases[c].spec, (int)r);
            for (int i = 0; i < 2; i++) {
                bool any = reached[r][0][i] || reached[r][1][i] || reached[r][2][i];
                CHECK((p.models[i]->stores[0]->version > version[i]) == any);
                CHECK((p.optimizer->states[i].undo != NULL) == any);
            }
            pair_close(&p);
        }
}

/* One that diverges in the second store, after the first was updated. */
TEST(undo_of_half_a_step)
{
    pair p;
    snapshot before[2];
    pair_open(&p, "adam lr=0.1 schedule=linear:9");
    pair_reach(&p, 0, true, true);
    CHECK_OK(gan_optimizer_step(p.optimizer));
    pair_snap(&p, before);
    pair_reach(&p, 1, true, false);
    CHECK_OK(gan__optimizer_step_undoable(p.optimizer));
    pair_reach(&p, 2, true, true);
    p.models[1]->stores[0]->gradients[5] = 1e21F; /* its square is no float32 */
    CHECK_STATUS(gan__optimizer_step_undoable(p.optimizer), GAN_E_DIVERGED);
    CHECK(p.optimizer->overflowed);
    CHECK(!pair_is(&p, before));
    gan__optimizer_undo(p.optimizer);
    CHECK(pair_is(&p, before));
    pair_close(&p);
}

/* What changes weights without a step: a clamp of a model that the step left out. */
TEST(keep)
{
    pair p;
    snapshot before[2];
    pair_open(&p, "rmsprop lr=0.1");
    pair_snap(&p, before);
    pair_reach(&p, 0, true, false);
    CHECK_OK(gan__optimizer_step_undoable(p.optimizer));
    CHECK_OK(gan__optimizer_keep(p.optimizer));
    for (int i = 0; i < 2; i++) CHECK_OK(gan_model_clamp(p.models[i], -1e-3, 1e-3));
    pair_reach(&p, 1, true, true);
    CHECK_OK(gan__optimizer_step_undoable(p.optimizer));
    gan__optimizer_undo(p.optimizer);
    CHECK(pair_is(&p, before));
    pair_close(&p);
}

/* A store that is left out stops no step, whatever is in it; nor does its gradient's memory. */
TEST(nothing_is_read_of_what_is_left_out)
{
    pair p;
    double norm = 0;
    pair_open(&p, "adam weight_decay=1e6 clip=1");
    pair_reach(&p, 0, true, false);
    gan__store *store = p.models[1]->stores[0];
    store->weights[2] = 3e38F; /* its decay would not be finite */
    p.optimizer->states[1].moments[0][4] = INFINITY;
    for (int i = 0; i < UPDATE_COUNT; i++) store->gradients[i] = NAN;
    snapshot before = snap_store(p.optimizer, 1);
    CHECK_OK(gan_optimizer_step(p.optimizer));
    CHECK_OK(gan__optimizer_step_undoable(p.optimizer));
    CHECK_OK(gan_optimizer_norm(p.optimizer, &norm));
    CHECK_NEAR(norm, update_pair_norms[0], 1e-12);
    before.steps = 2;
    snapshot after = snap_store(p.optimizer, 1);
    CHECK(snap_equal(&before, &after));
    pair_close(&p);
}

/* ---- several optimisers at once ---- */

/* Tries both, then applies both: as the caller of a trainer's step would. */
static gan_status together(pair *a, pair *b)
{
    GAN__TRY(gan__optimizer_try(a->optimizer));
    GAN__TRY(gan__optimizer_try(b->optimizer));
    gan__optimizer_apply(a->optimizer);
    gan__optimizer_apply(b->optimizer);
    return GAN_OK;
}

/* Whichever of two would diverge, by its gradient or by what is new, neither has moved. */
TEST(all_or_none)
{
    static const double bad[] = {NAN, -INFINITY, 1e21};
    for (int k = 0; k < 6; k++) {
        pair p[2];
        snapshot before[2][2];
        pair_open(&p[0], "adam lr=0.1");
        pair_open(&p[1], "rmsprop lr=0.1 momentum=0.5");
        for (int t = 0; t < 2; t++) {
            for (int i = 0; i < 2; i++) pair_reach(&p[i], t, true, t == 0);
            CHECK_OK(together(&p[0], &p[1]));
        }
        uint64_t version = p[0].models[0]->stores[0]->version;
        for (int i = 0; i < 2; i++) pair_snap(&p[i], before[i]);
        for (int i = 0; i < 2; i++) pair_reach(&p[i], 2, true, true);
        gan_optimizer *fails = p[k / 3].optimizer;
        fails->states[1].store->gradients[7] = (float)bad[k % 3];
        CHECK_STATUS(together(&p[0], &p[1]), GAN_E_DIVERGED);
        CHECK(fails->overflowed == isfinite(bad[k % 3]));
        CHECK(!(fails->norm < 1e20));
        for (int i = 0; i < 2; i++) CHECK(pair_is(&p[i], before[i]));
        CHECK(p[0].models[0]->stores[0]->version == version);
        for (int i = 0; i < 2; i++) pair_close(&p[i]);
    }
}

/* A trial and its update are a step: the same bits, in a store that is left out too. */
TEST(halves_of_a_step)
{
    for (size_t c = 0; c < sizeof update_pair_cases / sizeof update_pair_cases[0]; c++) {
        pair p[3];
        snapshot expected[2];
        for (int i = 0; i < 3; i++) pair_open(&p[i], update_pair_cases[c].spec);
        for (int t = 0; t < UPDATE_STEPS; t++) {
            for (int i = 0; i < 3; i++)
                pair_reach(&p[i], t, update_reached[t][0], update_reached[t][1]);
            CHECK_OK(gan_optimizer_step(p[0].optimizer));
            CHECK_OK(gan__optimizer_try(p[1].optimizer));
            gan__optimizer_apply(p[1].optimizer);
            CHECK_OK(gan__optimizer_step_undoable(p[2].optimizer));
            pair_snap(&p[0], expected);
            CHECK(pair_is(&p[1], expected));
            CHECK(pair_is(&p[2], expected));
        }
        for (int i = 0; i < 3; i++) pair_close(&p[i]);
    }
}

int main(void)
{
    RUN(new_weights_that_are_not_finite);
    RUN(undo);
    RUN(undo_of_steps_that_leave_out);
    RUN(undo_of_half_a_step);
    RUN(keep);
    RUN(nothing_is_read_of_what_is_left_out);
    RUN(all_or_none);
    RUN(halves_of_a_step);
    return test_report();
}
