# Buckets for tests.  Source it behind lib-silo.sh, with
#	. "$TEST_DIRECTORY/lib-s3.sh"
# Needs PYTHON3.  Each start exports endpoint and keys; the bucket is 'bucket'.
# shellcheck shell=sh disable=SC2154

s3_keys () {
	AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2
	AWS_ENDPOINT_URL_S3=${3:-http://127.0.0.1:$s3_port}
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL_S3
}

# --- the one that believes nothing: t/helper/s3verify.py --------------------
S3=$TEST_TOP/s3

# s3_start [OPTION...]
s3_start () {
	rm -rf "$S3"
	mkdir -p "$S3"
	test_start python3 "$TEST_DIRECTORY/helper/s3verify.py" "$S3/port" \
		"$S3" "$@"
	s3_pid=$test_pid
	test_wait_until 20 test -f "$S3/port" || return 1
	s3_port=$(cat "$S3/port") &&
	s3_keys AKIDTEST SECRETTEST
}

s3_stop () {
	test_stop "$s3_pid"
}

# s3_fault NAME TIMES: see s3verify.py; '-' is for ever, 0 never again
s3_fault () {
	echo "$2" >"$S3/fault/$1.new" && mv "$S3/fault/$1.new" "$S3/fault/$1"
}

s3_fault_none () {
	rm -f "$S3/fault"/* "$S3/skew"
}

s3_forget () {
	: >"$S3/log"
}

# s3_count [PATTERN]: requests whose line "METHOD PATH STATUS" matches
s3_count () {
	grep -c -e "${1:-.}" "$S3/log"
	return 0
}

# s3_admin uploads|keys
s3_admin () {
	python3 -c 'import sys, urllib.request
u = "http://127.0.0.1:%s/_%s" % (sys.argv[1], sys.argv[2])
sys.stdout.write(urllib.request.urlopen(u).read().decode())' "$s3_port" "$1"
}

# --- s3rver of npm, fetched once per build ----------------------------------
S3RVER=$B/s3rver/node_modules/.bin/s3rver

s3rver_fetch () {
	test -x "$S3RVER" && return
	command -v npm >/dev/null || return 1
	mkdir -p "$B/s3rver" || return 1
	# What could not be had an hour ago is not asked for again.
	test -z "$(find "$B/s3rver/failed" -mmin -60 2>/dev/null)" || return 1
	# One at a time: a lock that a kill left is taken over after a while.
	if ! mkdir "$B/s3rver/lock" 2>/dev/null
	then
		test_wait_until 120 test ! -d "$B/s3rver/lock"
		test -x "$S3RVER"
		return
	fi
	timeout 100 npm install --prefix "$B/s3rver" \
		--cache "$B/s3rver/cache" --no-audit --no-fund \
		--no-update-notifier s3rver@3.7.1 ||
	: >"$B/s3rver/failed"
	rm -rf "$B/s3rver/lock" "$B/s3rver/cache"
	test -x "$S3RVER"
}
test_lazy_prereq S3RVER 's3rver_fetch'

s3_start_s3rver () {
	s3_port=$(test_free_port) &&
	mkdir -p "$TEST_TOP/s3rver" || return 1
	# It pages its listings by a cipher that OpenSSL 3 calls legacy.
	if NODE_OPTIONS=--openssl-legacy-provider node -e 0 2>/dev/null
	then
		NODE_OPTIONS=--openssl-legacy-provider
		export NODE_OPTIONS
	fi
	test_start "$S3RVER" -d "$TEST_TOP/s3rver" -a 127.0.0.1 -p "$s3_port" \
		--configure-bucket bucket --silent
	s3_pid=$test_pid
	s3_keys S3RVER S3RVER
	test_wait_until 20 s3_answers
}

s3_answers () {
	python3 -c 'import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
c.request("GET", "/")
c.getresponse()' "$s3_port"
}

# --- radosgw of Ceph, on a cluster in memory --------------------------------
test_lazy_prereq RADOSGW '
	for program in radosgw radosgw-admin ceph ceph-mon ceph-osd \
		ceph-authtool monmaptool
	do
		command -v "$program" || exit 1
	done
'

s3_ceph_conf () {
	cat <<-END
	[global]
	fsid = $ceph_id
	mon host = [v2:127.0.0.1:$ceph_port]
	public addr = 127.0.0.1
	cluster addr = 127.0.0.1
	keyring = keyring
	mon data = mon
	osd data = osd
	run dir = .
	crash dir = .
	admin socket =
	pid file =
	log file = log
	osd objectstore = memstore
	memstore device bytes = 2147483648
	osd pool default size = 1
	osd pool default min size = 1
	osd pool default pg num = 1
	osd pool default pgp num = 1
	osd pool default pg autoscale mode = off
	osd crush chooseleaf type = 0
	mon allow pool size one = true
	mon max pg per osd = 1000
	paxos propose interval = 0.05
	paxos min wait = 0.01
	[client]
	rgw frontends = beast endpoint=127.0.0.1:$s3_port
	END
}

s3_ceph_keys () {
	ceph-authtool -C keyring --gen-key -n mon. --cap mon 'allow *' &&
	ceph-authtool keyring --gen-key -n client.admin \
		--cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' &&
	ceph-authtool keyring --gen-key -n osd.0 --cap osd 'allow *' \
		--cap mon 'allow profile osd' --cap mgr 'allow profile osd'
}

s3_ceph_start () {
	ceph_id=$(cat /proc/sys/kernel/random/uuid) &&
	ceph_osd=$(cat /proc/sys/kernel/random/uuid) &&
	ceph_port=$(test_free_port) &&
	s3_port=$(test_free_port) &&
	mkdir -p mon osd &&
	s3_ceph_conf >ceph.conf &&
	s3_ceph_keys &&
	monmaptool --create --fsid "$ceph_id" \
		--addv a "[v2:127.0.0.1:$ceph_port]" monmap &&
	ceph-mon -c ceph.conf -i a --mkfs --monmap monmap --keyring keyring &&
	test_start ceph-mon -c ceph.conf -i a -f &&
	ceph -c ceph.conf --connect-timeout 30 osd new "$ceph_osd" &&
	ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$ceph_osd" &&
	test_start ceph-osd -c ceph.conf -i 0 -f &&
	timeout 60 radosgw-admin -c ceph.conf user create --uid=tester \
		--display-name=tester --access-key=AKIDTEST \
		--secret-key=SECRETTEST &&
	test_start radosgw -c ceph.conf -n client.admin -f
}

# A bucket is made with the request that the tests' own signatures bear.
s3_make_bucket () {
	python3 - "$s3_port" "$(test-tool sigv4 sign PUT \
		"http://127.0.0.1:$s3_port/bucket" "$(date +%s)" \
		e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855)" <<-\END
	import http.client, sys
	c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
	c.request("PUT", "/bucket", headers=dict(
	    line.split(": ", 1) for line in sys.argv[2].splitlines()))
	sys.exit(c.getresponse().status != 200)
	END
}

s3_start_radosgw () {
	mkdir -p "$TEST_TOP/ceph" || return 1
	ceph_from=$PWD
	cd "$TEST_TOP/ceph" && s3_ceph_start
	ceph_ret=$?
	cd "$ceph_from" || return 1
	test "$ceph_ret" = 0 &&
	s3_keys AKIDTEST SECRETTEST &&
	test_wait_until 30 s3_answers &&
	s3_make_bucket
}

# --- what every server has to do --------------------------------------------
# test_s3_verbs URL: a test for each verb but claim
test_s3_verbs () {
	s3_url=$1
	test_expect_success 'what is put is there, whole and in parts' '
		test-tool genrandom verbs 700000 >file &&
		test-tool backend "$s3_url" put objects/ab/cd.gz file &&
		echo 700000 >expect &&
		test-tool backend "$s3_url" has objects/ab/cd.gz >actual &&
		test_cmp expect actual &&
		test-tool backend "$s3_url" read objects/ab/cd.gz 0 - all >actual &&
		echo "total 700000" >expect &&
		test_cmp expect actual &&
		test_cmp_bin file all &&
		test-tool backend "$s3_url" read objects/ab/cd.gz 300000 300007 \
			some >actual &&
		test_cmp expect actual &&
		tail -c +300001 file | head -c 7 >seven &&
		test_cmp_bin seven some &&
		test-tool backend "$s3_url" read objects/ab/cd.gz 699990 800000 \
			some >actual &&
		test_cmp expect actual &&
		tail -c 10 file >ten &&
		test_cmp_bin ten some
	'
	test_expect_success 'behind the end there is nothing, and a file may be empty' '
		: >nothing &&
		echo "total 700000" >expect &&
		test-tool backend "$s3_url" read objects/ab/cd.gz 700000 - some \
			>actual &&
		test_cmp expect actual &&
		test_must_be_empty some &&
		test-tool backend "$s3_url" put empty nothing &&
		echo 0 >expect &&
		test-tool backend "$s3_url" has empty >actual &&
		test_cmp expect actual &&
		test-tool backend "$s3_url" read empty 0 - some &&
		test_must_be_empty some
	'
	test_expect_success 'what is not there is missing, not out of reach' '
		echo no >expect &&
		test-tool backend "$s3_url" has objects/no >actual &&
		test_cmp expect actual &&
		test_expect_code 1 test-tool backend "$s3_url" read objects/no \
			2>err &&
		test_grep "404" err
	'
	test_expect_success 'a hint is replaced' '
		echo one >one && echo two >two &&
		test-tool backend "$s3_url" replace ledger/last one &&
		test-tool backend "$s3_url" replace ledger/last two &&
		test-tool backend "$s3_url" read ledger/last >actual &&
		test_cmp two actual
	'
	test_expect_success 'all files below a name are listed, at any depth, and none beside it' '
		for name in dir/a dir/b/c dir/b/d/e dirx dir.x
		do
			test-tool backend "$s3_url" put $name one || return 1
		done &&
		test_write_lines "4 dir/a" "4 dir/b/c" "4 dir/b/d/e" >expect &&
		test-tool backend "$s3_url" list dir >actual &&
		test_cmp expect actual &&
		test-tool backend "$s3_url" list "" >actual &&
		test_grep "^4 dirx$" actual &&
		test_grep "^700000 objects/ab/cd.gz$" actual &&
		test-tool backend "$s3_url" list nowhere >actual &&
		test_must_be_empty actual
	'
	test_expect_success 'what is removed is gone, and may have been gone before' '
		test-tool backend "$s3_url" remove dir/b/c &&
		test-tool backend "$s3_url" remove dir/b/c &&
		echo no >expect &&
		test-tool backend "$s3_url" has dir/b/c >actual &&
		test_cmp expect actual
	'
	test_expect_success 'the server tells its time' '
		now=$(date +%s) &&
		test-tool backend "$s3_url" now >actual &&
		test $(($(cat actual) - now)) -lt 60 &&
		test $((now - $(cat actual))) -lt 60
	'
	test_expect_success 'keys with +, %, ~, =, &, spaces and other letters come back as they were' '
		odd="$s3_url/o%20d+d~x%3Dy%26z%C3%A9" &&
		for name in "a+b" "a%%2Bb" "a b" "~a" "a=b&c" "h\303\244" "q;r,s@t"
		do
			printf "$name" >name &&
			test-tool backend "$odd" put "$(cat name)" name || return 1
		done &&
		for name in "a+b" "a%%2Bb" "a b" "~a" "a=b&c" "h\303\244" "q;r,s@t"
		do
			printf "$name" >name &&
			test-tool backend "$odd" read "$(cat name)" >actual &&
			test_cmp name actual &&
			echo "$(test_file_size name) $(cat name)" || return 1
		done >unsorted &&
		sort unsorted >expect &&
		test-tool backend "$odd" list "" | sort >actual &&
		test_cmp expect actual
	'
}

# s3_race ROUNDS WRITERS URL: `races` gets a line per round, how many won it
s3_race () {
	s3_racers=$2 s3_race_url=$3
	: >races
	for round in $(test_seq "$1")
	do
		s3_pids=
		for i in $(test_seq "$s3_racers")
		do
			echo "$round $i" >"claim.$i" &&
			test-tool backend "$s3_race_url" claim \
				"ledger/$round/entry.json" "claim.$i" >"won.$i" 2>&1 &
			s3_pids="$s3_pids $!"
		done
		# shellcheck disable=SC2086
		wait $s3_pids
		cat won.* >all
		grep -c ours all >>races
		if test "$(grep -c -e ours -e taken all)" != "$s3_racers"
		then
			cat all
			return 1
		fi
	done
}
