#!/usr/bin/env python3
"""The story of a server that shares the load: S4-20 to S4-26.

A member serves a directory: it is the server that holds everything, and the
source of last resort. The first client can only get the
file from it, the second gets it from the first, then pieces vanish at the first
and both together serve, and a third client has two holders.
"""
import json
import os
import subprocess

from clientlib import BUILD, Lab, check, make_file, run, sha256, wait_for

SIZE = 24 * 1024 * 1024 + 12345


def given(client):
    return client.transfer('archive.bin')['total_up']


def start_headless(lab, member, line):
    """The member as a server: no input, one command, then it serves on."""
    process = subprocess.Popen(
        [os.path.join(BUILD, 'p2ptui'), '--headless', '--json',
         '--config', lab.config, '--state-dir', member.state,
         '-t', '127.0.0.1:%d' % lab.tracker.port, '-l', '127.0.0.1:0',
         '-c', line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    reply = json.loads(process.stdout.readline())
    check(reply['ok'], 'S4-10 a headless member serves: %s' % reply)
    return process


def main():
    with Lab() as lab:
        top = lab.path('archive')
        os.mkdir(top)
        server = lab.member('server', 'club')
        one = lab.member('one', 'club', server)
        two = lab.member('two', 'club', server)

        # S4-20: the server serves a directory with nothing in it, and the list
        # is empty, which is no error.
        check(server.do('serve %s club' % top)['files'] == '0',
              'S4-20 an empty directory is served')
        check(one.do('list_files club') == [], 'S4-20 an empty group lists nothing')

        # S4-21: the first client gets everything from the server.
        source = make_file(os.path.join(top, 'archive.bin'), SIZE)
        expected = sha256(source)
        wait_for(lambda: one.do('list_files club'), 'the file to be shared')
        row = one.do('download_file club archive.bin')[0]
        check(row['state'] == 'sharing', 'S4-21 complete and shared on')
        check(sha256(one.home + '/archive.bin') == expected,
              'S4-21 the first copy is equal')
        sent = given(server)
        check(sent >= SIZE, 'S4-21 all bytes came from the server')

        # S4-22: the second client gets it from the first, though the server is
        # there.
        two.do('download_file club archive.bin')
        check(sha256(two.home + '/archive.bin') == expected,
              'S4-22 the second copy is equal')
        by_server = given(server) - sent
        check(by_server <= SIZE // 10,
              'S4-22 the server sent almost nothing (%d bytes)' % by_server)
        check(given(one) >= SIZE * 9 // 10,
              'S4-22 the bytes came from the first client')
        two.do('remove club archive.bin')
        check(not os.path.exists(two.home + '/archive.bin'),
              'remove deleted the data')

        # S4-23: pieces vanish at the first client. It notices, offers what
        # still fits, and the server gives the rest.
        piece = row['piece_length']
        with open(one.home + '/archive.bin', 'r+b') as f:
            for index in range(0, row['pieces'], 2):
                f.seek(index * piece)
                f.write(b'\0' * 1000)
        one.refused('verify club archive.bin', 'verify')
        lost = (row['pieces'] + 1) // 2
        check(one.transfer('archive.bin')['pieces_have'] == row['pieces'] - lost,
              'S4-23 the first client offers only what still fits')
        sent, before = given(server), given(one)
        got = two.do('download_file club archive.bin')[0]
        check(sha256(two.home + '/archive.bin') == expected,
              'S4-23 S4-24 the mixed copy is equal')
        check(got['bad_blocks'] == 0, 'S4-23 no bad block was ever sent')
        check(given(server) - sent >= (lost - 1) * piece,
              'S4-23 the server gave what was missing')
        check(given(one) > before, 'S4-23 the first client gave the other half')
        check(given(server) - sent <= (lost + 4) * piece,
              'S4-23 and hardly more than that')

        # S4-25: a third client, and two holders: whoever has it goes before
        # the server, and the lists say who is what.
        one.do('remove club archive.bin')
        sent, before = given(server), given(two)
        three = lab.member('three', 'club', server)
        three.do('download_file club archive.bin')
        check(sha256(three.home + '/archive.bin') == expected,
              'S4-25 the third copy is equal')
        check(given(two) - before >= SIZE * 9 // 10,
              'S4-25 the second client gave it')
        check(given(server) - sent <= SIZE // 10,
              'S4-25 the server was left alone')
        check(server.transfer('archive.bin')['origin'] and
              not two.transfer('archive.bin')['origin'],
              'S4-25 the lists say who is the origin')

        # S4-10: nobody else is there, and the server has no screen.
        two.stop()
        three.do('remove club archive.bin')
        server.stop()
        headless = start_headless(lab, server, 'serve %s club' % top)
        try:
            three.do('download_file club archive.bin')
            check(sha256(three.home + '/archive.bin') == expected,
                  'S4-10 the server gives all when alone')
        finally:
            headless.terminate()
            status = headless.wait(60)
        check(status == 0, 'S4-10 it ends cleanly')


run(main)
