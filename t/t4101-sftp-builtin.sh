#!/bin/sh

test_description='ssh inside the process, by libssh2'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"

# Who lost memory is seen behind libcrypto only with whole stacks.
# shellcheck disable=SC2090
{
	ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0
	export ASAN_OPTIONS
}

test_expect_success 'a server, and a client that has a key and knows the host' '
	sshd_setup &&
	sshd_start &&
	cp "$SSHD_DIR/id_ed25519" "$HOME/.ssh/" &&
	unset GIT_SSH_COMMAND SSH_AUTH_SOCK &&
	git config --global medo.ssh builtin &&
	mkdir silo &&
	URL=$SSHD_URL$(sshd_path "$PWD/silo")
'

test_expect_success 'what is put can be read' '
	test-tool genrandom seed 5000000 >big &&
	test-tool backend "$URL" put objects/ab/cd.gz big &&
	test_cmp_bin big silo/objects/ab/cd.gz &&
	test-tool backend "$URL" read objects/ab/cd.gz >actual &&
	test_cmp_bin big actual &&
	ls -A silo >actual &&
	echo objects >expect &&
	test_cmp expect actual
'

test_expect_success 'eight threads share one session' '
	for i in $(test_seq 40)
	do
		test-tool genrandom $i 150000 >blob.$i &&
		echo "put objects/00/$i blob.$i" >>puts &&
		echo "read objects/00/$i 0 - back.$i" >>reads || return 1
	done &&
	test-tool backend -j 8 "$URL" - <puts &&
	test-tool backend -j 8 "$URL" - <reads &&
	for i in $(test_seq 40)
	do
		test_cmp_bin blob.$i back.$i || return 1
	done
'

test_expect_success 'MA-20 an unknown host is refused, and the next step named' '
	mv "$HOME/.ssh/known_hosts" known &&
	test_when_finished "mv known \"$HOME/.ssh/known_hosts\"" &&
	test_expect_code 4 test-tool backend "$URL" has silo.json 2>err &&
	test_grep "is not in known_hosts; connect once with .ssh -p $SSHD_PORT 127.0.0.1" err &&
	test_path_is_missing "$HOME/.ssh/known_hosts"
'

test_expect_success 'MA-20 a host whose key has changed is refused' '
	cp "$HOME/.ssh/known_hosts" known &&
	test_when_finished "mv known \"$HOME/.ssh/known_hosts\"" &&
	ssh-keygen -q -t ed25519 -N "" -f other &&
	echo "[127.0.0.1]:$SSHD_PORT $(cut -d" " -f1,2 other.pub)" \
		>"$HOME/.ssh/known_hosts" &&
	test_expect_code 4 test-tool backend "$URL" has silo.json 2>err &&
	test_grep "has another key than" err &&
	test_grep "ssh-keygen -R \[127.0.0.1\]:$SSHD_PORT" err
'

test_expect_success 'MA-20 a host whose key is revoked is refused' '
	cp "$HOME/.ssh/known_hosts" known &&
	test_when_finished "mv known \"$HOME/.ssh/known_hosts\"" &&
	echo "@revoked * $(cut -d" " -f1,2 "$SSHD_DIR/host_ed25519.pub")" \
		>>"$HOME/.ssh/known_hosts" &&
	test_expect_code 4 test-tool backend "$URL" has silo.json 2>err &&
	test_grep "is revoked in known_hosts" err
'

test_expect_success 'lines that libssh2 cannot read do not hide the others' '
	cp "$HOME/.ssh/known_hosts" known &&
	test_when_finished "mv known \"$HOME/.ssh/known_hosts\"" &&
	{
		echo "# a comment" &&
		echo "@cert-authority *.example.com ssh-ed25519 AAAA" &&
		echo "host sk-unheard-of@example.com AAAA" &&
		echo "nonsense" &&
		echo &&
		cat known
	} >"$HOME/.ssh/known_hosts" &&
	echo 5000000 >expect &&
	test-tool backend "$URL" has objects/ab/cd.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'a hashed name in known_hosts is known' '
	cp "$HOME/.ssh/known_hosts" known &&
	test_when_finished "mv known \"$HOME/.ssh/known_hosts\"" &&
	ssh-keygen -q -H -f "$HOME/.ssh/known_hosts" &&
	test_grep ! 127.0.0.1 "$HOME/.ssh/known_hosts" &&
	test-tool backend "$URL" has objects/ab/cd.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'of the keys of a host the known one is asked for' '
	ssh-keygen -q -t ecdsa -N "" -f "$SSHD_DIR/host_ecdsa" &&
	sshd_start "HostKey \"$SSHD_DIR/host_ecdsa\"" &&
	TWO=$SSHD_URL$(sshd_path "$PWD/silo") &&
	test-tool backend "$TWO" has objects/ab/cd.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'a key of kind ecdsa opens the door' '
	mv "$HOME/.ssh/id_ed25519" . &&
	test_when_finished "mv id_ed25519 \"$HOME/.ssh/\"" &&
	sshd_key id_ecdsa ecdsa &&
	cp "$SSHD_DIR/id_ecdsa" "$HOME/.ssh/" &&
	test-tool backend "$URL" has objects/ab/cd.gz >actual &&
	test_cmp expect actual &&
	rm "$HOME/.ssh/id_ecdsa"
'

test_expect_success 'the agent opens the door' '
	mv "$HOME/.ssh/id_ed25519" . &&
	test_when_finished "mv id_ed25519 \"$HOME/.ssh/\"" &&
	sshd_agent &&
	test_expect_code 4 test-tool backend "$URL" has silo.json 2>err &&
	test_grep "lets nobody in" err &&
	SSH_AUTH_SOCK=agent ssh-add -q id_ed25519 &&
	SSH_AUTH_SOCK=agent test-tool backend "$URL" \
		has objects/ab/cd.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'a key with a passphrase is passed over, nobody is asked' '
	ssh-keygen -q -p -P "" -N secret -f "$HOME/.ssh/id_ed25519" &&
	test_expect_code 4 test-tool backend "$URL" has silo.json 2>err </dev/null &&
	test_grep "lets nobody in" err &&
	ssh-keygen -q -p -P secret -N "" -f "$HOME/.ssh/id_ed25519"
'

test_expect_success 'without a program called ssh it is libssh2 that is used' '
	test_when_finished "git config --global medo.ssh builtin" &&
	git config --global --unset medo.ssh &&
	mkdir bin &&
	for program in sh git env
	do
		ln -s "$(command -v $program)" bin/ || return 1
	done &&
	tool=$(command -v test-tool) &&
	PATH=$PWD/bin "$tool" backend "$URL" has objects/ab/cd.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'a setting that is none is refused' '
	test_when_finished "git config --global medo.ssh builtin" &&
	git config --global medo.ssh sometimes &&
	test_expect_code 128 test-tool backend "$URL" has silo.json 2>err &&
	test_grep "medo.ssh is .sometimes." err
'

test_expect_success 'FA-25 nobody listens: out of reach' '
	test_expect_code 3 test-tool backend ssh://127.0.0.1:$(test_free_port)/x \
		has silo.json 2>err &&
	test_grep "cannot reach" err &&
	test_expect_code 3 test-tool backend ssh://no-such-host.invalid/x \
		has silo.json 2>err &&
	test_grep "cannot find host" err
'

test_done
