/* test_learning_cgan.c: after a short training on real pictures a discriminator tells pairs that
 * match from pairs that do not, neither seen before; and a generator makes what its condition asks
 * for. The same training with a broken step does not.
 *
 * The mutant is the real source of the trainer, compiled once more with its pairs bent on their way
 * to the networks. */
#include "test.h"

#include <gan/gan.h>

#include <stdlib.h>

#include "train/questions.h"

enum { NO_FLAW, FLAW_OWN_PARTNER, FLAW_ONE_CONDITION, FLAW_FLIPPED };
static int flaw;

/* cgan.c joins pictures, then conditions: each with its mismatched partner. */
static gan_status mutant_join(gan_tape *tape, const gan_value *values, int32_t count,
                              gan_value *out)
{
    const gan_value same[2] = {values[0], values[0]};
    return gan_tape_join(tape, flaw == FLAW_OWN_PARTNER ? same : values, count, out);
}

/* The generator is the one whose first input is no picture: it is told of class 0 alone. */
static gan_status mutant_apply(gan_trainer *t, int32_t role, const char *mode,
                               const gan_value *inputs, gan_value *outputs)
{
    gan_value in[2] = {inputs[0], inputs[1]};
    if (flaw == FLAW_ONE_CONDITION && role == 0)
        GAN__TRY(gan_tape_layer(t->tape, "affine 0", &inputs[1], 1, &in[1]));
    return gan__trainer_apply(t, role, mode, in, outputs);
}

static gan_status mutant_maker(gan_trainer *t, const gan__objective *o, gan_value score,
                               double weight, gan__terms *terms)
{
    return gan__objective_maker(t, o, score, flaw == FLAW_FLIPPED ? -weight : weight, terms);
}

#define gan__trainer_cgan mutant_kind
#define gan_tape_join mutant_join
#define gan__trainer_apply mutant_apply
#define gan__objective_maker mutant_maker
#include "train/cgan.c"
#undef gan_tape_join
#undef gan__trainer_apply
#undef gan__objective_maker

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static gan_trainer *train(const char *spec, const char *g, const char *d, gan_dataset *data,
                          int steps)
{
    gan_trainer *trainer;
    gan_model *models[2];
    must(gan_model_parse(&models[0], context, g));
    must(gan_model_parse(&models[1], context, d));
    must(gan_trainer_create(&trainer, context, spec));
    if (flaw != NO_FLAW) trainer->kind = &mutant_kind;
    must(gan_trainer_set_model(trainer, "generator", models[0]));
    must(gan_trainer_set_model(trainer, "discriminator", models[1]));
    must(gan_trainer_set_data(trainer, "real", data));
    must(gan_trainer_set_optimizer(trainer, "generator", "adam lr=2e-3 beta1=0.5"));
    must(gan_trainer_set_optimizer(trainer, "discriminator", "adam lr=2e-3 beta1=0.5"));
    must(gan_trainer_run(trainer, steps, NULL, NULL));
    for (int i = 0; i < 2; i++) gan_model_release(models[i]);
    return trainer;
}

static gan_tensor *tensor(int32_t dtype, int32_t rank, const int64_t *shape)
{
    gan_tensor *made;
    must(gan_tensor_create(&made, context, dtype, rank, shape));
    memset(gan_tensor_data(made), 0, (size_t)gan_tensor_count(made) * (dtype == GAN_INT64 ? 8 : 4));
    return made;
}

/* ---- a discriminator on clothes ---- */

enum { TRAINED = 9000, HELD_OUT = 1000, CLASSES = 10 };

static const char g_text[] = "input noise 8; input condition 10; concat from noise condition;"
                             "dense 64; relu; dense 784; tanh; reshape 28 28 1";
static const char *const d_texts[2] = {
    "input image 28 28 1; input condition 10; dense 64 from image; h = leaky_relu 0.2;"
    "concat from h condition; dense 64; leaky_relu 0.2; dense 1",
    "input image 28 28 1; input condition 10; dense 64 from image; h = leaky_relu 0.2;"
    "realness = dense 1; concat from h condition; dense 64; leaky_relu 0.2;"
    "match = dense 1; output realness match"};

static gan_dataset *clothes(int count)
{
    char spec[512];
    gan_dataset *data;
    snprintf(spec, sizeof spec, "idx path=\"%s/examples/data/fashion-images.gz\" labels=\"%s%s\"%s",
             GAN_SOURCE_FOLDER, GAN_SOURCE_FOLDER, "/examples/data/fashion-labels.gz",
             count ? " count=9000" : "");
    must(gan_dataset_open(&data, context, spec));
    return data;
}

/* What the last head says of pictures that were held out, each of class `label + off`. */
static gan_tensor *judged(gan_model *d, gan_dataset *all, int off)
{
    static int64_t indices[HELD_OUT];
    const int64_t shape[4] = {HELD_OUT, 28, 28, 1}, wide[2] = {HELD_OUT, CLASSES};
    gan_tensor *in[2] = {tensor(GAN_FLOAT32, 4, shape), tensor(GAN_FLOAT32, 2, wide)}, *out[2];
    gan_tensor *labels = tensor(GAN_INT64, 1, shape);
    gan_runner *runner;
    for (int i = 0; i < HELD_OUT; i++) indices[i] = TRAINED + i;
    must(gan_dataset_read(all, "image", indices, in[0]));
    must(gan_dataset_read(all, "label", indices, labels));
    for (int i = 0; i < HELD_OUT; i++) {
        const int64_t label = ((int64_t *)gan_tensor_data(labels))[i];
        const int64_t told = off ? (label + 1 + i % (CLASSES - 1)) % CLASSES : label;
        ((float *)gan_tensor_data(in[1]))[i * CLASSES + told] = 1;
    }
    const int32_t count = (int32_t)d->output_count;
    for (int32_t i = 0; i < count; i++) out[i] = tensor(GAN_FLOAT32, 1, shape);
    must(gan_runner_create(&runner, context, d, "batch=1000"));
    must(gan_runner_run(runner, in, 2, out, count));
    gan_runner_release(runner);
    if (count > 1) gan_tensor_release(out[0]);
    for (int i = 0; i < 2; i++) gan_tensor_release(in[i]);
    gan_tensor_release(labels);
    return out[count - 1];
}

/* How often a pair that matches has the larger score than one that does not. */
static double area(gan_model *d, gan_dataset *all)
{
    gan_tensor *match = judged(d, all, 0), *other = judged(d, all, 1);
    const float *a = gan_tensor_data(match), *b = gan_tensor_data(other);
    double larger = 0;
    for (int i = 0; i < HELD_OUT; i++)
        for (int j = 0; j < HELD_OUT; j++) larger += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
    gan_tensor_release(match);
    gan_tensor_release(other);
    return larger / HELD_OUT / HELD_OUT;
}

static double area_after(int flaw_of, const char *spec, int two)
{
    flaw = flaw_of;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
    gan_dataset *seen = clothes(TRAINED), *all = clothes(0);
    gan_trainer *t = train(spec, g_text, d_texts[two], seen, 300);
    const double found = area(gan_trainer_model(t, "discriminator", 0), all);
    gan_trainer_release(t);
    gan_dataset_release(seen);
    gan_dataset_release(all);
    gan_context_release(context);
    return found;
}

TEST(a_discriminator_knows_what_matches)
{
    for (int two = 0; two < 2; two++) {
        const double right = area_after(NO_FLAW, "cgan", two);
        const double without = area_after(NO_FLAW, "cgan mismatch=0", two);
        const double broken = area_after(FLAW_OWN_PARTNER, "cgan", two);
        printf("    %s: %.3f; mismatch=0: %.3f; partners that match: %.3f\n",
               two ? "two heads" : "one score", right, without, broken);
        CHECK(right > 0.8);
        CHECK(without < right - 0.15);
        CHECK(broken < right - 0.15);
    }
}

/* ---- a generator of bars ---- */

enum { BARS = 4, SIDE = 8, EXAMPLES = 512 };

/* Class k: a bar over columns 2k and 2k + 1, as bright as the example has it, on a dark ground. */
static gan_dataset *bars(void)
{
    static const char *const names[2] = {"image", "label"};
    const int64_t shape[4] = {EXAMPLES, SIDE, SIDE, 1};
    gan_tensor *both[2] = {tensor(GAN_FLOAT32, 4, shape), tensor(GAN_INT64, 1, shape)};
    gan_dataset *data;
    for (int i = 0; i < EXAMPLES; i++) {
        float *picture = (float *)gan_tensor_data(both[0]) + i * SIDE * SIDE;
        ((int64_t *)gan_tensor_data(both[1]))[i] = i % BARS;
        for (int k = 0; k < SIDE * SIDE; k++)
            picture[k] = k % SIDE / 2 == i % BARS ? 0.4f + (float)(i * 7 % 11) / 20 : -0.8f;
    }
    must(gan_dataset_from_tensors(&data, context, names, both, 2));
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    return data;
}

/* The share of samples that are brightest where their class has its bar. */
static double obeying(gan_trainer *t)
{
    enum { COUNT = 64 };
    gan_tensor *pictures;
    int64_t columns;
    int right = 0;
    must(gan_trainer_show(&pictures, &columns, t, "noise", COUNT, 0));
    CHECK_INT(columns, COUNT / BARS);
    for (int i = 0; i < COUNT; i++) {
        const uint8_t *picture = (uint8_t *)gan_tensor_data(pictures) + i * SIDE * SIDE;
        int sums[BARS] = {0}, best = 0;
        for (int k = 0; k < SIDE * SIDE; k++) sums[k % SIDE / 2] += picture[k];
        for (int k = 1; k < BARS; k++)
            if (sums[k] > sums[best]) best = k;
        right += best == i / columns;
    }
    gan_tensor_release(pictures);
    return (double)right / COUNT;
}

static double obeying_after(int flaw_of, int two)
{
    static const char g[] = "input noise 4; input condition 4; concat from noise condition;"
                            "dense 32; relu; dense 64; tanh; reshape 8 8 1";
    static const char *const d[2] = {
        "input image 8 8 1; input condition 4; f = flatten from image; concat from f condition;"
        "dense 32; leaky_relu 0.2; dense 32; leaky_relu 0.2; dense 1",
        "input image 8 8 1; input condition 4; dense 32 from image; h = leaky_relu 0.2;"
        "realness = dense 1; concat from h condition; dense 32; leaky_relu 0.2;"
        "match = dense 1; output realness match"};
    flaw = flaw_of;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
    gan_dataset *data = bars();
    gan_trainer *t = train("cgan batch=32", g, d[two], data, 600);
    const double found = obeying(t);
    gan_trainer_release(t);
    gan_dataset_release(data);
    gan_context_release(context);
    return found;
}

TEST(a_generator_does_as_told)
{
    for (int two = 0; two < 2; two++) {
        const double right = obeying_after(NO_FLAW, two);
        const double deaf = obeying_after(FLAW_ONE_CONDITION, two);
        const double flipped = obeying_after(FLAW_FLIPPED, two);
        printf("    %s: %.2f; without its condition: %.2f; sign flipped: %.2f\n",
               two ? "two heads" : "one score", right, deaf, flipped);
        CHECK(right > 0.95);
        CHECK(deaf < 0.7);
        CHECK(flipped < 0.7);
    }
}

int main(void)
{
    RUN(a_discriminator_knows_what_matches);
    RUN(a_generator_does_as_told);
    return test_report();
}
