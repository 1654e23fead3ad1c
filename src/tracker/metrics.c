#include "config.h"

#include "tracker/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tracker/call.h"
#include "tracker/ledger.h"
#include "tracker/store.h"
#include "tracker/swarmdb.h"
#include "util/buf.h"
#include "util/fd.h"

static void write_one(struct buf *b, const char *name, const char *type,
                      const char *help, uint64_t value)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help,
               name, type, name, value);
}

static void gauge(struct buf *b, const char *name, const char *help,
                  uint64_t value)
{
    write_one(b, name, "gauge", help, value);
}

static void counter(struct buf *b, const char *name, const char *help,
                    uint64_t value)
{
    write_one(b, name, "counter", help, value);
}

/* Seconds with six digits, without floating point. */
static void counter_seconds(struct buf *b, const char *name, const char *help,
                            int64_t us)
{
    buf_printf(
        b, "# HELP %s %s\n# TYPE %s counter\n%s %" PRId64 ".%06" PRId64 "\n",
        name, help, name, name, us / 1000000, us % 1000000);
}

/* The number behind `key` in a file of /proc, or 0. */
static uint64_t proc_number(const char *path, const char *key)
{
    uint8_t *data = NULL;
    const char *at;
    uint64_t value = 0;

    if (fd_read_file(path, 64 * 1024, &data, NULL) < 0) {
        return 0;
    }
    at = strstr((const char *)data, key);
    if (at != NULL) {
        value = strtoull(at + strlen(key), NULL, 10);
    }
    free(data);
    return value;
}

static void write_process(struct buf *b)
{
    struct rusage usage;
    struct rlimit files;

    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        counter_seconds(b, "process_cpu_seconds_total", "User and system time.",
                        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
                                INT64_C(1000000) +
                            usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    }
    gauge(b, "process_resident_memory_bytes", "Resident memory.",
          proc_number("/proc/self/status", "VmRSS:") * 1024);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        gauge(b, "process_max_fds", "Most open files.",
              (uint64_t)files.rlim_cur);
    }
}

static void write_state(const struct rpc *r, struct buf *b)
{
    const struct registry *g = r->registry;

    gauge(b, "p2p_tracker_users", "Accounts.", registry_count(g, RECORD_USER));
    gauge(b, "p2p_tracker_groups", "Groups.", registry_count(g, RECORD_GROUP));
    gauge(b, "p2p_tracker_members", "Memberships of all groups.",
          registry_count(g, RECORD_MEMBER));
    gauge(b, "p2p_tracker_join_requests", "Requests to join that wait.",
          registry_count(g, RECORD_REQUEST));
    gauge(b, "p2p_tracker_items", "Published items.",
          registry_count(g, RECORD_ITEM));
    gauge(b, "p2p_tracker_tokens", "Logins that have not ended.",
          registry_count(g, RECORD_TOKEN));
    gauge(b, "p2p_tracker_database_bytes", "Size of the database file.",
          store_size(r->store));
    counter(b, "p2p_tracker_applied_index",
            "Index of the last command in the state.", store_applied(r->store));
}

static void write_ledger(const struct rpc *r, struct buf *b)
{
    const struct ledger_stats *s = ledger_stats(r->ledger);

    counter(b, "p2p_tracker_commands_total", "Commands committed.",
            s->commands);
    counter(b, "p2p_tracker_commands_refused_total",
            "Commands refused by the rules.", s->refused);
    counter(b, "p2p_tracker_commits_total", "Transactions committed.",
            s->commits);
    counter(b, "p2p_tracker_commit_failures_total",
            "Transactions that could not be written.", s->failures);
    counter_seconds(b, "p2p_tracker_commit_seconds_total",
                    "Time spent in transactions.", s->commit_us);
    gauge(b, "p2p_tracker_writable",
          "1 when the last transaction could be written.",
          s->last_failure == 0);
}

void metrics_write(const struct rpc *r, struct buf *out)
{
    buf_printf(out,
               "# HELP p2p_tracker_build_info The running version.\n"
               "# TYPE p2p_tracker_build_info gauge\n"
               "p2p_tracker_build_info{version=\"%s\"} 1\n",
               PACKAGE_VERSION);
    gauge(out, "p2p_tracker_sessions", "Connections of clients.",
          sessions_count(r->sessions));
    gauge(out, "p2p_tracker_anonymous_sessions",
          "Connections that are not logged in.",
          sessions_anonymous(r->sessions));
    gauge(out, "p2p_tracker_users_online", "Users with a session.",
          sessions_users(r->sessions));
    gauge(out, "p2p_tracker_swarms", "Items that somebody holds or fetches.",
          swarmdb_swarm_count(r->swarmdb));
    gauge(out, "p2p_tracker_peers", "Peers in all swarms.",
          swarmdb_peer_count(r->swarmdb));
    counter(out, "p2p_tracker_requests_total", "Lines of clients.",
            r->requests);
    counter(out, "p2p_tracker_request_errors_total", "Requests refused.",
            r->errors);
    counter(out, "p2p_tracker_logins_total", "Passwords that were right.",
            r->logins);
    counter(out, "p2p_tracker_login_failures_total",
            "Passwords that were wrong.", r->login_failures);
    counter(out, "p2p_tracker_throttled_total",
            "Attempts refused for coming too fast.", r->throttled);
    write_state(r, out);
    write_ledger(r, out);
    write_process(out);
}
