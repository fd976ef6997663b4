#include "data/pool.h"
#include "base/random.h"

#include "fault.h"

#include <math.h>

/* Pictures of 1 x 2 x 1 numbers: (serial, -serial) of the picture that was made as such. */
enum { SIZE = 2, PLACES = 8, MOST = 32 };

static gan_context *context;
static fault_host fault;

/* ---- the same, plainly ---- */

typedef struct plain {
    int64_t capacity, filled, counter;
    uint64_t seed, number;
    float pictures[PLACES][SIZE];
} plain;

static void plain_words(plain *p, uint32_t words[4])
{
    gan__draw draw = {p->seed, GAN__DRAW_POOL, p->number};
    gan__random_block(&draw, (uint64_t)p->counter++, words);
}

static int64_t plain_place(const plain *p, const uint32_t words[4])
{
    return (int64_t)((words[2] * 4294967296u + words[3]) % (uint64_t)p->filled);
}

/* ImagePool.query of the code of CycleGAN. */
static void plain_query(plain *p, int64_t n, float (*pictures)[SIZE], float (*returned)[SIZE])
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        plain_words(p, words);
        memcpy(returned[i], pictures[i], sizeof pictures[i]);
        if (p->capacity == 0) continue;
        if (p->filled < p->capacity) {
            memcpy(p->pictures[p->filled++], pictures[i], sizeof pictures[i]);
        } else if (words[0] >= 0x80000000u) {
            int64_t place = plain_place(p, words);
            memcpy(returned[i], p->pictures[place], sizeof pictures[i]);
            memcpy(p->pictures[place], pictures[i], sizeof pictures[i]);
        }
    }
}

static void plain_draw(plain *p, int64_t n, double probability, float (*starts)[SIZE],
                       int64_t *places)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        plain_words(p, words);
        places[i] = -1;
        if (p->filled == 0 || (double)words[0] / 4294967296.0 >= probability) continue;
        places[i] = plain_place(p, words);
        memcpy(starts[i], p->pictures[places[i]], sizeof starts[i]);
    }
}

static void plain_write(plain *p, int64_t n, const int64_t *places, float (*pictures)[SIZE])
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        plain_words(p, words);
        if (p->capacity == 0) continue;
        int64_t place = places ? places[i] : -1;
        if (place < 0) place = p->filled < p->capacity ? p->filled++ : plain_place(p, words);
        memcpy(p->pictures[place], pictures[i], sizeof pictures[i]);
    }
}

/* ---- both side by side ---- */

typedef struct pair {
    gan__pool *pool;
    plain now, committed;
} pair;

static uint32_t pair_random; /* of the test's own choices */

static int64_t pair_choose(int64_t count)
{
    pair_random = pair_random * 1664525u + 1013904223u;
    return (int64_t)((uint64_t)(pair_random >> 8) * (uint64_t)count >> 24);
}

static gan__pool *make_pool(int64_t capacity, uint64_t seed, uint32_t number)
{
    const gan__pool_plan plan = {capacity, {1, SIZE, 1}, seed, number};
    gan__pool *pool = NULL;
    CHECK_OK(gan__pool_create(&pool, context, &plan));
    return pool;
}

static pair make_pair(int64_t capacity, uint32_t number)
{
    pair p = {.pool = make_pool(capacity, 7, number)};
    p.now.capacity = capacity;
    p.now.seed = 7;
    p.now.number = number;
    p.committed = p.now;
    return p;
}

static void make_pictures(float (*out)[SIZE], int64_t n)
{
    static float serial;
    for (int64_t i = 0; i < n; i++) {
        out[i][0] = ++serial;
        out[i][1] = -serial;
    }
}

static void check_state(const gan__pool *pool, const plain *expected)
{
    gan__pool_state state = gan__pool_read(pool);
    CHECK_INT(state.filled, expected->filled);
    CHECK_INT(state.counter, expected->counter);
    if (state.filled == expected->filled && state.filled > 0) {
        CHECK(memcmp(state.pictures, expected->pictures,
                     (size_t)state.filled * SIZE * sizeof(float)) == 0);
    }
}

static void pair_query(pair *p, int64_t n)
{
    float in[MOST][SIZE] = {{0}}, out[MOST][SIZE] = {{0}}, expected[MOST][SIZE] = {{0}};
    make_pictures(in, n);
    plain_query(&p->now, n, in, expected);
    if (pair_choose(2) == 0) {
        CHECK_OK(gan__pool_query(p->pool, n, in[0], out[0]));
    } else {
        memcpy(out, in, sizeof out);
        CHECK_OK(gan__pool_query(p->pool, n, out[0], out[0]));
    }
    CHECK(memcmp(out, expected, (size_t)n * sizeof out[0]) == 0);
}

/* Starts, of which the new ones are made here, and all stored again where they came from. */
static void pair_replay(pair *p, int64_t n, double probability)
{
    float out[MOST][SIZE] = {{0}}, expected[MOST][SIZE];
    int64_t places[MOST], expected_places[MOST];
    make_pictures(out, n);
    memcpy(expected, out, sizeof out);
    plain_draw(&p->now, n, probability, expected, expected_places);
    CHECK_OK(gan__pool_draw(p->pool, n, probability, out[0], places));
    CHECK(memcmp(out, expected, (size_t)n * sizeof out[0]) == 0);
    CHECK(memcmp(places, expected_places, (size_t)n * sizeof places[0]) == 0);
    for (int64_t i = 0; i < n; i++) out[i][1] += 0.25f;
    bool drawn = pair_choose(4) == 0;
    plain_write(&p->now, n, drawn ? NULL : places, out);
    CHECK_OK(gan__pool_write(p->pool, n, drawn ? NULL : places, out[0]));
}

static void pair_act(pair *p)
{
    static const double probabilities[4] = {0, 0.5, 0.95, 1};
    int64_t n = pair_choose(3) == 0 ? pair_choose(MOST + 1) : pair_choose(5);
    if (pair_choose(2) == 0)
        pair_query(p, n);
    else
        pair_replay(p, n, probabilities[pair_choose(4)]);
}

static void pair_end(pair *p, bool commit)
{
    check_state(p->pool, &p->committed);
    if (commit) {
        gan__pool_commit(p->pool);
        p->committed = p->now;
    } else {
        gan__pool_undo(p->pool);
        p->now = p->committed;
    }
    check_state(p->pool, &p->committed);
}

TEST(follows_the_plain_code)
{
    pair_random = 1;
    for (int64_t capacity = 0; capacity <= PLACES; capacity++) {
        pair p = make_pair(capacity, (uint32_t)capacity);
        for (int step = 0; step < 300; step++) {
            for (int64_t i = pair_choose(4); i > 0; i--) pair_act(&p);
            pair_end(&p, pair_choose(3) > 0);
        }
        gan__pool_free(p.pool);
    }
}

/* The same acts, undone after each of them and made again, come to the same as without. */
TEST(undone_at_every_point)
{
    enum { ACTS = 12 };
    for (int64_t capacity = 0; capacity <= 5; capacity++) {
        for (int begin = 0; begin < ACTS; begin++) {
            pair p = make_pair(capacity, 3);
            for (int end = begin; end <= ACTS; end++) {
                pair_random = 11;
                for (int i = 0; i < begin; i++) pair_act(&p);
                if (end == begin) {
                    pair_end(&p, true);
                } else {
                    gan__pool_undo(p.pool);
                    p.now = p.committed;
                }
                for (int i = begin; i < end; i++) pair_act(&p);
                pair_end(&p, false);
                pair_end(&p, false);
            }
            gan__pool_free(p.pool);
        }
    }
}

/* ---- what is told in the header, by hand ---- */

TEST(until_it_is_full_all_are_returned)
{
    float in[PLACES][SIZE], out[PLACES][SIZE];
    gan__pool *pool = make_pool(PLACES, 1, 0);
    make_pictures(in, PLACES);
    CHECK_OK(gan__pool_query(pool, 5, in[0], out[0]));
    CHECK_OK(gan__pool_query(pool, 3, in[5], out[5]));
    CHECK(memcmp(in, out, sizeof in) == 0);
    CHECK_INT(gan__pool_read(pool).filled, 0);
    gan__pool_commit(pool);
    gan__pool_state state = gan__pool_read(pool);
    CHECK_INT(state.filled, PLACES);
    CHECK_INT(state.counter, PLACES);
    CHECK(memcmp(state.pictures, in, sizeof in) == 0);
    gan__pool_free(pool);
}

TEST(without_capacity_all_are_returned)
{
    float in[4][SIZE], out[4][SIZE] = {{0}};
    int64_t places[4];
    gan__pool *pool = make_pool(0, 1, 0);
    make_pictures(in, 4);
    for (int i = 0; i < 3; i++) CHECK_OK(gan__pool_query(pool, 4, in[0], out[0]));
    CHECK(memcmp(in, out, sizeof in) == 0);
    CHECK_OK(gan__pool_draw(pool, 4, 1, out[0], places));
    for (int i = 0; i < 4; i++) CHECK_INT(places[i], -1);
    CHECK_OK(gan__pool_write(pool, 4, places, in[0]));
    gan__pool_commit(pool);
    CHECK_INT(gan__pool_read(pool).filled, 0);
    CHECK_INT(gan__pool_read(pool).counter, 20);
    CHECK_INT(gan__pool_memory(pool), 0);
    gan__pool_free(pool);
}

/* With one place and a batch of many, what goes out is always what came last to stay. */
TEST(one_place)
{
    float in[MOST][SIZE], out[MOST][SIZE];
    gan__pool *pool = make_pool(1, 5, 0);
    make_pictures(in, MOST);
    CHECK_OK(gan__pool_query(pool, MOST, in[0], out[0]));
    CHECK(out[0][0] == in[0][0]);
    float held = in[0][0];
    int swapped = 0;
    for (int i = 1; i < MOST; i++) {
        CHECK(out[i][0] == in[i][0] || out[i][0] == held);
        if (out[i][0] == in[i][0]) continue;
        held = in[i][0];
        swapped++;
    }
    CHECK(swapped > 5 && swapped < MOST - 5);
    gan__pool_commit(pool);
    CHECK(gan__pool_read(pool).pictures[0] == held);
    gan__pool_free(pool);
}

/* Two chains from one place: the later one stays. */
TEST(the_later_write_stays)
{
    const int64_t places[3] = {0, 0, -1};
    float in[3][SIZE];
    gan__pool *pool = make_pool(2, 5, 0);
    make_pictures(in, 3);
    CHECK_OK(gan__pool_write(pool, 1, NULL, in[2]));
    CHECK_OK(gan__pool_write(pool, 3, places, in[0]));
    gan__pool_commit(pool);
    gan__pool_state state = gan__pool_read(pool);
    CHECK_INT(state.filled, 2);
    CHECK(state.pictures[0] == in[1][0] && state.pictures[SIZE] == in[2][0]);
    gan__pool_free(pool);
}

/* ---- chance ---- */

/* Of `cells` counts that should be equal. */
static double chi_square(const int64_t *counts, int cells, int64_t all)
{
    double sum = 0, expected = (double)all / cells;
    for (int i = 0; i < cells; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return sum;
}

/* A picture is (place, age): what comes out says where it was. Bounds at about 4 sigma; the 99.9 %
 * point of chi-square with 7 degrees of freedom is 24.3. */
TEST(coins_and_places_of_a_history)
{
    enum { DRAWS = 40000 };
    gan__pool *pool = make_pool(PLACES, 2026, 1);
    float in[PLACES][SIZE], one[SIZE], out[SIZE];
    int64_t returned[PLACES] = {0}, stored = 0, runs = 0;
    bool before = false;
    make_pictures(in, PLACES);
    CHECK_OK(gan__pool_query(pool, PLACES, in[0], in[0]));
    for (int i = 0; i < DRAWS; i++) {
        gan__pool_commit(pool);
        const float *pictures = gan__pool_read(pool).pictures;
        int place = -1;
        make_pictures(&one, 1);
        CHECK_OK(gan__pool_query(pool, 1, one, out));
        for (int j = 0; j < PLACES; j++)
            if (pictures[j * SIZE] == out[0]) place = j;
        if (place >= 0) returned[place]++;
        stored += place >= 0;
        runs += (place >= 0) != before;
        before = place >= 0;
    }
    CHECK(fabs((double)stored - DRAWS / 2.0) < 4 * sqrt(DRAWS / 4.0));
    CHECK(fabs((double)runs - DRAWS / 2.0) < 4 * sqrt(DRAWS / 4.0)); /* coins are independent */
    CHECK(chi_square(returned, PLACES, stored) < 24.3);
    gan__pool_free(pool);
}

TEST(coins_and_places_of_chains)
{
    enum { DRAWS = 40000 };
    gan__pool *pool = make_pool(PLACES, 2026, 1);
    float in[PLACES][SIZE], out[SIZE];
    int64_t drawn[PLACES] = {0}, stored = 0, written[PLACES] = {0};
    make_pictures(in, PLACES);
    CHECK_OK(gan__pool_write(pool, PLACES, NULL, in[0]));
    gan__pool_commit(pool);
    for (int i = 0; i < DRAWS; i++) {
        int64_t place;
        CHECK_OK(gan__pool_draw(pool, 1, 0.95, out, &place));
        if (place < 0) continue;
        CHECK(out[0] == in[place][0]);
        stored++;
        drawn[place]++;
    }
    CHECK(fabs((double)stored - 0.95 * DRAWS) < 4 * sqrt(0.95 * 0.05 * DRAWS));
    CHECK(chi_square(drawn, PLACES, stored) < 24.3);
    for (int i = 0; i < DRAWS; i++) {
        float one[SIZE];
        make_pictures(&one, 1);
        CHECK_OK(gan__pool_write(pool, 1, NULL, one));
        gan__pool_commit(pool);
        const float *pictures = gan__pool_read(pool).pictures;
        for (int j = 0; j < PLACES; j++) written[j] += pictures[j * SIZE] == one[0];
    }
    CHECK(chi_square(written, PLACES, DRAWS) < 24.3);
    gan__pool_free(pool);
}

TEST(pools_draw_otherwise)
{
    gan__pool *pools[4] = {make_pool(4, 1, 0), make_pool(4, 1, 1), make_pool(4, 2, 0),
                           make_pool(4, 1, UINT32_MAX)};
    float in[MOST][SIZE], out[4][MOST][SIZE];
    make_pictures(in, MOST);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(gan__pool_query(pools[i], MOST, in[0], out[i][0]));
        for (int j = 0; j < i; j++) CHECK(memcmp(out[i], out[j], sizeof out[i]) != 0);
    }
    for (int i = 0; i < 4; i++) gan__pool_free(pools[i]);
}

/* ---- checkpoints ---- */

/* At every step of a run another pool goes on from what was read. */
TEST(a_restored_pool_goes_on)
{
    pair_random = 21;
    for (int64_t capacity = 0; capacity <= 5; capacity++) {
        pair p = make_pair(capacity, 9);
        for (int step = 0; step < 60; step++) {
            gan__pool_state state = gan__pool_read(p.pool);
            gan__pool *other = make_pool(capacity, 7, 9);
            float junk[4][SIZE];
            make_pictures(junk, 4);
            CHECK_OK(gan__pool_write(other, 4, NULL, junk[0])); /* staged, then dropped */
            if (step % 2 == 0) gan__pool_commit(other);
            CHECK_OK(gan__pool_write(other, 2, NULL, junk[0]));
            CHECK_OK(gan__pool_restore(other, &state));
            gan__pool_free(p.pool);
            p.pool = other;
            check_state(other, &p.committed);
            pair_act(&p);
            pair_act(&p);
            pair_end(&p, true);
        }
        gan__pool_free(p.pool);
    }
}

TEST(wrong_states)
{
    float pictures[3][SIZE] = {{1, 2}, {3, 4}, {5, 6}};
    gan__pool *pool = make_pool(3, 1, 0);
    const gan__pool_state good = {pictures[0], 2, 9};
    plain expected = {.capacity = 3, .filled = 2, .counter = 9};
    memcpy(expected.pictures, pictures, sizeof pictures);
    CHECK_OK(gan__pool_restore(pool, &good));
    const gan__pool_state wrong[4] = {
        {pictures[0], 4, 9}, {pictures[0], -1, 9}, {pictures[0], 3, 2}, {NULL, 0, -1}};
    for (int i = 0; i < 4; i++) CHECK_STATUS(gan__pool_restore(pool, &wrong[i]), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "pool: 0 pictures of -1 handled, in 3 places");
    const float bad[3] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float other[3][SIZE] = {{1, 1}, {1, 1}, {1, 1}};
        const gan__pool_state state = {other[0], 3, 9};
        other[2][1] = bad[i];
        CHECK_STATUS(gan__pool_restore(pool, &state), GAN_E_FORMAT);
        CHECK_TEXT(gan_context_message(context), "pool: picture 2 has a number that is not finite");
    }
    check_state(pool, &expected);
    const gan__pool_state own = gan__pool_read(pool), empty = {NULL, 0, 4};
    CHECK_OK(gan__pool_restore(pool, &own));
    check_state(pool, &expected);
    CHECK_OK(gan__pool_restore(pool, &empty));
    CHECK_INT(gan__pool_read(pool).filled, 0);
    gan__pool_free(pool);
}

/* ---- errors and memory ---- */

TEST(wrong_calls)
{
    static const gan__pool_plan plans[5] = {{-1, {1, 1, 1}, 0, 0},
                                            {1, {0, 1, 1}, 0, 0},
                                            {1, {1, -1, 1}, 0, 0},
                                            {1, {1, 1, 0}, 0, 0},
                                            {1 << 20, {1 << 30, 1 << 30, 1}, 0, 0}};
    float in[4][SIZE] = {{0}}, out[4][SIZE];
    const int64_t wrong[3] = {0, 2, -1}, low[2] = {1, -2};
    int64_t places[4];
    pair p = make_pair(4, 0);
    for (int i = 0; i < 5; i++) {
        gan__pool *none = p.pool;
        CHECK_STATUS(gan__pool_create(&none, context, &plans[i]),
                     i < 4 ? GAN_E_ARGUMENT : GAN_E_MEMORY);
        CHECK(none == NULL);
    }
    pair_query(&p, 2);
    CHECK_STATUS(gan__pool_query(p.pool, -1, in[0], out[0]), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_write(p.pool, -1, NULL, in[0]), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_draw(p.pool, -1, 0.5, out[0], places), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_draw(p.pool, 1, -0.5, out[0], places), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_draw(p.pool, 1, NAN, out[0], places), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_draw(p.pool, 1, 1.5, out[0], places), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "pool: a probability of 1.5");
    CHECK_STATUS(gan__pool_write(p.pool, 2, low, in[0]), GAN_E_ARGUMENT);
    CHECK_STATUS(gan__pool_write(p.pool, 3, wrong, in[0]), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "pool: place 2 of picture 1; 2 are filled");
    pair_query(&p, 9);
    pair_end(&p, true);
    const gan__pool_state last = {in[0], 1, INT64_MAX - 1};
    CHECK_OK(gan__pool_restore(p.pool, &last));
    CHECK_STATUS(gan__pool_query(p.pool, 2, in[0], out[0]), GAN_E_STATE);
    CHECK_OK(gan__pool_query(p.pool, 1, in[0], out[0]));
    CHECK_STATUS(gan__pool_draw(p.pool, 1, 0.5, out[0], places), GAN_E_STATE);
    gan__pool_free(p.pool);
    gan__pool_free(NULL);
}

/* Whatever the coins say: a step of the same sizes as one before allocates nothing. */
TEST(nothing_is_allocated_after_the_first_step)
{
    pair p = make_pair(PLACES, 2);
    CHECK_INT(gan__pool_memory(p.pool), 0);
    pair_query(&p, 2);
    pair_replay(&p, 3, 0.5);
    pair_end(&p, false);
    CHECK_INT(gan__pool_memory(p.pool), PLACES * (SIZE * 4 + 16) + 5 * SIZE * 4);
    long long allocations = fault.allocations;
    for (int i = 0; i < 50; i++) {
        pair_query(&p, 2);
        pair_replay(&p, 3, 0.5);
        pair_end(&p, i % 3 > 0);
    }
    CHECK_INT(fault.allocations, allocations);
    pair_query(&p, MOST);
    CHECK_INT(fault.allocations, allocations + 1);
    for (int i = 0; i < 5; i++) pair_query(&p, MOST);
    pair_end(&p, true);
    CHECK_INT(fault.allocations, allocations + 1);
    CHECK_INT(gan__pool_memory(p.pool), PLACES * (2 * SIZE * 4 + 16));
    gan__pool_free(p.pool);
}

/* A checkpoint may speak of any capacity: it costs no more than the pictures that it has. */
TEST(a_restored_pool_has_memory_for_its_pictures)
{
    const gan__pool_plan plan = {INT64_C(1) << 31, {1, SIZE, 1}, 1, 0};
    float pictures[3][SIZE] = {{1, 2}, {3, 4}, {5, 6}};
    const gan__pool_state state = {pictures[0], 3, 9};
    gan__pool *pool;
    CHECK_OK(gan__pool_create(&pool, context, &plan));
    CHECK_OK(gan__pool_restore(pool, &state));
    CHECK_INT(gan__pool_memory(pool), 3 * (SIZE * 4 + 16));
    CHECK_INT(gan__pool_read(pool).filled, 3);
    gan__pool_free(pool);
}

TEST(every_allocation_may_fail)
{
    const gan__pool_plan plan = {4, {1, SIZE, 1}, 1, 0};
    gan_status status = GAN_E_MEMORY;
    float in[3][SIZE] = {{0}};
    const gan__pool_state two = {in[0], 2, 2};
    int n = 1;
    for (; n < 20 && status != GAN_OK; n++) {
        gan__pool *pool;
        long long live = fault.live;
        fault.fail_at = fault.allocations + n;
        status = gan__pool_create(&pool, context, &plan);
        if (status == GAN_OK) status = gan__pool_restore(pool, &two);
        if (status == GAN_OK) status = gan__pool_query(pool, 3, in[0], in[0]);
        fault.fail_at = 0;
        if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
        gan__pool_free(pool);
        CHECK_INT(fault.live, live);
    }
    CHECK(n > 8);
    pair p = make_pair(4, 0);
    pair_query(&p, 2);
    fault.fail_at = fault.allocations + 1;
    CHECK_STATUS(gan__pool_query(p.pool, 3, in[0], in[0]), GAN_E_MEMORY);
    fault.fail_at = fault.allocations + 1;
    CHECK_STATUS(gan__pool_write(p.pool, 3, NULL, in[0]), GAN_E_MEMORY);
    fault.fail_at = 0;
    for (int i = 0; i < 4; i++) pair_query(&p, 3);
    pair_end(&p, true);
    gan__pool_free(p.pool);
}

TEST(nothing_is_left)
{
    gan_context_release(context);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(follows_the_plain_code);
    RUN(undone_at_every_point);
    RUN(until_it_is_full_all_are_returned);
    RUN(without_capacity_all_are_returned);
    RUN(one_place);
    RUN(the_later_write_stays);
    RUN(coins_and_places_of_a_history);
    RUN(coins_and_places_of_chains);
    RUN(pools_draw_otherwise);
    RUN(a_restored_pool_goes_on);
    RUN(wrong_states);
    RUN(wrong_calls);
    RUN(nothing_is_allocated_after_the_first_step);
    RUN(a_restored_pool_has_memory_for_its_pictures);
    RUN(every_allocation_may_fail);
    RUN(nothing_is_left);
    return test_report();
}
