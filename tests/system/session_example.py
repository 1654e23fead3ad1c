#!/usr/bin/env python3
"""The example session of three terminals (S2-16), with two more members and a
real file of 300 MB: share, list, download, compare, quit."""
import os

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = int(os.environ.get('P2P_TEST_SIZE', 300 * 1000 * 1000))


def main():
    with Lab() as lab:
        source = make_file(lab.path('big movie ü.bin'), SIZE)
        expected = sha256(source)
        alice = lab.member('alice', 'friends')
        bob = lab.member('bob', 'friends', alice)
        carol = lab.member('carol', 'friends', alice)
        dave = lab.member('dave', 'friends', alice)

        shared = alice.do("share '%s' friends" % source)[0]  # S2-11
        check(shared['state'] == 'sharing', 'the file is shared')
        check([row['name'] for row in alice.do('list')] == ['big movie ü.bin'],
              'S2-13 list shows what I share')
        listed = bob.do('list_files friends')[0]
        check(listed['size'] == SIZE and listed['publisher'] == 'alice',
              'S1-33 the listing names size and publisher')
        wait_for(lambda: bob.do('list_files friends')[0]['seeders'] == 1,
                 'S0-05 one seeder to be known')

        # S0-31, S2-06: all three load at once and serve each other meanwhile.
        for client in (bob, carol, dave):
            client.send("download 'big movie ü.bin' %s/" % client.home)  # S2-12
        for client in (bob, carol, dave):
            reply = client.answer(600)
            check(reply['ok'], '%s has it: %s' % (client.name, reply.get('error')))
            check(sha256(client.home + '/big movie ü.bin') == expected,
                  'SHA-256 at %s is equal' % client.name)
        check(not os.path.exists(bob.home + '/big movie ü.bin.part'),
              'S3-23 no partial name is left')
        wait_for(lambda: alice.do('list_files friends')[0]['seeders'] == 4,
                 'all four to be seeders')
        given = [c.transfer('big movie ü.bin')['total_up']
                 for c in (alice, bob, carol, dave)]
        print('bytes given by alice, bob, carol, dave: %s' % given)
        check(sum(given) <= 3 * SIZE * 102 // 100, 'S1-43 nearly nothing came twice')
        check(sum(given[1:]) > 0, 'S3-20 members re-share while they load')

        # A fifth one loads from all four: equally, and nothing twice.
        erin = lab.member('erin', 'friends', alice)
        row = erin.do("download 'big movie ü.bin' %s/" % erin.home, 600)[0]
        check(sha256(erin.home + '/big movie ü.bin') == expected, 'so has erin')
        check(row['total_down'] <= SIZE * 102 // 100,
              'S1-43 %d bytes for %d' % (row['total_down'], SIZE))
        more = [c.transfer('big movie ü.bin')['total_up'] - was
                for c, was in zip((alice, bob, carol, dave), given)]
        print('bytes given to erin: %s' % more)
        check(min(more) > SIZE // 10, 'S0-39 each of the four gave a share')

        # S2-15: quit leaves at once.
        dave.send('quit')
        dave.process.wait(60)
        check(dave.process.returncode == 0, 'S2-15 quit ends with 0')
        wait_for(lambda: alice.do('list_files friends')[0]['seeders'] == 4,
                 'the tracker to forget dave')


run(main)
