/* tensor.h: the inside of a tensor. */
#ifndef GAN__TENSOR_H
#define GAN__TENSOR_H

#include <gan/tensor.h>

#include "base/object.h"

struct gan_tensor {
    gan__object object;
    int32_t dtype, rank;
    int64_t count;
    int64_t shape[GAN_MAX_RANK];
    int64_t strides[GAN_MAX_RANK]; /* in elements */
    void *data;                    /* element 0, ..., 0 */
    void *memory;                  /* freed with the tensor, or NULL */
    gan_tensor *base;              /* retained: the tensor that this is a view of, or NULL */
    void (*release)(void *user, void *data);
    void *user;
    bool read_only; /* the memory: nothing writes into it */
};

size_t gan__dtype_size(int32_t dtype); /* 0 for what is none */
const char *gan__dtype_name(int32_t dtype);

/* What describes a tensor, checked for a public function, which the message names. Of a shape also
 * that the elements' count, which is given, and their bytes fit. */
gan_status gan__tensor_check_shape(gan_context *context, const char *function, int32_t dtype,
                                   int32_t rank, const int64_t *shape, int64_t *count);

/* The outermost elements, of `size` bytes each, must lie within reach of a byte offset from
 * element 0, ..., 0: no sum of strides may wrap around. */
gan_status gan__tensor_check_strides(gan_context *context, const char *function, size_t size,
                                     int32_t rank, const int64_t *shape, const int64_t *strides);

/* GAN_E_ARGUMENT with "WHAT: the tensor is read-only" for memory that must not be written. The
 * message goes to `context`. */
gan_status gan__tensor_check_writable(gan_context *context, const char *what,
                                      const gan_tensor *tensor);

/* Row-major strides of a shape that fits. */
void gan__tensor_row_major(int32_t rank, const int64_t *shape, int64_t *strides);

bool gan__tensor_is_contiguous(const gan_tensor *tensor); /* row-major without holes */

/* The shape inside the library: a batch of pictures; a vector is a 1x1 picture. */
typedef struct gan__shape {
    int64_t n, h, w, c;
} gan__shape;

static inline int64_t gan__shape_count(gan__shape s)
{
    return s.n * s.h * s.w * s.c;
}

/* "64x32x32x3"; "32x32x3" while the batch is unknown. */
const char *gan__shape_print(gan__shape shape, char text[88]);

/* Without n, for messages about models: "28x28x1", "anyxanyx3". */
const char *gan__picture_print(gan__shape shape, char text[88]);

/* The shape of a tensor of rank 1 (a batch of single numbers), 2 (N, C) or 4 (N, H, W, C).
 * GAN_E_SHAPE otherwise. */
gan_status gan__tensor_shape(const gan_tensor *tensor, gan__shape *out);

/* Whether uint8 is a picture's [-1, 1], scaled: of any rank but 1, which holds class numbers. */
static inline bool gan__tensor_is_picture(const gan_tensor *tensor)
{
    return tensor->dtype == GAN_UINT8 && tensor->rank != 1;
}

/* Reads all elements, row-major, as float32. uint8 is scaled from [0, 255] to [-1, 1] if
 * `pictures`. Strided and permuted tensors in any order; the inner loops are blocked for NCHW. */
void gan__tensor_read(const gan_tensor *tensor, bool pictures, float *out);

/* The reverse: writes row-major float32 values into a tensor, which is writable, converting as
 * gan_tensor_copy does;
 * [-1, 1] becomes [0, 255] for uint8 if `pictures`. */
void gan__tensor_write(gan_tensor *tensor, bool pictures, const float *values);

/* Both with int64, which no number on the way is rounded for. */
void gan__tensor_read_integers(const gan_tensor *tensor, int64_t *out);
void gan__tensor_write_integers(gan_tensor *tensor, const int64_t *values);

#endif
