#!/bin/sh

test_description='the far side of ssh is killed (-9) at each of its steps

MEDO_TEST_KILLS says at how many of them (default 2; 1000: at all).'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=ssh
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq STRACE || ! test -x "$SFTP_SERVER"
then
	skip_all='no strace, or no sftp-server'
	test_done
fi

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_KILLS:=200}"
fi
: "${MEDO_TEST_KILLS:=2}"

calls=rename,renameat,renameat2,link,linkat,mkdir,unlink,fsync,write,pwrite64,read,pread64,openat,open,close,ppoll,poll,select,pselect6

# The server's: it dies where the file `inject` says, and its sshd with it where
# that is asked for.
server_make () {
	write_script sftp <<-END
	case "\$(cat "$TRASH_DIRECTORY/inject")" in
	'')
		exec "$SFTP_SERVER"
		;;
	trace)
		exec strace -qq -o "$TRASH_DIRECTORY/trace.\$\$" -e trace=$calls \
			"$SFTP_SERVER"
		;;
	*sshd)
		strace -qq -o /dev/null -e trace=$calls \
			-e "inject=\$(sed "s/ sshd//" "$TRASH_DIRECTORY/inject")" \
			"$SFTP_SERVER" || kill -9 "\$PPID"
		;;
	*)
		exec strace -qq -o /dev/null -e trace=$calls \
			-e "inject=\$(cat "$TRASH_DIRECTORY/inject")" \
			"$SFTP_SERVER"
		;;
	esac
	END
}

# points COMMAND...: what it has the server do, as "SYSCALL when=N", some of it
points () {
	rm -f trace.*
	echo trace >inject
	"$@" || return 1
	: >inject
	cat trace.* |
	sed -n "s/^\([a-z0-9]*\)(.*/\1/p" |
	awk -v max="$MEDO_TEST_KILLS" '
		{ line[NR] = $1 ":signal=KILL:when=" ++n[$1] }
		END {
			step = NR > max ? NR / max : 1
			for (i = NR; i > 0; i -= step)
				print line[int(i + 0.5) < 1 ? 1 : int(i + 0.5)] \
					(k++ % 2 ? " sshd" : "")
		}' >points
	test -s points
}

# killed POINT COMMAND...: its code in killed_code; it says why, clearly
killed () {
	echo "$1" | tee inject
	shift
	killed_code=0
	timeout 60 "$@" >out 2>err || killed_code=$?
	: >inject
	case $killed_code in
	0) return 0 ;;
	1 | 128) ;;
	*)
		echo "exit $killed_code"
		cat err
		return 1
		;;
	esac &&
	test_grep "ssh://" err &&
	grep "^warning: lost the connection" err >said
	test_line_count -le 8 said &&
	grep -v -e "^error: failed to push some refs to" -e "^warning: lost" \
		-e "^Connection to .* closed" err >said &&
	test_line_count = 1 said
}

test_expect_success 'set up' '
	: >inject &&
	server_make &&
	sshd_setup &&
	# sshd hands it to a shell, and takes quotes off first.
	sshd_start "Subsystem sftp $(echo "$PWD/sftp" | sed "s/ /?/g")" &&
	REMOTE_DIR=$TEST_TOP/far/deps.silo &&
	REMOTE_SILO=$SSHD_URL$(sshd_path "$REMOTE_DIR") &&
	mkdir -p "$TEST_TOP/far" &&
	silo_create "$REMOTE_DIR" &&
	url=$(remote_url r) &&
	git init -q work &&
	git -C work remote add r "$url" &&
	commit_in work one &&
	git -C work push -q r main &&
	git clone -q "$url" clone &&
	commit_in work two &&
	test-tool genrandom x 200000 >work/random &&
	git -C work add random &&
	git -C work commit -q -m random &&
	cp -r "$REMOTE_DIR" saved
'

test_expect_success 'FA-02 a push: nothing is seen of it, or all, and the next one works' '
	remote_refs "$(remote_path r)" >old &&
	points git -C work push -q r main main:side &&
	remote_refs "$(remote_path r)" >new &&
	while read -r point
	do
		rm -rf "$REMOTE_DIR" work/.git/silo &&
		cp -r saved "$REMOTE_DIR" &&
		killed "$point" git -C work push -q r main main:side &&
		git ls-remote "silo::$(remote_path r)" >/dev/null &&
		remote_refs "silo::$(remote_path r)" >is &&
		if ! cmp -s old is
		then
			test_cmp new is &&
			echo "all of it"
		else
			test $killed_code != 0
		fi &&
		git -C work push -q r main main:side &&
		remote_refs "silo::$(remote_path r)" >is &&
		test_cmp new is &&
		remote_whole "silo::$(remote_path r)" "$(remote_path r)" || return 1
	done <points
'

test_expect_success 'FA-02 the first push of all' '
	rm -rf "$REMOTE_DIR/git" saved &&
	cp -r "$REMOTE_DIR" saved &&
	points git -C work push -q r main main:side &&
	while read -r point
	do
		rm -rf "$REMOTE_DIR" work/.git/silo &&
		cp -r saved "$REMOTE_DIR" &&
		killed "$point" git -C work push -q r main main:side &&
		if remote_refs "silo::$(remote_path r)" >is
		then
			test_cmp new is
		fi &&
		git -C work push -q r main main:side &&
		remote_refs "silo::$(remote_path r)" >is &&
		test_cmp new is &&
		remote_whole "silo::$(remote_path r)" "$(remote_path r)" || return 1
	done <points
'

test_expect_success 'FA-02 a fetch, and a clone' '
	cp -r clone saved.clone &&
	git -C clone for-each-ref >refs.old &&
	points git -C clone fetch -q &&
	git -C clone for-each-ref >refs.new &&
	while read -r point
	do
		rm -rf clone &&
		cp -r saved.clone clone &&
		killed "$point" git -C clone fetch -q &&
		git -C clone for-each-ref >refs.is &&
		if test $killed_code = 0
		then
			test_cmp refs.new refs.is
		else
			test_cmp refs.old refs.is
		fi &&
		git -C clone fsck --strict --no-dangling &&
		git -C clone fetch -q &&
		git -C clone for-each-ref >refs.is &&
		test_cmp refs.new refs.is &&
		rm -rf clone2 &&
		killed "$point" git clone -q "$url" clone2 &&
		if test $killed_code = 0
		then
			git -C clone2 fsck --strict --no-dangling
		else
			test_path_is_missing clone2
		fi || return 1
	done <points
'

test_done
