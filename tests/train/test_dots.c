/* test_dots.c: what is shown of trainers whose pictures are points of two numbers. */
#include "bits.h"

#include "data/scatter.h"

#include <math.h>

enum { SIDE = GAN__SCATTER_SIDE };

static const uint8_t black[3] = {0, 0, 0}, grey[3] = {112, 112, 112}, orange[3] = {255, 160, 32},
                     blue[3] = {64, 176, 255};

static gan_tensor *make_points(int64_t count, const float *numbers)
{
    gan_tensor *points;
    must(gan_tensor_create(&points, context, GAN_FLOAT32, 4, (const int64_t[]){count, 1, 1, 2}));
    memcpy(gan_tensor_data(points), numbers, (size_t)count * 2 * sizeof *numbers);
    return points;
}

static bool is_at(const uint8_t *picture, int row, int column, const uint8_t colour[3])
{
    return !memcmp(picture + (row * SIDE + column) * 3, colour, 3);
}

static int count_of(const uint8_t *picture, const uint8_t colour[3])
{
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) count += !memcmp(picture + i * 3, colour, 3);
    return count;
}

/* ---- the picture ---- */

/* The first set spans [-1, 1] to the right, so the picture does [-1.2, 1.2]; y is up. */
TEST(places)
{
    static uint8_t picture[SIDE * SIDE * 3];
    gan_tensor *sets[] = {make_points(3, (const float[]){-1, 0, 1, 0.5F, 1, -0.5F}),
                          make_points(2, (const float[]){0, 0, NAN, 0}),
                          make_points(3, (const float[]){50, -70, 0, -INFINITY, 0, 1e38F})};
    gan__scatter_draw(picture, sets, 3);
    const int left = (int)(0.5 * (1 - 1 / 1.2) * SIDE), right = (int)(0.5 * (1 + 1 / 1.2) * SIDE);
    const int high = SIDE - 1 - (int)(0.5 * (1 + 0.5 / 1.2) * SIDE);
    CHECK(is_at(picture, SIDE / 2 - 1, left, grey));
    CHECK(is_at(picture, high, right, grey));
    CHECK(is_at(picture, SIDE / 2 - 1, SIDE / 2, orange));
    CHECK(is_at(picture, SIDE - 1, SIDE - 1, blue)); /* what lies farther out */
    CHECK(is_at(picture, SIDE - 1, SIDE / 2, blue));
    CHECK(is_at(picture, 0, SIDE / 2, blue));
    CHECK_INT(count_of(picture, grey), 3 * 16);
    CHECK_INT(count_of(picture, orange), 4);
    for (int i = 0; i < 3; i++) gan_tensor_release(sets[i]);
}

/* Of one point, of the largest numbers, of none. */
TEST(reaches)
{
    static const float numbers[][2] = {{3, 4}, {3e38F, -3e38F}, {NAN, NAN}};
    static uint8_t picture[SIDE * SIDE * 3];
    for (int i = 0; i < 3; i++) {
        gan_tensor *set = make_points(1, numbers[i]);
        gan__scatter_draw(picture, &set, 1);
        CHECK_INT(count_of(picture, grey), i == 2 ? 0 : 16);
        CHECK(is_at(picture, SIDE / 2 - 1, SIDE / 2, i == 2 ? black : grey));
        gan_tensor_release(set);
    }
}

/* ---- trainers ---- */

static gan_model *parse(const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    return model;
}

static gan_trainer *make_with(const char *spec, const char *const (*roles)[2], int count)
{
    gan_trainer *t;
    gan_dataset *data;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < count; i++) {
        gan_model *model = parse(roles[i][1]);
        must(gan_trainer_set_model(t, roles[i][0], model));
        gan_model_release(model);
    }
    must(gan_dataset_open(&data, context, "mixture points=-1,0:1,0 deviation=1e-6 count=100"));
    must(gan_trainer_set_data(t, "real", data));
    gan_dataset_release(data);
    return t;
}

static gan_tensor *show(gan_trainer *t, const char *space, int64_t pictures)
{
    gan_tensor *shown;
    int64_t columns;
    must(gan_trainer_show(&shown, &columns, t, space, 1, GAN_MODEL_AVERAGED));
    const int64_t *shape = gan_tensor_shape(shown);
    CHECK_INT(columns, pictures);
    CHECK_INT(shape[0], pictures);
    CHECK(shape[1] == SIDE && shape[2] == SIDE && shape[3] == 3);
    return shown;
}

/* Samples over the data, beyond [-1, 1] too; how far data and noise are does not move. */
TEST(samples)
{
    static const char *const roles[][2] = {{"generator", "input 3; dense 2; affine 0 0.5"},
                                           {"discriminator", "input 4; dense 1"}};
    gan_tensor *bytes[2];
    for (int shows = 0; shows < 2; shows++) {
        gan_context *kept = context;
        must(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
        gan_trainer *t = make_with("gan batch=4 pack=2", roles, 2);
        for (int i = 0; i < 3; i++) {
            gan_tensor *shown = shows ? show(t, "noise", 1) : NULL;
            if (shown && i == 0) {
                const uint8_t *picture = gan_tensor_data(shown);
                const int at = (int)(0.5 * (1 + 0.5 / 1.2) * SIDE);
                CHECK(is_at(picture, SIDE / 2 - 1, (int)(0.5 * (1 - 1 / 1.2) * SIDE), grey));
                CHECK(is_at(picture, SIDE - 1 - at, at, orange));
                CHECK_INT(count_of(picture, orange), 4);
            }
            gan_tensor_release(shown);
            must(gan_trainer_step(t));
        }
        must(gan_trainer_save_memory(&bytes[shows], t));
        gan_trainer_release(t);
        gan_context_release(context);
        context = kept;
    }
    CHECK(bits_equal(bytes[0], bytes[1]));
    for (int i = 0; i < 2; i++) gan_tensor_release(bytes[i]);
}

/* What is made of the data, over it. */
TEST(reconstructions)
{
    static const char *const roles[][2] = {{"encoder", "input 2; dense 3"},
                                           {"decoder", "input 3; dense 2; affine 0 0"}};
    gan_trainer *t = make_with("autoencoder batch=4", roles, 2);
    gan_tensor *shown = show(t, "image", 1);
    CHECK(count_of(gan_tensor_data(shown), grey) > 0);
    CHECK(is_at(gan_tensor_data(shown), SIDE / 2 - 1, SIDE / 2 - 1, orange));
    CHECK_INT(count_of(gan_tensor_data(shown), orange), 4);
    gan_tensor_release(shown);
    gan_trainer_release(t);
}

/* Each stage of all chains: here they come together at the upper right. */
TEST(stages)
{
    static const char *const roles[][2] = {
        {"discriminator", "input 2; dense 1 bias=no init=constant:1"}};
    gan_trainer *t = make_with("discriminator noise=0 step=0.1 projection=0 steps=60", roles, 1);
    gan_tensor *shown = show(t, "image", 8);
    const uint8_t *picture = gan_tensor_data(shown);
    const int at = (int)(0.5 * (1 + 1 / 1.2) * SIDE);
    CHECK(count_of(picture, orange) > 4 * 200);
    for (int i = 0; i < 8; i++, picture += SIDE * SIDE * 3) CHECK(count_of(picture, grey) > 0);
    CHECK_INT(count_of(picture - SIDE * SIDE * 3, orange), 4);
    CHECK(is_at(picture - SIDE * SIDE * 3, SIDE - 1 - at, at, orange));
    gan_tensor_release(shown);
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(2, "dots.tmp");
    RUN(places);
    RUN(reaches);
    RUN(samples);
    RUN(reconstructions);
    RUN(stages);
    return rig_close();
}
