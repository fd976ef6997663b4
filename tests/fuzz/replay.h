/* replay.h: deterministic mutations of a small file through a fuzz target, for the ordinary tests:
 * every prefix, every flipped bit, some thousand random changes, every allocation failing. */
#ifndef REPLAY_H
#define REPLAY_H

#ifndef REPLAY_ROUNDS
#define REPLAY_ROUNDS 3000 /* random changes of each seed */
#endif

static uint32_t replay_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A file cut short: what it still holds decides whether that is a success. */
static int replay_prefixes(const uint8_t *seed, size_t size)
{
    int accepted = 0;
    for (size_t i = 0; i < size; i++)
        accepted += fuzz_run(fuzz_target, fuzz_multiple, seed, i) == GAN_OK;
    return accepted;
}

static void replay_flips(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < 8 * size; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        fuzz_run(fuzz_target, fuzz_multiple, bytes, size);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

/* Bytes set, added to, moved, cut out; numbers at their limits. */
static size_t replay_mutate(uint8_t *bytes, size_t size, uint32_t *state)
{
    static const uint8_t limits[] = {0, 1, 2, 0x7f, 0x80, 0xff, '0', '9', '-', '"', '{', '[', ' '};
    size_t at = replay_random(state) % size, from = replay_random(state) % size;
    size_t most = size - (at > from ? at : from);
    size_t count = 1 + replay_random(state) % (most < 16 ? most : 16);
    switch (replay_random(state) % 5) {
    case 0: bytes[at] = (uint8_t)replay_random(state); break;
    case 1: bytes[at] = limits[replay_random(state) % sizeof limits]; break;
    case 2: memset(bytes + at, limits[replay_random(state) % 6], count); break;
    case 3: memmove(bytes + at, bytes + from, count); break;
    default:
        if (size <= count || size - at < count) break;
        memmove(bytes + at, bytes + at + count, size - at - count);
        return size - count;
    }
    return size;
}

static void replay_changes(const uint8_t *seed, uint8_t *bytes, size_t size, int rounds)
{
    uint32_t state = 0x9e3779b9u;
    for (int i = 0; i < rounds; i++) {
        size_t length = size;
        memcpy(bytes, seed, size);
        for (uint32_t k = replay_random(&state) % 4 + 1; k > 0; k--)
            length = replay_mutate(bytes, length, &state);
        fuzz_run(fuzz_target, fuzz_multiple, bytes, length);
    }
}

/* The n-th allocation fails, alone and with all after it, for every n until the reader gets
 * through. */
static void replay_starve(const uint8_t *seed, size_t size)
{
    for (int and_after = 0; and_after < 2; and_after++) {
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; status == GAN_E_MEMORY; n++) {
            fuzz.fault.fail_at = fuzz.fault.allocations + n;
            fuzz.fault.and_after = and_after;
            status = fuzz_run(fuzz_target, fuzz_multiple, seed, size);
        }
        fuzz.fault.fail_at = 0;
        CHECK_OK(status);
    }
}

/* All of it for one file, which is valid; `prefixes` is how many proper prefixes are valid too. */
static void replay(const uint8_t *seed, size_t size, int prefixes)
{
    uint8_t *bytes = malloc(size + 1);
    if (!CHECK(bytes != NULL)) return;
    CHECK_OK(fuzz_run(fuzz_target, fuzz_multiple, seed, size));
    memcpy(bytes, seed, size);
    CHECK_INT(replay_prefixes(seed, size), prefixes);
    replay_flips(bytes, size);
    replay_changes(seed, bytes, size, REPLAY_ROUNDS);
    replay_starve(seed, size);
    free(bytes);
}

/* At the end: the context itself leaves nothing. */
static void replay_close(void)
{
    gan_context_release(fuzz.context);
    fuzz.context = NULL;
    CHECK_INT(fuzz.fault.live, 0);
}

#endif
