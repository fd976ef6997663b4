/* data.h: what a data set is: named fields of `count` examples, either in tensors or made one by
 * one by a function; and what a kind of data set is. */
#ifndef GAN__DATA_H
#define GAN__DATA_H

#include <gan/data.h>

#include "base/object.h"
#include "base/option.h"
#include "base/os.h"
#include "data/transform.h"
#include "files/picture.h"
#include "tensor/tensor.h"

/* image, label, vector. */
enum { GAN__MAX_FIELDS = 3 };

/* Labels travel as float32, which counts exactly this far. */
enum { GAN__MAX_LABEL = 16777215 };

typedef struct gan__field {
    const char *name;   /* static: "image" "label" "vector" */
    int32_t dtype;      /* of a stored example */
    gan__extent stored; /* H W C of a stored example; a vector is 1 x 1 x C, a label 1 x 1 x 1 */
    gan_tensor *tensor; /* retained, examples along dimension 0; NULL: see below */
    char *source;       /* of a tensor: what messages about its values begin with */
    gan__transform transform; /* pictures: from `stored` to the shape that is drawn */
    int32_t rank;             /* of an example as drawn: 3, 0, 1 */
    int64_t shape[3];
    int64_t size; /* numbers in an example as drawn */
    int64_t
        classes; /* labels: 1 + the largest, or as many as have names; 0: not known, or no label */
    uint32_t checksum; /* CRC-32 of all stored examples, those of the other part too, where there is
                          a text */
} gan__field;

/* Names of classes: class i is names[i], which lies in `text`. count 0: they have none. */
typedef struct gan__classes {
    char *text;
    const char **names;
    int64_t count;
} gan__classes;

/* Pictures that lie in files, each read when it is drawn. What it is begins with this. */
typedef struct gan__pictures {
    /* Decodes one, on any thread; memory and messages, which name the file, are the context's. */
    gan_status (*read)(const struct gan__pictures *self, gan_context *context, int64_t index,
                       gan__picture *out);

    /* Puts the file's name in front of the message; returns `status`. */
    gan_status (*blame)(const struct gan__pictures *self, gan_context *context, int64_t index,
                        gan_status status);

    /* Leaves those of these indices, which ascend. */
    void (*keep)(struct gan__pictures *self, const int64_t *indices, int64_t count);
    void (*free)(struct gan__pictures *self, gan_context *context);
} gan__pictures;

struct gan_dataset {
    gan__object object;
    int64_t count; /* examples that can be drawn */
    int64_t total; /* that there are: count=N takes the first, part= some of those */
    gan__field fields[GAN__MAX_FIELDS];
    int32_t field_count;
    gan__classes classes;           /* where there are labels */
    gan__transform_options picture; /* what becomes of pictures as they are drawn */
    bool is_fixed;                  /* nothing is left to chance in that */
    bool is_free;                   /* floating-point images are points: of any finite numbers */
    int64_t class_count;            /* that its kind knows of, whether all occur or not; 0: none */
    gan_tensor *centres;            /* of a mixture, K x C, float32; NULL: it is none */
    double deviation;               /* around them */

    /* Where fields without a tensor come from; both NULL: there are none. */
    gan__pictures *pictures; /* owned: the image */
    gan_dataset_read_function read;
    void (*release)(void *user); /* NULL: nothing to do */
    void *user;
    gan__mutex *mutex; /* one call of `read` at a time, whatever threads draw */
    uint64_t process;  /* that made the mutex: a forked child has one thread and no use for it */
    /* The description, spelled out, with the file names of its paths alone: the same wherever the
     * files lie. NULL for tensors and callbacks. */
    char *text;
};

typedef enum gan__data_part { GAN__PART_TRAIN, GAN__PART_HELDOUT, GAN__PART_ALL } gan__data_part;

/* What every kind's struct begins with, and the block that fills it. */
typedef struct gan__data_options {
    gan__transform_options picture;
    int64_t count;
    double heldout; /* the share that part=heldout has, and part=train lacks */
    int32_t part;   /* gan__data_part */
    char *only;     /* classes, NULL: all */
    char *hint;     /* behind the message of a file that cannot be read; NULL: nothing */
} gan__data_options;

extern const gan__option gan__data_common_options[12];

/* A kind of data set. */
typedef struct gan__data_kind {
    gan__kind kind; /* its struct begins with gan__data_options */
    /* Adds the fields; the caller applies gan__data_options and frees on failure. */
    gan_status (*open)(gan_dataset *dataset, const void *options);
    bool takes_folder; /* as its path= */
} gan__data_kind;

/* All kinds. */
extern const gan__data_kind *const gan__data_kinds[];
extern const int32_t gan__data_kind_count;

/* The kind that reads what lies there, where that can be seen: of folders. NULL: any. */
const gan__data_kind *gan__data_kind_at(gan_context *context, const char *path);

/* Adds a field over a tensor, which is retained, as gan_dataset_from_tensors describes it. `source`
 * is what messages begin with: a file's path, or "dataset". `total` is how many examples there are:
 * the tensor has all, or the first `count` that are wanted. */
gan_status gan__dataset_add(gan_dataset *dataset, const char *source, const char *field,
                            gan_tensor *tensor, int64_t total);

/* Adds the image of dataset->pictures, as it is stored: not yet in another size. */
void gan__dataset_add_pictures(gan_dataset *dataset, gan__extent stored, uint32_t checksum);

/* Warns of pictures in a tensor whose range is likely to be another than it must be; `refused`:
 * values that cannot be right are refused elsewhere. */
gan_status gan__dataset_check_range(const gan_dataset *dataset, const char *source, bool refused);

/* class_names.c: dataset->classes from a file, one name in each line; NULL for a path that was left
 * out. GAN_E_FORMAT for no names at all and for one that is empty, not UTF-8, has a control
 * character, or is there twice; the second looks at names that come from elsewhere. */
gan_status gan__classes_read(gan_dataset *dataset, const char *path);
gan_status gan__classes_check(gan_context *context, const char *source,
                              const gan__classes *classes);
void gan__classes_free(gan_context *context, gan__classes *classes);

/* selection.c: leaves the examples of the classes that only= names; GAN_E_ARGUMENT for one that
 * there is not, and where there are no labels or no such examples. */
gan_status gan__dataset_only(gan_dataset *dataset, const char *source,
                             const gan__data_options *options);

/* selection.c: leaves the examples of the part that the options ask for. Of n examples, those whose
 * places in a fixed permutation are among the first round(heldout x n) are held out. */
gan_status gan__dataset_split(gan_dataset *dataset, const char *source,
                              const gan__data_options *options);

/* An example as a tensor of its own: a view on the stack, which nobody retains. */
gan_tensor gan__dataset_row(const gan_tensor *tensor, int64_t index);

/* Number `index` of a tensor of integers, a label. */
int64_t gan__dataset_integer(const gan_tensor *tensor, int64_t index);

/* The field's index, -1 if there is none; or, as *out, with GAN_E_ARGUMENT that names those there
 * are. */
int32_t gan__dataset_field(const gan_dataset *dataset, const char *name);
gan_status gan__dataset_find(const gan_dataset *dataset, const char *name, int32_t *out);

#endif
