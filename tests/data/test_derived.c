/* Domains made of pictures, and the examples that are held out. */
#include <gan/data.h>

#include "data/data.h"
#include "data/derive.h"
#include "data_files.h"
#include "test.h"

#include <math.h>

static gan_context *context;
static fault_host fault;

/* ---- derived domains ---- */

/* By the definition, with bytes that were made from bytes. */
static bool naive_edge(gan__extent e, const uint8_t *bytes, int64_t y, int64_t x)
{
    for (int64_t i = -1; i <= 1; i++) {
        for (int64_t j = -1; j <= 1; j++) {
            if (y + i < 0 || y + i >= e.h || x + j < 0 || x + j >= e.w) continue;
            for (int64_t k = 0; k < e.c; k++) {
                int own = bytes[(y * e.w + x) * e.c + k];
                if (bytes[((y + i) * e.w + x + j) * e.c + k] <= own - 64) return true;
            }
        }
    }
    return false;
}

static void check_edges(gan__extent e, uint64_t *state, int contrast)
{
    uint8_t bytes[12 * 12 * 5];
    float picture[12 * 12 * 5], scratch[12 * 12 * 5];
    const int64_t size = e.h * e.w * e.c;
    for (int64_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(next_random(state) % (uint32_t)contrast);
        picture[i] = (float)bytes[i] / 127.5f - 1;
    }
    CHECK(gan__derive_scratch(GAN__DERIVE_EDGES, e) <= 12 * 12 * 5);
    gan__derive_apply(GAN__DERIVE_EDGES, e, picture, scratch);
    for (int64_t i = 0; i < size; i++) {
        bool edge = naive_edge(e, bytes, i / e.c / e.w, i / e.c % e.w);
        if (!CHECK(picture[i] == (edge ? 1.0f : -1.0f))) return;
    }
}

TEST(edges_are_the_definition)
{
    uint64_t state = 3;
    for (int i = 0; i < 300; i++) {
        gan__extent e = {1 + next_random(&state) % 12, 1 + next_random(&state) % 12, 1 + i % 5};
        check_edges(e, &state, 40 + (int)(next_random(&state) % 217));
    }
}

/* A square of one grey: its outermost pixels if it is 64 brighter, none if it is 63. The edges of
 * that line are the line. */
TEST(edges_lie_on_what_is_bright)
{
    const gan__extent e = {8, 8, 1};
    for (int bright = 163; bright <= 164; bright++) {
        float picture[64], once[64], scratch[64];
        int count = 0;
        for (int i = 0; i < 64; i++) {
            bool inside = i / 8 >= 2 && i / 8 < 6 && i % 8 >= 2 && i % 8 < 6;
            picture[i] = (float)(inside ? bright : 100) / 127.5f - 1;
        }
        gan__derive_apply(GAN__DERIVE_EDGES, e, picture, scratch);
        for (int i = 0; i < 64; i++) count += picture[i] > 0;
        CHECK_INT(count, bright == 164 ? 12 : 0);
        memcpy(once, picture, sizeof once);
        gan__derive_apply(GAN__DERIVE_EDGES, e, picture, scratch);
        CHECK(!memcmp(once, picture, sizeof once));
    }
}

/* 3 pictures of 4x5 and their labels; 11 of 1x1 whose value is their label. */
static void put_pictures(void)
{
    uint8_t values[60], small[11], file[200];
    for (int i = 0; i < 60; i++) values[i] = (uint8_t)(i * 37);
    for (int i = 0; i < 11; i++) small[i] = (uint8_t)i;
    put_file(&fault, "p.idx", file, make_idx(file, 3, (const int[]){3, 4, 5}, values));
    put_file(&fault, "s.idx", file, make_idx(file, 3, (const int[]){11, 1, 1}, small));
    put_file(&fault, "l.idx", file, make_idx(file, 1, (const int[]){11}, small));
}

static gan_dataset *open_data(const char *spec)
{
    gan_dataset *dataset = NULL;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

static void read_pictures(const char *spec, int32_t dtype, const int64_t shape[4], void *out)
{
    const int64_t indices[3] = {0, 1, 2};
    gan_dataset *dataset = open_data(spec);
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_wrap(&tensor, context, dtype, 4, shape, NULL, out, NULL, NULL));
    if (!CHECK_OK(gan_dataset_read(dataset, "image", indices, tensor)))
        printf("%s\n", gan_context_message(context));
    gan_tensor_release(tensor);
    gan_dataset_release(dataset);
}

TEST(negatives_turn_every_byte)
{
    uint8_t plain[60], negative[60];
    const int64_t shape[4] = {3, 4, 5, 1};
    read_pictures("idx path=p.idx", GAN_UINT8, shape, plain);
    read_pictures("idx path=p.idx transform=negative", GAN_UINT8, shape, negative);
    for (int i = 0; i < 60; i++) CHECK_INT(negative[i], 255 - plain[i]);
}

/* Of the picture as it is drawn: resized, padded, repeated. */
TEST(a_domain_is_made_of_what_is_drawn)
{
    static uint8_t plain[3 * 8 * 7 * 3], edges[3 * 8 * 7 * 3];
    const int64_t shape[4] = {3, 8, 7, 3};
    const gan__extent e = {8, 7, 3};
    read_pictures("idx path=p.idx size=8x7 channels=3", GAN_UINT8, shape, plain);
    read_pictures("idx path=p.idx size=8x7 channels=3 transform=edges", GAN_UINT8, shape, edges);
    int count = 0;
    for (int i = 0; i < 3 * 8 * 7 * 3; i++) {
        const uint8_t *picture = plain + i / (8 * 7 * 3) * (8 * 7 * 3);
        int at = i % (8 * 7 * 3);
        CHECK_INT(edges[i], naive_edge(e, picture, at / 3 / 7, at / 3 % 7) ? 255 : 0);
        count += edges[i] > 0;
    }
    CHECK(count > 50);
}

/* The scale by its usual definition, of t in [0, 1]; a middle has the number of its channel. */
static double naive_colour(double t, double middle)
{
    return fmax(0, fmin(1, 1.5 - fabs(4 * t - middle)));
}

/* All greys that bytes can have, in one picture: no two have one colour, and the ends are blue and
 * red. */
TEST(colours_are_the_definition)
{
    const gan__extent e = {16, 16, 1};
    float picture[3 * 256];
    CHECK_INT(gan__derive_channels(GAN__DERIVE_COLOURS, 1), 3);
    CHECK_INT(gan__derive_scratch(GAN__DERIVE_COLOURS, e), 0);
    for (int i = 0; i < 256; i++) picture[i] = (float)i / 127.5f - 1;
    gan__derive_apply(GAN__DERIVE_COLOURS, e, picture, NULL);
    for (int i = 0; i < 256; i++) {
        for (int k = 0; k < 3; k++) {
            double value = 2 * naive_colour((double)i / 255, 3 - k) - 1;
            CHECK(fabs((double)picture[3 * i + k] - value) < 1e-6);
        }
        for (int j = 0; j < i; j++) CHECK(memcmp(picture + 3 * i, picture + 3 * j, 12));
    }
    CHECK(picture[0] == -1 && picture[1] == -1 && picture[2] == 0);
    CHECK(picture[765] == 0 && picture[766] == -1 && picture[767] == -1);
}

/* Not a number, and what is out of range, as a wrong picture may be. */
TEST(colours_stay_in_range)
{
    const float values[5] = {NAN, INFINITY, -INFINITY, 7, -1.01f};
    float picture[15];
    memcpy(picture, values, sizeof values);
    gan__derive_apply(GAN__DERIVE_COLOURS, (gan__extent){5, 1, 1}, picture, NULL);
    for (int i = 0; i < 15; i++) CHECK(picture[i] >= -1 && picture[i] <= 1);
}

/* Resized and padded as grey, then coloured, then cut: dark blue around. */
TEST(colours_are_of_what_is_drawn)
{
    static const char *const options[] = {"", "size=8x7", "size=2x3 fit=stretch", "size=8 crop=5x3",
                                          "channels=1"};
    const int64_t sizes[][2] = {{4, 5}, {8, 7}, {2, 3}, {5, 3}, {4, 5}};
    for (int o = 0; o < 5; o++) {
        static float grey[3 * 64], colours[3 * 3 * 64];
        char spec[80];
        const int64_t pixels = sizes[o][0] * sizes[o][1];
        const int64_t shape[2][4] = {{3, sizes[o][0], sizes[o][1], 1},
                                     {3, sizes[o][0], sizes[o][1], 3}};
        snprintf(spec, sizeof spec, "idx path=p.idx %s", options[o]);
        read_pictures(spec, GAN_FLOAT32, shape[0], grey);
        snprintf(spec, sizeof spec, "idx path=p.idx %s transform=colours", options[o]);
        read_pictures(spec, GAN_FLOAT32, shape[1], colours);
        for (int64_t i = 0; i < 3 * 3 * pixels; i++) {
            double t = ((double)grey[i / 3] + 1) / 2;
            CHECK(fabs((double)colours[i] - 2 * naive_colour(t, 3 - (int)(i % 3)) + 1) < 1e-6);
        }
    }
}

TEST(colours_are_of_one_channel)
{
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=p.idx channels=3 transform=colours"),
                 GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "data: transform=colours makes three channels of one, and these pictures have 3");
    CHECK_INT(gan__derive_channels(GAN__DERIVE_COLOURS, 2), 0);
    CHECK_INT(gan__derive_channels(GAN__DERIVE_EDGES, 2), 2);
}

/* ---- parts ---- */

/* The values of all examples, as bits; each part is in ascending order. */
static uint32_t part_values(const char *options, int64_t count)
{
    char spec[100];
    int64_t at = -1;
    uint32_t bits = 0;
    snprintf(spec, sizeof spec, "idx path=s.idx labels=l.idx %s", options);
    gan_dataset *dataset = open_data(spec);
    if (!dataset) return 0;
    CHECK_INT(gan_dataset_count(dataset), count);
    for (int64_t i = 0; i < count; i++) {
        int64_t label = gan__dataset_integer(dataset->fields[1].tensor, i), shape[3], classes;
        int32_t rank;
        CHECK_INT(gan__dataset_integer(dataset->fields[0].tensor, i), label);
        CHECK(label > at);
        at = label;
        bits |= UINT32_C(1) << label;
        CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, shape, &classes));
        CHECK_INT(classes, strstr(options, "count=") ? 8 : 11);
    }
    gan_dataset_release(dataset);
    return bits;
}

static void check_parts(const char *options, int64_t all, int64_t held)
{
    char text[64];
    snprintf(text, sizeof text, "%s part=train", options);
    uint32_t train = part_values(text, all - held);
    snprintf(text, sizeof text, "%s part=heldout", options);
    uint32_t heldout = part_values(text, held);
    CHECK_INT(train & heldout, 0);
    CHECK_INT(train | heldout, (1 << all) - 1);
    snprintf(text, sizeof text, "%s part=all", options);
    CHECK_INT(part_values(text, all), (1 << all) - 1);
    CHECK_INT(part_values(options, all - held), train);
}

TEST(parts_are_exact_and_complete)
{
    check_parts("heldout=0.1", 11, 1);
    check_parts("heldout=0.5", 11, 6);
    check_parts("heldout=0.9", 11, 10);
    check_parts("heldout=0.25 count=8", 8, 2);
    CHECK_INT(part_values("", 11), 0x7FF);
    CHECK_INT(part_values("heldout=0.01", 11), 0x7FF);
    CHECK_INT(part_values("part=all", 11), 0x7FF);
}

TEST(what_a_share_holds_out_a_larger_one_does_too)
{
    uint32_t smaller = 0;
    for (int held = 1; held <= 10; held++) {
        char text[64];
        snprintf(text, sizeof text, "heldout=%g part=heldout", held / 11.0);
        const uint32_t larger = part_values(text, held);
        CHECK_INT(smaller & ~larger, 0);
        smaller = larger;
    }
}

/* Stored: they must stay the same for ever. */
TEST(the_same_are_held_out_for_ever)
{
    gan_context *kept = context;
    for (int seed = 1; seed <= 2; seed++) {
        gan_host host = fault_make(&fault);
        CHECK_OK(gan_context_create(&context, seed == 1 ? "seed=1" : "seed=2", &host, NULL, 0));
        CHECK_INT(part_values("heldout=0.5 part=heldout", 6), 811);
        gan_context_release(context);
    }
    context = kept;
}

TEST(a_part_without_examples_is_refused)
{
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=s.idx part=heldout"),
                 GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "idx: of 11 examples 0 are held out: none is left for part=heldout");
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=s.idx heldout=1"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "idx: of 11 examples 11 are held out: none is left for part=train");
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=s.idx heldout=1.5"), GAN_E_TEXT);
}

/* Every allocation and file operation may fail. */
TEST(failures_leave_nothing)
{
    const char *spec = "idx path=s.idx labels=l.idx heldout=0.3 transform=edges size=3";
    const long long live = fault.live;
    for (int i = 1; i < 200; i++) {
        gan_dataset *dataset = NULL;
        fault.fail_at = fault.allocations + i;
        gan_status status = gan_dataset_open(&dataset, context, spec);
        bool reached = fault.allocations >= fault.fail_at;
        fault.fail_at = 0;
        CHECK(status == (reached ? GAN_E_MEMORY : GAN_OK));
        gan_dataset_release(dataset);
        CHECK_INT(fault.live, live);
        if (!reached) return;
    }
    CHECK(false);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    put_pictures();
    RUN(edges_are_the_definition);
    RUN(edges_lie_on_what_is_bright);
    RUN(negatives_turn_every_byte);
    RUN(a_domain_is_made_of_what_is_drawn);
    RUN(colours_are_the_definition);
    RUN(colours_stay_in_range);
    RUN(colours_are_of_what_is_drawn);
    RUN(colours_are_of_one_channel);
    RUN(parts_are_exact_and_complete);
    RUN(what_a_share_holds_out_a_larger_one_does_too);
    RUN(the_same_are_held_out_for_ever);
    RUN(a_part_without_examples_is_refused);
    RUN(failures_leave_nothing);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
