#!/bin/sh

test_description='zip: what readers would disagree on is refused'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-archive.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3 to make zips'
	test_done
fi

test_expect_success 'setup: about a hundred zips, and a canary' '
	python3 "$TEST_DIRECTORY/helper/mkzip.py" zips &&
	canary_make
'

test_expect_success 'MA-12 odd zips are read or refused as the table says' '
	while read -r name verdict
	do
		fresh out &&
		code=1 &&
		if test "$verdict" = ok
		then
			code=0
		fi &&
		test_expect_code $code test-tool archive extract zip \
			"zips/$name.zip" out 2>err &&
		if test $code = 1
		then
			test_grep -e "^error: .*$verdict" err
		fi || {
			echo "the verdict on $name should be: $verdict"
			return 1
		}
	done <zips/verdicts &&
	canary_check
'

test_expect_success 'MA-12 what we read is what Python reads' '
	cat >python.py <<-\EOF &&
	import os, sys, zipfile
	zip, out = sys.argv[1:]
	for info in zipfile.ZipFile(zip).infolist():
	    if info.is_dir() or info.external_attr >> 28 == 10:
	        continue
	    data = zipfile.ZipFile(zip).read(info)
	    name = os.path.join(out, os.path.normpath(info.filename))
	    if not os.path.exists(name) and not info.filename.isascii():
	        continue	# without a flag, Python takes names for cp437
	    if open(name, "rb").read() != data:
	        sys.exit("%s: %s differs" % (zip, info.filename))
	EOF
	while read -r name verdict
	do
		test "$verdict" = ok || continue
		fresh out &&
		test-tool archive extract zip "zips/$name.zip" out &&
		python3 python.py "zips/$name.zip" out || return 1
	done <zips/verdicts
'

test_expect_success 'MA-13 bombs that overlap are refused before anything is made' '
	for name in fifield one-header overlap
	do
		fresh out &&
		test_expect_code 1 timeout 20 test-tool archive extract zip \
			zips/$name.zip out 2>err &&
		test_grep "overlap" err &&
		test_dir_is_empty out || return 1
	done
'

test_expect_success 'MA-13 a zip within itself is just a file' '
	fresh out &&
	test-tool archive extract zip zips/stored-zip.zip out &&
	test_path_is_file out/z.zip &&
	test_path_is_missing out/g
'

test_expect_success 'MA-07 a zip that claims 2^32 entries costs nothing' '
	fresh out &&
	test_expect_code 1 test-tool archive extract zip \
		zips/zip64-claims.zip out &&
	if test_have_prereq TIME,!SANITIZE
	then
		test_expect_code 1 test_peak_kib peak test-tool archive \
			extract zip zips/zip64-claims.zip out &&
		test "$(cat peak)" -lt 16384
	fi
'

test_expect_success 'MA-12 a symlink is not walked through' '
	python3 "$TEST_DIRECTORY/helper/mkentries.py" zip through.zip \
		"link d $TEST_TOP/canary" "file d/file" &&
	fresh out &&
	test_expect_code 1 test-tool archive extract zip through.zip out 2>err &&
	test_grep ".d/file. lies in .d., which is a symlink" err &&
	canary_check
'

test_expect_success 'a zip cut at any byte is refused' '
	size=$(test_file_size zips/order.zip) &&
	cut=0 &&
	while test $cut -lt "$size"
	do
		head -c $cut zips/order.zip >cut.zip &&
		test_expect_code 1 test-tool archive list zip cut.zip \
			>actual 2>err || return 1
		cut=$((cut + 7))
	done
'

test_expect_success 'a zip with any bit flipped gives the same, or is refused' '
	cat >flip.py <<-\EOF &&
	import subprocess, sys
	good = open("zips/order.zip", "rb").read()
	for at in range(len(good)):
	    bad = bytearray(good)
	    bad[at] ^= 1 << at % 8
	    open("flipped.zip", "wb").write(bad)
	    run = subprocess.run(["test-tool", "archive", "list", "zip",
	                          "flipped.zip"], capture_output=True)
	    if run.returncode not in (0, 1):
	        sys.exit("byte %d: code %d" % (at, run.returncode))
	EOF
	python3 flip.py
'

test_done
