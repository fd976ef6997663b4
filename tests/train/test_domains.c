/* test_domains.c: eight domains at work: pairs that change from step to step, a pool for each,
 * networks that most steps leave alone. */
#include "domains_kind.h"

#include "optim/optimizer.h"

#include <math.h>

enum { STEPS = 70, PAIRS = 56 };

static void run(domains_game *g, int64_t steps)
{
    if (!CHECK_OK(gan_trainer_run(g->trainer, steps, NULL, NULL)))
        puts(gan_context_message(g->context));
}

/* The same game with the trainer that the bytes make, and the same data. */
static void reload(domains_game *g, const gan_tensor *bytes)
{
    gan_trainer_release(g->trainer);
    g->trainer = NULL;
    if (!CHECK_OK(gan_trainer_load_memory(&g->trainer, g->context, gan_tensor_data(bytes),
                                          (size_t)gan_tensor_count(bytes))))
        puts(gan_context_message(g->context));
    domains_set_data(g);
}

/* ---- resuming ---- */

/* One goes on; the other is made anew from its bytes after every step. */
TEST(a_resume_at_any_step_has_the_same_bits)
{
    domains_game whole, cut;
    domains_open(&whole, 8, "batch=2 average=0.9 pool=5");
    domains_open(&cut, 8, "batch=2 average=0.9 pool=5");
    for (int k = 0; k < STEPS; k++) {
        gan_tensor *bytes = domains_saved(&cut), *a, *b;
        reload(&cut, bytes);
        run(&whole, 1);
        run(&cut, 1);
        a = domains_saved(&whole);
        b = domains_saved(&cut);
        const int same = domains_same(a, b);
        gan_tensor_release(bytes);
        gan_tensor_release(a);
        gan_tensor_release(b);
        if (!CHECK(same)) {
            printf("    at step %d\n", k);
            break;
        }
    }
    domains_close(&whole);
    domains_close(&cut);
}

/* All pools are full, have handled unlike numbers of pictures, and hold other ones than the others.
 */
TEST(pools_are_of_the_checkpoint)
{
    domains_game g;
    domains_open(&g, 8, "batch=2 pool=5");
    run(&g, STEPS);
    gan_tensor *bytes = domains_saved(&g);
    gan__pool_state before[8];
    float first[8];
    int64_t least = INT64_MAX, most = 0;
    for (int d = 0; d < 8; d++) {
        before[d] = gan__pool_read(g.trainer->pools[d]);
        first[d] = before[d].pictures[0];
        CHECK_INT(before[d].filled, 5);
        if (before[d].counter < least) least = before[d].counter;
        if (before[d].counter > most) most = before[d].counter;
        for (int e = 0; e < d; e++) CHECK(first[e] != first[d]);
    }
    CHECK(least > 5 && most > least);
    reload(&g, bytes);
    for (int d = 0; d < 8; d++) {
        const gan__pool_state after = gan__pool_read(g.trainer->pools[d]);
        CHECK_INT(after.filled, before[d].filled);
        CHECK_INT(after.counter, before[d].counter);
        CHECK(after.pictures[0] == first[d]);
    }
    gan_tensor_release(bytes);
    domains_close(&g);
}

/* ---- who takes part ---- */

/* Sums of all bytes of weights, moments and buffers of a store, and its count of updates. */
typedef struct trace {
    uint64_t digest;
    int64_t steps;
} trace;

static uint64_t digest(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) sum = (sum ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
    return sum;
}

static trace trace_state(const gan_optimizer *optimizer, const gan__optimizer_state *state)
{
    const size_t size = (size_t)state->store->weight_count * sizeof(float);
    trace t = {digest(1, state->store->weights, size), state->steps};
    for (int32_t m = 0; m < optimizer->moment_count; m++)
        t.digest = digest(t.digest, state->moments[m], size);
    return t;
}

enum { MOST_STATES = 64 };

static size_t trace_all(const gan_trainer *t, trace out[MOST_STATES])
{
    size_t count = 0;
    for (int32_t group = 0; group < 2; group++)
        for (size_t i = 0; i < t->optimizers[group]->state_count; i++)
            out[count++] = trace_state(t->optimizers[group], &t->optimizers[group]->states[i]);
    return count;
}

/* Whether the role has the store. */
static int owns(const gan_trainer *t, int row, int domain, const gan__store *store)
{
    const gan_model *model = gan_trainer_model(t, domains_role(row, domain), 0);
    for (size_t i = 0; i < model->store_count; i++)
        if (model->stores[i] == store) return 1;
    return 0;
}

static int plays(const gan_trainer *t, const gan__store *store, const int32_t pair[2])
{
    int any = 0;
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < 2; i++) any |= owns(t, row, pair[i], store);
    return any;
}

/* The pair's networks move; no bit of any other. */
static void check_step(domains_game *g)
{
    const gan_trainer *t = g->trainer;
    trace before[MOST_STATES], after[MOST_STATES];
    int32_t pair[2];
    size_t n = 0;
    trace_all(t, before);
    domains_pair(t, pair);
    run(g, 1);
    trace_all(t, after);
    for (int32_t group = 0; group < 2; group++)
        for (size_t i = 0; i < t->optimizers[group]->state_count; i++, n++) {
            const int moves = plays(t, t->optimizers[group]->states[i].store, pair);
            CHECK((before[n].digest != after[n].digest) == moves);
            CHECK_INT(after[n].steps, before[n].steps + moves);
        }
}

TEST(only_the_pair_is_touched)
{
    domains_game g;
    domains_open(&g, 8, "batch=2");
    run(&g, 1);
    for (int k = 0; k < 30; k++) check_step(&g);
    trace all[MOST_STATES];
    const size_t count = trace_all(g.trainer, all);
    int64_t least = INT64_MAX, most = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].steps < least) least = all[i].steps;
        if (all[i].steps > most) most = all[i].steps;
    }
    CHECK_INT(most, 31); /* the part of all encoders */
    CHECK(least < 15);
    for (int d = 0; d < 8; d++) /* own layers of the encoders: each step has two */
        for (size_t i = 0; i < g.trainer->optimizers[0]->state_count; i++) {
            const gan__optimizer_state *state = &g.trainer->optimizers[0]->states[i];
            if (!owns(g.trainer, 0, d, state->store) ||
                owns(g.trainer, 0, (d + 1) % 8, state->store))
                continue;
            sum += state->steps;
            break;
        }
    CHECK_INT(sum, 62);
    domains_close(&g);
}

/* Each ordered pair once in 56 steps, in another order the next time. */
TEST(all_pairs_come)
{
    domains_game g;
    int seen[8][8] = {{0}}, order[2][PAIRS], moved = 0;
    domains_open(&g, 8, "batch=2");
    for (int k = 0; k < 2 * PAIRS; k++) {
        int32_t pair[2];
        g.trainer->steps = k;
        domains_pair(g.trainer, pair);
        CHECK(pair[0] != pair[1]);
        seen[pair[0]][pair[1]]++;
        order[k / PAIRS][k % PAIRS] = pair[0] * 8 + pair[1];
    }
    for (int i = 0; i < 64; i++) CHECK_INT(seen[i / 8][i % 8], i / 8 == i % 8 ? 0 : 2);
    for (int i = 0; i < PAIRS; i++) moved += order[0][i] != order[1][i];
    CHECK(moved > PAIRS / 2);
    g.trainer->steps = 0;
    domains_close(&g);
}

/* ---- memory ---- */

TEST(steps_allocate_nothing_once_each_pair_was_seen)
{
    domains_game g;
    domains_open(&g, 8, "batch=2 average=0.9");
    run(&g, PAIRS);
    long long before = atomic_load(&g.fault.allocations);
    run(&g, 2 * PAIRS); /* in two other orders */
    CHECK_INT(atomic_load(&g.fault.allocations), before);
    domains_close(&g);
}

/* A rehearsal goes through all pairs. */
TEST(nor_after_a_check)
{
    static const int counts[] = {1, 2, 8};
    for (int i = 0; i < 3; i++) {
        domains_game g;
        domains_open(&g, counts[i], "batch=2 average=0.9");
        CHECK_OK(gan_trainer_check(g.trainer));
        long long before = atomic_load(&g.fault.allocations);
        run(&g, PAIRS + 3);
        CHECK_INT(atomic_load(&g.fault.allocations), before);
        domains_close(&g);
    }
}

/* What is wrong with the last pair alone is found too. */
TEST(a_check_finds_what_a_later_pair_would_refuse)
{
    domains_game g;
    gan_model *wrong;
    char message[512];
    domains_open(&g, 8, "batch=2");
    CHECK_OK(gan_model_parse(&wrong, g.context, "input any any 2; conv2d 1 kernel=9"));
    for (int d = 2; d < 8; d++) {
        gan_model *old = gan_trainer_model(g.trainer, domains_role(2, d), 0);
        gan_model_retain(old);
        CHECK_OK(gan_trainer_set_model(g.trainer, domains_role(2, d), wrong));
        CHECK_STATUS(gan_trainer_check(g.trainer), GAN_E_SHAPE);
        snprintf(message, sizeof message, "domains: the %s", domains_role(2, d));
        CHECK(strstr(gan_context_message(g.context), message));
        CHECK_OK(gan_trainer_set_model(g.trainer, domains_role(2, d), old));
        gan_model_release(old);
    }
    CHECK_OK(gan_trainer_check(g.trainer));
    gan_model_release(wrong);
    domains_close(&g);
}

TEST(a_check_changes_no_bit)
{
    domains_game plain, checked;
    domains_open(&plain, 3, "batch=2 average=0.9");
    domains_open(&checked, 3, "batch=2 average=0.9");
    for (int k = 0; k < 9; k++) {
        CHECK_OK(gan_trainer_check(checked.trainer));
        run(&plain, 1);
        run(&checked, 1);
        CHECK_OK(gan_trainer_check(checked.trainer));
        gan_tensor *a = domains_saved(&plain), *b = domains_saved(&checked);
        const int same = domains_same(a, b);
        gan_tensor_release(a);
        gan_tensor_release(b);
        if (!CHECK(same)) break;
    }
    domains_close(&plain);
    domains_close(&checked);
}

TEST(the_memory_is_told_beforehand)
{
    static const struct {
        int count;
        const char *options;
    } games[] = {
        {2, "batch=4 pool=400"}, {8, "batch=8 pool=100 average=0.9"}, {8, "batch=8 pool=0"}};
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++) {
        domains_game g;
        int64_t told;
        domains_open_wide(&g, games[i].count, games[i].options, 16, 96);
        CHECK_OK(gan_trainer_memory(g.trainer, &told));
        run(&g, PAIRS + 1);
        CHECK_OK(gan_trainer_save(g.trainer, "domains.safetensors"));
        const double seen = (double)atomic_load(&g.fault.peak_bytes);
        printf("%d domains, %s: %.3f MB told, %.3f MB seen\n", games[i].count, games[i].options,
               (double)told * 1e-6, seen * 1e-6);
        CHECK(fabs((double)told / seen - 1) < 0.05);
        domains_close(&g);
    }
}

int main(void)
{
    RUN(a_resume_at_any_step_has_the_same_bits);
    RUN(pools_are_of_the_checkpoint);
    RUN(only_the_pair_is_touched);
    RUN(all_pairs_come);
    RUN(steps_allocate_nothing_once_each_pair_was_seen);
    RUN(nor_after_a_check);
    RUN(a_check_finds_what_a_later_pair_would_refuse);
    RUN(a_check_changes_no_bit);
    RUN(the_memory_is_told_beforehand);
    return test_report();
}
