/* test_saving.c: saving changes nothing of a training, and a file in memory is the file. */
#include "fault.h"
#include "rig.h"

enum { BATCH = 4, STEPS = 10 };

/* Most kinds of state: running statistics, u and v, an average, dropout, a schedule, noise that
 * fades, a data set with a thread of its own. */
static gan_trainer *trainer_of(gan_context *own)
{
    static const char *const image = "image";
    const int64_t shape[4] = {7, 1, 1, WIDTH};
    gan_model *g, *d;
    gan_trainer *t;
    gan_dataset *data;
    gan_tensor *pictures;
    must(gan_tensor_create(&pictures, own, GAN_UINT8, 4, shape));
    for (int i = 0; i < 7 * WIDTH; i++)
        ((uint8_t *)gan_tensor_data(pictures))[i] = (uint8_t)(i * 29);
    must(gan_dataset_from_tensors(&data, own, &image, &pictures, 1));
    must(gan_model_parse(&g, own,
                         "input 8; dense 16; batchnorm; relu; dropout 0.2; dense 12; tanh"));
    must(gan_model_parse(&d, own, "input 12; dense 16 spectral=yes; relu; dropout 0.3; dense 1"));
    must(gan_trainer_create(&t, own,
                            "gan batch=4 average=0.9 d_steps=2 instance_noise=0.1 "
                            "instance_decay=0.9"));
    must(gan_trainer_set_model(t, "generator", g));
    must(gan_trainer_set_model(t, "discriminator", d));
    must(gan_trainer_set_data(t, "real", data));
    must(gan_trainer_set_optimizer(t, "generator", "adam lr=1e-2 schedule=linear:15"));
    gan_tensor_release(pictures);
    gan_dataset_release(data);
    gan_model_release(g);
    gan_model_release(d);
    return t;
}

static gan_context *fresh(void)
{
    gan_context *own;
    must(gan_context_create(&own, "threads=2 seed=11", NULL, NULL, 0));
    return own;
}

/* The bytes of the last of `saves` in ten steps: after each, or at the end alone. */
static gan_tensor *trained(gan_context *own, bool after_each)
{
    gan_trainer *t = trainer_of(own);
    gan_tensor *out = NULL;
    if (after_each) must(gan_trainer_save(t, rig_file)); /* before the first step as well */
    for (int i = 0; i < STEPS; i++) {
        must(gan_trainer_step(t));
        if (after_each) must(gan_trainer_save(t, rig_file));
        if (after_each) must(gan_model_save(gan_trainer_model(t, "generator", 1), rig_file));
    }
    must(gan_trainer_save_memory(&out, t));
    remove(rig_file);
    gan_trainer_release(t);
    return out;
}

static void check_same(const gan_tensor *a, const gan_tensor *b)
{
    CHECK_INT(gan_tensor_count(a), gan_tensor_count(b));
    CHECK(gan_tensor_count(a) == gan_tensor_count(b) &&
          !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a)));
}

TEST(saving_changes_nothing)
{
    gan_context *own[2] = {fresh(), fresh()};
    gan_tensor *whole = trained(own[0], false), *often = trained(own[1], true);
    check_same(whole, often);
    gan_tensor_release(whole);
    gan_tensor_release(often);
    for (int i = 0; i < 2; i++) gan_context_release(own[i]);
}

/* In memory as in a file: the same bytes, and a training that goes on from them. */
TEST(memory_is_the_file)
{
    gan_model *g, *d;
    gan_trainer *loaded;
    gan_tensor *bytes, *again;
    size_t size;
    must(gan_model_parse(&g, context, "input 8; dense 12; batchnorm; tanh"));
    must(gan_model_parse(&d, context, "input 12; dense 16; relu; dense 1"));
    gan_trainer *t = make_trainer("gan batch=4 average=0.5", g, d);
    must(step(t));
    uint8_t *file = saved(t, &size);
    must(gan_trainer_save_memory(&bytes, t));
    CHECK_INT(gan_tensor_dtype(bytes), GAN_UINT8);
    CHECK_INT(gan_tensor_rank(bytes), 1);
    CHECK(size == (size_t)gan_tensor_count(bytes) && !memcmp(file, gan_tensor_data(bytes), size));
    must(gan_trainer_load_memory(&loaded, context, gan_tensor_data(bytes), size));
    gan_tensor_release(bytes); /* nothing of it is used any more */
    must(step(t));
    must(step(loaded));
    must(gan_trainer_save_memory(&bytes, t));
    must(gan_trainer_save_memory(&again, loaded));
    check_same(bytes, again);
    gan_trainer_release(loaded);
    CHECK_STATUS(gan_trainer_load_memory(&loaded, context, file, size - 1), GAN_E_FORMAT);
    CHECK(loaded == NULL);
    gan_tensor_release(bytes);
    gan_tensor_release(again);
    gan__free(context, file);
    gan_trainer_release(t);
    gan_model_release(g);
    gan_model_release(d);
}

/* Those too that only some steps measure, as the third does the penalty here. */
TEST(what_was_measured_is_saved)
{
    enum { MOST = 64 };
    double values[2][MOST];
    gan_model *g, *d;
    gan_trainer *loaded;
    size_t size;
    must(gan_model_parse(&g, context, "input 8; dense 12; tanh"));
    must(gan_model_parse(&d, context, "input 12; dense 16; tanh; dense 1"));
    gan_trainer *t = make_trainer("gan batch=4 penalty=r1 penalty_every=3", g, d);
    for (int i = 0; i < 5; i++) must(step(t));
    uint8_t *file = saved(t, &size);
    must(gan_trainer_load_memory(&loaded, context, file, size));
    const int32_t count = gan_trainer_value_count(t);
    CHECK(count <= MOST && gan_trainer_value_count(loaded) == count);
    must(gan_trainer_values(t, values[0], count));
    must(gan_trainer_values(loaded, values[1], count));
    for (int32_t i = 0; i < count; i++) CHECK(values[0][i] == values[1][i]); /* no NaN is */
    gan__free(context, file);
    gan_trainer_release(loaded);
    gan_trainer_release(t);
    gan_model_release(g);
    gan_model_release(d);
}

/* A file of 16 layers of 64 KiB, with two moments each: memory for one of these, twice, and for
 * names. */
TEST(saving_takes_little_memory)
{
    static fault_host fault;
    const gan_host host = fault_make(&fault);
    const int64_t shape[4] = {BATCH, 1, 1, 128};
    gan_context *own;
    gan_model *g, *d;
    gan_trainer *t;
    gan_tensor *pictures, *whole;
    must(gan_context_create(&own, "threads=1 seed=11", &host, NULL, 0));
    must(gan_tensor_create(&pictures, own, GAN_FLOAT32, 4, shape));
    memset(gan_tensor_data(pictures), 0, BATCH * 128 * sizeof(float));
    must(gan_model_parse(&g, own, "input 128; repeat 8 { dense 128; relu }"));
    must(gan_model_parse(&d, own, "input 128; repeat 8 { dense 128; relu }; dense 1"));
    must(gan_trainer_create(&t, own, "gan batch=4"));
    must(gan_trainer_set_model(t, "generator", g));
    must(gan_trainer_set_model(t, "discriminator", d));
    must(gan_trainer_feed(t, "real", pictures));
    must(gan_trainer_step(t));
    fault.peak_bytes = (long long)fault.live_bytes;
    const long long before = fault.live_bytes;
    must(gan_trainer_save(t, "whole"));
    const long long taken = fault.peak_bytes - before;
    printf("    %lld bytes for a file of %zu\n", taken, fault.files[0].size);
    CHECK(fault.files[0].size > 3 * 16 * 65536 && taken < 65536 + 98304);
    must(gan_trainer_save_memory(&whole, t));
    CHECK(gan_tensor_count(whole) == (int64_t)fault.files[0].size &&
          !memcmp(gan_tensor_data(whole), fault.files[0].bytes, fault.files[0].size));
    gan_tensor_release(whole);
    gan_tensor_release(pictures);
    gan_trainer_release(t);
    gan_model_release(g);
    gan_model_release(d);
    gan_context_release(own);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    rig_open(BATCH, "saving.tmp");
    RUN(saving_changes_nothing);
    RUN(memory_is_the_file);
    RUN(what_was_measured_is_saved);
    RUN(saving_takes_little_memory);
    return rig_close();
}
