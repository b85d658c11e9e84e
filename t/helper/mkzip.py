"""usage: mkzip.py DIR

Writes odd and broken zips into DIR, one a file, and DIR/verdicts: a line each
with the name and what our reader has to say ("ok", or part of the message of
its refusal).  As a module: Entry and build(), which mkentries.py uses.
"""
import os
import struct
import sys
import zlib

UNIX = 3
DOS = 0
REG = 0o100644
LINK = 0o120777
DIR = 0o040755
DESCRIPTOR = 8
UTF8 = 1 << 11


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Entry:
    """One entry; `local` and `central` override fields of either header."""

    def __init__(self, name=b'f', data=b'content\n', mode=REG, host=UNIX,
                 method=8, flags=0, extra=b'', extra_local=None, raw=None,
                 local=None, central=None, descriptor=None, behind=b'',
                 at=None, attributes=None, date=0x5a76, time=0x5800):
        self.name = name
        self.raw = raw if raw is not None else (
            deflate(data) if method == 8 else data)
        self.host = host
        self.attributes = (mode << 16 | (0x10 if name.endswith(b'/') else 0)
                           if attributes is None else attributes)
        self.fields = dict(
            version=20, flags=flags, method=method, time=time, date=date,
            crc=zlib.crc32(data), packed=len(self.raw), size=len(data),
            name=name)
        self.local = local or {}
        self.central = central or {}
        self.extra = extra
        self.extra_local = extra if extra_local is None else extra_local
        self.descriptor = descriptor
        self.behind = behind
        self.at = at

    def local_bytes(self):
        f = dict(self.fields)
        if f['flags'] & DESCRIPTOR:
            f.update(crc=0, packed=0, size=0)
        f.update(self.local)
        head = struct.pack(
            '<4s5H3I2H', b'PK\3\4', f['version'], f['flags'], f['method'],
            f['time'], f['date'], f['crc'], f['packed'], f['size'],
            len(f['name']), len(self.extra_local))
        return head + f['name'] + self.extra_local + self.raw + self.tail()

    def tail(self):
        f = self.fields
        tail = b''
        if f['flags'] & DESCRIPTOR:
            tail = struct.pack('<4s3I', b'PK\7\10', f['crc'], f['packed'],
                               f['size'])
        if self.descriptor is not None:
            tail = self.descriptor
        return tail + self.behind

    def central_bytes(self, at):
        f = dict(self.fields, off=at if self.at is None else self.at,
                 part=0)
        f.update(self.central)
        head = struct.pack(
            '<4sBB5H3I5H2I', b'PK\1\2', 20, self.host, f['version'],
            f['flags'], f['method'], f['time'], f['date'], f['crc'],
            f['packed'], f['size'], len(f['name']), len(self.extra), 0,
            f['part'], 0, self.attributes, f['off'])
        return head + f['name'] + self.extra


def end(count, size, off, comment=b'', part=0):
    return struct.pack('<4s4H2IH', b'PK\5\6', part, part, count, count, size,
                       off, len(comment)) + comment


def build(entries, prefix=b'', gap=b'', comment=b'', order=None, **lies):
    """A zip of the entries; `order` permutes the directory."""
    body = prefix
    offsets = []
    for e in entries:
        offsets.append(len(body))
        body += e.local_bytes()
    body += gap
    central = [e.central_bytes(at) for e, at in zip(entries, offsets)]
    if order:
        central = [central[i] for i in order]
    directory = b''.join(central)
    values = dict(count=len(entries), size=len(directory), off=len(body))
    values.update(lies)
    return body + directory + end(comment=comment, **values)


def build64(entries, **lies):
    """The same with a zip64 end record."""
    body = b''
    central = b''
    for e in entries:
        central += e.central_bytes(len(body))
        body += e.local_bytes()
    v = dict(count=len(entries), size=len(central), off=len(body),
             at=len(body) + len(central), old=(0xffff, 0xffffffff, 0xffffffff),
             magic=b'PK\6\6')
    v.update(lies)
    record = struct.pack('<4sQ2H2I4Q', v['magic'], 44, 45, 45, 0, 0,
                         v['count'], v['count'], v['size'], v['off'])
    locator = struct.pack('<4sIQI', b'PK\6\7', 0, v['at'], 1)
    return body + central + record + locator + end(*v['old'])


def extra64(*values):
    return struct.pack('<HH%dQ' % len(values), 1, 8 * len(values), *values)


def unicode_path(name, other):
    data = struct.pack('<BI', 1, zlib.crc32(name)) + other
    return struct.pack('<HH', 0x7075, len(data)) + data


def fifield():
    """Each entry quotes the local headers behind it: all share one kernel."""
    entries = [Entry(b'kernel', b'\0' * 100000)]
    for i in range(20):
        inner = entries[-1].local_bytes()
        quote = struct.pack('<BHH', 0, len(inner), len(inner) ^ 0xffff)
        entries.append(Entry(b'%d' % i, b'', raw=quote + inner))
    at, central = 0, b''
    for e in reversed(entries):
        central += e.central_bytes(at)
        at += 30 + len(e.name) + 5
    body = entries[-1].local_bytes()
    return body + central + end(len(entries), len(central), len(body))


def same_header(count):
    """65,000 entries, one local header."""
    first = Entry(b'f', b'\0' * 100000)
    body = first.local_bytes()
    central = first.central_bytes(0) * count
    return body + central + end(count, len(central), len(body))


F = Entry()
G = Entry(b'g', b'more\n', method=0)
BIG = dict(packed=0xffffffff, size=0xffffffff)
STORED = dict(method=0)


def sizes(entry):
    return entry.fields['size'], entry.fields['packed']


CASES = [
    # name, verdict, bytes
    ('plain', 'ok', build([F, G])),
    ('empty', 'ok', build([])),
    ('comment', 'ok', build([F], comment=b'a comment')),
    ('order', 'ok', build([F, G, Entry(b'h')], order=[2, 0, 1])),
    ('dirs', 'ok', build([Entry(b'd/', b'', DIR, method=0), Entry(b'd/f'),
                          Entry(b'e/', b'', DIR)])),
    ('dot', 'ok', build([Entry(b'./', b'', DIR, method=0), Entry(b'./f')])),
    ('symlink', 'ok', build([F, Entry(b's', b'f', LINK, **STORED)])),
    ('descriptor', 'ok', build([Entry(flags=8), G])),
    ('descriptor-bare', 'ok', build([Entry(
        flags=8, descriptor=struct.pack('<3I', zlib.crc32(b'content\n'),
                                        len(F.raw), 8)), G])),
    ('descriptor-64', 'ok', build([Entry(
        flags=8, descriptor=struct.pack('<4sI2Q', b'PK\7\10',
                                        zlib.crc32(b'content\n'),
                                        len(F.raw), 8)), G])),
    ('descriptor-stored', 'ok', build([Entry(flags=8, **STORED), G])),
    ('zip64', 'ok', build64([F, G])),
    ('zip64-half', 'ok', build64([F, G], old=(2, 0xffffffff, 0xffffffff))),
    ('zip64-sizes', 'ok', build([Entry(extra=extra64(*sizes(F)), local=BIG,
                                       central=BIG)])),
    ('zip64-local', 'ok', build([Entry(extra=b'', local=BIG,
                                       extra_local=extra64(*sizes(F)))])),
    ('padding', 'ok', build([Entry(extra=b'', extra_local=b'\0\0\0')])),
    ('unicode', 'ok', build([Entry('é'.encode(), flags=UTF8)])),
    ('bytes', 'ok', build([Entry(b'\xff\xfe')])),
    ('info-unicode', 'ok', build([Entry(b'\x82', extra=unicode_path(
        b'\x82', 'é'.encode()))])),
    ('stale-unicode', 'ok', build([Entry(b'f', extra=unicode_path(
        b'other', b'evil'))])),
    ('backslash-unix', 'ok', build([Entry(b'a\\b')])),
    ('dos', 'ok', build([Entry(host=DOS, attributes=0x20)])),
    ('no-mode', 'ok', build([Entry(attributes=0)])),
    ('stored-zip', 'ok', build([F, Entry(b'z.zip', build([F, G]),
                                         **STORED)])),

    # The two headers.
    ('name-differs', 'differ in its name',
     build([Entry(local=dict(name=b'e'))])),
    ('name-longer', 'differ in its name',
     build([Entry(local=dict(name=b'ff'))])),
    ('method-differs', 'flags or method', build([Entry(local=dict(method=0))])),
    ('flags-differ', 'flags or method',
     build([Entry(local=dict(flags=UTF8))])),
    ('size-differs', 'CRC or size', build([Entry(local=dict(size=9))])),
    ('packed-differs', 'CRC or size', build([Entry(local=dict(packed=9))])),
    ('crc-differs', 'CRC or size', build([Entry(local=dict(crc=9))])),
    ('no-local', 'no header where', build([F]).replace(
        b'PK\3\4', b'PK\3\5')),
    ('zip64-lies', 'CRC or size', build([Entry(
        extra=b'', local=BIG, extra_local=extra64(9, len(F.raw)))])),
    ('zip64-short', 'malformed extra', build([Entry(
        extra=extra64(8), local=BIG, central=BIG)])),
    ('zip64-twice', 'malformed extra', build([Entry(
        extra=extra64(*sizes(F)) * 2, local=BIG, central=BIG)])),
    ('zip64-offset', 'in front of the directory', build([Entry(
        extra=extra64(1 << 40), extra_local=b'',
        central=dict(off=0xffffffff))])),
    ('extra-long', 'malformed extra', build([Entry(extra=b'ab\xff\xff')])),

    # Contents.
    ('crc-wrong', 'wrong CRC', build([Entry(local=dict(crc=9),
                                            central=dict(crc=9))])),
    ('too-long', 'longer than its header', build([Entry(
        local=dict(size=7), central=dict(size=7))])),
    ('too-short', 'ends too early', build([Entry(
        local=dict(size=9), central=dict(size=9))])),
    ('cut', 'ends too early', build([Entry(raw=F.raw[:-1])])),
    ('deflate-bad', 'damaged', build([Entry(raw=b'\xff' * 10)])),
    ('deflate-tail', 'behind the end of its data',
     build([Entry(raw=F.raw + b'hidden')])),
    ('stored-sizes', 'two sizes differ', build([Entry(
        method=0, local=dict(size=7), central=dict(size=7))])),
    ('method-14', 'method 14', build([Entry(method=14)])),
    ('method-93', 'method 93', build([Entry(method=93)])),
    ('method-99', 'method 99', build([Entry(method=99)])),
    ('encrypted', 'encrypted', build([Entry(flags=1)])),
    ('strong', 'encrypted', build([Entry(flags=64)])),
    ('masked', 'encrypted', build([Entry(flags=1 << 13)])),
    ('patch', 'patch', build([Entry(flags=32)])),
    ('descriptor-lies', 'data descriptor differs', build([Entry(
        flags=8, descriptor=struct.pack('<4s3I', b'PK\7\10', 9, 9, 9))])),
    ('descriptor-missing', 'no data descriptor',
     build([Entry(flags=8, descriptor=b'')])),
    ('descriptor-long', 'no data descriptor',
     build([Entry(flags=8, behind=b'x')])),
    ('directory-content', 'has content', build([Entry(b'd/', b'x', DIR)])),

    # Where things lie.
    ('prefix', 'not where its end record says', b'#!/bin/sh' + build([F])),
    ('prefix-shifted', 'in front of its first entry',
     build([F], prefix=b'#!/bin/sh')),
    ('gap', 'belong to nobody', build([Entry(behind=b'hole'), G])),
    ('hidden', 'belong to nobody', build([Entry(
        behind=Entry(b'hidden').local_bytes()), G])),
    ('gap-end', 'belong to nobody', build([F], gap=b'signing block')),
    ('tail', 'no end record', build([F]) + b'x'),
    ('no-end', 'no end record', build([F])[:-1]),
    ('two-ends', 'two end records',
     build([F], comment=end(0, 0, 0))),
    ('end-in-comment', 'end record in its comment',
     build([F], comment=b'PK\5\6 and so on')),
    ('parts', 'several parts', build([F], part=1)),
    ('part', 'another part', build([Entry(central=dict(part=1))])),
    ('count-high', 'claims 65535 entries', build([F], count=65535)),
    ('count-low', 'goes on behind its last', build([F, G], count=1)),
    ('count-more', 'cut short', build([Entry(b'f' * 60)], count=2)),
    ('directory-off', 'not where', build([F], off=0)),
    ('directory-size', 'not where', build([F], size=1)),
    ('record-bad', 'directory is malformed', build([F], count=1).replace(
        b'PK\1\2', b'PK\1\3')),
    ('zip64-claims', 'claims', build64([F], count=1 << 32)),
    ('zip64-moved', 'not where its locator', build64([F], at=0)),
    ('zip64-magic', 'malformed', build64([F], magic=b'PK\6\1')),
    ('zip64-differs', 'two end records of the zip differ',
     build64([F, G], old=(1, 0xffffffff, 0xffffffff))),
    ('overlap', 'overlap', build([F, Entry(b'g', at=10)])),
    ('fifield', 'overlap', fifield()),
    ('one-header', 'overlap', same_header(65000)),

    # Names and kinds.
    ('name-empty', 'empty name', build([Entry(b'')])),
    ('name-nul', 'NUL', build([Entry(b'a\0b')])),
    ('name-other', 'its other name', build([Entry(b'f', extra=unicode_path(
        b'f', b'evil'))])),
    ('name-utf8-other', 'its other name', build([Entry(
        'é'.encode(), flags=UTF8,
        extra=unicode_path('é'.encode(), b'evil'))])),
    ('backslash-dos', 'backslash', build([Entry(b'a\\b', host=DOS)])),
    ('backslash-ntfs', 'backslash', build([Entry(b'a\\b', host=10)])),
    ('symlink-dos', 'ambiguous', build([Entry(b's', b'f', LINK, DOS,
                                              **STORED)])),
    ('symlink-slash', 'disagree', build([Entry(b's/', b'f', LINK)])),
    ('symlink-empty', 'without a target', build([Entry(b's', b'', LINK,
                                                       **STORED)])),
    ('symlink-nul', 'NUL', build([Entry(b's', b'a\0b', LINK, **STORED)])),
    ('symlink-long', 'too long', build([Entry(b's', b'a' * 4096, LINK)])),
    ('mode-dir', 'disagree', build([Entry(b'd', b'', DIR)])),
    ('mode-file', 'disagree', build([Entry(b'd/', b'', REG)])),
    ('dos-dir', 'disagree', build([Entry(b'd', b'', host=DOS,
                                         attributes=16)])),
    ('fifo', 'device, fifo', build([Entry(mode=0o010644)])),
    ('device', 'device, fifo', build([Entry(mode=0o020644)])),
    ('dotdot', 'unsafe path', build([Entry(b'../x')])),
    ('absolute', 'unsafe path', build([Entry(b'/x')])),
    ('slash', 'unsafe path', build([Entry(b'/', b'', DIR)])),
    ('double-slash', 'unsafe path', build([Entry(b'a//b')])),
    ('git', 'unsafe path', build([Entry(b'.GIT/config')])),
    ('gitmodules', 'unsafe path', build([Entry(b'.gitmodules', b'x', LINK,
                                               **STORED)])),
]


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    with open(os.path.join(sys.argv[1], 'verdicts'), 'w') as verdicts:
        for name, verdict, data in CASES:
            path = os.path.join(sys.argv[1], name + '.zip')
            with open(path, 'wb') as out:
                out.write(data)
            verdicts.write('%s %s\n' % (name, verdict))


if __name__ == '__main__':
    main()
