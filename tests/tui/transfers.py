#!/usr/bin/env python3
"""The views of transfers on real programs: one loads a file from the other on
a slow way, both look at it, and the giver drops the taker.

Real programs, a real tracker, a terminal (tmux); see screenlib and slowlink.
"""
import os

import steps
from screenlib import Stage, clientlib, require_tmux
from slowlink import SlowLink

SIZE = 16 * 1024 * 1024
FILE = 'backup.img'


def check(condition, what):
    clientlib.check(condition, what)


def screen_of(stage, lab, member, size, listen):
    """The screen of a member whose plain client has ended."""
    member.stop()
    return stage.screen(member.name, size=size, options=(
        '--config', lab.config, '--state-dir', member.state,
        '--download-dir', member.home, '-l', listen,
        '-t', '127.0.0.1:%d' % lab.tracker.port))


def loads(giver, taker):
    taker.wait(FILE)
    giver.keys('2')
    taker.keys('2')
    taker.wait(r'\[Downloads\]')
    taker.type(':download_file club %s\n' % FILE)
    taker.wait(r'%s +club .* [1-9][0-9]*%% .*loading' % FILE)
    giver.wait('Who takes from you .* 1 takes now', 'guest +' + FILE)
    print('ok: the giver sees who takes')


def look_and_pause(giver, taker):
    taker.keys('Enter')
    text = taker.wait(r'\[Pieces\]', 'a owner .* 100%', 'Rates, last 2',
                      '[0-9]+ of [0-9]+ +a owner')
    check('Load' in text and 'o Other view' in text,
          'the taker sees pieces, peers and what arrives')
    taker.keys('o')
    taker.wait('Copies in the swarm')
    taker.keys('p')
    taker.wait('of 16 MiB +paused')
    giver.wait('Nobody takes anything')
    print('ok: the taker paused')
    taker.keys('p')
    taker.wait('of 16 MiB +[0-9]+ [a-z]+ left', 'a owner')
    print('ok: and goes on')


def drop(giver, taker):
    giver.wait('guest +' + FILE)
    giver.keys('BTab')  # to the last pane
    giver.wait(r'\[Who takes from you\]')
    giver.keys('b')
    giver.wait(r'Drop guest\?')
    steps.press_until_gone(giver, 'y', r'Drop guest\?')
    giver.wait('guest is dropped', 'Nobody takes anything')
    taker.wait('Nobody is connected')
    taker.keys('a')
    taker.wait('Members are asked for now')
    taker.wait('Nobody is connected')
    print('ok: the giver dropped the taker, who does not come back')


def clear(owner):
    """What is complete and not shared any more is forgotten, but kept."""
    path = clientlib.make_file(os.path.join(owner.home, 'old.bin'), 100000)
    owner.do('upload_file %s club' % path)
    owner.do('drop_peer club old.bin guest')  # refused from now on
    owner.refused('drop_peer club no.bin guest', 'not_found')
    owner.refused('announce club old.bin', 'invalid')
    owner.do('clear')
    check(len(owner.do('show_downloads')) == 1, 'what is shared is not cleared')
    owner.do('stop_share club old.bin')
    owner.do('clear')
    clientlib.wait_for(lambda: owner.do('show_downloads') == [],
                       'what is done to be cleared', 20)
    check(os.path.exists(path), 'what is done is cleared, the data stays')


def main():
    with clientlib.Lab() as lab, Stage(lab) as stage:
        owner = lab.member('owner', 'club')
        guest = lab.member('guest', 'club', owner)
        clear(owner)
        clientlib.make_file(os.path.join(owner.home, FILE), SIZE)
        owner.do('upload_file %s club 1M' % os.path.join(owner.home, FILE))
        link = SlowLink(SIZE)
        giver = screen_of(stage, lab, owner, (80, 24),
                          '%s:%d' % (SlowLink.HIDDEN, link.port))
        # Nor can the giver call the taker: it looks at another address.
        taker = screen_of(stage, lab, guest, (120, 36), '127.0.0.3:0')
        giver.wait(FILE)
        loads(giver, taker)
        look_and_pause(giver, taker)
        drop(giver, taker)
        steps.quit_all(giver, taker)


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
