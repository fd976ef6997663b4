#include <gan/image.h>

#include "base/memory.h"
#include "base/stream.h"
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

static gan_status image_decode(gan__bytes *in, gan__picture *picture)
{
    static const uint8_t png[4] = {0x89, 'P', 'N', 'G'};
    if (in->size >= sizeof png && memcmp(in->data, png, sizeof png) == 0) {
        return gan__png_read(in, picture);
    }
    if (in->size >= 2 && in->data[0] == 'P' && in->data[1] >= '1' && in->data[1] <= '7') {
        return gan__pnm_read(in, picture);
    }
    return gan__fail(in->context, GAN_E_FORMAT, "%s: neither PNG nor PNM nor PAM", in->name);
}

/* Pixels of 8 bits become the tensor's memory: large pictures are not held twice. */
static gan_status image_tensor(gan_context *context, gan__picture *picture, gan_tensor **out)
{
    const int64_t shape[3] = {picture->height, picture->width, picture->channels};
    if (picture->depth == 8) {
        GAN__TRY(
            gan_tensor_wrap(out, context, GAN_UINT8, 3, shape, NULL, picture->pixels, NULL, NULL));
        (*out)->memory = picture->pixels;
        picture->pixels = NULL;
        return GAN_OK;
    }
    GAN__TRY(gan_tensor_create(out, context, GAN_UINT8, 3, shape));
    image_narrow((*out)->data, picture->pixels, (size_t)(*out)->count);
    return GAN_OK;
}

static gan_status image_load(gan_tensor **out, gan_context *context, const char *path)
{
    uint8_t *bytes;
    size_t size;
    gan__picture picture = {0};
    GAN__TRY(gan__file_read(context, path, &bytes, &size));
    gan__bytes in = {context, path, bytes, size, 0};
    gan_status status = image_decode(&in, &picture);
    if (status == GAN_OK) status = image_tensor(context, &picture, out);
    gan__picture_free(context, &picture);
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

/* ---- saving ---- */

static bool image_ends(const char *path, const char *end)
{
    size_t length = strlen(path), tail = strlen(end);
    return length > tail && strcmp(path + length - tail, end) == 0;
}

/* The file's bytes, by the name's end. */
static gan_status image_encode(gan_context *context, const gan__picture *picture, const char *path,
                               uint8_t **out, size_t *size)
{
    if (image_ends(path, ".png")) return gan__png_write(context, picture, out, size);
    if (image_ends(path, ".pam")) return gan__pnm_write(context, picture, out, size);
    bool grey = image_ends(path, ".pgm"), colour = image_ends(path, ".ppm");
    if (!grey && !colour) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: not .png, .pgm, .ppm or .pam", path);
    }
    if (picture->channels != (grey ? 1 : 3)) {
        return gan__fail(context, GAN_E_SHAPE, "%s: has %d channel%s, the picture %d", path,
                         grey ? 1 : 3, grey ? "" : "s", picture->channels);
    }
    return gan__pnm_write(context, picture, out, size);
}

static gan_status image_write(gan_context *context, const gan__picture *picture, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    GAN__TRY(image_encode(context, picture, path, &bytes, &size));
    const gan__piece piece = {bytes, size};
    gan_status status = gan__file_replace(context, path, &piece, 1);
    gan__free(context, bytes);
    return status;
}

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
        grid->h <= INT32_MAX && grid->w <= INT32_MAX) {
        return GAN_OK;
    }
    return gan__fail(context, GAN_E_SHAPE,
                     "%s: %" PRId64 " pictures of %" PRId64 "x%" PRId64 "x%" PRId64
                     ": not a picture of 1 to 4 channels",
                     function, grid->n, grid->h, grid->w, grid->c);
}

static gan_status image_grid_allocate(gan_context *context, const image_grid *grid,
                                      gan__picture *picture, float **scratch)
{
    int64_t width, height;
    const int64_t one[3] = {grid->h, grid->w, grid->c};
    int64_t count;
    if (!gan__multiply_count(grid->columns, grid->w + 1, &width) ||
        !gan__multiply_count(grid->rows, grid->h + 1, &height) ||
        !gan__product_count(one, 3, &count)) {
        return gan__fail(context, GAN_E_MEMORY, "image: a sheet of %" PRId64 " pictures", grid->n);
    }
    picture->width = width - 1;
    picture->height = height - 1;
    picture->channels = (int32_t)grid->c;
    picture->depth = 8;
    GAN__TRY(gan__allocate_raw(context, scratch, (size_t)count, sizeof **scratch));
    GAN__TRY(gan__picture_allocate(context, picture));
    memset(picture->pixels, 0, gan__picture_row(picture) * (size_t)picture->height);
    return GAN_OK;
}

/* `pictures` has grid->n pictures of the same size along its first dimension. */
static gan_status image_write_grid(const gan_tensor *pictures, const image_grid *grid,
                                   const char *path)
{
    gan_context *context = pictures->object.context;
    gan__picture picture = {0};
    float *scratch = NULL;
    gan_status status = image_grid_allocate(context, grid, &picture, &scratch);
    for (int64_t i = 0; status == GAN_OK && i < grid->n; i++) {
        gan_tensor one = *pictures;
        int64_t row = (int64_t)gan__picture_row(&picture);
        int64_t y = i / grid->columns * (grid->h + 1), x = i % grid->columns * (grid->w + 1);
        one.shape[0] = 1;
        one.count /= grid->n;
        one.data = (char *)one.data + i * one.strides[0] * (int64_t)gan__dtype_size(one.dtype);
        image_pixels(&one, grid->h, row, (uint8_t *)picture.pixels + y * row + x * grid->c,
                     scratch);
    }
    if (status == GAN_OK) status = image_write(context, &picture, path);
    gan__picture_free(context, &picture);
    gan__free(context, scratch);
    return status;
}

static gan_status image_save(const gan_tensor *picture, const char *path)
{
    const int64_t *shape = picture->shape;
    gan_context *context = picture->object.context;
    if (picture->rank != 2 && picture->rank != 3) {
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_save: a picture is H x W or H x W x C, not of %d dimensions",
                         picture->rank);
    }
    image_grid grid = {1, shape[0], shape[1], picture->rank == 3 ? shape[2] : 1, 1, 1};
    gan_tensor batch = *picture; /* with a dimension of 1 in front */
    batch.rank++;
    memmove(batch.shape + 1, picture->shape, sizeof *shape * (size_t)picture->rank);
    memmove(batch.strides + 1, picture->strides, sizeof *shape * (size_t)picture->rank);
    batch.shape[0] = 1;
    batch.strides[0] = 0;
    GAN__TRY(image_grid_check(context, picture, &grid, "gan_image_save"));
    return image_write_grid(&batch, &grid, path);
}

gan_status gan_image_save(const gan_tensor *picture, const char *path)
{
    GAN__TRY(gan__object_check(NULL, picture, GAN__TENSOR, "gan_image_save", "picture"));
    gan_context *context = picture->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_save: path is NULL");
    GAN__RETURN_ENTERED(context, image_save(picture, path));
}

static gan_status image_sheet(const gan_tensor *pictures, int64_t columns, const char *path)
{
    const int64_t *shape = pictures->shape;
    gan_context *context = pictures->object.context;
    if (pictures->rank != 4 || columns < 0) {
        return gan__fail(context, pictures->rank != 4 ? GAN_E_SHAPE : GAN_E_ARGUMENT,
                         "gan_image_sheet: %d dimensions in %" PRId64
                         " columns; pictures are N x H x W x C",
                         pictures->rank, columns);
    }
    image_grid grid = {shape[0], shape[1], shape[2], shape[3], columns, 0};
    GAN__TRY(image_grid_check(context, pictures, &grid, "gan_image_sheet"));
    if (columns == 0) grid.columns = (int64_t)ceil(sqrt((double)grid.n));
    if (grid.columns > grid.n) grid.columns = grid.n;
    grid.rows = (grid.n + grid.columns - 1) / grid.columns;
    return image_write_grid(pictures, &grid, path);
}

gan_status gan_image_sheet(const gan_tensor *pictures, int64_t columns, const char *path)
{
    GAN__TRY(gan__object_check(NULL, pictures, GAN__TENSOR, "gan_image_sheet", "pictures"));
    gan_context *context = pictures->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_sheet: path is NULL");
    GAN__RETURN_ENTERED(context, image_sheet(pictures, columns, path));
}
