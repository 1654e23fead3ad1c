#!/usr/bin/env python3
"""The recording that is shipped plays on the real screen: a download goes by
to its end while somebody looks around, nothing is written, and commands are
told that nobody is there.
"""
import os
import sys

os.environ.setdefault('LC_ALL', 'C.UTF-8')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'system'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clientlib  # noqa: E402
import screenlib  # noqa: E402
from clientlib import Lab, check  # noqa: E402

TAPE = os.path.abspath(os.path.join(os.environ.get('srcdir', '.'), 'data',
                                    'demo.tape'))


def main():
    with Lab() as lab, screenlib.Stage(lab) as stage:
        screen = stage.screen('viewer', (80, 24),
                              ('--config', lab.config, '--demo', TAPE))
        screen.wait('field-lab', r'survey-2026.tar .*loading|↓ ')
        for key, sight in (('2', 'Downloads'), ('3', 'All groups'),
                           ('4', 'Trackers'), ('5', 'Log'), ('1', 'Pieces')):
            screen.keys(key)
            screen.wait(sight)
        print('ok: every view shows something of it')
        screen.wait(r'survey-2026.tar .*100%')
        print('ok: the download goes to its end')
        screen.keys('c')
        screen.wait('Cancel')
        screen.type('nowhere')
        screen.keys('Enter')
        screen.wait('This is a recording')
        print('ok: who tries something is told what it is')
        screen.keys('Escape')
        screen.wait('Cancel', gone=True)
        screen.keys('q')
        check(screen.wait_end() == 0, 'it ends when asked to')
        check(os.listdir(screen.home) == [], 'it has written nothing')


if __name__ == '__main__':
    screenlib.require_tmux()
    clientlib.run(main)
