/* What is left to chance in a drawn example: which part of a picture is cut, and whether it is
 * mirrored. */
#include <gan/data.h>

#include "data/batch.h"
#include "data/data.h"
#include "picture_files.h"
#include "test.h"

#include <stdlib.h>

static gan_context *context;
static fault_host fault;

enum { COUNT = 20, H = 5, W = 6, C = 3, SIZE = H * W * C };

/* The same pictures as an IDX file, an NPY file of floats, and a folder; labels, two of each. */
static void put_pictures(void)
{
    static uint8_t values[COUNT * SIZE], labels[COUNT], file[COUNT * SIZE * 4 + 200];
    static float floats[COUNT * SIZE];
    const int shape[3] = {H, W, C};
    for (int i = 0; i < COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "f/%02d.png", i);
        put_picture(context, &fault, path, i, shape, 8);
        labels[i] = (uint8_t)(i / 2);
        for (int k = 0; k < SIZE; k++) {
            values[i * SIZE + k] = picture_value(i, k);
            floats[i * SIZE + k] = ((float)values[i * SIZE + k] - 127.5f) / 127.5f;
        }
    }
    put_file(&fault, "p.idx", file, make_idx(file, 4, (const int[]){COUNT, H, W, C}, values));
    put_file(&fault, "l.idx", file, make_idx(file, 1, (const int[]){COUNT}, labels));
    put_file(&fault, "p.npy", file, make_npy(file, "<f4", "(20, 5, 6, 3)", floats, sizeof floats));
}

static gan_dataset *open_data(const char *source, const char *options)
{
    char spec[128];
    gan_dataset *dataset = NULL;
    snprintf(spec, sizeof spec, "%s %s", source, options);
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

static gan__batcher *make_batcher(gan_dataset *dataset, uint64_t seed, int64_t batch, int ahead,
                                  bool partners)
{
    static const char *const fields[1] = {"image"};
    const gan__batch_plan plan = {.fields = fields,
                                  .field_count = 1,
                                  .batch = batch,
                                  .seed = seed,
                                  .ahead = ahead,
                                  .in_flight = 1,
                                  .condition = partners ? "label" : NULL,
                                  .partners = fields,
                                  .partner_count = partners};
    gan__batcher *b = NULL;
    CHECK_OK(gan__batcher_create(&b, context, dataset, &plan));
    return b;
}

/* The pictures of `rows` positions from `from` on, and their partners behind each. */
static float *draw_rows(gan_dataset *dataset, uint64_t seed, int64_t batch, int ahead,
                        bool partners, int64_t from, int64_t rows)
{
    const int64_t size = dataset->fields[0].size;
    gan__batcher *b = make_batcher(dataset, seed, batch, ahead, partners);
    float *all = malloc((size_t)(rows * size * 2) * sizeof *all), *at = all;
    CHECK_OK(gan__batcher_seek(b, from));
    for (int64_t i = 0; i < rows; i += batch) {
        gan_tensor *const *out;
        CHECK_OK(gan__batcher_next(b, &out));
        for (int64_t row = 0; row < batch; row++)
            for (int f = 0; f <= partners; f++, at += size)
                memcpy(at, (float *)out[f]->data + row * size, (size_t)size * sizeof *at);
    }
    gan__batcher_free(b);
    return all;
}

static float value_at(int example, int64_t y, int64_t x, int64_t k)
{
    return ((float)picture_value(example, (y * W + x) * C + k) - 127.5f) / 127.5f;
}

/* Which example, cut and mirror an h x w picture is: false if it is none. */
static bool find_view(const float *picture, int64_t h, int64_t w, int view[4])
{
    for (view[0] = 0; view[0] < COUNT; view[0]++)
        for (view[1] = 0; view[1] <= H - h; view[1]++)
            for (view[2] = 0; view[2] <= W - w; view[2]++)
                for (view[3] = 0; view[3] < 2; view[3]++) {
                    bool same = true;
                    for (int64_t i = 0; same && i < h * w * C; i++) {
                        int64_t y = i / C / w, x = i / C % w;
                        same = picture[i] == value_at(view[0], view[1] + y,
                                                      view[2] + (view[3] ? w - 1 - x : x), i % C);
                    }
                    if (same) return true;
                }
    return false;
}

/* Every place and both sides come up, each as often as the others: a chi-square that is exceeded
 * once in 10,000 tries. */
static void check_views(const char *source, const char *options, int64_t h, int64_t w, bool flips,
                        double most)
{
    enum { ROWS = 6000 };
    gan_dataset *dataset = open_data(source, options);
    if (!dataset) return;
    float *rows = draw_rows(dataset, 11, 20, true, false, 0, ROWS);
    const int64_t places = (H - h + 1) * (W - w + 1) * (flips ? 2 : 1);
    int counts[32] = {0};
    double chi = 0;
    for (int64_t i = 0; i < ROWS; i++) {
        int view[4];
        if (!CHECK(find_view(rows + i * h * w * C, h, w, view))) break;
        if (!flips) CHECK_INT(view[3], 0);
        int64_t place = view[1] * (W - w + 1) + view[2];
        counts[flips ? place * 2 + view[3] : place]++;
    }
    for (int64_t i = 0; i < places; i++) {
        double expected = (double)ROWS / (double)places, off = counts[i] - expected;
        chi += off * off / expected;
    }
    if (!CHECK(chi < most)) printf("chi-square %g of %d places\n", chi, (int)places);
    free(rows);
    gan_dataset_release(dataset);
}

TEST(all_views_are_equally_frequent)
{
    check_views("idx path=p.idx", "flip=yes", H, W, true, 15.1);
    check_views("idx path=p.idx", "crop=3x4", 3, 4, false, 31.8);
    check_views("npy path=p.npy", "crop=3x4 flip=yes", 3, 4, true, 44.9);
    check_views("images path=f", "crop=4x6 flip=yes", 4, 6, true, 21.1);
}

/* As gan_dataset_read has them, too. */
static void check_middle(const char *source, const char *options, int64_t rows)
{
    gan_dataset *dataset = open_data(source, options);
    const int64_t shape[4] = {1, 3, 4, 3};
    float picture[36], *drawn = draw_rows(dataset, 3, 1, false, false, 0, rows);
    int view[4];
    for (int64_t i = 0; i < gan_dataset_count(dataset); i++) {
        gan_tensor *tensor;
        CHECK_OK(
            gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4, shape, NULL, picture, NULL, NULL));
        CHECK_OK(gan_dataset_read(dataset, "image", &i, tensor));
        gan_tensor_release(tensor);
        CHECK(find_view(picture, 3, 4, view) && view[1] == 1 && view[2] == 1 && view[3] == 0);
    }
    for (int64_t i = 0; i < rows; i++)
        CHECK(find_view(drawn + 36 * i, 3, 4, view) && view[1] == 1 && view[2] == 1 && !view[3]);
    free(drawn);
    gan_dataset_release(dataset);
}

TEST(reading_is_not_by_chance)
{
    check_middle("idx path=p.idx", "crop=3x4 flip=yes", 0);
    check_middle("images path=f", "crop=3x4 flip=yes", 0);
    check_middle("idx path=p.idx", "crop=3x4 flip=yes heldout=0.3 part=heldout", 30);
    check_middle("images path=f", "crop=3x4 flip=yes heldout=0.3 part=heldout", 30);
}

/* Batches of any size, ahead or not, from any position: the same pictures; another seed, another
 * epoch: others. */
TEST(chance_is_a_function_of_seed_and_position)
{
    static const char *const sources[3] = {"idx path=p.idx", "npy path=p.npy", "images path=f"};
    float *first[3];
    for (int s = 0; s < 3; s++) {
        gan_dataset *dataset = open_data(sources[s], "crop=3 flip=yes");
        const size_t row = 27, size = 60 * row * sizeof(float);
        first[s] = draw_rows(dataset, 5, 6, true, false, 0, 60);
        float *other = draw_rows(dataset, 5, 10, false, false, 0, 60);
        CHECK(memcmp(first[s], first[0], size) == 0);
        CHECK(memcmp(first[s], other, size) == 0);
        free(other);
        other = draw_rows(dataset, 5, 5, true, false, 35, 25);
        CHECK(memcmp(first[s] + 35 * row, other, 25 * row * sizeof(float)) == 0);
        free(other);
        other = draw_rows(dataset, 6, 6, true, false, 0, 60);
        CHECK(memcmp(first[s], other, size) != 0);
        free(other);
        gan_dataset_release(dataset);
    }
    for (int s = 0; s < 3; s++) free(first[s]);
}

/* A partner has a key of its own: its view is as often its example's as by chance. */
TEST(partners_have_views_of_their_own)
{
    gan_dataset *dataset = open_data("idx path=p.idx labels=l.idx", "flip=yes");
    float *rows = draw_rows(dataset, 2, 20, true, true, 0, 2000);
    int equal = 0, mirrored = 0;
    for (int64_t i = 0; i < 2000; i++) {
        int own[4], other[4];
        if (!CHECK(find_view(rows + 2 * i * SIZE, H, W, own))) break;
        if (!CHECK(find_view(rows + (2 * i + 1) * SIZE, H, W, other))) break;
        CHECK(own[0] / 2 != other[0] / 2);
        equal += own[3] == other[3];
        mirrored += other[3];
    }
    CHECK(equal > 900 && equal < 1100); /* 4.5 deviations */
    CHECK(mirrored > 900 && mirrored < 1100);
    free(rows);
    gan_dataset_release(dataset);
}

/* Edges are those of the whole picture, of which a part is then cut; a mirror's edges are the
 * edges' mirror. */
TEST(domains_come_before_cuts)
{
    gan_dataset *edges = open_data("idx path=p.idx", "transform=edges");
    gan_dataset *parts = open_data("idx path=p.idx", "transform=edges crop=3x4 flip=yes");
    gan_dataset *plain = open_data("idx path=p.idx", "crop=3x4 flip=yes");
    float *whole = draw_rows(edges, 4, 20, false, false, 0, 20);
    float *cut = draw_rows(parts, 4, 20, false, false, 0, 20);
    float *seen = draw_rows(plain, 4, 20, false, false, 0, 20);
    for (int64_t i = 0; i < 20; i++) {
        int view[4];
        if (!CHECK(find_view(seen + 36 * i, 3, 4, view))) break;
        for (int64_t k = 0; k < 36; k++) {
            int64_t y = view[1] + k / 12, x = k / 3 % 4;
            x = view[2] + (view[3] ? 3 - x : x);
            CHECK(cut[36 * i + k] == whole[(i * H + y) * W * C + x * C + k % 3]);
        }
    }
    free(whole);
    free(cut);
    free(seen);
    gan_dataset_release(edges);
    gan_dataset_release(parts);
    gan_dataset_release(plain);
}

TEST(a_part_is_not_larger_than_the_whole)
{
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=p.idx crop=5x7"), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "data: crop=5x7 of pictures of 5x6");
    gan_dataset_release(open_data("idx path=p.idx", "size=7 crop=5x7"));
    gan_dataset_release(open_data("idx path=p.idx", "crop=5x6"));
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    put_pictures();
    RUN(all_views_are_equally_frequent);
    RUN(reading_is_not_by_chance);
    RUN(chance_is_a_function_of_seed_and_position);
    RUN(partners_have_views_of_their_own);
    RUN(domains_come_before_cuts);
    RUN(a_part_is_not_larger_than_the_whole);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
