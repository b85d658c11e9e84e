#!/bin/sh

test_description='^C in a push, fetch or clone ends it, quietly, with nothing left behind'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-fault.sh"
URL=silo::$PWD/far/deps.silo/git/r.git

# interrupted FILE TEXT COMMAND...: when FILE has TEXT; COMMAND dies of it and
# says nothing
interrupted () {
	interrupted_code=0
	python3 "$TEST_DIRECTORY/helper/interrupt.py" "$@" 2>err ||
	interrupted_code=$?
	sed -e "/^Cloning into/d" -e "/^$/d" -e "s/.*\r//" err >said
	if test $interrupted_code != 130 || test -s said
	then
		echo "exit $interrupted_code" >&2
		cat err >&2
		return 1
	fi
}

# held COMMAND [WORD]: git COMMAND, whose arguments have WORD, hangs, and says
# so in the file `held`
held () {
	real=$(command -v git) &&
	rm -rf wrapped held &&
	mkdir wrapped &&
	ln -s "$(git --exec-path)"/* wrapped/ &&
	rm -f wrapped/git &&
	write_script wrapped/git <<-EOF
	case " \$*" in
	" $1"*"${2-}"*)
		echo held >"$TRASH_DIRECTORY/held"
		exec sleep 60
		;;
	esac
	exec "$real" "\$@"
	EOF
}

# no_traces: neither here nor there
no_traces () {
	no_leftovers "$TRASH_DIRECTORY/a" &&
	no_leftovers "$TRASH_DIRECTORY/far" &&
	git -C far/deps.silo/git/r.git for-each-ref >refs &&
	git ls-remote "$URL" >refs.far &&
	test_line_count = 2 refs.far &&
	test ! -d c
}

test_expect_success 'set up' '
	silo_create far/deps.silo &&
	git init -q a &&
	test-tool genrandom large 2000000 >a/large &&
	git -C a add large &&
	commit_in a one &&
	git -C a push -q "$URL" main &&
	git clone -q "$URL" b &&
	commit_in b two &&
	git -C b push -q "$URL" main &&
	commit_in a three
'

test_expect_success 'a push, while git packs' '
	held pack-objects &&
	GIT_EXEC_PATH="$PWD/wrapped" interrupted held held \
		git -C a push "$URL" main:x &&
	no_traces
'

test_expect_success 'a push, while git walks' '
	held rev-list &&
	GIT_EXEC_PATH="$PWD/wrapped" interrupted held held \
		git -C a push "$URL" main:x &&
	no_traces
'

test_expect_success 'a fetch, while git indexes, and while it looks whether all is there' '
	for at in index-pack "rev-list --objects"
	do
		held "$at" &&
		GIT_EXEC_PATH="$PWD/wrapped" interrupted held held \
			git -C a fetch "$URL" main &&
		no_traces || return 1
	done
'

test_expect_success 'a clone, while git indexes' '
	held index-pack &&
	GIT_EXEC_PATH="$PWD/wrapped" interrupted held held \
		git clone "$URL" c &&
	no_traces
'

test_expect_success 'git medo offload, while git packs' '
	held pack-objects &&
	GIT_EXEC_PATH="$PWD/wrapped" interrupted held held \
		git -C a medo offload "$URL" &&
	no_traces
'

test_expect_success 'set up a server that stalls' '
	fault_start srv far --dav
'

# Past what a pipe holds, git has the beginning of it.
test_expect_success 'a clone and a fetch, while a pack is on its way' '
	printf "only .pack\nstall 700000\n" | fault stall &&
	for command in "clone" "-C a fetch"
	do
		fault_forget srv &&
		if test "$command" = clone
		then
			interrupted "$TEST_TOP/srv.log" .pack git clone \
				"silo::$fault_url/stall/deps.silo/git/r.git" c
		else
			interrupted "$TEST_TOP/srv.log" .pack git -C a fetch \
				"silo::$fault_url/stall/deps.silo/git/r.git"
		fi &&
		no_traces || return 1
	done
'

test_expect_success 'a clone, while the ledger is asked for' '
	printf "only ledger\nsilent\n" | fault mute &&
	fault_forget srv &&
	interrupted "$TEST_TOP/srv.log" ledger git clone \
		"silo::$fault_url/mute/deps.silo/git/r.git" c &&
	no_traces
'

test_expect_success 'a push, while its pack is on its way' '
	printf "only .pack\nmethod PUT\nsilent\n" | fault put &&
	fault_forget srv &&
	interrupted "$TEST_TOP/srv.log" PUT git -C a push \
		"silo::$fault_url/put/deps.silo/git/r.git" main:x &&
	no_traces
'

test_expect_success 'a clone, while ssh says nothing' '
	write_script ssh <<-EOF &&
	echo held >"$TRASH_DIRECTORY/held"
	exec sleep 60
	EOF
	rm -f held &&
	GIT_SSH_VARIANT=ssh GIT_SSH_COMMAND="\"$PWD/ssh\"" \
		interrupted held held \
		git clone "silo::ssh://host/r.git" c &&
	no_traces
'

test_expect_success 'afterwards all of it works' '
	git -C a fetch -q "$URL" main &&
	git -C a push -q "$URL" main:x &&
	git clone -q "$URL" c &&
	git -C c fsck --strict --no-dangling
'

test_done
