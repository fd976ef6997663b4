#include "base/number.h"
#include "base/random.h"
#include "test.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>

static double number_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static uint64_t random_bits(uint64_t index)
{
    gan__draw draw = {11, GAN__DRAW_LATENT, 0};
    uint32_t word[4];
    gan__random_block(&draw, index, word);
    return (uint64_t)word[0] << 32 | word[1];
}

TEST(printing)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.0002, "0.0002"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1e-8, "1e-08"},
        {100, "100"},
        {1234567.25, "1234567.25"},
        {1e15, "1000000000000000"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {9007199254740993.0, "9007199254740992"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {5e-05, "5e-05"},
        {9.999999999999997e22, "9.999999999999997e+22"},
    };
    char text[GAN__NUMBER_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_TEXT(gan__number_print(cases[i].value, text), cases[i].text);
    CHECK_TEXT(gan__number_print(number_of(0x7FF0000000000000u), text), "inf");
    CHECK_TEXT(gan__number_print(number_of(0xFFF0000000000000u), text), "-inf");
    CHECK_TEXT(gan__number_print(number_of(0x7FF8000000000000u), text), "nan");
}

/* The system's own conversion is the judge: ours reads back, is no longer than needed, and reading
 * agrees. */
static int round_trip(double value)
{
    char text[GAN__NUMBER_SIZE], longer[64];
    double back, expected;
    gan__number_print(value, text);
    if (strlen(text) >= GAN__NUMBER_SIZE) return 0;
    if (!gan__number_parse(text, strlen(text), &back) || !same_bits(back, value)) return 0;
    if (!same_bits(strtod(text, NULL), value)) return 0;
    snprintf(longer, sizeof longer, "%.25e", value);
    expected = strtod(longer, NULL);
    return gan__number_parse(longer, strlen(longer), &back) && same_bits(back, expected);
}

TEST(round_trips)
{
    int wrong = 0;
    for (uint64_t i = 0; i < 40000; i++) {
        uint64_t bits = random_bits(i);
        double value = number_of(bits);
        if (value - value != 0) continue;
        wrong += !round_trip(value);
        wrong += !round_trip((double)(bits >> 40) / 1000.0);
        wrong += !round_trip(number_of(bits & 0x000FFFFFFFFFFFFFu)); /* denormal */
        wrong += !round_trip(number_of(bits & 0x7FF0000000000000u)); /* power of two */
    }
    CHECK_INT(wrong, 0);
}

static int digits_of(const char *text)
{
    int digits = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (digits > 0 || *text != '0')) digits++;
    return digits;
}

/* No shorter precision of the system's printing reads back. */
TEST(shortest)
{
    int wrong = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        double value = number_of((random_bits(i) & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u);
        char text[GAN__NUMBER_SIZE], shorter[64];
        int digits = digits_of(gan__number_print(value, text));
        snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
        wrong += digits > 1 && same_bits(strtod(shorter, NULL), value);
        snprintf(shorter, sizeof shorter, "%.*e", digits - 1, value);
        wrong += !same_bits(strtod(shorter, NULL), strtod(text, NULL));
    }
    CHECK_INT(wrong, 0);
}

static int parses_to(const char *text, double expected)
{
    double value = 42;
    return gan__number_parse(text, strlen(text), &value) && same_bits(value, expected);
}

TEST(reading)
{
    static const char *const refused[] = {
        "",      "-",     "+",   ".",     "1e",     "1e+",   "e5",
        "1.2.3", "0x1",   "inf", "nan",   " 1",     "1 ",    "1,5",
        "--1",   "1e5.0", "1f",  "1e400", "-1e309", "2e308", "1e99999999999999999999"};
    double value;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (gan__number_parse(refused[i], strlen(refused[i]), &value)) printf("%s:\n", refused[i]);
        CHECK(!gan__number_parse(refused[i], strlen(refused[i]), &value));
    }
    CHECK(parses_to("1", 1));
    CHECK(parses_to("+1.50", 1.5));
    CHECK(parses_to("-.5", -0.5));
    CHECK(parses_to("5.", 5));
    CHECK(parses_to("2e-4", 2e-4));
    CHECK(parses_to("2E+4", 20000));
    CHECK(parses_to("-0", -0.0));
    CHECK(parses_to("0e999999999999", 0));
    CHECK(parses_to("1e-400", 0));
    CHECK(parses_to("1e-999999999999999999999", 0));
    CHECK(parses_to("00000000000000000000000000001", 1));
    CHECK(parses_to("1797693134862315708145274237317e278", DBL_MAX));
}

/* Halfway between two doubles, and a digit far behind that decides. */
TEST(ties)
{
    char text[1200];
    CHECK(parses_to("9007199254740993", 9007199254740992.0));
    CHECK(parses_to("9007199254740995", 9007199254740996.0));
    memset(text, 0, sizeof text);
    memset(text, '0', 1000);
    memcpy(text, "9007199254740993.", 17);
    CHECK(parses_to(text, 9007199254740992.0));
    text[999] = '1';
    CHECK(parses_to(text, 9007199254740994.0));
    CHECK(parses_to("2.4703282292062327208e-324", 0));
    CHECK(parses_to("2.4703282292062328e-324", 5e-324));
    CHECK(parses_to("179769313486231580793e288", DBL_MAX));
    double value;
    const char *over = "179769313486231580794e288";
    CHECK(!gan__number_parse(over, strlen(over), &value));
}

TEST(integers)
{
    int64_t value;
    CHECK(gan__integer_parse("-9223372036854775808", 20, &value));
    CHECK_INT(value, INT64_MIN);
    CHECK(gan__integer_parse("9223372036854775807", 19, &value));
    CHECK_INT(value, INT64_MAX);
    CHECK(gan__integer_parse("+007", 4, &value));
    CHECK_INT(value, 7);
    CHECK(!gan__integer_parse("9223372036854775808", 19, &value));
    CHECK(!gan__integer_parse("-9223372036854775809", 20, &value));
    CHECK(!gan__integer_parse("99999999999999999999", 20, &value));
    CHECK(!gan__integer_parse("", 0, &value));
    CHECK(!gan__integer_parse("-", 1, &value));
    CHECK(!gan__integer_parse("1.0", 3, &value));
}

/* Any locale with a comma will do; a system may have none. */
TEST(comma_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8",
                                        "de_DE"};
    char text[GAN__NUMBER_SIZE];
    const char *set = NULL;
    for (size_t i = 0; !set && i < sizeof names / sizeof names[0]; i++)
        set = setlocale(LC_ALL, names[i]);
    if (!set) printf("no locale with a comma is installed\n");
    CHECK_TEXT(gan__number_print(1.5, text), "1.5");
    CHECK(parses_to("1.5", 1.5));
    setlocale(LC_ALL, "C");
}

int main(void)
{
    RUN(printing);
    RUN(round_trips);
    RUN(shortest);
    RUN(reading);
    RUN(ties);
    RUN(integers);
    RUN(comma_locale);
    return test_report();
}
