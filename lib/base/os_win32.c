/* os_win32.c: threads, memory, files, the environment and the working folder of Windows. */
#if defined(_WIN32)
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#if !defined(_WIN32_WINNT)
#define _WIN32_WINNT 0x0601 /* Windows 7: slim locks, condition variables */
#endif

#include "base/os.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <malloc.h>
#include <process.h>

struct gan__thread {
    HANDLE handle;
    void (*run)(void *argument);
    void *argument;
};

struct gan__mutex {
    SRWLOCK handle;
};

struct gan__condition {
    CONDITION_VARIABLE handle;
};

static unsigned __stdcall win32_thread_main(void *argument)
{
    gan__thread *thread = argument;
    thread->run(thread->argument);
    return 0;
}

gan__thread *gan__thread_start(void (*run)(void *argument), void *argument)
{
    gan__thread *thread = malloc(sizeof *thread);
    if (!thread) return NULL;
    thread->run = run;
    thread->argument = argument;
    thread->handle = (HANDLE)_beginthreadex(NULL, 0, win32_thread_main, thread, 0, NULL);
    if (thread->handle) return thread;
    free(thread);
    return NULL;
}

void gan__thread_join(gan__thread *thread)
{
    if (!thread) return;
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

gan__mutex *gan__mutex_create(void)
{
    gan__mutex *mutex = malloc(sizeof *mutex);
    if (mutex) InitializeSRWLock(&mutex->handle);
    return mutex;
}

void gan__mutex_destroy(gan__mutex *mutex)
{
    free(mutex);
}

void gan__mutex_lock(gan__mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->handle);
}

void gan__mutex_unlock(gan__mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->handle);
}

gan__condition *gan__condition_create(void)
{
    gan__condition *condition = malloc(sizeof *condition);
    if (condition) InitializeConditionVariable(&condition->handle);
    return condition;
}

void gan__condition_destroy(gan__condition *condition)
{
    free(condition);
}

void gan__condition_wait(gan__condition *condition, gan__mutex *mutex)
{
    SleepConditionVariableSRW(&condition->handle, &mutex->handle, INFINITE, 0);
}

void gan__condition_broadcast(gan__condition *condition)
{
    WakeAllConditionVariable(&condition->handle);
}

uint64_t gan__os_thread_id(void)
{
    return GetCurrentThreadId();
}

uint64_t gan__os_process_id(void)
{
    return GetCurrentProcessId();
}

void gan__os_yield(void)
{
    SwitchToThread();
}

double gan__os_seconds(void)
{
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (double)now.QuadPart / (double)second.QuadPart;
}

const char *gan__os_environment(const char *name)
{
    return getenv(name);
}

int32_t gan__os_processor_count(void)
{
    DWORD_PTR process = 0, system = 0;
    int32_t count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system))
        for (; process; process &= process - 1) count++;
    return count < 1 ? 1 : count;
}

void *gan__os_allocate(size_t size, size_t alignment)
{
    return _aligned_malloc(size, alignment);
}

void gan__os_deallocate(void *memory)
{
    _aligned_free(memory);
}

/* ---- files: UTF-8 outside, UTF-16 inside ---- */

static wchar_t *win32_path(const char *path)
{
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    if (length <= 0) {
        SetLastError(ERROR_INVALID_NAME);
        return NULL;
    }
    wchar_t *wide = malloc((size_t)length * sizeof *wide);
    if (wide) MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, length);
    return wide;
}

/* `how` is one of CreateFileW's dispositions. */
static void *win32_open(const char *path, DWORD access, DWORD share, DWORD how)
{
    wchar_t *wide = win32_path(path);
    if (!wide) return NULL;
    HANDLE file = CreateFileW(wide, access, share, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD error = GetLastError();
    free(wide);
    SetLastError(error);
    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

void *gan__os_open(const char *path, int32_t write)
{
    if (write) return win32_open(path, GENERIC_WRITE, 0, CREATE_ALWAYS);
    return win32_open(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING);
}

int32_t gan__os_is_special(const char *path)
{
    wchar_t *wide = win32_path(path);
    DWORD found = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    free(wide);
    return found != INVALID_FILE_ATTRIBUTES &&
           (found & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)) != 0;
}

int32_t gan__os_follow(const char *path, char *out, size_t size)
{
    size_t length = strlen(path);
    if (length >= size) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return -1;
    }
    memcpy(out, path, length + 1);
    return 0;
}

/* Permissions come from the folder. */
void *gan__os_create(const char *path, const char *model, int32_t *taken)
{
    (void)model;
    void *file = win32_open(path, GENERIC_WRITE, 0, CREATE_NEW);
    *taken = !file && GetLastError() == ERROR_FILE_EXISTS;
    return file;
}

/* One call takes a 32-bit count. */
static const size_t win32_piece = (size_t)1 << 30;

int64_t gan__os_read(void *file, void *bytes, size_t count)
{
    DWORD got = 0;
    if (!ReadFile(file, bytes, (DWORD)(count < win32_piece ? count : win32_piece), &got, NULL))
        return GetLastError() == ERROR_BROKEN_PIPE ? 0 : -1;
    return got;
}

int64_t gan__os_write(void *file, const void *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        size_t left = count - done;
        DWORD put = 0;
        if (!WriteFile(file, (const char *)bytes + done,
                       (DWORD)(left < win32_piece ? left : win32_piece), &put, NULL) ||
            put == 0)
            return -1;
        done += put;
    }
    return (int64_t)count;
}

int32_t gan__os_flush(void *file)
{
    return FlushFileBuffers(file) ? 0 : -1;
}

int32_t gan__os_close(void *file)
{
    return CloseHandle(file) ? 0 : -1;
}

int32_t gan__os_rename(const char *from, const char *to)
{
    wchar_t *wide_from = win32_path(from), *wide_to = win32_path(to);
    BOOL moved =
        wide_from && wide_to &&
        MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
    DWORD error = GetLastError();
    free(wide_from);
    free(wide_to);
    SetLastError(error);
    return moved ? 0 : -1;
}

int32_t gan__os_remove(const char *path)
{
    wchar_t *wide = win32_path(path);
    BOOL removed = wide && DeleteFileW(wide);
    free(wide);
    return removed ? 0 : -1;
}

/* The pattern that finds all that is in a folder. */
static wchar_t *win32_pattern(const char *path)
{
    size_t length = strlen(path);
    char *pattern = malloc(length + 3);
    if (!pattern) return NULL;
    memcpy(pattern, path, length);
    memcpy(pattern + length, "\\*", 3);
    wchar_t *wide = win32_path(pattern);
    free(pattern);
    return wide;
}

/* A name that is no text is listed with characters in its place, and cannot be opened. */
static int32_t win32_entry(const WIN32_FIND_DATAW *found,
                           int32_t (*entry)(void *argument, const char *name, int64_t size),
                           void *argument)
{
    char name[4 * MAX_PATH];
    const int64_t size = (int64_t)((uint64_t)found->nFileSizeHigh << 32 | found->nFileSizeLow);
    if (found->dwFileAttributes & FILE_ATTRIBUTE_DEVICE) return 0;
    if (WideCharToMultiByte(CP_UTF8, 0, found->cFileName, -1, name, sizeof name, NULL, NULL) <= 0)
        return 0;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return 0;
    return entry(argument, name, found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? -1 : size);
}

int32_t gan__os_list(const char *path,
                     int32_t (*entry)(void *argument, const char *name, int64_t size),
                     void *argument)
{
    WIN32_FIND_DATAW found;
    int32_t result = 0;
    wchar_t *pattern = win32_pattern(path);
    HANDLE search = pattern ? FindFirstFileW(pattern, &found) : INVALID_HANDLE_VALUE;
    DWORD error = GetLastError();
    free(pattern);
    SetLastError(error);
    if (search == INVALID_HANDLE_VALUE) return -1;
    do {
        result = win32_entry(&found, entry, argument);
    } while (result == 0 && FindNextFileW(search, &found));
    error = GetLastError();
    FindClose(search);
    SetLastError(error);
    return result == 0 && error != ERROR_NO_MORE_FILES ? -1 : result;
}

const char *gan__os_reason(void)
{
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE: return "no such file or folder";
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT: return "permission denied";
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION: return "another program holds it";
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return "no space left";
    case ERROR_TOO_MANY_OPEN_FILES: return "too many open files";
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_FILENAME_EXCED_RANGE: return "the name is not valid";
    default: return "the system refuses";
    }
}

#else
typedef int gan__os_win32_is_idle; /* ISO C wants a file to have something */
#endif
