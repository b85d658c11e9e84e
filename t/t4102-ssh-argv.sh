#!/bin/sh

test_description='how ssh is called: as git does, and never by a shell of ours'

. "$(dirname "$0")/test-lib.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# An ssh that writes down how it was called, then serves sftp.
fake_ssh () {
	write_script "$1" <<-END
	printf "<%s>" "\$@" >>"$TRASH_DIRECTORY/argv"
	echo >>"$TRASH_DIRECTORY/argv"
	for arg
	do
		test "\$arg" != -G || exit ${2-0}
	done
	exec python3 "$TEST_DIRECTORY/helper/fakesftp.py"
	END
}

# called EXPECT...: the last line of argv
called () {
	tail -n 1 argv >actual &&
	printf '<%s>' "$@" >expect &&
	echo >>expect &&
	test_cmp expect actual
}

URL=ssh://host$(python3 -c 'import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1]))' "$PWD/silo")
PORT_URL=ssh://me@host.example:2222${URL#ssh://host}

test_expect_success 'programs' '
	mkdir bin silo "with space" &&
	fake_ssh bin/ssh &&
	fake_ssh bin/plink.exe &&
	fake_ssh bin/tortoiseplink &&
	fake_ssh "with space/ssh" &&
	fake_ssh bin/wrapper &&
	fake_ssh bin/simple 1 &&
	PATH=$PWD/bin:$PATH
'

test_expect_success 'ssh of PATH is called without a shell, nothing forwarded' '
	test-tool backend "$URL" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp &&
	test_line_count = 1 argv &&
	test-tool backend "$PORT_URL" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -p 2222 -s -- me@host.example sftp &&
	test-tool backend "ssh://[::1]${URL#ssh://host}" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- ::1 sftp &&
	test-tool backend "sftp://host${URL#ssh://host}" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp
'

test_expect_success 'GIT_SSH is a path, spaces and all' '
	GIT_SSH="$PWD/with space/ssh" test-tool backend "$URL" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp
'

test_expect_success 'GIT_SSH_COMMAND is for the shell, and comes first' '
	GIT_SSH=/nowhere GIT_SSH_COMMAND="ssh -i \"a key\"" \
		test-tool backend "$URL" has x &&
	called -i "a key" -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp &&
	GIT_SSH_COMMAND="exec \"$PWD/with space/ssh\" -v" \
		test-tool backend "$URL" has x &&
	called -v -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp
'

test_expect_success 'core.sshCommand comes before GIT_SSH, behind GIT_SSH_COMMAND' '
	test_when_finished "git config --global --unset core.sshCommand" &&
	git config --global core.sshCommand "ssh -4" &&
	GIT_SSH=/nowhere test-tool backend "$URL" has x &&
	called -4 -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp &&
	GIT_SSH_COMMAND="ssh -6" test-tool backend "$URL" has x &&
	called -6 -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp
'

test_expect_success 'plink and tortoiseplink take their port as -P' '
	GIT_SSH=plink.exe test-tool backend "$PORT_URL" has x &&
	called -a -x -P 2222 -s me@host.example sftp &&
	GIT_SSH_COMMAND="tortoiseplink" test-tool backend "$PORT_URL" has x &&
	called -a -x -batch -P 2222 -s me@host.example sftp &&
	GIT_SSH=wrapper GIT_SSH_VARIANT=putty test-tool backend "$PORT_URL" has x &&
	called -a -x -P 2222 -s me@host.example sftp
'

test_expect_success 'an unknown program is asked, as git does' '
	: >argv &&
	GIT_SSH=wrapper test-tool backend "$PORT_URL" has x &&
	test_line_count = 2 argv &&
	head -n 1 argv >actual &&
	echo "<-G><-p><2222><--><me@host.example>" >expect &&
	test_cmp expect actual &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -p 2222 -s -- me@host.example sftp
'

test_expect_success 'one that knows no subsystem is refused, by name' '
	test_expect_code 128 env GIT_SSH=simple test-tool backend "$URL" has x 2>err &&
	test_grep "set ssh.variant" err &&
	test_expect_code 128 env GIT_SSH_VARIANT=simple test-tool backend "$URL" has x &&
	test_when_finished "git config --global --unset ssh.variant" &&
	git config --global ssh.variant ssh &&
	GIT_SSH=simple test-tool backend "$URL" has x &&
	called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp
'

test_expect_success 'a program that is not there is named' '
	test_expect_code 3 env GIT_SSH=/no/where/ssh test-tool backend \
		"$URL" has x 2>err &&
	test_grep "cannot run ./no/where/ssh." err
'

cat >bad <<\END
ssh://-oProxyCommand=touch%20canary/x
ssh://-oProxyCommand=touch${IFS}canary/x
ssh://-lroot@host/x
ssh://-oProxyCommand=canary@host/x
ssh://a;touch canary/x
ssh://a%3Btouch%20canary/x
ssh://$(touch canary)/x
ssh://`touch canary`/x
ssh://u%0aser@host/x
ssh://host%0a/x
ssh://host%00/x
ssh://%25h/x
ssh://%h/x
ssh://a|b/x
ssh://a&b/x
ssh://a b/x
ssh://a	b/x
ssh://"a"/x
ssh://a'b/x
ssh:///x
ssh://@host/x
ssh://user@/x
ssh://user%20name@host/x
ssh://user;x@host/x
ssh://host:22 -oProxyCommand=canary/x
ssh://host:22%20-o/x
ssh://host:-1/x
ssh://host:0/x
ssh://host:65536/x
ssh://host:ssh/x
ssh://user:secret@host/x
ssh://host
sftp://-oProxyCommand=touch%20canary/x
END

test_expect_success 'MA-18 no host, user or port becomes an option or a command' '
	: >argv &&
	while read -r url
	do
		test_must_fail test-tool backend "$url" has x 2>err &&
		test_must_be_empty argv || {
			echo "$url"
			return 1
		}
	done <bad &&
	test_path_is_missing canary
'

cat >paths <<\END
/x;touch canary
/$(touch canary)
/`touch canary`
/-oProxyCommand=touch canary
/a'b"c
/a!b
/a%b
END

test_expect_success 'MA-18 a path is no argument at all' '
	while read -r path
	do
		encoded=$(python3 -c "import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1]))" "$path") &&
		test-tool backend "ssh://host$encoded" has x >out &&
		called -a -x -oClearAllForwardings=yes -oConnectTimeout=10 -s -- host sftp ||
			return 1
	done <paths &&
	test_path_is_missing canary
'

test_done
