/* Every allocation of metrics and of a judge's training fails, once and for ever after: an error
 * comes back, nothing leaks, what was added before is there, and the same call then succeeds. */
#include "fault.h"
#include "metric_rows.h"

#include <gan/gan.h>

static gan_context *context;
static gan_tensor *rows, *others, *single, *pictures, *labels;
static gan_dataset *data;
static fault_host fault;

static const char *const specs[] = {"frechet",          "kid subsets=2 size=5",
                                    "precision_recall", "modes sigma=1",
                                    "score splits=2",   "diversity",
                                    "agreement",        "auc"};
enum { SPECS = sizeof specs / sizeof specs[0], PAIRS = 4, AUC = SPECS - 1, ONE_SET = 4 };

static gan_tensor *make_pictures(void)
{
    const int64_t shape[4] = {6, 9, 4, 1};
    gan_tensor *made = NULL;
    CHECK_OK(gan_tensor_create(&made, context, GAN_UINT8, 4, shape));
    unsigned char *to = gan_tensor_data(made);
    for (int i = 0; i < 6 * 36; i++) to[i] = (unsigned char)(i * 37);
    return made;
}

static void open_all(void)
{
    static const char *const fields[] = {"image", "label"};
    const rows_plan plan = {3, 12, 4, 1, 0, 0}, scores = {3, 12, 1, 1, 0, 0},
                    far = {4, 9, 4, 3, 77.7f, 0};
    const int64_t count = 6, many = 12;
    const gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    rows = make_rows(context, &plan);
    single = make_rows(context, &scores);
    others = make_rows(context, &far);
    pictures = make_pictures();
    CHECK_OK(gan_tensor_create(&labels, context, GAN_INT64, 1, &many));
    for (int64_t i = 0; i < many; i++) ((int64_t *)gan_tensor_data(labels))[i] = i % 2;
    gan_tensor *some = NULL;
    CHECK_OK(gan_tensor_slice(&some, labels, 0, 0, count));
    gan_tensor *const both[] = {pictures, some};
    CHECK_OK(gan_dataset_from_tensors(&data, context, fields, both, 2));
    gan_tensor_release(some);
}

static void close_all(void)
{
    gan_tensor_release(rows);
    gan_tensor_release(single);
    gan_tensor_release(others);
    gan_tensor_release(pictures);
    gan_tensor_release(labels);
    gan_dataset_release(data);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

/* Calls `step` until no allocation is left to fail: a call of which one fails returns GAN_E_MEMORY,
 * and the same call without a failure is good. `begin` makes what it works on. */
typedef struct trial {
    int kind; /* of metric; -1: a judge */
    gan_metric *metric;
    gan_model *judge;
    double value;
    int failing; /* this call is to fail: its rows must leave nothing behind */
} trial;

static gan_status add_second(trial *t)
{
    gan_tensor *own = t->kind == AUC ? single : rows;
    if (t->kind == 5 || t->kind == 6) return gan_metric_add(t->metric, "label", labels);
    return gan_metric_add(t->metric, t->kind == 4 ? "fake" : "real", own);
}

/* What can fail, one after the other. */
static gan_status act(trial *t, int action)
{
    if (t->kind < 0)
        return gan_judge_train(&t->judge, context, "rounds=1 batch=3 features=2", data, data);
    if (action == 0) return gan_metric_create(&t->metric, context, specs[t->kind]);
    if (action == 1)
        return gan_metric_add(t->metric, "fake",
                              t->kind == AUC ? single
                              : t->failing   ? others
                                             : rows);
    if (action == 2) return add_second(t);
    return gan_metric_value(t->metric, gan_metric_value_name(t->metric, 0), &t->value);
}

static int64_t rows_there(const trial *t)
{
    return gan_metric_rows(t->metric, "fake") + gan_metric_rows(t->metric, "real") +
           gan_metric_rows(t->metric, "label");
}

static void finish_trial(trial *t)
{
    gan_metric_release(t->metric);
    gan_model_release(t->judge);
}

/* In a context of its own, whose scratch is not there yet. True while there was an allocation to
 * fail. */
static int fail_one(int kind, int action, int at, int for_ever, double expected)
{
    trial t = {.kind = kind};
    open_all();
    for (int i = 0; i < action; i++) CHECK_OK(act(&t, i));
    const int64_t before = rows_there(&t);
    fault.fail_at = fault.allocations + at;
    fault.and_after = for_ever;
    t.failing = 1;
    const gan_status status = act(&t, action);
    t.failing = 0;
    const int reached = fault.allocations >= fault.fail_at;
    fault.fail_at = 0;
    if (status != GAN_OK) {
        CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK(gan_context_message(context)[0] != '\0');
        CHECK_INT(rows_there(&t), before);
        for (int i = action; i < (kind < 0 ? 1 : PAIRS); i++) CHECK_OK(act(&t, i));
        if (kind >= 0) CHECK_NEAR(t.value, expected, 0);
    }
    finish_trial(&t);
    close_all();
    return reached;
}

static void fail_all(int kind, int actions)
{
    trial whole = {.kind = kind};
    open_all();
    for (int i = 0; i < actions; i++) CHECK_OK(act(&whole, i));
    const double expected = whole.value;
    finish_trial(&whole);
    close_all();
    for (int action = 0; action < actions; action++)
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            int at = 1;
            while (fail_one(kind, action, at, for_ever, expected) && at < 2000) at++;
            CHECK(at > 1 || action > 0);
            CHECK(at < 2000);
        }
}

TEST(metrics)
{
    for (int kind = 0; kind < SPECS; kind++) fail_all(kind, PAIRS);
}

TEST(judge)
{
    fail_all(-1, 1);
}

int main(void)
{
    RUN(metrics);
    RUN(judge);
    return test_report();
}
