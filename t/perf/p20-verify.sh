#!/bin/sh
# silo verify of 1 GiB of blobs, half text and half noise, against gzip -t.

. "$(dirname "$0")/perf-lib.sh"

mkdir in
n=0
while test $n -lt 8
do
	head -c 67108864 /dev/urandom >"in/noise$n"
	perf_tree "t$n" >/dev/null
	tar -C "t$n" -cf - . | head -c 67108864 >"in/text$n"
	echo "$n" >>"in/text$n"
	rm -rf "t$n"
	n=$((n + 1))
done
git medo silo init -q deps.silo 2>>perf.log
for file in in/*
do
	git medo add -q --silo deps.silo "$file" "${file#in/}.treeptr" \
		>>perf.log 2>&1
done
perf_compare 'silo verify 1 GiB / gzip -t' 0.50 \
	'git medo silo verify -q deps.silo' \
	'find deps.silo/objects -name "*.gz" -exec gzip -t {} +'
perf_done
