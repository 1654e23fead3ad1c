#!/usr/bin/env python3
"""One file of a shared directory goes away: the others are served on, at once
and after a new start; when it is back, all is complete again (S4-23)."""
import os
import shutil
import time

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 8 * 1024 * 1024
NAMES = ('a.bin', 'b.bin', 'c.bin')


def pieces(client):
    return (client.transfer('stuff') or {}).get('pieces_have')


def main():
    with Lab() as lab:
        folder = lab.path('stuff')
        os.mkdir(folder)
        for seed, name in enumerate(NAMES):
            make_file(os.path.join(folder, name), SIZE, seed)
        want = {name: sha256(os.path.join(folder, name)) for name in NAMES}
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        later = lab.member('later', 'club', giver)
        giver.do('upload_file %s club' % folder)
        total = pieces(giver)

        gone = os.path.join(folder, 'b.bin')
        shutil.move(gone, lab.path('kept'))
        began = time.monotonic()
        taker.send('download_file club stuff')
        wait_for(lambda: pieces(giver) == total * 2 // 3,
                 'the giver to notice what is missing')
        wait_for(lambda: giver.transfer('stuff')['state'] == 'sharing',
                 'the rest to be shared')
        print('noticed after %.1f s' % (time.monotonic() - began))

        for name in ('a.bin', 'c.bin'):
            path = '%s/stuff.part/%s' % (taker.home, name)
            wait_for(lambda: os.path.exists(path) and sha256(path) == want[name],
                     '%s from a giver that lacks b.bin' % name)
            print('ok: %s is loaded' % name)

        # A start finds the same, without being asked.
        giver.stop()
        giver.start()
        row = wait_for(lambda: giver.transfer('stuff') if pieces(giver) else None,
                       'the giver to be back')
        wait_for(lambda: giver.transfer('stuff')['state'] == 'sharing',
                 'it to share')
        check(row['pieces_have'] == total * 2 // 3,
              'after a start what is intact is shared: %d of %d'
              % (row['pieces_have'], total))
        later.send('download_file club stuff')
        path = later.home + '/stuff.part/c.bin'
        wait_for(lambda: os.path.exists(path) and sha256(path) == want['c.bin'],
                 'c.bin after the start')
        check(True, 'and loaded by others')

        shutil.move(lab.path('kept'), gone)
        giver.do('verify club stuff')
        for client in (taker, later):
            reply = client.answer()
            check(reply['ok'], '%s completes when it is back' % client.name)
            check(all(sha256('%s/stuff/%s' % (client.home, name)) == want[name]
                      for name in NAMES), 'and is right')


run(main)
