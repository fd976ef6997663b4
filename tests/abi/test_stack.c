/* How much of a small thread's stack the library needs: what context.h promises. Trainings, files,
 * texts nested as deep as they may be, and what is refused, each on a stack whose traces are looked
 * at afterwards. Tasks run on it too: the host's runner is a plain loop. */
#include <gan/gan.h>

#include "test.h"

#include <pthread.h>
#include <stdlib.h>

enum { PROMISED = 64 << 10, STACK = 1 << 20, FILL = 0xA5 };

static _Alignas(4096) unsigned char stack[STACK];
static const char *cpu;

/* Frames of unoptimised or instrumented code are not what is promised. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEASURED 0
#endif
#endif
#if !defined(MEASURED)
#define MEASURED 1
#endif

static void check_stack(const char *name, void *(*run)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t free_bytes = 0;
    memset(stack, FILL, sizeof stack);
    CHECK_INT(pthread_attr_init(&attributes), 0);
    CHECK_INT(pthread_attr_setstack(&attributes, stack, sizeof stack), 0);
    if (!CHECK_INT(pthread_create(&thread, &attributes, run, NULL), 0)) return;
    CHECK_INT(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    while (free_bytes < STACK && stack[free_bytes] == FILL) free_bytes++;
    const size_t used = STACK - free_bytes;
    printf("%-9s %-8s %zu bytes of stack\n", name, cpu, used);
    CHECK(used > 2000);
    if (MEASURED) CHECK(used <= PROMISED);
}

static void run_tasks(void *user, int64_t count, void (*task)(void *argument, int64_t index),
                      void *argument)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) task(argument, i);
}

static gan_context *open_context(void)
{
    gan_host host = {.size = sizeof host, .parallel = run_tasks};
    gan_context *context = NULL;
    char spec[64], message[256];
    snprintf(spec, sizeof spec, "threads=2 seed=3 cpu=%s", cpu);
    if (!CHECK_OK(gan_context_create(&context, spec, &host, message, sizeof message)))
        puts(message);
    return context;
}

/* ---- a training of nearly all kinds of layers ---- */

static const char generator_text[] =
    "input 16; dense 4*4*32 init=orthogonal; reshape 4 4 32; batchnorm; relu;"
    "conv_transpose2d 48 kernel=4 stride=2 pad=1 bias=no; batchnorm; leaky_relu 0.2;"
    "residual { conv2d 48 kernel=3 pad=reflect:1; instancenorm; elu; dropout 0.1;"
    "           conv2d 48 kernel=3 pad=1; groupnorm 4; silu };"
    "conv2d 300 kernel=1; layernorm; gelu; conv2d 36 kernel=1; pixel_shuffle 2;"
    "conv2d 3 kernel=5 pad=2; tanh";
static const char discriminator_text[] =
    "input 16 16 3; noise 0.1; conv2d 32 kernel=4 stride=2 pad=1 spectral=yes; leaky_relu 0.2;"
    "conv2d 64 kernel=4 stride=2 pad=1; instancenorm affine=yes; prelu; conv2d 64 kernel=3 pad=1 "
    "groups=64; avgpool 2; upsample 2; maxpool 2; minibatch_stddev; flatten; dense 300;"
    "layernorm; silu; dense 1 init=orthogonal";

static gan_trainer *make_trainer(gan_context *context, gan_model *models[2], gan_dataset **data)
{
    static const char *const field = "image", *const roles[] = {"generator", "discriminator"};
    const char *const texts[] = {generator_text, discriminator_text};
    gan_tensor *pictures = NULL;
    gan_trainer *trainer = NULL;
    CHECK_OK(gan_tensor_create(&pictures, context, GAN_UINT8, 4, (int64_t[]){40, 16, 16, 3}));
    for (int i = 0; i < 40 * 768; i++)
        ((uint8_t *)gan_tensor_data(pictures))[i] = (uint8_t)(i * 7919 % 251);
    CHECK_OK(gan_tensor_save(pictures, "stack.npy"));
    CHECK_OK(gan_image_sheet(pictures, 0, "stack.png"));
    CHECK_OK(gan_dataset_from_tensors(data, context, &field, &pictures, 1));
    gan_tensor_release(pictures);
    CHECK_OK(gan_trainer_create(&trainer, context, "gan batch=8 average=0.9 instance_noise=0.1"));
    for (int i = 0; i < 2; i++) {
        if (!CHECK_OK(gan_model_parse(&models[i], context, texts[i])))
            puts(gan_context_message(context));
        CHECK_OK(gan_trainer_set_model(trainer, roles[i], models[i]));
    }
    CHECK_OK(gan_trainer_set_data(trainer, "real", *data));
    return trainer;
}

static void *train(void *unused)
{
    gan_context *context = open_context();
    gan_model *models[2] = {NULL, NULL}, *loaded = NULL;
    gan_dataset *data = NULL;
    gan_tensor *sheet = NULL;
    gan_trainer *trainer = make_trainer(context, models, &data), *again = NULL;
    if (!CHECK_OK(gan_trainer_run(trainer, 2, NULL, NULL))) puts(gan_context_message(context));
    CHECK_OK(gan_trainer_save(trainer, "stack.safetensors"));
    CHECK_OK(gan_trainer_load(&again, context, "stack.safetensors"));
    CHECK_OK(gan_trainer_set_data(again, "real", data));
    CHECK_OK(gan_trainer_step(again));
    CHECK_OK(gan_model_save(models[0], "stack.safetensors"));
    CHECK_OK(gan_model_load(&loaded, context, "stack.safetensors"));
    CHECK_OK(gan_image_load(&sheet, context, "stack.png"));
    gan_tensor_release(sheet);
    gan_model_release(loaded);
    gan_trainer_release(again);
    gan_trainer_release(trainer);
    for (int i = 0; i < 2; i++) gan_model_release(models[i]);
    gan_dataset_release(data);
    gan_context_release(context);
    return unused;
}

/* ---- texts nested as deep as they may be ---- */

static char text[1 << 20];

static void append(const char *format, int number)
{
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, format, number);
}

/* The model of `text` as far as it is one: used, printed, copied, saved and loaded. */
static int use_text(gan_context *context)
{
    gan_model *model = NULL, *copy = NULL, *loaded = NULL;
    gan_tape *tape = NULL;
    gan_value x, y;
    if (gan_model_parse(&model, context, text) != GAN_OK) return 0;
    CHECK(gan_model_text(model) != NULL);
    CHECK_OK(gan_model_copy(&copy, model));
    CHECK_OK(gan_model_save(model, "stack.safetensors"));
    CHECK_OK(gan_model_load(&loaded, context, "stack.safetensors"));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 4}, &x));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_backward(tape, &y, NULL, 1, &model, 1));
    gan_tape_release(tape);
    gan_model_release(loaded);
    gan_model_release(copy);
    gan_model_release(model);
    return 1;
}

static void nest_blocks(int depth, const char *open)
{
    strcpy(text, "input 4\n");
    for (int i = 0; i < depth; i++) append(open, i);
    append("dense %d\n", 4);
    for (int i = 0; i < depth; i++) append("}\n", i);
}

/* `inside`: each definition within the one that it is placed in, else one after the other. */
static void nest_parts(int depth, int inside)
{
    text[0] = '\0';
    for (int i = depth - 1; inside && i >= 0; i--) append("define p%d {\n", i);
    for (int i = 0; i < depth; i++) {
        if (!inside) append("define p%d {\n", i);
        append("input %d; dense 4\n", 4);
        if (i > 0) append("part p%d\n", i - 1);
        append("}\n", i);
    }
    append("input %d\n", 4);
    append("part p%d\n", depth - 1);
}

/* Parts of parts, each below as many blocks as a block may be below. */
static void nest_both(int depth)
{
    enum { BLOCKS = 62 };
    text[0] = '\0';
    for (int i = 0; i < depth; i++) {
        append("define p%d {\ninput 4; dense 4\n", i);
        for (int k = 0; k < BLOCKS; k++) append("residual {\n", k);
        append(i > 0 ? "part p%d\n" : "tanh\n", i - 1);
        for (int k = 0; k <= BLOCKS; k++) append("}\n", k);
    }
    append("input 4; part p%d\n", depth - 1);
}

static void *nest(void *unused)
{
    static const char *const blocks[] = {"repeat 1 {\n", "residual {\n", "residual { tanh } {\n"};
    gan_context *context = open_context();
    int good = 0;
    for (int depth = 50; depth <= 80; depth++) {
        for (int i = 0; i < 3; i++) {
            nest_blocks(depth, blocks[i]);
            good += use_text(context);
        }
        for (int inside = 0; inside < 2; inside++) {
            nest_parts(depth, inside);
            good += use_text(context);
        }
    }
    CHECK(good >= 50 && good < 31 * 5);
    nest_both(30);
    CHECK(use_text(context));
    append("dense %d dense 3\n", 2); /* which is no statement */
    CHECK(!use_text(context));
    gan_context_release(context);
    return unused;
}

/* ---- what is refused, and recipes ---- */

static void *refuse(void *unused)
{
    gan_context *context = open_context();
    gan_model *model = NULL;
    gan_trainer *trainer = NULL;
    gan_recipe *recipe = NULL;
    const size_t size = 200000;
    for (const char *c = "[{"; *c; c++) {
        memset(text, *c, size);
        memcpy(text, (const unsigned char[]){0x38, 0x0d, 3, 0, 0, 0, 0, 0}, 8); /* 199,992 */
        for (size_t i = 9; *c == '{' && i + 5 < size; i += 5) memcpy(text + i - 1, "{\"a\":", 5);
        CHECK(gan_model_load_memory(&model, context, text, size) < 0);
        memset(text, *c, size);
        text[size] = '\0';
        CHECK(gan_model_parse(&model, context, text) < 0);
        CHECK(gan_trainer_create(&trainer, context, text) < 0);
    }
    FILE *file = fopen("stack.recipe", "w");
    if (!CHECK(file != NULL)) return unused;
    fprintf(file,
            "[model.generator]\n%s\n[model.discriminator]\n%s\n[data.real]\nnpy path=stack.npy\n"
            "[trainer]\ngan average=0.9\n[optimizer.generator]\nadam lr=1e-4\n[run]\nbatch=8\n",
            generator_text, discriminator_text);
    fclose(file);
    CHECK_OK(gan_recipe_load(&recipe, context, "stack.recipe"));
    CHECK_OK(gan_recipe_set(recipe, "run.steps", "9"));
    CHECK(gan_recipe_text(recipe) != NULL);
    CHECK_OK(gan_recipe_trainer(&trainer, recipe, context, NULL));
    CHECK_OK(gan_trainer_save(trainer, "stack.safetensors"));
    gan_trainer_release(trainer);
    if (!CHECK_OK(gan_recipe_trainer(&trainer, recipe, context, "stack.safetensors")))
        puts(gan_context_message(context));
    gan_trainer_release(trainer);
    gan_recipe_release(recipe);
    gan_context_release(context);
    return unused;
}

TEST(stacks)
{
    static const char *const tiers[] = {"generic", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        gan_context *context = NULL;
        char spec[32];
        cpu = tiers[i];
        snprintf(spec, sizeof spec, "threads=1 cpu=%s", cpu);
        if (gan_context_create(&context, spec, NULL, NULL, 0) != GAN_OK) continue;
        gan_context_release(context);
        check_stack("training", train);
    }
    cpu = "auto";
    check_stack("nesting", nest);
    check_stack("refusals", refuse);
}

int main(void)
{
    RUN(stacks);
    remove("stack.npy");
    remove("stack.png");
    remove("stack.recipe");
    remove("stack.safetensors");
    return test_report();
}
