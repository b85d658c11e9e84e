#!/bin/sh

test_description='git medo track and untrack: lines of .gitattributes'

. "$(dirname "$0")/test-lib.sh"

OURS="filter=medo diff=medo merge=medo -text"

# attributes LINE...: .gitattributes is exactly that
attributes () {
	test_write_lines "$@" >expect &&
	test_cmp expect .gitattributes
}

# filtered PATH...: git says so of each
filtered () {
	for filtered_path
	do
		echo "medo"
	done >expect &&
	printf "%s\0" "$@" | git check-attr --stdin -z filter |
	tr "\0" "\n" | sed -n "3~3p" >actual &&
	test_cmp expect actual
}

# not_filtered PATH: git says so
not_filtered () {
	printf "%s\0" "$1" | git check-attr --stdin -z filter |
	tr "\0" "\n" | grep "^unspecified$"
}

test_expect_success 'setup' '
	git init -q .
'

test_expect_success 'track writes a line for each pattern' '
	git medo track "*.bin" "data/**" >out &&
	attributes "*.bin $OURS" "data/** $OURS" &&
	printf "*.bin\t.gitattributes\ndata/**\t.gitattributes\n" >expect &&
	test_cmp expect out &&
	filtered a.bin x/b.bin data/x/y
'

test_expect_success 'a second time it changes nothing and says nothing' '
	git medo track "*.bin" >out &&
	test_must_be_empty out &&
	attributes "*.bin $OURS" "data/** $OURS"
'

test_expect_success 'without operands it lists, from everywhere' '
	mkdir -p sub/deep &&
	(cd sub && git medo track -q "*.iso" && git medo track -q "a b") &&
	mkdir -p .git/info && echo "*.priv filter=medo" >.git/info/attributes &&
	git medo track >out &&
	cat >expect <<-EOF &&
	*.bin	.gitattributes
	data/**	.gitattributes
	*.iso	sub/.gitattributes
	a b	sub/.gitattributes
	*.priv	$PWD/.git/info/attributes
	EOF
	test_cmp expect out &&
	(cd sub/deep && git medo track) >out &&
	test_grep "^\*.iso	../../sub/.gitattributes" out &&
	git medo track --json | head -n 1 >out &&
	echo "{\"pattern\":\"*.bin\",\"file\":\".gitattributes\"}" >expect &&
	test_cmp expect out
'

test_expect_success 'a pattern belongs to the directory it is given in' '
	filtered sub/x.iso "sub/a b" &&
	not_filtered x.iso
'

test_expect_success 'blanks, #, quotes and [attr] match what they say' '
	rm .gitattributes &&
	git medo track -q "two words" "#hash" "\"quoted\"" "[attr]x" "./dot" &&
	attributes "two[[:space:]]words $OURS" "\\#hash $OURS" \
		"[\"]quoted\" $OURS" "\\[attr]x $OURS" "dot $OURS" &&
	filtered "two words" "#hash" "\"quoted\"" "[attr]x" dot
'

test_expect_success '--filename takes every character for itself' '
	rm .gitattributes &&
	git medo track -q --filename "a*b?[c].x" "back\\slash" "!bang" \
		"sp ace/#x" &&
	filtered "a*b?[c].x" "back\\slash" "!bang" "sp ace/#x" &&
	not_filtered "aXb1c.x" &&
	not_filtered "sub/!bang" &&
	cp .gitattributes before &&
	git medo track -q --filename "a*b?[c].x" &&
	test_cmp before .gitattributes
'

test_expect_success '--filename outside of this directory goes to the top' '
	rm .gitattributes &&
	(cd sub && git medo track -q --filename ../top.raw deep/x.raw) &&
	filtered top.raw sub/deep/x.raw &&
	attributes "/top.raw $OURS" &&
	(cd sub && test_must_fail git medo track ../top.raw)
'

test_expect_success 'what stands there already is kept, byte by byte' '
	printf "# note\n*.txt text\r\n\n*.zip  filter=lfs" >.gitattributes &&
	cp .gitattributes before &&
	git medo track -q "*.zip" &&
	{ cat before && printf "\n*.zip %s\n" "$OURS"; } >expect &&
	test_cmp expect .gitattributes &&
	filtered a.zip &&
	git medo untrack -q "*.zip" &&
	{ cat before && echo; } >expect &&
	test_cmp expect .gitattributes
'

test_expect_success '--dry-run writes nothing' '
	cp .gitattributes before &&
	git medo track -n "*.dry" >out &&
	test_grep "dry" out &&
	test_cmp before .gitattributes &&
	git medo track -q "*.dry" &&
	cp .gitattributes before &&
	git medo untrack --dry-run "*.dry" &&
	test_cmp before .gitattributes
'

test_expect_success 'untrack takes our words, and leaves those of others' '
	echo "*.bin $OURS lockable export-ignore" >.gitattributes &&
	git medo untrack "*.bin" >out &&
	echo "*.bin" >expect && test_cmp expect out &&
	attributes "*.bin lockable export-ignore" &&
	git medo track -q "a b" && git medo untrack -q "a b" &&
	attributes "*.bin lockable export-ignore"
'

test_expect_success 'a file that held nothing else goes' '
	rm .gitattributes &&
	git medo track -q "*.bin" "*.iso" &&
	git medo untrack -q "*.bin" "*.iso" &&
	test_path_is_missing .gitattributes
'

test_expect_success 'untrack of what is not tracked exits 1' '
	test_expect_code 1 git medo untrack "*.none" 2>err &&
	test_grep "none" err &&
	test_expect_code 129 git medo untrack
'

test_expect_success 'what git would not match, or must not filter, is refused' '
	for pattern in "!x" "dir/" "" "$(printf "a\nb")" "*" ".git*" \
		"SILO.json" "*.treeptr" "*.json" "$(printf "%02100d" 1)"
	do
		test_must_fail git medo track "$pattern" 2>err ||
			return 1
	done &&
	test_path_is_missing .gitattributes
'

test_expect_success 'BI-05 a line of 3 MiB is no trouble' '
	{ printf "%03145728d" 1 && echo " text"; } >.gitattributes &&
	cp .gitattributes before &&
	git medo track -q "*.bin" &&
	filtered a.bin &&
	git medo track >out &&
	test_grep "^\*.bin	" out &&
	git medo untrack -q "*.bin" &&
	test_cmp before .gitattributes &&
	rm .gitattributes
'

test_expect_success 'a .gitattributes that is a symlink is not written through' '
	echo "*.x text" >elsewhere &&
	cp elsewhere before &&
	ln -s elsewhere .gitattributes &&
	test_must_fail git medo track "*.bin" 2>err &&
	test_grep "no plain file" err &&
	test_cmp before elsewhere &&
	rm .gitattributes
'

test_expect_success 'files that are in git already are counted, in a word' '
	: >old.bin && git add old.bin &&
	git medo track "*.bin" >out 2>err &&
	test_grep "hint: 1 tracked.*renormalize" err &&
	git medo track -q "*.iso" 2>err &&
	test_must_be_empty err
'

test_done
