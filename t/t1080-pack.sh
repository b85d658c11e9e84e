#!/bin/sh

test_description='packs: what git reads, what we read, what nobody may believe'

. "$(dirname "$0")/test-lib.sh"

# packed DIR: the names in its pack/, without what differs
packed () {
	find "$1/pack" -type f -printf "%f\n" | sed "s/pack-[0-9a-f]*/pack/" | sort
}

# the_idx DIR, the_pack DIR: of the only pack
the_idx () {
	echo "$1"/pack/pack-*.idx
}
the_pack () {
	echo "$1"/pack/pack-*.pack
}

# odb DIR GIT-COMMAND: git looks into DIR for objects
odb () {
	odb_dir=$PWD/$1 &&
	shift &&
	GIT_OBJECT_DIRECTORY=$odb_dir git -C "${repo:-sha1.git}" "$@"
}

test_expect_success 'setup: contents of telling sizes and kinds' '
	git init -q --object-format=sha1 sha1.git &&
	git init -q --object-format=sha256 sha256.git &&
	mkdir in &&
	for size in 0 1 15 16 255 1023 1024 1025 2047 2048 8180 65535 65536
	do
		test-tool genrandom pack $size >in/noise$size &&
		test_seq 20000 | head -c $size >in/text$size || return 1
	done &&
	awk "BEGIN { for (i = 0; i < 65536; i++) printf \"%c\", i % 128 }" \
		</dev/null | head -c 60000 >in/ramp &&
	rm in/text0
'

for algo in sha1 sha256
do
	test_expect_success "git reads what we pack ($algo)" '
		repo=$algo.git &&
		test-tool pack --$algo add p-$algo in/* >out &&
		for f in in/*
		do
			echo "$(git -C $repo hash-object ../$f) added" ||
				return 1
		done >expect &&
		test_cmp expect out &&
		test_write_lines pack.idx pack.pack >expect &&
		packed p-$algo >actual &&
		test_cmp expect actual &&
		git verify-pack --object-format=$algo -v \
			$(the_idx p-$algo) >list &&
		test $(grep -c " blob " list) = $(ls in | wc -l) &&
		git -C $repo index-pack --strict -o "$PWD/again.idx" \
			"$PWD/$(the_pack p-$algo)" &&
		test_cmp again.idx $(the_idx p-$algo) &&
		rm -f again.* &&
		for f in in/*
		do
			odb p-$algo cat-file blob $(git -C $repo hash-object \
				../$f) >actual &&
			test_cmp $f actual || return 1
		done
	'

	test_expect_success "we read it too ($algo)" '
		for f in in/*
		do
			id=$(git -C $algo.git hash-object ../$f) &&
			test-tool pack --$algo read p-$algo $id >actual &&
			test_cmp $f actual || return 1
		done &&
		test-tool pack --$algo check p-$algo >actual &&
		echo "$(ls in | wc -l) blobs, $(cat in/* | wc -c) bytes" \
			>expect &&
		test_cmp expect actual
	'
done

test_expect_success 'a pack and its index are read-only, and no temp is left' '
	echo 444 >expect &&
	test_file_mode $(the_pack p-sha1) >actual &&
	test_cmp expect actual &&
	test_file_mode $(the_idx p-sha1) >actual &&
	test_cmp expect actual &&
	find p-sha1 -name "tmp*" -o -name "grow*" >left &&
	test_must_be_empty left
'

test_expect_success 'the name of a pack is the hash at its end' '
	tail -c 20 $(the_pack p-sha1) | od -An -tx1 | tr -d " \n" >sum &&
	test "$(basename $(the_pack p-sha1))" = pack-$(cat sum).pack
'

test_expect_success 'each level is read, and noise grows by no more than its frame' '
	for level in 1 2 6 12
	do
		test-tool pack --level $level add l$level in/* >out &&
		git verify-pack $(the_idx l$level) || return 1
	done &&
	test-tool pack list p-sha1 >list &&
	awk "\$3 > \$2 + 32 { bad = 1 } END { exit bad }" list
'

test_expect_success 'what repeats itself is compressed, however flat its bytes' '
	id=$(git hash-object in/ramp) &&
	test-tool pack list p-sha1 >list &&
	set -- $(grep ^$id list) &&
	test $3 -lt 2000 &&
	id=$(git hash-object in/text65536) &&
	set -- $(grep ^$id list) &&
	test $3 -lt 30000
'

test_expect_success 'a content that is there already is not added again' '
	cp in/text16 twin &&
	test-tool pack add twice in/text16 in/text15 twin >out &&
	test_write_lines added added known >expect &&
	cut -d" " -f2 out >actual &&
	test_cmp expect actual &&
	git verify-pack $(the_idx twice)
'

test_expect_success 'without contents nothing is made' '
	test-tool pack add nothing &&
	test_path_is_missing nothing
'

test_expect_success 'the same contents in the same order are the same pack' '
	test-tool pack add again in/* &&
	ls p-sha1/pack >expect &&
	ls again/pack >actual &&
	test_cmp expect actual &&
	test-tool pack add again in/* &&
	ls again/pack >actual &&
	test_cmp expect actual
'

test_expect_success 'more than 64 KiB is refused, and nothing else with it' '
	test-tool genrandom pack 65537 >big &&
	test_expect_code 1 test-tool pack add limit in/text1 big in/text15 \
		>out 2>err &&
	test_line_count = 2 out &&
	test_grep "65537 bytes are too many" err &&
	git verify-pack $(the_idx limit)
'

test_expect_success 'after 262,144 blobs another pack begins' '
	test-tool pack noise many 262147 8 &&
	ls many/pack/*.idx >list &&
	test_line_count = 2 list &&
	for x in $(cat list)
	do
		git verify-pack $x || return 1
	done &&
	test-tool pack list many >list &&
	test_line_count = 262147 list &&
	test-tool pack check many >actual &&
	echo "262147 blobs, 2097176 bytes" >expect &&
	test_cmp expect actual &&
	rm -r many
'

test_expect_success 'what no pack has is not there' '
	none=$(echo none | git hash-object --stdin) &&
	some=$(git hash-object in/text15) &&
	test_write_lines 0 1 >expect &&
	test-tool pack has p-sha1 $none $some >actual &&
	test_cmp expect actual &&
	test_expect_code 1 test-tool pack read p-sha1 $none 2>err &&
	test_grep "no pack has it" err &&
	mkdir bare &&
	echo 0 >expect &&
	test-tool pack has bare $some >actual &&
	test_cmp expect actual &&
	test-tool pack list bare >actual &&
	test_must_be_empty actual
'

test_expect_success 'threads read at once' '
	n=$(ls in | wc -l) &&
	test_write_lines "$n of $n" "$n of $n" "$n of $n" "$n of $n" >expect &&
	test-tool pack threads p-sha1 >actual &&
	test_cmp expect actual
'

# answers DIR ID ACTION: read, do something, read again in the same process
answers () {
	mkfifo go &&
	{ test-tool pack reread "$1" "$2" <go >actual 2>err & } &&
	pid=$! &&
	exec 7>go &&
	test_wait_until 20 grep -q -e "--" actual &&
	eval "$3" &&
	echo >&7 &&
	exec 7>&- &&
	rm go &&
	wait "$pid"
}

test_expect_success 'a pack that comes later is seen' '
	cp -r twice late &&
	id=$(git hash-object in/text255) &&
	answers late $id "test-tool pack add late in/text255 >/dev/null" &&
	{ echo -- && cat in/text255; } >expect &&
	test_cmp expect actual &&
	test_grep "no pack has it" err
'

test_expect_success 'a blob is found again where packs were folded into another' '
	test-tool pack add fold in/text15 &&
	test-tool pack add fold in/text16 &&
	old=$(echo fold/pack/*) &&
	id=$(git hash-object in/text15) &&
	answers fold $id "test-tool pack add fold in/text1* >/dev/null &&
		rm -f $old" &&
	{ cat in/text15 && echo -- && cat in/text15; } >expect &&
	test_cmp expect actual
'

test_expect_success 'setup: a pack of git, with trees, commits, deltas' '
	git init -q work &&
	(
		cd work &&
		test_seq 3000 >a &&
		git add a &&
		git commit -q -m one &&
		echo more >>a &&
		echo small >b &&
		git add a b &&
		git commit -q -m two &&
		git repack -adfq
	) &&
	mkdir foreign &&
	cp -r work/.git/objects/pack foreign/pack &&
	git verify-pack -v $(the_idx foreign) >list &&
	test $(grep -c " blob .* 1 [0-9a-f]" list) = 1
'

test_expect_success 'whole blobs of a pack of git are read' '
	test-tool pack list foreign >list &&
	test_line_count = 2 list &&
	test-tool pack read foreign $(git hash-object work/b) >actual &&
	test_cmp work/b actual &&
	test-tool pack read foreign $(git hash-object work/a) >actual &&
	test_cmp work/a actual
'

test_expect_success 'BI-23 deltas, trees, commits are for git to read' '
	delta=$(git -C work rev-parse HEAD^:a) &&
	test_expect_code 128 test-tool pack read foreign $delta 2>err &&
	test_grep "it is a delta; git can read" err &&
	for rev in HEAD HEAD^{tree}
	do
		id=$(git -C work rev-parse $rev) &&
		test_expect_code 128 test-tool pack read foreign $id 2>err &&
		test_grep "a tree, commit or tag" err || return 1
	done &&
	test-tool pack check foreign >actual &&
	test_grep "^strange pack/pack-.*5 of its objects are git" actual &&
	test_grep "^2 blobs" actual
'

test_expect_success 'BI-21 an index of version 1 is refused with a warning' '
	cp -r twice v1 &&
	chmod u+w v1/pack/* &&
	git index-pack --index-version=1 -o again.idx $(the_pack v1) &&
	cp again.idx $(the_idx v1) &&
	rm -f again.* &&
	echo 0 >expect &&
	test-tool pack has v1 $(git hash-object in/text15) >actual 2>err &&
	test_cmp expect actual &&
	test_grep "^warning: .pack/pack-.*is skipped.*no index of version 2" err &&
	test-tool pack check v1 >actual &&
	test_grep "^bad pack/pack-.*idx: " actual
'

test_expect_success PYTHON3 'BI-21 an index that contradicts itself is skipped' '
	cat >idx.py <<-\EOF &&
	import hashlib, struct, sys
	b = open(sys.argv[1], "rb").read()
	n, = struct.unpack(">I", b[1028:1032])
	fan = list(struct.unpack(">256I", b[8:1032]))
	ids = [b[1032 + 20 * i:1052 + 20 * i] for i in range(n)]
	crc = b[1032 + 20 * n:1032 + 24 * n]
	off = list(struct.unpack(">%dI" % n, b[1032 + 24 * n:1032 + 28 * n]))
	tail = b[-40:-20]
	def put(name, head=b"\377tOc\0\0\0\2", fan=fan, ids=ids, off=off,
	        more=b"", cut=0, good=True):
	    x = head + struct.pack(">256I", *fan) + b"".join(ids) + crc
	    x += struct.pack(">%dI" % n, *off) + more + tail
	    x += hashlib.sha1(x).digest() if good else b"x" * 20
	    open("bad-" + name, "wb").write(x[:len(x) - cut])
	put("none")
	put("magic", head=b"\377tOd\0\0\0\2")
	put("v3", head=b"\377tOc\0\0\0\3")
	put("sum", good=False)
	put("short", cut=1)
	put("long", more=b"\0")
	put("table", more=b"\0" * 8 * (n + 1))
	put("fan-down", fan=[n] * 128 + [0] * 127 + [n])
	put("fan-big", fan=fan[:255] + [0xffffffff])
	put("fan-less", fan=fan[:255] + [0] if n else fan)
	put("fan-shift", fan=fan[1:] + [n])
	put("order", ids=ids[::-1])
	put("high", off=[0xffffffff] * n)
	put("long-off", off=[0x80000000] * n, more=b"\377" * 8)
	put("low", off=[3] * n)
	open("bad-empty", "wb")
	open("bad-head", "wb").write(b[:1071])
	EOF
	python3 idx.py $(the_idx twice) &&
	test_cmp bad-none $(the_idx twice) &&
	rm bad-none &&
	for bad in bad-*
	do
		rm -rf b &&
		cp -r twice b &&
		cp -f $bad $(the_idx b) &&
		echo 0 >expect &&
		test-tool pack has b $(git hash-object in/text15) \
			>actual 2>err &&
		test_cmp expect actual &&
		test_grep "^warning: .*is skipped: " err &&
		test_line_count = 1 err &&
		test-tool pack check b >actual &&
		test_grep "^bad pack/pack-.*idx: " actual || return 1
	done
'

test_expect_success PYTHON3 'BI-21 an index too large to check at once does no harm' '
	test-tool pack noise large 40000 8 &&
	id=$(test-tool pack list large | sed -n "7s/ .*//p") &&
	test-tool pack read large $id >good &&
	cat >wreck.py <<-\EOF &&
	import sys
	f = open(sys.argv[1], "r+b")
	f.seek(1032 + 24 * 40000)
	f.write(bytes.fromhex(sys.argv[2]) * 40000)
	EOF
	chmod u+w large/pack/* &&
	for bad in 00000000 0000000c 7fffffff 80000000 ffffffff
	do
		python3 wreck.py $(the_idx large) $bad &&
		test_expect_code 1 test-tool pack read large $id 2>err &&
		test-tool pack list large >list 2>err &&
		test-tool pack check large >actual &&
		test_grep "^bad pack/pack-.*idx: " actual || return 1
	done &&
	rm -r large
'

test_expect_success 'BI-22 a pack with any bit turned gives its content, or nothing' '
	f="in/text15 in/noise1" &&
	test-tool pack add flip $f &&
	id=$(git hash-object in/text15) &&
	size=$(test_file_size $(the_pack flip)) &&
	chmod u+w flip/pack/* &&
	cp $(the_pack flip) good.pack &&
	at=0 &&
	while test $at -lt $size
	do
		cp good.pack $(the_pack flip) &&
		byte=$(od -An -tu1 -j $at -N 1 good.pack) &&
		printf "$(printf "\\\\%03o" $((byte ^ 1 << at % 8)))" |
		dd of=$(the_pack flip) bs=1 seek=$at conv=notrunc 2>/dev/null &&
		test-tool pack check flip >actual &&
		test_grep "^bad pack/pack-.*pack: " actual &&
		if test-tool pack read flip $id >actual 2>err
		then
			test_cmp in/text15 actual
		else
			test_must_be_empty actual
		fi || return 1
		at=$((at + 1))
	done
'

test_expect_success 'BI-22 a pack cut short anywhere gives its content, or nothing' '
	for at in 0 1 4 11 12 13 20 30 40 50 60
	do
		head -c $at good.pack >$(the_pack flip) &&
		test_expect_code 1 test-tool pack read flip $id >actual 2>err &&
		test_must_be_empty actual &&
		test-tool pack check flip >actual &&
		test_grep "^bad pack/pack-.*pack: " actual || return 1
	done &&
	rm $(the_pack flip) &&
	test_expect_code 1 test-tool pack read flip $id 2>err &&
	test-tool pack check flip >actual &&
	test_grep "^bad pack/pack-.*pack: " actual
'

test_expect_success 'BI-24 the index of another pack is found out' '
	mkdir -p swap/pack &&
	cp $(the_pack twice) swap/pack/pack-x.pack &&
	cp $(the_idx limit) swap/pack/pack-x.idx &&
	test_expect_code 1 test-tool pack read swap \
		$(git hash-object in/text15) 2>err &&
	test_grep "its index is of another pack" err &&
	test-tool pack list swap >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^warning: .*its index is of another pack" err &&
	test-tool pack check swap >actual &&
	test_grep "^bad .*its index is of another pack" actual
'

test_expect_success 'BI-24 a damaged copy does not hide a good one' '
	for order in "in/text15 in/text1" "in/text1 in/text15"
	do
		rm -rf pair &&
		test-tool pack add pair $order &&
		chmod u+w $(the_pack pair) &&
		at=$(test_file_size $(the_pack pair)) &&
		printf "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx" |
		dd of=$(the_pack pair) bs=1 seek=13 conv=notrunc 2>/dev/null &&
		bad=$(basename $(the_pack pair)) &&
		cp $(the_pack twice) $(the_idx twice) pair/pack/ &&
		test-tool pack read pair $(git hash-object in/text15) >actual &&
		test_cmp in/text15 actual &&
		test-tool pack check pair >actual &&
		grep ^bad actual >lines &&
		test_line_count = 1 lines &&
		test_grep "^bad pack/$bad" lines || return 1
	done
'

test_expect_success 'a symlink is no pack, no index, no directory of packs' '
	id=$(git hash-object in/text15) &&
	mkdir -p s1 s2/pack s3/pack &&
	ln -s ../twice/pack s1/pack &&
	for x in s2 s3
	do
		cp $(the_pack twice) $(the_idx twice) $x/pack || return 1
	done &&
	mv s2/pack/*.idx real &&
	ln -s ../../real s2/pack/$(basename $(the_idx twice)) &&
	mv s3/pack/*.pack real.pack &&
	ln -s ../../real.pack s3/pack/$(basename $(the_pack twice)) &&
	for x in s1 s2 s3
	do
		test_must_fail test-tool pack read $x $id >out 2>err &&
		test_must_be_empty out &&
		test-tool pack check $x >actual &&
		test_grep "^bad pack" actual || return 1
	done
'

test_expect_success 'a pack without index is named, other names are let alone' '
	cp -r twice odd &&
	mv $(the_idx odd) elsewhere.idx &&
	echo >odd/pack/notes &&
	test-tool pack check odd >actual &&
	test_grep "^strange pack/pack-.*pack: it has no index" actual &&
	test_line_count = 2 actual
'

test_expect_success STRACE,!SANITIZE 'durable: the pack is synced before it has a name, then the index' '
	strace -o trace -e trace=fsync,/rename \
		test-tool pack --durable add synced in/text1 &&
	sed -n -e "/^fsync/s/(.*//p" -e "/^rename.*\.pack\"/s/.*/pack/p" \
		-e "/^rename.*\.idx\"/s/.*/idx/p" trace | uniq >actual &&
	test_write_lines fsync pack fsync idx fsync >expect &&
	test_cmp expect actual
'

test_expect_success STRACE,!SANITIZE 'a full disk stops one blob, not those before and after' '
	repo=sha1.git &&
	for at in 2 3 4
	do
		rm -rf full &&
		test_expect_code 1 strace -o trace -e trace=pwrite64 \
			-e inject=pwrite64:error=ENOSPC:when=$at \
			test-tool pack add full in/text15 in/noise255 \
			in/text16 in/text1 >out 2>err &&
		test_grep "No space left" err &&
		test_line_count = 3 out &&
		git verify-pack $(the_idx full) &&
		while read -r id said
		do
			odb full cat-file -e $id || return 1
		done <out || return 1
	done
'

test_done
