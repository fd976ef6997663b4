/* zip.c: the directory of a ZIP file, and where its members lie (PKWARE's APPNOTE.TXT, 4.3). Sizes
 * are the directory's: those in front of a member may be missing there. */
#include "files/zip.h"

#include <inttypes.h>

enum {
    ZIP_END = 22,      /* bytes of the end record, without its comment */
    ZIP_LONG_END = 56, /* of ZIP64's */
    ZIP_LOCATOR = 20,  /* of what tells where that is */
    ZIP_ENTRY = 46,
    ZIP_HEADER = 30,
    ZIP_LONG = 1, /* the extra field of long numbers */
    ZIP_ENCRYPTED = 1
};

static bool zip_is(const uint8_t *p, char c, char d)
{
    return p[0] == 'P' && p[1] == 'K' && p[2] == c && p[3] == d;
}

/* From the end: the record may have a comment behind it. */
static gan_status zip_find_end(gan__bytes *in, const uint8_t **out)
{
    const size_t most = ZIP_END + 65535;
    const size_t first = in->size > most ? in->size - most : 0;
    in->at = 0;
    if (in->size < 4 || in->data[0] != 'P' || in->data[1] != 'K')
        return gan__bytes_fail(in, "this is no ZIP file");
    for (size_t at = in->size; at >= first + ZIP_END; at--) {
        const uint8_t *p = in->data + at - ZIP_END;
        if (!zip_is(p, 5, 6) || gan__load_u16le(p + 20) > in->size - at) continue;
        in->at = at - ZIP_END;
        *out = p;
        return GAN_OK;
    }
    in->at = in->size;
    return gan__bytes_fail(in, "the ZIP file has no directory at its end");
}

/* The end record of ZIP64, whose place stands in front of the other one. */
static gan_status zip_find_long_end(gan__bytes *in, const uint8_t **out)
{
    const uint8_t *p;
    if (in->at < ZIP_LOCATOR || !zip_is(in->data + in->at - ZIP_LOCATOR, 6, 7))
        return gan__bytes_fail(in, "ZIP64's record is missing");
    in->at -= ZIP_LOCATOR;
    const uint64_t place = gan__load_u64le(in->data + in->at + 8);
    if (place > in->at) return gan__bytes_fail(in, "ZIP64's record at byte %" PRIu64, place);
    in->at = (size_t)place;
    GAN__TRY(gan__bytes_take(in, ZIP_LONG_END, "ZIP64's record", &p));
    in->at = (size_t)place;
    if (!zip_is(p, 6, 6)) return gan__bytes_fail(in, "ZIP64's record is missing");
    *out = p;
    return GAN_OK;
}

gan_status gan__zip_open(gan__bytes *in, gan__bytes *out)
{
    const uint8_t *p = NULL, *entries;
    GAN__TRY(zip_find_end(in, &p));
    uint32_t disk = gan__load_u16le(p + 4) | gan__load_u16le(p + 6);
    uint64_t size = gan__load_u32le(p + 12), start = gan__load_u32le(p + 16);
    if (gan__load_u16le(p + 10) == UINT16_MAX || size == UINT32_MAX || start == UINT32_MAX) {
        GAN__TRY(zip_find_long_end(in, &p));
        disk = gan__load_u32le(p + 16) | gan__load_u32le(p + 20);
        size = gan__load_u64le(p + 40);
        start = gan__load_u64le(p + 48);
    }
    if (disk != 0)
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "a part of a ZIP file is not served");
    if (start > in->at || size > in->at - start) {
        return gan__bytes_fail(in, "a directory of %" PRIu64 " bytes at byte %" PRIu64, size,
                               start);
    }
    *out = *in;
    out->at = (size_t)start;
    in->at = (size_t)start;
    GAN__TRY(gan__bytes_take(in, size, "the directory", &entries));
    out->size = in->at;
    return GAN_OK;
}

/* Replaces a number that does not fit in 32 bits. */
static gan_status zip_long(gan__bytes *field, uint64_t *number)
{
    const uint8_t *p;
    if (*number != UINT32_MAX) return GAN_OK;
    GAN__TRY(gan__bytes_take(field, 8, "a long number of ZIP64", &p));
    *number = gan__load_u64le(p);
    return GAN_OK;
}

/* Of all extra fields that of long numbers is of use; without it a number is what it is. */
static gan_status zip_read_extra(gan__bytes *extra, gan__zip_member *member)
{
    while (gan__bytes_left(extra) >= 4) {
        const uint8_t *p, *head;
        GAN__TRY(gan__bytes_take(extra, 4, "an extra field", &head));
        gan__bytes field = *extra;
        GAN__TRY(gan__bytes_take(extra, gan__load_u16le(head + 2), "an extra field", &p));
        field.size = extra->at;
        if (gan__load_u16le(head) != ZIP_LONG) continue;
        GAN__TRY(zip_long(&field, &member->size));
        GAN__TRY(zip_long(&field, &member->packed));
        return zip_long(&field, &member->offset);
    }
    return GAN_OK;
}

gan_status gan__zip_next(gan__bytes *directory, gan__zip_member *out)
{
    const uint8_t *p, *name, *rest;
    GAN__TRY(gan__bytes_take(directory, ZIP_ENTRY, "an entry of the directory", &p));
    if (!zip_is(p, 1, 2)) {
        directory->at -= ZIP_ENTRY;
        return gan__bytes_fail(directory, "no entry of a directory");
    }
    memset(out, 0, sizeof *out);
    out->flags = gan__load_u16le(p + 8);
    out->method = gan__load_u16le(p + 10);
    out->crc = gan__load_u32le(p + 16);
    out->packed = gan__load_u32le(p + 20);
    out->size = gan__load_u32le(p + 24);
    out->name_length = gan__load_u16le(p + 28);
    out->offset = gan__load_u32le(p + 42);
    GAN__TRY(gan__bytes_take(directory, out->name_length, "a name", &name));
    out->name = (const char *)name;
    gan__bytes extra = *directory;
    GAN__TRY(gan__bytes_take(directory, gan__load_u16le(p + 30), "extra fields", &rest));
    extra.size = directory->at;
    GAN__TRY(zip_read_extra(&extra, out));
    return gan__bytes_take(directory, gan__load_u16le(p + 32), "a comment", &rest);
}

static gan_status zip_check(const gan__bytes *in, const gan__zip_member *member)
{
    if (member->flags & ZIP_ENCRYPTED)
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "an encrypted member is not served");
    if (member->method != GAN__ZIP_STORED && member->method != GAN__ZIP_DEFLATED) {
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED,
                                  "a member of the method %u, 0 (stored) and 8 (deflated) are "
                                  "served",
                                  member->method);
    }
    if (member->method == GAN__ZIP_DEFLATED || member->packed == member->size) return GAN_OK;
    return gan__bytes_fail(in, "a stored member of %" PRIu64 " bytes in %" PRIu64, member->size,
                           member->packed);
}

gan_status gan__zip_find(gan__bytes *in, gan__zip_member *member)
{
    const uint8_t *p, *name;
    in->at = in->size;
    if (member->offset > in->size)
        return gan__bytes_fail(in, "a member at byte %" PRIu64, member->offset);
    in->at = (size_t)member->offset;
    GAN__TRY(gan__bytes_take(in, ZIP_HEADER, "a member's header", &p));
    const uint32_t length = gan__load_u16le(p + 26);
    in->at = (size_t)member->offset;
    if (!zip_is(p, 3, 4)) return gan__bytes_fail(in, "no header of a member");
    GAN__TRY(zip_check(in, member));
    in->at += ZIP_HEADER;
    GAN__TRY(gan__bytes_take(in, length, "a member's name", &name));
    if (length != member->name_length || memcmp(name, member->name, length) != 0) {
        in->at -= length;
        return gan__bytes_fail(in, "a member of another name than in the directory");
    }
    GAN__TRY(gan__bytes_take(in, gan__load_u16le(p + 28), "a member's extra fields", &name));
    return gan__bytes_take(in, member->packed, "a member", &member->data);
}
