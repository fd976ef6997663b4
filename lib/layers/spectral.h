/* spectral.h: spectral normalisation of a filter's weights (Miyato et al. 2018), with the names and
 * the arithmetic of torch.nn.utils.spectral_norm. */
#ifndef GAN__SPECTRAL_H
#define GAN__SPECTRAL_H

#include "layers/filter.h"

/* weight_u and weight_v, behind the weight and the bias. */
gan_status gan__spectral_declare(gan_layer *layer, const gan__filter_weights *weights);

/* Adds to the op's state and scratch. */
void gan__spectral_plan(gan__op *op, const gan__filter *filter);
size_t gan__spectral_workspace(const gan__op *op, const gan__filter *filter);

/* One power iteration in training, u and v as they are in evaluation; W / sigma goes into the
 * state. Several groups in a batch are still one application of the layer: one iteration. */
void gan__spectral_forward(gan__op *op, const gan__filter *filter, void *memory);

/* W / sigma of the last forward, packed. */
const float *gan__spectral_panel(gan__op *op, const gan__filter *filter, gan__pass pass);

/* Adds to the gradient of weight_orig; `gradient` is that of W / sigma. */
void gan__spectral_backward(gan__op *op, const gan__filter *filter, const float *gradient,
                            void *memory);

#endif
