/* Calls from inside callbacks, from two threads into one context, and from many threads into
 * contexts of their own. */
#include "base/context.h"
#include "base/os.h"
#include "world.h"

#include <math.h>
#include <stdatomic.h>
#include <stddef.h>

/* ---- the step callback ---- */

static int32_t use_everything(void *user, gan_trainer *trainer)
{
    world *w = user;
    double loss = NAN;
    CHECK_STATUS(gan_trainer_step(trainer), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_run(trainer, 1, NULL, NULL), GAN_E_STATE);
    CHECK_OK(gan_trainer_value(trainer, "loss.generator", &loss));
    CHECK(isfinite(loss));
    CHECK_OK(gan_trainer_save(trainer, "trainer"));
    CHECK_OK(gan_runner_update(w->runner));
    CHECK_OK(gan_runner_run(w->runner, (gan_tensor *[]){w->latent}, 1, &w->made, 1));
    CHECK_OK(gan_image_sheet(w->made, 2, "sheet.png"));
    CHECK_OK(gan_trainer_set_data(trainer, "real", w->dataset));
    CHECK_OK(gan_trainer_set_optimizer(trainer, "generator", "sgd lr=0.01"));
    CHECK_OK(gan_trainer_set_model(trainer, "discriminator", w->discriminator));
    CHECK_OK(gan_trainer_feed(trainer, "real", w->pictures));
    CHECK_OK(gan_tape_reset(w->tape));
    return 0;
}

/* A trainer within a trainer's callback is another matter. */
static int32_t train_another(void *user, gan_trainer *trainer)
{
    world *w = user;
    gan_trainer *other = w->trainer;
    CHECK_OK(gan_trainer_load(&other, w->context, "trainer"));
    CHECK_INT(gan_trainer_steps(other), 2);
    gan_trainer_release(other);
    CHECK_OK(gan_recipe_trainer(&other, w->recipe, w->context, NULL));
    CHECK_OK(gan_trainer_run(other, 2, NULL, NULL));
    CHECK_STATUS(gan_trainer_step(trainer), GAN_E_STATE);
    gan_trainer_release(other);
    return 0;
}

static int32_t release_everything(void *user, gan_trainer *trainer)
{
    world *w = user;
    gan_trainer_release(trainer);
    w->trainer = NULL;
    return gan_trainer_steps(trainer) > 4;
}

TEST(step_callback)
{
    world w;
    open_world(&w, "threads=2");
    CHECK_OK(gan_trainer_run(w.trainer, 2, use_everything, &w));
    CHECK_OK(gan_trainer_run(w.trainer, 2, train_another, &w));
    CHECK_STATUS(gan_trainer_run(w.trainer, 2, release_everything, &w), GAN_E_CANCELLED);
    close_world(&w);
}

/* ---- the log ---- */

static world *logging;
static int logged;

static void log_line(void *user, int32_t level, const char *line)
{
    gan_tensor *made;
    double value;
    CHECK(user == &logging->fault && level == GAN_LOG_WARNING);
    CHECK(strstr(line, "skipped") != NULL);
    logged++;
    gan_trainer *t = logging->trainer;
    CHECK_STATUS(gan_trainer_step(t), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_run(t, 1, NULL, NULL), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_save(t, "trainer"), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_refresh(t), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_set_model(t, "generator", logging->generator), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_set_data(t, "real", logging->dataset), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_set_optimizer(t, "generator", "adam"), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_feed(t, "real", logging->made), GAN_E_STATE);
    CHECK_OK(gan_trainer_value(t, "loss.generator", &value));
    CHECK_OK(gan_tensor_create(&made, logging->context, GAN_FLOAT32, 0, NULL));
    gan_tensor_release(made);
}

TEST(log_callback)
{
    world w;
    open_world(&w, "threads=1");
    logging = &w;
    w.context->host.log = log_line;
    gan_trainer_release(w.trainer);
    CHECK_OK(gan_trainer_create(&w.trainer, w.context, "gan batch=2 on_divergence=skip"));
    CHECK_OK(gan_trainer_set_model(w.trainer, "generator", w.generator));
    CHECK_OK(gan_trainer_set_model(w.trainer, "discriminator", w.discriminator));
    CHECK_OK(gan_trainer_set_data(w.trainer, "real", w.dataset));
    *(float *)gan_tensor_data(w.made) = NAN;
    CHECK_OK(gan_trainer_feed(w.trainer, "real", w.made));
    CHECK_OK(gan_trainer_run(w.trainer, 3, NULL, NULL));
    CHECK_INT(logged, 1);
    close_world(&w);
}

/* ---- the examples' callback ---- */

static int32_t read_until_four(void *user, int64_t index, void *const *data)
{
    float *picture = data[0];
    for (int i = 0; i < 16; i++) picture[i] = (float)index / 8.0f;
    return *(int *)user && index == 4;
}

TEST(read_callback_that_stops)
{
    static const int64_t shape[3] = {4, 4, 1}, indices[2] = {3, 4};
    static const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    world w;
    int stops = 1;
    gan_status status = GAN_OK;
    open_world(&w, "threads=1");
    gan_dataset_release(w.dataset);
    CHECK_OK(gan_dataset_from_callback(&w.dataset, w.context, &field, 1, 5, read_until_four, NULL,
                                       &stops));
    CHECK_STATUS(gan_dataset_read(w.dataset, "image", indices, w.made), GAN_E_CANCELLED);
    CHECK_OK(gan_trainer_set_data(w.trainer, "real", w.dataset));
    for (int i = 0; i < 5 && status == GAN_OK; i++) status = gan_trainer_step(w.trainer);
    CHECK_STATUS(status, GAN_E_CANCELLED);
    CHECK_STATUS(gan_trainer_step(w.trainer), GAN_E_CANCELLED); /* where it stood */
    stops = 0;
    CHECK_OK(gan_trainer_run(w.trainer, 5, NULL, NULL));
    CHECK_OK(gan_dataset_read(w.dataset, "image", indices, w.made));
    close_world(&w);
}

/* ---- the last call of a data set and of a host ---- */

typedef struct source {
    atomic_int reads, releases, late; /* late: reads after the release */
} source;

static int32_t read_slowly(void *user, int64_t index, void *const *data)
{
    source *from = user;
    float *picture = data[0];
    atomic_fetch_add(&from->reads, 1);
    for (int i = 0; i < 100; i++) gan__os_yield();
    atomic_fetch_add(&from->late, atomic_load(&from->releases));
    for (int i = 0; i < 16; i++) picture[i] = (float)index / 8.0f;
    return 0;
}

static void release_source(void *user)
{
    atomic_fetch_add(&((source *)user)->releases, 1);
}

/* A trainer keeps the data set and its read-ahead thread: neither outlives the release. */
TEST(release_of_a_data_set)
{
    static const int64_t shape[3] = {4, 4, 1};
    static const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    static const gan_dataset_field wrong = {sizeof field, "picture", GAN_FLOAT32, 3, shape};
    for (int steps = 0; steps < 4; steps++) {
        world w;
        source from = {0};
        gan_dataset *made;
        open_world(&w, "threads=1");
        CHECK_STATUS(gan_dataset_from_callback(&made, w.context, &wrong, 1, 5, read_slowly,
                                               release_source, &from),
                     GAN_E_ARGUMENT);
        CHECK_OK(gan_dataset_from_callback(&made, w.context, &field, 1, 5, read_slowly,
                                           release_source, &from));
        CHECK_OK(gan_trainer_set_data(w.trainer, "real", made));
        gan_dataset_retain(made);
        gan_dataset_release(made);
        gan_dataset_release(made);
        CHECK_OK(gan_trainer_run(w.trainer, steps, NULL, NULL));
        CHECK_INT(from.releases, 0);
        gan_trainer_release(w.trainer);
        w.trainer = NULL;
        CHECK_INT(from.releases, 1);
        CHECK_INT(from.late, 0);
        CHECK(steps == 0 || from.reads >= 2 * steps);
        close_world(&w);
        CHECK_INT(from.releases, 1);
    }
}

static fault_host *released_host;
static int host_releases;

/* Nothing of the host is in use any more. */
static void release_host(void *user)
{
    CHECK(user == released_host);
    CHECK_INT(released_host->live, 0);
    host_releases++;
}

TEST(release_of_a_host)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_tensor *tensor, *view;
    host.release = release_host;
    released_host = &fault;
    CHECK_OK(gan_context_create(&context, "threads=2", &host, NULL, 0));
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 1, (int64_t[]){5}));
    CHECK_OK(gan_tensor_slice(&view, tensor, 0, 1, 2));
    gan_context_release(context);
    gan_tensor_release(tensor);
    CHECK_INT(host_releases, 0);
    gan_tensor_release(view);
    CHECK_INT(host_releases, 1);

    /* One that is not made; and one of an older header, which ends in front of the field. */
    CHECK_STATUS(gan_context_create(&context, "threads=many", &host, NULL, 0), GAN_E_TEXT);
    for (long long n = 1; n < 4; n++) {
        fault.fail_at = fault.allocations + n;
        gan_status status = gan_context_create(&context, "threads=1", &host, NULL, 0);
        if (status == GAN_OK) break;
        CHECK_STATUS(status, GAN_E_MEMORY);
    }
    CHECK_INT(host_releases, 1);
    fault.fail_at = 0;
    gan_context_release(context);
    host_releases = 0;
    host.size = offsetof(gan_host, release);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_context_release(context);
    CHECK_INT(host_releases, 0);
}

/* ---- a context that is in use on another thread ---- */

#define BUSY(call) CHECK_STATUS(call, GAN_E_BUSY)
#define BUSY_MADE(type, function, ...)      \
    do {                                    \
        type *out_ = (type *)(void *)w;     \
        BUSY(function(&out_, __VA_ARGS__)); \
        CHECK(out_ == NULL);                \
    } while (0)

static int32_t read_nothing(void *user, int64_t index, void *const *data)
{
    (void)user;
    (void)index;
    (void)data;
    return 1;
}

static void busy_data(world *w)
{
    static const int64_t shape[3] = {2, 2, 1};
    static const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    static const char *const image = "image";
    static const int32_t order[4] = {0, 3, 1, 2};
    float data[4];
    int64_t loan[16] = {1}; /* that nobody is told of */
    BUSY_MADE(gan_tensor, gan_tensor_create, w->context, GAN_FLOAT32, 3, shape);
    BUSY_MADE(gan_tensor, gan_tensor_wrap, w->context, GAN_FLOAT32, 3, shape, NULL, data, NULL,
              NULL);
    BUSY_MADE(gan_tensor, gan_tensor_slice, w->pictures, 0, 0, 1);
    BUSY_MADE(gan_tensor, gan_tensor_permute, w->pictures, order);
    BUSY_MADE(void, gan_tensor_to_dlpack, w->pictures, 0);
    BUSY_MADE(gan_tensor, gan_tensor_from_dlpack, w->context, loan, 0);
    BUSY(gan_tensor_copy(w->made, w->made));
    BUSY_MADE(gan_tensor, gan_tensor_load, w->context, "pictures.npy");
    BUSY(gan_tensor_save(w->made, "a.npy"));
    BUSY_MADE(gan_tensor, gan_image_load, w->context, "a.png");
    BUSY_MADE(gan_tensor, gan_image_load_memory, w->context, "P5", 2);
    BUSY_MADE(gan_tensor, gan_image_save_memory, w->latent, "png");
    BUSY_MADE(gan_tensor, gan_image_fit, w->latent, 0, 0, 0, NULL);
    BUSY_MADE(gan_tensor, gan_image_arrange, w->made, 0);
    BUSY(gan_image_save(w->latent, "a.png"));
    BUSY(gan_image_sheet(w->made, 0, "a.png"));
    BUSY_MADE(gan_dataset, gan_dataset_open, w->context, "npy path=pictures.npy");
    BUSY_MADE(gan_dataset, gan_dataset_from_tensors, w->context, &image, &w->pictures, 1);
    BUSY_MADE(gan_dataset, gan_dataset_from_callback, w->context, &field, 1, 3, read_nothing, NULL,
              NULL);
    BUSY(gan_dataset_read(w->dataset, "image", shape, w->made));
}

static void busy_models(world *w)
{
    static const char *const name = "a";
    int64_t shape[4];
    int32_t rank;
    BUSY_MADE(gan_layer, gan_layer_create, w->context, "tanh");
    CHECK(gan_layer_text(w->layer) == NULL && gan_model_text(w->generator) == NULL);
    BUSY(gan_layer_read(w->layer, "bias", GAN_VALUE, w->made));
    BUSY(gan_layer_write(w->layer, "bias", w->made));
    BUSY_MADE(gan_model, gan_model_parse, w->context, GENERATOR);
    BUSY_MADE(gan_model, gan_model_parse_parts, w->context, "input 3; part a", &name, &w->generator,
              1);
    gan_model *made = w->generator, *copy = w->generator;
    BUSY(gan_model_create(&made, w->context));
    BUSY(gan_model_copy(&copy, w->generator));
    CHECK(!made && !copy);
    BUSY(gan_model_add(w->generator, w->layer));
    BUSY(gan_model_add_model(w->generator, w->discriminator));
    BUSY(gan_model_read(w->generator, "0.bias", GAN_VALUE, w->made));
    BUSY(gan_model_write(w->generator, "0.bias", w->made));
    BUSY(gan_layer_parameter_shape(w->layer, "bias", &rank, shape));
    BUSY(gan_layer_parameter_flags(w->layer, "bias", &rank));
    BUSY(gan_model_parameter_flags(w->generator, "0.bias", &rank));
    BUSY(gan_model_set_note(w->generator, "a", "b"));
    BUSY(gan_model_zero_gradients(w->generator));
    BUSY(gan_model_clamp(w->generator, -1, 1));
    BUSY(gan_model_save(w->generator, "a"));
    BUSY_MADE(gan_model, gan_model_load, w->context, "a");
    BUSY_MADE(gan_model, gan_model_load_memory, w->context, "a", 1);
    BUSY_MADE(gan_model, gan_model_load_parts, w->context, "a", &name, &w->generator, 1);
    BUSY(gan_model_load_weights(w->generator, "a", NULL));
    BUSY(gan_model_load_weights_memory(w->generator, "a", 1, NULL));
    BUSY_MADE(gan_tensor, gan_model_save_memory, w->generator);
    BUSY_MADE(gan_runner, gan_runner_create, w->context, w->generator, "");
    BUSY(gan_runner_run(w->runner, (gan_tensor *[]){w->latent}, 1, &w->made, 1));
    BUSY(gan_runner_update(w->runner));
    BUSY(gan_runner_input_shape(w->runner, 0, shape));
    BUSY(gan_runner_output_shape(w->runner, 0, shape));
}

static void busy_tape(world *w)
{
    static const int64_t shape[2] = {2, 3};
    static const double weight = 1;
    gan_tape *tape = w->tape;
    gan_value out;
    BUSY(gan_tape_create(&tape, w->context));
    CHECK(tape == NULL);
    tape = w->tape;
    BUSY(gan_tape_reset(tape));
    BUSY(gan_tape_seek(tape, 3));
    BUSY(gan_tape_input(tape, w->latent, 0, &out));
    BUSY(gan_tape_normal(tape, 2, shape, &out));
    BUSY(gan_tape_uniform(tape, 2, shape, &out));
    BUSY(gan_tape_apply(tape, w->generator, "training", &w->z, 1, &out, 1));
    BUSY(gan_tape_loss(tape, "mean", &w->x, 1, &out));
    BUSY(gan_tape_combine(tape, &w->x, &weight, 1, &out));
    BUSY(gan_tape_join(tape, &w->x, 1, &out));
    BUSY(gan_tape_slice(tape, w->x, 0, 1, &out));
    BUSY(gan_tape_detach(tape, w->x, &out));
    BUSY(gan_tape_leaf(tape, w->x, &out));
    BUSY(gan_tape_tangent(tape, w->x, w->z, w->z, &out));
    BUSY(gan_tape_layer(tape, "tanh", &w->x, 1, &out));
    BUSY(gan_tape_take_gradient(tape, w->x, &out));
    BUSY(gan_tape_value(tape, w->x, w->made));
    BUSY(gan_tape_gradient(tape, w->x, w->made));
    BUSY_MADE(gan_tensor, gan_tape_tensor, tape, w->x, GAN_VALUE);
    BUSY(gan_tape_backward(tape, &w->loss, NULL, 1, &w->generator, 1));
}

static void busy_training(world *w)
{
    double values[1];
    char text[48];
    int64_t bytes, steps;
    BUSY_MADE(gan_optimizer, gan_optimizer_create, w->context, "adam");
    BUSY(gan_optimizer_add(w->optimizer, w->generator));
    BUSY(gan_optimizer_step(w->optimizer));
    BUSY(gan_optimizer_zero(w->optimizer));
    BUSY(gan_optimizer_set_rate(w->optimizer, 1));
    BUSY(gan_optimizer_set_steps(w->optimizer, 1));
    BUSY(gan_optimizer_parameter_steps(w->optimizer, w->generator, "0.bias", &steps));
    BUSY(gan_optimizer_set_parameter_steps(w->optimizer, w->generator, "0.bias", 1));
    BUSY(gan_optimizer_read(w->optimizer, w->generator, "0.bias", "m", w->made));
    BUSY(gan_optimizer_write(w->optimizer, w->generator, "0.bias", "m", w->made));
    BUSY_MADE(gan_trainer, gan_trainer_create, w->context, "gan");
    BUSY(gan_trainer_set_model(w->trainer, "generator", w->generator));
    BUSY(gan_trainer_set_data(w->trainer, "real", w->dataset));
    BUSY(gan_trainer_set_optimizer(w->trainer, "generator", "adam"));
    BUSY(gan_trainer_feed(w->trainer, "real", w->made));
    BUSY(gan_trainer_check(w->trainer));
    BUSY(gan_trainer_refresh(w->trainer));
    BUSY(gan_trainer_memory(w->trainer, &bytes));
    BUSY_MADE(gan_model, gan_trainer_route, w->trainer, "noise > image", 0);
    BUSY_MADE(gan_tensor, gan_trainer_show, &bytes, w->trainer, "noise", 1, 0);
    BUSY_MADE(gan_tensor, gan_trainer_sample, w->trainer, 1, 1, 0, 0);
    BUSY(gan_trainer_step(w->trainer));
    BUSY(gan_trainer_run(w->trainer, 1, NULL, NULL));
    BUSY(gan_trainer_values(w->trainer, values, gan_trainer_value_count(w->trainer)));
    BUSY(gan_trainer_save(w->trainer, "a"));
    BUSY_MADE(gan_trainer, gan_trainer_load, w->context, "a");
    BUSY_MADE(gan_tensor, gan_trainer_save_memory, w->trainer);
    BUSY_MADE(gan_trainer, gan_trainer_load_memory, w->context, "a", 1);
    BUSY_MADE(gan_recipe, gan_recipe_parse, w->context, "[trainer]\ngan", NULL);
    BUSY(gan_recipe_change(w->recipe, "run.steps", "5"));
    BUSY_MADE(gan_recipe, gan_recipe_load, w->context, "small.recipe");
    BUSY(gan_recipe_set(w->recipe, "run.steps", "5"));
    BUSY(gan_recipe_set_all(w->recipe, NULL, NULL, 0, 0));
    BUSY_MADE(gan_trainer, gan_recipe_trainer, w->recipe, w->context, NULL);
    BUSY_MADE(gan_dataset, gan_recipe_dataset, w->recipe, w->context, "real");
    BUSY_MADE(gan_metric, gan_metric_create, w->context, "frechet");
    BUSY(gan_metric_add(w->metric, "real", w->latent));
    BUSY(gan_metric_clear(w->metric, "real"));
    BUSY(gan_metric_value(w->metric, "distance", values));
    BUSY_MADE(gan_model, gan_judge_train, w->context, "", w->dataset, NULL);
    BUSY(gan_judge_examples(w->dataset, text, sizeof text));
}

static void call_everything(void *argument)
{
    world *w = argument;
    busy_data(w);
    busy_models(w);
    busy_tape(w);
    busy_training(w);
    CHECK_STATUS(gan_trainer_run(w->trainer, -1, NULL, NULL), GAN_E_ARGUMENT);
    gan_trainer_retain(w->trainer); /* these two are for any thread at any time */
    gan_trainer_release(w->trainer);
}

static int32_t call_from_a_thread(void *user, gan_trainer *trainer)
{
    world *w = user;
    char message[1024];
    double value;
    CHECK_STATUS(gan_trainer_value(trainer, "mine", &value), GAN_E_ARGUMENT);
    strcpy(message, gan_context_message(w->context));
    gan__thread *thread = gan__thread_start(call_everything, w);
    if (CHECK(thread != NULL)) gan__thread_join(thread);
    CHECK_TEXT(gan_context_message(w->context), message); /* the other's failures left it */
    return 0;
}

TEST(busy_context)
{
    world w;
    open_world(&w, "threads=2");
    CHECK_OK(gan_trainer_run(w.trainer, 1, call_from_a_thread, &w));
    CHECK_OK(gan_trainer_run(w.trainer, 1, NULL, NULL));
    close_world(&w);
}

/* Two threads, one trainer: each step is made or refused. */
typedef struct contender {
    world *w;
    int64_t steps;
    int failures;
} contender;

static void contend(void *argument)
{
    contender *c = argument;
    for (int i = 0; i < 200; i++) {
        gan_status status = gan_trainer_step(c->w->trainer);
        c->steps += status == GAN_OK;
        c->failures += status != GAN_OK && status != GAN_E_BUSY;
    }
}

TEST(two_threads_and_one_trainer)
{
    world w;
    contender a = {.w = &w}, b = {.w = &w};
    open_world(&w, "threads=1");
    gan__thread *thread = gan__thread_start(contend, &a);
    if (!CHECK(thread != NULL)) return;
    contend(&b);
    gan__thread_join(thread);
    CHECK_INT(a.failures + b.failures, 0);
    CHECK_INT(gan_trainer_steps(w.trainer), a.steps + b.steps);
    CHECK(a.steps + b.steps > 0);
    close_world(&w);
}

/* ---- contexts of their own ---- */

enum { THREADS = 6 };

/* test.h's checks are for one thread: the rest of what a thread does is counted. */
typedef struct tenant {
    world w;
    gan_model *shared;
    int failures;
    float made[32];
} tenant;

static void train_alone(void *argument)
{
    tenant *t = argument;
    gan_trainer *loaded = NULL;
    t->failures += gan_trainer_run(t->w.trainer, 5, NULL, NULL) != GAN_OK;
    t->failures += gan_trainer_save(t->w.trainer, "trainer") != GAN_OK;
    t->failures += gan_trainer_load(&loaded, t->w.context, "trainer") != GAN_OK;
    t->failures += gan_trainer_set_data(loaded, "real", t->w.dataset) != GAN_OK;
    t->failures += gan_trainer_run(loaded, 5, NULL, NULL) != GAN_OK;
    gan_trainer_release(loaded);
}

/* A runner of the thread's own context over a model of another one. */
static void run_shared(void *argument)
{
    tenant *t = argument;
    gan_runner *runner = NULL;
    gan_tensor *in[] = {t->w.latent};
    t->failures += gan_runner_create(&runner, t->w.context, t->shared, "batch=2") != GAN_OK;
    for (int i = 0; i < 50; i++)
        t->failures += gan_runner_run(runner, in, 1, &t->w.made, 1) != GAN_OK;
    memcpy(t->made, gan_tensor_data(t->w.made), sizeof t->made);
    gan_runner_release(runner);
}

static void let_tenants(tenant *tenants, void (*run)(void *argument))
{
    gan__thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) threads[i] = gan__thread_start(run, &tenants[i]);
    for (int i = 0; i < THREADS; i++)
        if (CHECK(threads[i] != NULL)) gan__thread_join(threads[i]);
}

TEST(contexts_in_threads)
{
    static tenant tenants[THREADS];
    for (int i = 0; i < THREADS; i++) {
        open_world(&tenants[i].w, i % 2 ? "threads=2" : "threads=1");
        tenants[i].shared = tenants[0].w.generator;
    }
    let_tenants(tenants, run_shared);
    let_tenants(tenants, train_alone);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(tenants[i].failures, 0);
        CHECK(!memcmp(tenants[i].made, tenants[0].made, sizeof tenants[0].made));
        if (i > 0) close_world(&tenants[i].w);
    }
    close_world(&tenants[0].w);
}

int main(void)
{
    RUN(step_callback);
    RUN(log_callback);
    RUN(read_callback_that_stops);
    RUN(release_of_a_data_set);
    RUN(release_of_a_host);
    RUN(busy_context);
    RUN(two_threads_and_one_trainer);
    RUN(contexts_in_threads);
    return test_report();
}
