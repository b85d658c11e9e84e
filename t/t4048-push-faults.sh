#!/bin/sh

test_description='git medo push to a WebDAV server that fails'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# push_gives CODES: an empty silo, a push to it with the fault f, then one
# without.  With 0 all is there, and in any case nothing under its name is
# wrong, and the second push puts that right which the first left undone.
push_gives () {
	rm -rf srv/to && mkdir srv/to && cp srv/far/silo.json srv/to/ &&
	push_code=0 || return 1
	timeout 60 git -c "medo.silo=$fault_url/f/to" medo push -q \
		>out 2>err || push_code=$?
	case "|$1|" in
	*"|$push_code|"*) ;;
	*)
		echo "exit $push_code, not $1" >&2
		cat err >&2
		return 1
		;;
	esac
	if test "$push_code" = 0
	then
		silo verify -q srv/to && push_there
	else
		test -s err
	fi &&
	if test -d srv/to/objects
	then
		silo_rehash_far srv/to
	fi &&
	rm -f "$FAULTS/f" && echo "only nothing" | fault f &&
	git -c "medo.silo=$fault_url/f/to" medo push -q && push_there
}

# push_there: all blobs are in the silo
push_there () {
	git medo reachable deps >names &&
	cut -f 1 names | cut -d " " -f 1 >ids &&
	silo ls srv/to >there &&
	while read -r push_id
	do
		grep -q "$push_id" there || {
			echo "$push_id is not there" >&2
			return 1
		}
	done <ids
}

# As silo_rehash, but temporary files may lie about: nobody could remove them.
silo_rehash_far () {
	find "$1/objects" -type f -name "*.gz" | while read -r far_file
	do
		far_id=$(echo "$far_file" |
			sed "s|.*/\(..\)/\([0-9a-f]*\)\.gz$|\1\2|") &&
		test "$(gzip -dc "$far_file" | git hash-object --stdin)" = \
			"$far_id" || return 1
	done
}

test_expect_success 'setup' '
	fault_setup &&
	echo small >content && git medo add -q content deps/small.treeptr >/dev/null &&
	test-tool genrandom two 200000 >content &&
	git medo add -q content deps/two.treeptr >/dev/null &&
	medo_at "$PWD/srv/far" &&
	git -c "medo.silo=$PWD/srv/far" medo fetch &&
	git config --global http.lowSpeedTime 2 &&
	fault_start one "$PWD/srv" --dav && fault_allow &&
	echo "only nothing" | fault f && push_gives 0
'

test_expect_success 'trouble that passes is not noticed' '
	for verb in PUT MKCOL MOVE HEAD GET
	do
		for how in "status 503" "status 429"
		do
			test_write_lines "only *" "method $verb" "$how" together then |
				fault f &&
			push_gives 0 || return 1
		done
	done
'

test_expect_success 'trouble that stays: exit 3, and the next push goes on' '
	for verb in PUT MOVE
	do
		for how in "status 503" close
		do
			test_write_lines "only *" "method $verb" "$how" | fault f &&
			push_gives "3" || return 1
		done
	done
'

test_expect_success 'the answer is lost, though all was done' '
	for verb in PUT MKCOL MOVE
	do
		test_write_lines "only *" "method $verb" lost together then | fault f &&
		push_gives 0 || return 1
		test_write_lines "only *" "method $verb" lost reset together then |
			fault f &&
		push_gives 0 || return 1
	done
'

# libcurl asks once more, by itself, where a connection that served before ends
# without a byte; and the source of a MOVE that was done is not there.
test_expect_success 'a MOVE was done, its answer was lost, and a second one is refused' '
	for code in 404 412
	do
		for how in fin reset
		do
			rm -rf srv/to && mkdir srv/to && fault_forget one &&
			test_write_lines "only *" "method MOVE" together then \
				lost $how then "status $code" "times 2" then |
				fault f &&
			test-tool backend "$fault_url/f/to" put objects/ab/x big &&
			test_cmp_bin big srv/to/objects/ab/x &&
			grep "^MOVE" "$TEST_TOP/one.log" | cut -d" " -f4 >actual &&
			test_write_lines 409 lost $code >expect &&
			head -n 3 actual | test_cmp expect - || return 1
		done
	done
'

test_expect_success 'a server that may not be written to: exit 4, or that cannot' '
	for code in 401 403 405
	do
		test_write_lines "only *" "method PUT" "status $code" | fault f &&
		push_gives "3|4|128" || return 1
	done &&
	for code in 400 409 413 507
	do
		test_write_lines "only *" "method PUT" "status $code" | fault f &&
		push_gives "1|3|4|128" || return 1
	done
'

test_expect_success 'a 200 to everything is a portal, not a server that took it' '
	for verb in PUT MKCOL MOVE
	do
		test_write_lines "only *" "method $verb" "text <html>log in" | fault f &&
		push_gives "1|3|4|128" || return 1
	done
'

test_expect_success 'a server that says yes and did nothing is not believed' '
	test_write_lines "only *" "method MOVE" "status 201" "text it is so" | fault f &&
	push_gives "1|3|4" && test_grep "has it not" err
'

test_expect_success 'answers that are slow, or never come' '
	test_write_lines "only *" "method PUT" silent | fault f &&
	push_gives 3
'

test_done
