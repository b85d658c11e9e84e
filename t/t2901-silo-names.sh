#!/bin/sh

test_description='no name in a silo stands for other bytes, whoever lies or breaks'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

make_tree () {
	rm -rf src && mkdir src && echo "$1" >src/a
}

test_expect_success 'setup' '
	silo_create s.silo &&
	medo_create deps s.silo &&
	make_tree one &&
	git medo add src deps/x.treeptr >/dev/null &&
	git medo push >/dev/null &&
	cp deps/x.treeptr good
'

test_expect_success 'a pointer with a wrong size does not cost us the cached blob' '
	sed "s/\"size\": [0-9]*/\"size\": 77/" good >lie.treeptr &&
	test_expect_code 1 git medo expand lie.treeptr out 2>err &&
	test_grep "the blob itself is what its id says" err &&
	test_path_is_file "$(silo_blob "$(cache_dir)" good)" &&
	test_path_is_missing out/lie &&
	rm lie.treeptr
'

test_expect_success 'a pointer with the seal of another blob brings nothing into the cache' '
	make_tree evil &&
	git medo add src evil.treeptr >/dev/null &&
	seal=$(treeptr_get evil.treeptr seal) &&
	silo_create evil.silo &&
	git medo add --silo evil.silo src >/dev/null &&
	id=$(treeptr_get good id) &&
	mkdir -p "evil.silo/objects/$(echo "$id" | cut -c1-2)" &&
	cp "$(silo_blob evil.silo evil.treeptr)" "evil.silo/$(id_path "$id")" &&
	mkdir bad &&
	git medo init -q --silo evil.silo bad &&
	sed "s/\"seal\": \"[0-9a-f]*/\"seal\": \"$seal/" good >bad/lie.treeptr &&
	forget &&
	test_expect_code 1 git medo fetch bad/lie.treeptr 2>err &&
	test_grep "$id" err &&
	test_path_is_missing "$(cache_dir)/$(id_path "$id")" &&
	git medo fetch deps &&
	git medo verify --deep deps &&
	rm -r bad evil.treeptr
'

test_expect_success 'add heals a blob of the store that the disk has spoilt' '
	make_tree heal &&
	git medo add src deps/h.treeptr >/dev/null &&
	blob=$(silo_blob "$(store_dir)" deps/h.treeptr) &&
	flip_byte "$blob" 20 &&
	git medo add src deps/h.treeptr 2>err >/dev/null &&
	test_grep "warning.*replaced" err &&
	git medo verify --deep deps &&
	: >empty &&
	chmod u+w "$blob" && cp empty "$blob" &&
	git medo add src deps/h.treeptr >/dev/null &&
	git medo verify --deep deps
'

test_expect_success 'push does not take a truncated blob of the silo for the blob' '
	far=$(silo_blob s.silo deps/h.treeptr) &&
	mkdir -p "$(dirname "$far")" &&
	cp "$(silo_blob "$(store_dir)" deps/h.treeptr)" "$far" &&
	chop "$far" 9 &&
	test_expect_code 1 git medo push 2>err &&
	test_grep "s.silo" err &&
	test_path_is_file "$(silo_blob "$(store_dir)" deps/h.treeptr)" &&
	git medo prune 2>err &&
	test_path_is_file "$(silo_blob "$(store_dir)" deps/h.treeptr)" &&
	cp empty "$far" &&
	test_expect_code 1 git medo push 2>err &&
	rm "$far" &&
	git medo push >/dev/null &&
	git medo silo verify s.silo
'

test_expect_success 'a cache that is the store itself loses nothing by a push' '
	make_tree same &&
	git medo add src deps/same.treeptr >/dev/null &&
	git -c medo.cache="$PWD/$(store_dir)" medo push >/dev/null &&
	test_path_is_file "$(silo_blob "$(store_dir)" deps/same.treeptr)" &&
	make_tree linked &&
	git medo add src deps/linked.treeptr >/dev/null &&
	ln -s "$(store_dir)" cachelink &&
	git -c medo.cache="$PWD/cachelink" medo push >/dev/null &&
	test_path_is_file "$(silo_blob "$(store_dir)" deps/linked.treeptr)"
'

test_expect_success 'MA-30 nothing is put through a symlink in a silo' '
	mkdir canary &&
	silo_create l.silo &&
	ln -s ../canary l.silo/objects &&
	test_expect_code 4 git medo add --silo l.silo src 2>err &&
	test_grep "symlink" err &&
	test_dir_is_empty canary &&
	rm -rf "$(store_dir)/objects" &&
	git medo fetch deps/same.treeptr &&
	forget &&
	mkdir -p "$(cache_dir)" &&
	ln -s "$PWD/canary" "$(cache_dir)/objects" &&
	test_expect_code 4 git medo fetch deps/same.treeptr &&
	test_dir_is_empty canary &&
	rm "$(cache_dir)/objects"
'

test_expect_success 'a sweep takes only what a maker of ours left' '
	mkdir s.silo/tmp_backup s.silo/tmp_medo_abcdef &&
	echo mine >s.silo/tmp_backup/file &&
	make_tree sweep &&
	git medo add --silo s.silo src >/dev/null &&
	test_path_is_file s.silo/tmp_backup/file &&
	test_path_is_missing s.silo/tmp_medo_abcdef &&
	git medo silo verify s.silo >actual &&
	test_grep "strange.*tmp_backup" actual
'

test_expect_success 'silo init says that a file is in the way' '
	test_expect_code 128 git medo silo init good 2>err &&
	test_grep "Not a directory" err
'

test_done
