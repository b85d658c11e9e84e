"""usage: mkentries.py FORMAT FILE ENTRY...

An archive of entries as bad as they come.  FORMAT is tar or zip, or "tar zip"
for both, FILE.tar and FILE.zip.  An ENTRY is
    file PATH           dir PATH
    link PATH TARGET    hard PATH TARGET    (hard: tar only)
with an octal mode behind the word, if wanted: "file:4755 PATH".  In PATH and
TARGET Python's escapes are understood: \\n, \\xff, and \\x20 for a space in the
path of a link.  A file holds its own path and a newline.
"""
import sys

import mktar
import mkzip

KINDS = {
    'file': (b'0', 0o100000, 0o644),
    'dir': (b'5', 0o040000, 0o755),
    'link': (b'2', 0o120000, 0o777),
    'hard': (b'1', 0o100000, 0o644),
}


def parse(text):
    word, _, path = text.partition(' ')
    kind, _, mode = word.partition(':')
    path, _, target = (path.partition(' ') if kind in ('link', 'hard')
                       else (path, '', ''))
    path, target = (p.encode('utf-8', 'surrogateescape')
                    .decode('unicode_escape').encode('latin-1')
                    for p in (path, target))
    return kind, int(mode, 8) if mode else KINDS[kind][2], path, target


def tar_entry(kind, mode, path, target):
    data = path + b'\n' if kind == 'file' else b''
    fields = dict(kind=KINDS[kind][0], mode=b'%07o\0' % mode)
    pairs = []
    if len(path) > 100:
        pairs.append((b'path', path))
    if len(target) > 100:
        pairs.append((b'linkpath', target))
    head = mktar.pax(*pairs) if pairs else b''
    return head + mktar.file(path[:100], data, link=target[:100], **fields)


def zip_entry(kind, mode, path, target):
    data = {'file': path + b'\n', 'dir': b'', 'link': target}[kind]
    if kind == 'dir' and not path.endswith(b'/'):
        path += b'/'
    return mkzip.Entry(path, data, KINDS[kind][1] | mode)


def archive(form, entries):
    if form == 'tar':
        return b''.join(tar_entry(*e) for e in entries) + mktar.END
    return mkzip.build([zip_entry(*e) for e in entries])


def main():
    forms = sys.argv[1].split()
    entries = [parse(text) for text in sys.argv[3:]]
    for form in forms:
        path = sys.argv[2] + ('.' + form if len(forms) > 1 else '')
        with open(path, 'wb') as out:
            out.write(archive(form, entries))


if __name__ == '__main__':
    main()
