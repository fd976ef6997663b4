#include "signals.h"

#include <signal.h>

static volatile sig_atomic_t stop_signal, save_wanted;

/* A second one of `gentle` is no more than the first. */
typedef struct stopper {
    int number;
    bool gentle;
} stopper;

static const stopper stoppers[] = {
    {SIGINT, false},
    {SIGTERM, false},
#ifdef SIGHUP
    {SIGHUP, true},
#endif
#ifdef SIGXCPU
    {SIGXCPU, true},
#endif
};
enum { STOPPERS = sizeof stoppers / sizeof stoppers[0] };

typedef void handler(int number);

#ifdef _WIN32

static void handle(int number, handler *action)
{
    signal(number, action);
}

static bool is_handled_by(int number, handler *action)
{
    (void)number;
    (void)action;
    return true;
}

#else

/* A call to the system that is under way goes on after the handler. */
static void handle(int number, handler *action)
{
    struct sigaction new = {.sa_handler = action, .sa_flags = SA_RESTART};
    sigemptyset(&new.sa_mask);
    sigaction(number, &new, NULL);
}

static bool is_handled_by(int number, handler *action)
{
    struct sigaction old;
    return !sigaction(number, NULL, &old) && old.sa_handler == action;
}

#endif

static void on_stop(int number)
{
    stop_signal = number;
    for (int i = 0; i < STOPPERS; i++)
        if (is_handled_by(stoppers[i].number, on_stop))
            handle(stoppers[i].number, stoppers[i].gentle ? SIG_IGN : SIG_DFL);
}

void signals_catch(void)
{
    for (int i = 0; i < STOPPERS; i++)
        if (is_handled_by(stoppers[i].number, SIG_DFL)) handle(stoppers[i].number, on_stop);
}

int signals_stop(void)
{
    return stop_signal;
}

void signals_allow_limits(void)
{
#ifdef SIGXFSZ
    handle(SIGXFSZ, SIG_IGN);
#endif
}

#ifdef SIGUSR1
static void on_save(int number)
{
    (void)number;
    save_wanted = 1;
}
#endif

void signals_begin(void)
{
#ifdef SIGPIPE
    handle(SIGPIPE, SIG_IGN);
#endif
#ifdef SIGUSR1
    if (is_handled_by(SIGUSR1, SIG_DFL)) handle(SIGUSR1, on_save);
#endif
}

bool signals_want_save(void)
{
    bool wanted = save_wanted;
    if (wanted) save_wanted = 0;
    return wanted;
}
