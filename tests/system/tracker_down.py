#!/usr/bin/env python3
"""A tracker that is not there: running swarms do without, clients come back to
it by themselves, and may be started before it (S0-42, S1-15, S2-24, S4-08,
R8)."""
import os
import time

from clientlib import Lab, check, make_file, run, sha256, wait_for

SIZE = 384 * 1024 * 1024
RESTARTS = int(os.environ.get('P2P_TEST_RESTARTS', 20))


def has_data(client):
    """Whether a piece was verified: then it is in the item's journal."""
    return any(os.path.getsize(os.path.join(folder, 'journal')) > 0
               for folder, _, names in os.walk(client.state + '/items')
               if 'journal' in names)


def killed_in_the_middle(lab, giver, taker, source):
    """S0-42: the swarm is among the members."""
    taker.send('download_file club data.bin')
    wait_for(lambda: has_data(taker), 'first data')
    lab.tracker.kill()
    reply = taker.answer()
    check(reply['ok'], 'S0-42 R8 it completes without the tracker: %s'
          % reply.get('error'))
    check(sha256(taker.home + '/data.bin') == sha256(source),
          'S0-42 and is right')
    text = taker.refused('list_files club', 'no_tracker')
    check(text != '', 'what needs the tracker says so: ' + text)


def is_listed(client, seeders):
    reply = client.ask('list_files club')
    return reply['ok'] and reply['result'] and \
        reply['result'][0]['seeders'] == seeders


def back_again(lab, giver, taker):
    """S1-15: within two seconds after it is back, and with all it knew."""
    time.sleep(3)  # long enough for the clients to have backed off
    lab.tracker.start()
    began = time.monotonic()
    wait_for(lambda: giver.ask('list_my_groups')['ok'] and
             taker.ask('list_my_groups')['ok'], 'the clients to be back')
    took = time.monotonic() - began
    check(took < 2, 'S1-15 the clients were back after %.2f s' % took)
    wait_for(lambda: is_listed(giver, 2), 'S1-15 the swarm to be known again')
    took = time.monotonic() - began
    check(took < 4, 'and told what they hold: after %.2f s' % took)


def started_before(lab, giver):
    """S4-08: any order will do."""
    lab.tracker.stop()
    early = lab.client('early')
    check(not early.ask('list_groups')['ok'], 'without a tracker: an error')
    lab.tracker.start()
    began = time.monotonic()
    wait_for(lambda: early.ask('create_user early')['ok'],
             'S4-08 the early client to find it')
    print('found after %.2f s' % (time.monotonic() - began))
    wait_for(lambda: giver.ask('list_my_groups')['ok'], 'the owner to be back')
    early.do('join_group club')
    giver.do('accept_request club early')
    return early


def flapping(lab, giver, early, source):
    """S2-24: the tracker comes and goes while a file is loaded. The sharer is
    stopped meanwhile, so that the load cannot end before all restarts."""
    giver.do('stop_share club data.bin')
    lab.clients[1].do('stop_share club data.bin')
    early.send('download_file club data.bin')
    wait_for(lambda: os.path.exists(early.home + '/data.bin.part'),
             'the download to start')
    for count in range(RESTARTS):
        lab.tracker.kill()
        if count == RESTARTS // 2:
            giver.ask('resume club data.bin')
        lab.tracker.start()
    reply = early.answer()
    check(reply['ok'], 'S2-24 %d restarts of the tracker later it is loaded: %s'
          % (RESTARTS, reply.get('error')))
    check(sha256(early.home + '/data.bin') == sha256(source),
          'S2-24 and is right')
    for client in lab.clients:
        wait_for(lambda: client.ask('list_my_groups')['ok'],
                 client.name + ' to be back')
        check(client.process.poll() is None, client.name + ' is alive')


def main():
    with Lab() as lab:
        source = make_file(lab.path('data.bin'), SIZE)
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        giver.do('upload_file %s club' % source)
        killed_in_the_middle(lab, giver, taker, source)
        back_again(lab, giver, taker)
        early = started_before(lab, giver)
        flapping(lab, giver, early, source)


run(main)
