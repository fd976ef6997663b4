/* vector_generic.c: the vector kernels in plain C, with fmaf: the same bits as every other tier. */
#include "kernels/vector.h"

#include "kernels/generic/lanes_generic.h"

#include <math.h>

#define TIER(name) name##_generic
#define W 1
#define INLINE static inline
#define KERNEL(name) static void TIER(vector_##name)
#include "kernels/vector_template.h"
