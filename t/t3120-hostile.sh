#!/bin/sh

test_description='the filter in repositories and work trees that mean harm'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

test_lazy_prereq FOLDING '
	test_have_prereq ROOT &&
	command -v lowntfs-3g && command -v mkfs.ntfs &&
	mkdir mnt && truncate -s 8M img && mkfs.ntfs -q -F -f img &&
	timeout 10 lowntfs-3g -o ignore_case img mnt &&
	{ echo >mnt/A && test -f mnt/a; ret=$?; umount mnt; return $ret; }
'

# A large and a small one; pointers in the work tree.
test_expect_success 'set up' '
	filter_config &&
	filter_repo repo &&
	cd repo &&
	mkdir sub &&
	noise large 3000000 >sub/large.bin &&
	noise top 2000000 >top.bin &&
	noise small 4096 >sub/small.bin &&
	git add . &&
	git commit -q -m data &&
	git cat-file blob :top.bin >../top.ptr &&
	mkdir ../want &&
	cp -R sub top.bin ../want
'

# pointers: as a checkout without data leaves them
pointers () {
	cd "$TRASH_DIRECTORY/repo" &&
	rm -rf sub top.bin ../outside &&
	MEDO_SKIP_SMUDGE=1 git checkout -q . &&
	is_pointer top.bin &&
	mkdir ../outside
}

# unharmed: what was planted outside is as it was
unharmed () {
	diff -r ../outside ../outside.was
}

test_expect_success 'MA-03 a symlink where a large file was is not written through' '
	pointers &&
	cp top.bin ../outside/target &&
	rm top.bin && ln -s ../outside/target top.bin &&
	rm -rf ../outside.was && cp -R ../outside ../outside.was &&
	{ git medo get -q || :; } &&
	test_path_is_symlink top.bin &&
	unharmed &&
	rm top.bin && git checkout -q . &&
	test_cmp_bin ../want/top.bin top.bin
'

test_expect_success 'MA-03 nor is one on the way to it' '
	pointers &&
	mv sub ../outside/sub && ln -s ../outside/sub sub &&
	rm -rf ../outside.was && cp -R ../outside ../outside.was &&
	{ git medo get -q || :; } &&
	test_path_is_symlink sub &&
	unharmed &&
	rm sub && git checkout -q . &&
	diff -r ../want/sub sub
'

test_expect_success 'MA-03 what else has a name for the file keeps the pointer' '
	pointers &&
	ln top.bin ../outside/hard &&
	git update-index -q --refresh &&
	rm -rf ../outside.was && cp -R ../outside ../outside.was &&
	git medo get -q &&
	test_cmp_bin ../want/top.bin top.bin &&
	unharmed
'

test_expect_success 'MA-03 a fifo, a directory: left alone, and nobody hangs' '
	pointers &&
	rm top.bin && mkfifo top.bin &&
	rm sub/large.bin && mkdir sub/large.bin && echo x >sub/large.bin/x &&
	{ timeout 20 git medo get -q || test $? != 124; } &&
	test -p top.bin &&
	test_path_is_file sub/large.bin/x &&
	rm -rf sub top.bin
'

test_expect_success PYTHON3 'MA-09 whatever path is asked for, the filter writes none that git could not mean' '
	cd "$TRASH_DIRECTORY/repo" &&
	git checkout -q -f . &&
	mkdir -p ../outside .git/hooks &&
	rm -f .git/hooks/post-checkout &&
	cp ../top.ptr ../outside/victim && cp ../top.ptr .git/hooks/victim &&
	cp ../top.ptr victim &&
	peer <<-\END &&
	text = open("../top.ptr", "rb").read()
	names = ["../outside/victim", ".git/hooks/victim", ".GIT/hooks/victim",
	         "./victim", "sub/../victim", "/etc/victim", "",
	         "git~1/hooks/victim", ".g\u200cit/hooks/victim", "a\nb",
	         "sub/.git/hooks/victim"]
	peer = Peer().hello()
	for name in names:
	    status, content = peer.ask("smudge", name, text, "can-delay=1")
	    assert (status, content) == ("success", text), (name, status)
	assert peer.end() == 0
	END
	for name in ../outside/victim .git/hooks/victim victim
	do
		cmp ../top.ptr $name || return 1
	done &&
	rm victim .git/hooks/victim
'

# CVE-2021-21300: a/post-checkout comes late, and A is a link by then.
test_expect_success FOLDING 'MA-09 a delayed file does not follow a link whose name is its own in another case' '
	cd "$TRASH_DIRECTORY" &&
	silo_create evil.silo &&
	filter_repo evil &&
	(
		cd evil &&
		git medo init -q --silo ../evil.silo . &&
		mkdir A && test_write_lines "#!/bin/sh" "touch $TRASH_DIRECTORY/canary" >A/post-checkout &&
		chmod +x A/post-checkout &&
		{ cat A/post-checkout && noise evil 3000000; } >A/post-merge &&
		chmod +x A/post-merge &&
		echo "A/* filter=medo -text" >>.gitattributes &&
		git add . &&
		printf ".git/hooks" | git hash-object -w --stdin >../link &&
		git update-index --add --cacheinfo 120000 "$(cat ../link)" a &&
		git commit -q -m evil &&
		git medo push -q
	) &&
	git config --global medo.allow "$TRASH_DIRECTORY/" &&
	forget &&
	mkdir mnt && truncate -s 64M img && mkfs.ntfs -q -F -f img &&
	lowntfs-3g -o ignore_case img mnt &&
	{
		test_when_finished "cd \"$TRASH_DIRECTORY\"; umount mnt" &&
		{ git clone -q evil mnt/clone 2>err || :; } &&
		{ git -C mnt/clone checkout -q -f HEAD 2>>err || :; } &&
		{ (cd mnt/clone && git medo get -q) 2>>err || :; } &&
		test_path_is_missing canary &&
		if test -e mnt/clone/.git/hooks/post-checkout
		then
			! grep canary mnt/clone/.git/hooks/post-checkout
		fi &&
		if test -e mnt/clone/.git/hooks/post-merge
		then
			! grep -a canary mnt/clone/.git/hooks/post-merge
		fi
	}
'

test_expect_success STRACE,!SANITIZE 'MA-17 a checkout opens no silo that only the repository names' '
	cd "$TRASH_DIRECTORY" &&
	{ git config --global --unset-all medo.allow || :; } &&
	silo_create secret.silo &&
	git clone -q --no-checkout repo named &&
	cd named &&
	git remote remove origin &&
	echo "{ \"silos\": [ { \"url\": \"$TRASH_DIRECTORY/secret.silo\" },
		{ \"url\": \"file:///etc\" }, { \"url\": \"http://127.0.0.1:9/\" },
		{ \"url\": \"ssh://-oProxyCommand=x/y\" } ] }" >SILO.json &&
	git reset -q && git add SILO.json && git commit -q -m silo &&
	strace -qq -f -e trace=openat,openat2,connect,socket -o ../trace \
		git checkout -q . 2>../err &&
	is_pointer top.bin &&
	! grep "secret.silo\|AF_INET\|/etc/silo.json" ../trace &&
	test_grep "3 files (5.0 MB) are not here: git medo get" ../err
'

test_expect_success STRACE,!SANITIZE 'MA-25 nothing runs that the repository names' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo run &&
	cd run &&
	write_script evil <<-\EOF &&
	touch "$HOME/canary"
	EOF
	mkdir hooks .git.d &&
	for hook in pre-commit post-checkout post-merge pre-push
	do
		cp evil hooks/$hook || return 1
	done &&
	test_write_lines "*.evil filter=evil diff=evil merge=evil" \
		"*.bin ident=x" >>.gitattributes &&
	printf "[filter \"evil\"]\n\tprocess = ./evil\n[medo]\n\tallow = /\n[core]\n\thooksPath = hooks\n\tfsmonitor = ./evil\n\tsshCommand = ./evil\n" >.gitconfig &&
	cp .gitconfig config && cp .gitconfig .git.d/config &&
	printf "[include]\n\tpath = ../.gitconfig\n" >.gitmodules.x &&
	echo "{ \"silos\": [ { \"url\": \"ssh://x/\$(./evil)\", \"command\": \"./evil\" } ] }" >SILO.json &&
	noise run 2000000 >large.bin && echo small >small.bin && echo x >x.evil &&
	strace -qq -f -e trace=execve -o ../trace sh -c "
		git add . && git commit -q -m one && rm large.bin small.bin &&
		git checkout -q . && git medo status && git medo verify --staged &&
		git medo get && git diff HEAD" >../out 2>../err &&
	sed -n "s/.*execve(\"\([^\"]*\)\".* = 0\$/\1/p" ../trace |
	sed "/\.git\/hooks\//d; s|.*/||" | sort -u >../ran &&
	{
		grep -v -x -e git -e git-medo -e git-medo--full -e sh -e dash \
			-e bash -e rm ../ran >../strange || :
	} &&
	test_must_be_empty ../strange &&
	test_path_is_missing "$HOME/canary"
'

test_expect_success 'BI-05 a line of 3 MiB in .gitattributes: clone and checkout in time' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo line &&
	cd line &&
	{
		cat .gitattributes &&
		printf "%03145728d" 1 && echo " text"
	} >attributes &&
	mv attributes .gitattributes &&
	noise line 2000000 >large.bin &&
	timeout 30 git add . 2>../err &&
	git commit -q -m line &&
	test_pointer :large.bin &&
	cp large.bin .. && rm large.bin &&
	timeout 30 git checkout -q . &&
	test_cmp_bin ../large.bin large.bin &&
	timeout 30 git clone -q . ../line.clone 2>../err &&
	test_cmp_bin ../large.bin ../line.clone/large.bin
'

test_expect_success 'BI-05 a hundred thousand silos: the checkout goes on, with a pointer and the limit' '
	cd "$TRASH_DIRECTORY/repo" &&
	git checkout -q -f . &&
	for n in 1001 100000
	do
		{
			printf "{ \"silos\": [ { \"url\": \"/a\" }" &&
			yes ", { \"url\": \"/a\" }" | head -n $n &&
			echo "] }"
		} >SILO.json &&
		git add SILO.json && git commit -q --no-verify -m silos &&
		rm -rf ../silos && forget &&
		timeout 20 git clone -q . ../silos 2>../err &&
		test_grep "3 files (5.0 MB) are not here: git medo get" ../err &&
		(
			cd ../silos &&
			test_must_fail timeout 20 git medo get 2>../err &&
			test_grep "SILO.json.*1000\|SILO.json.*1048576" ../err
		) || return 1
	done
'

test_done
