/* deflate.c: matches are found by chains of earlier positions with the same three bytes, and taken
 * lazily: one gives way to a longer one that starts at the next byte. Every DEFLATE_TOKENS literals
 * and matches end a block, which is written stored, with the fixed codes or with its own, whichever
 * is shortest. */
#include "files/deflate.h"

#include "base/memory.h"
#include "files/bytes.h"
#include "files/checksum.h"
#include "files/huffman.h"

enum {
    DEFLATE_HASH_BITS = 15,
    DEFLATE_WINDOW = 1 << 15,
    DEFLATE_SHORTEST = 3,
    DEFLATE_LONGEST = 258,
    DEFLATE_FAR = 4096, /* a match of three bytes from further away costs more than literals */
    DEFLATE_TOKENS = 1 << 14,
    DEFLATE_CHAIN = 128,     /* positions tried */
    DEFLATE_GOOD = 8,        /* with a match this long in hand, a quarter of them */
    DEFLATE_LAZY = 16,       /* a match this long is taken at once */
    DEFLATE_NICE = 128,      /* a match this long ends the search */
    DEFLATE_STORED = 0xffff, /* bytes in one stored block */
    DEFLATE_LITERALS = 286,
    DEFLATE_DISTANCES = 30,
    DEFLATE_LENGTHS = 19,
    DEFLATE_END = 256
};

typedef struct deflate_match {
    uint32_t length, distance; /* length 0: none */
} deflate_match;

/* One alphabet of a block: how often each symbol occurs, its code's length and its code. */
typedef struct deflate_alphabet {
    uint32_t count[288];
    uint8_t length[288];
    uint16_t code[288];
} deflate_alphabet;

typedef struct deflate_state {
    const uint8_t *in;
    size_t size;
    size_t inserted;    /* positions below are in the chains */
    size_t block_start; /* the input that the tokens stand for begins here */
    uint8_t *out;
    size_t used;
    uint64_t buffer; /* bits not yet written, lowest first */
    uint32_t bits;
    uint32_t token_count;
    uint32_t tokens[DEFLATE_TOKENS]; /* a literal, or distance << 16 | length */
    deflate_alphabet literals, distances;
    /* Positions modulo 2^32. An entry that is stale or was never set names some position as well,
     * and what is found there is compared before it is believed. */
    uint32_t head[1 << DEFLATE_HASH_BITS], previous[DEFLATE_WINDOW];
} deflate_state;

/* The code lengths of both alphabets, run-length coded for a block's header. */
typedef struct deflate_header {
    deflate_alphabet lengths;
    uint8_t symbols[DEFLATE_LITERALS + DEFLATE_DISTANCES];
    uint8_t repeats[DEFLATE_LITERALS + DEFLATE_DISTANCES]; /* the value of the extra bits */
    uint32_t count, literal_count, distance_count, length_count;
} deflate_header;

static const uint8_t deflate_length_order[DEFLATE_LENGTHS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                              11, 4,  12, 3, 13, 2, 14, 1, 15};

static uint32_t deflate_log2(uint32_t value)
{
    uint32_t log = 0;
    for (; value > 1; value >>= 1) log++;
    return log;
}

/* Symbol and extra bits of a length 3..258 or a distance 1..32768: beyond the first values, the two
 * (distance) or three (length) highest bits of value - 1 or value - 3 choose the symbol. */
typedef struct deflate_symbol {
    uint32_t symbol, extra_bits, extra;
} deflate_symbol;

static deflate_symbol deflate_length_symbol(uint32_t length)
{
    uint32_t value = length - DEFLATE_SHORTEST;
    if (length == DEFLATE_LONGEST) return (deflate_symbol){285, 0, 0};
    if (value < 8) return (deflate_symbol){257 + value, 0, 0};
    uint32_t bits = deflate_log2(value) - 2;
    return (deflate_symbol){257 + 4 * bits + (value >> bits), bits, value & ((1u << bits) - 1)};
}

static deflate_symbol deflate_distance_symbol(uint32_t distance)
{
    uint32_t value = distance - 1;
    if (value < 4) return (deflate_symbol){value, 0, 0};
    uint32_t bits = deflate_log2(value) - 1;
    return (deflate_symbol){2 * bits + (value >> bits), bits, value & ((1u << bits) - 1)};
}

static void deflate_put(deflate_state *s, uint32_t value, uint32_t bits)
{
    s->buffer |= (uint64_t)value << s->bits;
    s->bits += bits;
    for (; s->bits >= 8; s->bits -= 8, s->buffer >>= 8) s->out[s->used++] = (uint8_t)s->buffer;
}

static void deflate_put_symbol(deflate_state *s, const deflate_alphabet *a, uint32_t symbol)
{
    deflate_put(s, a->code[symbol], a->length[symbol]);
}

static void deflate_align(deflate_state *s)
{
    if (s->bits > 0) deflate_put(s, 0, 8 - s->bits);
}

static uint32_t deflate_hash(const uint8_t *p)
{
    uint32_t value = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
    return (value * 0x9e3779b1u) >> (32 - DEFLATE_HASH_BITS);
}

/* Puts all positions below `end` into their chains. */
static void deflate_insert(deflate_state *s, size_t end)
{
    if (end + DEFLATE_SHORTEST > s->size + 1)
        end = s->size < DEFLATE_SHORTEST ? 0 : s->size - DEFLATE_SHORTEST + 1;
    for (; s->inserted < end; s->inserted++) {
        uint32_t *head = &s->head[deflate_hash(s->in + s->inserted)];
        s->previous[s->inserted % DEFLATE_WINDOW] = *head;
        *head = (uint32_t)s->inserted;
    }
}

static uint32_t deflate_common(const uint8_t *a, const uint8_t *b, uint32_t most)
{
    uint32_t length = 0;
    while (length + 8 <= most && gan__load_u64le(a + length) == gan__load_u64le(b + length))
        length += 8;
    while (length < most && a[length] == b[length]) length++;
    return length;
}

/* The longest match at `at` that is longer than `least`, the nearest of those; length 0 if there is
 * none. */
static deflate_match deflate_find(deflate_state *s, size_t at, uint32_t least)
{
    deflate_match best = {0, 0};
    uint32_t most = s->size - at < DEFLATE_LONGEST ? (uint32_t)(s->size - at) : DEFLATE_LONGEST;
    uint32_t chain = least >= DEFLATE_GOOD ? DEFLATE_CHAIN / 4 : DEFLATE_CHAIN;
    if (most <= least || most < DEFLATE_SHORTEST) return best;
    deflate_insert(s, at + 1);
    const uint8_t *p = s->in + at;
    uint32_t distance = (uint32_t)at - s->previous[at % DEFLATE_WINDOW], nearer = 0;
    for (; chain > 0 && distance > nearer && distance <= DEFLATE_WINDOW && distance <= at;
         chain--) {
        const uint8_t *q = p - distance;
        if (q[least] == p[least] && q[0] == p[0]) {
            uint32_t length = deflate_common(p, q, most);
            if (length > least) {
                best = (deflate_match){length, distance};
                least = length;
                if (length >= DEFLATE_NICE || length == most) break;
            }
        }
        nearer = distance;
        distance = (uint32_t)at - s->previous[(at - distance) % DEFLATE_WINDOW];
    }
    if (best.length == DEFLATE_SHORTEST && best.distance > DEFLATE_FAR) best.length = 0;
    return best;
}

/* Lengths of codes and codes of an alphabet from its counts. */
static void deflate_assign(deflate_alphabet *a, uint32_t symbols, uint32_t longest)
{
    gan__huffman_lengths(a->count, symbols, longest, a->length);
    gan__huffman_codes(a->length, symbols, a->code);
}

static void deflate_assign_fixed(deflate_state *s)
{
    for (uint32_t i = 0; i < 288; i++)
        s->literals.length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    memset(s->distances.length, 5, DEFLATE_DISTANCES);
    gan__huffman_codes(s->literals.length, 288, s->literals.code);
    gan__huffman_codes(s->distances.length, DEFLATE_DISTANCES, s->distances.code);
}

static void deflate_header_add(deflate_header *h, uint32_t symbol, uint32_t repeat)
{
    h->symbols[h->count] = (uint8_t)symbol;
    h->repeats[h->count++] = (uint8_t)repeat;
    h->lengths.count[symbol]++;
}

/* A run of `run` code lengths `value`. */
static void deflate_header_run(deflate_header *h, uint32_t value, uint32_t run)
{
    if (value > 0) {
        deflate_header_add(h, value, 0);
        run--;
    }
    uint32_t most = value > 0 ? 6 : 138;
    while (run >= 3) {
        uint32_t count = run < most ? run : most;
        if (value > 0)
            deflate_header_add(h, 16, count - 3);
        else if (count < 11)
            deflate_header_add(h, 17, count - 3);
        else
            deflate_header_add(h, 18, count - 11);
        run -= count;
    }
    for (; run > 0; run--) deflate_header_add(h, value, 0);
}

static void deflate_header_make(const deflate_state *s, deflate_header *h)
{
    uint8_t all[DEFLATE_LITERALS + DEFLATE_DISTANCES];
    memset(h, 0, sizeof *h);
    h->literal_count = DEFLATE_LITERALS;
    h->distance_count = DEFLATE_DISTANCES;
    while (h->literal_count > 257 && s->literals.length[h->literal_count - 1] == 0)
        h->literal_count--;
    while (h->distance_count > 1 && s->distances.length[h->distance_count - 1] == 0)
        h->distance_count--;
    uint32_t total = h->literal_count + h->distance_count;
    memcpy(all, s->literals.length, h->literal_count);
    memcpy(all + h->literal_count, s->distances.length, h->distance_count);
    for (uint32_t i = 0, run; i < total; i += run) {
        for (run = 1; i + run < total && all[i + run] == all[i]; run++) {}
        deflate_header_run(h, all[i], run);
    }
    deflate_assign(&h->lengths, DEFLATE_LENGTHS, 7);
    h->length_count = DEFLATE_LENGTHS;
    while (h->length_count > 4 && h->lengths.length[deflate_length_order[h->length_count - 1]] == 0)
        h->length_count--;
}

static uint32_t deflate_repeat_bits(uint32_t symbol)
{
    return symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
}

static uint64_t deflate_header_cost(const deflate_header *h)
{
    uint64_t bits = 5 + 5 + 4 + 3 * h->length_count;
    for (uint32_t i = 0; i < h->count; i++)
        bits += h->lengths.length[h->symbols[i]] + deflate_repeat_bits(h->symbols[i]);
    return bits;
}

static void deflate_header_write(deflate_state *s, const deflate_header *h)
{
    deflate_put(s, h->literal_count - 257, 5);
    deflate_put(s, h->distance_count - 1, 5);
    deflate_put(s, h->length_count - 4, 4);
    for (uint32_t i = 0; i < h->length_count; i++)
        deflate_put(s, h->lengths.length[deflate_length_order[i]], 3);
    for (uint32_t i = 0; i < h->count; i++) {
        deflate_put_symbol(s, &h->lengths, h->symbols[i]);
        deflate_put(s, h->repeats[i], deflate_repeat_bits(h->symbols[i]));
    }
}

/* Bits of the block's symbols under the codes assigned, extra bits left out: they cost the same
 * under all codes. */
static uint64_t deflate_cost(const deflate_state *s)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < DEFLATE_LITERALS; i++)
        bits += (uint64_t)s->literals.count[i] * s->literals.length[i];
    for (uint32_t i = 0; i < DEFLATE_DISTANCES; i++)
        bits += (uint64_t)s->distances.count[i] * s->distances.length[i];
    return bits;
}

static uint64_t deflate_extra_cost(const deflate_state *s)
{
    uint64_t bits = 0;
    for (uint32_t i = 265; i < 285; i++) bits += (uint64_t)s->literals.count[i] * ((i - 261) / 4);
    for (uint32_t i = 4; i < DEFLATE_DISTANCES; i++)
        bits += (uint64_t)s->distances.count[i] * (i / 2 - 1);
    return bits;
}

static void deflate_write_tokens(deflate_state *s)
{
    for (uint32_t i = 0; i < s->token_count; i++) {
        uint32_t token = s->tokens[i];
        if (token < 256) {
            deflate_put_symbol(s, &s->literals, token);
            continue;
        }
        deflate_symbol length = deflate_length_symbol(token & 0xffff);
        deflate_symbol distance = deflate_distance_symbol(token >> 16);
        deflate_put_symbol(s, &s->literals, length.symbol);
        deflate_put(s, length.extra, length.extra_bits);
        deflate_put_symbol(s, &s->distances, distance.symbol);
        deflate_put(s, distance.extra, distance.extra_bits);
    }
    deflate_put_symbol(s, &s->literals, DEFLATE_END);
}

/* An empty block is one empty stored block. */
static void deflate_write_stored(deflate_state *s, size_t end, bool last)
{
    size_t at = s->block_start;
    do {
        size_t count = end - at < DEFLATE_STORED ? end - at : DEFLATE_STORED;
        deflate_put(s, last && at + count == end, 3);
        deflate_align(s);
        deflate_put(s, (uint32_t)count, 16);
        deflate_put(s, (uint32_t)count ^ 0xffff, 16);
        memcpy(s->out + s->used, s->in + at, count);
        s->used += count;
        at += count;
    } while (at < end);
}

/* Writes the tokens, which stand for the input up to `end`, as one block. */
static void deflate_write_block(deflate_state *s, size_t end, bool last)
{
    deflate_header header;
    size_t bytes = end - s->block_start;
    uint64_t stored = 8 * (uint64_t)bytes + (3 + 7 + 32) * (uint64_t)(bytes / DEFLATE_STORED + 1);
    uint64_t extra = deflate_extra_cost(s);
    s->literals.count[DEFLATE_END] = 1;
    deflate_assign_fixed(s);
    uint64_t fixed = deflate_cost(s) + extra;
    deflate_assign(&s->literals, DEFLATE_LITERALS, 15);
    deflate_assign(&s->distances, DEFLATE_DISTANCES, 15);
    deflate_header_make(s, &header);
    uint64_t dynamic = deflate_cost(s) + extra + deflate_header_cost(&header);
    if (stored <= fixed && stored <= dynamic) {
        deflate_write_stored(s, end, last);
    } else {
        bool is_fixed = fixed <= dynamic;
        if (is_fixed) deflate_assign_fixed(s);
        deflate_put(s, last, 1);
        deflate_put(s, is_fixed ? 1 : 2, 2);
        if (!is_fixed) deflate_header_write(s, &header);
        deflate_write_tokens(s);
    }
    s->block_start = end;
    s->token_count = 0;
    memset(s->literals.count, 0, sizeof s->literals.count);
    memset(s->distances.count, 0, sizeof s->distances.count);
}

/* `end` is the position behind what the token stands for. */
static void deflate_add(deflate_state *s, uint32_t literal, deflate_match match, size_t end)
{
    if (match.length == 0) {
        s->tokens[s->token_count++] = literal;
        s->literals.count[literal]++;
    } else {
        s->tokens[s->token_count++] = match.distance << 16 | match.length;
        s->literals.count[deflate_length_symbol(match.length).symbol]++;
        s->distances.count[deflate_distance_symbol(match.distance).symbol]++;
    }
    if (s->token_count == DEFLATE_TOKENS) deflate_write_block(s, end, false);
}

static void deflate_stream(deflate_state *s)
{
    const deflate_match none = {0, 0};
    for (size_t at = 0; at < s->size;) {
        deflate_match match = deflate_find(s, at, DEFLATE_SHORTEST - 1);
        while (match.length > 0 && match.length < DEFLATE_LAZY) {
            deflate_match next = deflate_find(s, at + 1, match.length);
            if (next.length == 0) break;
            deflate_add(s, s->in[at], none, at + 1);
            match = next;
            at++;
        }
        size_t length = match.length > 0 ? match.length : 1;
        deflate_add(s, s->in[at], match, at + length);
        deflate_insert(s, at + length);
        at += length;
    }
    deflate_write_block(s, s->size, true);
    deflate_align(s);
}

gan_status gan__zlib_compress(gan_context *context, const uint8_t *bytes, size_t size,
                              uint8_t **out, size_t *out_size)
{
    deflate_state *s;
    *out = NULL;
    *out_size = 0;
    /* No block is longer than if it were stored, and all but the last one have DEFLATE_TOKENS
     * bytes. */
    size_t most, blocks = size / DEFLATE_TOKENS + size / DEFLATE_STORED + 2;
    if (!gan__add_size(size, 6 * blocks + 16, &most))
        return gan__fail(context, GAN_E_MEMORY, "deflate: %zu bytes are too many", size);
    GAN__TRY(gan__allocate(context, &s, 1, sizeof *s));
    gan_status status = gan__allocate_raw(context, &s->out, most, 1);
    if (status == GAN_OK) {
        s->in = bytes;
        s->size = size;
        s->out[s->used++] = 0x78; /* 32 KiB window */
        s->out[s->used++] = 0x9c; /* default level, check bits */
        deflate_stream(s);
        gan__store_u32be(s->out + s->used, gan__adler32(1, bytes, size));
        *out = s->out;
        *out_size = s->used + 4;
    }
    gan__free(context, s);
    return status;
}
