#!/bin/sh
# usage: sh completion/generate.sh <git-medo> <dir>
#
# Makes completion for bash, zsh and fish out of what the program says of
# itself: --list-cmds (name TAB summary), --list-opts NAME (options TAB help,
# as in "-q, --quiet" or "--silo <url>").
set -eu

program=$1 out=$2
in=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
table=$out/table
tab=$(printf '\t')

# One table: "c NAME SUMMARY" and "o NAME OPTIONS HELP", tabs between.
"$program" --list-cmds >"$out/commands"
while IFS=$tab read -r name summary
do
	printf 'c\t%s\t%s\n' "$name" "$summary"
	# shellcheck disable=SC2086
	"$program" --list-opts $name | while IFS=$tab read -r opts help
	do
		printf 'o\t%s\t%s\t%s\n' "$name" "$opts" "$help"
	done
done <"$out/commands" >"$table"
rm "$out/commands"

# fill SHELL FILE: the template with the table in its place
fill () {
	awk -F '\t' -v shell="$1" -v table="$table" \
		-f "$in/generate.awk" "$in/$2.in" >"$out/$2.new"
	mv "$out/$2.new" "$out/$2"
}
fill bash git-medo.bash
fill zsh _git-medo
fill fish git-medo.fish
rm "$table"
