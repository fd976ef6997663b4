/* test_change.c: a resumed training takes what it was asked to change, and nothing else. */
#include "recipe_runs.h"

TEST(changes)
{
    gan_recipe *recipe = load(small_recipe);
    CHECK_OK(gan_recipe_change(recipe, "optimizer.discriminator.lr", "1e-3"));
    check_option(recipe, "optimizer.discriminator.lr", "0.001");
    check_option(recipe, "optimizer.discriminator.beta1", "0.5");
    CHECK(strstr(gan_recipe_text(recipe), "[optimizer.discriminator]\nadam lr=0.001 ") != NULL);
    CHECK_STATUS(gan_recipe_change(recipe, "context.seed", "8"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "a.recipe: context.seed cannot change in a training: "
                                             "all that it draws follows from it");
    CHECK_STATUS(gan_recipe_change(recipe, "model.generator.load", "8"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "a.recipe: 'model.generator.load' cannot change in a training: its networks and "
               "weights are those of the checkpoint");
    CHECK_STATUS(gan_recipe_change(recipe, "trainer.los", "wgan"), GAN_E_TEXT);
    CHECK_STATUS(gan_recipe_change(recipe, "trainer.batch", "8"), GAN_E_TEXT);
    gan_recipe_release(recipe);
    /* Optimisers of which nothing is asked stay what they were. */
    recipe = load("[trainer]\ngan");
    CHECK_STATUS(gan_recipe_change(recipe, "trainer.loss", "wgam"), GAN_E_TEXT);
    CHECK_OK(gan_recipe_change(recipe, "trainer.loss", "wgan"));
    CHECK(strstr(gan_recipe_text(recipe), "[optimizer.generator]\nadam lr=0.0002 ") != NULL);
    CHECK(strstr(gan_recipe_text(recipe), "[optimizer.discriminator]\nadam lr=0.0002 ") != NULL);
    gan_recipe_release(recipe);
}

/* Resumes "a.safetensors" with the changes, makes a step and saves; a second time nothing need be
 * asked for. Returns the recipe's text, static. */
static const char *check_change(const char *text, const change *changes, int count,
                                const char *trainer_has)
{
    static char stored[4096];
    gan_recipe *recipe = changed(text, changes, count);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, "a.safetensors");
    snprintf(stored, sizeof stored, "%s", gan_recipe_text(recipe));
    if (trainer) {
        if (!CHECK(strstr(gan_trainer_text(trainer), trainer_has) != NULL)) puts(trainer_has);
        if (!CHECK_OK(gan_trainer_step(trainer))) puts(gan_context_message(own));
        CHECK_OK(gan_trainer_save(trainer, "b.safetensors"));
    }
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
    train(stored, "b.safetensors", 1, "c.safetensors");
    fault_remove(&fault, "c.safetensors");
    return stored;
}

TEST(what_is_asked_for_may_change)
{
    static const change one[] = {{"optimizer.generator.lr", "0.5"},
                                 {"optimizer.discriminator.lr", "0.5"},
                                 {"optimizer.generator.schedule", "step:1,0.5"},
                                 {"trainer.smoothing", "0"},
                                 {"run.batch", "5"},
                                 {"run.steps", "9"},
                                 {"data.real.count", "6"},
                                 {"data.real.fit", "crop"},
                                 {"context.threads", "2"},
                                 {"context.precision", "fp32"},
                                 {"context.filter", "large"},
                                 {"trainer.d_steps", "3"},
                                 {"trainer.instance_noise", "0.5"}};
    train(small_recipe, NULL, 2, "a.safetensors");
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
        check_change(small_recipe, &one[i], 1, i == 11 ? "d_steps=3" : i == 4 ? "batch=5" : "gan ");
    /* What is asked for is allowed, and nothing else. */
    gan_recipe *recipe = changed(edited("lr=1e-3", "lr=1e-4"), &one[1], 1);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer;
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "a.safetensors"), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(own), "optimizer.generator.lr is '0.001'") != NULL);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

/* The loss, with the options that follow it; both optimisers go on as they are. */
TEST(the_loss_may_change)
{
    static const change wgan = {"trainer.loss", "wgan"};
    train(small_recipe, NULL, 2, "a.safetensors");
    const char *stored =
        check_change(small_recipe, &wgan, 1,
                     "loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ");
    CHECK(strstr(stored, "[optimizer.discriminator]\nadam lr=0.0002 ") != NULL);
    CHECK(strstr(stored,
                 "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ") != NULL);
    /* And back, where the options that followed the old loss follow the new one. */
    static const change hinge = {"trainer.loss", "hinge"};
    const char *critic = edited("loss=hinge", "loss=wgan");
    train(critic, NULL, 2, "a.safetensors");
    stored = check_change(critic, &hinge, 1,
                          "loss=hinge smoothing=0 instance_noise=0 instance_decay=1 d_steps=1 ");
    CHECK(strstr(stored, " clip=0 ") != NULL);
}

/* A stored recipe leaves nothing open: what must follow the loss is asked for with it. */
TEST(the_loss_of_a_stored_recipe_may_change)
{
    static const change changes[] = {{"trainer.loss", "hinge"}, {"trainer.clip", "0"}};
    char stored[4096];
    gan_recipe *recipe = load(edited("loss=hinge", "loss=wgan"));
    snprintf(stored, sizeof stored, "%s", gan_recipe_text(recipe));
    gan_recipe_release(recipe);
    train(stored, NULL, 1, "a.safetensors");
    recipe = load(stored);
    CHECK_STATUS(gan_recipe_change(recipe, "trainer.loss", "hinge"), GAN_E_TEXT);
    CHECK_TEXT(gan_recipe_text(recipe), stored);
    for (int first = 0; first < 2; first++) {
        const char *paths[] = {changes[first].path, changes[1 - first].path};
        const char *values[] = {changes[first].value, changes[1 - first].value};
        gan_recipe *other = load(stored);
        CHECK_OK(gan_recipe_set_all(other, paths, values, 2, GAN_RECIPE_CHANGE));
        gan_context *own = context_of(other);
        gan_trainer *trainer = assemble(other, own, "a.safetensors");
        CHECK(trainer &&
              strstr(gan_trainer_text(trainer),
                     "loss=hinge smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 ") !=
                  NULL);
        gan_trainer_release(trainer);
        gan_context_release(own);
        gan_recipe_release(other);
    }
    gan_recipe_release(recipe);
}

/* What the recipe says of an option that follows others is held against the checkpoint. */
TEST(what_is_not_asked_for_may_not_change)
{
    static const change wgan = {"trainer.loss", "wgan"};
    gan_trainer *trainer;
    train(small_recipe, NULL, 1, "a.safetensors");
    gan_recipe *recipe = changed(edited("loss=hinge", "loss=hinge d_steps=2"), &wgan, 1);
    gan_context *own = context_of(recipe);
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "a.safetensors"), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(own), "trainer.d_steps is '1' in the checkpoint, '2' in the "
                                           "recipe; ") != NULL);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(the_average_may_change)
{
    static const change changes[] = {
        {"trainer.average", "0.9"}, {"trainer.average", "0.5"}, {"trainer.average", "0"}};
    const char *text = small_recipe;
    char kept[4096];
    train(small_recipe, NULL, 2, "a.safetensors");
    for (int i = 0; i < 3; i++) {
        snprintf(kept, sizeof kept, "%s", check_change(text, &changes[i], 1, ""));
        text = kept;
        const fault_file *b = fault_find(&fault, "b.safetensors");
        put_bytes(&fault, "a.safetensors", b->bytes, b->size);
        CHECK((find_bytes(fault_find(&fault, "a.safetensors"), "average.generator.0.weight") ==
               NULL) == (i == 2));
    }
}

/* Moments and steps are kept: with a rate that is changed and changed back nothing has happened. */
TEST(moments_are_kept)
{
    static const change away = {"optimizer.generator.lr", "0"},
                        back = {"optimizer.generator.lr", "1e-3"};
    train(small_recipe, NULL, 3, "a.safetensors");
    for (int i = 0; i < 2; i++) {
        gan_recipe *recipe = changed(small_recipe, i ? &back : &away, 1);
        gan_context *own = context_of(recipe);
        gan_trainer *trainer = assemble(recipe, own, i ? "b.safetensors" : "a.safetensors");
        if (trainer) CHECK_OK(gan_trainer_save(trainer, "b.safetensors"));
        gan_trainer_release(trainer);
        gan_context_release(own);
        gan_recipe_release(recipe);
    }
    check_same_files("a.safetensors", "b.safetensors");
    /* A moment that is new begins with 0, the others are the old ones. */
    train(edited("adam lr=1e-3 beta1=0.5", "rmsprop lr=1e-3"), NULL, 3, "a.safetensors");
    static const change centered = {"optimizer.generator.centered", "yes"};
    check_change(edited("adam lr=1e-3 beta1=0.5", "rmsprop lr=1e-3"), &centered, 1, "");
}

TEST(other_data_may_be_asked_for)
{
    static const change path = {"data.real.path", "q.idx"}, npy = {"data.real.path", "p.npy"};
    static const char file[] = "\x93NUMPY\x01\0\x46\0{'descr': '|u1', 'fortran_order': False, "
                               "'shape': (2, 4, 4, 1), }    \n"
                               "0123456789abcdef0123456789abcdef";
    fault_file *pictures = fault_find(&fault, "p.idx");
    train(small_recipe, NULL, 2, "a.safetensors");
    put_bytes(&fault, "q.idx", pictures->bytes, pictures->size);
    fault_find(&fault, "q.idx")->bytes[16 + 77]++;
    check_change(small_recipe, &path, 1, "");
    fault_remove(&fault, "q.idx");
    put_bytes(&fault, "p.npy", file, sizeof file - 1);
    check_change(edited("idx path=p.idx", "npy path=p.idx"), &npy, 1, "");
    fault_remove(&fault, "p.npy");
}

int main(void)
{
    open_runs();
    RUN(changes);
    RUN(what_is_asked_for_may_change);
    RUN(the_loss_may_change);
    RUN(the_loss_of_a_stored_recipe_may_change);
    RUN(what_is_not_asked_for_may_not_change);
    RUN(the_average_may_change);
    RUN(moments_are_kept);
    RUN(other_data_may_be_asked_for);
    return close_runs();
}
