# What people do with git, each thing with a file of 4 KiB and one of 5 MiB
# under the filter.  Source it after lib-filter.sh, then say
#	situations NAME [CONFIG...]
# CONFIG is `key=value` for the repository, or --sha256.
# shellcheck shell=sh

# The story:	one - text - two - late	main
#		  \- three		side (changes the same files)
#		   \- a - b		words (does not)
situations_seed () {
	mkdir -p "$TRASH_DIRECTORY/want" &&
	for situation_v in 1 2 3 4
	do
		noise "small$situation_v" 4096 >"$TRASH_DIRECTORY/want/small.$situation_v" &&
		noise "large$situation_v" 5242880 >"$TRASH_DIRECTORY/want/large.$situation_v" ||
		return 1
	done &&
	cd "$TRASH_DIRECTORY" &&
	rm -rf seed &&
	git init -q ${situations_init:+"$situations_init"} seed &&
	cd seed &&
	for situation_key in $situations_config
	do
		git config "${situation_key%%=*}" "${situation_key#*=}" || return 1
	done &&
	if test "${situations_install:-}"
	then
		git medo install >../installed &&
		git medo track "*.bin" >../tracked
	else
		echo "*.bin filter=medo -text -merge" >.gitattributes
	fi &&
	git add . &&
	put 1 && text one && git tag one &&
	text text &&
	put 2 && text two && git tag two &&
	text late &&
	git checkout -q -b side one &&
	put 3 && text three side.txt && git tag three &&
	git checkout -q -b words one &&
	text a words.txt &&
	text b words.txt &&
	git checkout -q main &&
	at 2
}

# put V: that version of both files
put () {
	mkdir -p sub &&
	cp "$TRASH_DIRECTORY/want/small.$1" small.bin &&
	cp "$TRASH_DIRECTORY/want/large.$1" sub/large.bin &&
	git add small.bin sub/large.bin
}

# text WORD [FILE]: a commit that says so
text () {
	echo "$1" >>"${2:-text.txt}" &&
	git add "${2:-text.txt}" &&
	git commit -q -m "$1"
}

# have V: both files are that version; at V: and git sees nothing to commit
have () {
	# What our merge driver leaves beside a file that both sides changed.
	if test "${situations_install:-}"
	then
		rm -f small.bin.theirs sub/large.bin.theirs
	fi &&
	test_cmp_bin "$TRASH_DIRECTORY/want/small.$1" small.bin &&
	test_cmp_bin "$TRASH_DIRECTORY/want/large.$1" sub/large.bin
}
at () {
	have "$1" &&
	test_clean_status &&
	test_path_is_missing "$(git rev-parse --git-dir)/index.lock" &&
	test_path_is_missing "$(git rev-parse --git-dir)/medo/pending"
}

# fresh: a repository at `main`, and we are in it
fresh () {
	cd "$TRASH_DIRECTORY" &&
	rm -rf work other &&
	cp -a seed work &&
	cd work &&
	git update-index -q --refresh
}

situations () {
	situations_name=$1 && shift
	situations_init=
	situations_config=
	situations_sparse=--sparse-index
	for situation_arg
	do
		case "$situation_arg" in
		core.splitIndex=*)
			# git itself cannot have both
			situations_sparse=--no-sparse-index
			situations_config="$situations_config $situation_arg"
			;;
		--sha256) situations_init=--object-format=sha256 ;;
		*) situations_config="$situations_config $situation_arg" ;;
		esac
	done

	test_expect_success "$situations_name: set up" '
		{
			test "${situations_install:-}" || filter_config
		} &&
		situations_seed
	'
	situations_basic
	situations_undo
	situations_rebase
	situations_rare
}

situations_basic () {
	test_expect_success "$situations_name: clone" '
		fresh && cd .. &&
		git clone -q work other && cd other && at 2 &&
		git checkout -q side && at 3
	'

	test_expect_success "$situations_name: clone --no-checkout, reset" '
		fresh && cd .. &&
		git clone -q --no-checkout work other && cd other &&
		git reset -q --hard && at 2
	'

	test_expect_success "$situations_name: checkout back and forth" '
		fresh &&
		git checkout -q side && at 3 &&
		git checkout -q main && at 2 &&
		git checkout -q one && at 1 &&
		git checkout -q - && at 2 &&
		git switch -q words && at 1 &&
		git checkout -q -f main && at 2
	'

	test_expect_success "$situations_name: commit -a right after" '
		fresh &&
		git checkout -q side &&
		echo more >>text.txt &&
		git commit -q -a -m more && at 3 &&
		git diff --name-only HEAD^ HEAD >../names &&
		echo text.txt >../expect &&
		test_cmp ../expect ../names &&
		git checkout -q main &&
		echo more >>text.txt && git add -u && git commit -q -m more && at 2
	'

	test_expect_success "$situations_name: restore, rm and checkout" '
		fresh &&
		git restore --source=three small.bin sub/large.bin && have 3 &&
		git restore . && at 2 &&
		rm small.bin sub/large.bin && git checkout -q . && at 2 &&
		rm -r sub small.bin && git checkout -q HEAD -- . && at 2 &&
		git checkout -q side -- . && have 3 &&
		git reset -q --hard && at 2 &&
		git rm -q small.bin sub/large.bin &&
		git restore --staged --worktree . && at 2
	'

	test_expect_success "$situations_name: a change is a change, and is kept" '
		fresh &&
		cp ../want/large.4 sub/large.bin &&
		git status --porcelain >../status &&
		echo " M sub/large.bin" >../expect &&
		test_cmp ../expect ../status &&
		test_must_fail git checkout -q side &&
		test_cmp_bin ../want/large.4 sub/large.bin &&
		git add . && git commit -q -m four && test_clean_status &&
		git checkout -q side && at 3 && git checkout -q main &&
		test_cmp_bin ../want/large.4 sub/large.bin && test_clean_status
	'

	test_expect_success "$situations_name: merge, fast-forward and not" '
		fresh &&
		git checkout -q words && git merge -q -m merge main && at 2 &&
		git checkout -q one && git merge -q --ff-only main && at 2 &&
		git checkout -q one && git merge -q --no-ff -m merge side && at 3
	'

	test_expect_success "$situations_name: merge with conflict" '
		fresh &&
		test_must_fail git merge side &&
		have 2 &&
		git checkout -q --theirs small.bin sub/large.bin && have 3 &&
		git add . && git commit -q -m merge && at 3 &&
		git reset -q --hard HEAD^ && at 2 &&
		test_must_fail git merge side &&
		git merge --abort && at 2 &&
		test_must_fail git merge side &&
		git checkout -q --ours small.bin sub/large.bin && have 2 &&
		git add . && git commit -q -m merge && at 2 &&
		git reset -q --hard HEAD^ && at 2
	'

	# git tells a merge driver nothing of -X.
	test -n "${situations_install:-}" ||
	test_expect_success "$situations_name: merge -X theirs" '
		fresh &&
		git merge -q -X theirs -m merge side && at 3
	'
}

situations_undo () {
	test_expect_success "$situations_name: stash, pop, -u" '
		fresh &&
		cp ../want/small.4 small.bin && cp ../want/large.4 sub/large.bin &&
		git stash -q && at 2 &&
		git checkout -q one && git stash drop -q && git checkout -q main &&
		cp ../want/small.4 small.bin && cp ../want/large.4 sub/large.bin &&
		cp ../want/large.3 new.bin &&
		git stash -q -u && at 2 && test_path_is_missing new.bin &&
		git stash pop -q && have 4 &&
		test_cmp_bin ../want/large.3 new.bin &&
		git add . && git commit -q -m four && at 4
	'

	test_expect_success "$situations_name: reset --hard, --keep, --merge" '
		fresh &&
		git reset -q --hard one && at 1 &&
		git reset -q --hard three && at 3 &&
		git reset -q --keep one && at 1 &&
		git reset -q --merge main@{1} && at 3 &&
		cp ../want/large.4 sub/large.bin &&
		test_must_fail git reset -q --keep one &&
		test_cmp_bin ../want/large.4 sub/large.bin &&
		git reset -q --hard && at 3 &&
		git reset -q --soft one && have 3 &&
		git reset -q && have 3 && git checkout -q . && git clean -q -f && at 1
	'

	test_expect_success "$situations_name: cherry-pick, also with conflict" '
		fresh &&
		git checkout -q words &&
		git cherry-pick three >/dev/null && at 3 &&
		git reset -q --hard HEAD^ && at 1 &&
		git checkout -q main &&
		test_must_fail git cherry-pick three && have 2 &&
		git checkout -q --theirs . && have 3 && git add . &&
		git -c core.editor=: cherry-pick --continue >/dev/null && at 3 &&
		git reset -q --hard HEAD^ &&
		test_must_fail git cherry-pick three &&
		git cherry-pick --abort && at 2 &&
		test_must_fail git cherry-pick three &&
		git cherry-pick --skip && at 2
	'

	test_expect_success "$situations_name: revert" '
		fresh &&
		git checkout -q two &&
		git revert --no-edit two >/dev/null && at 1 &&
		git revert --no-edit HEAD >/dev/null && at 2 &&
		git checkout -q three &&
		test_must_fail git revert --no-edit two && have 3 &&
		git checkout -q --theirs small.bin sub/large.bin && have 1 &&
		git checkout -q --ours . && have 3 && git revert --abort && at 3
	'
}

situations_rebase () {
	test_expect_success "$situations_name: rebase without conflict" '
		fresh &&
		git checkout -q words &&
		git rebase -q main && at 2 &&
		git reset -q --hard HEAD@{1} && git checkout -q -B words main~3 && at 1 &&
		text c words.txt && text d words.txt &&
		git rebase -q --apply main && at 2
	'

	test_expect_success "$situations_name: rebase that carries the files" '
		fresh &&
		git checkout -q -b carry words &&
		git cherry-pick three >/dev/null && at 3 &&
		git rebase -q one && at 3 &&
		git rebase -q --onto words~2 one && at 3 &&
		git rebase -q --force-rebase words && at 3 &&
		git rebase -q --apply --force-rebase words && at 3
	'

	test_expect_success "$situations_name: rebase -i with edit, exec and break" '
		fresh &&
		git checkout -q -b carry words &&
		git cherry-pick three >/dev/null &&
		write_script ../editor <<-\END &&
		{
			echo "exec cmp ../want/large.2 sub/large.bin"
			echo "exec cmp ../want/small.2 small.bin"
			sed -n "s/^pick \(.*\) a$/edit \1 a/p" "$1"
			echo "exec cmp ../want/large.2 sub/large.bin"
			sed -n "s/^pick \(.*\) b$/pick \1 b/p" "$1"
			echo break
			echo "exec git status --porcelain >../status; ! test -s ../status"
		} >"$1.new"
		mv "$1.new" "$1"
		END
		GIT_SEQUENCE_EDITOR="\"$PWD/../editor\"" git rebase -q -i main &&
		have 2 && text edited edited.txt &&
		git rebase --continue && have 2 &&
		git rebase --continue && at 2 &&
		git log --format=%s -3 >../log &&
		test_write_lines b edited a >../expect &&
		test_cmp ../expect ../log
	'

	test_expect_success "$situations_name: rebase --exec sees contents, not pointers" '
		fresh &&
		git checkout -q -b carry words &&
		git cherry-pick three >/dev/null &&
		git rebase -q --force-rebase \
			--exec "test \$(wc -c <sub/large.bin) = 5242880" one &&
		at 3
	'

	for situation_how in --merge --apply
	do
		export situation_how
		test_expect_success "$situations_name: rebase $situation_how that stops" '
			fresh &&
			git checkout -q side &&
			test_must_fail git rebase $situation_how main && have 2 &&
			git rebase --abort && at 3 &&
			test_must_fail git rebase $situation_how main &&
			git rebase --skip && at 2 &&
			git reset -q --hard three && at 3 &&
			test_must_fail git rebase $situation_how main &&
			git checkout -q three -- . && have 3 && git add . &&
			git -c core.editor=: rebase --continue && at 3 &&
			git checkout -q main && at 2
		'
	done

	test_expect_success "$situations_name: rebase --autostash" '
		fresh &&
		git checkout -q words &&
		cp ../want/small.4 small.bin && cp ../want/large.4 sub/large.bin &&
		git rebase -q --autostash one && have 4 &&
		git stash -q && at 1 && git stash pop -q && have 4 &&
		git reset -q --hard && at 1
	'
}

situations_rare () {
	test_expect_success "$situations_name: am" '
		fresh &&
		git format-patch -q --stdout one..two >../patch &&
		git checkout -q one &&
		git am -q ../patch && at 2 &&
		git checkout -q three &&
		test_must_fail git am -q ../patch &&
		git am --abort && at 3 &&
		git checkout -q --detach words && git am -q -3 ../patch && at 2
	'

	test_expect_success "$situations_name: worktree" '
		fresh &&
		git worktree add -q ../other side &&
		at 2 && cd ../other && at 3 &&
		git checkout -q --detach main && at 2 &&
		put 4 && git commit -q -m four && at 4 &&
		cd ../work && at 2 && git worktree remove ../other
	'

	test_expect_success "$situations_name: sparse-checkout" '
		fresh &&
		git sparse-checkout set --no-cone "/*" "!/sub/" &&
		test_path_is_missing sub/large.bin && test_clean_status &&
		git checkout -q side && test_clean_status &&
		git sparse-checkout disable && at 3 &&
		git sparse-checkout set --cone $situations_sparse &&
		test_path_is_missing sub/large.bin && test_clean_status &&
		git checkout -q main && test_clean_status &&
		git sparse-checkout add sub && at 2 &&
		git checkout -q side && at 3 &&
		git sparse-checkout disable && at 3
	'

	test_expect_success "$situations_name: submodule" '
		fresh && cd .. &&
		git init -q ${situations_init:+"$situations_init"} other && cd other &&
		git -c protocol.file.allow=always submodule --quiet add ../work s &&
		(cd s && at 2) && git commit -q -m add &&
		(cd s && git checkout -q three) && git commit -q -a -m three &&
		test_clean_status &&
		git checkout -q HEAD^ && git submodule --quiet update && (cd s && at 2) &&
		git checkout -q main && git submodule --quiet update && (cd s && at 3) &&
		test_clean_status &&
		git checkout -q --recurse-submodules HEAD^ && (cd s && at 2) &&
		test_clean_status
	'

	test_expect_success "$situations_name: bisect run" '
		fresh &&
		git bisect start main one >../out &&
		git bisect run cmp ../want/large.1 sub/large.bin >../out &&
		test "$(git rev-parse bisect/bad)" = "$(git rev-parse two)" &&
		git bisect reset >../out && at 2
	'

	test_expect_success "$situations_name: add --renormalize" '
		fresh &&
		git add --renormalize . && at 2 &&
		touch small.bin sub/large.bin &&
		git add --renormalize . && at 2 &&
		git update-index --refresh && at 2
	'
}
