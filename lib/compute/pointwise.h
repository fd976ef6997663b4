/* pointwise.h: functions of single elements over whole arrays, on all threads.
 *
 * An array may be written over one of its operands (y == x), never overlap it otherwise. */
#ifndef GAN__POINTWISE_H
#define GAN__POINTWISE_H

#include "kernels/vector.h" /* gan__activation */

#include "base/context.h"

/* Whether the derivative is computed from the output y; otherwise it needs the input x. ReLU, leaky
 * ReLU (slope > 0 or = 0), tanh and sigmoid need only y. ELU's y + alpha would lose its digits. */
bool gan__activation_uses_output(gan__activation activation, float parameter);

/* Whether the layer before can do it in its store, where the input is not kept. */
bool gan__activation_fuses(gan__activation activation, float parameter, bool backward);

/* y = f(x). NaN passes through every activation. */
void gan__activate(gan_context *context, gan__activation activation, float parameter, int64_t count,
                   const float *x, float *y);

/* dx = dy * f'(.), where v is y if gan__activation_uses_output, else x. At kinks as PyTorch:
 * relu'(0) = 0, leaky_relu'(0) = slope. */
void gan__activate_backward(gan_context *context, gan__activation activation, float parameter,
                            int64_t count, const float *v, const float *dy, float *dx);

/* Whether f'' is 0, but at kinks. */
bool gan__activation_is_straight(gan_context *context, gan__activation activation);

/* Of <dy, f'(.) t> the gradient over x: dx (+)= dy * t * f''(.). v as above; t is the tangent of x,
 * but where v is y that of y, f'(.) t. Not for those that are straight. */
typedef struct gan__bend {
    const float *v, *t, *dy;
    float *dx;
    bool add; /* to what is there */
} gan__bend;
void gan__activate_bend(gan_context *context, gan__activation activation, float parameter,
                        int64_t count, const gan__bend *of);

void gan__fill(gan_context *context, int64_t count, float value, float *y);
void gan__copy(gan_context *context, int64_t count, const float *x, float *y);
void gan__add(gan_context *context, int64_t count, const float *a, const float *b, float *y);
void gan__multiply(gan_context *context, int64_t count, const float *a, const float *b, float *y);
/* y = alpha * x + beta * y, as fma(alpha, x, beta * y); y is not read if beta is 0. */
void gan__combine(gan_context *context, int64_t count, float alpha, const float *x, float beta,
                  float *y);
/* y = scale * x + shift, as fma(scale, x, shift). */
void gan__affine(gan_context *context, int64_t count, const float *x, float scale, float shift,
                 float *y);
/* NaN stays; its gradient is 0, as PyTorch's, and dy at the bounds. */
void gan__clamp(gan_context *context, int64_t count, const float *x, float least, float most,
                float *y);
void gan__clamp_backward(gan_context *context, int64_t count, const float *x, const float *dy,
                         float least, float most, float *dx);
/* y = exp(x), sqrt(x), ... */
void gan__map(gan_context *context, gan__function function, int64_t count, const float *x,
              float *y);
/* dx = dy * 2x; dx = dy / 2y, y = sqrt(x). */
void gan__square_backward(gan_context *context, int64_t count, const float *x, const float *dy,
                          float *dx);
void gan__sqrt_backward(gan_context *context, int64_t count, const float *y, const float *dy,
                        float *dx);

/* Rows of `columns`: y = exp(x - max) / sum. dx = y * (dy - <dy, y>). */
void gan__softmax(gan_context *context, int64_t rows, int64_t columns, const float *x, float *y);
void gan__softmax_backward(gan_context *context, int64_t rows, int64_t columns, const float *y,
                           const float *dy, float *dx);
/* Of <dy, softmax_backward(y, t)> the gradient over x. dx is no operand. */
void gan__softmax_bend(gan_context *context, int64_t rows, int64_t columns, const float *y,
                       const float *t, const float *dy, float *dx);

#endif
