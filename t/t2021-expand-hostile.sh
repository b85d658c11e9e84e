#!/bin/sh

test_description='git medo expand: a hostile archive makes nothing, inside or outside'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3 to make archives'
	test_done
fi

canary=$TEST_TOP/canary
unset PYTHONDONTWRITEBYTECODE
PYTHONPYCACHEPREFIX=$TEST_TOP/pycache
export PYTHONPYCACHEPREFIX
mkdir "$PYTHONPYCACHEPREFIX"
mkentries () {
	python3 -S "$TEST_DIRECTORY/helper/mkentries.py" "$@"
}

# refused CODE PATTERN ARCHIVE [OPTION...]: stored as any other blob, but never
# expanded; one line names treeptr, entry and reason
refused () {
	refused_code=$1 refused_pattern=$2 refused_archive=$3
	shift 3
	git medo add "$refused_archive" evil.treeptr >words &&
	test_expect_code "$refused_code" timeout 20 git medo expand "$@" \
		evil.treeptr out >words 2>err &&
	test_must_be_empty words &&
	test_grep "^error: .evil.treeptr.: .*$refused_pattern" err &&
	test_line_count -eq 1 err &&
	test_dir_is_empty out
}

# refuse CODE PATTERN ENTRY...: as tar and as zip, and outside nothing changes
refuse () {
	refuse_code=$1 refuse_pattern=$2
	shift 2
	if mkentries "tar zip" evil "$@" &&
		refused "$refuse_code" "$refuse_pattern" evil.tar &&
		refused "$refuse_code" "$refuse_pattern" evil.zip &&
		canary_alive
	then
		return 0
	fi
	echo "entries: $*" >&2
	return 1
}

# The same with hard links, which zip has not.
refuse_tar () {
	refuse_code=$1 refuse_pattern=$2
	shift 2
	mkentries tar evil.tar "$@" &&
	refused "$refuse_code" "$refuse_pattern" evil.tar &&
	canary_alive
}

test_expect_success 'setup: a canary' '
	git init -q . &&
	git config medo.fsync none &&
	mkdir out &&
	canary_plant
'

test_expect_success 'a sane archive is expanded, or the tests below prove nothing' '
	mkentries "tar zip" sane "dir d" "file d/f" "link l d/f" &&
	for format in tar zip
	do
		git medo add sane.$format sane.treeptr &&
		git medo expand sane.treeptr sane &&
		test_path_is_file sane/sane/d/f &&
		rm -rf sane || return 1
	done &&
	canary_alive
'

test_expect_success 'MA-01 paths that lead out, or nowhere' '
	for path in .. ../x a/../../x /x //x a/./b "$canary/new"
	do
		refuse 1 "unsafe path" "file good" "file $path" || return 1
	done &&
	refuse 1 "unsafe path" "dir ../x" &&
	refuse 1 "unsafe path" "link ../x good"
'

test_expect_success 'MA-01 within a tar.gz, too' '
	mkentries tar evil.tar "file good" "file ../x" &&
	gzip -nf <evil.tar >evil.tar.gz &&
	refused 1 "unsafe path" evil.tar.gz &&
	canary_alive
'

test_expect_success 'MA-02 nothing is written through a symlink' '
	refuse 1 "lies in .d., which is a symlink" \
		"link d $canary" "file d/new" &&
	refuse 1 "lies in .d., which is a symlink" \
		"link d ../../canary" "dir d/new" &&
	refuse 1 "lies in .l., which is a symlink" \
		"dir real" "link l real" "file l/x" &&
	refuse 1 "lies in .aa., which is a symlink" \
		"file aaa/x" "link aa $canary" "file aaa/y" "file aa/x"
'

test_expect_success 'MA-02 not by changing what a name is, either' '
	refuse 1 "twice, as a directory and as a symlink" \
		"file d/x" "link d $canary" "file d/y" &&
	refuse 1 "twice, as a symlink and as a file" \
		"link f $canary/bird" "file f" &&
	refuse_tar 1 "no file that came before" "link s $canary/bird" "hard h s"
'

test_expect_success 'MA-02 links that lead out name the option that allows them' '
	refuse 4 "leads out of the tree, .*--allow-links-out" \
		"file f" "link l $canary" &&
	refuse 4 "leads out of the tree" "file f" "link l ../x" &&
	refuse 4 "leads out of the tree" "file f" "link s ." "link t s/.."
'

test_expect_success 'MA-03 not even with --allow-links-out and --preserve' '
	mkentries tar evil.tar "link d $canary/sub" "link f $canary/bird" \
		"file x" &&
	git medo add evil.tar evil.treeptr &&
	git medo expand --allow-links-out --preserve --touch evil.treeptr links &&
	canary_alive &&
	mkentries tar evil.tar "link d $canary/sub" "file d/new" &&
	refused 1 "lies in .d., which is a symlink" evil.tar --allow-links-out
'

test_expect_success 'MA-03 --force swaps a planted symlink, it does not follow it' '
	git medo add sane.tar evil.treeptr &&
	ln -s "$canary" links/planted &&
	cp evil.treeptr planted.treeptr &&
	git medo expand --force planted.treeptr links &&
	test_path_is_dir links/planted/d &&
	test ! -L links/planted &&
	canary_alive
'

test_expect_success 'MA-04 hard links to anything but an earlier file' '
	refuse_tar 1 "unsafe path" "hard h $canary/bird" &&
	refuse_tar 1 "unsafe path" "hard h ../../canary/bird" &&
	refuse_tar 1 "no file that came before" "hard h later" "file later" &&
	refuse_tar 1 "no file that came before" "dir d" "hard h d" &&
	refuse_tar 1 "hard link to itself" "hard h h"
'

test_expect_success 'MA-05 setuid, setgid, sticky are not made, as root neither' '
	mkentries tar suid.tar "file:7777 f" "dir:7777 d" "file:6644 d/g" &&
	git medo add suid.tar suid.treeptr &&
	git medo expand suid.treeptr bits &&
	(cd bits/suid && find . -mindepth 1 -printf "%m %p\n" | sort -k 2) \
		>actual &&
	test_write_lines "755 ./d" "644 ./d/g" "755 ./f" >expect &&
	test_cmp expect actual &&
	git medo expand --preserve suid.treeptr kept &&
	find kept -perm /7000 >actual &&
	test_must_be_empty actual
'

test_expect_success 'MA-05 nodes are refused by name' '
	cat >nodes.py <<-\EOF &&
	import sys
	sys.path.insert(0, sys.argv[1])
	import mktar
	for kind in b"346":
	    with open("node%c.tar" % kind, "wb") as out:
	        out.write(mktar.file(b"good", b"x") +
	                  mktar.header(b"dev/node", bytes([kind])) + mktar.END)
	EOF
	python3 nodes.py "$TEST_DIRECTORY/helper" &&
	for kind in 3 4 6
	do
		refused 1 "dev/node.*is not accepted" node$kind.tar || return 1
	done
'

test_expect_success 'MA-06 limits are met before the disk is full' '
	mkentries "tar zip" many "file 1" "file 2" "file 3" &&
	refused 4 "limit entries=2" many.tar --max-entries=2 &&
	refused 4 "limit entries=2" many.zip --max-entries=2 &&
	refused 4 "limit size=5" many.tar --max-size=5 &&
	refused 4 "limit size=5" many.zip --max-size=5
'

test_expect_success 'MA-08 names that come twice' '
	refuse 1 ".f. is in the archive twice, both times as a file" \
		"file f" "file f" &&
	refuse 1 "twice, as a file and as a directory" "file f" "dir f" &&
	refuse 1 "twice, as a directory and as a file" "file d/x" "file d"
'

test_expect_success 'MA-09 the names of git' '
	for path in .git .GIT/config git~1 ".g\\xe2\\x80\\x8cit/x" \
		sub/.git/hooks/post-checkout
	do
		refuse 1 "unsafe path.*git keeps its own files" "file $path" ||
		return 1
	done &&
	refuse 1 "unsafe path.*a name that git reads" "link .gitmodules x"
'

test_expect_success 'MA-26 names from an archive are escaped' '
	refuse 1 "x.u{202e}.x1b" "file x\\xe2\\x80\\xae\\x1b[2J" \
		"file x\\xe2\\x80\\xae\\x1b[2J" &&
	LC_ALL=C tr -d "\040-\176\012" <err >left &&
	test_must_be_empty left
'

# Stored by other tools: plain gzip, and a treeptr by hand, without a seal.
test_expect_success 'setup: odd tars and zips' '
	python3 "$TEST_DIRECTORY/helper/mktar.py" odd/tar &&
	python3 "$TEST_DIRECTORY/helper/mkzip.py" odd/zip &&
	cat >plant.py <<-\EOF &&
	import glob, gzip, hashlib, json, os
	for path in glob.glob("odd/*/*.*"):
	    data = open(path, "rb").read()
	    name, format = os.path.splitext(path)
	    id = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
	    os.makedirs("silo/objects/" + id[:2], exist_ok=True)
	    with gzip.open("silo/objects/%s/%s.gz" % (id[:2], id[2:]), "wb", 1) as f:
	        f.write(data)
	    with open(name + ".treeptr", "w") as f:
	        print(json.dumps({"treeptr": 1, "id": id, "size": len(data),
	                          "format": format[1:]}), file=f)
	EOF
	python3 plant.py &&
	git config medo.silo "$PWD/silo" &&
	mkdir made &&
	test_expect_code 1 timeout 60 git medo expand \
		--allow-links-out odd made >words 2>err
'

# judged KIND: words and err say of each what its table says
cat >judge.py <<\EOF
import os, re, sys
kind = sys.argv[1]
words = set(open("words").read().splitlines())
errors = {}
for line in open("err", encoding="utf-8", errors="replace"):
    found = re.match("error: .odd/(.*?)[.]treeptr.: ", line)
    if found:
        errors[found.group(1)] = line
for line in open("odd/%s/verdicts" % kind):
    name, verdict = re.split("[ \t]", line.rstrip("\n"), maxsplit=1)
    path = "%s/%s" % (kind, name)
    made = os.path.lexists("made/" + path)
    if verdict == "ok":
        good = made and "made\tmade/" + path in words
    else:
        good = not made and verdict in errors.get(path, "")
    if not good:
        sys.exit("%s should be: %s" % (path, verdict))
EOF
judged () {
	python3 judge.py "$1"
}

test_expect_success 'BI-17 BI-18 BI-19 BI-20 MA-06 MA-07 MA-10 odd tars' '
	judged tar
'

test_expect_success 'MA-12 MA-13 MA-07 odd zips' '
	judged zip
'

test_expect_success 'of the odd ones nothing is left, and outside nothing changed' '
	silo_temps . && silo_temps "$HOME" && canary_alive &&
	LC_ALL=C tr -cd "\000-\011\013-\037\177" <err >controls &&
	test_must_be_empty controls
'

test_expect_success TIME,!SANITIZE 'MA-07 MA-13 they are refused in little memory' '
	for name in tar/x-huge tar/L-huge tar/x-path-1-mib zip/zip64-claims \
		zip/one-header zip/fifield
	do
		test_expect_code 1 test_peak_kib peak \
			git-medo expand "odd/$name.treeptr" small 2>err &&
		test "$(cat peak)" -lt 65536 || return 1
	done
'

# A gibibyte of zeros, in a megabyte.
test_expect_success 'setup: bombs' '
	head -c 16M /dev/zero | gzip -9n >member &&
	for i in $(test_seq 64)
	do
		cat member || return 1
	done >bomb.gz
'

test_expect_success 'MA-11 reading stops at the size that the treeptr says' '
	id=1111111111111111111111111111111111111111 &&
	mkdir -p "silo/objects/11" &&
	cp bomb.gz "silo/$(id_path $id)" &&
	echo "{\"treeptr\": 1, \"id\": \"$id\", \"size\": 1000}" >bomb.treeptr &&
	test_expect_code 1 timeout 20 git medo expand bomb.treeptr out 2>err &&
	test_grep "longer than its pointer says\|more than" err &&
	test_dir_is_empty out &&
	test_path_is_missing "$(cache_dir)/$(id_path $id)"
'

test_expect_success 'MA-11 a bomb within a tar.gz meets the limit on size' '
	cat >bomb.py <<-\EOF &&
	import sys, zlib
	sys.path.insert(0, sys.argv[1])
	import mktar
	z = zlib.compressobj(9, wbits=31)
	out = open("bomb.tar.gz", "wb")
	out.write(z.compress(mktar.header(b"huge", size=1 << 30)))
	for i in range(1 << 4):
	    out.write(z.compress(bytes(1 << 20)))
	out.write(z.flush())
	EOF
	python3 bomb.py "$TEST_DIRECTORY/helper" &&
	refused 4 "limit size=1000000" bomb.tar.gz --max-size=1000000 &&
	refused 1 "" bomb.tar.gz
'

test_done
