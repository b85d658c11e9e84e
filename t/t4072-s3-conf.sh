#!/bin/sh

test_description='where keys, region and endpoint of S3 come from'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

url=s3://bucket/x
s3_start
echo content >file

# forget: as if the environment said nothing
forget () {
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN \
		AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL AWS_PROFILE AWS_REGION \
		AWS_DEFAULT_REGION AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
	rm -rf "$HOME/.aws"
	mkdir "$HOME/.aws"
}

test_expect_success 'keys and endpoint come from the environment' '
	test-tool backend $url put a file &&
	test_grep "^PUT /bucket/x/a 200" "$S3/log"
'

test_expect_success 'keys, region and endpoint come from the default profile' '
	(
		forget &&
		cat >"$HOME/.aws/credentials" <<-END &&
		# a comment
		[other]
		aws_access_key_id = NOTTHIS
		[default]
		aws_access_key_id=AKIDTEST
		aws_secret_access_key  =  SECRETTEST
		END
		cat >"$HOME/.aws/config" <<-END &&
		[default]
		region = us-east-1
		endpoint_url = http://127.0.0.1:$s3_port
		END
		test-tool backend $url read a >actual &&
		test_cmp file actual
	)
'

test_expect_success 'AWS_PROFILE names another, in either file, and may have its files elsewhere' '
	(
		forget &&
		rm -r "$HOME/.aws" &&
		AWS_PROFILE=ci &&
		AWS_CONFIG_FILE=$PWD/conf &&
		AWS_SHARED_CREDENTIALS_FILE=$PWD/cred &&
		export AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE &&
		printf "[profile ci]\r\nendpoint_url = http://127.0.0.1:$s3_port\r\n" \
			>conf &&
		printf "[ci]\r\naws_access_key_id = AKIDTEST\r\n" >cred &&
		printf "aws_secret_access_key = SECRETTEST\r\n" >>cred &&
		test-tool backend $url read a >actual &&
		test_cmp file actual &&
		echo "aws_access_key_id = AKIDTEST" >>conf &&
		echo "aws_secret_access_key = SECRETTEST" >>conf &&
		rm cred &&
		test-tool backend $url read a >actual &&
		test_cmp file actual
	)
'

test_expect_success 'keys of the environment go before those of a file' '
	(
		printf "[default]\naws_access_key_id = X\naws_secret_access_key = Y\n" \
			>cred &&
		AWS_SHARED_CREDENTIALS_FILE=$PWD/cred &&
		export AWS_SHARED_CREDENTIALS_FILE &&
		test-tool backend $url read a >actual &&
		test_cmp file actual
	)
'

test_expect_success 'a profile that is nowhere is said to be nowhere' '
	test_expect_code 4 env AWS_PROFILE=nobody test-tool backend $url has a \
		2>err &&
	test_grep "AWS_PROFILE is .nobody." err
'

test_expect_success 'keys by other programs are refused with the way to get them' '
	(
		forget &&
		s3_keys "" "" &&
		printf "[default]\nsso_start_url = https://x\n" \
			>"$HOME/.aws/config" &&
		test_expect_code 4 test-tool backend $url has a 2>err &&
		test_grep "by sso_start_url.*export-credentials" err
	)
'

test_expect_success 'one key without the other is refused' '
	test_expect_code 4 env AWS_SECRET_ACCESS_KEY= test-tool backend $url \
		has a 2>err &&
	test_grep "set both" err
'

test_expect_success 'a region that is wrong is named with the right one' '
	test_expect_code 4 env AWS_REGION=eu-west-1 test-tool backend $url \
		list "" 2>err &&
	test_grep "AuthorizationHeaderMalformed; set AWS_REGION to us-east-1" err &&
	test-tool backend $url list "" &&
	AWS_REGION=us-east-1 AWS_DEFAULT_REGION=wrong \
		test-tool backend $url list ""
'

test_expect_success 'MA-22 what would end a header, or is no endpoint, is refused and not shown' '
	cr=$(printf "\r") &&
	test_expect_code 128 env AWS_SESSION_TOKEN="top veiled" \
		test-tool backend $url has a 2>err &&
	test_grep ! veiled err &&
	test_expect_code 128 env AWS_SECRET_ACCESS_KEY="hid${cr}den" \
		test-tool backend $url has a 2>err &&
	test_grep ! -e hid -e den err &&
	test_expect_code 128 env AWS_ACCESS_KEY_ID="AKID/x" \
		test-tool backend $url has a &&
	test_expect_code 128 env AWS_REGION="a/b" test-tool backend $url has a &&
	for bad in ftp://127.0.0.1 127.0.0.1:80 http://u:hidden@127.0.0.1 \
		s3://x http://127.0.0.1/?x
	do
		test_expect_code 128 env AWS_ENDPOINT_URL_S3="$bad" \
			test-tool backend $url has a 2>err &&
		test_grep ! hidden err || return 1
	done
'

test_expect_success 'MA-22 no key is in what is said when keys are wrong' '
	test_expect_code 4 env AWS_SECRET_ACCESS_KEY=hiddenhidden \
		AWS_SESSION_TOKEN=veiledveiled \
		test-tool backend $url list "" 2>err &&
	test_grep ! -e hidden -e veiled -e AKIDTEST err
'

test_expect_success 'without keys a bucket that is not public says no, with the next step' '
	(
		forget &&
		AWS_ENDPOINT_URL=http://127.0.0.1:$s3_port &&
		export AWS_ENDPOINT_URL &&
		test_expect_code 4 test-tool backend $url read a 2>err &&
		test_grep "403 AccessDenied; there are no keys" err
	)
'

test_expect_success 'a session token is sent and signed' '
	s3_stop &&
	s3_start --token TOKENTOKEN &&
	AWS_SESSION_TOKEN=TOKENTOKEN test-tool backend $url put a file &&
	test_expect_code 4 env AWS_SESSION_TOKEN=other test-tool backend $url \
		read a 2>err &&
	test_grep "InvalidToken; is AWS_SESSION_TOKEN right" err
'

test_expect_success 'a public bucket is read without keys, and not written' '
	s3_stop &&
	s3_start --public &&
	test-tool backend $url put a file &&
	(
		forget &&
		AWS_ENDPOINT_URL=http://127.0.0.1:$s3_port &&
		export AWS_ENDPOINT_URL &&
		test-tool backend $url read a >actual &&
		test_cmp file actual &&
		test-tool backend $url list "" &&
		test_expect_code 4 test-tool backend $url put b file 2>err &&
		test_grep "there are no keys" err
	)
'

test_done
