/* Convolutions that read pixels which an upsampling only repeats: done by themselves, or before it.
 * The same model, made to give the repeated pixels out as well, does both apart; with whole numbers
 * as values and weights everything must be equal, bit for bit. */
#include "base/memory.h"
#include "model/plan_inside.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

enum { N = 3, H = 5, W = 4, C = 9, PIXELS = N * H * W * C, MOST = 40000 };

/* What a plan gives, one after the other: outputs, gradients, tangents and theirs. */
typedef struct made {
    float numbers[MOST];
    int64_t count;
    size_t steps, arena;
    bool doubled;
} made;

static uint64_t random_state = 1;

static float pick(int64_t low, int64_t high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (float)(low + (int64_t)((random_state >> 33) % (uint64_t)(high - low + 1)));
}

static float *numbers_of(int64_t count)
{
    float *numbers = malloc((size_t)count * sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = pick(-3, 3);
    return numbers;
}

static void put(made *to, const float *numbers, int64_t count)
{
    if (!CHECK(to->count + count <= MOST)) return;
    memcpy(to->numbers + to->count, numbers, (size_t)count * sizeof *numbers);
    to->count += count;
}

static void *lend(gan_context *context, size_t size)
{
    void *memory = NULL;
    CHECK_OK(gan__allocate_raw(context, &memory, size, 1));
    if (size > 0) memset(memory, 0x7f, size);
    return memory;
}

static void put_gradients(made *to, gan_model *model)
{
    gan__store *store = model->stores[0];
    gan__store_write_zeros(store);
    put(to, store->gradients, store->weight_count);
}

/* Along the input; then back from the tangent of output 0. */
static void run_tangents(made *to, gan__plan *plan, const float *along, const float *dy)
{
    gan_context *context = plan->context;
    gan_model *model = plan->model;
    float dx[PIXELS], tangent_dx[PIXELS];
    const float *const in[] = {along}, *const dys[2] = {dy, NULL};
    const bool asked[2] = {true, false};
    CHECK_OK(gan__plan_tangent_prepare(plan));
    gan__plan_tangents call = {.inputs = in,
                               .asked = asked,
                               .arena = lend(context, gan__plan_tangent_arena(plan)),
                               .outputs = lend(context, gan__plan_tangent_outputs(plan)),
                               .dy = dys,
                               .dx = (float *const[]){dx},
                               .tangent_dx = (float *const[]){tangent_dx}};
    void *transient = lend(context, gan__plan_tangent_transient(plan));
    CHECK_OK(gan__plan_tangent_check(plan, &call));
    gan__plan_tangent_forward(plan, &call, transient);
    put(to, gan__plan_tangent_output(plan, &call, 0),
        gan__shape_count(gan__plan_output_shape(plan, 0)));
    gan__store_clear_gradients(model->stores[0]);
    gan__plan_tangent_backward(plan, &call, model->stores, 1, transient);
    put(to, dx, PIXELS), put(to, tangent_dx, PIXELS);
    put_gradients(to, model);
    gan__free(context, call.arena);
    gan__free(context, call.outputs);
    gan__free(context, transient);
}

static void run_backward(made *to, gan__plan *plan, const float *x, void *transient)
{
    const int64_t count = gan__shape_count(gan__plan_output_shape(plan, 0));
    float *dy = numbers_of(count), dx[PIXELS];
    gan__store_need_gradients(plan->model->stores[0]);
    gan__plan_backward(plan, (const float *const[]){dy, NULL}, (float *const[]){dx},
                       plan->model->stores, 1, transient);
    put(to, dx, PIXELS);
    put_gradients(to, plan->model);
    run_tangents(to, plan, x + PIXELS, dy);
    free(dy);
}

static gan_model *parse(gan_context *context, const char *text, bool whole)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text)))
        printf("    %s: %s\n", text, gan_context_message(context));
    gan__store *store = model->stores[0];
    for (int64_t i = 0; whole && i < store->weight_count; i++) store->weights[i] = pick(-2, 2);
    return model;
}

static made *run(const char *text, bool whole, bool backward)
{
    const gan__plan_mode mode = {backward, backward, 1, NULL};
    const gan__shape shape = {N, H, W, C};
    made *to = calloc(1, sizeof *to);
    gan_context *context;
    gan__plan *plan;
    CHECK_OK(gan_context_create(&context, "threads=2 seed=4", NULL, NULL, 0));
    random_state = 5;
    gan_model *model = parse(context, text, whole);
    gan__panel_cache cache = {.context = context};
    if (!CHECK_OK(gan__plan_create(&plan, context, model, &shape, &mode, &cache)))
        printf("    %s: %s\n", text, gan_context_message(context));
    void *arena = lend(context, gan__plan_arena(plan)),
         *outputs = lend(context, plan->outputs_size);
    void *transient = lend(context, gan__plan_transient(plan));
    float *x = numbers_of(2 * PIXELS);
    gan__plan_bind(plan, arena, outputs);
    for (int64_t n = backward ? N : 1; n <= N; n += N - 1) {
        gan__plan_set_batch(plan, n);
        CHECK_OK(
            gan__plan_forward(plan, (const float *const[]){x}, &(gan__plan_draw){1, 7}, transient));
        put(to, gan__plan_output(plan, 0), gan__shape_count(gan__plan_output_shape(plan, 0)));
    }
    if (backward) run_backward(to, plan, x, transient);
    to->steps = plan->step_count, to->arena = gan__plan_arena(plan);
    for (size_t i = 0; i < plan->step_count; i++) to->doubled |= plan->steps[i].op.doubled;
    free(x);
    gan__free(context, arena);
    gan__free(context, outputs);
    gan__free(context, transient);
    gan__plan_destroy(plan);
    gan__panel_cache_free(&cache);
    gan_model_release(model);
    gan_context_release(context);
    return to;
}

static double distance(const made *a, const made *b)
{
    double most = 0, error = 0;
    for (int64_t i = 0; i < a->count; i++) {
        most = fmax(most, fabs((double)a->numbers[i]));
        error = fmax(error, fabs((double)a->numbers[i] - (double)b->numbers[i]));
    }
    return error / most;
}

/* Both forms of "...; u = upsample; ...; y = ...". */
static void compare(const char *text, bool whole, made **together, made **apart, bool backward)
{
    char both[400];
    snprintf(both, sizeof both, "%s; output y u", text);
    *apart = run(both, whole, backward);
    snprintf(both, sizeof both, "%s; output y", text);
    *together = run(both, whole, backward);
    if (!CHECK_INT((*together)->count, (*apart)->count)) return;
    const double error = distance(*apart, *together);
    if (!CHECK(whole ? error == 0 : error < 1e-5)) printf("    %s: %g\n", text, error);
}

/* Pixels that are doubled by the convolution. */
TEST(doubled)
{
    static const char *const texts[] = {
        "u = upsample 2; y = conv2d 12 pad=1",
        "relu; u = upsample 2; conv2d 12 pad=1; y = leaky_relu 0.25",
        "conv2d 8 kernel=1; relu; u = upsample 2; conv2d 9 pad=1 bias=no; relu; y = conv2d 2",
        "u = upsample 2; y = conv2d 17 pad=reflect:1",
        "u = upsample 2; conv2d 8 pad=replicate:1; y = relu",
        "u = upsample 2; y = conv2d 8 pad=3,1,0,2",
        "u = upsample 2; y = conv2d 8 pad=1,1,0,0",
        ("v = relu; u = upsample 2; conv2d 8 pad=1; relu; a = conv2d 8 pad=1; "
         "s = upsample 2 from v; b = conv2d 8 kernel=1 from s; y = add from a b"),
    };
    for (size_t i = 0; i < 2 * sizeof texts / sizeof texts[0]; i++) {
        char text[300];
        made *together, *apart;
        snprintf(text, sizeof text, "input 5 4 9; %s", texts[i / 2]);
        compare(text, true, &together, &apart, i % 2);
        CHECK(together->doubled && !apart->doubled);
        CHECK_INT(together->steps + 1, apart->steps);
        CHECK(i % 2 == 0 || together->arena <= apart->arena);
        free(together), free(apart);
    }
}

/* Weights over their largest singular value; a convolution that is applied twice, of which the
 * second application begins where the first left u and v. */
TEST(doubled_with_state)
{
    static const char *const texts[] = {
        "input 5 4 9; u = upsample 2; conv2d 12 pad=1 spectral=yes; y = tanh",
        ("define P { input any any 9; conv2d 9 pad=1 spectral=yes }; input 5 4 9; u = upsample 2; "
         "b = part P; tanh; avgpool 2; part P; y = sigmoid"),
        ("define P { input any any 9; conv2d 9 pad=1 spectral=yes }; input 5 4 9; v = relu; "
         "a = part P; w = avgpool 2; u = upsample 2 from v; b = part P; c = avgpool 4; "
         "y = concat from c w"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        made *together, *apart;
        compare(texts[i], false, &together, &apart, true);
        CHECK(together->doubled && !apart->doubled);
        free(together), free(apart);
    }
}

/* Done before: each pixel once, not as often as it is repeated. */
TEST(before)
{
    static const char *const texts[] = {
        "u = upsample 2; y = conv2d 12 kernel=1",
        "relu; u = upsample 3x2; conv2d 4 kernel=1; relu; y = conv2d 9 pad=1",
        "u = upsample 2; y = conv2d 27 kernel=1 groups=3 bias=no",
    };
    for (size_t i = 0; i < 2 * sizeof texts / sizeof texts[0]; i++) {
        char text[300];
        made *together, *apart;
        snprintf(text, sizeof text, "input 5 4 9; %s", texts[i / 2]);
        compare(text, true, &together, &apart, i % 2);
        CHECK_INT(together->steps, apart->steps);
        free(together), free(apart);
    }
    made *low = run("input 5 4 9; upsample 4; y = conv2d 4 kernel=1; output y", true, true);
    made *high = run("input 5 4 9; u = upsample 4; y = conv2d 4 kernel=1; output y u", true, true);
    CHECK_INT(low->arena, (N * H * W * 4 * sizeof(float) + 63) / 64 * 64);
    free(low), free(high);
}

/* What is left as it is. */
TEST(apart)
{
    static const char *const texts[] = {
        "u = upsample 2; y = conv2d 7 pad=1",
        "u = upsample 3; y = conv2d 12 pad=1",
        "u = upsample 2x1; y = conv2d 12 pad=1",
        "u = upsample 2 mode=bilinear; y = conv2d 12 pad=1",
        "u = upsample 2 mode=bilinear; y = conv2d 12 kernel=1",
        "u = upsample 2; y = conv2d 12 pad=2",
        "u = upsample 2; y = conv2d 12 pad=reflect:2",
        "u = upsample 2; y = conv2d 12 pad=reflect:1,1,0,1",
        "u = upsample 2; y = conv2d 12 pad=1 stride=2",
        "u = upsample 2; y = conv2d 12 pad=1 dilation=2",
        "u = upsample 2; y = conv2d 12 kernel=5 pad=1",
        "u = upsample 2; y = conv2d 27 pad=1 groups=3",
        "u = upsample 2; y = conv2d 12 kernel=1 pad=1",
        "u = upsample 2; y = conv2d 12 kernel=1 stride=2",
        "u = upsample 2; a = conv2d 9 pad=1; y = add from a u",
        "u = upsample 2; a = conv2d 9 pad=1; b = conv2d 9 pad=1 from u; y = add from a b",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[300];
        made *together, *apart;
        snprintf(text, sizeof text, "input 5 4 9; %s", texts[i]);
        compare(text, true, &together, &apart, true);
        if (!CHECK(!together->doubled)) printf("    %s\n", text);
        CHECK_INT(together->steps, apart->steps);
        free(together), free(apart);
    }
}

int main(void)
{
    RUN(doubled);
    RUN(doubled_with_state);
    RUN(before);
    RUN(apart);
    return test_report();
}
