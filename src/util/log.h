/* log: levels, trace words and where lines go.
 *
 * Lines are "TIME LEVEL module: text" on standard error or in a file; under
 * systemd "<N>text". Foreign strings are escaped with text_log_safe() by the
 * logger itself, so one event is one line. Thread-safe: a line is one write().
 */
#ifndef P2P_UTIL_LOG_H
#define P2P_UTIL_LOG_H

#include <stdbool.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

void log_set_level(enum log_level level);

/* Append lines to `path` from now on instead of standard error (NULL: back).
 * 0 or the error of open. */
int log_open(const char *path);

/* Called with each line of LOG_LEVEL_INFO or more severe, on the logging
 * thread; NULL takes it away. */
void log_set_hook(void (*hook)(enum log_level level, const char *text));

void log_error(const char *module, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *module, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *module, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shown when the environment's P2P_TRACE lists `module` or "all", or at
 * LOG_LEVEL_DEBUG. The check costs one load when tracing is off. */
void log_trace(const char *module, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool log_is_traced(const char *module);

#endif /* P2P_UTIL_LOG_H */
