/* picture_file.c: the readers of all formats behind one function. */
#include "files/picture_file.h"
#include "files/jpeg.h"
#include "files/png.h"
#include "files/pnm.h"

typedef struct picture_reader {
    gan_status (*read)(gan__bytes *in, gan__picture *out);
    gan_status (*peek)(gan__bytes *in, gan__picture *out);
} picture_reader;

static gan_status picture_find(const gan__bytes *in, picture_reader *out)
{
    static const uint8_t png[4] = {0x89, 'P', 'N', 'G'}, jpeg[3] = {0xff, 0xd8, 0xff};
    if (in->size >= sizeof png && memcmp(in->data, png, sizeof png) == 0)
        *out = (picture_reader){gan__png_read, gan__png_peek};
    else if (in->size >= sizeof jpeg && memcmp(in->data, jpeg, sizeof jpeg) == 0)
        *out = (picture_reader){gan__jpeg_read, gan__jpeg_peek};
    else if (in->size >= 2 && in->data[0] == 'P' && in->data[1] >= '1' && in->data[1] <= '7')
        *out = (picture_reader){gan__pnm_read, gan__pnm_peek};
    else
        return gan__fail(in->context, GAN_E_FORMAT, "%s: %s", in->name,
                         in->size == 0 ? "the file is empty"
                                       : "neither PNG nor JPEG nor PNM nor PAM");
    return GAN_OK;
}

gan_status gan__picture_read(gan__bytes *in, gan__picture *out)
{
    picture_reader reader;
    GAN__TRY(picture_find(in, &reader));
    return reader.read(in, out);
}

gan_status gan__picture_peek(gan__bytes *in, gan__picture *out)
{
    picture_reader reader;
    GAN__TRY(picture_find(in, &reader));
    return reader.peek(in, out);
}
