#!/bin/sh

test_description='a bucket that looks at every signature'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

url=s3://bucket/deps.silo
s3_start

test_s3_verbs "$url"

test_expect_success 'a put of what is there leaves the first' '
	echo first >first && echo second >second &&
	test-tool backend $url put twice first &&
	test-tool backend $url put twice second &&
	test-tool backend $url read twice >actual &&
	test_cmp first actual
'

test_expect_success 'a range of an empty file is empty' '
	test-tool backend $url read empty 0 5 some &&
	test_must_be_empty some
'

test_expect_success 'a name is claimed by one' '
	echo ours >expect &&
	test-tool backend $url claim ledger/0000000001/entry.json first >actual &&
	test_cmp expect actual &&
	echo taken >expect &&
	test-tool backend $url claim ledger/0000000001/entry.json second >actual &&
	test_cmp expect actual &&
	test-tool backend $url read ledger/0000000001/entry.json >actual &&
	test_cmp first actual
'

test_expect_success 'CO-04 of 16 processes that claim a name at once one gets it' '
	s3_race 10 16 $url/race &&
	sort -u races >actual &&
	echo 1 >expect &&
	test_cmp expect actual
'

test_expect_success 'several threads use one place at once' '
	for i in $(test_seq 40)
	do
		echo "put many/$i first" || return 1
	done >verbs &&
	test-tool backend -j 8 $url - <verbs >out &&
	test_line_count = 40 out &&
	test-tool backend $url list many >actual &&
	test_line_count = 40 actual
'

test_expect_success 'the prefix may be the whole bucket' '
	test-tool backend s3://bucket put top first &&
	test-tool backend s3://bucket/ read top >actual &&
	test_cmp first actual &&
	test-tool backend s3://bucket list "" >actual &&
	test_grep "^6 top$" actual &&
	test_grep "^6 deps.silo/twice$" actual
'

test_expect_success 'no key but ours is touched: a prefix ends at a slash' '
	test-tool backend s3://bucket/deps.silo2 put x first &&
	test-tool backend $url list "" >actual &&
	test_grep ! "silo2" actual
'

test_expect_success 'a bucket that is not there is out of reach, not empty' '
	test_expect_code 3 test-tool backend s3://nobucket/x read a 2>err &&
	test_grep "NoSuchBucket; there is no such bucket" err &&
	test_expect_code 3 test-tool backend s3://nobucket/x list "" 2>err &&
	test_grep "NoSuchBucket" err
'

test_expect_success 'URLs of no bucket are refused' '
	for bad in s3:// s3://x s3:///bucket s3://bu/x s3://-bucket/x \
		s3://bucket:80/x s3://me@bucket/x s3://bucket/../x \
		s3://bucket/a/../b s3://bucket/a//b s3://bucket//a \
		"s3://bucket/a?b" "s3://bucket/a#b" s3://bucket/%00 \
		"s3://bucket/a%0ab" "s3://buc ket/a" s3://bucket/%2e%2e/x
	do
		test_expect_code 128 test-tool backend "$bad" has x 2>err ||
		return 1
	done
'

test_expect_success 'in virtual style the bucket is a host' '
	mkdir -p "$HOME/.aws" &&
	test_when_finished "rm -r \"$HOME/.aws\"" &&
	printf "[default]\ns3 =\n  addressing_style = virtual\n" \
		>"$HOME/.aws/config" &&
	s3_forget &&
	AWS_ENDPOINT_URL_S3=http://localhost:$s3_port \
		test-tool backend $url read twice >actual &&
	test_cmp first actual &&
	test_grep "^GET /deps.silo/twice 200" "$S3/log"
'

test_expect_success 'an endpoint may have a path' '
	AWS_ENDPOINT_URL_S3=http://127.0.0.1:$s3_port/bucket/ &&
	test_when_finished "AWS_ENDPOINT_URL_S3=http://127.0.0.1:$s3_port" &&
	s3_forget &&
	test-tool backend s3://below/x has y &&
	test_grep "^HEAD /bucket/below/x/y 404" "$S3/log"
'

test_done
