"""An independent reading of silo-layout(5), section BLOB FILE.

usage: python3 layout.py FILE.gz FILE

Ends with an assertion where the blob file is not laid out as documented or
does not hold FILE; prints the seal.
"""
import hashlib
import os
import struct
import sys
import zlib

P = 262144
HEAD = bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
XHEAD = bytes([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255])
EMPTY = bytes([3, 0]) + bytes(8)

data = open(sys.argv[1], "rb").read()
want = open(sys.argv[2], "rb")

def body(off, n):
    """The n bytes wrapped in the member at off, and what follows it."""
    m = data[off:off + n + 26]
    assert m[:10] == XHEAD, "header"
    assert m[10:16] == struct.pack("<H2sH", n + 4, b"SI", n), "subfield"
    assert m[16 + n:] == EMPTY, "not empty"
    return m[16:16 + n], off + n + 26

t, end = body(len(data) - 66, 40)
assert end == len(data)
kind, version, zero, magic, psize, pieces, size, top = \
    struct.unpack("<BBH8sIQQQ", t)
assert (kind, version, zero, magic, psize) == (3, 1, 0, b"siloblob", P)
assert size == os.path.getsize(sys.argv[2]) and pieces == (size + P - 1) // P

off, groups = top, []
count = (pieces + 1023) // 1024
while len(groups) < count:
    n = min(1024, count - len(groups))
    b, off = body(off, 4 + 40 * n)
    assert struct.unpack("<BBH", b[:4]) == (2, 1, n)
    groups += [struct.unpack("<Q32s", b[4 + 40 * i:44 + 40 * i])
               for i in range(n)]
assert off == len(data) - 66

ns = [min(1024, pieces - 1024 * g) for g in range(count)]
off = index = top - sum(26 + 8 + 36 * n for n in ns)
pos, at, content_crc = 10, 0, 0
for g, n in enumerate(ns):
    b, off = body(off, 8 + 36 * n)
    k, v, m, crc = struct.unpack("<BBHI", b[:8])
    assert (k, v, m) == (1, 1, n)
    assert groups[g][0] == pos, "offset of a group"
    entries = [struct.unpack("<I32s", b[8 + 36 * i:44 + 36 * i])
               for i in range(n)]
    digests = b"".join(d for s, d in entries)
    assert groups[g][1] == hashlib.sha256(digests).digest()
    first = pos
    for s, d in entries:
        piece = data[pos:pos + s]
        assert piece[-4:] == bytes([0, 0, 255, 255])
        z = zlib.decompressobj(-15)
        content = z.decompress(piece + bytes([3, 0]))
        assert z.eof and not z.unused_data
        assert content == want.read(P) and len(content) > 0
        content_crc = zlib.crc32(content, content_crc)
        assert hashlib.sha256(content).digest() == d
        pos += s
        at += len(content)
    assert zlib.crc32(data[first:pos]) == crc
assert off == top and at == size
assert data[:10] == HEAD
assert data[pos:index] == bytes([3, 0]) + \
    struct.pack("<II", content_crc, size & 0xffffffff)
print(hashlib.sha256(b"".join(d for o, d in groups)).hexdigest())
