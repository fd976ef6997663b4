/* png_file.h: what the chunks of a PNG file say, between the reader of the chunks (png_file.c) and
 * that of the pixels (png_read.c). */
#ifndef GAN__PNG_FILE_H
#define GAN__PNG_FILE_H

#include "files/bytes.h"

enum {
    GAN__PNG_GREY = 0, /* colour types */
    GAN__PNG_RGB = 2,
    GAN__PNG_PALETTE = 3,
    GAN__PNG_GREY_ALPHA = 4,
    GAN__PNG_RGB_ALPHA = 6,
    GAN__PNG_COLOURS = 256
};

typedef struct gan__png_file {
    gan__bytes *in;
    uint32_t width, height;
    uint32_t depth, colour; /* bits of a sample; colour type */
    uint32_t samples;       /* of a pixel in the file */
    bool interlaced;
    uint32_t palette_count;               /* 0: there is none */
    uint8_t palette[GAN__PNG_COLOURS][4]; /* opaque black where the file has no colour */
    bool transparent;                     /* tRNS was there */
    uint32_t clear[3];                    /* samples of the transparent colour, grey or RGB */
    uint8_t *data;                        /* gan__free: of the first IDAT chunks, joined */
    size_t data_size, data_at;            /* data_at: where the first one begins in the file */
    bool data_ended;                      /* another chunk came after IDAT */
    uint32_t seen;                        /* of the chunks that have rules: a bit for each */
    uint64_t beyond;                      /* pixels whose colour the palette does not have */
    uint32_t warnings;                    /* how many there were */
} gan__png_file;

/* Reads the chunks in front of the picture's data, and stops there. */
gan_status gan__png_read_head(gan__png_file *file);

/* Of the picture that the chunks tell of. */
static inline int32_t gan__png_channels(const gan__png_file *file)
{
    return (int32_t)(file->colour == GAN__PNG_PALETTE ? 3 : file->samples) + file->transparent;
}

/* Reads all chunks. in->at is then behind them: at the end of the file, unless there is more. */
gan_status gan__png_read_chunks(gan__png_file *file);

/* A line of the log: "NAME: byte AT: FAULT". A file gets a few of them. */
GAN__PRINTF(2, 3)
void gan__png_warn(gan__png_file *file, const char *format, ...);

#endif
