#!/bin/sh

test_description='git-remote-silo is killed (-9) at each of its steps

MEDO_TEST_KILLS says at how many of them (default 12; 1000: at all).'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

url=

if ! test_have_prereq STRACE || test_have_prereq SANITIZE
then
	skip_all='no strace, or a build that strace does not get along with'
	test_done
fi

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_KILLS:=1000}"
fi
: "${MEDO_TEST_KILLS:=12}"

calls=rename,renameat,renameat2,link,linkat,mkdir,mkdirat,unlink,unlinkat,fsync,fdatasync,write,pwrite64,clone,clone3,vfork

# A git-remote-silo that dies where the file `inject` says.
helper_make () {
	write_script helper/git-remote-silo <<-END
	if test -s "$TRASH_DIRECTORY/inject"
	then
		read -r inject <"$TRASH_DIRECTORY/inject"
		exec strace -qq -o /dev/null -e trace=$calls \
			-e "inject=\$inject" "$B/bin/git-remote-silo" "\$@"
	fi
	exec strace -qq -o "$TRASH_DIRECTORY/trace" -e trace=$calls \
		"$B/bin/git-remote-silo" "\$@"
	END
}

# with_helper COMMAND...
with_helper () {
	PATH="$TRASH_DIRECTORY/helper:$PATH" "$@"
}

# points: what was traced, as "SYSCALL when=N", some of it
points () {
	sed -n "s/^\([a-z0-9]*\)(.*/\1/p" "$TRASH_DIRECTORY/trace" |
	awk -v max="$MEDO_TEST_KILLS" '
		{ line[NR] = $1 ":signal=KILL:when=" ++n[$1] }
		END {
			step = NR > max ? NR / max : 1
			for (i = NR; i > 0; i -= step)
				print line[int(i + 0.5) < 1 ? 1 : int(i + 0.5)]
		}'
}

# fresh: silo, pusher and cloner as they were
fresh () {
	rm -rf "$REMOTE_DIR" work clone &&
	cp -r saved/silo "$REMOTE_DIR" &&
	cp -r saved/work work &&
	cp -r saved/clone clone
}

# is OLD NEW: the remote has all of one of them
is () {
	remote_refs "$url" >is.now &&
	if ! cmp -s "$1" is.now && ! cmp -s "$2" is.now
	then
		diff "$1" is.now
		return 1
	fi &&
	rm -rf is.clone &&
	if test -s is.now
	then
		git clone -q --mirror "$url" is.clone &&
		git -C is.clone fsck --strict --no-dangling
	fi
}

test_expect_success 'set up' '
	mkdir helper saved &&
	helper_make &&
	: >inject &&
	remote_start &&
	url=$(remote_url r) &&
	git init -q work &&
	git -C work remote add r "$url" &&
	for i in $(test_seq 15)
	do
		commit_in work "c$i" &&
		git -C work push -q r HEAD:main || return 1
	done &&
	git clone -q "$url" clone &&
	commit_in work next &&
	git -C work branch side &&
	git -C work tag -a -m t v1 &&
	cp -r "$REMOTE_DIR" saved/silo &&
	cp -r work saved/work &&
	cp -r clone saved/clone &&
	remote_refs "$url" >old
'

# It is the 16th, so the fold is part of it.
test_expect_success 'FA-02 a push' '
	fresh &&
	with_helper git -C work push -q r main side v1 &&
	points >points &&
	test -s points &&
	remote_refs "$url" >new &&
	while read -r point
	do
		echo "$point" &&
		fresh &&
		echo "$point" >inject &&
		with_helper git -C work push -q r main side v1
		: >inject
		is old new &&
		git -C "$(remote_path r)" fsck --strict --no-dangling &&
		git -C work push -q r main side v1 &&
		is new new &&
		remote_refs "$(remote_path r)" >stock &&
		test_cmp new stock &&
		commit_in work after &&
		git -C work push -q r main &&
		remote_whole "$url" "$(remote_path r)" &&
		no_leftovers "$REMOTE_DIR" &&
		no_leftovers work/.git || return 1
	done <points
'

test_expect_success 'FA-02 the first push' '
	rm -rf "$REMOTE_DIR/git" &&
	rm -rf saved/silo &&
	cp -r "$REMOTE_DIR" saved/silo &&
	: >old &&
	fresh &&
	with_helper git -C work push -q r main side v1 &&
	points >points &&
	while read -r point
	do
		echo "$point" &&
		fresh &&
		echo "$point" >inject &&
		with_helper git -C work push -q r main side v1
		: >inject
		if git ls-remote "$url" >/dev/null 2>&1
		then
			is new new
		fi &&
		git -C work push -q r main side v1 &&
		is new new &&
		remote_refs "$(remote_path r)" >stock &&
		test_cmp new stock &&
		commit_in work after &&
		git -C work push -q r main &&
		remote_whole "$url" "$(remote_path r)" &&
		no_leftovers "$REMOTE_DIR" || return 1
	done <points
'

test_expect_success 'FA-02 a fetch' '
	git -C work push -q r main side v1 &&
	rm -rf saved/silo &&
	cp -r "$REMOTE_DIR" saved/silo &&
	git -C clone for-each-ref >refs.old &&
	with_helper git -C clone fetch -q &&
	points >points &&
	git -C clone for-each-ref >refs.new &&
	while read -r point
	do
		echo "$point" &&
		fresh &&
		echo "$point" >inject &&
		with_helper git -C clone fetch -q
		: >inject
		git -C clone fsck --strict --no-dangling &&
		git -C clone fetch -q &&
		git -C clone fsck --strict --no-dangling &&
		git -C clone for-each-ref >refs.is &&
		test_cmp refs.new refs.is || return 1
	done <points
'

test_expect_success 'FA-02 a clone' '
	rm -rf clone2 &&
	with_helper git clone -q "$url" clone2 &&
	points >points &&
	while read -r point
	do
		echo "$point" &&
		rm -rf clone2 &&
		echo "$point" >inject &&
		with_helper git clone -q "$url" clone2
		: >inject
		if test -d clone2
		then
			git -C clone2 fsck --strict --no-dangling
		else
			git clone -q "$url" clone2
		fi || return 1
	done <points
'

test_done
