// Every public function in a program of C++17, as it is written there: no argument is cast and
// nothing stands between this program and the headers. One function for each header; a new function
// of the library is called in that of its header. The test that runs this also looks whether each
// name of cmake/symbols.txt stands here.
#include <gan/gan.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

static gan_context *context = nullptr;
static int calls = 0, log_lines = 0, released = 0;

static void expect(bool holds, const char *what)
{
    calls++;
    if (holds) return;
    std::printf("failed: %s; the last message is \"%s\"\n", what, gan_context_message(context));
    std::exit(1);
}

static void must(gan_status status, const char *what = "a call")
{
    expect(status == GAN_OK, what);
}

// ---- callbacks: plain functions ----

static void *allocate(void *user, std::size_t size, std::size_t alignment)
{
    (*static_cast<int *>(user))++;
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void deallocate(void *user, void *memory)
{
    (*static_cast<int *>(user))--;
    std::free(memory);
}

static void write_log(void *, std::int32_t level, const char *line)
{
    expect(level >= GAN_LOG_ERROR && level <= GAN_LOG_DEBUG && *line, "a log line");
    log_lines++;
}

static void run_tasks(void *, std::int64_t count, void (*task)(void *argument, std::int64_t index),
                      void *argument)
{
    for (std::int64_t i = 0; i < count; i++) task(argument, i);
}

static void release_floats(void *user, void *data)
{
    (*static_cast<int *>(user))++;
    delete[] static_cast<float *>(data);
}

static std::int32_t read_example(void *user, std::int64_t index, void *const *data)
{
    auto *pixels = static_cast<std::uint8_t *>(data[0]);
    for (int i = 0; i < 64; i++) pixels[i] = static_cast<std::uint8_t>(index * 7 + i);
    (*static_cast<int *>(user))++;
    return 0;
}

static void release_reads(void *user)
{
    *static_cast<int *>(user) = -1;
}

static std::int32_t on_step(void *user, gan_trainer *trainer)
{
    auto *losses = static_cast<std::vector<double> *>(user);
    double loss = 0;
    must(gan_trainer_value(trainer, "loss.generator", &loss));
    losses->push_back(loss);
    return losses->size() == 5; // enough
}

// ---- helpers ----

static gan_tensor *make_tensor(std::vector<std::int64_t> shape)
{
    gan_tensor *tensor = nullptr;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, static_cast<std::int32_t>(shape.size()),
                           shape.data()),
         "gan_tensor_create");
    auto *values = static_cast<float *>(gan_tensor_data(tensor));
    for (std::int64_t i = 0; i < gan_tensor_count(tensor); i++)
        values[i] = static_cast<float>(i * 7919 % 201) / 100.0F - 1.0F;
    return tensor;
}

static gan_tensor *like_parameter(const gan_model *model, const char *name)
{
    std::int64_t shape[4];
    std::int32_t rank = 0;
    must(gan_model_parameter_shape(model, name, &rank, shape), "gan_model_parameter_shape");
    return make_tensor(std::vector<std::int64_t>(shape, shape + rank));
}

static std::string read_file(const char *path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// Of a tensor of uint8.
static std::string bytes_of(const gan_tensor *tensor)
{
    const auto *first = static_cast<const char *>(gan_tensor_data(tensor));
    return {first, first + gan_tensor_count(tensor)};
}

static const char generator_text[] = "input 6; dense 2*2*8; reshape 2 2 8; batchnorm; relu;"
                                     "conv_transpose2d 4 kernel=4 stride=2 pad=1; relu;"
                                     "conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh";
static const char discriminator_text[] = "input 8 8 1; conv2d 4 kernel=4 stride=2 pad=1;"
                                         "leaky_relu 0.2; dense 1";

// ---- status.h, context.h ----

static void use_status()
{
    expect(std::string_view(gan_version()) == GAN_VERSION, "gan_version");
    expect(std::string_view(gan_status_name(GAN_E_SHAPE)) == "GAN_E_SHAPE", "gan_status_name");
}

static void use_context()
{
    static int blocks = 0;
    gan_host host{};
    gan_context *own = nullptr;
    char message[256];
    host.size = sizeof host;
    host.user = &blocks;
    host.allocate = allocate;
    host.deallocate = deallocate;
    host.log = write_log;
    host.parallel = run_tasks;
    must(
        gan_context_create(&own, "threads=2 cpu=generic log=debug", &host, message, sizeof message),
        "gan_context_create");
    gan_context_retain(own);
    gan_context_release(own);
    expect(std::string_view(gan_context_cpu(own)) == "generic", "gan_context_cpu");
    expect(std::strstr(gan_context_text(own), "cpu=generic") != nullptr, "gan_context_text");
    expect(*gan_context_message(own) == '\0', "gan_context_message");
    gan_context_release(own);
    expect(blocks == 0, "the host's memory");
    must(gan_context_create(&context, "threads=2 seed=7", nullptr, message, sizeof message));
}

// ---- tensor.h ----

static void use_tensor()
{
    const std::int64_t shape[] = {2, 3}, strides[] = {3, 1};
    const std::int32_t order[] = {1, 0};
    gan_tensor *made = nullptr, *wrapped = nullptr, *row = nullptr, *turned = nullptr,
               *loaded = nullptr;
    auto *numbers = new float[6]{0, 1, 2, 3, 4, 5};
    must(gan_tensor_wrap(&wrapped, context, GAN_FLOAT32, 2, shape, strides, numbers, release_floats,
                         &released),
         "gan_tensor_wrap");
    must(gan_tensor_permute(&turned, wrapped, order), "gan_tensor_permute");
    must(gan_tensor_slice(&row, turned, 0, 2, 1), "gan_tensor_slice");
    made = make_tensor({1, 2});
    must(gan_tensor_copy(made, row), "gan_tensor_copy");
    expect(static_cast<float *>(gan_tensor_data(made))[1] == 5, "gan_tensor_data");
    expect(gan_tensor_dtype(turned) == GAN_FLOAT32 && gan_tensor_rank(turned) == 2 &&
               gan_tensor_shape(turned)[0] == 3 && gan_tensor_strides(turned)[1] == 3,
           "gan_tensor_shape");
    must(gan_tensor_save(turned, "cpp.npy"), "gan_tensor_save");
    must(gan_tensor_load(&loaded, context, "cpp.npy"), "gan_tensor_load");
    expect(gan_tensor_count(loaded) == 6, "gan_tensor_count");
    void *lent = nullptr;
    gan_tensor *shared = nullptr;
    must(gan_tensor_to_dlpack(&lent, turned, 0), "gan_tensor_to_dlpack");
    must(gan_tensor_from_dlpack(&shared, context, lent, GAN_DLPACK_SHARE),
         "gan_tensor_from_dlpack");
    expect(gan_tensor_data(shared) == numbers && gan_tensor_read_only(shared) == 0,
           "a tensor that was lent and borrowed");
    gan_tensor_release(shared);
    gan_tensor_retain(made);
    gan_tensor_release(made);
    for (gan_tensor *tensor : {made, wrapped, row, turned, loaded}) gan_tensor_release(tensor);
    expect(released == 1, "the release of wrapped memory");
}

// ---- image.h, data.h ----

static void use_image()
{
    gan_tensor *pictures = make_tensor({4, 8, 8, 1}), *first = nullptr, *plain = nullptr;
    const std::int32_t order[] = {1, 2, 3, 0};
    must(gan_image_sheet(pictures, 2, "cpp-sheet.png"), "gan_image_sheet");
    must(gan_tensor_permute(&first, pictures, order));
    must(gan_image_load(&plain, context, "cpp-sheet.png"), "gan_image_load");
    must(gan_image_save(plain, "cpp-again.pgm"), "gan_image_save");
    gan_tensor *sheet = nullptr, *encoded = nullptr, *decoded = nullptr, *fitted = nullptr;
    must(gan_image_fit(&fitted, plain, 8, 8, 3, "crop"), "gan_image_fit");
    expect(gan_tensor_count(fitted) == 8 * 8 * 3, "the size of a fitted picture");
    must(gan_image_arrange(&sheet, pictures, 2), "gan_image_arrange");
    must(gan_image_save_memory(&encoded, sheet, "png"), "gan_image_save_memory");
    expect(bytes_of(encoded) == read_file("cpp-sheet.png"), "the bytes of the sheet");
    const std::string bytes = bytes_of(encoded);
    must(gan_image_load_memory(&decoded, context, bytes.data(), bytes.size()),
         "gan_image_load_memory");
    expect(bytes_of(decoded) == bytes_of(plain), "the sheet");
    for (gan_tensor *tensor : {pictures, first, plain, sheet, encoded, decoded, fitted})
        gan_tensor_release(tensor);
}

static gan_dataset *use_data()
{
    static int reads = 0;
    const char *const names[] = {"image", "label"};
    const std::int64_t picture[] = {8, 8, 1}, indices[] = {3, 0};
    std::int64_t shape[3], classes = 0, count = 12;
    std::int32_t rank = 0;
    gan_tensor *pictures = make_tensor({12, 8, 8, 1}), *labels = nullptr, *batch = nullptr;
    gan_dataset *held = nullptr, *opened = nullptr, *called = nullptr;
    must(gan_tensor_create(&labels, context, GAN_INT32, 1, &count));
    static_cast<std::int32_t *>(gan_tensor_data(labels))[5] = 3;
    gan_tensor *const tensors[] = {pictures, labels};
    must(gan_dataset_from_tensors(&held, context, names, tensors, 2), "gan_dataset_from_tensors");
    must(gan_tensor_save(pictures, "cpp-pictures.npy"));
    must(gan_dataset_open(&opened, context, "npy path=cpp-pictures.npy"), "gan_dataset_open");
    gan_dataset_field field{};
    field.size = sizeof field;
    field.name = "image";
    field.dtype = GAN_UINT8;
    field.rank = 3;
    field.shape = picture;
    must(gan_dataset_from_callback(&called, context, &field, 1, 12, read_example, release_reads,
                                   &reads),
         "gan_dataset_from_callback");
    expect(gan_dataset_count(called) == 12 && gan_dataset_field_count(held) == 2 &&
               std::string_view(gan_dataset_field_name(held, 1)) == "label",
           "gan_dataset_field_name");
    must(gan_dataset_field_shape(held, "label", &rank, shape, &classes), "gan_dataset_field_shape");
    expect(rank == 0 && classes == 4, "the classes");
    expect(gan_dataset_class_count(held) == 4, "gan_dataset_class_count");
    expect(gan_dataset_class_name(held, 0) == nullptr, "gan_dataset_class_name");
    gan_dataset *mixture = nullptr;
    gan_tensor *centres = nullptr;
    double deviation = 0;
    must(gan_dataset_open(&mixture, context, "mixture ring=8 count=9"), "gan_dataset_open");
    must(gan_dataset_mixture(&centres, &deviation, mixture), "gan_dataset_mixture");
    expect(gan_tensor_count(centres) == 16 && deviation == 0.01, "the mixture");
    gan_tensor_release(centres);
    gan_dataset_release(mixture);
    batch = make_tensor({2, 8, 8, 1});
    must(gan_dataset_read(called, "image", indices, batch), "gan_dataset_read");
    expect(reads >= 2, "the callback");
    gan_dataset_retain(opened);
    gan_dataset_release(opened);
    for (gan_dataset *dataset : {opened, called}) gan_dataset_release(dataset);
    expect(reads == -1, "the end of the callback");
    for (gan_tensor *tensor : {pictures, labels, batch}) gan_tensor_release(tensor);
    return held;
}

// ---- layer.h, model.h ----

static void use_layer()
{
    gan_layer *layer = nullptr, *input = nullptr;
    gan_model *model = nullptr, *whole = nullptr;
    std::int64_t shape[4];
    std::int32_t rank = 0, flags = 0;
    must(gan_layer_create(&input, context, "input 3"), "gan_layer_create");
    must(gan_layer_create(&layer, context, "dense 2"));
    must(gan_model_create(&model, context), "gan_model_create");
    must(gan_model_add(model, input), "gan_model_add");
    must(gan_model_add(model, layer));
    must(gan_model_create(&whole, context));
    must(gan_model_add(whole, input));
    must(gan_model_add_model(whole, model), "gan_model_add_model");
    expect(std::string_view(gan_layer_kind(layer)) == "dense", "gan_layer_kind");
    expect(std::strstr(gan_layer_text(layer), "bias=yes") != nullptr, "gan_layer_text");
    expect(gan_layer_parameter_count(layer) == 2 &&
               std::string_view(gan_layer_parameter_name(layer, 1)) == "bias",
           "gan_layer_parameter_name");
    must(gan_layer_parameter_shape(layer, "weight", &rank, shape), "gan_layer_parameter_shape");
    must(gan_layer_parameter_flags(layer, "weight", &flags), "gan_layer_parameter_flags");
    expect(rank == 2 && shape[1] == 3 && flags == GAN_PARAMETER_TRAINED, "the weight");
    gan_tensor *weight = make_tensor({2, 3});
    must(gan_layer_write(layer, "weight", weight), "gan_layer_write");
    must(gan_layer_read(layer, "weight", GAN_VALUE, weight), "gan_layer_read");
    gan_tensor_release(weight);
    gan_layer_retain(layer);
    for (gan_layer *each : {layer, layer, input}) gan_layer_release(each);
    for (gan_model *each : {model, whole}) gan_model_release(each);
}

static void use_model_parameters(gan_model *model)
{
    std::int32_t flags = 0;
    std::int64_t trained = 0;
    for (std::int64_t i = 0; i < gan_model_parameter_count(model); i++) {
        const char *name = gan_model_parameter_name(model, i);
        gan_tensor *values = like_parameter(model, name);
        must(gan_model_parameter_flags(model, name, &flags), "gan_model_parameter_flags");
        if (flags & GAN_PARAMETER_TRAINED) trained += gan_tensor_count(values);
        must(gan_model_read(model, name, GAN_VALUE, values), "gan_model_read");
        must(gan_model_write(model, name, values), "gan_model_write");
        gan_tensor_release(values);
    }
    expect(trained == gan_model_weight_count(model), "gan_model_weight_count");
    must(gan_model_clamp(model, -1, 1), "gan_model_clamp");
    must(gan_model_zero_gradients(model), "gan_model_zero_gradients");
    must(gan_model_set_note(model, "made_by", "this test"), "gan_model_set_note");
    expect(std::strcmp(gan_model_note(model, "made_by"), "this test") == 0, "gan_model_note");
}

static void use_model_files(const gan_model *model, gan_model *part)
{
    const char *const names[] = {"head"};
    gan_model *const parts[] = {part};
    gan_model *loaded = nullptr, *bound = nullptr, *bare = nullptr;
    must(gan_model_save(model, "cpp-model.safetensors"), "gan_model_save");
    must(gan_model_load(&loaded, context, "cpp-model.safetensors"), "gan_model_load");
    must(gan_model_load_parts(&bound, context, "cpp-model.safetensors", names, parts, 1),
         "gan_model_load_parts");
    const std::string bytes = read_file("cpp-model.safetensors");
    must(gan_model_load_memory(&bare, context, bytes.data(), bytes.size()),
         "gan_model_load_memory");
    must(gan_model_load_weights(bare, "cpp-model.safetensors", nullptr), "gan_model_load_weights");
    must(gan_model_load_weights_memory(bare, bytes.data(), bytes.size(), "strip module."),
         "gan_model_load_weights_memory");
    gan_tensor *saved = nullptr;
    must(gan_model_save_memory(&saved, model), "gan_model_save_memory");
    expect(bytes_of(saved) == bytes, "the bytes of the model");
    gan_tensor_release(saved);
    for (gan_model *each : {loaded, bound, bare}) gan_model_release(each);
}

static void use_model()
{
    const char *const names[] = {"head"};
    std::int64_t shape[3];
    gan_model *part = nullptr, *model = nullptr, *copy = nullptr;
    must(gan_model_parse(&part, context, "input 4 4 2; conv2d 3 kernel=3 pad=1; batchnorm"),
         "gan_model_parse");
    must(gan_model_parse_parts(&model, context,
                               "input image 4 4 2; h = part head; score = dense 1; output h score",
                               names, &part, 1),
         "gan_model_parse_parts");
    must(gan_model_copy(&copy, model), "gan_model_copy");
    gan_model_retain(copy);
    for (gan_model *each : {copy, copy}) gan_model_release(each);
    expect(std::strstr(gan_model_text(model), "define head") != nullptr, "gan_model_text");
    expect(gan_model_input_count(model) == 1 && gan_model_output_count(model) == 2,
           "gan_model_output_count");
    expect(std::string_view(gan_model_input_name(model, 0)) == "image" &&
               std::string_view(gan_model_output_name(model, 1)) == "score",
           "gan_model_output_name");
    expect(gan_model_input_index(model, "image") == 0 &&
               gan_model_output_index(model, "score") == 1,
           "gan_model_output_index");
    must(gan_model_input_shape(model, 0, shape), "gan_model_input_shape");
    must(gan_model_output_shape(model, 0, shape), "gan_model_output_shape");
    expect(shape[0] == 4 && shape[2] == 3, "the output's shape");
    expect(gan_model_layer(model, "head.0") != nullptr, "gan_model_layer");
    use_model_parameters(model);
    use_model_files(model, part);
    for (gan_model *each : {model, part}) gan_model_release(each);
}

// ---- runner.h ----

static void use_runner()
{
    gan_model *model = nullptr;
    gan_runner *runner = nullptr;
    std::int64_t in[3], out[3];
    must(gan_model_parse(&model, context, "input any any 3; conv2d 2 kernel=3 stride=2 pad=1"));
    must(gan_runner_create(&runner, context, model, "batch=4 height=6 width=8"),
         "gan_runner_create");
    gan_runner_retain(runner);
    gan_runner_release(runner);
    must(gan_runner_input_shape(runner, 0, in), "gan_runner_input_shape");
    must(gan_runner_output_shape(runner, 0, out), "gan_runner_output_shape");
    gan_tensor *x = make_tensor({2, in[0], in[1], in[2]}), *y = make_tensor({2, out[0], out[1], 2});
    must(gan_runner_update(runner), "gan_runner_update");
    must(gan_runner_run(runner, &x, 1, &y, 1), "gan_runner_run");
    for (gan_tensor *tensor : {x, y}) gan_tensor_release(tensor);
    gan_runner_release(runner);
    gan_model_release(model);
}

// ---- tape.h, optimizer.h: a loop of one's own ----

struct game {
    gan_tape *tape;
    gan_model *g, *d;
    gan_optimizer *g_adam, *d_adam;
};

static void step_discriminator(game &t, gan_tensor *real)
{
    const std::int64_t shape[] = {4, 6};
    const double weights[] = {1, 1};
    gan_value z, fake, pair[2], scores[2], both, terms[2], loss;
    must(gan_tape_reset(t.tape), "gan_tape_reset");
    must(gan_tape_normal(t.tape, 2, shape, &z), "gan_tape_normal");
    must(gan_tape_apply(t.tape, t.g, "training frozen", &z, 1, &fake, 1), "gan_tape_apply");
    must(gan_tape_input(t.tape, real, 0, &pair[0]), "gan_tape_input");
    must(gan_tape_detach(t.tape, fake, &pair[1]), "gan_tape_detach");
    must(gan_tape_apply(t.tape, t.d, "training groups=2", pair, 2, scores, 2));
    must(gan_tape_join(t.tape, scores, 2, &both), "gan_tape_join");
    must(gan_tape_slice(t.tape, both, 0, 4, &scores[0]), "gan_tape_slice");
    must(gan_tape_loss(t.tape, "bce_logits", &scores[0], 1, &terms[0]), "gan_tape_loss");
    must(gan_tape_loss(t.tape, "bce_logits target=0", &scores[1], 1, &terms[1]));
    must(gan_tape_combine(t.tape, terms, weights, 2, &loss), "gan_tape_combine");
    must(gan_optimizer_zero(t.d_adam), "gan_optimizer_zero");
    must(gan_tape_backward(t.tape, &loss, nullptr, 1, &t.d, 1), "gan_tape_backward");
    must(gan_optimizer_step(t.d_adam), "gan_optimizer_step");
}

static void step_generator(game &t, gan_tensor *noise)
{
    gan_value z, fake, score, loss;
    std::int64_t shape[4];
    double number = 0;
    gan_tensor *picture = nullptr, *slope = nullptr, *made = make_tensor({4, 8, 8, 1}),
               *back = make_tensor({4, 6});
    must(gan_tape_reset(t.tape));
    must(gan_tape_input(t.tape, noise, GAN_INPUT_GRADIENT, &z));
    must(gan_tape_apply(t.tape, t.g, "training", &z, 1, &fake, 1));
    must(gan_tape_apply(t.tape, t.d, "training frozen", &fake, 1, &score, 1));
    must(gan_tape_loss(t.tape, "softplus sign=-1", &score, 1, &loss));
    must(gan_optimizer_zero(t.g_adam));
    must(gan_tape_backward(t.tape, &loss, nullptr, 1, &t.g, 1));
    must(gan_optimizer_step(t.g_adam));
    must(gan_tape_scalar(t.tape, loss, &number), "gan_tape_scalar");
    must(gan_tape_shape(t.tape, fake, shape), "gan_tape_shape");
    must(gan_tape_value(t.tape, fake, made), "gan_tape_value");
    must(gan_tape_gradient(t.tape, z, back), "gan_tape_gradient");
    must(gan_tape_tensor(&picture, t.tape, fake, GAN_VALUE), "gan_tape_tensor");
    must(gan_tape_tensor(&slope, t.tape, z, GAN_GRADIENT));
    must(gan_tape_take_gradient(t.tape, z, &z), "gan_tape_take_gradient");
    must(gan_tape_layer(t.tape, "clamp -1 1", &z, 1, &z), "gan_tape_layer");
    expect(std::isfinite(number) && shape[1] == 8 && gan_tensor_count(picture) == 256, "a picture");
    expect(std::memcmp(gan_tensor_data(picture), gan_tensor_data(made), 256 * sizeof(float)) == 0,
           "the same picture");
    for (gan_tensor *tensor : {picture, slope, made, back}) gan_tensor_release(tensor);
}

static void penalise_gradient(game &t, gan_tensor *real)
{
    gan_value x, score, g, w, along, loss;
    double penalty = 0, total = 0;
    must(gan_tape_reset(t.tape));
    must(gan_tape_input(t.tape, real, GAN_INPUT_GRADIENT, &x));
    must(gan_tape_apply(t.tape, t.d, "evaluation", &x, 1, &score, 1));
    must(gan_tape_backward(t.tape, &score, nullptr, 1, nullptr, 0));
    must(gan_tape_take_gradient(t.tape, x, &g));
    must(gan_tape_leaf(t.tape, g, &g), "gan_tape_leaf");
    must(gan_tape_loss(t.tape, "gradient_penalty target=0", &g, 1, &loss));
    must(gan_tape_scalar(t.tape, loss, &penalty));
    must(gan_tape_backward(t.tape, &loss, nullptr, 1, nullptr, 0));
    must(gan_tape_take_gradient(t.tape, g, &w));
    must(gan_tape_tangent(t.tape, score, x, w, &along), "gan_tape_tangent");
    must(gan_tape_loss(t.tape, "sum", &along, 1, &loss));
    must(gan_tape_scalar(t.tape, loss, &total));
    must(gan_tape_backward(t.tape, &loss, nullptr, 1, &t.d, 1));
    expect(penalty > 0 && std::fabs(total - 2 * penalty) < 1e-4 * penalty, "a penalty");
}

static void use_optimizer(gan_optimizer *optimizer, const gan_model *model)
{
    double rate = 0, norm = 0;
    std::int64_t steps = 0;
    must(gan_optimizer_set_rate(optimizer, 1e-3), "gan_optimizer_set_rate");
    must(gan_optimizer_rate(optimizer, &rate), "gan_optimizer_rate");
    must(gan_optimizer_norm(optimizer, &norm), "gan_optimizer_norm");
    expect(rate == 1e-3 && norm > 0, "rate and norm");
    expect(std::strstr(gan_optimizer_text(optimizer), "lr=0.001") != nullptr, "gan_optimizer_text");
    expect(gan_optimizer_moment_count(optimizer) == 2 &&
               std::string_view(gan_optimizer_moment_name(optimizer, 0)) == "exp_avg",
           "gan_optimizer_moment_name");
    gan_tensor *moment = like_parameter(model, "0.weight");
    must(gan_optimizer_read(optimizer, model, "0.weight", "exp_avg", moment), "gan_optimizer_read");
    must(gan_optimizer_write(optimizer, model, "0.weight", "exp_avg", moment),
         "gan_optimizer_write");
    gan_tensor_release(moment);
    must(gan_optimizer_set_steps(optimizer, gan_optimizer_steps(optimizer) + 5),
         "gan_optimizer_set_steps");
    must(gan_optimizer_set_parameter_steps(optimizer, model, "0.bias", 9),
         "gan_optimizer_set_parameter_steps");
    must(gan_optimizer_parameter_steps(optimizer, model, "0.bias", &steps),
         "gan_optimizer_parameter_steps");
    expect(steps == 9, "the steps of a parameter");
    gan_optimizer_retain(optimizer);
    gan_optimizer_release(optimizer);
}

static void use_tape()
{
    const std::int64_t shape[] = {4, 6};
    gan_value unused;
    game t{};
    must(gan_tape_create(&t.tape, context), "gan_tape_create");
    must(gan_model_parse(&t.g, context, generator_text));
    must(gan_model_parse(&t.d, context, discriminator_text));
    must(gan_optimizer_create(&t.g_adam, context, "adam lr=2e-4 beta1=0.5"),
         "gan_optimizer_create");
    must(gan_optimizer_create(&t.d_adam, context, "adam lr=2e-4 beta1=0.5"));
    must(gan_optimizer_add(t.g_adam, t.g), "gan_optimizer_add");
    must(gan_optimizer_add(t.d_adam, t.d));
    gan_tensor *real = make_tensor({4, 8, 8, 1}), *noise = make_tensor({4, 6});
    for (int i = 0; i < 3; i++) {
        step_discriminator(t, real);
        step_generator(t, noise);
        penalise_gradient(t, real);
    }
    use_optimizer(t.g_adam, t.g);
    must(gan_tape_seek(t.tape, gan_tape_draws(t.tape) + 1), "gan_tape_seek");
    must(gan_tape_uniform(t.tape, 2, shape, &unused), "gan_tape_uniform");
    gan_tape_retain(t.tape);
    for (gan_tape *each : {t.tape, t.tape}) gan_tape_release(each);
    for (gan_model *each : {t.g, t.d}) gan_model_release(each);
    for (gan_optimizer *each : {t.g_adam, t.d_adam}) gan_optimizer_release(each);
    for (gan_tensor *each : {real, noise}) gan_tensor_release(each);
}

// ---- trainer.h ----

static void use_trainer_values(const gan_trainer *trainer)
{
    std::vector<double> values(static_cast<std::size_t>(gan_trainer_value_count(trainer)));
    must(gan_trainer_values(trainer, values.data(), gan_trainer_value_count(trainer)),
         "gan_trainer_values");
    for (std::size_t i = 0; i < values.size(); i++)
        expect(gan_trainer_value_name(trainer, static_cast<std::int32_t>(i)) != nullptr,
               "gan_trainer_value_name");
    expect(gan_trainer_warning_count(trainer) == 0, "gan_trainer_warning_count");
    expect(gan_trainer_warning(trainer, 0, "name") == nullptr, "gan_trainer_warning");
    expect(gan_trainer_member_count(trainer) > gan_trainer_value_count(trainer),
           "gan_trainer_member_count");
    expect(std::strcmp(gan_trainer_member(trainer, 0, "name"), "generator") == 0,
           "gan_trainer_member");
    expect(std::strstr(gan_trainer_text(trainer), "average=0.9") != nullptr, "gan_trainer_text");
}

static void use_trainer(gan_dataset *data)
{
    gan_trainer *trainer = nullptr, *loaded = nullptr;
    gan_model *g = nullptr, *d = nullptr;
    std::vector<double> losses;
    must(gan_model_parse(&g, context, generator_text));
    must(gan_model_parse(&d, context, discriminator_text));
    must(gan_trainer_create(&trainer, context, "gan batch=4 average=0.9"), "gan_trainer_create");
    must(gan_trainer_set_model(trainer, "generator", g), "gan_trainer_set_model");
    must(gan_trainer_set_model(trainer, "discriminator", d));
    must(gan_trainer_set_data(trainer, "real", data), "gan_trainer_set_data");
    must(gan_trainer_set_optimizer(trainer, "generator", "adam lr=1e-4"),
         "gan_trainer_set_optimizer");
    std::int64_t memory = 0, columns = 0;
    gan_model *route = nullptr;
    gan_tensor *pictures = nullptr;
    must(gan_trainer_route(&route, trainer, "noise > image", GAN_MODEL_AVERAGED),
         "gan_trainer_route");
    must(gan_trainer_show(&pictures, &columns, trainer, "noise", 3, 0), "gan_trainer_show");
    expect(columns == 1 && gan_tensor_shape(pictures)[0] == 3, "the pictures");
    gan_model_release(route);
    gan_tensor_release(pictures);
    gan_trainer *alone = nullptr;
    must(gan_trainer_create(&alone, context, "discriminator steps=2"));
    must(gan_trainer_set_model(alone, "discriminator", d));
    must(gan_trainer_sample(&pictures, alone, 3, 5, 7, 0), "gan_trainer_sample");
    expect(gan_tensor_shape(pictures)[0] == 3, "the samples");
    gan_trainer_release(alone);
    gan_tensor_release(pictures);
    must(gan_trainer_check(trainer), "gan_trainer_check");
    must(gan_trainer_memory(trainer, &memory), "gan_trainer_memory");
    expect(memory > 0, "the memory");
    expect(gan_trainer_run(trainer, 100, on_step, &losses) == GAN_E_CANCELLED, "gan_trainer_run");
    expect(gan_trainer_steps(trainer) == 5 && losses.size() == 5, "gan_trainer_steps");
    gan_tensor *batch = make_tensor({4, 8, 8, 1});
    must(gan_trainer_feed(trainer, "real", batch), "gan_trainer_feed");
    must(gan_trainer_step(trainer), "gan_trainer_step");
    use_trainer_values(trainer);
    expect(gan_trainer_model(trainer, "generator", 0) == g &&
               gan_trainer_model(trainer, "generator", GAN_MODEL_AVERAGED) != nullptr,
           "gan_trainer_model");
    must(gan_trainer_save(trainer, "cpp-run.safetensors"), "gan_trainer_save");
    must(gan_trainer_load(&loaded, context, "cpp-run.safetensors"), "gan_trainer_load");
    gan_tensor *saved = nullptr;
    gan_trainer *again = nullptr;
    must(gan_trainer_refresh(trainer), "gan_trainer_refresh");
    must(gan_trainer_save_memory(&saved, trainer), "gan_trainer_save_memory");
    const std::string bytes = bytes_of(saved);
    expect(bytes == read_file("cpp-run.safetensors"), "the bytes of the training");
    must(gan_trainer_load_memory(&again, context, bytes.data(), bytes.size()),
         "gan_trainer_load_memory");
    gan_tensor_release(saved);
    gan_trainer_retain(loaded);
    for (gan_trainer *each : {loaded, loaded, again, trainer}) gan_trainer_release(each);
    for (gan_model *each : {g, d}) gan_model_release(each);
    gan_tensor_release(batch);
}

// ---- metric.h ----

static void use_metric()
{
    const std::int64_t shape[] = {6, 8, 8, 1};
    const char *fields[] = {"image", "label"};
    gan_metric *metric = nullptr;
    gan_tensor *tensors[] = {nullptr, nullptr};
    gan_dataset *data = nullptr;
    gan_model *judge = nullptr;
    double value = 1;
    char text[48];
    must(gan_metric_create(&metric, context, "frechet"), "gan_metric_create");
    must(gan_tensor_create(&tensors[0], context, GAN_FLOAT32, 4, shape));
    must(gan_tensor_create(&tensors[1], context, GAN_INT64, 1, shape));
    static_cast<std::int64_t *>(gan_tensor_data(tensors[1]))[3] = 1;
    for (const char *set : {"real", "fake"})
        must(gan_metric_add(metric, set, tensors[0]), "gan_metric_add");
    must(gan_metric_value(metric, "distance", &value), "gan_metric_value");
    expect(value == 0 && gan_metric_value_count(metric) == 3, "gan_metric_value_count");
    expect(std::string_view(gan_metric_value_name(metric, 0)) == "distance",
           "gan_metric_value_name");
    expect(std::string_view(gan_metric_text(metric)) == "frechet", "gan_metric_text");
    must(gan_metric_clear(metric, "fake"), "gan_metric_clear");
    expect(gan_metric_rows(metric, "fake") == 0, "gan_metric_rows");
    gan_metric_retain(metric);
    for (int i = 0; i < 2; i++) gan_metric_release(metric);
    must(gan_dataset_from_tensors(&data, context, fields, tensors, 2));
    must(gan_judge_train(&judge, context, "rounds=1 batch=3", data, data), "gan_judge_train");
    must(gan_judge_examples(data, text, sizeof text), "gan_judge_examples");
    expect(std::string_view(gan_model_note(judge, "examples")) == text, "the judge's note");
    gan_model_release(judge);
    gan_dataset_release(data);
    for (gan_tensor *each : tensors) gan_tensor_release(each);
}

// ---- recipe.h ----

static void use_recipe()
{
    std::ofstream("cpp.recipe") << "[context]\nseed=3 threads=1\n[model.generator]\n"
                                << generator_text << "\n[model.discriminator]\n"
                                << discriminator_text
                                << "\n[data.real]\nnpy path=cpp-pictures.npy\n[trainer]\ngan\n"
                                   "[run]\nsteps=3 batch=4\n";
    gan_recipe *recipe = nullptr;
    gan_trainer *trainer = nullptr;
    char value[32];
    must(gan_recipe_load(&recipe, context, "cpp.recipe"), "gan_recipe_load");
    must(gan_recipe_set(recipe, "run.batch", "6"), "gan_recipe_set");
    must(gan_recipe_option(recipe, "run.batch", value, sizeof value), "gan_recipe_option");
    expect(std::string_view(value) == "6", "the option");
    expect(std::strstr(gan_recipe_text(recipe), "batch=6") != nullptr, "gan_recipe_text");
    expect(std::strstr(gan_recipe_context(recipe), "seed=3") != nullptr, "gan_recipe_context");
    must(gan_recipe_trainer(&trainer, recipe, context, nullptr), "gan_recipe_trainer");
    must(gan_trainer_run(trainer, 2, nullptr, nullptr));
    must(gan_trainer_save(trainer, "cpp-run.safetensors"));
    gan_dataset *data = nullptr;
    must(gan_recipe_dataset(&data, recipe, context, "real"), "gan_recipe_dataset");
    gan_dataset_release(data);
    gan_recipe *parsed = nullptr;
    gan_trainer *resumed = nullptr;
    must(gan_recipe_parse(&parsed, context, gan_recipe_text(recipe), "."), "gan_recipe_parse");
    const char *paths[] = {"run.samples", "run.keep"}, *values[] = {"4", "2"};
    must(gan_recipe_set_all(parsed, paths, values, 2, 0), "gan_recipe_set_all");
    expect(std::strstr(gan_recipe_text(parsed), "samples=4\nkeep=2\n") != nullptr, "both options");
    must(gan_recipe_change(parsed, "optimizer.generator.lr", "1e-5"), "gan_recipe_change");
    must(gan_recipe_trainer(&resumed, parsed, context, "cpp-run.safetensors"));
    gan_recipe_retain(recipe);
    for (gan_recipe *each : {recipe, recipe, parsed}) gan_recipe_release(each);
    for (gan_trainer *each : {trainer, resumed}) gan_trainer_release(each);
}

static void use_catalog()
{
    int options = 0, members = 0, bounded = 0;
    double least = 0, most = 0;
    for (std::int32_t g = 0; g < gan_catalog_group_count(); g++) {
        expect(*gan_catalog_group(g) != '\0', "gan_catalog_group");
        for (std::int32_t k = 0; k < gan_catalog_kind_count(g); k++) {
            expect(*gan_catalog_kind(g, k) && *gan_catalog_kind_help(g, k), "gan_catalog_kind");
            for (std::int32_t o = 0; o < gan_catalog_option_count(g, k); o++) {
                options += *gan_catalog_option(g, k, o, "name") != '\0';
                bounded += gan_catalog_option_range(g, k, o, &least, &most);
            }
            for (std::int32_t m = 0; m < gan_catalog_member_count(g, k); m++)
                members += *gan_catalog_member(g, k, m, "name") != '\0';
        }
    }
    expect(options > 50 && members > 5 && bounded > 20, "the catalogue");
}

int main()
{
    use_status();
    use_context();
    use_tensor();
    use_image();
    gan_dataset *data = use_data();
    use_layer();
    use_model();
    use_runner();
    use_tape();
    use_trainer(data);
    use_metric();
    use_recipe();
    use_catalog();
    gan_dataset_release(data);
    gan_context_release(context);
    std::printf("%d checks in C++\n", calls);
    return 0;
}
