/* test_seeds.c: each trainer of a context draws from a seed of its own, a checkpoint keeps it, and
 * loading one leaves the context as it is. */
#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "compute/draw.h"
#include "model/archive.h"
#include "tape/record.h"
#include "train/trainer.h"

#include <stdlib.h>

static const char g_text[] = "input 6; dense 3*3*4; reshape 3 3 4; batchnorm; relu; dropout 0.2;"
                             "conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh";
static const char d_text[] = "input 6 6 1; noise 0.05; conv2d 4 kernel=3; leaky_relu 0.2;"
                             "dropout 0.3; dense 1";
static const char spec[] = "gan batch=4 average=0.9 instance_noise=0.1";

/* One context with its files, which are memory. */
typedef struct place {
    fault_host fault;
    gan_context *context;
    gan_dataset *data;
} place;

static void open_place(place *p, const char *text)
{
    const int64_t shape[4] = {20, 6, 6, 1};
    const char *field = "image";
    gan_tensor *pictures;
    memset(p, 0, sizeof *p);
    gan_host host = fault_make(&p->fault);
    CHECK_OK(gan_context_create(&p->context, text, &host, NULL, 0));
    CHECK_OK(gan_tensor_create(&pictures, p->context, GAN_FLOAT32, 4, shape));
    float *x = gan_tensor_data(pictures);
    for (int i = 0; i < 720; i++) x[i] = (float)(i * 7919 % 201) / 100.0f - 1.0f;
    CHECK_OK(gan_dataset_from_tensors(&p->data, p->context, &field, &pictures, 1));
    gan_tensor_release(pictures);
}

static void close_place(place *p)
{
    gan_dataset_release(p->data);
    gan_context_release(p->context);
    CHECK_INT(p->fault.live, 0);
    fault_free_files(&p->fault);
}

static gan_trainer *make_trainer(place *p)
{
    gan_trainer *trainer;
    gan_model *g, *d;
    CHECK_OK(gan_trainer_create(&trainer, p->context, spec));
    CHECK_OK(gan_model_parse(&g, p->context, g_text));
    CHECK_OK(gan_model_parse(&d, p->context, d_text));
    CHECK_OK(gan_trainer_set_model(trainer, "generator", g));
    CHECK_OK(gan_trainer_set_model(trainer, "discriminator", d));
    CHECK_OK(gan_trainer_set_data(trainer, "real", p->data));
    gan_model_release(g);
    gan_model_release(d);
    return trainer;
}

/* The checkpoint after so many more steps, as a file of the place. */
static void run_and_save(gan_trainer *trainer, int64_t steps, const char *path)
{
    CHECK_OK(gan_trainer_run(trainer, steps, NULL, NULL));
    CHECK_OK(gan_trainer_save(trainer, path));
}

static bool files_equal(place *a, const char *a_path, place *b, const char *b_path)
{
    const fault_file *x = fault_find(&a->fault, a_path), *y = fault_find(&b->fault, b_path);
    return x && y && x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0;
}

static void carry(place *from, place *to, const char *path)
{
    const fault_file *file = fault_find(&from->fault, path);
    gan_host host = fault_make(&to->fault);
    void *copy = host.open(host.user, path, 1);
    CHECK_INT(host.write(host.user, copy, file->bytes, file->size), file->size);
    host.close(host.user, copy);
}

/* After one step, with the weights of each drawn anew: what is looked at is the seed and the noise.
 */
TEST(trainers_draw_apart)
{
    place a, b;
    open_place(&a, "threads=1 seed=5");
    open_place(&b, "threads=2 seed=5");
    gan_trainer *first = make_trainer(&a), *second = make_trainer(&a);
    gan_tape *tape;
    CHECK_OK(gan_tape_create(&tape, b.context)); /* tapes are counted apart */
    gan_trainer *again = make_trainer(&b), *once_more = make_trainer(&b);
    CHECK_INT(first->seed, 5);
    CHECK(second->seed != 5 && second->seed >> 63 == 0);
    CHECK(again->seed == first->seed && once_more->seed == second->seed);
    run_and_save(first, 2, "first");
    run_and_save(second, 2, "second");
    run_and_save(once_more, 2, "second");
    run_and_save(again, 2, "first");
    CHECK(!files_equal(&a, "first", &a, "second"));
    CHECK(files_equal(&a, "first", &b, "first"));
    CHECK(files_equal(&a, "second", &b, "second"));
    gan_tape_release(tape);
    gan_trainer *const all[] = {first, second, again, once_more};
    for (int i = 0; i < 4; i++) gan_trainer_release(all[i]);
    close_place(&a);
    close_place(&b);
}

/* ---- owners ---- */

enum { TAPES = 4, TRAINERS = 4, MOST_STREAMS = 64 };

/* A range of steps that an owner draws from, all of one seed and purpose. */
typedef struct stream {
    uint64_t seed, first, last;
    gan__purpose purpose;
    const char *owner;
} stream;

static stream streams[MOST_STREAMS];
static int stream_count;

static void own(const char *owner, uint64_t seed, gan__purpose purpose, uint64_t first,
                uint64_t last)
{
    streams[stream_count++] = (stream){seed, first, last, purpose, owner};
}

static void own_draws(const char *owner, uint64_t seed)
{
    own(owner, seed, GAN__DRAW_LATENT, 0, GAN__DRAW_STEPS - 1);
    own(owner, seed, GAN__DRAW_LAYER, 0, GAN__DRAW_STEPS - 1);
}

static void own_feeds(uint64_t seed)
{
    for (uint64_t i = 0; i < 2; i++)
        own("feed", seed, GAN__DRAW_SHUFFLE, i << 40, (i << 40) + ((uint64_t)1 << 40) - 1);
}

/* Averages are tried on draws and data of their own. */

static void own_trainer(const gan_trainer *t)
{
    const uint64_t refresh = gan__random_seed(t->seed, GAN__DRAW_REFRESH, 0);
    own_draws("trainer", t->tape->seed);
    own_feeds(t->seed);
    own("trainer", t->seed, GAN__DRAW_REFRESH, 0, 1);
    own_draws("averages", refresh);
    own_feeds(refresh);
}

static bool overlap(const stream *a, const stream *b)
{
    return a->seed == b->seed && a->purpose == b->purpose && a->first <= b->last &&
           b->first <= a->last;
}

/* Whatever draws in one context: no two of them ever draw the same number. */
TEST(streams_have_owners)
{
    place p;
    gan_tape *tapes[TAPES];
    gan_trainer *trainers[TRAINERS];
    open_place(&p, "threads=1 seed=5");
    stream_count = 0;
    for (int i = 0; i < TAPES; i++) {
        CHECK_OK(gan_tape_create(&tapes[i], p.context));
        own_draws("tape", tapes[i]->seed);
        trainers[i] = make_trainer(&p);
        own_trainer(trainers[i]);
    }
    const uint64_t last = GAN__DRAW_STEPS - 1, seed = p.context->seed;
    own("parameters", seed, GAN__DRAW_PARAMETER, 0, last);
    own("u and v", seed, GAN__DRAW_SPECTRAL, 0, last);
    own("seeds of tapes", seed, GAN__DRAW_TAPE, 0, last);
    own("seeds of trainers", seed, GAN__DRAW_TRAINER, 0, last);
    CHECK_INT(stream_count, TAPES * 2 + TRAINERS * (5 + 4) + 4);
    for (int i = 0; i < stream_count; i++)
        for (int k = 0; k < i; k++)
            if (!CHECK(!overlap(&streams[i], &streams[k])))
                printf("    %s and %s\n", streams[i].owner, streams[k].owner);
    for (int i = 0; i < TAPES; i++) {
        gan_tape_release(tapes[i]);
        gan_trainer_release(trainers[i]);
    }
    close_place(&p);
}

/* What they draw is what their seeds say. */
TEST(a_tape_is_no_trainer)
{
    enum { NUMBERS = 8 };
    const int64_t shape[2] = {1, NUMBERS};
    place p;
    gan_tape *tape;
    gan_value z;
    float expected[NUMBERS], *drawn;
    gan_tensor *tensor;
    open_place(&p, "threads=1 seed=5");
    CHECK_OK(gan_tape_create(&tape, p.context));
    CHECK_OK(gan_tensor_create(&tensor, p.context, GAN_FLOAT32, 2, shape));
    drawn = gan_tensor_data(tensor);
    CHECK_OK(gan_tape_normal(tape, 2, shape, &z));
    CHECK_OK(gan_tape_value(tape, z, tensor));
    gan__draw_normal(p.context, &(gan__draw){5, GAN__DRAW_LATENT, 0}, 0, NUMBERS, 0, 1, expected);
    CHECK(memcmp(drawn, expected, sizeof expected) != 0);
    gan__draw_normal(p.context, &(gan__draw){tape->seed, GAN__DRAW_LATENT, 0}, 0, NUMBERS, 0, 1,
                     expected);
    CHECK(memcmp(drawn, expected, sizeof expected) == 0);
    gan_tensor_release(tensor);
    gan_tape_release(tape);
    close_place(&p);
}

/* The same models, the same data, another number: other noise in the very first loss. */
TEST(equal_models_get_other_noise)
{
    place p;
    double loss[2];
    gan_model *g, *d, *copies[2];
    open_place(&p, "threads=1 seed=5");
    CHECK_OK(gan_model_parse(&g, p.context, g_text));
    CHECK_OK(gan_model_parse(&d, p.context, d_text));
    for (int i = 0; i < 2; i++) {
        gan_trainer *trainer = make_trainer(&p);
        CHECK_OK(gan_model_copy(&copies[0], g));
        CHECK_OK(gan_model_copy(&copies[1], d));
        CHECK_OK(gan_trainer_set_model(trainer, "generator", copies[0]));
        CHECK_OK(gan_trainer_set_model(trainer, "discriminator", copies[1]));
        CHECK_OK(gan_trainer_step(trainer));
        CHECK_OK(gan_trainer_value(trainer, "loss.generator", &loss[i]));
        for (int j = 0; j < 2; j++) gan_model_release(copies[j]);
        gan_trainer_release(trainer);
    }
    CHECK(loss[0] != loss[1]);
    gan_model_release(g);
    gan_model_release(d);
    close_place(&p);
}

/* Two runs of contexts with other seeds, one of them the second of its context, go on side by side
 * in a third context as if they had not been interrupted. */
TEST(loads_keep_to_their_seeds)
{
    place a, b, c;
    open_place(&a, "threads=1 seed=1");
    open_place(&b, "threads=1 seed=2");
    open_place(&c, "threads=2 seed=9");
    gan_trainer *ended = make_trainer(&b), *loaded[2], *runs[2] = {make_trainer(&a), NULL};
    runs[1] = make_trainer(&b);
    place *const places[2] = {&a, &b};
    static const char *const half[2] = {"half.a", "half.b"};
    for (int i = 0; i < 2; i++) {
        run_and_save(runs[i], 3, half[i]);
        carry(places[i], &c, half[i]);
        run_and_save(runs[i], 3, "whole");
    }
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_trainer_load(&loaded[i], c.context, half[i]));
        CHECK_OK(gan_trainer_set_data(loaded[i], "real", c.data));
    }
    for (int i = 0; i < 4; i++) CHECK_OK(gan_trainer_step(loaded[i % 2]));
    for (int i = 0; i < 2; i++) {
        run_and_save(loaded[i], 1, half[i]);
        CHECK(files_equal(places[i], "whole", &c, half[i]));
    }
    CHECK_INT(c.context->seed, 9);
    CHECK(strncmp(gan_context_text(c.context), "threads=2 seed=9 ", 17) == 0);
    gan_trainer *fresh = make_trainer(&c);
    CHECK_INT(fresh->seed, 9);
    gan_trainer *const all[] = {ended, loaded[0], loaded[1], runs[0], runs[1], fresh};
    for (int i = 0; i < 6; i++) gan_trainer_release(all[i]);
    close_place(&a);
    close_place(&b);
    close_place(&c);
}

/* What of a context the bits of later things depend on. */
static bool untouched(const gan_context *context)
{
    return context->seed == 9 && context->counts.draws == 0 && context->counts.tapes == 0 &&
           context->counts.trainers == 0 &&
           strncmp(gan_context_text(context), "threads=1 seed=9 ", 17) == 0;
}

static void overwrite(fault_file *file, const char *old, const char *by)
{
    size_t length = strlen(old), i = 0;
    while (i + length < file->size && memcmp(file->bytes + i, old, length) != 0) i++;
    if (CHECK(i + length < file->size)) memcpy(file->bytes + i, by, strlen(by));
}

/* Each allocation of a load, and a file of which one count, read last, is no number. */
TEST(a_failing_load_leaves_the_context)
{
    place a, b;
    gan_status status = GAN_E_MEMORY;
    gan_trainer *trainer, *loaded;
    open_place(&a, "threads=1 seed=1");
    open_place(&b, "threads=1 seed=9");
    trainer = make_trainer(&a);
    run_and_save(trainer, 1, "good");
    carry(&a, &b, "good");
    for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
        b.fault.fail_at = b.fault.allocations + n;
        status = gan_trainer_load(&loaded, b.context, "good");
        b.fault.fail_at = 0;
        if (!CHECK(untouched(b.context))) break;
    }
    if (CHECK_OK(status)) gan_trainer_release(loaded);

    overwrite(fault_find(&b.fault, "good"), "\"gan.crc32\"", "\"gan.other\"");
    overwrite(fault_find(&b.fault, "good"), "\"gan.draws\":\"", "\"gan.draws\":\"x");
    CHECK_STATUS(gan_trainer_load(&loaded, b.context, "good"), GAN_E_FORMAT);
    CHECK(strstr(gan_context_message(b.context), "gan.draws") != NULL);
    CHECK(untouched(b.context));
    gan_trainer_release(trainer);
    close_place(&a);
    close_place(&b);
}

/* The same file with another number in its metadata, as a program of ours would write it. */
static void rewrite(place *p, const char *path, const char *key, const char *value)
{
    gan__archive_in archive;
    CHECK_OK(gan__archive_open(&archive, p->context, path));
    gan__safetensors *file = &archive.file;
    gan__safetensors_tensor *tensors = calloc(file->entry_count, sizeof *tensors);
    gan__safetensors_pair *pairs = calloc(file->pair_count, sizeof *pairs);
    size_t count = 0;
    for (size_t i = 0; i < file->entry_count; i++) {
        const gan__array *array = &file->entries[i].array;
        tensors[i] = (gan__safetensors_tensor){file->entries[i].name, array->element, array->rank,
                                               array->shape,          array->data,    NULL};
    }
    for (size_t i = 0; i < file->pair_count; i++) {
        if (strncmp(file->pairs[i].key, "gan.crc32", 9) == 0) continue;
        pairs[count] = file->pairs[i];
        if (strcmp(pairs[count].key, key) == 0) pairs[count].value = value;
        count++;
    }
    CHECK_OK(gan__safetensors_write(p->context, path, tensors, file->entry_count, pairs, count));
    free(tensors);
    free(pairs);
    gan__archive_close(&archive);
}

/* Numbers that would overflow when they are counted on, or that no count can be. */
TEST(counts_have_bounds)
{
    static const char *const keys[] = {"gan.steps", "gan.draws", "gan.position.real",
                                       "gan.optimizer.generator.steps"};
    static const char *const values[] = {"9223372036854775807", "281474976710656", "-1"};
    place p;
    gan_trainer *trainer, *loaded;
    open_place(&p, "threads=1");
    trainer = make_trainer(&p);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 3; k++) {
            run_and_save(trainer, i + k ? 0 : 1, "a");
            rewrite(&p, "a", keys[i], values[k]);
            CHECK_STATUS(gan_trainer_load(&loaded, p.context, "a"), GAN_E_FORMAT);
            CHECK(strstr(gan_context_message(p.context), keys[i]) != NULL);
        }
    }
    rewrite(&p, "a", "gan.optimizer.generator.steps", "1");
    if (CHECK_OK(gan_trainer_load(&loaded, p.context, "a"))) gan_trainer_release(loaded);
    gan_trainer_release(trainer);
    close_place(&p);
}

int main(void)
{
    RUN(trainers_draw_apart);
    RUN(streams_have_owners);
    RUN(a_tape_is_no_trainer);
    RUN(equal_models_get_other_noise);
    RUN(loads_keep_to_their_seeds);
    RUN(a_failing_load_leaves_the_context);
    RUN(counts_have_bounds);
    return test_report();
}
