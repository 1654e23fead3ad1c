#!/usr/bin/env python3
"""Files with names that are meant to do harm, on the real screen: the file
browser shows them without being driven by them, sharing one is refused with
what is wrong with it, and what is fine (Chinese) is shared, seen by others and
downloaded under its name (S1-32).

Real programs and a terminal (tmux); see screenlib.
"""
import os

import steps
from screenlib import Stage, clientlib, require_tmux
from clientlib import check

GROUP = 'club'
FINE = '日本語の本.txt'
# The start of a line, a title for the terminal, a colour, and letters that
# would run backwards.
HOSTILE = 'evil\n\x1b]2;OWNED\x07\x1b[31m\u202etxt.exe'


def screen_of(stage, client, size):
    return stage.screen(client.name, size=size, options=(
        '--config', client.lab.config, '--state-dir', client.state,
        '--download-dir', client.home, '-l', '127.0.0.1:0',
        '-t', '127.0.0.1:%d' % client.lab.tracker.port))


def prepare(lab):
    giver = lab.member('giver', GROUP)
    taker = lab.member('taker', GROUP, giver)
    for client in (giver, taker):
        client.stop()
    return giver, taker


def is_unharmed(screen, where):
    text = screen.text()
    title = screen.stage.tmux('display-message', '-p', '-t', screen.pane,
                              '#{pane_title}')
    check('\u202e' not in text and '\x1b' not in text,
          'nothing of the name reaches the terminal as it is, %s' % where)
    check('OWNED' not in title, 'nor does it name the window')
    return text


def hostile_is_refused(giver):
    giver.keys('s')
    giver.wait(r'Share (files|with)', r'> ?Share ?<')
    giver.type('~/evil')
    giver.wait('Find: evil', '> *evil')
    is_unharmed(giver, 'in the browser')
    giver.keys('Enter')
    giver.wait('Find: ', gone=True)
    giver.wait(r'> ?Share 1 file ?<')
    giver.keys('Enter')
    giver.wait('Has a name that cannot be shared')
    is_unharmed(giver, 'where it is refused')
    giver.leave_dialog('Sharing 1 file')


def fine_arrives(giver, taker, clients):
    steps.share(giver, FINE[:2], FINE)
    taker.wait(steps.row(FINE, r'(·|not here)'))
    steps.download(taker, FINE)
    taker.wait(steps.row(FINE, r' 100% '))
    check(clientlib.sha256(os.path.join(clients[1].home, FINE)) ==
          clientlib.sha256(os.path.join(giver.home, FINE)),
          'a Chinese name is shared, shown and downloaded')


def story(size):
    print('at %dx%d' % size)
    with clientlib.Lab() as lab, Stage(lab) as stage:
        clients = prepare(lab)
        giver = screen_of(stage, clients[0], size)
        taker = screen_of(stage, clients[1], size)
        for name in (FINE, HOSTILE):
            clientlib.make_file(os.path.join(giver.home, name), 20000)
        giver.wait('No files here yet')
        fine_arrives(giver, taker, clients)
        hostile_is_refused(giver)
        steps.quit_all(giver, taker)


def main():
    story((80, 24))
    story((40, 12))


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
