/* unlike.c: unlike partners. Examples in tensors are sorted by their conditions' values, once;
 * those that are equal then lie side by side, and a place among all the others is drawn. A callback
 * is asked. */
#include "data/unlike.h"
#include "base/memory.h"
#include "base/random.h"
#include "files/sort.h"

#include <inttypes.h>
#include <string.h>

/* ---- values ---- */

/* A number's place among all: in the order of the numbers, -0 at 0, NaN behind all. Of integers
 * alone, so that no mode of the processor can make a denormal 0. */
static uint32_t unlike_key(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (bits << 1 == 0) return 0x80000000u;
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return UINT32_MAX;
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/* Number k of an example in tensors. */
static uint32_t unlike_stored(const gan__field *field, int64_t example, int64_t k)
{
    const gan_tensor *tensor = field->tensor;
    if (field->rank == 0) return (uint32_t)gan__dataset_integer(tensor, example);
    const float *numbers = tensor->data;
    return unlike_key(numbers[example * tensor->strides[0] + k * tensor->strides[1]]);
}

/* How many of the numbers from k on are the same in two examples, bit for bit, counted in blocks:
 * one-hot vectors have long beginnings in common. */
static int64_t unlike_skip(const gan__field *field, int64_t a, int64_t b, int64_t k)
{
    enum { BLOCK = 16 };
    const gan_tensor *tensor = field->tensor;
    int64_t count = 0;
    if (field->rank == 0 || tensor->strides[1] != 1) return 0;
    const float *left = (const float *)tensor->data + a * tensor->strides[0] + k;
    const float *right = (const float *)tensor->data + b * tensor->strides[0] + k;
    while (k + count + BLOCK <= field->size &&
           memcmp(left + count, right + count, BLOCK * sizeof *left) == 0)
        count += BLOCK;
    return count;
}

/* The order of two examples in tensors, from number k on. */
static int unlike_compare(const gan__field *field, int64_t a, int64_t b, int64_t k)
{
    for (k += unlike_skip(field, a, b, k); k < field->size; k++) {
        uint32_t left = unlike_stored(field, a, k), right = unlike_stored(field, b, k);
        if (left != right) return left < right ? -1 : 1;
    }
    return 0;
}

/* ---- the order of all ---- */

/* The first number decides nearly always. */
typedef struct unlike_item {
    const gan__field *field;
    int64_t example;
    uint32_t first;
} unlike_item;

static int unlike_by_value(const unlike_item *a, const unlike_item *b)
{
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    return unlike_compare(a->field, a->example, b->example, 1);
}

static int unlike_by_value_and_index(const void *a, const void *b)
{
    const unlike_item *left = a, *right = b;
    int order = unlike_by_value(left, right);
    if (order != 0) return order;
    return (left->example > right->example) - (left->example < right->example);
}

static gan_status unlike_group(gan__unlike *u, gan_context *context, const unlike_item *items)
{
    size_t count = (size_t)u->dataset->count;
    int64_t group = -1;
    GAN__TRY(gan__allocate_raw(context, &u->order, count, sizeof *u->order));
    GAN__TRY(gan__allocate_raw(context, &u->groups, count, sizeof *u->groups));
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || unlike_by_value(&items[i - 1], &items[i]) != 0) group++;
        u->order[i] = items[i].example;
        u->groups[items[i].example] = group;
    }
    u->group_count = group + 1;
    GAN__TRY(gan__allocate(context, &u->ends, (size_t)u->group_count, sizeof *u->ends));
    for (size_t i = 0; i < count; i++) u->ends[u->groups[u->order[i]]] = (int64_t)i + 1;
    return GAN_OK;
}

static gan_status unlike_sort(gan__unlike *u, gan_context *context)
{
    const gan__field *field = &u->dataset->fields[u->field];
    size_t count = (size_t)u->dataset->count;
    unlike_item *items;
    GAN__TRY(gan__allocate_raw(context, &items, count, sizeof *items));
    for (size_t i = 0; i < count; i++) {
        int64_t example = (int64_t)i;
        items[i] = (unlike_item){field, example, unlike_stored(field, example, 0)};
    }
    gan__sort(items, count, sizeof *items, unlike_by_value_and_index);
    gan_status status = unlike_group(u, context, items);
    gan__free(context, items);
    return status;
}

/* ---- life ---- */

void gan__unlike_free(gan_context *context, gan__unlike *u)
{
    gan__free(context, u->order);
    gan__free(context, u->groups);
    gan__free(context, u->ends);
    gan__free(context, u->values);
}

gan_status gan__unlike_create(gan__unlike *out, gan_context *context, const gan_dataset *dataset,
                              const char *condition)
{
    out->dataset = dataset;
    GAN__TRY(gan__dataset_find(dataset, condition, &out->field));
    const gan__field *field = &dataset->fields[out->field];
    if (field->rank == 3) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "data: the field '%s' is no condition: label or vector", field->name);
    }
    if (!field->tensor)
        GAN__TRY(gan__allocate(context, &out->values, 2 * (size_t)field->size, sizeof(float)));
    else
        GAN__TRY(unlike_sort(out, context));
    if (dataset->count > 1 && out->group_count != 1) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT,
                     "data: no unlike partners among %" PRId64 " examples: all have the same %s",
                     dataset->count, field->name);
}

int64_t gan__unlike_memory(const gan__unlike *u)
{
    if (!u->order) return 0;
    return (2 * u->dataset->count + u->group_count) * (int64_t)sizeof *u->order;
}

/* How many other examples are looked at, at most. */
static int64_t unlike_tries(const gan__unlike *u)
{
    int64_t others = u->dataset->count - 1;
    return !u->order && others > GAN__UNLIKE_TRIES ? GAN__UNLIKE_TRIES : others;
}

/* ---- finding one ---- */

static bool unlike_differ(const float *a, const float *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (unlike_key(a[i]) != unlike_key(b[i])) return true;
    return false;
}

static gan_status unlike_fail(const gan__unlike *u, const gan__drawer *drawer, int64_t example)
{
    return gan__fail(drawer->context, GAN_E_STATE,
                     "data: no unlike partner for example %" PRId64 ": %" PRId64
                     " others have the same %s",
                     example, unlike_tries(u), u->dataset->fields[u->field].name);
}

/* The first unlike one in a random order of all is any of them with the same probability. */
static gan_status unlike_ask(const gan__unlike *u, gan__drawer *drawer, uint64_t word, uint64_t key)
{
    const gan__draw draw = {word, GAN__DRAW_UNLIKE, 0};
    const uint64_t count = (uint64_t)u->dataset->count;
    int64_t size = u->dataset->fields[u->field].size, tries = unlike_tries(u);
    const int64_t example = drawer->index;
    float *own = u->values, *other = own + size;
    GAN__TRY(gan__drawer_convert(drawer, &u->field, 1, &own));
    for (uint64_t i = 0; tries > 0; i++) {
        int64_t candidate = (int64_t)gan__random_permute(&draw, count, i);
        if (candidate == example) continue;
        GAN__TRY(gan__drawer_fetch(drawer, candidate, key));
        GAN__TRY(gan__drawer_convert(drawer, &u->field, 1, &other));
        if (unlike_differ(own, other, size)) return GAN_OK;
        tries--;
    }
    return unlike_fail(u, drawer, example);
}

gan_status gan__unlike_find(const gan__unlike *u, gan__drawer *drawer, uint64_t word, uint64_t key)
{
    if (!u->order) return unlike_ask(u, drawer, word, key);
    int64_t group = u->groups[drawer->index], end = u->ends[group];
    int64_t equal = end - (group > 0 ? u->ends[group - 1] : 0);
    /* A probability is wrong by less than one part in 2^64 / count. */
    int64_t place = (int64_t)(word % (uint64_t)(u->dataset->count - equal));
    return gan__drawer_fetch(drawer, u->order[place < end - equal ? place : place + equal], key);
}
