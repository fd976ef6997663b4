/* test.h: what a test program needs.
 *
 *     TEST(addition)
 *     {
 *         CHECK_INT(1 + 1, 2);
 *     }
 *
 *     int main(void)
 *     {
 *         RUN(addition);
 *         return test_report();
 *     }
 *
 * A failed check prints its place and both values and the test goes on; test_report prints the
 * counts and gives main's result. */
#ifndef TEST_H
#define TEST_H

#include <gan/status.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__)
#define TEST_UNUSED __attribute__((unused))
#else
#define TEST_UNUSED
#endif

static const char *test_name = "";
static int test_passed, test_failed, test_errors;

#define TEST(name) static void test_case_##name(void)
#define RUN(name) test_run(#name, test_case_##name)

/* The values are evaluated once, and true is 1. */
#define CHECK(condition) test_check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(a, b) test_check_int((int64_t)(a), (int64_t)(b), #a, __FILE__, __LINE__)
#define CHECK_TEXT(a, b) test_check_text(a, b, #a, __FILE__, __LINE__)
#define CHECK_NEAR(a, b, tolerance) \
    test_check_near((double)(a), (double)(b), (double)(tolerance), #a, __FILE__, __LINE__)
#define CHECK_OK(status) test_check_status(status, #status, __FILE__, __LINE__)
#define CHECK_STATUS(status, expected) \
    test_check_expected(status, expected, #status, __FILE__, __LINE__)

TEST_UNUSED static int test_check(int holds, const char *what, const char *file, int line)
{
    if (holds) return 1;
    test_errors++;
    printf("%s:%d: %s: failed: %s\n", file, line, test_name, what);
    return 0;
}

TEST_UNUSED static int test_check_int(int64_t a, int64_t b, const char *what, const char *file,
                                      int line)
{
    if (a == b) return 1;
    test_errors++;
    printf("%s:%d: %s: %s is %" PRId64 ", not %" PRId64 "\n", file, line, test_name, what, a, b);
    return 0;
}

TEST_UNUSED static int test_check_text(const char *a, const char *b, const char *what,
                                       const char *file, int line)
{
    if (a && b && strcmp(a, b) == 0) return 1;
    test_errors++;
    printf("%s:%d: %s: %s is\n    \"%s\", not\n    \"%s\"\n", file, line, test_name, what,
           a ? a : "(NULL)", b ? b : "(NULL)");
    return 0;
}

/* NaN is near to nothing. */
TEST_UNUSED static int test_check_near(double a, double b, double tolerance, const char *what,
                                       const char *file, int line)
{
    double difference = a > b ? a - b : b - a;
    if (a == b || difference <= tolerance) return 1;
    test_errors++;
    printf("%s:%d: %s: %s is %.17g, not %.17g within %g\n", file, line, test_name, what, a, b,
           tolerance);
    return 0;
}

TEST_UNUSED static int test_check_expected(gan_status status, gan_status expected, const char *what,
                                           const char *file, int line)
{
    if (status == expected) return 1;
    test_errors++;
    printf("%s:%d: %s: %s is %s, not %s\n", file, line, test_name, what, gan_status_name(status),
           gan_status_name(expected));
    return 0;
}

TEST_UNUSED static int test_check_status(gan_status status, const char *what, const char *file,
                                         int line)
{
    return test_check_expected(status, GAN_OK, what, file, line);
}

TEST_UNUSED static void test_run(const char *name, void (*run)(void))
{
    int before = test_errors;
    test_name = name;
    run();
    if (test_errors == before) {
        test_passed++;
    } else {
        test_failed++;
        printf("FAILED %s\n", name);
    }
    fflush(stdout);
}

TEST_UNUSED static int test_report(void)
{
    printf("%d passed, %d failed\n", test_passed, test_failed);
    return test_failed || test_passed == 0;
}

#endif
