/* orthogonal.h: orthogonal matrices out of normal ones. */
#ifndef GAN__ORTHOGONAL_H
#define GAN__ORTHOGONAL_H

#include "base/context.h"

/* torch[rows][columns], a normal draw A, becomes gain * Q of A = Q R, R's diagonal positive:
 * uniform over the matrices with orthogonal columns. With fewer rows than columns the same of A's
 * transpose: the rows are orthogonal. GAN_E_MEMORY. */
gan_status gan__orthogonal(gan_context *context, int64_t rows, int64_t columns, double gain,
                           float *torch);

#endif
