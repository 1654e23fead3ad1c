#!/usr/bin/env python3
"""Make data/demo.tape anew: four members share files in a group, and bob's
screen is recorded while he loads one from three of them.

    unshare -n builddir=build srcdir=. tests/tui/record_demo.py [TAPE]

The loopback is slowed down, so this needs a network namespace of its own and
root. What stands in the recording is of this script's making: names, paths and
sizes are the same each time.
"""
import os
import re
import subprocess
import sys
import time

os.environ.setdefault('LC_ALL', 'C.UTF-8')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'system'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clientlib  # noqa: E402
import screenlib  # noqa: E402
from clientlib import Lab  # noqa: E402

RATE = '48mbit'
GROUP = 'field-lab'
BIG = 'survey-2026.tar'
MIB = 1 << 20
PAUSE = 700  # milliseconds between two events at most


def slow_loopback():
    subprocess.run(('tc qdisc add dev lo root tbf rate %s burst 256kb '
                    'latency 100ms' % RATE).split(), check=True)


def share(lab, client, name, size, seed, group=GROUP):
    path = clientlib.make_file(os.path.join(client.home, name), size, seed)
    client.do('upload_file %s %s' % (path, group))


def prepare(lab):
    """Everything that is there before bob sits down."""
    alice = lab.member('alice', GROUP)
    share(lab, alice, BIG, 96 * MIB, 1)
    share(lab, alice, 'photos-2026-07.zip', 40 * MIB, 2)
    share(lab, alice, 'notes.pdf', 2 * MIB + 133000, 3)
    for name in ('carol', 'dave'):
        one = lab.member(name, GROUP, alice)
        one.do('download_file %s %s' % (GROUP, BIG))
    share(lab, one, 'firmware_0.9.bin', 6 * MIB, 4)
    film = lab.member('erin', 'film-club')
    share(lab, film, 'rough-cut.mkv', 30 * MIB, 5, 'film-club')
    return alice, film


def sit_down(lab, stage, alice, film, tape):
    """bob's account is there; his screen opens on the group."""
    bob = lab.member('bob', GROUP, alice)
    bob.do('join_group film-club')
    film.do('accept_request film-club bob')
    bob.do('create_group robotics')
    bob.do('download_file %s firmware_0.9.bin' % GROUP)
    bob.stop()
    lab.clients.remove(bob)
    return stage.screen('bob', (120, 36), (
        '--config', lab.config, '--state-dir', bob.state, '--download-dir',
        bob.home, '-l', '127.0.0.1:0', '-t',
        '127.0.0.1:%d' % lab.tracker.port, '--record', tape))


def tell_story(lab, bob, film):
    bob.wait(r'>field-lab', BIG)
    bob.type('3')  # so that the groups' rows are in the recording
    bob.wait('All groups', 'Members')
    bob.type('4')
    bob.wait('Trackers')
    time.sleep(5)  # two looks at the figures of the tracker
    bob.type('1')
    bob.wait('Pieces', BIG)
    bob.keys('Home')
    bob.wait('> ' + BIG)
    slow_loopback()
    bob.type('d')
    bob.wait(BIG + r' .*loading')
    film.do('join_group robotics "Erin, from the film club"')
    bob.wait('erin asks to join')
    bob.type('2')
    bob.wait('Downloads')
    bob.type('1')
    bob.wait(BIG + r' .* 100% .*sharing')
    film.do('upload_file %s film-club' % clientlib.make_file(
        os.path.join(film.home, 'poster.pdf'), 900000, 6))
    bob.type('q')
    if bob.wait_end() != 0:
        raise clientlib.Failure('p2ptui ended badly')


def tidy(lab, text):
    """What would differ each time and is nobody's business."""
    text = text.replace(lab.path('bob-home'), '/home/bob')
    text = text.replace(lab.path('bob'), '/home/bob/.local/state/p2ptui')
    text = text.replace('127.0.0.1:%d' % lab.tracker.port, 't1.lab:16666')
    return re.sub(r'127\.0\.0\.1', 'peer.lab', text)


def shorten(text):
    """Nobody wants to look at a screen on which nothing happens."""
    lines, before, now = [], 0, 0
    for line in text.split('\n'):
        at = re.match(r'([0-9]+) ', line)
        if at:
            now += min(int(at[1]) - before, PAUSE)
            before = int(at[1])
            line = '%d%s' % (now, line[len(at[1]):])
        lines.append(line)
    return '\n'.join(lines)


def main():
    tape = sys.argv[1] if len(sys.argv) > 1 else 'data/demo.tape'
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with Lab() as lab, screenlib.Stage(lab) as stage:
        raw = lab.path('raw.tape')
        alice, film = prepare(lab)
        bob = sit_down(lab, stage, alice, film, raw)
        tell_story(lab, bob, film)
        with open(raw) as f:
            text = shorten(tidy(lab, f.read()))
        with open(tape, 'w') as f:
            f.write(text)
    print('%s: %d bytes' % (tape, len(text)))


if __name__ == '__main__':
    screenlib.require_tmux()
    clientlib.run(main)
