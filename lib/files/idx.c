/* idx.c: the header of an IDX file, of any of the format's types. */
#include "files/idx.h"

#include <inttypes.h>

static bool idx_element(uint8_t type, gan__element *out)
{
    switch (type) {
    case 0x08: *out = GAN__ELEMENT_U8; return true;
    case 0x09: *out = GAN__ELEMENT_I8; return true;
    case 0x0b: *out = GAN__ELEMENT_I16; return true;
    case 0x0c: *out = GAN__ELEMENT_I32; return true;
    case 0x0d: *out = GAN__ELEMENT_F32; return true;
    case 0x0e: *out = GAN__ELEMENT_F64; return true;
    default: return false;
    }
}

gan_status gan__idx_header(gan__bytes *in, gan__array *out)
{
    const uint8_t *p;
    memset(out, 0, sizeof *out);
    out->big_endian = true;
    GAN__TRY(gan__bytes_take(in, 4, "the magic number", &p));
    if (p[0] != 0 || p[1] != 0 || !idx_element(p[2], &out->element)) {
        in->at -= 4;
        return gan__bytes_fail(in, "0x%08x begins no IDX file", gan__load_u32be(p));
    }
    if (p[3] < 1 || p[3] > GAN_MAX_RANK) {
        in->at -= 1;
        return gan__bytes_fail_as(in, p[3] ? GAN_E_UNSUPPORTED : GAN_E_FORMAT,
                                  "%u dimensions, 1 to %d are served", p[3], GAN_MAX_RANK);
    }
    out->rank = p[3];
    GAN__TRY(gan__bytes_take(in, 4 * (uint64_t)out->rank, "the dimensions", &p));
    for (int32_t i = 0; i < out->rank; i++) out->shape[i] = gan__load_u32be(p + 4 * i);
    return GAN_OK;
}

gan_status gan__idx_read(gan__bytes *in, gan__array *out)
{
    GAN__TRY(gan__idx_header(in, out));
    return gan__array_find(in, out);
}
