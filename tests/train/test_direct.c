/* test_direct.c: the kinds of direct translation beside cyclegan: what they are made of, what they
 * refuse, that what one of them leaves out is all that it leaves out, that a step that fails leaves
 * no trace, and their bits. The golden traces say that a step is right. */
#include "bits.h"

#include <math.h>

#include "train/direct.h"

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
#define DX \
    "input 4 6 1; conv2d 4 kernel=3 spectral=yes; h = leaky_relu 0.2; score = conv2d 1 kernel=1"
#define DY                                                                                \
    "input 8 12 3; conv2d 4 kernel=4 stride=2; groupnorm 2; h = leaky_relu 0.2; score = " \
    "conv2d 1 kernel=1"
#define SAME "input 4 6 1; conv2d 4 kernel=3 pad=1; instancenorm; relu; conv2d 1 kernel=1; tanh"
#define SAME_D "input 4 6 1; conv2d 4 kernel=3; h = leaky_relu 0.2; score = conv2d 1 kernel=1"
#define BOTH "; output score h"

static const char *const unlike[ROLES] = {XY, YX, DX, DY, NULL};
static const char *const matched[ROLES] = {XY, YX, DX BOTH, DY BOTH, NULL};
static const char *const alike[ROLES] = {SAME, SAME, SAME_D, SAME_D, NULL};
static const char *const alike_matched[ROLES] = {SAME, SAME, SAME_D BOTH, SAME_D BOTH, NULL};
static const char *const *texts = unlike; /* of `make` */

static bool has_role(const gan_trainer *t, const char *name)
{
    return gan__cast_role(t->cast, name, strlen(name)) >= 0;
}

/* Networks of roles that the kind has not are made all the same, so that the others are alike. Any
 * of the texts may be NULL: not set. */
static gan_trainer *make_with(const char *spec, const char *const given[ROLES])
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < ROLES; i++) {
        gan_model *model;
        if (!given[i]) continue;
        must(gan_model_parse(&model, context, given[i]));
        if (has_role(t, roles[i])) must(gan_trainer_set_model(t, roles[i], model));
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
    const int64_t twice = texts == unlike || texts == matched ? 2 : 1;
    set_one(t, "x", make_pictures(7, XH, XW, 1));
    set_one(t, "y", make_pictures(5, twice * XH, twice * XW, twice == 2 ? 3 : 1));
}

static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_with(spec, texts);
    set_both(t);
    return t;
}

static void feed_one(gan_trainer *t, const char *feed, int64_t n, int64_t h, int64_t w, int64_t c)
{
    gan_tensor *pictures = make_pictures(n, h, w, c);
    must(gan_trainer_feed(t, feed, pictures));
    gan_tensor_release(pictures);
}

/* ---- what they are made of ---- */

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

#define GROUPS "group generators, group discriminators, "

TEST(members)
{
    check_members("translate", "role xy, role discriminator_y, feed x, feed y, " GROUPS
                               "product xy, route x > y, score y > score, sheet x, ");
    check_members(
        "translate directions=2",
        "role xy, role yx, role discriminator_x, role discriminator_y, feed x, feed y, " GROUPS
        "product xy, product yx, route x > y > x, route x > y, route y > x, "
        "route y > x > y, score x > score, score y > score, sheet x, sheet y, ");
    check_members("cyclegan directions=1",
                  "role xy, role yx, role discriminator_y, feed x, feed y, " GROUPS
                  "product xy, product yx, route x > y > x, route x > y, route y > x, "
                  "route y > x > y, score y > score, sheet x, sheet y, ");
    check_members("dualgan loss=wgan_gp directions=1 perceptual=1",
                  "role xy, role yx, role discriminator_y, role features, feed x, feed y, "
                  "feed epsilon.y, " GROUPS "product xy, product yx, route x > y > x, "
                  "route x > y, route y > x, route y > x > y, score y > score, sheet x, "
                  "sheet y, ");
    check_members(
        "discogan",
        "role xy, role yx, role discriminator_x, role discriminator_y, feed x, feed y, " GROUPS
        "product xy, product yx, route x > y > x, route x > y, route y > x, "
        "route y > x > y, score x > score, score y > score, sheet x, sheet y, ");
}

TEST(values)
{
    static const struct {
        const char *spec, *value;
        bool there;
    } cases[] = {
        {"translate", "loss.cycle.x", false},
        {"translate", "dependence.xy", true},
        {"translate", "dependence.yx", false},
        {"translate", "score.real.x", false},
        {"translate identity=1", "loss.identity.x", false},
        {"translate identity=1", "loss.identity.y", true},
        {"translate identity=1 directions=2", "loss.identity.x", true},
        {"cyclegan", "dependence.yx", true},
        {"cyclegan directions=1", "loss.cycle.x", true},
        {"cyclegan directions=1", "loss.cycle.y", false},
        {"cyclegan directions=1 perceptual=1", "loss.perceptual.x", true},
        {"cyclegan directions=1 perceptual=1", "loss.perceptual.y", false},
        {"discogan", "loss.matching.x", true},
        {"discogan directions=1", "loss.matching.x", false},
        {"discogan matching=0", "loss.matching.y", false},
        {"dualgan", "penalty.x", false},
        {"dualgan loss=wgan_gp", "penalty.norm.y", true},
        {"dualgan loss=wgan_gp directions=1", "penalty.x", false},
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

/* The reference settings, in the words of a checkpoint. */
TEST(settings)
{
    static const char *const cases[][3] = {
        {"translate",
         "translate identity=0 pool=50 perceptual=0 directions=1 loss=lsgan smoothing=0 "
         "instance_noise=0 instance_decay=1 batch=1 average=0 on_divergence=stop",
         "adam lr=2e-4 beta1=0.5"},
        {"discogan",
         "discogan rate=0.5 first_rate=0.01 curriculum=10000 adversarial=0.1 matching=0.9 "
         "d_every=3 "
         "identity=0 perceptual=0 directions=2 loss=non_saturating smoothing=0 instance_noise=0 "
         "instance_decay=1 batch=64 average=0 on_divergence=stop",
         "adam lr=2e-4 beta1=0.5 weight_decay=1e-5"},
        {"dualgan",
         "dualgan cycle=500 identity=0 d_steps=1 clip=0.01 perceptual=0 directions=2 loss=wgan "
         "smoothing=0 instance_noise=0 instance_decay=1 penalty=none penalty_weight=0 "
         "penalty_every=1 batch=1 average=0 on_divergence=stop",
         "rmsprop lr=5e-5 alpha=0.9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_trainer *t;
        must(gan_trainer_create(&t, context, cases[i][0]));
        CHECK_TEXT(gan_trainer_text(t), cases[i][1]);
        for (int group = 0; group < 2; group++)
            CHECK_TEXT(t->kind->reference(t->options, t->cast->groups[group].name), cases[i][2]);
        gan_trainer_release(t);
    }
}

/* ---- what is refused ---- */

static const char *const wrong_specs[][2] = {
    {"translate loss=wgan", "translate: loss=wgan asks for discriminators whose slope is bounded, "
                            "as the trainer 'gan' does and this one does not"},
    {"discogan loss=wgan_gp",
     "discogan: loss=wgan_gp asks for discriminators whose slope is bounded, as the trainer 'gan' "
     "does and this one does not"},
    {"translate cycle=10", "translate: unknown option 'cycle' (line 1, column 11)"},
    {"cyclegan directions=3",
     "cyclegan: 'directions' must be in [1, 2], not '3' (line 1, column 21)"},
    {"discogan d_every=1", "discogan: 'd_every' must be in [2, 1000], not '1' (line 1, column 18)"},
    {"dualgan loss=lsgan clip=0.1", "dualgan: clip=0.1 with loss=lsgan: only loss=wgan cuts the "
                                    "discriminator's parameters"},
};

TEST(options_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrong_specs / sizeof wrong_specs[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, wrong_specs[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), wrong_specs[i][1]);
    }
}

#define MANY                                                                                  \
    "input 4 6 1; a = relu; b = relu; c = relu; d = relu; e = relu; f = relu; g = relu; h = " \
    "relu; i = relu; j = relu; k = relu; l = relu; m = relu; n = relu; o = relu; p = relu; "  \
    "score = dense 1; output score a b c d e f g h i j k l m n o p"

static const struct wrong {
    const char *spec, *texts[ROLES];
    int64_t x, y; /* samples that are fed; 0: nothing is */
    gan_status status;
    const char *message;
} wrongs[] = {
    {"translate",
     {NULL, NULL, NULL, DY},
     1,
     1,
     GAN_E_STATE,
     "translate: the role 'xy' has no model"},
    {"translate", {XY}, 1, 1, GAN_E_STATE, "translate: the role 'discriminator_y' has no model"},
    {"translate directions=2",
     {XY, NULL, DX, DY},
     1,
     1,
     GAN_E_STATE,
     "translate: the role 'yx' has no model"},
    {"discogan perceptual=1",
     {XY, YX, DX BOTH, DY BOTH},
     1,
     1,
     GAN_E_STATE,
     "discogan: the role 'features' has no model"},
    {"dualgan", {XY, YX, DX, DY}, 1, 0, GAN_E_STATE, "dualgan: the feed 'y' has no data"},
    {"dualgan",
     {XY, YX, DX, DX},
     1,
     1,
     GAN_E_SHAPE,
     "dualgan: the xy makes pictures of 8x12x3, the discriminator_y takes 4x6x1"},
    {"dualgan loss=wgan_gp",
     {XY, YX, DX, DY},
     2,
     3,
     GAN_E_SHAPE,
     "dualgan: 2 samples of 'x' and 3 of 'y': the penalty lies between a domain's samples and "
     "fakes made of as many of the other"},
    {"dualgan",
     {XY, YX, DX BOTH, DY},
     1,
     1,
     GAN_E_SHAPE,
     "dualgan: the discriminator_x has 2 outputs (score, h), its role has 1 (score): 'h' is not "
     "one of them"},
    {"translate identity=1",
     {XY, NULL, NULL, DY},
     1,
     1,
     GAN_E_SHAPE,
     "translate: identity= needs pictures of one size and as many channels in 'x' and 'y', which "
     "have 4x6x1 and 8x12x3; identity=0 does without"},
    {"discogan",
     {XY, YX, DX, DY BOTH},
     1,
     1,
     GAN_E_SHAPE,
     "discogan: the discriminator_x has no output but its score: matching= needs features of its "
     "inner layers, named behind it ('output score h1 h2'); matching=0 does without"},
    {"discogan directions=1",
     {XY, YX, DX, DY},
     1,
     1,
     GAN_E_SHAPE,
     "discogan: the discriminator_y has no output but its score: matching= needs features of its "
     "inner layers, named behind it ('output score h1 h2'); matching=0 does without"},
    {"discogan",
     {XY, YX, MANY, DY BOTH},
     1,
     1,
     GAN_E_SHAPE,
     "discogan: the discriminator_x has 17 outputs; there may be 16"},
};

TEST(roles_and_shapes_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        gan_trainer *t = make_with(w->spec, w->texts);
        if (w->x) feed_one(t, "x", w->x, XH, XW, 1);
        if (w->y) feed_one(t, "y", w->y, 2 * XH, 2 * XW, 3);
        CHECK_STATUS(gan_trainer_check(t), w->status);
        if (!CHECK_TEXT(gan_context_message(context), w->message)) printf("    %s\n", w->spec);
        CHECK_STATUS(gan_trainer_step(t), w->status);
        gan_trainer_release(t);
    }
}

/* ---- what a step does ---- */

/* Every objective, noise on what is judged, and, but for a penalty between them, samples that are
 * not as many. */
TEST(all_losses)
{
    static const char *const losses[] = {"minimax", "non_saturating", "lsgan",
                                         "hinge",   "wgan",           "wgan_gp"};
    static const char *const kinds[] = {"translate", "discogan", "dualgan"};
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < (k == 2 ? 6 : 4); i++) {
            char spec[96];
            snprintf(spec, sizeof spec, "%s directions=2 instance_noise=0.1 loss=%s", kinds[k],
                     losses[i]);
            gan_trainer *t = make_with(spec, k == 1 ? matched : unlike);
            for (int step = 0; step < 3; step++) {
                feed_one(t, "x", 1 + i, XH, XW, 1);
                feed_one(t, "y", i == 5 ? 1 + i : 6 - i, 2 * XH, 2 * XW, 3);
                must(gan_trainer_step(t));
            }
            CHECK(isfinite(value_of(t, "loss.generators")) &&
                  isfinite(value_of(t, "loss.discriminators")));
            CHECK(value_of(t, "gradient.generators") > 0);
            CHECK(value_of(t, "gradient.discriminators") > 0);
            gan_trainer_release(t);
        }
}

static int weights_equal(const gan_trainer *a, const gan_trainer *b, const char *role)
{
    const gan_model *one = gan_trainer_model(a, role, 0), *two = gan_trainer_model(b, role, 0);
    int equal = one->store_count == two->store_count;
    for (size_t i = 0; equal && i < one->store_count; i++)
        equal = !memcmp(one->stores[i]->weights, two->stores[i]->weights,
                        (size_t)one->stores[i]->weight_count * sizeof(float));
    return equal;
}

/* In a context of its own, which end_apart ends. */
static gan_trainer *run_apart(const char *spec, int64_t steps, gan_context **kept)
{
    *kept = begin_apart("threads=2 seed=11");
    gan_trainer *t = make(spec);
    must(gan_trainer_run(t, steps, NULL, NULL));
    return t;
}

static void check_same_way(const char *one, const char *two, int64_t steps, int count)
{
    gan_context *kept[2];
    gan_trainer *a = run_apart(one, steps, &kept[0]);
    gan_context *own = context;
    context = kept[0];
    gan_trainer *b = run_apart(two, steps, &kept[1]);
    for (int i = 0; i < count; i++) {
        const int role = count == 4 ? i : 3 * i; /* xy and discriminator_y */
        if (!CHECK(weights_equal(a, b, roles[role]))) printf("    %s: %s\n", two, roles[role]);
    }
    gan_trainer_release(b);
    end_apart(kept[1]);
    gan_trainer_release(a);
    gan_context_release(own);
}

/* translate both ways is cyclegan without its cycle; and either way goes alone as with the other.
 */
TEST(what_is_left_out)
{
    texts = alike;
    check_same_way("cyclegan cycle=0 identity=0 pool=3", "translate directions=2 pool=3", 9, 4);
    check_same_way("translate directions=2 pool=3 identity=1", "translate pool=3 identity=1", 9, 2);
    texts = unlike;
}

/* The first step is the discriminators' alone, as every d_every-th is. */
TEST(turns_of_discogan)
{
    gan_context *kept = begin_apart("threads=2 seed=11");
    texts = alike_matched;
    gan_trainer *t = make("discogan d_every=4 batch=2"),
                *still = make("discogan d_every=4 batch=2");
    for (int k = 0; k < 9; k++) {
        for (int role = 0; role < 4; role++) {
            gan_model *from = gan_trainer_model(t, roles[role], 0);
            gan_model *to = gan_trainer_model(still, roles[role], 0);
            for (size_t i = 0; i < from->store_count; i++)
                memcpy(to->stores[i]->weights, from->stores[i]->weights,
                       (size_t)from->stores[i]->weight_count * sizeof(float));
        }
        must(gan_trainer_step(t));
        for (int role = 0; role < 4; role++)
            CHECK_INT(weights_equal(t, still, roles[role]), (role < 2) == (k % 4 == 0));
        CHECK_INT(isnan(value_of(t, "loss.generators")), k == 0);
    }
    texts = unlike;
    gan_trainer_release(t);
    gan_trainer_release(still);
    end_apart(kept);
}

/* After a step no weight of a critic is larger than the clip, and with a penalty some are. */
TEST(critics_are_cut)
{
    for (int penalty = 0; penalty < 2; penalty++) {
        gan_trainer *t = make(penalty ? "dualgan penalty=r1 d_steps=2" : "dualgan clip=0.03");
        must(gan_trainer_run(t, 2, NULL, NULL));
        for (int role = 2; role < 4; role++) {
            const gan_model *d = gan_trainer_model(t, roles[role], 0);
            float largest = 0;
            for (size_t i = 0; i < d->store_count; i++)
                for (int64_t k = 0; k < d->stores[i]->weight_count; k++)
                    largest = fmaxf(largest, fabsf(d->stores[i]->weights[k]));
            CHECK(penalty ? largest > 0.03F : largest <= 0.03F && largest > 0.02F);
        }
        gan_trainer_release(t);
    }
}

/* Identity and features are asked of every kind, and move its generators. */
TEST(what_all_may_ask_for)
{
    static const char *const specs[] = {"translate identity=3 perceptual=3",
                                        "discogan identity=3 perceptual=3",
                                        "dualgan cycle=1e-6 identity=3 perceptual=3"};
    for (int k = 0; k < 3; k++) {
        const char *given[ROLES] = {SAME, SAME, SAME_D, SAME_D, "input 4 6 1; conv2d 2 kernel=1"};
        if (k == 1) given[2] = given[3] = SAME_D BOTH;
        gan_trainer *t = make_with(specs[k], given);
        double first[2] = {0, 0};
        set_one(t, "x", make_pictures(7, XH, XW, 1));
        set_one(t, "y", make_pictures(5, XH, XW, 1));
        must(gan_trainer_set_optimizer(t, "generators", "adam lr=0.01"));
        must(gan_trainer_set_optimizer(t, "discriminators", "sgd lr=0"));
        for (int step = 0; step < 80; step++) {
            must(gan_trainer_step(t));
            if (step == 1) first[0] = value_of(t, "loss.identity.y");
            if (step == 1) first[1] = value_of(t, "loss.perceptual.x");
        }
        CHECK(value_of(t, "loss.identity.y") < 0.8 * first[0]);
        CHECK(value_of(t, "loss.perceptual.x") < 0.8 * first[1]);
        gan_trainer_release(t);
    }
}

/* ---- the same bits: data begins anew at unlike steps, pools are full, dependence is looked at
 * again after 20 ---- */

static const bits_training training = {make, set_both, 22}, briefly = {make, set_both, 7};
static const char *const bit_specs[][2] = {
    {"translate batch=1 pool=3 average=0.9", NULL},
    {"translate batch=3 directions=2 instance_noise=0.1", NULL},
    {"cyclegan identity=0 directions=1 pool=2", NULL},
    {"discogan batch=2 curriculum=5 average=0.9", "matched"},
    {"dualgan batch=1 average=0.9", NULL},
    {"dualgan batch=2 loss=wgan penalty=r1 penalty_every=3 d_steps=2", NULL},
};
enum { BIT_SPECS = sizeof bit_specs / sizeof bit_specs[0] };

TEST(resumed_at_every_step)
{
    for (int i = 0; i < BIT_SPECS; i++) {
        texts = bit_specs[i][1] ? matched : unlike;
        bits_resumed(i == 0 ? &training : &briefly, bit_specs[i][0]);
    }
    texts = unlike;
}

TEST(threads_and_tiers)
{
    for (int i = 0; i < BIT_SPECS; i++) {
        texts = bit_specs[i][1] ? matched : unlike;
        bits_everywhere(i == 0 ? &training : &briefly, bit_specs[i][0]);
    }
    texts = unlike;
}

/* ---- steps that fail, and memory ---- */

static float set_weight(gan_trainer *t, const char *role, float weight)
{
    gan_model *model = gan_trainer_model(t, role, 0);
    float *first = &model->stores[0]->weights[0], before = *first;
    *first = weight;
    model->stores[0]->version++;
    return before;
}

/* A step that breaks in any network leaves a trainer that goes on like one that has never failed.
 */
static void check_failures(const char *spec)
{
    gan_context *kept = begin_apart("threads=2 seed=11");
    gan_trainer *whole = make(spec);
    end_apart(kept);
    kept = begin_apart("threads=2 seed=11");
    gan_trainer *broken = make(spec);
    for (int64_t k = 0; k < briefly.steps; k++) {
        for (int role = 0; role < 4; role++) {
            if (!has_role(broken, roles[role])) continue;
            const float weight = set_weight(broken, roles[role], NAN);
            CHECK_STATUS(gan_trainer_step(broken), GAN_E_DIVERGED);
            set_weight(broken, roles[role], weight);
        }
        gan_tensor *a = bits_after(whole, k + 1), *b = bits_after(broken, k + 1);
        CHECK(bits_equal(a, b));
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    gan_trainer_release(whole);
    gan_trainer_release(broken);
    end_apart(kept);
}

TEST(a_failed_step_was_never_made)
{
    for (int i = 0; i < BIT_SPECS; i++) {
        texts = bit_specs[i][1] ? matched : unlike;
        check_failures(bit_specs[i][0]);
    }
    texts = unlike;
}

TEST(steps_allocate_nothing_after_a_check)
{
    for (int i = 0; i < BIT_SPECS; i++) {
        fault_host fault = {0};
        gan_context *kept = begin_faulty(&fault);
        texts = bit_specs[i][1] ? matched : unlike;
        gan_trainer *t = make(bit_specs[i][0]);
        must(gan_trainer_check(t));
        const long long before = atomic_load(&fault.allocations);
        must(gan_trainer_run(t, 2 * training.steps, NULL, NULL));
        CHECK_INT(atomic_load(&fault.allocations) - before, 0);
        gan_trainer_release(t);
        end_apart(kept);
        CHECK_INT(atomic_load(&fault.live), 0);
    }
    texts = unlike;
}

int main(void)
{
    rig_open(2, "direct.tmp");
    RUN(members);
    RUN(values);
    RUN(settings);
    RUN(options_that_do_not_go_together);
    RUN(roles_and_shapes_that_do_not_go_together);
    RUN(all_losses);
    RUN(what_is_left_out);
    RUN(turns_of_discogan);
    RUN(critics_are_cut);
    RUN(what_all_may_ask_for);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    RUN(steps_allocate_nothing_after_a_check);
    return rig_close();
}
