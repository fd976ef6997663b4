/* pooling.h: windows of avgpool and maxpool. */
#ifndef GAN__POOLING_H
#define GAN__POOLING_H

#include "layers/kinds.h"

typedef struct gan__pooling_values {
    int64_t kernel[2], stride[2]; /* a stride of 0 is the kernel's side */
    gan__padding pad;
    int32_t count_pad; /* avgpool only */
} gan__pooling_values;

/* The rows of an option table for them. */
#define GAN__POOL_OPTIONS                                              \
    {"kernel",                                                         \
     GAN__OPTION_PAIR,                                                 \
     GAN__POSITIONAL,                                                  \
     "2",                                                              \
     1,                                                                \
     GAN__MOST_WINDOW,                                                 \
     NULL,                                                             \
     offsetof(gan__pooling_values, kernel),                            \
     "the window: 2, or height x width as in 3x2"},                    \
        {"stride",                                                     \
         GAN__OPTION_PAIR,                                             \
         0,                                                            \
         "0",                                                          \
         0,                                                            \
         GAN__MOST_WINDOW,                                             \
         NULL,                                                         \
         offsetof(gan__pooling_values, stride),                        \
         "pixels from one window to the next; 0: the window's side"},  \
    {                                                                  \
        "pad", GAN__OPTION_PADDING, 0, "0", 0, GAN__MOST_WINDOW, NULL, \
            offsetof(gan__pooling_values, pad),                        \
            "pixels around the picture, at most half the window"       \
    }

gan_status gan__pooling_check(gan_context *context, const void *options);
gan_status gan__pooling_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                              gan__shape *out);

/* The window of output pixel (i, j), cut to the picture: [top, bottom) x [left, right). */
typedef struct gan__window {
    int64_t top, bottom, left, right;
} gan__window;
gan__window gan__pooling_window(const gan__pooling_values *values, gan__shape in, int64_t i,
                                int64_t j);

#endif
