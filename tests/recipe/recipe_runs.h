/* recipe_runs.h: what the tests of recipes do with them: reading one, training from one, and
 * looking at what comes out. */
#ifndef RECIPE_RUNS_H
#define RECIPE_RUNS_H

#include <gan/recipe.h>

#include "recipe_files.h"
#include "test.h"

static gan_context *context;
static fault_host fault;

/* The context and the pictures of all tests in a file, and their end. */
TEST_UNUSED static void open_runs(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    put_pictures(&fault);
}

TEST(nothing_is_left)
{
    gan_context_release(context);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

TEST_UNUSED static int close_runs(void)
{
    RUN(nothing_is_left);
    return test_report();
}

TEST_UNUSED static gan_recipe *load(const char *text)
{
    gan_recipe *recipe = NULL;
    put_text(&fault, "a.recipe", text);
    if (!CHECK_OK(gan_recipe_load(&recipe, context, "a.recipe")))
        printf("%s\n", gan_context_message(context));
    return recipe;
}

/* The context that the recipe asks for, on the same host. */
TEST_UNUSED static gan_context *context_of(const gan_recipe *recipe)
{
    gan_context *own = NULL;
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&own, gan_recipe_context(recipe), &host, NULL, 0));
    return own;
}

TEST_UNUSED static gan_trainer *assemble(const gan_recipe *recipe, gan_context *own,
                                         const char *checkpoint)
{
    gan_trainer *trainer = NULL;
    if (!CHECK_OK(gan_recipe_trainer(&trainer, recipe, own, checkpoint)))
        printf("%s\n", gan_context_message(own));
    return trainer;
}

/* Trains to `steps` from a checkpoint, or from nothing, and saves. */
TEST_UNUSED static void train(const char *text, const char *from, int64_t steps, const char *to)
{
    gan_recipe *recipe = load(text);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, from);
    if (trainer) {
        CHECK_OK(gan_trainer_run(trainer, steps, NULL, NULL));
        CHECK_OK(gan_trainer_save(trainer, to));
    }
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST_UNUSED static void check_same_files(const char *a, const char *b)
{
    const fault_file *left = fault_find(&fault, a), *right = fault_find(&fault, b);
    if (!CHECK(left && right)) return;
    CHECK_INT(left->size, right->size);
    CHECK(left->size == right->size && memcmp(left->bytes, right->bytes, left->size) == 0);
}

TEST_UNUSED static unsigned char *find_bytes(fault_file *file, const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at + length < file->size; at++)
        if (memcmp(file->bytes + at, text, length) == 0) return file->bytes + at;
    return NULL;
}

typedef struct change {
    const char *path, *value;
} change;

TEST_UNUSED static gan_recipe *changed(const char *text, const change *changes, int count)
{
    gan_recipe *recipe = load(text);
    for (int i = 0; i < count; i++)
        if (!CHECK_OK(gan_recipe_change(recipe, changes[i].path, changes[i].value)))
            printf("%s\n", gan_context_message(context));
    return recipe;
}

/* "g" and "d": the networks of a run of three steps. */
TEST_UNUSED static void save_networks(void)
{
    gan_recipe *recipe = load(small_recipe);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    CHECK_OK(gan_trainer_run(trainer, 3, NULL, NULL));
    CHECK_OK(gan_model_save(gan_trainer_model(trainer, "generator", 0), "g"));
    CHECK_OK(gan_model_save(gan_trainer_model(trainer, "discriminator", 0), "d"));
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST_UNUSED static const char loading_recipe[] =
    "[context]\nseed=8 threads=1\n"
    "[part.trunk]\ninput 4 4 1\nconv2d 3 kernel=3 pad=1; "
    "leaky_relu 0.2\n"
    "[model.generator]\nload=g\n"
    "[model.discriminator]\nload=d\ninput 4 4 1\npart trunk; dense 1\n"
    "[data.real]\nidx path=p.idx size=4\n"
    "[trainer]\ngan\n[run]\nbatch=4\n";

/* ---- what is refused, and what a recipe says ---- */

TEST_UNUSED static void check_fails(const char *text, gan_status status, const char *message)
{
    gan_recipe *recipe = (gan_recipe *)&recipe;
    put_text(&fault, "a.recipe", text);
    CHECK_STATUS(gan_recipe_load(&recipe, context, "a.recipe"), status);
    CHECK(recipe == NULL);
    CHECK_TEXT(gan_context_message(context), message);
}

TEST_UNUSED static void check_edit_fails(const char *old, const char *new_text, const char *message)
{
    check_fails(edited(old, new_text), GAN_E_TEXT, message);
}

TEST_UNUSED static void check_option(const gan_recipe *recipe, const char *path,
                                     const char *expected)
{
    char value[64] = "none";
    if (!CHECK_OK(gan_recipe_option(recipe, path, value, sizeof value)))
        printf("%s\n", gan_context_message(context));
    CHECK_TEXT(value, expected);
}

TEST_UNUSED static void check_set(gan_recipe *recipe, const char *path, const char *value,
                                  const char *then)
{
    if (!CHECK_OK(gan_recipe_set(recipe, path, value)))
        printf("%s\n", gan_context_message(context));
    if (!CHECK(strstr(gan_recipe_text(recipe), then) != NULL))
        printf("no %s in\n%s", then, gan_recipe_text(recipe));
}

TEST_UNUSED static void check_set_fails(gan_recipe *recipe, const char *path, const char *value,
                                        gan_status status, const char *message)
{
    char before[4096];
    snprintf(before, sizeof before, "%s", gan_recipe_text(recipe));
    CHECK_STATUS(gan_recipe_set(recipe, path, value), status);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_TEXT(gan_recipe_text(recipe), before);
}

#endif
