/* random.c: Philox4x32-10, and permutations of any length by a Feistel network over it: place i of
 * an order is found without the others. */
#include "base/random.h"

void gan__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int32_t round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u; /* the golden ratio and sqrt(3) - 1, as 32-bit fractions */
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void gan__random_block(const gan__draw *draw, uint64_t block, uint32_t out[4])
{
    uint32_t step_high = (uint32_t)(draw->step >> 32) & 0xFFFFu;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)draw->step,
                                 step_high << 16 | (uint32_t)draw->purpose};
    const uint32_t key[2] = {(uint32_t)draw->seed, (uint32_t)(draw->seed >> 32)};
    gan__philox(counter, key, out);
}

uint64_t gan__random_seed(uint64_t seed, gan__purpose purpose, uint64_t number)
{
    const gan__draw draw = {seed, purpose, number};
    uint32_t word[4];
    gan__random_block(&draw, 0, word);
    return ((uint64_t)word[0] << 32 | word[1]) & INT64_MAX;
}

/* Up to here the halves of a network would have two bits or one, and some orders would come up far
 * more often than others. */
enum { RANDOM_FEW = 16 };

/* Six rounds: four make a permutation look random (Luby and Rackoff, 1988), two more help the
 * halves of a few bits. The round's number and the half make the block's number. */
static uint64_t random_feistel(const gan__draw *draw, uint32_t half, uint64_t value)
{
    const uint64_t mask = ((uint64_t)1 << half) - 1;
    uint64_t left = value >> half, right = value & mask;
    for (uint64_t round = 0; round < 6; round++) {
        uint32_t word[4];
        gan__random_block(draw, round << 32 | right, word);
        uint64_t mixed = left ^ (word[0] & mask);
        left = right;
        right = mixed;
    }
    return left << half | right;
}

/* Fisher and Yates's shuffle. An order's probability is wrong by less than one part in 10^7: that a
 * word of 32 bits falls into one of at most 16 equal parts. */
static uint64_t random_shuffle(const gan__draw *draw, uint32_t count, uint32_t index)
{
    uint8_t places[RANDOM_FEW];
    uint32_t word[4];
    for (uint32_t i = 0; i < count; i++) places[i] = (uint8_t)i;
    for (uint32_t i = count - 1; i > 0; i--) {
        if (i == count - 1 || i % 4 == 3) gan__random_block(draw, i / 4, word);
        uint32_t other = (uint32_t)((uint64_t)word[i % 4] * (i + 1) >> 32);
        uint8_t place = places[i];
        places[i] = places[other];
        places[other] = place;
    }
    return places[index];
}

uint64_t gan__random_permute(const gan__draw *draw, uint64_t count, uint64_t index)
{
    uint32_t half = 1;
    if (index >= count) return index;
    if (count <= RANDOM_FEW) return random_shuffle(draw, (uint32_t)count, (uint32_t)index);
    while (half < 32 && (uint64_t)1 << (2 * half) < count) half++;
    /* The network permutes a set less than four times as large; from a member of [0, count) its
     * cycle comes back into it. */
    do {
        index = random_feistel(draw, half, index);
    } while (index >= count);
    return index;
}
