/* test_first_weights.c: recipes that are a text, and networks that start from a file. */
#include "base/os.h"
#include "recipe_runs.h"

/* ---- other origins ---- */

TEST(a_text_is_a_recipe)
{
    gan_recipe *file, *text;
    put_text(&fault, "x/y/b.recipe", edited("p.idx", "../p.idx"));
    CHECK_OK(gan_recipe_load(&file, context, "x/y/b.recipe"));
    CHECK_OK(gan_recipe_parse(&text, context, edited("p.idx", "../p.idx"), "x/y"));
    CHECK_TEXT(gan_recipe_text(text), gan_recipe_text(file));
    CHECK(strstr(gan_recipe_text(text), "path=x/y/../p.idx ") != NULL);
    gan_recipe_release(text);
    CHECK_OK(gan_recipe_parse(&text, context, small_recipe, NULL));
    CHECK(strstr(gan_recipe_text(text), "path=p.idx ") != NULL);
    gan_recipe_release(text);
    gan_recipe_release(file);
    fault_remove(&fault, "x/y/b.recipe");
    CHECK_STATUS(gan_recipe_parse(&text, context, edited("gan loss", "gam loss"), NULL),
                 GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context),
               "recipe: [trainer]: trainer: unknown kind 'gam', did you mean 'gan'? (line 20, "
               "column 1)");
    size_t size = (1 << 20) + 1;
    char *large = malloc(size + 1);
    memset(large, '\n', size);
    large[size] = '\0';
    CHECK_STATUS(gan_recipe_parse(&text, context, large, NULL), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "recipe: more than 1048576 bytes");
    free(large);
}

TEST(a_folder_of_a_text)
{
    char here[4096], expected[8192];
    gan_context *plain;
    gan_recipe *recipe;
    CHECK_INT(gan__os_folder(here, sizeof here), 0);
    CHECK_OK(gan_context_create(&plain, "threads=1", NULL, NULL, 0));
    static const char *const folders[] = {NULL, "a", "/a"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(gan_recipe_parse(&recipe, plain,
                                  "[trainer]\ngan\n[data.real]\nidx path=p.idx\n"
                                  "[model.generator]\nload=g.file\n",
                                  folders[i]));
        for (int k = 0; k < 2; k++) {
            snprintf(expected, sizeof expected, "%s=%s%s%s", k ? "load" : "path",
                     i == 2 ? "" : here,
                     i == 0   ? "/"
                     : i == 1 ? "/a/"
                              : "/a/",
                     k ? "g.file\n" : "p.idx ");
            if (!CHECK(strstr(gan_recipe_text(recipe), expected) != NULL)) puts(expected);
        }
        gan_recipe_release(recipe);
    }
    gan_context_release(plain);
}

/* ---- first weights ---- */

TEST(a_network_that_is_loaded)
{
    gan_recipe *recipe = load(edited("input 5\n", "# ours\n load=\"a b\" map=\"strip x.; drop y\"\n"
                                                  "\ninput 5\n"));
    check_option(recipe, "model.generator.load", "a b");
    check_option(recipe, "model.generator.map", "strip x.; drop y");
    check_option(recipe, "model.discriminator.load", "");
    CHECK(strstr(gan_recipe_text(recipe), "[model.generator]\nload=\"a b\" map=\"strip x.; drop "
                                          "y\"\ninput 5\ndense 16 ") != NULL);
    gan_recipe *again = load(gan_recipe_text(recipe));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
    gan_recipe_release(again);
    check_set(recipe, "model.discriminator.load", "d", "[model.discriminator]\nload=d\ninput 4");
    check_set(recipe, "model.discriminator.map", "strip q.", "\nload=d map=\"strip q.\"\ninput 4");
    check_set(recipe, "part.trunk.load", "t", "[part.trunk]\nload=t\ninput 4 4 1\nconv2d");
    check_set(recipe, "part.trunk.load", "", "[part.trunk]\ninput 4 4 1\nconv2d");
    check_set_fails(recipe, "part.trunk.map", "strip a", GAN_E_TEXT,
                    "a.recipe: [part.trunk]: model: 'map' without 'load'");
    check_set_fails(recipe, "model.generator.load", "", GAN_E_TEXT,
                    "a.recipe: [model.generator]: model: 'map' without 'load'");
    check_set_fails(recipe, "model.generator.map", "strap a", GAN_E_TEXT,
                    "a.recipe: [model.generator]: model: name map: unknown statement 'strap', did "
                    "you mean 'strip'? (line 1, column "
                    "1)");
    gan_recipe_release(recipe);
    /* One body for two roles, and an input called `load`. */
    recipe = load("[trainer]\ngan\n[model.generator, model.discriminator]\nload=w; load = input 3\n"
                  "dense 3 from load\n");
    CHECK(strstr(gan_recipe_text(recipe),
                 "[model.generator]\nload=w\ninput load 3\ndense 3 bias=yes init=default "
                 "bias_init=default spectral=no from load\n\n"
                 "[model.discriminator]\nload=w\ninput load 3\ndense 3 ") != NULL);
    gan_recipe_release(recipe);
    /* A role that has no section, and one that has no text. */
    recipe = load("[trainer]\ngan\n[model.generator]\nload=g # that is all\n\n");
    CHECK(strstr(gan_recipe_text(recipe), "[model.generator]\nload=g\n") != NULL);
    check_set(recipe, "model.discriminator.load", "d", "[model.discriminator]\nload=d\n");
    check_set_fails(recipe, "model.generator.load", "", GAN_E_TEXT,
                    "a.recipe: [model.generator]: model: there is neither a network nor load=FILE");
    check_set_fails(recipe, "model.generator.map", "strip a", GAN_E_TEXT,
                    "a.recipe: [model.generator]: model: 'map' needs a network below it, whose "
                    "names are known");
    again = load(gan_recipe_text(recipe));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
    gan_recipe_release(again);
    gan_recipe_release(recipe);
}

TEST(messages_about_loading)
{
    check_edit_fails("input 5\n", "load=\n",
                     "a.recipe: [model.generator]: model: no value for option 'load' (line 10, "
                     "column 6)");
    check_edit_fails("input 5\n", "load=\"\"\ninput 5\n",
                     "a.recipe: [model.generator]: model: load= names no file (line 10, column 1)");
    check_edit_fails("input 5\n", "load=a mop=b\ninput 5\n",
                     "a.recipe: [model.generator]: model: unknown option 'mop', did you mean "
                     "'map'? (line 10, column 8)");
    check_edit_fails("input 5\n", "load=a { input 5\n",
                     "a.recipe: [model.generator]: model: the network begins on the line after "
                     "load=FILE (line 10, column 8)");
    check_edit_fails("tanh", "tanj; load=a",
                     "a.recipe: [model.generator]: model: unknown layer 'tanj', did you mean "
                     "'tanh'? (line 11, column 11)");
    check_edit_fails("input 5\ndense 16; tanh", "load=a\ninput 5; dense 16; tanj",
                     "a.recipe: [model.generator]: model: unknown layer 'tanj', did you mean "
                     "'tanh'? (line 11, column 20)");
    check_edit_fails("input 4 4 1\nconv2d 3 kernel=3 pad=1; leaky_relu 0.2", "load=a",
                     "a.recipe: [part.trunk]: model: a part with load=FILE needs its network below "
                     "it, for the models that place it");
}

static float first_weight(gan_trainer *trainer, const char *role, const char *name)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor = NULL;
    gan_model *model = gan_trainer_model(trainer, role, 0);
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    CHECK_OK(gan_model_read(model, name, GAN_VALUE, tensor));
    float value = *(float *)gan_tensor_data(tensor);
    gan_tensor_release(tensor);
    return value;
}

TEST(a_run_starts_from_weights)
{
    fault_remove(&fault, "a.safetensors"); /* the host has room for few files */
    fault_remove(&fault, "b.safetensors");
    save_networks();
    gan_recipe *recipe = load(loading_recipe);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    gan_model *model = NULL, *again = gan_trainer_model(trainer, "discriminator", 0);
    CHECK_OK(gan_model_load(&model, context, "d"));
    CHECK_OK(gan_model_save(again, "e"));
    CHECK_OK(gan_model_save(model, "f"));
    check_same_files("e", "f"); /* its part is filled as well */
    CHECK_OK(gan_model_save(gan_trainer_model(trainer, "generator", 0), "e"));
    check_same_files("e", "g");
    CHECK_OK(gan_trainer_step(trainer));
    CHECK_OK(gan_trainer_save(trainer, "a.safetensors"));
    char stored[4096];
    snprintf(stored, sizeof stored, "%s", gan_recipe_text(recipe));
    gan_model_release(model);
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
    /* Resumed, also without the files. */
    fault_remove(&fault, "e");
    fault_remove(&fault, "f");
    fault_remove(&fault, "g");
    fault_remove(&fault, "d");
    train(stored, "a.safetensors", 1, "b.safetensors");
}

static void check_load_fails(const char *text, const char *message)
{
    gan_recipe *recipe = load(text);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = (gan_trainer *)&trainer;
    CHECK(gan_recipe_trainer(&trainer, recipe, own, NULL) != GAN_OK);
    CHECK(trainer == NULL);
    CHECK_TEXT(gan_context_message(own), message);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(weights_that_do_not_fit)
{
    save_networks();
    check_load_fails(edited("input 5\n", "load=none\ninput 5\n"),
                     "a.recipe: [model.generator]: load in line 10: none: cannot be opened");
    check_load_fails(edited("input 5\n", "\nload=d\ninput 5\n"),
                     "a.recipe: [model.generator]: load in line 11: d: the model has no parameter "
                     "for the tensor '1.bias'");
    check_load_fails(edited("[part.trunk]   # shared by nobody\n", "[part.trunk]\nload=d\n"),
                     "a.recipe: [part.trunk]: load in line 6: d: the model has no parameter for "
                     "the tensor '1.bias'");
    gan_recipe *recipe = load(small_recipe);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer;
    CHECK_OK(gan_recipe_set(recipe, "model.generator.load", "none"));
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, NULL), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(own),
               "a.recipe: [model.generator]: load: none: cannot be opened");
    gan_context_release(own);
    gan_recipe_release(recipe);
    /* A part of its own file, through a map; the weights that are not loaded are drawn as ever. */
    train(small_recipe, NULL, 1, "a.safetensors");
    for (int loads = 0; loads < 2; loads++) {
        static float values[2][2];
        recipe = load(loads ? edited("[part.trunk]   # shared by nobody\n",
                                     "[part.trunk]\nload=d map=\"rename trunk.* *; drop *\"\n")
                            : small_recipe);
        own = context_of(recipe);
        trainer = assemble(recipe, own, NULL);
        values[loads][0] = first_weight(trainer, "discriminator", "trunk.0.weight");
        values[loads][1] = first_weight(trainer, "discriminator", "1.weight");
        if (loads) CHECK(values[0][0] != values[1][0] && values[0][1] == values[1][1]);
        gan_trainer_release(trainer);
        gan_context_release(own);
        gan_recipe_release(recipe);
    }
    fault_remove(&fault, "g");
    fault_remove(&fault, "d");
}

int main(void)
{
    open_runs();
    RUN(a_text_is_a_recipe);
    RUN(a_folder_of_a_text);
    RUN(a_network_that_is_loaded);
    RUN(messages_about_loading);
    RUN(a_run_starts_from_weights);
    RUN(weights_that_do_not_fit);
    return close_runs();
}
