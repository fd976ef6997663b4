/* dlpack.c: DLPack, in which libraries lend each other arrays: the structs of its ABI 1.1 and those
 * before 1.0, a tensor lent to others, and what others lend as a tensor. */
#include "files/array.h"

#include "base/memory.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the published ABI ---- */

enum { DLPACK_MAJOR = 1, DLPACK_MINOR = 1, DLPACK_CPU = 1 };

#define DLPACK_READ_ONLY UINT64_C(1)
#define DLPACK_IS_COPIED UINT64_C(2)

typedef struct dlpack_type {
    uint8_t code, bits;
    uint16_t lanes;
} dlpack_type;

typedef struct dlpack_array {
    void *data;
    int32_t device, device_index;
    int32_t rank;
    dlpack_type type;
    int64_t *shape;
    int64_t *strides;     /* in elements; NULL: row-major */
    uint64_t byte_offset; /* from data to element 0, ..., 0 */
} dlpack_array;

typedef struct dlpack_legacy {
    dlpack_array array;
    void *manager;
    void (*deleter)(struct dlpack_legacy *self);
} dlpack_legacy;

/* What stands before `flags` is the same in every version. */
typedef struct dlpack_versioned {
    uint32_t major, minor;
    void *manager;
    void (*deleter)(struct dlpack_versioned *self);
    uint64_t flags;
    dlpack_array array;
} dlpack_versioned;

/* The first four are a tensor's own; it is lent as one of them. */
static const struct {
    uint8_t code, bits, element;
    int32_t dtype; /* of the tensors that are lent so, or 0 */
} dlpack_types[] = {
    {2, 32, GAN__ELEMENT_F32, GAN_FLOAT32},
    {1, 8, GAN__ELEMENT_U8, GAN_UINT8},
    {0, 32, GAN__ELEMENT_I32, GAN_INT32},
    {0, 64, GAN__ELEMENT_I64, GAN_INT64},
    {2, 64, GAN__ELEMENT_F64, 0},
    {2, 16, GAN__ELEMENT_F16, 0},
    {4, 16, GAN__ELEMENT_BF16, 0},
    {6, 8, GAN__ELEMENT_BOOL, 0},
    {0, 8, GAN__ELEMENT_I8, 0},
    {0, 16, GAN__ELEMENT_I16, 0},
    {1, 16, GAN__ELEMENT_U16, 0},
    {1, 32, GAN__ELEMENT_U32, 0},
};

enum { DLPACK_TYPE_COUNT = sizeof dlpack_types / sizeof dlpack_types[0] };

static gan_status dlpack_check_flags(gan_context *context, const char *function, int32_t flags)
{
    const int32_t both = GAN_DLPACK_COPY | GAN_DLPACK_SHARE;
    if (flags & ~(GAN_DLPACK_LEGACY | both)) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: flags is %" PRId32 ", with more than GAN_DLPACK_LEGACY, "
                         "GAN_DLPACK_COPY and GAN_DLPACK_SHARE",
                         function, flags);
    }
    if ((flags & both) != both) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT,
                     "%s: flags has both GAN_DLPACK_COPY and GAN_DLPACK_SHARE", function);
}

/* ---- lending ---- */

typedef struct dlpack_loan {
    union {
        dlpack_legacy legacy;
        dlpack_versioned versioned;
    } managed;
    gan_tensor *tensor; /* retained */
    int64_t shape[GAN_MAX_RANK], strides[GAN_MAX_RANK];
} dlpack_loan;

/* On any thread, also while the context works: it is not entered. */
static void dlpack_end_loan(dlpack_loan *loan)
{
    gan_tensor *tensor = loan->tensor;
    gan__free(tensor->object.context, loan);
    gan_tensor_release(tensor);
}

static void dlpack_delete_legacy(dlpack_legacy *self)
{
    dlpack_end_loan(self->manager);
}

static void dlpack_delete_versioned(dlpack_versioned *self)
{
    dlpack_end_loan(self->manager);
}

static void dlpack_describe(dlpack_loan *loan, dlpack_array *array)
{
    const gan_tensor *tensor = loan->tensor;
    const size_t bytes = (size_t)tensor->rank * sizeof(int64_t);
    memcpy(loan->shape, tensor->shape, bytes);
    memcpy(loan->strides, tensor->strides, bytes);
    array->data = tensor->count > 0 ? tensor->data : NULL;
    array->device = DLPACK_CPU;
    array->rank = tensor->rank;
    array->shape = loan->shape;
    array->strides = loan->strides;
    for (int i = 0; i < DLPACK_TYPE_COUNT; i++)
        if (dlpack_types[i].dtype == tensor->dtype)
            array->type = (dlpack_type){dlpack_types[i].code, dlpack_types[i].bits, 1};
}

/* Takes over the caller's reference to `tensor`, unless it fails. */
static gan_status dlpack_lend(void **out, gan_tensor *tensor, int32_t flags)
{
    dlpack_loan *loan;
    GAN__TRY(gan__allocate(tensor->object.context, &loan, 1, sizeof *loan));
    loan->tensor = tensor;
    if (flags & GAN_DLPACK_LEGACY) {
        dlpack_legacy *legacy = &loan->managed.legacy;
        dlpack_describe(loan, &legacy->array);
        legacy->manager = loan;
        legacy->deleter = dlpack_delete_legacy;
        *out = legacy;
    } else {
        dlpack_versioned *versioned = &loan->managed.versioned;
        dlpack_describe(loan, &versioned->array);
        versioned->major = DLPACK_MAJOR;
        versioned->minor = DLPACK_MINOR;
        versioned->manager = loan;
        versioned->deleter = dlpack_delete_versioned;
        versioned->flags = (tensor->read_only ? DLPACK_READ_ONLY : 0) |
                           (flags & GAN_DLPACK_COPY ? DLPACK_IS_COPIED : 0);
        *out = versioned;
    }
    return GAN_OK;
}

static gan_status dlpack_copy(gan_tensor **out, gan_context *context, const gan_tensor *from)
{
    gan_tensor *copy;
    GAN__TRY(gan_tensor_create(&copy, context, from->dtype, from->rank, from->shape));
    gan_status status = gan_tensor_copy(copy, from);
    if (status == GAN_OK)
        *out = copy;
    else
        gan_tensor_release(copy);
    return status;
}

static gan_status dlpack_to(void **out, gan_tensor *tensor, int32_t flags)
{
    gan_context *context = tensor->object.context;
    gan_tensor *lent = NULL;
    gan_status status = GAN_OK;
    if (flags & GAN_DLPACK_COPY) {
        status = dlpack_copy(&lent, context, tensor);
    } else if (tensor->read_only && flags & GAN_DLPACK_LEGACY) {
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "gan_tensor_to_dlpack: the tensor is read-only, which the legacy struct "
                         "cannot say: lend a copy, or the versioned struct");
    } else {
        lent = tensor;
        gan_tensor_retain(lent);
    }
    if (status == GAN_OK) status = dlpack_lend(out, lent, flags);
    if (status != GAN_OK) gan_tensor_release(lent);
    return status;
}

gan_status gan_tensor_to_dlpack(void **out, gan_tensor *tensor, int32_t flags)
{
    const char *function = "gan_tensor_to_dlpack";
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, tensor, GAN__TENSOR, function, "tensor"));
    gan_context *context = tensor->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "%s: out is NULL", function);
    GAN__TRY(dlpack_check_flags(context, function, flags));
    GAN__RETURN_ENTERED(context, dlpack_to(out, tensor, flags));
}

/* ---- borrowing ---- */

static const char dlpack_from_name[] = "gan_tensor_from_dlpack";

/* An array that was found to be one. */
typedef struct dlpack_source {
    const dlpack_array *array;
    gan__element element;
    int32_t dtype; /* of the tensor */
    bool kept;     /* the elements are those of the tensor, and aligned */
    bool read_only;
    char *data; /* element 0, ..., 0 */
    int64_t count;
    int64_t strides[GAN_MAX_RANK];
} dlpack_source;

static void dlpack_delete(void *managed, bool legacy)
{
    if (legacy) {
        dlpack_legacy *self = managed;
        if (self->deleter) self->deleter(self);
    } else {
        dlpack_versioned *self = managed;
        if (self->deleter) self->deleter(self);
    }
}

static void dlpack_release_legacy(void *managed, void *data)
{
    (void)data;
    dlpack_delete(managed, true);
}

static void dlpack_release_versioned(void *managed, void *data)
{
    (void)data;
    dlpack_delete(managed, false);
}

/* Page-locked memory for a GPU's transfers is the host's like any other. */
static gan_status dlpack_check_device(gan_context *context, int32_t device)
{
    static const char *const names[] = {
        [2] = "CUDA",     [4] = "OpenCL", [7] = "Vulkan",        [8] = "Metal",   [9] = "VPI",
        [10] = "ROCm",    [12] = "ext",   [13] = "CUDA managed", [14] = "oneAPI", [15] = "WebGPU",
        [16] = "Hexagon", [17] = "MAIA",  [18] = "Trainium"};
    enum { CUDA_HOST = 3, ROCM_HOST = 11, COUNT = sizeof names / sizeof names[0] };
    if (device == DLPACK_CPU || device == CUDA_HOST || device == ROCM_HOST) return GAN_OK;
    const char *name = device >= 0 && device < COUNT && names[device] ? names[device] : "unknown";
    return gan__fail(context, GAN_E_UNSUPPORTED,
                     "%s: the memory is of device type %" PRId32 " (%s), not the host's",
                     dlpack_from_name, device, name);
}

static gan_status dlpack_refuse_type(gan_context *context, dlpack_type type)
{
    static const char *const names[] = {"int",    "uint",    "float", "handle",
                                        "bfloat", "complex", "bool"};
    enum { COUNT = sizeof names / sizeof names[0] };
    char name[48];
    if (type.code < COUNT)
        snprintf(name, sizeof name, "%s%u", names[type.code], (unsigned)type.bits);
    else
        snprintf(name, sizeof name, "type code %u of %u bits", (unsigned)type.code,
                 (unsigned)type.bits);
    if (type.lanes != 1) {
        return gan__fail(context, GAN_E_UNSUPPORTED, "%s: the elements are %s in %u lanes, not 1",
                         dlpack_from_name, name, (unsigned)type.lanes);
    }
    return gan__fail(context, GAN_E_UNSUPPORTED,
                     "%s: the elements are %s, none of float32 float64 float16 bfloat16 int8 int16 "
                     "int32 int64 uint8 uint16 uint32 bool",
                     dlpack_from_name, name);
}

static gan_status dlpack_find_type(gan_context *context, dlpack_source *source)
{
    const dlpack_type type = source->array->type;
    for (int i = 0; i < DLPACK_TYPE_COUNT && type.lanes == 1; i++) {
        if (dlpack_types[i].code != type.code || dlpack_types[i].bits != type.bits) continue;
        source->element = (gan__element)dlpack_types[i].element;
        source->dtype = gan__element_dtype(source->element);
        source->kept = dlpack_types[i].dtype != 0;
        return GAN_OK;
    }
    return dlpack_refuse_type(context, type);
}

static gan_status dlpack_find_data(gan_context *context, dlpack_source *source)
{
    const dlpack_array *array = source->array;
    const size_t size = gan__element_size(source->element);
    if (!array->data && source->count > 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: data is NULL", dlpack_from_name);
    if (array->byte_offset > UINTPTR_MAX - (uintptr_t)array->data) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: byte_offset is %" PRIu64 ": out of the address space",
                         dlpack_from_name, array->byte_offset);
    }
    if (source->count > 0) source->data = (char *)array->data + array->byte_offset;
    source->kept = source->kept && (uintptr_t)source->data % size == 0;
    if (array->strides && array->rank > 0)
        memcpy(source->strides, array->strides, (size_t)array->rank * sizeof(int64_t));
    else
        gan__tensor_row_major(array->rank, array->shape, source->strides);
    return gan__tensor_check_strides(context, dlpack_from_name, size, array->rank, array->shape,
                                     source->strides);
}

static gan_status dlpack_find(gan_context *context, const void *managed, bool legacy,
                              dlpack_source *source)
{
    if (legacy) {
        const dlpack_legacy *self = managed;
        source->array = &self->array;
    } else {
        const dlpack_versioned *self = managed;
        if (self->major != DLPACK_MAJOR) {
            return gan__fail(context, GAN_E_UNSUPPORTED,
                             "%s: version %" PRIu32 ".%" PRIu32 ", not %d.x", dlpack_from_name,
                             self->major, self->minor, DLPACK_MAJOR);
        }
        source->array = &self->array;
        source->read_only = (self->flags & DLPACK_READ_ONLY) != 0;
    }
    const dlpack_array *array = source->array;
    GAN__TRY(dlpack_check_device(context, array->device));
    GAN__TRY(dlpack_find_type(context, source));
    GAN__TRY(gan__tensor_check_shape(context, dlpack_from_name, source->dtype, array->rank,
                                     array->shape, &source->count));
    return dlpack_find_data(context, source);
}

static bool dlpack_is_row_major(const dlpack_source *source)
{
    int64_t strides[GAN_MAX_RANK];
    gan__tensor_row_major(source->array->rank, source->array->shape, strides);
    return !memcmp(strides, source->strides, (size_t)source->array->rank * sizeof *strides);
}

/* Element after element, whatever its alignment, into a buffer that is decoded when it is full. */
static void dlpack_gather(const dlpack_source *source, char *to)
{
    enum { BUFFER = 256, LARGEST = 8 };
    uint8_t buffer[BUFFER * LARGEST];
    const dlpack_array *array = source->array;
    const int64_t size = (int64_t)gan__element_size(source->element);
    gan__array part = {.element = source->element, .data = buffer};
    int64_t index[GAN_MAX_RANK] = {0}, offset = 0;
    for (int64_t i = 1; i <= source->count; i++) {
        memcpy(buffer + part.count++ * size, source->data + offset * size, (size_t)size);
        if (part.count == BUFFER || i == source->count) {
            gan__array_decode(&part, source->dtype, to);
            to += part.count * (int64_t)gan__dtype_size(source->dtype);
            part.count = 0;
        }
        int32_t d = array->rank - 1;
        for (; d >= 0 && ++index[d] == array->shape[d]; d--) {
            offset -= (array->shape[d] - 1) * source->strides[d];
            index[d] = 0;
        }
        if (d >= 0) offset += source->strides[d];
    }
}

static void dlpack_convert(const dlpack_source *source, char *to)
{
    const gan__array whole = {
        .element = source->element, .data = (const uint8_t *)source->data, .count = source->count};
    if (dlpack_is_row_major(source))
        gan__array_decode(&whole, source->dtype, to);
    else
        dlpack_gather(source, to);
}

static gan_status dlpack_converted(gan_tensor **out, gan_context *context,
                                   const dlpack_source *source)
{
    const dlpack_array *array = source->array;
    GAN__TRY(gan_tensor_create(out, context, source->dtype, array->rank, array->shape));
    dlpack_convert(source, (*out)->data);
    return GAN_OK;
}

/* A tensor over the memory, with nothing to release yet. */
static gan_status dlpack_wrap(gan_tensor **out, gan_context *context, const dlpack_source *source)
{
    const dlpack_array *array = source->array;
    GAN__TRY(gan_tensor_wrap(out, context, source->dtype, array->rank, array->shape,
                             source->strides, source->data, NULL, NULL));
    (*out)->read_only = source->read_only;
    return GAN_OK;
}

static gan_status dlpack_refuse_copy(gan_context *context, const dlpack_source *source)
{
    const size_t size = gan__element_size(source->element);
    if ((uintptr_t)source->data % size != 0) {
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "%s: GAN_DLPACK_SHARE, but data is not aligned to its %zu-byte elements",
                         dlpack_from_name, size);
    }
    return gan__fail(context, GAN_E_UNSUPPORTED,
                     "%s: GAN_DLPACK_SHARE, but %s elements would become %s", dlpack_from_name,
                     gan__element_name(source->element), gan__dtype_name(source->dtype));
}

static gan_status dlpack_take(gan_tensor **out, gan_context *context, void *managed, int32_t flags,
                              bool *shared)
{
    const bool legacy = (flags & GAN_DLPACK_LEGACY) != 0;
    dlpack_source source = {0};
    gan_tensor *tensor;
    GAN__TRY(dlpack_find(context, managed, legacy, &source));
    if (flags & GAN_DLPACK_SHARE && !source.kept) return dlpack_refuse_copy(context, &source);
    if (!source.kept || source.count == 0) return dlpack_converted(out, context, &source);
    GAN__TRY(dlpack_wrap(&tensor, context, &source));
    *shared = flags & GAN_DLPACK_SHARE ||
              (!(flags & GAN_DLPACK_COPY) && gan__tensor_is_contiguous(tensor));
    if (*shared) {
        tensor->release = legacy ? dlpack_release_legacy : dlpack_release_versioned;
        tensor->user = managed;
        *out = tensor;
        return GAN_OK;
    }
    gan_status status = dlpack_copy(out, context, tensor);
    gan_tensor_release(tensor);
    return status;
}

static gan_status dlpack_from(gan_tensor **out, gan_context *context, void *managed, int32_t flags,
                              bool *shared)
{
    const char *missing = !out ? "out" : !managed ? "managed" : NULL;
    if (missing)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", dlpack_from_name, missing);
    GAN__TRY(dlpack_check_flags(context, dlpack_from_name, flags));
    GAN__RETURN_ENTERED(context, dlpack_take(out, context, managed, flags, shared));
}

/* The deleter is another library's: it runs outside the context, with the caller's floating-point
 * mode. */
gan_status gan_tensor_from_dlpack(gan_tensor **out, gan_context *context, void *managed,
                                  int32_t flags)
{
    bool shared = false;
    if (out) *out = NULL;
    gan_status status = dlpack_from(out, context, managed, flags, &shared);
    if (managed && !shared) dlpack_delete(managed, (flags & GAN_DLPACK_LEGACY) != 0);
    return status;
}
