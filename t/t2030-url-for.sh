#!/bin/sh

test_description='git medo url-for: SILO.json and treeptr combined'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

id=8b3158bbb2eb67e8e398a09d20527c69e6090fc0

# pointer FILE [LINE...]: a treeptr whose further members are these lines
pointer () {
	pointer_file=$1
	shift
	{
		printf "{\n  \"treeptr\": 1,\n  \"id\": \"%s\",\n  \"size\": 5" $id
		for pointer_line
		do
			printf ",\n  %s" "$pointer_line"
		done
		printf "\n}\n"
	} >"$pointer_file"
}

test_expect_success 'setup' '
	git init -q repo && cd repo &&
	mkdir -p deps/inner/deep &&
	cat >deps/SILO.json <<-\EOF &&
	{ "silos": [
	  { "name": "main", "url": "https://www.example.org/deps.silo",
	    "push": "ssh://example.org/www/deps.silo" },
	  { "name": "mirror", "url": "https://mirror.example/deps.silo/" }
	] }
	EOF
	pointer deps/x.treeptr &&
	pointer deps/inner/deep/y.treeptr
'

test_expect_success 'one URL for each silo, in their order' '
	git medo url-for deps/x.treeptr >actual &&
	cat >expect <<-EOF &&
	https://www.example.org/deps.silo/$(id_path $id)
	https://mirror.example/deps.silo/$(id_path $id)
	EOF
	test_cmp expect actual
'

test_expect_success 'nothing is looked up: neither the silo nor a blob is there' '
	test_path_is_missing "$HOME/.cache" &&
	test_path_is_missing .git/medo
'

test_expect_success 'SILO.json serves all below it, from wherever one asks' '
	(cd deps/inner && git medo url-for deep/y.treeptr) >actual &&
	test_cmp expect actual &&
	(cd .. && git -C repo medo url-for deps/inner/deep/y.treeptr) >actual &&
	test_cmp expect actual
'

test_expect_success 'the nearest one wins' '
	test_when_finished "rm deps/inner/SILO.json" &&
	echo "{ \"silos\": [ { \"url\": \"/srv/near\" } ] }" >deps/inner/SILO.json &&
	git medo url-for deps/inner/deep/y.treeptr >actual &&
	echo "/srv/near/$(id_path $id)" >expect &&
	test_cmp expect actual
'

test_expect_success 'a path counts from its SILO.json' '
	test_when_finished "rm deps/inner/SILO.json" &&
	echo "{ \"silos\": [ { \"url\": \"../../far\" },
		{ \"url\": \"file:///srv/x\" } ] }" >deps/inner/SILO.json &&
	(cd deps/inner/deep && git medo url-for y.treeptr) >actual &&
	cat >expect <<-EOF &&
	$PWD/far/$(id_path $id)
	/srv/x/$(id_path $id)
	EOF
	test_cmp expect actual
'

test_expect_success 'above the top of the work tree nobody looks' '
	test_when_finished "rm ../SILO.json" &&
	echo "{ \"silos\": [ { \"url\": \"/srv/above\" } ] }" >../SILO.json &&
	pointer lone.treeptr &&
	test_expect_code 1 git medo url-for lone.treeptr 2>err &&
	test_grep "lone.treeptr. has no SILO.json above it" err
'

test_expect_success 'medo.silo replaces them all' '
	git -c medo.silo=/srv/a -c medo.silo=https://b/c medo url-for \
		deps/x.treeptr lone.treeptr >actual &&
	cat >expect <<-EOF &&
	/srv/a/$(id_path $id)
	https://b/c/$(id_path $id)
	/srv/a/$(id_path $id)
	https://b/c/$(id_path $id)
	EOF
	test_cmp expect actual
'

test_expect_success '-z and --json' '
	git medo url-for -z deps/x.treeptr | tr "\0" "\n" >actual &&
	git medo url-for deps/x.treeptr >expect &&
	test_cmp expect actual &&
	git medo url-for --json deps/x.treeptr >actual &&
	cat >expect <<-EOF &&
	{"url":"https://www.example.org/deps.silo/$(id_path $id)","path":"deps/x.treeptr","id":"$id","silo":"main"}
	{"url":"https://mirror.example/deps.silo/$(id_path $id)","path":"deps/x.treeptr","id":"$id","silo":"mirror"}
	EOF
	test_cmp expect actual
'

test_expect_success 'MA-26 a URL with control characters is refused, and escaped' '
	mkdir esc && pointer esc/x.treeptr &&
	printf "{ \"silos\": [ { \"url\": \"/srv/a\\\\u001b[2J\" } ] }\n" \
		>esc/SILO.json &&
	test_expect_code 1 git medo url-for esc/x.treeptr 2>err &&
	grep -F "/srv/a\\x1b[2J" err &&
	rm -r esc
'

test_expect_success 'a treeptr that is not there' '
	test_expect_code 1 git medo url-for deps/absent.treeptr 2>err &&
	test_grep "deps/absent.treeptr. is not there\|cannot .*deps/absent.treeptr" err
'

test_expect_success 'url-for wants a treeptr' '
	test_expect_code 129 git medo url-for
'

# bad PATTERN: bad.treeptr is refused, with key and file
bad () {
	test_expect_code 1 timeout 20 git medo url-for deps/bad.treeptr \
		>words 2>err &&
	test_must_be_empty words &&
	test_grep "^error: .*deps/bad.treeptr.*$1" err &&
	test_line_count -eq 1 err
}

test_expect_success 'BI-02 each key of a treeptr that is wrong is named' '
	while IFS="|" read -r key value
	do
		sed "s|\"$key\": [^,]*|\"$key\": $value|" deps/x.treeptr \
			>deps/bad.treeptr &&
		bad "$key" || {
			echo "$key: $value" >&2
			return 1
		}
	done <<-\EOF
	size|-1
	size|1e309
	size|1.5
	size|18446744073709551616
	size|9007199254740992
	size|"5"
	size|null
	id|5
	id|""
	id|"8b3158bbb2eb67e8e398a09d20527c69e6090fc"
	id|"8b3158bbb2eb67e8e398a09d20527c69e6090fc0a"
	id|"8B3158BBB2EB67E8E398A09D20527C69E6090FC0"
	id|"8b3158bbb2eb67e8e398a09d20527c69e6090fcg"
	treeptr|"1"
	EOF
'

test_expect_success 'BI-02 missing and double keys' '
	sed /size/d deps/x.treeptr | sed "s/fc0\",/fc0\"/" >deps/bad.treeptr &&
	bad size &&
	sed /\"id\"/d deps/x.treeptr >deps/bad.treeptr &&
	bad id &&
	pointer deps/bad.treeptr "\"id\": \"$id\"" && bad id &&
	pointer deps/bad.treeptr "\"x\": 1" "\"x\": 2" && bad x &&
	pointer deps/bad.treeptr "\"seal\": \"abc\"" && bad seal &&
	pointer deps/bad.treeptr "\"format\": \"rar\"" && bad format &&
	pointer deps/bad.treeptr "\"prefix\": 7" && bad prefix &&
	pointer deps/bad.treeptr "\"provenance\": []" && bad provenance
'

test_expect_success 'MA-24 a prefix that is not absolute, or not normal' '
	for prefix in "" x ./x ../x "/a/../b" "/a//b" "/a/./b" "/a/"
	do
		pointer deps/bad.treeptr "\"prefix\": \"$prefix\"" &&
		bad prefix || return 1
	done
'

test_expect_success 'a treeptr from the future names what it needs' '
	sed "s/\"treeptr\": 1/\"treeptr\": 2/" deps/x.treeptr >deps/bad.treeptr &&
	test_must_fail git medo url-for deps/bad.treeptr 2>err &&
	test_grep "newer medo" err
'

test_expect_success 'BI-01 texts that are no JSON' '
	for text in "" "{" "}" "[1]" "null" "{ \"treeptr\": 1, }" \
		"{ treeptr: 1 }" "{ \"treeptr\": 01 }" "{ \"treeptr\": 1 } x" \
		"{ \"treeptr\": 1 /* */ }" "<html>" "version https://git-lfs"
	do
		echo "$text" >deps/bad.treeptr &&
		bad "" || return 1
	done
'

test_expect_success 'BI-01 the same in SILO.json' '
	mkdir broken && pointer broken/x.treeptr &&
	for text in "" "{" "[]" "{}" "{ \"silos\": {} }" "{ \"silos\": [ 1 ] }" \
		"{ \"silos\": [ {} ] }" "{ \"silos\": [ { \"url\": 7 } ] }" \
		"{ \"silos\": [], \"silos\": [] }" \
		"{ \"silos\": [ { \"url\": \"/a\", \"url\": \"/b\" } ] }"
	do
		echo "$text" >broken/SILO.json &&
		test_expect_code 1 git medo url-for broken/x.treeptr 2>err &&
		test_grep "^error: .*broken/SILO.json" err || {
			echo "text: $text" >&2
			return 1
		}
	done
'

test_expect_success 'BI-03 deep nesting, long strings, NUL' '
	pointer deps/bad.treeptr "\"x\": $(printf "%01000d" 0 | tr 0 "[")" &&
	bad "deep" &&
	pointer deps/bad.treeptr "\"x\": \"$(printf "%070000d" 0)\"" &&
	bad "65536 bytes" &&
	pointer deps/bad.treeptr "\"prefix\": \"/a\\u0000b\"" &&
	bad "prefix" &&
	pointer deps/bad.treeptr "\"x\": \"\\ud800\"" &&
	bad "surrogate"
'

test_expect_success 'BI-04 a treeptr cut off anywhere is none' '
	pointer full "\"seal\": \"$(printf "%064d" 0)\"" "\"format\": \"tar\"" &&
	for n in $(seq 0 3 $(($(wc -c <full) - 1)))
	do
		head -c "$n" full >deps/bad.treeptr &&
		bad "" || return 1
	done &&
	cp full deps/bad.treeptr &&
	git medo url-for deps/bad.treeptr
'

test_expect_success 'BI-05 a hundred thousand silos are refused in time, with the limit' '
	{
		printf "{ \"silos\": [ { \"url\": \"/a\" }" &&
		yes ", { \"url\": \"/a\" }" | head -n 1000 &&
		echo "] }"
	} >broken/SILO.json &&
	test_expect_code 1 timeout 20 git medo url-for broken/x.treeptr 2>err &&
	test_grep "broken/SILO.json.*1000\|broken/SILO.json.*1,000" err &&
	{
		printf "{ \"silos\": [ { \"url\": \"/a\" }" &&
		yes ", { \"url\": \"/a\" }" | head -n 100000 &&
		echo "] }"
	} >broken/SILO.json &&
	test_expect_code 1 timeout 20 git medo url-for broken/x.treeptr 2>err &&
	test_grep "broken/SILO.json.*1048576 bytes\|broken/SILO.json.*1 MiB" err
'

test_expect_success 'a treeptr with CRLF is read, one with a BOM is not' '
	sed "s/\$/\r/" full >deps/crlf.treeptr &&
	git medo url-for deps/crlf.treeptr &&
	{ printf "\357\273\277" && cat full; } >deps/bad.treeptr &&
	bad ""
'

test_done
