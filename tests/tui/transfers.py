#!/usr/bin/env python3
"""The views of transfers on real programs: one loads a large file from the
other, both look at it, and the giver drops the taker.

Real programs, a real tracker, a terminal (tmux); see screenlib.
"""
import os
import signal

from screenlib import Stage, clientlib, require_tmux

SIZE = 1024 * 1024 * 1024  # so that it lasts a while
FILE = 'backup.img'


def check(condition, what):
    clientlib.check(condition, what)


def screen_of(stage, lab, member, size):
    """The screen of a member whose plain client has ended."""
    member.stop()
    return stage.screen(member.name, size=size, options=(
        '--config', lab.config, '--state-dir', member.state,
        '--download-dir', member.home, '-l', '127.0.0.1:0',
        '-t', '127.0.0.1:%d' % lab.tracker.port))


def program_of(stage, screen):
    """The process of p2ptui in the pane."""
    shell = int(stage.tmux('display-message', '-p', '-t', screen.pane,
                           '#{pane_pid}'))
    with open('/proc/%d/task/%d/children' % (shell, shell)) as f:
        children = f.read().split()
    return int(children[0]) if children else shell


def loads(giver, taker, taker_pid):
    """A download with some of it here. The taker's program stands still: then
    both screens can be looked at without haste."""
    taker.wait(FILE)
    giver.keys('2')
    taker.keys('2')
    taker.wait(r'\[Downloads\]')
    taker.type(':download_file club %s\n' % FILE)
    taker.wait(r'%s +club .* [1-9][0-9]*%% .*loading' % FILE)
    os.kill(taker_pid, signal.SIGSTOP)


def press_until_gone(stage, screen, key, text):
    """Press again while the dialog does not take keys yet."""
    while text in screen.text():
        screen.keys(key)
        stage.watch_frames(0.2)


def look_and_pause(giver, taker, giver_pid, taker_pid):
    """The giver stands still, so what arrives does too."""
    os.kill(giver_pid, signal.SIGSTOP)
    os.kill(taker_pid, signal.SIGCONT)
    taker.keys('Enter')
    text = taker.wait(r'\[Pieces\]', 'a owner .* 100%', 'Rates, last 2',
                      '[0-9]+ of [0-9]+ +a owner')
    check('Load' in text and 'o Other view' in text,
          'the taker sees pieces, peers and what arrives')
    taker.keys('o')
    taker.wait('Copies in the swarm')
    taker.keys('p')
    taker.wait('of 1.0 GiB +paused')
    os.kill(giver_pid, signal.SIGCONT)
    giver.wait('Nobody takes anything')
    print('ok: the taker paused')


def drop(stage, giver, taker, taker_pid):
    os.kill(taker_pid, signal.SIGSTOP)
    giver.wait('guest +' + FILE)
    giver.keys('BTab')  # to the last pane
    giver.wait(r'\[Who takes from you\]')
    giver.keys('b')
    giver.wait(r'Drop guest\?')
    press_until_gone(stage, giver, 'y', 'Drop guest?')
    giver.wait('guest is dropped', 'Nobody takes anything')
    os.kill(taker_pid, signal.SIGCONT)
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


def act(stage, giver, taker, giver_pid, taker_pid):
    loads(giver, taker, taker_pid)
    giver.wait('Who takes from you .* 1 takes now', 'guest +' + FILE)
    print('ok: the giver sees who takes')
    look_and_pause(giver, taker, giver_pid, taker_pid)
    taker.keys('p')
    taker.wait('of 1.0 GiB +[0-9]+ [a-z]+ left', 'a owner')
    drop(stage, giver, taker, taker_pid)


def main():
    with clientlib.Lab() as lab, Stage(lab) as stage:
        owner = lab.member('owner', 'club')
        guest = lab.member('guest', 'club', owner)
        clear(owner)
        clientlib.make_file(os.path.join(owner.home, FILE), SIZE)
        owner.do('upload_file %s club' % os.path.join(owner.home, FILE))
        giver = screen_of(stage, lab, owner, (80, 24))
        taker = screen_of(stage, lab, guest, (120, 36))
        giver.wait(FILE)
        pids = [program_of(stage, one) for one in (giver, taker)]
        try:
            act(stage, giver, taker, *pids)
        finally:
            for pid in pids:  # what stands still cannot end
                os.kill(pid, signal.SIGCONT)
        for screen in (giver, taker):
            screen.keys('F10')
            screen.wait('Quit p2ptui')
            press_until_gone(stage, screen, 'y', 'Quit p2ptui?')
            check(screen.wait_end() == 0, screen.name + ' left')


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
