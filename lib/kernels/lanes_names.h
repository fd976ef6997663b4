/* lanes_names.h: vectors of W lanes, under one name for all tiers.
 *
 * A tier's file defines TIER(name), which adds its suffix, W, KERNEL and INLINE, then includes this
 * header and the templates, and lanes_end.h in the end. Sums, differences, products and quotients
 * of v_float are written with C's operators.
 *
 * - v_get(p, n), v_put(p, n, x): the first n <= W lanes; those left out read as 0. v_iget, v_iput
 *   for words, v_dget, v_dput for doubles; v_set, v_iset, v_dset: all lanes alike.
 * - v_max(a, b), v_min(a, b): a > b ? a : b, a < b ? a : b; so b where one is NaN.
 * - v_select(mask, yes, no).
 * - v_round, v_integer: to nearest, ties to even; v_integer gives two's complement words.
 *   v_convert: words, as signed numbers, to floats.
 * - v_ileft, v_iright: shifts, zeros come in. v_ibelow(a, b): all ones where a < b, unsigned.
 *   v_iwide(a, b, &high, &low): the 64-bit products. v_iota: 0, 1, 2, ... */
#define v_float TIER(v_float)
#define v_int TIER(v_int)
#define v_mask TIER(v_mask)
#define v_double TIER(v_double)

#define v_set TIER(v_set)
#define v_iset TIER(v_iset)
#define v_iota TIER(v_iota)
#define v_get TIER(v_get)
#define v_put TIER(v_put)
#define v_iget TIER(v_iget)
#define v_iput TIER(v_iput)
#define v_dget TIER(v_dget)
#define v_dput TIER(v_dput)
#define v_fma TIER(v_fma)
#define v_sqrt TIER(v_sqrt)
#define v_round TIER(v_round)
#define v_max TIER(v_max)
#define v_min TIER(v_min)
#define v_less TIER(v_less)
#define v_less_equal TIER(v_less_equal)
#define v_nonzero TIER(v_nonzero)
#define v_select TIER(v_select)
#define v_bits TIER(v_bits)
#define v_from_bits TIER(v_from_bits)
#define v_integer TIER(v_integer)
#define v_convert TIER(v_convert)
#define v_iadd TIER(v_iadd)
#define v_isub TIER(v_isub)
#define v_iand TIER(v_iand)
#define v_ior TIER(v_ior)
#define v_ixor TIER(v_ixor)
#define v_ileft TIER(v_ileft)
#define v_iright TIER(v_iright)
#define v_ibelow TIER(v_ibelow)
#define v_iwide TIER(v_iwide)
#define v_dset TIER(v_dset)
#define v_widen TIER(v_widen)
#define v_dadd TIER(v_dadd)
#define v_dmul TIER(v_dmul)
