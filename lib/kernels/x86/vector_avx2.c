/* vector_avx2.c: the vector kernels in AVX2 and FMA, 8 lanes. */
#if defined(__x86_64__)
#include "kernels/vector.h"

#include "kernels/x86/lanes_avx2.h"

#include <math.h>

#define TIER(name) name##_avx2
#define W 8
#define INLINE GAN__INLINE_AVX2
#define KERNEL(name) static GAN__TARGET_AVX2 void TIER(vector_##name)
#include "kernels/vector_template.h"
#endif
