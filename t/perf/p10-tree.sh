#!/bin/sh
# A source tree into the store and out of the cache, against tar and gzip.

. "$(dirname "$0")/perf-lib.sh"

perf_tree tree
git init -q repo
git medo silo init -q deps.silo 2>>perf.log
(cd repo && git medo init -q --silo ../deps.silo deps) 2>>perf.log

perf_compare 'add tree / tar czf' 0.30 \
	'cd repo && git medo add -q ../tree deps/tree.treeptr' \
	'tar -C tree -czf tree.tar.gz .' \
	'rm -rf repo/.git/medo repo/deps/tree.treeptr home/.cache'

(cd repo && git medo add -q ../tree deps/tree.treeptr) >>perf.log 2>&1
ours=$(find repo/.git/medo/objects -name '*.gz' -printf %s)
peer=$(stat -c %s tree.tar.gz)
ratio=$(awk -v a="$ours" -v b="$peer" 'BEGIN { printf "%.3f", a / b }')
perf_row 'size of the blob / .tar.gz' "$ours" "$peer" "$ratio" '<= 1.02' \
	"$(perf_verdict "$ratio" 1.02)"

(cd repo && git medo push -q) >>perf.log 2>&1
perf_compare 'expand tree / tar xzf' 0.60 \
	'cd repo && git medo expand -q deps/tree.treeptr ../out' \
	'mkdir peer && tar -C peer -xzf tree.tar.gz' \
	'rm -rf out peer'
if command -v bsdtar >/dev/null
then
	perf_compare 'expand tree / bsdtar xzf' 1 \
		'cd repo && git medo expand -q deps/tree.treeptr ../out' \
		'mkdir peer && bsdtar -C peer -xzf tree.tar.gz' \
		'rm -rf out peer'
fi
rm -rf out
(cd repo && git medo expand -q deps/tree.treeptr ../out) >>perf.log 2>&1
diff -r tree out/tree
perf_done
