#!/usr/bin/env python3
"""A download that is killed in its first milliseconds is resumed at the next
start: no .part stays that nobody knows of (S2-04)."""
import os
import time

from clientlib import DEADLINE, Failure, Lab, check, make_file, run, sha256, \
    wait_for

ROUNDS = int(os.environ.get('P2P_TEST_KILLS', 10))
SIZE = 24 * 1024 * 1024


def wait_at_once(path):
    """The moment something has this name; a pause would miss it."""
    end = time.monotonic() + DEADLINE
    while not os.path.lexists(path):
        if time.monotonic() > end:
            raise Failure('no ' + path)


def main():
    with Lab() as lab:
        source = make_file(lab.path('data.bin'), SIZE)
        expected = sha256(source)
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        giver.do('upload_file %s club' % source)
        part = taker.home + '/data.bin.part'
        for count in range(ROUNDS):
            taker.send('download_file club data.bin')
            wait_at_once(part)
            taker.kill()
            taker.start()
            wait_for(lambda: (taker.transfer('data.bin') or {}).get('state') ==
                     'sharing', 'kill %d to be got over' % (count + 1))
            check(sha256(taker.home + '/data.bin') == expected and
                  not os.path.exists(part),
                  'S2-04 it goes on by itself after kill %d' % (count + 1))
            taker.do('remove club data.bin')
            check(not os.path.exists(taker.home + '/data.bin'), 'removed')


run(main)
