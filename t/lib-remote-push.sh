# Git push: which refs change, and which do not, in words that git knows: the tests, wherever the silo is.  Source it
# behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

# refused REASON PUSH-ARGUMENTS...: git says so, and nothing changes
refused () {
	refused_why=$1
	shift
	remote_refs "$url" >refs.before &&
	test_must_fail git push "$@" >out 2>err &&
	test_grep "$refused_why" err &&
	remote_refs "$url" >refs.after &&
	test_cmp refs.before refs.after
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q work &&
	cd work &&
	git remote add r "$url" &&
	test_commit one &&
	test_commit two &&
	test_commit three &&
	git branch old HEAD~2 &&
	git branch two HEAD~1 &&
	git checkout -q -b fork HEAD~1 &&
	test_commit forked &&
	git checkout -q main &&
	git push -q r main
'

test_expect_success 'create: branches, tags, notes, other names' '
	git tag -a -m annotated v1 &&
	git tag v1-light &&
	git notes add -m "a note" &&
	git update-ref refs/changes/17/1 fork &&
	git push -q r fork refs/tags/v1 v1-light refs/notes/commits \
		refs/changes/17/1 main:refs/heads/dir/deep/name &&
	remote_has "$url" refs/heads/fork fork &&
	remote_has "$url" refs/tags/v1 v1 &&
	remote_has "$url" refs/tags/v1-light main &&
	remote_has "$url" refs/notes/commits refs/notes/commits &&
	remote_has "$url" refs/changes/17/1 fork &&
	remote_has "$url" refs/heads/dir/deep/name main
'

test_expect_success REMOTE_LONG 'a blob and a tree under a tag' '
	git tag blob "$(git rev-parse HEAD:one.t)" &&
	git tag tree "$(git rev-parse "HEAD^{tree}")" &&
	git tag -a -m nested nested v1 &&
	git push -q r blob tree nested &&
	remote_has "$url" refs/tags/blob blob &&
	remote_has "$url" refs/tags/tree tree &&
	remote_has "$url" refs/tags/nested nested &&
	git ls-remote "$url" "refs/tags/nested^{}" >actual &&
	test "$(cut -f1 actual)" = "$(git rev-parse main)"
'

test_expect_success REMOTE_LONG 'a branch is a commit' '
	refused "not a commit" r blob:refs/heads/blob &&
	refused "not a commit" r v1:refs/heads/tag
'

test_expect_success REMOTE_LONG 'all refs of a push are one entry' '
	git push -q r main:many1 main:many2 main:many3 &&
	git push -q r :many1 fork:many4 &&
	remote_has "$url" refs/heads/many1 "" &&
	remote_has "$url" refs/heads/many2 main &&
	remote_has "$url" refs/heads/many4 fork &&
	git push -q r :many2 :many3 :many4
'

test_expect_success 'one entry for one push' '
	git push -q r main:count &&
	if test "$REMOTE_DIR"
	then
		find "$(remote_path r)/ledger" -name entry.json | wc -l >before &&
		git push -q r main:c1 fork:c2 :count &&
		find "$(remote_path r)/ledger" -name entry.json | wc -l >after &&
		test "$(cat after)" = "$(($(cat before) + 1))" &&
		git push -q r :c1 :c2
	else
		git push -q r :count
	fi
'

test_expect_success 'not a fast-forward is refused, and forced' '
	refused "(non-fast-forward)" r fork:main &&
	git push r +fork:main 2>err &&
	test_grep "forced update" err &&
	remote_has "$url" refs/heads/main fork &&
	git push -q --force r main &&
	remote_has "$url" refs/heads/main main
'

test_expect_success 'a rewind is not a fast-forward' '
	refused "(non-fast-forward)" r old:main
'

test_expect_success 'a tag that is there stays, but for force' '
	git tag -f moving old &&
	git push -q r moving &&
	git tag -f moving two &&
	refused "already exists" r moving &&
	git push -q --force r moving &&
	remote_has "$url" refs/tags/moving two
'

test_expect_success 'delete' '
	git push -q r --delete fork v1-light &&
	git push -q r :refs/notes/commits &&
	remote_has "$url" refs/heads/fork "" &&
	remote_has "$url" refs/tags/v1-light "" &&
	remote_has "$url" refs/notes/commits "" &&
	test_must_fail git push r --delete nowhere
'

test_expect_success 'the branch that HEAD names is not deleted' '
	refused "deletion of the current branch prohibited" r :main
'

test_expect_success 'what is refused does not keep back the rest' '
	test_must_fail git push r fork:main main:refs/heads/beside 2>err &&
	test_grep "(non-fast-forward)" err &&
	test_grep "new branch.*beside" err &&
	remote_has "$url" refs/heads/beside main &&
	remote_has "$url" refs/heads/main main &&
	git push -q r :beside
'

test_expect_success '--atomic keeps all back' '
	refused "atomic push failed" --atomic r fork:main main:refs/heads/beside &&
	refused "atomic push failed" --atomic r v1:refs/heads/x main:beside &&
	git push -q --atomic r main:beside fork:beside2 &&
	remote_has "$url" refs/heads/beside2 fork &&
	git push -q --atomic r :beside :beside2
'

test_expect_success '--dry-run changes nothing' '
	remote_refs "$url" >before &&
	git push --dry-run r +fork:main main:dry :refs/tags/v1 2>err &&
	test_grep "new branch.*dry" err &&
	test_grep "forced update" err &&
	test_must_fail git push --dry-run r fork:main &&
	remote_refs "$url" >after &&
	test_cmp before after
'

test_expect_success 'a ref and a directory of one name' '
	git push -q r main:refs/heads/d/f &&
	refused "cannot create" r main:refs/heads/d &&
	refused "cannot create" r main:refs/heads/d/f/g &&
	refused "cannot create" r main:refs/heads/main/x &&
	git push -q r :refs/heads/d/f main:refs/heads/d &&
	remote_has "$url" refs/heads/d main &&
	git push -q r main:refs/heads/d/f :refs/heads/d &&
	remote_has "$url" refs/heads/d/f main &&
	git push -q r :refs/heads/d/f
'

test_expect_success '--force-with-lease' '
	git push -q r main:leased &&
	git fetch -q r &&
	git push -q r +fork:leased &&
	git update-ref refs/remotes/r/leased main &&
	refused "(stale info)" --force-with-lease r old:leased &&
	refused "(stale info)" --force-with-lease=leased:"$(git rev-parse old)" \
		r old:leased &&
	git push -q --force-with-lease=leased:"$(git rev-parse fork)" \
		r old:leased &&
	remote_has "$url" refs/heads/leased old &&
	refused "(stale info)" --force-with-lease=leased: r main:leased &&
	git push -q --force-with-lease=fresh: r main:fresh &&
	remote_has "$url" refs/heads/fresh main &&
	git fetch -q r &&
	git push -q --force-with-lease r :leased :fresh &&
	git push -q --force-with-lease --force-if-includes r main
'

# git compares with what we listed; that a ref moved since, only we see.
# step COMMAND...: in the middle of a push, when git has listed
slow_push () {
	write_script slow-helper/git-remote-silo <<-END &&
	{
		while read -r line
		do
			case "\$line" in
			push*)
				if ! test -f "$TRASH_DIRECTORY/moved"
				then
					: >"$TRASH_DIRECTORY/moved" &&
					(
						unset GIT_DIR
						cd "$TRASH_DIRECTORY/work" &&
						PATH=$B/bin:\$PATH sh -e ../meanwhile || echo bad >../moved
					) >&2 </dev/null
				fi
			esac
			printf "%s\\n" "\$line"
		done
	} | $B/bin/git-remote-silo "\$@"
	END
	rm -f "$TRASH_DIRECTORY/moved" &&
	PATH="$TRASH_DIRECTORY/work/slow-helper:$PATH" git push "$@"
	slow_code=$?
	test -f ../moved && ! test -s ../moved || return 127
	return $slow_code
}

test_expect_success 'CO-02 who was overtaken since git looked is told' '
	mkdir slow-helper &&
	git push -q r old:race &&
	echo "git push -q r fork:race" >../meanwhile &&
	test_must_fail slow_push r main:race 2>err &&
	test_path_exists ../moved &&
	test_grep "rejected.*race" err &&
	remote_has "$url" refs/heads/race fork
'

test_expect_success 'but not where it is a fast-forward of that, too' '
	git push -q --force r old:race &&
	echo "git push -q r two:race" >../meanwhile &&
	slow_push -q r main:race &&
	remote_has "$url" refs/heads/race main
'

test_expect_success REMOTE_LONG 'or where another ref moved' '
	git push -q --force r old:race &&
	echo "git push -q r main:other" >../meanwhile &&
	slow_push -q r main:race &&
	remote_has "$url" refs/heads/race main &&
	remote_has "$url" refs/heads/other main
'

test_expect_success REMOTE_LONG 'force does not hit what git has not seen' '
	git push -q --force r old:race &&
	echo "git push -q --force r fork:race" >../meanwhile &&
	test_must_fail slow_push --force r main:race 2>err &&
	remote_has "$url" refs/heads/race fork &&
	git push -q --force r old:race &&
	echo "git push -q --force r fork:race" >../meanwhile &&
	test_must_fail slow_push r :race 2>err &&
	remote_has "$url" refs/heads/race fork
'

test_expect_success 'a lease is looked at when the entry is claimed' '
	git push -q --force r old:race &&
	echo "git push -q --force r fork:race" >../meanwhile &&
	test_must_fail slow_push \
		--force-with-lease=race:"$(git rev-parse old)" \
		r main:race 2>err &&
	test_grep "(stale info)" err &&
	remote_has "$url" refs/heads/race fork
'

test_expect_success REMOTE_LONG 'a new name that somebody else was first to take' '
	git push -q r :race :other &&
	echo "git push -q r fork:race" >../meanwhile &&
	test_must_fail slow_push r main:race 2>err &&
	remote_has "$url" refs/heads/race fork &&
	git push -q r :race &&
	echo "git push -q r fork:race/x" >../meanwhile &&
	test_must_fail slow_push r main:race 2>err &&
	test_grep "cannot create" err &&
	remote_has "$url" refs/heads/race "" &&
	git push -q r :race/x
'

test_expect_success REMOTE_LONG 'and atomic holds then, too' '
	git push -q r old:race &&
	echo "git push -q --force r fork:race" >../meanwhile &&
	test_must_fail slow_push --atomic r main:race main:atom 2>err &&
	remote_has "$url" refs/heads/atom "" &&
	git push -q r :race
'

test_expect_success REMOTE_LONG '--mirror' '
	git clone -q --mirror "$url" ../m &&
	cd ../m &&
	git update-ref refs/heads/by-mirror refs/heads/main &&
	git update-ref -d refs/tags/v1 &&
	git push -q --mirror "$url" &&
	remote_has "$url" refs/heads/by-mirror refs/heads/main &&
	remote_has "$url" refs/tags/v1 "" &&
	git push --mirror "$url" 2>err &&
	test_grep "Everything up-to-date" err &&
	cd ../work &&
	git push -q r :by-mirror v1
'

test_expect_success REMOTE_LONG '--all, --tags, --prune, a refspec with a star' '
	git push -q --all r &&
	remote_has "$url" refs/heads/fork fork &&
	git push -q --tags r &&
	git push -q r "refs/heads/*:refs/heads/copy/*" &&
	remote_has "$url" refs/heads/copy/fork fork &&
	git push -q --prune r "refs/heads/none*:refs/heads/copy/*" &&
	remote_has "$url" refs/heads/copy/fork ""
'

test_expect_success 'HEAD changes its branch by a push option' '
	test_commit for-head &&
	git push -q -o head=fork -o "some \"thing\"" r main +fork:fork &&
	git ls-remote --symref "$url" HEAD >actual &&
	grep "^ref: refs/heads/fork" actual &&
	git push -q r :main &&
	remote_has "$url" refs/heads/main "" &&
	git push -q -o head=main r main &&
	git ls-remote --symref "$url" HEAD >actual &&
	grep "^ref: refs/heads/main" actual
'

test_expect_success REMOTE_LONG 'the first HEAD: where we are, else main, else master, else the first' '
	for case in "main fork:main" "fork fork main" "main old main" \
		"master old fork:master" "fork fork:fork old"
	do
		set -- $case &&
		head=$1 &&
		shift &&
		count=$((${count:-0} + 1)) &&
		git checkout -q --detach main &&
		if test "$case" = "fork fork main"
		then
			git checkout -q fork
		fi &&
		new=$(remote_url "head$count") &&
		git push -q "$new" "$@" &&
		git ls-remote --symref "$new" HEAD >actual &&
		grep "^ref: refs/heads/$head	" actual || return 1
	done &&
	git checkout -q main
'

test_expect_success REMOTE_LONG 'tags first, a branch later' '
	new=$(remote_url tags-first) &&
	git push -q "$new" v1 &&
	remote_has "$new" refs/tags/v1 v1 &&
	git push -q "$new" main &&
	git clone -q "$new" ../tf &&
	git -C ../tf rev-parse --verify main
'

test_expect_success REMOTE_LONG 'a signed push is not promised' '
	test_must_fail git push --signed=true r main:signed 2>err &&
	remote_has "$url" refs/heads/signed "" &&
	git push -q --signed=if-asked r main:signed &&
	remote_has "$url" refs/heads/signed main
'

test_expect_success REMOTE_LONG 'a thousand refs at once' '
	git for-each-ref --format="%(objectname)" refs/heads/main >id &&
	test_seq 1000 | sed "s|.*|create refs/many/r& $(cat id)|" |
	git update-ref --stdin &&
	git push -q r "refs/many/*:refs/many/*" &&
	remote_refs "$url" >refs &&
	test "$(grep -c refs/many/ refs)" = 1000 &&
	git push -q r --prune "refs/none/*:refs/many/*" &&
	remote_refs "$url" >refs &&
	! grep refs/many/ refs
'

test_expect_success REMOTE_LONG 'pre-push hooks see the same' '
	write_script .git/hooks/pre-push <<-\END &&
	cat >hooked
	exit 1
	END
	test_must_fail git push r main:hooked &&
	remote_has "$url" refs/heads/hooked "" &&
	grep "refs/heads/main $(git rev-parse main) refs/heads/hooked 00*\$" \
		hooked &&
	rm .git/hooks/pre-push
'

test_expect_success 'half a pack that lies there, from half a copy, is not taken for ours' '
	rm -rf half && git init -q half &&
	git -C half config pack.threads 1 &&
	(cd half && test_commit one) &&
	cut=$(remote_url cut) &&
	git -C half push -q "$(remote_url uncut)" main &&
	test-tool backend "$REMOTE_SILO" list git/uncut.git/objects/pack >packs &&
	pack=$(sed -n "s|.* \(git/.*[.]pack\)\$|\1|p" packs) &&
	test-tool backend "$REMOTE_SILO" read "$pack" 0 100 >piece &&
	there=git/cut.git/objects/pack/$(basename "$pack") &&
	test-tool backend "$REMOTE_SILO" put "$there" piece &&
	test_must_fail git -C half push "$cut" main 2>err &&
	test_grep "is there and damaged: it has 100 bytes" err &&
	test_must_fail git ls-remote "$cut" &&
	test-tool backend "$REMOTE_SILO" remove "$there" &&
	git -C half push -q "$cut" main &&
	remote_whole "$cut"
'

test_expect_success 'it is whole' '
	cd "$TRASH_DIRECTORY" &&
	remote_whole "$url" ${REMOTE_DIR:+"$(remote_path r)"}
'
