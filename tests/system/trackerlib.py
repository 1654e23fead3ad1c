"""A running p2p-tracker and clients of it, for the scripts beside this file."""
import base64
import hashlib
import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ.get("builddir", "."), "p2p-tracker")
LIMIT = 30  # seconds for anything that should happen at once


class Refused(Exception):
    """An error answer; .code is its word."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["data"]["code"]
        self.data = error["data"]


class Tracker:
    """One process on a free port of 127.0.0.1, in its own directory."""

    def __init__(self, directory=None, config="", options=()):
        self.directory = directory or tempfile.mkdtemp(prefix="p2p-tracker-")
        self.data = os.path.join(self.directory, "data")
        self.config = os.path.join(self.directory, "p2p-tracker.conf")
        self.options = list(options)
        self.process = None
        self.write_config(config)

    def write_config(self, text):
        with open(self.config, "w") as f:
            f.write(text)

    def start(self, port=0):
        self.log = os.path.join(self.directory, "log")
        with open(self.log, "ab") as log:
            start = log.tell()
            self.process = subprocess.Popen(
                [PROGRAM, "--data-dir", self.data, "--listen",
                 "127.0.0.1:%d" % port, "--http", "127.0.0.1:0",
                 "--config", self.config] + self.options,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        line = self.wait_log("listening on ", start)
        m = re.search(r"listening on 127\.0\.0\.1:(\d+), http "
                      r"127\.0\.0\.1:(\d+), pin sha256:([0-9a-f]{64})", line)
        self.port, self.http, self.pin = int(m[1]), int(m[2]), m[3]
        return self

    def wait_log(self, text, start=0):
        """The first line with `text` behind byte `start` of the log."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with open(self.log, "rb") as f:
                f.seek(start)
                for line in f.read().decode(errors="replace").splitlines(True):
                    if text in line and line.endswith("\n"):
                        return line
            if self.process.poll() is not None:
                break
            select.select([], [], [], 0.01)
        with open(self.log) as f:
            sys.exit("no '%s' in the log:\n%s" % (text, f.read()))

    def log_size(self):
        return os.path.getsize(self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT)

    def get(self, path, method="GET"):
        """Status line and body of an HTTP request."""
        with socket.create_connection(("127.0.0.1", self.http), LIMIT) as s:
            s.sendall(("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                       % (method, path)).encode())
            data = b""
            while True:
                more = s.recv(65536)
                if not more:
                    break
                data += more
        head, _, body = data.decode().partition("\r\n\r\n")
        return head.splitlines()[0], body

    def metric(self, name):
        m = re.search(r"^%s (\S+)$" % name, self.get("/metrics")[1], re.M)
        return float(m[1])

    def client(self):
        return Client(self.port)

    def member(self, user, password="correct horse"):
        """A client that is logged in to a new account."""
        c = self.client()
        c.write("account.create", user=user, password=password)
        c.call("account.login", user=user, password=password)
        return c

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Client:
    """One session: calls, and the notices that came meanwhile."""

    def __init__(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.socket = context.wrap_socket(raw)
        self.socket.settimeout(LIMIT)
        self.pin = hashlib.sha256(self.socket.getpeercert(True)).hexdigest()
        self.buffer = b""
        self.notices = []
        self.last_id = 0

    def close(self):
        self.socket.close()

    def send_line(self, line):
        self.socket.sendall(line if isinstance(line, bytes)
                            else line.encode() + b"\n")

    def read_line(self):
        """The next message, or None at the end of the stream."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(1 << 16)
            except (ConnectionError, ssl.SSLError):
                return None
            if not more:
                return None
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def send(self, method, params):
        self.last_id += 1
        self.send_line(json.dumps({"jsonrpc": "2.0", "id": self.last_id,
                                   "method": method, "params": params}))
        return self.last_id

    def answer(self, number):
        while True:
            m = self.read_line()
            if m is None:
                raise ConnectionError("closed")
            if "method" in m:
                self.notices.append((m["method"], m["params"]))
            elif m["id"] == number and "error" in m:
                raise Refused(m["error"])
            elif m["id"] == number:
                return m["result"]
            else:
                raise AssertionError("answer out of order: %r" % m)

    def call(self, method, **params):
        return self.answer(self.send(method, params))

    def write(self, method, **params):
        """A call with a fresh operation id."""
        return self.call(method, op=secrets.token_hex(16), **params)

    def refused(self, method, **params):
        """The word with which a call is refused."""
        try:
            result = self.call(method, **params)
        except Refused as e:
            return e.code
        raise AssertionError("%s was allowed: %r" % (method, result))

    def refused_write(self, method, **params):
        return self.refused(method, op=secrets.token_hex(16), **params)

    def notice(self, method, **expected):
        """Wait for a notice with these parameters and take it."""
        end = time.monotonic() + LIMIT
        while True:
            for n in self.notices:
                if n[0] == method and all(n[1].get(k) == v
                                          for k, v in expected.items()):
                    self.notices.remove(n)
                    return n[1]
            if time.monotonic() > end:
                raise AssertionError("no %s %r" % (method, expected))
            m = self.read_line()
            if m is None:
                raise AssertionError("closed while waiting for " + method)
            self.notices.append((m["method"], m["params"]))


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    out = b"d"
    for key in sorted(k.encode() if isinstance(k, str) else k for k in value):
        out += bencode(key)
        out += bencode(value[key] if key in value else value[key.decode()])
    return out + b"e"


def manifest(name, content, root, piece_length=16384, **more):
    """Info bytes of a one-file item of at most one piece (BEP 52)."""
    leaf = hashlib.sha256(content).digest()
    assert len(content) <= 16384
    info = {"name": name, "piece length": piece_length, "meta version": 2,
            "private": 1, "ssl-cert": root,
            "file tree": {name: {"": {"length": len(content),
                                      "pieces root": leaf}}}}
    info.update(more)
    return bencode(info)


def publish(client, group, name, root, content=None):
    info = manifest(name, content or name.encode(), root)
    result = client.write("item.publish", group=group, name=name,
                          info=base64.b64encode(info).decode())
    assert result["hash"] == hashlib.sha256(info).hexdigest()
    return result["hash"]


def csr(directory):
    """A certificate request for a new P-256 key."""
    if shutil.which("openssl") is None:
        print("openssl is not installed")
        sys.exit(77)
    return subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout",
         os.path.join(directory, "member.key")],
        check=True, capture_output=True, text=True).stdout


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)
