/* checksum.h: the checksums that file formats carry. */
#ifndef GAN__CHECKSUM_H
#define GAN__CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in gzip and PNG. Starts from 0; the result of one piece is the start of the next. */
uint32_t gan__crc32(uint32_t crc, const void *bytes, size_t size);

/* Adler-32 as in zlib. Starts from 1. */
uint32_t gan__adler32(uint32_t adler, const void *bytes, size_t size);

#endif
