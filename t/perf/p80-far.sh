#!/bin/sh
# Silos behind a web server: nginx on the loopback, both sides in one run.  A
# blob of 1 GiB against curl and sha256sum; 10,000 of 4 KiB, of one push and of
# a thousand, against curl --parallel; the same with 40 ms each way.

. "$(dirname "$0")/perf-lib.sh"

for tool in nginx curl python3
do
	if ! command -v "$tool" >/dev/null
	then
		echo "perf: no $tool; the rows of p80 are missing" >&2
		perf_done
	fi
done

far_pids=
# shellcheck disable=SC2086 # a list
trap 'kill $far_pids; perf_end' EXIT

mkdir -p www/tmp
far_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >www/nginx.conf <<END
$(test "$(id -u)" != 0 || echo 'user root;')
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
	access_log access.log;
	sendfile on;
	client_body_temp_path tmp;
	proxy_temp_path tmp;
	fastcgi_temp_path tmp;
	uwsgi_temp_path tmp;
	scgi_temp_path tmp;
	server { listen 127.0.0.1:$far_port; root $PERF_DIR; }
}
END
nginx -e stderr -p www -c nginx.conf >>perf.log 2>&1 &
far_pids="$far_pids $!"
# shellcheck disable=SC2154 # perf-lib.sh's
python3 "$perf_source/t/helper/delayproxy.py" --to "127.0.0.1:$far_port" \
	--port slow.port --log slow.log --delay 40 >>perf.log 2>&1 &
far_pids="$far_pids $!"
while ! test -f slow.port || ! curl -s -o curl.out "http://127.0.0.1:$far_port/"
do
	sleep 0.1
done
fast=http://127.0.0.1:$far_port
slow=http://127.0.0.1:$(cat slow.port)

git config --global filter.medo.process 'git-medo filter-process'
git config --global filter.medo.required true
git config --global medo.fsync none

# far_repo NAME: a repository of NAME/*.bin, pushed into NAME.silo, and clones
# of it that have the pointers, by the fast line and by the slow one; in a pack,
# as from any server
far_repo () {
	git init -q "$1.git"
	(
		cd "$1.git" || exit
		echo '*.bin filter=medo -text' >.gitattributes
		git medo silo init -q "../$1.silo"
		git medo init -q --silo "../$1.silo" .
		cp "../$1"/*.bin .
		git add .
		git commit -q -m "$1"
		git medo push -q
	) >>perf.log 2>&1
	rm -rf "$1.git/.git/medo"
	far_clones "$1" "$1.git"
}
far_clones () {
	for far_line in fast slow
	do
		git -c filter.medo.process= -c filter.medo.required=false \
			clone -q --no-local "$2" "$1.$far_line" >>perf.log 2>&1
		far_url=$fast
		test "$far_line" = fast || far_url=$slow
		git -C "$1.$far_line" config medo.silo "$far_url/$1.silo"
	done
}

# far_requests WHAT TARGET COMMAND
far_requests () {
	rm -rf "$HOME/.cache"
	: >www/access.log
	sh -c "$3" >>perf.log 2>&1
	sleep 0.2
	far_n=$(wc -l <www/access.log)
	perf_row "$1" "$far_n" - - "<= $2" "$(perf_verdict "$far_n" "$2")"
}

# far_seconds WHAT TARGET COMMAND: the median
far_seconds () {
	: >ours.ms
	for far_i in $(seq "$PERF_RUNS")
	do
		rm -rf "$HOME/.cache"
		perf_ms "$3" >>ours.ms
	done
	far_s=$(perf_median ours.ms | awk '{ printf "%.2f", $1 / 1000 }')
	perf_row "$1" "$far_s s" - - "<= $2 s" "$(perf_verdict "$far_s" "$2")"
}
forget='rm -rf "$HOME/.cache" got'

# One of 1 GiB, half of it text, half noise.
mkdir big
perf_tree tree >>perf.log
find tree -type f -exec cat {} + >text
while test "$(stat -c %s text)" -lt 536870912
do
	cat text text >text.two
	mv text.two text
done
rm -rf tree
{ head -c 536870912 text && test-tool genrandom big 536870912; } >big/one.bin
rm text
far_repo big
perf_compare 'http: fetch of 1 GiB / curl -o, sha256sum' 1.2 \
	'git -C big.fast medo fetch -q --all' \
	"curl -s -o got $fast/big/one.bin && sha256sum got" "$forget"
rm -rf "$HOME/.cache" got
perf_peak 'http: fetch of 1 GiB' 64 'git -C big.fast medo fetch -q --all'
rm -rf "$HOME/.cache" big big.*

# 10,000 of 4 KiB, by one push.
mkdir small
perl -e '
	srand(1);
	for my $i (1 .. 10000) {
		open(my $f, ">", "small/$i.bin") or die;
		print $f pack("L*", map { int(rand(4294967296)) } 1 .. 1024);
	}'
far_repo small
for n in $(seq 10000)
do
	echo "url = \"$fast/small/$n.bin\""
	echo "output = \"got/$n\""
done >curl.list
perf_compare 'http: 10,000 of 4 KiB / curl --parallel' 0.15 \
	'git -C small.fast medo fetch -q --all' \
	'mkdir -p got && curl -s --parallel -K curl.list' "$forget"
rm -rf got
far_requests 'http: 10,000 of 4 KiB, requests' 100 \
	'git -C small.fast medo fetch -q --all'
far_seconds 'http: 10,000 of 4 KiB, 40 ms each way' 3 \
	'git -C small.slow medo fetch -q --all'
rm -rf "$HOME/.cache"
perf_peak 'http: 10,000 of 4 KiB' 64 'git -C small.fast medo fetch -q --all'

# The same number after a thousand pushes of 10.
git medo silo init -q many.silo
test-tool table push many.silo 1000 10 4096 7 >many.ids 2>>perf.log
far_requests 'http: after 1,000 pushes of 10, requests' 120 \
	"test-tool table here \$HOME/.cache/medo $fast/many.silo <many.ids"
far_seconds 'http: after 1,000 pushes, 40 ms each way' 3 \
	"test-tool table here \$HOME/.cache/medo $slow/many.silo <many.ids"
perf_done
