#!/usr/bin/env python3
"""Two people who see p2ptui for the first time, with keys alone and what the
screen says: a tracker, an account, a group, a file, its copy, and the end of
it. Once at 80x24, once at 40x12 (a braille display).

Real programs, a real tracker, a terminal (tmux); see screenlib.
"""
import os

import steps
from screenlib import Stage, clientlib, require_tmux
from clientlib import check

SIZE = 8 * 1024 * 1024
GROUP = 'dev_team'
FILE = 'holiday film.mkv'


def owner_begins(alice, lab):
    steps.refuse_tracker(alice, lab.tracker)
    steps.first_steps(alice, lab.tracker)
    steps.create_account(alice)
    steps.create_group(alice, GROUP)
    clientlib.make_file(os.path.join(alice.home, FILE), SIZE)
    steps.share(alice, 'hol', FILE)
    alice.wait('is shared with|1 file is shared')
    alice.keys('5')
    text = alice.wait(r'\[Log\]', '1 file is shared')
    check('alice shared' not in text, 'her own deed is no news to her')
    alice.keys('1')
    alice.wait(r'\[Files\]')
    print('ok: alice made a group and shares a file')


def guest_joins(alice, bob, lab):
    steps.first_steps(bob, lab.tracker)
    steps.create_account(bob)
    steps.ask_to_join(bob, GROUP, 'it is me')
    steps.accept(alice, 'bob', 'it is me')
    bob.wait('You are now a member of', steps.row(FILE, r'(·|not here)'))
    print('ok: the owner saw the request and accepted')


def download(alice, bob):
    if bob.size[0] >= 80:
        steps.download_to(bob, FILE, '~')
        bob.wait(steps.row(FILE, r' 100% .*sharing'))
    else:
        steps.download(bob, FILE)
    bob.wait('is verified')
    copy = os.path.join(bob.home, FILE)
    check(clientlib.sha256(copy) ==
          clientlib.sha256(os.path.join(alice.home, FILE)),
          'what bob has is what alice shares')


def holders(screen, count):
    """How many have the file; there is no room for that at 40 columns."""
    if screen.size[0] >= 80:
        screen.wait(r'%s +8.0 MiB +100%% [^0-9]+%d ' % (FILE, count))


def pause_stop_leave(alice, bob):
    holders(alice, 2)
    holders(bob, 2)
    bob.keys('p')
    bob.wait(steps.row(FILE, 'stopped'))
    holders(alice, 1)
    bob.keys('p')
    bob.wait(steps.row(FILE, '(↑|sharing)'), 'p Pause')
    holders(alice, 2)
    steps.stop_sharing(bob, FILE)
    holders(alice, 1)
    check(os.path.exists(os.path.join(bob.home, FILE)), 'the copy stays')
    steps.press_until_shown(bob, 'Tab', r'\[(Groups|%s)\]' % GROUP)
    bob.keys('L')
    bob.wait('Leave %s' % GROUP)
    steps.press_until_gone(bob, 'y', r'Leave %s\?' % GROUP)
    bob.wait('You are in no')
    print('ok: bob paused, went on, stopped sharing and left')


def log_out_and_in(bob):
    bob.keys('M-a')
    bob.wait('>Log in')
    bob.keys('l')
    bob.wait('>Log out')
    bob.keys('Enter')
    bob.wait('[lL]og in', 'Name +.bob ')
    bob.type('not the password')
    bob.keys('Enter')
    bob.wait('User or password is wrong')
    bob.keys('C-u')
    bob.type('password of bob')
    bob.keys('Enter')
    bob.wait('Logged in as bob', 'You are in no')
    print('ok: bob logged out, and in again')


def check_history(screen):
    history = os.path.join(screen.home, '.local/state/p2ptui/default/history')
    if os.path.exists(history):
        with open(history) as lines:
            check('password of' not in lines.read(),
                  'the history holds no password')


def story(size):
    print('at %dx%d' % size)
    with clientlib.Lab() as lab, Stage(lab) as stage:
        alice = stage.screen('alice', size=size)
        owner_begins(alice, lab)
        bob = stage.screen('bob', size=size)
        guest_joins(alice, bob, lab)
        download(alice, bob)
        pause_stop_leave(alice, bob)
        log_out_and_in(bob)
        steps.quit_all(alice, bob)
        check_history(bob)


def main():
    story((80, 24))
    story((40, 12))


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
