/* sheets.c: the sizes of sheets, and sequences as curves. gan_image_sheet arranges them, a pixel
 * between pictures. */
#include "sheets.h"

#include <math.h>

/* ---- sequences ---- */

/* A row of pixels shows nothing, so each channel of one becomes a curve on a strip of this height,
 * a line between strips. What is shorter are pixels. */
enum { LEAST_SEQUENCE = 16, STRIP = 64, GREY = 192, WHITE = 255 };

static bool is_sequence(const int64_t shape[3])
{
    return shape[0] == 1 && shape[1] >= LEAST_SEQUENCE;
}

/* What takes the place of a picture of this shape. */
static void drawn_shape(const int64_t shape[3], int64_t drawn[3])
{
    const bool curve = is_sequence(shape);
    drawn[0] = curve ? shape[2] * (STRIP + 1) - 1 : shape[0];
    drawn[1] = shape[1];
    drawn[2] = curve ? 1 : shape[2];
}

/* One channel of a sequence: number x is at x * step from the first on. */
typedef struct channel {
    const float *numbers; /* NULL: they are bytes */
    const unsigned char *bytes;
    int64_t step;
} channel;

/* Where on its strip a number lies: 1 at the top, -1, or what is none, at the foot. */
static double row_of(const channel *c, int64_t x)
{
    const double value =
        c->numbers ? (double)c->numbers[x * c->step] : c->bytes[x * c->step] / 127.5 - 1;
    return value > -1 ? (1 - fmin(1, value)) / 2 * (STRIP - 1) : STRIP - 1;
}

/* Black on white, with the zero in grey. A column is black from half the way to its neighbour on
 * the left to half the way to that on the right, so that the curve has no gaps. */
static void draw_strip(const channel *c, int64_t width, unsigned char *strip)
{
    for (int64_t x = 0; x < width; x++) {
        const double row = row_of(c, x);
        const double left = x > 0 ? (row_of(c, x - 1) + row) / 2 : row;
        const double right = x + 1 < width ? (row_of(c, x + 1) + row) / 2 : row;
        const double top = floor(fmin(row, fmin(left, right)) + 0.5);
        const double foot = floor(fmax(row, fmax(left, right)) + 0.5);
        for (int y = 0; y < STRIP; y++)
            if (y < top || y > foot) strip[y * width + x] = y == STRIP / 2 ? GREY : WHITE;
    }
}

/* Sequences N x 1 x W x C as pictures of bytes, N x H x W x 1. */
static gan_status draw_curves(gan_context *context, const gan_tensor *sequences, gan_tensor **out)
{
    const int64_t *shape = gan_tensor_shape(sequences), width = shape[2], channels = shape[3];
    int64_t drawn[4] = {shape[0]};
    drawn_shape(shape + 1, drawn + 1);
    const gan_status status = gan_tensor_create(out, context, GAN_UINT8, 4, drawn);
    if (status != GAN_OK) return status;
    const bool floats = gan_tensor_dtype(sequences) == GAN_FLOAT32;
    const float *numbers = gan_tensor_data(sequences);
    const unsigned char *bytes = gan_tensor_data(sequences);
    for (int64_t i = 0; i < drawn[0] * channels; i++) {
        const int64_t first = i / channels * width * channels + i % channels;
        const channel c = {floats ? numbers + first : NULL, bytes + first, channels};
        const int64_t row = i / channels * drawn[1] + i % channels * (STRIP + 1);
        draw_strip(&c, width, (unsigned char *)gan_tensor_data(*out) + row * width);
    }
    return GAN_OK;
}

gan_status sheet_save(gan_context *context, const gan_tensor *pictures, int64_t columns,
                      const char *path)
{
    gan_tensor *curves = NULL;
    gan_status status = GAN_OK;
    const bool sequences =
        gan_tensor_rank(pictures) == 4 && is_sequence(gan_tensor_shape(pictures) + 1);
    if (sequences) status = draw_curves(context, pictures, &curves);
    if (status == GAN_OK) status = gan_image_sheet(sequences ? curves : pictures, columns, path);
    gan_tensor_release(curves);
    return status;
}

/* ---- sizes ---- */

int64_t sheet_columns(int64_t examples, int64_t pictures, const int64_t shape[3])
{
    const bool curves = is_sequence(shape);
    int64_t drawn[3];
    if (pictures == 1 && !curves) return 0;
    drawn_shape(shape, drawn);
    const double high = curves ? (double)drawn[0] / (double)drawn[1] : 1;
    const double side = sqrt((double)(examples * pictures) * high) / (double)pictures;
    return pictures * (side < 1 ? 1 : (int64_t)(side + 0.5));
}

const char *sheet_fault(const int64_t shape[3])
{
    int64_t drawn[3];
    drawn_shape(shape, drawn);
    /* Grey with alpha it could be, too, but no one has pictures of such a pixel. */
    if (drawn[0] == 1 && drawn[1] == 1 && drawn[2] == 2)
        return "what it makes are points of 1x1, not pictures";
    return drawn[2] > 4 ? "what it makes has more channels than the 4 of a picture" : NULL;
}

int sheet_check(const command *self, const char *name, int64_t given, const int64_t shape[3],
                int64_t pictures, int64_t columns)
{
    int64_t drawn[3];
    drawn_shape(shape, drawn);
    const double across = columns > 0 ? (double)columns : ceil(sqrt((double)pictures));
    const double width = fmin(across, (double)pictures) * (double)(drawn[1] + 1) - 1;
    const double height = ceil((double)pictures / across) * (double)(drawn[0] + 1) - 1;
    if (height * width * (double)drawn[2] <= GAN_IMAGE_VALUES) return EXIT_GOOD;
    return complain(self, EXIT_INPUT,
                    "%s %lld: a sheet of so many pictures of %lldx%lldx%lld has more values than "
                    "the %d of a PNG file",
                    name, (long long)given, (long long)shape[0], (long long)shape[1],
                    (long long)shape[2], GAN_IMAGE_VALUES);
}
