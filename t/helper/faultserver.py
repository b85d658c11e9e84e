#!/usr/bin/env python3
"""An HTTP/1.1 server that serves a folder, and lies, stalls, cuts as told.

    faultserver.py --root DIR --faults DIR --log FILE --port FILE
                   [--bind ADDR] [--listen PORT] [--cert PEM] [--dav]

It binds PORT, or a free one, and writes it to FILE when it listens.  A request for
/NAME/rest of the path is answered as the file NAME in the faults folder says,
read anew each time; without such a file /NAME/rest is just a path.

A fault is lines of "word value":

  only TEXT      for paths that hold TEXT, or one of TEXT|TEXT (default:
                 objects/; * is all)
  method GET     for this method alone
  when range     for requests with a Range header (or: norange); these three
                 count in the first section, for all
  times N        for the first N such requests of each path; see then
  together       they are counted for all paths together (first section)
  then           the lines below are for the requests after those; a section
                 that is not the last counts once, unless it has times

  raw FILE       the bytes of FILE of the faults folder are the answer; close
  hold           after raw: do not close, wait for the client to leave
  status N TEXT  status line; bodies of other than 200 and 206 are one line
  header LINE    one more header, may come several times
  drop NAME      one header less
  pad N          a header of N bytes more
  body FILE      FILE of the faults folder is the content (whole, ranges too)
  text LINE      LINE is the body, whatever was asked
  as PATH        the file at PATH of the root instead
  content HOW    gunzip (what is in the gz), double (gzip once more), zlib,
                 upper (garbage of the same length), grow N (N zeros more)
  flip N         one bit of byte N of the file (negative: from its end)
  length HOW     Content-Length: none, or a number, or +N -N
  chunked        the body in chunks; "chunked cut" without the last one,
                 "chunked bad" with a size that is no number
  cut N          close after N bytes of the body (negative: from its end)
  head N         close after N bytes of the head
  reset          close by RST, here and for cut, head
  close          at once
  lost           what is asked is done, then close at once
  silent         never answer
  inplace        PUT writes into the file as the bytes come
  forgets        PUT says 201 and keeps nothing; halves: or half of it
  stall N        after N bytes of the body nothing more comes
  drip N MS      N bytes of the body every MS milliseconds
  drip-head MS   the head byte by byte
  wait MS        before the answer
  range HOW      ignore (200 and all), lie N (bytes from N on, header as
                 asked), shift N (both), total N (added to the total),
                 none (206 without Content-Range), multipart, short N
                 (-N: longer), units, star, 416
  etag HOW       none, weak, new (another one each time), or its text
  redirect N URL %s in it is the path behind the fault's name, %r counts up
  auth USER PASS basic; "auth - TOKEN" wants "Authorization: TOKEN"
  continue N     as many 100 before the answer
  early N TEXT   an interim answer (103 ...) before
  after TEXT     bytes behind the answer, before the next one

FILE.log has a line for each request: method, path, range or -, status, number
of the connection; FILE.head the requests as they came; FILE.conn a line for
each connection.
"""

import argparse
import gzip
import os
import posixpath
import re
import shutil
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
import zlib

from faultdav import NO_FAULT, REASONS, Answer, Dav, Fault, Gone


class Server:
    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.counts = {}
        self.connections = 0
        self.turns = 0
        self.etags = 0
        self.logs = {kind: open(args.log + "." + kind, "ab", buffering=0)
                     for kind in ("log", "head", "conn")}
        self.context = None
        if args.cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(args.cert)
            self.context.set_alpn_protocols(["http/1.1"])

    def note(self, kind, data):
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogateescape")
        with self.lock:
            self.logs[kind].write(data)

    def fault(self, name, method, path, headers):
        """What the fault file says about this request, and counts it."""
        file = os.path.join(self.args.faults, name)
        try:
            with open(file, encoding="utf-8", newline="\n") as f:
                text = f.read()
            stamp = os.stat(file)
        except (OSError, ValueError):
            return None
        sections = [Fault(part.strip("\n").split("\n"))
                    for part in re.split(r"^then *$", text, flags=re.M)]
        if not sections[0].fits(method, path, headers):
            return NO_FAULT
        key = (name, stamp.st_ino, stamp.st_mtime_ns,
               "" if sections[0].has("together") else path)
        with self.lock:
            n = self.counts.get(key, 0)
            self.counts[key] = n + 1
        for i, section in enumerate(sections):
            last = i == len(sections) - 1
            times = section.num("times", -1 if last else 1)
            if times < 0 or n < times:
                return section
            n -= times
        return NO_FAULT

    def listen(self):
        family = socket.AF_INET6 if ":" in self.args.bind else socket.AF_INET
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((self.args.bind, self.args.listen))
        sock.listen(512)
        with open(self.args.port + ".tmp", "w") as f:
            f.write("%d\n" % sock.getsockname()[1])
        os.rename(self.args.port + ".tmp", self.args.port)
        while True:
            conn, peer = sock.accept()
            with self.lock:
                self.connections += 1
                number = self.connections
            self.note("conn", "%d %s\n" % (number, peer[0]))
            threading.Thread(target=self.serve, args=(conn, number),
                             daemon=True).start()

    def serve(self, conn, number):
        try:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                conn = self.context.wrap_socket(conn, server_side=True)
            Connection(self, conn, number).run()
        except (Gone, OSError):
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass


class Connection(Dav):
    def __init__(self, server, sock, number):
        self.server = server
        self.args = server.args
        self.sock = sock
        self.number = number
        self.buf = b""

    # -- reading ----------------------------------------------------------

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.buf += data

    def take(self, n):
        while len(self.buf) < n:
            self.more()
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def line(self):
        while b"\n" not in self.buf:
            self.more()
        data, _, self.buf = self.buf.partition(b"\n")
        return data.rstrip(b"\r")

    def request(self):
        """Method, target, headers (lower case)."""
        while b"\r\n\r\n" not in self.buf:
            self.more()
            if self.buf[:1] == b"\x16":  # TLS: as nginx says it
                self.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n"
                                  b"Content-Length: 0\r\n"
                                  b"Connection: close\r\n\r\n")
                self.die(NO_FAULT)
        head, _, self.buf = self.buf.partition(b"\r\n\r\n")
        self.server.note("head", b"# connection %d\n" % self.number +
                         head.replace(b"\r\n", b"\n") + b"\n\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return method, target, headers

    def read_body(self, headers, out):
        """The request's body into a file, or nowhere."""
        if headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        total = 0
        if headers.get("transfer-encoding", "").lower() == "chunked":
            while True:
                n = int(self.line().split(b";")[0], 16)
                data = self.take(n)
                self.line()
                total += n
                if not n:
                    return total
                if out:
                    out.write(data)
        left = int(headers.get("content-length", 0))
        while left:
            data = self.take(min(left, 65536))
            left -= len(data)
            total += len(data)
            if out:
                out.write(data)
        return total

    # -- the life of a connection ------------------------------------------

    def run(self):
        while True:
            method, target, headers = self.request()
            if "://" in target:
                target = "/" + target.split("://", 1)[1].partition("/")[2]
            path = urllib.parse.unquote(target.partition("?")[0])
            path = posixpath.normpath(path).lstrip("/")
            name, _, rest = path.partition("/")
            fault = self.server.fault(name, method, rest, headers)
            if fault is None:
                fault, rest = NO_FAULT, path
            self.rest = rest
            self.target = target
            self.method = method
            self.req = headers
            keep = headers.get("connection", "").lower() != "close"
            if not self.reply(fault) or not keep:
                return

    def log(self, status):
        self.server.note("log", "%s %s %s %s %d\n" % (
            self.method, self.target,
            self.req.get("range", "-").replace(" ", ""), status, self.number))

    def die(self, fault):
        if fault.has("reset"):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        else:
            # Bytes that wait unread would turn the end into a reset.
            try:
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.settimeout(2)
                while self.sock.recv(65536):
                    pass
            except OSError:
                pass
        self.sock.close()
        raise Gone

    def wait_for_end(self):
        while self.sock.recv(65536):
            pass
        raise Gone

    def blunt(self, fault):
        """Faults that make no proper answer."""
        if fault.has("wait"):
            time.sleep(fault.num("wait") / 1000)
        if fault.has("silent"):
            self.log("silent")
            self.wait_for_end()
        if fault.has("close"):
            self.log("close")
            self.die(fault)
        if fault.has("raw"):
            self.log("raw")
            with open(os.path.join(self.args.faults, fault.get("raw")),
                      "rb") as f:
                try:
                    shutil.copyfileobj(f, self.sock.makefile("wb"), 65536)
                except OSError as e:
                    raise Gone from e
            if fault.has("hold"):
                self.wait_for_end()
            self.die(fault)

    def reply(self, fault):
        self.blunt(fault)
        answer = self.early(fault) or self.act(fault)
        if fault.has("lost"):
            self.log("lost")
            self.die(fault)
        for extra in fault.all("header"):
            name, _, value = extra.partition(":")
            answer.headers.append((name, value.strip()))
        if fault.has("pad"):
            answer.headers.append(("X-Pad", "x" * fault.num("pad")))
        self.log(answer.status)
        return self.send(answer, fault)

    def early(self, fault):
        """Answers that do not look at the file."""
        for _ in range(fault.num("continue", 0)):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        for text in fault.all("early"):
            self.sock.sendall(("HTTP/1.1 %s\r\nLink: </x>\r\n\r\n" % text)
                              .encode())
        if fault.has("auth"):
            no = self.unauthorized(fault)
            if no:
                return no
        if fault.has("redirect"):
            self.read_body(self.req, None)
            code, _, where = fault.get("redirect").partition(" ")
            with self.server.lock:
                self.server.turns += 1
                turn = self.server.turns
            answer = Answer(int(code), b"moved\n")
            answer.set("Location", where.replace("%s", self.rest)
                       .replace("%r", str(turn)))
            return answer
        if fault.has("status"):
            code, _, reason = fault.get("status").partition(" ")
            if code not in ("200", "206"):
                self.read_body(self.req, None)
                answer = Answer(int(code), b"status " + code.encode() + b"\n")
                answer.reason = reason or answer.reason
                return self.with_text(answer, fault)
        if fault.has("text"):
            self.read_body(self.req, None)
            return self.with_text(Answer(200), fault)
        return None

    @staticmethod
    def with_text(answer, fault):
        if fault.has("text"):
            answer.body = (fault.get("text") + "\n").encode()
            if fault.get("text").lstrip().startswith("<"):
                answer.set("Content-Type", "text/html")
        return answer

    def unauthorized(self, fault):
        import base64
        user, _, word = fault.get("auth").partition(" ")
        want = word if user == "-" else "Basic " + base64.b64encode(
            ("%s:%s" % (user, word)).encode()).decode()
        if self.req.get("authorization") == want:
            return None
        self.read_body(self.req, None)
        answer = Answer(401, b"who are you\n")
        answer.set("WWW-Authenticate", 'Basic realm="fault"')
        return answer

    # -- verbs ------------------------------------------------------------

    def local(self, rest):
        return os.path.join(self.args.root, rest)

    def act(self, fault):
        verb = getattr(self, "do_" + self.method.lower(), None)
        if not verb or (self.method not in ("GET", "HEAD") and
                        not self.args.dav):
            self.read_body(self.req, None)
            return Answer(405)
        try:
            return verb(fault)
        except (FileNotFoundError, NotADirectoryError):
            return Answer(404 if self.method in
                          ("GET", "HEAD", "DELETE", "PROPFIND") else 409)

    def load(self, fault):
        """The file's bytes as this fault has them."""
        path = self.local(fault.get("as", self.rest))
        if fault.has("body"):
            path = os.path.join(self.args.faults, fault.get("body"))
        if os.path.isdir(path):
            raise FileNotFoundError
        with open(path, "rb") as f:
            data = f.read()
        how, _, arg = fault.get("content").partition(" ")
        if how == "gunzip":
            data = gzip.decompress(data)
        elif how == "double":
            data = gzip.compress(data, mtime=0)
        elif how == "zlib":
            data = zlib.compress(gzip.decompress(data))
        elif how == "upper":
            data = b"X" * len(data)
        elif how == "grow":
            data += b"\0" * int(arg)
        if fault.has("flip"):
            at = fault.num("flip") % len(data)
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
        return data

    def etag(self, data, fault):
        how = fault.get("etag")
        plain = '"%08x-%x"' % (zlib.crc32(data), len(data))
        if how == "none":
            return None
        if how == "weak":
            return "W/" + plain
        if how == "new":
            with self.server.lock:
                self.server.etags += 1
                return '"new-%d"' % self.server.etags
        return how or plain

    def asked(self, size):
        """(from, to) that the request wants, None for all, () for none."""
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.req.get("range", ""))
        if not found or found.groups() == ("", ""):
            return None
        first, last = found.groups()
        if not first:
            return (max(size - int(last), 0), size)
        start = int(first)
        end = min(int(last) + 1, size) if last else size
        return (start, end) if start < size and start < end else ()

    def do_head(self, fault):
        return self.do_get(fault)

    def do_get(self, fault):
        data = self.load(fault)
        answer = Answer(200, data, "application/gzip" if
                        self.rest.endswith(".gz") else
                        "application/octet-stream")
        etag = self.etag(data, fault)
        answer.set("ETag", etag)
        answer.set("Accept-Ranges", "bytes")
        if "if-none-match" in self.req and self.req["if-none-match"] == etag:
            answer.status, answer.reason, answer.body = 304, "Not Modified", b""
            return answer
        how, _, arg = fault.get("range").partition(" ")
        span = self.asked(len(data))
        if span is None or how == "ignore":
            return answer
        if self.req.get("if-range", etag) != etag:
            return answer
        if span == () or how == "416":
            answer.status, answer.reason = 416, REASONS[416]
            answer.body = b""
            answer.set("Content-Range", "bytes */%d" % len(data))
            return answer
        self.partial(answer, data, span, how, int(arg or 0))
        return answer

    @staticmethod
    def partial(answer, data, span, how, arg):
        start, end = span
        said = start, end
        total = str(len(data))
        if how in ("lie", "shift"):
            start = max(start + arg, 0)
        if how == "shift":
            said = start, end
        if how == "short":
            end = min(max(end - arg, start), len(data))
            said = start, end
        if how == "total":
            total = str(len(data) + arg)
        if how == "star":
            total = "*"
        answer.status, answer.reason = 206, REASONS[206]
        answer.body = data[start:end]
        value = "bytes %d-%d/%s" % (said[0], said[1] - 1, total)
        if how == "units":
            value = value.replace("bytes", "pages")
        if how == "multipart":
            answer.body = (b"--XX\r\nContent-Type: application/gzip\r\n"
                           b"Content-Range: " + value.encode() +
                           b"\r\n\r\n" + answer.body + b"\r\n--XX--\r\n")
            answer.set("Content-Type", "multipart/byteranges; boundary=XX")
        elif how != "none":
            answer.set("Content-Range", value)

    def send(self, answer, fault):
        """True: the connection may serve another request."""
        body = answer.body
        if fault.get("status").startswith("20") and not fault.has("text"):
            answer.status = fault.num("status", 0) or answer.status
            answer.reason = REASONS.get(answer.status, "Odd")
        length, keep = str(len(body)), True
        how = fault.get("length")
        if how == "none" or fault.has("chunked"):
            length = None
            keep = fault.has("chunked")
        elif how[:1] in ("+", "-"):
            length = str(len(body) + int(how))
        elif how:
            length = how
        answer.set("Content-Length", length)
        if fault.has("chunked"):
            answer.set("Transfer-Encoding", "chunked")
            body = self.chunks(body, fault.get("chunked"))
        if not keep:
            answer.set("Connection", "close")
        for name in fault.all("drop"):
            answer.drop(name)
        head = ("HTTP/1.1 %d %s\r\n" % (answer.status, answer.reason) +
                "".join("%s: %s\r\n" % h for h in answer.headers) +
                "\r\n").encode("utf-8", "surrogateescape")
        self.send_head(head, fault)
        if self.method == "HEAD" or answer.status in (204, 304):
            return True
        self.send_body(body, fault)
        if fault.has("after"):
            self.sock.sendall(fault.get("after").encode()
                              .decode("unicode_escape").encode("latin-1"))
        if not keep or (how and length != str(len(body))) or \
           fault.get("chunked") in ("cut", "bad"):
            self.die(fault)
        return True

    @staticmethod
    def chunks(body, how):
        out = []
        for at in range(0, len(body), 50000):
            piece = body[at:at + 50000]
            out.append(b"%x\r\n" % len(piece) + piece + b"\r\n")
        if how == "bad":
            out.insert(len(out) // 2, b"zz\r\n")
        return b"".join(out) + (b"" if how == "cut" else b"0\r\n\r\n")

    def send_head(self, head, fault):
        if fault.has("head"):
            self.sock.sendall(head[:fault.num("head")])
            self.die(fault)
        if not fault.has("drip-head"):
            self.sock.sendall(head)
            return
        for i in range(len(head)):
            self.sock.sendall(head[i:i + 1])
            time.sleep(fault.num("drip-head") / 1000)

    def send_body(self, body, fault):
        if fault.has("cut"):
            n = fault.num("cut")
            self.sock.sendall(body[:n if n >= 0 else max(len(body) + n, 0)])
            self.die(fault)
        if fault.has("stall"):
            self.sock.sendall(body[:fault.num("stall")])
            self.wait_for_end()
        if not fault.has("drip"):
            self.sock.sendall(body)
            return
        n, ms = (int(x) for x in fault.get("drip").split())
        for at in range(0, len(body), n):
            self.sock.sendall(body[at:at + n])
            time.sleep(ms / 1000)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--faults", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--listen", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--dav", action="store_true")
    Server(parser.parse_args()).listen()


if __name__ == "__main__":
    sys.exit(main())
