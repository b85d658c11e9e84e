# The line goes down at any byte of a clone, a fetch, a push: the tests,
# wherever the silo is.  Source it behind lib-remote.sh and lib-fault.sh.
# shellcheck shell=sh disable=SC2154

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_CUTS:=100}"
fi
: "${MEDO_TEST_CUTS:=3}"

# line_measure COMMAND...: bytes up and down, in line_up and line_down
line_measure () {
	line_say on &&
	"$@" &&
	line_measured=w$line_count &&
	line_say on &&
	git ls-remote "$url" >/dev/null &&
	line_up=$(sed -n "s/^$line_measured \([0-9]*\) [0-9]*\$/\1/p" \
		"$line_name.log") &&
	line_down=$(sed -n "s/^$line_measured [0-9]* \([0-9]*\)\$/\1/p" \
		"$line_name.log")
}

# cuts: "up N" and "down N", MEDO_TEST_CUTS of each, spread over all there is
cuts () {
	awk -v up="$line_up" -v down="$line_down" -v n="$MEDO_TEST_CUTS" '
	BEGIN {
		for (i = 0; i < n; i++) {
			print "up", int((i + 0.5) * up / n)
			print "down", int((i + 0.5) * down / n)
		}
	}'
}

# cut_try WAY N COMMAND...: its code in cut_code, and it said why in a few lines
cut_try () {
	line_say "$1" "$2"
	shift 2
	cut_code=0
	timeout 100 "$@" >cut.out 2>cut.err || cut_code=$?
	line_is_cut || echo "not cut: $*"
	line_say on
	if test $cut_code -gt 1 && test $cut_code != 128
	then
		echo "exit $cut_code: $*"
		cat cut.err
		return 1
	fi
	if test $cut_code = 0
	then
		return 0
	fi
	test -s cut.err &&
	! grep -i -e assert -e "signal" -e "BUG" cut.err
}

test_expect_success 'set up' '
	remote_start &&
	case "$REMOTE_PLACE" in
	ssh)
		line_start line "$SSHD_PORT" &&
		sshd_known "$SSHD_DIR/host_ed25519" "$line_port" &&
		REMOTE_SILO=ssh://$SSHD_USER@127.0.0.1:$line_port${REMOTE_SILO#"$SSHD_URL"}
		;;
	s3)
		line_start line "$s3_port" &&
		s3_keys AKIDTEST SECRETTEST "http://127.0.0.1:$line_port"
		;;
	dav)
		line_start line "$web_port" &&
		REMOTE_SILO=http://127.0.0.1:$line_port${REMOTE_SILO#"$web_url"}
		;;
	esac &&
	url=$(remote_url r) &&
	git init -q work &&
	fi_history main 60 | git -C work fast-import --quiet --done &&
	git -C work reset -q --hard main &&
	test-tool genrandom cut 60000 >work/random &&
	git -C work add random &&
	git -C work commit -q -m random &&
	git -C work push -q "$url" main &&
	git clone -q "$url" old &&
	fi_history side 20 2 | git -C work fast-import --quiet --done &&
	commit_in work next &&
	git -C work push -q "$url" main side &&
	git clone -q "$url" full
'

test_expect_success 'FA-34 a clone is whole or not there' '
	line_measure git clone -q "$url" measured &&
	cuts >points &&
	while read -r way n
	do
		rm -rf clone &&
		cut_try "$way" "$n" git clone -q "$url" clone &&
		if test $cut_code = 0
		then
			git -C clone fsck --strict --no-dangling
		else
			test_path_is_missing clone
		fi || return 1
	done <points &&
	rm -rf clone &&
	git clone -q "$url" clone &&
	git -C clone fsck --strict --no-dangling
'

test_expect_success 'FA-34 a fetch brings all or nothing, and the next one the rest' '
	cp -r old measured2 &&
	git -C old for-each-ref >refs.old &&
	line_measure git -C measured2 fetch -q &&
	git -C measured2 for-each-ref >refs.new &&
	cuts >points &&
	while read -r way n
	do
		rm -rf clone &&
		cp -r old clone &&
		cut_try "$way" "$n" git -C clone fetch -q &&
		git -C clone for-each-ref >refs.is &&
		if test $cut_code = 0
		then
			test_cmp refs.new refs.is
		else
			test_cmp refs.old refs.is
		fi &&
		git -C clone fsck --strict --no-dangling &&
		git -C clone fetch -q &&
		git -C clone for-each-ref >refs.is &&
		test_cmp refs.new refs.is &&
		git -C clone rev-list --quiet --objects --all &&
		no_leftovers clone/.git || return 1
	done <points
'

# Where the answer to the claim was lost, it is open: all of it is there, or
# nothing, and the next push finds out.
test_expect_success 'FA-34 a push brings all or nothing, and the next one all' '
	commit_in work measured &&
	line_measure git -C work push -q "$url" main main:refs/heads/beside &&
	cuts >points &&
	while read -r way n
	do
		remote_refs "$url" >refs.before &&
		commit_in work "cut-$way-$n" &&
		test-tool genrandom "$way$n" 2000 >work/random &&
		git -C work commit -q -a --amend --no-edit &&
		git -C work rev-parse HEAD >id &&
		sed "s|^.* \(refs/heads/[bm]\)|$(cat id) \1|" \
			refs.before >refs.new &&
		cut_try "$way" "$n" git -C work push -q "$url" \
			main main:refs/heads/beside &&
		remote_refs "$url" >refs.is &&
		if test $cut_code = 0
		then
			test_cmp refs.new refs.is
		elif ! cmp -s refs.before refs.is
		then
			test_cmp refs.new refs.is &&
			echo "open: $way $n"
		fi &&
		git -C work push -q "$url" main main:refs/heads/beside &&
		remote_refs "$url" >refs.is &&
		test_cmp refs.new refs.is &&
		if test "$REMOTE_DIR"
		then
			remote_refs "$(remote_path r)" >refs.is &&
			test_cmp refs.new refs.is
		fi || return 1
	done <points &&
	remote_whole "$url" ${REMOTE_DIR:+"$(remote_path r)"} &&
	if test "$REMOTE_DIR"
	then
		git -C "$(remote_path r)" fsck --strict --no-dangling
	fi
'
