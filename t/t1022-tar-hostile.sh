#!/bin/sh

test_description='odd tars are read as others read them, or refused with a reason'

. "$(dirname "$0")/test-lib.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

test_expect_success 'setup: two hundred tars' '
	python3 "$TEST_DIRECTORY/helper/mktar.py" odd &&
	test_line_count -gt 200 odd/verdicts
'

test_expect_success BSDTAR 'BI-19 MA-10 verdicts are as documented; GNU tar, bsdtar and Python agree' '
	python3 "$TEST_DIRECTORY/helper/tarpeers.py" odd/verdicts odd/*.tar
'

test_expect_success 'BI-18 BI-20 blocks of one byte give the same verdicts' '
	while IFS="$(printf "\t")" read -r name verdict
	do
		case $name in
		*huge|path-*|x-path-*) continue ;;
		esac
		test-tool tar list --hash "odd/$name.tar" >all 2>&1
		echo "$?" >>all
		test-tool tar list --hash --feed=1 "odd/$name.tar" >bytes 2>&1
		echo "$?" >>bytes
		test_cmp all bytes || return 1
	done <odd/verdicts
'

test_expect_success 'a refusal is one line with entry, offset and reason' '
	test_expect_code 1 test-tool tar list odd/hardlink-with-data.tar >out 2>err &&
	cat >expect <<-\END &&
	error: entry '\''g'\'' at offset 1024: it has content, but is no file
	END
	test_cmp expect err &&
	test_expect_code 1 test-tool tar list odd/x-key-escaped.tar 2>err &&
	cat >expect <<-\END &&
	error: tar header at offset 0: unknown pax key '\''a\x1b'\''
	END
	test_cmp expect err &&
	test_expect_code 1 test-tool tar list odd/name-git-hfs.tar 2>err &&
	test_grep "entry at offset 0: unsafe path .\.g\\\\u{200c}it/x.: git" err
'

test_expect_success 'BI-17 a tar cut off at any byte is refused' '
	mkdir d &&
	echo content >d/file &&
	long=$(printf "%0120d" 0) &&
	echo more >d/$long &&
	tar --format=posix --mtime=@0 -cf x.tar -C d . &&
	tar --format=gnu -cf l.tar -C d . &&
	for tar in x.tar l.tar
	do
		end=$(python3 -c "
import sys
d = open(sys.argv[1], \"rb\").read().rstrip(b\"\0\")
print((len(d) + 511) // 512 * 512)" $tar) &&
		for n in $(seq 1 37 "$end") $(seq 512 512 "$end")
		do
			head -c "$n" $tar >cut.tar &&
			test_expect_code 1 test-tool tar list cut.tar 2>err &&
			test_grep "cut off" err || return 1
		done &&
		head -c $((end + 512)) $tar >one.tar &&
		test-tool tar list one.tar >out || return 1
	done
'

test_expect_success 'MA-06 a file that claims 8 EiB costs nothing' '
	test_expect_code 4 test-tool tar list --size=1000000 odd/size-2-62.tar 2>err &&
	test_grep "limit size=1000000" err
'

test_expect_success !SANITIZE,TIME 'MA-06 MA-07 a million headers stay in small memory' '
	python3 -c "
import sys
sys.path.insert(0, \"$TEST_DIRECTORY/helper\")
import mktar
out = sys.stdout.buffer
g = mktar.pax((b\"comment\", b\"c\" * 300), kind=b\"g\")
for i in range(300):
    out.write(g * 1000)
f = mktar.header(b\"d/f\")
for i in range(700):
    out.write(f * 1000)
out.write(mktar.END)
" >many.tar &&
	test_when_finished "rm -f many.tar" &&
	test_peak_kib rss test-tool tar list many.tar >out &&
	test_line_count = 700000 out &&
	test "$(cat rss)" -lt 16384 &&
	test_expect_code 4 test-tool tar list --entries=699999 many.tar >out 2>err
'

test_expect_success !SANITIZE,TIME 'MA-07 headers that announce gigabytes are refused at once' '
	for name in x-huge L-huge x-path-1-mib
	do
		test_expect_code 1 test_peak_kib rss \
			test-tool tar list odd/$name.tar 2>err &&
		test "$(cat rss)" -lt 16384 || return 1
	done
'

test_expect_success 'damaged bytes are refused or read, never worse' '
	cat >mutate.py <<-\END &&
	import random
	import subprocess
	import sys
	random.seed(1)
	bad = 0
	for name in sys.argv[1:]:
	    data = open(name, "rb").read()[:20000]
	    for i in range(40):
	        new = bytearray(data)
	        for j in range(random.randint(1, 3)):
	            at = random.randrange(len(new) // 512) * 512
	            at += random.choice((0, 99, 100, 124, 135, 136, 148, 156, 157,
	                                 257, 345, 512 + random.randrange(30)))
	            if at < len(new):
	                new[at] = random.choice((0, 32, 48, 49, 55, 128, 255,
	                                         random.randrange(256)))
	        for at in range(0, len(new) - 511, 512):
	            block = new[at:at + 512]
	            if block[257:262] == b"ustar":
	                total = sum(block) - sum(block[148:156]) + 256
	                new[at + 148:at + 156] = b"%06o\0 " % total
	        with open("mutant", "wb") as f:
	            f.write(new)
	        run = subprocess.run(["test-tool", "tar", "list", "--hash",
	                              "--ours", "mutant"], capture_output=True)
	        if run.returncode not in (0, 1, 4):
	            print(name, i, run.returncode, run.stderr)
	            bad = 1
	sys.exit(bad)
	END
	python3 mutate.py x.tar l.tar odd/K-L.tar odd/x-metadata.tar \
		odd/prefix.tar odd/g-owner.tar odd/hardlink-dot.tar
'

test_done
