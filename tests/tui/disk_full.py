#!/usr/bin/env python3
"""A download onto a disk that is too small, seen on the screen: it says that
the disk is full and what happens next; when something is removed there, the
download goes on by itself and completes. Needs a file system of its own, so it
runs as root or in a user namespace; else it is skipped.

Real programs and a terminal (tmux); see screenlib.
"""
import os
import subprocess
import sys

import steps
from screenlib import Stage, clientlib, require_tmux
from clientlib import check

SIZE = 24 * 1024 * 1024
DISK = 32 * 1024 * 1024
OTHER = 20 * 1024 * 1024  # what takes the room at first
GROUP = 'club'
FILE = 'data.bin'
EVENT = '%s: disk full; make room' % FILE          # until a key is pressed
REASON = 'Disk full; make room, it goes on by its'  # as long as it is so
MOUNT = '/bin/mount' if os.path.exists('/bin/mount') else 'mount'


def mount(*words):
    return subprocess.run([MOUNT, *words], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def prepare(lab):
    giver = lab.member('giver', GROUP)
    taker = lab.member('taker', GROUP, giver)
    source = clientlib.make_file(lab.path(FILE), SIZE)
    giver.do('upload_file %s %s 64K' % (source, GROUP))
    taker.stop()
    return taker, source


def story(lab, stage, small, size):
    print('at %dx%d' % size)
    client, source = prepare(lab)
    other = clientlib.make_file(os.path.join(small, 'other'), OTHER)
    taker = stage.screen('taker', size=size, options=(
        '--config', lab.config, '--state-dir', client.state,
        '--download-dir', small, '-l', '127.0.0.1:0',
        '-t', '127.0.0.1:%d' % lab.tracker.port))
    taker.wait(steps.row(FILE, r'(·|not here)'), 'd Download')
    taker.keys('d')
    taker.wait(EVENT, REASON, steps.row(FILE, 'waiting'))
    check(not os.path.exists(os.path.join(small, FILE)),
          'no file has the finished name')
    taker.keys('Down')
    taker.wait(EVENT, gone=True)
    taker.wait(REASON)
    os.unlink(other)
    taker.wait(steps.row(FILE, r' 100% .*(↑|sharing)'))
    taker.wait('(?i)disk full', gone=True)
    check(clientlib.sha256(os.path.join(small, FILE)) ==
          clientlib.sha256(source),
          'there is room again: it went on by itself and is right')
    steps.quit_all(taker)


def main():
    for size in ((80, 24), (40, 12)):
        with clientlib.Lab() as lab, Stage(lab) as stage:
            small = lab.path('small')
            os.mkdir(small)
            if not mount('-t', 'tmpfs', '-o', 'size=%d' % DISK, 'tmpfs',
                         small):
                print('no file system of its own is to be had')
                sys.exit(77)
            try:
                story(lab, stage, small, size)
            finally:
                subprocess.run(['umount', '-l', small])


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
