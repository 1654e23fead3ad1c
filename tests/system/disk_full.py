#!/usr/bin/env python3
"""S2-24: a download onto a disk that is too small parks and says why; once
there is room it goes on by itself and ends right (R9). Needs a file system of its own,
so it runs as root or in a user namespace; else it is skipped."""
import os
import subprocess
import sys
import time

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 40 * 1024 * 1024
MOUNT = '/bin/mount' if os.path.exists('/bin/mount') else 'mount'


def mount(*words):
    return subprocess.run([MOUNT] + list(words), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def parked(client, name):
    """The row when the transfer waits for room."""
    row = client.transfer(name)
    why = row and row['reason'] or ''
    return row if 'space' in why or 'full' in why else None


def grow(lab, small, size):
    check(mount('-o', 'remount,size=' + size, small), 'room: ' + size)


def main():
    with Lab() as lab:
        small = lab.path('small')
        os.mkdir(small)
        if not mount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small):
            print('no file system of its own is to be had')
            sys.exit(77)
        try:
            with_small_disk(lab, small)
        finally:
            subprocess.run(['umount', '-l', small])


def with_small_disk(lab, small):
    source = make_file(lab.path('data.bin'), SIZE)
    giver = lab.member('giver', 'club')
    taker = lab.member('taker', 'club', giver)
    giver.do('upload_file %s club 64K' % source)

    taker.send('download_file club data.bin %s/' % small)
    wait_for(lambda: 'data.bin: ' in taker.log(), 'the disk to be full')
    line = [row for row in taker.log().splitlines() if 'data.bin: ' in row][-1]
    check('space' in line or 'full' in line, 'R9 it says why: ' + line)
    check(taker.process.poll() is None, 'R9 nobody ends')
    check(not os.path.exists(small + '/data.bin'), 'no finished name is there')

    grow(lab, small, '64m')
    began = time.monotonic()
    reply = taker.answer()
    check(reply['ok'], 'R9 it goes on by itself and ends: %s'
          % reply.get('error'))
    print('%.1f s after there was room' % (time.monotonic() - began))
    check(sha256(small + '/data.bin') == sha256(source), 'R9 and is right')
    check(os.listdir(small) == ['data.bin'], 'nothing else is left')

    # Parked, then killed, then room, then started: it goes on as well.
    taker.do('remove club data.bin')
    grow(lab, small, '8m')
    before = len(taker.log())
    taker.send('download_file club data.bin %s/' % small)
    wait_for(lambda: 'data.bin: ' in taker.log()[before:],
             'the disk to be full again')
    taker.kill()
    taker.start()
    row = wait_for(lambda: parked(taker, 'data.bin'), 'it to park again')
    check(row['pieces_have'] > 0, 'parked over a restart with %d pieces: %s'
          % (row['pieces_have'], row['reason']))
    grow(lab, small, '64m')
    wait_for(lambda: taker.transfer('data.bin')['state'] == 'sharing',
             'the end of the download')
    check(sha256(small + '/data.bin') == sha256(source),
          'R9 right after a restart, too')
    taker.stop()


run(main)
