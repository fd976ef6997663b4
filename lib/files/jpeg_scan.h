/* jpeg_scan.h: the compressed data of a scan. */
#ifndef GAN__JPEG_SCAN_H
#define GAN__JPEG_SCAN_H

#include "files/jpeg_file.h"

/* Reads the data of file->scan, which begins at in->at: of progressive files into the components'
 * values, of others into their samples. in->at is then behind what was used of it. */
gan_status gan__jpeg_read_scan(gan__jpeg_file *file);

#endif
