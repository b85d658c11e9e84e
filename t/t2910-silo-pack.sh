#!/bin/sh

test_description='a blob in a pack is a blob of the silo'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# pack_blobs SILO TREEPTR...: out of their own files, into one pack
pack_blobs () {
	pack_silo=$1 &&
	shift &&
	rm -rf contents &&
	mkdir contents &&
	for ptr
	do
		gzip -dc "$(silo_blob "$pack_silo" "$ptr")" \
			>"contents/$(basename "$ptr" .treeptr)" &&
		rm -f "$(silo_blob "$pack_silo" "$ptr")" || return 1
	done &&
	test-tool pack add "$pack_silo" contents/* >packed
}

packs_in () {
	find "$1/pack" -name "pack-*.pack" 2>/dev/null | wc -l
}

# ids_in SILO: what silo ls says, which may say nothing twice
ids_in () {
	git medo silo ls --json "$1" | sed -n "s/.*\"id\": *\"\([0-9a-f]*\)\".*/\1/p"
}

fresh () {
	rm -rf "$(store_dir)" "$(cache_dir)" s.silo deps .git out out2 &&
	silo_create s.silo &&
	medo_create deps s.silo &&
	for n in 1 2 3
	do
		git medo add src$n deps/t$n.treeptr >/dev/null || return 1
	done
}

test_expect_success 'setup' '
	for n in 1 2 3
	do
		mkdir src$n &&
		echo "content $n" >src$n/a &&
		test-tool genrandom $n 2000 >src$n/b || return 1
	done &&
	git init -q . &&
	fresh &&
	pack_blobs "$(store_dir)" deps/t*.treeptr &&
	test $(packs_in "$(store_dir)") = 1 &&
	test $(silo_count "$(store_dir)") = 0
'

test_expect_success 'git sees what is in a pack of the store' '
	GIT_OBJECT_DIRECTORY=$(store_dir) git cat-file blob \
		$(treeptr_get deps/t2.treeptr id) >actual &&
	test_cmp contents/t2 actual
'

test_expect_success 'a packed blob is expanded, printed, verified' '
	git medo expand deps out &&
	for n in 1 2 3
	do
		tree_same src$n out/t$n || return 1
	done &&
	git medo cat deps/t1.treeptr >actual &&
	test_cmp contents/t1 actual &&
	git medo cat deps/t1.treeptr:a >actual &&
	test_cmp src1/a actual &&
	git medo verify --deep deps &&
	git medo ls deps/t3.treeptr >actual &&
	test_grep b actual
'

test_expect_success 'add finds that it is there already' '
	git medo add src1 deps/t1.treeptr >/dev/null &&
	test $(silo_count "$(store_dir)") = 0 &&
	git medo verify deps
'

test_expect_success 'a blob that is in a pack and in a file is one blob' '
	git medo add --silo other.silo src1 >/dev/null &&
	cp -r other.silo/objects "$(store_dir)" &&
	test $(silo_count "$(store_dir)") = 1 &&
	ids_in "$(store_dir)" | sort >actual &&
	for n in 1 2 3
	do
		treeptr_get deps/t$n.treeptr id || return 1
	done | sort >expect &&
	test_cmp expect actual &&
	git medo silo info "$(store_dir)" >info &&
	test_grep "blobs: 3" info
'

test_expect_success PYTHON3 'a zip is read out of a pack' '
	fresh &&
	python3 -c "
import zipfile
z = zipfile.ZipFile(\"z.zip\", \"w\")
z.writestr(\"a/x\", \"hello\")
z.writestr(\"y\", \"there\" * 1000)
z.close()" &&
	git medo add z.zip deps/z.treeptr >/dev/null &&
	pack_blobs "$(store_dir)" deps/z.treeptr deps/t1.treeptr &&
	git medo cat deps/z.treeptr:a/x >actual &&
	printf hello >expect &&
	test_cmp expect actual &&
	sed "s/\"seal\": \"...../\"seal\": \"00000/" deps/z.treeptr >lie.treeptr &&
	test_must_fail git medo cat lie.treeptr:a/x >out 2>err &&
	test_must_be_empty out &&
	sed "s/\"size\": [0-9]*/\"size\": 17/" deps/z.treeptr >lie.treeptr &&
	test_must_fail git medo cat lie.treeptr >out 2>err &&
	test_must_be_empty out &&
	rm lie.treeptr
'

test_expect_success 'push puts packed blobs into the silo, and the whole pack into the cache' '
	fresh &&
	pack_blobs "$(store_dir)" deps/t*.treeptr &&
	git medo push &&
	test $(silo_count s.silo) = 3 &&
	silo_rehash s.silo &&
	test $(packs_in "$(store_dir)") = 0 &&
	test $(packs_in "$(cache_dir)") = 1 &&
	test $(silo_count "$(cache_dir)") = 0 &&
	git medo status --porcelain >status &&
	! grep -i unpushed status &&
	forget &&
	rm -rf "$(cache_dir)" &&
	git medo verify --remote deps &&
	git medo expand deps out &&
	tree_same src1 out/t1
'

test_expect_success 'what was not pushed stays in the store, in a pack of its own' '
	fresh &&
	pack_blobs "$(store_dir)" deps/t*.treeptr &&
	mv deps/t3.treeptr later &&
	git medo push &&
	test $(packs_in "$(store_dir)") = 1 &&
	treeptr_get later id >expect &&
	ids_in "$(store_dir)" >actual &&
	test_cmp expect actual &&
	test $(packs_in "$(cache_dir)") = 1 &&
	mv later deps/t3.treeptr &&
	git medo verify --deep deps &&
	git medo push &&
	test $(packs_in "$(store_dir)") = 0 &&
	git medo verify --deep deps
'

test_expect_success 'a silo may have packs: its blobs are fetched' '
	fresh &&
	git medo push &&
	pack_blobs s.silo deps/t*.treeptr &&
	rm -rf "$(cache_dir)" &&
	git medo verify --remote deps &&
	git medo fetch deps &&
	silo_rehash "$(cache_dir)" &&
	git medo verify --deep deps &&
	git medo push
'

test_expect_success 'silo verify reads packs, and names a bad one' '
	git medo silo verify s.silo 2>err &&
	test_grep "^3 blobs, .* 0 bad" err &&
	pack=$(echo s.silo/pack/*.pack) &&
	cp "$pack" good.pack &&
	size=$(test_file_size "$pack") &&
	for at in 0 11 20 $((size / 2)) $((size - 30)) $((size - 1))
	do
		cp -f good.pack "$pack" &&
		flip_byte "$pack" $at &&
		test_expect_code 1 git medo silo verify s.silo >out 2>err &&
		test_grep "corrupt.*pack/pack-" out || return 1
	done &&
	cp -f good.pack "$pack" &&
	git medo silo verify --quick s.silo &&
	flip_byte "$(echo s.silo/pack/*.idx)" 1100 &&
	test_expect_code 1 git medo silo verify --quick s.silo >out 2>err &&
	test_grep "corrupt.*pack/pack-.*idx" out
'

test_expect_success 'a spoilt pack in the cache is fetched around' '
	fresh &&
	pack_blobs "$(store_dir)" deps/t*.treeptr &&
	git medo push &&
	flip_byte "$(echo "$(cache_dir)"/pack/*.pack)" 500 &&
	git medo expand deps out 2>err &&
	test_grep "warning" err &&
	for n in 1 2 3
	do
		tree_same src$n out/t$n || return 1
	done
'

test_expect_success 'what a killed packer left in the store is there for the next command' '
	fresh &&
	rm -rf contents &&
	mkdir contents &&
	gzip -dc "$(silo_blob "$(store_dir)" deps/t1.treeptr)" >contents/one &&
	rm -f "$(silo_blob "$(store_dir)" deps/t1.treeptr)" &&
	test_expect_code 137 \
		sh -c "exec test-tool pack die 9 \"\$1\" contents/one" sh \
		"$(store_dir)" &&
	test $(packs_in "$(store_dir)") = 0 &&
	git medo expand deps out &&
	tree_same src1 out/t1 &&
	test $(packs_in "$(store_dir)") = 1 &&
	find "$(store_dir)" -name "grow_*" >left &&
	test_must_be_empty left
'

test_expect_success 'prune takes blobs out of packs, and leaves the others' '
	fresh &&
	pack_blobs "$(store_dir)" deps/t*.treeptr &&
	git add deps &&
	git commit -q -m all &&
	gone=$(treeptr_get deps/t2.treeptr id) &&
	rm deps/t2.treeptr &&
	git add -A deps &&
	git commit -q --amend -m without &&
	git reflog expire --expire=now --all &&
	git medo prune --unnamed --now >out &&
	test_grep "$gone" out &&
	for n in 1 3
	do
		treeptr_get deps/t$n.treeptr id || return 1
	done | sort >expect &&
	ids_in "$(store_dir)" | sort >actual &&
	test_cmp expect actual &&
	git medo verify --deep deps
'

test_expect_success 'prune moves what a silo has, as a pack, and keeps the cache within its limit' '
	fresh &&
	git medo push &&
	rm -rf "$(cache_dir)" "$(store_dir)" &&
	git medo fetch deps &&
	mkdir -p "$(store_dir)" &&
	cp "$(cache_dir)/silo.json" "$(store_dir)" &&
	pack_blobs "$(cache_dir)" deps/t*.treeptr &&
	mv "$(cache_dir)/pack" "$(store_dir)/pack" &&
	git medo prune >out &&
	test $(packs_in "$(store_dir)") = 0 &&
	test $(packs_in "$(cache_dir)") = 1 &&
	git config medo.cacheSize 5000 &&
	git medo prune >out &&
	test_grep removed out &&
	ids_in "$(cache_dir)" >left &&
	test $(wc -l <left) -lt 3 &&
	git config --unset medo.cacheSize &&
	git medo verify --remote deps
'

test_done
