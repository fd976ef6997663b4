/* peak.h: how fast this machine multiplies and adds when nothing else limits it. */
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

/* GFLOP/s of float32 fused multiply-adds on registers alone, `threads` threads at once, for about
 * 10 ms, with the vectors of `tier` ("avx512", "avx2", "generic"). 0 if threads cannot be started.
 */
double measure_peak(const char *tier, int threads);

#endif
