"""Load from and serve to libtorrent with peer_tool, the real swarm and server.

usage: peer_libtorrent.py PEER_TOOL [CASE...]
"""
import hashlib
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time

import libtorrent as lt

TOOL = os.path.abspath(sys.argv[1])
PIECE = 65536
CASES = {
    "tiny": [("f", 777)],
    "block": [("f", 16384)],
    "blocks": [("f", 40000)],
    "piece": [("f", PIECE)],
    "piece1": [("f", PIECE + 1)],
    "big": [("f", 40 << 20)],
    "directory": [("d/a", 100), ("d/b", PIECE), ("e", 5 * PIECE + 77),
                  ("z", 0), ("zz", 200000)],
}
LIMIT = 60


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_group(top):
    """A group root and members with the names the protocol asks for."""
    root = f"{top}/root"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-keyout", root + ".key", "-out",
        root + ".pem", "-subj", "/CN=group", "-days", "3650", "-addext",
        "basicConstraints=critical,CA:TRUE", "-addext",
        "keyUsage=critical,keyCertSign,cRLSign")
    for name in ("ours", "theirs"):
        d = f"{top}/{name}"
        os.makedirs(d)
        with open(f"{d}/ext", "w") as f:
            f.write("basicConstraints=critical,CA:FALSE\n"
                    "keyUsage=critical,digitalSignature\n"
                    "extendedKeyUsage=serverAuth,clientAuth\n"
                    f"subjectAltName=DNS:*,URI:p2p:user:{name}\n")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{d}/key.pem",
            "-out", f"{d}/csr", "-subj", f"/CN={name}")
        run("openssl", "x509", "-req", "-in", f"{d}/csr", "-CA",
            root + ".pem", "-CAkey", root + ".key", "-CAcreateserial",
            "-extfile", f"{d}/ext", "-days", "2", "-out", f"{d}/cert.pem")
        shutil.copy(root + ".pem", f"{d}/root.pem")


def make_item(top, name, files):
    """Data and a v2 torrent of it; returns (torrent, data directory, name)."""
    data = f"{top}/data/{name}"
    single = len(files) == 1
    item = f"{name}.bin" if single else name
    rnd = random.Random(name)
    for path, size in files:
        full = f"{data}/{item}" if single else f"{data}/{item}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(rnd.randbytes(size))
    storage = lt.file_storage()
    lt.add_files(storage, f"{data}/{item}")
    torrent = lt.create_torrent(storage, PIECE, lt.create_torrent.v2_only)
    torrent.set_priv(True)
    with open(f"{top}/root.pem") as f:
        torrent.set_root_cert(f.read())
    lt.set_piece_hashes(torrent, data)
    path = f"{top}/{name}.torrent"
    with open(path, "wb") as f:
        f.write(lt.bencode(torrent.generate()))
    return path, data, item


def digest(path):
    """One hash over names and bytes below a path."""
    h = hashlib.sha256()
    if os.path.isfile(path):
        with open(path, "rb") as f:
            h.update(f.read())
        return h.hexdigest()
    for base, dirs, names in os.walk(path):
        dirs.sort()
        for n in sorted(names):
            full = os.path.join(base, n)
            h.update(os.path.relpath(full, path).encode())
            with open(full, "rb") as f:
                h.update(f.read())
    return h.hexdigest()


class Session:
    """A libtorrent session. Alerts are awaited at a descriptor: the alert that
    wait_for_alert() gives may be moved by another thread while Python looks
    at it."""

    def __init__(self):
        self.wake, self.wake_end = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self.wake_end, False)
        self.lt = lt.session({
            "listen_interfaces": "127.0.0.1:0s",
            "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
            "enable_natpmp": False, "allow_multiple_connections_per_ip": True,
            "enable_outgoing_utp": False, "enable_incoming_utp": False,
            "alert_mask": lt.alert.category_t.all_categories,
        })
        self.lt.set_alert_fd(self.wake_end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lt = None  # it ends its threads; then nobody writes
        os.close(self.wake)
        os.close(self.wake_end)

    def alerts(self, seconds):
        """What happened, after at most that time; good until the next call."""
        if select.select([self.wake], [], [], seconds)[0]:
            os.read(self.wake, 4096)
        alerts = self.lt.pop_alerts()
        if os.environ.get("VERBOSE"):
            for a in alerts:
                print("   lt:", type(a).__name__, a.message(), flush=True)
        return alerts

    def wait_for(self, kind, seconds):
        """Until there is an alert of that kind; whether it came."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(isinstance(a, kind) for a in self.alerts(0.1)):
                return True
        return False

    def ssl_port(self):
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            for a in self.alerts(0.1):
                if isinstance(a, lt.listen_succeeded_alert) and \
                        "SSL" in a.message().upper():
                    return a.port
        raise SystemExit("libtorrent does not listen")


def add(s, top, torrent, save, seed):
    p = lt.add_torrent_params()
    p.ti = lt.torrent_info(torrent)
    p.save_path = save
    p.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if seed:
        p.flags |= lt.torrent_flags.seed_mode
    h = s.lt.add_torrent(p)
    h.set_ssl_certificate(f"{top}/theirs/cert.pem", f"{top}/theirs/key.pem",
                          "", "")
    return h


def load_from_libtorrent(top, torrent, data, item):
    out = tempfile.mkdtemp(dir=top)
    with Session() as s:
        port = s.ssl_port()
        add(s, top, torrent, data, True)
        tool = subprocess.Popen([TOOL, "load", torrent, out, f"{top}/ours",
                                 "--peer", f"127.0.0.1:{port}"],
                                stdout=subprocess.PIPE, text=True)
        until = time.monotonic() + LIMIT
        while tool.poll() is None and time.monotonic() < until:
            s.alerts(0.05)
    if tool.poll() is None:
        tool.kill()
        tool.wait()
        return "timed out"
    text = tool.stdout.read()
    if "complete" not in text:
        return "not complete: " + text
    if digest(f"{out}/{item}") != digest(f"{data}/{item}"):
        return "differs"
    if text.split("bytes ")[1].split()[3] != "0":
        return "banned somebody"
    return ""


def without_layers(torrent):
    """The torrent as a magnet would bring it: hashes must be asked for."""
    with open(torrent, "rb") as f:
        d = lt.bdecode(f.read())
    d.pop(b"piece layers", None)
    path = torrent + ".bare"
    with open(path, "wb") as f:
        f.write(lt.bencode(d))
    return path


def serve_hashes_to_libtorrent(top, torrent, data, item):
    return serve_to_libtorrent(top, torrent, data, item, True)


def serve_to_libtorrent(top, torrent, data, item, bare=False):
    tool = subprocess.Popen([TOOL, "serve", torrent, data, f"{top}/ours"],
                            stdout=subprocess.PIPE, text=True)
    port = int(tool.stdout.readline().split()[1])
    out = tempfile.mkdtemp(dir=top)
    with Session() as s:
        s.ssl_port()
        h = add(s, top, without_layers(torrent) if bare else torrent, out, False)
        until = time.monotonic() + LIMIT
        asked = 0
        while not h.status().is_seeding and time.monotonic() < until:
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                h.connect_peer(("127.0.0.1", port))
            s.alerts(0.02)
        done = h.status().is_seeding
        if done:
            h.flush_cache()
            done = s.wait_for(lt.cache_flushed_alert, LIMIT)
    tool.terminate()
    tool.wait(LIMIT)
    if not done:
        return "timed out"
    if digest(f"{out}/{item}") != digest(f"{data}/{item}"):
        return "differs"
    return ""


def main():
    top = tempfile.mkdtemp(prefix="interop-")
    failed = 0
    try:
        make_group(top)
        for name in sys.argv[2:] or CASES:
            t = make_item(top, name, CASES[name])
            for way in (load_from_libtorrent, serve_to_libtorrent,
                        serve_hashes_to_libtorrent):
                began = time.time()
                problem = way(top, *t)
                failed += problem != ""
                print(f"{'not ok' if problem else 'ok'} - {way.__name__} "
                      f"{name} {time.time() - began:.2f} s {problem}",
                      flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
