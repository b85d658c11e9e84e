#!/bin/sh

test_description='git medo init makes a medo, and allow says which silos it may use'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	silo_create far.silo &&
	git init -q repo
'

test_expect_success 'outside of a repository there is no medo' '
	test_expect_code 128 git medo init deps 2>err &&
	test_grep "^fatal: not a git repository" err &&
	test_path_is_missing deps
'

test_expect_success 'a medo is a directory, SILO.json and attributes' '
	(
		cd repo &&
		git medo init --silo ../far.silo deps/source.medo >../out &&
		echo deps/source.medo >expect &&
		test_cmp expect ../out &&
		rm expect &&
		cat >../SILO.json <<-EOF &&
		{
		  "silos": [
		    {
		      "name": "far",
		      "url": "$TRASH_DIRECTORY/far.silo",
		      "push": "$TRASH_DIRECTORY/far.silo"
		    }
		  ]
		}
		EOF
		test_cmp ../SILO.json deps/source.medo/SILO.json &&
		echo "*.treeptr text eol=lf diff=medo merge=medo" >../attributes &&
		test_cmp ../attributes deps/source.medo/.gitattributes
	)
'

test_expect_success 'git takes the attributes' '
	echo "deps/source.medo/a/b.treeptr: eol: lf" >expect &&
	git -C repo check-attr eol deps/source.medo/a/b.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'nothing else is made, nothing is committed' '
	(
		cd repo &&
		find . -name .git -prune -o -type f -print | sort >../actual &&
		test_must_fail git rev-parse -q --verify HEAD
	) &&
	cat >expect <<-\EOF &&
	./deps/source.medo/.gitattributes
	./deps/source.medo/SILO.json
	EOF
	test_cmp expect actual
'

test_expect_success 'what was typed is allowed, in this repository only' '
	echo "$TRASH_DIRECTORY/far.silo" >expect &&
	git -C repo medo allow --list >actual &&
	test_cmp expect actual &&
	git -C repo config --local --get-all medo.allow >actual &&
	test_cmp expect actual &&
	test_must_fail git config --global --get medo.allow
'

test_expect_success 'a second init changes nothing' '
	cp -R repo/deps before &&
	git -C repo medo init --silo ../far.silo deps/source.medo &&
	tree_same before repo/deps &&
	git -C repo config --get-all medo.allow >actual &&
	test_line_count = 1 actual
'

test_expect_success 'a second silo goes behind the first' '
	git -C repo medo init -q --silo file:///srv/b --silo ../far.silo \
		deps/source.medo >out &&
	test_must_be_empty out &&
	grep "\"url\"" repo/deps/source.medo/SILO.json >actual &&
	cat >expect <<-EOF &&
	      "url": "$TRASH_DIRECTORY/far.silo",
	      "url": "/srv/b",
	EOF
	test_cmp expect actual
'

test_expect_success 'a silo of the web is for reading only' '
	git -C repo medo init -q --silo https://example.com/x.silo web &&
	test_grep ! "\"push\"" repo/web/SILO.json &&
	test_grep "\"name\": \"x\"" repo/web/SILO.json
'

test_expect_success 'without a silo there is no SILO.json: another one serves' '
	git -C repo medo init -q deps/source.medo/inner &&
	test_path_is_file repo/deps/source.medo/inner/.gitattributes &&
	test_path_is_missing repo/deps/source.medo/inner/SILO.json
'

test_expect_success 'attributes that are there stay' '
	mkdir repo/own &&
	printf "*.c text" >repo/own/.gitattributes &&
	git -C repo medo init -q own &&
	cat >expect <<-\EOF &&
	*.c text
	*.treeptr text eol=lf diff=medo merge=medo
	EOF
	test_cmp expect repo/own/.gitattributes
'

test_expect_success 'a SILO.json that is none is left as it is' '
	mkdir repo/bad &&
	echo "{ \"silos\": 3 }" >repo/bad/SILO.json &&
	cp repo/bad/SILO.json expect &&
	test_expect_code 1 git -C repo medo init --silo ../far.silo bad 2>err &&
	test_grep "bad/SILO.json" err &&
	test_cmp expect repo/bad/SILO.json
'

test_expect_success 'outside of the work tree, and in .git, is refused' '
	for dir in ../outside .git/medo-x .git/hooks deps/../../outside
	do
		test_expect_code 128 git -C repo medo init "$dir" 2>err &&
		test_line_count = 1 err || return 1
	done &&
	test_path_is_missing outside &&
	test_path_is_missing repo/.git/medo-x
'

test_expect_success 'MA-24 a symlink out of the work tree is refused' '
	mkdir outside && test_when_finished "rm -r outside" &&
	ln -s ../outside repo/way &&
	test_expect_code 128 git -C repo medo init way/medo 2>err &&
	test_grep "is not in the work tree" err &&
	test_dir_is_empty outside
'

test_expect_success 'from a subdirectory the directory counts from there' '
	mkdir repo/sub &&
	(
		cd repo/sub &&
		git medo init -q --silo ../../far.silo here
	) &&
	test_path_is_file repo/sub/here/SILO.json
'

test_expect_success 'a bare repository has no room for a medo' '
	git init -q --bare bare.git &&
	test_expect_code 128 git -C bare.git medo init deps 2>err &&
	test_grep "needs a work tree" err
'

test_expect_success 'init wants one directory' '
	test_expect_code 129 git -C repo medo init 2>err &&
	test_grep "^usage: git medo init" err &&
	test_expect_code 129 git -C repo medo init a b
'

test_expect_success 'allow and its opposite' '
	(
		cd repo &&
		git medo allow /srv/new file:///srv/other &&
		git medo allow --list >../actual &&
		test_grep "^/srv/new$" ../actual &&
		test_grep "^/srv/other$" ../actual &&
		git medo allow --remove /srv/new &&
		git medo allow --list >../actual &&
		test_grep ! "^/srv/new$" ../actual
	)
'

test_expect_success 'what was not allowed cannot be taken back' '
	test_expect_code 1 git -C repo medo allow --remove /srv/new 2>err &&
	test_grep "/srv/new. is not in git config medo.allow" err
'

test_expect_success '--global is for all repositories of this user' '
	test_when_finished "git config --global --unset-all medo.allow" &&
	git medo allow --global /srv/mine &&
	git -C bare.git medo allow --list >actual &&
	echo /srv/mine >expect &&
	test_cmp expect actual
'

test_expect_success 'allow wants a URL or --list, not both' '
	test_expect_code 129 git -C repo medo allow &&
	test_expect_code 129 git -C repo medo allow --list /srv/x &&
	test_expect_code 128 git medo allow /srv/x
'

test_expect_success '--push says where the silo before it is written' '
	git init -q pushes &&
	(
		cd pushes &&
		git medo init -q --silo https://a.example/x.silo \
			--push ssh://a.example/www/x.silo \
			--silo https://b.example/y.silo deps &&
		test_grep "\"push\": \"ssh://a.example/www/x.silo\"" deps/SILO.json &&
		grep -c push deps/SILO.json >count && test "$(cat count)" = 1 &&
		git config --get-all medo.allow >allowed &&
		test_line_count = 3 allowed
	)
'

test_expect_success 'a URL that no push would take is not written' '
	git init -q bad &&
	(
		cd bad &&
		for url in ssh://host/a/../b https://u:secret@host/x \
			ssh://-oProxyCommand=x/y gopher://host/x https://host:0/x
		do
			test_must_fail git medo init --silo "$url" deps 2>err &&
			test_line_count = 1 err &&
			! grep secret err &&
			test_path_is_missing deps || return 1
		done
	)
'

test_done
