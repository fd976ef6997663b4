/* option_value.c: one value of an option from text, refused with the option's bounds or choices and
 * the place in the text. */
#include "base/option_value.h"
#include "base/memory.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const gan__padding_names[3] = {"zero", "reflect", "replicate"};

const gan__initial_form gan__initial_forms[] = {
    {"default", GAN__INIT_DEFAULT, 0, 0},
    {"normal", GAN__INIT_NORMAL, 1, 2},
    {"uniform", GAN__INIT_UNIFORM, 2, 2},
    {"xavier", GAN__INIT_XAVIER_UNIFORM, 0, 1},
    {"xavier_normal", GAN__INIT_XAVIER_NORMAL, 0, 1},
    {"kaiming", GAN__INIT_KAIMING_UNIFORM, 0, 1},
    {"kaiming_normal", GAN__INIT_KAIMING_NORMAL, 0, 1},
    {"orthogonal", GAN__INIT_ORTHOGONAL, 0, 1},
    {"constant", GAN__INIT_CONSTANT, 1, 1},
    {"zeros", GAN__INIT_CONSTANT, 0, 0},
    {"ones", GAN__INIT_CONSTANT, 0, 0},
};
const int32_t gan__initial_form_count = sizeof gan__initial_forms / sizeof gan__initial_forms[0];

static const double initial_sqrt2 = 1.4142135623730951;

double gan__initial_gain(int32_t mode)
{
    bool kaiming = mode == GAN__INIT_KAIMING_UNIFORM || mode == GAN__INIT_KAIMING_NORMAL;
    return kaiming ? initial_sqrt2 : 1.0;
}

const char *gan__place_print(gan__place place, char text[48])
{
    text[0] = '\0';
    if (place.line > 0)
        snprintf(text, 48, " (line %d, column %d)", (int)place.line, (int)place.column);
    return text;
}

gan_status gan__option_refuse(const gan__reading *reading, const char *what)
{
    const gan__token *token = reading->token;
    char place[48];
    return gan__fail(reading->context, GAN_E_TEXT, "%s: '%s' %s, not '%.*s'%s", reading->kind->name,
                     reading->option->name, what, token->length > 200 ? 200 : (int)token->length,
                     token->text, gan__place_print(token->place, place));
}

/* ---- pieces of values ---- */

typedef struct option_slice {
    const char *text;
    size_t length;
} option_slice;

/* Takes what stands before the next `sign` off *rest; all if there is none. False at the end. */
static bool option_split(option_slice *rest, char sign, option_slice *piece)
{
    if (!rest->text) return false;
    const char *found = rest->length ? memchr(rest->text, sign, rest->length) : NULL;
    piece->text = rest->text;
    piece->length = found ? (size_t)(found - rest->text) : rest->length;
    rest->text = found ? found + 1 : NULL;
    rest->length = found ? rest->length - piece->length - 1 : 0;
    return true;
}

static bool option_slice_is(option_slice slice, const char *word)
{
    return strlen(word) == slice.length && memcmp(slice.text, word, slice.length) == 0;
}

/* A whole number or a product of such: 7*7*128. */
static bool option_integer(option_slice slice, int64_t *out)
{
    option_slice factor;
    int64_t value;
    if (gan__integer_parse(slice.text, slice.length, out)) return true;
    *out = 1;
    while (option_split(&slice, '*', &factor)) {
        if (!gan__integer_parse(factor.text, factor.length, &value)) return false;
        if (!gan__multiply_count(*out, value, out)) return false;
    }
    return true;
}

/* Whether it would be one if there were room for all its digits. */
static bool option_is_huge_integer(option_slice slice)
{
    bool digits = false;
    for (size_t i = 0; i < slice.length; i++) {
        char c = slice.text[i];
        bool sign = i == 0 && (c == '-' || c == '+'), times = digits && c == '*';
        if (!sign && !times && (c < '0' || c > '9')) return false;
        digits = !sign && !times;
    }
    return digits;
}

/* A bound as text, of whole numbers with all digits. */
static void option_print_bound(const gan__option *option, double bound, char out[GAN__NUMBER_SIZE])
{
    int64_t whole = bound > 0 ? INT64_MAX : INT64_MIN;
    if (option->type == GAN__OPTION_REAL) {
        gan__number_print(bound, out);
        return;
    }
    if (fabs(bound) < 0x1p63) whole = (int64_t)bound;
    snprintf(out, GAN__NUMBER_SIZE, "%" PRId64, whole);
}

/* The bounds as text: "must be in [1, 7]". Where one is so huge that it is none, only the bound
 * that the value is beyond: "must be at least 1". */
static gan_status option_range(const gan__reading *reading, bool above)
{
    const gan__option *option = reading->option;
    const double huge = 9e15;
    bool bounded = option->least != option->most;
    double low = bounded ? option->least : -HUGE_VAL, high = bounded ? option->most : HUGE_VAL;
    char least[GAN__NUMBER_SIZE], most[GAN__NUMBER_SIZE], what[96];
    option_print_bound(option, low, least);
    option_print_bound(option, high, most);
    if (low > -huge && high < huge) {
        snprintf(what, sizeof what, "must be in [%s, %s]", least, most);
    } else {
        snprintf(what, sizeof what, "must be at %s %s", above ? "most" : "least",
                 above ? most : least);
    }
    return gan__option_refuse(reading, what);
}

static bool option_in_range(const gan__option *option, double value)
{
    return option->least == option->most || (value >= option->least && value <= option->most);
}

static gan_status option_whole(const gan__reading *reading, option_slice slice, const char *what,
                               int64_t *out)
{
    const gan__option *option = reading->option;
    if (option_integer(slice, out)) {
        if (option_in_range(option, (double)*out)) return GAN_OK;
        return option_range(reading, (double)*out > option->most);
    }
    if (option_is_huge_integer(slice)) return option_range(reading, slice.text[0] != '-');
    return gan__option_refuse(reading, what);
}

static option_slice option_whole_text(const gan__reading *reading)
{
    option_slice slice = {reading->token->text, reading->token->length};
    return slice;
}

/* ---- one function per type ---- */

static gan_status option_parse_integer(const gan__reading *reading, int64_t *slot)
{
    return option_whole(reading, option_whole_text(reading), "needs a whole number", slot);
}

static gan_status option_parse_real(const gan__reading *reading, double *slot)
{
    if (!gan__number_parse(reading->token->text, reading->token->length, slot))
        return gan__option_refuse(reading, "needs a number");
    if (option_in_range(reading->option, *slot)) return GAN_OK;
    return option_range(reading, *slot > reading->option->most);
}

static gan_status option_parse_boolean(const gan__reading *reading, int32_t *slot)
{
    option_slice value = option_whole_text(reading);
    *slot = option_slice_is(value, "yes");
    if (*slot || option_slice_is(value, "no")) return GAN_OK;
    return gan__option_refuse(reading, "is yes or no");
}

static gan_status option_refuse_choice(const gan__reading *reading)
{
    option_slice rest = {reading->option->choices, strlen(reading->option->choices)}, name;
    gan__text what = {.context = reading->context};
    const char *between = "is one of ";
    for (; option_split(&rest, '|', &name); between = ", ")
        gan__text_print(&what, "%s%.*s", between, (int)name.length, name.text);
    gan_status status = what.status;
    if (status == GAN_OK) status = gan__option_refuse(reading, what.bytes);
    gan__text_free(&what);
    return status;
}

static gan_status option_parse_choice(const gan__reading *reading, int32_t *slot)
{
    const gan__token *token = reading->token;
    option_slice rest = {reading->option->choices, strlen(reading->option->choices)}, name;
    for (int32_t i = 0; option_split(&rest, '|', &name); i++) {
        if (name.length == token->length && memcmp(name.text, token->text, name.length) == 0) {
            *slot = i;
            return GAN_OK;
        }
    }
    return option_refuse_choice(reading);
}

/* Control characters are refused, since no description could hold them. */
static gan_status option_parse_text(const gan__reading *reading, char **slot)
{
    const gan__token *token = reading->token;
    char *copy;
    GAN__TRY(gan__copy_text(reading->context, &copy, token->text, token->length));
    size_t length = 0;
    for (size_t i = 0; i < token->length; i++) {
        char c = token->text[i];
        bool escape = token->quoted && c == '\\' && i + 1 < token->length &&
                      (token->text[i + 1] == '"' || token->text[i + 1] == '\\');
        if (escape) c = token->text[++i];
        if ((unsigned char)c < 0x20 || c == 0x7F) {
            gan__free(reading->context, copy);
            return gan__option_refuse(reading, "is one line of text");
        }
        copy[length++] = c;
    }
    copy[length] = '\0';
    if (length == 0 && !reading->option->initial) {
        gan__free(reading->context, copy);
        copy = NULL;
        if (reading->option->flags & GAN__REQUIRED)
            return gan__option_refuse(reading, "needs a text");
    }
    gan__free(reading->context, *slot);
    *slot = copy;
    return GAN_OK;
}

static gan_status option_parse_pair(const gan__reading *reading, int64_t *slot)
{
    static const char what[] = "needs a whole number or two as in 3x5";
    option_slice rest = option_whole_text(reading), piece;
    option_split(&rest, 'x', &piece);
    GAN__TRY(option_whole(reading, piece, what, &slot[0]));
    slot[1] = slot[0];
    if (option_split(&rest, 'x', &piece)) GAN__TRY(option_whole(reading, piece, what, &slot[1]));
    return rest.text ? gan__option_refuse(reading, what) : GAN_OK;
}

static gan_status option_parse_padding(const gan__reading *reading, gan__padding *slot)
{
    static const char what[] = "needs 1 or top,left,bottom,right, after reflect: or replicate: "
                               "if not zero";
    option_slice rest = option_whole_text(reading), piece;
    gan__padding padding = {GAN__PAD_ZERO, 0, 0, 0, 0};
    int64_t *side[4] = {&padding.top, &padding.left, &padding.bottom, &padding.right};
    if (rest.length && memchr(rest.text, ':', rest.length)) {
        option_split(&rest, ':', &piece);
        for (padding.mode = 0; padding.mode < 3; padding.mode++)
            if (option_slice_is(piece, gan__padding_names[padding.mode])) break;
        if (padding.mode == 3) return gan__option_refuse(reading, what);
    }
    int32_t count = 0;
    for (; count < 4 && option_split(&rest, ',', &piece); count++)
        GAN__TRY(option_whole(reading, piece, what, side[count]));
    if (count == 1 && !rest.text)
        padding.left = padding.bottom = padding.right = padding.top;
    else if (count != 4 || rest.text)
        return gan__option_refuse(reading, what);
    *slot = padding;
    return GAN_OK;
}

static gan_status option_parse_tuple(const gan__reading *reading, gan__tuple *slot, bool append)
{
    static const char what[] = "needs up to 8 whole numbers or `any`";
    const int32_t most = sizeof slot->value / sizeof slot->value[0];
    option_slice rest = option_whole_text(reading), piece;
    gan__tuple tuple = *slot;
    if (!append) memset(&tuple, 0, sizeof tuple);
    while (option_split(&rest, ',', &piece)) {
        if (tuple.count == most) return gan__option_refuse(reading, what);
        int64_t *value = &tuple.value[tuple.count++];
        if (option_slice_is(piece, "any"))
            *value = -1;
        else
            GAN__TRY(option_whole(reading, piece, what, value));
    }
    *slot = tuple;
    return GAN_OK;
}

static const gan__initial_form *option_initial_form(option_slice name)
{
    for (int32_t i = 0; i < gan__initial_form_count; i++)
        if (option_slice_is(name, gan__initial_forms[i].name)) return &gan__initial_forms[i];
    return NULL;
}

static gan_status option_parse_initial(const gan__reading *reading, gan__initial *slot)
{
    static const char what[] =
        "needs default, normal:DEVIATION, uniform:LOW,HIGH, xavier, kaiming, "
        "xavier_normal, kaiming_normal, orthogonal, constant:VALUE, zeros or "
        "ones";
    option_slice rest = option_whole_text(reading), name, piece;
    double number[2] = {0, 0};
    int32_t count = 0;
    option_split(&rest, ':', &name);
    const gan__initial_form *form = option_initial_form(name);
    if (!form) return gan__option_refuse(reading, what);
    for (; count < form->most && option_split(&rest, ',', &piece); count++)
        if (!gan__number_parse(piece.text, piece.length, &number[count]))
            return gan__option_refuse(reading, what);
    if (rest.text || count < form->least) return gan__option_refuse(reading, what);
    if (form->mode == GAN__INIT_NORMAL && count == 1) {
        number[1] = number[0];
        number[0] = 0;
    } else if (form->mode == GAN__INIT_CONSTANT && count == 0) {
        number[0] = form->name[0] == 'o';
    } else if (count == 0 && form->most == 1) {
        number[0] = gan__initial_gain((int32_t)form->mode);
    }
    slot->mode = (int32_t)form->mode;
    slot->a = number[0];
    slot->b = number[1];
    return GAN_OK;
}

gan_status gan__option_parse(const gan__reading *reading, void *slot, bool append)
{
    switch (reading->option->type) {
    case GAN__OPTION_INTEGER: return option_parse_integer(reading, slot);
    case GAN__OPTION_REAL: return option_parse_real(reading, slot);
    case GAN__OPTION_BOOLEAN: return option_parse_boolean(reading, slot);
    case GAN__OPTION_CHOICE: return option_parse_choice(reading, slot);
    case GAN__OPTION_TEXT:
    case GAN__OPTION_PATH: return option_parse_text(reading, slot);
    case GAN__OPTION_PAIR: return option_parse_pair(reading, slot);
    case GAN__OPTION_PADDING: return option_parse_padding(reading, slot);
    case GAN__OPTION_TUPLE: return option_parse_tuple(reading, slot, append);
    case GAN__OPTION_INITIAL: return option_parse_initial(reading, slot);
    }
    return GAN_E_INTERNAL;
}
