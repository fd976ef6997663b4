/* domains_kind.h: a trainer kind of any number of domains, after ComboGAN (Anoosheh et al., 2018):
 * each has an encoder, a decoder, a discriminator and a pool of its own, codes are common.
 *
 *     draw x of domain i and y of domain j, another one with each step
 *     fakes, back and again   decoder_j(encoder_i(x)), decoder_i(encoder_j(of that)), and likewise
 *     makers descend          lsgan of both fakes + cycle * |x'' - x| + identity * |x' - x|
 *     discriminators descend  lsgan of both, on fakes of now and before
 *     both groups are updated together
 *
 * Networks are small; all encoders end in one part. */
#ifndef GAN_TEST_DOMAINS_KIND_H
#define GAN_TEST_DOMAINS_KIND_H

#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "base/context.h"
#include "base/random.h"
#include "train/consistency.h"
#include "train/objective.h"
#include "train/pools.h"

enum { DOMAINS_ENCODER, DOMAINS_DECODER, DOMAINS_DISCRIMINATOR }; /* rows of roles */
enum { DOMAINS_MAKERS, DOMAINS_JUDGES };                          /* groups, and their losses */
enum { DOMAINS_CYCLE = 2, DOMAINS_IDENTITY };                     /* further rows of values */

typedef struct domains_options {
    gan__trainer_common common;
    gan__objective objective;
    char *domains;
    double cycle, identity;
    int64_t pool;
} domains_options;

static const gan__option domains_own[] = {
    {"domains", GAN__OPTION_TEXT, 0, "a,b", 0, 0, NULL, offsetof(domains_options, domains),
     "their names"},
    {"cycle", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(domains_options, cycle),
     "weight of the way there and back"},
    {"identity", GAN__OPTION_REAL, 0, "5", 0, 1e6, NULL, offsetof(domains_options, identity),
     "weight of the way through the code alone"},
    {"pool", GAN__OPTION_INTEGER, 0, "5", 0, 1000, NULL, offsetof(domains_options, pool),
     "fakes kept of each domain"},
};

static const gan__option_default domains_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};

static const gan__option_block domains_blocks[] = {
    GAN__BLOCK(domains_own),
    GAN__BLOCK_IN(gan__objective_options, domains_options, objective, domains_objective),
    GAN__BLOCK_IN(gan__trainer_common_options, domains_options, common, NULL),
};

static const char *domains_names(const void *options)
{
    return ((const domains_options *)options)->domains;
}

static int64_t domains_capacity(const void *options)
{
    return ((const domains_options *)options)->pool;
}

static const char *domains_reference(const void *options, const char *group)
{
    (void)options;
    return !strcmp(group, "maker") ? "adam lr=0.002 beta1=0.5" : "adam lr=0.004 beta1=0.5";
}

/* ---- the step ---- */

/* How many ordered pairs there are; a single domain is one with itself. */
static int64_t domains_pairs(const gan_trainer *t)
{
    const int64_t n = t->cast->domain_count;
    return n > 1 ? n * (n - 1) : 1;
}

/* Each pair once in as many steps, always in another order. */
static void domains_pair(const gan_trainer *t, int32_t pair[2])
{
    const uint64_t pairs = (uint64_t)domains_pairs(t), step = (uint64_t)t->steps;
    const gan__draw draw = {t->seed, GAN__DRAW_SHUFFLE, 255ULL << 40 | step / pairs};
    const int32_t number = (int32_t)gan__random_permute(&draw, pairs, step % pairs);
    const int32_t others = t->cast->domain_count > 1 ? t->cast->domain_count - 1 : 1;
    pair[0] = number / others;
    pair[1] = number % others;
    if (t->cast->domain_count > 1) pair[1] += pair[1] >= pair[0];
}

static gan_status domains_apply(gan_trainer *t, int32_t row, int32_t domain, gan_value in,
                                gan_value *out)
{
    return gan__trainer_apply(t, gan__cast_role_at(t->cast, row) + domain, "training", &in, out);
}

/* x of domain `from`, on its way to `to` and back. The terms are [0] the makers', [1] the judges'.
 */
static gan_status domains_makers(gan_trainer *t, gan_value x, int32_t from, int32_t to,
                                 gan_value *fake, gan__terms *terms)
{
    const domains_options *options = t->options;
    const int32_t d = gan__cast_role_at(t->cast, DOMAINS_DISCRIMINATOR) + to;
    gan_value code, same, back, score;
    GAN__TRY(domains_apply(t, DOMAINS_ENCODER, from, x, &code));
    GAN__TRY(domains_apply(t, DOMAINS_DECODER, from, code, &same));
    GAN__TRY(gan__consistency(t, "l1", same, x, options->identity,
                              gan__cast_value_at(t->cast, DOMAINS_IDENTITY) + from, terms));
    GAN__TRY(domains_apply(t, DOMAINS_DECODER, to, code, fake));
    GAN__TRY(domains_apply(t, DOMAINS_ENCODER, to, *fake, &code));
    GAN__TRY(domains_apply(t, DOMAINS_DECODER, from, code, &back));
    GAN__TRY(gan__consistency(t, "l1", back, x, options->cycle,
                              gan__cast_value_at(t->cast, DOMAINS_CYCLE) + from, terms));
    GAN__TRY(gan__trainer_apply(t, d, "training frozen", fake, &score));
    return gan__objective_maker(t, &options->objective, score, 1, terms);
}

static gan_status domains_judge(gan_trainer *t, gan_value real, gan_value fake, int32_t domain,
                                gan__terms *terms)
{
    const gan__objective *o = &((const domains_options *)t->options)->objective;
    const int32_t d = gan__cast_role_at(t->cast, DOMAINS_DISCRIMINATOR) + domain;
    gan_value x[2] = {real, -1}, scores[2];
    GAN__TRY(gan__history(t, gan__cast_pool_at(t->cast, 0) + domain, fake, &x[1]));
    GAN__TRY(gan__objective_judge(t, d, x, scores));
    GAN__TRY(gan__objective_real(t, o, scores[0], 1, terms));
    return gan__objective_fake(t, o, scores[1], 1, terms);
}

static gan_status domains_step(gan_trainer *t)
{
    static const int32_t groups[2] = {DOMAINS_MAKERS, DOMAINS_JUDGES};
    gan__terms terms[2] = {{.count = 0}, {.count = 0}};
    gan_value x[2], fakes[2], losses[2];
    int32_t pair[2];
    domains_pair(t, pair);
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__trainer_batch(t, pair[i], &x[i]));
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(domains_makers(t, x[i], pair[i], pair[1 - i], &fakes[i], &terms[0]));
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(domains_judge(t, x[i], fakes[1 - i], pair[i], &terms[1]));
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__trainer_sum(t, &terms[i], i, &losses[i]));
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__trainer_backward(t, losses[i], groups[i]));
    return gan__trainer_update_last(t, groups, 2);
}

/* ---- the table ---- */

static const gan__space_row domains_spaces[] = {{"*", GAN__SPACE_PICTURE, NULL},
                                                {"code", GAN__SPACE_CODE, NULL},
                                                {"score", GAN__SPACE_SCORE, NULL}};

static const gan__role_row domains_roles[] = {
    [DOMAINS_ENCODER] = {"encoder_*", "maker", "* > code", 0, NULL, "makes codes"},
    [DOMAINS_DECODER] = {"decoder_*", "maker", "code > *", 0, NULL, "makes pictures"},
    [DOMAINS_DISCRIMINATOR] = {"discriminator_*", "judge", "* > score", 0, NULL, "scores"}};

static const gan__feed_row domains_feeds[] = {{"*", "image", "*", 0, "real pictures", 2, NULL}};

static const gan__pool_row domains_pools[] = {{"*", "*", domains_capacity}};

static const gan__value_row domains_values[] = {
    [DOMAINS_MAKERS] = {"loss.maker", NULL, "what encoders and decoders descend"},
    [DOMAINS_JUDGES] = {"loss.judge", NULL, "what the discriminators descend"},
    [DOMAINS_CYCLE] = {"cycle.*", NULL, "there and back"},
    [DOMAINS_IDENTITY] = {"identity.*", NULL, "through the code"}};

static const gan__trainer_kind domains_kind = {
    .kind = {.name = "domains",
             .help = "any number of domains",
             GAN__BLOCKS(domains_blocks),
             .size = sizeof(domains_options)},
    GAN__ROWS(space, domains_spaces),
    GAN__ROWS(role, domains_roles),
    GAN__ROWS(feed, domains_feeds),
    GAN__ROWS(pool, domains_pools),
    GAN__ROWS(value, domains_values),
    .domains = domains_names,
    .reference = domains_reference,
    .rounds = domains_pairs,
    .step = domains_step,
};

/* ---- a training of it ---- */

enum { DOMAINS_MOST = 8, DOMAINS_EXAMPLES = 11, DOMAINS_CHANNELS = 2 };

static const char *const domains_lists[DOMAINS_MOST + 1] = {
    [1] = "a", [2] = "a,b", [3] = "a,b,c", [8] = "a,b,c,d,e,f,g,h"};
static const char *const domains_rows[3] = {"encoder", "decoder", "discriminator"};

/* The layers of the part that all encoders end in. */
static const char *domains_tail = "conv2d 3 kernel=1";

typedef struct domains_source {
    struct domains_game *game;
    int domain;
} domains_source;

typedef struct domains_game {
    fault_host fault;
    gan_host host;
    gan_context *context;
    gan_model *tail;
    gan_dataset *data[DOMAINS_MOST];
    domains_source sources[DOMAINS_MOST];
    gan_trainer *trainer;
    int count, side; /* domains; height of the pictures */
    atomic_int stops;
} domains_game;

static int32_t domains_read(void *user, int64_t index, void *const *data)
{
    const domains_source *source = user;
    const int side = source->game->side;
    for (int i = 0; i < side * side * DOMAINS_CHANNELS; i++)
        ((float *)data[0])[i] =
            (float)((index * 29 + i * 7 + source->domain * 13) % 61) / 30.5f - 1;
    return atomic_load(&source->game->stops);
}

static void domains_know(gan_context *context)
{
    static const gan__kind *const kinds[] = {&domains_kind.kind};
    context->trainer_kinds = kinds;
    context->trainer_kind_count = 1;
}

/* A network of one of the rows: `width` channels inside, 3 in codes. */
static gan_model *domains_model(domains_game *g, int row, int width)
{
    static const char *const texts[3] = {
        "input %d %d 2; conv2d %d kernel=3 pad=1; instancenorm; leaky_relu 0.2; part tail",
        "input %d %d 3; conv2d %d kernel=3 pad=1; relu; conv2d 2 kernel=3 pad=1; tanh",
        "input %d %d 2; conv2d %d kernel=3 stride=2 pad=1; leaky_relu 0.2; conv2d 1 kernel=2"};
    static const char *const names[1] = {"tail"};
    gan_model *model;
    char text[256];
    snprintf(text, sizeof text, texts[row], g->side, g->side, width);
    CHECK_OK(gan_model_parse_parts(&model, g->context, text, names, &g->tail, row == 0));
    return model;
}

static void domains_set_data(domains_game *g)
{
    static const char letters[] = "a\0b\0c\0d\0e\0f\0g\0h";
    for (int d = 0; d < g->count; d++)
        CHECK_OK(gan_trainer_set_data(g->trainer, letters + 2 * d, g->data[d]));
}

static const char *domains_role(int row, int domain)
{
    static char name[32];
    snprintf(name, sizeof name, "%s_%c", domains_rows[row], 'a' + domain);
    return name;
}

static void domains_open_context(domains_game *g, int count, int side, int width)
{
    const int64_t shape[3] = {side, side, DOMAINS_CHANNELS};
    const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    char text[160];
    memset(g, 0, sizeof *g);
    g->count = count;
    g->side = side;
    g->host = fault_make(&g->fault);
    CHECK_OK(gan_context_create(&g->context, "threads=2 seed=9", &g->host, NULL, 0));
    domains_know(g->context);
    snprintf(text, sizeof text, "input %d %d %d; %s", side, side, width, domains_tail);
    CHECK_OK(gan_model_parse(&g->tail, g->context, text));
    for (int d = 0; d < count; d++) {
        g->sources[d] = (domains_source){g, d};
        CHECK_OK(gan_dataset_from_callback(&g->data[d], g->context, &field, 1, DOMAINS_EXAMPLES,
                                           domains_read, NULL, &g->sources[d]));
    }
}

static void domains_open_wide(domains_game *g, int count, const char *options, int side, int width)
{
    char spec[128];
    domains_open_context(g, count, side, width);
    snprintf(spec, sizeof spec, "domains domains=%s %s", domains_lists[count], options);
    CHECK_OK(gan_trainer_create(&g->trainer, g->context, spec));
    for (int row = 0; row < 3; row++)
        for (int d = 0; d < count; d++) {
            gan_model *model = domains_model(g, row, width);
            CHECK_OK(gan_trainer_set_model(g->trainer, domains_role(row, d), model));
            gan_model_release(model);
        }
    domains_set_data(g);
}

TEST_UNUSED static void domains_open(domains_game *g, int count, const char *options)
{
    domains_open_wide(g, count, options, 4, 4);
}

TEST_UNUSED static void domains_close(domains_game *g)
{
    gan_trainer_release(g->trainer);
    for (int d = 0; d < g->count; d++) gan_dataset_release(g->data[d]);
    gan_model_release(g->tail);
    gan_context_release(g->context);
    CHECK_INT(atomic_load(&g->fault.live), 0);
    fault_free_files(&g->fault);
}

/* The bytes of a checkpoint; to be released. */
TEST_UNUSED static gan_tensor *domains_saved(domains_game *g)
{
    gan_tensor *bytes = NULL;
    if (!CHECK_OK(gan_trainer_save_memory(&bytes, g->trainer)))
        puts(gan_context_message(g->context));
    return bytes;
}

TEST_UNUSED static int domains_same(const gan_tensor *a, const gan_tensor *b)
{
    const int64_t count = a && b ? gan_tensor_count(a) : -1;
    return count > 0 && count == gan_tensor_count(b) &&
           !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)count);
}

#endif
