#!/bin/sh

test_description='the tars that common tools write are read'

. "$(dirname "$0")/test-lib.sh"

# Paths with type, mode, size and content; times and order aside.
list () {
	test-tool tar list --hash "$1" >raw &&
	cut -d" " -f1-3,5- raw | sort
}

test_expect_success 'setup: a tree with a bit of all' '
	long=$(printf "%0120d" 0) &&
	mkdir -p tree/sub/empty "tree/$long/$long" &&
	echo content >tree/file &&
	: >tree/nothing &&
	test-tool genrandom seed 300000 >tree/sub/large &&
	echo script >tree/sub/run &&
	chmod 755 tree/sub/run &&
	echo deep >"tree/$long/$long/$long" &&
	ln -s file tree/link &&
	ln -s "$long/$long/$long/$long" tree/sub/far &&
	echo new >"$(printf "tree/new\nline")" &&
	echo bytes >"$(printf "tree/n\377")" &&
	chmod 700 tree/sub &&
	touch -d "2001-02-03 04:05:06.789 UTC" tree/file &&
	{
		for path in "$long" "$long/$long" sub/empty
		do
			echo "d 0755 0 $path"
		done &&
		echo "d 0700 0 sub" &&
		while read -r mode path
		do
			echo "f $mode $(test_file_size "tree/$path")" \
				"$path $(git hash-object "tree/$path")" || exit 1
		done <<-END &&
		0644 file
		0644 nothing
		0644 sub/large
		0755 sub/run
		0644 $long/$long/$long
		END
		printf "%s %s\n" "f 0644 4 new\\nline" \
			"$(echo new | git hash-object --stdin)" \
			"f 0644 6 n\\xff" \
			"$(echo bytes | git hash-object --stdin)" &&
		echo "l 0777 0 link -> file" &&
		echo "l 0777 0 sub/far -> $long/$long/$long/$long"
	} | sort >expect &&
	grep -v "$long" expect >short
'

for format in gnu oldgnu pax
do
	test_expect_success "GNU tar --format=$format" '
		tar --format=$format -cf $format.tar -C tree . &&
		list $format.tar >actual &&
		test_cmp expect actual
	'
done

for format in v7 ustar
do
	test_expect_success "GNU tar --format=$format, where names fit" '
		(cd tree && tar --format=$format --exclude="*000*" --exclude=far \
			-cf ../$format.tar .) &&
		list $format.tar >actual &&
		test_cmp short actual
	'
done

for format in gnutar pax
do
	test_expect_success BSDTAR "bsdtar --format $format" '
		LC_ALL=C.UTF-8 bsdtar --format $format -cf bsd-$format.tar -C tree . &&
		list bsd-$format.tar >actual &&
		test_cmp expect actual
	'
done

for format in v7 ustar
do
	test_expect_success BSDTAR "bsdtar --format $format, where names fit" '
		bsdtar --format $format --exclude="*000*" --exclude=far \
			-cf bsd-$format.tar -C tree . &&
		list bsd-$format.tar >actual &&
		test_cmp short actual
	'
done

for format in GNU PAX
do
	test_expect_success PYTHON3 "Python, $format" '
		python3 -c "
import os, tarfile
with tarfile.open(\"py-$format.tar\", \"w\", format=tarfile.${format}_FORMAT) as tar:
    for name in sorted(os.listdir(\"tree\")):
        tar.add(\"tree/\" + name, name)
" &&
		list py-$format.tar >actual &&
		test_cmp expect actual
	'
done

test_expect_success 'git archive, with its comment in a global header' '
	git init -q repo &&
	cp -a tree/. repo/ &&
	git -C repo add . &&
	git -C repo commit -q -m all &&
	git -C repo archive --prefix=top/ HEAD >git.tar &&
	list git.tar | sed "s/ 0[0-7]* / /" | sort >actual &&
	{
		echo "d 0 top" &&
		sed -e "/sub\/empty/d" -e "s/ 0[0-7]* \([0-9]*\) / \1 top\//" expect
	} | sort >want &&
	test_cmp want actual
'

test_expect_success SETFATTR 'extended attributes and times are passed over' '
	cp -a tree with &&
	setfattr -n user.medo -v value with/file &&
	tar --xattrs --acls --format=pax -cf xattr.tar -C with . &&
	grep -a SCHILY.xattr xattr.tar >/dev/null &&
	list xattr.tar >actual &&
	test_cmp expect actual
'

test_expect_success 'mtimes come with what was recorded of them' '
	test-tool tar list pax.tar >raw &&
	test_grep " 981173106.789000000 file$" raw &&
	test-tool tar list gnu.tar >raw &&
	test_grep " 981173106 file$" raw
'

test_expect_success 'hard links name the first one' '
	mkdir hard &&
	echo content >hard/a &&
	ln hard/a hard/b &&
	tar -cf hard.tar -C hard ./a ./b &&
	test-tool tar list hard.tar | sed "s/ [0-9]* \([ab]\)/ \1/" >actual &&
	test_write_lines "f 0644 8 a" "h 0644 0 b -> a" >want &&
	test_cmp want actual
'

test_expect_success 'blocks of any size give the same' '
	test-tool tar list --hash pax.tar >want &&
	for n in 1 7 511 512 513 1000 65536
	do
		test-tool tar list --hash --feed=$n pax.tar >actual &&
		test_cmp want actual || return 1
	done
'

test_expect_success 'BI-09 a file of 8 GiB and more, by size record and by base 256' '
	truncate -s 8589934593 huge &&
	for format in posix gnu
	do
		tar --format=$format -cf - huge 2>/dev/null | head -c 4096 >cut &&
		test_expect_code 1 test-tool tar list cut 2>err &&
		test_grep -E "cut off with 85899(32033|31009) bytes" err || return 1
	done
'

test_expect_success 'limits are named with the setting that raises them' '
	test_expect_code 4 test-tool tar list --entries=3 gnu.tar >out 2>err &&
	test_line_count = 3 out &&
	test_grep "limit entries=3 of one archive; .medo.maxEntries. raises" err &&
	test_expect_code 4 test-tool tar list --size=300000 gnu.tar 2>err &&
	test_grep "limit size=300000" err &&
	test_grep "entry .sub/large." err &&
	test_expect_code 4 test-tool tar list --depth=2 gnu.tar 2>err &&
	test_grep "limit depth=2" err
'

test_expect_success 'what we wrote is known as ours' '
	test-tool tar create hard ours.tar &&
	test-tool tar create --mode --mtime tree preserved.tar &&
	for tar in ours.tar preserved.tar
	do
		test-tool tar list --ours $tar >out &&
		test_grep "^ours$" out || return 1
	done
'

test_expect_success 'what others wrote is not, nor ours when a byte differs' '
	head -c 512 /dev/zero >zeros &&
	cat ours.tar zeros >padded.tar &&
	head -c -512 ours.tar >short.tar &&
	cp ours.tar stuffed.tar &&
	printf x | dd of=stuffed.tar bs=1 seek=600 conv=notrunc 2>/dev/null &&
	tar --format=ustar --owner=0 --group=0 --numeric-owner \
		--mtime=@315532800 -cf lookalike.tar -C hard b a &&
	for tar in padded.tar short.tar stuffed.tar lookalike.tar gnu.tar git.tar
	do
		test-tool tar list --ours $tar >out &&
		test_grep "^foreign$" out || return 1
	done
'

test_done
