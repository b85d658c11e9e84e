#!/bin/sh

test_description='moves that are cut, killed, lied to'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

test_have_prereq PYTHON3 || {
	skip_all='the fault server needs python3'
	test_done
}

test_expect_success 'setup: a pack of 200, and a large one' '
	git init -q . &&
	mkdir root && silo_create root/far && silo_create store &&
	test-tool table push root/far 1 200 4096 1 >small.ids &&
	test-tool genrandom large 3000000 >content &&
	git medo add -q --silo store content x.treeptr >/dev/null &&
	large="$(treeptr_get x.treeptr id) 3000000" &&
	echo "$large" >large.ids &&
	test-tool table there root/far store <large.ids &&
	fault_start server "$PWD/root"
'

# lied NAME HOW: what came is right, whatever was said of it
# shellcheck disable=SC2154 # lib-fault.sh's
lied () {
	fault "$1" <<-EOF &&
	only .pack
	range $2
	EOF
	rm -rf near && silo_create near &&
	test-tool table here near "$fault_url/$1/far" <small.ids >actual &&
	tail -n 1 actual &&
	git medo silo verify near
}

for how in ignore "lie 7" "shift 9" "total 5" none "short 100" star
do
	lied_name=range-${how%% *} lied_how=$how
	test_expect_success "FA-20 ranges of a pack, $how: right bytes or none" '
		lied "$lied_name" "$lied_how"
	'
done

test_expect_success 'FA-20 a 200 instead of a range is as good' '
	test-tool table here near1 "$fault_url/range-ignore/far" <small.ids >actual &&
	test_grep "moved 200 there 0 failed 0" actual
'

test_expect_success 'FA-17 a pack that is cut once is gone on with' '
	fault cut <<-\EOF &&
	only .pack
	times 1
	cut 100000
	EOF
	test-tool table here near2 "$fault_url/cut/far" <small.ids >actual &&
	test_grep "moved 200 there 0 failed 0" actual &&
	git verify-pack near2/pack/*.idx
'

test_expect_success 'FA-24 a 503 at first' '
	fault early503 <<-\EOF &&
	only .pack
	times 1
	status 503 Busy
	EOF
	test-tool table here near3 "$fault_url/early503/far" <small.ids >actual &&
	test_grep "moved 200 there 0 failed 0" actual
'

test_expect_success 'a blob whose bytes are wrong once is fetched past all caches' '
	fault flip <<-\EOF &&
	only .pack
	times 1
	flip 100000
	EOF
	test-tool table here near4 "$fault_url/flip/far" <small.ids >actual &&
	test_grep "moved 200 there 0 failed 0" actual &&
	git verify-pack near4/pack/*.idx
'

test_expect_success 'FA-12 killed halfway, the next run goes on from there' '
	silo_create near5 &&
	{ test-tool table here near5 "$fault_url/far" 8 1000000 <large.ids & } &&
	pid=$! &&
	test_wait_until 20 sh -c "test \$(cat near5/part/* 2>/dev/null | wc -c) -gt 600000" &&
	kill -9 $pid && { wait $pid || true; } &&
	part=$(test_file_size near5/part/*) &&
	test_path_is_missing near5/objects &&
	fault_forget server &&
	test-tool table here near5 "$fault_url/far" <large.ids >actual &&
	test_grep "moved 1 there 0 failed 0" actual &&
	test_grep "GET.*objects.*bytes=$part-" "$TEST_TOP/server.log" &&
	silo_rehash near5 && test_dir_is_empty near5/part
'

test_expect_success 'a signal ends it at once, and keeps the part' '
	silo_create near6 &&
	{ test-tool table here near6 "$fault_url/far" 8 1000000 <large.ids 2>err & } &&
	pid=$! &&
	test_wait_until 20 sh -c "test \$(cat near6/part/* 2>/dev/null | wc -c) -gt 600000" &&
	kill $pid && { wait $pid || :; } &&
	test "$(test_file_size near6/part/*)" -gt 600000 &&
	test-tool table here near6 "$fault_url/far" <large.ids >actual &&
	test_grep "moved 1 there 0 failed 0" actual && silo_rehash near6
'

test_expect_success 'small ones that came before a kill are not lost' '
	silo_create near7 &&
	{ test-tool table here near7 "$fault_url/far" 1 200000 <small.ids & } &&
	pid=$! &&
	test_wait_until 20 sh -c "test \$(cat near7/pack/grow_* 2>/dev/null | wc -c) -gt 200000" &&
	kill -9 $pid && { wait $pid || true; } &&
	test-tool table here near7 "$fault_url/far" <small.ids >actual &&
	there=$(sed -n "s/.* there \([0-9]*\) .*/\1/p" actual) &&
	test "$there" -gt 40 && test_grep "failed 0" actual &&
	git medo silo verify near7
'

test_expect_success 'old parts of blobs that nobody wants any more go' '
	silo_create near8 && mkdir near8/part &&
	echo old >near8/part/$(printf %040d 1) && echo new >near8/part/$(printf %040d 2) &&
	touch -d "20 days ago" near8/part/$(printf %040d 1) &&
	test-tool table here near8 "$fault_url/far" <large.ids &&
	test_path_is_missing near8/part/$(printf %040d 1) &&
	test_path_is_file near8/part/$(printf %040d 2) &&
	git medo silo verify near8
'

test_done
