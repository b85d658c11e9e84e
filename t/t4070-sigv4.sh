#!/bin/sh

test_description='signatures of S3 requests (AWS Signature Version 4)'

. "$(dirname "$0")/test-lib.sh"

# Keys, date and signatures are those of the examples in "Authenticating
# Requests: Using the Authorization Header", Amazon S3 API Reference.
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
url=https://examplebucket.s3.amazonaws.com
when=1369353600
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# signature SIGNATURE METHOD URL PAYLOAD [HEADER...]
signature () {
	signature=$1 method=$2 what=$3 payload=$4 &&
	shift 4 &&
	test-tool sigv4 sign "$method" "$what" $when "$payload" "$@" >actual &&
	test_grep "Signature=$signature\$" actual
}

# query EXPECTED QUERY: the third line of what is hashed
query () {
	echo "$1" >expect &&
	test-tool sigv4 canonical GET "$url/?$2" $when $empty >hashed &&
	sed -n 3p hashed >actual &&
	test_cmp expect actual
}

test_expect_success 'the published example of a ranged GET has its signature' '
	signature f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41 \
		GET $url/test.txt $empty "Range: bytes=0-9"
'

test_expect_success 'the published example of a PUT has its signature' '
	signature 98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd \
		PUT "$url/test%24file.text" \
		44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072 \
		"Date: Fri, 24 May 2013 00:00:00 GMT" \
		"x-amz-storage-class: REDUCED_REDUNDANCY"
'

test_expect_success 'the published example of a subresource has its signature' '
	signature fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543 \
		GET "$url/?lifecycle" $empty
'

test_expect_success 'the published example of a listing has it, in whatever order its query is' '
	listing=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7 &&
	signature $listing GET "$url/?max-keys=2&prefix=J" $empty &&
	signature $listing GET "$url/?prefix=J&max-keys=2" $empty
'

test_expect_success 'what is hashed is laid out as the standard says' '
	cat >expect <<-END &&
	PUT
	/a/b
	x=1
	host:examplebucket.s3.amazonaws.com
	if-none-match:*
	x-amz-content-sha256:UNSIGNED-PAYLOAD
	x-amz-date:20130524T000000Z
	x-amz-security-token:TOKEN

	host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-security-token
	UNSIGNED-PAYLOAD
	END
	AWS_SESSION_TOKEN=TOKEN test-tool sigv4 canonical PUT "$url/a/b?x=1" \
		$when UNSIGNED-PAYLOAD "If-None-Match:   *  " >actual &&
	test_cmp expect actual
'

test_expect_success 'a query is sorted by name, then by value; a name goes before a longer one' '
	query "a=2&a-b=1&b=1&b=2&c=" "c&b=2&b=1&a-b=1&a=2"
'

test_expect_success 'in a query all but letters, digits and -._~ is encoded once, in upper case' '
	query "k=a%2Bb%2Fc%3D%25%20~%C3%A9" "k=a%2bb/c=%25%20%7E%c3%a9"
'

test_expect_success 'a path keeps its slashes and is neither encoded twice nor normalised' '
	test-tool sigv4 canonical GET "$url//a%20b/./c%2B~%C3%A9" $when $empty \
		>hashed &&
	sed -n 2p hashed >actual &&
	echo "//a%20b/./c%2B~%C3%A9" >expect &&
	test_cmp expect actual
'

test_expect_success 'runs of spaces in a header count as one' '
	test-tool sigv4 canonical GET "$url/" $when $empty \
		"X-Amz-Meta-B:  a   b	 c " >hashed &&
	test_grep "^x-amz-meta-b:a b c$" hashed
'

test_expect_success 'a port is signed, but not the one that a scheme has anyway' '
	for pair in http://h:80=h https://h:443=h http://h:443=h:443 \
		http://127.0.0.1:9000=127.0.0.1:9000
	do
		test-tool sigv4 canonical GET "${pair%=*}/x" $when $empty \
			>hashed &&
		test_grep "^host:${pair##*=}$" hashed || return 1
	done
'

test_expect_success 'the secret is in nothing that is sent' '
	test-tool sigv4 sign GET "$url/" $when $empty >actual &&
	test_grep ! wJalr actual &&
	test_grep "^Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" actual
'

test_expect_success 'the SHA-256 of a part of a file is that of its bytes' '
	test-tool genrandom seed 600000 >file &&
	tail -c +100001 file | head -c 400000 | sha256sum >sum &&
	sed "s/ .*//" sum >expect &&
	test-tool sigv4 payload file 100000 400000 >actual &&
	test_cmp expect actual &&
	echo $empty >expect &&
	test-tool sigv4 payload file 0 0 >actual &&
	test_cmp expect actual &&
	test_must_fail test-tool sigv4 payload file 1 600000
'

test_done
