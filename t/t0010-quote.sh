#!/bin/sh

test_description='other people'\''s bytes are shown, not obeyed (MA-26)'

. "$(dirname "$0")/test-lib.sh"

# quote FORMAT: what printf makes of it, quoted
quote () {
	# shellcheck disable=SC2059
	printf "$1" | test-tool base quote
}

quotes_to () {
	quote "$1" >actual &&
	printf '%s' "$2" >expect &&
	test_cmp expect actual
}

test_expect_success 'text that does no harm is left alone' '
	quotes_to "deps/Python-3.10.4 (x86).treeptr" \
		"deps/Python-3.10.4 (x86).treeptr" &&
	quotes_to "~ \`\$(x)\`; *?[]{}|&<>%%!#\"" "~ \`\$(x)\`; *?[]{}|&<>%!#\"" &&
	quotes_to "\303\274\342\202\254\360\237\230\200" "ü€😀" &&
	quotes_to "" ""
'

test_expect_success 'a backslash is doubled, so that an escape is no lie' '
	quotes_to "a\\\\nb" "a\\\\nb"
'

test_expect_success 'MA-26 C0 and DEL are escaped' '
	quotes_to "a\nb\tc" "a\\nb\\tc" &&
	quotes_to "\r\033]0;owned\007" "\\x0d\\x1b]0;owned\\x07" &&
	quotes_to "\001\037\177" "\\x01\\x1f\\x7f" &&
	quotes_to "a\000b" "a\\x00b"
'

test_expect_success 'MA-26 C1 is escaped, in UTF-8 and as bytes' '
	quotes_to "\302\200\302\233\302\237" "\\u{0080}\\u{009b}\\u{009f}" &&
	quotes_to "\302\240" "$(printf "\302\240")" &&
	quotes_to "\233[31m" "\\x9b[31m"
'

test_expect_success 'MA-26 bidirectional controls are escaped' '
	quotes_to "\342\200\252\342\200\256" "\\u{202a}\\u{202e}" &&
	quotes_to "\342\201\246\342\201\251" "\\u{2066}\\u{2069}" &&
	quotes_to "\342\200\216\342\200\217\330\234" \
		"\\u{200e}\\u{200f}\\u{061c}"
'

test_expect_success 'MA-26 what nobody sees is escaped' '
	quotes_to "\342\200\213\342\200\215\342\201\240\357\273\277" \
		"\\u{200b}\\u{200d}\\u{2060}\\u{feff}" &&
	quotes_to "\342\200\250\342\200\251" "\\u{2028}\\u{2029}" &&
	quotes_to "\363\240\200\201\363\240\201\277" "\\u{e0001}\\u{e007f}"
'

test_expect_success 'noncharacters are escaped, their neighbours are not' '
	quotes_to "\357\277\276\357\277\277" "\\u{fffe}\\u{ffff}" &&
	quotes_to "\357\267\220\357\267\257" "\\u{fdd0}\\u{fdef}" &&
	quotes_to "\360\237\277\276\364\217\277\277" "\\u{1fffe}\\u{10ffff}" &&
	quotes_to "\357\277\275" "$(printf "\357\277\275")"
'

test_expect_success 'bytes that are no UTF-8 are escaped one by one' '
	quotes_to "\377\376" "\\xff\\xfe" &&
	quotes_to "caf\351" "caf\\xe9" &&
	quotes_to "\300\257" "\\xc0\\xaf" &&
	quotes_to "\340\200\257" "\\xe0\\x80\\xaf" &&
	quotes_to "\355\240\200" "\\xed\\xa0\\x80" &&
	quotes_to "\364\220\200\200" "\\xf4\\x90\\x80\\x80" &&
	quotes_to "\342\202" "\\xe2\\x82" &&
	quotes_to "\342x" "\\xe2x"
'

test_expect_success PYTHON3 'no control character gets through, whatever comes' '
	python3 -c "
import random, sys
random.seed(26)
sys.stdout.buffer.write(bytes(random.randrange(256) for i in range(300000)))
for c in range(0x110000):
	sys.stdout.buffer.write(chr(c).encode(\"utf-8\", \"surrogatepass\"))
" >in &&
	test-tool base quote <in >out &&
	python3 -c "
import sys, unicodedata
text = sys.stdin.buffer.read().decode()
bad = {c for c in text if unicodedata.category(c) in (\"Cc\", \"Cs\")
       or unicodedata.bidirectional(c) in (\"LRE\", \"RLE\", \"LRO\", \"RLO\",
					   \"PDF\", \"LRI\", \"RLI\", \"FSI\", \"PDI\")}
sys.exit(repr(bad) if bad else 0)
" <out
'

test_expect_success 'quoted() keeps eight answers alive' '
	echo "1 8 8" >expect &&
	test-tool base quoted-ring >actual &&
	test_cmp expect actual
'

test_expect_success 'MA-26 a name of 10 MiB loses its middle, not the message its end' '
	{
		printf "start" &&
		test-tool genrandom x 10485760 | tr "\\000" x &&
		printf "end"
	} >in &&
	test-tool base quoted <in >out &&
	test_line_count = 1 out &&
	test "$(wc -c <out)" -le 1620 &&
	test_grep "^start.*\.\.\..*end\$" out
'

test_expect_success 'a long name is not cut inside a character' '
	i=0 &&
	while test $i -lt 300
	do
		printf "€" &&
		i=$((i + 1))
	done >in &&
	for pad in "" x xx
	do
		printf "%s" "$pad" | cat - in |
		test-tool base quoted >out &&
		test_grep ! -e "\\\\x" out || return 1
	done &&
	test_grep "\.\.\." out
'

test_expect_success 'MA-26 a message is one line of bounded length' '
	test-tool genrandom x 10485760 | tr "\\000" "\\n" >in &&
	test-tool base say "error: " <in 2>err &&
	test_line_count = 1 err &&
	test "$(wc -c <err)" -le 1010 &&
	test_grep "^error: .*\.\.\.\$" err
'

test_expect_success 'a message escapes what its author forgot, but not twice' '
	printf "%s\n\033" "cannot open '\''a\\x1b'\''" |
	test-tool base say "error: " 2>err &&
	printf "%s\n" "error: cannot open '\''a\\x1b'\''\\n\\x1b" >expect &&
	test_cmp expect err
'

test_expect_success STRACE,!SANITIZE 'a message is one write' '
	echo hello | strace -qq -e trace=write -e signal=none -o trace \
		test-tool base say "warning: " 2>err &&
	grep "write(2" trace >writes &&
	test_line_count = 1 writes
'

test_expect_success 'a closed stderr harms nobody' '
	echo hello | test-tool base say "warning: " 2>&-
'

test_done
