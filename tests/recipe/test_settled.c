/* test_settled.c: options that were left open, options that do not go together, and a text that
 * leaves nothing open. */
#include "base/memory.h"
#include "recipe/recipe.h"
#include "recipe_runs.h"

/* ---- what is refused ---- */

TEST(misfits_are_refused_when_they_are_read)
{
    check_edit_fails("loss=hinge", "loss=hinge smoothing=0.1",
                     "a.recipe: [trainer]: gan: smoothing=0.1 with loss=hinge, whose real samples "
                     "have no label to move");
    check_edit_fails("loss=hinge", "loss=hinge clip=0.1",
                     "a.recipe: [trainer]: gan: clip=0.1 with loss=hinge: only loss=wgan cuts the "
                     "discriminator's parameters");
    check_edit_fails("beta1=0.5", "schedule=cosin:5",
                     "a.recipe: [optimizer.generator]: adam: unknown schedule 'cosin', did you "
                     "mean 'cosine'?");
    check_edit_fails("adam lr=1e-3 beta1=0.5", "adamw schedule=linear",
                     "a.recipe: [optimizer.generator]: adamw: schedule 'linear' needs 1 number in "
                     "range");
    check_edit_fails("adam lr=1e-3 beta1=0.5", "rmsprop schedule=step:1,2,3",
                     "a.recipe: [optimizer.generator]: rmsprop: schedule 'step:1,2,3' has too many "
                     "numbers");
    check_edit_fails("adam lr=1e-3 beta1=0.5", "sgd schedule=step:0,1",
                     "a.recipe: [optimizer.generator]: sgd: schedule 'step:0,1' needs 2 numbers in "
                     "range");
    check_edit_fails("adam lr=1e-3 beta1=0.5", "sgd nesterov=yes",
                     "a.recipe: [optimizer.generator]: sgd: nesterov=yes needs a momentum above 0");
}

TEST(misfits_are_refused_when_they_are_set)
{
    gan_recipe *recipe = load(small_recipe);
    check_set_fails(recipe, "trainer.smoothing", "0.1", GAN_E_TEXT,
                    "a.recipe: [trainer]: gan: smoothing=0.1 with loss=hinge, whose real samples "
                    "have no label to move");
    check_option(recipe, "trainer.smoothing", "0");
    check_set_fails(recipe, "optimizer.generator.schedule", "x", GAN_E_TEXT,
                    "a.recipe: [optimizer.generator]: adam: unknown schedule 'x'");
    check_set_fails(recipe, "optimizer.discriminator.schedule", "linear:0", GAN_E_TEXT,
                    "a.recipe: [optimizer.discriminator]: adam: schedule 'linear:0' needs 1 number "
                    "in range");
    CHECK_OK(gan_recipe_set(recipe, "trainer.loss", "wgan")); /* no section was left behind */
    check_option(recipe, "optimizer.discriminator.lr", "5e-05");
    gan_recipe_release(recipe);
}

TEST(options_that_take_a_section_away)
{
    static const char text[] = "[model.xy, model.yx]\ninput 8 8 1; conv2d 1 pad=1\n"
                               "[model.discriminator_x, model.discriminator_y]\n"
                               "input 8 8 1; dense 1\n"
                               "[model.features]\ninput 8 8 1; conv2d 2\n"
                               "[data.x]\nmixture ring=8\n[data.y]\nmixture ring=8\n"
                               "[trainer]\ncyclegan perceptual=1\n[run]\nsteps=1\nbatch=1\n";
    gan_recipe *recipe, *again;
    CHECK_OK(gan_recipe_parse(&recipe, context, text, NULL));
    check_set_fails(recipe, "trainer.perceptual", "0", GAN_E_ARGUMENT,
                    "recipe: a training with these options has no [model.features], which is "
                    "there");
    check_set_fails(recipe, "trainer.directions", "1", GAN_E_ARGUMENT,
                    "recipe: a training with these options has no [model.discriminator_x], which "
                    "is there");
    check_option(recipe, "trainer.perceptual", "1");
    CHECK_OK(gan_recipe_parse(&again, context, gan_recipe_text(recipe), NULL));
    gan_recipe_release(again);
    gan_recipe_release(recipe);
}

TEST(several_options_are_set_together)
{
    static const char *const paths[] = {"trainer.loss", "trainer.smoothing", "run.steps"};
    static const char *const back[] = {"run.steps", "trainer.smoothing", "trainer.loss"};
    static const char *const wrong[] = {"run.steps", "optimizer.discriminator.lr", "trainer.los"};
    gan_recipe *recipe = load(small_recipe);
    char before[4096];
    snprintf(before, sizeof before, "%s", gan_recipe_text(recipe));
    const char *with[] = {"lsgan", "0.1", "7"}, *without[] = {"20", "0", "hinge"};
    CHECK_OK(gan_recipe_set_all(recipe, paths, with, 3, 0));
    CHECK(strstr(gan_recipe_text(recipe), "gan loss=lsgan ") != NULL);
    check_option(recipe, "trainer.smoothing", "0.1");
    check_option(recipe, "run.steps", "7");
    CHECK_STATUS(gan_recipe_set(recipe, "trainer.loss", "hinge"), GAN_E_TEXT);
    CHECK_OK(gan_recipe_set_all(recipe, back, without, 3, 0));
    CHECK_TEXT(gan_recipe_text(recipe), before);
    for (int flags = 0; flags < 2; flags++) { /* all or none */
        const char *values[] = {"9", "1", "wgan"};
        CHECK_STATUS(gan_recipe_set_all(recipe, wrong, values, 3, flags), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), "gan: unknown option 'los', did you mean 'loss'?");
        CHECK_TEXT(gan_recipe_text(recipe), before);
        check_option(recipe, "run.steps", "20");
        check_option(recipe, "optimizer.discriminator.lr", "0.0002");
    }
    CHECK_OK(gan_recipe_set_all(recipe, NULL, NULL, 0, 0));
    gan_recipe_release(recipe);
}

TEST(every_allocation_of_several_may_fail)
{
    static const char *const paths[] = {"trainer.loss", "optimizer.discriminator.lr"};
    static const char *const values[] = {"wgan", "1"};
    for (int flags = 0; flags < 2; flags++) {
        gan_recipe *recipe = load(small_recipe);
        char before[4096];
        snprintf(before, sizeof before, "%s", gan_recipe_text(recipe));
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; n < 2000 && status != GAN_OK; n++) {
            fault.fail_at = fault.allocations + n;
            status = gan_recipe_set_all(recipe, paths, values, 2, flags);
            fault.fail_at = 0;
            if (status == GAN_OK) break;
            CHECK_STATUS(status, GAN_E_MEMORY);
            CHECK_TEXT(gan_recipe_text(recipe), before);
            check_option(recipe, "trainer.d_steps", "1");
        }
        CHECK_OK(status);
        check_option(recipe, "trainer.d_steps", "5");
        gan_recipe_release(recipe);
    }
}

/* ---- what was left open ---- */

TEST(open_options_follow)
{
    gan_recipe *recipe = load(small_recipe);
    check_option(recipe, "trainer.d_steps", "1");
    check_set(recipe, "trainer.loss", "wgan",
              "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ");
    check_option(recipe, "trainer.d_steps", "5");
    check_option(recipe, "trainer.clip", "0.01");
    check_option(recipe, "optimizer.discriminator.lr", "5e-05");
    check_set(recipe, "trainer.loss", "hinge",
              "gan loss=hinge smoothing=0 instance_noise=0 instance_decay=1 d_steps=1 ");
    check_option(recipe, "trainer.clip", "0");
    check_option(recipe, "optimizer.discriminator.lr", "0.0002");
    check_set(recipe, "trainer.d_steps", "3",
              "gan loss=hinge smoothing=0 instance_noise=0 instance_decay=1 d_steps=3 ");
    check_set(recipe, "trainer.loss", "wgan",
              "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=3 ");
    check_set(recipe, "trainer.d_steps", "0",
              "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ");
    gan_recipe_release(recipe);
    /* What is given in the file is not open. */
    recipe = load(edited("loss=hinge", "loss=wgan d_steps=2 clip=0.5"));
    check_option(recipe, "trainer.d_steps", "2");
    check_option(recipe, "trainer.clip", "0.5");
    gan_recipe_release(recipe);
}

/* ---- the text ---- */

/* A recipe of `text`, and of its own text: both of one text. *stored: 8192 bytes. */
static void check_reads_back(const char *text, char *stored)
{
    gan_recipe *first = load(text);
    snprintf(stored, 8192, "%s", gan_recipe_text(first));
    gan_recipe_release(first);
    gan_recipe *again = load(stored);
    CHECK_TEXT(gan_recipe_text(again), stored);
    gan_recipe_release(again);
}

static int count_texts(const char *text, const char *part)
{
    int count = 0;
    while ((text = strstr(text, part)) != NULL) count++, text++;
    return count;
}

TEST(the_text_leaves_nothing_open)
{
    char stored[8192];
    check_reads_back("[trainer]\ngan loss=wgan\n", stored);
    CHECK(strstr(stored,
                 "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ") != NULL);
    CHECK(strstr(stored, " clip=0.01 ") != NULL);
    CHECK(strstr(stored, "\n\n[optimizer.generator]\nrmsprop lr=5e-05 weight_decay=0 clip=0 "
                         "schedule=constant alpha=0.99 eps=1e-08 momentum=0 centered=no\n\n"
                         "[optimizer.discriminator]\nrmsprop lr=5e-05 ") != NULL);
    CHECK_INT(count_texts(stored, "batch="), 1);
    /* A group that has a section has it once. */
    check_reads_back(small_recipe, stored);
    CHECK_INT(count_texts(stored, "[optimizer.generator]\nadam lr=0.001 "), 1);
    CHECK_INT(count_texts(stored, "[optimizer."), 2);
    CHECK_INT(count_texts(stored, "[optimizer.discriminator]\nadam lr=0.0002 "), 1);
}

/* Networks with everything in them that a text can have. */
static const char many_networks[] =
    "[context]\nseed=7 threads=1\n"
    "[part.inner]\ninput 4 4 3\ndefault conv2d kernel=3 pad=1\nconv2d 3; batchnorm\n"
    "[part.trunk]\ndefine own { input 4 4 3; conv2d 3 kernel=1 }\n"
    "input 4 4 1; conv2d 3 kernel=3 pad=1; part inner; part own # comment\n"
    "[part.unused]\ninput 3; dense 3\n"
    "[model.generator]\n"
    "define step { input 16; dense 16; leaky_relu 0.3 }\n"
    "define again from step\n"
    "input 5\ndense 16; repeat 2 { dense 16; relu }\n"
    "residual { dense 16; tanh } { dense 16 }; part step; part again\ntanh; reshape 4 4 1\n"
    "[model.discriminator]\n"
    "define own { input 4 4 3; part inner; conv2d 3 kernel=1 }\n"
    "input 4 4 1; x = part trunk; part own\n"
    "y = part inner from x; concat from x y; dense 1\n"
    "[data.real]\nidx path=p.idx size=4\n[trainer]\ngan reuse=yes\n[run]\nbatch=4\n";

TEST(networks_are_spelled_out)
{
    char stored[8192];
    check_reads_back(many_networks, stored);
    CHECK(strstr(stored, "[part.inner]\ninput 4 4 3\nconv2d 3 kernel=3 stride=1 pad=1 ") != NULL);
    CHECK(strstr(stored, "[part.trunk]\ndefine own {\n    input 4 4 3\n    conv2d 3 kernel=1 ") !=
          NULL);
    CHECK(strstr(stored, "part inner\npart own\n") != NULL);
    CHECK(strstr(stored, "[part.unused]\ninput 3\ndense 3 bias=yes ") != NULL);
    CHECK(strstr(stored, "define again from step\n") != NULL);
    CHECK(strstr(stored,
                 "[model.discriminator]\ndefine own {\n    input 4 4 3\n    part inner\n") != NULL);
    CHECK(strstr(stored, "x = part trunk\npart own\ny = part inner from x\n") != NULL);
    CHECK(strstr(stored, "define trunk") == NULL && strstr(stored, "define inner") == NULL);
    CHECK(strstr(stored, "\ndefault ") == NULL);
    /* And it is the same training: the same first weights, the same steps. */
    train(many_networks, NULL, 2, "a.safetensors");
    train(stored, NULL, 2, "b.safetensors");
    check_same_files("a.safetensors", "b.safetensors");
    train(many_networks, NULL, 1, "b.safetensors");
    train(stored, "b.safetensors", 1, "b.safetensors");
    check_same_files("a.safetensors", "b.safetensors");
    /* From a file: as it is. */
    save_networks();
    check_reads_back(loading_recipe, stored);
    CHECK(strstr(stored, "[model.generator]\nload=g\n\n[model.discriminator]\nload=d\n"
                         "input 4 4 1\npart trunk\n") != NULL);
}

/* Another name of a part that is a section. */
TEST(a_part_has_another_name)
{
    char stored[8192];
    check_reads_back("[part.trunk]\ninput 4; dense 4\n[model.generator]\ndefine also from trunk\n"
                     "input 4; part also; part trunk\n[trainer]\ngan\n",
                     stored);
    CHECK(strstr(stored, "[model.generator]\ndefine also from trunk\ninput 4\npart also\n"
                         "part trunk\n") != NULL);
}

/* A name that hides a section, for what stands behind it: in front of it the section has the name.
 */
TEST(a_name_hides_a_section)
{
    char stored[8192];
    check_reads_back("[part.a]\ninput 4; dense 4\n[part.b]\ninput 4; part a; part a\n"
                     "[model.generator]\ndefine c { input 4; part b }; define b from a\n"
                     "input 4; part c; part b\n[model.discriminator]\n"
                     "define b from d; input 4; part b\n[part.d]\ninput 4; dense 4\n"
                     "[trainer]\ngan\n",
                     stored);
    CHECK(strstr(stored, "[model.generator]\ndefine c {\n    input 4\n    part b\n}\n"
                         "define b from a\ninput 4\npart c\npart b\n") != NULL);
    CHECK(strstr(stored, "[model.discriminator]\ndefine b from d\ninput 4\npart b\n") != NULL);
}

/* What would not be read again is not taken. */
TEST(a_text_is_too_long_spelled_out)
{
    static char text[200000];
    size_t at = (size_t)sprintf(text, "[trainer]\ngan\n[model.generator]\ninput 4\n");
    while (at < sizeof text - 16) at += (size_t)sprintf(text + at, "dense 4\n");
    check_fails(text, GAN_E_FORMAT,
                "a.recipe: more than 1048576 bytes, with all options spelled out");
}

/* A run goes on with the text that it stored, to the same end. */
TEST(a_run_goes_on_with_its_text)
{
    static const char *const losses[] = {"loss=hinge", "loss=wgan", "loss=lsgan average=0.9"};
    for (int i = 0; i < 3; i++) {
        char text[4096], stored[8192];
        snprintf(text, sizeof text, "%s", edited("loss=hinge", losses[i]));
        check_reads_back(text, stored);
        train(text, NULL, 3, "a.safetensors");
        train(text, NULL, 1, "b.safetensors");
        train(stored, "b.safetensors", 2, "b.safetensors");
        check_same_files("a.safetensors", "b.safetensors");
        train(stored, NULL, 1, "b.safetensors");
        train(text, "b.safetensors", 2, "b.safetensors");
        check_same_files("a.safetensors", "b.safetensors");
    }
}

/* ---- paths ---- */

typedef struct mixed_options {
    char *path, *text, *folder;
} mixed_options;

static const gan__option mixed_table[] = {
    {"path", GAN__OPTION_PATH, GAN__REQUIRED, NULL, 0, 0, NULL, offsetof(mixed_options, path), ""},
    {"text", GAN__OPTION_TEXT, 0, "a", 0, 0, NULL, offsetof(mixed_options, text), ""},
    {"folder", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(mixed_options, folder), ""},
};

static const gan__kind mixed_kind = {
    .name = "mixed", .help = "", GAN__OPTIONS(mixed_table), .size = sizeof(mixed_options)};

/* Paths are made absolute, other texts are not. */
TEST(paths_and_texts)
{
    mixed_options values;
    CHECK_OK(gan__describe_alone(context, &mixed_kind, "path=b text=c", &values));
    CHECK_OK(gan__section_paths(context, &mixed_kind, &values, "/x"));
    CHECK_TEXT(values.path, "/x/b");
    CHECK_TEXT(values.text, "c");
    CHECK(values.folder == NULL);
    gan__options_free(context, &mixed_kind, &values);

    gan_recipe *recipe = load("[trainer]\ngan\n[model.generator]\nload=g map=\"strip a\"\ninput 3");
    gan_recipe *below = NULL;
    put_text(&fault, "x/b.recipe", gan_recipe_text(recipe));
    CHECK_OK(gan_recipe_load(&below, context, "x/b.recipe"));
    CHECK(strstr(gan_recipe_text(below), "load=x/g map=\"strip a\"") != NULL);
    gan_recipe_release(below);
    gan_recipe_release(recipe);
    fault_remove(&fault, "x/b.recipe");
}

/* A checkpoint says the files' names alone: the same wherever they lie. */
TEST(a_checkpoint_has_no_folders)
{
    const fault_file *pictures = fault_find(&fault, "p.idx");
    put_bytes(&fault, "x/q.idx", pictures->bytes, pictures->size);
    train(edited("p.idx", "x/q.idx"), NULL, 1, "a.safetensors");
    fault_file *saved = fault_find(&fault, "a.safetensors");
    CHECK(saved && find_bytes(saved, "idx path=q.idx size=4 ") != NULL);
    CHECK(saved && find_bytes(saved, "x/q.idx") == NULL);
    fault_remove(&fault, "x/q.idx");
}

int main(void)
{
    open_runs();
    RUN(misfits_are_refused_when_they_are_read);
    RUN(misfits_are_refused_when_they_are_set);
    RUN(options_that_take_a_section_away);
    RUN(several_options_are_set_together);
    RUN(every_allocation_of_several_may_fail);
    RUN(open_options_follow);
    RUN(the_text_leaves_nothing_open);
    RUN(networks_are_spelled_out);
    RUN(a_part_has_another_name);
    RUN(a_name_hides_a_section);
    RUN(a_text_is_too_long_spelled_out);
    RUN(a_run_goes_on_with_its_text);
    RUN(paths_and_texts);
    RUN(a_checkpoint_has_no_folders);
    return close_runs();
}
