#!/bin/sh

test_description='FA-32 a disk that is full, while git checks out or adds filtered files'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

test_lazy_prereq TMPFS '
	test_have_prereq ROOT && mkdir mnt &&
	mount -t tmpfs -o size=64k none mnt && umount mnt
'

# SIGXFSZ ignored, a file that gets too large is an error of write(2).
test_lazy_prereq LIMIT '
	(
		trap "" XFSZ &&
		ulimit -f 8 &&
		! head -c 100000 /dev/zero >file
	) 2>/dev/null
'

# no_file_over N COMMAND...: in units of 512 bytes
no_file_over () {
	(
		trap "" XFSZ &&
		ulimit -f "$1" &&
		shift &&
		"$@"
	)
}

# git itself tells of a file that it could not write, and exits with 0 after a
# checkout of a branch.
#
# Through the pipe: small, middle.  Swapped in behind git: large, other.
test_expect_success 'set up' '
	filter_config &&
	filter_repo repo &&
	(
		cd repo &&
		git commit -q --allow-empty -m nothing &&
		noise small 4096 >small.bin &&
		noise middle 900000 >middle.bin &&
		noise large 3000000 >large.bin &&
		noise other 2000000 >other.bin &&
		cp -R . ../want &&
		rm -rf ../want/.git &&
		git add . &&
		git commit -q -m data &&
		git branch data
	)
'

# all_there: as if nothing had happened
all_there () {
	for name in small middle large other
	do
		test_cmp_bin ../want/$name.bin $name.bin || return 1
	done &&
	test_clean_status &&
	test_path_is_missing .git/medo/pending &&
	silo_temps .
}

test_expect_success LIMIT 'FA-32 what git cannot write is its failure, and what mends it' '
	cd repo &&
	git checkout -q HEAD^ &&
	no_file_over 1000 git checkout -q data 2>../err &&
	test_grep "error: unable to write file middle.bin" ../err &&
	test_path_is_missing .git/index.lock &&
	! cmp ../want/middle.bin middle.bin &&
	git status --porcelain >../status &&
	test_grep middle.bin ../status &&
	test_must_fail no_file_over 1000 git checkout -q . &&
	is_pointer large.bin &&
	git checkout -q . &&
	git medo get -q &&
	all_there
'

test_expect_success LIMIT 'FA-32 what we cannot write stays a pointer, that is said, and git is content' '
	cd "$TRASH_DIRECTORY/repo" &&
	rm large.bin other.bin &&
	no_file_over 4500 git checkout -q . 2>../err &&
	test_grep "large.bin.* stays a pointer: .*File too large" ../err &&
	is_pointer large.bin &&
	test_cmp_bin ../want/other.bin other.bin &&
	test_clean_status &&
	silo_temps . &&
	git medo get -q &&
	all_there
'

test_expect_success TMPFS 'FA-32 a full disk below the work tree' '
	cd "$TRASH_DIRECTORY/repo" &&
	git checkout -q -b work HEAD^ &&
	git checkout -q data &&
	mkdir ../full &&
	mount -t tmpfs -o size=3m none ../full &&
	test_when_finished "cd \"$TRASH_DIRECTORY\"; umount full" &&
	git worktree add -q ../full/tree work &&
	cd ../full/tree &&
	head -c 2800000 /dev/zero >filler &&
	git checkout -q --detach data 2>../../err &&
	test_grep "error: unable to write file middle.bin" ../../err &&
	git status --porcelain >../../status &&
	test_grep middle.bin ../../status &&
	test_grep "large.bin.* stays a pointer: .*No space left" ../../err &&
	is_pointer large.bin &&
	rm filler &&
	git checkout -q . &&
	test_cmp_bin ../../want/middle.bin middle.bin &&
	test_clean_status &&
	silo_temps . &&
	mount -o remount,size=20m none .. &&
	git medo get -q &&
	for name in small middle large other
	do
		test_cmp_bin ../../want/$name.bin $name.bin || return 1
	done &&
	test_clean_status
'

test_expect_success LIMIT 'FA-32 what cannot be stored is not added' '
	cd "$TRASH_DIRECTORY/repo" &&
	git checkout -q -f data &&
	for name in middle large
	do
		noise "$name again" "$(test_file_size $name.bin)" >$name.bin &&
		cp .git/index ../index &&
		test_must_fail no_file_over 1000 git add $name.bin 2>../err &&
		test_grep "error: .$name.bin.: .*File too large" ../err &&
		cmp ../index .git/index &&
		silo_temps . || return 1
	done &&
	git add . &&
	git commit -q -m again &&
	test_pointer :middle.bin :large.bin &&
	test_clean_status
'

test_expect_success LIMIT 'FA-32 nor what the pack of small ones has no room for' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo small &&
	cd small &&
	for i in $(test_seq 50)
	do
		noise $i 60000 >$i.bin || return 1
	done &&
	test_must_fail no_file_over 2000 git add . 2>../err &&
	test_grep "error: .*bin.: .*File too large" ../err &&
	test_path_is_missing .git/index.lock &&
	git ls-files -s "*.bin" >../staged &&
	test_must_be_empty ../staged &&
	git add . &&
	git commit -q -m small &&
	mkdir ../small.want && mv ./*.bin ../small.want &&
	git checkout -q . &&
	for i in $(test_seq 50)
	do
		test_cmp_bin ../small.want/$i.bin $i.bin || return 1
	done &&
	test_clean_status
'

test_done
