#!/bin/sh

test_description='a checkout never fails for lack of data'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

# One commit with 4 KiB, 100 kB and 3 MB, pushed; `origin` keeps nothing here.
test_expect_success 'set up' '
	filter_config &&
	silo_create deps.silo &&
	filter_repo origin &&
	(
		cd origin &&
		git medo init -q --silo ../deps.silo . &&
		noise small 4096 >small.bin &&
		noise middle 100000 >middle.bin &&
		mkdir sub &&
		noise large 3000000 >sub/large.bin &&
		: >empty.bin &&
		git add . &&
		git commit -q -m data &&
		git medo push -q &&
		cp -r . ../want &&
		rm -rf ../want/.git
	) &&
	forget
'

# new_clone [ARGS]: into `clone`, as on another machine; messages in `err`
new_clone () {
	cd "$TRASH_DIRECTORY" &&
	rm -rf clone .cache &&
	forget &&
	git clone -q "$@" origin clone 2>err &&
	cd clone || return 1
}

# all_pointers, all_contents: what lies in the work tree; status is clean
all_pointers () {
	is_pointer small.bin && is_pointer middle.bin &&
	is_pointer sub/large.bin && test_path_is_file empty.bin &&
	test_clean_status
}
all_contents () {
	for name in small.bin middle.bin sub/large.bin empty.bin
	do
		test_cmp_bin "../want/$name" "$name" || return 1
	done &&
	test_clean_status
}

test_expect_success 'MA-17 a silo that nobody allowed is not read: pointers, one line' '
	new_clone &&
	all_pointers &&
	test "$(cat ../err)" = "3 files (3.1 MB) are not here: git medo get" &&
	test "$(silo_count "$(cache_dir)")" = 0
'

test_expect_success 'get says what to allow, and then completes' '
	cd "$TRASH_DIRECTORY/clone" &&
	test_expect_code 4 git medo get 2>../err &&
	test_grep "git medo allow" ../err &&
	all_pointers &&
	git medo allow "$TRASH_DIRECTORY/deps.silo" &&
	git medo get >../out &&
	test_grep "^3 files here now" ../out &&
	all_contents &&
	git medo get >../out &&
	test_must_be_empty ../out
'

test_expect_success 'an allowed silo is used at once' '
	test_when_finished "git config --global --unset-all medo.allow" &&
	git config --global medo.allow "$TRASH_DIRECTORY/deps.silo" &&
	new_clone &&
	all_contents &&
	test_must_be_empty ../err
'

test_expect_success 'a silo that has gone: pointers, exit 0, and get comes later' '
	git config --global medo.allow "$TRASH_DIRECTORY/deps.silo" &&
	mv "$TRASH_DIRECTORY/deps.silo" "$TRASH_DIRECTORY/moved.silo" &&
	new_clone &&
	all_pointers &&
	test "$(cat ../err)" = "3 files (3.1 MB) are not here: git medo get" &&
	test_must_fail git medo get 2>../err &&
	all_pointers &&
	git rm -q -r --cached . && git reset -q --hard 2>../err && all_pointers &&
	git checkout -q HEAD^ 2>../err && test_must_be_empty ../err &&
	git checkout -q - 2>../err && all_pointers &&
	mv ../moved.silo ../deps.silo &&
	git medo get -q &&
	all_contents
'

test_expect_success 'what one silo lacks does not keep back the rest' '
	id=$(treeptr_get "$TRASH_DIRECTORY/origin/small.bin" id) &&
	git -C "$TRASH_DIRECTORY/origin" cat-file blob :middle.bin >"$TRASH_DIRECTORY/ptr" &&
	blob=$(silo_blob "$TRASH_DIRECTORY/deps.silo" "$TRASH_DIRECTORY/ptr") &&
	mv "$blob" "$TRASH_DIRECTORY/kept.gz" &&
	new_clone &&
	test "$(cat ../err)" = "1 file (100.0 kB) is not here: git medo get" &&
	is_pointer middle.bin &&
	test_cmp_bin ../want/small.bin small.bin &&
	test_cmp_bin ../want/sub/large.bin sub/large.bin &&
	test_clean_status &&
	test_expect_code 1 git medo get 2>../err &&
	mv ../kept.gz "$blob" &&
	git medo get middle.bin &&
	all_contents
'

test_expect_success 'a large one that is lacking stays a pointer, too' '
	git -C "$TRASH_DIRECTORY/origin" cat-file blob :sub/large.bin >"$TRASH_DIRECTORY/ptr" &&
	blob=$(silo_blob "$TRASH_DIRECTORY/deps.silo" "$TRASH_DIRECTORY/ptr") &&
	mv "$blob" "$TRASH_DIRECTORY/kept.gz" &&
	new_clone &&
	mv ../kept.gz "$blob" &&
	test "$(cat ../err)" = "1 file (3.0 MB) is not here: git medo get" &&
	is_pointer sub/large.bin && test_clean_status &&
	git medo get -q && all_contents
'

test_expect_success 'a damaged blob never gets into the work tree' '
	git -C "$TRASH_DIRECTORY/origin" cat-file blob :sub/large.bin >"$TRASH_DIRECTORY/ptr" &&
	blob=$(silo_blob "$TRASH_DIRECTORY/deps.silo" "$TRASH_DIRECTORY/ptr") &&
	cp "$blob" "$TRASH_DIRECTORY/kept.gz" &&
	flip_byte "$blob" &&
	new_clone &&
	cp -f ../kept.gz "$blob" &&
	is_pointer sub/large.bin && test_clean_status &&
	test_grep "1 file (3.0 MB) is not here: git medo get" ../err &&
	git medo get -q && all_contents
'

test_expect_success 'MEDO_SKIP_SMUDGE leaves pointers, and asks nobody' '
	for variable in MEDO_SKIP_SMUDGE GIT_LFS_SKIP_SMUDGE
	do
		(
			eval "$variable=1" && export "$variable" &&
			new_clone &&
			test_must_be_empty ../err
		) &&
		cd "$TRASH_DIRECTORY/clone" &&
		all_pointers &&
		test "$(silo_count "$(cache_dir)")" = 0 || return 1
	done &&
	MEDO_SKIP_SMUDGE=0 git medo get -q &&
	all_contents
'

test_expect_success 'fetchInclude and fetchExclude choose what becomes content' '
	new_clone -c medo.fetchInclude="sub/*,small*" &&
	test_must_be_empty ../err &&
	test_cmp_bin ../want/small.bin small.bin &&
	test_cmp_bin ../want/sub/large.bin sub/large.bin &&
	is_pointer middle.bin && test_clean_status &&
	new_clone -c medo.fetchExclude="sub/*" &&
	is_pointer sub/large.bin &&
	test_cmp_bin ../want/middle.bin middle.bin && test_clean_status &&
	new_clone -c medo.fetchInclude="*.bin" -c medo.fetchExclude="*l.bin,x" &&
	is_pointer small.bin && test_clean_status &&
	test_cmp_bin ../want/sub/large.bin sub/large.bin &&
	git medo get -q && all_contents
'

test_expect_success 'no home and no cache: pointers, a reason, exit 0' '
	new_clone &&
	rm small.bin && forget && rm -rf .git/medo/objects .git/medo/pack &&
	git config --global --list >../global &&
	(
		GIT_CONFIG_GLOBAL="$HOME/.gitconfig" && export GIT_CONFIG_GLOBAL &&
		unset HOME XDG_CACHE_HOME &&
		git checkout -q small.bin 2>../err
	) &&
	is_pointer small.bin &&
	test_grep "HOME is not set" ../err &&
	test_grep "1 file (4.1 kB) is not here" ../err &&
	git medo get -q && all_contents
'

test_expect_success 'a setting that makes no sense does not stop a checkout' '
	new_clone -c medo.inband=many &&
	all_pointers &&
	test_grep "medo.inband" ../err &&
	git config --unset medo.inband &&
	git medo get -q && all_contents
'

test_expect_success 'a pack of small contents is fetched, too' '
	cd "$TRASH_DIRECTORY" &&
	rm -rf few && git clone -q origin few 2>err && cd few &&
	for i in 1 2 3 4 5 6 7 8 9
	do
		echo "content $i" >few$i.bin || return 1
	done &&
	git add . && git commit -q -m few &&
	cd .. && rm -rf fewer && git clone -q few fewer 2>err &&
	test_must_be_empty err &&
	test "$(cat fewer/few7.bin)" = "content 7" &&
	test_clean_status fewer
'

test_expect_success 'a rebase over damaged content goes on, with a pointer' '
	new_clone &&
	git checkout -q -b topic HEAD^ && echo x >x && git add x && git commit -q -m x &&
	git cat-file blob origin/main:sub/large.bin >../ptr &&
	flip_byte "$(silo_blob "$(cache_dir)" ../ptr)" &&
	mv ../deps.silo ../moved.silo &&
	rm -rf .git/medo/objects &&
	git rebase -q origin/main 2>../err &&
	mv ../moved.silo ../deps.silo &&
	is_pointer sub/large.bin && test_clean_status &&
	test_grep "1 file (3.0 MB) is not here: git medo get" ../err &&
	git medo get -q 2>../err && all_contents
'

# --- drop ---

test_expect_success 'drop turns into pointers what a silo is seen to have' '
	new_clone &&
	noise new 50000 >new.bin &&
	noise newer 2000000 >newer.bin &&
	git add . && git commit -q -m new &&
	echo changed >>middle.bin &&
	git medo drop --all >../out 2>../err &&
	test_grep "^2 files dropped" ../out &&
	is_pointer small.bin && is_pointer sub/large.bin &&
	test_cmp_bin ../want/empty.bin empty.bin &&
	test "$(test_file_size new.bin)" = 50000 &&
	test "$(test_file_size newer.bin)" = 2000000 &&
	test "$(test_file_size middle.bin)" = 100008 &&
	git checkout -q middle.bin &&
	test_clean_status &&
	git medo get -q && all_contents &&
	git medo drop sub && is_pointer sub/large.bin &&
	test_cmp_bin ../want/small.bin small.bin && test_clean_status &&
	git medo get sub >../out && all_contents
'

test_expect_success 'half a file in the silo is no copy: drop wants more than a name' '
	cd "$TRASH_DIRECTORY/clone" &&
	cp -r ../deps.silo ../whole.silo &&
	test_when_finished "rm -rf ../deps.silo && mv ../whole.silo ../deps.silo" &&
	git cat-file blob :sub/large.bin >../pointer &&
	file=../deps.silo/$(id_path "$(treeptr_get ../pointer id)") &&
	chmod u+w "$file" && truncate -s 1000 "$file" &&
	git medo drop sub >../out 2>../err &&
	test_must_be_empty ../out &&
	test_grep "^warning: .*deps.silo" ../err &&
	test_grep "^1 left alone" ../err &&
	all_contents
'

test_expect_success 'drop with no silo in sight drops nothing' '
	cd "$TRASH_DIRECTORY/clone" &&
	mv ../deps.silo ../moved.silo &&
	test_when_finished "mv \"$TRASH_DIRECTORY/moved.silo\" \"$TRASH_DIRECTORY/deps.silo\"" &&
	git medo drop --all >../out 2>../err &&
	test_must_be_empty ../out &&
	all_contents &&
	test_expect_code 129 git medo drop 2>../err &&
	test_expect_code 129 git medo drop --all small.bin 2>../err
'

# --- LO-04 ---

test_expect_success STRACE,!SANITIZE 'LO-04 what is delayed is fetched by one program, all together' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo many &&
	(
		cd many &&
		git medo init -q --silo ../deps.silo . &&
		for i in 1 2 3 4 5 6 7 8 9
		do
			for k in 0 1 2 3 4 5 6 7 8 9
			do
				echo "file $i $k" >$i$k.bin || exit 1
			done
			noise $i 1100000 >large$i.bin || exit 1
		done &&
		git add . && git commit -q -m many && git medo push -q
	) &&
	forget &&
	rm -rf clone &&
	strace -f -qq -e trace=execve -o trace git clone -q many clone 2>err &&
	grep -c "git-medo--full.*\"fetch\", \"--stdin\"" trace >count &&
	test "$(cat count)" = 1 &&
	rm -r many/.git && diff -r -x .git many clone &&
	test_clean_status clone
'

# vouch BLOB PTR: say in `verified` that this file was read and found right
vouch () {
	vouch_nsec=$(stat -c %.9Z "$1" | sed 's/.*\.0*//') &&
	printf '%s %s %s %s.%s' "$(treeptr_get "$2" id)" \
		"$(treeptr_get "$2" size)" "$(treeptr_get "$2" seal)" \
		"$(stat -c '%d %i %s %Z' "$1")" "${vouch_nsec:-0}" |
	sha256sum | sed 's/ .*//' >>.git/medo/verified
}

test_expect_success 'what we stored is vouched for, and damaged all the same it stays away' '
	cd "$TRASH_DIRECTORY" &&
	filter_repo vouched &&
	cd vouched &&
	noise vouched 3000000 >large.bin &&
	noise small 70000 >small.bin &&
	git add . &&
	git commit -q -m large &&
	test_line_count = 1 .git/medo/verified &&
	git cat-file blob :large.bin >../ptr &&
	rm large.bin &&
	git checkout -q . &&
	test "$(test_file_size large.bin)" = 3000000 &&
	test_line_count = 1 .git/medo/verified &&
	flip_byte "$(silo_blob .git/medo ../ptr)" &&
	rm large.bin &&
	git checkout -q . &&
	is_pointer large.bin &&
	vouch "$(silo_blob .git/medo ../ptr)" ../ptr &&
	rm large.bin &&
	git checkout -q . 2>../err &&
	is_pointer large.bin &&
	test_grep "1 file (3.0 MB) is not here" ../err &&
	test_grep "CRC32\\|damaged" ../err
'

test_expect_success 'what another process stored is verified once' '
	cd "$TRASH_DIRECTORY/vouched" &&
	flip_byte "$(silo_blob .git/medo ../ptr)" &&
	rm -f .git/medo/verified large.bin &&
	git checkout -q . &&
	test "$(test_file_size large.bin)" = 3000000 &&
	test_line_count = 1 .git/medo/verified &&
	vouch "$(silo_blob .git/medo ../ptr)" ../ptr &&
	sort -u .git/medo/verified >../one &&
	test_line_count = 1 ../one
'

test_done
