/* test_sharing.c: whatever roles of one group share, and however their models were made, a
 * checkpoint says it: what was saved can be loaded, and then does the same steps. So do parts that
 * not every step reaches. What two groups would train is refused. */
#include "pair_kind.h"

#include "optim/optimizer.h"

#include <math.h>

enum { BATCH = 4 };

static gan_model *parse(const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    return model;
}

/* A model that places up to two others; its text is between what its side begins and ends with. */
typedef struct side {
    const char *input, *end;
} side;
static const side sides[2] = {{"input 1 1 8", "dense 12"}, {"input 1 1 12", "dense 1"}};

static gan_model *place(const side *s, const char *text, const char *a, gan_model *first,
                        const char *b, gan_model *second)
{
    const char *const names[2] = {a, b};
    gan_model *const parts[2] = {first, second};
    gan_model *model;
    char whole[256];
    snprintf(whole, sizeof whole, "%s; %s; %s", s ? s->input : "input 12", text,
             s ? s->end : "layernorm");
    must(gan_model_parse_parts(&model, context, whole, names, parts, second ? 2 : 1));
    return model;
}

static gan_layer *make_layer(const char *statement)
{
    gan_layer *layer;
    must(gan_layer_create(&layer, context, statement));
    return layer;
}

static void add_layer(gan_model *model, const char *statement)
{
    gan_layer *layer = make_layer(statement);
    must(gan_model_add(model, layer));
    gan_layer_release(layer);
}

/* The beginning of a chain that is put together by hand: every layer has a store of its own. */
static gan_model *begin(const side *s)
{
    gan_model *model;
    must(gan_model_create(&model, context));
    add_layer(model, s->input);
    return model;
}

/* ---- what x and y of one side share: each makes both models ---- */

static void by_hand(const side *s, gan_model *out[2])
{
    for (int i = 0; i < 2; i++) {
        out[i] = begin(s);
        add_layer(out[i], "dense 16 spectral=yes");
        add_layer(out[i], "batchnorm");
        add_layer(out[i], "leaky_relu 0.2");
        add_layer(out[i], s->end);
    }
}

/* Own layers before and after a part, and a layer with two places. */
static void by_hand_with_parts(const side *s, gan_model *out[2])
{
    gan_model *part = parse("input 16; dense 16; layernorm; relu");
    for (int i = 0; i < 2; i++) {
        gan_layer *twice = make_layer("dense 16");
        out[i] = begin(s);
        add_layer(out[i], "dense 16");
        must(gan_model_add_model(out[i], part));
        must(gan_model_add(out[i], twice));
        must(gan_model_add(out[i], twice));
        add_layer(out[i], s->end);
        gan_layer_release(twice);
    }
    gan_model_release(part);
}

/* Layers that stand in the chains of both, in another order, and of a third model. */
static void by_hand_with_layers(const side *s, gan_model *out[2])
{
    gan_layer *dense = make_layer("dense 12"), *norm = make_layer("batchnorm");
    gan_model *third = begin(&sides[1]);
    for (int i = 0; i < 2; i++) {
        out[i] = begin(s);
        add_layer(out[i], "dense 12");
        must(gan_model_add(out[i], i ? dense : norm));
        must(gan_model_add(out[i], i ? norm : dense));
        if (i == 0) must(gan_model_add(third, dense));
        add_layer(out[i], s->end);
    }
    gan_model_release(third);
    gan_layer_release(dense);
    gan_layer_release(norm);
}

/* inner in trunk in x; y places both, by other names, beside parts of its own that have theirs. */
static void nested_and_named_otherwise(const side *s, gan_model *out[2])
{
    gan_model *inner = parse("input 12; dense 12; relu");
    gan_model *trunk = place(NULL, "dense 12; part inner", "inner", inner, NULL, NULL);
    gan_model *other = parse("input 12; dense 12 spectral=yes");
    gan_model *own = place(NULL, "part inner; dense 12", "inner", other, NULL, NULL);
    gan_model *rest = place(NULL, "part trunk; part other", "trunk", own, "other", inner);
    out[0] = place(s, "dense 12; part trunk; dense 12; part other; part trunk", "trunk", trunk,
                   "other", other);
    out[1] = place(s, "dense 12; part body; dense 12; part rest", "body", trunk, "rest", rest);
    gan_model_release(inner);
    gan_model_release(trunk);
    gan_model_release(other);
    gan_model_release(own);
    gan_model_release(rest);
}

/* Only the part of a part is shared: in x, in y, in neither is it one of the model's own parts. */
static void inner_alone(const side *s, gan_model *out[2], int in_x, int in_y)
{
    gan_model *inner = parse("input 12; dense 12; batchnorm; relu");
    gan_model *a = place(NULL, "dense 12; part inner", "inner", inner, NULL, NULL);
    gan_model *b = place(NULL, "part core; dense 12", "core", inner, NULL, NULL);
    out[0] = place(s, "dense 12; part p", "p", in_x ? inner : a, NULL, NULL);
    out[1] = place(s, "dense 12; part q", "q", in_y ? inner : b, NULL, NULL);
    gan_model_release(inner);
    gan_model_release(a);
    gan_model_release(b);
}

static void inner_of_both(const side *s, gan_model *out[2])
{
    inner_alone(s, out, 0, 0);
}

static void inner_of_x(const side *s, gan_model *out[2])
{
    inner_alone(s, out, 0, 1);
}

static void inner_of_y(const side *s, gan_model *out[2])
{
    inner_alone(s, out, 1, 0);
}

/* One part by two names in either model. */
static void two_names(const side *s, gan_model *out[2])
{
    gan_model *part = parse("input 12; dense 12");
    out[0] = place(s, "dense 12; part a; relu; part b; tanh", "a", part, "b", part);
    out[1] = place(s, "dense 12; part b; relu; part c", "b", part, "c", part);
    gan_model_release(part);
}

/* The generators' first layers are one part, the discriminators' last. */
static void trunk(const side *s, gan_model *out[2])
{
    gan_model *part = parse(s == sides ? "input 1 1 8; dense 16; batchnorm; relu"
                                       : "input 1 1 16; leaky_relu 0.2; dense 1 spectral=yes");
    for (int i = 0; i < 2; i++) {
        const char *name = "trunk";
        must(gan_model_parse_parts(&out[i], context,
                                   s == sides ? "input 1 1 8; part trunk; dense 12"
                                              : "input 1 1 12; dense 16; part trunk",
                                   &name, &part, 1));
    }
    gan_model_release(part);
}

static const struct {
    const char *name;
    void (*make)(const side *s, gan_model *out[2]);
} cases[] = {{"by hand", by_hand},
             {"by hand, with parts", by_hand_with_parts},
             {"by hand, with layers of both", by_hand_with_layers},
             {"nested, other names", nested_and_named_otherwise},
             {"the inner part of both", inner_of_both},
             {"the inner part of x's", inner_of_x},
             {"the inner part of y's", inner_of_y},
             {"two names", two_names},
             {"trunk", trunk}};
enum { CASE_COUNT = sizeof cases / sizeof cases[0] };

/* ---- resuming ---- */

static void check_same(gan_trainer *a, gan_trainer *b, const char *name)
{
    size_t sizes[2];
    uint8_t *one = saved(a, &sizes[0]), *other = saved(b, &sizes[1]);
    if (!CHECK(sizes[0] == sizes[1] && !memcmp(one, other, sizes[0]))) printf("    %s\n", name);
    gan__free(context, one);
    gan__free(context, other);
}

/* Clipping makes every weight depend on the norm, the order of whose terms must not change. */
static const char *const optimizers[] = {"adam lr=0.01 clip=0.3 weight_decay=0.01",
                                         "rmsprop centered=yes momentum=0.5 lr=0.01 clip=0.2",
                                         "sgd momentum=0.9 lr=0.01 clip=0.1"};

static gan_trainer *make_case(int which, const char *spec, const char *optimizer)
{
    gan_model *models[4];
    for (int i = 0; i < 2; i++) cases[which].make(&sides[i], models + 2 * i);
    gan_trainer *t = make_pair(spec, models);
    must(gan_trainer_set_optimizer(t, "generators", optimizer));
    must(gan_trainer_set_optimizer(t, "discriminators", optimizer));
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
    return t;
}

static gan_trainer *reload(gan_trainer *t, const char *name)
{
    gan_trainer *u;
    size_t size;
    uint8_t *bytes = saved(t, &size);
    if (!CHECK_OK(gan_trainer_load_memory(&u, context, bytes, size)))
        printf("    %s: %s\n", name, gan_context_message(context));
    gan__free(context, bytes);
    return u;
}

/* Before the first step, and after each of four: the one that was loaded, again and again, does
 * what the other does. */
static void resume(int which, const char *spec, const char *optimizer)
{
    gan_trainer *t = make_case(which, spec, optimizer), *u = reload(t, cases[which].name);
    for (int i = 0; u && i < 4; i++) {
        must(pair_try(t));
        must(pair_try(u));
        check_same(t, u, cases[which].name);
        gan_trainer *again = reload(u, cases[which].name);
        gan_trainer_release(u);
        u = again;
    }
    gan_trainer_release(t);
    gan_trainer_release(u);
}

TEST(what_was_saved_resumes)
{
    for (int c = 0; c < CASE_COUNT; c++)
        for (int i = 0; i < 3; i++) {
            resume(c, "pair batch=4 average=0.9", optimizers[i]);
            resume(c, "pair batch=4 average=0.9 turns=yes first=1", optimizers[i]);
        }
}

static int holds(const uint8_t *bytes, size_t size, const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (!memcmp(bytes + i, text, length)) return 1;
    return 0;
}

/* The part that both have is in every step, what is x's or y's own in every other. */
TEST(counts_are_of_each_part)
{
    static const char *const expected[] = {
        "\"gan.optimizer.generators.steps\":\"5\"",
        "\"gan.optimizer.generators.generator_x.steps\":\"5,3\"",
        "\"gan.optimizer.generators.generator_y.steps\":\"2\"",
        "\"gan.optimizer.discriminators.discriminator_x.steps\":\"10,6\"",
        "\"gan.optimizer.discriminators.discriminator_y.steps\":\"4\""};
    size_t size;
    gan_trainer *t = make_case(CASE_COUNT - 1, "pair batch=4 turns=yes first=1", "adam"), *u;
    for (int i = 0; i < 5; i++) must(pair_try(t));
    u = reload(t, "trunk");
    for (int k = 0; k < 2; k++) {
        uint8_t *bytes = saved(k ? u : t, &size);
        for (int i = 0; i < 5; i++)
            if (!CHECK(holds(bytes, size, expected[i]))) printf("    %s\n", expected[i]);
        gan__free(context, bytes);
    }
    gan_trainer_release(t);
    gan_trainer_release(u);
}

static void patch(uint8_t *bytes, size_t size, const char *from, const char *to)
{
    const size_t length = strlen(from);
    for (size_t i = 0; i + length <= size; i++)
        if (!memcmp(bytes + i, from, length)) memcpy(bytes + i, to, length);
}

/* Counts that are not those of the parts. */
TEST(wrong_counts_are_refused)
{
    static const char *const wrong[] = {"5,x", "5, ", "5,-", ",53", "5,,", "535", "-,3"};
    gan_trainer *t = make_case(CASE_COUNT - 1, "pair batch=4 turns=yes", "adam"), *u;
    size_t size;
    for (int i = 0; i < 5; i++) must(pair_try(t));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t *bytes = saved(t, &size);
        char to[64];
        snprintf(to, sizeof to, "generator_x.steps\":\"%s\"", wrong[i]);
        patch(bytes, size, "generator_x.steps\":\"5,3\"", to);
        patch(bytes, size, "gan.crc32", "gan.crc-1");
        CHECK_STATUS(gan_trainer_load_memory(&u, context, bytes, size), GAN_E_FORMAT);
        CHECK(strstr(gan_context_message(context), "not the steps of its parts") != NULL);
        gan__free(context, bytes);
    }
    gan_trainer_release(t);
}

/* Read from a file, the own layers of a network have one count: others cannot be said. */
TEST(counts_of_own_layers_are_one)
{
    gan_trainer *t = make_case(0, "pair batch=4", "adam");
    must(pair_try(t));
    gan_trainer_release(reload(t, cases[0].name));
    t->optimizers[PAIR_GENERATORS]->states[1].steps--;
    CHECK_STATUS(gan_trainer_save(t, "sharing.tmp"), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context),
               "pair: layers of the generator_x that no part has were left out of some steps, and "
               "others not: no checkpoint can say that; make them parts");
    gan_trainer_release(t);
}

/* ---- averages ---- */

static float average_of(gan_trainer *t, const char *role, const char *name, int64_t count)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 1, &count));
    must(gan_model_read(gan_trainer_model(t, role, GAN_MODEL_AVERAGED), name, GAN_VALUE, tensor));
    const float first = ((float *)gan_tensor_data(tensor))[0];
    gan_tensor_release(tensor);
    return first;
}

/* What models share their averages share: it is averaged once a step, and written in both. */
TEST(averages_share_parts)
{
    gan_trainer *t = make_case(CASE_COUNT - 1, "pair batch=4 average=0.5", "adam lr=0.1");
    gan_model *x = gan_trainer_model(t, "generator_x", GAN_MODEL_AVERAGED);
    gan_model *y = gan_trainer_model(t, "generator_y", GAN_MODEL_AVERAGED);
    gan_model *trained = gan_trainer_model(t, "generator_x", 0);
    const gan__store *part = trained->parts[0].model->stores[0];
    float expected = part->weights[128]; /* of the bias: after 16 x 8 weights */
    CHECK(x->parts[0].model == y->parts[0].model && x->parts[0].model != trained->parts[0].model);
    CHECK(gan_trainer_model(t, "discriminator_x", GAN_MODEL_AVERAGED) == NULL);
    gan_tensor *bias;
    must(gan_tensor_create(&bias, context, GAN_FLOAT32, 1, (const int64_t[]){16}));
    must(gan_model_read(trained, "trunk.0.bias", GAN_VALUE, bias));
    expected = ((float *)gan_tensor_data(bias))[0];
    for (int i = 1; i < 4; i++) {
        const float decay = i < 10 ? fminf(0.5F, (float)i / (float)(9 + i)) : 0.5F;
        must(pair_try(t));
        must(gan_model_read(trained, "trunk.0.bias", GAN_VALUE, bias));
        expected = decay * expected + (1 - decay) * ((float *)gan_tensor_data(bias))[0];
        CHECK_NEAR(average_of(t, "generator_x", "trunk.0.bias", 16), expected, 1e-6);
        CHECK_NEAR(average_of(t, "generator_y", "trunk.0.bias", 16), expected, 1e-6);
    }
    gan_tensor_release(bias);
    gan_trainer_release(t);
}

/* ---- other sharing ---- */

/* What nobody trains may have a part that a group does: it moves with the group. */
TEST(a_frozen_role_may_share)
{
    gan_model *models[4], *teacher;
    for (int i = 0; i < 2; i++) trunk(&sides[i], models + 2 * i);
    gan_trainer *t = make_pair("pair batch=4 average=0.9", models);
    const char *name = "trunk";
    must(gan_model_parse_parts(&teacher, context, "input 1 1 12; dense 16; part trunk", &name,
                               &models[2]->parts[0].model, 1));
    must(gan_trainer_set_model(t, "teacher", teacher));
    const gan__store *shared = models[2]->parts[0].model->stores[0];
    const gan__store *own = teacher->stores[teacher->stores[0] == shared];
    CHECK(own != shared && teacher->store_count == 2);
    const float before[2] = {shared->weights[0], own->weights[0]};
    gan_trainer *u = reload(t, "teacher");
    for (int i = 0; i < 3; i++) {
        must(pair_try(t));
        must(pair_try(u));
        check_same(t, u, "teacher");
        gan_trainer_release(u);
        u = reload(t, "teacher");
    }
    CHECK(shared->weights[0] != before[0] && own->weights[0] == before[1]);
    gan_model *loaded = gan_trainer_model(u, "teacher", 0);
    CHECK(loaded->parts[0].model == gan_trainer_model(u, "discriminator_y", 0)->parts[0].model);
    gan_trainer_release(t);
    gan_trainer_release(u);
    gan_model_release(teacher);
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
}

static void check_refused(gan_trainer *t, gan_status status, const char *message)
{
    CHECK_STATUS(status, GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_STATUS(gan_trainer_check(t), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_STATUS(gan_trainer_save(t, "sharing.tmp"), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK(fopen("sharing.tmp", "rb") == NULL);
    CHECK_INT(gan_trainer_steps(t), 0);
}

/* A part that two groups would train is told by its name, and by whose it is. */
TEST(what_two_groups_train_is_refused)
{
    gan_model *part = parse("input 12; dense 12; relu"), *models[4], *g, *d;
    for (int i = 0; i < 2; i++) trunk(&sides[i], models + 2 * i);
    g = place(&sides[0], "dense 12; part core", "core", part, NULL, NULL);
    d = place(&sides[1], "part body", "body", part, NULL, NULL);
    gan_trainer *t = make_trainer("gan batch=4", g, d);
    check_refused(t, step(t),
                  "gan: 'body.0.weight' is in the generator and in the discriminator, which the "
                  "groups generator and discriminator would both train");
    gan_trainer_release(t);
    t = make_pair("pair batch=4", models);
    must(gan_trainer_set_model(t, "generator_y", g));
    must(gan_trainer_set_model(t, "discriminator_x", d));
    check_refused(t, pair_try(t),
                  "pair: 'body.0.weight' is in the generator_y and in the discriminator_x, which "
                  "the groups generators and discriminators would both train");
    must(gan_trainer_set_model(t, "generator_y", models[1]));
    must(pair_try(t)); /* the trainer goes on */
    gan_trainer_release(t);
    gan_model_release(part);
    gan_model_release(g);
    gan_model_release(d);
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
}

/* A role in another one of its group: no checkpoint can say that, and it is refused before anything
 * is trained or saved. */
TEST(other_sharing_is_refused)
{
    gan_model *models[4];
    for (int i = 0; i < 2; i++) trunk(&sides[i], models + 2 * i);
    gan_model_release(models[1]);
    models[1] = begin(&sides[0]);
    must(gan_model_add_model(models[1], models[0]));
    gan_trainer *t = make_pair("pair batch=4", models);
    CHECK_STATUS(pair_try(t), GAN_E_STATE);
    const char *message = gan_context_message(context);
    CHECK(strstr(message, "pair: the generator_y shares '") &&
          strstr(message, "as a part of both"));
    CHECK_STATUS(gan_trainer_check(t), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_save(t, "sharing.tmp"), GAN_E_STATE);
    gan_trainer_release(t);
    for (int i = 0; i < 4; i++) gan_model_release(models[i]);
}

int main(void)
{
    pair_open(BATCH, "sharing.tmp");
    RUN(what_was_saved_resumes);
    RUN(counts_are_of_each_part);
    RUN(wrong_counts_are_refused);
    RUN(counts_of_own_layers_are_one);
    RUN(averages_share_parts);
    RUN(a_frozen_role_may_share);
    RUN(what_two_groups_train_is_refused);
    RUN(other_sharing_is_refused);
    return rig_close();
}
