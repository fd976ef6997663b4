/* test_discriminator_bits.c: a discriminator alone: its samples and sheets, that a step that fails
 * leaves no trace, its buffer included, its bits and its memory. */
#include "alone.h"
#include "fault.h"

#include <math.h>

#include "train/warnings.h"
#include "train/trainer.h"

/* As many training steps on pictures that are fed. */
static void run_fed(gan_trainer *t, gan_tensor *pictures, int steps)
{
    for (int i = 0; i < steps; i++) {
        must(gan_trainer_feed(t, "real", pictures));
        must(gan_trainer_step(t));
    }
}

/* ---- samples ---- */

static gan_tensor *samples_of(gan_trainer *t, int64_t count, int64_t steps, int64_t seed)
{
    gan_tensor *out;
    must(gan_trainer_sample(&out, t, count, steps, seed, 0));
    return out;
}

TEST(samples)
{
    gan_trainer *t = make("discriminator batch=4 steps=5 replay=0.5");
    must(gan_trainer_run(t, 3, NULL, NULL));
    gan_tensor *before = bits_after(t, 3);
    gan_tensor *few = samples_of(t, 3, 4, 0), *many = samples_of(t, 70, 4, 0);
    gan_tensor *other = samples_of(t, 3, 4, 1), *own = samples_of(t, 3, 0, 0);
    gan_tensor *ten = samples_of(t, 3, 10, 0), *after = bits_after(t, 3);
    CHECK_INT(gan_tensor_shape(many)[0], 70);
    CHECK_INT(gan_tensor_shape(many)[2], W);
    CHECK(!memcmp(gan_tensor_data(few), gan_tensor_data(many), 3 * SIZE * sizeof(float)));
    CHECK(memcmp((float *)gan_tensor_data(many) + 64 * SIZE, gan_tensor_data(many),
                 6 * SIZE * sizeof(float))); /* the second batch of chains is another one */
    CHECK(!bits_equal(few, other) && !bits_equal(few, own));
    CHECK(!memcmp(gan_tensor_data(own), gan_tensor_data(ten), 3 * SIZE * sizeof(float)));
    CHECK(bits_equal(before, after)); /* nothing of the training has changed */
    gan_tensor *const all[] = {before, few, many, other, own, ten, after};
    for (int i = 0; i < 7; i++) gan_tensor_release(all[i]);
    gan_trainer_release(t);
}

/* However much comes from the buffer: twenty times the steps of one training step. */
TEST(the_longest_chains)
{
    gan_trainer *t = make("discriminator batch=4 steps=2 replay=0.99");
    must(gan_trainer_run(t, 2, NULL, NULL));
    gan_tensor *own = samples_of(t, 3, 0, 0), *forty = samples_of(t, 3, 40, 0);
    CHECK(bits_equal(own, forty));
    gan_tensor_release(own);
    gan_tensor_release(forty);
    gan_trainer_release(t);
}

/* Where the network leaves the size open, that of the buffer's pictures. */
TEST(samples_of_an_open_size)
{
    gan_tensor *x = make_pictures(2, 1), *out;
    gan_trainer *t = make_with("discriminator steps=1", "input any any 1; conv2d 1 kernel=3");
    run_fed(t, x, 2);
    must(gan_trainer_sample(&out, t, 2, 1, 0, GAN_MODEL_AVERAGED));
    CHECK(gan_tensor_shape(out)[1] == H && gan_tensor_shape(out)[2] == W);
    gan_tensor_release(out);
    gan_tensor_release(x);
    gan_trainer_release(t);
}

/* A row of stages, from noise to sample: the last one is that of the average where there is one. */
TEST(sheets)
{
    gan_trainer *t = make("discriminator batch=4 steps=5 replay=0 average=0.5");
    gan_tensor *shown, *plain, *again;
    int64_t columns;
    must(gan_trainer_run(t, 3, NULL, NULL));
    must(gan_trainer_show(&shown, &columns, t, "image", 3, GAN_MODEL_AVERAGED));
    must(gan_trainer_show(&again, NULL, t, "image", 3, GAN_MODEL_AVERAGED));
    must(gan_trainer_show(&plain, NULL, t, "image", 3, 0));
    CHECK_INT(columns, 8);
    CHECK_INT(gan_tensor_shape(shown)[0], 24);
    CHECK(bits_equal(shown, again) && !bits_equal(shown, plain));
    CHECK(!memcmp(gan_tensor_data(shown), gan_tensor_data(plain), SIZE)); /* the noise is one */
    gan_tensor_release(again);
    CHECK_STATUS(gan_trainer_show(&again, NULL, t, "score", 3, 0), GAN_E_ARGUMENT);
    gan_tensor_release(shown);
    gan_tensor_release(plain);
    gan_trainer_release(t);
}

/* On a plain of one slope a stage is as far from the noise as it has steps behind it: k * k of 49
 * in column k, each of which adds 0.01. */
TEST(stages)
{
    gan_trainer *t = make_with("discriminator batch=4 steps=49 replay=0 noise=0 projection=0 "
                               "step=0.04",
                               SLOPE);
    gan_tensor *shown;
    int64_t columns;
    set_data(t);
    must(gan_trainer_check(t));
    must(gan_trainer_show(&shown, &columns, t, "image", 1, 0));
    const uint8_t *pixels = gan_tensor_data(shown);
    for (int64_t k = 0; k < columns; k++)
        for (int i = 0; i < SIZE; i++) {
            const double expected = fmin(255, pixels[i] + 127.5 * 0.01 * (double)(k * k));
            CHECK(fabs(pixels[k * SIZE + i] - expected) <= 1.01);
        }
    gan_tensor_release(shown);
    gan_trainer_release(t);
}

/* ---- the same bits ---- */

static const bits_training training = {make, set_data, 8};
static const char *const full_spec =
    "discriminator batch=3 steps=4 replay=0.7 buffer=10 average=0.9 instance_noise=0.1";

TEST(resumed_at_every_step)
{
    bits_resumed(&training, full_spec);
    bits_resumed(&training, "discriminator batch=2 steps=3 start=data buffer=0 loss=hinge");
}

/* The look at the end goes on too, which takes hundreds of steps. */
TEST(resumed_while_it_is_looked_at)
{
    gan_trainer *t = make("discriminator batch=2 steps=0 start=data");
    for (int k = 0; k < 3; k++) {
        gan_tensor *half = bits_after(t, 70 * (k + 1)), *a = bits_after(t, 70 * (k + 1) + 60), *b;
        gan_trainer *other;
        CHECK(t->kept[0] > 0 || k == 2);
        must(gan_trainer_load_memory(&other, context, gan_tensor_data(half),
                                     (size_t)gan_tensor_count(half)));
        set_data(other);
        b = bits_after(other, 70 * (k + 1) + 60);
        CHECK(bits_equal(a, b));
        CHECK(!memcmp(t->kept, other->kept, (size_t)gan__warnings_memory(t) * sizeof *t->kept));
        gan_tensor_release(half);
        gan_tensor_release(a);
        gan_tensor_release(b);
        gan_trainer_release(other);
    }
    gan_trainer_release(t);
}

TEST(threads_and_tiers)
{
    bits_everywhere(&training, full_spec);
}

/* What a checkpoint says of the look must be numbers, as many as it keeps: here it is one that is
 * none, then one too few. */
TEST(a_checkpoint_without_the_look)
{
    static const char *const texts[] = {"1 ", "x ", "11"};
    gan_trainer *t = make("discriminator batch=2 steps=1"), *loaded;
    gan_tensor *bytes = bits_after(t, 2);
    char *data = gan_tensor_data(bytes), *at = NULL;
    for (int64_t k = 0; k + 30 < gan_tensor_count(bytes) && !at; k++)
        if (!memcmp(data + k, "\"gan.memory\":\"", 14)) at = data + k + 14;
    for (int i = 0; i < 3 && CHECK(at != NULL && at[1] == ' '); i++) {
        memcpy(at, texts[i], 2); /* "1 ": of one step so far */
        CHECK_STATUS(
            gan_trainer_load_memory(&loaded, context, data, (size_t)gan_tensor_count(bytes)),
            i ? GAN_E_FORMAT : GAN_OK);
        gan_trainer_release(loaded);
    }
    gan_tensor_release(bytes);
    gan_trainer_release(t);
}

/* ---- steps that fail ---- */

static float set_weight(gan_trainer *t, bool last, float weight)
{
    gan_model *model = gan_trainer_model(t, "discriminator", 0);
    gan__store *store = model->stores[last ? model->store_count - 1 : 0];
    float *first = &store->weights[0], before = *first;
    *first = weight;
    store->version++;
    return before;
}

/* In the chains, and behind them, with what goes into the buffer. */
TEST(a_failed_step_was_never_made)
{
    gan_context *kept = begin_apart("threads=2 seed=11");
    gan_trainer *whole = make(full_spec);
    end_apart(kept);
    kept = begin_apart("threads=2 seed=11");
    gan_trainer *broken = make(full_spec);
    for (int64_t k = 0; k < training.steps; k++) {
        for (int last = 0; last < 2; last++) { /* of the first layer, of the last */
            const float weight = set_weight(broken, last, last ? INFINITY : NAN);
            CHECK_STATUS(gan_trainer_step(broken), GAN_E_DIVERGED);
            set_weight(broken, last, weight);
        }
        gan_tensor *a = bits_after(whole, k + 1), *b = bits_after(broken, k + 1);
        if (!CHECK(bits_equal(a, b))) printf("    after step %lld\n", (long long)k + 1);
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    gan_trainer_release(whole);
    gan_trainer_release(broken);
    end_apart(kept);
}

/* ---- memory ---- */

TEST(steps_allocate_nothing_after_a_check)
{
    fault_host fault = {0};
    gan_context *kept = begin_faulty(&fault);
    gan_trainer *t = make(full_spec);
    must(gan_trainer_check(t));
    const long long before = atomic_load(&fault.allocations);
    must(gan_trainer_run(t, training.steps, NULL, NULL));
    CHECK_INT(atomic_load(&fault.allocations) - before, 0);
    gan_trainer_release(t);
    end_apart(kept);
    CHECK_INT(atomic_load(&fault.live), 0);
}

/* A long chain needs no more than a short one. */
TEST(memory_of_long_chains)
{
    int64_t bytes[2];
    for (int i = 0; i < 2; i++) {
        gan_trainer *t = make(i ? "discriminator batch=3 steps=1000 buffer=10"
                                : "discriminator batch=3 steps=1 buffer=10");
        must(gan_trainer_step(t));
        must(gan_trainer_step(t));
        must(gan_trainer_memory(t, &bytes[i]));
        gan_trainer_release(t);
    }
    CHECK_INT(bytes[0], bytes[1]);
}

/* Every allocation of the first two steps, and of samples, fails once. */
TEST(without_memory)
{
    fault_host faults[2] = {{0}, {0}};
    gan_tensor *bytes[2], *out;
    gan_trainer *trainers[2];
    gan_context *contexts[2], *kept = context;
    for (int broken = 0; broken < 2; broken++) {
        begin_faulty(&faults[broken]);
        contexts[broken] = context;
        trainers[broken] = make(full_spec);
        for (int k = 0; broken && k < 3; k++) {
            gan_status status = GAN_E_MEMORY;
            for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
                faults[1].fail_at = atomic_load(&faults[1].allocations) + n;
                status = k < 2 ? gan_trainer_step(trainers[1])
                               : gan_trainer_sample(&out, trainers[1], 70, 2, 0, 0);
                faults[1].fail_at = 0;
            }
            CHECK_OK(status);
        }
        bytes[broken] = bits_after(trainers[broken], 4);
    }
    gan_tensor_release(out);
    CHECK(bits_equal(bytes[0], bytes[1]));
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(bytes[i]);
        gan_trainer_release(trainers[i]);
        gan_context_release(contexts[i]);
        CHECK_INT(atomic_load(&faults[i].live), 0);
    }
    context = kept;
}

int main(void)
{
    rig_open(2, "discriminator_bits.tmp");
    RUN(samples);
    RUN(samples_of_an_open_size);
    RUN(sheets);
    RUN(resumed_at_every_step);
    RUN(resumed_while_it_is_looked_at);
    RUN(threads_and_tiers);
    RUN(a_checkpoint_without_the_look);
    RUN(a_failed_step_was_never_made);
    RUN(steps_allocate_nothing_after_a_check);
    RUN(memory_of_long_chains);
    RUN(without_memory);
    RUN(the_longest_chains);
    RUN(stages);
    return rig_close();
}
