/* test_vaegan.c: auto-encoders with a discriminator, of one domain and of several, and the
 * discriminator of codes: what they refuse and what they call it, names, routes, what is shared;
 * and that a training that is interrupted anywhere, or runs on other threads or another CPU tier,
 * has the same bits. */
#include "coded.h"

static const coded_part parts[] = {
    {"tail", "input 4 4 3; dense 6 bias=no; batchnorm; relu"},
    {"head", "input 3; dense 48 bias=no; reshape 4 4 3; batchnorm; dropout 0.1; relu"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

#define CODED "h = part tail; mean = dense 3 from h; log_variance = dense 3 from h;" BOTH
#define BOTH " output mean log_variance"
#define E_X "input 4 4 2; conv2d 3 kernel=3 pad=1; " CODED
#define E_Y "input 8 8 1; conv2d 3 kernel=2 stride=2; " CODED
#define G_X "input 3; part head; conv2d 2 kernel=3 pad=1; tanh"
#define G_Y "input 3; part head; conv_transpose2d 1 kernel=2 stride=2; tanh"
#define D_ALL                                                                                      \
    "f = leaky_relu 0.2; conv2d 4 kernel=3 bias=no; batchnorm; g = leaky_relu 0.2; score = dense " \
    "1;"                                                                                           \
    " output score f g"
#define D_X "input 4 4 2; conv2d 3 kernel=3 pad=1; " D_ALL
#define D_Y "input 8 8 1; conv2d 3 kernel=2 stride=2; " D_ALL
#define D_PLAIN "input 4 4 2; conv2d 3 kernel=3 pad=1; leaky_relu 0.2; dense 1"

static const char *const alone[] = {"encoder", E_X, "decoder", G_X, "discriminator", D_X, NULL};
static const char *const both[] = {"encoder_x", E_X, "encoder_y",       E_Y, "decoder_x",       G_X,
                                   "decoder_y", G_Y, "discriminator_x", D_X, "discriminator_y", D_Y,
                                   NULL};
static const char *const one_score[] = {
    "discriminator_code", "input 3; dense 4; batchnorm; leaky_relu 0.2; dense 1", NULL};
static const char *const two_scores[] = {"discriminator_code", "input 3; dense 4; tanh; dense 2",
                                         NULL};

static gan_trainer *make_bare(const char *spec, const char *const *texts)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    coded_set(t, texts, parts, PARTS);
    return t;
}

static void set_alone(gan_trainer *t)
{
    coded_set_data(t, "real", 4, 2, 0);
}

static void set_both(gan_trainer *t)
{
    coded_set_data(t, "x", 4, 2, 0);
    coded_set_data(t, "y", 8, 1, 0);
}

static gan_trainer *make_alone(const char *spec)
{
    gan_trainer *t = make_bare(spec, alone);
    set_alone(t);
    return t;
}

static gan_trainer *make_both(const char *spec)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    /* Parts are of all networks: they are set in one go. */
    coded_set(t, both, parts, PARTS);
    if (strstr(spec, "domain_discriminator"))
        coded_set(t, strstr(spec, "reversal") ? two_scores : one_score, parts, 0);
    set_both(t);
    return t;
}

/* ---- what is refused ---- */

TEST(options_that_do_not_go_together)
{
    static const char *const texts[][2] = {
        {"vaegan loss=wgan_gp", "vaegan: loss=wgan_gp asks for discriminators whose slope is "
                                "bounded, as the trainer 'gan' "
                                "does and this one does not"},
        {"vaegan augment=flip",
         "vaegan: augment= changes what the discriminator sees by chance, and so its features, "
         "which reconstruction=features compares; reconstruction=pixels does not"},
        {"vaegan instance_noise=0.1",
         "vaegan: instance_noise= changes what the discriminator sees by chance, and so its "
         "features, which reconstruction=features compares; reconstruction=pixels does not"},
        {"vaegan semantic=0.5",
         "vaegan: semantic=0.5 with the one domain 'image': nothing is translated"},
        {"vaegan domain_discriminator=yes",
         "vaegan: domain_discriminator=yes with the one domain 'image': there is nothing to guess"},
        {"vaegan domains=a,b domain_weight=2",
         "vaegan: domain_weight=2 without domain_discriminator=yes: nothing is weighted"},
        {"vaegan domains=a,b domain_fooling=reversal",
         "vaegan: domain_fooling=reversal without domain_discriminator=yes: there is nobody to "
         "fool"},
        {"vaegan domains=a,b domain_steps=2",
         "vaegan: domain_steps=2 without domain_discriminator=yes domain_fooling=alternating: "
         "nobody learns in turns"},
        {"vaegan domains=a,b domain_discriminator=yes domain_fooling=reversal domain_steps=3",
         "vaegan: domain_steps=3 without domain_discriminator=yes domain_fooling=alternating: "
         "nobody learns in turns"},
        {"vaegan domains=a,code",
         "vaegan: there would be two spaces 'code': a domain must be called otherwise"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, texts[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), texts[i][1]);
    }
}

typedef struct wrong {
    const char *spec, *encoder, *discriminator, *code; /* NULL: not set */
    gan_status status;
    const char *message;
} wrong;

static const wrong wrongs[] = {
    {"vaegan", NULL, D_X, NULL, GAN_E_STATE, "vaegan: the role 'encoder' has no model"},
    {"vaegan", E_X, NULL, NULL, GAN_E_STATE, "vaegan: the role 'discriminator' has no model"},
    {"vaegan", E_X, D_PLAIN, NULL, GAN_E_SHAPE,
     "vaegan: reconstruction=features compares further outputs of the discriminator, which has "
     "none; reconstruction=pixels does without"},
    {"vaegan reconstruction=pixels", E_X, D_PLAIN, NULL, GAN_OK, ""},
    {"vaegan", "input 4 4 2; dense 3", D_X, NULL, GAN_E_SHAPE,
     "vaegan: the encoder has 1 output (unnamed), its role has 2 (mean, log_variance): "
     "'log_variance' is missing"},
    {"vaegan", "input 4 4 2; h = dense 4; mean = dense 2; log_variance = dense 2 from h;" BOTH, D_X,
     NULL, GAN_E_SHAPE, "vaegan: the encoder's mean has codes of 1x1x2, the decoder takes 1x1x3"},
};

TEST(roles_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const wrong *w = &wrongs[i];
        const char *texts[7] = {"decoder", G_X};
        int n = 2;
        if (w->encoder) texts[n++] = "encoder", texts[n++] = w->encoder;
        if (w->discriminator) texts[n++] = "discriminator", texts[n++] = w->discriminator;
        texts[n] = NULL;
        gan_trainer *t = make_bare(w->spec, texts);
        set_alone(t);
        CHECK_STATUS(gan_trainer_check(t), w->status);
        if (w->status != GAN_OK) CHECK_TEXT(gan_context_message(context), w->message);
        CHECK_STATUS(gan_trainer_step(t), w->status);
        gan_trainer_release(t);
    }
}

TEST(a_discriminator_of_codes_that_does_not_fit)
{
    static const char *const nets[][3] = {
        {NULL, NULL, "vaegan: the role 'discriminator_code' has no model"},
        {"discriminator_code", "input 3; dense 3",
         "vaegan: the discriminator_code gives 3 scores, and there are 2 domains: one for each of "
         "them, or, of two, one"},
        {"discriminator_code", "input 4; dense 1",
         "vaegan: the encoder_x's mean has codes of 1x1x3, the discriminator_code takes 1x1x4"},
    };
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        const char *const texts[] = {nets[i][0], nets[i][1], NULL};
        gan_trainer *t = make_bare("vaegan domains=x,y domain_discriminator=yes batch=4", both);
        coded_set(t, texts, parts, 0);
        set_both(t);
        CHECK_STATUS(gan_trainer_check(t), i == 0 ? GAN_E_STATE : GAN_E_SHAPE);
        CHECK_TEXT(gan_context_message(context), nets[i][2]);
        gan_trainer_release(t);
    }
}

/* ---- names ---- */

static void list_members(gan_trainer *t, const char *type, char out[512])
{
    *out = 0;
    for (int32_t i = 0; i < gan_trainer_member_count(t); i++)
        if (!strcmp(gan_trainer_member(t, i, "type"), type))
            snprintf(out + strlen(out), 512 - strlen(out), "%s%s", *out ? ", " : "",
                     gan_trainer_member(t, i, "name"));
}

/* One domain has no name in those of its roles, feeds and values. */
TEST(what_is_called_how)
{
    char list[512];
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "vaegan"));
    list_members(t, "role", list);
    CHECK_TEXT(list, "encoder, decoder, discriminator");
    list_members(t, "feed", list);
    CHECK_TEXT(list, "real, noise, noise.prior");
    list_members(t, "group", list);
    CHECK_TEXT(list, "encoder, decoder, discriminator");
    list_members(t, "route", list);
    CHECK_TEXT(list, "image > code > image, image > code, code > image, code > image > code");
    gan_trainer_release(t);
    must(gan_trainer_create(&t, context, "vaegan domains=x,y domain_discriminator=yes"));
    list_members(t, "role", list);
    CHECK_TEXT(list, "encoder_x, encoder_y, decoder_x, decoder_y, discriminator_x, "
                     "discriminator_y, discriminator_code");
    list_members(t, "feed", list);
    CHECK_TEXT(list, "x, y, noise.x, noise.y, noise.prior.x, noise.prior.y");
    list_members(t, "group", list);
    CHECK_TEXT(list, "encoder, decoder, discriminator, discriminator_code");
    gan_trainer_release(t);
}

/* The published setting, of every group. */
TEST(reference_settings)
{
    gan_trainer *t = make_alone("vaegan batch=4");
    double rate;
    must(gan_trainer_step(t));
    must(gan_trainer_value(t, "rate.encoder", &rate));
    CHECK_NEAR(rate, 3e-4, 1e-12);
    CHECK_TEXT(t->optimizers[0]->kind->kind.name, "rmsprop");
    gan_trainer_release(t);
}

/* ---- several domains ---- */

/* Without a common part, and with none of the options, each learns as if it were alone; the feeds'
 * orders and what is drawn are those of places in the step, so everything is fed. */
TEST(domains_without_a_tie_are_apart)
{
    static const char *const feeds[2][3] = {{"real", "noise", "noise.prior"},
                                            {"x", "noise.x", "noise.prior.x"}};
    double values[2][2];
    for (int i = 0; i < 2; i++) {
        static const char *const texts[2][7] = {
            {"encoder",
             "input 4 4 2; h = dense 6; mean = dense 3; log_variance = dense 3 from h;"
             " output mean log_variance",
             "decoder", "input 3; dense 32; reshape 4 4 2", "discriminator", D_PLAIN, NULL},
            {"encoder_x",
             "input 4 4 2; h = dense 6; mean = dense 3; log_variance = dense 3 from h;"
             " output mean log_variance",
             "decoder_x", "input 3; dense 32; reshape 4 4 2", "discriminator_x", D_PLAIN, NULL}};
        static const char *const other[] = {"encoder_y",       E_Y, "decoder_y", G_Y,
                                            "discriminator_y", D_Y, NULL};
        gan_context *own = context;
        must(gan_context_create(&context, "threads=2 seed=3", NULL, NULL, 0));
        gan_trainer *t = make_bare(i ? "vaegan domains=x,y reconstruction=pixels"
                                     : "vaegan reconstruction=pixels",
                                   texts[i]);
        if (i) coded_set(t, other, parts, PARTS);
        for (int step = 0; step < 3; step++) {
            gan_tensor *x = coded_pictures(BATCH, 4, 2), *z = coded_pictures(BATCH, 1, 3);
            gan_tensor *y = coded_pictures(2, 8, 1);
            must(gan_trainer_feed(t, feeds[i][0], x));
            must(gan_trainer_feed(t, feeds[i][1], z));
            must(gan_trainer_feed(t, feeds[i][2], z));
            if (i) must(gan_trainer_feed(t, "y", y));
            must(gan_trainer_step(t));
            gan_tensor_release(x);
            gan_tensor_release(y);
            gan_tensor_release(z);
        }
        must(gan_trainer_value(t, i ? "loss.reconstruction.x" : "loss.reconstruction",
                               &values[i][0]));
        must(gan_trainer_value(t, i ? "score.sample.x" : "score.sample", &values[i][1]));
        gan_trainer_release(t);
        gan_context_release(context);
        context = own;
    }
    CHECK_NEAR(values[0][0], values[1][0], 0);
    CHECK_NEAR(values[0][1], values[1][1], 0);
}

/* Of each domain's own layers one, and one of the part. */
TEST(parts_have_one_set_of_moments)
{
    gan_trainer *t = make_both("vaegan domains=x,y batch=4 domain_discriminator=yes");
    must(gan_trainer_run(t, 3, NULL, NULL));
    CHECK_INT(coded_stores(t, "encoder", 3), 3);
    CHECK_INT(coded_stores(t, "decoder", 3), 3);
    CHECK_INT(coded_stores(t, "discriminator_code", 3), 1);
    gan_trainer_release(t);
}

/* In a step it learns so often, of codes that stay as they are: it comes to tell them better than
 * than by one update, and where nobody heeds it the encoders notice nothing. */
TEST(a_discriminator_of_codes_learns_in_turns)
{
    static const char *const specs[2] = {
        "vaegan domains=x,y batch=4 domain_discriminator=yes domain_weight=0",
        "vaegan domains=x,y batch=4 domain_discriminator=yes domain_weight=0 domain_steps=5"};
    double encoder[2], codes[2];
    for (int i = 0; i < 2; i++) {
        gan_context *own = context;
        must(gan_context_create(&context, "threads=2 seed=3", NULL, NULL, 0));
        gan_trainer *t = make_both(specs[i]);
        must(gan_trainer_run(t, 1, NULL, NULL));
        CHECK_INT(coded_stores(t, "discriminator_code", i ? 5 : 1), 1);
        must(gan_trainer_value(t, "loss.encoder", &encoder[i]));
        must(gan_trainer_value(t, "loss.discriminator_code", &codes[i]));
        gan_trainer_release(t);
        gan_context_release(context);
        context = own;
    }
    CHECK_NEAR(encoder[0], encoder[1], 0);
    CHECK(codes[1] < codes[0]);
}

/* From one domain through the code to the other, by one route; and from the prior to both. */
TEST(ways_through_the_common_code)
{
    gan_trainer *t = make_both("vaegan domains=x,y batch=4");
    gan_model *route;
    gan_tensor *shown;
    int64_t columns;
    must(gan_trainer_run(t, 1, NULL, NULL));
    must(gan_trainer_route(&route, t, "x > code > y", 0));
    gan_model_release(route);
    must(gan_trainer_show(&shown, &columns, t, "code", 3, 0));
    CHECK_INT(columns, 2);
    gan_tensor_release(shown);
    must(gan_trainer_show(&shown, &columns, t, "x", 3, 0));
    CHECK_INT(columns, 4); /* the picture, its reconstruction, its translation, that brought back */
    gan_tensor_release(shown);
    gan_trainer_release(t);
}

/* ---- the same bits ---- */

static const bits_training of_one = {make_alone, set_alone, 6};
static const bits_training of_two = {make_both, set_both, 6};

TEST(resumed_at_every_step)
{
    bits_resumed(&of_one, "vaegan batch=4 average=0.9");
    bits_resumed(&of_two,
                 "vaegan domains=x,y batch=4 semantic=1 domain_discriminator=yes domain_steps=2");
    bits_resumed(&of_two, "vaegan domains=x,y batch=4 reconstruction=pixels instance_noise=0.1 "
                          "domain_discriminator=yes domain_fooling=reversal");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&of_one, "vaegan batch=4");
    bits_everywhere(&of_two, "vaegan domains=x,y batch=4 semantic=1 domain_discriminator=yes");
}

int main(void)
{
    rig_open(BATCH, "vaegan.tmp");
    RUN(options_that_do_not_go_together);
    RUN(roles_that_do_not_go_together);
    RUN(a_discriminator_of_codes_that_does_not_fit);
    RUN(what_is_called_how);
    RUN(reference_settings);
    RUN(domains_without_a_tie_are_apart);
    RUN(parts_have_one_set_of_moments);
    RUN(a_discriminator_of_codes_learns_in_turns);
    RUN(ways_through_the_common_code);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    return rig_close();
}
