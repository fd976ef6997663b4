/* Optimisers against stored runs of PyTorch's; schedules; sharing; averages. */
#include <gan/optimizer.h>

#include "fault.h"
#include "optim/average.h"
#include "small.h"

#include <float.h>
#include <math.h>

TEST(as_pytorch)
{
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (size_t c = 0; c < sizeof update_cases / sizeof update_cases[0]; c++) {
        gan_optimizer *optimizer = NULL;
        int before = test_errors;
        set_weights(model->stores[0]);
        CHECK_OK(gan_optimizer_create(&optimizer, context, update_cases[c].spec));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        for (int t = 0; t < UPDATE_STEPS; t++) {
            set_gradients(model->stores[0], update_gradients[t]);
            CHECK_OK(gan_optimizer_step(optimizer));
        }
        for (int i = 0; i < UPDATE_COUNT; i++)
            CHECK_NEAR(model->stores[0]->weights[i], update_cases[c].after[i],
                       2e-6 * (1 + fabs(update_cases[c].after[i])));
        if (test_errors > before) printf("    %s\n", update_cases[c].spec);
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

static double factor(const char *text, int64_t t)
{
    gan__schedule schedule;
    gan_context *context = context_of("");
    CHECK_OK(gan__schedule_parse(context, text, &schedule));
    double result = gan__schedule_factor(&schedule, t);
    gan_context_release(context);
    return result;
}

TEST(schedules)
{
    CHECK_NEAR(factor("constant", 1000), 1, 0);
    CHECK_NEAR(factor("linear:10", 0), 1, 0);
    CHECK_NEAR(factor("linear:10", 4), 0.6, 1e-15);
    CHECK_NEAR(factor("linear:10", 12), 0, 0);
    CHECK_NEAR(factor("step:100,0.5", 99), 1, 0);
    CHECK_NEAR(factor("step:100,0.5", 100), 0.5, 0);
    CHECK_NEAR(factor("step:100,0.1", 730), 1e-7, 1e-20);
    for (int t = 0; t <= 1000; t += 50)
        CHECK_NEAR(factor("cosine:1000", t), (1 + cos(3.14159265358979323846 * t / 1000)) / 2,
                   1e-15);
    CHECK_NEAR(factor("cosine:1000", 1001), 0, 0);
    for (int t = 0; t < 210; t++)
        CHECK_NEAR(factor("cyclegan:100,100", t), fmax(0, 1 - fmax(0, t + 1 - 100) / 101.0), 1e-15);
}

TEST(rates_follow_the_schedule)
{
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    gan_optimizer *optimizer = NULL;
    double rate = 0;
    CHECK_OK(gan_optimizer_create(&optimizer, context, "sgd lr=1 schedule=linear:4"));
    CHECK_TEXT(
        gan_optimizer_text(optimizer),
        "sgd lr=1 weight_decay=0 clip=0 schedule=linear:4 momentum=0 dampening=0 nesterov=no");
    CHECK_OK(gan_optimizer_add(optimizer, model));
    for (int t = 0; t < 6; t++) {
        const double ones[UPDATE_COUNT] = {1, 1, 1, 1, 1, 1, 1, 1};
        float before = model->stores[0]->weights[3];
        set_gradients(model->stores[0], ones);
        CHECK_OK(gan_optimizer_rate(optimizer, &rate));
        CHECK_NEAR(rate, fmax(0, 1 - t / 4.0), 1e-15);
        CHECK_OK(gan_optimizer_step(optimizer));
        CHECK_NEAR(before - model->stores[0]->weights[3], rate, 1e-6);
    }
    gan_optimizer_release(optimizer);
    gan_model_release(model);
    gan_context_release(context);
}

TEST(refusals)
{
    static const char *const bad[] = {"adm",
                                      "adam lr=-1",
                                      "adam beta1=1",
                                      "adam schedule=lineer:5",
                                      "adam schedule=linear",
                                      "adam schedule=linear:0",
                                      "adam schedule=step:5",
                                      "adam schedule=step:5,0.5,1",
                                      "adam schedule=constant:1",
                                      "sgd beta1=0.5",
                                      "sgd nesterov=yes",
                                      "sgd nesterov=yes momentum=0.9 dampening=0.1",
                                      ""};
    gan_context *context = context_of(""), *other = context_of("");
    gan_optimizer *optimizer = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (!CHECK_STATUS(gan_optimizer_create(&optimizer, context, bad[i]), GAN_E_TEXT))
            printf("    %s\n", bad[i]);
        CHECK(optimizer == NULL);
    }
    CHECK_STATUS(gan_optimizer_create(&optimizer, context, "adam schedule=lineer:5"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context),
               "adam: unknown schedule 'lineer', did you mean 'linear'?");
    gan_optimizer_create(&optimizer, context, "sgd nesterov=yes");
    CHECK_TEXT(gan_context_message(context), "sgd: nesterov=yes needs a momentum above 0");
    gan_optimizer_create(&optimizer, context, "sgd nesterov=yes momentum=0.9 dampening=0.1");
    CHECK_TEXT(gan_context_message(context), "sgd: nesterov=yes needs dampening=0");
    CHECK_STATUS(gan_optimizer_create(NULL, context, "adam"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_create(&optimizer, NULL, "adam"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_create(&optimizer, context, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_step(NULL), GAN_E_ARGUMENT);
    CHECK_OK(gan_optimizer_create(&optimizer, context, "adam"));
    gan_model *stranger = small_model(other);
    CHECK_STATUS(gan_optimizer_add(optimizer, stranger), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_add(optimizer, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_add(optimizer, (gan_model *)(void *)optimizer), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_norm(optimizer, NULL), GAN_E_ARGUMENT);
    gan_model_release(stranger);
    gan_optimizer_release(optimizer);
    gan_context_release(context);
    gan_context_release(other);
}

/* A part in two models is updated once; the norm of a gradient that reaches nothing is 0. */
TEST(shared_parts)
{
    gan_context *context = context_of("");
    gan_model *part = small_model(context), *a = NULL, *b = NULL;
    gan_optimizer *optimizer = NULL;
    const char *name = "p";
    CHECK_OK(gan_model_parse_parts(&a, context, "input 3; part p; dense 1", &name, &part, 1));
    CHECK_OK(gan_model_parse_parts(&b, context, "input 3; part p; dense 4", &name, &part, 1));
    CHECK_OK(gan_optimizer_create(&optimizer, context, "sgd lr=1"));
    CHECK_OK(gan_optimizer_add(optimizer, a));
    CHECK_OK(gan_optimizer_add(optimizer, b));
    CHECK_OK(gan_optimizer_add(optimizer, part));
    CHECK_INT(optimizer->state_count, 3);
    const double ones[UPDATE_COUNT] = {1, 1, 1, 1, 1, 1, 1, 1};
    float before = part->stores[0]->weights[0];
    uint64_t version = part->stores[0]->version;
    set_gradients(part->stores[0], ones);
    double norm = 0;
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_OK(gan_optimizer_norm(optimizer, &norm));
    CHECK_NEAR(norm, sqrt(8), 1e-12);
    CHECK_NEAR(before - part->stores[0]->weights[0], 1, 1e-6);
    CHECK(part->stores[0]->version > version);
    CHECK_OK(gan_optimizer_zero(optimizer));
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_OK(gan_optimizer_norm(optimizer, &norm));
    CHECK_NEAR(norm, 0, 0);
    gan_optimizer_release(optimizer);
    gan_model_release(a);
    gan_model_release(b);
    gan_model_release(part);
    gan_context_release(context);
}

/* A gradient that is not finite, or whose share of the second moment is not, changes nothing. */
TEST(divergence)
{
    static const double bad[] = {NAN, INFINITY, 1e21};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    gan__store *store = model->stores[0];
    gan_optimizer *optimizer = NULL;
    CHECK_OK(gan_optimizer_create(&optimizer, context, "adam"));
    CHECK_OK(gan_optimizer_add(optimizer, model));
    for (int i = 0; i < 3; i++) {
        float before[UPDATE_COUNT];
        uint64_t version = store->version;
        double gradients[UPDATE_COUNT] = {1, 2, 3};
        gradients[5] = bad[i];
        memcpy(before, store->weights, sizeof before);
        set_gradients(store, gradients);
        CHECK_STATUS(gan_optimizer_step(optimizer), GAN_E_DIVERGED);
        CHECK(memcmp(before, store->weights, sizeof before) == 0);
        CHECK(store->version == version);
        CHECK_INT(optimizer->states[0].steps, 0);
        CHECK(!(optimizer->norm < 1e21));
    }
    gan_optimizer_release(optimizer);
    gan_model_release(model);
    gan_context_release(context);
}

/* The norm is a double: a gradient of any float32 serves where nothing squares it in float32. */
TEST(large_gradients)
{
    static const struct {
        const char *spec;
        double gradient, step;
    } cases[] = {{"sgd lr=1e-20", 3e19, 0.3},
                 {"sgd lr=1e-38", 3e38, 3},
                 {"sgd lr=1e-38 momentum=0.9", -3e38, -3},
                 {"sgd lr=1 clip=1", 3e38, 0.5},
                 {"adam", 1e20, 1e-3},
                 {"adamw weight_decay=0", -1e20, -1e-3},
                 {"rmsprop", 1e20, 0.1},
                 {"adam clip=1", 3e38, 1e-3}};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        gan_optimizer *optimizer = NULL;
        double gradients[UPDATE_COUNT] = {0}, norm = 0;
        for (int i = 0; i < 4; i++) gradients[i] = cases[c].gradient;
        set_gradients(model->stores[0], gradients);
        for (int i = 0; i < UPDATE_COUNT; i++) model->stores[0]->weights[i] = 0;
        CHECK_OK(gan_optimizer_create(&optimizer, context, cases[c].spec));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        if (!CHECK_OK(gan_optimizer_step(optimizer))) printf("    %s\n", cases[c].spec);
        CHECK_OK(gan_optimizer_norm(optimizer, &norm));
        CHECK_NEAR(norm, 2 * fabs(cases[c].gradient), 1e-6 * norm);
        CHECK_NEAR(model->stores[0]->weights[3], -cases[c].step, 1e-5 * fabs(cases[c].step));
        CHECK(model->stores[0]->weights[4] == 0);
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* Gradients whose squares are no normal float32, in public: the step is the one that PyTorch
 * makes, or none; after the gradients have ended nothing moves or diverges. */
TEST(tiny_gradients)
{
    static const struct {
        const char *spec;
        double scale, step;
    } cases[] = {{"adam eps=1e-30", 1e-20, 1e-3},
                 {"adam eps=0", 1e-20, 1e-3},
                 {"adamw eps=0 weight_decay=0", 1e-20, 1e-3},
                 {"rmsprop eps=0", 1e-20, 0.1},
                 {"rmsprop eps=0 momentum=0.5", 1e-20, 0.1},
                 {"rmsprop eps=1e-30 centered=yes", 1e-20, 0.1}};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    gan__store *store = model->stores[0];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        gan_optimizer *optimizer = NULL;
        double gradients[UPDATE_COUNT] = {1, -2, 3};
        int before = test_errors;
        for (int i = 0; i < UPDATE_COUNT; i++) store->weights[i] = 0;
        for (int i = 0; i < UPDATE_COUNT; i++) gradients[i] *= cases[c].scale;
        CHECK_OK(gan_optimizer_create(&optimizer, context, cases[c].spec));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        set_gradients(store, gradients);
        CHECK_OK(gan_optimizer_step(optimizer));
        for (int i = 0; i < 3; i++)
            CHECK_NEAR(store->weights[i], i == 1 ? cases[c].step : -cases[c].step,
                       0.01 * cases[c].step);
        CHECK(store->weights[3] == 0);
        CHECK_OK(gan_optimizer_zero(optimizer));
        for (int t = 0; t < 1000; t++) CHECK_OK(gan_optimizer_step(optimizer));
        for (int i = 0; i < 3; i++) CHECK(fabsf(store->weights[i]) < 11 * (float)cases[c].step);
        if (test_errors > before) printf("    %s\n", cases[c].spec);
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* 5000 equal gradients: their deviation, a difference of two roundings, may not become negative. */
TEST(constant_gradient)
{
    static const char *const specs[] = {"rmsprop centered=yes", "rmsprop centered=yes momentum=0.5",
                                        "rmsprop", "adam", "sgd momentum=0.9"};
    const double gradients[UPDATE_COUNT] = {0.1, -0.013, 0.7, 1.7, 3e-4, -23, 0.3, 0.0625};
    gan_context *context = context_of("");
    gan_model *model = small_model(context);
    for (int s = 0; s < 5; s++) {
        gan_optimizer *optimizer = NULL;
        CHECK_OK(gan_optimizer_create(&optimizer, context, specs[s]));
        CHECK_OK(gan_optimizer_add(optimizer, model));
        set_gradients(model->stores[0], gradients);
        int t = 0;
        while (t < 5000 && gan_optimizer_step(optimizer) == GAN_OK) t++;
        if (!CHECK_INT(t, 5000)) printf("    %s\n", specs[s]);
        for (int i = 0; i < UPDATE_COUNT; i++) CHECK(isfinite(model->stores[0]->weights[i]));
        gan_optimizer_release(optimizer);
    }
    gan_model_release(model);
    gan_context_release(context);
}

/* Gradients with many bits, the same for every model of the same parameters. */
static void fill_gradients(const gan_model *model, uint32_t seed)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan_layer *layer = model->parameters[i].layer;
        const gan__parameter *p = &layer->parameters[model->parameters[i].index];
        gan__store_write_zeros(layer->store);
        for (int64_t j = 0; j < p->count; j++) {
            seed = seed * 1664525u + 1013904223u;
            layer->store->gradients[p->offset + j] = (float)(seed >> 8) * 0x1p-24f;
        }
    }
}

static double norm_of(gan_model *model, gan_model *again, uint32_t seed)
{
    gan_optimizer *optimizer = NULL;
    double norm = 0;
    CHECK_OK(gan_optimizer_create(&optimizer, model->object.context, "sgd"));
    CHECK_OK(gan_optimizer_add(optimizer, model));
    if (again) CHECK_OK(gan_optimizer_add(optimizer, again));
    CHECK_INT(optimizer->span_count, model->parameter_count);
    fill_gradients(model, seed);
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_OK(gan_optimizer_norm(optimizer, &norm));
    gan_optimizer_release(optimizer);
    return norm;
}

/* The norm is the same number however the parameters are divided among stores. */
TEST(norm_of_many_stores)
{
    static const char *const layers[] = {"input 1 1 64", "dense 61", "relu", "dense 77"};
    gan_context *context = context_of("");
    gan_model *hand = NULL, *copy = NULL, *part = NULL;
    CHECK_OK(gan_model_parse(&part, context, "input 77; dense 53; dense 77"));
    CHECK_OK(gan_model_create(&hand, context));
    for (int i = 0; i < 4; i++) {
        gan_layer *layer = NULL;
        CHECK_OK(gan_layer_create(&layer, context, layers[i]));
        CHECK_OK(gan_model_add(hand, layer));
        gan_layer_release(layer);
    }
    CHECK_OK(gan_model_add_model(hand, part));
    CHECK_OK(gan_model_copy(&copy, hand));
    CHECK_INT(hand->store_count, 3);
    CHECK_INT(copy->store_count, 2);
    for (uint32_t seed = 0; seed < 16; seed++)
        CHECK(norm_of(hand, part, seed) == norm_of(copy, NULL, seed));
    gan_model_release(hand);
    gan_model_release(copy);
    gan_model_release(part);
    gan_context_release(context);
}

TEST(average)
{
    gan_context *context = context_of("");
    gan_model *model = NULL;
    gan__average *average = NULL;
    double expected[2] = {0}, decays[3] = {0.1, 2.0 / 11, 0.2};
    CHECK_OK(gan_model_parse(&model, context, "input 4; dense 3; batchnorm"));
    CHECK_OK(gan__average_create(&average, model, 0.2, &(gan__given){0}));
    gan__store *from = model->stores[0], *to = average->model->stores[0];
    CHECK(memcmp(from->weights, to->weights, (size_t)from->weight_count * sizeof(float)) == 0);
    for (int i = 0; i < 2; i++) expected[i] = (double)from->weights[i];
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < 2; i++) {
            from->weights[i] = (float)(t * 2 - i);
            expected[i] += (1 - decays[t]) * ((double)from->weights[i] - expected[i]);
        }
        from->buffers[1] = (float)t;
        uint64_t version = to->version;
        gan__average_update(average, NULL, 0);
        CHECK(to->version > version);
        for (int i = 0; i < 2; i++) CHECK_NEAR(to->weights[i], expected[i], 1e-6);
        CHECK_NEAR(to->buffers[1], t, 0);
    }
    gan__average_destroy(average);
    gan_model_release(model);
    gan_context_release(context);
}

/* An average of finite numbers is finite, of the largest ones too, though the decay and its
 * complement may be more than 1 together once they are rounded to float32. */
TEST(average_of_the_largest_numbers)
{
    gan_context *context = context_of("");
    gan_model *model = NULL;
    gan__average *average = NULL;
    float *from, *to;
    int above = 0;
    CHECK_OK(gan_model_parse(&model, context, "input 1; dense 64"));
    CHECK_OK(gan__average_create(&average, model, 0.5, &(gan__given){0}));
    from = model->stores[0]->weights;
    to = average->model->stores[0]->weights;
    for (int k = 0; k < 20000; k++) {
        bool finite = true;
        average->decay = (double)(k % 10000) / 10000.0 + (k < 10000 ? 0 : 1e-4 * exp2(-k % 29));
        average->updates = k % 20 ? 10000000 : k / 20;
        above += (double)(float)average->decay + (double)(float)(1 - average->decay) > 1;
        for (int i = 0; i < 64; i++) {
            from[i] = i % 2 ? FLT_MAX : -FLT_MAX;
            to[i] = i / 2 % 2 ? FLT_MAX : -FLT_MAX;
        }
        gan__average_update(average, NULL, 0);
        for (int i = 0; i < 64; i++) finite &= isfinite(to[i]);
        if (!CHECK(finite)) printf("    decay %.17g, update %d\n", average->decay, k / 20);
    }
    CHECK(above > 1000);
    gan__average_destroy(average);
    gan_model_release(model);
    gan_context_release(context);
}

/* Nothing is allocated by steps; every failing allocation leaves the object usable. */
TEST(allocations)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_optimizer *optimizer = NULL;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_model *model = small_model(context);
    for (int64_t n = 1; n < 100; n++) {
        fault.fail_at = fault.allocations + n;
        gan_status status = gan_optimizer_create(&optimizer, context, "adam schedule=step:5,0.5");
        if (status == GAN_OK) status = gan_optimizer_add(optimizer, model);
        if (status == GAN_OK) {
            set_gradients(model->stores[0], update_gradients[0]);
            status = gan__optimizer_step_undoable(optimizer);
        }
        fault.fail_at = 0;
        if (status == GAN_OK) break;
        CHECK_STATUS(status, GAN_E_MEMORY);
        if (optimizer) {
            CHECK_OK(gan_optimizer_add(optimizer, model));
            CHECK_OK(gan_optimizer_step(optimizer));
        }
        gan_optimizer_release(optimizer);
    }
    long long before = fault.allocations;
    for (int i = 0; i < 3; i++) {
        gan__optimizer_forget(optimizer);
        CHECK_OK(gan__optimizer_step_undoable(optimizer));
        CHECK_OK(gan__optimizer_keep(optimizer));
        gan__optimizer_undo(optimizer);
        CHECK_OK(gan_optimizer_step(optimizer));
    }
    CHECK_INT(fault.allocations, before);
    gan_optimizer_release(optimizer);
    gan_model_release(model);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(as_pytorch);
    RUN(schedules);
    RUN(rates_follow_the_schedule);
    RUN(refusals);
    RUN(shared_parts);
    RUN(divergence);
    RUN(large_gradients);
    RUN(tiny_gradients);
    RUN(constant_gradient);
    RUN(norm_of_many_stores);
    RUN(average);
    RUN(average_of_the_largest_numbers);
    RUN(allocations);
    return test_report();
}
