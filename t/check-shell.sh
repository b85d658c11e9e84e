#!/bin/sh
# usage: sh t/check-shell.sh
#
# Every shell script of the repository is clean for shellcheck; tests begin
# with the lines that make them run from any directory.
cd "$(dirname "$0")/.." || exit 1
bad=0
# shellcheck disable=SC2046
shellcheck $(find . -path "./.?*" -prune -o -path "./build*" -prune -o \
	-name "*.sh" -print) .ci/run || bad=1

for test in t/t[0-9]*.sh
do
	test -f "$test" || continue
	if ! grep -q '^\. "\$(dirname "\$0")/test-lib.sh"$' "$test"
	then
		echo "$test: does not source test-lib.sh as t/README says"
		bad=1
	fi
	if ! test "$(tail -n 1 "$test")" = test_done
	then
		echo "$test: does not end with test_done"
		bad=1
	fi
done
exit $bad
