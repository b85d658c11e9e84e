#!/bin/sh

test_description='extract: sane archives come out as tar makes them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-archive.sh"

test_expect_success 'setup: a tree with all that a tar can hold' '
	mkdir -p tree/bin tree/deep/er/still tree/empty tree/deep/1/2/3/4/5 &&
	test_seq 60000 >tree/deep/text &&
	test-tool genrandom tar 1500000 >tree/deep/er/noise &&
	test-tool genrandom one 262144 >tree/piece &&
	test-tool genrandom two 262145 >tree/piece1 &&
	: >tree/nothing &&
	for i in $(test_seq 300)
	do
		echo $i >tree/deep/er/still/$i || return 1
	done &&
	echo "#!/bin/sh" >tree/bin/run &&
	chmod 755 tree/bin/run &&
	echo "odd name" >"tree/$(printf "a\\nb \\377")" &&
	ln tree/nothing tree/deep/nothing &&
	ln tree/deep/text tree/bin/text &&
	ln tree/deep/text tree/third &&
	ln -s ../deep/text tree/bin/link &&
	ln -s er tree/deep/link &&
	ln -s not/there tree/dangling &&
	find tree -exec touch -h -d "2020-02-29 12:34:57 UTC" {} + &&
	tar cf tree.tar -C tree .
'

test_expect_success 'files, modes, links and times are those of GNU tar' '
	fresh theirs ours &&
	tar xf tree.tar -C theirs &&
	test-tool archive extract tar tree.tar ours &&
	same_tree theirs ours &&
	same_tree tree ours
'

test_expect_success BSDTAR 'files, modes, links and times are those of bsdtar' '
	fresh theirs ours &&
	bsdtar --format=pax -cf pax.tar -C tree . &&
	bsdtar -xf pax.tar -C theirs &&
	test-tool archive extract tar pax.tar ours &&
	same_tree theirs ours
'

test_expect_success 'a compressed tar gives the same' '
	gzip -c tree.tar >tree.tar.gz &&
	fresh ours &&
	test-tool archive extract tar.gz tree.tar.gz ours &&
	same_tree tree ours
'

test_expect_success 'it does not matter how the bytes are cut, or who writes them' '
	for args in --block=511 --block=4097 --threads=1 --threads=5
	do
		fresh ours &&
		test-tool archive extract $args tar tree.tar ours &&
		same_tree tree ours || return 1
	done &&
	tar cf small.tar -C tree bin nothing &&
	fresh ours theirs &&
	tar xf small.tar -C theirs &&
	test-tool archive extract --block=1 tar small.tar ours &&
	same_tree theirs ours
'

test_expect_success 'the umask does not show' '
	for mask in 000 077 0377
	do
		fresh ours &&
		(umask $mask && test-tool archive extract tar tree.tar ours) &&
		same_tree tree ours || return 1
	done
'

test_expect_success 'modes become 0644 or 0755 by the bit of the owner' '
	cp -a tree odd &&
	chmod 400 odd/nothing && chmod 666 odd/piece && chmod 711 odd/bin/run &&
	chmod 677 odd/piece1 && chmod 700 odd/empty && chmod 750 odd/deep &&
	tar cf odd.tar -C odd . &&
	fresh ours &&
	test-tool archive extract tar odd.tar ours &&
	same_tree tree ours
'

test_expect_success 'with --preserve modes are those recorded' '
	fresh ours &&
	test-tool archive extract --preserve tar odd.tar ours &&
	same_tree odd ours
'

nobody () {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

test_lazy_prereq NOBODY '
	test_have_prereq ROOT && nobody test-tool archive sniff "$B/flags"
'

test_expect_success NOBODY 'with --preserve a directory that may not be entered is filled before' '
	fresh ours &&
	chown 65534 ours &&
	(ulimit -n 24 && nobody test-tool archive extract --preserve tar \
		odd.tar ours) &&
	same_tree odd ours
'

test_expect_success 'with --touch times are now' '
	touch before &&
	fresh ours &&
	test-tool archive extract --touch tar tree.tar ours &&
	find ours -mindepth 1 ! -newer before >old &&
	test_must_be_empty old
'

test_expect_success PYTHON3 'times before 1970 and with fractions are kept' '
	python3 - <<-\EOF &&
	import tarfile
	with tarfile.open("times.tar", "w", format=tarfile.PAX_FORMAT) as t:
	    for name, mtime in (("old", -1000000000), ("half", 1.5),
	                        ("far", 2 ** 33 + 1)):
	        info = tarfile.TarInfo(name)
	        info.mtime = mtime
	        t.addfile(info)
	EOF
	fresh theirs ours &&
	tar xf times.tar -C theirs &&
	test-tool archive extract tar times.tar ours &&
	(cd theirs && find . -type f -printf "%p %T@\n" | sort) >expect &&
	(cd ours && find . -type f -printf "%p %T@\n" | sort) >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'missing directories are made, repeated ones are fine' '
	python3 "$TEST_DIRECTORY/helper/mkentries.py" tar x.tar \
		"file a/b/c/f" "dir a/b" "dir a/b" "file a/b/g" "dir a" &&
	fresh ours &&
	test-tool archive extract tar x.tar ours &&
	(cd ours && find . -type f | sort) >actual &&
	printf "./a/b/c/f\\n./a/b/g\\n" >expect &&
	test_cmp expect actual &&
	stat -c "755 %Y" ours/a/b/g ours/a/b/c/f >expect &&
	stat -c "%a %Y" ours/a ours/a/b >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'an empty archive makes nothing' '
	python3 "$TEST_DIRECTORY/helper/mkentries.py" tar x.tar &&
	fresh ours &&
	test-tool archive extract --single-top tar x.tar ours >actual &&
	test_dir_is_empty ours &&
	echo - >expect &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'a single top directory is told' '
	single_top () {
		python3 "$TEST_DIRECTORY/helper/mkentries.py" tar x.tar "$@" &&
		fresh ours &&
		test-tool archive extract --single-top tar x.tar ours
	} &&
	single_top "file top/a" "file top/b/c" >actual &&
	single_top "dir top" >>actual &&
	single_top "file top/a" "file other" >>actual &&
	single_top "file top" >>actual &&
	single_top "dir d" "link l d" >>actual &&
	test_write_lines top top - - - >expect &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'the deepest path that can be named is made' '
	python3 - "$TEST_DIRECTORY/helper" <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	with open("deep.tar", "wb") as out:
	    for end in (b"f", b"g"):
	        path = b"d/" * 2047 + end
	        out.write(mktar.pax((b"path", path)) + mktar.file(b"x"))
	    out.write(mktar.END)
	EOF
	fresh ours &&
	test-tool archive extract tar deep.tar ours &&
	find ours -type f >files &&
	test_line_count = 2 files
'

test_expect_success PYTHON3 'a few descriptors are enough for many directories' '
	python3 - "$TEST_DIRECTORY/helper" <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	with open("wide.tar", "wb") as out:
	    for turn in range(3):
	        for i in range(400):
	            out.write(mktar.file(b"a%d/b%d/f%d" % (i % 20, i, turn)))
	    out.write(mktar.END)
	EOF
	fresh theirs ours &&
	tar xf wide.tar -C theirs &&
	(ulimit -n 32 && test-tool archive extract tar wide.tar ours) &&
	find theirs ours -type d -exec touch -d @0 {} + &&
	same_tree theirs ours
'

test_expect_success 'a few descriptors are enough for many large files' '
	mkdir large &&
	for i in $(test_seq 30)
	do
		head -c 262200 tree/piece1 >large/$i || return 1
	done &&
	tar cf large.tar large &&
	fresh ours &&
	(ulimit -n 24 && test-tool archive extract tar large.tar ours) &&
	same_tree large ours/large
'

test_expect_success PYTHON3 'zeros of large files become holes' '
	python3 - "$TEST_DIRECTORY/helper" <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	size = 3 << 30
	with open("sparse.tar", "wb") as out:
	    out.write(mktar.file(b"first", b"x" * 1000))
	    out.write(mktar.header(b"sparse", size=size))
	    at = out.tell()
	    out.seek(at + (1 << 30))
	    out.write(b"island")
	    out.seek(at + size)
	    out.write(mktar.file(b"last") + mktar.END)
	EOF
	test_when_finished "rm -rf sparse.tar ours" &&
	fresh ours &&
	test-tool archive extract tar sparse.tar ours &&
	test_file_size ours/sparse >actual &&
	echo 3221225472 >expect &&
	test_cmp expect actual &&
	test "$(du -k ours/sparse | cut -f 1)" -lt 2048 &&
	printf island >expect &&
	dd if=ours/sparse bs=1M skip=1024 count=1 2>/dev/null | head -c 6 \
		>actual &&
	test_cmp expect actual &&
	echo content >expect &&
	test_cmp expect ours/last &&
	if test_have_prereq TIME,!SANITIZE
	then
		fresh ours &&
		test_peak_kib peak test-tool archive extract tar sparse.tar \
			ours &&
		test "$(cat peak)" -lt 32768
	fi
'

test_expect_success PYTHON3,TIME,!SANITIZE '30,000 files need little memory' '
	python3 - "$TEST_DIRECTORY/helper" <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	with open("many.tar", "wb") as out:
	    for i in range(30000):
	        out.write(mktar.file(b"d%d/file%d" % (i // 300, i), b"x" * 600))
	    out.write(mktar.END)
	EOF
	test_when_finished "rm -rf many.tar ours" &&
	fresh ours &&
	test_peak_kib peak test-tool archive extract tar many.tar ours &&
	find ours -type f >files &&
	test_line_count = 30000 files &&
	test "$(cat peak)" -lt 24576
'

test_expect_success 'FA-05 what cannot be written is named, whoever wrote it' '
	(
		trap "" XFSZ &&
		ulimit -f 900 &&
		fresh ours &&
		test_expect_code 128 test-tool archive extract tar tree.tar \
			ours 2>err
	) &&
	test_grep "error: cannot write .deep/er/noise.: File too large" err &&
	tar cf small.tar -C tree deep/text bin &&
	(
		trap "" XFSZ &&
		ulimit -f 100 &&
		fresh ours &&
		test_expect_code 128 test-tool archive extract tar small.tar \
			ours 2>err
	) &&
	test_grep "error: cannot write .deep/text.: File too large" err
'

test_expect_success PYTHON3 'limits are named when they are met' '
	python3 "$TEST_DIRECTORY/helper/mkentries.py" tar x.tar \
		"file a/b/c/d/e/f" &&
	fresh ours &&
	test_expect_code 4 test-tool archive extract --entries=3 tar x.tar \
		ours 2>err &&
	test_grep "limit entries=3 .*medo.maxEntries" err
'

test_done
