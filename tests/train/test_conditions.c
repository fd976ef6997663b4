/* test_conditions.c: what a network says of its inputs and classes, with the data and without: in
 * the notes of routes, in checkpoints, in files. */
#include "cgan_game.h"

#include "files/safetensors.h"

static const char names[] = "boot\nbag, small\ndress\n";

/* A file of labels, with names or without. */
static void set_file(const game *t, bool named)
{
    gan_tensor *x = images(t, EXAMPLES, 0), *c = conditions(t, EXAMPLES, 0, 0);
    gan_dataset *data;
    void *file = t->host.open(t->host.user, "names.txt", GAN_FILE_WRITE);
    CHECK_INT(t->host.write(t->host.user, file, names, sizeof names - 1), sizeof names - 1);
    t->host.close(t->host.user, file);
    CHECK_OK(gan_tensor_save(x, "x.npy"));
    CHECK_OK(gan_tensor_save(c, "c.npy"));
    if (!CHECK_OK(gan_dataset_open(&data, t->context,
                                   named ? "npy path=x.npy labels=c.npy names=names.txt fit=crop"
                                         : "npy path=x.npy labels=c.npy")))
        puts(gan_context_message(t->context));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", data));
    gan_dataset_release(data);
    gan_tensor_release(x);
    gan_tensor_release(c);
}

/* NULL in the place of a note that is not there. */
static void check_notes(gan_trainer *t, const char *inputs, const char *count, const char *classes)
{
    const char *const keys[] = {"inputs", "class_count", "classes", "prior", "range"};
    const char *const values[] = {inputs, count, classes, "normal", "-1 1"};
    gan_model *route;
    CHECK_OK(gan_trainer_route(&route, t, "noise > image", 0));
    for (int i = 0; i < 5; i++) {
        const char *note = gan_model_note(route, keys[i]);
        CHECK((note == NULL) == (values[i] == NULL));
        if (note && values[i]) CHECK_TEXT(note, values[i]);
    }
    gan_model_release(route);
}

static gan_trainer *load_again(gan_trainer *t, const game *g)
{
    gan_tensor *bytes;
    gan_trainer *loaded = NULL;
    CHECK_OK(gan_trainer_save_memory(&bytes, t));
    if (!CHECK_OK(gan_trainer_load_memory(&loaded, g->context, gan_tensor_data(bytes),
                                          (size_t)gan_tensor_count(bytes))))
        puts(gan_context_message(g->context));
    gan_tensor_release(bytes);
    return loaded;
}

/* With its data, from a checkpoint without it, and from the checkpoint of that. */
static void check_kept(const game *g, const char *inputs, const char *count, const char *classes)
{
    check_notes(g->trainer, inputs, count, classes);
    gan_trainer *once = load_again(g->trainer, g), *twice = load_again(once, g);
    check_notes(once, inputs, count, classes);
    check_notes(twice, inputs, count, classes);
    gan_trainer_release(once);
    gan_trainer_release(twice);
}

TEST(labels_and_vectors)
{
    for (int kind = 0; kind < 6; kind++) {
        game t;
        const char *const channels[] = {"3", "3", "3", "7", "3", "1"};
        char g[256], d[256];
        snprintf(g, sizeof g,
                 kind == 1 ? "input condition %s; input noise 5; concat from noise condition;"
                             "dense 12; reshape 2 3 2"
                           : "input noise 5; input condition %s; concat from noise condition;"
                             "dense 12; reshape 2 3 2",
                 channels[kind]);
        snprintf(d, sizeof d,
                 "input image 2 3 2; input condition %s; flatten from image;"
                 "concat from . condition; dense 1",
                 channels[kind]);
        open_game(&t, "threads=1", "cgan batch=4", g, d);
        if (kind < 2 || kind == 5)
            set_file(&t, true);
        else if (kind == 4)
            set_callback(&t); /* how many classes there are it does not say */
        else
            set_tensors(&t, kind == 3 ? 7 : 0);
        const char *const classes = "boot\nbag, small\ndress";
        check_kept(&t,
                   kind == 1   ? "label normal"
                   : kind == 3 ? "normal vector"
                               : "normal label",
                   kind == 3 || kind == 4 ? NULL : "3", kind < 2 || kind == 5 ? classes : NULL);
        close_game(&t);
    }
}

TEST(fed_by_hand)
{
    game t;
    open_game(&t, "threads=1", "cgan batch=4", G("3"), D("3"));
    check_kept(&t, "normal condition", NULL, NULL);
    close_game(&t);
}

/* Data that is set counts, whatever the checkpoint has. */
TEST(other_data)
{
    game t;
    open_game(&t, "threads=1", "cgan batch=4", G("3"), D("3"));
    set_file(&t, true);
    gan_trainer *loaded = load_again(t.trainer, &t);
    gan_trainer_release(t.trainer);
    t.trainer = loaded;
    check_notes(loaded, "normal label", "3", "boot\nbag, small\ndress");
    set_file(&t, false);
    check_notes(loaded, "normal label", "3", NULL);
    close_game(&t);
}

/* ---- pictures ---- */

/* How the data's were brought to their size; what has no description, or a strange one, has none.
 */
TEST(the_datas_fit)
{
    static const char *const specs[] = {"npy path=x.npy size=4 fit=stretch",
                                        "npy path=x.npy size=4"};
    static const char *const fits[] = {"stretch", "pad"};
    for (int i = 0; i < 3; i++) {
        game t;
        gan_dataset *data;
        gan_model *route;
        gan_tensor *x;
        open_game(&t, "threads=1", "autoencoder batch=4", NULL, NULL);
        CHECK_OK(gan_tensor_create(&x, t.context, GAN_UINT8, 3, (int64_t[]){9, 5, 6}));
        CHECK_OK(gan_tensor_save(x, "x.npy"));
        static const char *const image[] = {"image"};
        if (i < 2)
            CHECK_OK(gan_dataset_open(&data, t.context, specs[i]));
        else
            CHECK_OK(gan_dataset_from_tensors(&data, t.context, image, &x, 1));
        CHECK_OK(gan_trainer_set_data(t.trainer, "real", data));
        gan_dataset_release(data);
        gan_tensor_release(x);
        const char *const texts[] = {i < 2 ? "input 4 4 1; dense 3" : "input 5 6 1; dense 3",
                                     i < 2 ? "input 3; dense 16; reshape 4 4 1"
                                           : "input 3; dense 30; reshape 5 6 1"};
        static const char *const roles[] = {"encoder", "decoder"};
        for (int r = 0; r < 2; r++) {
            gan_model *model;
            CHECK_OK(gan_model_parse(&model, t.context, texts[r]));
            CHECK_OK(gan_trainer_set_model(t.trainer, roles[r], model));
            gan_model_release(model);
        }
        gan_trainer *loaded = load_again(t.trainer, &t);
        CHECK_OK(gan_trainer_route(&route, loaded, "image > code", 0));
        CHECK_TEXT(gan_model_note(route, "inputs"), "picture");
        if (i < 2)
            CHECK_TEXT(gan_model_note(route, "fit"), fits[i]);
        else
            CHECK(!gan_model_note(route, "fit"));
        gan_model_release(route);
        gan_trainer_release(loaded);
        close_game(&t);
    }
}

/* ---- files that are not believed ---- */

/* The checkpoint with a pair of another value, its checksums right. */
static gan_status load_changed(const game *g, const char *key, const char *value, gan_trainer **out)
{
    gan__safetensors file;
    gan_tensor *bytes;
    CHECK_OK(gan_trainer_save_memory(&bytes, g->trainer));
    const gan__bytes in = {g->context, "memory", gan_tensor_data(bytes),
                           (size_t)gan_tensor_count(bytes), 0};
    CHECK_OK(gan__safetensors_read(&in, &file));
    gan__safetensors_tensor *tensors = calloc(file.entry_count, sizeof *tensors);
    gan__safetensors_pair *pairs = calloc(file.pair_count, sizeof *pairs);
    size_t pair_count = 0, found = 0;
    for (size_t i = 0; i < file.entry_count; i++) {
        const gan__array *array = &file.entries[i].array;
        tensors[i] = (gan__safetensors_tensor){file.entries[i].name, array->element, array->rank,
                                               array->shape,         array->data,    NULL};
    }
    for (size_t i = 0; i < file.pair_count; i++) {
        if (strstr(file.pairs[i].key, "crc32")) continue;
        pairs[pair_count] = file.pairs[i];
        if (!strcmp(pairs[pair_count].key, key)) {
            pairs[pair_count].value = value;
            found++;
        }
        pair_count++;
    }
    CHECK_INT(found, 1);
    CHECK_OK(gan__safetensors_write(g->context, "changed", tensors, file.entry_count, pairs,
                                    pair_count));
    free(tensors);
    free(pairs);
    gan__safetensors_free(&file);
    gan_tensor_release(bytes);
    return gan_trainer_load(out, g->context, "changed");
}

TEST(hostile_checkpoints)
{
    static const struct {
        const char *key, *value;
        gan_status status;
    } cases[] = {
        {"gan.data.real.label|vector.classes", "4", GAN_E_FORMAT},
        {"gan.data.real.label|vector.classes", "-1", GAN_E_FORMAT},
        {"gan.data.real.label|vector.classes", "16777217", GAN_E_FORMAT},
        {"gan.data.real.label|vector.classes", "x", GAN_E_FORMAT},
        {"gan.data.real.label|vector.names", "", GAN_E_FORMAT},
        {"gan.data.real.label|vector.names", "a\nb", GAN_E_FORMAT},
        {"gan.data.real.label|vector.names", "a\nb\nc\n", GAN_E_FORMAT},
        {"gan.data.real.label|vector.names", "a\n\nc", GAN_OK},
        {"gan.data.real.label|vector.kind", "strange", GAN_OK},
        {"gan.data.real", "idy fit=crop", GAN_OK},
    };
    game t;
    open_game(&t, "threads=1", "cgan batch=4", G("3"), D("3"));
    set_file(&t, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_trainer *loaded;
        gan_model *route;
        if (!CHECK_STATUS(load_changed(&t, cases[i].key, cases[i].value, &loaded),
                          cases[i].status) ||
            !loaded)
            continue;
        CHECK_OK(gan_trainer_route(&route, loaded, "noise > image", 0));
        gan_model_release(route);
        gan_trainer_release(loaded);
    }
    set_file(&t, false); /* how many names there are does not say then how many classes */
    gan_trainer *none;
    CHECK_STATUS(load_changed(&t, "gan.data.real.label|vector.classes", "16777217", &none),
                 GAN_E_FORMAT);
    close_game(&t);
}

/* A save, a load and a route, at each allocation once. */
TEST(no_memory)
{
    game t;
    open_game(&t, "threads=1", "cgan batch=4", G("3"), D("3"));
    set_file(&t, true);
    for (long long n = 0;; n++) {
        gan_tensor *bytes = NULL;
        gan_trainer *loaded = NULL;
        gan_model *route = NULL;
        atomic_store(&t.fault.allocations, 0);
        t.fault.fail_at = n + 1;
        gan_status status = gan_trainer_save_memory(&bytes, t.trainer);
        if (status == GAN_OK)
            status = gan_trainer_load_memory(&loaded, t.context, gan_tensor_data(bytes),
                                             (size_t)gan_tensor_count(bytes));
        if (status == GAN_OK) status = gan_trainer_route(&route, loaded, "noise > image", 0);
        t.fault.fail_at = 0;
        if (status == GAN_OK) CHECK_TEXT(gan_model_note(route, "class_count"), "3");
        gan_tensor_release(bytes);
        gan_trainer_release(loaded);
        gan_model_release(route);
        if (status == GAN_OK) break;
        CHECK_STATUS(status, GAN_E_MEMORY);
    }
    close_game(&t);
}

int main(void)
{
    RUN(labels_and_vectors);
    RUN(fed_by_hand);
    RUN(other_data);
    RUN(the_datas_fit);
    RUN(hostile_checkpoints);
    RUN(no_memory);
    return test_report();
}
