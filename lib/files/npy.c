/* npy.c: the header of an NPY file, a Python dictionary of three keys: versions 1 to 3 are read,
 * version 1 is written. */
#include "files/npy.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/stream.h"
#include "tensor/tensor.h"

#include <inttypes.h>

enum { NPY_ALIGNMENT = 64, NPY_PREFIX = 10 };

static const char npy_magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

typedef struct npy_type {
    char kind, size;
    gan__element element;
} npy_type;

static const npy_type npy_types[] = {
    {'f', 4, GAN__ELEMENT_F32},  {'f', 8, GAN__ELEMENT_F64}, {'f', 2, GAN__ELEMENT_F16},
    {'b', 1, GAN__ELEMENT_BOOL}, {'u', 1, GAN__ELEMENT_U8},  {'i', 1, GAN__ELEMENT_I8},
    {'u', 2, GAN__ELEMENT_U16},  {'i', 2, GAN__ELEMENT_I16}, {'u', 4, GAN__ELEMENT_U32},
    {'i', 4, GAN__ELEMENT_I32},  {'u', 8, GAN__ELEMENT_U64}, {'i', 8, GAN__ELEMENT_I64},
};

static char npy_peek(gan__bytes *in)
{
    while (in->at < in->size && (in->data[in->at] == ' ' || in->data[in->at] == '\n')) in->at++;
    return in->at < in->size ? (char)in->data[in->at] : 0;
}

static bool npy_take(gan__bytes *in, char c)
{
    if (npy_peek(in) != c) return false;
    in->at++;
    return true;
}

/* A Python string without escapes, in quotes of either kind. */
static gan_status npy_read_string(gan__bytes *in, const char **text, size_t *length)
{
    char quote = npy_peek(in);
    if (quote != '\'' && quote != '"') return gan__bytes_fail(in, "a quoted text expected");
    size_t start = ++in->at;
    while (in->at < in->size && (char)in->data[in->at] != quote) in->at++;
    if (in->at == in->size) return gan__bytes_fail(in, "a quoted text without an end");
    *text = (const char *)in->data + start;
    *length = in->at++ - start;
    return GAN_OK;
}

static gan_status npy_read_type(gan__bytes *in, gan__array *out)
{
    const char *text;
    size_t length;
    if (npy_peek(in) == '[')
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "a structured type is not served");
    GAN__TRY(npy_read_string(in, &text, &length));
    bool has_order = length == 3 && strchr("<>=|", text[0]) && text[0];
    for (size_t i = 0; has_order && i < sizeof npy_types / sizeof *npy_types; i++) {
        if (text[1] != npy_types[i].kind || text[2] != '0' + npy_types[i].size) continue;
        out->element = npy_types[i].element;
        out->big_endian = text[0] == '>';
        return GAN_OK;
    }
    in->at -= length + 1;
    return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "type '%.*s' is not served",
                              (int)(length < 20 ? length : 20), text);
}

static gan_status npy_read_order(gan__bytes *in, gan__array *out)
{
    npy_peek(in);
    size_t left = gan__bytes_left(in);
    if (left >= 4 && memcmp(in->data + in->at, "True", 4) == 0) {
        out->fortran = true;
        in->at += 4;
    } else if (left >= 5 && memcmp(in->data + in->at, "False", 5) == 0) {
        out->fortran = false;
        in->at += 5;
    } else {
        return gan__bytes_fail(in, "fortran_order is neither True nor False");
    }
    return GAN_OK;
}

/* A tuple of integers: () (3,) (3, 4); Python 2 wrote (3L,) */
static gan_status npy_read_shape(gan__bytes *in, gan__array *out)
{
    if (!npy_take(in, '(')) return gan__bytes_fail(in, "the shape is no tuple");
    for (out->rank = 0; !npy_take(in, ')'); out->rank++) {
        if (out->rank == GAN_MAX_RANK) {
            return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "more than %d dimensions",
                                      GAN_MAX_RANK);
        }
        npy_peek(in);
        size_t start = in->at;
        while (in->at < in->size && in->data[in->at] >= '0' && in->data[in->at] <= '9') in->at++;
        if (!gan__integer_parse((const char *)in->data + start, in->at - start,
                                &out->shape[out->rank]))
            return gan__bytes_fail(in, "dimension %d is no integer of 64 bits", (int)out->rank);
        if (in->at < in->size && in->data[in->at] == 'L') in->at++;
        bool has_comma = npy_take(in, ',');
        if (!has_comma && (npy_peek(in) != ')' || out->rank == 0))
            return gan__bytes_fail(in, "',' expected in the shape");
    }
    return GAN_OK;
}

/* The dictionary: three keys in any order, each once. */
static gan_status npy_read_dictionary(gan__bytes *in, gan__array *out)
{
    static const char *const names[3] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    if (!npy_take(in, '{')) return gan__bytes_fail(in, "the header is no dictionary");
    while (!npy_take(in, '}')) {
        const char *text;
        size_t length;
        int key = 0;
        GAN__TRY(npy_read_string(in, &text, &length));
        while (key < 3 && (strlen(names[key]) != length || memcmp(names[key], text, length) != 0))
            key++;
        if (key == 3 || (seen & 1u << key)) {
            return gan__bytes_fail(in, "the key '%.*s' is unknown or given twice",
                                   (int)(length < 20 ? length : 20), text);
        }
        seen |= 1u << key;
        if (!npy_take(in, ':')) return gan__bytes_fail(in, "':' expected");
        GAN__TRY(key == 0   ? npy_read_type(in, out)
                 : key == 1 ? npy_read_order(in, out)
                            : npy_read_shape(in, out));
        if (!npy_take(in, ',') && npy_peek(in) != '}') return gan__bytes_fail(in, "',' expected");
    }
    if (npy_peek(in) != 0 || in->at < in->size) return gan__bytes_fail(in, "the header goes on");
    if (seen == 7) return GAN_OK;
    return gan__bytes_fail(in, "the header lacks %s",
                           !(seen & 1)   ? names[0]
                           : !(seen & 2) ? names[1]
                                         : names[2]);
}

gan_status gan__npy_header(gan__bytes *in, gan__array *out)
{
    const uint8_t *p;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__bytes_take(in, 8, "the magic number and version", &p));
    if (memcmp(p, npy_magic, sizeof npy_magic) != 0 || p[6] < 1 || p[6] > 3 || p[7] != 0) {
        in->at -= 8;
        return gan__bytes_fail(in, "this is no NPY file of version 1, 2 or 3");
    }
    uint32_t width = p[6] == 1 ? 2 : 4;
    GAN__TRY(gan__bytes_take(in, width, "the length of the header", &p));
    uint32_t length = width == 2 ? gan__load_u16le(p) : gan__load_u32le(p);
    gan__bytes header = *in;
    GAN__TRY(gan__bytes_take(in, length, "the header", &p));
    header.size = in->at;
    GAN__TRY(npy_read_dictionary(&header, out));
    return GAN_OK;
}

gan_status gan__npy_read(gan__bytes *in, gan__array *out)
{
    GAN__TRY(gan__npy_header(in, out));
    return gan__array_find(in, out);
}

static const char *npy_descr(int32_t dtype)
{
    switch (dtype) {
    case GAN_FLOAT32: return "<f4";
    case GAN_UINT8: return "|u1";
    case GAN_INT32: return "<i4";
    default: return "<i8";
    }
}

void gan__npy_write_header(gan__text *text, int32_t dtype, int32_t rank, const int64_t *shape)
{
    size_t start = text->length;
    gan__text_append(text, npy_magic, sizeof npy_magic);
    gan__text_append(text, "\1\0\0\0", 4);
    gan__text_print(text, "{'descr': '%s', 'fortran_order': False, 'shape': (", npy_descr(dtype));
    for (int32_t i = 0; i < rank; i++)
        gan__text_print(text, "%s%" PRId64, i > 0 ? ", " : "", shape[i]);
    gan__text_print(text, rank == 1 ? ",), }" : "), }");
    while ((text->length - start + 1) % NPY_ALIGNMENT != 0 && text->status == GAN_OK)
        gan__text_append(text, " ", 1);
    gan__text_append(text, "\n", 1);
    if (text->status != GAN_OK) return;
    size_t length = text->length - start - NPY_PREFIX; /* two bytes are enough for 8 numbers */
    text->bytes[start + 8] = (char)(length & 255);
    text->bytes[start + 9] = (char)(length >> 8);
}

static gan_status npy_load(gan_tensor **out, gan_context *context, const char *path)
{
    uint8_t *bytes;
    size_t size;
    gan__array array;
    GAN__TRY(gan__file_read(context, path, &bytes, &size));
    gan__bytes in = {context, path, bytes, size, 0};
    gan_status status = gan__npy_read(&in, &array);
    if (status == GAN_OK) status = gan__array_tensor(&in, &array, out);
    gan__free(context, bytes);
    return status;
}

gan_status gan_tensor_load(gan_tensor **out, gan_context *context, const char *path)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_load: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_load: path is NULL");
    GAN__RETURN_ENTERED(context, npy_load(out, context, path));
}

static gan_status npy_save_rows(gan_context *context, const gan_tensor *tensor, const char *path)
{
    gan__text header = {.context = context};
    gan__npy_write_header(&header, tensor->dtype, tensor->rank, tensor->shape);
    gan_status status = header.status;
    if (status == GAN_OK) {
        gan__piece pieces[2] = {
            {header.bytes, header.length, NULL},
            {tensor->data, (size_t)tensor->count * gan__dtype_size(tensor->dtype), NULL}};
        status = gan__file_replace(context, path, pieces, 2);
    }
    gan__text_free(&header);
    return status;
}

static gan_status npy_save(const gan_tensor *tensor, const char *path)
{
    gan_context *context = tensor->object.context;
    gan_tensor *rows;
    if (gan__tensor_is_contiguous(tensor)) return npy_save_rows(context, tensor, path);
    GAN__TRY(gan_tensor_create(&rows, context, tensor->dtype, tensor->rank, tensor->shape));
    gan_status status = gan_tensor_copy(rows, tensor);
    if (status == GAN_OK) status = npy_save_rows(context, rows, path);
    gan_tensor_release(rows);
    return status;
}

gan_status gan_tensor_save(const gan_tensor *tensor, const char *path)
{
    GAN__TRY(gan__object_check(NULL, tensor, GAN__TENSOR, "gan_tensor_save", "tensor"));
    gan_context *context = tensor->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_save: path is NULL");
    GAN__RETURN_ENTERED(context, npy_save(tensor, path));
}
