/* test_autoencoder.c: the auto-encoder: what it is made of, what it refuses, its routes, that it
 * compares with the picture that was drawn, and its bits. The golden traces say that a step is
 * right. */
#include "bits.h"

#include <math.h>

enum { BATCH = 8, PICTURES = 24, H = 3, W = 4, C = 2, SIZE = H * W * C, CODE = 3 };

#define ENCODER "input 3 4 2; dense 10 bias=no; batchnorm; relu; dense 3"
#define DECODER "input 3; dense 10 bias=no; batchnorm; dropout 0.1; relu; dense 24; reshape 3 4 2"

static gan_trainer *make_with(const char *spec, const char *encoder, const char *decoder)
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

static gan_tensor *make_pictures(int64_t count, int64_t h, int64_t c)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){count, h, W, c}));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)(i * 37 % 101) / 50.5F - 1;
    return tensor;
}

static void set_real(gan_trainer *t)
{
    const char *field = "image";
    gan_tensor *pictures = make_pictures(PICTURES, H, C);
    gan_dataset *data;
    must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    must(gan_trainer_set_data(t, "real", data));
    gan_tensor_release(pictures);
    gan_dataset_release(data);
}

static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_with(spec, ENCODER, DECODER);
    set_real(t);
    return t;
}

/* ---- what it is made of ---- */

TEST(members)
{
    static const char *const members =
        "role encoder, role decoder, feed real, group autoencoder, value loss.autoencoder, "
        "value gradient.autoencoder, value rate.autoencoder, product encoder, product decoder, "
        "route image > code > image, route image > code, sheet image, ";
    char text[512] = "";
    gan_trainer *t = make("autoencoder");
    for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s, ",
                 gan_trainer_member(t, m, "type"), gan_trainer_member(t, m, "name"));
    CHECK_TEXT(text, members);
    gan_trainer_release(t);
}

/* ---- what is refused ---- */

typedef struct wrong {
    const char *encoder, *decoder; /* NULL: not set */
    int64_t h, c;                  /* of the pictures; 0: none */
    gan_status status;
    const char *message;
} wrong;

static const wrong wrongs[] = {
    {NULL, DECODER, H, C, GAN_E_STATE, "autoencoder: the role 'encoder' has no model"},
    {ENCODER, NULL, H, C, GAN_E_STATE, "autoencoder: the role 'decoder' has no model"},
    {ENCODER, DECODER, 0, 0, GAN_E_STATE, "autoencoder: the feed 'real' has no data"},
    {"input 3 4 2; h = dense 4; code = dense 3; output h code", DECODER, H, C, GAN_E_SHAPE,
     "autoencoder: the encoder has 2 outputs (h, code), its role has 1 (code): 'h' is not one of "
     "them"},
    {"input 3 4 2; dense 4", DECODER, H, C, GAN_E_SHAPE,
     "autoencoder: the encoder makes codes of 1x1x4, the decoder takes 1x1x3"},
    {ENCODER, "input 3; dense 24", H, C, GAN_E_SHAPE,
     "autoencoder: the decoder makes pictures of 1x1x24, the encoder takes 3x4x2"},
    {ENCODER, "input 3; dense 12; reshape 3 4 1", H, C, GAN_E_SHAPE,
     "autoencoder: the decoder makes pictures of 3x4x1, the encoder takes 3x4x2"},
    {ENCODER, DECODER, H + 1, C, GAN_E_SHAPE,
     "autoencoder: 'real' was fed 4x4x2, its networks have pictures of 3x4x2"},
    {ENCODER, DECODER, H, 1, GAN_E_SHAPE,
     "autoencoder: 'real' was fed 3x4x1, its networks have pictures of 3x4x2"},
};

TEST(what_does_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const wrong *w = &wrongs[i];
        gan_trainer *t = make_with("autoencoder batch=8", w->encoder, w->decoder);
        gan_tensor *batch = w->h ? make_pictures(BATCH, w->h, w->c) : NULL;
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
    gan_trainer *t = make("autoencoder");
    CHECK_STATUS(gan_trainer_set_model(t, "generator", gan_trainer_model(t, "encoder", 0)),
                 GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "autoencoder: there is no role 'generator'; there are: encoder, decoder");
    CHECK_STATUS(gan_trainer_feed(t, "noise", real), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "autoencoder: there is no feed 'noise'; there are: real");
    gan_trainer_release(t);
    CHECK_STATUS(gan_trainer_create(&t, context, "autoencoder loss=mse"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context),
               "autoencoder: 'loss' is one of l1, l2, bce, not 'mse' (line 1, column 18)");
}

/* ---- what is compared ---- */

static double loss_of(gan_trainer *t, gan_tensor *batch)
{
    double loss;
    must(gan_trainer_feed(t, "real", batch));
    must(gan_trainer_step(t));
    must(gan_trainer_value(t, "loss.autoencoder", &loss));
    return loss;
}

/* An encoder that spoils what it is given does not spoil what is asked for: two networks that hand
 * on what they get have no loss, and with noise in between they have that of the noise. */
TEST(the_picture_as_it_was_drawn)
{
    static const char *const encoders[2] = {"input 3 4 2; affine 1", "input 3 4 2; noise 0.5"};
    for (int i = 0; i < 2; i++) {
        gan_trainer *t = make_with("autoencoder", encoders[i],
                                   "input 3 4 2; conv2d 2 kernel=1 bias=no init=zeros");
        gan_model *decoder = gan_trainer_model(t, "decoder", 0);
        gan_tensor *batch = make_pictures(1024, H, C), *eye;
        static const float one[4] = {1, 0, 0, 1};
        must(gan_tensor_create(&eye, context, GAN_FLOAT32, 4, (const int64_t[]){2, 2, 1, 1}));
        memcpy(gan_tensor_data(eye), one, sizeof one);
        must(gan_model_write(decoder, gan_model_parameter_name(decoder, 0), eye));
        must(gan_trainer_set_optimizer(t, "autoencoder", "sgd lr=0"));
        CHECK_NEAR(loss_of(t, batch), i ? 0.25 : 0, i ? 0.01 : 0);
        gan_tensor_release(eye);
        gan_tensor_release(batch);
        gan_trainer_release(t);
    }
}

/* Sizes that networks leave open are those of the pictures, from step to step. */
TEST(pictures_of_any_size)
{
    gan_trainer *t = make_with("autoencoder loss=l1", "input any any 2; conv2d 3 kernel=3 pad=1",
                               "input any any 3; conv2d 2 kernel=3 pad=1");
    for (int64_t h = 1; h < 6; h++) {
        gan_tensor *batch = make_pictures(h % 2 ? 1 : 3, h, C);
        CHECK(loss_of(t, batch) > 0);
        gan_tensor_release(batch);
    }
    gan_trainer_release(t);
}

/* ---- routes ---- */

/* What the route makes of the input. */
static gan_tensor *run_route(gan_trainer *t, const char *text, gan_tensor *input)
{
    int64_t shape[4] = {BATCH};
    gan_model *route;
    gan_runner *runner;
    gan_tensor *output;
    must(gan_trainer_route(&route, t, text, 0));
    must(gan_runner_create(&runner, context, route, "batch=8"));
    must(gan_runner_output_shape(runner, 0, shape + 1));
    must(gan_tensor_create(&output, context, GAN_FLOAT32, 4, shape));
    must(gan_runner_run(runner, &input, 1, &output, 1));
    gan_runner_release(runner);
    gan_model_release(route);
    return output;
}

/* With loss=bce the decoder's logits become pictures on their way out, not on their way in. */
TEST(routes)
{
    static const char *const specs[2] = {"autoencoder batch=8 loss=l1",
                                         "autoencoder batch=8 loss=bce"};
    for (int logits = 0; logits < 2; logits++) {
        gan_trainer *t = make(specs[logits]);
        gan_model *route;
        gan_runner *runner;
        must(gan_trainer_run(t, 3, NULL, NULL));
        gan_tensor *pictures = make_pictures(BATCH, H, C);
        gan_tensor *code = run_route(t, "image > code", pictures);
        gan_tensor *made = run_route(t, "code > image", code);
        gan_tensor *whole = run_route(t, "image > code > image", pictures), *decoded;
        CHECK_INT(gan_tensor_count(code), BATCH * CODE);
        must(gan_tensor_create(&decoded, context, GAN_FLOAT32, 4,
                               (const int64_t[]){BATCH, H, W, C}));
        must(gan_runner_create(&runner, context, gan_trainer_model(t, "decoder", 0), "batch=8"));
        must(gan_runner_run(runner, &code, 1, &decoded, 1));
        for (int i = 0; i < BATCH * SIZE; i++) {
            double y = ((float *)gan_tensor_data(decoded))[i];
            CHECK_NEAR(((float *)gan_tensor_data(made))[i], logits ? 2 / (1 + exp(-y)) - 1 : y,
                       1e-6);
            CHECK(((float *)gan_tensor_data(made))[i] == ((float *)gan_tensor_data(whole))[i]);
        }
        CHECK_STATUS(gan_trainer_route(&route, t, "code > code", 0), GAN_E_ARGUMENT);
        CHECK_TEXT(gan_context_message(context), "autoencoder: no role goes from 'code' to 'code'");
        gan_tensor *const all[] = {pictures, code, made, whole, decoded};
        for (int i = 0; i < 5; i++) gan_tensor_release(all[i]);
        gan_runner_release(runner);
        gan_trainer_release(t);
    }
}

/* ---- the same bits: a data set is begun anew after 3 steps ---- */

static const bits_training training = {make, set_real, 7};

TEST(resumed_at_every_step)
{
    bits_resumed(&training, "autoencoder batch=8 average=0.9");
    bits_resumed(&training, "autoencoder batch=8 loss=bce");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&training, "autoencoder batch=8 loss=l1");
}

int main(void)
{
    rig_open(BATCH, "autoencoder.tmp");
    RUN(members);
    RUN(what_does_not_go_together);
    RUN(names_that_there_are_not);
    RUN(the_picture_as_it_was_drawn);
    RUN(pictures_of_any_size);
    RUN(routes);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    return rig_close();
}
