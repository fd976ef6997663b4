/* average.c: the average is a copy of the model: its weights are averaged, its buffers copied. */
#include "optim/average.h"

#include "base/memory.h"
#include "compute/pointwise.h"

#include <string.h>

/* A copy lists its parameters in the order of its source; this makes sure of it. */
static gan_status average_check(const gan_model *source, const gan_model *copy)
{
    bool same = source->parameter_count == copy->parameter_count;
    for (size_t i = 0; same && i < source->parameter_count; i++) {
        const gan__named_parameter *a = &source->parameters[i], *b = &copy->parameters[i];
        same = strcmp(a->name, b->name) == 0 &&
               a->layer->parameters[a->index].count == b->layer->parameters[b->index].count;
    }
    return same ? GAN_OK
                : gan__fail(source->object.context, GAN_E_INTERNAL,
                            "average: the copy of a model has other parameters");
}

gan_status gan__average_create(gan__average **out, gan_model *source, double decay,
                               const gan__given *given)
{
    gan_context *context = source->object.context;
    gan__average *average;
    *out = NULL;
    GAN__TRY(gan__allocate(context, &average, 1, sizeof *average));
    average->context = context;
    average->decay = decay;
    average->source = source;
    gan__object_retain(source);
    gan_status status = gan__model_copy(&average->model, source, given);
    if (status == GAN_OK) status = average_check(source, average->model);
    if (status != GAN_OK) {
        gan__average_destroy(average);
        return status;
    }
    *out = average;
    return GAN_OK;
}

void gan__average_destroy(gan__average *average)
{
    if (!average) return;
    gan__object_release(average->source);
    gan__object_release(average->model);
    gan__free(average->context, average);
}

static bool average_has(gan_model *const *models, int32_t count, const gan__store *store)
{
    for (int32_t i = 0; i < count; i++)
        for (size_t j = 0; j < models[i]->store_count; j++)
            if (models[i]->stores[j] == store) return true;
    return false;
}

/* Averages the weights, or copies the buffers, of all that is not in `done`. */
static void average_pass(gan__average *average, bool trained, double decay, gan_model *const *done,
                         int32_t count)
{
    for (size_t i = 0; i < average->source->parameter_count; i++) {
        const gan__named_parameter *from = &average->source->parameters[i];
        const gan__named_parameter *to = &average->model->parameters[i];
        const gan__parameter *p = &from->layer->parameters[from->index];
        const gan__parameter *q = &to->layer->parameters[to->index];
        if (p->trained != trained || average_has(done, count, from->layer->store)) continue;
        if (trained)
            gan__combine(average->context, p->count, (float)(1 - decay),
                         gan__parameter_value(from->layer, p), (float)decay,
                         gan__parameter_value(to->layer, q));
        else
            gan__parameter_copy(from->layer, p, to->layer, q);
    }
    for (size_t i = 0; i < average->model->store_count; i++) average->model->stores[i]->version++;
}

void gan__average_copy_buffers(gan__average *average)
{
    average_pass(average, false, 0, NULL, 0);
}

void gan__average_copy(gan__average *average)
{
    average_pass(average, true, 0, NULL, 0);
    average_pass(average, false, 0, NULL, 0);
}

void gan__average_update(gan__average *average, gan_model *const *done, int32_t count)
{
    double warm = (1 + (double)average->updates) / (10 + (double)average->updates);
    average_pass(average, true, average->decay < warm ? average->decay : warm, done, count);
    average_pass(average, false, 0, done, count);
    average->updates++;
}
