/* test_cgan.c: conditional training: what it is made of, what it is fed, what it measures, and what
 * it refuses. The golden traces say that a step is right. */
#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "base/cpu.h"
#include "train/trainer.h"

#include <math.h>

enum { EXAMPLES = 21, CLASSES = 3, BATCH = 4, H = 2, W = 3, C = 2, SIZE = H * W * C };

typedef struct game {
    fault_host fault;
    gan_host host;
    gan_context *context;
    gan_trainer *trainer;
    int one_class;           /* of the data set's callback */
    atomic_int stops, reads; /* likewise */
} game;

/* A network with the condition as it comes, or its number embedded. */
#define G(channels)                                                                      \
    "input noise 5; input condition " channels "; concat from noise condition; dense 8;" \
    "batchnorm; relu; dense 12; tanh; reshape 2 3 2"
#define G_EMBEDDED                                                        \
    "input noise 5; input condition 1; e = embedding 3 4 from condition;" \
    "concat from noise e; dense 12; reshape 2 3 2"
#define D(channels)                                                                 \
    "input image 2 3 2; input condition " channels "; flatten from image; dense 8;" \
    "batchnorm; t = leaky_relu 0.2; concat from t condition; dense 8; leaky_relu 0.2; dense 1"
#define D_TWO(channels)                                                                   \
    "input image 2 3 2; input condition " channels "; conv2d 4 kernel=1 from image;"      \
    "t = leaky_relu 0.2; realness = conv2d 1 kernel=1; concat from t condition; dense 6;" \
    "leaky_relu 0.2; match = dense 1; output realness match"
#define D_EMBEDDED                                                            \
    "input image 2 3 2; input condition 1; e = embedding 3 4 from condition;" \
    "f = flatten from image; concat from f e; dense 6; leaky_relu 0.2; dense 1"

static void set_models(const game *t, const char *g, const char *d)
{
    static const char *const roles[2] = {"generator", "discriminator"};
    const char *const texts[2] = {g, d};
    for (int i = 0; i < 2; i++) {
        gan_model *model;
        if (!texts[i]) continue;
        if (!CHECK_OK(gan_model_parse(&model, t->context, texts[i])))
            puts(gan_context_message(t->context));
        CHECK_OK(gan_trainer_set_model(t->trainer, roles[i], model));
        gan_model_release(model);
    }
}

static void open_game(game *t, const char *context, const char *spec, const char *g, const char *d)
{
    memset(t, 0, sizeof *t);
    t->host = fault_make(&t->fault);
    CHECK_OK(gan_context_create(&t->context, context, &t->host, NULL, 0));
    if (!CHECK_OK(gan_trainer_create(&t->trainer, t->context, spec)))
        puts(gan_context_message(t->context));
    set_models(t, g, d);
}

static void close_game(game *t)
{
    gan_trainer_release(t->trainer);
    gan_context_release(t->context);
    CHECK_INT(atomic_load(&t->fault.live), 0);
    fault_free_files(&t->fault);
}

/* ---- data ---- */

static int class_of(int64_t example)
{
    return (int)(example * 5 % CLASSES);
}

static float pixel(int64_t example, int64_t i)
{
    return (float)((example * SIZE + i) * 37 % 101) / 50.5f - 1;
}

static int32_t read_example(void *user, int64_t index, void *const *data)
{
    game *t = user;
    for (int i = 0; i < SIZE; i++) ((float *)data[0])[i] = pixel(index, i);
    *(int32_t *)data[1] = t->one_class ? 1 : class_of(index);
    atomic_fetch_add(&t->reads, 1);
    return atomic_load(&t->stops);
}

static void set_callback(game *t)
{
    static const int64_t image[3] = {H, W, C};
    static const gan_dataset_field fields[2] = {{sizeof fields[0], "image", GAN_FLOAT32, 3, image},
                                                {sizeof fields[0], "label", GAN_INT32, 0, NULL}};
    gan_dataset *data;
    CHECK_OK(
        gan_dataset_from_callback(&data, t->context, fields, 2, EXAMPLES, read_example, NULL, t));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", data));
    gan_dataset_release(data);
}

static gan_tensor *images(const game *t, int64_t count, int64_t first)
{
    gan_tensor *x;
    CHECK_OK(gan_tensor_create(&x, t->context, GAN_FLOAT32, 4, (const int64_t[]){count, H, W, C}));
    for (int64_t i = 0; i < count * SIZE; i++)
        ((float *)gan_tensor_data(x))[i] = pixel(first + i / SIZE, i % SIZE);
    return x;
}

/* Vectors of so many channels, or with none, labels. */
static gan_tensor *conditions(const game *t, int64_t count, int64_t channels, int64_t first)
{
    const int64_t shape[2] = {count, channels};
    gan_tensor *c;
    CHECK_OK(gan_tensor_create(&c, t->context, channels ? GAN_FLOAT32 : GAN_INT64, channels ? 2 : 1,
                               shape));
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < (channels ? channels : 1); k++)
            if (channels)
                ((float *)gan_tensor_data(c))[i * channels + k] = (float)(class_of(first + i) + k);
            else
                ((int64_t *)gan_tensor_data(c))[i] = class_of(first + i);
    return c;
}

static void set_tensors(const game *t, int64_t channels)
{
    const char *const names[2] = {"image", channels ? "vector" : "label"};
    gan_tensor *both[2] = {images(t, EXAMPLES, 0), conditions(t, EXAMPLES, channels, 0)};
    gan_dataset *data;
    CHECK_OK(gan_dataset_from_tensors(&data, t->context, names, both, 2));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", data));
    gan_dataset_release(data);
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
}

static void steps(const game *t, int count)
{
    for (int i = 0; i < count; i++)
        if (!CHECK_OK(gan_trainer_step(t->trainer))) puts(gan_context_message(t->context));
}

static double value(const game *t, const char *name)
{
    double out = NAN;
    if (!CHECK_OK(gan_trainer_value(t->trainer, name, &out))) puts(gan_context_message(t->context));
    return out;
}

/* ---- what it measures ---- */

static const char *const losses[] = {"minimax", "non_saturating", "lsgan", "hinge", "wgan"};
enum { LOSSES = sizeof losses / sizeof losses[0] };

/* Every objective, with labels one-hot and embedded, and with vectors. */
TEST(all_losses)
{
    for (int i = 0; i < LOSSES * 4; i++) {
        game t;
        char spec[96];
        const int kind = i % 4;
        snprintf(spec, sizeof spec, "cgan batch=%d loss=%s", kind == 3 ? 1 : BATCH, losses[i / 4]);
        open_game(&t, "threads=1 seed=4", spec,
                  kind == 0   ? G("3")
                  : kind == 2 ? G("7")
                              : G_EMBEDDED,
                  kind == 0   ? D("3")
                  : kind == 1 ? D_EMBEDDED
                  : kind == 2 ? D_TWO("7")
                              : D_TWO("1"));
        set_tensors(&t, kind == 2 ? 7 : 0);
        steps(&t, 5);
        CHECK(isfinite(value(&t, "loss.discriminator")) && isfinite(value(&t, "loss.generator")));
        CHECK(isnan(value(&t, "loss.match")) == (kind < 2));
        CHECK(isfinite(value(&t, "accuracy.mismatched")));
        close_game(&t);
    }
}

/* Without the second question no partner is sought: all may be of one class. */
TEST(without_mismatched_pairs)
{
    for (int two = 0; two < 2; two++) {
        game t;
        double none;
        open_game(&t, "threads=1 seed=4", "cgan batch=4 mismatch=0", G("3"),
                  two ? D_TWO("3") : D("3"));
        set_callback(&t);
        t.one_class = 1;
        steps(&t, 3);
        CHECK_STATUS(gan_trainer_value(t.trainer, "score.mismatched", &none), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_trainer_value(t.trainer, "loss.match", &none), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_trainer_feed(t.trainer, "mismatched", NULL), GAN_E_ARGUMENT);
        close_game(&t);
    }
}

/* ---- what it is made of ---- */

TEST(members)
{
    game t;
    gan__text text = {.context = NULL};
    open_game(&t, "threads=1", "cgan", NULL, NULL);
    text.context = t.context;
    for (int32_t m = 0; m < gan_trainer_member_count(t.trainer); m++) {
        const char *type = gan_trainer_member(t.trainer, m, "type");
        if (strcmp(type, "value"))
            gan__text_print(&text, "%s%s %s", text.length ? ", " : "", type,
                            gan_trainer_member(t.trainer, m, "name"));
    }
    CHECK_TEXT(text.bytes,
               "role generator, role discriminator, feed real, feed mismatched, feed noise, "
               "feed noise.generator, feed condition.generator, group generator, "
               "group discriminator, product generator, route noise > image, sheet noise");
    gan__text_free(&text);
    close_game(&t);
}

/* ---- by hand ---- */

static void feed(const game *t, const char *name, gan_tensor *batch)
{
    if (!CHECK_OK(gan_trainer_feed(t->trainer, name, batch))) puts(gan_context_message(t->context));
    gan_tensor_release(batch);
}

static void feed_pairs(const game *t, int64_t channels)
{
    feed(t, "real.image", images(t, BATCH, 2));
    feed(t, channels ? "real.vector" : "real.label", conditions(t, BATCH, channels, 2));
    feed(t, "mismatched.image", images(t, BATCH, 3));
}

/* The data's first batch, its partners and its second one, fed, are the step that the data makes.
 */
TEST(by_hand_as_from_data)
{
    for (int kind = 0; kind < 3; kind++) {
        const char *const g = kind == 1 ? G_EMBEDDED : kind ? G("7") : G("3");
        const char *const d = kind == 1 ? D_EMBEDDED : kind ? D_TWO("7") : D_TWO("3");
        const int64_t channels = kind == 2 ? 7 : 0;
        static const char *const names[] = {"loss.discriminator", "loss.generator"};
        game whole, fed;
        open_game(&whole, "threads=1 seed=4", "cgan batch=4", g, d);
        open_game(&fed, "threads=1 seed=4", "cgan batch=4", g, d);
        set_tensors(&whole, channels);
        CHECK_OK(gan_trainer_check(whole.trainer));
        const gan__feed_state *real = &whole.trainer->feeds[0];
        gan_tensor *const *drawn;
        CHECK_OK(gan__batcher_next(real->batcher, &drawn));
        const char *const fields[3] = {"real.image", channels ? "real.vector" : "real.label",
                                       "mismatched"};
        for (int f = 0; f < 3; f++) {
            gan_tensor *copy;
            CHECK_OK(gan_tensor_create(&copy, fed.context, GAN_FLOAT32, drawn[f]->rank,
                                       drawn[f]->shape));
            memcpy(gan_tensor_data(copy), drawn[f]->data, (size_t)drawn[f]->count * sizeof(float));
            feed(&fed, fields[f], copy);
        }
        CHECK_OK(gan__batcher_next(real->batcher, &drawn));
        gan_tensor *c;
        CHECK_OK(gan_tensor_create(&c, fed.context, GAN_FLOAT32, drawn[1]->rank, drawn[1]->shape));
        memcpy(gan_tensor_data(c), drawn[1]->data, (size_t)drawn[1]->count * sizeof(float));
        feed(&fed, "condition.generator", c);
        CHECK_OK(gan__batcher_seek(real->batcher, 0));
        steps(&whole, 1);
        steps(&fed, 1);
        for (int i = 0; i < 2; i++) CHECK(value(&whole, names[i]) == value(&fed, names[i]));
        CHECK_INT(gan__batcher_position(real->batcher), 2 * BATCH);
        close_game(&whole);
        close_game(&fed);
    }
}

/* With reuse=yes the conditions of the generator's climb are those of the discriminator's. */
TEST(conditions_are_drawn_again)
{
    static const char *const specs[] = {"cgan batch=4", "cgan batch=4 d_steps=3",
                                        "cgan batch=4 d_steps=2 reuse=yes"};
    static const int64_t batches[] = {2, 4, 2};
    for (int i = 0; i < 3; i++) {
        game t;
        open_game(&t, "threads=1 seed=4", specs[i], G("3"), D("3"));
        set_tensors(&t, 0);
        steps(&t, 2);
        CHECK_INT(gan__batcher_position(t.trainer->feeds[0].batcher), 2 * BATCH * batches[i]);
        CHECK((gan_trainer_feed(t.trainer, "condition.generator", NULL) == GAN_OK) == (i < 2));
        close_game(&t);
    }
}

/* ---- what it refuses ---- */

TEST(what_does_not_go_together)
{
    static const struct {
        const char *g, *d;
        int64_t channels; /* of the data's vectors; 0: labels; below: none */
        gan_status status;
        const char *message;
    } cases[] = {
        {NULL, D("3"), 0, GAN_E_STATE, "cgan: the role 'generator' has no model"},
        {G("3"), NULL, 0, GAN_E_STATE, "cgan: the role 'discriminator' has no model"},
        {G("3"), D("3"), -1, GAN_E_STATE, "cgan: the feed 'real' has no data"},
        {"input 5; dense 12; reshape 2 3 2", D("3"), 0, GAN_E_SHAPE,
         "cgan: the generator has 1 input (unnamed), its role has 2 (noise, condition): "
         "'condition' is missing"},
        {G("3"), "input 2 3 2; dense 1", 0, GAN_E_SHAPE,
         "cgan: the discriminator has 1 input (unnamed), its role has 2 (image, condition): "
         "'condition' is missing"},
        {G("3"), "input image 2 3 2; input label 3; concat from image label; dense 1", 0,
         GAN_E_SHAPE,
         "cgan: the discriminator has 2 inputs (image, label), its role has 2 (image, condition): "
         "'condition' is missing"},
        {G("3"),
         "input image 2 3 2; input condition 3; f = flatten from image; concat from f condition;"
         "realness = dense 1; other = dense 1; output realness other",
         0, GAN_E_SHAPE,
         "cgan: the discriminator has 2 outputs (realness, other), its role has 2 (realness, "
         "[match]): 'other' is not one of them"},
        {G("3"), D("4"), 0, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x3, the discriminator takes 1x1x4"},
        {G("4"), D("4"), 0, GAN_E_SHAPE,
         "cgan: the feed 'real' has labels of 3 classes, its network takes conditions of 1x1x4; a "
         "label goes to a port of 1 channel, or of as many as there are classes"},
        {G("3"), D("3"), 7, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x3, the feed 'real' has 1x1x7"},
        {G_EMBEDDED, D_EMBEDDED, 3, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x1, the feed 'real' has 1x1x3"},
        {"input noise 5; input condition 3; concat from noise condition; dense 12; reshape 3 2 2",
         D("3"), 0, GAN_E_SHAPE,
         "cgan: the generator makes pictures of 3x2x2, the discriminator takes 2x3x2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        game t;
        open_game(&t, "threads=1", "cgan batch=4", cases[i].g, cases[i].d);
        if (cases[i].channels >= 0) set_tensors(&t, cases[i].channels);
        CHECK_STATUS(gan_trainer_step(t.trainer), cases[i].status);
        CHECK_TEXT(gan_context_message(t.context), cases[i].message);
        close_game(&t);
    }
}

TEST(options_without_effect)
{
    static const char *const cases[][2] = {
        {"cgan clip=0.1", "cgan: clip=0.1 with loss=non_saturating: only loss=wgan cuts the "
                          "discriminator's parameters"},
        {"cgan loss=hinge smoothing=0.1",
         "cgan: smoothing=0.1 with loss=hinge, whose real samples have no label to move"},
        {"cgan mismatch=-1",
         "cgan: 'mismatch' must be in [0, 1000000], not '-1' (line 1, column 15)"},
        {"cgan mismatched=1",
         "cgan: unknown option 'mismatched', did you mean 'mismatch'? (line 1, column 6)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        game t;
        gan_trainer *none;
        open_game(&t, "threads=1", "cgan", NULL, NULL);
        CHECK_STATUS(gan_trainer_create(&none, t.context, cases[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(t.context), cases[i][1]);
        close_game(&t);
    }
}

/* ---- the same bits ---- */

static gan_tensor *saved(const game *t)
{
    gan_tensor *bytes;
    CHECK_OK(gan_trainer_save_memory(&bytes, t->trainer));
    return bytes;
}

static int same(gan_tensor *a, gan_tensor *b)
{
    const int equal = gan_tensor_count(a) == gan_tensor_count(b) &&
                      !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a));
    gan_tensor_release(b);
    return equal;
}

static const struct {
    const char *spec, *d;
} runs[] = {
    {"cgan batch=4 average=0.9 d_steps=2 instance_noise=0.1", D("3")},
    {"cgan batch=4 loss=hinge",
     "input image 2 3 2; input condition 3; f = flatten from image; d = dropout 0.2;"
     "realness = dense 1; concat from d condition; match = dense 1; output realness match"},
    {"cgan batch=4 reuse=yes mismatch=0.5 fake=0.5",
     "input image 2 3 2; input condition 3; f = dense 8 spectral=yes from image; c = leaky_relu;"
     "concat from c condition; dense 1 spectral=yes"},
};
enum { RUNS = sizeof runs / sizeof runs[0], STEPS = 5 };

/* Interrupted after every step. */
TEST(a_resume_is_no_interruption)
{
    for (int i = 0; i < RUNS; i++) {
        game whole;
        gan_tensor *at[STEPS + 1];
        open_game(&whole, "threads=2 seed=4", runs[i].spec, G("3"), runs[i].d);
        set_tensors(&whole, 0);
        for (int k = 0; k <= STEPS; k++) {
            at[k] = saved(&whole);
            if (k < STEPS) steps(&whole, 1);
        }
        for (int k = 0; k < STEPS; k++) {
            game part = {.context = whole.context};
            CHECK_OK(gan_trainer_load_memory(&part.trainer, whole.context, gan_tensor_data(at[k]),
                                             (size_t)gan_tensor_count(at[k])));
            set_tensors(&part, 0);
            steps(&part, STEPS - k);
            CHECK(same(at[STEPS], saved(&part)));
            gan_trainer_release(part.trainer);
        }
        for (int k = 0; k <= STEPS; k++) gan_tensor_release(at[k]);
        close_game(&whole);
    }
}

TEST(threads_and_tiers)
{
    for (int i = 0; i < RUNS; i++) {
        gan_tensor *first = NULL;
        gan_context *keeper;
        CHECK_OK(gan_context_create(&keeper, NULL, NULL, NULL, 0));
        for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++) {
            game t;
            char context[32];
            setenv("GAN_CPU", gan__tier_name((gan__tier)tier), 1);
            snprintf(context, sizeof context, "threads=%d seed=4", tier + 1);
            open_game(&t, context, runs[i].spec, G("3"), runs[i].d);
            unsetenv("GAN_CPU");
            set_callback(&t);
            steps(&t, STEPS);
            gan_tensor *bytes = saved(&t);
            if (!first) {
                CHECK_OK(gan_tensor_create(&first, keeper, GAN_UINT8, 1,
                                           (const int64_t[]){gan_tensor_count(bytes)}));
                memcpy(gan_tensor_data(first), gan_tensor_data(bytes),
                       (size_t)gan_tensor_count(bytes));
            }
            CHECK(same(first, bytes));
            close_game(&t);
        }
        gan_tensor_release(first);
        gan_context_release(keeper);
    }
}

/* ---- steps that fail ---- */

/* Twice, and nothing is to be seen of it. */
static void fail(const game *t, gan_status status, const char *message)
{
    gan_tensor *before = saved(t);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan_trainer_step(t->trainer), status);
        if (message) CHECK_TEXT(gan_context_message(t->context), message);
    }
    CHECK(same(before, saved(t)));
    gan_tensor_release(before);
}

static void fail_in_all_ways(game *t)
{
    feed_pairs(t, 0);
    ((float *)gan_tensor_data(t->trainer->feeds[1].fields[0].fed))[5] = NAN;
    fail(t, GAN_E_DIVERGED, NULL);
    feed_pairs(t, 0);
    ((int64_t *)gan_tensor_data(t->trainer->feeds[0].fields[1].fed))[1] = 3;
    fail(t, GAN_E_ARGUMENT, NULL);
    feed_pairs(t, 0);
    feed(t, "mismatched", images(t, 3, 0));
    fail(t, GAN_E_SHAPE, "cgan: 'mismatched' was fed 3 samples, the step has 4");
    feed(t, "mismatched", images(t, BATCH, 3));
    feed(t, "condition.generator", conditions(t, BATCH - 1, 0, 3));
    fail(t, GAN_E_SHAPE, "cgan: 'condition.generator' was fed 3 samples, the step has 4");
    feed(t, "condition.generator", conditions(t, BATCH, 2, 3));
    fail(t, GAN_E_SHAPE,
         "cgan: 'condition.generator' was fed 1x1x2, its networks have conditions of 1x1x3");
    static const char *const names[] = {"real.image", "real.label", "mismatched",
                                        "condition.generator"};
    for (int i = 0; i < 4; i++) CHECK_OK(gan_trainer_feed(t->trainer, names[i], NULL));
    atomic_store(&t->stops, 1);
    while (gan_trainer_step(t->trainer) == GAN_OK) {}
    fail(t, GAN_E_CANCELLED, NULL);
    atomic_store(&t->stops, 0);
}

TEST(a_failed_step_was_never_made)
{
    for (int i = 0; i < RUNS - 1; i++) { /* the last does not draw conditions twice */
        game whole, broken;
        open_game(&whole, "threads=1 seed=4", runs[i].spec, G("3"), runs[i].d);
        open_game(&broken, "threads=1 seed=4", runs[i].spec, G("3"), runs[i].d);
        set_callback(&whole);
        set_callback(&broken);
        for (int k = 0; k < 2; k++) {
            fail_in_all_ways(&broken);
            steps(&broken, 1);
            steps(&whole,
                  (int)(gan_trainer_steps(broken.trainer) - gan_trainer_steps(whole.trainer)));
            gan_tensor *bytes = saved(&whole);
            CHECK(same(bytes, saved(&broken)));
            gan_tensor_release(bytes);
        }
        close_game(&whole);
        close_game(&broken);
    }
}

int main(void)
{
    RUN(all_losses);
    RUN(without_mismatched_pairs);
    RUN(members);
    RUN(by_hand_as_from_data);
    RUN(conditions_are_drawn_again);
    RUN(what_does_not_go_together);
    RUN(options_without_effect);
    RUN(a_resume_is_no_interruption);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    return test_report();
}
