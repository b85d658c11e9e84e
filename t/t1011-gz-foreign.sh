#!/bin/sh

test_description='any other gzip is read as strictly as RFC 1952 says'

. "$(dirname "$0")/test-lib.sh"

# bytes ESCAPES...: \NNN octal, as in printf
bytes () {
	for bytes_arg
	do
		printf %b "$bytes_arg"
	done
}

# refused FILE PATTERN [OPTION...]
refused () {
	refused_file=$1 refused_pattern=$2
	shift 2
	test_expect_code 1 timeout 10 test-tool gz check "$@" \
		"$refused_file" 2>err &&
	test_grep "^error: .$refused_file" err &&
	test_grep "$refused_pattern" err
}

# accepted FILE CONTENT
accepted () {
	test-tool gz read "$1" >out &&
	test_cmp_bin "$2" out
}

test_expect_success 'setup' '
	: >empty &&
	printf x >one &&
	test-tool genrandom --text seed 3000 >small &&
	test-tool genrandom --text seed 900000 >text &&
	test-tool genrandom seed 300000 >noise &&
	cat text noise small >all
'

test_expect_success 'what gzip writes is read, with id and seal' '
	for file in empty one small text noise
	do
		for options in "-n" "-1" "-6 -N" "-9n"
		do
			# shellcheck disable=SC2086
			gzip $options -c $file >$file.gz &&
			accepted $file.gz $file || return 1
		done &&
		echo "$(git hash-object $file) $(test-tool id seal $file)" \
			"$(test_file_size $file) $(test_file_size $file.gz)" \
			>expect &&
		test-tool gz check $file.gz >actual &&
		test_cmp expect actual &&
		test-tool gz check --inline --size "$(test_file_size $file)" \
			--id "$(git hash-object $file)" \
			--seal "$(test-tool id seal $file)" $file.gz >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'BI-14 members in a row are one content' '
	cat text.gz empty.gz noise.gz empty.gz small.gz >all.gz &&
	accepted all.gz all &&
	test-tool gz check all.gz >actual &&
	echo "$(git hash-object all) $(test-tool id seal all)" \
		"$(test_file_size all) $(test_file_size all.gz)" >expect &&
	test_cmp expect actual
'

test_expect_success PIGZ 'BI-14 what pigz -i writes is read' '
	for options in "-i" "-i -p 3 -b 128" "-p 1" "-9" "-R" "-11"
	do
		# shellcheck disable=SC2086
		pigz $options -c text >pigz.gz &&
		accepted pigz.gz text || return 1
	done
'

test_expect_success PYTHON3 'BI-14 blocked gzip (BC subfields, empty last member) is read' '
	cat >bgzip.py <<-\EOF &&
	import struct, sys, zlib
	data = sys.stdin.buffer.read()
	for off in list(range(0, len(data), 65280)) + [None]:
	    part = b"" if off is None else data[off:off + 65280]
	    z = zlib.compressobj(6, zlib.DEFLATED, -15)
	    body = z.compress(part) + z.flush()
	    sys.stdout.buffer.write(
	        bytes([31, 139, 8, 4, 0, 0, 0, 0, 0, 255]) +
	        struct.pack("<H2sHH", 6, b"BC", 2, len(body) + 25) + body +
	        struct.pack("<II", zlib.crc32(part), len(part)))
	EOF
	python3 bgzip.py <all >bgzip.gz &&
	gzip -dc bgzip.gz | cmp - all &&
	accepted bgzip.gz all
'

test_expect_success 'BI-14 100,000 empty members take no longer than they should' '
	cp empty.gz many &&
	for i in 1 2 3 4 5
	do
		cat many many many many many many many many many many >more &&
		mv more many || return 1
	done &&
	cat many small.gz >many.gz &&
	timeout 10 test-tool gz read many.gz >out &&
	test_cmp_bin small out
'

test_expect_success 'BI-10 a wrong CRC or ISIZE is refused' '
	size=$(test_file_size text.gz) &&
	for at in 8 7 6 5
	do
		cp text.gz bad.gz &&
		test-tool genrandom other 4 |
		dd of=bad.gz bs=1 seek=$((size - at)) count=1 conv=notrunc &&
		refused bad.gz "wrong CRC32" || return 1
	done &&
	for at in 4 3 2 1
	do
		cp text.gz bad.gz &&
		test-tool genrandom other 4 |
		dd of=bad.gz bs=1 seek=$((size - at)) count=1 conv=notrunc &&
		refused bad.gz "wrong ISIZE" || return 1
	done
'

test_expect_success 'BI-10 a trailer cut by 1 to 8 bytes is refused' '
	for n in 1 2 3 4 5 6 7 8
	do
		head -c -$n text.gz >bad.gz &&
		refused bad.gz "cut short" || return 1
	done
'

test_expect_success 'BI-11 trailing data is refused' '
	head -c 20 /dev/zero >zeros &&
	head -c 400 small.gz >half &&
	printf x >garbage &&
	head -c 1 small.gz >byte &&
	head -c 10 small.gz >header &&
	for tail in zeros half garbage byte header noise
	do
		cat text.gz $tail >bad.gz &&
		refused bad.gz "trailing data" || return 1
	done
'

test_expect_success 'BI-12 optional parts of a header are skipped' '
	tail -c +11 small.gz >body &&
	gzip -nc small | tail -c +11 >body &&
	{
		bytes "\0037\0213\0010\0034\0001\0002\0003\0004\0002\0003" &&
		bytes "\0377\0377" &&
		head -c 65535 noise &&
		bytes "name\0000" "a comment\0000" &&
		cat body
	} >extra.gz &&
	gzip -t extra.gz &&
	accepted extra.gz small &&
	{
		bytes "\0037\0213\0010\0031\0001\0002\0003\0004\0002\0003" &&
		bytes "name\0000" "a comment\0000" &&
		cat body
	} >named.gz &&
	accepted named.gz small
'

test_expect_success PYTHON3 'BI-12 the CRC of a header is checked' '
	cat >fhcrc.py <<-\EOF &&
	import struct, sys, zlib
	head = bytes([31, 139, 8, 2 + 8, 0, 0, 0, 0, 0, 3]) + b"name\0"
	crc = (zlib.crc32(head) & 0xffff) ^ int(sys.argv[1])
	sys.stdout.buffer.write(head + struct.pack("<H", crc) +
	                        open("body", "rb").read())
	EOF
	python3 fhcrc.py 0 >good.gz &&
	accepted good.gz small &&
	python3 fhcrc.py 256 >bad.gz &&
	refused bad.gz "header with a wrong CRC"
'

test_expect_success 'BI-12 unknown flags and methods are refused' '
	for flag in 040 100 200 340
	do
		{
			bytes "\0037\0213\0010\0$flag" "\0000\0000\0000\0000" \
				"\0000\0003" &&
			cat body
		} >bad.gz &&
		refused bad.gz "unknown flag" || return 1
	done &&
	for method in 000 007 011
	do
		{
			bytes "\0037\0213\0$method\0000" \
				"\0000\0000\0000\0000" "\0000\0003" &&
			cat body
		} >bad.gz &&
		refused bad.gz "unknown method" || return 1
	done
'

test_expect_success 'BI-12 names and comments without end are refused' '
	head -c 1048576 /dev/zero | tr "\0" n >long &&
	for flag in 010 020
	do
		{
			bytes "\0037\0213\0010\0$flag" "\0000\0000\0000\0000" \
				"\0000\0003" &&
			cat long
		} >bad.gz &&
		refused bad.gz "does not end within 65535 bytes" &&
		{
			cat bad.gz &&
			bytes "\0000" &&
			cat body
		} >bad2.gz &&
		refused bad2.gz "does not end within 65535 bytes" &&
		head -c 1000 bad.gz >cut.gz &&
		refused cut.gz "cut short" || return 1
	done
'

test_expect_success 'BI-12 an extra field that is longer than the file is refused' '
	{
		bytes "\0037\0213\0010\0004" "\0000\0000\0000\0000" \
			"\0000\0003\0377\0377" &&
		cat body
	} >bad.gz &&
	refused bad.gz "cut short"
'

test_expect_success 'what is no gzip is refused' '
	for file in empty one small noise
	do
		cp $file no.gz &&
		refused no.gz "is not gzip\|is cut short" || return 1
	done
'

test_expect_success 'BI-13 a gzip cut at any byte is refused' '
	{
		test-tool genrandom seed 700 &&
		head -c 1200 small
	} >kinds &&
	gzip -9c kinds >dynamic.gz &&
	printf aaaaaaaaaaaaaaaab | gzip -9c >fixed.gz &&
	head -c 700 kinds | gzip -1c >stored.gz &&
	for file in dynamic fixed stored
	do
		timeout 60 test-tool gz cut $file.gz >actual &&
		echo "refused $(test_file_size $file.gz), same 0, wrong 0" \
			>expect &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'BI-13 a larger gzip cut at every hundredth is refused' '
	size=$(test_file_size text.gz) &&
	for percent in $(test_seq 0 99)
	do
		head -c $((size * percent / 100)) text.gz >bad.gz &&
		refused bad.gz "cut short" || return 1
	done
'

test_expect_success 'BI-15 a flipped bit never changes content' '
	for file in dynamic fixed stored
	do
		test-tool gz flip $file.gz >actual &&
		test_grep "wrong 0$" actual || return 1
	done
'

test_expect_success PYTHON3 'BI-15 200 mutated files: the same verdict as zlib' '
	cat >mutate.py <<-\EOF &&
	import os, random, sys, zlib

	def verdict(data):
	    """The content, or None; strict as RFC 1952, by zlib."""
	    out = b""
	    while True:
	        z = zlib.decompressobj(31)
	        try:
	            out += z.decompress(data)
	        except zlib.error:
	            return None
	        if not z.eof:
	            return None
	        data = z.unused_data
	        if not data:
	            return out

	random.seed(15)
	good = [open(f, "rb").read() for f in sys.argv[1:]]
	os.mkdir("mutated")
	for i in range(200):
	    data = bytearray(good[i % len(good)])
	    for _ in range(random.choice([1, 1, 1, 2, 5])):
	        # Half of the damage goes where headers and trailers are.
	        at = random.randrange(len(data))
	        if random.random() < 0.5:
	            at = random.choice([random.randrange(20),
	                                len(data) - 1 - random.randrange(12)])
	        way = random.randrange(5)
	        if way == 0:
	            data[at] ^= 1 << random.randrange(8)
	        elif way == 1:
	            data[at] = random.randrange(256)
	        elif way == 2:
	            del data[at:at + random.randrange(1, 9)]
	        elif way == 3:
	            data[at:at] = bytes(random.randrange(256)
	                                for _ in range(random.randrange(1, 9)))
	        else:
	            n = random.randrange(1, 40)
	            data[at:at + n] = data[:n]
	        if len(data) < 30:
	            break
	    with open("mutated/%03d.gz" % i, "wb") as f:
	        f.write(data)
	    content = verdict(bytes(data))
	    if content is not None:
	        with open("mutated/%03d" % i, "wb") as f:
	            f.write(content)
	EOF
	gzip -c small >named.gz &&
	cat fixed.gz stored.gz named.gz >three.gz &&
	python3 mutate.py dynamic.gz fixed.gz stored.gz named.gz \
		three.gz good.gz extra.gz &&
	test_when_finished "rm -rf mutated" &&
	for i in $(seq -f %03g 0 199)
	do
		if test -f mutated/$i
		then
			accepted mutated/$i.gz mutated/$i || return 1
		else
			test_expect_code 1 test-tool gz check mutated/$i.gz ||
			return 1
		fi
	done &&
	ls mutated | grep -v gz >accepted &&
	test $(wc -l <accepted) -gt 10 &&
	test $(wc -l <accepted) -lt 150
'

test_expect_success 'what is expected is checked, and said' '
	size=900000 &&
	refused text.gz "has 900000 bytes, expected 900001" --size 900001 &&
	refused text.gz "more than the expected 899999 bytes" --size 899999 &&
	refused text.gz "does not match its seal" \
		--seal "$(test-tool id seal small)" &&
	refused text.gz "has id .* expected" --id "$(git hash-object small)" &&
	test-tool gz check --max-size 900000 text.gz &&
	test_expect_code 4 test-tool gz check --max-size 899999 text.gz 2>err &&
	test_grep "more bytes than the limit of 899999" err
'

test_expect_success 'MA-11 a bomb stops one byte after the expected size' '
	head -c 300000000 /dev/zero | gzip -9n >bomb.gz &&
	test_expect_code 1 test-tool gz read --size 1000 bomb.gz >out 2>err &&
	test_grep "more than the expected 1000 bytes" err &&
	test "$(test_file_size out)" -le 1001 &&
	test_expect_code 1 test-tool gz read --size 1000000 bomb.gz >out &&
	test "$(test_file_size out)" -le 1000001 &&
	test_expect_code 4 test-tool gz read --max-size 1000000 bomb.gz >out &&
	test "$(test_file_size out)" -le 1000001
'

test_expect_success 'BI-09 a wrong guess from ISIZE only costs a second look' '
	cat text.gz noise.gz >two.gz &&
	cat text noise >two &&
	test-tool gz check two.gz >actual &&
	git hash-object two >expect &&
	cut -d" " -f1 actual >id &&
	test_cmp expect id &&
	test-tool gz read two.gz >out &&
	test_cmp_bin two out
'

test_expect_success 'BI-09 content beyond 4 GiB, whose ISIZE says 5, has its real size' '
	truncate -s 128M zeros &&
	gzip -1nc zeros >z.gz &&
	{
		for i in 1 2 3 4 5 6 7 8
		do
			cat z.gz z.gz z.gz z.gz || return 1
		done &&
		printf 12345 | gzip -nc
	} >big.gz &&
	test-tool gz check --algo none --size 4294967301 big.gz >actual &&
	test_grep " 4294967301 " actual &&
	refused big.gz "more than the expected 5 bytes" --size 5 --algo none &&
	rm zeros z.gz big.gz
'

test_done
