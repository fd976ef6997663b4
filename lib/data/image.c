/* image.c: pictures between files and tensors, alone or side by side on a sheet: PNG and PNM by
 * name, uint8 as it is and floats from [-1, 1]. */
#include <gan/image.h>

#include "base/memory.h"
#include "base/stream.h"
#include "files/picture_file.h"
#include "files/png.h"
#include "files/pnm.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- loading ---- */

/* To 8 bits, rounded: v * 255 / 65535. */
static void image_narrow(uint8_t *out, const uint16_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)((from[i] + 128u) / 257u);
}

/* A tensor of bytes whose memory they become; on failure they are freed. */
static gan_status image_adopt(gan_tensor **out, gan_context *context, int32_t rank,
                              const int64_t *shape, uint8_t *bytes)
{
    gan_status status =
        gan_tensor_wrap(out, context, GAN_UINT8, rank, shape, NULL, bytes, NULL, NULL);
    if (status == GAN_OK)
        (*out)->memory = bytes;
    else
        gan__free(context, bytes);
    return status;
}

/* Pixels of 8 bits become the tensor's memory: large pictures are not held twice. */
static gan_status image_tensor(gan_context *context, gan__picture *picture, gan_tensor **out)
{
    const int64_t shape[3] = {picture->height, picture->width, picture->channels};
    if (picture->depth == 8) {
        uint8_t *pixels = picture->pixels;
        picture->pixels = NULL;
        return image_adopt(out, context, 3, shape, pixels);
    }
    GAN__TRY(gan_tensor_create(out, context, GAN_UINT8, 3, shape));
    image_narrow((*out)->data, picture->pixels, (size_t)(*out)->count);
    return GAN_OK;
}

/* In `in`: a file's bytes, or those of the caller. */
static gan_status image_read(gan_tensor **out, gan__bytes *in)
{
    gan__picture picture = {0};
    gan_status status = gan__picture_read(in, &picture);
    if (status == GAN_OK) status = image_tensor(in->context, &picture, out);
    gan__picture_free(in->context, &picture);
    return status;
}

static gan_status image_load(gan_tensor **out, gan_context *context, const char *path)
{
    uint8_t *bytes;
    size_t size;
    GAN__TRY(gan__file_read(context, path, &bytes, &size));
    gan__bytes in = {context, path, bytes, size, 0};
    gan_status status = image_read(out, &in);
    gan__free(context, bytes);
    return status;
}

gan_status gan_image_load(gan_tensor **out, gan_context *context, const char *path)
{
    if (out) *out = NULL;
    if (!out || !context || !path) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_image_load: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "path");
    }
    GAN__RETURN_ENTERED(context, image_load(out, context, path));
}

gan_status gan_image_load_memory(gan_tensor **out, gan_context *context, const void *bytes,
                                 size_t size)
{
    gan__bytes in = {context, "memory", bytes, size, 0};
    if (out) *out = NULL;
    if (!out || !context || !bytes) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_image_load_memory: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "bytes");
    }
    GAN__RETURN_ENTERED(context, image_read(out, &in));
}

/* ---- formats ---- */

typedef struct image_format {
    char name[4];     /* as the end of a file's name, in small letters */
    int32_t channels; /* 0: 1 to 4 */
    int64_t most;     /* values that its reader takes */
    gan_status (*write)(gan_context *context, const gan__picture *picture, uint8_t **out,
                        size_t *size);
} image_format;

static const image_format image_formats[] = {
    {"png", 0, GAN_IMAGE_VALUES, gan__png_write},
    {"pgm", 1, INT64_MAX, gan__pnm_write},
    {"ppm", 3, INT64_MAX, gan__pnm_write},
    {"pam", 0, INT64_MAX, gan__pnm_write},
};

/* The format of that name, in letters of either size; NULL: none. */
static const image_format *image_find(const char *name)
{
    for (size_t i = 0; i < sizeof image_formats / sizeof *image_formats; i++) {
        const char *known = image_formats[i].name;
        size_t at = 0;
        while (at < 3 && name[at] && (name[at] | 32) == known[at]) at++;
        if (at == 3 && !name[3]) return &image_formats[i];
    }
    return NULL;
}

/* By the end of a file's name, which must have more than that. */
static const image_format *image_format_of(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && path[length - 4] == '.' ? image_find(path + length - 3) : NULL;
}

/* Before anything is made: what could not be read back is refused. `what` is the path, or the
 * function. */
static gan_status image_check(gan_context *context, const gan__picture *picture,
                              const image_format *format, const char *what)
{
    const int64_t sides[3] = {picture->height, picture->width, picture->channels};
    int64_t count;
    if (format->channels != 0 && picture->channels != format->channels) {
        return gan__fail(context, GAN_E_SHAPE, "%s: has %d channel%s, the picture %d", what,
                         (int)format->channels, format->channels == 1 ? "" : "s",
                         (int)picture->channels);
    }
    if (sides[0] <= GAN_IMAGE_SIDE && sides[1] <= GAN_IMAGE_SIDE &&
        gan__product_count(sides, 3, &count) && count <= format->most)
        return GAN_OK;
    return gan__fail(context, GAN_E_UNSUPPORTED,
                     "%s: a picture of height %" PRId64 ", width %" PRId64 " and %d channels could "
                     "not be read back; a side has at most %d, %s %" PRId64 " values",
                     what, sides[0], sides[1], (int)sides[2], GAN_IMAGE_SIDE, format->name,
                     format->most);
}

/* ---- arranging ---- */

/* Copies a tensor's pixels into rows of `row` bytes at `out`: from [-1, 1] or as they are. */
static void image_pixels(const gan_tensor *picture, int64_t h, int64_t row, uint8_t *out,
                         float *scratch)
{
    gan_tensor line;
    memset(&line, 0, sizeof line);
    line.dtype = GAN_UINT8;
    line.rank = 2;
    line.shape[0] = h;
    line.shape[1] = picture->count / h;
    line.strides[0] = row;
    line.strides[1] = 1;
    line.count = picture->count;
    line.data = out;
    gan__tensor_read(picture, true, scratch);
    gan__tensor_write(&line, true, scratch);
}

/* Pictures side by side in rows, one pixel of black apart. */
typedef struct image_grid {
    int64_t n, h, w, c, columns, rows;
} image_grid;

static gan_status image_grid_check(gan_context *context, const gan_tensor *pictures,
                                   const image_grid *grid, const char *function)
{
    if (pictures->dtype != GAN_FLOAT32 && pictures->dtype != GAN_UINT8) {
        return gan__fail(context, GAN_E_SHAPE, "%s: pictures are float32 or uint8, not %s",
                         function, gan__dtype_name(pictures->dtype));
    }
    if (grid->n >= 1 && grid->h >= 1 && grid->w >= 1 && grid->c >= 1 && grid->c <= 4 &&
        grid->h <= INT32_MAX && grid->w <= INT32_MAX)
        return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "%s: %" PRId64 " pictures of %" PRId64 "x%" PRId64 "x%" PRId64
                     ": not a picture of 1 to 4 channels",
                     function, grid->n, grid->h, grid->w, grid->c);
}

/* The sizes of the whole: rows of `columns` pictures, 0: as many as rows. */
static gan_status image_grid_measure(gan_context *context, image_grid *grid, gan__picture *picture,
                                     const char *function)
{
    int64_t width, height;
    if (grid->columns == 0) grid->columns = (int64_t)ceil(sqrt((double)grid->n));
    if (grid->columns > grid->n) grid->columns = grid->n;
    grid->rows = grid->n / grid->columns + (grid->n % grid->columns != 0);
    if (!gan__multiply_count(grid->columns, grid->w + 1, &width) ||
        !gan__multiply_count(grid->rows, grid->h + 1, &height) || width - 1 > GAN_IMAGE_SIDE ||
        height - 1 > GAN_IMAGE_SIDE) {
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "%s: %" PRId64 " pictures of %" PRId64 "x%" PRId64 " in %" PRId64
                         " columns are more than %d pixels high or wide",
                         function, grid->n, grid->h, grid->w, grid->columns, GAN_IMAGE_SIDE);
    }
    *picture = (gan__picture){width - 1, height - 1, (int32_t)grid->c, 8, NULL};
    return GAN_OK;
}

/* Pixels for a measured picture: grid->n pictures of the same size along the first dimension of
 * `pictures`. */
static gan_status image_fill(const gan_tensor *pictures, const image_grid *grid,
                             gan__picture *picture)
{
    gan_context *context = pictures->object.context;
    float *scratch = NULL;
    gan_status status = gan__allocate_raw(context, &scratch, (size_t)(grid->h * grid->w * grid->c),
                                          sizeof *scratch);
    if (status == GAN_OK) status = gan__picture_allocate(context, picture);
    if (status == GAN_OK)
        memset(picture->pixels, 0, gan__picture_row(picture) * (size_t)picture->height);
    for (int64_t i = 0; status == GAN_OK && i < grid->n; i++) {
        gan_tensor one = *pictures;
        int64_t row = (int64_t)gan__picture_row(picture);
        int64_t y = i / grid->columns * (grid->h + 1), x = i % grid->columns * (grid->w + 1);
        one.shape[0] = 1;
        one.count /= grid->n;
        one.data = (char *)one.data + i * one.strides[0] * (int64_t)gan__dtype_size(one.dtype);
        image_pixels(&one, grid->h, row, (uint8_t *)picture->pixels + y * row + x * grid->c,
                     scratch);
    }
    gan__free(context, scratch);
    return status;
}

/* `batch` becomes the picture with a dimension of 1 in front. */
static gan_status image_grid_single(const gan_tensor *picture, gan_tensor *batch, image_grid *grid,
                                    const char *function)
{
    const int64_t *shape = picture->shape;
    if (picture->rank != 2 && picture->rank != 3) {
        return gan__fail(picture->object.context, GAN_E_SHAPE,
                         "%s: a picture is H x W or H x W x C, not of %d dimensions", function,
                         (int)picture->rank);
    }
    *grid = (image_grid){1, shape[0], shape[1], picture->rank == 3 ? shape[2] : 1, 1, 1};
    *batch = *picture;
    batch->rank++;
    memmove(batch->shape + 1, picture->shape, sizeof *shape * (size_t)picture->rank);
    memmove(batch->strides + 1, picture->strides, sizeof *shape * (size_t)picture->rank);
    batch->shape[0] = 1;
    batch->strides[0] = 0;
    return image_grid_check(picture->object.context, picture, grid, function);
}

static gan_status image_grid_many(const gan_tensor *pictures, int64_t columns, image_grid *grid,
                                  const char *function)
{
    const int64_t *shape = pictures->shape;
    gan_context *context = pictures->object.context;
    if (pictures->rank != 4 || columns < 0) {
        return gan__fail(context, pictures->rank != 4 ? GAN_E_SHAPE : GAN_E_ARGUMENT,
                         "%s: %d dimensions in %" PRId64 " columns; pictures are N x H x W x C",
                         function, (int)pictures->rank, columns);
    }
    *grid = (image_grid){shape[0], shape[1], shape[2], shape[3], columns, 0};
    return image_grid_check(context, pictures, grid, function);
}

/* ---- saving ---- */

/* The format's bytes: *bytes (gan__free), *size. */
static gan_status image_encode(const gan_tensor *pictures, image_grid *grid,
                               const image_format *format, const char *what, uint8_t **bytes,
                               size_t *size)
{
    gan_context *context = pictures->object.context;
    gan__picture picture;
    *bytes = NULL;
    GAN__TRY(image_grid_measure(context, grid, &picture, what));
    GAN__TRY(image_check(context, &picture, format, what));
    gan_status status = image_fill(pictures, grid, &picture);
    if (status == GAN_OK) status = format->write(context, &picture, bytes, size);
    gan__picture_free(context, &picture);
    return status;
}

static gan_status image_write(const gan_tensor *pictures, image_grid *grid, const char *path)
{
    gan_context *context = pictures->object.context;
    const image_format *format = image_format_of(path);
    gan__piece piece = {NULL, 0, NULL};
    uint8_t *bytes;
    if (!format)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: not .png, .pgm, .ppm or .pam", path);
    gan_status status = image_encode(pictures, grid, format, path, &bytes, &piece.size);
    piece.bytes = bytes;
    if (status == GAN_OK) status = gan__file_replace(context, path, &piece, 1);
    gan__free(context, bytes);
    return status;
}

static gan_status image_save(const gan_tensor *picture, const char *path)
{
    gan_tensor batch;
    image_grid grid;
    GAN__TRY(image_grid_single(picture, &batch, &grid, "gan_image_save"));
    return image_write(&batch, &grid, path);
}

gan_status gan_image_save(const gan_tensor *picture, const char *path)
{
    GAN__TRY(gan__object_check(NULL, picture, GAN__TENSOR, "gan_image_save", "picture"));
    gan_context *context = picture->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_save: path is NULL");
    GAN__RETURN_ENTERED(context, image_save(picture, path));
}

static gan_status image_save_memory(gan_tensor **out, const gan_tensor *picture, const char *name)
{
    static const char function[] = "gan_image_save_memory";
    gan_context *context = picture->object.context;
    const image_format *format = image_find(name);
    gan_tensor batch;
    image_grid grid;
    uint8_t *bytes;
    size_t size;
    if (!format) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: format is '%.100s'; it can be png, pgm, ppm or pam", function, name);
    }
    GAN__TRY(image_grid_single(picture, &batch, &grid, function));
    GAN__TRY(image_encode(&batch, &grid, format, function, &bytes, &size));
    const int64_t count = (int64_t)size;
    return image_adopt(out, context, 1, &count, bytes);
}

gan_status gan_image_save_memory(gan_tensor **out, const gan_tensor *picture, const char *format)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, picture, GAN__TENSOR, "gan_image_save_memory", "picture"));
    gan_context *context = picture->object.context;
    if (!out || !format) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_image_save_memory: %s is NULL",
                         out ? "format" : "out");
    }
    GAN__RETURN_ENTERED(context, image_save_memory(out, picture, format));
}

static gan_status image_sheet(const gan_tensor *pictures, int64_t columns, const char *path)
{
    image_grid grid;
    GAN__TRY(image_grid_many(pictures, columns, &grid, "gan_image_sheet"));
    return image_write(pictures, &grid, path);
}

gan_status gan_image_sheet(const gan_tensor *pictures, int64_t columns, const char *path)
{
    GAN__TRY(gan__object_check(NULL, pictures, GAN__TENSOR, "gan_image_sheet", "pictures"));
    gan_context *context = pictures->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_sheet: path is NULL");
    GAN__RETURN_ENTERED(context, image_sheet(pictures, columns, path));
}

static gan_status image_arrange(gan_tensor **out, const gan_tensor *pictures, int64_t columns)
{
    static const char function[] = "gan_image_arrange";
    gan_context *context = pictures->object.context;
    image_grid grid;
    gan__picture picture;
    GAN__TRY(image_grid_many(pictures, columns, &grid, function));
    GAN__TRY(image_grid_measure(context, &grid, &picture, function));
    gan_status status = image_fill(pictures, &grid, &picture);
    if (status == GAN_OK) status = image_tensor(context, &picture, out);
    gan__picture_free(context, &picture);
    return status;
}

gan_status gan_image_arrange(gan_tensor **out, const gan_tensor *pictures, int64_t columns)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, pictures, GAN__TENSOR, "gan_image_arrange", "pictures"));
    gan_context *context = pictures->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_arrange: out is NULL");
    GAN__RETURN_ENTERED(context, image_arrange(out, pictures, columns));
}
