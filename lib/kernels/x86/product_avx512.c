/* product_avx512.c: tiles of 6x64: 24 accumulators, 4 vectors of B, 1 broadcast of A. */
#include "kernels/product.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TIER(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define ROWS 6
#define VECTORS 4
#define LANES 16
#define VECTOR __m512
#define MASK __mmask16
#define MASK_OF(count) ((__mmask16)((1u << (count)) - 1))
#define ZERO _mm512_setzero_ps()
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps(p, v)
#define LOAD_MASKED(p, m) _mm512_maskz_loadu_ps(m, p)
#define STORE_MASKED(p, m, v) _mm512_mask_storeu_ps(p, m, v)
#define BROADCAST(p) _mm512_set1_ps(*(p))
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define MUL(a, b) _mm512_mul_ps(a, b)
#define SET(s) _mm512_set1_ps(s)
#define FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)

#define BLOCK 16
/* Pairs, then fours within quarters of a register, then the quarters. */
static inline TARGET void product_transpose_block_avx512(const float *x, int64_t x_stride, float *y,
                                                         int64_t y_stride)
{
    __m512 r[16], s[16];
    for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_ps(x + i * x_stride);
    for (int i = 0; i < 16; i += 4) {
        s[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
        s[i + 2] = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
        s[i + 3] = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        r[i] = _mm512_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(s[i], s[i + 2], 0xEE);
        r[i + 2] = _mm512_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(s[i + 1], s[i + 3], 0xEE);
    }
    /* r[4i + j] holds column 4q + j of rows 4i .. 4i + 3 in its quarter q. */
    for (int j = 0; j < 4; j++) {
        __m512 low02 = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88);
        __m512 low13 = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xDD);
        __m512 high02 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
        __m512 high13 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xDD);
        _mm512_storeu_ps(y + j * y_stride, _mm512_shuffle_f32x4(low02, high02, 0x88));
        _mm512_storeu_ps(y + (4 + j) * y_stride, _mm512_shuffle_f32x4(low13, high13, 0x88));
        _mm512_storeu_ps(y + (8 + j) * y_stride, _mm512_shuffle_f32x4(low02, high02, 0xDD));
        _mm512_storeu_ps(y + (12 + j) * y_stride, _mm512_shuffle_f32x4(low13, high13, 0xDD));
    }
}

#include "kernels/product_template.h"
#endif
