#!/bin/sh

test_description='tar headers are written in one spelling that all tars read'

. "$(dirname "$0")/test-lib.sh"

repeat () {
	awk -v s="$1" -v n="$2" 'BEGIN { while (n-- > 0) printf "%s", s }'
}

# tar_of TYPE MODE SIZE MTIME NSEC PATH LINK: a tar of that one header
tar_of () {
	test-tool tar header "$@" >one.tar &&
	head -c 1024 /dev/zero >>one.tar
}

blocks () {
	test-tool tar header "$@" >hdr || return 1
	echo $(($(test_file_size hdr) / 512))
}

test_expect_success 'the header of a file is spelled byte for byte' '
	python3 -c "
import sys
h = b\"dir/name\".ljust(100, b\"\\0\") + b\"0000644\\0\" + b\"0000000\\0\" * 2
h += b\"00000000005\\0\" + b\"02263523000\\0\" + b\" \" * 8 + b\"0\" + b\"\\0\" * 100
h += b\"ustar\\00000\" + b\"\\0\" * 64 + b\"0000000\\0\" * 2 + b\"\\0\" * 167
h = h[:148] + b\"%06o\\0 \" % sum(h) + h[156:]
sys.stdout.buffer.write(h)
" >expect &&
	test_file_size expect >size &&
	echo 512 >512 &&
	test_cmp 512 size &&
	test-tool tar header f 644 5 315532800 0 dir/name "" >actual &&
	test_cmp_bin expect actual
'

test_expect_success 'types differ in the type, the slash and the link' '
	tar_of d 755 0 315532800 0 name "" && test-tool tar list --ours one.tar >actual &&
	tar_of l 777 0 315532800 0 name to && test-tool tar list --ours one.tar >>actual &&
	tar_of h 644 0 315532800 0 name first && test-tool tar list --ours one.tar >>actual &&
	cat >expect <<-\END &&
	d 0755 0 315532800 name
	ours
	l 0777 0 315532800 name -> to
	ours
	h 0644 0 315532800 name -> first
	ours
	END
	test_cmp expect actual
'

test_expect_success 'BI-20 a path that fits name and prefix needs no pax record' '
	p155=$(repeat p 155) && n100=$(repeat n 100) &&
	test "$(blocks f 644 0 0 0 "$n100" "")" = 1 &&
	test "$(blocks f 644 0 0 0 "$p155/$n100" "")" = 1 &&
	test "$(blocks f 644 0 0 0 "d/$n100" "")" = 1 &&
	test "$(blocks d 755 0 0 0 "d/$(repeat n 99)" "")" = 1 &&
	test "$(blocks l 777 0 0 0 "$n100" "$n100")" = 1
'

test_expect_success 'BI-20 a path that does not is in one pax record' '
	p155=$(repeat p 155) && n100=$(repeat n 100) &&
	test "$(blocks f 644 0 0 0 "n$n100" "")" = 3 &&
	test "$(blocks d 755 0 0 0 "$n100" "")" = 3 &&
	test "$(blocks f 644 0 0 0 "p$p155/n" "")" = 3 &&
	test "$(blocks f 644 0 0 0 "$p155/n$n100" "")" = 3 &&
	test "$(blocks d 755 0 0 0 "$p155/$n100" "")" = 3 &&
	test "$(blocks l 777 0 0 0 n "n$n100")" = 3
'

test_expect_success 'the prefix ends at the last slash that fits' '
	p60=$(repeat p 60) &&
	test-tool tar header f 644 0 0 0 "$p60/$p60/$p60/name" "" >hdr &&
	head -c 500 hdr | tail -c 155 | tr -d "\000" >prefix &&
	printf %s "$p60/$p60" >expect &&
	test_cmp_bin expect prefix
'

test_expect_success 'a name that is cut off never ends in a slash' '
	test-tool tar header f 644 0 0 0 \
		"$(repeat d 99)/$(repeat e 99)/$(repeat f 150)" "" >hdr &&
	tail -c 512 hdr | head -c 100 | tr -d "\000" >name &&
	repeat d 99 >expect &&
	test_cmp_bin expect name
'

test_expect_success 'the x header does not depend on its entry' '
	test-tool tar header f 644 0 0 0 "$(repeat n 101)" "" >one &&
	test-tool tar header d 700 0 77 0 "$(repeat m 100)" "" >two &&
	head -c 512 one >x1 &&
	head -c 512 two >x2 &&
	test_cmp_bin x1 x2 &&
	tr -d "\000" <x1 >text &&
	printf %s "PaxHeader0000644000000000000000000000015702263523000011133 x" >expect &&
	head -c 60 text >actual &&
	test_cmp_bin expect actual
'

test_expect_success 'pax keys are sorted' '
	test-tool tar header h 644 0 -1 0 "$(repeat y 101)" "$(repeat z 101)" |
	tail -c +513 | head -c 512 | tr -d "\000" | sed "s/y\{101\}/Y/;s/z\{101\}/Z/" >actual &&
	cat >expect <<-\END &&
	115 linkpath=Z
	12 mtime=-1
	111 path=Y
	END
	test_cmp expect actual
'

test_expect_success 'a pax record counts the digits of its own length' '
	for n in $(test_seq 101 130) $(test_seq 980 1000)
	do
		path=$(repeat n 90)/$(repeat m $((n - 91))) || return 1
		path=$(echo "$path" | sed "s/\(m\{100\}\)/\1\//g;s/\/$/m/")
		tar_of d 755 0 0 0 "$path" "" &&
		python3 -c "
import sys, tarfile
assert tarfile.open(\"one.tar\").getnames() == [sys.argv[1]], sys.argv[1]
" "$path" &&
		test-tool tar list --ours one.tar >actual &&
		test_grep "^ours" actual || return 1
	done
'

test_expect_success '8 GiB less one byte is octal, 8 GiB a pax record' '
	test "$(blocks f 644 8589934591 0 0 f "")" = 1 &&
	test "$(blocks f 644 8589934592 0 0 f "")" = 3 &&
	tail -c +513 hdr | head -c 19 >actual &&
	echo "19 size=8589934592" >expect &&
	test_cmp expect actual
'

test_expect_success 'mtimes that do not fit are pax records' '
	mtime () {
		test-tool tar header f 644 0 "$1" "$2" f "" | tail -c +513 |
		head -c 512 | tr -d "\000" | sed "s/^[0-9]* //"
	} &&
	for t in "-1 0" "-2 500000000" "0 1" "1 100000000" "8589934592 0" "-1 999999999"
	do
		# shellcheck disable=SC2086
		mtime $t || return 1
	done >actual &&
	cat >expect <<-\END &&
	mtime=-1
	mtime=-1.5
	mtime=0.000000001
	mtime=1.1
	mtime=8589934592
	mtime=-0.000000001
	END
	test_cmp expect actual &&
	test "$(blocks f 644 0 8589934591 0 f "")" = 1 &&
	tar_of f 644 0 -2 500000000 f "" &&
	test-tool tar list one.tar >actual &&
	echo "f 0644 0 -2.500000000 f" >expect &&
	test_cmp expect actual
'

test_expect_success 'bytes that are no UTF-8 are BINARY in a pax record, plain elsewhere' '
	bad=$(printf "n\377") &&
	test "$(blocks f 644 0 0 0 "$bad" "")" = 1 &&
	test-tool tar header f 644 0 0 0 "$bad$(repeat n 100)" "" >hdr &&
	grep -a "21 hdrcharset=BINARY$" hdr &&
	test-tool tar header l 777 0 0 0 s "$bad$(repeat n 100)" >hdr &&
	grep -a "21 hdrcharset=BINARY$" hdr &&
	test-tool tar header f 644 0 0 0 "$(repeat é 51)" "" >hdr &&
	! grep -a hdrcharset hdr
'

test_expect_success PYTHON3,BSDTAR 'BI-20 GNU tar, bsdtar and Python read all of them alike' '
	mkdir peers &&
	n=0 &&
	for path in "$(repeat n 100)" "$(repeat n 101)" "$(repeat p 155)/$(repeat n 100)" \
		"$(repeat n 255)" "$(repeat "$(repeat d 253)/" 16)x" \
		"$(printf "n\377%s" "$(repeat n 100)")" "$(printf "n\377")" \
		"$(repeat é 51)" "$(printf "a\nb\033c\\\\d")" \
		"$(repeat d 99)/$(repeat e 99)/$(repeat f 150)" \
		"$(repeat p 140)/$(repeat q 20)/$(repeat r 99)"
	do
		for type in f d l
		do
			n=$((n + 1)) &&
			tar_of $type 644 0 315532800 0 "$path" "$path" &&
			mv one.tar peers/$n-$type.tar || return 1
		done
	done &&
	python3 "$TEST_DIRECTORY/helper/tarpeers.py" - peers/*.tar
'

test_done
