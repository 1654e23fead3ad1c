#!/usr/bin/env python3
"""A screen with the real engine, logged in, on which nothing changes: its
thread does not wake up and no byte goes to the terminal.

Measured for three seconds; other work on the computer may change what is
shown (the free space), so a few windows are tried and one must be silent.
"""
import os
import pty
import signal
import sys
import time

os.environ.setdefault('LC_ALL', 'C.UTF-8')
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'system'))
import clientlib  # noqa: E402
import terminal_modes  # noqa: E402
from clientlib import check, wait_for  # noqa: E402

WINDOW = 3   # seconds that must be silent
WINDOWS = 10
SETTLE = 7   # seconds; the last notice goes after six


class Screen(terminal_modes.Terminal):
    """p2ptui instead of the demo."""

    def __init__(self, lab, client):
        self.command = [
            os.path.join(clientlib.BUILD, 'p2ptui'), '--state-dir',
            client.state, '--download-dir', client.home, '-l', '127.0.0.1:0',
            '-t', '127.0.0.1:%d' % lab.tracker.port]
        super().__init__()

    def program(self, arguments):
        return self.command + list(arguments)


def thread_switches(pid, name):
    """Context switches of the thread that has this name."""
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/status' % (pid, task)) as status:
            fields = dict(line.rstrip('\n').split(':\t', 1)
                          for line in status if ':\t' in line)
        if fields['Name'] == name:
            return (int(fields['voluntary_ctxt_switches']) +
                    int(fields['nonvoluntary_ctxt_switches']))
    raise clientlib.Failure('there is no thread ' + name)


def is_silent(screen):
    before = thread_switches(screen.pid, 'p2p-ui')
    size = len(screen.output)
    end = time.monotonic() + WINDOW
    while time.monotonic() < end:
        screen.pump(end - time.monotonic())
        if len(screen.output) > size:
            break
    after = thread_switches(screen.pid, 'p2p-ui')
    if after == before and len(screen.output) == size:
        return True
    print('   %d switches, %d bytes' % (after - before,
                                        len(screen.output) - size))
    return False


def main():
    with clientlib.Lab() as lab:
        client = lab.member('alice', 'dev_team')
        path = clientlib.make_file(lab.path('shared'), 1 << 20)
        client.do('upload_file %s dev_team' % path)
        client.stop()
        screen = Screen(lab, client)
        try:
            wait_for(lambda: screen.pump(0.1) and b'sharing' in screen.output,
                     'the file on the screen')
            while screen.pump(SETTLE):
                pass
            check(any(is_silent(screen) for _ in range(WINDOWS)),
                  'no wake-up and no byte in %d s' % WINDOW)
            os.kill(screen.pid, signal.SIGTERM)
            check(screen.wait_exit() == 0, 'SIGTERM ends it')
            screen.assert_restored()
        finally:
            screen.close()


if __name__ == '__main__':
    try:
        for fd in pty.openpty():
            os.close(fd)
    except OSError as problem:
        print('no pseudo-terminals here: %s' % problem)
        sys.exit(77)
    clientlib.run(main)
