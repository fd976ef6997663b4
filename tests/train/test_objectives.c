/* test_objectives.c: what the networks of gan, cgan and cyclegan descend with each loss, and what
 * is told of their scores, against the formulas in double; the settings that nobody asked for.
 *
 * Networks hand on what they are given, so that every score is known: a pixel, or with a condition
 * the sum of both. */
#include "rig.h"

#include <math.h>

#include "train/trainer.h"

enum { N = 3, H = 2, W = 3, PIXELS = H * W, COUNT = N * PIXELS };

#define SUM "conv2d 1 kernel=1 bias=no init=normal:1,0" /* of the channels */
#define JOINED(from) "concat from " from " condition; " SUM

static const char g_text[] = "input 2 3 1; " SUM;
static const char g_of_condition[] = "input noise 2 3 1; input condition 1; " JOINED("noise");
static const char *const d_texts[2] = {
    "input image 2 3 1; input condition 1; " JOINED("image"),
    "input image 2 3 1; input condition 1; realness = " SUM " from image\n"
    "concat from image condition; match = " SUM "; output realness match"};

/* ---- the formulas ---- */

enum { MINIMAX, NON_SATURATING, LSGAN, HINGE, WGAN, LOSSES };
static const char *const losses[LOSSES] = {"minimax", "non_saturating", "lsgan", "hinge", "wgan"};

/* Of one score: what a real sample, a fake, and the maker of a fake descend. */
static double of_real(int loss, double s, double label)
{
    if (loss == LSGAN) return 0.5 * (s - label) * (s - label);
    if (loss == HINGE) return fmax(0, 1 - s);
    if (loss == WGAN) return -s;
    return label * log1p(exp(-s)) + (1 - label) * log1p(exp(s));
}

static double of_fake(int loss, double s, double label)
{
    (void)label;
    if (loss == LSGAN) return 0.5 * s * s;
    if (loss == HINGE) return fmax(0, 1 + s);
    return loss == WGAN ? s : log1p(exp(s));
}

static double of_maker(int loss, double s, double label)
{
    (void)label;
    if (loss == MINIMAX) return -log1p(exp(s));
    if (loss == NON_SATURATING) return log1p(exp(-s));
    return loss == LSGAN ? 0.5 * (s - 1) * (s - 1) : -s;
}

typedef double formula(int loss, double score, double label);

static double mean_of(formula *f, int loss, const double scores[COUNT], double label)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += f(loss, scores[i], label) / COUNT;
    return sum;
}

/* ---- what is fed ---- */

static float numbers[4][COUNT]; /* x, x^, z, and a condition in the first N */

static void draw(uint64_t seed)
{
    uint64_t state = seed;
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < COUNT; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            numbers[k][i] = (float)(state >> 40) / (float)(1 << 23) - 1;
        }
}

static void feed(gan_trainer *t, const char *name, const float *from, int pixels)
{
    const int64_t shape[4] = {N, H, W, 1}, flat[2] = {N, 1};
    gan_tensor *batch;
    must(gan_tensor_create(&batch, context, GAN_FLOAT32, pixels > 1 ? 4 : 2,
                           pixels > 1 ? shape : flat));
    memcpy(gan_tensor_data(batch), from, (size_t)(N * pixels) * sizeof *from);
    must(gan_trainer_feed(t, name, batch));
    gan_tensor_release(batch);
}

/* Scores of pictures, and `times` the condition of each. */
static void scores_of(int k, int times, double scores[COUNT])
{
    for (int i = 0; i < COUNT; i++)
        scores[i] = (double)numbers[k][i] + times * (double)numbers[3][i / PIXELS];
}

static gan_trainer *make(const char *spec, const char *const roles[], const char *const texts[],
                         int count, const char *const groups[2])
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < count; i++) {
        gan_model *model;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    for (int i = 0; i < 2; i++) must(gan_trainer_set_optimizer(t, groups[i], "sgd lr=0"));
    return t;
}

static const char *const players[2] = {"generator", "discriminator"};

static gan_trainer *make_game(const char *spec, const char *g, const char *d)
{
    const char *const texts[2] = {g, d};
    return make(spec, players, texts, 2, players);
}

/* xy doubles, yx trebles; features are the picture by statistics that say nothing yet. */
static gan_trainer *make_cycle(const char *spec)
{
    static const char *const roles[5] = {"xy", "yx", "discriminator_x", "discriminator_y",
                                         "features"};
    static const char *const groups[2] = {"generators", "discriminators"};
    static const char *const texts[5] = {"input 2 3 1; conv2d 1 kernel=1 bias=no init=normal:2,0",
                                         "input 2 3 1; conv2d 1 kernel=1 bias=no init=normal:3,0",
                                         g_text, g_text, "input 2 3 1; batchnorm"};
    return make(spec, roles, texts, strstr(spec, "perceptual=") ? 5 : 4, groups);
}

/* ---- what is told ---- */

static double value_of(const gan_trainer *t, const char *name)
{
    double value = NAN;
    must(gan_trainer_value(t, name, &value));
    return value;
}

static void check_value(const gan_trainer *t, const char *name, double expected)
{
    if (!CHECK_NEAR(value_of(t, name), expected, 2e-6 * fmax(1, fabs(expected))))
        printf("    %s of %s\n", name, gan_trainer_text(t));
}

/* The mean score, and the share on the right side of the limit, or of what it is compared with. */
static void check_told(const gan_trainer *t, int loss, const char *name, const double own[COUNT],
                       const double other[COUNT], bool yes)
{
    char text[64];
    double mean = 0, right = 0;
    for (int i = 0; i < COUNT; i++) {
        const double limit = loss == WGAN ? other[i] : loss == LSGAN ? 0.5 : 0;
        mean += own[i] / COUNT;
        right += ((own[i] > limit) == yes) / (double)COUNT;
    }
    snprintf(text, sizeof text, "score.%s", name);
    check_value(t, text, mean);
    snprintf(text, sizeof text, "accuracy.%s", name);
    check_value(t, text, right);
}

/* ---- gan ---- */

static const char *gan_spec(char spec[160], const char *kind, int loss, const char *more)
{
    snprintf(spec, 160, "%s loss=%s %s%s%s", kind, losses[loss], more,
             loss == WGAN ? " clip=1 d_steps=1" : "", loss < HINGE ? " smoothing=0.2" : "");
    return spec;
}

TEST(gan_by_formula)
{
    for (int loss = 0; loss < LOSSES; loss++) {
        char spec[160];
        double real_scores[COUNT], fake[COUNT];
        gan_trainer *t = make_game(gan_spec(spec, "gan", loss, ""), g_text, g_text);
        draw((uint64_t)loss);
        feed(t, "real", numbers[0], PIXELS);
        feed(t, "noise", numbers[1], PIXELS);
        feed(t, "noise.generator", numbers[2], PIXELS);
        must(gan_trainer_step(t));
        scores_of(0, 0, real_scores);
        scores_of(1, 0, fake);
        check_value(t, "loss.discriminator",
                    mean_of(of_real, loss, real_scores, 0.8) + mean_of(of_fake, loss, fake, 0));
        check_told(t, loss, "real", real_scores, fake, true);
        check_told(t, loss, "fake", fake, real_scores, false);
        scores_of(2, 0, fake);
        check_value(t, "loss.generator", mean_of(of_maker, loss, fake, 0));
        gan_trainer_release(t);
    }
}

/* Each score is judged by how far it is above the mean of the others; G's climb has real samples
 * too, and all of them with the other sign. */
static double of_relative(int loss, double s, double label)
{
    if (loss == LSGAN) return 0.5 * (s - (2 * label - 1)) * (s - (2 * label - 1));
    if (loss == HINGE) return fmax(0, 1 - (2 * label - 1) * s);
    return label > 0 ? log1p(exp(-s)) : log1p(exp(s));
}

static double relative_loss(int loss, const double up[COUNT], const double down[COUNT])
{
    double up_mean = 0, down_mean = 0, sum = 0;
    for (int i = 0; i < COUNT; i++) up_mean += up[i] / COUNT, down_mean += down[i] / COUNT;
    for (int i = 0; i < COUNT; i++)
        sum += of_relative(loss, up[i] - down_mean, 1) + of_relative(loss, down[i] - up_mean, 0);
    return sum / COUNT;
}

TEST(relative_scores_by_formula)
{
    for (int loss = NON_SATURATING; loss <= HINGE; loss++) {
        char spec[160];
        double real_scores[COUNT], fake[COUNT];
        snprintf(spec, sizeof spec, "gan relativistic=yes loss=%s", losses[loss]);
        gan_trainer *t = make_game(spec, g_text, g_text);
        draw((uint64_t)(300 + loss));
        feed(t, "real", numbers[0], PIXELS);
        feed(t, "noise", numbers[1], PIXELS);
        feed(t, "noise.generator", numbers[2], PIXELS);
        must(gan_trainer_step(t));
        scores_of(0, 0, real_scores);
        scores_of(1, 0, fake);
        check_value(t, "loss.discriminator", relative_loss(loss, real_scores, fake));
        check_told(t, WGAN, "real", real_scores, fake, true);
        check_told(t, WGAN, "fake", fake, real_scores, false);
        scores_of(2, 0, fake);
        check_value(t, "loss.generator", relative_loss(loss, fake, real_scores));
        gan_trainer_release(t);
    }
}

/* Of networks that hand on what they are given the slope of all scores is 1 for each number. */
TEST(penalties_by_formula)
{
    static const char *const penalties[] = {"wgan_gp", "dragan", "r1", "r2"};
    for (int i = 0; i < 8; i++) {
        char spec[160];
        const int every = 1 + i / 4 * 4;
        double real_scores[COUNT], fake[COUNT];
        const double norm = sqrt(PIXELS), bare = i % 4 < 2 ? (norm - 1) * (norm - 1) : norm * norm;
        snprintf(spec, sizeof spec, "gan penalty=%s penalty_weight=3 penalty_every=%d",
                 penalties[i % 4], every);
        gan_trainer *t = make_game(spec, g_text, g_text);
        draw((uint64_t)(400 + i));
        feed(t, "real", numbers[0], PIXELS);
        feed(t, "noise", numbers[1], PIXELS);
        must(gan_trainer_step(t));
        scores_of(0, 0, real_scores);
        scores_of(1, 0, fake);
        check_value(t, "penalty", bare);
        check_value(t, "penalty.norm", norm);
        check_value(t, "loss.discriminator",
                    mean_of(of_real, NON_SATURATING, real_scores, 1) +
                        mean_of(of_fake, NON_SATURATING, fake, 0) +
                        (i % 4 < 2 ? 3 : 1.5) * bare * every);
        gan_trainer_release(t);
    }
}

/* ---- cgan ---- */

enum { MATCHED, MISMATCHED, FAKE, PAIRS };
static const double mismatch_weight = 0.75, fake_weight = 1.5;

static gan_trainer *step_of_cgan(int loss, int two, const char *more)
{
    char spec[160];
    gan_trainer *t = make_game(gan_spec(spec, "cgan", loss, more), g_of_condition, d_texts[two]);
    draw((uint64_t)(100 + 2 * loss + two));
    feed(t, "real.image", numbers[0], PIXELS);
    feed(t, "real.vector", numbers[3], 1);
    if (!strstr(more, "mismatch=0 ")) feed(t, "mismatched", numbers[1], PIXELS);
    feed(t, "noise", numbers[2], PIXELS);
    if (!strstr(more, "reuse=yes")) {
        feed(t, "noise.generator", numbers[2], PIXELS);
        feed(t, "condition.generator", numbers[3], 1);
    }
    must(gan_trainer_step(t));
    return t;
}

/* A critic's comparisons have their weights on both sides. */
static double yes_weight(int loss, double of_mismatched, double of_fakes)
{
    return loss == WGAN ? of_mismatched + of_fakes : 1;
}

TEST(cgan_of_one_score_by_formula)
{
    for (int loss = 0; loss < LOSSES; loss++) {
        double s[PAIRS][COUNT];
        gan_trainer *t = step_of_cgan(loss, 0, "mismatch=0.75 fake=1.5");
        for (int k = 0; k < PAIRS; k++) scores_of(k, k == FAKE ? 2 : 1, s[k]);
        check_value(t, "loss.discriminator",
                    yes_weight(loss, mismatch_weight, fake_weight) *
                            mean_of(of_real, loss, s[MATCHED], 0.8) +
                        mismatch_weight * mean_of(of_fake, loss, s[MISMATCHED], 0) +
                        fake_weight * mean_of(of_fake, loss, s[FAKE], 0));
        check_value(t, "loss.generator", mean_of(of_maker, loss, s[FAKE], 0));
        check_told(t, loss, "matched", s[MATCHED], s[FAKE], true);
        check_told(t, loss, "mismatched", s[MISMATCHED], s[MATCHED], false);
        check_told(t, loss, "fake", s[FAKE], s[MATCHED], false);
        CHECK(isnan(value_of(t, "loss.match")));
        gan_trainer_release(t);
    }
}

static double check_realness(const gan_trainer *t, int loss)
{
    double s[PAIRS][COUNT];
    for (int k = 0; k < PAIRS; k++) scores_of(k, k == FAKE, s[k]);
    check_value(t, "loss.realness",
                yes_weight(loss, 0, fake_weight) *
                        (mean_of(of_real, loss, s[MATCHED], 0.8) +
                         mean_of(of_real, loss, s[MISMATCHED], 0.8)) /
                        2 +
                    fake_weight * mean_of(of_fake, loss, s[FAKE], 0));
    check_told(t, loss, "matched", s[MATCHED], s[FAKE], true);
    check_told(t, loss, "mismatched", s[MISMATCHED], s[FAKE], true);
    check_told(t, loss, "fake", s[FAKE], s[MATCHED], false);
    return mean_of(of_maker, loss, s[FAKE], 0);
}

static double check_match(const gan_trainer *t, int loss)
{
    double s[PAIRS][COUNT];
    for (int k = 0; k < PAIRS; k++) scores_of(k, k == FAKE ? 2 : 1, s[k]);
    check_value(t, "loss.match",
                yes_weight(loss, mismatch_weight, 0) * mean_of(of_real, loss, s[MATCHED], 0.8) +
                    mismatch_weight * mean_of(of_fake, loss, s[MISMATCHED], 0));
    check_told(t, loss, "match.matched", s[MATCHED], s[MISMATCHED], true);
    check_told(t, loss, "match.mismatched", s[MISMATCHED], s[MATCHED], false);
    check_told(t, loss, "match.fake", s[FAKE], s[MISMATCHED], true);
    return mean_of(of_maker, loss, s[FAKE], 0);
}

TEST(cgan_of_two_heads_by_formula)
{
    for (int loss = 0; loss < LOSSES; loss++) {
        gan_trainer *t = step_of_cgan(loss, 1, "mismatch=0.75 fake=1.5");
        const double made = check_realness(t, loss) + check_match(t, loss);
        check_value(t, "loss.generator", made);
        check_value(t, "loss.discriminator",
                    value_of(t, "loss.realness") + value_of(t, "loss.match"));
        gan_trainer_release(t);
    }
}

/* The head 'match' has no part then, in what D descends and in what G does. */
TEST(cgan_without_the_second_question)
{
    for (int loss = 0; loss < LOSSES; loss++) {
        double matched[COUNT], fake[COUNT];
        gan_trainer *t = step_of_cgan(loss, 1, "mismatch=0 fake=1.5");
        scores_of(MATCHED, 0, matched);
        scores_of(FAKE, 1, fake);
        check_value(t, "loss.discriminator",
                    yes_weight(loss, 0, fake_weight) * mean_of(of_real, loss, matched, 0.8) +
                        fake_weight * mean_of(of_fake, loss, fake, 0));
        check_value(t, "loss.generator", mean_of(of_maker, loss, fake, 0));
        gan_trainer_release(t);
    }
}

/* The last fakes are those of the same noise and conditions: the same numbers, and a gradient. */
TEST(cgan_on_the_last_fakes)
{
    for (int i = 0; i < 4; i++) {
        gan_trainer *fresh = step_of_cgan(NON_SATURATING, i % 2, i < 2 ? "" : "d_steps=3");
        gan_trainer *last =
            step_of_cgan(NON_SATURATING, i % 2, i < 2 ? "reuse=yes" : "d_steps=3 reuse=yes");
        CHECK(value_of(last, "gradient.generator") > 0.01);
        for (int32_t v = 0; v < gan_trainer_value_count(fresh); v++) {
            const char *name = gan_trainer_value_name(fresh, v);
            const double a = value_of(fresh, name), b = value_of(last, name);
            if (!CHECK(a == b || (isnan(a) && isnan(b)))) printf("    %s\n", name);
        }
        gan_trainer_release(fresh);
        gan_trainer_release(last);
    }
}

/* ---- cyclegan ---- */

static double power_of(const double x[COUNT], int power)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += pow(fabs(x[i]), power) / COUNT;
    return sum;
}

/* What compares pictures with pictures, of x and of y: what it adds to the generators' loss. */
static double check_likeness(const gan_trainer *t, const double x[COUNT], const double y[COUNT])
{
    const double scale = 1 / (1 + 1e-5); /* of batchnorm, squared */
    const double around[2] = {5 * power_of(x, 1), 5 * power_of(y, 1)};
    const double same[2] = {2 * power_of(x, 1), power_of(y, 1)};
    const double seen[2] = {scale * power_of(x, 2), scale * 4 * power_of(y, 2)};
    double sum = 0;
    for (int i = 0; i < 2; i++) {
        check_value(t, i ? "loss.cycle.y" : "loss.cycle.x", around[i]);
        check_value(t, i ? "loss.identity.y" : "loss.identity.x", same[i]);
        check_value(t, i ? "loss.perceptual.y" : "loss.perceptual.x", seen[i]);
        sum += 10 * around[i] + 5 * same[i] + 0.7 * seen[i];
    }
    return sum;
}

/* Without the half of lsgan; that of the discriminators is there with every loss. The features
 * stay as they were, their statistics included. */
TEST(cyclegan_by_formula)
{
    for (int loss = 0; loss < WGAN; loss++) {
        char spec[160];
        double x[COUNT], y[COUNT], of_x[COUNT],
            of_y[COUNT]; /* real ones, and what xy and yx make */
        const double unit = loss == LSGAN ? 0.5 : 1;
        gan_trainer *t = make_cycle(gan_spec(spec, "cyclegan", loss, "perceptual=0.7"));
        draw((uint64_t)(200 + loss));
        feed(t, "x", numbers[0], PIXELS);
        feed(t, "y", numbers[1], PIXELS);
        must(gan_trainer_step(t));
        scores_of(0, 0, x);
        scores_of(1, 0, y);
        for (int i = 0; i < COUNT; i++) of_x[i] = 2 * x[i], of_y[i] = 3 * y[i];
        check_value(t, "loss.generators",
                    check_likeness(t, x, y) +
                        (mean_of(of_maker, loss, of_x, 0) + mean_of(of_maker, loss, of_y, 0)) /
                            unit);
        check_value(t, "loss.discriminators",
                    0.5 / unit *
                        (mean_of(of_real, loss, x, 0.8) + mean_of(of_fake, loss, of_y, 0) +
                         mean_of(of_real, loss, y, 0.8) + mean_of(of_fake, loss, of_x, 0)));
        check_told(t, loss, "real.x", x, of_y, true);
        check_told(t, loss, "fake.x", of_y, x, false);
        check_told(t, loss, "real.y", y, of_x, true);
        check_told(t, loss, "fake.y", of_x, y, false);
        const gan__store *features = gan_trainer_model(t, "features", 0)->stores[0];
        for (int64_t i = 0; i < features->integer_count; i++) CHECK_INT(features->integers[i], 0);
        gan_trainer_release(t);
    }
}

/* Of pictures that are 0 all scores are, but for what is done to them: in both steps, or noise of
 * the first one that has decayed when the second one begins. */
static void check_seen(const char *const feeds[], int count, const char *const values[],
                       int value_count, gan_trainer *t)
{
    const bool decays = strstr(gan_trainer_text(t), "instance_decay=0 ") != NULL;
    memset(numbers, 0, sizeof numbers);
    for (int step = 0; step < 2; step++) {
        for (int i = 0; i < count; i++)
            feed(t, feeds[i], numbers[0],
                 strstr(feeds[i], "vector") || strstr(feeds[i], "condition") ? 1 : PIXELS);
        must(gan_trainer_step(t));
        for (int i = 0; i < value_count; i++)
            if (!CHECK((fabs(value_of(t, values[i])) > 1e-3) == (step == 0 || !decays)))
                printf("    %s of %s, step %d\n", values[i], gan_trainer_text(t), step + 1);
    }
    gan_trainer_release(t);
}

TEST(all_that_is_judged_is_changed)
{
    static const char *const gan_feeds[] = {"real", "noise", "noise.generator"};
    static const char *const gan_values[] = {"score.real", "score.fake", "loss.generator"};
    static const char *const feeds[] = {"real.image", "real.vector",     "mismatched",
                                        "noise",      "noise.generator", "condition.generator"};
    static const char *const values[] = {"score.matched", "score.mismatched", "score.fake",
                                         "loss.generator"};
    static const char *const sides[] = {"x", "y"};
    static const char *const side_values[] = {"score.real.x", "score.real.y", "score.fake.x",
                                              "score.fake.y", "loss.generators"};
    static const char *const changes[2] = {"instance_noise=2 instance_decay=0", "augment=colour"};
    for (int i = 0; i < 2; i++) {
        char spec[3][96];
        snprintf(spec[0], 96, "gan loss=wgan clip=1 %s", changes[i]);
        snprintf(spec[1], 96, "cgan loss=wgan clip=1 %s", changes[i]);
        snprintf(spec[2], 96, "cyclegan loss=hinge %s", changes[i]);
        check_seen(gan_feeds, 3, gan_values, 3, make_game(spec[0], g_text, g_text));
        check_seen(feeds, 6, values, 4, make_game(spec[1], g_of_condition, d_texts[0]));
        check_seen(sides, 2, side_values, i ? 4 : 5, make_cycle(spec[2]));
    }
}

/* ---- what nobody asked for ---- */

TEST(settings_of_the_papers)
{
    static const char *const cases[][2] = {
        {"gan", "gan loss=non_saturating smoothing=0 instance_noise=0 instance_decay=1 d_steps=1 "
                "reuse=no clip=0 noise=normal penalty=none penalty_weight=0 penalty_every=1 "
                "relativistic=no pack=1 batch=64 average=0 on_divergence=stop"},
        {"gan loss=wgan_gp augment=flip,cutout",
         "gan loss=wgan_gp smoothing=0 instance_noise=0 instance_decay=1 augment=\"flip,cutout\" "
         "d_steps=5 reuse=no clip=0 noise=normal penalty=wgan_gp penalty_weight=10 penalty_every=1 "
         "relativistic=no pack=1 batch=64 average=0 on_divergence=stop"},
        {"gan loss=wgan penalty=dragan",
         "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 reuse=no clip=0 "
         "noise=normal penalty=dragan penalty_weight=10 penalty_every=1 relativistic=no pack=1 "
         "batch=64 average=0 on_divergence=stop"},
        {"cgan", "cgan loss=non_saturating smoothing=0 instance_noise=0 instance_decay=1 "
                 "mismatch=1 fake=1 d_steps=1 reuse=no clip=0 noise=normal penalty=none "
                 "penalty_weight=0 penalty_every=1 batch=64 average=0 on_divergence=stop"},
        {"cgan loss=wgan", "cgan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 "
                           "mismatch=1 fake=1 d_steps=5 reuse=no clip=0.01 noise=normal "
                           "penalty=none penalty_weight=0 penalty_every=1 batch=64 average=0 "
                           "on_divergence=stop"},
        {"cyclegan",
         "cyclegan cycle=10 identity=0.5 pool=50 perceptual=0 directions=2 loss=lsgan smoothing=0 "
         "instance_noise=0 instance_decay=1 batch=1 average=0 on_divergence=stop"},
        {"autoencoder", "autoencoder loss=l2 batch=64 average=0 on_divergence=stop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_trainer *t;
        must(gan_trainer_create(&t, context, cases[i][0]));
        CHECK_TEXT(gan_trainer_text(t), cases[i][1]);
        gan_trainer_release(t);
    }
}

/* A critic's weights are cut after each of its updates. */
TEST(a_critic_is_cut)
{
    static const char *const specs[2] = {"gan loss=wgan", "cgan loss=wgan mismatch=0"};
    for (int i = 0; i < 2; i++) {
        gan_trainer *t = make_game(specs[i], i ? g_of_condition : g_text, i ? d_texts[0] : g_text);
        gan_model *d = gan_trainer_model(t, "discriminator", 0);
        float largest = 0;
        draw(1);
        feed(t, i ? "real.image" : "real", numbers[0], PIXELS);
        if (i) feed(t, "real.vector", numbers[3], 1);
        if (i) feed(t, "condition.generator", numbers[3], 1);
        must(gan_trainer_step(t));
        for (int64_t k = 0; k < d->stores[0]->weight_count; k++)
            largest = fmaxf(largest, fabsf(d->stores[0]->weights[k]));
        CHECK(largest == 0.01F);
        gan_trainer_release(t);
    }
}

/* ---- what every pass takes one step further ---- */

static void read_u(gan_model *model, float u[2])
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 1, (const int64_t[]){2}));
    must(gan_model_read(model, "0.weight_u", GAN_VALUE, tensor));
    memcpy(u, gan_tensor_data(tensor), 2 * sizeof *u);
    gan_tensor_release(tensor);
}

/* Three passes in training: of real samples and of fakes, one after the other, and the maker's. */
TEST(each_pass_iterates_a_spectral_norm)
{
    static const char *const d_text = "input 2 3 1; conv2d 2 kernel=2 spectral=yes; dense 1";
    gan_trainer *t = make_game("gan", g_text, d_text);
    gan_model *d = gan_trainer_model(t, "discriminator", 0), *copy;
    gan_tape *tape;
    float trained[2], alone[2];
    must(gan_model_copy(&copy, d));
    must(gan_tape_create(&tape, context));
    for (int i = 0; i < 3; i++) {
        gan_value x, score;
        must(gan_tape_normal(tape, 4, (const int64_t[]){N, H, W, 1}, &x));
        must(gan_tape_apply(tape, copy, "training", &x, 1, &score, 1));
        read_u(copy, alone);
        read_u(d, trained);
        CHECK(memcmp(alone, trained, sizeof alone) != 0);
    }
    draw(2);
    feed(t, "real", numbers[0], PIXELS);
    must(gan_trainer_step(t));
    read_u(d, trained);
    for (int i = 0; i < 2; i++) CHECK_NEAR(alone[i], trained[i], 1e-6);
    gan_tape_release(tape);
    gan_model_release(copy);
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(1, "objectives.tmp");
    RUN(gan_by_formula);
    RUN(relative_scores_by_formula);
    RUN(penalties_by_formula);
    RUN(cgan_of_one_score_by_formula);
    RUN(cgan_of_two_heads_by_formula);
    RUN(cgan_without_the_second_question);
    RUN(cgan_on_the_last_fakes);
    RUN(cyclegan_by_formula);
    RUN(all_that_is_judged_is_changed);
    RUN(settings_of_the_papers);
    RUN(a_critic_is_cut);
    RUN(each_pass_iterates_a_spectral_norm);
    return rig_close();
}
