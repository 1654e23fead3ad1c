#!/usr/bin/python3
"""Make the .torrent files of the manifest tests with libtorrent.

Run once with Debian's python3-libtorrent; the results are kept, because they
are what an independent implementation says. Content of every file: byte i of
the file is (7 * i + i // 251) % 256, so that equal sizes mean equal files.
"""
import os
import sys
import tempfile

import libtorrent as lt

PIECE = 32 * 1024
FILES = [
    ("a/b.txt", 1),
    ("a-b", 16384),
    ("a.txt", 16385),
    ("empty", 0),
    ("sub/deep/piece", PIECE),
    ("sub/deep/piece+1", PIECE + 1),
    ("sub/twin-1", 5 * PIECE - 7),
    ("sub/twin-2", 5 * PIECE - 7),
    ("z", 3 * PIECE),
]
CERT = "-----BEGIN CERTIFICATE-----\nbm90IGEgcmVhbCBvbmU=\n" \
       "-----END CERTIFICATE-----\n"


def content(size):
    return bytes((7 * i + i // 251) % 256 for i in range(size))


def make(path, out):
    storage = lt.file_storage()
    lt.add_files(storage, path)
    torrent = lt.create_torrent(storage, PIECE, lt.create_torrent.v2_only)
    torrent.set_priv(True)
    torrent.set_root_cert(CERT)
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    data = torrent.generate()
    data.pop(b"creation date", None)
    data.pop(b"created by", None)
    with open(out, "wb") as f:
        f.write(lt.bencode(data))
    print(out, lt.torrent_info(out).info_hashes().v2)


def main():
    here = os.path.dirname(os.path.abspath(sys.argv[0]))
    with tempfile.TemporaryDirectory() as top:
        for name, size in FILES:
            path = os.path.join(top, "item", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(content(size))
        make(os.path.join(top, "item"), os.path.join(here, "directory.torrent"))
        single = os.path.join(top, "one.bin")
        with open(single, "wb") as f:
            f.write(content(3 * PIECE + 5))
        make(single, os.path.join(here, "single.torrent"))


main()
