/* test_folder.c: data and optimisers that are given as a whole, and trainings on a folder of
 * pictures. */
#include "base/memory.h"
#include "files/picture.h"
#include "files/png.h"
#include "recipe_runs.h"

enum { PICTURES = 9 };

/* Of unlike sizes. */
static void put_folder(const char *folder)
{
    for (int n = 0; n < PICTURES; n++) {
        gan__picture picture = {4 + n % 3, 5 + n % 2, 1, 8, NULL};
        uint8_t *bytes = NULL;
        size_t size = 0;
        char path[32];
        CHECK_OK(gan__picture_allocate(context, &picture));
        for (int64_t i = 0; i < picture.width * picture.height; i++)
            ((uint8_t *)picture.pixels)[i] = (uint8_t)((n + 1) * i * 41);
        CHECK_OK(gan__png_write(context, &picture, &bytes, &size));
        snprintf(path, sizeof path, "%s/%d.png", folder, n);
        put_bytes(&fault, path, bytes, size);
        gan__free(context, bytes);
        gan__picture_free(context, &picture);
    }
}

static void remove_folder(const char *folder)
{
    for (int n = 0; n < PICTURES; n++) {
        char path[32];
        snprintf(path, sizeof path, "%s/%d.png", folder, n);
        fault_remove(&fault, path);
    }
}

static const char folder_recipe[] = "[context]\nseed=7 threads=1\n"
                                    "[model.generator]\ninput 5\ndense 16; tanh\nreshape 4 4 1\n"
                                    "[model.discriminator]\ninput 4 4 1\ndense 1\n"
                                    "[data.real]\nimages path=f size=5 crop=4 flip=yes\n"
                                    "[trainer]\ngan loss=hinge\n[run]\nsteps=20\nbatch=4\n";

/* ---- whole sections ---- */

static void check_text(gan_recipe *recipe, const char *path, const char *value, const char *line)
{
    if (!CHECK_OK(gan_recipe_set(recipe, path, value)))
        printf("%s\n", gan_context_message(context));
    if (!CHECK(strstr(gan_recipe_text(recipe), line) != NULL)) puts(gan_recipe_text(recipe));
}

/* What is left out stays where the kinds have it in common, and is gone where they have not. */
TEST(data_are_set_as_a_whole)
{
    gan_recipe *recipe = load(edited("path=p.idx size=4", "path=p.idx labels=l count=9 fit=crop"));
    check_text(recipe, "data.real", "images",
               "[data.real]\nimages path=p.idx check=no size=0 fit=crop channels=0 crop=0 flip=no "
               "count=9 ");
    check_text(recipe, "data.real", "images path=f size=3x4",
               "[data.real]\nimages path=f check=no size=3x4 fit=crop channels=0 crop=0 flip=no "
               "count=9 ");
    check_text(recipe, "data.real", "npy labels=x",
               "[data.real]\nnpy path=f labels=x size=3x4 fit=crop ");
    check_text(recipe, "optimizer.generator", "sgd", "[optimizer.generator]\nsgd lr=0.001 ");
    check_text(recipe, "optimizer.discriminator", "adam eps=1e-7",
               "[optimizer.discriminator]\nadam lr=0.0002 weight_decay=0 clip=0 schedule=constant "
               "beta1=0.5 beta2=0.999 eps=1e-07\n");
    gan_recipe_release(recipe);
}

/* In any order with the options of the section. */
TEST(the_kind_may_stand_behind_its_options)
{
    static const char *const paths[] = {"data.real.check", "data.real.path", "data.real",
                                        "data.real.size"};
    static const char *const values[] = {"yes", "f", "images", "7"};
    gan_recipe *recipe = load(small_recipe);
    CHECK_OK(gan_recipe_set_all(recipe, paths, values, 4, 0));
    CHECK(strstr(gan_recipe_text(recipe), "\nimages path=f check=yes size=7 ") != NULL);
    gan_recipe_release(recipe);
}

/* A path to a folder is enough, in any order too; one to a file leaves the kind as it is. */
TEST(a_folder_makes_the_kind)
{
    static const char *const paths[] = {"data.real.check", "data.real.path", "data.real.size"};
    static const char *const values[] = {"yes", "f", "3x4"};
    static const char *const twice[] = {"data.real.path", "data.real.path", "f", "else"};
    gan_recipe *recipe = load(edited("path=p.idx size=4", "path=p.idx labels=l count=9 fit=crop"));
    put_folder("f");
    CHECK_OK(gan_recipe_set_all(recipe, paths, values, 3, 0));
    check_text(recipe, "data.real.count", "2",
               "[data.real]\nimages path=f check=yes size=3x4 fit=crop channels=0 crop=0 flip=no "
               "count=2 ");
    check_text(recipe, "data.real.path", "f/2.png", "\nimages path=f/2.png check=yes size=3x4 ");
    gan_recipe_release(recipe);
    recipe = load(small_recipe);
    check_text(recipe, "data.real.path", "g", "\nidx path=g ");
    check_text(recipe, "data.real.labels", "f", "\nidx path=g labels=f ");
    check_text(recipe, "data.real", "npy path=f", "\nnpy path=f ");
    check_text(recipe, "data.real", "cifar path=g", "\ncifar path=g ");
    check_text(recipe, "data.real.path", "f", "\ncifar path=f "); /* it takes folders too */
    gan_recipe_release(recipe);
    recipe = load(small_recipe);
    CHECK_OK(gan_recipe_set_all(recipe, twice, twice + 2, 2, 0)); /* the last one counts */
    CHECK(strstr(gan_recipe_text(recipe), "\nimages path=else ") != NULL);
    gan_recipe_release(recipe);
    remove_folder("f");
}

TEST(sections_that_are_not_there_come_into_being)
{
    gan_recipe *recipe = load("[trainer]\ngan");
    check_text(recipe, "data.real", "images path=f", "[data.real]\nimages path=f ");
    gan_recipe_release(recipe);
}

/* On failure the recipe is as it was. */
TEST(what_is_wrong_changes_nothing)
{
    gan_recipe *recipe = load(small_recipe);
    char before[4096];
    snprintf(before, sizeof before, "%s", gan_recipe_text(recipe));
    check_set_fails(recipe, "data.real", "imges", GAN_E_TEXT,
                    "data set: unknown kind 'imges', did you mean 'images'? (line 1, column 1)");
    check_set_fails(recipe, "data.real", "", GAN_E_TEXT,
                    "data set: the description does not begin with a kind");
    check_set_fails(recipe, "data.real", "images siz=4", GAN_E_TEXT,
                    "images: unknown option 'siz', did you mean 'size'? (line 1, column 8)");
    check_set_fails(recipe, "data.reel", "images", GAN_E_TEXT,
                    "a.recipe: unknown section 'data.reel', did you mean 'data.real'?");
    check_set_fails(recipe, "data.real", "idx names=n", GAN_E_TEXT,
                    "a.recipe: [data.real]: idx: names=n, but no labels=");
    CHECK_TEXT(gan_recipe_text(recipe), before);
    gan_recipe_release(recipe);
}

TEST(failures_change_nothing)
{
    static const char *const paths[] = {"data.real.size", "data.real", "optimizer.discriminator"};
    static const char *const values[] = {"8", "images path=f", "sgd lr=2"};
    gan_recipe *recipe = load(small_recipe);
    char before[4096];
    snprintf(before, sizeof before, "%s", gan_recipe_text(recipe));
    for (int i = 1; CHECK(i < 3000); i++) {
        const long long live = fault.live;
        fault.fail_at = fault.allocations + i;
        gan_status status = gan_recipe_set_all(recipe, paths, values, 3, 0);
        bool reached = fault.allocations >= fault.fail_at;
        fault.fail_at = 0;
        if (!reached) {
            CHECK_OK(status);
            break;
        }
        CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK_OK(gan_recipe_set(recipe, "run.steps", "20")); /* prints it anew */
        CHECK_TEXT(gan_recipe_text(recipe), before);
        CHECK_INT(fault.live, live);
    }
    CHECK(strstr(gan_recipe_text(recipe), "\nimages path=f check=no size=8 ") != NULL);
    gan_recipe_release(recipe);
}

/* ---- trainings ---- */

/* Stopped and resumed it is bit for bit the training that ran through; the folder may be moved. */
TEST(a_training_goes_on_bit_for_bit)
{
    char moved[600];
    put_folder("f");
    train(folder_recipe, NULL, 9, "through");
    train(folder_recipe, NULL, 3, "half");
    remove_folder("f");
    put_folder("else/where/f");
    const char *rest = strstr(folder_recipe, "path=f");
    snprintf(moved, sizeof moved, "%.*spath=else/where/f%s", (int)(rest - folder_recipe),
             folder_recipe, rest + strlen("path=f"));
    train(moved, "half", 6, "resumed");
    check_same_files("through", "resumed");
    remove_folder("else/where/f");
    put_folder("f");
    for (int i = 0; i < 3; i++)
        fault_remove(&fault, i == 0 ? "through" : i == 1 ? "half" : "resumed");
}

static void check_resume(const char *text, gan_status status, const char *words)
{
    gan_recipe *recipe = load(text);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = NULL;
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "half"), status);
    if (!CHECK(strstr(gan_context_message(own), words) != NULL)) puts(gan_context_message(own));
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(other_pictures_are_refused)
{
    train(folder_recipe, NULL, 4, "half");
    fault_rename(&fault, "f/3.png", "f/33.png");
    check_resume(folder_recipe, GAN_E_ARGUMENT,
                 "with other examples than those that the run began with; set it "
                 "back, start a new run, or ask for the change");
    fault_rename(&fault, "f/33.png", "f/3.png");
    char other[600];
    snprintf(other, sizeof other, "%s", folder_recipe);
    memcpy(strstr(other, "flip=yes"), "flip=no ", 8);
    check_resume(other, GAN_E_ARGUMENT,
                 "data.real.flip is 'yes' in the checkpoint, 'no' in the recipe");
    fault_remove(&fault, "half");
}

/* Nothing that is trained follows from check=: it may come with the resumed call. */
TEST(looking_at_all_is_no_change)
{
    char looking[600];
    put_folder("f");
    train(folder_recipe, NULL, 4, "half");
    snprintf(looking, sizeof looking, "%.*s check=yes%s",
             (int)(strstr(folder_recipe, "path=f") + strlen("path=f") - folder_recipe),
             folder_recipe, strstr(folder_recipe, "path=f") + strlen("path=f"));
    train(looking, "half", 1, "resumed");
    fault_find(&fault, "f/5.png")->bytes[60] ^= 1;
    check_resume(looking, GAN_E_FORMAT, "[data.real]: f/5.png: byte ");
    fault_find(&fault, "f/5.png")->bytes[60] ^= 1;
    fault_remove(&fault, "half");
    fault_remove(&fault, "resumed");
}

/* Nor from hint=, which the message of a folder that is gone ends with. */
TEST(a_hint_is_no_change)
{
    char hinted[600];
    const size_t path = (size_t)(strstr(folder_recipe, "path=f") - folder_recipe);
    put_folder("f");
    train(folder_recipe, NULL, 4, "half");
    snprintf(hinted, sizeof hinted, "%.*s hint=\"ask for f\" %s", (int)path, folder_recipe,
             folder_recipe + path);
    train(hinted, "half", 1, "resumed");
    memcpy(strstr(hinted, "path=f"), "path=g", 6);
    check_resume(hinted, GAN_E_FILE, "; ask for f");
    fault_remove(&fault, "half");
    fault_remove(&fault, "resumed");
}

/* A step that a picture fails is undone, says which one, and is made when that is mended. */
TEST(a_step_names_the_broken_picture)
{
    gan_recipe *recipe = load(folder_recipe);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    fault_file *file = fault_find(&fault, "f/5.png");
    gan_status status = GAN_OK;
    file->bytes[60] ^= 1;
    for (int i = 0; i < 3 && status == GAN_OK; i++) status = gan_trainer_step(trainer);
    CHECK_STATUS(status, GAN_E_FORMAT);
    const char *message = gan_context_message(own);
    if (!CHECK(strstr(message, "data: example 5: f/5.png: byte ") != NULL)) puts(message);
    const int64_t steps = gan_trainer_steps(trainer);
    file->bytes[60] ^= 1;
    CHECK_OK(gan_trainer_step(trainer));
    CHECK_INT(gan_trainer_steps(trainer), steps + 1);
    CHECK_OK(gan_trainer_run(trainer, 8 - steps, NULL, NULL));
    CHECK_OK(gan_trainer_save(trainer, "mended"));
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
    train(folder_recipe, NULL, 9, "whole");
    check_same_files("mended", "whole");
}

int main(void)
{
    open_runs();
    RUN(data_are_set_as_a_whole);
    RUN(the_kind_may_stand_behind_its_options);
    RUN(a_folder_makes_the_kind);
    RUN(sections_that_are_not_there_come_into_being);
    RUN(what_is_wrong_changes_nothing);
    RUN(failures_change_nothing);
    RUN(a_training_goes_on_bit_for_bit);
    RUN(other_pictures_are_refused);
    RUN(looking_at_all_is_no_change);
    RUN(a_hint_is_no_change);
    RUN(a_step_names_the_broken_picture);
    return close_runs();
}
