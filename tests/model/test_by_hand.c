/* Models put together from layer handles and other models. */
#include "fault.h"

#include "model/tree.h"

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
    CHECK_TEXT(names(one), "0.0.weight");
    CHECK_TEXT(names(two), "2.0.weight");
    CHECK(gan_model_layer(one, "0") == NULL);
    CHECK(gan_model_layer(one, "0.0") == shared);
    CHECK(gan_model_layer(two, "2.0") == shared);
    check_fixed_point(one);
    check_fixed_point(two);
    gan_layer_release(shared);
    gan_model_release(one);
    gan_model_release(two);
}

static gan_model *part_of(const gan_model *model, const char *name)
{
    for (size_t i = 0; i < model->part_count; i++)
        if (strcmp(model->parts[i].name, name) == 0) return model->parts[i].model;
    return NULL;
}

/* Chains of `statement` (NULL: none), the shared layer, and a dense layer. */
static gan_model *chain_with(const char *input, const char *statement, gan_layer *shared)
{
    gan_model *model = create();
    add_new(model, input);
    if (statement) add_new(model, statement);
    if (!CHECK_OK(gan_model_add(model, shared))) printf("    %s\n", gan_context_message(context));
    add_new(model, "dense 2");
    return model;
}

/* However often it is shared, it is one part; each model has its own name for it. */
TEST(one_layer_in_three_models)
{
    gan_layer *shared = layer("dense 4");
    gan_model *models[3] = {chain_with("input 4", "relu", shared)};
    CHECK_TEXT(names(models[0]), "1.weight 1.bias 2.weight 2.bias");
    CHECK(strstr(gan_model_text(models[0]), "part") == NULL);
    const float *weights = shared->store->weights;
    models[1] = chain_with("input 4", NULL, shared);
    models[2] = chain_with("input 4", "dense 4", shared);
    CHECK(shared->store->weights == weights);
    CHECK_TEXT(names(models[0]), "1.0.weight 1.0.bias 2.weight 2.bias");
    CHECK_TEXT(names(models[1]), "0.0.weight 0.0.bias 1.weight 1.bias");
    CHECK_TEXT(names(models[2]), "0.weight 0.bias 1.0.weight 1.0.bias 2.weight 2.bias");
    CHECK(strstr(gan_model_text(models[0]), "\nrelu\npart 1\ndense 2 ") != NULL);
    CHECK(part_of(models[0], "1") != NULL);
    CHECK(part_of(models[0], "1") == part_of(models[1], "0"));
    CHECK(part_of(models[0], "1") == part_of(models[2], "1"));
    for (int i = 0; i < 3; i++) {
        check_fixed_point(models[i]);
        gan_model_release(models[i]);
    }
    gan_layer_release(shared);
}

/* The definitions stand in the order of their first places, whenever they became parts. */
TEST(order_of_parts)
{
    gan_layer *early = layer("dense 3"), *late = layer("dense 3");
    gan_model *tail, *one = create(), *two = create();
    CHECK_OK(gan_model_parse(&tail, context, "input 3; dense 3; relu"));
    add_new(one, "input 3");
    CHECK_OK(gan_model_add(one, early));
    CHECK_OK(gan_model_add(one, late));
    CHECK_OK(gan_model_add_model(one, tail));
    add_new(two, "input 3");
    CHECK_OK(gan_model_add(two, late));
    check_fixed_point(one);
    CHECK_OK(gan_model_add(one, early));
    check_fixed_point(one);
    CHECK_TEXT(names(one), "0.0.weight 0.0.bias 1.0.weight 1.0.bias 2.0.weight 2.0.bias");
    for (size_t i = 0; i < one->part_count; i++) CHECK_INT(one->parts[i].name[0], '0' + (int)i);
    CHECK_INT(one->part_count, 3);
    CHECK(part_of(one, "2") == tail);
    CHECK_INT(one->nesting, 2);
    gan_layer_release(early);
    gan_layer_release(late);
    gan_model_release(tail);
    gan_model_release(one);
    gan_model_release(two);
}

/* Each kind of layer that has parameters, with as much freedom in sizes as it allows. */
TEST(sizes_of_shared_layers)
{
    static const struct {
        const char *statement, *first, *second;
    } kinds[] = {{"conv2d 3 kernel=1", "input 1 1 3", "input 4 4 3"},
                 {"conv2d 3 kernel=3", "input any any 3", "input 8 5 3"},
                 {"conv_transpose2d 3 kernel=4", "input 8 8 3", "input 1 1 3"},
                 {"dense 3 spectral=yes", "input 2 2 3", "input 2 2 3"},
                 {"batchnorm", "input 3", "input 8 8 3"},
                 {"instancenorm affine=yes", "input 8 8 3", "input any any 3"},
                 {"groupnorm 1", "input 8 8 4", "input 2 8 4"},
                 {"layernorm", "input 2 2 3", "input 2 2 3"},
                 {"prelu", "input 3", "input any any 3"},
                 {"embedding 10 4", "input 1", "input 1"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        gan_layer *shared = layer(kinds[i].statement);
        gan_model *one = create(), *two = create();
        add_new(one, kinds[i].first);
        add_new(two, kinds[i].second);
        CHECK_OK(gan_model_add(one, shared));
        if (!CHECK_OK(gan_model_add(two, shared)))
            printf("    %s: %s\n", kinds[i].statement, gan_context_message(context));
        CHECK(part_of(one, "0") && part_of(one, "0") == part_of(two, "0"));
        check_fixed_point(one);
        check_fixed_point(two);
        gan_layer_release(shared);
        gan_model_release(one);
        gan_model_release(two);
    }
}

static void release_in_order(const int *order)
{
    gan_layer *shared = layer("dense 4");
    gan_model *models[4];
    for (int i = 0; i < 3; i++) models[i] = chain_with("input 4", i ? NULL : "relu", shared);
    for (int i = 0; i < 3; i++) {
        gan_model_release(models[order[i]]);
        for (int k = i + 1; k < 3; k++) check_fixed_point(models[order[k]]);
        if (i == 2) break;
        models[3] = chain_with("input 4", NULL, shared); /* the same part as long as it is there */
        CHECK(part_of(models[3], "0") == models[order[2]]->parts[0].model);
        gan_model_release(models[3]);
    }
    models[3] = chain_with("input 4", NULL, shared); /* it stands nowhere else any more */
    CHECK_TEXT(names(models[3]), "0.weight 0.bias 1.weight 1.bias");
    gan_layer_release(shared);
    gan_model_release(models[3]);
}

TEST(releases)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int i = 0; i < 6; i++) release_in_order(orders[i]);
    gan_layer *shared = layer("dense 4"); /* its first model ends before there is a second */
    gan_model *model = chain_with("input 4", "relu", shared);
    gan_model_release(model);
    model = chain_with("input 4", NULL, shared);
    gan_layer_release(shared);
    add_new(model, "relu");
    CHECK_TEXT(names(model), "0.weight 0.bias 1.weight 1.bias");
    gan_model_release(model);
}

static void check_refused(gan_model *model, gan_layer *shared, const char *word)
{
    char *before = strdup(gan_model_text(model));
    CHECK_STATUS(gan_model_add(model, shared), GAN_E_STATE);
    if (!CHECK(strstr(gan_context_message(context), word) != NULL))
        printf("    %s\n", gan_context_message(context));
    CHECK_TEXT(gan_model_text(model), before);
    free(before);
}

/* A model that must not change any more keeps its layers to itself, unless it is one alone. */
TEST(layers_of_placed_models)
{
    gan_layer *shared = layer("dense 3"), *alone = layer("dense 3");
    gan_model *home = create(), *wrap = create(), *whole = create(), *other = create();
    add_new(home, "input 3");
    add_new(home, "relu");
    CHECK_OK(gan_model_add(home, shared));
    add_new(wrap, "input 3");
    CHECK_OK(gan_model_add(wrap, alone));
    add_new(whole, "input 3");
    CHECK_OK(gan_model_add_model(whole, home));
    CHECK_OK(gan_model_add_model(whole, wrap));
    add_new(other, "input 3");
    check_refused(other, shared, "'1' in a model that is in another one");
    check_refused(whole, shared, "'1' in a model that is in another one");
    CHECK_OK(gan_model_add(other, alone));
    CHECK_OK(gan_model_add(whole, alone));
    CHECK(part_of(other, "0") == wrap);
    CHECK_TEXT(names(home), "1.weight 1.bias");
    CHECK_TEXT(names(whole), "0.1.weight 0.1.bias 1.0.weight 1.0.bias");
    check_fixed_point(other);
    check_fixed_point(whole);
    gan_layer_release(shared);
    gan_layer_release(alone);
    gan_model_release(home);
    gan_model_release(wrap);
    gan_model_release(whole);
    gan_model_release(other);
}

/* A text's parameters are one store: an optimiser of another model would train all of them. */
TEST(layers_of_texts)
{
    gan_model *text, *other = create();
    CHECK_OK(gan_model_parse(
        &text, context,
        "define alone { input 3; dense 3 }; input 3; part alone; dense 3; relu; dense 3"));
    gan_layer *dense = gan_model_layer(text, "1"), *alone = gan_model_layer(text, "alone.0");
    gan_layer_retain(dense);
    add_new(other, "input 3");
    check_refused(other, dense, "'1' in a model made from text");
    check_refused(text, dense, "'1' in a model made from text");
    CHECK_OK(gan_model_add(other, gan_model_layer(text, "2"))); /* it has no parameters */
    CHECK_OK(gan_model_add(other, alone));
    CHECK(part_of(other, "1") == part_of(text, "alone"));
    gan_model_release(text);
    check_refused(other, dense, "one block");
    check_fixed_point(other);
    gan_layer_release(dense);
    CHECK_OK(gan_model_parse(&text, context, "input 3; dense 3; relu"));
    dense = gan_model_layer(text, "0");
    gan_layer_retain(dense);
    check_refused(other, dense, "made from text");
    gan_model_release(text);
    CHECK_OK(gan_model_add(other, dense)); /* all that its store holds */
    CHECK_TEXT(names(other), "1.0.weight 1.0.bias 2.weight 2.bias");
    gan_layer_release(dense);
    gan_model_release(other);
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

/* A failure leaves both models as they were, and the next try does it all. */
static gan_status starved_sharing(long long n)
{
    gan_layer *shared = layer("conv2d 3 kernel=1");
    gan_model *one = chain_with("input 4 4 3", "relu", shared), *two = create();
    add_new(two, "input 8 8 3");
    char *texts[2] = {strdup(gan_model_text(one)), strdup(gan_model_text(two))};
    fault.fail_at = fault.allocations + n;
    gan_status status = gan_model_add(two, shared);
    fault.fail_at = 0;
    if (status != GAN_OK) {
        CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK_TEXT(gan_model_text(one), texts[0]);
        CHECK_TEXT(gan_model_text(two), texts[1]);
        CHECK_TEXT(names(one), "1.weight 1.bias 2.weight 2.bias");
        CHECK(gan__model_parameter(one, "1.weight") == &one->parameters[0]);
        CHECK_INT(one->part_count + two->part_count, 0);
        CHECK_INT(one->nesting, 1);
        CHECK(gan_model_layer(one, "1") == shared);
        CHECK_OK(gan_model_add(two, shared));
    }
    CHECK_TEXT(names(one), "1.0.weight 1.0.bias 2.weight 2.bias");
    CHECK_TEXT(names(two), "0.0.weight 0.0.bias");
    CHECK(part_of(one, "1") == part_of(two, "0"));
    check_fixed_point(one);
    check_fixed_point(two);
    free(texts[0]);
    free(texts[1]);
    gan_layer_release(shared);
    gan_model_release(one);
    gan_model_release(two);
    return status;
}

/* Memory ends at each allocation of a program in turn, fewer than `most` and more than `least`. */
static void starve(gan_status (*program)(long long allocation), long long most, long long least)
{
    long long live = fault.live, n = 1;
    while (n < most && program(n) != GAN_OK) {
        if (!CHECK_INT(fault.live, live)) return;
        n++;
    }
    CHECK(n > least);
}

TEST(starved_shared)
{
    starve(starved_sharing, 1000, 30);
}

TEST(starved)
{
    starve(starved_chain, 10000, 50);
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
    RUN(one_layer_in_three_models);
    RUN(order_of_parts);
    RUN(sizes_of_shared_layers);
    RUN(releases);
    RUN(layers_of_placed_models);
    RUN(layers_of_texts);
    RUN(models_as_parts);
    RUN(parts_in_parts);
    RUN(other_contexts);
    RUN(starved);
    RUN(starved_shared);
    gan_context_release(context);
    test_name = "leaks";
    CHECK_INT(fault.live, 0);
    return test_report();
}
