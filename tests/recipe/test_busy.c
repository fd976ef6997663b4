/* Questions about what another thread may be changing at that moment are refused, like changes. The
 * other thread is a number that stands in the context as its owner. */
#include "test.h"

#include <gan/gan.h>

#include "base/context.h"
#include "base/os.h"

typedef struct asked {
    gan_context *context;
    gan_model *model;
    gan_optimizer *optimizer;
    gan_recipe *recipe;
    gan_tensor *tensor;
} asked;

static void ask_all(const asked *a, gan_status expected)
{
    int32_t rank;
    int64_t shape[4];
    double number;
    char value[32];
    gan_model *copy = NULL;
    CHECK_STATUS(gan_model_input_shape(a->model, 0, shape), expected);
    CHECK_STATUS(gan_model_output_shape(a->model, 0, shape), expected);
    CHECK_STATUS(gan_model_parameter_shape(a->model, "0.bias", &rank, shape), expected);
    CHECK_STATUS(gan_model_read(a->model, "0.bias", GAN_VALUE, a->tensor), expected);
    CHECK_STATUS(gan_model_write(a->model, "0.bias", a->tensor), expected);
    CHECK_STATUS(gan_model_copy(&copy, a->model), expected);
    CHECK_STATUS(gan_optimizer_norm(a->optimizer, &number), expected);
    CHECK_STATUS(gan_optimizer_rate(a->optimizer, &number), expected);
    CHECK_STATUS(gan_recipe_option(a->recipe, "run.steps", value, sizeof value), expected);
    CHECK((gan_model_text(a->model) != NULL) == (expected == GAN_OK));
    CHECK((copy != NULL) == (expected == GAN_OK));
    gan_model_release(copy);
}

TEST(questions)
{
    const int64_t three = 3;
    asked a;
    CHECK_OK(gan_context_create(&a.context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_model_parse(&a.model, a.context, "input 2; dense 3"));
    CHECK_OK(gan_optimizer_create(&a.optimizer, a.context, "adam"));
    CHECK_OK(gan_tensor_create(&a.tensor, a.context, GAN_FLOAT32, 1, &three));
    CHECK_OK(gan_recipe_load(&a.recipe, a.context,
                             GAN_SOURCE_FOLDER "/examples/recipes/fashion-mlp.recipe"));
    atomic_store(&a.context->owner, gan__os_thread_id() + 1);
    ask_all(&a, GAN_E_BUSY);
    atomic_store(&a.context->owner, 0);
    ask_all(&a, GAN_OK);
    gan_recipe_release(a.recipe);
    gan_tensor_release(a.tensor);
    gan_optimizer_release(a.optimizer);
    gan_model_release(a.model);
    gan_context_release(a.context);
}

int main(void)
{
    RUN(questions);
    return test_report();
}
