# Repositories in a silo, for git-remote-silo.  Source it behind lib-silo.sh:
#	. "$TEST_DIRECTORY/lib-remote.sh"
# REMOTE_PLACE says where: folder (default), ssh, s3 or dav.  The same test is
# run for each by a file of three lines that sets it and sources the test.
# shellcheck shell=sh disable=SC2154

: "${REMOTE_PLACE:=folder}"

case "$REMOTE_PLACE" in
ssh) . "$TEST_DIRECTORY/lib-sshd.sh" ;;
s3) . "$TEST_DIRECTORY/lib-s3.sh" ;;
dav) . "$TEST_DIRECTORY/lib-http.sh" ;;
esac

# Whatever is there but the first is for who has the time.
if test "$REMOTE_PLACE" = folder || test "${TEST_LONG:-}"
then
	test_set_prereq REMOTE_LONG
fi

# remote_start: a silo, REMOTE_SILO as a URL, and REMOTE_DIR if it lies on this
# disk as well
remote_start () {
	REMOTE_DIR=$TEST_TOP/far/deps.silo &&
	mkdir -p "$TEST_TOP/far" &&
	case "$REMOTE_PLACE" in
	folder)
		REMOTE_SILO=$REMOTE_DIR
		;;
	ssh)
		sshd_setup &&
		sshd_start &&
		REMOTE_SILO=$SSHD_URL$(sshd_path "$REMOTE_DIR")
		;;
	s3)
		s3_start &&
		REMOTE_SILO=s3://bucket/deps.silo REMOTE_DIR=
		;;
	dav)
		if test_have_prereq APACHE
		then
			apache_start far dav
		else
			nginx_start far dav
		fi &&
		REMOTE_DIR=$web_root/deps.silo &&
		REMOTE_SILO=$web_url/deps.silo
		;;
	esac &&
	if test "$REMOTE_DIR"
	then
		silo_create "$REMOTE_DIR" &&
		# The server may be another user.
		chmod -R a+rwX "$REMOTE_DIR" &&
		git config --global safe.directory "*" &&
		test_set_prereq REMOTE_DIR
	fi
}

# remote_url NAME: what git is told
remote_url () {
	echo "silo::$REMOTE_SILO/git/$1.git"
}

# remote_path NAME: the same on this disk
remote_path () {
	echo "$REMOTE_DIR/git/$1.git"
}

# remote_refs URL: "ID NAME" of its refs, without HEAD and what tags peel to
remote_refs () {
	git ls-remote "$1" >remote_refs.out || return 1
	sed -n -e '/\^{}$/d' -e 's|	refs/| refs/|p' remote_refs.out
	rm -f remote_refs.out
}

# remote_has URL REF REV: it has just this value (REV "": it is not there)
remote_has () {
	if test "$3"
	then
		remote_want=$(git rev-parse --verify "$3") || return 1
	else
		remote_want=
	fi
	remote_is=$(remote_refs "$1" | sed -n "s| $2\$||p") &&
	if test "$remote_is" != "$remote_want"
	then
		echo "'$2' is '$remote_is', not '$remote_want'" >&2
		return 1
	fi
}

# remote_whole URL [GIT-URL]: a clone of it is whole, and stock git's as well
remote_whole () {
	rm -rf whole whole.stock &&
	git clone -q --mirror "$1" whole &&
	git -C whole fsck --strict --no-dangling >fsck.out 2>&1 &&
	if test "${2-}"
	then
		git clone -q --mirror "$2" whole.stock &&
		git -C whole.stock fsck --strict --no-dangling >fsck.out 2>&1 &&
		git -C whole for-each-ref >whole.refs &&
		git -C whole.stock for-each-ref >whole.stock.refs &&
		test_cmp whole.refs whole.stock.refs
	fi
}

# no_leftovers DIR: no temporary name, and nothing in a quarantine
no_leftovers () {
	find "$1" -name 'tmp_*' >leftovers.out &&
	test_must_be_empty leftovers.out &&
	rm leftovers.out
}

# fi_history BRANCH N [SEED]: N commits for git fast-import
fi_history () {
	awk -v branch="$1" -v n="$2" -v seed="${3:-1}" 'BEGIN {
		srand(seed)
		for (i = 1; i <= n; i++) {
			m = "commit " i "\n"
			d = "file of " seed " " i " " rand() "\n"
			printf "commit refs/heads/%s\n", branch
			printf "committer C <c@example.com> %d +0000\n",
				1112911993 + i
			printf "data %d\n%s\n", length(m), m
			printf "M 100644 inline d%d/f%d\ndata %d\n%s\n",
				i % 7, i % 31, length(d), d
		}
		print "done"
	}'
}

# commit_in DIR MESSAGE
commit_in () {
	cd "$1" &&
	test_commit "$2" &&
	cd "$OLDPWD" || return 1
}
