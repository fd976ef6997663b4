/* stranger.h: another library that lends arrays by DLPack, as dlpack.h describes them: its own
 * declarations, and a deleter that counts and leaves nothing that could still be read. */
#ifndef STRANGER_H
#define STRANGER_H

#include <gan/tensor.h>

#include "test.h"

#include <stdatomic.h>
#include <stddef.h>

/* The published ABI, written down once more. */
typedef struct dl_device {
    int32_t type, id;
} dl_device;

typedef struct dl_type {
    uint8_t code, bits;
    uint16_t lanes;
} dl_type;

typedef struct dl_array {
    void *data;
    dl_device device;
    int32_t ndim;
    dl_type type;
    int64_t *shape, *strides;
    uint64_t byte_offset;
} dl_array;

typedef struct dl_legacy {
    dl_array array;
    void *manager;
    void (*deleter)(struct dl_legacy *self);
} dl_legacy;

typedef struct dl_versioned {
    uint32_t major, minor;
    void *manager;
    void (*deleter)(struct dl_versioned *self);
    uint64_t flags;
    dl_array array;
} dl_versioned;

enum { DL_INT, DL_UINT, DL_FLOAT, DL_HANDLE, DL_BFLOAT, DL_COMPLEX, DL_BOOL };
enum { DL_READ_ONLY = 1, DL_IS_COPIED = 2, DL_RANKS = 10 };

typedef struct stranger {
    dl_legacy legacy;
    dl_versioned versioned;
    int64_t shape[DL_RANKS], strides[DL_RANKS];
    atomic_int deleted;
    atomic_uint_least64_t *watched; /* must be 0 when it is deleted; NULL: whatever */
} stranger;

static void stranger_end(stranger *s)
{
    if (s->watched) CHECK(atomic_load(s->watched) == 0);
    memset(&s->legacy, 0xA5, sizeof s->legacy);
    memset(&s->versioned, 0xA5, sizeof s->versioned);
    memset(s->shape, 0xA5, sizeof s->shape);
    memset(s->strides, 0xA5, sizeof s->strides);
    atomic_fetch_add(&s->deleted, 1);
}

static void stranger_end_legacy(dl_legacy *self)
{
    stranger_end(self->manager);
}

static void stranger_end_versioned(dl_versioned *self)
{
    stranger_end(self->manager);
}

/* Both structs over the same memory: one of them is handed over. */
static void stranger_lend(stranger *s, dl_type type, void *data, int32_t rank, const int64_t *shape,
                          const int64_t *strides)
{
    memset(s, 0, sizeof *s);
    dl_array array = {data, {1, 0}, rank, type, s->shape, strides ? s->strides : NULL, 0};
    for (int32_t i = 0; i < rank && i < DL_RANKS; i++) {
        s->shape[i] = shape[i];
        if (strides) s->strides[i] = strides[i];
    }
    s->legacy = (dl_legacy){array, s, stranger_end_legacy};
    s->versioned = (dl_versioned){1, 1, s, stranger_end_versioned, 0, array};
}

static gan_status stranger_give(gan_tensor **out, gan_context *context, stranger *s, int32_t flags)
{
    void *managed = flags & GAN_DLPACK_LEGACY ? (void *)&s->legacy : (void *)&s->versioned;
    return gan_tensor_from_dlpack(out, context, managed, flags);
}

/* What was lent by libgan, in either struct. */
static const dl_array *stranger_look(const void *managed, int32_t flags)
{
    const dl_legacy *legacy = managed;
    const dl_versioned *versioned = managed;
    return flags & GAN_DLPACK_LEGACY ? &legacy->array : &versioned->array;
}

static void stranger_delete(void *managed, int32_t flags)
{
    dl_legacy *legacy = managed;
    dl_versioned *versioned = managed;
    if (flags & GAN_DLPACK_LEGACY)
        legacy->deleter(legacy);
    else
        versioned->deleter(versioned);
}

#endif
