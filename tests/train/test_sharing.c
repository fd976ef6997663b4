/* test_sharing.c: whatever the roles share, and however their models were made, a checkpoint says
 * it: what was saved can be loaded, and then does the same steps. */
#include "rig.h"

enum { BATCH = 4 };

static gan_model *parse(const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    return model;
}

/* A model that places up to two others. */
static gan_model *place(const char *text, const char *a, gan_model *first, const char *b,
                        gan_model *second)
{
    const char *const names[2] = {a, b};
    gan_model *const parts[2] = {first, second};
    gan_model *model;
    must(gan_model_parse_parts(&model, context, text, names, parts, second ? 2 : 1));
    return model;
}

static gan_layer *make_layer(const char *statement)
{
    gan_layer *layer;
    must(gan_layer_create(&layer, context, statement));
    return layer;
}

/* A chain, put together by hand: every layer has a store of its own. */
static void add_layers(gan_model *model, const char *const *statements, int count)
{
    for (int i = 0; i < count; i++) {
        gan_layer *layer = make_layer(statements[i]);
        must(gan_model_add(model, layer));
        gan_layer_release(layer);
    }
}

typedef struct pair {
    gan_model *g, *d;
} pair;

static pair by_hand(void)
{
    static const char *const g[] = {"input 1 1 8", "dense 16 bias=no", "batchnorm",
                                    "relu",        "dense 12",         "tanh"};
    static const char *const d[] = {"input 1 1 12", "dense 16 spectral=yes", "leaky_relu 0.2",
                                    "dense 1"};
    pair p;
    must(gan_model_create(&p.g, context));
    must(gan_model_create(&p.d, context));
    add_layers(p.g, g, 6);
    add_layers(p.d, d, 4);
    return p;
}

/* Own layers before and after a part, and a layer with two places. */
static pair by_hand_with_parts(void)
{
    static const char *const g[] = {"input 1 1 8", "dense 16"}, *const end[] = {"dense 12", "tanh"};
    static const char *const d[] = {"input 1 1 12", "dense 16"}, *const score[] = {"dense 1"};
    gan_model *part = parse("input 16; dense 16; layernorm; relu");
    gan_layer *twice = make_layer("dense 16");
    pair p;
    must(gan_model_create(&p.g, context));
    must(gan_model_create(&p.d, context));
    add_layers(p.g, g, 2);
    must(gan_model_add_model(p.g, part));
    must(gan_model_add(p.g, twice));
    must(gan_model_add(p.g, twice));
    add_layers(p.g, end, 2);
    add_layers(p.d, d, 2);
    must(gan_model_add_model(p.d, part));
    add_layers(p.d, score, 1);
    gan_layer_release(twice);
    gan_model_release(part);
    return p;
}

/* Layers that stand in the chains of both roles, and of a third model. */
static pair by_hand_with_layers(void)
{
    static const char *const g[] = {"input 1 1 8", "dense 12"}, *const end[] = {"tanh"};
    static const char *const d[] = {"input 1 1 12"}, *const score[] = {"relu", "dense 1"};
    gan_layer *dense = make_layer("dense 12"), *norm = make_layer("batchnorm");
    pair p;
    gan_model *third;
    must(gan_model_create(&p.g, context));
    must(gan_model_create(&p.d, context));
    must(gan_model_create(&third, context));
    add_layers(p.g, g, 2);
    must(gan_model_add(p.g, norm));
    must(gan_model_add(p.g, dense));
    add_layers(p.g, end, 1);
    add_layers(third, d, 1);
    must(gan_model_add(third, dense));
    add_layers(p.d, d, 1);
    must(gan_model_add(p.d, dense));
    must(gan_model_add(p.d, norm));
    add_layers(p.d, score, 2);
    gan_model_release(third);
    gan_layer_release(dense);
    gan_layer_release(norm);
    return p;
}

/* inner in trunk in G; D places both, by other names, beside parts of its own that have theirs. */
static pair nested_and_named_otherwise(void)
{
    gan_model *inner = parse("input 12; dense 12; relu");
    gan_model *trunk =
        place("input 12; dense 12; part inner; layernorm", "inner", inner, NULL, NULL);
    gan_model *other = parse("input 12; dense 12 spectral=yes");
    gan_model *own = place("input 12; part inner; dense 12", "inner", other, NULL, NULL);
    pair p;
    p.g = place("input 8; dense 12; part trunk; dense 12; part other; part trunk; tanh", "trunk",
                trunk, "other", other);
    gan_model *rest = place("input 12; part trunk; part other", "trunk", own, "other", inner);
    p.d = place("input 12; part body; dense 12; part rest; dense 1", "body", trunk, "rest", rest);
    gan_model_release(inner);
    gan_model_release(trunk);
    gan_model_release(other);
    gan_model_release(own);
    gan_model_release(rest);
    return p;
}

/* Only the part of a part is shared: in G, in D, in neither is it one of the model's own parts. */
static pair inner_alone(int in_g, int in_d)
{
    gan_model *inner = parse("input 12; dense 12; batchnorm; relu");
    gan_model *a = place("input 12; dense 12; part inner", "inner", inner, NULL, NULL);
    gan_model *b = place("input 12; part core; dense 12", "core", inner, NULL, NULL);
    pair p;
    p.g = place("input 8; dense 12; part x; tanh", "x", in_g ? inner : a, NULL, NULL);
    p.d = place("input 12; part y; dense 1", "y", in_d ? inner : b, NULL, NULL);
    gan_model_release(inner);
    gan_model_release(a);
    gan_model_release(b);
    return p;
}

static pair inner_of_both(void)
{
    return inner_alone(0, 0);
}

static pair inner_of_g(void)
{
    return inner_alone(0, 1);
}

static pair inner_of_d(void)
{
    return inner_alone(1, 0);
}

/* One part by two names in either model. */
static pair two_names(void)
{
    gan_model *part = parse("input 12; dense 12");
    pair p;
    p.g = place("input 8; dense 12; part a; relu; part b; tanh", "a", part, "b", part);
    p.d = place("input 12; part b; relu; part c; dense 1", "b", part, "c", part);
    gan_model_release(part);
    return p;
}

static const struct {
    const char *name;
    pair (*make)(void);
} cases[] = {{"by hand", by_hand},
             {"by hand, with parts", by_hand_with_parts},
             {"by hand, with layers of both", by_hand_with_layers},
             {"nested, other names", nested_and_named_otherwise},
             {"the inner part of both", inner_of_both},
             {"the inner part of the generator's", inner_of_g},
             {"the inner part of the discriminator's", inner_of_d},
             {"two names", two_names}};
enum { CASE_COUNT = sizeof cases / sizeof cases[0] };

static void check_same(gan_trainer *a, gan_trainer *b, const char *name)
{
    size_t sizes[2];
    uint8_t *one = saved(a, &sizes[0]), *other = saved(b, &sizes[1]);
    if (!CHECK(sizes[0] == sizes[1] && !memcmp(one, other, sizes[0]))) printf("    %s\n", name);
    gan__free(context, one);
    gan__free(context, other);
}

/* Clipping makes every weight depend on the norm, the order of whose terms must not change. */
static const char *const optimizers[] = {"adam lr=0.01 clip=0.3",
                                         "rmsprop centered=yes momentum=0.5 lr=0.01 clip=0.2",
                                         "sgd momentum=0.9 lr=0.01 clip=0.1"};

static void resume(int which, const char *optimizer)
{
    gan_trainer *t, *u;
    pair p = cases[which].make();
    t = make_trainer("gan batch=4 average=0.9", p.g, p.d);
    must(gan_trainer_set_optimizer(t, "generator", optimizer));
    must(gan_trainer_set_optimizer(t, "discriminator", optimizer));
    gan_model_release(p.g);
    gan_model_release(p.d);
    must(step(t));
    must(step(t));
    must(gan_trainer_save(t, "sharing.tmp"));
    if (!CHECK_OK(gan_trainer_load(&u, context, "sharing.tmp")))
        printf("    %s: %s\n", cases[which].name, gan_context_message(context));
    for (int i = 0; u && i < 2; i++) {
        check_same(t, u, cases[which].name);
        must(step(t));
        must(step(u));
    }
    if (u) check_same(t, u, cases[which].name);
    gan_trainer_release(t);
    gan_trainer_release(u);
    remove("sharing.tmp");
}

TEST(what_was_saved_resumes)
{
    for (int c = 0; c < CASE_COUNT; c++)
        for (int i = 0; i < 3; i++) resume(c, optimizers[i]);
}

/* A role in another one: no checkpoint can say that, and it is refused before anything is trained
 * or saved. */
TEST(other_sharing_is_refused)
{
    static const char *const in[] = {"input 1 1 12", "dense 12"}, *const end[] = {"dense 1"};
    gan_trainer *t;
    pair p;
    must(gan_model_create(&p.g, context));
    must(gan_model_create(&p.d, context));
    add_layers(p.g, in, 2);
    add_layers(p.d, in, 1);
    must(gan_model_add_model(p.d, p.g));
    add_layers(p.d, end, 1);
    t = make_trainer("gan batch=4", p.g, p.d);
    CHECK_STATUS(step(t), GAN_E_STATE);
    CHECK_STATUS(gan_trainer_save(t, "sharing.tmp"), GAN_E_STATE);
    gan_trainer_release(t);
    gan_model_release(p.g);
    gan_model_release(p.d);
}

int main(void)
{
    rig_open(BATCH, "sharing.tmp");
    RUN(what_was_saved_resumes);
    RUN(other_sharing_is_refused);
    return rig_close();
}
