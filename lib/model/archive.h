/* archive.h: what goes into a safetensors file and comes out of it again: the parameters of
 * models, in PyTorch's names and layouts, and whatever else a checkpoint has to keep.
 *
 * Metadata of a model's file: gan.format "1.0", gan.kind "model", gan.version, gan.text. */
#ifndef GAN__ARCHIVE_H
#define GAN__ARCHIVE_H

#include "files/safetensors.h"
#include "model/tree.h"

/* ---- writing ---- */

/* A file being put together; it owns copies of everything but what is lent, and but for numbers of
 * parameters, which are laid out as PyTorch has them when they are written. Zero-initialise but for
 * `context`. */
typedef struct gan__archive_out {
    gan_context *context;
    bool finite; /* refuse parameters and moments that are not: GAN_E_DIVERGED names them */
    gan__safetensors_tensor *tensors;
    gan__safetensors_pair *pairs;
    bool *lent; /* of each tensor: its data is another's */
    size_t tensor_count, tensor_capacity, pair_count, pair_capacity, lent_capacity;
} gan__archive_out;

/* gan.format, gan.kind and gan.version. */
gan_status gan__archive_begin(gan__archive_out *archive, const char *kind);
gan_status gan__archive_put_pair(gan__archive_out *archive, const char *key, const char *value);

/* `data` is row-major and of the element's type. Lent data is not copied, and must be there until
 * the file is written. */
gan_status gan__archive_lend_tensor(gan__archive_out *archive,
                                    const gan__safetensors_tensor *tensor);
gan_status gan__archive_put_tensor(gan__archive_out *archive,
                                   const gan__safetensors_tensor *tensor);

/* One array that lies in memory as the parameter does (its value, a moment): floats, int64 of an
 * integer one. Under the name PREFIX NAME SUFFIX. It must be there until the file is written. */
typedef struct gan__archived_name {
    const char *prefix, *name, *suffix;
} gan__archived_name;
gan_status gan__archive_put_values(gan__archive_out *archive, const gan__archived_name *name,
                                   const gan__parameter *p, const void *memory);

/* All parameters of the model that are not in one of the stores `skip`. */
typedef struct gan__store_list {
    gan__store *const *stores;
    size_t count;
} gan__store_list;
bool gan__store_listed(const gan__store_list *list, const gan__store *store);
gan_status gan__archive_put_model(gan__archive_out *archive, const char *prefix,
                                  const gan_model *model, const gan__store_list *skip);

/* notes.c: those of a model's file. */
gan_status gan__archive_put_notes(gan__archive_out *archive, const gan_model *model);

gan_status gan__archive_write(gan__archive_out *archive, const char *path);
gan_status gan__archive_write_memory(gan__archive_out *archive, gan_tensor **out);
void gan__archive_free(gan__archive_out *archive);

/* ---- reading ---- */

typedef struct gan__archive_in {
    gan_context *context;
    const char *name; /* of the file, for messages; borrowed */
    uint8_t *owned;   /* the file's bytes, unless they are the caller's */
    size_t size;      /* of the file */
    char *names;      /* of the tensors, where they were given others than the file's */
    bool foreign;     /* a state dict: PyTorch's older ones have no num_batches_tracked */
    gan__safetensors file;
} gan__archive_in;

gan_status gan__archive_open(gan__archive_in *archive, gan_context *context, const char *path);
gan_status gan__archive_open_memory(gan__archive_in *archive, gan_context *context,
                                    const void *bytes, size_t size);
void gan__archive_close(gan__archive_in *archive); /* safe on a zeroed struct and twice */

/* GAN_E_FORMAT if gan.format is missing or of a newer major, or gan.kind is another. */
gan_status gan__archive_check(const gan__archive_in *archive, const char *kind);

/* The value of a key; NULL and GAN_E_FORMAT if it is missing. */
gan_status gan__archive_get_pair(const gan__archive_in *archive, const char *key, const char **out);

/* One array of floats back into the parameter's layout. GAN_E_FORMAT if it is missing or misshapen;
 * `memory` NULL: only checks. Every type becomes float32. */
gan_status gan__archive_get_values(const gan__archive_in *archive, const gan__archived_name *name,
                                   const gan__parameter *p, float *memory);

/* "'STORED'", or "'STORED' (as 'NAME')" where the map gave it another name; for messages. */
typedef struct gan__archived_label {
    char text[560];
} gan__archived_label;
const char *gan__archive_print(const gan__safetensors_entry *entry, gan__archived_label *out);

/* Fills all parameters of the model that are not in one of the stores `skip` from PREFIX NAME, or
 * fails and changes nothing. Every type becomes float32, or int64 where the parameter is that. What
 * a foreign file may leave out stays what it is. */
gan_status gan__archive_fill(const gan__archive_in *archive, const char *prefix, gan_model *model,
                             const gan__store_list *skip);

/* A model from its text, with its parameters from the archive; those of the parts given stay
 * theirs. What the archive has is checked before anything is allocated for it, and the number of
 * layers is bounded by the file's size: memory stays below 200 times that plus 10 MB. No random
 * number is used up. */
gan_status gan__archive_get_model(gan_model **out, const gan__archive_in *archive,
                                  const char *prefix, const char *text, const gan__given *given);

gan_status gan__archive_get_notes(const gan__archive_in *archive, gan_model *model);

/* weights.c: gives the tensors the names that the map (NULL: none) makes of theirs, and the model's
 * own where PyTorch has others for the same. GAN_E_FORMAT if two have one name then. */
gan_status gan__archive_rename(gan__archive_in *archive, const gan_model *model, const char *map);

/* GAN_E_FORMAT if a tensor is no parameter of the model. */
gan_status gan__archive_check_surplus(const gan__archive_in *archive, const gan_model *model);

#endif
