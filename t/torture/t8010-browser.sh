#!/bin/sh

test_description='a browser sees the whole content of a blob file'

. "$(dirname "$0")/../test-lib.sh"

test_lazy_prereq CHROMIUM 'command -v chromium'

cat >serve.py <<\EOF
"""Sends blob.gz as it lies there, as any static server with gzip_static."""
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("blob.gz", "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
EOF

test_expect_success CHROMIUM 'setup: a page of several pieces' '
	{
		echo "<!DOCTYPE html><title>page</title><pre>" &&
		test_seq 200000 | sed "s/^/line /" &&
		echo "</pre><p>the last line</p>"
	} >page.html &&
	test-tool gz write page.html blob.gz >facts &&
	port=$(test_free_port) &&
	test_start python3 serve.py "$port"
'

test_expect_success CHROMIUM 'every line of it arrives' '
	test_wait_until 10 python3 -c "import socket, sys
socket.create_connection((\"127.0.0.1\", int(sys.argv[1])))" "$port" &&
	chromium --headless --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking \
		--disable-component-update --disable-sync \
		--user-data-dir="$PWD/profile" --dump-dom \
		"http://127.0.0.1:$port/" >dom 2>log &&
	grep "^line " page.html | sed "s/<.*//" >expect &&
	grep -o "line [0-9][0-9]*" dom >actual &&
	test_cmp expect actual &&
	test_grep "the last line" dom
'

test_done
