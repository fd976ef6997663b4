/* test_counts.c: num_batches_tracked is an int64 wherever it goes: files, tensors, copies,
 * averages, steps that are undone, checkpoints. */
#include "rig.h"

#include "files/safetensors.h"

#include <float.h>
#include <math.h>

enum { BATCH = 4 };

static const char file_name[] = "counts_file.tmp";
static const int64_t big[] = {0, -1, 16777217, 9007199254740993, INT64_MAX, INT64_MIN};
enum { BIG = sizeof big / sizeof big[0] };

static void write_count(gan_model *model, const char *name, int64_t value)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_INT64, 0, NULL));
    *(int64_t *)gan_tensor_data(tensor) = value;
    must(gan_model_write(model, name, tensor));
    gan_tensor_release(tensor);
}

static int64_t count_of(gan_model *model, const char *name)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_INT64, 0, NULL));
    must(gan_model_read(model, name, GAN_VALUE, tensor));
    int64_t value = *(int64_t *)gan_tensor_data(tensor);
    gan_tensor_release(tensor);
    return value;
}

static gan_model *parse(const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    return model;
}

/* ---- files ---- */

/* A state dict of "input 3; batchnorm" whose count is one element. */
static gan_status load_state(gan_model *model, gan__element element, const void *count)
{
    static const float ones[3] = {1, 1, 1};
    static const int64_t shape = 3;
    const gan__safetensors_tensor tensors[] = {
        {"0.weight", GAN__ELEMENT_F32, 1, &shape, ones, NULL},
        {"0.bias", GAN__ELEMENT_F32, 1, &shape, ones, NULL},
        {"0.running_mean", GAN__ELEMENT_F32, 1, &shape, ones, NULL},
        {"0.running_var", GAN__ELEMENT_F32, 1, &shape, ones, NULL},
        {"0.num_batches_tracked", element, 0, NULL, count, NULL},
    };
    must(gan__safetensors_write(context, file_name, tensors, 5, NULL, 0));
    gan_status status = gan_model_load_weights(model, file_name, NULL);
    remove(file_name);
    return status;
}

TEST(files_keep_every_number)
{
    for (int i = 0; i < BIG; i++) {
        gan_model *model = parse("input 3; batchnorm"), *loaded, *copy;
        must(load_state(model, GAN__ELEMENT_I64, &big[i]));
        CHECK_INT(count_of(model, "0.num_batches_tracked"), big[i]);
        must(gan_model_save(model, file_name));
        must(gan_model_load(&loaded, context, file_name));
        CHECK_INT(count_of(loaded, "0.num_batches_tracked"), big[i]);
        must(gan_model_copy(&copy, loaded));
        CHECK_INT(count_of(copy, "0.num_batches_tracked"), big[i]);
        remove(file_name);
        gan_model_release(model);
        gan_model_release(loaded);
        gan_model_release(copy);
    }
}

/* Whatever another program keeps the count in. */
TEST(files_may_have_other_types)
{
    static const uint64_t u64[] = {UINT64_MAX, 5};
    static const double f64[] = {9007199254740992.0, 1e300, -1e300, NAN, 2.5, 3.5, -0.0, INFINITY};
    static const int64_t of_f64[] = {9007199254740992, INT64_MAX, INT64_MIN, 0, 2, 4, 0, INT64_MAX};
    static const float f32 = 16777216;
    static const uint16_t f16 = 0x7bff, bf16 = 0x4b80; /* 65504 and 2^24 */
    static const int32_t i32 = INT32_MIN;
    static const uint32_t u32 = UINT32_MAX;
    static const struct {
        gan__element element;
        const void *count;
        int64_t expected;
    } cases[] = {
        {GAN__ELEMENT_U64, &u64[0], INT64_MAX},
        {GAN__ELEMENT_U64, &u64[1], 5},
        {GAN__ELEMENT_F32, &f32, 16777216},
        {GAN__ELEMENT_F16, &f16, 65504},
        {GAN__ELEMENT_BF16, &bf16, 16777216},
        {GAN__ELEMENT_I32, &i32, INT32_MIN},
        {GAN__ELEMENT_U32, &u32, (int64_t)UINT32_MAX},
    };
    gan_model *model = parse("input 3; batchnorm");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        must(load_state(model, cases[i].element, cases[i].count));
        CHECK_INT(count_of(model, "0.num_batches_tracked"), cases[i].expected);
    }
    for (size_t i = 0; i < sizeof f64 / sizeof f64[0]; i++) {
        must(load_state(model, GAN__ELEMENT_F64, &f64[i]));
        CHECK_INT(count_of(model, "0.num_batches_tracked"), of_f64[i]);
    }
    gan_model_release(model);
}

/* ---- tensors ---- */

TEST(tensors_of_every_type)
{
    gan_model *model = parse("input 3; batchnorm");
    gan_layer *layer = gan_model_layer(model, "0");
    gan_tensor *single, *byte, *small, *wrong;
    const int64_t one = 1;
    must(gan_tensor_create(&single, context, GAN_FLOAT32, 0, NULL));
    must(gan_tensor_create(&byte, context, GAN_UINT8, 0, NULL));
    must(gan_tensor_create(&small, context, GAN_INT32, 0, NULL));
    must(gan_tensor_create(&wrong, context, GAN_INT64, 1, &one));
    for (int i = 0; i < BIG; i++) {
        int64_t n = big[i];
        write_count(model, "0.num_batches_tracked", n);
        must(gan_layer_read(layer, "num_batches_tracked", GAN_VALUE, single));
        must(gan_layer_read(layer, "num_batches_tracked", GAN_VALUE, byte));
        must(gan_layer_read(layer, "num_batches_tracked", GAN_VALUE, small));
        CHECK(*(float *)gan_tensor_data(single) == (float)n);
        CHECK_INT(*(uint8_t *)gan_tensor_data(byte), n < 0 ? 0 : n > 255 ? 255 : n);
        CHECK_INT(*(int32_t *)gan_tensor_data(small), n < INT32_MIN   ? INT32_MIN
                                                      : n > INT32_MAX ? INT32_MAX
                                                                      : n);
    }
    *(float *)gan_tensor_data(single) = 1e10F;
    must(gan_layer_write(layer, "num_batches_tracked", single));
    CHECK_INT(count_of(model, "0.num_batches_tracked"), 10000000000);
    *(uint8_t *)gan_tensor_data(byte) = 200; /* a count, no picture */
    must(gan_layer_write(layer, "num_batches_tracked", byte));
    CHECK_INT(count_of(model, "0.num_batches_tracked"), 200);
    CHECK_STATUS(gan_layer_write(layer, "num_batches_tracked", wrong), GAN_E_SHAPE);
    CHECK_STATUS(gan_layer_read(layer, "num_batches_tracked", GAN_VALUE, wrong), GAN_E_SHAPE);
    CHECK_STATUS(gan_layer_read(layer, "num_batches_tracked", GAN_GRADIENT, single),
                 GAN_E_ARGUMENT);
    gan_tensor_release(single);
    gan_tensor_release(byte);
    gan_tensor_release(small);
    gan_tensor_release(wrong);
    gan_model_release(model);
}

/* ---- passes ---- */

static int64_t count_after(gan_model *model, int64_t before, int groups)
{
    const int64_t shape[2] = {BATCH, 3};
    gan_tape *tape;
    gan_value x[2], y[2];
    write_count(model, "0.num_batches_tracked", before);
    must(gan_tape_create(&tape, context));
    for (int i = 0; i < groups; i++) must(gan_tape_normal(tape, 2, shape, &x[i]));
    must(gan_tape_apply(tape, model, groups == 2 ? "training groups=2" : "training", x, groups, y,
                        groups));
    gan_tape_release(tape);
    return count_of(model, "0.num_batches_tracked");
}

TEST(passes_count_to_the_end)
{
    gan_model *model = parse("input 3; batchnorm");
    CHECK_INT(count_after(model, 16777216, 1), 16777217);
    CHECK_INT(count_after(model, 9007199254740992, 2), 9007199254740994);
    CHECK_INT(count_after(model, INT64_MAX - 1, 1), INT64_MAX);
    CHECK_INT(count_after(model, INT64_MAX - 1, 2), INT64_MAX);
    CHECK_INT(count_after(model, INT64_MAX, 2), INT64_MAX);
    CHECK_INT(count_after(model, INT64_MIN, 1), INT64_MIN + 1);
    gan_model_release(model);
}

/* ---- trainings ---- */

TEST(trainings_keep_it)
{
    const int64_t start = 9007199254740993, noise_shape[2] = {BATCH, 8};
    gan_model *g = parse("input 8; dense 16; batchnorm; relu; dense 12; tanh");
    gan_model *d = parse("input 12; dense 16; batchnorm; relu; dense 1");
    gan_trainer *t = make_trainer("gan batch=4 average=0.9", g, d), *loaded;
    gan_tensor *nan;
    write_count(g, "1.num_batches_tracked", start);
    write_count(d, "1.num_batches_tracked", start);
    must(step(t));
    CHECK_INT(count_of(g, "1.num_batches_tracked"), start + 2);
    CHECK_INT(count_of(d, "1.num_batches_tracked"), start + 3);
    must(gan_tensor_create(&nan, context, GAN_FLOAT32, 2, noise_shape));
    *(float *)gan_tensor_data(nan) = NAN;
    must(gan_trainer_feed(t, "noise.generator", nan));
    CHECK_STATUS(step(t), GAN_E_DIVERGED);
    CHECK_INT(count_of(g, "1.num_batches_tracked"), start + 2);
    CHECK_INT(count_of(d, "1.num_batches_tracked"), start + 3);
    CHECK_INT(count_of(gan_trainer_model(t, "generator", 1), "1.num_batches_tracked"), start + 2);
    must(gan_trainer_save(t, file_name));
    must(gan_trainer_load(&loaded, context, file_name));
    CHECK_INT(count_of(gan_trainer_model(loaded, "generator", 0), "1.num_batches_tracked"),
              start + 2);
    CHECK_INT(count_of(gan_trainer_model(loaded, "discriminator", 0), "1.num_batches_tracked"),
              start + 3);
    /* 20 batches were estimated from. */
    CHECK_INT(count_of(gan_trainer_model(loaded, "generator", 1), "1.num_batches_tracked"),
              start + 22);
    remove(file_name);
    gan_tensor_release(nan);
    gan_trainer_release(t);
    gan_trainer_release(loaded);
    gan_model_release(g);
    gan_model_release(d);
}

int main(void)
{
    rig_open(BATCH, "counts.tmp");
    RUN(files_keep_every_number);
    RUN(files_may_have_other_types);
    RUN(tensors_of_every_type);
    RUN(passes_count_to_the_end);
    RUN(trainings_keep_it);
    return rig_close();
}
