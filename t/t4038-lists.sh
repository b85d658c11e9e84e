#!/bin/sh

test_description='lists that come from a server'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

grep -q -e -DHAVE_EXPAT=1 "$B/flags" && test_set_prereq HAVE_EXPAT
if ! test_have_prereq PYTHON3,HAVE_EXPAT
then
	skip_all='no python3, or a build that reads no XML'
	test_done
fi

# shellcheck disable=SC2154
# list FAULT: what the place says lies below objects
list () {
	timeout 60 test-tool backend "$fault_url/$1/far" list objects \
		>out 2>err
}

# refused COMMAND...: a list that makes no sense, or cannot be had
refused () {
	refused_code=0
	"$@" || refused_code=$?
	case $refused_code in
	1|3) ;;
	*)
		echo "exit $refused_code" >&2
		cat out err >&2
		return 1
		;;
	esac
}

# multistatus NAME...: a list of these, as an answer to PROPFIND
multistatus () {
	printf '<?xml version="1.0"?>\n<D:multistatus xmlns:D="DAV:">\n'
	printf '<D:response><D:href>/f/far/objects/</D:href><D:propstat><D:prop>'
	printf '<D:resourcetype><D:collection/></D:resourcetype></D:prop>'
	printf '<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n'
	for multistatus_name
	do
		printf '<D:response><D:href>%s</D:href><D:propstat><D:prop>' \
			"$multistatus_name"
		printf '<D:resourcetype/><D:getcontentlength>5</D:getcontentlength>'
		printf '</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>'
		printf '</D:response>\n'
	done
	printf '</D:multistatus>\n'
}

# answer FILE...: as the body of an answer to PROPFIND
answer () {
	{
		printf 'HTTP/1.1 207 Multi-Status\r\nContent-Type: text/xml\r\n\r\n' &&
		cat "$@"
	} >"$FAULTS/r" &&
	test_write_lines "only *" "method PROPFIND" "raw r" | fault f
}

test_expect_success 'setup' '
	fault_setup &&
	for n in 1 2 3
	do
		test-tool genrandom "n$n" 100000 >content &&
		git medo add -q content "deps/n$n.treeptr" >/dev/null || return 1
	done &&
	git medo push -q &&
	fault_start one "$PWD/srv" --dav && fault_allow &&
	echo "only nothing" | fault f &&
	(cd srv/far && find objects -type f -printf "%s %p\n" | sort -n) >names
'

test_expect_success 'a sane server: all files with their sizes' '
	list f && sort -n out >actual &&
	test_cmp names actual &&
	rm -f "$FAULTS/f"
'

test_expect_success 'BI-28 a list that is empty, HTML, text, cut' '
	echo "only nothing" | fault f && list f &&
	: >empty && answer empty && refused list f &&
	echo "<html><body>log in</body></html>" >html &&
	answer html && refused list f &&
	echo "objects/aa/bb" >text && answer text && refused list f &&
	multistatus /f/far/objects/bb.gz >whole &&
	answer whole && list f &&
	for n in 1 30 60 200 300 $(($(test_file_size whole) - 3))
	do
		head -c $n whole >part && answer part &&
		refused list f || return 1
	done
'

test_expect_success 'BI-28 a 200 instead of a 207, other statuses' '
	for code in 200 204 301 400 403 404 405 500 501
	do
		test_write_lines "only *" "method PROPFIND" "status $code" \
			"text <html>" | fault f &&
		{ list f; code=$?; } &&
		case $code in 0) test_must_be_empty out ;; 1|3|4|128) ;;
		*) false ;; esac || return 1
	done
'

test_expect_success 'BI-28 names that are none of ours are not passed on' '
	multistatus /f/far/objects/../../../etc/passwd /etc/passwd \
		/f/far/objects/a%00b /f/far/objects/a%0ab /f/far/objects/%2e%2e/x \
		http://127.0.0.1:1/f/far/objects/aa/bb //evil/objects/aa/bb \
		/f/far/objectsx/aa "/f/far/objects/%zz" "" "?" \
		"/f/far/objects/a&#10;b" "/f/far/objects/&#x1b;[31m" \
		/g/far/objects/aa/bb /f/far/pack/x >xml &&
	answer xml &&
	{ list f; test $? -le 3; } &&
	test_grep ! -v "^[0-9?]* objects/[A-Za-z0-9._-]*$" out &&
	test_grep ! "\.\." out && test_grep ! passwd out &&
	test_grep ! evil out && fetch_clean err
'

test_expect_success 'BI-28 CRLF, comments, prefixes, other XML is read' '
	multistatus /f/far/objects/bb.gz >xml &&
	sed "s/$/$(printf "\r")/" xml >crlf && answer crlf && list f &&
	echo "5 objects/bb.gz" >expect && test_cmp expect out &&
	sed -e "s/<D:/<x:/g" -e "s/<\/D:/<\/x:/g" -e "s/xmlns:D/xmlns:x/" xml \
		>prefix && answer prefix && list f && test_cmp expect out &&
	sed -e "s/<D:/</g" -e "s/<\/D:/<\//g" -e "s/xmlns:D/xmlns/" xml >none &&
	answer none && list f && test_cmp expect out
'

test_expect_success 'BI-28 the same name twice' '
	multistatus /f/far/objects/bb.gz /f/far/objects/aa/bb.gz >xml &&
	answer xml && { list f || test $? = 3; }
'

test_expect_success 'BI-28 entities that grow' '
	{
		printf "<?xml version=\"1.0\"?><!DOCTYPE m [<!ENTITY a0 \"aaaaaaaaaa\">" &&
		for n in 1 2 3 4 5 6 7 8 9
		do
			m=$((n - 1)) &&
			printf "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">" \
				$n $m $m $m $m $m $m $m $m || return 1
		done &&
		printf "]><D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>" &&
		printf "/f/far/objects/&a9;</D:href></D:response></D:multistatus>"
	} >xml &&
	answer xml && refused list f &&
	{
		printf "<?xml version=\"1.0\"?><!DOCTYPE m [<!ENTITY x SYSTEM " &&
		printf "\"file:///etc/passwd\">]><D:multistatus xmlns:D=\"DAV:\">" &&
		printf "<D:response><D:href>/f/far/objects/&x;</D:href>" &&
		printf "</D:response></D:multistatus>"
	} >xml &&
	answer xml && refused list f &&
	test_grep ! root out && test_grep ! root err
'

test_expect_success 'BI-28 a list of 200,000 names, and one of names without end' '
	{
		multistatus /f/far/objects/aa/00.gz | sed "\$d" &&
		awk "BEGIN { for (i = 0; i < 200000; i++) printf \
			\"<D:response><D:href>/f/far/objects/%06d.gz</D:href>\" \
			\"</D:response>\n\", i }" &&
		echo "</D:multistatus>"
	} >xml &&
	answer xml && { list f || test $? = 3; } &&
	{
		multistatus | sed "\$d" && printf "<D:response><D:href>" &&
		head -c 30000000 /dev/zero | tr "\0" a &&
		printf "</D:href></D:response></D:multistatus>"
	} >xml &&
	answer xml && { list f || test $? = 3; } && test_must_be_empty out &&
	{
		head -c 200000 /dev/zero | sed "s/\x00/<a>/g"
	} >xml &&
	answer xml && refused list f
'

test_expect_success !SANITIZE,TIME 'BI-28 in bounded memory' '
	{
		multistatus | sed "\$d" && printf "<D:response><D:href>" &&
		head -c 150000000 /dev/zero | tr "\0" a
	} >xml &&
	answer xml &&
	{
		test_peak_kib peak timeout 60 test-tool backend \
			"$fault_url/f/far" list objects >out 2>err
		code=$? && cat err peak && test $code -le 3
	} &&
	test "$(cat peak)" -lt 65536
'

test_expect_success 'a server that lists nothing says so' '
	fault_start two "$PWD/srv" &&
	test_must_fail test-tool backend "$fault_url/far" list objects >out 2>err &&
	test_must_be_empty out && test -s err
'

test_done
