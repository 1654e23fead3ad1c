"""What people do on p2ptui's screen, with keys alone; each step ends when the
screen says that it is done. What is waited for is short enough to stand on a
screen of 40 columns, too.
"""
import os
import re

from screenlib import Failure, clientlib
from clientlib import check


def pin_of(tracker):
    return re.search(r'pin sha256:([0-9a-f]{64})', tracker.log()).group(1)


def first_steps(screen, tracker):
    """Tracker and certificate; ends at the account."""
    screen.wait('Welcome', 'Where is your tracker')
    screen.keys('Enter')
    screen.wait('Type where the tracker is')
    screen.type('127.0.0.1:%d' % tracker.port)
    screen.keys('Enter')
    text = screen.wait('Is this your tracker')
    shown = ''.join(re.findall(r'(?:[0-9A-F]{2}:){7}[0-9A-F]{2}', text))
    check(shown.replace(':', '').lower() == pin_of(tracker),
          '%s sees the fingerprint that the tracker tells' % screen.name)
    screen.keys('Enter')
    screen.wait('Repeat it', '> ?Create ?<')


def refuse_tracker(screen, tracker):
    """The certificate is not trusted: back to the first step, which goes on
    with the same address."""
    screen.wait('Welcome', 'Where is your tracker')
    screen.type('127.0.0.1:%d' % tracker.port)
    screen.keys('Enter')
    screen.wait('Is this your tracker')
    screen.keys('Escape')
    screen.wait('Where is your tracker', r'\[127.0.0.1:%d' % tracker.port,
                'nothing of yours was sent')
    kept = os.path.join(screen.home, '.local/state/p2ptui/default')
    for name in ('trackers', 'known-trackers'):
        check(not os.path.exists(os.path.join(kept, name)),
              'nothing is kept in %s' % name)
    screen.keys('C-u')


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
    screen.wait('Ask to join', 'Create one')


def create_group(screen, group):
    screen.keys('c')
    screen.wait('Create a group', r'Name +\[ ')
    screen.type(group)
    screen.keys('Enter')
    screen.wait('No files here yet', group, 's +share a file')


def share(screen, start, name):
    """Share the only file in the home directory that begins with `start`."""
    screen.keys('s')
    screen.wait(r'Share (files|with)', r'> ?Share ?<')
    screen.type('~/' + start)
    screen.wait('Find: ' + start, '> *' + re.escape(name))
    screen.keys('Enter')
    screen.wait('Find: ', gone=True)
    screen.wait(r'> ?Share 1 file ?<')
    screen.keys('Enter')
    screen.wait(row(name, r' 100% .*(↑|sharing)'))


def row(name, rest):
    """The row of a file; sizes may stand between."""
    return '(?m)> *%s .*%s' % (re.escape(name), rest)


def ask_to_join(screen, group, message):
    screen.keys('J')
    screen.wait('Ask to join a group', '>%s +' % group)
    screen.keys('Tab')
    screen.type(message)
    screen.wait(message)
    screen.keys('Enter')
    screen.wait('You asked to join')


def accept(screen, user, message):
    """Somebody asks; the screen says who, and which key leads there."""
    screen.wait('%s asks to join ' % user, r'1 waits to join')
    screen.keys('r')
    screen.wait(r'\[Requests\]', '> ?%s ' % user, message)
    screen.keys('a')
    screen.wait('%s is a member now' % user, 'Nobody waits to join')
    screen.keys('q')
    screen.wait(r'\[Files\]')
    screen.wait('waits to join', gone=True)


def download(screen, name):
    """Load the file that is chosen to where downloads go."""
    screen.wait(row(name, r'(·|not here)'), 'd Download')
    screen.keys('d')
    screen.wait(row(name, r' 100% .*(↑|sharing)'))


def download_to(screen, name, folder):
    """Load it to another folder, and be told how much room there is."""
    screen.wait(row(name, r'(·|not here)'))
    screen.keys('D')
    screen.wait(r'Into +\[', 'free on the disk')
    screen.keys('C-u')
    screen.type(folder)
    screen.wait(r'Into +\[.*%s' % folder[-12:])
    screen.keys('Enter')


def stop_sharing(screen, name):
    screen.keys('x')
    # The question takes no answer for a moment, so that none is by mistake.
    question = r'Stop sharing %s\?' % re.escape(name)
    screen.wait(question)
    press_until_gone(screen, 'y', question)
    screen.wait(row(name, 'stopped'))


def press_until_gone(screen, key, pattern):
    """Press again while a dialog does not take keys yet."""
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


def quit_all(*screens):
    """Asked first by a screen from which somebody took a file until now."""
    question = r'Quit p2ptui\?'
    for screen in screens:
        screen.keys('F10')
        clientlib.wait_for(lambda: screen.has_ended() or
                           re.search(question, screen.text()),
                           screen.name + ' to end or to ask')
        while not screen.has_ended():
            if re.search(question, screen.text()):
                screen.keys('y')
            screen.stage.watch_frames(0.2)
        check(screen.wait_end() == 0, '%s quit' % screen.name)
