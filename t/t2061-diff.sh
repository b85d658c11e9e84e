#!/bin/sh

test_description='git medo diff: what changed from one tree to another'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: a tree, committed, and a newer one' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	mkdir -p tree/sub tree/gone &&
	echo same >tree/same && echo old >tree/content && echo x >tree/mode &&
	echo x >tree/sub/removed && echo file >tree/type &&
	ln -s here tree/link && echo x >tree/gone/x &&
	git medo add tree deps/tree.treeptr && cp deps/tree.treeptr deps/old.treeptr &&
	git add deps && git commit -q -m old && git tag old &&
	echo longer >tree/content && chmod +x tree/mode && rm tree/sub/removed &&
	rm tree/type && ln -s same tree/type && ln -sfn there tree/link &&
	rm -r tree/gone && echo y >tree/sub/added &&
	git medo add tree deps/tree.treeptr
'

test_expect_success 'each change, with the sizes before and after' '
	test_expect_code 1 git medo diff deps/old.treeptr deps/tree.treeptr >actual &&
	cat >expect <<-\EOF &&
	M	4	7	content
	D	0	-	gone
	D	2	-	gone/x
	M	0	0	link
	M	2	2	mode
	A	-	2	sub/added
	D	2	-	sub/removed
	M	5	0	type
	EOF
	test_cmp expect actual
'

test_expect_success 'nothing changed: exit 0 and no word' '
	git medo diff deps/tree.treeptr deps/tree.treeptr >actual &&
	test_must_be_empty actual
'

test_expect_success 'one operand: what HEAD has against what lies here' '
	test_expect_code 1 git medo diff deps/tree.treeptr >actual &&
	test_cmp expect actual &&
	(cd deps && test_expect_code 1 git medo diff tree.treeptr) >actual &&
	test_cmp expect actual &&
	git medo diff deps/old.treeptr >actual &&
	test_must_be_empty actual
'

test_expect_success 'revisions and paths' '
	git add deps && git commit -q -m new &&
	test_expect_code 1 git medo diff HEAD^:deps/tree.treeptr deps/tree.treeptr >actual &&
	test_cmp expect actual &&
	test_expect_code 1 git medo diff old:deps/tree.treeptr \
		HEAD:deps/tree.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'times do not count, the way of packing does not either' '
	touch -d @1000000000 tree/same &&
	tar -C tree -cf tree.tar --transform "s|^\./||" . &&
	git medo add tree.tar deps/tar.treeptr &&
	git medo ls deps/tar.treeptr | sort >a && git medo ls deps/tree.treeptr | sort >b &&
	test_cmp a b &&
	git medo diff deps/tree.treeptr deps/tar.treeptr
'

test_expect_success 'from nothing to something' '
	mkdir hollow && git medo add hollow deps/hollow.treeptr &&
	test_expect_code 1 git medo diff deps/hollow.treeptr deps/tree.treeptr >actual &&
	test_grep ! -v "^A	-	" actual
'

test_expect_success '-z and --json' '
	test_expect_code 1 git medo diff -z deps/old.treeptr deps/tree.treeptr |
	tr "\0" "\n" >actual &&
	test_cmp expect actual &&
	test_expect_code 1 git medo diff --json deps/old.treeptr deps/tree.treeptr \
		>actual &&
	grep -Fx "{\"change\":\"A\",\"old\":null,\"new\":2,\"path\":\"sub/added\"}" actual &&
	grep -Fx "{\"change\":\"M\",\"old\":4,\"new\":7,\"path\":\"content\"}" actual
'

test_expect_success 'blobs are fetched' '
	git medo push -q && forget &&
	test_expect_code 1 git medo diff deps/old.treeptr deps/tree.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'what cannot be compared is an error, not a difference' '
	test_must_fail git medo diff nowhere:deps/tree.treeptr deps/tree.treeptr 2>err &&
	test_must_fail git medo diff HEAD:deps/absent.treeptr deps/tree.treeptr 2>err &&
	echo new >new && git medo add new deps/new.treeptr &&
	test_must_fail git medo diff deps/new.treeptr 2>err &&
	test_grep "deps/new.treeptr" err &&
	test_expect_code 129 git medo diff &&
	test_expect_code 129 git medo diff a b c
'

test_done
