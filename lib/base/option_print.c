/* option_print.c: options as canonical text. What it prints is read back as the same value. */
#include "base/option_value.h"

#include <inttypes.h>
#include <string.h>

static void option_print_choice(gan__text *text, const char *choices, int32_t index)
{
    while (index-- > 0) choices = strchr(choices, '|') + 1;
    gan__text_append(text, choices, strcspn(choices, "|"));
}

static void option_print_padding(gan__text *text, const gan__padding *padding)
{
    if (padding->mode != GAN__PAD_ZERO)
        gan__text_print(text, "%s:", gan__padding_names[padding->mode]);
    gan__text_print(text, "%" PRId64, padding->top);
    if (padding->left != padding->top || padding->bottom != padding->top ||
        padding->right != padding->top) {
        gan__text_print(text, ",%" PRId64 ",%" PRId64 ",%" PRId64, padding->left, padding->bottom,
                        padding->right);
    }
}

static void option_print_tuple(gan__text *text, const gan__tuple *tuple, const char *between)
{
    for (int32_t i = 0; i < tuple->count; i++) {
        if (i > 0) gan__text_print(text, "%s", between);
        if (tuple->value[i] < 0)
            gan__text_print(text, "any");
        else
            gan__text_print(text, "%" PRId64, tuple->value[i]);
    }
}

static void option_print_initial(gan__text *text, const gan__initial *initial)
{
    const gan__initial_form *form = gan__initial_forms;
    while ((int32_t)form->mode != initial->mode) form++;
    bool constant = form->mode == GAN__INIT_CONSTANT;
    if (constant && (initial->a == 0.0 || initial->a == 1.0)) {
        gan__text_print(text, initial->a == 0.0 ? "zeros" : "ones");
        return;
    }
    bool centred = form->mode == GAN__INIT_NORMAL && initial->a == 0.0;
    bool usual = form->least == 0 && initial->a == gan__initial_gain(initial->mode);
    gan__text_print(text, "%s", form->name);
    if (form->most == 0 || usual) return;
    gan__text_print(text, ":");
    if (!centred) gan__text_number(text, initial->a);
    if (form->most == 2) {
        if (!centred) gan__text_print(text, ",");
        gan__text_number(text, initial->b);
    }
}

void gan__option_print(gan__text *text, const gan__option *option, const void *slot)
{
    const int64_t *integer = slot;
    const int32_t *index = slot;
    const char *const *string = slot;
    switch (option->type) {
    case GAN__OPTION_INTEGER: gan__text_print(text, "%" PRId64, *integer); break;
    case GAN__OPTION_REAL: gan__text_number(text, *(const double *)slot); break;
    case GAN__OPTION_BOOLEAN: gan__text_print(text, *index ? "yes" : "no"); break;
    case GAN__OPTION_CHOICE: option_print_choice(text, option->choices, *index); break;
    case GAN__OPTION_TEXT:
    case GAN__OPTION_PATH: gan__text_value(text, *string, strlen(*string)); break;
    case GAN__OPTION_PAIR:
        gan__text_print(text, "%" PRId64, integer[0]);
        if (integer[1] != integer[0]) gan__text_print(text, "x%" PRId64, integer[1]);
        break;
    case GAN__OPTION_PADDING: option_print_padding(text, slot); break;
    case GAN__OPTION_TUPLE:
        option_print_tuple(text, slot, option->flags & GAN__POSITIONAL ? " " : ",");
        break;
    case GAN__OPTION_INITIAL: option_print_initial(text, slot); break;
    }
}
