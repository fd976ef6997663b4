/* test_learning_domain.c: codes of bars and of negatives of bars, of two vaegans side by side.
 * Their discriminator tells the domains, and so does a fresh probe; fooled, either way, it tells
 * them no longer, and pictures are still reconstructed. Where semantic= asks for it, the code of a
 * translation is that of its source. */
#include "bars.h"

enum { STEPS = 1000, CODE = 4, PROBE_STEPS = 600 };

static const char *const networks[] = {
    "encoder",
    "input 8 8 1; dense 64; leaky_relu 0.2; dense 32; h = leaky_relu 0.2; mean = dense 4 from h\n"
    "log_variance = dense 4 from h; output mean log_variance",
    "decoder",
    "input 4; dense 64; leaky_relu 0.2; dense 64; tanh; reshape 8 8 1",
    "discriminator",
    "input 8 8 1; dense 32; leaky_relu 0.2; dense 1",
    NULL};

typedef struct outcome {
    double
        guessed;  /* share of held-out codes, as they are drawn, whose domain a fresh probe tells */
    double kept;  /* share of reconstructions with the bar in its place */
    double moved; /* mean square between codes of translations and of their sources, as a
                     share of the sources' variance */
    double own_accuracy; /* as the trainer measures it */
} outcome;

/* Codes of both domains, the first `half` of each from `first` on, in turns. */
static gan_tensor *probe_batch(const float *const codes[2], int first, int half)
{
    const int64_t shape[2] = {2 * half, CODE};
    gan_tensor *batch;
    must(gan_tensor_create(&batch, bars_context, GAN_FLOAT32, 2, shape));
    for (int i = 0; i < 2 * half; i++)
        memcpy((float *)gan_tensor_data(batch) + i * CODE, codes[i % 2] + (first + i / 2) * CODE,
               CODE * sizeof(float));
    return batch;
}

static gan_tensor *probe_labels(int half)
{
    const int64_t count = 2 * half;
    gan_tensor *labels;
    must(gan_tensor_create(&labels, bars_context, GAN_FLOAT32, 1, &count));
    for (int i = 0; i < 2 * half; i++) ((float *)gan_tensor_data(labels))[i] = (float)(i % 2);
    return labels;
}

/* A network that begins afresh, learns of half of the codes, and is tried on the other. */
static double probe(const float *const codes[2])
{
    const int half = HELD_OUT / 2;
    gan_tensor *seen = probe_batch(codes, 0, half), *other = probe_batch(codes, half, half);
    gan_tensor *labels = probe_labels(half), *told;
    gan_model *model;
    gan_optimizer *adam;
    gan_tape *tape;
    gan_value x, y, loss;
    int right = 0;
    must(gan_model_parse(&model, bars_context,
                         "input 4; dense 64; leaky_relu 0.2; dense 64; leaky_relu 0.2; dense 1"));
    must(gan_optimizer_create(&adam, bars_context, "adam lr=0.01"));
    must(gan_optimizer_add(adam, model));
    must(gan_tape_create(&tape, bars_context));
    for (int step = 0; step < PROBE_STEPS; step++) {
        must(gan_tape_reset(tape));
        must(gan_tape_input(tape, seen, 0, &x));
        must(gan_tape_input(tape, labels, 0, &y));
        must(gan_tape_apply(tape, model, "training", &x, 1, &x, 1));
        must(gan_tape_loss(tape, "bce_logits", (gan_value[]){x, y}, 2, &loss));
        must(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
        must(gan_optimizer_step(adam));
        must(gan_optimizer_zero(adam));
    }
    must(gan_tape_reset(tape));
    must(gan_tape_input(tape, other, 0, &x));
    must(gan_tape_apply(tape, model, "evaluation", &x, 1, &x, 1));
    must(gan_tape_tensor(&told, tape, x, GAN_VALUE));
    for (int i = 0; i < 2 * half; i++) right += (((float *)gan_tensor_data(told))[i] > 0) == i % 2;
    gan_tensor_release(told);
    gan_tensor_release(seen);
    gan_tensor_release(other);
    gan_tensor_release(labels);
    gan_tape_release(tape);
    gan_optimizer_release(adam);
    gan_model_release(model);
    return (double)right / (2 * half);
}

/* Codes as they are drawn in training: around the means. */
static gan_tensor *draw_codes(gan_trainer *t, const char *route, gan_tensor *x)
{
    gan_tensor *codes = bars_run(t, route, x, 0), *log_variances = bars_run(t, route, x, 1);
    float *code = gan_tensor_data(codes);
    for (int i = 0; i < HELD_OUT * CODE; i++) {
        const double deviation = exp((double)((float *)gan_tensor_data(log_variances))[i] / 2);
        const double radius = sqrt(-2 * log(bars_uniform() + 1e-9));
        code[i] += (float)(deviation * radius * cos(6.283185307 * bars_uniform()));
    }
    gan_tensor_release(log_variances);
    return codes;
}

static void look_at_codes(gan_trainer *t, outcome *out)
{
    int64_t places[HELD_OUT];
    gan_tensor *x[2], *codes[2], *drawn[2];
    double off;
    for (int d = 0; d < 2; d++) {
        x[d] = bars_make(HELD_OUT, d == 1, places);
        codes[d] = bars_run(t, d ? "y > code" : "x > code", x[d], 0);
        drawn[d] = draw_codes(t, d ? "y > code" : "x > code", x[d]);
        gan_tensor *back = bars_run(t, d ? "y > code > y" : "x > code > x", x[d], 0);
        for (int i = 0; i < HELD_OUT; i++)
            out->kept += bars_place((const float *)gan_tensor_data(back) + i * PIXELS, d == 1,
                                    &off) == places[i]
                             ? 0.5 / HELD_OUT
                             : 0;
        gan_tensor_release(back);
    }
    out->guessed =
        probe((const float *const[]){gan_tensor_data(drawn[0]), gan_tensor_data(drawn[1])});
    gan_tensor *y = bars_run(t, "x > code > y", x[0], 0), *again = bars_run(t, "y > code", y, 0);
    const float *a = gan_tensor_data(codes[0]), *b = gan_tensor_data(again);
    double square = 0, all = 0;
    for (int i = 0; i < HELD_OUT * CODE; i++) {
        square += pow((double)a[i] - (double)b[i], 2);
        all += pow((double)a[i], 2);
    }
    out->moved = square / all;
    gan_tensor_release(y);
    gan_tensor_release(again);
    for (int d = 0; d < 2; d++) {
        gan_tensor_release(x[d]);
        gan_tensor_release(codes[d]);
        gan_tensor_release(drawn[d]);
    }
}

static outcome train(const char *options)
{
    outcome out = {.guessed = 0};
    char spec[256];
    gan_trainer *t;
    bars_state = 1;
    must(gan_context_create(&bars_context, "threads=1 seed=7", NULL, NULL, 0));
    snprintf(spec, sizeof spec, "vaegan domains=x,y batch=32 reconstruction=pixels %s", options);
    must(gan_trainer_create(&t, bars_context, spec));
    bars_networks(t, networks, NULL, NULL, 0, true);
    if (strstr(options, "domain_discriminator")) {
        gan_model *judge;
        must(gan_model_parse(
            &judge, bars_context,
            "input 4; dense 64; leaky_relu 0.2; dense 64; leaky_relu 0.2; dense 2"));
        must(gan_trainer_set_model(t, "discriminator_code", judge));
        must(gan_trainer_set_optimizer(t, "discriminator_code", "adam lr=4e-3 beta1=0.5"));
        gan_model_release(judge);
    }
    bars_feed(t);
    for (int i = 0; i < 3; i++) {
        static const char *const groups[] = {"encoder", "decoder", "discriminator"};
        must(gan_trainer_set_optimizer(
            t, groups[i], i == 0 ? "adam lr=5e-4 beta1=0.5" : "adam lr=1e-3 beta1=0.5"));
    }
    must(gan_trainer_run(t, STEPS, NULL, NULL));
    look_at_codes(t, &out);
    if (strstr(options, "domain_discriminator"))
        must(gan_trainer_value(t, "accuracy.discriminator_code", &out.own_accuracy));
    printf("    %s: probe %.2f, kept %.2f, moved %.2f; own accuracy %.2f\n", options, out.guessed,
           out.kept, out.moved, out.own_accuracy);
    gan_trainer_release(t);
    gan_context_release(bars_context);
    return out;
}

#define CODES "beta=0.3 domain_discriminator=yes "

/* It is there and learns, but nobody fools it. */
TEST(codes_tell_their_domain)
{
    const outcome out = train(CODES "domain_weight=0");
    CHECK(out.guessed > 0.85 && out.own_accuracy > 0.8 && out.kept > 0.9);
}

/* Fooled, nor does a fresh probe, which nobody fools, tell much. */
TEST(unless_it_was_fooled)
{
    static const char *const ways[] = {CODES "domain_weight=5 domain_steps=5",
                                       CODES "domain_weight=10 domain_fooling=reversal"};
    for (int i = 0; i < 2; i++) {
        const outcome out = train(ways[i]);
        CHECK(out.guessed < 0.75 && out.own_accuracy < 0.8 && out.kept > 0.9);
    }
}

TEST(the_code_of_a_translation)
{
    const outcome without = train("beta=0.1"), with = train("beta=0.1 semantic=10");
    CHECK(without.kept > 0.9 && with.kept > 0.9);
    CHECK(with.moved < without.moved / 4);
}

int main(void)
{
    RUN(codes_tell_their_domain);
    RUN(unless_it_was_fooled);
    RUN(the_code_of_a_translation);
    return test_report();
}
