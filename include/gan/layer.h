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

/* The layer's parameters and persistent buffers, in the order of a state dict; they are known once
 * it was placed. Before, `_count` is 0, `_name` NULL and the others are GAN_E_STATE. Names are
 * PyTorch's leaves ("weight", "running_mean"), borrowed and static; `_shape` gives PyTorch's shape,
 * *rank <= 4 numbers; `_flags` says what a parameter is, in bits, of which later versions may have
 * more. */
#define GAN_PARAMETER_TRAINED 1 /* has a gradient; else a buffer, which passes in training change \
                                 */
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
 * value from it, in PyTorch's layout and shape. GAN_E_STATE before the layer was placed;
 * GAN_E_ARGUMENT for an unknown name (the message has the nearest); GAN_E_SHAPE for a tensor of
 * another shape. */
GAN_API gan_status gan_layer_read(gan_layer *layer, const char *name, int32_t what,
                                  gan_tensor *tensor);
GAN_API gan_status gan_layer_write(gan_layer *layer, const char *name, const gan_tensor *tensor);

GAN_END

#endif
