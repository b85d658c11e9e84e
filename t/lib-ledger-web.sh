# Writers of one ledger behind a web server: the tests, whichever it is.
# LEDGER_WEB is apache or nginx; source it behind lib-http.sh.
# shellcheck shell=sh disable=SC2154

LEDGER_CLAIMS=96
RACE_MOMENT=1
. "$TEST_DIRECTORY/lib-ledger.sh"

test_expect_success 'setup' '
	"${LEDGER_WEB}_start" web dav
'

test_expect_success 'a first entry, and what a reader asks for' '
	test-tool ledger add "$web_url/one" ledger 3 w >actual &&
	test_write_lines "w-1 1" "w-2 2" "w-3 3" >expect &&
	test_cmp expect actual &&
	ls -A "$web_root" "$web_root/one" "$web_root/one/ledger" |
	sed "s|^$web_root|root|" >actual &&
	test_write_lines root: one "" root/one: ledger "" root/one/ledger: \
		0000000001 0000000002 0000000003 last >expect &&
	test_cmp expect actual &&
	: >"$web_log" &&
	test-tool ledger replay "$web_url/one" ledger >actual &&
	echo "end 3 state 3" >expect &&
	test_cmp expect actual &&
	web_requests GET >requests &&
	web_requests >all &&
	test_line_count = 3 requests &&
	test_cmp requests all
'

test_expect_success 'sixteen writers: one winner each, nothing granted is lost' '
	race "$web_url/s" &&
	race_check "$web_url/s"
'

test_expect_success 'half of them by WebDAV, half on the disk' '
	mkdir -m 777 "$web_root/both" &&
	# Apache is another user, where we are root.
	(umask 000 && race "$web_url/both" "$web_root/both") &&
	race_check "$web_root/both" &&
	race_check "$web_url/both"
'
