#!/usr/bin/env python3
"""A member of the group who asks for much and reads nothing.

What is due to one connection has a limit: past it the connection is ended, and
the program that serves stays small and goes on serving others (T15).
"""
import os
import socket
import struct

from clientlib import Lab, check, make_file, run, sha256, wait_for
from data_plane_access import Door, exported, port_of
from peerlib import (CANCEL, HASH_REQUEST, REQUEST, Ended, Torrent)

SIZE = 8 * 1024 * 1024
GROWTH = 128 * 1024 * 1024  # enough for sanitizers, far below the flood
FLOOD = 400 * 1024 * 1024  # bytes sent at most


def memory_of(client):
    with open('/proc/%d/status' % client.process.pid) as f:
        for line in f:
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
    return 0


def flood(door, message):
    """Say `message` again and again and read nothing; whether it was ended."""
    peer = door.open()
    peer.greet(door.info_hash)
    peer.ready()
    peer.sock.settimeout(30)
    chunk = message * (1 + 256 * 1024 // len(message))
    sent = 0
    try:
        while sent < FLOOD:
            peer.sock.sendall(chunk)
            sent += len(chunk)
    except (OSError, Ended) as error:
        return not isinstance(error, (socket.timeout, TimeoutError))
    finally:
        peer.close()
    return False


def pair(piece):
    """A request and its cancellation: the answer is a reject."""
    place = struct.pack('>III', piece, 0, 16384)
    return (struct.pack('>IB', 13, REQUEST) + place +
            struct.pack('>IB', 13, CANCEL) + place)


def hashes(torrent):
    """The leaves of the first piece."""
    count = torrent.piece_length // 16384
    return struct.pack('>IB', 49, HASH_REQUEST) + torrent.root + struct.pack(
        '>IIII', 0, 0, count, count.bit_length() - 2)


def main():
    with Lab() as lab:
        seeder = lab.member('seeder', 'club')
        path = make_file(lab.path('data.bin'), SIZE)
        item = seeder.do("upload_file '%s' club" % path)[0]
        other = lab.member('other', 'club', seeder)
        pems = exported(other, 'club', lab.path('other-pems'))
        seeder.do("export club data.bin '%s'" % lab.path('data.torrent'))
        torrent = Torrent(lab.path('data.torrent'))
        door = Door(port_of(other, 'club', 'data.bin'), pems, item)
        before = memory_of(seeder)
        floods = {
            'requests that are canceled': pair(0),
            'requests for hashes': hashes(torrent) + pair(0) * 8,
        }
        for what, message in floods.items():
            check(flood(door, message), 'who floods with %s is cut off' % what)
            grown = memory_of(seeder) - before
            check(grown < GROWTH, '%s: memory stays small (%d KiB more)'
                  % (what, grown // 1024))
        other.do("download_file club data.bin '%s'" % lab.path('got.bin'))
        check(sha256(lab.path('got.bin')) == sha256(path),
              'others are served as before')


if __name__ == '__main__':
    run(main)
