#!/bin/sh

test_description='git medo expand: a treeptr becomes a tree, whole, in its place'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	silo_create far &&
	medo_create deps far &&
	tree_make tree &&
	git medo add tree deps/tree.treeptr &&
	git medo add tree deps/a/b/deep.treeptr
'

test_expect_success 'the tree that went in comes out' '
	git medo expand deps/tree.treeptr out >actual &&
	printf "made\tout/tree\n" >expect &&
	test_cmp expect actual &&
	tree_same tree out/tree
'

test_expect_success 'beside it lie a copy of the treeptr and a record' '
	(cd out && find . -path ./tree -prune -o -type f -print | sort) >actual &&
	cat >expect <<-\EOF &&
	./.medo/tree.json
	./tree.treeptr
	EOF
	test_cmp expect actual &&
	test_cmp deps/tree.treeptr out/tree.treeptr
'

test_expect_success 'times are those of 1980, or with --touch of now' '
	stat -c %Y out/tree/plain >actual &&
	echo 315532800 >expect &&
	test_cmp expect actual &&
	touch before &&
	git medo expand --touch deps/tree.treeptr touched &&
	find touched/tree/plain ! -newer before >actual &&
	test_must_be_empty actual
'

test_expect_success 'below a directory the relative path is kept' '
	git medo expand deps all/ >actual &&
	cat >expect <<-\EOF &&
	made	all/a/b/deep
	made	all/tree
	EOF
	sort actual >sorted &&
	test_cmp expect sorted &&
	tree_same tree all/a/b/deep &&
	test_path_is_file all/.medo/a/b/deep.json &&
	test_path_is_file all/a/b/deep.treeptr
'

test_expect_success 'what is there and right is there' '
	tree_state out >expect &&
	git medo expand deps/tree.treeptr out >actual &&
	printf "there\tout/tree\n" >word &&
	test_cmp word actual &&
	tree_state out >actual &&
	test_cmp expect actual
'

test_expect_success 'then no blob is needed' '
	mv .git/medo away && test_when_finished "mv away .git/medo" &&
	git medo expand deps/tree.treeptr out &&
	rm -rf .git/medo
'

test_expect_success '--quiet says nothing' '
	git medo expand -q deps/tree.treeptr out >actual &&
	test_must_be_empty actual
'

test_expect_success 'what is there and differs is named, and stays' '
	for change in "echo x >>out/tree/plain" "rm out/tree/nothing" \
		"chmod +x out/tree/plain" "touch out/tree/new" \
		"mkdir out/tree/sub/new" "rmdir out/tree/empty" \
		"ln -sfn elsewhere out/tree/dangling" \
		"cp out/tree/plain x && mv x out/tree/plain"
	do
		rm -rf out && git medo expand -q deps/tree.treeptr out &&
		eval "$change" &&
		tree_state out >expect &&
		test_expect_code 1 git medo expand deps/tree.treeptr out \
			>words 2>err &&
		test_must_be_empty words &&
		test_grep "^error: .*/out/tree. is there already and not the same (--force replaces it): .*/out/tree/" err &&
		test_line_count = 1 err &&
		tree_state out >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success '--force swaps it, and leaves nothing of the old one' '
	echo mine >out/tree/new &&
	git medo expand --force deps/tree.treeptr out >actual &&
	printf "replaced\tout/tree\n" >expect &&
	test_cmp expect actual &&
	tree_same tree out/tree &&
	ls -A out >actual &&
	test_write_lines .medo tree tree.treeptr >expect &&
	test_cmp expect actual
'

test_expect_success '--force leaves alone what is right' '
	tree_state out >expect &&
	git medo expand --force deps/tree.treeptr out >actual &&
	printf "there\tout/tree\n" >word &&
	test_cmp word actual &&
	tree_state out >actual &&
	test_cmp expect actual
'

test_expect_success 'a tree that was only touched is right, and known from then on' '
	find out/tree -exec touch -h {} + &&
	git medo expand deps/tree.treeptr out >actual &&
	test_cmp word actual &&
	mv .git/medo away && test_when_finished "mv away .git/medo" &&
	git medo expand deps/tree.treeptr out &&
	rm -rf .git/medo
'

test_expect_success 'a change that the record cannot see is seen by --deep' '
	rm -rf out && cp -a tree other && echo jello >other/plain &&
	git medo add other x/tree.treeptr &&
	git medo expand x/tree.treeptr out &&
	# what lies there, under the name of what should
	old=$(treeptr_get x/tree.treeptr id) &&
	id=$(treeptr_get deps/tree.treeptr id) &&
	sed -i "s/$old/$id/" out/.medo/tree.json &&
	cp deps/tree.treeptr out/tree.treeptr &&
	git medo expand deps/tree.treeptr out >actual &&
	test_cmp word actual &&
	test_expect_code 1 git medo expand --deep deps/tree.treeptr out 2>err &&
	test_grep "plain. has other content" err
'

test_expect_success 'a file where the tree should be' '
	rm -rf out && mkdir out && echo file >out/tree &&
	test_expect_code 1 git medo expand deps/tree.treeptr out 2>err &&
	test_grep "/out/tree. is not a directory" err &&
	git medo expand --force deps/tree.treeptr out &&
	tree_same tree out/tree
'

test_expect_success 'MA-03 a symlink where the tree should be is not followed' '
	rm -rf out && mkdir out elsewhere && cp -a tree/. elsewhere &&
	tree_state elsewhere >expect &&
	ln -s ../elsewhere out/tree &&
	test_expect_code 1 git medo expand deps/tree.treeptr out 2>err &&
	git medo expand --force deps/tree.treeptr out &&
	test_path_is_dir out/tree &&
	test ! -L out/tree &&
	tree_state elsewhere >actual &&
	test_cmp expect actual
'

test_expect_success 'MA-03 nor is one on the way below the destination' '
	rm -rf out && mkdir out hole && ln -s ../hole out/a &&
	test_must_fail git medo expand deps out >words 2>err &&
	test_grep "tree" words &&
	test_dir_is_empty hole
'

test_expect_success 'a plain file has mode 0644 and its name' '
	write_script program <<-\END &&
	echo I run
	END
	git medo add program deps/program.treeptr &&
	git medo expand deps/program.treeptr out &&
	test_cmp program out/program &&
	echo 644 >expect &&
	test_file_mode out/program >actual &&
	test_cmp expect actual
'

test_expect_success 'a plain file that differs' '
	git medo expand deps/program.treeptr out >actual &&
	test_grep "^there" actual &&
	echo more >>out/program &&
	test_expect_code 1 git medo expand deps/program.treeptr out 2>err &&
	test_grep "program. has another size" err &&
	git medo expand --force deps/program.treeptr out &&
	test_cmp program out/program
'

test_expect_success 'BI-08 the empty file and the empty directory' '
	: >empty && mkdir hollow &&
	git medo add empty deps/empty.treeptr &&
	git medo add hollow deps/hollow.treeptr &&
	git medo expand deps/empty.treeptr deps/hollow.treeptr out &&
	test_path_is_file out/empty &&
	test_must_be_empty out/empty &&
	test_dir_is_empty out/hollow
'

test_expect_success 'the single top directory of a foreign archive is not doubled' '
	mkdir src && cp -R tree src/Python-3.10 &&
	tar -C src -czf python.tar.gz Python-3.10 &&
	git medo add python.tar.gz deps/Python-3.10.treeptr &&
	git medo expand deps/Python-3.10.treeptr out &&
	tree_same tree out/Python-3.10
'

test_expect_success 'and such a tree is verified as well' '
	find out/Python-3.10 -exec touch -h {} + &&
	git medo expand deps/Python-3.10.treeptr out >actual &&
	test_grep ^there actual &&
	echo x >out/Python-3.10/new &&
	test_expect_code 1 git medo expand deps/Python-3.10.treeptr out 2>err &&
	test_grep "Python-3.10/new. is not in the blob" err
'

test_expect_success 'an archive without one is expanded as it is' '
	tar -C tree -cf flat.tar . &&
	git medo add flat.tar deps/flat.treeptr &&
	git medo expand deps/flat.treeptr out &&
	tree_same tree out/flat
'

test_expect_success 'a single file is no top directory' '
	tar -C tree -cf single.tar plain &&
	git medo add single.tar deps/single.treeptr &&
	git medo expand deps/single.treeptr out &&
	test_cmp tree/plain out/single/plain
'

test_expect_success 'a directory that we added keeps its only directory' '
	git medo add src deps/src.treeptr &&
	git medo expand deps/src.treeptr out &&
	tree_same tree out/src/Python-3.10 &&
	find out/src -exec touch -h {} + &&
	git medo expand deps/src.treeptr out >actual &&
	test_grep ^there actual
'

for format in gz:GZIP xz:XZ,HAVE_LZMA bz2:BZIP2,HAVE_BZ2 zst:ZSTD,HAVE_ZSTD
do
	case "${format%:*}" in
	gz) program=gzip ;;
	bz2) program=bzip2 ;;
	zst) program=zstd ;;
	*) program=${format%:*} ;;
	esac
	test_set_prereq GZIP
	test_expect_success "${format#*:}" "tar.${format%:*}" '
		tar -C src -cf - Python-3.10 | $program -c >archive &&
		git medo add archive deps/archive-$program.treeptr &&
		git medo expand deps/archive-$program.treeptr out &&
		tree_same tree out/archive-$program
	'
done

test_expect_success ZIP 'zip' '
	(cd src && zip -qry ../archive.zip Python-3.10) &&
	git medo add archive.zip deps/zip.treeptr &&
	git medo expand deps/zip.treeptr out &&
	# zip has no hard links
	cp -R src/Python-3.10 unlinked &&
	tree_same unlinked out/zip
'

test_expect_success 'foreign archives keep their times' '
	touch -d @1000000000 tree/plain &&
	tar -C tree -cf flat.tar plain &&
	git medo add flat.tar deps/timed.treeptr &&
	git medo expand deps/timed.treeptr out &&
	stat -c %Y out/timed/plain >actual &&
	echo 1000000000 >expect &&
	test_cmp expect actual
'

test_expect_success 'modes do not depend on the umask' '
	(umask 077 && git medo expand deps/tree.treeptr tight) &&
	(umask 000 && git medo expand deps/tree.treeptr loose) &&
	tree_same tree tight/tree &&
	tree_same tree loose/tree
'

test_expect_success 'modes are 0644 and 0755, or with --preserve as recorded' '
	mkdir odd && echo x >odd/private && chmod 600 odd/private &&
	echo y >odd/run && chmod 4710 odd/run &&
	git medo add --preserve=mode odd deps/odd.treeptr &&
	git medo expand deps/odd.treeptr out &&
	test "$(test_file_mode out/odd/private)" = 644 &&
	test "$(test_file_mode out/odd/run)" = 755 &&
	git medo expand --preserve deps/odd.treeptr kept &&
	test "$(test_file_mode kept/odd/private)" = 600 &&
	test "$(test_file_mode kept/odd/run)" = 710
'

test_expect_success 'setup: a tree that was made for a place' '
	place="$PWD/wedge/pkg/re2c/3.0" &&
	mkdir -p "$place" && echo "$place" >"$place/where" &&
	git medo add --absolute "$place" deps/fixed/re2c-3.0.treeptr &&
	mv wedge/pkg/re2c/3.0 built
'

test_expect_success 'it goes to its prefix, when that is below' '
	rm -rf wedge &&
	git medo expand deps/fixed wedge/pkg/ >actual &&
	printf "made\t%s\n" "$place" >expect &&
	test_cmp expect actual &&
	tree_same built "$place" &&
	test_path_is_file wedge/pkg/re2c/3.0.treeptr &&
	test_path_is_file wedge/pkg/.medo/re2c/3.0.json &&
	git medo expand deps/fixed wedge/pkg >actual &&
	test_grep "^there" actual
'

test_expect_success 'or is the destination itself' '
	rm -rf wedge &&
	git medo expand deps/fixed "$place" &&
	tree_same built "$place" &&
	ls -A wedge/pkg/re2c >actual &&
	test_write_lines .medo 3.0 3.0.treeptr >expect &&
	test_cmp expect actual
'

test_expect_success 'elsewhere it is refused, and the option is named' '
	test_expect_code 4 git medo expand deps/fixed nowhere 2>err &&
	test_grep "^error: .*re2c-3.0.treeptr. was made for .$place., which is not below .*--relocate" err &&
	test_line_count = 1 err &&
	test_path_is_missing nowhere &&
	test_expect_code 4 git medo expand deps/fixed "${place%0}" &&
	test_expect_code 4 git medo expand deps/fixed "$place/deeper"
'

test_expect_success '--relocate expands it all the same' '
	git medo expand --relocate deps/fixed nowhere >actual &&
	printf "made\tnowhere/re2c-3.0\n" >expect &&
	test_cmp expect actual &&
	tree_same built nowhere/re2c-3.0
'

test_expect_success 'one that fails does not keep back the others' '
	mkdir mixed && cp deps/tree.treeptr mixed/c.treeptr &&
	cp deps/program.treeptr mixed/a.treeptr &&
	sed "s/\"id\": \"..../\"id\": \"0000/" deps/tree.treeptr >mixed/b.treeptr &&
	echo garbage >mixed/d.treeptr &&
	rm -rf out &&
	test_expect_code 1 git medo expand mixed out >actual 2>err &&
	test_write_lines "made	out/a" "made	out/c" >expect &&
	test_cmp expect actual &&
	test_line_count = 2 err &&
	test_grep "mixed/b.treeptr" err &&
	test_grep "mixed/d.treeptr" err
'

test_expect_success 'the treeptr itself is no place to expand to' '
	test_expect_code 128 git medo expand deps/tree.treeptr deps 2>err &&
	test_grep "deps/tree.treeptr. is the treeptr itself" err &&
	test_path_is_missing deps/.medo &&
	test_path_is_missing deps/tree
'

test_expect_success 'a treeptr that somebody put there is not replaced by a copy' '
	mkdir crowded && cp deps/program.treeptr crowded/tree.treeptr &&
	test_expect_code 128 git medo expand deps/tree.treeptr crowded 2>err &&
	test_grep "crowded/tree.treeptr. is in the way" err &&
	test_cmp deps/program.treeptr crowded/tree.treeptr &&
	test_path_is_missing crowded/tree
'

test_expect_success 'from the copy the tree can be made again' '
	rm -rf out && git medo expand deps/tree.treeptr out &&
	rm -rf out/tree &&
	git medo expand out/tree.treeptr out &&
	tree_same tree out/tree
'

test_expect_success 'new content under an old name needs --force' '
	rm -rf out && git medo expand deps/tree.treeptr out &&
	cp deps/tree.treeptr saved &&
	echo changed >tree/plain && git medo add tree deps/tree.treeptr &&
	test_expect_code 1 git medo expand deps/tree.treeptr out 2>err &&
	test_cmp saved out/tree.treeptr &&
	git medo expand --force deps/tree.treeptr out &&
	test_cmp deps/tree.treeptr out/tree.treeptr &&
	tree_same tree out/tree
'

test_expect_success 'the limits of an archive name their option' '
	test_expect_code 4 git medo expand --max-entries=3 deps/tree.treeptr \
		limited 2>err &&
	test_grep "more than the limit entries=3 .*medo.maxEntries" err &&
	test_expect_code 4 git medo expand --max-size=1k deps/tree.treeptr \
		limited 2>err &&
	test_grep "more than the limit size=1024 .*medo.maxSize" err &&
	test_path_is_missing limited/tree &&
	git medo expand --max-size=1m --max-entries=100 deps/tree.treeptr limited
'

test_expect_success 'links that lead out need --allow-links-out' '
	mkdir linked && ln -s /etc/passwd linked/out &&
	git medo add linked deps/linked.treeptr &&
	test_expect_code 4 git medo expand deps/linked.treeptr links 2>err &&
	test_grep "allow-links-out" err &&
	test_path_is_missing links/linked &&
	git medo expand --allow-links-out deps/linked.treeptr links &&
	tree_same linked links/linked
'

test_expect_success 'outside of a repository a silo on this disk is enough' '
	git medo add --silo far tree deps/tree.treeptr &&
	mkdir "$TEST_TOP/ground" &&
	test_when_finished "rm -r \"$TEST_TOP/ground\"" &&
	(
		cd "$TEST_TOP/ground" &&
		cp ../work/deps/tree.treeptr . &&
		git config --global medo.silo "$TRASH_DIRECTORY/far" &&
		git medo expand tree.treeptr out &&
		git config --global --unset medo.silo &&
		tree_same ../work/tree out/tree
	)
'

test_expect_success 'operands that make no sense' '
	test_expect_code 129 git medo expand &&
	test_expect_code 129 git medo expand deps &&
	test_expect_code 1 git medo expand absent.treeptr out 2>err &&
	test_grep "absent.treeptr. is not there" err &&
	test_expect_code 128 git medo expand tree/plain out 2>err &&
	test_grep "neither a directory nor" err &&
	test_expect_code 1 git medo expand hollow out 2>err &&
	test_grep "there is no .*treeptr in .hollow." err
'

test_expect_success 'nothing half-made is left anywhere' '
	silo_temps . && silo_temps "$HOME"
'

test_done
