/* Handles used in every wrong order: released early, changed behind somebody's back, called from
 * inside callbacks and from two threads at once. */
#include "world.h"

#include <math.h>

/* ---- life ---- */

static void release(world *w, int kind)
{
    switch (kind) {
    case CONTEXT: gan_context_release(w->context); break;
    case TENSOR:
        gan_tensor_release(w->pictures);
        gan_tensor_release(w->latent);
        gan_tensor_release(w->made);
        break;
    case LAYER: gan_layer_release(w->layer); break;
    case MODEL:
        gan_model_release(w->generator);
        gan_model_release(w->discriminator);
        break;
    case RUNNER: gan_runner_release(w->runner); break;
    case TAPE: gan_tape_release(w->tape); break;
    case OPTIMIZER: gan_optimizer_release(w->optimizer); break;
    case DATASET: gan_dataset_release(w->dataset); break;
    case TRAINER: gan_trainer_release(w->trainer); break;
    case RECIPE: gan_recipe_release(w->recipe); break;
    default: gan_metric_release(w->metric);
    }
}

static void retain(world *w)
{
    gan_context_retain(w->context);
    gan_tensor_retain(w->pictures);
    gan_tensor_retain(w->latent);
    gan_tensor_retain(w->made);
    gan_layer_retain(w->layer);
    gan_model_retain(w->generator);
    gan_model_retain(w->discriminator);
    gan_runner_retain(w->runner);
    gan_tape_retain(w->tape);
    gan_optimizer_retain(w->optimizer);
    gan_dataset_retain(w->dataset);
    gan_trainer_retain(w->trainer);
    gan_recipe_retain(w->recipe);
    gan_metric_retain(w->metric);
}

/* Each kind first, last and at many other places; every handle has two references. */
TEST(release_in_any_order)
{
    uint32_t random = 1;
    for (int round = 0; round < 60; round++) {
        world w;
        int order[2 * NOTHING];
        open_world(&w, "threads=1");
        retain(&w);
        gan_layer_retain(w.layer); /* it is borrowed from its model */
        CHECK_OK(gan_trainer_step(w.trainer));
        for (int i = 0; i < 2 * NOTHING; i++) order[i] = i % NOTHING;
        for (int i = 2 * NOTHING - 1; i > 0; i--) {
            random = random * 1664525 + 1013904223;
            int j = (int)(random >> 8) % (i + 1), other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        for (int i = 0; i < 2 * NOTHING; i++) release(&w, order[i]);
        CHECK_INT(w.fault.live, 0);
        fault_free_files(&w.fault);
    }
}

/* What a trainer was given is its own. */
TEST(trainer_outlives_what_it_was_given)
{
    world w;
    double loss = NAN;
    open_world(&w, "threads=2");
    gan_model_retain(w.generator);
    gan_model_retain(w.discriminator);
    for (int kind = 0; kind < NOTHING; kind++)
        if (kind != TRAINER && kind != LAYER) release(&w, kind);
    CHECK_OK(gan_trainer_run(w.trainer, 3, NULL, NULL));
    gan_model_release(w.generator);
    gan_model_release(w.discriminator);
    CHECK_OK(gan_trainer_run(w.trainer, 3, NULL, NULL));
    CHECK_OK(gan_trainer_value(w.trainer, "loss.generator", &loss));
    CHECK(isfinite(loss));
    CHECK_OK(gan_trainer_save(w.trainer, "trainer"));
    release(&w, TRAINER);
    CHECK_INT(w.fault.live, 0);
    fault_free_files(&w.fault);
}

typedef struct owned {
    gan_context *context;
    gan_tensor *other;
    int released;
} owned;

/* The memory's owner may use the library, and let go of more. */
static void release_owned(void *user, void *data)
{
    owned *o = user;
    gan_tensor *made;
    o->released++;
    CHECK(data == o);
    CHECK_OK(gan_tensor_create(&made, o->context, GAN_FLOAT32, 0, NULL));
    gan_tensor_release(made);
    gan_tensor_release(o->other);
    gan_context_release(o->context);
}

TEST(release_callback_uses_the_library)
{
    fault_host fault = {0};
    gan_context *context = open_context(&fault, "threads=1");
    owned o = {.context = context};
    gan_tensor *tensor, *view;
    CHECK_OK(gan_tensor_create(&o.other, context, GAN_INT64, 1, (int64_t[]){3}));
    CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_UINT8, 1, (int64_t[]){2}, NULL, &o,
                             release_owned, &o));
    CHECK_OK(gan_tensor_slice(&view, tensor, 0, 1, 1));
    gan_tensor_release(tensor);
    CHECK_INT(o.released, 0);
    gan_tensor_release(view);
    CHECK_INT(o.released, 1);
    CHECK_INT(fault.live, 0);
}

/* ---- models that are shared, changed, empty ---- */

TEST(model_in_two_trainers)
{
    world w;
    gan_trainer *other;
    gan_tensor *before, *after;
    open_world(&w, "threads=2");
    before = make_tensor(w.context, 2, (int64_t[]){16, 3});
    after = make_tensor(w.context, 2, (int64_t[]){16, 3});
    CHECK_OK(gan_trainer_create(&other, w.context, "gan batch=3 loss=hinge average=0.9"));
    CHECK_OK(gan_trainer_set_model(other, "generator", w.generator));
    CHECK_OK(gan_trainer_set_model(other, "discriminator", w.discriminator));
    CHECK_OK(gan_trainer_set_data(other, "real", w.dataset));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(gan_trainer_step(w.trainer));
        CHECK_OK(gan_model_read(w.generator, "0.weight", GAN_VALUE, before));
        CHECK_OK(gan_trainer_step(other));
        CHECK_OK(gan_model_read(w.generator, "0.weight", GAN_VALUE, after));
        CHECK(memcmp(gan_tensor_data(before), gan_tensor_data(after), 48 * sizeof(float)) != 0);
    }
    gan_trainer_release(w.trainer);
    w.trainer = other;
    CHECK_OK(gan_trainer_step(w.trainer));
    /* One network cannot be both. */
    CHECK_OK(gan_trainer_set_model(w.trainer, "discriminator", w.generator));
    CHECK_STATUS(gan_trainer_step(w.trainer), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_save(w.trainer, "trainer"), GAN_E_STATE);
    gan_tensor_release(before);
    gan_tensor_release(after);
    close_world(&w);
}

/* Every way to change a model stops a backward pass through it, and the next round goes on. */
TEST(model_changed_before_backward)
{
    world w;
    gan_tensor *weight;
    open_world(&w, "threads=1");
    weight = make_tensor(w.context, 2, (int64_t[]){16, 3});
    CHECK_OK(gan_model_save(w.generator, "generator"));
    for (int how = 0; how < 5; how++) {
        gan_status status = GAN_OK;
        CHECK_OK(gan_tape_backward(w.tape, &w.loss, NULL, 1, &w.generator, 1));
        if (how == 0) status = gan_model_write(w.generator, "0.weight", weight);
        if (how == 1) status = gan_layer_write(w.layer, "weight", weight);
        if (how == 2) status = gan_optimizer_step(w.optimizer);
        if (how == 3) status = gan_model_clamp(w.generator, -0.5, 0.5);
        if (how == 4) status = gan_model_load_weights(w.generator, "generator", NULL);
        CHECK_OK(status);
        CHECK_STATUS(gan_tape_backward(w.tape, &w.loss, NULL, 1, &w.generator, 1), GAN_E_STATE);
        CHECK_OK(gan_tape_value(w.tape, w.x, w.made)); /* the values are still there */
        CHECK_OK(gan_tape_reset(w.tape));
        CHECK_OK(gan_tape_input(w.tape, w.latent, GAN_INPUT_GRADIENT, &w.z));
        CHECK_OK(gan_tape_apply(w.tape, w.generator, "training", &w.z, 1, &w.x, 1));
        CHECK_OK(gan_tape_loss(w.tape, "mean", &w.x, 1, &w.loss));
    }
    gan_tensor_release(weight);
    close_world(&w);
}

/* Without an update it gives old or new pictures; afterwards those that a new runner gives. */
TEST(runner_after_a_change)
{
    world w;
    gan_runner *fresh;
    gan_tensor *weight, *made;
    open_world(&w, "threads=1");
    gan_tensor *in[] = {w.latent};
    weight = make_tensor(w.context, 2, (int64_t[]){16, 3});
    made = make_tensor(w.context, 4, (int64_t[]){2, 4, 4, 1});
    CHECK_OK(gan_model_write(w.generator, "0.weight", weight));
    CHECK_OK(gan_runner_run(w.runner, in, 1, &w.made, 1));
    CHECK_OK(gan_runner_update(w.runner));
    CHECK_OK(gan_runner_run(w.runner, in, 1, &w.made, 1));
    CHECK_OK(gan_runner_create(&fresh, w.context, w.generator, "batch=2"));
    CHECK_OK(gan_runner_run(fresh, in, 1, &made, 1));
    CHECK(!memcmp(gan_tensor_data(made), gan_tensor_data(w.made), 32 * sizeof(float)));
    gan_runner_release(fresh);
    gan_tensor_release(weight);
    gan_tensor_release(made);
    close_world(&w);
}

typedef struct chain {
    fault_host fault;
    gan_context *context;
    gan_model *model;
    gan_tape *tape;
    gan_runner *runner;
    gan_optimizer *optimizer;
    gan_tensor *z, *made;
    gan_value x, y;
} chain;

static gan_status chain_add(const chain *c, gan_model *model, const char *statement)
{
    gan_layer *layer;
    gan_status status = gan_layer_create(&layer, c->context, statement);
    if (CHECK_OK(status)) status = gan_model_add(model, layer);
    gan_layer_release(layer);
    return status;
}

static gan_status chain_apply(chain *c)
{
    CHECK_OK(gan_tape_reset(c->tape));
    CHECK_OK(gan_tape_input(c->tape, c->z, GAN_INPUT_GRADIENT, &c->x));
    return gan_tape_apply(c->tape, c->model, "training", &c->x, 1, &c->y, 1);
}

static void open_chain(chain *c)
{
    memset(c, 0, sizeof *c);
    c->context = open_context(&c->fault, "threads=1");
    c->z = make_tensor(c->context, 2, (int64_t[]){2, 3});
    c->made = make_tensor(c->context, 2, (int64_t[]){2, 3});
    CHECK_OK(gan_model_create(&c->model, c->context));
    CHECK_OK(gan_tape_create(&c->tape, c->context));
    CHECK_OK(gan_optimizer_create(&c->optimizer, c->context, "adam"));
}

static void close_chain(chain *c)
{
    gan_context_release(c->context);
    gan_model_release(c->model);
    gan_runner_release(c->runner);
    gan_tape_release(c->tape);
    gan_optimizer_release(c->optimizer);
    gan_tensor_release(c->z);
    gan_tensor_release(c->made);
    CHECK_INT(c->fault.live, 0);
    fault_free_files(&c->fault);
}

/* Others hold a chain that grows. They see it as it was, or as it is, or refuse. */
TEST(model_grows_under_its_users)
{
    static const char *const grown[] = {"relu", "batchnorm", "dense 3", "noise 0.1", "dense 3"};
    chain c;
    open_chain(&c);
    CHECK_OK(chain_add(&c, c.model, "input 3"));
    CHECK_OK(chain_add(&c, c.model, "dense 3"));
    CHECK_OK(gan_runner_create(&c.runner, c.context, c.model, "batch=2"));
    CHECK_OK(gan_optimizer_add(c.optimizer, c.model));
    for (int i = 0; i < 5; i++) {
        CHECK_OK(chain_apply(&c));
        CHECK_OK(chain_add(&c, c.model, grown[i]));
        gan_status status = gan_tape_backward(c.tape, &c.y, NULL, 1, &c.model, 1);
        CHECK(status == GAN_OK || status == GAN_E_STATE);
        CHECK_OK(gan_tape_value(c.tape, c.y, c.made));
        CHECK_OK(gan_optimizer_step(c.optimizer));
        CHECK_OK(gan_runner_run(c.runner, (gan_tensor *[]){c.z}, 1, &c.made, 1));
        CHECK_OK(gan_runner_update(c.runner));
        CHECK_OK(gan_runner_run(c.runner, (gan_tensor *[]){c.z}, 1, &c.made, 1));
        CHECK_OK(gan_optimizer_add(c.optimizer, c.model));
        CHECK_OK(chain_apply(&c));
        CHECK_OK(gan_tape_backward(c.tape, &c.y, NULL, 1, &c.model, 1));
        CHECK_OK(gan_optimizer_step(c.optimizer));
    }
    close_chain(&c);
}

TEST(trained_model_cannot_grow)
{
    world w;
    gan_trainer *trainer;
    gan_layer *layer;
    open_world(&w, "threads=1");
    CHECK_OK(gan_layer_create(&layer, w.context, "dense 3"));
    CHECK_STATUS(gan_model_add(w.generator, layer), GAN_E_STATE);
    CHECK_STATUS(gan_model_add_model(w.discriminator, w.generator), GAN_E_STATE);
    CHECK_OK(gan_trainer_save(w.trainer, "trainer"));
    CHECK_OK(gan_trainer_load(&trainer, w.context, "trainer"));
    CHECK_STATUS(gan_model_add(gan_trainer_model(trainer, "generator", 0), layer), GAN_E_STATE);
    gan_trainer_release(trainer);
    gan_layer_release(layer);
    close_world(&w);
}

/* An empty model is refused wherever a network is needed, and never a danger. */
TEST(empty_model)
{
    chain c;
    gan_model *other;
    gan_tensor *none[1] = {NULL};
    open_chain(&c);
    CHECK_STATUS(gan_runner_create(&c.runner, c.context, c.model, NULL), GAN_E_STATE);
    CHECK_STATUS(chain_apply(&c), GAN_E_STATE);
    CHECK_STATUS(gan_model_save(c.model, "a"), GAN_E_STATE);
    CHECK_OK(gan_optimizer_add(c.optimizer, c.model));
    CHECK_OK(gan_optimizer_step(c.optimizer));
    CHECK_OK(gan_model_clamp(c.model, -1, 1));
    CHECK_TEXT(gan_model_text(c.model), "");
    CHECK_OK(gan_model_copy(&other, c.model));
    CHECK_OK(chain_add(&c, other, "input 3"));
    CHECK_STATUS(gan_model_add_model(other, c.model), GAN_E_STATE);
    gan_runner_run(c.runner, none, 1, none, 1);
    gan_model_release(c.model);
    c.model = other; /* an input, and nothing else: what goes in comes out */
    CHECK_OK(chain_apply(&c));
    CHECK_OK(gan_tape_value(c.tape, c.y, c.made));
    CHECK(!memcmp(gan_tensor_data(c.z), gan_tensor_data(c.made), 6 * sizeof(float)));
    CHECK_OK(gan_tape_backward(c.tape, &c.y, NULL, 1, &c.model, 1));
    CHECK_OK(gan_tape_gradient(c.tape, c.x, c.made));
    CHECK_NEAR(*(float *)gan_tensor_data(c.made), 1, 0);
    close_chain(&c);
}

TEST(layer_in_two_models)
{
    chain c;
    gan_model *other;
    gan_layer *layer;
    gan_tensor *weight;
    open_chain(&c);
    weight = make_tensor(c.context, 2, (int64_t[]){3, 3});
    CHECK_OK(gan_layer_create(&layer, c.context, "dense 3"));
    CHECK_STATUS(gan_layer_read(layer, "weight", GAN_VALUE, weight), GAN_E_STATE);
    CHECK_OK(gan_model_create(&other, c.context));
    CHECK_OK(chain_add(&c, c.model, "input 3"));
    CHECK_OK(chain_add(&c, other, "input 4"));
    CHECK_OK(gan_model_add(c.model, layer));
    CHECK_STATUS(gan_model_add(other, layer), GAN_E_SHAPE); /* its weight is 3 by 3 */
    CHECK_OK(chain_add(&c, other, "dense 3"));
    CHECK_OK(gan_model_add(other, layer));
    CHECK_OK(gan_model_add(other, layer));
    CHECK_OK(gan_optimizer_add(c.optimizer, other));
    CHECK_OK(chain_apply(&c));
    CHECK_OK(
        gan_tape_backward(c.tape, &c.y, NULL, 1, &other, 1)); /* through c.model's only layer */
    gan_model_release(other);
    CHECK_OK(gan_optimizer_step(c.optimizer));
    CHECK_STATUS(gan_tape_backward(c.tape, &c.y, NULL, 1, &c.model, 1), GAN_E_STATE);
    CHECK_OK(gan_layer_read(layer, "weight", GAN_VALUE, weight));
    gan_layer_release(layer);
    gan_tensor_release(weight);
    close_chain(&c);
}

/* A layer that is shared becomes a part under those who hold its first model: to them it is the
 * same model. */
TEST(layer_becomes_a_part_under_its_users)
{
    chain c;
    gan_layer *layer;
    gan_model *other;
    gan_tensor *before;
    open_chain(&c);
    before = make_tensor(c.context, 2, (int64_t[]){2, 3});
    CHECK_OK(gan_layer_create(&layer, c.context, "dense 3"));
    CHECK_OK(gan_model_create(&other, c.context));
    CHECK_OK(chain_add(&c, c.model, "input 3"));
    CHECK_OK(gan_model_add(c.model, layer));
    CHECK_OK(chain_add(&c, c.model, "batchnorm"));
    CHECK_OK(gan_runner_create(&c.runner, c.context, c.model, "batch=2"));
    CHECK_OK(gan_optimizer_add(c.optimizer, c.model));
    CHECK_OK(chain_apply(&c));
    CHECK_OK(gan_runner_run(c.runner, (gan_tensor *[]){c.z}, 1, &before, 1));
    CHECK_OK(chain_add(&c, other, "input 3"));
    CHECK_OK(gan_model_add(other, layer));
    CHECK_TEXT(gan_model_parameter_name(c.model, 0), "0.0.weight");
    CHECK_OK(gan_tape_backward(c.tape, &c.y, NULL, 1, &other, 1));
    CHECK_OK(gan_tape_backward(c.tape, &c.y, NULL, 1, &c.model, 1));
    CHECK_OK(gan_runner_run(c.runner, (gan_tensor *[]){c.z}, 1, &c.made, 1));
    CHECK(!memcmp(gan_tensor_data(before), gan_tensor_data(c.made), 6 * sizeof(float)));
    gan_model_release(other);
    CHECK_OK(gan_optimizer_step(c.optimizer));
    CHECK_OK(gan_runner_update(c.runner));
    CHECK_OK(gan_runner_run(c.runner, (gan_tensor *[]){c.z}, 1, &c.made, 1));
    CHECK_OK(chain_apply(&c));
    CHECK_OK(gan_model_save(c.model, "model"));
    gan_layer_release(layer);
    gan_tensor_release(before);
    close_chain(&c);
}

/* A layer or a part that two groups would train is refused, by its name, before anything is trained
 * or saved. Once one of the models is in a trainer, it is too late to share with it. */
TEST(layer_in_two_roles)
{
    for (int shared = 0; shared < 3; shared++) {
        world w;
        gan_layer *layer;
        gan_model *g, *d, *part;
        gan_trainer *loaded;
        open_world(&w, "threads=1");
        chain c = {.context = w.context};
        CHECK_OK(gan_layer_create(&layer, w.context, "conv2d 1 kernel=1"));
        CHECK_OK(gan_model_parse(&part, w.context, "input any any 1; conv2d 1 kernel=1"));
        CHECK_OK(gan_model_create(&g, w.context));
        CHECK_OK(gan_model_create(&d, w.context));
        CHECK_OK(chain_add(&c, g, "input 4 4 1"));
        CHECK_OK(chain_add(&c, g, "relu"));
        CHECK_OK(chain_add(&c, d, "input 4 4 1"));
        CHECK_OK(shared == 1 ? gan_model_add_model(g, part) : gan_model_add(g, layer));
        if (shared == 2) {
            CHECK_OK(gan_trainer_set_model(w.trainer, "generator", g));
            CHECK_STATUS(gan_model_add(d, layer), GAN_E_STATE);
            CHECK(strstr(gan_context_message(w.context), "or in a trainer") != NULL);
            CHECK_OK(chain_add(&c, d, "conv2d 1 kernel=1"));
        } else {
            CHECK_OK(shared ? gan_model_add_model(d, part) : gan_model_add(d, layer));
        }
        CHECK_OK(gan_trainer_set_model(w.trainer, "generator", g));
        CHECK_OK(gan_trainer_set_model(w.trainer, "discriminator", d));
        const gan_status status = shared == 2 ? GAN_OK : GAN_E_STATE;
        CHECK_STATUS(gan_trainer_check(w.trainer), status);
        CHECK_STATUS(gan_trainer_step(w.trainer), status);
        CHECK_STATUS(gan_trainer_save(w.trainer, "trainer"), status);
        if (shared == 2) {
            if (CHECK_OK(gan_trainer_load(&loaded, w.context, "trainer")))
                gan_trainer_release(loaded);
        } else {
            CHECK_TEXT(gan_context_message(w.context),
                       "gan: '0.0.weight' is in the generator and in the discriminator, which the "
                       "groups generator and discriminator would both train");
            CHECK(fault_find(&w.fault, "trainer") == NULL);
        }
        gan_layer_release(layer);
        gan_model_release(part);
        gan_model_release(g);
        gan_model_release(d);
        close_world(&w);
    }
}

/* ---- values ---- */

TEST(values_of_other_rounds_and_tapes)
{
    world w;
    gan_tape *other;
    gan_value value;
    open_world(&w, "threads=1");
    CHECK_OK(gan_tape_create(&other, w.context));
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(gan_tape_value(other, w.x, w.made), GAN_E_ARGUMENT);
        CHECK(strstr(gan_context_message(w.context), "no value of this tape") != NULL);
        CHECK_STATUS(gan_tape_detach(other, w.z, &value), GAN_E_ARGUMENT);
        CHECK_OK(gan_tape_input(other, w.latent, GAN_INPUT_GRADIENT, &value));
    }
    CHECK_OK(gan_tape_backward(w.tape, &w.loss, NULL, 1, &w.generator, 1));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(gan_tape_reset(w.tape));
        CHECK_STATUS(gan_tape_value(w.tape, w.x, w.made), GAN_E_ARGUMENT);
        CHECK(strstr(gan_context_message(w.context), "before the tape's last reset") != NULL);
        CHECK_STATUS(gan_tape_gradient(w.tape, w.z, w.latent), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_tape_backward(w.tape, &w.loss, NULL, 1, NULL, 0), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_tape_apply(w.tape, w.generator, "training", &w.z, 1, &value, 1),
                     GAN_E_ARGUMENT);
        CHECK_OK(gan_tape_input(w.tape, w.latent, GAN_INPUT_GRADIENT, &value));
    }
    CHECK_STATUS(gan_tape_gradient(w.tape, value, w.latent), GAN_E_STATE);
    gan_tape_release(other);
    close_world(&w);
}

int main(void)
{
    RUN(release_in_any_order);
    RUN(trainer_outlives_what_it_was_given);
    RUN(release_callback_uses_the_library);
    RUN(model_in_two_trainers);
    RUN(model_changed_before_backward);
    RUN(runner_after_a_change);
    RUN(model_grows_under_its_users);
    RUN(trained_model_cannot_grow);
    RUN(empty_model);
    RUN(layer_in_two_models);
    RUN(layer_becomes_a_part_under_its_users);
    RUN(layer_in_two_roles);
    RUN(values_of_other_rounds_and_tapes);
    return test_report();
}
