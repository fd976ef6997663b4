/* test_domains_show.c: averages, routes and sheets of eight domains; several batches of one feed on
 * the tape at a time. */
#include "domains_kind.h"

/* ---- averages ---- */

static gan_model *average(const domains_game *g, int row, int domain)
{
    return gan_trainer_model(g->trainer, domains_role(row, domain), GAN_MODEL_AVERAGED);
}

static int has_store(const gan_model *model, const gan__store *store)
{
    for (size_t i = 0; i < model->store_count; i++)
        if (model->stores[i] == store) return 1;
    return 0;
}

/* The store of the part that all encoders end in: the only one that a and b have both. */
static gan__store *common_store(const gan_model *a, const gan_model *b)
{
    gan__store *found = NULL;
    int count = 0;
    for (size_t i = 0; i < a->store_count; i++)
        if (has_store(b, a->stores[i])) found = a->stores[i], count++;
    CHECK_INT(count, 1);
    return found;
}

TEST(products_are_averaged_and_their_part_once)
{
    domains_game g;
    domains_open(&g, 8, "batch=2 average=0.9");
    CHECK_OK(gan_trainer_run(g.trainer, 9, NULL, NULL));
    gan__store *shared = common_store(average(&g, 0, 0), average(&g, 0, 1));
    gan__store *own = common_store(gan_trainer_model(g.trainer, "encoder_a", 0),
                                   gan_trainer_model(g.trainer, "encoder_b", 0));
    CHECK(shared != own);
    for (int d = 0; d < 8; d++) {
        CHECK(average(&g, 0, d) && average(&g, 1, d) && !average(&g, 2, d));
        CHECK(has_store(average(&g, 0, d), shared) && !has_store(average(&g, 0, d), own));
    }
    domains_close(&g);
}

/* Many an encoder has the part, and each step moves its average by one update alone. */
TEST(the_parts_average_moves_once_a_step)
{
    domains_game g;
    domains_open(&g, 8, "batch=2 average=0.25");
    CHECK_OK(gan_trainer_run(g.trainer, 3, NULL, NULL)); /* (1 + t) / (10 + t) > 0.25 from here */
    const gan__store *live = common_store(gan_trainer_model(g.trainer, "encoder_a", 0),
                                          gan_trainer_model(g.trainer, "encoder_b", 0));
    const gan__store *mean = common_store(average(&g, 0, 0), average(&g, 0, 1));
    for (int k = 0; k < 4; k++) {
        const float before = mean->weights[0];
        CHECK_OK(gan_trainer_step(g.trainer));
        CHECK_NEAR(mean->weights[0], 0.25 * (double)before + 0.75 * (double)live->weights[0], 1e-6);
    }
    domains_close(&g);
}

/* ---- averages of networks that are set in another order, or anew ---- */

static gan_model *encoder(domains_game *g, const char *parts, gan_model *p, gan_model *q)
{
    static const char *const names[2] = {"p", "q"};
    gan_model *const given[2] = {p, q};
    gan_model *model;
    char text[128];
    snprintf(text, sizeof text, "input 4 4 2; conv2d 3 kernel=3 pad=1; relu; %s", parts);
    CHECK_OK(gan_model_parse_parts(&model, g->context, text, names, given, 2));
    return model;
}

static void set_encoder(domains_game *g, int domain, const char *parts, gan_model *p, gan_model *q)
{
    gan_model *model = encoder(g, parts, p, q);
    CHECK_OK(gan_trainer_set_model(g->trainer, domains_role(DOMAINS_ENCODER, domain), model));
    gan_model_release(model);
}

/* Encoders a and b have p in common, b and c have q. */
static void check_parts(domains_game *g)
{
    for (int d = 0; d < 2; d++) {
        const gan__store *live =
            common_store(gan_trainer_model(g->trainer, d ? "encoder_b" : "encoder_a", 0),
                         gan_trainer_model(g->trainer, d ? "encoder_c" : "encoder_b", 0));
        const gan__store *mean =
            common_store(average(g, DOMAINS_ENCODER, d), average(g, DOMAINS_ENCODER, d + 1));
        if (CHECK(live && mean && live != mean))
            CHECK_NEAR(mean->weights[0], live->weights[0], 0.1);
    }
}

/* Resumed, the training has the averages that it had. */
static void check_goes_on(domains_game *g)
{
    gan_tensor *bytes = domains_saved(g), *again, *gone_on;
    gan_trainer *whole = g->trainer;
    CHECK_OK(gan_trainer_load_memory(&g->trainer, g->context, gan_tensor_data(bytes),
                                     (size_t)gan_tensor_count(bytes)));
    domains_set_data(g);
    for (int i = 0; i < 2; i++) CHECK_OK(gan_trainer_run(i ? whole : g->trainer, 3, NULL, NULL));
    gone_on = domains_saved(g);
    gan_trainer_release(g->trainer);
    g->trainer = whole;
    again = domains_saved(g);
    CHECK(domains_same(again, gone_on));
    gan_tensor_release(bytes);
    gan_tensor_release(again);
    gan_tensor_release(gone_on);
}

TEST(averages_share_parts_in_whatever_order_networks_are_set)
{
    static const char *const parts[3] = {"part p", "part p; part q", "part q"};
    domains_game g;
    gan_model *p, *q;
    domains_open(&g, 3, "batch=2 average=0.5");
    CHECK_OK(gan_model_parse(&p, g.context, "input 4 4 3; conv2d 3 kernel=1"));
    CHECK_OK(gan_model_parse(&q, g.context, "input 4 4 3; conv2d 3 kernel=1"));
    for (int d = 2; d >= 0; d--) set_encoder(&g, d, parts[d], p, q);
    CHECK_OK(gan_trainer_run(g.trainer, 9, NULL, NULL));
    check_parts(&g);
    set_encoder(&g, 0, parts[0], p, q); /* in the middle: all that it hangs together with */
    check_parts(&g);
    CHECK_OK(gan_trainer_run(g.trainer, 9, NULL, NULL));
    check_parts(&g);
    check_goes_on(&g);
    gan_model_release(p);
    gan_model_release(q);
    domains_close(&g);
}

/* Without memory for it a network is not set, and no average is lost. */
TEST(a_network_that_cannot_be_set_leaves_the_averages)
{
    gan_status status = GAN_E_MEMORY;
    domains_game g;
    domains_open(&g, 3, "batch=2 average=0.5");
    CHECK_OK(gan_trainer_run(g.trainer, 5, NULL, NULL));
    const char *const parts = "conv2d 4 kernel=1; part p";
    gan_model *other = encoder(&g, parts, g.tail, g.tail); /* of all the others */
    gan_tensor *before = domains_saved(&g);
    for (int n = 1; status != GAN_OK && n < 1000; n++) {
        g.fault.fail_at = atomic_load(&g.fault.allocations) + n;
        status = gan_trainer_set_model(g.trainer, "encoder_b", other);
        g.fault.fail_at = 0;
        if (status == GAN_OK) continue;
        CHECK_STATUS(status, GAN_E_MEMORY);
        gan_tensor *after = domains_saved(&g);
        if (!CHECK(domains_same(before, after))) printf("    allocation %d\n", n);
        gan_tensor_release(after);
    }
    CHECK_OK(status);
    gan_tensor_release(before);
    gan_model_release(other);
    domains_close(&g);
}

/* ---- routes ---- */

static gan_tensor *pictures(domains_game *g, int domain, int64_t count)
{
    const int64_t shape[4] = {count, g->side, g->side, DOMAINS_CHANNELS};
    int64_t indices[DOMAINS_EXAMPLES];
    gan_tensor *x;
    for (int64_t i = 0; i < count; i++) indices[i] = i;
    CHECK_OK(gan_tensor_create(&x, g->context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_dataset_read(g->data[domain], "image", indices, x));
    return x;
}

/* What a model makes of x; `channels` in its pictures. */
static gan_tensor *make(domains_game *g, gan_model *model, gan_tensor *x, int64_t channels)
{
    const int64_t shape[4] = {x->shape[0], g->side, g->side, channels};
    char spec[64];
    gan_runner *runner;
    gan_tensor *y;
    snprintf(spec, sizeof spec, "batch=%d", (int)x->shape[0]);
    CHECK_OK(gan_tensor_create(&y, g->context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_runner_create(&runner, g->context, model, spec));
    CHECK_OK(gan_runner_run(runner, &x, 1, &y, 1));
    gan_runner_release(runner);
    return y;
}

/* A route makes what its networks make one after the other, of trained or of averaged weights. */
static void check_route(domains_game *g, int from, int to, int32_t flags)
{
    gan_model *route;
    char text[32];
    gan_tensor *x = pictures(g, from, 3);
    snprintf(text, sizeof text, "%c > code > %c", 'a' + from, 'a' + to);
    CHECK_OK(gan_trainer_route(&route, g->trainer, text, flags));
    gan_model *encoder = gan_trainer_model(g->trainer, domains_role(0, from), flags);
    gan_model *decoder = gan_trainer_model(g->trainer, domains_role(1, to), flags);
    gan_tensor *code = make(g, encoder, x, 3), *two = make(g, decoder, code, DOMAINS_CHANNELS);
    gan_tensor *one = make(g, route, x, DOMAINS_CHANNELS);
    CHECK(domains_same(one, two));
    CHECK(has_store(route, encoder->stores[0]) && has_store(route, decoder->stores[0]));
    gan_tensor_release(one);
    gan_tensor_release(two);
    gan_tensor_release(code);
    gan_tensor_release(x);
    gan_model_release(route);
}

TEST(routes_are_their_networks_one_after_the_other)
{
    domains_game g;
    domains_open(&g, 8, "batch=2 average=0.5");
    CHECK_OK(gan_trainer_run(g.trainer, 5, NULL, NULL));
    for (int i = 0; i < 64; i++) check_route(&g, i / 8, i % 8, i % 2 ? GAN_MODEL_AVERAGED : 0);
    check_route(&g, 3, 3, GAN_MODEL_AVERAGED);
    domains_close(&g);
}

/* ---- sheets ---- */

/* The pictures themselves, then as each of the eight domains, their own among them. */
TEST(a_sheet_has_a_column_for_each_domain)
{
    static const int flags[2] = {0, GAN_MODEL_AVERAGED};
    domains_game g;
    domains_open(&g, 8, "batch=2 average=0.5");
    CHECK_OK(gan_trainer_run(g.trainer, 5, NULL, NULL));
    for (int k = 0; k < 2; k++) {
        gan_tensor *sheet, *again, *before = domains_saved(&g), *after;
        int64_t columns;
        CHECK_OK(gan_trainer_show(&sheet, &columns, g.trainer, "a", 3, flags[k]));
        CHECK_OK(gan_trainer_show(&again, NULL, g.trainer, "a", 3, flags[k]));
        after = domains_saved(&g);
        CHECK_INT(columns, 9);
        CHECK_INT(sheet->shape[0], 27);
        CHECK_INT(gan_tensor_count(sheet), 27 * 4 * 4 * DOMAINS_CHANNELS);
        CHECK(domains_same(before, after)); /* no position moves */
        CHECK(!memcmp(gan_tensor_data(sheet), gan_tensor_data(again), 27 * 32));
        const uint8_t *bytes = gan_tensor_data(sheet);
        for (int c = 1; c < 9; c++) CHECK(memcmp(bytes, bytes + 32 * c, 32) != 0);
        gan_tensor_release(sheet);
        gan_tensor_release(again);
        gan_tensor_release(before);
        gan_tensor_release(after);
    }
    domains_close(&g);
}

/* ---- several batches of one feed in a round ---- */

enum { FLIGHT = 4 };

static double flight_sums[2][FLIGHT]; /* when each was delivered, and when all were */

static gan_status flight_sum(gan_trainer *t, gan_value x, double *sum)
{
    gan_tensor *numbers;
    *sum = 0;
    GAN__TRY(gan_tape_tensor(&numbers, t->tape, x, GAN_VALUE));
    for (int64_t i = 0; i < gan_tensor_count(numbers); i++)
        *sum = *sum * 1.25 + (double)((float *)gan_tensor_data(numbers))[i];
    gan_tensor_release(numbers);
    return GAN_OK;
}

/* Batches of the first domain; its discriminator alone is trained. */
static gan_status flight_step(gan_trainer *t)
{
    const int32_t group = DOMAINS_JUDGES;
    gan_value x[FLIGHT], score, loss;
    gan__terms terms = {.count = 0};
    GAN__TRY(gan_tape_reset(t->tape));
    for (int i = 0; i < FLIGHT; i++) {
        GAN__TRY(gan__trainer_batch(t, 0, &x[i]));
        GAN__TRY(flight_sum(t, x[i], &flight_sums[0][i]));
    }
    for (int i = 0; i < FLIGHT; i++) {
        GAN__TRY(flight_sum(t, x[i], &flight_sums[1][i]));
        GAN__TRY(gan__trainer_apply(t, 2, "training", &x[i], &score));
        GAN__TRY(gan_tape_loss(t->tape, "mse", &score, 1, &loss));
        gan__terms_add(&terms, loss, 1);
    }
    GAN__TRY(gan__trainer_sum(t, &terms, 0, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, group));
    return gan__trainer_update_last(t, &group, 1);
}

static const gan__feed_row flight_feeds[] = {{"*", "image", "*", 0, "real pictures", FLIGHT, NULL}};

TEST(no_batch_in_flight_is_written_over)
{
    static gan__trainer_kind kind;
    static const gan__kind *kinds[] = {&kind.kind};
    domains_game g;
    kind = domains_kind;
    kind.feeds = flight_feeds;
    kind.step = flight_step;
    domains_open(&g, 1, "batch=3");
    gan_trainer *plain = g.trainer;
    g.context->trainer_kinds = kinds;
    CHECK_OK(gan_trainer_create(&g.trainer, g.context, "domains domains=a batch=3"));
    for (int row = 0; row < 3; row++)
        CHECK_OK(gan_trainer_set_model(g.trainer, domains_role(row, 0),
                                       gan_trainer_model(plain, domains_role(row, 0), 0)));
    domains_set_data(&g);
    for (int k = 0; k < 40; k++) {
        CHECK_OK(gan_trainer_step(g.trainer));
        for (int i = 0; i < FLIGHT; i++) {
            CHECK(flight_sums[0][i] == flight_sums[1][i]);
            for (int j = 0; j < i; j++) CHECK(flight_sums[0][i] != flight_sums[0][j]);
        }
    }
    gan_trainer_release(plain);
    domains_close(&g);
}

int main(void)
{
    RUN(products_are_averaged_and_their_part_once);
    RUN(the_parts_average_moves_once_a_step);
    RUN(averages_share_parts_in_whatever_order_networks_are_set);
    RUN(a_network_that_cannot_be_set_leaves_the_averages);
    RUN(routes_are_their_networks_one_after_the_other);
    RUN(a_sheet_has_a_column_for_each_domain);
    RUN(no_batch_in_flight_is_written_over);
    return test_report();
}
