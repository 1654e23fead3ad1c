#!/usr/bin/env python3
"""A sparse file of more than 4 GiB, and hashing that is interrupted: S1-31,
S1-39. Offsets behind 4 GiB must be right, so a marker lies there."""
import os
import signal
import subprocess
import time

from clientlib import BUILD, Lab, check, run, wait_for
from peerlib import BLOCK, Peer, Pems, Torrent, piece_root

GIB = 1 << 30
SIZE = 5 * GIB + 4321
MARKS = {0: b'at the start', 4 * GIB - 6: b'across 4 GiB', 4 * GIB + BLOCK:
         b'behind 4 GiB', SIZE - 10: b'at the end'}


def make_sparse(path):
    with open(path, 'wb') as f:
        f.truncate(SIZE)
        for offset, text in MARKS.items():
            f.seek(offset)
            f.write(text[:SIZE - offset])
    return path


def read_at(path, offset, size):
    with open(path, 'rb') as f:
        f.seek(offset)
        return f.read(size)


def files_below(top):
    return sorted(os.path.join(folder, name)
                  for folder, _, names in os.walk(top) for name in names)


def interrupted(lab, client, source):
    """SIGINT while it hashes: it ends at once and leaves nothing behind."""
    client.do('export_member club %s' % lab.path('unused'))  # the certificate
    client.stop()
    before = files_below(client.state)
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(
            [os.path.join(BUILD, 'p2ptui'), '--state-dir', client.state, '-t',
             '127.0.0.1:%d' % lab.tracker.port, '-c',
             'upload_file %s club' % source],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=dict(os.environ, HOME=client.home))
        wait_for(lambda: any('leaves-' in name and os.path.getsize(name) > 0
                             for name in files_below(client.state)),
                 'the hashing to be under way')
        began = time.monotonic()
        process.send_signal(signal_number)
        process.communicate(timeout=60)
        took = time.monotonic() - began
        check(process.returncode != 0, 'S1-31 %s ends it with %d after %.2f s'
              % (signal_number.name, process.returncode, took))
        check(took < 2, 'S1-31 at once')
        if signal_number != signal.SIGKILL:
            left = set(files_below(client.state)) - set(before)
            check(left == set(), 'and nothing is left: %s' % sorted(left))
    client.start()
    client.do('list_my_groups')
    left = [name for name in files_below(client.state) if 'leaves' in name]
    check(left == [], 'what a killed one left is gone at the next start')
    check(client.do('list_files club') == [], 'nothing was published')


def main():
    with Lab() as lab:
        source = make_sparse(lab.path('vast.img'))
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        interrupted(lab, giver, source)

        # S1-31: while it hashes, it answers others.
        began = time.monotonic()
        giver.send('upload_file %s club' % source)
        item = giver.answer()['result'][0]
        print('5 GiB hashed in %.1f s' % (time.monotonic() - began))
        check(item['size'] == SIZE, 'S1-39 5 GiB are shared')
        giver.do('export club vast.img %s' % lab.path('vast.torrent'))
        torrent = Torrent(lab.path('vast.torrent'))
        check(torrent.length == SIZE, 'S1-39 the manifest has its size')
        taker.do('export_member club %s' % lab.path('pems'))
        rows = wait_for(lambda: taker.do('locate club vast.img 0'), 'a holder')
        peer = Peer(int(rows[0]['address'].rsplit(':', 1)[1]),
                    Pems(lab.path('pems')), item['hash'][:40])
        peer.greet(bytes.fromhex(item['hash'][:40]))
        peer.ready()
        for offset in MARKS:
            piece, begin = divmod(offset, torrent.piece_length)
            begin -= begin % BLOCK
            start = piece * torrent.piece_length + begin
            length = min(BLOCK, SIZE - start)
            check(peer.block(piece, begin, length) ==
                  read_at(source, start, length),
                  'S1-39 the block at %d is right' % start)
        last = SIZE // torrent.piece_length
        blocks = []
        for start in range(last * torrent.piece_length, SIZE, BLOCK):
            blocks.append(peer.block(last, start % torrent.piece_length,
                                     min(BLOCK, SIZE - start)))
        check(piece_root(blocks, torrent.piece_length // BLOCK) ==
              torrent.piece_hash(last), 'S1-39 the last piece verifies')
        peer.close()


run(main)
