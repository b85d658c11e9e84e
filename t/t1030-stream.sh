#!/bin/sh

test_description='compressed streams: decoded whole, or refused'

. "$(dirname "$0")/test-lib.sh"

# stream_make FORMAT FILE: FILE compressed, on stdout
stream_make () {
	case "$1" in
	tar.gz) gzip -nc "$2" ;;
	tar.xz) xz -c "$2" ;;
	tar.bz2) bzip2 -c "$2" ;;
	tar.zst) zstd -qc "$2" ;;
	esac
}

# What this build and this machine can do.
formats=tar.gz
test_have_prereq XZ,HAVE_LZMA && formats="$formats tar.xz"
test_have_prereq BZIP2,HAVE_BZ2 && formats="$formats tar.bz2"
test_have_prereq ZSTD,HAVE_ZSTD && formats="$formats tar.zst"

test_expect_success 'setup: text, noise, a tar' '
	mkdir tree &&
	test_seq 30000 >tree/text &&
	test-tool genrandom seed 1200000 >tree/noise &&
	tar cf content tree &&
	printf x >one &&
	: >empty &&
	for format in $formats
	do
		for file in content one empty
		do
			stream_make $format $file >$file.$format || return 1
		done
	done
'

test_expect_success 'each format gives back what went in' '
	for format in $formats
	do
		for file in content one empty
		do
			test-tool archive cat $format $file.$format >actual &&
			test_cmp_bin $file actual || return 1
		done
	done
'

# Each block is 256 KiB of memory, which a sanitizer takes long to make.
blocks="1 7 4093"
test_have_prereq SANITIZE && blocks="997 4093"

test_expect_success 'it does not matter how the bytes are cut' '
	for format in $formats
	do
		for block in $blocks
		do
			test-tool archive cat --block=$block $format \
				content.$format >actual &&
			test_cmp_bin content actual || return 1
		done
	done
'

test_expect_success 'members may be concatenated' '
	cat content one empty one content >expect &&
	for format in $formats
	do
		for file in content one empty one content
		do
			cat $file.$format || return 1
		done >many &&
		test-tool archive cat $format many >actual &&
		test_cmp_bin expect actual || return 1
	done
'

test_expect_success 'BI-11 anything else behind the last member is corruption' '
	for format in $formats
	do
		for tail in garbage "\\0\\0\\0\\0\\0" B "\\037"
		do
			{ cat one.$format && printf "$tail"; } >long &&
			test_expect_code 1 test-tool archive cat $format long \
				>actual 2>err &&
			test_grep "stream \(is damaged\|ends too early\)" err ||
			return 1
		done
	done
'

test_expect_success 'BI-11 half of a second member is corruption' '
	for format in $formats
	do
		{
			cat one.$format &&
			head -c 10 one.$format
		} >long &&
		test_expect_code 1 test-tool archive cat $format long 2>err &&
		test_grep "stream ends too early" err || return 1
	done
'

test_expect_success 'BI-13 a stream cut at any byte ends too early' '
	test_seq 100 >small &&
	for format in $formats
	do
		stream_make $format small >small.$format &&
		size=$(test_file_size small.$format) &&
		cut=0 &&
		while test $cut -lt $size
		do
			head -c $cut small.$format >cut &&
			test_expect_code 1 test-tool archive cat $format cut \
				>actual 2>err || return 1
			cut=$((cut + 1 + size / 40))
		done || return 1
	done
'

test_expect_success PYTHON3 'BI-10 a flipped bit is found, wherever it is' '
	cat >flip.py <<-\EOF &&
	import subprocess, sys
	fmt, path = sys.argv[1:]
	good = open(path, "rb").read()
	want = open("small", "rb").read()
	skipped = set(range(3, 10)) if fmt == "tar.gz" else set()
	for at in range(0, len(good), 1 + len(good) // 40):
	    if at in skipped:	# time, flags, system: no check covers them
	        continue
	    bad = bytearray(good)
	    bad[at] ^= 16
	    open("flipped", "wb").write(bad)
	    run = subprocess.run(["test-tool", "archive", "cat", fmt, "flipped"],
	                         capture_output=True)
	    if run.returncode == 0 and run.stdout != want:
	        sys.exit("%s: byte %d was not missed" % (path, at))
	    if run.returncode not in (0, 1, 4):
	        sys.exit("%s: byte %d: code %d" % (path, at, run.returncode))
	EOF
	for format in $formats
	do
		python3 flip.py $format small.$format || return 1
	done
'

test_expect_success 'BI-10 wrong CRC or size at the end of a gzip are corruption' '
	size=$(test_file_size small.tar.gz) &&
	for back in 8 5 4 1
	do
		head -c $((size - back)) small.tar.gz >bad &&
		printf "\\377" >>bad &&
		tail -c $((back - 1)) small.tar.gz >>bad &&
		test_file_size bad >actual &&
		echo $size >expect &&
		test_cmp expect actual &&
		test_must_fail test_cmp_bin bad small.tar.gz &&
		test_expect_code 1 test-tool archive cat tar.gz bad 2>err &&
		test_grep "gzip stream is damaged" err || return 1
	done
'

test_expect_success PYTHON3 'BI-12 odd gzip headers: long fields pass, lies do not' '
	cat >heads.py <<-\EOF &&
	import gzip, struct, zlib
	body = gzip.compress(b"content\n", mtime=0)[10:]
	def head(flags, fields=b"", method=8):
	    return b"\x1f\x8b" + bytes([method, flags]) + b"\0\0\0\0\0\xff" + fields
	extra = struct.pack("<H", 65535) + b"e" * 65535
	crc = head(2)
	good = struct.pack("<H", zlib.crc32(crc) & 0xffff)
	files = {
	    "ok-extra": head(4, extra) + body,
	    "ok-comment": head(16, b"c" * (1 << 20) + b"\0") + body,
	    "ok-hcrc": crc + good + body,
	    "bad-hcrc": crc + b"xx" + body,
	    "bad-name": head(8, b"no end") ,
	    "bad-flags": head(0x20) + body,
	    "bad-method": head(0, method=7) + body,
	    "bad-extra": head(4, struct.pack("<H", 65535)) + body,
	}
	for name, data in files.items():
	    open(name, "wb").write(data)
	EOF
	python3 heads.py &&
	echo content >expect &&
	for file in ok-*
	do
		test-tool archive cat tar.gz $file >actual &&
		test_cmp expect actual || return 1
	done &&
	for file in bad-*
	do
		test_expect_code 1 test-tool archive cat tar.gz $file || return 1
	done
'

test_expect_success XZ,HAVE_LZMA 'xz: padding in fours, any check, and no check' '
	printf "\\0\\0\\0\\0" >pad &&
	cat one.tar.xz pad pad one.tar.xz pad >padded &&
	test-tool archive cat tar.xz padded >actual &&
	printf xx >expect &&
	test_cmp expect actual &&
	printf "\\0" >>padded &&
	test_expect_code 1 test-tool archive cat tar.xz padded &&
	for check in none crc32 crc64 sha256
	do
		xz -c --check=$check content >checked &&
		test-tool archive cat tar.xz checked >actual &&
		test_cmp_bin content actual || return 1
	done
'

test_expect_success XZ,HAVE_LZMA,!SANITIZE 'xz: a window over 128 MiB is refused' '
	xz -c --lzma2=dict=128MiB one >fits &&
	test-tool archive cat tar.xz fits >actual &&
	test_cmp one actual &&
	xz -c --lzma2=dict=192MiB one >wide &&
	test_expect_code 4 test-tool archive cat tar.xz wide 2>err &&
	test_grep "window over 128 MiB" err
'

test_expect_success ZSTD,HAVE_ZSTD 'zstd: skippable frames are skipped' '
	printf "\\120\\052\\115\\030\\003\\0\\0\\0abc" >skip &&
	cat skip one.tar.zst skip one.tar.zst skip >framed &&
	test-tool archive cat tar.zst framed >actual &&
	printf xx >expect &&
	test_cmp expect actual &&
	head -c 9 skip >>framed &&
	test_expect_code 1 test-tool archive cat tar.zst framed
'

test_expect_success ZSTD,HAVE_ZSTD 'zstd: a window over 128 MiB is refused' '
	# frame header: not single segment, window log 28
	printf "\\050\\265\\057\\375\\000\\220\\001\\000\\000" >wide &&
	test_expect_code 4 test-tool archive cat tar.zst wide 2>err &&
	test_grep "window over 128 MiB" err &&
	printf "\\050\\265\\057\\375\\000\\210\\001\\000\\000" >fits &&
	test-tool archive cat tar.zst fits >actual &&
	test_must_be_empty actual
'

test_expect_success 'BI-14 many empty members are read in linear time' '
	gzip -nc empty >member &&
	i=0 &&
	while test $i -lt 12
	do
		cat member member >twice && mv twice member && i=$((i + 1)) ||
		return 1
	done &&
	cat one.tar.gz member member member one.tar.gz >many &&
	test-tool archive cat tar.gz many >actual &&
	printf xx >expect &&
	test_cmp expect actual
'

test_expect_success TIME,!SANITIZE 'MA-11 memory does not grow with what is unpacked' '
	test_when_finished "rm -f zeros bomb" &&
	head -c 64000000 /dev/zero >zeros &&
	for format in $formats
	do
		stream_make $format zeros >bomb &&
		test_peak_kib peak test-tool archive cat $format bomb \
			>/dev/null &&
		test "$(cat peak)" -lt 32768 || return 1
	done
'

test_expect_success 'a format is told by content, not by name' '
	for format in $formats
	do
		cp content.$format liar.jpg &&
		echo "liar.jpg $format" >expect &&
		test-tool archive sniff liar.jpg >actual &&
		test_cmp expect actual || return 1
	done &&
	cp content liar.zip &&
	echo "liar.zip tar" >expect &&
	test-tool archive sniff liar.zip >actual &&
	test_cmp expect actual
'

test_expect_success 'what is compressed but no tar is a plain file' '
	for format in $formats
	do
		echo "small.$format -" >expect &&
		test-tool archive sniff small.$format >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'what only begins like an archive is a plain file' '
	printf "\\037\\213\\010" >magic.gz &&
	printf "\\3757zXZ\\0" >magic.xz &&
	printf "BZh9" >magic.bz2 &&
	printf "\\050\\265\\057\\375" >magic.zst &&
	head -c 10000 /dev/zero >zeros &&
	cp content bent && printf "X" | dd of=bent conv=notrunc 2>/dev/null &&
	head -c 511 content >short &&
	for file in magic.gz magic.xz magic.bz2 magic.zst zeros bent short \
		empty one small
	do
		echo "$file -" || return 1
	done >expect &&
	test-tool archive sniff magic.gz magic.xz magic.bz2 magic.zst zeros \
		bent short empty one small >actual &&
	test_cmp expect actual
'

test_expect_success 'old tars without magic are tars' '
	tar --format=v7 -cf old.tar -C tree text &&
	echo "old.tar tar" >expect &&
	test-tool archive sniff old.tar >actual &&
	test_cmp expect actual
'

test_expect_success BZIP2,HAVE_BZ2 'a tar.bz2 is told although its first block is long' '
	tar cf noise.tar -C tree noise &&
	bzip2 -9 noise.tar &&
	echo "noise.tar.bz2 tar.bz2" >expect &&
	test-tool archive sniff noise.tar.bz2 >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'a zip is told, an empty one too' '
	python3 -c "
import zipfile
zipfile.ZipFile(\"empty.zip\", \"w\").close()
with zipfile.ZipFile(\"full.zip\", \"w\") as z:
    z.writestr(\"a\", \"b\")" &&
	printf "empty.zip zip\\nfull.zip zip\\n" >expect &&
	test-tool archive sniff empty.zip full.zip >actual &&
	test_cmp expect actual
'

test_done
