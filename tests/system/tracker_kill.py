#!/bin/sh
""":"
[ -x /usr/bin/python3 ] || exit 77
exec /usr/bin/python3 -B "$0" "$@"
"""
# kill -9 while clients write: nothing that was acknowledged is lost, and a
# retry of what was not acknowledged has its effect once. Requirement S1-55.
# The number of rounds is the first argument or P2P_KILLS (50).
import base64
import os
import random
import secrets
import socket
import ssl
import sys
import threading

from trackerlib import Tracker, check, manifest

ROUNDS = int(sys.argv[1] if len(sys.argv) > 1
             else os.environ.get("P2P_KILLS", "50"))
WRITERS = 4
GONE = (ConnectionError, socket.timeout, ssl.SSLError, OSError)

t = Tracker(config="requests-per-second = 1000000\n"
                   "requests-burst = 1000000\n").start()
tokens = []
roots = []
for n in range(WRITERS):
    c = t.client()
    c.write("account.create", user="writer%d" % n, password="correct horse")
    tokens.append(c.call("account.login", user="writer%d" % n,
                         password="correct horse")["token"])
    roots.append(c.write("group.create", group="group%d" % n)["root"])
    c.close()

names = [set() for n in range(WRITERS)]  # acknowledged
open_ops = [None] * WRITERS  # (op, name, info) whose answer is missing
sent = [0] * WRITERS
repeated = [0] * WRITERS


def write(n, stop):
    """Publish one item after the other until the tracker is gone."""
    try:
        c = t.client()
        c.call("account.resume", token=tokens[n])
        root = roots[n]
        while not stop.is_set():
            if open_ops[n] is None:
                name = "item %d" % sent[n]
                sent[n] += 1
                info = base64.b64encode(
                    manifest(name, name.encode(), root)).decode()
                open_ops[n] = (secrets.token_hex(16), name, info)
            else:
                repeated[n] += 1
            op, name, info = open_ops[n]
            c.call("item.publish", op=op, group="group%d" % n, name=name,
                   info=info)
            names[n].add(name)
            open_ops[n] = None
    except GONE:
        pass


try:
    for round_number in range(ROUNDS):
        stop = threading.Event()
        threads = [threading.Thread(target=write, args=(n, stop))
                   for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        stop.wait(random.uniform(0.02, 0.25))  # a moment to die at
        t.kill()
        stop.set()
        for thread in threads:
            thread.join()
        t.start()
    total = 0
    for n in range(WRITERS):
        c = t.client()
        c.call("account.resume", token=tokens[n])
        have = [i["name"] for i in
                c.call("item.list", group="group%d" % n)["items"]]
        check(len(have) == len(set(have)), "no item is there twice")
        lost = names[n] - set(have)
        check(not lost, "acknowledged and lost: %r" % sorted(lost)[:5])
        extra = set(have) - names[n]
        allowed = {open_ops[n][1]} if open_ops[n] else set()
        check(extra <= allowed, "there without having been asked: %r" % extra)
        total += len(have)
        for name in sorted(have)[:3]:
            c.call("item.get", group="group%d" % n, name=name)
    check(total >= ROUNDS, "the writers did something")
    print("%d kills, %d items, %d retries, 0 lost" %
          (ROUNDS, total, sum(repeated)))
finally:
    t.kill()
    t.remove()
