/* test_what_is_drawn.c: what a trainer draws by itself for what a discriminator sees, where nothing
 * of it is fed: the place where a penalty is taken, noise that decays, holes under a penalty. The
 * networks are plain enough that a mean over many samples tells what was drawn. */
#include "rig.h"

#include <math.h>

enum { N = 2000, H = 2, W = 3, PIXELS = H * W };

#define SUM "conv2d 1 kernel=1 bias=no init=normal:1,0"
static const char sum_text[] = "input 2 3 1; " SUM;

static gan_trainer *make_game(const char *spec, const char *g_text, const char *d_text)
{
    const char *const texts[2] = {d_text, g_text};
    static const char *const roles[2] = {"discriminator", "generator"};
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < 2; i++) {
        gan_model *model;
        if (!texts[i]) continue;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        must(gan_trainer_set_optimizer(t, roles[i], "sgd lr=0"));
        gan_model_release(model);
    }
    return t;
}

/* `count` pictures whose numbers are `even` and `odd` in turn. */
static void feed(gan_trainer *t, const char *name, int count, float even, float odd)
{
    const int64_t shape[4] = {count, H, W, 1};
    gan_tensor *batch;
    must(gan_tensor_create(&batch, context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < count * PIXELS; i++)
        ((float *)gan_tensor_data(batch))[i] = i % 2 ? odd : even;
    must(gan_trainer_feed(t, name, batch));
    gan_tensor_release(batch);
}

static void check_near(const gan_trainer *t, const char *name, double expected, double share)
{
    double value = NAN;
    must(gan_trainer_value(t, name, &value));
    if (!CHECK(fabs(value - expected) <= share * expected))
        printf("    %s of %s: %g, not %g\n", name, gan_trainer_text(t), value, expected);
}

/* ---- where a penalty is taken ---- */

static gan_trainer *step_of(const char *spec, const char *d_text, float even, float odd)
{
    gan_trainer *t = make_game(spec, sum_text, d_text);
    feed(t, "real", N, even, odd);
    feed(t, "noise", N, 1, 1);
    must(gan_trainer_step(t));
    return t;
}

/* The slope of all squares, added, is 2 x^. Between 2 and 1 lies 1 + e, as long as PIXELS of them;
 * around 0 and 2, whose deviation is 1, are u / 2 and 2 + u / 2. */
TEST(places_of_penalties)
{
    static const char squares[] = "input 2 3 1; square; " SUM;
    gan_trainer *t = step_of("gan penalty=wgan_gp", squares, 2, 2);
    const double root = sqrt(PIXELS), square = 4 * PIXELS * 7.0 / 3;
    check_near(t, "penalty.norm", 2 * root * 1.5, 0.02);
    check_near(t, "penalty", square - 2 * (2 * root * 1.5) + 1, 0.03);
    gan_trainer_release(t);
    t = step_of("gan penalty=dragan", squares, 0, 2);
    /* The mean length of the slope is near the root of its mean square: all numbers have their own
     * u. */
    check_near(t, "penalty.norm", 2 * root * sqrt((1.0 / 12 + 4 + 1 + 1.0 / 12) / 2), 0.01);
    gan_trainer_release(t);
}

/* Samples that D sees side by side lie at one place of their ways: differences of such are 0. */
TEST(a_pack_has_one_place)
{
    static const char differences[] = "input 2 3 2; d = " SUM "; square; " SUM;
    static const float signs[2] = {1, -1};
    gan_trainer *t = make_game("gan penalty=wgan_gp pack=2", sum_text, differences);
    gan_tensor *weights;
    double norm = 1;
    must(gan_tensor_create(&weights, context, GAN_FLOAT32, 4, (const int64_t[]){1, 2, 1, 1}));
    memcpy(gan_tensor_data(weights), signs, sizeof signs);
    must(gan_model_write(gan_trainer_model(t, "discriminator", 0), "d.weight", weights));
    feed(t, "real", N, 2, 2);
    feed(t, "noise", N, 1, 1);
    must(gan_trainer_step(t));
    must(gan_trainer_value(t, "penalty.norm", &norm));
    CHECK(norm < 1e-5);
    gan_tensor_release(weights);
    gan_trainer_release(t);
}

/* augment= is a part of D for a penalty: where a hole is there is no slope. It is one of 2 rows and
 * of one or two columns of 3. */
TEST(holes_under_a_penalty)
{
    gan_trainer *t = step_of("gan penalty=r1 augment=cutout", sum_text, 1, 1);
    check_near(t, "penalty", PIXELS - 0.5 * (1 + 2), 0.02);
    gan_trainer_release(t);
}

/* Of points a hole would leave nothing: nobody would learn, and nothing would tell. */
TEST(holes_in_points)
{
    gan_trainer *t =
        make_game("gan batch=2 augment=cutout", "input 3; dense 2", "input 2; dense 1");
    gan_tensor *points;
    must(gan_tensor_create(&points, context, GAN_FLOAT32, 2, (const int64_t[]){2, 2}));
    memset(gan_tensor_data(points), 0, 4 * sizeof(float));
    must(gan_trainer_feed(t, "real", points));
    CHECK_STATUS(gan_trainer_check(t), GAN_E_SHAPE);
    if (!CHECK(strstr(gan_context_message(context), "cutout=0.5 of a picture of 1x1") != NULL))
        puts(gan_context_message(context));
    gan_tensor_release(points);
    gan_trainer_release(t);
}

/* ---- noise on what is seen ---- */

/* Of zeros lsgan says 1/2 (1 + v) + 1/2 v, v the variance of the noise. */
TEST(noise_that_decays)
{
    gan_trainer *t =
        make_game("gan loss=lsgan instance_noise=4 instance_decay=0.5", sum_text, sum_text);
    for (int step = 0; step < 3; step++) {
        const double variance = 16 * pow(0.25, step);
        feed(t, "real", N, 0, 0);
        feed(t, "noise", N, 0, 0);
        must(gan_trainer_step(t));
        check_near(t, "loss.discriminator", 0.5 + variance, 0.05);
    }
    gan_trainer_release(t);
}

/* The negatives of the first step are uniform in [-1, 1) besides, whose variance is 1/3. */
TEST(noise_on_positives_and_negatives)
{
    gan_trainer *t =
        make_game("discriminator loss=lsgan instance_noise=4 instance_decay=0.5", NULL, sum_text);
    feed(t, "real", N, 0, 0);
    must(gan_trainer_step(t));
    check_near(t, "loss.discriminator", 0.5 + 16 + 1.0 / 6, 0.05);
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(1, "drawn.tmp");
    RUN(places_of_penalties);
    RUN(a_pack_has_one_place);
    RUN(holes_under_a_penalty);
    RUN(holes_in_points);
    RUN(noise_that_decays);
    RUN(noise_on_positives_and_negatives);
    return rig_close();
}
