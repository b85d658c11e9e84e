#!/bin/sh

test_description='how many requests a push takes'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-s3.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# shape: lines "METHOD PATH ..." of a log, as "METHOD WHAT", sorted
shape () {
	sed -e 's|^\([A-Z]*\) /\([^ ]*\) .*|\1 \2|' \
		-e 's|[^ ]*/git/r\.git/||' \
		-e 's|[^ ]*/\.tmp-medo-[0-9a-f]*|TEMP|' \
		-e 's|pack-[0-9a-f]*|PACK|' \
		-e 's|ledger/[0-9]*/|ledger/N/|' | LC_ALL=C sort
}

# first_pushes URL: the first says what server it is, the third needs no HEAD
first_pushes () {
	git init -q work &&
	git -C work remote add far "$1" &&
	for first_i in 1 2 3 4
	do
		commit_in work "c$first_i" &&
		git -C work push -q far HEAD:main || return 1
	done
}

# clean: what a test leaves
clean () {
	rm -rf work
	test_stop "$1"
}

cat >dav.want <<\END
GET ledger/N/entry.json
GET ledger/N/entry.json
GET ledger/N/entry.json
GET ledger/N/entry.json
HEAD objects/pack/PACK.idx
HEAD objects/pack/PACK.pack
MKCOL TEMP/
MOVE TEMP/
PUT TEMP/entry.json
PUT info/refs
PUT ledger/last
PUT objects/info/packs
PUT objects/pack/PACK.idx
PUT objects/pack/PACK.pack
PUT packed-refs
END
grep -v "PACK" dav.want >dav.refs

cat >s3.want <<\END
GET ledger/N/entry.json
GET ledger/N/entry.json
GET ledger/N/entry.json
GET ledger/N/entry.json
PUT info/refs
PUT ledger/N/entry.json
PUT ledger/last
PUT objects/info/packs
PUT objects/pack/PACK.idx
PUT objects/pack/PACK.pack
PUT packed-refs
END
grep -v "PACK" s3.want >s3.refs

# count_pushes LOG WANT WANT-OF-REFS-ONLY
count_pushes () {
	commit_in work more &&
	: >"$1" &&
	git -C work push -q far HEAD:main &&
	sleep 0.2 &&
	shape <"$1" >is &&
	test_cmp "$2" is &&
	: >"$1" &&
	git -C work push -q far HEAD:other &&
	sleep 0.2 &&
	shape <"$1" >is &&
	test_cmp "$3" is &&
	: >"$1" &&
	git -C work push -q far :other &&
	sleep 0.2 &&
	shape <"$1" >is &&
	test_cmp "$3" is
}

# shellcheck disable=SC2154
# dav_counts: a server that was started
dav_counts () {
	silo_create "$web_root/deps.silo" &&
	chmod -R a+rwX "$web_root/deps.silo" &&
	first_pushes "silo::$web_url/deps.silo/git/r.git" &&
	count_pushes "$web_log" "$TRASH_DIRECTORY/dav.want" \
		"$TRASH_DIRECTORY/dav.refs" &&
	find "$web_root" -name ".tmp-medo-*" >left &&
	test_must_be_empty left &&
	git config --global safe.directory "*" &&
	git clone -q "$web_root/deps.silo/git/r.git" by-path &&
	git clone -q "$web_url/deps.silo/git/r.git" by-http &&
	git -C work rev-parse HEAD >want &&
	git -C by-path rev-parse HEAD >is &&
	test_cmp want is &&
	git -C by-http rev-parse HEAD >is &&
	test_cmp want is &&
	rm -rf by-path by-http
}

test_expect_success APACHE 'a push takes 15 requests on Apache, 11 without a pack' '
	apache_start apache dav &&
	test_when_finished "clean $web_pid" &&
	dav_counts
'

test_expect_success NGINX 'the same on nginx' '
	nginx_start nginx dav &&
	test_when_finished "clean $web_pid" &&
	dav_counts
'

test_expect_success PYTHON3 'a push takes 11 requests on S3, 9 without a pack' '
	s3_start &&
	test_when_finished "clean $s3_pid" &&
	first_pushes silo::s3://bucket/deps.silo/git/r.git &&
	count_pushes "$S3/log" s3.want s3.refs
'

test_expect_success NGINX 'what is small is sent without asking whether it may be' '
	web_field="\$http_expect" &&
	nginx_start expect dav &&
	test_when_finished "clean $web_pid" &&
	silo_create "$web_root/deps.silo" &&
	chmod -R a+rwX "$web_root/deps.silo" &&
	first_pushes "silo::$web_url/deps.silo/git/r.git" &&
	web_requests PUT >puts &&
	! grep -v " -$" puts &&
	test-tool genrandom big 3000000 >work/big &&
	git -C work add big &&
	commit_in work large &&
	git -C work push -q far HEAD:main &&
	web_requests PUT >puts &&
	grep "\.pack 201 100-continue$" puts
'

test_done
