#!/bin/sh

test_description='a bucket behind TLS'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq OPENSSL
then
	skip_all='no python3 or openssl'
	test_done
fi

url=s3://bucket/deps.silo
# shellcheck disable=SC2154
web_make_ca && s3_start --tls "$web_ca_dir/server.pem" "$web_ca_dir/server.key"
# shellcheck disable=SC2154
AWS_ENDPOINT_URL_S3=https://localhost:$s3_port
export AWS_ENDPOINT_URL_S3
echo content >file

test_expect_success 'a server that nobody vouches for is not spoken to' '
	test_expect_code 3 test-tool backend $url put a file 2>err &&
	test_grep -i certificate err
'

test_expect_success 'with TLS the body is not hashed before it is sent' '
	git config --global http.sslCAInfo "$web_ca" &&
	test-tool backend $url put a file &&
	test-tool backend $url read a >actual &&
	test_cmp file actual &&
	test-tool genrandom x 67200000 >big &&
	test-tool backend $url put big big &&
	test-tool backend $url read big >actual &&
	test_cmp_bin big actual &&
	test_grep UNSIGNED-PAYLOAD "$S3/payloads"
'

test_expect_success 'without TLS it is' '
	s3_stop &&
	s3_start &&
	test-tool backend $url put a file &&
	sha256sum file | cut -d" " -f1 >expect &&
	tail -n 1 "$S3/payloads" >actual &&
	test_cmp expect actual
'

test_done
