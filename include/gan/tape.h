/* tape.h: records models being applied, and runs backwards.
 *
 * The tape computes as it records: a call has computed when it returns. A loop that repeats the
 * same calls after gan_tape_reset reuses plans and memory: from the second round on nothing is
 * allocated. Rounds may differ, in models, modes, sizes or order: once each kind of round was there
 * nothing is allocated, for up to 64 kinds of them at least. A tape has memory for the numbers of
 * one round, as large as its rounds have needed. Besides it keeps how the models of earlier rounds
 * are executed, with their packed weights but no other numbers: at most 64 times as much as that
 * takes, without the weights, for the largest round, and a megabyte; what was not used for the
 * longest time goes first. A model that nobody else holds any more is let go by the next reset.
 *
 * A value is an int64 that belongs to one tape until its next reset; a stale one is refused. */
#ifndef GAN_TAPE_H
#define GAN_TAPE_H

#include <gan/model.h>

GAN_BEGIN

typedef struct gan_tape gan_tape;
typedef int64_t gan_value;

/* Each tape draws from a seed of its own, which follows from the context's and from how many tapes
 * were made there before: no two tapes, and no tape and trainer, draw the same numbers. */
GAN_API gan_status gan_tape_create(gan_tape **out, gan_context *context);
GAN_API void gan_tape_retain(gan_tape *tape);
GAN_API void gan_tape_release(gan_tape *tape);

/* Forgets all values; keeps plans and memory for the next round. */
GAN_API gan_status gan_tape_reset(gan_tape *tape);

/* Puts data on the tape: float32, or uint8 for pictures (scaled to [-1, 1]), or integers (class
 * numbers); uint8 of rank 1 holds class numbers too. The tensor is retained, not copied, where its
 * memory can be used as it is: do not write to it before the reset. `flags` is a sum of the
 * following; other bits are GAN_E_ARGUMENT. */
#define GAN_INPUT_GRADIENT 1 /* gan_tape_backward computes the gradient of this input as well */
#define GAN_INPUT_NUMBERS                                              \
    2 /* uint8 of any rank is numbers (0 stays 0, 255 is 255): one-hot \
       * vectors, class numbers */
GAN_API gan_status gan_tape_input(gan_tape *tape, gan_tensor *tensor, int32_t flags,
                                  gan_value *out);

/* Numbers drawn from N(0, 1): shape has rank 2 (N, C) or 4 (N, H, W, C). Each call of a tape draws
 * anew, as a function of its seed and of how many draws it has made. */
GAN_API gan_status gan_tape_normal(gan_tape *tape, int32_t rank, const int64_t *shape,
                                   gan_value *out);
/* The same, uniform in [-1, 1). */
GAN_API gan_status gan_tape_uniform(gan_tape *tape, int32_t rank, const int64_t *shape,
                                    gan_value *out);

/* How many draws the tape has made (noise, dropout): a checkpoint stores this number and sets it
 * back. It is below 2^48: a draw beyond that is GAN_E_STATE. */
GAN_API uint64_t gan_tape_draws(const gan_tape *tape);
GAN_API gan_status gan_tape_seek(gan_tape *tape, uint64_t draws);

/* Applies a model. `mode` is one or more words:
 *
 *   training      batch statistics, dropout; running statistics are updated, and may become
 *                 infinite: only a trainer looks at them
 *   frozen        with training: gradients pass through, the parameters get none
 *   evaluation    running statistics, no dropout; gradients are available as well
 *   groups=2      several batches in one pass, with statistics of each (batchnorm,
 *                 minibatch_stddev): `inputs` has groups times the model's inputs (all of the first
 *                 batch, then all of the second), and `outputs` likewise. Batches may be of unlike
 *                 size, those of the values; within one, all inputs have as many samples. It is one
 *                 application all the same: dropout and noise draw once for all samples, and a
 *                 layer that keeps state from one to the next does so once: with spectral=yes one
 *                 power iteration, not one for each group. In training GAN_E_UNSUPPORTED where such
 *                 a layer stands in the model more than once: it would see the groups in another
 *                 order than several applications show them.
 *
 * GAN_E_ARGUMENT for an index outside an embedding, with layer, index and limit. A call that fails
 * has changed nothing, running statistics and draws included.
 *
 * `input_count` and `output_count` are the lengths of the arrays: groups times the model's inputs
 * and outputs, else GAN_E_ARGUMENT. */
GAN_API gan_status gan_tape_apply(gan_tape *tape, gan_model *model, const char *mode,
                                  const gan_value *inputs, int32_t input_count, gan_value *outputs,
                                  int32_t output_count);

/* Applies a layer without parameters and buffers, described as in a model ("multiply", "affine 2",
 * "dropout 0.3": see layer.h), to `count` values: *out is its result, and gradients pass through it
 * to them. It is applied as in training: dropout, noise and augment draw, and count as one draw of
 * the tape then; other layers count as none. Where a model tiles, so does it: add, multiply and
 * concat repeat a 1x1 value over the pixels of the others, add and multiply one channel over their
 * channels too, so a value of N, 1, 1, 1 is a factor for each sample.
 *
 * GAN_E_ARGUMENT for a layer that has parameters or buffers (dense, prelu, batchnorm) or refuses a
 * number (onehot, with the number and the limit); GAN_E_TEXT for a statement that is none;
 * GAN_E_SHAPE for values that do not go together. All have as many samples: a loss's scalar goes
 * with values of one sample only. */
GAN_API gan_status gan_tape_layer(gan_tape *tape, const char *statement, const gan_value *values,
                                  int32_t count, gan_value *out);

/* A loss: a scalar value, kept in double, from one or two values:
 *
 *   bce_logits [target=1]            binary cross-entropy of sigmoid(x); from 0 to 1
 *   mse, l1 [target=0]               mean of (x - t)^2, of |x - t|
 *   smooth_l1 [target=0] [beta=1]    squared below beta, absolute above
 *   hinge [sign=1]                   mean of max(0, 1 - sign * x)
 *   softplus [sign=1]                mean of log(1 + exp(sign * x))
 *   cross_entropy [target=0] [label_smoothing=0]
 *                                    of softmax over channels; the second value: class numbers
 *   kl_gaussian                      of N(mean, exp(log_variance)) from N(0, 1): summed over a
 *                                    sample's elements, averaged over the samples
 *   gradient_penalty [target=1]      mean over samples of (|x| - t)^2, |x| the root of the sum of
 *                                    a sample's squares; its gradient at |x| = 0 is 0. target=1:
 *                                    WGAN-GP, DRAGAN; target=0: R1 (its weight is gamma / 2)
 *   mse_of_means                     of two batches, which may be of unlike size: mean over a
 *                                    sample's elements of (m(x) - m(t))^2, m the mean over the
 *                                    batch; both get a gradient (feature matching)
 *   mean, sum                        of all elements
 *   above [0]                        the share of elements above a limit; without gradient
 *
 * Means are over all elements. A second value, where the first four are given one, is the target in
 * the place of target=, and gets a gradient too; so are the class numbers, which get none. */
GAN_API gan_status gan_tape_loss(gan_tape *tape, const char *spec, const gan_value *values,
                                 int32_t count, gan_value *out);

/* The weighted sum of `count` values of one shape (scalars or tensors). A loss's scalar among
 * tensors is added to each of their elements. */
GAN_API gan_status gan_tape_combine(gan_tape *tape, const gan_value *values, const double *weights,
                                    int32_t count, gan_value *out);

/* `count` values side by side along the batch: N is the sum of theirs; H, W and C must be equal,
 * else GAN_E_SHAPE. A value may stand there several times. */
GAN_API gan_status gan_tape_join(gan_tape *tape, const gan_value *values, int32_t count,
                                 gan_value *out);

/* `count` samples of a value, from number `first` on (from 0); GAN_E_SHAPE where it has not so
 * many. Nothing is copied. The gradient to the value is zero for the other samples; those of
 * several slices add up. */
GAN_API gan_status gan_tape_slice(gan_tape *tape, gan_value value, int64_t first, int64_t count,
                                  gan_value *out);

/* The same numbers, through which no gradient passes. */
GAN_API gan_status gan_tape_detach(gan_tape *tape, gan_value value, gan_value *out);

/* The same numbers as an input of their own: no gradient passes through, but gan_tape_backward
 * computes that of *out, as with GAN_INPUT_GRADIENT. */
GAN_API gan_status gan_tape_leaf(gan_tape *tape, gan_value value, gan_value *out);

/* The gradient of the last backward to a value (GAN_E_STATE where that did not compute it) as a
 * value of its own, through which no gradient passes. A later backward does not change it. */
GAN_API gan_status gan_tape_take_gradient(gan_tape *tape, gan_value value, gan_value *out);

/* The tangent of `output` along `direction`, a value of the shape of `input`: how `output` moves if
 * `input` moves so, J direction with J the derivative of `output` over `input`, which came first.
 * *out has the shape of `output`, and is a value like any other: it can be combined, put into
 * losses, and run backwards. Its backward adds to
 *
 *   the gradients of the parameters on the way (of the models named, if not applied frozen),
 *   that of `direction`, unless it is a constant, as every gradient that was taken is,
 *   those of the values that `input` was made of, unless it is a leaf, an input, or detached:
 *
 * second derivatives, exact, through all that was recorded between the two: models one behind the
 * other or beside each other, shared parts, groups, gan_tape_layer, _join, _slice, _combine, and
 * the losses mean and sum. Masks, places of maxima, u and v are those of the applications; running
 * statistics and draws stay as they are. What in a model owes nothing to the input has tangent 0.
 *
 * So a penalty p(g) on g, the gradient of a critic's sum over its input, is trained: with w the
 * gradient of p over g, the gradient of p over the critic's parameters is that of the tangent's sum
 * along w.
 *
 *   gan_tape_leaf(tape, mixed, &x);                           x: N, H, W, C
 *   gan_tape_apply(tape, critic, "training", &x, 1, &score, 1);
 *   gan_tape_backward(tape, &score, NULL, 1, NULL, 0);        of all scores' sum, at x
 *   gan_tape_take_gradient(tape, x, &taken);
 *   gan_tape_leaf(tape, taken, &g);
 *   gan_tape_loss(tape, "gradient_penalty", &g, 1, &penalty);
 *   gan_tape_backward(tape, &penalty, NULL, 1, NULL, 0);
 *   gan_tape_take_gradient(tape, g, &w);
 *   gan_tape_tangent(tape, score, x, w, &along);
 *   gan_tape_loss(tape, "sum", &along, 1, &total);            total goes into the critic's loss
 *
 * Memory: beside each application on the way that of its activations once more, kept until the
 * reset. GAN_E_SHAPE for a direction of another shape; GAN_E_ARGUMENT where `output` does not
 * follow from `input`; GAN_E_STATE where a model was changed since it was applied, or was applied
 * frozen to values without gradient; GAN_E_UNSUPPORTED for layers on the way that couple samples
 * (batchnorm in training, minibatch_stddev) or take whole numbers (embedding, onehot), for other
 * losses, and for tangents of tangents. A call that fails has changed nothing. */
GAN_API gan_status gan_tape_tangent(gan_tape *tape, gan_value output, gan_value input,
                                    gan_value direction, gan_value *out);

/* Runs backwards from `count` values. seeds[i] is dL/dvalue (float32, the value's shape); seeds
 * NULL, or one of them NULL: ones. Adds into the gradients of the models named, and computes those
 * of inputs that asked for it; everything else is not computed. GAN_E_STATE, and nothing is done,
 * if the way leads through a model that was changed since it was applied; the message names its
 * first output's value. */
GAN_API gan_status gan_tape_backward(gan_tape *tape, const gan_value *values,
                                     gan_tensor *const *seeds, int32_t count,
                                     gan_model *const *models, int32_t model_count);

/* The shape of a value as N, H, W, C; a scalar is 1, 1, 1, 1. */
GAN_API gan_status gan_tape_shape(const gan_tape *tape, gan_value value, int64_t shape[4]);

/* Copies out a value, or the gradient of the last backward to an input or to a model's output
 * (GAN_E_STATE where that did not compute it); float32, or uint8 for pictures, of rank 1 for class
 * numbers. A tensor of rank 2 fits a value of 1x1 pictures, rank 1 one of single numbers, rank 0 a
 * scalar. */
GAN_API gan_status gan_tape_value(gan_tape *tape, gan_value value, gan_tensor *tensor);
GAN_API gan_status gan_tape_gradient(gan_tape *tape, gan_value value, gan_tensor *tensor);

/* The same as a new tensor: float32 (N, H, W, C). `what` is GAN_VALUE or GAN_GRADIENT. */
GAN_API gan_status gan_tape_tensor(gan_tensor **out, gan_tape *tape, gan_value value, int32_t what);

/* A scalar's number. */
GAN_API gan_status gan_tape_scalar(gan_tape *tape, gan_value value, double *out);

GAN_END

#endif
