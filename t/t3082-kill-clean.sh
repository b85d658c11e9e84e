#!/bin/sh

test_description='the filter, killed in git add: what it answered is in the store

MEDO_TEST_KILLS says at how many moments.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

: "${MEDO_TEST_KILLS:=8}"

# added COMMAND...: `git add` of all in a new repository, whose filter is run by
# that command; its exit code does not matter
added () {
	rm -rf "$TRASH_DIRECTORY/repo" &&
	filter_repo "$TRASH_DIRECTORY/repo" &&
	cd "$TRASH_DIRECTORY/repo" &&
	echo first >first.bin &&
	git add first.bin &&
	cp -r ../files . &&
	{
		git -c filter.medo.process="$* git-medo filter-process" \
			add . 2>&1 || :
	} | cat >../out
}

# all_there: every pointer that git has, in its index or not, becomes content;
# so many lines in `names`
all_there () {
	git cat-file --batch-all-objects --batch |
	awk '$2 == "blob" { name = $1 }
		$1 == "\"id\":" { gsub(/[",]/, "", $2)
			print "100644 " name "\t" $2 ".bin" }' >../pointers &&
	rm -rf ../all ../all.index &&
	mkdir ../all &&
	GIT_INDEX_FILE=../all.index git update-index --add --index-info \
		<../pointers &&
	GIT_INDEX_FILE=../all.index git checkout-index -a --prefix=../all/ &&
	(
		cd ../all &&
		ls >../names &&
		git hash-object --no-filters --stdin-paths <../names |
		sed "s/\$/.bin/" >../ids
	) &&
	test_cmp ../names ../ids &&
	git ls-files -s "*.bin" >../staged &&
	test "$(wc -l <../staged)" -le "$(wc -l <../names)"
}

test_expect_success 'set up' '
	filter_config &&
	mkdir files &&
	for i in $(test_seq 490)
	do
		echo "content $i" >files/$i.bin || return 1
	done &&
	for i in $(test_seq 491 500)
	do
		noise $i 400000 >files/$i.bin || return 1
	done &&
	added "" &&
	all_there &&
	test_line_count = 501 ../names &&
	test_line_count = 501 ../staged
'

test_expect_success 'what git has a pointer to is there, whenever the filter was killed' '
	cd "$TRASH_DIRECTORY" &&
	from=$(date +%s%N) &&
	added "" &&
	ns=$(($(date +%s%N) - from)) &&
	awk -v n="$MEDO_TEST_KILLS" -v ns="$ns" "BEGIN {
		for (i = 1; i <= n; i++)
			printf \"%.4f\n\", ns / 1e9 * i / n
	}" >../moments &&
	rm -f ../counts &&
	while read -r moment
	do
		added timeout --foreground -s KILL "$moment" &&
		all_there &&
		wc -l <../names >>../counts || return 1
	done <../moments &&
	cat ../counts
'

# git has its index, and has closed the pipe.
test_expect_success STRACE,!SANITIZE 'nor when it is killed while it finishes its pack' '
	cd "$TRASH_DIRECTORY" &&
	rm files/49[1-9].bin files/500.bin &&
	killed=0 late=0 &&
	for call in ftruncate pwrite64 fchmod fsync renameat2
	do
		for n in 1 2 3 4
		do
			added strace -qq -o ../trace -e trace=$call \
				-e inject=$call:signal=KILL:when=$n &&
			all_there || return 1
			if grep -q "killed by SIGKILL" ../trace
			then
				killed=$((killed + 1)) &&
				late=$((late + ($(wc -l <../staged) == 491)))
			fi || return 1
		done
	done &&
	echo "killed $killed times, $late times after git was done" &&
	test $late -gt 5
'

test_done
