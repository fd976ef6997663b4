/* test_tables.c: the tables of all trainings that the library is for, as far as they name things:
 * what follows from their rows, with no word that is about one of them. */
#include "test.h"

#include <gan/gan.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/text.h"
#include "train/routes.h"
#include "train/trainer.h"

#include <stddef.h>

typedef struct table_options {
    gan__trainer_common common;
    char *domains;
    int64_t pack, pool;
    int32_t perceptual, judge, classes;
} table_options;

static const gan__option table_own[] = {
    {"domains", GAN__OPTION_TEXT, 0, "x,y", 0, 0, NULL, offsetof(table_options, domains), ""},
    {"pack", GAN__OPTION_INTEGER, 0, "1", 1, 8, NULL, offsetof(table_options, pack), ""},
    {"pool", GAN__OPTION_INTEGER, 0, "50", 0, 1000, NULL, offsetof(table_options, pool), ""},
    {"perceptual", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(table_options, perceptual),
     ""},
    {"judge", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(table_options, judge), ""},
    {"classes", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(table_options, classes), ""},
};

static const gan__option_block table_blocks[] = {
    GAN__BLOCK(table_own),
    GAN__BLOCK_IN(gan__trainer_common_options, table_options, common, NULL),
};

static const char *table_domains(const void *options)
{
    return ((const table_options *)options)->domains;
}

static int64_t table_pool(const void *options)
{
    return ((const table_options *)options)->pool;
}

static bool wants_teacher(const void *options)
{
    return ((const table_options *)options)->perceptual;
}

static bool wants_judge(const void *options)
{
    return ((const table_options *)options)->judge;
}

static bool wants_classes(const void *options)
{
    return ((const table_options *)options)->classes;
}

static gan__prior normal(const void *options)
{
    (void)options;
    return GAN__PRIOR_NORMAL;
}

/* ---- rows ---- */

#define NOISE                             \
    {                                     \
        "noise", GAN__SPACE_NOISE, normal \
    }
#define IMAGE                             \
    {                                     \
        "image", GAN__SPACE_PICTURE, NULL \
    }
#define EACH                          \
    {                                 \
        "*", GAN__SPACE_PICTURE, NULL \
    }
#define CODE                          \
    {                                 \
        "code", GAN__SPACE_CODE, NULL \
    }
#define PRIOR_CODE                      \
    {                                   \
        "code", GAN__SPACE_CODE, normal \
    }
#define SCORE                              \
    {"score", GAN__SPACE_SCORE, NULL},     \
    {                                      \
        "features", GAN__SPACE_SCORE, NULL \
    }
#define GAN(name, group, signature)         \
    {                                       \
        name, group, signature, 0, NULL, "" \
    }
#define TEACHER(signature)                                                              \
    {                                                                                   \
        "teacher", NULL, signature, GAN__ROLE_OPTIONAL, wants_teacher, "keeps features" \
    }
#define CODE_JUDGE                                                        \
    {                                                                     \
        "discriminator_code", "judge", "code > score", 0, wants_judge, "" \
    }
#define REAL                                     \
    {                                            \
        "real", "image", "image", 0, "", 0, NULL \
    }
#define REAL_EACH                              \
    {                                          \
        "real_*", "image", "*", 0, "", 0, NULL \
    }

static const gan__space_row plain_spaces[] = {NOISE, IMAGE, SCORE};
static const gan__space_row prior_spaces[] = {IMAGE, PRIOR_CODE, SCORE};
static const gan__space_row two_spaces[] = {EACH, SCORE};
static const gan__space_row two_noise_spaces[] = {NOISE, EACH, SCORE};
static const gan__space_row common_spaces[] = {EACH, CODE, SCORE};

static const gan__feed_row plain_feeds[] = {REAL};
static const gan__feed_row noise_feeds[] = {
    REAL, {"noise", NULL, "noise", GAN__FEED_BY_HAND, "", 0, NULL}};
static const gan__feed_row two_feeds[] = {REAL_EACH};
static const gan__feed_row class_feeds[] = {
    REAL_EACH, {"real_*", "label", NULL, GAN__FEED_OPTIONAL, "", 0, NULL}};

static const gan__pool_row one_pool[] = {{"negatives", "image", table_pool}};
static const gan__pool_row two_pools[] = {{"fake_*", "*", table_pool}};

static const gan__value_row plain_values[] = {{"loss", NULL, ""}};
static const gan__value_row two_values[] = {
    {"cycle.*", NULL, ""}, {"identity.*", NULL, ""}, {"class.*", wants_classes, ""}};

static const gan__role_row vae_roles[] = {
    GAN("encoder", "autoencoder", "image > mean:code log_variance:code"),
    GAN("decoder", "autoencoder", "code > image")};
static const gan__role_row discriminator_roles[] = {
    GAN("discriminator", "discriminator", "image > score")};
static const gan__role_row gan_roles[] = {
    GAN("generator", "generator", "noise > image"),
    GAN("discriminator", "discriminator", "image(pack) > score")};
static const gan__role_row cycle_roles[] = {
    GAN("xy", "generator", "x > y"), GAN("yx", "generator", "y > x"),
    GAN("discriminator_*", "discriminator", "* > score [features...]"),
    TEACHER("x|y > features:score")};
static const gan__role_row vaegan_roles[] = {
    GAN("encoder", "encoder", "image > mean:code log_variance:code"),
    GAN("decoder", "decoder", "code > image"),
    GAN("discriminator", "discriminator", "image > score [features...]")};
static const gan__role_row cogan_roles[] = {
    GAN("generator_*", "generator", "noise > *"),
    GAN("discriminator_*", "discriminator", "* > score [class:score] [features...]")};
static const gan__role_row unit_roles[] = {
    GAN("encoder_*", "generator", "* > mean:code log_variance:code"),
    GAN("decoder_*", "generator", "code > *"),
    GAN("discriminator_*", "discriminator", "* > score [class:score] [features...]"), CODE_JUDGE};
static const gan__role_row combogan_roles[] = {GAN("encoder_*", "generator", "* > code"),
                                               GAN("decoder_*", "generator", "code > *"),
                                               GAN("discriminator_*", "discriminator", "* > score"),
                                               CODE_JUDGE, TEACHER("* > features:score")};
/* One encoder of all domains, as in domain transfer; an optimiser for each decoder. */
static const gan__role_row transfer_roles[] = {
    GAN("encoder", "encoder", "* > code"), GAN("decoder_*", "decoder_*", "code > *"),
    GAN("discriminator_*", "discriminator", "* > score")};

#define TABLE(kind_name, spaces_, roles_, feeds_, values_, ...)                                \
    {                                                                                          \
        .kind = {.name = kind_name, GAN__BLOCKS(table_blocks), .size = sizeof(table_options)}, \
        GAN__ROWS(space, spaces_), GAN__ROWS(role, roles_), GAN__ROWS(feed, feeds_),           \
        GAN__ROWS(value, values_), __VA_ARGS__                                                 \
    }

#define DOMAINS .domains = table_domains

/* ---- what follows from them ---- */

static const struct {
    gan__trainer_kind kind;
    const char *spec;
    const char *members; /* but for what all have: gradient.GROUP and rate.GROUP */
} tables[] = {
    {TABLE("vae", prior_spaces, vae_roles, plain_feeds, plain_values, .pools = NULL), "vae",
     "role encoder, role decoder, feed real, group autoencoder, value loss, "
     "product encoder (image > code), product decoder (code > image), route image > code > image, "
     "route image > code, route code > image, route code > image > code, sheet code, sheet image"},
    {TABLE("discriminator", plain_spaces, discriminator_roles, plain_feeds, plain_values,
           GAN__ROWS(pool, one_pool)),
     "discriminator",
     "role discriminator, feed real, group discriminator, value loss, "
     "score image > score"},
    {TABLE("gan", plain_spaces, gan_roles, noise_feeds, plain_values, .pools = NULL), "gan pack=4",
     "role generator, role discriminator, feed real, feed noise, group generator, "
     "group discriminator, value loss, product generator (noise > image), route noise > image, "
     "score image > score, sheet noise"},
    {TABLE("discogan", two_spaces, cycle_roles, two_feeds, plain_values, DOMAINS),
     "discogan perceptual=yes",
     "role xy, role yx, role discriminator_x, role discriminator_y, role teacher, feed real_x, "
     "feed real_y, group generator, group discriminator, value loss, product xy (x > y), "
     "product yx (y > x), route x > y > x, route x > y, route y > x, route y > x > y, "
     "sheet x, sheet y"},
    {TABLE("dualgan", two_spaces, cycle_roles, two_feeds, plain_values, DOMAINS), "dualgan",
     "role xy, role yx, role discriminator_x, role discriminator_y, feed real_x, feed real_y, "
     "group generator, group discriminator, value loss, product xy (x > y), product yx (y > x), "
     "route x > y > x, route x > y, route y > x, route y > x > y, "
     "score x > score, score y > score, sheet x, sheet y"},
    {TABLE("vaegan", prior_spaces, vaegan_roles, plain_feeds, plain_values, .pools = NULL),
     "vaegan",
     "role encoder, role decoder, role discriminator, feed real, group encoder, group decoder, "
     "group discriminator, value loss, product encoder (image > code), "
     "product decoder (code > image), route image > code > image, route image > code, "
     "route code > image, route code > image > code, score image > score, "
     "sheet code, sheet image"},
    {TABLE("cogan", two_noise_spaces, cogan_roles, class_feeds, two_values, DOMAINS),
     "cogan classes=yes",
     "role generator_x, role generator_y, role discriminator_x, role discriminator_y, feed real_x, "
     "feed real_y, group generator, group discriminator, value cycle.x, value cycle.y, "
     "value identity.x, value identity.y, value class.x, value class.y, "
     "product generator_x (noise > x), product generator_y (noise > y), route noise > x, "
     "route noise > y, score x > score, score y > score, sheet noise"},
    {TABLE("unit", common_spaces, unit_roles, class_feeds, plain_values, DOMAINS),
     "unit judge=yes domains=s,t",
     "role encoder_s, role encoder_t, role decoder_s, role decoder_t, role discriminator_s, "
     "role discriminator_t, role discriminator_code, feed real_s, feed real_t, group generator, "
     "group discriminator, group judge, value loss, product encoder_s (s > code), "
     "product encoder_t (t > code), product decoder_s (code > s), product decoder_t (code > t), "
     "route s > code > s, route s > code > t, route s > code, route t > code > s, "
     "route t > code > t, route t > code, score s > score, score t > score, sheet s, sheet t"},
    {TABLE("combogan", common_spaces, combogan_roles, two_feeds, plain_values, DOMAINS,
           GAN__ROWS(pool, two_pools)),
     "combogan perceptual=yes domains=a",
     "role encoder_a, role decoder_a, role discriminator_a, role teacher, feed real_a, "
     "group generator, group discriminator, value loss, product encoder_a (a > code), "
     "product decoder_a (code > a), route a > code > a, route a > code, "
     "sheet a"},
    {TABLE("transfer", common_spaces, transfer_roles, two_feeds, plain_values, DOMAINS), "transfer",
     "role encoder, role decoder_x, role decoder_y, role discriminator_x, role discriminator_y, "
     "feed real_x, feed real_y, group encoder, group decoder_x, group decoder_y, "
     "group discriminator, value loss, product encoder (x > code), product decoder_x (code > x), "
     "product decoder_y (code > y), route x > code > x, route x > code > y, route x > code, "
     "route y > code > x, route y > code > y, route y > code, "
     "score x > score, score y > score, sheet x, sheet y"},
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static gan_trainer *make(gan_context *context, int i)
{
    static const gan__kind *kinds[1];
    gan_trainer *t = NULL;
    kinds[0] = &tables[i].kind.kind;
    context->trainer_kinds = kinds;
    context->trainer_kind_count = 1;
    if (!CHECK_OK(gan_trainer_create(&t, context, tables[i].spec)))
        puts(gan_context_message(context));
    return t;
}

/* Of the groups there are two values each, at the end. */
static int is_shared(const char *name)
{
    return !strncmp(name, "gradient.", 9) || !strncmp(name, "rate.", 5);
}

TEST(members)
{
    gan_context *context;
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    for (int i = 0; i < TABLES; i++) {
        gan_trainer *t = make(context, i);
        gan__text text = {.context = context};
        for (int32_t m = 0; m < gan_trainer_member_count(t); m++) {
            const char *type = gan_trainer_member(t, m, "type");
            const char *name = gan_trainer_member(t, m, "name");
            if (is_shared(name)) continue;
            gan__text_print(&text, "%s%s %s", text.length ? ", " : "", type, name);
            if (!strcmp(type, "product"))
                gan__text_print(&text, " (%s)", gan_trainer_member(t, m, "help"));
        }
        CHECK_TEXT(text.bytes, tables[i].members);
        gan__text_free(&text);
        gan_trainer_release(t);
    }
    gan_context_release(context);
}

/* Each route that is listed is read as it was printed; products and routes have one way each. */
TEST(routes)
{
    gan_context *context;
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    for (int i = 0; i < TABLES; i++) {
        gan_trainer *t = make(context, i);
        for (int32_t w = 0; t && w < t->cast->way_count; w++) {
            gan__route read;
            CHECK_OK(gan__route_parse(t->cast, t->cast->ways[w], &read));
            int arrows = 0;
            for (const char *c = t->cast->ways[w]; *c; c++) arrows += *c == '>';
            CHECK_INT(read.count, arrows);
            gan__free(context, read.steps);
        }
        gan_trainer_release(t);
    }
    gan_context_release(context);
}

int main(void)
{
    RUN(members);
    RUN(routes);
    return test_report();
}
