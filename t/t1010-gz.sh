#!/bin/sh

test_description='blob files: written, read back, laid out as documented'

. "$(dirname "$0")/test-lib.sh"

# blob FILE [OPTION...]: FILE.gz and FILE.facts
blob () {
	blob_file=$1
	shift
	rm -f "$blob_file.gz" &&
	test-tool gz write "$@" "$blob_file" "$blob_file.gz" >"$blob_file.facts"
}

# fact FILE N: 1 id, 2 seal, 3 size, 4 size of the file
fact () {
	cut -d" " -f"$2" "$1.facts"
}

# layout FILE: an independent reader looks at FILE.gz; prints the seal
layout () {
	python3 "$TEST_DIRECTORY/t1010/layout.py" "$1.gz" "$1"
}

sizes='0 1 2 100 16384 16385 262143 262144 262145 786432 3000000'

test_expect_success 'setup: text, noise, zeros, and a mixture' '
	for size in $sizes
	do
		test-tool genrandom --text seed $size >text$size &&
		test-tool genrandom seed $size >noise$size &&
		head -c $size /dev/zero >zeros$size || return 1
	done &&
	{
		cat text262143 zeros3000000 noise100 text786432 &&
		cat noise262145 noise786432 zeros1 text16385 &&
		cat zeros786432 text100 "$B/test-tool"
	} >mixed &&
	test-tool genrandom short 300 >period &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		cat period period >twice &&
		mv twice period || return 1
	done
'

test_expect_success 'every size of every kind comes back' '
	for size in $sizes
	do
		for kind in text noise zeros
		do
			blob $kind$size &&
			test-tool gz read $kind$size.gz >out &&
			test_cmp_bin $kind$size out &&
			gzip -dc $kind$size.gz >out &&
			test_cmp_bin $kind$size out || return 1
		done
	done
'

test_expect_success 'id, seal and sizes are told in the same pass' '
	for file in text0 noise1 text262144 noise3000000 zeros3000000
	do
		echo "$(git hash-object $file) $(test-tool id seal $file)" \
			"$(test_file_size $file) $(test_file_size $file.gz)" \
			>expect &&
		test_cmp expect $file.facts &&
		test-tool gz check $file.gz >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'every level gives the same content and facts' '
	for file in mixed period text786432
	do
		for level in 1 2 3 4 5 6 7 8 9 10 11 12
		do
			blob $file -l $level &&
			gzip -dc $file.gz >out &&
			test_cmp_bin $file out &&
			test-tool gz read --id "$(fact $file 1)" \
				--seal "$(fact $file 2)" $file.gz >out &&
			test_cmp_bin $file out || return 1
		done
	done
'

test_expect_success 'a level that is none is refused' '
	test_expect_code 128 test-tool gz write -l 13 mixed out.gz 2>err &&
	test_grep "^error: compression level 13 is not one of 1 to 12" err
'

test_expect_success 'text shrinks as it does in gzip, noise hardly grows' '
	for level in 1 6 9
	do
		blob text3000000 -l $level &&
		gzip -$level -c text3000000 >plain.gz &&
		test "$(test_file_size text3000000.gz)" -lt \
			$(($(test_file_size plain.gz) * 102 / 100)) ||
		return 1
	done &&
	blob noise3000000 &&
	test "$(test_file_size noise3000000.gz)" -lt 3001200 &&
	blob zeros3000000 &&
	test "$(test_file_size zeros3000000.gz)" -lt 6000
'

test_expect_success 'threads, no threads, a serial source: the same bytes' '
	blob mixed -j 2 &&
	mv mixed.gz expect.gz &&
	for options in "-j 1" "-j 2" "-j 7" "--inline" "--serial" \
		"--serial -j 1" "--serial --inline"
	do
		# shellcheck disable=SC2086
		blob mixed $options &&
		test_cmp_bin expect.gz mixed.gz || return 1
	done &&
	for options in "-j 1" "-j 2" "-j 7" "--inline"
	do
		# shellcheck disable=SC2086
		test-tool gz read $options mixed.gz >out &&
		test_cmp_bin mixed out || return 1
	done
'

test_expect_success 'SHA-256 repositories have ids of their own' '
	git init -q --object-format=sha256 sha256.git &&
	git -C sha256.git hash-object ../mixed >expect &&
	blob mixed --algo sha256 &&
	fact mixed 1 >actual &&
	test_cmp expect actual &&
	test-tool gz read --id "$(cat expect)" mixed.gz >out &&
	test_cmp_bin mixed out
'

test_expect_success 'a longer file that was there before leaves no trace' '
	blob text100 &&
	cp text100.gz expect.gz &&
	cp noise262144 text100.gz &&
	test-tool gz write text100 text100.gz &&
	test_cmp_bin expect.gz text100.gz
'

test_expect_success 'a source that is shorter than it said is an error' '
	test_expect_code 1 test-tool gz write --size 300000 text262145 out.gz \
		2>err &&
	test_grep "^error: .text262145.: file ends too early" err &&
	test_expect_code 1 test-tool gz write --size 101 text100 out.gz &&
	test_expect_code 1 test-tool gz write --serial --size 786433 \
		text786432 out.gz
'

test_expect_success 'a full disk is an error' '
	blob mixed &&
	(
		ulimit -f 100 &&
		trap "" XFSZ &&
		test_expect_code 128 test-tool gz write noise3000000 out.gz
	) 2>err &&
	test_grep "^error: .out.gz.: cannot write" err
'

test_expect_success PYTHON3 'the layout is the documented one, byte for byte' '
	for file in text0 noise1 text100 zeros262144 noise262145 mixed
	do
		blob $file &&
		layout $file >actual &&
		fact $file 2 >expect &&
		test_cmp expect actual || return 1
	done &&
	blob mixed -l 1 &&
	layout mixed
'

test_expect_success PYTHON3 'index members that wait in the file end up the same' '
	truncate -s 560000000 sparse &&
	printf middle | dd of=sparse bs=1 seek=400000000 conv=notrunc 2>err &&
	blob sparse &&
	mv sparse.gz expect.gz &&
	for groups in 1 2
	do
		blob sparse --spill $groups &&
		test_cmp_bin expect.gz sparse.gz || return 1
	done &&
	layout sparse >actual &&
	fact sparse 2 >expect &&
	test_cmp expect actual &&
	test-tool gz read sparse.gz | cmp - sparse
'

test_expect_success 'pieces can be read alone' '
	blob mixed &&
	size=$(test_file_size mixed) &&
	for range in 0:1 0:262144 262143:2 262144:262144 1000000:700000 \
		$((size - 1)):1 $((size - 5)):5 $size:0 0:$size
	do
		dd if=mixed of=expect bs=65536 skip=${range%:*} \
			count=${range#*:} \
			iflag=skip_bytes,count_bytes,fullblock 2>err &&
		test-tool gz pread --seal "$(fact mixed 2)" mixed.gz \
			$range >actual &&
		test_cmp_bin expect actual || return 1
	done &&
	test-tool gz pread mixed.gz 5:10 1000:20 5:10 2000000:5 5:1 >actual &&
	{
		tail -c +6 mixed | head -c 10 &&
		tail -c +1001 mixed | head -c 20 &&
		tail -c +6 mixed | head -c 10 &&
		tail -c +2000001 mixed | head -c 5 &&
		tail -c +6 mixed | head -c 1
	} >expect &&
	test_cmp_bin expect actual
'

test_expect_success 'what is past the end, not sealed or not seekable cannot' '
	size=$(test_file_size mixed) &&
	gzip -c text262145 >plain.gz &&
	test_expect_code 128 test-tool gz pread mixed.gz $size:1 2>err &&
	test_grep "has only $size bytes" err &&
	test_expect_code 128 test-tool gz pread mixed.gz 18446744073709551615:2 &&
	test_expect_code 1 test-tool gz pread \
		--seal "$(fact text262144 2)" mixed.gz 0:1 2>err &&
	test_grep "does not match its seal" err &&
	test_expect_code 128 test-tool gz pread plain.gz 0:1
'

test_expect_success 'size and seal are known before any content is read' '
	echo "seekable $(test_file_size mixed) $(fact mixed 2)" >expect &&
	test-tool gz facts mixed.gz >actual &&
	test_cmp expect actual &&
	echo foreign >expect &&
	test-tool gz facts plain.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'what is expected is checked, and said' '
	file=text262145 &&
	blob $file &&
	id=$(fact $file 1) seal=$(fact $file 2) other=$(fact mixed 2) &&
	test-tool gz check --size 262145 --id "$id" --seal "$seal" $file.gz &&
	test_expect_code 1 test-tool gz read --size 262144 $file.gz >out 2>err &&
	test_grep "has 262145 bytes, expected 262144" err &&
	test_must_be_empty out &&
	test_expect_code 1 test-tool gz read --seal "$other" $file.gz \
		>out 2>err &&
	test_grep "does not match its seal" err &&
	test_must_be_empty out &&
	test_expect_code 1 test-tool gz check --id "$(fact mixed 1)" \
		$file.gz 2>err &&
	test_grep "has id $id, expected $(fact mixed 1)" err &&
	test_expect_code 4 test-tool gz read --max-size 262144 $file.gz \
		>out 2>err &&
	test_grep "limit of 262144" err &&
	test_must_be_empty out &&
	test-tool gz check --max-size 262145 $file.gz
'

test_expect_success 'BI-09 beyond 4 GiB, where ISIZE says 5, the size is right' '
	truncate -s 4294967301 sparse &&
	test_when_finished "rm -f sparse sparse.gz" &&
	blob sparse &&
	test "$(fact sparse 3)" = 4294967301 &&
	tail -c +$((1 + $(test_file_size sparse.gz) -
		66 - 26 - 4 - 17 * 40 - 26 - 8 - 36 - 16 * 36898 - 4)) \
		sparse.gz | head -c 4 >isize &&
	printf "\005\0\0\0" >expect &&
	test_cmp_bin expect isize &&
	test-tool gz check --algo none --size 4294967301 sparse.gz >actual &&
	test_grep " 4294967301 " actual &&
	test_expect_code 1 test-tool gz check --size 5 sparse.gz 2>err &&
	test_grep "has 4294967301 bytes, expected 5" err
'

test_expect_success TIME,!SANITIZE 'memory does not grow with the blob' '
	truncate -s 1G sparse &&
	test_when_finished "rm -f sparse sparse.gz" &&
	test_peak_kib peak test-tool gz write sparse sparse.gz &&
	test "$(cat peak)" -lt 32768 &&
	test_peak_kib peak test-tool gz check sparse.gz &&
	test "$(cat peak)" -lt 32768
'

test_done
