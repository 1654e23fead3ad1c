#!/usr/bin/env python3
"""Who may see and do what: views of groups, decisions, the end of a login and
of a membership, strangers, and what was acknowledged before a kill -9."""
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time

import trackerlib
from clientlib import Failure, Lab, check, make_file, run, wait_for

KILLS = int(os.environ.get('P2P_TEST_KILLS', 50))
SIZE = int(os.environ.get('P2P_TEST_SIZE', 400 * 1000 * 1000))


def roles(client):
    return {row['group']: row['role'] for row in client.do('list_groups')}


def views(alice, bob, carol, dave):
    """S1-28, S1-29: each sees the groups with the own part in them."""
    alice.do('create_group club')
    check(roles(alice) == {'lab': 'owner', 'club': 'owner'}, 'S1-28 the owner')
    check(roles(bob) == {'lab': 'member', 'club': 'none'}, 'S1-28 a member')
    check(roles(carol) == {'lab': 'pending', 'club': 'none'}, 'S1-28 who asked')
    check(roles(dave) == {'lab': 'none', 'club': 'none'}, 'S1-28 a stranger')
    check([r['group'] for r in bob.do('list_my_groups')] == ['lab'],
          'my groups are not all groups')
    row = [r for r in alice.do('list_groups') if r['group'] == 'lab'][0]
    check(row['requests'] == 1 and row['members'] == 2, 'the owner sees requests')
    row = [r for r in dave.do('list_groups') if r['group'] == 'lab'][0]
    check(row['requests'] == 0, 'a stranger sees none')
    requests = alice.do('list_requests lab')
    check([r['user'] for r in requests] == ['carol'], 'the owner lists them')
    for client in (bob, carol, dave):
        client.refused('list_requests lab', 'not_authorised')
        client.refused('accept_request lab carol', 'not_authorised')
        client.refused('reject_request lab carol', 'not_authorised')
        client.refused('remove_member lab bob', 'not_authorised')
    for client in (carol, dave):
        client.refused('members lab', 'not_authorised')
        client.refused('list_files lab', 'not_authorised')
    print('ok: S1-29 nobody else decides')


def rejection(alice, carol):
    """S3-45: a reason, and a while until one may ask again."""
    alice.do("reject_request lab carol 'we do not know you'")
    wait_for(lambda: 'we do not know you' in carol.log(), 'the reason to arrive')
    check(alice.do('list_requests lab') == [], 'S3-45 the request is closed')
    text = carol.refused('join_group lab', 'not_authorised')
    check(re.search(r'\d', text) is not None, 'S3-45 asking again too early: ' + text)
    check(roles(carol)['lab'] == 'rejected', 'S3-45 the role says so')


def token_of(client):
    with open(os.path.join(client.state, 'session')) as f:
        return re.search(r'token = ([0-9a-f]{64})', f.read())[1]


def logout(lab, dave):
    """S1-24: what was a login opens nothing any more."""
    token = token_of(dave)
    c = trackerlib.Client(lab.tracker.port)
    check(c.call('account.resume', token=token)['user'] == 'dave', 'the token is good')
    other = trackerlib.Client(lab.tracker.port)
    other.call('account.resume', token=token)
    dave.do('logout')
    dave.refused('list_groups', 'not_logged_in')
    check(not os.path.exists(os.path.join(dave.state, 'session')),
          'S1-24 nothing is kept here')
    begin = time.monotonic()
    check(other.refused('group.list') == 'not_logged_in', 'S1-24 open sessions end')
    fresh = trackerlib.Client(lab.tracker.port)
    check(fresh.refused('account.resume', token=token) == 'not_logged_in',
          'S1-24 the old token is useless')
    check(time.monotonic() - begin < 1, 'S1-24 at once')
    for one in (c, other, fresh):
        one.close()
    dave.do('login dave')
    check(token_of(dave) != token, 'a new login has a new token')


def knock(port, sni, certificate=None):
    """Bytes that a peer server says to somebody with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(*certificate)
    try:
        with socket.create_connection(('127.0.0.1', port), 20) as raw:
            with context.wrap_socket(raw, server_hostname=sni) as s:
                s.sendall(b'\x13BitTorrent protocol' + b'\0' * 8
                          + bytes.fromhex(sni) + b'-XX0000-000000000000')
                return s.recv(100)
    except (ssl.SSLError, ConnectionError):
        return b''


def strangers(lab, alice, bob, dave):
    """A non-member gets nothing, neither by asking nor by knocking."""
    dave.refused('download_file lab data.bin', 'not_authorised')
    dave.refused('download_file data.bin', 'not_found')
    dave.refused('export_member lab %s' % lab.path('dave-pem'), 'not_authorised')
    item = alice.do('list_files lab')[0]
    port = int(alice.do('whoami')['listen_port'])
    sni = item['hash'][:40]
    own = (lab.path('own.pem'), lab.path('own.key'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=bob',
                    '-addext', 'subjectAltName=DNS:*,URI:p2p:user:0', '-keyout',
                    own[1], '-out', own[0]], check=True, capture_output=True)
    check(knock(port, sni) == b'', 'without a certificate there is not one byte')
    check(knock(port, sni, own) == b'', 'nor with one of its own making')
    check(knock(port, '00' * 20, own) == b'', 'nor for an item that is not there')
    bob.do('export_member lab %s' % lab.path('bob-pem'))
    pem = [lab.path('bob-pem', name) for name in ('cert.pem', 'key.pem')]
    check(os.stat(pem[1]).st_mode & 0o777 == 0o600, 'an exported key is private')
    check(knock(port, sni, pem)[:20] == b'\x13BitTorrent protocol',
          'a member is answered')


def removal(lab, alice, bob, erin):
    """A member who is removed in the middle of a transfer gets no more."""
    big = make_file(lab.path('big.bin'), SIZE, 7)
    alice.do('set_role lab erin admin')
    alice.do('share %s lab' % big)
    part = os.path.join(bob.home, 'big.bin.part')
    bob.send('download_file lab big.bin')
    wait_for(lambda: os.path.exists(part) and os.stat(part).st_blocks > 8192,
             'the transfer to run')
    os.kill(alice.process.pid, signal.SIGSTOP)
    try:
        check(os.path.exists(part), 'the transfer is in the middle')
        begin = time.monotonic()
        erin.do('remove_member lab bob')
        reply = bob.answer(20)
        took = time.monotonic() - begin
    finally:
        os.kill(alice.process.pid, signal.SIGCONT)
    check(not reply['ok'] and reply['error']['code'] == 'not_authorised',
          'the transfer ends: %s' % reply['error']['message'])
    check(took < 2, 'within 2 s (%.2f s)' % took)
    check(bob.transfer('big.bin')['state'] == 'stopped', 'it is stopped, not lost')
    wait_for(lambda: alice.do('peers lab big.bin') == [], 'alice to drop bob')
    bob.refused('download_file lab big.bin', 'not_authorised')
    bob.do('whoami')  # the exit status is that of the last command
    bob.stop()
    bob.start()
    bob.refused('download_file lab big.bin', 'not_authorised')
    check(bob.transfer('big.bin')['rate_down'] == 0, 'also after a restart')
    # Taken back it goes on where it was.
    before = bob.transfer('big.bin')['have']
    bob.do('join_group lab')
    alice.do('accept_request lab bob')
    bob.do('download_file lab big.bin')
    row = bob.transfer('big.bin')
    check(row['state'] == 'sharing', 'taken back it is completed')
    check(row['total_down'] <= SIZE - before + 64 * row['piece_length'],
          'and only what was missing was loaded')


def leave(lab, alice, bob):
    """Leaving ends what runs; the group's certificate is forgotten."""
    bob.do('leave_group lab')
    check(bob.transfer('big.bin')['state'] != 'sharing', 'who left shares no more')
    bob.refused('list_files lab', 'not_authorised')
    alice.refused('leave_group lab', 'not_authorised')


def take_answers(client):
    """All complete answers of a client that is gone."""
    data = client.pending
    os.set_blocking(client.process.stdout.fileno(), True)
    while True:
        more = client.process.stdout.read(1 << 16)
        if not more:
            break
        data += more
    return [trackerlib.json.loads(line) for line in data.split(b'\n')[:-1]]


def kills(lab, alice, carol):
    """Fifty kills of a client in the middle of its writes: what it was told is
    done stays done."""
    worker = lab.client('worker')
    worker.do('create_user worker')
    dice = random.Random(4711)
    promised = {'create': [], 'join': [], 'accept': []}
    seen = 0
    for i in range(KILLS):
        commands = [('create', 'create_group made%d' % i)]
        if i % 2 == 0:  # a user may only have so many open requests
            alice.do('create_group open%d' % i)
            commands.append(('join', 'join_group open%d' % i))
        if i > 0 and roles(carol).get('made%d' % (i - 1)) == 'pending':
            commands.insert(1, ('accept', 'accept_request made%d carol' % (i - 1)))
        for _, line in commands:
            worker.send(line)
        before = []
        for _ in range(i % (len(commands) + 1)):
            before.append(worker.answer())
        end = time.monotonic() + dice.random() * 0.02
        while time.monotonic() < end:
            pass
        worker.kill()
        for (kind, line), reply in zip(commands, before + take_answers(worker)):
            if not reply['ok']:
                raise Failure('%s: %s' % (line, reply))
            promised[kind].append(line.split()[1])
            seen += 1
        worker.start()
        if 'made%d' % i in roles(carol):
            carol.do('join_group made%d' % i)
    print('%d answers before %d kills' % (seen, KILLS))
    check(seen > 0, 'some commands were acknowledged')
    mine, carols = roles(worker), roles(carol)
    check(worker.do('whoami')['user'] == 'worker', 'the login survived every kill')
    for group in promised['create']:
        if mine.get(group) != 'owner':
            raise Failure('%s was created and is gone' % group)
    for group in promised['join']:
        if mine.get(group) != 'pending':
            raise Failure('the request for %s is gone' % group)
    for group in promised['accept']:
        if carols.get(group) != 'member':
            raise Failure('carol was let into %s and is not' % group)
    print('ok: nothing that was acknowledged is lost: %s'
          % {k: len(v) for k, v in promised.items()})


def main():
    with Lab() as lab:
        alice = lab.member('alice', 'lab')
        bob = lab.member('bob', 'lab', alice)
        carol = lab.client('carol')
        carol.do('create_user carol')
        carol.do('join_group lab')
        dave = lab.client('dave')
        dave.do('create_user dave')
        views(alice, bob, carol, dave)
        alice.do('share %s lab' % make_file(lab.path('data.bin'), 1000000))
        bob.do('download_file lab data.bin')
        rejection(alice, carol)
        logout(lab, dave)
        strangers(lab, alice, bob, dave)
        erin = lab.member('erin', 'lab', alice)
        removal(lab, alice, bob, erin)
        leave(lab, alice, bob)
        kills(lab, alice, carol)
        for client in lab.clients:
            client.do('whoami')  # the exit status is that of the last command


run(main)
