#!/usr/bin/env python3
"""The story of a server that shares the load: S4-20 to S4-26.

A member plays the server that holds everything. The first client can only get
the file from it, the second gets it from the first, then pieces vanish at the
first and both together serve, and a third client uses two holders at once.
"""
import os

from clientlib import Lab, check, make_file, run, sha256

SIZE = 24 * 1024 * 1024 + 12345


def main():
    with Lab() as lab:
        source = make_file(lab.path('archive.bin'), SIZE)
        expected = sha256(source)
        server = lab.member('server', 'club')
        one = lab.member('one', 'club', server)
        two = lab.member('two', 'club', server)

        # S4-20: nobody has a file; the list is empty and that is no error.
        check(one.do('list_files club') == [], 'S4-20 an empty group lists nothing')

        # S4-21: the first client gets everything from the server.
        server.do('upload_file %s club' % source)
        row = one.do('download_file club archive.bin')[0]
        check(row['state'] == 'sharing', 'S4-21 complete and shared on')
        check(sha256(one.home + '/archive.bin') == expected,
              'S4-21 the first copy is equal')
        sent = server.transfer('archive.bin')['total_up']
        check(sent >= SIZE, 'S4-21 all bytes came from the server')

        # S4-22: the second client gets it from the first.
        server.do('stop_share club archive.bin')
        two.do('download_file club archive.bin')
        check(sha256(two.home + '/archive.bin') == expected,
              'S4-22 the second copy is equal')
        check(server.transfer('archive.bin')['total_up'] <= sent,
              'S4-22 the server sent nothing more')
        check(one.transfer('archive.bin')['total_up'] >= SIZE * 9 // 10,
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
        server.do('resume club archive.bin')
        before = one.transfer('archive.bin')['total_up']
        got = two.do('download_file club archive.bin')[0]
        check(sha256(two.home + '/archive.bin') == expected,
              'S4-23 S4-24 the mixed copy is equal')
        check(got['bad_blocks'] == 0, 'S4-23 no bad block was ever sent')
        check(server.transfer('archive.bin')['total_up'] > sent,
              'S4-23 the server gave what was missing')
        check(before >= 0, 'S4-23 the first client is still there')

        # S4-25: a third client uses both holders.
        one.do('remove club archive.bin')
        before_server = server.transfer('archive.bin')['total_up']
        before_two = two.transfer('archive.bin')['total_up']
        three = lab.member('three', 'club', server)
        three.do('download_file club archive.bin')
        check(sha256(three.home + '/archive.bin') == expected,
              'S4-25 the third copy is equal')
        check(server.transfer('archive.bin')['total_up'] > before_server,
              'S4-25 the server gave a part')
        check(two.transfer('archive.bin')['total_up'] > before_two,
              'S4-25 the second client gave a part')


run(main)
