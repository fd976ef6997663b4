// A step callback that throws, which it must not: what is left of the trainer is clearly dead, and
// says so; what was saved of it goes on in another one.
#include <gan/gan.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

static std::int32_t on_step(void *, gan_trainer *)
{
    throw std::runtime_error("host");
}

static std::int32_t fill(void *, std::int64_t index, void *const *data)
{
    static_cast<float *>(data[0])[0] = static_cast<float>(index) / 10.0F;
    return 0;
}

static void expect(bool holds, const char *what)
{
    if (holds) return;
    std::printf("failed: %s\n", what);
    std::exit(1);
}

static gan_dataset *make_data(gan_context *context)
{
    const std::int64_t shape[3] = {1, 1, 1};
    gan_dataset *data = nullptr;
    gan_dataset_field field{};
    field.size = sizeof field;
    field.name = "image";
    field.dtype = GAN_FLOAT32;
    field.rank = 3;
    field.shape = shape;
    expect(!gan_dataset_from_callback(&data, context, &field, 1, 10, fill, nullptr, nullptr),
           "gan_dataset_from_callback");
    return data;
}

static void throw_in(gan_trainer *trainer)
{
    bool caught = false;
    try {
        gan_trainer_run(trainer, 5, on_step, nullptr);
    } catch (const std::runtime_error &) {
        caught = true;
    }
    expect(caught, "the exception");
}

int main()
{
    gan_context *context = nullptr;
    gan_model *g = nullptr, *d = nullptr;
    gan_trainer *trainer = nullptr, *next = nullptr;
    expect(!gan_context_create(&context, "threads=2", nullptr, nullptr, 0), "gan_context_create");
    expect(!gan_model_parse(&g, context, "input 2; dense 1"), "gan_model_parse");
    expect(!gan_model_parse(&d, context, "input 1; dense 1"), "gan_model_parse");
    gan_dataset *data = make_data(context);
    expect(!gan_trainer_create(&trainer, context, "gan batch=4"), "gan_trainer_create");
    expect(!gan_trainer_set_model(trainer, "generator", g), "gan_trainer_set_model");
    expect(!gan_trainer_set_model(trainer, "discriminator", d), "gan_trainer_set_model");
    expect(!gan_trainer_set_data(trainer, "real", data), "gan_trainer_set_data");
    throw_in(trainer);
    expect(gan_trainer_step(trainer) == GAN_E_STATE, "the next step");
    expect(std::string_view(gan_context_message(context)) ==
               "gan: the step callback of gan_trainer_run has not returned",
           "its message");
    expect(!gan_trainer_save(trainer, "left.safetensors"), "gan_trainer_save");
    expect(!gan_trainer_load(&next, context, "left.safetensors"), "gan_trainer_load");
    expect(!gan_trainer_set_data(next, "real", data), "gan_trainer_set_data");
    expect(!gan_trainer_run(next, 3, nullptr, nullptr) && gan_trainer_steps(next) == 4,
           "the training that goes on");
    gan_trainer_release(next);
    gan_trainer_release(trainer);
    gan_dataset_release(data);
    for (gan_model *model : {g, d}) gan_model_release(model);
    gan_context_release(context);
    return 0;
}
