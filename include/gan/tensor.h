/* tensor.h: data with a type, a shape and strides.
 *
 * Pictures are N, H, W, C in this order, whatever their order in memory: an array stored as N, C,
 * H, W is wrapped with permuted strides. A batch of vectors may have two dimensions (N, C) or four
 * (N, 1, 1, C). Strides count elements, not bytes.
 *
 * A tensor carries memory and nothing else: where other handles must be of one context, tensors may
 * be of any. Nobody else may use the memory meanwhile, and the tensor ends, with its release(), on
 * the thread that drops the last reference. */
#ifndef GAN_TENSOR_H
#define GAN_TENSOR_H

#include <gan/context.h>

GAN_BEGIN

typedef struct gan_tensor gan_tensor;

#define GAN_FLOAT32 1
#define GAN_UINT8 2
#define GAN_INT32 3
#define GAN_INT64 4

#define GAN_MAX_RANK 8

/* A new zeroed tensor, row-major. `shape` has `rank` numbers >= 0; rank 0: a scalar, shape NULL. */
GAN_API gan_status gan_tensor_create(gan_tensor **out, gan_context *context, int32_t dtype,
                                     int32_t rank, const int64_t *shape);

/* A tensor over the caller's memory; nothing is copied. `strides` NULL means row-major; a stride
 * may be negative or 0 (then `data` points at element 0, ..., 0). When the last reference is gone,
 * release(user, data) is called; release may be NULL. If the call fails, release is not called. */
GAN_API gan_status gan_tensor_wrap(gan_tensor **out, gan_context *context, int32_t dtype,
                                   int32_t rank, const int64_t *shape, const int64_t *strides,
                                   void *data, void (*release)(void *user, void *data), void *user);

/* A view of the same memory: dimension `dim` cut to [start, start + length). Keeps `tensor`
 * alive. */
GAN_API gan_status gan_tensor_slice(gan_tensor **out, gan_tensor *tensor, int32_t dim,
                                    int64_t start, int64_t length);

/* A view with the dimensions in another order: dimension i of the view is dimension order[i] of
 * `tensor`. Keeps `tensor` alive. */
GAN_API gan_status gan_tensor_permute(gan_tensor **out, gan_tensor *tensor, const int32_t *order);

/* Copies all elements; shapes must be equal, types may differ (float32 to uint8 rounds to nearest
 * and saturates, NaN becomes 0; float32 to integers likewise). They must not overlap in memory.
 * This and whatever else writes into a tensor of the caller's refuses one that is read-only
 * (gan_tensor_read_only) with GAN_E_ARGUMENT. */
GAN_API gan_status gan_tensor_copy(gan_tensor *to, const gan_tensor *from);

GAN_API void gan_tensor_retain(gan_tensor *tensor);
GAN_API void gan_tensor_release(gan_tensor *tensor);

/* 0 for NULL or what is no tensor. */
GAN_API int32_t gan_tensor_dtype(const gan_tensor *tensor);
GAN_API int32_t gan_tensor_rank(const gan_tensor *tensor);
GAN_API int64_t gan_tensor_count(const gan_tensor *tensor); /* of elements */

/* 1 if the memory must not be written: what gan_tensor_from_dlpack shares with a library that lent
 * it so, and views of that. Else 0. */
GAN_API int32_t gan_tensor_read_only(const gan_tensor *tensor);

/* Borrowed arrays of rank numbers; NULL for NULL or what is no tensor. */
GAN_API const int64_t *gan_tensor_shape(const gan_tensor *tensor);
GAN_API const int64_t *gan_tensor_strides(const gan_tensor *tensor);

/* Element 0, ..., 0; NULL likewise. Borrowed; only to be read where gan_tensor_read_only is 1. */
GAN_API void *gan_tensor_data(const gan_tensor *tensor);

/* NPY files: float32, uint8, int32 and int64 are kept; float64 and float16 become float32, int8,
 * int16 and uint16 int32, uint32 int64, bool uint8; others, uint64 too, are GAN_E_UNSUPPORTED.
 * Saving writes version 1.0, row-major, in one step: what is there is the old file or the new. */
GAN_API gan_status gan_tensor_load(gan_tensor **out, gan_context *context, const char *path);
GAN_API gan_status gan_tensor_save(const gan_tensor *tensor, const char *path);

/* DLPack: how libraries of arrays lend each other memory. What is handed over is a pointer to a
 * DLManagedTensorVersioned, of which version 1 is known, or with GAN_DLPACK_LEGACY to a
 * DLManagedTensor, as dlpack.h declares them. Which of the two it is cannot be seen in it. */
#define GAN_DLPACK_LEGACY 1
#define GAN_DLPACK_COPY 2  /* new row-major memory in any case */
#define GAN_DLPACK_SHARE 4 /* the same memory, or GAN_E_UNSUPPORTED */

/* Lends a tensor: *out is version 1.1, or legacy, over the same memory, with strides; data of a
 * tensor without elements are NULL. It keeps the tensor alive, and so the context, until its
 * deleter is called: once, by whoever has it then, on any thread, also while the context is in use
 * and when all other references are gone. With GAN_DLPACK_COPY it is over a copy, and flagged so.
 * Read-only memory is flagged as that; the legacy struct cannot say it: GAN_E_UNSUPPORTED, unless
 * it is copied. */
GAN_API gan_status gan_tensor_to_dlpack(void **out, gan_tensor *tensor, int32_t flags);

/* Takes what was lent. `managed` is libgan's from this call on, whatever it returns, GAN_E_BUSY
 * too: its deleter, which may be NULL, is called once. That is before the call returns, outside the
 * context, if it fails or the elements were copied; else when the last reference to the tensor and
 * its views is gone, as release() of gan_tensor_wrap.
 *
 * float32, uint8, int32 and int64 stay what they are, and row-major memory of them is shared. All
 * else is copied, once, and is row-major: memory with other strides (also negative or 0) or not
 * aligned to its elements, and types that become others, as in gan_tensor_load; bfloat16 becomes
 * float32. With GAN_DLPACK_SHARE memory of any strides is shared, and what would have to be
 * converted is GAN_E_UNSUPPORTED. So are other versions, types that libgan has no use for (uint64,
 * complex numbers, more than one lane) and memory that is not the host's, always. Shared memory
 * that is flagged as read-only is never written (gan_tensor_read_only); a copy may be. A struct
 * that describes no array is GAN_E_ARGUMENT, or GAN_E_MEMORY if it is too large. */
GAN_API gan_status gan_tensor_from_dlpack(gan_tensor **out, gan_context *context, void *managed,
                                          int32_t flags);

GAN_END

#endif
