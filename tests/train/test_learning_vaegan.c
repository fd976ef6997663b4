/* test_learning_vaegan.c: a short training of a vaegan on bars: what is encoded and decoded keeps
 * its place, and what is decoded of the prior is a bar. The same training with a broken loss is not
 * as good. The mutant is the real source, compiled once more, with its terms bent. */
#include "bars.h"

#include "train/consistency.h"
#include "train/objective.h"

enum { NO_FLAW, FLAW_MAKER_TURNED, FLAW_NOT_COMPARED, FLAW_COMPARED_TURNED, FLAW_DECODER_ALONE };
static int flaw;

static gan_status mutant_maker(gan_trainer *t, const gan__objective *o, gan_value score,
                               double weight, gan__terms *terms)
{
    return gan__objective_maker(t, o, score, flaw == FLAW_MAKER_TURNED ? -weight : weight, terms);
}

static gan_status mutant_likelihood(gan_trainer *t, gan_value made, gan_value wanted,
                                    double deviation, gan__terms *terms)
{
    GAN__TRY(gan__likelihood(t, made, wanted, deviation, terms));
    if (flaw == FLAW_NOT_COMPARED) terms->weights[terms->count - 1] = 0;
    if (flaw == FLAW_COMPARED_TURNED) terms->weights[terms->count - 1] *= -1;
    return GAN_OK;
}

/* The encoders' way back is the first of each step. */
static gan_status mutant_backward(gan_trainer *t, gan_value loss, int32_t group)
{
    return gan__trainer_gradients(t, loss, flaw == FLAW_DECODER_ALONE && group == 0 ? 1 : group);
}

#define gan__trainer_vaegan mutant_kind
#define gan__vaegan_play mutant_play
#define gan__objective_maker mutant_maker
#define gan__likelihood mutant_likelihood
#define gan__trainer_gradients mutant_backward
#include "train/vaegan_domain.c"

#include "train/vaegan.c"
#undef gan__objective_maker
#undef gan__likelihood
#undef gan__trainer_gradients

enum { STEPS = 500, CODE = 6 };

typedef struct outcome {
    double kept;       /* share of held-out pictures whose bar stays where it was */
    double unlikeness; /* of what is decoded of the prior: mean |d| between it and a bar */
    int places;        /* where that has bars */
} outcome;

static void set_model(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, bars_context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

static void look_at(gan_trainer *t, outcome *out)
{
    int64_t places[HELD_OUT];
    bool seen[SIDE] = {false};
    double off;
    gan_tensor *x = bars_make(HELD_OUT, false, places), *z;
    must(gan_tensor_create(&z, bars_context, GAN_FLOAT32, 4,
                           (const int64_t[]){HELD_OUT, 1, 1, CODE}));
    for (int i = 0; i < HELD_OUT * CODE; i++) {
        const double radius = sqrt(-2 * log(bars_uniform() + 1e-9));
        ((float *)gan_tensor_data(z))[i] = (float)(radius * cos(6.283185307 * bars_uniform()));
    }
    gan_tensor *back = bars_run(t, "image > code > image", x, 0);
    gan_tensor *made = bars_run(t, "code > image", z, 0);
    for (int i = 0; i < HELD_OUT; i++) {
        const float *kept = (const float *)gan_tensor_data(back) + i * PIXELS;
        out->kept += bars_place(kept, false, &off) == places[i] ? 1.0 / HELD_OUT : 0;
        seen[bars_place((const float *)gan_tensor_data(made) + i * PIXELS, false, &off)] = true;
        out->unlikeness += off / HELD_OUT;
    }
    for (int i = 0; i < SIDE; i++) out->places += seen[i];
    gan_tensor_release(x);
    gan_tensor_release(z);
    gan_tensor_release(back);
    gan_tensor_release(made);
}

static outcome train(int flaw_of, int64_t steps)
{
    outcome out = {.kept = 0};
    gan_trainer *t;
    flaw = flaw_of;
    bars_state = 1;
    must(gan_context_create(&bars_context, "threads=1 seed=7", NULL, NULL, 0));
    gan_dataset *data = bars_data(false);
    must(gan_trainer_create(&t, bars_context, "vaegan batch=32 gamma=0.1"));
    if (flaw) t->kind = &mutant_kind;
    set_model(t, "encoder",
              "input 8 8 1; dense 64; h = leaky_relu 0.2; mean = dense 6 from h\n"
              "log_variance = dense 6 from h; output mean log_variance");
    set_model(t, "decoder", "input 6; dense 64; leaky_relu 0.2; dense 64; tanh; reshape 8 8 1");
    set_model(t, "discriminator",
              "input 8 8 1; dense 64; f = leaky_relu 0.2; dense 32; leaky_relu 0.2; score = dense 1"
              "\noutput score f");
    must(gan_trainer_set_data(t, "real", data));
    for (int i = 0; i < 3; i++)
        must(gan_trainer_set_optimizer(t, t->cast->groups[i].name, "adam lr=1e-3 beta1=0.5"));
    const gan_status status = gan_trainer_run(t, steps, NULL, NULL);
    if (status != GAN_E_DIVERGED) must(status);
    look_at(t, &out);
    printf("    kept %.2f, of the prior unlike by %.2f, %d places\n", out.kept, out.unlikeness,
           out.places);
    gan_trainer_release(t);
    gan_dataset_release(data);
    gan_context_release(bars_context);
    return out;
}

static bool is_good(const outcome *o)
{
    return o->kept > 0.9 && o->unlikeness < 0.35 && o->places >= 6;
}

TEST(what_is_right_learns)
{
    const outcome out = train(NO_FLAW, STEPS);
    CHECK(is_good(&out));
}

TEST(untrained_is_bad)
{
    const outcome out = train(NO_FLAW, 1);
    CHECK(!is_good(&out));
}

TEST(what_is_broken_does_not)
{
    for (int i = FLAW_MAKER_TURNED; i <= FLAW_DECODER_ALONE; i++) {
        const outcome out = train(i, STEPS);
        CHECK(!is_good(&out));
    }
}

int main(void)
{
    RUN(what_is_right_learns);
    RUN(untrained_is_bad);
    RUN(what_is_broken_does_not);
    return test_report();
}
