# The helpers of git's test suite that sharness lacks.  Sourced by test-lib.sh.
# shellcheck shell=sh

# test_lazy_prereq NAME 'script': sets NAME if the script succeeds.  It runs
# at once, in a directory of its own.
test_lazy_prereq () {
	mkdir -p "$TEST_TOP/prereq" &&
	if (cd "$TEST_TOP/prereq" && eval "$2") </dev/null >&3 2>&4
	then
		test_set_prereq "$1"
	fi
	rm -rf "$TEST_TOP/prereq"
}

# test_grep [!] [<option>...] PATTERN FILE: shows the file when it does not hold.
test_grep () {
	test_grep_not=
	if test "$1" = "!"
	then
		test_grep_not=t
		shift
	fi
	for test_grep_file
	do
		:
	done
	if ! test -f "$test_grep_file"
	then
		echo "test_grep: no file '$test_grep_file'" >&2
		return 1
	fi
	if grep "$@" >&3
	then
		test -z "$test_grep_not" && return 0
		echo "test_grep: should not match: $*" >&2
	else
		test -n "$test_grep_not" && return 0
		echo "test_grep: no match: $*" >&2
	fi
	cat "$test_grep_file" >&2
	return 1
}

# test_line_count = 3 FILE
test_line_count () {
	test_count_lines=$(wc -l <"$3") &&
	if ! test "$test_count_lines" "$1" "$2"
	then
		echo "test_line_count: $test_count_lines lines, not $1 $2, in '$3':" >&2
		cat "$3" >&2
		return 1
	fi
}

test_cmp_bin () {
	cmp "$@"
}

test_path_is_file () {
	test -f "$1" && return
	echo "'$1' is no file" >&2
	return 1
}

test_path_is_dir () {
	test -d "$1" && return
	echo "'$1' is no directory" >&2
	return 1
}

test_path_is_symlink () {
	test -L "$1" && return
	echo "'$1' is no symbolic link" >&2
	return 1
}

test_path_exists () {
	test -e "$1" || test -L "$1" && return
	echo "'$1' is not there" >&2
	return 1
}

test_path_is_missing () {
	test -e "$1" || test -L "$1" || return 0
	echo "'$1' should not be there:" >&2
	ls -ld "$1" >&2
	return 1
}

# test_dir_is_empty DIR
test_dir_is_empty () {
	test_path_is_dir "$1" &&
	test -z "$(ls -A "$1")" && return
	ls -Al "$1" >&2
	return 1
}

test_write_lines () {
	printf '%s\n' "$@"
}

test_seq () {
	if test $# = 1
	then
		set -- 1 "$1"
	fi
	test_seq_at=$1
	while test "$test_seq_at" -le "$2"
	do
		echo "$test_seq_at"
		test_seq_at=$((test_seq_at + 1))
	done
}

test_file_size () {
	stat -c %s "$1"
}

test_file_mode () {
	stat -c %a "$1"
}

# write_script FILE [SHELL]: what comes on stdin, as a program
write_script () {
	{
		echo "#!${2:-/bin/sh}" &&
		cat
	} >"$1" &&
	chmod +x "$1"
}

# test_commit MESSAGE [FILE [CONTENT]]: one file, one commit, a minute later
test_commit () {
	echo "${3-$1}" >"${2-$1.t}" &&
	git add -- "${2-$1.t}" &&
	test_tick &&
	git commit -q -m "$1"
}

test_tick () {
	test_time=$((${test_time:-1112911993} + 60))
	GIT_AUTHOR_DATE="$test_time +0000"
	GIT_COMMITTER_DATE="$test_time +0000"
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

# test_start COMMAND...: a server in the background, its pid in test_pid; it
# holds none of our descriptors (prove waits for them) and is stopped at exit.
test_start () {
	"$@" </dev/null >>"$TEST_TOP/server.log" 2>&1 3>&- 4>&- 5>&- 6>&- &
	test_pid=$!
	# shellcheck disable=SC2154
	echo "$test_pid $(test_born "$test_pid")" >>"$test_pids"
}

# test_born PID: when it began; a pid alone may be somebody else's tomorrow
test_born () {
	sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# test_stop PID
test_stop () {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# The time is what tells that a server has not long been stopped, and its
# number taken by another test.
test_stop_all () {
	test -f "$test_pids" || return 0
	while read -r test_stop_pid test_stop_born
	do
		test "$(test_born "$test_stop_pid")" = "$test_stop_born" &&
			kill "$test_stop_pid" 2>/dev/null
	done <"$test_pids"
	rm -f "$test_pids"
}

# test_free_port: a port of the loopback that nobody listens on, and that nobody
# else gets before this file is through: neither another test, nor who connects
# or binds port 0, to whom the kernel gives ports of its own range.
# shellcheck disable=SC2154 # both are of test-lib.sh
test_free_port () {
	python3 - "$root/ports" "$test_name" <<-\END
	import os, random, socket, sys
	try:
	    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
	        top = int(f.read().split()[0])
	except OSError:
	    top = 32768
	os.makedirs(sys.argv[1], exist_ok=True)
	while True:
	    port = random.randrange(10000, top if top > 12000 else 32768)
	    try:
	        mine = "%s/%d" % (sys.argv[1], port)
	        with open(mine, "x") as f:
	            f.write(sys.argv[2] + "\n")
	        with socket.socket() as s:
	            s.bind(("127.0.0.1", port))
	        break
	    except FileExistsError:
	        pass
	    except OSError:
	        os.unlink(mine)
	print(port)
	END
}

# test_forget_ports: what test_free_port gave to this file is free again
test_forget_ports () {
	grep -slxr "$test_name" "$root/ports" |
	while read -r test_port_file
	do
		rm -f "$test_port_file"
	done
}

# test_settled: our servers wait for somebody; what they were asked is answered
# and in their logs.  An answer may be here before its line is there.
test_settled () {
	python3 - "$test_pids" <<-\END
	import glob, os, sys, time
	def tasks():
	    """(pid, parent, state) of every thread"""
	    for path in glob.glob("/proc/[0-9]*/task/*/stat"):
	        try:
	            with open(path) as f:
	                rest = f.read().rpartition(")")[2].split()
	        except OSError:
	            continue
	        yield path.split("/")[2], rest[1], rest[0]
	def busy(ours):
	    all = list(tasks())
	    grown = True
	    while grown:
	        more = {p for p, parent, _ in all if parent in ours} - ours
	        ours, grown = ours | more, bool(more)
	    return any(p in ours and state in "RD" for p, _, state in all)
	if not os.path.exists(sys.argv[1]):
	    sys.exit(0)
	with open(sys.argv[1]) as f:
	    servers = {line.split()[0] for line in f}
	# Idle twice: one of them may have woken another behind our back.
	idle = 0
	for _ in range(1000):
	    idle = 0 if busy(servers) else idle + 1
	    if idle == 2:
	        sys.exit(0)
	    time.sleep(0.01)
	sys.exit("test_settled: a server is busy for ever")
	END
}

# test_wait_until SECONDS COMMAND...: polls; for servers that start up
test_wait_until () {
	test_wait_left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1
	do
		test_wait_left=$((test_wait_left - 1))
		test "$test_wait_left" -gt 0 || return 1
		sleep 0.05
	done
}

# test_peak_kib FILE COMMAND...: runs it; FILE gets the peak RSS in KiB
test_peak_kib () {
	test_peak_file=$1
	shift
	/usr/bin/time -f %M -o "$test_peak_file.time" "$@"
	test_peak_ret=$?
	tail -n 1 "$test_peak_file.time" >"$test_peak_file"
	rm -f "$test_peak_file.time"
	return $test_peak_ret
}
