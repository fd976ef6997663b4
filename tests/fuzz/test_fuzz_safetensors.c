#include "fuzz_safetensors.c"

#include "replay.h"

#include "files/vectors.h"

TEST(tensors)
{
    replay(vector_safetensors, sizeof vector_safetensors, 0);
}
TEST(empty)
{
    replay(vector_safetensors_empty, sizeof vector_safetensors_empty, 0);
}

/* With a checksum: a flipped bit of the data is found. */
TEST(checksum)
{
    static const char header[] = "{\"__metadata__\":{\"gan.crc32.a\":\"8587d865\"},"
                                 "\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}} ";
    uint8_t seed[8 + sizeof header + 4] = {sizeof header - 1};
    memcpy(seed + 8, header, sizeof header - 1);
    memcpy(seed + 8 + sizeof header - 1, "abcde", 5);
    replay(seed, sizeof seed, 0);
    for (size_t bit = 0; bit < 40; bit++) {
        seed[sizeof seed - 1 - bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_STATUS(fuzz_run(fuzz_target, fuzz_multiple, seed, sizeof seed), GAN_E_FORMAT);
        seed[sizeof seed - 1 - bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(tensors);
    RUN(empty);
    RUN(checksum);
    RUN(end);
    return test_report();
}
