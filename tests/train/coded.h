/* coded.h: small networks and data for the trainers whose networks share parts: pictures of 4x4,
 * of two channels in the domain x, of 8x8 with one in y. */
#ifndef GAN_TEST_CODED_H
#define GAN_TEST_CODED_H

#include "bits.h"

#include "optim/optimizer.h"
#include "train/trainer.h"

enum { BATCH = 4, PICTURES = 18, LABELS = 3 };

typedef struct coded_part {
    const char *name, *text;
} coded_part;

/* A network with those of the parts that its text places: "part NAME;". */
static gan_model *coded_model(const char *text, const coded_part *own, gan_model *const *models,
                              int count)
{
    const char *names[8];
    gan_model *placed[8], *out;
    int n = 0;
    for (int i = 0; i < count; i++) {
        char statement[64];
        snprintf(statement, sizeof statement, "part %s;", own[i].name);
        if (!strstr(text, statement)) continue;
        names[n] = own[i].name;
        placed[n++] = models[i];
    }
    must(gan_model_parse_parts(&out, context, text, names, placed, n));
    return out;
}

/* The networks of a trainer: `texts` are role, text, role, text, ..., NULL. */
TEST_UNUSED static void coded_set(gan_trainer *t, const char *const *texts, const coded_part *parts,
                                  int count)
{
    gan_model *models[8];
    for (int i = 0; i < count; i++) must(gan_model_parse(&models[i], context, parts[i].text));
    for (; texts[0]; texts += 2) {
        gan_model *model = coded_model(texts[1], parts, models, count);
        must(gan_trainer_set_model(t, texts[0], model));
        gan_model_release(model);
    }
    for (int i = 0; i < count; i++) gan_model_release(models[i]);
}

static gan_tensor *coded_pictures(int64_t count, int64_t side, int64_t channels)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4,
                           (const int64_t[]){count, side, side, channels}));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)((i * 37 + side) % 101) / 50.5F - 1;
    return tensor;
}

TEST_UNUSED static void coded_set_data(gan_trainer *t, const char *feed, int64_t side,
                                       int64_t channels, int labelled)
{
    static const char *const names[2] = {"image", "label"};
    gan_tensor *fields[2] = {coded_pictures(PICTURES, side, channels), NULL};
    gan_dataset *data;
    must(gan_tensor_create(&fields[1], context, GAN_INT64, 1, (const int64_t[]){PICTURES}));
    for (int64_t i = 0; i < PICTURES; i++) ((int64_t *)gan_tensor_data(fields[1]))[i] = i % LABELS;
    must(gan_dataset_from_tensors(&data, context, names, fields, labelled ? 2 : 1));
    must(gan_trainer_set_data(t, feed, data));
    gan_dataset_release(data);
    for (int i = 0; i < 2; i++) gan_tensor_release(fields[i]);
}

/* The weights of a role, all in a row; malloced. */
TEST_UNUSED static float *coded_weight(gan_trainer *t, const char *role, const char *name,
                                       int64_t *count)
{
    gan_model *model = gan_trainer_model(t, role, 0);
    int64_t shape[4];
    int32_t rank;
    gan_tensor *tensor;
    must(gan_model_parameter_shape(model, name, &rank, shape));
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    must(gan_model_read(model, name, GAN_VALUE, tensor));
    *count = gan_tensor_count(tensor);
    float *out = malloc((size_t)*count * sizeof *out);
    memcpy(out, gan_tensor_data(tensor), (size_t)*count * sizeof *out);
    gan_tensor_release(tensor);
    return out;
}

/* How many stores the optimiser of a group has moments for; each has counted `steps`. */
TEST_UNUSED static int coded_stores(const gan_trainer *t, const char *group, int64_t steps)
{
    const int32_t g = gan__cast_group(t->cast, group, strlen(group));
    const gan_optimizer *optimizer = t->optimizers[g];
    for (size_t i = 0; i < optimizer->state_count; i++)
        CHECK_INT(optimizer->states[i].steps, steps);
    return (int)optimizer->state_count;
}

#endif
