/* test_averages.c: where the average of a model's weights begins, and the batch statistics that it
 * is saved with. */
#include "rig.h"

#include "train/trainer.h"

#include <math.h>

enum { BATCH = 16, HIDDEN = 16 };

static gan_trainer *averaged(const char *g_text)
{
    gan_model *g, *d;
    gan_trainer *t;
    must(gan_model_parse(&g, context, g_text));
    must(gan_model_parse(&d, context, "input 12; dense 16; relu; dense 1"));
    t = make_trainer("gan batch=16 average=0.9", g, d);
    gan_model_release(g);
    gan_model_release(d);
    return t;
}

static gan_tensor *values(gan_model *model, const char *name, int32_t rank, const int64_t *shape)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    must(gan_model_read(model, name, GAN_VALUE, tensor));
    return tensor;
}

/* Of z ~ N(0, 1), a dense layer makes features of the mean `bias` and the variance `sum of squared
 * weights`: so are the averaged weights' statistics, whatever the momentum and the weights that the
 * others had. */
static void estimate(const char *momentum)
{
    const int64_t weight_shape[2] = {HIDDEN, 8}, shape[1] = {HIDDEN};
    char text[128];
    gan_tensor *mean[2];
    snprintf(text, sizeof text, "input 8; dense 16; batchnorm momentum=%s; relu; dense 12",
             momentum);
    gan_trainer *t = averaged(text);
    gan_model *average = gan_trainer_model(t, "generator", GAN_MODEL_AVERAGED);
    for (int i = 0; i < 3; i++) must(step(t));
    gan_tensor *weight = values(average, "0.weight", 2, weight_shape);
    gan_tensor *bias = values(average, "0.bias", 1, shape);
    float *w = gan_tensor_data(weight), *b = gan_tensor_data(bias);
    for (int i = 0; i < HIDDEN; i++) b[i] = (float)i - 7;
    for (int i = 0; i < HIDDEN * 8; i++) w[i] *= 3;
    must(gan_model_write(average, "0.weight", weight));
    must(gan_model_write(average, "0.bias", bias));
    for (int k = 0; k < 2; k++) { /* a second time it is the same */
        must(gan_trainer_save(t, "averages.tmp"));
        mean[k] = values(average, "1.running_mean", 1, shape);
    }
    gan_tensor *variance = values(average, "1.running_var", 1, shape);
    CHECK(!memcmp(gan_tensor_data(mean[0]), gan_tensor_data(mean[1]), HIDDEN * sizeof(float)));
    for (int i = 0; i < HIDDEN; i++) {
        double expected = 0;
        for (int k = 0; k < 8; k++) expected += (double)w[i * 8 + k] * (double)w[i * 8 + k];
        /* 20 batches of 16: some 5.6 % of a deviation, and 8 % of a variance. */
        if (!CHECK_NEAR(((float *)gan_tensor_data(mean[0]))[i], b[i], 0.25 * sqrt(expected)) ||
            !CHECK_NEAR(((float *)gan_tensor_data(variance))[i], expected, 0.35 * expected))
            printf("    momentum=%s, feature %d\n", momentum, i);
    }
    must(step(t)); /* between saves they are the trained model's */
    gan_tensor *trained = values(gan_trainer_model(t, "generator", 0), "1.running_mean", 1, shape);
    gan_tensor *copied = values(average, "1.running_mean", 1, shape);
    CHECK(!memcmp(gan_tensor_data(trained), gan_tensor_data(copied), HIDDEN * sizeof(float)));
    gan_tensor_release(trained);
    gan_tensor_release(copied);
    gan_tensor_release(weight);
    gan_tensor_release(bias);
    gan_tensor_release(variance);
    for (int k = 0; k < 2; k++) gan_tensor_release(mean[k]);
    gan_trainer_release(t);
    remove("averages.tmp");
}

TEST(statistics_are_estimated_afresh)
{
    estimate("0.1");
    estimate("0.01");
    estimate("1");
    estimate("0");
}

/* Pictures of 8x8 around `mean`, whose codes are the means of 2x2 pixels. */
static void set_domain(gan_trainer *t, const char *domain, double mean, bool variances)
{
    static const char *const image = "image";
    const int64_t shape[4] = {64, 8, 8, 1};
    const char *const texts[3] = {
        variances ? "input 8 8 1; conv2d 1 kernel=2 stride=2 bias=no init=constant:0.25; "
                    "m = affine 1 0; mean = affine 1 0 from m; log_variance = affine 0 -10 from m; "
                    "output mean log_variance"
                  : "input 8 8 1; conv2d 1 kernel=2 stride=2 bias=no init=constant:0.25",
        "input 4 4 1; batchnorm affine=no; conv_transpose2d 1 kernel=2 stride=2; tanh",
        "input 8 8 1; conv2d 4 kernel=4 stride=2 pad=1; silu; dense 1"};
    static const char *const roles[3] = {"encoder", "decoder", "discriminator"};
    gan_tensor *pictures;
    gan_dataset *data;
    for (int i = 0; i < 3; i++) {
        char role[32];
        gan_model *model;
        snprintf(role, sizeof role, "%s_%s", roles[i], domain);
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, role, model));
        gan_model_release(model);
    }
    must(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < 64 * 64; i++)
        ((float *)gan_tensor_data(pictures))[i] = (float)(mean + 0.1 * sin(i * i));
    must(gan_dataset_from_tensors(&data, context, &image, &pictures, 1));
    must(gan_trainer_set_data(t, domain, data));
    gan_tensor_release(pictures);
    gan_dataset_release(data);
}

/* The averaged decoders' statistics are those of the codes that training gives them: of their own
 * domain and of the prior, or of both domains. */
TEST(statistics_of_each_domain)
{
    static const struct {
        const char *spec;
        double mean[2];
    } cases[] = {
        {"vaegan domains=x,y reconstruction=pixels batch=16 average=0.9", {-0.4, 0.4}},
        {"unit batch=16 average=0.9", {0, 0}},
        {"combogan batch=16 average=0.9", {0, 0}},
    };
    const int64_t one[1] = {1};
    for (int i = 0; i < 3; i++) {
        gan_trainer *t;
        must(gan_trainer_create(&t, context, cases[i].spec));
        set_domain(t, "x", -0.8, i < 2);
        set_domain(t, "y", 0.8, i < 2);
        must(gan_trainer_step(t));
        must(gan_trainer_refresh(t));
        for (int d = 0; d < 2; d++) {
            gan_model *decoder =
                gan_trainer_model(t, d ? "decoder_y" : "decoder_x", GAN_MODEL_AVERAGED);
            gan_tensor *mean = values(decoder, "0.running_mean", 1, one);
            CHECK_NEAR(*(float *)gan_tensor_data(mean), cases[i].mean[d], 0.05);
            gan_tensor_release(mean);
        }
        gan_trainer_release(t);
    }
}

/* Both begin with the same file, so that they have one seed. */
static gan_trainer *begun(void)
{
    gan_trainer *t;
    must(gan_trainer_load(&t, context, "averages.tmp"));
    return t;
}

/* After a refresh the average has what a save would give it, and not what it was trained with. */
static void compare_statistics(gan_trainer *t)
{
    const int64_t shape[1] = {HIDDEN};
    gan_model *average = gan_trainer_model(t, "generator", GAN_MODEL_AVERAGED);
    gan_tensor *mean[3];
    mean[0] = values(average, "1.running_mean", 1, shape);
    must(gan_trainer_refresh(t));
    mean[1] = values(average, "1.running_mean", 1, shape);
    must(gan_trainer_save(t, "averages.tmp"));
    mean[2] = values(average, "1.running_mean", 1, shape);
    CHECK(memcmp(gan_tensor_data(mean[0]), gan_tensor_data(mean[1]), HIDDEN * sizeof(float)));
    CHECK(!memcmp(gan_tensor_data(mean[1]), gan_tensor_data(mean[2]), HIDDEN * sizeof(float)));
    for (int i = 0; i < 3; i++) gan_tensor_release(mean[i]);
}

TEST(a_refresh_changes_no_training)
{
    gan_trainer *t = averaged("input 8; dense 16 spectral=yes; batchnorm; dropout 0.3; dense 12");
    uint8_t *bytes[2];
    size_t sizes[2];
    must(gan_trainer_refresh(t)); /* nothing is there yet */
    must(gan_trainer_save(t, "averages.tmp"));
    gan_trainer_release(t);
    gan_trainer *plain = begun(), *refreshed = begun();
    for (int i = 0; i < 4; i++) {
        must(step(plain));
        must(step(refreshed));
        compare_statistics(refreshed);
    }
    bytes[0] = saved(plain, &sizes[0]);
    bytes[1] = saved(refreshed, &sizes[1]);
    CHECK(sizes[0] == sizes[1] && !memcmp(bytes[0], bytes[1], sizes[0]));
    for (int i = 0; i < 2; i++) gan__free(context, bytes[i]);
    gan_trainer_release(plain);
    gan_trainer_release(refreshed);
    remove("averages.tmp");
}

/* Weights written after the model was set are where its average begins: also for a save before the
 * first step, and after a check. */
static void begin(bool check, bool save)
{
    const int64_t shape[2] = {HIDDEN, 8};
    gan_trainer *t = averaged("input 8; dense 16; relu; dense 12");
    gan_model *g = gan_trainer_model(t, "generator", 0), *average;
    gan_tensor *weight = values(g, "0.weight", 2, shape);
    float *w = gan_tensor_data(weight);
    must(gan_trainer_feed(t, "real", real));
    if (check) must(gan_trainer_check(t));
    for (int i = 0; i < HIDDEN * 8; i++) w[i] = 1000;
    must(gan_model_write(g, "0.weight", weight));
    if (save)
        must(gan_trainer_save(t, "averages.tmp"));
    else
        must(step(t));
    average = gan_trainer_model(t, "generator", GAN_MODEL_AVERAGED);
    gan_tensor *begun = values(average, "0.weight", 2, shape);
    for (int i = 0; i < HIDDEN * 8; i++) CHECK_NEAR(((float *)gan_tensor_data(begun))[i], 1000, 1);
    gan_tensor_release(weight);
    gan_tensor_release(begun);
    gan_trainer_release(t);
    remove("averages.tmp");
}

TEST(written_weights_are_averaged)
{
    for (int i = 0; i < 4; i++) begin(i & 1, i & 2);
}

int main(void)
{
    rig_open(BATCH, "averages.tmp");
    RUN(statistics_are_estimated_afresh);
    RUN(statistics_of_each_domain);
    RUN(a_refresh_changes_no_training);
    RUN(written_weights_are_averaged);
    return rig_close();
}
