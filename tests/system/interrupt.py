#!/usr/bin/env python3
"""Signals: what Ctrl-C, SIGTERM and a second command do to what is under way,
and that stopping at any moment is clean (exit statuses, answers, no hang)."""
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

from clientlib import BUILD, DEADLINE, Failure, Lab, check, make_file, run, wait_for

STOPS = int(os.environ.get('P2P_TEST_STOPS', 40))


def start(lab, name, *words, stdin=subprocess.DEVNULL, tracker=None):
    return subprocess.Popen(
        [os.path.join(BUILD, 'p2ptui'), '--config', lab.config,
         '--state-dir', lab.path(name),
         '--download-dir', lab.path(name + '-home'), '-t',
         '127.0.0.1:%d' % (tracker or lab.tracker.port)] + list(words),
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(os.environ, P2PTUI_PASSWORD='password of ' + name))


def end(process, number, what):
    """Send a signal; the status, the JSON answers and the time it took."""
    begin = time.monotonic()
    process.send_signal(number)
    try:
        out, errors = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure(what + ' hangs')
    answers = [json.loads(line) for line in out.splitlines()]
    return process.returncode, answers, time.monotonic() - begin, errors.decode()


def connections_to(port):
    """How many TCP connections there are to a port here."""
    with open('/proc/net/tcp') as f:
        rows = [row.split() for row in list(f)[1:]]
    return sum(1 for row in rows if row[3] == '01' and
               int(row[2].split(':')[1], 16) == port)


def loading(lab, name):
    part = lab.path(name + '-home', 'big.bin.part')
    return os.path.exists(part) and os.stat(part).st_size > 0


def command_line(lab, alice):
    """bob loads while the only holder is frozen, so it cannot end by itself."""
    os.kill(alice.process.pid, signal.SIGSTOP)
    try:
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 1)):
            before = connections_to(lab.tracker.port)
            p = start(lab, 'bob', '--json', '-c', 'download_file lab big.bin', '-c',
                      'whoami')
            wait_for(lambda: loading(lab, 'bob'), 'the download to begin')
            wait_for(lambda: connections_to(lab.tracker.port) > before,
                     'its tracker session')
            got, answers, took, _ = end(p, number, 'a download')
            check(got == status, '%s gives %d (%d)' % (number.name, status, got))
            check(len(answers) == 1 and not answers[0]['ok']
                  and answers[0]['error']['code'] == 'canceled',
                  'the command is answered, the next one not begun')
            check(took < 4, 'at once (%.2f s)' % took)
    finally:
        os.kill(alice.process.pid, signal.SIGCONT)
    p = start(lab, 'bob', '--json', '-c', 'download_file lab big.bin')
    out, _ = p.communicate(timeout=DEADLINE)
    check(p.returncode == 0 and json.loads(out)['result'][0]['state'] == 'sharing',
          'the next start goes on and completes it')


def servers(lab):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        p = start(lab, 'bob', '--json', '--headless', '-c', 'whoami')
        answer = json.loads(p.stdout.readline())
        check(answer['ok'], 'a headless member runs its commands')
        got, _, took, _ = end(p, number, 'a headless member')
        check(got == 0 and took < 4, '%s ends it with 0 (%.2f s)' % (number.name, took))
    p = start(lab, 'bob', '--headless', '-c', 'frobnicate')
    p.communicate(timeout=DEADLINE)
    check(p.returncode == 2, 'headless: a command that fails ends it')
    p = start(lab, 'bob', '--plain', '--json', stdin=subprocess.PIPE)
    out, _ = p.communicate(b'whoami\nfrobnicate\nwhoami', timeout=DEADLINE)
    check(p.returncode == 0 and len(out.splitlines()) == 3,
          'the end of the input: the status of the last line')


def mute_tracker(lab):
    """A tracker that accepts and says nothing."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen(16)
        kept = []

        def accept():
            try:
                while True:
                    kept.append(s.accept()[0])
            except OSError:
                pass
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        p = start(lab, 'bob', '--json', '-c', 'list_groups',
                  tracker=s.getsockname()[1])
        wait_for(lambda: kept, 'the connection')
        got, answers, took, _ = end(p, signal.SIGINT, 'waiting for a mute tracker')
        check(got == 130 and len(answers) == 1 and took < 4,
              'Ctrl-C while a tracker is mute (%.2f s)' % took)
        s.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in kept:
            one.close()


def any_moment(lab, alice):
    """Stop a client at random moments of everything it can do."""
    dice = random.Random(99)
    lines = ['list_groups', 'list_files lab', 'download_file lab big.bin',
             'share %s lab' % lab.path('own.bin'), 'verify lab big.bin',
             'pause', 'resume', 'show_downloads', 'stop_share lab big.bin',
             'resume lab big.bin', 'remove lab big.bin', 'peers lab big.bin',
             'info lab big.bin', 'logout', 'login bob', 'members lab',
             'unpublish lab own.bin', 'trackers', 'locate lab big.bin 0']
    make_file(lab.path('own.bin'), 30 * 1000 * 1000, 5)
    for _ in range(STOPS):
        p = start(lab, 'bob', '--plain', '--json', stdin=subprocess.PIPE)
        chosen = ['login bob'] + dice.sample(lines, 6)
        p.stdin.write('\n'.join(chosen).encode() + b'\n')
        p.stdin.flush()
        time.sleep(dice.random() ** 2 * 0.8)  # the moment is the test
        number = dice.choice((signal.SIGTERM, signal.SIGINT))
        got, answers, took, errors = end(p, number, ', '.join(chosen))
        if got == -number and not answers:
            continue  # it had not even begun to run
        if got not in (0, 1, 2, 4, 5, 6, 130) or took > 8:
            raise Failure('%s: status %d after %.1f s\n%s'
                          % (chosen, got, took, errors))
    p = start(lab, 'bob', '--json', '-c', 'login bob', '-c',
              'download_file lab big.bin')
    out, _ = p.communicate(timeout=DEADLINE)
    check(p.returncode == 0, 'after %d stops all is well: %s' % (STOPS, out[-200:]))


def writer_of(pipe):
    """The pipe opened for writing, once somebody reads it; else None."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def silent_file(lab):
    """A file that never answers can be given up: a pipe nobody writes to."""
    pipe = lab.path('pipe')
    os.mkfifo(pipe)
    for option in ('--config', '--trackers', '--password-file'):
        p = subprocess.Popen([os.path.join(BUILD, 'p2ptui'), option, pipe,
                              '-c', 'list_groups'], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        writer = wait_for(lambda: writer_of(pipe), 'p2ptui to read ' + option)
        got = end(p, signal.SIGTERM, option + ' of a pipe')[0]
        os.close(writer)
        check(got == -signal.SIGTERM, option + ' of a silent pipe is given up')


def main():
    with Lab() as lab:
        alice = lab.member('alice', 'lab')
        bob = lab.member('bob', 'lab', alice)
        bob.stop()
        alice.do('share %s lab' % make_file(lab.path('big.bin'), 60 * 1000 * 1000))
        silent_file(lab)
        command_line(lab, alice)
        servers(lab)
        mute_tracker(lab)
        any_moment(lab, alice)


run(main)
