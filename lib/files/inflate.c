/* inflate.c: the blocks of a stream, symbol by symbol. One refill of the 64-bit buffer serves a
 * length and its distance: 15 + 5 + 15 + 13 = 48 bits. */
#include "files/inflate.h"

#include "base/memory.h"
#include "files/checksum.h"
#include "files/inflate_table.h"

enum {
    INFLATE_LONGEST = 258,
    INFLATE_SLACK = INFLATE_LONGEST + 16, /* a match may be copied in words of eight */
    INFLATE_EXPANSION = 1032,             /* 258 bytes from two bits */
    INFLATE_LEAST = 1024                  /* bytes of output that are allocated at first */
};

typedef struct inflate_bits {
    uint64_t buffer; /* the next bits, lowest first */
    uint32_t count;  /* how many of them count */
    size_t beyond;   /* zero bytes that were supplied behind the end of the input */
    const uint8_t *next, *end;
} inflate_bits;

typedef struct inflate_state {
    gan__bytes *in;
    inflate_bits bits;
    uint8_t *out;
    size_t used, room, limit; /* `out` has room + INFLATE_SLACK bytes; room <= limit + 1 */
    size_t start;             /* where this member's output begins: no distance reaches further */
    bool *more;               /* NULL: more than `limit` bytes are an error */
    uint32_t literals[GAN__INFLATE_LITERAL_SIZE];
    uint32_t distances[GAN__INFLATE_DISTANCE_SIZE];
    uint32_t lengths[GAN__INFLATE_LENGTH_SIZE];
} inflate_state;

/* Where the reader really is: the bytes taken into the buffer and not used are given back. */
static size_t inflate_position(const inflate_state *s)
{
    size_t unused = s->bits.count / 8;
    size_t taken = (size_t)(s->bits.next - s->in->data);
    return unused > s->bits.beyond ? taken - (unused - s->bits.beyond) : taken;
}

static gan_status inflate_truncated(inflate_state *s)
{
    s->in->at = s->in->size;
    return gan__bytes_fail(s->in, "the compressed data ends too early");
}

/* Whether bits were used that the input does not have. */
static bool inflate_is_beyond(const inflate_bits *b)
{
    return b->beyond > b->count / 8;
}

/* At least 56 bits. Behind the end come zeros; a caller that loops asks inflate_is_beyond. */
static inline void inflate_refill(inflate_bits *b)
{
    if (b->end - b->next >= 8) {
        b->buffer |= gan__load_u64le(b->next) << b->count;
        b->next += (63 - b->count) >> 3;
        b->count |= 56;
        return;
    }
    for (; b->count <= 55; b->count += 8)
        if (b->next < b->end)
            b->buffer |= (uint64_t)*b->next++ << b->count;
        else
            b->beyond++;
}

static inline uint32_t inflate_take(inflate_bits *b, uint32_t count)
{
    uint32_t value = (uint32_t)(b->buffer & (((uint64_t)1 << count) - 1));
    b->buffer >>= count;
    b->count -= count;
    return value;
}

static gan_status inflate_grow(inflate_state *s)
{
    if (s->room > s->limit) {
        s->in->at = inflate_position(s);
        if (s->more) {
            *s->more = true;
            return GAN_E_CANCELLED; /* no failure: see gan__inflate_first */
        }
        return gan__bytes_fail(s->in, "the data expands to more than %zu bytes", s->limit);
    }
    size_t room = 2 * s->room < INFLATE_LEAST ? INFLATE_LEAST : 2 * s->room;
    if (room > s->limit) room = s->limit + 1;
    uint8_t *grown;
    GAN__TRY(gan__allocate_raw(s->in->context, &grown, room + INFLATE_SLACK, 1));
    if (s->used > 0) memcpy(grown, s->out, s->used);
    gan__free(s->in->context, s->out);
    s->out = grown;
    s->room = room;
    return GAN_OK;
}

static gan_status inflate_tables(inflate_state *s, const uint8_t *lengths, uint32_t literals,
                                 uint32_t distances)
{
    s->in->at = inflate_position(s);
    if (!gan__inflate_literals(s->literals, lengths, literals))
        return gan__bytes_fail(s->in, "the lengths of the literal codes make no code");
    if (!gan__inflate_distances(s->distances, lengths + literals, distances))
        return gan__bytes_fail(s->in, "the lengths of the distance codes make no code");
    return GAN_OK;
}

static gan_status inflate_fixed(inflate_state *s)
{
    uint8_t lengths[288 + 32];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    memset(lengths + 288, 5, 32);
    return inflate_tables(s, lengths, 288, 32);
}

static inline uint32_t inflate_symbol(inflate_bits *b, const uint32_t *entries, uint32_t bits)
{
    uint32_t entry = entries[b->buffer & ((1u << bits) - 1)];
    if (entry & GAN__INFLATE_SECOND) {
        uint32_t index = (uint32_t)(b->buffer >> bits) & ((1u << (entry >> 8 & 15)) - 1);
        inflate_take(b, bits);
        entry = entries[(entry >> 16) + index];
    }
    inflate_take(b, entry & 255);
    return entry;
}

/* Reads the run-length coded code lengths of both alphabets. */
static gan_status inflate_read_lengths(inflate_state *s, uint8_t *lengths, uint32_t total)
{
    for (uint32_t i = 0; i < total;) {
        inflate_refill(&s->bits);
        if (inflate_is_beyond(&s->bits)) return inflate_truncated(s);
        uint32_t entry = inflate_symbol(&s->bits, s->lengths, GAN__INFLATE_LENGTH_BITS);
        uint32_t symbol = entry >> 16, repeat = 1, value = symbol;
        if (entry & GAN__INFLATE_BAD) {
            s->in->at = inflate_position(s);
            return gan__bytes_fail(s->in, "a code that is not in the table of code lengths");
        }
        if (symbol == 16) repeat = 3 + inflate_take(&s->bits, 2);
        if (symbol == 17) repeat = 3 + inflate_take(&s->bits, 3);
        if (symbol == 18) repeat = 11 + inflate_take(&s->bits, 7);
        if (symbol == 16 && i > 0) value = lengths[i - 1];
        if (symbol > 16) value = 0;
        if (repeat > total - i || (symbol == 16 && i == 0)) {
            s->in->at = inflate_position(s);
            return gan__bytes_fail(s->in, "code length %u of %u is repeated %u times", i, total,
                                   repeat);
        }
        memset(lengths + i, (int)value, repeat);
        i += repeat;
    }
    return GAN_OK;
}

static gan_status inflate_dynamic(inflate_state *s)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[288 + 32] = {0}, first[19] = {0};
    inflate_refill(&s->bits);
    uint32_t literals = 257 + inflate_take(&s->bits, 5);
    uint32_t distances = 1 + inflate_take(&s->bits, 5);
    uint32_t count = 4 + inflate_take(&s->bits, 4);
    s->in->at = inflate_position(s);
    if (literals > 286) return gan__bytes_fail(s->in, "%u literal codes, at most 286", literals);
    if (distances > 30) return gan__bytes_fail(s->in, "%u distance codes, at most 30", distances);
    for (uint32_t i = 0; i < count; i++) {
        inflate_refill(&s->bits);
        first[order[i]] = (uint8_t)inflate_take(&s->bits, 3);
    }
    if (!gan__inflate_lengths(s->lengths, first, 19))
        return gan__bytes_fail(s->in, "the lengths of the code length codes make no code");
    GAN__TRY(inflate_read_lengths(s, lengths, literals + distances));
    if (lengths[256] == 0) return gan__bytes_fail(s->in, "the block's end has no code");
    return inflate_tables(s, lengths, literals, distances);
}

/* Copies a match; may write up to seven bytes behind it. */
static inline void inflate_copy(uint8_t *to, size_t distance, size_t length)
{
    const uint8_t *from = to - distance;
    if (distance >= 8) {
        for (size_t i = 0; i < length; i += 8) {
            uint64_t word;
            memcpy(&word, from + i, 8);
            memcpy(to + i, &word, 8);
        }
    } else if (distance == 1) {
        memset(to, *from, length);
    } else {
        for (size_t i = 0; i < length; i++) to[i] = from[i];
    }
}

/* Ends the symbols' loop: what it held in registers goes back into the state. */
static void inflate_settle(inflate_state *s, const inflate_bits *b, const uint8_t *to)
{
    s->bits = *b;
    s->used = (size_t)(to - s->out);
    s->in->at = inflate_position(s);
}

/* One block's symbols, up to its end. */
static gan_status inflate_symbols(inflate_state *s)
{
    inflate_bits b = s->bits; /* copies that stay in registers */
    uint8_t *to = s->out + s->used, *stop = s->out + s->room;
    for (;;) {
        if (b.count < 48) {
            inflate_refill(&b);
            if (inflate_is_beyond(&b)) return inflate_truncated(s);
        }
        if (to >= stop) {
            inflate_settle(s, &b, to);
            GAN__TRY(inflate_grow(s));
            to = s->out + s->used;
            stop = s->out + s->room;
        }
        uint32_t entry = inflate_symbol(&b, s->literals, GAN__INFLATE_LITERAL_BITS);
        if (entry & GAN__INFLATE_LITERAL) {
            *to++ = (uint8_t)(entry >> 16);
            continue;
        }
        if ((entry & GAN__INFLATE_KIND) != GAN__INFLATE_BASE) {
            inflate_settle(s, &b, to);
            if (entry & GAN__INFLATE_END) return GAN_OK;
            return gan__bytes_fail(s->in, "a literal or length code that the block does not have");
        }
        uint32_t length = (entry >> 16) + inflate_take(&b, entry >> 8 & 15);
        entry = inflate_symbol(&b, s->distances, GAN__INFLATE_DISTANCE_BITS);
        uint32_t distance = (entry >> 16) + inflate_take(&b, entry >> 8 & 15);
        size_t before = (size_t)(to - s->out) - s->start;
        if (distance == 0 || distance > before) {
            inflate_settle(s, &b, to);
            return gan__bytes_fail(s->in, "a distance of %u with only %zu bytes before it",
                                   distance, before);
        }
        inflate_copy(to, distance, length);
        to += length;
    }
}

/* Drops the rest of the current byte and gives whole bytes back to the input. */
static gan_status inflate_align(inflate_state *s)
{
    if (inflate_is_beyond(&s->bits)) return inflate_truncated(s);
    s->in->at = inflate_position(s);
    s->bits = (inflate_bits){.next = s->in->data + s->in->at, .end = s->bits.end};
    return GAN_OK;
}

static gan_status inflate_stored(inflate_state *s)
{
    const uint8_t *p;
    GAN__TRY(inflate_align(s));
    GAN__TRY(gan__bytes_take(s->in, 4, "the length of a stored block", &p));
    uint32_t length = gan__load_u16le(p), inverse = gan__load_u16le(p + 2);
    if ((length ^ inverse) != 0xffff) {
        return gan__bytes_fail(s->in, "a stored block's length %u and its complement %u disagree",
                               length, inverse);
    }
    GAN__TRY(gan__bytes_take(s->in, length, "a stored block", &p));
    s->bits.next = p + length;
    while (length > 0) {
        if (s->used >= s->room) GAN__TRY(inflate_grow(s));
        size_t count = s->room - s->used < length ? s->room - s->used : length;
        memcpy(s->out + s->used, p, count);
        s->used += count;
        p += count;
        length -= (uint32_t)count;
    }
    return GAN_OK;
}

/* One DEFLATE stream from in->at on. */
static gan_status inflate_stream(inflate_state *s)
{
    s->bits = (inflate_bits){.next = s->in->data + s->in->at, .end = s->in->data + s->in->size};
    s->start = s->used;
    for (bool last = false; !last;) {
        inflate_refill(&s->bits);
        last = inflate_take(&s->bits, 1) == 1;
        uint32_t type = inflate_take(&s->bits, 2);
        if (inflate_is_beyond(&s->bits)) return inflate_truncated(s);
        if (type == 0) {
            GAN__TRY(inflate_stored(s));
            continue;
        }
        if (type == 3) {
            s->in->at = inflate_position(s);
            return gan__bytes_fail(s->in, "a block of the unknown type 3");
        }
        GAN__TRY(type == 1 ? inflate_fixed(s) : inflate_dynamic(s));
        GAN__TRY(inflate_symbols(s));
    }
    GAN__TRY(inflate_align(s));
    return s->used > s->limit ? inflate_grow(s) : GAN_OK;
}

static gan_status inflate_zlib(inflate_state *s)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(s->in, 2, "the zlib header", &p));
    if ((p[0] & 15) != 8 || p[0] >> 4 > 7 || gan__load_u16be(p) % 31 != 0 || (p[1] & 32))
        return gan__bytes_fail(s->in, "0x%02x%02x is no zlib header", p[0], p[1]);
    GAN__TRY(inflate_stream(s));
    GAN__TRY(gan__bytes_take(s->in, 4, "the Adler-32", &p));
    uint32_t found = gan__adler32(1, s->out, s->used);
    if (gan__load_u32be(p) == found) return GAN_OK;
    return gan__bytes_fail(s->in, "the Adler-32 is 0x%08x, the data's is 0x%08x",
                           gan__load_u32be(p), found);
}

static gan_status inflate_skip_text(gan__bytes *in, const char *what)
{
    const uint8_t *p;
    do {
        GAN__TRY(gan__bytes_take(in, 1, what, &p));
    } while (*p != 0);
    return GAN_OK;
}

static gan_status inflate_gzip_header(gan__bytes *in)
{
    enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_UNKNOWN = 0xe0 };
    const uint8_t *p, *start = in->data + in->at;
    GAN__TRY(gan__bytes_take(in, 10, "the gzip header", &p));
    if (p[0] != 0x1f || p[1] != 0x8b || p[2] != 8 || (p[3] & FLAG_UNKNOWN)) {
        return gan__bytes_fail(in, "0x%02x%02x%02x%02x begins no gzip member", p[0], p[1], p[2],
                               p[3]);
    }
    uint32_t flags = p[3];
    if (flags & FLAG_EXTRA) {
        GAN__TRY(gan__bytes_take(in, 2, "the length of the extra field", &p));
        GAN__TRY(gan__bytes_take(in, gan__load_u16le(p), "the extra field", &p));
    }
    if (flags & FLAG_NAME) GAN__TRY(inflate_skip_text(in, "the file name"));
    if (flags & FLAG_COMMENT) GAN__TRY(inflate_skip_text(in, "the comment"));
    if (!(flags & FLAG_CRC)) return GAN_OK;
    uint32_t crc = gan__crc32(0, start, (size_t)(in->data + in->at - start)) & 0xffff;
    GAN__TRY(gan__bytes_take(in, 2, "the header's CRC", &p));
    if (gan__load_u16le(p) == crc) return GAN_OK;
    return gan__bytes_fail(in, "the header's CRC is 0x%04x, its bytes' is 0x%04x",
                           gan__load_u16le(p), crc);
}

static gan_status inflate_gzip_member(inflate_state *s)
{
    const uint8_t *p;
    GAN__TRY(inflate_gzip_header(s->in));
    GAN__TRY(inflate_stream(s));
    GAN__TRY(gan__bytes_take(s->in, 8, "the CRC-32 and the length", &p));
    size_t length = s->used - s->start;
    uint32_t crc = gan__crc32(0, s->out + s->start, length);
    if (gan__load_u32le(p) != crc) {
        return gan__bytes_fail(s->in, "the CRC-32 is 0x%08x, the data's is 0x%08x",
                               gan__load_u32le(p), crc);
    }
    if (gan__load_u32le(p + 4) != (uint32_t)length) {
        return gan__bytes_fail(s->in, "the length is %u, the data's is %u (modulo 2^32)",
                               gan__load_u32le(p + 4), (uint32_t)length);
    }
    return GAN_OK;
}

/* Members until the end; zeros behind the last one (a tape's padding) are allowed. */
static gan_status inflate_gzip(inflate_state *s)
{
    do {
        GAN__TRY(inflate_gzip_member(s));
        while (gan__bytes_left(s->in) > 0 && s->in->data[s->in->at] == 0) s->in->at++;
    } while (gan__bytes_left(s->in) > 0);
    return GAN_OK;
}

static gan_status inflate_run(inflate_state *s, gan__inflate_format format)
{
    GAN__TRY(inflate_grow(s));
    if (format == GAN__INFLATE_GZIP) return inflate_gzip(s);
    return format == GAN__INFLATE_ZLIB ? inflate_zlib(s) : inflate_stream(s);
}

static gan_status inflate_all(gan__bytes *in, gan__inflate_format format, size_t limit,
                              uint8_t **out, size_t *size, bool *more)
{
    inflate_state *s;
    size_t left = gan__bytes_left(in), most = SIZE_MAX;
    *out = NULL;
    *size = 0;
    gan__multiply_size(left, INFLATE_EXPANSION, &most);
    if (most > SIZE_MAX / 4) most = SIZE_MAX / 4;
    GAN__TRY(gan__allocate(in->context, &s, 1, sizeof *s));
    s->in = in;
    s->more = more;
    s->limit = limit < most ? limit : most;
    s->room = left < s->limit ? left : s->limit; /* doubled at once */
    gan_status status = inflate_run(s, format);
    if (more && *more) status = GAN_OK;
    if (status == GAN_OK) {
        *out = s->out;
        *size = s->used < s->limit ? s->used : s->limit;
    } else {
        gan__free(in->context, s->out);
    }
    gan__free(in->context, s);
    return status;
}

gan_status gan__inflate(gan__bytes *in, gan__inflate_format format, size_t limit, uint8_t **out,
                        size_t *size)
{
    return inflate_all(in, format, limit, out, size, NULL);
}

gan_status gan__inflate_first(gan__bytes *in, gan__inflate_format format, size_t limit,
                              uint8_t **out, size_t *size, bool *more)
{
    *more = false;
    return inflate_all(in, format, limit, out, size, more);
}
