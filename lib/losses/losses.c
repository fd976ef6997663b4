/* losses.c: the list of all losses. */
#include "losses/elementwise.h"

const gan__loss_kind *const gan__loss_kinds[] = {
    &gan__loss_bce_logits,       &gan__loss_mse,         &gan__loss_l1,
    &gan__loss_smooth_l1,        &gan__loss_hinge,       &gan__loss_softplus,
    &gan__loss_cross_entropy,    &gan__loss_kl_gaussian, &gan__loss_kind_mean,
    &gan__loss_gradient_penalty, &gan__loss_kind_sum,    &gan__loss_above,
    &gan__loss_mse_of_means,
};

const int32_t gan__loss_kind_count = sizeof gan__loss_kinds / sizeof gan__loss_kinds[0];
