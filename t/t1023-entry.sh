#!/bin/sh

test_description='paths that an archive may not name'

. "$(dirname "$0")/test-lib.sh"

# refused TYPE PATH...: each of them is
refused () {
	type=$1 &&
	shift &&
	for path
	do
		test_expect_code 1 test-tool tar path "$type" "$path" >out &&
		test_grep "^unsafe path" out || return 1
	done
}

test_expect_success 'ordinary names pass' '
	test-tool tar path f a a/b .gitignore .gitx git .g a.git a/..b ... a~1 \
		"a b" "a\\b" .git2 git~2 "$(printf "\001\033\377\n")" é \
		"$(printf "%0255d" 0)" .gitmodules a/.gitattributes c: "C:\\x"
'

test_expect_success 'MA-01 paths that lead elsewhere are refused' '
	refused f "" / /a // //a . .. ../a a/.. a/../b a/./b ./a a//b a/ \
		"$(printf "%0256d" 0)" "a/$(printf "%0256d" 0)/b"
'

test_expect_success 'MA-01 a path has at most 4,095 bytes' '
	d=$(printf "%0254d/" 0) &&
	long=$d$d$d$d$d$d$d$d$d$d$d$d$d$d$d$d &&
	test-tool tar path f "${long}123456789012345" &&
	refused f "${long}1234567890123456"
'

test_expect_success 'MA-09 .git in any spelling is refused' '
	refused f .git .GIT .gIt a/.git/b .git/hooks/post-checkout git~1 GIT~1/x \
		".git " ".git." ".git . ." ".git::\$INDEX_ALLOCATION" .git:x \
		"git~1 ." "a\\.git" "a\\.git\\b" ".git\\x" \
		"$(printf ".g\342\200\214it")" "$(printf "\357\273\277.git")" \
		"$(printf ".git\342\200\256")" "$(printf ".git\377")"
'

test_expect_success 'MA-09 a symlink must not have a name that git reads' '
	refused l .gitmodules .GITMODULES a/.gitattributes .gitignore .mailmap \
		".gitmodules ." .gitmodules:x gitmod~1 GITMOD~4 gi7eba~1 gi7e~123 \
		gi7d29~1 gi250a~1 maba30~1 "~1234567" "a\\.gitmodules" \
		"$(printf ".gitmod\342\200\214ules")" &&
	test-tool tar path l gitmod~5 gitmodules x.gitmodules
'

test_expect_success 'MA-26 names in messages are escaped and short' '
	test_expect_code 1 test-tool tar path f "$(printf "\033[31m/../x")" >out &&
	test_grep "^unsafe path .\\\\x1b\[31m/\.\./x.: " out &&
	test_expect_code 1 test-tool tar path f "/$(printf "%05000d" 0)" >out &&
	test "$(test_file_size out)" -lt 400
'

test_expect_success PYTHON3 'MA-09 what git refuses to check out we refuse' '
	git init -q repo &&
	git -C repo config core.protectNTFS true &&
	git -C repo config core.protectHFS true &&
	id=$(echo x | git -C repo hash-object -w --stdin) &&
	python3 - >names <<-\END &&
	import itertools
	import sys
	stems = [b".git", b".GIT", b"git~1", b"git~2", b".gitmodules", b"gi7eba~1",
	         b"gitmod~1", b"gitmod~9", b"gi7e~100", b"g~100000", b".gi", b"git",
	         b"gi7eba~01", b"~1000000", b".gitx", b".g\xe2\x80\x8cit",
	         b".gi\xe2\x80\x8bt", b".gitmod\xe2\x81\xafules", b".g\xcc\x80it"]
	fronts = [b"", b"a\\", b"\xef\xbb\xbf"]
	backs = [b"", b".", b" ", b". .", b":x", b"\\x", b"/x", b"x", b"\xff",
	         b"\xe2\x80\x8d", b"~"]
	for name in itertools.product(fronts, stems, backs):
	    sys.stdout.buffer.write(b"".join(name) + b"\n")
	END
	test_line_count -gt 600 names &&
	for mode in 100644 120000
	do
		type=f
		test $mode = 100644 || type=l
		tr "\n" "\000" <names | xargs -0 test-tool tar path $type >ours
		tr "\n" "\000" <names >names.z &&
		python3 - $mode $id <<-\END >git || return 1
		import subprocess
		import sys
		mode, blob = sys.argv[1:]
		for name in open("names.z", "rb").read().split(b"\0")[:-1]:
		    line = ("%s %s 0\t" % (mode, blob)).encode() + name + b"\0"
		    run = subprocess.run(["git", "-C", "repo", "update-index", "-z",
		                          "--index-info"], input=line,
		                         capture_output=True)
		    subprocess.run(["rm", "-f", "repo/.git/index"])
		    bad = run.returncode or run.stderr
		    print("refused" if bad else "ok")
		END
		test_line_count -gt 600 git &&
		paste git ours names | grep -a "^refused	ok" >worse
		test_must_be_empty worse || return 1
	done
'

test_done
