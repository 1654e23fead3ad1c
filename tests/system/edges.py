#!/usr/bin/env python3
"""Sizes, names and places at the edges: what is shared arrives as it was, and
what cannot be shared is refused with the path that is to blame (S0-17, S1-32,
S1-39, S3-14, S3-23)."""
import os
import shutil

from clientlib import Lab, check, make_file, run, sha256

PIECE = 65536
SIZES = (0, 1, 511, 512, 513, 16383, 16384, 16385, PIECE - 1, PIECE, PIECE + 1,
         3 * PIECE - 1, 3 * PIECE, 3 * PIECE + 16385)

# Every one of these is a fine name on disk and in a group.
NAMES = ('a b  ü "x".bin', "it's", '-rf', '--json', ' leading', '日本語.txt', 'e\u0301.txt', '#hash', '$HOME `id` ;&|*?', '...x',
         '.hidden', 'a' * 240, '%s%n', "both ' and \"")

# Files of a directory that no manifest may hold.
HOSTILE = {
    b'control \x01 character': 'a control character',
    b'new\nline': 'a line feed',
    b'escape \x1b[2J': 'an escape sequence',
    b'bad \xff\xfe utf-8': 'invalid UTF-8',
    'right-to-left \u202e exe.txt'.encode(): 'a bidi override',
    'zero\u200bwidth'.encode(): 'a zero-width character',
    b'x' * 241: 'more than 240 bytes',
    b'trailing blank ': 'a blank at the end',
    b'trailing dot.': 'a dot at the end',
    b'back\\slash': 'a backslash',
    b'GOOD': 'another name but for its case',
}


def quoted(text):
    """As an argument of a command line: blanks and quotes inside."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def sizes(lab, giver, taker):
    for size in SIZES:
        name = 'size-%d' % size
        source = make_file(lab.path(name), size, size + 1)
        row = giver.do('upload_file %s club 64K' % source)[0]
        expected = -(-size // PIECE)
        check(row['size'] == size and row['pieces'] == expected and
              row['state'] == 'sharing',
              '%d bytes are shared in %d pieces' % (size, expected))
        got = taker.do('download_file club ' + name)[0]
        check(sha256(os.path.join(taker.home, name)) == sha256(source) and
              got['pieces_have'] == expected,
              'S1-39 %d bytes arrive' % size)
    check(len(giver.do('list')) == len(SIZES), 'all sizes are shared')


def names(lab, giver, taker):
    folder = lab.path('odd names')
    os.mkdir(folder)
    for seed, name in enumerate(NAMES):
        source = make_file(os.path.join(folder, name), 20000 + seed, seed)
        row = giver.do('upload_file %s club' % quoted(source))[0]
        check(row['name'] == name, 'S1-32 shared as %r' % name)
        where = ''
        if name[0] == '.':
            where = ' ' + quoted(taker.home + '/')
            taker.refused('download_file club ' + quoted(name), 'invalid')
            check(not os.path.exists(os.path.join(taker.home, name)),
                  'T20 %r appears only where the user said' % name)
        taker.do('download_file club ' + quoted(name) + where)
        check(sha256(os.path.join(taker.home, name)) == sha256(source),
              'S1-32 and downloaded')
    listed = [row['name'] for row in taker.do('list_files club')]
    check(set(NAMES) <= set(listed), 'the list holds them as they are')


def tree_of(top):
    """{relative path: digest} of every file below."""
    out = {}
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            out[os.path.relpath(path, top)] = sha256(path)
    return out


def directories(lab, giver, taker):
    top = lab.path('tree')
    for folder in ('', 'a', 'a/b', 'a/b/c ü', 'a.x', 'Z'):
        os.makedirs(os.path.join(top, folder), exist_ok=True)
    make_file(os.path.join(top, 'a/equal 1'), 3 * PIECE + 5, 9)
    make_file(os.path.join(top, 'a/b/equal 2'), 3 * PIECE + 5, 9)
    for name, size in (('empty', 0), ('a/empty', 0), ('Z/last', 1),
                       ('a/b/c ü/deep', PIECE), ('a.x/y', PIECE + 1),
                       ('-dash', 16384), ("quote'\"", 5)):
        make_file(os.path.join(top, name), size, size)
    row = giver.do('upload_file %s club 64K' % top)[0]
    check(row['state'] == 'sharing', 'a directory is shared')
    listed = [r for r in taker.do('list_files club') if r['name'] == 'tree'][0]
    check(listed['directory'] is True, 'it is listed as a directory')
    taker.do('download_file club tree')
    check(tree_of(os.path.join(taker.home, 'tree')) == tree_of(top),
          'nested, empty and equal files arrive')
    empties = lab.path('empties')
    os.mkdir(empties)
    make_file(os.path.join(empties, 'nothing'), 0)
    giver.do('upload_file %s club' % empties)
    taker.do('download_file club empties')
    check(tree_of(os.path.join(taker.home, 'empties')) == tree_of(empties),
          'a directory with nothing but an empty file arrives')
    os.mkdir(lab.path('void'))
    giver.refused('upload_file %s club' % lab.path('void'), 'invalid')
    # Elsewhere and under another name, as a whole.
    taker.do('remove club tree')
    check(not os.path.exists(os.path.join(taker.home, 'tree')),
          'remove takes the directory away')
    taker.do("download_file club tree '%s'" % lab.path('other name'))
    check(tree_of(lab.path('other name')) == tree_of(top),
          'a directory downloads to another name')


def hostile(lab, giver):
    for number, (name, what) in enumerate(HOSTILE.items()):
        folder = lab.path('hostile-%d' % number)
        os.mkdir(folder)
        make_file(os.path.join(folder, 'good'), 10)
        path = os.path.join(folder.encode(), name)
        try:
            with open(path, 'wb') as f:
                f.write(b'x')
        except OSError:
            print('this file system refuses ' + what)
            continue
        text = giver.refused('upload_file %s club' % folder, 'invalid')
        check('hostile-%d/' % number in text,
              'a name with %s is refused with its path' % what)
        raw = giver.last_line.decode()
        check(not any(ord(c) < 32 or c in '\u202e\u200b' for c in raw),
              'and the answer shows it without harm')
    folder = lab.path('linked')
    os.mkdir(folder)
    make_file(os.path.join(folder, 'good'), 10)
    os.symlink('/etc/passwd', os.path.join(folder, 'inner'))
    text = giver.refused('upload_file %s club' % folder, 'invalid')
    check('linked/inner' in text, 'a symbolic link inside is refused by name')
    os.symlink('good', os.path.join(folder, 'top'))
    giver.refused('upload_file %s/top club' % folder, 'invalid')
    os.mkfifo(lab.path('pipe'))
    giver.refused('upload_file %s club' % lab.path('pipe'), 'invalid')
    giver.refused('upload_file %s club' % lab.path('not there'), 'usage')
    giver.refused('upload_file %s club' % lab.path('not-there'), 'not_found')
    giver.refused('upload_file / club', 'invalid')
    if os.geteuid() != 0:  # root may read everything
        folder = lab.path('unreadable')
        os.mkdir(folder)
        make_file(os.path.join(folder, 'locked'), 10)
        os.chmod(os.path.join(folder, 'locked'), 0)
        text = giver.refused('upload_file %s club' % folder, 'not_authorised')
        check('locked' in text, 'an unreadable file inside is named')
    check(not any(r['name'].startswith(('hostile', 'linked'))
                  for r in giver.do('list_files club')),
          'nothing of that was published')


def two_groups(lab, giver, taker):
    """S3-14: groups are worlds of their own."""
    giver.do('create_group board')
    taker.do('join_group board')
    giver.do('accept_request board taker')
    for number, group in enumerate(('club', 'board')):
        folder = lab.path('for ' + group)
        os.mkdir(folder)
        source = make_file(os.path.join(folder, 'same.bin'), 5000 + number,
                           number)
        giver.do('upload_file %s %s' % (quoted(source), group))
        taker.do('download_file %s same.bin %s' % (
            group, quoted(lab.path('same of ' + group))))
        check(sha256(lab.path('same of ' + group)) == sha256(source),
              'S3-14 same.bin of %s is the one of %s' % (group, group))
    taker.stop()
    taker.start()  # no group is in use then
    text = taker.refused('download_file same.bin', 'invalid')
    check('board' in text and 'club' in text, 'S2-12 which one? ' + text)
    taker.refused('remove same.bin', 'invalid')
    taker.refused('stop_share same.bin', 'invalid')
    check(os.path.exists(lab.path('same of club')) and
          os.path.exists(lab.path('same of board')),
          'nothing is removed that was not meant')
    # The very same content in both, too.
    source = make_file(lab.path('twin.bin'), 5000)
    hashes = [giver.do('upload_file %s %s' % (source, group))[0]['hash']
              for group in ('club', 'board')]
    check(hashes[0] != hashes[1], 'the same file in two groups is two items')


def places(lab, giver, taker):
    source = make_file(lab.path('placed.bin'), 300000, 77)
    expected = sha256(source)
    giver.do('upload_file %s club' % source)

    def again(target, where):
        taker.do('download_file club placed.bin %s' % quoted(target))
        check(sha256(where) == expected, 'downloaded to %s' % target)
        taker.do('remove club placed.bin')
        check(not os.path.exists(where), 'and removed there')
    os.mkdir(lab.path('into'))
    again(lab.path('into'), lab.path('into', 'placed.bin'))
    again(lab.path('into') + '/', lab.path('into', 'placed.bin'))
    again(lab.path('into', 'new name.bin'), lab.path('into', 'new name.bin'))

    # S1-32: onto something that is there: nothing is overwritten.
    mine = lab.path('into', 'mine.bin')
    for what in ('a file', 'an empty file', 'a dangling link'):
        if os.path.lexists(mine):
            os.unlink(mine)
        if what == 'a dangling link':
            os.symlink('nowhere', mine)
        else:
            with open(mine, 'w') as f:
                f.write('' if 'empty' in what else 'precious')
        text = taker.refused('download_file club placed.bin ' + quoted(mine),
                             'exists')
        check('mine.bin' in text, 'onto %s: refused by name' % what)
        check(what == 'a dangling link' or os.path.getsize(mine) in (0, 8),
              'and nothing was overwritten')
        check(os.listdir(lab.path('into')) == ['mine.bin'],
              'and nothing else was left')
    check(taker.transfer('placed.bin') is None, 'and no transfer is left')
    os.symlink(lab.path('into'), lab.path('way'))
    again(lab.path('way'), lab.path('into', 'placed.bin'))
    shutil.rmtree(lab.path('into'))
    giver_size = os.path.getsize(source)
    check(giver_size == 300000 and sha256(source) == expected,
          'the shared file is as it was')


def main():
    with Lab() as lab:
        giver = lab.member('giver', 'club')
        taker = lab.member('taker', 'club', giver)
        sizes(lab, giver, taker)
        names(lab, giver, taker)
        directories(lab, giver, taker)
        hostile(lab, giver)
        two_groups(lab, giver, taker)
        places(lab, giver, taker)
        for client in (giver, taker):
            rows = client.do('show_downloads')
            check(all(r['state'] == 'sharing' for r in rows),
                  'all that is at %s is shared' % client.name)


run(main)
