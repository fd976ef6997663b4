/* warnings.c: the warnings of a trainer: its list, looks, and what stands. */
#include "train/warnings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tape/record.h"

/* ---- the list ---- */

/* The first role of a group that the options want, else the first. */
static int32_t warnings_first(const gan__cast *cast, int32_t group)
{
    int32_t first = -1;
    for (int32_t i = 0; i < cast->role_count; i++) {
        const bool better = first < 0 || (cast->roles[i].wanted && !cast->roles[first].wanted);
        if (cast->roles[i].group == group && better) first = i;
    }
    return first;
}

static void warnings_add(gan_trainer *t, const gan__warning_kind *kind, int32_t role,
                         const int32_t values[2], bool wanted)
{
    const gan__role *of = &t->cast->roles[role];
    gan__warning *warning = &t->warnings[t->warning_count++];
    warning->kind = kind;
    warning->wanted = wanted && of->wanted;
    warning->role = role;
    memcpy(warning->values, values, sizeof warning->values);
    snprintf(warning->name, sizeof warning->name, "%s.%s", kind->name,
             kind->of_group ? t->cast->groups[of->group].name : of->name);
}

/* A row about what stands once for each domain stands once for each, its values with it. */
static void warnings_add_row(gan_trainer *t, const gan__warning_row *row)
{
    const gan__cast *cast = t->cast;
    const int32_t role = gan__cast_role_at(cast, row->role);
    const int32_t times = gan__cast_role_at(cast, row->role + 1) - role;
    const bool wanted = !row->wanted || row->wanted(t->options);
    int32_t values[2], several[2];
    for (int32_t v = 0; v < 2; v++) {
        values[v] = gan__cast_value_at(cast, row->values[v]);
        several[v] = gan__cast_value_at(cast, row->values[v] + 1) - values[v] > 1;
    }
    for (int32_t d = 0; d < times; d++)
        warnings_add(t, row->kind, role + d,
                     (int32_t[]){values[0] + d * several[0], values[1] + d * several[1]}, wanted);
}

/* All of them, with what the options want. */
static void warnings_list(gan_trainer *t)
{
    const gan__cast *cast = t->cast;
    const int32_t none[2] = {0, 0};
    t->warning_count = 0;
    for (int32_t i = 0; i < t->kind->warning_count; i++) warnings_add_row(t, &t->kind->warnings[i]);
    for (int32_t g = 0; g < cast->group_count; g++)
        warnings_add(t, &gan__warning_gradient, warnings_first(cast, g), none, true);
    for (int32_t r = 0; r < cast->role_count; r++)
        warnings_add(t, &gan__warning_normalisation, r, none, true);
}

gan_status gan__warnings_create(gan_trainer *t)
{
    const gan__cast *cast = t->cast;
    size_t most = 2 * (size_t)cast->role_count;
    for (int32_t i = 0; i < t->kind->warning_count; i++)
        most += (size_t)(gan__cast_role_at(cast, t->kind->warnings[i].role + 1) -
                         gan__cast_role_at(cast, t->kind->warnings[i].role));
    GAN__TRY(gan__allocate(t->object.context, &t->warnings, most, sizeof *t->warnings));
    warnings_list(t);
    const size_t count = (size_t)gan__warnings_memory(t);
    GAN__TRY(gan__allocate(t->object.context, &t->memory, count, sizeof *t->memory));
    return gan__allocate(t->object.context, &t->kept, count, sizeof *t->kept);
}

void gan__warnings_change(gan_trainer *t)
{
    const size_t size = GAN__WARNING_MEMORY * sizeof *t->kept;
    warnings_list(t);
    for (int32_t i = 0; i < t->warning_count; i++)
        if (!t->warnings[i].wanted) memset(t->kept + i * GAN__WARNING_MEMORY, 0, size);
}

void gan__warnings_free(gan_trainer *t)
{
    gan__free(t->object.context, t->warnings);
    gan__free(t->object.context, t->memory);
    gan__free(t->object.context, t->kept);
}

int32_t gan__warnings_memory(const gan_trainer *t)
{
    return t->warning_count * GAN__WARNING_MEMORY;
}

/* ---- looks ---- */

const char *gan__percent_print(double share, char text[GAN__NUMBER_SIZE])
{
    return gan__number_print(round(1000 * share) / 10, text);
}

double *gan__warnings_known(const gan_trainer *t, const gan__warning_kind *kind, int32_t role)
{
    for (int32_t i = 0; i < t->warning_count; i++)
        if (t->warnings[i].kind == kind && t->warnings[i].role == role)
            return t->memory + i * GAN__WARNING_MEMORY;
    return NULL;
}

const char *gan__figure_print(double value, char text[GAN__NUMBER_SIZE])
{
    double unit = 1; /* of the second digit */
    while (fabs(value) >= 100 * unit) unit *= 10;
    if (unit > 1 || value == 0 || !isfinite(value))
        return gan__number_print(value == 0 ? 0 : round(value / unit) * unit, text);
    for (unit = 1; fabs(value) * unit < 10 && unit < 1e300;) unit *= 10;
    return gan__number_print(round(value * unit) / unit, text);
}

static gan_status warnings_read(const gan_trainer *t, gan_value value, gan__shape *shape,
                                const float **data)
{
    return gan__tape_source(t->tape, "gan_trainer_step", value, GAN_VALUE, shape, data);
}

gan_status gan__warnings_take(gan_trainer *t, int32_t role, gan_value made, gan_value real,
                              gan_value condition)
{
    gan__shape shape, other, kind = {0};
    gan__specimens specimens = {0};
    if (t->rehearsing || t->steps % GAN__WARNING_SAMPLES != 0) return GAN_OK;
    GAN__TRY(warnings_read(t, made, &shape, &specimens.made));
    GAN__TRY(warnings_read(t, real, &other, &specimens.real));
    if (condition >= 0) GAN__TRY(warnings_read(t, condition, &kind, &specimens.condition));
    specimens.count = shape.n;
    specimens.size = gan__shape_count(shape) / shape.n;
    specimens.condition_size = kind.n > 0 ? gan__shape_count(kind) / kind.n : 0;
    if (gan__shape_count(other) != gan__shape_count(shape)) return GAN_OK;
    for (int32_t i = 0; i < t->warning_count; i++)
        if (t->warnings[i].kind->take && t->warnings[i].role == role)
            t->warnings[i].kind->take(t->memory + i * GAN__WARNING_MEMORY, &specimens);
    return GAN_OK;
}

/* "gan: step 1400: ..." */
static void warnings_tell(const gan_trainer *t, gan__warning *warning, const double *memory)
{
    snprintf(warning->line, sizeof warning->line, "%s: step %.0f: ", t->kind->kind.name,
             fmin(memory[GAN__WARNING_SAID], 1e18)); /* a checkpoint may say anything */
    const size_t length = strlen(warning->line);
    warning->kind->tell(t, warning, memory + GAN__WARNING_FIGURES, warning->line + length,
                        sizeof warning->line - length);
}

static void warnings_say(gan_trainer *t, gan__warning *warning, double *memory,
                         const double figures[2])
{
    memory[GAN__WARNING_SAID] = (double)(t->steps + 1);
    memcpy(memory + GAN__WARNING_FIGURES, figures, 2 * sizeof *figures);
    warnings_tell(t, warning, memory);
    gan__log(t->object.context, GAN_LOG_WARNING, "%s", warning->line);
}

/* What is fed may be infinite where networks take it, but a checkpoint has finite numbers alone. */
static bool warnings_are_finite(const double *numbers, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!isfinite(numbers[i])) return false;
    return true;
}

static void warnings_look_at(gan_trainer *t, gan__warning *warning, double *memory)
{
    double figures[2] = {0, 0};
    const gan__verdict verdict = warning->kind->look(t, warning, memory, figures);
    if (!warnings_are_finite(memory, GAN__WARNING_KNOWS) || !warnings_are_finite(figures, 2)) {
        memset(memory, 0, GAN__WARNING_KNOWS * sizeof *memory);
        return;
    }
    if (verdict == GAN__LOOKS) return;
    if (verdict == GAN__GONE) memory[GAN__WARNING_SAID] = 0;
    memory[GAN__WARNING_ROW] = verdict == GAN__SEEN ? memory[GAN__WARNING_ROW] + 1 : 0;
    if (memory[GAN__WARNING_ROW] >= warning->kind->times && memory[GAN__WARNING_SAID] == 0)
        warnings_say(t, warning, memory, figures);
}

void gan__warnings_look(gan_trainer *t)
{
    for (int32_t i = 0; i < t->warning_count; i++)
        if (t->warnings[i].wanted)
            warnings_look_at(t, &t->warnings[i], t->memory + i * GAN__WARNING_MEMORY);
}

/* ---- what stands ---- */

static bool warnings_stands(const gan_trainer *t, int32_t i)
{
    return t->warnings[i].wanted && t->kept[i * GAN__WARNING_MEMORY + GAN__WARNING_SAID] != 0;
}

/* The number of the warning that is the index-th that stands; -1 past the last. */
static int32_t warnings_find(const gan_trainer *t, int32_t index)
{
    for (int32_t i = 0; index >= 0 && i < t->warning_count; i++)
        if (warnings_stands(t, i) && index-- == 0) return i;
    return -1;
}

int32_t gan_trainer_warning_count(const gan_trainer *t)
{
    int32_t count = 0;
    if (!gan__object_is(t, GAN__TRAINER)) return 0;
    for (int32_t i = 0; i < t->warning_count; i++) count += warnings_stands(t, i);
    return count;
}

const char *gan_trainer_warning(const gan_trainer *t, int32_t index, const char *field)
{
    const int32_t i = gan__object_is(t, GAN__TRAINER) ? warnings_find(t, index) : -1;
    if (i < 0 || !field) return NULL;
    if (!strcmp(field, "name")) return t->warnings[i].name;
    if (strcmp(field, "text") != 0) return NULL;
    warnings_tell(t, &t->warnings[i], t->kept + i * GAN__WARNING_MEMORY);
    return t->warnings[i].line;
}
