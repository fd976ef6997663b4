/* array.h: arrays of numbers as they lie in a file. NPY, IDX and safetensors have one table of
 * element types and one way into memory. */
#ifndef GAN__ARRAY_H
#define GAN__ARRAY_H

#include "files/bytes.h"

#include <gan/tensor.h>

typedef enum gan__element {
    GAN__ELEMENT_F32,
    GAN__ELEMENT_F64,
    GAN__ELEMENT_F16,
    GAN__ELEMENT_BF16,
    GAN__ELEMENT_BOOL, /* one byte; anything but 0 is true */
    GAN__ELEMENT_U8,
    GAN__ELEMENT_I8,
    GAN__ELEMENT_U16,
    GAN__ELEMENT_I16,
    GAN__ELEMENT_U32,
    GAN__ELEMENT_I32,
    GAN__ELEMENT_U64,
    GAN__ELEMENT_I64,
    GAN__ELEMENT_COUNT
} gan__element;

size_t gan__element_size(gan__element element);
const char *gan__element_name(gan__element element); /* as safetensors has it: "F32" */

/* The tensor type that an element is read as: itself, or float32 for the other floating-point
 * types, int32 for smaller integers, uint8 for BOOL, int64 for U32. 0 for U64, which has none. */
int32_t gan__element_dtype(gan__element element);

typedef struct gan__array {
    gan__element element;
    bool big_endian;
    bool fortran; /* the first dimension varies fastest */
    int32_t rank; /* 0: a scalar */
    int64_t shape[GAN_MAX_RANK];
    int64_t count;       /* of elements */
    const uint8_t *data; /* borrowed from the file's bytes; no alignment; NULL: not found yet */
} gan__array;

/* Reads what stands in front of the elements: in->at is then where they begin. */
typedef gan_status gan__array_header(gan__bytes *in, gan__array *out);

/* Sets `count` from the shape and *size to the bytes that the data has, all checked: GAN_E_FORMAT
 * for a negative dimension or a product that does not fit. */
gan_status gan__array_measure(const gan__bytes *in, gan__array *array, uint64_t *size);

/* Finds the elements, which begin at in->at. The input must end with them: GAN_E_FORMAT. */
gan_status gan__array_find(gan__bytes *in, gan__array *array);

/* Cuts an array that is not found yet to its first `rows` along the first dimension, and sets *size
 * to the bytes of those. Only where they lie in front: not in Fortran order. */
gan_status gan__array_cut(const gan__bytes *in, gan__array *array, int64_t rows, uint64_t *size);

/* The elements in the file's order as tensor type `dtype`: that of the element, or one that every
 * type can become: GAN_FLOAT32 (rounded to nearest; what is too large becomes infinite) or
 * GAN_INT64 (rounded to nearest; what is too large becomes the largest, NaN 0). */
void gan__array_decode(const gan__array *array, int32_t dtype, void *out);

/* A new row-major tensor with these elements. U64 is GAN_E_UNSUPPORTED. */
gan_status gan__array_tensor(const gan__bytes *in, const gan__array *array, gan_tensor **out);

#endif
