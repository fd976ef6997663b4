/* test_cogan.c: coupled generators: what they refuse and what they call it, that what they share
 * has one set of weights and of moments, what one noise makes, classes of what had no labels; and
 * that a training that is interrupted anywhere, or runs on other threads or another CPU tier, has
 * the same bits. */
#include "coded.h"

static const coded_part parts[] = {
    {"trunk", "input 5; dense 48; reshape 4 4 3; batchnorm affine=no; prelu"},
    {"tail", "input 4 4 4; conv2d 5 kernel=2 stride=2; leaky_relu 0.2"},
    {"judge", "input 2 2 5; dense 1"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

#define G_X "input 5; part trunk; conv2d 2 kernel=3 pad=1; tanh"
#define G_Y "input 5; part trunk; conv_transpose2d 1 kernel=2 stride=2; tanh"
#define D_X "input 4 4 2; conv2d 4 kernel=3 pad=1; "
#define D_Y "input 8 8 1; conv2d 4 kernel=2 stride=2; "
#define ONE "part tail; part judge; affine 1 0"

static const char *const whole[] = {
    "generator_x",     G_X,     "generator_y", G_Y, "discriminator_x", D_X ONE,
    "discriminator_y", D_Y ONE, NULL};

static gan_trainer *make_bare(const char *spec, const char *const *texts)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    coded_set(t, texts, parts, PARTS);
    return t;
}

static void set_data(gan_trainer *t)
{
    coded_set_data(t, "x", 4, 2, 1);
    coded_set_data(t, "y", 8, 1, 0);
}

static gan_trainer *make_plain(const char *spec)
{
    gan_trainer *t = make_bare(spec, whole);
    set_data(t);
    return t;
}

/* Of a net that says more, classes are of the features, like the score. */
#define MORE_OF(classes)                                                                       \
    "f = part tail; score = dense 1 from f; classes = dense " classes " from f; output score " \
    "classes f"
#define MORE MORE_OF("3")

static const char *const adapted[] = {
    "generator_x",     G_X,      "generator_y", G_Y, "discriminator_x", D_X MORE,
    "discriminator_y", D_Y MORE, NULL};

static gan_trainer *make_adapted(const char *spec)
{
    gan_trainer *t = make_bare(spec, adapted);
    set_data(t);
    return t;
}

/* ---- what is refused ---- */

TEST(options_that_do_not_go_together)
{
    static const char *const texts[][2] = {
        {"cogan labelled=z", "cogan: labelled=z: 'z' is none of the domains x,y"},
        {"cogan domains=a,b labelled=a,c", "cogan: labelled=a,c: 'c' is none of the domains a,b"},
        {"cogan labelled=x,y,x", "cogan: labelled=x,y,x: 'x' is there twice"},
        {"cogan class_weight=3", "cogan: class_weight=3 without labelled=: no classes are learnt"},
        {"cogan loss=wgan",
         "cogan: loss=wgan asks for discriminators whose slope is bounded, as the trainer 'gan' "
         "does and this one does not"},
        {"cogan domains=x,x", "cogan: the domain 'x' is given twice"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, texts[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), texts[i][1]);
    }
}

typedef struct wrong {
    const char *spec, *d_x, *d_y, *g_y; /* NULL: not set */
    int feeds;                          /* how many of x and y have data; -1: y's is of x's size */
    gan_status status;
    const char *message;
} wrong;

static const wrong wrongs[] = {
    {"cogan", NULL, D_Y ONE, G_Y, 2, GAN_E_STATE, "cogan: the role 'discriminator_x' has no model"},
    {"cogan", D_X ONE, D_Y ONE, NULL, 2, GAN_E_STATE, "cogan: the role 'generator_y' has no model"},
    {"cogan", D_X ONE, D_Y ONE, G_Y, 1, GAN_E_STATE, "cogan: the feed 'y' has no data"},
    {"cogan", D_X ONE, D_Y ONE, G_Y, -1, GAN_E_SHAPE,
     "cogan: the generator_y makes pictures of 8x8x1, the feed 'y' has 4x4x2"},
    {"cogan", D_X ONE, D_Y ONE, "input 6; dense 64; reshape 8 8 1", 2, GAN_E_SHAPE,
     "cogan: the generator_x takes noise of 1x1x5, the generator_y takes 1x1x6"},
    {"cogan labelled=x", D_X ONE, D_Y ONE, G_Y, 2, GAN_E_SHAPE,
     "cogan: labelled=x asks for an output 'classes' of the discriminator_x"},
    {"cogan labelled=y", D_X MORE, D_Y MORE, G_Y, 2, GAN_E_STATE,
     "cogan: the feed of the domain 'y' has no labels, which labelled=y asks for"},
    {"cogan", D_X MORE, D_Y ONE, G_Y, 2, GAN_E_SHAPE,
     "cogan: the discriminator_x has 1 outputs of features, the discriminator_y has 0: they are to "
     "be compared"},
    {"cogan", D_X MORE, D_Y "f = conv2d 7 kernel=1; score = conv2d 1 kernel=4; output score f", G_Y,
     2, GAN_E_SHAPE,
     "cogan: features are compared between the discriminators of two domains: number 1 of them is "
     "2x2x5 in one and 4x4x7 in the other"},
};

TEST(roles_and_feeds_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const wrong *w = &wrongs[i];
        const char *texts[9] = {"generator_x", G_X};
        int n = 2;
        if (w->g_y) texts[n++] = "generator_y", texts[n++] = w->g_y;
        if (w->d_x) texts[n++] = "discriminator_x", texts[n++] = w->d_x;
        texts[n++] = "discriminator_y";
        texts[n++] = w->d_y;
        texts[n] = NULL;
        gan_trainer *t = make_bare(w->spec, texts);
        coded_set_data(t, "x", 4, 2, 1);
        if (w->feeds == 2) coded_set_data(t, "y", 8, 1, 0);
        if (w->feeds < 0) coded_set_data(t, "y", 4, 2, 0);
        CHECK_STATUS(gan_trainer_check(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        CHECK_STATUS(gan_trainer_step(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        gan_trainer_release(t);
    }
}

/* Two optimisers cannot train one part. */
TEST(a_part_of_a_generator_and_a_discriminator)
{
    static const char *const texts[] = {
        "generator_x",
        "input 5; dense 64; reshape 4 4 4; part tail; dense 32; reshape 4 4 2",
        "generator_y",
        G_Y,
        "discriminator_x",
        D_X ONE,
        "discriminator_y",
        D_Y ONE,
        NULL};
    gan_trainer *t = make_bare("cogan", texts);
    set_data(t);
    CHECK_STATUS(gan_trainer_step(t), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context),
               "cogan: 'tail.0.weight' is in the generator_x and in the discriminator_x, which the "
               "groups generators and discriminators would both train");
    gan_trainer_release(t);
}

/* ---- what is shared ---- */

static int same_weights(gan_trainer *t, const char *a, const char *b, const char *name)
{
    int64_t counts[2];
    float *first = coded_weight(t, a, name, &counts[0]),
          *second = coded_weight(t, b, name, &counts[1]);
    const int same =
        counts[0] == counts[1] && !memcmp(first, second, (size_t)counts[0] * sizeof *first);
    free(first);
    free(second);
    return same;
}

/* Of each domain's own layers one, and one of each part, which has taken every step once. */
TEST(parts_have_one_set_of_weights_and_moments)
{
    gan_trainer *t = make_plain("cogan batch=4");
    must(gan_trainer_run(t, 3, NULL, NULL));
    CHECK(same_weights(t, "generator_x", "generator_y", "trunk.0.weight"));
    CHECK(same_weights(t, "generator_x", "generator_y", "trunk.2.running_mean"));
    CHECK(same_weights(t, "discriminator_x", "discriminator_y", "tail.0.weight"));
    CHECK_INT(coded_stores(t, "generators", 3), 3);
    CHECK_INT(coded_stores(t, "discriminators", 3), 4);
    gan_trainer_release(t);
}

/* Once for the discriminators and once for the generators, in each step, whatever the domains. */
TEST(what_generators_share_is_computed_once)
{
    gan_trainer *t = make_plain("cogan batch=4");
    must(gan_trainer_run(t, 3, NULL, NULL));
    int64_t count;
    float *passes = coded_weight(t, "generator_y", "trunk.2.num_batches_tracked", &count);
    CHECK_INT(count, 1);
    CHECK(passes[0] == 6);
    free(passes);
    gan_trainer_release(t);
}

/* ---- what it makes ---- */

/* A picture of each domain of one noise, side by side. */
TEST(pairs_of_one_noise)
{
    gan_trainer *t = make_plain("cogan batch=4");
    gan_tensor *shown;
    int64_t columns;
    must(gan_trainer_run(t, 2, NULL, NULL));
    must(gan_trainer_show(&shown, &columns, t, "noise", 5, 0));
    CHECK_INT(columns, 2);
    CHECK_INT(gan_tensor_shape(shown)[0], 10);
    CHECK_INT(gan_tensor_shape(shown)[1], 8);
    gan_tensor_release(shown);
    gan_trainer_release(t);
}

/* Of domains d0, d1, ... */
static gan_trainer *make_many(int domains, const char *judge)
{
    char spec[512] = "cogan batch=3 domains=d0";
    gan_trainer *t;
    gan_model *models[PARTS];
    for (int d = 1; d < domains; d++)
        snprintf(spec + strlen(spec), sizeof spec - strlen(spec), ",d%d", d);
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < PARTS; i++) must(gan_model_parse(&models[i], context, parts[i].text));
    for (int d = 0; d < 2 * domains; d++) {
        char role[32];
        snprintf(role, sizeof role, "%s_d%d", d % 2 ? "generator" : "discriminator", d / 2);
        gan_model *model = coded_model(d % 2 ? G_X : judge, parts, models, PARTS);
        must(gan_trainer_set_model(t, role, model));
        gan_model_release(model);
        if (d % 2) coded_set_data(t, strchr(role, '_') + 1, 4, 2, 0);
    }
    for (int i = 0; i < PARTS; i++) gan_model_release(models[i]);
    return t;
}

#define THREE(a, b, c) \
    "f" #a " = affine 1 0 from f; f" #b " = affine 1 0 from f; f" #c " = affine 1 0 from f; "
#define OF_TWELVE                                                                       \
    "input 4 4 2; f = conv2d 1; score = dense 1 from f; " THREE(0, 1, 2) THREE(3, 4, 5) \
        THREE(6, 7, 8) THREE(9, 10, 11) "output score f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11"

/* Discriminators of 12 features each among them: 336 pairs are compared. */
TEST(any_number_of_domains)
{
    static const struct {
        int domains;
        const char *judge, *last;
    } cases[] = {
        {5, D_X ONE, "accuracy.fake.d4"},
        {29, OF_TWELVE, "accuracy.fake.d28"},
    };
    for (int i = 0; i < 2; i++) {
        double value;
        gan_trainer *t = make_many(cases[i].domains, cases[i].judge);
        must(gan_trainer_run(t, 2, NULL, NULL));
        must(gan_trainer_value(t, cases[i].last, &value));
        CHECK(value >= 0 && value <= 1);
        gan_trainer_release(t);
    }
}

TEST(labels_beyond_the_classes_name_their_domain)
{
    const char *texts[] = {"generator_x",
                           G_X,
                           "generator_y",
                           G_Y,
                           "discriminator_x",
                           D_X MORE_OF("1"),
                           "discriminator_y",
                           D_Y MORE_OF("1"),
                           NULL};
    gan_trainer *t = make_bare("cogan batch=4 labelled=x", texts);
    coded_set_data(t, "x", 4, 2, 1);
    coded_set_data(t, "y", 8, 1, 0);
    CHECK_STATUS(gan_trainer_step(t), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(context),
                 "cogan: classes of the domain 'x': cross_entropy: label "));
    gan_trainer_release(t);
}

/* Labels of x alone are asked for: those of y, were they there, change nothing. */
TEST(labels_of_other_domains_are_not_used)
{
    gan_tensor *ends[2];
    for (int i = 0; i < 2; i++) {
        gan_context *own = context;
        must(gan_context_create(&context, "threads=2 seed=3", NULL, NULL, 0));
        gan_trainer *t = make_bare("cogan batch=4 labelled=x", adapted);
        coded_set_data(t, "x", 4, 2, 1);
        coded_set_data(t, "y", 8, 1, i);
        must(gan_trainer_run(t, 3, NULL, NULL));
        int64_t count;
        float *weight = coded_weight(t, "discriminator_y", "classes.weight", &count);
        must(gan_tensor_create(&ends[i], own, GAN_FLOAT32, 1, &count));
        memcpy(gan_tensor_data(ends[i]), weight, (size_t)count * sizeof *weight);
        free(weight);
        gan_trainer_release(t);
        gan_context_release(context);
        context = own;
    }
    CHECK(!memcmp(gan_tensor_data(ends[0]), gan_tensor_data(ends[1]),
                  (size_t)gan_tensor_count(ends[0]) * sizeof(float)));
    for (int i = 0; i < 2; i++) gan_tensor_release(ends[i]);
}

/* ---- the same bits ---- */

static const bits_training plain = {make_plain, set_data, 6};
static const bits_training more = {make_adapted, set_data, 6};

TEST(resumed_at_every_step)
{
    bits_resumed(&plain, "cogan batch=4");
    bits_resumed(&more, "cogan batch=4 labelled=x average=0.9 noise=uniform");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&more, "cogan batch=4 labelled=x average=0.9");
}

int main(void)
{
    rig_open(BATCH, "cogan.tmp");
    RUN(options_that_do_not_go_together);
    RUN(roles_and_feeds_that_do_not_go_together);
    RUN(a_part_of_a_generator_and_a_discriminator);
    RUN(parts_have_one_set_of_weights_and_moments);
    RUN(what_generators_share_is_computed_once);
    RUN(pairs_of_one_noise);
    RUN(any_number_of_domains);
    RUN(labels_beyond_the_classes_name_their_domain);
    RUN(labels_of_other_domains_are_not_used);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    return rig_close();
}
