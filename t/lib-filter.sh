# Repositories with our filter.  Source it with
#	. "$TEST_DIRECTORY/lib-filter.sh"
# shellcheck shell=sh

# filter_config: git calls the filter, and nothing else of ours
filter_config () {
	git config --global filter.medo.process "git-medo filter-process" &&
	git config --global filter.medo.required true
}

# filter_repo DIR [ARGS]: a repository whose *.bin have the filter
filter_repo () {
	filter_dir=$1 && shift &&
	git init -q "$@" "$filter_dir" &&
	echo "*.bin filter=medo -text" >"$filter_dir/.gitattributes" &&
	git -C "$filter_dir" add .gitattributes &&
	git -C "$filter_dir" commit -q -m attributes
}

# peer: Python on standard input, see filter-peer.py
peer () {
	python3 "$TEST_DIRECTORY/filter-peer.py"
}

# noise SEED SIZE
noise () {
	test-tool genrandom "$1" "$2"
}

# is_pointer FILE
is_pointer () {
	test "$(head -n 2 "$1" | tail -n 1)" = '  "treeptr": 1,'
}

# pointer_of REV:PATH ...: git has a pointer there, nothing larger
test_pointer () {
	for pointer_name
	do
		git cat-file blob "$pointer_name" >"$TEST_TOP/pointer" &&
		is_pointer "$TEST_TOP/pointer" || return 1
	done
}

# test_clean_status [DIR]: nothing to commit
test_clean_status () {
	git -C "${1:-.}" status --porcelain >"$TEST_TOP/status" &&
	test_must_be_empty "$TEST_TOP/status"
}

# count_filters COMMAND...: how many filters does it start?  In `filters`.
count_filters () {
	rm -f "$TEST_TOP/trace" &&
	GIT_TRACE="$TEST_TOP/trace" "$@" &&
	filters=$(grep -c "run_command: .*git-medo filter-process" "$TEST_TOP/trace" || :)
}
