/* test_combogan.c: translation between many domains: what it is made of, what it refuses, that a
 * step touches its pair alone, routes, what is shown, that a step that fails leaves no trace, and
 * its bits. The golden traces say that a step is right. */
#include "common_space.h"

static const domain_list two = {2, {"x", "y"}}, three = {3, {"a", "b", "c"}};

static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_but(spec, &three, NULL, NULL);
    set_data_of(t, &three);
    return t;
}

static void set_data(gan_trainer *t)
{
    set_data_of(t, &three);
}

static gan_trainer *make_two(const char *spec)
{
    gan_trainer *t = make_but(spec, &two, NULL, NULL);
    set_data_of(t, &two);
    return t;
}

static void set_data_two(gan_trainer *t)
{
    set_data_of(t, &two);
}

static const bits_training training = {make, set_data, 9}, pair = {make_two, set_data_two, 6};

/* ---- what it is made of ---- */

TEST(members)
{
    check_members(
        "combogan",
        "role encoder_x, role encoder_y, role decoder_x, role decoder_y, role discriminator_x, "
        "role discriminator_y, feed x, feed y, group generators, group discriminators, "
        "product encoder_x, product encoder_y, product decoder_x, product decoder_y, "
        "route x > code > x, route x > code > y, route x > code, route y > code > x, "
        "route y > code > y, route y > code, score x > score, score y > score, sheet x, sheet y, ");
}

TEST(options)
{
    static const option_case cases[] = {
        {"combogan domains=a,b,c,d identity=5 semantic=1 pool=0", NULL},
        {"combogan domains=a",
         "combogan: domains=a: a translation is between two domains at least"},
        {"combogan domains=a,b,a", "combogan: the domain 'a' is given twice"},
        {"combogan domains=a,code",
         "combogan: there would be two spaces 'code': a domain must be called otherwise"},
        {"combogan loss=wgan",
         "combogan: loss=wgan asks for discriminators whose slope is bounded, as the trainer 'gan' "
         "does and this one does not"},
        {"combogan loss=hinge smoothing=0.1",
         "combogan: smoothing=0.1 with loss=hinge, whose real samples have no label to move"},
    };
    check_options(cases, sizeof cases / sizeof cases[0]);
}

TEST(values)
{
    gan_trainer *t = make("combogan domains=a,b,c");
    CHECK(gan__cast_value(t->cast, "loss.identity.a", 15) < 0);
    CHECK(gan__cast_value(t->cast, "loss.semantic.a", 15) < 0);
    gan_trainer_release(t);
    t = make("combogan domains=a,b,c identity=1 semantic=1 cycle=0");
    must(gan_trainer_run(t, 3, NULL, NULL));
    for (int d = 0; d < 3; d++)
        for (int v = 0; v < 5; v++) {
            static const char *const names[] = {"loss.cycle", "loss.identity", "loss.semantic",
                                                "score.real", "accuracy.fake"};
            char name[32];
            snprintf(name, sizeof name, "%s.%s", names[v], three.names[d]);
            CHECK(isfinite(value_of(t, name)));
        }
    gan_trainer_release(t);
}

/* ---- what is refused ---- */

static const struct {
    const char *role, *text; /* NULL: none */
    gan_status status;
    const char *message;
} wrongs[] = {
    {"encoder_c", NULL, GAN_E_STATE, "combogan: the role 'encoder_c' has no model"},
    {"decoder_b", "input 2 3 3; part outwards; conv_transpose2d 3 kernel=4 stride=2 pad=1",
     GAN_E_SHAPE, "combogan: the decoder_b makes pictures of 4x6x3, the encoder_b takes 8x12x3"},
    {"encoder_b", "input 8 12 3; conv2d 3 kernel=4 stride=2 pad=1", GAN_E_SHAPE,
     "combogan: the encoder_a makes codes of 2x3x3, the encoder_b makes 4x6x3"},
    {"discriminator_c", "input 4 6 1; conv2d 1 kernel=1", GAN_E_SHAPE,
     "combogan: the decoder_c makes pictures of 4x6x3, the discriminator_c takes 4x6x1"},
    {"discriminator_a", "input 4 6 1; s = dense 1; b = dense 1; output s b", GAN_E_SHAPE, NULL},
    {"discriminator_a", "input 4 6 1; conv2d 4 kernel=4 stride=2 pad=1; part inwards", GAN_E_STATE,
     "combogan: 'inwards.0.weight' is in the encoder_a and in the discriminator_a, which the "
     "groups generators and discriminators would both train"},
};

TEST(roles_and_shapes_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        gan_trainer *t = make_but("combogan domains=a,b,c", &three, wrongs[i].role, wrongs[i].text);
        set_data(t);
        CHECK_STATUS(gan_trainer_check(t), wrongs[i].status);
        if (wrongs[i].message) CHECK_TEXT(gan_context_message(context), wrongs[i].message);
        CHECK_STATUS(gan_trainer_step(t), wrongs[i].status);
        gan_trainer_release(t);
    }
}

TEST(a_domain_without_data)
{
    gan_trainer *t =
        make_but("combogan domains=x,y,c", &(domain_list){3, {"x", "y", "c"}}, NULL, NULL);
    set_data_two(t);
    CHECK_STATUS(gan_trainer_step(t), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context), "combogan: the feed 'c' has no data");
    gan_trainer_release(t);
}

/* ---- the pair ---- */

/* By steps of Adam, weights and pools: two domains move in a step, the third does not. All pairs
 * come in three steps, and the order is not the same in every round. */
TEST(only_the_pair_moves)
{
    enum { ROUNDS = 8 };
    gan_trainer *t = make("combogan domains=a,b,c batch=2 pool=5");
    int64_t steps[3] = {0}, orders[ROUNDS] = {0};
    must(gan_trainer_check(t));
    for (int k = 0; k < 3 * ROUNDS; k++) {
        int moved = 0, left = 0;
        must(gan_trainer_step(t));
        for (int d = 0; d < 3; d++) {
            const int64_t now = state_of_role(t, role_name(2, three.names[d]), 0)->steps;
            if (now == steps[d])
                left = d;
            else
                moved++;
            CHECK(now == steps[d] || now == steps[d] + 1);
            steps[d] = now;
            CHECK_INT(gan__pool_read(t->pools[d]).counter, 2 * now);
        }
        CHECK_INT(moved, 2);
        orders[k / 3] = 3 * orders[k / 3] + left;
        if (k % 3 < 2) continue;
        for (int d = 0; d < 3; d++) CHECK_INT(steps[d], 2 * (k / 3 + 1));
    }
    int others = 0;
    for (int r = 1; r < ROUNDS; r++) others += orders[r] != orders[0];
    CHECK(others > 0);
    for (int g = 0; g < 2; g++) CHECK_INT(t->optimizers[g]->steps, 3 * ROUNDS);
    gan_trainer_release(t);
}

/* The part that all encoders have is one set of weights and of moments, and moves in each step. */
TEST(parts_move_with_every_pair)
{
    gan_trainer *t = make("combogan domains=a,b,c");
    const gan_model *a = gan_trainer_model(t, "encoder_a", 0),
                    *b = gan_trainer_model(t, "encoder_b", 0);
    must(gan_trainer_run(t, 6, NULL, NULL));
    size_t shared = 0;
    for (size_t i = 0; i < a->store_count; i++)
        for (size_t k = 0; k < b->store_count; k++)
            if (a->stores[i] == b->stores[k]) {
                const gan__optimizer_state *state = state_of_role(t, "encoder_a", i);
                CHECK(state == state_of_role(t, "encoder_b", k));
                if (state) CHECK_INT(state->steps, 6);
                shared++;
            }
    CHECK_INT(shared, 1);
    gan_trainer_release(t);
}

/* ---- routes, and what is shown ---- */

TEST(routes)
{
    gan_trainer *t = make("combogan domains=a,b,c average=0.9");
    static const char *const texts[] = {"a > code", "a > code > b", "a > code > b > code > a"};
    gan_model *route;
    gan_tensor *sheet;
    int64_t columns;
    must(gan_trainer_run(t, 4, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        must(gan_trainer_route(&route, t, texts[i], GAN_MODEL_AVERAGED));
        CHECK_INT(gan_model_input_count(route), 1);
        CHECK_TEXT(gan_model_note(route, "source"), "a");
        if (i > 0) CHECK_TEXT(gan_model_note(route, "feed"), i == 1 ? "b" : "a");
        gan_model_release(route);
    }
    must(gan_trainer_show(&sheet, &columns, t, "b", 3, 0));
    CHECK_INT(columns, 4); /* b, then a, b and c made of it */
    CHECK_INT(gan_tensor_shape(sheet)[0], 12);
    gan_tensor_release(sheet);
    CHECK_STATUS(gan_trainer_show(&sheet, &columns, t, "code", 3, 0), GAN_E_ARGUMENT);
    gan_trainer_release(t);
}

/* ---- the same bits ---- */

static const char *const rich = "combogan domains=a,b,c batch=2 average=0.9 pool=3 identity=1";

TEST(resumed_at_every_step)
{
    bits_resumed(&training, rich);
    bits_resumed(&pair, "combogan pool=2 instance_noise=0.1 semantic=1 loss=hinge");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&training, "combogan domains=a,b,c pool=2 average=0.9 semantic=1");
}

TEST(a_failed_step_was_never_made)
{
    check_failed_steps(&pair, "combogan batch=2 pool=3 average=0.9 semantic=1", &two);
}

TEST(steps_allocate_nothing_after_a_check)
{
    check_allocations(&training, rich);
}

TEST(without_memory)
{
    check_without_memory(&training, rich);
}

int main(void)
{
    rig_open(2, "combogan.tmp");
    RUN(members);
    RUN(options);
    RUN(values);
    RUN(roles_and_shapes_that_do_not_go_together);
    RUN(a_domain_without_data);
    RUN(only_the_pair_moves);
    RUN(parts_move_with_every_pair);
    RUN(routes);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    RUN(steps_allocate_nothing_after_a_check);
    RUN(without_memory);
    return rig_close();
}
