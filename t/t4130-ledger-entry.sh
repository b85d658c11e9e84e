#!/bin/sh

test_description='what stands in a ledger: entries and states, well-formed or not'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-ledger.sh"

# refused CODE PATTERN FILE
refused () {
	test_expect_code "$1" test-tool ledger parse "$3" >out 2>err &&
	test_must_be_empty out &&
	test_line_count = 1 err &&
	test_grep -e "$2" err
}

# ruin NAME SED-SCRIPT: entry 2 of somebody else, changed
ruin () {
	entry 2 "$(printf "%s" x | sha256sum | cut -d" " -f1)" \
		"\"packs\": []" >"$1" &&
	sed -i "$2" "$1"
}

test_expect_success 'an entry is what silo-layout(5) says' '
	ruin good "" &&
	test-tool ledger parse good >actual &&
	test_write_lines "who nobody" "time now" >expect &&
	test_cmp expect actual
'

test_expect_success 'what we write is of that form, in this order' '
	test-tool ledger claim s ledger 1 "\"tag\": \"x\", \"deep\": {\"a\": [1]}" \
		>out &&
	sed -e "s/\"nonce\": \"[0-9a-f]\{32\}\"/NONCE/" \
		-e "s/\"who\": \"[-A-Za-z0-9._]*@[-A-Za-z0-9._]*\"/WHO/" \
		-e "s/\"time\": \"20..-..-..T..:..:..Z\"/TIME/" \
		s/ledger/0000000001/entry.json >actual &&
	cat >expect <<-END &&
	{
	  "ledger": 1,
	  "n": 1,
	  "prev": "$zeros",
	  NONCE,
	  WHO,
	  TIME,
	  "tag": "x", "deep": {"a": [1]}
	}
	END
	test_cmp expect actual
'

test_expect_success 'members that are no JSON, or hide ours, get no number' '
	for members in "x" "\"a\": 1," "\"n\": 7" "\"a\": 1}, {" "\"a\": \"
\""
	do
		test_expect_code 128 test-tool ledger claim none ledger 1 \
			"$members" 2>err &&
		test_grep "no entry can be made" err || return 1
	done &&
	test_path_is_missing none/ledger/0000000001
'

test_expect_success 'a member that nobody knows is no reason to refuse' '
	ruin more "s/\"packs\"/\"later\": {\"x\": null}, \"packs\"/" &&
	test-tool ledger parse more
'

test_expect_success 'an entry of another version needs a newer medo, whatever else it says' '
	ruin two "s/\"ledger\": 1/\"ledger\": 2/; s/\"nonce\": \"/&y/" &&
	refused 4 "ledger.s entry of version 2; it needs a newer medo" two
'

test_expect_success 'what lacks a member, or has it wrong, is no entry' '
	ruin a "s/\"ledger\": 1/\"legder\": 1/" && refused 1 "not of a ledger" a &&
	ruin a "s/\"ledger\": 1/\"ledger\": \"1\"/" && refused 1 ledger a &&
	ruin a "s/\"n\": 2/\"n\": 0/" && refused 1 "not of a ledger" a &&
	ruin a "s/\"n\": 2/\"n\": -2/" && refused 1 "\"*n\"*" a &&
	ruin a "s/\"n\": 2/\"n\": 2.5/" && refused 1 "\"*n\"*" a &&
	ruin a "s/\"n\": 2/\"n\": 99999999999999999999/" &&
	refused 1 "\"*n\"*" a &&
	ruin a "s/\"n\": 2/\"n\": 2, \"n\": 2/" && refused 1 "n" a &&
	ruin a "s/\"prev\": \"./\"prev\": \"/" && refused 1 prev a &&
	ruin a "s/\"prev\": \"./\"prev\": \"A/" && refused 1 prev a &&
	ruin a "s/\"prev\": \"[^\"]*\"/\"prev\": \"$zeros\"/" &&
	refused 1 "prev.*is zeros" a &&
	ruin a "s/\"nonce\": \"./\"nonce\": \"/" && refused 1 nonce a &&
	ruin a "s/\"nonce\": \"[^\"]*\"/\"nonce\": null/" && refused 1 nonce a &&
	ruin a "s/\"who\": \"nobody\"/\"who\": []/" && refused 1 who a &&
	ruin a "s/\"n\": 2/\"n\": 1/" && refused 1 "prev.*not zeros" a
'

test_expect_success 'who and time are other people'"'"'s words' '
	ruin a "s/\"who\": \"nobody\"/\"who\": \"\\\\u001b[31mx\\\\u202e\"/" &&
	test-tool ledger parse a >actual &&
	test_grep -F "who \\x1b[31mx\\u{202e}" actual &&
	ruin a "s/\"who\": \"nobody\", \"time\": \"now\",//" &&
	test-tool ledger parse a
'

test_expect_success 'nothing, HTML, noise, half an entry: one line, exit code 1' '
	: >a && refused 1 . a &&
	echo "<!DOCTYPE html><title>404</title>" >a && refused 1 . a &&
	test-tool genrandom x 5000 >a && refused 1 . a &&
	head -c 5000 /dev/zero >a && refused 1 . a &&
	entry 1 $zeros | head -c 100 >a && refused 1 . a &&
	echo "[]" >a && refused 1 . a &&
	echo "7" >a && refused 1 . a &&
	{ entry 1 $zeros && echo x; } >a && refused 1 . a &&
	awk "BEGIN { while (i++ < 100000) printf \"[\" }" </dev/null >a &&
	refused 1 . a
'

test_expect_success TIME,!SANITIZE 'millions of values cost no memory' '
	awk "BEGIN { printf \"{\\\"ledger\\\":1,\\\"a\\\":[1\"
		while (i++ < 15000000) printf \",1\"
		print \"]}\" }" </dev/null >a &&
	test_expect_code 1 test_peak_kib kib test-tool ledger parse a 2>err &&
	test_grep "too many values" err &&
	test "$(cat kib)" -lt 131072 &&
	rm a
'

test_expect_success 'more than 64 MiB are no entry' '
	truncate -s 67108865 a &&
	refused 1 "67108864" a &&
	rm a
'

test_done
