#!/bin/sh

test_description='s3rver, a server that ignores conditions'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq S3RVER
then
	skip_all='no python3, or s3rver could not be fetched from npm'
	test_done
fi

url=s3://bucket/deps.silo
s3_start_s3rver

test_s3_verbs "$url"

test_expect_success 'a key that it does not know is refused with its code' '
	test_expect_code 4 env AWS_ACCESS_KEY_ID=nobody \
		test-tool backend $url list "" 2>err &&
	test_grep "InvalidAccessKeyId; it does not know this" err
'

test_expect_success 'listings of over a page are whole' '
	echo x >x &&
	for i in $(test_seq 1100)
	do
		echo "put many/$i x" || return 1
	done >verbs &&
	test-tool backend -j 4 $url - <verbs >out &&
	test-tool backend $url list many >actual &&
	test_line_count = 1100 actual
'

test_expect_success '70 MiB in parts come back' '
	test-tool genrandom parts 73400320 >big &&
	test-tool backend $url put big big &&
	test-tool backend $url read big 0 - out &&
	test_cmp_bin big out
'

test_expect_success 'CO-04 it lets all claims of one name succeed, which is what a ledger has to find out' '
	s3_race 1 4 $url/race &&
	test_grep ! "^1$" races
'

test_done
