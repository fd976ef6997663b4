/* kernels.h: the kernels of one CPU tier, one contract each.
 *
 * A kernel is single-threaded, allocates nothing and checks nothing: the drivers in compute/ have
 * done so. All tiers give the same bits: every output is one chain of fused multiply-adds in the
 * order that its contract states, and reductions use a fixed number of virtual lanes. generic/ is
 * the reference; x86/ holds the same bodies for AVX2+FMA and AVX-512. */
#ifndef GAN__KERNELS_H
#define GAN__KERNELS_H

#include "kernels/product.h" /* tiles of products and convolutions */
#include "kernels/vector.h"  /* element-wise functions, reductions, normalisation, updates */

#include "base/context.h"

typedef struct gan__kernels {
    const gan__product_kernels *product; /* gan__product_kernels_generic, _avx2, _avx512 */
    const gan__vector_kernels *vector;   /* gan__vector_kernels_generic, _avx2, _avx512 */
} gan__kernels;

/* The table of a tier, and of a context: constants, made by the compiler. */
const gan__kernels *gan__kernels_of_tier(gan__tier tier);
static inline const gan__kernels *gan__kernels_of(const gan_context *context)
{
    return gan__kernels_of_tier(context->tier);
}

#endif
