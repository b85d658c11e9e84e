#!/bin/sh

test_description='index: git reads what was patched, and nothing was lost

Each repository is made by git; a file is touched so that its stat data differ;
the patch must make git see it clean without reading it.'

. "$(dirname "$0")/test-lib.sh"

# make_repo DIR [ARGS]: a repository with forty files, one in conflict
make_repo () {
	repo=$1 && shift &&
	git init -q "$@" "$repo" &&
	for n in $(test_seq 1 40)
	do
		mkdir -p "$repo/sub/dir$((n % 4))" &&
		echo "content $n" >"$repo/sub/dir$((n % 4))/a long name $n" ||
		return 1
	done &&
	echo top >"$repo/top" &&
	git -C "$repo" add . &&
	git -C "$repo" commit -q -m one
}

# patched ALGO PATH: touched, patched, and git has nothing to compare
patched () {
	touch -d '2001-02-03 04:05:06.789' "$2" &&
	test-tool index match "$1" .git/index "$2" >out &&
	echo "differs '$2'" >expect &&
	test_cmp expect out &&
	test-tool index patch "$1" .git/index "$2" >out &&
	test_must_be_empty out &&
	test-tool index match "$1" .git/index "$2" >out &&
	echo "matches '$2'" >expect &&
	test_cmp expect out &&
	git diff-files --name-only >out &&
	test_must_be_empty out &&
	git status --porcelain -uno >out &&
	test_must_be_empty out &&
	git fsck 2>out &&
	! grep -i index out &&
	test_path_is_missing .git/index.lock
}

# same_but_stat WAS IS RAW: all but the stat data of one entry and the hash
same_but_stat () {
	python3 - "$@" <<-\END
	import sys
	a, b = (open(name, 'rb').read() for name in sys.argv[1:3])
	raw = int(sys.argv[3])
	differ = [i for i in range(len(a) - raw) if a[i] != b[i]]
	assert len(a) == len(b), 'another size'
	assert len(differ) <= 36, differ
	assert not differ or differ[-1] - differ[0] < 40, differ
	END
}

for version in 2 3 4
do
	test_expect_success "version $version is read as git reads it, and patched" '
		make_repo v$version &&
		(
			cd v$version &&
			git update-index --index-version $version &&
			if test $version = 3
			then
				git update-index --skip-worktree "sub/dir1/a long name 1" &&
				echo later >later &&
				git add -N later
			fi &&
			git ls-files -s >expect &&
			test-tool index dump sha1 .git/index >all 2>err &&
			test_grep "version $version" err &&
			sed "s/^[A-Za-z] //; s/ (later)$//" all >actual &&
			test_cmp expect actual &&
			git update-index --skip-worktree top &&
			git update-index --assume-unchanged "sub/dir0/a long name 4" &&
			test-tool index dump sha1 .git/index >all &&
			test_grep "^S .*top$" all &&
			test_grep "^h .*name 4$" all &&
			git update-index --no-skip-worktree top &&
			if test $version = 3
			then
				test_grep "later (later)$" all &&
				git rm -q --cached later
			fi &&
			cp .git/index was &&
			patched sha1 top &&
			same_but_stat was .git/index 20
		)
	'
done

test_expect_success 'a path with 5000 bytes in version 2' '
	git init -q long &&
	(
		cd long &&
		blob=$(echo x | git hash-object -w --stdin) &&
		name=$(test-tool genrandom long 5000 | od -An -tx1 | tr -d " \n" |
			cut -c 1-4500 | sed "s|.\{200\}|&/|g; s|/$||") &&
		printf "100644 %s\t%s\n" "$blob" "$name" |
		git update-index --index-info &&
		git ls-files -s >expect &&
		test-tool index dump sha1 .git/index >all &&
		sed "s/^H //" all >actual &&
		test_cmp expect actual
	)
'

test_expect_success 'entries in conflict are stages, and not found' '
	make_repo conflict &&
	(
		cd conflict &&
		git checkout -q -b side &&
		echo side >top && git commit -q -a -m side &&
		git checkout -q main &&
		echo main >top && git commit -q -a -m main &&
		test_must_fail git merge -q side >/dev/null 2>&1 &&
		git ls-files -s >expect &&
		test-tool index dump sha1 .git/index >all &&
		sed "s/^[A-Z] //" all >actual &&
		test_cmp expect actual &&
		test-tool index match sha1 .git/index top >out &&
		echo "no entry '\''top'\''" >expect &&
		test_cmp expect out &&
		patched_name="sub/dir1/a long name 1" &&
		touch -d 2001-02-03 "$patched_name" &&
		test-tool index patch sha1 .git/index "$patched_name" &&
		git ls-files -u >out &&
		test_line_count = 3 out
	)
'

test_expect_success 'sha256' '
	make_repo sha256 --object-format=sha256 &&
	(
		cd sha256 &&
		git ls-files -s >expect &&
		test-tool index dump sha256 .git/index >all &&
		sed "s/^H //" all >actual &&
		test_cmp expect actual &&
		cp .git/index was &&
		patched sha256 top &&
		same_but_stat was .git/index 32
	)
'

test_expect_success 'untracked cache, EOIE, IEOT and TREE survive' '
	make_repo extensions &&
	(
		cd extensions &&
		git config index.threads 2 &&
		git config core.untrackedCache true &&
		git update-index --force-untracked-cache &&
		git update-index --index-version 4 &&
		GIT_TEST_INDEX_THREADS=2 git status >/dev/null &&
		touch -d 2001-01-01 top &&
		GIT_TEST_INDEX_THREADS=2 git update-index --refresh &&
		cp .git/index was &&
		for name in TREE UNTR EOIE
		do
			test_grep -a "$name" was || return 1
		done &&
		patched sha1 "sub/dir2/a long name 2" &&
		for name in TREE UNTR EOIE
		do
			test_grep -a "$name" .git/index || return 1
		done
	)
'

test_expect_success 'a file system monitor does not see it again' '
	make_repo monitor &&
	(
		cd monitor &&
		write_script .git/monitor <<-\END &&
		printf "token\0"
		END
		git config core.fsmonitor .git/monitor &&
		git config core.fsmonitorHookVersion 2 &&
		git update-index --fsmonitor &&
		git status --porcelain -uno >out &&
		test_must_be_empty out &&
		test_grep -a FSMN .git/index &&
		patched sha1 top &&
		test_grep -a FSMN .git/index
	)
'

test_expect_success 'a sparse index has directories' '
	make_repo sparse &&
	(
		cd sparse &&
		git sparse-checkout set --cone --sparse-index sub/dir1 &&
		git ls-files -s --sparse >expect &&
		test-tool index dump sha1 .git/index >all 2>err &&
		test_grep sparse err &&
		sed "s/^[A-Z] //" all >actual &&
		test_cmp expect actual &&
		test_grep "^S 040000 .*/$" all &&
		cp .git/index was &&
		patched sha1 top &&
		same_but_stat was .git/index 20
	)
'

test_expect_success 'a split index is known for one' '
	make_repo split &&
	(
		cd split &&
		git update-index --split-index &&
		echo more >more && git add more &&
		test-tool index dump sha1 .git/index >all 2>err &&
		test_grep split err
	)
'

test_expect_success 'a hash of zeros stays one' '
	make_repo skiphash &&
	(
		cd skiphash &&
		size=$(test_file_size .git/index) &&
		dd if=/dev/zero of=.git/index bs=1 seek=$((size - 20)) count=20 \
			conv=notrunc 2>/dev/null &&
		touch -d 2001-01-01 top &&
		test-tool index patch sha1 .git/index top &&
		tail -c 20 .git/index | tr -d "\000" >left &&
		test_must_be_empty left &&
		git diff-files >out &&
		test_must_be_empty out
	)
'

test_expect_success 'a forgotten size makes git compare, and find it clean' '
	make_repo forget &&
	(
		cd forget &&
		test-tool index patch sha1 .git/index -top &&
		git ls-files --debug top >out &&
		test_grep "size: 0" out &&
		git status --porcelain -uno >out &&
		test_must_be_empty out &&
		git ls-files --debug top >out &&
		test_grep "size: 4" out
	)
'

test_expect_success 'the mode of the index stays' '
	make_repo mode &&
	(
		cd mode &&
		chmod 0660 .git/index &&
		touch -d 2001-01-01 top &&
		test-tool index patch sha1 .git/index top &&
		test "$(test_file_mode .git/index)" = 660
	)
'

test_expect_success 'an index that is a symlink is followed, as by git' '
	make_repo link &&
	(
		cd link &&
		mv .git/index real-index &&
		ln -s ../real-index .git/index &&
		patched sha1 top &&
		test_path_is_symlink .git/index &&
		test_path_is_missing real-index.lock
	)
'

test_expect_success 'somebody holds the lock: 128, and nothing happened' '
	make_repo held &&
	(
		cd held &&
		cp .git/index was &&
		: >.git/index.lock &&
		touch -d 2001-01-01 top &&
		test_expect_code 128 test-tool index patch sha1 .git/index top 2>err &&
		test_grep "index.lock.* is there" err &&
		test_path_is_file .git/index.lock &&
		cmp was .git/index
	)
'

test_expect_success 'git respects our lock, a signal removes it' '
	make_repo ours &&
	(
		cd ours &&
		mkfifo pipe &&
		{ HOLD=1 test-tool index patch sha1 .git/index top >pipe & } &&
		pid=$! &&
		read -r line <pipe &&
		test "$line" = held &&
		test_must_fail git add pipe 2>err &&
		test_grep "index.lock.*File exists" err &&
		kill -TERM $pid &&
		test_expect_code 143 wait $pid &&
		test_path_is_missing .git/index.lock &&
		find . -name "*_medo_*" >out &&
		test_must_be_empty out
	)
'

test_expect_success 'a lock of ours that a kill -9 left is known and removed' '
	(
		cd ours &&
		{ HOLD=1 test-tool index patch sha1 .git/index top >pipe & } &&
		pid=$! &&
		read -r line <pipe &&
		kill -KILL $pid &&
		test_expect_code 137 wait $pid &&
		test_path_is_file .git/index.lock &&
		patched sha1 top &&
		find . -name "*_medo_*" >out &&
		test_must_be_empty out
	)
'

test_expect_success 'the lock of a living one is not' '
	(
		cd ours &&
		{ HOLD=1 test-tool index patch sha1 .git/index top >pipe & } &&
		pid=$! &&
		read -r line <pipe &&
		test_expect_code 128 test-tool index patch sha1 .git/index top 2>err &&
		test_path_is_file .git/index.lock &&
		kill -TERM $pid &&
		test_expect_code 143 wait $pid
	)
'

test_expect_success 'a damaged index is not patched' '
	make_repo damaged &&
	(
		cd damaged &&
		printf "\001" |
		dd of=.git/index bs=1 seek=70 conv=notrunc 2>/dev/null &&
		cp .git/index was &&
		test_expect_code 1 test-tool index patch sha1 .git/index top 2>err &&
		test_grep "does not match its hash" err &&
		cmp was .git/index &&
		test_path_is_missing .git/index.lock
	)
'

test_expect_success 'no index at all' '
	test_expect_code 1 test-tool index dump sha1 nowhere 2>err &&
	test_grep "there is no index" err
'

test_expect_success PYTHON3 'an index cut at any byte, or with any byte changed, is refused or read' '
	cp v4/.git/index good4 &&
	cp v2/.git/index good2 &&
	cat >hurt.py <<-\END &&
	import subprocess, sys
	good = open(sys.argv[1], "rb").read()
	tool = ["test-tool", "index", "dump", "sha1", "hurt"]
	def run(data):
	    open("hurt", "wb").write(data)
	    r = subprocess.run(tool, stdout=subprocess.DEVNULL,
	                       stderr=subprocess.PIPE)
	    assert r.returncode in (0, 1), (r.returncode, r.stderr)
	    return r.returncode
	for n in list(range(0, 300, 7)) + [len(good) // 2, len(good) - 21]:
	    assert run(good[:n]) == 1, n
	for at in list(range(0, 12)) + list(range(12, 200, 5)):
	    for byte in (0, 0x7f, 0xff):
	        run(good[:at] + bytes([byte]) + good[at + 1:])
	END
	python3 hurt.py good4 &&
	python3 hurt.py good2
'

test_expect_success PYTHON3 'what git refuses is refused: extension, version, order, flags' '
	cat >make.py <<-\END &&
	import hashlib, struct, sys
	def entry(path, mode=0o100644, flags=None, more=None):
	    flags = len(path) if flags is None else flags
	    e = struct.pack(">10I", 0, 0, 0, 0, 0, 0, mode, 0, 0, 0)
	    e += bytes(20) + struct.pack(">H", flags)
	    if more is not None:
	        e += struct.pack(">H", more)
	    n = len(e) + len(path)
	    return e + path + bytes(8 - n % 8)
	def index(name, entries, version=2, tail=b"", count=None):
	    data = b"DIRC" + struct.pack(">2I", version,
	                                 len(entries) if count is None else count)
	    data += b"".join(entries) + tail
	    open(name, "wb").write(data + hashlib.sha1(data).digest())
	index("good", [entry(b"a"), entry(b"b")])
	index("good-ext", [entry(b"a")], tail=b"ABCD" + struct.pack(">I", 2) + b"xx")
	index("bad-ext", [entry(b"a")], tail=b"abcd" + struct.pack(">I", 2) + b"xx")
	index("bad-len", [entry(b"a")], tail=b"ABCD" + struct.pack(">I", 3) + b"xx")
	index("bad-version", [entry(b"a")], version=5)
	index("bad-order", [entry(b"b"), entry(b"a")])
	index("bad-twice", [entry(b"a"), entry(b"a")])
	index("bad-count", [entry(b"a")], count=0xffffffff)
	index("bad-flags", [entry(b"a", flags=0x4001, more=0x8000)], version=3)
	index("bad-extended", [entry(b"a", flags=0x4001, more=0)])
	index("bad-name", [entry(b"abc", flags=2)])
	index("bad-empty", [entry(b"")])
	index("bad-dir", [entry(b"a/", mode=0o40000)])
	END
	python3 make.py &&
	for name in good good-ext
	do
		test-tool index dump sha1 $name || return 1
	done &&
	for name in bad-*
	do
		test_expect_code 1 test-tool index dump sha1 $name 2>err ||
			return 1
	done
'

test_done
