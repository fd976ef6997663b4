/* test_domains_names.c: what a trainer of one, two and eight domains has names for, and which names
 * make no domains. */
#include "domains_kind.h"

#include <time.h>

/* ---- all members ---- */

typedef struct listing {
    char lines[400][80];
    int count;
} listing;

static void expect(listing *l, const char *type, const char *name)
{
    snprintf(l->lines[l->count++], sizeof l->lines[0], "%s %s", type, name);
}

/* NAME with the domain behind it. */
static void expect_each(listing *l, const char *type, const char *name, int domains)
{
    char full[64];
    for (int d = 0; d < domains; d++) {
        snprintf(full, sizeof full, "%s%c", name, 'a' + d);
        expect(l, type, full);
    }
}

/* "a > score" */
static void expect_scores(listing *l, int domains)
{
    char text[64];
    for (int d = 0; d < domains; d++) {
        snprintf(text, sizeof text, "%c > score", 'a' + d);
        expect(l, "score", text);
    }
}

static void expect_ways(listing *l, int domains)
{
    char text[64];
    for (int from = 0; from < domains; from++) {
        for (int to = 0; to < domains; to++) {
            snprintf(text, sizeof text, "%c > code > %c", 'a' + from, 'a' + to);
            expect(l, "route", text);
        }
        snprintf(text, sizeof text, "%c > code", 'a' + from);
        expect(l, "route", text);
    }
}

static void expect_all(listing *l, int domains)
{
    static const char *const rows[3] = {"encoder_", "decoder_", "discriminator_"};
    l->count = 0;
    for (int row = 0; row < 3; row++) expect_each(l, "role", rows[row], domains);
    expect_each(l, "feed", "", domains);
    expect(l, "group", "maker");
    expect(l, "group", "judge");
    expect(l, "value", "loss.maker");
    expect(l, "value", "loss.judge");
    expect_each(l, "value", "cycle.", domains);
    expect_each(l, "value", "identity.", domains);
    expect(l, "value", "gradient.maker");
    expect(l, "value", "gradient.judge");
    expect(l, "value", "rate.maker");
    expect(l, "value", "rate.judge");
    for (int row = 0; row < 2; row++) expect_each(l, "product", rows[row], domains);
    expect_ways(l, domains);
    expect_scores(l, domains);
    expect_each(l, "sheet", "", domains);
}

static void check_members(domains_game *g)
{
    static listing l;
    expect_all(&l, g->count);
    CHECK_INT(gan_trainer_member_count(g->trainer), l.count);
    for (int i = 0; i < l.count; i++) {
        const char *type = gan_trainer_member(g->trainer, i, "type");
        const char *name = gan_trainer_member(g->trainer, i, "name");
        char line[96];
        snprintf(line, sizeof line, "%s %s", type ? type : "", name ? name : "");
        if (!CHECK_TEXT(line, l.lines[i])) return;
    }
    CHECK(!gan_trainer_member(g->trainer, l.count, "name"));
}

static void check_values(domains_game *g)
{
    double value;
    char name[32];
    CHECK_OK(gan_trainer_step(g->trainer));
    CHECK_INT(gan_trainer_value_count(g->trainer), 6 + 2 * g->count);
    for (int d = 0; d < g->count && g->count < 3; d++) {
        snprintf(name, sizeof name, "cycle.%c", 'a' + d);
        CHECK_OK(gan_trainer_value(g->trainer, name, &value));
        CHECK(value > 0);
    }
}

/* Every way that is listed is one, and no other. */
static void check_routes(domains_game *g)
{
    static const char *const wrong[] = {"a > a", "code > z", "code > score", "a > score > a",
                                        "a > code > code"};
    gan_model *model;
    for (int i = 0; i < gan_trainer_member_count(g->trainer); i++) {
        const char *type = gan_trainer_member(g->trainer, i, "type");
        if (strcmp(type, "route") != 0 && strcmp(type, "score") != 0) continue;
        CHECK_OK(
            gan_trainer_route(&model, g->trainer, gan_trainer_member(g->trainer, i, "name"), 0));
        gan_model_release(model);
    }
    CHECK_OK(gan_trainer_route(&model, g->trainer, "a > code > a > code > a", 0));
    gan_model_release(model);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(gan_trainer_route(&model, g->trainer, wrong[i], 0), GAN_E_ARGUMENT);
}

TEST(every_member_of_one_two_and_eight_domains)
{
    static const int counts[] = {1, 2, 8};
    for (int i = 0; i < 3; i++) {
        domains_game g;
        domains_open(&g, counts[i], "batch=2");
        check_members(&g);
        check_values(&g);
        check_routes(&g);
        domains_close(&g);
    }
}

/* A product's help is its route. */
TEST(products_are_routes)
{
    domains_game g;
    int products = 0;
    domains_open(&g, 2, "batch=2");
    for (int i = 0; i < gan_trainer_member_count(g.trainer); i++) {
        static const char *const routes[] = {"a > code", "b > code", "code > a", "code > b"};
        if (strcmp(gan_trainer_member(g.trainer, i, "type"), "product") != 0) continue;
        CHECK_TEXT(gan_trainer_member(g.trainer, i, "help"), routes[products++]);
    }
    CHECK_INT(products, 4);
    domains_close(&g);
}

/* All members of 64 domains, of which some 4,000 are routes: each is found at once, not by counting
 * through those before it. */
TEST(many_members_are_listed_fast)
{
    gan_context *context;
    gan_trainer *t;
    char spec[512] = "domains domains=d0";
    for (int d = 1; d < 64; d++) snprintf(spec + strlen(spec), 16, ",d%d", d);
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    domains_know(context);
    CHECK_OK(gan_trainer_create(&t, context, spec));
    const clock_t start = clock();
    int named = 0;
    for (int i = 0; i < gan_trainer_member_count(t) && clock() - start < 2 * CLOCKS_PER_SEC; i++)
        named += gan_trainer_member(t, i, "name") != NULL;
    CHECK_INT(named, gan_trainer_member_count(t));
    gan_trainer_release(t);
    gan_context_release(context);
}

/* ---- wrong names ---- */

static const char long_name[] =
    "domains domains=a,x234567890123456789012345678901234567890123456789"
    "012345678901234567890123456789";
static const char too_long[] =
    "domains domains=a,x23456789012345678901234567890123456789012345678901";

TEST(wrong_domains_are_refused_by_name)
{
    static const struct {
        const char *spec, *message;
    } wrong[] = {
        {"domains domains=\"\"", "domains: the domain '' is no name of letters, digits and _"},
        {"domains domains=\"a,,b\"", "domains: the domain '' is no name of letters, digits and _"},
        {"domains domains=\"a,b,\"", "domains: the domain '' is no name of letters, digits and _"},
        {"domains domains=\",a\"", "domains: the domain '' is no name of letters, digits and _"},
        {"domains domains=a,b,a", "domains: the domain 'a' is given twice"},
        {"domains domains=a,b.c", "domains: the domain 'b.c' is no name of letters, digits and _"},
        {"domains domains=a,b-c", "domains: the domain 'b-c' is no name of letters, digits and _"},
        {"domains domains=a,*", "domains: the domain '*' is no name of letters, digits and _"},
        {"domains domains=\"a, b\"",
         "domains: the domain ' b' is no name of letters, digits and _"},
        {"domains domains=a,4k",
         "domains: the domain '4k' must begin with a letter: inputs of networks are called so"},
        {"domains domains=from,a",
         "domains: a domain cannot be called 'from': the text of networks has that word"},
        {"domains domains=a,any",
         "domains: a domain cannot be called 'any': the text of networks has that word"},
        {"domains domains=code,a",
         "domains: there would be two spaces 'code': a domain must be called otherwise"},
        {"domains domains=a,score",
         "domains: there would be two spaces 'score': a domain must be called otherwise"},
        {long_name, "domains: the domain 'x2345678901234567890123456789012345678901234567890123456"
                    "78901234567890123456789' is no name of letters, digits and _"},
        {too_long, "domains: the domain 'x23456789012345678901234567890123456789012345678901' has "
                   "too long a name"},
    };
    gan_context *context;
    gan_trainer *t;
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    domains_know(context);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS(gan_trainer_create(&t, context, wrong[i].spec), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), wrong[i].message);
        CHECK(!t);
    }
    CHECK_OK(gan_trainer_create(&t, context, "domains domains=Summer,winter_2,_3"));
    CHECK_STATUS(gan_trainer_set_model(t, "encoder_summer", NULL), GAN_E_ARGUMENT);
    gan_trainer_release(t);
    gan_context_release(context);
}

/* Each of them brings names in the square of their number. */
TEST(too_many_domains_are_refused)
{
    char spec[4096];
    gan_context *context;
    gan_trainer *t;
    size_t used = (size_t)snprintf(spec, sizeof spec, "domains domains=");
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    domains_know(context);
    for (int i = 0; i < 257; i++)
        used += (size_t)snprintf(spec + used, sizeof spec - used, "%sd%d", i ? "," : "", i);
    CHECK_STATUS(gan_trainer_create(&t, context, spec), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context), "domains: 257 domains; there may be 256");
    gan_context_release(context);
}

TEST(unknown_names_are_told_with_all_there_are)
{
    domains_game g;
    double value;
    domains_open(&g, 2, "batch=2");
    CHECK_STATUS(gan_trainer_set_model(g.trainer, "encoder_c", g.tail), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context),
               "domains: there is no role 'encoder_c'; there are: encoder_a, encoder_b, decoder_a, "
               "decoder_b, discriminator_a, discriminator_b");
    CHECK_STATUS(gan_trainer_set_data(g.trainer, "c", g.data[0]), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context), "domains: there is no feed 'c'; there are: a, b");
    CHECK_STATUS(gan_trainer_set_optimizer(g.trainer, "judges", "adam"), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context),
               "domains: there is no group 'judges'; there are: maker, judge");
    CHECK_STATUS(gan_trainer_value(g.trainer, "cycle.c", &value), GAN_E_ARGUMENT);
    domains_close(&g);
}

/* ---- recipes ---- */

static const char recipe_text[] = "[part.tail]\ninput 4 4 4; conv2d 3 kernel=1\n"
                                  "[model.encoder_a, model.encoder_b]\n"
                                  "input 4 4 2; conv2d 4 kernel=3 pad=1; part tail\n"
                                  "[model.decoder_a, model.decoder_b]\n"
                                  "input 4 4 3; conv2d 2 kernel=3 pad=1; tanh\n"
                                  "[model.discriminator_a]\ninput 4 4 2; dense 1\n"
                                  "[model.discriminator_b]\ninput 4 4 2; conv2d 1 kernel=3\n"
                                  "[data.a]\nidx path=a.idx\n[data.b]\nidx path=b.idx\n"
                                  "[trainer]\ndomains domains=%s cycle=7\n"
                                  "[optimizer.maker]\nadam lr=0.01\n"
                                  "[run]\nsteps=20 batch=3\n%s";

static gan_status parse_recipe(gan_recipe **out, gan_context *context, const char *domains,
                               const char *more)
{
    char text[1200];
    snprintf(text, sizeof text, recipe_text, domains, more);
    return gan_recipe_parse(out, context, text, NULL);
}

TEST(recipes_read_and_print_the_domains)
{
    static const char *const sections[] = {"[part.tail]",
                                           "[model.encoder_a]",
                                           "[model.encoder_b]",
                                           "[model.decoder_a]",
                                           "[model.decoder_b]",
                                           "[model.discriminator_a]",
                                           "[model.discriminator_b]",
                                           "[data.a]",
                                           "[data.b]",
                                           "domains domains=\"a,b\" cycle=7 identity=5",
                                           "[optimizer.maker]",
                                           "[optimizer.judge]"};
    gan_context *context;
    gan_recipe *recipe, *again;
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    domains_know(context);
    if (!CHECK_OK(parse_recipe(&recipe, context, "a,b", ""))) puts(gan_context_message(context));
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (!CHECK(strstr(gan_recipe_text(recipe), sections[i]))) puts(sections[i]);
    CHECK_OK(gan_recipe_parse(&again, context, gan_recipe_text(recipe), NULL));
    CHECK_TEXT(gan_recipe_text(again), gan_recipe_text(recipe));
    gan_recipe_release(recipe);
    gan_recipe_release(again);
    gan_context_release(context);
}

TEST(recipes_refuse_what_is_no_domain)
{
    static const struct {
        const char *domains, *more, *message;
    } wrong[] = {
        {"a,b", "[model.encoder_z]\ninput 4 4 2\n", "unknown section 'model.encoder_z'"},
        {"a,b", "[model.encoder_z]\ninput 4 4 2\n", "did you mean 'model.encoder_a'?"},
        {"a,b", "[data.c]\nidx path=c.idx\n", "unknown section 'data.c'"},
        {"a,b", "[optimizer.judges]\nadam\n", "did you mean 'optimizer.judge'?"},
        {"a", "", "unknown section 'model.encoder_b'"},
        {"a,a", "", "the domain 'a' is given twice"},
        {"a,b,code", "", "there would be two spaces 'code'"},
    };
    gan_context *context;
    gan_recipe *recipe;
    CHECK_OK(gan_context_create(&context, NULL, NULL, NULL, 0));
    domains_know(context);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS(parse_recipe(&recipe, context, wrong[i].domains, wrong[i].more), GAN_E_TEXT);
        if (!CHECK(strstr(gan_context_message(context), wrong[i].message)))
            puts(gan_context_message(context));
    }
    gan_context_release(context);
}

int main(void)
{
    RUN(every_member_of_one_two_and_eight_domains);
    RUN(products_are_routes);
    RUN(many_members_are_listed_fast);
    RUN(wrong_domains_are_refused_by_name);
    RUN(too_many_domains_are_refused);
    RUN(unknown_names_are_told_with_all_there_are);
    RUN(recipes_read_and_print_the_domains);
    RUN(recipes_refuse_what_is_no_domain);
    return test_report();
}
