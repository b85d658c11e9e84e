#!/bin/sh

test_description='MA-21 redirects in one place, and out of it'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

command -v openssl >/dev/null && test_set_prereq OPENSSL
if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# Two servers of the same files.  a is the silo; b has another port, so nothing
# that is for a may get there.  Public servers are in t4043.
test_expect_success 'setup' '
	fault_setup &&
	fault_start b "$PWD/srv" --dav && b=$fault_url bport=$fault_port &&
	fault_start a "$PWD/srv" --dav && a=$fault_url aport=$fault_port &&
	git config --global medo.allow "$a" &&
	git config --global --add medo.allow "$b" &&
	printf "machine 127.0.0.1\nlogin netrcuser\npassword s3cret-netrc\n" \
		>"$HOME/.netrc" &&
	chmod 600 "$HOME/.netrc"
'

# secretless NAME: no request that this server saw has a secret
secretless () {
	test_grep ! -i "s3cret\|^authorization\|^cookie\|^private-token\|^x-amz\|^proxy-authorization" \
		"$TEST_TOP/$1.head"
}

test_expect_success 'in the same place a redirect is followed' '
	echo "only nothing" | fault g &&
	echo "redirect 302 $a/g/%s" | fault f &&
	fetch_gives 0 f &&
	for to in "/g/%s" "../../../../g/%s" "//127.0.0.1:$aport/g/%s" \
		"http://127.0.0.1:$aport/g/%s#part"
	do
		echo "redirect 302 $to" | fault f &&
		fetch_gives 0 f || return 1
	done
'

test_expect_success 'MA-21 all kinds of redirects of a GET' '
	for code in 301 302 303 307 308
	do
		echo "redirect $code /g/%s" | fault f &&
		fetch_gives 0 f || return 1
	done &&
	for code in 300 304 305 306
	do
		echo "redirect $code /g/%s" | fault f &&
		fetch_gives "1|3|4|128" f || return 1
	done
'

test_expect_success 'the range goes with it, too' '
	test_write_lines "cut 600000" then "redirect 302 /g/%s" | fault f &&
	fetch_gives 0 f
'

test_expect_success 'MA-21 loops and long ways end' '
	fault_forget a &&
	echo "redirect 302 /f/%s" | fault f &&
	fetch_gives 3 f &&
	test "$(fault_count a "$big_name")" -le 40 &&
	echo "redirect 302 /f/%s?%r" | fault f &&
	fetch_gives 3 f &&
	echo "redirect 302 /g2/%s" | fault g1 &&
	echo "redirect 302 /g3/%s" | fault g2 &&
	echo "redirect 302 /g4/%s" | fault g3 &&
	echo "redirect 302 /g/%s" | fault g4 &&
	fetch_gives 0 g1
'

test_expect_success 'MA-21 a password of netrc is not carried to another port' '
	test_write_lines "auth netrcuser s3cret-netrc" then "only nothing" | fault f &&
	test_write_lines "only *" "auth netrcuser s3cret-netrc" | fault f &&
	fetch_gives 0 f &&
	test_grep "^Authorization" "$TEST_TOP/a.head"
'

test_expect_success 'MA-21 nor is one that git credential knows' '
	rm "$HOME/.netrc" &&
	git config --global "credential.$a.helper" \
		"!f() { echo username=u; echo password=s3cret-helper; }; f" &&
	test_write_lines "only *" "auth u s3cret-helper" | fault f &&
	fault_forget a && fetch_gives 0 f &&
	test_grep "^Authorization: Basic" "$TEST_TOP/a.head" &&
	test_write_lines "only *" "auth u s3cret-helper" "redirect 302 $b/g/%s" |
		fault f &&
	fetch_gives "0|3|4" f &&
	secretless b &&
	fault_forget b &&
	test_write_lines "only *" "auth x y" | fault h &&
	test_write_lines "only *" "auth u s3cret-helper" "redirect 302 $b/h/%s" |
		fault f &&
	fetch_gives "3|4" f &&
	secretless b
'

test_expect_success 'MA-21 nor are headers of http.<url>.extraHeader, cookies' '
	git config --global "http.$a.extraHeader" "Private-Token: s3cret-token" &&
	git config --global --add "http.$a.extraHeader" \
		"Authorization: Bearer s3cret-bearer" &&
	git config --global --add "http.$a.extraHeader" "Cookie: c=s3cret-cookie" &&
	echo "only nothing" | fault f && fault_forget a && fetch_gives 0 f &&
	test_grep "^Private-Token: s3cret-token" "$TEST_TOP/a.head" &&
	test_grep "^Authorization: Bearer s3cret-bearer" "$TEST_TOP/a.head" &&
	test_write_lines "only *" "header Set-Cookie: c=s3cret-set" \
		"redirect 302 $b/g/%s" | fault f &&
	fetch_gives "0|3|4" f &&
	secretless b &&
	git config --global --unset-all "http.$a.extraHeader"
'

test_expect_success 'MA-21 nor an http.extraHeader that is for all' '
	git config --global http.extraHeader "Authorization: Bearer s3cret-all" &&
	test_when_finished "git config --global --unset-all http.extraHeader" &&
	fault_forget b &&
	test_write_lines "only *" "redirect 302 $b/g/%s" | fault f &&
	fetch_gives "0|3|4" f &&
	secretless b
'

test_expect_success 'MA-21 a password in Location is nobody'\''s' '
	fault_forget b && fault_forget a &&
	for who in user:s3cret-url user user: :s3cret-url user%3as3cret-url
	do
		echo "redirect 302 http://$who@127.0.0.1:$bport/g/%s" | fault f &&
		fetch_gives "0|3|4|128" f && secretless b &&
		echo "redirect 302 http://$who@127.0.0.1:$aport/g/%s" | fault f &&
		fetch_gives "0|3|4|128" f && secretless a || return 1
	done &&
	test_grep ! s3cret err
'

test_expect_success 'MA-21 what b asks is not answered with what is for a' '
	fault_forget b &&
	test_write_lines "only *" "redirect 307 $b/h/%s" | fault f &&
	test_write_lines "only *" "auth u s3cret-helper" | fault h &&
	fetch_gives "3|4" f &&
	secretless b
'

test_expect_success 'MA-21 b cannot send us back with more' '
	fault_forget a &&
	test_write_lines "only *" "redirect 302 $a/q/%s" | fault h &&
	test_write_lines "redirect 302 $b/h/%s" | fault f &&
	echo "only nothing" | fault q &&
	fetch_gives "0|3|4" f
'

test_expect_success 'MA-21 a PUT is not sent elsewhere' '
	git config --global "http.$a.extraHeader" "Private-Token: s3cret-token" &&
	test_when_finished "git config --global --unset-all http.$a.extraHeader" &&
	fault_forget b && echo content >file &&
	for code in 301 302 303 307 308
	do
		for verb in PUT MKCOL MOVE DELETE
		do
			test_write_lines "only *" "method $verb" \
				"redirect $code $b/g/%s" | fault f &&
			{ timeout 60 test-tool backend "$a/f/far" put \
				"objects/zz/$code$verb" file; true; } &&
			{ timeout 60 test-tool backend "$a/f/far" remove \
				"objects/zz/$code$verb"; true; } || return 1
		done
	done &&
	secretless b &&
	test_grep ! "^PUT\|^MKCOL\|^MOVE\|^DELETE" "$TEST_TOP/b.log"
'

test_expect_success OPENSSL 'MA-21 from https to http: never' '
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout s.key -out s.crt -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 &&
	cat s.key s.crt >s.pem &&
	fault_start s "$PWD/srv" --cert "$PWD/s.pem" &&
	s=https://127.0.0.1:$fault_port && fault_url=$s &&
	git config --global "http.$s.sslCAInfo" "$PWD/s.crt" &&
	git config --global --add medo.allow "$s" &&
	rm "$FAULTS/f" && echo "only nothing" | fault f &&
	fetch_gives 0 f &&
	fault_forget b &&
	for code in 301 302 307 308
	do
		test_write_lines "redirect $code $b/g/%s" | fault f &&
		fetch_gives "3|4" f || return 1
	done &&
	test_must_be_empty "$TEST_TOP/b.conn" &&
	echo "redirect 302 /g/%s" | fault f && fetch_gives 0 f
'

test_done
