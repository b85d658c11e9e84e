#!/bin/sh

test_description='radosgw of Ceph, a server that honours conditions'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq RADOSGW
then
	skip_all='no python3, or no radosgw, ceph-mon, ceph-osd'
	test_done
fi

url=s3://bucket/deps.silo
if ! s3_start_radosgw >&3 2>&4
then
	skip_all='radosgw does not start here'
	test_done
fi

test_s3_verbs "$url"

test_expect_success 'a range of an empty file is empty' '
	test-tool backend $url read empty 0 5 some &&
	test_must_be_empty some
'

test_expect_success 'a name is claimed by one' '
	echo first >first && echo second >second &&
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

test_expect_success 'wrong keys are refused with the code of the server' '
	test_expect_code 4 env AWS_SECRET_ACCESS_KEY=wrong \
		test-tool backend $url list "" 2>err &&
	test_grep "SignatureDoesNotMatch; is AWS_SECRET_ACCESS_KEY right" err &&
	test_expect_code 4 env AWS_ACCESS_KEY_ID=nobody \
		test-tool backend $url list "" 2>err &&
	test_grep InvalidAccessKeyId err
'

test_expect_success 'listings of over a page are whole' '
	for i in $(test_seq 1100)
	do
		echo "put many/$i first" || return 1
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

test_done
