#include "base/context.h"

#include "recipe_runs.h"

TEST(a_recipe_trains)
{
    gan_recipe *recipe = load(small_recipe);
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    double loss = -1;
    CHECK(strstr(gan_trainer_text(trainer), "batch=4") != NULL);
    CHECK(strstr(gan_trainer_text(trainer), "loss=hinge") != NULL);
    CHECK_OK(gan_trainer_run(trainer, 3, NULL, NULL));
    CHECK_INT(gan_trainer_steps(trainer), 3);
    CHECK_OK(gan_trainer_value(trainer, "loss.discriminator", &loss));
    CHECK(loss > 0 && loss < 100);
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(the_stored_text_trains_the_same)
{
    gan_recipe *recipe = load(small_recipe);
    char text[4096];
    snprintf(text, sizeof text, "%s", gan_recipe_text(recipe));
    gan_recipe_release(recipe);
    train(small_recipe, NULL, 2, "a.safetensors");
    train(text, NULL, 2, "b.safetensors");
    check_same_files("a.safetensors", "b.safetensors");
    train(edited("seed=7", "seed=8"), NULL, 2, "b.safetensors");
    const fault_file *a = fault_find(&fault, "a.safetensors");
    const fault_file *b = fault_find(&fault, "b.safetensors");
    CHECK(a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0);
}

TEST(a_resumed_run_is_the_same)
{
    for (int64_t k = 1; k < 6; k++) {
        train(small_recipe, NULL, 6, "a.safetensors");
        train(small_recipe, NULL, k, "b.safetensors");
        train(small_recipe, "b.safetensors", 6 - k, "b.safetensors");
        check_same_files("a.safetensors", "b.safetensors");
    }
}

/* The second trainer of a context draws from a seed of its own, which is no other `context.seed`.
 */
TEST(two_runs_of_one_context_are_resumed)
{
    static const char *const paths[2] = {"a.safetensors", "b.safetensors"};
    gan_recipe *recipe = load(small_recipe);
    for (int resumed = 0; resumed < 2; resumed++) {
        gan_context *own = context_of(recipe);
        for (int i = 0; i < 2; i++) {
            gan_trainer *trainer = assemble(recipe, own, resumed ? paths[1 - i] : NULL);
            if (trainer) CHECK_OK(gan_trainer_run(trainer, 1, NULL, NULL));
            if (trainer) CHECK_OK(gan_trainer_save(trainer, paths[resumed ? 1 - i : i]));
            gan_trainer_release(trainer);
        }
        gan_context_release(own);
    }
    gan_recipe_release(recipe);
}

/* `hint`: what asks for the change, or after ':' why it cannot be. */
static void check_resume_fails(const char *old, const char *new_text, const char *message,
                               const char *hint)
{
    char expected[512];
    int fixed = *hint == ':';
    gan_recipe *recipe = load(edited(old, new_text));
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = (gan_trainer *)&trainer;
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "a.safetensors"), GAN_E_ARGUMENT);
    CHECK(trainer == NULL);
    snprintf(expected, sizeof expected,
             fixed ? "%s, which cannot change%s; set it back, or start a new run"
                   : "%s; set it back, start a new run, or ask for the change: --change %s "
                     "(gan_recipe_change)",
             message, hint);
    CHECK_TEXT(gan_context_message(own), expected);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(what_differs_is_named)
{
    train(small_recipe, NULL, 1, "a.safetensors");
    check_resume_fails(
        "seed=7", "seed=8",
        "a.safetensors: resume: context.seed is '7' in the checkpoint, '8' in the recipe",
        ": all that is drawn follows from it");
    check_resume_fails(
        "loss=hinge", "loss=wgan",
        "a.safetensors: resume: trainer.loss is 'hinge' in the checkpoint, 'wgan' in the recipe",
        "trainer.loss=wgan");
    check_resume_fails(
        "batch=4", "batch=5",
        "a.safetensors: resume: trainer.batch is '4' in the checkpoint, '5' in the recipe",
        "run.batch=5");
    check_resume_fails("lr=1e-3", "lr=1e-4",
                       "a.safetensors: resume: optimizer.generator.lr is '0.001' in the "
                       "checkpoint, '0.0001' in the recipe",
                       "optimizer.generator.lr=0.0001");
    check_resume_fails("adam lr=1e-3 beta1=0.5", "sgd lr=1e-3",
                       "a.safetensors: resume: optimizer.generator is 'adam' in the checkpoint, "
                       "'sgd' in the recipe",
                       ": the moments are of that kind");
    check_resume_fails("[run]", "[optimizer.discriminator]\nadam lr=0.5 beta1=0.5\n[run]",
                       "a.safetensors: resume: optimizer.discriminator.lr is '0.0002' in the "
                       "checkpoint, '0.5' in the recipe",
                       "optimizer.discriminator.lr=0.5");
    gan_recipe *recipe = load(edited("kernel=3", "kernel=1"));
    gan_context *own = context_of(recipe);
    gan_trainer *trainer;
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "a.safetensors"), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(own), "resume: model.discriminator has '") != NULL);
    CHECK(strstr(gan_context_message(own), "kernel=3") != NULL);
    CHECK(strstr(gan_context_message(own), "kernel=1") != NULL);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

TEST(other_data_is_refused)
{
    fault_file *pictures = fault_find(&fault, "p.idx");
    train(small_recipe, NULL, 1, "a.safetensors");
    check_resume_fails(
        "size=4", "size=4 fit=crop",
        "a.safetensors: resume: data.real.fit is 'pad' in the checkpoint, 'crop' in the recipe",
        "data.real.fit=crop");
    check_resume_fails(
        "size=4", "size=4 count=7",
        "a.safetensors: resume: data.real.count is '0' in the checkpoint, '7' in the recipe",
        "data.real.count=7");
    put_bytes(&fault, "q.idx", pictures->bytes, pictures->size);
    fault_file *moved = fault_find(&fault, "q.idx");
    moved->bytes[16 + 77]++;
    check_resume_fails("p.idx", "q.idx",
                       "a.safetensors: resume: data.real.path is 'p.idx' in the checkpoint, "
                       "'q.idx' in the recipe, with other examples than those that the run began "
                       "with",
                       "data.real.path=q.idx");
    moved->bytes[16 + 77]--;
    train(edited("p.idx", "q.idx"), "a.safetensors", 1, "b.safetensors");
    fault_remove(&fault, "q.idx");
    pictures->bytes[16 + 89] ^= 1;
    check_resume_fails("steps=20", "steps=21",
                       "a.safetensors: resume: data.real.path is 'p.idx' in the checkpoint, "
                       "'p.idx' in the recipe, with other examples than those that the run began "
                       "with",
                       "data.real.path=p.idx");
    train(edited("size=4", "size=4 count=9"), NULL, 1, "a.safetensors");
    pictures->bytes[16 + 89] ^= 1; /* of a tenth example, which the run has not seen */
    train(edited("size=4", "size=4 count=9"), "a.safetensors", 1, "b.safetensors");
}

/* Data of another kind, and a run whose data nobody described. */
TEST(data_of_other_origin)
{
    static const char npy[] = "\x93NUMPY\x01\0\x46\0{'descr': '|u1', 'fortran_order': False, "
                              "'shape': (2, 4, 4, 1), }    \n"
                              "0123456789abcdef0123456789abcdef";
    put_bytes(&fault, "p.npy", npy, sizeof npy - 1);
    train(small_recipe, NULL, 1, "a.safetensors");
    check_resume_fails(
        "idx path=p.idx", "npy path=p.npy",
        "a.safetensors: resume: data.real is 'idx' in the checkpoint, 'npy' in the recipe",
        "data.real.path=p.npy");
    fault_remove(&fault, "p.npy");

    gan_recipe *recipe = load(edited("[data.real]\nidx path=p.idx size=4\n", ""));
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    gan_tensor *real;
    CHECK_OK(gan_tensor_create(&real, own, GAN_FLOAT32, 4, (const int64_t[4]){4, 4, 4, 1}));
    CHECK_OK(gan_trainer_feed(trainer, "real", real));
    CHECK_OK(gan_trainer_step(trainer));
    CHECK_OK(gan_trainer_save(trainer, "a.safetensors"));
    gan_tensor_release(real);
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
    train(small_recipe, "a.safetensors", 1, "b.safetensors");
}

/* This version makes contexts of one precision only, so the checkpoint is made to say another, and
 * to have no checksum of it. */
TEST(another_precision_is_refused)
{
    train(small_recipe, NULL, 1, "a.safetensors");
    fault_file *file = fault_find(&fault, "a.safetensors");
    unsigned char *precision = find_bytes(file, "fp32"), *sum = find_bytes(file, "gan.crc32\"");
    if (!CHECK(precision && sum)) return;
    memcpy(precision, "bf16", 4);
    memcpy(sum, "any", 3);
    check_resume_fails("steps=20", "steps=21",
                       "a.safetensors: resume: context.precision is 'bf16' in the checkpoint, "
                       "'fp32' in the recipe",
                       "context.precision=fp32");
}

TEST(another_filter_is_refused)
{
    train(small_recipe, NULL, 1, "a.safetensors");
    check_resume_fails("threads=1", "threads=1 filter=large",
                       "a.safetensors: resume: context.filter is 'small' in the checkpoint, "
                       "'large' in the recipe",
                       "context.filter=large");
}

/* What is no part of the result may change. */
TEST(what_may_differ)
{
    train(small_recipe, NULL, 1, "a.safetensors");
    train(edited("steps=20", "steps=9 log_every=1"), "a.safetensors", 1, "b.safetensors");
    train(edited("threads=1", "threads=2"), "a.safetensors", 1, "b.safetensors");
    train(edited("threads=1", "threads=1 cpu=generic"), "a.safetensors", 1, "c.safetensors");
    check_same_files("b.safetensors", "c.safetensors");
}

TEST(what_is_missing)
{
    gan_trainer *trainer;
    gan_recipe *recipe = load("[trainer]\ngan\n[context]\nthreads=1\n");
    gan_context *own = context_of(recipe);
    trainer = assemble(recipe, own, NULL);
    CHECK_STATUS(gan_trainer_step(trainer), GAN_E_STATE);
    gan_trainer_release(trainer);
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, "none.safetensors"), GAN_E_FILE);
    CHECK_STATUS(gan_recipe_trainer(NULL, recipe, own, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_trainer(&trainer, NULL, own, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, NULL, NULL), GAN_E_ARGUMENT);
    gan_context_release(own);
    gan_recipe_release(recipe);

    recipe = load(edited("path=p.idx", "path=q.idx"));
    own = context_of(recipe);
    CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, NULL), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(own), "a.recipe: [data.real]: q.idx: cannot be opened");
    gan_context_release(own);
    gan_recipe_release(recipe);
}

/* A text that two roles share makes two models. */
TEST(shared_text_is_no_shared_weight)
{
    gan_recipe *recipe =
        load("[trainer]\ngan\n[model.generator, model.discriminator]\ninput 3; dense 3\n");
    gan_context *own = context_of(recipe);
    gan_trainer *trainer = assemble(recipe, own, NULL);
    const int64_t shape[2] = {3, 3};
    float weights[2][9];
    for (int i = 0; i < 2; i++) {
        gan_tensor *t;
        gan_model *model = gan_trainer_model(trainer, i ? "discriminator" : "generator", 0);
        CHECK_OK(gan_tensor_wrap(&t, own, GAN_FLOAT32, 2, shape, NULL, weights[i], NULL, NULL));
        CHECK_OK(gan_model_read(model, "0.weight", GAN_VALUE, t));
        gan_tensor_release(t);
    }
    CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) != 0);
    gan_trainer_release(trainer);
    gan_context_release(own);
    gan_recipe_release(recipe);
}

/* The recipes that come with the library, with their data. */
TEST(bundled_recipes)
{
    static const char *const names[] = {"fashion-gan",
                                        "fashion-mlp",
                                        "fashion-cgan",
                                        "fashion-cgan-two-heads",
                                        "fashion-wgan-gp",
                                        "fashion-hinge-spectral",
                                        "emoji-text",
                                        "dcgan64",
                                        "emoji-cyclegan",
                                        "fashion-edges-translate",
                                        "fashion-edges-discogan",
                                        "fashion-edges-dualgan"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024];
        gan_context *plain;
        gan_recipe *recipe;
        gan_trainer *trainer;
        snprintf(path, sizeof path, "%s/examples/recipes/%s.recipe", GAN_SOURCE_FOLDER, names[i]);
        CHECK_OK(gan_context_create(&plain, "threads=1 seed=7", NULL, NULL, 0));
        if (CHECK_OK(gan_recipe_load(&recipe, plain, path))) {
            if (CHECK_OK(gan_recipe_trainer(&trainer, recipe, plain, NULL)))
                gan_trainer_release(trainer);
        }
        if (gan_context_message(plain)[0]) printf("%s\n", gan_context_message(plain));
        gan_recipe_release(recipe);
        gan_context_release(plain);
    }
}

/* Of a call that failed nothing is left: the next trainer has the bits of the first. */
TEST(a_failure_leaves_no_trace)
{
    static const char *const faults[][2] = {
        {"path=p.idx", "path=none.idx"}, /* after all networks were drawn */
        {"[model.discriminator]\n", "[model.discriminator]\nload=none\n"},
    };
    train(small_recipe, NULL, 2, "a.safetensors");
    for (int i = 0; i < 2; i++) {
        gan_recipe *recipe = load(edited(faults[i][0], faults[i][1]));
        gan_context *own = context_of(recipe);
        gan_trainer *trainer;
        for (int again = 0; again < 2; again++)
            CHECK_STATUS(gan_recipe_trainer(&trainer, recipe, own, NULL), GAN_E_FILE);
        gan_recipe_release(recipe);
        recipe = load(small_recipe);
        trainer = assemble(recipe, own, NULL);
        CHECK_OK(gan_trainer_run(trainer, 2, NULL, NULL));
        CHECK_OK(gan_trainer_save(trainer, "b.safetensors"));
        check_same_files("a.safetensors", "b.safetensors");
        gan_trainer_release(trainer);
        gan_context_release(own);
        gan_recipe_release(recipe);
    }
}

TEST(every_allocation_may_fail)
{
    save_networks();
    train(small_recipe, NULL, 1, "a.safetensors");
    for (int resumes = 0; resumes < 3; resumes++) { /* the last with changes */
        static const change changes[] = {
            {"trainer.average", "0.9"}, {"optimizer.generator.lr", "1"}, {"data.real.count", "5"}};
        long long live = fault.live;
        gan_recipe *recipe = resumes == 2 ? changed(small_recipe, changes, 3)
                                          : load(resumes ? small_recipe : loading_recipe);
        gan_context *own = context_of(recipe);
        const gan__counts before = own->counts;
        gan_status status = GAN_E_MEMORY;
        int n = 1;
        for (; n < 5000 && status != GAN_OK; n++) {
            gan_trainer *trainer;
            fault.fail_at = fault.allocations + n;
            status = gan_recipe_trainer(&trainer, recipe, own, resumes ? "a.safetensors" : NULL);
            fault.fail_at = 0;
            if (status == GAN_OK) {
                gan_trainer_release(trainer);
                break;
            }
            CHECK_STATUS(status, GAN_E_MEMORY);
            CHECK(!memcmp(&own->counts, &before, sizeof before));
        }
        CHECK_OK(status);
        CHECK(n > 50);
        gan_context_release(own); /* which keeps the scratch memory that plans asked for */
        gan_recipe_release(recipe);
        CHECK_INT(fault.live, live);
    }
}

int main(void)
{
    open_runs();
    RUN(a_recipe_trains);
    RUN(the_stored_text_trains_the_same);
    RUN(a_resumed_run_is_the_same);
    RUN(two_runs_of_one_context_are_resumed);
    RUN(what_differs_is_named);
    RUN(other_data_is_refused);
    RUN(data_of_other_origin);
    RUN(another_precision_is_refused);
    RUN(another_filter_is_refused);
    RUN(what_may_differ);
    RUN(what_is_missing);
    RUN(shared_text_is_no_shared_weight);
    RUN(bundled_recipes);
    RUN(a_failure_leaves_no_trace);
    RUN(every_allocation_may_fail);
    return close_runs();
}
