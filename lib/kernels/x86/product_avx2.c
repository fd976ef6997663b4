/* product_avx2.c: tiles of 6x16: 12 accumulators, 2 vectors of B, 1 broadcast of A. */
#include "kernels/product.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TIER(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define ROWS 6
#define VECTORS 2
#define LANES 8
#define VECTOR __m256
#define MASK __m256i
#define MASK_OF(count) product_mask_avx2(count)
#define ZERO _mm256_setzero_ps()
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps(p, v)
#define LOAD_MASKED(p, m) _mm256_maskload_ps(p, m)
#define STORE_MASKED(p, m, v) _mm256_maskstore_ps(p, m, v)
#define BROADCAST(p) _mm256_broadcast_ss(p)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define MUL(a, b) _mm256_mul_ps(a, b)
#define SET(s) _mm256_set1_ps(s)
#define FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)

static inline TARGET __m256i product_mask_avx2(int64_t count)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)count), lane);
}

#define BLOCK 8
static inline TARGET void product_transpose_block_avx2(const float *x, int64_t x_stride, float *y,
                                                       int64_t y_stride)
{
    __m256 r[8], s[8];
    /* A 4x4 block in each half of a register: rows i and i + 4 meet. */
    for (int i = 0; i < 4; i++) {
        const float *low = x + i * x_stride, *high = low + 4 * x_stride;
        r[i] =
            _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
        r[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low + 4)),
                                        _mm_loadu_ps(high + 4), 1);
    }
    for (int i = 0; i < 8; i += 4) {
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
        s[i + 2] = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);
        s[i + 3] = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xEE);
        r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xEE);
    }
    for (int i = 0; i < 8; i++) _mm256_storeu_ps(y + i * y_stride, r[i]);
}

#include "kernels/product_template.h"
#endif
