#!/bin/sh

test_description='git medo add: one tree has one id, wherever it lies'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

id_of () {
	git medo add --silo silo "$1" | cut -f 1
}

test_expect_success 'setup' '
	tree_make tree &&
	id_of tree >expect
'

test_expect_success 'BI-33 the umask does not matter' '
	(
		umask 077 &&
		cp -R --preserve=links tree masked &&
		chmod -R go= masked &&
		id_of masked
	) >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-33 nor do zone and language' '
	for set in TZ=Asia/Kathmandu TZ=UTC LC_ALL=C LC_ALL=C.UTF-8 LANG=xx
	do
		env "$set" git medo add --silo silo tree | cut -f 1 >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'BI-33 nor does the order in which files were made' '
	mkdir backwards &&
	(cd tree && find . -mindepth 1 -type d | sort -r) |
	while read -r dir
	do
		mkdir -p "backwards/$dir" || return 1
	done &&
	(cd tree && find . ! -type d | sort -r) |
	while read -r file
	do
		cp -P -p "tree/$file" "backwards/$file" || return 1
	done &&
	ln -f backwards/plain "backwards/sub/deeper/second name" &&
	id_of backwards >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-33 nor do the times, nor the bits that nobody needs' '
	cp -a tree touched &&
	find touched -exec touch -h -d @1234567890 {} + &&
	find touched -type f -exec chmod g+w,o-r {} + &&
	id_of touched >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-33 nor does the way in which the source is named' '
	for name in tree/ ./tree "$PWD/tree" tree/sub/..
	do
		id_of "$name" >actual &&
		test_cmp expect actual || return 1
	done &&
	(cd tree && git medo add --silo ../silo .) | cut -f 1 >actual &&
	test_cmp expect actual
'

test_expect_success ROOT 'BI-33 nor does the owner' '
	cp -a tree owned &&
	chown -Rh 1234:2345 owned &&
	id_of owned >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-33 nor does holding it at all: an expanded tree is the same' '
	git init -q repo &&
	git -C repo medo add --silo ../silo ../tree tree.treeptr &&
	git -C repo config medo.silo "$PWD/silo" &&
	git -C repo medo expand tree.treeptr ../expanded &&
	id_of expanded/tree >actual &&
	test_cmp expect actual
'

# on_fs COMMAND...: the tree on the file system that COMMAND mounts on mnt
on_fs () {
	mkdir -p mnt &&
	"$@" mnt &&
	{
		cp -a tree mnt/tree && id_of mnt/tree >actual
		on_fs_ret=$?
		umount mnt
	} &&
	return "$on_fs_ret"
}

test_lazy_prereq TMPFS '
	test_have_prereq ROOT && mkdir mnt && mount -t tmpfs none mnt && umount mnt
'

test_expect_success TMPFS 'BI-33 tmpfs' '
	on_fs mount -t tmpfs none &&
	test_cmp expect actual
'

for fs in ext4 xfs btrfs
do
	test_lazy_prereq "FS_$fs" '
		test_have_prereq ROOT && command -v "mkfs.$fs" &&
		truncate -s 320M image && "mkfs.$fs" -q image && mkdir mnt &&
		mount -o loop image mnt && umount mnt
	'
	test_expect_success "FS_$fs" "BI-33 $fs" '
		truncate -s 320M $fs.image && mkfs.$fs -q $fs.image &&
		on_fs mount -o loop $fs.image &&
		rm $fs.image &&
		test_cmp expect actual
	'
done

test_expect_success 'BI-33 the disk below /var/tmp' '
	disk=$(mktemp -d /var/tmp/medo.XXXXXX) &&
	test_when_finished "rm -rf $disk" &&
	cp -a tree "$disk/tree" &&
	id_of "$disk/tree" >actual &&
	test_cmp expect actual
'

test_expect_success 'one bit of content, of a name, of a mode makes another id' '
	cp -a tree other && echo hellp >other/plain &&
	cp -a tree named && mv named/nothing named/nothinh &&
	cp -a tree moded && chmod +x moded/plain &&
	cp -a tree unlinked && cp unlinked/plain x && mv x unlinked/plain &&
	cp -a tree empty && mkdir empty/empty2 &&
	for tree in tree other named moded unlinked empty
	do
		id_of $tree || return 1
	done >ids &&
	sort -u ids >actual &&
	test_line_count = 6 actual
'

test_done
