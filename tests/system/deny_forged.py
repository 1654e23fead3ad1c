#!/usr/bin/env python3
"""S3-16: who is shut out of a group is the signed word of its root.

A tracker that lies stands between one client and the real one: it pushes deny
entries that the root of the group did not sign. The client refuses each, says
so in its log, and goes on with the member; a real removal still works at once.
Then it gives a certificate of another root, as if the group's had changed: that
is refused too, and the user is told once what it means.
"""
import json
import os
import select
import socket
import ssl
import subprocess
import threading

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 4 * 1024 * 1024
FAR = 4000000000  # seconds since 1970: every certificate is older


class Liar:
    """Passes lines between clients and the tracker, and adds its own."""

    def __init__(self, lab):
        self.lab = lab
        self.target = lab.tracker.port
        key, cert = lab.path('liar.key'), lab.path('liar.crt')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
                        '-out', cert, '-days', '30', '-subj', '/CN=liar'],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(cert, key)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.wakes = []  # a socket for each client: what is written is pushed
        self.seen = []   # pushes of the real tracker
        self.instead = None  # certificates are asked for this group instead
        self.swapped = 0     # so often it was
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
                here = self.context.wrap_socket(plain, server_side=True)
            except OSError:
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            there = context.wrap_socket(
                socket.create_connection(('127.0.0.1', self.target)))
            wake, mine = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.wakes.append(wake)
            threading.Thread(target=self.relay, args=(here, there, mine),
                             daemon=True).start()

    def relay(self, here, there, wake):
        """One thread for all directions: TLS of Python is not for two."""
        pending = asked = b''
        while True:
            ready = [s for s in (here, there) if s.pending()]
            ready = ready or select.select([here, there, wake], [], [])[0]
            try:
                for s in ready:
                    data = s.recv(1 << 16)
                    if not data:
                        return
                    if s is wake:
                        here.sendall(data)
                        continue
                    if s is here:
                        *lines, asked = (asked + data).split(b'\n')
                        for line in lines:
                            there.sendall(self.bend(line) + b'\n')
                        continue
                    *lines, pending = (pending + data).split(b'\n')
                    for line in lines:
                        self.pass_on(here, line)
            except OSError:
                return

    def pass_on(self, here, line):
        message = json.loads(line)
        if message.get('method') == 'group.deny':
            self.seen.append(message['params'])
        here.sendall(line + b'\n')

    def bend(self, line):
        """The answer to this will be genuine, but that of another group."""
        message = json.loads(line)
        if message.get('method') != 'group.certificate' or not self.instead:
            return line
        message['params']['group'] = self.instead
        self.swapped += 1
        return json.dumps(message).encode()

    def push(self, method, **params):
        """Push something of our own to the client that came last."""
        line = json.dumps({'jsonrpc': '2.0', 'method': method,
                           'params': params}).encode() + b'\n'
        self.wakes[-1].send(line)

    def deny(self, **params):
        self.push('group.deny', **params)


def refusals(client):
    return client.log().count('refused a denial')


def other_root(lab, liar, alice, bob, start, kept):
    """The root of a group never changes."""
    told = 'shows another root certificate for club than before'

    def refused():
        return bob.log().count('refused another root')

    def share(name, seed):
        alice.do('upload_file %s club' % make_file(lab.path(name), SIZE, seed))

    def load(name):
        bob.do('download_file club ' + name)
        check(sha256(os.path.join(bob.home, name)) == sha256(lab.path(name)),
              name + ' is loaded')

    alice.do('create_group other')
    bob.do('join_group other')
    alice.do('accept_request other bob')
    liar.instead = 'other'
    for n in (1, 2):
        liar.push('group.accepted', group='club', role='member')
        wait_for(lambda: refused() == n, 'the other root to be refused')
    check(liar.swapped >= 2, 'it was a certificate of another group')
    check(bob.log().count(told) == 1, 'the user is told once')
    share('three.bin', 3)
    load('three.bin')

    # Also when the certificate has to be got anew, as after its end.
    share('four.bin', 4)
    bob.stop()
    with open(os.path.join(kept, 'root.pem')) as f:
        root = f.read()
    with open(os.path.join(kept, 'cert.pem'), 'w') as f:
        f.write('ended')
    start()
    message = bob.refused('download_file club four.bin', 'verify')
    check('another root' in message, 'without one, it says why: ' + message)
    liar.instead = None
    load('four.bin')
    with open(os.path.join(kept, 'root.pem')) as f:
        check(f.read() == root, 'the root is the one of before')


def main():
    with Lab() as lab:
        liar = Liar(lab)
        alice = lab.member('alice', 'club')
        # This client knows no other tracker.
        real, lab.tracker.port = lab.tracker.port, liar.port
        bob = lab.member('bob', 'club', alice)
        lab.tracker.port = real
        carol = lab.member('carol', 'club', alice)
        ids = {c.name: c.do('whoami')['user_id'] for c in (alice, carol)}
        source = make_file(lab.path('one.bin'), SIZE)
        alice.do('upload_file %s club' % source)
        bob.do('download_file club one.bin')

        def start():
            lab.tracker.port = liar.port
            bob.start()
            lab.tracker.port = real

        # A real entry of the past, and what can be made of it.
        alice.do('remove_member club carol')
        true = wait_for(lambda: liar.seen and liar.seen[0], 'the real entry')
        check(true['user_id'] == ids['carol'] and true['signature'],
              'the real entry is signed')
        bob.do('list_files club')
        check(refusals(bob) == 0, 'and taken')
        lies = [dict(true, user_id=ids['alice']),         # another user
                dict(true, since=FAR),                    # another time
                dict(true, user_id=ids['alice'], since=FAR),
                {'group': 'club', 'user_id': ids['alice'], 'since': FAR},
                {'group': 'club', 'user_id': ids['alice'], 'since': FAR,
                 'signature': 'bm8gc2lnbmF0dXJl'}]
        for n, lie in enumerate(lies):
            lie.pop('epoch', None)
            liar.deny(**lie)
            wait_for(lambda: refusals(bob) == n + 1, 'lie %d to be refused' % n)
        check(True, 'every lie is refused, in the log: %d' % len(lies))

        # Alice is as welcome as before.
        source = make_file(lab.path('two.bin'), SIZE, 2)
        alice.do('upload_file %s club' % source)
        bob.do('download_file club two.bin')
        check(sha256(bob.home + '/two.bin') == sha256(source),
              'the member that was lied about is not shut out')

        # What is kept is signed, and holds after a restart.
        kept = [os.path.join(d, 'denied') for d, _, names in os.walk(bob.state)
                if 'denied' in names]
        with open(kept[0]) as f:
            line = f.read()
        check(line == '%s %d %s\n' % (true['user_id'], true['since'],
                                      true['signature']), 'the entry is kept')
        bob.stop()
        with open(kept[0], 'w') as f:  # one that nobody signed for, one damaged
            f.write('%s %d %s\n' % (ids['alice'], FAR, true['signature']) + line)
        start()
        bob.do('remove club two.bin')
        bob.do('download_file club two.bin')
        check('damaged' in bob.log(), 'a kept entry that is not genuine is left out')

        # What an older version kept without signatures goes when the tracker
        # has told its list.
        bob.stop()
        with open(kept[0], 'w') as f:
            f.write('%s %d\n' % (ids['alice'], FAR) + line.rsplit(' ', 1)[0] + '\n')
        start()
        bob.do('remove club two.bin')
        bob.do('download_file club two.bin')

        def is_signed_again():
            with open(kept[0]) as f:
                return f.read() == line
        wait_for(is_signed_again, 'the list to be fetched anew')
        check(True, 'unsigned entries are fetched anew, not trusted for ever')

        other_root(lab, liar, alice, bob, start, os.path.dirname(kept[0]))


run(main)
