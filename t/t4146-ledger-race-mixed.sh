#!/bin/sh

test_description='writers of one ledger on the disk, by ssh and by WebDAV, all at once'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"
LEDGER_CLAIMS=96
RACE_MOMENT=1
. "$TEST_DIRECTORY/lib-ledger.sh"

if ! test_have_prereq NGINX
then
	skip_all='no nginx'
	test_done
fi

test_expect_success 'setup' '
	sshd_setup &&
	sshd_start &&
	nginx_start web dav &&
	mkdir -p "$web_root/s" &&
	ssh_url=$SSHD_URL$(sshd_path "$web_root/s")
'

test_expect_success 'of first entries ever one wins, wherever they come from' '
	for round in 1 2 3
	do
		rm -rf "$web_root/s"/* &&
		race_claim "$web_root/s" "$web_url/s" "$ssh_url" "$web_root/s" \
			"$web_url/s" "$ssh_url" &&
		test_write_lines "5 lost" "1 won" >expect &&
		test_cmp expect said || return 1
	done
'

test_expect_success 'sixteen writers: one winner each, nothing granted is lost' '
	race "$web_root/s" "$ssh_url" "$web_url/s" &&
	race_check "$web_root/s" &&
	race_check "$web_url/s" &&
	race_check "$ssh_url"
'

test_done
