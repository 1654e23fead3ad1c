#!/usr/bin/python3
"""A libtorrent peer over TLS, for comparison: python3-libtorrent only.

usage: ltnode.py ROLE TORRENT PEMDIR SAVE PORT [PEER_PORT]
ROLE seed prints "ready" and serves until its input ends; ROLE load connects to
127.0.0.1:PEER_PORT, prints "done" when everything is verified and ends.
"""
import sys

import libtorrent as lt


def make_session(port):
    return lt.session({
        'listen_interfaces': '127.0.0.1:%ds' % port,
        'alert_mask': lt.alert.category_t.error_notification |
        lt.alert.category_t.status_notification,
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
        'enable_natpmp': False, 'enable_outgoing_utp': False,
        'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True,
    })


def wait_for_listen(session):
    while True:
        session.wait_for_alert(1000)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.listen_succeeded_alert):
                return


def main():
    role, torrent, pems, save, port = sys.argv[1:6]
    session = make_session(int(port))
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(torrent)
    params.save_path = save
    params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    if role == 'seed':
        params.flags |= lt.torrent_flags.seed_mode
    handle = session.add_torrent(params)
    handle.set_ssl_certificate(pems + '/cert.pem', pems + '/key.pem', '', '')
    if role == 'seed':
        wait_for_listen(session)
        print('ready', flush=True)
        sys.stdin.read()
        return
    handle.connect_peer(('127.0.0.1', int(sys.argv[6])))
    while not handle.status().is_seeding:
        session.wait_for_alert(100)
        session.pop_alerts()
    print('done', flush=True)


main()
