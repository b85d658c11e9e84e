#!/bin/sh

test_description='what git-remote-silo says to git, line by line'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# helper ADDRESS: a conversation
helper () {
	git-remote-silo origin "$1"
}

test_expect_success 'set up' '
	remote_start &&
	git init -q repo &&
	cd repo &&
	test_commit one &&
	git tag -a -m annotated v1 &&
	here=$REMOTE_SILO/git/a.git &&
	git push -q "silo::$here" main v1
'

test_expect_success 'capabilities' '
	cat >expect <<-\END &&
	fetch
	push
	option
	check-connectivity
	object-format

	END
	printf "capabilities\n\n" | helper "$here" >actual &&
	test_cmp expect actual
'

test_expect_success 'an empty conversation is one' '
	helper "$here" </dev/null >actual &&
	test_must_be_empty actual &&
	echo | helper "$here" >actual &&
	test_must_be_empty actual
'

# "yes" where an option must not be refused, for git 2.39 gives up then.
test_expect_success 'options' '
	cat >table <<-\END &&
	atomic true|ok
	cas refs/heads/main:0000000000000000000000000000000000000000|ok
	check-connectivity true|ok
	cloning true|ok
	deepen-not refs/heads/x|unsupported
	deepen-relative false|ok
	deepen-relative true|unsupported
	deepen-since 1|unsupported
	depth 1|unsupported
	dry-run true|ok
	filter blob:none|ok
	filter tree:0|unsupported
	followtags true|ok
	force-if-includes true|ok
	from-promisor 1|ok
	no-dependents true|ok
	object-format|ok
	object-format true|ok
	object-format sha256|ok
	object-format md7|error unknown object format
	progress true|ok
	push-option x|ok
	pushcert if-asked|ok
	pushcert true|unsupported
	servpath x|unsupported
	update-shallow true|unsupported
	verbosity 1|ok
	verbosity -1|ok
	what-is-this|unsupported
	END
	sed "s/|.*//; s/^/option /" table >input &&
	sed "s/.*|//" table >expect &&
	helper "$here" <input >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'list: HEAD, refs, and what a tag peels to' '
	cat >expect <<-END &&
	@refs/heads/main HEAD
	$(git rev-parse main) refs/heads/main
	$(git rev-parse v1) refs/tags/v1
	$(git rev-parse main) refs/tags/v1^{}

	END
	printf "list\n\n" | helper "$here" >actual &&
	test_cmp expect actual
'

test_expect_success 'list for-push has refs only' '
	sed -e /HEAD/d -e "/{}/d" expect >expect.push &&
	printf "list for-push\n\n" | helper "$here" >actual &&
	test_cmp expect.push actual
'

test_expect_success 'the object format is said to who asks for it' '
	{
		echo ok &&
		echo ":object-format sha1" &&
		cat expect
	} >expect.format &&
	printf "option object-format\nlist\n\n" | helper "$here" >actual &&
	test_cmp expect.format actual
'

test_expect_success 'fetch answers with locks and a blank line' '
	git init -q other &&
	main=$(git rev-parse main) &&
	printf "fetch %s refs/heads/main\n\n\n" "$main" >input &&
	GIT_DIR=other/.git helper "$here" <input >actual &&
	sed "s|^lock /.*/pack-[0-9a-f]*.keep\$|lock KEEP|" actual >masked &&
	test_write_lines "lock KEEP" "" >expect.fetch &&
	test_cmp expect.fetch masked &&
	test_path_is_file "$(sed -n "s/^lock //p" actual)" &&
	git -C other cat-file -e "$main"
'

test_expect_success 'connectivity is said to be ok when it was asked for' '
	rm -rf other &&
	git init -q other &&
	{
		test_write_lines "option check-connectivity true" \
			"option cloning true" "fetch $main refs/heads/main" \
			"" ""
	} >input &&
	GIT_DIR=other/.git helper "$here" <input >actual &&
	grep "^connectivity-ok\$" actual
'

test_expect_success 'push answers for each ref' '
	test_commit two &&
	{
		test_write_lines "push refs/heads/main:refs/heads/main" \
			"push HEAD:refs/heads/new" \
			"push refs/tags/v1:refs/tags/v1" \
			"push nowhere:refs/heads/x" \
			"push refs/tags/v1:refs/heads/tag" \
			"push HEAD:refs/heads/a..b" \
			"push HEAD:HEAD" "" ""
	} >input &&
	cat >expect.push <<-\END &&
	ok refs/heads/main
	ok refs/heads/new
	ok refs/tags/v1 up to date
	error refs/heads/x "src refspec nowhere does not match any"
	error refs/heads/tag not a commit
	error refs/heads/a..b funny refname
	error HEAD funny refname

	END
	helper "$here" <input >actual &&
	test_cmp expect.push actual &&
	remote_has "silo::$here" refs/heads/new HEAD
'

test_expect_success 'a tag is not moved, though what it names comes before' '
	printf "push HEAD:refs/tags/v1\n\n\n" | helper "$here" >actual &&
	test_write_lines "error refs/tags/v1 already exists" "" >expect &&
	test_cmp expect actual &&
	remote_has "silo::$here" refs/tags/v1 refs/tags/v1 &&
	printf "push +HEAD:refs/tags/v1\n\n\n" | helper "$here" >actual &&
	test_write_lines "ok refs/tags/v1" "" >expect &&
	test_cmp expect actual &&
	git push -q -f "silo::$here" v1
'

# Whatever is wrong with what git says: no answer, one sentence, exit 128.
test_expect_success 'BI-26 nonsense on standard input ends it' '
	for line in "what" "fetch xyz refs/heads/main\n" "push nonsense\n" \
		"fetch\n" "push x:y\nlist\n" "fetch $main a\npush a:b\n" \
		"LIST" " list" "list\0x"
	do
		printf "$line\n" |
		test_expect_code 128 git-remote-silo o "$here" >actual 2>err &&
		test_must_be_empty actual &&
		test_line_count = 1 err &&
		grep "^fatal: " err || return 1
	done
'

test_expect_success 'BI-26 the end of input in the middle of a batch changes nothing' '
	printf "push HEAD:refs/heads/cut\n" |
	test_expect_code 128 git-remote-silo o "$here" >actual 2>err &&
	test_must_be_empty actual &&
	grep "git went away" err &&
	remote_has "silo::$here" refs/heads/cut ""
'

test_expect_success 'BI-26 a line without end is not read for ever' '
	head -c 3000000 /dev/zero | tr "\0" x |
	test_expect_code 128 git-remote-silo o "$here" >actual 2>err &&
	test_must_be_empty actual &&
	grep "no end" err
'

test_expect_success 'MA-23 what git is told to call us with is never an option' '
	for address in --upload-pack=x -oX "" silo::x ext::x
	do
		echo list |
		test_expect_code 128 git-remote-silo o "$address" \
			>actual 2>err &&
		test_must_be_empty actual || return 1
	done &&
	for address in --upload-pack=x -oX silo:: silo://
	do
		test_must_fail git ls-remote "silo::$address" 2>err &&
		test_must_fail git clone "silo::$address" x 2>err || return 1
	done &&
	for name in --help -h -c --exec-path
	do
		printf "capabilities\n\n" |
		git-remote-silo "$name" "$here" >actual &&
		grep "^push\$" actual || return 1
	done
'

test_expect_success 'MA-23 a protocol that git may not use is not used inside' '
	test_must_fail env GIT_ALLOW_PROTOCOL=silo:https \
		git ls-remote "silo::$TEST_TOP/x" 2>err &&
	grep "transport .file. not allowed" err &&
	test_must_fail git -c protocol.ssh.allow=never \
		ls-remote silo::ssh://127.0.0.1:1/x 2>err &&
	grep "transport .ssh. not allowed" err &&
	GIT_PROTOCOL_FROM_USER=0 &&
	export GIT_PROTOCOL_FROM_USER &&
	test_when_finished "unset GIT_PROTOCOL_FROM_USER" &&
	test_must_fail git ls-remote "silo::$TEST_TOP/x" 2>err &&
	grep "not allowed" err &&
	test_must_fail git -c protocol.silo.allow=always \
		ls-remote silo::s3://bucket/x 2>err &&
	grep "transport .s3. not allowed" err
'

test_expect_success 'usage' '
	git-remote-silo -h >actual &&
	grep "^usage: git remote-silo" actual &&
	test_expect_code 129 git-remote-silo 2>err &&
	grep "^usage: git remote-silo" err
'

test_done
