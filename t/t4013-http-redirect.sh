#!/bin/sh

test_description='redirects, and addresses that a repository may not name'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX
then
	skip_all='no nginx'
	test_done
fi

# Two servers with names that are not private, behind a proxy of the user's own:
# all that we connect to is the loopback.
a_url=http://a.example
b_url=http://b.example

# be ARG...: on the silo of server A
be () {
	test-tool backend "$a_url/deps.silo" "$@"
}

# web_block NAME EXTRA
# shellcheck disable=SC2154
web_block () {
	cat <<-EOF
	server {
		listen 127.0.0.1:$web_port;
		server_name $1.example;
		root $1;
		access_log $1.log plain;
		$2
	}
	EOF
}

# two A_EXTRA [B_EXTRA]: both servers anew
# shellcheck disable=SC2154
two () {
	{ test -z "$two_pid" || test_stop "$two_pid"; } &&
	web_prepare two &&
	mkdir -p "$web_dir/a/real" "$web_dir/b/other" &&
	echo hello >"$web_dir/b/other/x" &&
	: >"$web_dir/a.log" && : >"$web_dir/b.log" &&
	printf "alice:%s\n" "$(openssl passwd -apr1 "$web_password")" \
		>"$web_dir/passwd" &&
	nginx_conf >"$web_dir/plain.conf" &&
	{
		sed "/server {/,\$d" "$web_dir/plain.conf" &&
		web_block a "$1" &&
		web_block b "$2" &&
		echo "}"
	} >"$web_dir/nginx.conf" &&
	test_start nginx -e stderr -p "$web_dir" -c nginx.conf &&
	two_pid=$test_pid a_log=$web_dir/a.log b_log=$web_dir/b.log &&
	web_wait &&
	http_proxy=http://127.0.0.1:$web_port no_proxy=localhost,127.0.0.1 &&
	export http_proxy no_proxy
}

# redirect STATUS TO: server A sends all of /deps.silo to TO
redirect () {
	two "location ~ ^/deps.silo/(.*)\$ { return $1 \"$2\"; }" "${3-}"
}

# b_requests FILE: what server B was asked
# shellcheck disable=SC2154
b_requests () {
	test_settled &&
	cp "$b_log" "$1" &&
	: >"$b_log"
}

test_expect_success 'a redirect to another server is followed for reading' '
	two_pid= &&
	web_field="auth=\$http_authorization key=\$http_private_token cookie=\$http_cookie range=\$http_range cache=\$http_cache_control" &&
	echo hello >want &&
	for status in 301 302 303 307 308
	do
		redirect $status "$b_url/other/\$1" &&
		be read x >out &&
		test_cmp want out &&
		test "$(be has x)" = 6 &&
		b_requests log &&
		test_line_count = 2 log || return 1
	done
'

test_expect_success 'with the range, and past caches' '
	echo llo >want2 &&
	be read --fresh x 2 >out &&
	test_cmp want2 out &&
	b_requests log &&
	test_grep "range=bytes=2-" log &&
	test_grep "cache=no-cache" log
'

test_expect_success 'MA-21 neither password, header nor cookie goes along' '
	git config --global "http.$a_url.extraHeader" "Authorization: Basic abcdef" &&
	git config --global --add "http.$a_url.extraHeader" "Private-Token: abcdef" &&
	printf "%s\tFALSE\t/\tFALSE\t0\tkey\tvalue\n" a.example b.example >"$HOME/cookies" &&
	git config --global http.cookieFile "$HOME/cookies" &&
	printf "default\nlogin alice\npassword s3cret\n" >"$HOME/.netrc" &&
	chmod 600 "$HOME/.netrc" &&
	be read x >out &&
	test_cmp want out &&
	b_requests log &&
	test_grep "auth=- key=- cookie=- " log &&
	git config --global --remove-section "http.$a_url" &&
	git config --global --unset http.cookieFile
'

test_expect_success 'MA-21 nor a password when the other server asks for one' '
	printf "default\nlogin alice\npassword \"s3cret pw\"\n" >"$HOME/.netrc" &&
	web_store_password "$b_url" &&
	redirect 302 "$b_url/other/\$1" \
		"auth_basic test; auth_basic_user_file passwd;" &&
	test_expect_code 4 be read x 2>err &&
	test_grep "wants a password" err &&
	b_requests log &&
	test_grep " 401 auth=- " log &&
	test_grep ! "auth=[^-]" log &&
	rm "$HOME/.netrc" &&
	git config --global --unset credential.helper
'

test_expect_success 'MA-21 a user in a Location is refused' '
	redirect 302 "http://me:pw@${b_url#http://}/other/\$1" &&
	test_expect_code 4 be read x 2>err &&
	test_grep ! "me:pw" err &&
	b_requests log &&
	test_must_be_empty log
'

test_expect_success OPENSSL 'MA-21 from https to http is refused' '
	: >"$b_log" &&
	web_extra="location / { return 302 \"$b_url/other/x\"; }" &&
	nginx_start sec tls &&
	web_extra= &&
	git config --global http.sslCAInfo "$web_ca" &&
	test_expect_code 4 test-tool backend "$web_url/deps.silo" read x 2>err &&
	test_grep "without TLS" err &&
	b_requests log &&
	test_must_be_empty log &&
	test_stop "$web_pid"
'

test_expect_success 'MA-21 other schemes are refused' '
	for to in file:///etc/passwd ftp://127.0.0.1/x gopher://127.0.0.1:70/x \
		dict://127.0.0.1:11211/stat scp://127.0.0.1/x "http://"
	do
		redirect 302 "$to" &&
		test_expect_code 4 be read x >out &&
		test_must_be_empty out || return 1
	done
'

test_expect_success 'MA-21 a loop ends after five' '
	two "absolute_redirect off; location / { return 302 /deps.silo/y; }" &&
	test_expect_code 3 be read x 2>err &&
	test_grep "without end" err &&
	test_settled &&
	test_line_count = 6 "$a_log"
'

test_expect_success 'MA-21 who sent us away gets no more when he is come back to' '
	redirect 302 "$b_url/other/\$1" \
		"location / { return 302 $a_url/real/x; }" &&
	cp want "$web_dir/a/real/x" &&
	git config --global "http.$a_url.extraHeader" "Private-Token: abcdef" &&
	be read x >out &&
	test_cmp want out &&
	test_settled &&
	test_line_count = 2 "$a_log" &&
	sed -n 1p "$a_log" >first && sed -n 2p "$a_log" >second &&
	test_grep "key=abcdef " first &&
	test_grep "real/x 200 auth=- key=- cookie=- " second &&
	rm "$web_dir/a/real/x" &&
	git config --global --remove-section "http.$a_url"
'

test_expect_success 'http.followRedirects=false' '
	redirect 302 "$b_url/other/\$1" &&
	git config --global http.followRedirects false &&
	test_expect_code 4 be read x 2>err &&
	test_grep followRedirects err &&
	git config --global --unset http.followRedirects &&
	b_requests log &&
	test_must_be_empty log
'

test_expect_success 'MA-21 what is written is not carried to another server' '
	echo x >f &&
	redirect 307 "$b_url/other/\$1" &&
	test_expect_code 4 be put objects/ab/c f 2>err &&
	test_grep "another server" err &&
	test_expect_code 4 be remove x &&
	b_requests log &&
	test_must_be_empty log
'

test_expect_success 'to another path of the same it is, but not a MOVE, which names two' '
	two "absolute_redirect off;
		location ~ ^/deps.silo/(.*)\$ { return 307 /real/\$1; }
		location /real/ { dav_methods PUT DELETE MKCOL MOVE; }" &&
	test_expect_code 4 be replace x f 2>err &&
	test_grep "a MOVE to .*/real/.*make that the silo" err &&
	test_dir_is_empty "$web_dir/a/real"
'

# sends TO: a server of this machine sends us there
# shellcheck disable=SC2154
sends () {
	web_extra="location / { return 302 \"$1\"; }" &&
	nginx_start sends &&
	web_extra=
}

test_expect_success 'MA-17 a place that the user allowed does not send us nearer' '
	unset http_proxy no_proxy &&
	nginx_start trap &&
	trap_url=$web_url trap_log=$web_log trap_port=$web_port &&
	echo hello >"$web_root/x" &&
	for to in http://169.254.169.254/x "http://[fe80::1]/x" http://10.0.0.1/x
	do
		sends "$to" &&
		test_expect_code 4 test-tool backend "$web_url/deps.silo" read x 2>err &&
		test_grep "git medo allow" err &&
		test_stop "$web_pid" || return 1
	done &&
	sends "$trap_url/x" &&
	test-tool backend "$web_url/deps.silo" read x >out &&
	echo hello >want &&
	test_cmp want out &&
	test_stop "$web_pid" &&
	test_settled &&
	test_line_count = 1 "$trap_log" &&
	: >"$trap_log"
'

test_expect_success 'MA-17 an address that is not public is not connected to' '
	port=$trap_port &&
	for host in 127.0.0.1 "[::1]" localhost 0.0.0.0 "[::ffff:127.0.0.1]" \
		169.254.169.254 10.0.0.1 192.168.0.1 172.16.0.1 100.64.0.1 \
		"[fd00::1]" "[fe80::1]" "[::]" sub.localhost
	do
		test_expect_code 4 test-tool backend --strict \
			"http://$host:$port/other" read x 2>err &&
		test_grep "git medo allow" err || return 1
	done &&
	test_settled &&
	test_must_be_empty "$trap_log"
'

test_expect_success STRACE,!SANITIZE 'MA-17 nor by a name that means one: no connect(2) is made' '
	if strace -f -e trace=connect -o trace test-tool backend --strict \
		"http://localhost:$port/other" read x
	then
		return 1
	fi &&
	test_grep ! "htons($port)" trace
'

test_expect_success 'MA-17 a proxy of the user'\''s own may have any address' '
	test_expect_code 3 env http_proxy=http://127.0.0.1:$(test_free_port) \
		test-tool backend --strict http://example.com/x read x 2>err &&
	test_grep ! "git medo allow" err
'

test_expect_success 'MA-17 but an address in the URL is looked at all the same' '
	test_expect_code 4 env http_proxy=$trap_url \
		test-tool backend --strict http://127.0.0.1:1/x read x
'

test_expect_success 'MA-17 which addresses these are' '
	cat >want <<-\END &&
	0.1.2.3 private
	1.1.1.1 public
	9.255.255.255 public
	10.0.0.0 private
	10.255.255.255 private
	11.0.0.0 public
	100.63.255.255 public
	100.64.0.0 private
	100.127.255.255 private
	100.128.0.0 public
	127.0.0.1 private
	127.255.255.255 private
	128.0.0.1 public
	169.253.0.1 public
	169.254.169.254 private
	172.15.255.255 public
	172.16.0.0 private
	172.31.255.255 private
	172.32.0.0 public
	192.0.0.1 private
	192.0.2.1 private
	192.0.3.1 public
	192.167.255.255 public
	192.168.255.255 private
	198.17.255.255 public
	198.18.0.1 private
	198.19.255.255 private
	198.51.100.7 private
	203.0.113.7 private
	223.255.255.255 public
	224.0.0.1 private
	255.255.255.255 private
	:: private
	::1 private
	::127.0.0.1 private
	::8.8.8.8 private
	::ffff:127.0.0.1 private
	::ffff:10.1.2.3 private
	::ffff:8.8.8.8 public
	64:ff9b::7f00:1 private
	64:ff9b::808:808 public
	64:ff9b:1::808:808 private
	2001:4860:4860::8888 public
	2001::1 private
	2001:db8::1 private
	2002:7f00:1:: private
	2002:808:808:: public
	2606:4700::1111 public
	3fff::1 private
	4000::1 private
	fc00::1 private
	fd12:3456::1 private
	fe80::1 private
	fec0::1 private
	ff02::1 private
	example.com public
	END
	test-tool url private $(sed "s/ .*//" want) >out &&
	test_cmp want out
'

test_done
