# Sourced by every test, after test_description, with
#	. "$(dirname "$0")/test-lib.sh"
# which works from any directory.  t/README is the manual.
# shellcheck shell=sh

TEST_DIRECTORY=$(cd "$(dirname "$0")" && pwd -P) || exit 1
test -f "$TEST_DIRECTORY/test-lib.sh" || TEST_DIRECTORY=${TEST_DIRECTORY%/*}
SOURCE_DIRECTORY=${TEST_DIRECTORY%/*}

# The build under test: absolute, or relative to the top of the source.
: "${B:=build}"
case "$B" in
/*) ;;
*) B=$SOURCE_DIRECTORY/$B ;;
esac
if ! test -x "$B/test-tool"
then
	echo "Bail out! no build in '$B': say make first"
	exit 1
fi

: "${SHARNESS:=/usr/share/sharness/sharness.sh}"
if ! test -f "$SHARNESS"
then
	echo "Bail out! no '$SHARNESS': say ./install-deps.sh test"
	exit 1
fi

# Nothing of the caller's may change what a test sees.
for test_var in $(env | sed -n \
	-e 's/^MEDO_TEST_[A-Z0-9_]*=.*//' \
	-e 's/^\(\(GIT\|MEDO\|SILO\|XDG\|LC\|SSH\|PYTHON\|AWS\)_[A-Z0-9_]*\)=.*/\1/p')
do
	unset "$test_var"
done
unset LANGUAGE CDPATH ENV BASH_ENV TAR_OPTIONS GZIP PIGZ XZ_OPT XZ_DEFAULTS \
	ZSTD_CLEVEL POSIXLY_CORRECT EMAIL TMPDIR PYTHONPATH \
	http_proxy https_proxy all_proxy no_proxy \
	HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
umask 022

# Sharness: results beside the build, trash below TEST_ROOT, broken &&-chains
# are found by running each body once more behind a failing command.
{
	SHARNESS_TEST_EXTENSION='sh'
	SHARNESS_TEST_DIRECTORY=$B
	SHARNESS_TEST_SRCDIR=$TEST_DIRECTORY
	SHARNESS_BUILD_DIRECTORY=$B/bin
	SHELL_PATH=/bin/sh
	root=${TEST_ROOT:-$B/trash}
	chain_lint=t
}
mkdir -p "$root" || exit 1
test_name=$(basename "$0" .sh)
if test -d "$root/trash directory.$test_name"
then
	chmod -R u+rwX "$root/trash directory.$test_name"
fi
# shellcheck source=/usr/share/sharness/sharness.sh
. "$SHARNESS"

PATH=$B/bin:$B:${PATH#*:}
TEST_TOP=$PWD
HOME=$TEST_TOP/home
TRASH_DIRECTORY=$TEST_TOP/work
mkdir "$HOME" "$TRASH_DIRECTORY" && cd "$TRASH_DIRECTORY" || exit 1

GIT_CONFIG_NOSYSTEM=1
GIT_CEILING_DIRECTORIES=$TEST_TOP:${TEST_TOP%/*}
GIT_AUTHOR_NAME='A U Thor'
GIT_AUTHOR_EMAIL=author@example.com
GIT_AUTHOR_DATE='1112911993 +0000'
GIT_COMMITTER_NAME='C O Mitter'
GIT_COMMITTER_EMAIL=committer@example.com
GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
GIT_TERMINAL_PROMPT=0
PYTHONDONTWRITEBYTECODE=1
export B PATH HOME TEST_DIRECTORY SOURCE_DIRECTORY TRASH_DIRECTORY TEST_TOP \
	GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES GIT_TERMINAL_PROMPT \
	GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE \
	GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE \
	PYTHONDONTWRITEBYTECODE
cat >"$HOME/.gitconfig" <<\END
[init]
	defaultBranch = main
[gc]
	auto = 0
[maintenance]
	auto = false
END

# A sanitizer's report ends the program by a signal, which no expected exit
# code hides, and stays in a file, which no redirection hides.
test_reports=$root/$test_name.sanitizer
test_pids=$root/$test_name.pids
rm -f "$test_reports".* "$test_pids"
# The quotes are for the sanitizers, whose options end at a space or colon.
# shellcheck disable=SC2089
{
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:log_path="'$test_reports'"
	UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1:log_path="'$test_reports'"
	LSAN_OPTIONS=suppressions="'$TEST_DIRECTORY/lsan.supp'":print_suppressions=0
}
# shellcheck disable=SC2090
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

# Directories that we may not enter cannot be removed.
cleanup 'chmod -R u+rwX "$TEST_TOP"'

# What the bodies say is kept until the file has passed.
test_log=$root/$test_name.log
if test "${verbose:-}" != t
then
	exec 3>"$test_log" 4>&3
fi

# As sharness has it, and a mark in the log.
test_failure_ () {
	test_failure=$((test_failure + 1))
	say_color error "not ok ${test_count:-} - $1"
	echo "not ok $test_count - $1" >&3
	shift
	echo "$@" | sed -e 's/^/#	/'
	test -z "${immediate:-}" || { EXIT_OK=t; exit 1; }
}

# What failed bodies said, each at most TEST_LOG_LINES of it.
test_show_log () {
	awk -v max="${TEST_LOG_LINES:-100}" '
		function show() {
			for (i = n > max ? n - max : 0; i < n; i++)
				print "# " line[i]
			n = 0
			shown = 1
		}
		/^(expecting success|checking known breakage|skipping test):/ {
			n = 0
		}
		{ line[n++] = $0 }
		/^not ok / { show() }
		END { if (early || !shown) show() }' early="$1" "$test_log" >&2
}

# Sharness calls this at every exit.
die () {
	code=$?
	set +e
	test_stop_all
	test_forget_ports
	if test -z "$EXIT_OK"
	then
		echo "FATAL: '$test_name' ended with code $code and no test_done" >&5
		code=1
		test_early=1
	fi
	for test_report in "$test_reports".*
	do
		test -f "$test_report" || continue
		echo "# sanitizer report of $test_name:" >&2
		sed 's/^/# /' "$test_report" >&2
		code=1
	done
	if test "$code" != 0 && test -f "$test_log"
	then
		echo "# from $test_log:" >&2
		test_show_log "${test_early:-}"
	elif test "$code" = 0
	then
		rm -f "$test_log"
	fi
	exit "$code"
}
trap 'EXIT_OK=t; exit 130' INT
trap 'EXIT_OK=t; exit 143' TERM HUP

# shellcheck source=t/lib-functions.sh
. "$TEST_DIRECTORY/lib-functions.sh"

# Prerequisites that cost nothing to find out.
for test_tool_name in python3 xz zstd bzip2 pigz bsdtar zip unzip nginx strace \
	git-lfs igzip man bash zsh fish setfattr node
do
	if command -v "$test_tool_name" >/dev/null
	then
		test_set_prereq "$(echo "$test_tool_name" | tr a-z- A-Z_)"
	fi
done
test -x /usr/bin/time && test_set_prereq TIME
test -w / && test_set_prereq ROOT
case "$(cat "$B/flags" 2>/dev/null)" in
*fsanitize=*) test_set_prereq SANITIZE ;;
esac
for test_feature in ISAL ZSTD LZMA BZ2 EXPAT
do
	if grep -q -e "-DHAVE_$test_feature=1" "$B/flags" 2>/dev/null
	then
		test_set_prereq "HAVE_$test_feature"
	fi
done
