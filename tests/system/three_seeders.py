#!/usr/bin/env python3
"""Three seeders: one is killed in the middle, one sends flipped bits, one is
fine. The download ends right and the culprit is named (S0-33, S0-34)."""
import os

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 96 * 1024 * 1024 + 1


def main():
    with Lab() as lab:
        source = make_file(lab.path('data.bin'), SIZE)
        expected = sha256(source)
        good = lab.member('good', 'lab')
        doomed = lab.member('doomed', 'lab', good)
        evil = lab.member('evil', 'lab', good)
        good.do('upload_file %s lab' % source)
        for client in (doomed, evil):
            client.do('download_file lab data.bin')

        # The evil one serves what it claims to be verified: bits are flipped
        # under a file whose size, time and inode stay as they were.
        path = evil.home + '/data.bin'
        before = os.stat(path)
        with open(path, 'r+b') as f:
            for offset in range(100, SIZE, 65536):
                f.seek(offset)
                byte = f.read(1)
                f.seek(offset)
                f.write(bytes([byte[0] ^ 1]))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        victim = lab.member('victim', 'lab', good)
        victim.send('download_file lab data.bin')
        part = victim.home + '/data.bin.part'
        wait_for(lambda: os.path.exists(part) and
                 os.stat(part).st_blocks * 512 > SIZE // 50,
                 'the download to run')
        doomed.kill()
        check(not victim.has_answer(), 'one seeder is killed in the middle')
        lab.clients.remove(doomed)
        reply = victim.answer()
        check(reply['ok'], 'the download ends: %s' % reply.get('error'))
        check(sha256(victim.home + '/data.bin') == expected,
              'S0-33 the result is right')
        row = reply['result'][0]
        check(row['bad_blocks'] > 0, 'bad blocks were seen and refused')
        named = [line for line in victim.log().splitlines() if 'bad data' in line]
        check(any('evil' in line for line in named), 'the culprit is named')
        check(not any('good (' in line or 'doomed (' in line for line in named),
              'nobody else is blamed')


run(main)
