#!/usr/bin/env python3
"""The settings, changed on the screen with keys: they have their effect, stand
in the file beside what was there, and are read at the next start. The file in
an editor on the same terminal, where Ctrl-C belongs to the editor.

Real programs, a real tracker, a terminal (tmux); see screenlib.
"""
import os

from screenlib import Stage, clientlib, require_tmux
from clientlib import check

FILE = '''# my words
color = never      # no colours, please
somebody.elses = 1
'''

EDITOR = '''#!/bin/sh
trap 'printf "interrupted\\n"' INT
printf 'editor of %s\\n' "$1"
while [ -t 0 ]; do
    read -r line || continue  # a signal ends read, too
    [ "$line" = end ] && break
    printf '%s\\n' "$line" >>"$1"
    printf 'written\\n'
done
'''


def open_settings(screen):
    screen.wait('Password')
    screen.leave_dialog('Password')
    screen.keys('6')
    screen.wait(r'\[Look\]', '> Theme')


def content(path):
    with open(path) as f:
        return f.read()


def change(screen, path):
    screen.keys('Space')
    screen.wait('< light on dark >', r'Saved in ~/\.config/p2ptui/p2ptui\.conf')
    check(content(path) == FILE + 'look.theme = dark\n',
          'the rest of the file is as it was')
    screen.type('/look.borders')
    screen.keys('Enter')
    screen.wait('> Borders')
    screen.keys('Space')
    screen.wait(r'> Borders +\[ \]')
    screen.wait('│', gone=True)
    screen.keys('d')
    screen.wait('│', r'> Borders +\[x\]')
    print('ok: changed with keys, and back')


def edit(screen, path):
    screen.keys('e')
    screen.wait('editor of /')
    screen.keys('C-c')
    screen.wait('interrupted')
    screen.type('look.units = decimal')
    screen.keys('Enter')
    screen.wait('written')
    screen.type('end')
    screen.keys('Enter')
    screen.wait('Read .*p2ptui.conf again', r'Sizes in +< MB, GB >')
    check('look.units = decimal\n' in content(path), 'the editor wrote it')
    screen.keys('e')
    screen.wait('editor of /')
    screen.type('look.units = pounds')
    screen.keys('Enter')
    screen.wait('written')
    screen.type('end')
    screen.keys('Enter')
    screen.wait(r'p2ptui\.conf:\d+: look\.units', r'Sizes in +< MB, GB >')
    with open(path, 'w') as f:
        f.write(FILE + 'look.theme = contrast\n')
    print('ok: edited, a mistake is shown with its line')


def main():
    with clientlib.Lab() as lab, Stage(lab) as stage:
        editor = lab.path('editor')
        with open(editor, 'w') as f:
            f.write(EDITOR)
        os.chmod(editor, 0o700)
        stage.environment['VISUAL'] = editor
        home = lab.path('alice-home')
        path = os.path.join(home, '.config/p2ptui/p2ptui.conf')
        os.makedirs(os.path.dirname(path))
        with open(path, 'w') as f:
            f.write(FILE)
        options = ('-t', '127.0.0.1:%d' % lab.tracker.port)
        alice = stage.screen('alice', options=options)
        open_settings(alice)
        change(alice, path)
        edit(alice, path)
        alice.keys('q')
        alice.wait('Settings', gone=True)
        alice.keys('q')
        check(alice.wait_end() == 0, 'alice quit')
        stage.screens.remove(alice)
        alice.close()
        again = stage.screen('alice', options=options)
        open_settings(again)
        again.wait('< high contrast >')
        print('ok: read at the next start')


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
