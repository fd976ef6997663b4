/* status.h: what a function returns, and which library this is.
 *
 * Every function that can fail returns a gan_status. Zero is success; a failure is negative, and
 * gan_context_message tells in one line what was wrong. The codes never change their meaning. */
#ifndef GAN_STATUS_H
#define GAN_STATUS_H

#include <gan/export.h>

GAN_BEGIN

typedef int32_t gan_status;

#define GAN_OK 0
#define GAN_E_ARGUMENT (-1)     /* an argument is NULL, a wrong handle, or out of its range */
#define GAN_E_MEMORY (-2)       /* an allocation failed, or a size does not fit */
#define GAN_E_TEXT (-3)         /* a description breaks the grammar or names an unknown option */
#define GAN_E_SHAPE (-4)        /* shapes or types of tensors do not go together */
#define GAN_E_FILE (-5)         /* a file cannot be opened, read, written or renamed */
#define GAN_E_FORMAT (-6)       /* a file's content is not what its format demands */
#define GAN_E_STATE (-7)        /* not ready for this call: a role, a feed, a value is missing */
#define GAN_E_BUSY (-8)         /* the context is in use on another thread */
#define GAN_E_CANCELLED (-9)    /* a callback returned non-zero */
#define GAN_E_DIVERGED (-10)    /* a loss or a gradient is not finite; nothing was changed */
#define GAN_E_UNSUPPORTED (-11) /* valid, but not served by this version or this build */
#define GAN_E_INTERNAL (-12)    /* a defect of libgan: please report it */

/* The code's name, "GAN_E_SHAPE"; "unknown status" for a number that is none. Never NULL. */
GAN_API const char *gan_status_name(gan_status status);

/* The version of the library that runs, and of the header that was compiled against. */
#define GAN_VERSION_MAJOR 0
#define GAN_VERSION_MINOR 1
#define GAN_VERSION_PATCH 0
#define GAN_VERSION "0.1.0"

/* "0.1.0". */
GAN_API const char *gan_version(void);

GAN_END

#endif
