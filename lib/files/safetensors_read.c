/* safetensors_read.c: reads and distrusts: names once each, tensors without a hole or an overlap,
 * checksums where the file has them. */
#include "base/memory.h"
#include "files/checksum.h"
#include "files/json.h"
#include "files/safetensors.h"
#include "files/sort.h"

#include <inttypes.h>

enum { SAFETENSORS_HEADER_MOST = 100000000 };

static const char safetensors_crc[] = "gan.crc32.";

/* The header while it is read. */
typedef struct safetensors_reader {
    const gan__bytes *in;
    gan__json json;
    size_t start; /* of the buffer that holds the data, in the file */
    bool has_metadata;
    gan__safetensors *out;
} safetensors_reader;

static int safetensors_by_name(const void *a, const void *b)
{
    return strcmp(((const gan__safetensors_entry *)a)->name,
                  ((const gan__safetensors_entry *)b)->name);
}

static int safetensors_by_key(const void *a, const void *b)
{
    return strcmp(((const gan__safetensors_pair *)a)->key, ((const gan__safetensors_pair *)b)->key);
}

static size_t safetensors_size(const gan__safetensors_entry *e)
{
    return (size_t)e->array.count * gan__element_size(e->array.element); /* checked by measure */
}

/* By place; tensors without elements come before what begins at the same byte. */
static int safetensors_by_offset(const void *a, const void *b)
{
    const gan__safetensors_entry *x = a, *y = b;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    size_t i = safetensors_size(x), k = safetensors_size(y);
    return i < k ? -1 : i > k;
}

static gan_status safetensors_read_metadata(safetensors_reader *r)
{
    gan__safetensors *out = r->out;
    if (r->has_metadata) return gan__bytes_fail(&r->json.in, "__metadata__ is given twice");
    r->has_metadata = true;
    GAN__TRY(gan__json_enter(&r->json, '{'));
    for (bool more;;) {
        gan__safetensors_pair pair;
        GAN__TRY(gan__json_next_key(&r->json, &pair.key, &more));
        if (!more) return GAN_OK;
        GAN__TRY(gan__json_string(&r->json, &pair.value));
        GAN__TRY(gan__grow(r->in->context, &out->pairs, &out->pair_capacity, out->pair_count + 1,
                           sizeof pair));
        out->pairs[out->pair_count++] = pair;
    }
}

static gan_status safetensors_read_dtype(gan__json *json, gan__array *array)
{
    const char *name;
    GAN__TRY(gan__json_string(json, &name));
    for (int i = 0; i < GAN__ELEMENT_COUNT; i++) {
        array->element = (gan__element)i;
        if (strcmp(name, gan__element_name(array->element)) == 0) return GAN_OK;
    }
    return gan__bytes_fail_as(&json->in, GAN_E_UNSUPPORTED, "dtype '%.40s' is not served", name);
}

static gan_status safetensors_read_shape(gan__json *json, gan__array *array)
{
    GAN__TRY(gan__json_enter(json, '['));
    for (bool more;; array->rank++) {
        GAN__TRY(gan__json_next(json, &more));
        if (!more) return GAN_OK;
        if (array->rank == GAN_MAX_RANK) {
            return gan__bytes_fail_as(&json->in, GAN_E_UNSUPPORTED, "more than %d dimensions",
                                      GAN_MAX_RANK);
        }
        GAN__TRY(gan__json_integer(json, &array->shape[array->rank]));
    }
}

static gan_status safetensors_read_offsets(gan__json *json, int64_t offsets[2])
{
    bool more;
    GAN__TRY(gan__json_enter(json, '['));
    for (int i = 0; i < 2; i++) {
        GAN__TRY(gan__json_next(json, &more));
        if (!more) return gan__bytes_fail(&json->in, "data_offsets has %d numbers, not 2", i);
        GAN__TRY(gan__json_integer(json, &offsets[i]));
    }
    GAN__TRY(gan__json_next(json, &more));
    return more ? gan__bytes_fail(&json->in, "data_offsets has more than 2 numbers") : GAN_OK;
}

/* Places the entry: its bytes must be as many as the shape demands, and lie in the buffer. */
static gan_status safetensors_place(safetensors_reader *r, gan__safetensors_entry *entry,
                                    const int64_t offsets[2])
{
    const gan__bytes *at = &r->json.in;
    size_t buffer = r->in->size - r->start;
    uint64_t size;
    GAN__TRY(gan__array_measure(at, &entry->array, &size));
    if (offsets[0] < 0 || offsets[1] < offsets[0] || (uint64_t)offsets[1] > buffer) {
        return gan__bytes_fail(
            at, "data_offsets %" PRId64 ", %" PRId64 " in a buffer of %zu bytes%s", offsets[0],
            offsets[1], buffer, offsets[1] > (int64_t)buffer ? ": the file is cut short" : "");
    }
    if ((uint64_t)(offsets[1] - offsets[0]) != size) {
        return gan__bytes_fail(
            at, "data_offsets hold %" PRId64 " bytes, %" PRId64 " elements of %s have %" PRIu64,
            offsets[1] - offsets[0], entry->array.count, gan__element_name(entry->array.element),
            size);
    }
    entry->offset = r->start + (size_t)offsets[0];
    entry->array.data = r->in->data + entry->offset;
    return GAN_OK;
}

/* The three members of a tensor, each once; unknown ones are ignored. */
static gan_status safetensors_read_members(safetensors_reader *r, gan__safetensors_entry *entry)
{
    static const char *const names[3] = {"dtype", "shape", "data_offsets"};
    gan__json *json = &r->json;
    int64_t offsets[2] = {0, 0};
    unsigned seen = 0;
    GAN__TRY(gan__json_enter(json, '{'));
    for (bool more;;) {
        const char *key;
        int i = 0;
        GAN__TRY(gan__json_next_key(json, &key, &more));
        if (!more) break;
        while (i < 3 && strcmp(key, names[i]) != 0) i++;
        if (seen & 1u << i) return gan__bytes_fail(&json->in, "%s is given twice", names[i]);
        if (i < 3) seen |= 1u << i;
        GAN__TRY(i == 0   ? safetensors_read_dtype(json, &entry->array)
                 : i == 1 ? safetensors_read_shape(json, &entry->array)
                 : i == 2 ? safetensors_read_offsets(json, offsets)
                          : gan__json_skip(json));
    }
    for (int i = 0; i < 3; i++)
        if (!(seen & 1u << i)) return gan__bytes_fail(&json->in, "%s is missing", names[i]);
    return safetensors_place(r, entry, offsets);
}

static gan_status safetensors_read_tensor(safetensors_reader *r, const char *name)
{
    gan__safetensors *out = r->out;
    gan__safetensors_entry entry = {.name = name, .stored = name};
    gan_status status = safetensors_read_members(r, &entry);
    if (status != GAN_OK) return gan__fail_in(r->in->context, status, "tensor '%.200s'", name);
    GAN__TRY(gan__grow(r->in->context, &out->entries, &out->entry_capacity, out->entry_count + 1,
                       sizeof entry));
    out->entries[out->entry_count++] = entry;
    return GAN_OK;
}

static gan_status safetensors_read_header(safetensors_reader *r)
{
    const char *key;
    if (r->json.in.at == r->json.in.size || r->in->data[r->json.in.at] != '{')
        return gan__bytes_fail(&r->json.in, "the header does not begin with '{'");
    GAN__TRY(gan__json_enter(&r->json, '{'));
    for (bool more;;) {
        GAN__TRY(gan__json_next_key(&r->json, &key, &more));
        if (!more) break;
        if (strcmp(key, "__metadata__") == 0)
            GAN__TRY(safetensors_read_metadata(r));
        else
            GAN__TRY(safetensors_read_tensor(r, key));
    }
    return gan__json_end(&r->json);
}

/* The tensors follow each other from the buffer's first byte to its last. */
static gan_status safetensors_check_places(safetensors_reader *r)
{
    gan__safetensors *out = r->out;
    gan__bytes at = *r->in;
    at.at = r->start;
    gan__sort(out->entries, out->entry_count, sizeof *out->entries, safetensors_by_offset);
    for (size_t i = 0; i < out->entry_count; i++) {
        const gan__safetensors_entry *entry = &out->entries[i];
        if (entry->offset != at.at) {
            return gan__bytes_fail(&at, "tensor '%.200s' begins at byte %zu: %s", entry->name,
                                   entry->offset, entry->offset > at.at ? "a hole" : "an overlap");
        }
        at.at += safetensors_size(entry);
    }
    if (at.at == at.size) return GAN_OK;
    return gan__bytes_fail(&at, "%zu bytes remain after the last tensor", at.size - at.at);
}

static gan_status safetensors_check_names(safetensors_reader *r)
{
    gan__safetensors *out = r->out;
    gan__bytes at = *r->in;
    at.at = sizeof(uint64_t);
    gan__sort(out->entries, out->entry_count, sizeof *out->entries, safetensors_by_name);
    gan__sort(out->pairs, out->pair_count, sizeof *out->pairs, safetensors_by_key);
    for (size_t i = 1; i < out->entry_count; i++) {
        const char *name = out->entries[i].name;
        if (strcmp(name, out->entries[i - 1].name) != 0) continue;
        return gan__bytes_fail(&at, "tensor '%.200s' is given twice", name);
    }
    for (size_t i = 1; i < out->pair_count; i++) {
        const char *key = out->pairs[i].key;
        if (strcmp(key, out->pairs[i - 1].key) != 0) continue;
        return gan__bytes_fail(&at, "key '%.200s' of __metadata__ is given twice", key);
    }
    return GAN_OK;
}

static bool safetensors_parse_crc(const char *text, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 8; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit) return false;
        *out = *out << 4 | (uint32_t)(digit - digits);
    }
    return text[8] == 0;
}

bool gan__safetensors_sum(const gan__safetensors_pair *pairs, size_t count, uint32_t *out)
{
    bool found = false;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = pairs[i].key, *value = pairs[i].value;
        if (strncmp(key, "gan.", 4) != 0 || strncmp(key, "gan.crc32", 9) == 0) continue;
        *out += gan__crc32(gan__crc32(0, key, strlen(key) + 1), value, strlen(value) + 1);
        found = true;
    }
    return found;
}

static gan_status safetensors_check_metadata(safetensors_reader *r)
{
    const gan__safetensors *out = r->out;
    const char *value = gan__safetensors_metadata(out, "gan.crc32");
    uint32_t stored, found;
    gan__safetensors_sum(out->pairs, out->pair_count, &found);
    if (!value || (safetensors_parse_crc(value, &stored) && stored == found)) return GAN_OK;
    gan__bytes at = *r->in;
    at.at = sizeof(uint64_t);
    return gan__bytes_fail(&at,
                           "the metadata is damaged: its checksum is %08" PRIx32 ", the stored one "
                           "'%.40s' (who changed it on purpose takes 'gan.crc32' out)",
                           found, value);
}

/* A checksum without its tensor is ignored: whoever took the tensor out kept the metadata. */
static gan_status safetensors_check_sums(safetensors_reader *r)
{
    gan__safetensors *out = r->out;
    gan__bytes at = *r->in;
    for (size_t i = 0; i < out->pair_count; i++) {
        const gan__safetensors_pair *pair = &out->pairs[i];
        if (strncmp(pair->key, safetensors_crc, sizeof safetensors_crc - 1) != 0) continue;
        const char *name = pair->key + sizeof safetensors_crc - 1;
        const gan__safetensors_entry *entry = gan__safetensors_find(out, name);
        uint32_t stored;
        if (!entry) continue;
        at.at = entry->offset;
        uint32_t found = gan__crc32(0, entry->array.data, safetensors_size(entry));
        if (safetensors_parse_crc(pair->value, &stored) && stored == found) continue;
        return gan__bytes_fail(
            &at, "tensor '%.200s' is damaged: its CRC-32 is %08x, the stored one %.40s", name,
            found, pair->value);
    }
    return GAN_OK;
}

static gan_status safetensors_read_all(safetensors_reader *r)
{
    gan__bytes in = *r->in;
    const uint8_t *p;
    in.at = 0;
    GAN__TRY(gan__bytes_take(&in, sizeof(uint64_t), "the length of the header", &p));
    uint64_t length = gan__load_u64le(p);
    if (length > SAFETENSORS_HEADER_MOST || length > gan__bytes_left(&in)) {
        in.at = 0;
        return gan__bytes_fail(&in,
                               "a header of %" PRIu64 " bytes in a file of %zu: it is no "
                               "safetensors file, or a part of one",
                               length, in.size);
    }
    r->start = in.at + (size_t)length;
    in.size = r->start;
    GAN__TRY(gan__json_open(&r->json, &in));
    r->out->strings = r->json.strings;
    GAN__TRY(safetensors_read_header(r));
    GAN__TRY(safetensors_check_places(r));
    GAN__TRY(safetensors_check_names(r));
    GAN__TRY(safetensors_check_metadata(r));
    return safetensors_check_sums(r);
}

gan_status gan__safetensors_read(const gan__bytes *in, gan__safetensors *out)
{
    safetensors_reader r = {.in = in, .out = out};
    memset(out, 0, sizeof *out);
    out->context = in->context;
    gan_status status = safetensors_read_all(&r);
    if (status != GAN_OK) gan__safetensors_free(out);
    return status;
}

void gan__safetensors_free(gan__safetensors *file)
{
    gan__free(file->context, file->strings);
    gan__free(file->context, file->entries);
    gan__free(file->context, file->pairs);
    memset(file, 0, sizeof *file);
}

const gan__safetensors_entry *gan__safetensors_find(const gan__safetensors *file, const char *name)
{
    for (size_t low = 0, high = file->entry_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, file->entries[middle].name);
        if (order == 0) return &file->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *gan__safetensors_metadata(const gan__safetensors *file, const char *key)
{
    for (size_t low = 0, high = file->pair_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, file->pairs[middle].key);
        if (order == 0) return file->pairs[middle].value;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
