#!/usr/bin/env python3
"""A download that is killed -9 again and again goes on by itself, loses no
verified piece, and ends right (S2-04, S3-66)."""
import os

from clientlib import Lab, check, make_file, run, sha256, wait_for

KILLS = int(os.environ.get('P2P_TEST_KILLS', 50))
SIZE = 768 * 1024 * 1024


def journal_of(client):
    for folder, _, names in os.walk(client.state + '/items'):
        if 'journal' in names:
            return os.path.join(folder, 'journal')
    return None


def journal_size(client):
    path = journal_of(client)
    try:
        return os.path.getsize(path) if path else 0
    except FileNotFoundError:
        return 0


def main():
    with Lab() as lab:
        source = make_file(lab.path('big.bin'), SIZE)
        expected = sha256(source)
        seeder = lab.member('seeder', 'lab')
        victim = lab.member('victim', 'lab', seeder)
        seeder.do('upload_file %s lab 64K' % source)
        kills = 0
        rounds = 0
        while kills < KILLS:
            rounds += 1
            known = 0
            victim.send('download_file lab big.bin')
            wait_for(lambda: journal_size(victim) > 0, 'the first piece')
            while kills < KILLS:
                before = journal_size(victim)
                grown = wait_for(lambda: journal_size(victim) > before or
                                 not os.path.exists(victim.home + '/big.bin.part'),
                                 'another piece')
                assert grown
                victim.kill()
                kills += 1
                complete = os.path.exists(victim.home + '/big.bin')
                victim.start()
                row = wait_for(lambda: known_row(victim), 'the item to be open')
                if row['pieces_have'] < known:
                    check(False, 'kill %d lost verified pieces: %d, had %d'
                          % (kills, row['pieces_have'], known))
                known = row['pieces_have']
                if complete or row['have'] == SIZE:
                    break
            if kills < KILLS:
                # It was too fast for the number of kills: once more.
                wait_for(lambda: victim.transfer('big.bin')['state'] == 'sharing',
                         'the end of the download')
                check(sha256(victim.home + '/big.bin') == expected,
                      'round %d ended right after %d kills' % (rounds, kills))
                victim.do('remove lab big.bin')
        wait_for(lambda: victim.transfer('big.bin')['state'] == 'sharing',
                 'the end of the download')
        check(sha256(victim.home + '/big.bin') == expected,
              'S2-04 right after %d kills in %d rounds' % (kills, rounds))


def known_row(client):
    """The transfer once its journal was read, as it resumes by itself."""
    row = client.transfer('big.bin')
    if row and row['state'] in ('loading', 'waiting', 'sharing') and \
            (row['pieces_have'] > 0 or row['state'] == 'sharing'):
        return row
    return None


run(main)
