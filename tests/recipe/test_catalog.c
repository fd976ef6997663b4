#include <gan/recipe.h>

#include "data/data.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include "test.h"

/* Whether all words are there and the description of each kind is complete. */
static void check_option(int32_t group, int32_t kind, int32_t option)
{
    static const char *const fields[] = {"name", "type", "default", "choices", "help"};
    for (int i = 0; i < 5; i++) {
        const char *text = gan_catalog_option(group, kind, option, fields[i]);
        if (!CHECK(text != NULL)) continue;
        CHECK(i == 2 || i == 3 || text[0] != '\0');
    }
    const char *type = gan_catalog_option(group, kind, option, "type");
    const char *choices = gan_catalog_option(group, kind, option, "choices");
    CHECK((strcmp(type, "choice") == 0) == (choices[0] != '\0'));
    double least = 1, most = 0;
    if (gan_catalog_option_range(group, kind, option, &least, &most)) CHECK(least < most);
}

/* No two options of a kind have one name, from whatever blocks they are; and none is too many. */
static void check_names(int32_t group, int32_t kind)
{
    const int32_t count = gan_catalog_option_count(group, kind);
    CHECK(count <= GAN__MAX_OPTIONS);
    for (int32_t i = 0; i < count; i++) {
        const char *name = gan_catalog_option(group, kind, i, "name");
        for (int32_t other = 0; other < i; other++)
            if (!CHECK(strcmp(name, gan_catalog_option(group, kind, other, "name")) != 0))
                printf("%s: %s\n", gan_catalog_kind(group, kind), name);
    }
}

/* The defaults that a kind gives a shared block are of options that the block has; a struct that
 * shared code looks at is where it looks. */
static void check_blocks(const gan__kind *kind, const gan__option *first)
{
    bool found = !first;
    for (int32_t b = 0; b < kind->block_count; b++) {
        const gan__option_block *block = &kind->blocks[b];
        found = found || (block->options == first && block->offset == 0);
        for (const gan__option_default *d = block->defaults; d && d->name; d++) {
            int32_t i = 0;
            while (i < block->option_count && strcmp(block->options[i].name, d->name) != 0) i++;
            if (!CHECK(i < block->option_count)) printf("%s: %s\n", kind->name, d->name);
        }
    }
    if (!CHECK(found)) printf("%s\n", kind->name);
}

TEST(blocks_are_what_shared_code_expects)
{
    for (int32_t i = 0; i < gan__trainer_kind_count; i++)
        check_blocks(&gan__trainer_kinds[i]->kind, gan__trainer_common_options);
    for (int32_t i = 0; i < gan__optimizer_kind_count; i++)
        check_blocks(&gan__optimizer_kinds[i]->kind, gan__optimizer_common_options);
    for (int32_t i = 0; i < gan__data_kind_count; i++)
        check_blocks(&gan__data_kinds[i]->kind, gan__data_common_options);
    for (int32_t i = 0; i < gan__layer_kind_count; i++) check_blocks(&gan__layer_kinds[i]->kind, 0);
    for (int32_t i = 0; i < gan__loss_kind_count; i++) check_blocks(&gan__loss_kinds[i]->kind, 0);
}

/* Files and folders are told from other texts. */
TEST(paths_are_a_type)
{
    static const char *const paths[] = {"path", "labels",  "names", "vectors",
                                        "load", "centres", "judge"};
    int32_t count = 0;
    for (int32_t g = 0; g < gan_catalog_group_count(); g++)
        for (int32_t k = 0; k < gan_catalog_kind_count(g); k++)
            for (int32_t o = 0; o < gan_catalog_option_count(g, k); o++) {
                const char *name = gan_catalog_option(g, k, o, "name");
                bool is = strcmp(gan_catalog_option(g, k, o, "type"), "path") == 0, named = false;
                for (int i = 0; i < 7; i++) named = named || strcmp(name, paths[i]) == 0;
                if (!CHECK(is == named)) printf("%s\n", name);
                count += is;
            }
    CHECK_INT(count, 15);
}

TEST(every_kind_is_complete)
{
    int32_t kinds = 0;
    for (int32_t g = 0; g < gan_catalog_group_count(); g++) {
        CHECK(gan_catalog_group(g) != NULL);
        CHECK(gan_catalog_kind_count(g) > 0);
        for (int32_t k = 0; k < gan_catalog_kind_count(g); k++, kinds++) {
            CHECK(gan_catalog_kind(g, k)[0] != '\0');
            CHECK(gan_catalog_kind_help(g, k)[0] != '\0');
            for (int32_t o = 0; o < gan_catalog_option_count(g, k); o++) check_option(g, k, o);
            check_names(g, k);
            for (int32_t other = 0; other < k; other++)
                CHECK(strcmp(gan_catalog_kind(g, k), gan_catalog_kind(g, other)) != 0);
        }
    }
    CHECK(kinds > 40);
}

static int32_t find_group(const char *name)
{
    for (int32_t g = 0; g < gan_catalog_group_count(); g++)
        if (strcmp(gan_catalog_group(g), name) == 0) return g;
    return -1;
}

TEST(known_kinds)
{
    static const char *const groups[] = {"layer", "block",   "loss", "optimizer", "trainer",
                                         "data",  "context", "run",  "runner",    "model"};
    double least, most;
    for (int i = 0; i < 10; i++) CHECK(find_group(groups[i]) >= 0);
    int32_t run = find_group("run");
    CHECK_TEXT(gan_catalog_kind(run, 0), "run");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "name"), "steps");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "type"), "integer");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "default"), "1000");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "choices"), "");
    CHECK_INT(gan_catalog_option_range(run, 0, 0, &least, &most), 1);
    CHECK(least == 1 && most == 9e15);
    CHECK_TEXT(gan_catalog_kind(find_group("data"), 0), "idx");
    CHECK_TEXT(gan_catalog_option(find_group("data"), 0, 4, "choices"), "pad|stretch|crop");
}

static int32_t find_kind(int32_t group, const char *name)
{
    for (int32_t k = 0; k < gan_catalog_kind_count(group); k++)
        if (strcmp(gan_catalog_kind(group, k), name) == 0) return k;
    return -1;
}

TEST(statements_of_a_model)
{
    int32_t block = find_group("block");
    int32_t repeat = find_kind(block, "repeat"), residual = find_kind(block, "residual");
    CHECK(repeat >= 0 && residual >= 0 && find_kind(block, "part") >= 0);
    CHECK(find_kind(find_group("layer"), "input") >= 0);
    CHECK_TEXT(gan_catalog_option(block, repeat, 0, "name"), "count");
    CHECK_TEXT(gan_catalog_option(block, residual, 0, "choices"), "add|concat");
}

/* Whether the option of that name has these two marks. */
static void check_marks(const char *group, const char *kind, const char *name, const char *required,
                        const char *positional)
{
    int32_t g = find_group(group), k = find_kind(g, kind), found = 0;
    for (int32_t o = 0; o < gan_catalog_option_count(g, k); o++) {
        if (strcmp(gan_catalog_option(g, k, o, "name"), name) != 0) continue;
        CHECK_TEXT(gan_catalog_option(g, k, o, "required"), required);
        CHECK_TEXT(gan_catalog_option(g, k, o, "positional"), positional);
        found++;
    }
    CHECK_INT(found, 1);
}

TEST(required_and_positional)
{
    check_marks("layer", "conv2d", "filters", "yes", "yes");
    check_marks("layer", "conv2d", "kernel", "", "");
    check_marks("layer", "dropout", "p", "", "yes");
    check_marks("layer", "input", "sides", "yes", "yes");
    check_marks("loss", "above", "limit", "", "yes");
    check_marks("data", "idx", "path", "yes", "");
    check_marks("optimizer", "adam", "lr", "", "");
    check_marks("block", "repeat", "count", "yes", "yes");
}

/* The catalogue says what the parser does: a layer's name alone is a statement unless an option is
 * required, and then that is what the message asks for. */
TEST(required_is_what_the_parser_asks_for)
{
    int32_t layers = find_group("layer"), refused = 0;
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    for (int32_t k = 0; k < gan_catalog_kind_count(layers); k++) {
        const char *first = NULL, *kind = gan_catalog_kind(layers, k);
        gan_layer *layer = NULL;
        for (int32_t o = gan_catalog_option_count(layers, k) - 1; o >= 0; o--)
            if (*gan_catalog_option(layers, k, o, "required"))
                first = gan_catalog_option(layers, k, o, "name");
        gan_status status = gan_layer_create(&layer, context, kind);
        if (!CHECK_STATUS(status, first ? GAN_E_TEXT : GAN_OK)) printf("    %s\n", kind);
        if (first) CHECK(strstr(gan_context_message(context), first) != NULL && ++refused);
        gan_layer_release(layer);
    }
    CHECK(refused > 5);
    gan_context_release(context);
}

/* How many members of a type there are, one of them called so. */
static int32_t count_members(int32_t group, int32_t kind, const char *type, const char *name)
{
    int32_t count = 0, found = 0;
    for (int32_t m = 0; m < gan_catalog_member_count(group, kind); m++) {
        const char *word = gan_catalog_member(group, kind, m, "name");
        if (strcmp(gan_catalog_member(group, kind, m, "type"), type) != 0) continue;
        count++;
        found += strcmp(word, name) == 0;
    }
    CHECK_INT(found, 1);
    return count;
}

TEST(members_of_a_trainer)
{
    int32_t trainer = find_group("trainer"), gan = find_kind(trainer, "gan");
    int32_t count = gan_catalog_member_count(trainer, gan);
    int32_t all = count_members(trainer, gan, "role", "generator") +
                  count_members(trainer, gan, "feed", "real") +
                  count_members(trainer, gan, "group", "discriminator") +
                  count_members(trainer, gan, "value", "loss.generator");
    CHECK_INT(all, count);
    for (int32_t m = 0; m < count; m++) {
        const char *type = gan_catalog_member(trainer, gan, m, "type");
        int helped = gan_catalog_member(trainer, gan, m, "help")[0] != '\0';
        CHECK(helped == (strcmp(type, "group") != 0)); /* it says itself what it is */
    }
    CHECK(gan_catalog_member(trainer, gan, -1, "name") == NULL);
    CHECK(gan_catalog_member(trainer, gan, count, "name") == NULL);
    CHECK(gan_catalog_member(trainer, gan, 0, "nome") == NULL);
    CHECK(gan_catalog_member(trainer, gan, 0, NULL) == NULL);
    CHECK_INT(gan_catalog_member_count(find_group("layer"), 0), 0);
    CHECK(gan_catalog_member(find_group("layer"), 0, 0, "name") == NULL);
}

TEST(past_the_end)
{
    int32_t end = gan_catalog_group_count();
    for (int32_t g = -1; g <= end; g += end + 1) {
        CHECK(gan_catalog_group(g) == NULL);
        CHECK_INT(gan_catalog_kind_count(g), 0);
        CHECK(gan_catalog_kind(g, 0) == NULL);
        CHECK(gan_catalog_kind_help(g, 0) == NULL);
        CHECK_INT(gan_catalog_option_count(g, 0), 0);
        CHECK(gan_catalog_option(g, 0, 0, "name") == NULL);
        CHECK_INT(gan_catalog_option_range(g, 0, 0, NULL, NULL), 0);
        CHECK_INT(gan_catalog_member_count(g, 0), 0);
        CHECK(gan_catalog_member(g, 0, 0, "name") == NULL);
    }
    CHECK(gan_catalog_kind(0, -1) == NULL);
    CHECK(gan_catalog_kind(0, gan_catalog_kind_count(0)) == NULL);
    CHECK(gan_catalog_option(0, 0, -1, "name") == NULL);
    CHECK(gan_catalog_option(0, 0, 0, "nome") == NULL);
    CHECK(gan_catalog_option(0, 0, 0, NULL) == NULL);
}

int main(void)
{
    RUN(every_kind_is_complete);
    RUN(blocks_are_what_shared_code_expects);
    RUN(paths_are_a_type);
    RUN(known_kinds);
    RUN(statements_of_a_model);
    RUN(required_and_positional);
    RUN(required_is_what_the_parser_asks_for);
    RUN(members_of_a_trainer);
    RUN(past_the_end);
    return test_report();
}
