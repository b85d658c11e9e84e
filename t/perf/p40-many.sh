#!/bin/sh
# Twice the files take at most 2.2 times as long: 50,000 and 100,000 of 1 KiB.

. "$(dirname "$0")/perf-lib.sh"

PERF_RUNS=${PERF_MANY_RUNS:-3}

perl -e '
	my ($dir, $n) = @ARGV;
	mkdir $dir;
	for my $i (0 .. $n - 1) {
		my $sub = sprintf("%s/%03d", $dir, $i / 500);
		mkdir $sub unless $i % 500;
		open(my $f, ">", sprintf("%s/file%06d", $sub, $i)) or die;
		print $f sprintf("%08d %s\n", $i * 7919, $i) x 64;
		close($f);
	}' whole 100000
mkdir half
for sub in whole/0*
do
	cp -R "$sub" half/
done
git init -q repo
git medo silo init -q deps.silo 2>>perf.log
(cd repo && git medo init -q --silo ../deps.silo deps) 2>>perf.log

perf_compare 'add 100,000 files / 50,000' 2.2 \
	'cd repo && git medo add -q ../whole deps/whole.treeptr' \
	'cd repo && git medo add -q ../half deps/half.treeptr' \
	'rm -rf repo/.git/medo'
(
	cd repo || exit 1
	git medo add -q ../whole deps/whole.treeptr
	git medo add -q ../half deps/half.treeptr
) >>perf.log 2>&1
perf_compare 'expand 100,000 files / 50,000' 2.2 \
	'cd repo && git medo expand -q deps/whole.treeptr ../out' \
	'cd repo && git medo expand -q deps/half.treeptr ../out' \
	'rm -rf out'
rm -rf out
perf_peak 'add 100,000 files' 96 \
	'cd repo && git medo add -q ../whole deps/whole.treeptr'
perf_peak 'expand 100,000 files' 96 \
	'cd repo && git medo expand -q deps/whole.treeptr ../out'
perf_done
