# A server that lies, stalls and cuts, and a line that does.  Source it behind
# lib-silo.sh, with
#	. "$TEST_DIRECTORY/lib-fault.sh"
# Needs PYTHON3.
# shellcheck shell=sh

# Milliseconds before the second try: tests do not sleep.
MEDO_TEST_BACKOFF=2
export MEDO_TEST_BACKOFF
FAULTS=$TEST_TOP/faults
mkdir -p "$FAULTS"

# fault_start NAME ROOT [OPTION...]: serves ROOT at fault_url, fault_port; its
# logs are $TEST_TOP/NAME.log, .head, .conn (see t/helper/faultserver.py)
fault_start () {
	fault_name=$1 fault_root=$2
	shift 2
	rm -f "$TEST_TOP/$fault_name.port"
	test_start python3 "$TEST_DIRECTORY/helper/faultserver.py" \
		--root "$fault_root" --faults "$FAULTS" \
		--log "$TEST_TOP/$fault_name" --port "$TEST_TOP/$fault_name.port" \
		"$@"
	test_wait_until 20 test -f "$TEST_TOP/$fault_name.port" || return 1
	fault_port=$(cat "$TEST_TOP/$fault_name.port") &&
	fault_url=http://127.0.0.1:$fault_port
}

# fault NAME: what comes on stdin is done to requests below /NAME/
fault () {
	cat >"$FAULTS/$1.new" && mv "$FAULTS/$1.new" "$FAULTS/$1"
}

# fault_forget NAME: its logs are empty again
fault_forget () {
	for fault_log in log head conn
	do
		: >"$TEST_TOP/$1.$fault_log"
	done
}

# fault_count NAME [PATTERN]: requests whose line in the log matches
fault_count () {
	grep -c -e "${2:-.}" "$TEST_TOP/$1.log"
	return 0
}

# proxy_start NAME PORT [OPTION...]: a line to 127.0.0.1:PORT; proxy_port is
# its end, $TEST_TOP/NAME.line its log (see t/helper/delayproxy.py)
proxy_start () {
	proxy_name=$1 proxy_to=$2
	shift 2
	rm -f "$TEST_TOP/$proxy_name.port"
	: >"$TEST_TOP/$proxy_name.line"
	test_start python3 "$TEST_DIRECTORY/helper/delayproxy.py" \
		--to "127.0.0.1:$proxy_to" --port "$TEST_TOP/$proxy_name.port" \
		--log "$TEST_TOP/$proxy_name.line" "$@"
	test_wait_until 20 test -f "$TEST_TOP/$proxy_name.port" || return 1
	proxy_port=$(cat "$TEST_TOP/$proxy_name.port")
}

# proxy_count NAME WORD: lines of its log that begin so
proxy_count () {
	grep -c "^$2" "$TEST_TOP/$1.line"
	return 0
}

# medo_at URL...: the medo deps asks these silos, in this order
medo_at () {
	printf '{ "silos": [' >deps/SILO.json &&
	medo_at_comma= &&
	for medo_at_url
	do
		printf '%s\n  { "url": "%s" }' "$medo_at_comma" "$medo_at_url" &&
		medo_at_comma=,
	done >>deps/SILO.json &&
	printf '\n] }\n' >>deps/SILO.json
}

# fault_setup: a medo deps with big.treeptr, whose blob of some 1.3 MB lies in
# ./srv/far; forgotten here.  big_id, big_name: of the blob, big: its content.
fault_setup () {
	git config --global medo.fsync none &&
	mkdir -p srv &&
	silo_create srv/far &&
	medo_create deps srv/far &&
	test-tool genrandom fault 1300000 >big &&
	git medo add -q big deps/big.treeptr >/dev/null &&
	git medo push -q &&
	big_id=$(treeptr_get deps/big.treeptr id) &&
	big_name=$(id_path "$big_id") &&
	test_path_is_file "srv/far/$big_name" &&
	forget
}

# fault_allow: the user trusts this server, and no more
fault_allow () {
	git config --global --replace-all medo.allow "$fault_url"
}

# fetch_gives CODES NAME...: fetching with these faults in turn as silos (or URLs)
# ends with one of these codes ("1|3"); with 0 the blob is right, otherwise
# there is none, and never is anything left half done.  What was said is in
# ./err, the code in fetch_is.
fetch_gives () {
	fetch_codes=$1
	shift
	fetch_urls=
	for fetch_name
	do
		case "$fetch_name" in
		*://*) fetch_urls="$fetch_urls $fetch_name" ;;
		*) fetch_urls="$fetch_urls $fault_url/$fetch_name/far" ;;
		esac
	done
	# shellcheck disable=SC2086
	medo_at $fetch_urls && forget || return 1
	fetch_is=0
	timeout 60 git medo fetch deps/big.treeptr >out 2>err || fetch_is=$?
	case "|$fetch_codes|" in
	*"|$fetch_is|"*) ;;
	*)
		echo "fetch from $*: exit $fetch_is, not $fetch_codes" >&2
		cat err >&2
		return 1
		;;
	esac
	fetch_left "$fetch_is"
}

# fetch_left CODE: what the cache holds after a fetch of big.treeptr with this
# code
fetch_left () {
	test_must_be_empty out &&
	silo_temps "$(cache_dir)" &&
	if test "$1" = 0
	then
		git medo cat deps/big.treeptr >got &&
		test_cmp_bin big got &&
		silo_rehash "$(cache_dir)"
	else
		test "$(silo_count "$(cache_dir)")" = 0 &&
		test -s err &&
		fetch_clean err
	fi
}

# fetch_clean FILE: nothing in it could drive a terminal
fetch_clean () {
	if LC_ALL=C grep -q '[[:cntrl:]]' "$1"
	then
		echo "control characters in '$1':" >&2
		od -c "$1" >&2
		return 1
	fi
}

# line_start NAME PORT: a line to 127.0.0.1:PORT that goes down when told;
# line_port is its end (see t/helper/cutproxy.py)
line_start () {
	line_name=$TEST_TOP/$1
	rm -f "$line_name.port"
	: >"$line_name.log"
	line_count=0
	line_say on
	test_start python3 "$TEST_DIRECTORY/helper/cutproxy.py" \
		--to "127.0.0.1:$2" --port "$line_name.port" \
		--control "$line_name.control" --log "$line_name.log"
	test_wait_until 20 test -f "$line_name.port" || return 1
	line_port=$(cat "$line_name.port")
}

# line_say on | up N | down N: from now on
line_say () {
	line_count=$((line_count + 1))
	echo "w$line_count $*" >"$line_name.new" &&
	mv "$line_name.new" "$line_name.control"
}

# line_is_cut: since it was told
line_is_cut () {
	grep -q -x "w$line_count cut" "$line_name.log"
}
