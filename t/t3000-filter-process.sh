#!/bin/sh

test_description='the filter speaks with git, and answers what it must

What git sends is what gitattributes(5) says of the long running filter; what
it would never send must end the filter, and never leave git waiting.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

test_expect_success 'set up' '
	filter_config &&
	filter_repo repo
'

# --- handshake ---

test_expect_success 'the handshake offers what git asked for and we know' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	peer = Peer().hello("clean", "smudge", "delay", "dance")
	assert peer.capabilities == ["capability=clean", "capability=smudge",
	                             "capability=delay"], peer.capabilities
	assert peer.end() == 0
	peer = Peer().hello("smudge", "dance")
	assert peer.capabilities == ["capability=smudge"], peer.capabilities
	assert peer.end() == 0
	END
'

test_expect_success 'a git that only wants to know opens no repository' '
	mkdir "$TRASH_DIRECTORY/nowhere" &&
	cd "$TRASH_DIRECTORY/nowhere" &&
	peer <<-\END
	assert Peer().hello().end() == 0
	END
'

test_expect_success 'another version, or another speaker, is exit 1' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END 2>../err &&
	def text(*lines):
	    return b"".join(b"%04x%s\n" % (len(l) + 5, l) for l in lines) + b"0000"
	assert code(text(b"git-filter-client", b"version=1")) == 1
	assert code(text(b"git-filter-client", b"version=3")) == 1
	assert code(text(b"git-filter-client")) == 1
	assert code(text(b"git-filter-server", b"version=2")) == 1
	assert code(text(b"git-filter-client", b"version=1", b"version=2")) == 1
	END
	test_line_count = 5 ../err
'

# --- BI-25 ---

test_expect_success 'BI-25 what is no packet ends the filter with 1' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END 2>../err &&
	good = b"0016git-filter-client\n000eversion=2\n0000"
	caps = b"0015capability=clean\n0016capability=smudge\n0000"
	head = b"0012command=clean\n0013pathname=a.bin\n0000"
	assert code(good, caps) == 0
	for before in [], [good], [good, caps], [good, caps, head]:
	    for bad in (b"0001", b"0002", b"0003", b"fff1", b"ffff", b"00zz",
	                b"-001", b" 010", b"0x10", b"001", b"0", b"0010short",
	                b"fff0" + b"x" * 65515, b"\0\0\0\0", b"\xff\xff\xff\xff"):
	        assert code(*before, bad) == 1, (before, bad)
	END
	test_line_count = 60 ../err
'

test_expect_success 'BI-25 the end in the middle of a request is exit 1' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END 2>../err
	def cut(*lines):
	    peer = Peer().hello().line(*lines)
	    return peer.end()
	assert cut("command=clean") == 1
	assert cut("command=smudge", "pathname=a.bin") == 1
	peer = Peer().hello().line("command=clean", "pathname=a.bin").flush()
	peer.data(b"x" * 100)
	assert peer.end() == 1
	assert peer.rest == b"", peer.rest
	peer = Peer().hello().line("command=smudge", "pathname=a.bin").flush()
	assert peer.end() == 1
	END
'

test_expect_success 'BI-25 a request without command or pathname is exit 1' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END 2>../err
	assert Peer().hello().flush().end() == 1
	assert Peer().hello().line("pathname=a").flush().flush().end() == 1
	assert Peer().hello().line("command=clean").flush().flush().end() == 1
	assert Peer().hello().line("command=dance",
	                           "pathname=a").flush().flush().end() == 1
	assert Peer().hello().raw(b"000bcom\0x=\n").flush().end() == 1
	END
'

test_expect_success 'BI-25 a key that we do not know is passed over' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	peer = Peer().hello()
	status, out = peer.ask("smudge", "a.bin", b"plain", "ref=refs/heads/x",
	                       "blob=zz", "weather=fine", "no equal sign")
	assert (status, out) == ("success", b"plain")
	assert peer.end() == 0
	END
'

test_expect_success 'lines without LF are taken, and capitals in lengths' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	peer = Peer().hello()
	peer.raw(b"0012command=smudge0012pathname=a.bin0000000Aplain\n0000")
	assert peer.lines() == ["status=success"]
	assert peer.packets() == [b"plain\n"]
	assert peer.lines() == []
	assert peer.end() == 0
	END
'

test_expect_success 'a git that stops reading does not leave a filter behind' '
	cd "$TRASH_DIRECTORY/repo" &&
	noise big 3000000 >../big &&
	peer <<-\END
	import time
	peer = Peer().hello()
	peer.line("command=smudge", "pathname=a.bin").flush()
	peer.child.stdout.close()
	peer.data(open("../big", "rb").read()).flush()
	peer.child.stdin.close()
	assert peer.child.wait() != 0
	END
'

# --- laws ---

test_expect_success 'content becomes a pointer, and the pointer stays itself' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	import os, json
	peer = Peer().hello()
	for size in (1, 15, 4096, 65515, 65516, 65517, 65535, 65536, 65537,
	             262144, 1048575, 1048576, 1048577, 5 << 20):
	    content = os.urandom(size)
	    status, ptr = peer.ask("clean", "x.bin", content)
	    assert status == "success", size
	    assert json.loads(ptr)["size"] == size
	    assert list(json.loads(ptr)) == ["treeptr", "id", "size", "seal"]
	    assert peer.ask("clean", "x.bin", content) == (status, ptr), size
	    assert peer.ask("clean", "x.bin", ptr) == (status, ptr), size
	    assert peer.ask("smudge", "x.bin", ptr) == (status, content), size
	assert peer.end() == 0
	END
'

test_expect_success 'packets of any size make the same content' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	import os
	peer = Peer().hello()
	content = os.urandom(100001)
	status, ptr = peer.ask("clean", "x.bin", content)
	for size in 1000, 4096, 65516, 65515, 77:
	    assert peer.ask("clean", "x.bin", content, size=size) == (status, ptr)
	    assert peer.ask("smudge", "x.bin", ptr, size=size) == (status, content)
	assert peer.ask("smudge", "x.bin", ptr, size=1) == (status, content)
	assert peer.end() == 0
	END
'

test_expect_success 'BI-08 what is empty stays empty' '
	cd "$TRASH_DIRECTORY/repo" &&
	: >empty.bin &&
	git add empty.bin &&
	test "$(git rev-parse :empty.bin)" = "$(git hash-object --stdin </dev/null)" &&
	rm empty.bin &&
	git checkout -q empty.bin &&
	test_path_is_file empty.bin &&
	test_must_be_empty empty.bin &&
	peer <<-\END
	peer = Peer().hello()
	assert peer.ask("clean", "e.bin") == ("success", b"")
	assert peer.ask("smudge", "e.bin") == ("success", b"")
	assert peer.end() == 0
	END
'

test_expect_success 'BI-08 a pointer to a pointer is followed once' '
	cd "$TRASH_DIRECTORY/repo" &&
	echo innermost >../inner &&
	git medo clean x.bin <../inner >../ptr1 &&
	is_pointer ../ptr1 &&
	git medo add ../ptr1 ../ptr2.treeptr >../out 2>../err &&
	git medo smudge x.bin <../ptr2.treeptr >../actual &&
	test_cmp ../ptr1 ../actual &&
	git medo clean x.bin <../ptr2.treeptr >../actual &&
	test_cmp ../ptr2.treeptr ../actual
'

test_expect_success 'BI-06, BI-07 what is nearly a pointer is content' '
	cd "$TRASH_DIRECTORY/repo" &&
	echo content >../content &&
	git medo clean n.bin <../content >../ptr &&
	{
		printf "\357\273\277" && cat ../ptr
	} >bom.bin &&
	{
		cat ../ptr && printf "\0"
	} >nul.bin &&
	{
		cat ../ptr && echo
	} >twice.bin &&
	{
		echo " " && cat ../ptr
	} >space.bin &&
	sed "s/\"size\": 8/\"size\": -8/" ../ptr >size.bin &&
	sed "s/\"id\": \"../\"id\": \"zz/" ../ptr >id.bin &&
	head -c 20 ../ptr >head.bin &&
	{
		cat ../ptr && noise tail 70000
	} >tail.bin &&
	sed "s/\"treeptr\": 1/\"treeptr\": 2/" ../ptr >two.bin &&
	: >../same &&
	for name in bom nul space size id head tail two
	do
		git medo smudge $name.bin <$name.bin >../out &&
		test_cmp_bin $name.bin ../out &&
		cp $name.bin ../$name.was || return 1
	done &&
	git add . &&
	git commit -q -m "nearly pointers" &&
	for name in bom nul space size id head tail two
	do
		test_pointer :$name.bin &&
		rm $name.bin &&
		git checkout -q $name.bin &&
		test_cmp_bin ../$name.was $name.bin || return 1
	done &&
	test_clean_status
'

test_expect_success 'BI-06 around the limit of a pointer nothing is cut' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	peer = Peer().hello()
	head = b"{\n  \"treeptr\": 1,\n  \"x\": \""
	for size in 9215, 9216, 9217, 65535, 65536, 65537, 131073:
	    content = head + b"x" * (size - len(head))
	    assert peer.ask("smudge", "l.bin", content) == ("success", content)
	    status, ptr = peer.ask("clean", "l.bin", content)
	    assert len(ptr) < 1024, size
	    assert peer.ask("smudge", "l.bin", ptr) == ("success", content)
	assert peer.end() == 0
	END
'

test_expect_success 'large content that is no pointer passes through smudge' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END
	import os
	peer = Peer().hello()
	content = os.urandom(3000001)
	assert peer.ask("smudge", "l.bin", content) == ("success", content)
	assert peer.ask("smudge", "l.bin", content,
	                "can-delay=1") == ("success", content)
	assert peer.end() == 0
	END
'

test_expect_success 'provenance survives a re-clean, and only of the same content' '
	cd "$TRASH_DIRECTORY/repo" &&
	echo provenance >prov.bin &&
	git medo clean prov.bin <prov.bin >../ptr &&
	sed "s/\(\"seal.*\)/\1,\n  \"provenance\": {\"from\": \"afar\"}/" ../ptr >../long.ptr &&
	oid=$(git hash-object -w --stdin --no-filters <../long.ptr) &&
	git update-index --add --cacheinfo "100644,$oid,prov.bin" &&
	touch prov.bin &&
	git add prov.bin &&
	test "$(git rev-parse :prov.bin)" = "$oid" &&
	git commit -q -m provenance &&
	git rm -q --cached prov.bin &&
	git add prov.bin &&
	test "$(git rev-parse :prov.bin)" = "$oid" &&
	echo other >prov.bin &&
	git add prov.bin &&
	git cat-file blob :prov.bin >../actual &&
	is_pointer ../actual &&
	! grep afar ../actual &&
	git reset -q --hard &&
	echo provenance >../expect &&
	test_cmp ../expect prov.bin
'

test_expect_success 'modes and bytes come back exactly' '
	cd "$TRASH_DIRECTORY/repo" &&
	noise exec 5000 >exec.bin &&
	noise large 2000000 >large.bin &&
	chmod +x exec.bin large.bin &&
	cp exec.bin ../exec.was &&
	cp large.bin ../large.was &&
	git add . &&
	git commit -q -m executable &&
	rm exec.bin large.bin &&
	git checkout -q . &&
	test_cmp_bin ../exec.was exec.bin &&
	test_cmp_bin ../large.was large.bin &&
	test -x exec.bin && test -x large.bin &&
	test_clean_status
'

test_expect_success 'a process may store, and swap in afterwards' '
	cd "$TRASH_DIRECTORY/repo" &&
	peer <<-\END &&
	peer = Peer().hello()
	content = open("large.bin", "rb").read()
	status, ptr = peer.ask("clean", "later.bin", content)
	open("later.bin", "wb").write(ptr)
	assert peer.ask("smudge", "later.bin", ptr, "can-delay=1") == (status, ptr)
	assert peer.end() == 0
	END
	test_cmp_bin ../large.was later.bin &&
	rm later.bin
'

test_expect_success 'odd names are names' '
	cd "$TRASH_DIRECTORY/repo" &&
	nl=$(printf "new\nline.bin") &&
	latin=$(printf "caf\351.bin") &&
	for name in "a b.bin" "-dash.bin" "tab	.bin" "quo\"te.bin" "$nl" \
		"$latin" "a=b.bin" "HEAD:x.bin" "*.bin"
	do
		mkdir -p odd &&
		echo "$name" >"odd/$name" || return 1
	done &&
	git add odd &&
	git commit -q -m odd &&
	cp -r odd ../odd.was &&
	rm -rf odd &&
	git checkout -q odd &&
	diff -r ../odd.was odd &&
	test_clean_status &&
	git cat-file blob "HEAD:odd/a b.bin" >../actual &&
	is_pointer ../actual
'

# --- sizes that were guessed wrong ---

test_expect_success 'a size that the work tree does not tell is found out' '
	cd "$TRASH_DIRECTORY/repo" &&
	for size in 1048577 3000000 5242880
	do
		noise guess$size $size >../content &&
		oid=$(git hash-object --no-filters ../content) &&
		for there in 0 1 1048576 2999999 3000001 7000000
		do
			noise there $there >guess.bin &&
			ptr=$(git hash-object -w --stdin --path guess.bin <../content) &&
			git cat-file blob $ptr >../ptr &&
			test_grep "\"id\": \"$oid\"" ../ptr &&
			test_grep "\"size\": $size," ../ptr || return 1
		done &&
		rm guess.bin &&
		git hash-object -w --stdin --path guess.bin <../content >../again &&
		test "$(cat ../again)" = $ptr &&
		git medo smudge guess.bin <../ptr >../out &&
		test_cmp_bin ../content ../out || return 1
	done
'

# --- no error but for what cannot be stored ---

test_expect_success ROOT 'clean answers error where nothing can be stored' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo full &&
	mkdir -p full/.git/medo &&
	mount -t tmpfs -o size=64k,nr_inodes=20 none full/.git/medo &&
	test_when_finished "umount \"$PWD/full/.git/medo\"" &&
	noise full 3000000 >full/large.bin &&
	noise small 60000 >full/small.bin &&
	test_must_fail git -C full add large.bin 2>err &&
	test_grep "large.bin" err &&
	git -C full ls-files >files &&
	! grep large files &&
	mount -o remount,size=64m,nr_inodes=1000 full/.git/medo &&
	git -C full add . &&
	git -C full commit -q -m two &&
	test_clean_status full
'

test_expect_success 'three hundred small contents are one pack, not files' '
	filter_repo "$TRASH_DIRECTORY/many" &&
	cd "$TRASH_DIRECTORY/many" &&
	peer <<-\END &&
	for i in range(300):
	    open("%d.bin" % i, "w").write("content %d\n" % i)
	END
	touch -d "10 seconds ago" ./*.bin &&
	count_filters git add . &&
	test "$filters" = 1 &&
	find .git/medo/pack -name "*.pack" >../packs &&
	test_line_count = 1 ../packs &&
	git verify-pack "$(cat ../packs)" &&
	test "$(silo_count .git/medo)" = 0 &&
	git commit -q -m many &&
	count_filters git status &&
	test "$filters" = 0
'

test_expect_success 'what git looks at again is not stored again' '
	cd "$TRASH_DIRECTORY/many" &&
	find .git/medo -type f | sort >../before &&
	for i in 1 22 133 254
	do
		touch $i.bin || return 1
	done &&
	count_filters git status --porcelain >../status &&
	test_must_be_empty ../status &&
	test "$filters" = 1 &&
	find .git/medo -type f | sort >../after &&
	test_cmp ../before ../after
'

test_expect_success 'what came from far is not stored here for a look at it' '
	cd "$TRASH_DIRECTORY" &&
	silo_create far.silo &&
	git -C many medo init -q --silo "$PWD/far.silo" . &&
	noise m 200000 >many/middle.bin &&
	git -C many add . &&
	git -C many commit -q -m far &&
	git -C many medo push -q &&
	git config --global medo.allow "$PWD/far.silo" &&
	rm -rf "$(cache_dir)" &&
	git clone -q many second &&
	touch second/7.bin second/middle.bin &&
	test_clean_status second &&
	find second/.git/medo -type f ! -name silo.json >stored &&
	test_must_be_empty stored &&
	echo other >second/7.bin &&
	git -C second add . &&
	find second/.git/medo -name "*.pack" >stored &&
	test_line_count = 1 stored
'

test_expect_success 'git archive and cat-file --filters give contents' '
	cd "$TRASH_DIRECTORY/repo" &&
	git archive HEAD large.bin exec.bin >../x.tar &&
	mkdir ../x && tar -C ../x -xf ../x.tar &&
	test_cmp_bin ../large.was ../x/large.bin &&
	test_cmp_bin ../exec.was ../x/exec.bin &&
	git cat-file --filters HEAD:large.bin >../out &&
	test_cmp_bin ../large.was ../out
'

test_expect_success 'clean and smudge, one file each, do the same' '
	cd "$TRASH_DIRECTORY/repo" &&
	noise one 70000 >../one &&
	git medo clean one.bin <../one >../ptr &&
	git medo smudge one.bin <../ptr >../out &&
	test_cmp_bin ../one ../out &&
	git medo smudge --skip one.bin <../ptr >../out &&
	test_cmp ../ptr ../out &&
	git config --file ../one.config filter.medo.clean "git-medo clean -- %f" &&
	git config --file ../one.config filter.medo.smudge "git-medo smudge -- %f" &&
	GIT_CONFIG_GLOBAL="$TRASH_DIRECTORY/one.config" \
		git cat-file --filters HEAD:exec.bin >../out &&
	test_cmp_bin ../exec.was ../out &&
	GIT_CONFIG_GLOBAL="$TRASH_DIRECTORY/one.config" \
		git hash-object --path exec.bin ../out >../oid &&
	test "$(cat ../oid)" = "$(git rev-parse HEAD:exec.bin)"
'

test_done
