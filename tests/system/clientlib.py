"""Real p2p-tracker and p2ptui processes for the system tests.

Everything listens on 127.0.0.1 with free ports and lives in one scratch
directory. Waiting is always for a condition with a deadline, never for time
alone. Every process a test started is ended by its pid.
"""
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get('builddir', '.')
DEADLINE = 120  # seconds; instrumented builds on a busy machine are slow


class Failure(Exception):
    pass


def wait_for(condition, what, seconds=DEADLINE):
    """Poll a condition that has no event of its own; fail with its name."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure('timed out waiting for ' + what)
        time.sleep(0.02)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def make_file(path, size, seed=1):
    """A file of `size` bytes that does not repeat itself, the same each time."""
    block = hashlib.sha512(str(seed).encode()).digest()
    with open(path, 'wb') as f:
        left = size
        counter = 0
        while left > 0:
            counter += 1
            base = hashlib.sha512(block + counter.to_bytes(8, 'big')).digest()
            chunk = (base * 1024)[:min(left, 65536)]
            f.write(chunk)
            left -= len(chunk)
    return path


class Tracker:
    def __init__(self, lab, port=0):
        self.lab = lab
        self.data = os.path.join(lab.dir, 'tracker')
        self.log_path = os.path.join(lab.dir, 'tracker.log')
        self.port = port
        self.process = None
        self.start()

    def start(self):
        log = open(self.log_path, 'ab')
        before = os.path.getsize(self.log_path)
        self.process = subprocess.Popen(
            [os.path.join(BUILD, 'p2p-tracker'), '--config', self.lab.config,
             '--data-dir', self.data,
             '--listen', '127.0.0.1:%d' % self.port, '--http', 'off'],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

        def listening():
            if self.process.poll() is not None:
                raise Failure('the tracker ended: ' + self.log())
            with open(self.log_path, 'rb') as f:
                f.seek(before)
                for line in f:
                    if b'listening on 127.0.0.1:' in line:
                        text = line.split(b'listening on 127.0.0.1:')[1]
                        return int(text.split(b',')[0])
            return 0
        self.port = wait_for(listening, 'the tracker to listen')

    def log(self):
        with open(self.log_path, 'rb') as f:
            return f.read().decode('utf-8', 'replace')

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(DEADLINE) != 0:
                raise Failure('the tracker ended with %d:\n%s'
                              % (self.process.returncode, self.log()))


class Client:
    """One member: a p2ptui that reads commands and answers with JSON lines."""

    def __init__(self, lab, name, options=()):
        self.lab = lab
        self.name = name
        self.state = os.path.join(lab.dir, name)
        self.home = os.path.join(lab.dir, name + '-home')
        os.makedirs(self.home, exist_ok=True)
        self.log_path = os.path.join(lab.dir, name + '.log')
        self.options = list(options)
        self.prefix = []  # a program that starts it
        self.process = None
        self.pending = b''
        self.last_line = b''  # the last answer as it came
        self.start()

    def start(self):
        log = open(self.log_path, 'ab')
        environment = dict(os.environ, P2PTUI_PASSWORD='password of ' + self.name,
                           HOME=self.home, LC_ALL='C.UTF-8')
        self.pending = b''
        self.process = subprocess.Popen(
            self.prefix + [os.path.join(BUILD, 'p2ptui'), '--plain', '--json',
             '--config', self.lab.config,
             '--state-dir', self.state, '--download-dir', self.home,
             '-t', '127.0.0.1:%d' % self.lab.tracker.port,
             '-l', '127.0.0.1:0'] + self.options,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            env=environment)
        log.close()
        os.set_blocking(self.process.stdout.fileno(), False)

    def log(self):
        with open(self.log_path, 'rb') as f:
            return f.read().decode('utf-8', 'replace')

    def send(self, line):
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()

    def has_answer(self):
        """Whether a JSON line is there, without waiting."""
        try:
            self.pending += os.read(self.process.stdout.fileno(), 1 << 20)
        except BlockingIOError:
            pass
        return b'\n' in self.pending or self.process.poll() is not None

    def answer(self, seconds=DEADLINE):
        """The next JSON line."""
        end = time.monotonic() + seconds
        fd = self.process.stdout.fileno()
        while b'\n' not in self.pending:
            left = end - time.monotonic()
            if left <= 0:
                raise Failure('%s does not answer; its log:\n%s'
                              % (self.name, self.log()))
            if select.select([fd], [], [], left)[0]:
                data = os.read(fd, 1 << 20)
                if not data:
                    raise Failure('%s ended (%s); its log:\n%s'
                                  % (self.name, self.process.poll(), self.log()))
                self.pending += data
        line, self.pending = self.pending.split(b'\n', 1)
        self.last_line = line
        return json.loads(line)

    def ask(self, line, seconds=DEADLINE):
        self.send(line)
        return self.answer(seconds)

    def do(self, line, seconds=DEADLINE):
        """Run a command that must succeed; its result."""
        reply = self.ask(line, seconds)
        if not reply['ok']:
            raise Failure('%s: %s: %s' % (self.name, line, reply['error']))
        return reply['result']

    def refused(self, line, code):
        reply = self.ask(line)
        if reply['ok'] or reply['error']['code'] != code:
            raise Failure('%s: %s: expected %s, got %s'
                          % (self.name, line, code, reply))
        return reply['error']['message']

    def transfer(self, name):
        for row in self.do('show_downloads'):
            if row['name'] == name:
                return row
        return None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                raise Failure('%s does not stop; its log:\n%s'
                              % (self.name, self.log()))
            if status != 0:
                raise Failure('%s ended with %d; its log:\n%s'
                              % (self.name, status, self.log()))


class Lab:
    """Scratch directory, one tracker, any number of clients."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='p2p-test.')
        # Not what the administrator of this machine wrote.
        self.config = make_file(self.path('empty.conf'), 0)
        self.clients = []
        self.tracker = None

    def __enter__(self):
        self.tracker = Tracker(self)
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                for client in self.clients:
                    client.stop()
                self.tracker.stop()
        finally:
            for one in self.clients + [self.tracker]:
                if one is not None and one.process.poll() is None:
                    one.process.kill()
                    one.process.wait()
            if kind is not None:
                print('--- tracker log ---\n' + self.tracker.log()[-4000:])
                for client in self.clients:
                    print('--- log of %s ---\n%s' % (client.name, client.log()[-4000:]))
            shutil.rmtree(self.dir, ignore_errors=True)

    def client(self, name, options=()):
        client = Client(self, name, options)
        self.clients.append(client)
        return client

    def member(self, name, group, owner=None, options=()):
        """An account in `group`: its creator, or let in by `owner`."""
        client = self.client(name, options)
        client.do('create_user ' + name)
        if owner is None:
            client.do('create_group ' + group)
        else:
            client.do('join_group ' + group)
            owner.do('accept_request %s %s' % (group, name))
        return client

    def path(self, *parts):
        return os.path.join(self.dir, *parts)


def check(condition, what):
    if not condition:
        raise Failure(what)
    print('ok: ' + what)


def run(main):
    """Run a test's main function; 77 when the programs are not built."""
    if not os.path.exists(os.path.join(BUILD, 'p2ptui')):
        print('p2ptui is not built')
        sys.exit(77)
    try:
        main()
    except Failure as failure:
        print('FAILED: %s' % failure)
        sys.exit(1)
