/* sample_norm.h: normalisation within single samples: instancenorm, groupnorm and layernorm but for
 * their options. Training and evaluation are the same. */
#ifndef GAN__SAMPLE_NORM_H
#define GAN__SAMPLE_NORM_H

#include "layers/kinds.h"

#include "compute/normalize.h"

/* gamma (1) and beta (0): "weight" and "bias" of this shape; in memory as `order` says. */
gan_status gan__affine_declare(gan_layer *layer, int32_t rank, const int64_t *shape,
                               const int64_t *order);

/* Of the whole op; `sets` as in gan__norm. */
gan__norm gan__sample_norm(const gan__op *op, int64_t sets, double eps);

gan_status gan__sample_norm_plan(gan__op *op, const gan__norm *norm);
void gan__sample_norm_forward(gan__op *op, const gan__norm *norm);
void gan__sample_norm_again(gan__op *op, const gan__norm *norm);
/* `fixed` as in gan__norm_gradients. */
void gan__sample_norm_backward(gan__op *op, const gan__norm *norm, bool fixed);
void gan__sample_norm_tangent(gan__op *op, const gan__norm *norm);
void gan__sample_norm_bend(gan__op *op, const gan__norm *norm);

#endif
