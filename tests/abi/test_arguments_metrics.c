/* Every public function of metric.h refuses wrong arguments; a judge, data that it cannot learn. */
#include "arguments.h"

#include <math.h>

static void refuse_metric(world *w)
{
    gan_metric *m = w->metric;
    double value = 0;
    void *bad;
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_metric, GAN_E_ARGUMENT, NULL, gan_metric_create, bad, "frechet");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_metric_create, NULL, w->context, "frechet");
    NOT_MADE(gan_metric, GAN_E_ARGUMENT, "spec is NULL", gan_metric_create, w->context, NULL);
    NOT_MADE(gan_metric, GAN_E_TEXT, "", gan_metric_create, w->context, "");
    NOT_MADE(gan_metric, GAN_E_TEXT, "'degree'", gan_metric_create, w->context, "kid degree=4");
    NOT_MADE(gan_metric, GAN_E_TEXT, "'k'", gan_metric_create, w->context, "precision_recall k=0");
    NOT_MADE(gan_metric, GAN_E_TEXT, "sigma", gan_metric_create, w->context, "modes");
    EACH_WRONG(METRIC, bad) IGNORED(gan_metric_retain, bad);
    EACH_WRONG(METRIC, bad) IGNORED(gan_metric_release, bad);
    EACH_WRONG(METRIC, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_metric_add, bad, "real", w->latent);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, "rows", gan_metric_add, m, "real", bad);
    REFUSED(GAN_E_ARGUMENT, "set is NULL", gan_metric_add, m, NULL, w->latent);
    REFUSED(GAN_E_ARGUMENT, "'x'", gan_metric_add, m, "x", w->latent);
    REFUSED(GAN_E_SHAPE, "16 numbers", gan_metric_add, m, "real", w->pictures);
    EACH_WRONG(METRIC, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_metric_clear, bad, "real");
    REFUSED(GAN_E_ARGUMENT, "set is NULL", gan_metric_clear, m, NULL);
    REFUSED(GAN_E_ARGUMENT, "it has real, fake", gan_metric_clear, m, "label");
    EACH_WRONG(METRIC, bad) NOTHING_FROM(gan_metric_rows, bad, "real");
    NOTHING_FROM(gan_metric_rows, m, NULL);
    NOTHING_FROM(gan_metric_rows, m, "x");
    EACH_WRONG(METRIC, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_metric_value, bad, "distance", &value);
    CHECK(isnan(value));
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_metric_value, m, NULL, &value);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_metric_value, m, "distance", NULL);
    REFUSED(GAN_E_ARGUMENT, "'kid'", gan_metric_value, m, "kid", &value);
    EACH_WRONG(METRIC, bad) NOTHING_FROM(gan_metric_value_count, bad);
    EACH_WRONG(METRIC, bad) NOTHING_FROM(gan_metric_value_name, bad, 0);
    NOTHING_FROM(gan_metric_value_name, m, -1);
    NOTHING_FROM(gan_metric_value_name, m, 3);
    EACH_WRONG(METRIC, bad) NOTHING_FROM(gan_metric_text, bad);
}

/* Pictures with labels: 0 for all, or one each. */
static gan_dataset *labelled(world *w, int64_t step)
{
    static const char *const fields[] = {"image", "label"};
    const int64_t count = 6;
    gan_tensor *labels = NULL;
    gan_dataset *data = NULL;
    CHECK_OK(gan_tensor_create(&labels, w->context, GAN_INT64, 1, &count));
    for (int64_t i = 0; i < count; i++) ((int64_t *)gan_tensor_data(labels))[i] = i * step;
    gan_tensor *tensors[] = {w->pictures, labels};
    CHECK_OK(gan_dataset_from_tensors(&data, w->context, fields, tensors, 2));
    gan_tensor_release(labels);
    return data;
}

static void refuse_judge(world *w)
{
    gan_context *c = w->context;
    gan_dataset *good = labelled(w, 1), *alike = labelled(w, 0);
    gan_context *other = open_context(&w->fault, "threads=1");
    char text[48] = "x";
    void *bad;
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_judge_train, bad, "", good, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_judge_train, NULL, c, "", good, NULL);
    EACH_WRONG(DATASET, bad)
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "data", gan_judge_train, c, "", bad, NULL);
    EACH_WRONG(DATASET, bad)
    if (bad) NOT_MADE(gan_model, GAN_E_ARGUMENT, "heldout", gan_judge_train, c, "", good, bad);
    NOT_MADE(gan_model, GAN_E_TEXT, "'rounds'", gan_judge_train, c, "rounds=-1", good, NULL);
    NOT_MADE(gan_model, GAN_E_STATE, "no labels", gan_judge_train, c, "", w->dataset, NULL);
    NOT_MADE(gan_model, GAN_E_STATE, "one class", gan_judge_train, c, "", alike, NULL);
    NOT_MADE(gan_model, GAN_E_STATE, "no labels", gan_judge_train, c, "", good, w->dataset);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_judge_train, other, "", good, NULL);
    CHECK(strstr(gan_context_message(other), "another context") != NULL);
    gan_context_release(other);
    EACH_WRONG(DATASET, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_judge_examples, bad, text, sizeof text);
    CHECK_TEXT(text, "");
    REFUSED(GAN_E_ARGUMENT, "text is NULL", gan_judge_examples, good, NULL, 48);
    REFUSED(GAN_E_ARGUMENT, "size is 5", gan_judge_examples, good, text, 5);
    REFUSED(GAN_E_STATE, "no labels", gan_judge_examples, w->dataset, text, sizeof text);
    gan_dataset_release(good);
    gan_dataset_release(alike);
}

TEST(wrong_arguments)
{
    world opened, *w = &opened;
    double value;
    open_world(w, "threads=1");
    refuse_metric(w);
    refuse_judge(w);
    check_all_called(3);
    CHECK_OK(gan_metric_value(w->metric, "distance", &value)); /* all is as it was */
    CHECK_NEAR(value, 0, 1e-12);
    close_world(w);
}

int main(void)
{
    RUN(wrong_arguments);
    return test_report();
}
