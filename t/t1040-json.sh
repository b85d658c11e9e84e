#!/bin/sh

test_description='JSON is read strictly and kept as it was written (RFC 8259)'

. "$(dirname "$0")/test-lib.sh"

# refuses MESSAGE TEXT: the message is a pattern
refuses () {
	printf '%s' "$2" >in &&
	test_expect_code 1 test-tool json parse in >out 2>err &&
	test_must_be_empty out &&
	test_line_count -eq 1 err &&
	test_grep "^error: .the text.: $1\$" err
}

# take KIND TEXT EXPECTED: how the member "k" of the object is taken
take () {
	printf '%s' "$2" >in &&
	test-tool json take in k >out &&
	sed -n "s/^$1: //p" out >actual &&
	printf '%s\n' "$3" >expect &&
	test_cmp expect actual
}

test_expect_success 'BI-01 each of 120 well-formed texts is read' '
	test-tool json table "$TEST_DIRECTORY/t1040/valid.txt" >out &&
	test_grep ! "^no " out &&
	test_line_count -ge 120 out
'

test_expect_success 'BI-01 each of 280 ill-formed texts is refused with its place' '
	test-tool json table "$TEST_DIRECTORY/t1040/invalid.txt" >out &&
	test_grep ! "^ok " out &&
	test_line_count -ge 280 out &&
	sed "/	line [0-9]*, column [0-9]*: /d" out >speechless &&
	test_must_be_empty speechless
'

test_expect_success 'an empty text is refused' '
	refuses "line 1, column 1: the text ends too early" ""
'

test_expect_success 'a failure counts lines and characters' '
	refuses "line 3, column 8: expected .,. or .}." "$(printf "{\n\"a\": 1,\n\"é\": 2 3}")" &&
	refuses "line 1, column 1: starts with a byte order mark" \
		"$(printf "\357\273\277{}")" &&
	refuses "line 1, column 9: key .a. for the second time" "{\"a\":1, \"a\":2}" &&
	refuses "line 1, column 2: not a value" "[nul]"
'

test_expect_success 'MA-26 a key is quoted before it is shown' '
	refuses "line 1, column 9: key .\\\\u{009b}. for the second time" \
		"$(printf "{\"\302\233\": 1, \"\302\233\": 2}" | sed "s/, /,/")"
'

test_expect_success 'a scanned text never reads past its end' '
	printf "%s" "{\"a\":[1,2.5e1,\"b\\u00e9\\ud83d\\ude00\",true,null,{}]}" >whole &&
	python3 -c "
text = open(\"whole\").read()
for n in range(1, len(text)):
	print(text[:n])
" >cuts &&
	test-tool json table cuts >out &&
	test_grep ! "^ok " out &&
	test_line_count -ge 40 out
'

test_expect_success 'strings are decoded; NUL and other types are refused' '
	take str "{\"k\":\"v\"}" "yes, v" &&
	take str "{\"k\":\"\"}" "yes, " &&
	take str "{\"k\":\"a\\\\b\\\"\\/\"}" "yes, a\\b\"/" &&
	take str "{\"k\":\"\\u00e9\\u20ac\\ud83d\\ude00é\"}" "yes, é€😀é" &&
	take str "{\"\\u006b\":\"v\"}" "yes, v" &&
	take str "{\"K\":\"v\"}" "not there" &&
	take str "{\"x\":{\"k\":\"v\"}}" "not there" &&
	take str "[\"k\"]" "not there" &&
	take str "{\"k\":\"a\\u0000b\"}" "'\''the text'\'': '\''k'\'' contains NUL" &&
	take str "{\"k\":1}" "'\''the text'\'': '\''k'\'' is not a string" &&
	take str "{\"k\":null}" "'\''the text'\'': '\''k'\'' is not a string"
'

test_expect_success 'integers go up to 2^53-1 and are spelled in digits' '
	take u64 "{\"k\":0}" "yes, 0" &&
	take u64 "{\"k\":9007199254740991}" "yes, 9007199254740991" &&
	for n in 9007199254740992 18446744073709551615 18446744073709551616 \
		100000000000000000000000000000000000000000000000000000000
	do
		take u64 "{\"k\":$n}" \
			"'\''the text'\'': '\''k'\'' is over 9007199254740991" ||
		return 1
	done &&
	for n in -1 -0 -9007199254740993 -1.5
	do
		take u64 "{\"k\":$n}" \
			"'\''the text'\'': '\''k'\'' is negative" || return 1
	done &&
	for n in 1.0 1e3 1E0 1e309 0.5
	do
		take u64 "{\"k\":$n}" \
			"'\''the text'\'': '\''k'\'' is not an integer in plain digits" ||
		return 1
	done &&
	take u64 "{\"k\":\"1\"}" "'\''the text'\'': '\''k'\'' is not a number"
'

test_expect_success 'booleans are true and false' '
	take bool "{\"k\":true}" "yes, 1" &&
	take bool "{\"k\":false}" "yes, 0" &&
	take bool "{\"k\":0}" "'\''the text'\'': '\''k'\'' is neither true nor false"
'

sha1=8b3158bbb2eb67e8e398a09d20527c69e6090fc0
sha256=${sha1}8b3158bbb2eb67e8e398a09d

test_expect_success 'BI-02 ids have 40 or 64 lower-case digits' '
	take id "{\"k\":\"$sha1\"}" "yes, $sha1" &&
	take id "{\"k\":\"$sha256\"}" "yes, $sha256" &&
	take id "{\"k\":\"\\u0038${sha1#8}\"}" "yes, $sha1" &&
	take id "{\"k\":\"${sha1#?}\"}" \
		"'\''the text'\'': '\''k'\'' has 39 characters, not 40 or 64" &&
	take id "{\"k\":\"${sha1}0\"}" \
		"'\''the text'\'': '\''k'\'' has 41 characters, not 40 or 64" &&
	take id "{\"k\":\"${sha1%?}A\"}" \
		"'\''the text'\'': '\''k'\'' has upper-case digits" &&
	take id "{\"k\":\"${sha1%?}g\"}" \
		"'\''the text'\'': '\''k'\'' is not hexadecimal" &&
	take id "{\"k\":123}" "'\''the text'\'': '\''k'\'' is not a string"
'

test_expect_success 'seals have 64 lower-case digits' '
	take seal "{\"k\":\"$sha256\"}" "yes, $sha256" &&
	take seal "{\"k\":\"$sha1\"}" \
		"'\''the text'\'': '\''k'\'' has 40 characters, not 64"
'

test_expect_success 'keys come in their order, decoded' '
	printf "%s" "{\"z\":1,\"\\u0061\":2,\"\":3,\"é\":4}" >in &&
	test_write_lines "\"z\"" "\"a\"" "\"\"" "\"é\"" >expect &&
	test-tool json keys in >actual &&
	test_cmp expect actual
'

test_expect_success 'a value is kept byte for byte' '
	printf "{\"a\": 1, \"b\" :\t{ \"x\" : 1.50e+00,\n\"y\":\"\\\\u0041\"} , \"c\":[]}" >in &&
	printf "{ \"x\" : 1.50e+00,\n\"y\":\"\\\\u0041\"}\n" >expect &&
	test-tool json raw in b >actual &&
	test_cmp expect actual
'

test_expect_success 'pretty is two spaces, tokens as written, and settled' '
	cat >in <<-\EOF &&
	{ "a":1.50e+00,"b" : [ ],"c":{
	},"d":[1,[2 ,{"e":"\u0041\/"}]],"f":null}
	EOF
	cat >expect <<-\EOF &&
	{
	  "a": 1.50e+00,
	  "b": [],
	  "c": {},
	  "d": [
	    1,
	    [
	      2,
	      {
	        "e": "\u0041\/"
	      }
	    ]
	  ],
	  "f": null
	}
	EOF
	test-tool json pretty in >actual &&
	test_cmp expect actual &&
	test-tool json pretty actual >again &&
	test_cmp expect again
'

test_expect_success 'what is written is what JSON demands' '
	printf "a\"b\\\\c/\001\010\t\n\f\r\037\177é\377\342\202" >in &&
	test-tool json string in >actual &&
	printf "%s\177%s\n" "\"a\\\"b\\\\c/\\u0001\\b\\t\\n\\f\\r\\u001f" \
		"é\\ufffd\\ufffd\\ufffd\"" >expect &&
	test_cmp expect actual &&
	printf "\000" >in &&
	test-tool json string in >actual &&
	echo "\"\\u0000\"" >expect &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'strings survive writing and reading' '
	python3 -c "
import random
random.seed(1)
print(\"\".join(chr(c) for c in random.sample(
	list(range(1, 0xd800)) + list(range(0xe000, 0x110000)), 20000)), end=\"\")
" >in &&
	{
		printf "{\"k\":" &&
		test-tool json string in &&
		echo "}"
	} >text &&
	test-tool json parse text &&
	python3 -c "
import json
assert json.load(open(\"text\"))[\"k\"] == open(\"in\", newline=\"\").read()
"
'

test_expect_success PYTHON3 'BI-03 texts nested 10^5 deep are refused, not recursed into' '
	for open in "[" "{\"a\":" "[{\"a\":"
	do
		python3 -c "
import sys
print(sys.argv[1] * 100000, end=\"\")
" "$open" >deep &&
		(
			ulimit -s 256 &&
			test_expect_code 1 test-tool json parse deep 2>err
		) &&
		test_grep "nested deeper than 64 levels" err || return 1
	done
'

test_expect_success PYTHON3,TIME,!SANITIZE 'BI-03 a string of 64 MiB costs no memory besides its own' '
	python3 -c "
import sys
sys.stdout.write(\"[\\\"\" + \"x\" * (64 << 20) + \"\\\"]\")
" >big &&
	test_peak_kib peak test-tool json parse big &&
	test "$(cat peak)" -lt $((80 * 1024)) &&
	head -c 67108864 big >cut &&
	test_expect_code 1 test-tool json parse cut 2>err &&
	test_grep "the text ends too early" err
'

test_expect_success PYTHON3 'an object of 100,000 keys is checked for duplicates at once' '
	python3 -c "
import sys
print(\"{\" + \",\".join(\"\\\"%06x\\\":0\" % i for i in range(100000)) + \"}\")
" >many &&
	timeout 10 test-tool json parse many &&
	sed "s/}/,\"\\\\u0030186a0\":1,\"00000f\":2}/" many >twice &&
	test_expect_code 1 timeout 10 test-tool json parse twice 2>err &&
	test_grep "key .00000f. for the second time" err
'

test_done
