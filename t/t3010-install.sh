#!/bin/sh

test_description='git medo install and uninstall: configuration and hooks, and no trace'

. "$(dirname "$0")/test-lib.sh"

# settings SCOPE: what is configured there about us
settings () {
	git config "$1" --get-regexp '^(filter|diff|merge)\.medo\.'
}

# state: every hook with its mode and content, and the configuration
state () {
	(cd "$1" && find . -type f -printf '%m %p\n' | sort &&
		find . -type f -exec cat {} +) 2>/dev/null
	cat .git/config
	cat "$HOME/.gitconfig" 2>/dev/null
}

test_expect_success 'setup' '
	git init -q . &&
	rm -f .git/hooks/* &&
	git config --global user.name U &&
	state .git/hooks >clean
'

test_expect_success 'install configures filter, diff and merge for the user' '
	git medo install >out &&
	cat >expect <<-\EOF &&
	filter.medo.clean git-medo clean -- %f
	filter.medo.smudge git-medo smudge -- %f
	filter.medo.process git-medo filter-process
	filter.medo.required true
	diff.medo.command git-medo diff --driver --
	diff.medo.textconv git-medo diff --textconv --
	merge.medo.name medo pointers and trees
	merge.medo.driver git-medo merge-driver -- %O %A %B %P
	merge.medo.recursive binary
	EOF
	settings --global >actual &&
	test_cmp expect actual &&
	test_must_fail git config --local filter.medo.process
'

test_expect_success 'and puts the four hooks of hooks/ into the repository' '
	for hook in pre-commit pre-push post-checkout post-merge
	do
		test -x ".git/hooks/$hook" &&
		test_cmp "$TEST_DIRECTORY/../hooks/$hook" \
			".git/hooks/$hook" || return 1
	done
'

test_expect_success 'a second time changes nothing, and says nothing' '
	state .git/hooks >before &&
	git medo install >out &&
	test_must_be_empty out &&
	state .git/hooks >after &&
	test_cmp before after
'

test_expect_success '--skip-smudge is another way of the same settings' '
	git medo install --skip-smudge &&
	test "$(git config filter.medo.process)" = \
		"git-medo filter-process --skip" &&
	test "$(git config filter.medo.smudge)" = \
		"git-medo smudge --skip -- %f" &&
	git medo install &&
	test "$(git config filter.medo.process)" = "git-medo filter-process"
'

test_expect_success 'uninstall leaves no trace' '
	git medo uninstall &&
	state .git/hooks >after &&
	test_cmp clean after
'

test_expect_success 'nor after --skip-smudge, and a second time does nothing' '
	git medo install -q --skip-smudge &&
	git medo uninstall -q &&
	state .git/hooks >after &&
	test_cmp clean after &&
	git medo uninstall >out &&
	test_must_be_empty out
'

test_expect_success '--local touches the repository alone' '
	cp "$HOME/.gitconfig" global &&
	git medo install --local &&
	test_cmp global "$HOME/.gitconfig" &&
	test "$(git config --local filter.medo.required)" = true &&
	git medo uninstall --local &&
	state .git/hooks >after &&
	test_cmp clean after
'

test_expect_success 'outside a repository only the configuration is written' '
	mkdir "$TEST_TOP/plain" &&
	(
		cd "$TEST_TOP/plain" &&
		git medo install -q &&
		git medo uninstall -q &&
		test_must_fail git medo install --local &&
		test_dir_is_empty .
	)
'

test_expect_success 'what somebody else set is reported and stays' '
	test_when_finished "git config --global --remove-section filter.medo" &&
	git config --global filter.medo.clean "my-clean %f" &&
	test_expect_code 1 git medo install --skip-hooks 2>err &&
	test_grep "filter.medo.clean.*my-clean" err &&
	test "$(git config filter.medo.clean)" = "my-clean %f" &&
	test "$(git config filter.medo.required)" = true &&
	git medo uninstall 2>err &&
	test_grep my-clean err &&
	test "$(git config filter.medo.clean)" = "my-clean %f" &&
	test_must_fail git config filter.medo.required
'

test_expect_success 'unless --force is given' '
	test_when_finished "git medo uninstall -q" &&
	git config --global filter.medo.clean "my-clean %f" &&
	git config --global --add filter.medo.clean "my-other %f" &&
	git medo install --force --skip-hooks &&
	test "$(git config --get-all filter.medo.clean)" = \
		"git-medo clean -- %f"
'

test_expect_success 'MA-25 a value of many kilobytes does not break the file' '
	long=$(printf "%03000d" 7) &&
	cp "$HOME/.gitconfig" keep &&
	test_when_finished "cp keep \"\$HOME/.gitconfig\"" &&
	git config --global filter.medo.clean "$long [core] fsmonitor=x" &&
	git config --global other.key "$long" &&
	git medo install -q --force --skip-hooks &&
	git medo uninstall -q --skip-hooks &&
	test "$(git config other.key)" = "$long" &&
	test_must_fail git config core.fsmonitor
'

test_expect_success 'a hook of somebody else runs as before, and ours, too' '
	write_script .git/hooks/pre-commit <<-\EOF &&
	echo "theirs $#" >>said
	exit 0
	EOF
	chmod 744 .git/hooks/pre-commit &&
	state .git/hooks >before &&
	git medo install -q &&
	test "$(test_file_mode .git/hooks/pre-commit)" = 744 &&
	mkdir bin &&
	write_script bin/git-medo <<-\EOF &&
	echo "ours $*" >>said
	EOF
	echo 1 >file &&
	git add file &&
	(PATH=$PWD/bin:$PATH && export PATH && git commit -q -m one) &&
	cat >expect <<-\EOF &&
	ours hook pre-commit
	theirs 0
	EOF
	head -n 2 said >actual &&
	test_cmp expect actual &&
	git medo uninstall -q &&
	state .git/hooks >after &&
	test_cmp before after &&
	rm -r .git/hooks/pre-commit bin said
'

test_expect_success 'our pre-commit can say no before theirs is asked' '
	git medo install -q &&
	test_when_finished "git medo uninstall -q; git reset -q; rm -f x.treeptr" &&
	echo "{}" >x.treeptr &&
	git add x.treeptr &&
	test_must_fail git commit -q -m no 2>err &&
	test_grep x.treeptr err
'

test_expect_success 'both pre-push hooks read what git says on stdin' '
	write_script .git/hooks/pre-push <<-\EOF &&
	echo "args $*" >theirs &&
	cat >>theirs &&
	exit 0
	EOF
	cp .git/hooks/pre-push before &&
	git medo install -q &&
	mkdir bin &&
	write_script bin/git-medo <<-\EOF &&
	echo "args ${*#hook }" | sed "s/pre-push //" >ours &&
	cat >>ours
	EOF
	git init -q --bare there.git &&
	(PATH=$PWD/bin:$PATH && export PATH &&
		git push -q there.git HEAD:refs/heads/a HEAD:refs/heads/b) &&
	test_line_count = 3 theirs &&
	test_cmp theirs ours &&
	git medo uninstall -q &&
	test_cmp before .git/hooks/pre-push &&
	rm -r .git/hooks/pre-push bin there.git
'

test_expect_success 'without git-medo a commit passes with a word, a push fails' '
	git medo install -q &&
	test_when_finished "git medo uninstall -q" &&
	mkdir bare-bin &&
	for name in git sh cat
	do
		ln -s "$(command -v $name)" bare-bin/ || return 1
	done &&
	echo 2 >file &&
	git init -q --bare there.git &&
	(
		PATH=$PWD/bare-bin && export PATH &&
		git commit -q -a -m two 2>err &&
		! git push -q there.git HEAD:refs/heads/a 2>err2
	) &&
	test_grep "not on PATH" err &&
	test_grep "not on PATH" err2 &&
	test_must_fail git -C there.git rev-parse -q --verify refs/heads/a
'

test_expect_success 'a hook that is no shell script is left alone, with a word' '
	cat >.git/hooks/pre-commit <<-\EOF &&
	#!/usr/bin/env python3
	print("hello")
	EOF
	chmod +x .git/hooks/pre-commit &&
	cp .git/hooks/pre-commit before &&
	test_expect_code 1 git medo install -q 2>err &&
	test_grep "no shell script.*git-medo hook pre-commit" err &&
	test_cmp before .git/hooks/pre-commit &&
	test -x .git/hooks/pre-push &&
	git medo uninstall -q &&
	test_cmp before .git/hooks/pre-commit &&
	rm .git/hooks/pre-commit
'

test_expect_success 'nor do a large program and a directory keep out the other hooks' '
	git init -q ../large &&
	(
		cd ../large &&
		test-tool genrandom hook 2000000 >.git/hooks/pre-commit &&
		chmod +x .git/hooks/pre-commit &&
		mkdir .git/hooks/post-merge &&
		test_expect_code 1 git medo install --local 2>err &&
		test_line_count = 2 err &&
		test_grep "pre-commit.*is no shell script; it was left" err &&
		test_grep "post-merge.*is no shell script; it was left" err &&
		test_grep "git-medo hook" .git/hooks/pre-push &&
		test_grep "git-medo hook" .git/hooks/post-checkout &&
		git medo uninstall --local >out 2>err &&
		test_must_be_empty err &&
		test_path_is_missing .git/hooks/pre-push &&
		test "$(test_file_size .git/hooks/pre-commit)" = 2000000 &&
		test_path_is_dir .git/hooks/post-merge
	)
'

test_expect_success 'a hook that is switched off stays off' '
	echo "exit 1" >.git/hooks/pre-commit &&
	test_expect_code 1 git medo install -q 2>err &&
	test_grep "not executable" err &&
	git medo uninstall -q &&
	echo "exit 1" >expect &&
	test_cmp expect .git/hooks/pre-commit &&
	rm .git/hooks/pre-commit
'

test_expect_success 'a hook that is a symlink is not written through' '
	write_script tracked <<-\EOF &&
	exit 0
	EOF
	cp tracked before &&
	ln -s ../../tracked .git/hooks/pre-commit &&
	test_expect_code 1 git medo install -q 2>err &&
	test_grep "no plain file" err &&
	test_cmp before tracked &&
	git medo uninstall -q &&
	test_cmp before tracked &&
	test_path_is_symlink .git/hooks/pre-commit &&
	rm .git/hooks/pre-commit tracked
'

test_expect_success 'core.hooksPath is where hooks go' '
	test_when_finished "git config --unset core.hooksPath" &&
	git config core.hooksPath my/hooks &&
	mkdir -p sub &&
	(cd sub && git medo install -q) &&
	test -x my/hooks/pre-commit &&
	test_path_is_missing .git/hooks/pre-commit &&
	git medo uninstall -q &&
	test_path_is_missing my/hooks/pre-commit
'

test_expect_success 'with husky 9 it is the script that husky runs' '
	test_when_finished "git config --unset core.hooksPath" &&
	git config core.hooksPath .husky/_ &&
	mkdir -p .husky/_ &&
	echo "npm test" >.husky/pre-commit &&
	cp .husky/pre-commit before &&
	write_script .husky/_/pre-commit <<-\EOF &&
	. "$(dirname "$0")/h"
	EOF
	cp .husky/_/pre-commit stub &&
	git medo install -q &&
	test_cmp stub .husky/_/pre-commit &&
	test_grep "git-medo hook pre-commit" .husky/pre-commit &&
	test_grep "npm test" .husky/pre-commit &&
	git medo uninstall -q &&
	test_cmp before .husky/pre-commit &&
	test_path_is_missing .husky/pre-push
'

test_expect_success 'with the framework pre-commit it is its legacy hook' '
	cat >.git/hooks/pre-commit <<-\EOF &&
	#!/usr/bin/env bash
	# File generated by pre-commit: https://pre-commit.com
	exec pre-commit
	EOF
	chmod +x .git/hooks/pre-commit &&
	cp .git/hooks/pre-commit before &&
	git medo install -q &&
	test_cmp before .git/hooks/pre-commit &&
	test -x .git/hooks/pre-commit.legacy &&
	test_grep "git-medo hook pre-commit" .git/hooks/pre-commit.legacy &&
	git medo uninstall -q &&
	test_cmp before .git/hooks/pre-commit &&
	test_path_is_missing .git/hooks/pre-commit.legacy &&
	rm .git/hooks/pre-commit
'

test_done
