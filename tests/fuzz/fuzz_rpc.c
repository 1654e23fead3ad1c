/* A tracker without sockets takes lines of four sessions: the first byte of a
 * line says whose (anonymous, outsider, member, owner). It answers each request
 * once, in valid lines, and memory agrees with the disk at the end. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tracker/call.h"
#include "tracker/groupkey.h"
#include "tracker/ledger.h"
#include "tracker/notify.h"
#include "tracker/rpc.h"
#include "tracker/store.h"
#include "tracker/swarmdb.h"
#include "tracker/throttle.h"
#include "tracker/worker.h"
#include "util/clock.h"
#include "util/mem.h"

enum { SESSIONS = 4, OWNER = 3, MEMBER = 2, OUTSIDER = 1 };

static char dir[64];
static struct worker *worker; /* of all inputs; its jobs never come back */
static struct rpc rpc;
static struct session *sessions[SESSIONS];
static unsigned answers;

static void on_send(void *arg, struct session *s, char *line, size_t length)
{
    json_t *m;

    (void)arg;
    (void)s;
    REQUIRE(length > 0 && line[length - 1] == '\n');
    REQUIRE(memchr(line, '\n', length - 1) == NULL);
    m = json_loadb(line, length - 1, JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(m != NULL);
    answers += json_object_get(m, "method") == NULL;
    json_decref(m);
    free(line);
}

static void on_idle(void *arg, struct session *s)
{
    (void)arg;
    (void)s;
}

static void on_wake(void *arg)
{
    (void)arg;
}

static void on_applied(void *arg, const struct command *c,
                       const struct effects *effects)
{
    (void)arg;
    notify_applied(rpc.notify, c, effects);
}

static const struct sessions_ops session_ops = {on_send, on_idle};
static const struct ledger_ops ledger_ops = {on_wake, on_applied};

static struct command *command_by(enum command_type type, unsigned actor)
{
    struct command *c = command_new(type, clock_wall());

    memset(c->group_id, 'a', RECORD_ID - 1);
    snprintf(c->actor_id, sizeof(c->actor_id), "%032x", actor);
    return c;
}

static void put_user(unsigned n)
{
    struct command *c = command_by(COMMAND_USER_CREATE, n);

    memcpy(c->user_id, c->actor_id, RECORD_ID);
    c->name = mem_printf("user%u", n);
    c->password = mem_strdup("x");
    ledger_submit(rpc.ledger, c, NULL, NULL);
    c = command_by(COMMAND_TOKEN_PUT, n);
    memcpy(c->user_id, c->actor_id, RECORD_ID);
    c->text = mem_strdup("x");
    snprintf(c->token, sizeof(c->token), "%064x", n);
    c->until = clock_wall() + 1000;
    ledger_submit(rpc.ledger, c, NULL, NULL);
}

static void put_group(void)
{
    struct command *c = command_by(COMMAND_GROUP_CREATE, OWNER);

    c->name = mem_strdup("g");
    c->root_pem = mem_strdup("PEM");
    record_set_blob(&c->blob, "x", 1);
    ledger_submit(rpc.ledger, c, NULL, NULL);
    ledger_submit(rpc.ledger, command_by(COMMAND_JOIN, MEMBER), NULL, NULL);
    c = command_by(COMMAND_ACCEPT, OWNER);
    snprintf(c->user_id, sizeof(c->user_id), "%032x", (unsigned)MEMBER);
    ledger_submit(rpc.ledger, c, NULL, NULL);
    c = command_by(COMMAND_PUBLISH, OWNER);
    c->name = mem_strdup("i");
    memset(c->hash, 'b', RECORD_HASH - 1);
    record_set_blob(&c->blob, "x", 1);
    c->pieces = 9;
    ledger_submit(rpc.ledger, c, NULL, NULL);
}

static void leave(void)
{
    rmdir(dir);
}

static void begin(void)
{
    struct err e;
    unsigned n;

    if (worker == NULL) {
        snprintf(dir, sizeof(dir), "%s/p2p-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        REQUIRE(mkdtemp(dir) != NULL);
        atexit(leave);
        worker = worker_new(loop_new());
    }
    memset(&rpc, 0, sizeof(rpc));
    REQUIRE(store_open(dir, &rpc.store, &e) == 0);
    rpc.worker = worker;
    rpc.registry = registry_new();
    rpc.swarmdb = swarmdb_new();
    rpc.sessions = sessions_new(&session_ops, NULL);
    rpc.throttle = throttle_new();
    rpc.signer = groupkey_signer_new();
    rpc.notify = notify_new(rpc.registry, rpc.sessions, rpc.swarmdb,
                            (struct notify_seal){rpc.signer, rpc.cluster_key});
    rpc.ledger = ledger_new(rpc.registry, rpc.store, &ledger_ops, NULL);
    for (n = OUTSIDER; n < SESSIONS; n++) {
        put_user(n);
    }
    put_group();
    ledger_flush(rpc.ledger);
    for (n = 0; n < SESSIONS; n++) {
        sessions[n] = sessions_add(rpc.sessions, "127.0.0.1", "127.0.0.1:1", 0);
        if (n > 0) {
            char id[RECORD_ID];
            char token[RECORD_HASH];

            snprintf(id, sizeof(id), "%032x", n);
            snprintf(token, sizeof(token), "%064x", n);
            sessions_log_in(rpc.sessions, sessions[n], id, "user", token);
        }
    }
}

static void check_disk(void)
{
    struct registry *disk = registry_new();
    uint8_t a[32];
    uint8_t b[32];

    REQUIRE(store_load(rpc.store, disk, NULL) == 0);
    registry_hash(disk, a);
    registry_hash(rpc.registry, b);
    REQUIRE(memcmp(a, b, sizeof(a)) == 0);
    registry_free(disk);
}

static void end(void)
{
    static const char *const files[] = {"tracker.db", "tracker.db-wal",
                                        "tracker.db-shm", "lock"};
    size_t n;

    check_disk();
    for (n = 0; n < SESSIONS; n++) {
        notify_log_out(rpc.notify, sessions[n]);
        sessions_remove(rpc.sessions, sessions[n]);
    }
    REQUIRE(swarmdb_peer_count(rpc.swarmdb) == 0);
    ledger_free(rpc.ledger);
    notify_free(rpc.notify);
    groupkey_signer_free(rpc.signer);
    sessions_free(rpc.sessions);
    swarmdb_free(rpc.swarmdb);
    throttle_free(rpc.throttle);
    registry_free(rpc.registry);
    store_close(rpc.store);
    for (n = 0; n < sizeof(files) / sizeof(files[0]); n++) {
        char path[96];

        snprintf(path, sizeof(path), "%s/%s", dir, files[n]);
        unlink(path);
    }
    rmdir(dir);
    REQUIRE(mkdir(dir, 0700) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16) {
        return 0;
    }
    begin();
    while (size > 0) {
        const uint8_t *newline = memchr(data, '\n', size);
        size_t length = newline == NULL ? size : (size_t)(newline - data);
        unsigned before = answers;

        if (length > 0) {
            rpc_handle(&rpc, sessions[data[0] % SESSIONS],
                       (const char *)data + 1, length - 1);
            ledger_flush(rpc.ledger);
            REQUIRE(answers - before <= 1);
            swarmdb_flush(rpc.swarmdb, INT64_MAX / 2, notify_swarm, rpc.notify);
            notify_flush(rpc.notify);
        }
        data += newline == NULL ? length : length + 1;
        size -= newline == NULL ? length : length + 1;
    }
    end();
    return 0;
}
