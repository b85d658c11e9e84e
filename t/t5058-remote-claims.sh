#!/bin/sh

test_description='a push, and servers that keep no two writers apart, or answer late, or never'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-s3.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_expect_success 'CO-05 an answer that is lost: what it did is found out' '
	git -C work pull -q --no-rebase --no-edit \
		"silo::$PWD/srv/far/git/r.git" main &&
	fault lost <<-END &&
	only .tmp-medo|ledger
	method MOVE
	lost
	END
	entries >before &&
	git -C work push "silo::$fault_url/lost/far/git/r.git" main &&
	entries >after &&
	test "$(cat after)" = "$(($(cat before) + 1))" &&
	remote_whole "silo::$PWD/srv/far/git/r.git" "$PWD/srv/far/git/r.git"
'

test_done
fi

test_expect_success 'set up' '
	git config --global medo.fsync none &&
	git init -q work &&
	cd work &&
	test_commit one &&
	cd .. &&
	s3_start
'

test_expect_success 'CO-04 a bucket that ignores the condition: refused before a pack travels' '
	test_when_finished s3_fault_none &&
	for fault in ignore-if no-if
	do
		s3_fault_none &&
		s3_fault $fault - &&
		url=silo::s3://bucket/$fault/git/r.git &&
		test_must_fail git -C work push "$url" main 2>err &&
		test_grep "^fatal: .*keep two writers apart" err &&
		test_must_fail git ls-remote "$url" &&
		test-tool backend s3://bucket/$fault list "" >actual &&
		test_must_be_empty actual || return 1
	done
'

test_expect_success 'CO-04 and blobs travel there all the same' '
	s3_fault ignore-if - &&
	test_when_finished s3_fault_none &&
	test-tool genrandom blob 200000 >blob &&
	cd work &&
	git medo init -q --silo s3://bucket/ignore-if deps &&
	git medo add -q ../blob deps/blob.treeptr &&
	git add . &&
	git commit -q -m pointer &&
	test_must_fail git push silo::s3://bucket/ignore-if/git/r.git main &&
	git medo push &&
	id=$(treeptr_get deps/blob.treeptr id) &&
	test-tool backend s3://bucket/ignore-if list objects >actual &&
	test_grep "$(id_path "$id")" actual &&
	test-tool backend s3://bucket/ignore-if list git >actual &&
	test_must_be_empty actual &&
	cd ..
'

test_expect_success 'a bucket that was such and is none any more: it is pushed' '
	git -C work push -q silo::s3://bucket/ignore-if/git/r.git main &&
	git clone -q silo::s3://bucket/ignore-if/git/r.git from-s3 &&
	git -C from-s3 fsck --strict
'

# far: a folder that is served twice, by a server that does as it is told
far_start () {
	mkdir -p srv &&
	silo_create srv/far &&
	fault_start far srv --dav &&
	git -C work push -q "silo::$PWD/srv/far/git/r.git" main~1:refs/heads/main &&
	git clone -q "silo::$PWD/srv/far/git/r.git" other &&
	commit_in other other &&
	commit_in work mine &&
	cp -r other other2
}

# shellcheck disable=SC2154 # lib-fault.sh's
late_push () {
	git -C work push "silo::$fault_url/late/far/git/r.git" main 2>err.late
	echo $? >code.late
}

entries () {
	find srv/far/git/r.git/ledger -name entry.json | wc -l
}

has_packs () {
	test "$(find srv/far/git/r.git -name "*.idx" | wc -l)" = "$1"
}

# Its entry is under way for a second when somebody else is through.
test_expect_success 'CO-05 who is late between upload and entry loses, and nothing is seen of him' '
	far_start &&
	fault late <<-END &&
	only .tmp-medo|ledger
	method MOVE
	wait 1500
	END
	rm -f code.late &&
	{ late_push & } &&
	late=$! &&
	test_wait_until 20 has_packs 2 &&
	git -C other push -q "silo::$PWD/srv/far/git/r.git" main &&
	wait $late &&
	test "$(cat code.late)" = 1 &&
	test_grep "rejected.*fetch first" err.late &&
	entries >actual &&
	echo 2 >expect &&
	test_cmp expect actual &&
	git -C other rev-parse HEAD >expect &&
	git ls-remote "silo::$PWD/srv/far/git/r.git" refs/heads/main |
	cut -f1 >actual &&
	test_cmp expect actual
'

test_expect_success 'CO-05 an answer that is lost: what it did is found out' '
	git -C work pull -q --no-rebase --no-edit \
		"silo::$PWD/srv/far/git/r.git" main &&
	fault lost <<-END &&
	only .tmp-medo|ledger
	method MOVE
	lost
	END
	entries >before &&
	git -C work push "silo::$fault_url/lost/far/git/r.git" main &&
	entries >after &&
	test "$(cat after)" = "$(($(cat before) + 1))" &&
	remote_whole "silo::$PWD/srv/far/git/r.git" "$PWD/srv/far/git/r.git"
'

test_done
