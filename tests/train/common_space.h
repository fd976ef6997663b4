/* common_space.h: what the tests of trainers have in common whose domains share a code: networks
 * and data of three domains of unlike sizes, which have parts in common, and contexts in which a
 * trainer is the first. */
#ifndef GAN_TEST_COMMON_SPACE_H
#define GAN_TEST_COMMON_SPACE_H

#include "bits.h"

#include <math.h>

#include "optim/optimizer.h"
#include "train/trainer.h"

/* The first domain is grey and of 4x6, the second of 8x12 and the third of 4x6 with three channels;
 * codes are of 2x3x3. There are 7, 5 and 6 examples of them. */
enum { ROWS = 3, MOST_DOMAINS = 3 };
static const char *const rows[ROWS] = {"encoder", "decoder", "discriminator"};
static const int64_t sizes[MOST_DOMAINS][4] = {{7, 4, 6, 1}, {5, 8, 12, 3}, {6, 4, 6, 3}};

#define INWARDS "input 2 3 4; conv2d 3 kernel=3 pad=1; instancenorm"
#define OUTWARDS "input 2 3 3; conv2d 4 kernel=3 pad=1; batchnorm; relu; dropout 0.1"
#define ENCODER_END "leaky_relu 0.2; part inwards"
static const char *const domain_texts[ROWS][MOST_DOMAINS] = {
    {"input 4 6 1; conv2d 4 kernel=4 stride=2 pad=1; batchnorm; " ENCODER_END,
     "input 8 12 3; conv2d 4 kernel=6 stride=4 pad=1; " ENCODER_END,
     "input 4 6 3; conv2d 4 kernel=4 stride=2 pad=1; " ENCODER_END},
    {"input 2 3 3; part outwards; conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh",
     "input 2 3 3; part outwards; conv_transpose2d 3 kernel=6 stride=4 pad=1; tanh",
     "input 2 3 3; part outwards; conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh"},
    {"input 4 6 1; conv2d 4 kernel=3 spectral=yes; leaky_relu 0.2; conv2d 1 kernel=1",
     "input 8 12 3; conv2d 4 kernel=4 stride=2; batchnorm; leaky_relu 0.2; conv2d 1 kernel=1",
     "input 4 6 3; conv2d 4 kernel=3; leaky_relu 0.2; conv2d 1 kernel=1"}};

/* Names of the domains of a spec that makes so many. */
typedef struct domain_list {
    int count;
    const char *names[MOST_DOMAINS];
} domain_list;

static const char *role_name(int row, const char *domain)
{
    static char name[64];
    snprintf(name, sizeof name, "%s_%s", rows[row], domain);
    return name;
}

static void set_text(gan_trainer *t, const char *role, const char *text, gan_model *const parts[2])
{
    static const char *const names[2] = {"inwards", "outwards"};
    gan_model *model;
    must(gan_model_parse_parts(&model, context, text, names, parts, 2));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

/* Networks of all domains; `except`: the role of this name gets another text, or none. */
TEST_UNUSED static gan_trainer *make_but(const char *spec, const domain_list *domains,
                                         const char *except, const char *text)
{
    gan_model *parts[2];
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    must(gan_model_parse(&parts[0], context, INWARDS));
    must(gan_model_parse(&parts[1], context, OUTWARDS));
    for (int row = 0; row < ROWS; row++)
        for (int d = 0; d < domains->count; d++) {
            const char *role = role_name(row, domains->names[d]);
            const bool other = except && !strcmp(except, role);
            if (!other || text) set_text(t, role, other ? text : domain_texts[row][d], parts);
        }
    for (int i = 0; i < 2; i++) gan_model_release(parts[i]);
    return t;
}

TEST_UNUSED static gan_tensor *make_pictures(int64_t n, int64_t h, int64_t w, int64_t c)
{
    gan_tensor *tensor;
    must(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){n, h, w, c}));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = (float)((i + h * c) * 37 % 101) / 50.5F - 1;
    return tensor;
}

TEST_UNUSED static void set_data_of(gan_trainer *t, const domain_list *domains)
{
    const char *field = "image";
    for (int d = 0; d < domains->count; d++) {
        const int64_t *s = sizes[d];
        gan_tensor *pictures = make_pictures(s[0], s[1], s[2], s[3]);
        gan_dataset *data;
        must(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
        must(gan_trainer_set_data(t, domains->names[d], data));
        gan_tensor_release(pictures);
        gan_dataset_release(data);
    }
}

/* All members but values, one behind the other. */
TEST_UNUSED static void check_members(const char *spec, const char *expected)
{
    char text[2048] = "";
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
        if (strcmp(gan_trainer_member(t, m, "type"), "value"))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s, ",
                     gan_trainer_member(t, m, "type"), gan_trainer_member(t, m, "name"));
    CHECK_TEXT(text, expected);
    gan_trainer_release(t);
}

typedef struct option_case {
    const char *spec, *message; /* NULL: it is good */
} option_case;

TEST_UNUSED static void check_options(const option_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gan_trainer *t = NULL;
        const gan_status status = gan_trainer_create(&t, context, cases[i].spec);
        CHECK_STATUS(status, cases[i].message ? GAN_E_TEXT : GAN_OK);
        if (cases[i].message) CHECK_TEXT(gan_context_message(context), cases[i].message);
        gan_trainer_release(t);
    }
}

/* What an optimiser knows of the first part of a role's network. */
TEST_UNUSED static const gan__optimizer_state *state_of_role(const gan_trainer *t, const char *role,
                                                             size_t store)
{
    const int32_t i = gan__cast_role(t->cast, role, strlen(role));
    const gan_optimizer *optimizer = t->optimizers[t->cast->roles[i].group];
    for (size_t k = 0; k < optimizer->state_count; k++)
        if (optimizer->states[k].store == t->players[i].model->stores[store])
            return &optimizer->states[k];
    return NULL;
}

/* One weight of the model becomes something else; what it was. */
TEST_UNUSED static float set_weight(gan_trainer *t, const char *role, float weight)
{
    gan_model *model = gan_trainer_model(t, role, 0);
    gan__store *store = model->stores[model->store_count - 1];
    const float before = store->weights[0];
    store->weights[0] = weight;
    store->version++;
    return before;
}

/* A step that breaks in any network, of two domains, or is fed what does not fit leaves a trainer
 * that goes on like one that has never failed. */
TEST_UNUSED static void check_failed_steps(const bits_training *training, const char *spec,
                                           const domain_list *domains)
{
    gan_context *kept = begin_apart("threads=2 seed=11");
    gan_trainer *whole = training->make(spec);
    end_apart(kept);
    kept = begin_apart("threads=2 seed=11");
    gan_trainer *broken = training->make(spec);
    gan_tensor *x = make_pictures(2, 5, 5, 1); /* of another size */
    for (int64_t k = 0; k < training->steps; k++) {
        for (int row = 0; row < ROWS; row++)
            for (int d = 0; d < domains->count; d++) {
                const char *role = role_name(row, domains->names[d]);
                const float weight = set_weight(broken, role, NAN);
                CHECK_STATUS(gan_trainer_step(broken), GAN_E_DIVERGED);
                set_weight(broken, role, weight);
            }
        must(gan_trainer_feed(broken, domains->names[0], x));
        CHECK_STATUS(gan_trainer_step(broken), GAN_E_SHAPE);
        must(gan_trainer_feed(broken, domains->names[0], NULL));
        gan_tensor *a = bits_after(whole, k + 1), *b = bits_after(broken, k + 1);
        if (!CHECK(bits_equal(a, b))) printf("    after step %lld\n", (long long)k + 1);
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    gan_tensor_release(x);
    gan_trainer_release(whole);
    gan_trainer_release(broken);
    end_apart(kept);
}

/* Nothing is allocated once a check has gone through a step, whatever coins say later. */
TEST_UNUSED static void check_allocations(const bits_training *training, const char *spec)
{
    fault_host fault = {0};
    gan_context *kept = begin_faulty(&fault);
    gan_trainer *t = training->make(spec);
    must(gan_trainer_check(t));
    const long long before = atomic_load(&fault.allocations);
    must(gan_trainer_run(t, training->steps, NULL, NULL));
    CHECK_INT(atomic_load(&fault.allocations) - before, 0);
    gan_trainer_release(t);
    end_apart(kept);
    CHECK_INT(atomic_load(&fault.live), 0);
}

/* Every allocation of the first step fails once. */
TEST_UNUSED static void check_without_memory(const bits_training *training, const char *spec)
{
    fault_host faults[2] = {{0}, {0}};
    gan_tensor *bytes[2];
    gan_trainer *trainers[2];
    gan_context *contexts[2], *kept = context;
    for (int broken = 0; broken < 2; broken++) {
        begin_faulty(&faults[broken]);
        gan_status status = GAN_E_MEMORY;
        contexts[broken] = context;
        trainers[broken] = training->make(spec);
        for (long long n = 1; broken && status == GAN_E_MEMORY && n < 10000; n++) {
            faults[1].fail_at = atomic_load(&faults[1].allocations) + n;
            status = gan_trainer_step(trainers[1]);
            faults[1].fail_at = 0;
        }
        if (broken) CHECK_OK(status);
        bytes[broken] = bits_after(trainers[broken], 3);
    }
    CHECK(bits_equal(bytes[0], bytes[1]));
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(bytes[i]);
        gan_trainer_release(trainers[i]);
        gan_context_release(contexts[i]);
        CHECK_INT(atomic_load(&faults[i].live), 0);
    }
    context = kept;
}

#endif
