#!/bin/sh

test_description='a treeptr is read strictly and has one spelling (treeptr(5))'

. "$(dirname "$0")/test-lib.sh"

id=8b3158bbb2eb67e8e398a09d20527c69e6090fc0
tree=5d41402abc4b2a76b9719d911017c592aaaaaaaa
seal=${id}8b3158bbb2eb67e8e398a09d

# refuses CODE MESSAGE [TEXT]: the file x.treeptr; the message is a pattern
refuses () {
	if test $# = 3
	then
		printf '%s\n' "$3" >x.treeptr
	fi &&
	test_expect_code "$1" test-tool treeptr format x.treeptr >out 2>err &&
	test_must_be_empty out &&
	test_line_count -eq 1 err &&
	test_grep "^error: .x\.treeptr.: $2\$" err
}

# accepts TEXT
accepts () {
	printf '%s\n' "$1" >x.treeptr &&
	test-tool treeptr format x.treeptr >actual
}

# with MEMBERS: a hand-made treeptr that has them
with () {
	printf '{"treeptr":1,"id":"%s","size":5,%s}' "$id" "$1"
}

test_expect_success 'setup: treeptrs in canonical spelling' '
	cat >full.treeptr <<-EOF &&
	{
	  "treeptr": 1,
	  "id": "$id",
	  "size": 72929280,
	  "seal": "$seal",
	  "format": "tar",
	  "tree": "$tree",
	  "prefix": "/wedge/oils-for-unix.org/pkg/re2c/3.0",
	  "provenance": {
	    "url": "https://example.org/re2c-3.0.tar.xz",
	    "date": "2026-11-22T10:00:00Z",
	    "mounts": [
	      {
	        "from": "a"
	      }
	    ]
	  },
	  "shrub": "${seal}",
	  "later": {
	    "x": 1.50e+00
	  }
	}
	EOF
	cat >least.treeptr <<-EOF &&
	{
	  "treeptr": 1,
	  "id": "$id",
	  "size": 0
	}
	EOF
	cat >filtered.treeptr <<-EOF &&
	{
	  "treeptr": 1,
	  "id": "$seal",
	  "size": 9007199254740991,
	  "seal": "$seal"
	}
	EOF
	sed "s/\$/$(printf "\r")/" full.treeptr >crlf.treeptr
'

test_expect_success 'the canonical spelling is kept byte for byte' '
	for name in full least filtered
	do
		test-tool treeptr format $name.treeptr >actual &&
		test_cmp $name.treeptr actual &&
		test-tool treeptr show $name.treeptr >shown &&
		test_grep "^likely 1 canonical 1 " shown || return 1
	done
'

test_expect_success 'all members are read' '
	cat >expect <<-EOF &&
	likely 1 canonical 1 archive 1
	id $id
	size 72929280
	seal $seal
	format tar
	tree $tree
	prefix /wedge/oils-for-unix.org/pkg/re2c/3.0
	EOF
	test-tool treeptr show full.treeptr >actual &&
	test_cmp expect actual &&
	cat >expect <<-EOF &&
	likely 1 canonical 1 archive 0
	id $id
	size 0
	seal -
	format -
	tree -
	prefix -
	EOF
	test-tool treeptr show least.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'CRLF is read, never written' '
	test-tool treeptr show crlf.treeptr >shown &&
	test_grep "^likely 1 canonical 0 " shown &&
	test-tool treeptr format crlf.treeptr >actual &&
	test_cmp full.treeptr actual
'

test_expect_success 'a hand-made treeptr becomes canonical, strangers keep their order' '
	cat >hand.treeptr <<-EOF &&
	{ "zeta": {"b":1e3 , "a":[ ]},	"size":72929280, "id" : "$id",
	"prefix":"\/opt\/x", "alpha": "\u00e9\/", "treeptr":1,"format":"zip", "provenance":{} }
	EOF
	cat >expect <<-EOF &&
	{
	  "treeptr": 1,
	  "id": "$id",
	  "size": 72929280,
	  "format": "zip",
	  "prefix": "/opt/x",
	  "provenance": {},
	  "zeta": {
	    "b": 1e3,
	    "a": []
	  },
	  "alpha": "\u00e9\/"
	}
	EOF
	test-tool treeptr format hand.treeptr >actual &&
	test_cmp expect actual &&
	test-tool treeptr format actual >again &&
	test_cmp expect again &&
	test-tool treeptr show hand.treeptr >shown &&
	test_grep "^likely 0 canonical 0 " shown
'

test_expect_success 'every format is known by name, no other' '
	for format in tar tar.gz tar.xz tar.bz2 tar.zst zip
	do
		accepts "$(with "\"format\":\"$format\"")" || return 1
	done &&
	for format in tgz TAR tar.lz 7z "" "../tar"
	do
		refuses 1 ".format. is .$format., none of tar, tar.gz, .*" \
			"$(with "\"format\":\"$format\"")" || return 1
	done &&
	refuses 1 ".format. is not a string" "$(with "\"format\":null")"
'

test_expect_success 'BI-02 duplicate keys are named' '
	refuses 1 "line 1, column 71: key .size. for the second time" \
		"$(with "\"size\":5")" &&
	refuses 1 "line .*: key .\\\\\\\\u0073ize. for the second time" \
		"$(with "\"\\u0073ize\":5")" &&
	refuses 1 "line .*: key .url. for the second time" \
		"$(with "\"provenance\":{\"url\":\"a\",\"url\":\"b\"}")"
'

test_expect_success 'BI-02 missing keys are named' '
	refuses 1 "not a treeptr: no .treeptr." "{\"id\":\"$id\",\"size\":5}" &&
	refuses 1 ".id. is missing" "{\"treeptr\":1,\"size\":5}" &&
	refuses 1 ".size. is missing" "{\"treeptr\":1,\"id\":\"$id\"}" &&
	refuses 1 "not a treeptr: no .treeptr." "{}" &&
	refuses 1 "not a treeptr: no JSON object" "[]" &&
	refuses 1 "not a treeptr: no JSON object" "null"
'

test_expect_success 'BI-02 a wrong size is named' '
	while read -r size message
	do
		refuses 1 ".size. $message" \
			"{\"treeptr\":1,\"id\":\"$id\",\"size\":$size}" || return 1
	done <<-\EOF
	-1 is negative
	-0 is negative
	1e309 is not an integer in plain digits
	1e3 is not an integer in plain digits
	5.0 is not an integer in plain digits
	9007199254740992 is over 9007199254740991
	18446744073709551615 is over 9007199254740991
	18446744073709551616 is over 9007199254740991
	18446744073709551621 is over 9007199254740991
	"5" is not a number
	null is not a number
	[5] is not a number
	true is not a number
	EOF
'

test_expect_success 'BI-02 a wrong id is named' '
	upper=$(echo "$id" | tr a-f A-F) &&
	while read -r value message
	do
		refuses 1 ".id. $message" \
			"{\"treeptr\":1,\"id\":$value,\"size\":5}" || return 1
	done <<-EOF
	"${id%?}" has 39 characters, not 40 or 64
	"${id}0" has 41 characters, not 40 or 64
	"${seal}0" has 65 characters, not 40 or 64
	"" has 0 characters, not 40 or 64
	"$upper" has upper-case digits
	"${id%?}g" is not hexadecimal
	"${id%?}\\u0000" contains NUL
	5 is not a string
	null is not a string
	["$id"] is not a string
	EOF
'

test_expect_success 'BI-02 wrong types and digits elsewhere are named' '
	refuses 1 ".seal. has 40 characters, not 64" "$(with "\"seal\":\"$id\"")" &&
	refuses 1 ".seal. is not a string" "$(with "\"seal\":null")" &&
	refuses 1 ".tree. has 39 characters, not 40 or 64" \
		"$(with "\"tree\":\"${id%?}\"")" &&
	refuses 1 ".tree. is a sha256 id, but .id. a sha1 one" \
		"$(with "\"tree\":\"$seal\"")" &&
	refuses 1 ".provenance. is not an object" "$(with "\"provenance\":\"x\"")" &&
	refuses 1 ".provenance. is not an object" "$(with "\"provenance\":null")" &&
	refuses 1 ".prefix. is not a string" "$(with "\"prefix\":[]")"
'

test_expect_success 'another version is refused by policy, nonsense by format' '
	refuses 4 ".treeptr. is 2; this format needs a newer medo" \
		"{\"treeptr\":2,\"id\":\"x\",\"size\":null}" &&
	refuses 1 ".treeptr. is 0, not 1" "{\"treeptr\":0}" &&
	refuses 1 ".treeptr. is not a number" "{\"treeptr\":\"1\"}" &&
	refuses 1 ".treeptr. is not an integer in plain digits" "{\"treeptr\":1.0}"
'

test_expect_success 'MA-24 a prefix is absolute and has one spelling' '
	while read -r prefix message
	do
		refuses 1 ".prefix.*$message.*" \
			"$(with "\"prefix\":\"$prefix\"")" || return 1
	done <<-\EOF &&
	opt/x absolute
	../x absolute
	~/x absolute
	.git/hooks/x absolute
	C:/x absolute
	/opt/../etc \.\.
	/.. \.\.
	/opt/./x .
	/opt//x empty
	//opt .
	/opt/x/ slash
	/opt/.git/hooks/x .git
	/opt/.GIT/x .
	/opt/x\n control
	/opt/x\r control
	/opt/\u001b[31m control
	/opt/\u007f control
	/opt/\u0000 NUL
	EOF
	refuses 1 ".prefix. is not absolute: ..*" "$(with "\"prefix\":\"\"")"
'

test_expect_success 'MA-24 odd but legal prefixes come through byte for byte' '
	for prefix in / "/a b" "/a " "/ü€😀" "/-x" "/..." "/a/..b" "/\$(x)" "/a;b" "/~"
	do
		accepts "$(with "\"prefix\":\"$prefix\"")" &&
		printf "%s\n" "  \"prefix\": \"$prefix\"" >expect &&
		grep prefix actual >line &&
		test_cmp expect line || return 1
	done &&
	accepts "$(with "\"prefix\":\"/a\\\\b\\\"c\"")" &&
	test-tool treeptr show x.treeptr >shown &&
	printf "%s\n" "prefix /a\\b\"c" >expect &&
	grep ^prefix shown >line &&
	test_cmp expect line
'

test_expect_success 'BI-04 a treeptr cut at any byte is no treeptr' '
	for name in full least filtered crlf hand
	do
		size=$(test_file_size $name.treeptr) &&
		test_write_lines "$size" "of $size" >expect &&
		test-tool treeptr truncate $name.treeptr >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'BI-04 a missing newline is called that' '
	printf "%s" "$(cat least.treeptr)" >x.treeptr &&
	refuses 1 "no newline at the end; it may be cut off"
'

test_expect_success 'an empty file and a file of one byte are no treeptrs' '
	: >x.treeptr &&
	refuses 1 "line 1, column 1: the text ends too early" &&
	printf "\000" >x.treeptr &&
	refuses 1 "line 1, column 1: not a value"
'

test_expect_success 'BI-06 BOM, trailing NUL and trailing text are refused' '
	{
		printf "\357\273\277" &&
		cat least.treeptr
	} >x.treeptr &&
	refuses 1 "line 1, column 1: starts with a byte order mark" &&
	{
		cat least.treeptr &&
		printf "\000"
	} >x.treeptr &&
	refuses 1 "line 6, column 1: something stands behind the value" &&
	cat least.treeptr least.treeptr >x.treeptr &&
	refuses 1 "line 6, column 1: something stands behind the value"
'

# pad SIZE: a canonical treeptr of so many bytes
pad () {
	head='{
  "treeptr": 1,
  "id": "'$id'",
  "size": 0,
  "pad": "' &&
	printf '%s%0*d"\n}\n' "$head" $(($1 - ${#head} - 4)) 0
}

test_expect_success 'BI-06 64 KiB are read, one byte more is not' '
	pad 65536 >x.treeptr &&
	test "$(test_file_size x.treeptr)" = 65536 &&
	test-tool treeptr show x.treeptr >shown &&
	test_grep "^likely 1 canonical 1 " shown &&
	pad 65537 >x.treeptr &&
	test_expect_code 1 test-tool treeptr format x.treeptr 2>err &&
	test_grep "^error: .x.treeptr. is over 65536 bytes" err &&
	echo 0 >expect &&
	test-tool treeptr likely x.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'dense JSON that would grow past 64 KiB is refused' '
	python3 -c "
print(\"[\" * 60 + \",\".join([\"0\"] * 1000) + \"]\" * 60, end=\"\")
" >deep &&
	refuses 1 "over 65536 bytes in its canonical spelling" \
		"$(with "\"x\":$(cat deep)")"
'

test_expect_success 'BI-07 only the canonical head looks like a treeptr' '
	likely () {
		printf "$1" >x &&
		echo "$2" >expect &&
		test-tool treeptr likely x >actual &&
		test_cmp expect actual
	} &&
	likely "" 0 &&
	likely "{" 0 &&
	likely "{\n  \"treeptr\": 1," 0 &&
	likely "{\n  \"treeptr\": 1,\n" 1 &&
	likely "{\r\n  \"treeptr\": 1,\r\n" 1 &&
	likely "{\r\n  \"treeptr\": 1,\n" 0 &&
	likely "{\n  \"treeptr\": 2,\n" 0 &&
	likely " {\n  \"treeptr\": 1,\n" 0 &&
	likely "{\n\t\"treeptr\": 1,\n" 0 &&
	likely "\357\273\277{\n  \"treeptr\": 1,\n" 0 &&
	likely "{\n  \"treeptr\": 1,\n\000\377binary" 1
'

test_expect_success 'a failed parse leaves what was there' '
	echo "-4 kept" >expect &&
	echo "{\"treeptr\":1,\"id\":\"$id\",\"size\":1,\"format\":\"zip\",\"prefix\":\"x\"}" \
		>x.treeptr &&
	test-tool treeptr keep full.treeptr x.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'a file that is not there is missing, a directory refused' '
	test_expect_code 1 test-tool treeptr format nope.treeptr 2>err &&
	test_grep "^error: .nope.treeptr. is not there" err &&
	mkdir -p dir.treeptr &&
	test_expect_code 1 test-tool treeptr format dir.treeptr 2>err &&
	test_grep "dir.treeptr" err
'

test_expect_success '--meta adds to provenance, replaces in place, keeps the rest' '
	cat >expect <<-EOF &&
	{
	  "treeptr": 1,
	  "id": "$id",
	  "size": 0,
	  "provenance": {
	    "url": "https://x/\"q\"",
	    "date": "ü"
	  }
	}
	EOF
	sed "s/\"q\"/\\\\\\\\\"q\\\\\\\\\"/" expect >expect.json &&
	test-tool treeptr meta least.treeptr url "https://x/\"q\"" date "ü" >actual &&
	test_cmp expect.json actual &&
	sed -e "s|\"url\": .*|\"url\": \"u\",|" \
	    -e "s|^    \]|    ],\n    \"k.e-y_1\": \"v\\\\nw\"|" \
		full.treeptr >expect &&
	test-tool treeptr meta full.treeptr url u k.e-y_1 "v
w" >actual &&
	test_cmp expect actual &&
	test-tool treeptr show actual >shown &&
	test_grep "^likely 1 canonical 1 " shown
'

test_expect_success '--meta refuses what is no key, no UTF-8, or too much' '
	for key in "" "a b" "a/b" "a\"" "ü" "a=b"
	do
		test_expect_code 128 test-tool treeptr meta least.treeptr \
			"$key" v 2>err &&
		test_grep "is no key" err || return 1
	done &&
	test_expect_code 128 test-tool treeptr meta least.treeptr \
		k "$(printf "\377")" 2>err &&
	test_grep "the value of .k. is not UTF-8" err &&
	test_expect_code 128 test-tool treeptr meta least.treeptr \
		k "$(pad 65000)" l "$(pad 1000)" 2>err &&
	test_grep "with .l. the treeptr would be over 65536 bytes" err
'

test_expect_success 'MA-26 what a treeptr says is quoted before it is shown' '
	printf "{\"treeptr\":1,\"id\":\"%s\",\"size\":1,\"format\":\"\342\200\256\\u001b\"}\n" \
		"$id" >"$(printf "x\033.treeptr")" &&
	test_expect_code 1 test-tool treeptr format "$(printf "x\033.treeptr")" 2>err &&
	test_grep "^error: .x\\\\x1b.treeptr.: .format. is .\\\\u{202e}\\\\x1b., none" err
'

test_done
