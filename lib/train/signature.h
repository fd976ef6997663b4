/* signature.h: what goes into a role and what comes out: from its row to the ports of a network. */
#ifndef GAN__SIGNATURE_H
#define GAN__SIGNATURE_H

#include "train/cast.h"

/* Reads the signature of the role's row; `domain` is the one that the role stands for, -1: a role
 * that stands once. The spaces are in the cast. */
gan_status gan__signature_parse(const gan__cast *cast, gan__role *role, int32_t domain,
                                const void *options);
void gan__signature_free(gan_context *context, gan__role *role);

#endif
