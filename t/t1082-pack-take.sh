#!/bin/sh

test_description='blobs leave packs for other packs, and are never nowhere'

. "$(dirname "$0")/test-lib.sh"

# ids DIR: sorted
ids () {
	test-tool pack list "$1" | sed "s/ .*//" | sort
}

# whole DIR: all packs are fine, and nothing else lies there
whole () {
	find "$1" -type f ! -name "pack-*.idx" ! -name "pack-*.pack" >left &&
	test_must_be_empty left &&
	test-tool pack check "$1" >verdict &&
	! grep -v "^[0-9]* blobs" verdict
}

test_expect_success 'setup' '
	mkdir in &&
	for n in 1 2 3 4
	do
		test-tool genrandom $n 500 >in/$n || return 1
	done &&
	test-tool pack add orig in/1 in/2 in/3 >out &&
	one=$(git hash-object in/1) &&
	two=$(git hash-object in/2) &&
	three=$(git hash-object in/3) &&
	ids orig >all
'

test_expect_success 'a pack all of whose blobs go changes its place' '
	cp -r orig a &&
	mkdir b &&
	test-tool pack take a b $one $two $three &&
	find orig/pack -type f -printf "%f %m\n" | sort >expect &&
	find b/pack -type f -printf "%f %m\n" | sort >actual &&
	test_cmp expect actual &&
	cmp orig/pack/*.idx b/pack/*.idx &&
	cmp orig/pack/*.pack b/pack/*.pack &&
	find a -type f >left &&
	test_must_be_empty left
'

test_expect_success 'a pack is written anew for those that stay' '
	rm -rf a b &&
	cp -r orig a &&
	mkdir b &&
	test-tool pack take a b $two &&
	test_write_lines $one $three | sort >expect &&
	ids a >actual &&
	test_cmp expect actual &&
	echo $two >expect &&
	ids b >actual &&
	test_cmp expect actual &&
	whole a &&
	whole b &&
	git verify-pack a/pack/*.idx b/pack/*.idx
'

test_expect_success 'a blob goes nowhere' '
	rm -rf a &&
	cp -r orig a &&
	test-tool pack take a - $one $three &&
	echo $two >expect &&
	ids a >actual &&
	test_cmp expect actual &&
	whole a &&
	test-tool pack take a - $two &&
	find a -type f >left &&
	test_must_be_empty left
'

test_expect_success 'what is not there takes nothing along' '
	rm -rf a &&
	cp -r orig a &&
	test-tool pack take a b $(git hash-object in/4) &&
	cmp orig/pack/*.pack a/pack/*.pack &&
	mkdir none &&
	test-tool pack take none b $one
'

test_expect_success 'what is damaged does not go, nor takes others with it' '
	rm -rf a b &&
	cp -r orig a &&
	mkdir b &&
	chmod u+w a/pack/*.pack &&
	printf XX | dd of=$(echo a/pack/*.pack) bs=1 seek=530 conv=notrunc \
		2>/dev/null &&
	test-tool pack take a b $one $two 2>err &&
	cat a/pack/*.pack >/dev/null &&
	test_grep "^warning: .*pack-" err &&
	test-tool pack read b $one >actual &&
	test_cmp in/1 actual &&
	test-tool pack read a $three >actual &&
	test_cmp in/3 actual
'

test_expect_success 'the damaged one alone can be dropped' '
	test-tool pack take a - $two &&
	test_write_lines $one $three | sort >expect &&
	ids a | sort -u >actual &&
	test_cmp expect actual &&
	whole a
'

test_expect_success 'a pack of git is copied from, and stays' '
	git init -q work &&
	(
		cd work &&
		cp ../in/* . &&
		git add . &&
		git commit -qm one &&
		git repack -adq
	) &&
	rm -rf a b &&
	mkdir a b &&
	cp -r work/.git/objects/pack a/pack &&
	test-tool pack take a b $one &&
	echo $one >expect &&
	ids b >actual &&
	test_cmp expect actual &&
	cmp a/pack/*.pack work/.git/objects/pack/*.pack
'

test_expect_success 'a pack with a .keep stays' '
	rm -rf a b &&
	cp -r orig a &&
	mkdir b &&
	: >"$(echo a/pack/*.pack | sed "s/pack\$/keep/")" &&
	test-tool pack take a b $one $two $three &&
	ids a >actual &&
	test_cmp all actual &&
	ids b >actual &&
	test_cmp all actual
'

for some in all two
do
	test_expect_success STRACE,!SANITIZE "killed at any moment, each blob is somewhere ($some)" '
		case $some in
		all) go="$one $two $three" ;;
		two) go="$one $two" ;;
		esac &&
		for call in unlinkat renameat2 fchmod fsync
		do
			at=1 &&
			while :
			do
				rm -rf a b &&
				cp -r orig a &&
				mkdir b &&
				code=0 &&
				{
					strace -qq -o trace -e trace=$call -e \
					inject=$call:signal=SIGKILL:when=$at \
					test-tool pack --durable take a b $go \
					>out 2>err || code=$?
				} &&
				test-tool pack recover a >recovered &&
				test-tool pack recover b >recovered &&
				{ ids a && ids b; } | sort -u >actual &&
				test_cmp all actual &&
				for d in a b
				do
					test-tool pack check $d >verdict &&
					! grep ^bad verdict || return 1
				done &&
				if test $code = 0
				then
					break
				fi &&
				test $code = 137 || return 1
				at=$((at + 1))
			done
			test $at -gt 1 || return 1
		done
	'
done

test_done
