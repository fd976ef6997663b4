/* bytes.c: failures that name the file and the byte, and the next bytes if there are so many. */
#include "files/bytes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { BYTES_MESSAGE = 512 };

gan_status gan__bytes_fail(const gan__bytes *in, const char *format, ...)
{
    char message[BYTES_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return gan__fail(in->context, GAN_E_FORMAT, "%s: byte %zu: %s", in->name, in->at, message);
}

gan_status gan__bytes_fail_as(const gan__bytes *in, gan_status status, const char *format, ...)
{
    char message[BYTES_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return gan__fail(in->context, status, "%s: byte %zu: %s", in->name, in->at, message);
}

gan_status gan__bytes_take(gan__bytes *in, uint64_t count, const char *what, const uint8_t **out)
{
    if (count > gan__bytes_left(in)) {
        return gan__bytes_fail(in, "%s needs %" PRIu64 " bytes, %zu remain", what, count,
                               gan__bytes_left(in));
    }
    *out = in->data + in->at;
    in->at += (size_t)count;
    return GAN_OK;
}
