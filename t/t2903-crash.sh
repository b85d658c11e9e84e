#!/bin/sh

test_description='what a kill -9 leaves is out of sight, and the next run sweeps it'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

if ! test_have_prereq STRACE || test_have_prereq SANITIZE
then
	skip_all='strace, and a build without sanitizers, are needed'
	test_done
fi

MEDO_THREADS=1
export MEDO_THREADS

# killed_at CALL N COMMAND...: die just before the N-th CALL; fails where there
# is none
killed_at () {
	kill_call=$1 kill_n=$2 && shift 2 &&
	! strace -f -qq -o /dev/null -e trace="$kill_call" \
		-e inject="$kill_call:signal=KILL:when=$kill_n" \
		"$@" >/dev/null 2>&1
}

# Nothing half-made anywhere; records name no temps
clean () {
	silo_temps . && silo_temps "$HOME"
}

test_expect_success 'setup' '
	silo_create s.silo &&
	medo_create deps s.silo &&
	mkdir src &&
	for i in 1 2 3 4 5 6
	do
		echo $i >src/$i || return 1
	done &&
	git medo add src deps/x.treeptr >/dev/null &&
	git add . && git commit -q -m one
'

test_expect_success 'FA-01 add leaves nothing that git add could take' '
	for call in fchmod rename renameat2 fsync flock
	do
		n=0 &&
		while n=$((n + 1)) && rm -f deps/y.treeptr &&
			echo $call-$n >src/7 &&
			killed_at $call $n git-medo add src deps/y.treeptr
		do
			git status --porcelain deps >actual &&
			sed -e "/y.treeptr/d" actual >strange &&
			test_must_be_empty strange || return 1
			git medo add src deps/y.treeptr >/dev/null &&
			clean && git medo verify || return 1
		done
	done
'

test_expect_success 'FA-03 expand is there or not, and is swept' '
	for call in fchmod rename renameat2 mkdir unlinkat flock
	do
		n=0 &&
		while n=$((n + 1)) && rm -rf out &&
			killed_at $call $n git-medo expand deps/x.treeptr out
		do
			git medo expand deps/x.treeptr out >/dev/null &&
			clean && git medo verify --dest out || return 1
		done
	done
'

test_expect_success 'FA-03 sync takes a tree away in one step' '
	echo "{ \"mount\": \"../made\" }" >deps/MEDO.json &&
	for call in unlinkat renameat2 rename flock
	do
		n=0 &&
		while n=$((n + 1)) && rm -rf made &&
			git medo add src deps/z.treeptr >/dev/null &&
			git medo sync >/dev/null &&
			rm deps/z.treeptr &&
			killed_at $call $n git-medo sync
		do
			git medo sync >/dev/null 2>err &&
			test_must_be_empty err &&
			test_path_is_missing made/z &&
			clean || return 1
		done
	done
'

test_expect_success 'sync knows a tree that was copied with its work tree' '
	git medo add src deps/z.treeptr >/dev/null &&
	git medo sync >/dev/null &&
	cp -a made copied && rm -rf made && mv copied made &&
	rm deps/z.treeptr &&
	git medo sync 2>err &&
	test_must_be_empty err &&
	test_path_is_missing made/z
'

test_expect_success 'a blob that is committed is no sweeper'\''s before it has its name' '
	echo late >src/7 &&
	{
		strace -f -qq -o /dev/null -e trace=renameat2 \
			-e inject=renameat2:delay_enter=500000 \
			git-medo add src deps/late.treeptr >late 2>&1 &
		slow=$!
	} &&
	test_wait_until 10 sh -c "ls .git/medo/tmp_medo_*" &&
	sleep 0.3 &&
	echo quick >quick &&
	git medo add quick deps/quick.treeptr >/dev/null &&
	wait $slow &&
	git medo verify
'

test_expect_success 'prune --unnamed waits for an add that has not written its pointer' '
	echo held >src/7 &&
	{
		strace -f -qq -o /dev/null -e trace=rename \
			-e inject=rename:delay_enter=800000 \
			git-medo add src deps/held.treeptr >held 2>&1 &
		slow=$!
	} &&
	test_wait_until 10 sh -c "ls .git/medo/tmp_medo_*" &&
	sleep 0.3 &&
	git medo prune --unnamed --now >actual 2>&1 &&
	wait $slow &&
	git medo verify deps/held.treeptr
'

test_expect_success 'CO-10 four expands of one tree at once are all content' '
	for i in 1 2 3 4 5
	do
		rm -rf out &&
		for k in 1 2 3 4
		do
			git medo expand deps/x.treeptr out >out-$k 2>&1 &
			eval "p$k=\$!"
		done &&
		for k in 1 2 3 4
		do
			eval "wait \$p$k" || return 1
		done &&
		git medo verify --deep --dest out deps/x.treeptr &&
		clean || return 1
	done
'

test_expect_success ROOT 'directories that nobody may write are removed all the same' '
	mkdir theirs && chmod 777 theirs &&
	write_script theirs/do <<-\EOF &&
	cd "$(dirname "$0")" && HOME=$PWD && export HOME &&
	mkdir -p t/d/e/f && echo 1 >t/d/e/f/x && mkdir t/d/g &&
	chmod 555 t/d/e/f t/d/e t/d t/d/g &&
	git init -q r && cd r &&
	git-medo add --preserve mode ../t x.treeptr &&
	git-medo expand --preserve x.treeptr ../out &&
	chmod u+w ../out/x/d/e && echo 2 >../out/x/d/e/y &&
	chmod u-w ../out/x/d/e &&
	git-medo expand --preserve --force x.treeptr ../out
	EOF
	setpriv --reuid=65534 --regid=65534 --clear-groups theirs/do \
		>actual 2>err &&
	test_must_be_empty err &&
	test_grep "^replaced" actual &&
	silo_temps theirs
'

test_done
