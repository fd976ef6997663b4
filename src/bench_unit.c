/* bench_unit.c: a step of unsupervised translation by a shared latent space (Liu et al.,
 * "Unsupervised image-to-image translation networks", 2017), without its cycle: both pictures are
 * encoded, the last layers of the encoders and the first of the decoders being one; each code is
 * decoded both ways. With code = mean + N(0, 1):
 *
 *   makers descend  10 |x - x_x| + 10 |y - y_y| + (D_y(x_y) - 1)^2 + (D_x(y_x) - 1)^2 + .01 mean^2
 *   judges descend  (D(real) - 1)^2 + D(fake)^2, of both domains
 */
#include "bench_subject.h"

enum { ENCODER_X, ENCODER_Y, ENCODER, DECODER, DECODER_X, DECODER_Y, JUDGE_X, JUDGE_Y };

#define TRY(expression)                        \
    do {                                       \
        gan_status status_ = (expression);     \
        if (status_ != GAN_OK) return status_; \
    } while (0)

static gan_status apply(subject *s, int role, const char *mode, gan_value in, gan_value *out)
{
    return gan_tape_apply(s->tape, s->models[role], mode, &in, 1, out, 1);
}

/* real[2]: x and y, (1, H, W, C). made[0]: both as x, made[1]: both as y, (2, H, W, C). *mean, of
 * both: (2, h, w, c). */
static gan_status translate(subject *s, const gan_value real[2], gan_value *mean, gan_value made[2])
{
    static const double sum[2] = {1, 1};
    gan_value own[2], both, code[2], decoded;
    int64_t shape[4];
    for (int i = 0; i < 2; i++) TRY(apply(s, ENCODER_X + i, "training", real[i], &own[i]));
    TRY(gan_tape_join(s->tape, own, 2, &both));
    TRY(apply(s, ENCODER, "training", both, mean));
    TRY(gan_tape_shape(s->tape, *mean, shape));
    code[0] = *mean;
    TRY(gan_tape_normal(s->tape, 4, shape, &code[1]));
    TRY(gan_tape_combine(s->tape, code, sum, 2, &both));
    TRY(apply(s, DECODER, "training", both, &decoded));
    for (int i = 0; i < 2; i++) TRY(apply(s, DECODER_X + i, "training", decoded, &made[i]));
    return GAN_OK;
}

/* fake[0]: y as x, fake[1]: x as y, (1, H, W, C). */
static gan_status make(subject *s, const gan_value real[2], gan_value fake[2], double *loss)
{
    static const double weights[5] = {10, 10, 1, 1, 0.01};
    gan_value mean, made[2], pair[2], score, terms[5], total;
    TRY(translate(s, real, &mean, made));
    for (int i = 0; i < 2; i++) {
        TRY(gan_tape_slice(s->tape, made[i], i, 1, &pair[0]));
        pair[1] = real[i];
        TRY(gan_tape_loss(s->tape, "l1", pair, 2, &terms[i]));
        TRY(gan_tape_slice(s->tape, made[i], 1 - i, 1, &fake[i]));
        TRY(apply(s, JUDGE_X + i, "training frozen", fake[i], &score));
        TRY(gan_tape_loss(s->tape, "mse target=1", &score, 1, &terms[2 + i]));
    }
    TRY(gan_tape_loss(s->tape, "mse", &mean, 1, &terms[4]));
    TRY(gan_tape_combine(s->tape, terms, weights, 5, &total));
    TRY(gan_tape_backward(s->tape, &total, NULL, 1, s->models, JUDGE_X));
    TRY(gan_optimizer_step(s->optimizers[0]));
    TRY(gan_optimizer_zero(s->optimizers[0]));
    return gan_tape_scalar(s->tape, total, loss);
}

static gan_status judge(subject *s, const gan_value real[2], const gan_value fake[2], double *loss)
{
    static const char *const targets[2] = {"mse target=1", "mse target=0"};
    static const double weights[4] = {1, 1, 1, 1};
    gan_value pair[2], both, scores, score, terms[4], total;
    for (int i = 0; i < 2; i++) {
        pair[0] = real[i];
        TRY(gan_tape_detach(s->tape, fake[i], &pair[1]));
        TRY(gan_tape_join(s->tape, pair, 2, &both));
        TRY(apply(s, JUDGE_X + i, "training", both, &scores));
        for (int j = 0; j < 2; j++) {
            TRY(gan_tape_slice(s->tape, scores, j, 1, &score));
            TRY(gan_tape_loss(s->tape, targets[j], &score, 1, &terms[2 * i + j]));
        }
    }
    TRY(gan_tape_combine(s->tape, terms, weights, 4, &total));
    TRY(gan_tape_backward(s->tape, &total, NULL, 1, &s->models[JUDGE_X], 2));
    TRY(gan_optimizer_step(s->optimizers[1]));
    TRY(gan_optimizer_zero(s->optimizers[1]));
    return gan_tape_scalar(s->tape, total, loss);
}

gan_status unit_step(subject *s)
{
    gan_value real[2], fake[2];
    double losses[2];
    TRY(gan_tape_reset(s->tape));
    for (int i = 0; i < 2; i++) TRY(gan_tape_input(s->tape, s->input, 0, &real[i]));
    TRY(make(s, real, fake, &losses[0]));
    return judge(s, real, fake, &losses[1]);
}
