# A random walk: three clones, one hosted repository, and a model of it:
# wherever the silo is.  Source it behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_STEPS:=2000}"
	: "${MEDO_TEST_SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d " ")}"
fi
: "${MEDO_TEST_STEPS:=40}"
# The same walk each time where there is no time for many.
: "${MEDO_TEST_SEED:=1}"

# walk_stock: by what stock git reads it
walk_stock () {
	if test "$REMOTE_DIR"
	then
		remote_path r
	fi
	case "$REMOTE_PLACE" in
	ssh | dav) echo "$REMOTE_SILO/git/r.git" ;;
	esac
}

test_expect_success "steps $MEDO_TEST_STEPS, seed $MEDO_TEST_SEED" '
	remote_start &&
	walk_stock >stock &&
	set -- &&
	while read -r line
	do
		set -- "$@" "$line"
	done <stock &&
	python3 "$TEST_DIRECTORY/helper/remote-walk.py" "$(remote_url r)" \
		"$MEDO_TEST_STEPS" "$MEDO_TEST_SEED" "$@"
'

test_expect_success 'nothing is left behind' '
	commit_in c0 last &&
	git -C c0 push -q "$(remote_url r)" HEAD:refs/heads/last &&
	if test "$REMOTE_DIR"
	then
		no_leftovers "$REMOTE_DIR"
	fi
'
