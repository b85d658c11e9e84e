#!/bin/sh
# usage: B=<build> sh t/check-docs.sh
#
# A page says what -h says: SYNOPSIS has the usage lines, OPTIONS the options,
# both ways; every command has a page, git-medo(1) and README.md name it, and
# every setting that the source reads stands in gitmedo-config(5).  What is
# literal is not taken for markup.
cd "$(dirname "$0")/.." || exit 1
build=${B:-build}
program=$build/bin/git-medo
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
bad=0

complain () {
	echo "check-docs: $*" >&2
	bad=1
}

# section PAGE NAME: the text of a section
section () {
	awk -v name="== $2" '
		/^== / { inside = $0 == name; next }
		inside { print }' "$1"
}

# Options as -h and pages spell them, one a line: "--[no-]quiet" is --quiet.
options () {
	grep -o -e '-\(-\(\[no-\]\)\{0,1\}[a-z][a-z-]*\|[A-Za-z0-9]\)' |
	sed 's/\[no-\]//' | LC_ALL=C sort -u
}

# Usage lines: joined where they were broken, spaces squeezed.
usage_of_help () {
	awk '
		/^$/ { exit }
		sub(/^(usage:|   or:) */, "") { if (line) print line; line = $0; next }
		{ line = line " " $0 }
		END { print line }' | tr -s ' \t' ' ' | LC_ALL=C sort
}
usage_of_page () {
	awk '
		/^----$/ { next }
		/^$/ { next }
		/^git medo / { if (line) print line; line = $0; next }
		{ line = line " " $0 }
		END { print line }' | tr -s ' \t' ' ' | LC_ALL=C sort
}

# same WHAT: scratch/help and scratch/page hold the same
same () {
	diff "$scratch/help" "$scratch/page" >"$scratch/diff" && return
	complain "$1: '<' is what -h says, '>' the page"
	cat "$scratch/diff" >&2
}

# The subcommands of silo share a page; all others have their own.
"$program" --list-cmds | cut -f 1 >"$scratch/names" || exit 1
sed 's/ .*//' "$scratch/names" | sort -u >"$scratch/pages"
while read -r name
do
	page=Documentation/git-medo-$name.1.adoc
	if ! test -f "$page"
	then
		complain "git medo $name has no page"
		continue
	fi
	: >"$scratch/all"
	: >"$scratch/usage"
	: >"$scratch/list"
	sed -n "s/^$name //p" "$scratch/names" >"$scratch/list"
	test -s "$scratch/list" || echo >"$scratch/list"
	while read -r sub
	do
		# shellcheck disable=SC2086
		if ! "$program" $name $sub -h >"$scratch/one" 2>&1 </dev/null
		then
			complain "git medo $name $sub -h fails"
			cat "$scratch/one" >&2
			continue 2
		fi
		usage_of_help <"$scratch/one" >>"$scratch/usage"
		grep -o '^    -[^ ,]*\(, --[^ ]*\)\{0,1\}' "$scratch/one" \
			>>"$scratch/all"
	done <"$scratch/list"

	LC_ALL=C sort "$scratch/usage" >"$scratch/help"
	section "$page" SYNOPSIS | usage_of_page >"$scratch/page"
	same "$page, SYNOPSIS"

	options <"$scratch/all" >"$scratch/help"
	section "$page" OPTIONS | grep '::$' | sed 's/<[^>]*>//g' |
		options >"$scratch/page"
	same "$page, OPTIONS"

	grep -q "git-medo-$name" Documentation/git-medo.1.adoc ||
		complain "git-medo(1) does not name $name"
done <"$scratch/pages"

# Pages of commands that are gone
for page in Documentation/git-medo-*.1.adoc
do
	name=${page#Documentation/git-medo-}
	grep -q "^${name%.1.adoc}\( \|$\)" "$scratch/names" ||
		complain "$page is of no command"
done

# Settings
grep -oh '"medo\.[a-zA-Z]*"' lib/*/*.c git-medo/*.c | tr -d '"' |
	tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -u >"$scratch/help"
sed -n 's/^\(medo\.[a-zA-Z]*\)::$/\1/p' Documentation/gitmedo-config.5.adoc |
	tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -u >"$scratch/page"
same 'gitmedo-config(5), settings (in small letters)'

# Every page that a page or README.md names is there.
grep -oh '\*\(git-medo[a-z-]*\|gitmedo-[a-z]*\|treeptr\|silo-layout\|SILO.json\)\*([0-9])' \
	Documentation/*.adoc | tr -d '*)' | tr '(' '.' | sort -u |
while read -r page
do
	test -f "Documentation/$page.adoc" || echo "$page"
done >"$scratch/missing"
test -s "$scratch/missing" &&
	complain "no such page: $(tr '\n' ' ' <"$scratch/missing")"

# `*.x` ... `*.y` is bold to asciidoctor, and `[[x]]` an anchor: both vanish.
grep -n '`\(\*[^`]\|\[\[\)' Documentation/*.adoc >"$scratch/eaten" &&
	complain "markup is read in literals; write \`+...+\`:" \
		"$(cat "$scratch/eaten")"

exit $bad
