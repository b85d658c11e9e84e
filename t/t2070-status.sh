#!/bin/sh

test_description='git medo status: what is missing, not pushed, not readable'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: one of each state' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	for state in here absent unpushed
	do
		echo $state >content && git medo add -q content deps/$state.treeptr &&
		if test $state != unpushed
		then
			git medo push -q
		fi || return 1
	done &&
	rm content "$(silo_blob "$(cache_dir)" deps/absent.treeptr)" &&
	echo garbage >deps/malformed.treeptr
'

test_expect_success 'what is in order is not shown' '
	git medo status >actual 2>err &&
	test_write_lines "absent	deps/absent.treeptr" \
		"malformed	deps/malformed.treeptr" \
		"unpushed	deps/unpushed.treeptr" >expect &&
	test_cmp expect actual
'

test_expect_success 'what to do about it is said on stderr, but with -q' '
	test_grep "1 .*git medo push" err &&
	test_grep "1 .*git medo fetch" err &&
	test_grep "1 .*git medo verify" err &&
	git medo status -q >actual 2>err &&
	test_cmp expect actual &&
	test_must_be_empty err
'

test_expect_success 'it is asked again: the answer is the same' '
	git medo status -q >actual &&
	test_cmp expect actual
'

test_expect_success '--porcelain shows every treeptr, and no advice' '
	git medo status --porcelain >actual 2>err &&
	test_write_lines "absent	deps/absent.treeptr" \
		"here	deps/here.treeptr" \
		"malformed	deps/malformed.treeptr" \
		"unpushed	deps/unpushed.treeptr" >expect &&
	test_cmp expect actual &&
	test_must_be_empty err
'

test_expect_success '--json and -z' '
	git medo status --json >actual &&
	test_line_count -eq 4 actual &&
	grep -Fx "{\"state\":\"here\",\"size\":5,\"path\":\"deps/here.treeptr\"}" actual &&
	git medo status --porcelain -z | tr "\0" "\n" >actual &&
	test_cmp expect actual
'

test_expect_success 'operands, and paths from a subdirectory' '
	git medo status -q deps/here.treeptr deps/absent.treeptr >actual &&
	echo "absent	deps/absent.treeptr" >expect &&
	test_cmp expect actual &&
	mkdir sub &&
	(cd sub && git medo status -q) >actual &&
	test_write_lines "absent	../deps/absent.treeptr" \
		"malformed	../deps/malformed.treeptr" \
		"unpushed	../deps/unpushed.treeptr" >expect &&
	test_cmp expect actual
'

test_expect_success 'a pointer that changes is seen, even in the same second' '
	cp deps/here.treeptr saved &&
	git medo status -q deps/here.treeptr >actual &&
	test_must_be_empty actual &&
	for other in absent unpushed absent
	do
		cp deps/$other.treeptr deps/here.treeptr &&
		git medo status -q deps/here.treeptr >actual &&
		echo "$other	deps/here.treeptr" >expect &&
		test_cmp expect actual || return 1
	done &&
	cp saved deps/here.treeptr &&
	git medo status -q deps/here.treeptr >actual &&
	test_must_be_empty actual
'

test_expect_success 'one of the same size and time, too' '
	sed "s/\"id\": \".../\"id\": \"000/" saved >other &&
	touch -d @1000000000 deps/here.treeptr && git medo status -q >actual &&
	cat other >deps/here.treeptr && touch -d @1000000000 deps/here.treeptr &&
	git medo status -q deps/here.treeptr >actual &&
	echo "absent	deps/here.treeptr" >expect &&
	test_cmp expect actual &&
	cp saved deps/here.treeptr
'

test_expect_success 'a fetch and a push are seen' '
	git medo fetch deps/absent.treeptr &&
	rm deps/malformed.treeptr &&
	git medo push -q &&
	git medo status >actual 2>err &&
	test_must_be_empty actual &&
	test_must_be_empty err
'

test_expect_success 'so is a blob that somebody removes' '
	rm "$(silo_blob "$(cache_dir)" deps/here.treeptr)" &&
	git medo status -q >actual &&
	echo "absent	deps/here.treeptr" >expect &&
	test_cmp expect actual
'

test_expect_success 'nothing is asked of the silos' '
	mv far away && test_when_finished "mv away far" &&
	git medo status -q >actual &&
	test_cmp expect actual
'

test_expect_success 'neither pointers nor index are touched' '
	git add deps && git commit -q -m x &&
	tree_state deps >expect && cp .git/index index &&
	git medo status &&
	tree_state deps >actual &&
	test_cmp expect actual &&
	test_cmp_bin index .git/index &&
	git status --short deps >actual &&
	test_must_be_empty actual
'

test_expect_success 'a damaged record of what was seen is no harm' '
	git medo status -q >expect &&
	find .git/medo -maxdepth 1 -type f ! -name silo.json >records &&
	while read -r record
	do
		for text in "" garbage "$(head -c 30 "$record" | tr "\0" x)"
		do
			echo "$text" >"$record" &&
			git medo status -q >actual &&
			test_cmp expect actual || return 1
		done
	done <records
'

test_expect_success 'operands that make no sense' '
	test_expect_code 1 git medo status absent.treeptr &&
	test_expect_code 128 git medo status saved &&
	test_expect_code 129 git medo status --bogus &&
	mkdir "$TEST_TOP/ground" && test_when_finished "rmdir \"$TEST_TOP/ground\"" &&
	(
		cd "$TEST_TOP/ground" &&
		test_expect_code 128 git medo status
	)
'

test_done
