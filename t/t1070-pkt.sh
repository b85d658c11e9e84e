#!/bin/sh

test_description='packets are framed as git frames them'

. "$(dirname "$0")/test-lib.sh"

# refused INPUT [VERB]: no packet, said in one line
refused () {
	# shellcheck disable=SC2059
	printf -- "$1" >in &&
	test_expect_code 1 test-tool pkt "${2:-read}" <in >out 2>err &&
	test "$(wc -l <err)" = 1 &&
	test_grep "^error: " err
}

test_expect_success 'text becomes a packet with its length and an LF' '
	printf "000aversi\n0006x\n0005\n0000" >expect &&
	test-tool pkt line versi x "" >actual &&
	test_cmp expect actual
'

test_expect_success 'a line is read with and without its LF' '
	test_write_lines "'\''one'\''" "'\''two'\''" "'\'''\''" "'\'''\''" \
		flush "'\''five'\''" >expect &&
	printf "0008one\n0007two00040005\n00000008five" >in &&
	test-tool pkt lines <in >actual &&
	test_cmp expect actual
'

test_expect_success 'lengths may be in capitals' '
	{
		printf "000A12345\n" &&
		printf "000a12345\n"
	} >in &&
	test_write_lines "'\''12345'\''" "'\''12345'\''" >expect &&
	test-tool pkt lines <in >actual &&
	test_cmp expect actual
'

test_expect_success 'nothing at all is the end, not a failure' '
	test-tool pkt read </dev/null >actual &&
	test_must_be_empty actual
'

test_expect_success 'BI-25 0001 to 0003 are no packets' '
	refused 0001 &&
	refused 0002 &&
	refused 0003 &&
	refused 00000003 &&
	echo flush >expect &&
	test_cmp expect out
'

test_expect_success 'BI-25 a length that is not hex is no packet' '
	for bad in 000g 00\ 8 -008 +008 0x08 "000:" "00/8" "000@" "000\140" \
		"\377\377\377\377" "\000\000\000\000" "\n000"
	do
		refused "${bad}abcdefgh" || return 1
	done
'

test_expect_success 'BI-25 65,520 bytes are the longest packet' '
	test-tool genrandom pkt 65517 >noise &&
	{
		printf fff0 &&
		head -c 65516 noise
	} >in &&
	test-tool pkt read <in >actual &&
	test_grep "^data 65516 " actual &&
	for head in fff1 fff2 ffff FFFF
	do
		{
			printf $head &&
			cat noise
		} >in &&
		test_expect_code 1 test-tool pkt read <in >out 2>err &&
		test_must_be_empty out || return 1
	done
'

test_expect_success 'BI-25 an input that ends within a packet is a failure' '
	for cut in 0 00 000 0005 0008abc 00000 00000005
	do
		refused $cut || return 1
	done
'

test_expect_success 'BI-25 a NUL is no text' '
	refused "0007a\000b" lines &&
	refused "0006a\000" lines &&
	printf "0007a\000b" >in &&
	echo "data 3 61 00 62" >expect &&
	test-tool pkt read <in >actual &&
	test_cmp expect actual
'

test_expect_success 'content of any length arrives as it was' '
	for size in 0 1 65515 65516 65517 131032 131033 1000003
	do
		test-tool genrandom pkt $size >content &&
		test-tool pkt write <content >packets &&
		test-tool pkt read <packets >list &&
		test $(awk "/^data/ { n += \$2 } END { print n + 0 }" list) \
			= $size &&
		test $(grep -c ^data list) = $(((size + 65515) / 65516)) &&
		test "$(tail -n 1 list)" = flush &&
		test-tool pkt echo <packets >again &&
		test_cmp packets again || return 1
	done
'

test_expect_success PYTHON3 'what was written goes out before we wait, however it came in' '
	cat >talk.py <<-\EOF &&
	import random, subprocess
	p = subprocess.Popen(["test-tool", "pkt", "echo"], bufsize=0,
	                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
	random.seed(1)
	for size in [1, 5, 4096, 65516, 3, 65516, 0]:
	    packet = b"%04x" % (size + 4) + b"x" * size if size else b"0000"
	    rest = packet
	    while rest:
	        n = random.choice([1, 3, 5000, 70000])
	        p.stdin.write(rest[:n])
	        rest = rest[n:]
	    back = b""
	    while len(back) < len(packet):
	        back += p.stdout.read(len(packet) - len(back))
	    assert back == packet
	p.stdin.close()
	assert p.wait() == 0
	EOF
	timeout 20 python3 talk.py
'

test_expect_success 'git reads what we write' '
	git init -q repo &&
	blob=$(echo content | git -C repo hash-object -w --stdin) &&
	test-tool pkt line command=object-info object-format=sha1 >in &&
	sed "s/0000\$//" in >request &&
	printf "0001" >>request &&
	test-tool pkt line size "oid $blob" >>request &&
	git -C repo config transfer.advertiseObjectInfo true &&
	GIT_PROTOCOL=version=2 git -C repo upload-pack --stateless-rpc . \
		<request >reply &&
	test-tool pkt lines <reply >actual &&
	test_write_lines "'\''size'\''" "'\''$blob 8'\''" flush >expect &&
	test_cmp expect actual
'

test_expect_success 'a reader that is gone is a failure' '
	test-tool genrandom pkt 1000000 >content &&
	(
		trap "" PIPE
		test-tool pkt write <content 2>err
		echo $? >code
	) | : &&
	echo 128 >expect &&
	test_cmp expect code &&
	test_grep "a packet: cannot write" err
'

test_done
