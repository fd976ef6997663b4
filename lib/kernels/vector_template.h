/* vector_template.h: every vector kernel of one tier, and its table.
 *
 * The tier's file defines TIER, W, KERNEL and INLINE (see lanes_names.h), includes its lanes and
 * then this; the table is gan__vector_kernels_ and the tier's name. */
#include "kernels/lanes_names.h"

#include "kernels/vector_math.h"

#include "kernels/vector_map.h"

#include "kernels/vector_norm.h"

#include "kernels/vector_draw.h"

#include "kernels/vector_update.h"

#include "kernels/vector_gram.h"

/* clang-format off */
#define NAME(kernel) TIER(vector_##kernel)
#define FUSED(what, elu)                                                                           \
    {NAME(what##_linear), NAME(what##_relu), NAME(what##_leaky_relu), NAME(what##_tanh),           \
     NAME(what##_sigmoid), elu}

const gan__vector_kernels TIER(gan__vector_kernels) = {
    .function = {NAME(exp), NAME(expm1), NAME(log), NAME(softplus), NAME(erf), NAME(sqrt),
                 NAME(sine), NAME(cosine)},
    .activate = {NAME(linear), NAME(relu), NAME(leaky_relu), NAME(tanh), NAME(sigmoid), NAME(elu),
                 NAME(silu), NAME(gelu)},
    .slope_output = {NAME(linear_slope), NAME(relu_slope), NAME(leaky_relu_slope), NAME(tanh_slope),
                     NAME(sigmoid_slope)},
    .slope_input = {NAME(linear_slope), NAME(relu_slope), NAME(leaky_relu_slope), NULL, NULL,
                    NAME(elu_slope_input), NAME(silu_slope_input), NAME(gelu_slope_input)},
    .bend = {NULL, NULL, NULL, NAME(tanh_bend), NAME(sigmoid_bend), NAME(elu_bend),
             NAME(silu_bend), NAME(gelu_bend)},
    .fill = NAME(fill), .add = NAME(add), .multiply = NAME(multiply), .combine = NAME(combine),
    .affine = NAME(affine), .add_rows = NAME(add_rows), .clamp = NAME(clamp),
    .square_slope = NAME(square_slope),
    .sqrt_slope = NAME(sqrt_slope), .clamp_slope = NAME(clamp_slope),
    .softmax = NAME(softmax), .softmax_backward = NAME(softmax_backward),
    .softmax_bend = NAME(softmax_bend), .norm_bend = NAME(norm_bend),
    .sum = NAME(sum), .dot = NAME(dot), .column_sum = NAME(column_sum),
    .column_dot = NAME(column_dot), .column_moments = NAME(column_moments),
    .tap_sums = NAME(tap_sums),
    .norm_forward = FUSED(norm_forward, NAME(norm_forward_elu)), .norm_sums = FUSED(norm_sums, ),
    .norm_input = FUSED(norm_input, ), .random = NAME(random), .uniform = NAME(uniform),
    .normal = NAME(normal), .bernoulli = NAME(bernoulli), .sgd = NAME(sgd),
    .rmsprop = NAME(rmsprop), .adam = NAME(adam), .gram = NAME(gram), .gram_columns = W};
/* clang-format on */

#undef EACH
#undef MAP_FUNCTION
#undef MAP_ACTIVATE
#undef MAP_SLOPE
#undef MAP_BEND
#undef NORM_FORWARD
#undef NORM_BACKWARD
#undef NAME
#undef FUSED
#include "kernels/lanes_end.h"
