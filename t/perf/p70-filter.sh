#!/bin/sh
# The filter against git-lfs and plain git: 10,000 files of 4 KiB, and 1 GiB,
# half of it text, half noise.  PERF_RUNS rounds, PERF_LARGE_RUNS of the large
# ones.

. "$(dirname "$0")/perf-lib.sh"

if ! command -v git-lfs >/dev/null
then
	echo 'perf: no git-lfs; the rows of p70 are missing' >&2
	perf_done
fi

# repo NAME: of one filter, by its name; contents are added by `fill`
repo () {
	git init -q "$1"
	case "$1" in
	medo*) echo '*.bin filter=medo -text' >"$1/.gitattributes" ;;
	lfs*) echo '*.bin filter=lfs -text' >"$1/.gitattributes" ;;
	plain*) echo '*.bin -text' >"$1/.gitattributes" ;;
	esac
	git -C "$1" add .gitattributes
	git -C "$1" commit -q -m attributes
	git -C "$1" tag empty
	ln "$2"/* "$1" 2>>perf.log || cp "$2"/* "$1"
}
git config --global filter.medo.process 'git-medo filter-process'
git config --global filter.medo.required true
git config --global filter.lfs.process 'git-lfs filter-process'
git config --global filter.lfs.clean 'git-lfs clean -- %f'
git config --global filter.lfs.smudge 'git-lfs smudge -- %f'
git config --global filter.lfs.required true
git config --global medo.fsync "${PERF_FSYNC:-committed}"

mkdir small large
perl -e '
	srand(1);
	for my $i (1 .. 10000) {
		open(my $f, ">", "small/$i.bin") or die;
		my $line = "file $i, line ";
		my $text = join("", map { $line . int(rand(1 << 30)) . "\n" } 1 .. 120);
		print $f substr($text x 2, 0, 4096);
	}'
perf_tree tree >>perf.log
find tree -type f -exec cat {} + >text.all
while test "$(stat -c %s text.all)" -lt 536870912
do
	cat text.all text.all >text.two
	mv text.two text.all
done
split -b 64M --numeric-suffixes=1 --additional-suffix=.bin text.all large/text
rm -rf tree text.all
rm -f large/text09.bin large/text[1-9]?.bin
for i in 1 2 3 4 5 6 7 8
do
	test-tool genrandom "perf $i" 67108864 >large/noise$i.bin
done
touch -d '1 minute ago' small/* large/*

# git hashes again what has the time of the second in which the index was
# written, so our checkout of much waits for the next second.  How long, is
# where in a second it begins: round n of m begins in the middle of the n-th
# of m parts.
perf_n=0
export perf_n PERF_RUNS
cat >phase.pl <<\EOF
use Time::HiRes qw(time sleep);
my $wait = ($ENV{perf_n} + 0.5) / $ENV{PERF_RUNS} - (time - int(time));
sleep($wait < 0 ? $wait + 1 : $wait);
EOF

# filters COMMAND: how many it starts
filters () {
	GIT_TRACE=$PERF_DIR/trace sh -c "$1" >>perf.log 2>&1
	grep -c 'run_command: .*filter-process' trace || :
	rm -f trace
}
# no_filter WHAT DIR
no_filter () {
	perf_n=$(filters "git -C $2 status")
	perf_row "$1: filters that git status starts" "$perf_n" - - '<= 0' \
		"$(perf_verdict "$perf_n" 0)"
}

add_all='git add .'
for size in small large
do
	for kind in medo lfs plain
	do
		repo "$kind.$size" "$size"
		# What was there before an add, to go back to
		cp -a "$kind.$size/.git" "$kind.$size.git"
	done
	again="for k in medo lfs plain; do rm -rf \$k.$size/.git; \
		cp -a \$k.$size.git \$k.$size/.git; done; sync -f ."
	if test "$size" = small
	then
		what='add of 10,000 x 4 KiB'
		target_add=0.48
		target_out=0.60
	else
		what='add of 1 GiB'
		target_add=0.40
		target_out=0.35
		PERF_RUNS=${PERF_LARGE_RUNS:-5}
	fi
	perf_compare "git $what, medo / git-lfs" "$target_add" \
		"cd medo.$size && $add_all" "cd lfs.$size && $add_all" "$again"
	if test "${PERF_PLAIN:-}"
	then
		perf_row "git $what, without filter" - \
			"$(perf_ms "cd plain.$size && $add_all") ms" - - -
	fi
	(cd "medo.$size" && git add .)
	(cd "lfs.$size" && git add .)
	no_filter "git $what" "medo.$size"
	for kind in medo lfs
	do
		(cd "$kind.$size" && git commit -q -m data) >>perf.log
	done
	what="checkout of ${what#add of }"
	perf_compare "git $what, medo / git-lfs" "$target_out" \
		"cd medo.$size && git checkout -q -f main" \
		"cd lfs.$size && git checkout -q -f main" \
		"for k in medo lfs; do git -C \$k.$size checkout -q -f empty; done
		perl phase.pl"
	no_filter "git $what" "medo.$size"
	git -C "medo.$size" checkout -q -f empty
	if test "$size" = large
	then
		perf_peak 'the same, the largest of git and filter' 64 \
			"cd medo.$size && git checkout -q -f main"
		(cd "medo.$size" && cmp noise3.bin ../large/noise3.bin)
	fi
	rm -rf ./*."$size" ./*."$size.git"
done

# From fork to the answer of the handshake.
start_ms () {
	perl -MTime::HiRes=time -MIPC::Open2 -e '
		my @t;
		my $hello = "0016git-filter-client\n000eversion=2\n0000";
		for (1 .. 100) {
			my $start = time;
			my $pid = open2(my $out, my $in, @ARGV);
			syswrite($in, $hello);
			sysread($out, my $answer, 4096) or die;
			push @t, (time - $start) * 1000;
			close($in);
			waitpid($pid, 0);
		}
		@t = sort { $a <=> $b } @t;
		printf "%.2f\n", $t[50];' "$@" 2>>perf.log
}
git init -q start
ours=$(cd start && start_ms git-medo filter-process)
peer=$(cd start && start_ms git-lfs filter-process)
perf_row 'filter-process to handshake / git-lfs' "$ours ms" "$peer ms" - \
	'<= 3 ms' "$(perf_verdict "$ours" 3)"
perf_done
