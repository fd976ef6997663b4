/* png_read.c: the chunks are read first (png_file.c), their compressed data joined; then it is
 * expanded, the filters are undone in place, and the rows of each pass are spread over the
 * picture. */
#include "base/memory.h"
#include "files/inflate.h"
#include "files/png.h"
#include "files/png_file.h"

#include <gan/image.h>

#include <inttypes.h>

/* The part of the picture that one pass holds: every dx-th pixel of every dy-th row. */
typedef struct png_pass {
    uint32_t x, y, dx, dy;
    uint32_t width, height;
    size_t row; /* bytes of a row, without the filter's number */
} png_pass;

/* Pass `i` of the file: one of all pixels, or Adam7's seven. False when it is over. */
static bool png_pass_at(const gan__png_file *f, int i, png_pass *pass)
{
    static const uint8_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    if (i >= (f->interlaced ? 7 : 1)) return false;
    const uint8_t all[4] = {0, 0, 1, 1}, *grid = f->interlaced ? adam7[i] : all;
    pass->x = grid[0];
    pass->y = grid[1];
    pass->dx = grid[2];
    pass->dy = grid[3];
    pass->width = f->width > pass->x ? (f->width - pass->x - 1) / pass->dx + 1 : 0;
    pass->height = f->height > pass->y ? (f->height - pass->y - 1) / pass->dy + 1 : 0;
    if (pass->width == 0) pass->height = 0;
    pass->row = (size_t)(((uint64_t)pass->width * f->samples * f->depth + 7) / 8);
    return true;
}

/* Bytes of all passes, filters' numbers included. */
static gan_status png_measure(const gan__png_file *f, size_t *total)
{
    png_pass pass;
    *total = 0;
    for (int i = 0; png_pass_at(f, i, &pass); i++) {
        size_t size = 0;
        if (!gan__multiply_size(pass.row + 1, pass.height, &size) ||
            !gan__add_size(*total, size, total)) {
            return gan__bytes_fail(f->in, "a picture of %ux%u does not fit in memory", f->width,
                                   f->height);
        }
    }
    return GAN_OK;
}

/* Undoes a row's filter in place; `above` is NULL for the first row. `step` is a pixel's bytes, at
 * least one. */
static void png_unfilter(int filter, uint8_t *row, const uint8_t *above, size_t step, size_t size)
{
    if (filter == 1 || (filter == 4 && !above)) {
        for (size_t i = step; i < size; i++) row[i] = (uint8_t)(row[i] + row[i - step]);
    } else if (filter == 2 && above) {
        for (size_t i = 0; i < size; i++) row[i] = (uint8_t)(row[i] + above[i]);
    } else if (filter == 3) {
        for (size_t i = 0; i < size; i++) {
            int left = i < step ? 0 : row[i - step], up = above ? above[i] : 0;
            row[i] = (uint8_t)(row[i] + (left + up) / 2);
        }
    } else if (filter == 4) {
        size_t first = step < size ? step : size;
        for (size_t i = 0; i < first; i++) row[i] = (uint8_t)(row[i] + above[i]);
        for (size_t i = step; i < size; i++)
            row[i] = (uint8_t)(row[i] + gan__png_paeth(row[i - step], above[i], above[i - step]));
    }
}

static inline uint32_t png_sample(const uint8_t *row, size_t i, uint32_t depth)
{
    if (depth == 8) return row[i];
    if (depth == 16) return gan__load_u16be(row + 2 * i);
    size_t bit = i * depth;
    return (uint32_t)row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

static void png_store(const gan__picture *picture, size_t i, uint32_t value)
{
    if (picture->depth == 8)
        ((uint8_t *)picture->pixels)[i] = (uint8_t)value;
    else
        ((uint16_t *)picture->pixels)[i] = (uint16_t)value;
}

/* Spreads one row of a palette's indices over the picture. An index that the palette does not have
 * is counted; it is black. */
static void png_spread_palette(gan__png_file *f, const png_pass *pass, const uint8_t *row,
                               uint32_t y, const gan__picture *picture)
{
    size_t channels = (size_t)picture->channels;
    for (size_t i = 0; i < pass->width; i++) {
        size_t x = pass->x + i * pass->dx;
        uint32_t index = png_sample(row, i, f->depth);
        f->beyond += index >= f->palette_count;
        memcpy((uint8_t *)picture->pixels + (y * (size_t)picture->width + x) * channels,
               f->palette[index], channels);
    }
}

/* The same for samples that are values. */
static void png_spread(const gan__png_file *f, const png_pass *pass, const uint8_t *row, uint32_t y,
                       const gan__picture *picture)
{
    uint32_t scale = f->depth < 8 ? 255 / ((1u << f->depth) - 1) : 1;
    uint32_t opaque = f->depth == 16 ? 65535 : 255, depth = f->depth, samples = f->samples;
    size_t start = y * (size_t)picture->width, channels = (size_t)picture->channels;
    if (depth == 8 && pass->dx == 1 && !f->transparent) {
        memcpy((uint8_t *)picture->pixels + start * channels, row, pass->row);
        return;
    }
    for (size_t i = 0; i < pass->width; i++) {
        size_t to = (start + pass->x + i * pass->dx) * channels;
        bool is_clear = f->transparent;
        for (uint32_t c = 0; c < samples; c++) {
            uint32_t value = png_sample(row, i * samples + c, depth);
            is_clear = is_clear && value == f->clear[c];
            png_store(picture, to + c, value * scale);
        }
        if (f->transparent) png_store(picture, to + samples, is_clear ? 0 : opaque);
    }
}

static gan_status png_decode_pass(gan__png_file *f, const png_pass *pass, uint8_t *rows,
                                  const gan__picture *picture)
{
    size_t bits = (size_t)f->samples * f->depth, step = bits < 8 ? 1 : bits / 8;
    uint8_t *above = NULL;
    for (uint32_t i = 0; i < pass->height; i++, rows += pass->row + 1) {
        uint32_t y = pass->y + i * pass->dy;
        if (rows[0] > 4) return gan__bytes_fail(f->in, "row %u has filter %u", y, rows[0]);
        png_unfilter(rows[0], rows + 1, above, step, pass->row);
        above = rows + 1;
        if (f->colour == GAN__PNG_PALETTE)
            png_spread_palette(f, pass, above, y, picture);
        else
            png_spread(f, pass, above, y, picture);
    }
    return GAN_OK;
}

/* What the chunks say about the picture; few bytes can claim and even hold much, so there is a
 * limit. */
static gan_status png_describe(const gan__png_file *f, gan__picture *picture)
{
    picture->width = f->width;
    picture->height = f->height;
    picture->depth = f->depth == 16 ? 16 : 8;
    picture->channels = gan__png_channels(f);
    if (f->width <= GAN_IMAGE_VALUES / f->height / (uint32_t)picture->channels) return GAN_OK;
    return gan__bytes_fail_as(f->in, GAN_E_UNSUPPORTED,
                              "a picture of %ux%u with %d channels; %d values are served", f->width,
                              f->height, (int)picture->channels, GAN_IMAGE_VALUES);
}

static gan_status png_decode(gan__png_file *f, uint8_t *rows, gan__picture *picture)
{
    png_pass pass;
    GAN__TRY(gan__picture_allocate(f->in->context, picture));
    for (int i = 0; png_pass_at(f, i, &pass); i++) {
        GAN__TRY(png_decode_pass(f, &pass, rows, picture));
        rows += (pass.row + 1) * pass.height;
    }
    if (f->beyond > 0) {
        gan__png_warn(
            f, "IDAT: %" PRIu64 " pixels have a colour beyond the %u of PLTE; they are black",
            f->beyond, f->palette_count);
    }
    return GAN_OK;
}

/* Expands the joined data and makes the picture. */
static gan_status png_expand(gan__png_file *f, gan__picture *picture)
{
    gan__bytes data = {f->in->context, f->in->name, f->data, f->data_size, 0};
    size_t total, size = 0;
    uint8_t *rows = NULL;
    bool more;
    f->in->at = f->data_at;
    GAN__TRY(png_describe(f, picture));
    GAN__TRY(png_measure(f, &total));
    gan_status status = gan__inflate_first(&data, GAN__INFLATE_ZLIB, total, &rows, &size, &more);
    if (status != GAN_OK) return gan__fail_in(f->in->context, status, "IDAT, joined");
    if (more) {
        gan__png_warn(f, "IDAT: the data goes on behind the last row; that is ignored");
    } else if (gan__bytes_left(&data) > 0) {
        gan__png_warn(f, "IDAT: %zu bytes behind the compressed data are ignored",
                      gan__bytes_left(&data));
    }
    if (size == total) {
        status = png_decode(f, rows, picture);
    } else {
        status = gan__bytes_fail(f->in, "the data expands to %zu bytes, %ux%u pixels need %zu",
                                 size, f->width, f->height, total);
    }
    gan__free(f->in->context, rows);
    return status;
}

gan_status gan__png_read(gan__bytes *in, gan__picture *out)
{
    gan__png_file *f;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__allocate(in->context, &f, 1, sizeof *f));
    f->in = in;
    gan_status status = gan__png_read_chunks(f);
    size_t end = in->at;
    if (status == GAN_OK) status = png_expand(f, out);
    if (status == GAN_OK)
        in->at = end;
    else
        gan__picture_free(in->context, out);
    gan__free(in->context, f->data);
    gan__free(in->context, f);
    return status;
}

gan_status gan__png_peek(gan__bytes *in, gan__picture *out)
{
    gan__png_file *f;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__allocate(in->context, &f, 1, sizeof *f));
    f->in = in;
    gan_status status = gan__png_read_head(f);
    if (status == GAN_OK) status = png_describe(f, out);
    gan__free(in->context, f);
    return status;
}
