/* exact.h: the build computes what the source says, for every file of the library. */
#ifndef GAN__EXACT_H
#define GAN__EXACT_H

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || defined(_M_FP_FAST) ||                                     \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "libgan's results are exact bits: it must not be compiled with -ffast-math or a part of it"
#endif

/* What this build does instead, where no macro tells: "fuses products into sums: ...". NULL if it
 * is exact. In the default floating-point mode. */
const char *gan__exact_fault(void);

#endif
