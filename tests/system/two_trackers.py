#!/usr/bin/env python3
"""Several trackers in a client's list: those that share a state are all told
what the client holds, and one takes over when another dies (S1-12, S1-15,
S1-54); one that stands alone neither ends the login nor learns of it."""
import os
import shutil

from clientlib import (Lab, Tracker, check, make_file, run, sha256,
                       wait_for)


class Second(Tracker):
    """Another tracker of the lab, in a directory of its own."""

    def __init__(self, lab, name, like=None):
        self.lab = lab
        self.data = lab.path(name)
        self.log_path = lab.path(name + '.log')
        self.port = 0
        self.process = None
        if like is not None:  # the same state under a certificate of its own
            shutil.copytree(like.data, self.data)
            os.unlink(os.path.join(self.data, 'tracker.key'))
            os.unlink(os.path.join(self.data, 'tracker.crt'))
        self.start()

    def address(self):
        return '127.0.0.1:%d' % self.port


def row(client, tracker):
    for one in client.do('trackers'):
        if one['address'] == '127.0.0.1:%d' % tracker.port:
            return one
    return None


def is_in(client, tracker):
    one = row(client, tracker)
    return one is not None and one['logged_in']


def replicated(lab):
    source = make_file(lab.path('data.bin'), 3 * 1024 * 1024)
    giver = lab.member('giver', 'club')
    giver.do('upload_file %s club' % source)
    taker = lab.member('taker', 'club', giver)
    for client in (giver, taker):
        client.stop()
    lab.tracker.stop()
    twin = Second(lab, 'twin', lab.tracker)
    lab.others.append(twin)
    lab.tracker.start()
    for client in (giver, taker):
        client.start()
        client.do('tracker add ' + twin.address())
        wait_for(lambda: row(client, twin)['connected'], 'both trackers')
        check(not is_in(client, twin),
              'a tracker that was added does not learn the login')
    # Both know the account, but a login is made at one of them. Its state goes
    # to the other as replication would bring it.
    for client in (giver, taker):
        client.do('login ' + client.name)
    twin.stop()
    for client in (giver, taker):
        client.stop()
    lab.tracker.stop()
    for name in os.listdir(lab.tracker.data):
        if name.startswith('tracker.db'):
            shutil.copy(os.path.join(lab.tracker.data, name), twin.data)
    lab.tracker.start()
    twin.start()
    for client in (giver, taker):
        client.start()
        wait_for(lambda: is_in(client, lab.tracker) and is_in(client, twin),
                 'both logins')
        check(row(client, lab.tracker)['primary'] !=
              row(client, twin)['primary'], 'one of them is in use')
    wait_for(lambda: row(giver, twin)['swarms'] == 1 and
             row(giver, lab.tracker)['swarms'] == 1, 'both to know the swarm')
    check(True, 'S1-15 both trackers know what is shared')
    return giver, taker, twin, source


def takes_over(lab, giver, taker, twin, source):
    first = lab.tracker if row(taker, lab.tracker)['primary'] else twin
    second = twin if first is lab.tracker else lab.tracker
    first.kill()
    reply = taker.ask('list_my_groups')
    check(reply['ok'] and reply['result'][0]['group'] == 'club',
          'S1-12 S1-54 the other one answers, still logged in: %s' % reply)
    check(row(taker, second)['primary'], 'and is in use')
    taker.do('download_file club data.bin')
    check(sha256(taker.home + '/data.bin') == sha256(source),
          'a download finds its source there')
    wait_for(lambda: row(taker, second)['peers'] == 2, 'both to be known')
    first.start()
    wait_for(lambda: is_in(taker, first) and is_in(giver, first) and
             row(taker, first)['peers'] == 2,
             'the one that came back to be told everything')
    check(True, 'S1-15 one that comes back knows all again')
    second.kill()
    reply = taker.ask('list_files club')
    check(reply['ok'] and reply['result'][0]['seeders'] == 2,
          'and can take over in turn: %s' % reply)
    second.start()


def lone(lab, taker):
    """It knows nothing of the account."""
    alone = Second(lab, 'alone')
    lab.others.append(alone)
    taker.do('tracker add ' + alone.address())
    taker.refused('tracker add ' + alone.address(), 'exists')
    wait_for(lambda: row(taker, alone)['connected'], 'the third')
    taker.do('login taker')  # from now on it may see the token
    check(taker.do('list_my_groups')[0]['group'] == 'club',
          'the login goes on at the others')
    taker.stop()
    taker.start()
    wait_for(lambda: row(taker, alone) is not None and
             row(taker, alone)['connected'], 'it to be known after a restart')
    check(not is_in(taker, alone), 'it refused the login')
    check(taker.do('whoami')['user'] == 'taker', 'still logged in')
    taker.do('tracker use ' + alone.address())
    taker.refused('list_my_groups', 'not_logged_in')
    check(taker.do('tracker cert')['tracker'] == alone.address(),
          'the one in use is shown')
    taker.do('tracker forget ' + alone.address())
    check(taker.do('list_my_groups')[0]['group'] == 'club',
          'forgotten: another one answers')
    check(row(taker, alone) is None, 'and it is not in the list')
    taker.refused('tracker use ' + alone.address(), 'not_found')
    taker.do('tracker retry')


def main():
    with Lab() as lab:
        lab.others = []
        try:
            giver, taker, twin, source = replicated(lab)
            takes_over(lab, giver, taker, twin, source)
            lone(lab, taker)
        finally:
            for one in lab.others:
                if one.process.poll() is None:
                    one.process.kill()
                    one.process.wait()


run(main)
