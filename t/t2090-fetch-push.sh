#!/bin/sh

test_description='git medo fetch and push: blobs between store, cache and silos'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# content TEXT NAME: deps/NAME.treeptr names a file that says so
content () {
	echo "$1" >content && git medo add -q content "deps/$2.treeptr" >/dev/null &&
	rm content
}

test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	content one one && content two two &&
	id=$(treeptr_get deps/one.treeptr id) &&
	git add deps && git commit -q -m two
'

test_expect_success 'push -n only says what would be sent' '
	git medo push -n >actual &&
	for name in one two
	do
		printf "%s\t%s\tdeps/%s.treeptr\n" \
			"$(treeptr_get deps/$name.treeptr id)" "$PWD/far" $name ||
			return 1
	done >expect &&
	test_cmp expect actual &&
	test "$(silo_count far)" = 0 &&
	test "$(silo_count .git/medo)" = 2
'

test_expect_success 'push says what it sent' '
	git medo push >actual &&
	test_cmp expect actual &&
	silo_rehash far &&
	test "$(silo_count far)" = 2
'

test_expect_success 'what was pushed moves from the store to the cache' '
	test "$(silo_count .git/medo)" = 0 &&
	test "$(silo_count "$(cache_dir)")" = 2
'

test_expect_success 'a cache that cannot be had does not keep a push back' '
	git init -q ../nocache && (
		cd ../nocache &&
		medo_create deps "$PWD/../nofar" && silo_create ../nofar &&
		echo kept >f && git medo add -q f deps/f.treeptr &&
		git config medo.cache "$PWD/f/cache" &&
		git medo push 2>err &&
		test_grep "^warning:.*f/cache.*the store keeps" err &&
		test_path_is_file "$(silo_blob ../nofar deps/f.treeptr)" &&
		test "$(silo_count .git/medo)" = 1 &&
		git config --unset medo.cache &&
		git medo push && test "$(silo_count .git/medo)" = 0
	)
'

test_expect_success 'a second push has nothing to do' '
	tree_state far >expect &&
	git medo push >actual &&
	test_must_be_empty actual &&
	tree_state far >actual &&
	test_cmp expect actual
'

test_expect_success '"there already" is asked of the silo, not believed' '
	rm "$(silo_blob far deps/one.treeptr)" &&
	git medo push >actual &&
	test_line_count -eq 1 actual &&
	test_path_is_file "$(silo_blob far deps/one.treeptr)"
'

test_expect_success 'a pointer that nobody committed is pushed as well' '
	content three three &&
	git medo push -q >actual &&
	test_must_be_empty actual &&
	test_path_is_file "$(silo_blob far deps/three.treeptr)"
'

test_expect_success 'so is one of the index, and one of another branch' '
	content four four && git add deps/four.treeptr && rm deps/four.treeptr &&
	git checkout -q -b side && content five five &&
	git add deps/five.treeptr && git commit -q -m five -- deps/five.treeptr &&
	git checkout -q main &&
	git medo push >actual &&
	test_line_count -eq 2 actual &&
	test "$(silo_count .git/medo)" = 0
'

test_expect_success 'what remotes have is not looked at, but for what the store holds' '
	git clone -q --bare . upstream.git && git remote add up upstream.git &&
	git fetch -q up &&
	forget && rm -r far && silo_create far &&
	git read-tree --empty && rm -f deps/*.treeptr &&
	git medo push >actual &&
	test_must_be_empty actual &&
	git read-tree HEAD && git checkout -q -- deps
'

test_expect_success 'a blob that is nowhere: exit 1, pointer named' '
	test_expect_code 1 git medo push --all >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "deps/one.treeptr.: blob $id is neither on this disk nor in silo" err
'

test_expect_success 'it does not keep back the others' '
	content six six &&
	test_expect_code 1 git medo push >actual 2>err &&
	grep "deps/six.treeptr" actual &&
	test_path_is_file "$(silo_blob far deps/six.treeptr)" &&
	rm deps/six.treeptr
'

test_expect_success 'setup: all is there again' '
	content one one && content two two && content five five &&
	rm deps/five.treeptr && git medo push -q --all
'

test_expect_success 'push --json and -z' '
	rm "$(silo_blob far deps/one.treeptr)" &&
	git medo push -n --json >actual &&
	echo "{\"id\":\"$id\",\"silo\":\"$PWD/far\",\"path\":\"deps/one.treeptr\"}" >expect &&
	test_cmp expect actual &&
	git medo push -z >actual &&
	printf "%s\t%s\tdeps/one.treeptr\0" "$id" "$PWD/far" >expect &&
	test_cmp_bin expect actual
'

test_expect_success 'fetch brings what is missing into the cache' '
	forget &&
	git medo fetch deps/one.treeptr &&
	test_path_is_file "$(cache_dir)/$(id_path "$id")" &&
	test "$(silo_count "$(cache_dir)")" = 1 &&
	git medo fetch &&
	test "$(silo_count "$(cache_dir)")" = 2 &&
	silo_rehash "$(cache_dir)"
'

test_expect_success 'fetch --all is for all of history' '
	git medo fetch --all &&
	test "$(silo_count "$(cache_dir)")" = 3
'

test_expect_success 'what is here is not asked for' '
	mv far away && test_when_finished "mv away far" &&
	git medo fetch --all
'

test_expect_success 'a silo that is not there: exit 3, named once for each blob' '
	forget && mv far away && test_when_finished "mv away far" &&
	test_expect_code 3 git medo fetch 2>err &&
	test_grep "^error: .deps/one.treeptr.: there is no silo at .$PWD/far" err &&
	test_line_count -eq 2 err &&
	content seven seven &&
	test_expect_code 3 git medo push >actual 2>err &&
	test_must_be_empty actual &&
	test_path_is_missing far
'

test_expect_success 'a push that could not be is done by the next one' '
	git medo push >actual &&
	grep "deps/seven.treeptr" actual &&
	rm deps/seven.treeptr
'

test_expect_success 'a blob that no silo has: exit 1, and what to do' '
	forget && cp "$(silo_blob far deps/one.treeptr)" saved &&
	rm "$(silo_blob far deps/one.treeptr)" &&
	test_expect_code 1 git medo fetch 2>err &&
	test_grep "deps/one.treeptr.: blob $id is not in its silo;" err &&
	test_line_count -eq 1 err &&
	test_path_is_file "$(silo_blob "$(cache_dir)" deps/two.treeptr)" &&
	cp saved "$(silo_blob far deps/one.treeptr)"
'

test_expect_success 'the next silo is asked' '
	cp -R far mirror && rm "$(silo_blob far deps/one.treeptr)" &&
	git medo init -q --silo mirror deps &&
	forget && git medo fetch &&
	forget && mv far away && git medo fetch 2>err && mv away far &&
	test "$(silo_count "$(cache_dir)")" = 2
'

test_expect_success 'all silos are pushed to' '
	rm -r mirror && silo_create mirror &&
	git medo push >actual &&
	test_line_count -eq 3 actual &&
	test_path_is_file "$(silo_blob far deps/one.treeptr)" &&
	test_path_is_file "$(silo_blob mirror deps/one.treeptr)"
'

test_expect_success 'the first decides: trouble with the others is a warning' '
	mv mirror away && content eight eight &&
	git medo push >actual 2>err &&
	test_line_count -eq 1 actual &&
	grep "far	deps/eight.treeptr" actual &&
	test_grep "^warning: .*/mirror" err &&
	test "$(silo_count .git/medo)" = 0 &&
	mv away mirror && git medo push >actual &&
	grep "mirror	deps/eight.treeptr" actual &&
	mv far away && content nine nine &&
	test_expect_code 3 git medo push 2>err &&
	test "$(silo_count .git/medo)" = 1 &&
	mv away far && git medo push -q && rm deps/eight.treeptr deps/nine.treeptr
'

test_expect_success 'a blob that two medos name goes to the silos of both' '
	silo_create third && git medo init -q --silo third other &&
	content ten ten && cp deps/ten.treeptr other/ &&
	git medo push >actual &&
	test_line_count -eq 3 actual &&
	test_path_is_file "$(silo_blob third other/ten.treeptr)" &&
	rm -r other deps/ten.treeptr
'

test_expect_success 'without a silo to push to: exit 128, and what to do' '
	mkdir lone && echo lonely >content && git medo add -q content lone/x.treeptr &&
	test_expect_code 128 git medo push 2>err &&
	test_grep "lone/x.treeptr.: no SILO.json names a silo to push to" err &&
	rm -r lone
'

test_expect_success 'medo.silo replaces what SILO.json says' '
	silo_create mine && content eleven eleven &&
	git -c medo.silo="$PWD/mine" medo push >actual &&
	grep "mine	deps/eleven.treeptr" actual &&
	test_path_is_missing "$(silo_blob far deps/eleven.treeptr)" &&
	rm deps/eleven.treeptr
'

test_expect_success 'a silo of SHA-256 takes nothing of SHA-1' '
	silo init -q --object-format sha256 new &&
	test_expect_code 4 git -c medo.silo="$PWD/new" medo push 2>err &&
	test_grep "sha256" err &&
	test "$(silo_count new)" = 0
'

test_expect_success 'what is in the way of a blob is left alone' '
	silo_create odd &&
	blob=$(silo_blob odd deps/one.treeptr) &&
	mkdir -p "$blob" && echo x >"$blob/file" &&
	test_must_fail git -c medo.silo="$PWD/odd" medo push 2>err &&
	test_path_is_file "$blob/file" && silo_temps odd
'

test_expect_success 'MA-30 a symlink in a silo is not written through' '
	silo_create linked && mkdir elsewhere && ln -s ../elsewhere linked/objects &&
	test_must_fail git -c medo.silo="$PWD/linked" medo push 2>err &&
	test_dir_is_empty elsewhere &&
	rm -r linked && silo_create linked && mkdir linked/objects &&
	for dir in $(git medo reachable --files | cut -d / -f 2)
	do
		ln -sf ../../elsewhere "linked/objects/$dir" || return 1
	done &&
	test_must_fail git -c medo.silo="$PWD/linked" medo push 2>err &&
	test_dir_is_empty elsewhere
'

test_expect_success 'setup: a clone' '
	git add -A deps && git commit -q -m all && git medo push -q &&
	git clone -q . ../clone && git init -q ../plain &&
	git -C ../plain pull -q ../work main &&
	forget
'

test_expect_success 'in a clone nobody is allowed: exit 4 names the command' '
	(
		cd ../plain &&
		test_expect_code 4 git medo fetch 2>err &&
		test_grep "reading from silo .$TRASH_DIRECTORY/far. needs your word; say it with: git medo allow .$TRASH_DIRECTORY/far" err &&
		test "$(silo_count "$(cache_dir)")" = 0 &&
		echo new >new && git medo add -q new deps/new.treeptr &&
		test_expect_code 4 git medo push 2>err &&
		test_grep "writing to silo .* needs your word" err
	)
'

test_expect_success 'with the word of the user it works' '
	(
		cd ../plain &&
		git medo allow "$TRASH_DIRECTORY/far" "$TRASH_DIRECTORY/mirror" &&
		git medo fetch &&
		git medo push -q &&
		test "$(silo_count .git/medo)" = 0
	)
'

test_expect_success 'a prefix is the word for all below it, by whole components' '
	(
		cd ../plain && forget &&
		git config --unset-all medo.allow &&
		git medo allow "${TRASH_DIRECTORY%?}" "$TRASH_DIRECTORY/fa" \
			"$TRASH_DIRECTORY/far/x" &&
		test_expect_code 4 git medo fetch &&
		git medo allow "$TRASH_DIRECTORY/" &&
		git medo fetch
	)
'

test_expect_success 'MA-17 no file of the clone can say that word' '
	(
		cd ../plain && forget && git config --unset-all medo.allow &&
		for file in .gitconfig .medo deps/.gitconfig deps/config
		do
			printf "[medo]\n\tallow = /\n\tsilo = /\n" >$file || exit 1
		done &&
		sed "s|\"name\"|\"allow\": true, \"name\"|" deps/SILO.json >x &&
		mv x deps/SILO.json &&
		test_expect_code 4 git medo fetch
	)
'

test_expect_success 'MA-17 nothing else is read either' '
	(
		cd ../plain && git checkout -q -f -- deps && rm -f .medo &&
		for url in file:///etc /etc ../../../../etc http://127.0.0.1:9/x \
			http://169.254.169.254/ ssh://host/x s3://bucket/x \
			ftp://host/x gopher://x/ file://localhost/etc
		do
			echo "{ \"silos\": [ { \"url\": \"$url\" } ] }" >deps/SILO.json &&
			test_expect_code 4 git medo fetch deps/one.treeptr 2>err &&
			test_grep "git medo allow" err || {
				echo "url: $url" >&2
				exit 1
			}
		done
	)
'

test_expect_success 'a scheme that nobody serves says so' '
	(
		cd ../plain &&
		git medo allow gopher://example.com/x.silo &&
		echo "{ \"silos\": [ { \"url\": \"gopher://example.com/x.silo\" } ] }" \
			>deps/SILO.json &&
		test_must_fail git medo fetch deps/one.treeptr 2>err &&
		test_grep "we know http, https, s3, ssh" err
	)
'

test_expect_success 'the store of a path-cloned origin is the last silo' '
	echo fresh >content && git medo add -q content deps/fresh.treeptr &&
	git add deps && git commit -q -m fresh &&
	(
		cd ../clone && git pull -q &&
		git medo allow "$TRASH_DIRECTORY/far" "$TRASH_DIRECTORY/mirror" &&
		git medo fetch &&
		git medo cat deps/fresh.treeptr >actual &&
		test_cmp ../work/content actual
	) &&
	test_path_is_file "$(silo_blob .git/medo deps/fresh.treeptr)"
'

test_expect_success 'what a clone has only in its origin is not lost by either' '
	test "$(silo_count .git/medo)" = 1 &&
	git medo push -q && silo_rehash far
'

test_expect_success 'a bare repository can fetch all' '
	forget && git clone -q --bare . ../bare.git &&
	git -C ../bare.git config medo.silo "$PWD/far" &&
	git -C ../bare.git medo fetch --all &&
	silo_rehash "$(cache_dir)"
'

test_expect_success 'operands that make no sense' '
	test_expect_code 129 git medo push deps &&
	test_expect_code 129 git medo fetch --all deps &&
	test_expect_code 1 git medo fetch absent.treeptr &&
	(cd "$TEST_TOP" && test_expect_code 128 git medo push)
'

test_done
