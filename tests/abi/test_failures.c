/* Every allocation and every file operation of a whole program fails, once and for ever after: an
 * error comes back, nothing leaks, what was on the disk is whole, and what is called again goes on
 * as if nothing had been. */
#include "world.h"

/* Most kinds of state: running statistics, u and v, an average, dropout, parts. */
static const char trainer_spec[] = "gan batch=2 average=0.9";
static const char g_text[] = "input 3; dense 16; reshape 4 4 1; batchnorm; relu\n"
                             "residual { conv2d 1 kernel=3 pad=1; instancenorm }; tanh";
static const char d_text[] = "input 4 4 1; conv2d 3 kernel=3 pad=1 spectral=yes; leaky_relu 0.2\n"
                             "repeat 2 { part trunk }; dropout 0.2; dense 1";
static const char trunk_text[] = "input any any 3; conv2d 3 kernel=3 pad=1; elu";

typedef struct program {
    fault_host *fault;
    int again;   /* what fails is called once more, */
    int refused; /* so many times */
    gan_context *context;
    gan_model *trunk, *generator, *discriminator, *made;
    gan_tensor *pictures, *latent, *out;
    gan_dataset *dataset;
    gan_trainer *trainer, *loaded, *alone;
    gan_model *route, *judge;
    gan_tensor *shown, *samples;
    gan_runner *runner;
    gan_recipe *recipe;
    gan_layer *layers[4]; /* what follows is of the program by hand */
    gan_tape *tape;
    gan_optimizer *optimizer;
    gan_tensor *view, *turned, *read, *arranged, *fitted, *encoded, *decoded, *value, *moment;
    gan_value z, x, score, loss;
} program;

/* Leaves the function when the call fails for good. */
#define DO(call)                               \
    do {                                       \
        gan_status status_ = (call);           \
        if (status_ != GAN_OK && p->again) {   \
            p->refused++;                      \
            status_ = (call);                  \
        }                                      \
        if (status_ != GAN_OK) return status_; \
    } while (0)

static gan_status start(program *p)
{
    static const int64_t shapes[3][4] = {{6, 4, 4, 1}, {2, 3}, {2, 4, 4, 1}};
    static const char *const image = "image", *const trunk = "trunk";
    int64_t bytes;
    gan_host host = fault_make(p->fault);
    DO(gan_context_create(&p->context, "threads=1 seed=3", &host, NULL, 0));
    DO(gan_tensor_create(&p->pictures, p->context, GAN_UINT8, 4, shapes[0]));
    DO(gan_tensor_create(&p->latent, p->context, GAN_FLOAT32, 2, shapes[1]));
    DO(gan_tensor_create(&p->out, p->context, GAN_FLOAT32, 4, shapes[2]));
    unsigned char *pixels = gan_tensor_data(p->pictures);
    for (int i = 0; i < 96; i++) pixels[i] = (unsigned char)(i * 37);
    DO(gan_model_parse(&p->trunk, p->context, trunk_text));
    DO(gan_model_parse(&p->generator, p->context, g_text));
    DO(gan_model_parse_parts(&p->discriminator, p->context, d_text, &trunk, &p->trunk, 1));
    DO(gan_dataset_from_tensors(&p->dataset, p->context, &image, &p->pictures, 1));
    DO(gan_trainer_create(&p->trainer, p->context, trainer_spec));
    DO(gan_trainer_set_model(p->trainer, "generator", p->generator));
    DO(gan_trainer_set_model(p->trainer, "discriminator", p->discriminator));
    DO(gan_trainer_set_data(p->trainer, "real", p->dataset));
    DO(gan_trainer_set_optimizer(p->trainer, "generator", "adam lr=1e-3 clip=1"));
    DO(gan_trainer_check(p->trainer));
    DO(gan_trainer_memory(p->trainer, &bytes));
    return GAN_OK;
}

static gan_status train(program *p)
{
    DO(gan_trainer_step(p->trainer));
    DO(gan_trainer_step(p->trainer));
    DO(gan_trainer_refresh(p->trainer));
    DO(gan_model_set_note(p->generator, "a", "b"));
    DO(gan_trainer_route(&p->route, p->trainer, "noise > image", GAN_MODEL_AVERAGED));
    DO(gan_trainer_show(&p->shown, NULL, p->trainer, "noise", 3, GAN_MODEL_AVERAGED));
    DO(gan_trainer_save(p->trainer, "trainer"));
    return GAN_OK;
}

/* A trainer that draws samples by itself. */
static gan_status sample(program *p)
{
    DO(gan_model_parse(&p->judge, p->context, "input 4 4 1; dense 1"));
    DO(gan_trainer_create(&p->alone, p->context, "discriminator batch=2 steps=1 buffer=3"));
    DO(gan_trainer_set_model(p->alone, "discriminator", p->judge));
    DO(gan_trainer_set_data(p->alone, "real", p->dataset));
    DO(gan_trainer_step(p->alone));
    DO(gan_trainer_step(p->alone));
    DO(gan_trainer_sample(&p->samples, p->alone, 2, 1, 0, 0));
    return GAN_OK;
}

static gan_status resume(program *p)
{
    DO(gan_trainer_load(&p->loaded, p->context, "trainer"));
    DO(gan_trainer_set_data(p->loaded, "real", p->dataset));
    DO(gan_trainer_step(p->loaded));
    DO(gan_trainer_save(p->loaded, "trainer"));
    return GAN_OK;
}

static gan_status use(program *p)
{
    char value[16];
    DO(gan_model_save(gan_trainer_model(p->loaded, "generator", GAN_MODEL_AVERAGED), "generator"));
    DO(gan_model_load(&p->made, p->context, "generator"));
    DO(gan_runner_create(&p->runner, p->context, p->made, "batch=2"));
    DO(gan_runner_run(p->runner, (gan_tensor *[]){p->latent}, 1, &p->out, 1));
    DO(gan_image_sheet(p->out, 2, "sheet.png"));
    DO(gan_tensor_save(p->pictures, "pictures.npy"));
    gan_trainer_release(p->trainer);
    p->trainer = NULL;
    DO(gan_recipe_load(&p->recipe, p->context, "small.recipe"));
    DO(gan_recipe_set(p->recipe, "optimizer.generator.lr", "1e-3"));
    DO(gan_recipe_set_all(p->recipe, (const char *[]){"run.steps"}, (const char *[]){"2"}, 1, 0));
    DO(gan_recipe_change(p->recipe, "trainer.loss", "wgan"));
    DO(gan_recipe_option(p->recipe, "optimizer.generator.lr", value, sizeof value));
    DO(gan_recipe_trainer(&p->trainer, p->recipe, p->context, NULL));
    DO(gan_trainer_step(p->trainer));
    return GAN_OK;
}

/* ---- the same without trainer and texts ---- */

static int32_t read_example(void *user, int64_t index, void *const *data)
{
    (void)user;
    for (int i = 0; i < 16; i++) ((float *)data[0])[i] = (float)(index + i) / 30.0f;
    return 0;
}

static gan_status build_by_hand(program *p)
{
    static const char *const statements[4] = {"input 3", "dense 16 init=normal:0.1", "prelu",
                                              "dense 16 bias=no"};
    gan_host host = fault_make(p->fault);
    DO(gan_context_create(&p->context, "threads=1 seed=3", &host, NULL, 0));
    for (int i = 0; i < 4; i++) DO(gan_layer_create(&p->layers[i], p->context, statements[i]));
    DO(gan_model_create(&p->generator, p->context));
    for (int i = 0; i < 4; i++) DO(gan_model_add(p->generator, p->layers[i]));
    DO(gan_model_add(p->generator, p->layers[3])); /* a second place */
    DO(gan_model_create(&p->discriminator, p->context));
    DO(gan_model_add(p->discriminator, p->layers[0]));
    DO(gan_model_add_model(p->discriminator, p->generator));
    DO(gan_model_add(p->discriminator, p->layers[3]));
    DO(gan_model_copy(&p->made, p->discriminator));
    return GAN_OK;
}

static gan_status read_by_hand(program *p)
{
    static const int64_t shape[3] = {4, 4, 1}, batch[4] = {2, 4, 4, 1}, indices[2] = {4, 1};
    static const int32_t order[4] = {0, 2, 1, 3};
    static const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    DO(gan_tensor_create(&p->out, p->context, GAN_FLOAT32, 4, batch));
    DO(gan_dataset_from_callback(&p->dataset, p->context, &field, 1, 5, read_example, NULL, NULL));
    DO(gan_dataset_read(p->dataset, "image", indices, p->out));
    DO(gan_tensor_save(p->out, "pictures.npy"));
    gan_dataset_release(p->dataset);
    p->dataset = NULL;
    DO(gan_dataset_open(&p->dataset, p->context, "npy path=pictures.npy size=4x2 fit=crop"));
    DO(gan_tensor_permute(&p->turned, p->out, order));
    DO(gan_tensor_slice(&p->view, p->turned, 0, 1, 1));
    DO(gan_image_sheet(p->view, 0, "sheet.png"));
    DO(gan_image_load(&p->read, p->context, "sheet.png"));
    DO(gan_image_save(p->read, "sheet.png"));
    DO(gan_image_fit(&p->fitted, p->read, 3, 5, 3, "crop"));
    DO(gan_image_arrange(&p->arranged, p->view, 0));
    DO(gan_image_save_memory(&p->encoded, p->arranged, "png"));
    DO(gan_image_load_memory(&p->decoded, p->context, gan_tensor_data(p->encoded),
                             (size_t)gan_tensor_count(p->encoded)));
    return GAN_OK;
}

static gan_status train_by_hand(program *p)
{
    static const int64_t shape[2] = {5, 3};
    DO(gan_tape_create(&p->tape, p->context));
    DO(gan_optimizer_create(&p->optimizer, p->context, "rmsprop lr=0.01 momentum=0.5 clip=1"));
    DO(gan_optimizer_add(p->optimizer, p->discriminator));
    for (int i = 0; i < 2; i++) {
        gan_value terms[2];
        DO(gan_tape_reset(p->tape));
        DO(gan_tape_normal(p->tape, 2, shape, &p->z));
        DO(gan_tape_apply(p->tape, p->discriminator, "training", &p->z, 1, &p->x, 1));
        DO(gan_tape_layer(p->tape, "square", &p->x, 1, &p->x));
        DO(gan_tape_join(p->tape, (gan_value[]){p->x, p->x}, 2, &p->score));
        DO(gan_tape_slice(p->tape, p->score, 0, shape[0], &p->x));
        DO(gan_tape_detach(p->tape, p->x, &p->score));
        DO(gan_tape_loss(p->tape, "softplus sign=-1", &p->x, 1, &terms[0]));
        DO(gan_tape_loss(p->tape, "mse", (gan_value[]){p->x, p->score}, 2, &terms[1]));
        DO(gan_tape_combine(p->tape, terms, (double[]){1, 0.5}, 2, &p->loss));
        DO(gan_tape_backward(p->tape, &p->loss, NULL, 1, &p->discriminator, 1));
        DO(gan_tape_take_gradient(p->tape, p->x, &p->score));
        DO(gan_tape_leaf(p->tape, p->score, &p->score));
        DO(gan_optimizer_step(p->optimizer));
        DO(gan_optimizer_zero(p->optimizer));
    }
    DO(gan_model_save(p->discriminator, "trainer"));
    DO(gan_model_save(p->made, "generator"));
    DO(gan_model_load_weights(p->made, "trainer", NULL));
    return GAN_OK;
}

static gan_status read_state(program *p)
{
    const char *name = gan_model_parameter_name(p->discriminator, 0);
    int64_t shape[4];
    int32_t rank;
    DO(gan_tape_tensor(&p->value, p->tape, p->x, GAN_VALUE));
    DO(gan_optimizer_set_rate(p->optimizer, 0.02));
    DO(gan_model_parameter_shape(p->discriminator, name, &rank, shape));
    DO(gan_tensor_create(&p->moment, p->context, GAN_FLOAT32, rank, shape));
    DO(gan_optimizer_read(p->optimizer, p->discriminator, name, "square_avg", p->moment));
    DO(gan_optimizer_write(p->optimizer, p->discriminator, name, "square_avg", p->moment));
    CHECK(strstr(gan_optimizer_text(p->optimizer), "lr=0.02 ") != NULL);
    DO(gan_optimizer_step(p->optimizer));
    return GAN_OK;
}

static void finish_by_hand(program *p)
{
    gan_tensor_release(p->value);
    gan_tensor_release(p->moment);
    for (int i = 0; i < 4; i++) gan_layer_release(p->layers[i]);
    gan_tape_release(p->tape);
    gan_optimizer_release(p->optimizer);
    gan_tensor_release(p->view);
    gan_tensor_release(p->turned);
    gan_tensor_release(p->read);
    gan_tensor_release(p->arranged);
    gan_tensor_release(p->fitted);
    gan_tensor_release(p->encoded);
    gan_tensor_release(p->decoded);
}

static void finish(program *p)
{
    finish_by_hand(p);
    gan_context_release(p->context);
    gan_recipe_release(p->recipe);
    gan_runner_release(p->runner);
    gan_model_release(p->route);
    gan_tensor_release(p->shown);
    gan_tensor_release(p->samples);
    gan_trainer_release(p->alone);
    gan_model_release(p->judge);
    gan_trainer_release(p->loaded);
    gan_trainer_release(p->trainer);
    gan_dataset_release(p->dataset);
    gan_tensor_release(p->out);
    gan_tensor_release(p->latent);
    gan_tensor_release(p->pictures);
    gan_model_release(p->made);
    gan_model_release(p->discriminator);
    gan_model_release(p->generator);
    gan_model_release(p->trunk);
}

typedef gan_status stage(program *p);
static stage *const by_text[] = {start, train, sample, resume, use, NULL};
static stage *const first_half[] = {start, train, NULL};
static stage *const by_hand[] = {build_by_hand, read_by_hand, train_by_hand, read_state, NULL};

static gan_status run_program(fault_host *fault, stage *const *stages, int again)
{
    program p = {.fault = fault, .again = again};
    gan_status status = GAN_OK;
    for (int i = 0; status == GAN_OK && stages[i]; i++) status = stages[i](&p);
    if (status != GAN_OK && p.context && !gan_context_message(p.context)[0]) {
        printf("%s: %s without a message\n", test_name, gan_status_name(status));
        test_errors++;
    }
    /* A file that was only read and cannot be closed is no failure. */
    if (again && p.refused != 1 && !(fault->file_fail_at > 0 && p.refused == 0)) {
        printf("%s: %d calls failed\n", test_name, p.refused);
        test_errors++;
    }
    finish(&p);
    return status;
}

static void clear(fault_host *fault)
{
    fault_free_files(fault);
    memset(fault, 0, sizeof *fault);
    put_file(fault, "small.recipe", world_recipe);
}

static const char *const outputs[] = {"trainer", "generator", "sheet.png", "pictures.npy"};
enum { OUTPUTS = 4 };

/* What an undisturbed run leaves on its disk. */
static fault_host whole, half;

static void run_undisturbed(fault_host *fault, stage *const *stages, int files)
{
    clear(fault);
    CHECK_OK(run_program(fault, stages, 0));
    CHECK_INT(fault->live, 0);
    CHECK_INT(fault_file_count(fault), files + 1);
}

static int same_file(fault_host *a, fault_host *b, const char *path)
{
    const fault_file *x = fault_find(a, path), *y = fault_find(b, path);
    return x && y && x->size == y->size && !memcmp(x->bytes, y->bytes, x->size);
}

static void complain(const char *what, long long n, gan_status status, const fault_host *fault)
{
    printf("%s: %s %lld%s: %s, %lld blocks live, %d files\n", test_name, what, n,
           fault->and_after ? " and all after" : "", gan_status_name(status),
           (long long)fault->live, fault_file_count(fault));
    test_errors++;
}

static void complain_file(long long n, const char *path)
{
    printf("%s: %lld: %s has other bytes\n", test_name, n, path);
    test_errors++;
}

/* Each of the first 60, then fewer and fewer. */
static long long next(long long n)
{
    return n + 1 + n / 60;
}

/* ---- allocations ---- */

static void fail_allocations_from(stage *const *stages)
{
    fault_host fault = {0};
    for (long long n = 1; n <= whole.allocations; n = next(n)) {
        clear(&fault);
        fault.fail_at = n;
        fault.and_after = 1;
        gan_status status = run_program(&fault, stages, 0);
        if (status == GAN_E_MEMORY && fault.live == 0 && fault_file_count(&fault) >= 0) continue;
        complain("allocation", n, status, &fault);
    }
    fault_free_files(&fault);
}

/* Called again, everything goes on: all files are those of an undisturbed run, bit for bit. */
static void fail_one_allocation(stage *const *stages)
{
    fault_host fault = {0};
    for (long long n = 1; n <= whole.allocations; n = next(n)) {
        clear(&fault);
        fault.fail_at = n;
        gan_status status = run_program(&fault, stages, 1);
        if (status != GAN_OK || fault.live != 0) complain("allocation", n, status, &fault);
        for (int i = 0; i < OUTPUTS; i++)
            if (!same_file(&fault, &whole, outputs[i])) complain_file(n, outputs[i]);
    }
    fault_free_files(&fault);
}

TEST(allocations_fail)
{
    run_undisturbed(&whole, by_text, OUTPUTS);
    fail_allocations_from(by_text);
    fail_one_allocation(by_text);
    printf("%lld allocations", (long long)whole.allocations);
    run_undisturbed(&whole, by_hand, OUTPUTS);
    fail_allocations_from(by_hand);
    fail_one_allocation(by_hand);
    printf(", by hand %lld\n", (long long)whole.allocations);
}

/* ---- file operations ---- */

/* A file is there, whole, in the old version or the new one; or not at all, if there was none.
 * Nothing else is left, but for a temporary file that could not be removed either. */
static void check_disk(fault_host *fault, long long n, int failed)
{
    int count = 1;
    for (int i = 0; i < OUTPUTS; i++) {
        int there = fault_find(fault, outputs[i]) != NULL;
        int good = same_file(fault, &whole, outputs[i]) || same_file(fault, &half, outputs[i]);
        count += there;
        if (there ? !good : !failed) complain_file(n, outputs[i]);
    }
    if (fault_file_count(fault) > count + failed) complain("operation", n, GAN_OK, fault);
}

TEST(file_operations_fail)
{
    fault_host fault = {0};
    run_undisturbed(&whole, by_text, OUTPUTS);
    run_undisturbed(&half, first_half, 1);
    for (long long n = 1; n <= 2 * whole.file_operations; n++) {
        clear(&fault);
        fault.file_fail_at = (n + 1) / 2;
        fault.and_after = (int)(n % 2);
        gan_status status = run_program(&fault, by_text, 0);
        if ((status != GAN_E_FILE && status != GAN_OK) || fault.live != 0)
            complain("operation", fault.file_fail_at, status, &fault);
        check_disk(&fault, fault.file_fail_at, status != GAN_OK);
    }
    printf("%lld file operations\n", (long long)whole.file_operations);
    fault_free_files(&fault);
}

/* What fails once is done when it is called again. */
TEST(file_operation_fails_and_all_goes_on)
{
    fault_host fault = {0};
    for (long long n = 1; n <= whole.file_operations; n++) {
        clear(&fault);
        fault.file_fail_at = n;
        gan_status status = run_program(&fault, by_text, 1);
        if (status != GAN_OK || fault.live != 0) complain("operation", n, status, &fault);
        for (int i = 0; i < OUTPUTS; i++)
            if (!same_file(&fault, &whole, outputs[i])) complain_file(n, outputs[i]);
    }
    fault_free_files(&fault);
}

int main(void)
{
    RUN(allocations_fail);
    RUN(file_operations_fail);
    RUN(file_operation_fails_and_all_goes_on);
    fault_free_files(&whole);
    fault_free_files(&half);
    return test_report();
}
