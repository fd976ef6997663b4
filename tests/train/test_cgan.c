/* test_cgan.c: conditional training: what it is made of, what it is fed, what it measures, and what
 * it refuses. The golden traces say that a step is right. */
#include "cgan_game.h"

static double value(const game *t, const char *name)
{
    double out = NAN;
    if (!CHECK_OK(gan_trainer_value(t->trainer, name, &out))) puts(gan_context_message(t->context));
    return out;
}

/* ---- what it measures ---- */

static const char *const losses[] = {"minimax", "non_saturating", "lsgan", "hinge", "wgan"};
enum { LOSSES = sizeof losses / sizeof losses[0] };

/* Every objective, with labels one-hot and embedded, and with vectors. */
TEST(all_losses)
{
    for (int i = 0; i < LOSSES * 4; i++) {
        game t;
        char spec[96];
        const int kind = i % 4;
        snprintf(spec, sizeof spec, "cgan batch=%d loss=%s", kind == 3 ? 1 : BATCH, losses[i / 4]);
        open_game(&t, "threads=1 seed=4", spec,
                  kind == 0   ? G("3")
                  : kind == 2 ? G("7")
                              : G_EMBEDDED,
                  kind == 0   ? D("3")
                  : kind == 1 ? D_EMBEDDED
                  : kind == 2 ? D_TWO("7")
                              : D_TWO("1"));
        set_tensors(&t, kind == 2 ? 7 : 0);
        steps(&t, 5);
        CHECK(isfinite(value(&t, "loss.discriminator")) && isfinite(value(&t, "loss.generator")));
        CHECK(isnan(value(&t, "loss.match")) == (kind < 2));
        CHECK(isfinite(value(&t, "accuracy.mismatched")));
        close_game(&t);
    }
}

/* Each comparison of a critic has its weight on both sides, and its accuracy is of pairs. */
TEST(critics_compare)
{
    for (int two = 0; two < 2; two++) {
        game t;
        open_game(&t, "threads=1 seed=4", "cgan batch=4 loss=wgan mismatch=0.75 fake=0.5", G("3"),
                  two ? D_TWO("3") : D("3"));
        set_tensors(&t, 0);
        steps(&t, 3);
        const double matched = value(&t, "score.matched"), fake = value(&t, "score.fake");
        const double mismatched = value(&t, "score.mismatched");
        double loss = 0.75 * (mismatched - matched) + 0.5 * (fake - matched);
        if (two) {
            loss = 0.5 * (fake - (matched + mismatched) / 2);
            CHECK_NEAR(value(&t, "loss.realness"), loss, 1e-6);
            const double match =
                0.75 * (value(&t, "score.match.mismatched") - value(&t, "score.match.matched"));
            CHECK_NEAR(value(&t, "loss.match"), match, 1e-6);
            CHECK(value(&t, "accuracy.match.matched") == value(&t, "accuracy.match.mismatched"));
            loss += match;
        }
        CHECK_NEAR(value(&t, "loss.discriminator"), loss, 1e-6);
        CHECK(value(&t, "accuracy.matched") == value(&t, "accuracy.fake"));
        close_game(&t);
    }
}

/* Without the second question no partner is sought: all may be of one class. */
TEST(without_mismatched_pairs)
{
    for (int two = 0; two < 2; two++) {
        game t;
        double none;
        open_game(&t, "threads=1 seed=4", "cgan batch=4 mismatch=0", G("3"),
                  two ? D_TWO("3") : D("3"));
        set_callback(&t);
        t.one_class = 1;
        steps(&t, 3);
        CHECK_STATUS(gan_trainer_value(t.trainer, "score.mismatched", &none), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_trainer_value(t.trainer, "loss.match", &none), GAN_E_ARGUMENT);
        CHECK_STATUS(gan_trainer_feed(t.trainer, "mismatched", NULL), GAN_E_ARGUMENT);
        close_game(&t);
    }
}

/* ---- what it is made of ---- */

TEST(members)
{
    game t;
    gan__text text = {.context = NULL};
    open_game(&t, "threads=1", "cgan", NULL, NULL);
    text.context = t.context;
    for (int32_t m = 0; m < gan_trainer_member_count(t.trainer); m++) {
        const char *type = gan_trainer_member(t.trainer, m, "type");
        if (strcmp(type, "value"))
            gan__text_print(&text, "%s%s %s", text.length ? ", " : "", type,
                            gan_trainer_member(t.trainer, m, "name"));
    }
    CHECK_TEXT(text.bytes,
               "role generator, role discriminator, feed real, feed mismatched, feed noise, "
               "feed noise.generator, feed condition.generator, group generator, "
               "group discriminator, product generator, route noise > image, "
               "score image > score, sheet noise");
    gan__text_free(&text);
    close_game(&t);
}

/* ---- by hand ---- */

/* The data's first batch, its partners and its second one, fed, are the step that the data makes.
 */
TEST(by_hand_as_from_data)
{
    for (int kind = 0; kind < 3; kind++) {
        const char *const g = kind == 1 ? G_EMBEDDED : kind ? G("7") : G("3");
        const char *const d = kind == 1 ? D_EMBEDDED : kind ? D_TWO("7") : D_TWO("3");
        const int64_t channels = kind == 2 ? 7 : 0;
        static const char *const names[] = {"loss.discriminator", "loss.generator"};
        game whole, fed;
        open_game(&whole, "threads=1 seed=4", "cgan batch=4", g, d);
        open_game(&fed, "threads=1 seed=4", "cgan batch=4", g, d);
        set_tensors(&whole, channels);
        CHECK_OK(gan_trainer_check(whole.trainer));
        const gan__feed_state *real = &whole.trainer->feeds[0];
        gan_tensor *const *drawn;
        CHECK_OK(gan__batcher_next(real->batcher, &drawn));
        const char *const fields[3] = {"real.image", channels ? "real.vector" : "real.label",
                                       "mismatched"};
        for (int f = 0; f < 3; f++) {
            gan_tensor *copy;
            CHECK_OK(gan_tensor_create(&copy, fed.context, GAN_FLOAT32, drawn[f]->rank,
                                       drawn[f]->shape));
            memcpy(gan_tensor_data(copy), drawn[f]->data, (size_t)drawn[f]->count * sizeof(float));
            feed(&fed, fields[f], copy);
        }
        CHECK_OK(gan__batcher_next(real->batcher, &drawn));
        gan_tensor *c;
        CHECK_OK(gan_tensor_create(&c, fed.context, GAN_FLOAT32, drawn[1]->rank, drawn[1]->shape));
        memcpy(gan_tensor_data(c), drawn[1]->data, (size_t)drawn[1]->count * sizeof(float));
        feed(&fed, "condition.generator", c);
        CHECK_OK(gan__batcher_seek(real->batcher, 0));
        steps(&whole, 1);
        steps(&fed, 1);
        for (int i = 0; i < 2; i++) CHECK(value(&whole, names[i]) == value(&fed, names[i]));
        CHECK_INT(gan__batcher_position(real->batcher), 2 * BATCH);
        close_game(&whole);
        close_game(&fed);
    }
}

/* With reuse=yes the conditions of the generator's climb are those of the discriminator's. */
TEST(conditions_are_drawn_again)
{
    static const char *const specs[] = {"cgan batch=4", "cgan batch=4 d_steps=3",
                                        "cgan batch=4 d_steps=2 reuse=yes"};
    static const int64_t batches[] = {2, 4, 2};
    for (int i = 0; i < 3; i++) {
        game t;
        open_game(&t, "threads=1 seed=4", specs[i], G("3"), D("3"));
        set_tensors(&t, 0);
        steps(&t, 2);
        CHECK_INT(gan__batcher_position(t.trainer->feeds[0].batcher), 2 * BATCH * batches[i]);
        CHECK((gan_trainer_feed(t.trainer, "condition.generator", NULL) == GAN_OK) == (i < 2));
        close_game(&t);
    }
}

/* ---- what it shows ---- */

/* Draw `i` of the first tape in a context of the trainer's seed, and class k, through the route. */
static void make_picture(const game *t, uint64_t i, int k, int embedded, uint8_t out[SIZE])
{
    gan_context *apart;
    gan_tape *tape;
    gan_value noise;
    gan_model *route;
    gan_runner *runner;
    const int64_t shapes[2][4] = {{1, 1, 1, 5}, {1, 1, 1, embedded ? 1 : 3}},
                  made[4] = {1, H, W, C};
    gan_tensor *in[2], *picture;
    CHECK_OK(gan_context_create(&apart, "threads=1 seed=4", NULL, NULL, 0));
    CHECK_OK(gan_tape_create(&tape, apart));
    CHECK_OK(gan_tape_seek(tape, i));
    CHECK_OK(gan_tape_normal(tape, 4, shapes[0], &noise));
    for (int j = 0; j < 2; j++)
        CHECK_OK(gan_tensor_create(&in[j], t->context, GAN_FLOAT32, 4, shapes[j]));
    gan_tensor *z;
    CHECK_OK(gan_tape_tensor(&z, tape, noise, GAN_VALUE));
    memcpy(gan_tensor_data(in[0]), gan_tensor_data(z), 5 * sizeof(float));
    for (int j = 0; j < 3; j++)
        ((float *)gan_tensor_data(in[1]))[embedded ? 0 : j] = (float)(embedded ? k : j == k);
    CHECK_OK(gan_trainer_route(&route, t->trainer, "noise > image", 0));
    CHECK_OK(gan_runner_create(&runner, t->context, route, NULL));
    CHECK_OK(gan_tensor_create(&picture, t->context, GAN_UINT8, 4, made));
    CHECK_OK(gan_runner_run(runner, in, 2, &picture, 1));
    memcpy(out, gan_tensor_data(picture), SIZE);
    gan_tensor_release(picture);
    gan_tensor_release(z);
    for (int j = 0; j < 2; j++) gan_tensor_release(in[j]);
    gan_runner_release(runner);
    gan_model_release(route);
    gan_tape_release(tape);
    gan_context_release(apart);
}

/* The same noise in each row; fewer examples than classes show the first classes. */
TEST(a_row_for_each_class)
{
    for (int embedded = 0; embedded < 2; embedded++) {
        game t;
        open_game(&t, "threads=1 seed=4", "cgan batch=4", embedded ? G_EMBEDDED : G("3"),
                  embedded ? D_EMBEDDED : D("3"));
        set_tensors(&t, 0);
        steps(&t, 2);
        for (int64_t count = 1; count <= 8; count++) {
            gan_tensor *sheet;
            int64_t columns;
            const int64_t each = count < 3 ? 1 : count / 3, rows = count < 3 ? count : 3;
            CHECK_OK(gan_trainer_show(&sheet, &columns, t.trainer, "noise", count, 0));
            CHECK_INT(columns, each);
            CHECK_INT(gan_tensor_shape(sheet)[0], rows * each);
            for (int64_t i = 0; i < rows * each; i++) {
                uint8_t picture[SIZE];
                make_picture(&t, (uint64_t)(i % each), (int)(i / each), embedded, picture);
                CHECK(!memcmp(picture, (uint8_t *)gan_tensor_data(sheet) + i * SIZE, SIZE));
            }
            gan_tensor_release(sheet);
        }
        close_game(&t);
    }
}

/* Vectors are those of data, and examples are what they were. */
TEST(vectors_have_no_rows)
{
    game t;
    gan_tensor *sheet;
    int64_t columns;
    open_game(&t, "threads=1 seed=4", "cgan batch=4", G("7"), D("7"));
    set_tensors(&t, 7);
    CHECK_OK(gan_trainer_show(&sheet, &columns, t.trainer, "noise", 5, 0));
    CHECK_INT(columns, 1);
    CHECK_INT(gan_tensor_shape(sheet)[0], 5);
    gan_tensor_release(sheet);
    close_game(&t);
}

/* ---- what it refuses ---- */

TEST(what_does_not_go_together)
{
    static const struct {
        const char *g, *d;
        int64_t channels; /* of the data's vectors; 0: labels; below: none */
        gan_status status;
        const char *message;
    } cases[] = {
        {NULL, D("3"), 0, GAN_E_STATE, "cgan: the role 'generator' has no model"},
        {G("3"), NULL, 0, GAN_E_STATE, "cgan: the role 'discriminator' has no model"},
        {G("3"), D("3"), -1, GAN_E_STATE, "cgan: the feed 'real' has no data"},
        {"input 5; dense 12; reshape 2 3 2", D("3"), 0, GAN_E_SHAPE,
         "cgan: the generator has 1 input (unnamed), its role has 2 (noise, condition): "
         "'condition' is missing"},
        {G("3"), "input 2 3 2; dense 1", 0, GAN_E_SHAPE,
         "cgan: the discriminator has 1 input (unnamed), its role has 2 (image, condition): "
         "'condition' is missing"},
        {G("3"), "input image 2 3 2; input label 3; concat from image label; dense 1", 0,
         GAN_E_SHAPE,
         "cgan: the discriminator has 2 inputs (image, label), its role has 2 (image, condition): "
         "'condition' is missing"},
        {G("3"),
         "input image 2 3 2; input condition 3; f = flatten from image; concat from f condition;"
         "realness = dense 1; other = dense 1; output realness other",
         0, GAN_E_SHAPE,
         "cgan: the discriminator has 2 outputs (realness, other), its role has 2 (realness, "
         "[match]): 'other' is not one of them"},
        {G("3"), D("4"), 0, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x3, the discriminator takes 1x1x4"},
        {G("4"), D("4"), 0, GAN_E_SHAPE,
         "cgan: the feed 'real' has labels of 3 classes, its network takes conditions of 1x1x4; a "
         "label goes to a port of 1 channel, or of as many as there are classes"},
        {G("3"), D("3"), 7, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x3, the feed 'real' has 1x1x7"},
        {G_EMBEDDED, D_EMBEDDED, 3, GAN_E_SHAPE,
         "cgan: the generator takes conditions of 1x1x1, the feed 'real' has 1x1x3"},
        {"input noise 5; input condition 3; concat from noise condition; dense 12; reshape 3 2 2",
         D("3"), 0, GAN_E_SHAPE,
         "cgan: the generator makes pictures of 3x2x2, the discriminator takes 2x3x2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        game t;
        open_game(&t, "threads=1", "cgan batch=4", cases[i].g, cases[i].d);
        if (cases[i].channels >= 0) set_tensors(&t, cases[i].channels);
        CHECK_STATUS(gan_trainer_step(t.trainer), cases[i].status);
        CHECK_TEXT(gan_context_message(t.context), cases[i].message);
        close_game(&t);
    }
}

TEST(options_without_effect)
{
    static const char *const cases[][2] = {
        {"cgan clip=0.1", "cgan: clip=0.1 with loss=non_saturating: only loss=wgan cuts the "
                          "discriminator's parameters"},
        {"cgan loss=hinge smoothing=0.1",
         "cgan: smoothing=0.1 with loss=hinge, whose real samples have no label to move"},
        {"cgan mismatch=-1",
         "cgan: 'mismatch' must be in [0, 1000000], not '-1' (line 1, column 15)"},
        {"cgan mismatch=0 fake=0",
         "cgan: mismatch=0 fake=0: there is nothing to tell real pairs from"},
        {"cgan mismatched=1",
         "cgan: unknown option 'mismatched', did you mean 'mismatch'? (line 1, column 6)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        game t;
        gan_trainer *none;
        open_game(&t, "threads=1", "cgan", NULL, NULL);
        CHECK_STATUS(gan_trainer_create(&none, t.context, cases[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(t.context), cases[i][1]);
        close_game(&t);
    }
}

int main(void)
{
    RUN(all_losses);
    RUN(critics_compare);
    RUN(without_mismatched_pairs);
    RUN(members);
    RUN(by_hand_as_from_data);
    RUN(conditions_are_drawn_again);
    RUN(a_row_for_each_class);
    RUN(vectors_have_no_rows);
    RUN(what_does_not_go_together);
    RUN(options_without_effect);
    return test_report();
}
