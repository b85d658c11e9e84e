#!/usr/bin/env python3
"""midxbreak.py HOW FILE OUT [wrong]: take a table of packs, or an .idx, apart,
change it in one way, and give it a right hash again (or a wrong one)."""
import hashlib, struct, sys
how, path, out = sys.argv[1:4]
b = bytearray(open(path, "rb").read()[:-20])
midx = b[:4] == b"MIDX"
if midx:
	n = b[6]
	chunk = {}
	for i in range(n):
		at = 12 + 12 * i
		chunk[bytes(b[at:at + 4])] = (at, struct.unpack(">Q", b[at + 4:at + 12])[0])
	fan = chunk[b"OIDF"][1]
	ids, off = chunk[b"OIDL"][1], chunk[b"OOFF"][1]
	stride, skip = 8, 4
else:
	fan, ids = 8, 1032
	n = struct.unpack(">I", b[1028:1032])[0]
	off = ids + 24 * n
	stride, skip = 4, 0
def put(at, *v):
	for i, x in enumerate(v):
		b[at + 4 * i:at + 4 * i + 4] = struct.pack(">I", x)
def put64(at, x):
	b[at:at + 8] = struct.pack(">Q", x)
def where(name, x):
	put64(chunk[name][0] + 4, x)
if how == "fan-down": put(fan + 40, 0xffffff)
elif how == "fan-huge": put(fan + 1020, 0xffffffff)
elif how == "fan-zero": put(fan, *[0] * 256)
elif how == "fan-shift": b[fan:fan + 4 * 255] = b[fan + 4:fan + 1024]
elif how == "ids-swapped": b[ids:ids + 20], b[ids + 20:ids + 40] = b[ids + 20:ids + 40], b[ids:ids + 20]
elif how == "offset-0": put(off + skip, 0)
elif how == "offset-long": put(off + skip, 0x80000005)
elif how == "offset-max": put(off + skip, 0xffffffff)
elif how == "pack-out": put(off, 77)
elif how == "pack-max": put(off, 0xffffffff)
elif how == "version": b[4:8] = b"\0\0\0\3"
elif how == "magic": b[0] ^= 1
elif how == "trailing": b += b"12345678"
elif how == "trailing-3": b += b"123"
elif how == "cut-ids": del b[ids + 10:]
elif how == "cut-half": del b[len(b) // 2:]
elif how == "cut-head": del b[6:]
elif how == "v1": b = bytearray(b[8:])
elif how == "midx-v2": b[4] = 2
elif how == "midx-sha256": b[5] = 2
elif how == "midx-base": b[7] = 1
elif how == "midx-packs-more": put(8, 200)
elif how == "midx-packs-max": put(8, 0xffffffff)
elif how == "midx-chunks-255": b[6] = 255
elif how == "midx-chunks-0": b[6] = 0
elif how == "midx-chunk-beyond": where(b"OOFF", 1 << 40)
elif how == "midx-chunk-wrap": where(b"OIDL", (1 << 64) - 4)
elif how == "midx-chunk-back": where(b"OIDL", 12)
elif how == "midx-chunks-away":
	for name in chunk:
		if name != b"PNAM":
			where(name, chunk[name][1] + (1 << 40))
	put64(12 + 12 * n + 4, len(b) + (1 << 40))
elif how == "midx-chunk-twice":
	at = chunk[b"OIDL"][0]
	b[at:at + 4] = b"OIDF"
elif how == "midx-no-ooff":
	at = chunk[b"OOFF"][0]
	b[at:at + 4] = b"XXXX"
elif how == "midx-name-slash":
	at = chunk[b"PNAM"][1]
	b[at:at + 8] = b"../../x-"
elif how == "midx-name-nonul":
	at = chunk[b"PNAM"][1]
	b[at:fan] = b"a" * (fan - at)
elif how == "midx-names-order":
	at = chunk[b"PNAM"][1]
	b[at + 5:at + 6] = b"f"
	b[at + 6:at + 7] = b"f"
	b[at + 7:at + 8] = b"f"
elif how == "swap-places":
	x, y = off, off + stride
	b[x:x + stride], b[y:y + stride] = b[y:y + stride], b[x:x + stride]
elif how == "empty": b = bytearray()
elif how == "none": pass
else: sys.exit("no such way: " + how)
data = bytes(b)
tail = hashlib.sha1(data).digest()
if how == "empty": tail = b""
if len(sys.argv) > 4: tail = b"\0" * 20
open(out, "wb").write(data + tail)
