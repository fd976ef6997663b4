/* inputs.c: what the inputs of a network are for. */
#include "inputs.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    input_kind kind;
} words[] = {{"normal", INPUT_NORMAL},      {"uniform", INPUT_UNIFORM}, {"picture", INPUT_PICTURE},
             {"code", INPUT_CODE},          {"label", INPUT_LABEL},     {"vector", INPUT_VECTOR},
             {"condition", INPUT_CONDITION}};

static input_kind kind_of_word(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == length && !strncmp(words[i].word, word, length))
            return words[i].kind;
    return INPUT_UNKNOWN;
}

input_kind input_kind_of(const gan_model *model, int32_t index, input_kind otherwise)
{
    const char *at = gan_model_note(model, "inputs");
    if (!at && !strcmp(gan_model_input_name(model, index), "condition")) return INPUT_CONDITION;
    if (!at && index > 0) return INPUT_UNKNOWN;
    if (!at) at = gan_model_note(model, "prior"); /* of the first */
    if (!at) return otherwise;
    for (int32_t i = 0; i < index; i++) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return kind_of_word(at, strcspn(at, " "));
}

int32_t input_condition(const gan_model *model)
{
    for (int32_t i = 0; i < gan_model_input_count(model); i++) {
        const input_kind kind = input_kind_of(model, i, INPUT_PICTURE);
        if (kind == INPUT_LABEL || kind == INPUT_VECTOR || kind == INPUT_CONDITION) return i;
    }
    return -1;
}

int64_t class_count(const gan_model *model)
{
    const char *count = gan_model_note(model, "class_count");
    const int32_t input = input_condition(model);
    int64_t shape[3] = {0};
    if (input < 0 || input_kind_of(model, input, INPUT_PICTURE) == INPUT_VECTOR) return 0;
    if (count && strtoll(count, NULL, 10) > 0) return strtoll(count, NULL, 10);
    if (gan_model_input_shape(model, input, shape) != GAN_OK) return 0;
    return shape[0] == 1 && shape[1] == 1 && shape[2] > 1 ? shape[2] : 0;
}

const char *class_name(const gan_model *model, int64_t number, size_t *length)
{
    const char *at = gan_model_note(model, "classes");
    for (int64_t i = 0; at && i < number; i++) {
        at = strchr(at, '\n');
        if (at) at++;
    }
    *length = at ? strcspn(at, "\n") : 0;
    return *length > 0 ? at : NULL;
}
