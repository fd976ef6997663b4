/* jpeg_scan.c: the data of a scan, block by block: sequential ones become samples at once, of
 * progressive ones the values are collected. */
#include "files/jpeg_scan.h"

#include "files/jpeg_idct.h"

#include <inttypes.h>

typedef struct scan_state {
    gan__jpeg_file *file;
    gan__jpeg_bits bits;
    int32_t run; /* progressive: blocks of which this scan has nothing more */
} scan_state;

/* What is wrong with a block; NULL: nothing. */
typedef const char *scan_fault;

static const char scan_no_code[] = "a code that the Huffman table does not have";
static const char scan_too_far[] = "more values than a block has";
static const char scan_too_large[] = "a brightness that does not fit in 16 bits";

/* ---- one block of a sequential scan ---- */

/* The first value, as the difference from that of the block before. */
static inline scan_fault scan_first(gan__jpeg_bits *b, gan__jpeg_component *c)
{
    gan__jpeg_need(b);
    const uint32_t size = gan__jpeg_symbol(b, c->dc);
    if (size > 15) return scan_no_code;
    if (size > 0) c->before += gan__jpeg_number(b, (int32_t)size);
    return c->before < INT16_MIN || c->before > INT16_MAX ? scan_too_large : NULL;
}

/* A symbol is the number of zeros in front of a value and the bits that it has. 15 zeros and none:
 * 16 zeros; fewer zeros and none: the others are zero. */
static scan_fault scan_block(gan__jpeg_bits *b, gan__jpeg_component *c, int16_t *values,
                             uint32_t *last)
{
    uint32_t k = 1;
    scan_fault fault = scan_first(b, c);
    if (fault) return fault;
    *last = 0;
    values[0] = (int16_t)c->before;
    while (k < 64) {
        gan__jpeg_need(b);
        const uint32_t symbol = gan__jpeg_symbol(b, c->ac), size = symbol & 15;
        if (size == 0) {
            if (symbol == GAN__JPEG_NO_SYMBOL) return scan_no_code;
            if (symbol != 0xf0) return NULL;
            k += 16;
            continue;
        }
        k += symbol >> 4;
        if (k > 63) return scan_too_far;
        values[gan__jpeg_order[k]] = (int16_t)gan__jpeg_number(b, (int32_t)size);
        *last = k++;
    }
    return k > 64 ? scan_too_far : NULL;
}

static scan_fault scan_sequential(scan_state *s, gan__jpeg_component *c, int64_t column,
                                  int64_t row)
{
    int16_t values[64] = {0};
    uint32_t last;
    scan_fault fault = scan_block(&s->bits, c, values, &last);
    if (fault) return fault;
    uint8_t *out = c->samples + (row * c->stride * 8 + column) * 8;
    gan__jpeg_inverse(values, c->steps, last, out, (size_t)c->stride * 8);
    return NULL;
}

/* ---- one block of a progressive scan ---- */

/* Bits above `low` are there for the first time. */
static scan_fault scan_values(scan_state *s, gan__jpeg_component *c, int16_t *values, uint8_t *last)
{
    const gan__jpeg_scan_header *scan = &s->file->scan;
    gan__jpeg_bits *b = &s->bits;
    int32_t k = scan->first;
    while (k < scan->end) {
        gan__jpeg_need(b);
        const uint32_t symbol = gan__jpeg_symbol(b, c->ac), size = symbol & 15;
        const int32_t zeros = (int32_t)(symbol >> 4);
        if (symbol == GAN__JPEG_NO_SYMBOL) return scan_no_code;
        if (size == 0 && zeros < 15) {
            s->run = (1 << zeros) - 1;
            if (zeros > 0) s->run += (int32_t)gan__jpeg_take(b, zeros);
            return NULL;
        }
        k += zeros;
        if (k >= scan->end) return scan_too_far;
        if (size > 0) {
            const uint32_t value = (uint32_t)gan__jpeg_number(b, (int32_t)size) << scan->low;
            values[gan__jpeg_order[k]] = (int16_t)value;
            if (k > *last) *last = (uint8_t)k;
        }
        k++;
    }
    return NULL;
}

/* One more bit of a value that is not 0. */
static inline void scan_correct(gan__jpeg_bits *b, int16_t *value, int32_t low)
{
    gan__jpeg_need(b);
    if (gan__jpeg_take(b, 1)) *value = (int16_t)(*value + (*value < 0 ? -1 : 1) * (1 << low));
}

/* Passes over `zeros` values that are 0, from number k on, and to the next of them; those between
 * get one more bit. Where it stops. */
static int32_t scan_pass(scan_state *s, int16_t *values, int32_t k, int32_t end, int32_t zeros)
{
    for (; k < end; k++) {
        int16_t *value = &values[gan__jpeg_order[k]];
        if (*value)
            scan_correct(&s->bits, value, s->file->scan.low);
        else if (zeros-- == 0)
            break;
    }
    return k;
}

/* One bit more of the values that are not 0, and the values of which this is the first. */
static scan_fault scan_refine(scan_state *s, gan__jpeg_component *c, int16_t *values, uint8_t *last)
{
    const gan__jpeg_scan_header *scan = &s->file->scan;
    gan__jpeg_bits *b = &s->bits;
    for (int32_t k = scan->first; k < scan->end; k++) {
        gan__jpeg_need(b);
        const uint32_t symbol = gan__jpeg_symbol(b, c->ac), size = symbol & 15;
        const int32_t zeros = (int32_t)(symbol >> 4);
        if (symbol == GAN__JPEG_NO_SYMBOL || size > 1) return scan_no_code;
        if (size == 0 && zeros < 15) {
            s->run = (1 << zeros) - 1;
            if (zeros > 0) s->run += (int32_t)gan__jpeg_take(b, zeros);
            scan_pass(s, values, k, *last < scan->end ? *last + 1 : scan->end, 64);
            return NULL;
        }
        const int32_t sign = size == 0 ? 0 : gan__jpeg_take(b, 1) ? 1 : -1;
        k = scan_pass(s, values, k, scan->end, zeros);
        if (size == 0) continue;
        if (k >= scan->end) return scan_too_far;
        values[gan__jpeg_order[k]] = (int16_t)(sign * (1 << scan->low));
        if (k > *last) *last = (uint8_t)k;
    }
    return NULL;
}

static scan_fault scan_progressive(scan_state *s, gan__jpeg_component *c, int64_t column,
                                   int64_t row)
{
    const gan__jpeg_scan_header *scan = &s->file->scan;
    const int64_t block = row * c->stride + column;
    int16_t *values = c->values + block * 64;
    uint8_t *last = c->last + block;
    if (scan->first == 0 && scan->above > 0) {
        gan__jpeg_need(&s->bits);
        values[0] = (int16_t)(values[0] | (int32_t)gan__jpeg_take(&s->bits, 1) << scan->low);
        return NULL;
    }
    if (scan->first == 0) {
        scan_fault fault = scan_first(&s->bits, c);
        values[0] = (int16_t)((uint32_t)c->before << scan->low);
        return fault;
    }
    if (s->run > 0) {
        s->run--;
        if (scan->above > 0)
            scan_pass(s, values, scan->first, *last < scan->end ? *last + 1 : scan->end, 64);
        return NULL;
    }
    return scan->above > 0 ? scan_refine(s, c, values, last) : scan_values(s, c, values, last);
}

/* ---- all blocks ---- */

/* What is left of the last segment's bits is filling. */
static void scan_begin(scan_state *s)
{
    const gan__bytes *in = s->file->in;
    s->bits = (gan__jpeg_bits){.next = in->data + in->at, .end = in->data + in->size};
    s->run = 0;
    for (uint32_t i = 0; i < s->file->scan.count; i++) s->file->scan.components[i]->before = 0;
}

/* in->at becomes where the next bits are: bytes of which none was used are given back. */
static void scan_settle(scan_state *s)
{
    const size_t taken = (size_t)(s->bits.next - s->file->in->data);
    const int32_t unused = s->bits.count - s->bits.beyond;
    s->file->in->at = unused > 0 ? taken - (size_t)unused / 8 : taken;
}

static gan_status scan_restart(scan_state *s, uint32_t number)
{
    gan__bytes *in = s->file->in;
    scan_settle(s);
    const uint32_t wanted = GAN__JPEG_RST0 + number % 8, marker = gan__jpeg_next_marker(s->file);
    if (marker == wanted) {
        scan_begin(s);
        return GAN_OK;
    }
    if (marker == 0) return gan__bytes_fail(in, "the file ends in the middle of the picture");
    in->at -= 2;
    return gan__bytes_fail(in, "the marker 0x%02x, and not 0x%02x, in the middle of the picture",
                           marker, wanted);
}

static gan_status scan_fail(scan_state *s, scan_fault fault)
{
    gan__bytes *in = s->file->in;
    scan_settle(s);
    if (!gan__jpeg_is_beyond(&s->bits)) return gan__bytes_fail(in, "%s", fault);
    if (s->bits.end == in->data + in->size && in->at == in->size)
        return gan__bytes_fail(in, "the file ends in the middle of the picture");
    return gan__bytes_fail(in, "the data ends in the middle of the picture");
}

/* One block of the only component, or as many of each as its factors say. */
static scan_fault scan_unit(scan_state *s, int64_t column, int64_t row)
{
    const gan__jpeg_file *f = s->file;
    for (uint32_t i = 0; i < f->scan.count; i++) {
        gan__jpeg_component *c = f->scan.components[i];
        const int64_t h = f->scan.count > 1 ? c->h : 1, v = f->scan.count > 1 ? c->v : 1;
        for (int64_t k = 0; k < h * v; k++) {
            const int64_t x = column * h + k % h, y = row * v + k / h;
            scan_fault fault =
                f->progressive ? scan_progressive(s, c, x, y) : scan_sequential(s, c, x, y);
            if (fault) return fault;
        }
    }
    return NULL;
}

gan_status gan__jpeg_read_scan(gan__jpeg_file *f)
{
    const bool single = f->scan.count == 1;
    const int64_t wide = single ? f->scan.components[0]->columns : f->wide;
    const int64_t high = single ? f->scan.components[0]->rows : f->high;
    const int64_t interval = f->restart > 0 ? f->restart : INT64_MAX;
    scan_state s = {.file = f};
    int64_t left = interval;
    uint32_t restarts = 0;
    scan_begin(&s);
    for (int64_t y = 0; y < high; y++) {
        for (int64_t x = 0; x < wide; x++, left--) {
            if (left == 0) {
                GAN__TRY(scan_restart(&s, restarts++));
                left = interval;
            }
            scan_fault fault = scan_unit(&s, x, y);
            if (fault || gan__jpeg_is_beyond(&s.bits)) return scan_fail(&s, fault);
        }
    }
    scan_settle(&s);
    return GAN_OK;
}
