"""usage: mktar.py DIR

Writes odd and broken tars into DIR, one a file, and DIR/verdicts: a line
each with the name, what our reader has to say ("ok", or part of the message
of its refusal), in the order of the table below.
"""
import os
import sys

ZERO = b'\0' * 512
END = ZERO * 2


def pad(data):
    return data + b'\0' * (-len(data) % 512)


def header(name=b'f', kind=b'0', size=0, mode=b'0000644\0', uid=b'0000000\0',
           gid=b'0000000\0', mtime=b'02263523000\0', link=b'',
           magic=b'ustar\x0000', prefix=b'', checksum=None, owner=b'',
           signed=False):
    """A header block; size is a number, or the field's bytes."""
    if isinstance(size, int):
        size = b'%011o\0' % size
    block = bytearray(512)
    for at, width, value in ((0, 100, name), (100, 8, mode), (108, 8, uid),
                             (116, 8, gid), (124, 12, size), (136, 12, mtime),
                             (148, 8, b' ' * 8), (156, 1, kind),
                             (157, 100, link), (257, 8, magic),
                             (265, 32, owner), (345, 155, prefix)):
        assert len(value) <= width, value
        block[at:at + len(value)] = value
    total = sum(block)
    if signed:
        total = sum(b - 256 if b > 127 else b for b in block)
    text = checksum or b'%06o\0 '
    block[148:156] = text % total if b'%' in text else text
    return bytes(block)


def file(name=b'f', data=b'content\n', **more):
    more.setdefault('size', len(data))
    return header(name, **more) + pad(data)


def record(key, value):
    size = len(key) + len(value) + 3
    length = size + len(str(size))
    while length != size + len(str(length)):
        length = size + len(str(length))
    return b'%d %s=%s\n' % (length, key, value)


def raw_pax(data, kind=b'x', **more):
    return header(b'PaxHeader', kind, len(data), **more) + pad(data)


def pax(*pairs, kind=b'x'):
    return raw_pax(b''.join(record(k, v) for k, v in pairs), kind)


def long(kind, value, tail=b'\0'):
    data = value + tail
    return header(b'././@LongLink', kind, len(data),
                  magic=b'ustar  \0') + pad(data)


def base256(value, width, lead=0x80):
    raw = value.to_bytes(width, 'big', signed=value < 0)
    return bytes([raw[0] | lead]) + raw[1:]


V7 = b'\0' * 8
GNU = b'ustar  \0'
LONG = b'd' * 90 + b'/' + b'e' * 90 + b'/' + b'f' * 90
DEEP = b'/'.join([b'd' * 254] * 16)        # 4079 bytes
LINK = dict(kind=b'1', link=b'f')
SOFT = dict(kind=b'2', link=b'f')
DIR = dict(kind=b'5', mode=b'0000755\0')

CASES = [
    # the frame
    ('empty', 'cut off', b''),
    ('end-only', 'ok', END),
    ('end-padded', 'ok', file() + END + ZERO * 18),
    ('end-one-block', 'ok', file() + ZERO),
    ('end-odd-zeros', 'ok', file() + END + b'\0' * 100),
    ('end-none', 'end mark is missing', file()),
    ('end-half-block', 'cut off after 300', file() + b'\0' * 300),
    ('end-then-data', 'data behind the end', file() + END + b'x'),
    ('end-then-entry', 'data behind the end', file() + END + file(b'g') + END),
    ('zero-block-between', 'data behind', file() + ZERO + file(b'g') + END),
    ('cut-in-header', 'cut off after 200', file() + header(b'g')[:200]),
    ('cut-in-data', 'content missing', file(data=b'x' * 1000)[:1000]),
    ('cut-in-padding', 'in the padding', file()[:700]),
    ('cut-before-padding', 'in the padding', file()[:520]),
    ('cut-in-pax', 'content missing', pax((b'path', b'x'))[:515]),
    ('garbage', 'wrong checksum', b'this is no tar at all\n' * 100),
    ('sum-wrong', 'wrong checksum', file(checksum=b'000123\0 ') + END),
    ('sum-blank', 'wrong checksum', file(checksum=b' ' * 8) + END),
    ('sum-signed', 'ok', file(b'n\xe9\xff', signed=True) + END),
    ('sum-unsigned', 'ok', file(b'n\xe9\xff') + END),
    ('sum-spaces', 'ok', file(checksum=b' %5o \0') + END),
    ('sum-seven-digits', 'ok', file(checksum=b'%07o\0') + END),
    ('sum-letters', 'wrong checksum', file(checksum=b'0x12ab\0 ') + END),

    # types
    ('type-nul', 'ok', file(kind=b'\0') + END),
    ('type-0', 'ok', file(kind=b'0') + END),
    ('type-7', 'ok', file(kind=b'7') + END),
    ('type-1', 'ok', file() + header(b'g', **LINK) + END),
    ('type-2', 'ok', header(b's', **SOFT) + END),
    ('type-5', 'ok', header(b'd/', **DIR) + file(b'd/f') + END),
    ('type-5-no-slash', 'ok', header(b'd', **DIR) + file(b'd/f') + END),
    ('type-3', 'a character device', header(b'f', b'3') + END),
    ('type-4', 'a block device', header(b'f', b'4') + END),
    ('type-6', 'a fifo', header(b'f', b'6') + END),
    ('type-A', 'Solaris', header(b'f', b'A') + END),
    ('type-D', 'GNU dump directory', file(kind=b'D', magic=GNU) + END),
    ('type-M', 'multi-volume', file(kind=b'M', magic=GNU) + END),
    ('type-N', 'old GNU long name', file(kind=b'N', magic=GNU) + END),
    ('type-S', 'GNU sparse file', file(kind=b'S', magic=GNU) + END),
    ('type-V', 'volume label', header(b'label', b'V', magic=GNU) + END),
    ('type-X', 'Solaris', raw_pax(record(b'path', b'x'), b'X') + file() + END),
    ('type-8', 'type 0x38', file(kind=b'8') + END),
    ('type-xff', 'type 0xff', file(kind=b'\xff') + END),
    ('type-space', 'type 0x20', file(kind=b' ') + END),
    ('v7-file', 'ok', file(kind=b'\0', magic=V7) + END),
    ('v7-dir', 'ok', header(b'd/', b'\0', magic=V7) + END),
    ('v7-dir-type-0', 'ok', header(b'd/', b'0', magic=V7) + END),
    ('v7-dir-with-data', 'is no file', file(b'd/', kind=b'\0', magic=V7) + END),
    ('dir-with-data', 'is no file', file(b'd/', **DIR) + END),
    ('symlink-with-size', 'is no file', header(b's', size=1, **SOFT) + END),
    ('hardlink-with-data', 'is no file',
     file() + file(b'g', **LINK) + END),
    ('hardlink-with-size', 'is no file',
     file() + header(b'g', size=8, **LINK) + END),
    ('link-with-slash', 'ends in a slash', header(b's/', **SOFT) + END),
    ('slashes', 'ok', header(b'./d///', **DIR) + file(b'././d/f') + END),
    ('root', 'ok', header(b'./', **DIR) + file(b'./f') + END),
    ('root-dot', 'ok', header(b'.', **DIR) + file(b'./f') + END),
    ('root-file', "component '.'", file(b'.') + END),
    ('no-parents', 'ok', file(b'a/b/c') + END),
    ('dir-after-file', 'ok', file(b'd/f') + header(b'd/', **DIR) + END),

    # numbers
    ('size-spaces', 'ok', file(size=b'         10\0') + END),
    ('size-space-end', 'ok', file(size=b'00000000010 ') + END),
    ('size-full-width', 'ok', file(size=b'000000000010') + END),
    ('size-junk-behind-nul', 'ok', file(size=b'10\0abcdefgh\0') + END),
    ('size-base256', 'ok', file(size=base256(8, 12)) + END),
    ('size-base256-negative', 'negative', file(size=base256(-1, 12)) + END),
    ('size-base256-2-63', 'too large', file(size=base256(1 << 63, 12)) + END),
    ('size-base256-huge', 'too large',
     file(size=base256((1 << 87) + 8, 12)) + END),
    ('size-2-62', 'content missing', file(size=base256(1 << 62, 12)) + END),
    ('size-other-lead', 'not a number',
     file(size=base256(8, 12, 0xc0)) + END),
    ('size-minus', 'not a number', file(size=b'-0000000010\0') + END),
    ('size-digit-8', 'not a number', file(size=b'00000000018\0') + END),
    ('size-two-numbers', 'not a number', file(size=b'10 12\0') + END),
    ('size-behind-nul', 'not a number', file(size=b'\x0010') + END),
    ('size-blank', 'blank', file(size=b' ' * 12, data=b'') + END),
    ('size-nuls', 'ok', file(size=b'\0' * 12, data=b'') + END),
    ('mtime-negative', 'ok', file(mtime=base256(-1, 12)) + END),
    ('mtime-2-40', 'ok', file(mtime=base256(1 << 40, 12)) + END),
    ('mtime-letters', 'not a number', file(mtime=b'now\0') + END),
    ('uid-2-40', 'ok', file(uid=base256(1 << 40, 8)) + END),
    ('uid-negative', 'ok', file(uid=base256(-2, 8)) + END),
    ('uid-letters', 'not a number', file(uid=b'root\0') + END),
    ('mode-full', 'ok', file(mode=b'0104755\0') + END),
    ('mode-nuls', 'ok', file(mode=b'\0' * 8, data=b'') + END),
    ('mode-negative', 'negative', file(mode=base256(-1, 8)) + END),

    # names
    ('name-100', 'ok', file(b'n' * 100) + END),
    ('name-behind-nul', 'ok', file(b'f\0/etc/passwd') + END),
    ('name-bytes', 'ok', file(b'\x01\x1b[31m\n\t\\"\xff') + END),
    ('name-empty', 'it is empty', file(b'') + END),
    ('name-up', "'..'", file(b'../f') + END),
    ('name-up-inside', "'..'", file(b'a/../../f') + END),
    ('name-up-end', "'..'", header(b'a/..', **DIR) + END),
    ('name-absolute', 'absolute', file(b'/f') + END),
    ('name-absolute-dot', 'absolute', file(b'.//f') + END),
    ('name-double-slash', 'empty component', file(b'a//f') + END),
    ('name-dot-inside', "component '.'", file(b'a/./f') + END),
    ('name-only-slash', 'absolute', header(b'/', **DIR) + END),
    ('name-git', 'git keeps', file(b'.git') + END),
    ('name-git-hook', 'git keeps', file(b'a/.git/hooks/x') + END),
    ('name-git-case', 'git keeps', file(b'.GiT/config') + END),
    ('name-git-short', 'git keeps', file(b'git~1/config') + END),
    ('name-git-stream', 'git keeps', file(b'.git::$INDEX_ALLOCATION') + END),
    ('name-git-dots', 'git keeps', file(b'.git. . /x') + END),
    ('name-git-hfs', 'git keeps', file(b'.g\xe2\x80\x8cit/x') + END),
    ('name-git-backslash', 'git keeps', file(b'a\\.git\\x') + END),
    ('name-gitmodules', 'ok', file(b'.gitmodules') + END),
    ('symlink-gitmodules', 'a name that git reads',
     header(b'.gitmodules', **SOFT) + END),
    ('symlink-gitattributes', 'a name that git reads',
     header(b'x/.GITATTRIBUTES', **SOFT) + END),
    ('name-256', '255 bytes', long(b'L', b'n' * 256) + file() + END),
    ('name-255', 'ok', long(b'L', b'n' * 255) + file() + END),
    ('path-4095', 'ok', long(b'L', DEEP + b'/' + b'f' * 15) + file() + END),
    ('path-4096', '4,095 bytes',
     long(b'L', DEEP + b'/' + b'f' * 16) + file() + END),
    ('prefix', 'ok', file(b'f' * 100, prefix=b'p' * 155) + END),
    ('prefix-gnu', 'magic of POSIX', file(prefix=b'p', magic=GNU) + END),
    ('prefix-v7', 'magic of POSIX',
     file(kind=b'\0', prefix=b'p', magic=V7) + END),
    ('prefix-up', "'..'", file(prefix=b'..') + END),
    ('version-odd', 'ok', file(prefix=b'p', magic=b'ustar\0  ') + END),

    # links
    ('link-100', 'ok', header(b's', kind=b'2', link=b't' * 100) + END),
    ('symlink-outside', 'ok', header(b's', kind=b'2', link=b'/etc') + END),
    ('symlink-empty', '0 bytes', header(b's', kind=b'2') + END),
    ('hardlink-dot', 'ok',
     file(b'./f') + header(b'./g', kind=b'1', link=b'./f') + END),
    ('hardlink-empty', 'it is empty', file() + header(b'g', b'1') + END),
    ('hardlink-up', "'..'", header(b'g', kind=b'1', link=b'../f') + END),
    ('hardlink-absolute', 'absolute',
     header(b'g', kind=b'1', link=b'/etc/passwd') + END),
    ('hardlink-git', 'git keeps', header(b'g', kind=b'1', link=b'.git') + END),
    ('hardlink-self', 'to itself', file() + header(**LINK) + END),

    # GNU long names
    ('L', 'ok', long(b'L', LONG) + file(LONG[:100], magic=GNU) + END),
    ('L-no-nul', 'ok', long(b'L', LONG, b'') + file(magic=GNU) + END),
    ('L-hidden', 'behind a NUL', long(b'L', b'a\0b') + file() + END),
    ('L-empty', 'empty', long(b'L', b'') + file() + END),
    ('L-up', "'..'", long(b'L', b'../f') + file() + END),
    ('L-twice', "two headers of type 'L'",
     long(b'L', b'a') + long(b'L', b'b') + file() + END),
    ('L-alone', 'is missing', long(b'L', LONG) + END),
    ('L-huge', 'limit of 1 MiB',
     header(b'././@LongLink', b'L', 1 << 30, magic=GNU) + END),
    ('L-size-negative', 'negative',
     header(b'././@LongLink', b'L', base256(-1, 12), magic=GNU) + END),
    ('K', 'ok', long(b'K', LONG) + header(b's', **SOFT) + END),
    ('K-L', 'ok', long(b'K', LONG) + long(b'L', LONG + b's') +
     header(b's', **SOFT) + END),
    ('L-K', 'ok', long(b'L', LONG + b's') + long(b'K', LONG) +
     header(b's', **SOFT) + END),
    ('L-dir-nul-type', 'differ in whether',
     long(b'L', b'd/') + header(b'f', b'\0') + END),
    ('L-file-nul-type', 'differ in whether',
     long(b'L', b'f') + header(b'f/', b'\0') + END),

    # pax
    ('x-path', 'ok', pax((b'path', LONG)) + file(LONG[:100]) + END),
    ('x-path-bytes', 'ok', pax((b'path', b'n\xff')) + file() + END),
    ('x-charset-binary', 'ok',
     pax((b'hdrcharset', b'BINARY'), (b'path', b'n\xff')) + file() + END),
    ('x-charset-utf8', 'ok',
     pax((b'hdrcharset', b'ISO-IR 10646 2000 UTF-8')) + file() + END),
    ('x-charset-latin1', 'bad value',
     pax((b'hdrcharset', b'ISO-IR 8859 1 1998')) + file() + END),
    ('x-linkpath', 'ok', pax((b'linkpath', LONG)) +
     header(b's', **SOFT) + END),
    ('x-size', 'ok', pax((b'size', b'8')) + file(size=0) + END),
    ('x-size-wins', 'ok', pax((b'size', b'8')) + file(size=1000) + END),
    ('x-size-0-wins', 'ok',
     pax((b'size', b'0')) + file(size=512, data=b'') + file(b'g') + END),
    ('x-size-dir', 'is no file',
     pax((b'size', b'8')) + header(b'd/', **DIR) + pad(b'content\n') + END),
    ('x-size-negative', 'bad value', pax((b'size', b'-1')) + file() + END),
    ('x-size-empty', 'bad value', pax((b'size', b'')) + file() + END),
    ('x-size-2-63', 'bad value',
     pax((b'size', b'9223372036854775808')) + file() + END),
    ('x-size-plus', 'bad value', pax((b'size', b'+8')) + file() + END),
    ('x-size-twice', 'bad value',
     pax((b'size', b'8'), (b'size', b'0')) + file() + END),
    ('x-mtime', 'ok', pax((b'mtime', b'1600000000.123456789')) + file() + END),
    ('x-mtime-before-1970', 'ok', pax((b'mtime', b'-1.5')) + file() + END),
    ('x-mtime-letters', 'bad value', pax((b'mtime', b'1e9')) + file() + END),
    ('x-metadata', 'ok',
     pax((b'atime', b'1'), (b'ctime', b'1'), (b'comment', b'c'),
         (b'uid', b'12345678'), (b'gid', b'1'), (b'uname', b'\xc3\xa9'),
         (b'gname', b'g'), (b'charset', b'BINARY'),
         (b'LIBARCHIVE.creationtime', b'1'), (b'LIBARCHIVE.xattr.a', b'YQ'),
         (b'SCHILY.xattr.user.a', b'\0\n='), (b'SCHILY.fflags', b'nodump'),
         (b'SCHILY.acl.access', b'user::rw-'), (b'SCHILY.dev', b'1'),
         (b'SCHILY.ino', b'2'), (b'SCHILY.nlink', b'1'),
         (b'RHT.security.selinux', b'x')) + file() + END),
    ('x-path-up', "'..'", pax((b'path', b'../f')) + file() + END),
    ('x-path-nul', 'NUL', pax((b'path', b'f\0g')) + file() + END),
    ('x-path-empty', 'is empty', pax((b'path', b'')) + file() + END),
    ('x-path-twice', 'twice',
     pax((b'path', b'a'), (b'path', b'b')) + file() + END),
    ('x-linkpath-nul', 'NUL',
     pax((b'linkpath', b'f\0g')) + header(b's', **SOFT) + END),
    ('x-path-1-mib', 'limit of 1 MiB',
     pax((b'path', b'd/' * (1 << 19))) + file() + END),
    ('x-path-long', '4,095 bytes',
     pax((b'path', b'd/' * 3000 + b'f')) + file() + END),
    ('x-sparse', "'GNU.sparse.major'",
     pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'),
         (b'GNU.sparse.name', b'evil'), (b'GNU.sparse.realsize', b'8')) +
     file(data=b'1\n0\n8\n') + END),
    ('x-sparse-old', "'GNU.sparse.size'",
     pax((b'GNU.sparse.size', b'8'), (b'GNU.sparse.numblocks', b'1')) +
     file() + END),
    ('x-sparse-star', "'SCHILY.realsize'",
     pax((b'SCHILY.realsize', b'9')) + file() + END),
    ('x-sparse-sun', "'SUN.holesdata'",
     pax((b'SUN.holesdata', b' 0 8')) + file() + END),
    ('x-unknown', "unknown pax key 'ACME.path'",
     pax((b'ACME.path', b'evil')) + file() + END),
    ('x-key-escaped', 'unknown pax key \'a\\x1b\'',
     pax((b'a\x1b', b'x')) + file() + END),
    ('x-empty', 'empty pax header', raw_pax(b'') + file() + END),
    ('x-unterminated', 'broken', raw_pax(b'8 path=a') + file() + END),
    ('x-length-0', 'broken', raw_pax(b'0 path=a\n') + file() + END),
    ('x-length-zeros', 'broken', raw_pax(b'009 path=a\n') + file() + END),
    ('x-length-short', 'broken', raw_pax(b'8 path=a\n') + file() + END),
    ('x-length-long', 'broken', raw_pax(b'99 path=a\n') + file() + END),
    ('x-length-overflow', 'broken',
     raw_pax(b'18446744073709551625 path=a\n') + file() + END),
    ('x-length-negative', 'broken', raw_pax(b'-9 path=a\n') + file() + END),
    ('x-length-missing', 'broken', raw_pax(b'path=a\n') + file() + END),
    ('x-length-spaces', 'broken', raw_pax(b'  11 path=a\n') + file() + END),
    ('x-no-equals', 'broken', raw_pax(b'9 path:a\n') + file() + END),
    ('x-no-key', 'broken', raw_pax(b'5 =a\n') + file() + END),
    ('x-nuls-behind', 'broken',
     raw_pax(b'10 path=a\n' + b'\0' * 5) + file() + END),
    ('x-huge', 'limit of 1 MiB',
     header(b'PaxHeader', b'x', (1 << 31)) + END),
    ('x-size-field-negative', 'negative',
     header(b'PaxHeader', b'x', base256(-512, 12)) + END),
    ('x-alone', 'is missing', pax((b'path', b'x')) + END),

    # pax against the rest: what readers take for different things
    ('x-x', 'between another one',
     pax((b'path', b'a')) + pax((b'path', b'b')) + file() + END),
    ('x-L', 'between another one',
     pax((b'path', b'a')) + long(b'L', b'b') + file() + END),
    ('x-size-L', 'between another one',
     pax((b'size', b'1024')) + long(b'L', b'b') + file(data=b'x' * 1024) + END),
    ('x-K', 'between another one',
     pax((b'linkpath', b'a')) + long(b'K', b'b') + header(**SOFT) + END),
    ('L-x', 'between another one',
     long(b'L', b'a') + pax((b'path', b'b')) + file() + END),
    ('x-g', 'between another one',
     pax((b'path', b'a')) + pax((b'comment', b'c'), kind=b'g') + file() + END),
    ('L-g', 'between another one',
     long(b'L', b'a') + pax((b'comment', b'c'), kind=b'g') + file() + END),
    ('x-next-only', 'ok', pax((b'path', b'a')) + file() + file(b'b') + END),
    ('x-dir-nul-type', 'differ in whether',
     pax((b'path', b'd/')) + header(b'f', b'\0') + END),

    # global headers
    ('g-comment', 'ok',
     pax((b'comment', b'0123456789'), kind=b'g') + file() + END),
    ('g-owner', 'ok',
     pax((b'uid', b'0'), (b'gid', b'0'), (b'uname', b'root'),
         (b'gname', b'root'), (b'mtime', b'1'), kind=b'g') + file() + END),
    ('g-mtime-again', 'ok',
     pax((b'mtime', b'1'), kind=b'g') + file() +
     pax((b'mtime', b'2.5'), kind=b'g') + file(b'g') + END),
    ('g-size', "'size' in a global",
     pax((b'size', b'0'), kind=b'g') + file() + END),
    ('g-path', "'path' in a global",
     pax((b'path', b'evil'), kind=b'g') + file() + END),
    ('g-linkpath', "'linkpath' in a global",
     pax((b'linkpath', b'evil'), kind=b'g') + file() + END),
    ('g-charset', "'hdrcharset' in a global",
     pax((b'hdrcharset', b'BINARY'), kind=b'g') + file() + END),
    ('g-xattr', "'SCHILY.xattr.a' in a global",
     pax((b'SCHILY.xattr.a', b'b'), kind=b'g') + file() + END),
    ('g-alone', 'ok', pax((b'comment', b'c'), kind=b'g') + END),
]


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, 'verdicts'), 'w') as verdicts:
        for name, verdict, data in CASES:
            verdicts.write('%s\t%s\n' % (name, verdict))
            with open(os.path.join(out, name + '.tar'), 'wb') as f:
                f.write(data)


if __name__ == '__main__':
    main()
