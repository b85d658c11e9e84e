#!/bin/sh

test_description='a flipped bit is never expanded: it is found, named, and healed where it can be'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: a blob of several pieces, far away' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	mkdir tree &&
	test-tool genrandom flip 300000 >tree/noise &&
	test_seq 60000 >tree/text &&
	git medo add tree deps/tree.treeptr &&
	git medo push &&
	id=$(treeptr_get deps/tree.treeptr id) &&
	far=$(silo_blob far deps/tree.treeptr) &&
	cache=$(cache_dir)/$(id_path "$id") &&
	store=.git/medo/$(id_path "$id") &&
	cp "$far" good &&
	size=$(test_file_size good) &&
	test "$size" -gt 300000
'

# Everywhere in the file: gzip header, deflate blocks of both kinds, the cuts
# between pieces, CRC and size, index, top and trailer members.
test_expect_success 'in the silo: nothing is expanded, nothing cached' '
	for at in $(seq 0 41 300; seq 1000 60001 $((size - 1000)); \
		seq $((size - 420)) 23 $((size - 1)))
	do
		rm -rf out "$(cache_dir)" &&
		cp -f good "$far" && flip_byte "$far" "$at" &&
		test_expect_code 1 git medo expand deps/tree.treeptr out \
			>words 2>err &&
		test_must_be_empty words &&
		test_grep "^error: .*deps/tree.treeptr.: .*blob $id in silo .*/far" err &&
		test_line_count -eq 1 err &&
		test_path_is_missing out/tree &&
		test_path_is_missing "$cache" || {
			echo "flipped at $at of $size" >&2
			return 1
		}
	done &&
	silo_temps . && silo_temps "$HOME"
'

test_expect_success 'in the silo: verify --remote finds each, and names it' '
	for at in 0 3 9 500 262170 $((size / 2)) $((size - 300)) \
		$((size - 100)) $((size - 66)) $((size - 1))
	do
		cp -f good "$far" && flip_byte "$far" "$at" &&
		test_expect_code 1 git medo verify --remote >words 2>err &&
		printf "corrupt\tdeps/tree.treeptr\n" >expect &&
		test_cmp expect words &&
		test_grep "^error: .deps/tree.treeptr.: " err || return 1
	done
'

test_expect_success 'another silo of the list heals it' '
	cp -R far mirror && cp -f good "mirror/$(id_path "$id")" &&
	git medo init -q --silo "$PWD/mirror" deps &&
	rm -rf "$(cache_dir)" &&
	git medo expand deps/tree.treeptr out &&
	tree_same tree out/tree &&
	test_cmp_bin good "$cache"
'

test_expect_success 'in the cache: it is fetched again, with a warning' '
	cp -f good "$far" &&
	for at in 0 3 500 $((size / 2)) $((size - 300)) $((size - 66)) \
		$((size - 1))
	do
		rm -rf out &&
		cp -f good "$cache" && flip_byte "$cache" "$at" &&
		git medo expand deps/tree.treeptr out 2>err &&
		test_grep "^warning: .*; fetching it again" err &&
		tree_same tree out/tree &&
		test_cmp_bin good "$cache" || {
			echo "flipped at $at of $size" >&2
			return 1
		}
	done
'

test_expect_success 'in the cache: verify finds it' '
	git medo verify &&
	flip_byte "$cache" &&
	test_expect_code 1 git medo verify >words 2>err &&
	test_cmp expect words &&
	test_grep "^error: .deps/tree.treeptr.: .*/medo" err
'

test_expect_success 'in the cache, and no silo has it: nothing is expanded' '
	rm -rf out && mv far far.away && mv mirror mirror.away &&
	test_when_finished "mv far.away far; mv mirror.away mirror" &&
	test_expect_code 3 git medo expand deps/tree.treeptr out 2>err &&
	test_path_is_missing out/tree
'

test_expect_success 'in the store: it is the only copy, and stays for who can mend it' '
	rm -rf "$(cache_dir)" out &&
	test-tool genrandom only 400000 >tree/noise &&
	git medo add tree deps/only.treeptr &&
	only=$(silo_blob .git/medo deps/only.treeptr) &&
	cp "$only" only &&
	for at in 0 500 200000 $(($(test_file_size only) - 70))
	do
		cp -f only "$only" && flip_byte "$only" "$at" &&
		cp "$only" bad &&
		test_expect_code 1 git medo expand deps/only.treeptr out 2>err &&
		test_grep "deps/only.treeptr" err &&
		test_path_is_missing out/only &&
		test_cmp_bin bad "$only" || return 1
	done
'

test_expect_success 'in the store: it is not pushed' '
	test_expect_code 1 git medo push >words 2>err &&
	test_must_be_empty words &&
	test_grep "blob .* in silo .*/.git/medo" err &&
	test_path_is_missing "$(silo_blob far deps/only.treeptr)" &&
	silo_temps far
'

test_expect_success 'a bit of the treeptr: another id, size or seal is never expanded' '
	rm -rf out &&
	cp -f only "$only" &&
	for change in "/\"id\"/s/: \"../: \"00/" "/\"size\"/s/: ./: 9/" \
		"/\"seal\"/s/: \"..../: \"0000/"
	do
		sed "$change" deps/only.treeptr >x.treeptr &&
		test_expect_code 1 git medo expand x.treeptr out 2>err &&
		test_grep "x.treeptr" err &&
		test_path_is_missing out/x || return 1
	done
'

test_expect_success 'without a seal the id decides' '
	sed "/\"seal\"/d" deps/only.treeptr >x.treeptr &&
	git medo expand x.treeptr out &&
	rm -rf out &&
	flip_byte "$only" 1000 &&
	test_expect_code 1 git medo expand x.treeptr out 2>err &&
	test_path_is_missing out/x
'

test_expect_success 'another valid blob under its name is found out' '
	rm -rf out &&
	cp -f good "$only" &&
	test_expect_code 1 git medo expand deps/only.treeptr out 2>err &&
	test_expect_code 1 git medo expand x.treeptr out 2>err &&
	test_dir_is_empty out &&
	test_expect_code 1 git medo cat deps/only.treeptr >words 2>err &&
	test_must_be_empty words
'

test_expect_success 'gzip of somebody else, and none at all' '
	rm -rf "$(cache_dir)" mirror &&
	git -c medo.silo="$PWD/far" medo cat deps/tree.treeptr >content &&
	gzip -c content >foreign.gz &&
	for damage in "" "chop foreign 1" "chop foreign 9" "printf x >>foreign" \
		"head -c 20 /dev/zero >>foreign" "flip_byte foreign" \
		"cp content foreign" ": >foreign" "gzip -c foreign.gz >foreign"
	do
		rm -rf out "$(cache_dir)" &&
		cp foreign.gz foreign && eval "$damage" &&
		cp -f foreign "$far" &&
		if test -z "$damage"
		then
			git medo expand deps/tree.treeptr out &&
			rm -rf out
		else
			test_must_fail git medo expand deps/tree.treeptr out \
				2>err &&
			test_path_is_missing out/tree &&
			test_path_is_missing "$cache"
		fi || {
			echo "damage: $damage" >&2
			return 1
		}
	done
'

test_expect_success 'a symlink or directory in the place of a blob' '
	rm -rf out "$(cache_dir)" && mv "$far" elsewhere && cp -f good elsewhere &&
	ln -s "$PWD/elsewhere" "$far" &&
	test_must_fail git medo expand deps/tree.treeptr out 2>err &&
	test_path_is_missing out/tree &&
	rm "$far" && mkdir "$far" &&
	test_must_fail git medo expand deps/tree.treeptr out 2>err &&
	test_path_is_missing out/tree
'

test_done
