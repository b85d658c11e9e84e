#!/bin/sh

test_description='git medo add: what cannot be stored is named, and nothing is left'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	silo_create far &&
	medo_create deps far &&
	mkdir good && echo good >good/file &&
	canary_plant
'

# refused CODE PATTERN SOURCE [OPTION...]: no blob, no treeptr, no temp
refused () {
	refused_code=$1 refused_pattern=$2 refused_source=$3
	shift 3
	rm -rf .git/medo/objects &&
	test_expect_code "$refused_code" git medo add "$@" "$refused_source" \
		deps/bad.treeptr >out 2>err &&
	test_must_be_empty out &&
	test_grep "$refused_pattern" err &&
	test_path_is_missing deps/bad.treeptr &&
	test "$(silo_count .git/medo)" = 0 &&
	silo_temps . &&
	canary_alive
}

test_expect_success 'a source that is not there' '
	refused 128 "^fatal: cannot open .absent.: No such file" absent &&
	test_line_count = 1 err
'

test_expect_success PYTHON3 'BI-31 sockets and fifos in a directory, each named' '
	mkdir odd && mkfifo odd/fifo &&
	(
		cd odd &&
		python3 -c "
import socket
socket.socket(socket.AF_UNIX).bind(\"socket\")"
	) &&
	refused 128 "odd/fifo. cannot be stored: it is a fifo" odd &&
	test_grep "odd/socket. cannot be stored: it is a socket" err &&
	test_line_count = 2 err
'

test_expect_success 'BI-31 devices' '
	refused 128 "/dev/null. cannot be stored: it is a character device" /dev
'

test_expect_success 'BI-31 a fifo or device as the source itself' '
	mkfifo fifo &&
	refused 128 ".fifo. is neither a file nor a directory" fifo &&
	refused 128 "./dev/null. is neither a file nor a directory" /dev/null
'

test_lazy_prereq UNREADABLE '
	: >file && chmod 0 file && ! cat file
'

test_lazy_prereq SETPRIV '
	test_have_prereq ROOT &&
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		git-medo silo -h
'

test_expect_success UNREADABLE 'BI-31 files that may not be read' '
	mkdir locked && echo x >locked/file && chmod 0 locked/file &&
	refused 128 "locked/file. cannot be read: Permission denied" locked
'

test_expect_success SETPRIV 'BI-31 files that may not be read by this user' '
	cp -R good locked && echo x >locked/secret && chmod 0 locked/secret &&
	mkdir theirs && chmod 777 theirs &&
	(
		HOME=$PWD/theirs && export HOME &&
		test_expect_code 128 setpriv --reuid=65534 --regid=65534 \
			--clear-groups git-medo add --silo theirs/silo \
			locked theirs/x.treeptr
	) 2>err &&
	test_grep "locked/secret. cannot be read: Permission denied" err &&
	test_path_is_missing theirs/x.treeptr &&
	silo_temps theirs
'

# changing FILE CODE: while something goes on changing FILE, run CODE
changing () {
	changing_file=$1
	shift
	while :
	do
		echo more >>"$changing_file"
	done &
	changing_pid=$!
	test_wait_until 20 grep -a more "$changing_file"
	"$@"
	changing_ret=$?
	kill $changing_pid
	wait $changing_pid 2>/dev/null
	return $changing_ret
}

test_expect_success 'BI-31 a file that changes while it is read' '
	truncate -s 64M growing &&
	changing growing refused 128 \
		".growing. changed while it was read; nothing was stored" growing
'

test_expect_success 'BI-31 a file of a directory that changes while it is read' '
	mkdir busy && truncate -s 64M busy/growing && echo x >busy/other &&
	changing busy/growing refused 128 \
		"busy/growing. changed while it was read" busy
'

test_expect_success 'BI-31 a file that shrinks while it is read' '
	truncate -s 64M shrinking &&
	{
		while :
		do
			truncate -s -1 shrinking
		done &
	} &&
	pid=$! &&
	test_when_finished "kill $pid; wait $pid; :" &&
	refused 128 ".shrinking. changed while it was read" shrinking
'

test_expect_success 'names that no expand would make are refused now' '
	mkdir -p gitted/sub/.git && ln -s x gitted/.gitmodules &&
	refused 128 "gitted/sub/.git. cannot be stored" gitted &&
	test_grep "gitted/.gitmodules. cannot be stored" err
'

test_expect_success 'BI-32 odd names make the round trip' '
	mkdir names &&
	for name in "$(printf "a\nb")" "$(printf "\033[31m")" "$(printf "\377\300")" \
		" " "$(printf "%0255d" 0)" "$(printf "\\\\")" "-x" "*" "é"
	do
		echo "$name" >"names/$name" || return 1
	done &&
	git medo add names deps/names.treeptr &&
	git medo expand deps/names.treeptr there &&
	tree_same names there/names
'

test_expect_success PYTHON3 'BI-32 deeper than PATH_MAX cannot be stored, and says so' '
	python3 -c "
import os
os.mkdir(\"deep\"); os.chdir(\"deep\")
for i in range(2100):
    os.mkdir(\"dir\"); os.chdir(\"dir\")
" &&
	refused 128 "deep/.*dir" deep &&
	test_line_count = 1 err &&
	rm -rf deep
'

test_expect_success PYTHON3 'BI-32 a path of 4,000 bytes makes the round trip' '
	python3 -c "
import os
os.mkdir(\"deep\"); os.chdir(\"deep\")
for i in range(999):
    os.mkdir(\"dir\"); os.chdir(\"dir\")
open(\"f\", \"w\").write(\"deep\")
" &&
	git medo add deep deps/deep.treeptr &&
	git medo expand deps/deep.treeptr below &&
	git medo verify --deep below &&
	rm -rf deep below
'

test_expect_success 'BI-32 hard links and a sparse file make the round trip' '
	mkdir linked && echo x >linked/0 &&
	for i in $(test_seq 200)
	do
		ln linked/0 linked/$i || return 1
	done &&
	truncate -s 20M linked/sparse &&
	git medo add linked deps/linked.treeptr &&
	git medo expand deps/linked.treeptr there &&
	test "$(stat -c %h there/linked/7)" = 201 &&
	cmp linked/sparse there/linked/sparse
'

test_expect_success 'a file that is no treeptr is not overwritten' '
	echo precious >deps/bad.treeptr &&
	cp deps/bad.treeptr expect &&
	test_expect_code 1 git medo add good deps/bad.treeptr 2>err &&
	test_grep "will not overwrite what is no treeptr: .*bad.treeptr" err &&
	test_cmp expect deps/bad.treeptr &&
	rm deps/bad.treeptr
'

test_expect_success 'a directory in the place of the treeptr' '
	mkdir deps/bad.treeptr &&
	test_expect_code 1 git medo add good deps/bad.treeptr 2>err &&
	test_grep "deps/bad.treeptr. is not a regular file" err &&
	test_line_count = 1 err &&
	test_dir_is_empty deps/bad.treeptr &&
	rmdir deps/bad.treeptr
'

test_expect_success 'a treeptr has a name, and ends in .treeptr' '
	for name in deps/bad deps/bad.json deps/.treeptr .treeptr deps/
	do
		test_expect_code 129 git medo add good "$name" 2>err &&
		test_grep "is no name of a treeptr" err || return 1
	done
'

test_expect_success 'operands and options that make no sense' '
	test_expect_code 129 git medo add &&
	test_expect_code 129 git medo add good &&
	test_expect_code 129 git medo add a b c &&
	refused 128 "takes KEY=VALUE, not .url." good --meta url &&
	refused 128 "knows mtime and mode, not .owner." good --preserve=owner
'

test_expect_success 'a provenance may not make the treeptr too large' '
	test_expect_code 128 git medo add good deps/bad.treeptr \
		--meta note="$(printf "%070000d" 0)" 2>err &&
	test_grep "the treeptr would be over 65536 bytes" err &&
	test_path_is_missing deps/bad.treeptr
'

test_expect_success 'text that is not UTF-8 has no place in JSON' '
	test_expect_code 128 git medo add good deps/bad.treeptr \
		--meta note="$(printf "\377")" 2>err &&
	test_path_is_missing deps/bad.treeptr &&
	test_line_count = 1 err
'

test_expect_success 'a URL that nobody serves is refused' '
	refused 128 "gopher://x.*we know http" gopher://x/y.tar
'

test_expect_success SETPRIV 'a store that may not be written' '
	rm -rf theirs && mkdir theirs && chmod 777 theirs &&
	silo_create readonly &&
	(
		HOME=$PWD/theirs && export HOME &&
		test_expect_code 128 setpriv --reuid=65534 --regid=65534 \
			--clear-groups git-medo add --silo readonly \
			good theirs/x.treeptr
	) 2>err &&
	test_grep "Permission denied" err &&
	test_line_count = 1 err &&
	test_path_is_missing theirs/x.treeptr
'

test_expect_success 'a store that is a file' '
	git init -q other && : >other/.git/medo &&
	test_expect_code 128 git -C other medo add ../good x.treeptr 2>err &&
	test_grep "other/.git/medo" err &&
	test_path_is_missing other/x.treeptr
'

test_expect_success 'a silo of another object format' '
	silo init -q --object-format sha256 far256 &&
	test_expect_code 4 git medo add --silo far256 good deps/bad.treeptr 2>err &&
	test_grep "sha256 ids.*sha1" err &&
	test "$(silo_count far256)" = 0
'

test_lazy_prereq TMPFS '
	test_have_prereq ROOT && mkdir mnt &&
	mount -t tmpfs -o size=64k none mnt && umount mnt
'

test_expect_success TMPFS 'FA-04 a full disk leaves neither blob nor treeptr' '
	mkdir small &&
	mount -t tmpfs -o size=256k none small &&
	test_when_finished "umount small" &&
	test-tool genrandom full 1000000 >noise &&
	silo_create small/silo &&
	test_expect_code 128 git medo add --silo small/silo noise \
		deps/bad.treeptr >out 2>err &&
	test_grep "^fatal: .*No space left on device" err &&
	test_line_count = 1 err &&
	test_must_be_empty out &&
	test_path_is_missing deps/bad.treeptr &&
	test "$(silo_count small/silo)" = 0 &&
	silo_temps small &&
	git medo add --silo small/silo good/file deps/small.treeptr &&
	silo_rehash small/silo
'

test_expect_success TMPFS 'FA-04 a full disk under the treeptr leaves none' '
	mkdir tiny &&
	mount -t tmpfs -o size=64k none tiny &&
	test_when_finished "umount tiny" &&
	{ dd if=/dev/zero of=tiny/fill bs=4k 2>/dev/null || :; } &&
	test_expect_code 128 git medo add --silo far good tiny/x.treeptr 2>err &&
	test_grep "No space left on device" err &&
	ls tiny >actual &&
	echo fill >expect &&
	test_cmp expect actual
'

test_done
