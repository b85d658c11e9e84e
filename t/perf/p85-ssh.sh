#!/bin/sh
# Silos behind sshd on the loopback: a push of 1 GiB against scp, and one of
# 1,000 blobs of 100 KiB at 40 ms each way against sftp -b, which is given 100
# of them and counted ten times.

. "$(dirname "$0")/perf-lib.sh"
# What lib-sshd.sh needs of a test.
# shellcheck disable=SC2034
{
	TEST_TOP=$PERF_DIR
	root=$PERF_DIR
	test_name=p85
	test_pids=$PERF_DIR/pids
}
# shellcheck disable=SC2154 # perf-lib.sh's
. "$perf_source/t/lib-functions.sh"
test_done () {
	# shellcheck disable=SC2154
	echo "perf: $skip_all; the rows of p85 are missing" >&2
	perf_done
}
. "$perf_source/t/lib-sshd.sh"
ssh_pids=
# shellcheck disable=SC2086 # a list
trap 'kill $ssh_pids; perf_end' EXIT

sshd_setup >>perf.log 2>&1
sshd_start 'MaxStartups 100' >>perf.log 2>&1
ssh_pids=$SSHD_PID
python3 "$perf_source/t/helper/delayproxy.py" --to "127.0.0.1:$SSHD_PORT" \
	--port slow.port --log slow.log --delay 40 >>perf.log 2>&1 &
ssh_pids="$ssh_pids $!"
test_wait_until 20 test -f slow.port
sshd_known "$SSHD_DIR/host_ed25519" "$(cat slow.port)"
there=$(sshd_path "$PERF_DIR")
slow=ssh://$SSHD_USER@127.0.0.1:$(cat slow.port)
git config --global medo.fsync none

# ssh_repo NAME FILE...: a repository with a treeptr for each, nothing pushed
ssh_repo () {
	ssh_name=$1
	shift
	git init -q "$ssh_name"
	(
		cd "$ssh_name" || exit
		git medo init -q deps
		for ssh_file
		do
			git medo add -q "$ssh_file" \
				"deps/$(basename "$ssh_file").treeptr"
		done
	) >>perf.log 2>&1
}
# ssh_push NAME URL: a command line, for a silo that is made anew each time
ssh_push () {
	echo "git -C $1 -c medo.silo=$2$there/far -c medo.allow=$2$there/far medo push -q"
}
fresh='rm -rf far got && git medo silo init -q far && mkdir got'

test-tool genrandom big 1073741824 >one
ssh_repo large "$PERF_DIR/one"
perf_compare 'ssh: push of 1 GiB / scp' 1.3 "$(ssh_push large "$SSHD_URL")" \
	"scp -q -F '$SSHD_DIR/ssh_config' -P $SSHD_PORT one $SSHD_USER@127.0.0.1:$PERF_DIR/got/" \
	"$fresh"
sh -c "$fresh"
perf_peak 'ssh: push of 1 GiB' 64 "$(ssh_push large "$SSHD_URL")"
rm -rf one large far got

mkdir many
for n in $(seq 1000)
do
	test-tool genrandom "$n" 102400 >"many/$n"
done
ssh_repo small "$PERF_DIR"/many/*
for n in $(seq 100)
do
	echo "put many/$n got/$n"
done >batch
sh -c "$fresh"
ours=$(perf_ms "$(ssh_push small "$slow")")
peer=$(perf_ms "sftp -q -F '$SSHD_DIR/ssh_config' -P $(cat slow.port) \
	-b batch $SSHD_USER@127.0.0.1:$PERF_DIR" | awk '{ print $1 * 10 }')
ratio=$(awk -v a="$ours" -v b="$peer" 'BEGIN { printf "%.2f", a / b }')
perf_row 'ssh: 1,000 of 100 KiB at 40 ms / sftp -b' "$ours ms" "$peer ms" \
	"$ratio" '<= 0.2' "$(perf_verdict "$ratio" 0.2)"
perf_done
