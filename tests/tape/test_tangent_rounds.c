/* Rounds with a penalty on a critic of every layer kind: no allocation after the first, any
 * allocation may fail, what is kept is bounded, and the bits are the same on every tier and number
 * of threads. */
#include "critic.h"

#include "fault.h"
#include "tape/tape.h"

TEST(no_allocation_after_the_first_round)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    critic t;
    double penalty;
    CHECK_OK(critic_open(&t, "threads=2 seed=3", &host, critic_text));
    if (!CHECK_OK(critic_step(&t, &penalty))) printf("%s\n", gan_context_message(t.context));
    const long long before = fault.allocations;
    for (int i = 0; i < 3; i++) CHECK_OK(critic_step(&t, &penalty));
    CHECK_INT(fault.allocations, before);
    CHECK(penalty > 0 && penalty < 1e3);
    critic_close(&t);
    CHECK_INT(fault.live, 0);
}

/* A rehearsal makes all of it. */
TEST(rehearsal)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    critic t;
    gan_value in[2], score, along, loss;
    double penalty;
    CHECK_OK(critic_open(&t, "threads=1 seed=3", &host, critic_text));
    for (int rehearsed = 1; rehearsed >= 0; rehearsed--) {
        const long long before = fault.allocations;
        if (rehearsed) gan__tape_rehearse(t.tape, true);
        CHECK_OK(gan_tape_input(t.tape, t.real, GAN_INPUT_GRADIENT, &in[0]));
        CHECK_OK(gan_tape_input(t.tape, t.labels, 0, &in[1]));
        CHECK_OK(gan_tape_apply(t.tape, t.d, "training", in, 2, &score, 1));
        CHECK_OK(critic_direction(&t, score, in[0], "gradient_penalty", &loss, &penalty));
        CHECK_OK(gan_tape_tangent(t.tape, score, in[0], loss, &along));
        CHECK_OK(gan_tape_loss(t.tape, "sum", &along, 1, &loss));
        CHECK_OK(gan_tape_backward(t.tape, &loss, NULL, 1, &t.d, 1));
        if (rehearsed) gan__tape_rehearse(t.tape, false);
        CHECK(rehearsed ? penalty == 0 || penalty == 1 : fault.allocations == before);
    }
    critic_close(&t);
    CHECK_INT(fault.live, 0);
}

TEST(failing_allocations)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    long long n = 1, failures = 0;
    for (; n < 100000; n += n < 60 ? 1 : 1 + n / 60) {
        critic t;
        double penalty;
        CHECK_OK(critic_open(&t, "threads=1 seed=3", &host, critic_text));
        fault.fail_at = fault.allocations + n;
        gan_status status = critic_step(&t, &penalty);
        fault.fail_at = 0;
        failures += status != GAN_OK;
        if (status != GAN_OK &&
            (!CHECK_STATUS(status, GAN_E_MEMORY) || !CHECK_OK(critic_step(&t, &penalty))))
            printf("    allocation %lld\n", n);
        critic_close(&t);
        if (!CHECK_INT(fault.live, 0) || status == GAN_OK) break;
    }
    CHECK(failures > 60);
}

/* Each allocation of the call itself, in one round: a call that fails has left no values. */
TEST(failing_calls)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    long long n = 1, failures = 0;
    for (; n < 1000; n++) {
        critic t;
        gan_value in[2], score, along, next[2];
        double penalty;
        CHECK_OK(critic_open(&t, "threads=1 seed=3", &host, critic_text));
        CHECK_OK(gan_tape_input(t.tape, t.real, GAN_INPUT_GRADIENT, &in[0]));
        CHECK_OK(gan_tape_input(t.tape, t.labels, 0, &in[1]));
        CHECK_OK(gan_tape_apply(t.tape, t.d, "training", in, 2, &score, 1));
        CHECK_OK(gan_tape_layer(t.tape, "tanh", &score, 1, &next[0]));
        fault.fail_at = fault.allocations + n;
        gan_status status = gan_tape_tangent(t.tape, next[0], in[0], in[0], &along);
        fault.fail_at = 0;
        failures += status != GAN_OK;
        if (status != GAN_OK) {
            CHECK_INT(along, -1);
            CHECK_OK(gan_tape_detach(t.tape, score, &next[1]));
            CHECK_INT(next[1], next[0] + 1);
            CHECK_OK(gan_tape_tangent(t.tape, next[0], in[0], in[0], &along));
        }
        CHECK_OK(gan_tape_loss(t.tape, "sum", &along, 1, &along));
        CHECK_OK(gan_tape_scalar(t.tape, along, &penalty));
        CHECK(penalty != 0 && isfinite(penalty));
        critic_close(&t);
        if (!CHECK_INT(fault.live, 0) || status == GAN_OK) break;
    }
    CHECK(failures > 20);
}

/* Batches of ever new sizes do not pile up. */
TEST(changing_shapes)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_tape *tape = NULL;
    long long most = 0, early = 0;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_model *model = critic_model(context, "input 3; dense 4; tanh; dense 2");
    CHECK_OK(gan_tape_create(&tape, context));
    for (int64_t i = 0; i < 600; i++) {
        gan_value x, y, along;
        CHECK_OK(gan_tape_reset(tape));
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){1 + i * 7 % 300, 3}, &x));
        CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
        CHECK_OK(gan_tape_tangent(tape, y, x, x, &along));
        CHECK_OK(gan_tape_backward(tape, &along, NULL, 1, &model, 1));
        if (fault.live > most) most = fault.live;
        if (i == 299) early = most;
    }
    CHECK_INT(most, early);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

static uint64_t critic_bits(const char *tier, const char *spec)
{
    uint64_t hash = 1469598103934665603u;
    double penalty = 0;
    critic t;
    setenv("GAN_CPU", tier, 1);
    CHECK_OK(critic_open(&t, spec, NULL, critic_text));
    for (int i = 0; i < 12 && CHECK_OK(critic_step(&t, &penalty)); i++) continue;
    const unsigned char *weights = (const unsigned char *)t.d->stores[0]->weights;
    for (size_t i = 0; i < (size_t)t.d->stores[0]->weight_count * sizeof(float); i++)
        hash = (hash ^ weights[i]) * 1099511628211u;
    CHECK(isfinite(penalty));
    critic_close(&t);
    unsetenv("GAN_CPU");
    return hash;
}

TEST(same_bits)
{
    const uint64_t expected = critic_bits("avx512", "threads=1 seed=9");
    CHECK(critic_bits("avx512", "threads=2 seed=9") == expected);
    CHECK(critic_bits("avx512", "threads=3 seed=9") == expected);
    CHECK(critic_bits("avx2", "threads=2 seed=9") == expected);
    CHECK(critic_bits("generic", "threads=2 seed=9") == expected);
    CHECK(critic_bits("avx512", "threads=2 seed=10") != expected);
}

int main(void)
{
    RUN(no_allocation_after_the_first_round);
    RUN(rehearsal);
    RUN(failing_allocations);
    RUN(failing_calls);
    RUN(changing_shapes);
    RUN(same_bits);
    return test_report();
}
