#!/bin/sh

test_description='ids are what git says, seals have three levels'

. "$(dirname "$0")/test-lib.sh"

test_expect_success 'setup: contents of telling sizes, one repository per format' '
	git init -q --object-format=sha1 sha1.git &&
	git init -q --object-format=sha256 sha256.git &&
	for size in 0 1 63 64 65 262143 262144 262145 1000000
	do
		test-tool genrandom id $size >c$size || return 1
	done
'

test_expect_success 'an id is what git hash-object prints, in both formats' '
	for algo in sha1 sha256
	do
		for size in 0 1 63 64 65 262143 262144 262145 1000000
		do
			git -C $algo.git hash-object -t blob ../c$size >expect &&
			test-tool id hash $algo blob c$size >actual &&
			test_cmp expect actual || return 1
		done
	done
'

test_expect_success 'the type of an object goes into its id' '
	git -C sha1.git hash-object -t tree /dev/null >expect &&
	test-tool id hash sha1 tree c0 >actual &&
	test_cmp expect actual &&
	git -C sha256.git hash-object -t tree /dev/null >expect &&
	test-tool id hash sha256 tree c0 >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'a seal is SHA-256 over digests of groups of digests' '
	cat >seal.py <<-\EOF &&
	import hashlib, sys
	def sha(b):
	    return hashlib.sha256(b).digest()
	pieces = []
	with open(sys.argv[1], "rb") as f:
	    while True:
	        piece = f.read(262144)
	        if not piece:
	            break
	        pieces.append(sha(piece))
	groups = [sha(b"".join(pieces[i:i + 1024]))
	          for i in range(0, len(pieces), 1024)]
	print(sha(b"".join(groups)).hex())
	EOF
	truncate -s 268435456 full &&
	truncate -s 268435457 more &&
	for file in c0 c1 c262144 c262145 c1000000 full more
	do
		python3 seal.py $file >expect &&
		test-tool id seal $file >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'the seal of nothing is SHA-256 of nothing' '
	echo e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 \
		>expect &&
	test-tool id seal c0 >actual &&
	test_cmp expect actual
'

hex40=0123456789abcdef0123456789abcdef01234567
hex64=${hex40}0123456789abcdef01234567

test_expect_success 'BI-02 an id is 40 or 64 lower-case hex digits' '
	echo "sha1 $hex40" >expect &&
	test-tool id parse $hex40 >actual &&
	test_cmp expect actual &&
	echo "sha256 $hex64" >expect &&
	test-tool id parse $hex64 >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-02 anything else is no id' '
	for bad in "" 0 ${hex40}8 ${hex64}8 ${hex40%7} ${hex64%7} \
		$(echo $hex40 | tr a-f A-F) ${hex40%7}g "${hex40%7} " \
		"$(printf "%s\n." "${hex40%67}")" 0x${hex40#01} ${hex40%7}/ \
		${hex40%7}: ${hex40%7}@ ${hex40%7}\`
	do
		test_expect_code 1 test-tool id parse "$bad" || return 1
	done
'

test_expect_success 'a seal is 64 lower-case hex digits, no more, no less' '
	echo $hex64 >expect &&
	test-tool id parse-seal $hex64 >actual &&
	test_cmp expect actual &&
	for bad in "" $hex40 ${hex64}0 ${hex64%7} ${hex64%7}G
	do
		test_expect_code 1 test-tool id parse-seal "$bad" || return 1
	done
'

test_expect_success 'a set of ids numbers them in order of arrival' '
	test_seq 3000 | while read -r n
	do
		printf "%040x\n" "$n"
	done >ids &&
	{
		cat ids &&
		printf "%064x\n" 7 &&
		cat ids
	} | test-tool id set >actual &&
	{
		test_seq 0 2999 | sed "s/^/-1 /" &&
		echo "-1 3000" &&
		test_seq 0 2999 | sed "s/.*/& &/"
	} >expect &&
	test_cmp expect actual
'

test_done
