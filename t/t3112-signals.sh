#!/bin/sh

test_description='FA-11 signals and closed descriptors, for the filter and for what it does once'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

test_lazy_prereq INJECT '
	test_have_prereq STRACE && ! test_have_prereq SANITIZE &&
	env --default-signal=INT true && strace -o /dev/null true
'

hello () {
	printf "0016git-filter-client\n000eversion=2\n0000%s" \
		"0015capability=clean
0016capability=smudge
0000"
}

# A request to clean so many bytes of a.bin.
ask () {
	printf "0012command=clean\n0013pathname=a.bin\n0000" &&
	for ask_i in $(test_seq "$1")
	do
		printf "03ec" && head -c 1000 /dev/zero || return 1
	done &&
	printf "0000"
}

test_expect_success 'set up' '
	filter_config &&
	filter_repo repo &&
	cd repo &&
	noise small 4096 >small.bin &&
	noise large 3000000 >large.bin &&
	git add . &&
	git commit -q -m data &&
	git cat-file blob :small.bin >../small.ptr &&
	git cat-file blob :large.bin >../large.ptr
'

test_expect_success 'FA-11 nobody listens to the filter: an error, and no noise' '
	cd "$TRASH_DIRECTORY/repo" &&
	hello >../in &&
	test_expect_code 128 git medo filter-process <../in >/dev/full 2>../err &&
	test_grep "^fatal: .*No space left" ../err &&
	test_line_count = 1 ../err &&
	git medo filter-process <../in >&- 2>../err &&
	test_must_be_empty ../err &&
	test_expect_code 1 git medo filter-process <&- >../out 2>../err &&
	test_line_count = 1 ../err
'

test_expect_success 'FA-11 git goes away before, within and behind a request' '
	cd "$TRASH_DIRECTORY/repo" &&
	{ hello && ask 5; } >../in &&
	size=$(test_file_size ../in) &&
	n=0 &&
	while test $n -lt $size
	do
		head -c $n ../in >../part &&
		{ git medo filter-process <../part >../out 2>../err || :; } &&
		test_line_count -le 1 ../err &&
		silo_temps .git/medo || return 1
		n=$((n + 97))
	done &&
	git medo filter-process <../in >../out &&
	tr "\\0" "\\n" <../out >../text &&
	test_grep "status=success" ../text
'

test_expect_success 'FA-11 git reads no answer: a broken pipe ends the filter, and what it has stays' '
	cd "$TRASH_DIRECTORY/repo" &&
	{
		hello && sleep 2 && ask 5 && ask 300 && ask 300
	} 2>/dev/null | {
		code=0
		git medo filter-process 2>../err || code=$?
		echo $code >../code
	} | head -c 10 >../out &&
	test "$(cat ../code)" = 128 &&
	test_grep "^fatal: .*Broken pipe" ../err &&
	test_line_count -le 4 ../err &&
	git status --porcelain >../status &&
	test_must_be_empty ../status &&
	silo_temps .git/medo
'

test_expect_success 'FA-11 clean and smudge, with nobody to read them' '
	cd "$TRASH_DIRECTORY/repo" &&
	for name in small large
	do
		test_expect_code 128 git medo clean $name.bin <$name.bin \
			>/dev/full 2>../err &&
		test_grep "^fatal: .*No space left" ../err &&
		test_expect_code 128 git medo smudge $name.bin <../$name.ptr \
			>/dev/full 2>../err &&
		test_grep "^fatal: .*No space left" ../err &&
		git medo smudge $name.bin <../$name.ptr >&- 2>../err &&
		test_must_be_empty ../err || return 1
	done &&
	silo_temps .git/medo
'

test_expect_success 'FA-11 the reader of a listing may leave early' '
	cd "$TRASH_DIRECTORY/repo" &&
	for command in status "status --json" reachable "verify --staged" track \
		"get --help" "smudge large.bin"
	do
		# shellcheck disable=SC2086
		git medo $command <../large.ptr 2>../err | head -c 1 >../out &&
		test_line_count -le 1 ../err || return 1
	done
'

# signalled SIGNAL CALL:N COMMAND...: what git starts as its filter gets it there
signalled () {
	signalled_by="strace -qq -f -o /dev/null -e trace=${2%%:*} \
		-e inject=${2%%:*}:signal=$1:when=${2#*:}" &&
	shift 2 &&
	env --default-signal=INT,TERM,HUP,PIPE git \
		-c filter.medo.process="$signalled_by git-medo filter-process" \
		"$@" 2>../err
}

for signal in INT TERM HUP
do
	test_expect_success INJECT "FA-11 SIG$signal in an add: nothing half-made" '
		cd "$TRASH_DIRECTORY/repo" &&
		for at in pwrite64:1 pwrite64:3 renameat2:1 read:20
		do
			rm -rf .git/medo .git/index.lock &&
			git read-tree --empty &&
			{ signalled $signal $at add . || :; } &&
			test_path_is_missing .git/index.lock &&
			git add . &&
			git diff --cached --exit-code &&
			silo_temps .git/medo &&
			silo_rehash .git/medo || return 1
		done
	'

	test_expect_success INJECT "FA-11 SIG$signal in a checkout: pointer or content" '
		cd "$TRASH_DIRECTORY/repo" &&
		cp large.bin small.bin .. &&
		for at in pwrite64:1 renameat2:1 rename:1 read:20
		do
			rm large.bin small.bin &&
			{ signalled $signal $at checkout -q . || :; } &&
			rm -f .git/index.lock &&
			for name in large small
			do
				test_path_is_missing $name.bin ||
				cmp $name.bin ../$name.bin ||
				cmp $name.bin ../$name.ptr || return 1
			done &&
			git checkout -q . &&
			git medo get -q &&
			test_cmp_bin ../large.bin large.bin &&
			test_clean_status &&
			silo_temps .git/medo || return 1
		done
	'
done

test_done
