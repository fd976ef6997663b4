#include "files_test.h"

#include "files/safetensors.h"
#include "files/vectors.h"

static void safetensors_check(const gan__safetensors *file, const char *name, gan__element element,
                              int64_t count)
{
    float values[8];
    const gan__safetensors_entry *entry = gan__safetensors_find(file, name);
    if (!CHECK(entry != NULL)) return;
    CHECK_INT(entry->array.element, element);
    if (!CHECK_INT(entry->array.count, count)) return;
    gan__array_decode(&entry->array, GAN_FLOAT32, values);
    for (int64_t i = 0; i < count; i++) CHECK_NEAR(values[i], i, 0);
}

/* A file of the safetensors package. */
TEST(theirs)
{
    gan__bytes in = files_bytes(vector_safetensors, sizeof vector_safetensors);
    gan__safetensors file;
    if (!CHECK_OK(gan__safetensors_read(&in, &file))) return;
    CHECK_INT(file.entry_count, 9);
    CHECK_INT(file.pair_count, 2);
    CHECK_TEXT(gan__safetensors_metadata(&file, "step"), "12");
    CHECK_TEXT(gan__safetensors_metadata(&file, "text"), "a \"quoted\"\nline \xc3\xa9");
    CHECK(gan__safetensors_metadata(&file, "nothing") == NULL);
    CHECK(gan__safetensors_find(&file, "nothing") == NULL);
    safetensors_check(&file, "layer.weight", GAN__ELEMENT_F32, 6);
    safetensors_check(&file, "layer.half", GAN__ELEMENT_F16, 4);
    safetensors_check(&file, "layer.brain", GAN__ELEMENT_BF16, 4);
    safetensors_check(&file, "layer.double", GAN__ELEMENT_F64, 2);
    safetensors_check(&file, "bytes", GAN__ELEMENT_U8, 3);
    safetensors_check(&file, "ints", GAN__ELEMENT_I32, 2);
    safetensors_check(&file, "none", GAN__ELEMENT_F32, 0);
    const gan__safetensors_entry *count = gan__safetensors_find(&file, "count");
    CHECK_INT(count->array.rank, 0);
    CHECK_INT(gan__load_u64le(count->array.data), 41);
    CHECK_INT(gan__safetensors_find(&file, "layer.weight")->array.shape[1], 3);
    for (size_t i = 1; i < file.entry_count; i++)
        CHECK(strcmp(file.entries[i - 1].name, file.entries[i].name) < 0);
    gan__safetensors_free(&file);
    gan__safetensors_free(&file);
}

TEST(empty)
{
    gan__bytes in = files_bytes(vector_safetensors_empty, sizeof vector_safetensors_empty);
    gan__safetensors file;
    CHECK_OK(gan__safetensors_read(&in, &file));
    CHECK_INT(file.entry_count, 0);
    gan__safetensors_free(&file);
}

static const int64_t safetensors_shape[2] = {2, 3};
static const float safetensors_floats[6] = {0, 1, 2, 3, 4, 5};
static const int64_t safetensors_count = 41;
static const uint8_t safetensors_bytes[3] = {0, 1, 2};

static const gan__safetensors_tensor safetensors_ours[] = {
    {"b.bytes", GAN__ELEMENT_U8, 1, safetensors_shape + 1, safetensors_bytes, NULL},
    {"b.weight", GAN__ELEMENT_F32, 2, safetensors_shape, safetensors_floats, NULL},
    {"a \"x\"", GAN__ELEMENT_F32, 0, NULL, safetensors_floats, NULL},
    {"count", GAN__ELEMENT_I64, 0, NULL, &safetensors_count, NULL},
};
static const gan__safetensors_pair safetensors_pairs[] = {{"text", "relu\n\"\\"},
                                                          {"gan.format", "1.0"}};

static gan_status safetensors_write_ours(void)
{
    return gan__safetensors_write(files_context, "m", safetensors_ours, 4, safetensors_pairs, 2);
}

TEST(ours)
{
    static const char header[] =
        "{\"__metadata__\":{\"text\":\"relu\\n\\\"\\\\\",\"gan.format\":\"1.0\","
        "\"gan.crc32\":\"0f6d6ead\","
        "\"gan.crc32.count\":\"831ba614\",\"gan.crc32.a \\\"x\\\"\":\"2144df1c\","
        "\"gan.crc32.b.weight\":\"91e79017\",\"gan.crc32.b.bytes\":\"0854897f\"},"
        "\"count\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"a \\\"x\\\"\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
        "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[12,36]},"
        "\"b.bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[36,39]}}";
    CHECK_OK(safetensors_write_ours());
    const fault_file *written = fault_find(&files_fault, "m");
    uint64_t length = gan__load_u64le(written->bytes);
    CHECK_INT(length % 8, 0);
    CHECK_INT(written->size, 8 + length + 39);
    CHECK(length >= strlen(header) && length < strlen(header) + 8);
    CHECK(memcmp(written->bytes + 8, header, strlen(header)) == 0);
    CHECK(written->bytes[8 + length - 1] == ' ' || length == strlen(header));

    gan__bytes in = files_bytes(written->bytes, written->size);
    gan__safetensors file;
    CHECK_OK(gan__safetensors_read(&in, &file));
    CHECK_TEXT(gan__safetensors_metadata(&file, "text"), "relu\n\"\\");
    safetensors_check(&file, "b.weight", GAN__ELEMENT_F32, 6);
    safetensors_check(&file, "a \"x\"", GAN__ELEMENT_F32, 1);
    safetensors_check(&file, "b.bytes", GAN__ELEMENT_U8, 3);
    gan__safetensors_free(&file);
}

/* Every bit of the data is under a checksum, and the message names the tensor. */
TEST(damage)
{
    CHECK_OK(safetensors_write_ours());
    const fault_file *written = fault_find(&files_fault, "m");
    size_t size = written->size;
    gan__bytes in = files_bytes(written->bytes, size);
    gan__safetensors file;
    for (size_t bit = 0; bit < 8 * 39; bit++) {
        uint8_t *byte = &written->bytes[size - 39 + bit / 8];
        *byte ^= (uint8_t)(1u << bit % 8);
        CHECK_STATUS(gan__safetensors_read(&in, &file), GAN_E_FORMAT);
        const char *name = bit < 64    ? "'count' is"
                           : bit < 96  ? "'a \"x\"' is"
                           : bit < 288 ? "'b.weight' is"
                                       : "'b.bytes' is";
        CHECK(strstr(gan_context_message(files_context), name) != NULL);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_OK(gan__safetensors_read(&in, &file));
    gan__safetensors_free(&file);
}

TEST(write_arguments)
{
    gan__safetensors_tensor twice[2] = {safetensors_ours[0], safetensors_ours[0]};
    gan__safetensors_tensor named[1] = {safetensors_ours[0]};
    gan__safetensors_pair pairs[2] = {{"a", "1"}, {"a", "2"}};
    const int64_t negative[1] = {-1};
    CHECK_STATUS(gan__safetensors_write(files_context, "n", twice, 2, NULL, 0), GAN_E_ARGUMENT);
    files_message("n: a tensor cannot be named 'b.bytes' twice");
    named->name = "__metadata__";
    CHECK_STATUS(gan__safetensors_write(files_context, "n", named, 1, NULL, 0), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__safetensors_write(files_context, "n", NULL, 0, pairs, 2), GAN_E_ARGUMENT);
    files_message("n: key 'a' is given twice");
    pairs[1] = (gan__safetensors_pair){"caf\xe9", "1"};
    CHECK_STATUS(gan__safetensors_write(files_context, "n", NULL, 0, pairs, 2), GAN_E_ARGUMENT);
    files_message("n: key 'caf\xe9' is not UTF-8");
    pairs[1] = (gan__safetensors_pair){"b", "caf\xe9"};
    CHECK_STATUS(gan__safetensors_write(files_context, "n", NULL, 0, pairs, 2), GAN_E_ARGUMENT);
    files_message("n: the value of key 'b' is not UTF-8");
    named->name = "caf\xe9";
    CHECK_STATUS(gan__safetensors_write(files_context, "n", named, 1, NULL, 0), GAN_E_ARGUMENT);
    files_message("n: the name of tensor 'caf\xe9' is not UTF-8");
    named->name = "a";
    named->shape = negative;
    CHECK_STATUS(gan__safetensors_write(files_context, "n", named, 1, NULL, 0), GAN_E_ARGUMENT);
    files_message("n: tensor 'a': dimension 0 is -1");
    CHECK(fault_find(&files_fault, "n") == NULL);
    CHECK_OK(gan__safetensors_write(files_context, "n", NULL, 0, NULL, 0));
}

/* Any allocation and any file operation may fail: the old file stays. */
TEST(write_faults)
{
    for (int files = 0; files < 2; files++) {
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; status != GAN_OK && n < 100; n++) {
            files_put("m", "old", 3);
            long long live = files_fault.live;
            files_fault.fail_at = files ? 0 : files_fault.allocations + n;
            files_fault.file_fail_at = files ? files_fault.file_operations + n : 0;
            status = safetensors_write_ours();
            files_fault.fail_at = files_fault.file_fail_at = 0;
            CHECK_INT(files_fault.live, live);
            CHECK((fault_find(&files_fault, "m")->size == 3) == (status != GAN_OK));
            CHECK(status == GAN_OK || status == (files ? GAN_E_FILE : GAN_E_MEMORY));
        }
        CHECK_OK(status);
    }
}

#define ENTRY(name, dtype, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

typedef struct safetensors_bad {
    const char *header;
    size_t buffer; /* bytes behind it */
    const char *message;
    gan_status status;
} safetensors_bad;

static const safetensors_bad safetensors_bads[] = {
    {"{" ENTRY("a", "F32", "[2]", "[0,8]") "}  ", 8, NULL, GAN_OK},
    {"{" ENTRY("a", "F32", "[2]", "[0,8]") "," ENTRY("b", "U8", "[0]", "[8,8]") "}", 8, NULL,
     GAN_OK},
    {"{" ENTRY("b", "U8", "[0]", "[0,0]") "," ENTRY("a", "U8", "[2]", "[0,2]") "}", 2, NULL,
     GAN_OK},
    {"{\"a\":{\"x\":[{}],\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1, NULL, GAN_OK},
    {"", 0, "file: byte 8: the header does not begin with '{'", GAN_E_FORMAT},
    {" {}", 0, "file: byte 8: the header does not begin with '{'", GAN_E_FORMAT},
    {"{}x", 0, "file: byte 10: the end expected, not 'x'", GAN_E_FORMAT},
    {"{}", 1, "file: byte 10: 1 bytes remain after the last tensor", GAN_E_FORMAT},
    {"{\"a\":1}", 0, "tensor 'a': file: byte 13: an object expected, not '1'", GAN_E_FORMAT},
    {"{\"a\":{}}", 0, "tensor 'a': file: byte 15: dtype is missing", GAN_E_FORMAT},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0,
     "tensor 'a': file: byte 36: dtype is given twice", GAN_E_FORMAT},
    {"{" ENTRY("a", "F8", "[2]", "[0,2]") "}", 2,
     "tensor 'a': file: byte 26: dtype 'F8' is not served", GAN_E_UNSUPPORTED},
    {"{" ENTRY("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1,
     "tensor 'a': file: byte 52: more than 8 dimensions", GAN_E_UNSUPPORTED},
    {"{" ENTRY("a", "U8", "[-1]", "[0,1]") "}", 1, "tensor 'a': file: byte 61: dimension 0 is -1",
     GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[1.0]", "[0,1]") "}", 1,
     "tensor 'a': file: byte 36: '1.0' is no integer of 64 bits", GAN_E_FORMAT},
    {"{" ENTRY("a", "F32", "[4611686018427387904,4]", "[0,0]") "}", 0,
     "tensor 'a': file: byte 81: the product of the 2 dimensions does not fit in 64 bits",
     GAN_E_FORMAT},
    {"{" ENTRY("a", "F32", "[2]", "[0,7]") "}", 7,
     "tensor 'a': file: byte 61: data_offsets hold 7 bytes, 2 elements of F32 have 8",
     GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[0,2]") "}", 1,
     "tensor 'a': file: byte 60: data_offsets 0, 2 in a buffer of 1 bytes: the file is "
     "cut short",
     GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[2,0]") "}", 2,
     "tensor 'a': file: byte 60: data_offsets 2, 0 in a buffer of 2 bytes", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[-2,0]") "}", 2,
     "tensor 'a': file: byte 61: data_offsets -2, 0 in a buffer of 2 bytes", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[2]") "}", 2,
     "tensor 'a': file: byte 57: data_offsets has 1 numbers, not 2", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[0,2,2]") "}", 2,
     "tensor 'a': file: byte 59: data_offsets has more than 2 numbers", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[1]", "[0,1]") "," ENTRY("b", "U8", "[1]", "[2,3]") "}", 3,
     "file: byte 114: tensor 'b' begins at byte 115: a hole", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[2]", "[0,2]") "," ENTRY("b", "U8", "[2]", "[1,3]") "}", 3,
     "file: byte 115: tensor 'b' begins at byte 114: an overlap", GAN_E_FORMAT},
    {"{" ENTRY("a", "U8", "[1]", "[0,1]") "," ENTRY("a", "U8", "[1]", "[1,2]") "}", 2,
     "file: byte 8: tensor 'a' is given twice", GAN_E_FORMAT},
    {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0,
     "file: byte 8: key 'a' of __metadata__ is given twice", GAN_E_FORMAT},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "file: byte 42: __metadata__ is given twice",
     GAN_E_FORMAT},
    {"{\"__metadata__\":{\"a\":1}}", 0, "file: byte 29: a string expected, not '1'", GAN_E_FORMAT},
    {"{\"__metadata__\":{\"gan.crc32.a\":\"123\"}," ENTRY("a", "U8", "[1]", "[0,1]") "}", 1,
     "file: byte 98: tensor 'a' is damaged: its CRC-32 is d202ef8d, the stored one 123",
     GAN_E_FORMAT},
    {"{\"__metadata__\":{\"gan.crc32\":\"0f6d6ead\",\"gan.format\":\"1.1\"}}", 0,
     "file: byte 8: the metadata is damaged: its checksum is 16765fec, the stored one '0f6d6ead' "
     "(who changed "
     "it on purpose takes 'gan.crc32' out)",
     GAN_E_FORMAT},
    {"{\"__metadata__\":{\"other\":\"x\",\"gan.format\":\"1.0\",\"gan.crc32\":\"0f6d6ead\"}}", 0,
     NULL, GAN_OK},
    {"{\"__metadata__\":{\"gan.crc32.b\":\"123\"}," ENTRY("a", "U8", "[1]", "[0,1]") "}", 1, NULL,
     GAN_OK},
};

TEST(bad)
{
    for (size_t i = 0; i < sizeof safetensors_bads / sizeof *safetensors_bads; i++) {
        const safetensors_bad *bad = &safetensors_bads[i];
        uint8_t bytes[300] = {(uint8_t)strlen(bad->header)};
        memcpy(bytes + 8, bad->header, strlen(bad->header));
        gan__bytes in = files_bytes(bytes, 8 + strlen(bad->header) + bad->buffer);
        gan__safetensors file;
        CHECK_STATUS(gan__safetensors_read(&in, &file), bad->status);
        CHECK(bad->status == GAN_OK || file.entries == NULL);
        if (bad->message) files_message(bad->message);
        gan__safetensors_free(&file);
    }
}

TEST(lengths)
{
    static const uint64_t lengths[] = {3, 100000001, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[10] = {0, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
        gan__store_u64le(bytes, lengths[i]);
        gan__bytes in = files_bytes(bytes, sizeof bytes);
        gan__safetensors file;
        CHECK_STATUS(gan__safetensors_read(&in, &file), GAN_E_FORMAT);
        CHECK(strstr(gan_context_message(files_context), "file: byte 0: a header of ") != NULL);
    }
}

int main(void)
{
    files_open();
    RUN(theirs);
    RUN(empty);
    RUN(ours);
    RUN(damage);
    RUN(write_arguments);
    RUN(write_faults);
    RUN(bad);
    RUN(lengths);
    files_close();
    return test_report();
}
