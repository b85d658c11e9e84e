#!/bin/sh

test_description='medo, silo and git medo are one program; what all commands share'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

commands='add allow cat diff expand fetch init ls prune push reachable status
	sync url-for verify'

test_expect_success 'medo X is git medo X' '
	git init -q && medo init deps >actual && echo deps >expect &&
	test_cmp expect actual &&
	git-medo init deps >actual && test_cmp expect actual &&
	medo --version >actual && git medo --version >expect &&
	test_cmp expect actual && test_grep "^git-medo version [0-9]" actual
'

test_expect_success 'silo X is git medo silo X' '
	silo init far && git medo silo ls far && medo silo info far >expect &&
	silo info far >actual && test_cmp expect actual &&
	silo -h >actual && git medo silo -h >expect && test_cmp expect actual
'

test_expect_success 'by a path, and by a symlink elsewhere' '
	mkdir "odd bin" && ln -s "$(command -v silo)" "odd bin/silo" &&
	ln -s "$(command -v git-medo)" "odd bin/medo" &&
	"odd bin/silo" verify far && "odd bin/medo" verify &&
	(cd "odd bin" && ./silo verify ../far) &&
	ln -s "$(command -v git-medo)" "odd bin/other" &&
	"odd bin/other" reachable
'

test_expect_success 'PATH and argv say nothing about where the other program lies' '
	(PATH=/usr/bin:/bin "$B/bin/git-medo" reachable) &&
	mkdir trap && write_script trap/git-medo--full <<-\EOF &&
	touch trapped
	EOF
	(cd trap && PATH="$PWD:$PATH" medo reachable) &&
	test_path_is_missing trap/trapped && test_path_is_missing trapped
'

for command in $commands
do
	test_expect_success "$command -h and --help: usage on stdout, exit 0" '
		git medo $command -h >actual 2>err &&
		test_must_be_empty err &&
		head -n 1 actual >line && test_grep "^usage: git medo $command" line &&
		medo $command --help >help && test_cmp actual help
	'

	test_expect_success "$command: an unknown option is 129, usage on stderr" '
		for option in --bogus -~ --bogus=x
		do
			test_expect_code 129 git medo $command $option >out 2>err &&
			test_must_be_empty out &&
			head -n 1 err >line && test_grep "^error: unknown option .$option" line ||
			test_grep "^error: unknown option .--bogus" line || return 1
		done &&
		test_grep "^usage: git medo $command" err
	'
done

for command in info init ls verify
do
	test_expect_success "silo $command -h, and what it does not know" '
		silo $command -h >actual &&
		test_grep "^usage: git medo silo $command" actual &&
		test_expect_code 129 silo $command --bogus 2>err &&
		test_grep "^error: unknown option .--bogus" err
	'
done

test_expect_success 'the list of commands is the table' '
	git medo -h >actual && medo --help >help && test_cmp actual help &&
	medo help >help && test_cmp actual help &&
	for command in $commands silo
	do
		test_grep "^    $command " actual || return 1
	done &&
	git medo --list-cmds >list &&
	for command in $commands silo "silo ls"
	do
		test_grep "^$command	" list || return 1
	done
'

test_expect_success 'no command: 129, the list on stderr' '
	test_expect_code 129 git medo >out 2>err &&
	test_must_be_empty out && test_grep "^usage: git medo" err &&
	test_expect_code 129 medo && test_expect_code 129 silo 2>err &&
	test_grep "^usage: git medo silo" err
'

test_expect_success 'an unknown command: 129, named' '
	test_expect_code 129 git medo frobnicate >out 2>err &&
	test_must_be_empty out &&
	test_grep "^error: .frobnicate. is not a git medo command" err &&
	test_expect_code 129 silo frobnicate 2>err &&
	test_grep "^error: .frobnicate. is not a silo command" err &&
	test_expect_code 129 git medo "" && test_expect_code 129 git medo --bogus
'

test_expect_success 'options without their value, and with one too many' '
	test_expect_code 129 git medo add --silo 2>err &&
	test_grep "option .--silo. needs a value" err &&
	test_expect_code 129 git medo status --json=yes 2>err &&
	test_grep "option .--json. takes no value" err &&
	test_expect_code 129 git medo expand --max-size=lots a b 2>err &&
	test_grep "expects a number, not .lots." err
'

test_expect_success 'options behind operands, and -- before them' '
	echo content >file && git medo add file deps/x.treeptr -q &&
	git medo ls deps/x.treeptr -l >actual && git medo ls -l -- deps/x.treeptr >expect &&
	test_cmp expect actual
'

test_expect_success 'a closed or full standard output is an error' '
	for command in "status --porcelain" reachable "cat deps/x.treeptr" \
		"ls deps/x.treeptr" --version -h "reachable --json" \
		"add file deps/y.treeptr" "silo info far" "verify -h"
	do
		# shellcheck disable=SC2086
		test_expect_code 128 git-medo $command >/dev/full 2>err &&
		test_grep "standard output.*No space left" err || {
			echo "full: $command" >&2
			return 1
		}
	done &&
	git-medo status --porcelain >&- 2>err &&
	test_must_be_empty err
'

test_expect_success 'a reader that went away is no reason to die noisily' '
	test-tool genrandom pipe 3000000 >noise && git medo add -q noise deps/n.treeptr &&
	{
		git-medo cat deps/n.treeptr 2>err
		echo $? >code
	} | head -c 10 >/dev/null &&
	test_line_count -le 1 err &&
	test "$(cat code)" -ne 0 && rm deps/n.treeptr
'

test_expect_success 'closed descriptors 0, 1, 2 are not taken for files' '
	echo new >file && git medo add file deps/z.treeptr <&- >&- 2>&- &&
	silo_rehash .git/medo && git medo verify deps &&
	silo verify far <&- 2>&-
'

test_expect_success 'T24 a hostile environment' '
	(unset HOME XDG_CACHE_HOME && git medo add file deps/h.treeptr) &&
	(HOME= && export HOME && test_expect_code 128 git medo verify deps 2>err) &&
	test_grep "HOME is not set" err &&
	(XDG_CACHE_HOME=relative && export XDG_CACHE_HOME && git medo verify deps) &&
	test_path_is_missing relative &&
	(MEDO_THREADS=-1 && export MEDO_THREADS && git medo verify deps) &&
	(MEDO_THREADS=x && export MEDO_THREADS && git medo verify deps) &&
	(ulimit -n 40 && git medo verify --deep deps)
'

test_expect_success 'GIT_DIR and GIT_WORK_TREE are obeyed as git does' '
	mkdir away && (
		cd away &&
		GIT_DIR=../.git GIT_WORK_TREE=.. git medo status --porcelain \
			../deps/x.treeptr >actual &&
		test_line_count -eq 1 actual
	) &&
	test_expect_code 128 env GIT_DIR=/nowhere git-medo status 2>err &&
	test_grep "not a git repository" err
'

test_expect_success 'a repository that git does not trust is not used' '
	GIT_TEST_ASSUME_DIFFERENT_OWNER=1 && export GIT_TEST_ASSUME_DIFFERENT_OWNER &&
	test_expect_code 128 git-medo status 2>err &&
	unset GIT_TEST_ASSUME_DIFFERENT_OWNER &&
	test_grep "dubious ownership" err
'

test_expect_success '--list-opts is for the completion of shells' '
	git medo --list-opts expand >actual &&
	test_grep "^--force	" actual &&
	git medo --list-opts silo verify >actual &&
	test_grep "^--quick	" actual
'

test_done
