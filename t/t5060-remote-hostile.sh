#!/bin/sh

test_description='a hosted repository that somebody else wrote: refs, packs, tables

Whoever may write a silo, or serves it, may write anything.  git gets only
valid lines, and its repository nothing that it would not take from a server.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_MUTANTS:=200}"
fi
id=

# make_ledger NAME MEMBERS: a repository whose ledger is one entry by hand
make_ledger () {
	bad=$REMOTE_DIR/git/$1.git &&
	bad_url=$(remote_url "$1") &&
	rm -rf "$bad" &&
	mkdir -p "$bad/ledger/0000000001" "$bad/objects/pack" &&
	cat >"$bad/ledger/0000000001/entry.json" <<-END
	{ "ledger": 1, "n": 1, "who": "x", "time": "now",
	  "prev": "$(printf %064d 0)",
	  "nonce": "0123456789abcdef0123456789abcdef",
	  $2
	}
	END
}

# make_repo NAME DIR REF...: a ledger that is right, over packs of DIR
make_repo () {
	make_name=$1 make_dir=$2 make_refs='' make_packs=''
	shift 2
	for make_ref
	do
		make_refs="$make_refs${make_refs:+,}
		\"refs/heads/$make_ref\": [null, \"$(git -C "$make_dir" rev-parse "$make_ref")\"]"
	done
	for make_pack in "$make_dir"/.git/objects/pack/*.pack
	do
		make_base=$(basename "$make_pack" .pack)
		make_packs="$make_packs${make_packs:+,}
		{ \"name\": \"$make_base\", \"size\": $(test_file_size "$make_pack"), \"objects\": 3 }"
	done
	make_ledger "$make_name" "\"refs\": { $make_refs },
		\"head\": \"refs/heads/$1\", \"packs\": [ $make_packs ]" &&
	cp "$make_dir"/.git/objects/pack/* "$bad/objects/pack/" &&
	chmod -R u+w "$bad"
}

# no_clone URL: it fails, in few words, and leaves nothing
no_clone () {
	rm -rf bad-clone &&
	test_must_fail git clone "$1" bad-clone >out 2>err &&
	test_path_is_missing bad-clone &&
	test "$(wc -l <err)" -lt 12 &&
	TOP=$TEST_TOP LC_ALL=C awk "{
		top = ENVIRON[\"TOP\"]
		while (i = index(\$0, top))
			\$0 = substr(\$0, 1, i - 1) substr(\$0, i + length(top))
		print
	}" err >shown &&
	! LC_ALL=C grep -n "[^[:print:][:space:]]" shown
}

# no_fetch URL: it fails, and the repository is what it was
no_fetch () {
	rm -rf victim &&
	git init -q victim &&
	commit_in victim mine &&
	tree_state victim/.git/refs >refs.before &&
	find victim/.git/objects -type f | sort >objects.before &&
	test_must_fail git -C victim fetch "$1" "refs/heads/*:refs/x/*" 2>err &&
	tree_state victim/.git/refs >refs.after &&
	find victim/.git/objects -type f | sort >objects.after &&
	test_cmp refs.before refs.after &&
	test_cmp objects.before objects.after &&
	no_leftovers victim/.git &&
	git -C victim fsck
}

test_expect_success 'set up' '
	remote_start &&
	git init -q good &&
	commit_in good one &&
	commit_in good two &&
	git -C good repack -adq &&
	id=$(git -C good rev-parse HEAD) &&
	make_repo fine good main &&
	git clone -q "$bad_url" fine &&
	git -C fine fsck --strict &&
	echo keep >../x.keep
'

test_expect_success PYTHON3 'MA-16 names of refs that git would not have' '
	cat >names <<-\END &&
	refs/heads/a\nb
	refs/heads/a b
	refs/heads/../../x
	-x
	refs/heads/-
	HEAD
	refs/
	refs/heads/
	refs/heads//x
	/refs/heads/x
	refs/heads/x/
	refs/heads/.x
	refs/heads/x.lock
	refs/heads/x.lock/y
	refs/heads/x..y
	refs/heads/x.
	refs/heads/x@{y
	refs/heads/x~1
	refs/heads/x^
	refs/heads/x:y
	refs/heads/x?
	refs/heads/x*
	refs/heads/x[
	refs/heads/x\\y
	refs/heads/x\u007f
	refs/heads/x\u001b[31m
	refs/heads/x\tlock /etc/x.keep
	x\n\nlock /etc/x.keep\n
	../config
	END
	while read -r name
	do
		test "$name" = "refs/heads/-" && continue
		make_ledger bad "\"refs\": { \"$name\": [null, \"$id\"] }" &&
		printf "list\n\n" |
		test_expect_code 128 git-remote-silo o "${bad_url#silo::}" \
			>actual 2>err &&
		test_must_be_empty actual &&
		test_line_count = 1 err &&
		no_clone "$bad_url" || return 1
	done <names &&
	test_path_is_file ../x.keep
'

test_expect_success 'MA-16 what git would have is listed' '
	make_ledger odd "\"refs\": {
		\"refs/heads/-\": [null, \"$id\"],
		\"refs/heads/caf\u00e9\": [null, \"$id\"],
		\"refs/heads/@\": [null, \"$id\"],
		\"refs/x\": [null, \"$id\"] }" &&
	git ls-remote "$bad_url" >actual &&
	test_line_count = 4 actual
'

test_expect_success 'MA-16 a name of a megabyte' '
	name=$(head -c 1000000 /dev/zero | tr "\0" x) &&
	make_ledger bad "\"refs\": { \"refs/heads/$name\": [null, \"$id\"] }" &&
	no_clone "$bad_url" &&
	test "$(wc -c <err)" -lt 2000
'

test_expect_success 'MA-16 HEAD that points elsewhere' '
	for head in refs/../config refs/tags/x ../../etc/passwd "a\\nb" ""
	do
		make_ledger bad "\"head\": \"$head\",
			\"refs\": { \"refs/heads/x\": [null, \"$id\"] }" &&
		no_clone "$bad_url" || return 1
	done
'

test_expect_success 'BI-28 values that are no ids' '
	for value in "\"x\"" "\"${id}0\"" "\"$(echo $id | tr a-f A-F)\"" 1 \
		"\"$id\n\"" "[\"$id\"]" "{}" true "\"$(printf %064d 1)\""
	do
		make_ledger bad "\"refs\": { \"refs/heads/x\": [null, $value] }" &&
		no_clone "$bad_url" &&
		make_ledger bad "\"refs\": { \"refs/heads/x\": $value }" &&
		no_clone "$bad_url" || return 1
	done
'

test_expect_success 'BI-28 a ledger that is something else' '
	make_ledger bad "" &&
	for text in "" "{}" "<html>log in</html>" "null" "[]" \
		"{ \"ledger\": 1 }" "{ \"ledger\": 2 }"
	do
		printf "%s" "$text" >"$bad/ledger/0000000001/entry.json" &&
		no_clone "$bad_url" || return 1
	done &&
	for members in "\"refs\": []" "\"refs\": 7" "\"packs\": {}" \
		"\"packs\": [7]" "\"packs\": [{}]" \
		"\"packs\": [{\"name\": \"../../x\", \"size\": 1}]" \
		"\"packs\": [{\"name\": \"pack-x\", \"size\": 1}]" \
		"\"packs\": [{\"name\": \"pack-$id\"}]" \
		"\"object-format\": \"md5\"" "\"object-format\": 7" \
		"\"refs\": {\"refs/x\": [null,\"$id\"], \"refs/x\": [null,\"$id\"]}"
	do
		make_ledger bad "$members" &&
		no_clone "$bad_url" || return 1
	done
'

test_expect_success 'BI-28 a million refs in a line do not eat the memory' '
	awk -v id=$id "BEGIN {
		printf \"\\\"refs\\\": {\"
		for (i = 0; i < 200000; i++)
			printf \"%s\\\"refs/heads/r%d\\\": [null, \\\"%s\\\"]\",
				i ? \",\" : \"\", i, id
		printf \"}\"
	}" >members &&
	make_ledger many "@" &&
	entry=$bad/ledger/0000000001/entry.json &&
	sed "/@/,\$d" "$entry" >e &&
	cat e members >"$entry" &&
	echo "}" >>"$entry" &&
	git ls-remote "$bad_url" >actual &&
	test_line_count = 200000 actual
'

test_expect_success 'BI-28 packs without end are refused at once' '
	{
		echo "\"refs\": {\"refs/heads/main\": [null, \"$id\"]}," &&
		echo "\"packs\": [" &&
		test_seq 100000 | sed "s/.*/$id&/; s/.*\(.\{40\}\)\$/\1/
			s/.*/{\"name\": \"pack-&\", \"size\": 9, \"objects\": 1}/
			\$!s/\$/,/" &&
		echo "]"
	} >members &&
	make_ledger many "@" &&
	entry=$bad/ledger/0000000001/entry.json &&
	sed "/@/,\$d" "$entry" >e &&
	cat e members >"$entry" &&
	echo "}" >>"$entry" &&
	test_must_fail timeout 10 git ls-remote "$bad_url" 2>err &&
	test_grep "more than 16384 packs" err
'

test_expect_success 'MA-14 another pack under the name' '
	make_repo bad good main &&
	git init -q evil &&
	commit_in evil evil &&
	git -C evil repack -adq &&
	name=$(basename "$bad"/objects/pack/*.pack .pack) &&
	cp evil/.git/objects/pack/*.pack "$bad/objects/pack/$name.pack" &&
	no_clone "$bad_url" &&
	no_fetch "$bad_url"
'

test_expect_success 'MA-14 refs to what is not there' '
	make_repo bad good main &&
	sed -i "s/$id/1111111111111111111111111111111111111111/" \
		"$bad/ledger/0000000001/entry.json" &&
	no_clone "$bad_url" &&
	no_fetch "$bad_url"
'

test_expect_success 'MA-14 a history with a hole' '
	cp -r good holed &&
	hole=$(git -C holed rev-parse HEAD:one.t) &&
	git -C holed rev-list --objects HEAD | cut -d" " -f1 |
	grep -v "$hole" >list &&
	rm -f holed/.git/objects/pack/*.rev &&
	mkdir new &&
	git -C holed pack-objects -q ../new/pack <list &&
	rm -f holed/.git/objects/pack/* &&
	mv new/* holed/.git/objects/pack/ &&
	make_repo bad holed main &&
	no_clone "$bad_url" &&
	no_fetch "$bad_url"
'

test_expect_success 'MA-14 more in the pack than the refs reach does no harm' '
	cp -r good extra &&
	git -C extra checkout -q -b other &&
	commit_in extra unreachable &&
	git -C extra repack -adq &&
	make_repo extra extra main &&
	git clone -q "$bad_url" extra-clone &&
	git -C extra-clone fsck --strict &&
	test_must_fail git -C extra-clone rev-parse --verify -q other
'

test_expect_success 'MA-14 a ledger that went back is told' '
	url=$(remote_url back) &&
	git -C good push -q "$url" HEAD~1:refs/heads/main &&
	cp -r "$REMOTE_DIR/git/back.git" saved &&
	git -C good push -q "$url" HEAD:refs/heads/main &&
	git clone -q "$url" watcher &&
	rm -rf "$REMOTE_DIR/git/back.git" &&
	mv saved "$REMOTE_DIR/git/back.git" &&
	git -C watcher fetch 2>err &&
	test_grep "warning: .*older than what we saw" err
'

test_expect_success 'MA-14 and one that was written anew' '
	git -C good push -q "$url" HEAD~1:refs/heads/other &&
	git -C watcher fetch 2>err &&
	test_grep "warning: .*another history" err
'

# mutants N: packs and tables, one byte changed or cut
test_expect_success PYTHON3 'BI-22 packs with a byte changed' '
	make_repo bad good main &&
	pack=$(echo "$bad"/objects/pack/*.pack) &&
	cp "$pack" whole.pack &&
	size=$(test_file_size whole.pack) &&
	step=$((size / ${MEDO_TEST_MUTANTS:-15} + 1)) &&
	at=0 &&
	while test $at -lt $size
	do
		cp whole.pack "$pack" &&
		flip_byte "$pack" $at &&
		no_clone "$bad_url" &&
		at=$((at + step)) || return 1
	done &&
	no_fetch "$bad_url"
'

test_expect_success 'BI-22 packs that are cut, or longer, or nothing' '
	for cut in 1 20 21 100 $((size - 11)) $((size - 12)) $size
	do
		cp whole.pack "$pack" &&
		chop "$pack" $cut &&
		no_clone "$bad_url" || return 1
	done &&
	no_fetch "$bad_url" &&
	cp whole.pack "$pack" &&
	head -c 100000 /dev/zero >>"$pack" &&
	no_clone "$bad_url" &&
	printf "<html>log in</html>" >"$pack" &&
	no_clone "$bad_url" &&
	rm "$pack" &&
	no_clone "$bad_url" &&
	mkdir "$pack" &&
	no_clone "$bad_url" &&
	rmdir "$pack" &&
	ln -s /etc/passwd "$pack" &&
	no_clone "$bad_url"
'

# A pack by hand: objects as "TYPE SIZE BYTES" in python.
write_pack () {
	python3 - "$1" <<-END
	import hashlib, struct, sys, zlib
	def head(kind, size):
	    b = kind << 4 | size & 15
	    size >>= 4
	    out = []
	    while size:
	        out.append(b | 128)
	        b = size & 127
	        size >>= 7
	    return bytes(out + [b])
	def num(n):
	    out = b""
	    while True:
	        out += bytes([n & 127 | (128 if n > 127 else 0)])
	        n >>= 7
	        if not n:
	            return out
	def ofs(n):
	    out = [n & 127]
	    n >>= 7
	    while n:
	        n -= 1
	        out.insert(0, 128 | n & 127)
	        n >>= 7
	    return bytes(out)
	objects = []
	def add(kind, data, extra=b"", size=None, raw=None):
	    objects.append(head(kind, len(data) if size is None else size) +
	                   extra + (zlib.compress(data) if raw is None else raw))
	count = None
	$2
	body = b"PACK" + struct.pack(">II", 2, len(objects) if count is None else count) + b"".join(objects)
	body += hashlib.sha1(body).digest()
	name = "pack-" + hashlib.sha1(body[:-20]).hexdigest()
	open(sys.argv[1] + "/objects/pack/" + name + ".pack", "wb").write(body)
	print(name, len(body))
	END
}

# crafted PYTHON: a repository whose one pack is this
crafted () {
	make_ledger bad "" &&
	write_pack "$bad" "$1" >made &&
	read -r name size <made &&
	make_packs="[{\"name\": \"$name\", \"size\": $size, \"objects\": 1}]" &&
	mv "$bad" keep.bad &&
	make_ledger bad "\"refs\": { \"refs/heads/main\": [null, \"$id\"] },
		\"packs\": $make_packs" &&
	mv keep.bad/objects/pack/* "$bad/objects/pack/" &&
	rm -rf keep.bad
}

test_expect_success PYTHON3 'BI-23 packs that are made to hurt' '
	while read -r line
	do
		crafted "$line" &&
		no_clone "$bad_url" || return 1
	done <<-\END
	add(3, b"x", size=1 << 40)
	add(0, b"x")
	add(5, b"x")
	add(3, b"x", raw=b"\x78\x9cnonsense")
	add(3, b"x", raw=zlib.compress(b"x")[:-1] + b"\0")
	add(7, num(5) + num(5) + b"\x90\x05", extra=b"\x11" * 20)
	add(6, num(5) + num(5) + b"\x90\x05", extra=ofs(0))
	add(6, num(5) + num(5) + b"\x90\x05", extra=ofs(5000))
	add(3, b"hello"); add(6, num(5) + num(1 << 40) + b"\x90\x05", extra=ofs(len(objects[0])))
	add(3, b"hello"); add(6, num(5) + num(9) + b"\x91\x03\x09", extra=ofs(len(objects[0])))
	add(3, b"hello"); add(6, num(5) + num(5) + b"\x00", extra=ofs(len(objects[0])))
	add(3, b"hello"); add(6, num(7) + num(5) + b"\x90\x05", extra=ofs(len(objects[0])))
	add(3, b"hello"); count = 1 << 31
	add(3, b"hello"); count = 0
	add(1, b"tree nonsense\n\nx\n")
	add(2, b"100644 x\0short")
	END
'

test_expect_success PYTHON3 'BI-23 a chain of 10,000 deltas' '
	crafted "add(3, b\"hello\"); [add(6, num(5) + num(5) + b\"\\x90\\x05\", extra=ofs(len(objects[-1]))) for i in range(10000)]" &&
	no_clone "$bad_url"
'

test_expect_success 'BI-21, BI-24 served tables are not believed' '
	make_repo bad good main &&
	idx=$(echo "$bad"/objects/pack/*.idx) &&
	cp evil/.git/objects/pack/*.idx "$idx" &&
	git clone -q "$bad_url" idx1 &&
	git -C idx1 fsck --strict &&
	echo nonsense >"$idx" &&
	git clone -q "$bad_url" idx2 &&
	git -C idx2 fsck --strict &&
	rm "$idx" &&
	git clone -q "$bad_url" idx3 &&
	git -C idx3 fsck --strict
'

# One that says that we have everything already.
test_expect_success 'BI-24 nor where they say what we lack' '
	make_repo bad good main &&
	idx=$(echo "$bad"/objects/pack/*.idx) &&
	git init -q victim2 &&
	commit_in victim2 mine &&
	git -C victim2 repack -adq &&
	cp victim2/.git/objects/pack/*.idx "$idx" &&
	git -C victim2 fetch -q "$bad_url" main &&
	git -C victim2 fsck --strict &&
	test "$(git -C victim2 rev-parse FETCH_HEAD)" = "$id"
'

test_expect_success 'MA-15 what git fsck would refuse is not taken' '
	git init -q fsck-bad &&
	cd fsck-bad &&
	blob=$(echo x | git hash-object -w --stdin) &&
	for entry in ".git" "..", ".GIT" "git~1"
	do
		printf "100644 blob %s\t%s\n" $blob x >in &&
		tree=$(git mktree <in) &&
		git cat-file tree $tree | sed "s/ x/ ${entry%,}/" >raw &&
		tree=$(git hash-object -t tree -w --stdin --literally <raw) &&
		commit=$(echo m | git commit-tree $tree) &&
		git update-ref refs/heads/main $commit &&
		git repack -adq &&
		cd .. &&
		make_repo bad fsck-bad main &&
		no_clone "$bad_url" &&
		no_fetch "$bad_url" &&
		cd fsck-bad || return 1
	done
'

test_expect_success 'MA-15 .gitmodules that is an option' '
	cd "$TRASH_DIRECTORY" &&
	git init -q sub-bad &&
	cd sub-bad &&
	cat >.gitmodules <<-\END &&
	[submodule "x"]
		path = x
		url = -u./payload
	END
	git add .gitmodules &&
	git commit -q -m x &&
	git repack -adq &&
	cd .. &&
	make_repo bad sub-bad main &&
	no_clone "$bad_url"
'

test_expect_success 'the user may say otherwise' '
	git -c fetch.fsckObjects=false clone -q "$bad_url" allowed &&
	git -c fetch.fsck.gitmodulesUrl=warn clone -q "$bad_url" allowed2
'

test_expect_success 'BI-28 hints that lie are no more than slow' '
	url=$(remote_url hints) &&
	git -C good push -q "$url" HEAD:refs/heads/main &&
	commit_in good three &&
	git -C good push -q "$url" HEAD:refs/heads/main &&
	place=$REMOTE_DIR/git/hints.git &&
	cp "$place/ledger/last" last &&
	for text in "" "x" "{}" "{\"n\": 0}" "{\"n\": 77}" "{\"n\": 1}" \
		"{\"n\": -1}" "{\"n\": 18446744073709551616}"
	do
		echo "$text" >"$place/ledger/last" &&
		git ls-remote "$url" >actual &&
		grep "^$(git -C good rev-parse HEAD)	refs/heads/main" actual ||
		return 1
	done &&
	sed "s/$(git -C good rev-parse HEAD)/$(git -C good rev-parse HEAD~1)/
		s/\"entry\": \"[^\"]*/\"entry\": \"$(printf %064d 7)/" last \
		>"$place/ledger/last" &&
	test_grep "$(git -C good rev-parse HEAD~1)" "$place/ledger/last" &&
	git ls-remote "$url" >actual &&
	grep "^$(git -C good rev-parse HEAD)	refs/heads/main" actual
'

test_expect_success 'BI-28 a state of entries that are gone misleads no push' '
	url=$(remote_url phantom) &&
	for n in $(test_seq 250)
	do
		echo "create refs/heads/a-rather-long-name-of-a-branch-$n HEAD~1" ||
		return 1
	done >refs &&
	git clone -q good many && git -C many update-ref --stdin <refs &&
	git -C many push -q --all "$url" &&
	git -C many push -q "$url" HEAD:refs/heads/late &&
	place=$REMOTE_DIR/git/phantom.git &&
	test_path_is_file "$place/ledger/state/2.json" &&
	rm -r "$place/ledger/0000000002" &&
	git clone -q good other && commit_in other four &&
	git -C other push -q "$url" HEAD:refs/heads/main &&
	git clone -q "$url" whole &&
	git -C whole fsck && git -C whole log -1 origin/main
'

test_done
