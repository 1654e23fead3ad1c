#!/usr/bin/env python3
"""What can happen to a shared file: changed, cut, replaced or deleted under
the one who serves it, stopped, withdrawn, removed, paused, and a restart
(S1-17, S1-35, S3-66, S4-14, T-stale)."""
import os
import shutil
import socket
import time

from clientlib import Lab, check, make_file, run, sha256, wait_for
from peerlib import BLOCK, Ended, Peer, Pems

KIB = 1024
SIZE = 40 * 64 * KIB + 999


def connect(lab, member, group, name, item):
    """A hand-written peer of `member`'s identity at the only holder."""
    rows = wait_for(lambda: member.do('locate %s %s 0' % (group, name)) or
                    member.do('locate %s %s 1' % (group, name)),
                    'the tracker to know a holder of ' + name)
    pems = Pems(lab.path('pems'))
    if not os.path.exists(pems.key):
        member.do('export_member %s %s' % (group, lab.path('pems')))
    hash_id = item['hash'][:40]
    peer = Peer(int(rows[0]['address'].rsplit(':', 1)[1]), pems, hash_id)
    peer.greet(bytes.fromhex(hash_id))
    peer.ready()
    return peer


def refuses(peer, piece, original):
    """Ask for a whole piece: only right bytes may come, if any."""
    start = piece * 64 * KIB
    try:
        for begin in range(0, 64 * KIB, BLOCK):
            data = peer.block(piece, begin)
            if data != original[start + begin:start + begin + BLOCK]:
                return False
    except Ended:
        pass
    return True


def bits_of(lab, member, item, name):
    """The pieces that the holder offers to a new connection."""
    peer = connect(lab, member, 'club', name, item)
    count = item['pieces']
    bits = peer.bits
    peer.close()
    if peer.have_all:
        return set(range(count))
    return {i for i in range(count)
            if bits is not None and bits[i // 8] & (0x80 >> i % 8)}


def change(path, offset, data):
    with open(path, 'r+b') as f:
        f.seek(offset)
        f.write(data)


def changed(lab, giver, taker):
    """S1-17: an edit of a shared file; no stale and no wrong block leaves."""
    source = make_file(lab.path('live.bin'), SIZE, 5)
    with open(source, 'rb') as f:
        original = f.read()
    item = giver.do('upload_file %s club 64K' % source)[0]
    peer = connect(lab, taker, 'club', 'live.bin', item)
    check(peer.block(7, 0) == original[7 * 64 * KIB:7 * 64 * KIB + BLOCK],
          'the piece is served as it was shared')
    change(source, 7 * 64 * KIB + 5, b'EDITED')
    check(refuses(peer, 7, original),
          'S1-17 not one block of an edited file is served over an open '
          'connection')
    peer.close()
    row = wait_for(lambda: (lambda r: r if r['pieces_have'] == item['pieces'] - 1
                            and r['state'] == 'sharing' else None)
                   (giver.transfer('live.bin')), 'the change to be sorted out')
    check('changed' in row['reason'], 'the row says why: ' + row['reason'])
    check(bits_of(lab, taker, item, 'live.bin') ==
          set(range(item['pieces'])) - {7}, 'S1-17 the other pieces are offered')
    change(source, 7 * 64 * KIB + 5, original[7 * 64 * KIB + 5:][:6])
    giver.do('verify club live.bin')
    check(len(bits_of(lab, taker, item, 'live.bin')) == item['pieces'],
          'put right and verified again, all are offered')

    # Same size and time: what cannot be seen is found by who loads it.
    before = os.stat(source)
    with open(source + '.new', 'wb') as f:
        f.write(original[:-1] + b'?')
    os.utime(source + '.new', ns=(before.st_atime_ns, before.st_mtime_ns))
    os.rename(source + '.new', source)
    peer = None
    try:
        peer = connect(lab, taker, 'club', 'live.bin', item)
        served = refuses(peer, item['pieces'] - 1, original)
    except Ended:
        served = True
    check(served, 'a file that replaced the shared one is not served for it')
    if peer:
        peer.close()
    wait_for(lambda: giver.transfer('live.bin')['pieces_have'] ==
             item['pieces'] - 1, 'the exchange to be found')

    # Changed while nobody looked.
    with open(source, 'wb') as f:
        f.write(original)
    giver.do('verify club live.bin')
    giver.stop()
    change(source, 3 * 64 * KIB, b'EDITED')
    giver.start()
    wait_for(lambda: (lambda r: r and r['state'] == 'sharing' and
                      r['pieces_have'] == item['pieces'] - 1)
             (giver.transfer('live.bin')), 'the change to be found')
    check(bits_of(lab, taker, item, 'live.bin') ==
          set(range(item['pieces'])) - {3},
          'S1-17 a change while away is found at the start')

    # Cut off behind the middle.
    with open(source, 'wb') as f:
        f.write(original)
    giver.do('verify club live.bin')
    peer = connect(lab, taker, 'club', 'live.bin', item)
    os.truncate(source, SIZE // 2)
    check(refuses(peer, item['pieces'] - 2, original) and
          refuses_all_zero(peer), 'nothing is served from behind the new end')
    peer.close()
    wait_for(lambda: giver.transfer('live.bin')['pieces_have'] ==
             SIZE // 2 // (64 * KIB), 'the cut to be found')
    check(bits_of(lab, taker, item, 'live.bin') ==
          set(range(SIZE // 2 // (64 * KIB))), 'what is left is offered')
    giver.do('unpublish club live.bin')
    check(os.path.exists(source), 'unpublish leaves the file alone')


def refuses_all_zero(peer):
    """Zeros behind the end of a cut file would be a lie."""
    try:
        return peer.block(38, 0) != bytes(BLOCK)
    except (Ended, socket.timeout):
        return True


def deleted(lab, giver, taker):
    source = make_file(lab.path('gone.bin'), SIZE, 6)
    shutil.copy(source, lab.path('backup'))
    item = giver.do('upload_file %s club 64K' % source)[0]
    os.unlink(source)
    taker.send('download_file club gone.bin')
    wait_for(lambda: giver.transfer('gone.bin')['state'] != 'sharing' or
             giver.transfer('gone.bin')['reason'],
             'the loss to be noticed')
    row = giver.transfer('gone.bin')
    check(row['reason'] is not None and row['pieces_have'] in (0, item['pieces']),
          'a deleted file is noticed: %s, %s' % (row['state'], row['reason']))
    listed = [r for r in giver.do('list') if r['name'] == 'gone.bin' and
              r['pieces_have'] == r['pieces'] and r['state'] == 'sharing']
    check(listed == [], 'it is not called shared')
    # Put back where it was, it goes on.
    shutil.copy(lab.path('backup'), source)
    wait_for(lambda: give_again(giver), 'the file to be served again')
    reply = taker.answer()
    check(reply['ok'], 'put back, it is loaded: %s' % reply.get('error'))
    check(sha256(taker.home + '/gone.bin') == sha256(source), 'and is right')
    taker.do('forget club gone.bin')
    check(taker.transfer('gone.bin') is None and
          sha256(taker.home + '/gone.bin') == sha256(source),
          'forget keeps the data')
    giver.do('remove club gone.bin')
    check(not os.path.exists(source), 'remove deletes the data')
    taker.refused('download_file club nothing.bin', 'not_found')


def give_again(giver):
    """`resume`, or `verify` where the file still counts as complete."""
    return giver.ask('verify club gone.bin')['ok'] or \
        giver.ask('resume club gone.bin')['ok'] and \
        giver.transfer('gone.bin')['state'] == 'sharing'


def is_refused(door):
    try:
        peer = door()
    except Ended:
        return True
    try:
        peer.block(0, 0)
        return False
    except Ended:
        return True
    finally:
        peer.close()


def stopped(lab, giver, taker):
    """S1-35: I stop serving one item; others go on, and my other items too."""
    source = make_file(lab.path('stop.bin'), SIZE, 8)
    beside = make_file(lab.path('beside.bin'), SIZE, 9)
    item = giver.do('upload_file %s club 64K' % source)[0]
    other = giver.do('upload_file %s club 64K' % beside)[0]
    open_one = connect(lab, taker, 'club', 'stop.bin', item)
    neighbour = connect(lab, taker, 'club', 'beside.bin', other)
    taker.do('download_file club stop.bin')
    port = open_one.sock.getpeername()[1]
    pems = Pems(lab.path('pems'))

    def door():
        peer = Peer(port, pems, item['hash'][:40])
        peer.greet(bytes.fromhex(item['hash'][:40]))
        peer.ready()
        return peer
    check(not is_refused(door), 'the item is served')
    began = time.monotonic()
    giver.do('stop_share club stop.bin')
    check(is_refused(door), 'S1-35 after stop_share the port refuses the item')
    check(open_one.is_ended(2), 'S1-35 an open connection for it has ended')
    check(time.monotonic() - began < 1, 'S1-35 within a second')
    check(len(neighbour.block(0, 0)) == BLOCK,
          'S1-35 another item of the same member is served as before')
    neighbour.close()
    third = lab.member('third', 'club', giver)
    third.do('download_file club stop.bin')
    check(sha256(third.home + '/stop.bin') == sha256(source),
          'S1-35 others still serve it')
    check(os.path.exists(source), 'the file stays')
    check(giver.transfer('stop.bin')['state'] == 'stopped', 'it says stopped')
    check('stop.bin' not in [r['name'] for r in giver.do('list')],
          'it is not in my list any more')
    check('stop.bin' in [r['name'] for r in third.do('list_files club')],
          'but in that of the group')
    giver.do('resume club stop.bin')
    check(not is_refused(door), 'resume serves it again')

    # Withdrawn for everyone: by the publisher, not by just anybody.
    third.refused('unpublish club stop.bin', 'not_authorised')
    giver.do('unpublish club stop.bin')
    check('stop.bin' not in [r['name'] for r in third.do('list_files club')],
          'an unpublished item is not listed')
    wait_for(lambda: third.transfer('stop.bin') is None and
             taker.transfer('stop.bin') is None, 'all to stop serving it')
    check(is_refused(door), 'and not served')
    check(os.path.exists(third.home + '/stop.bin') and os.path.exists(source),
          'every copy stays on its disk')
    third.refused('download_file club stop.bin', 'not_found')
    third.do('list')  # its exit status is that of the last command


def cpu_seconds(client):
    with open('/proc/%d/stat' % client.process.pid) as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def restarted(lab, giver, taker):
    """S4-14: shared again after a restart, without hashing again; S3-66."""
    source = make_file(lab.path('large.bin'), 512 << 20, 10)
    item = giver.do('upload_file %s club' % source)[0]
    hashing = cpu_seconds(giver)
    giver.stop()
    giver.start()
    wait_for(lambda: giver.transfer('large.bin') and
             giver.transfer('large.bin')['state'] == 'sharing',
             'sharing after the restart')
    took = cpu_seconds(giver)
    print('CPU seconds: %.2f before, %.2f for the restart' % (hashing, took))
    check(took < max(0.25, hashing / 3), 'S4-14 nothing was hashed again')
    wait_for(lambda: any(r['seeders'] == 1 for r in taker.do('list_files club')
                         if r['name'] == 'large.bin'), 'the tracker to know')

    # A pause holds over a restart, and a resume ends it.
    taker.send('download_file club large.bin')
    journal = os.path.join(taker.state, 'items', item['hash'], 'journal')
    wait_for(lambda: os.path.exists(journal) and os.path.getsize(journal),
             'the first piece')
    giver.do('stop_share club large.bin')  # so that it cannot end too soon
    taker.kill()
    taker.start()
    wait_for(lambda: taker.transfer('large.bin'), 'the transfer')
    wait_for(lambda: taker.ask('pause club large.bin')['ok'], 'a pause')
    have = taker.transfer('large.bin')['pieces_have']
    giver.do('resume club large.bin')
    taker.stop()
    taker.start()
    row = wait_for(lambda: (lambda r: r if r and r['state'] == 'paused' else
                            None)(taker.transfer('large.bin')),
                   'the paused transfer')
    check(have <= row['pieces_have'] < row['pieces'], 'paused over a restart: '
          '%d of %d pieces' % (row['pieces_have'], row['pieces']))
    taker.do('resume club large.bin')
    wait_for(lambda: taker.transfer('large.bin')['state'] == 'sharing',
             'the end of the download')
    check(sha256(taker.home + '/large.bin') == sha256(source),
          'S3-66 resumed, it ends right')


def main():
    with Lab() as lab:
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        changed(lab, giver, taker)
        deleted(lab, giver, taker)
        stopped(lab, giver, taker)
        restarted(lab, giver, taker)


run(main)
