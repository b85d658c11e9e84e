#!/bin/sh
# usage: B=<build> prefix=<dir> [DESTDIR=<dir>] mk/install.sh [--remove]
#
# Puts what was built in its places, or takes it away again.
set -eu

root=${DESTDIR:-}${prefix:?}
bash=$root/share/bash-completion/completions
zsh=$root/share/zsh/site-functions
fish=$root/share/fish/vendor_completions.d

# place MODE FROM TO
place () {
	if test "$remove"
	then
		rm -f "$3"
	else
		mkdir -p "${3%/*}"
		install -m "$1" "$2" "$3"
	fi
}

# also FILE NAME: FILE's other name, beside it
also () {
	if test "$remove"
	then
		rm -f "${1%/*}/$2"
	else
		ln -sf "${1##*/}" "${1%/*}/$2"
	fi
}

remove=
test "${1:-}" = --remove && remove=yes

place 755 "$B/bin/git-medo" "$root/bin/git-medo"
place 755 "$B/bin/git-medo--full" "$root/bin/git-medo--full"
place 755 "$B/bin/git-remote-silo" "$root/bin/git-remote-silo"
also "$root/bin/git-medo" medo
also "$root/bin/git-medo" silo

for page in "$B"/man/*.[1-8]
do
	test -f "$page" || continue
	place 644 "$page" "$root/share/man/man${page##*.}/${page##*/}"
done
also "$root/share/man/man5/SILO.json.5" MEDO.json.5

place 644 "$B/completion/git-medo.bash" "$bash/git-medo"
also "$bash/git-medo" medo
also "$bash/git-medo" silo
place 644 "$B/completion/_git-medo" "$zsh/_git-medo"
place 644 "$B/completion/git-medo.fish" "$fish/git-medo.fish"
also "$fish/git-medo.fish" medo.fish
also "$fish/git-medo.fish" silo.fish
