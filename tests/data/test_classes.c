/* The names of classes. */
#include <gan/data.h>

#include "data_files.h"
#include "test.h"

#include <stdbool.h>

static gan_context *context;
static fault_host fault;

/* 6 pictures with the labels 0 1 2 2 1 0. */
static void put_data(void)
{
    static const uint8_t values[6] = {0, 50, 100, 150, 200, 250}, labels[6] = {0, 1, 2, 2, 1, 0};
    uint8_t file[200];
    put_file(&fault, "p.idx", file, make_idx(file, 3, (const int[]){6, 1, 1}, values));
    put_file(&fault, "l.idx", file, make_idx(file, 1, (const int[]){6}, labels));
    put_file(&fault, "p.npy", file, make_npy(file, "|u1", "(6, 1, 1)", values, 6));
    put_file(&fault, "l.npy", file, make_npy(file, "|u1", "(6,)", labels, 6));
}

static gan_dataset *with_names(const char *spec, const char *names, size_t size)
{
    gan_dataset *dataset = NULL;
    put_file(&fault, "n.txt", names, size);
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s\n", gan_context_message(context));
    return dataset;
}

static void check_names(const char *spec, const char *names, size_t size)
{
    static const char *const wanted[3] = {"a cat", "d\xC3\xB6g", "#3"};
    int32_t rank;
    int64_t shape[3], classes = 0;
    gan_dataset *dataset = with_names(spec, names, size);
    CHECK_INT(gan_dataset_class_count(dataset), 3);
    for (int64_t i = 0; i < 3; i++) CHECK_TEXT(gan_dataset_class_name(dataset, i), wanted[i]);
    CHECK(!gan_dataset_class_name(dataset, 3));
    CHECK(!gan_dataset_class_name(dataset, -1));
    CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, shape, &classes));
    CHECK_INT(classes, 3);
    gan_dataset_release(dataset);
}

#define NAMES(text) text, sizeof(text) - 1

TEST(names_are_lines)
{
    static const char *const specs[] = {"idx path=p.idx labels=l.idx names=n.txt",
                                        "npy path=p.npy labels=l.npy names=n.txt"};
    for (int i = 0; i < 2; i++) {
        check_names(specs[i], NAMES("a cat\nd\xC3\xB6g\n#3\n"));
        check_names(specs[i], NAMES("a cat\nd\xC3\xB6g\n#3"));
        check_names(specs[i], NAMES("a cat\nd\xC3\xB6g\n#3\n\n"));
        check_names(specs[i], NAMES("a cat\nd\xC3\xB6g\n#3\n \r\n\n"));
        check_names(specs[i], NAMES("\xEF\xBB\xBF"
                                    "a cat\r\n\td\xC3\xB6g \r\n #3\r\n"));
    }
}

/* As many classes as names, though not all occur, or not in this part; and without names none. */
TEST(names_make_the_classes)
{
    gan_dataset *dataset =
        with_names("idx path=p.idx labels=l.idx names=n.txt count=1 size=2", NAMES("a\nb\nc\nd\n"));
    CHECK_INT(gan_dataset_class_count(dataset), 4);
    CHECK_TEXT(gan_dataset_class_name(dataset, 3), "d");
    gan_dataset_release(dataset);
    CHECK_OK(gan_dataset_open(&dataset, context, "idx path=p.idx labels=l.idx"));
    CHECK_INT(gan_dataset_class_count(dataset), 3);
    CHECK(!gan_dataset_class_name(dataset, 0));
    gan_dataset_release(dataset);
    CHECK_OK(gan_dataset_open(&dataset, context, "idx path=p.idx"));
    CHECK_INT(gan_dataset_class_count(dataset), 0);
    gan_dataset_release(dataset);
}

static void check_refused(const char *names, size_t size, const char *message)
{
    gan_dataset *dataset = (gan_dataset *)&fault;
    put_file(&fault, "n.txt", names, size);
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=p.idx labels=l.idx names=n.txt"),
                 GAN_E_FORMAT);
    CHECK(!dataset);
    CHECK_TEXT(gan_context_message(context), message);
}

TEST(wrong_names_are_refused)
{
    check_refused(NAMES("a\nb"),
                  "l.idx: label 2 of example 2 has no name: there are 2 names of classes");
    check_refused(NAMES("a\nb\na\n"), "n.txt: two classes are called 'a'");
    check_refused(NAMES("a\n\nb\n"), "n.txt: the name of class 1 is empty");
    check_refused(NAMES("\n\na\n"), "n.txt: the name of class 0 is empty");
    check_refused(NAMES("\n"), "n.txt: no names of classes");
    check_refused(NAMES(" \r\n\t\n"), "n.txt: no names of classes");
    check_refused(NAMES(""), "n.txt: no names of classes");
    check_refused(NAMES("\xEF\xBB\xBF"), "n.txt: no names of classes");
    check_refused(NAMES("a\nb\xFF\nc\n"), "n.txt: the name of class 1 is not UTF-8");
    check_refused(NAMES("a\nb\0b\nc\n"), "n.txt: the name of class 1 has a control character");
    check_refused(NAMES("a\rb\nc\nd"), "n.txt: the name of class 0 has a control character");
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=p.idx names=n.txt"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "idx: names=n.txt, but no labels=");
    CHECK_STATUS(gan_dataset_open(&dataset, context, "idx path=p.idx labels=l.idx names=no"),
                 GAN_E_FILE);
}

TEST(failures_leave_nothing)
{
    const char *spec = "idx path=p.idx labels=l.idx names=n.txt";
    put_file(&fault, "n.txt", NAMES("a\nb\nc\n"));
    const long long live = fault.live;
    for (int file = 0; file < 2; file++) {
        bool reached = true;
        for (int i = 1; reached && CHECK(i < 200); i++) {
            gan_dataset *dataset = NULL;
            fault.fail_at = file ? 0 : fault.allocations + i;
            fault.file_fail_at = file ? fault.file_operations + i : 0;
            gan_status status = gan_dataset_open(&dataset, context, spec);
            reached = file ? fault.file_operations >= fault.file_fail_at
                           : fault.allocations >= fault.fail_at;
            fault.fail_at = fault.file_fail_at = 0;
            /* what only reads may fail to close */
            CHECK(status == GAN_OK ? file || !reached
                                   : status == (file ? GAN_E_FILE : GAN_E_MEMORY));
            gan_dataset_release(dataset);
            CHECK_INT(fault.live, live);
        }
    }
}

/* The project's own names: ten, and those of the labels beside them. */
TEST(fashion_has_names)
{
    gan_context *system;
    gan_dataset *dataset = NULL;
    CHECK_OK(gan_context_create(&system, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_dataset_open(&dataset, system,
                              "idx path=\"" GAN_SOURCE_FOLDER
                              "/examples/data/fashion-images.gz\" labels=\"" GAN_SOURCE_FOLDER
                              "/examples/data/fashion-labels.gz\" names=\"" GAN_SOURCE_FOLDER
                              "/examples/data/fashion-classes.txt\" count=10"));
    CHECK_INT(gan_dataset_class_count(dataset), 10);
    CHECK_TEXT(gan_dataset_class_name(dataset, 0), "T-shirt/top");
    CHECK_TEXT(gan_dataset_class_name(dataset, 9), "Ankle boot");
    gan_dataset_release(dataset);
    gan_context_release(system);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    put_data();
    RUN(names_are_lines);
    RUN(names_make_the_classes);
    RUN(wrong_names_are_refused);
    RUN(failures_leave_nothing);
    RUN(fashion_has_names);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
