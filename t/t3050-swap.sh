#!/bin/sh

test_description='swap: pointers become content behind git, and nothing is ever lost

What the filter process does when git has closed the pipe is done by test-tool
swap.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-swap.sh"

test_expect_success 'pointers become content when the pipe closes' '
	new_repo plain &&
	(
		cd plain &&
		cmp one.bin ../plain.ptr/one.bin &&
		told >../told &&
		test-tool swap <../told >../out &&
		echo "files 3 (9000000) missing 0 (0) failed 0 left 0 pending 0" >../expect &&
		test_cmp ../expect ../out &&
		check_unread &&
		check_swapped &&
		test -x sub/two.bin &&
		test "$(test_file_mode one.bin)" = 644 &&
		test "$(test_file_mode sub/two.bin)" = 755
	)
'

test_expect_success 'a second time there is nothing to do' '
	(
		cd plain &&
		cp .git/index ../index.was &&
		test-tool swap <../told >../out &&
		test_grep "files 0 .* left 3 pending 0" ../out &&
		cmp ../index.was .git/index &&
		test-tool swap --resume >../out &&
		test_grep "files 0 .* left 0" ../out
	)
'

test_expect_success 'umask counts, as it does for git' '
	repo=plain &&
	(
		cd plain &&
		umask 077 &&
		back_to_pointers &&
		test-tool swap <../told >../out &&
		check_swapped &&
		test "$(test_file_mode one.bin)" = 600 &&
		test "$(test_file_mode sub/two.bin)" = 700
	)
'

for kind in v2 v4 untracked-cache fsmonitor threads sha256 split skiphash \
	worktree
do
	test_expect_success "with $kind" '
		args= &&
		if test $kind = sha256
		then
			args=--object-format=sha256
		fi &&
		new_repo $kind $args &&
		(
			cd $kind &&
			case $kind in
			v[24]) git update-index --index-version ${kind#v} ;;
			untracked-cache)
				git config core.untrackedCache true &&
				git update-index --force-untracked-cache &&
				git status >/dev/null ;;
			fsmonitor)
				write_script .git/monitor <<-\END &&
				printf "token\0/\0"
				END
				git config core.fsmonitor .git/monitor &&
				git config core.fsmonitorHookVersion 2 &&
				git update-index --fsmonitor ;;
			threads)
				git config index.threads 2 &&
				git config index.version 4 ;;
			split)
				git config core.splitIndex true &&
				git update-index --split-index ;;
			skiphash)
				git config index.skipHash true ;;
			worktree)
				git worktree add -q ../other-worktree -b other &&
				cd ../other-worktree ;;
			esac &&
			told >../told &&
			if test $kind != worktree
			then
				back_to_pointers
			fi &&
			test-tool swap <../told >../out &&
			test_grep "files 3 .* left 0 pending 0" ../out &&
			if test $kind = worktree
			then
				git status --porcelain >../status &&
				test_must_be_empty ../status &&
				cmp one.bin ../$kind.want/one.bin
			else
				test $kind = split || check_unread &&
				check_swapped
			fi &&
			case $kind in
			untracked-cache) test_grep -a UNTR .git/index ;;
			fsmonitor) test_grep -a FSMN .git/index ;;
			split) test_grep -a link .git/index ;;
			esac
		)
	'
done

test_expect_success 'what is not what git wrote is left alone' '
	new_repo left &&
	(
		cd left &&
		told >../told &&
		echo mine >one.bin &&
		rm sub/two.bin &&
		echo "{}" >../outside &&
		rm sub/deep/three.bin &&
		cp ../left.ptr/sub/deep/three.bin ../outside &&
		ln -s ../../../outside sub/deep/three.bin &&
		test-tool swap <../told >../out &&
		test_grep "files 0 .* left 3 pending 0" ../out &&
		test "$(cat one.bin)" = mine &&
		test_path_is_missing sub/two.bin &&
		test_path_is_symlink sub/deep/three.bin &&
		cmp ../outside ../left.ptr/sub/deep/three.bin
	)
'

test_expect_success 'no symlink on the way is followed' '
	(
		cd left &&
		back_to_pointers &&
		mkdir ../elsewhere &&
		cp -a sub/deep/three.bin ../elsewhere &&
		rm -r sub/deep &&
		ln -s ../../elsewhere sub/deep &&
		test-tool swap <../told >../out &&
		test_grep "files 2 .* left 1 pending 0" ../out &&
		cmp ../elsewhere/three.bin ../left.ptr/sub/deep/three.bin &&
		rm sub/deep
	)
'

test_expect_success 'a pointer of another commit, or touched since, is left' '
	(
		cd left &&
		back_to_pointers &&
		repo=left &&
		cp ../left.ptr/sub/two.bin one.bin &&
		touch -d 2011-01-01 sub/deep/three.bin &&
		git ls-files -s >../index.was &&
		test-tool swap <../told >../out &&
		test_grep "files 1 .* left 2 pending 0" ../out &&
		cmp ../left.ptr/sub/two.bin one.bin &&
		cmp ../left.ptr/sub/deep/three.bin sub/deep/three.bin &&
		test-tool swap --get one.bin >../out &&
		test_grep "files 0 " ../out &&
		cmp ../left.ptr/sub/two.bin one.bin &&
		git ls-files -s >../index.is &&
		test_cmp ../index.was ../index.is
	)
'

test_expect_success 'what git wrote beside its index becomes content, too' '
	(
		cd left &&
		back_to_pointers &&
		cp .git/index ../index.old &&
		git rm -q --cached one.bin sub/two.bin sub/deep/three.bin &&
		cp .git/index ../index.was &&
		test-tool swap <../told >../out &&
		test_grep "files 3 .* left 0" ../out &&
		cmp ../index.was .git/index &&
		cmp one.bin ../left.want/one.bin &&
		test -x sub/two.bin
	)
'

# The exchange of each file lasts; what is written into the second while the
# first is done may be seen by the last look, or be changed back.
test_expect_success STRACE,!SANITIZE 'what is written between the last look and the exchange is not lost' '
	new_repo late &&
	(
		cd late &&
		told >../told &&
		{ strace -f -qq -o /dev/null -e trace=renameat2 \
			-e inject=renameat2:delay_enter=1000000 \
			test-tool swap <../told >../out & } &&
		pid=$! &&
		test_wait_until 20 cmp one.bin ../late.want/one.bin &&
		sleep 0.2 &&
		echo mine >sub/deep/three.bin &&
		wait $pid &&
		test_grep "files 2 .* left 1 pending 0" ../out &&
		echo mine >../mine &&
		test_cmp ../mine sub/deep/three.bin &&
		test_cmp_bin ../late.want/sub/two.bin sub/two.bin
	)
'

test_expect_success 'a missing blob stays a pointer, is counted, and comes later' '
	new_repo missing &&
	(
		cd missing &&
		told >../told &&
		id=$(treeptr_get ../missing.ptr/one.bin id) &&
		mv ".git/medo/$(id_path "$id")" ../kept.gz &&
		test-tool swap <../told >../out &&
		test_grep "files 2 .* missing 1 (3000000) failed 0 left 0" ../out &&
		cmp one.bin ../missing.ptr/one.bin &&
		check_swapped sub/two.bin &&
		mv ../kept.gz ".git/medo/$(id_path "$id")" &&
		test-tool swap --get one.bin plain sub/two.bin nowhere >../out &&
		test_grep "files 1 " ../out &&
		check_swapped
	)
'

test_expect_success 'a damaged blob never gets a name in the work tree' '
	new_repo damaged &&
	(
		cd damaged &&
		told >../told &&
		id=$(treeptr_get ../damaged.ptr/one.bin id) &&
		flip_byte ".git/medo/$(id_path "$id")" &&
		test-tool swap <../told >../out &&
		test_grep "files 2 .* missing 1" ../out &&
		cmp one.bin ../damaged.ptr/one.bin
	)
'

test_expect_success 'the lock is held: pending, and the next one finishes' '
	new_repo held &&
	(
		cd held &&
		git config medo.lockTimeout 100 &&
		told >../told &&
		: >.git/index.lock &&
		test_expect_code 128 test-tool swap <../told >../out 2>../err &&
		test_grep "index.lock" ../err &&
		test_grep "files 0 .* pending 3" ../out &&
		test_path_is_file .git/index.lock &&
		test_path_is_file .git/medo/pending &&
		cmp one.bin ../held.ptr/one.bin &&
		rm .git/index.lock &&
		test-tool swap --resume >../out &&
		test_grep "files 3 .* pending 0" ../out &&
		check_swapped
	)
'

test_expect_success 'nor does it wait for more than the next checkout, of whatever' '
	(
		cd held &&
		back_to_pointers &&
		: >.git/index.lock &&
		test_expect_code 128 test-tool swap <../told >../out 2>../err &&
		test_path_is_file .git/medo/pending &&
		rm .git/index.lock &&
		head=$(git rev-parse HEAD) &&
		git-medo hook post-checkout "$head" "$head" 1 &&
		check_swapped
	)
'

test_expect_success 'a lock that goes in time is waited for' '
	(
		cd held &&
		git config medo.lockTimeout 10000 &&
		back_to_pointers &&
		: >.git/index.lock &&
		{ (sleep 0.3; rm .git/index.lock) & } &&
		test-tool swap <../told >../out &&
		test_grep "files 3 .* pending 0" ../out &&
		wait &&
		check_swapped
	)
'

test_expect_success 'swaps against an endless git status' '
	(
		cd held &&
		{ (while test ! -f ../stop; do git status --porcelain; done \
			>/dev/null 2>&1) & } &&
		for n in $(test_seq 1 10)
		do
			rm -f one.bin &&
			until git checkout -q HEAD -- one.bin 2>/dev/null
			do
				:
			done &&
			test-tool swap <../told >../out &&
			cmp one.bin ../held.want/one.bin || exit 1
		done &&
		: >../stop &&
		wait &&
		check_swapped
	)
'

test_expect_success 'content that the index does not know yet is patched in' '
	new_repo stale &&
	(
		cd stale &&
		git config medo.lockTimeout 0 &&
		told >../told &&
		: >.git/index.lock &&
		test_expect_code 128 test-tool swap <../told >../out 2>../err &&
		rm .git/index.lock &&
		cp ../stale.want/one.bin one.bin &&
		git ls-files --debug one.bin >../debug &&
		test_grep "size: [0-9]\{3\}	" ../debug &&
		test-tool swap --resume >../out &&
		test_grep "files 3" ../out &&
		check_swapped
	)
'

test_expect_success 'content of somebody else, of the same size, is not' '
	(
		cd stale &&
		back_to_pointers &&
		: >.git/index.lock &&
		test_expect_code 128 test-tool swap <../told >../out 2>../err &&
		rm .git/index.lock &&
		test-tool genrandom else 3000000 >one.bin &&
		test-tool swap --resume >../out &&
		test_grep "files 2 .* left 1" ../out &&
		git status --porcelain >../status &&
		echo " M one.bin" >../expect &&
		test_cmp ../expect ../status
	)
'

test_expect_success 'content goes back to pointers where a silo has it' '
	new_repo drop &&
	silo_create far &&
	(
		cd drop &&
		told >../told &&
		test-tool swap <../told >/dev/null &&
		test-tool swap --drop one.bin >../out &&
		test_grep "files 0 .* left 1" ../out &&
		cmp one.bin ../drop.want/one.bin &&
		git config medo.silo "$PWD/../far" &&
		git config medo.allow "$PWD/../far" &&
		id=$(treeptr_get ../drop.ptr/one.bin id) &&
		mkdir -p "../far/$(dirname "$(id_path "$id")")" &&
		cp ".git/medo/$(id_path "$id")" "../far/$(id_path "$id")" &&
		test-tool swap --drop one.bin sub/two.bin plain >../out &&
		test_grep "files 1 .* left 1" ../out &&
		cmp one.bin ../drop.ptr/one.bin &&
		cmp sub/two.bin ../drop.want/sub/two.bin &&
		check_clean &&
		test-tool swap --get one.bin >../out &&
		check_swapped
	)
'

test_expect_success 'changed content is not dropped' '
	(
		cd drop &&
		printf "x" | dd of=one.bin bs=1 seek=5 conv=notrunc 2>/dev/null &&
		cp one.bin ../changed &&
		test-tool swap --drop one.bin >../out &&
		test_grep "files 0 .* left 1" ../out &&
		cmp one.bin ../changed
	)
'

test_expect_success 'a piece of zeros becomes a hole' '
	new_repo holes &&
	(
		cd holes &&
		repo=holes names=zero.bin &&
		truncate -s 20M ../holes.want/zero.bin &&
		make_pointer zero.bin &&
		cp ../holes.ptr/zero.bin zero.bin &&
		git add zero.bin &&
		told >../told &&
		test-tool swap <../told >../out &&
		test_grep "files 1 (20971520)" ../out &&
		cmp zero.bin ../holes.want/zero.bin &&
		test "$(stat -c %b zero.bin)" -lt 64
	)
'

test_expect_success !ROOT 'a directory that we may not write keeps its pointer' '
	(
		cd plain &&
		repo=plain &&
		back_to_pointers &&
		told >../told &&
		chmod a-w sub &&
		test-tool swap <../told >../out &&
		chmod u+w sub &&
		test_grep "files 2 .* left 1" ../out
	)
'

test_expect_success 'a signal: what is finished is in the index, the rest pending' '
	new_repo signal &&
	(
		cd signal &&
		told >../told &&
		mkfifo ../pipe &&
		{ test-tool swap <../pipe >../out 2>../err & } &&
		pid=$! &&
		exec 9>../pipe &&
		cat ../told >&9 &&
		sleep 0.2 &&
		kill -TERM $pid &&
		exec 9>&- &&
		test_expect_code 143 wait $pid &&
		either_or &&
		git status --porcelain >../status &&
		test_must_be_empty ../status &&
		test-tool swap --get $names >/dev/null &&
		check_swapped
	)
'

test_done
