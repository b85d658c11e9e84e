#!/bin/sh
# From fork to exit of a git-medo that has nothing to do: 3 ms at most.

. "$(dirname "$0")/perf-lib.sh"

# start_ms PROGRAM ARG...: the median of 200 starts
start_ms () {
	perl -MTime::HiRes=time -e '
		my @t;
		open(STDOUT, ">", "/dev/null");
		for (1 .. 200) {
			my $start = time;
			my $pid = fork;
			if (!$pid) {
				exec(@ARGV) or exit 127;
			}
			waitpid($pid, 0);
			$? and die "failed\n";
			push @t, (time - $start) * 1000;
		}
		@t = sort { $a <=> $b } @t;
		printf STDERR "%.2f\n", $t[100];' "$@" 2>&1
}

ours=$(start_ms "$B/bin/git-medo" --version)
peer=$(start_ms /bin/true)
full=$(start_ms "$B/bin/git-medo--full" --version)
perf_row 'start of git-medo (peer: /bin/true)' "$ours ms" "$peer ms" - \
	'<= 3 ms' "$(perf_verdict "$ours" 3)"
perf_row 'start of git-medo--full' "$full ms" "$peer ms" - - -
if command -v git-lfs >/dev/null
then
	peer=$(start_ms git-lfs version)
	perf_row 'start of git-medo / git-lfs' "$ours ms" "$peer ms" \
		"$(awk -v a="$ours" -v b="$peer" 'BEGIN { printf "%.2f", a / b }')" - -
fi
perf_done
