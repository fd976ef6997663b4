/* What a tape keeps from round to round: rounds of many kinds allocate nothing once each was there,
 * what is kept is bounded and holds no numbers, and no model is kept alive. */
#include <gan/optimizer.h>
#include <gan/tape.h>

#include "fault.h"
#include "tape/record.h"
#include "test.h"

static gan_context *context;
static fault_host fault;
static uint32_t state;

static int pick(int count)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 10) % (uint32_t)count);
}

static void open_context(void)
{
    fault = (fault_host){0};
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=2 seed=3", &host, NULL, 0));
}

static void close_context(void)
{
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

static gan_model *parse(const char *text)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text)))
        printf("    %s\n", gan_context_message(context));
    return model;
}

static gan_optimizer *train(gan_model *model)
{
    gan_optimizer *optimizer = NULL;
    CHECK_OK(gan_optimizer_create(&optimizer, context, "adam lr=1e-4"));
    CHECK_OK(gan_optimizer_add(optimizer, model));
    return optimizer;
}

static gan_value normal(gan_tape *tape, int64_t n, int64_t side, int64_t c)
{
    gan_value value = -1;
    CHECK_OK(gan_tape_normal(tape, 4, (const int64_t[]){n, side, side, c}, &value));
    return value;
}

/* ---- rounds of many kinds ---- */

enum { MODELS = 6, KINDS = 30, MOST_VALUES = 60, MOST_OPERANDS = 30 };

static const char *const texts[MODELS] = {
    "input 4 4 2; conv2d 3 kernel=3 pad=1; batchnorm; relu; conv2d 2 kernel=1",
    "input 4 4 2; conv2d 40 kernel=3 pad=1 spectral=yes; tanh; conv2d 2 kernel=3 pad=1",
    "input 4 4 2; a = instancenorm; dropout 0.2; conv2d 2 kernel=3 pad=1; output . a",
    "input any any 2; conv2d 17 kernel=1; silu; upsample 2; conv2d 2 kernel=1; avgpool 2",
    "input 4 4 2; conv_transpose2d 2 kernel=4 stride=2 pad=1; batchnorm; maxpool 2; layernorm",
    "input 4 4 2; prelu; conv2d 2 kernel=3 pad=1"};

typedef struct world {
    gan_tape *tape;
    gan_model *models[MODELS];
    gan_optimizer *optimizers[MODELS];
    gan_value values[MOST_VALUES];
    int count;
} world;

static void go_back(world *w, gan_value value)
{
    static const char *const losses[] = {"mse", "l1", "bce_logits target=0.3", "hinge"};
    const int number = pick(MODELS);
    gan_value loss;
    CHECK_OK(gan_tape_loss(w->tape, losses[pick(4)], &value, 1, &loss));
    gan_status status = gan_tape_backward(w->tape, &loss, NULL, 1, &w->models[number], 1);
    if (status != GAN_OK) CHECK_STATUS(status, GAN_E_STATE); /* through a changed model */
    if (pick(2)) return;
    CHECK_OK(gan_optimizer_step(w->optimizers[number]));
    CHECK_OK(gan_optimizer_zero(w->optimizers[number]));
}

static void apply(world *w)
{
    static const char *const modes[] = {"training", "evaluation frozen", "training groups=2",
                                        "training frozen groups=3"};
    const int number = pick(MODELS), mode = pick(4), groups = mode < 2 ? 1 : mode;
    gan_value x[3];
    for (int i = 0; i < groups; i++) x[i] = w->values[pick(w->count)];
    const int outputs = groups * gan_model_output_count(w->models[number]);
    CHECK_OK(gan_tape_apply(w->tape, w->models[number], modes[mode], x, groups,
                            w->values + w->count, outputs));
    w->count += outputs;
}

/* The calls of a round of this kind. */
static void run_round(world *w, int kind)
{
    CHECK_OK(gan_tape_reset(w->tape));
    state = (uint32_t)kind * 7919u + 5;
    w->count = 0;
    for (int i = 0; i < 3; i++) w->values[w->count++] = normal(w->tape, 1 + pick(5), 4, 2);
    for (int i = 0; i < 10; i++) {
        const int what = pick(10);
        gan_value *out = &w->values[w->count], many[MOST_OPERANDS];
        double weights[MOST_OPERANDS];
        for (int k = 0; k < MOST_OPERANDS; k++) {
            many[k] = w->values[what == 9 ? 0 : pick(w->count)];
            weights[k] = 0.1;
        }
        if (what < 5)
            apply(w);
        else if (what < 7)
            go_back(w, many[0]);
        else if (what == 7)
            CHECK_OK(gan_tape_join(w->tape, many, 1 + pick(MOST_OPERANDS), out));
        else if (what == 8)
            CHECK_OK(gan_tape_slice(w->tape, many[0], 0, 1, out));
        else
            CHECK_OK(gan_tape_combine(w->tape, many, weights, 1 + pick(MOST_OPERANDS), out));
        if (what > 6) w->count++;
    }
}

TEST(rounds_of_many_kinds)
{
    world w = {0};
    open_context();
    CHECK_OK(gan_tape_create(&w.tape, context));
    for (int i = 0; i < MODELS; i++) {
        w.models[i] = parse(texts[i]);
        w.optimizers[i] = train(w.models[i]);
    }
    for (int kind = 0; kind < KINDS; kind++) run_round(&w, kind);
    const long long allocations = fault.allocations, bytes = fault.live_bytes;
    CHECK(w.tape->record_count > 100);
    uint32_t order = 9;
    for (int i = 0; i < 300 && fault.allocations == allocations; i++) {
        order = order * 1664525u + 1013904223u;
        run_round(&w, (int)((order >> 12) % KINDS));
    }
    CHECK_INT(fault.allocations, allocations);
    CHECK_INT(fault.live_bytes, bytes);
    const double held = (double)gan__tape_memory(w.tape);
    gan_tape_release(w.tape);
    CHECK_NEAR((double)(bytes - fault.live_bytes), held, held / 20); /* but for lists */
    /* a tape that has gone through them without computing */
    CHECK_OK(gan_tape_create(&w.tape, context));
    gan__tape_rehearse(w.tape, true);
    for (int kind = 0; kind < KINDS; kind++) run_round(&w, kind);
    gan__tape_rehearse(w.tape, false);
    const long long rehearsed = fault.allocations;
    for (int kind = KINDS; kind-- > 0;) run_round(&w, kind);
    CHECK_INT(fault.allocations, rehearsed);
    gan_tape_release(w.tape);
    for (int i = 0; i < MODELS; i++) {
        gan_optimizer_release(w.optimizers[i]);
        gan_model_release(w.models[i]);
    }
    close_context();
}

/* ---- pairs of domains ---- */

enum { DOMAINS = 8, SIDE = 16 };

typedef struct domain {
    gan_model *encoder, *decoder, *critic;
    gan_optimizer *makers, *judges;
    int64_t batch;
} domain;

static gan_value through(gan_tape *tape, gan_model *model, const char *mode, gan_value x)
{
    gan_value y = -1;
    CHECK_OK(gan_tape_apply(tape, model, mode, &x, 1, &y, 1));
    return y;
}

static void update(gan_tape *tape, gan_value value, gan_model *const *models, int count)
{
    gan_value loss;
    CHECK_OK(gan_tape_loss(tape, "mse target=1", &value, 1, &loss));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, models, count));
}

/* There and back in one direction, the makers' update, then the critic's. */
static void half_step(gan_tape *tape, const domain *a, const domain *b, gan_value real, gan_value x)
{
    gan_value pair[2], scores[2];
    gan_value code = through(tape, a->encoder, "training", x);
    pair[1] = through(tape, b->decoder, "training", code);
    gan_value back = through(tape, b->encoder, "training", pair[1]);
    update(tape, through(tape, a->decoder, "training", back),
           (gan_model *[]){a->encoder, a->decoder, b->encoder, b->decoder}, 4);
    update(tape, through(tape, b->critic, "training frozen", pair[1]),
           (gan_model *[]){a->encoder, b->decoder}, 2);
    CHECK_OK(gan_optimizer_step(a->makers));
    CHECK_OK(gan_optimizer_zero(a->makers));
    CHECK_OK(gan_tape_detach(tape, pair[1], &pair[1]));
    CHECK_OK(gan_tape_join(tape, (gan_value[]){real, x}, 2, &pair[0]));
    CHECK_OK(gan_tape_apply(tape, b->critic, "training groups=2", pair, 2, scores, 2));
    update(tape, scores[0], &b->critic, 1);
    update(tape, scores[1], &b->critic, 1);
    CHECK_OK(gan_optimizer_step(b->judges));
    CHECK_OK(gan_optimizer_zero(b->judges));
}

static void step(gan_tape *tape, const domain *a, const domain *b)
{
    CHECK_OK(gan_tape_reset(tape));
    const gan_value x = normal(tape, a->batch, SIDE, 3), y = normal(tape, b->batch, SIDE, 3);
    half_step(tape, a, b, y, x);
    half_step(tape, b, a, x, y);
}

/* Bytes for numbers alone. */
static int64_t numbers_of(const gan_tape *tape)
{
    return gan__tape_memory(tape) - gan__panel_cache_memory(&tape->cache) - (int64_t)tape->bytes;
}

TEST(pairs_of_domains)
{
    domain domains[DOMAINS];
    gan_tape *tape, *fresh;
    long long allocations = 0;
    open_context();
    CHECK_OK(gan_tape_create(&tape, context));
    for (int i = 0; i < DOMAINS; i++) {
        domain *d = &domains[i];
        d->batch = 2 + i % 3;
        d->encoder = parse("input 16 16 3; conv2d 6 kernel=4 stride=2 pad=1; instancenorm; relu");
        d->decoder = parse("input 8 8 6; conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh");
        d->critic = parse("input 16 16 3; conv2d 4 kernel=4 stride=2 pad=1; batchnorm; "
                          "leaky_relu 0.2; conv2d 1 kernel=4");
        d->makers = train(d->encoder);
        CHECK_OK(gan_optimizer_add(d->makers, d->decoder));
        d->judges = train(d->critic);
    }
    for (int round = 0; round < 4 * DOMAINS * DOMAINS; round++) {
        /* in order, then in three others */
        const int pair = round * (int[]){1, 29, 43, 11}[round / (DOMAINS * DOMAINS)];
        const int a = pair % DOMAINS, b = pair / DOMAINS % DOMAINS;
        if (round == DOMAINS * DOMAINS) allocations = fault.allocations;
        if (a == b) continue;
        step(tape, &domains[a], &domains[b]);
    }
    CHECK_INT(fault.allocations, allocations);
    CHECK(tape->record_count > 100);
    /* There is memory for the numbers of the largest round, no more. */
    CHECK_OK(gan_tape_create(&fresh, context));
    step(fresh, &domains[2], &domains[5]);
    CHECK_INT(numbers_of(tape), numbers_of(fresh));
    gan_tape_release(fresh);
    gan_tape_release(tape);
    for (int i = 0; i < DOMAINS; i++) {
        gan_model *const models[] = {domains[i].encoder, domains[i].decoder, domains[i].critic};
        for (int j = 0; j < 3; j++) gan_model_release(models[j]);
        gan_optimizer_release(domains[i].makers);
        gan_optimizer_release(domains[i].judges);
    }
    close_context();
}

/* ---- the bound ---- */

/* Ever new sizes: what is kept stops growing; what was there lately is still there. */
TEST(bound)
{
    enum { SIZES = 1500, LATE = 100, FAILURES = 6000 };
    gan_tape *tape;
    gan_value y;
    size_t most = 0;
    long long allocations = 0;
    open_context();
    CHECK_OK(gan_tape_create(&tape, context));
    gan_model *model = parse("input 2; dense 3; tanh; dense 2; tanh; dense 1");
    for (int64_t i = 1; i <= SIZES + LATE; i++) {
        const int64_t n = i <= SIZES ? i : i - LATE;
        const gan_value x = normal(tape, n, 1, 2);
        CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
        /* a call that fails keeps something too */
        if (i % 2) CHECK_STATUS(gan_tape_join(tape, (gan_value[]){x, y}, 2, &y), GAN_E_SHAPE);
        CHECK_OK(gan_tape_reset(tape));
        CHECK(tape->bytes <= GAN__KEPT_ROUNDS * tape->most_bytes + GAN__KEPT_BYTES);
        if (i == SIZES / 2) most = tape->record_count;
        if (i == SIZES) allocations = fault.allocations;
    }
    CHECK_INT((long long)tape->record_count, (long long)most);
    CHECK(most > 200);
    CHECK_INT(fault.allocations, allocations);
    /* failing calls alone, without a reset */
    gan_value pair[2];
    for (int i = 0; i < 2; i++) pair[i] = normal(tape, 2, 1, 1 + i);
    for (int i = 0; i < FAILURES; i++) {
        char spec[40];
        snprintf(spec, sizeof spec, "smooth_l1 beta=%d", i + 1);
        CHECK_STATUS(gan_tape_loss(tape, spec, pair, 2, &y), GAN_E_SHAPE);
    }
    CHECK(tape->record_count < FAILURES);
    gan_tape_release(tape);
    gan_model_release(model);
    close_context();
}

/* ---- models ---- */

/* A model that its owner lets go is freed by the next reset, with its packed weights, whatever
 * shares a part with it; one that is held is not. */
TEST(released_models)
{
    gan_tape *tape;
    open_context();
    CHECK_OK(gan_tape_create(&tape, context));
    gan_model *kept = parse("input 40; dense 40; tanh; dense 3");
    for (int i = 0; i < 6; i++) {
        static const char *const name = "trunk";
        const long long before = fault.live_bytes;
        gan_model *trunk = parse("input 40; dense 500; relu"), *a = NULL, *b = NULL;
        CHECK_OK(
            gan_model_parse_parts(&a, context, "input 40; part trunk; dense 30", &name, &trunk, 1));
        CHECK_OK(
            gan_model_parse_parts(&b, context, "input 40; part trunk; dense 2", &name, &trunk, 1));
        gan_value x = normal(tape, 5, 1, 40), y, z, w, sum, loss;
        y = through(tape, a, "training", x);
        z = through(tape, b, "training", x);
        w = through(tape, kept, "training", x);
        CHECK_OK(gan_tape_loss(tape, "mean", &y, 1, &loss));
        CHECK_OK(gan_tape_loss(tape, "mean", &z, 1, &sum));
        CHECK_OK(gan_tape_loss(tape, "mean", &w, 1, &w));
        CHECK_OK(gan_tape_combine(tape, (gan_value[]){loss, sum, w}, (double[]){1, 1, 1}, 3, &sum));
        if (i % 2) CHECK_OK(gan_tape_reset(tape)); /* kept from an earlier round */
        gan_model *const all[] = {trunk, a, b};
        for (int k = 0; k < 3; k++) gan_model_release(all[k]);
        if (i % 2 == 0) CHECK_OK(gan_tape_backward(tape, &sum, NULL, 1, NULL, 0));
        if (i % 2 == 0) CHECK(fault.live_bytes > before + 500 * 40 * 4);
        CHECK_OK(gan_tape_reset(tape));
        if (i > 1 && !CHECK(fault.live_bytes == before)) printf("    round %d\n", i);
        CHECK_INT((long long)tape->model_count, 1);
    }
    gan_tape_release(tape);
    gan_model_release(kept);
    close_context();
}

int main(void)
{
    RUN(rounds_of_many_kinds);
    RUN(pairs_of_domains);
    RUN(bound);
    RUN(released_models);
    return test_report();
}
