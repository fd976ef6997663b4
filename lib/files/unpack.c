/* unpack.c: reads as much as is asked for and, of a gzip file, begins again with twice as much when
 * that was not enough: few calls do, and nothing has to be kept between them. */
#include "files/unpack.h"

#include "base/memory.h"
#include "files/checksum.h"
#include "files/inflate.h"

#include <inttypes.h>

enum { UNPACK_LEAST = 65536 }; /* compressed bytes that are read at first */

gan_status gan__unpack_open(gan__unpack *input, gan_context *context, const char *path)
{
    memset(input, 0, sizeof *input);
    GAN__TRY(gan__reader_open(&input->reader, context, path));
    GAN__TRY(gan__reader_fill(&input->reader, 2));
    const uint8_t *bytes = input->reader.bytes;
    input->gzip = input->reader.size == 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    return GAN_OK;
}

void gan__unpack_open_member(gan__unpack *input, gan_context *context, const char *name,
                             const gan__zip_member *member)
{
    memset(input, 0, sizeof *input);
    input->reader.context = context;
    input->reader.path = name;
    input->member = member;
}

void gan__unpack_close(gan__unpack *input)
{
    gan__free(input->reader.context, input->plain);
    input->plain = NULL;
    gan__reader_close(&input->reader);
}

/* Decompresses what was read; *enough: there are `count` bytes. That it ends too early is a failure
 * only at the file's end: before that nobody hears of it. */
static gan_status unpack_expand(gan__unpack *input, size_t count, bool *enough)
{
    gan__reader *reader = &input->reader;
    gan_context *context = reader->context;
    gan__bytes in = {context, reader->path, reader->bytes, reader->size, 0};
    char message[GAN__MESSAGE_SIZE];
    memcpy(message, context->message, sizeof message);
    gan__free(context, input->plain);
    gan_status status = gan__inflate_first(&in, GAN__INFLATE_GZIP, count, &input->plain,
                                           &input->plain_size, enough);
    if (status == GAN_OK && !reader->file) {
        input->whole = !*enough;
        *enough = true;
    }
    if (status != GAN_E_FORMAT || !reader->file) return status;
    memcpy(context->message, message, sizeof message);
    return GAN_OK;
}

/* From the beginning each time, with twice as much. */
static gan_status unpack_decompress(gan__unpack *input, size_t count)
{
    gan__reader *reader = &input->reader;
    bool enough = input->whole || (input->plain && input->plain_size >= count);
    while (!enough) {
        size_t wanted = reader->size < UNPACK_LEAST ? UNPACK_LEAST : reader->size;
        if (!gan__multiply_size(wanted, 2, &wanted) || count == SIZE_MAX) wanted = SIZE_MAX;
        GAN__TRY(gan__reader_fill(reader, wanted));
        GAN__TRY(unpack_expand(input, count, &enough));
    }
    if (!input->whole) return GAN_OK;
    gan__free(reader->context, reader->bytes); /* of no more use */
    reader->bytes = NULL;
    return GAN_OK;
}

/* A member's bytes as they lie in the ZIP file, to be read or decompressed. */
static gan__bytes unpack_packed(const gan__unpack *input)
{
    const gan__reader *reader = &input->reader;
    return (gan__bytes){reader->context, reader->path, input->member->data,
                        (size_t)input->member->packed, 0};
}

/* Of a member that is all there. */
static gan_status unpack_check(gan__unpack *input, const gan__bytes *in, const uint8_t *bytes,
                               size_t size)
{
    const gan__zip_member *member = input->member;
    const uint32_t crc = gan__crc32(0, bytes, size);
    if (size != member->size) {
        return gan__bytes_fail(in, "the data expands to %zu bytes, not %" PRIu64, size,
                               member->size);
    }
    if (crc != member->crc)
        return gan__bytes_fail(in, "the CRC-32 is 0x%08x, the data's is 0x%08x", member->crc, crc);
    input->whole = true;
    return GAN_OK;
}

/* From the beginning each time: it is asked for a beginning, for what is wanted, for all. */
static gan_status unpack_inflate(gan__unpack *input, size_t count)
{
    const uint64_t size = input->member->size;
    const size_t limit = size < count ? (size_t)size : count;
    gan__bytes in = unpack_packed(input);
    bool more = false;
    if (input->plain && input->plain_size >= count) return GAN_OK;
    gan__free(in.context, input->plain);
    GAN__TRY(
        gan__inflate_first(&in, GAN__INFLATE_RAW, limit, &input->plain, &input->plain_size, &more));
    if (!more) return unpack_check(input, &in, input->plain, input->plain_size);
    if (limit < size) return GAN_OK;
    return gan__bytes_fail(&in, "the data expands to more than %" PRIu64 " bytes", size);
}

static gan_status unpack_member(gan__unpack *input, size_t count, gan__bytes *in)
{
    const size_t at = in->at;
    *in = unpack_packed(input);
    if (input->member->method == GAN__ZIP_DEFLATED) {
        if (!input->whole) GAN__TRY(unpack_inflate(input, count));
        in->data = input->plain;
        in->size = input->plain_size;
    } else if (count >= in->size && !input->whole) {
        GAN__TRY(unpack_check(input, in, in->data, in->size));
    }
    in->at = at;
    return GAN_OK;
}

gan_status gan__unpack_need(gan__unpack *input, size_t count, gan__bytes *in)
{
    gan__reader *reader = &input->reader;
    in->context = reader->context;
    in->name = reader->path;
    if (input->member) return unpack_member(input, count, in);
    if (input->gzip) {
        GAN__TRY(unpack_decompress(input, count));
        in->data = input->plain;
        in->size = input->plain_size;
        return GAN_OK;
    }
    GAN__TRY(gan__reader_fill(reader, count));
    input->whole = !reader->file;
    in->data = reader->bytes;
    in->size = reader->size;
    return GAN_OK;
}
