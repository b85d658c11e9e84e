#!/bin/sh

test_description='git medo fix spells treeptrs as they are to be spelled'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: a medo with a pointer, and the same by hand' '
	silo_create far &&
	medo_create deps far &&
	echo content >file &&
	git medo add -q file deps/one.treeptr &&
	cp deps/one.treeptr one.good &&
	python3 -c "
import json
o = json.load(open(\"one.good\"))
json.dump(dict(reversed(o.items())), open(\"deps/two.treeptr\", \"w\"))
open(\"deps/two.treeptr\", \"a\").write(\"\n\")"
'

test_expect_success 'another spelling becomes the canonical one' '
	git medo fix deps >actual &&
	echo deps/two.treeptr >expect &&
	test_cmp expect actual &&
	test_cmp one.good deps/two.treeptr
'

test_expect_success 'what is spelled right is not touched' '
	git medo fix deps >actual &&
	test_must_be_empty actual &&
	test_cmp one.good deps/one.treeptr
'

test_expect_success 'what does not parse is named, left, and hides no other' '
	test_when_finished "rm deps/bad.treeptr" &&
	echo "{ <<<<<<< ours" >deps/bad.treeptr &&
	cp deps/bad.treeptr bad &&
	printf "{\"treeptr\":1,\"id\":\"%s\",\"size\":0}\n" \
		e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 >deps/zero.treeptr &&
	test_expect_code 1 git medo fix deps >actual 2>err &&
	echo deps/zero.treeptr >expect &&
	test_cmp expect actual &&
	test_grep "^error: .deps/bad.treeptr." err &&
	test_cmp bad deps/bad.treeptr
'

test_done
