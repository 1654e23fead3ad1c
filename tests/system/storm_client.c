/* storm_client: an engine without a screen that gets hundreds of commands at
 * once, in a random order that a seed decides, and must answer each of them
 * exactly once before it says that it has stopped.
 *
 * storm_client SEED COUNT TRACKER_PORT STATE_DIR FILES_DIR USER GROUP
 */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

enum {
    STORM_MAX = 20000,      /* commands */
    STORM_FILE = 1 << 20,   /* bytes of each file */
    STORM_WAIT_MS = 120000, /* for all answers */
    STORM_FLIGHT = 12,      /* commands under way at once */
};

struct storm {
    struct link *link;
    const char *files, *user, *group;
    uint32_t seed;
    uint8_t kinds[STORM_MAX];
    uint8_t answers[STORM_MAX];
    uint64_t sent, answered, failed;
    unsigned good[COMMAND_KIND_COUNT]; /* that succeeded */
    bool stopped;
};

static uint32_t dice(struct storm *s, uint32_t sides)
{
    s->seed = s->seed * 1664525u + 1013904223u;
    return (s->seed >> 8) % sides;
}

static void take(struct storm *s, struct event *e)
{
    if (e->kind == EVENT_REPLY && e->request < STORM_MAX) {
        s->answers[e->request]++;
        s->answered++;
        s->failed += e->code != 0 ? 1 : 0;
        s->good[s->kinds[e->request]] += e->code == 0 ? 1 : 0;
        if (s->answers[e->request] > 1) {
            fprintf(stderr, "request %llu (%s) was answered twice\n",
                    (unsigned long long)e->request,
                    command_kind_name(s->kinds[e->request]));
            exit(1);
        }
    }
    s->stopped = s->stopped || e->kind == EVENT_STOPPED;
    event_free(e);
}

/* Take events; wait for the first when asked to. False: nothing came. */
static bool drain(struct storm *s, int wait_ms)
{
    struct pollfd p = {.fd = link_fd(s->link), .events = POLLIN};
    struct event *e;

    if (poll(&p, 1, wait_ms) <= 0) {
        return false;
    }
    for (e = link_receive(s->link); e != NULL; e = link_receive(s->link)) {
        take(s, e);
    }
    return true;
}

static void complain_of_silence(const struct storm *s)
{
    uint64_t i;

    for (i = 1; i <= s->sent; i++) {
        if (s->answers[i] == 0) {
            fprintf(stderr, "request %llu (%s) was not answered\n",
                    (unsigned long long)i, command_kind_name(s->kinds[i]));
        }
    }
    exit(1);
}

static uint64_t send_command(struct storm *s, struct command *c)
{
    c->request = link_next_request(s->link);
    s->kinds[c->request] = (uint8_t)c->kind;
    s->sent = c->request;
    while (!link_send(s->link, c)) {
        drain(s, 1000);
    }
    return s->sent;
}

static void wait_for(struct storm *s, uint64_t request)
{
    while (s->answers[request] == 0) {
        if (!drain(s, STORM_WAIT_MS)) {
            complain_of_silence(s);
        }
    }
}

static void write_file(const struct storm *s, unsigned n)
{
    char *path = mem_printf("%s/file%u", s->files, n);
    uint8_t *data = mem_alloc(STORM_FILE);
    size_t i;

    for (i = 0; i < STORM_FILE; i++) {
        data[i] = (uint8_t)(i * (n + 3) + (i >> 12));
    }
    (void)fd_replace_file(path, data, STORM_FILE, 0600);
    free(data);
    free(path);
}

static struct command *random_command(struct storm *s)
{
    static const enum command_kind calm[] = {
        COMMAND_LIST_GROUPS,   COMMAND_LIST_FILES,     COMMAND_SHOW_DOWNLOADS,
        COMMAND_LIST,          COMMAND_INFO,           COMMAND_PEERS,
        COMMAND_LOCATE,        COMMAND_PAUSE,          COMMAND_RESUME,
        COMMAND_VERIFY,        COMMAND_STOP_SHARE,     COMMAND_UNPUBLISH,
        COMMAND_REMOVE,        COMMAND_EXPORT,         COMMAND_EXPORT_MEMBER,
        COMMAND_TRACKERS,      COMMAND_CANCEL,         COMMAND_WATCH,
        COMMAND_WHOAMI,        COMMAND_UPLOAD_FILE,    COMMAND_UPLOAD_FILE,
        COMMAND_UPLOAD_FILE,   COMMAND_DOWNLOAD_FILE,  COMMAND_DOWNLOAD_FILE,
        COMMAND_DOWNLOAD_FILE, COMMAND_MEMBERS,        COMMAND_LIST_REQUESTS,
        COMMAND_RESUME,        COMMAND_CREATE_GROUP,   COMMAND_TRACKER_RETRY,
        COMMAND_TRACKER_CERT,  COMMAND_WATCH_TRACKERS,
    };
    unsigned n = dice(s, 4);
    enum command_kind kind = calm[dice(s, sizeof calm / sizeof calm[0])];
    struct command *c;

    if (dice(s, 150) == 0) {
        kind = dice(s, 10) == 0 ? COMMAND_LEAVE_GROUP : COMMAND_LOGOUT;
    } else if (dice(s, 15) == 0) {
        kind = COMMAND_LOGIN;
    }
    c = command_new(kind, 0);
    c->group = mem_strdup(s->group);
    c->name = mem_printf("file%u", n);
    if (kind == COMMAND_UPLOAD_FILE || kind == COMMAND_EXPORT ||
        kind == COMMAND_EXPORT_MEMBER) {
        c->path = mem_printf("%s/%s%u", s->files,
                             kind == COMMAND_UPLOAD_FILE ? "file" : "out", n);
    } else if (kind == COMMAND_WATCH_TRACKERS) {
        c->number = dice(s, 2);
    } else if (kind == COMMAND_CANCEL && s->sent > 0) {
        c->number = (int64_t)(s->sent - dice(s, 20) % s->sent);
    } else if (kind == COMMAND_LOGIN) {
        c->user = mem_strdup(s->user);
        c->secret = mem_strdup("a long password");
    }
    if ((kind == COMMAND_PAUSE || kind == COMMAND_RESUME) && dice(s, 3) == 0) {
        free(c->group);
        free(c->name);
        c->group = NULL;
        c->name = NULL;
    }
    if (kind == COMMAND_UPLOAD_FILE && dice(s, 2) == 0) {
        write_file(s, n);
    }
    return c;
}

static void log_in(struct storm *s, enum command_kind kind)
{
    struct command *c = command_new(kind, 0);

    c->user = mem_strdup(s->user);
    c->secret = mem_strdup("a long password");
    wait_for(s, send_command(s, c));
}

static void rage(struct storm *s, unsigned count)
{
    unsigned i;

    for (i = 0; i < 4; i++) {
        write_file(s, i);
    }
    for (i = 0; i < count; i++) {
        send_command(s, random_command(s));
        while (drain(s, 0)) {
        }
        while (s->sent - s->answered > STORM_FLIGHT && drain(s, 50)) {
        }
    }
}

int main(int argc, char **argv)
{
    struct storm s = {0};
    struct contact tracker = {.host = "127.0.0.1"};
    struct engine_setup setup = {
        .trackers = &tracker, .tracker_count = 1, .listen_host = "127.0.0.1"};
    struct engine *engine;
    struct err e = {0};
    uint64_t quit;
    sigset_t all;

    if (argc != 8) {
        fprintf(stderr, "storm_client: see its source\n");
        return 2;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    s.seed = (uint32_t)strtoul(argv[1], NULL, 10);
    tracker.port = (uint16_t)strtoul(argv[3], NULL, 10);
    setup.state_dir = argv[4];
    setup.download_dir = s.files = argv[5];
    s.user = argv[6];
    s.group = argv[7];
    s.link = setup.link = link_new();
    if (engine_new(&setup, &engine, &e) < 0) {
        fprintf(stderr, "storm_client: %s\n", e.text);
        return 1;
    }
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    log_in(&s, COMMAND_CREATE_USER);
    log_in(&s, COMMAND_LOGIN);
    rage(&s, (unsigned)strtoul(argv[2], NULL, 10));
    quit = send_command(&s, command_new(COMMAND_QUIT, 0));
    while (!s.stopped) {
        if (!drain(&s, STORM_WAIT_MS)) {
            complain_of_silence(&s);
        }
    }
    engine_free(engine);
    if (s.answered != quit) {
        complain_of_silence(&s);
    }
    printf("%llu commands, %llu failed; %u shares, %u downloads and %u "
           "removals succeeded\n",
           (unsigned long long)s.answered, (unsigned long long)s.failed,
           s.good[COMMAND_UPLOAD_FILE], s.good[COMMAND_DOWNLOAD_FILE],
           s.good[COMMAND_REMOVE]);
    link_free(s.link);
    return 0;
}
