/* convolution.h: two-dimensional convolution and its two gradients: the heavy part of everything.
 *
 * One geometry serves conv2d, conv_transpose2d and dense:
 *
 *   conv2d            forward = gan__conv_forward, input gradient = gan__conv_backward_data
 *   conv_transpose2d  forward = gan__conv_backward_data, input gradient = gan__conv_forward; its
 * output is x, its input is y dense             a 1x1 convolution on 1x1 pictures: n rows, c
 * features in, k out
 *
 * Weights are [r][s][c / groups][k]: the order of the panels, so that packing copies whole lines.
 * conv_transpose2d has its output channels as c, its input channels as k. Group j joins the c /
 * groups channels from j * c/groups on with the k / groups filters from j * k/groups on.
 *
 * Every output is one chain of fused multiply-adds, over taps in the order (r, s) and channels
 * within a tap, starting at 0; taps in the padding are left out. With few output channels each tap
 * is a chain of its own, and the taps are added in that order. 4x4 windows of stride 1 or 2 and
 * 3x3 of stride 1 with enough channels, and all of doubled pixels, are made by minimal filtering:
 * whole numbers stay exact, roundings differ (are about as large, of 3x3 less), and padding is
 * multiplied as zeros. Weight gradients are chains over pixels in order (n, oh, ow), or over tiles
 * of them, cut into slices that are added in order. Which of these serves, and what the slices are,
 * depends on the shape alone; for forward and backward_data without n. */
#ifndef GAN__CONVOLUTION_H
#define GAN__CONVOLUTION_H

#include "compute/pointwise.h"

/* Rows and columns around a picture that show what lies inside: they are read there, and nowhere
 * made. */
typedef struct gan__frame {
    int64_t top, left; /* before the picture's first row and column */
    int64_t h, w;      /* of the picture; 0: there is no frame */
    bool mirrored;     /* shows the picture's mirror image; else its border */
} gan__frame;

typedef struct gan__conv {
    int64_t n, h, w, c; /* x: the picture side */
    int64_t oh, ow, k;  /* y: the filter side */
    int64_t r, s;       /* window, height then width */
    int64_t stride_h, stride_w, dilation_h, dilation_w;
    int64_t pad_top,
        pad_left;   /* zeros before the first row and column; after the last: as oh, ow need */
    int64_t groups; /* divides c and k */
    bool large;     /* minimal filtering in larger tiles where they serve: faster, less exact */
    bool doubled;   /* the window slides over x with each pixel twice in height and width, which is
                       nowhere made: where gan__conv_doubles; pads are in those pixels */
    int64_t most;   /* what n may be besides, with the same panels; less than n: it stays */
    bool changing;  /* weights change from step to step: a panel of them serves few passes */
    gan__frame frame; /* x is the picture inside of it, h and w are those of all: of passes that
                         gan__conv_frames */
} gan__conv;

/* What happens to an output element as it is stored: y = f(acc + bias[channel]); bias may be NULL,
 * and so may the whole tail. */
typedef struct gan__tail {
    const float *bias;
    gan__activation activation;
    float parameter;
} gan__tail;

typedef enum gan__pass {
    GAN__FORWARD,         /* y from x */
    GAN__BACKWARD_DATA,   /* x from y: transposed convolution */
    GAN__BACKWARD_WEIGHTS /* w from x and y */
} gan__pass;

/* Whether a convolution may be, and is best made, `doubled`. Not for open pads: they must be odd,
 * which -1 is: the first row is left out. */
bool gan__conv_doubles(const gan__conv *conv);

/* Whether forward or backward_weights may have a frame. */
bool gan__conv_frames(const gan__conv *conv, gan__pass pass);

/* Which of `size` places the place `i` of a frame shows, `before` of which lie before the first. */
static inline int64_t gan__frame_place(int64_t i, int64_t before, int64_t size, bool mirrored)
{
    const int64_t place = i - before, last = size - 1;
    if (place < 0) return mirrored ? -place : 0;
    if (place > last) return mirrored ? 2 * last - place : last;
    return place;
}

/* Floats of the packed weights that forward or backward_data reads; packing is from w as above. The
 * layout is private to this folder, depends on the geometry without n, and on the tier. A count of
 * 0 (dense with few rows at most; many weights that change, for few pixels) means that nothing is
 * packed: the passes are given w itself as their panel. */
int64_t gan__conv_panel_count(const gan_context *context, const gan__conv *conv, gan__pass pass);
void gan__conv_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                    float *panel);

/* Whether two geometries can share a panel of this pass (equal but for n, h, w, oh, ow, the same
 * algorithm, and packed both or neither). */
bool gan__conv_panel_shared(const gan__conv *a, const gan__conv *b, gan__pass pass);

/* Bytes of scratch that a worker needs in this pass (gan__scratch_reserve), and bytes of workspace
 * that all workers share; both are asked for when a plan is made. */
size_t gan__conv_scratch(const gan_context *context, const gan__conv *conv, gan__pass pass);
size_t gan__conv_workspace(const gan_context *context, const gan__conv *conv, gan__pass pass);

/* y [n][oh][ow][k] = tail(conv(x [n][h][w][c])). */
void gan__conv_forward(gan_context *context, const gan__conv *conv, const float *x,
                       const float *panel, const gan__tail *tail, void *workspace, float *y);

/* x = tail(transposed conv(y)). */
void gan__conv_backward_data(gan_context *context, const gan__conv *conv, const float *y,
                             const float *panel, const gan__tail *tail, void *workspace, float *x);

/* dw (+)= the gradient of <conv(x, w), dy>; `add` adds to what is there. */
void gan__conv_backward_weights(gan_context *context, const gan__conv *conv, const float *x,
                                const float *dy, bool add, void *workspace, float *dw);

#endif
