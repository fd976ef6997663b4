/* The chunks are read first, their compressed data joined; then it is expanded, the filters are
 * undone in place, and the rows of each pass are spread over the picture. */
#include "base/memory.h"
#include "files/checksum.h"
#include "files/inflate.h"
#include "files/png.h"

#include <inttypes.h>

enum {
    PNG_GREY = 0,
    PNG_RGB = 2,
    PNG_PALETTE = 3,
    PNG_GREY_ALPHA = 4,
    PNG_RGB_ALPHA = 6,
    PNG_COLOURS = 256,
    PNG_MOST = 1 << 28 /* values of a picture */
};

/* What the chunks say. */
typedef struct png_file {
    gan__bytes *in;
    uint32_t width, height;
    uint32_t depth, colour; /* bits of a sample; colour type */
    uint32_t samples;       /* of a pixel in the file */
    bool interlaced;
    uint32_t palette_count; /* 0: there is none */
    uint8_t palette[PNG_COLOURS][4];
    bool transparent;          /* tRNS was there */
    uint32_t clear[3];         /* the samples of the transparent colour, grey or RGB */
    uint8_t *data;             /* of all IDAT chunks, joined */
    size_t data_size, data_at; /* data_at: where the first one begins in the file */
    bool data_ended;           /* another chunk came after IDAT */
} png_file;

typedef struct png_chunk {
    const uint8_t *type, *data;
    uint32_t size;
} png_chunk;

/* The part of the picture that one pass holds: every dx-th pixel of every dy-th row. */
typedef struct png_pass {
    uint32_t x, y, dx, dy;
    uint32_t width, height;
    size_t row; /* bytes of a row, without the filter's number */
} png_pass;

/* The next chunk, its checksum verified; in->at is behind it. */
static gan_status png_next_chunk(gan__bytes *in, png_chunk *chunk)
{
    const uint8_t *head, *crc;
    GAN__TRY(gan__bytes_take(in, 8, "the length and type of a chunk", &head));
    chunk->size = gan__load_u32be(head);
    chunk->type = head + 4;
    for (int i = 0; i < 4; i++) {
        uint8_t letter = chunk->type[i] | 32;
        if (letter >= 'a' && letter <= 'z') continue;
        in->at -= 8;
        return gan__bytes_fail(in, "a chunk of the type 0x%08x", gan__load_u32be(chunk->type));
    }
    GAN__TRY(gan__bytes_take(in, chunk->size, "the data of a chunk", &chunk->data));
    GAN__TRY(gan__bytes_take(in, 4, "the CRC of a chunk", &crc));
    uint32_t found = gan__crc32(0, chunk->type, (size_t)chunk->size + 4);
    if (gan__load_u32be(crc) == found) return GAN_OK;
    in->at -= 4;
    return gan__bytes_fail(in, "the CRC of chunk %.4s is 0x%08x, its data's is 0x%08x",
                           (const char *)chunk->type, gan__load_u32be(crc), found);
}

static bool png_is(const png_chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

static gan_status png_read_header(png_file *f, const png_chunk *chunk)
{
    /* Of each colour type; 0: there is no such type. */
    static const uint8_t samples[7] = {1, 0, 3, 1, 2, 0, 4};
    static const uint8_t depths[7] = {
        1 | 2 | 4 | 8 | 16, 0, 8 | 16, 1 | 2 | 4 | 8, 8 | 16, 0, 8 | 16};
    const uint8_t *p = chunk->data;
    f->in->at = (size_t)(p - f->in->data);
    if (!png_is(chunk, "IHDR") || chunk->size != 13) {
        return gan__bytes_fail(f->in, "the first chunk is %.4s of %u bytes, not IHDR of 13",
                               (const char *)chunk->type, chunk->size);
    }
    f->width = gan__load_u32be(p);
    f->height = gan__load_u32be(p + 4);
    f->depth = p[8];
    f->colour = p[9];
    f->interlaced = p[12] == 1;
    if (f->width == 0 || f->height == 0 || f->width > INT32_MAX || f->height > INT32_MAX) {
        return gan__bytes_fail(f->in, "width %u and height %u", f->width, f->height);
    }
    if (f->colour > 6 || (f->depth & (f->depth - 1)) != 0 || (depths[f->colour] & f->depth) == 0) {
        return gan__bytes_fail(f->in, "colour type %u with %u bits a sample", f->colour, f->depth);
    }
    if (p[10] != 0 || p[11] != 0 || p[12] > 1) {
        return gan__bytes_fail(f->in, "compression %u, filter method %u, interlace method %u",
                               p[10], p[11], p[12]);
    }
    f->samples = samples[f->colour];
    f->in->at += chunk->size + 4;
    return GAN_OK;
}

/* As other readers do: a palette in a grey picture is passed over, and so are colours that no pixel
 * can have. */
static gan_status png_read_palette(png_file *f, const png_chunk *chunk)
{
    uint32_t most = f->colour == PNG_PALETTE ? 1u << f->depth : PNG_COLOURS;
    uint32_t count = chunk->size / 3;
    if (f->colour == PNG_GREY || f->colour == PNG_GREY_ALPHA) return GAN_OK;
    if (f->palette_count > 0 || f->data) {
        return gan__bytes_fail(f->in, "a palette that is misplaced (colour type %u)", f->colour);
    }
    if (chunk->size % 3 != 0 || count == 0 || count > PNG_COLOURS) {
        return gan__bytes_fail(f->in, "a palette of %u bytes, at most 3 times %d", chunk->size,
                               PNG_COLOURS);
    }
    if (count > most) count = most;
    f->palette_count = count;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(f->palette[i], chunk->data + 3 * i, 3);
        f->palette[i][3] = 255;
    }
    return GAN_OK;
}

/* What is longer than it can be is cut, as other readers do. */
static gan_status png_read_transparency(png_file *f, const png_chunk *chunk)
{
    bool is_palette = f->colour == PNG_PALETTE;
    uint32_t needed = is_palette ? 0 : 2 * f->samples;
    if (f->colour > PNG_PALETTE || f->transparent || f->data ||
        (is_palette && f->palette_count == 0)) {
        return gan__bytes_fail(f->in, "a tRNS chunk that is misplaced (colour type %u)", f->colour);
    }
    if (chunk->size < needed) {
        return gan__bytes_fail(f->in, "a tRNS chunk of %u bytes, not %u", chunk->size, needed);
    }
    f->transparent = true;
    for (uint32_t i = 0; is_palette && i < chunk->size && i < f->palette_count; i++) {
        f->palette[i][3] = chunk->data[i];
    }
    for (uint32_t i = 0; !is_palette && i < f->samples; i++) {
        f->clear[i] = gan__load_u16be(chunk->data + 2 * i) & ((1u << f->depth) - 1);
    }
    return GAN_OK;
}

/* Appends to the joined data, which has room for the whole file. */
static gan_status png_read_data(png_file *f, const png_chunk *chunk)
{
    if (f->data_ended) return gan__bytes_fail(f->in, "an IDAT chunk apart from the others");
    if (!f->data) {
        f->data_at = (size_t)(chunk->data - f->in->data);
        GAN__TRY(gan__allocate_raw(f->in->context, &f->data, f->in->size, 1));
    }
    memcpy(f->data + f->data_size, chunk->data, chunk->size);
    f->data_size += chunk->size;
    return GAN_OK;
}

static gan_status png_read_chunks(png_file *f)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const uint8_t *p;
    png_chunk chunk;
    GAN__TRY(gan__bytes_take(f->in, sizeof signature, "the signature", &p));
    if (memcmp(p, signature, sizeof signature) != 0) {
        f->in->at -= sizeof signature;
        return gan__bytes_fail(f->in, "this is no PNG file");
    }
    GAN__TRY(png_next_chunk(f->in, &chunk));
    GAN__TRY(png_read_header(f, &chunk));
    for (;;) {
        GAN__TRY(png_next_chunk(f->in, &chunk));
        if (png_is(&chunk, "IEND")) break;
        if (png_is(&chunk, "IDAT")) {
            GAN__TRY(png_read_data(f, &chunk));
            continue;
        }
        f->data_ended = f->data != NULL;
        if (png_is(&chunk, "PLTE")) {
            GAN__TRY(png_read_palette(f, &chunk));
        } else if (png_is(&chunk, "tRNS")) {
            GAN__TRY(png_read_transparency(f, &chunk));
        } else if (!(chunk.type[0] & 32)) {
            return gan__bytes_fail(f->in, "the unknown critical chunk %.4s",
                                   (const char *)chunk.type);
        }
    }
    if (!f->data) return gan__bytes_fail(f->in, "there is no IDAT chunk");
    if (f->colour == PNG_PALETTE && f->palette_count == 0) {
        return gan__bytes_fail(f->in, "there is no palette");
    }
    return GAN_OK;
}

/* Pass `i` of the file: one of all pixels, or Adam7's seven. False when it is over. */
static bool png_pass_at(const png_file *f, int i, png_pass *pass)
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
static gan_status png_measure(const png_file *f, size_t *total)
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
        for (size_t i = step; i < size; i++) {
            row[i] = (uint8_t)(row[i] + gan__png_paeth(row[i - step], above[i], above[i - step]));
        }
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
    if (picture->depth == 8) {
        ((uint8_t *)picture->pixels)[i] = (uint8_t)value;
    } else {
        ((uint16_t *)picture->pixels)[i] = (uint16_t)value;
    }
}

/* Spreads one row of a palette's indices over the picture. */
static gan_status png_spread_palette(const png_file *f, const png_pass *pass, const uint8_t *row,
                                     uint32_t y, const gan__picture *picture)
{
    size_t channels = (size_t)picture->channels;
    for (size_t i = 0; i < pass->width; i++) {
        size_t x = pass->x + i * pass->dx;
        uint32_t index = png_sample(row, i, f->depth);
        if (index >= f->palette_count) {
            return gan__bytes_fail(f->in, "pixel %zu, %u is colour %u of %u", x, y, index,
                                   f->palette_count);
        }
        memcpy((uint8_t *)picture->pixels + (y * (size_t)picture->width + x) * channels,
               f->palette[index], channels);
    }
    return GAN_OK;
}

/* The same for samples that are values. */
static void png_spread(const png_file *f, const png_pass *pass, const uint8_t *row, uint32_t y,
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

static gan_status png_decode_pass(const png_file *f, const png_pass *pass, uint8_t *rows,
                                  const gan__picture *picture)
{
    size_t bits = (size_t)f->samples * f->depth, step = bits < 8 ? 1 : bits / 8;
    uint8_t *above = NULL;
    for (uint32_t i = 0; i < pass->height; i++, rows += pass->row + 1) {
        uint32_t y = pass->y + i * pass->dy;
        if (rows[0] > 4) return gan__bytes_fail(f->in, "row %u has filter %u", y, rows[0]);
        png_unfilter(rows[0], rows + 1, above, step, pass->row);
        above = rows + 1;
        if (f->colour == PNG_PALETTE) {
            GAN__TRY(png_spread_palette(f, pass, above, y, picture));
        } else {
            png_spread(f, pass, above, y, picture);
        }
    }
    return GAN_OK;
}

/* What the chunks say about the picture; few bytes can claim and even hold much, so there is a
 * limit. */
static gan_status png_describe(const png_file *f, gan__picture *picture)
{
    picture->width = f->width;
    picture->height = f->height;
    picture->depth = f->depth == 16 ? 16 : 8;
    picture->channels = (int32_t)(f->colour == PNG_PALETTE ? 3 : f->samples) + f->transparent;
    if (f->width <= PNG_MOST / f->height / (uint32_t)picture->channels) return GAN_OK;
    return gan__bytes_fail_as(f->in, GAN_E_UNSUPPORTED,
                              "a picture of %ux%u with %d channels; %d values are served", f->width,
                              f->height, (int)picture->channels, PNG_MOST);
}

static gan_status png_decode(const png_file *f, uint8_t *rows, gan__picture *picture)
{
    png_pass pass;
    GAN__TRY(gan__picture_allocate(f->in->context, picture));
    for (int i = 0; png_pass_at(f, i, &pass); i++) {
        GAN__TRY(png_decode_pass(f, &pass, rows, picture));
        rows += (pass.row + 1) * pass.height;
    }
    return GAN_OK;
}

/* Expands the joined data and makes the picture. */
static gan_status png_expand(png_file *f, gan__picture *picture)
{
    gan__bytes data = {f->in->context, f->in->name, f->data, f->data_size, 0};
    size_t total, size = 0;
    uint8_t *rows = NULL;
    f->in->at = f->data_at;
    GAN__TRY(png_describe(f, picture));
    GAN__TRY(png_measure(f, &total));
    gan_status status = gan__inflate(&data, GAN__INFLATE_ZLIB, total, &rows, &size);
    if (status != GAN_OK) return gan__fail_in(f->in->context, status, "IDAT, joined");
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
    png_file *f;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__allocate(in->context, &f, 1, sizeof *f));
    f->in = in;
    gan_status status = png_read_chunks(f);
    size_t end = in->at;
    if (status == GAN_OK) status = png_expand(f, out);
    if (status == GAN_OK) {
        in->at = end;
    } else {
        gan__picture_free(in->context, out);
    }
    gan__free(in->context, f->data);
    gan__free(in->context, f);
    return status;
}
