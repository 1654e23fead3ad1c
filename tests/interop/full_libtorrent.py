#!/usr/bin/env python3
"""The whole programs and libtorrent, in one group (S0-29, S1-47, S2-20).

A member exports its key and an item, as the man page says, and runs libtorrent
with them: it loads from p2ptui, and then p2ptui loads from it. Exits 77 without
python3-libtorrent (S4-04).
"""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'system'))
from clientlib import Failure, Lab, check, make_file, run, sha256, wait_for

try:
    import libtorrent as lt
except ImportError:
    print('python3-libtorrent is not installed')
    sys.exit(77)

SIZE = 24 * 1024 * 1024 + 777
LIMIT = 60


class Libtorrent:
    """One libtorrent session of a member."""

    def __init__(self, folder):
        self.folder = folder
        self.session = lt.session({
            'listen_interfaces': '127.0.0.1:0s',
            'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
            'enable_natpmp': False, 'allow_multiple_connections_per_ip': True,
            'enable_outgoing_utp': False, 'enable_incoming_utp': False,
            'alert_mask': lt.alert.category_t.all_categories,
        })
        self.handles = []
        wait_for(self.listens, 'libtorrent to listen', LIMIT)

    def listens(self):
        self.session.wait_for_alert(50)
        return any(isinstance(a, lt.listen_succeeded_alert)
                   for a in self.session.pop_alerts())

    def add(self, torrent, save):
        p = lt.add_torrent_params()
        p.ti = lt.torrent_info(torrent)
        p.save_path = save
        p.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        h = self.session.add_torrent(p)
        h.set_ssl_certificate(os.path.join(self.folder, 'cert.pem'),
                              os.path.join(self.folder, 'key.pem'), '', '')
        self.handles.append(h)
        return h

    def until(self, handle, port, condition, what):
        """Call the member at `port` now and then until the condition holds."""
        called = [0.0]

        def look():
            if time.monotonic() - called[0] > 1:
                called[0] = time.monotonic()
                handle.connect_peer(('127.0.0.1', port))
            self.session.wait_for_alert(20)
            for alert in self.session.pop_alerts():
                if os.environ.get('VERBOSE'):
                    print('   lt:', type(alert).__name__, alert.message())
            return condition()
        return wait_for(look, what, LIMIT)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def make_items(lab):
    """{name: path} of a file and a directory."""
    top = lab.path('things')
    os.makedirs(os.path.join(top, 'below'))
    for i, (name, size) in enumerate((('one', 1), ('below/big', 3 << 20),
                                      ('below/none', 0), ('two', 70000))):
        make_file(os.path.join(top, name), size, i)
    return {'data.bin': make_file(lab.path('data.bin'), SIZE), 'things': top}


def digests(path):
    """Of a file, or of all files below a directory."""
    if os.path.isfile(path):
        return sha256(path)
    return {os.path.relpath(os.path.join(folder, name), path):
            sha256(os.path.join(folder, name))
            for folder, _, names in os.walk(path) for name in names}


def names_tracker(lab, torrent):
    """The file says where its holders are found; libtorrent does not mind."""
    with open(torrent, 'rb') as f:
        trackers = lt.bdecode(f.read())[b'p2p trackers']
    address = b'127.0.0.1:%d,sha256:' % lab.tracker.port
    check(len(trackers) == 1 and trackers[0].startswith(address) and
          len(trackers[0]) == len(address) + 64,
          'an exported file names the tracker and its pin')


def main():
    with Lab() as lab:
        port = free_port()
        anna = lab.member('anna', 'club', options=['-l', '127.0.0.1:%d' % port])
        bob = lab.member('bob', 'club', anna)
        pems = lab.path('pems')
        bob.do("export_member club '%s'" % pems)
        other = Libtorrent(pems)
        items = make_items(lab)
        handles = {}
        for name, path in items.items():
            anna.do("upload_file '%s' club" % path)
            torrent = lab.path(name + '.torrent')
            anna.do("export club %s '%s'" % (name, torrent))
            names_tracker(lab, torrent)
            h = other.add(torrent, lab.path('libtorrent'))
            other.until(h, port, lambda: h.status().is_seeding,
                        'libtorrent to load ' + name)
            h.flush_cache()
            wait_for(lambda: digests(lab.path('libtorrent', name)) ==
                     digests(path), 'libtorrent to write ' + name, LIMIT)
            check(True, 'S4-04 libtorrent loads %s from p2ptui' % name)
            handles[name] = h
        port = free_port()
        carl = lab.member('carl', 'club', anna, ['-l', '127.0.0.1:%d' % port])
        anna.stop()
        for name, path in items.items():
            carl.send('download_file club ' + name)
            other.until(handles[name], port, carl.has_answer,
                        'p2ptui to load ' + name)
            reply = carl.answer()
            if not reply['ok']:
                raise Failure('download_file %s: %s' % (name, reply['error']))
            check(digests(os.path.join(carl.home, name)) == digests(path),
                  'S4-04 p2ptui loads %s from libtorrent' % name)


if __name__ == '__main__':
    run(main)
