# Sourced by tests of archives.
# shellcheck shell=sh

# tree_facts DIR: all that an archive says of its entries, a line each
tree_facts () {
	(
		cd "$1" &&
		find . -mindepth 1 -printf '%P %y %m %Ts %l\n' | LC_ALL=C sort &&
		find . -type f ! -links 1 -printf '%n %P\n' | LC_ALL=C sort &&
		find . -type f -exec sha256sum {} + | LC_ALL=C sort
	)
}

# same_tree EXPECT ACTUAL
same_tree () {
	tree_facts "$1" >"$TEST_TOP/facts.expect" &&
	tree_facts "$2" >"$TEST_TOP/facts.actual" &&
	test_cmp "$TEST_TOP/facts.expect" "$TEST_TOP/facts.actual"
}

# fresh DIR...: each empty
fresh () {
	rm -rf "$@" && mkdir "$@"
}

# A tree beside the target that no archive may touch.  canary_make remembers
# it, canary_check compares contents, modes, times, owners and link counts.
canary_facts () {
	(
		cd "$TEST_TOP" &&
		find canary "$HOME" -printf '%p %y %m %T@ %C@ %U %n %l\n' |
		LC_ALL=C sort &&
		cat canary/file canary/dir/file
	)
}

canary_make () {
	mkdir -p "$TEST_TOP/canary/dir" &&
	echo precious >"$TEST_TOP/canary/file" &&
	echo dear >"$TEST_TOP/canary/dir/file" &&
	chmod 600 "$TEST_TOP/canary/file" &&
	canary_facts >"$TEST_TOP/canary.expect"
}

canary_check () {
	canary_facts >"$TEST_TOP/canary.actual" &&
	test_cmp "$TEST_TOP/canary.expect" "$TEST_TOP/canary.actual"
}
