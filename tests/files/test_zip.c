/* ZIP files as NumPy and others write them, and with a fault each. */
#include "files_test.h"

#include "files/unpack.h"
#include "files/zip.h"

/* The file of data/npz, changed by the tests. */
static uint8_t zip_file[4096];
static size_t zip_size;

static void zip_load(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "npz/%s.npz", name);
    zip_size = files_read_source(path, zip_file, sizeof zip_file);
    CHECK(zip_size > 0 && zip_size < sizeof zip_file);
}

/* Reads the first member whose name begins so: at once, or a few bytes first. */
static gan_status zip_read(const char *name, size_t first, uint8_t *out, size_t *size)
{
    gan__bytes in = files_bytes(zip_file, zip_size), directory, member = {.at = 0};
    gan__zip_member found;
    gan__unpack input;
    GAN__TRY(gan__zip_open(&in, &directory));
    do {
        GAN__TRY(gan__zip_next(&directory, &found));
    } while (strncmp(found.name, name, strlen(name)) != 0);
    GAN__TRY(gan__zip_find(&in, &found));
    gan__unpack_open_member(&input, files_context, "member", &found);
    gan_status status = GAN_OK;
    for (size_t count = first; status == GAN_OK && count < 128; count += 50) {
        status = gan__unpack_need(&input, count, &member);
        CHECK(status != GAN_OK || member.size >= count);
    }
    if (status == GAN_OK) status = gan__unpack_need(&input, SIZE_MAX, &member);
    *size = member.size;
    if (status == GAN_OK) memcpy(out, member.data, member.size);
    gan__unpack_close(&input);
    return status;
}

TEST(every_packing)
{
    static const char *const names[] = {"deflated", "streamed", "long", "commented"};
    static const char *const members[] = {"image", "label", "vector", "fortran", "mask"};
    static uint8_t expected[5][512], out[512];
    size_t sizes[5], size;
    zip_load("stored");
    for (int m = 0; m < 5; m++) CHECK_OK(zip_read(members[m], SIZE_MAX, expected[m], &sizes[m]));
    CHECK_INT(sizes[0], 128 + 24);
    CHECK_INT(expected[0][128 + 23], 230);
    for (int n = 0; n < 4; n++) {
        zip_load(names[n]);
        for (int m = 0; m < 5; m++) {
            for (size_t first = 0; first < 2; first++) {
                if (!CHECK_OK(zip_read(members[m], first ? SIZE_MAX : 1, out, &size)))
                    printf("%s: %s\n", names[n], gan_context_message(files_context));
                CHECK_INT(size, sizes[m]);
                CHECK(memcmp(out, expected[m], size) == 0);
            }
        }
    }
}

TEST(other_methods_are_refused)
{
    uint8_t out[512];
    size_t size;
    zip_load("bzip2");
    CHECK_STATUS(zip_read("image", 0, out, &size), GAN_E_UNSUPPORTED);
    files_message(
        "file: byte 0: a member of the method 12, 0 (stored) and 8 (deflated) are served");
    zip_load("lzma");
    CHECK_STATUS(zip_read("mask", 0, out, &size), GAN_E_UNSUPPORTED);
}

typedef struct zip_change {
    const char *file;
    int from; /* 0: the end record; 1: the first entry; 2: the first member; 3: ZIP64's record;
                 4: what tells where that is */
    int at;
    const char *bytes;
    int count;
    const char *message; /* NULL: read as before */
} zip_change;

#define BYTES(text) text, sizeof(text) - 1

/* In stored.npz: members from byte 0, the directory at 1139, its record at 1434. */
static const zip_change zip_changes[] = {
    {"stored", 2, 0, BYTES("QK"), "this is no ZIP file"},
    {"stored", 0, 0, BYTES("PK\5\5"), "the ZIP file has no directory at its end"},
    {"stored", 0, 20, BYTES("\1"), "the ZIP file has no directory at its end"},
    {"stored", 0, 4, BYTES("\1"), "a part of a ZIP file is not served"},
    {"stored", 0, 12, BYTES("\xff\xff\0\0"), "a directory of 65535 bytes at byte"},
    {"stored", 0, 16, BYTES("\xff\xff\xff\0"), "bytes at byte 16777215"},
    {"stored", 0, 16, BYTES("\xff\xff\xff\xff"), "ZIP64's record is missing"},
    {"stored", 0, 12, BYTES("\1\0\0\0"), "an entry of the directory needs 46 bytes, 1 remain"},
    {"stored", 1, 0, BYTES("PK\3"), "no entry of a directory"},
    {"stored", 1, 8, BYTES("\1"), "an encrypted member is not served"},
    {"stored", 1, 10, BYTES("\x5d"), "a member of the method 93"},
    {"stored", 1, 16, BYTES("\0\0\0\0"), "the CRC-32 is 0x00000000, the data's is 0x"},
    {"stored", 1, 20, BYTES("\1\0\0\0"), "a stored member of 152 bytes in 1"},
    {"stored", 1, 24, BYTES("\1\0\0\0"), "a stored member of 1 bytes in 152"},
    {"stored", 1, 20, BYTES("\xf0\xff\xff\xff\xf0\xff\xff\xff"), "a member needs 4294967280 bytes"},
    {"stored", 1, 28, BYTES("\xff\xff"), "a name needs 65535 bytes"},
    {"stored", 1, 30, BYTES("\xff\xff"), "extra fields needs 65535 bytes"},
    {"stored", 1, 32, BYTES("\xff\xff"), "a comment needs 65535 bytes"},
    {"stored", 1, 42, BYTES("\xf0\xff\xff\0"), "a member at byte 16777200"},
    {"stored", 1, 42, BYTES("\1"), "no header of a member"},
    {"stored", 2, 2, BYTES("\1"), "no header of a member"},
    {"stored", 2, 26, BYTES("\4"), "a member of another name than in the directory"},
    {"stored", 2, 30, BYTES("I"), "a member of another name than in the directory"},
    {"stored", 2, 26, BYTES("\xff\xff"), "a member's name needs 65535 bytes"},
    {"stored", 2, 28, BYTES("\xff\xff"), "a member's extra fields needs 65535 bytes"},
    {"stored", 2, 18, BYTES("\1\2\3\4\5\6\7\x08"), NULL},
    {"deflated", 1, 24, BYTES("\1\0\0\0"), "the data expands to more than 1 bytes"},
    {"deflated", 1, 24, BYTES("\x99\0\0\0"), "the data expands to 152 bytes, not 153"},
    {"deflated", 1, 20, BYTES("\x10\0\0\0"), "the compressed data ends too early"},
    {"deflated", 1, 16, BYTES("\0"), "the CRC-32 is 0x"},
    {"long", 4, 8, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "ZIP64's record at byte 1844674407"},
    {"long", 4, 8, BYTES("\1\0"), "ZIP64's record is missing"},
    {"long", 4, 0, BYTES("PK\6\6"), "ZIP64's record is missing"},
    {"long", 3, 16, BYTES("\1"), "a part of a ZIP file is not served"},
    {"long", 3, 40, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "a directory of 1844674407"},
    {"long", 3, 48, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "bytes at byte 1844674407"},
};

static size_t zip_place(int from)
{
    static const char marks[5][5] = {"PK\5\6", "PK\1\2", "PK\3\4", "PK\6\6", "PK\6\7"};
    for (size_t i = 0; i + 4 <= zip_size; i++)
        if (memcmp(zip_file + i, marks[from], 4) == 0) return i;
    CHECK(0);
    return 0;
}

TEST(faults)
{
    for (size_t i = 0; i < sizeof zip_changes / sizeof *zip_changes; i++) {
        const zip_change *change = &zip_changes[i];
        const int errors = test_errors;
        uint8_t out[512];
        size_t size;
        zip_load(change->file);
        memcpy(zip_file + zip_place(change->from) + change->at, change->bytes,
               (size_t)change->count);
        const gan_status status = zip_read("image", SIZE_MAX, out, &size);
        const char *said = gan_context_message(files_context);
        CHECK((status == GAN_OK) == !change->message);
        if (change->message) CHECK(strstr(said, change->message) && strstr(said, ": byte "));
        if (test_errors > errors) printf("%d: %s\n", (int)i, said);
    }
}

/* Without its end no part of a file is one. */
TEST(prefixes)
{
    static const char *const names[] = {"stored", "long", "commented"};
    for (int n = 0; n < 3; n++) {
        zip_load(names[n]);
        for (size_t whole = zip_size; zip_size > 0; zip_size--) {
            uint8_t out[512];
            size_t size;
            const bool good = zip_size == whole;
            CHECK_STATUS(zip_read("vector", SIZE_MAX, out, &size), good ? GAN_OK : GAN_E_FORMAT);
        }
    }
}

/* What a directory claims costs nothing. */
TEST(claims)
{
    uint8_t out[512];
    size_t size;
    zip_load("deflated");
    memcpy(zip_file + zip_place(1) + 24, "\xf0\xff\xff\xff", 4);
    const long long before = files_fault.live_bytes;
    files_fault.peak_bytes = before;
    CHECK_STATUS(zip_read("image", SIZE_MAX, out, &size), GAN_E_FORMAT);
    CHECK(strstr(gan_context_message(files_context), "152 bytes, not 4294967280") != NULL);
    CHECK(files_fault.peak_bytes - before < 65536);
}

int main(void)
{
    files_open();
    RUN(every_packing);
    RUN(other_methods_are_refused);
    RUN(faults);
    RUN(prefixes);
    RUN(claims);
    files_close();
    return test_report();
}
