#!/usr/bin/env python3
"""Where secrets, paths and payload must not be: on the tracker's disk, on the
wire to it, in logs, in argument lists; and what the threads are called (S0-04,
S0-09, S1-22, S1-37, S1-40, S1-52, S2-22, T25)."""
import base64
import hashlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading

from clientlib import BUILD, Lab, check, run, sha256, wait_for
from peerlib import PIECE, Peer, Pems

MARKER = hashlib.sha512(b'payload').digest()  # 64 bytes, like any others
ITEMS = 12
LINKS_EACH = 8  # connections of one user for one item, at most


class Tap(threading.Thread):
    """Stands between a client and the tracker and writes down every byte."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to = port
        self.seen = b''
        self.server = socket.create_server(('127.0.0.1', 0))
        self.port = self.server.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            far = socket.create_connection(('127.0.0.1', self.to))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(a, b),
                                 daemon=True).start()

    def pump(self, source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                self.seen += data
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.server.close()


def forms(secret):
    """What a careless program could make of a secret."""
    raw = secret.encode()
    out = {raw, base64.b64encode(raw).rstrip(b'='), raw.hex().encode(),
           raw.upper(), raw.hex().upper().encode()}
    for name in ('md5', 'sha1', 'sha256', 'sha512'):
        digest = hashlib.new(name, raw)
        out |= {digest.digest(), digest.hexdigest().encode(),
                base64.b64encode(digest.digest()).rstrip(b'=')}
    return out


def bytes_below(top):
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, 'rb') as f:
                    yield path, f.read()


def found(needles, haystacks):
    return ['%r in %s' % (needle[:40], path)
            for path, data in haystacks for needle in needles if needle in data]


def token_of(client):
    with open(os.path.join(client.state, 'session')) as f:
        return re.search(r'[0-9a-f]{64}', f.read()).group(0)


def of_process(pid, name):
    with open('/proc/%d/%s' % (pid, name), 'rb') as f:
        return f.read()


def threads(pid):
    names = []
    for task in os.listdir('/proc/%d/task' % pid):
        try:
            names.append(of_process(pid, 'task/%s/comm' % task).decode().strip())
        except (FileNotFoundError, ProcessLookupError):
            pass
    return sorted(names)


def marked_file(path, seed):
    with open(path, 'wb') as f:
        f.write(os.urandom(64) + MARKER * 4000 + seed.to_bytes(4, 'big'))
    return path


def secrets_stay(lab, tap, clients, tokens, places):
    passwords = ['password of ' + c.name for c in clients]
    lab.tracker.stop()  # so that everything is on its disk
    disk = list(bytes_below(lab.tracker.data))
    disk.append(('the log', lab.tracker.log().encode()))
    check(len(disk) > 2, 'the tracker keeps files')
    for password in passwords:
        check(found(forms(password), disk) == [],
              'S1-22 S1-40 no password and no fast hash of one at the tracker')
    for token in tokens:
        raw = {token.encode(), bytes.fromhex(token), token.upper().encode()}
        check(found(raw, disk) == [], 'no token at the tracker')
    payload = {MARKER, base64.b64encode(MARKER)[:80],
               MARKER.hex().encode()}
    check(found(payload, disk) == [], 'S0-04 no payload at the tracker')
    check(found({p.encode() for p in places}, disk) == [],
          'S1-37 no local path at the tracker')

    logs = [(c.name, c.log().encode()) for c in clients]
    secret = set().union(*[forms(p) for p in passwords])
    secret |= {t.encode() for t in tokens} | {b'PRIVATE KEY'}
    check(all(len(text) > 1000 for _, text in logs), 'the logs say much')
    check(found(secret, logs) == [], 'T25 no secret in a log of everything')

    check(len(tap.seen) > 5000, 'the tap saw the session')
    plain = secret | {b'jsonrpc', b'account.', b'item.publish', b'password',
                      b'club', MARKER}
    check(found(plain, [('the wire', tap.seen)]) == [],
          'S1-52 the wire to the tracker shows nothing')
    for client in clients:
        kept = list(bytes_below(client.state))
        check(found({p.encode() for p in passwords}, kept) == [],
              'no password is kept at ' + client.name)
        loose = [path for path, _ in kept
                 if os.stat(path).st_mode & 0o077]
        check(loose == [], 'every file in the state directory is private')


def many_links(lab, giver, taker, items):
    """S2-22: connections cost no threads."""
    taker.do('export_member club %s' % lab.path('pems'))
    rows = wait_for(lambda: taker.do('locate club file0 0'), 'a holder')
    port = int(rows[0]['address'].rsplit(':', 1)[1])
    before = threads(giver.process.pid)
    peers = []
    for item in items:
        for _ in range(LINKS_EACH):
            peer = Peer(port, Pems(lab.path('pems')), item['hash'][:40])
            peer.greet(bytes.fromhex(item['hash'][:40]))
            peer.ready()
            peers.append(peer)
    for peer in peers:
        peer.request(0, 0)
    during = threads(giver.process.pid)
    for peer in peers:
        while peer.next()[0] != PIECE:
            pass
    check(len(peers) == ITEMS * LINKS_EACH and during == before,
          'S2-22 %d connections, %d threads as before'
          % (len(peers), len(before)))
    for peer in peers:
        peer.close()
    known = re.compile(r'p2p-(dl|serve|disk-\d+)|p2ptui')
    check(all(known.fullmatch(name) for name in before),
          'S0-09 the threads are called %s' % ', '.join(before))
    for name in ('p2p-dl', 'p2p-serve', 'p2p-disk-1'):
        check(before.count(name) == 1, 'S0-09 one thread is ' + name)
    check('p2p-ui' not in before, 'S0-09 no screen, no p2p-ui')


def full_screen(lab):
    """S0-09: the terminal's thread has its name when there is a terminal."""
    pid, master = pty.fork()
    if pid == 0:
        program = os.path.join(BUILD, 'p2ptui')
        os.execve(program, [program, '--state-dir', lab.path('screen')],
                  dict(os.environ, TERM='xterm-256color', LC_ALL='C.UTF-8',
                       HOME=lab.dir))

    def named():
        if select.select([master], [], [], 0)[0]:
            os.read(master, 65536)
        return 'p2p-ui' in threads(pid)
    try:
        wait_for(named, 'S0-09 the thread of the screen to be called p2p-ui', 20)
        print('ok: S0-09 the thread of the screen is p2p-ui')
    finally:
        os.kill(pid, signal.SIGTERM)

        def gone():
            if select.select([master], [], [], 0)[0]:
                try:
                    os.read(master, 65536)
                except OSError:
                    pass
            return os.waitpid(pid, os.WNOHANG)[0] == pid
        wait_for(gone, 'the screen to end', 20)
        os.close(master)


def one_shot(lab, client):
    """A password from the environment or a file is in no argument list."""
    path = lab.path('secret-file')
    with open(path, 'w') as f:
        f.write('password of %s\n' % client.name)
    os.chmod(path, 0o600)
    environment = dict(os.environ, HOME=client.home)
    environment.pop('P2PTUI_PASSWORD', None)
    process = subprocess.Popen(
        [os.path.join(BUILD, 'p2ptui'), '--headless', '--json', '--state-dir',
         lab.path('second'), '-t', '127.0.0.1:%d' % lab.tracker.port,
         '--password-file', path, '-l', '127.0.0.1:0', '-c',
         'login ' + client.name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment)
    check(b'"ok":true' in process.stdout.readline(), 'logged in from a file')
    check(b'password of' not in of_process(process.pid, 'cmdline'),
          'no password in the argument list')
    process.send_signal(signal.SIGTERM)
    check(process.wait(30) == 0, 'and it ends well')


def main():
    os.environ['P2P_TRACE'] = 'all'
    with Lab() as lab:
        tap = Tap(lab.tracker.port)
        straight = lab.tracker.port
        lab.tracker.port = tap.port
        places = ['very-private-place', 'giver-home', 'taker-home',
                  os.path.basename(lab.dir) + '/giver']
        os.mkdir(lab.path('very-private-place'))
        giver = lab.member('giver', 'club', options=['-v'])
        taker = lab.member('taker', 'club', giver, options=['-v'])
        items = [giver.do('upload_file %s club' % marked_file(
            lab.path('very-private-place', 'file%d' % i), i))[0]
            for i in range(ITEMS)]
        taker.do('download_file club file0')
        check(sha256(taker.home + '/file0') ==
              sha256(lab.path('very-private-place', 'file0')), 'it is shared')
        for client in (giver, taker):
            line = of_process(client.process.pid, 'cmdline')
            check(b'password of' not in line, 'no password in the arguments')
        tokens = [token_of(giver), token_of(taker)]
        many_links(lab, giver, taker, items)
        one_shot(lab, taker)
        full_screen(lab)
        lab.tracker.port = straight
        for client in (giver, taker):
            client.stop()
        secrets_stay(lab, tap, (giver, taker), tokens, places)
        tap.close()


run(main)
