/* bench_subject.c: makes the trainings that gan bench times, and takes their steps. */
#include "bench_subject.h"

#include <string.h>

gan_status subject_tensor(subject *s, gan_tensor **out, int64_t n, int64_t h, int64_t w, int64_t c)
{
    int64_t shape[4] = {n, h, w, c};
    gan_value noise;
    gan_status status = gan_tensor_create(out, s->context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = gan_tape_reset(s->tape);
    if (status == GAN_OK) status = gan_tape_uniform(s->tape, 4, shape, &noise);
    if (status == GAN_OK) status = gan_tape_value(s->tape, noise, *out);
    return status;
}

void subject_free(subject *s)
{
    gan_tensor_release(s->input);
    gan_tensor_release(s->seed);
    gan_tensor_release(s->labels);
    gan_model_release(s->model);
    gan_trainer_release(s->trainer);
    gan_tape_release(s->tape);
}

/* ---- a training ---- */

static gan_status subject_trainer(subject *s)
{
    gan_recipe *recipe;
    gan_status status = gan_recipe_parse(&recipe, s->context, s->net->recipe, NULL);
    if (status != GAN_OK) return status;
    status = gan_recipe_trainer(&s->trainer, recipe, s->context, NULL);
    gan_recipe_release(recipe);
    return status;
}

/* A batch of pictures, and of the classes that they are said to be of. */
static gan_status subject_batch(subject *s)
{
    const bench_net *net = s->net;
    const int64_t count = net->batch;
    gan_status status = subject_tensor(s, &s->input, count, net->height, net->width, net->channels);
    if (status != GAN_OK || !net->labels) return status;
    status = gan_tensor_create(&s->labels, s->context, GAN_INT32, 1, &count);
    if (status != GAN_OK) return status;
    int32_t *labels = gan_tensor_data(s->labels);
    for (int i = 0; i < count; i++) labels[i] = i % net->classes;
    return GAN_OK;
}

gan_status subject_open(subject *s, const bench_net *net)
{
    s->net = net;
    gan_status status = gan_tape_create(&s->tape, s->context);
    if (status == GAN_OK) status = subject_trainer(s);
    if (status == GAN_OK) status = subject_batch(s);
    return status;
}

static gan_status subject_step(subject *s)
{
    const bench_net *net = s->net;
    gan_status status = GAN_OK;
    if (s->labels) status = gan_trainer_feed(s->trainer, net->labels, s->labels);
    for (int i = 0; i < BENCH_FEEDS && net->feeds[i] && status == GAN_OK; i++)
        status = gan_trainer_feed(s->trainer, net->feeds[i], s->input);
    return status == GAN_OK ? gan_trainer_step(s->trainer) : status;
}

gan_status subject_steps(subject *s)
{
    gan_status status = subject_step(s);
    for (int i = 1; i < s->net->steps && status == GAN_OK; i++) status = subject_step(s);
    return status;
}

bool subject_role(const subject *s, int index, const char **role, gan_model **model)
{
    const int count = gan_trainer_member_count(s->trainer);
    for (int i = 0; i < count; i++) {
        if (strcmp(gan_trainer_member(s->trainer, i, "type"), "role") != 0 || index-- > 0) continue;
        *role = gan_trainer_member(s->trainer, i, "name");
        *model = gan_trainer_model(s->trainer, *role, 0);
        return true;
    }
    return false;
}

int64_t subject_weights(const subject *s)
{
    const char *role;
    gan_model *model;
    int64_t sum = 0;
    for (int i = 0; subject_role(s, i, &role, &model); i++) sum += gan_model_weight_count(model);
    return sum;
}
