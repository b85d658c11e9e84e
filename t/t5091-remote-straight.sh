#!/bin/sh

test_description='what is put straight to its name, and where that is safe'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# fresh NAME: an empty silo behind the server, and a repository that pushed
# there twice, under the fault of that name
fresh () {
	rm -rf "srv/$1.silo" work &&
	silo_create "srv/$1.silo" &&
	url=silo::$fault_url/$1/$1.silo/git/r.git &&
	here=srv/$1.silo/git/r.git &&
	git init -q work &&
	git -C work remote add far "$url" &&
	for fresh_i in 1 2
	do
		commit_in work "c$fresh_i" &&
		git -C work push -q far HEAD:main || return 1
	done
}

entries () {
	find "$here/ledger" -name entry.json >entries &&
	test_line_count = "$1" entries
}

# after: all is well, and the next push says so
after () {
	echo "only nothing" | fault "$1" &&
	git -C work push -q far HEAD:main &&
	git -C work rev-parse HEAD >want &&
	git ls-remote "$url" refs/heads/main | cut -f 1 >is &&
	test_cmp want is &&
	remote_whole "$url" "$here"
}

test_expect_success 'set up' '
	mkdir srv &&
	git config --global safe.directory "*" &&
	fault_start far srv --dav
'

test_expect_success 'a server that keeps what was there is remembered' '
	echo "only nothing" | fault good &&
	fresh good &&
	grep "\"keeps\": true" "$here/ledger/last" &&
	fault_forget far &&
	commit_in work more &&
	git -C work push -q far HEAD:main &&
	test "$(fault_count far "^PUT.*/objects/pack/pack-")" = 2 &&
	test "$(fault_count far "^MOVE")" = 1 &&
	remote_whole "$url" "$here"
'

test_expect_success 'and not believed of another' '
	fault_forget far &&
	other=silo::http://localhost:$fault_port/good/good.silo/git/r.git &&
	commit_in work other &&
	git -C work push -q "$other" HEAD:main &&
	test "$(fault_count far "^PUT.*/objects/pack/pack-")" = 0 &&
	tr "{" "\n" <"$here/ledger/last" >last &&
	test "$(grep -c "\"keeps\": true" last)" = 2 &&
	fault_forget far &&
	commit_in work again &&
	git -C work push -q "$other" HEAD:main &&
	test "$(fault_count far "^PUT.*/objects/pack/pack-")" = 2
'

test_expect_success 'nor for ever' '
	sed "s/\"n\": [0-9]*, \"keeps\"/\"n\": 9999, \"keeps\"/g" \
		"$here/ledger/last" >last &&
	cp last "$here/ledger/last" &&
	fault_forget far &&
	commit_in work expired &&
	git -C work push -q far HEAD:main &&
	test "$(fault_count far "^PUT.*/objects/pack/pack-")" = 0 &&
	! grep 9999, "$here/ledger/last"
'

test_expect_success 'a server that writes as the bytes come gets no upload to a name' '
	test_write_lines "only *" "method PUT" inplace | fault bad &&
	fault_forget far &&
	fresh bad &&
	commit_in work more &&
	git -C work push -q far HEAD:main &&
	grep "\"keeps\": false" "$here/ledger/last" &&
	test "$(fault_count far "^PUT.*/r.git/")" = 0 &&
	test "$(fault_count far "^PUT.*tmp-medo")" -gt 0 &&
	remote_whole "$url" "$here"
'

for suffix in pack idx
do
	for lie in forgets halves
	do
		test_expect_success "a server that $lie what it took of the .$suffix: no entry, and the next push mends it" '
			echo "only nothing" | fault f &&
			fresh f &&
			test_write_lines "only .$suffix" "method PUT" $lie |
			fault f &&
			commit_in work more &&
			test_must_fail git -C work push -q far HEAD:main 2>err &&
			test_grep "the server took" err &&
			entries 2 &&
			after f
		'
	done
	test_expect_success "an answer that is lost, of the .$suffix" '
		echo "only nothing" | fault f &&
		fresh f &&
		test_write_lines "only .$suffix" "method PUT" "times 1" lost \
			then | fault f &&
		commit_in work more &&
		git -C work push -q far HEAD:main &&
		entries 3 &&
		after f
	'
done

# The probe goes through; then hints are refused.
test_expect_success 'hints that may not be put straight come the long way' '
	echo "only nothing" | fault f &&
	fresh f &&
	test_write_lines "only info/refs|info/packs|packed-refs|ledger/last" \
		"method PUT" "status 403" | fault f &&
	commit_in work more &&
	git -C work push -q far HEAD:main 2>err &&
	test_must_be_empty err &&
	remote_whole "$url" "$here"
'

# $1 URL, $2 path there: 2 MB of a and of b take turns, uploads are cut, and who
# reads meanwhile gets all of one.
cat >turns.py <<\END
import http.client, socket, sys, threading
host, port = sys.argv[1].split("//")[1].split(":")
path, size = sys.argv[2], 2 << 20
def ask(method, body=None):
    c = http.client.HTTPConnection(host, int(port), timeout=20)
    c.request(method, path, body)
    r = c.getresponse()
    return r.status, r.read()
def cut():
    s = socket.create_connection((host, int(port)))
    s.sendall(b"PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (
        path.encode(), size) + b"c" * (size // 2))
    s.close()
bad, done = [], threading.Event()
def read():
    while not done.is_set():
        status, body = ask("GET")
        if status != 200 or body not in (b"a" * size, b"b" * size):
            bad.append((status, len(body)))
assert ask("PUT", b"a" * size)[0] == 201
readers = [threading.Thread(target=read) for i in range(2)]
for t in readers:
    t.start()
for i in range(8):
    cut()
    assert ask("PUT", (b"b", b"a")[i % 2] * size)[0] in (201, 204)
    cut()
done.set()
for t in readers:
    t.join()
print(bad)
sys.exit(bool(bad))
END

test_expect_success APACHE 'Apache: who reads a hint while it is put, or cut, reads one or the other' '
	apache_start apache dav &&
	python3 turns.py "$web_url" /hint &&
	test_stop $web_pid
'

test_expect_success NGINX 'nginx: the same' '
	nginx_start nginx dav &&
	python3 turns.py "$web_url" /hint &&
	test_stop $web_pid
'

test_done
