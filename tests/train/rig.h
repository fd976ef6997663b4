/* rig.h: what the small games of some tests have in common: a context, one batch of vectors that is
 * fed as real, trainers of both roles, the bytes of a checkpoint. */
#ifndef GAN_TEST_RIG_H
#define GAN_TEST_RIG_H

#include "test.h"

#include <gan/gan.h>

#include "base/memory.h"
#include "base/stream.h"

#include <stdlib.h>

enum { WIDTH = 12 }; /* of a vector */

static gan_context *context;
static gan_tensor *real;
static const char *rig_file; /* a name of the program's own: tests run beside each other */

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static void rig_open(int batch, const char *file)
{
    const int64_t shape[4] = {batch, 1, 1, WIDTH};
    rig_file = file;
    must(gan_context_create(&context, "threads=2 seed=3", NULL, NULL, 0));
    must(gan_tensor_create(&real, context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < batch * WIDTH; i++)
        ((float *)gan_tensor_data(real))[i] = (float)(i * 37 % 101) / 50.5F - 1;
}

static int rig_close(void)
{
    gan_tensor_release(real);
    gan_context_release(context);
    return test_report();
}

TEST_UNUSED static gan_trainer *make_trainer(const char *spec, gan_model *g, gan_model *d)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    must(gan_trainer_set_model(t, "generator", g));
    must(gan_trainer_set_model(t, "discriminator", d));
    return t;
}

TEST_UNUSED static gan_status step(gan_trainer *trainer)
{
    must(gan_trainer_feed(trainer, "real", real));
    return gan_trainer_step(trainer);
}

/* To be freed with gan__free. */
TEST_UNUSED static uint8_t *saved(gan_trainer *trainer, size_t *size)
{
    gan_tensor *tensor;
    uint8_t *bytes;
    must(gan_trainer_save_memory(&tensor, trainer));
    *size = (size_t)gan_tensor_shape(tensor)[0];
    must(gan__allocate_raw(context, &bytes, *size, 1));
    memcpy(bytes, gan_tensor_data(tensor), *size);
    gan_tensor_release(tensor);
    return bytes;
}

#endif
