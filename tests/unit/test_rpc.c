#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/loop.h"
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

#define GROUP "000000000000000000000000000000aa"
#define OTHER_HASH \
    "00000000000000000000000000000000000000000000000000000000000000cc"
#define UNPUBLISH(op, hash)                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"item.unpublish\"," \
    "\"params\":{\"op\":\"000000000000000000000000000000" op "\"," \
    "\"group\":\"films\",\"name\":\"item\",\"hash\":\"" hash "\"}}"
#define HASH "00000000000000000000000000000000000000000000000000000000000000bb"

/* Who calls, in the order of the columns below. */
enum who {
    ANONYMOUS,
    OUTSIDER,
    PENDING,
    REJECTED,
    READER,
    MEMBER,
    ADMIN,
    OWNER,
    REMOVED,
    WHOS
};

static const char *const who_names[WHOS] = {"anonymous", "outsider", "pending",
                                            "rejected",  "reader",   "member",
                                            "admin",     "owner",    "removed"};

/* What each may call: y or n per column, written by hand and not derived from
 * the table under test. `params` go beside "group", "hash" and "op". */
static const struct {
    const char *method;
    const char *allowed;
    const char *params;
} matrix[] = {
    /* method                  AOPRRMAOR (columns as above) */
    {"server.hello", "yyyyyyyyy", ""},
    {"server.ping", "yyyyyyyyy", ""},
    {"server.status", "nyyyyyyyy", ""},
    {"account.create", "yyyyyyyyy",
     "\"user\":\"zoe\",\"password\":\"12345678\""},
    {"account.login", "yyyyyyyyy", "\"user\":\"owner\""},
    {"account.resume", "yyyyyyyyy", ""},
    {"account.logout", "nyyyyyyyy", ""},
    {"account.passwd", "nyyyyyyyy", ""},
    {"account.whoami", "nyyyyyyyy", ""},
    {"group.create", "nyyyyyyyy", "\"group\":\"other\""},
    {"group.list", "nyyyyyyyy", ""},
    {"group.join", "nyynyyyyy", ""},
    {"group.requests", "nnnnnnyyn", ""},
    {"group.accept", "nnnnnnyyn", "\"user\":\"pending\""},
    {"group.reject", "nnnnnnyyn", "\"user\":\"pending\""},
    {"group.leave", "nnynyyynn", ""},
    {"group.members", "nnnnyyyyn", ""},
    {"group.set_role", "nnnnnnyyn", "\"user\":\"reader\",\"role\":\"member\""},
    {"group.transfer", "nnnnnnnyn", "\"user\":\"member\""},
    {"group.remove_member", "nnnnnnyyn", "\"user\":\"reader\""},
    {"group.delete", "nnnnnnnyn", ""},
    {"group.certificate", "nnnnyyyyn", "\"csr\":\"x\""},
    {"group.denied", "nnnnyyyyn", ""},
    {"item.publish", "nnnnnyyyn", "\"name\":\"x\",\"info\":\"eA==\""},
    {"item.list", "nnnnyyyyn", ""},
    {"item.get", "nnnnyyyyn", ""},
    {"item.unpublish", "nnnnnnyyn", "\"name\":\"item\""},
    {"swarm.announce", "nnnnyyyyn",
     "\"port\":1,\"items\":[{\"hash\":\"" HASH "\",\"have\":0}]"},
    {"swarm.peers", "nnnnyyyyn", ""},
    {"swarm.locate", "nnnnyyyyn", "\"piece\":0"},
    {"swarm.have", "nnnnyyyyn", "\"have\":0"},
    {"swarm.leave", "nnnnyyyyn", ""},
};

enum { ITEM_SIZE = 123456789 };

enum { MATRIX = sizeof(matrix) / sizeof(matrix[0]) };

struct fixture {
    char dir[32];
    struct loop *loop;
    struct rpc rpc;
    struct session *sessions[WHOS];
    json_t *answer; /* the last one with an id */
    unsigned lines;
    unsigned idle;
};

static void on_send(void *arg, struct session *s, char *line, size_t length)
{
    struct fixture *f = arg;
    json_t *m = json_loadb(line, length - 1, 0, NULL);

    (void)s;
    assert_non_null(m);
    assert_int_equal(line[length - 1], '\n');
    f->lines++;
    if (json_object_get(m, "method") == NULL) {
        json_decref(f->answer);
        f->answer = json_incref(m);
    }
    json_decref(m);
    free(line);
}

static void on_idle(void *arg, struct session *s)
{
    struct fixture *f = arg;

    (void)s;
    f->idle++;
}

static void on_wake(void *arg)
{
    (void)arg;
}

static void on_applied(void *arg, const struct command *c,
                       const struct effects *effects)
{
    struct fixture *f = arg;

    notify_applied(f->rpc.notify, c, effects);
}

static const struct sessions_ops session_ops = {on_send, on_idle};
static const struct ledger_ops ledger_ops = {on_wake, on_applied};

/* ---- The situation ------------------------------------------------------ */

static struct command *command_of(enum command_type type, int actor, int user)
{
    struct command *c = command_new(type, clock_wall());

    snprintf(c->group_id, sizeof(c->group_id), "%s", GROUP);
    if (actor >= 0) {
        snprintf(c->actor_id, sizeof(c->actor_id), "%032x", (unsigned)actor);
    }
    if (user >= 0) {
        snprintf(c->user_id, sizeof(c->user_id), "%032x", (unsigned)user);
    }
    return c;
}

static void put(struct fixture *f, struct command *c)
{
    ledger_submit(f->rpc.ledger, c, NULL, NULL);
}

static void put_user(struct fixture *f, int who)
{
    struct command *c = command_of(COMMAND_USER_CREATE, -1, who);

    c->name = mem_strdup(who_names[who]);
    c->password = mem_strdup("x");
    put(f, c);
    c = command_of(COMMAND_TOKEN_PUT, -1, who);
    snprintf(c->token, sizeof(c->token), "%064x", (unsigned)who);
    c->text = mem_strdup("x");
    c->until = clock_wall() + 1000;
    put(f, c);
}

static void put_group(struct fixture *f)
{
    struct command *c = command_of(COMMAND_GROUP_CREATE, OWNER, -1);
    int who;

    c->name = mem_strdup("films");
    c->root_pem = mem_strdup("PEM");
    record_set_blob(&c->blob, "sealed", 6);
    put(f, c);
    for (who = PENDING; who <= REMOVED; who++) {
        if (who != OWNER) {
            put(f, command_of(COMMAND_JOIN, who, -1));
        }
        if (who >= READER && who != OWNER) {
            c = command_of(COMMAND_ACCEPT, OWNER, who);
            c->role = who == READER ? ROLE_READER : ROLE_MEMBER;
            put(f, c);
        }
    }
    put(f, command_of(COMMAND_REJECT, OWNER, REJECTED));
    c = command_of(COMMAND_SET_ROLE, OWNER, ADMIN);
    c->role = ROLE_ADMIN;
    put(f, c);
    put(f, command_of(COMMAND_REMOVE, OWNER, REMOVED));
    c = command_of(COMMAND_PUBLISH, OWNER, -1);
    c->name = mem_strdup("item");
    snprintf(c->hash, sizeof(c->hash), "%s", HASH);
    record_set_blob(&c->blob, "info", 4);
    c->pieces = 1;
    c->size = ITEM_SIZE;
    put(f, c);
}

static void log_in(struct fixture *f)
{
    int who;

    for (who = 0; who < WHOS; who++) {
        f->sessions[who] =
            sessions_add(f->rpc.sessions, "127.0.0.1", "127.0.0.1:1", 0);
        if (who != ANONYMOUS) {
            char user_id[RECORD_ID];
            char token[RECORD_HASH];

            snprintf(user_id, sizeof(user_id), "%032x", (unsigned)who);
            snprintf(token, sizeof(token), "%064x", (unsigned)who);
            sessions_log_in(f->rpc.sessions, f->sessions[who], user_id,
                            who_names[who], token);
        }
    }
}

static int set_up(void **state)
{
    static struct fixture f;
    struct rpc *r = &f.rpc;
    struct err e;
    int who;

    memset(&f, 0, sizeof(f));
    snprintf(f.dir, sizeof(f.dir), "/tmp/p2p-test-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    assert_int_equal(store_open(f.dir, &r->store, &e), 0);
    f.loop = loop_new();
    r->registry = registry_new();
    r->swarmdb = swarmdb_new();
    r->sessions = sessions_new(&session_ops, &f);
    r->throttle = throttle_new();
    r->signer = groupkey_signer_new();
    r->notify = notify_new(r->registry, r->sessions, r->swarmdb,
                           (struct notify_seal){r->signer, r->cluster_key});
    r->ledger = ledger_new(r->registry, r->store, &ledger_ops, &f);
    r->worker = worker_new(f.loop);
    for (who = OUTSIDER; who < WHOS; who++) {
        put_user(&f, who);
    }
    put_group(&f);
    ledger_flush(r->ledger);
    assert_int_equal(registry_count(r->registry, RECORD_ITEM), 1);
    assert_int_equal(registry_count(r->registry, RECORD_MEMBER), 4);
    assert_int_equal(registry_count(r->registry, RECORD_TOKEN), WHOS - 1);
    log_in(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"tracker.db", "tracker.db-wal",
                                        "tracker.db-shm", "lock"};
    struct fixture *f = *state;
    struct rpc *r = &f->rpc;
    size_t i;

    worker_free(r->worker);
    ledger_flush(r->ledger);
    for (i = 0; i < WHOS; i++) {
        notify_log_out(r->notify, f->sessions[i]);
        sessions_remove(r->sessions, f->sessions[i]);
    }
    ledger_free(r->ledger);
    notify_free(r->notify);
    groupkey_signer_free(r->signer);
    sessions_free(r->sessions);
    swarmdb_free(r->swarmdb);
    throttle_free(r->throttle);
    registry_free(r->registry);
    store_close(r->store);
    loop_free(f->loop);
    json_decref(f->answer);
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = mem_printf("%s/%s", f->dir, files[i]);

        unlink(path);
        free(path);
    }
    rmdir(f->dir);
    return 0;
}

/* Send a line; the word of the error, "" for a result, or "later" when the
 * answer comes from a worker. */
static const char *say(struct fixture *f, int who, const char *line)
{
    json_t *error;

    json_decref(f->answer);
    f->answer = NULL;
    rpc_handle(&f->rpc, f->sessions[who], line, strlen(line));
    ledger_flush(f->rpc.ledger);
    if (f->answer == NULL) {
        return "later";
    }
    error = json_object_get(f->answer, "error");
    if (error == NULL) {
        return "";
    }
    return json_string_value(
        json_object_get(json_object_get(error, "data"), "code"));
}

static const char *call(struct fixture *f, int who, const char *method,
                        const char *params)
{
    static unsigned op;
    bool has_group = strstr(params, "\"group\"") != NULL;
    char line[1024];

    snprintf(line, sizeof(line),
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{"
             "\"op\":\"%032x\",\"hash\":\"" HASH "\"%s%s%s}}",
             method, ++op, has_group ? "" : ",\"group\":\"films\"",
             params[0] == '\0' ? "" : ",", params);
    return say(f, who, line);
}

/* ---- Tests -------------------------------------------------------------- */

static size_t row_of(const char *method)
{
    size_t i;

    for (i = 0; i < MATRIX; i++) {
        if (strcmp(matrix[i].method, method) == 0) {
            return i;
        }
    }
    fail_msg("%s has no row in this test", method);
    return 0;
}

/* Each method of the table has a row here, each row a method. */
static void rpc_rule_all_are_tested(void **state)
{
    size_t n;

    (void)state;
    for (n = 0; rpc_rule(n) != NULL; n++) {
        const struct rpc_rule *rule = rpc_rule(n);

        row_of(rule->method);
        assert_int_not_equal(rule->scope, RPC_NOBODY);
    }
    assert_int_equal(n, MATRIX);
}

/* Every method, every role: allowed or refused as expected, and a refusal
 * changes nothing. Requirement S3-13. */
static void rpc_handle_method_by_role(void **state)
{
    size_t i;
    int who;

    (void)state;
    for (i = 0; i < MATRIX; i++) {
        assert_int_equal(strlen(matrix[i].allowed), WHOS);
        for (who = 0; who < WHOS; who++) {
            void *s;
            struct fixture *f;
            const char *word;
            bool allowed;
            uint64_t before;

            set_up(&s);
            f = s;
            before = store_applied(f->rpc.store);
            word = call(f, who, matrix[i].method, matrix[i].params);
            allowed = strcmp(word, "not_authorised") != 0 &&
                      strcmp(word, "not_logged_in") != 0;
            if (allowed != (matrix[i].allowed[who] == 'y')) {
                fail_msg("%s by %s: '%s'", matrix[i].method, who_names[who],
                         word);
            }
            if (who == ANONYMOUS && !allowed) {
                assert_string_equal(word, "not_logged_in");
            }
            if (!allowed) {
                assert_int_equal(store_applied(f->rpc.store), before);
            }
            tear_down(&s);
        }
    }
}

/* Without "group" the requests of all own groups come; a group that is not
 * there and one that is not open are told apart only by their existence. */
static void rpc_handle_group_parameter(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(say(f, ADMIN,
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                            "\"group.requests\"}"),
                        "");
    assert_int_equal(json_array_size(json_object_get(
                         json_object_get(f->answer, "result"), "requests")),
                     1);
    assert_string_equal(say(f, MEMBER,
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                            "\"group.requests\"}"),
                        "");
    assert_int_equal(json_array_size(json_object_get(
                         json_object_get(f->answer, "result"), "requests")),
                     0);
    assert_string_equal(
        call(f, OWNER, "group.members", "\"group\":\"nothing\""), "not_found");
    assert_string_equal(call(f, OWNER, "group.members", "\"group\":1"),
                        "invalid");
    assert_string_equal(say(f, OWNER,
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                            "\"group.members\",\"params\":{}}"),
                        "invalid");
}

/* Writes need an operation id of 32 digits. */
static void rpc_handle_needs_op(void **state)
{
    static const char not_hex[] =
        ",\"op\":\"zz000000000000000000000000000000\"";
    static const char *const ops[] = {"", ",\"op\":1", ",\"op\":\"12\"",
                                      not_hex};
    struct fixture *f = *state;
    size_t i;

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        char line[256];

        snprintf(line, sizeof(line),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"group.delete\","
                 "\"params\":{\"group\":\"films\"%s}}",
                 ops[i]);
        assert_string_equal(say(f, OWNER, line), "invalid");
    }
    assert_int_equal(registry_count(f->rpc.registry, RECORD_GROUP), 1);
}

/* A retry is answered even where the operation took away the right to ask. */
static void rpc_handle_retry_after_leaving(void **state)
{
    static const char line[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"group.leave\",\"params\":"
        "{\"group\":\"films\",\"op\":\"000000000000000000000000ffffffff\"}}";
    struct fixture *f = *state;

    assert_string_equal(say(f, MEMBER, line), "");
    assert_string_equal(say(f, MEMBER, line), "");
    assert_string_equal(say(f, READER, line), ""); /* another user's own id */
    assert_int_equal(
        registry_group_count(f->rpc.registry, GROUP, RECORD_MEMBER), 2);
}

static json_int_t figure(struct fixture *f, const char *key)
{
    json_t *value = json_object_get(json_object_get(f->answer, "result"), key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* The figures are those of the situation, and what does not exist on a tracker
 * that is alone is not there. */
static void rpc_handle_status(void **state)
{
    struct fixture *f = *state;
    json_t *result;

    f->rpc.started_ms = clock_now_ms() - 5000;
    f->rpc.cert_until = 1234;
    assert_string_equal(call(f, MEMBER, "item.list", ""), "");
    assert_string_equal(call(f, OUTSIDER, "server.status", ""), "");
    assert_int_equal(figure(f, "users"), WHOS - 1);
    assert_int_equal(figure(f, "users_online"), WHOS - 1);
    assert_int_equal(figure(f, "sessions"), WHOS);
    assert_int_equal(figure(f, "groups"), 1);
    assert_int_equal(figure(f, "items"), 1);
    assert_int_equal(figure(f, "item_bytes"), ITEM_SIZE);
    assert_int_equal(figure(f, "join_requests"), 1);
    assert_int_equal(figure(f, "uptime"), 5);
    assert_int_equal(figure(f, "cert_until"), 1234);
    assert_true(figure(f, "database_bytes") > 0);
    assert_true(figure(f, "latency_median_us") > 0);
    assert_true(figure(f, "latency_slow_us") >= figure(f, "latency_median_us"));
    result = json_object_get(f->answer, "result");
    assert_string_equal(json_string_value(json_object_get(result, "role")),
                        "alone");
    assert_int_equal(json_array_size(json_object_get(result, "requests")),
                     METER_SLOTS);
    assert_null(json_object_get(result, "term"));
    assert_string_equal(call(f, OWNER, "item.unpublish", "\"name\":\"item\""),
                        "");
    assert_string_equal(call(f, OUTSIDER, "server.status", ""), "");
    assert_int_equal(figure(f, "item_bytes"), 0);
}

/* Who names the item by its hash, too, withdraws no other one that has come to
 * have the same name. */
static void rpc_handle_unpublish_is_exact(void **state)
{
    struct fixture *f = *state;
    const struct registry *r = f->rpc.registry;

    assert_string_equal(say(f, OWNER, UNPUBLISH("01", OTHER_HASH)),
                        "not_found");
    assert_string_equal(say(f, OWNER, UNPUBLISH("02", "zz")), "invalid");
    assert_non_null(registry_item(r, GROUP, "item"));
    assert_string_equal(say(f, OWNER, UNPUBLISH("03", HASH)), "");
    assert_null(registry_item(r, GROUP, "item"));
}

/* A token that is gone ends the login at once, and so does its end. */
static void rpc_handle_token_is_checked(void **state)
{
    struct fixture *f = *state;
    struct command *c;

    assert_string_equal(call(f, MEMBER, "item.list", ""), "");
    c = command_of(COMMAND_TOKEN_DROP, MEMBER, -1);
    snprintf(c->token, sizeof(c->token), "%064x", (unsigned)MEMBER);
    put(f, c);
    ledger_flush(f->rpc.ledger);
    assert_string_equal(call(f, MEMBER, "item.list", ""), "not_logged_in");
    clock_freeze(0, clock_wall() + 1000);
    assert_string_equal(call(f, OWNER, "item.list", ""), "not_logged_in");
    clock_thaw();
}

/* A member who is removed leaves the swarms in the same moment. */
static void rpc_handle_removed_member_leaves_swarms(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(call(f, READER, "swarm.announce",
                             "\"port\":1,\"items\":[{\"hash\":\"" HASH
                             "\",\"have\":1}]"),
                        "");
    assert_int_equal(swarmdb_peer_count(f->rpc.swarmdb), 1);
    assert_string_equal(
        call(f, OWNER, "group.remove_member", "\"user\":\"reader\""), "");
    assert_int_equal(swarmdb_peer_count(f->rpc.swarmdb), 0);
}

/* A notification has its effect and no answer, not even a refusal. */
static void rpc_handle_notification(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"method\":\"swarm.leave\""
                               ",\"params\":{\"hash\":\"" HASH "\"}}";
    struct fixture *f = *state;
    unsigned before = f->lines;

    assert_string_equal(say(f, READER, line), "later");
    assert_string_equal(say(f, OUTSIDER, line), "later");
    assert_string_equal(say(f, ANONYMOUS, line), "later");
    assert_int_equal(f->lines, before);
}

/* Long lines are for those who may send what they are for. */
static void rpc_line_limit_by_method_and_role(void **state)
{
    static const char start[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"item.publish\",";
    static const char report[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"swarm.announce\",";
    static const char other[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"item.get\",";
    struct fixture *f = *state;
    int who;

    for (who = 0; who < WHOS; who++) {
        bool publishes = who == MEMBER || who == ADMIN || who == OWNER;
        const struct session *one = f->sessions[who];

        assert_int_equal(rpc_line_limit(&f->rpc, one, start, sizeof(start)),
                         publishes ? 16 << 20 : 64 << 10);
        assert_int_equal(rpc_line_limit(&f->rpc, one, report, sizeof(report)),
                         publishes || who == READER ? 1 << 20 : 64 << 10);
        assert_int_equal(rpc_line_limit(&f->rpc, one, other, sizeof(other)),
                         64 << 10);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rpc_rule_all_are_tested),
        cmocka_unit_test(rpc_handle_method_by_role),
        TEST(rpc_handle_group_parameter),
        TEST(rpc_handle_needs_op),
        TEST(rpc_handle_retry_after_leaving),
        TEST(rpc_handle_status),
        TEST(rpc_handle_unpublish_is_exact),
        TEST(rpc_handle_token_is_checked),
        TEST(rpc_handle_removed_member_leaves_swarms),
        TEST(rpc_handle_notification),
        TEST(rpc_line_limit_by_method_and_role),
    };
    return cmocka_run_group_tests_name("tracker/rpc", tests, NULL, NULL);
}
