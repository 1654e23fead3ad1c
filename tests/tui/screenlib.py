"""p2ptui's full screen in a tmux of its own, worked with keys and looked at as
a person would.

Each screen marks its frames through P2PTUI_FRAME_FD; waiting is for a text on
the captured screen, looked at again whenever a frame was drawn, with a
deadline. The trackers and the scratch directory are clientlib's.
"""
import curses
import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'system'))
import clientlib  # noqa: E402
from clientlib import BUILD, DEADLINE, Failure  # noqa: E402

# A frame is on the pipe before tmux has digested it: look again so soon.
DIGEST = 0.1


def terminal_type():
    """What tmux is called here; None when no description of it is installed."""
    for name in ('tmux-256color', 'screen-256color', 'screen'):
        try:
            curses.setupterm(name, os.open(os.devnull, os.O_RDONLY))
            return name
        except curses.error:
            continue
    return None


def require_tmux():
    if shutil.which('tmux') is None:
        print('tmux is not installed')
        sys.exit(77)
    if terminal_type() is None:
        print('no description of a terminal of tmux is installed')
        sys.exit(77)


class Stage:
    """A lab with screens: one tmux server, any number of people."""

    def __init__(self, lab):
        self.lab = lab
        self.socket = lab.path('tmux')
        self.screens = []
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ('TMUX', 'COLUMNS', 'LINES',
                                           'P2PTUI_PASSWORD', 'LANGUAGE')
                            and not key.startswith('XDG_')}

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for screen in self.screens:
                print('--- screen of %s ---\n%s' % (screen.name, screen.text()))
        self.tmux('kill-server', check=False)
        for screen in self.screens:
            screen.close()

    def tmux(self, *arguments, check=True):
        done = subprocess.run(['tmux', '-S', self.socket, '-f', os.devnull,
                               *arguments], env=self.environment,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise Failure('tmux %s: %s' % (arguments[0], done.stderr.decode()))
        return done.stdout.decode('utf-8', 'replace')

    def screen(self, name, size=(80, 24), options=(), locale='C.UTF-8'):
        screen = Screen(self, name, size, options, locale)
        self.screens.append(screen)
        return screen

    def watch_frames(self, seconds):
        """Wait for a frame of any screen; take all that is there."""
        pipes = [screen.frames for screen in self.screens]
        for fd in select.select(pipes, [], [], seconds)[0]:
            if not os.read(fd, 65536):
                select.select([], [], [], seconds)  # its program has ended


class Screen:
    def __init__(self, stage, name, size, options, locale):
        self.stage = stage
        self.name = name
        self.size = size
        self.home = stage.lab.path(name + '-home')
        os.makedirs(self.home, exist_ok=True)
        pipe = stage.lab.path(name + '-frames')
        if not os.path.exists(pipe):
            os.mkfifo(pipe)
        self.frames = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.status = stage.lab.path(name + '-status')
        command = 'exec 9>%s; env %s %s; echo $? >%s' % (
            shlex.quote(pipe),
            ' '.join(shlex.quote(one) for one in (
                'TERM=' + terminal_type(), 'LC_ALL=' + locale,
                'HOME=' + self.home, 'P2PTUI_FRAME_FD=9')),
            ' '.join(shlex.quote(one) for one in (
                os.path.abspath(os.path.join(BUILD, 'p2ptui')), *options)),
            shlex.quote(self.status))
        # It must not start before the pane is told to outlive it.
        self.pane = stage.tmux(
            'new-session', '-d', '-P', '-F', '#{pane_id}', '-x', str(size[0]),
            '-y', str(size[1]), '-c', self.home, 'cat').strip()
        stage.tmux('set-option', '-t', self.pane, 'remain-on-exit', 'on')
        stage.tmux('respawn-pane', '-k', '-t', self.pane, '-c', self.home,
                   command)

    def close(self):
        os.close(self.frames)

    def text(self):
        return self.stage.tmux('capture-pane', '-p', '-t', self.pane)

    def line(self, pattern):
        """The first line on the screen that fits, or None."""
        for line in self.text().split('\n'):
            if re.search(pattern, line):
                return line
        return None

    def keys(self, *names):
        self.stage.tmux('send-keys', '-t', self.pane, *names)

    def type(self, text):
        self.stage.tmux('send-keys', '-t', self.pane, '-l', '--', text)

    def resize(self, width, height):
        self.stage.tmux('resize-window', '-t', self.pane, '-x', str(width),
                        '-y', str(height))

    def wait(self, *patterns, gone=False):
        """Until each pattern is somewhere on the screen (or none is)."""
        end = time.monotonic() + DEADLINE
        while True:
            text = self.text()
            found = [bool(re.search(one, text)) for one in patterns]
            if (not any(found)) if gone else all(found):
                return text
            if time.monotonic() > end:
                raise Failure('%s: %s on the screen: %s' % (
                    self.name, 'still' if gone else 'not',
                    [p for p, f in zip(patterns, found) if f == gone]))
            self.stage.watch_frames(DIGEST)

    def leave_dialog(self, title):
        """Esc, and go on when it is gone: Esc and a letter is Alt-letter."""
        self.keys('Escape')
        self.wait(title, gone=True)

    def pid(self):
        """The process of p2ptui: the only child of the pane's shell."""
        shell = self.stage.tmux('display-message', '-p', '-t', self.pane,
                                '#{pane_pid}').strip()

        def child():
            with open('/proc/%s/task/%s/children' % (shell, shell)) as f:
                return f.read().split()
        return int(clientlib.wait_for(child, self.name + ' to run')[0])

    def exit_status(self):
        """As text with an end of line; empty before the end."""
        try:
            with open(self.status) as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def has_ended(self):
        return self.exit_status().endswith('\n')

    def wait_end(self):
        """The program ended by itself; its exit status."""
        clientlib.wait_for(self.has_ended, self.name + ' to end')
        return int(self.exit_status())
