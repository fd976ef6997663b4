#include "picture_maker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *picture_maker_fault(const gan_model *generator, bool sheet)
{
    int64_t in[3], out[3];
    if (gan_model_input_count(generator) != 1) return "it takes more than one input";
    if (gan_model_output_count(generator) != 1) return "it has more than one output";
    if (gan_model_input_shape(generator, 0, in) != GAN_OK ||
        gan_model_output_shape(generator, 0, out) != GAN_OK)
        return "its shapes are unknown";
    for (int i = 0; i < 3; i++)
        if (in[i] < 1 || out[i] < 1) return "the size of its input or output is open";
    if (sheet && out[2] > 4) return "its output has more channels than the 4 of a picture";
    return NULL;
}

/* The sheet of gan_image_sheet: as many columns as rows, or one more, a pixel between pictures. */
int picture_maker_check_sheet(const command *self, const gan_model *generator, const char *name,
                              int64_t count)
{
    int64_t out[3];
    double columns = ceil(sqrt((double)count)), rows = ceil((double)count / columns);
    if (gan_model_output_shape(generator, 0, out) != GAN_OK) return EXIT_GOOD;
    if ((rows * (double)(out[0] + 1) - 1) * (columns * (double)(out[1] + 1) - 1) * (double)out[2] <=
        GAN_IMAGE_PNG_VALUES)
        return EXIT_GOOD;
    return complain(self, EXIT_INPUT,
                    "%s %lld: a sheet of so many pictures of %lldx%lldx%lld has more values than "
                    "the %d of a PNG file",
                    name, (long long)count, (long long)out[0], (long long)out[1], (long long)out[2],
                    GAN_IMAGE_PNG_VALUES);
}

bool recipe_noise_is_uniform(const gan_recipe *recipe)
{
    char noise[16];
    return gan_recipe_option(recipe, "trainer.noise", noise, sizeof noise) == GAN_OK &&
           !strcmp(noise, "uniform");
}

gan_status picture_maker_create(picture_maker *out, gan_context *context, gan_model *generator,
                                int64_t batch, bool uniform)
{
    char spec[48];
    gan_status status;
    memset(out, 0, sizeof *out);
    snprintf(spec, sizeof spec, "batch=%lld", (long long)batch);
    out->context = context;
    out->batch = batch;
    out->uniform = uniform;
    out->generator = generator;
    gan_model_retain(generator);
    status = gan_runner_create(&out->runner, context, generator, spec);
    if (status == GAN_OK) status = gan_tape_create(&out->tape, context);
    if (status != GAN_OK) picture_maker_free(out);
    return status;
}

void picture_maker_free(picture_maker *maker)
{
    gan_runner_release(maker->runner);
    gan_tape_release(maker->tape);
    gan_model_release(maker->generator);
    memset(maker, 0, sizeof *maker);
}

gan_status picture_maker_update(picture_maker *maker)
{
    return gan_runner_update(maker->runner);
}

/* z[0..n): picture `first` + i has draw first + i of the tape, which is the maker's own. */
static gan_status draw_noise(picture_maker *maker, int64_t first, gan_tensor *z)
{
    int64_t shape[4] = {1};
    gan_status status = gan_model_input_shape(maker->generator, 0, shape + 1);
    for (int64_t i = 0; i < gan_tensor_shape(z)[0] && status == GAN_OK; i++) {
        gan_tensor *one = NULL;
        gan_value value;
        status = gan_tape_reset(maker->tape);
        if (status == GAN_OK) status = gan_tape_seek(maker->tape, (uint64_t)(first + i));
        if (status == GAN_OK)
            status = maker->uniform ? gan_tape_uniform(maker->tape, 4, shape, &value)
                                    : gan_tape_normal(maker->tape, 4, shape, &value);
        if (status == GAN_OK) status = gan_tensor_slice(&one, z, 0, i, 1);
        if (status == GAN_OK) status = gan_tape_value(maker->tape, value, one);
        gan_tensor_release(one);
    }
    return status;
}

static gan_status make_batch(picture_maker *maker, int64_t first, gan_tensor *pictures)
{
    int64_t shape[4] = {gan_tensor_shape(pictures)[0]};
    gan_tensor *z = NULL;
    gan_status status = gan_model_input_shape(maker->generator, 0, shape + 1);
    if (status == GAN_OK) status = gan_tensor_create(&z, maker->context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = draw_noise(maker, first, z);
    if (status == GAN_OK) status = gan_runner_run(maker->runner, &z, 1, &pictures, 1);
    gan_tensor_release(z);
    return status;
}

gan_status picture_maker_make(picture_maker *maker, int64_t first, int64_t count, gan_tensor **out)
{
    int64_t shape[4] = {count};
    gan_status status = gan_model_output_shape(maker->generator, 0, shape + 1);
    *out = NULL;
    if (status == GAN_OK) status = gan_tensor_create(out, maker->context, GAN_UINT8, 4, shape);
    for (int64_t done = 0; done < count && status == GAN_OK; done += maker->batch) {
        gan_tensor *part = NULL;
        int64_t n = count - done < maker->batch ? count - done : maker->batch;
        status = gan_tensor_slice(&part, *out, 0, done, n);
        if (status == GAN_OK) status = make_batch(maker, first + done, part);
        gan_tensor_release(part);
    }
    if (status != GAN_OK) {
        gan_tensor_release(*out);
        *out = NULL;
    }
    return status;
}
