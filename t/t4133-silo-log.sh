#!/bin/sh

test_description='git medo silo log prints a ledger'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-ledger.sh"

test_expect_success 'a silo without a ledger has nothing to tell' '
	silo init -q s &&
	silo log s >actual 2>err &&
	test_must_be_empty actual &&
	test_must_be_empty err &&
	silo log --json s >actual &&
	test_must_be_empty actual
'

test_expect_success 'entries come in order: number, time, who, and what they say' '
	test-tool ledger claim s ledger 1 \
		"\"packs\": [1, 2], \"midx\": \"index-1\", \"deep\": {\"a\": {}}" &&
	test-tool ledger claim s ledger 2 "" &&
	test-tool ledger claim s ledger 3 "\"n3\": null, \"flag\": true" &&
	silo log s >out &&
	cut -f1,4 out >actual &&
	printf "%s\t%s\n" 1 "packs=2 midx=\"index-1\" deep=1" 2 - \
		3 "n3=null flag=true" >expect &&
	test_cmp expect actual &&
	test_grep "	20..-..-..T..:..:..Z	[^	]*@[^	]*	-$" out &&
	git medo silo log s >actual &&
	test_cmp out actual
'

test_expect_success '--from begins later' '
	silo log --from 2 s >actual &&
	tail -n 2 out >expect &&
	test_cmp expect actual &&
	silo log --from 4 s >actual &&
	test_must_be_empty actual &&
	silo log --from 0 s >actual &&
	test_cmp out actual
'

test_expect_success '--json is the entry, and what its bytes hash to' '
	silo log --json s >actual &&
	test_line_count = 3 actual &&
	head -n 1 actual >first &&
	test_grep -F "{\"hash\":\"$(entry_hash s/ledger 1)\",\"entry\":{\"ledger\":1,\"n\":1," \
		first &&
	test_grep -F "\"packs\":[1,2],\"midx\":\"index-1\",\"deep\":{\"a\":{}}}}" \
		first &&
	tail -n 1 actual >last &&
	test_grep -F "\"prev\":\"$(entry_hash s/ledger 2)\"" last
'

test_expect_success PYTHON3 'which any reader of JSON takes, whatever is in the strings' '
	test-tool ledger claim s ledger 4 \
		"\"a b\": \"x \\\\ \\\" \\n  y\", \"c\": [ \"  \" , { \"d\" : \"\\\\\" } ]" &&
	silo log --json --from 4 s >line &&
	test_line_count = 1 line &&
	python3 -c "import json
e = json.load(open(\"line\"))[\"entry\"]
print(json.dumps([e[\"a b\"], e[\"c\"]]))" >actual &&
	cat >expect <<-\EOF &&
	["x \\ \" \n  y", ["  ", {"d": "\\"}]]
	EOF
	test_cmp expect actual
'

test_expect_success '-z ends rows with NUL, and control characters reach no terminal' '
	mkdir -p evil/ledger/0000000001 &&
	entry 1 $zeros "\"a\": \"\\u001b[2J\", \"\\u001bx\": 1" |
	sed "s/nobody/\\\\u001b[31mme/" >evil/ledger/0000000001/entry.json &&
	silo log evil >actual &&
	test_grep -F "\\x1b[31mme" actual &&
	test_grep -F "\\x1bx=1" actual &&
	silo log -z evil | tr "\0\033" "!E" >actual &&
	test_grep "!$" actual &&
	test_grep "E\[31mme" actual
'

test_expect_success '--repo is the ledger of a repository in the silo' '
	test-tool ledger claim s git/a/oil.git/ledger 1 "\"refs\": [1]" &&
	silo log --repo a/oil s >actual &&
	cut -f1,4 actual >short &&
	printf "1\trefs=1\n" >expect &&
	test_cmp expect short &&
	silo log --repo a/oil.git s >again &&
	test_cmp actual again &&
	test_expect_code 1 silo log --repo none s 2>err &&
	test_grep "no .git/none.git/ledger. in silo" err
'

test_expect_success 'a name that leads elsewhere is refused' '
	for name in "" . .. ../x x/../y /x x/ x//y .x "x y" "x;y" -x/../.
	do
		test_expect_code 129 silo log "--repo=$name" s 2>err &&
		test_grep "cannot be the name" err || return 1
	done
'

test_expect_success 'a break is told, after what came before it' '
	cp -r s broken &&
	sed "s/deep/DEEP/" s/ledger/0000000001/entry.json \
		>broken/ledger/0000000001/entry.json &&
	test_expect_code 1 silo log broken >actual 2>err &&
	test_line_count = 1 actual &&
	test_grep "between entry 1 and entry 2" err
'

test_expect_success 'hints are not believed' '
	echo "{\"n\": 2, \"entry\": \"$zeros\"}" >s/ledger/last &&
	silo log s >actual &&
	test_line_count = 4 actual &&
	echo "{\"n\": 9, \"entry\": \"$zeros\", \"state\": 9}" >s/ledger/last &&
	mkdir s/ledger/state &&
	echo "{\"state\": 1, \"n\": 9, \"entry\": \"$zeros\"}" >s/ledger/state/9.json &&
	silo log s >actual &&
	test_line_count = 4 actual
'

test_expect_success 'where there is no silo is exit code 3' '
	test_expect_code 3 silo log nowhere 2>err &&
	test_line_count = 1 err
'

test_done
