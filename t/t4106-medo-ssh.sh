#!/bin/sh

test_description='medo with a silo behind ssh'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"

test_expect_success 'a silo is made on a server' '
	sshd_setup &&
	sshd_start &&
	URL=$SSHD_URL$(sshd_path "$PWD/deps.silo") &&
	git medo silo init "$URL" &&
	test_path_is_file deps.silo/silo.json
'

test_expect_success 'where its parent is missing, the next step is named' '
	test_expect_code 3 git medo silo init "$SSHD_URL$(sshd_path "$PWD/no/deps.silo")" 2>err &&
	test_grep "there is no folder for the silo .*/no/deps.silo., and none" err &&
	test_grep "on that machine say: mkdir -p .*/no/deps.silo" err
'

test_expect_success 'what one pushes another fetches' '
	git init -q one &&
	(
		cd one &&
		medo_create deps "$URL" &&
		mkdir tree &&
		test-tool genrandom seed 1500000 >tree/large &&
		echo small >tree/small &&
		git medo add tree deps/tree.treeptr &&
		echo tiny >tiny &&
		git medo add tiny deps/tiny.treeptr &&
		git add . &&
		git commit -q -m one &&
		git medo push
	) &&
	forget &&
	git clone -q one two &&
	(
		cd two &&
		rm -rf .git/medo &&
		git medo allow "$URL" &&
		git medo expand deps/tree.treeptr ../out &&
		git medo fetch
	) &&
	diff -r one/tree out/tree
'

test_expect_success 'MA-17 no ssh is started for a silo that the user has not allowed' '
	forget &&
	git clone -q one strange &&
	write_script canary <<-END &&
	touch "$PWD/started"
	END
	(
		cd strange &&
		rm -rf .git/medo &&
		test_expect_code 4 env GIT_SSH="$TRASH_DIRECTORY/canary" \
			GIT_SSH_COMMAND= git medo fetch 2>../err
	) &&
	test_grep "git medo allow" err &&
	test_path_is_missing started
'

test_expect_success 'silo verify reads it all, over the line and on the spot' '
	git medo silo verify "$URL" &&
	git medo silo verify deps.silo
'

test_expect_success 'a server that is down leaves pointers, and exit code 3' '
	test_stop "$SSHD_PID" &&
	forget &&
	git clone -q one three &&
	cd three &&
	rm -rf .git/medo &&
	git medo allow "$URL" &&
	test_expect_code 3 git medo fetch 2>err &&
	test_grep "cannot reach" err
'

test_done
