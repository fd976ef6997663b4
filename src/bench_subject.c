/* bench_subject.c: makes the trainings that gan bench times, and takes their steps. */
#include "bench_subject.h"

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
    for (int i = 0; i < BENCH_ROLES; i++) gan_model_release(s->models[i]);
    for (int i = 0; i < 2; i++) gan_optimizer_release(s->optimizers[i]);
    gan_trainer_release(s->trainer);
    gan_tape_release(s->tape);
}

/* ---- a training ---- */

static gan_status subject_models(subject *s)
{
    gan_status status = GAN_OK;
    for (int i = 0; i < BENCH_ROLES && s->net->kind->roles[i] && status == GAN_OK; i++)
        status = gan_model_parse(&s->models[i], s->context, s->net->models[i]);
    return status;
}

static gan_status subject_trainer(subject *s)
{
    const bench_kind *kind = s->net->kind;
    gan_status status = gan_trainer_create(&s->trainer, s->context, kind->trainer);
    for (int i = 0; i < BENCH_ROLES && s->models[i] && status == GAN_OK; i++)
        status = gan_trainer_set_model(s->trainer, kind->roles[i], s->models[i]);
    return status;
}

/* One optimiser for those who make pictures, one for the judges, who come last. */
static gan_status subject_optimizers(subject *s)
{
    const bench_kind *kind = s->net->kind;
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++)
        status = gan_optimizer_create(&s->optimizers[i], s->context, kind->optimizer);
    for (int i = 0; i < BENCH_ROLES && s->models[i] && status == GAN_OK; i++)
        status = gan_optimizer_add(s->optimizers[i >= kind->judges], s->models[i]);
    return status;
}

/* A batch of pictures, and of the classes that they are said to be of. */
static gan_status subject_batch(subject *s)
{
    const bench_net *net = s->net;
    const int64_t count = net->kind->batch;
    gan_status status = subject_tensor(s, &s->input, count, net->height, net->width, net->channels);
    if (status != GAN_OK || !net->kind->labels) return status;
    status = gan_tensor_create(&s->labels, s->context, GAN_INT32, 1, &count);
    if (status != GAN_OK) return status;
    int32_t *labels = gan_tensor_data(s->labels);
    for (int i = 0; i < count; i++) labels[i] = i % net->kind->classes;
    return GAN_OK;
}

gan_status subject_open(subject *s, const bench_net *net)
{
    s->net = net;
    gan_status status = gan_tape_create(&s->tape, s->context);
    if (status == GAN_OK) status = subject_models(s);
    if (status == GAN_OK) status = net->kind->trainer ? subject_trainer(s) : subject_optimizers(s);
    if (status == GAN_OK) status = subject_batch(s);
    return status;
}

gan_status subject_feed(subject *s)
{
    const bench_kind *kind = s->net->kind;
    gan_status status = GAN_OK;
    if (s->labels) status = gan_trainer_feed(s->trainer, kind->labels, s->labels);
    for (int i = 0; i < BENCH_FEEDS && kind->feeds[i] && status == GAN_OK; i++)
        status = gan_trainer_feed(s->trainer, kind->feeds[i], s->input);
    return status;
}

gan_status subject_step(subject *s)
{
    const bench_kind *kind = s->net->kind;
    double loss;
    if (!s->trainer) return kind->step(s);
    gan_status status = gan_trainer_step(s->trainer);
    for (int i = 0; i < 2 && kind->losses[i] && status == GAN_OK; i++)
        status = gan_trainer_value(s->trainer, kind->losses[i], &loss);
    return status;
}
