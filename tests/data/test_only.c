/* only=: the examples of some classes. And the bundled emoji, which are such data. */
#include <gan/data.h>

#include "data/data.h"
#include "data_files.h"
#include "test.h"

static gan_context *context;
static fault_host fault;

enum { COUNT = 12 };

/* 12 pictures of one pixel, their own number, of the classes 0 3 1 3 2 3 0 3 1 3 2 3 of five. */
static void put_examples(void)
{
    static const char names[] = "red heart\ncat\nfamily: man, girl\n7\nnever\n";
    static const uint8_t classes[4] = {0, 1, 2, 0};
    uint8_t pixels[COUNT], labels[COUNT], file[64];
    for (uint8_t i = 0; i < COUNT; i++) {
        pixels[i] = i;
        labels[i] = i % 2 ? 3 : classes[i / 2 % 3];
    }
    put_file(&fault, "x", file, make_idx(file, 3, (int[]){COUNT, 1, 1}, pixels));
    put_file(&fault, "y", file, make_idx(file, 1, (int[]){COUNT}, labels));
    put_file(&fault, "n", names, sizeof names - 1);
}

static gan_dataset *open_data(const char *spec)
{
    gan_dataset *dataset = NULL;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

/* The pictures' numbers are those of the text, "1 3 5"; their labels came with them. */
static void check_examples(const char *options, const char *numbers)
{
    char spec[200], text[100] = "";
    snprintf(spec, sizeof spec, "idx path=x labels=y %s", options);
    gan_dataset *dataset = open_data(spec);
    for (int64_t i = 0; i < gan_dataset_count(dataset); i++) {
        const uint8_t *pixels = dataset->fields[0].tensor->data;
        const int64_t label = gan__dataset_integer(dataset->fields[1].tensor, i);
        CHECK_INT(label, pixels[i] % 2 ? 3 : pixels[i] / 2 % 3);
        snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %d" : "%d", pixels[i]);
    }
    CHECK_TEXT(text, numbers);
    CHECK_INT(gan_dataset_class_count(dataset), strstr(options, "names=") ? 5 : 4);
    gan_dataset_release(dataset);
}

TEST(classes_by_name_and_number)
{
    put_examples();
    check_examples("only=3", "1 3 5 7 9 11");
    check_examples("only=2,0", "0 4 6 10");
    check_examples("only=0,0,1,2,3", "0 1 2 3 4 5 6 7 8 9 10 11");
    check_examples("only=\"\"", "0 1 2 3 4 5 6 7 8 9 10 11");
    check_examples("names=n only=cat", "2 8");
    check_examples("names=n only=\"red heart,cat\"", "0 2 6 8");
    check_examples("names=n only=1,2", "2 4 8 10");
    check_examples("names=n only=7", "1 3 5 7 9 11"); /* a name, and no number there is */
    check_examples("names=n only=\"family: man, girl\"", "4 10");
    check_examples("count=8 only=3", "1 3 5 7");
}

/* Parts are parts of these alone; what a checkpoint knows of the data is of all. */
TEST(parts_of_these)
{
    gan_dataset *all = open_data("idx path=x labels=y heldout=0.5");
    gan_dataset *some = open_data("idx path=x labels=y heldout=0.5 only=3");
    gan_dataset *others = open_data("idx path=x labels=y heldout=0.5 only=3 part=heldout");
    int seen[COUNT] = {0};
    CHECK_INT(gan_dataset_count(some), 3);
    CHECK_INT(gan_dataset_count(others), 3);
    for (int i = 0; i < 3; i++) {
        seen[((const uint8_t *)some->fields[0].tensor->data)[i]]++;
        seen[((const uint8_t *)others->fields[0].tensor->data)[i]]++;
    }
    for (int i = 0; i < COUNT; i++) CHECK_INT(seen[i], i % 2);
    CHECK_INT(some->fields[0].checksum, all->fields[0].checksum);
    CHECK(strstr(some->text, " only=3 ") != NULL);
    CHECK(strstr(all->text, "only") == NULL);
    gan_dataset_release(all);
    gan_dataset_release(some);
    gan_dataset_release(others);
}

static void check_refused(const char *spec, const char *message)
{
    const long long live = fault.live;
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, spec), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_INT(fault.live, live);
}

TEST(what_is_wrong_is_named)
{
    check_refused("idx path=x only=3", "idx: only=3, but there are no labels");
    check_refused("idx path=x labels=y only=4",
                  "idx: only=4: there is no class '4'; 4 classes, by number from 0");
    check_refused("idx path=x labels=y only=1,-1",
                  "idx: only=1,-1: there is no class '-1'; 4 classes, by number from 0");
    check_refused("idx path=x labels=y only=123456789012",
                  "idx: only=123456789012: there is no class '123456789012'; 4 classes, by number "
                  "from 0");
    check_refused("idx path=x labels=y names=n only=dog",
                  "idx: only=dog: there is no class 'dog'; 5 classes have names");
    check_refused("idx path=x labels=y names=n only=never", "idx: only=never: none of 12 examples");
}

TEST(failures_leave_nothing)
{
    const long long live = fault.live;
    bool reached = true;
    for (int i = 1; reached && CHECK(i < 300); i++) {
        gan_dataset *dataset = NULL;
        fault.fail_at = fault.allocations + i;
        gan_status status =
            gan_dataset_open(&dataset, context, "idx path=x labels=y names=n only=cat");
        reached = fault.allocations >= fault.fail_at;
        fault.fail_at = 0;
        CHECK_STATUS(status, reached ? GAN_E_MEMORY : GAN_OK);
        gan_dataset_release(dataset);
        CHECK_INT(fault.live, live);
    }
}

/* Both hands of each of 1,106 emoji, by every array that has names, and one hand alone. */
TEST(bundled_emoji)
{
#define EMOJI "npz path=" GAN_SOURCE_FOLDER "/examples/data/emoji.npz image=image "
#define NAMES(of) " names=" GAN_SOURCE_FOLDER "/examples/data/emoji-" of ".txt "
    static const struct {
        const char *spec;
        int64_t count, classes;
    } cases[] = {
        {EMOJI "label=hand" NAMES("hands"), 2212, 2},
        {EMOJI "label=hand" NAMES("hands") "only=Noto", 1106, 2},
        {EMOJI "label=hand" NAMES("hands") "only=Twemoji heldout=0.1", 995, 2},
        {EMOJI "label=group" NAMES("groups"), 2212, 8},
        {EMOJI "label=name" NAMES("names"), 2212, 1106},
        {EMOJI "label=name" NAMES("names") "only=\"red heart\"", 2, 1106},
        {EMOJI "vector=vector count=1992", 1992, 0},
    };
    gan_context *plain;
    CHECK_OK(gan_context_create(&plain, "threads=1", NULL, NULL, 0));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_dataset *dataset = NULL;
        if (!CHECK_OK(gan_dataset_open(&dataset, plain, cases[i].spec)))
            printf("%s\n", gan_context_message(plain));
        CHECK_INT(gan_dataset_count(dataset), cases[i].count);
        CHECK_INT(gan_dataset_class_count(dataset), cases[i].classes);
        gan_dataset_release(dataset);
    }
    gan_context_release(plain);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(classes_by_name_and_number);
    RUN(parts_of_these);
    RUN(what_is_wrong_is_named);
    RUN(failures_leave_nothing);
    RUN(bundled_emoji);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
