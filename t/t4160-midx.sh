#!/bin/sh

test_description='one table over many packs is git'\''s multi-pack-index'

. "$(dirname "$0")/test-lib.sh"

# packs_make DIR N K: N packs of K contents each, in an object directory
packs_make () {
	mkdir -p "$1" &&
	for packs_i in $(test_seq "$2")
	do
		mkdir -p part &&
		for packs_k in $(test_seq "$3")
		do
			echo "content $packs_i $packs_k" >"part/$packs_k" ||
				return 1
		done &&
		test-tool pack add "$1" part/* >/dev/null &&
		rm -rf part || return 1
	done
}

# truth DIR: "id pack offset" of all objects, as git says it
truth () {
	for truth_idx in "$1"/pack/*.idx
	do
		truth_name=$(basename "$truth_idx" .idx) &&
		git show-index <"$truth_idx" |
		sed "s|^\([0-9]*\) \([0-9a-f]*\) .*|\2 $truth_name \1|" || return 1
	done
}

test_expect_success 'setup: three packs' '
	git init -q . &&
	packs_make silo 3 100 &&
	test-tool table merge silo/all.midx silo/pack/*.idx
'

test_expect_success 'git verifies it' '
	cp silo/all.midx silo/pack/multi-pack-index &&
	git multi-pack-index --object-dir=silo verify
'

test_expect_success 'git finds objects by it' '
	id=$(truth silo | sed -n "150s/ .*//p") &&
	GIT_OBJECT_DIRECTORY=silo git -c core.multiPackIndex=true cat-file \
		blob "$id" >actual &&
	test_grep "^content" actual
'

test_expect_success 'every object is where git says it is' '
	truth silo | LC_ALL=C sort >expect &&
	test_line_count = 300 expect &&
	test-tool table dump silo/all.midx >dump &&
	cut -d" " -f1-3 dump >actual &&
	test_cmp expect actual
'

test_expect_success 'and the next one of its pack, too' '
	sort -k 2,2 -k 3,3n dump |
	awk "p == \$2 && next_ != \$3 { bad = 1 }
		p && p != \$2 && next_ != \"last\" { bad = 1 }
		{ p = \$2; next_ = \$4 } END { exit bad || next_ != \"last\" }"
'

test_expect_success 'lookups: those that are there, in any order, and others' '
	sort -R expect >shuffled &&
	cut -d" " -f1 shuffled >ids &&
	printf "%040d\n%s\n" 0 ffffffffffffffffffffffffffffffffffffffff >>ids &&
	printf "no\nno\n" >>shuffled &&
	test-tool table find silo/all.midx <ids | cut -d" " -f1-3 >actual &&
	test_cmp shuffled actual
'

test_expect_success 'what git writes is read' '
	rm silo/pack/multi-pack-index &&
	GIT_OBJECT_DIRECTORY=silo git multi-pack-index write &&
	test-tool table dump silo/pack/multi-pack-index >actual &&
	test_cmp dump actual &&
	rm silo/pack/multi-pack-index
'

test_expect_success 'a table of one pack is its .idx' '
	one=$(ls silo/pack/*.idx | sed -n 1p) &&
	test-tool table dump "$one" >actual &&
	grep "$(basename "$one" .idx)" dump >expect &&
	test_cmp expect actual
'

test_expect_success 'a table and an .idx become one table' '
	two=$(ls silo/pack/*.idx | sed -n 1,2p) &&
	three=$(ls silo/pack/*.idx | sed -n 3p) &&
	# shellcheck disable=SC2086 # names without spaces
	test-tool table merge two.midx $two &&
	test-tool table merge again.midx two.midx "$three" &&
	cmp silo/all.midx again.midx
'

test_expect_success 'what is in two packs is there once, from the first' '
	mkdir twice part &&
	echo a >part/a && echo b >part/b &&
	test-tool pack add twice part/a part/b &&
	echo c >part/c &&
	test-tool pack add twice part/b part/c &&
	set -- twice/pack/*.idx &&
	test-tool table merge 12.midx "$1" "$2" &&
	test-tool table merge 21.midx "$2" "$1" &&
	for one in "$1 12.midx" "$2 21.midx"
	do
		test-tool table dump "${one% *}" >own &&
		test-tool table dump "${one#* }" >all &&
		test_line_count = 3 all &&
		cut -d" " -f1-3 own >own.3 && cut -d" " -f1-3 all >all.3 &&
		test "$(grep -c -F -f own.3 all.3)" = 2 || return 1
	done
'

test_expect_success 'a pack that is left out takes along what only it has' '
	set -- silo/pack/*.idx &&
	gone=$(basename "$2" .idx) &&
	test-tool table merge-without "$gone" left.midx silo/all.midx &&
	test-tool table dump left.midx | cut -d" " -f1-3 >actual &&
	truth silo | LC_ALL=C sort | grep -v "$gone" >expect &&
	test_cmp expect actual &&
	mkdir left && cp -r silo/pack left/pack && rm left/pack/"$gone".* &&
	cp left.midx left/pack/multi-pack-index &&
	git multi-pack-index --object-dir=left verify
'

test_expect_success 'no pack at all, and an empty table' '
	test-tool table merge none.midx &&
	test-tool table dump none.midx >actual &&
	test_must_be_empty actual
'

test_expect_success 'SHA-256' '
	mkdir -p sha256/silo &&
	git init -q --object-format=sha256 sha256/repo &&
	echo one >one && echo two >two &&
	test-tool pack --sha256 add sha256/silo one two &&
	test-tool table --sha256 merge sha256/silo/pack/multi-pack-index \
		sha256/silo/pack/*.idx &&
	git -C sha256/repo multi-pack-index --object-dir="$PWD/sha256/silo" verify &&
	test_must_fail test-tool table dump sha256/silo/pack/multi-pack-index
'

test_expect_success PYTHON3 'offsets beyond 4 GiB' '
	python3 - silo/pack/*.idx <<-\EOF &&
	import hashlib, struct, sys
	src = open(sys.argv[1], "rb").read()
	n = struct.unpack(">I", src[1028:1032])[0]
	ids = src[1032:1032 + 20 * n]
	base = 1032 + 24 * n
	offs = struct.unpack(">%dI" % n, src[base:base + 4 * n])
	longs = b"".join(struct.pack(">Q", o + (5 << 30)) for o in offs)
	body = src[:base] + b"".join(struct.pack(">I", 0x80000000 | i)
		for i in range(n)) + longs + src[base + 4 * n:base + 4 * n + 20]
	name = "pack-" + "1" * 40 + ".idx"
	open(name, "wb").write(body + hashlib.sha1(body).digest())
	EOF
	long=pack-1111111111111111111111111111111111111111 &&
	test-tool table dump "$long.idx" >expect &&
	test-tool table merge long.midx "$long.idx" &&
	test-tool table dump long.midx >actual &&
	test_cmp expect actual &&
	awk "\$3 < 5368709120 { exit 1 }" actual
'

test_done
