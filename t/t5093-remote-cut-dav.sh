#!/bin/sh

test_description='the line goes down behind each of the requests of a push'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
test_expect_success 'set up' '
	mkdir srv &&
	git config --global safe.directory "*" &&
	fault_start far srv --dav &&
	echo "only nothing" | fault f &&
	silo_create srv/deps.silo &&
	url=silo::$fault_url/f/deps.silo/git/r.git &&
	here=srv/deps.silo/git/r.git &&
	git init -q work &&
	git -C work remote add far "$url" &&
	for i in 1 2 3
	do
		commit_in work "c$i" &&
		git -C work push -q far HEAD:main || return 1
	done &&
	grep "\"keeps\": true" "$here/ledger/last" &&
	git -C work rev-parse HEAD >old &&
	commit_in work more &&
	git -C work rev-parse HEAD >new &&
	mkdir saved &&
	cp -r srv/deps.silo saved/silo &&
	cp -r work saved/work
'

fresh () {
	rm -rf srv/deps.silo work &&
	cp -r saved/silo srv/deps.silo &&
	cp -r saved/work work
}

# shellcheck disable=SC2154
# is_now FILE: main is there
is_now () {
	git ls-remote "$url" refs/heads/main | cut -f 1 >is &&
	cmp -s "$1" is
}

# cut_behind N: of a push that many requests are done; the last of them is not
# answered, and later ones do not even arrive
cut_behind () {
	fresh &&
	test_write_lines "only *" together "times $(($1 - 1))" "then" \
		"times 1" lost "then" close | fault f || return 1
	cut_ret=0
	git -C work push -q far HEAD:main 2>err || cut_ret=$?
	echo "only nothing" | fault f
	case $cut_ret in
	0) is_now new ;;
	*) test -s err && { is_now old || is_now new; } ;;
	esac
}

# A request that is lost is made again: the line must not come back for it.
test_expect_success 'FA-34 what a push says is so, and the next one ends it' '
	said= &&
	for n in $(test_seq 16)
	do
		cut_behind "$n" &&
		said="$said $cut_ret" &&
		git -C work push -q far HEAD:main &&
		is_now new &&
		git ls-remote "$here" refs/heads/main | cut -f 1 >is &&
		test_cmp new is &&
		git clone -q --bare "$here" stock &&
		git -C stock fsck --strict &&
		rm -rf stock || return 1
	done &&
	# Ten: the entry was not read back, so it is not known to be ours.
	test "$said" = " 128 128 1 1 1 1 1 1 1 1 0 0 0 0 0 0"
'

test_expect_success 'and a push from elsewhere does not mind what it left' '
	git clone -q "$url" other &&
	for n in 4 6 8 9 12
	do
		cut_behind "$n" &&
		rm -rf other &&
		git clone -q -o far "$url" other &&
		git -C other config user.name Other &&
		commit_in other other &&
		git -C other push -q far HEAD:main &&
		remote_whole "$url" "$here" &&
		git ls-remote "$here" refs/heads/main | cut -f 1 >is &&
		git -C other rev-parse HEAD >want &&
		test_cmp want is || return 1
	done
'

test_done
