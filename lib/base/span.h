/* span.h: tells the host what each piece of work took: gan_span in gan/context.h.
 *
 * Spans nest as calls do, on the thread that has the context. Where the host asks for none,
 * beginning and ending one are a test of a pointer each. */
#ifndef GAN__SPAN_H
#define GAN__SPAN_H

#include "base/context.h"

/* Zero but for what begin sets; it lies on the stack until its end, which every way out of the
 * piece of work comes by. */
typedef struct gan__span {
    gan_span told;
    struct gan__span *outer;
    double begun, inner; /* when; seconds of the spans that ended inside it */
} gan__span;

void gan__span_open(gan_context *context, gan__span *span, const char *kind, const char *pass);
void gan__span_close(gan_context *context, gan__span *span);

/* Of the layer that the span around it is of, if that is of one. The texts outlive the span. */
static inline void gan__span_begin(gan_context *context, gan__span *span, const char *kind,
                                   const char *pass)
{
    if (context->host.span) gan__span_open(context, span, kind, pass);
}

static inline void gan__span_end(gan_context *context, gan__span *span)
{
    if (context->host.span) gan__span_close(context, span);
}

/* Multiply-adds of the innermost span. */
static inline void gan__span_count(gan_context *context, double products)
{
    if (context->span) context->span->told.products += products;
}

#endif
