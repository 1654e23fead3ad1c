#!/usr/bin/env python3
"""Two people who see p2ptui for the first time, with keys alone: from a first
run to a finished download, and what happens afterwards.

Real programs, a real tracker, a terminal (tmux); see screenlib.
"""
import os
import re

from screenlib import (Failure, Stage, clientlib, require_tmux)

SIZE = 8 * 1024 * 1024
GROUP = 'dev_team'
FILE = 'holiday film.mkv'


def check(condition, what):
    clientlib.check(condition, what)


def pin_of(tracker):
    return re.search(r'pin sha256:([0-9a-f]{64})', tracker.log()).group(1)


def first_steps(screen, tracker):
    """Tracker and certificate; ends at the account."""
    screen.wait('Welcome', 'Step 1 of 4')
    screen.keys('Enter')
    screen.wait('Type where the tracker is')
    screen.type('127.0.0.1:%d' % tracker.port)
    screen.keys('Enter')
    text = screen.wait('Is this your tracker', 'Step 2 of 4')
    shown = ''.join(re.findall(r'(?:[0-9A-F]{2}:){7}[0-9A-F]{2}', text))
    check(shown.replace(':', '').lower() == pin_of(tracker),
          '%s sees the fingerprint that the tracker tells' % screen.name)
    screen.keys('Enter')
    screen.wait('Create account', 'Step 3 of 4')


def create_account(screen):
    password = 'password of ' + screen.name
    screen.type(screen.name)
    screen.keys('Tab')
    screen.type(password)
    screen.keys('Enter')
    screen.wait('Type the password once more')
    screen.type(password)
    text = screen.wait('Repeat it +.•')
    check(password not in text, 'the password is not shown')
    screen.keys('Enter')
    screen.wait('Step 4 of 4', 'Ask to join', 'Create one')


def owner_begins(alice, lab):
    first_steps(alice, lab.tracker)
    create_account(alice)
    alice.keys('c')
    alice.wait('Create a group')
    alice.type(GROUP)
    alice.keys('Enter')
    alice.wait('Group %s is made' % GROUP, '%s +owner' % GROUP,
               'No files here yet')
    clientlib.make_file(os.path.join(alice.home, FILE), SIZE)
    alice.keys('s')
    alice.wait('Share files')
    alice.type('~/hol')
    alice.wait('Find: hol', 'Same as +:upload_file .*%s' % re.escape(FILE))
    alice.keys('Enter')
    alice.wait('Enter opens a folder')
    alice.keys('Enter')
    alice.wait(r'%s +8.0 MiB +100%% .*sharing' % FILE,
               'is shared with ' + GROUP)
    print('ok: alice made a group and shares a file')


def guest_asks(bob, lab):
    first_steps(bob, lab.tracker)
    create_account(bob)
    bob.keys('J')
    bob.wait('Ask to join a group', '%s +alice' % GROUP)
    bob.keys('Tab')
    bob.type('it is me')
    bob.wait('it is me')
    bob.keys('Enter')
    bob.wait('Asked to join ' + GROUP, '%s +asked' % GROUP,
             'You asked to join')


def owner_accepts(alice, bob):
    alice.wait('bob asks to join ' + GROUP, '1 waits to join')
    alice.keys('r')
    alice.wait(r'\[Requests\]', '> bob .*it is me', 'bob, account made today')
    alice.keys('a')
    alice.wait('bob is a member now', 'Nobody waits to join',
               r'bob +member +here')
    alice.wait('1 waits to join', gone=True)
    alice.keys('q')
    alice.wait(r'\[Files\]')
    bob.wait('You are now a member of', r'%s .*not here' % FILE)
    print('ok: the owner saw the request and accepted')


def download(alice, bob):
    bob.wait('d Download')
    bob.keys('D')
    bob.wait('Into', 'free on the disk')
    bob.keys('Enter')
    bob.wait(r'%s +8.0 MiB +100%% .*sharing' % FILE, 'verified',
             'is verified and shared with ' + GROUP)
    copy = os.path.join(bob.home, FILE)
    check(clientlib.sha256(copy) ==
          clientlib.sha256(os.path.join(alice.home, FILE)),
          'what bob has is what alice shares')
    for screen in (alice, bob):
        screen.wait(r'%s +8.0 MiB +100%% [^0-9]+2 ' % FILE)
    print('ok: both lists say that two have it')


def lose_tracker(alice, bob, tracker):
    tracker.kill()
    for screen in (alice, bob):
        screen.wait('0/1 up', 'Tracker lost')
    alice.keys('c')
    alice.wait('Create a group')
    alice.type('nowhere')
    alice.keys('Enter')
    alice.wait('(?i)no tracker can be reached')
    alice.leave_dialog('Create a group')
    alice.wait('Tracker lost|No tracker; trying again')
    tracker.start()
    for screen in (alice, bob):
        screen.wait('1/1 up', 'Tracker 127.0.0.1:%d is back' % tracker.port)
        screen.wait('No tracker;', gone=True)
    print('ok: the tracker was lost and came back')


def stop_and_leave(alice, bob):
    bob.keys('p')
    bob.wait(r'%s .*stopped' % FILE)
    alice.wait(r'%s +8.0 MiB +100%% [^0-9]+1 ' % FILE)
    bob.keys('p')
    bob.wait(r'%s .*sharing' % FILE, 'p Pause')
    alice.wait(r'%s +8.0 MiB +100%% [^0-9]+2 ' % FILE)
    bob.keys('x')
    bob.wait('Stop sharing %s' % re.escape(FILE))
    # The question takes no answer for a moment, so that none is by mistake.
    bob.keys('Tab')
    bob.wait(r'\[> y  Stop <\]|\[ y  Stop \]')
    press_until(bob, 'y', 'Stop sharing')
    bob.wait(r'%s .*stopped' % FILE)
    alice.wait(r'%s +8.0 MiB +100%% [^0-9]+1 ' % FILE)
    press_until_shown(bob, 'Tab', r'\[Groups\]')
    bob.keys('L')
    bob.wait('Leave %s' % GROUP)
    press_until(bob, 'y', r'Leave %s\?' % GROUP)
    bob.wait('You are in no')
    print('ok: bob paused, went on, stopped sharing and left')


def press_until(screen, key, pattern):
    """Press again while the dialog does not take keys yet."""
    def gone():
        if not re.search(pattern, screen.text()):
            return True
        screen.keys(key)
        screen.stage.watch_frames(0.2)
        return not re.search(pattern, screen.text())
    clientlib.wait_for(gone, '%r to be gone' % pattern)


def press_until_shown(screen, key, pattern):
    for _ in range(8):
        if re.search(pattern, screen.text()):
            return
        before = screen.text()
        screen.keys(key)
        clientlib.wait_for(lambda: screen.text() != before, key + ' to act')
    raise Failure('%s: %r is not reached' % (screen.name, pattern))


def log_out_and_in(bob):
    bob.keys('M-a')
    bob.wait('>Log in')
    bob.keys('l')
    bob.wait('>Log out')
    bob.keys('Enter')
    bob.wait('not logged in', 'Name +.bob ')
    bob.type('not the password')
    bob.keys('Enter')
    bob.wait('User or password is wrong')
    bob.keys('C-u')
    bob.type('password of bob')
    bob.keys('Enter')
    bob.wait('bob.*1/1 up', 'Logged in as bob')
    print('ok: bob logged out, and in again')


def quit_all(alice, bob):
    for screen in (alice, bob):
        screen.keys('q')
        status = screen.wait_end()
        check(status == 0, '%s quit' % screen.name)
    history = os.path.join(bob.home, '.local/state/p2ptui/default/history')
    if os.path.exists(history):
        with open(history) as lines:
            check('password of' not in lines.read(),
                  'the history holds no password')


def main():
    with clientlib.Lab() as lab, Stage(lab) as stage:
        alice = stage.screen('alice')
        owner_begins(alice, lab)
        bob = stage.screen('bob', size=(120, 36))
        guest_asks(bob, lab)
        owner_accepts(alice, bob)
        download(alice, bob)
        lose_tracker(alice, bob, lab.tracker)
        stop_and_leave(alice, bob)
        log_out_and_in(bob)
        quit_all(alice, bob)


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
