#!/bin/sh

test_description='install-deps.sh installs what is missing, and is quiet otherwise'

. "$(dirname "$0")/test-lib.sh"

# A Debian made of three scripts: what is installed stands in "have", what can
# be had in "world", what was asked of apt-get in "asked".
mkdir fake
write_script fake/dpkg-query <<\END
for name
do
	grep -x -e "$name" "$TRASH_DIRECTORY/have" | sed 's/$/ installed/'
done
END
write_script fake/apt-get <<\END
echo "$@" >>"$TRASH_DIRECTORY/asked"
case " $* " in
*" update "*)
	exit 0 ;;
esac
while test "$1" != --no-install-recommends
do
	shift
done
shift
for name
do
	grep -q -x -e "$name" "$TRASH_DIRECTORY/world" || exit 100
done
printf '%s\n' "$@" >>"$TRASH_DIRECTORY/have"
END
write_script fake/id <<\END
cat "$TRASH_DIRECTORY/uid"
END
write_script fake/sudo <<\END
echo sudo >>"$TRASH_DIRECTORY/asked"
exec "$@"
END

install_deps () {
	POLICY_RC_D="$PWD/policy" PATH="$PWD/fake:$PATH" \
		"$SOURCE_DIRECTORY/install-deps.sh" "$@" >out 2>err
}

# all_packages: what the build and test sets are on Debian
test_expect_success 'setup: what would be installed' '
	sed -n "/^apt_/,/^\$/p" "$SOURCE_DIRECTORY/install-deps.sh" |
	tr " \t=" "\n\n\n" | tr -d "\047" |
	grep -v -e ^apt_ -e ^\$ | sort -u >all &&
	test_grep "^libgit2-dev$" all &&
	test_grep "^sharness$" all &&
	echo 0 >uid &&
	cp all world
'

test_expect_success 'nothing is said or asked when all is there' '
	cp all have &&
	rm -f asked &&
	install_deps build test perf &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	test_path_is_missing asked
'

test_expect_success 'only what is missing is installed, after one update' '
	grep -v -e "^zlib1g-dev$" -e "^pigz$" all >have &&
	rm -f asked &&
	install_deps build test &&
	test_line_count = 2 asked &&
	test_grep "update$" asked &&
	test_grep "install --no-install-recommends zlib1g-dev pigz$" asked &&
	test_path_is_missing policy &&
	install_deps build test &&
	test_line_count = 2 asked
'

test_expect_success 'the build set does not ask for what tests need' '
	grep -v -e "^sharness$" all >have &&
	rm -f asked &&
	install_deps build &&
	test_path_is_missing asked
'

test_expect_success 'a wish that cannot be had is left out with a word, once' '
	test_when_finished "rm -rf \"\$HOME/.cache\"; cp all world" &&
	grep -v -e "^pigz$" -e "^make$" all >have &&
	grep -v -e "^pigz$" all >world &&
	install_deps build test &&
	test_grep "going on without .pigz." err &&
	test_grep "^make$" have &&
	rm -f asked &&
	install_deps build test &&
	test_must_be_empty err &&
	test_path_is_missing asked
'

test_expect_success 'a need that cannot be had is an error' '
	test_when_finished "cp all world" &&
	grep -v -e "^make$" all >have &&
	grep -v -e "^make$" all >world &&
	test_expect_code 1 install_deps build &&
	test_grep "needed and not to be had: make" err
'

test_expect_success 'who is not root uses sudo' '
	test_when_finished "echo 0 >uid" &&
	echo 1000 >uid &&
	grep -v -e "^make$" all >have &&
	rm -f asked &&
	install_deps build &&
	test_grep "^sudo$" asked &&
	test_grep "^make$" have
'

test_expect_success 'a set that is unknown is a usage error' '
	test_expect_code 129 install_deps world &&
	test_grep "^usage:" err
'

test_done
