/* run_log.c: a line for each step, of log.jsonl and of the terminal. */
#include "run_log.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the file ---- */

enum { LOG_LINE = 8192 };
static const char measured_name[] = ",\"eval.";

static int64_t step_of_line(const char *line)
{
    long long step = -1;
    return sscanf(line, "{\"step\":%lld", &step) == 1 ? step : -1;
}

/* Whether the line stays in the log of a training that goes on after `step`. */
static bool line_stays(const char *line, int64_t step, bool measures)
{
    const int64_t own = step_of_line(line);
    if (own == step && measures && strstr(line, measured_name)) return false;
    return own >= 0 && own <= step && strchr(line, '\n');
}

/* Copies the lines of steps up to `step` to a new file and puts it in the old one's place. */
static int drop_later_lines(const char *path, int64_t step, bool measures)
{
    char line[LOG_LINE];
    replacement fresh;
    FILE *from;
    int error;
    if (!path_is_regular(path)) return 0; /* it does not exist, or keeps nothing */
    from = fopen(path, "r");
    if (!from) return errno;
    error = replacement_open(&fresh, path);
    if (!error) {
        while (!error && fgets(line, sizeof line, from))
            if (line_stays(line, step, measures) && fputs(line, fresh.file) < 0) error = errno;
        if (ferror(from)) error = EIO;
        error = replacement_finish(&fresh, error);
    }
    fclose(from);
    return error;
}

int run_log_open(run_log *log, const char *folder, int64_t step, int64_t last_step, int64_t batch,
                 bool measures)
{
    char path[PATH_SIZE];
    int error;
    memset(log, 0, sizeof *log);
    if (!path_join(path, folder, "log.jsonl")) return ENAMETOOLONG;
    error = drop_later_lines(path, step, measures);
    if (error) return error;
    log->file = append_open(path);
    if (!log->file) return errno;
    log->columns = terminal_columns();
    log->first_step = step;
    log->last_step = last_step;
    log->batch = batch;
    log->started = seconds_now();
    return 0;
}

int run_log_close(run_log *log)
{
    int error = log->file && fclose(log->file) ? errno : 0;
    log->file = NULL;
    return error;
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
add(char *line, size_t size, const char *format, ...)
{
    size_t used = strlen(line);
    va_list list;
    va_start(list, format);
    vsnprintf(line + used, size - used, format, list);
    va_end(list);
}

int run_log_step(run_log *log, const gan_trainer *trainer)
{
    char line[LOG_LINE] = "";
    add(line, sizeof line, "{\"step\":%lld,\"time\":%lld", (long long)gan_trainer_steps(trainer),
        (long long)time(NULL));
    for (int32_t i = 0; i < gan_trainer_value_count(trainer); i++) {
        const char *name = gan_trainer_value_name(trainer, i);
        double value;
        if (gan_trainer_value(trainer, name, &value) == GAN_OK && isfinite(value))
            add(line, sizeof line, ",\"%s\":%.9g", name, value);
    }
    add(line, sizeof line, "}\n");
    return append_text(log->file, line);
}

void run_values_add(run_values *values, const char *name, double value)
{
    if (!isfinite(value) || values->count == MOST_RUN_VALUES) return;
    values->names[values->count] = name;
    values->values[values->count++] = value;
}

/* %.17g: what gan eval says, to the last bit. */
int run_log_measured(run_log *log, int64_t step, const run_values *values)
{
    char line[LOG_LINE] = "";
    add(line, sizeof line, "{\"step\":%lld,\"time\":%lld", (long long)step, (long long)time(NULL));
    for (int i = 0; i < values->count; i++)
        add(line, sizeof line, "%s%s\":%.17g", measured_name, values->names[i], values->values[i]);
    add(line, sizeof line, "}\n");
    return append_text(log->file, line);
}

void run_log_pause(run_log *log, double seconds)
{
    log->started += seconds;
}

/* ---- the terminal ---- */

enum { LINE_SIZE = 512 };

/* How much of a value's name tells it from the others of its group, and at least so many letters:
 * a line has little room. */
static int short_length(const gan_trainer *trainer, const char *name)
{
    const int least = 4;
    const size_t group = strcspn(name, ".") + 1;
    int length = least;
    for (int32_t i = 0; i < gan_trainer_value_count(trainer); i++) {
        const char *other = gan_trainer_value_name(trainer, i);
        if (!strcmp(other, name) || strncmp(other, name, group)) continue;
        while (name[group + (size_t)length] &&
               !strncmp(other + group, name + group, (size_t)length))
            length++;
    }
    return length;
}

/* The values whose names begin with `group` and a dot, if they were measured: "  loss disc 1.386
 * gene 0.693". */
static void add_values(char line[LINE_SIZE], const gan_trainer *trainer, const char *group)
{
    const size_t length = strlen(group);
    bool first = true;
    for (int32_t i = 0; i < gan_trainer_value_count(trainer); i++) {
        const char *name = gan_trainer_value_name(trainer, i);
        double value;
        if (strncmp(name, group, length) || name[length] != '.') continue;
        if (gan_trainer_value(trainer, name, &value) != GAN_OK || isnan(value)) continue;
        add(line, LINE_SIZE, "%s%s %.*s ", first ? "  " : "", first ? group : "",
            short_length(trainer, name), name + length + 1);
        add(line, LINE_SIZE, fabs(value) < 1e5 ? "%.3f" : "%.3g", value);
        first = false;
    }
}

static void add_rate(char line[LINE_SIZE], const run_log *log, int64_t step, double now)
{
    double passed = now - log->started;
    double rate = passed > 0 ? (double)(step - log->first_step) / passed : 0;
    long long left;
    if (!(rate > 0)) return;
    left = (long long)((double)(log->last_step - step) / rate + 0.5);
    add(line, LINE_SIZE, "  %.0f images/s  ", rate * (double)log->batch);
    if (left >= 3600)
        add(line, LINE_SIZE, "%lld:%02lld", left / 3600, left / 60 % 60);
    else
        add(line, LINE_SIZE, "%lld", left / 60);
    add(line, LINE_SIZE, ":%02lld left", left % 60);
}

void run_log_progress(run_log *log, const gan_trainer *trainer, bool line)
{
    char text[LINE_SIZE] = "";
    int64_t step = gan_trainer_steps(trainer);
    double now = seconds_now();
    if (log->columns ? now - log->shown < 0.2 && step < log->last_step : !line) return;
    log->shown = now;
    add(text, LINE_SIZE, "step %lld/%lld", (long long)step, (long long)log->last_step);
    add_values(text, trainer, "loss");
    add_rate(text, log, step, now);
    add_values(text, trainer, "accuracy");
    if (!log->columns) {
        fprintf(stderr, "%s\n", text);
        return;
    }
    /* A line that fills the terminal would wrap, and could not be written over. */
    if (strlen(text) >= (size_t)log->columns && log->columns < LINE_SIZE)
        text[log->columns - 1] = '\0';
    fprintf(stderr, "\r%-*s", log->width, text);
    log->width = (int)strlen(text);
}

void run_log_end(run_log *log)
{
    if (log->width) fputc('\n', stderr);
    log->width = 0;
}
