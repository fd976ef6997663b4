/* Whole rounds of training on nets with every layer kind: no allocation after the first, any
 * allocation may fail, and the same bits on every tier and number of threads. */
#include <gan/optimizer.h>
#include <gan/tape.h>

#include "fault.h"
#include "model/model.h"
#include "test.h"

#include <stdlib.h>

static const char *const generator_text =
    "input z 10; input label 1; e = embedding 5 6 from label; c = concat from z e;"
    "dense 2*2*8 bias=no; reshape 2 2 8; batchnorm; elu; conv_transpose2d 8 kernel=4 stride=2 "
    "pad=1;"
    "groupnorm 4; gelu; residual { pad reflect:1; conv2d 8 kernel=3; instancenorm affine=yes; silu "
    "};"
    "upsample 2 mode=bilinear; conv2d 4*3 kernel=3 pad=1 spectral=yes; leaky_relu 0.1; layernorm;"
    "pixel_shuffle 2; noise 0.05; m = sigmoid; n = conv2d 3 kernel=1; k = multiply from m n; tanh";

static const char *const discriminator_text =
    "input 16 16 3; conv2d 6 kernel=4 stride=2 pad=1; prelu; dropout 0.3; f = conv2d 6 kernel=3 "
    "pad=1 groups=2;"
    "batchnorm; relu; g = add from f .; maxpool 2; upsample 2; avgpool 2; minibatch_stddev;"
    "a = conv2d 7 kernel=3 pad=replicate:1 spectral=yes; tanh; s = softmax; p = global_avgpool;"
    "q = flatten from s; r = dense 4 from q; silu; concat from . p; dense 1";

static gan_model *make_model(gan_context *context, const char *text)
{
    gan_model *model = NULL;
    if (gan_model_parse(&model, context, text) == GAN_E_TEXT)
        printf("%s\n", gan_context_message(context));
    return model;
}

typedef struct game {
    gan_context *context;
    gan_model *g, *d;
    gan_optimizer *adam_g, *adam_d;
    gan_tape *tape;
    gan_tensor *real, *labels;
} game;

enum { BATCH = 4 };

static gan_status game_open(game *t, const char *spec, const gan_host *host)
{
    static const int64_t picture[4] = {BATCH, 16, 16, 3}, label[2] = {BATCH, 1};
    memset(t, 0, sizeof *t);
    GAN__TRY(gan_context_create(&t->context, spec, host, NULL, 0));
    t->g = make_model(t->context, generator_text);
    t->d = make_model(t->context, discriminator_text);
    if (!t->g || !t->d) return GAN_E_MEMORY;
    GAN__TRY(gan_optimizer_create(&t->adam_g, t->context, "adam lr=1e-3 beta1=0.5 clip=5"));
    GAN__TRY(gan_optimizer_create(&t->adam_d, t->context, "rmsprop lr=1e-3 schedule=linear:100"));
    GAN__TRY(gan_optimizer_add(t->adam_g, t->g));
    GAN__TRY(gan_optimizer_add(t->adam_d, t->d));
    GAN__TRY(gan_tape_create(&t->tape, t->context));
    GAN__TRY(gan_tensor_create(&t->real, t->context, GAN_UINT8, 4, picture));
    GAN__TRY(gan_tensor_create(&t->labels, t->context, GAN_INT32, 2, label));
    for (int i = 0; i < BATCH * 768; i++)
        ((uint8_t *)gan_tensor_data(t->real))[i] = (uint8_t)(i * i / 7 % 251);
    for (int i = 0; i < BATCH; i++) ((int32_t *)gan_tensor_data(t->labels))[i] = i % 5;
    return GAN_OK;
}

static void game_close(game *t)
{
    gan_tensor_release(t->real);
    gan_tensor_release(t->labels);
    gan_tape_release(t->tape);
    gan_optimizer_release(t->adam_g);
    gan_optimizer_release(t->adam_d);
    gan_model_release(t->g);
    gan_model_release(t->d);
    gan_context_release(t->context);
}

static gan_status generate(game *t, const char *mode, gan_value *fake)
{
    gan_value in[2];
    GAN__TRY(gan_tape_normal(t->tape, 2, (const int64_t[]){BATCH, 10}, &in[0]));
    GAN__TRY(gan_tape_input(t->tape, t->labels, 0, &in[1]));
    return gan_tape_apply(t->tape, t->g, mode, in, 2, fake, 1);
}

static gan_status update_d(game *t, gan_value fake)
{
    gan_value pair[2], scores[2], terms[2], loss;
    GAN__TRY(gan_tape_input(t->tape, t->real, 0, &pair[0]));
    GAN__TRY(gan_tape_detach(t->tape, fake, &pair[1]));
    GAN__TRY(gan_tape_apply(t->tape, t->d, "training groups=2", pair, 2, scores, 2));
    GAN__TRY(gan_tape_loss(t->tape, "bce_logits target=0.9", &scores[0], 1, &terms[0]));
    GAN__TRY(gan_tape_loss(t->tape, "bce_logits target=0", &scores[1], 1, &terms[1]));
    GAN__TRY(gan_tape_combine(t->tape, terms, (double[]){0.5, 0.5}, 2, &loss));
    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, &t->d, 1));
    GAN__TRY(gan_optimizer_step(t->adam_d));
    return gan_optimizer_zero(t->adam_d);
}

static gan_status update_g(game *t, gan_value fake, double *out)
{
    gan_value score, loss;
    GAN__TRY(gan_tape_apply(t->tape, t->d, "training frozen", &fake, 1, &score, 1));
    GAN__TRY(gan_tape_loss(t->tape, "softplus sign=-1", &score, 1, &loss));
    GAN__TRY(gan_tape_scalar(t->tape, loss, out));
    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, &t->g, 1));
    GAN__TRY(gan_optimizer_step(t->adam_g));
    return gan_optimizer_zero(t->adam_g);
}

static gan_status game_round(game *t, double *loss)
{
    gan_value fake;
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(generate(t, "training", &fake));
    GAN__TRY(update_d(t, fake));
    return update_g(t, fake, loss);
}

/* Rounds of another kind: D alone, then G alone on new fakes. */
static gan_status game_rounds_apart(game *t, double *loss)
{
    gan_value fake;
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(generate(t, "training frozen", &fake));
    GAN__TRY(update_d(t, fake));
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(generate(t, "training", &fake));
    return update_g(t, fake, loss);
}

TEST(no_allocation_after_the_first_round)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    game t;
    double loss;
    if (!CHECK_OK(game_open(&t, "threads=2 seed=3", &host)))
        printf("%s\n", gan_context_message(t.context));
    if (!CHECK_OK(game_round(&t, &loss))) printf("%s\n", gan_context_message(t.context));
    long long before = fault.allocations;
    for (int i = 0; i < 3; i++) CHECK_OK(game_round(&t, &loss));
    CHECK_INT(fault.allocations, before);
    CHECK_OK(game_rounds_apart(&t, &loss));
    before = fault.allocations;
    for (int i = 0; i < 6; i++)
        CHECK_OK(i % 3 ? game_rounds_apart(&t, &loss) : game_round(&t, &loss));
    CHECK_INT(fault.allocations, before);
    game_close(&t);
    CHECK_INT(fault.live, 0);
}

/* Spare records are bounded: batches of ever new sizes do not pile up plans. */
TEST(changing_shapes)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_tape *tape = NULL;
    long long most = 0, early = 0;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_model *model = make_model(context, "input 3; dense 2");
    CHECK_OK(gan_tape_create(&tape, context));
    for (int64_t i = 0; i < 600; i++) {
        gan_value x, y;
        CHECK_OK(gan_tape_reset(tape));
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){1 + i * 7 % 300, 3}, &x));
        CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
        if (fault.live > most) most = fault.live;
        if (i == 299) early = most;
    }
    CHECK_INT(most, early);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

/* A tape lets models go, but for those of its spare records: with their panels. */
TEST(changing_models)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_tape *tape = NULL;
    long long most = 0, early = 0;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    CHECK_OK(gan_tape_create(&tape, context));
    for (int i = 0; i < 400; i++) {
        gan_model *model = make_model(context, "input 9; dense 40; relu; dense 20");
        gan_value x, y, loss;
        CHECK_OK(gan_tape_reset(tape));
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){16, 9}, &x));
        CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
        CHECK_OK(gan_tape_loss(tape, "mean", &y, 1, &loss));
        CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
        gan_model_release(model);
        if (fault.live_bytes > most) most = fault.live_bytes;
        if (i == 199) early = most;
    }
    CHECK_INT(most, early);
    gan_tape_release(tape);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

/* The n-th allocation fails, for every n: the objects can be used again, and nothing leaks. */
TEST(failing_allocations)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    double loss;
    long long n = 1, failures = 0;
    for (; n < 100000; n += n < 40 ? 1 : 1 + n / 40) {
        game t;
        long long start = fault.allocations;
        fault.fail_at = start + n;
        gan_status status = game_open(&t, "threads=1", &host);
        if (status == GAN_OK) {
            status = game_round(&t, &loss);
            if (status == GAN_OK) status = game_round(&t, &loss);
            fault.fail_at = 0;
            if (status != GAN_OK) {
                failures++;
                if (!CHECK_OK(game_round(&t, &loss))) printf("    after allocation %lld\n", n);
            }
        }
        int reached = fault.allocations - start >= n;
        fault.fail_at = 0;
        game_close(&t);
        if (!CHECK_INT(fault.live, 0)) break;
        if (!reached) break;
    }
    CHECK(failures > 10);
    CHECK(n < 100000);
}

/* Each allocation of the rounds themselves. */
TEST(failing_rounds)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    for (long long n = 1; n < 10000; n++) {
        game t;
        double loss;
        CHECK_OK(game_open(&t, "threads=1", &host));
        fault.fail_at = fault.allocations + n;
        gan_status status = game_round(&t, &loss);
        fault.fail_at = 0;
        if (status != GAN_OK) {
            if (!CHECK_STATUS(status, GAN_E_MEMORY) || !CHECK_OK(game_round(&t, &loss))) break;
        }
        game_close(&t);
        if (!CHECK_INT(fault.live, 0) || status == GAN_OK) break;
    }
}

static uint64_t game_bits(const char *tier, const char *spec, int rounds)
{
    uint64_t hash = 1469598103934665603u;
    double loss = 0;
    game t;
    setenv("GAN_CPU", tier, 1);
    CHECK_OK(game_open(&t, spec, NULL));
    for (int i = 0; i < rounds && CHECK_OK(game_round(&t, &loss)); i++) continue;
    const gan__store *const stores[2] = {t.g->stores[0], t.d->stores[0]};
    for (int s = 0; s < 2; s++) {
        const unsigned char *weights = (const unsigned char *)stores[s]->weights;
        const unsigned char *buffers = (const unsigned char *)stores[s]->buffers;
        for (size_t i = 0; i < (size_t)stores[s]->weight_count * sizeof(float); i++)
            hash = (hash ^ weights[i]) * 1099511628211u;
        for (size_t i = 0; i < (size_t)stores[s]->buffer_count * sizeof(float); i++)
            hash = (hash ^ buffers[i]) * 1099511628211u;
    }
    CHECK(loss == loss && loss > 0 && loss < 100);
    game_close(&t);
    unsetenv("GAN_CPU");
    return hash;
}

TEST(same_bits)
{
    uint64_t expected = game_bits("avx512", "threads=1 seed=9", 50);
    CHECK(game_bits("avx512", "threads=2 seed=9", 50) == expected);
    CHECK(game_bits("avx512", "threads=3 seed=9", 50) == expected);
    CHECK(game_bits("avx2", "threads=2 seed=9", 50) == expected);
    CHECK(game_bits("generic", "threads=2 seed=9", 50) == expected);
    CHECK(game_bits("avx512", "threads=2 seed=10", 50) != expected);
}

int main(void)
{
    RUN(no_allocation_after_the_first_round);
    RUN(changing_shapes);
    RUN(changing_models);
    RUN(failing_allocations);
    RUN(failing_rounds);
    RUN(same_bits);
    return test_report();
}
