#!/bin/sh

test_description='MA-17, MA-21 public servers, and where they send us'

# In a network of its own, where two servers have public addresses.
if test -z "$MEDO_TEST_PUBLIC" && unshare -rnm python3 \
	"$(dirname "$0")/helper/publicnet.py" true 2>/dev/null
then
	exec unshare -rnm python3 "$(dirname "$0")/helper/publicnet.py" \
		/bin/sh "$0" "$@"
fi

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

command -v openssl >/dev/null && test_set_prereq OPENSSL
if ! test_have_prereq PYTHON3,OPENSSL || test -z "$MEDO_TEST_PUBLIC"
then
	skip_all='no python3, no openssl, or no network namespaces'
	test_done
fi

# public NAME ADDRESS: an https server there; its URL in fault_url
# shellcheck disable=SC2154
public () {
	fault_start "$1" "$PWD/srv" --bind "$2" --cert "$PWD/s.pem" &&
	fault_url=https://$2:$fault_port
}

# secretless NAME: no request that this server saw has a secret
secretless () {
	test_grep ! -i "s3cret\|^authorization\|^cookie\|^private-token\|^x-amz\|^proxy-authorization" \
		"$TEST_TOP/$1.head"
}

# unseen: nobody connected to what is not public
unseen () {
	cat "$TEST_TOP"/trap*.conn >seen
	test_must_be_empty seen
}

# Two silos of the same files, a and b, on the internet; and traps at home
test_expect_success 'setup' '
	fault_setup &&
	one=${MEDO_TEST_PUBLIC% *} two=${MEDO_TEST_PUBLIC#* } &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout s.key -out s.crt -days 2 -subj /CN=test \
		-addext "subjectAltName=IP:$one,IP:$two,IP:127.0.0.1,DNS:localhost,DNS:*.example.com" &&
	cat s.key s.crt >s.pem &&
	git config --global http.sslCAInfo "$PWD/s.crt" &&
	fault_start trap "$PWD/srv" --bind 127.0.0.1 --cert "$PWD/s.pem" &&
	trap=$fault_port &&
	fault_start trap6 "$PWD/srv" --bind ::1 --listen $trap &&
	fault_start plain "$PWD/srv" --bind $two && plain=http://$two:$fault_port &&
	public b $two && b=$fault_url &&
	public a $one && a=$fault_url &&
	echo "only nothing" | fault g
'

test_expect_success 'https from a public address needs no word' '
	fetch_gives 0 "$a/far" && fetch_gives 0 "$b/far"
'

test_expect_success 'http does, and so does a private address' '
	fetch_gives 4 "$plain/far" &&
	test_must_be_empty "$TEST_TOP/plain.conn" &&
	fetch_gives 4 "https://127.0.0.1:$trap/far" &&
	fetch_gives 4 "https://localhost:$trap/far" &&
	unseen
'

test_expect_success 'MA-17 what a name means decides, not how it looks' '
	fetch_gives 0 "https://one.example.com:${a##*:}/far" &&
	for name in home home6 mapped lan meta
	do
		fetch_gives 4 "https://$name.example.com:$trap/far" &&
		test_grep "not public" err && unseen || return 1
	done &&
	fetch_gives "3|4" "https://both.example.com:$trap/far" && unseen &&
	for name in home home6 mapped meta
	do
		echo "redirect 302 https://$name.example.com:$trap/far/%s" | fault f &&
		fetch_gives 4 f && unseen || return 1
	done
'

test_expect_success 'MA-17 a public server cannot send us to a private one' '
	for host in 127.0.0.1 localhost LOCALHOST 127.1 2130706433 0x7f.1 0.0.0.0 \
		"[::1]" "[::ffff:127.0.0.1]" "[::]" 169.254.169.254 10.0.0.1 \
		192.168.0.1 "u@127.0.0.1"
	do
		echo "redirect 302 https://$host:$trap/far/%s" | fault f &&
		fetch_gives "3|4" f && unseen || return 1
	done &&
	for host in 127.0.0.1 localhost "[::1]"
	do
		echo "redirect 307 https://$host:$trap/far/%s" | fault f &&
		fetch_gives 4 f && unseen || return 1
	done
'

test_expect_success 'MA-17 not even where the user allowed it any address' '
	git config --global medo.allow "$a" &&
	test_when_finished "git config --global --unset-all medo.allow" &&
	fetch_gives 4 f && unseen
'

test_expect_success 'MA-21 nor out of TLS' '
	for code in 301 302 303 307 308
	do
		echo "redirect $code $plain/far/%s" | fault f &&
		fetch_gives "3|4" f &&
		test_must_be_empty "$TEST_TOP/plain.conn" || return 1
	done
'

test_expect_success 'MA-21 to another public server we go, without what is for the first' '
	write_script "$TEST_TOP/helper" <<-\END &&
	cat >>"$HOME/asked"
	test "$1" = get || exit 0
	echo username=u
	echo password=s3cret-helper
	END
	git config --global credential.helper "!\"$TEST_TOP/helper\"" &&
	git config --global "http.$a.extraHeader" "Private-Token: s3cret-token" &&
	test_write_lines "only *" "auth u s3cret-helper" \
		"header Set-Cookie: c=s3cret-set" "redirect 302 $b/g/%s" | fault f &&
	fault_forget a && fault_forget b &&
	fetch_gives 0 f &&
	test_grep "^Authorization: Basic" "$TEST_TOP/a.head" &&
	test_grep "^Private-Token" "$TEST_TOP/a.head" &&
	test "$(fault_count b "$big_name")" = 1 &&
	secretless b
'

test_expect_success 'MA-21 what the other asks is not answered' '
	test_write_lines "only *" "auth u s3cret-helper" | fault h &&
	for kind in Basic Digest NTLM Negotiate Bearer
	do
		test_write_lines "only *" "status 401" \
			"header WWW-Authenticate: $kind realm=\"x\"" | fault h &&
		test_write_lines "redirect 307 $b/h/%s" | fault f &&
		fault_forget b && rm -f "$HOME/asked" &&
		fetch_gives "3|4" f && secretless b &&
		{
			test_path_is_missing "$HOME/asked" ||
			test_grep ! "host=$two" "$HOME/asked"
		} || return 1
	done
'

test_expect_success 'MA-21 netrc' '
	printf "default login u password s3cret-netrc\n" >"$HOME/.netrc" &&
	chmod 600 "$HOME/.netrc" &&
	test_when_finished "rm \"$HOME/.netrc\"" &&
	fault_forget b && echo "redirect 302 $b/g/%s" | fault f &&
	fetch_gives 0 f && secretless b
'

test_expect_success 'MA-21 an http.extraHeader that is for all, netrc, cookies' '
	git config --global http.extraHeader "Authorization: Bearer s3cret-all" &&
	test_when_finished "git config --global --unset-all http.extraHeader" &&
	fault_forget b && fetch_gives 0 f && secretless b
'

test_expect_success 'MA-21 a password in Location' '
	for who in user:s3cret-url user :s3cret-url
	do
		fault_forget b &&
		echo "redirect 302 https://$who@$two:${b##*:}/g/%s" | fault f &&
		fetch_gives "0|3|4" f && secretless b &&
		test_grep ! s3cret err || return 1
	done
'

test_expect_success 'MA-21 there and back again: what is for a was not meant for this' '
	echo "redirect 302 $a/g/%s?back" | fault h &&
	echo "redirect 302 $b/h/%s" | fault f && fault_forget a &&
	fetch_gives 0 f &&
	sed -n "/?back/,/^$/p" "$TEST_TOP/a.head" >back &&
	test -s back &&
	test_grep ! -i "s3cret\|^authorization\|^private-token" back
'

test_expect_success 'MA-21 from b we go no further than that, five times' '
	echo "redirect 302 $b/f/%s" | fault f && fault_forget b &&
	fetch_gives 3 f &&
	test "$(fault_count b "$big_name")" -le 5
'

test_expect_success 'a client certificate is shown to a alone' '
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout me.key -out me.crt -days 2 -subj /CN=me &&
	git config --global "http.$a.sslCert" "$PWD/me.crt" &&
	git config --global "http.$a.sslKey" "$PWD/me.key" &&
	fetch_gives 0 "$a/far" &&
	rm me.key && fetch_gives "3|4|128" "$a/far" &&
	fetch_gives 0 "$b/far"
'

test_expect_success 'MA-17 who may send us around the house sends us nowhere else' '
	fault_start lan "$PWD/srv" --bind 10.0.0.1 &&
	lan=http://10.0.0.1:$fault_port &&
	fault_start lan2 "$PWD/srv" --bind 10.0.0.1 &&
	lan2=http://10.0.0.1:$fault_port &&
	fault_start trapmeta "$PWD/srv" --bind 169.254.169.254 &&
	meta=http://169.254.169.254:$fault_port &&
	git config --global --add medo.allow "$lan" &&
	echo "redirect 302 $lan2/%s" | fault h &&
	fetch_gives 0 "$lan/h/far" &&
	for to in "$meta" "http://127.0.0.1:$trap" "http://[::1]:$trap"
	do
		echo "redirect 302 $to/%s" | fault h &&
		fetch_gives 4 "$lan/h/far" &&
		test_grep "not public" err && unseen || return 1
	done
'

test_done
