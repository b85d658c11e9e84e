#!/bin/sh

test_description='options are parsed as git does, names matched exactly'

. "$(dirname "$0")/test-lib.sh"

# opt_is EXPECTED-FIRST-LINE ARGS...
opt_is () {
	echo "$1" >expect &&
	shift &&
	test-tool base opt "$@" >out &&
	head -n 1 out >actual &&
	test_cmp expect actual
}

# opt_fails MESSAGE ARGS...
opt_fails () {
	echo "error: $1" >expect &&
	shift &&
	test_expect_code 129 test-tool base opt "$@" >out 2>err &&
	test_must_be_empty out &&
	head -n 1 err >actual &&
	test_cmp expect actual &&
	test_grep "^usage: test-tool base opt" err
}

none="quiet -1 level 0 silo 'none' size 0"

test_expect_success 'nothing given leaves all as it was' '
	opt_is "$none"
'

test_expect_success 'a boolean is set by its letter or name, unset by --no-' '
	opt_is "quiet 1 level 0 silo '\''none'\'' size 0" -q &&
	opt_is "quiet 1 level 0 silo '\''none'\'' size 0" --quiet &&
	opt_is "quiet 0 level 0 silo '\''none'\'' size 0" --no-quiet &&
	opt_is "quiet 0 level 0 silo '\''none'\'' size 0" -q --no-quiet
'

test_expect_success 'short options cluster, the last may take a value' '
	opt_is "quiet 1 level 1 silo '\''none'\'' size 0" -qv &&
	opt_is "quiet 1 level 9 silo '\''x'\'' size 0" -qv9sx &&
	opt_is "quiet 1 level 0 silo '\''x'\'' size 0" -qs x
'

test_expect_success 'a value hangs on, follows, or stands behind =' '
	opt_is "quiet -1 level 0 silo '\''far'\'' size 0" -sfar &&
	opt_is "quiet -1 level 0 silo '\''far'\'' size 0" -s far &&
	opt_is "quiet -1 level 0 silo '\''far'\'' size 0" --silo far &&
	opt_is "quiet -1 level 0 silo '\''far'\'' size 0" --silo=far &&
	opt_is "quiet -1 level 0 silo '\''a=b'\'' size 0" --silo=a=b &&
	opt_is "quiet -1 level 0 silo '\'''\'' size 0" --silo= &&
	opt_is "quiet -1 level 0 silo '\''-q'\'' size 0" --silo -q &&
	opt_is "quiet -1 level 0 silo '\''--'\'' size 0" --silo -- &&
	opt_is "quiet -1 level 0 silo '\''b'\'' size 0" --silo a --silo b
'

test_expect_success 'a list gathers its values in order' '
	test-tool base opt -m a=1 --meta=b=2 --meta c -md >out &&
	grep ^meta out >actual &&
	test_write_lines "meta '\''a=1'\''" "meta '\''b=2'\''" \
		"meta '\''c'\''" "meta '\''d'\''" >expect &&
	test_cmp expect actual
'

test_expect_success 'numbers have units of 1024' '
	opt_is "quiet -1 level 0 silo '\''none'\'' size 0" --size 0 &&
	opt_is "quiet -1 level 0 silo '\''none'\'' size 3072" --size=3k &&
	opt_is "quiet -1 level 0 silo '\''none'\'' size 2097152" --size 2M &&
	opt_is "quiet -1 level 0 silo '\''none'\'' size 1073741824" --size 1g &&
	opt_is "quiet -1 level 0 silo '\''none'\'' size 18446744073709551615" \
		--size 18446744073709551615 &&
	opt_is "quiet -1 level 0 silo '\''none'\'' size 18446744072635809792" \
		--size 17179869183g
'

test_expect_success 'what is no number is refused' '
	for n in "" k x -1 +1 " 1" 1x 1kk 1.5 0x10 18446744073709551616 \
		17179869184g 99999999999999999999999k
	do
		opt_fails "option '\''--size'\'' expects a number, not '\''$n'\''" \
			"--size=$n" || return 1
	done
'

test_expect_success 'operands and options mix; -- ends the options' '
	test-tool base opt a -q b --silo=x -- -v --quiet -- c >out &&
	grep -v ^quiet out >actual &&
	cat >expect <<-\EOF &&
	operand '\''a'\''
	operand '\''b'\''
	operand '\''-v'\''
	operand '\''--quiet'\''
	operand '\''--'\''
	operand '\''c'\''
	end
	EOF
	test_cmp expect actual
'

test_expect_success 'a lone dash is an operand' '
	test-tool base opt - >out &&
	test_grep "^operand .-.\$" out
'

test_expect_success 'unknown options are refused by name' '
	opt_fails "unknown option '\''--nope'\''" --nope &&
	opt_fails "unknown option '\''--nope=1'\''" --nope=1 &&
	opt_fails "unknown option '\''-x'\''" -x &&
	opt_fails "unknown option '\''-x'\''" -qx &&
	opt_fails "unknown option '\''--q'\''" --q &&
	opt_fails "unknown option '\''--no-silo'\''" --no-silo &&
	opt_fails "unknown option '\''--no-'\''" --no- &&
	opt_fails "unknown option '\''--no-quiet=1'\''" --no-quiet=1
'

test_expect_success 'a prefix of a name is no name' '
	opt_fails "unknown option '\''--qui'\''" --qui &&
	opt_fails "unknown option '\''--quiets'\''" --quiets &&
	opt_fails "unknown option '\''--sil=x'\''" --sil=x
'

test_expect_success 'a missing or superfluous value is refused' '
	opt_fails "option '\''--silo'\'' needs a value" --silo &&
	opt_fails "option '\''-s'\'' needs a value" -qs &&
	opt_fails "option '\''--quiet'\'' takes no value" --quiet=1 &&
	opt_fails "option '\''--best'\'' takes no value" --best=9
'

test_expect_success 'MA-26 an option is quoted before it is shown' '
	opt_fails "unknown option '\''--\\x1b[31m'\''" "$(printf "%b" "--\\033[31m")"
'

test_expect_success '-h and --help print usage and options to stdout' '
	cat >expect <<-\EOF &&
	usage: test-tool base opt [<options>] FILE...
	   or: test-tool base opt --once

	    -q, --[no-]quiet      be quiet
	    -v                    say more
	    -9, --best            take all the time it needs
	    -s, --silo <url>      where to put it
	                          and more
	    -m, --meta <key=value>
	                          remember this about the source
	    --size <n>            as many bytes
	    --[no-]an-option-of-many-words
	                          wraps
	EOF
	test-tool base opt -h >actual 2>err &&
	test_cmp expect actual &&
	test_must_be_empty err &&
	test-tool base opt a -qh b >actual &&
	test_cmp expect actual &&
	test-tool base opt --help >actual &&
	test_cmp expect actual
'

test_done
