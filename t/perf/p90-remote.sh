#!/bin/sh
# git-remote-silo behind Apache with WebDAV on the loopback: a history of 5,000
# commits against smart http of the same server (git http-backend, by CGI), the
# same after a thousand pushes, one commit to and fro, 10,000 refs.  Requests
# are the lines of the server's log.  PERF_COMMITS, PERF_PUSHES and PERF_REFS
# make it smaller.

. "$(dirname "$0")/perf-lib.sh"

PERF_COMMITS=${PERF_COMMITS:-5000}
PERF_PUSHES=${PERF_PUSHES:-1000}
PERF_REFS=${PERF_REFS:-10000}
web_modules=/usr/lib/apache2/modules
web_apache=$(PATH=$PATH:/usr/sbin:/sbin; command -v apache2) || web_apache=
backend=$(git --exec-path)/git-http-backend
if ! test -f "$web_modules/mod_dav_fs.so" || ! test -x "$web_apache" ||
	! test -x "$backend" || ! command -v python3 >/dev/null
then
	echo "perf: no Apache or no git http-backend;" \
		"the rows of p90 are missing" >&2
	perf_done
fi

web_pid=
trap 'test -z "$web_pid" || kill "$web_pid"; perf_end' EXIT

# Apache as root serves as nobody, who must reach what it serves.
web_start () {
	chmod 755 "$PERF_DIR"
	mkdir -p web/lock web/run root peer
	web_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	web_url=http://127.0.0.1:$web_port
	web_conf >web/apache.conf
	web_give
	"$web_apache" -D FOREGROUND -d "$PERF_DIR/web" \
		-f "$PERF_DIR/web/apache.conf" >>perf.log 2>&1 &
	web_pid=$!
	web_n=0
	while ! python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)' "$web_port" \
		>>perf.log 2>&1
	do
		web_n=$((web_n + 1))
		test "$web_n" -lt 100
		sleep 0.1
	done
}

web_give () {
	test "$(id -u)" != 0 || chown -R 65534:65534 root web peer
}

web_conf () {
	for web_module in mpm_event authn_core authz_core dav dav_fs \
		log_config unixd mime dir alias env cgid
	do
		test -f "$web_modules/mod_$web_module.so" || continue
		echo "LoadModule ${web_module}_module $web_modules/mod_$web_module.so"
	done
	test "$(id -u)" != 0 || printf 'User #65534\nGroup #65534\n'
	cat <<-END
	ServerRoot "$PERF_DIR/web"
	ServerName localhost
	Listen 127.0.0.1:$web_port
	PidFile "$PERF_DIR/web/apache.pid"
	ErrorLog "$PERF_DIR/web/error.log"
	DefaultRuntimeDir "$PERF_DIR/web/run"
	ScriptSock "$PERF_DIR/web/cgisock"
	Mutex "file:$PERF_DIR/web/lock" default
	TypesConfig /dev/null
	LogFormat "%m %U %s %{Content-Length}i" plain
	CustomLog "$PERF_DIR/access.log" plain
	DocumentRoot "$PERF_DIR/root"
	DavLockDB "$PERF_DIR/web/lock/dav"
	<Directory "$PERF_DIR/root">
	Dav On
	DirectorySlash Off
	Require all granted
	</Directory>
	ScriptAlias /smart/ "$backend/"
	SetEnv GIT_PROJECT_ROOT "$PERF_DIR/peer"
	SetEnv GIT_HTTP_EXPORT_ALL 1
	SetEnv GIT_CONFIG_COUNT 1
	SetEnv GIT_CONFIG_KEY_0 safe.directory
	SetEnv GIT_CONFIG_VALUE_0 *
	<Directory "$(dirname "$backend")">
	Require all granted
	</Directory>
	END
}

# A history such as people make: 400 files in 40 folders; each commit changes
# up to three of them by a few lines, now and then one is new.
make_history () {
	git init -q --bare "$1"
	perl -e '
		my ($n, $stamp, $next) = (shift, 1600000000, 0);
		srand(5);
		my @words = map { join "", map { chr(97 + rand 26) }
			0 .. 2 + rand 8 } 1 .. 3000;
		my @files;
		sub line { join(" ", map { $words[rand @words] } 0 .. 4 + rand 8)
			. "\n" }
		sub fresh { push @files, [sprintf("dir%02d/file%d.c",
			$next % 40, $next++), map { line() } 0 .. 50 + rand 300] }
		sub data { my $d = join "", @_;
			"data " . length($d) . "\n$d\n" }
		for my $c (1 .. $n) {
			my %touched;
			if ($c == 1) {
				fresh() for 1 .. 400;
				$touched{$_} = 1 for 0 .. $#files;
			} elsif ($c % 20 == 0) {
				fresh();
				$touched{$#files} = 1;
			}
			for (0 .. rand 3) {
				my $i = int rand @files;
				my $f = $files[$i];
				splice @$f, 1 + rand(@$f - 1), int rand 4,
					map { line() } 0 .. rand 6;
				$touched{$i} = 1;
			}
			$stamp += 600;
			print "commit refs/heads/main\n",
				"committer P <p\@example.com> $stamp +0000\n",
				data("change $c\n\n", map { line() } 0 .. rand 4);
			for (sort { $a <=> $b } keys %touched) {
				my ($path, @lines) = @{$files[$_]};
				print "M 644 inline $path\n", data(@lines);
			}
		}' "$2" | git -C "$1" fast-import --quiet
	git -C "$1" symbolic-ref HEAD refs/heads/main
	git -C "$1" repack -adfbq
	git -C "$1" pack-refs --all
}

# requests WHAT TARGET|- COMMAND: lines in the server's log
requests () {
	: >access.log
	sh -c "$3" >>perf.log 2>&1 </dev/null
	sleep 0.2
	requests_n=$(wc -l <access.log)
	cat access.log >>perf.log
	if test "$2" = -
	then
		perf_row "$1" "$requests_n" - - - -
		return
	fi
	perf_row "$1" "$requests_n" - - "<= $2" \
		"$(perf_verdict "$requests_n" "$2")"
}

# seconds WHAT TARGET COMMAND: the median
seconds () {
	: >ours.ms
	# shellcheck disable=SC2153 # perf-lib.sh has it
	for seconds_i in $(seq "$PERF_RUNS")
	do
		perf_ms "$3" >>ours.ms
	done
	seconds_s=$(perf_median ours.ms | awk '{ printf "%.3f", $1 / 1000 }')
	perf_row "$1" "$seconds_s s" - - "<= $2 s" \
		"$(perf_verdict "$seconds_s" "$2")"
}

git config --global medo.fsync none
git config --global safe.directory '*'
git config --global advice.detachedHead false
git config --global core.fsync none

web_start
git medo silo init -q root/deps.silo >>perf.log 2>&1
disk=silo::$PERF_DIR/root/deps.silo/git
far=silo::$web_url/deps.silo/git
forget='rm -rf got "$HOME/.cache"'

# The clone, of one pack.
make_history peer/oil.git "$PERF_COMMITS" 2>>perf.log
printf '# the history: %s commits, %s objects, %s bytes of pack\n' \
	"$(git -C peer/oil.git rev-list --count main)" \
	"$(git -C peer/oil.git rev-list --objects main | wc -l)" \
	"$(stat -c %s peer/oil.git/objects/pack/*.pack)"
git -C peer/oil.git push -q "$disk/oil.git" main >>perf.log 2>&1
web_give
smart=$web_url/smart
requests "clone of $PERF_COMMITS commits, requests" 12 \
	"$forget; git clone -q $far/oil.git got"
perf_compare "clone of $PERF_COMMITS commits / smart http" 1.2 \
	"git clone -q $far/oil.git got" \
	"git clone -q $smart/oil.git got" "$forget"
perf_compare "the same, --bare / smart http" - \
	"git clone -q --bare $far/oil.git got" \
	"git clone -q --bare $smart/oil.git got" "$forget"

# work makes N commits on main of a clone of it: work N
git clone -q peer/oil.git work 2>>perf.log
work () {
	work_tip=$(git -C work rev-parse main)
	perl -e '
		my ($n, $tip, $stamp) = (shift, shift, time);
		for (1 .. $n) {
			my $d = join "", map { "of $_ " . rand() . "\n" } 1 .. 40;
			print "commit refs/heads/main\n",
				"committer P <p\@example.com> $stamp +0000\n",
				"data 5\nwork\n", $tip ? "from $tip\n" : "",
				"M 644 inline dir", int(rand 40), "/work",
				int(rand 50), ".c\ndata ", length $d, "\n$d\n";
			$tip = "";
			$stamp++;
		}' "$1" "$work_tip" | git -C work fast-import --quiet
}

# One commit there: the median of 16 pushes, since some of them fold; and what
# one of them sends, against the thin pack.
git -C work remote add far "$far/oil.git"
git clone -q "$far/oil.git" other 2>>perf.log
git -C work fetch -q far >>perf.log 2>&1
: >push.n
: >push.bytes
for n in $(seq 16)
do
	before=$(git -C work rev-parse main)
	work 1
	: >access.log
	git -C work push -q far main >>perf.log 2>&1
	sleep 0.2
	wc -l <access.log >>push.n
	thin=$(printf '%s\n' main "^$before" |
		git -C work pack-objects -q --thin --stdout --revs | wc -c)
	awk -v thin="$thin" '
		$4 ~ /^[0-9]+$/ { s += $4 }
		END { print s - 2 * thin, s + 0, thin }' access.log >>push.bytes
	cat access.log >>perf.log
done
n=$(perf_median push.n)
perf_row 'push of one commit, requests' "$n" - - '<= 8' "$(perf_verdict "$n" 8)"
n=$(sort -n push.n | tail -n 1)
perf_row 'push of one commit, the worst of 16' "$n" - - - -
sort -n push.bytes | sed -n 8p >push.mid
read -r over sent thin <push.mid
perf_row 'push of one commit, bytes / thin pack' "$sent" "$thin" \
	"$(awk -v a="$sent" -v b="$thin" 'BEGIN { printf "%.2f", a / b }')" \
	'<= 2 + 4096' "$(perf_verdict "$over" 4096)"

# One commit back, and nothing.
git -C other fetch -q origin
work 1
git -C work push -q far main
requests 'fetch of one commit, requests' 6 'git -C other fetch -q origin'
requests 'nothing to fetch, requests' 3 'git -C other fetch -q origin'
requests 'nothing to push, requests' 3 'git -C work push -q far main'

# After a thousand pushes, made on the disk.
git -C work remote add disk "$disk/oil.git"
work "$PERF_PUSHES"
git -C work rev-list --reverse far/main..main >push.list
start=$(date +%s)
while read -r oid
do
	git -C work push -q disk "$oid:refs/heads/main" >>perf.log 2>&1 </dev/null
done <push.list
printf '# %s pushes to a folder took %s s\n' "$(wc -l <push.list)" \
	"$(($(date +%s) - start))"
web_give
git -C work push -q ../peer/oil.git main
requests "clone after $PERF_PUSHES pushes, requests" 40 \
	"$forget; git clone -q $far/oil.git got"
test "$(git -C got rev-parse HEAD)" = "$(git -C work rev-parse main)"
perf_compare "clone after $PERF_PUSHES pushes / smart http" - \
	"git clone -q $far/oil.git got" \
	"git clone -q $smart/oil.git got" "$forget"
requests "fetch of $PERF_PUSHES pushes at once, requests" - \
	'git -C other fetch -q origin'
requests 'nothing to fetch then, requests' 3 'git -C other fetch -q origin'
requests 'nothing to push then, requests' 3 'git -C work push -q far main'
work 1
requests 'push of one commit then, requests' 8 'git -C work push -q far main'
requests 'fetch of one commit then, requests' 6 'git -C other fetch -q origin'

# Many refs.
git init -q --bare refs.git
git -C refs.git fetch -q ../peer/oil.git main:main
git -C refs.git rev-list main | awk -v n="$PERF_REFS" '
	{ id[NR] = $1 }
	END {
		for (i = 1; i <= n; i++)
			print "create refs/heads/topic/" i, id[1 + i % NR]
	}' | git -C refs.git update-ref --stdin
git -C refs.git push -q "$disk/refs.git" 'refs/heads/*:refs/heads/*' \
	>>perf.log 2>&1
web_give
requests "ls-remote with $PERF_REFS refs, requests" 3 \
	"$forget; git ls-remote $far/refs.git | tail -n 1"
seconds "ls-remote with $PERF_REFS refs" 0.3 "git ls-remote $far/refs.git"
seconds "ls-remote with $PERF_REFS refs, no cache" 0.3 \
	"$forget; git ls-remote $far/refs.git"
perf_done
