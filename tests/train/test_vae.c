/* test_vae.c: the variational auto-encoder: what it refuses and what it calls it, its routes, its
 * averages, and that a training that is interrupted anywhere, or runs on other threads or another
 * CPU tier, has the same bits. */
#include "fault.h"
#include "bits.h"

#include <math.h>

enum { BATCH = 8, CODE = 3, PICTURES = 64, SIDE = 4, PIXELS = SIDE * SIDE };

/* Every layer has something to remember but the last. */
static const char *const encoder_text =
    "input 4 4 1; dense 10 bias=no; batchnorm; h = relu\n"
    "mean = dense 3; log_variance = dense 3 from h; output mean log_variance";
static const char *const decoder_text =
    "input 3; dense 10 bias=no; batchnorm; dropout 0.1; relu; dense 16; reshape 4 4 1";

static gan_trainer *make_vae(const char *spec, const char *encoder, const char *decoder)
{
    const char *const roles[2] = {"encoder", "decoder"}, *const texts[2] = {encoder, decoder};
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int i = 0; i < 2; i++) {
        gan_model *model;
        if (!texts[i]) continue;
        must(gan_model_parse(&model, context, texts[i]));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    return t;
}

static gan_tensor *make_batch(int32_t rank, const int64_t *shape)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)(i * 37 % 101) / 50.5F - 1;
    return tensor;
}

static gan_tensor *make_pictures(int64_t count)
{
    return make_batch(4, (const int64_t[]){count, SIDE, SIDE, 1});
}

static gan_dataset *make_data(void)
{
    const char *field = "image";
    gan_tensor *pictures = make_pictures(PICTURES);
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    gan_tensor_release(pictures);
    return data;
}

static gan_trainer *make_vae_with_data(const char *spec)
{
    gan_dataset *data = make_data();
    gan_trainer *t = make_vae(spec, encoder_text, decoder_text);
    must(gan_trainer_set_data(t, "real", data));
    gan_dataset_release(data);
    return t;
}

/* ---- what is refused ---- */

TEST(options_that_do_not_go_together)
{
    gan_trainer *t;
    CHECK_STATUS(gan_trainer_create(&t, context, "vae deviation=0.5"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "vae: deviation= is of likelihood=gaussian alone");
    CHECK_STATUS(gan_trainer_create(&t, context, "vae beta=-1"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context),
               "vae: 'beta' must be in [0, 1000000], not '-1' (line 1, column 10)");
    CHECK_STATUS(gan_trainer_create(&t, context, "vae likelihood=poisson"), GAN_E_TEXT);
    CHECK_TEXT(
        gan_context_message(context),
        "vae: 'likelihood' is one of bernoulli, gaussian, not 'poisson' (line 1, column 16)");
}

typedef struct wrong {
    const char *encoder, *decoder; /* NULL: not set */
    int64_t side;                  /* of the pictures; 0: none */
    gan_status status;
    const char *message;
} wrong;

#define ENCODER "input 4 4 1; dense 10; h = relu; mean = dense 3; log_variance = dense 3 from h;"
#define DECODER "input 3; dense 16; reshape 4 4 1"

#define BOTH "output mean log_variance"

static const wrong wrongs[] = {
    {NULL, DECODER, SIDE, GAN_E_STATE, "vae: the role 'encoder' has no model"},
    {ENCODER BOTH, NULL, SIDE, GAN_E_STATE, "vae: the role 'decoder' has no model"},
    {ENCODER BOTH, DECODER, 0, GAN_E_STATE, "vae: the feed 'real' has no data"},
    {ENCODER "output mean", DECODER, SIDE, GAN_E_SHAPE,
     "vae: the encoder has 1 output (mean), its role has 2 (mean, log_variance): 'log_variance' is "
     "missing"},
    {ENCODER "deviation = exp from log_variance; output mean deviation", DECODER, SIDE, GAN_E_SHAPE,
     "vae: the encoder has 2 outputs (mean, deviation), its role has 2 (mean, log_variance): "
     "'log_variance' is missing"},
    {ENCODER "output mean log_variance h", DECODER, SIDE, GAN_E_SHAPE,
     "vae: the encoder has 3 outputs (mean, log_variance, h), its role has 2 (mean, log_variance): "
     "'h' is not one of them"},
    {ENCODER BOTH, "input 3; more = dense 16; image = reshape 4 4 1; output image more", SIDE,
     GAN_E_SHAPE,
     "vae: the decoder has 2 outputs (image, more), its role has 1 (image): 'more' is not one of "
     "them"},
    {"input 4 4 1; h = dense 10; mean = dense 3; log_variance = dense 4 from h;" BOTH, DECODER,
     SIDE, GAN_E_SHAPE,
     "vae: the encoder's mean has codes of 1x1x3, the encoder's log_variance has 1x1x4"},
    {ENCODER BOTH, "input 4; dense 16; reshape 4 4 1", SIDE, GAN_E_SHAPE,
     "vae: the encoder's mean has codes of 1x1x3, the decoder takes 1x1x4"},
    {ENCODER BOTH, "input 3; dense 25; reshape 5 5 1", SIDE, GAN_E_SHAPE,
     "vae: the decoder makes pictures of 5x5x1, the encoder takes 4x4x1"},
    {ENCODER BOTH, "input 3; dense 16", SIDE, GAN_E_SHAPE,
     "vae: the decoder makes pictures of 1x1x16, the encoder takes 4x4x1"},
    {ENCODER BOTH, DECODER, 5, GAN_E_SHAPE,
     "vae: 'real' was fed 5x5x1, its networks have pictures of 4x4x1"},
};

TEST(roles_and_shapes_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const wrong *w = &wrongs[i];
        gan_trainer *t = make_vae("vae batch=8", w->encoder, w->decoder);
        gan_tensor *batch = NULL;
        if (w->side) batch = make_batch(4, (const int64_t[]){BATCH, w->side, w->side, 1});
        must(gan_trainer_feed(t, "real", batch));
        CHECK_STATUS(gan_trainer_check(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        CHECK_STATUS(gan_trainer_step(t), w->status);
        CHECK_TEXT(gan_context_message(context), w->message);
        gan_tensor_release(batch);
        gan_trainer_release(t);
    }
}

TEST(names_that_there_are_not)
{
    gan_trainer *t = make_vae("vae batch=8", encoder_text, decoder_text);
    gan_model *model = gan_trainer_model(t, "encoder", 0);
    CHECK_STATUS(gan_trainer_set_model(t, "generator", model), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "vae: there is no role 'generator'; there are: encoder, decoder");
    CHECK_STATUS(gan_trainer_feed(t, "epsilon", real), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "vae: there is no feed 'epsilon'; there are: real, noise");
    CHECK_STATUS(gan_trainer_set_optimizer(t, "encoder", "adam"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "vae: there is no group 'encoder'; there are: autoencoder");
    gan_trainer_release(t);
}

/* Of another width, or for other samples than there are. */
TEST(noise_of_another_size)
{
    static const int64_t shapes[][2] = {{BATCH, CODE + 1}, {BATCH - 1, CODE}, {BATCH, CODE}};
    static const char *const messages[] = {
        "vae: 'noise' was fed 1x1x4, its networks have codes of 1x1x3",
        "vae: 'noise' was fed 7 samples, the step has 8", NULL};
    for (int i = 0; i < 3; i++) {
        gan_trainer *t = make_vae("vae batch=8", encoder_text, decoder_text);
        gan_tensor *batch = make_pictures(BATCH), *noise = make_batch(2, shapes[i]);
        must(gan_trainer_feed(t, "real", batch));
        must(gan_trainer_feed(t, "noise", noise));
        CHECK_STATUS(gan_trainer_step(t), messages[i] ? GAN_E_SHAPE : GAN_OK);
        if (messages[i]) CHECK_TEXT(gan_context_message(context), messages[i]);
        gan_tensor_release(batch);
        gan_tensor_release(noise);
        gan_trainer_release(t);
    }
}

/* A data set's pictures are measured before anything is read. */
TEST(data_of_another_size)
{
    const char *field = "image";
    gan_trainer *t = make_vae("vae batch=8", encoder_text, decoder_text);
    gan_tensor *pictures = make_batch(4, (const int64_t[]){PICTURES, 5, 5, 1});
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    must(gan_trainer_set_data(t, "real", data));
    CHECK_STATUS(gan_trainer_check(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "vae: the decoder makes pictures of 4x4x1, the feed 'real' has 5x5x1");
    gan_tensor_release(pictures);
    gan_dataset_release(data);
    gan_trainer_release(t);
}

/* Where the pictures leave the size of the codes open, noise for one place is not tiled over all.
 */
TEST(noise_for_open_codes)
{
    static const int64_t sides[] = {1, 4};
    for (int i = 0; i < 2; i++) {
        gan_trainer *t =
            make_vae("vae batch=8",
                     "input any any 1; h = conv2d 4 kernel=3 pad=1; mean = conv2d 2 kernel=1; "
                     "log_variance = conv2d 2 kernel=1 from h; output mean log_variance",
                     "input any any 2; conv2d 1 kernel=3 pad=1");
        gan_tensor *batch = make_pictures(BATCH);
        gan_tensor *noise = make_batch(4, (const int64_t[]){BATCH, sides[i], sides[i], 2});
        must(gan_trainer_feed(t, "real", batch));
        must(gan_trainer_feed(t, "noise", noise));
        CHECK_STATUS(gan_trainer_step(t), i ? GAN_OK : GAN_E_SHAPE);
        if (i == 0) CHECK_TEXT(gan_context_message(context), "noise of 1x1x2 for codes of 4x4x2");
        gan_tensor_release(batch);
        gan_tensor_release(noise);
        gan_trainer_release(t);
    }
}

/* ---- routes ---- */

/* The numbered output of what the model makes of the input. */
static gan_tensor *run_model(gan_model *model, gan_tensor *input, int32_t index)
{
    enum { MOST = 2 };
    const int32_t count = gan_model_output_count(model);
    int64_t shape[4] = {BATCH};
    gan_runner *runner;
    gan_tensor *outputs[MOST];
    must(gan_runner_create(&runner, context, model, "batch=8"));
    for (int32_t i = 0; i < count; i++) {
        must(gan_runner_output_shape(runner, i, shape + 1));
        must(gan_tensor_create(&outputs[i], context, GAN_FLOAT32, 4, shape));
    }
    must(gan_runner_run(runner, &input, 1, outputs, count));
    for (int32_t i = 0; i < count; i++)
        if (i != index) gan_tensor_release(outputs[i]);
    gan_runner_release(runner);
    return outputs[index];
}

static gan_model *make_route(gan_trainer *t, const char *text)
{
    gan_model *route;
    must(gan_trainer_route(&route, t, text, 0));
    return route;
}

/* "code > image" is the decoder, under its own names, with what its logits stand for behind it. */
static void decode(const char *spec, bool logits)
{
    gan_trainer *t = make_vae_with_data(spec);
    must(gan_trainer_run(t, 3, NULL, NULL));
    gan_model *decoder = gan_trainer_model(t, "decoder", 0), *route = make_route(t, "code > image");
    const int64_t count = gan_model_parameter_count(decoder);
    CHECK_INT(gan_model_parameter_count(route), count);
    for (int64_t i = 0; i < count; i++)
        CHECK_TEXT(gan_model_parameter_name(route, i), gan_model_parameter_name(decoder, i));
    CHECK_TEXT(gan_model_note(route, "prior"), "normal");
    CHECK_TEXT(gan_model_note(route, "range"), "-1 1");
    CHECK_TEXT(gan_model_note(route, "feed"), "real");
    CHECK(!gan_model_note(route, "source"));
    CHECK(!gan_model_note(decoder, "prior")); /* of its own file, nothing was asked */
    gan_tensor *z = make_batch(4, (const int64_t[]){BATCH, 1, 1, CODE});
    gan_tensor *made = run_model(route, z, 0), *decoded = run_model(decoder, z, 0);
    for (int i = 0; i < BATCH * PIXELS; i++) {
        double y = ((float *)gan_tensor_data(decoded))[i];
        CHECK_NEAR(((float *)gan_tensor_data(made))[i], logits ? 2 / (1 + exp(-y)) - 1 : y, 1e-6);
    }
    gan_tensor_release(z);
    gan_tensor_release(made);
    gan_tensor_release(decoded);
    gan_model_release(route);
    gan_trainer_release(t);
}

TEST(the_decoders_route)
{
    decode("vae batch=8", true);
    decode("vae batch=8 likelihood=gaussian deviation=0.5", false);
}

static bool equal_tensors(const gan_tensor *a, const gan_tensor *b)
{
    return gan_tensor_count(a) == gan_tensor_count(b) &&
           !memcmp(gan_tensor_data(a), gan_tensor_data(b),
                   (size_t)gan_tensor_count(a) * sizeof(float));
}

/* Named outputs, in another order than the role's. */
TEST(routes_of_networks_whose_outputs_are_named)
{
    gan_trainer *t = make_vae("vae batch=8",
                              "input 4 4 1; h = dense 10; log_variance = dense 3 from h;"
                              "mean = dense 3 from h; output log_variance mean",
                              "input 3; dense 16; y = reshape 4 4 1; output y");
    gan_model *encoder = make_route(t, "image > code"), *decoder = make_route(t, "code > image");
    gan_model *both = make_route(t, "image > code > image"), *loaded;
    gan_tensor *bytes, *pictures = make_pictures(BATCH);
    CHECK_TEXT(gan_model_output_name(encoder, 0), "mean");
    CHECK_TEXT(gan_model_output_name(encoder, 1), "log_variance");
    must(gan_model_save_memory(&bytes, encoder));
    must(gan_model_load_memory(&loaded, context, gan_tensor_data(bytes),
                               (size_t)gan_tensor_count(bytes)));
    CHECK_TEXT(gan_model_output_name(loaded, 0), "mean");
    gan_tensor *code = run_model(loaded, pictures, 0), *made = run_model(decoder, code, 0);
    gan_tensor *whole = run_model(both, pictures, 0);
    CHECK(equal_tensors(made, whole));
    gan_tensor_release(bytes);
    gan_tensor_release(pictures);
    gan_tensor_release(code);
    gan_tensor_release(made);
    gan_tensor_release(whole);
    gan_model_release(encoder);
    gan_model_release(decoder);
    gan_model_release(both);
    gan_model_release(loaded);
    gan_trainer_release(t);
}

/* "image > code > image" decodes the mean, and draws nothing. */
TEST(the_way_there_and_back)
{
    gan_trainer *t = make_vae_with_data("vae batch=8");
    must(gan_trainer_run(t, 3, NULL, NULL));
    gan_model *encoder = make_route(t, "image > code"), *decoder = make_route(t, "code > image");
    gan_model *both = make_route(t, "image > code > image");
    CHECK_TEXT(gan_model_output_name(encoder, 0), "mean");
    CHECK_TEXT(gan_model_output_name(encoder, 1), "log_variance");
    CHECK_INT(gan_model_output_count(both), 1);
    CHECK_INT(gan_model_parameter_count(both),
              gan_model_parameter_count(encoder) + gan_model_parameter_count(decoder));
    CHECK_TEXT(gan_model_parameter_name(both, 0), "encoder.0.weight");
    CHECK_TEXT(gan_model_note(both, "range"), "-1 1");
    CHECK(!gan_model_note(both, "prior"));
    gan_tensor *pictures = make_pictures(BATCH);
    gan_tensor *mean = run_model(encoder, pictures, gan_model_output_index(encoder, "mean"));
    gan_tensor *made = run_model(decoder, mean, 0), *whole = run_model(both, pictures, 0);
    CHECK(equal_tensors(made, whole));
    gan_tensor_release(pictures);
    gan_tensor_release(mean);
    gan_tensor_release(made);
    gan_tensor_release(whole);
    gan_model_release(encoder);
    gan_model_release(decoder);
    gan_model_release(both);
    gan_trainer_release(t);
}

static void copy_weights(gan_model *to, gan_model *from)
{
    for (int64_t i = 0; i < gan_model_parameter_count(from); i++) {
        const char *name = gan_model_parameter_name(from, i);
        int64_t shape[4];
        int32_t rank;
        gan_tensor *tensor;
        must(gan_model_parameter_shape(from, name, &rank, shape));
        must(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
        must(gan_model_read(from, name, GAN_VALUE, tensor));
        must(gan_model_write(to, name, tensor));
        gan_tensor_release(tensor);
    }
}

/* The mean is found by its name, wherever it stands among the outputs. */
TEST(outputs_are_found_by_name)
{
    gan_trainer *trainers[2];
    double losses[2];
    gan_tensor *batch = make_pictures(BATCH);
    gan_tensor *noise = make_batch(2, (const int64_t[]){BATCH, CODE});
    for (int i = 0; i < 2; i++) {
        trainers[i] =
            make_vae("vae batch=8", i ? ENCODER "output log_variance mean" : ENCODER BOTH, DECODER);
        if (i)
            for (int role = 0; role < 2; role++)
                copy_weights(gan_trainer_model(trainers[1], role ? "decoder" : "encoder", 0),
                             gan_trainer_model(trainers[0], role ? "decoder" : "encoder", 0));
    }
    for (int i = 0; i < 2; i++) {
        must(gan_trainer_feed(trainers[i], "real", batch));
        must(gan_trainer_feed(trainers[i], "noise", noise));
        must(gan_trainer_step(trainers[i]));
        must(gan_trainer_value(trainers[i], "loss.autoencoder", &losses[i]));
    }
    CHECK_NEAR(losses[0], losses[1], 0);
    gan_tensor_release(batch);
    gan_tensor_release(noise);
    for (int i = 0; i < 2; i++) gan_trainer_release(trainers[i]);
}

/* ---- averages ---- */

/* The statistics of an averaged network that the trainer shows, all in a row. */
static gan_tensor *statistics(gan_trainer *t, const char *role)
{
    gan_model *average = gan_trainer_model(t, role, GAN_MODEL_AVERAGED);
    gan_tensor *mean;
    must(gan_tensor_create(&mean, context, GAN_FLOAT32, 1, (const int64_t[]){10}));
    must(gan_model_read(average, "1.running_mean", GAN_VALUE, mean));
    return mean;
}

/* A refresh gives both averages what a save would, and leaves the training as it was. */
TEST(a_refresh_changes_no_training)
{
    static const char *const roles[2] = {"encoder", "decoder"};
    gan_trainer *plain = make_vae_with_data("vae batch=8 average=0.99"), *refreshed;
    gan_dataset *data = make_data();
    uint8_t *bytes[2];
    size_t sizes[2];
    must(gan_trainer_run(plain, 2, NULL, NULL));
    must(gan_trainer_save(plain, rig_file));
    must(gan_trainer_load(&refreshed, context, rig_file));
    must(gan_trainer_set_data(refreshed, "real", data));
    for (int i = 0; i < 4; i++) {
        gan_tensor *before[2], *after[2], *kept[2];
        must(gan_trainer_step(plain));
        must(gan_trainer_step(refreshed));
        for (int k = 0; k < 2; k++) before[k] = statistics(refreshed, roles[k]);
        must(gan_trainer_refresh(refreshed));
        for (int k = 0; k < 2; k++) after[k] = statistics(refreshed, roles[k]);
        must(gan_trainer_save(refreshed, rig_file));
        for (int k = 0; k < 2; k++) {
            kept[k] = statistics(refreshed, roles[k]);
            CHECK(!equal_tensors(before[k], after[k]));
            CHECK(equal_tensors(after[k], kept[k]));
            gan_tensor_release(before[k]);
            gan_tensor_release(after[k]);
            gan_tensor_release(kept[k]);
        }
    }
    bytes[0] = saved(plain, &sizes[0]);
    bytes[1] = saved(refreshed, &sizes[1]);
    CHECK(sizes[0] == sizes[1] && !memcmp(bytes[0], bytes[1], sizes[0]));
    for (int i = 0; i < 2; i++) gan__free(context, bytes[i]);
    gan_dataset_release(data);
    gan_trainer_release(plain);
    gan_trainer_release(refreshed);
}

/* ---- the same bits ---- */

static void set_real(gan_trainer *t)
{
    gan_dataset *data = make_data();
    must(gan_trainer_set_data(t, "real", data));
    gan_dataset_release(data);
}

/* A data set is begun anew after 8 steps. */
static const bits_training training = {make_vae_with_data, set_real, 11};

TEST(resumed_at_every_step)
{
    bits_resumed(&training, "vae batch=8");
    bits_resumed(&training, "vae batch=8 average=0.9");
    bits_resumed(&training, "vae batch=8 likelihood=gaussian deviation=0.5 beta=2");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&training, "vae batch=8 average=0.9");
}

/* Sheets from pictures are there and back again: whatever allocation fails on the way, that is said
 * and nothing else. */
TEST(a_sheet_without_memory)
{
    static const char *const image = "image";
    static fault_host fault;
    const gan_host host = fault_make(&fault);
    gan_status status = GAN_E_MEMORY;
    gan_context *own;
    gan_model *encoder, *decoder;
    gan_trainer *t;
    gan_tensor *pictures, *sheet;
    gan_dataset *data;
    int64_t columns;
    must(gan_context_create(&own, "threads=1", &host, NULL, 0));
    must(gan_model_parse(&encoder, own,
                         "input 4 4 1; mean = dense 2; log_variance = dense 2 from mean; "
                         "output mean log_variance"));
    must(gan_model_parse(&decoder, own, "input 2; dense 16; reshape 4 4 1"));
    must(gan_tensor_create(&pictures, own, GAN_FLOAT32, 4, (int64_t[]){4, 4, 4, 1}));
    must(gan_dataset_from_tensors(&data, own, &image, &pictures, 1));
    must(gan_trainer_create(&t, own, "vae batch=2"));
    must(gan_trainer_set_model(t, "encoder", encoder));
    must(gan_trainer_set_model(t, "decoder", decoder));
    must(gan_trainer_set_data(t, "real", data));
    must(gan_trainer_check(t));
    for (int n = 1; status == GAN_E_MEMORY; n++) {
        fault.fail_at = fault.allocations + n;
        status = gan_trainer_show(&sheet, &columns, t, "image", 2, 0);
        CHECK((status == GAN_OK) == (sheet != NULL));
        gan_tensor_release(sheet);
    }
    fault.fail_at = 0;
    CHECK_STATUS(status, GAN_OK);
    gan_trainer_release(t);
    gan_dataset_release(data);
    gan_tensor_release(pictures);
    gan_model_release(decoder);
    gan_model_release(encoder);
    gan_context_release(own);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    rig_open(BATCH, "vae.tmp");
    RUN(options_that_do_not_go_together);
    RUN(roles_and_shapes_that_do_not_go_together);
    RUN(names_that_there_are_not);
    RUN(noise_of_another_size);
    RUN(data_of_another_size);
    RUN(noise_for_open_codes);
    RUN(the_decoders_route);
    RUN(routes_of_networks_whose_outputs_are_named);
    RUN(the_way_there_and_back);
    RUN(outputs_are_found_by_name);
    RUN(a_refresh_changes_no_training);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    RUN(a_sheet_without_memory);
    remove(rig_file);
    return rig_close();
}
