/* test_discriminator.c: a discriminator alone: what it is made of, what it refuses, what its chains
 * do, where they begin, what it measures, and when it says that it is at its end. The golden traces
 * say that a step is right. */
#include "alone.h"

#include <math.h>

#include "train/trainer.h"

enum { N = 5 };

static const float *ends_of(const gan_trainer *t)
{
    return gan_tensor_data(t->chains.ends);
}

/* ---- what it is made of ---- */

TEST(members)
{
    char text[1024] = "";
    gan_trainer *t = make_with("discriminator", D);
    for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s, ",
                 gan_trainer_member(t, m, "type"), gan_trainer_member(t, m, "name"));
    CHECK_TEXT(text, "role discriminator, feed real, group discriminator, "
                     "value loss.discriminator, value score.positive, value score.negative, "
                     "value score.gap, value accuracy.pairs, value score.distance, "
                     "value gradient.discriminator, "
                     "value rate.discriminator, score image > score, sample image, sheet image, ");
    CHECK_TEXT(gan_trainer_text(t),
               "discriminator loss=energy l2=1 smoothing=0 instance_noise=0 instance_decay=1 "
               "steps=60 step=40 projection=0.005 noise=0.01 least=-1 most=1 start=noise "
               "replay=0.95 buffer=10000 batch=64 average=0 on_divergence=stop");
    gan_trainer_release(t);
}

static const struct {
    const char *spec, *message;
} wrong_specs[] = {
    {"discriminator least=1", "discriminator: least=1 is not below most=1"},
    {"discriminator loss=wgan", "discriminator: 'loss' is one of energy, non_saturating, "
                                "lsgan, hinge, not 'wgan' (line 1, column 20)"},
    {"discriminator smoothing=0.1",
     "discriminator: smoothing=0.1 with loss=energy, whose real samples have no label to move"},
    {"discriminator instance_decay=0.5",
     "discriminator: instance_decay=0.5 without instance_noise: nothing decays"},
    {"discriminator replay=2",
     "discriminator: 'replay' must be in [0, 1], not '2' (line 1, column 22)"},
    {"discriminator steps=-1",
     "discriminator: 'steps' must be in [0, 100000], not '-1' (line 1, column 21)"},
};

TEST(options_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrong_specs / sizeof wrong_specs[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, wrong_specs[i].spec), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), wrong_specs[i].message);
    }
}

TEST(what_does_not_go_together)
{
    gan_trainer *t;
    gan_tensor *out, *two = make_pictures(3, 2);
    must(gan_trainer_create(&t, context, "discriminator"));
    CHECK_STATUS(gan_trainer_step(t), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context),
               "discriminator: the role 'discriminator' has no model");
    CHECK_STATUS(gan_trainer_sample(&out, t, 1, 1, 0, 0), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context),
               "discriminator: the role 'discriminator' has no model");
    gan_trainer_release(t);
    t = make_with("discriminator", D);
    CHECK_STATUS(gan_trainer_check(t), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context), "discriminator: the feed 'real' has no data");
    must(gan_trainer_feed(t, "real", two));
    CHECK_STATUS(gan_trainer_check(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "discriminator: 'real' was fed 4x6x2, its networks have pictures of 4x6x1");
    gan_trainer_release(t);
    t = make_with("discriminator", "input any any 1; conv2d 1 kernel=3");
    CHECK_STATUS(gan_trainer_sample(&out, t, 1, 1, 0, 0), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "discriminator: the size of 'image' is open, so it cannot be drawn");
    gan_trainer_release(t);
    gan_tensor_release(two);
}

/* ---- chains ---- */

/* `steps` training steps on pictures that are fed. */
static void run_fed(gan_trainer *t, gan_tensor *pictures, int steps)
{
    for (int i = 0; i < steps; i++) {
        must(gan_trainer_feed(t, "real", pictures));
        must(gan_trainer_step(t));
    }
}

/* On a plain of one slope each step adds `each`, within the limits. */
static void check_climb(const char *spec, int steps, double each)
{
    gan_tensor *x = make_pictures(N, 1);
    gan_trainer *t = make_with(spec, SLOPE);
    must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
    run_fed(t, x, 2);
    for (int i = 0; i < N * SIZE; i++) {
        double expected = (double)((float *)gan_tensor_data(x))[i];
        for (int k = 0; k < steps; k++) expected = fmax(-0.9, fmin(1.5, expected + each));
        CHECK_NEAR(ends_of(t)[i], expected, 1e-6);
    }
    gan_trainer_release(t);
    gan_tensor_release(x);
}

#define PLAIN "discriminator start=data replay=0 noise=0 least=-0.9 most=1.5 "

TEST(chains_climb)
{
    check_climb(PLAIN "steps=3 step=0.5 projection=0", 3, 0.5 * 0.25);
    check_climb(PLAIN "steps=3 step=0.5 projection=1", 3, 0.5 * 0.25);
    check_climb(PLAIN "steps=3 step=0.5 projection=0.1", 3, 0.5 * 0.1);
    check_climb(PLAIN "steps=7 step=40 projection=0.001", 7, 40 * 0.001);
    check_climb(PLAIN "steps=0", 0, 0);
}

/* The score of a map is its mean: a sample's gradient is that of a quarter of four equal scores. */
TEST(maps_are_averaged)
{
    gan_tensor *x = make_pictures(N, 1);
    gan_trainer *t = make_with(PLAIN "steps=2 step=1 projection=0",
                               "input 4 6 1; conv2d 2 kernel=2x3 stride=2x3 bias=no "
                               "init=constant:0.5");
    must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
    run_fed(t, x, 2);
    for (int i = 0; i < N * SIZE; i++) {
        const double start = (double)((float *)gan_tensor_data(x))[i];
        CHECK_NEAR(ends_of(t)[i], fmax(-0.9, fmin(1.5, start + 2 * 0.5 / 4)), 1e-6);
    }
    gan_trainer_release(t);
    gan_tensor_release(x);
}

/* N(0, noise^2) each time, before the gradient is taken: on a parabola it is one of the point that
 * the noise has led to. */
TEST(noise_comes_first)
{
    gan_tensor *x = make_pictures(2000, 1);
    gan_trainer *t = make_with("discriminator start=data replay=0 noise=0.1 least=-9 most=9 "
                               "steps=1 step=1 projection=0",
                               "input 4 6 1; square; dense 1 bias=no init=constant:-0.25");
    must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
    run_fed(t, x, 2);
    double sum = 0, square = 0;
    for (int64_t i = 0; i < gan_tensor_count(x); i++) { /* y - y / 2 */
        const double d = 2 * (double)ends_of(t)[i] - (double)((float *)gan_tensor_data(x))[i];
        sum += d / (double)gan_tensor_count(x);
        square += d * d / (double)gan_tensor_count(x);
    }
    CHECK_NEAR(sum, 0, 0.002);
    CHECK_NEAR(square, 0.01, 0.0003);
    gan_trainer_release(t);
    gan_tensor_release(x);
}

static void range_of(const gan_trainer *t, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (int64_t i = 0; i < gan_tensor_count(t->chains.ends); i++) {
        *least = fmin(*least, (double)ends_of(t)[i]);
        *most = fmax(*most, (double)ends_of(t)[i]);
    }
}

/* Of the first step they are noise, wherever later ones begin, and fill the range. */
TEST(the_first_negatives_are_noise)
{
    static const char *const specs[] = {"discriminator least=2 most=5 steps=9 replay=1 step=1e9",
                                        "discriminator least=2 most=5 steps=9 start=data"};
    gan_tensor *x = make_pictures(64, 1);
    for (int i = 0; i < 2; i++) {
        double least, most, mean = 0;
        gan_trainer *t = make_with(specs[i], SLOPE);
        run_fed(t, x, 1);
        range_of(t, &least, &most);
        for (int64_t k = 0; k < 64 * SIZE; k++) mean += (double)ends_of(t)[k] / (64 * SIZE);
        CHECK(least >= 2 && least < 2.02 && most < 5 && most > 4.98);
        CHECK_NEAR(mean, 3.5, 0.1);
        gan_trainer_release(t);
    }
    gan_tensor_release(x);
}

/* Whether a picture of the pool, all numbers `higher` but 40 at most, has become these numbers. */
static bool went_on(const gan__pool_state *pool, const float *end, double higher)
{
    for (int64_t p = 0; p < pool->filled; p++) {
        double worst = 0;
        for (int i = 0; i < SIZE; i++) {
            const double start = (double)pool->pictures[p * SIZE + i];
            worst = fmax(worst, fabs(fmin(start + higher, 40) - (double)end[i]));
        }
        if (worst < 1e-5) return true;
    }
    return false;
}

/* Said once, of the first step. */
static void on_warning(void *user, int32_t level, const char *line)
{
    char *heard = user;
    if (level == GAN_LOG_WARNING) snprintf(heard + strlen(heard), 512 - strlen(heard), "%s|", line);
}

TEST(data_beyond_the_limits)
{
    char lines[512] = "";
    const gan_host host = {.size = sizeof host, .user = lines, .log = on_warning};
    gan_context *kept = context;
    must(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_tensor *x = make_pictures(2, 1);
    gan_trainer *t = make_with("discriminator steps=1 least=-0.5", D);
    run_fed(t, x, 3);
    CHECK_TEXT(lines, "discriminator: the data has numbers from -1 to 0.9801980257034302, and "
                      "chains stay in [-0.5, 1]: least= and most= say where|");
    gan_trainer_release(t);
    gan_tensor_release(x);
    end_apart(kept);
}

/* With replay=1 every chain goes on where one ended: on a slope they climb from step to step. */
TEST(chains_go_on_from_the_buffer)
{
    gan_tensor *x = make_pictures(N, 1);
    gan_trainer *t = make_with("discriminator replay=1 buffer=5 noise=0 steps=2 step=0.1 "
                               "projection=0 least=-1 most=40",
                               SLOPE);
    must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
    run_fed(t, x, 1);
    for (int k = 0; k < 12; k++) {
        static float before[5 * SIZE];
        gan__pool_state pool = gan__pool_read(t->pools[0]);
        CHECK_INT(pool.filled, 5);
        memcpy(before, pool.pictures, sizeof before);
        pool.pictures = before;
        run_fed(t, x, 1);
        for (int i = 0; i < N; i++) CHECK(went_on(&pool, ends_of(t) + i * SIZE, 2 * 0.1 * 0.25));
    }
    gan_trainer_release(t);

    /* While it has room it keeps the ends of all; then those that begin anew take any place. */
    t = make_with("discriminator replay=0.5 buffer=12 steps=1", D);
    run_fed(t, x, 2);
    CHECK_INT(gan__pool_read(t->pools[0]).filled, 10);
    run_fed(t, x, 2);
    CHECK_INT(gan__pool_read(t->pools[0]).filled, 12);
    gan_trainer_release(t);
    t = make_with("discriminator buffer=0 steps=1", D);
    run_fed(t, x, 3);
    CHECK_INT(gan__pool_read(t->pools[0]).filled, 0);
    gan_trainer_release(t);
    gan_tensor_release(x);
}

/* D is as it was while chains run: neither running statistics nor u and v move but with D's own
 * pass, whatever the chain's length. */
TEST(chains_leave_the_discriminator_alone)
{
    static const char *const text =
        "input 4 6 1; conv2d 4 kernel=3 spectral=yes; batchnorm; silu; dropout 0.5; dense 1";
    gan_tensor *bytes[2], *x = make_pictures(N, 1);
    for (int i = 0; i < 2; i++) {
        gan_context *kept = begin_apart("threads=1 seed=11");
        gan_trainer *t = make_with(i ? "discriminator start=data noise=0 step=0 steps=9 replay=0"
                                     : "discriminator start=data noise=0 steps=0 replay=0",
                                   text);
        gan_tensor *own;
        must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0.1"));
        must(gan_tensor_create(&own, context, GAN_FLOAT32, 4, gan_tensor_shape(x)));
        memcpy(gan_tensor_data(own), gan_tensor_data(x), (size_t)(N * SIZE) * sizeof(float));
        run_fed(t, own, 3);
        must(gan_model_save_memory(&bytes[i], gan_trainer_model(t, "discriminator", 0)));
        gan_tensor_release(own);
        gan_trainer_release(t);
        end_apart(kept);
    }
    CHECK(bits_equal(bytes[0], bytes[1]));
    gan_tensor_release(bytes[0]);
    gan_tensor_release(bytes[1]);
    gan_tensor_release(x);
}

/* ---- what it measures ---- */

TEST(values)
{
    static const char *const losses[] = {"energy", "non_saturating", "lsgan", "hinge"};
    gan_tensor *x = make_pictures(N, 1);
    for (int i = 0; i < 4; i++) {
        char spec[96];
        snprintf(spec, sizeof spec, "discriminator steps=2 instance_noise=0.1 loss=%s", losses[i]);
        gan_trainer *t = make_with(spec, D);
        run_fed(t, x, 2);
        CHECK(isfinite(value_of(t, "loss.discriminator")));
        CHECK(value_of(t, "gradient.discriminator") > 0);
        CHECK_NEAR(value_of(t, "score.gap"),
                   value_of(t, "score.positive") - value_of(t, "score.negative"), 1e-12);
        gan_trainer_release(t);
    }
    gan_tensor_release(x);
}

/* What it is of one set of numbers and another, by its definition. */
static double distance_of(const double *a, const double *b, int n)
{
    double across = 0, within = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            across += fabs(a[i] - b[k]) / (n * n);
            if (i != k) within += (fabs(a[i] - a[k]) + fabs(b[i] - b[k])) / (n * (n - 1));
        }
    return 1 - within / (2 * across);
}

/* Its pool holds pictures k of the value -8 + k; the step's negatives are others. */
static void check_distance(gan_trainer *t, gan_tensor *x)
{
    const gan__pool_state kept = gan__pool_read(t->pools[0]);
    const float *pictures = gan_tensor_data(x);
    double scores[2][N], least = 1, most = -1;
    CHECK_INT(kept.filled, N);
    for (int k = 0; k < N * SIZE; k++) ((float *)(size_t)kept.pictures)[k] = (float)(k / SIZE) - 8;
    run_fed(t, x, 1);
    CHECK(value_of(t, "accuracy.pairs") == 0);
    /* whichever of them were looked at */
    for (int code = 0, all = (int)pow(N, N); code < all; code++) {
        for (int i = 0, rest = code; i < N; i++, rest /= N) {
            scores[0][i] = 0;
            for (int k = 0; k < SIZE; k++) scores[0][i] += 0.25 * (double)pictures[i * SIZE + k];
            scores[1][i] = 0.25 * SIZE * (rest % N - 8);
        }
        const double found = distance_of(scores[0], scores[1], N);
        if (fabs(found - value_of(t, "score.distance")) < 1e-5) return;
        least = fmin(least, found);
        most = fmax(most, found);
    }
    printf("    %g is none of those from %g to %g\n", value_of(t, "score.distance"), least, most);
    CHECK(false);
}

/* The first step has no earlier negatives; without a buffer nothing is told of any. Those of the
 * second are what is kept, whatever chains make now: here they climb beyond all positives. */
TEST(earlier_negatives)
{
    static const char *const buffers[] = {"", " buffer=0"};
    gan_tensor *x = make_pictures(N, 1);
    for (int i = 0; i < 2; i++) {
        char spec[128];
        snprintf(spec, sizeof spec,
                 "discriminator least=-9 most=9 start=data replay=0 steps=1 noise=0 step=1 "
                 "projection=0%s",
                 buffers[i]);
        double told;
        gan_trainer *t = make_with(spec, SLOPE);
        must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
        run_fed(t, x, 1);
        if (i == 0) CHECK(value_of(t, "score.distance") == 0);
        if (i == 0) check_distance(t, x);
        if (i == 1) run_fed(t, x, 1);
        if (i == 1) CHECK_STATUS(gan_trainer_value(t, "score.distance", &told), GAN_E_ARGUMENT);
        gan_trainer_release(t);
    }
    gan_tensor_release(x);
}

/* Nobody can tell equal things apart. */
TEST(a_half_of_pairs_by_chance)
{
    gan_tensor *x = make_pictures(N, 1);
    gan_trainer *t = make_with("discriminator start=data replay=0 noise=0 steps=0", SLOPE);
    run_fed(t, x, 2);
    CHECK(value_of(t, "accuracy.pairs") == 0.5);
    CHECK(value_of(t, "score.gap") == 0);
    gan_trainer_release(t);
    t = make_with("discriminator least=-3 most=-2", SLOPE);
    run_fed(t, x, 1);
    CHECK(value_of(t, "accuracy.pairs") == 1);
    gan_trainer_release(t);
    gan_tensor_release(x);
}

/* ---- the end ---- */

typedef struct heard {
    int count;
    char line[256];
} heard;

static void on_log(void *user, int32_t level, const char *line)
{
    heard *h = user;
    if (level != GAN_LOG_WARNING || !strstr(line, "told")) return;
    h->count++;
    snprintf(h->line, sizeof h->line, "%s", line);
}

/* Points of a normal distribution, and a discriminator of points that learns nothing. `between`:
 * before each step. Steps until it is said, or all. */
static int64_t steps_until_said(const char *spec, const char *text, heard *h, int64_t steps,
                                void (*between)(gan_trainer *))
{
    const gan_host host = {.size = sizeof host, .user = h, .log = on_log};
    gan_context *kept = context;
    gan_dataset *data;
    int64_t said = -1;
    memset(h, 0, sizeof *h);
    must(gan_context_create(&context, "threads=1 seed=11", &host, NULL, 0));
    gan_trainer *t = make_with(spec, text);
    must(gan_dataset_open(&data, context, "mixture points=0 deviation=1 count=50000"));
    must(gan_trainer_set_data(t, "real", data));
    must(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
    for (int64_t i = 0; i < steps; i++) {
        if (between) between(t);
        must(gan_trainer_step(t));
        if (h->count > 0 && said < 0) said = gan_trainer_steps(t);
    }
    gan_dataset_release(data);
    gan_trainer_release(t);
    end_apart(kept);
    return said;
}

/* A discriminator that looks at x. */
#define LINE "input 1; dense 1 bias=no init=constant:1"
TEST(negatives_that_lie_on_the_data)
{
    heard h;
    /* chains that begin at the positives, and a noise that makes every pair differ, no more */
    int64_t said = steps_until_said("discriminator start=data replay=0 noise=1e-3 step=0 steps=1 "
                                    "least=-9 most=9 batch=64",
                                    LINE, &h, 850, NULL);
    CHECK_INT(said, 601);  /* until then it could as well be a little more than the limit */
    CHECK_INT(h.count, 1); /* once, however long it goes on */
    CHECK_TEXT(h.line, "discriminator: step 601: for 600 steps the discriminator has not told "
                       "earlier negatives from the data: they lie on it, as far as it can see");
}

TEST(negatives_that_do_not)
{
    heard h;
    /* to one side by a fifth of the deviation */
    CHECK(steps_until_said("discriminator start=data replay=0 noise=1e-3 step=0.2 projection=0 "
                           "steps=1 least=-9 most=9 batch=16",
                           LINE, &h, 900, NULL) < 0);
    /* far around it: on average liked as well as the data */
    CHECK(steps_until_said("discriminator start=noise replay=0 steps=0 least=-9 most=9 batch=16",
                           LINE, &h, 900, NULL) < 0);
    /* a dead discriminator: not one pair differs */
    CHECK(steps_until_said("discriminator start=data replay=0 noise=1e-3 step=0 steps=1 least=-9 "
                           "most=9 batch=16",
                           "input 1; dense 1 init=zeros", &h, 900, NULL) < 0);
}

/* From one side to the other: a share of 1/2 on average, which is told at every step. */
static void swing(gan_trainer *t)
{
    gan_model *model = gan_trainer_model(t, "discriminator", 0);
    model->stores[0]->weights[0] = gan_trainer_steps(t) / 7 % 2 ? 1.0F : -1.0F;
    model->stores[0]->version++;
}

TEST(negatives_that_swing)
{
    heard h;
    CHECK(
        steps_until_said("discriminator replay=0 noise=1 steps=1 step=0.5 projection=0 start=data "
                         "least=-9 most=0.5 batch=16",
                         LINE, &h, 900, swing) < 0);
}

int main(void)
{
    rig_open(2, "discriminator.tmp");
    RUN(members);
    RUN(options_that_do_not_go_together);
    RUN(what_does_not_go_together);
    RUN(chains_climb);
    RUN(maps_are_averaged);
    RUN(noise_comes_first);
    RUN(the_first_negatives_are_noise);
    RUN(data_beyond_the_limits);
    RUN(chains_go_on_from_the_buffer);
    RUN(chains_leave_the_discriminator_alone);
    RUN(values);
    RUN(earlier_negatives);
    RUN(a_half_of_pairs_by_chance);
    RUN(negatives_that_lie_on_the_data);
    RUN(negatives_that_do_not);
    RUN(negatives_that_swing);
    return rig_close();
}
