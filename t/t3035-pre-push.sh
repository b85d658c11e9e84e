#!/bin/sh

test_description='git push takes along what the pushed commits name, and nothing else'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# point PATH CONTENT: a pointer to that content, staged under any name
point () {
	echo "$2" >content &&
	git medo add content tmp.treeptr >out &&
	point_id=$(git hash-object -w --no-filters tmp.treeptr) &&
	git update-index --add --cacheinfo "100644,$point_id,$1" &&
	cut -f 1 out >"$TEST_TOP/id.$2" &&
	rm -f tmp.treeptr content out
}

# there CONTENT...: the silo has exactly these
there () {
	for there_one
	do
		cat "$TEST_TOP/id.$there_one" || return 1
	done | sort >want &&
	find far/objects -type f -name "*.gz" |
	sed "s|.*/\(..\)/\([0-9a-f]*\)\.gz|\1\2|" | sort >have &&
	test_cmp want have
}

test_expect_success 'setup' '
	git config --global init.defaultBranch main &&
	silo_create far &&
	medo_create . far &&
	git config user.name U &&
	git config user.email u@example.org &&
	git medo install -q --local &&
	git config --unset filter.medo.process &&
	git config filter.medo.clean cat &&
	git config filter.medo.smudge cat &&
	git init -q --bare there.git &&
	git remote add origin "$PWD/there.git" &&
	echo "*.bin filter=medo diff=medo merge=medo -text" >>.gitattributes &&
	git add .gitattributes SILO.json &&
	git commit -q -m setup
'

test_expect_success 'a push of commits that name nothing opens no silo' '
	mv far away &&
	test_when_finished "mv away far" &&
	GIT_TRACE2_EVENT="$PWD/trace" git push -q origin HEAD:main &&
	git rev-parse HEAD >expect &&
	git -C there.git rev-parse main >actual &&
	test_cmp expect actual
'

test_expect_success 'what a pushed commit names is in the silo before refs move' '
	point one.treeptr one && point two.bin two &&
	git commit -q -m pointers &&
	point three.bin three &&
	write_script there.git/hooks/pre-receive <<-EOF &&
	find "$PWD/far/objects" -type f >"$PWD/seen"
	EOF
	git push -q origin HEAD:main &&
	rm there.git/hooks/pre-receive &&
	there one two &&
	test_line_count = 2 seen
'

test_expect_success 'what is staged, or on another branch, stays here' '
	git commit -q -m three &&
	git checkout -q -b other HEAD~1 &&
	point four.bin four && git commit -q -m four &&
	git push -q origin other &&
	there one two four
'

test_expect_success 'blobs that only an intermediate commit names go, too' '
	git checkout -q main &&
	point five.bin five && git commit -q -m five &&
	git rm -q --cached five.bin && git commit -q -m "five is gone" &&
	git push -q origin HEAD:main &&
	there one two three four five
'

test_expect_success 'what both sides of a merge brought goes, whatever the merge kept' '
	git checkout -q -b left && point clash.bin left && git commit -q -m l &&
	git checkout -q -b right HEAD~1 &&
	point clash.bin right && git commit -q -m r &&
	test_must_fail git merge -q left 2>err &&
	git checkout -q --ours clash.bin && git add clash.bin &&
	git commit -q -m merged &&
	git push -q origin right &&
	there one two three four five left right
'

test_expect_success 'where it cannot be uploaded no ref moves' '
	git checkout -q left &&
	point six.bin six && git commit -q -m six &&
	mv far away &&
	test_when_finished "mv away far" &&
	test_must_fail git push -q origin left 2>err &&
	sed -n "1s/:.*//p; 2s/:.*//p" err >words &&
	test_write_lines error hint >expect &&
	test_cmp expect words &&
	test_grep "^hint: .*allowIncompletePush" err &&
	test_must_fail git -C there.git rev-parse -q --verify left
'

test_expect_success 'nor where the blob is neither here nor there' '
	rm -rf .git/medo/objects &&
	test_must_fail git push -q origin left 2>err &&
	test_grep six.bin err &&
	test_must_fail git -C there.git rev-parse -q --verify left
'

test_expect_success 'unless medo.allowIncompletePush says so' '
	git -c medo.allowIncompletePush=true push -q origin left 2>err &&
	test_grep "warning.*six.bin" err &&
	git -C there.git rev-parse -q --verify left
'

test_expect_success 'nothing is written to a silo that the user never allowed' '
	git checkout -q -b stranger &&
	(cd "$TEST_TOP" && silo_create evil) &&
	cat >SILO.json <<-EOF &&
	{ "silos": [ { "name": "e", "url": "$TEST_TOP/evil", "push": "$TEST_TOP/evil" } ] }
	EOF
	git add SILO.json && point seven.bin seven && git commit -q -m seven &&
	test_expect_code 1 git push -q origin stranger 2>err &&
	test_grep "git medo allow" err &&
	test "$(silo_count "$TEST_TOP/evil")" = 0 &&
	git checkout -q left
'

test_expect_success 'below the remote that is pushed to nobody has to be asked' '
	git checkout -q -b near stranger &&
	silo init -q there.git/blobs.silo &&
	git config --unset-all medo.allow blobs.silo &&
	cat >SILO.json <<-EOF &&
	{ "silos": [ { "url": "$PWD/there.git/blobs.silo", "push": "$PWD/there.git/blobs.silo" } ] }
	EOF
	git add SILO.json && git commit -q -m near &&
	git init -q --bare elsewhere.git &&
	test_expect_code 1 git push -q "$PWD/elsewhere.git" near 2>err &&
	test_grep "git medo allow" err &&
	git push -q origin near &&
	test "$(silo_count there.git/blobs.silo)" -gt 0 &&
	git checkout -q left
'

test_expect_success 'text about pointers in other files stops no push' '
	git reset -q --hard && git checkout -q right &&
	point eight.txt eight &&
	id=$(cat "$TEST_TOP/id.eight") &&
	git cat-file blob :eight.txt |
		sed "s/$id/$(echo "$id" | tr 0-9a-f 1-9a-f0)/" >example.txt &&
	git rm -q --cached eight.txt &&
	git add example.txt && git commit -q -m example &&
	git push -q origin right
'

test_expect_success 'many refs at once, deletions, and nothing at all' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		git checkout -q -b "b$i" right &&
		point "b$i.bin" "b$i" &&
		git commit -q -m "b$i" || return 1
	done &&
	git push -q origin b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		silo ls far >listed &&
		grep "$(cat "$TEST_TOP/id.b$i")" listed || return 1
	done &&
	git push -q origin :b1 &&
	git push -q origin b2
'

test_expect_success 'a push to a URL works, and from a bare clone, too' '
	git init -q --bare second.git &&
	git push -q "$PWD/second.git" b2 &&
	git clone -q --bare . copy.git &&
	(
		cd copy.git &&
		git config medo.allow "$(cd .. && pwd)/far" &&
		git init -q --bare ../third.git &&
		echo refs >in &&
		git medo hook pre-push third ../third.git </dev/null &&
		oid=$(git rev-parse b2) &&
		echo "refs/heads/b2 $oid refs/heads/b2 $(echo "$oid" | tr 0-9a-f 0)" |
		git medo hook pre-push third ../third.git
	)
'

test_expect_success 'a pointer that is not in its pack is no excuse to read all history' '
	test_must_fail git medo hook pre-push origin url <<-\EOF 2>err &&
	nonsense
	EOF
	test_grep "names no refs" err &&
	test_expect_code 129 git medo hook pre-push &&
	test_expect_code 129 git medo hook nonsense
'

test_expect_success 'a push of sixty thousand refs' '
	new=$(git rev-parse HEAD) &&
	old=$(git rev-parse HEAD~1) &&
	test_seq 60000 |
	sed "s|.*|refs/heads/r& $new refs/heads/r& $old|" >refs &&
	git medo hook pre-push fourth ../fourth.git <refs
'

test_expect_success 'more refs than fit into a command line do not stop a push' '
	git init -q many && cd many && test_commit one &&
	id=$(git rev-parse HEAD) &&
	zeros=$(echo "$id" | sed "s/./0/g") &&
	test_seq 60000 | sed "s|.*|refs/tags/t& $id refs/tags/t& $zeros|" >refs &&
	git medo hook pre-push far ../far.git <refs &&
	sed "s/$id \(.*\) $zeros/$id \1 $id/" refs >old &&
	git medo hook pre-push far ../far.git <old
'

test_done
