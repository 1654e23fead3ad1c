#!/usr/bin/env python3
"""Many p2ptui of one user on one computer: each profile is somebody else, with
a port of its own and no other (S0-10, S0-26); one profile is used by one."""
import json
import os
import subprocess

from clientlib import BUILD, DEADLINE, Failure, Lab, check, run

COUNT = 10


class One:
    """A p2ptui that takes its state from the profile's usual place."""

    def __init__(self, lab, profile, *options):
        self.process = subprocess.Popen(
            [os.path.abspath(os.path.join(BUILD, 'p2ptui')), '--config', lab.config, '--plain',
             '--json', '--profile', profile, '-t',
             '127.0.0.1:%d' % lab.tracker.port] + list(options),
            env=dict(os.environ, HOME=lab.dir, LC_ALL='C.UTF-8',
                     XDG_STATE_HOME=lab.path('state'),
                     P2PTUI_PASSWORD='password of ' + profile),
            cwd=lab.dir, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def do(self, line):
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if not reply['ok']:
            raise Failure('%s: %s' % (line, reply['error']))
        return reply['result']

    def end(self):
        out, errors = self.process.communicate(b'quit\n', timeout=DEADLINE)
        return self.process.returncode, out, errors.decode()


def listening(pid):
    """The TCP ports that a process listens on, as ss -ltnp shows them; None
    where only root may know: it hides even from its own user."""
    inodes = set()
    if not os.access('/proc/%d/fd' % pid, os.R_OK):
        return None
    for fd in os.listdir('/proc/%d/fd' % pid):
        try:
            inodes.add(os.readlink('/proc/%d/fd/%s' % (pid, fd)))
        except FileNotFoundError:
            pass
    ports = []
    for name in ('tcp', 'tcp6'):
        with open('/proc/%d/net/%s' % (pid, name)) as f:
            for words in (line.split() for line in list(f)[1:]):
                if words[3] == '0A' and 'socket:[%s]' % words[9] in inodes:
                    ports.append(int(words[1].rsplit(':', 1)[1], 16))
    return ports


def second(lab, profile):
    """Another one with a profile that is in use."""
    status, out, errors = One(lab, profile, '-l', '127.0.0.1:0').end()
    error = json.loads(out)['error']
    check(status == 1 and error['code'] == 'busy' and
          '--profile' in error['message'] and errors == '',
          'S0-26 a profile in use: %s' % error['message'])


def main():
    with Lab() as lab:
        names = ['user%d' % n for n in range(COUNT)]
        all_of_them = []
        try:
            for name in names:
                all_of_them.append(One(lab, name, '-l', '127.0.0.1:0'))
            for name, one in zip(names, all_of_them):
                one.do('create_user ' + name)
            rows = [one.do('whoami') for one in all_of_them]
            check([row['user'] for row in rows] == names,
                  'S0-26 %d profiles side by side' % COUNT)
            ports = [int(row['listen_port']) for row in rows]
            check(len(set(ports)) == COUNT and 0 not in ports,
                  'S0-10 each has a port of its own')
            for one, port in zip(all_of_them, ports):
                found = listening(one.process.pid)
                if found is None:
                    print('not looked at, for lack of rights: where it listens')
                elif found != [port]:
                    raise Failure('listens on %s, says %d' % (found, port))
            print('ok: S0-10 they listen there and nowhere else')
            second(lab, names[0])
            check(all_of_them[0].do('whoami')['user'] == names[0],
                  'S0-26 and the first one works on')
            for one in all_of_them:
                check(one.end()[0] == 0, 'S2-15 quit ends it')
            one = One(lab, names[0], '-l', '127.0.0.1:0')
            all_of_them.append(one)
            check(int(one.do('whoami')['listen_port']) == ports[0],
                  'S0-15 the next start has the same port again')
            one.end()
        finally:
            for one in all_of_them:
                if one.process.poll() is None:
                    one.process.kill()
                    one.process.communicate()


run(main)
