#!/bin/sh
# Memory does not grow with the blob: 8 GiB of nothing, 2 GiB of noise.

. "$(dirname "$0")/perf-lib.sh"

git init -q repo
git medo silo init -q deps.silo 2>>perf.log
(cd repo && git medo init -q --silo ../deps.silo deps) 2>>perf.log

measure () {
	perf_peak "add $1" 64 "cd repo && git medo add -q ../$2 deps/$2.treeptr"
	perf_peak "push $1" 64 'cd repo && git medo push -q'
	rm "$2"
	perf_peak "expand $1" 64 \
		"cd repo && git medo expand -q deps/$2.treeptr ../out"
	rm -rf out home/.cache repo/.git/medo repo/deps/*.treeptr \
		deps.silo/objects
}
truncate -s 8G sparse
measure 'an 8 GiB sparse file' sparse
head -c 2147483648 /dev/urandom >noise
measure 'a 2 GiB random file' noise
perf_done
