#!/bin/sh

test_description='git medo ls and cat look into a tree without expanding it'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	mkdir -p tree/a/b tree/empty tree/a.b &&
	echo one >tree/a/one && echo two >tree/a/b/two &&
	test-tool genrandom cat 600000 >tree/noise &&
	write_script tree/run <<-\END &&
	:
	END
	ln -s a/one tree/link && ln tree/a/one tree/z &&
	echo x >"tree/a.b/new
line" &&
	git medo add tree deps/tree.treeptr
'

test_expect_success 'ls lists the entries in their order' '
	git medo ls deps/tree.treeptr >actual &&
	cat >expect <<-\EOF &&
	a
	a.b
	a.b/new\nline
	a/b
	a/b/two
	a/one
	empty
	link
	noise
	run
	z
	EOF
	test_cmp expect actual
'

test_expect_success 'ls of a path lists what is at and below it' '
	git medo ls deps/tree.treeptr:a >actual &&
	test_write_lines a a/b a/b/two a/one >expect &&
	test_cmp expect actual &&
	git medo ls deps/tree.treeptr:a/b/ >actual &&
	test_write_lines a/b a/b/two >expect &&
	test_cmp expect actual &&
	git medo ls deps/tree.treeptr:a/one >actual &&
	echo a/one >expect &&
	test_cmp expect actual
'

test_expect_success 'ls -l adds type, mode, size, time and target' '
	git medo ls -l deps/tree.treeptr >actual &&
	grep "^dir	0755	0	1980-01-01T00:00:00Z	empty$" actual &&
	grep "^file	0644	600000	1980-01-01T00:00:00Z	noise$" actual &&
	grep "^file	0755	12	1980-01-01T00:00:00Z	run$" actual &&
	grep "^symlink	0777	0	1980-01-01T00:00:00Z	link	a/one$" actual &&
	grep "^hardlink	0644	0	1980-01-01T00:00:00Z	z	a/one$" actual
'

test_expect_success 'ls -z gives names as they are' '
	git medo ls -z deps/tree.treeptr:a.b >actual &&
	printf "a.b\0a.b/new\nline\0" >expect &&
	test_cmp_bin expect actual
'

test_expect_success 'ls --json' '
	git medo ls --json deps/tree.treeptr:link >actual &&
	cat >expect <<-\EOF &&
	{"type":"symlink","mode":"0777","size":0,"mtime":"1980-01-01T00:00:00Z","path":"link","link":"a/one"}
	EOF
	test_cmp expect actual
'

test_expect_success 'ls of what is not there' '
	test_expect_code 1 git medo ls deps/tree.treeptr:absent >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^error: .deps/tree.treeptr. has no .absent." err &&
	test_expect_code 1 git medo ls deps/tree.treeptr:a/o
'

test_expect_success 'cat prints a file' '
	for file in a/one a/b/two noise run
	do
		git medo cat deps/tree.treeptr:$file >actual &&
		test_cmp_bin tree/$file actual || return 1
	done
'

test_expect_success 'cat of a hard link is the content of its first name' '
	git medo cat deps/tree.treeptr:z >actual &&
	test_cmp tree/z actual
'

test_expect_success 'cat without a path prints the whole content' '
	git medo cat deps/tree.treeptr | git hash-object --stdin >actual &&
	treeptr_get deps/tree.treeptr id >expect &&
	test_cmp expect actual
'

test_expect_success 'cat of a directory, a symlink, of nothing' '
	test_expect_code 128 git medo cat deps/tree.treeptr:a >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "deps/tree.treeptr:a. is a directory; see git medo ls" err &&
	test_expect_code 128 git medo cat deps/tree.treeptr:link 2>err &&
	test_grep "is a symlink to .a/one." err &&
	test_expect_code 1 git medo cat deps/tree.treeptr:absent 2>err &&
	test_grep "has no file .absent." err &&
	test_expect_code 1 git medo cat deps/tree.treeptr:a/one/x
'

test_expect_success 'a plain file has one entry, of its name' '
	git medo add tree/noise deps/plain.treeptr &&
	git medo ls deps/plain.treeptr >actual &&
	echo plain >expect &&
	test_cmp expect actual &&
	git medo cat deps/plain.treeptr >actual &&
	test_cmp_bin tree/noise actual &&
	git medo cat deps/plain.treeptr:plain >actual &&
	test_cmp_bin tree/noise actual
'

test_expect_success 'archives as they came' '
	tar -C tree -czf archive a noise &&
	git medo add archive deps/tgz.treeptr &&
	git medo ls deps/tgz.treeptr >actual &&
	tar tzf archive | sed "s|/\$||" >expect &&
	test_cmp expect actual &&
	git medo cat deps/tgz.treeptr:noise >actual &&
	test_cmp_bin tree/noise actual &&
	git medo cat deps/tgz.treeptr >actual &&
	test_cmp_bin archive actual
'

test_expect_success ZIP 'zips, too' '
	(cd tree && zip -qry ../archive.zip a link) &&
	git medo add archive.zip deps/zip.treeptr &&
	git medo ls -l deps/zip.treeptr >actual &&
	grep "^symlink.*	link	a/one$" actual &&
	git medo cat deps/zip.treeptr:a/b/two >actual &&
	test_cmp tree/a/b/two actual
'

test_expect_success 'a blob that is far away is fetched' '
	git medo push -q && forget &&
	git medo cat deps/tree.treeptr:a/one >actual &&
	test_cmp tree/a/one actual &&
	test_path_is_file "$(silo_blob "$(cache_dir)" deps/tree.treeptr)"
'

test_expect_success 'of a damaged blob nothing is printed that is not right' '
	git medo ls deps/tree.treeptr >expect.names &&
	blob=$(silo_blob "$(cache_dir)" deps/tree.treeptr) &&
	cp "$blob" good && mv far away && test_when_finished "mv away far" &&
	for at in 30 300000 $(($(test_file_size good) - 20))
	do
		cp -f good "$blob" && flip_byte "$blob" "$at" &&
		test_must_fail git medo ls deps/tree.treeptr >names 2>err &&
		cp -f good "$blob" && flip_byte "$blob" "$at" &&
		test_must_fail git medo cat deps/tree.treeptr:noise >actual 2>err &&
		head -n "$(wc -l <names)" expect.names >expect &&
		test_cmp expect names &&
		head -c "$(test_file_size actual)" tree/noise >expect &&
		test_cmp_bin expect actual || return 1
	done
'

test_expect_success 'what is no treeptr, not there, or too much' '
	test_expect_code 1 git medo ls deps/absent.treeptr 2>err &&
	test_grep "deps/absent.treeptr" err &&
	test_expect_code 1 git medo cat tree/a/one 2>err &&
	test_grep "tree/a/one" err &&
	test_expect_code 129 git medo ls &&
	test_expect_code 129 git medo ls deps/tree.treeptr deps/tree.treeptr &&
	test_expect_code 129 git medo cat
'

test_expect_success 'an archive that is hostile is not listed either' '
	echo x >x && tar -P --transform "s|x|../x|" -cf bad.tar x &&
	git medo add bad.tar deps/bad.treeptr &&
	test_expect_code 1 git medo ls deps/bad.treeptr >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "deps/bad.treeptr.*unsafe path" err
'

test_done
