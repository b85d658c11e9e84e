#!/bin/sh

test_description='names: odd but legal ones go around the whole way, and none drives the terminal'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

nl='
'
esc=$(printf '\033')
test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo_create "far silo" &&
	medo_create deps "far silo" &&
	mkdir tree && echo content >tree/file &&
	git medo add -q tree simple.treeptr
'

# odd NAME: a treeptr of that name is added, pushed, forgotten, fetched,
# expanded, verified and synced
odd () {
	find deps -name "*.treeptr" -delete && rm -rf out && forget &&
	git medo add tree "deps/$1.treeptr" >/dev/null &&
	git medo push >pushed && forget &&
	git medo status -z --porcelain deps >state &&
	printf "absent\tdeps/%s.treeptr\0" "$1" >expect &&
	test_cmp_bin expect state &&
	git medo fetch -- "deps/$1.treeptr" &&
	git medo reachable -z deps | tr "\0\n" "\nN" | cut -f 3 >actual &&
	printf "deps/%s.treeptr" "$1" | tr "\n" N >expect && echo >>expect &&
	test_cmp expect actual &&
	git medo expand deps out >/dev/null &&
	tree_same tree "out/$1" &&
	test_path_is_file "out/.medo/$1.json" &&
	test_path_is_file "out/$1.treeptr" &&
	git medo verify out deps &&
	git medo ls -- "deps/$1.treeptr" >actual && echo file >expect &&
	test_cmp expect actual &&
	git medo cat "deps/$1.treeptr:file" >actual &&
	test_cmp tree/file actual
}

for name in "a b" " x" "x " "-rf" "--help" "x.treeptr" "..." "a:b" "*" "?" \
	"\$HOME" "\`id\`" "%s%n" "\\" "'" '"' "caf$(printf '\303\251')" \
	"$(printf '\377\300')" "a${nl}b" "${esc}[2J" "$(printf 'x\r')" \
	"$(printf '\302\233')" "con" "a;b" "~" "$(printf '%0240d' 0)"
do
	test_expect_success "MA-24 a treeptr called '$(printf %s "$name" | LC_ALL=C \
		tr -c '[:alnum:] ._:;~*?%$"\\`-' _ | cut -c1-20)'" '
		odd "$name"
	'
done

test_expect_success 'MA-24 names with a leading dash, as operands' '
	rm -rf out && mkdir ./-d && cp simple.treeptr ./-d/-x.treeptr &&
	(
		cd ./-d &&
		git medo verify ./-x.treeptr && git medo verify -- -x.treeptr &&
		git medo expand -- -x.treeptr -out && tree_same ../tree ./-out/-x &&
		test_expect_code 129 git medo verify -x.treeptr &&
		git medo add -- ../tree -y.treeptr &&
		git medo url-for -- ../deps/*.treeptr >/dev/null
	) &&
	rm -r ./-d
'

test_expect_success 'MA-24 paths that no expand makes' '
	find deps -name "*.treeptr" -delete && rm -rf out && canary_plant &&
	mkdir -p deps/sub &&
	cp simple.treeptr "deps/..treeptr" && cp simple.treeptr "deps/...treeptr" &&
	cp simple.treeptr "deps/.git.treeptr" && cp simple.treeptr "deps/.GIT.treeptr" &&
	cp simple.treeptr "deps/git~1.treeptr" && cp simple.treeptr "deps/.medo.treeptr" &&
	cp simple.treeptr "deps/.Medo.treeptr" && cp simple.treeptr deps/good.treeptr &&
	test_expect_code 1 git medo expand deps out >words 2>err &&
	echo "made	out/good" >expect &&
	test_cmp expect words &&
	test_line_count -eq 7 err &&
	test_grep ! -v "unsafe path" err &&
	ls -A out >actual &&
	test_write_lines .medo good good.treeptr >expect &&
	test_cmp expect actual &&
	canary_alive
'

test_expect_success 'MA-24 a directory of the repository that is a symlink is not entered' '
	rm -rf out deps/.*.treeptr deps/*.treeptr &&
	mkdir elsewhere && cp simple.treeptr elsewhere/x.treeptr &&
	ln -s ../elsewhere deps/link && ln -s ../simple.treeptr deps/l.treeptr &&
	git medo status --porcelain deps >actual &&
	test_must_be_empty actual &&
	test_expect_code 1 git medo expand deps out 2>err &&
	test_path_is_missing out &&
	rm deps/link deps/l.treeptr
'

test_expect_success 'MA-24 SILO.json: odd URLs make the round trip byte by byte' '
	for name in "a b" "x " "-rf" "caf$(printf "\303\251")" "a%20b" "\$HOME" \
		"a;touch x" "~" "\"quoted\"" "back\\slash"
	do
		rm -rf odd silos && mkdir silos &&
		git medo init -q --silo "silos/$name" odd &&
		silo init -q "silos/$name" &&
		git medo add -q tree odd/x.treeptr &&
		git medo url-for -z odd/x.treeptr >actual &&
		printf "%s/silos/%s/%s\0" "$PWD" "$name" \
			"$(id_path "$(treeptr_get odd/x.treeptr id)")" >expect &&
		test_cmp_bin expect actual &&
		git medo push -q &&
		test_path_is_file "$(silo_blob "silos/$name" odd/x.treeptr)" || {
			echo "name: $name" >&2
			return 1
		}
	done &&
	rm -r odd
'

test_expect_success 'MA-24 SILO.json: control characters are refused' '
	for name in "a${nl}b" "$(printf "x\r")" "${esc}x"
	do
		mkdir -p odd &&
		test_must_fail git medo init --silo "silos/$name" odd 2>err &&
		test_path_is_missing odd/SILO.json &&
		test_line_count -eq 1 err || return 1
	done
'

# tame FILE: no C0, C1 or DEL, no bidi override, but line feeds and tabs
tame () {
	LC_ALL=C tr -cd "\000-\010\013-\037\177" <"$1" >controls &&
	test_must_be_empty controls &&
	test_grep ! "$(printf "\302\233")" "$1" &&
	test_grep ! "$(printf "\342\200\256")" "$1"
}

test_expect_success 'MA-26 names are escaped wherever they are printed' '
	wild="w${esc}[2J$(printf "\302\233\342\200\256\177\007")x" &&
	mkdir "$wild" && echo x >"$wild/$wild" && ln -s "$wild" "$wild/link" &&
	rm -rf out deps/*.treeptr && forget &&
	{
		git medo add "$wild" "deps/$wild.treeptr" &&
		git medo status && git medo status --porcelain &&
		git medo push && git medo reachable && git medo reachable --all &&
		git medo url-for "deps/$wild.treeptr" &&
		git medo ls "deps/$wild.treeptr" && git medo ls -l "deps/$wild.treeptr" &&
		git medo expand deps "$wild out" && git medo expand deps "$wild out" &&
		echo y >>"$wild out/$wild/$wild" &&
		test_expect_code 1 git medo verify "$wild out" &&
		test_expect_code 1 git medo expand deps "$wild out" &&
		test_expect_code 1 git medo cat "deps/$wild.treeptr:$wild/no" &&
		test_expect_code 1 git medo ls "$wild.treeptr" &&
		test_expect_code 1 git medo verify "absent $wild" &&
		test_expect_code 129 git medo "$wild" &&
		test_expect_code 129 git medo ls "--$wild" x &&
		test_expect_code 3 silo ls "$wild silo" &&
		git medo allow "/srv/$wild" && git medo allow --list &&
		cp deps/SILO.json "$wild/" &&
		echo "{ \"mount\": \"../$wild mount\" }" >deps/MEDO.json &&
		test_expect_code 1 git medo sync &&
		echo "{ \"mount\": \"../mount\" }" >deps/MEDO.json &&
		git medo sync
	} >all 2>&1 &&
	tame all
'

test_expect_success 'MA-26 --json too is free of them' '
	rm deps/MEDO.json &&
	{
		git medo status --json && git medo ls --json "deps/$wild.treeptr" &&
		git medo reachable --json && git medo url-for --json "deps/$wild.treeptr"
	} >all &&
	LC_ALL=C tr -cd "\000-\010\013-\037" <all >controls &&
	test_must_be_empty controls
'

test_expect_success 'MA-26 -z gives them as they are' '
	git medo ls -z "deps/$wild.treeptr" >actual &&
	printf "link\0%s\0" "$wild" >expect &&
	test_cmp_bin expect actual
'

test_expect_success 'MA-26 what a treeptr says is escaped, too' '
	sed "s/\"tar\"/\"t\\\\u001b[2Jar\"/" "deps/$wild.treeptr" >deps/bad.treeptr &&
	test_must_fail git medo verify deps/bad.treeptr >all 2>&1 &&
	tame all &&
	printf "{\n  \"treeptr\": 1,\n  \"i${esc}d\": 3\n}\n" >deps/bad.treeptr &&
	test_must_fail git medo verify deps/bad.treeptr >all 2>&1 &&
	tame all
'

test_done
