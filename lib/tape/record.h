/* record.h: the inside of a tape.
 *
 * A tape is a list of records, one for each call that put values on it. A reset forgets the values
 * but keeps the records with their plans: the next round takes them up again, in its own order,
 * where they fit.
 *
 * Numbers lie in blocks that belong to places in a round: whatever record comes third has the third
 * place's blocks, which are as large as any third record has ever needed; what layers keep for the
 * way back lies in arenas that are lent in the order of the applications. A record that a round
 * does not use so holds no numbers. All of this depends on the calls of a round alone, not on those
 * of earlier ones: a round like one that was there before needs no memory that is not there, and
 * its values, gradients and plans lie where they lay.
 *
 * What is kept is bounded: 64 times as much as the records of the largest round have taken for
 * themselves (their plans; not the packed weights, which all plans of a model share), and a
 * megabyte. So a loop whose rounds are of up to 64 kinds allocates nothing once each was there.
 * Beyond that the records go that were not used for the longest time. Those of a model that nobody
 * else holds any more go with the next reset. */
#ifndef GAN__RECORD_H
#define GAN__RECORD_H

#include "tape/tape.h"

#include "base/watch.h"
#include "losses/loss.h"
#include "model/plan.h"

/* The bound of what is kept after a reset: so many of the largest rounds, and so many bytes. */
enum { GAN__KEPT_ROUNDS = 64, GAN__KEPT_BYTES = 1 << 20 };

typedef enum gan__record_kind {
    GAN__RECORD_INPUT,
    GAN__RECORD_DRAW,
    GAN__RECORD_APPLY,
    GAN__RECORD_TANGENT,
    GAN__RECORD_LOSS,
    GAN__RECORD_COMBINE,
    GAN__RECORD_JOIN,
    GAN__RECORD_SLICE,
    GAN__RECORD_DETACH,
    GAN__RECORD_COPY
} gan__record_kind;

typedef struct gan__tape_value {
    gan__shape shape;
    const float *data;
    bool scalar; /* of a loss, or made of such: it is `number`, data[0] is rounded to float32 */
    double number;
    bool wanted; /* an input whose gradient was asked for */
    bool traced; /* parameters, or an input that wants a gradient, lie upstream */

    float *gradient;      /* in the record's block, once it was needed */
    uint64_t pass;        /* the backward call that computed it; 0: none */
    bool needed, reached; /* during one: something wanted lies upstream; a gradient will arrive */
} gan__tape_value;

typedef struct gan__floats {
    float *memory;
    size_t count; /* floats that there is room for */
} gan__floats;

/* Of a tangent through an application: its operands are those of the application, then the tangents
 * of those that have one. */
typedef struct gan__record_tangent {
    struct gan__record *of; /* in the same round */
    int32_t *paths; /* for each operand of the application: which of all is its tangent, or -1 */
    size_t path_count, input_count, output_count;
    const float **inputs; /* tangents of each input of the model; NULL: none */
    float **dx;           /* the gradients over them */
    bool *asked;          /* for each output */
    void *arena;
} gan__record_tangent;

typedef struct gan__record {
    gan__record_kind kind;
    uint64_t round; /* the tape's generation in which it was last used; 0: in none */
    uint64_t spent; /* that in which it was settled: it will not run backwards in it again */
    size_t size;    /* bytes of what it keeps between rounds, when it was last used */

    int32_t *operands; /* indices of the values that go in; of an application: group after group */
    size_t operand_count, operand_capacity;
    gan__tape_value *values;
    size_t value_count, value_capacity;
    gan__floats data;     /* what the record itself computes, or puts side by side */
    gan__floats outputs;  /* of its plan */
    gan__floats gradient; /* of its values; an application's groups lie side by side */

    gan_tensor *tensor; /* input: retained until the reset, where its memory is used */
    int64_t first;      /* slice: its first element in the operand */

    gan__plan *plan;  /* application */
    gan_model *model; /* the plan's; retained by it */
    int32_t groups;
    bool frozen;
    const float **x;    /* one for each input of the model */
    const float **dy;   /* one for each output */
    float **dx;         /* one for each input */
    uint64_t *versions; /* of the model's stores when it was applied */
    size_t store_count;

    gan__record_tangent tangent; /* x is not used then, the rest as in an application */

    /* Loss: what `loss` was made from. Application of a layer: its statement; of a model: NULL. */
    char *spec;
    gan__loss loss;

    double *weights; /* combination */
    size_t weight_capacity;
} gan__record;

/* The application that the record is, or that its tangent goes through; NULL: it is neither. */
static inline const gan__record *gan__record_application(const gan__record *record)
{
    if (record->kind == GAN__RECORD_TANGENT) return record->tangent.of;
    return record->kind == GAN__RECORD_APPLY ? record : NULL;
}

/* Memory that plans borrow. It is free for another record when that which used it last is not part
 * of the round, or can never run backwards again because its model was changed or it was settled:
 * so D's pass for its own update and the pass for G's share one. */
typedef struct gan__tape_arena {
    void *memory;
    size_t size;
    gan__record *owner; /* used it last; NULL: none */
} gan__tape_arena;

/* The blocks of a place in the round; while a record is there they are its own. */
typedef struct gan__blocks {
    gan__floats data, outputs, gradient;
} gan__blocks;

/* A model that kept plans hold. */
typedef struct gan__tape_model {
    gan_model *model;
    int32_t plans;
} gan__tape_model;

/* Where a value is. */
typedef struct gan__tape_place {
    gan__record *record;
    int32_t output;
} gan__tape_place;

struct gan_tape {
    gan__object object;
    uint64_t generation;   /* of the values: grows with each reset */
    uint64_t first;        /* the one that it began with */
    uint64_t pass;         /* backward calls made */
    uint64_t seed;         /* of its draws: noise, dropout */
    uint64_t draws;        /* made */
    bool rehearses;        /* see tape.h */
    gan__record **records; /* first those of this round, in order; then those of the last one that
                              are not in it, in order; then those of the one before ... */
    uint64_t *keys;        /* of the records: see gan__tape_take */
    size_t used, record_count, record_capacity, key_capacity;
    bool taken; /* records[used] was taken, but is not part of the round yet */
    gan__blocks *blocks;
    size_t block_capacity;                 /* places */
    size_t bytes, round_bytes, most_bytes; /* of all records; of this round's; of the largest's */
    gan__tape_model *models;
    size_t model_count, model_capacity;
    gan__tape_place *places; /* of the values, by index */
    size_t value_count, value_capacity;
    gan__panel_cache cache;
    gan__tape_arena *arenas;
    size_t arena_count, arena_capacity;

    unsigned char *transient; /* what plans need during a call */
    size_t transient_size;
    gan__floats spare;  /* gradients on their way to a value that has one already */
    gan__shape *shapes; /* of the call in progress */
    size_t shape_capacity;
    int64_t *starts; /* likewise: of its groups */
    size_t start_capacity;
    int32_t *tangents; /* likewise, of each value: see tape_tangent.c */
    size_t tangent_capacity;
    gan_value *listed; /* likewise: values on the way */
    size_t listed_capacity;
    double *factors; /* and their weights */
    size_t factor_capacity;
    gan__store **stores; /* wanted by the backward call in progress; borrowed */
    size_t store_count, store_capacity;
};

/* GAN_E_ARGUMENT where it is no value of this tape's present round. */
gan_status gan__tape_find(const gan_tape *tape, const char *function, gan_value value,
                          int32_t *out);
static inline gan__tape_value *gan__tape_at(const gan_tape *tape, int32_t index)
{
    return &tape->places[index].record->values[tape->places[index].output];
}

/* Where a value, or its gradient of the last backward, lies; GAN_E_STATE where it has none. */
gan_status gan__tape_source(const gan_tape *tape, const char *function, gan_value value,
                            int32_t what, gan__shape *shape, const float **data);

/* The record for the next call, with the blocks of its place: a kept one of this kind and key that
 * fits(record, wanted), fits NULL: any; else a new one, with nothing set but that. It is not part
 * of the round before it is committed. The key is a digest of what fits() looks at: it spares
 * looking.
 *
 * A round takes the first that fits, then the second ..., and leaves them in this order: so the
 * n-th call of a kind finds the same record in every round, with all that the n-th needs. */
typedef bool gan__record_fits(const gan__record *record, const void *wanted);
gan_status gan__tape_take(gan_tape *tape, gan__record_kind kind, uint64_t key,
                          gan__record_fits *fits, const void *wanted, gan__record **out);

/* Begun with any number: makes one more part of a key. */
static inline uint64_t gan__key(uint64_t key, uint64_t part)
{
    key = (key ^ part) * UINT64_C(0x9E3779B97F4A7C15);
    return key ^ key >> 29;
}

/* Room for that many values, zeroed, and for them in the tape; for operands; for floats. */
gan_status gan__record_values(gan_tape *tape, gan__record *record, size_t count);
gan_status gan__record_operands(gan_tape *tape, gan__record *record, const gan_value *values,
                                size_t count, const char *function);
gan_status gan__block_reserve(gan_context *context, gan__floats *block, size_t count);
gan_status gan__tape_reserve_transient(gan_tape *tape, size_t size);

/* tape_apply.c: applies a model that is one layer, `statement`, in training and frozen; a draw is
 * counted where the layer makes one. `inputs` are values of this tape with the shapes that the
 * model was made for. */
gan_status gan__tape_apply_layer(gan_tape *tape, gan_model *model, const char *statement,
                                 const gan_value *inputs, gan_value *out);

/* tape_arena.c: lends an arena of that many bytes, *arena (NULL for 0), and as many for outputs, in
 * the record's block: the same as last time, if the round is a repeated one. */
gan_status gan__tape_lend(gan_tape *tape, gan__record *record, size_t size, size_t outputs,
                          void **arena);
void gan__tape_take_back(gan_tape *tape, const gan__record *record); /* whatever it has */
void gan__tape_free_arenas(gan_tape *tape);

/* GAN_E_STATE where the streams of the tape's seed have ended. */
gan_status gan__tape_may_draw(const gan_tape *tape, const char *function);

/* Whether an application, or a tangent through it, cannot run backwards any more: its model was
 * changed since, or it was settled. */
bool gan__record_is_stale(const gan__record *record);

/* What the public functions of these names do, inside an entered call. */
gan_status gan__tape_join(gan_tape *tape, const gan_value *values, size_t count, gan_value *out);
gan_status gan__tape_slice(gan_tape *tape, gan_value value, int64_t first, int64_t count,
                           gan_value *out);
gan_status gan__tape_loss(gan_tape *tape, const char *spec, const gan_value *values, int32_t count,
                          gan_value *out);
gan_status gan__tape_combine(gan_tape *tape, const gan_value *values, const double *weights,
                             size_t count, gan_value *out);

/* A value of this round as callers hold it. */
static inline gan_value gan__tape_handle(const gan_tape *tape, int32_t index)
{
    return (gan_value)((tape->generation & INT32_MAX) << 32 | (uint64_t)index);
}

/* Makes the record the round's last; its values get out[0 .. value_count). Cannot fail. */
void gan__tape_commit(gan_tape *tape, gan__record *record, gan_value *out);

/* tape_keep.c: counts the record's plan, just made, among those of its model; room for that was
 * made by gan__tape_reserve_model. */
gan_status gan__tape_reserve_model(gan_tape *tape);
void gan__tape_count_model(gan_tape *tape, const gan__record *record);

/* Makes the record that was taken part of the round. */
void gan__tape_keep(gan_tape *tape, gan__record *record);

/* Notes anew what a record of the round keeps. */
void gan__tape_measure(gan_tape *tape, gan__record *record);

/* Takes back the round's records and values from these numbers on. */
void gan__tape_rewind(gan_tape *tape, size_t used, size_t value_count);

/* The arrays of a tangent's record. */
void gan__record_free_tangent(gan_context *context, gan__record *record);

/* Ends the round: blocks go back to their places, records that are too many go. */
void gan__tape_end_round(gan_tape *tape);
void gan__tape_free_records(gan_tape *tape);

/* Whether a tensor can hold a value of this shape; GAN_E_SHAPE with both shapes otherwise. */
gan_status gan__tape_check_tensor(const gan_tape *tape, const char *function, gan__shape shape,
                                  const gan_tensor *tensor);

#endif
