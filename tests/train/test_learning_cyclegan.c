/* test_learning_cyclegan.c: two generators with a dense bottleneck learn to translate pictures of a
 * bar into negatives of other such pictures, and back. With the cycle a translation still tells
 * where the bar was; without it all inputs become one picture, and the report shows it.
 *
 * Which place stands for which is not settled by any term: a dense layer knows of no places, so
 * every exchange of them is as good a translation. What is measured is what a translation tells of
 * its input.
 *
 * The mutant is the real source of the trainer, compiled once more with its terms bent. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/direct.h"

enum { NO_FLAW, FLAW_CYCLE_DETACHED, FLAW_CYCLE_TURNED, FLAW_MAKER_TURNED };
static int flaw;

/* The last of the terms: as if no gradient passed, or with its weight turned. */
static gan_status bend(gan_trainer *t, bool detached, bool turned, gan__terms *terms)
{
    const int32_t last = terms->count - 1;
    if (turned) terms->weights[last] = -terms->weights[last];
    return detached ? gan_tape_detach(t->tape, terms->values[last], &terms->values[last]) : GAN_OK;
}

static gan_status mutant_return(gan_trainer *t, int32_t from, const char *loss, double weight,
                                gan_value x, gan_value made, gan__terms *terms)
{
    GAN__TRY(gan__direct_return(t, from, loss, weight, x, made, terms));
    return bend(t, flaw == FLAW_CYCLE_DETACHED, flaw == FLAW_CYCLE_TURNED, terms);
}

static gan_status mutant_please(gan_trainer *t, double weight, const gan_value fakes[2],
                                gan__terms *terms)
{
    return gan__direct_please(t, flaw == FLAW_MAKER_TURNED ? -weight : weight, fakes, terms);
}

#define gan__trainer_cyclegan mutant_kind
#define gan__direct_return mutant_return
#define gan__direct_please mutant_please
#include "train/cyclegan.c"
#undef gan__direct_return
#undef gan__direct_please

enum { SIDE = 8, PIXELS = SIDE * SIDE, TRAINED = 2000, HELD_OUT = 500, STEPS = 2000, BATCH = 32 };

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static uint64_t state;

static double uniform(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 40) / (double)(1 << 24);
}

/* One column of each picture is .8, the others -.8, with some noise; or the negative of that. */
static gan_tensor *make_bars(int count, bool negative)
{
    gan_tensor *pictures;
    must(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4,
                           (const int64_t[]){count, SIDE, SIDE, 1}));
    float *pixel = gan_tensor_data(pictures);
    for (int i = 0; i < count; i++) {
        const int place = (int)(SIDE * uniform());
        for (int k = 0; k < PIXELS; k++) {
            const double bar = k % SIDE == place ? 0.8 : -0.8, noise = 0.4 * uniform() - 0.2;
            *pixel++ = (float)(negative ? -bar + noise : bar + noise);
        }
    }
    return pictures;
}

static gan_dataset *make_data(bool negative)
{
    const char *field = "image";
    gan_tensor *pictures = make_bars(TRAINED, negative);
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    gan_tensor_release(pictures);
    return data;
}

/* Where the bar is: the column that is furthest from the others, to the side that is given. */
static int place_of(const float *picture, double side, double *likeness)
{
    int place = 0;
    double best = -INFINITY, off = 0;
    for (int x = 0; x < SIDE; x++) {
        double sum = 0;
        for (int y = 0; y < SIDE; y++) sum += side * picture[y * SIDE + x];
        if (sum > best) best = sum, place = x;
    }
    for (int k = 0; k < PIXELS; k++)
        off += fabs((double)picture[k] - side * (k % SIDE == place ? 0.8 : -0.8)) / PIXELS;
    *likeness = off;
    return place;
}

/* What came of a training. */
typedef struct outcome {
    double told;       /* share of held-out pictures whose place the translation's place tells */
    double returned;   /* share of those whose bar is where it was after the way there and back */
    double unlikeness; /* of a translation and the picture of y nearest to it, mean |d| */
    double cycle;      /* as the trainer measures it */
    double dependence; /* the same */
    bool ignored;      /* it has warned of that */
} outcome;

/* The share of inputs that one would guess from the translation's place. */
static double told_share(int (*seen)[SIDE])
{
    int right = 0;
    for (int to = 0; to < SIDE; to++) {
        int most = 0;
        for (int from = 0; from < SIDE; from++)
            if (seen[from][to] > most) most = seen[from][to];
        right += most;
    }
    return (double)right / HELD_OUT;
}

static const float *run_route(gan_trainer *t, const char *text, gan_tensor *in, gan_tensor *out)
{
    gan_model *route;
    gan_runner *runner;
    must(gan_trainer_route(&route, t, text, 0));
    must(gan_runner_create(&runner, context, route, "batch=500"));
    must(gan_runner_run(runner, &in, 1, &out, 1));
    gan_runner_release(runner);
    gan_model_release(route);
    return gan_tensor_data(out);
}

static void look_at(gan_trainer *t, outcome *out)
{
    int seen[SIDE][SIDE] = {{0}};
    gan_tensor *x = make_bars(HELD_OUT, false), *made = make_bars(HELD_OUT, true);
    const float *bars = gan_tensor_data(x), *y = run_route(t, "x > y", x, made);
    double off;
    for (int i = 0; i < HELD_OUT; i++) {
        const int from = place_of(bars + i * PIXELS, 1, &off);
        seen[from][place_of(y + i * PIXELS, -1, &off)]++;
        out->unlikeness += off / HELD_OUT;
    }
    out->told = told_share(seen);
    const float *back = run_route(t, "x > y > x", x, made);
    for (int i = 0; i < HELD_OUT; i++)
        if (place_of(bars + i * PIXELS, 1, &off) == place_of(back + i * PIXELS, 1, &off))
            out->returned += 1.0 / HELD_OUT;
    if (gan__cast_value(t->cast, "loss.cycle.x", 12) >= 0)
        must(gan_trainer_value(t, "loss.cycle.x", &out->cycle));
    must(gan_trainer_value(t, "dependence.xy", &out->dependence));
    for (int32_t i = 0; i < gan_trainer_warning_count(t); i++)
        out->ignored |= !strcmp(gan_trainer_warning(t, i, "name"), "ignored.xy");
    gan_tensor_release(x);
    gan_tensor_release(made);
}

static void set_model(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

static outcome train(const char *spec, int flaw_of, int64_t steps)
{
    static const char *const g = "input 8 8 1; dense 16; leaky_relu 0.2; dense 64; leaky_relu 0.2\n"
                                 "dense 64; tanh; reshape 8 8 1";
    static const char *const d[2] = {
        "input 8 8 1; dense 64; leaky_relu 0.2; dense 32; leaky_relu 0.2; dense 1",
        "input 8 8 1; dense 64; leaky_relu 0.2; dense 32; h = leaky_relu 0.2; score = dense 1\n"
        "output score h"};
    const bool matched = !strncmp(spec, "discogan", 8);
    outcome out = {.told = 0};
    gan_trainer *t;
    flaw = flaw_of;
    state = 1;
    must(gan_context_create(&context, "threads=1 seed=7", NULL, NULL, 0));
    gan_dataset *x = make_data(false), *y = make_data(true);
    must(gan_trainer_create(&t, context, spec));
    if (flaw) t->kind = &mutant_kind;
    set_model(t, "xy", g);
    set_model(t, "yx", g);
    set_model(t, "discriminator_x", d[matched]);
    set_model(t, "discriminator_y", d[matched]);
    must(gan_trainer_set_data(t, "x", x));
    must(gan_trainer_set_data(t, "y", y));
    must(gan_trainer_set_optimizer(t, "generators", "adam lr=1e-3 beta1=0.5"));
    must(gan_trainer_set_optimizer(t, "discriminators", "adam lr=1e-3 beta1=0.5"));
    const gan_status status = gan_trainer_run(t, steps, NULL, NULL);
    if (status != GAN_E_DIVERGED) must(status);
    look_at(t, &out);
    printf("    %s: told %.2f, returned %.2f, unlike y by %.2f; cycle %.2f, dependence %.2f%s\n",
           spec, out.told, out.returned, out.unlikeness, out.cycle, out.dependence,
           out.ignored ? ", ignored" : "");
    gan_trainer_release(t);
    gan_dataset_release(x);
    gan_dataset_release(y);
    gan_context_release(context);
    return out;
}

/* The stated quality. */
static bool is_good(const outcome *o)
{
    return o->told > 0.7 && o->returned > 0.9 && o->unlikeness < 0.25;
}

TEST(what_is_right_learns)
{
    const outcome out = train("cyclegan batch=32", NO_FLAW, STEPS);
    CHECK(is_good(&out));
    CHECK(out.cycle < 0.2);
    CHECK(out.dependence > 0.5 && !out.ignored);
}

TEST(untrained_is_bad)
{
    const outcome out = train("cyclegan batch=32", NO_FLAW, 1);
    CHECK(!is_good(&out));
}

/* The direct way: translations that say nothing. */
TEST(without_the_cycle_the_input_is_ignored)
{
    const outcome out = train("cyclegan batch=32 cycle=0 identity=0", NO_FLAW, STEPS);
    CHECK(out.told < 0.3 && out.returned < 0.3);
    CHECK(out.cycle > 0.35);
    CHECK(out.dependence < 0.2 && out.ignored);
}

/* The naive way is the same. */
TEST(translate_ignores_its_input)
{
    const outcome out = train("translate directions=2 batch=32", NO_FLAW, STEPS);
    CHECK(out.told < 0.3 && out.dependence < 0.2 && out.ignored);
}

TEST(discogan_learns)
{
    const outcome out = train("discogan batch=32 curriculum=400", NO_FLAW, 2 * STEPS);
    CHECK(is_good(&out) && !out.ignored);
    const outcome bad =
        train("discogan batch=32 curriculum=400 rate=0 first_rate=0", NO_FLAW, 2 * STEPS);
    CHECK(!is_good(&bad));
}

TEST(dualgan_learns)
{
    const outcome out = train("dualgan batch=32 loss=wgan_gp cycle=20", NO_FLAW, STEPS);
    CHECK(is_good(&out) && !out.ignored);
    const outcome bad = train("dualgan batch=32 loss=wgan_gp cycle=0", NO_FLAW, STEPS);
    CHECK(!is_good(&bad));
}

TEST(what_is_broken_does_not)
{
    for (int i = FLAW_CYCLE_DETACHED; i <= FLAW_MAKER_TURNED; i++) {
        const outcome out = train("cyclegan batch=32 identity=0", i, STEPS);
        CHECK(!is_good(&out));
    }
}

int main(void)
{
    RUN(what_is_right_learns);
    RUN(untrained_is_bad);
    RUN(without_the_cycle_the_input_is_ignored);
    RUN(translate_ignores_its_input);
    RUN(discogan_learns);
    RUN(dualgan_learns);
    RUN(what_is_broken_does_not);
    return test_report();
}
