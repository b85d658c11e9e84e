#!/bin/sh
# usage: B=<build> mk/quickstart.sh
#
# The main job, start to end, in a temporary directory: a tree and an archive
# go into a silo, their pointers into git, and come out of a clone.  Each
# command is printed before its output; nothing outside is touched.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${B:-$top/build}
dir=$(mktemp -d "${TMPDIR:-/tmp}/medo-quickstart.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Your configuration and your cache stay as they are.
for var in $(env | sed -n 's/^\(GIT_[A-Z0-9_]*\)=.*/\1/p')
do
	unset "$var"
done
PATH=$build/bin:$PATH
HOME=$dir/home
XDG_CACHE_HOME=$dir/home/.cache
export PATH HOME XDG_CACHE_HOME
mkdir "$HOME" "$dir/project"
git config --global user.name 'Quick Start'
git config --global user.email quickstart@example.com
git config --global init.defaultBranch main

say () {
	printf '\n# %s\n' "$*"
}

# Every step is shown as one would type it.
run () {
	printf '$ %s\n' "$1"
	eval "$1"
}

for name in Makefile README.md lib git-medo t mk Documentation
do
	cp -R "$top/$name" "$dir/project/"
done
cd "$dir"

say 'Here are a source tree (this project) and an archive of it.'
run 'tar -czf project-1.0.tar.gz project'
run 'find project -type f | wc -l'

say 'A silo is a folder; a medo is a directory of a git repository.'
run 'git init -q work && cd work'
run 'git medo silo init ../deps.silo'
run 'git medo init --silo ../deps.silo deps/source.medo'

say 'Both become blobs, and git gets their pointers.'
run 'git medo add ../project-1.0.tar.gz deps/source.medo/project-1.0.treeptr --meta url=https://example.org/project-1.0.tar.gz'
run 'git medo add ../project deps/source.medo/tree.treeptr'
run 'cat deps/source.medo/project-1.0.treeptr'
run 'git add deps && git commit -q -m "two sources"'
run 'git medo push'

say 'Another machine: a clone, an empty cache, the user says yes to the silo.'
run 'cd .. && git clone -q work clone && cd clone'
XDG_CACHE_HOME=$dir/other-cache
HOME=$dir/other-home
mkdir "$HOME"
run 'git medo allow ../deps.silo'
run 'git medo expand deps/source.medo _tmp/source'
run 'ls _tmp/source'
run 'diff -r ../project _tmp/source/tree && echo the same tree'
run 'git medo verify deps && echo verified'

say 'What a silo holds is read by stock tools as well.'
run 'git medo silo verify ../deps.silo && echo verified'
run 'blob=$(git medo url-for deps/source.medo/project-1.0.treeptr)'
run 'gzip -dc "$blob" | git hash-object --stdin'
run 'git medo cat deps/source.medo/tree.treeptr:Makefile | head -n 2'

say 'It works.  Next: README.md, make test, make install prefix=/usr/local'
