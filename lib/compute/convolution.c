/* convolution.c: the passes: which algorithm serves, and what it needs. */
#include "compute/conv_plan.h"

size_t gan__conv_scratch(const gan_context *context, const gan__conv *conv, gan__pass pass)
{
    (void)context;
    const gan__conv_algorithm algorithm = gan__conv_choose(conv, pass);
    if (pass == GAN__BACKWARD_WEIGHTS) {
        switch (algorithm) {
        case GAN__CONV_FILTER: return gan__filter_weights_scratch(conv);
        case GAN__CONV_STRIPS: return gan__depth_weights_scratch(conv);
        default: return gan__weights_scratch(conv);
        }
    }
    gan__conv_map map = gan__conv_map_of(conv, pass);
    switch (algorithm) {
    case GAN__CONV_STRIPS: return gan__strips_scratch(&map);
    case GAN__CONV_FILTER: return gan__filter_scratch(conv, pass);
    case GAN__CONV_NARROW: return gan__narrow_scratch(conv, pass);
    case GAN__CONV_DENSE: return gan__dense_scratch();
    default: return gan__gather_scratch(&map);
    }
}

size_t gan__conv_workspace(const gan_context *context, const gan__conv *conv, gan__pass pass)
{
    (void)context;
    const gan__conv_algorithm algorithm = gan__conv_choose(conv, pass);
    if (pass == GAN__BACKWARD_WEIGHTS) {
        switch (algorithm) {
        case GAN__CONV_FILTER: return gan__filter_weights_workspace(conv);
        case GAN__CONV_STRIPS: return gan__depth_weights_workspace(conv);
        default: return gan__weights_workspace(conv);
        }
    }
    switch (algorithm) {
    case GAN__CONV_FILTER: return 0;
    case GAN__CONV_NARROW: return gan__narrow_workspace(conv, pass);
    case GAN__CONV_DENSE: return gan__dense_workspace(conv);
    default: return gan__gather_workspace(conv, pass);
    }
}

static void conv_run(gan_context *context, const gan__conv_run *run)
{
    switch (gan__conv_choose(run->conv, run->pass)) {
    case GAN__CONV_STRIPS: gan__strips_run(context, run); break;
    case GAN__CONV_FILTER: gan__filter_run(context, run); break;
    case GAN__CONV_NARROW: gan__narrow_run(context, run); break;
    case GAN__CONV_DENSE: gan__dense_run(context, run); break;
    default:
        if (gan__conv_is_few(run->conv, run->pass))
            gan__few_run(context, run);
        else
            gan__gather_run(context, run);
    }
}

void gan__conv_forward(gan_context *context, const gan__conv *conv, const float *x,
                       const float *panel, const gan__tail *tail, void *workspace, float *y)
{
    const gan__conv_run run = {conv, GAN__FORWARD, x, panel, tail, workspace, y};
    conv_run(context, &run);
}

void gan__conv_backward_data(gan_context *context, const gan__conv *conv, const float *y,
                             const float *panel, const gan__tail *tail, void *workspace, float *x)
{
    const gan__conv_run run = {conv, GAN__BACKWARD_DATA, y, panel, tail, workspace, x};
    conv_run(context, &run);
}

void gan__conv_backward_weights(gan_context *context, const gan__conv *conv, const float *x,
                                const float *dy, bool add, void *workspace, float *dw)
{
    switch (gan__conv_choose(conv, GAN__BACKWARD_WEIGHTS)) {
    case GAN__CONV_FILTER: gan__filter_weights_run(context, conv, x, dy, add, workspace, dw); break;
    case GAN__CONV_STRIPS: gan__depth_weights_run(context, conv, x, dy, add, workspace, dw); break;
    default: gan__weights_run(context, conv, x, dy, add, workspace, dw);
    }
}
