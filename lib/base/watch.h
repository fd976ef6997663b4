/* watch.h: tells the host what each piece of work took: gan_span in gan/context.h.
 *
 * Spans nest as calls do, on the thread that has the context. Where the host asks for none,
 * beginning and ending one are a test of a pointer each. */
#ifndef GAN__WATCH_H
#define GAN__WATCH_H

#include "base/context.h"

/* On the stack of whoever does the work, and ends it on every way out; set by begin, and only where
 * the host asks. */
typedef struct gan__watch {
    gan_span told;
    struct gan__watch *outer;
    double begun, inner; /* when; seconds of the spans that ended inside it */
} gan__watch;

void gan__watch_open(gan_context *context, gan__watch *watch, const char *kind, const char *pass);
void gan__watch_close(gan_context *context, gan__watch *watch);

/* Of the layer that the span around it is of, if that is of one. The texts outlive the span. */
static inline void gan__watch_begin(gan_context *context, gan__watch *watch, const char *kind,
                                    const char *pass)
{
    if (context->host.span) gan__watch_open(context, watch, kind, pass);
}

static inline void gan__watch_end(gan_context *context, gan__watch *watch)
{
    if (context->host.span) gan__watch_close(context, watch);
}

/* Multiply-adds of the innermost span. */
static inline void gan__watch_count(gan_context *context, double products)
{
    if (context->watch) context->watch->told.products += products;
}

#endif
