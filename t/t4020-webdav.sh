#!/bin/sh

test_description='writing to a silo by WebDAV: Apache and nginx'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX
then
	skip_all='no web server'
	test_done
fi

# shellcheck disable=SC2154
be () {
	test-tool backend "$web_url/deps.silo" "$@"
}

# no_temps: nothing that was on its way lies around
# shellcheck disable=SC2154
no_temps () {
	find "$web_root" -name ".tmp*" >temps &&
	test_must_be_empty temps
}

for kind in nginx apache
do
	case $kind in
	nginx) need=NGINX ;;
	apache) need=APACHE ;;
	esac

	test_expect_success "$need" "$kind: start" '
		echo hello >f && echo other >g && : >empty &&
		${kind}_start $kind dav
	'

	test_expect_success "$need" "$kind: put makes the silo and what is missing in it" '
		be put objects/ab/c f >out &&
		test_grep "^put$" out &&
		test_cmp f "$web_root/deps.silo/objects/ab/c" &&
		be put objects/ab/d f &&
		be put objects/empty empty &&
		test "$(be has objects/empty)" = 0 &&
		no_temps
	'

	test_expect_success "$need" "$kind: the first one wins a name" '
		be put objects/ab/c g >out &&
		test_grep "^put$" out &&
		test_cmp f "$web_root/deps.silo/objects/ab/c" &&
		no_temps
	'

	test_expect_success "$need" "$kind: three requests for a blob where its folder is there" '
		: >"$web_log" &&
		be put objects/ab/e f &&
		web_requests >log &&
		sed "s/ .*//" log >methods &&
		test_write_lines PUT MOVE HEAD >want &&
		test_cmp want methods
	'

	test_expect_success "$need" "$kind: what is read back is what was put" '
		test-tool genrandom 7 5000000 >big &&
		be put objects/ab/big big &&
		be read objects/ab/big - - out &&
		test_cmp_bin big out &&
		be read objects/ab/big 4000000 4000010 >out &&
		tail -c +4000001 big | head -c 10 >want &&
		test_cmp_bin want out
	'

	test_expect_success "$need" "$kind: a claim is ours or taken" '
		echo ours >want &&
		be claim ledger/0000000001/entry.json f >out &&
		test_cmp want out &&
		echo taken >want &&
		be claim ledger/0000000001/entry.json g >out &&
		test_cmp want out &&
		test_cmp f "$web_root/deps.silo/ledger/0000000001/entry.json" &&
		no_temps
	'

	test_expect_success "$need" "$kind: replace, with nothing there and with something" '
		be replace ledger/state/last f &&
		be replace ledger/state/last g &&
		be read ledger/state/last >out &&
		test_cmp g out &&
		no_temps
	'

	test_expect_success "$need" "$kind: remove a file, nothing, a directory" '
		be remove objects/ab/d &&
		test_path_is_missing "$web_root/deps.silo/objects/ab/d" &&
		be remove objects/ab/d &&
		be remove ledger/state &&
		test_path_is_missing "$web_root/deps.silo/ledger/state"
	'

	test_expect_success "$need" "$kind: the time is told" '
		now=$(be now) &&
		test "$now" -ge "$(($(date +%s) - 60))"
	'

	list_need=$need,HAVE_EXPAT
	test $kind = nginx && list_need=$list_need,NGINX_DAV_EXT
	test_expect_success "$list_need" "$kind: list what is below, at any depth" '
		mkdir -p "$web_root/deps.silo/git/a b/deep/er" &&
		cp f "$web_root/deps.silo/git/a b/deep/er/x" &&
		cp f "$web_root/deps.silo/objects/ab/a+b%41;c=d" &&
		cat >want <<-\END &&
		0 objects/empty
		5000000 objects/ab/big
		6 ledger/0000000001/entry.json
		6 objects/ab/a+b%41;c=d
		6 objects/ab/c
		6 objects/ab/e
		END
		be list "" >out &&
		grep -v " git/" out | LC_ALL=C sort >names &&
		test_cmp want names &&
		grep " ledger/" want >want2 &&
		be list ledger >out &&
		test_cmp want2 out &&
		be list nothing >out &&
		test_must_be_empty out &&
		rm -r "$web_root/deps.silo/git" "$web_root/deps.silo/objects/ab/a+b%41;c=d"
	'

	test_expect_success "$list_need" "$kind: links that lead back up end the list" '
		ln -s ../.. "$web_root/deps.silo/objects/up" &&
		{ timeout 60 test-tool backend "$web_url/deps.silo" list objects >out 2>err
			test $? = 3 || test_grep ! up/up out; } &&
		rm "$web_root/deps.silo/objects/up"
	'

	test_expect_success "$need" "$kind: eight threads put and claim at once" '
		for n in $(test_seq 30)
		do
			echo "put objects/$n/x f" &&
			echo "put objects/same/x$((n % 3)) f" &&
			echo "claim ledger/000000001$((n % 10))/entry.json f" || return 1
		done >script &&
		test-tool backend -j 8 "$web_url/deps.silo" - <script >told &&
		test_grep ! failed told &&
		grep "ours$" told >ours &&
		test_line_count = 10 ours &&
		no_temps
	'

	test_expect_success "$need" "$kind: a silo that is not there cannot be read, and nothing is made" '
		test_expect_code 1 test-tool backend "$web_url/none.silo" read x &&
		test-tool backend "$web_url/none.silo" remove x &&
		test_path_is_missing "$web_root/none.silo"
	'

	test_expect_success "$need" "$kind: a silo far below what is there is not made" '
		if test-tool backend "$web_url/no/where/none.silo" put objects/x f
		then
			test_path_is_file "$web_root/no/where/none.silo/objects/x"
		else
			test_path_is_missing "$web_root/no"
		fi &&
		test_stop "$web_pid"
	'

	test_expect_success "$need,OPENSSL" "$kind: with TLS and a password" '
		${kind}_start $kind-tls dav tls auth &&
		git config --global http.sslCAInfo "$web_ca" &&
		web_store_password "$web_url" &&
		be put objects/ab/big big &&
		be read objects/ab/big - - out &&
		test_cmp_bin big out &&
		echo ours >want &&
		be claim ledger/0000000001/entry.json f >out &&
		test_cmp want out &&
		test_stop "$web_pid"
	'
done

test_expect_success NGINX 'PUT without MOVE: one request a blob' '
	web_extra="dav_methods PUT DELETE MKCOL; create_full_put_path on;" &&
	nginx_start putonly &&
	web_extra= &&
	mkdir -p "$web_root/deps.silo" &&
	be put objects/ab/c f &&
	test_cmp f "$web_root/deps.silo/objects/ab/c" &&
	be replace ledger/last g &&
	test_cmp g "$web_root/deps.silo/ledger/last" &&
	no_temps &&
	test_expect_code 4 be claim ledger/1/entry.json f 2>err &&
	test_grep "does not take MOVE" err &&
	no_temps &&
	test_stop "$web_pid"
'

test_expect_success NGINX 'a server of files alone names the next step' '
	nginx_start static &&
	mkdir -p "$web_root/deps.silo" &&
	test_expect_code 4 be put objects/ab/c f 2>err &&
	test_grep "does not take PUT (405); it has to let us write by WebDAV, or" err &&
	test_stop "$web_pid"
'

test_expect_success NGINX 'Apache and nginx say no: refused' '
	web_extra="dav_methods PUT DELETE MKCOL MOVE; limit_except GET HEAD { deny all; }" &&
	web_extra="location / { $web_extra }" &&
	nginx_start deny &&
	web_extra= &&
	test_expect_code 4 be put objects/ab/c f 2>err &&
	test_grep "forbids" err &&
	test_expect_code 4 be claim ledger/1/entry.json f &&
	test_expect_code 4 be replace ledger/last f &&
	test_stop "$web_pid"
'

test_expect_success NGINX 'a proxy before the server, which knows another name and scheme' '
	web_extra="dav_methods PUT DELETE MKCOL MOVE;" &&
	nginx_start real &&
	real=$web_url real_root=$web_root &&
	web_extra="location / { proxy_pass $real; proxy_set_header Host real.example; }" &&
	nginx_start front &&
	web_extra= &&
	be put objects/ab/c f &&
	test_cmp f "$real_root/deps.silo/objects/ab/c" &&
	echo ours >want &&
	be claim ledger/0000000001/entry.json f >out &&
	test_cmp want out
'

test_done
