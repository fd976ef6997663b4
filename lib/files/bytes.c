/* bytes.c: failures and warnings that name the file and the byte, and the next bytes if there are
 * so many. */
#include "files/bytes.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    BYTES_MESSAGE = 512,
    BYTES_WARNINGS = 4 /* lines of one file; then one more that says so */
};

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

void gan__bytes_warn(const gan__bytes *in, uint32_t *warnings, const char *format,
                     va_list arguments)
{
    char fault[BYTES_MESSAGE];
    if (++*warnings > BYTES_WARNINGS + 1) return;
    vsnprintf(fault, sizeof fault, format, arguments);
    gan__log(in->context, GAN_LOG_WARNING, "%s: byte %zu: %s", in->name, in->at,
             *warnings > BYTES_WARNINGS ? "more faults, which are not listed" : fault);
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
