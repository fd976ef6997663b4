/* huffman.h: Huffman codes of limited length, as DEFLATE has them. */
#ifndef GAN__HUFFMAN_H
#define GAN__HUFFMAN_H

#include <stdint.h>

enum { GAN__HUFFMAN_MOST = 288 }; /* symbols of an alphabet */

/* The lengths of a code for symbols that occur count[i] times, none longer than `longest` bits; 0
 * for a symbol that does not occur. At least two symbols get a code, since some decoders refuse
 * less. */
void gan__huffman_lengths(const uint32_t *count, uint32_t symbols, uint32_t longest,
                          uint8_t *length);

/* The canonical codes of these lengths (RFC 1951, 3.2.2), first bit lowest. */
void gan__huffman_codes(const uint8_t *length, uint32_t symbols, uint16_t *code);

#endif
