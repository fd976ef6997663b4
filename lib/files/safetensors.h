/* safetensors.h: the file format of models and checkpoints: u64 little-endian N, N bytes of JSON,
 * then the tensors' bytes without a hole.
 *
 * libgan's own files also carry checksums in the metadata, each of eight hexadecimal digits:
 * "gan.crc32.NAME" is the CRC-32 of a tensor, "gan.crc32" the sum (modulo 2^32) of those of the
 * other pairs whose keys begin with "gan.", each taken as key, 0, value, 0. Wherever one is found,
 * it is verified. Other programs may add pairs of their own, drop tensors, change the order. */
#ifndef GAN__SAFETENSORS_H
#define GAN__SAFETENSORS_H

#include "files/array.h"

typedef struct gan__safetensors_entry {
    const char *name;
    const char *stored; /* the same; a reader may give the entry another name, not this one */
    gan__array array;   /* little-endian, row-major */
    size_t offset;      /* of the data, from the start of the file */
} gan__safetensors_entry;

typedef struct gan__safetensors_pair {
    const char *key, *value;
} gan__safetensors_pair;

/* A file that was read. Names, keys and values belong to it; the tensors' data is borrowed from the
 * bytes. Entries and pairs are sorted by name and key, in byte order. */
typedef struct gan__safetensors {
    gan_context *context;
    char *strings;
    gan__safetensors_entry *entries;
    size_t entry_count, entry_capacity;
    gan__safetensors_pair *pairs;
    size_t pair_count, pair_capacity;
} gan__safetensors;

/* Reads the file that is the whole of `in`. Everything that the format demands is checked,
 * checksums included; an unknown type of elements, or more than 8 dimensions, is GAN_E_UNSUPPORTED.
 * `out` is freed with gan__safetensors_free; on failure it is empty. */
gan_status gan__safetensors_read(const gan__bytes *in, gan__safetensors *out);
void gan__safetensors_free(gan__safetensors *file); /* safe on a zeroed struct and twice */

/* The entry of that name, the value of that key; NULL if there is none. Borrowed from `file`. */
const gan__safetensors_entry *gan__safetensors_find(const gan__safetensors *file, const char *name);
const char *gan__safetensors_metadata(const gan__safetensors *file, const char *key);

/* "gan.crc32" of these pairs; false if there is nothing that it would protect. */
bool gan__safetensors_sum(const gan__safetensors_pair *pairs, size_t count, uint32_t *out);

/* A tensor to be written: `rank` dimensions, row-major data of the element type, or what `make`
 * makes that of, twice: for its checksum, and when its turn has come. All borrowed. */
typedef struct gan__safetensors_tensor {
    const char *name;
    gan__element element;
    int32_t rank;
    const int64_t *shape;
    const void *data;
    void (*make)(const void *from, void *data); /* NULL: it is there */
} gan__safetensors_tensor;

/* Replaces the file `path` in one step. Tensors are written by descending size of their elements,
 * then by name, so that each is aligned; checksums are added to the pairs. Two tensors of one name,
 * two pairs of one key, a tensor named __metadata__, or a text that is not UTF-8 are
 * GAN_E_ARGUMENT. */
gan_status gan__safetensors_write(gan_context *context, const char *path,
                                  const gan__safetensors_tensor *tensors, size_t tensor_count,
                                  const gan__safetensors_pair *pairs, size_t pair_count);

/* The same bytes as a new tensor (N) of uint8. */
gan_status gan__safetensors_write_memory(gan_tensor **out, gan_context *context,
                                         const gan__safetensors_tensor *tensors,
                                         size_t tensor_count, const gan__safetensors_pair *pairs,
                                         size_t pair_count);

#endif
