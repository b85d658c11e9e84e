#!/bin/sh

test_description='what README.md and the pages show is what happens'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

DOC=$SOURCE_DIRECTORY/Documentation
README=$SOURCE_DIRECTORY/README.md

# block FENCE N FILE: the N-th block between two lines FENCE
block () {
	awk -v fence="$1" -v want="$2" '
		$0 == fence {
			inside = !inside
			n += inside
			next
		}
		inside && n == want' "$3"
}

# commands: of a block, without the prompts and what is not a command
commands () {
	sed -n -e 's/^\$ //p' -e 's/^  //p'
}

test_expect_success 'the first block of README.md is the two commands' '
	block "\`\`\`" 1 "$README" | sed "s/ *#.*//" >actual &&
	test_write_lines "make quickstart" "make test" >expect &&
	test_cmp expect actual &&
	for target in quickstart test
	do
		grep -q "^$target:" "$SOURCE_DIRECTORY"/mk/*.mk || return 1
	done
'

test_expect_success 'every file that README.md links to is there' '
	grep -o "](\([^)h][^)]*\))" "$README" | sed "s/](\(.*\))/\1/" >links &&
	test_line_count -gt 5 links &&
	while read -r link
	do
		test_path_is_file "$SOURCE_DIRECTORY/$link" || return 1
	done <links
'

# Day one in README.md, with other places and an archive of our own
test_expect_success 'day one works as README.md tells it' '
	mkdir -p srv wedge/pkg/re2c/3.0 src/Python-3.10.4 &&
	echo "print(1)" >src/Python-3.10.4/setup.py &&
	echo re2c >wedge/pkg/re2c/3.0/re2c &&
	git init -q one &&
	tar -C src -cJf one/Python-3.10.4.tar.xz Python-3.10.4 &&
	for n in 2 3 4
	do
		block "\`\`\`" $n "$README" |
		sed -e "s|/srv/|../srv/|g" -e "s| */wedge/[^ ]*| ../wedge/pkg/re2c/3.0|" \
			>day$n || return 1
	done &&
	test_grep "git medo push" day2 &&
	test_grep "git medo allow" day3 &&
	test_grep -e --absolute day4 &&
	(cd one && sh -e ../day2) &&
	test_path_is_file one/_tmp/source/Python-3.10.4/setup.py &&
	(cd one && sh -e ../day4) &&
	git clone -q one two &&
	rm -rf "$(cache_dir)" &&
	(cd two && sh -e ../day3) &&
	tree_same one/_tmp/source/Python-3.10.4 two/_tmp/source/Python-3.10.4
'

test_expect_success 'treeptr(5) shows the treeptr that add makes' '
	block ---- 2 "$DOC/treeptr.5.adoc" >page.treeptr &&
	mkdir hello &&
	echo hello >hello/greeting &&
	git medo add --silo hello.silo hello made.treeptr &&
	for key in id size seal format tree
	do
		treeptr_get page.treeptr $key >expect &&
		test_file_size expect >size &&
		test "$(cat size)" -gt 2 &&
		treeptr_get made.treeptr $key >actual &&
		test_cmp expect actual || return 1
	done
'

test_lazy_prereq XXD '
	command -v xxd && echo | split --filter=cat
'

test_expect_success XXD 'the seal can be computed as treeptr(5) says' '
	test-tool genrandom seal 1000000 >content &&
	git medo add --silo hello.silo content content.treeptr &&
	treeptr_get content.treeptr seal >expect &&
	grep -A 1 "^\$ split" "$DOC/treeptr.5.adoc" | commands >seal.sh &&
	sh -e seal.sh >actual &&
	test_cmp expect actual
'

test_expect_success 'silo-layout(5): a blob is stored and checked without us' '
	silo_create bare.silo &&
	test-tool genrandom bare 100000 >bare.silo/FILE &&
	grep -A 3 "^\$ id=" "$DOC/silo-layout.5.adoc" | commands >store.sh &&
	test_line_count = 3 store.sh &&
	id=$(git hash-object bare.silo/FILE) &&
	(cd bare.silo && sh -e ../store.sh && rm FILE) &&
	silo verify bare.silo &&
	printf "{ \"treeptr\": 1, \"id\": \"%s\", \"size\": 100000 }\n" $id \
		>hand.treeptr &&
	git -c medo.silo="$PWD/bare.silo" medo cat hand.treeptr >actual &&
	test "$(git hash-object actual)" = $id &&
	sed -n "/^\$ find objects/,/^----/p" "$DOC/silo-layout.5.adoc" |
		commands >check.sh &&
	test_line_count = 4 check.sh &&
	(cd bare.silo && sh -e ../check.sh) >actual &&
	test_must_be_empty actual &&
	mkdir -p bare.silo/objects/00 &&
	cp "bare.silo/$(id_path $id)" bare.silo/objects/00/aa.gz &&
	(cd bare.silo && sh -e ../check.sh) >actual &&
	echo "bad: objects/00/aa.gz" >expect &&
	test_cmp expect actual
'

test_expect_success 'quickstart shows its steps and leaves nothing behind' '
	mkdir tmp &&
	rm -rf "$HOME/.cache" &&
	TMPDIR="$PWD/tmp" sh "$SOURCE_DIRECTORY/mk/quickstart.sh" >out 2>err &&
	test_dir_is_empty tmp &&
	test_grep "^\$ git medo push" out &&
	test_grep "^the same tree" out &&
	test_grep "^# It works" out &&
	test_path_is_missing "$HOME/.cache"
'

test_done
