/* JPEG files of every kind that is served, against the pixels that libjpeg-turbo gives; files with
 * a fault, and what they cost. The tables come from make_jpegs.py. */
#include "files_test.h"

#include "files/checksum.h"
#include "files/jpeg.h"

typedef struct jpeg_expected {
    const char *name;
    int width, height, channels;
    uint32_t crc;
} jpeg_expected;

typedef struct jpeg_fault {
    const char *name;
    gan_status status;
    const char *word; /* of the message; of the warning if the status is GAN_OK */
} jpeg_fault;

#include "jpegs.h"

/* What the log was told of the last file. */
static char jpeg_log[8][300];
static int jpeg_lines;

static void jpeg_note(void *user, int32_t level, const char *line)
{
    (void)user;
    CHECK_INT(level, GAN_LOG_WARNING);
    if (jpeg_lines < 8) snprintf(jpeg_log[jpeg_lines], sizeof jpeg_log[0], "%s", line);
    jpeg_lines++;
}

static void check_sizes(const jpeg_expected *expected, const gan__picture *picture)
{
    CHECK_INT(picture->width, expected->width);
    CHECK_INT(picture->height, expected->height);
    CHECK_INT(picture->channels, expected->channels);
    CHECK_INT(picture->depth, 8);
}

/* All pixels, exactly; and no more memory than the header promises. */
static void check_picture(const jpeg_expected *expected, const uint8_t *bytes, size_t size)
{
    gan__picture picture;
    gan__bytes in = files_bytes(bytes, size), head = files_bytes(bytes, size);
    const long long before = files_fault.live_bytes;
    files_fault.peak_bytes = before;
    CHECK_OK(gan__jpeg_peek(&head, &picture));
    check_sizes(expected, &picture);
    CHECK(!picture.pixels);
    if (!CHECK_OK(gan__jpeg_read(&in, &picture))) return;
    check_sizes(expected, &picture);
    const long long pixels = (long long)gan__picture_row(&picture) * picture.height;
    CHECK_INT(gan__crc32(0, picture.pixels, (size_t)pixels), expected->crc);
    const long long whole = (picture.width + 31LL) * (picture.height + 31LL) * picture.channels;
    CHECK(files_fault.peak_bytes - before < 4 * whole + (1 << 15));
    gan__picture_free(files_context, &picture);
    CHECK_INT(files_fault.live_bytes, before);
}

TEST(pictures)
{
    static unsigned char bytes[20000];
    for (size_t i = 0; i < sizeof jpeg_table / sizeof *jpeg_table; i++) {
        const int errors = test_errors;
        char name[100];
        snprintf(name, sizeof name, "jpeg/%s.jpg", jpeg_table[i].name);
        const size_t size = files_read_source(name, bytes, sizeof bytes);
        CHECK(size > 0 && size < sizeof bytes);
        check_picture(&jpeg_table[i], bytes, size);
        CHECK_INT(jpeg_lines, 0);
        if (test_errors > errors) printf("%s\n", name);
    }
}

static gan__bytes read_fault(const jpeg_fault *fault)
{
    static unsigned char bytes[20000];
    char name[100];
    snprintf(name, sizeof name, "jpegfaults/%s.jpg", fault->name);
    const size_t size = files_read_source(name, bytes, sizeof bytes);
    CHECK(size > 0);
    return files_bytes(bytes, size);
}

static void check_fault(const jpeg_fault *fault)
{
    gan__picture picture;
    gan__bytes in = read_fault(fault);
    const int errors = test_errors;
    jpeg_lines = 0;
    CHECK_STATUS(gan__jpeg_read(&in, &picture), fault->status);
    const bool good = fault->status == GAN_OK;
    const char *said = good ? jpeg_log[0] : gan_context_message(files_context);
    if (good) CHECK_INT(jpeg_lines, 1);
    CHECK((picture.pixels != NULL) == good);
    CHECK(strncmp(said, "file: byte ", 11) == 0);
    CHECK(strstr(said, fault->word) != NULL);
    if (test_errors > errors) printf("%s: %s\n", fault->name, said);
    gan__picture_free(files_context, &picture);
}

TEST(faults)
{
    for (size_t i = 0; i < sizeof jpeg_faults / sizeof *jpeg_faults; i++)
        check_fault(&jpeg_faults[i]);
    jpeg_lines = 0;
}

/* No part of a file is a picture, unless it lacks the end's marker alone; the message tells where
 * the file ends. */
TEST(prefixes)
{
    static const char *const names[] = {"base-22", "progressive-22", "restart-21", "parts",
                                        "progress"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        static unsigned char bytes[20000];
        char name[100];
        snprintf(name, sizeof name, "jpeg/%s.jpg", names[i]);
        const size_t size = files_read_source(name, bytes, sizeof bytes);
        for (size_t cut = 0; cut < size; cut++) {
            gan__picture picture;
            gan__bytes in = files_bytes(bytes, cut);
            const gan_status status = gan__jpeg_read(&in, &picture);
            CHECK_INT(status, cut + 2 < size ? GAN_E_FORMAT : GAN_OK);
            CHECK((picture.pixels != NULL) == (status == GAN_OK));
            gan__picture_free(files_context, &picture);
        }
    }
    jpeg_lines = 0;
}

/* Headers that claim what the file cannot hold, and their price. */
TEST(claims)
{
    for (size_t i = 0; i < sizeof jpeg_faults / sizeof *jpeg_faults; i++) {
        const jpeg_fault *fault = &jpeg_faults[i];
        if (strcmp(fault->name, "claim") != 0 && strcmp(fault->name, "large") != 0) continue;
        const long long before = files_fault.live_bytes;
        gan__picture picture;
        gan__bytes in = read_fault(fault);
        files_fault.peak_bytes = before;
        CHECK_STATUS(gan__jpeg_read(&in, &picture), fault->status);
        CHECK(files_fault.peak_bytes - before < 32768);
    }
}

/* A progressive file of one grey block, whose codes are "0" for nothing, with a scan for each bit
 * of each value. */
static size_t make_scans(uint8_t *to, int count)
{
    static const char head[] = "\xff\xd8\xff\xc2\0\x0b\x08\0\x08\0\x08\1\1\x11\0"
                               "\xff\xc4\0\x14\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\xff\xc4\0\x14\x10\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\xff\xdb\0\x43";
    size_t at = sizeof head - 1;
    memcpy(to, head, at);
    memset(to + at, 1, 65);
    to[at] = 0;
    at += 65;
    for (int i = 0; i < count; i++) {
        const uint8_t value = (uint8_t)(i / 14), low = (uint8_t)(13 - i % 14);
        const uint8_t above = i % 14 ? (uint8_t)(low + 1) : 0;
        const uint8_t scan[11] = {
            0xff, 0xda, 0, 8, 1, 1, 0, value, value, (uint8_t)(above << 4 | low), 0x7f};
        memcpy(to + at, scan, sizeof scan);
        at += sizeof scan;
    }
    memcpy(to + at, "\xff\xd9", 2);
    return at + 2;
}

/* Each scan goes over the whole picture and may cost a few bytes: there is a limit. */
TEST(many_scans)
{
    static uint8_t bytes[8000];
    gan__picture picture;
    gan__bytes in = files_bytes(bytes, make_scans(bytes, 500));
    CHECK_OK(gan__jpeg_read(&in, &picture));
    for (int i = 0; picture.pixels && i < 64; i++) CHECK_INT(((uint8_t *)picture.pixels)[i], 128);
    gan__picture_free(files_context, &picture);
    in = files_bytes(bytes, make_scans(bytes, 501));
    CHECK_STATUS(gan__jpeg_read(&in, &picture), GAN_E_UNSUPPORTED);
    files_message("file: byte 5632: more than 500 scans");
}

TEST(warnings_are_few)
{
    static unsigned char bytes[20000];
    const size_t size = files_read_source("jpeg/grey.jpg", bytes, 10000);
    static unsigned char more[20000] = {0xff, 0xd8};
    gan__picture picture;
    size_t used = 2;
    for (int i = 0; i < 20; i++, used += 6) memcpy(more + used, "!!\xff\xfe\0\2", 6);
    memcpy(more + used, bytes + 2, size - 2);
    gan__bytes in = files_bytes(more, used + size - 2);
    jpeg_lines = 0;
    CHECK_OK(gan__jpeg_read(&in, &picture));
    gan__picture_free(files_context, &picture);
    CHECK_INT(jpeg_lines, 5);
    CHECK_TEXT(jpeg_log[0], "file: byte 2: 2 bytes in front of a marker are ignored");
    CHECK(strstr(jpeg_log[4], "more faults") != NULL);
}

int main(void)
{
    files_open();
    files_context->host.log = jpeg_note;
    RUN(pictures);
    RUN(faults);
    RUN(prefixes);
    RUN(claims);
    RUN(many_scans);
    RUN(warnings_are_few);
    files_close();
    return test_report();
}
