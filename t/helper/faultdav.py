"""The answers of faultserver.py, and what it does for WebDAV."""

import os
import posixpath
import shutil
import threading
import time
import urllib.parse


REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 204: "No Content",
    206: "Partial Content", 207: "Multi-Status", 301: "Moved Permanently",
    302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 407: "Proxy Authentication "
    "Required", 409: "Conflict", 410: "Gone", 412: "Precondition Failed",
    416: "Range Not Satisfiable", 429: "Too Many Requests",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}


class Gone(Exception):
    """The client left, or we close on it."""


class Fault:
    """One section of a fault file: words and their values, in order."""

    def __init__(self, lines):
        self.v = {}
        for line in lines:
            word, _, value = line.partition(" ")
            self.v.setdefault(word, []).append(value)

    def has(self, word):
        return word in self.v

    def get(self, word, default=""):
        return self.v[word][-1] if word in self.v else default

    def all(self, word):
        return self.v.get(word, [])

    def num(self, word, default=0):
        return int(self.get(word, default))

    def fits(self, method, path, headers):
        only = self.get("only", "objects/")
        when = self.get("when")
        return ((only == "*" or any(o in path for o in only.split("|"))) and
                self.get("method", method) == method and
                (not when or (when == "range") == ("range" in headers)))


NO_FAULT = Fault([])


class Answer:
    """A reply that is being put together; faults bend it before it goes."""

    def __init__(self, status, body=b"", kind="text/plain"):
        self.status = status
        self.reason = REASONS.get(status, "Odd")
        self.headers = [("Date", time.strftime(
            "%a, %d %b %Y %H:%M:%S GMT", time.gmtime())),
            ("Server", "fault"), ("Content-Type", kind)]
        self.body = body

    def set(self, name, value):
        self.drop(name)
        if value is not None:
            self.headers.append((name, str(value)))

    def drop(self, name):
        self.headers = [h for h in self.headers
                        if h[0].lower() != name.lower()]


class Dav:
    """Verbs that write or list; a Connection is one of these."""

    def do_put(self, fault):
        path = self.local(self.rest)
        if os.path.isdir(path) or not os.path.isdir(os.path.dirname(path)):
            self.read_body(self.req, None)
            return Answer(409)
        there = os.path.exists(path)
        if there and self.req.get("if-none-match") == "*":
            self.read_body(self.req, None)
            return Answer(412)
        if fault.has("inplace"):
            temp = path
        elif fault.has("forgets"):
            self.read_body(self.req, None)
            return Answer(201)
        else:
            temp = "%s.put%d" % (path, threading.get_ident())
        try:
            with open(temp, "wb", buffering=0) as out:
                self.read_body(self.req, out)
            os.rename(temp, path)
        finally:
            if temp != path and os.path.exists(temp):
                os.unlink(temp)
        if fault.has("halves"):
            os.truncate(path, os.path.getsize(path) // 2)
        answer = Answer(204 if there else 201)
        with open(path, "rb") as f:
            answer.set("ETag", self.etag(f.read(), fault))
        return answer

    def do_mkcol(self, fault):
        self.read_body(self.req, None)
        try:
            os.mkdir(self.local(self.rest))
        except FileExistsError:
            return Answer(405)
        return Answer(201)

    def do_delete(self, fault):
        path = self.local(self.rest)
        self.read_body(self.req, None)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        return Answer(204)

    def do_move(self, fault):
        self.read_body(self.req, None)
        where = urllib.parse.urlsplit(self.req.get("destination", ""))
        rest = posixpath.normpath(urllib.parse.unquote(where.path)).lstrip("/")
        name, _, below = rest.partition("/")
        if os.path.exists(os.path.join(self.args.faults, name)):
            rest = below
        new = self.local(rest)
        there = os.path.exists(new)
        if there and self.req.get("overwrite", "T").upper() == "F":
            return Answer(412)
        try:
            os.rename(self.local(self.rest), new)
        except (FileExistsError, IsADirectoryError):
            return Answer(412)
        except OSError:
            return Answer(412 if os.path.isdir(new) else 409)
        return Answer(204 if there else 201)

    def do_propfind(self, fault):
        self.read_body(self.req, None)
        top = self.local(self.rest)
        os.stat(top)
        depth = self.req.get("depth", "infinity")
        found = [""]
        if depth == "1" and os.path.isdir(top):
            found += sorted(os.listdir(top))
        elif depth == "infinity":
            for at, dirs, files in os.walk(top):
                below = os.path.relpath(at, top)
                found += [posixpath.normpath(posixpath.join(below, n))
                          for n in sorted(dirs + files)]
        base = urllib.parse.unquote(self.target).rstrip("/")
        rows = [self.prop(base, top, name) for name in found]
        answer = Answer(207, ('<?xml version="1.0" encoding="utf-8"?>\n'
                              '<D:multistatus xmlns:D="DAV:">\n' +
                              "".join(rows) + "</D:multistatus>\n").encode(),
                        "application/xml; charset=utf-8")
        return answer

    @staticmethod
    def prop(base, top, name):
        path = os.path.join(top, name) if name else top
        folder = os.path.isdir(path)
        href = urllib.parse.quote(posixpath.join(base, name) if name else base)
        size = "" if folder else ("<D:getcontentlength>%d"
                                  "</D:getcontentlength>" %
                                  os.path.getsize(path))
        return ("<D:response><D:href>%s%s</D:href><D:propstat><D:prop>"
                "<D:resourcetype>%s</D:resourcetype>%s</D:prop><D:status>"
                "HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n" % (
                    href, "/" if folder else "",
                    "<D:collection/>" if folder else "", size))

    # -- writing ----------------------------------------------------------
