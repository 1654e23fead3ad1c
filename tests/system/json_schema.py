#!/usr/bin/env python3
"""What --json prints is what p2ptui(1) says: every field of every list, no
other one, each of the right kind (S1-33, S1-34), and the error form."""
import os
import re

from clientlib import Failure, Lab, check, make_file, run, wait_for
from peerlib import Peer, Pems

PAGE = os.path.join(os.environ.get('srcdir', '.'), 'man/p2ptui.1')
SIZE = 3 * 1024 * 1024

NUMBERS = set('''members online files requests created bytes time since seen
    size seeders leechers pieces piece_length have pieces_have rate_down rate_up
    total_down total_up eta peers bad_blocks load queue rtt_ms delay_ms
    cert_until users users_online groups items item_bytes join_requests swarms
    sessions database_bytes uptime refused latency_median_us latency_slow_us
    term log_index behind'''.split())
FLAGS = set('''directory origin seed incoming chokes_us banned connected primary
    logged_in'''.split())
# The same word is a count in one list and something else in another.
OTHER = {('members', 'online'): bool, ('trackers', 'requests'): list,
         ('list_requests', 'common'): list}


def documented():
    """{command: set of fields}, from the page."""
    with open(PAGE) as f:
        text = f.read().split('.Sh JSON OUTPUT')[1].split('.El')[0]
    out = {}
    for part in text.split('\n.It Cm ')[1:]:
        head, body = part.split('\n', 1)
        body = re.sub(r'\([^)]*\)', '', body)
        body = body.split('\\-1 and null')[0]
        for lead in ('of the last ten minutes', 'of replicated\ntrackers'):
            body = body.replace(lead, '')
        fields = set(re.findall(r'\b[a-z_0-9]+\b', body)) - {'and'}
        for command in head.split(' , '):
            out[command] = fields
    return out


def right_kind(command, field, value):
    wanted = OTHER.get((command, field))
    if wanted is None:
        wanted = bool if field in FLAGS else int if field in NUMBERS else str
    return value is None or type(value) is wanted


def same_fields(command, row, fields):
    if set(row) != fields:
        raise Failure('%s: not in the page: %s, not in the output: %s'
                      % (command, sorted(set(row) - fields),
                         sorted(fields - set(row))))


def compare(command, rows, fields):
    if not isinstance(rows, list) or not rows:
        raise Failure('%s: %r' % (command, rows))
    for row in rows:
        same_fields(command, row, fields)
        for field, value in row.items():
            if not right_kind(command, field, value):
                raise Failure('%s: %s is %r' % (command, field, value))
    print('ok: S1-33 %s: %d fields' % (command, len(fields)))


def texts(client, line):
    result = client.do(line)
    check(isinstance(result, dict) and
          all(isinstance(v, str) for v in result.values()),
          '%s is an object of strings' % line)
    return result


def loading(lab, giver, member):
    """A peer that stays connected, as one in the middle of a download does."""
    member.do('export_member lab %s' % lab.path('pems'))
    item = giver.do('list_files lab')[0]
    peer = Peer(int(giver.do('whoami')['listen_port']), Pems(lab.path('pems')),
                item['hash'][:40])
    peer.greet(bytes.fromhex(item['hash'][:40]))
    peer.ready()
    return peer


def main():
    pages = documented()
    with Lab() as lab:
        alice = lab.member('alice', 'lab')
        bob = lab.member('bob', 'lab', alice)
        carol = lab.client('carol')
        carol.do('create_user carol')
        carol.do('join_group lab "let me in"')
        alice.do('share %s lab' % make_file(lab.path('data.bin'), SIZE))
        os.mkdir(lab.path('archive'))
        make_file(lab.path('archive/old.bin'), 1000)
        bob.do('download_file lab data.bin')
        wait_for(lambda: bob.do('locate lab data.bin 0'), 'a holder')
        asked = {
            'list_groups': (carol, 'list_groups'),
            'list_my_groups': (alice, 'list_my_groups'),
            'list_requests': (alice, 'list_requests lab'),
            'members': (alice, 'members lab'),
            'list_files': (bob, 'list_files lab'),
            'list': (alice, 'list'),
            'show_downloads': (bob, 'show_downloads'),
            'locate': (bob, 'locate lab data.bin 0'),
            'trackers': (bob, 'trackers'),
        }
        check(set(asked) | {'peers', 'serve'} == set(pages),
              'the page has these lists: %s' % sorted(pages))
        for command, (who, line) in asked.items():
            compare(command, who.do(line), pages[command])
        peer = loading(lab, alice, bob)
        compare('peers', wait_for(lambda: alice.do('peers lab data.bin'),
                                  'the peer'), pages['peers'])
        peer.close()
        for line in ('verify', 'stop_share', 'resume', 'pause'):
            compare('list', bob.do(line + ' lab data.bin'),
                    pages['show_downloads'])
        served = texts(alice, 'serve %s lab' % lab.path('archive'))
        same_fields('serve', served, pages['serve'])
        for line in ('whoami', 'info lab data.bin', 'tracker cert', 'version',
                     'help', 'set'):
            texts(bob, line)
        check(bob.do('use lab') is None, 'others have no result')
        reply = bob.ask('list_files nowhere')
        check(set(reply) == {'command', 'ok', 'error'} and
              reply['command'] == 'list_files' and reply['ok'] is False and
              set(reply['error']) == {'code', 'message'} and
              reply['error']['code'] == 'not_found', 'the form of an error')
        bob.do('whoami')  # the exit status is that of the last command


run(main)
