#!/bin/sh

test_description='BI-16 a blob file has to be gzip, once, of the right bytes'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: a blob in a silo and nowhere else' '
	silo_create far &&
	medo_create deps far &&
	test-tool genrandom --text 1 300000 >file &&
	git medo add -q file deps/one.treeptr &&
	git medo push -q &&
	blob=$(silo_blob far deps/one.treeptr) &&
	chmod u+w "$blob" &&
	cp "$blob" good.gz
'

# refused: what lies in the silo now is neither fetched nor cached
refused () {
	rm -rf "$HOME/.cache" &&
	test_expect_code 1 git medo fetch deps/one.treeptr 2>err &&
	test_line_count = 1 err &&
	test_grep "^error: " err &&
	git medo status --porcelain >actual &&
	test_grep "^absent" actual
}

test_expect_success 'BI-16 the plain bytes under the name are refused' '
	cp file "$blob" &&
	refused
'

test_expect_success 'BI-16 gzip of gzip is refused' '
	gzip -c good.gz >"$blob" &&
	refused
'

test_expect_success PYTHON3 'BI-16 zlib under the name is refused' '
	python3 -c "import sys, zlib
sys.stdout.buffer.write(zlib.compress(open(\"file\", \"rb\").read()))" >"$blob" &&
	refused
'

test_expect_success ZSTD 'BI-16 zstd under the name is refused' '
	zstd -q -c file >"$blob" &&
	refused
'

test_expect_success 'any gzip of the right bytes is taken' '
	rm -rf "$HOME/.cache" &&
	gzip -1 -c file >"$blob" &&
	git medo fetch -q deps/one.treeptr &&
	git medo cat deps/one.treeptr >actual &&
	test_cmp file actual
'

test_done
