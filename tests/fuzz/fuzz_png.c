/* A PNG file as it is, if it has the signature; else the input is a header of 4 bytes (width,
 * height, kind, transparency) and filtered rows, from which a file with right checksums is made:
 * those would otherwise hide the decoder from the fuzzer. */
#include "fuzz.h"

#include "base/text.h"
#include "files/checksum.h"
#include "files/png.h"

static void fuzz_png_chunk(gan__text *text, const char *type, const void *data, size_t size)
{
    uint8_t number[4];
    size_t start = text->length + 4;
    gan__store_u32be(number, (uint32_t)size);
    gan__text_append(text, (const char *)number, 4);
    gan__text_append(text, type, 4);
    gan__text_append(text, data, size);
    if (text->status != GAN_OK) return;
    gan__store_u32be(number, gan__crc32(0, text->bytes + start, size + 4));
    gan__text_append(text, (const char *)number, 4);
}

/* A zlib stream of one stored block: data[0..size), at most 65535 bytes. */
static void fuzz_png_store(gan__text *text, const uint8_t *data, size_t size)
{
    uint8_t sum[4], head[7] = {0x78, 0x01, 1, (uint8_t)size, (uint8_t)(size >> 8)};
    head[5] = (uint8_t)~head[3];
    head[6] = (uint8_t)~head[4];
    gan__store_u32be(sum, gan__adler32(1, data, size));
    gan__text_append(text, (const char *)head, sizeof head);
    gan__text_append(text, (const char *)data, size);
    gan__text_append(text, (const char *)sum, sizeof sum);
}

static gan_status fuzz_png_make(gan__text *text, const uint8_t *bytes, size_t size)
{
    uint8_t header[13] = {0}, palette[3 * 16];
    gan__text data = {.context = text->context};
    fuzz_png_store(&data, bytes + 4, size - 4 < 65535 ? size - 4 : 65535);
    if (data.status != GAN_OK) {
        gan__text_free(&data);
        return data.status;
    }
    header[3] = bytes[0];
    header[7] = bytes[1];
    header[8] = (uint8_t)(1 << (bytes[2] & 7));
    header[9] = bytes[2] >> 3 & 7;
    header[12] = bytes[2] >> 6 & 1;
    for (size_t i = 0; i < sizeof palette; i++) palette[i] = (uint8_t)(5 * i);
    gan__text_append(text, "\x89PNG\r\n\x1a\n", 8);
    fuzz_png_chunk(text, "IHDR", header, sizeof header);
    if (header[9] == 3) fuzz_png_chunk(text, "PLTE", palette, header[8] < 4 ? 6 : sizeof palette);
    if (bytes[3] & 1) fuzz_png_chunk(text, "tRNS", palette, header[9] == 2 ? 6 : 2);
    fuzz_png_chunk(text, "IDAT", data.bytes, data.length / 2);
    fuzz_png_chunk(text, "IDAT", data.bytes + data.length / 2, data.length - data.length / 2);
    fuzz_png_chunk(text, "IEND", "", 0);
    gan__text_free(&data);
    return text->status;
}

static gan_status fuzz_png_read(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0};
    gan__picture picture;
    gan_status status = gan__png_read(&in, &picture);
    fuzz_require((status == GAN_OK) == (picture.pixels != NULL), "a failure leaves no picture");
    if (status == GAN_OK) {
        uint64_t sum = 0;
        size_t count = gan__picture_row(&picture) * (size_t)picture.height;
        for (size_t i = 0; i < count; i++) sum += ((const uint8_t *)picture.pixels)[i];
        fuzz_require(sum <= 255 * (uint64_t)count, "all pixels can be read");
    }
    gan__picture_free(context, &picture);
    return status;
}

static gan_status fuzz_png(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__text text = {.context = context};
    if (size < 4 || bytes[0] == 0x89) return fuzz_png_read(context, bytes, size);
    gan_status status = fuzz_png_make(&text, bytes, size);
    if (status == GAN_OK) {
        uint8_t *exact = malloc(text.length);
        if (!exact) abort();
        memcpy(exact, text.bytes, text.length);
        status = fuzz_png_read(context, exact, text.length);
        free(exact);
    }
    gan__text_free(&text);
    return status;
}

/* Rows: 1,032 times the data, half as much again while growing; pixels of a palette with one bit:
 * 32 times the rows. */
FUZZ_TARGET(fuzz_png, 34 * 1032)
