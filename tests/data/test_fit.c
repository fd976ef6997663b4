/* gan_image_fit makes of a picture what a data set with those options draws. */
#include "test.h"

#include <math.h>
#include <stdbool.h>

#include "data_files.h"

#include <gan/data.h>
#include <gan/image.h>

typedef struct resized_expected {
    const char *resize;
    int h, w, c, to_h, to_w;
    const uint8_t *values;
} resized_expected;

#include "resized.h"

static gan_context *context;
static fault_host fault;

static gan_tensor *make_picture(int32_t dtype, int64_t h, int64_t w, int64_t c)
{
    gan_tensor *picture;
    CHECK_OK(gan_tensor_create(&picture, context, dtype, 3, (int64_t[]){h, w, c}));
    for (int64_t i = 0; i < h * w * c; i++) {
        const int value = (int)((i * i + 31 * i) % 256);
        if (dtype == GAN_UINT8)
            ((uint8_t *)gan_tensor_data(picture))[i] = (uint8_t)value;
        else
            ((float *)gan_tensor_data(picture))[i] = (float)value / 127.5f - 1;
    }
    return picture;
}

/* As the only example of a file. */
static gan_tensor *draw(const gan_tensor *picture, const char *options)
{
    const int64_t *own = gan_tensor_shape(picture);
    gan_tensor *batch, *out, *one;
    gan_dataset *data;
    int32_t rank;
    int64_t shape[4] = {1}, whole[4] = {1, own[0], own[1], own[2]};
    char spec[128];
    CHECK_OK(gan_tensor_wrap(&batch, context, gan_tensor_dtype(picture), 4, whole, NULL,
                             gan_tensor_data(picture), NULL, NULL));
    CHECK_OK(gan_tensor_save(batch, "a.npy"));
    snprintf(spec, sizeof spec, "npy path=a.npy %s", options);
    CHECK_OK(gan_dataset_open(&data, context, spec));
    CHECK_OK(gan_dataset_field_shape(data, "image", &rank, shape + 1, NULL));
    CHECK_OK(gan_tensor_create(&out, context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_dataset_read(data, "image", (int64_t[]){0}, out));
    CHECK_OK(gan_tensor_create(&one, context, GAN_FLOAT32, 3, shape + 1));
    memcpy(gan_tensor_data(one), gan_tensor_data(out), 4 * (size_t)gan_tensor_count(one));
    gan_dataset_release(data);
    gan_tensor_release(batch);
    gan_tensor_release(out);
    return one;
}

static bool equal(const gan_tensor *a, const gan_tensor *b)
{
    return gan_tensor_rank(a) == 3 &&
           !memcmp(gan_tensor_shape(a), gan_tensor_shape(b), 3 * sizeof(int64_t)) &&
           !memcmp(gan_tensor_data(a), gan_tensor_data(b), 4 * (size_t)gan_tensor_count(b));
}

TEST(as_a_data_set_draws_it)
{
    static const struct {
        int64_t h, w, c, to_h, to_w, to_c;
        const char *fit, *options;
    } cases[] = {
        {9, 13, 1, 0, 0, 0, NULL, ""},
        {9, 13, 1, 6, 6, 0, NULL, "size=6"},
        {9, 13, 3, 6, 20, 0, "pad", "size=6x20 fit=pad"},
        {9, 13, 3, 6, 20, 3, "stretch", "size=6x20 fit=stretch"},
        {9, 13, 2, 20, 6, 0, "crop", "size=20x6 fit=crop"},
        {9, 13, 1, 1, 40, 3, "crop", "size=1x40 fit=crop channels=3"},
        {1, 1, 7, 5, 4, 0, "stretch", "size=5x4 fit=stretch"},
        {9, 13, 1, 0, 0, 5, "pad", "channels=5"},
        {9, 13, 3, 4, 5, 0, "pad area", "size=4x5 resize=area"},
        {9, 13, 1, 20, 5, 0, "stretch area", "size=20x5 fit=stretch resize=area"},
        {9, 13, 2, 5, 4, 0, "crop area", "size=5x4 fit=crop resize=area"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int32_t dtype = GAN_FLOAT32; dtype <= GAN_UINT8; dtype++) {
            gan_tensor *picture = make_picture(dtype, cases[i].h, cases[i].w, cases[i].c), *made;
            gan_tensor *drawn = draw(picture, cases[i].options);
            CHECK_OK(gan_image_fit(&made, picture, cases[i].to_h, cases[i].to_w, cases[i].to_c,
                                   cases[i].fit));
            CHECK(equal(made, drawn));
            gan_tensor_release(picture);
            gan_tensor_release(drawn);
            gan_tensor_release(made);
        }
}

/* Within a level of Pillow's, which rounds to bytes between rows and columns. */
TEST(as_pillow_resizes)
{
    for (size_t i = 0; i < sizeof resized_table / sizeof *resized_table; i++) {
        const resized_expected *e = &resized_table[i];
        char options[80];
        double worst = 0;
        snprintf(options, sizeof options, "size=%dx%d fit=stretch resize=%s", e->to_h, e->to_w,
                 e->resize);
        gan_tensor *picture = make_picture(GAN_UINT8, e->h, e->w, e->c);
        gan_tensor *drawn = draw(picture, options);
        const float *values = gan_tensor_data(drawn);
        for (int k = 0; k < e->to_h * e->to_w * e->c; k++)
            worst = fmax(worst, fabs(nearbyint((double)values[k] * 127.5 + 127.5) - e->values[k]));
        if (!CHECK(worst <= 1)) printf("%dx%d: %s: %g\n", e->h, e->w, options, worst);
        gan_tensor_release(picture);
        gan_tensor_release(drawn);
    }
}

/* A colour whose pixels are more or less clear, green where they are quite so: whatever the size,
 * it stays that colour, and what is clear is black. Opaque pictures are those without alpha. */
TEST(colours_of_clear_pixels_do_not_show)
{
    static const char *const fits[] = {"stretch", "stretch area", "pad", "crop area"};
    static const int64_t sizes[][2] = {{3, 4}, {13, 5}, {3, 10}, {6, 3}, {1, 1}};
    enum { PIXELS = 6 * 8 };
    for (int i = 0; i < 4 * 5; i++) {
        gan_tensor *pictures[4], *made[4]; /* with alpha; its alpha, its colours if all is opaque */
        for (int k = 0; k < 4; k++)
            CHECK_OK(gan_tensor_create(&pictures[k], context, GAN_UINT8, 3,
                                       (int64_t[]){6, 8, (const int[]){4, 1, 4, 3}[k]}));
        for (int p = 0; p < PIXELS; p++) {
            uint8_t *at[4];
            for (int k = 0; k < 4; k++)
                at[k] = (uint8_t *)gan_tensor_data(pictures[k]) + p * (const int[]){4, 1, 4, 3}[k];
            const uint8_t alpha = (uint8_t)(p % 5 < 2 || p > 30 ? 0 : p * 71 % 256);
            memcpy(at[0], alpha ? (uint8_t[]){200, 40, 90, alpha} : (uint8_t[]){0, 255, 0, 0}, 4);
            at[1][0] = alpha;
            memcpy(at[2], (uint8_t[]){(uint8_t)(p * 37), (uint8_t)(p * 11), 7, 255}, 4);
            memcpy(at[3], at[2], 3);
        }
        for (int k = 0; k < 4; k++)
            CHECK_OK(gan_image_fit(&made[k], pictures[k], sizes[i % 5][0], sizes[i % 5][1], 0,
                                   fits[i / 5]));
        const float *x = gan_tensor_data(made[0]), *alpha = gan_tensor_data(made[1]);
        const float *opaque = gan_tensor_data(made[2]), *colours = gan_tensor_data(made[3]);
        for (int64_t p = 0; p < sizes[i % 5][0] * sizes[i % 5][1]; p++) {
            CHECK_NEAR(x[4 * p + 3], alpha[p], 1e-6);
            for (int c = 0; c < 3; c++) {
                const double colour = (const int[]){200, 40, 90}[c] / 127.5 - 1;
                CHECK_NEAR(x[4 * p + c], alpha[p] > -1 ? colour : -1, 1e-4);
                CHECK_NEAR(opaque[4 * p + c], colours[3 * p + c], 1e-6);
            }
        }
        for (int k = 0; k < 4; k++) {
            gan_tensor_release(pictures[k]);
            gan_tensor_release(made[k]);
        }
    }
}

/* H x W, and views with strides. */
TEST(as_it_lies_in_memory)
{
    gan_tensor *picture = make_picture(GAN_UINT8, 6, 5, 1), *flat, *turned, *a, *b;
    CHECK_OK(gan_tensor_wrap(&flat, context, GAN_UINT8, 2, (int64_t[]){6, 5}, NULL,
                             gan_tensor_data(picture), NULL, NULL));
    CHECK_OK(gan_image_fit(&a, picture, 4, 4, 0, NULL));
    CHECK_OK(gan_image_fit(&b, flat, 4, 4, 0, NULL));
    CHECK(equal(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
    CHECK_OK(gan_tensor_permute(&turned, flat, (int32_t[]){1, 0}));
    CHECK_OK(gan_image_fit(&a, turned, 0, 0, 0, NULL));
    const float *values = gan_tensor_data(a);
    const uint8_t *bytes = gan_tensor_data(picture);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 6; x++)
            CHECK_NEAR(values[y * 6 + x], bytes[x * 5 + y] / 127.5 - 1, 1e-6);
    gan_tensor_release(a);
    gan_tensor_release(turned);
    gan_tensor_release(flat);
    gan_tensor_release(picture);
}

TEST(channels)
{
    static const uint8_t colours[2][4] = {{255, 0, 51, 255}, {10, 200, 30, 51}};
    gan_tensor *picture, *made;
    CHECK_OK(gan_tensor_wrap(&picture, context, GAN_UINT8, 3, (int64_t[]){1, 2, 4}, NULL,
                             (void *)colours, NULL, NULL));
    CHECK_OK(gan_image_fit(&made, picture, 0, 0, 3, NULL));
    const float *values = gan_tensor_data(made);
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(values[k], colours[0][k] / 127.5 - 1, 1e-6);
        CHECK_NEAR(values[3 + k], colours[1][k] / 5 / 127.5 - 1, 1e-6); /* on black */
    }
    gan_tensor_release(made);
    CHECK_OK(gan_image_fit(&made, picture, 0, 0, 1, NULL));
    values = gan_tensor_data(made);
    CHECK_NEAR(values[0], (299 * 255 + 114 * 51) / 1000 / 127.5 - 1, 0.005);
    gan_tensor_release(made);
    gan_tensor_release(picture);
    picture = make_picture(GAN_UINT8, 3, 3, 1);
    CHECK_OK(gan_image_fit(&made, picture, 0, 0, 4, NULL));
    for (int k = 0; k < 36; k++) {
        const uint8_t grey = ((uint8_t *)gan_tensor_data(picture))[k / 4];
        CHECK_NEAR(((float *)gan_tensor_data(made))[k], k % 4 < 3 ? grey / 127.5 - 1 : 1, 1e-6);
    }
    gan_tensor_release(made);
    gan_tensor_release(picture);
    picture = make_picture(GAN_FLOAT32, 1, 2, 3);
    CHECK_OK(gan_image_fit(&made, picture, 0, 0, 1, NULL));
    const float *rgb = gan_tensor_data(picture);
    CHECK_NEAR(((float *)gan_tensor_data(made))[1],
               0.299 * (double)rgb[3] + 0.587 * (double)rgb[4] + 0.114 * (double)rgb[5], 1e-6);
    gan_tensor_release(made);
    CHECK_INT(gan_image_fit(&made, picture, 0, 0, 2, NULL), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan_image_fit: 2 channels cannot be made of 3");
    gan_tensor_release(picture);
}

TEST(nothing_is_left)
{
    gan_context_release(context);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(as_a_data_set_draws_it);
    RUN(as_pillow_resizes);
    RUN(colours_of_clear_pixels_do_not_show);
    RUN(as_it_lies_in_memory);
    RUN(channels);
    RUN(nothing_is_left);
    return test_report();
}
