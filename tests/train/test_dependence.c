/* test_dependence.c: how far outputs depend on inputs, against the formula, for batches of one and
 * of several; that nothing else depends on it; and the warning: a generator with a dense bottleneck
 * that ignores its input is named, one that has a way back is not. */
#include "rig.h"

#include <math.h>

#include "train/dependence.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE };

static uint64_t state;

static float uniform(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(state >> 40) / (float)(1 << 23) - 1;
}

static gan_tensor *make_pictures(int64_t n)
{
    gan_tensor *pictures;
    must(
        gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, (const int64_t[]){n, SIDE, SIDE, 1}));
    for (int64_t i = 0; i < n * PIXELS; i++) ((float *)gan_tensor_data(pictures))[i] = uniform();
    return pictures;
}

static void set_model(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

/* Generators that stay as they are. */
static gan_trainer *make(const char *spec, const char *xy, const char *yx)
{
    static const char d[] = "input 4 4 1; dense 1";
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    set_model(t, "xy", xy);
    if (yx) set_model(t, "yx", yx);
    if (yx) set_model(t, "discriminator_x", d);
    set_model(t, "discriminator_y", d);
    must(gan_trainer_set_optimizer(t, "generators", "sgd lr=0"));
    return t;
}

static double value_of(const gan_trainer *t, const char *name)
{
    double value = NAN;
    must(gan_trainer_value(t, name, &value));
    return value;
}

/* Of neighbours among the first n pictures. */
static double spread(const float *x, int64_t n)
{
    double square = 0;
    for (int64_t i = 0; i < (n - 1) * PIXELS; i++) {
        const double apart = (double)x[i + PIXELS] - (double)x[i];
        square += apart * apart;
    }
    return square / (double)(n - 1);
}

#define HALF "input 4 4 1; affine 0.5 0.25; conv2d 1 kernel=1 bias=no init=constant:1"
#define TURNED "input 4 4 1; affine -2 0; conv2d 1 kernel=1 bias=no init=constant:1"
#define DEAF "input 4 4 1; conv2d 1 kernel=1 init=zeros"
#define WILD "input 4 4 1; dropout 0.5; conv2d 1 kernel=1 bias=no init=constant:1"

/* The first 8 pictures of each batch count; an older look counts 0.9 of a newer one. */
TEST(of_batches)
{
    double made[2] = {0, 0}, target[2] = {0, 0};
    gan_trainer *t = make("cyclegan identity=0", HALF, TURNED);
    CHECK(isnan(value_of(t, "dependence.xy")));
    for (int step = 0; step <= 2 * GAN__DEPENDENCE_EVERY; step++) {
        gan_tensor *x = make_pictures(11), *y = make_pictures(3);
        if (step % GAN__DEPENDENCE_EVERY == 0) {
            const double of_x = spread(gan_tensor_data(x), 8), of_y = spread(gan_tensor_data(y), 3);
            made[0] = 0.9 * made[0] + 0.25 * of_x;
            target[0] = 0.9 * target[0] + of_y;
            made[1] = 0.9 * made[1] + 4 * of_y;
            target[1] = 0.9 * target[1] + of_x;
        }
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", y));
        must(gan_trainer_step(t));
        CHECK_NEAR(value_of(t, "dependence.xy"), sqrt(made[0] / target[0]), 1e-6);
        CHECK_NEAR(value_of(t, "dependence.yx"), sqrt(made[1] / target[1]), 1e-6);
        gan_tensor_release(x);
        gan_tensor_release(y);
    }
    gan_trainer_release(t);
}

/* A batch of one is compared with that of the look before. */
TEST(of_single_pictures)
{
    double made = 0, target = 0;
    float last[2][2 * PIXELS];
    gan_trainer *t = make("translate batch=1", HALF, NULL);
    for (int step = 0; step <= 3 * GAN__DEPENDENCE_EVERY; step++) {
        gan_tensor *x = make_pictures(1), *y = make_pictures(1);
        const gan_tensor *both[2] = {x, y};
        for (int d = 0; d < 2 && step % GAN__DEPENDENCE_EVERY == 0; d++) {
            memcpy(last[d], last[d] + PIXELS, PIXELS * sizeof(float));
            memcpy(last[d] + PIXELS, gan_tensor_data((gan_tensor *)(uintptr_t)both[d]),
                   PIXELS * sizeof(float));
        }
        if (step > 0 && step % GAN__DEPENDENCE_EVERY == 0) {
            made = 0.9 * made + 0.25 * spread(last[0], 2);
            target = 0.9 * target + spread(last[1], 2);
        }
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", y));
        must(gan_trainer_step(t));
        if (step < GAN__DEPENDENCE_EVERY)
            CHECK(isnan(value_of(t, "dependence.xy")));
        else
            CHECK_NEAR(value_of(t, "dependence.xy"), sqrt(made / target), 1e-6);
        gan_tensor_release(x);
        gan_tensor_release(y);
    }
    gan_trainer_release(t);
}

/* One picture of everything; and what dropout changes is no dependence: both see the same x as y.
 */
TEST(of_extremes)
{
    static const char *const texts[3] = {DEAF, WILD, HALF};
    static const double wanted[3] = {0, 1, 0.5};
    for (int i = 0; i < 3; i++) {
        gan_tensor *x = make_pictures(6);
        gan_trainer *t = make("translate batch=6", texts[i], NULL);
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", x));
        must(gan_trainer_step(t));
        CHECK_NEAR(value_of(t, "dependence.xy"), wanted[i], 1e-6);
        gan_tensor_release(x);
        gan_trainer_release(t);
    }
}

/* Pictures that are all one have no distance to compare with. */
TEST(of_a_target_without_distance)
{
    gan_tensor *x = make_pictures(4), *y = make_pictures(4);
    memset(gan_tensor_data(y), 0, 4 * PIXELS * sizeof(float));
    gan_trainer *t = make("translate batch=4", HALF, NULL);
    for (int i = 0; i < 2 * GAN__WARNING_BLOCK; i++) {
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", y));
        must(gan_trainer_step(t));
    }
    CHECK(isnan(value_of(t, "dependence.xy")));
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_trainer_release(t);
}

/* ---- the warning ---- */

#define CLOTHES "idx path=" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz size=8"
#define BOTTLENECK                                                                              \
    "input 8 8 1; dense 16; leaky_relu 0.2; dense 64; leaky_relu 0.2; dense 64; tanh; reshape " \
    "8 8 1"
#define JUDGE "input 8 8 1; dense 64; leaky_relu 0.2; dense 32; leaky_relu 0.2; dense 1"

static void set_clothes(gan_trainer *t, const char *feed, const char *spec)
{
    gan_dataset *data;
    must(gan_dataset_open(&data, context, spec));
    must(gan_trainer_set_data(t, feed, data));
    gan_dataset_release(data);
}

static bool ignores(const gan_trainer *t, const char *role)
{
    char name[64];
    snprintf(name, sizeof name, "ignored.%s", role);
    for (int32_t i = 0; i < gan_trainer_warning_count(t); i++)
        if (!strcmp(gan_trainer_warning(t, i, "name"), name)) {
            printf("    %s\n", gan_trainer_warning(t, i, "text"));
            return true;
        }
    return false;
}

/* Clothes into their edges, by networks that have to learn to pass anything on. */
static gan_trainer *run(const char *spec, int64_t steps)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    set_model(t, "xy", BOTTLENECK);
    if (gan__cast_role(t->cast, "yx", 2) >= 0) {
        set_model(t, "yx", BOTTLENECK);
        set_model(t, "discriminator_x", JUDGE);
    }
    set_model(t, "discriminator_y", JUDGE);
    set_clothes(t, "x", CLOTHES);
    set_clothes(t, "y", CLOTHES " transform=edges");
    must(gan_trainer_set_optimizer(t, "generators", "adam lr=1e-3 beta1=0.5"));
    must(gan_trainer_set_optimizer(t, "discriminators", "adam lr=1e-3 beta1=0.5"));
    must(gan_trainer_run(t, steps, NULL, NULL));
    printf("    %s: dependence.xy %.3f\n", spec, value_of(t, "dependence.xy"));
    return t;
}

TEST(a_generator_that_ignores_its_input)
{
    gan_trainer *t = run("translate batch=1", 1600);
    CHECK(value_of(t, "dependence.xy") < 0.15);
    CHECK(ignores(t, "xy"));
    gan_trainer_release(t);
}

TEST(a_generator_with_a_way_back)
{
    gan_trainer *t = run("cyclegan batch=1", 1600);
    CHECK(value_of(t, "dependence.xy") > 0.4);
    CHECK(!ignores(t, "xy") && !ignores(t, "yx"));
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(2, "dependence.tmp");
    RUN(of_batches);
    RUN(of_single_pictures);
    RUN(of_extremes);
    RUN(of_a_target_without_distance);
    RUN(a_generator_that_ignores_its_input);
    RUN(a_generator_with_a_way_back);
    return rig_close();
}
