#!/bin/sh

test_description='SILO.json and MEDO.json are read strictly (SILO.json(5))'

. "$(dirname "$0")/test-lib.sh"

# refuses VERB MESSAGE TEXT: the message is a pattern
refuses () {
	printf '%s\n' "$3" >x.json &&
	test_expect_code 1 test-tool treeptr "$1" x.json >out 2>err &&
	test_must_be_empty out &&
	test_line_count -eq 1 err &&
	test_grep "^error: .x\.json.: $2\$" err
}

# round_trips MEMBERS: of one silo, in canonical spelling
round_trips () {
	printf '{\n  "silos": [\n    {\n      %s\n    }\n  ]\n}\n' "$1" >x.json &&
	test-tool treeptr silos x.json >actual &&
	test_cmp x.json actual
}

test_expect_success 'silos are read in their order, unknown keys are tolerated' '
	cat >x.json <<-\EOF &&
	{ "silos": [ { "name": "main", "url": "https://www.oilshell.org/deps.silo",
	               "push": "ssh://oilshell.org/www/deps.silo", "weight": 3 },
	             { "url": "https://mirror.example/deps.silo" } ], "note": {} }
	EOF
	cat >expect <<-\EOF &&
	{
	  "silos": [
	    {
	      "name": "main",
	      "url": "https://www.oilshell.org/deps.silo",
	      "push": "ssh://oilshell.org/www/deps.silo"
	    },
	    {
	      "url": "https://mirror.example/deps.silo"
	    }
	  ]
	}
	EOF
	test-tool treeptr silos x.json >actual &&
	test_cmp expect actual &&
	test-tool treeptr silos actual >again &&
	test_cmp expect again
'

test_expect_success 'no silo at all is a list too' '
	printf "{\n  \"silos\": []\n}\n" >x.json &&
	test-tool treeptr silos x.json >actual &&
	test_cmp x.json actual
'

test_expect_success 'BI-02 missing keys and wrong types are named' '
	refuses silos ".silos. is missing" "{}" &&
	refuses silos "not a JSON object" "[]" &&
	refuses silos ".silos. is not an array" "{\"silos\":{}}" &&
	refuses silos "silo 1: is not an object" "{\"silos\":[\"x\"]}" &&
	refuses silos "silo 2: .url. is missing" \
		"{\"silos\":[{\"url\":\"a\"},{\"push\":\"b\"}]}" &&
	refuses silos "silo 1: .url. is not a string" "{\"silos\":[{\"url\":1}]}" &&
	refuses silos "silo 1: .url. is empty" "{\"silos\":[{\"url\":\"\"}]}" &&
	refuses silos "silo 1: .push. is not a string" \
		"{\"silos\":[{\"url\":\"a\",\"push\":null}]}" &&
	refuses silos "silo 1: .name. is not a string" \
		"{\"silos\":[{\"url\":\"a\",\"name\":[]}]}" &&
	refuses silos "line 1, column 21: key .url. for the second time" \
		"{\"silos\":[{\"url\":\"\",\"url\":\"\"}]}"
'

test_expect_success PYTHON3 'BI-01 no ill-formed text is taken for SILO.json or MEDO.json' '
	grep -v "^#" "$TEST_DIRECTORY/t1040/invalid.txt" >texts &&
	python3 -c "
import re
for i, line in enumerate(open(\"texts\", \"rb\").read().split(b\"\\n\")):
	text = re.sub(rb\"%([0-9A-F]{2})\",
		      lambda m: bytes([int(m.group(1), 16)]), line)
	for end in b\"\", b\"\\n\":
		open(\"bad%d%d.json\" % (i, len(end)), \"wb\").write(text + end)
" &&
	for file in bad*.json
	do
		test_expect_code 1 test-tool treeptr silos "$file" >out 2>>err ||
		return 1
	done &&
	rm -f bad*.json
'

test_expect_success 'MA-22 MA-24 control characters in URLs and names are refused' '
	for c in "\\\\n" "\\\\r" "\\\\t" "\\\\u001b" "\\\\u007f" "\\\\u009b" "\302\205"
	do
		for key in url push name
		do
			refuses silos "silo 1: .$key. has a control character: .*" \
				"{\"silos\":[{\"$key\":\"https://a$(printf "$c")b\",
				\"x\":1}]}" || return 1
		done
	done &&
	refuses silos "silo 1: .url. contains NUL" "{\"silos\":[{\"url\":\"a\\u0000\"}]}"
'

test_expect_success 'MA-22 control characters hidden in user or host are refused' '
	for url in "https://a%0ab/x" "https://u%0D@h/x" "ssh://%00" "https://h%7f/" \
		"https://h%1B/"
	do
		refuses silos "silo 1: .url. hides a control character: .*" \
			"{\"silos\":[{\"url\":\"$url\"}]}" || return 1
	done
'

test_expect_success 'MA-23 a URL that looks like an option is refused' '
	refuses silos "silo 1: .url. looks like an option: .-oProxyCommand=x." \
		"{\"silos\":[{\"url\":\"-oProxyCommand=x\"}]}" &&
	refuses silos "silo 1: .push. looks like an option: .--x." \
		"{\"silos\":[{\"url\":\"a\",\"push\":\"--x\"}]}"
'

test_expect_success 'MA-24 odd but legal URLs come through byte for byte' '
	for url in /srv/deps.silo ../deps.silo "/a b " "/ü€😀/x" "~/x" "/a%0ab" \
		"https://h/a%0ab" "https://h:8443/a?b=c&d#e" "file:///x" "s3://b/k"
	do
		round_trips "\"url\": \"$url\"" || return 1
	done
'

test_expect_success PYTHON3 'BI-05 a thousand silos are read, one more is not' '
	python3 -c "
import json
for n in 1000, 1001, 20000:
	silos = [{\"url\": \"/silo/%d\" % i} for i in range(n)]
	json.dump({\"silos\": silos}, open(\"%d.json\" % n, \"w\"))
" &&
	test-tool treeptr silos 1000.json >out &&
	grep -c url out >actual &&
	echo 1000 >expect &&
	test_cmp expect actual &&
	for n in 1001 20000
	do
		test_expect_code 1 test-tool treeptr silos $n.json 2>err &&
		echo "error: '\''$n.json'\'': $n silos; at most 1000 are read" >expect &&
		test_cmp expect err || return 1
	done
'

test_expect_success PYTHON3 'BI-05 a file over 1 MiB is refused unread' '
	python3 -c "
import json
silos = [{\"url\": \"/silo/%d\" % i} for i in range(100000)]
json.dump({\"silos\": silos}, open(\"x.json\", \"w\"))
" &&
	test_expect_code 1 timeout 10 test-tool treeptr silos x.json 2>err &&
	echo "error: '\''x.json'\'': over 1048576 bytes" >expect &&
	test_cmp expect err
'

test_expect_success 'MEDO.json has defaults' '
	echo "{}" >x.json &&
	test_write_lines "mount -" "sync manual" >expect &&
	test-tool treeptr policy x.json >actual &&
	test_cmp expect actual
'

test_expect_success 'MEDO.json is read' '
	cat >x.json <<-\EOF &&
	{ "mount": "../../_deps/source", "sync": "checkout",
	  "include": ["re2c-*", "\u0070y"], "new": 1 }
	EOF
	test_write_lines "mount ../../_deps/source" "sync checkout" \
		"include re2c-*" "include py" >expect &&
	test-tool treeptr policy x.json >actual &&
	test_cmp expect actual &&
	echo "{\"sync\":\"manual\",\"include\":[]}" >x.json &&
	test_write_lines "mount -" "sync manual" >expect &&
	test-tool treeptr policy x.json >actual &&
	test_cmp expect actual
'

test_expect_success 'MA-24 what is wrong in MEDO.json is named' '
	refuses policy "not a JSON object" "3" &&
	refuses policy ".mount. is empty" "{\"mount\":\"\"}" &&
	refuses policy ".mount. is not a string" "{\"mount\":null}" &&
	refuses policy ".mount. contains NUL" "{\"mount\":\"a\\u0000b\"}" &&
	refuses policy ".mount. has a control character: .a\\\\x0d." \
		"{\"mount\":\"a\\r\"}" &&
	refuses policy ".sync. is .always., neither manual nor checkout" \
		"{\"sync\":\"always\"}" &&
	refuses policy ".sync. is not a string" "{\"sync\":true}" &&
	refuses policy ".include. is not an array of strings" \
		"{\"include\":\"*\"}" &&
	refuses policy ".include. is not a string" "{\"include\":[1]}" &&
	refuses policy ".include. has an empty pattern" "{\"include\":[\"\"]}"
'

test_done
