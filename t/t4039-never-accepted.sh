#!/bin/sh

test_description='git medo fetch from where nobody ever answers'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

test_expect_success 'FA-25 a connection that is never accepted is tried once' '
	fault_setup &&
	cat >hole.py <<-\END &&
	import os, socket, time
	s = socket.socket()
	s.bind(("127.0.0.1", 0))
	s.listen(0)
	port = s.getsockname()[1]
	full = []
	for n in range(4):
	    c = socket.socket()
	    c.setblocking(False)
	    c.connect_ex(("127.0.0.1", port))
	    full.append(c)
	time.sleep(0.3)
	open("hole.tmp", "w").write("%d\n" % port)
	os.rename("hole.tmp", "hole.port")
	time.sleep(300)
	END
	test_start python3 hole.py &&
	test_wait_until 10 test -f hole.port &&
	hole=$(cat hole.port) &&
	before=$(date +%s) &&
	git config --global --add medo.allow "http://127.0.0.1:$hole" &&
	fetch_gives 3 "http://127.0.0.1:$hole/far" &&
	test $(($(date +%s) - before)) -lt 25 &&
	test_stop "$test_pid"
'

test_done
