#!/usr/bin/env python3
"""An SFTP server on stdin and stdout that can lie.

    fakesftp.py [--log FILE] [--top DIR] [--ext NAME]... [FAULT]... [-- ignored...]

Without a FAULT it is a plain server of version 3 with no extensions but those
of --ext (hardlink, posix-rename, fsync, limits).  What ssh would be told (host,
-s, sftp) is ignored.  DIR is its top folder.  The log has a line for each
request.  A FAULT is NAME or NAME=NUMBER; see the dictionary of each function,
or the tests.
"""

import errno
import os
import random
import select
import signal
import stat
import struct
import sys
import time

(INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT) = range(1, 9)
(OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME) = range(11, 19)
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED, REPLY = 101, 102, 103, 104, 105, 200, 201
NAMES = {v: k for k, v in list(globals().items()) if isinstance(v, int)}

faults = {}
extensions = []
log = None
top = b""
files = {}
waiting = []
replies = 0


def string(b):
    return struct.pack(">I", len(b)) + b


class Packet:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, fmt):
        v, = struct.unpack_from(">" + fmt, self.data, self.at)
        self.at += struct.calcsize(">" + fmt)
        return v

    def string(self):
        n = self.take("I")
        self.at += n
        return self.data[self.at - n:self.at]

    def path(self):
        path = self.string()
        return top + path if path.startswith(b"/") else path


def out(data):
    sys.stdout.buffer.write(data)


def end():
    sys.stdout.buffer.flush()
    os._exit(0)


def be_deaf(raw):
    """Half a reply, and the rest when who asks has found that nobody listens."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    out(raw[:len(raw) // 2])
    sys.stdout.buffer.flush()
    os.close(0)
    time.sleep(1)
    out(raw[len(raw) // 2:])
    end()


def send(kind, ident, body):
    """One reply, bent as told."""
    global replies
    replies += 1
    if replies == faults.get("die", 0):
        end()
    raw = struct.pack(">IBI", len(body) + 5, kind, ident) + body
    if replies == faults.get("cut", 0):
        out(raw[:len(raw) // 2])
        end()
    if replies == faults.get("huge", 0):
        raw = struct.pack(">IBI", 0xffffffff, kind, ident) + body
    if replies == faults.get("tiny", 0):
        raw = struct.pack(">IBI", 2, kind, ident)
    if replies == faults.get("badid", 0):
        raw = struct.pack(">IBI", len(body) + 5, kind, ident + 1000) + body
    if replies == faults.get("badtype", 0):
        raw = struct.pack(">IBI", len(body) + 5, 77, ident) + body
    if replies == faults.get("hollow", 0):
        raw = struct.pack(">IBI", 5, kind, ident)
    if replies == faults.get("long", 0):
        raw = struct.pack(">IBI", 200005, kind, ident) + b"x" * 200000
    if replies == faults.get("twice", 0):
        raw += raw
    if replies == faults.get("noise", 0):
        raw += bytes(random.Random(replies).randrange(256) for _ in range(99))
    if replies == faults.get("deaf", 0):
        be_deaf(raw)
    if "shuffle" in faults and kind == DATA:
        waiting.append(raw)
        return
    out(raw)


def flush():
    random.Random(replies).shuffle(waiting)
    while waiting:
        out(waiting.pop())


def status(ident, code):
    if "status" in faults and code:
        code = faults["status"]
    send(STATUS, ident, struct.pack(">I", code) + string(b"because") + string(b""))


def attrs(st):
    if "noattrs" in faults:
        return struct.pack(">I", 0)
    mode = st.st_mode
    if "symlink" in faults:
        mode = stat.S_IFLNK | 0o777
    return struct.pack(">IQIIIII", 13 | 2, st.st_size + faults.get("grow", 0),
                       0, 0, mode, 0, int(st.st_mtime))


def failed(ident, e):
    code = {errno.ENOENT: 2, errno.ENOTDIR: 2, errno.EACCES: 3,
            errno.EPERM: 3}.get(e.errno, 4)
    status(ident, code)


def new_handle(ident, thing):
    name = b"%d" % len(files)
    if "handle" in faults:
        name = b"h" * faults["handle"]
    files[name] = thing
    send(HANDLE, ident, string(name))


def do_open(p, ident):
    path, want, _ = p.path(), p.take("I"), p.take("I")
    flags = {1: os.O_RDONLY, 2: os.O_WRONLY, 3: os.O_RDWR}[want & 3]
    for bit, flag in ((8, os.O_CREAT), (16, os.O_TRUNC), (32, os.O_EXCL)):
        flags |= flag if want & bit else 0
    new_handle(ident, os.open(path, flags, 0o666))


def do_read(p, ident):
    fd, off, n = files[p.string()], p.take("Q"), p.take("I")
    data = os.pread(fd, n, off)
    if "short" in faults and len(data) > 1:
        data = data[:random.Random(off + replies).randrange(1, len(data))]
    if "empty" in faults:
        data = b""
    elif "more" in faults:
        data += b"x" * faults["more"]
    elif not data:
        status(ident, 1)
        return
    send(DATA, ident, string(data))


def do_write(p, ident):
    fd, off, data = files[p.string()], p.take("Q"), p.string()
    if "full" in faults and off + len(data) > faults["full"]:
        os.pwrite(fd, data[:max(0, faults["full"] - off)], off)
        status(ident, 4)
        return
    os.pwrite(fd, data, off)
    status(ident, 0)


def do_opendir(p, ident):
    path = b"." if "deep" in faults else p.path()
    names = [b".", b".."] + sorted(os.listdir(path))
    found = [(n, os.lstat(os.path.join(path, n))) for n in names]
    if "deep" in faults:
        found = [(b"d", found[0][1])]
    new_handle(ident, found)


def do_readdir(p, ident):
    rest = files[p.string()]
    some, rest[:] = rest[:50], rest[50:]
    if not some:
        status(ident, 1)
        return
    if "count" in faults:
        send(NAME, ident, struct.pack(">I", 0xffffffff))
        return
    if "name" in faults:
        bad = (b"a/b", b"", b"../x", b"a\0b", b"\xff\n\x1b[2J")[faults["name"]]
        some = [(bad, some[0][1])]
    send(NAME, ident, struct.pack(">I", len(some)) +
         b"".join(string(n) + string(b"long") + attrs(st) for n, st in some))


def rename(old, new):
    if os.path.lexists(new):
        raise OSError(errno.EEXIST, "there")
    os.rename(old, new)


def do_extended(p, ident):
    name = p.string().split(b"@")[0].decode()
    if name not in extensions:
        status(ident, 8)
        return
    if name == "limits":
        send(REPLY, ident, struct.pack(">QQQQ", 262144, 261120, 261120, 0))
        return
    if name == "fsync":
        os.fsync(files[p.string()])
    elif name == "hardlink":
        if "nolinks" in faults:
            raise OSError(errno.EPERM, "no links")
        os.link(p.path(), p.path())
    else:
        os.rename(p.path(), p.path())
    status(ident, 0)


def serve(kind, p, ident):
    if kind == OPEN:
        do_open(p, ident)
    elif kind == READ:
        do_read(p, ident)
    elif kind == WRITE:
        do_write(p, ident)
    elif kind in (LSTAT, STAT):
        send(ATTRS, ident, attrs((os.lstat if kind == LSTAT else os.stat)(p.path())))
    elif kind == FSTAT:
        send(ATTRS, ident, attrs(os.fstat(files[p.string()])))
    elif kind == OPENDIR:
        do_opendir(p, ident)
    elif kind == READDIR:
        do_readdir(p, ident)
    elif kind == EXTENDED:
        do_extended(p, ident)
    else:
        if kind == CLOSE:
            thing = files.get(p.string())
            if isinstance(thing, int):
                os.close(thing)
        elif kind == REMOVE:
            os.unlink(p.path())
        elif kind == MKDIR:
            os.mkdir(p.path())
        elif kind == RMDIR:
            os.rmdir(p.path())
        elif kind == RENAME:
            rename(p.path(), p.path())
        else:
            raise OSError(errno.EINVAL, "what?")
        status(ident, 0)


def greet():
    if "banner" in faults:
        out(b"Welcome to this machine!\r\nHave a nice day.\n")
        sys.stdout.buffer.flush()
    body = b"".join(string(e.encode() + b"@openssh.com") + string(b"1")
                    for e in extensions)
    if "badext" in faults:
        body += struct.pack(">I", 0xfffffff0) + b"abc"
    if "stall" in faults:
        body += string(b"x" * 99)
    out(struct.pack(">IBI", len(body) + 5, VERSION, faults.get("version", 3)) +
        body[:-1 if "stall" in faults else None])
    sys.stdout.buffer.flush()
    if "stall" in faults:
        time.sleep(60)


def main():
    global log, top
    args = sys.argv[1:]
    while args and args[0] != "--" and args[0] != "-a":
        word = args.pop(0)
        if word == "--log":
            log = open(args.pop(0), "a", buffering=1)
        elif word == "--top":
            top = os.fsencode(args.pop(0))
        elif word == "--ext":
            extensions.append(args.pop(0))
        else:
            name, _, number = word.partition("=")
            faults[name] = int(number or 1)
    data = b""
    while True:
        n = struct.unpack(">I", data[:4])[0] + 4 if len(data) >= 4 else 4
        if len(data) >= n > 4:
            packet, data = data[:n], data[n:]
            handle(packet)
            continue
        # Nothing more is asked for a while: what was held back goes out.
        if len(waiting) >= faults.get("shuffle", 1) or \
           not select.select([0], [], [], 0.05)[0]:
            flush()
        sys.stdout.buffer.flush()
        more = os.read(0, 1 << 20)
        if not more:
            break
        data += more


def handle(packet):
    p = Packet(packet)
    p.take("I")
    kind, ident = p.take("B"), p.take("I")
    if kind == INIT:
        greet()
        return
    if log:
        log.write(NAMES.get(kind, str(kind)) + "\n")
    try:
        serve(kind, p, ident)
    except OSError as e:
        failed(ident, e)
    except KeyError:
        status(ident, 4)


try:
    main()
except BrokenPipeError:
    os._exit(0)
