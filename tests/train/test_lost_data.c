/* test_lost_data.c: a training whose data is lost can be saved: averages that would have to see it
 * keep the trained model's statistics, and a warning says what was lost. */
#include "../data/picture_files.h"

#include <gan/gan.h>

enum { PICTURES = 12, FEATURES = 6 };

static gan_context *context;
static fault_host fault;
static char warnings[2][512]; /* of the encoder and the decoder */
static int warning_count;

static void note_warning(void *user, int32_t level, const char *line)
{
    (void)user;
    CHECK_INT(level, GAN_LOG_WARNING);
    if (warning_count < 2) snprintf(warnings[warning_count], sizeof warnings[0], "%s", line);
    warning_count++;
}

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static void begin(void)
{
    gan_host host = fault_make(&fault);
    host.log = note_warning;
    must(gan_context_create(&context, "threads=2 seed=3", &host, NULL, 0));
    warning_count = 0;
}

static void end(void)
{
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
}

static void picture_path(int index, char path[32])
{
    snprintf(path, 32, "pictures/%02d.pgm", index);
}

static void put_pictures(int height, int width)
{
    for (int i = 0; i < PICTURES; i++) {
        char path[32];
        picture_path(i, path);
        put_picture(context, &fault, path, i, (const int[]){height, width, 1}, 8);
    }
}

static gan_dataset *folder(void)
{
    gan_dataset *data;
    put_pictures(3, 4);
    must(gan_dataset_open(&data, context, "images path=pictures"));
    return data;
}

static gan_tensor *save(gan_trainer *t)
{
    gan_tensor *bytes = NULL;
    if (!CHECK_OK(gan_trainer_save_memory(&bytes, t))) puts(gan_context_message(context));
    return bytes;
}

/* The files in memory have one reader at a time: with its data anew, no thread of the trainer reads
 * ahead until the next step. */
static void train(gan_trainer *t, gan_dataset *data)
{
    must(gan_trainer_set_data(t, "real", data));
    must(gan_trainer_run(t, 2, NULL, NULL));
    must(gan_trainer_set_data(t, "real", data));
}

/* Both networks have batch statistics. */
static gan_trainer *trained(gan_dataset *data)
{
    static const char *const roles[2] = {"encoder", "decoder"};
    static const char *const texts[2] = {"input 3 4 1; dense 6; batchnorm; dense 2",
                                         "input 2; dense 6; batchnorm; dense 12; reshape 3 4 1"};
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "autoencoder batch=4 average=0.9"));
    for (int i = 0; i < 2; i++) {
        gan_model *model;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    train(t, data);
    gan_dataset_release(data);
    return t;
}

/* Of the encoder; 0: the trained one. */
static void read_mean(const gan_trainer *t, int32_t flags, float mean[FEATURES])
{
    const int64_t shape[1] = {FEATURES};
    gan_tensor *tensor;
    must(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 1, shape, NULL, mean, NULL, NULL));
    must(gan_model_read(gan_trainer_model(t, "encoder", flags), "1.running_mean", GAN_VALUE,
                        tensor));
    gan_tensor_release(tensor);
}

/* Whether the average has the trained model's statistics. */
static int is_trained(const gan_trainer *t)
{
    float mean[2][FEATURES];
    read_mean(t, 0, mean[0]);
    read_mean(t, GAN_MODEL_AVERAGED, mean[1]);
    return !memcmp(mean[0], mean[1], sizeof mean[0]);
}

static int same(gan_tensor *a, gan_tensor *b)
{
    return a && b && gan_tensor_count(a) == gan_tensor_count(b) &&
           !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a));
}

static gan_trainer *load(gan_tensor *bytes)
{
    gan_trainer *t;
    must(gan_trainer_load_memory(&t, context, gan_tensor_data(bytes),
                                 (size_t)gan_tensor_count(bytes)));
    return t;
}

static void check_saved(gan_trainer *t, const char *message)
{
    warning_count = 0;
    gan_tensor *bytes = save(t);
    if (!bytes) return;
    CHECK(is_trained(t));
    if (CHECK_INT(warning_count, 2)) {
        char line[512];
        for (int i = 0; i < 2; i++) {
            snprintf(line, sizeof line,
                     "autoencoder: the average of the %s keeps the batch statistics of the trained "
                     "weights: %s",
                     i ? "decoder" : "encoder", message);
            CHECK_TEXT(warnings[i], line);
        }
    }
    gan_trainer *other = load(bytes);
    CHECK_INT(gan_trainer_steps(other), 2);
    gan_trainer_release(other);
    gan_tensor_release(bytes);
    CHECK_OK(gan_trainer_save(t, "checkpoint"));
    CHECK_OK(gan_trainer_refresh(t));
    CHECK_INT(warning_count, 6);
}

/* ---- folders ---- */

static void lose_files(void)
{
    for (int i = 0; i < PICTURES; i++) {
        char path[32];
        picture_path(i, path);
        CHECK_INT(fault_remove(&fault, path), 0);
    }
}

static void break_files(void)
{
    for (int i = 0; i < PICTURES; i++) {
        char path[32];
        picture_path(i, path);
        put_file(&fault, path, (const uint8_t *)"P5 4 3 255\n1", 12);
    }
}

static void resize_files(void)
{
    put_pictures(5, 4);
}

/* Goes on for a few steps: what is then saved. */
static gan_tensor *go_on(gan_trainer *t, gan_dataset *data)
{
    train(t, data);
    gan_tensor *bytes = save(t);
    gan_trainer_release(t);
    return bytes;
}

/* Nothing was lost but the statistics: with the pictures back all has the bits of a training that
 * always had them. */
static void lose(void (*how)(void), const char *message)
{
    begin();
    gan_trainer *t = trained(folder());
    gan_tensor *whole[2], *back[2];
    whole[0] = save(t);
    CHECK(!is_trained(t));
    how();
    check_saved(t, message);
    gan_dataset *data = folder();
    warning_count = 0;
    back[0] = save(t);
    CHECK(same(whole[0], back[0]) && !is_trained(t));
    back[1] = go_on(t, data);
    whole[1] = go_on(load(whole[0]), data);
    CHECK(same(whole[1], back[1]));
    CHECK_INT(warning_count, 0);
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(whole[i]);
        gan_tensor_release(back[i]);
    }
    gan_dataset_release(data);
    end();
}

TEST(files)
{
    lose(lose_files, "data: example 7: pictures/07.pgm: cannot be opened");
    lose(break_files,
         "data: example 7: pictures/07.pgm: byte 11: the picture needs 12 bytes, 1 remain");
    lose(resize_files,
         "data: example 7: pictures/07.pgm: 5x4 pixels, not 3x4 as when it was found");
}

/* ---- others ---- */

static int32_t read_until(void *user, int64_t index, void *const *out)
{
    for (int i = 0; i < 12; i++) ((float *)out[0])[i] = (float)(index * 5 % 7 - 3) / 4;
    return *(const bool *)user;
}

TEST(a_callback_that_stops)
{
    const gan_dataset_field field = {.size = sizeof field,
                                     .name = "image",
                                     .dtype = GAN_FLOAT32,
                                     .rank = 3,
                                     .shape = (const int64_t[]){3, 4, 1}};
    bool stops = false;
    gan_dataset *data;
    begin();
    must(gan_dataset_from_callback(&data, context, &field, 1, PICTURES, read_until, NULL, &stops));
    gan_trainer *t = trained(data);
    stops = true;
    check_saved(t, "dataset: the callback stopped at example 7");
    gan_trainer_release(t);
    end();
}

/* Another data set, which the networks cannot take, or which lacks what the feed needs. */
static void replace(const char *field, int32_t rank, const int64_t *shape, const char *message)
{
    gan_tensor *tensor;
    gan_dataset *data;
    begin();
    gan_trainer *t = trained(folder());
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    must(gan_dataset_from_tensors(&data, context, &field, &tensor, 1));
    must(gan_trainer_set_data(t, "real", data));
    gan_tensor_release(tensor);
    gan_dataset_release(data);
    check_saved(t, message);
    gan_trainer_release(t);
    end();
}

TEST(unfit_data)
{
    replace("image", 4, (const int64_t[]){8, 5, 5, 1},
            "autoencoder: the decoder makes pictures of 3x4x1, the feed 'real' has 5x5x1");
    replace("vector", 2, (const int64_t[]){8, 12},
            "autoencoder: the data of the feed 'real' has no field 'image'");
}

/* What is no fault of the data is none to be passed over. */
TEST(memory_is_no_data)
{
    begin();
    gan_trainer *t = trained(folder());
    gan_status status = GAN_E_MEMORY;
    gan_tensor *bytes = NULL;
    for (long long at = 1; at < 5000 && status == GAN_E_MEMORY; at++) {
        fault.fail_at = fault.allocations + at;
        status = gan_trainer_save_memory(&bytes, t);
        fault.fail_at = 0;
    }
    CHECK_OK(status);
    if (!CHECK_INT(warning_count, 0)) puts(warnings[0]);
    CHECK(bytes && !is_trained(t));
    gan_tensor_release(bytes);
    gan_trainer_release(t);
    end();
}

int main(void)
{
    RUN(files);
    RUN(a_callback_that_stops);
    RUN(unfit_data);
    RUN(memory_is_no_data);
    return test_report();
}
