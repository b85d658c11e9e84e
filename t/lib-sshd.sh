# An OpenSSH server on the loopback with keys of its own, and a client that
# knows no others.  Source it with
#	. "$TEST_DIRECTORY/lib-sshd.sh"
# shellcheck shell=sh

SSHD=$(command -v sshd || echo /usr/sbin/sshd)
if ! test -x "$SSHD" || ! command -v ssh >/dev/null || ! command -v python3 >/dev/null
then
	skip_all='no OpenSSH server'
	test_done
fi

# sshd starts the shell of who logs in, and turns away a locked account, as
# that of nobody is.
case "$(getent passwd "$(id -u)")" in
*/nologin | */false)
	skip_all="no server for $(id -un), who has no shell"
	test_done
	;;
esac

for SFTP_SERVER in /usr/lib/openssh/sftp-server /usr/lib/ssh/sftp-server \
	/usr/libexec/openssh/sftp-server /usr/libexec/sftp-server
do
	test -x "$SFTP_SERVER" && break
done

# sshd says no without it, where it runs as root.
if test -w /run && ! test -d /run/sshd
then
	mkdir /run/sshd
fi

SSHD_DIR=$TEST_TOP/sshd
SSHD_USER=$(id -un)

# sshd_key NAME [TYPE]: a key pair of the client, let in by the server
sshd_key () {
	ssh-keygen -q -t "${2:-ed25519}" -N "" -C "$1" -f "$SSHD_DIR/$1" &&
	cat "$SSHD_DIR/$1.pub" >>"$SSHD_DIR/authorized_keys"
}

# sshd_setup: host keys, a key of ours, and a client that uses just them
sshd_setup () {
	mkdir -p "$SSHD_DIR" "$HOME/.ssh" &&
	chmod 700 "$SSHD_DIR" "$HOME/.ssh" &&
	ssh-keygen -q -t ed25519 -N "" -f "$SSHD_DIR/host_ed25519" &&
	sshd_key id_ed25519 &&
	cat >"$SSHD_DIR/ssh_config" <<-END &&
	Host *
		IdentityFile "$SSHD_DIR/id_ed25519"
		IdentitiesOnly yes
		UserKnownHostsFile "$HOME/.ssh/known_hosts"
		GlobalKnownHostsFile /dev/null
		StrictHostKeyChecking yes
		BatchMode yes
	END
	sshd_client "ssh -F '$SSHD_DIR/ssh_config'"
}

# sshd_client COMMAND: what git and we start, by a shell
sshd_client () {
	GIT_SSH_COMMAND=$1
	export GIT_SSH_COMMAND
}

# sshd_start [LINE...]: a server, with these lines of sshd_config in front.
# SSHD_URL is ssh://user@127.0.0.1:PORT, and its key is known.
# shellcheck disable=SC2154 # test_pid is of test_start
sshd_start () {
	SSHD_PORT=$(test_free_port) &&
	{
		test $# = 0 || printf '%s\n' "$@"
		cat <<-END
		Port $SSHD_PORT
		ListenAddress 127.0.0.1
		HostKey "${SSHD_HOST_KEY:-$SSHD_DIR/host_ed25519}"
		AuthorizedKeysFile "$SSHD_DIR/authorized_keys"
		PidFile none
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		PrintMotd no
		MaxStartups 100
		END
		case "$*" in
		*Subsystem*) ;;
		*) echo "Subsystem sftp internal-sftp" ;;
		esac
	} >"$SSHD_DIR/config.$SSHD_PORT" &&
	test_start "$SSHD" -D -e -f "$SSHD_DIR/config.$SSHD_PORT" &&
	SSHD_PID=$test_pid &&
	SSHD_URL=ssh://$SSHD_USER@127.0.0.1:$SSHD_PORT &&
	sshd_known "${SSHD_HOST_KEY:-$SSHD_DIR/host_ed25519}" "$SSHD_PORT" &&
	test_wait_until 10 sshd_answers
}

sshd_answers () {
	python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
sys.exit(not s.recv(4) == b"SSH-")' "$SSHD_PORT"
}

# sshd_agent: one without keys, at SSH_AUTH_SOCK=agent.  A path from here, not
# from /, since a socket's has about 100 bytes; and it is asked, since its
# file is there before it listens.
sshd_agent () {
	test_start ssh-agent -D -a agent &&
	test_wait_until 20 sshd_agent_answers
}

sshd_agent_answers () {
	SSH_AUTH_SOCK=agent ssh-add -l >/dev/null 2>&1
	test $? = 1
}

# sshd_known KEY PORT: as if we had been there
sshd_known () {
	echo "[127.0.0.1]:$2 $(cut -d' ' -f1,2 "$1.pub")" \
		>>"$HOME/.ssh/known_hosts"
}

# sshd_path DIR: as a part of a URL
sshd_path () {
	python3 -c 'import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1]))' "$1"
}

