/* test_going_back.c: a step whose new weights are not finite was never made; what the roles of a
 * group share goes back with it, and a clamp with what it has cut. */
#include "pair_kind.h"

#include "optim/optimizer.h"
#include "train/trainer.h"
#include "train/undo.h"

#include <math.h>

enum { BATCH = 4 };

static void write_all(gan_model *model, const char *name, int64_t rows, int64_t columns,
                      float value)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, (const int64_t[]){rows, columns}));
    for (int64_t i = 0; i < rows * columns; i++) ((float *)gan_tensor_data(tensor))[i] = value;
    must(gan_model_write(model, name, tensor));
    gan_tensor_release(tensor);
}

/* The weights of the first layer are so large that the square of their decay is no float32; what
 * follows does not feel it. `big`: which of the models has such a layer. */
static void diverge(const char *spec, const char *optimizer, const char *big)
{
    gan_model *g, *d;
    gan_trainer *t;
    size_t sizes[2];
    char expected[128];
    bool of_g = !strcmp(big, "generator");
    must(gan_model_parse(&g, context, "input 8; dense 16; batchnorm; relu; dense 12; tanh"));
    must(gan_model_parse(&d, context, "input 12; dense 16 spectral=yes; relu; dense 1"));
    t = make_trainer(spec, g, d);
    must(step(t));
    must(step(t));
    must(gan_trainer_set_optimizer(t, big, optimizer));
    if (of_g) {
        write_all(g, "0.weight", 16, 8, 1e15F);
        write_all(g, "3.weight", 12, 16, 0);
    } else {
        write_all(d, "0.weight_orig", 16, 12, 1e15F);
        write_all(d, "2.weight", 1, 16, 0);
    }
    uint8_t *before = saved(t, &sizes[0]);
    snprintf(expected, sizeof expected,
             "gan: optimizer.%s: a new weight or moment is not finite in step 3", big);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(step(t), GAN_E_DIVERGED);
        CHECK_TEXT(gan_context_message(context), expected);
    }
    must(gan_trainer_feed(t, "real", NULL)); /* it was kept for another try */
    uint8_t *after = saved(t, &sizes[1]);
    CHECK(sizes[0] == sizes[1] && !memcmp(before, after, sizes[0]));
    must(gan_trainer_set_optimizer(t, big, "adam"));
    must(step(t));
    CHECK_INT(gan_trainer_steps(t), 3);
    gan__free(context, before);
    gan__free(context, after);
    gan_trainer_release(t);
    gan_model_release(g);
    gan_model_release(d);
}

TEST(new_weights_that_are_not_finite)
{
    static const char *const specs[] = {"gan batch=4", "gan batch=4 average=0.9 d_steps=3",
                                        "gan batch=4 reuse=yes loss=wgan"};
    for (int i = 0; i < 3; i++) {
        diverge(specs[i], "adam weight_decay=1e6", "generator");
        diverge(specs[i], "rmsprop weight_decay=1e6", "generator");
        diverge(specs[i], "adam weight_decay=1e6", "discriminator");
        diverge(specs[i], "rmsprop weight_decay=1e6 momentum=0.9 centered=yes", "discriminator");
    }
}

/* What the roles of a group share, and what is a role's own, goes back together, wherever the step
 * fails: in what it measures; in an update of the generators, when the discriminators may have been
 * updated; or of the discriminators, when that of the generators was tried. */
enum { IN_A_LOSS, IN_THE_GENERATORS, IN_THE_DISCRIMINATORS, PLACES };
static const char *const place_messages[] = {
    "pair: loss.generators is not finite in step 3",
    "pair: optimizer.generators: a new weight or moment is not finite in step 3",
    "pair: optimizer.discriminators: a new weight or moment is not finite in step 3"};

static void make_pair_models(gan_model *models[4])
{
    static const char *const texts[2] = {"input 1 1 8; part p; dense 12",
                                         "input 1 1 12; dense 16 spectral=yes; part p"};
    const char *name = "p";
    gan_model *parts[2];
    must(gan_model_parse(&parts[0], context, "input 1 1 8; dense 16; batchnorm; relu"));
    must(gan_model_parse(&parts[1], context, "input 1 1 16; relu; dense 1"));
    for (int i = 0; i < 4; i++)
        must(gan_model_parse_parts(&models[i], context, texts[i / 2], &name, &parts[i / 2], 1));
    for (int i = 0; i < 2; i++) gan_model_release(parts[i]);
}

/* Fails one step there, and takes back what made it fail. */
static void fail_pair(gan_trainer *t, int place)
{
    static const char *const feeds[] = {"real_x", "real_y", "noise"};
    const int64_t shape[2] = {BATCH, 8};
    gan__optimizer_state *state = &t->optimizers[place == IN_THE_DISCRIMINATORS]->states[0];
    float *moment = &state->moments[1][5];
    const float kept = *moment;
    gan_tensor *z;
    must(gan_tensor_create(&z, context, GAN_FLOAT32, 2, shape));
    ((float *)gan_tensor_data(z))[3] = NAN;
    if (place == IN_A_LOSS)
        must(gan_trainer_feed(t, "noise", z));
    else
        *moment = INFINITY;
    state->bounded = false; /* a moment was written */
    CHECK_STATUS(pair_try(t), GAN_E_DIVERGED);
    CHECK_TEXT(gan_context_message(context), place_messages[place]);
    *moment = kept;
    for (int i = 0; i < 3; i++) must(gan_trainer_feed(t, feeds[i], NULL));
    gan_tensor_release(z);
}

static void pair_goes_back(const char *spec, int place)
{
    size_t sizes[2];
    gan_model *models[4];
    make_pair_models(models);
    gan_trainer *t = make_pair(spec, models);
    for (int i = 0; i < 2; i++) must(pair_try(t));
    uint8_t *before = saved(t, &sizes[0]);
    fail_pair(t, place);
    uint8_t *after = saved(t, &sizes[1]);
    CHECK(sizes[0] == sizes[1] && !memcmp(before, after, sizes[0]));
    must(pair_try(t));
    CHECK_INT(gan_trainer_steps(t), 3);
    gan__free(context, before);
    gan__free(context, after);
    gan_trainer_release(t);
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
}

TEST(groups_with_shared_parts_go_back)
{
    static const char *const specs[] = {"pair batch=4", "pair batch=4 first=2 average=0.9",
                                        "pair batch=4 turns=yes", "pair batch=4 turns=yes first=1"};
    for (int i = 0; i < 4; i++)
        for (int place = 0; place < PLACES; place++) pair_goes_back(specs[i], place);
}

/* The same with updates by hand, in all kinds of orders. */
static gan_status update(gan_trainer *t, int32_t group, const gan_model *model)
{
    for (size_t i = 0; i < model->store_count; i++) {
        gan__store *store = model->stores[i];
        gan__store_write_zeros(store);
        for (int64_t k = 0; k < store->weight_count; k++)
            store->gradients[k] = (float)(group + 1) * 0.25F;
    }
    return gan__trainer_update(t, group);
}

TEST(updates_go_back_in_any_order)
{
    static const int32_t orders[][3] = {{0, 1, 0}, {1, 0, 1}, {0, 1, 1}, {2, 3, 0}, {1, 2, 3}};
    gan_model *models[4];
    make_pair_models(models);
    gan_trainer *t = make_pair("pair batch=4", models);
    must(pair_try(t));
    for (int i = 0; i < 10; i++) {
        const int32_t *order = orders[i / 2], last = order[2] / 2;
        size_t sizes[2];
        uint8_t *before = saved(t, &sizes[0]);
        float *moments = t->optimizers[last]->states[0].moments[1];
        const float kept = moments[5];
        gan__undo_begin(t);
        for (int k = 0; k < 2; k++) must(update(t, order[k] / 2, models[order[k]]));
        if (i % 2) moments[5] = INFINITY;
        CHECK_STATUS(update(t, last, models[order[2]]), i % 2 ? GAN_E_DIVERGED : GAN_OK);
        gan__undo(t);
        if (i % 2 && order[0] / 2 != last && order[1] / 2 != last) moments[5] = kept;
        uint8_t *after = saved(t, &sizes[1]);
        CHECK(sizes[0] == sizes[1] && !memcmp(before, after, sizes[0]));
        gan__free(context, before);
        gan__free(context, after);
    }
    gan_trainer_release(t);
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
}

/* A clamp cuts all of a role, also a part that the update has left out. */
TEST(clamps_go_back)
{
    const char *name = "core";
    size_t sizes[2];
    gan_model *part, *models[2];
    must(gan_model_parse(&part, context, "input 12; dense 12; relu"));
    must(gan_model_parse(&models[0], context, "input 8; dense 12; tanh"));
    must(gan_model_parse_parts(&models[1], context, "input 12; part core; dense 1", &name, &part,
                               1));
    gan_trainer *t = make_trainer("gan batch=4 loss=wgan clip=0.1", models[0], models[1]);
    must(step(t));
    write_all(models[1], "core.0.weight", 12, 12, 0.5F);
    uint8_t *before = saved(t, &sizes[0]);
    gan__store *own = models[1]->stores[models[1]->stores[0] == part->stores[0]];
    gan__undo_begin(t);
    gan__store_write_zeros(own);
    for (int64_t k = 0; k < own->weight_count; k++) own->gradients[k] = 0.25F;
    must(gan__trainer_update(t, 1));
    must(gan__trainer_clamp(t, 1, 0.1));
    CHECK_NEAR(part->stores[0]->weights[0], (double)0.1F, 0);
    gan__undo(t);
    uint8_t *after = saved(t, &sizes[1]);
    CHECK(sizes[0] == sizes[1] && !memcmp(before, after, sizes[0]));
    gan__free(context, before);
    gan__free(context, after);
    gan_trainer_release(t);
    gan_model_release(part);
    gan_model_release(models[0]);
    gan_model_release(models[1]);
}

int main(void)
{
    pair_open(BATCH, "going_back.tmp");
    RUN(new_weights_that_are_not_finite);
    RUN(groups_with_shared_parts_go_back);
    RUN(updates_go_back_in_any_order);
    RUN(clamps_go_back);
    return rig_close();
}
