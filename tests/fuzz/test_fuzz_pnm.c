#include "fuzz_pnm.c"

#include "replay.h"

static void pnm_replay(const char *text, size_t size)
{
    replay((const uint8_t *)text, size, 0);
}

#define PNM(text) pnm_replay(text, sizeof text - 1)

TEST(grey)
{
    PNM("P5 # a comment\n3 2\n# another\n255\nabcdef");
}
TEST(scaled)
{
    PNM("P5 2 2 200 abcd");
}
TEST(rgb_16)
{
    PNM("P6\n1 2\n65535\nabcdefABCDEF");
}

TEST(pam)
{
    PNM("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcdefgh");
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(grey);
    RUN(scaled);
    RUN(rgb_16);
    RUN(pam);
    RUN(end);
    return test_report();
}
