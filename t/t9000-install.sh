#!/bin/sh

test_description='what is installed works where it was put'

. "$(dirname "$0")/test-lib.sh"

install_medo () {
	DESTDIR="$PWD/dest" prefix=/opt/medo "$SOURCE_DIRECTORY/mk/install.sh" "$@"
}

test_expect_success 'programs run from another place' '
	install_medo &&
	PATH="$PWD/dest/opt/medo/bin:$PATH" &&
	test "$(command -v git-medo)" = "$PWD/dest/opt/medo/bin/git-medo" &&
	git-medo --list-cmds >expect &&
	git medo --list-cmds >actual &&
	test_cmp expect actual &&
	medo --list-cmds >actual &&
	test_cmp expect actual &&
	silo init here &&
	git medo silo init there &&
	silo verify here &&
	git init -q repo &&
	(
		cd repo &&
		git medo init --silo ../here deps &&
		git medo reachable --all
	)
'

test_expect_success MAN 'man finds every page' '
	ls "$B/man" >pages &&
	test_line_count -gt 20 pages &&
	sed "s/\.[1-8]\$//" pages | while read -r page
	do
		MANPATH="$PWD/dest/opt/medo/share/man" man -w "$page" \
			>/dev/null || exit 1
	done &&
	MANPATH="$PWD/dest/opt/medo/share/man" man -w MEDO.json
'

test_expect_success 'completion lies where shells look' '
	share=dest/opt/medo/share &&
	test_path_is_file $share/bash-completion/completions/git-medo &&
	test_path_is_file $share/bash-completion/completions/silo &&
	test_path_is_file $share/zsh/site-functions/_git-medo &&
	test_path_is_file $share/fish/vendor_completions.d/medo.fish
'

test_expect_success 'uninstall leaves no file' '
	install_medo --remove &&
	find dest ! -type d >left &&
	test_must_be_empty left
'

test_done
