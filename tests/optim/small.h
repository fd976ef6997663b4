/* small.h: models of eight trained numbers, whose gradients the test writes, and what an optimiser
 * has made of one. */
#ifndef SMALL_H
#define SMALL_H

#include "optim/optimizer.h"
#include "test.h"

#include "updates.h"

#include <string.h>

static inline gan_context *context_of(const char *spec)
{
    gan_context *context;
    char message[200] = "";
    gan_context_create(&context, spec, NULL, message, sizeof message);
    if (!context) printf("%s\n", message);
    return context;
}

/* A model with UPDATE_COUNT = 8 trained numbers in one store. */
static inline gan_model *small_model(gan_context *context)
{
    gan_model *model = NULL;
    CHECK_OK(gan_model_parse(&model, context, "input 3; dense 2"));
    CHECK_INT(model->store_count, 1);
    CHECK_INT(model->stores[0]->weight_count, UPDATE_COUNT);
    CHECK_OK(gan__store_need_gradients(model->stores[0]));
    return model;
}

static inline void set_gradients(gan__store *store, const double *values)
{
    gan__store_write_zeros(store);
    for (int i = 0; i < UPDATE_COUNT; i++) store->gradients[i] = (float)values[i];
}

static inline void set_weights(gan__store *store)
{
    for (int i = 0; i < UPDATE_COUNT; i++) store->weights[i] = (float)update_weights[i];
    store->version++;
}

typedef struct snapshot {
    float weights[UPDATE_COUNT], moments[GAN__MAX_MOMENTS][UPDATE_COUNT];
    int64_t steps, state_steps;
} snapshot;

/* Of the optimiser's store `index`. */
static inline snapshot snap_store(const gan_optimizer *optimizer, int index)
{
    snapshot s;
    const gan__optimizer_state *state = &optimizer->states[index];
    memset(&s, 0, sizeof s);
    memcpy(s.weights, state->store->weights, sizeof s.weights);
    for (int32_t i = 0; i < optimizer->moment_count; i++)
        memcpy(s.moments[i], state->moments[i], sizeof s.moments[i]);
    s.steps = optimizer->steps;
    s.state_steps = state->steps;
    return s;
}

static inline bool snap_equal(const snapshot *a, const snapshot *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

#endif
