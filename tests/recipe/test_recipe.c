#include "base/os.h"
#include "recipe_runs.h"

/* ---- text ---- */

static const char canonical[] =
    "[context]\nthreads=1\nseed=7\nprecision=fp32\nfilter=small\ncpu=auto\nlog=warning\n\n"
    "[part.trunk]\ninput 4 4 1\nconv2d 3 kernel=3 stride=1 pad=1 dilation=1 groups=1 bias=yes "
    "init=default bias_init=default spectral=no\nleaky_relu 0.2\n\n"
    "[model.generator]\ninput 5\ndense 16 bias=yes init=default bias_init=default spectral=no\n"
    "tanh\nreshape 4 4 1\n\n"
    "[model.discriminator]\ninput 4 4 1\npart trunk\n"
    "dense 1 bias=yes init=default bias_init=default spectral=no\n\n"
    "[data.real]\nidx path=p.idx size=4 fit=pad channels=0 crop=0 flip=no count=0 heldout=0 "
    "part=train "
    "transform=none resize=bilinear\n\n"
    "[trainer]\ngan ";

TEST(canonical_text)
{
    gan_recipe *recipe = load(small_recipe);
    const char *text = gan_recipe_text(recipe);
    if (!CHECK(text != NULL)) return;
    char start[sizeof canonical];
    snprintf(start, sizeof start, "%.*s", (int)sizeof canonical - 1, text);
    CHECK_TEXT(start, canonical);
    CHECK(strstr(text, "loss=hinge") != NULL);
    CHECK(strstr(text, "\n\n[optimizer.generator]\nadam lr=0.001 ") != NULL);
    CHECK(strstr(text, "\n\n[run]\nsteps=20\nbatch=4\nsample_every=500\nsave_every=500\n"
                       "log_every=50\nsamples=64\n") != NULL);
    const char *trainer = strstr(text, "[trainer]"), *run = strstr(text, "[run]");
    const char *batch = strstr(trainer, "batch=");
    CHECK(batch > run);
    CHECK_TEXT(gan_recipe_context(recipe),
               "threads=1 seed=7 precision=fp32 filter=small cpu=auto log=warning");
    gan_recipe_release(recipe);
}

TEST(text_reads_back)
{
    gan_recipe *first = load(small_recipe), *again = load(gan_recipe_text(first));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(first));
    gan_recipe_release(first);
    gan_recipe_release(again);
}

static void check_no_option(const gan_recipe *recipe, const char *path, size_t size,
                            gan_status status, const char *message)
{
    char value[64] = "none";
    CHECK_STATUS(gan_recipe_option(recipe, path, value, size), status);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_TEXT(value, size > 0 ? "" : "none");
}

TEST(one_option)
{
    gan_recipe *recipe = load(edited("p.idx", "\"a b.idx\""));
    check_option(recipe, "run.steps", "20");
    check_option(recipe, "context.seed", "7");
    check_option(recipe, "trainer.loss", "hinge");
    check_option(recipe, "trainer.noise", "normal");
    check_option(recipe, "trainer.reuse", "no");
    check_option(recipe, "optimizer.generator.lr", "0.001");
    check_option(recipe, "data.real.path", "a b.idx");
    check_option(recipe, "data.real.labels", "");
    check_option(recipe, "data.real.size", "4");
    CHECK_OK(gan_recipe_set(recipe, "trainer.noise", "uniform"));
    check_option(recipe, "trainer.noise", "uniform");
    check_no_option(recipe, "run.step", 64, GAN_E_TEXT,
                    "run: unknown option 'step', did you mean 'steps'?");
    check_no_option(recipe, "steps", 64, GAN_E_TEXT, "a.recipe: 'steps' is not SECTION.KEY");
    check_no_option(recipe, "trainr.loss", 64, GAN_E_TEXT,
                    "a.recipe: unknown section 'trainr', did you mean 'trainer'?");
    check_option(recipe, "optimizer.discriminator.lr", "0.0002"); /* the reference setting's */
    check_option(recipe, "optimizer.discriminator.beta1", "0.5");
    check_no_option(recipe, "optimizer.discriminator.li", 64, GAN_E_TEXT,
                    "adam: unknown option 'li', did you mean 'lr'?");
    check_option(recipe, "model.generator.load", "");
    check_no_option(recipe, "trainer.batch", 64, GAN_E_TEXT,
                    "trainer: option 'batch' belongs to [run]");
    check_no_option(recipe, "model.generator.lr", 64, GAN_E_ARGUMENT,
                    "a.recipe: [model.generator] is a network: all but its options load and map is "
                    "changed in the file");
    check_no_option(recipe, "trainer.loss", 5, GAN_E_ARGUMENT,
                    "gan_recipe_option: 'trainer.loss' needs 6 bytes, there are 5");
    check_no_option(recipe, "trainer.loss", 0, GAN_E_ARGUMENT,
                    "gan_recipe_option: 'trainer.loss' needs 6 bytes, there are 0");
    gan_recipe_release(recipe);
}

TEST(a_mark_in_front)
{
    char text[sizeof small_recipe + 3];
    snprintf(text, sizeof text, "\xEF\xBB\xBF%s", small_recipe);
    gan_recipe *recipe = load(text);
    check_option(recipe, "run.steps", "20");
    gan_recipe_release(recipe);
    check_fails("\xEF\xBB\xBF[trainr]", GAN_E_TEXT,
                "a.recipe: unknown section 'trainr', did you mean 'trainer'? (line 1, column 2)");
}

TEST(everything_may_be_left_out)
{
    gan_recipe *recipe = load("[trainer]\ngan");
    CHECK_TEXT(gan_recipe_context(recipe),
               "threads=0 seed=0 precision=fp32 filter=small cpu=auto log=warning");
    check_option(recipe, "run.steps", "1000");
    check_option(recipe, "run.batch", "64");
    gan_recipe_release(recipe);
}

/* Left open it is that of the trainer's kind, in the text of a run too; and again after one was
 * given. */
TEST(the_batch_of_a_trainer)
{
    static const char *const usual[][2] = {{"gan", "64"}, {"vae", "64"}, {"cyclegan", "1"}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        char text[64];
        snprintf(text, sizeof text, "[trainer]\n%s", usual[i][0]);
        gan_recipe *recipe = load(text), *again = load(gan_recipe_text(recipe));
        check_option(recipe, "run.batch", usual[i][1]);
        check_option(again, "run.batch", usual[i][1]);
        CHECK_OK(gan_recipe_set(recipe, "run.batch", "9"));
        check_option(recipe, "run.batch", "9");
        CHECK_OK(gan_recipe_set(recipe, "run.batch", "0"));
        check_option(recipe, "run.batch", usual[i][1]);
        gan_recipe_release(again);
        gan_recipe_release(recipe);
    }
}

TEST(one_text_for_two_roles)
{
    gan_recipe *recipe =
        load("[trainer]\ngan\n[ model.generator ,model.discriminator ] # both\r\ninput 3; dense 3");
    const char *text = gan_recipe_text(recipe);
    const char *generator = strstr(text, "[model.generator]\ninput 3\ndense 3 bias=yes ");
    const char *discriminator = strstr(text, "[model.discriminator]\ninput 3\ndense 3 bias=yes ");
    CHECK(generator && discriminator > generator);
    gan_recipe_release(recipe);
}

TEST(paths_are_absolute)
{
    char here[4096], expected[8192];
    gan_context *plain;
    gan_recipe *recipe;
    CHECK_INT(gan__os_folder(here, sizeof here), 0);
    CHECK_OK(gan_context_create(&plain, "threads=1", NULL, NULL, 0));
    FILE *file = fopen("paths.recipe", "w");
    fputs("[trainer]\ngan\n[data.real]\nidx path=../p.idx labels=/l.idx\n", file);
    fclose(file);
    CHECK_OK(gan_recipe_load(&recipe, plain, "paths.recipe"));
    snprintf(expected, sizeof expected, "idx path=%s/../p.idx labels=/l.idx ", here);
    CHECK(strstr(gan_recipe_text(recipe), expected) != NULL);
    CHECK_OK(gan_recipe_set(recipe, "data.real.labels", "a b.gz"));
    snprintf(expected, sizeof expected, "labels=\"%s/a b.gz\" ", here);
    CHECK(strstr(gan_recipe_text(recipe), expected) != NULL);
    gan_recipe_release(recipe);
    gan_context_release(plain);
    remove("paths.recipe");
}

/* Texts of [run] that are left out are not printed; others read back, with blanks and as paths. */
TEST(texts_of_a_run)
{
    char here[4096], expected[8192];
    gan_context *plain;
    gan_recipe *recipe, *again;
    CHECK_INT(gan__os_folder(here, sizeof here), 0);
    CHECK_OK(gan_context_create(&plain, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_recipe_parse(&recipe, plain, "[trainer]\ngan\n[run]\nsteps=3\n", NULL));
    CHECK(strstr(gan_recipe_text(recipe), "keep=0\neval_every=0\neval_samples=0\nbest=auto\n"));
    CHECK_OK(gan_recipe_set(recipe, "run.eval_route", "x > y"));
    CHECK_OK(gan_recipe_set(recipe, "run.judge", "a b"));
    CHECK_OK(gan_recipe_set(recipe, "run.best", "kid"));
    snprintf(expected, sizeof expected, "eval_route=\"x > y\"\nbest=kid\njudge=\"%s/a b\"\n", here);
    CHECK(strstr(gan_recipe_text(recipe), expected) != NULL);
    CHECK_OK(gan_recipe_parse(&again, plain, gan_recipe_text(recipe), NULL));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
    gan_recipe_release(recipe);
    gan_recipe_release(again);
    CHECK_OK(gan_recipe_parse(&recipe, plain, "[trainer]\ngan\n[run]\njudge=../j\n", here));
    snprintf(expected, sizeof expected, "judge=%s/../j\n", here);
    CHECK(strstr(gan_recipe_text(recipe), expected) != NULL);
    CHECK_STATUS(gan_recipe_set(recipe, "run.best", "fid"), GAN_E_TEXT);
    gan_recipe_release(recipe);
    gan_context_release(plain);
}

/* A host with files of its own has no working folder: paths stay below the recipe's. */
TEST(paths_of_a_host)
{
    gan_recipe *recipe;
    put_text(&fault, "x/y/b.recipe", "[trainer]\ngan\n[data.real]\nidx path=../p.idx\n");
    CHECK_OK(gan_recipe_load(&recipe, context, "x/y/b.recipe"));
    CHECK(strstr(gan_recipe_text(recipe), "idx path=x/y/../p.idx ") != NULL);
    gan_recipe_release(recipe);
    fault_remove(&fault, "x/y/b.recipe");
}

/* ---- overriding ---- */

TEST(overrides)
{
    gan_recipe *recipe = load(small_recipe);
    check_set(recipe, "run.steps", "100", "steps=100\n");
    check_option(recipe, "run.steps", "100");
    check_set(recipe, "context.seed", "9", "seed=9\n");
    CHECK_TEXT(gan_recipe_context(recipe),
               "threads=1 seed=9 precision=fp32 filter=small cpu=auto log=warning");
    check_set(recipe, "optimizer.generator.lr", "1e-4", "[optimizer.generator]\nadam lr=0.0001 ");
    check_set(recipe, "trainer.loss", "wgan", "loss=wgan");
    check_set(recipe, "data.real.path", "other.idx", "idx path=other.idx ");
    check_set(recipe, "data.real.labels", "l.idx", "path=other.idx labels=l.idx ");
    check_set(recipe, "data.real.labels", "", "path=other.idx size=");
    CHECK(strstr(gan_recipe_text(recipe), "[optimizer.discriminator]\nrmsprop lr=5e-05 ") != NULL);
    check_set(recipe, "optimizer.discriminator.clip", "5",
              "[optimizer.discriminator]\nrmsprop lr=5e-05 weight_decay=0 clip=5 ");
    CHECK(strstr(gan_recipe_text(recipe), " clip=5 ") != NULL);
    gan_recipe *again = load(gan_recipe_text(recipe));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
    gan_recipe_release(again);
    gan_recipe_release(recipe);
}

TEST(wrong_overrides)
{
    gan_recipe *recipe = load(small_recipe);
    check_set_fails(recipe, "steps", "1", GAN_E_TEXT, "a.recipe: 'steps' is not SECTION.KEY");
    check_set_fails(recipe, "run.step", "1", GAN_E_TEXT,
                    "run: unknown option 'step', did you mean 'steps'?");
    check_set_fails(recipe, "rum.steps", "1", GAN_E_TEXT,
                    "a.recipe: unknown section 'rum', did you mean 'run'?");
    check_set_fails(recipe, "optimizer.generater.lr", "1", GAN_E_TEXT,
                    "a.recipe: unknown section 'optimizer.generater', did you mean "
                    "'optimizer.generator'?");
    check_set_fails(recipe, "trainer.batch", "8", GAN_E_TEXT,
                    "trainer: option 'batch' belongs to [run]");
    check_set_fails(recipe, "data.real.path", "", GAN_E_TEXT, "idx: 'path' needs a text, not ''");
    check_set_fails(recipe, "model.generator.x", "8", GAN_E_ARGUMENT,
                    "a.recipe: [model.generator] is a network: all but its options load and map is "
                    "changed in the file");
    CHECK_STATUS(gan_recipe_set(recipe, "run.steps", "many"), GAN_E_TEXT);
    CHECK_STATUS(gan_recipe_set(recipe, "run.steps", "0"), GAN_E_TEXT);
    CHECK_STATUS(gan_recipe_set(recipe, "optimizer.discriminator.clop", "1"), GAN_E_TEXT);
    CHECK_OK(gan_recipe_set(recipe, "trainer.loss", "wgan")); /* no section was left behind */
    check_option(recipe, "optimizer.discriminator.lr", "5e-05");
    gan_recipe_release(recipe);
    recipe = load("[trainer]\ngan");
    check_set_fails(recipe, "data.real.path", "x", GAN_E_ARGUMENT,
                    "a.recipe: there is no section [data.real] to change");
    CHECK_STATUS(gan_recipe_set(recipe, NULL, "x"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_set(recipe, "run.steps", NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_set(NULL, "run.steps", "1"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_option(NULL, "run.steps", NULL, 9), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_option(recipe, "run.steps", NULL, 9), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_recipe_load(NULL, context, "a"), GAN_E_ARGUMENT);
    gan_recipe_release(recipe);
    CHECK_STATUS(gan_recipe_load(&recipe, context, NULL), GAN_E_ARGUMENT);
    CHECK(gan_recipe_text(NULL) == NULL);
    CHECK(gan_recipe_context(NULL) == NULL);
    gan_recipe_release(NULL);
}

/* ---- messages ---- */

TEST(messages_about_sections)
{
    check_fails("", GAN_E_TEXT, "a.recipe: there is no [trainer] section");
    check_fails("\n  steps=3\n", GAN_E_TEXT,
                "a.recipe: text in front of the first section (line 2, column 3)");
    check_fails("[run]\n[trainr]\n", GAN_E_TEXT,
                "a.recipe: unknown section 'trainr', did you mean 'trainer'? (line 2, column 2)");
    check_fails("[xyzzyx.y]\n", GAN_E_TEXT,
                "a.recipe: unknown section 'xyzzyx', there are: context, part, model, data, "
                "trainer, optimizer, run (line 1, column 2)");
    check_fails("[model]\n", GAN_E_TEXT,
                "a.recipe: section 'model' needs a name after a dot, of letters, digits and _ "
                "(line 1, column 2)");
    check_fails("[model.a-b]\n", GAN_E_TEXT,
                "a.recipe: section 'model.a-b' needs a name after a dot, of letters, digits and _ "
                "(line 1, column 2)");
    check_fails("[run.fast]\n", GAN_E_TEXT,
                "a.recipe: section 'run.fast' has no name (line 1, column 2)");
    check_fails("[run\n", GAN_E_TEXT, "a.recipe: ']' is missing (line 1, column 5)");
    check_fails("[run, ]\n", GAN_E_TEXT,
                "a.recipe: the name of a section is missing (line 1, column 7)");
    check_fails("[run] steps=3\n", GAN_E_TEXT,
                "a.recipe: a section begins on the line after its name (line 1, column 7)");
    check_fails("[run]\n\n[run]\n", GAN_E_TEXT,
                "a.recipe: section 'run' is given twice, first in line 1 (line 3, column 2)");
    check_fails("[data.a, data.b]\n", GAN_E_TEXT,
                "a.recipe: only models may share a section (line 1, column 10)");
    CHECK_STATUS(gan_recipe_load(&(gan_recipe *){NULL}, context, "none.recipe"), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context), "none.recipe: cannot be opened");
    put_bytes(&fault, "a.recipe", "[run]\na\0b", 9);
    CHECK_STATUS(gan_recipe_load(&(gan_recipe *){NULL}, context, "a.recipe"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "a.recipe: a zero byte (line 2, column 2)");
}

TEST(messages_about_what_is_in_them)
{
    check_edit_fails("model.generator", "model.genrator",
                     "a.recipe: unknown section 'model.genrator', did you mean "
                     "'model.generator'? (line 9, column 2)");
    check_edit_fails("data.real", "data.reel",
                     "a.recipe: unknown section 'data.reel', did you mean 'data.real'? "
                     "(line 17, column 2)");
    check_edit_fails("optimizer.generator", "optimizer.qqqqqqq",
                     "a.recipe: unknown section 'optimizer.qqqqqqq', there are: context, part, "
                     "model.generator, model.discriminator, data.real, trainer, "
                     "optimizer.generator, optimizer.discriminator, run (line 21, column 2)");
    check_edit_fails("loss=hinge", "los=hinge",
                     "a.recipe: [trainer]: gan: unknown option 'los', did you mean 'loss'? "
                     "(line 20, column 5)");
    check_edit_fails("gan loss", "gam loss",
                     "a.recipe: [trainer]: trainer: unknown kind 'gam', did you mean 'gan'? "
                     "(line 20, column 1)");
    check_edit_fails("loss=hinge", "loss=hinge batch=4",
                     "a.recipe: [trainer]: trainer: option 'batch' belongs to [run] "
                     "(line 20, column 16)");
    check_edit_fails("loss=hinge", "loss=hinge \"batch\"=4",
                     "a.recipe: [trainer]: gan: the name of an option is not quoted: 'batch' "
                     "(line 20, column 16)");
    check_edit_fails("steps=20", "steps=20 \"steps\"=5",
                     "a.recipe: [run]: run: the name of an option is not quoted: 'steps' "
                     "(line 24, column 10)");
    check_edit_fails("gan loss=hinge", "",
                     "a.recipe: [trainer]: trainer: the description does not begin with a kind");
    check_edit_fails("adam lr", "adan lr",
                     "a.recipe: [optimizer.generator]: optimizer: unknown kind 'adan', did you "
                     "mean 'adam'? (line 22, column 1)");
    check_edit_fails("idx path", "idx pth",
                     "a.recipe: [data.real]: idx: unknown option 'pth', did you mean 'path'? "
                     "(line 18, column 5)");
    check_edit_fails("steps=20", "stops=20",
                     "a.recipe: [run]: run: unknown option 'stops', did you mean 'steps'? "
                     "(line 24, column 1)");
    check_edit_fails("steps=20", "steps 20",
                     "a.recipe: [run]: run: no '=' behind option 'steps' (line 24, column 1)");
    check_edit_fails("steps=20", "steps=",
                     "a.recipe: [run]: run: no value for option 'steps' (line 24, column 1)");
    check_edit_fails("steps=20", "batch=8",
                     "a.recipe: [run]: run: given twice: option 'batch' (line 25, column 1)");
    check_edit_fails("seed=7", "seed=seven",
                     "a.recipe: [context]: context: 'seed' needs a whole number, not 'seven' "
                     "(line 3, column 6)");
}

/* The model's own messages, with the line of the file. */
TEST(messages_about_networks)
{
    static const struct {
        const char *old, *new_text, *start, *end;
    } cases[] = {
        {"dense 16; tanh", "dense 16; tanj",
         "a.recipe: [model.generator]: ", "'tanh'? (line 11, column 11)"},
        {"kernel=3 pad=1", "kernal=3 pad=1",
         "a.recipe: [part.trunk]: conv2d: ", "did you mean 'kernel'? (line 7, column 10)"},
        {"part trunk", "part trunc", "a.recipe: [model.discriminator]: ", "(line 15, column 6)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_recipe *recipe;
        put_text(&fault, "a.recipe", edited(cases[i].old, cases[i].new_text));
        CHECK(gan_recipe_load(&recipe, context, "a.recipe") != GAN_OK);
        const char *message = gan_context_message(context);
        size_t length = strlen(message), end = strlen(cases[i].end);
        if (!CHECK(strncmp(message, cases[i].start, strlen(cases[i].start)) == 0 && length > end &&
                   strcmp(message + length - end, cases[i].end) == 0))
            printf("%s\n", message);
    }
    gan_recipe *recipe = NULL;
    put_text(&fault, "a.recipe", edited("input 4 4 1\npart", "input 5 4 2\npart"));
    CHECK_STATUS(gan_recipe_load(&recipe, context, "a.recipe"), GAN_E_SHAPE);
}

/* ---- broken recipes ---- */

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Bytes changed, pieces cut out, doubled or moved. */
static size_t break_text(uint64_t *state, char *text, size_t length)
{
    static const char odd[] = "[]{}=.,;#\"\n\\ \t0aZ\x80\x01";
    for (uint32_t i = 0, n = 1 + next_random(state) % 2; i < n && length > 2; i++) {
        size_t at = next_random(state) % length, to = next_random(state) % length;
        size_t size = 1 + next_random(state) % 30;
        if (at + size > length) size = length - at;
        if (to + size > length) to = length - size;
        switch (next_random(state) % 3) {
        case 0: text[at] = odd[next_random(state) % (sizeof odd - 1)]; break;
        case 1:
            memmove(text + at, text + at + size, length - at - size);
            length -= size;
            break;
        default: memmove(text + to, text + at, size); break;
        }
    }
    return length;
}

TEST(broken_recipes_are_refused_or_read)
{
    uint64_t state = 3;
    int good = 0, bad = 0;
    for (int i = 0; i < 4000; i++) {
        char text[sizeof small_recipe];
        gan_recipe *recipe, *again;
        memcpy(text, small_recipe, sizeof text);
        put_bytes(&fault, "a.recipe", text, break_text(&state, text, sizeof text - 1));
        long long live = fault.live;
        if (gan_recipe_load(&recipe, context, "a.recipe") == GAN_OK) {
            good++;
            put_text(&fault, "a.recipe", gan_recipe_text(recipe));
            if (CHECK_OK(gan_recipe_load(&again, context, "a.recipe")))
                CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
            gan_recipe_release(again);
        } else {
            bad++;
            CHECK(gan_context_message(context)[0] != '\0');
        }
        gan_recipe_release(recipe);
        CHECK_INT(fault.live, live);
    }
    CHECK(good > 100 && bad > 1000);
}

static int large_allocations;

static void *allocate_counting(void *user, size_t size, size_t alignment)
{
    if (size > 500000) large_allocations++;
    return fault_allocate(user, size, alignment);
}

/* What stands in front of a section is not read again for each: a megabyte of line ends and 900
 * sections would else be a gigabyte of them. */
TEST(sections_far_down)
{
    static char text[1 << 20];
    gan_host host = fault_make(&fault);
    gan_context *own;
    gan_recipe *recipe;
    size_t at = 900000;
    memset(text, '\n', at);
    at += (size_t)sprintf(text + at, "[trainer]\ngan\n");
    for (int i = 0; i < 900; i++)
        at += (size_t)sprintf(text + at, "[part.p%d]\ninput 1\nrelu\n", i);
    sprintf(text + at, "[run]\nstops=3\n");
    host.allocate = allocate_counting;
    CHECK_OK(gan_context_create(&own, "threads=1", &host, NULL, 0));
    put_text(&fault, "far.recipe", text);
    CHECK_STATUS(gan_recipe_load(&recipe, own, "far.recipe"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(own), "far.recipe: [run]: run: unknown option 'stops', did you "
                                         "mean 'steps'? (line 902704, column 1)");
    CHECK(large_allocations < 10);
    gan_context_release(own);
    fault_remove(&fault, "far.recipe");
}

TEST(a_large_file_is_no_recipe)
{
    size_t size = (1 << 20) + 1;
    char *text = malloc(size);
    memset(text, '\n', size);
    gan_recipe *recipe;
    put_bytes(&fault, "a.recipe", text, size);
    CHECK_STATUS(gan_recipe_load(&recipe, context, "a.recipe"), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "a.recipe: more than 1048576 bytes");
    size_t at = 0;
    for (int i = 0; at + 40 < size; i++) at += (size_t)sprintf(text + at, "[part.p%d]\n", i);
    put_bytes(&fault, "a.recipe", text, at);
    CHECK_STATUS(gan_recipe_load(&recipe, context, "a.recipe"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "a.recipe: too many sections (line 1001, column 2)");
    free(text);
}

TEST(every_allocation_may_fail)
{
    put_text(&fault, "a.recipe", small_recipe);
    for (int what = 0; what < 5; what++) {
        gan_recipe *kept = what % 4 ? load(small_recipe) : NULL;
        char before[4096] = "";
        if (kept) snprintf(before, sizeof before, "%s", gan_recipe_text(kept));
        gan_status status = GAN_E_MEMORY;
        int n = 1;
        for (; n < 2000 && status != GAN_OK; n++) {
            gan_recipe *recipe = NULL;
            long long live = fault.live;
            fault.fail_at = fault.allocations + n;
            status = what == 0   ? gan_recipe_load(&recipe, context, "a.recipe")
                     : what == 1 ? gan_recipe_set(kept, "optimizer.discriminator.lr", "1")
                     : what == 2 ? gan_recipe_set(kept, "model.generator.load", "x")
                     : what == 3 ? gan_recipe_change(kept, "trainer.loss", "wgan")
                                 : gan_recipe_parse(&recipe, context, small_recipe, "a/b");
            fault.fail_at = 0;
            gan_recipe_release(recipe);
            if (status == GAN_OK) break;
            CHECK_STATUS(status, GAN_E_MEMORY);
            if (kept) CHECK_TEXT(gan_recipe_text(kept), before);
            if (!kept) CHECK_INT(fault.live, live);
        }
        CHECK_OK(status);
        CHECK(n > 10);
        gan_recipe_release(kept);
    }
}

int main(void)
{
    open_runs();
    RUN(canonical_text);
    RUN(text_reads_back);
    RUN(one_option);
    RUN(a_mark_in_front);
    RUN(everything_may_be_left_out);
    RUN(the_batch_of_a_trainer);
    RUN(one_text_for_two_roles);
    RUN(paths_are_absolute);
    RUN(texts_of_a_run);
    RUN(paths_of_a_host);
    RUN(overrides);
    RUN(wrong_overrides);
    RUN(messages_about_sections);
    RUN(messages_about_what_is_in_them);
    RUN(messages_about_networks);
    RUN(broken_recipes_are_refused_or_read);
    RUN(sections_far_down);
    RUN(a_large_file_is_no_recipe);
    RUN(every_allocation_may_fail);
    return close_runs();
}
