#!/bin/sh

test_description='what must not become history: pre-commit, verify --staged and --range'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# stage PATH FILE: that content, whatever filters would make of it
stage () {
	stage_id=$(git hash-object -w --no-filters "$2") &&
	git update-index --add --cacheinfo "100644,$stage_id,$1"
}

# refused PATH REASON MEND: the commit is, with one such line
refused () {
	test_must_fail git commit -q -m no 2>err &&
	grep "^error: '$1': .*$2.*; mend it with: $3\$" err &&
	test_line_count = 1 err &&
	test_expect_code 1 git medo verify --staged >rows &&
	printf "%s\t" "$1" >want &&
	grep "^$(cat want).*$2.*	$3\$" rows &&
	test_line_count = 1 rows
}

# accepted: nothing is said against what is staged
accepted () {
	git medo verify --staged >rows &&
	test_must_be_empty rows &&
	git commit -q -m yes 2>err &&
	test_must_be_empty err
}

test_expect_success 'setup' '
	silo_create far &&
	medo_create deps far &&
	git config user.name U &&
	git config user.email u@example.org &&
	git medo install -q --local &&
	mkdir -p "$TEST_TOP/template/hooks" &&
	cp .git/hooks/pre-commit "$TEST_TOP/template/hooks" &&
	git config --unset filter.medo.process &&
	git config filter.medo.clean cat &&
	git config filter.medo.smudge cat &&
	echo content >one &&
	git medo add one deps/one.treeptr &&
	echo "*.bin filter=medo diff=medo merge=medo -text" >.gitattributes &&
	git add .gitattributes deps &&
	accepted
'

test_expect_success 'a pointer under a filtered path passes' '
	stage a.bin deps/one.treeptr &&
	accepted
'

test_expect_success 'content under a filtered path is refused' '
	stage b.bin one &&
	refused b.bin "no pointer" \
		"git medo install && git add --renormalize -- b.bin" &&
	git rm -q --cached b.bin
'

test_expect_success 'BI-07 also when it begins like a pointer, or is too long' '
	{ head -c 60 deps/one.treeptr; echo x; } >like &&
	stage b.bin like &&
	refused b.bin "no pointer" ".*" &&
	{ head -n 5 deps/one.treeptr && test_seq 3000; } >like &&
	stage b.bin like &&
	refused b.bin "no pointer" ".*" &&
	git rm -q --cached b.bin
'

test_expect_success 'BI-08 an empty file under a filtered path passes' '
	: >empty &&
	stage empty.bin empty &&
	accepted
'

test_expect_success 'a symlink under a filtered path is not filtered' '
	ln -s one link.bin &&
	git add link.bin &&
	accepted
'

test_expect_success 'the command that mends can be pasted, whatever the name' '
	name="it'\''s a  \"b\" c.bin" &&
	stage "$name" one &&
	test_must_fail git commit -q -m no 2>err &&
	sed "s/.*--renormalize -- //" err >word &&
	eval "set -- $(cat word)" &&
	test "$#,$1" = "1,$name" &&
	git rm -q --cached "$name"
'

test_expect_success 'a treeptr that is not canonical is refused' '
	sed "s/^  \"id\"/    \"id\"/" deps/one.treeptr >odd &&
	stage deps/odd.treeptr odd &&
	refused deps/odd.treeptr canonical \
		"git medo fix -- deps/odd.treeptr && git add -- deps/odd.treeptr" &&
	git rm -q --cached deps/odd.treeptr
'

test_expect_success 'a treeptr with conflict markers is refused' '
	{
		echo "<<<<<<< HEAD" && cat deps/one.treeptr &&
		echo ======= && cat deps/one.treeptr &&
		echo ">>>>>>> other"
	} >odd &&
	stage deps/odd.treeptr odd &&
	refused deps/odd.treeptr "conflict markers" \
		"git checkout --ours -- deps/odd.treeptr" &&
	git rm -q --cached deps/odd.treeptr
'

test_expect_success 'a treeptr that is none is refused' '
	echo "{}" >odd &&
	stage deps/odd.treeptr odd &&
	refused deps/odd.treeptr "" ".*" &&
	: >odd &&
	stage deps/odd.treeptr odd &&
	refused deps/odd.treeptr "" ".*" &&
	git rm -q --cached deps/odd.treeptr
'

test_expect_success 'a pointer to a blob that is nowhere here is refused' '
	id=$(treeptr_get deps/one.treeptr id) &&
	sed "s/$id/$(echo "$id" | tr 0-9a-f 1-9a-f0)/" deps/one.treeptr >lost &&
	stage deps/lost.treeptr lost &&
	refused deps/lost.treeptr "nowhere on this disk" \
		"git medo fetch -- deps/lost.treeptr" &&
	git rm -q --cached deps/lost.treeptr &&
	stage lost.bin lost &&
	refused lost.bin "nowhere on this disk" "git medo get -- lost.bin" &&
	git rm -q --cached lost.bin
'

test_expect_success 'but not if the cache has it, or HEAD names it already' '
	git medo push -q &&
	git medo add one deps/two.treeptr &&
	rm -rf .git/medo/objects &&
	git add deps/two.treeptr &&
	accepted &&
	forget &&
	git mv deps/two.treeptr deps/three.treeptr &&
	accepted &&
	cp deps/three.treeptr deps/four.treeptr &&
	git add deps/four.treeptr &&
	accepted
'

test_expect_success 'nor if the other side of a merge brought it' '
	git checkout -q -b side HEAD~1 &&
	stage deps/lost.treeptr lost && git checkout -q -- deps/lost.treeptr &&
	echo side >clash && git add clash &&
	git commit -q --no-verify -m side &&
	git checkout -q - &&
	echo main >clash && git add clash && git commit -q -m main &&
	test_must_fail git merge -q side &&
	echo both >clash && git add clash &&
	accepted
'

test_expect_success 'SILO.json and MEDO.json have to parse' '
	cp deps/SILO.json keep &&
	echo "{ \"silos\": [" >deps/SILO.json &&
	git add deps/SILO.json &&
	refused deps/SILO.json "" ".*git add -- deps/SILO.json" &&
	cp keep deps/SILO.json && git add deps/SILO.json &&
	echo "{ \"sync\": \"always\" }" >deps/MEDO.json &&
	git add deps/MEDO.json &&
	refused deps/MEDO.json "" ".*git add -- deps/MEDO.json" &&
	git rm -q -f deps/MEDO.json
'

test_expect_success 'a large blob that no filter sees is refused' '
	test-tool genrandom big $((10 * 1024 * 1024 + 1)) >large &&
	git add large &&
	refused large "medo.maxBlob" \
		"git medo track --filename -- large && git add --renormalize -- large" &&
	git -c medo.maxBlob=11m commit -q -m large &&
	echo more >>one && git add one &&
	test_must_fail git -c medo.maxBlob=10 commit -q -m no 2>err &&
	test_grep "one.*maxBlob" err
'

test_expect_success 'what is not staged does not count' '
	echo "{}" >deps/stray.treeptr &&
	echo "broken" >deps/SILO.json &&
	test_when_finished "rm deps/stray.treeptr; git checkout -q deps" &&
	accepted
'

test_expect_success 'what is removed is not looked at' '
	git rm -q a.bin deps/four.treeptr &&
	accepted
'

test_expect_success 'the first commit of a repository is looked at, too' '
	git init -q first &&
	(
		cd first &&
		echo "*.bin filter=medo" >.gitattributes &&
		git add .gitattributes &&
		stage a.bin ../one &&
		test_expect_code 1 git medo verify --staged >rows &&
		test_line_count = 1 rows
	)
'

test_expect_success 'a fault seen from a subdirectory is named from there' '
	stage deps/x.bin one &&
	(cd deps && test_expect_code 1 git medo verify --staged) >rows &&
	cut -f 1 rows >path &&
	echo ../deps/x.bin >expect &&
	test_cmp expect path &&
	git rm -q --cached deps/x.bin
'

test_expect_success 'nothing staged costs one diff-index' '
	GIT_TRACE2_EVENT="$PWD/trace" git medo hook pre-commit &&
	grep -c "\"event\":\"start\"" trace >count &&
	grep -o "\"argv\":\[[^]]*" trace | grep -v medo >argv &&
	test_line_count = 1 argv &&
	test_grep diff-index argv
'

# started: which programs of git the hook runs, in `argv`
started () {
	rm -f trace &&
	GIT_TRACE2_EVENT="$PWD/trace" git-medo hook pre-commit 2>err
	started_code=$?
	grep "\"event\":\"start\"" trace >argv
	return $started_code
}

test_expect_success 'nothing of ours staged costs one diff-index, too' '
	git init -q --template="$TEST_TOP/template" plain &&
	(
		cd plain &&
		git config user.name U && git config user.email u@example.org &&
		mkdir -p a/b && echo "*.txt text" >.gitattributes &&
		echo "*.c diff=cpp" >a/.gitattributes &&
		echo x >a/b/x.c && echo y >y.txt && git add . &&
		git commit -q -m one &&
		echo z >>a/b/x.c && echo z >>y.txt && git add . &&
		started && test_line_count = 1 argv && test_grep diff-index argv
	)
'

test_expect_success 'but nothing of ours gets past that look' '
	(
		cd plain &&
		cp ../large . && git add large &&
		test_expect_code 1 started && test_grep large err &&
		git rm -q --cached large &&
		git config medo.maxBlob 3 &&
		test_expect_code 1 started && test_grep y.txt err &&
		git config --unset medo.maxBlob &&
		test_must_fail git -c medo.maxBlob=3 commit -q -m no 2>err &&
		test_grep y.txt err &&
		echo "*.c filter=medo" >a/b/.gitattributes &&
		git add a/b/.gitattributes &&
		test_expect_code 1 started && test_grep x.c err &&
		rm a/b/.gitattributes &&
		test_expect_code 1 started && test_grep x.c err &&
		git rm -q --cached a/b/.gitattributes && started &&
		mkdir -p .git/info &&
		echo "*.txt filter=medo" >.git/info/attributes &&
		test_expect_code 1 started && test_grep y.txt err &&
		rm .git/info/attributes &&
		echo "*.txt filter=medo" >elsewhere &&
		git config --global core.attributesFile "$PWD/elsewhere" &&
		test_expect_code 1 started && test_grep y.txt err &&
		git config --global --unset core.attributesFile &&
		stage y.txt ../large &&
		test_expect_code 1 started && test_grep y.txt err &&
		git add y.txt && started &&
		echo "{}" >SILO.json && git add SILO.json &&
		test_expect_code 1 started && test_grep SILO.json err
	)
'

test_expect_success '--range finds in history what --staged would have' '
	stage sneak.bin one &&
	git commit -q --no-verify -m sneak &&
	sneak=$(git rev-parse HEAD) &&
	git rm -q --cached sneak.bin &&
	git commit -q -m gone &&
	test_expect_code 1 git medo verify --range HEAD~2..HEAD >rows &&
	test_line_count = 1 rows &&
	test_grep "^$sneak	sneak.bin	" rows &&
	git medo verify --range HEAD~1..HEAD >rows &&
	test_must_be_empty rows
'

test_expect_success 'with the attributes that each commit has' '
	stage data.raw one &&
	git commit -q -m raw &&
	echo "*.raw filter=medo" >>.gitattributes &&
	git add .gitattributes &&
	git commit -q -m track &&
	git medo verify --range HEAD~2..HEAD >rows &&
	test_must_be_empty rows &&
	stage late.raw one &&
	git commit -q --no-verify -m late &&
	test_expect_code 1 git medo verify --range HEAD~3..HEAD >rows &&
	test_line_count = 1 rows &&
	test_grep late.raw rows
'

test_expect_success 'a pre-receive hook refuses in a bare repository' '
	git clone -q --bare . server.git &&
	write_script server.git/hooks/pre-receive <<-\EOF &&
	while read -r old new ref
	do
		git medo verify --range "$old..$new" >&2 || exit 1
	done
	EOF
	stage hidden.bin one &&
	git commit -q --no-verify -m hidden &&
	test_must_fail git push -q server.git HEAD 2>err &&
	test_grep "hidden.bin.*no pointer" err &&
	git reset -q --hard HEAD~1
'

test_expect_success '--remote asks the silos for what the range names' '
	echo new >new && git medo add new deps/new.treeptr &&
	git add deps/new.treeptr && git commit -q -m new &&
	git medo verify --range HEAD~1..HEAD >rows &&
	test_expect_code 1 git medo verify --range HEAD~1..HEAD --remote >rows &&
	test_grep "deps/new.treeptr.*not in any" rows &&
	test_must_fail git medo push -q 2>err &&
	test_grep lost.treeptr err &&
	git medo verify --range HEAD~1..HEAD --remote >rows &&
	test_must_be_empty rows
'

test_expect_success 'what is no range is refused' '
	test_must_fail git medo verify --range nonsense..HEAD &&
	test_must_fail git medo verify --range=--all &&
	test_expect_code 129 git medo verify --staged deps
'

test_done
