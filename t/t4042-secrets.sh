#!/bin/sh

test_description='MA-22 a secret stays where it belongs'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# traced CODES COMMAND...: with all that traces, and who runs what; nothing of
# it may hold a secret
traced () {
	traced_codes=$1
	shift
	rm -f trace.*
	traced_code=0
	(
		GIT_TRACE=$PWD/trace.git GIT_TRACE_SETUP=$PWD/trace.setup
		GIT_CURL_VERBOSE=1 GIT_TRACE_CURL=$PWD/trace.curl
		GIT_TRACE2_EVENT=$PWD/trace.event MEDO_TRACE=$PWD/trace.medo
		export GIT_TRACE GIT_TRACE_SETUP GIT_CURL_VERBOSE \
			GIT_TRACE_CURL GIT_TRACE2_EVENT MEDO_TRACE
		exec timeout 60 "$@" >trace.out 2>trace.err
	) || traced_code=$?
	case "|$traced_codes|" in
	*"|$traced_code|"*) ;;
	*)
		echo "exit $traced_code" >&2
		cat trace.err >&2
		return 1
		;;
	esac
	no_secret trace.*
}

# no_secret FILE...: neither as it is nor encoded
no_secret () {
	secret64=$(printf 'user:s3cret' | base64 | cut -c 1-12)
	if grep -l -i "s3cret\|$secret64" "$@"
	then
		echo "a secret in '$*'" >&2
		grep -i "s3cret\|$secret64" "$@" >&2
		return 1
	fi
}

test_expect_success 'setup' '
	fault_setup &&
	fault_start one "$PWD/srv" --dav && fault_allow &&
	test_write_lines "only *" "auth user s3cret" | fault f &&
	write_script "$TEST_TOP/helper" <<-\END &&
	cat >>"$HOME/asked"
	echo "$1" >>"$HOME/asked"
	test "$1" = get || exit 0
	echo username=user
	echo password=s3cret
	END
	git config --global credential.helper "!\"$TEST_TOP/helper\"" &&
	medo_at "$fault_url/f/far" && git add . && git commit -q -m x
'

test_expect_success 'MA-22 a password that git credential gave is in no trace' '
	forget && rm -f "$HOME/asked" &&
	traced 0 git medo fetch &&
	test_grep "^Authorization: Basic" "$TEST_TOP/one.head"
'

test_expect_success 'the helper was asked for this place, and told that it was right' '
	test_grep "^protocol=http$" "$HOME/asked" &&
	test_grep "^host=127.0.0.1:$fault_port$" "$HOME/asked" &&
	test_grep "^get$" "$HOME/asked" && test_grep "^store$" "$HOME/asked" &&
	test_grep ! "^erase$" "$HOME/asked" &&
	test "$(grep -c "^get$" "$HOME/asked")" = 1
'

test_expect_success 'one that is wrong is erased, exit 4, and asked no more' '
	test_write_lines "only *" "auth user other" | fault f &&
	rm "$HOME/asked" && forget &&
	traced 4 git medo fetch &&
	test_grep "^erase$" "$HOME/asked" && test_grep ! "^store$" "$HOME/asked" &&
	test "$(grep -c "^get$" "$HOME/asked")" -le 2
'

test_expect_success 'without a helper, and nobody to ask: exit 4' '
	git config --global --unset credential.helper && forget &&
	traced 4 git medo fetch </dev/null &&
	test_line_count -le 3 trace.err
'

test_expect_success 'MA-22 one of netrc is in no trace either' '
	printf "machine 127.0.0.1 login user password s3cret\n" >"$HOME/.netrc" &&
	chmod 600 "$HOME/.netrc" &&
	test_write_lines "only *" "auth user s3cret" | fault f && forget &&
	traced 0 git medo fetch &&
	test "$(silo_count "$(cache_dir)")" = 1
'

test_expect_success STRACE,!SANITIZE 'MA-22 no argument, no environment of any program has it' '
	forget && rm "$HOME/.netrc" &&
	git config --global credential.helper "!\"$TEST_TOP/helper\"" &&
	strace -f -qq -v -s 4000 -e trace=execve -o trace.exec git medo fetch &&
	no_secret trace.exec &&
	test "$(silo_count "$(cache_dir)")" = 1
'

test_expect_success 'MA-22 nor does any file, after fetch and push' '
	forget && git medo fetch &&
	test-tool genrandom new 100000 >new &&
	git medo add -q new deps/new.treeptr >/dev/null &&
	sed "s|\"url\"\(.*\) }|\"url\"\1, \"push\"\1 }|" deps/SILO.json >x &&
	mv x deps/SILO.json &&
	traced 0 git medo push &&
	{
		grep -r -l -i "s3cret\|dXNlcjpzM2NyZXQ" .git "$(cache_dir)" \
			deps srv >found || true
	} &&
	test_must_be_empty found
'

test_expect_success 'MA-22 a password in a URL of SILO.json: refused, not shown, not sent' '
	test_write_lines "only *" | fault g && fault_forget one &&
	for who in user:s3cret :s3cret user%3as3cret
	do
		medo_at "http://$who@127.0.0.1:$fault_port/g/far" && forget &&
		traced "4|128" git medo fetch &&
		traced "4|128" git medo push &&
		traced "0|4|128" git medo url-for deps/big.treeptr &&
		test_grep ! "Authorization" "$TEST_TOP/one.head" || return 1
	done
'

test_expect_success 'MA-22 nor does git medo allow take one' '
	git config --list >before &&
	traced "4|128|129" git-medo allow \
		"http://user:s3cret@127.0.0.1:$fault_port/g/far" &&
	git config --list >after &&
	test_cmp before after
'

test_expect_success 'MA-22 control bytes in host or user: refused, no helper is asked' '
	rm -f "$HOME/asked" && test_write_lines "only *" "auth x y" | fault g &&
	for host in "127.0.0.1%0a" "127.0.0.1%0d" "127.0.0.1%00" "127.0.0.1%0ahost=x" \
		"u%0ahost=github.com@127.0.0.1" "u%0d@127.0.0.1" "u%00@127.0.0.1" \
		"127.0.0.1\\n" "127.0.0.1\\r" "127.0.0.1\\u0000" "127.0.0.1\\thost=x"
	do
		for scheme in http https
		do
			medo_at "$scheme://$host:$fault_port/g/far" && forget &&
			code=0 &&
			{ timeout 60 git medo fetch 2>err || code=$?; } &&
			echo "$host: $code" && cat err &&
			case $code in 1|4|128) ;; *) false ;; esac &&
			fetch_clean err &&
			test_path_is_missing "$HOME/asked" || return 1
		done
	done
'

test_expect_success 'MA-22 the same where the user allowed it' '
	git config --global --add medo.allow "http://127.0.0.1%0a:$fault_port" &&
	git config --global --add medo.allow "http://u%0ahost=x@127.0.0.1:$fault_port" &&
	for host in "127.0.0.1%0a" "u%0ahost=x@127.0.0.1"
	do
		medo_at "http://$host:$fault_port/g/far" && forget &&
		test_must_fail git medo fetch 2>err &&
		test_path_is_missing "$HOME/asked" || return 1
	done
'

test_expect_success 'MA-22 a helper that answers with control bytes' '
	fault_url=http://127.0.0.1:$fault_port && medo_at "$fault_url/f/far" &&
	test_write_lines "only *" "auth user s3cret" | fault f &&
	for tail in "\\r" "\\r\\nX-Injected: y" "\\001" "\\033[31m"
	do
		write_script "$TEST_TOP/helper" <<-END &&
		test "\$1" = get || exit 0
		printf "username=user\\npassword=s3cret$tail\\n"
		END
		fault_forget one && forget &&
		{ timeout 60 git medo fetch 2>err || true; } &&
		test_grep ! "^X-Injected" "$TEST_TOP/one.head" &&
		fetch_clean err && no_secret err || return 1
	done
'

test_expect_success 'MA-22 what the server echoes is not shown with the secret' '
	printf "username=user\npassword=s3cret\n" >"$TEST_TOP/answer" &&
	write_script "$TEST_TOP/helper" <<-END &&
	test "\$1" = get && cat "$TEST_TOP/answer"
	exit 0
	END
	test_write_lines "status 403" | fault f && forget &&
	traced 4 git medo fetch
'

test_done
