/* png_write.c: each row with the filter whose bytes, as signed numbers, have the least sum of sizes
 * (the heuristic that the PNG specification recommends), compressed as one stream. */
#include "base/memory.h"
#include "files/checksum.h"
#include "files/deflate.h"
#include "files/png.h"

enum {
    PNG_FILTERS = 5,
    PNG_CHUNK = 12,         /* bytes of a chunk beside its data */
    PNG_DATA_MOST = 1 << 30 /* bytes in one IDAT chunk */
};

/* One row as the file has it: 16-bit values with the high byte first. */
static void png_load_row(const gan__picture *picture, int64_t y, uint8_t *row)
{
    size_t size = gan__picture_row(picture);
    const uint8_t *from = (const uint8_t *)picture->pixels + (size_t)y * size;
    if (picture->depth == 8) {
        memcpy(row, from, size);
        return;
    }
    for (size_t i = 0; i < size; i += 2) {
        uint16_t value;
        memcpy(&value, from + i, 2);
        row[i] = (uint8_t)(value >> 8);
        row[i + 1] = (uint8_t)value;
    }
}

/* Applies a filter; `row` and `above` have `step` zeros (a pixel's bytes) in front of them. */
static void png_filter(int filter, const uint8_t *row, const uint8_t *above, size_t step,
                       size_t size, uint8_t *out)
{
    const uint8_t *left = row - step, *corner = above - step;
    switch (filter) {
    case 0: memcpy(out, row, size); break;
    case 1:
        for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(row[i] - left[i]);
        break;
    case 2:
        for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(row[i] - above[i]);
        break;
    case 3:
        for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(row[i] - (left[i] + above[i]) / 2);
        break;
    default:
        for (size_t i = 0; i < size; i++)
            out[i] = (uint8_t)(row[i] - gan__png_paeth(left[i], above[i], corner[i]));
        break;
    }
}

static uint64_t png_weight(const uint8_t *row, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++) sum += row[i] < 128 ? row[i] : 256u - row[i];
    return sum;
}

/* Writes the filtered rows, each behind the number of its filter. `rows` has room for two rows with
 * a pixel of zeros in front, and for one filtered row. */
static void png_filter_rows(const gan__picture *picture, uint8_t *rows, uint8_t *out)
{
    size_t size = gan__picture_row(picture), step = size / (size_t)picture->width;
    uint8_t *row = rows + step, *above = row + size + step, *trial = above + size;
    memset(rows, 0, 2 * (size + step));
    for (int64_t y = 0; y < picture->height; y++, out += size + 1) {
        uint64_t least = UINT64_MAX;
        png_load_row(picture, y, row);
        for (int filter = 0; filter < PNG_FILTERS; filter++) {
            png_filter(filter, row, above, step, size, trial);
            uint64_t weight = png_weight(trial, size);
            if (weight >= least) continue;
            least = weight;
            out[0] = (uint8_t)filter;
            memcpy(out + 1, trial, size);
        }
        uint8_t *other = row;
        row = above;
        above = other;
    }
}

static uint8_t *png_put_chunk(uint8_t *to, const char *type, const uint8_t *data, size_t size)
{
    gan__store_u32be(to, (uint32_t)size);
    memcpy(to + 4, type, 4);
    if (size > 0) memcpy(to + 8, data, size);
    gan__store_u32be(to + 8 + size, gan__crc32(0, to + 4, size + 4));
    return to + PNG_CHUNK + size;
}

static gan_status png_assemble(gan_context *context, const gan__picture *picture,
                               const uint8_t *data, size_t data_size, uint8_t **out, size_t *size)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t colour[5] = {0, 0, 4, 2, 6}; /* the colour type of 1 to 4 channels */
    uint8_t header[13] = {0}, *to;
    size_t chunks = 2 + data_size / PNG_DATA_MOST + 1;
    *size = sizeof signature + sizeof header + data_size + chunks * PNG_CHUNK;
    GAN__TRY(gan__allocate_raw(context, out, *size, 1));
    gan__store_u32be(header, (uint32_t)picture->width);
    gan__store_u32be(header + 4, (uint32_t)picture->height);
    header[8] = (uint8_t)picture->depth;
    header[9] = colour[picture->channels];
    memcpy(*out, signature, sizeof signature);
    to = png_put_chunk(*out + sizeof signature, "IHDR", header, sizeof header);
    for (size_t at = 0; at < data_size;) {
        size_t count = data_size - at < PNG_DATA_MOST ? data_size - at : PNG_DATA_MOST;
        to = png_put_chunk(to, "IDAT", data + at, count);
        at += count;
    }
    to = png_put_chunk(to, "IEND", NULL, 0);
    *size = (size_t)(to - *out);
    return GAN_OK;
}

gan_status gan__png_write(gan_context *context, const gan__picture *picture, uint8_t **out,
                          size_t *size)
{
    uint8_t *rows = NULL, *filtered = NULL, *data = NULL;
    size_t row = 0, total = 0, data_size = 0;
    *out = NULL;
    *size = 0;
    GAN__TRY(gan__picture_check(context, picture, "png"));
    row = gan__picture_row(picture);
    if (!gan__multiply_size(row + 1, (size_t)picture->height, &total))
        return gan__fail(context, GAN_E_MEMORY, "png: the picture is too large");
    gan_status status = gan__allocate_raw(context, &rows, 3 * row + 16, 1);
    if (status == GAN_OK) status = gan__allocate_raw(context, &filtered, total, 1);
    if (status == GAN_OK) {
        png_filter_rows(picture, rows, filtered);
        status = gan__zlib_compress(context, filtered, total, &data, &data_size);
    }
    gan__free(context, rows);
    gan__free(context, filtered);
    if (status == GAN_OK) status = png_assemble(context, picture, data, data_size, out, size);
    gan__free(context, data);
    return status;
}
