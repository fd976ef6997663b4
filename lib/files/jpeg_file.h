/* jpeg_file.h: what the segments of a JPEG file say, between the reader of the segments
 * (jpeg_file.c) and those of the scans (jpeg_scan.c) and the pixels (jpeg_pixels.c). */
#ifndef GAN__JPEG_FILE_H
#define GAN__JPEG_FILE_H

#include "files/jpeg_huffman.h"
#include "files/picture.h"

enum {
    GAN__JPEG_EOI = 0xD9, /* markers */
    GAN__JPEG_SOS = 0xDA,
    GAN__JPEG_RST0 = 0xD0,
    GAN__JPEG_COMPONENTS = 4,
    GAN__JPEG_TABLES = 4
};

/* One colour, or the brightness. A block is 8 x 8 samples. */
typedef struct gan__jpeg_component {
    uint32_t id, h, v;     /* sampling factors, 1 to 4 */
    uint32_t table;        /* of quantisation */
    int64_t wide, high;    /* in samples */
    int64_t columns, rows; /* in blocks, as a scan of this component alone has them */
    int64_t stride, full;  /* columns and rows of all MCUs, which hold them */
    uint8_t *samples;      /* 8 full rows of 8 stride samples */
    int16_t *values;       /* progressive: of each block 64 */
    uint8_t *last; /* progressive: of each block, the last number of a value that is not 0 */
    bool scanned;
    uint16_t steps[64]; /* of quantisation, as of its first scan, row by row */
    int8_t low[64];     /* progressive: bits that are still missing of each value; -1: all */
    const gan__jpeg_code *dc, *ac; /* of the scan that is read */
    int32_t before;                /* the last block's first value in that scan */
} gan__jpeg_component;

/* The header of the scan that is read. */
typedef struct gan__jpeg_scan_header {
    gan__jpeg_component *components[GAN__JPEG_COMPONENTS];
    uint32_t count;
    int32_t first, end; /* progressive: values first to end - 1 of each block */
    int32_t above, low; /* progressive: bits that were missing, 0: all; that will be */
} gan__jpeg_scan_header;

typedef struct gan__jpeg_file {
    gan__bytes *in;
    uint32_t width, height;
    bool framed, progressive;
    uint32_t count; /* of components */
    gan__jpeg_component components[GAN__JPEG_COMPONENTS];
    uint32_t h, v;      /* the greatest factors */
    int64_t wide, high; /* in MCUs */
    uint32_t restart;   /* MCUs between restarts; 0: there are none */
    bool jfif, adobe;
    uint32_t transform; /* what Adobe's marker says */
    uint16_t steps[GAN__JPEG_TABLES][64];
    bool has_steps[GAN__JPEG_TABLES];
    gan__jpeg_code codes[2][GAN__JPEG_TABLES]; /* DC, AC */
    gan__jpeg_scan_header scan;
    uint32_t scans;    /* how many there were */
    uint32_t warnings; /* how many there were */
} gan__jpeg_file;

/* Reads segments up to and with the header of the frame: sizes and components are there. */
gan_status gan__jpeg_read_frame(gan__jpeg_file *file);

/* Reads on to the header of the next scan, file->scan; *more is false where the picture ends. */
gan_status gan__jpeg_next_scan(gan__jpeg_file *file, bool *more);

/* Finds the next marker from in->at, which is then behind it. 0: the file ends before. */
uint32_t gan__jpeg_next_marker(gan__jpeg_file *file);

/* Grey, RGB. */
static inline int32_t gan__jpeg_channels(const gan__jpeg_file *file)
{
    return file->count == 1 ? 1 : 3;
}

/* A line of the log: "NAME: byte AT: FAULT". A file gets a few of them. */
GAN__PRINTF(2, 3)
void gan__jpeg_warn(gan__jpeg_file *file, const char *format, ...);

#endif
