/* sharing.h: which parts the networks of different roles have in common. */
#ifndef GAN__SHARING_H
#define GAN__SHARING_H

#include "model/tree.h"
#include "train/trainer.h"

/* The parts of the networks of the first `count` roles, and their parts, as their texts define
 * them; none of a role without a network. */
typedef struct gan__role_parts {
    gan_context *context;
    gan__definitions *roles;
    int32_t count;
} gan__role_parts;

gan_status gan__role_parts_list(const gan_trainer *trainer, int32_t count, gan__role_parts *out);
void gan__role_parts_free(gan__role_parts *parts);

/* The first place of a part among the roles before `role`: its role, and its name there; -1: none
 * has it. */
int32_t gan__role_parts_find(const gan__role_parts *parts, int32_t role, const gan_model *part,
                             const char **name);

/* The part of that name among those of a role; NULL if there is none. */
gan_model *gan__role_parts_named(const gan__role_parts *parts, int32_t role, const char *name);

/* GAN_E_STATE for parameters that two roles share otherwise than by a part of both, which a
 * checkpoint could not say, and for those that two groups train. */
gan_status gan__trainer_check_sharing(const gan_trainer *trainer);

#endif
