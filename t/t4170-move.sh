#!/bin/sh

test_description='many blobs travel by few requests'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-http.sh"

test_have_prereq NGINX || {
	skip_all='nginx serves the silos'
	test_done
}

# requests: and the log is empty again
# shellcheck disable=SC2154 # lib-http.sh's
requests () {
	test_settled &&
	cp "$web_log" requests &&
	: >"$web_log" &&
	wc -l <requests
}

# ids_of SILO: sorted
ids_of () {
	git medo silo ls "$1" | cut -f1 | sort
}

# add_blob SILO FILE: its "ID SIZE"
add_blob () {
	git medo add -q --silo "$1" "$2" tmp.treeptr >/dev/null &&
	echo "$(treeptr_get tmp.treeptr id) $(treeptr_get tmp.treeptr size)" &&
	rm -f tmp.treeptr
}

test_expect_success 'setup: a push of 10,000 blobs, and a thousand pushes of 10' '
	git init -q . &&
	nginx_start web &&
	silo_create "$web_root/one" &&
	test-tool table push "$web_root/one" 1 10000 4096 1 >one.ids &&
	silo_create "$web_root/many" &&
	test-tool table push "$web_root/many" 1000 10 4096 2 >many.ids &&
	test_line_count = 10000 one.ids &&
	test_line_count = 10000 many.ids
'

test_expect_success '10,000 blobs of one push cost at most 100 requests' '
	requests &&
	test-tool table here near "$web_url/one" <one.ids >actual &&
	echo "moved 10000 there 0 failed 0" >expect && test_cmp expect actual &&
	n=$(requests) && echo "$n requests" && test "$n" -le 30 &&
	git verify-pack near/pack/*.idx &&
	ids_of near >actual && cut -d" " -f1 one.ids | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'they make one pack here' '
	set -- near/pack/*.pack && test $# = 1 && test_path_is_missing near/objects
'

test_expect_success 'what is here is not asked for' '
	requests &&
	test-tool table here near "$web_url/one" <one.ids >actual &&
	echo "moved 0 there 10000 failed 0" >expect && test_cmp expect actual &&
	test "$(requests)" -le 1
'

test_expect_success 'after a thousand pushes at most 120 requests' '
	requests &&
	test-tool table here near2 "$web_url/many" <many.ids >actual &&
	echo "moved 10000 there 0 failed 0" >expect && test_cmp expect actual &&
	n=$(requests) && echo "$n requests" && test "$n" -le 60 &&
	git verify-pack near2/pack/*.idx &&
	ids_of near2 >actual && cut -d" " -f1 many.ids | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'every other one: holes are not worth a request each' '
	sed -n "1~2p" one.ids >half.ids &&
	requests &&
	test-tool table here near3 "$web_url/one" <half.ids >actual &&
	test_grep "moved 5000 there 0 failed 0" actual &&
	test "$(requests)" -le 30 &&
	ids_of near3 >actual && cut -d" " -f1 half.ids | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'one blob of many: a few requests and a few bytes' '
	requests &&
	sed -n 5000p one.ids | test-tool table here near4 "$web_url/one" &&
	test "$(requests)" -le 6 &&
	range=$(sed -n "s/.*\.pack 206 bytes=//p" requests) &&
	test $((${range#*-} - ${range%-*})) -lt 8192
'

test_expect_success 'setup: large ones, and some that are nowhere' '
	rm -rf store && silo_create store && silo_create "$web_root/mix" &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		test-tool genrandom $n $((n * 100000)) >content &&
		add_blob store content || return 1
	done >large.ids &&
	test-tool table push "$web_root/mix" 1 20 1000 3 >small.ids &&
	test-tool table there "$web_root/mix" store <large.ids &&
	for n in 1 2 3
	do
		printf "%040d %d\n" $n $((n * 70000)) || return 1
	done >absent.ids &&
	echo "$(printf %040d 7) 100" >>absent.ids
'

test_expect_success 'large ones come from objects/, and the missing do not keep back the rest' '
	cat large.ids absent.ids small.ids >all.ids &&
	requests &&
	test-tool table here near5 "$web_url/mix" <all.ids >actual &&
	test_grep "moved 32 there 0 failed 4" actual &&
	test_grep "^$(printf %040d 7) -2 .*is not in silo" actual &&
	git medo silo verify near5 &&
	silo_rehash near5 &&
	test "$(silo_count near5)" = 12 &&
	test_dir_is_empty near5/part
'

test_expect_success 'a small one that no pack has comes from objects/' '
	echo loose >content && add_blob store content >loose.id &&
	test-tool table there "$web_root/mix" store <loose.id &&
	test-tool table here near5 "$web_url/mix" <loose.id >actual &&
	test_grep "moved 1 there 0 failed 0" actual
'

test_expect_success 'a silo of nothing but objects/ needs no ledger' '
	mkdir "$web_root/bare" && cp -r store/objects "$web_root/bare/" &&
	cat large.ids loose.id >bare.ids &&
	test-tool table here near6 "$web_url/bare" <bare.ids >actual &&
	test_grep "moved 13 there 0 failed 0" actual
'

test_expect_success 'FA-26 a pack that is gone: objects/ is asked, then the item fails alone' '
	cp -r "$web_root/mix" "$web_root/gone" &&
	rm "$web_root"/gone/pack/*.pack &&
	cat large.ids small.ids loose.id >all.ids &&
	test-tool table here near7 "$web_url/gone" <all.ids >actual &&
	test_grep "moved 13 there 0 failed 20" actual
'

test_expect_success 'a flipped bit in a pack costs one blob, not the others' '
	cp -r "$web_root/mix" "$web_root/flip" &&
	flip_byte "$web_root"/flip/pack/*.pack &&
	test-tool table here near8 "$web_url/flip" <small.ids >actual &&
	test_grep "moved 19 there 0 failed 1" actual &&
	bad=$(sed -n "1s/ .*//p" actual) &&
	test_grep "$bad -3 blob $bad in silo" actual &&
	git medo silo verify near8
'

test_expect_success PYTHON3 'an index that names the wrong places costs two blobs' '
	cp -r "$web_root/mix" "$web_root/swap" &&
	idx=$(ls "$web_root"/swap/pack/*.idx) &&
	python3 "$TEST_DIRECTORY/helper/midxbreak.py" swap-places "$idx" broken.idx &&
	mv -f broken.idx "$idx" &&
	test-tool table here near19 "$web_url/swap" <small.ids >actual &&
	test_grep "moved 18 there 0 failed 2" actual &&
	test "$(grep -c "another id" actual)" = 2
'

test_expect_success 'a flipped bit in a pack costs nothing where objects/ has the blob, too' '
	mkdir contents &&
	GIT_OBJECT_DIRECTORY=$web_root/mix git cat-file blob "$bad" >contents/x &&
	add_blob store contents/x >x.id && test "$(cut -d" " -f1 x.id)" = "$bad" &&
	mkdir -p "$web_root/flip/$(dirname "$(id_path "$bad")")" &&
	cp "store/$(id_path "$bad")" "$web_root/flip/$(id_path "$bad")" &&
	test-tool table here near9 "$web_url/flip" <small.ids >actual &&
	test_grep "moved 20 there 0 failed 0" actual
'

test_expect_success 'a flipped bit in a file is found, named, and not kept' '
	id=$(sed -n "6s/ .*//p" large.ids) &&
	flip_byte "$web_root/flip/$(id_path "$id")" &&
	test-tool table here near10 "$web_url/flip" <large.ids >actual &&
	test_grep "moved 11 there 0 failed 1" actual &&
	test_grep "^$id -3 blob $id in silo" actual &&
	test "$(silo_count near10)" = 11 &&
	test_dir_is_empty near10/part
'

test_expect_success 'FA-12 a part is gone on with, at its end' '
	line=$(sed -n 12p large.ids) && id=${line% *} &&
	rm -rf near11 && silo_create near11 && mkdir near11/part &&
	head -c 600000 "store/$(id_path "$id")" >near11/part/"$id" &&
	requests &&
	echo "$line" | test-tool table here near11 "$web_url/mix" >actual &&
	test_grep "moved 1 there 0 failed 0" actual &&
	requests && test_grep "206 bytes=600000-" requests &&
	test "$(grep -c "GET.*objects" requests)" = 1 &&
	silo_rehash near11 && test_dir_is_empty near11/part
'

test_expect_success 'FA-12 a part with a flipped byte: from 0, once' '
	rm -rf near11/objects &&
	head -c 600000 "store/$(id_path "$id")" >near11/part/"$id" &&
	flip_byte near11/part/"$id" &&
	requests &&
	echo "$line" | test-tool table here near11 "$web_url/mix" >actual &&
	test_grep "moved 1 there 0 failed 0" actual &&
	requests && test "$(grep -c "GET.*objects" requests)" = 2 &&
	silo_rehash near11 && test_dir_is_empty near11/part
'

test_expect_success 'FA-12 a part of another blob, and one that is too long' '
	for what in other long
	do
		rm -rf near11/objects &&
		if test $what = other
		then
			test-tool genrandom other 700000 >near11/part/"$id"
		else
			test-tool genrandom long 3000000 >near11/part/"$id"
		fi &&
		echo "$line" | test-tool table here near11 "$web_url/mix" >actual &&
		test_grep "moved 1 there 0 failed 0" actual &&
		silo_rehash near11 && test_dir_is_empty near11/part || return 1
	done
'

test_expect_success 'a part that is whole needs no more bytes' '
	rm -rf near11/objects &&
	cp "store/$(id_path "$id")" near11/part/"$id" &&
	requests &&
	echo "$line" | test-tool table here near11 "$web_url/mix" >actual &&
	test_grep "moved 1 there 0 failed 0" actual &&
	requests && ! grep "GET.*objects" requests &&
	silo_rehash near11
'

test_expect_success 'MA-30 nothing is put through a symlink named part' '
	rm -rf near12 && silo_create near12 && mkdir elsewhere &&
	ln -s ../elsewhere near12/part &&
	echo "$line" | test-tool table here near12 "$web_url/mix" >actual &&
	test_grep "$id -6 .*symlink" actual &&
	test_dir_is_empty elsewhere
'

test_expect_success 'a ledger that is damaged hides the packs, not objects/' '
	cp -r "$web_root/mix" "$web_root/torn" &&
	echo "{" >"$web_root/torn/ledger/0000000001/entry.json" &&
	rm -rf "$web_root/torn/ledger/last" "$web_root/torn/ledger/state" &&
	cat large.ids loose.id small.ids >all.ids &&
	test-tool table here near18 "$web_url/torn" <all.ids >actual &&
	test_grep "moved 13 there 0 failed 20" actual &&
	test "$(grep -c " -[34] .*ledger" actual)" = 20
'

test_expect_success 'two at once fetch the same blobs, and harm none' '
	test-tool table here near13 "$web_url/mix" <large.ids >a & pid=$! &&
	test-tool table here near13 "$web_url/mix" <large.ids >b &&
	wait $pid &&
	test_grep "failed 0" a && test_grep "failed 0" b &&
	silo_rehash near13 && test "$(silo_count near13)" = 12
'

test_expect_success 'a rate is kept' '
	line=$(sed -n 12p large.ids) &&
	start=$(date +%s%N) &&
	echo "$line" | test-tool table here near14 "$web_url/mix" 8 1200000 &&
	test $(($(date +%s%N) - start)) -gt 700000000
'

test_expect_success 'silo copy keeps it, and counts nothing twice' '
	sed -n 12p large.ids | tr " " "\t" >manifest &&
	start=$(date +%s%N) &&
	silo copy --manifest manifest --bwlimit 150k "$web_url/mix" copied &&
	took=$((($(date +%s%N) - start) / 1000000)) &&
	say "$took ms" &&
	test $took -gt 6000 && test $took -lt 12500
'

test_expect_success 'one job at a time is enough' '
	MEDO_THREADS=1 test-tool table here near15 "$web_url/mix" 1 <all.ids >actual &&
	test_grep "moved 33 there 0 failed 0" actual
'

test_expect_success TIME,!SANITIZE 'at most 64 MiB, whatever is moved' '
	test_peak_kib peak test-tool table here near16 "$web_url/one" <one.ids &&
	echo "$(cat peak) KiB" && test "$(cat peak)" -le 65536
'

test_expect_success 'CO-11 a silo that is down fails all of them, soon' '
	test_stop "$web_pid" &&
	start=$(date +%s) &&
	test_must_fail test-tool table here near17 "$web_url/one" <one.ids 2>err &&
	test $(($(date +%s) - start)) -lt 60
'

test_done
