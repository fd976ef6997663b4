/* Saving, loading, copying, sharing; PyTorch's files; files that are broken.
 * state_dict*.safetensors are made by make_state_dict.py. */
#include "fault.h"

#include <gan/model.h>
#include <gan/runner.h>

#include "base/stream.h"
#include "files/safetensors.h"
#include "model/model.h"

#include <math.h>

static fault_host fault;
static gan_context *context;

static gan_model *parse(const char *text)
{
    gan_model *model;
    if (!CHECK_OK(gan_model_parse(&model, context, text))) {
        printf("    %s\n", gan_context_message(context));
        exit(1);
    }
    return model;
}

/* The parameter as floats, malloced. */
static float *values(gan_model *model, const char *name, int64_t *count)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor;
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    CHECK_OK(gan_model_read(model, name, GAN_VALUE, tensor));
    *count = gan_tensor_count(tensor);
    float *out = malloc((size_t)*count * sizeof *out);
    memcpy(out, gan_tensor_data(tensor), (size_t)*count * sizeof *out);
    gan_tensor_release(tensor);
    return out;
}

static void set_all(gan_model *model, const char *name, float value)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor;
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    float *data = gan_tensor_data(tensor);
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++) data[i] = value;
    CHECK_OK(gan_model_write(model, name, tensor));
    gan_tensor_release(tensor);
}

static float first(gan_model *model, const char *name)
{
    int64_t count;
    float *all = values(model, name, &count), value = all[0];
    free(all);
    return value;
}

/* Names, order and every bit. */
static int same_values(gan_model *a, gan_model *b)
{
    int same = gan_model_parameter_count(a) == gan_model_parameter_count(b);
    for (int64_t i = 0; same && i < gan_model_parameter_count(a); i++) {
        int64_t n, m;
        const char *name = gan_model_parameter_name(a, i);
        if (strcmp(name, gan_model_parameter_name(b, i)) != 0) return 0;
        float *x = values(a, name, &n), *y = values(b, name, &m);
        same = n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0;
        free(x);
        free(y);
    }
    return same;
}

static const char *const sample_text =
    "define trunk { input any any 4; conv2d 4 kernel=3 pad=1; batchnorm }\n"
    "input 4 4 3; conv2d 4 kernel=1 spectral=yes; part trunk; residual { part trunk; prelu }\n"
    "flatten; h = dense 6; reshape 1 2 3; layernorm; y = dense 2; output h y";

TEST(round_trip)
{
    gan_model *model = parse(sample_text), *again;
    CHECK_OK(gan_model_save(model, "model"));
    if (!CHECK_OK(gan_model_load(&again, context, "model"))) {
        printf("    %s\n", gan_context_message(context));
        return;
    }
    CHECK_TEXT(gan_model_text(again), gan_model_text(model));
    CHECK(same_values(model, again));
    CHECK_OK(gan_model_save(again, "again"));
    const fault_file *a = fault_find(&fault, "model"), *b = fault_find(&fault, "again");
    CHECK(a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0);
    gan_model *memory;
    CHECK_OK(gan_model_load_memory(&memory, context, a->bytes, a->size));
    CHECK(same_values(model, memory));
    gan_model_release(memory);
    /* Changing one changes no other. */
    set_all(again, "h.weight", 3.0f);
    CHECK(!same_values(model, again));
    uint64_t version = again->stores[0]->version;
    CHECK_OK(gan_model_load_weights(again, "model", NULL));
    CHECK(again->stores[0]->version > version); /* packed weights are packed again */
    CHECK(same_values(model, again));
    gan_model_release(model);
    gan_model_release(again);
}

/* Loading and copying use up no random numbers: what comes after is as without them. */
TEST(draws)
{
    gan_context *one, *two;
    gan_model *a, *b, *c, *d, *e;
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&one, "threads=1 seed=5", &host, NULL, 0));
    CHECK_OK(gan_context_create(&two, "threads=1 seed=5", &host, NULL, 0));
    CHECK_OK(gan_model_parse(&a, one, "input 3; dense 4"));
    CHECK_OK(gan_model_load(&b, one, "model"));
    CHECK_OK(gan_model_copy(&c, b));
    CHECK_OK(gan_model_parse(&d, one, "input 3; dense 4"));
    CHECK_OK(gan_model_parse(&e, two, "input 3; dense 4"));
    CHECK(!same_values(a, d));
    CHECK(same_values(a, e));
    gan_model_release(e);
    CHECK_OK(gan_model_parse(&e, two, "input 3; dense 4"));
    CHECK(same_values(d, e));
    CHECK(same_values(b, c));
    gan_model *all[] = {a, b, c, d, e};
    for (int i = 0; i < 5; i++) gan_model_release(all[i]);
    gan_context_release(one);
    gan_context_release(two);
}

TEST(copies)
{
    gan_model *model = parse(sample_text), *copy;
    set_all(model, "trunk.0.weight", 7.0f);
    CHECK_OK(gan_model_copy(&copy, model));
    CHECK_TEXT(gan_model_text(copy), gan_model_text(model));
    CHECK(same_values(model, copy));
    set_all(copy, "trunk.0.weight", 8.0f);
    CHECK(first(model, "trunk.0.weight") == 7.0f);
    CHECK(gan_model_layer(copy, "trunk.0") != gan_model_layer(model, "trunk.0"));
    gan_model_release(model);
    gan_model_release(copy);
}

TEST(sharing)
{
    gan_model *trunk = parse("input any any 4; conv2d 4 kernel=3 pad=1; batchnorm"), *a, *b, *c, *d;
    const char *const names[] = {"trunk"}, *const wrong[] = {"trank"};
    gan_model *const parts[] = {trunk};
    CHECK_OK(gan_model_parse_parts(&a, context, "input 8 8 4; part trunk", names, parts, 1));
    CHECK_OK(gan_model_parse_parts(&b, context, "input 6 6 4; relu; part trunk; dense 2", names,
                                   parts, 1));
    set_all(a, "trunk.0.weight", 0.5f);
    CHECK(first(b, "trunk.0.weight") == 0.5f);
    CHECK(first(trunk, "0.weight") == 0.5f);
    /* Stored once; bound when it is given, else private. */
    CHECK_OK(gan_model_save(b, "shared"));
    CHECK_OK(gan_model_load(&c, context, "shared"));
    set_all(trunk, "0.weight", 0.25f);
    CHECK_OK(gan_model_load_parts(&d, context, "shared", names, parts, 1));
    CHECK(first(c, "trunk.0.weight") == 0.5f);
    CHECK(first(d, "trunk.0.weight") == 0.25f);
    CHECK(gan_model_layer(d, "trunk.0") == gan_model_layer(trunk, "0"));
    CHECK(first(d, "2.weight") == first(b, "2.weight"));
    gan_model *none;
    CHECK_STATUS(gan_model_load_parts(&none, context, "shared", wrong, parts, 1), GAN_E_ARGUMENT);
    CHECK(none == NULL && strstr(gan_context_message(context), "no part 'trank'"));
    gan_model *all[] = {trunk, a, b, c, d};
    for (int i = 0; i < 5; i++) gan_model_release(all[i]);
}

/* ---- PyTorch ---- */

static const char *const torch_text =
    "define 6 { input any any 12; conv2d 12 kernel=1; groupnorm 3; relu }\n"
    "input 8 8 3\n"
    "conv2d 8 kernel=3 stride=2 pad=1 spectral=yes; batchnorm; leaky_relu 0.2\n"
    "conv2d 12 kernel=3x2 groups=2 bias=no; instancenorm affine=yes; prelu; part 6; flatten\n"
    "dense 36; layernorm; tanh; reshape 3 3 4; conv_transpose2d 6 kernel=4 stride=2 pad=1 "
    "groups=2\n"
    "layernorm; flatten; dense 5 spectral=yes";

/* A file of this folder, put among the host's. */
static void copy_file(const char *name)
{
    char path[512];
    static char bytes[1 << 16];
    snprintf(path, sizeof path, "%s/tests/model/%s", GAN_SOURCE_FOLDER, name);
    FILE *stream = fopen(path, "rb");
    if (!CHECK(stream != NULL)) exit(1);
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    void *file = fault_open(&fault, name, 1);
    fault_write(&fault, file, bytes, size);
    fault_close(&fault, file);
}

static void open_file(const char *name, uint8_t **bytes, gan__safetensors *file)
{
    size_t size;
    CHECK_OK(gan__file_read(context, name, bytes, &size));
    const gan__bytes in = {.context = context, .name = name, .data = *bytes, .size = size};
    CHECK_OK(gan__safetensors_read(&in, file));
}

/* Every tensor of one file is in the other, with the same type, shape and bytes. */
static void check_same_tensors(const char *a_name, const char *b_name)
{
    uint8_t *a_bytes, *b_bytes;
    gan__safetensors a, b;
    open_file(a_name, &a_bytes, &a);
    open_file(b_name, &b_bytes, &b);
    CHECK_INT(a.entry_count, b.entry_count);
    for (size_t i = 0; i < a.entry_count && i < b.entry_count; i++) {
        const gan__array *x = &a.entries[i].array, *y = &b.entries[i].array;
        CHECK_TEXT(a.entries[i].name, b.entries[i].name);
        CHECK_INT(x->element, y->element);
        CHECK_INT(x->rank, y->rank);
        CHECK(memcmp(x->shape, y->shape, (size_t)x->rank * sizeof(int64_t)) == 0);
        CHECK(x->count == y->count &&
              memcmp(x->data, y->data, (size_t)x->count * gan__element_size(x->element)) == 0);
    }
    gan__safetensors_free(&a);
    gan__safetensors_free(&b);
    context->host.deallocate(context->host.user, a_bytes);
    context->host.deallocate(context->host.user, b_bytes);
}

TEST(torch_state)
{
    gan_model *model = parse(torch_text);
    copy_file("state_dict.safetensors");
    if (!CHECK_OK(gan_model_load_weights(model, "state_dict.safetensors", NULL)))
        printf("    %s\n", gan_context_message(context));
    CHECK_OK(gan_model_save(model, "saved"));
    check_same_tensors("state_dict.safetensors", "saved");
    CHECK(first(model, "1.num_batches_tracked") == 2.0f);
    gan_tensor *count;
    CHECK_OK(gan_tensor_create(&count, context, GAN_INT64, 0, NULL));
    CHECK_OK(gan_model_read(model, "1.num_batches_tracked", GAN_VALUE, count));
    CHECK_INT(*(int64_t *)gan_tensor_data(count), 2);
    gan_tensor_release(count);
    const char *keep = getenv("GAN_TEST_KEEP"); /* for make_state_dict.py's check */
    FILE *stream = keep ? fopen(keep, "wb") : NULL;
    if (stream) {
        const fault_file *file = fault_find(&fault, "saved");
        CHECK(fwrite(file->bytes, 1, file->size, stream) == file->size);
        fclose(stream);
    }
    gan_model_release(model);
}

/* The same numbers come out: the layouts mean what PyTorch means. */
TEST(torch_pass)
{
    uint8_t *bytes;
    gan__safetensors file;
    gan_runner *runner;
    gan_tensor *nchw, *x, *y;
    float input[2 * 3 * 8 * 8], expected[2 * 5];
    gan_model *model = parse(torch_text);
    CHECK_OK(gan_model_load_weights(model, "state_dict.safetensors", NULL));
    copy_file("state_dict_pass.safetensors");
    open_file("state_dict_pass.safetensors", &bytes, &file);
    gan__array_decode(&gan__safetensors_find(&file, "x")->array, GAN_FLOAT32, input);
    gan__array_decode(&gan__safetensors_find(&file, "y")->array, GAN_FLOAT32, expected);
    CHECK_OK(gan_tensor_wrap(&nchw, context, GAN_FLOAT32, 4, (const int64_t[]){2, 3, 8, 8}, NULL,
                             input, NULL, NULL));
    CHECK_OK(gan_tensor_permute(&x, nchw, (const int32_t[]){0, 2, 3, 1}));
    CHECK_OK(gan_tensor_create(&y, context, GAN_FLOAT32, 2, (const int64_t[]){2, 5}));
    CHECK_OK(gan_runner_create(&runner, context, model, "batch=2"));
    CHECK_OK(gan_runner_run(runner, (gan_tensor *const[]){x}, 1, (gan_tensor *const[]){y}, 1));
    for (int i = 0; i < 10; i++) {
        CHECK_NEAR(((float *)gan_tensor_data(y))[i], expected[i],
                   2e-5 * fmax(1.0, fabs((double)expected[i])));
    }
    gan_runner_release(runner);
    gan_tensor_release(y);
    gan_tensor_release(x);
    gan_tensor_release(nchw);
    gan_model_release(model);
    gan__safetensors_free(&file);
    context->host.deallocate(context->host.user, bytes);
}

/* ---- what does not fit ---- */

static void check_weights_error(const char *text, const char *message)
{
    gan_model *model = parse(text), *before;
    CHECK_OK(gan_model_copy(&before, model));
    CHECK_STATUS(gan_model_load_weights(model, "shared", NULL), GAN_E_FORMAT);
    if (!CHECK(strstr(gan_context_message(context), message) != NULL))
        printf("    %s\n", gan_context_message(context));
    CHECK(same_values(model, before));
    gan_model_release(model);
    gan_model_release(before);
}

TEST(strict)
{
    const char *trunk = "define trunk { input any any 4; conv2d 4 kernel=3 pad=1; batchnorm }\n";
    char text[512];
    snprintf(text, sizeof text, "%sinput 6 6 4; relu; part trunk; dense 3", trunk);
    check_weights_error(text,
                        "tensor '2.weight' has the shape [2, 144], the parameter has [3, 144]");
    snprintf(text, sizeof text, "%sinput 6 6 4; relu; part trunk; dense 2 bias=no", trunk);
    check_weights_error(text, "no parameter for the tensor '2.bias'");
    snprintf(text, sizeof text, "%sinput 6 6 4; relu; part trunk; dense 2; dense 2", trunk);
    check_weights_error(text, "there is no tensor '3.weight'");
    gan_model *model = (gan_model *)1;
    CHECK_STATUS(gan_model_load(&model, context, "state_dict.safetensors"), GAN_E_FORMAT);
    CHECK(model == NULL && strstr(gan_context_message(context), "no 'gan.format'"));
    CHECK_STATUS(gan_model_load(&model, context, "nowhere"), GAN_E_FILE);
    CHECK_STATUS(gan_model_load(&model, context, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_load_memory(&model, context, NULL, 3), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_save(NULL, "x"), GAN_E_ARGUMENT);
}

/* A file with this metadata and no tensors. */
static void check_metadata(const gan__safetensors_pair *pairs, size_t count, gan_status expected,
                           const char *message)
{
    gan_model *model;
    CHECK_OK(gan__safetensors_write(context, "made", NULL, 0, pairs, count));
    CHECK_STATUS(gan_model_load(&model, context, "made"), expected);
    if (!CHECK(expected == GAN_OK || strstr(gan_context_message(context), message)))
        printf("    %s\n", gan_context_message(context));
    gan_model_release(model);
}

TEST(metadata)
{
    gan__safetensors_pair pairs[] = {{"gan.format", "1.7"},
                                     {"gan.kind", "model"},
                                     {"gan.text", "input 3; relu"},
                                     {"gan.something_new", "is ignored"}};
    check_metadata(pairs, 4, GAN_OK, "");
    check_metadata(pairs, 2, GAN_E_FORMAT, "no 'gan.text'");
    pairs[0].value = "2.0";
    check_metadata(pairs, 4, GAN_E_FORMAT, "the format is '2.0'");
    pairs[0].value = "1.0";
    pairs[1].value = "trainer";
    check_metadata(pairs, 4, GAN_E_FORMAT, "holds a 'trainer', not a 'model'");
    pairs[1].value = "model";
    pairs[2].value = "input 3; relo";
    check_metadata(pairs, 4, GAN_E_TEXT, "did you mean 'relu'? (line 1, column 10)");
    /* A small file that asks for much is refused before it gets it. */
    long long peak = fault.allocations;
    pairs[2].value = "input 16777216; dense 16777216";
    check_metadata(pairs, 4, GAN_E_FORMAT, "there is no tensor '0.weight'");
    pairs[2].value = "input 3; repeat 99999 { dense 3 }";
    check_metadata(pairs, 4, GAN_E_TEXT, "too many layers");
    CHECK(fault.allocations - peak < 200000);
}

/* ---- broken files ---- */

/* What is loaded all the same must be the model that was saved, of the text `text`. */
static void try_memory(const unsigned char *bytes, size_t size, const char *text, long long *loaded)
{
    gan_model *model;
    unsigned char *copy = malloc(size + 1); /* exact, so that a sanitizer sees the end */
    memcpy(copy, bytes, size);
    gan_status status = gan_model_load_memory(&model, context, copy, size);
    free(copy);
    *loaded += status == GAN_OK;
    CHECK((status == GAN_OK) == (model != NULL));
    CHECK(status == GAN_OK || status == GAN_E_FORMAT || status == GAN_E_TEXT ||
          status == GAN_E_SHAPE || status == GAN_E_UNSUPPORTED);
    CHECK(status == GAN_OK || gan_context_message(context)[0]);
    if (model) CHECK_TEXT(gan_model_text(model), text);
    gan_model_release(model);
}

TEST(broken_files)
{
    gan_model *model = parse("define p { input any any 2; conv2d 2 kernel=1; batchnorm }\n"
                             "input 2 2 2; part p; flatten; dense 1");
    CHECK_OK(gan_model_save(model, "small"));
    const fault_file *file = fault_find(&fault, "small");
    const char *text = gan_model_text(model);
    long long live = fault.live, whole = 0, flipped = 0;
    for (size_t size = 0; size < file->size; size++) try_memory(file->bytes, size, text, &whole);
    CHECK_INT(whole, 0);
    for (size_t bit = 0; bit < 8 * file->size; bit++) {
        file->bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        try_memory(file->bytes, file->size, text, &flipped);
        file->bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    CHECK_INT(fault.live, live);
    try_memory(file->bytes, file->size, text, &whole);
    CHECK_INT(whole, 1);
    gan_model_release(model);
    printf("a file of %zu bytes: %lld of %zu flipped bits still make a model\n", file->size,
           flipped, 8 * file->size);
    CHECK(flipped < (long long)file->size * 8 / 10); /* names of checksums: these are then lost */
}

/* ---- starvation: the n-th allocation or file operation fails ---- */

typedef gan_status attempt(void *argument);

static void starve(attempt *run, void *argument, int files, int and_after)
{
    long long live = fault.live, n = 0;
    gan_status status = GAN_E_MEMORY;
    while (status != GAN_OK && n++ < 100000) {
        fault.and_after = and_after;
        if (files)
            fault.file_fail_at = fault.file_operations + n;
        else
            fault.fail_at = fault.allocations + n;
        status = run(argument);
        fault.fail_at = fault.file_fail_at = 0;
        if (status != GAN_OK) CHECK_STATUS(status, files ? GAN_E_FILE : GAN_E_MEMORY);
        if (!CHECK_INT(fault.live, live)) return;
    }
    CHECK(n > 3);
}

static gan_status attempt_load(void *path)
{
    gan_model *model;
    gan_status status = gan_model_load(&model, context, path);
    gan_model_release(model);
    return status;
}

static gan_status attempt_save(void *model)
{
    return gan_model_save(model, "target");
}

static gan_status attempt_copy(void *model)
{
    gan_model *copy;
    gan_status status = gan_model_copy(&copy, model);
    gan_model_release(copy);
    return status;
}

typedef struct weights_attempt {
    gan_model *model, *before;
} weights_attempt;

static gan_status attempt_weights(void *argument)
{
    const weights_attempt *a = argument;
    long long at = fault.fail_at, file_at = fault.file_fail_at;
    gan_status status = gan_model_load_weights(a->model, "model", NULL);
    fault.fail_at = fault.file_fail_at = 0;
    if (status != GAN_OK) CHECK(same_values(a->model, a->before));
    fault.fail_at = at;
    fault.file_fail_at = file_at;
    return status;
}

TEST(starvation)
{
    gan_model *model = parse(sample_text), *old, *copy;
    weights_attempt weights = {model, NULL};
    fault_free_files(&fault);
    CHECK_OK(gan_model_save(model, "model"));
    CHECK_OK(gan_model_copy(&weights.before, model));
    CHECK(gan_model_text(model) != NULL);
    for (int and_after = 0; and_after < 2; and_after++) {
        char path[] = "model";
        starve(attempt_load, path, 0, and_after);
        starve(attempt_load, path, 1, and_after);
        starve(attempt_copy, model, 0, and_after);
        starve(attempt_save, model, 0, and_after);
        starve(attempt_weights, &weights, 0, and_after);
        CHECK_INT(fault_file_count(&fault) >= 0, 1);
    }
    gan_model_release(weights.before);
    /* A failed save leaves the old file, whole. */
    CHECK_OK(gan_model_copy(&old, model));
    CHECK_OK(gan_model_save(model, "target"));
    set_all(model, "h.weight", 9.0f);
    for (long long n = 1; n < 100; n++) {
        fault.file_fail_at = fault.file_operations + n;
        fault.and_after = 1;
        gan_status status = gan_model_save(model, "target");
        fault.file_fail_at = 0;
        CHECK_OK(gan_model_load(&copy, context, "target"));
        int saved = same_values(copy, model);
        CHECK(saved || same_values(copy, old));
        gan_model_release(copy);
        if (status == GAN_OK) {
            CHECK(saved);
            break;
        }
    }
    gan_model_release(old);
    gan_model_release(model);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    if (gan_context_create(&context, "threads=1 seed=7", &host, NULL, 0) != GAN_OK) return 1;
    RUN(round_trip);
    RUN(draws);
    RUN(copies);
    RUN(sharing);
    RUN(torch_state);
    RUN(torch_pass);
    RUN(strict);
    RUN(metadata);
    RUN(broken_files);
    RUN(starvation);
    gan_context_release(context);
    fault_free_files(&fault);
    test_name = "leaks";
    CHECK_INT(fault.live, 0);
    return test_report();
}
