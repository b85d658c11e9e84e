#!/bin/sh

test_description='--json is one valid object a line, and -z is NUL for NUL'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3 to read JSON'
	test_done
fi

cat >check.py <<\EOF
import json, sys

def unique(pairs):
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)

want = sys.argv[1].split(",")
rows = 0
for line in sys.stdin.buffer:
    row = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
    names = [n for n in want if not n.endswith("?") or n[:-1] in row]
    assert list(row) == [n.rstrip("?") for n in names], (list(row), names)
    rows += 1
assert rows, "no rows"
EOF

# valid MEMBERS COMMAND...: each line is an object of just these members; those
# with a ? may be missing
valid () {
	members=$1
	shift
	"$@" >rows
	python3 check.py "$members" <rows || {
		echo "command: $*" >&2
		cat rows >&2
		return 1
	}
}

test_expect_success 'setup: of everything some, with names that JSON has to escape' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	mkdir tree "tree/a\"b\\c" && echo x >"tree/a\"b\\c/$(printf "n\nl\t\033\177")" &&
	echo y >"tree/$(printf "\377\300 no UTF-8")" && echo z >"tree/caf$(printf "\303\251")" &&
	ln -s "$(printf "to\nhere")" tree/link && echo x >tree/hard && ln tree/hard tree/harder &&
	git medo add -q tree "deps/quo\"te.treeptr" &&
	git medo push -q && git add deps && git commit -q -m one &&
	echo more >>tree/hard && git medo add -q tree "deps/quo\"te.treeptr" &&
	git medo add -q tree/hard "deps/$(printf "n\nl\303\251").treeptr" &&
	echo garbage >deps/bad.treeptr && : >"far/$(printf "strange\377\n.")"
'

test_expect_success 'url-for' '
	valid url,path,id,silo git medo url-for --json "deps/quo\"te.treeptr"
'

test_expect_success 'status' '
	valid state,size,path git medo status --json
'

test_expect_success 'reachable' '
	valid id,size,path git medo reachable --json &&
	valid id,size,path git medo reachable --json --all &&
	valid file git medo reachable --json --files
'

test_expect_success 'ls' '
	valid "type,mode,size,mtime,path,link?" git medo ls --json "deps/quo\"te.treeptr"
'

test_expect_success 'diff' '
	valid change,old,new,path git medo diff --json "deps/quo\"te.treeptr"
'

test_expect_success 'verify' '
	valid verdict,path git medo verify --json
'

test_expect_success 'push' '
	valid id,silo,path git medo push --json -n &&
	valid id,silo,path git medo push --json
'

test_expect_success 'prune' '
	valid action,id git -c medo.cacheSize=1 medo prune --json -n
'

test_expect_success 'silo info, ls, verify' '
	valid url,object-format,blobs,bytes silo info --json far &&
	valid id,file-size silo ls --json far &&
	valid verdict,name silo verify --json far
'

test_expect_success 'what JSON says is what -z says' '
	git medo ls -z "deps/quo\"te.treeptr" >zeros &&
	git medo ls --json "deps/quo\"te.treeptr" >rows &&
	cat >same.py <<-\EOF &&
	import json
	names = [json.loads(line)["path"] for line in open("rows", encoding="utf-8")]
	zeros = open("zeros", "rb").read().split(b"\0")[:-1]
	assert len(names) == len(zeros), (names, zeros)
	for a, b in zip(names, zeros):
	    try:
	        assert a == b.decode("utf-8"), (a, b)
	    except UnicodeDecodeError:
	        pass	# JSON has no bytes
	EOF
	python3 same.py
'

test_expect_success 'the names of -z are those of the file system' '
	(cd tree && find . -mindepth 1 -printf "%P\0" | sort -z) >expect &&
	git medo ls -z "deps/quo\"te.treeptr" | sort -z >actual &&
	test_cmp_bin expect actual &&
	git medo status -z --porcelain | tr "\n\0" "N\n" | cut -f 2 | sort >actual &&
	find deps -name "*.treeptr" -print0 | tr "\n\0" "N\n" | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'no row, no output' '
	git medo verify --json deps/n*.treeptr >rows && test_must_be_empty rows &&
	git medo diff --json "deps/quo\"te.treeptr" "deps/quo\"te.treeptr" >rows &&
	test_must_be_empty rows &&
	rm deps/bad.treeptr && git medo push --json >rows &&
	test_must_be_empty rows
'

test_expect_success 'talk goes to stderr, whatever stdout is' '
	rm "$(silo_blob far "deps/quo\"te.treeptr")" && forget &&
	test_expect_code 1 git medo fetch >out 2>err &&
	test_must_be_empty out && test_grep "^error: " err
'

test_done
