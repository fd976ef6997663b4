#include "files_test.h"

#include "files/pnm.h"

static void pnm_check(const char *text, size_t size, gan__picture expected, const void *pixels)
{
    gan__bytes in = files_bytes(text, size);
    gan__picture picture;
    if (!CHECK_OK(gan__pnm_read(&in, &picture))) return;
    CHECK_INT(picture.width, expected.width);
    CHECK_INT(picture.height, expected.height);
    CHECK_INT(picture.channels, expected.channels);
    CHECK_INT(picture.depth, expected.depth);
    CHECK(memcmp(picture.pixels, pixels, gan__picture_row(&picture) * (size_t)picture.height) == 0);
    CHECK_INT(in.at, in.size);
    gan__picture_free(files_context, &picture);
}

#define PNM(text, pixels, ...) \
    pnm_check(text, sizeof(text) - 1, (gan__picture){__VA_ARGS__, NULL}, pixels)

TEST(read)
{
    const uint8_t scaled[] = {0, 51, 102, 255};
    const uint16_t wide[] = {0x6162, 0x6364, 0x6566}, half[] = {0, 65535, 32768};
    PNM("P5 3 2 255\nabcdef", "abcdef", 3, 2, 1, 8);
    PNM("P5#c\n#d 7\n3#e\n\t2\n255#f\nabcdef", "abcdef", 3, 2, 1, 8);
    PNM("P5\n2 2\n5\n\0\1\2\5", scaled, 2, 2, 1, 8);
    PNM("P6\n1 1\n65535\nabcdef", wide, 1, 1, 3, 16);
    PNM("P5\n3 1\n1000\n\0\0\3\xe8\1\xf4", half, 3, 1, 1, 16);
    PNM("P7\nHEIGHT 1\n# c\nWIDTH 2\nMAXVAL 255\nDEPTH 2\nTUPLTYPE a b c\nENDHDR\nabcd", "abcd", 2,
        1, 2, 8);
}

static void pnm_round(int32_t channels, int32_t depth, const char *header)
{
    uint16_t pixels[3 * 2 * 4];
    uint8_t *bytes;
    size_t size = 0;
    gan__picture picture = {3, 2, channels, depth, pixels};
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) pixels[i] = (uint16_t)(i * 4099);
    if (!CHECK_OK(gan__pnm_write(files_context, &picture, &bytes, &size))) return;
    CHECK(size > strlen(header) && memcmp(bytes, header, strlen(header)) == 0);
    pnm_check((char *)bytes, size, picture, pixels);
    gan__free(files_context, bytes);
}

TEST(round_trip)
{
    pnm_round(1, 8, "P5\n3 2\n255\n");
    pnm_round(3, 16, "P6\n3 2\n65535\n");
    pnm_round(2, 16,
              "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 2\nMAXVAL 65535\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n");
    pnm_round(4, 8, "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
}

TEST(bad)
{
    static const struct {
        const char *text, *message;
        gan_status status;
    } bads[] = {
        {"", "file: byte 0: the magic number needs 3 bytes, 0 remain", GAN_E_FORMAT},
        {"PNG!", "file: byte 0: this is no PNM file", GAN_E_FORMAT},
        {"P5x", "file: byte 0: this is no PNM file", GAN_E_FORMAT},
        {"P3 1 1 255 0 0 0", "file: byte 0: P3 is not served, P5, P6 and P7 are",
         GAN_E_UNSUPPORTED},
        {"P5 0 1 255 a", "file: byte 3: the width is '0', not 1 to 2147483647", GAN_E_FORMAT},
        {"P5 1 -1 255 a", "file: byte 5: the height is '-1', not 1 to 2147483647", GAN_E_FORMAT},
        {"P5 1 1 65536 a", "file: byte 7: the greatest value is '65536', not 1 to 65535",
         GAN_E_FORMAT},
        {"P5 1 1 1e2 a", "file: byte 7: the greatest value is '1e2', not 1 to 65535", GAN_E_FORMAT},
        {"P5 1 1 255", "file: byte 10: the header ends too early", GAN_E_FORMAT},
        {"P6 2 1 255 abcde", "file: byte 11: the picture needs 6 bytes, 5 remain", GAN_E_FORMAT},
        {"P6 2147483647 2147483647 65535 a",
         "file: byte 31: a picture of 2147483647x2147483647 is too large", GAN_E_FORMAT},
        {"P5 2 1 97 ab", "file: byte 12: value 1 of the picture is 98, more than 97", GAN_E_FORMAT},
        {"P7 WIDTH 1 HEIGHT 1 MAXVAL 255 ENDHDR a", "file: byte 37: the header lacks DEPTH",
         GAN_E_FORMAT},
        {"P7 WIDTH 1 DEPTH 5 ", "file: byte 17: DEPTH is '5', not 1 to 4", GAN_E_FORMAT},
        {"P7 SIZE 1 ", "file: byte 3: the unknown header line 'SIZE'", GAN_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        gan__bytes in = files_text(bads[i].text);
        gan__picture picture;
        CHECK_STATUS(gan__pnm_read(&in, &picture), bads[i].status);
        CHECK(picture.pixels == NULL);
        files_message(bads[i].message);
    }
}

int main(void)
{
    files_open();
    RUN(read);
    RUN(round_trip);
    RUN(bad);
    files_close();
    return test_report();
}
