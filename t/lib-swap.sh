# Repositories as git leaves them when it closes the pipe, for t305*.  Source it
# after lib-silo.sh.  The filter is two lines of shell: smudge leaves the
# pointer, clean knows the pointer of each content.
# shellcheck shell=sh

# new_repo DIR [ARGS]: pointers to `names` in HEAD, content in the store,
# expected content in DIR.want
names='one.bin sub/two.bin sub/deep/three.bin'
new_repo () {
	repo=$1 && shift &&
	git init -q "$@" "$repo" &&
	mkdir -p "$repo.want/sub/deep" "$repo.ptr/by-id" "$repo/sub/deep" &&
	write_script "$repo.ptr/clean" <<-\END &&
	dir=$(dirname "$0")
	echo clean >>"$dir/log"
	cat >"$dir/in.$$"
	if head -c 20 "$dir/in.$$" | grep -q "^{" &&
		sed -n 2p "$dir/in.$$" | grep -q '"treeptr": 1'
	then
		cat "$dir/in.$$"
	else
		cat "$dir/by-id/$(git hash-object --no-filters "$dir/in.$$")" ||
			cat "$dir/in.$$"
	fi
	rm "$dir/in.$$"
	END
	(
		cd "$repo" &&
		git config filter.medo.clean "\"$PWD.ptr/clean\"" &&
		git config filter.medo.smudge cat &&
		echo "*.bin filter=medo -text" >.gitattributes &&
		for name in $names
		do
			test-tool genrandom "$repo$name" 3000000 >"../$repo.want/$name" &&
			make_pointer "$name" &&
			cp "../$repo.ptr/new.treeptr" "$name" || exit 1
		done &&
		chmod +x sub/two.bin &&
		chmod +x "../$repo.want/sub/two.bin" &&
		echo plain >plain &&
		git add . &&
		git commit -q -m pointers &&
		back_to_pointers
	)
}

# make_pointer NAME: of ../$repo.want/NAME, content into the store
make_pointer () {
	rm -f "../$repo.ptr/new.treeptr" &&
	git medo add -q "../$repo.want/$1" "../$repo.ptr/new.treeptr" >/dev/null &&
	sed "/\"provenance\"/,\$d; /^}/d" "../$repo.ptr/new.treeptr" |
	sed '$s/,*$//' >"../$repo.ptr/new.tmp" &&
	echo "}" >>"../$repo.ptr/new.tmp" &&
	mv "../$repo.ptr/new.tmp" "../$repo.ptr/new.treeptr" &&
	cp "../$repo.ptr/new.treeptr" "../$repo.ptr/by-id/$(git hash-object --no-filters "../$repo.want/$1")" &&
	mkdir -p "../$repo.ptr/$(dirname "$1")" &&
	cp "../$repo.ptr/new.treeptr" "../$repo.ptr/$1"
}

# back_to_pointers: as git leaves them when it closes the pipe.  What is swapped
# in takes their time, so that git has no reason to look into it.
back_to_pointers () {
	for name in $names
	do
		rm -f "$name" || return 1
	done &&
	rm -rf .git/medo/tmp .git/medo/pending &&
	git checkout -q -f HEAD -- . &&
	git reset -q --hard &&
	for name in $names
	do
		touch -d "2001-01-01 00:00:01" "$name" || return 1
	done &&
	git update-index -q --refresh
}

# told: what git asked the filter to smudge
told () {
	for name in $names
	do
		printf '%s\t%s\n' "$name" "../$repo.ptr/$name" || return 1
	done
}

# check_swapped [NAME...]: content, modes, clean without any look at content
check_swapped () {
	test $# -gt 0 || eval "set -- $names"
	for name in "$@"
	do
		test_cmp_bin "../$repo.want/$name" "$name" || return 1
	done &&
	check_clean
}
# check_unread: git has no doubt about any of them
check_unread () {
	rm -f "../$repo.ptr/log" &&
	git status --porcelain >../status &&
	test_must_be_empty ../status &&
	test_path_is_missing "../$repo.ptr/log"
}
check_clean () {
	git status --porcelain >../status &&
	test_must_be_empty ../status &&
	test_path_is_missing .git/index.lock &&
	test_path_is_missing .git/medo/pending &&
	find . -name "*_medo_*" >../temps &&
	test_must_be_empty ../temps
}
# either_or: each file is exactly the pointer or exactly the content
either_or () {
	for name in $names
	do
		cmp -s "../$repo.want/$name" "$name" ||
		test_cmp_bin "../$repo.ptr/$name" "$name" || return 1
	done
}
