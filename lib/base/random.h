/* random.h: counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", 2011).
 *
 * A number is a function of (seed, purpose, step, index) alone, so neither the order of work nor
 * the number of threads can change it, and a checkpoint has only counters to store. Filling arrays
 * with uniform and normal numbers is in compute/draw.h, on the same blocks. */
#ifndef GAN__RANDOM_H
#define GAN__RANDOM_H

#include <stdint.h>

/* A stream has so many steps. Whoever counts them stops there: the next one would be the first of
 * all. */
#define GAN__DRAW_STEPS (UINT64_C(1) << 48)

/* Never renumbered: saved runs depend on it.
 *
 * A seed and a purpose have one owner. The context's seed: the context (PARAMETER, SPECTRAL, TAPE,
 * TRAINER) and its first trainer (LATENT, LAYER, SHUFFLE, UNLIKE, EXAMPLE, STREAM, POOL, REFRESH,
 * PAIR); a further trainer's, the same nine; a tape's, and that of a trainer's averages: LATENT and
 * LAYER; a stream's: SHUFFLE, UNLIKE and EXAMPLE. */
typedef enum gan__purpose {
    GAN__DRAW_PARAMETER = 1, /* initial weights; step = number of the parameter in its context */
    GAN__DRAW_LATENT = 2,    /* z; step = the tape's draw */
    GAN__DRAW_SHUFFLE = 3,   /* order of a data set; step = stream % 256 << 40 | epoch */
    GAN__DRAW_LAYER = 4,     /* dropout and noise layers; step = the tape's draw */
    GAN__DRAW_UNLIKE = 5,    /* partners of a data set's examples; step as in SHUFFLE */
    GAN__DRAW_STREAM = 6,    /* seeds of the streams from 256 on; step = stream / 256 */
    GAN__DRAW_POOL = 7,      /* coins and places of a pool; step = number of the pool */
    GAN__DRAW_SPECTRAL = 8,  /* initial u and v */
    GAN__DRAW_TAPE = 9,      /* seeds of a context's tapes; step = number of the tape */
    GAN__DRAW_TRAINER = 10,  /* seeds of its trainers; step = number of the trainer */
    GAN__DRAW_REFRESH = 11,  /* seeds of what a trainer draws apart; step = 0: for its averages, 1:
                                for what it shows */
    GAN__DRAW_HELDOUT = 12,  /* which examples are held out; seed and step are 0 */
    GAN__DRAW_EXAMPLE = 13,  /* keys of a data set's examples and partners; step as in SHUFFLE */
    GAN__DRAW_PICTURE = 14,  /* which part of a picture is cut, whether it is mirrored; the seed is
                                the example's key, step = 0 */
    GAN__DRAW_MIXTURE = 15,  /* points of a mixture: the seed is its own; step = 0: their noise, 1:
                                their centres */
    GAN__DRAW_PAIR = 16,     /* which domains a step is about; step = the round of all pairs */
    GAN__DRAW_METRIC = 24,   /* subsets of a metric's rows; seed 0, step = 2 * subset + set */
    GAN__DRAW_EARLIER = 25   /* which pictures of a pool are looked at; step = the trainer's */
} gan__purpose;

typedef struct gan__draw {
    uint64_t seed;
    gan__purpose purpose;
    uint64_t step; /* below GAN__DRAW_STEPS */
} gan__draw;

/* Block `block` of the stream: counter = { block low, block high, step low, step high 16 bits << 16
 * | purpose }, key = seed. */
void gan__random_block(const gan__draw *draw, uint64_t block, uint32_t out[4]);

/* The seed of something that draws by itself, made from that of its owner. Below 2^63, as a
 * context's is. */
uint64_t gan__random_seed(uint64_t seed, gan__purpose purpose, uint64_t number);

/* The bare function, for its published known answers. */
void gan__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The place of `index` in a pseudo-random permutation of [0, count): a Feistel network on the next
 * even power of two, walked until it lands inside; up to 16, a shuffle. Needs no memory, so any
 * position of any epoch is found at once. */
uint64_t gan__random_permute(const gan__draw *draw, uint64_t count, uint64_t index);

#endif
