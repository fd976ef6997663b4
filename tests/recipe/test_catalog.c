#include <gan/recipe.h>

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
            for (int32_t other = 0; other < k; other++) {
                CHECK(strcmp(gan_catalog_kind(g, k), gan_catalog_kind(g, other)) != 0);
            }
        }
    }
    CHECK(kinds > 40);
}

static int32_t find_group(const char *name)
{
    for (int32_t g = 0; g < gan_catalog_group_count(); g++) {
        if (strcmp(gan_catalog_group(g), name) == 0) return g;
    }
    return -1;
}

TEST(known_kinds)
{
    static const char *const groups[] = {"layer", "loss",    "optimizer", "trainer",
                                         "data",  "context", "run",       "runner"};
    double least, most;
    for (int i = 0; i < 8; i++) CHECK(find_group(groups[i]) >= 0);
    int32_t run = find_group("run");
    CHECK_TEXT(gan_catalog_kind(run, 0), "run");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "name"), "steps");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "type"), "integer");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "default"), "1000");
    CHECK_TEXT(gan_catalog_option(run, 0, 0, "choices"), "");
    CHECK_INT(gan_catalog_option_range(run, 0, 0, &least, &most), 1);
    CHECK(least == 1 && most == 9e15);
    CHECK_TEXT(gan_catalog_kind(find_group("data"), 0), "idx");
    CHECK_TEXT(gan_catalog_option(find_group("data"), 0, 3, "choices"), "pad|stretch|crop");
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
    RUN(known_kinds);
    RUN(past_the_end);
    return test_report();
}
