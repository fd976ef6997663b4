#include "fuzz_json.c"

#include "replay.h"

static void json_replay(const char *text, int prefixes)
{
    replay((const uint8_t *)text, strlen(text), prefixes);
}

TEST(object)
{
    json_replay("{\"a\": [1, -2.5e+3, true, null], \"b\": {\"c\": \"d\"}, \"e\": [[], {}, 0.1]}",
                0);
}

TEST(strings)
{
    json_replay("[\"\\u00e9\\ud83d\\ude00\\n\\\\\\/\", \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]",
                0);
}

/* "1", "12", "12.3", "12.34" and "12.34e5" are numbers too, and so is "12.34e56" without its space.
 */
TEST(number)
{
    json_replay("12.34e56 ", 6);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(object);
    RUN(strings);
    RUN(number);
    RUN(end);
    return test_report();
}
