#!/bin/sh
""":"
[ -x /usr/bin/python3 ] || exit 77
exec /usr/bin/python3 -B "$0" "$@"
"""
# The story of a group, with every method of the control protocol:
# account, group, join, accept, certificate, publish, announce, locate, remove.
# Requirements S1-22 to S1-30, S1-33, S3-14, S3-45.
import base64
import glob
import hashlib
import secrets
import subprocess
import time

from trackerlib import Tracker, check, csr, manifest, publish


def check_signature(t, root, denied):
    """S3-16: any program can check a deny entry with the group's root."""
    files = {"root.pem": root.encode(),
             "deny.sig": base64.b64decode(denied["signature"]),
             "deny.txt": ("p2p group.deny 1\n%s\n%s\n%d\n"
                          % (denied["group"], denied["user_id"],
                             denied["since"])).encode()}
    for name, content in files.items():
        with open(t.directory + "/" + name, "wb") as f:
            f.write(content)
    public = subprocess.run(["openssl", "x509", "-in", "root.pem", "-noout",
                             "-pubkey"], cwd=t.directory, check=True,
                            capture_output=True).stdout
    with open(t.directory + "/root.pub", "wb") as f:
        f.write(public)
    verdict = subprocess.run(["openssl", "dgst", "-sha256", "-verify",
                              "root.pub", "-signature", "deny.sig",
                              "deny.txt"], cwd=t.directory,
                             capture_output=True)
    check(verdict.returncode == 0, "the root signed it: %s" % verdict.stderr)


t = Tracker().start()
try:
    # Before the login.
    anonymous = t.client()
    hello = anonymous.call("server.hello")
    check(hello["name"] == "p2p-tracker" and hello["protocol"] == 1, "hello")
    check(hello["tracker"] == t.pin == anonymous.pin, "the pin is the same")
    check(hello["address"].startswith("127.0.0.1:"), "address as seen")
    check(abs(anonymous.call("server.ping")["time"] - time.time()) < 60, "ping")
    check(anonymous.refused("group.list") == "not_logged_in", "default refuse")
    check(anonymous.refused("no.such") == "unsupported", "unknown method")

    # Accounts. S1-22
    op = secrets.token_hex(16)
    made = anonymous.call("account.create", op=op, user="alice",
                          password="correct horse")
    again = anonymous.call("account.create", op=op, user="alice",
                           password="correct horse")
    check(made == again, "a retry makes no second account")
    check(anonymous.refused_write("account.create", user="Alice",
                                  password="another one") == "exists", "twin")
    for user, password in (("b", "short"), ("", "long enough"),
                           ("a" * 65, "long enough"), (" x", "long enough"),
                           ("a\u202eb", "long enough")):
        check(anonymous.refused_write("account.create", user=user,
                                      password=password) == "invalid",
              "bad name or password %r" % user)
    check(anonymous.refused("account.login", user="alice",
                            password="wrong one") == "bad_password", "wrong")
    check(anonymous.refused("account.login", user="nobody",
                            password="wrong one") == "bad_password", "unknown")
    alice = t.client()
    login = alice.call("account.login", user="alice", password="correct horse")
    check(len(login["token"]) == 64 and login["user_id"] == made["user_id"],
          "login")
    who = alice.call("account.whoami")
    check(who["user"] == "alice" and who["sessions"] == 1, "whoami")
    check(who["expires"] == login["expires"], "expires")
    resumed = t.client()
    check(resumed.call("account.resume", token=login["token"])["user"] ==
          "alice", "resume")
    check(resumed.refused("account.resume", token="0" * 64) ==
          "not_logged_in", "bad token")

    # A group. S1-25, S1-26
    op = secrets.token_hex(16)
    group = alice.call("group.create", op=op, group="films")
    check(group == alice.call("group.create", op=op, group="films"), "retry")
    check(alice.refused("group.join", op=op, group="films") == "invalid",
          "an operation id is for one operation")
    root = group["root"]
    check("BEGIN CERTIFICATE" in root, "root")
    bob = t.member("bob")
    eve = t.member("eve")
    check(bob.refused_write("group.create", group="Films") == "exists", "twin")
    seen = bob.call("group.list")["groups"]
    created = seen[0].pop("created")
    check(abs(created - time.time()) < 60, "created")
    check(seen == [
        {"group": "films", "group_id": group["group_id"], "owner": "alice",
         "role": "none", "note": "", "members": 1, "online": 1, "items": 0,
         "requests": 0}], "an outsider sees existence and counts")
    check(bob.call("group.list", mine=True)["groups"] == [], "mine")
    check(bob.write("group.join", group="films", message="it's me")["state"] ==
          "pending", "join")
    asked = alice.notice("group.requested", group="films", user="bob")
    check(asked["message"] == "it's me", "message")
    check(bob.refused_write("group.join", group="films") == "exists",
          "one request at a time")
    check(bob.refused("group.requests", group="films") == "not_authorised",
          "S1-29")
    check(bob.refused("item.list", group="films") == "not_authorised",
          "pending is no member")
    # Who decides learns of groups both are in, and of no other.
    bob.write("group.create", group="of bob alone")
    bob.write("group.create", group="of both")
    alice.write("group.join", group="of both")
    bob.write("group.accept", group="of both", user="alice")
    asking = alice.call("group.requests")["requests"]
    check([(r["user"], r["common"]) for r in asking] == [("bob", ["of both"])],
          "requests")
    check(abs(asking[0]["created"] - time.time()) < 60, "age of the account")
    alice.write("group.accept", group="films", user="bob")
    bob.notice("group.accepted", group="films", role="member")
    members = alice.call("group.members", group="films")["members"]
    check(sorted((m["user"], m["role"], m["online"]) for m in members) ==
          [("alice", "owner", True), ("bob", "member", True)], "members")

    # Reject, and the time until the next request. S3-45
    eve.write("group.join", group="films")
    alice.write("group.reject", group="films", user="eve", reason="who?")
    eve.notice("group.rejected", group="films", reason="who?")
    check(eve.refused_write("group.join", group="films") == "not_authorised",
          "cool-down")
    mine = [g for g in eve.call("group.list")["groups"]
            if g["group"] == "films"][0]
    check((mine["role"], mine["note"]) == ("rejected", "who?"), "note")
    check("key" not in mine and "bytes" not in mine, "not for outsiders")

    # Certificates.
    request = csr(t.directory)
    got = bob.call("group.certificate", group="films", csr=request)
    check(got["root"] == root and got["group_id"] == group["group_id"], "root")
    check(71 * 3600 < got["not_after"] - time.time() <= 72 * 3600, "72 h")
    with open(t.directory + "/root.pem", "w") as f:
        f.write(root)
    with open(t.directory + "/leaf.pem", "w") as f:
        f.write(got["cert"])
    subprocess.run(["openssl", "verify", "-CAfile", t.directory + "/root.pem",
                    t.directory + "/leaf.pem"], check=True,
                   capture_output=True)
    text = subprocess.run(["openssl", "x509", "-in", t.directory + "/leaf.pem",
                           "-noout", "-text"], check=True, capture_output=True,
                          text=True).stdout
    bob_id = bob.call("account.whoami")["user_id"]
    key = subprocess.run(
        "openssl x509 -in %s/leaf.pem -noout -pubkey | "
        "openssl pkey -pubin -outform der | sha256sum" % t.directory,
        shell=True, check=True, capture_output=True, text=True).stdout[:64]
    keys = {m["user"]: m["key"]
            for m in alice.call("group.members", group="films")["members"]}
    check(keys == {"alice": "", "bob": key}, "keys of members")
    pin = subprocess.run(
        "openssl x509 -in %s/root.pem -outform der | sha256sum" % t.directory,
        shell=True, check=True, capture_output=True, text=True).stdout[:64]
    mine = [g for g in bob.call("group.list")["groups"]
            if g["group"] == "films"][0]
    check((mine["key"], mine["bytes"]) == (pin, 0), "key of the group")
    check("p2p:user:" + bob_id in text and "CN = bob" in text, "identity")
    check(eve.refused("group.certificate", group="films", csr=request) ==
          "not_authorised", "outsiders get none")
    check(bob.refused("group.certificate", group="films", csr="x") ==
          "invalid", "broken request")

    # Items. S1-33
    digest = publish(bob, "films", "a film.mkv", root)
    seen = alice.notice("item.published", group="films", hash=digest)
    check(seen["publisher"] == "bob" and seen["name"] == "a film.mkv", "push")
    check(eve.notices == [], "outsiders hear nothing")

    def refused_publish(name, info):
        return bob.refused_write("item.publish", group="films", name=name,
                                 info=base64.b64encode(info).decode())

    check(refused_publish("a film.mkv", manifest("a film.mkv", b"2", root)) ==
          "exists", "same name")
    check(refused_publish("other", manifest("a film", b"x", root)) ==
          "invalid", "name of the manifest")
    check(refused_publish("p", manifest("p", b"x", root, private=0)) ==
          "invalid", "not private")
    check(refused_publish("q", manifest("q", b"x", root + "\n")) == "invalid",
          "another certificate")
    check(refused_publish("r", b"d1:ai1ee") in ("invalid", "protocol"),
          "broken")
    item = alice.call("item.list", group="films")["items"][0]
    check((item["name"], item["size"], item["pieces"], item["seeders"]) ==
          ("a film.mkv", 10, 1, 0), "list")
    check([g["bytes"] for g in alice.call("group.list")["groups"]
           if g["group"] == "films"] == [10], "bytes of a group")
    full = alice.call("item.get", hash=digest)
    check(hashlib.sha256(base64.b64decode(full["info"])).hexdigest() == digest
          and full == alice.call("item.get", group="films",
                                 name="a film.mkv"), "get")
    check(eve.refused("item.get", hash=digest) == "not_authorised", "S3-05")
    check(eve.refused("item.get", hash="0" * 64) == "not_found", "unknown")

    # The swarm.
    first = bob.call("swarm.announce", port=7001, items=[
        {"hash": digest, "have": 1, "left": 0, "event": "started"}])
    check(first["swarms"][digest] == {"seeders": 1, "leechers": 0,
                                      "peers": []}, "alone")
    second = alice.call("swarm.announce", port=7002, items=[
        {"hash": digest, "have": 0, "left": 10}])
    check(second["swarms"][digest]["peers"] == [
        {"user": "bob", "user_id": bob_id, "address": "127.0.0.1:7001",
         "have": 1, "seed": True}], "peers")
    joined = bob.notice("swarm.changed", hash=digest)["joined"]
    check([(j["user"], j["address"]) for j in joined] ==
          [("alice", "127.0.0.1:7002")], "joined")
    check(alice.call("swarm.locate", hash=digest, piece=0)["peers"] == [
        {"user": "bob", "user_id": bob_id, "address": "127.0.0.1:7001",
         "seed": True}], "locate (S0-06)")
    check(alice.refused("swarm.locate", hash=digest, piece=1) == "invalid",
          "no such piece")
    check(eve.refused("swarm.announce", port=7003, items=[
        {"hash": digest, "have": 0, "left": 10}]) == "not_authorised",
        "outsiders do not join")
    check(eve.refused("swarm.peers", hash=digest) == "not_authorised", "peers")
    alice.send_line('{"jsonrpc":"2.0","method":"swarm.have","params":{"hash":'
                    '"%s","have":1,"left":0}}' % digest)
    check(alice.call("swarm.peers", hash=digest)["seeders"] == 2,
          "a notification has no answer but its effect")
    alice.call("swarm.leave", hash=digest)
    bob.notice("swarm.changed", hash=digest)
    check(bob.call("swarm.peers", hash=digest)["leechers"] == 0, "left")

    # Who goes away is gone at once. S0-36
    resumed.call("swarm.announce", port=7009, items=[
        {"hash": digest, "have": 0, "left": 10}])
    bob.notice("swarm.changed", hash=digest)
    resumed.close()
    left = bob.notice("swarm.changed", hash=digest, joined=[])["left"]
    check([p["address"] for p in left] == ["127.0.0.1:7009"], "left")

    # Who is offline was seen a moment ago.
    gone = t.member("gone")
    gone.write("group.join", group="films")
    alice.notice("group.requested", user="gone")
    alice.write("group.accept", group="films", user="gone")
    gone.close()

    def last_seen():
        return [m.get("seen") for m in
                alice.call("group.members", group="films")["members"]
                if m["user"] == "gone"][0]

    while last_seen() is None:
        alice.notice("group.changed", group="films")
    check(abs(last_seen() - time.time()) < 60, "last seen")

    # Roles and hand-over. S1-27, S3-15
    check(alice.refused_write("group.leave", group="films") ==
          "not_authorised", "the owner stays")
    alice.write("group.set_role", group="films", user="bob", role="reader")
    bob.notice("group.changed", group="films")
    check(bob.refused_write("item.publish", group="films", name="x",
                            info="") == "not_authorised", "readers read")
    alice.write("group.transfer", group="films", user="bob")
    check(alice.refused_write("group.delete", group="films") ==
          "not_authorised", "no longer the owner")

    # Removal.
    op = secrets.token_hex(16)
    alice_id = made["user_id"]
    bob.call("group.remove_member", op=op, group="films", user="alice")
    bob.call("group.remove_member", op=op, group="films", user="alice")
    alice.notice("group.removed", group="films")
    denied = bob.notice("group.deny", group="films", user_id=alice_id)
    check(bob.call("group.denied", group="films") ==
          {"epoch": 1, "users": [{"user_id": alice_id,
                                  "since": denied["since"],
                                  "signature": denied["signature"]}]}, "denied")
    check_signature(t, root, denied)
    check(alice.refused("item.list", group="films") == "not_authorised",
          "removed")
    alice.write("group.join", group="films")
    bob.write("group.accept", group="films", user="alice", role="reader")
    got = alice.call("group.certificate", group="films", csr=request)
    with open(t.directory + "/leaf.pem", "w") as f:
        f.write(got["cert"])
    begin = subprocess.run(["openssl", "x509", "-in", t.directory +
                            "/leaf.pem", "-noout", "-startdate"], check=True,
                           capture_output=True, text=True).stdout
    begin = time.mktime(time.strptime(begin.strip(),
                                      "notBefore=%b %d %H:%M:%S %Y GMT"))
    check(begin - time.timezone >= denied["since"],
          "a certificate after the removal does not look like one before")
    op = secrets.token_hex(16)
    alice.call("group.leave", op=op, group="films")
    alice.call("group.leave", op=op, group="films")  # a retry is answered

    # Unpublish, delete.
    bob.write("item.unpublish", group="films", name="a film.mkv")
    check(bob.notice("item.unpublished", group="films")["hash"] == digest,
          "unpublished")
    publish(bob, "films", "a film.mkv", root)
    op = secrets.token_hex(16)
    bob.call("group.delete", op=op, group="films")
    bob.call("group.delete", op=op, group="films")
    bob.notice("group.deleted", group="films")
    check(bob.refused("item.get", hash=digest) == "not_found", "gone")
    check("films" not in [g["group"]
                          for g in bob.call("group.list")["groups"]], "gone")

    # Passwords and logout. S1-24
    other = t.client()
    token = other.call("account.login", user="bob",
                       password="correct horse")["token"]
    check(bob.refused_write("account.passwd", old="wrong one",
                            new="battery staple") == "bad_password", "old")
    bob.write("account.passwd", old="correct horse", new="battery staple")
    check(other.refused("account.whoami") == "not_logged_in",
          "other logins end")
    check(t.client().refused("account.resume", token=token) ==
          "not_logged_in", "other tokens are revoked")
    token = other.call("account.login", user="bob",
                       password="battery staple")["token"]
    other.call("account.logout")
    check(other.refused("account.whoami") == "not_logged_in", "logged out")
    check(other.refused("account.resume", token=token) == "not_logged_in",
          "the token is revoked")

    # Nothing secret and nothing of this on disk or in the log (S0-04, T27).
    for path in glob.glob(t.data + "/*") + [t.log]:
        with open(path, "rb") as f:
            data = f.read()
        for secret in (b"correct horse", b"battery staple", token.encode(),
                       bytes.fromhex(token)):
            check(secret not in data, "%r in %s" % (secret, path))
        if not path.endswith("tracker.key"):
            check(b"PRIVATE KEY" not in data, "a private key in " + path)

    # All of it is there after a restart.
    check(t.stop() == 0, "SIGTERM ends it with 0")
    t.start()
    bob = t.client()
    bob.call("account.login", user="bob", password="battery staple")
    check(bob.call("account.whoami")["user_id"] == bob_id, "restart")
    check(t.stop() == 0, "SIGTERM ends it with 0")
finally:
    t.kill()
    t.remove()
