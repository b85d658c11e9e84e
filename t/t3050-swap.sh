#!/bin/sh

test_description='swap: pointers become content behind git, and nothing is ever lost

The filter here is two lines of shell: smudge leaves the pointer, clean knows
the pointer of each content. What the filter process does when git has closed
the pipe is done by test-tool swap.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# new_repo DIR [ARGS]: pointers to `names` in HEAD, content in the store,
# expected content in DIR.want
names='one.bin sub/two.bin sub/deep/three.bin'
new_repo () {
	repo=$1 && shift &&
	git init -q "$@" "$repo" &&
	mkdir -p "$repo.want/sub/deep" "$repo.ptr/by-id" "$repo/sub/deep" &&
	write_script "$repo.ptr/clean" <<-\END &&
	dir=$(dirname "$0")
	echo clean >>"$dir/log"
	cat >"$dir/in.$$"
	if head -c 20 "$dir/in.$$" | grep -q "^{" &&
		sed -n 2p "$dir/in.$$" | grep -q '"treeptr": 1'
	then
		cat "$dir/in.$$"
	else
		cat "$dir/by-id/$(git hash-object --no-filters "$dir/in.$$")" ||
			cat "$dir/in.$$"
	fi
	rm "$dir/in.$$"
	END
	(
		cd "$repo" &&
		git config filter.medo.clean "\"$PWD.ptr/clean\"" &&
		git config filter.medo.smudge cat &&
		echo "*.bin filter=medo -text" >.gitattributes &&
		for name in $names
		do
			test-tool genrandom "$repo$name" 3000000 >"../$repo.want/$name" &&
			make_pointer "$name" &&
			cp "../$repo.ptr/new.treeptr" "$name" || exit 1
		done &&
		chmod +x sub/two.bin &&
		chmod +x "../$repo.want/sub/two.bin" &&
		echo plain >plain &&
		git add . &&
		git commit -q -m pointers &&
		back_to_pointers
	)
}

# make_pointer NAME: of ../$repo.want/NAME, content into the store
make_pointer () {
	rm -f "../$repo.ptr/new.treeptr" &&
	git medo add -q "../$repo.want/$1" "../$repo.ptr/new.treeptr" >/dev/null &&
	sed "/\"provenance\"/,\$d; /^}/d" "../$repo.ptr/new.treeptr" |
	sed '$s/,*$//' >"../$repo.ptr/new.tmp" &&
	echo "}" >>"../$repo.ptr/new.tmp" &&
	mv "../$repo.ptr/new.tmp" "../$repo.ptr/new.treeptr" &&
	cp "../$repo.ptr/new.treeptr" "../$repo.ptr/by-id/$(git hash-object --no-filters "../$repo.want/$1")" &&
	mkdir -p "../$repo.ptr/$(dirname "$1")" &&
	cp "../$repo.ptr/new.treeptr" "../$repo.ptr/$1"
}

# back_to_pointers: as git leaves them when it closes the pipe.  What is swapped
# in takes their time, so that git has no reason to look into it.
back_to_pointers () {
	for name in $names
	do
		rm -f "$name" || return 1
	done &&
	rm -rf .git/medo/tmp .git/medo/pending &&
	git checkout -q -f HEAD -- . &&
	git reset -q --hard &&
	for name in $names
	do
		touch -d "2001-01-01 00:00:01" "$name" || return 1
	done &&
	git update-index -q --refresh
}

# told: what git asked the filter to smudge
told () {
	for name in $names
	do
		printf '%s\t%s\n' "$name" "../$repo.ptr/$name" || return 1
	done
}

# check_swapped [NAME...]: content, modes, clean without any look at content
check_swapped () {
	for name in ${*:-$names}
	do
		test_cmp_bin "../$repo.want/$name" "$name" || return 1
	done &&
	check_clean
}
# check_unread: git has no doubt about any of them
check_unread () {
	rm -f "../$repo.ptr/log" &&
	git status --porcelain >../status &&
	test_must_be_empty ../status &&
	test_path_is_missing "../$repo.ptr/log"
}
check_clean () {
	git status --porcelain >../status &&
	test_must_be_empty ../status &&
	test_path_is_missing .git/index.lock &&
	test_path_is_missing .git/medo/pending &&
	find . -name "*_medo_*" >../temps &&
	test_must_be_empty ../temps
}
# either_or: each file is exactly the pointer or exactly the content
either_or () {
	for name in $names
	do
		cmp -s "../$repo.want/$name" "$name" ||
		test_cmp_bin "../$repo.ptr/$name" "$name" || return 1
	done
}

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
		git ls-files -s >../index.is &&
		test_cmp ../index.was ../index.is
	)
'

test_expect_success 'git died with the old index: nothing is touched' '
	(
		cd left &&
		back_to_pointers &&
		cp .git/index ../index.old &&
		git rm -q --cached one.bin sub/two.bin sub/deep/three.bin &&
		cp .git/index ../index.was &&
		test-tool swap <../told >../out &&
		test_grep "files 0 .* left 3" ../out &&
		cmp ../index.was .git/index &&
		cmp one.bin ../left.ptr/one.bin
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

test_expect_success STRACE,!SANITIZE 'killed at any rename, link, open or write: pointer or content, and mended' '
	new_repo kill &&
	(
		cd kill &&
		told >../told &&
		runs=0 && MEDO_THREADS=1 && export MEDO_THREADS &&
		for call in renameat2 rename link openat pwrite64 write unlinkat
		do
			when=1
			step=1
			test $call = openat && step=11
			test $call = pwrite64 && step=13
			test $call = unlinkat && step=2
			while :
			do
				back_to_pointers || exit 1
				if strace -f -qq -o /dev/null -e trace=$call \
					-e inject=$call:signal=KILL:when=$when \
					test-tool swap <../told >../out 2>../err
				then
					break
				fi
				runs=$((runs + 1))
				either_or || exit 1
				if test ! -f .git/index.lock
				then
					git diff-files --name-only >../diff
					git status --porcelain >../status &&
					test_must_be_empty ../status || exit 1
				fi
				test-tool swap --resume >../out || exit 1
				test-tool swap --get $names >../out || exit 1
				check_swapped || exit 1
				when=$((when + step))
			done
		done &&
		echo "killed $runs times" >&2 &&
		test $runs -gt 20
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
