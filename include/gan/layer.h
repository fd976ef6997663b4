/* layer.h: one function with its parameters.
 *
 * A layer is described by one statement of the network grammar: "conv2d 64 kernel=4 stride=2
 * pad=1". It is put into models with gan_model_add; the same layer in two models shares its
 * parameters. Its parameters come into being when it is placed for the first time, since their
 * shapes depend on what goes in. */
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
