#!/bin/sh

test_description='passwords: git credential, netrc, and where they do not go'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX || ! test_have_prereq OPENSSL
then
	skip_all='no nginx or no openssl'
	test_done
fi

# be ARG...: on the silo of the server started last
# shellcheck disable=SC2154
be () {
	test-tool backend "$web_url/deps.silo" "$@"
}

# shellcheck disable=SC2154
fill () {
	mkdir -p "$web_root/deps.silo" &&
	echo hello >"$web_root/deps.silo/x"
}

forget () {
	rm -f "$HOME/.git-credentials" "$HOME/.netrc" "$HOME/asked" &&
	{ git config --global --unset-all credential.helper || :; }
}

# helper: a credential helper of lines on stdin, which notes what it is asked
helper () {
	{
		echo "echo \"\$1\" >>\"\$HOME/asked\"" &&
		echo "cat >>\"\$HOME/asked\"" &&
		echo "test \"\$1\" = get || exit 0" &&
		cat
	} | write_script helper.sh &&
	git config --global credential.helper "!\"$PWD/helper.sh\""
}

test_expect_success 'start a server for alice alone' '
	echo hello >want &&
	nginx_start auth auth &&
	fill
'

test_expect_success 'no password: refused, and the next step is named' '
	test_expect_code 4 be read x 2>err &&
	test_grep "wants a password" err &&
	test_grep "git credential" err &&
	test_expect_code 4 be has x
'

test_expect_success 'a password of git credential is used' '
	web_store_password "$web_url" &&
	be read x >out &&
	test_cmp want out
'

test_expect_success 'with one try without it a process, not one a blob' '
	: >"$web_log" &&
	for n in 1 2 3 4 5
	do
		echo read x
	done >script &&
	be - <script >told &&
	web_requests GET >log &&
	grep " 401 " log >wrong &&
	test_line_count = 1 wrong &&
	test_line_count = 6 log
'

test_expect_success 'eight threads ask git credential once' '
	forget &&
	printf "echo username=%s\necho \"password=%s\"\n" "$web_user" "$web_password" |
	helper &&
	for n in $(test_seq 16)
	do
		echo "read x - - out$n"
	done >script &&
	test-tool backend -j 8 "$web_url/deps.silo" - <script >told &&
	test_grep ! failed told &&
	grep "^get" "$HOME/asked" >gets &&
	test_line_count = 1 gets &&
	grep "^store" "$HOME/asked" >stores &&
	test_line_count = 1 stores
'

test_expect_success 'git credential is told protocol, host with port, and user' '
	rm -f "$HOME/asked" &&
	be read x &&
	test_grep "^protocol=http\$" "$HOME/asked" &&
	test_grep "^host=127.0.0.1:$web_port\$" "$HOME/asked" &&
	git config --global credential.useHttpPath true &&
	test_when_finished "git config --global --unset credential.useHttpPath" &&
	rm -f "$HOME/asked" &&
	test-tool backend "http://alice@127.0.0.1:$web_port/deps.silo" read x >out &&
	test_cmp want out &&
	test_grep "^username=alice\$" "$HOME/asked" &&
	test_grep "^path=deps.silo\$" "$HOME/asked"
'

test_expect_success 'a wrong password is forgotten, and asked for once' '
	forget &&
	web_store_password "$web_url" wrong &&
	test_expect_code 4 be read x 2>err &&
	test_grep "did not take the password" err &&
	test_grep ! wrong err &&
	test_must_be_empty "$HOME/.git-credentials"
'

test_expect_success 'MA-22 a password with control characters is not used' '
	forget &&
	helper <<-\END &&
	printf "username=alice\npassword=s3cret\033pw\n"
	END
	test_expect_code 4 be read x 2>err &&
	test_grep "control characters" err &&
	test_grep ! "s3cret" err
'

test_expect_success 'netrc' '
	forget &&
	printf "machine 127.0.0.1\nlogin alice\npassword \"s3cret pw\"\n" >"$HOME/.netrc" &&
	chmod 600 "$HOME/.netrc" &&
	be read x >out &&
	test_cmp want out
'

test_expect_success 'netrc costs one more request a process, not a blob' '
	: >"$web_log" &&
	for n in 1 2 3 4 5
	do
		echo read x
	done >script &&
	be - <script >told &&
	web_requests GET >log &&
	test_line_count = 6 log
'

test_expect_success 'netrc for another machine is not for us' '
	printf "machine other.example\nlogin alice\npassword \"s3cret pw\"\n" >"$HOME/.netrc" &&
	test_expect_code 4 be read x
'

test_expect_success 'MA-22 no secret in messages, traces or arguments' '
	forget &&
	printf "echo username=%s\necho \"password=%s\"\n" "$web_user" "$web_password" |
	helper &&
	GIT_TRACE=1 GIT_TRACE_CURL=1 GIT_CURL_VERBOSE=1 GIT_TRACE2=1 \
		test-tool backend "$web_url/deps.silo" read x >out 2>err &&
	test_cmp want out &&
	test_grep ! "s3cret" err &&
	test_grep ! "$(printf %s "alice:s3cret pw" | base64)" err
'

test_expect_success STRACE,!SANITIZE 'MA-22 no program is started with a secret' '
	if strace -f -e trace=execve -s 4096 -o trace \
		test-tool backend "$web_url/deps.silo" read x
	then
		test_grep "credential" trace &&
		test_grep ! s3cret trace
	fi
'

test_expect_success 'a password in the URL is refused, and not repeated' '
	test_expect_code 128 test-tool backend \
		"http://alice:s3cret@127.0.0.1:$web_port/deps.silo" read x 2>err &&
	test_grep "git credential" err &&
	test_grep ! s3cret err
'

test_expect_success 'a password is not asked for where any answer will do without' '
	forget &&
	test_stop "$web_pid" &&
	printf "exit 1\n" | helper &&
	nginx_start open &&
	fill &&
	be read x &&
	test_path_is_missing "$HOME/asked"
'

test_expect_success NGINX_DAV_EXT 'writing with a password, from a body that is sent twice' '
	forget &&
	test_stop "$web_pid" &&
	nginx_start davauth auth dav &&
	web_store_password "$web_url" &&
	test-tool genrandom 1 3000000 >big &&
	be put objects/ab/big big &&
	be read objects/ab/big - - out &&
	test_cmp_bin big out &&
	printf "machine 127.0.0.1\nlogin alice\npassword \"s3cret pw\"\n" >"$HOME/.netrc" &&
	git config --global --unset credential.helper &&
	be put objects/ab/big2 big &&
	be read objects/ab/big2 - - out &&
	test_cmp_bin big out
'

test_expect_success APACHE 'digest' '
	forget &&
	test -f "$web_modules/mod_auth_digest.so" &&
	web_extra="LoadModule auth_digest_module \"$web_modules/mod_auth_digest.so\"" &&
	apache_start digest auth &&
	printf "alice:the test:%s\n" "$(printf "alice:the test:s3cret pw" |
		openssl md5 -r | sed "s/ .*//")" >"$web_home/digest" &&
	chmod 644 "$web_home/digest" &&
	test_stop "$web_pid" &&
	sed -e "s/AuthType Basic/AuthType Digest/" -e "s,/passwd,/digest," \
		"$web_dir/apache.conf" >"$web_dir/digest.conf" &&
	test_start "$web_apache" -D FOREGROUND -d "$web_dir" -f "$web_dir/digest.conf" &&
	web_pid=$test_pid &&
	web_wait &&
	fill &&
	web_store_password "$web_url" &&
	be read x >out &&
	test_cmp want out
'

test_expect_success 'where only blobs want one, each is told that it was wrong' '
	forget &&
	web_extra="location ~ objects { auth_basic x; auth_basic_user_file passwd; }" &&
	nginx_start half &&
	web_extra= &&
	git init -q repo &&
	cd repo &&
	silo init "$web_root/half" >/dev/null &&
	git medo init --silo "$web_url/half" deps >/dev/null &&
	for n in 1 2 3
	do
		test-tool genrandom "$n" 100000 >content &&
		git medo add -q --silo "$web_root/half" content \
			>deps/$n.id &&
		cat <<-END >deps/$n.treeptr || return 1
		{
		  "treeptr": 1,
		  "id": "$(cut -f 1 deps/$n.id)",
		  "size": 100000
		}
		END
	done &&
	web_store_password "$web_url" wrong &&
	test_expect_code 4 git medo fetch deps 2>err &&
	test_line_count -eq 3 err &&
	test_grep ! -v "did not take the password of .alice" err &&
	test_must_be_empty "$HOME/.git-credentials"
'

test_done
