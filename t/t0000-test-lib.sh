#!/bin/sh

test_description='the test library notices what goes wrong'

. "$(dirname "$0")/test-lib.sh"

# run_lib NAME: a test file of its own, with the library beside it, and with
# another trash
mkdir t && ln -s "$TEST_DIRECTORY"/*.sh "$TEST_DIRECTORY"/lsan.supp t/
run_lib () {
	{
		echo "test_description='$1'" &&
		echo '. "$(dirname "$0")/test-lib.sh"' &&
		cat &&
		echo test_done
	} >"t/$1.sh" &&
	(
		unset HARNESS_ACTIVE SHARNESS_TEST_DIRECTORY \
			SHARNESS_TEST_SRCDIR
		TEST_ROOT=$PWD/root
		export TEST_ROOT
		cd / && sh "$TRASH_DIRECTORY/t/$1.sh"
	) >"$1.out" 2>"$1.err"
}

test_expect_success 'a file that passes leaves nothing behind' '
	run_lib pass <<-\EOF &&
	test_expect_success "yes" true
	EOF
	test_grep "^ok 1 - yes" pass.out &&
	test_dir_is_empty root
'

test_expect_success 'a body that fails is shown with what it said' '
	test_must_fail run_lib no <<-\EOF &&
	test_expect_success "no" "echo because && false"
	EOF
	test_grep "^not ok 1 - no" no.out &&
	test_grep "^# because" no.err
'

test_expect_success 'a broken chain of && is an error' '
	test_must_fail run_lib chain <<-\EOF &&
	test_expect_success "chain" "
		false
		true
	"
	EOF
	test_grep "broken &&-chain" chain.out
'

test_expect_success 'an end without test_done is an error' '
	test_must_fail run_lib early <<-\EOF &&
	exit 0
	EOF
	test_grep "no test_done" early.out
'

test_expect_success 'a report of a sanitizer fails the file' '
	test_must_fail run_lib report <<-\EOF &&
	test_expect_success "yes" "
		echo ERROR: heap >\"\$test_reports.123\"
	"
	EOF
	test_grep "^ok 1" report.out &&
	test_grep "ERROR: heap" report.err
'

test_lazy_prereq GCC_ASAN '
	echo "int main(void) { return 0; }" >x.c &&
	gcc -fsanitize=address -o x x.c && ./x
'

test_expect_success GCC_ASAN 'a leak is a report, though its exit code was expected' '
	cat >leak.c <<-\EOF &&
	#include <stdlib.h>
	int main(void) { return !malloc(7); }
	EOF
	gcc -fsanitize=address -o leak leak.c &&
	test_must_fail run_lib leak <<-EOF &&
	test_expect_success "leak" "
		! \"$PWD/leak\"
	"
	EOF
	test_grep "^ok 1" leak.out &&
	test_grep "detected memory leaks" leak.err
'

test_expect_success 'a server is stopped at the end' '
	run_lib server <<-\EOF &&
	test_expect_success "start" "
		test_start sleep 600 &&
		echo \$test_pid >\"\$TEST_ROOT/../pid\"
	"
	EOF
	test_path_is_file pid &&
	test_wait_until 20 test ! -d "/proc/$(cat pid)"
'

test_expect_success 'who has the number of a server that is gone is left alone' '
	{ sleep 600 & } &&
	other=$! &&
	test_when_finished "kill $other" &&
	run_lib reused <<-EOF &&
	test_expect_success "gone" "
		echo \"$other 1\" >>\"\$test_pids\"
	"
	EOF
	kill -0 "$other"
'

test_expect_success PYTHON3 'no two get the same port, nor one that the kernel gives away' '
	for i in $(test_seq 8)
	do
		test_free_port >port.$i &
		eval "p$i=\$!"
	done &&
	for i in $(test_seq 8)
	do
		eval "wait \$p$i" || return 1
	done &&
	sort -u port.* >ports &&
	test_line_count = 8 ports &&
	range=/proc/sys/net/ipv4/ip_local_port_range &&
	if test -f $range && test "$(cut -f1 $range)" -gt 12000
	then
		awk -v top="$(cut -f1 $range)" "\$1 >= top" ports >actual &&
		test_must_be_empty actual
	fi
'

test_expect_success PYTHON3 'a port is anybody'\''s again at the end' '
	run_lib port <<-\EOF &&
	test_expect_success "port" "
		test_free_port >\"\$TEST_ROOT/../port\" &&
		test_path_is_file \"\$root/ports/\$(cat \"\$TEST_ROOT/../port\")\"
	"
	EOF
	test_path_is_file port && test_dir_is_empty root/ports
'

test_expect_success PYTHON3 'a server that is still at work is waited for' '
	rm -f done &&
	test_start sh -c "i=0
		while test \$i -lt 200000; do i=\$((i + 1)); done
		: >done
		exec sleep 600" &&
	test_settled &&
	test_path_is_file done &&
	test_stop "$test_pid"
'

test_expect_success 'no repository is found above, wherever the build is' '
	(cd "$TEST_TOP" && test_must_fail git rev-parse) &&
	(cd "$HOME" && test_must_fail git rev-parse) &&
	test_must_fail git rev-parse
'

test_expect_success 'nothing of the environment comes in' '
	(
		GIT_DIR=/nowhere MEDO_TRACE=1 XDG_CACHE_HOME=/nowhere &&
		LC_ALL=de_DE.UTF-8 &&
		export GIT_DIR MEDO_TRACE XDG_CACHE_HOME LC_ALL &&
		run_lib env <<-\EOF
		test_expect_success "clean" "
			test -z \"\$GIT_DIR\$MEDO_TRACE\$XDG_CACHE_HOME\" &&
			test \"\$LC_ALL\" = C &&
			git init -q . &&
			test \"\$(git symbolic-ref HEAD)\" = refs/heads/main
		"
		EOF
	)
'

test_done
