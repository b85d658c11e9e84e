#!/bin/sh

test_description='URLs of silos are read strictly'

. "$(dirname "$0")/test-lib.sh"

urls=$TEST_DIRECTORY/t4000/urls

test_expect_success 'BI-27, MA-18, MA-22 the verdict on each URL is that of our table, and libcurl reads the good ones as we do' '
	test-tool url table <"$urls" >out &&
	tail -n 1 out >n &&
	sed -e "\$d" out >wrong &&
	test_line_count = 0 wrong &&
	test "$(sed "s/ .*//" n)" -ge 200
'

test_expect_success 'the parts of a URL' '
	cat >want <<-\END &&
	scheme https
	user me@work
	host example.com
	port 8443
	path /a%20b/c
	origin https://example.com:8443
	END
	test-tool url parse HTTPS://me%40work@Example.COM:8443/a%20b/c// >out &&
	test_cmp want out
'

test_expect_success 'an origin has the port of its scheme' '
	test_write_lines https://example.com:443 http://example.com:80 \
		"http://[::1]:80" ssh://h:22 sftp://h:22 s3://b >want &&
	for url in https://example.com https://example.com:443/x \
		http://example.com/x "http://[::1]/x" ssh://h/x sftp://h/x s3://b/x
	do
		test-tool url parse "$url" || return 1
	done >all &&
	sed -n "s/^origin //p" all | uniq >out &&
	test_cmp want out
'

test_expect_success 'MA-22 no sentence has a password in it' '
	test_expect_code 128 test-tool url parse https://me:s3cret@example.com/ 2>err &&
	test_grep "password" err &&
	test_grep ! s3cret err &&
	test_expect_code 128 test-tool url parse "ht tp://me:s3cret@example.com/" 2>err &&
	test_grep ! s3cret err
'

test_expect_success 'MA-22 a password is one, also behind a second @' '
	git init -q repo &&
	for url in https://me:s3cret@host/ https://me@home:s3cret@host/ \
		https://me%3As3cret@host/ ssh://a@b@c:d@host/x
	do
		test_expect_code 128 git -C repo medo allow "$url" 2>err &&
		test_grep "holds a password" err &&
		test_grep ! s3cret err || return 1
	done &&
	git -C repo medo allow https://me@host/deps:1@2
'

test_expect_success 'control characters in a URL are escaped before they reach a terminal' '
	test_expect_code 128 test-tool url parse "$(printf "https://a\033[2Jb/x")" 2>err &&
	test_grep "x1b" err
'

test_expect_success 'over 4,096 bytes are no URL' '
	long=$(printf "%04090d" 0) &&
	test_expect_code 128 test-tool url parse "https://h/$long" 2>err &&
	test_grep "4096" err
'

test_expect_success 'decoding refuses %00 and what is no encoding' '
	echo "a b/c" >want &&
	test-tool url decode a%20b%2Fc >out &&
	test_cmp want out &&
	for bad in %00 % %1 a%zz %-1
	do
		test_expect_code 128 test-tool url decode "$bad" || return 1
	done
'

test_expect_success 'encoding leaves unreserved characters alone' '
	echo "aZ09-._~%20%2F%25%C3%A4%2B" >want &&
	test-tool url encode "aZ09-._~ /%ä+" >out &&
	test_cmp want out
'

test_done
