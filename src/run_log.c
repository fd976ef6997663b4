#define _POSIX_C_SOURCE 200809L

#include "run_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
#include <io.h>
#define is_terminal() _isatty(2)
#else
#include <unistd.h>
#define is_terminal() isatty(2)
#endif

static int64_t step_of_line(const char *line)
{
    long long step = -1;
    return sscanf(line, "{\"step\":%lld", &step) == 1 ? step : -1;
}

/* Copies the lines of steps up to `step` to a new file and puts it in the old one's place. */
static int drop_later_lines(const char *path, int64_t step)
{
    char fresh[PATH_SIZE + 8], line[8192];
    FILE *from = fopen(path, "r"), *to;
    bool failed;
    if (!from) return errno == ENOENT ? 0 : errno;
    snprintf(fresh, sizeof fresh, "%s.tmp", path);
    to = fopen(fresh, "w");
    if (!to) {
        fclose(from);
        return errno;
    }
    while (fgets(line, sizeof line, from)) {
        int64_t s = step_of_line(line);
        if (s >= 0 && s <= step && strchr(line, '\n')) fputs(line, to);
    }
    fclose(from);
    failed = ferror(to) != 0;
    if (fclose(to)) failed = true;
    if (failed || rename(fresh, path)) {
        remove(fresh);
        return errno ? errno : EIO;
    }
    return 0;
}

int run_log_open(run_log *log, const char *folder, int64_t step, int64_t last_step, int64_t batch)
{
    char path[PATH_SIZE];
    int error;
    memset(log, 0, sizeof *log);
    if (!path_join(path, folder, "log.jsonl")) return ENAMETOOLONG;
    error = drop_later_lines(path, step);
    if (error) return error;
    log->file = fopen(path, "a");
    if (!log->file) return errno;
    log->terminal = is_terminal() != 0;
    log->first_step = step;
    log->last_step = last_step;
    log->batch = batch;
    log->started = seconds_now();
    return 0;
}

void run_log_close(run_log *log)
{
    if (log->file) fclose(log->file);
    log->file = NULL;
}

bool run_log_step(run_log *log, const gan_trainer *trainer)
{
    fprintf(log->file, "{\"step\":%lld,\"time\":%lld", (long long)gan_trainer_steps(trainer),
            (long long)time(NULL));
    for (int32_t i = 0; i < gan_trainer_value_count(trainer); ++i) {
        const char *name = gan_trainer_value_name(trainer, i);
        double value;
        if (gan_trainer_value(trainer, name, &value) == GAN_OK && isfinite(value))
            fprintf(log->file, ",\"%s\":%.9g", name, value);
    }
    return fputs("}\n", log->file) >= 0 && !fflush(log->file);
}

/* "loss.generator" -> "loss.g 0.912": short enough for one line. */
static int print_values(char *line, size_t size, const gan_trainer *trainer)
{
    int used = 0;
    for (int32_t i = 0; i < gan_trainer_value_count(trainer); ++i) {
        const char *name = gan_trainer_value_name(trainer, i), *dot = strchr(name, '.');
        double value;
        if (strncmp(name, "loss.", 5) && strncmp(name, "accuracy.", 9)) continue;
        if (gan_trainer_value(trainer, name, &value) != GAN_OK || (size_t)used >= size) continue;
        used += snprintf(line + used, size - (size_t)used, "  %s %s %.3f",
                         name[0] == 'l' ? "loss" : "accuracy", dot + 1, value);
    }
    return used;
}

void run_log_progress(run_log *log, const gan_trainer *trainer, bool line)
{
    char text[512];
    int64_t step = gan_trainer_steps(trainer), made = step - log->first_step;
    double now = seconds_now(), passed = now - log->started, rate;
    int used;
    if (log->terminal ? now - log->shown < 0.2 && step < log->last_step : !line) return;
    log->shown = now;
    rate = passed > 0 ? (double)made / passed : 0;
    used = snprintf(text, sizeof text, "step %lld/%lld", (long long)step, (long long)log->last_step);
    used += print_values(text + used, sizeof text - (size_t)used, trainer);
    if (rate > 0 && (size_t)used < sizeof text) {
        long long left = (long long)((double)(log->last_step - step) / rate + 0.5);
        used += snprintf(text + used, sizeof text - (size_t)used, "  %.0f images/s  %lld:%02lld left",
                         rate * (double)log->batch, left / 60, left % 60);
    }
    if (log->terminal)
        fprintf(stderr, "\r%-*s", log->width, text);
    else
        fprintf(stderr, "%s\n", text);
    log->width = used;
}

void run_log_end(run_log *log)
{
    if (log->terminal && log->width) fputc('\n', stderr);
    log->width = 0;
}
