#!/usr/bin/env python3
"""Odd and broken HTTP replies around one file, for BI-34.

    rawreplies.py FILE DIR

Writes DIR/NNN or DIR/NNN-ok, each the whole of a reply to a GET of FILE: those
with -ok have to be understood.  Prints how many.
"""

import random
import sys
import zlib

CRLF = b"\r\n"


def head(*lines, status=b"HTTP/1.1 200 OK"):
    return CRLF.join((status,) + lines) + CRLF + CRLF


def plain(data, *lines, status=b"HTTP/1.1 200 OK"):
    return head(b"Content-Length: %d" % len(data), *lines, status=status) + data


def status_lines(d):
    yield True, plain(d, status=b"HTTP/1.0 200 OK")
    yield True, plain(d, status=b"HTTP/1.1 200")
    yield True, plain(d, status=b"HTTP/1.1 200 ")
    yield True, plain(d, status=b"HTTP/1.1 200 " + b"x" * 5000)
    yield True, plain(d).replace(b"\r\n", b"\n", 2)
    for line in (b"HTTP/1.1 200OK", b"HTTP/1.1  200 OK", b"HTTP/1.1\t200 OK",
                 b"http/1.1 200 OK", b"HTTP/1.2 200 OK", b"HTTP/2 200 OK",
                 b"HTTP/2.0 200 OK", b"HTTP/3 200", b"HTTP/0.9 200 OK",
                 b"HTTP/9.9 200 OK", b"HTTP/11 200 OK", b"HTTP/1.1 0 OK",
                 b"HTTP/1.1 -1 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK",
                 b"HTTP/1.1 200.5 OK", b"HTTP/1.1 99999999999999 OK",
                 b"HTTP/1.1 0200 OK", b"HTTP/1.1 +200 OK", b"HTTP/1.1 abc OK",
                 b"HTTP/1.1", b"HTTP/", b"HTTP", b"H", b" HTTP/1.1 200 OK",
                 b"\r\nHTTP/1.1 200 OK", b"\0HTTP/1.1 200 OK", b"ICY 200 OK",
                 b"RTSP/1.0 200 OK", b"HTTP/1.1 200 O\0K",
                 b"HTTP/1.1 200 OK\r", b"HTTP/1.1 206 Partial Content",
                 b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Not Modified",
                 b"HTTP/1.1 205 Reset", b"HTTP/1.1 199 Odd",
                 b"HTTP/1.1 101 Switching Protocols"):
        yield False, plain(d, status=line)


def header_lines(d):
    for line in (b"X: y", b"X:y", b"x:", b"X:   y   ", b"A: " + b"b" * 9000,
                 b"X: \xff\xfe\x80", b"X: caf\xc3\xa9", b"Set-Cookie: a=b",
                 b"Content-Disposition: attachment; filename=/etc/passwd",
                 b"Content-Location: http://127.0.0.1:1/x", b"Age: 99999",
                 b"Refresh: 0; url=http://127.0.0.1:1/", b"Via: 1.1 proxy",
                 b"Alt-Svc: h2=\"127.0.0.1:1\"; ma=86400", b"Vary: *",
                 b"Strict-Transport-Security: max-age=99999",
                 b"Upgrade: h2c", b"Connection: close", b"Keep-Alive: x",
                 b"Connection: upgrade\r\nUpgrade: websocket",
                 b"Connection: keep-alive", b"Proxy-Connection: close",
                 b"Date: not a date", b"Date: Thu, 01 Jan 1970 00:00:00 GMT",
                 b"Date: Fri, 31 Dec 9999 23:59:59 GMT", b"ETag: x",
                 b"ETag: \"", b"ETag: \"\"", b"ETag: W/", b"ETag: W/\"x\"",
                 b"ETag: \"" + b"x" * 9000 + b"\"", b"ETag: \"a\"b\"",
                 b"ETag: \"a\"\r\nETag: \"b\"", b"Accept-Ranges: none",
                 b"Accept-Ranges: bytes", b"Last-Modified: never",
                 b"Trailer: X", b"Content-MD5: AAAA", b"Warning: 110 x",
                 b"Content-Range: bytes 0-9/10", b"Retry-After: 5"):
        yield True, plain(d, line)
    for line in (b"no colon", b": no name", b"X : y", b" X: y",
                 b"X: y\r\n folded", b"X: y\r\n\tfolded", b"X: a\0b", b"X\0: y",
                 b"X: a\rb", b"\xff: y", b"X: y\n\r", b"\0", b"\t",
                 b"X: " + b"y" * 120000, b"X: y\r\n" * 6000 + b"Z: z",
                 b"Content-Type: text/html", b"Content-Type: text/html; x=y",
                 b"Content-Encoding: gzip", b"Content-Encoding: x-gzip",
                 b"Content-Encoding: br", b"Content-Encoding: deflate",
                 b"Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip",
                 b"Location: http://127.0.0.1:1/x"):
        yield False, plain(d, line)


def lengths(d):
    n = len(d)
    for value in (b"%d" % n, b" %d " % n, b"00%d" % n):
        yield value[:1] != b"0", head(b"Content-Length: " + value) + d
    for value in (b"", b"-1", b"-%d" % n, b"+%d" % n, b"0x%x" % n, b"%d.0" % n,
                  b"1e9", b"abc", b"%dx" % n, b"%d, %d" % (n, n),
                  b"%d, %d" % (n, n - 1), b"%d;x" % n, b"0", b"1",
                  b"%d" % (n - 1), b"%d" % (n + 1), b"2147483648",
                  b"4294967296", b"9223372036854775807",
                  b"9223372036854775808", b"18446744073709551615",
                  b"18446744073709551616", b"%d" % (n + (1 << 32)),
                  b"9" * 400, b"\xd9\xa1"):
        yield False, head(b"Content-Length: " + value) + d
    for other in (n - 1, n + 1, 0, 5):
        yield False, head(b"Content-Length: %d" % n,
                          b"Content-Length: %d" % other) + d
        yield False, head(b"Content-Length: %d" % other,
                          b"Content-Length: %d" % n) + d
    yield True, head(b"Connection: close") + d
    yield True, head(status=b"HTTP/1.0 200 OK") + d
    yield False, head() + d[:-1]
    yield False, head() + d + b"x"
    yield False, head() + d + d


def chunked(d, size=b"%x", end=CRLF, between=CRLF, last=b"0\r\n\r\n", step=30000):
    out = b""
    for at in range(0, len(d), step):
        piece = d[at:at + step]
        out += size % len(piece) + end + piece + between
    return out + last


def chunks(d):
    te = b"Transfer-Encoding: chunked"
    yield True, head(te) + chunked(d)
    yield True, head(te) + chunked(d, b"%X")
    yield True, head(te) + chunked(d, b"%x;name=value")
    yield True, head(te) + chunked(d, b"000%x")
    yield True, head(te) + chunked(d, step=500)
    yield True, head(te) + chunked(d, last=b"0\r\nX-Trailer: y\r\n\r\n")
    yield True, head(b"transfer-encoding: CHUNKED") + chunked(d)
    for size in (b"%x ", b" %x", b"0x%x", b"+%x", b"-%x", b"%x\t", b"%xz",
                 b"%x;" + b"e" * 20000, b"00000000000000000000%x",
                 b"1%016x", b"f%015x", b"", b"%x,"):
        yield False, head(te) + chunked(d, size if b"%" in size else
                                        size + b"%.0x")
    yield False, head(te) + chunked(d, end=b"\n")
    yield False, head(te) + chunked(d, between=b"\n")
    yield False, head(te) + chunked(d, between=b"")
    yield False, head(te) + chunked(d, between=b"xx")
    yield False, head(te) + chunked(d, last=b"")
    yield False, head(te) + chunked(d, last=b"0")
    yield False, head(te) + chunked(d, last=b"0\r\n")
    yield False, head(te) + chunked(d, last=b"0\r\nContent-Length: 5\r\n\r\n")
    yield False, head(te) + chunked(d, last=b"0\r\n" + b"X: y\r\n" * 9000 +
                                    CRLF)
    yield False, head(te) + chunked(d, last=b"-1\r\n\r\n")
    yield False, head(te) + chunked(d, last=b"ffffffffffffffff\r\n\r\n")
    yield False, head(te) + chunked(d, last=b"fffffffffffffffff\r\n\r\n")
    yield False, head(te) + chunked(d, last=b"5\r\nxxxxx\r\n0\r\n\r\n")
    yield False, head(te) + d
    yield False, head(te) + b"0\r\n\r\n" + d
    whole = chunked(d)
    for at in (1, 3, 5, 30000, 30006, 30008, len(whole) - 3, len(whole) - 7):
        yield False, head(te) + whole[:at]
    for value in (b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip",
                  b"chunked, chunked", b"xchunked", b"chunkedx", b"\vchunked",
                  b"", b"\"chunked\"", b"chunked;q=1", b"chunked\0"):
        yield False, head(b"Transfer-Encoding: " + value) + whole
        yield False, head(b"Transfer-Encoding: " + value,
                          b"Content-Length: %d" % len(d)) + d
    for n in (0, 5, len(d), len(whole), len(d) - 1):
        yield False, head(te, b"Content-Length: %d" % n) + whole
        yield False, head(b"Content-Length: %d" % n, te) + whole
    yield False, head(te, te) + whole


def interim(d):
    for line in (b"HTTP/1.1 100 Continue", b"HTTP/1.1 102 Processing",
                 b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload"):
        yield True, line + CRLF + CRLF + plain(d)
        yield True, (line + CRLF + CRLF) * 5 + plain(d)
        yield False, line + CRLF + CRLF
    yield False, b"HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nevil" + \
        plain(d)
    yield False, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + \
        plain(d)
    yield False, b"HTTP/1.1 100 Continue\r\n\r\n" * 5000 + plain(d)
    yield False, plain(b"evil", status=b"HTTP/1.1 103 Hints") + plain(d)


def elsewhere(d):
    for place in (b"", b" ", b"/", b"x", b"?", b"#", b"//", b"//x", b"///",
                  b"http://", b"http:", b"http:///x", b"://x", b"\xff", b"%zz",
                  b"http://[", b"http://[::1", b"http://a b/", b"http://a:99999/",
                  b"http://a:0/", b"http://a:x/", b"http://\0/", b"http://%00/",
                  b"javascript:1", b"data:,x", b"file:///etc/passwd",
                  b"/" + b"a" * 60000, b"http://u:p@127.0.0.1:1/",
                  b"http://127.0.0.1:1/\x01"):
        yield False, plain(b"", b"Location: " + place,
                           status=b"HTTP/1.1 302 Found")
    yield False, plain(d, status=b"HTTP/1.1 302 Found")
    yield False, plain(d, b"Location: /a", b"Location: /b",
                       status=b"HTTP/1.1 302 Found")


def challenges(d):
    for text in (b"", b"Basic", b"Basic realm=\"x", b"Basic realm=\"\0\"",
                 b"Digest", b"Digest realm=\"x\", nonce=\"", b"NTLM",
                 b"NTLM TlRMTVNTUAACAAAA", b"Negotiate", b"Negotiate !!!!",
                 b"Bearer", b"X" * 20000, b"Basic " * 3000, b",,,,,",
                 b"Digest algorithm=SHA-512-256, nonce=x, realm=y, qop=auth-int"):
        yield False, plain(d, b"WWW-Authenticate: " + text,
                           status=b"HTTP/1.1 401 Unauthorized")
    yield False, plain(d, status=b"HTTP/1.1 401 Unauthorized")
    yield False, plain(d, b"Proxy-Authenticate: Basic realm=\"x\"",
                       status=b"HTTP/1.1 407 Proxy")


def strangers(d):
    rnd = random.Random(34)
    yield False, b""
    yield False, d
    yield False, b"\0" * 20000
    yield False, bytes(rnd.randrange(256) for _ in range(16384))
    yield False, b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"
    yield False, b"220 mail.example.com ESMTP\r\n"
    yield False, b"220 FTP server ready\r\n"
    yield False, b"-ERR unknown command\r\n"
    yield False, b"\x15\x03\x01\x00\x02\x02\x46"
    yield False, b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18
    yield False, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield False, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield False, b"<html><body>hello</body></html>\n"
    yield False, b"<?xml version=\"1.0\"?><Error/>"
    yield False, CRLF * 2000
    yield False, b"HTTP/1.1 200 OK" * 20000
    yield False, plain(b"<html>log in</html>", b"Content-Type: text/html")
    yield False, plain(b"")
    yield False, plain(b"version https://git-lfs.github.com/spec/v1\n")
    yield False, plain(b"", status=b"HTTP/1.1 200 OK") + d
    yield False, plain(b"x" * len(d))


def bodies(d):
    n = len(d)
    for at in (0, 1, 2, 3, 9, 10, 11, 18, n // 2, n - 9, n - 8, n - 4, n - 1):
        yield False, plain(d[:at])
        yield False, head(b"Content-Length: %d" % n) + d[:at]
        yield False, plain(d[:at] + bytes([d[at] ^ 0x40]) + d[at + 1:])
    for more in (b"\0", b"x", d, b"\0" * 70000, d[:100]):
        yield False, plain(d + more)
        yield False, plain(more + d)
    yield False, plain(zlib.compress(d))
    for cut in range(1, 40, 3):
        yield False, plain(d)[:cut]


def main():
    with open(sys.argv[1], "rb") as f:
        d = f.read()
    n = 0
    for family in (status_lines, header_lines, lengths, chunks, interim,
                   elsewhere, challenges, strangers, bodies):
        for good, reply in family(d):
            n += 1
            name = "%s/%03d%s" % (sys.argv[2], n, "-ok" if good else "")
            with open(name, "wb") as out:
                out.write(reply)
    print(n)


if __name__ == "__main__":
    sys.exit(main())
