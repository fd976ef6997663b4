/* The pictures of data/pngsuite are Willem van Schaik's; what they decode to comes from
 * make_pngsuite.py. */
#include "files_test.h"

#include "files/checksum.h"
#include "files/deflate.h"
#include "files/png.h"

typedef struct png_expected {
    const char *name;
    int width, height, channels, depth; /* all 0: a broken file */
    uint32_t crc;
} png_expected;

#include "pngsuite.h"

typedef struct png_fault {
    const char *name;
    const uint8_t *bytes;
    size_t size;
    int width, height, channels; /* all 0: there is no picture, and the last word is the error's */
    uint32_t crc;
    const char *word;
} png_fault;

#include "pngfaults.h"

/* What the log was told of the last file. */
static char png_log[8][300];
static int png_lines;

static void png_note(void *user, int32_t level, const char *line)
{
    (void)user;
    CHECK_INT(level, GAN_LOG_WARNING);
    if (png_lines < 8) snprintf(png_log[png_lines], sizeof png_log[0], "%s", line);
    png_lines++;
}

static uint32_t png_crc(const gan__picture *picture)
{
    return gan__crc32(0, picture->pixels, gan__picture_row(picture) * (size_t)picture->height);
}

TEST(suite)
{
    static unsigned char bytes[10000];
    for (size_t i = 0; i < sizeof png_table / sizeof *png_table; i++) {
        const png_expected *expected = &png_table[i];
        char name[100];
        gan__picture picture;
        snprintf(name, sizeof name, "pngsuite/%s.png", expected->name);
        gan__bytes in = files_bytes(bytes, files_read_source(name, bytes, sizeof bytes));
        gan_status status = gan__png_read(&in, &picture);
        if (!CHECK_INT(status, expected->width ? GAN_OK : GAN_E_FORMAT)) printf("%s\n", name);
        if (!CHECK_INT(png_lines, 0)) printf("%s: %s\n", name, png_log[0]);
        if (status != GAN_OK) continue;
        CHECK_INT(picture.width, expected->width);
        CHECK_INT(picture.height, expected->height);
        CHECK_INT(picture.channels, expected->channels);
        CHECK_INT(picture.depth, expected->depth);
        if (!CHECK_INT(png_crc(&picture), expected->crc)) printf("%s\n", name);
        CHECK_INT(in.at, in.size);
        gan__picture_free(files_context, &picture);
    }
}

static void check_fault(const png_fault *fault)
{
    gan__picture picture;
    gan__bytes in = files_bytes(fault->bytes, fault->size);
    int errors = test_errors;
    png_lines = 0;
    gan_status status = gan__png_read(&in, &picture);
    const char *said = fault->width ? png_log[0] : gan_context_message(files_context);
    if (CHECK_INT(status, fault->width ? GAN_OK : GAN_E_FORMAT) && fault->width) {
        CHECK_INT(png_lines, 1);
        CHECK_INT(picture.width, fault->width);
        CHECK_INT(picture.height, fault->height);
        CHECK_INT(picture.channels, fault->channels);
        CHECK_INT(picture.depth, 8);
        CHECK_INT(png_crc(&picture), fault->crc);
        CHECK(strncmp(said, "file: byte ", 11) == 0);
    }
    CHECK(strstr(said, fault->word) != NULL);
    if (test_errors > errors) printf("%s: %s\n", fault->name, said);
    gan__picture_free(files_context, &picture);
}

/* Faults that leave the picture whole are warnings: the pixels are libpng's. */
TEST(faults)
{
    for (size_t i = 0; i < sizeof png_faults / sizeof *png_faults; i++) check_fault(&png_faults[i]);
    png_lines = 0;
}

/* Values that favour a different filter in each band of rows. */
static uint32_t png_value(int64_t x, int64_t y, int32_t c)
{
    switch (y / 3 % 4) {
    case 0: return (uint32_t)(x * 7 + c);
    case 1: return (uint32_t)(x * x * 13 + c * 31);
    case 2: return (uint32_t)(x * y * 3 + y * 1000);
    default: return (uint32_t)((x * 2654435761u + (uint32_t)y) >> 7);
    }
}

static void png_round(int64_t width, int64_t height, int32_t channels, int32_t depth)
{
    gan__picture picture = {width, height, channels, depth, NULL}, again;
    uint8_t *bytes;
    size_t size;
    CHECK_OK(gan__picture_allocate(files_context, &picture));
    for (int64_t i = 0; i < width * height * channels; i++) {
        int64_t pixel = i / channels;
        uint32_t value = png_value(pixel % width, pixel / width, (int32_t)(i % channels));
        if (depth == 8)
            ((uint8_t *)picture.pixels)[i] = (uint8_t)value;
        else
            ((uint16_t *)picture.pixels)[i] = (uint16_t)value;
    }
    if (CHECK_OK(gan__png_write(files_context, &picture, &bytes, &size))) {
        gan__bytes in = files_bytes(bytes, size);
        CHECK_OK(gan__png_read(&in, &again));
        CHECK(again.width == width && again.height == height && again.channels == channels &&
              again.depth == depth);
        CHECK_INT(png_crc(&again), png_crc(&picture));
        gan__picture_free(files_context, &again);
        gan__free(files_context, bytes);
    }
    gan__picture_free(files_context, &picture);
}

TEST(round_trip)
{
    for (int32_t channels = 1; channels <= 4; channels++) {
        for (int32_t depth = 8; depth <= 16; depth += 8) {
            png_round(1, 1, channels, depth);
            png_round(1, 9, channels, depth);
            png_round(33, 1, channels, depth);
            png_round(61, 40, channels, depth);
        }
    }
}

/* A curved surface: its bytes hardly repeat, what the filters leave of them does. */
TEST(filters)
{
    gan__picture picture = {200, 200, 1, 8, NULL};
    uint8_t *bytes, *plain;
    size_t size = 0, plain_size = 0;
    CHECK_OK(gan__picture_allocate(files_context, &picture));
    for (int i = 0; i < 200 * 200; i++) {
        int x = i % 200, y = i / 200;
        ((uint8_t *)picture.pixels)[i] = (uint8_t)((x * x + 3 * y * y + x * y) / 64);
    }
    CHECK_OK(gan__png_write(files_context, &picture, &bytes, &size));
    CHECK_OK(gan__zlib_compress(files_context, picture.pixels, 200 * 200, &plain, &plain_size));
    CHECK(2 * size < plain_size);
    gan__free(files_context, plain);
    gan__free(files_context, bytes);
    gan__picture_free(files_context, &picture);
}

TEST(arguments)
{
    uint8_t pixel[8] = {0}, *bytes;
    size_t size;
    gan__picture bad[] = {{0, 1, 1, 8, pixel},
                          {1, -1, 1, 8, pixel},
                          {1, 1, 5, 8, pixel},
                          {1, 1, 1, 4, pixel},
                          {1, (int64_t)1 << 31, 1, 8, pixel}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(gan__png_write(files_context, &bad[i], &bytes, &size), GAN_E_ARGUMENT);
        CHECK(bytes == NULL && size == 0);
    }
    files_message("png: a picture of width 1 and height 2147483648");
}

/* A file with right checksums, from chunks "TYPEdata". */
typedef struct png_part {
    const char *text;
    size_t size;
} png_part;

#define PART(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define GREY8 PART("IHDR\0\0\0\1\0\0\0\1\10\0\0\0\0")
#define RGB8 PART("IHDR\0\0\0\1\0\0\0\1\10\2\0\0\0")
#define PALETTE1 PART("IHDR\0\0\0\1\0\0\0\1\1\3\0\0\0")
#define DATA(rows, sum) PART("IDAT\x78\x01\1" rows sum)
#define GREY_DATA DATA("\2\0\xfd\xff\0\5", "\0\7\0\6")
#define END PART("IEND")

typedef struct png_bad {
    png_part parts[6];
    const char *message;
} png_bad;

static const png_bad png_bads[] = {
    {{GREY8, GREY_DATA, END}, NULL},
    {{GREY8, END}, "file: byte 45: there is no IDAT chunk"},
    {{GREY_DATA, END}, "file: byte 16: the first chunk is IDAT of 13 bytes, not IHDR of 13"},
    {{PART("IHDR\0\0\0\0\0\0\0\1\10\0\0\0\0")}, "file: byte 16: width 0 and height 1"},
    {{PART("IHDR\0\0\0\1\x80\0\0\0\10\0\0\0\0")}, "file: byte 16: width 1 and height 2147483648"},
    {{PART("IHDR\0\0\0\1\0\0\0\1\20\3\0\0\0")},
     "file: byte 16: colour type 3 with 16 bits a sample"},
    {{PART("IHDR\0\0\0\1\0\0\0\1\10\0\0\0\2")},
     "file: byte 16: compression 0, filter method 0, interlace method 2"},
    {{GREY8, PART("PLTEabc"), GREY_DATA, END}, NULL},
    {{PALETTE1, PART("PLTEabc"), PART("PLTEabc")}, "file: byte 63: the palette stands there twice"},
    {{PALETTE1, PART("PLTEabcd")}, "file: byte 49: a palette of 4 bytes, at most 3 times 256"},
    {{PALETTE1, DATA("\2\0\xfd\xff\0\x80", "\0\x82\0\x81"), END},
     "file: byte 70: there is no palette"},
    {{GREY8, PART("IDAT"), PART("tEXt"), PART("IDAT"), END},
     "IDAT, joined: file: byte 0: the zlib header needs 2 bytes, 0 remain"},
    {{GREY8, PART("ABCD")}, "file: byte 45: the unknown critical chunk ABCD"},
    {{GREY8, PART("A1CD")}, "file: byte 33: a chunk of the type 0x41314344"},
    {{GREY8, DATA("\2\0\xfd\xff\5\5", "\0\x11\0\x0b"), END}, "file: byte 41: row 0 has filter 5"},
    {{GREY8, DATA("\1\0\xfe\xff\0", "\0\1\0\1"), END},
     "file: byte 41: the data expands to 1 bytes, 1x1 pixels need 2"},
    {{GREY8, DATA("\2\0\xfd\xff\0\5", "\0\7\0\7"), END},
     "IDAT, joined: file: byte 13: the Adler-32 is 0x00070007, the data's is 0x00070006"},
    {{GREY8}, "file: byte 33: the length and type of a chunk needs 8 bytes, 0 remain"},
};

static size_t png_make(const png_bad *bad, uint8_t *to)
{
    uint8_t *start = to;
    memcpy(to, "\x89PNG\r\n\x1a\n", 8);
    to += 8;
    for (const png_part *part = bad->parts; part->text; part++) {
        gan__store_u32be(to, (uint32_t)part->size - 4);
        memcpy(to + 4, part->text, part->size);
        gan__store_u32be(to + 4 + part->size, gan__crc32(0, part->text, part->size));
        to += 8 + part->size;
    }
    return (size_t)(to - start);
}

TEST(bad)
{
    for (size_t i = 0; i < sizeof png_bads / sizeof *png_bads; i++) {
        uint8_t bytes[500];
        gan__picture picture;
        gan__bytes in = files_bytes(bytes, png_make(&png_bads[i], bytes));
        gan_status status = gan__png_read(&in, &picture);
        if (png_bads[i].message) {
            CHECK_STATUS(status, GAN_E_FORMAT);
            files_message(png_bads[i].message);
        } else {
            CHECK_OK(status);
            CHECK_INT(((uint8_t *)picture.pixels)[0], 5);
        }
        gan__picture_free(files_context, &picture);
    }
}

/* More colours than the bits of a pixel can name are passed over. */
TEST(too_long)
{
    static const struct {
        png_bad file;
        const char *pixel;
    } cases[] = {
        {{{PALETTE1, PART("PLTEabcdefghi"), DATA("\2\0\xfd\xff\0\x80", "\0\x82\0\x81"), END}, NULL},
         "def"},
        {{{PALETTE1, PART("PLTEabcdefghi"), PART("tRNSAB"),
           DATA("\2\0\xfd\xff\0\x80", "\0\x82\0\x81"), END},
          NULL},
         "defB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[500];
        gan__picture picture;
        gan__bytes in = files_bytes(bytes, png_make(&cases[i].file, bytes));
        if (!CHECK_OK(gan__png_read(&in, &picture))) continue;
        CHECK_INT(picture.channels, strlen(cases[i].pixel));
        CHECK(memcmp(picture.pixels, cases[i].pixel, strlen(cases[i].pixel)) == 0);
        gan__picture_free(files_context, &picture);
    }
}

/* A file with many faults fills no log. */
TEST(many_faults)
{
    uint8_t bytes[1000];
    size_t size = 8 + 25; /* the signature and IHDR */
    gan__picture picture;
    memcpy(bytes, png_text_spoilt, size);
    for (int i = 0; i < 20; i++, size += 15) memcpy(bytes + size, png_text_spoilt + 33, 15);
    memcpy(bytes + size, png_no_end + 33, sizeof png_no_end - 33);
    gan__bytes in = files_bytes(bytes, size + sizeof png_no_end - 33);
    png_lines = 0;
    if (!CHECK_OK(gan__png_read(&in, &picture))) return;
    gan__picture_free(files_context, &picture);
    CHECK_INT(png_lines, 5);
    CHECK(strstr(png_log[3], "the CRC of chunk tEXt") != NULL);
    CHECK(strstr(png_log[4], "more faults") != NULL);
}

static void check_claim(const png_part header, gan_status status, const char *message)
{
    const png_bad file = {{header, GREY_DATA, END}, ""};
    uint8_t bytes[200];
    gan__picture picture;
    gan__bytes in = files_bytes(bytes, png_make(&file, bytes));
    long long before = files_fault.live_bytes;
    files_fault.peak_bytes = before;
    CHECK_STATUS(gan__png_read(&in, &picture), status);
    files_message(message);
    CHECK(picture.pixels == NULL);
    CHECK(files_fault.peak_bytes - before < 100000);
}

/* A header that claims 2^31 x 2^31 pixels costs nothing; 2^28 values are the most. */
TEST(claims)
{
    const png_part huge = PART("IHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\10\6\0\0\0");
    const png_part more = PART("IHDR\0\0\x40\0\0\0\x40\1\10\0\0\0\0");
    const png_part most = PART("IHDR\0\0\x40\0\0\0\x40\0\10\0\0\0\0");
    check_claim(huge, GAN_E_UNSUPPORTED,
                "file: byte 41: a picture of 2147483647x2147483647 with 4 channels; 268435456 "
                "values are served");
    check_claim(more, GAN_E_UNSUPPORTED,
                "file: byte 41: a picture of 16384x16385 with 1 channels; 268435456 values are "
                "served");
    check_claim(most, GAN_E_FORMAT,
                "file: byte 41: the data expands to 2 bytes, 16384x16384 pixels need 268451840");
}

int main(void)
{
    files_open();
    files_context->host.log = png_note;
    RUN(suite);
    RUN(faults);
    RUN(round_trip);
    RUN(filters);
    RUN(arguments);
    RUN(bad);
    RUN(too_long);
    RUN(many_faults);
    RUN(claims);
    files_close();
    return test_report();
}
