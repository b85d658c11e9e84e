#!/bin/sh

test_description='completion of bash, zsh and fish offers what the program has'

. "$(dirname "$0")/test-lib.sh"

C=$B/completion
export C

# offered_bash WORD...: what bash offers for the last word, sorted
cat >offered.bash <<'EOS'
for lib in /usr/share/bash-completion/completions/git \
	/usr/lib/git-core/git-sh-prompt
do
	test "$1" = git && test -f $lib && . $lib
done
. "$C/git-medo.bash"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
case "$1" in
git) __git_wrap__git_main ;;
*) _medo "$1" ;;
esac
printf '%s\n' "${COMPREPLY[@]}" | sed 's/ $//' | sort
EOS
offered_bash () {
	bash "$TRASH_DIRECTORY/offered.bash" "$@"
}

# offered_fish LINE: without descriptions
offered_fish () {
	fish --no-config -c "source $C/git-medo.fish; complete -C'$1'" |
	cut -f 1 | LC_ALL=C sort
}

test_lazy_prereq BASH_GIT_COMPLETION '
	test -f /usr/share/bash-completion/completions/git &&
	command -v bash
'

test_expect_success 'setup: what the program says of itself' '
	git-medo --list-cmds | cut -f 1 | grep -v " " | sort >commands &&
	silo -h | sed -n "s/^    \([a-z]*\)  .*/\1/p" | sort >silo-commands &&
	test_line_count -gt 2 silo-commands &&
	git-medo --list-opts add >add-options &&
	test_grep -e --silo add-options &&
	test_grep "^expand$" commands
'

test_expect_success BASH 'bash completes medo and silo' '
	offered_bash medo "" >actual &&
	test_cmp commands actual &&
	offered_bash silo "" >actual &&
	test_cmp silo-commands actual &&
	offered_bash medo silo "" >actual &&
	test_cmp silo-commands actual &&
	echo expand >expect &&
	offered_bash medo exp >actual &&
	test_cmp expect actual
'

test_expect_success BASH 'bash completes options of the command that is there' '
	echo --silo >expect &&
	offered_bash medo add x --si >actual &&
	test_cmp expect actual &&
	echo --object-format >expect &&
	offered_bash silo init --obj >actual &&
	test_cmp expect actual &&
	offered_bash medo silo init --obj >actual &&
	test_cmp expect actual &&
	offered_bash medo add no-option >actual &&
	echo >expect &&
	test_cmp expect actual
'

test_expect_success BASH_GIT_COMPLETION 'the completion of git hands on to it' '
	echo expand >expect &&
	offered_bash git medo exp >actual &&
	test_cmp expect actual &&
	echo --silo >expect &&
	offered_bash git -C . medo add --si >actual &&
	test_cmp expect actual
'

test_expect_success FISH 'fish completes commands and options' '
	offered_fish "git-medo " >actual &&
	LC_ALL=C sort commands >expect &&
	test_cmp expect actual &&
	offered_fish "medo exp" >actual &&
	echo expand >expect &&
	test_cmp expect actual &&
	offered_fish "medo silo " >actual &&
	LC_ALL=C sort silo-commands >expect &&
	test_cmp expect actual &&
	offered_fish "silo init --obj" >actual &&
	test_grep "^--object-format" actual &&
	offered_fish "git-medo add --si" >actual &&
	test_grep "^--silo" actual
'

# Zsh completes only in its line editor, so the widget functions are replaced
# by ones that print what they were given.
test_expect_success ZSH 'zsh completes commands and options' '
	cat >offered.zsh <<-\EOS &&
	_describe () { print -l -- "${(@P)4}" | cut -d: -f1 }
	_arguments () { print -l -- "$@" }
	words=("$@") CURRENT=$# service=$1
	. "$C/_git-medo"
	EOS
	zsh -f offered.zsh medo "" >out &&
	sort out >actual &&
	test_cmp commands actual &&
	zsh -f offered.zsh silo "" >out &&
	sort out >actual &&
	test_cmp silo-commands actual &&
	zsh -f offered.zsh medo add "" >actual &&
	test_grep -e "^--silo=" actual &&
	zsh -f offered.zsh medo silo init "" >actual &&
	test_grep -e "^--object-format" actual
'

test_done
