/* test_fields.c: feeds with several fields of the same examples, and partners of another condition:
 * from data sets, from a callback, by hand. A frozen role that may be absent. */
#include "fields_kind.h"

#include "optim/optimizer.h"
#include "train/feeds.h"

#include <stdlib.h>

enum { EXAMPLES = 21, CLASSES = 3, BATCH = 4, SIDE = 2 };

typedef struct game {
    fault_host fault;
    gan_host host;
    gan_context *context;
    gan_trainer *trainer;
    gan_model *g, *d;
} game;

/* Classes one-hot, or a vector of 3; and numbers of classes, embedded. */
static const char *const generators[2] = {
    "input noise 5; input condition 3; concat from noise condition; dense 4; reshape 2 2 1",
    "input noise 5; input condition 1; e = embedding 3 4 from condition;"
    "concat from noise e; dense 4; reshape 2 2 1"};
static const char *const judges[2] = {
    "input image 2 2 1; input condition 3; f = flatten from image; concat from f condition;"
    "h = dense 6; realness = dense 1; match = dense 1 from h; output realness match",
    "input image 2 2 1; input condition 1; e = embedding 3 4 from condition; f = flatten from "
    "image; concat from f e; realness = dense 1; output realness"};

static void set_models(game *t, int kind)
{
    gan_model_release(t->g);
    gan_model_release(t->d);
    t->g = t->d = NULL;
    CHECK_OK(gan_model_parse(&t->g, t->context, generators[kind]));
    if (!CHECK_OK(gan_model_parse(&t->d, t->context, judges[kind])))
        puts(gan_context_message(t->context));
    CHECK_OK(gan_trainer_set_model(t->trainer, "generator", t->g));
    CHECK_OK(gan_trainer_set_model(t->trainer, "discriminator", t->d));
}

static void open_game(game *t, int kind)
{
    static const gan__kind *const kinds[] = {&fields_kind.kind};
    memset(t, 0, sizeof *t);
    t->host = fault_make(&t->fault);
    CHECK_OK(gan_context_create(&t->context, "threads=1 seed=4", &t->host, NULL, 0));
    t->context->trainer_kinds = kinds;
    t->context->trainer_kind_count = 1;
    CHECK_OK(gan_trainer_create(&t->trainer, t->context, "fields batch=4"));
    set_models(t, kind);
}

static void close_game(game *t)
{
    for (int i = 0; i < FIELDS_SEEN; i++) {
        gan_tensor_release(fields_seen[i]);
        fields_seen[i] = NULL;
    }
    gan_trainer_release(t->trainer);
    gan_model_release(t->g);
    gan_model_release(t->d);
    gan_context_release(t->context);
    CHECK_INT(atomic_load(&t->fault.live), 0);
    fault_free_files(&t->fault);
}

static gan_status fail(const game *t, gan_status status, const char *message)
{
    const gan_status found = gan_trainer_step(t->trainer);
    CHECK_STATUS(found, status);
    CHECK_TEXT(gan_context_message(t->context), message);
    return found;
}

static void step(const game *t)
{
    if (!CHECK_OK(gan_trainer_step(t->trainer))) puts(gan_context_message(t->context));
}

/* ---- data: a picture's first pixel tells its class, its last one its number ---- */

static int class_of(int64_t example)
{
    return (int)(example * 5 % CLASSES);
}

static void put(int64_t example, float *picture, float *vector)
{
    picture[0] = (float)class_of(example) / 8;
    picture[1] = picture[2] = 0.25f;
    picture[3] = (float)example / 64;
    for (int i = 0; vector && i < 3; i++)
        vector[i] = i == 1 ? 0.5f : (float)class_of(example) + (float)i;
}

static gan_tensor *tensor(const game *t, int32_t dtype, int32_t rank, const int64_t *shape)
{
    gan_tensor *made = NULL;
    CHECK_OK(gan_tensor_create(&made, t->context, dtype, rank, shape));
    memset(gan_tensor_data(made), 0,
           (size_t)gan_tensor_count(made) * (dtype == GAN_UINT8   ? 1
                                             : dtype == GAN_INT64 ? 8
                                                                  : 4));
    return made;
}

/* With "label" or "vector" beside the pictures; NULL: neither. */
static gan_dataset *make_data(const game *t, const char *condition)
{
    const int64_t image[4] = {EXAMPLES, SIDE, SIDE, 1}, vector[2] = {EXAMPLES, 3};
    const char *const names[2] = {"image", condition};
    const int labelled = condition && !strcmp(condition, "label");
    gan_tensor *both[2] = {tensor(t, GAN_FLOAT32, 4, image),
                           tensor(t, labelled ? GAN_INT64 : GAN_FLOAT32, labelled ? 1 : 2, vector)};
    gan_dataset *data = NULL;
    for (int64_t i = 0; i < EXAMPLES; i++) {
        put(i, (float *)gan_tensor_data(both[0]) + 4 * i,
            labelled ? NULL : (float *)gan_tensor_data(both[1]) + 3 * i);
        if (labelled) ((int64_t *)gan_tensor_data(both[1]))[i] = class_of(i);
    }
    CHECK_OK(gan_dataset_from_tensors(&data, t->context, names, both, condition ? 2 : 1));
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    return data;
}

static int32_t read_example(void *user, int64_t index, void *const *data)
{
    (void)user;
    put(index, data[0], NULL);
    *(int32_t *)data[1] = class_of(index);
    return 0;
}

static gan_dataset *make_callback(const game *t)
{
    static const int64_t image[3] = {SIDE, SIDE, 1};
    static const gan_dataset_field fields[2] = {{sizeof fields[0], "image", GAN_FLOAT32, 3, image},
                                                {sizeof fields[0], "label", GAN_INT32, 0, NULL}};
    gan_dataset *data = NULL;
    CHECK_OK(gan_dataset_from_callback(&data, t->context, fields, 2, EXAMPLES, read_example, NULL,
                                       NULL));
    return data;
}

static void set_data(const game *t, const char *feed, gan_dataset *data)
{
    CHECK_OK(gan_trainer_set_data(t->trainer, feed, data));
    gan_dataset_release(data);
}

/* ---- what a step saw ---- */

static float seen(int which, int64_t row, int64_t k)
{
    const int64_t size = gan_tensor_count(fields_seen[which]) / fields_seen[which]->shape[0];
    return ((float *)gan_tensor_data(fields_seen[which]))[row * size + k];
}

static int seen_class(int which, int64_t row)
{
    return (int)(seen(which, row, 0) * 8);
}

/* Conditions are those of the pictures, partners are real pictures of another one. */
static void check_seen(int channels, int vectors)
{
    CHECK_INT(fields_seen[FIELDS_SEEN_CONDITION]->shape[3], channels);
    for (int64_t i = 0; i < BATCH; i++) {
        const int own = seen_class(FIELDS_SEEN_IMAGE, i);
        const int64_t partner = (int64_t)(seen(FIELDS_SEEN_PARTNER, i, 3) * 64);
        CHECK(seen_class(FIELDS_SEEN_PARTNER, i) != own);
        CHECK_INT(seen_class(FIELDS_SEEN_PARTNER, i), class_of(partner));
        for (int k = 0; k < channels; k++) {
            const float c = seen(FIELDS_SEEN_CONDITION, i, k);
            const float wanted = k == 1 ? 0.5f : (float)(own + k);
            CHECK(c == (vectors ? wanted : channels == 1 ? (float)own : (float)(k == own)));
        }
    }
}

TEST(labels_vectors_and_their_partners)
{
    static const struct {
        const char *condition; /* NULL: a callback with labels */
        int kind;
    } cases[] = {{"label", 0}, {"label", 1}, {"vector", 0}, {NULL, 0}, {NULL, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        game t;
        const char *condition = cases[i].condition;
        open_game(&t, cases[i].kind);
        set_data(&t, "real", condition ? make_data(&t, condition) : make_callback(&t));
        CHECK_OK(gan_trainer_check(t.trainer));
        for (int k = 0; k < 12; k++) {
            step(&t);
            check_seen(cases[i].kind ? 1 : 3, condition && !strcmp(condition, "vector"));
        }
        close_game(&t);
    }
}

/* The partners too are those that the training would have had. */
TEST(a_resume_has_the_same_partners)
{
    game t;
    open_game(&t, 0);
    set_data(&t, "real", make_data(&t, "label"));
    for (int k = 0; k < 6; k++) {
        gan_tensor *bytes, *a, *b;
        gan_trainer *other;
        CHECK_OK(gan_trainer_save_memory(&bytes, t.trainer));
        CHECK_OK(gan_trainer_load_memory(&other, t.context, gan_tensor_data(bytes),
                                         (size_t)gan_tensor_count(bytes)));
        gan_dataset *data = make_data(&t, "label");
        CHECK_OK(gan_trainer_set_data(other, "real", data));
        step(&t);
        CHECK_OK(gan_trainer_step(other));
        CHECK_OK(gan_trainer_save_memory(&a, t.trainer));
        CHECK_OK(gan_trainer_save_memory(&b, other));
        CHECK_INT(gan_tensor_count(a), gan_tensor_count(b));
        CHECK(!memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a)));
        gan_tensor_release(bytes);
        gan_tensor_release(a);
        gan_tensor_release(b);
        gan_dataset_release(data);
        gan_trainer_release(other);
    }
    close_game(&t);
}

/* ---- by hand ---- */

static void feed(const game *t, const char *name, gan_tensor *batch)
{
    if (!CHECK_OK(gan_trainer_feed(t->trainer, name, batch))) puts(gan_context_message(t->context));
    gan_tensor_release(batch);
}

static gan_tensor *images(const game *t, int64_t first)
{
    gan_tensor *x = tensor(t, GAN_FLOAT32, 4, (const int64_t[]){BATCH, SIDE, SIDE, 1});
    for (int64_t i = 0; i < BATCH; i++) put(first + i, (float *)gan_tensor_data(x) + 4 * i, NULL);
    return x;
}

static gan_tensor *labels(const game *t, int32_t dtype, int64_t first)
{
    gan_tensor *c = tensor(t, dtype, 1, (const int64_t[]){BATCH});
    for (int64_t i = 0; i < BATCH; i++)
        if (dtype == GAN_UINT8)
            ((uint8_t *)gan_tensor_data(c))[i] = (uint8_t)class_of(first + i);
        else
            ((int64_t *)gan_tensor_data(c))[i] = class_of(first + i);
    return c;
}

/* (N, 3), or (N, 1, 1, 3). */
static gan_tensor *one_hot(const game *t, int32_t rank, int64_t first)
{
    gan_tensor *c =
        tensor(t, GAN_UINT8, rank,
               rank == 2 ? (const int64_t[]){BATCH, 3} : (const int64_t[]){BATCH, 1, 1, 3});
    for (int64_t i = 0; i < BATCH; i++)
        ((uint8_t *)gan_tensor_data(c))[3 * i + class_of(first + i)] = 1;
    return c;
}

/* Of either kind of number, and one-hot vectors, which are numbers and no pictures. */
TEST(all_fields_by_hand)
{
    for (int kind = 0; kind < 6; kind++) {
        game t;
        open_game(&t, kind == 4 || kind == 5);
        feed(&t, kind % 2 ? "real" : "real.image", images(&t, 2));
        if (kind < 2) feed(&t, "real.label", labels(&t, kind ? GAN_UINT8 : GAN_INT64, 2));
        if (kind == 2) feed(&t, "real.vector", one_hot(&t, 2, 2));
        if (kind == 3) feed(&t, "real.vector", one_hot(&t, 4, 2));
        if (kind > 3) feed(&t, "real.label", labels(&t, kind == 4 ? GAN_UINT8 : GAN_INT64, 2));
        feed(&t, kind % 2 ? "mismatched" : "mismatched.image", images(&t, 3));
        step(&t);
        check_seen(kind > 3 ? 1 : 3, 0);
        fail(&t, GAN_E_STATE, "fields: the feed 'real' has no data"); /* they are used up */
        close_game(&t);
    }
}

TEST(fields_by_hand_in_part_are_refused)
{
    game t;
    open_game(&t, 0);
    feed(&t, "real.image", images(&t, 0));
    fail(&t, GAN_E_STATE, "fields: the feed 'real' was fed, but 'real.label|vector' was not");
    feed(&t, "real.label", labels(&t, GAN_INT64, 0));
    fail(&t, GAN_E_STATE,
         "fields: the feed 'real' was fed, but its partners, 'mismatched', were not");
    feed(&t, "mismatched.image", images(&t, 1));
    CHECK_OK(gan_trainer_feed(t.trainer, "real.image", NULL));
    fail(&t, GAN_E_STATE, "fields: the feed 'real' was fed, but 'real.image' was not");
    CHECK_OK(gan_trainer_feed(t.trainer, "real.label", NULL));
    fail(&t, GAN_E_STATE, "fields: the feed 'real' has no data");
    CHECK_STATUS(gan_trainer_feed(t.trainer, "real.text", NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_feed(t.trainer, "mismatched.label", NULL), GAN_E_ARGUMENT);
    close_game(&t);
}

/* Partners belong to a batch: of the data's batch none were given, and those of the data belong to
 * no batch that is fed. */
TEST(a_feed_and_its_partners_are_of_one_source)
{
    game t;
    open_game(&t, 0);
    set_data(&t, "real", make_data(&t, "label"));
    for (int k = 0; k < 2; k++) { /* before and after a batch was drawn */
        feed(&t, "real.image", images(&t, 0));
        feed(&t, "real.label", labels(&t, GAN_INT64, 0));
        fail(&t, GAN_E_STATE,
             "fields: the feed 'real' was fed, but its partners, 'mismatched', were not");
        feed(&t, "mismatched", images(&t, 1));
        step(&t);
        feed(&t, "mismatched", images(&t, 1));
        fail(&t, GAN_E_STATE,
             "fields: the partners 'mismatched' were fed, but the feed 'real' was not");
        CHECK_OK(gan_trainer_feed(t.trainer, "mismatched", NULL));
        step(&t);
        check_seen(3, 0);
    }
    close_game(&t);
}

TEST(batches_by_hand_have_one_size)
{
    game t;
    open_game(&t, 0);
    feed(&t, "real", images(&t, 0));
    feed(&t, "real.label", tensor(&t, GAN_INT64, 1, (const int64_t[]){3}));
    feed(&t, "mismatched", images(&t, 1));
    fail(&t, GAN_E_SHAPE, "fields: 'real.label|vector' was fed 3 samples, the step has 4");
    feed(&t, "real.label", labels(&t, GAN_INT64, 0));
    feed(&t, "mismatched", tensor(&t, GAN_FLOAT32, 4, (const int64_t[]){5, SIDE, SIDE, 1}));
    fail(&t, GAN_E_SHAPE, "fields: 'mismatched' was fed 5 samples, the step has 4");
    close_game(&t);
}

TEST(classes_out_of_range_are_refused)
{
    for (int kind = 0; kind < 2; kind++) {
        game t;
        open_game(&t, kind);
        gan_tensor *c = tensor(&t, GAN_INT64, 1, (const int64_t[]){BATCH});
        ((int64_t *)gan_tensor_data(c))[2] = 3;
        feed(&t, "real", images(&t, 0));
        feed(&t, "real.label", c);
        feed(&t, "mismatched", images(&t, 1));
        CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_ARGUMENT);
        CHECK(strstr(gan_context_message(t.context), "3"));
        feed(&t, "real.label", labels(&t, GAN_INT64, 0));
        step(&t);
        close_game(&t);
    }
}

/* ---- data that does not go with the networks ---- */

TEST(data_without_what_is_needed_is_refused)
{
    game t;
    const int64_t image[4] = {5, SIDE, SIDE, 1}, label[1] = {5};
    const char *const names[2] = {"image", "label"};
    gan_dataset *data;
    open_game(&t, 0);
    set_data(&t, "real", make_data(&t, NULL));
    fail(&t, GAN_E_ARGUMENT, "fields: the data of the feed 'real' has no field 'label|vector'");
    gan_tensor *both[2] = {tensor(&t, GAN_FLOAT32, 4, image), tensor(&t, GAN_INT64, 1, label)};
    CHECK_OK(gan_dataset_from_tensors(&data, t.context, names, both, 2));
    set_data(&t, "real", data);
    CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_SHAPE); /* one class, a port of 3 */
    CHECK(strstr(gan_context_message(t.context), "labels of 1 classes"));
    set_models(&t, 1);
    fail(&t, GAN_E_ARGUMENT,
         "fields: the feed 'real': data: no unlike partners among 5 examples: all have the same "
         "label");
    CHECK_STATUS(gan_trainer_set_data(t.trainer, "mismatched", data), GAN_E_ARGUMENT);
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    set_data(&t, "real", make_data(&t, "vector"));
    CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_SHAPE); /* vectors of 3, a port of 1 */
    CHECK(strstr(gan_context_message(t.context), "the feed 'real' has"));
    close_game(&t);
}

/* A kind whose condition may be missing: partners are of none then. */
TEST(partners_need_a_condition)
{
    static gan__trainer_kind kind;
    static gan__feed_row rows[5];
    static const gan__kind *const kinds[] = {&kind.kind};
    game t;
    kind = fields_kind;
    memcpy(rows, fields_feeds, sizeof rows);
    rows[1].flags = GAN__FEED_OPTIONAL;
    kind.feeds = rows;
    open_game(&t, 0);
    t.context->trainer_kinds = kinds;
    gan_trainer_release(t.trainer);
    CHECK_OK(gan_trainer_create(&t.trainer, t.context, "fields batch=4"));
    set_models(&t, 0);
    set_data(&t, "real", make_data(&t, NULL));
    fail(&t, GAN_E_ARGUMENT,
         "fields: the data of the feed 'real' has no condition, by which the partners 'mismatched' "
         "would be unlike");
    rows[2].flags |= GAN__FEED_OPTIONAL;
    t.trainer->cast->feeds[FIELDS_MISMATCHED].flags = rows[2].flags;
    gan_tensor *out[GAN__MAX_FIELDS];
    CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_ARGUMENT); /* the kind wants it all the same */
    CHECK_OK(gan__feed_tensors(t.trainer, FIELDS_REAL, out));
    CHECK(out[0] && !out[1]);
    CHECK_OK(gan__feed_tensors(t.trainer, FIELDS_MISMATCHED, out));
    CHECK(!out[0]);
    set_data(&t, "real", make_data(&t, "label"));
    step(&t); /* its partners are drawn; those of the data are none of a batch that is fed */
    const int64_t image[4] = {BATCH, SIDE, SIDE, 1};
    gan_tensor *fed = tensor(&t, GAN_FLOAT32, 4, image);
    CHECK_OK(gan_trainer_feed(t.trainer, "real.image", fed));
    gan_tensor_release(fed);
    CHECK_OK(gan__feed_tensors(t.trainer, FIELDS_MISMATCHED, out));
    CHECK(!out[0]);
    close_game(&t);
}

/* ---- checkpoints ---- */

static void put_idx(game *t, const char *path, bool labels, int64_t from)
{
    unsigned char bytes[16 + EXAMPLES * 4] = {0, 0, 8, labels ? 1 : 3, 0, 0, 0, EXAMPLES};
    const size_t head = labels ? 8 : 16, one = labels ? 1 : 4, size = head + EXAMPLES * one;
    if (!labels) bytes[11] = bytes[15] = SIDE;
    for (size_t i = head; i < size; i++)
        bytes[i] =
            (unsigned char)(labels ? class_of((int64_t)(i - head) + from) : (int)(i * 7 % 251));
    fault_file *file = fault_find(&t->fault, "");
    strcpy(file->path, path);
    file->bytes = malloc(size);
    memcpy(file->bytes, bytes, size);
    file->size = size;
}

/* Of the bytes, as it is written: a number. */
static void checksum(const gan_tensor *bytes, const char *key, char out[16])
{
    const char *at = gan_tensor_data(bytes), *end = at + gan_tensor_count(bytes);
    const size_t length = strlen(key);
    out[0] = '\0';
    for (; at + length + 24 < end; at++)
        if (!memcmp(at, key, length)) {
            snprintf(out, 16, "%.*s", (int)strspn(at + length + 3, "0123456789"), at + length + 3);
            return;
        }
}

TEST(each_field_has_its_checksum_in_a_checkpoint)
{
    static const char *const keys[2] = {"gan.data.real.image.checksum",
                                        "gan.data.real.label|vector.checksum"};
    char sums[2][2][16];
    for (int k = 0; k < 2; k++) {
        game t;
        gan_dataset *data;
        gan_tensor *bytes;
        open_game(&t, 0);
        put_idx(&t, "x.idx", false, 0);
        put_idx(&t, "y.idx", true, k);
        CHECK_OK(gan_dataset_open(&data, t.context, "idx path=x.idx labels=y.idx"));
        set_data(&t, "real", data);
        step(&t);
        CHECK_OK(gan_trainer_save_memory(&bytes, t.trainer));
        for (int i = 0; i < 2; i++) checksum(bytes, keys[i], sums[k][i]);
        for (int i = 0; i < 2; i++) CHECK(strlen(sums[k][i]) > 4);
        gan_tensor_release(bytes);
        close_game(&t);
    }
    CHECK_TEXT(sums[0][0], sums[1][0]);
    CHECK(strcmp(sums[0][1], sums[1][1]) != 0);
}

/* ---- a frozen role ---- */

TEST(a_teacher_gets_no_gradient_and_no_optimiser)
{
    for (int other = 0; other < 2; other++) {
        game t;
        double without, with;
        gan_model *teacher;
        open_game(&t, 0);
        set_data(&t, "real", make_data(&t, "label"));
        if (other) set_data(&t, "other", make_data(&t, NULL));
        step(&t);
        CHECK_OK(gan_trainer_value(t.trainer, "loss.generator", &without));
        CHECK_OK(gan_model_parse(&teacher, t.context, "input any any 1; conv2d 2 kernel=1"));
        CHECK_OK(gan_trainer_set_model(t.trainer, "teacher", teacher));
        const gan__store *store = teacher->stores[0];
        const float weight = store->weights[0];
        for (int k = 0; k < 3; k++) step(&t);
        CHECK_OK(gan_trainer_value(t.trainer, "loss.generator", &with));
        CHECK(with != without);
        CHECK(store->weights[0] == weight);
        CHECK_INT(t.trainer->cast->group_count, 2);
        CHECK_INT(gan_trainer_value_count(t.trainer), 6);
        for (int64_t i = 0; store->gradients && i < store->weight_count; i++)
            CHECK(store->gradients[i] == 0);
        for (int g = 0; g < 2; g++)
            for (size_t i = 0; i < t.trainer->optimizers[g]->state_count; i++)
                CHECK(t.trainer->optimizers[g]->states[i].store != store);
        gan_model_release(teacher);
        close_game(&t);
    }
}

/* A resumed training has its teacher again, and none where there was none. */
TEST(a_teacher_is_of_the_checkpoint)
{
    game t;
    gan_model *teacher;
    gan_tensor *bytes;
    gan_trainer *other;
    open_game(&t, 0);
    set_data(&t, "real", make_data(&t, "label"));
    CHECK_OK(gan_model_parse(&teacher, t.context, "input any any 1; conv2d 2 kernel=1"));
    for (int with = 0; with < 2; with++) {
        if (with) CHECK_OK(gan_trainer_set_model(t.trainer, "teacher", teacher));
        step(&t);
        CHECK_OK(gan_trainer_save_memory(&bytes, t.trainer));
        CHECK_OK(gan_trainer_load_memory(&other, t.context, gan_tensor_data(bytes),
                                         (size_t)gan_tensor_count(bytes)));
        CHECK((gan_trainer_model(other, "teacher", 0) != NULL) == with);
        gan_trainer_release(other);
        gan_tensor_release(bytes);
    }
    gan_model_release(teacher);
    close_game(&t);
}

int main(void)
{
    RUN(labels_vectors_and_their_partners);
    RUN(a_resume_has_the_same_partners);
    RUN(all_fields_by_hand);
    RUN(fields_by_hand_in_part_are_refused);
    RUN(a_feed_and_its_partners_are_of_one_source);
    RUN(batches_by_hand_have_one_size);
    RUN(classes_out_of_range_are_refused);
    RUN(data_without_what_is_needed_is_refused);
    RUN(partners_need_a_condition);
    RUN(each_field_has_its_checksum_in_a_checkpoint);
    RUN(a_teacher_gets_no_gradient_and_no_optimiser);
    RUN(a_teacher_is_of_the_checkpoint);
    return test_report();
}
