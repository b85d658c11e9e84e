#!/bin/sh

test_description='accounts and servers of many kinds'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"

test_lazy_prereq CHROOT '
	test "$(id -u)" = 0 &&
	dir=$(mktemp -d /run/medo-test.XXXXXX) &&
	rmdir "$dir"
'

# A file system of its own, small
test_lazy_prereq TMPFS '
	test "$(id -u)" = 0 &&
	mkdir mnt &&
	mount -t tmpfs -o size=1m none mnt &&
	umount mnt
'

# all_verbs URL DIR: each of the eight, at a silo that lies in DIR
all_verbs () {
	cat >verbs <<-END &&
	put objects/ab/cd.gz big
	put objects/ab/cd.gz small
	read objects/ab/cd.gz 5 70005 part
	claim ledger/1/entry.json small
	claim ledger/1/entry.json big
	replace ledger/last big
	replace ledger/last small
	has objects/ab/cd.gz
	list ledger
	remove ledger
	has ledger/last
	END
	{
		sed -n "1,2s/\$/: put/p" verbs &&
		sed -n "3s/\$/: total 300000/p" verbs &&
		sed -n "4s/\$/: ours/p; 5s/\$/: taken/p" verbs &&
		sed -n "6,7s/\$/: replaced/p" verbs &&
		sed -n "8s/\$/: 300000/p" verbs &&
		echo "list ledger: 6 ledger/1/entry.json" &&
		echo "6 ledger/last" &&
		echo "remove ledger: removed" &&
		echo "has ledger/last: no"
	} >expect &&
	rm -f part &&
	MEDO_THREADS=1 test-tool backend "$1" - <verbs >actual &&
	test_cmp expect actual &&
	test_cmp_bin big "$2/objects/ab/cd.gz" &&
	tail -c +6 big | head -c 70000 >expect &&
	test_cmp_bin expect part &&
	ls -A "$2" >actual &&
	echo objects >expect &&
	test_cmp expect actual
}

test_expect_success 'setup' '
	sshd_setup &&
	test-tool genrandom seed 300000 >big &&
	echo small >small
'

test_expect_success 'a server that offers no extension of OpenSSH' '
	sshd_start "Subsystem sftp internal-sftp -P hardlink,posix-rename,fsync,limits,expand-path" &&
	mkdir plain &&
	all_verbs "$SSHD_URL$(sshd_path "$PWD/plain")" plain &&
	test_stop "$SSHD_PID"
'

test_expect_success 'a server that is a program, and one session a connection' '
	sshd_start "Subsystem sftp $SFTP_SERVER" "MaxSessions 1" &&
	mkdir program &&
	all_verbs "$SSHD_URL$(sshd_path "$PWD/program")" program &&
	test_stop "$SSHD_PID"
'

test_expect_success STRACE 'what is durable is synced, then named, then its directory' '
	sshd_start "ForceCommand exec strace -f -o \"$PWD/calls\" -e trace=fsync,link,linkat,rename $SFTP_SERVER" &&
	URL=$SSHD_URL$(sshd_path "$PWD/program") &&
	test-tool backend --durable "$URL" put objects/12/34 small &&
	sed -n -e "s/.*fsync(.*= 0/sync/p" -e "s/.* link\(at\)*(.*= 0/link/p" \
		calls >actual &&
	test_write_lines sync link sync >expect &&
	test_cmp expect actual &&
	test-tool backend --durable "$URL" claim ledger/1/entry.json small &&
	sed -n -e "s/.*fsync(.*= 0/sync/p" -e "s/.* rename(.*= 0/rename/p" \
		calls >actual &&
	test_write_lines sync rename sync >expect &&
	test_cmp expect actual &&
	test-tool backend "$URL" put objects/12/56 small &&
	test_grep ! fsync calls &&
	rm -r program/ledger &&
	test_stop "$SSHD_PID"
'

test_expect_success 'below the home, as git writes it' '
	sshd_start "ForceCommand cd \"$PWD\" && exec $SFTP_SERVER" &&
	mkdir -p home/sub &&
	all_verbs "$SSHD_URL/~/home/sub" home/sub &&
	all_verbs "sftp${SSHD_URL#ssh}/~/home/sub/" home/sub &&
	test_stop "$SSHD_PID"
'

test_expect_success '~user is asked of the server' '
	sshd_start &&
	test-tool backend "$SSHD_URL/~$SSHD_USER/medo-no-such-silo" has x >actual &&
	echo no >expect &&
	test_cmp expect actual &&
	test_expect_code 3 test-tool backend \
		"$SSHD_URL/~nosuchuser/silo" has x 2>err &&
	test_grep "cannot find .~nosuchuser" err &&
	test_stop "$SSHD_PID"
'

test_expect_success CHROOT 'a chroot where only sftp is let in is enough' '
	jail=$(mktemp -d /run/medo-test.XXXXXX) &&
	test_when_finished "rm -rf $jail" &&
	chmod 755 "$jail" &&
	mkdir "$jail/silo" &&
	sshd_start "ForceCommand internal-sftp" "ChrootDirectory $jail" &&
	all_verbs "$SSHD_URL/silo" "$jail/silo" &&
	test_stop "$SSHD_PID"
'

test_expect_success 'a read-only account reads, and is told what it may not' '
	sshd_start "Subsystem sftp internal-sftp -R" &&
	URL=$SSHD_URL$(sshd_path "$PWD/plain") &&
	test-tool backend "$URL" read objects/ab/cd.gz >actual &&
	test_cmp_bin big actual &&
	test-tool backend "$URL" list "" >actual &&
	test_line_count = 1 actual &&
	test_expect_code 4 test-tool backend "$URL" put objects/aa/bb small 2>err &&
	test_grep "permission denied" err &&
	test_expect_code 4 test-tool backend "$URL" claim ledger/1/x small &&
	test_expect_code 4 test-tool backend "$URL" replace last small &&
	test_expect_code 4 test-tool backend "$URL" remove objects/ab/cd.gz &&
	test_expect_code 4 test-tool backend "$URL" now &&
	test_path_is_missing plain/objects/aa &&
	test_stop "$SSHD_PID"
'

test_expect_success TMPFS 'FA-27 a disk that is full: no part of a blob, and a clean word' '
	mkdir full &&
	mount -t tmpfs -o size=1m none full &&
	test_when_finished "umount full" &&
	mkdir full/silo &&
	test-tool genrandom seed 2000000 >large &&
	sshd_start &&
	URL=$SSHD_URL$(sshd_path "$PWD/full/silo") &&
	test_expect_code 3 test-tool backend "$URL" put objects/ab/cd.gz large 2>err &&
	test_grep "or its disk full" err &&
	(cd full/silo && find . -type f) >actual &&
	test_must_be_empty actual &&
	test-tool backend "$URL" put objects/ab/cd.gz big &&
	test_stop "$SSHD_PID"
'

test_expect_success 'FA-27 a shell that talks: what it says is shown' '
	sshd_start "ForceCommand echo Welcome to sunny Unix; exec $SFTP_SERVER" &&
	test_expect_code 3 test-tool backend "$SSHD_URL/silo" has x 2>err &&
	test_grep "answers .Welcome to sunny Unix.; is it an sftp server" err &&
	test_stop "$SSHD_PID"
'

test_expect_success 'FA-27 no sftp there: a clean word' '
	sshd_start "ForceCommand exit 7" &&
	test_expect_code 3 test-tool backend "$SSHD_URL/silo" has x 2>err &&
	test_grep "cannot reach" err &&
	test_grep "ended with status 7" err &&
	test_stop "$SSHD_PID"
'

test_expect_success 'keys of kind rsa and ecdsa, and the agent' '
	sshd_start &&
	URL=$SSHD_URL$(sshd_path "$PWD/plain") &&
	for kind in rsa ecdsa
	do
		sshd_key id_$kind $kind &&
		sed "s/id_ed25519/id_$kind/" "$SSHD_DIR/ssh_config" >config &&
		GIT_SSH_COMMAND="ssh -F \"$PWD/config\"" test-tool backend \
			"$URL" has objects/ab/cd.gz || return 1
	done &&
	grep -v Identit "$SSHD_DIR/ssh_config" >config &&
	sshd_agent &&
	SSH_AUTH_SOCK=agent ssh-add -q "$SSHD_DIR/id_ed25519" &&
	SSH_AUTH_SOCK=agent GIT_SSH_COMMAND="ssh -F \"$PWD/config\"" \
		test-tool backend "$URL" has objects/ab/cd.gz &&
	test_stop "$SSHD_PID"
'

test_expect_success 'MA-20 an unknown host, and one whose key has changed' '
	sshd_start &&
	URL=$SSHD_URL$(sshd_path "$PWD/plain") &&
	cp "$HOME/.ssh/known_hosts" known &&
	: >"$HOME/.ssh/known_hosts" &&
	test_expect_code 3 test-tool backend "$URL" has x 2>err &&
	test_grep "Host key verification failed" err &&
	test_grep "cannot reach .*what it said of it stands above" err &&
	test_must_be_empty "$HOME/.ssh/known_hosts" &&
	ssh-keygen -q -t ed25519 -N "" -f other &&
	echo "[127.0.0.1]:$SSHD_PORT $(cut -d" " -f1,2 other.pub)" \
		>"$HOME/.ssh/known_hosts" &&
	test_expect_code 3 test-tool backend "$URL" has x 2>err &&
	test_grep "REMOTE HOST IDENTIFICATION HAS CHANGED" err &&
	mv known "$HOME/.ssh/known_hosts"
'

test_expect_success 'MA-20 no agent is forwarded, whatever the configuration says' '
	cat "$SSHD_DIR/ssh_config" >config &&
	printf "\tForwardAgent yes\n\tForwardX11 yes\n\tLocalForward 1 localhost:1\n" >>config &&
	sshd_start "ForceCommand env >\"$PWD/env\"; exec $SFTP_SERVER" &&
	SSH_AUTH_SOCK=agent GIT_SSH_COMMAND="ssh -F \"$PWD/config\"" \
		test-tool backend "$SSHD_URL$(sshd_path "$PWD/plain")" \
		has objects/ab/cd.gz 2>err &&
	test_must_be_empty err &&
	test_grep SSH_CONNECTION env &&
	test_grep ! SSH_AUTH_SOCK env
'

test_expect_success 'MA-19 a path of quotes, spaces, ;, unicode is exactly that path' '
	sshd_start &&
	for name in "a b" "a;b" "\$(x)" "\`x\`" "ö ☃" "-x" "*" "~x" "a\\b" \
		"$(printf "it\047s \042q\042")" "%41"
	do
		mkdir -p "odd/$name" &&
		URL=$SSHD_URL$(sshd_path "$PWD/odd/$name") &&
		test_write_lines "put objects/ab/cd.gz small" \
			"read objects/ab/cd.gz 0 - actual" |
		test-tool backend "$URL" - &&
		test_cmp small "odd/$name/objects/ab/cd.gz" &&
		test_cmp small actual || { echo "$name"; return 1; }
	done
'

test_done
