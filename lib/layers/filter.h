/* filter.h: what dense, conv2d and conv_transpose2d share: weights and bias, panels, the tail, a
 * padded input, spectral normalisation. The layers add options and geometry. */
#ifndef GAN__FILTER_H
#define GAN__FILTER_H

#include "layers/kinds.h"

typedef struct gan__filter_values {
    int32_t bias, spectral;
    gan__initial initial, bias_initial;
} gan__filter_values;

/* The rows of an option table; `type` has a gan__filter_values called `filter`. */
#define GAN__FILTER_OPTIONS(type)                                                              \
    {"bias",                                                                                   \
     GAN__OPTION_BOOLEAN,                                                                      \
     0,                                                                                        \
     "yes",                                                                                    \
     0,                                                                                        \
     0,                                                                                        \
     NULL,                                                                                     \
     offsetof(type, filter.bias),                                                              \
     "adds a trained number to each channel"},                                                 \
        {"init",                                                                               \
         GAN__OPTION_INITIAL,                                                                  \
         0,                                                                                    \
         "default",                                                                            \
         0,                                                                                    \
         0,                                                                                    \
         NULL,                                                                                 \
         offsetof(type, filter.initial),                                                       \
         "how the weights start; default: uniform within 1/sqrt(fan in)"},                     \
        {"bias_init",                                                                          \
         GAN__OPTION_INITIAL,                                                                  \
         0,                                                                                    \
         "default",                                                                            \
         0,                                                                                    \
         0,                                                                                    \
         NULL,                                                                                 \
         offsetof(type, filter.bias_initial),                                                  \
         "how the bias starts; default: as the weights"},                                      \
    {                                                                                          \
        "spectral", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(type, filter.spectral), \
            "divides the weights by their largest singular value (Miyato et al. 2018)"         \
    }

/* One layer in one place. The picture side of `conv` is what goes in, of a transposed one what
 * comes out; with `padding` it is the padded picture. */
typedef struct gan__filter {
    gan__conv conv;
    bool transposed, spectral;
    const gan__padding *padding; /* reflect or replicate; NULL: none, or zeros that conv knows */
    const gan__parameter *weight, *bias; /* bias NULL: none */
} gan__filter;

/* Weights of PyTorch's `shape`, taken as `order`, and their companions. Of PyTorch's dimensions the
 * filters of a transposed convolution, its outputs, are the second. */
typedef struct gan__filter_weights {
    int32_t rank;
    int64_t shape[4], order[4];
    int64_t outputs; /* channels out, all groups */
    bool transposed;
} gan__filter_weights;
gan_status gan__filter_declare(gan_layer *layer, const gan__filter_values *values,
                               const gan__filter_weights *weights);

/* n rows of c numbers in, of k out: a product of matrices. */
gan__conv gan__filter_product(int64_t n, int64_t c, int64_t k);

/* Fills everything but `conv` and `padding`. */
void gan__filter_find(const gan_layer *layer, const gan__filter_values *values,
                      gan__filter *filter);

gan_status gan__filter_plan(gan__op *op, const gan__filter *filter);
void gan__filter_forward(gan__op *op, const gan__filter *filter);
void gan__filter_backward(gan__op *op, const gan__filter *filter);

/* Of two, the larger; sizes that share memory. */
static inline size_t gan__larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
