#!/bin/sh
""":"
[ -x /usr/bin/python3 ] || exit 77
exec /usr/bin/python3 -B "$0" "$@"
"""
# What a tracker must survive: broken and long lines, half-open connections,
# floods, guesses of passwords, a reader that does not read, a full disk
# (S0-40, S1-23, S1-60).
import base64
import os
import resource
import socket
import sqlite3
import subprocess
import time

from trackerlib import LIMIT, PROGRAM, Refused, Tracker, check, manifest

t = Tracker(config="requests-per-second = 1000000\n"
                   "requests-burst = 1000000\n").start()


def closed(c):
    """Read until the end of the stream; the words of errors on the way."""
    words = []
    while True:
        m = c.read_line()
        if m is None:
            return words
        if "error" in m:
            words.append(m["error"]["data"]["code"])


def raw(source):
    """A connection from another address, so that it has a count of its own."""
    s = socket.create_connection(("127.0.0.1", t.port), LIMIT, (source, 0))
    s.settimeout(LIMIT)
    return s


def threads():
    return len(os.listdir("/proc/%d/task" % t.process.pid))


def descriptors():
    """How many the tracker has open. It keeps other programs of its user out
    of its memory, and with that out of this list; then only root sees it."""
    try:
        return len(os.listdir("/proc/%d/fd" % t.process.pid))
    except PermissionError:
        return 0


try:
    # Lines that are no calls are answered, and the session goes on. T18
    c = t.client()
    for line in (b"\n", b"\r\n"):
        c.send_line(line)
    for line in (b"x", b"{}", b"[]", b"null", b'"x"', b"1", b"{" * 100,
                 b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}',
                 b'{"jsonrpc":"2.0","id":1.5,"method":"server.ping"}',
                 b'{"jsonrpc":"2.0","id":[],"method":"server.ping"}',
                 b'{"jsonrpc":"1.0","id":1,"method":"server.ping"}',
                 b'{"jsonrpc":"2.0","id":1,"method":1}',
                 b'{"jsonrpc":"2.0","id":1,"method":"server.ping","params":1}',
                 b'{"jsonrpc":"2.0","id":1,"method":"x\\u0000"}',
                 b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1e999}}',
                 b'{"jsonrpc":"2.0","id":1,"result":{}}',
                 b"\xff\xfe", b"\x00", b"[" * 60000, b'"' * 60000):
        c.send_line(line + b"\n")
        m = c.read_line()
        check("error" in m, "no error for %r" % line[:60])
        check(m["error"]["data"]["code"] in ("protocol", "unsupported"),
              "wrong error %r" % m)
    check(c.call("server.ping")["time"] > 0, "goes on after broken lines")
    for params in ({"user": 1, "password": "x"}, {"user": "x"}, {},
                   {"user": "x", "password": "y" * 1025},
                   {"user": "x" * 1000, "password": "y"}):
        check(c.refused("account.login", **params) == "invalid", "types")

    # A peer that announced and is silent is gone after 30 seconds (S0-36);
    # the rest of this script is the waiting.
    quiet = t.member("quiet")
    silence_begins = time.monotonic()
    quiet.write("group.create", group="quiet")
    quiet.call("swarm.announce", port=7777, items=[])

    # A long line before the login, and of another method after it. Limits
    # are exact: a line of 64 KiB is read.
    fill = '{"jsonrpc":"2.0","id":1,"method":"server.ping","params":{"a":"'
    c.send_line(fill + "x" * (65536 - len(fill) - 3) + '"}}')
    check("result" in c.read_line(), "64 KiB are a line")
    c.send_line(fill + "x" * (65537 - len(fill) - 3) + '"}}')
    check(closed(c) == ["too_big"], "one byte more is not")
    c = t.client()
    try:
        c.send_line(b'{"method":"item.publish",' + b" " * (1 << 20))
    except OSError:
        pass
    check(closed(c) in (["too_big"], []), "not even item.publish")

    # A member may publish a manifest of megabytes, not more than 16 MiB.
    alice = t.member("alice")
    root = alice.write("group.create", group="films")["root"]
    big = manifest("big", b"x", root, source="y" * (9 << 20))
    alice.write("item.publish", group="films", name="big",
                info=base64.b64encode(big).decode())
    got = alice.call("item.get", group="films", name="big")["info"]
    check(base64.b64decode(got) == big, "9 MiB come back as they were")
    check(alice.refused_write("item.publish", group="films", name="huge",
                              info="A" * (14 << 20)) in ("too_big", "invalid"),
          "a manifest of more than 10 MiB")
    c = t.client()
    c.call("account.login", user="alice", password="correct horse")
    try:
        c.send_line('{"jsonrpc":"2.0","id":1,"method":"item.publish",'
                    '"params":{"x":"' + "A" * (17 << 20))
    except OSError:
        pass
    closed(c)
    c = t.client()
    c.call("account.login", user="alice", password="correct horse")
    try:
        c.send_line('{"jsonrpc":"2.0","id":1,"method":"group.list",'
                    '"params":{"x":"\\"item.publish\\"' + "A" * 100000 + '"}}')
    except OSError:
        pass
    check(closed(c) == ["too_big"], "long lines are for item.publish")

    # A report of a thousand items is longer than an ordinary line.
    hashes = [i["hash"] for i in
              alice.call("item.list", group="films")["items"]]
    items = [{"hash": h, "have": 0, "left": 1, "event": "started"}
             for h in hashes + ["%064x" % n for n in range(999)]]
    swarms = alice.call("swarm.announce", port=7001, items=items)["swarms"]
    check(sorted(swarms) == hashes, "1000 items in an announce")
    check(alice.refused("swarm.announce", port=7001, items=items + items[:1])
          == "invalid", "1001 items")

    # Many requests at once are answered in order.
    numbers = [alice.send("server.ping", {}) for n in range(2000)]
    for n in numbers:
        alice.answer(n)

    # A guesser is slowed down, and not the owner's sessions. T7
    guesser = t.client()
    words = [guesser.refused("account.login", user="alice",
                             password="wrong %d" % n) for n in range(5)]
    check(words == ["bad_password"] * 5, "five free guesses: %r" % words)
    try:
        guesser.call("account.login", user="alice", password="wrong")
        check(False, "the guess was not delayed")
    except Refused as e:
        check(e.code == "busy" and e.data["retry_after"] >= 1, "delay")
    check(alice.call("account.whoami")["user"] == "alice", "the session")
    check(t.metric("p2p_tracker_login_failures_total") == 5, "metric")

    # A login flood is bounded: two at work, 32 wait, the rest is told so. T9
    flood = [t.client() for n in range(50)]
    ids = [c.send("account.login", {"user": "u%d" % n, "password": "12345678"})
           for n, c in enumerate(flood)]
    words = []
    for n, c in zip(ids, flood):
        try:
            c.answer(n)
        except Refused as e:
            words.append(e.code)
        c.close()
    check(set(words) == {"bad_password", "busy"}, "flood: %r" % set(words))
    check(words.count("bad_password") <= 50 - 10, "the queue is bounded")

    # Half-open connections: the handshake must end in 10 seconds, and from
    # one address 64 sessions may be anonymous at once. T16
    before = descriptors()
    begin = time.monotonic()
    slow = [raw("127.0.0.2") for n in range(60)]
    for s in slow:
        s.sendall(b"\x16")
    honest = t.client()
    honest.call("server.ping")
    honest.close()
    for s in slow:
        try:
            s.recv(100)
        except ConnectionError:
            pass
    passed = time.monotonic() - begin
    check(8 < passed < 15, "handshakes ended after %.1f s" % passed)
    for s in slow:
        s.close()
    end = time.monotonic() + LIMIT
    while descriptors() > before:
        check(time.monotonic() < end, "descriptors come back")
    before = threads()
    many = [raw("127.0.0.3") for n in range(70)]
    refused = 0
    for s in many[64:]:
        try:
            refused += s.recv(1) == b""
        except ConnectionError:
            refused += 1
    check(threads() == before, "S0-20 connections cost no threads")
    check(refused == 6, "more than 64 from an address: %d" % refused)
    for s in many:
        s.close()
    check(alice.call("server.ping")["time"] > 0, "who is inside stays")

    # Who asks and does not read is not read from, and then let go.
    lazy = t.client()
    lazy.socket.settimeout(5)
    line = ('{"jsonrpc":"2.0","id":1,"method":"server.hello"}\n' * 200).encode()
    sent = 0
    try:
        while sent < 64 << 20:
            sent += lazy.socket.send(line)
    except (socket.timeout, OSError):
        pass
    check(sent < 64 << 20, "it stopped reading after %d bytes" % sent)
    lazy.close()
    check(alice.call("server.ping")["time"] > 0, "others are served")

    # HTTP.
    check(t.get("/healthz") == ("HTTP/1.1 200 OK", "ok\n"), "healthz")
    for path, method, status in (("/x", "GET", "404"), ("/", "DELETE", "405"),
                                 ("/metrics", "HEAD", "200")):
        got = t.get(path, method)[0]
        check(status in got, "%s %s: %s" % (method, path, got))
    s = socket.create_connection(("127.0.0.1", t.http), LIMIT)
    s.sendall(b"GET /" + b"x" * 10000)
    check(s.recv(100).startswith(b"HTTP/1.1 4"), "long request line")
    s.close()
    metrics = t.get("/metrics")[1]
    check("films" not in metrics and "alice" not in metrics, "no names")

    # Disk full: a limit on the size of files stands in for it. Reading goes
    # on, and so does writing when there is room again.
    pid = t.process.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
    words = set()
    for n in range(20):
        words.add(alice.refused_write("group.create", group="full %d" % n))
    check(words == {"disk_full"}, "disk full: %r" % words)
    check(len(alice.call("group.list")["groups"]) == 2, "reads go on")
    check(t.metric("p2p_tracker_writable") == 0, "metric")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
    alice.write("group.create", group="room")
    check(t.metric("p2p_tracker_writable") == 1, "metric")
    check(sorted(g["group"] for g in alice.call("group.list")["groups"]) ==
          ["films", "quiet", "room"], "only what was acknowledged")

    # The same from the free space of the disk, set by the operator.
    t.write_config("min-free = 900000 GiB\n")
    size = t.log_size()
    t.process.send_signal(1)
    t.wait_log("reloaded", size)
    check(alice.refused_write("group.create", group="no") == "disk_full",
          "min-free")
    t.write_config("min-free = 1 MiB\nrequests-per-second = 50\n"
                   "requests-burst = 10\n")
    size = t.log_size()
    t.process.send_signal(1)
    t.wait_log("reloaded", size)
    alice.write("group.create", group="yes")

    # Requests beyond the rate wait, they are not lost.
    c = t.client()
    begin = time.monotonic()
    for n in [c.send("server.ping", {}) for n in range(60)]:
        c.answer(n)
    check(time.monotonic() - begin > 0.8, "50 a second")

    # Who said nothing since the start is closed now.
    check(closed(quiet) == [], "silence")
    passed = time.monotonic() - silence_begins
    check(29 < passed < 40, "gone after %.1f s" % passed)
    alice.call("server.ping")

    # The state after all this is the state on disk.
    groups = alice.call("group.list")["groups"]
    t.kill()
    t.start()
    alice = t.client()
    alice.call("account.login", user="alice", password="correct horse")
    now = alice.call("group.list")["groups"]
    check(sorted(g["group_id"] for g in groups) ==
          sorted(g["group_id"] for g in now), "after kill -9")
    check(t.stop() == 0, "ends")

    # A database of a version from the future is left alone.
    db = sqlite3.connect(os.path.join(t.data, "tracker.db"))
    db.execute("PRAGMA user_version = 99")
    db.close()
    late = subprocess.run([PROGRAM, "--data-dir", t.data, "--listen",
                           "127.0.0.1:0", "--http", "off"],
                          capture_output=True, text=True, timeout=LIMIT)
    check(late.returncode == 1 and "newer version" in late.stderr,
          "schema 99: %r" % late.stderr)
finally:
    t.kill()
    t.remove()
