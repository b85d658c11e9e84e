# Measuring, side by side: sourced by t/perf/p*.sh with
#	. "$(dirname "$0")/perf-lib.sh"
# Everything lies in one directory of /dev/shm, both sides alternate, medians
# of PERF_RUNS (5) count.  Each row is printed and appended to $PERF_TABLE.
# shellcheck shell=sh

set -eu
export LC_ALL=C
perf_source=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case "$B" in
/*) ;;
*) B=$perf_source/$B ;;
esac
PATH=$B/bin:$B:$PATH
PERF_RUNS=${PERF_RUNS:-5}
if ! test -x "$B/bin/git-medo"
then
	echo "perf: no build in '$B': say make first" >&2
	exit 1
fi

perf_root=/dev/shm
test -w "$perf_root" || perf_root=${TMPDIR:-/tmp}
PERF_DIR=$(mktemp -d "$perf_root/medo-perf.XXXXXX")
trap 'perf_end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$PERF_DIR/home"
HOME=$PERF_DIR/home
export HOME PATH B
for perf_var in $(env | sed -n 's/^\(\(GIT\|MEDO\|XDG\)_[A-Z0-9_]*\)=.*/\1/p')
do
	unset "$perf_var"
done
git config --global user.name Perf
git config --global user.email perf@example.com
git config --global init.defaultBranch main
git config --global gc.auto 0
cd "$PERF_DIR"

perf_fail=0
perf_over=

# A script that ends before perf_done says why.
perf_end () {
	if test -z "$perf_over"
	then
		tail -n 20 "$PERF_DIR/perf.log" >&2
		echo "perf: '$0' broke off" >&2
	fi
	cd /
	chmod -R u+w "$PERF_DIR"
	rm -rf "$PERF_DIR"
}

# row WHAT OURS PEER RATIO TARGET VERDICT
perf_row () {
	printf '%-44s %12s %12s %8s %10s  %s\n' "$@"
	if test "${PERF_TABLE:-}"
	then
		printf '| %s | %s | %s | %s | %s | %s |\n' "$@" >>"$PERF_TABLE"
	fi
	case "$6" in
	MISSED) perf_fail=1 ;;
	esac
}

# Is A <= B, as decimals?
perf_le () {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'
}

perf_verdict () {
	if perf_le "$1" "$2"
	then
		echo ok
	else
		echo MISSED
	fi
}

# Milliseconds that a command line takes; what it says goes to perf.log.
perf_ms () {
	perf_start=$(date +%s%N)
	if ! sh -c "$1" >>"$PERF_DIR/perf.log" 2>&1 </dev/null
	then
		echo "perf: failed: $1" >&2
		return 1
	fi
	perf_stop=$(date +%s%N)
	echo $(((perf_stop - perf_start) / 10000)) | awk '{ print $1 / 100 }'
}

perf_median () {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# compare WHAT TARGET|- OURS PEER [PREPARE]: PREPARE runs before each, untimed
perf_compare () {
	: >ours.ms
	: >peer.ms
	perf_n=0
	while test "$perf_n" -lt "$PERF_RUNS"
	do
		sh -c "${5:-:}" >>perf.log 2>&1
		perf_ms "$3" >>ours.ms
		sh -c "${5:-:}" >>perf.log 2>&1
		perf_ms "$4" >>peer.ms
		perf_n=$((perf_n + 1))
	done
	perf_ours=$(perf_median ours.ms)
	perf_peer=$(perf_median peer.ms)
	perf_ratio=$(awk -v a="$perf_ours" -v b="$perf_peer" \
		'BEGIN { printf "%.2f", a / b }')
	if test "$2" = -
	then
		perf_row "$1" "$perf_ours ms" "$perf_peer ms" "$perf_ratio" - -
		return
	fi
	perf_row "$1" "$perf_ours ms" "$perf_peer ms" "$perf_ratio" "<= $2" \
		"$(perf_verdict "$perf_ratio" "$2")"
}

# peak WHAT LIMIT_MIB COMMAND: the peak RSS of its largest process
perf_peak () {
	if ! /usr/bin/time -f %M -o peak.kib sh -c "$3" \
		>>perf.log 2>&1 </dev/null
	then
		echo "perf: failed: $3" >&2
		return 1
	fi
	perf_mib=$(awk '{ printf "%.1f", $1 / 1024 }' peak.kib)
	perf_row "$1" "$perf_mib MiB" - - "<= $2 MiB" \
		"$(perf_verdict "$perf_mib" "$2")"
}

# A source tree of real text: headers and scripts of this machine, at least
# 5,700 files and 73 MB.
perf_tree () {
	mkdir "$1"
	find /usr/include /usr/lib/python3* /usr/share/perl* /usr/lib/ruby \
		/usr/share/doc /usr/share/perl /usr/lib/git-core \
		-type f -size -2048k \
		! -name '*.gz' ! -name '*.pyc' ! -name '*.so' \
		-printf '%s\t%p\n' 2>/dev/null |
	LC_ALL=C sort -k 2 -u |
	awk -F '\t' '
		n >= 5700 && sum >= 73000000 { exit }
		{ n++; sum += $1; print $2 }' >tree.list
	tar -C / -cf - -T tree.list 2>>perf.log | tar -C "$1" -xf -
	printf '# the tree: %s files, %s bytes\n' "$(find "$1" -type f | wc -l)" \
		"$(find "$1" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')"
}

perf_done () {
	perf_over=yes
	exit "$perf_fail"
}
