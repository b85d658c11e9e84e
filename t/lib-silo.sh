# Silos and medos for tests, and ways to break them.  Source it with
#	. "$TEST_DIRECTORY/lib-silo.sh"
# shellcheck shell=sh

# silo_create DIR: an empty silo
silo_create () {
	git medo silo init -q "$1"
}

# medo_create DIR SILO: a medo whose silo is a folder here, in the repository
# that is here, or is made here
medo_create () {
	if ! git rev-parse --git-dir >/dev/null 2>&1
	then
		git init -q . || return 1
	fi
	case "$2" in
	/*|*://*) git medo init -q --silo "$2" "$1" ;;
	*) git medo init -q --silo "$PWD/$2" "$1" ;;
	esac
}

# treeptr_get FILE KEY: the value of a string or number at the top level
treeptr_get () {
	sed -n -e 's/^  "'"$2"'": "\(.*\)",\{0,1\}$/\1/p' \
		-e 's/^  "'"$2"'": \([^",]*\),\{0,1\}$/\1/p' "$1"
}

# id_path ID: where a silo keeps it
id_path () {
	echo "objects/$(echo "$1" | cut -c1-2)/$(echo "$1" | cut -c3-).gz"
}

# silo_blob SILO TREEPTR: the file that holds its blob
silo_blob () {
	echo "$1/$(id_path "$(treeptr_get "$2" id)")"
}

# cache_dir, store_dir: the two silos of this machine
cache_dir () {
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/medo"
}
store_dir () {
	echo "$(git rev-parse --git-common-dir)/medo"
}

# forget: as if this machine had never seen a blob
forget () {
	rm -rf "$(cache_dir)"
	if git rev-parse --git-dir >/dev/null 2>&1
	then
		rm -rf "$(store_dir)/objects"
	fi
}

# flip_byte FILE [OFFSET]: one bit of the byte there, or in the middle
flip_byte () {
	flip_size=$(stat -c %s "$1") &&
	flip_at=${2:-$((flip_size / 2))} &&
	test "$flip_at" -lt "$flip_size" &&
	flip_old=$(od -An -tu1 -j "$flip_at" -N 1 "$1") &&
	flip_new=$(printf '%03o' $((flip_old ^ 1))) &&
	chmod u+w "$1" &&
	printf '%b' "\\0$flip_new" |
	dd of="$1" bs=1 seek="$flip_at" conv=notrunc 2>/dev/null
}

# chop FILE N: the last N bytes go
chop () {
	chmod u+w "$1" &&
	truncate -s "-$2" "$1"
}

# silo_rehash SILO: every blob is read with stock tools; each must hash to its
# name, and nothing half-made may lie about
silo_rehash () {
	silo_temps "$1" || return 1
	find "$1/objects" -type f -name '*.gz' | while read -r rehash_file
	do
		rehash_id=$(echo "$rehash_file" |
			sed 's|.*/\(..\)/\([0-9a-f]*\)\.gz$|\1\2|') &&
		rehash_is=$(gzip -dc "$rehash_file" | git hash-object --stdin) &&
		if test "$rehash_is" != "$rehash_id"
		then
			echo "'$rehash_file' holds $rehash_is" >&2
			return 1
		fi || return 1
	done
}

# silo_temps DIR: fails and names them if temporary files were left
silo_temps () {
	temps_found=$(find "$1" -name 'tmp_*')
	test -z "$temps_found" && return
	echo "left behind: $temps_found" >&2
	return 1
}

# silo_count SILO: blobs in objects/
silo_count () {
	find "$1/objects" -type f -name '*.gz' 2>/dev/null | wc -l
}

# tree_state DIR: a line for each name below: type, mode, links, size, mtime,
# target, content.  Two equal states are two equal trees.
tree_state () {
	(
		cd "$1" &&
		find . ! -name . -printf '%y %m %n %s %T@ %p %l\n' |
		LC_ALL=C sort &&
		find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2
	)
}

# tree_same A B: names, types, modes, contents, targets; not times
tree_same () {
	tree_shape "$1" >"$TEST_TOP/shape.a" &&
	tree_shape "$2" >"$TEST_TOP/shape.b" &&
	test_cmp "$TEST_TOP/shape.a" "$TEST_TOP/shape.b"
}
tree_shape () {
	(
		cd "$1" &&
		find . ! -name . -printf '%y %m %p %l\n' | LC_ALL=C sort &&
		find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2
	)
}

# canary_plant: things outside that nobody may touch, and their state now.
# They lie above the trash, in HOME, and at /tmp's side of the fence.
canary_plant () {
	mkdir -p "$TEST_TOP/canary/sub" "$HOME/.ssh" &&
	echo sing >"$TEST_TOP/canary/bird" &&
	echo sing >"$TEST_TOP/canary/sub/bird" &&
	ln -s bird "$TEST_TOP/canary/link" &&
	echo key >"$HOME/.ssh/authorized_keys" &&
	canary_state >"$TEST_TOP/canary.state"
}

# canary_alive: nothing outside was made, changed or removed since then
canary_alive () {
	canary_state >"$TEST_TOP/canary.now" &&
	test_cmp "$TEST_TOP/canary.state" "$TEST_TOP/canary.now"
}
canary_state () {
	tree_state "$TEST_TOP/canary" &&
	tree_state "$HOME/.ssh" &&
	(cd "$TEST_TOP" && find . -maxdepth 1 ! -name 'canary.*' \
		! -name 'shape.*' -printf '%y %m %p %l\n' | LC_ALL=C sort)
}

# tree_make DIR: a bit of everything that a tree may hold
tree_make () {
	mkdir -p "$1/sub/deeper" "$1/empty" "$1/a-b" "$1/a" &&
	echo hello >"$1/plain" &&
	: >"$1/nothing" &&
	write_script "$1/sub/program" <<-\END &&
	echo I run
	END
	test-tool genrandom tree 300000 >"$1/sub/noise" &&
	ln -s ../plain "$1/sub/link" &&
	ln -s nowhere "$1/dangling" &&
	ln "$1/plain" "$1/sub/deeper/second name" &&
	echo x >"$1/a/x" &&
	echo y >"$1/a-b/y" &&
	echo z >"$1/$(printf 'caf\303\251')"
}
