/* jpeg_file.c: the segments: markers, tables, the headers of frame and scans. */
#include "files/jpeg_file.h"

#include "files/jpeg_idct.h"

enum {
    JPEG_SCANS = 500, /* each goes over the whole picture, and may take ten bytes of the file */
    JPEG_SOI = 0xD8,
    JPEG_DHT = 0xC4,
    JPEG_DAC = 0xCC,
    JPEG_DQT = 0xDB,
    JPEG_DNL = 0xDC,
    JPEG_DRI = 0xDD,
    JPEG_DHP = 0xDE,
    JPEG_APP0 = 0xE0,
    JPEG_APP14 = 0xEE,
    JPEG_TEM = 0x01
};

void gan__jpeg_warn(gan__jpeg_file *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gan__bytes_warn(f->in, &f->warnings, format, arguments);
    va_end(arguments);
}

/* ---- markers ---- */

uint32_t gan__jpeg_next_marker(gan__jpeg_file *f)
{
    gan__bytes *in = f->in;
    const size_t start = in->at;
    size_t stray = 0;
    while (gan__bytes_left(in) >= 2) {
        const uint8_t *p = in->data + in->at;
        if (p[0] == 0xff && p[1] != 0 && p[1] != 0xff) {
            in->at = start;
            if (stray > 0) gan__jpeg_warn(f, "%zu bytes in front of a marker are ignored", stray);
            in->at = (size_t)(p - in->data) + 2;
            return p[1];
        }
        stray += p[0] != 0xff || p[1] == 0;
        in->at++;
    }
    in->at = in->size;
    return 0;
}

/* The data of a segment: *body begins at its first byte and ends with it; f->in->at is behind. */
static gan_status jpeg_segment(gan__jpeg_file *f, gan__bytes *body)
{
    gan__bytes *in = f->in;
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(in, 2, "the length of a segment", &p));
    const uint32_t length = gan__load_u16be(p);
    if (length < 2) {
        in->at -= 2;
        return gan__bytes_fail(in, "a segment of the length %u", length);
    }
    *body = *in;
    GAN__TRY(gan__bytes_take(in, length - 2, "a segment", &p));
    body->size = in->at;
    return GAN_OK;
}

/* A segment whose end was reached. */
static gan_status jpeg_ends(const gan__bytes *body, const char *what)
{
    if (gan__bytes_left(body) == 0) return GAN_OK;
    return gan__bytes_fail(body, "%s with %zu bytes too many", what, gan__bytes_left(body));
}

/* ---- tables ---- */

static gan_status jpeg_read_steps(gan__jpeg_file *f, gan__bytes *body)
{
    const uint8_t *p;
    while (gan__bytes_left(body) > 0) {
        GAN__TRY(gan__bytes_take(body, 1, "a quantisation table", &p));
        const uint32_t wide = *p >> 4, place = *p & 15;
        if (wide > 1 || place >= GAN__JPEG_TABLES) {
            body->at--;
            return gan__bytes_fail(body, "quantisation table %u of precision %u", place, wide);
        }
        GAN__TRY(gan__bytes_take(body, wide ? 128 : 64, "a quantisation table", &p));
        for (int i = 0; i < 64; i++) {
            const uint32_t step = wide ? gan__load_u16be(p + 2 * i) : p[i];
            f->steps[place][gan__jpeg_order[i]] = (uint16_t)step;
        }
        f->has_steps[place] = true;
    }
    return GAN_OK;
}

static gan_status jpeg_read_codes(gan__jpeg_file *f, gan__bytes *body)
{
    const uint8_t *counts, *symbols;
    while (gan__bytes_left(body) > 0) {
        uint32_t total = 0;
        GAN__TRY(gan__bytes_take(body, 17, "a Huffman table", &counts));
        const uint32_t kind = counts[0] >> 4, place = counts[0] & 15;
        for (int i = 1; i <= 16; i++) total += counts[i];
        if (kind > 1 || place >= GAN__JPEG_TABLES || total > 256) {
            body->at -= 17;
            return gan__bytes_fail(body, "Huffman table %u of class %u with %u codes", place, kind,
                                   total);
        }
        GAN__TRY(gan__bytes_take(body, total, "the symbols of a Huffman table", &symbols));
        if (gan__jpeg_code_make(&f->codes[kind][place], counts + 1, symbols)) continue;
        body->at -= total + 16;
        return gan__bytes_fail(body, "the lengths of the Huffman codes make no code");
    }
    return GAN_OK;
}

static gan_status jpeg_read_restart(gan__jpeg_file *f, gan__bytes *body)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(body, 2, "the restart interval", &p));
    f->restart = gan__load_u16be(p);
    return jpeg_ends(body, "a restart interval");
}

static void jpeg_read_application(gan__jpeg_file *f, uint32_t marker, const gan__bytes *body)
{
    const uint8_t *p = body->data + body->at;
    const size_t size = gan__bytes_left(body);
    if (marker == JPEG_APP0 && size >= 5 && memcmp(p, "JFIF", 5) == 0) f->jfif = true;
    if (marker != JPEG_APP14 || size < 12 || memcmp(p, "Adobe", 5) != 0) return;
    f->adobe = true;
    f->transform = p[11];
}

/* ---- the frame ---- */

/* NULL: it is served. */
static const char *jpeg_unserved(uint32_t marker)
{
    switch (marker) {
    case 0xC0:
    case 0xC1:
    case 0xC2: return NULL;
    case 0xC3: return "a lossless file";
    case 0xC9:
    case 0xCA: return "a file with arithmetic codes";
    case 0xCB: return "a lossless file with arithmetic codes";
    case JPEG_DAC: return "a file with arithmetic codes";
    default: return "a hierarchical file";
    }
}

static gan_status jpeg_refuse(const gan__bytes *body, uint32_t marker)
{
    return gan__bytes_fail_as(body, GAN_E_UNSUPPORTED, "%s: it is not served",
                              jpeg_unserved(marker));
}

static bool jpeg_is_frame(uint32_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != JPEG_DHT && marker != 0xC8 &&
           marker != JPEG_DAC;
}

static gan_status jpeg_read_component(gan__bytes *body, gan__jpeg_component *c)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(body, 3, "a component", &p));
    c->id = p[0];
    c->h = p[1] >> 4;
    c->v = p[1] & 15;
    c->table = p[2];
    memset(c->low, -1, sizeof c->low);
    if (c->h >= 1 && c->h <= 4 && c->v >= 1 && c->v <= 4 && c->table < GAN__JPEG_TABLES)
        return GAN_OK;
    body->at -= 3;
    return gan__bytes_fail(body, "component %u with sampling %ux%u and quantisation table %u",
                           c->id, c->h, c->v, c->table);
}

/* The sizes that follow from the header, in samples, blocks and MCUs: all far from 64 bits. */
static void jpeg_measure(gan__jpeg_file *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->components[i].h > f->h) f->h = f->components[i].h;
        if (f->components[i].v > f->v) f->v = f->components[i].v;
    }
    f->wide = (f->width + 8 * f->h - 1) / (8 * f->h);
    f->high = (f->height + 8 * f->v - 1) / (8 * f->v);
    for (uint32_t i = 0; i < f->count; i++) {
        gan__jpeg_component *c = &f->components[i];
        c->wide = (f->width * c->h + f->h - 1) / f->h;
        c->high = (f->height * c->v + f->v - 1) / f->v;
        c->columns = (c->wide + 7) / 8;
        c->rows = (c->high + 7) / 8;
        c->stride = f->wide * c->h;
        c->full = f->high * c->v;
    }
}

static gan_status jpeg_read_sizes(gan__jpeg_file *f, gan__bytes *body)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(body, 6, "the header of the picture", &p));
    f->height = gan__load_u16be(p + 1);
    f->width = gan__load_u16be(p + 3);
    f->count = p[5];
    body->at -= 6;
    if (p[0] != 8)
        return gan__bytes_fail_as(body, GAN_E_UNSUPPORTED, "samples of %u bits, 8 are served",
                                  p[0]);
    if (f->width == 0) return gan__bytes_fail(body, "width 0 and height %u", f->height);
    if (f->height == 0)
        return gan__bytes_fail_as(body, GAN_E_UNSUPPORTED,
                                  "a height that is given behind the picture (DNL) is not served");
    if (f->count != 1 && f->count != 3 && f->count != 4) {
        return gan__bytes_fail_as(body, f->count == 0 ? GAN_E_FORMAT : GAN_E_UNSUPPORTED,
                                  "a picture of %u components, 1, 3 and 4 are served", f->count);
    }
    body->at += 6;
    return GAN_OK;
}

static gan_status jpeg_read_frame(gan__jpeg_file *f, uint32_t marker, gan__bytes *body)
{
    if (jpeg_unserved(marker)) return jpeg_refuse(body, marker);
    if (f->framed) return gan__bytes_fail(body, "a second picture");
    f->progressive = marker == 0xC2;
    GAN__TRY(jpeg_read_sizes(f, body));
    for (uint32_t i = 0; i < f->count; i++) GAN__TRY(jpeg_read_component(body, &f->components[i]));
    GAN__TRY(jpeg_ends(body, "the header of the picture"));
    jpeg_measure(f);
    f->framed = true;
    return GAN_OK;
}

/* ---- the header of a scan ---- */

static gan_status jpeg_find_component(gan__jpeg_file *f, gan__bytes *body)
{
    gan__jpeg_scan_header *scan = &f->scan;
    gan__jpeg_component *found = NULL;
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(body, 2, "a component", &p));
    for (uint32_t i = 0; i < f->count && !found; i++) {
        gan__jpeg_component *c = &f->components[i];
        bool is_new = c->id == p[0];
        for (uint32_t k = 0; k < scan->count; k++) is_new = is_new && scan->components[k] != c;
        if (is_new) found = c;
    }
    const uint32_t dc = p[1] >> 4, ac = p[1] & 15;
    if (!found || dc >= GAN__JPEG_TABLES || ac >= GAN__JPEG_TABLES) {
        body->at -= 2;
        return gan__bytes_fail(body, "a scan of component %u%s with the Huffman tables %u and %u",
                               p[0], found ? "" : ", which the picture does not have,", dc, ac);
    }
    found->dc = &f->codes[0][dc];
    found->ac = &f->codes[1][ac];
    scan->components[scan->count++] = found;
    return GAN_OK;
}

/* Which bits of which values a progressive scan brings: all of them once, in order. */
static gan_status jpeg_check_progress(gan__jpeg_file *f, gan__bytes *body)
{
    const gan__jpeg_scan_header *s = &f->scan;
    const bool is_dc = s->first == 0, is_order = s->above == 0 || s->low == s->above - 1;
    if (s->end > 64 || s->first >= s->end || (is_dc ? s->end != 1 : s->count != 1) || s->low > 13 ||
        !is_order) {
        return gan__bytes_fail(body, "a scan of values %d to %d and bits %d to %d of %u components",
                               (int)s->first, (int)s->end - 1, (int)s->above, (int)s->low,
                               s->count);
    }
    for (uint32_t i = 0; i < s->count; i++) {
        gan__jpeg_component *c = s->components[i];
        for (int32_t k = s->first; k < s->end; k++) {
            if (c->low[k] != (s->above ? s->above : -1)) {
                return gan__bytes_fail(body,
                                       "a scan of bit %d of value %d of component %u, which is not "
                                       "the next one",
                                       (int)s->low, (int)k, c->id);
            }
            c->low[k] = (int8_t)s->low;
        }
    }
    return GAN_OK;
}

/* The tables that a scan needs: those of quantisation as they are at the first one. */
static gan_status jpeg_check_tables(gan__jpeg_file *f, const gan__bytes *body)
{
    const gan__jpeg_scan_header *s = &f->scan;
    const bool dc = s->first == 0 && s->above == 0, ac = s->end > 1;
    for (uint32_t i = 0; i < s->count; i++) {
        gan__jpeg_component *c = s->components[i];
        if ((dc && !c->dc->there) || (ac && !c->ac->there))
            return gan__bytes_fail(body, "component %u has no Huffman table", c->id);
        if (c->scanned && !f->progressive)
            return gan__bytes_fail(body, "a second scan of component %u", c->id);
        if (!c->scanned && !f->has_steps[c->table]) {
            return gan__bytes_fail(body, "component %u has no quantisation table %u", c->id,
                                   c->table);
        }
        if (!c->scanned) memcpy(c->steps, f->steps[c->table], sizeof c->steps);
        c->scanned = true;
    }
    return GAN_OK;
}

static gan_status jpeg_read_scan(gan__jpeg_file *f, gan__bytes *body)
{
    gan__jpeg_scan_header *scan = &f->scan;
    const uint8_t *p;
    if (!f->framed) return gan__bytes_fail(body, "a scan before the header of the picture");
    if (++f->scans > JPEG_SCANS)
        return gan__bytes_fail_as(body, GAN_E_UNSUPPORTED, "more than %d scans", JPEG_SCANS);
    GAN__TRY(gan__bytes_take(body, 1, "the header of a scan", &p));
    if (*p < 1 || *p > f->count) {
        body->at--;
        return gan__bytes_fail(body, "a scan of %u components, the picture has %u", *p, f->count);
    }
    scan->count = 0;
    for (uint32_t count = *p; count > 0; count--) GAN__TRY(jpeg_find_component(f, body));
    GAN__TRY(gan__bytes_take(body, 3, "the header of a scan", &p));
    GAN__TRY(jpeg_ends(body, "the header of a scan"));
    body->at -= 3;
    scan->first = 0;
    scan->end = 64; /* of other files these numbers say nothing */
    scan->above = scan->low = 0;
    if (f->progressive) {
        scan->first = p[0];
        scan->end = p[1] + 1;
        scan->above = p[2] >> 4;
        scan->low = p[2] & 15;
        GAN__TRY(jpeg_check_progress(f, body));
    }
    return jpeg_check_tables(f, body);
}

/* ---- all of it ---- */

/* Any segment but that of a scan or the end. */
static gan_status jpeg_read_other(gan__jpeg_file *f, uint32_t marker)
{
    gan__bytes body;
    if (marker == JPEG_TEM || (marker >= GAN__JPEG_RST0 && marker < JPEG_SOI)) return GAN_OK;
    if (marker == JPEG_SOI) {
        f->in->at -= 2;
        return gan__bytes_fail(f->in, "a second picture begins before the first one ends");
    }
    GAN__TRY(jpeg_segment(f, &body));
    if (jpeg_is_frame(marker)) return jpeg_read_frame(f, marker, &body);
    switch (marker) {
    case JPEG_DHT: return jpeg_read_codes(f, &body);
    case JPEG_DQT: return jpeg_read_steps(f, &body);
    case JPEG_DRI: return jpeg_read_restart(f, &body);
    case JPEG_DAC:
    case JPEG_DHP: return jpeg_refuse(&body, marker);
    default: jpeg_read_application(f, marker, &body); return GAN_OK;
    }
}

gan_status gan__jpeg_read_frame(gan__jpeg_file *f)
{
    const uint8_t *p;
    GAN__TRY(gan__bytes_take(f->in, 2, "the first marker", &p));
    if (p[0] != 0xff || p[1] != JPEG_SOI) {
        f->in->at -= 2;
        return gan__bytes_fail(f->in, "this is no JPEG file");
    }
    for (uint32_t i = 0; i < 4; i++) gan__jpeg_code_usual(&f->codes[i / 2][i % 2], i / 2, i % 2);
    while (!f->framed) {
        const uint32_t marker = gan__jpeg_next_marker(f);
        if (marker == 0 || marker == GAN__JPEG_EOI)
            return gan__bytes_fail(f->in, "the file ends before the header of the picture");
        if (marker == GAN__JPEG_SOS)
            return gan__bytes_fail(f->in, "a scan before the header of the picture");
        GAN__TRY(jpeg_read_other(f, marker));
    }
    return GAN_OK;
}

/* The picture ends: by its marker, or with the file, if nothing is missing. */
static gan_status jpeg_end(gan__jpeg_file *f, uint32_t marker)
{
    bool whole = true;
    for (uint32_t i = 0; i < f->count; i++) {
        const gan__jpeg_component *c = &f->components[i];
        if (!c->scanned || (f->progressive && c->low[0] < 0))
            return gan__bytes_fail(f->in, "the file ends without a scan of component %u", c->id);
        for (int k = 0; k < 64; k++) whole = whole && (!f->progressive || c->low[k] == 0);
    }
    if (marker == GAN__JPEG_EOI) return GAN_OK;
    if (!whole) return gan__bytes_fail(f->in, "the file ends before the picture does");
    gan__jpeg_warn(f, "the file ends without the marker EOI");
    return GAN_OK;
}

gan_status gan__jpeg_next_scan(gan__jpeg_file *f, bool *more)
{
    for (;;) {
        const uint32_t marker = gan__jpeg_next_marker(f);
        *more = marker != 0 && marker != GAN__JPEG_EOI;
        if (!*more) return jpeg_end(f, marker);
        if (marker == GAN__JPEG_SOS) break;
        GAN__TRY(jpeg_read_other(f, marker));
    }
    gan__bytes body;
    GAN__TRY(jpeg_segment(f, &body));
    return jpeg_read_scan(f, &body);
}
