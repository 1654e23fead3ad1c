#!/usr/bin/env python3
"""Everything that users get wrong: each mistake ends with one sentence on
standard error and the documented exit status, and under --json with one JSON
object instead (S1-22, S1-23, S2-12, S2-24, S0-26)."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from clientlib import BUILD, DEADLINE, Failure, Lab, check, make_file, run

NOBODY = 65534


class Shell:
    """One-shot p2ptui commands, as somebody types them. Root may read
    everything, so then a user without rights does it."""

    def __init__(self, port):
        self.port = port
        self.dir = tempfile.mkdtemp(prefix='p2p-test.')
        self.as_user = {}
        self.config = make_file(self.path('empty.conf'), 0)
        os.chmod(self.config, 0o644)
        self.program = os.path.abspath(os.path.join(BUILD, 'p2ptui'))
        if os.geteuid() == 0:
            # That user may not be let into the directory of the build.
            self.program = shutil.copy(self.program, self.path('program'))
            os.chmod(self.program, 0o755)
            os.chown(self.dir, NOBODY, NOBODY)
            self.as_user = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []}
        self.cases = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, *words, profile='wanda', password='password of wanda',
              tracker=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
        environment = {'PATH': os.environ['PATH'], 'HOME': self.dir,
                       'LC_ALL': 'C.UTF-8'}
        for name in ('ASAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS',
                     'UBSAN_OPTIONS'):
            if name in os.environ:
                environment[name] = os.environ[name]
        if password is not None:
            environment['P2PTUI_PASSWORD'] = password
        line = [self.program, '--state-dir', self.path(profile),
                '--download-dir', self.dir]
        if '--config' not in words: # that of the system may be out of reach
            line += ['--config', self.config]
        if tracker:
            line += ['-t', '127.0.0.1:%d' % self.port]
        # A new session, so that there is no terminal to ask for a password.
        return subprocess.Popen(
            line + list(words), env=environment, stdin=stdin,
            stdout=stdout, stderr=subprocess.PIPE, cwd=self.dir,
            start_new_session=True, **self.as_user)

    def run(self, *words, **more):
        with self.start(*words, **more) as process:
            try:
                out, errors = process.communicate(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failure('%r hangs' % (words,))
        return subprocess.CompletedProcess(words, process.returncode, out, errors)

    def do(self, command, **more):
        done = self.run('-c', command, **more)
        if done.returncode != 0:
            raise Failure('%s: %d %r' % (command, done.returncode, done.stderr))
        return done.stdout.decode()

    def wrong(self, what, status, code, *words, says='', **more):
        """The mistake `words`, first for people and then for programs."""
        plain = self.run(*words, **more)
        lines = [line for line in plain.stderr.decode().splitlines()
                 if not line.startswith('* ')]
        if plain.returncode != status:
            raise Failure('%s: status %d, expected %d: %r'
                          % (what, plain.returncode, status, plain.stderr))
        if len(lines) != 1 or not lines[0].startswith('p2ptui: '):
            raise Failure('%s: not one sentence: %r' % (what, lines))
        if says not in lines[0]:
            raise Failure('%s: %r does not say %r' % (what, lines[0], says))
        if plain.stdout != b'':
            raise Failure('%s: output %r' % (what, plain.stdout))
        programs = self.run('--json', *words, **more)
        objects = [json.loads(line) for line in programs.stdout.splitlines()]
        if programs.returncode != status or len(objects) != 1:
            raise Failure('%s: json: status %d, %r, %r'
                          % (what, programs.returncode, programs.stdout,
                             programs.stderr))
        error = objects[0]['error']
        if objects[0]['ok'] or error['code'] != code or 'command' not in objects[0]:
            raise Failure('%s: json: %r, expected %s' % (what, objects[0], code))
        if 'p2ptui: ' + error['message'] != lines[0] and 'sha256' not in lines[0]:
            raise Failure('%s: %r is not %r' % (what, error['message'], lines[0]))
        self.cases += 1
        print('ok: %s: %s' % (what, lines[0]))


def options(shell):
    for words, says in ((['--frob'], '--frob'), (['-Z'], '-Z'),
                        (['-t'], '-t'), (['-l', '70000'], '70000'),
                        (['-t', 'nowhere'], 'nowhere'), (['a', 'b', 'c', 'd'], '--help'),
                        (['127.0.0.1:7000', '/nowhere/trackers'], '/nowhere/trackers'),
                        (['--config', '/nowhere/conf'], 'conf: there is no such file'),
                        (['--password-file', '/nowhere/pw'], '/nowhere/pw')):
        shell.wrong('option ' + ' '.join(words), 2, 'usage', *words, says=says,
                    tracker=False)
    empty = make_file(shell.path('empty'), 0)
    os.chmod(empty, 0o600)
    if shell.as_user:
        os.chown(empty, NOBODY, NOBODY)
    shell.wrong('no tracker in a file', 2, 'usage', '--trackers', empty,
                '-c', 'whoami', says='HOST:PORT, one a line', tracker=False)
    shell.wrong('no password in a file', 2, 'usage', '--password-file', empty,
                '-c', 'login wanda', says='empty', password=None,
                profile='fresh')
    for word in ('--demo', '--record'):
        shell.wrong('no screen for ' + word, 2, 'usage', word, empty, '-c',
                    'version', says='terminal', tracker=False)
    bad = shell.path('bad.conf')
    with open(bad, 'w') as f:
        f.write('# fine\nlisten = nonsense\n')
    os.chmod(bad, 0o644)
    shell.wrong('configuration', 2, 'usage', '--config', bad, says='bad.conf:2: ')


def lines(shell):
    shell.wrong('unknown command', 2, 'usage', '-c', 'frobnicate x', says='frobnicate')
    shell.wrong('near a command', 2, 'usage', '-c', 'list_fils lab', says='list_files')
    shell.wrong('too few words', 2, 'usage', '-c', 'accept_request lab',
                says='accept_request GROUP USER')
    shell.wrong('too many words', 2, 'usage', '-c', 'logout now please')
    shell.wrong('open quote', 2, 'usage', '-c', 'create_group "lab', says='quote')
    shell.wrong('bad UTF-8', 2, 'usage', b'-c', b'create_group a\xffb', says='UTF-8')
    shell.wrong('bad number', 2, 'usage', '-c', 'locate lab data.bin x')
    shell.wrong('help for nothing', 2, 'usage', '-c', 'help frobnicate')
    shell.wrong('only on the screen', 2, 'usage', '-c', 'find x', says='screen')


def trackers(shell):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        closed = s.getsockname()[1]
    address = '127.0.0.1:%d' % closed
    shell.wrong('no tracker there', 3, 'no_tracker', '-t', address, '-c', 'list_groups',
                says=address + ': connection refused; look at', tracker=False, profile='fresh')
    shell.wrong('no such host', 3, 'no_tracker', '-t', 'tracker.invalid:7000', '-c',
                'list_groups', says='tracker.invalid', tracker=False, profile='fresh')
    shell.wrong('no tracker known', 3, 'no_tracker', '-c', 'login wanda',
                says='--tracker', tracker=False, profile='fresh')
    shell.wrong('wrong pin', 3, 'wrong_pin', '-t',
                '127.0.0.1:%d,sha256:%s' % (shell.port, '00' * 32), '-c',
                'login wanda', says='--fingerprint', tracker=False, profile='fresh')


def accounts(shell):
    shell.wrong('wrong password', 4, 'bad_password', '-c', 'login wanda',
                says='create_user', password='wrong password', profile='fresh')
    shell.wrong('no such user', 4, 'bad_password', '-c', 'login nobody',
                profile='fresh')
    shell.wrong('no password', 2, 'usage', '-c', 'login wanda', password=None,
                says='--password-file', profile='fresh')
    shell.wrong('user exists', 1, 'exists', '-c', 'create_user wanda',
                says='choose another', profile='fresh')
    shell.wrong('short password', 1, 'invalid', '-c', 'create_user x', password='short',
                says='8 to 1024', profile='fresh')
    shell.wrong('bad user name', 1, 'invalid', '-c', 'create_user "a\x07b"',
                profile='fresh')
    shell.wrong('not logged in', 4, 'not_logged_in', '-c', 'list_groups',
                says='login USER', profile='fresh')
    shell.wrong('whoami before a login', 4, 'not_logged_in', '-c', 'whoami',
                says='login USER', profile='fresh')
    shell.wrong('logout before a login', 4, 'not_logged_in', '-c', 'logout',
                profile='fresh')


def groups(shell):
    shell.wrong('group exists', 1, 'exists', '-c', 'create_group lab',
                says='choose another')
    shell.wrong('bad group name', 1, 'invalid', '-c', 'create_group ' + 'x' * 65,
                says='64 bytes')
    for command in ('join_group nowhere', 'leave_group nowhere', 'list_files nowhere',
                    'members nowhere', 'list_requests nowhere',
                    'accept_request nowhere wanda'):
        shell.wrong('no such group: ' + command, 5, 'not_found', '-c', command,
                    says='list_groups')
    shell.wrong('a group of others', 4, 'not_authorised', '-c', 'list_files secret',
                says='role')
    shell.wrong('no right to decide', 4, 'not_authorised', '-c',
                'accept_request lab nobody')
    shell.wrong('no such command to skip', 2, 'usage', '-c', 'frobnicate', '-c',
                'list_groups')


def files(shell):
    secret = shell.path('unreadable')
    fifo = shell.path('fifo')
    wall = shell.path('wall')
    good = make_file(shell.path('good.bin'), 100000)
    for path in (good, make_file(secret, 1000)):
        if shell.as_user:
            os.chown(path, NOBODY, NOBODY)
    os.chmod(secret, 0)
    os.mkfifo(fifo)
    os.mkdir(wall)
    os.chmod(wall, 0o555)
    shell.wrong('no such file', 5, 'not_found', '-c', 'share /nowhere/file lab',
                says='/nowhere/file')
    shell.wrong('unreadable file', 4, 'not_authorised', '-c', 'share unreadable lab',
                says='unreadable: ')
    shell.wrong('not a file', 1, 'invalid', '-c', 'share fifo lab', says='fifo')
    shell.wrong('share into nowhere', 5, 'not_found', '-c', 'share good.bin nowhere')
    shell.wrong('share into a group of others', 4, 'not_authorised', '-c',
                'share good.bin secret')
    shell.wrong('share everything', 1, 'invalid', '-c', 'share / lab', says='root')
    shell.wrong('odd piece size', 1, 'invalid', '-c', 'share good.bin lab 3000',
                says='power of two')
    with open(shell.path('vast'), 'wb') as f:
        f.truncate(16 << 30)
    began = time.monotonic()
    shell.wrong('a million pieces', 1, 'too_big', '-c', 'share vast lab 16K',
                says='larger piece size')
    check(time.monotonic() - began < 20, 'and that before it is hashed')
    shell.wrong('no such item', 5, 'not_found', '-c', 'download lab nothing.bin',
                says='list_files')
    shell.wrong('no such item anywhere', 5, 'not_found', '-c', 'download nothing.bin',
                says='nothing.bin')
    shell.wrong('directory without rights', 4, 'not_authorised', '-c',
                'download lab data.bin wall/', says=wall)
    shell.wrong('a directory that cannot be made', 4, 'not_authorised', '-c',
                'download lab data.bin wall/there/',
                says='/wall/there: permission denied')
    shell.wrong('a file for a directory', 1, 'exists', '-c',
                'download lab data.bin good.bin/',
                says='good.bin: something else of this name is there; choose')
    shell.wrong('another file in the way', 1, 'exists', '-c',
                'download lab data.bin ./good.bin', says='good.bin')
    for command in ('info', 'stop_share', 'pause', 'verify', 'peers'):
        shell.wrong('not here: ' + command, 5, 'not_found', '-c',
                    command + ' lab data.bin', says='data.bin')
    shell.wrong('unpublish the file of another', 4, 'not_authorised', '-c',
                'unpublish lab data.bin')


def damage(shell):
    shell.do('share good.bin lab')
    with open(shell.path('good.bin'), 'r+b') as f:
        f.write(b'not what it was')
    shell.wrong('a file that has changed', 6, 'verify', '-c', 'verify lab good.bin',
                says='remove')
    shell.wrong('a copy that has changed', 6, 'verify', '-c', 'download lab good.bin',
                says='remove')


PLAIN = (
    (b'frobnicate', 'usage', 'frobnicate'),
    (b'create_group "lab', 'usage', 'quote'),
    (b'create_group a\xff\xfeb', 'usage', 'UTF-8'),
    (b'list_files nowhere', 'not_found', 'list_groups'),
    (b'list_files lab \0 x', 'usage', 'zero byte'),
    (b'\0', 'usage', 'zero byte'),
    (b'share /nowhere/file lab', 'not_found', '/nowhere/file'),
    (b'create_group ' + b'x' * 100000, 'usage', 'long'),
)


def line_mode(shell):
    """The same mistakes line by line: each has its answer, and after each the
    next command works. The exit status is that of the last one."""
    text = b''.join(line + b'\nwhoami\n' for line, _, _ in PLAIN)
    for last, status in ((b'whoami', 0), (b'list_files nowhere', 5)):
        with shell.start('--plain', '--json', stdin=subprocess.PIPE) as process:
            out = process.communicate(text + last, timeout=DEADLINE)[0]
        replies = [json.loads(line) for line in out.splitlines()]
        check(len(replies) == 2 * len(PLAIN) + 1 and
              process.returncode == status,
              'one answer for each line, status %d' % process.returncode)
    for n, (line, code, says) in enumerate(PLAIN):
        error = replies[2 * n].get('error')
        if error is None or error['code'] != code or says not in error['message']:
            raise Failure('%r: %r' % (line[:40], replies[2 * n]))
        if replies[2 * n + 1]['result']['user'] != 'wanda':
            raise Failure('after %r: %r' % (line[:40], replies[2 * n + 1]))
        print('ok: %r: %s' % (line[:40], error['message']))


def processes(shell):
    shell.wrong('a second process', 1, 'busy', '-c', 'list_groups', says='--profile')
    shell.wrong('a port that is taken', 1, 'busy', '-l', '127.0.0.1:%d' % shell.port,
                '-c', 'help', says=str(shell.port), profile='fresh')
    shell.wrong('a profile in a file', 1, 'exists', '--state-dir',
                shell.path('good.bin'), '-c', 'help', says='good.bin')


def full_output(shell):
    """S2-24: what cannot be said is not passed over in silence."""
    if not os.path.exists('/dev/full'):
        return
    for words in (['-c', 'help'], ['--json', '-c', 'whoami'], ['--version']):
        with open('/dev/full', 'w') as full:
            done = shell.start(*words, stdout=full)
            errors = done.communicate(timeout=DEADLINE)[1].decode()
        said = [line for line in errors.splitlines()
                if not line.startswith('* ')]
        check(done.returncode == 1 and len(said) == 1 and
              said[0].startswith('p2ptui: cannot write the output'),
              'a full disk behind %s: %s' % (words[-1], said))


def main():
    with Lab() as lab, Shell(lab.tracker.port) as shell:
        alice = lab.member('alice', 'lab')
        alice.do('create_group secret')
        alice.do('share %s lab' % make_file(lab.path('data.bin'), 300000))
        shell.do('create_user wanda')
        shell.do('join_group lab')
        alice.do('accept_request lab wanda')
        check('lab' in shell.do('list_my_groups'), 'wanda is a member')
        options(shell)
        lines(shell)
        trackers(shell)
        accounts(shell)
        groups(shell)
        files(shell)
        damage(shell)
        line_mode(shell)
        full_output(shell)
        holder = shell.start('--plain', '--json', stdin=subprocess.PIPE)
        try:
            holder.stdin.write(b'whoami\n')
            holder.stdin.flush()
            check(b'"ok":true' in holder.stdout.readline(), 'wanda is at work')
            processes(shell)
        finally:
            holder.communicate(timeout=DEADLINE)
        check('lab' in shell.do('list_my_groups'), 'after all that wanda works on')
        print('%d mistakes' % shell.cases)


run(main)
