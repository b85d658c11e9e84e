# Checkouts of fifty large files that end too early, for t308*.  Source it
# after lib-silo.sh and lib-filter.sh.
# shellcheck shell=sh

# How many moments to kill at, from the start to the usual end.
: "${MEDO_TEST_KILLS:=4}"

# kill_repo: branches a and b, in which all fifty files differ; b is there.
# `known` has what a file may be, "<sha1> <name> <branch> <kind>", `ids` what
# the index says of it, "<id> <name> <branch>".
kill_repo () {
	filter_repo repo &&
	cd repo &&
	for kill_v in a b
	do
		for kill_i in $(test_seq 50)
		do
			noise "$kill_v$kill_i" 1258291 >"f$kill_i.bin" || return 1
		done &&
		git add . &&
		git commit -q -m $kill_v &&
		git branch $kill_v &&
		kill_known $kill_v content || return 1
	done &&
	for kill_v in a b
	do
		MEDO_SKIP_SMUDGE=1 git checkout -q -f $kill_v &&
		kill_known $kill_v pointer &&
		git ls-tree $kill_v |
		sed -n "s/.* blob \(.*\)	\(f.*\)/\1 \2 $kill_v/p" >>../ids ||
		return 1
	done &&
	git medo get -q &&
	test_line_count = 200 ../known &&
	test_line_count = 100 ../ids
}
kill_known () {
	sha1sum f*.bin | sed "s/  / /; s/\$/ $1 $2/" >>../known
}

# kill_moments: one in each line of `moments`; the first are early enough on
# any machine, however busy it was while we measured
kill_moments () {
	for kill_v in a b a b
	do
		kill_from=$(date +%s%N) &&
		git checkout -q $kill_v &&
		echo $(($(date +%s%N) - kill_from)) || return 1
	done | sort -n |
	awk -v n="$MEDO_TEST_KILLS" 'NR == 1 {
		print 0.02
		print 0.06
		for (i = 1; i <= n; i++)
			printf "%.4f\n", $1 / 1e9 * i / n
	}' >../moments
}

# kill_look: in `is`, what each file is: "<name> <branch> <kind>".  A file that
# git has opened and not written is as good as one that is not there.
kill_look () {
	find . -name "f*.bin" -empty -delete &&
	sha1sum f*.bin |
	awk 'FILENAME != "-" { known[$1 " " $2] = $3 " " $4; next }
		!(($1 " " $2) in known) { print $2 " is neither"; exit }
		{ print $2, known[$1 " " $2] }' ../known - >../is &&
	test_grep ! neither ../is
}

# kill_honest: git calls a file changed if, and only if, it is neither pointer
# nor content of what the index names
kill_honest () {
	kill_look &&
	git ls-files -s "f*.bin" |
	awk 'FILENAME != "-" { v[$1 " " $2] = $3; next }
		{ print $4, v[$2 " " $4] }' ../ids - >../says &&
	test_line_count = 50 ../says &&
	awk 'FILENAME != "-" { is[$1] = $2; next }
		is[$1] != $2 { print $1 }' ../is - <../says >../expect &&
	git status --porcelain >../status &&
	sed -n "s/^.[MD] //p" ../status >../actual &&
	test_cmp ../expect ../actual
}

# kill_mended: after one `get` what git takes for unchanged is content
kill_mended () {
	git medo get -q &&
	kill_honest &&
	awk 'FILENAME != "-" { is[$1] = $2 " " $3; next }
		is[$1] == $2 " pointer"' ../is - <../says >../pointers &&
	test_must_be_empty ../pointers &&
	test_path_is_missing .git/index.lock &&
	test_path_is_missing .git/medo/pending &&
	silo_temps .git/medo
}

# kill_over: the other branch, whatever happened
kill_over () {
	git checkout -q -f "$1" &&
	kill_look &&
	awk -v v="$1" '$2 != v || $3 != "content"' ../is >../wrong &&
	test_must_be_empty ../wrong &&
	test_clean_status
}
