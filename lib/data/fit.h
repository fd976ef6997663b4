/* fit.h: what is made of pictures so that they have a data set's size. */
#ifndef GAN__FIT_H
#define GAN__FIT_H

#include "data/data.h"

/* What gan_image_fit takes for fit= and resize= in a data set's description ("pad"), static; NULL
 * where the text is none that this library knows. */
gan_status gan__fit_of(gan_context *context, const char *text, const char **out);

#endif
