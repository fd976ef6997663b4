/* test_memory_limits.c: what the command reads of limits, from files as systems have them. */
#include "test.h"

#include "../../src/memory_limits.c"

#ifdef __linux__

#include <errno.h>
#include <sys/stat.h>

#define ROOT "limits.tmp"
#define MIB (INT64_C(1) << 20)

/* A file below the root, and the folders above it. */
static void put(const char *path, const char *text)
{
    char part[512];
    FILE *file;
    snprintf(part, sizeof part, "%s%s", ROOT, path);
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        CHECK(!mkdir(part, 0777) || errno == EEXIST);
        *slash = '/';
    }
    file = fopen(part, "w");
    CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

static void begin(const char *group)
{
    CHECK_INT(system("rm -rf " ROOT), 0);
    put("/proc/self/cgroup", group);
}

static int64_t groups(void)
{
    return memory_of_groups(ROOT).bytes;
}

TEST(nothing_is_known)
{
    begin("");
    CHECK_INT(groups(), INT64_MAX);
    CHECK_INT(memory_of_groups("nowhere").bytes, INT64_MAX);
    CHECK_INT(memory_of_system("nowhere").bytes, INT64_MAX);
    begin("0::/\n");
    CHECK_INT(groups(), INT64_MAX);
    begin("no line\n:\n::\n0::\n");
    CHECK_INT(groups(), INT64_MAX);
}

/* The cache of files can be had. */
TEST(version_2)
{
    begin("0::/user.slice/session.scope\n");
    put("/sys/fs/cgroup/user.slice/session.scope/memory.max", "1073741824\n");
    put("/sys/fs/cgroup/user.slice/session.scope/memory.current", "536870912\n");
    CHECK_INT(groups(), 512 * MIB);
    CHECK_TEXT(memory_of_groups(ROOT).why, "memory.max of its control group");
    put("/sys/fs/cgroup/user.slice/session.scope/memory.stat",
        "anon 1\nfile 200000000\nkernel 5\ninactive_file 104857600\nactive_file 52428800\n"
        "slab_reclaimable 1048576\nslab_unreclaimable 7\n");
    CHECK_INT(groups(), (512 + 100 + 50 + 1) * MIB);
    put("/sys/fs/cgroup/user.slice/session.scope/memory.max", "max\n");
    CHECK_INT(groups(), INT64_MAX);
    put("/sys/fs/cgroup/user.slice/memory.max", "104857600\n"); /* of the group around it */
    put("/sys/fs/cgroup/user.slice/memory.current", "209715200\n");
    CHECK_INT(groups(), 0);
    put("/sys/fs/cgroup/memory.max", "4096\n"); /* a container's own is the root */
    put("/sys/fs/cgroup/memory.current", "4000\n");
    put("/sys/fs/cgroup/user.slice/memory.current", "0\n");
    CHECK_INT(groups(), 96);
    put("/proc/self/cgroup", "0::/docker/0123\n");
    CHECK_INT(groups(), 96);
}

TEST(version_2_swaps)
{
    begin("0::/a\n");
    put("/proc/meminfo", "MemTotal: 1 kB\nSwapTotal:  2097152 kB\nSwapFree:  1048576 kB\n");
    put("/sys/fs/cgroup/a/memory.max", "104857600\n");
    put("/sys/fs/cgroup/a/memory.current", "0\n");
    CHECK_INT(groups(), (100 + 1024) * MIB);
    put("/sys/fs/cgroup/a/memory.swap.max", "20971520\n");
    put("/sys/fs/cgroup/a/memory.swap.current", "10485760\n");
    CHECK_INT(groups(), 110 * MIB);
    put("/sys/fs/cgroup/a/memory.swap.max", "0\n");
    CHECK_INT(groups(), 100 * MIB);
    put("/sys/fs/cgroup/a/memory.swap.max", "max\n");
    CHECK_INT(groups(), (100 + 1024) * MIB);
}

TEST(version_1)
{
    begin("12:pids:/x\n4:cpu,memory:/batch/job\n1:name=systemd:/memory\n0::/\n");
    put("/sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/batch/job/memory.usage_in_bytes", "5\n");
    CHECK_INT(groups(), INT64_MAX);
    put("/sys/fs/cgroup/memory/batch/memory.limit_in_bytes", "209715200\n");
    put("/sys/fs/cgroup/memory/batch/memory.usage_in_bytes", "104857600\n");
    CHECK_INT(groups(), 100 * MIB);
    put("/sys/fs/cgroup/memory/batch/memory.stat",
        "inactive_file 1\ntotal_inactive_file 10485760\ntotal_active_file 10485760\n");
    CHECK_INT(groups(), 120 * MIB);
    put("/proc/meminfo", "SwapFree: 1048576 kB\n");
    put("/sys/fs/cgroup/memory/batch/memory.memsw.limit_in_bytes", "262144000\n"); /* of both */
    put("/sys/fs/cgroup/memory/batch/memory.memsw.usage_in_bytes", "115343360\n");
    CHECK_INT(groups(), (250 - 110 + 20) * MIB);
    put("/proc/self/cgroup", "4:cpu,notmemory:/batch/job\n");
    CHECK_INT(groups(), INT64_MAX);
}

TEST(the_machine)
{
    begin("");
    put("/proc/meminfo",
        "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    2048 kB\nSwapFree: 1024 kB\n"
        "CommitLimit: 1024 kB\nCommitted_AS: 512 kB\n");
    CHECK_INT(memory_of_system(ROOT).bytes, 3 * MIB);
    put("/proc/sys/vm/overcommit_memory", "2\n");
    CHECK_INT(memory_of_system(ROOT).bytes, MIB / 2);
    put("/proc/sys/vm/overcommit_memory", "0\n");
    CHECK_INT(memory_of_system(ROOT).bytes, 3 * MIB);
}

/* The constants stand in the calls: what type they have is the system's affair. */
static int set_limit(bool data, const struct rlimit *limit)
{
    return data ? setrlimit(RLIMIT_DATA, limit) : setrlimit(RLIMIT_AS, limit);
}

/* A limit of its own. */
static void lower(bool data, const char *why)
{
    const rlim_t limit = (rlim_t)1 << 46; /* sanitizers reserve tebibytes */
    struct rlimit before;
    CHECK(!(data ? getrlimit(RLIMIT_DATA, &before) : getrlimit(RLIMIT_AS, &before)));
    CHECK(!set_limit(data, &(struct rlimit){limit, before.rlim_max}));
    CHECK_INT(memory_of_process().bytes, limit);
    CHECK_TEXT(memory_of_process().why, why);
    CHECK(!set_limit(data, &before));
}

TEST(this_process)
{
    enum { BLOCK = 64 << 20 };
    volatile char *block = malloc(BLOCK);
    int64_t held = memory_held();
    CHECK(held > 0 && memory_available().bytes > held);
    for (int i = 0; block && i < BLOCK; i += 512) block[i] = 1;
    CHECK_NEAR((double)(memory_held() - held), (double)BLOCK, 16e6);
    free((void *)(uintptr_t)block);
    lower(false, "ulimit -v (RLIMIT_AS)");
    lower(true, "ulimit -d (RLIMIT_DATA)");
}

int main(void)
{
    RUN(nothing_is_known);
    RUN(version_2);
    RUN(version_2_swaps);
    RUN(version_1);
    RUN(the_machine);
    RUN(this_process);
    CHECK_INT(system("rm -rf " ROOT), 0);
    return test_report();
}

#else

int main(void)
{
    return 0;
}

#endif
