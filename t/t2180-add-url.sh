#!/bin/sh

test_description='git medo add URL: what lies at a URL becomes a blob'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='needs python3'
	test_done
fi

test_expect_success 'setup: a server, and a repository' '
	git config --global medo.retryWait 5 &&
	mkdir www && test-tool genrandom url 1300000 >www/noise &&
	mkdir tree && echo text >tree/file && tar cf www/tree.tar tree &&
	echo "<p>a page</p>" >www/page.html &&
	fault_start www www &&
	git init -q repo && cd repo && mkdir deps
'

sum () {
	sha256sum "$1" | cut -c 1-64
}

# stored PTR FILE: the treeptr names a blob of the store with this content
stored () {
	git medo cat "$1" >actual && test_cmp_bin "$2" actual
}

test_expect_success 'content and provenance come from the URL' '
	git medo add "$fault_url/noise" deps/noise.treeptr >out &&
	stored deps/noise.treeptr ../www/noise &&
	test "$(git hash-object ../www/noise)" = "$(cut -f 1 out)" &&
	test_grep "\"url\": \"$fault_url/noise\"" deps/noise.treeptr &&
	test_grep "\"date\": \"20[0-9-]*T[0-9:]*Z\"" deps/noise.treeptr &&
	! grep upstream deps/noise.treeptr
'

test_expect_success 'an archive keeps its bytes and tells its format' '
	git medo add -q --sha256 "$(sum ../www/tree.tar)" \
		"$fault_url/tree.tar" deps/tree.treeptr &&
	stored deps/tree.treeptr ../www/tree.tar &&
	test_grep "\"format\": \"tar\"" deps/tree.treeptr &&
	test_grep "\"upstream\": \"sha256:$(sum ../www/tree.tar)\"" \
		deps/tree.treeptr
'

test_expect_success 'the same again keeps the pointer to the byte' '
	cp deps/tree.treeptr expect && sleep 1 &&
	git medo add -q --sha256 "$(sum ../www/tree.tar)" \
		"$fault_url/tree.tar" deps/tree.treeptr &&
	test_cmp expect deps/tree.treeptr
'

test_expect_success 'a URL with a password is refused, and not repeated' '
	test_expect_code 4 git medo add -q "http://me:s3cret@${fault_url#http://}/noise" \
		deps/secret.treeptr 2>err &&
	test_grep "leave it to git credential" err &&
	test_grep ! s3cret err &&
	test_path_is_missing deps/secret.treeptr
'

test_expect_success '--meta has the last word' '
	git medo add -q --meta url=https://upstream.example/noise --meta by=me \
		"$fault_url/noise" deps/meta.treeptr &&
	test_grep "\"url\": \"https://upstream.example/noise\"" \
		deps/meta.treeptr &&
	test_grep "\"by\": \"me\"" deps/meta.treeptr
'

test_expect_success 'other bytes than upstream published are refused' '
	find .git/medo -type f | sort >before &&
	test_expect_code 1 git medo add --sha256 "$(sum ../www/tree.tar)" \
		"$fault_url/page.html" deps/bad.treeptr 2>err &&
	test_grep "has SHA-256 $(sum ../www/page.html), not $(sum \
		../www/tree.tar); nothing was stored" err &&
	test_path_is_missing deps/bad.treeptr &&
	find .git/medo -type f | sort >after &&
	test_cmp before after
'

test_expect_success 'so are those of a file here' '
	test_expect_code 1 git medo add --sha256 "$(sum ../www/tree.tar)" \
		../www/noise deps/bad.treeptr 2>err &&
	test_grep "nothing was stored" err &&
	git medo add -q --sha256 "$(sum ../www/noise)" \
		../www/noise deps/good.treeptr &&
	test_expect_code 128 git medo add --sha256 "$(sum ../www/noise)" \
		../tree deps/bad.treeptr &&
	test_path_is_missing deps/bad.treeptr
'

test_expect_success '--sha256 takes nothing else' '
	for bad in "" abc "$(sum ../www/noise)0" "g$(sum ../www/noise | cut -c 2-)"
	do
		test_expect_code 129 git medo add --sha256 "$bad" \
			"$fault_url/noise" deps/bad.treeptr || return 1
	done
'

test_expect_success 'a page is what the user asked for' '
	git medo add -q "$fault_url/page.html" deps/page.treeptr &&
	stored deps/page.treeptr ../www/page.html
'

test_expect_success 'a body that was cut is taken up again' '
	fault cut <<-\EOF &&
	only *
	cut 700000
	then
	EOF
	git medo add -q "$fault_url/cut/noise" deps/cut.treeptr &&
	stored deps/cut.treeptr ../www/noise &&
	fault_count www "GET /cut/noise bytes=700000-" >n &&
	test "$(cat n)" -ge 1
'

test_expect_success 'what is not there, and who is not there' '
	test_expect_code 1 git medo add "$fault_url/nothing" \
		deps/bad.treeptr 2>err &&
	test_grep "nothing. is not there" err &&
	test_expect_code 3 git medo add "http://127.0.0.1:1/x" \
		deps/bad.treeptr 2>err &&
	test_line_count = 1 err &&
	test_path_is_missing deps/bad.treeptr
'

test_expect_success 'a redirect to another server is followed' '
	fault_start two ../www &&
	other=$fault_url &&
	fault_port=$(cat "$TEST_TOP/www.port") &&
	fault move <<-EOF &&
	only *
	status 302
	header Location: $other/noise
	EOF
	git medo add -q "http://127.0.0.1:$fault_port/move/noise" \
		deps/moved.treeptr &&
	stored deps/moved.treeptr ../www/noise &&
	test_grep "/move/noise" deps/moved.treeptr
'

test_expect_success 'nothing of all this is left half done' '
	silo_temps .git/medo && silo verify -q .git/medo
'

test_done
