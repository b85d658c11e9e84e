#!/bin/sh

test_description='filtered files beside git-lfs, in sparse, bare, and linked places'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

test_lazy_prereq LFS 'git lfs version'

# fill_repo DIR [ARGS]: contents in front, middle/deep and back, each with one
# file of 4 KiB and one of 3 MB; `want.DIR` has a copy
fill_repo () {
	filter_repo "$@" &&
	(
		cd "$1" &&
		for dir in front middle/deep back
		do
			mkdir -p $dir &&
			noise "$1 $dir" 4096 >$dir/small.bin &&
			noise "$1 $dir large" 3000000 >$dir/large.bin &&
			echo text >$dir/text || exit 1
		done &&
		git add . &&
		git commit -q -m data &&
		mkdir "../want.$1" &&
		cp -R front middle back "../want.$1"
	)
}

# same DIR WANT...: these directories have the contents, and status is clean
same () {
	same_dir=$1 && same_want=$2 && shift 2 &&
	for same_name
	do
		diff -r "$same_dir/$same_name" "$same_want/$same_name" || return 1
	done &&
	test_clean_status "$same_dir"
}

test_expect_success 'set up' '
	filter_config &&
	git config --global protocol.file.allow always &&
	fill_repo repo
'

test_expect_success LFS 'files of git-lfs and ours in one work tree' '
	git init -q both &&
	cd both &&
	git lfs install --local &&
	git medo install --local &&
	git lfs track "*.big" &&
	git medo track "*.bin" &&
	noise theirs 3000000 >one.big &&
	noise ours 3000000 >one.bin &&
	noise small 1000 >two.bin &&
	cp two.bin two.big &&
	git add . &&
	git commit -q -m both &&
	test_pointer :one.bin :two.bin &&
	git cat-file blob :one.big >../ptr &&
	test_grep "^version https://git-lfs" ../ptr &&
	cp one.* two.* .. &&
	rm one.* two.* &&
	git checkout -q . &&
	for name in one.big one.bin two.big two.bin
	do
		test_cmp_bin ../$name $name || return 1
	done &&
	test_clean_status
'

test_expect_success LFS 'both pre-push hooks run, and each leaves the other in place' '
	cd "$TRASH_DIRECTORY" &&
	git init -q --bare both.git &&
	silo_create both.silo &&
	cd both &&
	git medo init -q --silo ../both.silo . &&
	git add . && git commit -q -m silo &&
	git remote add origin ../both.git &&
	git push -q origin HEAD &&
	test "$(find ../both.git/lfs/objects -type f | wc -l)" = 2 &&
	test "$(silo_count ../both.silo)" = 2 &&
	git medo uninstall --local &&
	test_grep "git.lfs" .git/hooks/pre-push &&
	! grep medo .git/hooks/pre-push &&
	test "$(git config filter.lfs.required)" = true &&
	git medo install --local &&
	git lfs uninstall --local &&
	test_grep medo .git/hooks/pre-push &&
	test "$(git config --local filter.medo.required)" = true
'

test_expect_success LFS 'a clone has both' '
	cd "$TRASH_DIRECTORY" &&
	git config --global medo.allow "$TRASH_DIRECTORY/" &&
	forget &&
	git -c filter.lfs.process="git-lfs filter-process" \
		-c filter.lfs.required=true clone -q both.git both.clone &&
	for name in one.big one.bin two.big two.bin
	do
		test_cmp_bin $name both.clone/$name || return 1
	done
'

for index in full sparse
do
	test_expect_success "sparse checkout, $index index: what is wanted, and all of it later" '
		cd "$TRASH_DIRECTORY" &&
		rm -rf sparse &&
		git clone -q --no-checkout repo sparse &&
		mkdir -p sparse/.git/medo &&
		cp -R repo/.git/medo/. sparse/.git/medo &&
		cd sparse &&
		if test $index = sparse
		then
			git sparse-checkout init --cone --sparse-index
		else
			git sparse-checkout init --cone --no-sparse-index
		fi &&
		git sparse-checkout set front &&
		git checkout -q &&
		same . ../want.repo front &&
		test_path_is_missing back &&
		git sparse-checkout set back &&
		same . ../want.repo back &&
		test_path_is_missing front &&
		rm back/large.bin back/small.bin &&
		git checkout -q . &&
		same . ../want.repo back &&
		noise changed 2500000 >back/large.bin &&
		git commit -q -a -m changed &&
		git checkout -q HEAD^ &&
		same . ../want.repo back &&
		git sparse-checkout disable &&
		same . ../want.repo front middle back
	'
done

test_expect_success 'the index stays a sparse one' '
	cd "$TRASH_DIRECTORY" &&
	rm -rf sparse &&
	git clone -q --no-checkout repo sparse &&
	mkdir -p sparse/.git/medo &&
	cp -R repo/.git/medo/. sparse/.git/medo &&
	cd sparse &&
	git sparse-checkout init --cone --sparse-index &&
	git sparse-checkout set front &&
	git checkout -q &&
	rm front/large.bin &&
	git checkout -q . &&
	same . ../want.repo front &&
	git ls-files --sparse >../out &&
	test_grep "^back/\$" ../out
'

test_expect_success 'a bare repository takes pointers, and needs nothing of ours' '
	cd "$TRASH_DIRECTORY" &&
	git init -q --bare target.git &&
	git -C repo -c medo.allowIncompletePush=true push -q ../target.git HEAD:refs/heads/main &&
	test_path_is_missing target.git/medo &&
	git -C target.git fsck --strict &&
	git -C target.git cat-file blob main:front/large.bin >ptr &&
	is_pointer ptr &&
	git -C target.git archive main front >pointers.tar &&
	tar -xOf pointers.tar front/large.bin >out &&
	test_cmp ptr out
'

for format in sha1 sha256
do
	test_expect_success "git archive and cat-file --filters give content, $format" '
		cd "$TRASH_DIRECTORY" &&
		fill_repo $format --object-format=$format &&
		cd $format &&
		git archive HEAD >../all.tar &&
		rm -rf ../unpacked && mkdir ../unpacked &&
		tar -xf ../all.tar -C ../unpacked &&
		for dir in front middle back
		do
			diff -r ../unpacked/$dir ../want.$format/$dir || return 1
		done &&
		git cat-file --filters HEAD:back/large.bin >../out &&
		test_cmp_bin back/large.bin ../out &&
		git cat-file --textconv HEAD:back/small.bin >../out &&
		rm -rf front &&
		git checkout -q . &&
		same . ../want.$format front middle back
	'
done

test_expect_success 'a linked worktree shares the store, and is gone without a trace' '
	cd "$TRASH_DIRECTORY/repo" &&
	git worktree add -q -b linked ../linked &&
	same ../linked ../want.repo front middle back &&
	test_path_is_missing ../linked/.git/medo &&
	(
		cd ../linked &&
		noise linked 2000000 >front/large.bin &&
		git commit -q -a -m linked &&
		test_clean_status
	) &&
	git worktree remove ../linked &&
	git checkout -q linked &&
	noise linked 2000000 >../out &&
	test_cmp_bin ../out front/large.bin &&
	test_clean_status &&
	git checkout -q - &&
	same . ../want.repo front middle back
'

test_done
