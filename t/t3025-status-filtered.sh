#!/bin/sh

test_description='git medo status, get and drop of files that the filter serves'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

# states LINE...: what status --porcelain is to print, blanks as tabs
states () {
	printf '%s\n' "$@" | tr ' ' '\t' >../expect &&
	git medo status --porcelain >../actual &&
	test_cmp ../expect ../actual
}

test_expect_success 'setup: a small and a large file, pushed; one that is not' '
	(cd / && git medo install -q) &&
	silo_create s.silo &&
	git init -q --bare origin.git &&
	git init -q work &&
	(
		cd work &&
		git medo init -q --silo ../s.silo . &&
		git medo track -q "*.bin" &&
		echo small >small.bin &&
		test-tool genrandom large 3000000 >large.bin &&
		git add . && git commit -q -m one &&
		git push -q ../origin.git HEAD:refs/heads/main
	)
'

test_expect_success 'what was pushed is here, what was only added is unpushed' '
	(
		cd work &&
		states "here large.bin" "here small.bin" &&
		echo new >new.bin && git add new.bin &&
		states "here large.bin" "unpushed new.bin" "here small.bin" &&
		git rm -qf new.bin
	)
'

test_expect_success 'a clone that may not ask the silo has pointers, and says so' '
	export XDG_CACHE_HOME="$PWD/cache2" &&
	git clone -q -b main origin.git clone 2>err &&
	test_grep "2 files .* are not here: git medo get" err &&
	(
		cd clone &&
		states "absent large.bin" "absent small.bin" &&
		git medo status 2>../err >../actual &&
		test_grep "2 without content here: git medo get" ../err &&
		test_expect_code 4 git medo get 2>../err &&
		test_grep "git medo allow" ../err
	)
'

test_expect_success 'get completes it, and git sees no change' '
	(
		cd clone &&
		git medo allow ../s.silo &&
		git medo get >../actual &&
		echo "2 files here now" >../expect &&
		test_cmp ../expect ../actual &&
		test_cmp ../work/large.bin large.bin &&
		test_cmp ../work/small.bin small.bin &&
		git status --porcelain >../actual &&
		test_must_be_empty ../actual &&
		states "here large.bin" "here small.bin"
	)
'

test_expect_success 'that git cleans it once more does not make it unpushed' '
	(
		cd clone &&
		touch large.bin small.bin &&
		git status --porcelain >../actual &&
		test_must_be_empty ../actual &&
		states "here large.bin" "here small.bin"
	)
'

test_expect_success 'drop leaves pointers and git sees no change; get brings them back' '
	(
		cd clone &&
		git medo drop --all >../actual &&
		echo "2 files dropped" >../expect &&
		test_cmp ../expect ../actual &&
		test_grep "^{" large.bin &&
		git status --porcelain >../actual &&
		test_must_be_empty ../actual &&
		states "pointer large.bin" "pointer small.bin" &&
		git medo get -q small.bin &&
		states "pointer large.bin" "here small.bin" &&
		git medo get -q &&
		test_cmp ../work/large.bin large.bin
	)
'

test_expect_success 'drop keeps what was changed, and what no silo has' '
	(
		cd clone &&
		echo more >>small.bin &&
		echo new >new.bin && git add new.bin &&
		git medo drop --all 2>../err &&
		test_grep "2 left alone" ../err &&
		test_grep more small.bin &&
		echo new >../expect &&
		test_cmp ../expect new.bin &&
		test_grep "^{" large.bin
	)
'

test_expect_success STRACE,!SANITIZE 'drop of a hundred files waits for the clock once' '
	(
		cd work &&
		for i in $(test_seq 100)
		do
			echo "content $i" >"many$i.bin" || exit 1
		done &&
		git add . &&
		git commit -qm many &&
		git medo push -q &&
		strace -f -e trace=poll -o ../trace git medo drop "many*" >../out &&
		echo "100 files dropped" >../expect &&
		test_cmp ../expect ../out &&
		grep "poll(NULL" ../trace >../waits &&
		test_line_count = 1 ../waits &&
		git medo get -q "many*"
	)
'

test_expect_success 'ls, cat and url-for know the pointer of a file that lies there as content' '
	cd "$TRASH_DIRECTORY" &&
	filter_config &&
	filter_repo content &&
	cd content &&
	echo "{ \"silos\": [ { \"url\": \"https://example.com/x.silo\" } ] }" >SILO.json &&
	mkdir sub &&
	noise content 100000 >sub/large.bin &&
	echo short >small.bin &&
	git add . &&
	git cat-file blob :sub/large.bin >../ptr &&
	echo "https://example.com/x.silo/$(id_path "$(treeptr_get ../ptr id)")" >../expect &&
	for path in sub/large.bin "$PWD/sub/large.bin"
	do
		git medo url-for "$path" >../out &&
		test_cmp ../expect ../out || return 1
	done &&
	(
		cd sub &&
		git medo url-for large.bin >../../out &&
		test_cmp ../../expect ../../out &&
		git medo cat large.bin >../../out &&
		test_cmp_bin large.bin ../../out &&
		git medo ls -l ../small.bin >../../out &&
		test_grep "	6	.*small.bin" ../../out
	) &&
	noise other 100000 >other &&
	git add other &&
	test_expect_code 1 git medo url-for other 2>../err &&
	test_grep "other. is over 65536 bytes" ../err
'

test_expect_success 'a name that git would take for a stage of the index' '
	cd "$TRASH_DIRECTORY/content" &&
	echo staged >"2:x.bin" && git add . &&
	git medo ls -l "2:x.bin" >../out &&
	test_grep "	7	" ../out &&
	git medo cat "2:x.bin" >../out &&
	test_cmp "2:x.bin" ../out &&
	git medo status --porcelain >../out &&
	test_grep "2:x.bin" ../out
'

test_done
