/* sheets.h: sheets of pictures: how they are laid out, and what a file can hold. Sequences, which
 * are pictures of height 1 and a width of 16 or more, are drawn as curves, a strip for each
 * channel. */
#ifndef SHEETS_H
#define SHEETS_H

#include "command.h"

/* About as wide as high, with whole examples of so many pictures (H, W, C) in a row; 0 where that
 * is what gan_image_sheet does by itself. */
int64_t sheet_columns(int64_t examples, int64_t pictures, const int64_t shape[3]);

/* gan_image_sheet, of sequences too: pictures N x H x W x C of float32 in [-1, 1], or bytes. */
gan_status sheet_save(gan_context *context, const gan_tensor *pictures, int64_t columns,
                      const char *path);

/* Why pictures of this shape (H, W, C) can be on no sheet, or NULL. Static. */
const char *sheet_fault(const int64_t shape[3]);

/* EXIT_GOOD, or EXIT_INPUT after a message, if a sheet of so many pictures in rows of `columns` has
 * more values than a PNG file may have. NAME GIVEN is what asks for them: "--count 2000000". */
int sheet_check(const command *self, const char *name, int64_t given, const int64_t shape[3],
                int64_t pictures, int64_t columns);

#endif
