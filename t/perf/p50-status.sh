#!/bin/sh
# git medo status with 10,000 treeptrs, nothing changed, against git status.

. "$(dirname "$0")/perf-lib.sh"

git init -q repo
git medo silo init -q deps.silo 2>>perf.log
(
	cd repo || exit 1
	git medo init -q --silo ../deps.silo deps
	echo content >../file
	git medo add -q ../file deps/one.treeptr
	perl -e '
		my @lines = do { open(my $f, "<", "deps/one.treeptr"); <$f> };
		my $dir;
		for my $i (0 .. 9999) {
			if (!($i % 100)) {
				$dir = sprintf("deps/d%02d", $i / 100);
				mkdir $dir;
			}
			open(my $f, ">", "$dir/p$i.treeptr") or die;
			print $f @lines;
		}'
	git add .
	git commit -q -m pointers
	git medo push -q
	git status
	git medo status
) >>perf.log 2>&1

perf_compare 'medo status 10,000 treeptrs / git status' 2 \
	'cd repo && git medo status' \
	'cd repo && git status'
perf_done
