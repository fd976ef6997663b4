/* How many processors control groups grant: files as Linux writes them, below a folder of our own.
 */
#include "base/os.h"
#include "test.h"

#if defined(__linux__)
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ROOT "groups.tmp"

static void write_file(const char *name, const char *text)
{
    char path[6000];
    snprintf(path, sizeof path, ROOT "%s", name);
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    if (!CHECK(file != NULL)) return;
    CHECK(fputs(text, file) >= 0);
    fclose(file);
}

static void begin(const char *groups, const char *mounts)
{
    CHECK_INT(system("rm -rf " ROOT), 0);
    write_file("/proc/self/cgroup", groups);
    write_file("/proc/self/mountinfo", mounts);
}

static void group_1(const char *folder, const char *quota, const char *period)
{
    char name[256];
    snprintf(name, sizeof name, "%s/cpu.cfs_quota_us", folder);
    write_file(name, quota);
    snprintf(name, sizeof name, "%s/cpu.cfs_period_us", folder);
    write_file(name, period);
}

#define SYSTEM "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define MOUNT_2 "30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_1 \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

TEST(version_2)
{
    begin("0::/user/session\n", SYSTEM MOUNT_2);
    CHECK_INT(gan__os_group_limit(ROOT, 8), 8);
    write_file("/sys/fs/cgroup/user/session/cpu.max", "max 100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 8), 8);
    write_file("/sys/fs/cgroup/user/session/cpu.max", "250000 100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 8), 3);
    write_file("/sys/fs/cgroup/user/cpu.max", "50000 25000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 8), 2);
    write_file("/sys/fs/cgroup/cpu.max", "10000 100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 8), 1);
    write_file("/sys/fs/cgroup/cpu.max", "9223372036854775807 1\n");
    CHECK_INT(gan__os_group_limit(ROOT, 8), 2);
}

/* A container of version 1 that sees the machine's names, and a group within it. */
TEST(version_1)
{
    static const char mounts[] =
        "31 22 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
        "33 31 0:30 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
        "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
        "34 31 0:31 /docker/ab /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n";
    begin("9:cpuset:/\n4:cpu,cpuacct:/docker/ab/job/inner\n3:memory:/docker/ab\n", mounts);
    group_1("/sys/fs/cgroup/cpu,cpuacct/job/inner", "-1\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 16), 16);
    group_1("/sys/fs/cgroup/cpu,cpuacct", "900000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 16), 9);
    group_1("/sys/fs/cgroup/cpu,cpuacct/job/inner", "410000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 16), 5);
    group_1("/sys/fs/cgroup/cpu,cpuacct/job", "150000\n", "50000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 16), 3);
    group_1("/sys/fs/cgroup/cpuset/job/inner", "100000\n", "100000\n"); /* not of that kind */
    group_1("/sys/fs/cgroup", "100000\n", "100000\n");                  /* above the mount */
    CHECK_INT(gan__os_group_limit(ROOT, 16), 3);
}

TEST(both_versions)
{
    begin("5:cpu,cpuacct:/a\n0::/b\n", MOUNT_1 MOUNT_2);
    group_1("/sys/fs/cgroup/cpu,cpuacct/a", "400000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 9), 4);
    write_file("/sys/fs/cgroup/b/cpu.max", "200000 100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 9), 2);
    group_1("/sys/fs/cgroup/cpu,cpuacct/a", "50000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 9), 1);
}

/* Names with spaces; mounts of other groups, whose names begin alike; what is too long. */
TEST(odd_lines)
{
    static char mounts[9000];
    memset(mounts, 'x', 8000);
    strcpy(mounts + 8000, "\n32 31 0:29 /jo /c rw - cgroup cgroup rw,cpu\n"
                          "33 31 0:29 /job/one /c2 rw - cgroup cgroup rw,cpu\nnonsense\n\n"
                          "34 31 0:29 /job /my\\040groups rw - cgroup cgroup rw,cpu");
    begin("7:xcpu:/elsewhere\n5:cpu:/job/o\n", mounts);
    group_1("/c", "100000\n", "100000\n");
    group_1("/c/b/o", "100000\n", "100000\n");
    group_1("/c2", "100000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 7), 7);
    group_1("/my groups/o", "300000\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 7), 3);
    group_1("/my groups/o", "many\n", "100000\n");
    CHECK_INT(gan__os_group_limit(ROOT, 7), 7);
    group_1("/my groups/o", "300000\n", "0\n");
    CHECK_INT(gan__os_group_limit(ROOT, 7), 7);
}

TEST(nothing_there)
{
    CHECK_INT(gan__os_group_limit("no-such-folder", 5), 5);
    begin("", "");
    CHECK_INT(gan__os_group_limit(ROOT, 5), 5);
    CHECK_INT(system("rm -rf " ROOT), 0);
    CHECK(gan__os_processor_count() >= 1);
}

int main(void)
{
    RUN(version_2);
    RUN(version_1);
    RUN(both_versions);
    RUN(odd_lines);
    RUN(nothing_there);
    return test_report();
}
#else
int main(void)
{
    return 0;
}
#endif
