#!/usr/bin/env python3
"""One seeder to one downloader on the loopback: wall time and CPU seconds per
GiB of both ends, next to libtorrent over TLS in the same interleaved run.

Environment: BENCH_SIZE in MiB (2048), BENCH_ROUNDS (5).
Wall times depend on what else the machine does; CPU per GiB and the ratio are
what to quote. Python's start (about 0.1 s of CPU) is inside libtorrent's rows.
"""
import os
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'system'))
from clientlib import Lab, make_file, run, sha256  # noqa: E402

MIB = int(os.environ.get('BENCH_SIZE', 2048))
ROUNDS = int(os.environ.get('BENCH_ROUNDS', 5))
TICK = os.sysconf('SC_CLK_TCK')


def cpu_of(pid):
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def ours(seeder, loader):
    loader.ask('remove bench data.bin')
    before = cpu_of(seeder.process.pid), cpu_of(loader.process.pid)
    start = time.monotonic()
    loader.do('download_file bench data.bin', 600)
    wall = time.monotonic() - start
    return (wall, cpu_of(seeder.process.pid) - before[0],
            cpu_of(loader.process.pid) - before[1],
            loader.home + '/data.bin')


def theirs(lab, torrent):
    save = lab.path('lt')
    subprocess.run(['rm', '-rf', save], check=True)
    os.mkdir(save)
    port = free_port()
    node = ['/usr/bin/python3', HERE + '/ltnode.py']
    seeder = subprocess.Popen(
        node + ['seed', torrent, lab.path('pem-seeder'), lab.dir, str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    seeder.stdout.readline()
    before = cpu_of(seeder.pid)
    start = time.monotonic()
    loader = subprocess.Popen(
        node + ['load', torrent, lab.path('pem-loader'), save,
                str(free_port()), str(port)], stdout=subprocess.PIPE)
    loader.stdout.readline()
    wall = time.monotonic() - start
    used = cpu_of(seeder.pid) - before, cpu_of(loader.pid)
    loader.wait()
    seeder.stdin.close()
    seeder.wait()
    return wall, used[0], used[1], save + '/data.bin'


def report(name, rows, gib):
    wall, send, receive = (statistics.median(r[i] for r in rows) for i in range(3))
    print('%-12s wall %6.2f s  %7.0f MB/s   CPU s/GiB: seeder %5.2f  loader %5.2f'
          '  sum %5.2f' % (name, wall, gib * 1073.741824 / wall, send / gib,
                           receive / gib, (send + receive) / gib), flush=True)
    return (send + receive) / gib


def main():
    has_libtorrent = subprocess.run(['/usr/bin/python3', '-c', 'import libtorrent'],
                                    stderr=subprocess.DEVNULL).returncode == 0
    with Lab() as lab:
        source = make_file(lab.path('data.bin'), MIB << 20)
        expected = sha256(source)
        seeder = lab.member('seeder', 'bench')
        loader = lab.member('loader', 'bench', seeder)
        seeder.do('upload_file %s bench' % source, 600)
        torrent = lab.path('data.torrent')
        seeder.do('export bench data.bin %s' % torrent)
        seeder.do('export_member bench %s' % lab.path('pem-seeder'))
        loader.do('export_member bench %s' % lab.path('pem-loader'))
        rows = {'p2ptui': [], 'libtorrent': []}
        for _ in range(ROUNDS):
            rows['p2ptui'].append(ours(seeder, loader))
            if has_libtorrent:
                rows['libtorrent'].append(theirs(lab, torrent))
            for name in rows:
                if rows[name] and sha256(rows[name][-1][3]) != expected:
                    print('%s: the copy differs' % name)
                    sys.exit(1)
        gib = MIB / 1024
        own = report('p2ptui', rows['p2ptui'], gib)
        if has_libtorrent:
            other = report('libtorrent', rows['libtorrent'], gib)
            print('ratio of CPU per GiB, p2ptui / libtorrent: %.2f' % (own / other))
        else:
            print('python3-libtorrent is not installed: no comparison')


run(main)
