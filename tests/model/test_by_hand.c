/* Models put together from layer handles and other models. */
#include "fault.h"

#include <gan/model.h>

static fault_host fault;
static gan_context *context;

static gan_layer *layer(const char *statement)
{
    gan_layer *out;
    if (!CHECK_OK(gan_layer_create(&out, context, statement))) {
        printf("    %s\n", gan_context_message(context));
        exit(1);
    }
    return out;
}

static gan_model *create(void)
{
    gan_model *out;
    if (!CHECK_OK(gan_model_create(&out, context))) exit(1);
    return out;
}

static void add_new(gan_model *model, const char *statement)
{
    gan_layer *added = layer(statement);
    if (!CHECK_OK(gan_model_add(model, added))) printf("    %s\n", gan_context_message(context));
    gan_layer_release(added);
}

static const char *names(const gan_model *model)
{
    static char text[2][4096];
    static int turn;
    char *out = text[turn ^= 1];
    size_t length = 0;
    out[0] = '\0';
    for (int64_t i = 0; i < gan_model_parameter_count(model); i++) {
        length += (size_t)snprintf(out + length, 4096 - length, "%s%s", i ? " " : "",
                                   gan_model_parameter_name(model, i));
    }
    return out;
}

static void check_fixed_point(const gan_model *model)
{
    gan_model *again;
    if (!CHECK_OK(gan_model_parse(&again, context, gan_model_text(model)))) {
        printf("    %s\n%s", gan_context_message(context), gan_model_text(model));
        return;
    }
    CHECK_TEXT(gan_model_text(again), gan_model_text(model));
    CHECK_TEXT(names(again), names(model));
    CHECK_INT(gan_model_weight_count(again), gan_model_weight_count(model));
    gan_model_release(again);
}

TEST(chain)
{
    gan_model *model = create(), *text;
    CHECK_TEXT(gan_model_text(model), "");
    add_new(model, "input picture 8 8 3");
    add_new(model, "conv2d 4 kernel=3 pad=1");
    add_new(model, "batchnorm");
    add_new(model, "relu");
    add_new(model, "dense 2");
    CHECK_OK(gan_model_parse(
        &text, context, "input picture 8 8 3; conv2d 4 kernel=3 pad=1; batchnorm; relu; dense 2"));
    CHECK_TEXT(gan_model_text(model), gan_model_text(text));
    CHECK_TEXT(names(model), names(text));
    CHECK_TEXT(gan_model_input_name(model, 0), "picture");
    CHECK_TEXT(names(model), "0.weight 0.bias 1.weight 1.bias 1.running_mean 1.running_var "
                             "1.num_batches_tracked 3.weight 3.bias");
    check_fixed_point(model);
    gan_model_release(text);
    gan_model_release(model);
}

TEST(order)
{
    gan_model *model = create();
    gan_layer *input = layer("input 3"), *dense = layer("dense 2");
    CHECK_STATUS(gan_model_add(model, dense), GAN_E_STATE);
    CHECK_OK(gan_model_add(model, input));
    CHECK_STATUS(gan_model_add(model, input), GAN_E_STATE);
    CHECK_STATUS(gan_model_add(model, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_add(NULL, dense), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_add_model(model, model), GAN_E_ARGUMENT);
    gan_layer_release(input);
    gan_layer_release(dense);
    gan_model_release(model);
    CHECK_OK(gan_model_parse(&model, context, "input 3; a = dense 2; output a"));
    dense = layer("dense 2");
    CHECK_STATUS(gan_model_add(model, dense), GAN_E_STATE);
    gan_model_release(model);
    CHECK_OK(gan_model_parse(&model, context, "input 3; a = dense 2"));
    CHECK_OK(gan_model_add(model, dense));
    CHECK_TEXT(names(model), "a.weight a.bias 1.weight 1.bias");
    check_fixed_point(model);
    gan_layer_release(dense);
    gan_model_release(model);
}

/* A layer that does not fit leaves the model and itself as they were. */
TEST(misfit)
{
    gan_model *model = create();
    add_new(model, "input 4 4 3");
    add_new(model, "conv2d 4 kernel=3");
    gan_layer *large = layer("conv2d 4 kernel=3"), *again = layer("conv2d 2 kernel=1");
    CHECK_OK(gan_model_add(model, again));
    char *before = strdup(gan_model_text(model)), *before_names = strdup(names(model));
    CHECK_STATUS(gan_model_add(model, large), GAN_E_SHAPE);
    CHECK(strstr(gan_context_message(context), "layer 2: conv2d: ") != NULL);
    CHECK_STATUS(gan_model_add(model, again), GAN_E_SHAPE); /* 2 channels where it had 4 */
    CHECK_TEXT(gan_model_text(model), before);
    CHECK_TEXT(names(model), before_names);
    gan_model *other = create();
    add_new(other, "input 8 8 5");
    CHECK_OK(gan_model_add(other, large)); /* as if it had never been tried elsewhere */
    CHECK_TEXT(names(other), "0.weight 0.bias");
    free(before);
    free(before_names);
    gan_layer_release(large);
    gan_layer_release(again);
    gan_model_release(model);
    gan_model_release(other);
}

/* The same layer twice is one set of weights, and prints as a part. */
TEST(one_layer_twice)
{
    gan_model *model = create();
    gan_layer *shared = layer("conv2d 3 kernel=3 pad=1");
    add_new(model, "input 8 8 3");
    add_new(model, "relu");
    CHECK_OK(gan_model_add(model, shared));
    CHECK_TEXT(names(model), "1.weight 1.bias");
    add_new(model, "maxpool 2");
    CHECK_OK(gan_model_add(model, shared)); /* another size of picture */
    CHECK_TEXT(names(model), "1.0.weight 1.0.bias");
    CHECK_OK(gan_model_add(model, shared));
    add_new(model, "dense 2");
    CHECK_TEXT(names(model), "1.0.weight 1.0.bias 5.weight 5.bias");
    CHECK(strncmp(gan_model_text(model), "define 1 {\n    input any any 3\n", 31) == 0);
    CHECK(gan_model_layer(model, "1.0") == shared);
    check_fixed_point(model);
    gan_layer_release(shared);
    gan_model_release(model);
}

TEST(one_layer_in_two_models)
{
    gan_model *one = create(), *two = create();
    gan_layer *shared = layer("dense 4 bias=no");
    add_new(one, "input 4");
    add_new(two, "input 2 1 2");
    add_new(two, "relu");
    CHECK_OK(gan_model_add(one, shared));
    CHECK_OK(gan_model_add(two, shared) == GAN_E_SHAPE ? GAN_OK : GAN_E_INTERNAL); /* permuted */
    add_new(two, "flatten");
    CHECK_OK(gan_model_add(two, shared));
    CHECK_TEXT(names(one), "0.weight");
    CHECK_TEXT(names(two), "2.0.weight");
    CHECK(gan_model_layer(two, "2.0") == gan_model_layer(one, "0"));
    check_fixed_point(one);
    check_fixed_point(two);
    gan_layer_release(shared);
    gan_model_release(one);
    gan_model_release(two);
}

TEST(models_as_parts)
{
    gan_model *tail, *one = create(), *two = create();
    CHECK_OK(gan_model_parse(&tail, context, "input any any 4; conv2d 4 kernel=1 bias=no; relu"));
    add_new(one, "input 8 8 4");
    CHECK_OK(gan_model_add_model(one, tail));
    add_new(one, "tanh");
    CHECK_OK(gan_model_add_model(one, tail));
    CHECK_TEXT(names(one), "0.0.weight");
    gan_layer *late = layer("relu");
    CHECK_STATUS(gan_model_add(tail, late), GAN_E_STATE); /* it is a part now */
    add_new(two, "input 4 4 4");
    CHECK_STATUS(gan_model_add_model(two, one), GAN_E_SHAPE); /* 8 8 is fixed in it */
    gan_layer_release(late);
    gan_model_release(tail);
    gan_model_release(one);
    gan_model_release(two);
}

TEST(parts_in_parts)
{
    gan_model *tail, *one = create(), *two = create();
    CHECK_OK(gan_model_parse(&tail, context, "input any any 4; conv2d 4 kernel=1 bias=no; relu"));
    add_new(one, "input 4 4 4");
    CHECK_OK(gan_model_add_model(one, tail));
    add_new(two, "input 4 4 4");
    add_new(two, "relu");
    CHECK_OK(gan_model_add_model(two, one));
    CHECK_TEXT(names(two), "1.0.0.weight");
    CHECK_OK(gan_model_add_model(two, tail)); /* known in `one` as 0, here as 2 */
    CHECK_TEXT(names(two), "2.0.weight");
    check_fixed_point(two);
    gan_model_release(tail);
    gan_model_release(one);
    gan_model_release(two);
}

TEST(other_contexts)
{
    gan_context *other;
    gan_model *part, *model = create();
    gan_layer *relu;
    gan_host host = fault_make(&fault);
    const char *const name[] = {"p"};
    CHECK_OK(gan_context_create(&other, "threads=1", &host, NULL, 0));
    CHECK_OK(gan_model_parse(&part, other, "input 3; relu"));
    CHECK_OK(gan_layer_create(&relu, other, "relu"));
    add_new(model, "input 3");
    CHECK_STATUS(gan_model_add(model, relu), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_add_model(model, part), GAN_E_ARGUMENT);
    gan_model *none;
    CHECK_STATUS(gan_model_parse_parts(&none, context, "input 3; part p", name,
                                       (gan_model *const[]){part}, 1),
                 GAN_E_ARGUMENT);
    gan_layer_release(relu);
    gan_model_release(part);
    gan_model_release(model);
    gan_context_release(other);
}

/* ---- the n-th allocation fails ---- */

static gan_status chain(gan_model *model, gan_layer *const *layers, int count)
{
    gan_status status = GAN_OK;
    for (int i = 0; i < count && status == GAN_OK; i++) {
        int64_t before = gan_model_parameter_count(model);
        gan_layer *last = gan_model_layer(model, "2");
        status = gan_model_add(model, layers[i]);
        if (status != GAN_OK) {
            CHECK_INT(gan_model_parameter_count(model), before);
            CHECK(gan_model_layer(model, "2") == last);
        }
    }
    return status;
}

/* After the failure the rest of the chain is added: nothing was lost, nothing is there twice. */
static gan_status starved_chain(long long n)
{
    static const char *const statements[] = {"input 4 4 2", "conv2d 2 kernel=1", "batchnorm",
                                             "relu",        "flatten",           "dense 3"};
    gan_layer *layers[8];
    gan_model *model = create(), *again;
    for (int i = 0; i < 6; i++) layers[i] = layer(statements[i]);
    layers[6] = layer("conv2d 2 kernel=1");
    gan_layer *const order[] = {layers[0], layers[1], layers[2], layers[3],
                                layers[1], layers[4], layers[5]};
    fault.fail_at = fault.allocations + n;
    gan_status status = chain(model, order, 7);
    fault.fail_at = 0;
    if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
    size_t done = 0; /* statements that are there: one line each, but for the definition */
    CHECK(gan_model_text(model) != NULL);
    const char *text = gan_model_text(model), *body = strstr(text, "}\n");
    for (body = body ? body + 2 : text; *body; body++) done += *body == '\n';
    CHECK_OK(chain(model, order + done, 7 - (int)done));
    CHECK_TEXT(names(model), "0.0.weight 0.0.bias 1.weight 1.bias 1.running_mean 1.running_var "
                             "1.num_batches_tracked 5.weight 5.bias");
    CHECK_OK(gan_model_copy(&again, model));
    CHECK_TEXT(gan_model_text(again), gan_model_text(model));
    for (int i = 0; i < 7; i++) gan_layer_release(layers[i]);
    gan_model_release(model);
    gan_model_release(again);
    return status;
}

TEST(starved)
{
    long long live = fault.live, n = 1;
    while (n < 10000 && starved_chain(n) != GAN_OK) {
        if (!CHECK_INT(fault.live, live)) return;
        n++;
    }
    CHECK(n > 50);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    if (gan_context_create(&context, "threads=1 seed=7", &host, NULL, 0) != GAN_OK) return 1;
    RUN(chain);
    RUN(order);
    RUN(misfit);
    RUN(one_layer_twice);
    RUN(one_layer_in_two_models);
    RUN(models_as_parts);
    RUN(parts_in_parts);
    RUN(other_contexts);
    RUN(starved);
    gan_context_release(context);
    test_name = "leaks";
    CHECK_INT(fault.live, 0);
    return test_report();
}
