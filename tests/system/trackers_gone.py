#!/usr/bin/env python3
"""All trackers are gone for good: members that are killed and started again
find their swarm by those they met, are introduced to those they never met, and
complete; who was removed before stays outside (S0-42, S2-27)."""
import os

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 384 * 1024 * 1024


def item_file(client, name):
    """The content of a file that is kept with the only item."""
    for folder, _, names in os.walk(client.state + '/items'):
        if name in names:
            with open(os.path.join(folder, name), 'rb') as f:
                return f.read()
    return b''


def recorded(client):
    """How many pieces its journal has: 64 bytes, then records of 16 bytes."""
    journal = item_file(client, 'journal')
    pieces = set()
    for at in range(64, len(journal) - 15, 16):
        piece = int.from_bytes(journal[at + 4:at + 12], 'little')
        if journal[at] == 1:
            pieces.add(piece)
        elif journal[at] == 2:
            pieces.discard(piece)
    return len(pieces)


def met(client):
    """The addresses in the cache."""
    return item_file(client, 'peers').decode().splitlines()[1:]


def begin(client):
    """Start the download; the member is killed in the middle of it."""
    client.send('download_file club data.bin')
    wait_for(lambda: item_file(client, 'journal') and met(client),
             'first data at ' + client.name)
    client.kill()
    check(os.path.exists(client.home + '/data.bin.part'),
          client.name + ' was killed in the middle')


def main():
    with Lab() as lab:
        source = make_file(lab.path('data.bin'), SIZE)
        expected = sha256(source)
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        third = lab.member('third', 'club', giver)
        eve = lab.member('eve', 'club', giver)
        giver.do('upload_file %s club' % source)
        with open(giver.state + '/port') as f:
            address = '127.0.0.1:' + f.read().strip()

        # One after the other, so that none of them meets another one.
        for client in (eve, third, taker):
            begin(client)
            check(met(client) == [address], client.name + ' met the giver')
            check(os.stat(client.state).st_mode & 0o77 == 0, 'in private')
        had = recorded(eve)
        giver.do('remove_member club eve')
        giver.kill()
        lab.tracker.kill()

        for client in (giver, eve):
            client.start()
        wait_for(lambda: giver.transfer('data.bin')['state'] == 'sharing',
                 'the giver to share without a tracker')
        for client in (taker, third):
            client.start()
        for client in (taker, third):
            wait_for(lambda: (client.transfer('data.bin') or {}).get('state') ==
                     'sharing', client.name + ' to complete')
            check(sha256(client.home + '/data.bin') == expected,
                  'S0-42 %s completes without a tracker, and right'
                  % client.name)
        for client in (taker, third):
            wait_for(lambda: len(met(client)) == 2, 'the other one to be met')
            check(address in met(client),
                  'S2-27 %s was introduced to one it never met' % client.name)
        row = wait_for(lambda: eve.transfer('data.bin'), 'her item')
        check(row['pieces_have'] == had,
              'who was removed got nothing from a giver that was started later')
        check(eve.do('peers club data.bin') == [], 'and is connected to nobody')

        taker.do('remove club data.bin')
        wait_for(lambda: item_file(taker, 'peers') == b'',
                 'the cache to go with the item')


run(main)
