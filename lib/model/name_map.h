/* name_map.h: other names for the tensors of a file, as a short text asks for them: see
 * gan_model_load_weights. */
#ifndef GAN__NAME_MAP_H
#define GAN__NAME_MAP_H

#include "base/text.h"

typedef enum gan__name_verb { GAN__NAME_STRIP, GAN__NAME_RENAME, GAN__NAME_DROP } gan__name_verb;

typedef struct gan__name_rule {
    gan__name_verb verb;
    char *pattern, *target; /* no target: NULL */
    gan__place place;
    bool used;
} gan__name_rule;

typedef struct gan__name_map {
    gan_context *context;
    gan__name_rule *rules;
    size_t count, capacity;
} gan__name_map;

/* NULL and "" are the map that changes nothing. GAN_E_TEXT with line and column; *out is empty
 * then. */
gan_status gan__name_map_parse(gan_context *context, const char *text, gan__name_map *out);
void gan__name_map_free(gan__name_map *map); /* safe on a zeroed struct and twice */

/* Appends what becomes of the name; false, and nothing appended, for one that is dropped. */
bool gan__name_map_apply(gan__name_map *map, const char *name, gan__text *out);

/* A warning in the log for each rule that was of no use. */
void gan__name_map_complain(const gan__name_map *map, const char *file);

#endif
