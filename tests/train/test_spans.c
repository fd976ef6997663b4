/* What a host is told of the pieces of work: names, products, seconds; and that nothing changes. */
#include "base/context.h"
#include "base/os.h"
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { BATCH = 3, MOST = 4096 };

typedef struct told {
    const gan_model *model;
    char place[16], kind[24], pass[24];
    double seconds, products;
} told;

typedef struct ear {
    told told[MOST];
    int count;
    double pause, spent; /* seconds: in each call, and in all of them */
} ear;

static void keep_span(void *user, const gan_span *span)
{
    const double begun = gan__os_seconds();
    ear *e = user;
    CHECK(span->size >= sizeof *span);
    if (e->count < MOST) {
        told *t = &e->told[e->count++];
        *t = (told){.model = span->model, .seconds = span->seconds, .products = span->products};
        snprintf(t->place, sizeof t->place, "%s", span->place);
        snprintf(t->kind, sizeof t->kind, "%s", span->kind);
        snprintf(t->pass, sizeof t->pass, "%s", span->pass);
    }
    while (gan__os_seconds() - begun < e->pause) {}
    e->spent += gan__os_seconds() - begun;
}

/* How many there were of these; NULL and the model that is anyone's fit all. */
static const gan_model *const anyone = (const gan_model *)(const void *)&anyone;
static int count_spans(const ear *e, const gan_model *model, const char *place, const char *kind,
                       const char *pass, double *products)
{
    int count = 0;
    if (products) *products = 0;
    for (int i = 0; i < e->count; i++) {
        const told *t = &e->told[i];
        if (model != anyone && t->model != model) continue;
        if (place && strcmp(t->place, place) != 0) continue;
        if (kind && strcmp(t->kind, kind) != 0) continue;
        if (pass && strcmp(t->pass, pass) != 0) continue;
        if (products) *products += t->products;
        count++;
    }
    return count;
}

static double sum_seconds(const ear *e)
{
    double sum = 0;
    for (int i = 0; i < e->count; i++) sum += e->told[i].seconds;
    return sum;
}

/* ---- a training ---- */

typedef struct stage {
    ear *ear;
    gan_context *context;
    gan_model *g, *d;
    gan_tensor *pictures;
    gan_trainer *trainer;
} stage;

static const char g_text[] =
    "input 8; dense 2*2*16; reshape 2 2 16; batchnorm; relu;"
    "conv_transpose2d 8 kernel=4 stride=2 pad=1; batchnorm; relu; dropout 0.1;"
    "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh";
static const char d_text[] =
    "input 8 8 3; conv2d 8 kernel=4 stride=2 pad=1; leaky_relu 0.2;"
    "c = conv2d 8 kernel=3 pad=1 groups=2; instancenorm; leaky_relu 0.2; dense 1";
static const char spectral_text[] =
    "input 8 8 3; conv2d 8 kernel=4 stride=2 pad=1 spectral=yes; leaky_relu 0.2; instancenorm;"
    "leaky_relu 0.2; dense 1 spectral=yes";

static void open_stage(stage *s, ear *e, const char *spec, const char *d)
{
    const int64_t shape[4] = {BATCH, 8, 8, 3};
    const gan_host host = {.size = sizeof host, .user = e, .span = keep_span};
    *s = (stage){.ear = e};
    CHECK_OK(gan_context_create(&s->context, "threads=2 seed=4", e ? &host : NULL, NULL, 0));
    CHECK_OK(gan_model_parse(&s->g, s->context, g_text));
    CHECK_OK(gan_model_parse(&s->d, s->context, d));
    CHECK_OK(gan_tensor_create(&s->pictures, s->context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < BATCH * 8 * 8 * 3; i++)
        ((float *)gan_tensor_data(s->pictures))[i] = (float)(i * 7 % 32) / 16.0f - 1;
    CHECK_OK(gan_trainer_create(&s->trainer, s->context, spec));
    CHECK_OK(gan_trainer_set_model(s->trainer, "generator", s->g));
    CHECK_OK(gan_trainer_set_model(s->trainer, "discriminator", s->d));
}

static void take_steps(stage *s, int steps)
{
    for (int i = 0; i < steps; i++) {
        CHECK_OK(gan_trainer_feed(s->trainer, "real", s->pictures));
        CHECK_OK(gan_trainer_step(s->trainer));
    }
    CHECK(s->context->watch == NULL);
}

static void close_stage(stage *s)
{
    gan_trainer_release(s->trainer);
    gan_tensor_release(s->pictures);
    gan_model_release(s->g);
    gan_model_release(s->d);
    gan_context_release(s->context);
}

/* G makes fakes once; D sees them with the real ones in one pass, and again. */
static void check_names(const ear *e, const stage *s)
{
    CHECK_INT(count_spans(e, s->g, "0", "dense", "forward", NULL), 1);
    CHECK_INT(count_spans(e, s->g, "0", "dense", "weights", NULL), 1);
    CHECK_INT(count_spans(e, s->g, "4", "conv_transpose2d", "backward", NULL), 1);
    CHECK_INT(count_spans(e, s->g, "2", "batchnorm", NULL, NULL), 3); /* again, too */
    CHECK_INT(count_spans(e, s->g, "2", "batchnorm", "again", NULL), 1);
    CHECK_INT(count_spans(e, s->g, "7", "dropout", "backward", NULL), 1);
    CHECK_INT(count_spans(e, s->d, "0", "conv2d", "weights", NULL), 1);
    CHECK_INT(count_spans(e, s->d, "c", "conv2d", "forward", NULL), 2);
    CHECK_INT(count_spans(e, s->d, "c", "conv2d", "weights", NULL), 1);
    CHECK_INT(count_spans(e, s->d, "c", "conv2d", "backward", NULL), 2);
    CHECK(count_spans(e, s->d, "0", "conv2d", "pack", NULL) >= 1);
    CHECK_INT(count_spans(e, anyone, NULL, "tanh", NULL, NULL), 0); /* made in the layer's pass */
    CHECK_INT(count_spans(e, NULL, "", "softplus", "backward", NULL) +
                  count_spans(e, NULL, "", "bce_logits", "backward", NULL),
              3);
    CHECK_INT(count_spans(e, NULL, "", "normal", "forward", NULL), 1);
    CHECK_INT(count_spans(e, NULL, "", "batch", "read", NULL), 2); /* and noise, by hand */
    CHECK_INT(count_spans(e, NULL, "", "adam", "norm", NULL), 2);
    CHECK_INT(count_spans(e, NULL, "", "adam", "step", NULL), 2);
    CHECK_INT(count_spans(e, NULL, "", "average", "update", NULL), 1);
    CHECK_INT(count_spans(e, NULL, "", "gan", "step", NULL), 1);
    CHECK_TEXT(e->told[e->count - 1].kind, "gan"); /* what lies around comes last */
}

TEST(names)
{
    static ear e;
    stage s;
    open_stage(&s, &e, "gan batch=3 reuse=yes average=0.9", d_text);
    take_steps(&s, 1);
    e.count = 0;
    take_steps(&s, 1);
    check_names(&e, &s);
    close_stage(&s);
}

/* Multiply-adds as direct sums have them: dense 8 > 64; windows of 16 over 2x2 x 16 > 8, and over
 * 4x4 x 8 > 3; of 16 onto 4x4 x 3 > 8; of 9 onto 4x4 x 8 > 8 in two groups; dense 128 > 1. */
TEST(products)
{
    enum { G0 = 8 * 64, G4 = 4 * 16 * 16 * 8, G8 = 16 * 16 * 8 * 3 };
    enum { D0 = 16 * 16 * 3 * 8, DC = 16 * 9 * 8 * 4, D5 = 128 };
    static ear e;
    double sum;
    stage s;
    open_stage(&s, &e, "gan batch=3 reuse=yes", d_text);
    take_steps(&s, 1);
    e.count = 0;
    take_steps(&s, 1);
    count_spans(&e, s.g, "4", NULL, "forward", &sum);
    CHECK_INT(sum, BATCH * G4);
    count_spans(&e, s.d, "c", NULL, "weights", &sum);
    CHECK_INT(sum, BATCH * 2 * DC);
    count_spans(&e, s.d, "0", NULL, "backward", &sum);
    CHECK_INT(sum, BATCH * D0); /* to G alone */
    count_spans(&e, anyone, NULL, "instancenorm", NULL, &sum);
    CHECK_INT(sum, 0);
    count_spans(&e, anyone, NULL, NULL, NULL, &sum);
    CHECK_INT(sum, BATCH * (3 * (G0 + G4 + G8) - G0 + 8 * (D0 + DC + D5) - 2 * D0));
    close_stage(&s);
}

/* Penalty and spectral norm: twice backwards. */
TEST(tangents)
{
    static ear e;
    stage s;
    open_stage(&s, &e, "gan loss=wgan_gp d_steps=1 batch=3", spectral_text);
    take_steps(&s, 2);
    CHECK(count_spans(&e, s.d, "0", "conv2d", "tangent", NULL) == 2);
    CHECK(count_spans(&e, s.d, "0", "conv2d", "tangent.backward", NULL) == 2);
    CHECK(count_spans(&e, s.d, "2", "instancenorm", "tangent", NULL) == 2);
    CHECK(count_spans(&e, s.d, "0", "conv2d", "spectral", NULL) > 4);
    CHECK(count_spans(&e, s.d, "4", "dense", "spectral", NULL) > 4);
    CHECK(count_spans(&e, NULL, "", "gradient_penalty", "forward", NULL) == 2);
    close_stage(&s);
}

/* ---- seconds ---- */

/* No second is told twice, and none of the host's own is told at all. */
static void check_seconds(double pause)
{
    static ear e;
    stage s;
    memset(&e, 0, sizeof e);
    open_stage(&s, &e, "gan batch=3 reuse=yes average=0.9", d_text);
    take_steps(&s, 2);
    e.count = 0;
    e.spent = 0;
    e.pause = pause;
    const double begun = gan__os_seconds();
    take_steps(&s, 3);
    const double whole = gan__os_seconds() - begun;
    const double sum = sum_seconds(&e);
    CHECK(e.count > 100 && e.count < MOST);
    CHECK(e.spent >= pause * e.count);
    if (!CHECK(sum <= whole - e.spent)) printf("    %g of %g, %g\n", sum, whole, e.spent);
    if (!CHECK(sum > 0)) printf("    %g of %g, %g\n", sum, whole, e.spent);
    for (int i = 0; i < e.count; i++) CHECK(e.told[i].seconds >= 0);
    close_stage(&s);
}

TEST(seconds)
{
    check_seconds(0);
    check_seconds(2e-4);
}

/* A span has the time of its own work: the first of a long chain takes most of it. */
TEST(seconds_are_where_the_work_is)
{
    static ear e;
    const gan_host host = {.size = sizeof host, .user = &e, .span = keep_span};
    const int64_t shape[4] = {1, 96, 96, 32};
    gan_context *context;
    gan_model *model;
    gan_tape *tape;
    gan_tensor *x;
    gan_value value, y;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    CHECK_OK(gan_model_parse(&model, context,
                             "input 96 96 32; conv2d 64 kernel=5 pad=2; maxpool 8; dense 1"));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tensor_create(&x, context, GAN_FLOAT32, 4, shape));
    memset(gan_tensor_data(x), 0, (size_t)gan_tensor_count(x) * sizeof(float));
    CHECK_OK(gan_tape_input(tape, x, 0, &value));
    CHECK_OK(gan_tape_apply(tape, model, "training", &value, 1, &y, 1));
    double heavy = 0;
    for (int i = 0; i < e.count; i++)
        if (!strcmp(e.told[i].kind, "conv2d") && !strcmp(e.told[i].pass, "forward"))
            heavy += e.told[i].seconds;
    CHECK(heavy > 0.5 * sum_seconds(&e));
    gan_tensor_release(x);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
}

/* ---- what does not change ---- */

static gan_tensor *state_after(ear *e, stage *s)
{
    gan_tensor *bytes = NULL;
    open_stage(s, e, "gan batch=3 average=0.9", d_text);
    take_steps(s, 3);
    CHECK_OK(gan_trainer_save_memory(&bytes, s->trainer));
    return bytes;
}

TEST(bits_do_not_change)
{
    static ear e;
    stage a, b;
    gan_tensor *with = state_after(&e, &a), *without = state_after(NULL, &b);
    CHECK(e.count > 0);
    CHECK_INT(gan_tensor_count(with), gan_tensor_count(without));
    CHECK(memcmp(gan_tensor_data(with), gan_tensor_data(without), (size_t)gan_tensor_count(with)) ==
          0);
    gan_tensor_release(with);
    gan_tensor_release(without);
    close_stage(&a);
    close_stage(&b);
}

/* A host that is older than spans has none, whatever lies behind it. */
TEST(older_host)
{
    static ear e;
    const gan_host host = {.size = offsetof(gan_host, span), .user = &e, .span = keep_span};
    gan_context *context;
    gan_tape *tape;
    gan_value value;
    CHECK_OK(gan_context_create(&context, "", &host, NULL, 0));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 2}, &value));
    CHECK_INT(e.count, 0);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* A step that fails half-way has ended all that it began. */
TEST(failed_steps)
{
    static ear e;
    stage s;
    open_stage(&s, &e, "gan batch=3", d_text);
    take_steps(&s, 1);
    ((float *)gan_tensor_data(s.pictures))[5] = (float)NAN;
    e.count = 0;
    CHECK_OK(gan_trainer_feed(s.trainer, "real", s.pictures));
    CHECK_STATUS(gan_trainer_step(s.trainer), GAN_E_DIVERGED);
    CHECK(s.context->watch == NULL);
    CHECK_INT(count_spans(&e, NULL, "", "gan", "step", NULL), 1);
    CHECK_OK(gan_trainer_feed(s.trainer, "real", NULL));
    CHECK(gan_trainer_step(s.trainer) != GAN_OK); /* for want of a batch */
    CHECK(s.context->watch == NULL);
    close_stage(&s);
}

int main(void)
{
    RUN(names);
    RUN(products);
    RUN(tangents);
    RUN(seconds);
    RUN(seconds_are_where_the_work_is);
    RUN(bits_do_not_change);
    RUN(older_host);
    RUN(failed_steps);
    return test_report();
}
