#!/bin/sh

test_description='http.* settings count as they do for git'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX || ! test_have_prereq OPENSSL
then
	skip_all='no nginx or no openssl'
	test_done
fi

# be [NAME=VALUE]... ARG...: on the silo of the server started last
# shellcheck disable=SC2154
be () {
	test-tool backend "$web_url/deps.silo" "$@"
}

# shellcheck disable=SC2154
fill () {
	mkdir -p "$web_root/deps.silo" &&
	echo hello >"$web_root/deps.silo/x"
}

config () {
	git config --global "$@"
}

test_expect_success 'FA-25 a certificate of nobody we know is out of reach, at once' '
	nginx_start tls tls &&
	fill &&
	test_expect_code 3 be read x 2>err &&
	test_grep -i "certificate" err &&
	! web_requests >log
'

test_expect_success 'http.sslCAInfo, for this URL alone' '
	echo hello >want &&
	config "http.$web_url.sslCAInfo" "$web_ca" &&
	test_when_finished "config --unset http.$web_url.sslCAInfo" &&
	be read x >out &&
	test_cmp want out &&
	config "http.$web_url.sslCAInfo" /nonexistent &&
	test_expect_code 3 be read x
'

test_expect_success 'a path in the home' '
	cp "$web_ca" "$HOME/ca.pem" &&
	test_when_finished "config --unset http.sslCAInfo" &&
	config http.sslCAInfo "~/ca.pem" &&
	be read x >out &&
	test_cmp want out
'

test_expect_success 'http.sslCAPath' '
	mkdir capath &&
	cp "$web_ca" "capath/$(openssl x509 -hash -noout -in "$web_ca").0" &&
	test_when_finished "config --unset http.sslCAPath" &&
	config http.sslCAPath "$PWD/capath" &&
	be read x >out &&
	test_cmp want out
'

test_expect_success 'GIT_SSL_CAINFO comes before the configuration' '
	test_when_finished "config --unset http.sslCAInfo" &&
	config http.sslCAInfo /nonexistent &&
	GIT_SSL_CAINFO="$web_ca" test-tool backend "$web_url/deps.silo" read x >out &&
	test_cmp want out
'

test_expect_success 'http.sslVerify and GIT_SSL_NO_VERIFY' '
	GIT_SSL_NO_VERIFY=1 test-tool backend "$web_url/deps.silo" read x >out &&
	test_cmp want out &&
	test_when_finished "config --unset http.sslVerify" &&
	config http.sslVerify false &&
	be read x >out &&
	test_cmp want out &&
	config http.sslVerify true &&
	test_expect_code 3 be read x
'

test_expect_success 'git -c counts, too' '
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo \
	GIT_CONFIG_VALUE_0="$web_ca" \
		test-tool backend "$web_url/deps.silo" read x >out &&
	test_cmp want out
'

test_expect_success 'FA-25 a certificate for another host' '
	config http.sslCAInfo "$web_ca" &&
	sed "s/server\\.\\(pem\\|key\\)/other.\\1/" "$web_dir/nginx.conf" >"$web_dir/other.conf" &&
	test_stop "$web_pid" &&
	test_start nginx -e stderr -p "$web_dir" -c other.conf &&
	web_pid=$test_pid &&
	web_wait &&
	test_expect_code 3 be read x 2>err &&
	test_grep "alternative certificate\|does not match" err &&
	test_stop "$web_pid"
'

test_expect_success 'plain http where TLS was expected' '
	nginx_start plain &&
	fill &&
	url=https://localhost:$web_port &&
	test_expect_code 3 test-tool backend "$url/deps.silo" read x 2>err &&
	test_grep "cannot reach" err &&
	test_stop "$web_pid"
'

test_expect_success 'HTTP/2 where it is offered, HTTP/1.1 where http.version says so' '
	web_field="\$server_protocol" &&
	nginx_start two tls &&
	fill &&
	be read x &&
	web_requests GET >log &&
	test_grep "HTTP/2.0" log &&
	test_when_finished "config --unset http.version" &&
	config http.version HTTP/1.1 &&
	: >"$web_log" &&
	be read x &&
	web_requests GET >log &&
	test_grep "HTTP/1.1" log &&
	test_stop "$web_pid"
'

test_expect_success 'eight threads over HTTP/2 and TLS' '
	nginx_start many tls &&
	mkdir -p "$web_root/deps.silo" &&
	test-tool genrandom 1 1000000 >"$web_root/deps.silo/big" &&
	for n in $(test_seq 40)
	do
		echo "read big $((n * 20000)) $((n * 20000 + 20000)) part$n"
	done >script &&
	test-tool backend -j 8 "$web_url/deps.silo" - <script >told &&
	test_grep ! failed told &&
	for n in $(test_seq 40)
	do
		cat part$n || return 1
	done >out &&
	tail -c +20001 "$web_root/deps.silo/big" | head -c 800000 >big &&
	test_cmp_bin big out &&
	test_stop "$web_pid"
'

test_expect_success 'a client certificate: http.sslCert and http.sslKey' '
	nginx_start client tls client &&
	fill &&
	test_expect_code 3 be read x 2>err &&
	test_grep "400" err &&
	test_when_finished "config --unset http.sslCert; config --unset http.sslKey" &&
	config http.sslCert "$web_ca_dir/client.pem" &&
	config http.sslKey "$web_ca_dir/client.key" &&
	be read x >out &&
	test_cmp want out &&
	config http.sslCert /nonexistent &&
	GIT_SSL_CERT="$web_ca_dir/client.pem" GIT_SSL_KEY="$web_ca_dir/client.key" \
		test-tool backend "$web_url/deps.silo" read x >out &&
	test_cmp want out
'

test_expect_success 'a client'\''s key with a password, from git credential' '
	openssl ec -in "$web_ca_dir/client.key" -aes128 -passout pass:keypass \
		-out locked.key 2>/dev/null &&
	config http.sslCert "$web_ca_dir/client.pem" &&
	config http.sslKey "$PWD/locked.key" &&
	config http.sslCertPasswordProtected true &&
	test_when_finished "config --remove-section http; config http.sslCAInfo \"$web_ca\"" &&
	write_script helper <<-\END &&
	test "$1" = get && echo password=keypass
	cat >>"$HOME/asked"
	END
	config credential.helper "!\"$PWD/helper\"" &&
	be read x >out &&
	test_cmp want out &&
	test_grep "protocol=cert" "$HOME/asked" &&
	config --unset credential.helper &&
	test_stop "$web_pid"
'

test_expect_success 'http.extraHeader and http.userAgent' '
	web_field="\$http_user_agent,\$http_x_key" &&
	nginx_start headers &&
	fill &&
	be read x &&
	config http.userAgent "agent 7" &&
	config "http.$web_url.extraHeader" "X-Key: a secret" &&
	config http.http://other.example.extraHeader "X-Key: wrong" &&
	be read x &&
	GIT_HTTP_USER_AGENT=env test-tool backend "$web_url/deps.silo" read x &&
	config --unset http.userAgent &&
	config --unset "http.$web_url.extraHeader" &&
	web_requests GET >log &&
	test_grep "git-medo,-" log &&
	test_grep "agent 7,a secret" log &&
	test_grep "env,a secret" log
'

test_expect_success 'several values of http.extraHeader are several headers' '
	: >"$web_log" &&
	config http.extraHeader "X-One: 1" &&
	config --add http.extraHeader "X-Key: 2" &&
	be read x &&
	config --add http.extraHeader "" &&
	be read x &&
	config --unset-all http.extraHeader &&
	web_requests GET >log &&
	sed -n 1p log >first && sed -n 2p log >second &&
	test_grep ",2" first &&
	test_grep ",-" second
'

test_expect_success 'http.cookieFile' '
	web_field="\$http_cookie" &&
	test_stop "$web_pid" &&
	nginx_start cookies &&
	fill &&
	printf "127.0.0.1\tFALSE\t/\tFALSE\t0\tkey\tvalue\n" >cookies.txt &&
	config http.cookieFile "$PWD/cookies.txt" &&
	be read x &&
	config --unset http.cookieFile &&
	web_requests GET >log &&
	test_grep "key=value" log
'

test_expect_success 'only identity is accepted as an encoding' '
	web_field="\$http_accept_encoding" &&
	test_stop "$web_pid" &&
	nginx_start encoding &&
	fill &&
	be read x &&
	web_requests GET >log &&
	test_grep "identity" log &&
	test_stop "$web_pid"
'

test_expect_success 'BI-16 what is declared as gzip is stored as it came' '
	web_field= &&
	web_extra="add_header Content-Encoding gzip;" &&
	nginx_start gzip &&
	mkdir -p "$web_root/deps.silo" &&
	gzip -c want >"$web_root/deps.silo/x.gz" &&
	be read x.gz >out &&
	test_cmp_bin "$web_root/deps.silo/x.gz" out &&
	web_extra= &&
	test_stop "$web_pid"
'

test_expect_success APACHE 'http.proxy, http_proxy, no_proxy' '
	nginx_start behind &&
	fill &&
	behind=$web_url behind_log=$web_log behind_pid=$web_pid &&
	apache_start proxy proxy &&
	proxy=$web_url &&
	use () {
		: >"$web_log" &&
		test-tool backend "$behind/deps.silo" read x >out &&
		test_cmp want out &&
		web_requests GET >log
	} &&
	! use &&
	http_proxy=$proxy && export http_proxy &&
	use &&
	no_proxy=.example,127.0.0.0/8 && export no_proxy &&
	! use &&
	no_proxy=127.0.0.1 &&
	! use &&
	no_proxy=localhost,10.0.0.0/8,example.com &&
	use &&
	unset http_proxy no_proxy &&
	config http.proxy "$proxy" &&
	use &&
	config "http.$behind.proxy" "" &&
	! use &&
	config --unset "http.$behind.proxy" &&
	config --unset http.proxy &&
	all_proxy=$proxy test-tool backend "$behind/deps.silo" read x >out &&
	web_requests GET >log &&
	test_line_count = 1 log &&
	HTTP_PROXY=$proxy test-tool backend "$behind/deps.silo" read x >out &&
	web_requests GET >log &&
	test_line_count = 1 log
'

test_expect_success APACHE 'TLS through a proxy' '
	proxy_log=$web_log proxy_url=$web_url &&
	nginx_start inside tls &&
	fill &&
	https_proxy=$proxy_url test-tool backend "$web_url/deps.silo" read x >out &&
	test_cmp want out &&
	test_grep "^CONNECT" "$proxy_log"
'

test_expect_success 'a proxy that is not there: out of reach' '
	port=$(test_free_port) &&
	https_proxy=http://127.0.0.1:$port &&
	export https_proxy &&
	test_expect_code 3 be read x &&
	unset https_proxy
'

test_expect_success 'a broken configuration is said' '
	echo "[broken" >>"$HOME/.gitconfig" &&
	test_expect_code 128 be read x 2>err &&
	test_grep "config" err
'

test_done
