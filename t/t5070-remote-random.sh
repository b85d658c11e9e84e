#!/bin/sh

test_description='a random walk: three clones, one hosted repository, and a model of it

MEDO_TEST_STEPS says how long (2000 is a long run), MEDO_TEST_SEED which one.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_STEPS:=2000}"
fi
: "${MEDO_TEST_STEPS:=40}"
: "${MEDO_TEST_SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d " ")}"

test_expect_success "steps $MEDO_TEST_STEPS, seed $MEDO_TEST_SEED" '
	remote_start &&
	python3 "$TEST_DIRECTORY/helper/remote-walk.py" "$(remote_url r)" \
		"$(remote_path r)" "$MEDO_TEST_STEPS" "$MEDO_TEST_SEED"
'

test_expect_success 'nothing is left behind' '
	commit_in c0 last &&
	git -C c0 push -q "$(remote_url r)" HEAD:refs/heads/last &&
	no_leftovers "$REMOTE_DIR"
'

test_done
