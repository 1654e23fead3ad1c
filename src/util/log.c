#include "config.h"

#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/err.h"
#include "util/text.h"

enum {
    LOG_TEXT_MAX = 2048, /* bytes of a text before it is escaped */
    LOG_LINE_MAX = 4096, /* bytes of a line; PIPE_BUF, so that lines of several
                            processes in one pipe stay whole */
    LOG_TIME_MAX = 32,   /* bytes of "2026-01-31T12:00:00Z", and reserve */
};

static _Atomic(enum log_level) log_level = LOG_LEVEL_INFO;
static _Atomic(void (*)(enum log_level, const char *)) log_hook;
static atomic_int log_fd = STDERR_FILENO;
static int log_file = -1;       /* kept for good once opened; see log_open() */
static atomic_bool log_journal; /* standard error is systemd's journal */

/* P2P_TRACE is read once, before any thread could change the environment. */
static char trace_words[256];
static atomic_bool trace_on; /* words are set, or the level is debug */

/* systemd sets JOURNAL_STREAM to device:inode of the stream it gave us; a
 * child whose standard error is something else still inherits the variable. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    char *end;

    if (stream == NULL || fstat(fd, &status) != 0) {
        return false;
    }
    device = strtoull(stream, &end, 10);
    if (end == stream || *end != ':') {
        return false;
    }
    inode = strtoull(end + 1, &end, 10);
    return *end == '\0' && status.st_dev == (dev_t)device &&
           status.st_ino == (ino_t)inode;
}

static void __attribute__((constructor)) log_start(void)
{
    const char *words = getenv("P2P_TRACE");

    if (words != NULL && words[0] != '\0') {
        snprintf(trace_words, sizeof(trace_words), ",%s,", words);
        atomic_store(&trace_on, true);
    }
    atomic_store(&log_journal, is_journal(STDERR_FILENO));
}

/* Whether the words of P2P_TRACE have `word` among them. */
static bool has_word(const char *word)
{
    const char *at = trace_words;
    size_t length = strlen(word);

    for (;;) {
        at = strstr(at, word);
        if (at == NULL) {
            return false;
        }
        if (at > trace_words && strchr(", ", at[-1]) != NULL &&
            strchr(", ", at[length]) != NULL) {
            return true;
        }
        at++;
    }
}

void log_set_level(enum log_level level)
{
    atomic_store(&log_level, level);
    atomic_store(&trace_on, level == LOG_LEVEL_DEBUG || trace_words[0] != '\0');
}

int log_open(const char *path)
{
    int fd;

    if (path == NULL) {
        atomic_store(&log_fd, STDERR_FILENO);
        return 0;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    /* The number of the first file is kept and only points elsewhere later:
     * another thread may be about to write to it. */
    if (log_file < 0) {
        log_file = fd;
    } else {
        int rv = dup3(fd, log_file, O_CLOEXEC) < 0 ? err_from_errno(errno) : 0;

        close(fd);
        if (rv < 0) {
            return rv;
        }
    }
    atomic_store(&log_fd, log_file);
    return 0;
}

void log_set_hook(void (*hook)(enum log_level level, const char *text))
{
    atomic_store(&log_hook, hook);
}

/* What stands before "module: text". */
static void make_prefix(enum log_level level, bool journal, char *out,
                        size_t size)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    static const int priorities[] = {3, 4, 6, 7}; /* of syslog(3) */
    char when[LOG_TIME_MAX] = "";
    time_t now = (time_t)clock_wall();
    struct tm parts;

    if (journal) {
        snprintf(out, size, "<%d>", priorities[level]);
        return;
    }
    if (gmtime_r(&now, &parts) != NULL) {
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    snprintf(out, size, "%s %s ", when, names[level]);
}

static void write_line(enum log_level level, const char *text)
{
    int fd = atomic_load(&log_fd);
    bool journal = fd == STDERR_FILENO && atomic_load(&log_journal);
    char line[LOG_LINE_MAX];
    size_t length;
    ssize_t written;

    make_prefix(level, journal, line, sizeof(line));
    length = strlen(line);
    snprintf(line + length, sizeof(line) - length - 1, "%s", text);
    length = strlen(line);
    line[length++] = '\n';
    do {
        written = write(fd, line, length);
    } while (written < 0 && errno == EINTR);
    /* A log that cannot be written is nothing to log about. */
}

static void __attribute__((format(printf, 3, 0)))
log_message(enum log_level level, const char *module, const char *format,
            va_list args)
{
    void (*hook)(enum log_level, const char *) = atomic_load(&log_hook);
    bool shown = level == LOG_LEVEL_DEBUG || level <= atomic_load(&log_level);
    char raw[LOG_TEXT_MAX];
    char text[LOG_LINE_MAX - LOG_TIME_MAX - 16];
    int saved = errno;
    int used;

    if (level == LOG_LEVEL_DEBUG) {
        hook = NULL;
    }
    if (!shown && hook == NULL) {
        return;
    }
    vsnprintf(raw, sizeof(raw), format, args);
    used = snprintf(text, sizeof(text), "%.32s: ", module);
    text_log_safe(raw, text + used, sizeof(text) - (size_t)used);
    if (shown) {
        write_line(level, text);
    }
    if (hook != NULL) {
        hook(level, text);
    }
    errno = saved;
}

void log_error(const char *module, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_message(LOG_LEVEL_ERROR, module, format, args);
    va_end(args);
}

void log_warn(const char *module, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_message(LOG_LEVEL_WARN, module, format, args);
    va_end(args);
}

void log_info(const char *module, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_message(LOG_LEVEL_INFO, module, format, args);
    va_end(args);
}

bool log_is_traced(const char *module)
{
    if (!atomic_load_explicit(&trace_on, memory_order_relaxed)) {
        return false;
    }
    return atomic_load(&log_level) == LOG_LEVEL_DEBUG || has_word(module) ||
           has_word("all");
}

void log_trace(const char *module, const char *format, ...)
{
    va_list args;

    if (!log_is_traced(module)) {
        return;
    }
    va_start(args, format);
    log_message(LOG_LEVEL_DEBUG, module, format, args);
    va_end(args);
}
