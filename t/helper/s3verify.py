#!/usr/bin/env python3
"""A bucket that believes nothing, for tests.

usage: s3verify.py READY DIR [--tls CERT KEY] [--page N] [--token T]
                   [--region R] [--public]

Serves the bucket 'bucket' (path style, or bucket.localhost) on a free port of
the loopback; READY gets the port when it listens.  Every request has to bear
a signature (version 4) by AKIDTEST/SECRETTEST that is right in all it signs:
method, path and query in the one canonical encoding, the headers (host, all
x-amz-*, if-none-match), the date, the SHA-256 of the body (UNSIGNED-PAYLOAD
passes with TLS only).  --public: reading needs none.

It knows GET, HEAD, PUT and DELETE of objects, If-None-Match: *, multipart
uploads, ListObjectsV2.  Without a signature: GET /_uploads counts uploads under
way, GET /_keys lists keys.  DIR/log has a line per request.

Faults: DIR/fault/NAME holds how often, each time one less, '-' for ever:
  complete-error   200 with an <Error> for CompleteMultipartUpload, not done
  complete-lost    done, but the connection ends without an answer
  put-lost         the same for a PUT of an object
  put-409          409 ConditionalRequestConflict for a PUT of an object
  complete-409     the same for CompleteMultipartUpload
  part-500         500 InternalError for a part
  part-hold        a part but the first waits until this file is gone
  part-denied      403 AccessDenied for a part
  slow             503 SlowDown for anything
  deny             403 AccessDenied for anything
  list-loop        the same page again and again
  ignore-if        If-None-Match is not looked at
  no-if            501 NotImplemented for If-None-Match
  no-encoding      a listing that ignores encoding-type
  list-late        a listing without the newest key
DIR/payloads has a line for each: its x-amz-content-sha256.
DIR/skew holds how many seconds the server's clock is ahead.
"""
import calendar
import email.utils
import hashlib
import hmac
import http.server
import os
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree
from xml.sax.saxutils import escape

KEY, SECRET = 'AKIDTEST', 'SECRETTEST'
UNRESERVED = re.compile(rb'[A-Za-z0-9._~-]')
LOCK = threading.Lock()


class Refuse(Exception):
    def __init__(self, status, code, message='', extra=''):
        super().__init__(message)
        self.status, self.code = status, code
        self.message, self.extra = message, extra


def encode(raw, slashes):
    return ''.join(chr(c) if UNRESERVED.match(bytes([c])) or
                   (slashes and c == 47) else '%%%02X' % c for c in raw)


def canonical_encoding(text, slashes):
    return encode(urllib.parse.unquote_to_bytes(text), slashes) == text


class Bucket:
    def __init__(self, folder):
        self.folder = folder
        self.objects = {}       # key: (file, size, etag, time)
        self.uploads = {}       # id: (key, {number: (file, size, etag)})
        self.serial = 0
        os.makedirs(folder + '/data', exist_ok=True)
        os.makedirs(folder + '/fault', exist_ok=True)

    def fresh(self):
        with LOCK:
            self.serial += 1
            return '%s/data/%d' % (self.folder, self.serial)

    def fault(self, name):
        path = '%s/fault/%s' % (self.folder, name)
        with LOCK:
            try:
                with open(path) as f:
                    left = f.read().strip()
            except FileNotFoundError:
                return False
            if left == '-':
                return True
            if not left or int(left) <= 0:
                return False
            with open(path + '.new', 'w') as f:
                f.write('%d\n' % (int(left) - 1))
            os.rename(path + '.new', path)
            return True

    def now(self):
        try:
            with open(self.folder + '/skew') as f:
                return time.time() + int(f.read())
        except (FileNotFoundError, ValueError):
            return time.time()

    def log(self, line):
        with LOCK:
            with open(self.folder + '/log', 'a') as f:
                f.write(line + '\n')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(
            self.server.bucket.now() if timestamp is None else timestamp,
            usegmt=True)

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    # --- the signature -----------------------------------------------------
    def check_signature(self, body_sha):
        auth = self.headers.get('Authorization')
        path, _, query = self.path.partition('?')
        if not canonical_encoding(path, True):
            raise Refuse(400, 'InvalidURI', 'path is not canonical')
        pairs = []
        for pair in query.split('&') if query else []:
            name, _, value = pair.partition('=')
            if not canonical_encoding(name, False) or \
                    not canonical_encoding(value, False):
                raise Refuse(400, 'InvalidURI', 'query is not canonical')
            pairs.append((name, value))
        for name in set(self.headers.keys()):
            if len(self.headers.get_all(name)) > 1:
                raise Refuse(400, 'InvalidRequest', 'twice: ' + name)
        if not auth:
            if self.server.public and self.command in ('GET', 'HEAD'):
                return
            raise Refuse(403, 'AccessDenied', 'no signature')
        m = re.fullmatch(
            r'AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/, ]+)/s3/'
            r'aws4_request, SignedHeaders=([a-z0-9;-]+), '
            r'Signature=([0-9a-f]{64})', auth)
        if not m:
            raise Refuse(400, 'AuthorizationHeaderMalformed', 'form')
        key, day, region, names, signature = m.groups()
        if key != KEY:
            raise Refuse(403, 'InvalidAccessKeyId')
        if region != self.server.region:
            raise Refuse(400, 'AuthorizationHeaderMalformed', 'region',
                         '<Region>%s</Region>' % self.server.region)
        self.check_headers(names.split(';'), day)
        self.check_payload(body_sha)
        headers = ''.join(
            '%s:%s\n' % (n, ' '.join(self.headers[n].split()))
            for n in names.split(';'))
        canonical = '\n'.join([
            self.command, path,
            '&'.join('%s=%s' % p for p in sorted(pairs)),
            headers, names, self.headers['x-amz-content-sha256']])
        text = '\n'.join([
            'AWS4-HMAC-SHA256', self.headers['x-amz-date'],
            '%s/%s/s3/aws4_request' % (day, region),
            hashlib.sha256(canonical.encode()).hexdigest()])
        k = ('AWS4' + SECRET).encode()
        for part in (day, region, 's3', 'aws4_request', text):
            k = hmac.new(k, part.encode(), hashlib.sha256).digest()
        if k.hex() != signature:
            raise Refuse(403, 'SignatureDoesNotMatch', canonical)

    def check_headers(self, names, day):
        if names != sorted(set(names)):
            raise Refuse(403, 'SignatureDoesNotMatch', 'order of headers')
        must = {'host', 'x-amz-content-sha256', 'x-amz-date'}
        must |= {n.lower() for n in self.headers.keys()
                 if n.lower().startswith('x-amz-') or
                 n.lower() == 'if-none-match'}
        if not must <= set(names):
            raise Refuse(403, 'AccessDenied', 'not signed: %s' %
                         (must - set(names)))
        for n in names:
            if n not in self.headers:
                raise Refuse(403, 'SignatureDoesNotMatch', 'absent: ' + n)
        if self.headers.get('x-amz-security-token') != self.server.token:
            raise Refuse(403, 'InvalidToken')
        date = self.headers['x-amz-date']
        try:
            then = calendar.timegm(time.strptime(date, '%Y%m%dT%H%M%SZ'))
        except ValueError:
            raise Refuse(403, 'AccessDenied', 'date') from None
        if date[:8] != day:
            raise Refuse(403, 'SignatureDoesNotMatch', 'day')
        if abs(then - self.server.bucket.now()) > 900:
            raise Refuse(403, 'RequestTimeTooSkewed')

    def check_payload(self, body_sha):
        said = self.headers['x-amz-content-sha256']
        with open(self.server.bucket.folder + '/payloads', 'a') as f:
            f.write(said + '\n')
        if said == 'UNSIGNED-PAYLOAD':
            if not self.server.tls:
                raise Refuse(400, 'InvalidRequest', 'unsigned without TLS')
        elif said != body_sha:
            raise Refuse(400, 'XAmzContentSHA256Mismatch')

    # --- answers -----------------------------------------------------------
    def answer(self, status, body=b'', headers=()):
        if isinstance(body, str):
            body = body.encode()
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if body:
            self.send_header('Content-Type', 'application/xml')
        if status != 204:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
        self.wfile.flush()

    def note(self, status):
        """In the log before the client can know."""
        if not self.path.startswith('/_'):
            self.server.bucket.log('%s %s %s' % (self.command, self.path,
                                                 status))

    def xml(self, name, inner, status=200):
        self.answer(status, '<?xml version="1.0" encoding="UTF-8"?>\n<%s xmlns='
                    '"http://s3.amazonaws.com/doc/2006-03-01/">%s</%s>' %
                    (name, inner, name))

    def error(self, r):
        body = '' if r.status == 412 and self.command == 'HEAD' else (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code>'
            '<Message>%s</Message>%s<RequestId>1</RequestId></Error>' %
            (r.code, escape(r.message), r.extra))
        self.answer(r.status, body)

    def vanish(self):
        self.note('lost')
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    # --- one request -------------------------------------------------------
    def take_body(self):
        """The body goes to a file; its name, size, SHA-256 and MD5."""
        if 'Transfer-Encoding' in self.headers:
            self.close_connection = True
            raise Refuse(411, 'MissingContentLength')
        left = size = int(self.headers.get('Content-Length', 0))
        sha, md5 = hashlib.sha256(), hashlib.md5()
        path = self.server.bucket.fresh()
        with open(path, 'wb') as f:
            while left:
                data = self.rfile.read(min(left, 1 << 20))
                if not data:
                    os.unlink(path)
                    raise ConnectionError
                left -= len(data)
                sha.update(data)
                md5.update(data)
                f.write(data)
        return path, size, sha.hexdigest(), md5.hexdigest()

    def where(self):
        path, _, query = self.path.partition('?')
        host = self.headers.get('Host', '').split(':')[0]
        key = urllib.parse.unquote(path[1:])
        if host == 'bucket.localhost':
            bucket = 'bucket'
        else:
            bucket, _, key = key.partition('/')
        if bucket != 'bucket':
            raise Refuse(404, 'NoSuchBucket')
        return key, dict(urllib.parse.parse_qsl(query, True))

    def serve(self):
        bucket = self.server.bucket
        body = None
        self.keep = False
        try:
            if self.path.startswith('/_'):
                return self.admin(bucket)
            body = self.take_body()
            if bucket.fault('slow'):
                raise Refuse(503, 'SlowDown')
            self.check_signature(body[2])
            if bucket.fault('deny'):
                raise Refuse(403, 'AccessDenied')
            key, query = self.where()
            self.act(bucket, key, query, body)
        except Refuse as r:
            self.error(r)
        except ConnectionError:
            self.close_connection = True
        finally:
            if body and not self.keep:
                os.unlink(body[0])

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def admin(self, bucket):
        with LOCK:
            if self.path == '/_uploads':
                text = '%d\n' % len(bucket.uploads)
            else:
                text = ''.join(k + '\n' for k in sorted(bucket.objects))
        self.answer(200, text)

    def act(self, bucket, key, query, body):
        if self.command == 'GET' and not key:
            self.list(bucket, query)
        elif not key:
            raise Refuse(405, 'MethodNotAllowed')
        elif self.command in ('GET', 'HEAD'):
            self.get(bucket, key)
        elif self.command == 'DELETE' and 'uploadId' in query:
            with LOCK:
                known = bucket.uploads.pop(query['uploadId'], None)
            if not known:
                raise Refuse(404, 'NoSuchUpload')
            self.answer(204)
        elif self.command == 'DELETE':
            with LOCK:
                bucket.objects.pop(key, None)
            self.answer(204)
        elif self.command == 'PUT' and 'partNumber' in query:
            self.part(bucket, key, query, body)
        elif self.command == 'PUT':
            self.put(bucket, key, body)
        elif self.command == 'POST' and 'uploads' in query:
            with LOCK:
                bucket.serial += 1
                upload = 'up+load/%d==' % bucket.serial
                bucket.uploads[upload] = (key, {})
            self.xml('InitiateMultipartUploadResult',
                     '<Bucket>bucket</Bucket><Key>%s</Key><UploadId>%s'
                     '</UploadId>' % (escape(key), upload))
        elif self.command == 'POST' and 'uploadId' in query:
            self.complete(bucket, key, query, body)
        else:
            raise Refuse(501, 'NotImplemented')

    def get(self, bucket, key):
        with LOCK:
            found = bucket.objects.get(key)
        if not found:
            raise Refuse(404, 'NoSuchKey')
        path, size, etag, when = found
        first, last, status = 0, size - 1, 200
        headers = [('ETag', '"%s"' % etag), ('Accept-Ranges', 'bytes'),
                   ('Last-Modified', self.date_time_string(when)),
                   ('Content-Type', 'binary/octet-stream')]
        m = re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
        if m:
            first = int(m.group(1))
            if m.group(2):
                last = min(last, int(m.group(2)))
            if first >= size:
                raise Refuse(416, 'InvalidRange')
            status = 206
            headers.append(('Content-Range', 'bytes %d-%d/%d' %
                            (first, last, size)))
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(last - first + 1))
        self.end_headers()
        if self.command == 'GET':
            with open(path, 'rb') as f:
                f.seek(first)
                left = last - first + 1
                while left:
                    data = f.read(min(left, 1 << 20))
                    self.wfile.write(data)
                    left -= len(data)
        self.wfile.flush()

    def condition(self, bucket):
        """Must the name be new?"""
        cond = self.headers.get('If-None-Match')
        if cond is None or bucket.fault('ignore-if'):
            return False
        if cond != '*' or bucket.fault('no-if'):
            raise Refuse(501, 'NotImplemented')
        return True

    def put(self, bucket, key, body):
        new = self.condition(bucket)
        if new and bucket.fault('put-409'):
            raise Refuse(409, 'ConditionalRequestConflict')
        path, size, _, md5 = body
        with LOCK:
            if new and key in bucket.objects:
                raise Refuse(412, 'PreconditionFailed')
            bucket.objects[key] = (path, size, md5, bucket.now())
            self.keep = True
        if bucket.fault('put-lost'):
            return self.vanish()
        self.answer(200, b'', [('ETag', '"%s"' % md5)])

    def part(self, bucket, key, query, body):
        number = int(query['partNumber'])
        if bucket.fault('part-500'):
            raise Refuse(500, 'InternalError')
        while number > 1 and bucket.fault('part-hold'):
            time.sleep(0.02)
        if bucket.fault('part-denied'):
            raise Refuse(403, 'AccessDenied')
        with LOCK:
            upload = bucket.uploads.get(query['uploadId'])
            if not upload or upload[0] != key:
                raise Refuse(404, 'NoSuchUpload')
            if not 1 <= number <= 10000:
                raise Refuse(400, 'InvalidArgument')
            upload[1][number] = (body[0], body[1], body[3])
            self.keep = True
        self.answer(200, b'', [('ETag', '"%s"' % body[3])])

    def complete(self, bucket, key, query, body):
        new = self.condition(bucket)
        if bucket.fault('complete-409'):
            raise Refuse(409, 'ConditionalRequestConflict')
        if bucket.fault('complete-error'):
            return self.xml('Error', '<Code>InternalError</Code>'
                            '<Message>try again</Message>')
        ns = '{http://s3.amazonaws.com/doc/2006-03-01/}'
        root = xml.etree.ElementTree.parse(body[0]).getroot()
        with LOCK:
            upload = bucket.uploads.get(query['uploadId'])
        if not upload or upload[0] != key:
            raise Refuse(404, 'NoSuchUpload')
        chosen, before, md5s = [], 0, b''
        parts = root.findall(ns + 'Part')
        for i, part in enumerate(parts):
            number = int(part.find(ns + 'PartNumber').text)
            have = upload[1].get(number)
            if number <= before:
                raise Refuse(400, 'InvalidPartOrder')
            if not have or part.find(ns + 'ETag').text != '"%s"' % have[2]:
                raise Refuse(400, 'InvalidPart')
            if have[1] < 5 << 20 and i < len(parts) - 1:
                raise Refuse(400, 'EntityTooSmall')
            chosen.append(have)
            before = number
            md5s += bytes.fromhex(have[2])
        path, size = bucket.fresh(), 0
        with open(path, 'wb') as out:
            for have in chosen:
                with open(have[0], 'rb') as f:
                    while data := f.read(1 << 20):
                        out.write(data)
                        size += len(data)
        etag = '%s-%d' % (hashlib.md5(md5s).hexdigest(), len(chosen))
        with LOCK:
            if new and key in bucket.objects:
                os.unlink(path)
                raise Refuse(412, 'PreconditionFailed')
            bucket.objects[key] = (path, size, etag, bucket.now())
            del bucket.uploads[query['uploadId']]
        for have in upload[1].values():
            os.unlink(have[0])
        if bucket.fault('complete-lost'):
            return self.vanish()
        # As the real one does: the answer begins before the work is done.
        self.answer(200, '  \n<?xml version="1.0"?><CompleteMultipartUpload'
                    'Result><Key>%s</Key><ETag>&quot;%s&quot;</ETag>'
                    '</CompleteMultipartUploadResult>' % (escape(key), etag))

    def list(self, bucket, query):
        if query.get('list-type') != '2':
            raise Refuse(501, 'NotImplemented')
        prefix = query.get('prefix', '')
        after = ''
        if 'continuation-token' in query:
            after = bytes.fromhex(
                query['continuation-token'].strip('+/=')).decode()
        with LOCK:
            objects = dict(bucket.objects)
        if bucket.fault('list-late') and objects:
            del objects[max(objects, key=lambda k: objects[k][3])]
        loop = bucket.fault('list-loop')
        keys = sorted((k for k in objects if k.startswith(prefix) and
                       k > after), key=lambda k: k.encode())
        page = keys[:self.server.page]
        coded = query.get('encoding-type') == 'url' and \
            not bucket.fault('no-encoding')
        text = ''
        for k in page:
            shown = urllib.parse.quote_plus(k, safe='/') if coded else \
                escape(k)
            text += '<Contents><Key>%s</Key><Size>%d</Size><ETag>&quot;%s' \
                '&quot;</ETag></Contents>' % (shown, objects[k][1],
                                              objects[k][2])
        if len(keys) > len(page) or loop:
            text += '<IsTruncated>true</IsTruncated><NextContinuationToken>' \
                '+/%s==</NextContinuationToken>' % (
                    '' if loop else page[-1].encode().hex())
        else:
            text += '<IsTruncated>false</IsTruncated>'
        if coded:
            text += '<EncodingType>url</EncodingType>'
        self.xml('ListBucketResult', '<Name>bucket</Name>' + text)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main(argv):
    if len(argv) < 3:
        sys.stderr.write(__doc__)
        return 129
    ready, folder = argv[1:3]
    server = Server(('127.0.0.1', 0), Handler)
    server.bucket = Bucket(folder)
    server.token, server.region = None, 'us-east-1'
    server.page, server.public, server.tls = 1000, False, False
    rest = argv[3:]
    while rest:
        option = rest.pop(0)
        if option == '--tls':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(rest.pop(0), rest.pop(0))
            server.socket = context.wrap_socket(
                server.socket, server_side=True,
                do_handshake_on_connect=False)
            server.tls = True
        elif option == '--public':
            server.public = True
        else:
            value = rest.pop(0)
            setattr(server, option[2:],
                    int(value) if option == '--page' else value)
    with open(ready + '.new', 'w') as f:
        f.write('%d\n' % server.server_address[1])
    os.rename(ready + '.new', ready)
    server.serve_forever()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
