#!/usr/bin/env python3
"""Hundreds of commands at once, as a screen with an impatient user sends them:
each is answered exactly once, and the end is clean. A second member holds the
files, so that there is something to load."""
import os
import subprocess

from clientlib import BUILD, DEADLINE, Failure, Lab, check, make_file, run

ROUNDS = int(os.environ.get('P2P_TEST_STORMS', 6))
COMMANDS = int(os.environ.get('P2P_TEST_COMMANDS', 400))
CLIENT = os.path.join(BUILD, 'tests/system/storm_client')


def main():
    with Lab() as lab:
        alice = lab.member('alice', 'lab')
        for n in range(2, 4):
            alice.do('share %s lab' % make_file(lab.path('file%d' % n), 9000000, n))
        state, files = lab.path('storm'), lab.path('storm-files')
        os.mkdir(files)
        for seed in range(ROUNDS):
            done = subprocess.run(
                [CLIENT, str(seed), str(COMMANDS), str(lab.tracker.port), state,
                 files, 'storm', 'lab'], timeout=4 * DEADLINE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode != 0:
                raise Failure('seed %d: %d\n%s' % (seed, done.returncode,
                                                   done.stderr.decode()[-6000:]))
            print('seed %d: %s' % (seed, done.stdout.decode().strip()))
            # The state it left behind is good; in the next round it is a
            # member again, whatever it did.
            words = ['-c', 'login storm', '-c', 'join_group lab']
            subprocess.run(
                [os.path.join(BUILD, 'p2ptui'), '--config', lab.config,
                 '--state-dir', state, '-t',
                 '127.0.0.1:%d' % lab.tracker.port] + words, timeout=DEADLINE,
                env=dict(os.environ, P2PTUI_PASSWORD='a long password'),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for row in alice.do('list_requests lab'):
                alice.do('accept_request lab ' + row['user'])
        check(alice.do('list_files lab') != [], 'the holder has noticed nothing')


run(main)
