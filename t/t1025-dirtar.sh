#!/bin/sh

test_description='a directory is its canonical tar, the same on every host'

. "$(dirname "$0")/test-lib.sh"

create () {
	test-tool tar create "$@"
}

make_tree () {
	mkdir -p "$1/a/empty" "$1/a-b" "$1/z" &&
	echo one >"$1/a/one" &&
	: >"$1/a/nothing" &&
	echo run >"$1/a-b/run" &&
	chmod 755 "$1/a-b/run" &&
	test-tool genrandom seed 700000 >"$1/z/large" &&
	ln "$1/z/large" "$1/z/again" &&
	ln "$1/z/large" "$1/first" &&
	ln -s a/one "$1/link" &&
	ln -s nowhere "$1/z/dangling"
}

test_expect_success 'setup: a tree' '
	make_tree tree &&
	create tree expect.tar
'

test_expect_success 'entries stand in the order of their whole paths' '
	tar -tvf expect.tar | sed "s/ 1980-01-01 00:00//;s/  */ /g" >actual &&
	cat >expect <<-\END &&
	drwxr-xr-x 0/0 0 a/
	drwxr-xr-x 0/0 0 a-b/
	-rwxr-xr-x 0/0 4 a-b/run
	drwxr-xr-x 0/0 0 a/empty/
	-rw-r--r-- 0/0 0 a/nothing
	-rw-r--r-- 0/0 4 a/one
	-rw-r--r-- 0/0 700000 first
	lrwxrwxrwx 0/0 0 link -> a/one
	drwxr-xr-x 0/0 0 z/
	hrw-r--r-- 0/0 0 z/again link to first
	lrwxrwxrwx 0/0 0 z/dangling -> nowhere
	hrw-r--r-- 0/0 0 z/large link to first
	END
	test_cmp expect actual
'

test_expect_success 'GNU tar makes the tree of it again' '
	mkdir out &&
	tar -xf expect.tar -C out &&
	diff -r --no-dereference tree out &&
	test "$(stat -c %h out/first)" = 3
'

test_expect_success 'the bytes are these for ever' '
	mkdir -p fixed/d "fixed/$(printf "%0150d" 1)" &&
	echo content >fixed/d/file &&
	echo x >"fixed/$(printf "%0150d" 1)/$(printf "n\377%0120d" 2)" &&
	ln -s d/file fixed/link &&
	ln fixed/d/file fixed/hard &&
	create fixed fixed.tar &&
	echo 4a5803aef6f537eecac26bf0eb94da30cbfe00b2 >expect &&
	git hash-object fixed.tar >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-33 umask, zone, locale, order, times and owner do not matter' '
	(
		umask 077 &&
		TZ=Asia/Tokyo LC_ALL=C.UTF-8 && export TZ LC_ALL &&
		mkdir -p other/z other/a-b other/a/empty &&
		ln -s nowhere other/z/dangling &&
		test-tool genrandom seed 700000 >other/first &&
		ln other/first other/z/large &&
		ln other/first other/z/again &&
		ln -s a/one other/link &&
		echo run >other/a-b/run && chmod 700 other/a-b/run &&
		echo one >other/a/one && chmod 444 other/a/one &&
		: >other/a/nothing && chmod 666 other/a/nothing &&
		touch -d "1970-01-01 00:00:01" other/a other/a/one &&
		test -z "$(id -u | grep -x 0)" || chown -R 12:34 other &&
		create other actual.tar &&
		create other/ slash.tar &&
		cd other && create . ../dot.tar
	) &&
	test_cmp_bin expect.tar actual.tar &&
	test_cmp_bin expect.tar slash.tar &&
	test_cmp_bin expect.tar dot.tar
'

test_expect_success 'any range reads the same, in any number of threads' '
	for step in 1000 511 4096 100000
	do
		create --step=$step --threads=3 tree actual.tar &&
		test_cmp_bin expect.tar actual.tar || return 1
	done &&
	mkdir few &&
	echo content >few/file &&
	create few few.tar &&
	create --step=1 few actual.tar &&
	test_cmp_bin few.tar actual.tar
'

test_expect_success 'an empty directory is two zero blocks' '
	mkdir none &&
	create none actual.tar &&
	head -c 1024 /dev/zero >expect &&
	test_cmp_bin expect actual.tar
'

test_expect_success 'preserved are mtime in seconds, and mode' '
	mkdir keep &&
	echo x >keep/f &&
	chmod 6751 keep/f &&
	touch -d "2001-02-03 04:05:06.7 UTC" keep/f &&
	create --mtime keep mtime.tar &&
	create --mode keep mode.tar &&
	test-tool tar list mtime.tar >actual &&
	test-tool tar list mode.tar >>actual &&
	test_write_lines "f 0755 2 981173106 f" "f 6751 2 315532800 f" >expect &&
	test_cmp expect actual
'

test_expect_success 'a file of which only one name is here is no hard link' '
	mkdir some &&
	echo x >some/f &&
	ln some/f outside &&
	create some some.tar &&
	test-tool tar list some.tar >actual &&
	echo "f 0644 2 315532800 f" >expect &&
	test_cmp expect actual
'

test_expect_success 'a symlink to the directory is followed, none below it' '
	ln -s tree to-tree &&
	create to-tree actual.tar &&
	test_cmp_bin expect.tar actual.tar &&
	mkdir below &&
	ln -s ../tree below/tree &&
	create below below.tar &&
	test-tool tar list below.tar >actual &&
	echo "l 0777 0 315532800 tree -> ../tree" >expect &&
	test_cmp expect actual
'

test_expect_success 'the tree id is what git write-tree says' '
	mkdir gitted &&
	(
		cd gitted &&
		git init -q . &&
		mkdir -p a/b a.c a0 &&
		echo 1 >a/b/c && echo 2 >a.c/d && echo 3 >a0/x && echo 4 >a- &&
		echo 5 >"a b" && ln -s a/b link && echo 6 >z && chmod 755 z &&
		: >empty && echo 7 >"$(printf "n\377\n")" &&
		test-tool genrandom seed 600000 >big &&
		git add -A && git write-tree >../expect
	) &&
	mv gitted/.git gitted.git &&
	create --tree=sha1 gitted actual.tar >actual &&
	test_cmp expect actual &&
	create --tree=sha1 --hash=sha1 --threads=2 gitted actual.tar >actual &&
	test_cmp expect actual &&
	create --tree=sha1 --hash=sha256 gitted actual.tar >actual &&
	test_cmp expect actual
'

test_expect_success 'the tree id of SHA-256, and of nothing' '
	git init -q --object-format=sha256 sha256 &&
	git --git-dir=sha256/.git --work-tree=gitted add -A &&
	git --git-dir=sha256/.git write-tree >expect &&
	create --tree=sha256 --hash=sha256 gitted actual.tar >actual &&
	test_cmp expect actual &&
	git hash-object -t tree /dev/null >expect &&
	create --tree=sha1 none actual.tar >actual &&
	test_cmp expect actual
'

test_expect_success 'no tree id with hard links, empty directories, preserved fields' '
	echo "no tree" >expect &&
	create --tree=sha1 tree actual.tar >actual &&
	test_cmp expect actual &&
	create --tree=sha1 --mode gitted actual.tar >actual &&
	test_cmp expect actual &&
	create --tree=sha1 --mtime gitted actual.tar >actual &&
	test_cmp expect actual &&
	mkdir gitted/hollow &&
	test_when_finished "rmdir gitted/hollow" &&
	create --tree=sha1 gitted actual.tar >actual &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'BI-31 sockets and fifos are errors that name each' '
	cp -a tree odd &&
	mkfifo odd/fifo &&
	python3 -c "
import os, socket
os.chdir(\"odd/a\")
socket.socket(socket.AF_UNIX).bind(\"socket\")
" &&
	test_expect_code 128 create odd odd.tar 2>err &&
	cat >expect <<-\END &&
	error: '\''odd/a/socket'\'' cannot be stored: it is a socket
	fatal: '\''odd/fifo'\'' cannot be stored: it is a fifo
	END
	test_cmp expect err &&
	test_path_is_missing odd.tar
'

test_expect_success 'BI-31 devices are errors that name them' '
	test_expect_code 128 create --plan /dev 2>err &&
	test_grep ".*/dev/null. cannot be stored: it is a character device" err
'

test_expect_success 'what could not be expanded is an error that names it' '
	cp -a gitted bad &&
	mkdir -p bad/sub/.git/refs &&
	ln -s x bad/.gitmodules &&
	test_expect_code 128 create bad bad.tar 2>err &&
	cat >expect <<-\END &&
	error: '\''bad/sub/.git'\'' cannot be stored: git keeps its own files under that name
	fatal: '\''bad/.gitmodules'\'' cannot be stored: a symlink must not have a name that git reads
	END
	test_cmp expect err
'

test_lazy_prereq UNREADABLE '
	: >file && chmod 0 file && ! cat file
'

test_expect_success UNREADABLE 'BI-31 unreadable files and directories are named' '
	cp -a tree locked &&
	test_when_finished "chmod -R u+rwX locked" &&
	chmod 0 locked/a/one locked/z &&
	test_expect_code 128 create locked locked.tar 2>err &&
	test_grep "locked/z. cannot be read: Permission denied" err &&
	test_grep "locked/a/one. cannot be read: Permission denied" err
'

test_expect_success 'what is no directory, or is not there, is an error' '
	test_expect_code 128 create tree/first no.tar 2>err &&
	test_grep "^fatal: cannot open .tree/first.: Not a directory" err &&
	test_expect_code 128 create absent no.tar 2>err &&
	test_grep "^fatal: cannot open .absent.: No such file" err
'

# meddle WHEN COMMAND: what is said when COMMAND runs before WHEN
meddle () {
	rm -rf victim &&
	cp -a tree victim &&
	rm -f to-tool from-tool &&
	mkfifo to-tool from-tool || return 1
	create --pause victim victim.tar <to-tool >from-tool 2>err &
	meddle_pid=$!
	exec 8>to-tool 9<from-tool
	read -r line <&9
	test "$1" != read || eval "$2"
	echo >&8
	read -r line <&9
	test "$1" != recheck || eval "$2"
	echo >&8
	exec 8>&- 9<&-
	wait $meddle_pid
}

for case in \
	"read:echo more >>victim/a/one:a/one. changed" \
	"read:echo eno >victim/a/one:a/one. changed" \
	"read:rm victim/a/one:a/one. vanished" \
	"read:rm victim/a/one; mkfifo victim/a/one:a/one. changed" \
	"read:rm victim/a/one; ln -s x victim/a/one:a/one. changed" \
	"read:mv victim/a x; ln -s ../tree/a victim/a:a/one. changed" \
	"read:ln -s x victim/a/new:a. changed" \
	"recheck:echo more >>victim/a/one:a/one. changed" \
	"recheck:echo more >victim/a/new:a. changed" \
	"recheck:rm victim/link:victim/link. vanished" \
	"recheck:mv victim/z victim/y:victim/z/again. vanished" \
	"recheck:chmod 600 victim/a/one:a/one. changed" \
	"recheck:echo x >victim/new:victim. changed"
do
	when=${case%%:*} say=${case##*:} what=${case#*:} what=${what%:*}
	test_expect_success "BI-31 before $when: $what" '
		test_expect_code 128 meddle $when "$what" &&
		test_grep "^fatal: .*$say" err
	'
done

test_expect_success 'BI-31 nothing is said when nothing changes' '
	meddle never : &&
	test_must_be_empty err &&
	test_cmp_bin expect.tar victim.tar
'

test_expect_success 'BI-32 names with newline, escape, odd bytes, 255 bytes' '
	mkdir names &&
	long=$(printf "%0255d" 0) &&
	for name in "$(printf "a\nb")" "$(printf "\033[31m")" "$(printf "\377\300")" \
		" " "$long" "$(printf "\\\\")" "-x" "*" "é"
	do
		echo "$name" >"names/$name" &&
		mkdir -p "names/$long.d" 2>/dev/null ||
		mkdir -p names/dir &&
		echo "$name" >"names/dir/$name" || return 1
	done &&
	create names names.tar &&
	mkdir names.out &&
	tar -xf names.tar -C names.out 2>err &&
	diff -r names names.out
'

test_expect_success PYTHON3 'BI-32 two thousand directories, deeper than PATH_MAX' '
	base=$PWD &&
	long=$(printf "%0200d" 0) &&
	python3 -c "
import os, sys
for i in range(12):
    os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
os.mkdir(\"deep\"); os.chdir(\"deep\")
for i in range(1990):
    os.mkdir(\"d\"); os.chdir(\"d\")
open(\"file\", \"w\").write(\"here\")
" "$long" &&
	p=$long/$long/$long/$long &&
	(
		cd "$p" && cd "$p" && cd "$p" &&
		create --tree=sha1 deep "$base/deep.tar" >"$base/id"
	) &&
	test_line_count = 1 id &&
	test-tool tar list deep.tar | tail -n 1 >last &&
	test_grep "/d/d/file$" last &&
	test "$(tar -tf deep.tar | wc -l)" = 1991 &&
	rm -rf "$long"
'

test_expect_success 'BI-32 a path over 4,095 bytes is refused, and named' '
	long=$(printf "%0200d" 0) &&
	python3 -c "
import os, sys
os.mkdir(\"far\"); os.chdir(\"far\")
for i in range(21):
    os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
" "$long" &&
	test_expect_code 128 create far far.tar 2>err &&
	test_grep "^fatal: .far/0*.*4,095 bytes" err &&
	rm -rf far
'

test_expect_success 'BI-32 a sparse file of 1 TiB is planned without reading it' '
	mkdir sparse &&
	truncate -s 1T sparse/huge &&
	create --plan sparse >actual &&
	echo "1 $((512 * 3 + (1 << 40) + 1024))" >expect &&
	test_cmp expect actual
'

test_expect_success PYTHON3 'BI-32 a hundred thousand hard links' '
	mkdir links &&
	python3 -c "
import os
for i in range(2):
    open(\"links/%d\" % i, \"w\").write(\"x\")
for i in range(2, 50000):
    for j in range(2):
        os.link(\"links/%d\" % j, \"links/%d-%d\" % (j, i))
" &&
	test_when_finished "rm -rf links" &&
	create links links.tar &&
	test-tool tar list --ours links.tar >list &&
	test "$(grep -c "^f" list)" = 2 &&
	test "$(grep -c "^h .* -> [01]$" list)" = 99996 &&
	test_grep "^ours$" list
'

test_expect_success !SANITIZE,PYTHON3,TIME 'a hundred thousand files are planned in 40 MiB' '
	mkdir many &&
	test_when_finished "rm -rf many" &&
	python3 -c "
import os
for i in range(100):
    os.mkdir(\"many/directory-%03d\" % i)
    for j in range(1000):
        os.close(os.open(\"many/directory-%03d/file-%03d\" % (i, j), os.O_CREAT))
" &&
	test_peak_kib rss test-tool tar create many - &&
	test "$(cat rss)" -lt 40960
'

test_expect_success PYTHON3,BSDTAR 'bsdtar and Python read it as GNU tar does' '
	mkdir peers &&
	cp expect.tar fixed.tar peers/ &&
	python3 "$TEST_DIRECTORY/helper/tarpeers.py" - peers/*.tar
'

test_done
