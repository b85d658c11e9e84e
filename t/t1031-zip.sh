#!/bin/sh

test_description='zip: sane archives come out as unzip and bsdtar make them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-archive.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3 to make zips'
	test_done
fi

TZ=UTC
export TZ

# unzip, bsdtar and we, each into its own directory
extract_all () {
	fresh by-unzip by-bsdtar by-us &&
	unzip -q "$1" -d by-unzip &&
	bsdtar -xf "$1" -C by-bsdtar &&
	test-tool archive extract ${2:+"$2"} zip "$1" by-us
}

# unzip does not set the times of symlinks, nor those of missing directories.
touch_links () {
	find "$@" ! -type f -exec touch -h -d @0 {} +
}

test_expect_success 'setup: a tree with all that a zip can hold' '
	mkdir -p tree/bin tree/deep/er/still tree/empty &&
	test_seq 20000 >tree/deep/text &&
	test-tool genrandom zip 700000 >tree/deep/er/noise &&
	: >tree/nothing &&
	echo "#!/bin/sh" >tree/bin/run &&
	chmod 755 tree/bin/run &&
	echo "name with space" >"tree/with space" &&
	echo umlaut >"tree/$(printf "h\\303\\244ndel")" &&
	ln -s ../deep/text tree/bin/text &&
	ln -s er tree/deep/link &&
	find tree -exec touch -h -d "2020-02-29 12:34:57 UTC" {} +
'

test_expect_success ZIP,UNZIP,BSDTAR 'a zip by Info-ZIP comes out alike' '
	(cd tree && zip -qry ../info.zip .) &&
	extract_all info.zip &&
	same_tree tree by-us &&
	same_tree by-bsdtar by-us &&
	touch_links by-unzip by-us &&
	same_tree by-unzip by-us
'

test_expect_success ZIP,UNZIP,BSDTAR 'a zip written into a pipe, with descriptors, comes out alike' '
	(cd tree && find . -type f -size +0 | zip -q - -@ | cat) >piped.zip &&
	extract_all piped.zip &&
	touch_links by-unzip by-us &&
	same_tree by-unzip by-us
'

test_expect_success BSDTAR,UNZIP 'a zip by bsdtar comes out alike' '
	bsdtar -C tree --format=zip -cf bsd.zip . &&
	extract_all bsd.zip &&
	same_tree by-bsdtar by-us
'

test_expect_success UNZIP,BSDTAR 'a zip by Python comes out alike' '
	cat >mk.py <<-\EOF &&
	import sys, zipfile
	with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
	    for name in ("deep/text", "bin/run", "deep/er/noise", "nothing"):
	        z.write("tree/" + name, name)
	    info = zipfile.ZipInfo("forced", (1999, 12, 31, 23, 59, 58))
	    with z.open(info, "w", force_zip64=True) as f:
	        f.write(b"big one day\n")
	EOF
	python3 mk.py python.zip &&
	extract_all python.zip --preserve &&
	fresh by-python &&
	python3 -m zipfile -e python.zip by-python &&
	diff -r by-python by-us &&
	(umask 022 && rm -rf by-unzip && unzip -q python.zip -d by-unzip) &&
	: "directories that are not in the zip are of now" &&
	find by-unzip by-us -type d -exec touch -d @0 {} + &&
	same_tree by-unzip by-us
'

test_expect_success 'a DOS time is taken for UTC, wherever we are' '
	python3 mk.py python.zip &&
	fresh there &&
	TZ=America/Caracas test-tool archive extract zip python.zip there &&
	stat -c %Y there/forced >actual &&
	date -d "1999-12-31 23:59:58 UTC" +%s >expect &&
	test_cmp expect actual
'

test_expect_success ZIP 'a time in UTC wins over the DOS time' '
	(cd tree && TZ=Asia/Tokyo zip -qry ../tokyo.zip .) &&
	fresh out &&
	test-tool archive extract zip tokyo.zip out &&
	same_tree tree out
'

test_expect_success ZIP 'a zip whose directory is in another order' '
	cat >shuffle.py <<-\EOF &&
	import struct, sys
	z = open(sys.argv[1], "rb").read()
	at = len(z) - 22
	count, size, off = struct.unpack("<HII", z[at + 10:at + 20])
	records, p = [], off
	while p < at:
	    n = 46 + sum(struct.unpack("<3H", z[p + 28:p + 34]))
	    records.append(z[p:p + n])
	    p += n
	open(sys.argv[2], "wb").write(
	    z[:off] + b"".join(reversed(records)) + z[at:])
	EOF
	(cd tree && zip -qry ../order.zip .) &&
	python3 shuffle.py order.zip shuffled.zip &&
	fresh out &&
	test-tool archive extract zip shuffled.zip out &&
	same_tree tree out
'

test_expect_success 'list tells what is inside' '
	python3 "$TEST_DIRECTORY/helper/mkentries.py" zip x.zip \
		"dir d" "file:755 d/run" "link l d/run" &&
	test-tool archive list zip x.zip | cut -d" " -f 1-3,5- >actual &&
	cat >expect <<-\EOF &&
	d 0755 0 d
	f 0755 6 d/run
	l 0777 0 l -> d/run
	EOF
	test_cmp expect actual
'

test_expect_success 'many small files share blocks: memory stays small' '
	python3 - <<-\EOF &&
	import zipfile
	with zipfile.ZipFile("many.zip", "w") as z:
	    for i in range(20000):
	        z.writestr("d%d/f%d" % (i // 100, i), b"x" * (i % 300))
	EOF
	fresh out &&
	test-tool archive extract zip many.zip out &&
	find out -type f >files &&
	test_line_count = 20000 files &&
	if test_have_prereq TIME,!SANITIZE
	then
		fresh out &&
		test_peak_kib peak test-tool archive extract zip many.zip out &&
		test "$(cat peak)" -lt 24576
	fi
'

test_expect_success 'limits are named when they are met' '
	fresh out &&
	test_expect_code 4 test-tool archive extract --entries=100 zip \
		many.zip out 2>err &&
	test_grep "limit entries=100 .*medo.maxEntries" err &&
	test_expect_code 4 test-tool archive list --size=1000 zip many.zip \
		>out.list 2>err &&
	test_grep "limit size=1000 .*medo.maxSize" err &&
	test_expect_code 4 test-tool archive list --depth=1 zip many.zip \
		>out.list 2>err &&
	test_grep "limit depth=1 .*medo.maxDepth" err
'

test_done
