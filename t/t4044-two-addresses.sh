#!/bin/sh

test_description='a host with two addresses, one of them a black hole'

# In a network of its own, where names mean what we like.
if test -z "$MEDO_TEST_PUBLIC" && unshare -rnm python3 \
	"$(dirname "$0")/helper/publicnet.py" true 2>/dev/null
then
	exec unshare -rnm python3 "$(dirname "$0")/helper/publicnet.py" \
		/bin/sh "$0" "$@"
fi

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

python3 -c 'import socket
s = socket.socket(socket.AF_INET6)
s.bind(("::1", 0))' 2>/dev/null && test_set_prereq IPV6
if ! test_have_prereq PYTHON3,IPV6 || test -z "$MEDO_TEST_PUBLIC"
then
	skip_all='no python3, no IPv6, or no network namespaces'
	test_done
fi

# shellcheck disable=SC2154
# hole ADDRESS PORT: who connects there gets no answer
hole () {
	rm -f hole.port
	test_start python3 "$TEST_DIRECTORY/helper/blackhole.py" \
		--bind "$1" --listen "$2" --port "$PWD/hole.port"
	hole_pid=$test_pid
	test_wait_until 20 test -f hole.port
}

# gives CODE SECONDS URL: fetching from there ends so, and that soon
gives () {
	git config --global --replace-all medo.allow "$3" &&
	gives_end=$(($(date +%s) + $2)) &&
	fetch_gives "$1" "$3/far" &&
	test "$(date +%s)" -le "$gives_end"
}

test_expect_success 'setup: the name has ::1 first, then 127.0.0.1' '
	fault_setup &&
	git config --global medo.connectTimeout 4 &&
	python3 -c "import socket
print(socket.getaddrinfo(\"dual.example.com\", 80)[0][4][0])" >first &&
	echo ::1 >want &&
	test_cmp want first
'

# shellcheck disable=SC2154
test_expect_success 'FA-25 IPv6 is a black hole: by IPv4, and at once' '
	fault_start four "$PWD/srv" &&
	hole ::1 "$fault_port" &&
	gives 0 3 "http://dual.example.com:$fault_port" &&
	test_stop "$hole_pid"
'

test_expect_success 'FA-25 IPv4 is one: by IPv6' '
	fault_start six "$PWD/srv" --bind ::1 &&
	hole 127.0.0.1 "$fault_port" &&
	gives 0 3 "http://dual.example.com:$fault_port" &&
	test_stop "$hole_pid"
'

test_expect_success 'FA-25 both are: exit 3 within the connect timeout' '
	hole ::1 0 && port=$(cat hole.port) &&
	hole 127.0.0.1 "$port" &&
	gives 3 6 "http://dual.example.com:$port" &&
	test_grep "cannot reach" err
'

test_expect_success 'FA-25 both are, behind ssh: within the timeout of each' '
	git config --global medo.ssh builtin &&
	gives 3 10 "ssh://dual.example.com:$port"
'

test_done
