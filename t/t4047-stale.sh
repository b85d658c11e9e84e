#!/bin/sh

test_description='a silo of packs behind caches that are stale, or lie'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# Two pushes of ten small blobs each: two packs, two entries of the ledger
test_expect_success 'setup' '
	fault_setup && rm deps/big.treeptr &&
	silo_create srv/packed &&
	fault_start one "$PWD/srv" --dav && fault_allow &&
	for round in 1 2
	do
		test "$round" = 1 || cp -R srv/packed srv/old &&
		for n in 0 1 2 3 4 5 6 7 8 9
		do
			echo "small $round $n" >content &&
			git medo add -q content "deps/$round$n.treeptr" >/dev/null ||
				return 1
		done &&
		git -c "medo.silo=$fault_url/packed" medo push -q || return 1
	done &&
	test -d srv/packed/ledger/0000000002 &&
	ls srv/packed/pack/*.pack >packs && test_line_count -eq 2 packs &&
	new=$(cd srv/packed/pack && ls -- *.pack | while read -r p
		do
			test -f "../../old/pack/$p" || echo "${p%.pack}"
		done) &&
	old=$(cd srv/old/pack && ls -- *.pack) && old=${old%.pack} &&
	echo "small 2 7" >content && id=$(git hash-object content)
'

# shellcheck disable=SC2154
# all_or CODES FAULT: what comes is right, with 0 all of it; otherwise an error
# names each blob that did not come
all_or () {
	medo_at "$fault_url/$2/packed" && forget || return 1
	all_code=0
	timeout 60 git medo fetch >out 2>err || all_code=$?
	case "|$1|" in
	*"|$all_code|"*) ;;
	*)
		echo "exit $all_code, not $1" >&2
		cat err >&2
		return 1
		;;
	esac
	silo verify -q "$(cache_dir)" && silo ls "$(cache_dir)" >here || return 1
	all_here=$(wc -l <here)
	for all_name in deps/??.treeptr
	do
		grep -q "$(treeptr_get "$all_name" id)" here ||
			test_grep "$all_name" err || return 1
	done
	if test "$all_code" = 0
	then
		test "$all_here" = 20
	else
		test "$all_here" -lt 20
	fi
}

test_expect_success 'a sane server: few requests' '
	echo "only nothing" | fault f && fault_forget one &&
	all_or 0 f &&
	test "$(fault_count one)" -le 12
'

test_expect_success 'FA-26 ledger/last is old, absent, ahead, junk: it is only a hint' '
	cp srv/old/ledger/last "$FAULTS/last" &&
	for how in "body last" "status 404" "text junk" "text {}" \
		"text {\"n\": 1}" "text {\"n\": 999}" "text {\"n\": -1}" \
		"text {\"n\": 9007199254740991}" "text {\"n\": 2, \"state\": 1}" \
		"length none"
	do
		test_write_lines "only ledger/last" "$how" | fault f &&
		all_or 0 f || return 1
	done &&
	test_write_lines "only ledger/last" "text <html>" | fault f &&
	all_or "0|3" f
'

test_expect_success 'FA-26 the states are, too' '
	for how in "status 404" "text junk" "text {}" "flip 30" "length -9"
	do
		test_write_lines "only ledger/state" "$how" | fault f &&
		all_or 0 f || return 1
	done
'

test_expect_success 'FA-26 an entry is absent in a cache, once: asked again past it' '
	test_write_lines "only ledger/0000000002" "status 404" then | fault f &&
	all_or "0|1|3" f
'

test_expect_success 'FA-26 the ledger is older than the pointers: the old blobs come' '
	test_write_lines "only ledger/last|ledger/state|ledger/0000000002" \
		"status 404" | fault f &&
	all_or "1|3" f &&
	test "$all_here" = 10
'

test_expect_success 'FA-26 a pack that the ledger names is gone: blob and pack are named' '
	test_write_lines "only $new.pack" "status 404" | fault f &&
	fault_forget one &&
	all_or "1|3" f &&
	test "$all_here" = 10 &&
	test_grep "$id" err &&
	grep -i "^cache-control: no-cache" "$TEST_TOP/one.head"
'

test_expect_success 'FA-26 it was gone in a cache only' '
	test_write_lines "only $new.pack" "status 404" then | fault f &&
	all_or 0 f
'

test_expect_success 'FA-26 then objects/ is asked' '
	mkdir -p "srv/packed/objects/$(echo "$id" | cut -c 1-2)" &&
	gzip -nc content >"srv/packed/$(id_path "$id")" &&
	test_write_lines "only $new.pack" "status 404" | fault f &&
	all_or "1|3" f &&
	test "$all_here" = 11 &&
	rm -r srv/packed/objects
'

test_expect_success 'FA-26 a pack that lies, once, and for ever' '
	for how in "flip 30" "flip -30" "cut 60" "content upper" "as packed/pack/$old.pack" \
		"length -1" "text <html>" "status 500"
	do
		test_write_lines "only $new.pack" "$how" then | fault f &&
		all_or "0|3" f || return 1
		test_write_lines "only $new.pack" "$how" | fault f &&
		all_or "0|1|3" f &&
		test "$all_here" -ge 10 || return 1
	done
'

test_expect_success 'FA-26 an index that lies' '
	for how in "status 404" "flip 9" "flip 500" "flip 1100" "flip -50" "flip -5" \
		"cut 600" "text junk" "as packed/pack/$old.idx" "content upper"
	do
		test_write_lines "only $new.idx" "$how" then | fault f &&
		all_or "0|1|3" f || return 1
		test_write_lines "only $new.idx" "$how" | fault f &&
		all_or "0|1|3" f || return 1
	done
'

test_expect_success 'BI-28 an entry that lies' '
	cp srv/packed/ledger/0000000002/entry.json entry &&
	for change in "s/\"n\": 2/\"n\": 3/" "s/\"prev\": \"./\"prev\": \"x/" \
		"s/pack-/..\/pack-/" "s/\"pack-[0-9a-f]*\"/\"pack-\"/" \
		"s/\"pack-[0-9a-f]*\"/\"\/etc\/passwd\"/" "s/\"size\": [0-9]*/\"size\": 1e30/" \
		"s/\"objects\": [0-9]*/\"objects\": 9007199254740991/" \
		"s/\"ledger\": 1/\"ledger\": 2/" "s/{/[/" "s/\"packs\"/\"packs\": 5, \"x\"/" \
		"s/\"packs\": .*/\"midx\": \"index-..\/..\/x\" }/"
	do
		sed "$change" entry >"$FAULTS/entry" &&
		test_write_lines "only ledger/0000000002" "body entry" | fault f &&
		test_write_lines "only ledger/last" "status 404" | fault g &&
		all_or "0|1|3|4" f || return 1
		test_grep ! "passwd\|/\.\./" "$TEST_TOP/one.log" || return 1
	done
'

test_expect_success 'BI-28 an entry that never ends' '
	head -c 30000000 /dev/zero | tr "\0" " " >"$FAULTS/entry" &&
	all_or "0|1|3" f &&
	{
		printf "{\"ledger\": 1, \"x\": " &&
		head -c 1000000 /dev/zero | tr "\0" "["
	} >"$FAULTS/entry" &&
	all_or "0|1|3" f
'

test_expect_success 'the writer is as careful: it does not fork what it cannot see' '
	for n in 0 1 2 3 4 5 6 7
	do
		echo "new $n" >content &&
		git medo add -q content "deps/3$n.treeptr" >/dev/null || return 1
	done &&
	for how in "status 500" "text junk" close
	do
		test_write_lines "only ledger/last|ledger/state|ledger/0000000002" \
			"$how" | fault f &&
		cp -R srv/packed srv/before &&
		test_must_fail timeout 60 git -c "medo.silo=$fault_url/f/packed" \
			medo push &&
		test_path_is_missing srv/packed/ledger/0000000003 &&
		test_cmp srv/before/ledger/0000000002/entry.json \
			srv/packed/ledger/0000000002/entry.json &&
		rm -r srv/before || return 1
	done &&
	rm "$FAULTS/f" && echo "only nothing" | fault f &&
	git -c "medo.silo=$fault_url/f/packed" medo push &&
	test -d srv/packed/ledger/0000000003
'

test_done
