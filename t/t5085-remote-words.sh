#!/bin/sh

test_description='git-remote-silo: places and repositories that do not fit, in true words'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

test_expect_success 'set up: a place with each kind of ids' '
	for algo in sha1 sha256
	do
		git init -q --object-format=$algo $algo &&
		commit_in $algo one &&
		git -C $algo push -q "silo::$PWD/far-$algo.git" main || return 1
	done
'

# refused REPO PLACE COMMAND...: in one sentence, and nothing of it travels
refused () {
	refused_repo=$1 refused_place=$2
	shift 2
	find "$refused_repo/.git/objects" -type f >before &&
	test_must_fail git -C "$refused_repo" "$@" 2>err &&
	find "$refused_repo/.git/objects" -type f >after &&
	test_cmp before after &&
	grep -v "^error: failed to push" err >sentences
	test_grep "mismatched algorithms: client $refused_repo; server $refused_place" \
		sentences &&
	test_line_count = 1 sentences
}

test_expect_success 'a fetch from the other kind is refused before packs are read' '
	for repo in sha1:sha256 sha256:sha1
	do
		here=${repo%:*} there=${repo#*:} &&
		url=silo::$PWD/far-$there.git &&
		mv far-$there.git/objects objects &&
		refused $here $there fetch "$url" main &&
		refused $here $there fetch "$url" &&
		refused $here $there fetch "$url" "+refs/*:refs/x/*" &&
		refused $here $there pull "$url" main &&
		mv objects far-$there.git/objects || return 1
	done
'

test_expect_success 'a push and git medo offload are refused, too' '
	for repo in sha1:sha256 sha256:sha1
	do
		here=${repo%:*} there=${repo#*:} &&
		url=silo::$PWD/far-$there.git &&
		test_must_fail git -C $here push "$url" main:x 2>err &&
		test_grep "another object format" err &&
		test_must_fail git -C $here medo offload "$url" 2>err &&
		test_grep "mismatched algorithms: client $here; server $there" err ||
		return 1
	done
'

test_expect_success 'a clone takes the kind that is there, and anybody may list' '
	for algo in sha1 sha256
	do
		git clone -q "silo::$PWD/far-$algo.git" clone-$algo &&
		echo $algo >expect &&
		git -C clone-$algo rev-parse --show-object-format >actual &&
		test_cmp expect actual &&
		git -C $algo rev-parse HEAD >expect &&
		git -C sha1 ls-remote "silo::$PWD/far-$algo.git" refs/heads/main |
		cut -f1 >actual &&
		test_cmp expect actual || return 1
	done
'

# at_top: an sftp server whose top folder is ./top
at_top () {
	GIT_SSH_VARIANT=ssh \
	GIT_SSH_COMMAND="python3 '$TEST_DIRECTORY/helper/fakesftp.py' --top '$TRASH_DIRECTORY/top'" \
	"$@"
}

test_expect_success PYTHON3 'a repository directly below the top folder of ssh' '
	mkdir top &&
	test_must_fail at_top git ls-remote silo::ssh://host/x.git 2>err &&
	test_grep "no repository at .ssh://host/x.git.; the first push makes it" err &&
	at_top git -C sha1 push -q silo::ssh://host/x.git main &&
	test_path_is_dir top/x.git/ledger &&
	( cd sha1 && at_top remote_has silo::ssh://host/x.git refs/heads/main main ) &&
	at_top git clone -q silo::ssh://host/x.git top.clone &&
	git -C top.clone log --oneline &&
	silo_create top &&
	mkdir top/git &&
	at_top git -C sha1 push -q silo::ssh://host/git/y.git main &&
	at_top git ls-remote silo::ssh://host/git/y.git >actual &&
	test_line_count = 2 actual
'

test_expect_success PYTHON3 'a host alone names no folder' '
	for url in ssh://host ssh://host/
	do
		test_must_fail at_top git ls-remote "silo::$url" 2>err &&
		test_grep ".ssh://host. names no folder" err || return 1
	done
'

test_done
