/* State dicts as PyTorch saves them: both forms of spectral norm, names that wrappers and other
 * code bases give, number types. The files are made by make_state_dict.py. */
#include "fault.h"

#include <gan/model.h>
#include <gan/runner.h>

#include "base/memory.h"
#include "base/stream.h"
#include "files/safetensors.h"
#include "model/name_map.h"

#include <math.h>

static gan_context *context;
static gan_context *starved; /* on the host that can fail */
static fault_host fault;
static char warnings[512];

static void keep_log(void *user, int32_t level, const char *line)
{
    size_t length = strlen(warnings);
    (void)user;
    (void)level;
    snprintf(warnings + length, sizeof warnings - length, "%s\n", line);
}

static gan_model *parse(const char *text)
{
    gan_model *model;
    if (!CHECK_OK(gan_model_parse(&model, context, text))) {
        printf("    %s\n", gan_context_message(context));
        exit(1);
    }
    return model;
}

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/tests/model/state_dict_%s.safetensors", GAN_SOURCE_FOLDER,
             name);
    return path;
}

static uint8_t *bytes_of(const char *name, size_t *size)
{
    uint8_t *bytes;
    if (!CHECK_OK(gan__file_read(context, path_of(name), &bytes, size))) exit(1);
    return bytes;
}

static void load(gan_model *model, const char *name, const char *map)
{
    warnings[0] = '\0';
    if (!CHECK_OK(gan_model_load_weights(model, path_of(name), map)))
        printf("    %s\n", gan_context_message(context));
}

static float at(gan_model *model, const char *name, int64_t index)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor;
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    CHECK_OK(gan_model_read(model, name, GAN_VALUE, tensor));
    float value = ((float *)gan_tensor_data(tensor))[index];
    gan_tensor_release(tensor);
    return value;
}

/* ---- what comes out ---- */

static gan_tensor *stored(const gan__safetensors *forms, const char *net, const char *which)
{
    char name[64];
    gan_tensor *tensor;
    snprintf(name, sizeof name, "%s.%s", net, which);
    const gan__safetensors_entry *entry = gan__safetensors_find(forms, name);
    if (!CHECK(entry != NULL)) exit(1);
    const gan__array *array = &entry->array;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, array->rank, array->shape));
    gan__array_decode(array, GAN_FLOAT32, gan_tensor_data(tensor));
    return tensor;
}

/* PyTorch's N, C, H, W as N, H, W, C; a vector as it is. */
static gan_tensor *turned(gan_tensor *tensor)
{
    gan_tensor *view = NULL;
    if (gan_tensor_rank(tensor) != 4) return tensor;
    CHECK_OK(gan_tensor_permute(&view, tensor, (const int32_t[]){0, 2, 3, 1}));
    gan_tensor_release(tensor);
    return view;
}

/* The network's output in evaluation mode is PyTorch's. */
static void check_pass(gan_model *model, const char *net)
{
    size_t size;
    uint8_t *bytes = bytes_of("forms", &size);
    gan__safetensors forms;
    gan_runner *runner;
    const gan__bytes in = {.context = context, .name = "forms", .data = bytes, .size = size};
    CHECK_OK(gan__safetensors_read(&in, &forms));
    gan_tensor *x = turned(stored(&forms, net, "x")), *y = turned(stored(&forms, net, "y")), *made;
    CHECK_OK(
        gan_tensor_create(&made, context, GAN_FLOAT32, gan_tensor_rank(y), gan_tensor_shape(y)));
    CHECK_OK(gan_runner_create(&runner, context, model, "batch=2"));
    CHECK_OK(gan_runner_run(runner, &x, 1, &made, 1));
    gan_tensor *plain; /* the same order in memory */
    CHECK_OK(
        gan_tensor_create(&plain, context, GAN_FLOAT32, gan_tensor_rank(y), gan_tensor_shape(y)));
    CHECK_OK(gan_tensor_copy(plain, y));
    const float *a = gan_tensor_data(made), *b = gan_tensor_data(plain);
    for (int64_t i = 0; i < gan_tensor_count(made); i++)
        if (!CHECK_NEAR(a[i], b[i], 2e-5 * fmax(1.0, fabs((double)b[i])))) break;
    gan_tensor *all[] = {x, y, made, plain};
    for (int i = 0; i < 4; i++) gan_tensor_release(all[i]);
    gan_runner_release(runner);
    gan__safetensors_free(&forms);
    gan__free(context, bytes);
}

static const char spectral_text[] =
    "input 4 4 3; conv2d 5 kernel=3x2 pad=1 spectral=yes; leaky_relu 0.2\n"
    "conv_transpose2d 4 kernel=4 stride=2 pad=1 bias=no spectral=yes; leaky_relu 0.2\n"
    "conv_transpose2d 2 kernel=3 spectral=yes; flatten; dense 6 spectral=yes; dense 3 spectral=yes";
static const char plain_text[] =
    "input 4 4 3; conv2d 4 kernel=3; batchnorm; relu; flatten; dense 2";

TEST(both_forms_of_spectral_norm)
{
    gan_model *model = parse(spectral_text);
    load(model, "spectral", NULL);
    check_pass(model, "spectral");
    CHECK_TEXT(warnings, "");
    gan_model_release(model);
}

TEST(wrapped_names)
{
    gan_model *model = parse(plain_text);
    load(model, "ddp", "strip module.");
    check_pass(model, "plain");
    CHECK_TEXT(warnings, "");
    gan_model_release(model);
    model = parse(plain_text);
    load(model, "compiled", "strip \"module.\"; strip _orig_mod. # either");
    check_pass(model, "plain");
    char expected[700];
    snprintf(expected, sizeof expected,
             "%s: no tensor is called as in 'strip module.' (line 1, column 1)\n",
             path_of("compiled"));
    CHECK_TEXT(warnings, expected);
    gan_model_release(model);
}

TEST(names_of_cyclegan)
{
    static const char block[] =
        "residual { pad reflect:1; conv2d 12 kernel=3; instancenorm; relu; pad reflect:1; "
        "conv2d 12 kernel=3; instancenorm }\n";
    static const char up[] =
        "conv_transpose2d 6 kernel=3 stride=2 pad=1 output_pad=1; instancenorm; relu\n"
        "conv_transpose2d 3 kernel=3 stride=2 pad=1 output_pad=1; instancenorm; relu\n";
    static const char down[] = "conv2d 6 kernel=3 stride=2 pad=1; instancenorm; relu\n"
                               "conv2d 12 kernel=3 stride=2 pad=1; instancenorm; relu\n";
    char text[2048];
    /* One statement a module. */
    snprintf(text, sizeof text,
             "input any any 3; pad reflect:3; conv2d 3 kernel=7; instancenorm; relu\n%s%s%s%s"
             "pad reflect:3; conv2d 3 kernel=7; tanh",
             down, block, block, up);
    gan_model *model = parse(text);
    load(model, "cyclegan", "rename model.*.conv_block.* *.*; strip model.");
    CHECK_TEXT(warnings, "");
    CHECK(at(model, "10.1.weight", 0) != at(model, "11.1.weight", 0));
    gan_model_release(model);
    /* Padding inside of the convolutions, blocks repeated. */
    snprintf(text, sizeof text,
             "input 16 16 3; conv2d 3 kernel=7 pad=reflect:3; instancenorm; relu\n%s"
             "repeat 2 { residual { conv2d 12 kernel=3 pad=reflect:1; instancenorm; relu; "
             "conv2d 12 kernel=3 pad=reflect:1; instancenorm } }\n"
             "%s last = conv2d 3 kernel=7 pad=reflect:3; tanh",
             down, up);
    model = parse(text);
    load(model, "cyclegan",
         "rename model.*.conv_block.1.* 9.*-10.0.0.*; rename model.*.conv_block.5.* 9.*-10.0.3.*\n"
         "rename model.19.* last.*\n"
         "rename model.12.* 10.*; rename model.15.* 13.*; rename model.*.* *-1.*");
    CHECK_TEXT(warnings, "");
    check_pass(model, "cyclegan");
    gan_model_release(model);
}

/* Every type of numbers; a count that older versions did not save. */
TEST(types_and_counts)
{
    size_t sizes[2];
    uint8_t *bytes[2] = {bytes_of("mixed", &sizes[0]), bytes_of("ddp", &sizes[1])};
    gan__safetensors files[2];
    gan_model *model = parse(plain_text);
    for (int i = 0; i < 2; i++) {
        const gan__bytes in = {context, "a file", bytes[i], sizes[i], 0};
        CHECK_OK(gan__safetensors_read(&in, &files[i]));
    }
    CHECK_OK(gan_model_load_weights_memory(model, bytes[0], sizes[0], NULL));
    for (size_t i = 0; i < files[0].entry_count; i++) {
        const gan__safetensors_entry *entry = &files[0].entries[i];
        char name[64];
        float value, exact;
        snprintf(name, sizeof name, "module.%s", entry->name);
        gan__array array = entry->array, other = gan__safetensors_find(&files[1], name)->array;
        array.count = other.count = 1; /* the first of them */
        gan__array_decode(&array, GAN_FLOAT32, &value);
        gan__array_decode(&other, GAN_FLOAT32, &exact);
        CHECK(at(model, entry->name, 0) == value);
        bool whole = array.element == GAN__ELEMENT_I32;
        CHECK_NEAR(value, exact, whole ? 1.0 : fabs((double)exact) / 200);
    }
    CHECK(at(model, "1.num_batches_tracked", 0) == 3);
    CHECK_OK(gan_model_load_weights_memory(model, bytes[1], sizes[1],
                                           "drop *.num_batches_tracked; strip module."));
    CHECK(at(model, "1.num_batches_tracked", 0) == 3);
    CHECK_STATUS(gan_model_load_weights_memory(model, bytes[1], sizes[1],
                                               "drop *.running_mean; strip module."),
                 GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "memory: there is no tensor '1.running_mean'");
    for (int i = 0; i < 2; i++) {
        gan__safetensors_free(&files[i]);
        gan__free(context, bytes[i]);
    }
    gan_model_release(model);
}

/* ---- what does not fit ---- */

static void check_fails(const char *text, const char *name, const char *map, gan_status status,
                        const char *message)
{
    gan_model *model = parse(text);
    CHECK_STATUS(gan_model_load_weights(model, path_of(name), map), status);
    const char *given = gan_context_message(context);
    if (!CHECK(strstr(given, message) != NULL)) printf("    %s\n", given);
    gan_model_release(model);
}

TEST(what_does_not_fit)
{
    check_fails(plain_text, "ddp", NULL, GAN_E_FORMAT,
                "the model has no parameter for the tensor 'module.0.bias'; the map 'strip "
                "module.' would make it '0.bias'");
    check_fails(plain_text, "ddp", "rename module.0.* 1.*; strip module.", GAN_E_FORMAT,
                ": tensors 'module.0.bias' and 'module.1.bias' are both '1.bias'");
    check_fails(plain_text, "ddp", "rename module.0.* 3.*; strip module.", GAN_E_FORMAT,
                "no parameter for the tensor 'module.0.bias' (as '3.bias')");
    check_fails("input 4 4 3; conv2d 4 kernel=5x3 pad=1; batchnorm; relu; flatten; dense 2", "ddp",
                "strip module.", GAN_E_FORMAT,
                "tensor 'module.0.weight' (as '0.weight') has the shape [4, 3, 3, 3], the "
                "parameter has [4, 3, 5, 3]");
    check_fails(plain_text, "spectral", NULL, GAN_E_FORMAT,
                "tensor '0.parametrizations.weight.0._u'; it is of spectral norm: spectral=yes");
    check_fails("input 4 4 3; conv2d 4 kernel=3 spectral=yes; batchnorm; relu; flatten; dense 2",
                "ddp", "strip module.", GAN_E_FORMAT,
                "(as '0.weight'); the layer has spectral=yes, the file plain weights");
    static const char *const dense[] = {"input 4; dense 3", "input 4; dense 3 spectral=yes"};
    for (int i = 0; i < 2; i++) {
        check_fails(dense[i], "weight_norm_new", NULL, GAN_E_FORMAT,
                    "tensor '0.parametrizations.weight.original0'; it is of weight norm, which no "
                    "layer has");
        check_fails(dense[i], "weight_norm_old", NULL, GAN_E_FORMAT,
                    "tensor '0.weight_g'; it is of weight norm, which no layer has");
    }
    check_fails(dense[0], "weight_norm_new", "rename *.original0 *.original", GAN_E_FORMAT,
                "spectral norm");
    check_fails(dense[0], "weight_norm_new", "rename *.weight.original0 *.gain.original",
                GAN_E_FORMAT, "no layer has that parametrization");
}

/* Both forms of one weight. */
TEST(twice_the_same)
{
    gan_model *model = parse("input 4; dense 3 spectral=yes"), *before;
    const float numbers[12] = {0};
    const int64_t matrix[2] = {3, 4}, three = 3, four = 4;
    const gan__safetensors_tensor tensors[] = {
        {"0.weight_orig", GAN__ELEMENT_F32, 2, matrix, numbers, NULL},
        {"0.parametrizations.weight.original", GAN__ELEMENT_F32, 2, matrix, numbers, NULL},
        {"0.weight_u", GAN__ELEMENT_F32, 1, &three, numbers, NULL},
        {"0.weight_v", GAN__ELEMENT_F32, 1, &four, numbers, NULL},
        {"0.bias", GAN__ELEMENT_F32, 1, &three, numbers, NULL}};
    gan_tensor *file;
    CHECK_OK(gan_model_copy(&before, model));
    CHECK_OK(gan__safetensors_write_memory(&file, context, tensors, 5, NULL, 0));
    CHECK_STATUS(gan_model_load_weights_memory(model, gan_tensor_data(file),
                                               (size_t)gan_tensor_count(file), NULL),
                 GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context),
               "memory: tensors '0.parametrizations.weight.original' and '0.weight_orig' are both "
               "'0.weight_orig'");
    CHECK(at(model, "0.bias", 0) == at(before, "0.bias", 0));
    gan_tensor_release(file);
    gan_model_release(before);
    gan_model_release(model);
}

/* ---- maps ---- */

static void check_map(const char *text, const char *name, const char *expected)
{
    gan__name_map map;
    gan__text made = {.context = context};
    if (!CHECK_OK(gan__name_map_parse(context, text, &map))) {
        printf("    %s\n", gan_context_message(context));
        return;
    }
    bool kept = gan__name_map_apply(&map, name, &made);
    CHECK_TEXT(!kept ? "-" : made.bytes ? made.bytes : "", expected);
    gan__text_free(&made);
    gan__name_map_free(&map);
}

TEST(maps)
{
    check_map(NULL, "a.b", "a.b");
    check_map("\n; # nothing\n", "a.b", "a.b");
    check_map("strip a.", "a.b", "b");
    check_map("strip a.; strip b.", "a.b.c", "c");
    check_map("strip b.; strip a.", "a.b.c", "b.c");
    check_map("strip a.b", "a.b", "a.b"); /* nothing would be left */
    check_map("rename a.b c; rename c d", "a.b", "c");
    check_map("rename a c; rename a.b d", "a.b", "d");
    check_map("rename a.* c.*; drop *", "a.b", "c.b");
    check_map("rename a.* c.*; drop *", "b.b", "-");
    check_map("drop *.b.*", "a.b.c", "-");
    check_map("drop *.b.*", "a.b.", "a.b.");
    check_map("drop *.b.*", ".b.c", ".b.c"); /* a * is one character at least */
    check_map("rename *.*.w w.*.*", "a.b.c.w", "w.a.b.c");
    check_map("rename *.w* *.v*", "a.w.w1", "a.v.w1");
    check_map("rename x*x y*y", "xx", "xx");
    check_map("rename x*x y*y", "xxx", "yxy");
    check_map("rename ** *-*", "abc", "a-bc");
    check_map("rename *.*.w *-1.*+10.w", "3.5.w", "2.15.w");
    check_map("rename *.*.w *-1.*+10.w", "0.5.w", "0.5.w");
    check_map("rename *.*.w *-1.*+10.w", "a.5.w", "a.5.w");
    check_map("rename *.w *-0.w", "007.w", "7.w");
    check_map("rename *.w *-0.w", "1234567890.w", "1234567890.w");
    check_map("rename * *-x", "a", "a-x");
    check_map("rename \"a b\" \"c\\\"d\"", "a b", "c\"d");
}

static void check_map_fails(const char *text, const char *message)
{
    gan__name_map map;
    CHECK_STATUS(gan__name_map_parse(context, text, &map), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK(map.rules == NULL);
}

TEST(maps_that_are_none)
{
    check_map_fails("strip a.\n renam a b",
                    "name map: unknown statement 'renam', did you mean 'rename'? (line 2, column "
                    "2)");
    check_map_fails("\"strip\" a", "name map: unknown statement 'strip', did you mean 'strip'? "
                                   "(line 1, column 1)");
    check_map_fails("= a", "name map: unknown statement '=', there are: strip, rename, drop "
                           "(line 1, column 1)");
    check_map_fails("strip", "name map: the name of a tensor is missing (line 1, column 6)");
    check_map_fails("rename a; drop b",
                    "name map: the name of a tensor is missing (line 1, column 9)");
    check_map_fails("drop \"\"", "name map: the name of a tensor is missing (line 1, column 6)");
    check_map_fails("strip a b", "name map: a statement is longer than it can be (line 1, column "
                                 "9)");
    check_map_fails("strip a*", "name map: strip takes a plain prefix, without '*' (line 1, column "
                                "1)");
    check_map_fails("drop x; rename a.* b",
                    "name map: pattern and target must have the same number of '*' (line 1, column "
                    "9)");
    check_map_fails("drop *a*b*c*d*e*f*g*h*",
                    "name map: a pattern has at most eight '*' (line 1, column 1)");
    check_map_fails("rename * *+1234567890",
                    "name map: the number behind '*' is too large (line 1, column 1)");
    check_map_fails("strip \"a", "name map: a quote without its end (line 1, column 7)");
    check_fails(plain_text, "ddp", "strip", GAN_E_TEXT, "ddp.safetensors: name map: the name of a");
}

/* ---- memory ---- */

TEST(bytes_of_a_model)
{
    gan_model *model = parse(spectral_text), *again;
    gan_tensor *bytes;
    uint8_t *file;
    size_t size;
    CHECK_OK(gan_model_save_memory(&bytes, model));
    CHECK_INT(gan_tensor_dtype(bytes), GAN_UINT8);
    CHECK_INT(gan_tensor_rank(bytes), 1);
    CHECK_OK(gan_model_save(model, "weights.tmp"));
    CHECK_OK(gan__file_read(context, "weights.tmp", &file, &size));
    CHECK(size == (size_t)gan_tensor_count(bytes) && !memcmp(file, gan_tensor_data(bytes), size));
    CHECK_OK(gan_model_load_memory(&again, context, gan_tensor_data(bytes), size));
    CHECK_OK(gan_model_load_weights_memory(again, gan_tensor_data(bytes), size, ""));
    CHECK_TEXT(gan_model_text(again), gan_model_text(model));
    remove("weights.tmp");
    gan__free(context, file);
    gan_tensor_release(bytes);
    gan_model_release(again);
    gan_model_release(model);
}

/* Each allocation fails once: an error, no leak, and the model is as before. */
TEST(allocations_fail)
{
    size_t size;
    uint8_t *bytes = bytes_of("ddp", &size);
    gan_model *model;
    CHECK_OK(gan_model_parse(&model, starved, plain_text));
    CHECK(gan_model_text(model) != NULL); /* which it keeps */
    for (int saves = 0; saves < 2; saves++) {
        gan_status status = GAN_E_MEMORY;
        int n = 0;
        long long live = fault.live;
        while (status != GAN_OK && n++ < 1000) {
            gan_tensor *out = (gan_tensor *)&out;
            fault.fail_at = fault.allocations + n;
            status = saves ? gan_model_save_memory(&out, model)
                           : gan_model_load_weights_memory(model, bytes, size,
                                                           "strip module.; rename 9.* 8.*; drop x");
            fault.fail_at = 0;
            if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
            if (saves) CHECK((status == GAN_OK) == (out != NULL));
            if (saves) gan_tensor_release(out);
            if (!CHECK_INT(fault.live, live)) break;
        }
        CHECK(n > 10);
    }
    gan_model_release(model);
    gan__free(context, bytes);
}

int main(void)
{
    const gan_host host = {.size = sizeof host, .log = keep_log};
    const gan_host failing = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    CHECK_OK(gan_context_create(&starved, "threads=1", &failing, NULL, 0));
    RUN(both_forms_of_spectral_norm);
    RUN(wrapped_names);
    RUN(names_of_cyclegan);
    RUN(types_and_counts);
    RUN(what_does_not_fit);
    RUN(twice_the_same);
    RUN(maps);
    RUN(maps_that_are_none);
    RUN(bytes_of_a_model);
    RUN(allocations_fail);
    gan_context_release(starved);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    return test_report();
}
