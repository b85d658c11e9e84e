#!/bin/sh

test_description='git medo silo copy: blobs of one silo into another'

. "$(dirname "$0")/test-lib.sh"

test_expect_success 'setup: a silo with small, middle and large blobs' '
	silo init from &&
	test-tool genrandom large 3000000 >large &&
	test-tool genrandom middle 100000 >middle &&
	: >empty &&
	for i in $(test_seq 1 9)
	do
		echo "small $i" >small$i || return 1
	done &&
	for f in large middle empty small?
	do
		git medo add -q --silo from $f >>added || return 1
	done &&
	cut -f 1 added >ids &&
	test_line_count = 12 ids
'

# same FROM TO: each id of FROM is in TO, and all of TO is in order
same () {
	silo ls "$1" | cut -f 1 | sort >ids.from &&
	silo ls "$2" | cut -f 1 | sort >ids.to &&
	test_cmp ids.from ids.to &&
	silo verify -q "$2"
}

test_expect_success 'all blobs of a silo are copied, and the copy is in order' '
	silo copy from to 2>err &&
	test_grep "12 copied, 0 were there, 0 failed" err &&
	same from to
'

test_expect_success 'what is there already is not copied again' '
	silo copy from to 2>err &&
	test_grep "0 copied, 12 were there, 0 failed" err
'

test_expect_success 'small blobs arrive in a pack, large ones as files' '
	find to/pack -name "*.pack" >packs &&
	test_line_count = 1 packs &&
	find to/objects -name "*.gz" >files &&
	test_line_count = 2 files
'

test_expect_success 'a manifest says which' '
	sed -n 1,2p ids >manifest &&
	silo copy -q --manifest manifest from some &&
	silo ls some | cut -f 1 | sort >actual &&
	sort manifest >expect &&
	test_cmp expect actual
'

test_expect_success 'what reachable prints is a manifest' '
	git init -q work &&
	(
		cd work &&
		git medo init -q --silo ../from deps &&
		cp ../middle . && git medo add -q middle deps/middle.treeptr &&
		git add . && git commit -q -m one &&
		git medo reachable --all |
		silo copy -q --manifest - ../from ../named
	) &&
	silo ls named >actual && test_line_count = 1 actual
'

test_expect_success 'a manifest of something else is refused by its line' '
	printf "%s\nnot an id\n" "$(sed -n 1p ids)" >bad &&
	test_must_fail silo copy --manifest bad from x 2>err &&
	test_grep "line 2: not a sha1 id" err
'

test_expect_success 'an id that is not there is told, the others arrive' '
	{ cat ids && echo 0123456789012345678901234567890123456789; } >more &&
	test_expect_code 1 silo copy --manifest more from most 2>err &&
	test_grep "error: blob 0123456789012345678901234567890123456789 is not" err &&
	test_grep "12 copied, 0 were there, 1 failed" err &&
	same from most
'

test_expect_success 'a damaged blob is told and not copied' '
	cp -R from hurt &&
	id=$(git hash-object large) &&
	f=hurt/objects/$(echo $id | sed "s|^..|&/|").gz &&
	chmod u+w $f &&
	printf XXXX | dd of=$f bs=1 seek=200000 conv=notrunc 2>/dev/null &&
	test_expect_code 1 silo copy hurt clean 2>err &&
	test_grep "blob $id" err &&
	test_grep "11 copied, 0 were there, 1 failed" err &&
	silo verify -q clean
'

test_expect_success 'what cannot be listed leaves no folder behind' '
	test_must_fail silo copy http://127.0.0.1:1/silo new 2>err &&
	test_path_is_missing new &&
	test_when_finished "mv from/objects.away from/objects" &&
	mv from/objects from/objects.away &&
	: >from/objects &&
	test_when_finished "rm from/objects" &&
	test_must_fail silo copy from new 2>err &&
	test_path_is_missing new
'

test_expect_success 'a silo is not copied onto itself' '
	ln -s from alias &&
	test_must_fail silo copy from alias 2>err &&
	test_grep "are the same silo" err
'

test_expect_success 'ids are never translated' '
	silo init -q --object-format sha256 other &&
	test_expect_code 4 silo copy from other 2>err &&
	test_grep "ids are never translated" err
'

test_done
