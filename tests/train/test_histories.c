/* test_histories.c: the histories of cyclegan where pictures become others in the middle of a
 * training: of another size from step to step, or of other networks. */
#include "rig.h"

#include "train/trainer.h"

static const char *const roles[4] = {"xy", "yx", "discriminator_x", "discriminator_y"};
static char warning[256];

static void keep_warning(void *user, int32_t level, const char *line)
{
    (void)user;
    if (level == GAN_LOG_WARNING) snprintf(warning, sizeof warning, "%s", line);
}

/* All four networks take and make pictures of that size. */
static void set_models(gan_trainer *t, const char *size)
{
    for (int i = 0; i < 4; i++) {
        char text[96];
        gan_model *model;
        snprintf(text, sizeof text, "input %s; conv2d %c kernel=3 pad=1", size,
                 size[strlen(size) - 1]);
        must(gan_model_parse(&model, context, text));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
}

static void feed(gan_trainer *t, int64_t h, int64_t w, int64_t c, float pixel)
{
    const int64_t shape[4] = {1, h, w, c};
    gan_tensor *x;
    must(gan_tensor_create(&x, context, GAN_FLOAT32, 4, shape));
    for (int64_t i = 0; i < h * w * c; i++) ((float *)gan_tensor_data(x))[i] = pixel;
    must(gan_trainer_feed(t, "x", x));
    must(gan_trainer_feed(t, "y", x));
    gan_tensor_release(x);
}

static gan_status step_on(gan_trainer *t, int64_t h, int64_t w, int64_t c, float pixel)
{
    feed(t, h, w, c, pixel);
    return gan_trainer_step(t);
}

/* Sizes that networks leave open may change where no fakes are kept. */
TEST(pictures_of_any_size)
{
    for (int pool = 0; pool < 2; pool++) {
        gan_trainer *t;
        must(gan_trainer_create(&t, context, pool ? "cyclegan pool=1" : "cyclegan pool=0"));
        set_models(t, "any any 1");
        for (int64_t h = 4; h < 7; h++)
            CHECK_STATUS(step_on(t, h, h + 1, 1, 0.5F), pool && h > 4 ? GAN_E_SHAPE : GAN_OK);
        if (pool)
            CHECK_TEXT(gan_context_message(context),
                       "cyclegan: the pool 'x' keeps pictures of 4x5x1, and these are of 6x7x1");
        gan_trainer_release(t);
    }
}

/* A step that fails fixes no size, nor does one that is only gone through. */
TEST(no_step_no_size)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "cyclegan pool=1"));
    set_models(t, "any any 1");
    feed(t, 7, 7, 1, 0.5F);
    must(gan_trainer_check(t));
    must(gan_trainer_set_optimizer(t, "discriminators", "sgd lr=1e6"));
    CHECK_STATUS(step_on(t, 6, 6, 1, 1e17F), GAN_E_DIVERGED);
    must(gan_trainer_set_optimizer(t, "discriminators", "adam"));
    must(step_on(t, 5, 6, 1, 0.5F));
    CHECK_STATUS(step_on(t, 4, 4, 1, 0.5F), GAN_E_SHAPE);
    CHECK_INT(gan__pool_read(t->pools[0]).filled, 1);
    gan_trainer_release(t);
}

/* What was kept is of no use to networks whose pictures are others: it is said, and the history
 * begins anew. */
TEST(other_networks_begin_anew)
{
    static const char *const sizes[] = {"5 4 2", "4 5 3", "2 4 5"};
    static const int64_t shapes[][3] = {{5, 4, 2}, {4, 5, 3}, {2, 4, 5}};
    for (int i = 0; i < 3; i++) {
        gan_trainer *t;
        char expected[160];
        must(gan_trainer_create(&t, context, "cyclegan pool=3"));
        set_models(t, "5 4 1");
        for (int k = 0; k < 4; k++) must(step_on(t, 5, 4, 1, 0.25F));
        CHECK_INT(gan__pool_read(t->pools[0]).filled, 3);
        set_models(t, sizes[i]);
        must(step_on(t, shapes[i][0], shapes[i][1], shapes[i][2], 0.5F));
        CHECK_INT(gan__pool_read(t->pools[0]).filled, 1);
        CHECK_INT(gan__pool_read(t->pools[1]).filled, 1);
        snprintf(expected, sizeof expected,
                 "cyclegan: the pool 'y' has pictures of 5x4x1; with those of %lldx%lldx%lld it "
                 "begins empty",
                 (long long)shapes[i][0], (long long)shapes[i][1], (long long)shapes[i][2]);
        CHECK_TEXT(warning, expected);
        gan_trainer_release(t);
    }
}

/* Networks whose pictures are the same keep it, and nothing is said. */
TEST(like_networks_go_on)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "cyclegan pool=3"));
    set_models(t, "5 4 1");
    for (int k = 0; k < 2; k++) must(step_on(t, 5, 4, 1, 0.25F));
    warning[0] = 0;
    set_models(t, "5 4 1");
    must(step_on(t, 5, 4, 1, 0.25F));
    CHECK_INT(gan__pool_read(t->pools[0]).filled, 3);
    CHECK_TEXT(warning, "");
    gan_trainer_release(t);
}

/* A network of one size behind one that leaves it open: the way there and back has the data's. */
TEST(ways_through_open_and_settled_sizes)
{
    static const char *const texts[4] = {
        "input 4 5 1; conv2d 1 kernel=3 pad=1", "input any any 1; conv2d 1 kernel=3 pad=1",
        "input 4 5 1; conv2d 1 kernel=3 pad=1", "input 4 5 1; conv2d 1 kernel=3 pad=1"};
    int64_t shape[3];
    gan_model *route;
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "cyclegan pool=0"));
    for (int i = 0; i < 4; i++) {
        gan_model *model;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    must(step_on(t, 4, 5, 1, 0.5F));
    must(gan_trainer_route(&route, t, "y > x > y", 0));
    must(gan_model_input_shape(route, 0, shape));
    CHECK(shape[0] == 4 && shape[1] == 5 && shape[2] == 1);
    gan_model_release(route);
    must(gan_trainer_route(&route, t, "y > x", 0)); /* alone it is as open as before */
    must(gan_model_input_shape(route, 0, shape));
    CHECK(shape[0] == -1 && shape[1] == -1);
    gan_model_release(route);
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(1, "histories.tmp");
    context->host.log = keep_warning;
    RUN(pictures_of_any_size);
    RUN(no_step_no_size);
    RUN(other_networks_begin_anew);
    RUN(like_networks_go_on);
    RUN(ways_through_open_and_settled_sizes);
    return rig_close();
}
