/* test_going_back.c: a step whose new weights are not finite was never made; what two groups train
 * goes back in the reverse order of their updates, and a clamp with what it has cut. */
#include "rig.h"

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

/* Both groups train the shared part, in either order, one of them twice; and the last update may
 * fail, for a moment that is not finite. */
TEST(groups_go_back_in_reverse_order)
{
    static const int32_t orders[][3] = {{0, 1, 0}, {1, 0, 1}, {0, 1, 1}, {1, 0, 0}};
    const char *name = "core";
    gan_model *part, *models[2];
    must(gan_model_parse(&part, context, "input 12; dense 12; relu"));
    must(gan_model_parse_parts(&models[0], context, "input 8; dense 12; part core; tanh", &name,
                               &part, 1));
    must(gan_model_parse_parts(&models[1], context, "input 12; part core; dense 1", &name, &part,
                               1));
    gan_trainer *t = make_trainer("gan batch=4", models[0], models[1]);
    must(step(t));
    for (int i = 0; i < 8; i++) {
        const int32_t *order = orders[i / 2];
        size_t sizes[2];
        uint8_t *before = saved(t, &sizes[0]);
        gan__undo_begin(t);
        for (int k = 0; k < 2; k++) must(update(t, order[k], models[order[k]]));
        if (i % 2) t->optimizers[order[2]]->states[0].moments[1][5] = INFINITY;
        CHECK_STATUS(update(t, order[2], models[order[2]]), i % 2 ? GAN_E_DIVERGED : GAN_OK);
        gan__undo(t);
        uint8_t *after = saved(t, &sizes[1]);
        CHECK(sizes[0] == sizes[1] && !memcmp(before, after, sizes[0]));
        gan__free(context, before);
        gan__free(context, after);
    }
    gan_trainer_release(t);
    gan_model_release(part);
    gan_model_release(models[0]);
    gan_model_release(models[1]);
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
    rig_open(BATCH, "going_back.tmp");
    RUN(new_weights_that_are_not_finite);
    RUN(groups_go_back_in_reverse_order);
    RUN(clamps_go_back);
    return rig_close();
}
