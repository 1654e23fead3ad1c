"""A BitTorrent peer written by hand over the standard ssl module.

It knows nothing of the product's own code, so what it sees is what any other
program would see: BEP 3, 6, 10 and 52 over mutual TLS 1.3.
"""
import hashlib
import os
import socket
import ssl
import struct
import time

LIMIT = 15  # seconds for anything a live peer does at once
BLOCK = 16384

CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD = range(6)
REQUEST, PIECE, CANCEL = 6, 7, 8
HAVE_ALL, HAVE_NONE, REJECT, EXTENDED = 14, 15, 16, 20
HASH_REQUEST, HASHES = 21, 22


class Ended(Exception):
    """The other side ended the connection."""


class Pems:
    """key.pem, cert.pem and root.pem as export_member writes them."""

    def __init__(self, directory):
        self.key = os.path.join(directory, 'key.pem')
        self.cert = os.path.join(directory, 'cert.pem')
        self.root = os.path.join(directory, 'root.pem')


def context(pems, certificate=True, highest=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if pems is not None and certificate:
        c.load_cert_chain(pems.cert, pems.key)
    if highest is not None:
        c.maximum_version = highest
    return c


class Peer:
    """One connection. Every byte that arrives is counted."""

    def __init__(self, port, pems, sni, certificate=True, source='127.0.0.1',
                 tls=None, session=None):
        self.received = b''
        self.payload = 0
        self.have_all = False
        self.bits = None
        self.choked = True
        raw = socket.create_connection(('127.0.0.1', port), LIMIT,
                                       source_address=(source, 0))
        tls = tls or context(pems, certificate)
        try:
            self.sock = tls.wrap_socket(raw, server_hostname=sni,
                                        session=session)
        except (ssl.SSLError, OSError) as error:
            raw.close()
            raise Ended(str(error))

    def close(self):
        self.sock.close()

    def write(self, data):
        try:
            self.sock.sendall(data)
        except (ssl.SSLError, OSError) as error:
            raise Ended(str(error))

    def read(self, size):
        data = b''
        while len(data) < size:
            try:
                chunk = self.sock.recv(size - len(data))
            except socket.timeout:
                raise
            except (ssl.SSLError, OSError) as error:
                raise Ended(str(error))
            if not chunk:
                raise Ended('closed')
            data += chunk
        return data

    def hello(self, info_hash, fast=True):
        reserved = bytes([0, 0, 0, 0, 0, 0x10, 0, 4 if fast else 0])
        self.write(b'\x13BitTorrent protocol' + reserved + info_hash +
                   os.urandom(20))

    def greet(self, info_hash, fast=True):
        """Handshakes both ways."""
        self.hello(info_hash, fast)
        theirs = self.read(68)
        if theirs[:20] != b'\x13BitTorrent protocol' or \
                theirs[28:48] != info_hash:
            raise Ended('a handshake for something else')

    def put(self, kind, payload=b''):
        self.write(struct.pack('>IB', 1 + len(payload), kind) + payload)

    def request(self, piece, begin, length=BLOCK):
        self.put(REQUEST, struct.pack('>III', piece, begin, length))

    def next(self):
        """The next message: (id, payload); keepalives are skipped."""
        while True:
            size = struct.unpack('>I', self.read(4))[0]
            if size > 0:
                break
        body = self.read(size)
        kind, payload = body[0], body[1:]
        if kind == HAVE_ALL:
            self.have_all = True
        elif kind == BITFIELD:
            self.bits = payload
        elif kind in (CHOKE, UNCHOKE):
            self.choked = kind == CHOKE
        elif kind == PIECE:
            self.payload += len(payload) - 8
        return kind, payload

    def ready(self):
        """Say that we want something, and wait to be let."""
        self.put(EXTENDED, b'\x00d1:mdee')
        self.put(HAVE_NONE)
        self.put(INTERESTED)
        while self.choked:
            self.next()

    def block(self, piece, begin, length=BLOCK):
        self.request(piece, begin, length)
        while True:
            kind, payload = self.next()
            if kind == PIECE:
                index, at = struct.unpack('>II', payload[:8])
                if (index, at) == (piece, begin):
                    return payload[8:]
            if kind == REJECT:
                raise Ended('rejected')

    def is_ended(self, seconds=LIMIT):
        """Read on until the end; whether it came in time."""
        self.sock.settimeout(seconds)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.next()
        except Ended:
            return True
        except (socket.timeout, TimeoutError):
            return False
        return False


# ---- Manifests ------------------------------------------------------------

def bdecode(data, at=0):
    kind = data[at:at + 1]
    if kind == b'i':
        end = data.index(b'e', at)
        return int(data[at + 1:end]), end + 1
    if kind in (b'l', b'd'):
        out, at = [], at + 1
        while data[at:at + 1] != b'e':
            value, at = bdecode(data, at)
            out.append(value)
        if kind == b'd':
            return dict(zip(out[::2], out[1::2])), at + 1
        return out, at + 1
    colon = data.index(b':', at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


class Torrent:
    """What an exported .torrent of a single file says."""

    def __init__(self, path):
        with open(path, 'rb') as f:
            whole = bdecode(f.read())[0]
        self.info = whole[b'info']
        self.layers = whole.get(b'piece layers', {})
        self.piece_length = self.info[b'piece length']
        file = next(iter(self.info[b'file tree'].values()))[b'']
        self.length = file[b'length']
        self.root = file.get(b'pieces root')

    def piece_hash(self, piece):
        layer = self.layers.get(self.root)
        return layer[32 * piece:32 * piece + 32] if layer else self.root


def piece_root(blocks, width):
    """The merkle root over leaves of 16 KiB, `width` leaves wide (BEP 52)."""
    level = [hashlib.sha256(block).digest() for block in blocks]
    level += [bytes(32)] * (width - len(level))
    while len(level) > 1:
        level = [hashlib.sha256(level[i] + level[i + 1]).digest()
                 for i in range(0, len(level), 2)]
    return level[0]
