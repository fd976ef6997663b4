/* cgan_game.h: a small conditional training, and the data for it: pictures of 2x3 with two
 * channels, of three classes. */
#ifndef GAN_TEST_CGAN_GAME_H
#define GAN_TEST_CGAN_GAME_H

#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "train/trainer.h"

#include <math.h>

enum { EXAMPLES = 21, CLASSES = 3, BATCH = 4, H = 2, W = 3, C = 2, SIZE = H * W * C };

typedef struct game {
    fault_host fault;
    gan_host host;
    gan_context *context;
    gan_trainer *trainer;
    int one_class;           /* of the data set's callback */
    atomic_int stops, reads; /* likewise */
} game;

/* A network with the condition as it comes, or its number embedded. */
#define G(channels)                                                                      \
    "input noise 5; input condition " channels "; concat from noise condition; dense 8;" \
    "batchnorm; relu; dense 12; tanh; reshape 2 3 2"
#define G_EMBEDDED                                                        \
    "input noise 5; input condition 1; e = embedding 3 4 from condition;" \
    "concat from noise e; dense 12; reshape 2 3 2"
#define D(channels)                                                                 \
    "input image 2 3 2; input condition " channels "; flatten from image; dense 8;" \
    "batchnorm; t = leaky_relu 0.2; concat from t condition; dense 8; leaky_relu 0.2; dense 1"
#define D_TWO(channels)                                                                   \
    "input image 2 3 2; input condition " channels "; conv2d 4 kernel=1 from image;"      \
    "t = leaky_relu 0.2; realness = conv2d 1 kernel=1; concat from t condition; dense 6;" \
    "leaky_relu 0.2; match = dense 1; output realness match"
#define D_EMBEDDED                                                            \
    "input image 2 3 2; input condition 1; e = embedding 3 4 from condition;" \
    "f = flatten from image; concat from f e; dense 6; leaky_relu 0.2; dense 1"

static void set_models(const game *t, const char *g, const char *d)
{
    static const char *const roles[2] = {"generator", "discriminator"};
    const char *const texts[2] = {g, d};
    for (int i = 0; i < 2; i++) {
        gan_model *model;
        if (!texts[i]) continue;
        if (!CHECK_OK(gan_model_parse(&model, t->context, texts[i])))
            puts(gan_context_message(t->context));
        CHECK_OK(gan_trainer_set_model(t->trainer, roles[i], model));
        gan_model_release(model);
    }
}

static void open_game(game *t, const char *context, const char *spec, const char *g, const char *d)
{
    memset(t, 0, sizeof *t);
    t->host = fault_make(&t->fault);
    CHECK_OK(gan_context_create(&t->context, context, &t->host, NULL, 0));
    if (!CHECK_OK(gan_trainer_create(&t->trainer, t->context, spec)))
        puts(gan_context_message(t->context));
    set_models(t, g, d);
}

static void close_game(game *t)
{
    gan_trainer_release(t->trainer);
    gan_context_release(t->context);
    CHECK_INT(atomic_load(&t->fault.live), 0);
    fault_free_files(&t->fault);
}

/* ---- data ---- */

static int class_of(int64_t example)
{
    return (int)(example * 5 % CLASSES);
}

static float pixel(int64_t example, int64_t i)
{
    return (float)((example * SIZE + i) * 37 % 101) / 50.5f - 1;
}

static int32_t read_example(void *user, int64_t index, void *const *data)
{
    game *t = user;
    for (int i = 0; i < SIZE; i++) ((float *)data[0])[i] = pixel(index, i);
    *(int32_t *)data[1] = t->one_class ? 1 : class_of(index);
    atomic_fetch_add(&t->reads, 1);
    return atomic_load(&t->stops);
}

TEST_UNUSED static void set_callback(game *t)
{
    static const int64_t image[3] = {H, W, C};
    static const gan_dataset_field fields[2] = {{sizeof fields[0], "image", GAN_FLOAT32, 3, image},
                                                {sizeof fields[0], "label", GAN_INT32, 0, NULL}};
    gan_dataset *data;
    CHECK_OK(
        gan_dataset_from_callback(&data, t->context, fields, 2, EXAMPLES, read_example, NULL, t));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", data));
    gan_dataset_release(data);
}

static gan_tensor *images(const game *t, int64_t count, int64_t first)
{
    gan_tensor *x;
    CHECK_OK(gan_tensor_create(&x, t->context, GAN_FLOAT32, 4, (const int64_t[]){count, H, W, C}));
    for (int64_t i = 0; i < count * SIZE; i++)
        ((float *)gan_tensor_data(x))[i] = pixel(first + i / SIZE, i % SIZE);
    return x;
}

/* Vectors of so many channels, or with none, labels. */
static gan_tensor *conditions(const game *t, int64_t count, int64_t channels, int64_t first)
{
    const int64_t shape[2] = {count, channels};
    gan_tensor *c;
    CHECK_OK(gan_tensor_create(&c, t->context, channels ? GAN_FLOAT32 : GAN_INT64, channels ? 2 : 1,
                               shape));
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < (channels ? channels : 1); k++)
            if (channels)
                ((float *)gan_tensor_data(c))[i * channels + k] = (float)(class_of(first + i) + k);
            else
                ((int64_t *)gan_tensor_data(c))[i] = class_of(first + i);
    return c;
}

TEST_UNUSED static void set_tensors(const game *t, int64_t channels)
{
    const char *const names[2] = {"image", channels ? "vector" : "label"};
    gan_tensor *both[2] = {images(t, EXAMPLES, 0), conditions(t, EXAMPLES, channels, 0)};
    gan_dataset *data;
    CHECK_OK(gan_dataset_from_tensors(&data, t->context, names, both, 2));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", data));
    gan_dataset_release(data);
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
}

static void steps(const game *t, int count)
{
    for (int i = 0; i < count; i++)
        if (!CHECK_OK(gan_trainer_step(t->trainer))) puts(gan_context_message(t->context));
}

TEST_UNUSED static void feed(const game *t, const char *name, gan_tensor *batch)
{
    if (!CHECK_OK(gan_trainer_feed(t->trainer, name, batch))) puts(gan_context_message(t->context));
    gan_tensor_release(batch);
}

#endif
