/* Folders of pictures: what is found in them, how it is drawn, and what is refused. */
#include "images.h"

static char log_line[1100];
static int log_lines;

static void keep_log(void *user, int32_t level, const char *line)
{
    (void)user;
    snprintf(log_line, sizeof log_line, "%d %s", (int)level, line);
    log_lines++;
}

/* ---- what is found ---- */

/* Classes, then names, in the order of their bytes: "dog" before "dog-1", whatever '-' and '/' are.
 */
TEST(classes_and_names_are_in_order)
{
    static const int seeds[5] = {3, 1, 2, 0, 4}, labels[5] = {0, 0, 1, 1, 2};
    int32_t rank;
    int64_t shape[3], classes;
    put_classes("f");
    gan_dataset *dataset = open_data("images path=f");
    CHECK_INT(gan_dataset_count(dataset), 5);
    CHECK_OK(gan_dataset_field_shape(dataset, "image", &rank, shape, NULL));
    CHECK(rank == 3 && shape[0] == 3 && shape[1] == 4 && shape[2] == 1);
    CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, shape, &classes));
    CHECK_INT(classes, 3);
    CHECK_TEXT(gan_dataset_class_name(dataset, 0), "Cat");
    CHECK_TEXT(gan_dataset_class_name(dataset, 1), "dog");
    CHECK_TEXT(gan_dataset_class_name(dataset, 2), "dog-1");
    for (int i = 0; i < 5; i++) {
        check_is_picture(dataset, i, seeds[i]);
        CHECK_INT(gan__dataset_integer(dataset->fields[1].tensor, i), labels[i]);
    }
    gan_dataset_release(dataset);
    dataset = open_data("images path=f/ count=3");
    CHECK_INT(gan_dataset_count(dataset), 3);
    CHECK_INT(gan_dataset_class_count(dataset), 3);
    check_is_picture(dataset, 2, 2);
    gan_dataset_release(dataset);
    dataset = open_data("images path=f/dog");
    CHECK_INT(gan_dataset_count(dataset), 2);
    CHECK_INT(gan_dataset_field_count(dataset), 1);
    CHECK_INT(gan_dataset_class_count(dataset), 0);
    check_is_picture(dataset, 0, 2);
    gan_dataset_release(dataset);
    forget_files();
}

TEST(parts_are_parts)
{
    uint32_t seen = 0;
    put_classes("f");
    for (int part = 0; part < 2; part++) {
        gan_dataset *dataset = open_data(part ? "images path=f heldout=0.4 part=heldout"
                                              : "images path=f heldout=0.4");
        CHECK_INT(gan_dataset_count(dataset), part ? 2 : 3);
        CHECK_INT(gan_dataset_class_count(dataset), 3);
        for (int64_t i = 0; i < gan_dataset_count(dataset); i++) {
            static const int seeds[5] = {3, 1, 2, 0, 4}, labels[5] = {0, 0, 1, 1, 2};
            uint8_t bytes[12];
            read_bytes(dataset, i, (const int64_t[]){1, 3, 4, 1}, bytes);
            for (int k = 0; k < 5; k++) {
                if (bytes[0] != picture_value(seeds[k], 0)) continue;
                seen |= UINT32_C(1) << k;
                CHECK_INT(gan__dataset_integer(dataset->fields[1].tensor, i), labels[k]);
            }
        }
        gan_dataset_release(dataset);
    }
    CHECK_INT(seen, 31);
    forget_files();
}

/* Hidden files, notes and thumbnails do not disturb; what may have been meant is warned of. */
TEST(other_files_are_passed_over)
{
    put_classes("f");
    put_file(&fault, "f/.DS_Store", "x", 1);
    put_file(&fault, "f/Cat/._a.png", "x", 1);
    put_file(&fault, "f/.hidden/a.txt", "x", 1);
    log_lines = 0;
    gan_dataset_release(open_data("images path=f"));
    CHECK_INT(log_lines, 0);
    put_file(&fault, "f/Cat/Thumbs.db", "x", 1);
    put_file(&fault, "f/Cat/png", "x", 1);
    gan_dataset_release(open_data("images path=f"));
    CHECK_INT(log_lines, 1);
    CHECK_TEXT(log_line, "2 f/Cat: passed over: 2 files that are no .png .jpg .pnm .pgm .ppm or "
                         ".pam, such as 'png'");
    put_file(&fault, "f/Cat/a.WEBP", "x", 1);
    gan_dataset_release(open_data("images path=f"));
    CHECK_TEXT(log_line, "1 f/Cat: passed over: 3 files that are no .png .jpg .pnm .pgm .ppm or "
                         ".pam, such as 'a.WEBP'");
    forget_files();
}

/* The first ones are of the first classes. */
TEST(a_count_without_all_classes_is_warned_of)
{
    put_classes("f");
    log_lines = 0;
    gan_dataset_release(open_data("images path=f count=5"));
    CHECK_INT(log_lines, 0);
    gan_dataset_release(open_data("images path=f count=4"));
    CHECK_INT(log_lines, 1);
    CHECK_TEXT(log_line, "1 f: count=4 takes the first pictures by class and name: none of "
                         "'dog-1', 1 of 3 classes");
    gan_dataset_release(open_data("images path=f count=2"));
    CHECK_TEXT(log_line, "1 f: count=2 takes the first pictures by class and name: none of 'dog', "
                         "2 of 3 classes");
    gan_dataset_release(open_data("images path=f/dog count=1"));
    CHECK_INT(log_lines, 2);
    forget_files();
}

TEST(wrong_folders_are_refused)
{
    check_refused("images path=f", GAN_E_FILE, "f: cannot be listed");
    put_file(&fault, "f/x.txt", "x", 1);
    check_refused(
        "images path=f", GAN_E_FORMAT,
        "f: no pictures (.png .jpg .pnm .pgm .ppm .pam) and no sub-folders with some; there is "
        "'x.txt'");
    check_refused("images path=f/x.txt", GAN_E_FILE,
                  "f/x.txt: it is a file; images are read from a folder");
    check_refused("idx path=f", GAN_E_FILE,
                  "f: it is a folder; its pictures are those of 'images path=f'");
    check_refused("images", GAN_E_TEXT, "images: missing: option 'path' (line 1, column 7)");
    put_picture(context, &fault, "f/c/a.png", 0, small, 8);
    put_picture(context, &fault, "f/a.png", 0, small, 8);
    check_refused("images path=f", GAN_E_FORMAT,
                  "f: pictures lie directly in it ('a.png'), or all in sub-folders ('c'), one for "
                  "each class; not both");
    fault_remove(&fault, "f/a.png");
    put_picture(context, &fault, "f/c/d/a.png", 0, small, 8);
    check_refused("images path=f", GAN_E_FORMAT,
                  "f/c: a sub-folder is a class, but this one has a folder in it, 'd'; if "
                  "that is a class, path=f/c");
    fault_remove(&fault, "f/c/d/a.png");
    put_file(&fault, "f/e/x.gif", "x", 1);
    check_refused("images path=f", GAN_E_FORMAT,
                  "f/e: a sub-folder is a class, but this one has no pictures (.png .jpg .pnm .pgm "
                  ".ppm .pam); there is 'x.gif'");
    fault_remove(&fault, "f/e/x.gif");
    put_picture(context, &fault, "f/c\xFF/a.png", 0, small, 8);
    check_refused("images path=f", GAN_E_FORMAT, "f: the name of class 1 is not UTF-8");
    forget_files();
}

/* A file's own name may be any bytes. */
TEST(names_may_be_no_text)
{
    put_picture(context, &fault, "f/\xFF\xFE.png", 5, small, 8);
    put_picture(context, &fault, "f/a\nb.png", 6, small, 8);
    gan_dataset *dataset = open_data("images path=f");
    check_is_picture(dataset, 0, 6);
    check_is_picture(dataset, 1, 5);
    gan_dataset_release(dataset);
    forget_files();
}

/* A host with files of its own that it does not list. */
TEST(hosts_may_list_nothing)
{
    gan_dataset *dataset;
    gan_context *silent;
    gan_host host = fault_make(&fault);
    host.list = NULL;
    put_classes("f");
    CHECK_OK(gan_context_create(&silent, "threads=1", &host, NULL, 0));
    CHECK_STATUS(gan_dataset_open(&dataset, silent, "images path=f"), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(silent),
               "f: the host's own files cannot be listed (gan_host.list)");
    gan_context_release(silent);
    forget_files();
}

/* ---- sizes and channels ---- */

TEST(sizes_must_be_alike)
{
    static const int other[3] = {5, 4, 1}, colour[3] = {3, 4, 3};
    put_picture(context, &fault, "f/a.png", 1, small, 8);
    put_picture(context, &fault, "f/b.pgm", 2, other, 8);
    check_refused("images path=f", GAN_E_SHAPE,
                  "f/a.png has 3x4 pixels, f/b.pgm 5x4: size=HxW makes them alike");
    check_refused("images path=f crop=4x3", GAN_E_SHAPE,
                  "f/a.png: 3x4 pixels, of which crop=4x3 cannot be cut: size= makes them larger");
    check_refused("images path=f size=2 crop=3x2", GAN_E_SHAPE,
                  "data: crop=3x2 of pictures of 2x2");
    gan_dataset_release(open_data("images path=f size=2"));
    gan_dataset_release(open_data("images path=f crop=3x4"));
    gan_dataset_release(open_data("images path=f crop=3x0"));
    check_refused("images path=f size=0x5", GAN_E_SHAPE,
                  "f/a.png has 3x4 pixels, f/b.pgm 5x4: size=HxW makes them alike");
    check_refused("images path=f size=0x5 crop=4x0", GAN_E_SHAPE,
                  "f/a.png: 3x4 pixels, of which crop=4x0 cannot be cut: size= makes them larger");
    put_picture(context, &fault, "f/b.pgm", 2, (const int[3]){3, 9, 1}, 8);
    gan_dataset_release(open_data("images path=f crop=0x4"));
    gan_dataset_release(open_data("images path=f size=0x3"));
    gan_dataset_release(open_data("images path=f size=7x0 crop=5x4"));
    check_refused("images path=f size=7x0", GAN_E_SHAPE,
                  "f/a.png has 3x4 pixels, f/b.pgm 3x9: size=HxW makes them alike");
    check_refused("images path=f size=7x0 crop=0x5", GAN_E_SHAPE,
                  "f/a.png: 3x4 pixels, of which crop=0x5 cannot be cut: size= makes them larger");
    put_picture(context, &fault, "f/b.png", 2, colour, 8);
    fault_remove(&fault, "f/b.pgm");
    check_refused("images path=f", GAN_E_SHAPE,
                  "f/a.png has 1 channels, f/b.png 3: channels=1 (grey), 3 (colour) or 4 (with "
                  "alpha) makes them alike");
    check_refused("images path=f channels=5", GAN_E_SHAPE, "channels=5: pictures have 1 to 4");
    gan_dataset_release(open_data("images path=f channels=3"));
    forget_files();
}

/* The pixel at `from`, c values of bytes, in `to` of `out` channels, by the definition. */
static void naive_channels(const uint8_t *from, int c, uint8_t *to, int out)
{
    double colour[3], alpha = c % 2 == 0 ? from[c - 1] / 255.0 : 1;
    for (int k = 0; k < 3; k++) {
        colour[k] = from[c > 2 ? k : 0];
        if (out % 2 == 1) colour[k] = (int)(colour[k] * alpha + 0.5);
    }
    if (out > 2)
        for (int k = 0; k < 3; k++) to[k] = (uint8_t)colour[k];
    else
        to[0] = (uint8_t)(.299 * colour[0] + .587 * colour[1] + .114 * colour[2] + 0.5);
    if (out % 2 == 0) to[out - 1] = (uint8_t)(alpha * 255 + 0.5);
}

/* Grey, colour, alpha, 8 and 16 bits, in one folder, as 1 to 4 channels. */
TEST(channels_are_made_alike)
{
    for (int depth = 8; depth <= 16; depth += 8) {
        for (int c = 1; c <= 4; c++) {
            char path[32];
            const int shape[3] = {3, 4, c};
            snprintf(path, sizeof path, "f/%d%d.png", depth / 16, c);
            put_picture(context, &fault, path, depth + c, shape, depth);
        }
    }
    for (int out = 1; out <= 4; out++) {
        char spec[40];
        snprintf(spec, sizeof spec, "images path=f channels=%d", out);
        gan_dataset *dataset = open_data(spec);
        for (int i = 0; i < 8; i++) {
            int c = i % 4 + 1, seed = (i < 4 ? 8 : 16) + c;
            uint8_t bytes[48], from[4], to[4];
            read_bytes(dataset, i, (const int64_t[]){1, 3, 4, out}, bytes);
            for (int p = 0; p < 12; p++) {
                for (int k = 0; k < c; k++) from[k] = picture_value(seed, p * c + k);
                naive_channels(from, c, to, out);
                for (int k = 0; k < out; k++) /* 16 bits are rounded twice here, once there */
                    CHECK(abs(bytes[p * out + k] - (c == out ? from[k] : to[k])) <= (i >= 4));
            }
        }
        gan_dataset_release(dataset);
    }
    forget_files();
}

/* The very bits that the same pictures have in one file. */
TEST(bits_are_those_of_other_sources)
{
    static const char *const options[] = {"",
                                          "size=7x5",
                                          "size=2 fit=crop",
                                          "size=6 transform=edges",
                                          "size=3x9 fit=stretch channels=3",
                                          "crop=2",
                                          "channels=1 transform=colours"};
    uint8_t values[36], file[100];
    for (int i = 0; i < 3; i++) {
        char path[32];
        snprintf(path, sizeof path, "f/%d.png", i);
        put_picture(context, &fault, path, i, small, 8);
        for (int k = 0; k < 12; k++) values[12 * i + k] = picture_value(i, k);
    }
    put_file(&fault, "p.idx", file, make_idx(file, 3, (const int[]){3, 3, 4}, values));
    for (int o = 0; o < 7; o++) {
        gan_dataset *sets[2];
        float numbers[2][3 * 81];
        char spec[60];
        const int64_t indices[3] = {2, 0, 1};
        for (int s = 0; s < 2; s++) {
            int32_t rank;
            int64_t shape[4] = {3, 0, 0, 0};
            snprintf(spec, sizeof spec, "%s %s", s ? "idx path=p.idx" : "images path=f",
                     options[o]);
            sets[s] = open_data(spec);
            CHECK_OK(gan_dataset_field_shape(sets[s], "image", &rank, shape + 1, NULL));
            gan_tensor *tensor;
            memset(numbers[s], 0, sizeof numbers[s]);
            CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4, shape, NULL, numbers[s],
                                     NULL, NULL));
            CHECK_OK(gan_dataset_read(sets[s], "image", indices, tensor));
            gan_tensor_release(tensor);
            gan_dataset_release(sets[s]);
        }
        CHECK(memcmp(numbers[0], numbers[1], sizeof numbers[0]) == 0);
    }
    forget_files();
}

/* In a batch, where pictures of many sizes come one after the other. */
TEST(mixed_sizes_are_drawn_one_by_one)
{
    const char *const fields[1] = {"image"};
    const gan__batch_plan plan = {
        .fields = fields, .field_count = 1, .batch = 7, .ahead = true, .in_flight = 1};
    gan__batcher *b;
    gan_tensor *const *out, *tensor;
    float single[7][6 * 5];
    for (int i = 0; i < 7; i++) {
        char path[32];
        const int shape[3] = {i == 3 ? 40 : 1 + i % 4, i == 5 ? 30 : 2 + i % 3, 1 + i % 4};
        snprintf(path, sizeof path, "f/%d.png", i);
        put_picture(context, &fault, path, i, shape, i % 2 ? 8 : 16);
    }
    gan_dataset *dataset = open_data("images path=f size=6x5 channels=1");
    for (int64_t i = 0; i < 7; i++) {
        CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){1, 6, 5, 1},
                                 NULL, single[i], NULL, NULL));
        CHECK_OK(gan_dataset_read(dataset, "image", &i, tensor));
        gan_tensor_release(tensor);
    }
    CHECK_OK(gan__batcher_create(&b, context, dataset, &plan));
    for (int round = 0; round < 3; round++) {
        uint32_t seen = 0;
        CHECK_OK(gan__batcher_next(b, &out));
        for (int row = 0; row < 7; row++)
            for (int i = 0; i < 7; i++)
                if (memcmp((float *)out[0]->data + row * 30, single[i], sizeof single[i]) == 0)
                    seen |= UINT32_C(1) << i;
        CHECK_INT(seen, 127);
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
    forget_files();
}

/* ---- which data it is ---- */

static uint32_t sum_of(const char *spec)
{
    gan_dataset *dataset = open_data(spec);
    uint32_t sum = dataset ? dataset->fields[0].checksum : 0;
    if (dataset) CHECK(!strstr(dataset->text, "/"));
    gan_dataset_release(dataset);
    return sum;
}

/* The first 4,096 bytes and the size count, however far a header reaches. */
TEST(beginnings_are_4096_bytes)
{
    static char bytes[9000];
    const int start = snprintf(bytes, sizeof bytes, "P5\n#");
    memset(bytes + start, 'x', 5000);
    const int header = snprintf(bytes + start + 5000, 20, "\n50 60\n255\n");
    put_file(&fault, "f/a.pgm", bytes, (size_t)(start + 5000 + header) + 50 * 60);
    const uint32_t sum = sum_of("images path=f");
    fault_file *file = fault_find(&fault, "f/a.pgm");
    for (size_t i = 2000; i < file->size; i += i == 4095 ? 1 : i == 2000 ? 2095 : 904) {
        const bool comment = i < (size_t)start + 5000;
        file->bytes[i] = comment ? 'y' : 1;
        CHECK((sum_of("images path=f") == sum) == (i >= 4096));
        file->bytes[i] = comment ? 'x' : 0;
    }
    file->size--;
    CHECK(sum_of("images path=f") != sum);
    file->size++;
    CHECK_INT(sum_of("images path=f"), sum);
    forget_files();
}

/* Moving the folder is no change; renaming, packing otherwise and exchanging are. */
TEST(a_folder_is_known_again)
{
    put_classes("f");
    put_classes("else/where");
    const uint32_t sum = sum_of("images path=f");
    CHECK_INT(sum_of("images path=else/where"), sum);
    CHECK_INT(sum_of("images path=else/where/ size=9 heldout=0.2"), sum);
    CHECK(sum_of("images path=f count=4") != sum);
    fault_rename(&fault, "f/dog/b.png", "f/dog/c.png");
    CHECK(sum_of("images path=f") != sum);
    fault_rename(&fault, "f/dog/c.png", "f/dog/b.png");
    CHECK_INT(sum_of("images path=f"), sum);
    fault_rename(&fault, "f/dog-1/x.pnm", "f/dog-2/x.pnm");
    CHECK(sum_of("images path=f") != sum);
    fault_rename(&fault, "f/dog-2/x.pnm", "f/dog-1/x.pnm");
    put_picture(context, &fault, "f/dog/b.png", 9, small, 8);
    CHECK(sum_of("images path=f") != sum);
    put_picture(context, &fault, "f/dog/b.png", 0, small, 8);
    CHECK_INT(sum_of("images path=f"), sum);
    fault_file *file = fault_find(&fault, "f/dog/b.png");
    file->bytes[file->size++] = 0;
    CHECK(sum_of("images path=f") != sum);
    forget_files();
}

/* No more than the beginning of each file is read to open a folder, so no more is in the sum. */
TEST(the_beginning_is_read)
{
    static const int large[3] = {100, 100, 1};
    put_picture(context, &fault, "f/a.pgm", 1, large, 8);
    fault_file *file = fault_find(&fault, "f/a.pgm");
    uint32_t sum = sum_of("images path=f");
    CHECK_INT(file->position, 4096);
    file->bytes[4096] ^= 1;
    CHECK_INT(sum_of("images path=f"), sum);
    file->bytes[4095] ^= 1;
    CHECK(sum_of("images path=f") != sum);
    sum = sum_of("images path=f");
    CHECK_INT(sum_of("images path=f check=yes"), sum);
    file->size++;
    CHECK(sum_of("images path=f") != sum);
    forget_files();
}

/* A header that is longer than the beginning. */
TEST(long_headers_are_read_on)
{
    static uint8_t bytes[20012];
    gan_dataset *dataset;
    memset(bytes, '#', 20000);
    memcpy(bytes, "P5\n", 3);
    memcpy(bytes + 19980, "\n4 3\n255\n", 9);
    for (int i = 0; i < 12; i++) bytes[19989 + i] = picture_value(4, i);
    put_file(&fault, "f/a.pgm", bytes, 19989 + 12);
    dataset = open_data("images path=f");
    check_is_picture(dataset, 0, 4);
    gan_dataset_release(dataset);
    put_file(&fault, "f/a.pgm", bytes, 19000);
    check_refused("images path=f", GAN_E_FORMAT, "f/a.pgm: byte 19000: the header ends too early");
    forget_files();
}

int main(void)
{
    begin_images(keep_log);
    RUN(classes_and_names_are_in_order);
    RUN(parts_are_parts);
    RUN(other_files_are_passed_over);
    RUN(a_count_without_all_classes_is_warned_of);
    RUN(wrong_folders_are_refused);
    RUN(names_may_be_no_text);
    RUN(hosts_may_list_nothing);
    RUN(sizes_must_be_alike);
    RUN(channels_are_made_alike);
    RUN(bits_are_those_of_other_sources);
    RUN(mixed_sizes_are_drawn_one_by_one);
    RUN(a_folder_is_known_again);
    RUN(beginnings_are_4096_bytes);
    RUN(the_beginning_is_read);
    RUN(long_headers_are_read_on);
    return end_images();
}
