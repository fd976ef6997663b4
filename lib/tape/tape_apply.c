/* tape_apply.c: a model applied to values. */
#include "tape/record.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "compute/pointwise.h"

#include <inttypes.h>
#include <string.h>

/* What a kept record is compared with. */
typedef struct apply_call {
    gan_model *model;
    gan__plan_mode mode;
    bool frozen;
    const gan__shape *shapes; /* of the model's inputs, all groups together */
    const char *function;     /* for messages */
    const char *statement;    /* the model is this layer; NULL: any */
    bool draws;               /* it is a draw of the tape */
} apply_call;

/* ---- the mode ---- */

typedef struct apply_words {
    bool training, evaluation, frozen;
    int64_t groups; /* 0: not said */
} apply_words;

static gan_status apply_groups(gan_context *context, gan__lexer *lexer, apply_words *words)
{
    gan__token token;
    GAN__TRY(gan__lexer_next(lexer, &token));
    bool good = token.kind == GAN__TOKEN_EQUALS && words->groups == 0;
    if (good) GAN__TRY(gan__lexer_next(lexer, &token));
    if (good && token.kind == GAN__TOKEN_WORD &&
        gan__integer_parse(token.text, token.length, &words->groups) && words->groups >= 1 &&
        words->groups <= 1 << 20)
        return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "tape: groups= needs one number from 1 on");
}

static gan_status apply_word(gan_context *context, const gan__token *token, apply_words *words)
{
    static const char *const names[] = {"training", "evaluation", "frozen", "groups"};
    bool *const flags[] = {&words->training, &words->evaluation, &words->frozen};
    for (int i = 0; i < 3 && token->kind == GAN__TOKEN_WORD; i++) {
        if (!gan__token_is(token, names[i])) continue;
        *flags[i] = true;
        return GAN_OK;
    }
    int length = (int)(token->length < 64 ? token->length : 64);
    const char *nearest = gan__nearest(token->text, token->length, names, 4);
    return gan__fail(context, GAN_E_TEXT, "tape: unknown mode '%.*s'%s%s%s", length, token->text,
                     nearest ? ", did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

static gan_status apply_mode(gan_context *context, const char *text, apply_call *call)
{
    apply_words words = {0};
    gan__lexer lexer;
    gan__token token;
    gan__lexer_init(&lexer, context, text, strlen(text));
    for (;;) {
        GAN__TRY(gan__lexer_next(&lexer, &token));
        if (token.kind == GAN__TOKEN_END) break;
        if (gan__token_is(&token, "groups"))
            GAN__TRY(apply_groups(context, &lexer, &words));
        else
            GAN__TRY(apply_word(context, &token, &words));
    }
    if (words.training == words.evaluation)
        return gan__fail(context, GAN_E_TEXT, "tape: the mode '%.64s' %s training %s evaluation",
                         text, words.training ? "is both" : "is neither",
                         words.training ? "and" : "nor");
    call->mode = (gan__plan_mode){.training = words.training,
                                  .groups = words.groups ? (int32_t)words.groups : 1};
    call->frozen = words.frozen;
    return GAN_OK;
}

/* ---- the call ---- */

/* Frozen, and applied to nothing that could have a gradient: the plan need not keep what only a
 * backward pass reads. */
static gan_status apply_trace(gan_tape *tape, apply_call *call, const gan_value *inputs)
{
    size_t count = call->model->input_count * (size_t)call->mode.groups;
    call->mode.backward = !call->frozen;
    for (size_t i = 0; i < count && !call->mode.backward; i++) {
        int32_t index;
        GAN__TRY(gan__tape_find(tape, "gan_tape_apply", inputs[i], &index));
        call->mode.backward = gan__tape_at(tape, index)->traced;
    }
    return GAN_OK;
}

/* Where each group begins, by the sizes of the values for the first input. */
static gan_status apply_starts(gan_tape *tape, apply_call *call, const gan_value *inputs)
{
    gan_context *context = tape->object.context;
    const size_t groups = (size_t)call->mode.groups, count = call->model->input_count;
    GAN__TRY(
        gan__grow(context, &tape->starts, &tape->start_capacity, groups + 1, sizeof *tape->starts));
    tape->starts[0] = 0;
    for (size_t g = 0; g < groups; g++) {
        int32_t index;
        GAN__TRY(gan__tape_find(tape, "gan_tape_apply", inputs[g * count], &index));
        if (!gan__add_count(tape->starts[g], gan__tape_at(tape, index)->shape.n,
                            &tape->starts[g + 1]))
            return gan__fail(context, GAN_E_MEMORY, "gan_tape_apply: the groups are too large");
    }
    call->mode.starts = tape->starts;
    return GAN_OK;
}

/* All groups of an input are pictures of one size, and each has as many as the group of the first
 * input. */
static gan_status apply_check_group(const gan_tape *tape, const apply_call *call, size_t input,
                                    int32_t group, gan__shape first, gan__shape shape)
{
    gan_context *context = tape->object.context;
    const int64_t n = call->mode.starts[group + 1] - call->mode.starts[group];
    char a[88], b[88];
    if (shape.h != first.h || shape.w != first.w || shape.c != first.c)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_tape_apply: input %zu is %s in group 0, but %s in group %d", input,
                         gan__shape_print(first, a), gan__shape_print(shape, b), group);
    if (shape.n == n) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "gan_tape_apply: input %zu has %" PRId64 " samples in group %d, input 0 has "
                     "%" PRId64,
                     input, shape.n, group, n);
}

/* The shapes of the model's inputs, all groups together. */
static gan_status apply_shapes(gan_tape *tape, apply_call *call, const gan_value *inputs)
{
    size_t count = call->model->input_count;
    GAN__TRY(gan__grow(tape->object.context, &tape->shapes, &tape->shape_capacity, count,
                       sizeof *tape->shapes));
    for (size_t i = 0; i < count; i++) {
        for (int32_t g = 0; g < call->mode.groups; g++) {
            int32_t index;
            GAN__TRY(gan__tape_find(tape, "gan_tape_apply", inputs[(size_t)g * count + i], &index));
            gan__shape shape = gan__tape_at(tape, index)->shape;
            if (g == 0) tape->shapes[i] = shape;
            GAN__TRY(apply_check_group(tape, call, i, g, tape->shapes[i], shape));
        }
        tape->shapes[i].n = tape->starts[call->mode.groups];
    }
    call->shapes = tape->shapes;
    return GAN_OK;
}

static uint64_t apply_key(const apply_call *call)
{
    const gan__plan_mode *mode = &call->mode;
    uint64_t key = gan__key(mode->training * 2u + mode->backward, (uintptr_t)call->model);
    for (int32_t g = 1; g <= mode->groups; g++) key = gan__key(key, (uint64_t)mode->starts[g]);
    for (size_t i = 0; i < call->model->input_count; i++) {
        const gan__shape *s = &call->shapes[i];
        const int64_t sizes[3] = {s->h, s->w, s->c};
        for (int j = 0; j < 3; j++) key = gan__key(key, (uint64_t)sizes[j]);
    }
    return key;
}

static bool apply_fits(const gan__record *record, const void *wanted)
{
    const apply_call *call = wanted;
    return !record->plan || gan__plan_fits(record->plan, call->model, call->shapes, &call->mode);
}

/* A plan, and arrays as long as the model's ports and stores: made once, together. */
static gan_status apply_prepare(gan_tape *tape, gan__record *record, const apply_call *call)
{
    gan_context *context = tape->object.context;
    const gan_model *model = call->model;
    if (record->plan) return GAN_OK;
    gan__free(context, record->x);
    gan__free(context, record->dx);
    gan__free(context, record->dy);
    gan__free(context, record->versions);
    gan__free(context, record->spec);
    record->x = NULL;
    record->dx = NULL;
    record->dy = NULL;
    record->versions = NULL;
    record->spec = NULL;
    if (call->statement)
        GAN__TRY(gan__copy_text(context, &record->spec, call->statement, strlen(call->statement)));
    GAN__TRY(gan__allocate(context, &record->x, model->input_count, sizeof *record->x));
    GAN__TRY(gan__allocate(context, &record->dx, model->input_count, sizeof *record->dx));
    GAN__TRY(gan__allocate(context, &record->dy, model->output_count, sizeof *record->dy));
    GAN__TRY(gan__allocate(context, &record->versions, model->store_count, sizeof(uint64_t)));
    record->store_count = model->store_count;
    record->model = call->model;
    GAN__TRY(gan__tape_reserve_model(tape));
    GAN__TRY(gan__plan_create(&record->plan, context, call->model, call->shapes, &call->mode,
                              &tape->cache));
    gan__tape_count_model(tape, record);
    return GAN_OK;
}

/* Several groups are put side by side; a single one is read where it is. */
static gan_status apply_inputs(gan_tape *tape, gan__record *record, const apply_call *call)
{
    gan_context *context = tape->object.context;
    size_t inputs = call->model->input_count, total = 0;
    int32_t groups = call->mode.groups;
    for (size_t i = 0; groups > 1 && i < inputs; i++)
        total += (size_t)gan__shape_count(call->shapes[i]);
    GAN__TRY(gan__block_reserve(context, &record->data, total));
    float *to = record->data.memory;
    gan__watch watch;
    gan__watch_begin(context, &watch, "apply", "forward");
    for (size_t i = 0; i < inputs; i++) {
        record->x[i] = groups > 1 ? to : gan__tape_at(tape, record->operands[i])->data;
        for (int32_t g = 0; groups > 1 && g < groups; g++) {
            const gan__tape_value *value =
                gan__tape_at(tape, record->operands[(size_t)g * inputs + i]);
            const int64_t count = gan__shape_count(value->shape);
            if (!tape->rehearses) gan__copy(context, count, value->data, to);
            to += count;
        }
    }
    gan__watch_end(context, &watch);
    return GAN_OK;
}

static void apply_outputs(gan__record *record, const apply_call *call)
{
    size_t outputs = call->model->output_count;
    for (size_t i = 0; i < outputs; i++) {
        gan__shape shape = gan__plan_output_shape(record->plan, (int32_t)i);
        const float *data = gan__plan_output(record->plan, (int32_t)i);
        for (int32_t g = 0; g < record->groups; g++) {
            shape.n = call->mode.starts[g + 1] - call->mode.starts[g];
            record->values[(size_t)g * outputs + i] =
                (gan__tape_value){.shape = shape, .data = data};
            data += gan__shape_count(shape);
        }
    }
}

static gan_status apply_record(gan_tape *tape, apply_call *call, const gan_value *inputs,
                               gan_value *outputs)
{
    const gan_model *model = call->model;
    gan__record *record;
    if (call->draws) GAN__TRY(gan__tape_may_draw(tape, call->function));
    GAN__TRY(apply_trace(tape, call, inputs));
    GAN__TRY(apply_starts(tape, call, inputs));
    GAN__TRY(apply_shapes(tape, call, inputs));
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_APPLY, apply_key(call), apply_fits, call, &record));
    size_t groups = (size_t)call->mode.groups;
    GAN__TRY(apply_prepare(tape, record, call));
    GAN__TRY(
        gan__record_operands(tape, record, inputs, groups * model->input_count, call->function));
    GAN__TRY(gan__record_values(tape, record, groups * model->output_count));
    GAN__TRY(gan__tape_reserve_transient(tape, gan__plan_transient(record->plan)));
    GAN__TRY(apply_inputs(tape, record, call));
    void *arena;
    GAN__TRY(gan__tape_lend(tape, record, gan__plan_arena(record->plan),
                            gan__plan_outputs(record->plan), &arena));
    gan__plan_bind(record->plan, arena, record->outputs.memory);
    record->groups = call->mode.groups;
    record->frozen = call->frozen;
    for (size_t i = 0; i < record->store_count; i++)
        record->versions[i] = model->stores[i]->version;
    const gan__plan_draw draw = {tape->seed, tape->draws};
    if (!tape->rehearses)
        GAN__TRY(gan__plan_forward(record->plan, record->x, &draw, tape->transient));
    if (call->draws) tape->draws++;
    apply_outputs(record, call);
    gan__tape_commit(tape, record, outputs);
    return GAN_OK;
}

gan_status gan__tape_apply_layer(gan_tape *tape, gan_model *model, const char *statement,
                                 const gan_value *inputs, gan_value *out)
{
    apply_call call = {.model = model,
                       .mode = {.training = true, .groups = 1},
                       .frozen = true,
                       .function = "gan_tape_layer",
                       .statement = statement,
                       .draws = model->nodes[0].layer->kind->draws};
    return apply_record(tape, &call, inputs, out);
}

static gan_status apply_run(gan_tape *tape, gan_model *model, const char *mode,
                            const gan_value *inputs, int32_t input_count, gan_value *outputs,
                            int32_t output_count)
{
    apply_call call = {.model = model, .function = "gan_tape_apply"};
    if (model->object.context != tape->object.context)
        return gan__fail(tape->object.context, GAN_E_ARGUMENT,
                         "gan_tape_apply: the model belongs to another context");
    GAN__TRY(apply_mode(tape->object.context, mode, &call));
    GAN__TRY(gan__model_check_counts(model, tape->object.context, "gan_tape_apply",
                                     call.mode.groups, input_count, output_count));
    call.draws = call.mode.training;
    return apply_record(tape, &call, inputs, outputs);
}

gan_status gan_tape_apply(gan_tape *tape, gan_model *model, const char *mode,
                          const gan_value *inputs, int32_t input_count, gan_value *outputs,
                          int32_t output_count)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_apply", "tape"));
    gan_context *context = tape->object.context;
    GAN__TRY(gan__object_check(context, model, GAN__MODEL, "gan_tape_apply", "model"));
    if (!mode || !inputs || !outputs)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_apply: %s is NULL",
                         !mode     ? "mode"
                         : !inputs ? "inputs"
                                   : "outputs");
    GAN__RETURN_ENTERED(context,
                        apply_run(tape, model, mode, inputs, input_count, outputs, output_count));
}
