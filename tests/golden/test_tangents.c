/* test_tangents.c: penalties on gradients against double backward in PyTorch, in double;
 * make_tangents.py made the file, which has the nets' texts too. */
#include "test.h"

#include "base/memory.h"
#include "base/stream.h"
#include "files/safetensors.h"
#include "model/model.h"

#include <gan/tape.h>

#include <math.h>
#include <stdlib.h>

typedef struct penalised {
    gan_context *context;
    uint8_t *bytes;
    gan__safetensors file;
    const char *name; /* of the net */
    gan_model *model;
    gan_tape *tape;
} penalised;

static const gan__safetensors_entry *stored(const penalised *t, const char *kind, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s%s", t->name, kind, name);
    return gan__safetensors_find(&t->file, full);
}

static const char *text_of(const penalised *t, const char *what)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", t->name, what);
    return gan__safetensors_metadata(&t->file, full);
}

static float *numbers_of(const gan__safetensors_entry *entry)
{
    float *numbers = malloc((size_t)(entry->array.count + 1) * sizeof *numbers);
    gan__array_decode(&entry->array, GAN_FLOAT32, numbers);
    return numbers;
}

static gan_tensor *tensor_of(const penalised *t, const gan__safetensors_entry *entry)
{
    gan_tensor *tensor;
    CHECK_OK(
        gan_tensor_create(&tensor, t->context, GAN_FLOAT32, entry->array.rank, entry->array.shape));
    gan__array_decode(&entry->array, GAN_FLOAT32, gan_tensor_data(tensor));
    return tensor;
}

/* As a share of the largest that is expected, or of `least`. */
static double worst_of(const gan__safetensors_entry *entry, const float *found, double least)
{
    float *expected = numbers_of(entry);
    double most = least, worst = 0;
    for (int64_t i = 0; i < entry->array.count; i++) {
        const double d = fabs((double)found[i] - (double)expected[i]);
        most = fmax(most, fabs((double)expected[i]));
        worst = isnan(d) ? 1e6 : fmax(worst, d);
    }
    free(expected);
    return worst / most;
}

/* Reads, or writes, every parameter that the file has of this kind. */
static double visit_parameters(const penalised *t, const char *kind, bool write)
{
    double worst = 0, most = 0;
    int found = 0;
    for (int pass = write; pass < 2; pass++) {
        for (int64_t i = 0; i < gan_model_parameter_count(t->model); i++) {
            const char *name = gan_model_parameter_name(t->model, i);
            const gan__safetensors_entry *entry = stored(t, kind, name);
            if (!entry) continue;
            gan_tensor *tensor = tensor_of(t, entry);
            const float *numbers = gan_tensor_data(tensor);
            found++;
            for (int64_t j = 0; j < entry->array.count && pass == 0; j++)
                most = fmax(most, fabs((double)numbers[j]));
            if (write) CHECK_OK(gan_model_write(t->model, name, tensor));
            if (!write && pass == 1) {
                CHECK_OK(gan_model_read(t->model, name, GAN_GRADIENT, tensor));
                const double share = worst_of(entry, numbers, most);
                if (!(share <= 1e-5)) printf("    %s %s: off by %g\n", t->name, name, share);
                worst = fmax(worst, share);
            }
            gan_tensor_release(tensor);
        }
    }
    CHECK(found > 0);
    return worst;
}

/* The step that gan/tape.h shows, with an ordinary loss on the same pass. */
static void run(penalised *t, gan_value *x, gan_value *g, double *penalty)
{
    gan_value in[2], score, taken, leaf, w, along, terms[2], loss;
    char spec[64];
    int32_t count = 1;
    gan_tensor *first = tensor_of(t, stored(t, ".x", "")), *mask = NULL;
    CHECK_OK(gan_tape_input(t->tape, first, GAN_INPUT_GRADIENT, x));
    in[0] = *x;
    if (stored(t, ".mask", "")) {
        mask = tensor_of(t, stored(t, ".mask", ""));
        CHECK_OK(gan_tape_input(t->tape, mask, 0, &in[count++]));
    }
    CHECK_OK(gan_tape_apply(t->tape, t->model, text_of(t, "mode"), in, count, &score, 1));
    CHECK_OK(gan_tape_backward(t->tape, &score, NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_take_gradient(t->tape, *x, &taken));
    *g = taken;
    CHECK_OK(gan_tape_leaf(t->tape, taken, &leaf));
    snprintf(spec, sizeof spec, "gradient_penalty target=%s", text_of(t, "target"));
    CHECK_OK(gan_tape_loss(t->tape, spec, &leaf, 1, &loss));
    CHECK_OK(gan_tape_scalar(t->tape, loss, penalty));
    CHECK_OK(gan_tape_backward(t->tape, &loss, NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_take_gradient(t->tape, leaf, &w));
    CHECK_OK(gan_tape_tangent(t->tape, score, *x, w, &along));
    CHECK_OK(gan_tape_loss(t->tape, "sum", &along, 1, &terms[0]));
    CHECK_OK(gan_tape_layer(t->tape, "softplus", &score, 1, &score));
    CHECK_OK(gan_tape_loss(t->tape, "sum", &score, 1, &terms[1]));
    CHECK_OK(gan_tape_backward(t->tape, terms, NULL, 2, &t->model, 1));
    gan_tensor_release(first);
    gan_tensor_release(mask);
}

static double worst_value(const penalised *t, const char *kind, gan_value value, int32_t what)
{
    const gan__safetensors_entry *entry = stored(t, kind, "");
    gan_tensor *tensor;
    CHECK_OK(gan_tape_tensor(&tensor, t->tape, value, what));
    const double worst = worst_of(entry, gan_tensor_data(tensor), 1e-6);
    gan_tensor_release(tensor);
    return worst;
}

static void check_net(penalised *t)
{
    const int before = test_errors;
    gan_value x, g;
    double penalty;
    if (!CHECK_OK(gan_model_parse(&t->model, t->context, text_of(t, "text")))) {
        printf("    %s\n", gan_context_message(t->context));
        return;
    }
    CHECK_OK(gan_tape_create(&t->tape, t->context));
    visit_parameters(t, ".weight.", true);
    run(t, &x, &g, &penalty);
    const float number = (float)penalty;
    CHECK_NEAR(worst_of(stored(t, ".loss", ""), &number, 1e-6), 0, 1e-5);
    CHECK_NEAR(worst_value(t, ".g", g, GAN_VALUE), 0, 1e-5);
    CHECK_NEAR(worst_value(t, ".at_x", x, GAN_GRADIENT), 0, 1e-5);
    CHECK_NEAR(visit_parameters(t, ".gradient.", false), 0, 1e-5);
    if (test_errors != before) printf("    in %s\n", t->name);
    gan_tape_release(t->tape);
    gan_model_release(t->model);
}

TEST(penalties)
{
    penalised t = {0};
    const char *path = GAN_SOURCE_FOLDER "/tests/golden/tangents.safetensors";
    char names[128] = "";
    size_t size;
    int count = 0;
    CHECK_OK(gan_context_create(&t.context, "threads=2", NULL, NULL, 0));
    if (!CHECK_OK(gan__file_read(t.context, path, &t.bytes, &size))) exit(1);
    const gan__bytes whole = {.context = t.context, .name = path, .data = t.bytes, .size = size};
    CHECK_OK(gan__safetensors_read(&whole, &t.file));
    snprintf(names, sizeof names, "%s", gan__safetensors_metadata(&t.file, "nets"));
    for (t.name = strtok(names, " "); t.name; t.name = strtok(NULL, " "), count++) check_net(&t);
    CHECK_INT(count, 6);
    gan__safetensors_free(&t.file);
    gan__free(t.context, t.bytes);
    gan_context_release(t.context);
}

int main(void)
{
    RUN(penalties);
    return test_report();
}
