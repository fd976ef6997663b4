/* cast.h: who plays in a trainer, and on what.
 *
 * A trainer kind has a table of rows: spaces, roles, feeds, pools and values. With its options they
 * become the lists of one trainer, its cast: a row with a `*` in its name stands once for each
 * domain ("encoder_*" with domains=a,b is encoder_a and encoder_b), any other once, and rows that
 * the options do not want are not there. "encoder|encoder_*" is the first of the two names where
 * there is one domain. Groups follow from the roles. Everything that names
 * something (set_model, recipes, checkpoints, --help) asks the cast.
 *
 * A space is what a value is of: a picture, a code, noise, a condition, or a score. It has one
 * shape, which all roles and feeds that share it must agree on; scores alone are free for each
 * role. A role's signature says from which spaces to which:
 *
 *     noise > image
 *     image condition > realness:score [match:score]
 *     image > mean:code log_variance:code
 *     image(pack) > score             so many pictures side by side in channels as pack= says
 *     x|y > features                  one of the two
 *     * > code                        of a domain; of any domain, in a role that stands once
 *     x > score [features...]         any number of further outputs
 *
 * A port is NAME:SPACE, or SPACE alone, which is its name too; in brackets: it may be missing. The
 * first output is what a chain hands on. */
#ifndef GAN__CAST_H
#define GAN__CAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/option.h"

/* Bytes of a name, its end included; and how many domains a short text may ask for, since what they
 * have names for grows with their square. */
enum { GAN__CAST_NAME = 64, GAN__MAX_DOMAINS = 256 };

/* ---- rows of a kind ---- */

typedef enum gan__space_type {
    GAN__SPACE_PICTURE,
    GAN__SPACE_CODE,
    GAN__SPACE_NOISE,
    GAN__SPACE_CONDITION,
    GAN__SPACE_SCORE /* also features: whatever a network says of its input */
} gan__space_type;

typedef enum gan__prior { GAN__PRIOR_NONE, GAN__PRIOR_NORMAL, GAN__PRIOR_UNIFORM } gan__prior;

typedef struct gan__space_row {
    const char *name;
    gan__space_type type;
    gan__prior (*prior)(const void *options); /* what it is drawn from; NULL: it is not drawn */
} gan__space_row;

enum {
    GAN__ROLE_OPTIONAL = 1, /* it may have no model */
    GAN__FEED_OPTIONAL = 2, /* it may have no data */
    GAN__FEED_BY_HAND = 4,  /* gan_trainer_feed serves it, no data set; optional */
    GAN__FEED_UNLIKE = 8    /* of the feed above it: other examples, of another condition */
};

typedef struct gan__role_row {
    const char *name;
    const char *group; /* of the optimiser that trains it; NULL: it is frozen */
    const char *signature;
    int32_t flags;
    bool (*wanted)(const void *options); /* NULL: always */
    const char *help;
} gan__role_row;

/* One field of a feed; rows of one name that follow each other are one feed, whose fields come from
 * the same examples. */
typedef struct gan__feed_row {
    const char *name;
    const char *field; /* of the data set: "image"; "label|vector": whichever it has */
    const char *space; /* NULL: it goes to no network */
    int32_t flags;
    const char *help;
    int32_t in_flight;                   /* batches that a step has on its tape at a time; 0: 1 */
    bool (*wanted)(const void *options); /* of the feed's first row; NULL: always */
} gan__feed_row;

typedef struct gan__pool_row {
    const char *name, *space;
    int64_t (*capacity)(const void *options); /* pictures; 0: none is kept */
} gan__pool_row;

typedef struct gan__value_row {
    const char *name;
    bool (*wanted)(const void *options); /* NULL: always */
    const char *help;
} gan__value_row;

#define GAN__ROWS(what, table) .what##s = (table), .what##_count = sizeof(table) / sizeof *(table)

/* ---- the lists of a trainer ---- */

typedef struct gan__space {
    const gan__space_row *row;
    char name[GAN__CAST_NAME];
    gan__prior prior;
} gan__space;

typedef struct gan__signature_port {
    char name[GAN__CAST_NAME];
    int32_t *spaces; /* that its value may be of */
    int32_t space_count;
    int64_t times; /* values side by side in channels */
    bool optional;
    bool open; /* any number of outputs */
} gan__signature_port;

typedef struct gan__role {
    const gan__role_row *row;
    char name[GAN__CAST_NAME];
    int32_t group; /* -1: frozen */
    bool wanted;
    gan__signature_port *inputs, *outputs;
    int32_t input_count, output_count;
} gan__role;

typedef struct gan__group {
    char name[GAN__CAST_NAME];
} gan__group;

typedef struct gan__feed_field {
    const gan__feed_row *row;
    int32_t space; /* -1: none */
} gan__feed_field;

typedef struct gan__feed {
    char name[GAN__CAST_NAME];
    gan__feed_field *fields;
    int32_t field_count;
    bool wanted;
    int32_t flags; /* of its first row; of one that is not wanted: BY_HAND */
    int32_t like;  /* GAN__FEED_UNLIKE: the feed whose partners these are; -1: none */
} gan__feed;

typedef struct gan__pool_place {
    char name[GAN__CAST_NAME];
    int32_t space;
    int64_t capacity;
} gan__pool_place;

typedef struct gan__measure {
    char name[GAN__CAST_NAME + 16];
    bool wanted;
    const char *help;
} gan__measure;

/* Something that a trainer has a name for: a role, a feed, ... */
typedef struct gan__member {
    const char *type, *name, *help; /* valid as long as the cast */
} gan__member;

/* Rows that are not wanted keep their place, so that the number of a role, feed or value is that of
 * its row where nothing stands once for each domain. */
typedef struct gan__cast {
    gan_context *context;
    const struct gan__trainer_kind *kind;
    char (*domains)[GAN__CAST_NAME];
    gan__space *spaces;
    gan__role *roles;
    gan__group *groups;
    gan__feed *feeds;
    gan__pool_place *pools;
    gan__measure *values; /* the kind's; then gradient.GROUP, rate.GROUP */
    char **ways;          /* texts of the shortest ways from where things begin */
    char **products;      /* by role: the text of its route; NULL: it is no product */
    char **scores;        /* by role: of the way to what it says of pictures; NULL: of none */
    gan__member *members; /* see members.c */
    size_t member_count, member_capacity;
    int32_t domain_count, space_count, role_count, group_count, feed_count, pool_count, value_count,
        way_count;
} gan__cast;

/* GAN_E_TEXT for domains that are none. *out is NULL on failure. */
gan_status gan__cast_create(gan__cast **out, gan_context *context,
                            const struct gan__trainer_kind *kind, const void *options);
void gan__cast_free(gan__cast *cast); /* NULL is allowed */

/* By name, of `length` bytes; -1: there is none, or it is not wanted. */
int32_t gan__cast_space(const gan__cast *cast, const char *name, size_t length);
int32_t gan__cast_role(const gan__cast *cast, const char *name, size_t length);
int32_t gan__cast_group(const gan__cast *cast, const char *name, size_t length);

/* A feed alone is its first field: "real", "real.label". *field may be NULL: only feeds then. */
int32_t gan__cast_feed(const gan__cast *cast, const char *name, size_t length, int32_t *field);
int32_t gan__cast_value(const gan__cast *cast, const char *name, size_t length);

/* Whether a data set can serve it; else gan_trainer_feed does. */
static inline bool gan__feed_takes_data(const gan__feed *feed)
{
    return !(feed->flags & GAN__FEED_BY_HAND) && feed->like < 0;
}

/* The number of the first member of a row of that table. */
int32_t gan__cast_role_at(const gan__cast *cast, int32_t row);
int32_t gan__cast_feed_at(const gan__cast *cast, int32_t row);
int32_t gan__cast_pool_at(const gan__cast *cast, int32_t row);
int32_t gan__cast_value_at(const gan__cast *cast, int32_t row);
int32_t gan__cast_gradient(const gan__cast *cast, int32_t group); /* of the values */
int32_t gan__cast_rate(const gan__cast *cast, int32_t group);

/* Whether a role makes what the training is for: pictures or codes, by trained weights. */
bool gan__cast_is_product(const gan__cast *cast, int32_t role);

/* Whether the kind draws samples of the space by itself. */
bool gan__cast_samples(const gan__cast *cast, int32_t space);

/* Whether there may be a moving average of it: a product, or what samples are drawn by. */
bool gan__cast_is_averaged(const gan__cast *cast, int32_t role);

/* What a trainer has names for, one after the other; false past the last. */
bool gan__cast_member(const gan__cast *cast, int32_t index, gan__member *out);

/* Fills cast->members; the rest of the cast is there. */
gan_status gan__cast_add_members(gan__cast *cast);

/* The same of a kind, whose options are not known: names as its rows have them. */
bool gan__kind_member(const struct gan__trainer_kind *kind, int32_t index, gan__member *out);

/* "type", "name" or "help"; NULL for another word. */
const char *gan__member_field(const gan__member *member, const char *field);

#endif
