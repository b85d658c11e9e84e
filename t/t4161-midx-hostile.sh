#!/bin/sh

test_description='a table of packs is checked before it is believed'

. "$(dirname "$0")/test-lib.sh"

test_have_prereq PYTHON3 || {
	skip_all='python3 breaks the tables'
	test_done
}

broken () {
	python3 "$TEST_DIRECTORY/helper/midxbreak.py" "$@"
}

test_expect_success 'setup: two packs, their indexes, a table' '
	mkdir part silo x &&
	for n in 1 2 3 4 5 6 7 8 9
	do
		echo "content $n" >part/$n || return 1
	done &&
	test-tool pack add silo part/1 part/2 part/3 part/4 >/dev/null &&
	test-tool pack add silo part/5 part/6 part/7 part/8 part/9 >/dev/null &&
	test-tool table merge all.midx silo/pack/*.idx &&
	set -- silo/pack/*.idx && cp "$1" good.idx
'

name=pack-0123456789012345678901234567890123456789.idx

test_expect_success 'what is taken apart and not changed is good' '
	broken none good.idx "x/$name" && test-tool table dump "x/$name" &&
	broken none all.midx x/all.midx && test-tool table dump x/all.midx
'

for how in fan-down fan-huge fan-zero fan-shift ids-swapped offset-0 \
	offset-long offset-max version magic trailing-3 cut-ids cut-half cut-head \
	v1 empty
do
	test_expect_success "BI-21 .idx: $how is refused" "
		broken $how good.idx x/$name &&
		test_expect_code 1 test-tool table dump x/$name 2>err &&
		test_grep '^error: ' err && test_line_count = 1 err
	"
done

for how in fan-down fan-huge fan-zero fan-shift ids-swapped offset-0 \
	pack-out pack-max magic cut-ids cut-half cut-head empty midx-v2 \
	midx-sha256 midx-base midx-packs-more midx-chunks-255 midx-chunks-0 \
	midx-chunk-beyond midx-chunk-wrap midx-chunk-back midx-chunks-away \
	midx-chunk-twice \
	midx-no-ooff midx-name-slash midx-name-nonul midx-names-order
do
	test_expect_success "BI-22 .midx: $how is refused" "
		broken $how all.midx x/all.midx &&
		test_expect_code 1 test-tool table dump x/all.midx 2>err &&
		test_grep '^error: ' err && test_line_count = 1 err
	"
done

test_expect_success 'BI-22 .midx: more packs than anybody has' '
	broken midx-packs-max all.midx x/all.midx &&
	test_expect_code 4 test-tool table dump x/all.midx
'

test_expect_success 'BI-21 a wrong hash at the end' '
	broken none good.idx "x/$name" wrong &&
	test_expect_code 1 test-tool table dump "x/$name" &&
	broken none all.midx x/all.midx wrong &&
	test_expect_code 1 test-tool table dump x/all.midx
'

# refused FILE AS: cut anywhere
refused () {
	refused_size=$(test_file_size "$1") &&
	refused_at=0 &&
	while test "$refused_at" -lt "$refused_size"
	do
		head -c "$refused_at" "$1" >"$2" &&
		test_expect_code 1 test-tool table dump "$2" 2>/dev/null ||
			return 1
		refused_at=$((refused_at + 61))
	done
}

test_expect_success 'BI-21 cut anywhere, it is refused' '
	refused good.idx "x/$name" &&
	refused all.midx x/all.midx
'

test_expect_success 'BI-21 an index under a name that is none' '
	cp good.idx x/pack-..idx &&
	test_expect_code 1 test-tool table dump x/pack-..idx 2>err &&
	test_grep "no name of a pack" err
'

test_done
