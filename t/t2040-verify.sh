#!/bin/sh

test_description='git medo verify tells good pointers, blobs and trees from bad ones'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: a silo that holds two trees' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	mkdir one two &&
	test-tool genrandom one 100000 >one/data &&
	test-tool genrandom two 100000 >two/data &&
	git medo add one deps/one.treeptr &&
	git medo add two deps/two.treeptr &&
	git medo push &&
	cp -R far far.good &&
	cp -R "$(cache_dir)" cache.good &&
	cp -R deps deps.good
'

restore () {
	rm -rf far deps out "$(cache_dir)" &&
	cp -R far.good far &&
	cp -R deps.good deps &&
	cp -R cache.good "$(cache_dir)"
}

test_expect_success 'good trees are passed in silence' '
	for options in "" --deep --remote --quiet "--remote --deep"
	do
		# shellcheck disable=SC2086
		git medo verify $options deps >out 2>err &&
		test_must_be_empty out &&
		test_must_be_empty err || return 1
	done
'

test_expect_success 'without operands: the whole work tree, from below it too' '
	test_when_finished restore &&
	rm -rf "$(cache_dir)" deps.good/x && mkdir -p sub &&
	test_expect_code 1 git medo verify deps >expect 2>err &&
	test_line_count -eq 2 expect &&
	test_expect_code 1 git medo verify deps.good deps >actual 2>err &&
	test_line_count -eq 4 actual &&
	(
		cd sub &&
		test_expect_code 1 git medo verify >../actual 2>err
	) &&
	grep "	../deps/one.treeptr" actual
'

test_expect_success 'every bad blob is named, with the reason' '
	test_when_finished restore &&
	rm "$(silo_blob "$(cache_dir)" deps/one.treeptr)" &&
	flip_byte "$(silo_blob "$(cache_dir)" deps/two.treeptr)" &&
	printf "missing\tdeps/one.treeptr\ncorrupt\tdeps/two.treeptr\n" >expect &&
	test_expect_code 1 git medo verify deps >actual 2>err &&
	test_cmp expect actual &&
	test_grep "^error: .deps/one.treeptr.: .*not on this disk.*git medo fetch" err &&
	test_grep "^error: .deps/two.treeptr.: " err &&
	test_line_count -eq 2 err
'

test_expect_success 'and with --remote those of the silos' '
	test_when_finished restore &&
	rm "$(silo_blob far deps/one.treeptr)" &&
	flip_byte "$(silo_blob far deps/two.treeptr)" &&
	test_expect_code 1 git medo verify --remote deps >actual 2>err &&
	test_cmp expect actual &&
	test_grep "^error: .deps/one.treeptr.: .*not in any of its silos" err &&
	test_grep "^error: .deps/two.treeptr.: blob .* in silo .*/far" err &&
	git medo verify deps
'

test_expect_success 'BI-02 malformed pointers are named, and the others looked at' '
	test_when_finished restore &&
	echo "{" >deps/bad.treeptr &&
	rm "$(silo_blob "$(cache_dir)" deps/two.treeptr)" &&
	printf "malformed\tdeps/bad.treeptr\nmissing\tdeps/two.treeptr\n" >expect &&
	test_expect_code 1 git medo verify deps >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'BI-04 a treeptr cut off at any byte is malformed' '
	test_when_finished restore &&
	full=deps/one.treeptr &&
	mkdir cut &&
	for n in $(seq 0 $(($(wc -c <$full) - 1)))
	do
		head -c "$n" $full >"cut/$n.treeptr" || return 1
	done &&
	cp $full cut/full.treeptr &&
	test_expect_code 1 git medo verify cut >actual 2>err &&
	wc -c <$full >expect && wc -l <actual >lines && test_cmp expect lines &&
	test_grep ! -v "^malformed" actual &&
	test_grep ! full.treeptr actual &&
	rm -r cut
'

test_expect_success 'a wrong size or seal is corruption' '
	test_when_finished restore &&
	sed "/\"size\"/s/: ./: 9/" deps/one.treeptr >x && mv x deps/one.treeptr &&
	sed "/\"seal\"/s/: \"../: \"00/" deps/two.treeptr >x && mv x deps/two.treeptr &&
	printf "corrupt\tdeps/one.treeptr\ncorrupt\tdeps/two.treeptr\n" >expect &&
	test_expect_code 1 git medo verify deps >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'what was verified is believed until it changes' '
	restore && git medo verify deps &&
	verified=$(cache_dir)/verified &&
	test_line_count -eq 2 "$verified" &&
	blob=$(silo_blob "$(cache_dir)" deps/one.treeptr) &&
	touch "$blob" &&
	git medo verify deps &&
	test_line_count -gt 2 "$verified"
'

test_expect_success 'a record of what was verified that is no record is ignored' '
	test_when_finished restore &&
	for text in "" "garbage" "$(printf "%064d" 0)" "$(printf "%0100d" 0)"
	do
		echo "$text" >"$verified" &&
		git medo verify deps || return 1
	done &&
	rm "$verified" && mkdir "$verified" &&
	git medo verify deps 2>err &&
	rmdir "$verified"
'

test_expect_success 'the first silo that is out of reach: exit 3, no verdict' '
	test_when_finished "mv away far" &&
	mv far away &&
	test_expect_code 3 git medo verify --remote deps >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^error: there is no silo at .*/far" err
'

test_expect_success 'a silo that nobody allowed: exit 4, and the command' '
	test_when_finished "git medo allow \"$PWD/far\"" &&
	git medo allow --remove "$PWD/far" &&
	test_expect_code 4 git medo verify --remote deps >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "git medo allow .$PWD/far" err
'

test_expect_success 'of several silos one must have it, and each that has it be right' '
	test_when_finished restore &&
	git medo init -q --silo mirror deps &&
	silo_create mirror &&
	git medo verify --remote deps &&
	cp -R far/objects mirror/ &&
	flip_byte "$(silo_blob mirror deps/one.treeptr)" &&
	printf "corrupt\tdeps/one.treeptr\n" >expect &&
	test_expect_code 1 git medo verify --remote deps >actual 2>err &&
	test_cmp expect actual &&
	test_grep "silo .*/mirror" err
'

test_expect_success 'expanded trees: right ones are passed in silence' '
	restore &&
	git medo expand -q deps out &&
	for options in "" --deep
	do
		# shellcheck disable=SC2086
		git medo verify $options out >actual 2>err &&
		test_must_be_empty actual &&
		test_must_be_empty err || return 1
	done &&
	git medo verify deps --dest out
'

test_expect_success 'expanded trees: what changed is named' '
	for change in "echo x >>out/one/data" "rm out/one/data" \
		"touch out/one/new" "chmod +x out/one/data"
	do
		rm -rf out && git medo expand -q deps out && eval "$change" &&
		printf "corrupt\tout/one\n" >expect &&
		test_expect_code 1 git medo verify out >actual 2>err &&
		test_cmp expect actual &&
		test_grep "out/one/" err &&
		test_line_count -eq 1 err || return 1
	done
'

test_expect_success 'expanded trees: one that is gone' '
	rm -rf out/one &&
	printf "missing\tout/one\n" >expect &&
	test_expect_code 1 git medo verify out >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'expanded trees: the copy of the treeptr is damaged' '
	rm -rf out && git medo expand -q deps out &&
	echo x >>out/two.treeptr &&
	printf "malformed\tout/two\n" >expect &&
	test_expect_code 1 git medo verify out >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'expanded trees: a damaged record is no record' '
	git medo expand -q deps/two.treeptr out &&
	for text in "" "{}" "{ \"stat\": 7 }" "garbage"
	do
		echo "$text" >out/.medo/one.json &&
		git medo verify out || return 1
	done
'

test_expect_success 'expanded trees: --dest with nothing in it' '
	mkdir empty &&
	test_expect_code 1 git medo verify --dest empty deps 2>err &&
	test_grep "empty. holds nothing that git medo expand made" err
'

test_expect_success 'a flipped bit of a file is seen, though size and time are as before' '
	rm -rf out && git medo expand -q deps out &&
	touch -r out/one/data stamp &&
	flip_byte out/one/data && chmod 644 out/one/data &&
	touch -r stamp out/one/data &&
	printf "corrupt\tout/one\n" >expect &&
	test_expect_code 1 git medo verify out >actual 2>err &&
	test_cmp expect actual &&
	test_grep "one/data. has other content" err
'

test_expect_success '-z and --json' '
	test_expect_code 1 git medo verify -z out >actual 2>err &&
	printf "corrupt\tout/one\0" >expect &&
	test_cmp_bin expect actual &&
	test_expect_code 1 git medo verify --json out >actual 2>err &&
	echo "{\"verdict\":\"corrupt\",\"path\":\"out/one\"}" >expect &&
	test_cmp expect actual
'

test_expect_success 'operands that make no sense' '
	test_expect_code 1 git medo verify absent.treeptr 2>err &&
	test_grep "absent.treeptr. is not there" err &&
	test_expect_code 128 git medo verify one/data 2>err &&
	test_expect_code 129 git medo verify --bogus
'

test_expect_success 'outside of a repository the cache is looked at' '
	rm -rf out &&
	git medo cat deps/one.treeptr >content &&
	mkdir "$TEST_TOP/ground" &&
	cp deps/one.treeptr "$TEST_TOP/ground" &&
	(cd "$TEST_TOP/ground" && git medo verify one.treeptr) &&
	rm -r "$TEST_TOP/ground"
'

test_done
