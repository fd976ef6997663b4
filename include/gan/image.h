/* image.h: pictures as files. */
#ifndef GAN_IMAGE_H
#define GAN_IMAGE_H

#include <gan/tensor.h>

GAN_BEGIN

/* The most that height and width of a picture may be, and the values (height x width x channels) of
 * one in a PNG file. */
#define GAN_IMAGE_SIDE 2147483647
#define GAN_IMAGE_PNG_VALUES 268435456

/* Reads PNG, PNM or PAM, told apart by content: a uint8 tensor H x W x C with C = 1 to 4 as in the
 * file (palettes opened up to RGB, 16 bits rounded to 8). A PNG file's transparent colours (tRNS)
 * add a channel, alpha.
 *
 * However small the file, memory is bounded: a PNG file has at most 2^28 values (height x width x
 * channels), else GAN_E_UNSUPPORTED; reading takes at most 5 bytes for each value (3 for those of 8
 * bits), 4 times the file's size and 1 MiB. */
GAN_API gan_status gan_image_load(gan_tensor **out, gan_context *context, const char *path);

/* Writes one picture, H x W x C (C = 1 to 4) or H x W; float32 in [-1, 1] or uint8; .png, or .pgm
 * .ppm .pam by the name's end. The file is replaced in one step. */
GAN_API gan_status gan_image_save(const gan_tensor *picture, const char *path);

/* Arranges pictures N x H x W x C in rows of `columns` (0: as square as possible), one pixel apart,
 * and writes them as one picture. */
GAN_API gan_status gan_image_sheet(const gan_tensor *pictures, int64_t columns, const char *path);

GAN_END

#endif
