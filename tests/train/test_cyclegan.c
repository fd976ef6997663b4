/* test_cyclegan.c: translation there and back: what it is made of, what it refuses, what it
 * measures, its routes, that a step that fails leaves no trace, its history included, and its bits.
 * The golden traces say that a step is right. */
#include "bits.h"
#include "fault.h"

#include <math.h>

#include "train/trainer.h"

/* x is grey and of 4x6, y of 8x12 with three channels; there are 7 and 5 examples of them. */
enum { ROLES = 5, XH = 4, XW = 6 };
static const char *const roles[ROLES] = {"xy", "yx", "discriminator_x", "discriminator_y",
                                         "features"};

#define XY                                                    \
    "input 4 6 1; conv2d 4 kernel=3 pad=1; batchnorm; relu\n" \
    "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh"
#define YX                                                                 \
    "input 8 12 3; conv2d 4 kernel=4 stride=2 pad=1; instancenorm; relu\n" \
    "dropout 0.1; conv2d 1 kernel=3 pad=1; tanh"
#define DX "input 4 6 1; conv2d 4 kernel=3 spectral=yes; leaky_relu 0.2; conv2d 1 kernel=1"
#define DY "input 8 12 3; conv2d 4 kernel=4 stride=2; batchnorm; leaky_relu 0.2; conv2d 1 kernel=1"
#define SAME "input 4 6 1; conv2d 4 kernel=3 pad=1; instancenorm; relu; conv2d 1 kernel=1; tanh"

/* Any of the texts may be NULL: not set. */
static gan_trainer *make_with(const char *spec, const char *const texts[ROLES])
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < ROLES; i++) {
        gan_model *model;
        if (!texts[i]) continue;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    return t;
}

static gan_tensor *make_pictures(int64_t n, int64_t h, int64_t w, int64_t c)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){n, h, w, c}));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)((i + h) * 37 % 101) / 50.5F - 1;
    return tensor;
}

static void set_one(gan_trainer *t, const char *feed, gan_tensor *pictures)
{
    const char *field = "image";
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    must(gan_trainer_set_data(t, feed, data));
    gan_tensor_release(pictures);
    gan_dataset_release(data);
}

static void set_both(gan_trainer *t)
{
    set_one(t, "x", make_pictures(7, XH, XW, 1));
    set_one(t, "y", make_pictures(5, 2 * XH, 2 * XW, 3));
}

static const char *const unlike[ROLES] = {XY, YX, DX, DY, NULL};

static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_with(spec, unlike);
    set_both(t);
    return t;
}

/* ---- what it is made of ---- */

static void check_members(const char *spec, const char *expected)
{
    char text[1024] = "";
    gan_trainer *t = make_with(spec, (const char *[ROLES]){NULL});
    for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
        if (strcmp(gan_trainer_member(t, m, "type"), "value"))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s, ",
                     gan_trainer_member(t, m, "type"), gan_trainer_member(t, m, "name"));
    CHECK_TEXT(text, expected);
    gan_trainer_release(t);
}

TEST(members)
{
    check_members("cyclegan",
                  "role xy, role yx, role discriminator_x, role discriminator_y, feed x, feed y, "
                  "group generators, group discriminators, product xy, product yx, "
                  "route x > y > x, route x > y, route y > x, route y > x > y, score x > score, "
                  "score y > score, sheet x, sheet y, ");
    check_members("cyclegan perceptual=1",
                  "role xy, role yx, role discriminator_x, role discriminator_y, role features, "
                  "feed x, feed y, group generators, group discriminators, product xy, product yx, "
                  "route x > y > x, route x > y, route y > x, route y > x > y, score x > score, "
                  "score y > score, sheet x, sheet y, ");
}

TEST(values)
{
    static const struct {
        const char *spec, *value;
        bool there;
    } cases[] = {
        {"cyclegan", "loss.identity.x", true},
        {"cyclegan identity=0", "loss.identity.x", false},
        {"cyclegan cycle=0", "loss.identity.y", true},
        {"cyclegan cycle=0", "loss.cycle.y", true},
        {"cyclegan", "loss.perceptual.x", false},
        {"cyclegan perceptual=2", "loss.perceptual.y", true},
        {"cyclegan", "score.fake.x", true},
        {"cyclegan", "accuracy.real.y", true},
        {"cyclegan", "gradient.generators", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool there = false;
        gan_trainer *t = make_with(cases[i].spec, (const char *[ROLES]){NULL});
        for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
            there = there || !strcmp(gan_trainer_member(t, m, "name"), cases[i].value);
        if (!CHECK_INT(there, cases[i].there)) printf("    %s %s\n", cases[i].spec, cases[i].value);
        gan_trainer_release(t);
    }
}

/* ---- what is refused ---- */

static const struct {
    const char *spec, *message;
} wrong_specs[] = {
    {"cyclegan loss=wgan", "cyclegan: loss=wgan asks for discriminators whose slope is bounded, "
                           "as the trainer 'gan' does and this one does not"},
    {"cyclegan loss=hinge smoothing=0.1",
     "cyclegan: smoothing=0.1 with loss=hinge, whose real samples have no label to move"},
    {"cyclegan pool=-1", "cyclegan: 'pool' must be in [0, 1048576], not '-1' (line 1, column 15)"},
    {"cyclegan identity=-1",
     "cyclegan: 'identity' must be in [0, 1000000], not '-1' (line 1, column 19)"},
    {"cyclegan lambda=10", "cyclegan: unknown option 'lambda' (line 1, column 10)"},
};

TEST(options_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrong_specs / sizeof wrong_specs[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, wrong_specs[i].spec), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), wrong_specs[i].message);
    }
}

typedef struct wrong {
    const char *spec, *texts[ROLES];
    int64_t x_c, y_c; /* channels of what is fed; 0: nothing is; below: y of the size of x */
    gan_status status;
    const char *message;
} wrong;

static const wrong wrongs[] = {
    {"cyclegan identity=0",
     {NULL, YX, DX, DY},
     1,
     3,
     GAN_E_STATE,
     "cyclegan: the role 'xy' has no model"},
    {"cyclegan identity=0",
     {XY, YX, DX, NULL},
     1,
     3,
     GAN_E_STATE,
     "cyclegan: the role 'discriminator_y' has no model"},
    {"cyclegan perceptual=1",
     {XY, YX, DX, DY},
     1,
     3,
     GAN_E_STATE,
     "cyclegan: the role 'features' has no model"},
    {"cyclegan identity=0",
     {XY, YX, DX, DY},
     0,
     3,
     GAN_E_STATE,
     "cyclegan: the feed 'x' has no data"},
    {"cyclegan identity=0",
     {XY, YX, DX, DY},
     1,
     0,
     GAN_E_STATE,
     "cyclegan: the feed 'y' has no data"},
    {"cyclegan identity=0",
     {XY, XY, DX, DY},
     1,
     3,
     GAN_E_SHAPE,
     "cyclegan: the yx makes pictures of 8x12x3, the xy takes 4x6x1"},
    {"cyclegan identity=0",
     {XY, YX, DY, DY},
     1,
     3,
     GAN_E_SHAPE,
     "cyclegan: the yx makes pictures of 4x6x1, the discriminator_x takes 8x12x3"},
    {"cyclegan identity=0",
     {XY, YX, DX, DY},
     2,
     3,
     GAN_E_SHAPE,
     "cyclegan: 'x' was fed 4x6x2, its networks have pictures of 4x6x1"},
    {"cyclegan",
     {XY, YX, DX, DY},
     1,
     3,
     GAN_E_SHAPE,
     "cyclegan: identity= needs pictures of one size and as many channels in 'x' and 'y', which "
     "have 4x6x1 and 8x12x3; identity=0 does without"},
    {"cyclegan",
     {"input 4 6 1; conv2d 3 kernel=1", "input 4 6 3; conv2d 1 kernel=1", DX,
      "input 4 6 3; conv2d 1 kernel=1"},
     1,
     -3,
     GAN_E_SHAPE,
     "cyclegan: identity= needs pictures of one size and as many channels in 'x' and 'y', which "
     "have 4x6x1 and 4x6x3; identity=0 does without"},
    {"cyclegan identity=0 perceptual=1",
     {XY, YX, DX, DY, "input any any 1; conv2d 2 kernel=1"},
     1,
     3,
     GAN_E_SHAPE,
     "cyclegan: the xy makes pictures of 8x12x3, the features takes anyxanyx1"},
    {"cyclegan identity=0",
     {XY, YX, "input 4 6 1; score = dense 1; b = dense 1; output score b", DY},
     1,
     3,
     GAN_E_SHAPE,
     "cyclegan: the discriminator_x has 2 outputs (score, b), its role has 1 (score): 'b' is not "
     "one "
     "of them"},
};

TEST(roles_and_shapes_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const wrong *w = &wrongs[i];
        gan_trainer *t = make_with(w->spec, w->texts);
        gan_tensor *x = w->x_c ? make_pictures(2, XH, XW, w->x_c) : NULL;
        const int64_t twice = w->y_c < 0 ? 1 : 2;
        gan_tensor *y = w->y_c ? make_pictures(2, twice * XH, twice * XW, llabs(w->y_c)) : NULL;
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", y));
        CHECK_STATUS(gan_trainer_check(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        CHECK_STATUS(gan_trainer_step(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        gan_tensor_release(x);
        gan_tensor_release(y);
        gan_trainer_release(t);
    }
}

/* Said of data sets before anything is read. */
TEST(identity_of_unlike_domains)
{
    gan_trainer *t = make("cyclegan");
    CHECK_STATUS(gan_trainer_check(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "cyclegan: identity= needs pictures of one size and as many channels in 'x' and "
               "'y', which have 4x6x1 and 8x12x3; identity=0 does without");
    gan_trainer_release(t);
}

TEST(names_that_there_are_not)
{
    gan_trainer *t = make("cyclegan");
    CHECK_STATUS(gan_trainer_set_model(t, "generator", gan_trainer_model(t, "xy", 0)),
                 GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "cyclegan: there is no role 'generator'; there are: xy, yx, discriminator_x, "
               "discriminator_y");
    CHECK_STATUS(gan_trainer_feed(t, "real", real), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "cyclegan: there is no feed 'real'; there are: x, y");
    CHECK_STATUS(gan_trainer_set_optimizer(t, "generator", "adam"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "cyclegan: there is no group 'generator'; there are: generators, discriminators");
    gan_trainer_release(t);
}

/* ---- what it measures ---- */

static gan_trainer *fed(const char *spec, const char *const texts[ROLES], int64_t n_x, int64_t n_y)
{
    gan_trainer *t = make_with(spec, texts);
    const bool same = texts[0] == texts[1];
    gan_tensor *x = make_pictures(n_x, XH, XW, 1);
    gan_tensor *y = same ? make_pictures(n_y, XH, XW, 1) : make_pictures(n_y, 2 * XH, 2 * XW, 3);
    must(gan_trainer_feed(t, "x", x));
    must(gan_trainer_feed(t, "y", y));
    must(gan_trainer_step(t));
    gan_tensor_release(x);
    gan_tensor_release(y);
    return t;
}

/* Every objective, noise on what is judged, and samples of the two domains that are not as many. */
TEST(all_losses)
{
    static const char *const losses[] = {"minimax", "non_saturating", "lsgan", "hinge"};
    for (int i = 0; i < 4; i++) {
        char spec[96];
        snprintf(spec, sizeof spec, "cyclegan identity=0 instance_noise=0.1 loss=%s", losses[i]);
        gan_trainer *t = fed(spec, unlike, 1 + i, 4 - i);
        CHECK(isfinite(value_of(t, "loss.generators")));
        CHECK(isfinite(value_of(t, "loss.discriminators")));
        CHECK(value_of(t, "gradient.generators") > 0 && value_of(t, "gradient.discriminators") > 0);
        gan_trainer_release(t);
    }
}

/* A network that makes one picture of whatever it is given looks good to its discriminator; the
 * report shows it by the way back. */
TEST(a_generator_that_ignores_its_input_is_seen)
{
    static const char *const constant[ROLES] = {"input 4 6 1; conv2d 1 kernel=1 bias=no init=zeros",
                                                "input 4 6 1; conv2d 1 kernel=1 bias=no init=zeros",
                                                DX, DX, NULL};
    gan_tensor *x = make_pictures(3, XH, XW, 1);
    double mean = 0;
    for (int64_t i = 0; i < gan_tensor_count(x); i++)
        mean += fabs((double)((float *)gan_tensor_data(x))[i]) / (double)gan_tensor_count(x);
    for (int cycle = 0; cycle < 2; cycle++) {
        gan_trainer *t = make_with(cycle ? "cyclegan" : "cyclegan cycle=0", constant);
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", x));
        must(gan_trainer_step(t));
        CHECK_NEAR(value_of(t, "loss.cycle.x"), mean, 1e-6);
        CHECK_NEAR(value_of(t, "loss.cycle.y"), mean, 1e-6);
        CHECK_NEAR(value_of(t, "loss.identity.x"), mean, 1e-6);
        gan_trainer_release(t);
    }
    gan_tensor_release(x);
}

/* Features that are the picture, doubled: four times the mean square of what was changed. The
 * frozen network stays as it is, and its wish reaches the generators. */
TEST(perceptual_consistency)
{
    static const char *const texts[ROLES] = {
        "input 4 6 1; conv2d 1 kernel=1 bias=no init=zeros",
        "input 4 6 1; conv2d 1 kernel=1 bias=no init=zeros", DX, DX,
        "input 4 6 1; affine 2 0; conv2d 1 kernel=1 bias=no init=normal:1,0"};
    gan_trainer *t = fed("cyclegan cycle=0 perceptual=3", texts, 2, 2);
    gan_tensor *x = make_pictures(2, XH, XW, 1), *kept;
    double square = 0;
    for (int64_t i = 0; i < gan_tensor_count(x); i++) {
        const double v = ((float *)gan_tensor_data(x))[i];
        square += 4 * v * v / (double)gan_tensor_count(x);
    }
    CHECK_NEAR(value_of(t, "loss.perceptual.x"), square, 1e-5);
    must(gan_tensor_create(&kept, context, GAN_FLOAT32, 4, (const int64_t[]){1, 1, 1, 1}));
    gan_model *features = gan_trainer_model(t, "features", 0);
    must(gan_model_read(features, gan_model_parameter_name(features, 0), GAN_VALUE, kept));
    CHECK(*(float *)gan_tensor_data(kept) == 1);
    for (int i = 0; i < 30; i++) {
        must(gan_trainer_feed(t, "x", x));
        must(gan_trainer_feed(t, "y", x));
        must(gan_trainer_set_optimizer(t, "generators", "sgd lr=0.05"));
        must(gan_trainer_step(t));
    }
    CHECK(value_of(t, "loss.perceptual.x") < square / 2);
    gan_tensor_release(kept);
    gan_tensor_release(x);
    gan_trainer_release(t);
}

/* A discriminator is shown what its history hands out: with none, the fakes of the step. */
TEST(the_history_is_what_is_judged)
{
    static const char *const texts[ROLES] = {
        SAME, SAME, "input 4 6 1; conv2d 1 kernel=1 bias=no init=normal:1,0",
        "input 4 6 1; conv2d 1 kernel=1 bias=no init=normal:1,0", NULL};
    double scores[2][20];
    for (int pool = 0; pool < 2; pool++) {
        gan_context *kept = begin_apart("threads=2 seed=11");
        gan_trainer *t = make_with(pool ? "cyclegan pool=3" : "cyclegan pool=0", texts);
        set_one(t, "x", make_pictures(7, XH, XW, 1));
        set_one(t, "y", make_pictures(5, XH, XW, 1));
        must(gan_trainer_set_optimizer(t, "generators", "sgd lr=0"));
        must(gan_trainer_set_optimizer(t, "discriminators", "sgd lr=0"));
        for (int k = 0; k < 20; k++) {
            must(gan_trainer_step(t));
            scores[pool][k] = value_of(t, "score.fake.x");
        }
        CHECK_INT(gan__pool_read(t->pools[0]).filled, pool ? 3 : 0);
        gan_trainer_release(t);
        end_apart(kept);
    }
    int differ = 0;
    for (int k = 0; k < 3; k++) CHECK(scores[0][k] == scores[1][k]);
    for (int k = 3; k < 20; k++) differ += scores[0][k] != scores[1][k];
    CHECK(differ > 2 && differ < 17);
}

/* ---- routes ---- */

TEST(routes)
{
    static const char *const texts[] = {"x > y", "y > x", "x > y > x", "y > x > y"};
    static const char *const firsts[] = {"0.weight", "0.weight", "xy.0.weight", "yx.0.weight"};
    gan_trainer *t = make("cyclegan identity=0");
    gan_model *route;
    must(gan_trainer_run(t, 2, NULL, NULL));
    for (int i = 0; i < 4; i++) {
        must(gan_trainer_route(&route, t, texts[i], 0));
        CHECK_TEXT(gan_model_parameter_name(route, 0), firsts[i]);
        CHECK_TEXT(gan_model_note(route, "range"), "-1 1");
        const char begins[2] = {texts[i][0], '\0'},
                   ends[2] = {texts[i][strlen(texts[i]) - 1], '\0'};
        CHECK_TEXT(gan_model_note(route, "source"), begins);
        CHECK_TEXT(gan_model_note(route, "feed"), ends);
        CHECK_INT(gan_model_output_count(route), 1);
        gan_model_release(route);
    }
    CHECK_STATUS(gan_trainer_route(&route, t, "x > x", 0), GAN_E_ARGUMENT);
    gan_trainer_release(t);
}

/* ---- the same bits: data begins anew at unlike steps, pools are full after 2 ---- */

static const bits_training training = {make, set_both, 9};

TEST(resumed_at_every_step)
{
    bits_resumed(&training, "cyclegan identity=0 batch=2 average=0.9 pool=3");
    bits_resumed(&training, "cyclegan identity=0 pool=2 instance_noise=0.1");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&training, "cyclegan identity=0 pool=2 average=0.9");
}

/* One weight of the model becomes something else, or what it was. */
static float set_weight(gan_trainer *t, const char *role, float weight)
{
    gan_model *model = gan_trainer_model(t, role, 0);
    float *first = &model->stores[0]->weights[0], before = *first;
    *first = weight;
    model->stores[0]->version++;
    return before;
}

/* A step that breaks in the generators, before or behind their update, or on the way into a
 * discriminator, leaves a trainer that goes on like one that has never failed. */
TEST(a_failed_step_was_never_made)
{
    const char *spec = "cyclegan identity=0 batch=2 pool=3 average=0.9";
    gan_context *kept = begin_apart("threads=2 seed=11");
    gan_trainer *whole = make(spec);
    end_apart(kept);
    kept = begin_apart("threads=2 seed=11");
    gan_trainer *broken = make(spec);
    gan_tensor *x = make_pictures(2, XH, XW, 1), *y = make_pictures(2, XH, XW, 3);
    for (int64_t k = 0; k < training.steps; k++) {
        for (int role = 0; role < 4; role++) {
            const float weight = set_weight(broken, roles[role], NAN);
            CHECK_STATUS(gan_trainer_step(broken), GAN_E_DIVERGED);
            set_weight(broken, roles[role], weight);
        }
        must(gan_trainer_feed(broken, "x", x)); /* and y of another size */
        must(gan_trainer_feed(broken, "y", y));
        CHECK_STATUS(gan_trainer_step(broken), GAN_E_SHAPE);
        must(gan_trainer_feed(broken, "x", NULL));
        must(gan_trainer_feed(broken, "y", NULL));
        gan_tensor *a = bits_after(whole, k + 1), *b = bits_after(broken, k + 1);
        if (!CHECK(bits_equal(a, b))) printf("    after step %lld\n", (long long)k + 1);
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_trainer_release(whole);
    gan_trainer_release(broken);
    end_apart(kept);
}

/* ---- memory ---- */

static const char *const faulty_spec = "cyclegan identity=0 batch=2 pool=3 average=0.9";

/* The pools and what is staged of them were made by the check, whatever the coins say later. */
TEST(steps_allocate_nothing_after_a_check)
{
    fault_host fault = {0};
    gan_context *kept = begin_faulty(&fault);
    gan_trainer *t = make(faulty_spec);
    must(gan_trainer_check(t));
    const long long before = atomic_load(&fault.allocations);
    must(gan_trainer_run(t, training.steps, NULL, NULL));
    CHECK_INT(atomic_load(&fault.allocations) - before, 0);
    gan_trainer_release(t);
    end_apart(kept);
    CHECK_INT(atomic_load(&fault.live), 0);
}

/* Every allocation of the first step fails once. */
TEST(without_memory)
{
    fault_host faults[2] = {{0}, {0}};
    gan_tensor *bytes[2];
    gan_trainer *trainers[2];
    gan_context *contexts[2], *kept = context;
    for (int broken = 0; broken < 2; broken++) {
        begin_faulty(&faults[broken]);
        gan_status status = GAN_E_MEMORY;
        contexts[broken] = context;
        trainers[broken] = make(faulty_spec);
        for (long long n = 1; broken && status == GAN_E_MEMORY && n < 10000; n++) {
            faults[1].fail_at = atomic_load(&faults[1].allocations) + n;
            status = gan_trainer_step(trainers[1]);
            faults[1].fail_at = 0;
        }
        if (broken) CHECK_OK(status);
        bytes[broken] = bits_after(trainers[broken], 3);
    }
    CHECK(bits_equal(bytes[0], bytes[1]));
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(bytes[i]);
        gan_trainer_release(trainers[i]);
        gan_context_release(contexts[i]);
        CHECK_INT(atomic_load(&faults[i].live), 0);
    }
    context = kept;
}

int main(void)
{
    rig_open(2, "cyclegan.tmp");
    RUN(members);
    RUN(values);
    RUN(options_that_do_not_go_together);
    RUN(roles_and_shapes_that_do_not_go_together);
    RUN(identity_of_unlike_domains);
    RUN(names_that_there_are_not);
    RUN(all_losses);
    RUN(a_generator_that_ignores_its_input_is_seen);
    RUN(perceptual_consistency);
    RUN(the_history_is_what_is_judged);
    RUN(routes);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    RUN(steps_allocate_nothing_after_a_check);
    RUN(without_memory);
    return rig_close();
}
