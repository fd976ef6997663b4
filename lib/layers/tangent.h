/* tangent.h: the tangent of one layer, and the way back through it.
 *
 * With y' = J(x) t, t a tangent of x, and a gradient g' over y':
 *
 *   over t: J^T g';   over x and parameters: the derivative of <g', J(x) t>
 *
 * An activation in the layer's store, y = f(z), has y' = f'(z) z'. Its z is not kept, but f' and
 * f'' z' = (f'' / f') y' follow from y and y'. */
#ifndef GAN__TANGENT_H
#define GAN__TANGENT_H

#include "layers/layer.h"

/* GAN_E_UNSUPPORTED, with the kind's name and its reason. */
gan_status gan__tangent_check(const gan__op *op);

/* Bytes of workspace for everything below. */
size_t gan__tangent_workspace(const gan__op *op);

/* Whether tangent, bend and way back read op->x; and op->y. */
bool gan__tangent_reads_x(const gan__op *op);
bool gan__tangent_reads_y(const gan__op *op);

/* Writes op->tangent.y from op->tangent.x, none of which is NULL; forward() has run. */
void gan__tangent_forward(gan__op *op);

/* The way back begins at the tail: what has arrived at y, in `dy` if `arrived`, and at y', in
 * `tangent_dy`, become the gradients of what goes into it, in the same memory. Returns whether
 * there is anything in `dy` now. For the three calls that follow, in any order, the caller takes
 * op->tail off. */
bool gan__tangent_through_tail(const gan__op *op, bool arrived, float *dy, float *tangent_dy);

/* Writes op->tangent.dx[i], where it is not NULL, from op->tangent.dy, and adds to the gradients of
 * a linear layer's parameters. */
void gan__tangent_backward(gan__op *op);

/* Whether gan__tangent_bend writes op->dx; and whether it does anything else. */
bool gan__tangent_bends(const gan__op *op);
bool gan__tangent_weighs(const gan__op *op);
void gan__tangent_bend(gan__op *op);

#endif
