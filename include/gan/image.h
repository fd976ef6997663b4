/* image.h: pictures as files, or as the bytes of files. */
#ifndef GAN_IMAGE_H
#define GAN_IMAGE_H

#include <gan/tensor.h>

GAN_BEGIN

/* The most that height and width of a picture may be, and the values (height x width x channels) of
 * one in a PNG or JPEG file. */
#define GAN_IMAGE_SIDE 2147483647
#define GAN_IMAGE_VALUES 268435456

/* Reads PNG, JPEG, PNM or PAM, told apart by content: a uint8 tensor H x W x C with C = 1 to 4 as
 * in the file (palettes opened up to RGB, 16 bits rounded to 8). A PNG file's transparent colours
 * (tRNS) add a channel, alpha.
 *
 * A PNG file with faults that leave its picture whole is read, with a warning in the log: more data
 * than rows, nothing or too much at the end, a spoilt or misplaced chunk that the picture can do
 * without, a colour beyond the palette (black). All pixels are then those that libpng gives.
 *
 * A JPEG file is grey or becomes RGB, from YCbCr, RGB, CMYK or YCCK (of these four components a
 * colour c and the black k, inverted as Adobe writes them, become c * k / 255). Baseline, extended
 * and progressive files with Huffman codes and 8 bits are read, of any sampling factors, to the
 * pixels that libjpeg's accurate integer decoder gives. Arithmetic codes, 12 bits, lossless and
 * hierarchical files, a height that is given behind the picture and two components are
 * GAN_E_UNSUPPORTED. A file that ends before its picture does, or has a code that is none, is
 * GAN_E_FORMAT: no part of a picture is made. Stray bytes between its segments and a missing end
 * are a warning in the log; what stands behind the end is passed over. The orientation that a
 * camera noted (EXIF) is not applied: pictures are as they are stored, as training sets are read
 * elsewhere.
 *
 * However small the file, memory is bounded: a PNG or JPEG file has at most GAN_IMAGE_VALUES
 * values, else GAN_E_UNSUPPORTED; a JPEG file that is too small for the picture it claims is
 * GAN_E_FORMAT before memory is taken for that. Reading takes at most 5 bytes for each value (3 for
 * those of PNG with 8 bits; of JPEG 4, with sides rounded up to multiples of 8 times the sampling
 * factors), 4 times the file's size and 1 MiB. */
GAN_API gan_status gan_image_load(gan_tensor **out, gan_context *context, const char *path);

/* The same from the bytes of a file, which the caller keeps. Messages call it "memory". */
GAN_API gan_status gan_image_load_memory(gan_tensor **out, gan_context *context, const void *bytes,
                                         size_t size);

/* Writes one picture, H x W x C (C = 1 to 4) or H x W; float32 in [-1, 1] or uint8; .png, or .pgm
 * (C = 1) .ppm (C = 3) .pam by the name's end, in letters of either size. The file is replaced in
 * one step.
 *
 * What gan_image_load could not read back is refused before anything is made of it: a picture
 * without pixels is GAN_E_SHAPE, one beyond the limits above GAN_E_UNSUPPORTED. */
GAN_API gan_status gan_image_save(const gan_tensor *picture, const char *path);

/* The bytes of that file as a new uint8 tensor of one dimension, in the picture's context; `format`
 * is "png", "pgm", "ppm" or "pam". */
GAN_API gan_status gan_image_save_memory(gan_tensor **out, const gan_tensor *picture,
                                         const char *format);

/* The picture, H x W x C or H x W, uint8 or float32 in [-1, 1], as a data set with these options
 * draws it (see gan_dataset_open): a new tensor H x W x C of float32 in [-1, 1]. `height` and
 * `width` 0: as they are; `fit` "pad", "stretch" or "crop", NULL: "pad"; for resize=area " area"
 * stands behind that: "pad area". `channels` 0: as they are;
 * else grey is repeated, colours become grey (.299 R + .587 G + .114 B), and of bytes alpha, the
 * last of 2 or 4 channels, is put on black, or is opaque. GAN_E_SHAPE where there is no way. */
GAN_API gan_status gan_image_fit(gan_tensor **out, const gan_tensor *picture, int64_t height,
                                 int64_t width, int64_t channels, const char *fit);

/* Arranges pictures N x H x W x C in rows of `columns` (0: as many as rows, or one more), one pixel
 * of black apart: a new uint8 tensor H x W x C, in their context. A side of more than
 * GAN_IMAGE_SIDE is GAN_E_UNSUPPORTED. */
GAN_API gan_status gan_image_arrange(gan_tensor **out, const gan_tensor *pictures, int64_t columns);

/* Arranges and saves in one call. */
GAN_API gan_status gan_image_sheet(const gan_tensor *pictures, int64_t columns, const char *path);

GAN_END

#endif
