/* layer.h: one function with its parameters.
 *
 * A layer is described by one statement of the network grammar: "conv2d 64 kernel=4 stride=2
 * pad=1". It is put into models with gan_model_add; the same layer in two models shares its
 * parameters. Its parameters come into being when it is placed for the first time, since their
 * shapes depend on what goes in.
 *
 * embedding COUNT SIZE and onehot COUNT take whole numbers from 0 to COUNT - 1; any other, NaN too,
 * is GAN_E_ARGUMENT from whatever applies the model (gan_tape_apply, gan_runner_run, a trainer's
 * step), and that call has changed nothing. Numbers that were looked up have the gradient zero.
 *
 * add, multiply and concat repeat a 1x1 picture over the pixels of the others; add and multiply
 * also repeat one channel over their channels. What was repeated gets the sum of its gradients.
 *
 * softplus, exp, square, sqrt, clamp LEAST MOST (-1, 1) and affine SCALE SHIFT (scale * x + shift,
 * rounded once) work on each number. Gradients are PyTorch's: clamp's passes between the limits and
 * at them, and is 0 for NaN, which stays NaN itself; that of sqrt at 0 is infinite, or NaN if 0 was
 * coming in.
 *
 * Normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias. instancenorm and groupnorm
 * with one number to a mean are GAN_E_SHAPE, in evaluation too; layernorm of one number is its
 * bias. Variances are float32: of |x| above about 4e18 they are infinite and y is the bias, and
 * above about 1e36, where sums of x are infinite too, NaN. eps=0 is refused by batchnorm; elsewhere
 * a variance of 0 gives NaN, and one below 3e-39 an infinite gradient.
 *
 * augment changes each sample by chance in training, and in evaluation none: of what is asked for,
 * one after the other, colour=yes (brightness, saturation, contrast), flip=yes, translate=SHARE and
 * cutout=SHARE of height and width; what comes in from outside, or is cut out, is 0. Gradients pass
 * through it. Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020,
 * whose program has translate=0.125 and cutout=0.5.
 *
 * minibatch_stddev adds one channel. A batch of n is cut into m = n / group sets, set j being the
 * samples j, j + m, j + 2m, ...; all of its samples and pixels get the mean, over the H * W * C
 * numbers of a sample, of sqrt(variance + 1e-8), the variance (biased) being that of one number
 * over the set. A group above n is n. A batch that is no multiple of the group is GAN_E_SHAPE in
 * training; in evaluation the largest smaller group serves that divides it.
 *
 * The slopes of tanh and sigmoid are found in their outputs, as PyTorch's are: where those are
 * next to 1 (tanh also -1) they keep few digits, and in the end are 0. */
#ifndef GAN_LAYER_H
#define GAN_LAYER_H

#include <gan/tensor.h>

GAN_BEGIN

typedef struct gan_layer gan_layer;

GAN_API gan_status gan_layer_create(gan_layer **out, gan_context *context, const char *statement);
GAN_API void gan_layer_retain(gan_layer *layer);
GAN_API void gan_layer_release(gan_layer *layer);

/* "conv2d"; NULL for NULL or what is no layer. Borrowed, static. */
GAN_API const char *gan_layer_kind(const gan_layer *layer);

/* The statement with every option spelled out. Borrowed. NULL for what is no layer, without memory,
 * and while another thread uses the context. */
GAN_API const char *gan_layer_text(const gan_layer *layer);

/* The layer's parameters and persistent buffers, in the order of a state dict; they are known once
 * it was placed. Before, `_count` is 0, `_name` NULL and the others are GAN_E_STATE. Names are
 * PyTorch's leaves ("weight", "running_mean"), borrowed and static; `_shape` gives PyTorch's shape,
 * *rank <= 4 numbers; `_flags` says what a parameter is, in bits, of which later versions may have
 * more. */
#define GAN_PARAMETER_TRAINED 1 /* has a gradient; else a buffer, which training passes change */
#define GAN_PARAMETER_INTEGER 2 /* counts in whole numbers; files keep it as int64 */
GAN_API int64_t gan_layer_parameter_count(const gan_layer *layer);
GAN_API const char *gan_layer_parameter_name(const gan_layer *layer, int64_t index);
GAN_API gan_status gan_layer_parameter_shape(const gan_layer *layer, const char *name,
                                             int32_t *rank, int64_t shape[4]);
GAN_API gan_status gan_layer_parameter_flags(const gan_layer *layer, const char *name,
                                             int32_t *flags);

/* What gan_layer_read and gan_model_read copy out. */
#define GAN_VALUE 1
#define GAN_GRADIENT 2

/* Copies a parameter ("weight", "bias", "running_mean", ...) or its gradient to `tensor`, or a
 * value from it, in PyTorch's layout and shape. num_batches_tracked is an int64, which counts no
 * further than 2^63 - 1: other tensors get it rounded or cut to what they hold. GAN_E_STATE before
 * the layer was placed; GAN_E_ARGUMENT for an unknown name (the message has the nearest);
 * GAN_E_SHAPE for a tensor of another shape. */
GAN_API gan_status gan_layer_read(gan_layer *layer, const char *name, int32_t what,
                                  gan_tensor *tensor);
GAN_API gan_status gan_layer_write(gan_layer *layer, const char *name, const gan_tensor *tensor);

GAN_END

#endif
