/* png_file.c: the chunks. Faults that do not touch the picture are warnings, as they are for
 * libpng: so chunks that need not be there are passed over when they are damaged or misplaced. What
 * the picture is made of must be whole: header, palette, compressed data. */
#include "files/png_file.h"

#include "base/memory.h"
#include "files/checksum.h"

typedef struct png_chunk {
    const uint8_t *type, *data;
    uint32_t size;
} png_chunk;

/* Where a chunk may stand, and how often. Of several tRNS the first that is right counts. */
typedef struct png_rule {
    char type[5];
    bool once, before_palette, before_data;
} png_rule;

static const png_rule png_rules[] = {
    {"PLTE", true, false, true},  {"tRNS", false, false, true}, {"cHRM", true, true, true},
    {"gAMA", true, true, true},   {"iCCP", true, true, true},   {"sBIT", true, true, true},
    {"sRGB", true, true, true},   {"cICP", true, true, true},   {"bKGD", true, false, true},
    {"hIST", true, false, true},  {"pHYs", true, false, true},  {"sPLT", false, false, true},
    {"eXIf", true, false, false}, {"tIME", true, false, false},
};

void gan__png_warn(gan__png_file *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gan__bytes_warn(f->in, &f->warnings, format, arguments);
    va_end(arguments);
}

static bool png_is(const png_chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

static bool png_is_type(const uint8_t *type)
{
    for (int i = 0; i < 4; i++) {
        uint8_t letter = type[i] | 32;
        if (letter < 'a' || letter > 'z') return false;
    }
    return true;
}

/* The next chunk, its checksum not verified; in->at is behind it. */
static gan_status png_next_chunk(gan__bytes *in, png_chunk *chunk)
{
    const uint8_t *head, *crc;
    GAN__TRY(gan__bytes_take(in, 8, "the length and type of a chunk", &head));
    chunk->size = gan__load_u32be(head);
    chunk->type = head + 4;
    if (!png_is_type(chunk->type)) {
        in->at -= 8;
        return gan__bytes_fail(in, "a chunk of the type 0x%08x", gan__load_u32be(chunk->type));
    }
    GAN__TRY(gan__bytes_take(in, chunk->size, "the data of a chunk", &chunk->data));
    return gan__bytes_take(in, 4, "the CRC of a chunk", &crc);
}

/* Whether the picture is all there without this chunk. */
static bool png_is_spare(const gan__png_file *f, const png_chunk *chunk)
{
    return (chunk->type[0] & 32) || png_is(chunk, "IEND") ||
           (png_is(chunk, "PLTE") && f->colour != GAN__PNG_PALETTE);
}

/* *spoilt: the checksum is wrong, and that does not matter. */
static gan_status png_check_crc(gan__png_file *f, const png_chunk *chunk, bool *spoilt)
{
    uint32_t found = gan__crc32(0, chunk->type, (size_t)chunk->size + 4);
    uint32_t stored = gan__load_u32be(chunk->data + chunk->size);
    *spoilt = found != stored;
    if (found == stored) return GAN_OK;
    f->in->at -= 4;
    if (!png_is_spare(f, chunk)) {
        return gan__bytes_fail(f->in, "the CRC of chunk %.4s is 0x%08x, its data's is 0x%08x",
                               (const char *)chunk->type, stored, found);
    }
    gan__png_warn(f, "the CRC of chunk %.4s is 0x%08x, its data's is 0x%08x; it is ignored",
                  (const char *)chunk->type, stored, found);
    f->in->at += 4;
    return GAN_OK;
}

static gan_status png_read_header(gan__png_file *f, const png_chunk *chunk)
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
    if (f->width == 0 || f->height == 0 || f->width > INT32_MAX || f->height > INT32_MAX)
        return gan__bytes_fail(f->in, "width %u and height %u", f->width, f->height);
    if (f->colour > 6 || (f->depth & (f->depth - 1)) != 0 || (depths[f->colour] & f->depth) == 0)
        return gan__bytes_fail(f->in, "colour type %u with %u bits a sample", f->colour, f->depth);
    if (p[10] != 0 || p[11] != 0 || p[12] > 1) {
        return gan__bytes_fail(f->in, "compression %u, filter method %u, interlace method %u",
                               p[10], p[11], p[12]);
    }
    f->samples = samples[f->colour];
    f->in->at += chunk->size + 4;
    return GAN_OK;
}

/* What is wrong with the place of a chunk; NULL: nothing. */
static const char *png_misplaced(gan__png_file *f, const png_chunk *chunk)
{
    for (uint32_t i = 0; i < sizeof png_rules / sizeof *png_rules; i++) {
        const png_rule *rule = &png_rules[i];
        uint32_t bit = (uint32_t)1 << i;
        if (!png_is(chunk, rule->type)) continue;
        if (rule->once && (f->seen & bit)) return "stands there twice";
        f->seen |= bit;
        if (rule->before_data && f->data) return "stands behind IDAT";
        return rule->before_palette && (f->seen & 1) ? "stands behind PLTE" : NULL; /* bit 0 */
    }
    return NULL;
}

/* Colours that no pixel can have are passed over. Where the colours are in the pixels a palette
 * says nothing about them. */
static gan_status png_read_palette(gan__png_file *f, const png_chunk *chunk)
{
    uint32_t most = 1u << f->depth, count = chunk->size / 3;
    bool bad_size = chunk->size % 3 != 0 || count == 0 || count > GAN__PNG_COLOURS;
    if (f->colour != GAN__PNG_PALETTE) {
        if (bad_size) gan__png_warn(f, "a palette of %u bytes is ignored", chunk->size);
        if (!bad_size && !(f->colour & GAN__PNG_RGB))
            gan__png_warn(f, "the palette of a grey picture is ignored");
        return GAN_OK;
    }
    if (bad_size) {
        return gan__bytes_fail(f->in, "a palette of %u bytes, at most 3 times %d", chunk->size,
                               GAN__PNG_COLOURS);
    }
    f->palette_count = count < most ? count : most;
    for (uint32_t i = 0; i < f->palette_count; i++) memcpy(f->palette[i], chunk->data + 3 * i, 3);
    return GAN_OK;
}

static void png_read_transparency(gan__png_file *f, const png_chunk *chunk)
{
    bool is_palette = f->colour == GAN__PNG_PALETTE;
    uint32_t least = is_palette ? 1 : 2 * f->samples;
    uint32_t most = is_palette ? f->palette_count : least, over = 0;
    if (f->transparent || f->colour > GAN__PNG_PALETTE || (is_palette && f->palette_count == 0)) {
        gan__png_warn(f, "chunk tRNS %s; it is ignored",
                      f->transparent ? "stands there twice"
                      : is_palette   ? "stands before PLTE"
                                     : "is in a picture with alpha");
        return;
    }
    if (chunk->size < least || chunk->size > most) {
        gan__png_warn(f, "chunk tRNS has %u bytes, not %u to %u; it is ignored", chunk->size, least,
                      most);
        return;
    }
    f->transparent = true;
    for (uint32_t i = 0; is_palette && i < chunk->size; i++) f->palette[i][3] = chunk->data[i];
    for (uint32_t i = 0; !is_palette && i < f->samples; i++) {
        uint32_t value = gan__load_u16be(chunk->data + 2 * i);
        over |= value >> f->depth;
        f->clear[i] = value & ((1u << f->depth) - 1);
    }
    if (over) gan__png_warn(f, "chunk tRNS has a sample of more than %u bits", f->depth);
}

/* Appends to the joined data, which has room for the whole file. */
static gan_status png_read_data(gan__png_file *f, const png_chunk *chunk)
{
    if (f->data_ended) {
        gan__png_warn(f, "an IDAT chunk apart from the others is ignored");
        return GAN_OK;
    }
    if (!f->data) {
        f->data_at = (size_t)(chunk->data - f->in->data);
        GAN__TRY(gan__allocate_raw(f->in->context, &f->data, f->in->size, 1));
    }
    memcpy(f->data + f->data_size, chunk->data, chunk->size);
    f->data_size += chunk->size;
    return GAN_OK;
}

/* Any chunk but IHDR, IDAT and IEND; its checksum is right. */
static gan_status png_read_other(gan__png_file *f, const png_chunk *chunk)
{
    const char *misplaced = png_misplaced(f, chunk);
    bool palette = png_is(chunk, "PLTE");
    if (misplaced && palette && f->colour == GAN__PNG_PALETTE)
        return gan__bytes_fail(f->in, "the palette %s", misplaced);
    if (misplaced) {
        gan__png_warn(f, "chunk %.4s %s; it is ignored", (const char *)chunk->type, misplaced);
        return GAN_OK;
    }
    if (palette) return png_read_palette(f, chunk);
    if (png_is(chunk, "tRNS"))
        png_read_transparency(f, chunk);
    else if (!(chunk->type[0] & 32))
        return gan__bytes_fail(f->in, "the unknown critical chunk %.4s", (const char *)chunk->type);
    return GAN_OK;
}

/* Once there is compressed data, a file may end without IEND; a chunk of data that is cut is an
 * error. */
static bool png_ends_early(gan__png_file *f)
{
    const uint8_t *head = f->in->data + f->in->at;
    size_t left = gan__bytes_left(f->in);
    if (!f->data || (!f->data_ended && left >= 8 && memcmp(head + 4, "IDAT", 4) == 0)) return false;
    if (left >= 12 && png_is_type(head + 4) && gan__load_u32be(head) <= left - 12) return false;
    gan__png_warn(f,
                  left > 0 ? "%zu bytes that are no whole chunk stand in the place of chunk IEND"
                           : "the file ends without chunk IEND",
                  left);
    f->in->at = f->in->size;
    return true;
}

static void png_end(gan__png_file *f, const png_chunk *chunk)
{
    if (chunk->size > 0) gan__png_warn(f, "chunk IEND has %u bytes of data", chunk->size);
    if (gan__bytes_left(f->in) == 0) return;
    gan__png_warn(f, "%zu bytes behind chunk IEND are ignored", gan__bytes_left(f->in));
}

static bool png_is_next(const gan__png_file *f, const char *type)
{
    return gan__bytes_left(f->in) >= 8 && memcmp(f->in->data + f->in->at + 4, type, 4) == 0;
}

/* From behind IHDR to the end, or to the data. */
static gan_status png_read_rest(gan__png_file *f, bool all)
{
    png_chunk chunk;
    while (!png_ends_early(f)) {
        bool spoilt;
        if (!all && png_is_next(f, "IDAT")) break;
        GAN__TRY(png_next_chunk(f->in, &chunk));
        GAN__TRY(png_check_crc(f, &chunk, &spoilt));
        if (png_is(&chunk, "IEND")) {
            png_end(f, &chunk);
            break;
        }
        if (png_is(&chunk, "IDAT")) {
            GAN__TRY(png_read_data(f, &chunk));
            continue;
        }
        f->data_ended = f->data != NULL;
        if (!spoilt) GAN__TRY(png_read_other(f, &chunk));
    }
    return GAN_OK;
}

/* Up to the end of IHDR. */
static gan_status png_read_start(gan__png_file *f)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const uint8_t *p;
    png_chunk chunk;
    bool spoilt;
    for (int i = 0; i < GAN__PNG_COLOURS; i++) f->palette[i][3] = 255;
    GAN__TRY(gan__bytes_take(f->in, sizeof signature, "the signature", &p));
    if (memcmp(p, signature, sizeof signature) != 0) {
        f->in->at -= sizeof signature;
        return gan__bytes_fail(f->in, "this is no PNG file");
    }
    GAN__TRY(png_next_chunk(f->in, &chunk));
    GAN__TRY(png_check_crc(f, &chunk, &spoilt));
    return png_read_header(f, &chunk);
}

gan_status gan__png_read_head(gan__png_file *f)
{
    GAN__TRY(png_read_start(f));
    return png_read_rest(f, false);
}

gan_status gan__png_read_chunks(gan__png_file *f)
{
    GAN__TRY(png_read_start(f));
    GAN__TRY(png_read_rest(f, true));
    if (!f->data) return gan__bytes_fail(f->in, "there is no IDAT chunk");
    if (f->colour == GAN__PNG_PALETTE && f->palette_count == 0)
        return gan__bytes_fail(f->in, "there is no palette");
    return GAN_OK;
}
