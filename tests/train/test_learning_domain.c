/* test_learning_domain.c: codes of bars and of negatives of bars, of two vaegans side by side. A
 * fresh probe tells their domains; where a discriminator of codes was fooled, either way, it does
 * not, and pictures are still reconstructed. Where semantic= asks for it, the code of a translation
 * is that of its source. */
#include "bars.h"

enum { STEPS = 500, CODE = 4, PROBE_STEPS = 400 };

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
    double guessed;        /* share of held-out codes whose domain a fresh linear probe tells */
    double kept;           /* share of reconstructions with the bar in its place */
    double moved;          /* mean square between codes of translations and of their sources, as a
                              share of the sources' variance */
    double own_accuracy;   /* as the trainer measures it */
} outcome;

static double score(const double *weights, const float *code)
{
    double sum = weights[CODE];
    for (int k = 0; k < CODE; k++) sum += weights[k] * (double)code[k];
    return sum;
}

/* Logistic regression on half of the codes, tried on the other. */
static double probe(const float *codes[2])
{
    double weights[CODE + 1] = {0};
    int right = 0;
    for (int step = 0; step < PROBE_STEPS; step++) {
        double slope[CODE + 1] = {0};
        for (int i = 0; i < HELD_OUT; i++) {
            const float *code = codes[i % 2] + i / 2 * CODE;
            const double off = 1 / (1 + exp(-score(weights, code))) - i % 2;
            for (int k = 0; k < CODE; k++) slope[k] += off * (double)code[k];
            slope[CODE] += off;
        }
        for (int k = 0; k <= CODE; k++) weights[k] -= 2 * slope[k] / HELD_OUT;
    }
    for (int i = 0; i < HELD_OUT; i++)
        right += (score(weights, codes[i % 2] + (HELD_OUT / 2 + i / 2) * CODE) > 0) == i % 2;
    return (double)right / HELD_OUT;
}

static void look_at_codes(gan_trainer *t, outcome *out)
{
    int64_t places[HELD_OUT];
    gan_tensor *x[2], *codes[2];
    double off;
    for (int d = 0; d < 2; d++) {
        x[d] = bars_make(HELD_OUT, d == 1, places);
        codes[d] = bars_run(t, d ? "y > code" : "x > code", x[d], 0);
        gan_tensor *back = bars_run(t, d ? "y > code > y" : "x > code > x", x[d], 0);
        for (int i = 0; i < HELD_OUT; i++)
            out->kept += bars_place((const float *)gan_tensor_data(back) + i * PIXELS, d == 1,
                                    &off) == places[i]
                             ? 0.5 / HELD_OUT
                             : 0;
        gan_tensor_release(back);
    }
    out->guessed = probe((const float *[]){gan_tensor_data(codes[0]), gan_tensor_data(codes[1])});
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
    }
}

static outcome train(const char *options)
{
    outcome out = {.guessed = 0};
    char spec[256];
    gan_trainer *t;
    bars_state = 1;
    must(gan_context_create(&context, "threads=2 seed=7", NULL, NULL, 0));
    snprintf(spec, sizeof spec, "vaegan domains=x,y batch=32 reconstruction=pixels beta=0.1 %s",
             options);
    must(gan_trainer_create(&t, context, spec));
    bars_networks(t, networks, NULL, NULL, 0, true);
    if (strstr(options, "domain_discriminator")) {
        gan_model *judge;
        must(gan_model_parse(&judge, context,
                             "input 4; dense 32; leaky_relu 0.2; dense 32; leaky_relu 0.2; dense 2"));
        must(gan_trainer_set_model(t, "discriminator_code", judge));
        must(gan_trainer_set_optimizer(t, "discriminator_code", "adam lr=2e-3 beta1=0.5"));
        gan_model_release(judge);
    }
    bars_feed(t);
    for (int i = 0; i < 3; i++) {
        static const char *const groups[] = {"encoder", "decoder", "discriminator"};
        must(gan_trainer_set_optimizer(t, groups[i], "adam lr=1e-3 beta1=0.5"));
    }
    must(gan_trainer_run(t, STEPS, NULL, NULL));
    look_at_codes(t, &out);
    if (strstr(options, "domain_discriminator"))
        must(gan_trainer_value(t, "accuracy.discriminator_code", &out.own_accuracy));
    printf("    %s: probe %.2f, kept %.2f, moved %.2f; own accuracy %.2f\n", options, out.guessed,
           out.kept, out.moved, out.own_accuracy);
    gan_trainer_release(t);
    gan_context_release(context);
    return out;
}

/* It is there and learns, but nobody fools it. */
TEST(codes_tell_their_domain)
{
    const outcome out = train("domain_discriminator=yes domain_weight=0");
    CHECK(out.guessed > 0.9 && out.own_accuracy > 0.9 && out.kept > 0.9);
}

TEST(unless_it_was_fooled)
{
    static const char *const ways[] = {
        "domain_discriminator=yes domain_weight=20",
        "domain_discriminator=yes domain_weight=20 domain_fooling=reversal"};
    for (int i = 0; i < 2; i++) {
        const outcome out = train(ways[i]);
        CHECK(out.guessed < 0.7 && out.own_accuracy < 0.85 && out.kept > 0.9);
    }
}

TEST(the_code_of_a_translation)
{
    const outcome without = train(""), with = train("semantic=10");
    CHECK(without.moved > 0.5);
    CHECK(with.moved < 0.2 && with.kept > 0.9);
}

int main(void)
{
    RUN(codes_tell_their_domain);
    RUN(unless_it_was_fooled);
    RUN(the_code_of_a_translation);
    return test_report();
}
