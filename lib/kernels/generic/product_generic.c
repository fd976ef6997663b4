/* product_generic.c: the reference tier: vectors of one float and fmaf. */
#include "kernels/product.h"

#include <math.h>

#define TIER(name) name##_generic
#define TARGET
#define ROWS 4
#define VECTORS 4
#define LANES 1
#define VECTOR float
#define MASK int64_t
#define MASK_OF(count) (count)
#define ZERO 0.0f
#define LOAD(p) (*(p))
#define STORE(p, v) (*(p) = (v))
#define LOAD_MASKED(p, m) ((void)(m), *(p))
#define STORE_MASKED(p, m, v) ((void)(m), *(p) = (v))
#define BROADCAST(p) (*(p))
#define FMA(a, b, c) fmaf(a, b, c)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define SET(s) (s)
#define FETCH(p) (void)(p)

#define BLOCK 4
static inline void product_transpose_block_generic(const float *x, int64_t x_stride, float *y,
                                                   int64_t y_stride)
{
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < BLOCK; j++) y[j * y_stride + i] = x[i * x_stride + j];
}

#include "kernels/product_template.h"
