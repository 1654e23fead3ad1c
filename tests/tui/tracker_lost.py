#!/usr/bin/env python3
"""The tracker is killed in the middle of a download: both screens say so in
words, the download goes on, what needs the tracker says why it cannot be, and
when the tracker is back the screens tell that within seconds. Once at 80x24,
once at 40x12 (a braille display).

The link is slow because the giver is stopped again and again, so the download
cannot end before the story wants it. Real programs and a terminal (tmux); see
screenlib.
"""
import os
import re
import signal
import time

import steps
from screenlib import Stage, clientlib, require_tmux
from clientlib import check, wait_for

SIZE = 384 * 1024 * 1024
GROUP = 'club'
FILE = 'data.bin'
BACK_SECONDS = 5  # to reconnect after two seconds, and to say so


def prepare(lab):
    """Two members, one of whom shares a file; the screens come afterwards."""
    giver = lab.member('giver', GROUP)
    taker = lab.member('taker', GROUP, giver)
    source = clientlib.make_file(lab.path(FILE), SIZE)
    giver.do('upload_file %s %s' % (source, GROUP))
    for client in (giver, taker):
        client.stop()
    return giver, taker, source


def screen_of(stage, client, size):
    return stage.screen(client.name, size=size, options=(
        '--config', client.lab.config, '--state-dir', client.state,
        '--download-dir', client.home, '-l', '127.0.0.1:0',
        '-t', '127.0.0.1:%d' % client.lab.tracker.port))


def journal_size(client):
    """Bytes of the journal: it grows with each verified piece."""
    return sum(os.path.getsize(os.path.join(folder, 'journal'))
               for folder, _, names in os.walk(client.state + '/items')
               if 'journal' in names)


class SlowGiver:
    """A giver who is stopped, but for moments."""

    def __init__(self, screen, taker):
        self.process = screen.pid()
        self.taker = taker

    def stop(self):
        os.kill(self.process, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process, signal.SIGCONT)

    def give_some(self):
        """Until a few pieces more are verified."""
        before = journal_size(self.taker)
        self.go_on()
        wait_for(lambda: journal_size(self.taker) > before, 'more pieces')
        self.stop()


def percent(screen):
    found = re.search(r'> *%s .* (\d+)%%' % re.escape(FILE), screen.text())
    return int(found.group(1)) if found else 0


def lost(giver, taker, slow, tracker):
    tracker.kill()
    taker.wait('0/1 up', r'Tracker \S+ lost; tra')
    before = percent(taker)
    check(before < 100, 'it is lost in the middle, at %d%%' % before)
    while percent(taker) <= before:
        slow.give_some()
        taker.stage.watch_frames(0.3)
    check(percent(taker) < 100, 'and the download goes on: %d%%'
          % percent(taker))
    taker.wait('0/1 up')
    slow.go_on()
    giver.wait('0/1 up', r'Tracker \S+ lost; tra|No tracker;')


def needs_tracker(taker):
    taker.keys('c')
    taker.wait('Create a group', r'Name +\[ ')
    taker.type('nowhere')
    taker.keys('Enter')
    taker.wait('(?i)no tracker can be')
    taker.leave_dialog('Create a group')
    taker.wait('No tracker; trying again')
    print('ok: what needs the tracker says that it is not there')


def back(giver, taker, tracker):
    tracker.start()
    began = time.monotonic()
    for screen in (taker, giver):
        screen.wait('1/1 up', 'Tracker 127.0.0.1:%d is back' % tracker.port)
    took = time.monotonic() - began
    check(took < BACK_SECONDS, 'both screens know it after %.1f s' % took)
    taker.wait('No tracker;', gone=True)
    view = r'(?m)(\[Trackers\]|^Cluster ).* 1 of 1 up'
    taker.type(':trackers')
    taker.wait('(?m)^:trackers')
    taker.keys('Enter')
    taker.wait(view, r'127\.0\.0\.1.* up',
               r'Tracker \S+ is back')
    taker.keys('q')
    taker.wait(view, gone=True)
    print('ok: it is back in the view of trackers')


def ends(taker, client, source):
    taker.wait(steps.row(FILE, r' 100% .*(↑|sharing)'))
    check(clientlib.sha256(os.path.join(client.home, FILE)) ==
          clientlib.sha256(source), 'the download is complete and right')


def story(size):
    print('at %dx%d' % size)
    with clientlib.Lab() as lab, Stage(lab) as stage:
        clients = prepare(lab)
        giver = screen_of(stage, clients[0], (80, 24))
        taker = screen_of(stage, clients[1], size)
        giver.wait(steps.row(FILE, 'sharing'))
        taker.wait(steps.row(FILE, r'(·|not here)'), 'd Download')
        slow = SlowGiver(giver, clients[1])
        taker.keys('d')
        wait_for(lambda: journal_size(clients[1]) > 0, 'the first piece')
        slow.stop()
        try:
            lost(giver, taker, slow, lab.tracker)
            needs_tracker(taker)
            back(giver, taker, lab.tracker)
        finally:
            slow.go_on()
        ends(taker, clients[1], clients[2])
        steps.quit_all(giver, taker)


def main():
    story((80, 24))
    story((40, 12))


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
