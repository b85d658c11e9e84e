#!/bin/sh

test_description='indexes of far packs are read once'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX
then
	skip_all='no nginx'
	test_done
fi

# add NAME: twenty small blobs, pushed in a pack of their own
add () {
	for n in $(test_seq 20)
	do
		echo "$1 $n" >content &&
		git medo add -q content "deps/$1-$n.treeptr" >/dev/null || return 1
	done &&
	git -c medo.silo="$TRASH_DIRECTORY/far" -c medo.allow="$TRASH_DIRECTORY" \
		medo push -q >/dev/null
}

# indexes: how many were asked for since, of packs and of all packs
# shellcheck disable=SC2154
indexes () {
	test_settled || return 1
	grep -c "^GET [^ ]*\.m*idx " "$web_log"
	cat "$web_log" >&2
	: >"$web_log"
}

# refetch: everything, where nothing but indexes is on this disk
refetch () {
	mkdir -p "$(cache_dir)" &&
	find "$(cache_dir)" -path "*/index/*" -prune -o -type f -exec rm {} + &&
	rm -rf .git/medo &&
	git medo fetch &&
	git medo cat "deps/$1-7.treeptr" >actual &&
	echo "$1 7" >expect &&
	test_cmp expect actual
}

# shellcheck disable=SC2154
test_expect_success 'setup: three packs' '
	git init -q . &&
	silo_create far &&
	medo_create deps far &&
	add a && add b && add c &&
	nginx_start plain && rmdir "$web_root" &&
	ln -s "$TRASH_DIRECTORY" "$web_root" &&
	git config --global medo.allow "$web_url" &&
	printf "{ \"silos\": [ { \"url\": \"%s/far\" } ] }\n" "$web_url" \
		>deps/SILO.json
'

test_expect_success 'the first fetch reads them, the second one reads none' '
	forget && refetch a &&
	test "$(indexes)" = 3 &&
	refetch b &&
	test "$(indexes)" = 0
'

test_expect_success 'after another push only the new one is read' '
	add d && : >"$web_log" &&
	refetch d &&
	test "$(indexes)" = 1
'

test_expect_success 'a kept one that is damaged, cut or empty is read again' '
	set -- "$(cache_dir)"/index/* &&
	test $# = 4 &&
	test-tool genrandom x 2000 >"$1" && : >"$2" &&
	head -c 100 "$3" >cut && mv cut "$3" &&
	refetch a &&
	test "$(indexes)" = 3 &&
	refetch a &&
	test "$(indexes)" = 0
'

# shellcheck disable=SC2012
test_expect_success PYTHON3 'one that was wrong over there is not kept' '
	idx=$(ls far/pack/*.idx | head -n 1) && cp "$idx" good.idx &&
	python3 "$TEST_DIRECTORY/helper/midxbreak.py" swap-places "$idx" broken.idx &&
	mv -f broken.idx "$idx" && rm -rf "$(cache_dir)/index" &&
	test_must_fail refetch a &&
	mv -f good.idx "$idx" &&
	refetch a && : >"$web_log" &&
	refetch a &&
	test "$(indexes)" = 0
'

test_expect_success 'another silo with packs of these names reads its own' '
	cp -R far other &&
	printf "{ \"silos\": [ { \"url\": \"%s/other\" } ] }\n" "$web_url" \
		>deps/SILO.json &&
	refetch c &&
	test "$(indexes)" = 4
'

test_expect_success 'what nobody has read for a month goes, the rest stays' '
	set -- "$(cache_dir)"/index/* &&
	test $# = 8 &&
	touch -d "40 days ago" "$1" "$2" &&
	git medo prune &&
	test_path_is_missing "$1" && test_path_is_missing "$2" &&
	test_path_is_file "$3" && test_path_is_file "$8"
'

test_expect_success 'silo verify knows them' '
	git medo silo verify "$(cache_dir)" >out 2>&1 &&
	test_grep ! index out
'

test_done
