/* world.h: one live handle of every kind, on a host that counts and whose files are memory. */
#ifndef WORLD_H
#define WORLD_H

#include <gan/gan.h>

#include "fault.h"

/* The kinds of handles; NOTHING stands for NULL. */
enum {
    CONTEXT,
    TENSOR,
    LAYER,
    MODEL,
    RUNNER,
    TAPE,
    OPTIMIZER,
    DATASET,
    TRAINER,
    RECIPE,
    METRIC,
    NOTHING,
    KINDS
};

typedef struct world {
    fault_host fault;
    gan_context *context;
    gan_tensor *pictures; /* 6 of 4 x 4 x 1, in [-1, 1] */
    gan_tensor *latent;   /* 2 of 3 */
    gan_tensor *made;     /* 2 of 4 x 4 x 1 */
    gan_layer *layer;     /* "0" of the generator: a dense one of 3 to 16 */
    gan_model *generator, *discriminator;
    gan_runner *runner; /* of the generator, batch=2 */
    gan_tape *tape;
    gan_value z, x, loss; /* on the tape: 2 x 3, 2 x 4 x 4 x 1, a number */
    gan_optimizer *optimizer;
    gan_dataset *dataset; /* of the pictures */
    gan_trainer *trainer; /* ready to step */
    gan_recipe *recipe;   /* of a training like the trainer's */
    gan_metric *metric;   /* "frechet", with the latent rows on both sides */
    void *handles[KINDS];
} world;

#define GENERATOR "input 3; dense 16; reshape 4 4 1; batchnorm; tanh"
#define DISCRIMINATOR "input 4 4 1; conv2d 2 kernel=3 pad=1; leaky_relu 0.2; dense 1"
#define TRAINING "gan batch=2"

static const char world_recipe[] = "[model.generator]\n" GENERATOR "\n"
                                   "[model.discriminator]\n" DISCRIMINATOR "\n"
                                   "[data.real]\nnpy path=pictures.npy\n"
                                   "[trainer]\ngan\n"
                                   "[run]\nsteps=3 batch=2\n";

TEST_UNUSED static gan_context *open_context(fault_host *fault, const char *spec)
{
    gan_host host = fault_make(fault);
    gan_context *context = NULL;
    char message[256];
    if (!CHECK_OK(gan_context_create(&context, spec, &host, message, sizeof message))) {
        puts(message);
        exit(1);
    }
    return context;
}

/* Numbers in [-1, 1] that repeat after a while. */
TEST_UNUSED static gan_tensor *make_tensor(gan_context *context, int32_t rank, const int64_t *shape)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    float *values = gan_tensor_data(tensor);
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        values[i] = (float)(i * 7919 % 201) / 100.0f - 1.0f;
    return tensor;
}

TEST_UNUSED static void put_file(fault_host *fault, const char *path, const char *text)
{
    fault_file *file = fault_find(fault, path);
    if (!file) file = fault_find(fault, "");
    if (!CHECK(file != NULL)) return;
    strcpy(file->path, path);
    file->bytes = realloc(file->bytes, strlen(text) + 1);
    file->size = strlen(text);
    memcpy(file->bytes, text, file->size);
}

TEST_UNUSED static void open_tape(world *w)
{
    CHECK_OK(gan_tape_create(&w->tape, w->context));
    CHECK_OK(gan_tape_input(w->tape, w->latent, GAN_INPUT_GRADIENT, &w->z));
    CHECK_OK(gan_tape_apply(w->tape, w->generator, "training", &w->z, 1, &w->x, 1));
    CHECK_OK(gan_tape_loss(w->tape, "mean", &w->x, 1, &w->loss));
    CHECK_OK(gan_optimizer_create(&w->optimizer, w->context, "sgd lr=0.1"));
    CHECK_OK(gan_optimizer_add(w->optimizer, w->generator));
}

TEST_UNUSED static void open_trainer(world *w)
{
    static const char *const image = "image";
    CHECK_OK(gan_dataset_from_tensors(&w->dataset, w->context, &image, &w->pictures, 1));
    CHECK_OK(gan_trainer_create(&w->trainer, w->context, TRAINING));
    CHECK_OK(gan_trainer_set_model(w->trainer, "generator", w->generator));
    CHECK_OK(gan_trainer_set_model(w->trainer, "discriminator", w->discriminator));
    CHECK_OK(gan_trainer_set_data(w->trainer, "real", w->dataset));
    CHECK_OK(gan_tensor_save(w->pictures, "pictures.npy"));
    put_file(&w->fault, "small.recipe", world_recipe);
    CHECK_OK(gan_recipe_load(&w->recipe, w->context, "small.recipe"));
}

TEST_UNUSED static void open_metric(world *w)
{
    CHECK_OK(gan_metric_create(&w->metric, w->context, "frechet"));
    CHECK_OK(gan_metric_add(w->metric, "real", w->latent));
    CHECK_OK(gan_metric_add(w->metric, "fake", w->latent));
}

TEST_UNUSED static void open_world(world *w, const char *spec)
{
    memset(w, 0, sizeof *w);
    w->context = open_context(&w->fault, spec);
    w->pictures = make_tensor(w->context, 4, (int64_t[]){6, 4, 4, 1});
    w->latent = make_tensor(w->context, 2, (int64_t[]){2, 3});
    w->made = make_tensor(w->context, 4, (int64_t[]){2, 4, 4, 1});
    CHECK_OK(gan_model_parse(&w->generator, w->context, GENERATOR));
    CHECK_OK(gan_model_parse(&w->discriminator, w->context, DISCRIMINATOR));
    w->layer = gan_model_layer(w->generator, "0");
    CHECK(w->layer != NULL);
    CHECK_OK(gan_runner_create(&w->runner, w->context, w->generator, "batch=2"));
    open_tape(w);
    open_trainer(w);
    open_metric(w);
    void *const handles[KINDS] = {w->context, w->pictures, w->layer,     w->generator,
                                  w->runner,  w->tape,     w->optimizer, w->dataset,
                                  w->trainer, w->recipe,   w->metric,    NULL};
    memcpy(w->handles, handles, sizeof handles);
}

/* The context first: the order is of no importance. Nothing may be left. */
TEST_UNUSED static void close_world(world *w)
{
    gan_context_release(w->context);
    gan_metric_release(w->metric);
    gan_recipe_release(w->recipe);
    gan_trainer_release(w->trainer);
    gan_dataset_release(w->dataset);
    gan_optimizer_release(w->optimizer);
    gan_tape_release(w->tape);
    gan_runner_release(w->runner);
    gan_model_release(w->discriminator);
    gan_model_release(w->generator);
    gan_tensor_release(w->made);
    gan_tensor_release(w->latent);
    gan_tensor_release(w->pictures);
    CHECK_INT(w->fault.live, 0);
    CHECK(fault_file_count(&w->fault) >= 0);
    fault_free_files(&w->fault);
}

#endif
