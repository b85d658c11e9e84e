#!/bin/sh
# usage: sh t/check-lengths.sh
#
# A source file over 600 lines is a cut that nobody made.
cd "$(dirname "$0")/.." || exit 1
find . -path './.?*' -prune -o -path './build*' -prune -o -type f \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.awk' -o -name '*.py' \) \
	-exec wc -l {} + | awk '
$2 != "total" && $1 > 600 {
	printf "%s: %d lines, 600 are allowed\n", $2, $1
	bad = 1
}
END { exit bad }'
