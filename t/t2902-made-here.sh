#!/bin/sh

test_description='what expand made hides no pointer, and brings no orders along'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	silo_create s.silo &&
	medo_create deps s.silo &&
	mkdir -p src/in other &&
	echo one >src/a &&
	echo two >other/b &&
	git medo add src deps/x.treeptr >/dev/null &&
	git medo add other deps/y.treeptr >/dev/null &&
	git medo add other top.treeptr >/dev/null &&
	cp deps/x.treeptr src/in/inner.treeptr &&
	git medo add src deps/nest.treeptr >/dev/null &&
	rm -r src/in
'

test_expect_success 'expanding into the top of the work tree hides no pointer' '
	git medo status --porcelain >expect &&
	git medo expand deps/nest.treeptr . &&
	test_path_is_file nest/in/inner.treeptr &&
	git medo status --porcelain >actual &&
	test_cmp expect actual &&
	git medo reachable | cut -f3 | sort >names &&
	test_line_count = 3 names
'

test_expect_success 'expanding into the medo, from elsewhere, hides only the copy' '
	mkdir away && cp deps/x.treeptr away/q.treeptr &&
	git medo expand away/q.treeptr deps &&
	rm -r away &&
	git medo status --porcelain >actual &&
	test_cmp expect actual
'

test_expect_success 'below a place, only the trees are passed by' '
	mkdir -p place/sub &&
	git medo expand deps/x.treeptr place/sub &&
	git medo expand deps place &&
	cp deps/y.treeptr place/sub/mine.treeptr &&
	git medo reachable place >/dev/null &&
	git medo status --porcelain place >actual &&
	echo "unpushed	place/sub/mine.treeptr" >expect &&
	test_cmp expect actual &&
	git medo verify place &&
	echo more >>place/x/a &&
	test_expect_code 1 git medo verify place >actual &&
	echo "corrupt	place/x" >expect &&
	test_cmp expect actual &&
	echo junk >place/sub/mine.treeptr &&
	test_expect_code 1 git medo verify place >actual &&
	test_grep "malformed.*place/sub/mine.treeptr" actual
'

test_expect_success 'sync finds a MEDO.json beside a place, and none in a tree' '
	echo "{ \"mount\": \"../synced\" }" >deps/MEDO.json &&
	echo "{ \"mount\": \"../../evil\" }" >src/MEDO.json &&
	cp deps/x.treeptr src/e.treeptr &&
	git medo add src deps/orders.treeptr >/dev/null &&
	rm src/MEDO.json src/e.treeptr &&
	git medo expand deps/orders.treeptr . &&
	test_path_is_file orders/MEDO.json &&
	git medo sync >actual &&
	test_path_is_dir synced/x &&
	test_path_is_missing evil
'

test_expect_success 'MA-24 a mount names no .git, not even that of a submodule' '
	mkdir -p lib/.git &&
	for mount in ../lib/.git ../lib/.GIT/hooks ../lib/git~1 "../.git ./x"
	do
		echo "{ \"mount\": \"$mount\" }" >deps/MEDO.json &&
		test_expect_code 4 git medo sync 2>err &&
		test_line_count = 1 err &&
		test_grep "MEDO.json" err || return 1
	done &&
	test_dir_is_empty lib/.git
'

test_expect_success 'FA-05 a file that may not grow is an error, no death' '
	test-tool genrandom seed 1000000 >noise &&
	test_expect_code 128 sh -c "ulimit -f 100 &&
		exec git-medo add noise n.treeptr" 2>err &&
	test_grep "File too large" err &&
	test_path_is_missing n.treeptr &&
	silo_temps "$(store_dir)"
'

test_expect_success 'FA-30 in a directory that is gone a relative path is no path' '
	mkdir gone &&
	(
		cd gone &&
		rmdir ../gone &&
		test_expect_code 128 git-medo silo init ../new.silo 2>../err &&
		test_line_count = 1 ../err
	) &&
	test_path_is_missing new.silo
'

test_done
