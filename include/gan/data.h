/* data.h: data sets: where training examples come from.
 *
 * A data set is a number of examples with named fields: `image` (H x W x C), `label` (a class
 * number), `vector`. Datasets are read-only once made; a trainer draws shuffled batches from
 * them. */
#ifndef GAN_DATA_H
#define GAN_DATA_H

#include <gan/tensor.h>

GAN_BEGIN

typedef struct gan_dataset gan_dataset;

/* From files, by description; paths are relative to the working directory.
 *
 *   idx path=train-images-idx3-ubyte.gz labels=train-labels-idx1-ubyte.gz size=64 fit=pad
 *   idx path=fashion-images.gz labels=fashion-labels.gz names=fashion-classes.txt
 *   npy path=pictures.npy labels=labels.npy
 *   npz path=mnist.npz image=x_train label=y_train
 *   cifar path=cifar-10-batches-bin names=cifar-10-batches-bin/batches.meta.txt
 *   images path=photos size=64 fit=crop channels=3 flip=yes
 *   mixture ring=8 radius=1 deviation=0.01 count=100000
 *
 * `npz` has the names of arrays in one file of numpy.savez or savez_compressed. Members are stored
 * or deflated; others, and encrypted ones, are GAN_E_UNSUPPORTED. The whole file is read, and of it
 * the arrays that are named. Labels of npy and npz are N or N x 1 integers.
 *
 * `cifar` is a .bin file of CIFAR-10 or CIFAR-100, or the folder of all of them: the training files
 * in the order of their names, or with test=yes the test file. Which set it is follows from the
 * size, or from set=10 and set=100; label=fine or label=coarse are the labels of CIFAR-100.
 *
 * `images` is a folder of PNG, JPEG, PGM, PPM and PAM files (by the end of their names, in letters
 * of either size), or of sub-folders that have such files, one for each class, which has its name:
 * classes, then files, in the order of the bytes of their names. Names that begin with a dot are
 * passed over, and so are other files. Pictures are as gan_image_load reads them, but 16 bits are
 * not rounded. Only the beginnings of the files are read now, each picture whenever it is drawn:
 * one that is broken fails the draw, with its name, or check=yes finds it now. Pictures of many
 * sizes need size= (or crop=), grey and coloured ones channels=: 1 is grey, 3 colour, 2 and 4 the
 * same with alpha; without alpha they lie on black.
 *
 * Pictures of `idx`, `npy`, `npz` and `cifar` are uint8; from npy and npz also bool, which becomes
 * 0 and 255, or floating-point in [-1, 1]. A value outside, by more than 0.001, or a vector's that
 * is not finite is GAN_E_FORMAT.
 *
 * Options of all kinds: size=HxW resizes pictures as they are drawn (0: as they are), fit= says how
 * (pad: black around, shrunk first where it is too large; stretch: to the whole size; crop: to
 * cover the size, the middle kept), resize= how sides become smaller (bilinear: weighted by a
 * triangle as wide as the step between pixels, as Pillow's BILINEAR; area: the mean of the pixels
 * whose middles lie in the new pixel, as Pillow's BOX; larger: bilinear; of 2 or 4 channels of
 * bytes the last is alpha, and colours count in proportion to it), channels=3 repeats a grey
 * picture, count=N takes the first N examples and reads no more of the files: what lies behind
 * those in a file is not looked at, nor a compressed file's checksum. crop=HxW is a part of that
 * size, at a place of chance each time that a trainer draws the picture; flip=yes mirrors half of
 * those, by chance. Of held-out examples, and in gan_dataset_read, it is the middle part, not
 * mirrored. `gan_catalog` lists all.
 *
 * hint="python fetch.py makes it" is a line that stands behind the message where a file cannot be
 * read (GAN_E_FILE): how to come by it. It may differ in a resumed training.
 *
 * mixture has points in place of pictures, of 1 x 1 x C, drawn from Gaussians of one deviation in
 * all dimensions, each as likely; the label is the Gaussian's number. Their centres are a ring of K
 * on a circle (centre i at the angle 2 pi i / K), a grid of K along each dimension (the last one
 * runs fastest), or any list, points=0,0:1,1 or the K x C of an .npy file. The values are what that
 * says, in no range: a ring of radius 1 goes beyond 1, a grid=5 of spacing=2 to 4. Networks that
 * make such points end without tanh. Example i is a function of seed= and i alone; count= says how
 * many there are.
 *
 * transform= makes another domain of the pictures as they are drawn, whose truth is known.
 * negative: -v for every value v, of all channels. edges: the values are rounded to bytes, 0 to
 * 255; a pixel is on an edge if in any channel one of its eight neighbours is darker by 64 or
 * more; all channels are 1 there and -1 elsewhere. colours: a grey value v becomes three channels,
 * 2 - |4 v - 2|, 2 - |4 v| and 2 - |4 v + 2|, each held in [-1, 1] (the scale known as jet: dark
 * blue for black, blue, cyan, yellow, red, dark red for white); pictures must have one channel,
 * which channels=1 makes of coloured files, and then have three.
 *
 * only= takes, of what count= takes, the examples of some classes: their names or, where none is
 * called so, numbers, separated by commas. The number of classes stays that of all.
 *
 * heldout=SHARE sets examples apart, round(SHARE x n) of the n that these take: part=train has
 * the others, part=heldout these, part=all both. Which ones is a function of their index and n
 * alone, so that all programs and seeds hold out the same; both parts keep the order of the files,
 * and the number of classes is that of all. What a smaller share sets apart a larger one does too:
 * part=train of heldout=0.55 and part=heldout of heldout=0.45 are two halves with nothing in
 * common, between which a tenth is left to try things on.
 *
 * A checkpoint knows its data again by the description and a checksum of the examples: of those
 * that count=N takes, or of all, in whatever part. The checksum of `images` is that of the names in
 * the folder, the sizes and the first 4 KiB of the files: the folder may move, but no file in it
 * may get another name or content.
 *
 * Pictures that are likely to have another range bring a warning in the log: floating-point ones
 * that all lie in [0, 1], with more than one value, and uint8 ones of 0 and 1 alone. */
GAN_API gan_status gan_dataset_open(gan_dataset **out, gan_context *context, const char *spec);

/* From tensors, which are retained: one for each field, with the examples along dimension 0:
 * `image` (N, H, W, C) or (N, H, W), float32 or uint8; `label` (N), integers; `vector` (N, C),
 * float32. Pictures of a likely wrong range bring the same warning, also floating-point ones that
 * exceed 1 and are never below 0. */
GAN_API gan_status gan_dataset_from_tensors(gan_dataset **out, gan_context *context,
                                            const char *const *fields, gan_tensor *const *tensors,
                                            int32_t count);

/* Examples made by the caller. read(user, index, data) fills one row-major buffer per field, in the
 * field's type and shape (its `shape` has `rank` numbers, without the examples' dimension);
 * non-zero stops with GAN_E_CANCELLED. It is called on the trainer's thread or on a read-ahead
 * thread, never on two at once, and must neither use the context nor throw. Every field has the
 * same `size`, the step from one to the next; one that this library does not know is
 * GAN_E_UNSUPPORTED.
 *
 * When the data set is gone and no thread can call `read` any more, release(user) is called, once,
 * on whatever thread let go last; it must not use the context; it may be NULL. If this call fails,
 * release is not called. */
typedef int32_t (*gan_dataset_read_function)(void *user, int64_t index, void *const *data);
typedef struct gan_dataset_field {
    size_t size; /* sizeof(gan_dataset_field) */
    const char *name;
    int32_t dtype;
    int32_t rank;
    const int64_t *shape;
} gan_dataset_field;
GAN_API gan_status gan_dataset_from_callback(gan_dataset **out, gan_context *context,
                                             const gan_dataset_field *fields, int32_t field_count,
                                             int64_t count, gan_dataset_read_function read,
                                             void (*release)(void *user), void *user);

GAN_API void gan_dataset_retain(gan_dataset *dataset);
GAN_API void gan_dataset_release(gan_dataset *dataset);

GAN_API int64_t gan_dataset_count(const gan_dataset *dataset); /* examples; 0 for what is none */
GAN_API int32_t gan_dataset_field_count(const gan_dataset *dataset);
GAN_API const char *gan_dataset_field_name(const gan_dataset *dataset, int32_t index);

/* The shape of one example of a field, as drawn: *rank <= 3 numbers (image: H, W, C; vector: C;
 * label: none); *classes, for labels: gan_dataset_class_count. classes may be NULL. */
GAN_API gan_status gan_dataset_field_shape(const gan_dataset *dataset, const char *field,
                                           int32_t *rank, int64_t shape[3], int64_t *classes);

/* The classes of the labels: their number, 0 where that is not known (of a callback) or there are
 * no labels; and the name of one, a line of UTF-8, borrowed: NULL if it has none. Names come with
 * names=FILE, a line for each class; there are then as many classes as names, and a label beyond is
 * GAN_E_FORMAT, as are a name that is empty and one that is given twice. */
GAN_API int64_t gan_dataset_class_count(const gan_dataset *dataset);
GAN_API const char *gan_dataset_class_name(const gan_dataset *dataset, int64_t index);

/* The Gaussians of a `mixture`: their centres as a new tensor (K, C) of float32, in the order of
 * the labels, which the metric `modes` takes as "real"; and the deviation around them, its sigma=.
 * GAN_E_UNSUPPORTED for data of another kind. */
GAN_API gan_status gan_dataset_mixture(gan_tensor **centres, double *deviation,
                                       const gan_dataset *dataset);

/* Reads examples indices[0..n) of one field into `tensor`, whose first dimension is n: pictures as
 * float32 in [-1, 1] or as uint8; labels as integers or float32. */
GAN_API gan_status gan_dataset_read(gan_dataset *dataset, const char *field, const int64_t *indices,
                                    gan_tensor *tensor);

GAN_END

#endif
