#!/usr/bin/env python3
"""The terminal has its modes back after every way out of the full screen, an
idle screen does not wake up, and a hangup ends it.

Runs tests/tui/screen_demo on a pseudo-terminal. Waits for the frame marks that
P2PTUI_FRAME_FD asks for, never for time to pass.
"""
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

DEMO = os.path.join(os.environ.get("builddir", "."), "tests/tui/screen_demo")
PATIENCE = 20  # seconds before a test that hangs fails
INSTRUMENTED = os.environ.get("INSTRUMENTED", "no") == ""
ON = (b"\x1b[?1049h", b"\x1b[?2004h")
OFF = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?1000l")


class Terminal:
    """A demo on a pseudo-terminal of 80x24, with an open slave end here, so
    that the modes can be read when the demo is gone."""

    def __init__(self, *arguments, term="xterm-256color"):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.frames, frame_end = os.pipe()
        self.marks = b""
        self.sources = [self.master, self.frames]
        self.pid = os.fork()
        if self.pid == 0:
            self.become_demo(arguments, frame_end, term)
        os.close(frame_end)

    def program(self, arguments):
        return [DEMO, *arguments]

    def become_demo(self, arguments, frame_end, term):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(self.slave, fd)
        os.set_inheritable(frame_end, True)
        environment = dict(os.environ, TERM=term, LC_ALL="C.UTF-8",
                           P2PTUI_FRAME_FD=str(frame_end))
        environment.pop("COLUMNS", None)
        environment.pop("LINES", None)
        try:
            os.close(self.master)
            command = self.program(arguments)
            os.execve(command[0], command, environment)
        finally:
            os._exit(127)

    def pump(self, seconds):
        """Take what is there; False when nothing came in that time."""
        ready, _, _ = select.select(self.sources, [], [], seconds)
        for fd in ready:
            try:
                data = os.read(fd, 65536)
            except OSError as problem:
                if problem.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                self.sources.remove(fd)
            elif fd == self.master:
                self.output += data
            else:
                self.marks += data
        return bool(ready)

    def wait_frames(self, count):
        end = time.monotonic() + PATIENCE
        while self.marks.count(b"\n") < count:
            assert time.monotonic() < end, f"no frame {count}: {self.marks}"
            self.pump(1)

    def wait_idle(self):
        """Until the newest frame says idle and nothing follows for a while."""
        end = time.monotonic() + PATIENCE
        while self.pump(0.5) or not self.marks.endswith(b"idle\n"):
            assert time.monotonic() < end, "never idle"

    def wait_exit(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.pump(0.1):
                    pass
                return status
            self.pump(0.05)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("it does not end")

    def assert_restored(self):
        now = termios.tcgetattr(self.slave)
        assert now == self.before, f"modes differ: {now} != {self.before}"
        for sequence in OFF:
            assert sequence in self.output, f"{sequence} was not sent"
        assert self.output.rfind(ON[0]) < self.output.rfind(OFF[0])
        assert self.output.rfind(ON[1]) < self.output.rfind(OFF[1])

    def close(self):
        for fd in (self.master, self.slave, self.frames):
            try:
                os.close(fd)
            except OSError:
                pass


def started(*arguments, **options):
    t = Terminal(*arguments, **options)
    t.wait_frames(1)
    t.wait_idle()
    for sequence in ON:
        assert sequence in t.output, f"{sequence} was not sent"
    assert termios.tcgetattr(t.slave) != t.before
    return t


def check_signal(number):
    t = started()
    os.kill(t.pid, number)
    status = t.wait_exit()
    t.assert_restored()
    if number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
    else:
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, status
    t.close()


def check_quit():
    t = started()
    os.write(t.master, b"\x03")
    t.wait_frames(t.marks.count(b"\n") + 1)
    os.write(t.master, b"\x03")
    status = t.wait_exit()
    assert status == 0, status
    t.assert_restored()
    t.close()


def wait_stopped(t):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        pid, status = os.waitpid(t.pid, os.WNOHANG | os.WUNTRACED)
        if pid:
            assert os.WIFSTOPPED(status), status
            return
        t.pump(0.05)
    raise AssertionError("it does not stop")


def check_suspend(by_key):
    t = started()
    frames = t.marks.count(b"\n")
    if by_key:
        os.write(t.master, b"\x1a")
    else:
        os.kill(t.pid, signal.SIGTSTP)
    wait_stopped(t)
    t.pump(0.2)
    t.assert_restored()
    os.kill(t.pid, signal.SIGCONT)
    t.wait_frames(frames + 1)
    t.wait_idle()
    assert t.output.rfind(ON[0]) > t.output.rfind(OFF[0])
    assert termios.tcgetattr(t.slave) != t.before
    os.kill(t.pid, signal.SIGTERM)
    t.wait_exit()
    t.assert_restored()
    t.close()


def check_hangup():
    """The terminal goes away while nobody sends a signal."""
    t = started()
    os.close(t.slave)
    os.close(t.master)
    begin = time.monotonic()
    end = begin + PATIENCE
    pid = 0
    while not pid and time.monotonic() < end:
        pid, _ = os.waitpid(t.pid, os.WNOHANG)
        select.select([], [], [], 0.02)
    assert pid, "it outlives its terminal"
    assert time.monotonic() - begin < 2
    os.close(t.frames)


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as status:
            total += sum(int(line.split()[1]) for line in status
                         if "ctxt_switches" in line)
    return total


def check_idle():
    """No wake-up and no byte while nothing changes."""
    t = started()
    while t.pump(7):  # the last notice goes after six seconds
        pass
    size, before = len(t.output), switches(t.pid)
    assert not t.pump(3)
    # Sanitizers have threads of their own, which wake up.
    assert INSTRUMENTED or switches(t.pid) == before, "it woke up"
    assert len(t.output) == size
    os.kill(t.pid, signal.SIGTERM)
    t.wait_exit()
    t.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_flood():
    """A thousand events a second cost four frames, and not much more."""
    t = Terminal("--flood")
    t.wait_frames(25)  # the first second is faster
    begin, frames, cpu = time.monotonic(), t.marks.count(b"\n"), cpu_seconds(t.pid)
    while time.monotonic() - begin < 4:
        t.pump(0.1)
    spent = time.monotonic() - begin
    frames = t.marks.count(b"\n") - frames
    share = (cpu_seconds(t.pid) - cpu) / spent
    print(f"   {frames / spent:.1f} frames a second, {100 * share:.1f} % of a core")
    assert 2 <= frames <= 4 * spent + 2, f"{frames} frames"
    os.kill(t.pid, signal.SIGTERM)
    assert t.wait_exit() == 0
    t.close()


def check_resize():
    """Any size, down to one cell; the frames say it was drawn."""
    t = started()
    for rows, columns in ((1, 1), (5, 20), (60, 200), (2, 300), (24, 80)):
        frames = t.marks.count(b"\n")
        fcntl.ioctl(t.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        t.wait_frames(frames + 1)
    os.kill(t.pid, signal.SIGTERM)
    assert t.wait_exit() == 0
    t.assert_restored()
    t.close()


def check_refused(term):
    """A terminal that cannot do it is told so in a sentence, status 2."""
    t = Terminal(term=term)
    status = t.wait_exit()
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 2, status
    assert b"--plain" in t.output, t.output
    assert termios.tcgetattr(t.slave) == t.before
    t.close()


def main():
    if not os.access(DEMO, os.X_OK):
        print(f"{DEMO} is not built")
        return 77
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as problem:
        print(f"no pseudo-terminals here: {problem}")
        return 77
    checks = [(f"SIG {name.name}", check_signal, name) for name in (
        signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGABRT,
        signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
        signal.SIGQUIT)]
    if INSTRUMENTED:
        # Sanitizers have their own handlers for crashes.
        checks = checks[:3]
    checks += [("quit", check_quit), ("suspend by key", check_suspend, True),
               ("suspend by signal", check_suspend, False),
               ("hangup", check_hangup), ("idle", check_idle),
               ("flood", check_flood),
               ("resize", check_resize), ("TERM=dumb", check_refused, "dumb"),
               ("TERM unknown", check_refused, "no-such-terminal")]
    failed = 0
    for name, check, *arguments in checks:
        try:
            check(*arguments)
            print(f"ok {name}")
        except AssertionError as problem:
            failed += 1
            print(f"FAILED {name}: {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
