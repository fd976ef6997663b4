/* alone.h: what the tests of a discriminator alone have in common: networks and pictures of 4x6,
 * and contexts in which a trainer is the first. */
#ifndef GAN_TEST_ALONE_H
#define GAN_TEST_ALONE_H

#include "bits.h"
#include "train/trainer.h"

enum { H = 4, W = 6, SIZE = H * W };

#define D "input 4 6 1; conv2d 4 kernel=3 spectral=yes; silu; conv2d 1 kernel=1"
#define SLOPE "input 4 6 1; dense 1 bias=no init=constant:0.25" /* climbs by 1/4 everywhere */

TEST_UNUSED static gan_trainer *make_with(const char *spec, const char *text)
{
    gan_trainer *t;
    gan_model *model;
    must(gan_trainer_create(&t, context, spec));
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, "discriminator", model));
    gan_model_release(model);
    return t;
}

TEST_UNUSED static gan_tensor *make_pictures(int64_t n, int64_t c)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){n, H, W, c}));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)(i * 37 % 101) / 50.5F - 1;
    return tensor;
}

TEST_UNUSED static void set_data(gan_trainer *t)
{
    const char *field = "image";
    gan_tensor *pictures = make_pictures(7, 1);
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    must(gan_trainer_set_data(t, "real", data));
    gan_tensor_release(pictures);
    gan_dataset_release(data);
}

TEST_UNUSED static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_with(spec, D);
    set_data(t);
    return t;
}

#endif
