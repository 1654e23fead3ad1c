#!/usr/bin/env python3
"""Who gets bytes out of a member's port, and who does not.

A peer written by hand over the standard ssl module knocks at a seeder: without
a certificate, with a foreign one, with a wrong name, as a member who was
removed, and with garbage. Only a member of the item's group gets payload
(S0-11, S0-40, S3-05, S3-16, S1-52, T5).
"""
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from clientlib import Lab, check, make_file, run, sha256, wait_for
from peerlib import (BITFIELD, BLOCK, HAVE, PIECE, REJECT, Ended, Peer, Pems,
                     Torrent, context, piece_root)

SIZE = 6 * 1024 * 1024 + 777
BIG = 64 * 1024 * 1024


class Door:
    """The seeder's port, and an item behind it."""

    def __init__(self, port, pems, item):
        self.port = port
        self.pems = pems
        self.sni = item['hash'][:40]
        self.info_hash = bytes.fromhex(self.sni)

    def open(self, **changes):
        values = dict(port=self.port, pems=self.pems, sni=self.sni)
        values.update(changes)
        return Peer(**values)


def port_of(member, group, name):
    """The port of the one who has the item, as the tracker tells it."""
    rows = wait_for(lambda: member.do('locate %s %s 0' % (group, name)),
                    'the tracker to know a holder')
    return int(rows[0]['address'].rsplit(':', 1)[1])


def payload_of(knock):
    """Knock, ask for a block at once and read to the end: bytes of payload,
    and whether the connection ended."""
    peer = None
    try:
        peer = knock()
        peer.greet(peer.asked_hash)
        peer.put(2)
        peer.request(0, 0)
        ended = peer.is_ended(3 if peer.payload else 20)
        return peer.payload, ended
    except (Ended, ConnectionError):
        return (peer.payload if peer else 0), True
    finally:
        if peer is not None:
            peer.close()


def refused(door, what, info_hash=None, **changes):
    def knock():
        peer = door.open(**changes)
        peer.asked_hash = info_hash or door.info_hash
        return peer
    payload, ended = payload_of(knock)
    check(payload == 0, '%s: not one byte of payload' % what)
    check(ended, '%s: the connection was ended' % what)


def foreign_pems(lab):
    """A root and a member certificate that nobody here knows."""
    folder = lab.path('foreign')
    os.mkdir(folder)
    pems = Pems(folder)

    def openssl(*words):
        subprocess.run(['openssl'] + list(words), check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(folder, 'ext'), 'w') as f:
        f.write('subjectAltName=DNS:*,URI:p2p:user:1\n'
                'extendedKeyUsage=serverAuth,clientAuth\n')
    for name in ('root-key.pem', 'key.pem'):
        openssl('genpkey', '-algorithm', 'EC', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-out', name)
    openssl('req', '-x509', '-new', '-key', 'root-key.pem', '-subj', '/CN=club',
            '-days', '2', '-out', 'root.pem')
    openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=seeder', '-out',
            'csr.pem')
    openssl('x509', '-req', '-in', 'csr.pem', '-CA', 'root.pem', '-CAkey',
            'root-key.pem', '-CAcreateserial', '-days', '1', '-extfile', 'ext',
            '-out', 'cert.pem')
    return pems


def exported(client, group, folder):
    client.do("export_member %s '%s'" % (group, folder))
    return Pems(folder)


def good_member(door, torrent, path):
    """The positive control: a whole piece that verifies (S4-04)."""
    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    check(peer.have_all, 'a member is told that the seeder has everything')
    count = torrent.piece_length // BLOCK
    blocks = [peer.block(1, i * BLOCK) for i in range(count)]
    check(piece_root(blocks, count) == torrent.piece_hash(1),
          'a member gets a piece that verifies')
    with open(path, 'rb') as f:
        f.seek(torrent.piece_length)
        check(f.read(torrent.piece_length) == b''.join(blocks),
              'it is the piece of the file')
    return peer


def no_resumption(door, peer):
    """After data has passed a ticket would have come (TLS 1.3)."""
    session = peer.sock.session
    check(peer.sock.version() == 'TLSv1.3', 'S1-52 TLS 1.3 is spoken')
    check(session is None or not session.has_ticket, 'no session ticket came')
    tls = context(door.pems)
    first = Peer(door.port, door.pems, door.sni, tls=tls)
    first.greet(door.info_hash)
    first.ready()
    first.block(0, 0)
    session = first.sock.session
    first.close()
    second = Peer(door.port, door.pems, door.sni, tls=tls, session=session)
    second.greet(door.info_hash)
    check(not second.sock.session_reused, 'a session cannot be resumed')
    second.close()


def keys_and_names(lab, door, other, tls12):
    refused(door, 'S3-05 no certificate', certificate=False)
    refused(door, 'a foreign root', pems=foreign_pems(lab))
    refused(door, 'the certificate of another group', pems=other.pems)
    refused(door, 'an unknown SNI', sni='0123456789' * 4)
    refused(door, 'no SNI', sni=None)
    refused(door, 'an SNI that is no hash', sni='club.example')
    refused(door, 'a wrong SNI, the right hash', sni='0123456789' * 4)
    refused(door, 'the right SNI, an unknown hash', info_hash=bytes(20))
    refused(door, 'the SNI of an item of another group',
            sni=other.sni, pems=door.pems)
    refused(door, 'SNI and certificate of one group, hash of another',
            info_hash=other.info_hash)
    refused(other, 'the same the other way round', info_hash=door.info_hash)
    refused(door, 'S1-52 TLS 1.2', tls=tls12)


def garbage(door, pieces, piece_length):
    """Each of these breaks the protocol, and the connection with it."""
    wrong = {
        'a length of 4 GiB': struct.pack('>IB', 0xffffffff, PIECE),
        'a length of 1 GiB for a request': struct.pack('>IB', 1 << 30, 6),
        'an unknown message': struct.pack('>IB', 5, 99) + bytes(4),
        'a bitfield that is too long': struct.pack(
            '>IB', 1 + (pieces + 7) // 8 + 1, BITFIELD) +
        bytes((pieces + 7) // 8 + 1),
        'an empty bitfield': struct.pack('>IB', 1, BITFIELD),
        'spare bits set in a bitfield': struct.pack(
            '>IB', 1 + (pieces + 7) // 8, BITFIELD) +
        b'\xff' * ((pieces + 7) // 8),
        'a have behind the last piece': struct.pack('>IBI', 5, HAVE, pieces),
        'a have of 2^32-1': struct.pack('>IBI', 5, HAVE, 0xffffffff),
        'a block nobody asked for': struct.pack(
            '>IBII', 9 + BLOCK, PIECE, 0, 0) + bytes(BLOCK),
        'a rejection of nothing': struct.pack('>IBIII', 13, REJECT, 0, 0, BLOCK),
        'an extension nobody declared': struct.pack('>IB', 3, 20) + b'\x63x',
        'a handshake twice': b'\x13BitTorrent protocol' + bytes(48),
    }
    for what, data in wrong.items():
        peer = door.open()
        peer.greet(door.info_hash)
        try:
            peer.write(data)
            ended = peer.is_ended()
        except Ended:
            ended = True
        check(ended and peer.payload == 0, what + ' ends the connection')
        peer.close()

    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    beyond = [(0, piece_length, BLOCK), (0, piece_length - 1, BLOCK),
              (pieces, 0, BLOCK), (0xffffffff, 0xffffffff, BLOCK),
              (0, 0, 0), (0, 0, BLOCK + 1), (0, 0, 0xffffffff)]
    for one in beyond:
        peer.request(*one)
    answers = []
    while len(answers) < len(beyond):
        kind, payload = peer.next()
        if kind in (PIECE, REJECT):
            answers.append((kind, struct.unpack('>III', payload[:12])))
    check(answers == [(REJECT, one) for one in beyond],
          'requests beyond a piece are rejected, one by one')
    check(len(peer.block(0, 0)) == BLOCK, 'and a right one is served')
    peer.close()


def flood(door, count):
    """`count` requests in one go: how many blocks and rejections came."""
    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    one = struct.pack('>IBIII', 13, 6, 0, 0, BLOCK)
    blocks = rejections = 0
    try:
        peer.write(one * count)
        while blocks + rejections < count:
            kind, _ = peer.next()
            blocks += kind == PIECE
            rejections += kind == REJECT
    except (Ended, socket.timeout):
        pass
    peer.close()
    return blocks, rejections


def half_open(port):
    """80 connections from 20 addresses that never finish their handshake."""
    sockets = []
    for i in range(80):
        try:
            raw = socket.create_connection(
                ('127.0.0.1', port), 5,
                source_address=('127.0.1.%d' % (1 + i // 4), 0))
            if i % 2 == 0:
                raw.sendall(b'\x16\x03\x01\x02\x00\x01')  # a hello that stops
            sockets.append(raw)
        except OSError:
            pass
    return sockets


class Loris(threading.Thread):
    """Keeps the doorway full of half-open handshakes, as an attacker would."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.ending = threading.Event()
        self.full = threading.Event()
        self.opened = 0

    def run(self):
        while not self.ending.is_set():
            sockets = half_open(self.port)
            self.opened += len(sockets)
            self.full.set()
            self.ending.wait(0.3)
            for one in sockets:
                one.close()


def removal(lab, owner, door, item, group):
    """A removed member: a transfer of its ends, and its certificate with it."""
    victim = lab.member('victim', group, owner)
    door = Door(door.port, exported(victim, group, lab.path('victim-pems')),
                item)
    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    check(len(peer.block(0, 0)) == BLOCK, 'a new member is served')

    ended = []

    def pull():
        try:
            while True:
                peer.block(0, 0)
        except (Ended, socket.timeout):
            ended.append(time.monotonic())
    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    wait_for(lambda: peer.payload > 64 * BLOCK, 'a transfer to run')
    begun = time.monotonic()
    owner.do('remove_member %s victim' % group)
    thread.join(20)
    check(len(ended) == 1, 'S3-16 the running transfer to a removed member ends')
    took = ended[0] - begun
    print('it ended after %.3f s' % took)
    check(took < 2, 'S3-16 T5 within 2 seconds')
    for what in ('at once', 'again'):
        refused(door, 'S3-16 the old certificate of a removed member, ' + what)
    victim.refused('list_files %s' % group, 'not_authorised')
    # The way back in is a new request; the new certificate is good again.
    victim.do('join_group %s' % group)
    owner.do('accept_request %s victim' % group)
    wait_for(lambda: victim.ask('list_files %s' % group)['ok'],
             'the member to be back')
    return victim


def removal_holds_alone(lab, owner, member_door, item):
    """Who was removed stays out, also of a holder that is killed and started
    again while there is no tracker to ask."""
    ghost = lab.member('ghost', 'club', owner)
    door = Door(member_door.port, exported(ghost, 'club', lab.path('ghost')),
                item)
    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    check(len(peer.block(0, 0)) == BLOCK, 'the ghost is served as a member')
    owner.do('remove_member club ghost')
    check(peer.is_ended(), 'S3-16 and cut off when it is none any more')
    lab.tracker.kill()
    owner.kill()
    owner.start()
    port = int(owner.do('whoami')['listen_port'])
    door.port = member_door.port = port
    refused(door, 'S3-16 no tracker, a new start, and the ghost knocks')
    peer = member_door.open()
    peer.greet(member_door.info_hash)
    peer.ready()
    check(len(peer.block(0, 0)) == BLOCK, 'S0-42 a member is served meanwhile')
    peer.close()
    lab.tracker.start()


def busy_download(lab, owner, name, big, expected, label, disturb):
    """Another member loads a file while somebody misbehaves."""
    client = lab.member(name, 'club', owner)
    client.send('download_file club big.bin')
    disturb()
    reply = client.answer()
    check(reply['ok'], '%s: another member loads meanwhile: %s'
          % (label, reply.get('error')))
    check(sha256(client.home + '/big.bin') == expected,
          '%s: and gets it right' % label)
    return client


def main():
    with Lab() as lab:
        source = make_file(lab.path('a.bin'), SIZE)
        second = make_file(lab.path('b.bin'), SIZE, 2)
        secret = make_file(lab.path('secret.bin'), SIZE, 3)
        big = make_file(lab.path('big.bin'), BIG, 4)
        expected = sha256(big)
        seeder = lab.member('seeder', 'club')
        seeder.do('create_group board')
        member = lab.member('member', 'club', seeder)
        outsider = lab.member('outsider', 'board', seeder)
        item = seeder.do('upload_file %s club' % source)[0]
        neighbour = seeder.do('upload_file %s club' % second)[0]
        other = seeder.do('upload_file %s board' % secret)[0]
        seeder.do('upload_file %s club' % big)
        seeder.do('export club a.bin %s' % lab.path('held.torrent'))
        member.do('export club a.bin %s' % lab.path('a.torrent'))
        check(sha256(lab.path('a.torrent')) == sha256(lab.path('held.torrent')),
              'who does not hold an item exports the same manifest')
        torrent = Torrent(lab.path('a.torrent'))
        port = port_of(member, 'club', 'a.bin')
        door = Door(port, exported(member, 'club', lab.path('pems')), item)
        far = Door(port, exported(outsider, 'board', lab.path('far')), other)

        peer = good_member(door, torrent, source)
        no_resumption(door, peer)
        peer.close()
        keys_and_names(lab, door, far,
                       context(door.pems, highest=ssl.TLSVersion.TLSv1_2))
        refused(door, 'the SNI of one item, the hash of another of the group',
                info_hash=bytes.fromhex(neighbour['hash'][:40]))

        garbage(door, item['pieces'], item['piece_length'])
        blocks, rejections = flood(door, 1400)
        check(blocks + rejections == 1400 and blocks >= 512,
              '1400 requests at once get an answer each: %d blocks, %d '
              'rejections' % (blocks, rejections))

        def floods():
            for _ in range(3):
                print('2000 requests at once: %d blocks, %d rejections'
                      % flood(door, 2000))
        busy_download(lab, seeder, 'one', big, expected, 'floods', floods)

        loris = Loris(port)
        loris.start()
        loris.full.wait(20)
        # The other holder of the file must not help.
        lab.clients[-1].do('stop_share club big.bin')
        started = time.monotonic()
        busy_download(lab, seeder, 'two', big, expected, 'T-slowloris',
                      lambda: None)
        took = time.monotonic() - started
        check(took < 8, 'T-slowloris: in %.1f s beside %d half-open handshakes'
              % (took, loris.opened))
        loris.ending.set()
        loris.join()

        removal(lab, seeder, door, item, 'club')
        peer = door.open()
        peer.greet(door.info_hash)
        peer.ready()
        check(len(peer.block(0, 0)) == BLOCK,
              'who stayed a member is served as before')
        peer.close()
        removal_holds_alone(lab, seeder, door, item)
        row = seeder.transfer('a.bin')
        check(row['state'] == 'sharing', 'the seeder is alive and shares')


if __name__ == '__main__':
    run(main)
