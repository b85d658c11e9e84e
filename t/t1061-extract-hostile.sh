#!/bin/sh

test_description='extract: nothing is made or changed outside the target'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-archive.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3 to make archives'
	test_done
fi

canary=$TEST_TOP/canary
# Not a wrapper that is slow to start: there are many archives to make.
python=$(python3 -c 'import sys; print(sys.executable)')
mkentries () {
	"$python" "$TEST_DIRECTORY/helper/mkentries.py" "$@"
}

# refused FORMAT CODE PATTERN: extracting evil.FORMAT is, with one line that
# says why, and the canary is as it was
refused () {
	fresh out &&
	test_expect_code "$2" test-tool archive extract "$1" "evil.$1" out \
		2>err &&
	test_grep "$3" err &&
	test "$(wc -l <err)" = 1 &&
	canary_check
}

# refuse CODE PATTERN ENTRY...: as tar, and as zip
refuse () {
	refuse_code=$1 refuse_pattern=$2
	shift 2
	if mkentries "tar zip" evil "$@" &&
		refused tar "$refuse_code" "$refuse_pattern" &&
		refused zip "$refuse_code" "$refuse_pattern"
	then
		return 0
	fi
	echo "entries: $*" >&2
	return 1
}

# The same where hard links, which zip has not, are part of it.
refuse_tar () {
	refuse_code=$1 refuse_pattern=$2
	shift 2
	mkentries tar evil.tar "$@" &&
	refused tar "$refuse_code" "$refuse_pattern"
}

test_expect_success 'setup: a canary beside the target' '
	canary_make
'

test_expect_success 'MA-01 paths that lead out, or nowhere, are refused' '
	for path in .. ../x a/../../x a/.. a/../b /x //x /../x . a/./b ./../x \
		a//b ../canary/new "$canary/new" "a/../../canary/new"
	do
		refuse 1 "unsafe path" "file good" "file $path" || return 1
	done &&
	for path in .. ../x a/../x /x
	do
		refuse 1 "unsafe path" "dir $path" &&
		refuse 1 "unsafe path" "link $path good" &&
		refuse_tar 1 "unsafe path" "file good" "hard $path good" || return 1
	done
'

test_expect_success 'MA-01 odd but harmless names are made as they are' '
	for format in tar zip
	do
		mkentries $format odd.$format "file a\\n" "file a\\r" \
			"file ...\\x20" "file c:\\\\x" "file -rf" "file a\\x1b" \
			"file ~" "file \\\\..\\\\x" &&
		fresh out &&
		test-tool archive extract $format odd.$format out &&
		find out -type f -print0 | tr -cd "\\0" | wc -c >actual &&
		echo 8 >expect &&
		test_cmp expect actual &&
		canary_check || return 1
	done
'

test_expect_success 'MA-02 nothing is written through a symlink' '
	refuse 1 "lies in .d., which is a symlink" \
		"link d $canary" "file d/new" &&
	refuse 1 "lies in .d., which is a symlink" \
		"link d $canary" "dir d/new" &&
	refuse 1 "lies in .d., which is a symlink" \
		"link d ../canary" "link d/l x" &&
	refuse 1 "lies in .a/b., which is a symlink" \
		"dir a" "link a/b $canary" "file a/b/dir/file" &&
	refuse 1 "lies in .l., which is a symlink" \
		"dir real" "link l real" "file l/x" &&
	refuse 1 "lies in .aa., which is a symlink" \
		"file aaa/x" "link aa $canary" "file aaa/y" "file aa/x"
'

test_expect_success 'MA-02 a name does not change what it is' '
	refuse 1 "twice, as a directory and as a symlink" \
		"file d/x" "link d $canary" "file d/y" &&
	refuse 1 "twice, as a symlink and as a directory" \
		"link d $canary" "dir d" "file d/new" &&
	refuse 1 "twice, as a symlink and as a file" \
		"link f $canary/file" "file f" &&
	refuse 1 "twice, both times as a symlink" \
		"link f x" "link f $canary/file" &&
	refuse 1 "lies in .f., which is a file" "file f" "file f/x" &&
	refuse_tar 1 "lies in .h., which is a hard link" \
		"file f" "hard h f" "file h/x"
'

test_expect_success 'MA-02 a chain of symlinks is refused as a whole' '
	refuse 1 "lies in .a., which is a symlink" \
		"link a ." "link a/b .." "file a/b/canary/new" &&
	set -- &&
	for i in $(test_seq 300)
	do
		set -- "$@" "link s$i s$((i + 1))" || return 1
	done &&
	refuse 4 "symlink .s301. leads out of the tree, to .*canary" "$@" \
		"link s301 $canary" &&
	refuse 1 "lies in .s1., which is a symlink" "$@" \
		"link s301 $canary" "file s1/new"
'

test_expect_success 'links that lead out are refused, and the option named' '
	for link in "l /" "l /etc/passwd" "l .." "a/l ../.." "l ./.." \
		"l d/../.." "a/b/l ../../../x" "l s/.." "l absent/../x" \
		"l f/.." "l d//..//.." "l d/./../../d" \
		"d/e/l up/../.." "d/e/l absent/../.." "d/e/l ../e/up/.."
	do
		refuse 4 ".*l. leads out of the tree, .*--allow-links-out" \
			"dir d" "file f" "link s d" "link d/e/up ../.." \
			"link $link" || return 1
	done
'

test_expect_success 'links that stay inside are made as recorded' '
	for format in tar zip
	do
		mkentries $format inside.$format "dir d" "file f" "link l d" \
			"link m ." "link n d/.." "link d/u ../f" "link e/v .." \
			"link e/w ../e/../d/u" "link o l/x/y" "link p absent" &&
		fresh out &&
		test-tool archive extract $format inside.$format out &&
		(cd out && find . -type l -printf "%p %l\n" | sort) >actual &&
		cat >expect <<-\EOF &&
		./d/u ../f
		./e/v ..
		./e/w ../e/../d/u
		./l d
		./m .
		./n d/..
		./o l/x/y
		./p absent
		EOF
		test_cmp expect actual || return 1
	done
'

test_expect_success 'a single top directory is where the tree begins' '
	mkentries tar top.tar "file top/f" "link top/l ../top/f" &&
	fresh out &&
	test_expect_code 4 test-tool archive extract tar top.tar out 2>err &&
	test_grep "symlink .top/l. leads out" err &&
	fresh out &&
	test-tool archive extract --keep-top tar top.tar out &&
	test_path_is_symlink out/top/l
'

test_expect_success 'with links allowed out, still nothing outside is touched' '
	mkentries tar out.tar "link d $canary/dir" "link f ../canary/file" \
		"link x/y /etc" &&
	fresh out &&
	test-tool archive extract --links-out --preserve tar out.tar out &&
	canary_check &&
	echo "$canary/dir" >expect &&
	readlink out/d >actual &&
	test_cmp expect actual
'

test_expect_success 'MA-03 what was planted in the target is never followed' '
	plant () {
		fresh out &&
		"$@" &&
		for format in tar zip
		do
			mkentries $format plant.$format "file f" "file d/file" &&
			test_expect_code 1 test-tool archive extract $format \
				plant.$format out 2>err &&
			test_grep "is there already, and is not ours" err &&
			canary_check || return 1
		done
	} &&
	plant ln -s "$canary/file" out/f &&
	plant ln -s "$canary/new" out/f &&
	plant ln -s "$canary/dir" out/d &&
	plant cp -a "$canary/dir" out/d &&
	plant cp -a "$canary/file" out/f
'

test_expect_success 'MA-03 a large file does not follow what was planted either' '
	head -c 300000 /dev/zero >big &&
	tar cf big.tar big &&
	fresh out &&
	ln -s "$canary/file" out/big &&
	test_expect_code 1 test-tool archive extract tar big.tar out &&
	canary_check
'

test_expect_success 'MA-04 a hard link is made to nothing but an earlier file' '
	refuse_tar 1 "unsafe path" "hard h $canary/file" &&
	refuse_tar 1 "unsafe path" "hard h ../canary/file" &&
	refuse_tar 1 "no file that came before" "hard h later" "file later" &&
	refuse_tar 1 "no file that came before" "hard h absent" &&
	refuse_tar 1 "no file that came before" "dir d" "hard h d" &&
	refuse_tar 1 "no file that came before" "link s $canary/file" "hard h s" &&
	refuse_tar 1 "no file that came before" "link d $canary" "hard h d/file" &&
	refuse_tar 1 "hard link to itself" "hard h h" &&
	refuse_tar 1 "twice, as a file and as a hard link" "file f" "file g" \
		"hard f g"
'

test_expect_success 'MA-04 a second name of a second name is one of the first' '
	mkentries tar hard.tar "file d/f" "hard g d/f" "hard e/h ./g" &&
	fresh out &&
	test-tool archive extract tar hard.tar out &&
	stat -c "%h %i" out/d/f out/g out/e/h | uniq >actual &&
	test_line_count = 1 actual &&
	test_grep "^3 " actual
'

test_expect_success 'MA-05 setuid, setgid and sticky bits are never set' '
	for format in tar zip
	do
		mkentries $format suid.$format "file:7777 f" "dir:7777 d" \
			"file:4755 d/g" "file:7644 h" "dir:1777 e" &&
		fresh out &&
		test-tool archive extract $format suid.$format out &&
		(cd out && find . -mindepth 1 -printf "%m %p\n" | sort -k 2) \
			>actual &&
		cat >expect <<-\EOF &&
		755 ./d
		755 ./d/g
		755 ./e
		755 ./f
		644 ./h
		EOF
		test_cmp expect actual &&
		fresh out &&
		test-tool archive extract --preserve $format suid.$format out &&
		(cd out && find . -mindepth 1 -printf "%m %p\n" | sort -k 2) \
			>actual &&
		cat >expect <<-\EOF &&
		777 ./d
		755 ./d/g
		777 ./e
		777 ./f
		644 ./h
		EOF
		test_cmp expect actual || return 1
	done
'

test_expect_success 'MA-05 nodes are refused, owners and attributes ignored' '
	cat >nodes.py <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	for kind in b"346":
	    with open("node%c.tar" % kind, "wb") as out:
	        out.write(mktar.header(b"n", bytes([kind])) + mktar.END)
	with open("xattr.tar", "wb") as out:
	    out.write(mktar.pax((b"SCHILY.xattr.user.x", b"y"),
	                        (b"SCHILY.xattr.security.capability", b"z"),
	                        (b"uid", b"1001")) +
	              mktar.file(b"f", uid=b"0001751\0") + mktar.END)
	EOF
	python3 nodes.py "$TEST_DIRECTORY/helper" &&
	for kind in 3 4 6
	do
		fresh out &&
		test_expect_code 1 test-tool archive extract tar \
			node$kind.tar out 2>err &&
		test_grep "is not accepted" err &&
		test_dir_is_empty out || return 1
	done &&
	fresh out &&
	{
		test-tool archive extract --preserve tar xattr.tar out ||
		test $? = 1
	} &&
	if test -e out/f
	then
		stat -c %u out/f >actual &&
		id -u >expect &&
		test_cmp expect actual &&
		python3 -c "
import os
assert not os.listxattr(\"out/f\")"
	fi
'

test_expect_success 'MA-08 a file that comes twice is refused, large or small' '
	refuse 1 ".a/f. is in the archive twice, both times as a file" \
		"file a/f" "file a/g" "file a/f" &&
	refuse 1 "twice, as a file and as a directory" "file f" "dir f" &&
	refuse 1 "twice, as a directory and as a file" "dir f" "file f" &&
	refuse 1 "twice, as a directory and as a file" "file d/x" "file d" &&
	cp big.tar two.tar &&
	tar rf two.tar big &&
	fresh out &&
	test_expect_code 1 test-tool archive extract tar two.tar out 2>err &&
	test_grep "twice" err
'

test_lazy_prereq FOLDING '
	test_have_prereq ROOT &&
	command -v lowntfs-3g && command -v mkfs.ntfs &&
	mkdir mnt && truncate -s 8M img && mkfs.ntfs -q -F -f img &&
	timeout 10 lowntfs-3g -o ignore_case img mnt &&
	{ echo >mnt/A && test -f mnt/a; ret=$?; umount mnt; return $ret; }
'

test_expect_success FOLDING 'MA-08 names that are one on this file system are refused' '
	mkdir mnt && truncate -s 8M img && mkfs.ntfs -q -F -f img &&
	fold () {
		lowntfs-3g -o ignore_case img mnt &&
		{
			mkentries tar fold.tar "$@" &&
			rm -rf mnt/out && mkdir mnt/out &&
			test_expect_code 1 test-tool archive extract --touch \
				tar fold.tar mnt/out 2>err &&
			test_grep "are one name on this file system" err &&
			canary_check
			ret=$?
		}
		umount mnt
		return $ret
	} &&
	fold "file Foo" "file fOO" &&
	test_grep ".fOO. and .Foo." err &&
	fold "dir D" "file d/x" &&
	fold "file d/A/x" "link d/a x" &&
	fold "file A" "file x" "hard a x" &&
	fold "link L x" "file l/x"
'

test_expect_success 'MA-09 names of git are refused, in tar and zip' '
	for path in .git .GIT/config git~1 ".git.\\x20" ".git::\$INDEX_ALLOCATION" \
		".g\\xe2\\x80\\x8cit/x" sub/.git/hooks/post-checkout "a\\\\.git"
	do
		refuse 1 "unsafe path.*git keeps its own files" "file $path" ||
		return 1
	done &&
	for path in .gitmodules .gitattributes sub/.gitmodules .GITMODULES
	do
		refuse 1 "unsafe path.*a name that git reads" "link $path x" ||
		return 1
	done
'

test_expect_success 'MA-26 names are escaped in messages' '
	refuse 1 "x.u{202e}.x1b" "file x\\xe2\\x80\\xae\\x1b[2J" \
		"file x\\xe2\\x80\\xae\\x1b[2J" &&
	LC_ALL=C tr -d "\\040-\\176\\012" <err >left &&
	test_must_be_empty left
'

test_expect_success 'what fails in the pool is told, whatever comes later' '
	set -- "file first" &&
	for i in $(test_seq 200)
	do
		set -- "$@" "file d/f$i" || return 1
	done &&
	mkentries "tar zip" pool "$@" "file last" &&
	for threads in 1 2 4
	do
		for format in tar zip
		do
			fresh out &&
			mkdir out/first &&
			test_expect_code 1 test-tool archive extract \
				--threads=$threads $format pool.$format out \
				2>err &&
			test_grep "error: .first. is there already" err ||
			return 1
		done
	done
'

test_done
