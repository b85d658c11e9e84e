#!/bin/sh

test_description='a signal ends a command at once, and leaves nothing half-made'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# The shell starts jobs with SIGINT ignored; they shall have it as they would
# from a terminal.
test_lazy_prereq INJECT '
	test_have_prereq STRACE && ! test_have_prereq SANITIZE &&
	env --default-signal=INT true && strace -o /dev/null true
'
if ! test_have_prereq INJECT
then
	skip_all='strace, env --default-signal, a build without sanitizers'
	test_done
fi

MEDO_THREADS=1
export MEDO_THREADS

# signalled SIGNAL CALL N COMMAND...: it comes with the N-th CALL; the exit
# code is in $code, and is 0 or that of a death by this signal
signalled () {
	signal=$1 signal_call=$2 signal_n=$3
	shift 3
	env --default-signal=INT,TERM,HUP strace -qq -o trace \
		-e trace="$signal_call" \
		-e inject="$signal_call:signal=$signal:when=$signal_n" \
		"$@" >out 2>err
	code=$?
	# the shell has its own word for it
	sed "/^Terminated\$/d; /^Hangup\$/d" err >err.own
	test_must_be_empty err.own &&
	if test $code != 0
	then
		echo "$signal" >expect.signal && kill -l $code >actual.signal &&
		test_cmp expect.signal actual.signal
	fi
}

clean () {
	silo_temps . && silo_temps "$HOME"
}

test_expect_success 'setup' '
	silo_create far &&
	medo_create deps far &&
	mkdir tree && test-tool genrandom signal 900000 >tree/large &&
	for i in 1 2 3 4 5 6
	do
		echo $i >tree/$i || return 1
	done &&
	git medo add -q tree deps/tree.treeptr &&
	cp deps/tree.treeptr good.json
'

test_expect_success 'SIGINT during add: a treeptr and its blob, or neither' '
	died=0 &&
	for call in pwrite64 pread64 newfstatat renameat2 fsync
	do
		for n in 1 3 9 20
		do
			rm -rf deps/new.treeptr .git/medo/objects &&
			signalled INT $call $n git-medo add tree deps/new.treeptr &&
			clean &&
			if test $code = 0
			then
				test_cmp good.json deps/new.treeptr &&
				git medo verify deps/new.treeptr
			else
				died=$((died + 1)) &&
				test_must_be_empty out &&
				test_path_is_missing deps/new.treeptr
			fi || {
				echo "at $call $n" >&2
				return 1
			}
		done
	done &&
	test $died -gt 5
'

test_expect_success 'SIGINT during expand: the whole tree, or no trace of it' '
	git medo add -q tree deps/tree.treeptr &&
	died=0 &&
	for call in write utimensat openat2 pread64 newfstatat syncfs
	do
		for n in 1 3 9 20
		do
			rm -rf place && mkdir place &&
			signalled INT $call $n git-medo expand deps/tree.treeptr place &&
			clean &&
			if test -e place/tree
			then
				tree_same tree place/tree
			else
				died=$((died + 1)) &&
				test $code != 0 && test_must_be_empty out &&
				test_dir_is_empty place
			fi || {
				echo "at $call $n" >&2
				return 1
			}
		done
	done &&
	test $died -gt 5
'

test_expect_success 'SIGINT during expand --force: the old tree, or the new one' '
	rm -rf place && git medo expand -q deps/tree.treeptr place &&
	for call in write utimensat renameat2
	do
		for n in 1 2 3
		do
			echo changed >place/tree/1 && cp -R place/tree old &&
			signalled INT $call $n git-medo expand --force \
				deps/tree.treeptr place &&
			clean &&
			{ tree_same tree place/tree || tree_same old place/tree; } ||
			return 1
			rm -rf old
		done
	done
'

for signal in TERM HUP
do
	test_expect_success "SIG$signal ends both as SIGINT does" '
		rm -rf place deps/new.treeptr && mkdir place &&
		signalled $signal pwrite64 1 git-medo add tree deps/new.treeptr &&
		test $code != 0 && test_path_is_missing deps/new.treeptr &&
		signalled $signal pread64 4 git-medo expand deps/tree.treeptr place &&
		test $code != 0 && test_dir_is_empty place &&
		clean
	'
done

test_expect_success 'SIGINT during push: the silo has it, or nothing of it' '
	for call in pwrite64 renameat2 fsync
	do
		for n in 1 2 3
		do
			rm -rf far "$(cache_dir)" && silo_create far &&
			git medo add -q tree deps/tree.treeptr &&
			signalled INT $call $n git-medo push &&
			clean && silo_rehash far &&
			git medo push -q && silo_rehash far &&
			test "$(silo_count far)" = 1 || return 1
		done
	done
'

test_expect_success 'SIGINT during fetch: the cache has it, or nothing of it' '
	for call in pwrite64 renameat2 fsync
	do
		for n in 1 2 3
		do
			forget &&
			signalled INT $call $n git-medo fetch deps/tree.treeptr &&
			clean && silo_rehash "$(cache_dir)" &&
			git medo fetch deps/tree.treeptr &&
			test "$(silo_count "$(cache_dir)")" = 1 || return 1
		done
	done
'

test_expect_success 'SIGINT during verify is no verdict' '
	signalled INT pread64 2 git-medo verify --deep deps &&
	test_must_be_empty out &&
	signalled INT pread64 4 git-medo silo verify far &&
	test_must_be_empty out
'

test_expect_success 'a signal that is ignored stays so (nohup)' '
	rm -f deps/new.treeptr &&
	(
		trap "" HUP &&
		strace -qq -o trace -e trace=pwrite64 \
			-e inject=pwrite64:signal=HUP:when=1 \
			git-medo add tree deps/new.treeptr
	) &&
	test_cmp good.json deps/new.treeptr
'

found () {
	ls -d "$1"/tmp_medo_* >/dev/null 2>&1
}

test_expect_success 'what somebody is making is not removed by another' '
	truncate -s 8G huge &&
	{ git-medo add huge deps/huge.treeptr >out 2>err & } &&
	pid=$! &&
	test_when_finished "kill -9 $pid; wait $pid; rm huge; :" &&
	test_wait_until 10 found .git/medo &&
	echo y >content && git medo add content deps/content.treeptr &&
	found .git/medo
'

test_expect_success 'but once its maker is dead, by the next one' '
	git medo add content deps/content.treeptr && clean
'

test_done
