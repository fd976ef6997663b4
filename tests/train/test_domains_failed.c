/* test_domains_failed.c: a step of two of eight domains that fails was never made: neither weights
 * nor moments, counts, pools, positions, draws or measured values tell of it. */
#include "domains_kind.h"

#include <math.h>

enum { VALUES = 22 };

static void read_values(const domains_game *g, double values[VALUES])
{
    CHECK_OK(gan_trainer_values(g->trainer, values, VALUES));
}

static int same_values(const double a[VALUES], const double b[VALUES])
{
    return !memcmp(a, b, VALUES * sizeof *a);
}

/* The step fails so, twice, and nothing is to be seen of it. `mend` makes it possible to save. */
static void fail_step(domains_game *g, gan_status status, void (*harm)(domains_game *g, int on))
{
    double before[VALUES], after[VALUES];
    gan_tensor *a = domains_saved(g);
    read_values(g, before);
    harm(g, 1);
    for (int i = 0; i < 2; i++) CHECK_STATUS(gan_trainer_step(g->trainer), status);
    harm(g, 0);
    read_values(g, after);
    CHECK(same_values(before, after));
    gan_tensor *b = domains_saved(g);
    CHECK(domains_same(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* ---- ways to fail ---- */

/* One weight of a judge, or its former value. */
static void write_weight(domains_game *g, int row, int domain, int on)
{
    gan_model *model = gan_trainer_model(g->trainer, domains_role(row, domain), 0);
    static float kept;
    gan__store *store = model->stores[0];
    if (on) kept = store->weights[0];
    store->weights[0] = on ? NAN : kept;
    store->version++;
}

static void harm_judge(domains_game *g, int on)
{
    int32_t pair[2];
    domains_pair(g->trainer, pair);
    write_weight(g, DOMAINS_DISCRIMINATOR, pair[1], on);
}

static void harm_decoder(domains_game *g, int on)
{
    int32_t pair[2];
    domains_pair(g->trainer, pair);
    write_weight(g, DOMAINS_DECODER, pair[0], on);
}

static void stop_data(domains_game *g, int on)
{
    atomic_store(&g->stops, on);
    while (on && gan_trainer_step(g->trainer) == GAN_OK) {} /* what was read ahead */
}

/* With the second batch of the step alone: its pictures are of another size. */
static void feed_second(domains_game *g, int on)
{
    static const char *const names[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const int64_t shape[4] = {2, 5, 4, 2};
    gan_tensor *batch = NULL;
    int32_t pair[2];
    domains_pair(g->trainer, pair);
    if (on) {
        CHECK_OK(gan_tensor_create(&batch, g->context, GAN_FLOAT32, 4, shape));
        memset(gan_tensor_data(batch), 0, sizeof(float) * (size_t)gan_tensor_count(batch));
    }
    CHECK_OK(gan_trainer_feed(g->trainer, names[pair[1]], batch));
    gan_tensor_release(batch);
}

/* Each step is tried in all wrong ways before it is made; the undisturbed game makes the same. */
TEST(a_failed_step_was_never_made)
{
    domains_game whole, broken;
    domains_open(&whole, 8, "batch=2 average=0.9 pool=3");
    domains_open(&broken, 8, "batch=2 average=0.9 pool=3");
    for (int k = 0; k < 20; k++) {
        fail_step(&broken, GAN_E_DIVERGED, harm_judge);
        fail_step(&broken, GAN_E_DIVERGED, harm_decoder);
        fail_step(&broken, GAN_E_SHAPE, feed_second);
        CHECK_OK(gan_trainer_step(broken.trainer));
        CHECK_OK(gan_trainer_step(whole.trainer));
        gan_tensor *a = domains_saved(&whole), *b = domains_saved(&broken);
        const int same = domains_same(a, b);
        gan_tensor_release(a);
        gan_tensor_release(b);
        if (!CHECK(same)) break;
    }
    domains_close(&whole);
    domains_close(&broken);
}

/* Other feeds may have been stopped while they read ahead, and tell it when they are asked. */
TEST(data_that_stops)
{
    domains_game whole, broken;
    domains_open(&whole, 8, "batch=2 pool=3");
    domains_open(&broken, 8, "batch=2 pool=3");
    for (int k = 0; k < 6; k++) {
        stop_data(&broken, 1);
        fail_step(&broken, GAN_E_CANCELLED, stop_data);
        for (int i = 0; i < 8 && gan_trainer_step(broken.trainer) != GAN_OK; i++) {}
        while (gan_trainer_steps(whole.trainer) < gan_trainer_steps(broken.trainer))
            CHECK_OK(gan_trainer_step(whole.trainer));
        gan_tensor *a = domains_saved(&whole), *b = domains_saved(&broken);
        CHECK(domains_same(a, b));
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    domains_close(&whole);
    domains_close(&broken);
}

/* Every allocation of the first steps, whose pairs are all new. */
TEST(without_memory)
{
    domains_game whole, broken;
    domains_open(&whole, 3, "batch=2 average=0.9 pool=3");
    domains_open(&broken, 3, "batch=2 average=0.9 pool=3");
    for (int k = 0; k < 4; k++) {
        gan_status status = GAN_E_MEMORY;
        for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
            broken.fault.fail_at = atomic_load(&broken.fault.allocations) + n;
            status = gan_trainer_step(broken.trainer);
            broken.fault.fail_at = 0;
        }
        CHECK_OK(status);
        CHECK_OK(gan_trainer_step(whole.trainer));
    }
    gan_tensor *a = domains_saved(&whole), *b = domains_saved(&broken);
    CHECK(domains_same(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
    domains_close(&whole);
    domains_close(&broken);
}

/* A checkpoint, in either direction, without memory at every place. */
TEST(a_checkpoint_without_memory)
{
    domains_game g;
    gan_tensor *bytes, *again = NULL;
    gan_trainer *t = NULL;
    domains_open(&g, 2, "batch=2 average=0.9 pool=3");
    CHECK_OK(gan_trainer_run(g.trainer, 5, NULL, NULL));
    bytes = domains_saved(&g);
    for (long long n = 1; n < 20000 && !again; n++) {
        g.fault.fail_at = atomic_load(&g.fault.allocations) + n;
        const gan_status status = gan_trainer_save_memory(&again, g.trainer);
        g.fault.fail_at = 0;
        if (status != GAN_OK && !CHECK_STATUS(status, GAN_E_MEMORY)) break;
    }
    CHECK(domains_same(bytes, again));
    const long long live = atomic_load(&g.fault.live);
    for (long long n = 1; n < 20000 && !t; n++) {
        g.fault.fail_at = atomic_load(&g.fault.allocations) + n;
        const gan_status status = gan_trainer_load_memory(&t, g.context, gan_tensor_data(bytes),
                                                          (size_t)gan_tensor_count(bytes));
        g.fault.fail_at = 0;
        if (status == GAN_OK) break;
        CHECK_INT(atomic_load(&g.fault.live), live);
        if (!CHECK_STATUS(status, GAN_E_MEMORY)) break;
    }
    gan_trainer_release(t);
    gan_tensor_release(bytes);
    gan_tensor_release(again);
    domains_close(&g);
}

/* ---- skipped ---- */

static void pool_counters(const domains_game *g, int64_t out[8])
{
    for (int d = 0; d < 8; d++) out[d] = gan__pool_read(g->trainer->pools[d]).counter;
}

/* Counts and pools stay; steps, positions and draws go on, with the next pair. */
TEST(skipped)
{
    domains_game g;
    double before[VALUES], after[VALUES];
    int64_t pools[2][8];
    int32_t pair[2], next[2];
    domains_open(&g, 8, "batch=2 on_divergence=skip");
    CHECK_OK(gan_trainer_run(g.trainer, 60, NULL, NULL));
    read_values(&g, before);
    pool_counters(&g, pools[0]);
    domains_pair(g.trainer, pair);
    write_weight(&g, DOMAINS_DISCRIMINATOR, pair[1], 1);
    const int64_t position = gan__batcher_position(g.trainer->feeds[pair[0]].batcher);
    CHECK_OK(gan_trainer_step(g.trainer));
    write_weight(&g, DOMAINS_DISCRIMINATOR, pair[1], 0);
    CHECK(strstr(gan_context_message(g.context), "not finite in step 61"));
    CHECK_INT(gan_trainer_steps(g.trainer), 61);
    CHECK_INT(gan__batcher_position(g.trainer->feeds[pair[0]].batcher), position + 2);
    pool_counters(&g, pools[1]);
    CHECK(!memcmp(pools[0], pools[1], sizeof pools[0]));
    read_values(&g, after);
    CHECK(same_values(before, after));
    domains_pair(g.trainer, next);
    CHECK(next[0] != pair[0] || next[1] != pair[1]);
    CHECK_OK(gan_trainer_run(g.trainer, 20, NULL, NULL));
    domains_close(&g);
}

/* What a step that failed has measured is not told by the next one, which measures other domains.
 */
TEST(values_of_a_failed_step_are_forgotten)
{
    domains_game g;
    double before[VALUES], after[VALUES];
    int32_t pair[2], next[2];
    int checked = 0;
    domains_open(&g, 8, "batch=2 on_divergence=skip");
    CHECK_OK(gan_trainer_run(g.trainer, 60, NULL, NULL));
    for (int k = 0; k < 30; k++) {
        read_values(&g, before);
        domains_pair(g.trainer, pair);
        write_weight(&g, DOMAINS_DISCRIMINATOR, pair[1], 1);
        CHECK_OK(gan_trainer_step(g.trainer));
        write_weight(&g, DOMAINS_DISCRIMINATOR, pair[1], 0);
        domains_pair(g.trainer, next);
        CHECK_OK(gan_trainer_step(g.trainer));
        read_values(&g, after);
        for (int i = 0; i < 2; i++) {
            if (pair[i] == next[0] || pair[i] == next[1]) continue;
            CHECK(before[DOMAINS_CYCLE + pair[i]] == after[DOMAINS_CYCLE + pair[i]]);
            checked++;
        }
    }
    CHECK(checked > 20);
    domains_close(&g);
}

int main(void)
{
    RUN(a_failed_step_was_never_made);
    RUN(data_that_stops);
    RUN(without_memory);
    RUN(a_checkpoint_without_memory);
    RUN(skipped);
    RUN(values_of_a_failed_step_are_forgotten);
    return test_report();
}
