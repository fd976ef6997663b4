/* record.h: the inside of a tape.
 *
 * A tape is a list of records, one for each call that put values on it. A reset forgets the values
 * but keeps the records with their plans and memory: the next round takes them up again, in its own
 * order, as long as they fit. Values, gradients and plans of a repeated round thus lie where they
 * lay before. */
#ifndef GAN__RECORD_H
#define GAN__RECORD_H

#include "tape/tape.h"

#include "losses/loss.h"
#include "model/plan.h"

/* Most records that are kept without being used in the present round. */
enum { GAN__SPARE_RECORDS = 64 };

typedef enum gan__record_kind {
    GAN__RECORD_INPUT,
    GAN__RECORD_DRAW,
    GAN__RECORD_APPLY,
    GAN__RECORD_LOSS,
    GAN__RECORD_COMBINE,
    GAN__RECORD_DETACH,
    GAN__RECORD_GRADIENT
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

typedef struct gan__record {
    gan__record_kind kind;
    uint64_t round; /* the tape's generation in which it was last used; 0: in none */

    int32_t *operands; /* indices of the values that go in; of an application: group after group */
    size_t operand_count, operand_capacity;
    gan__tape_value *values;
    size_t value_count, value_capacity;
    gan__floats data;     /* what the record itself computes, or puts side by side */
    gan__floats gradient; /* of its values; an application's groups lie side by side */

    gan_tensor *tensor; /* input: retained until the reset, where its memory is used */

    gan__plan *plan;  /* application */
    int32_t arena;    /* the tape's arena that it used last; -1: none */
    gan_model *model; /* the plan's; retained by it */
    int32_t groups;
    bool frozen;
    const float **x;    /* one for each input of the model */
    const float **dy;   /* one for each output */
    float **dx;         /* one for each input */
    uint64_t *versions; /* of the model's stores when it was applied */
    size_t store_count;

    /* Loss: what `loss` was made from. Application of a layer: its statement; of a model: NULL. */
    char *spec;
    gan__loss loss;

    double *weights; /* combination */
    size_t weight_capacity;
} gan__record;

/* Memory that plans borrow. It is free for another record when that which used it last is not part
 * of the round, or can never run backwards again because its model was changed: so D's pass for its
 * own update and the pass for G's share one. */
typedef struct gan__tape_arena {
    void *memory;
    size_t size;
    gan__record *owner; /* used it last; NULL: none */
} gan__tape_arena;

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
    gan__record **records; /* first those of this round, in order, then spare ones */
    size_t used, record_count, record_capacity;
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

/* The record for the next call: a kept one of this kind that fits(record, wanted), fits NULL: any;
 * else a new one, with nothing set but that. It is not part of the round before it is committed. */
typedef bool gan__record_fits(const gan__record *record, const void *wanted);
gan_status gan__tape_take(gan_tape *tape, gan__record_kind kind, gan__record_fits *fits,
                          const void *wanted, gan__record **out);

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

/* tape_arena.c: lends an arena to the record's plan; the same as last time, if the round is a
 * repeated one. */
gan_status gan__tape_lend(gan_tape *tape, gan__record *record);
void gan__tape_take_back(gan_tape *tape, const gan__record *record); /* which is about to go */
void gan__tape_free_arenas(gan_tape *tape);

/* GAN_E_STATE where the streams of the tape's seed have ended. */
gan_status gan__tape_may_draw(const gan_tape *tape, const char *function);

/* Whether an application's model was changed since: it cannot run backwards any more. */
bool gan__record_is_stale(const gan__record *record);

/* Makes the record the round's last; its values get out[0 .. value_count). Cannot fail. */
void gan__tape_commit(gan_tape *tape, gan__record *record, gan_value *out);

void gan__record_destroy(gan_context *context, gan__record *record);

/* Whether a tensor can hold a value of this shape; GAN_E_SHAPE with both shapes otherwise. */
gan_status gan__tape_check_tensor(const gan_tape *tape, const char *function, gan__shape shape,
                                  const gan_tensor *tensor);

#endif
