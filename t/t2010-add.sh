#!/bin/sh

test_description='git medo add: a directory, file or archive gets a blob and a treeptr'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	silo_create far &&
	medo_create deps far &&
	tree_make tree &&
	mkdir simple &&
	echo hello >simple/file
'

test_expect_success 'printed are the id and the file that holds the blob' '
	git medo add simple deps/simple.treeptr >actual &&
	id=$(treeptr_get deps/simple.treeptr id) &&
	printf "%s\t%s\n" "$id" \
		"$TRASH_DIRECTORY/.git/medo/$(id_path "$id")" >expect &&
	test_cmp expect actual &&
	test_path_is_file "$(cut -f 2 actual)"
'

test_expect_success 'the blob is what gzip reads, and the id what git makes of it' '
	gzip -dc "$(cut -f 2 actual)" >content &&
	git hash-object content >expect &&
	cut -f 1 actual >is &&
	test_cmp expect is
'

test_expect_success 'a directory is its canonical tar' '
	tar tf content >actual &&
	echo file >expect &&
	test_cmp expect actual &&
	echo tar >expect &&
	treeptr_get deps/simple.treeptr format >actual &&
	test_cmp expect actual
'

test_expect_success 'size, seal and tree say what the content is' '
	test_file_size content >expect &&
	treeptr_get deps/simple.treeptr size >actual &&
	test_cmp expect actual &&
	treeptr_get deps/simple.treeptr seal | grep -x "[0-9a-f]\{64\}" &&
	(
		cd simple &&
		GIT_INDEX_FILE=../index git --work-tree=. add . &&
		GIT_INDEX_FILE=../index git --work-tree=. write-tree
	) >expect &&
	treeptr_get deps/simple.treeptr tree >actual &&
	test_cmp expect actual
'

test_expect_success 'a tree that git could not hold has no tree' '
	git medo add tree deps/tree.treeptr &&
	test_grep ! "\"tree\":" deps/tree.treeptr
'

test_expect_success 'the blob is read-only, nothing half-made is left' '
	echo 444 >expect &&
	test_file_mode "$(silo_blob .git/medo deps/tree.treeptr)" >actual &&
	test_cmp expect actual &&
	silo_rehash .git/medo
'

test_expect_success 'a file has no format' '
	git medo add simple/file deps/file.treeptr &&
	test_grep ! "\"format\"" deps/file.treeptr &&
	git hash-object simple/file >expect &&
	treeptr_get deps/file.treeptr id >actual &&
	test_cmp expect actual
'

test_expect_success 'BI-08 the empty file, and a file of one byte' '
	: >empty && printf x >one &&
	for file in empty one
	do
		git medo add $file deps/$file.treeptr &&
		git hash-object $file >expect &&
		treeptr_get deps/$file.treeptr id >actual &&
		test_cmp expect actual &&
		git medo cat deps/$file.treeptr >back &&
		test_cmp_bin $file back || return 1
	done
'

test_expect_success 'BI-08 a treeptr as content is a plain file, with a warning' '
	git medo add deps/file.treeptr deps/pointer.treeptr 2>err &&
	test_grep "^warning: .deps/file.treeptr. is a treeptr itself" err &&
	test_line_count = 1 err &&
	git medo cat deps/pointer.treeptr >back &&
	test_cmp deps/file.treeptr back
'

test_expect_success 'archives are recognised by content and stored as they came' '
	tar cf plain tree &&
	gzip -nc plain >squeezed &&
	for file in plain:tar squeezed:tar.gz
	do
		git medo add ${file%:*} deps/archive.treeptr &&
		echo ${file#*:} >expect &&
		treeptr_get deps/archive.treeptr format >actual &&
		test_cmp expect actual &&
		git medo cat deps/archive.treeptr >back &&
		test_cmp_bin ${file%:*} back || return 1
	done
'

test_expect_success XZ,HAVE_LZMA 'tar.xz' '
	xz -c plain >squeezed &&
	git medo add squeezed deps/archive.treeptr &&
	test_grep "\"format\": \"tar.xz\"" deps/archive.treeptr
'

test_expect_success BZIP2,HAVE_BZ2 'tar.bz2' '
	bzip2 -c plain >squeezed &&
	git medo add squeezed deps/archive.treeptr &&
	test_grep "\"format\": \"tar.bz2\"" deps/archive.treeptr
'

test_expect_success ZSTD,HAVE_ZSTD 'tar.zst' '
	zstd -qc plain >squeezed &&
	git medo add squeezed deps/archive.treeptr &&
	test_grep "\"format\": \"tar.zst\"" deps/archive.treeptr
'

test_expect_success ZIP 'zip' '
	zip -qr squeezed.zip tree &&
	mv squeezed.zip squeezed &&
	git medo add squeezed deps/archive.treeptr &&
	test_grep "\"format\": \"zip\"" deps/archive.treeptr
'

test_expect_success 'a gzip that holds no tar is a plain file' '
	gzip -nc simple/file >log.gz &&
	git medo add log.gz deps/log.treeptr &&
	test_grep ! "\"format\"" deps/log.treeptr
'

test_expect_success 'content that is there already is not stored again' '
	silo_count .git/medo >expect &&
	git medo add simple deps/again.treeptr &&
	silo_count .git/medo >actual &&
	test_cmp expect actual &&
	test_cmp deps/simple.treeptr deps/again.treeptr
'

test_expect_success '--meta sets the provenance, in the canonical spelling' '
	git medo add simple/file deps/meta.treeptr --meta url=https://a/b?c=d \
		--meta "date=2026-11-22" &&
	cat >expect <<-EOF &&
	  "provenance": {
	    "url": "https://a/b?c=d",
	    "date": "2026-11-22"
	  }
	}
	EOF
	tail -n 5 deps/meta.treeptr >actual &&
	test_cmp expect actual
'

test_expect_success 'the same content again keeps its provenance' '
	cp deps/meta.treeptr expect &&
	git medo add simple/file deps/meta.treeptr &&
	test_cmp expect deps/meta.treeptr
'

test_expect_success '--meta changes one key of it' '
	git medo add simple/file deps/meta.treeptr --meta date=today &&
	sed s/2026-11-22/today/ expect >changed &&
	test_cmp changed deps/meta.treeptr
'

test_expect_success 'members that we do not know stay as well' '
	{
		sed "\$d" deps/meta.treeptr | sed "\$s/}/},/" &&
		echo "  \"x-note\": 1" &&
		echo "}"
	} >deps/note.treeptr &&
	git medo add simple/file deps/note.treeptr &&
	test_grep "\"x-note\": 1" deps/note.treeptr &&
	test_grep "\"date\": \"today\"" deps/note.treeptr
'

test_expect_success 'other content begins anew' '
	git medo add one deps/meta.treeptr &&
	test_grep ! provenance deps/meta.treeptr
'

test_expect_success '--absolute records the place, until it is another content' '
	git medo add simple/ deps/fixed.treeptr --absolute &&
	echo "$TRASH_DIRECTORY/simple" >expect &&
	treeptr_get deps/fixed.treeptr prefix >actual &&
	test_cmp expect actual &&
	git medo add simple deps/fixed.treeptr &&
	treeptr_get deps/fixed.treeptr prefix >actual &&
	test_cmp expect actual
'

test_expect_success '--preserve records modes and times' '
	mkdir odd && echo x >odd/file && chmod 640 odd/file &&
	touch -d @1000000000 odd/file &&
	git medo add odd deps/odd.treeptr &&
	git medo ls -l deps/odd.treeptr >actual &&
	test_grep "^file.0644.2.1980-01-01T00:00:00Z.file" actual &&
	git medo add odd deps/odd.treeptr --preserve=mtime &&
	git medo ls -l deps/odd.treeptr >actual &&
	test_grep "^file.0644.2.2001-09-09T01:46:40Z.file" actual &&
	git medo add odd deps/odd.treeptr --preserve mtime,mode &&
	git medo ls -l deps/odd.treeptr >actual &&
	test_grep "^file.0640.2.2001-09-09T01:46:40Z.file" actual
'

test_expect_success 'directories for the treeptr are made' '
	git medo add simple deps/a/b/c.treeptr &&
	test_cmp deps/simple.treeptr deps/a/b/c.treeptr
'

test_expect_success 'a treeptr may also stand where no medo is' '
	git medo add simple lone.treeptr &&
	test_cmp deps/simple.treeptr lone.treeptr
'

test_expect_success 'from a subdirectory' '
	(cd deps/a && git medo add ../../one b/one.treeptr) &&
	test_cmp deps/one.treeptr deps/a/b/one.treeptr
'

test_expect_success '--silo puts it into that silo, not the store' '
	mkdir other && echo other >other/file &&
	silo_count .git/medo >expect &&
	git medo add --silo far other deps/other.treeptr >out &&
	test_grep "$TRASH_DIRECTORY/far/objects/" out &&
	silo_count .git/medo >actual &&
	test_cmp expect actual &&
	test_path_is_file "$(silo_blob far deps/other.treeptr)"
'

test_expect_success '--silo makes the silo and needs no treeptr' '
	git medo add --silo fresh.silo other >out &&
	test_path_is_file fresh.silo/silo.json &&
	cut -f 1 out >actual &&
	treeptr_get deps/other.treeptr id >expect &&
	test_cmp expect actual
'

test_expect_success 'outside of a repository it needs --silo' '
	test_when_finished "rm -rf \"$TEST_TOP/bare ground\"" &&
	mkdir "$TEST_TOP/bare ground" &&
	(
		cd "$TEST_TOP/bare ground" &&
		test_expect_code 128 git medo add ../work/simple x.treeptr 2>err &&
		test_grep "^fatal: not in a git repository.*--silo DIR" err &&
		test_path_is_missing x.treeptr &&
		git medo add --silo s ../work/simple x.treeptr &&
		test_cmp ../work/deps/simple.treeptr x.treeptr
	)
'

test_expect_success 'a linked work tree uses the store of the repository' '
	git add deps && git commit -q -m deps &&
	git worktree add -q linked &&
	echo linked >linked/file &&
	git -C linked medo add file deps/linked.treeptr >out &&
	test_grep "$TRASH_DIRECTORY/.git/medo/objects/" out &&
	git worktree remove --force linked
'

test_expect_success 'a symlink to a directory is followed, as its name was typed' '
	ln -s simple link &&
	git medo add link deps/link.treeptr &&
	test_cmp deps/simple.treeptr deps/link.treeptr
'

test_expect_success 'all levels of compression give one id, and other bytes' '
	for level in 1 6 12
	do
		git -c medo.compression=$level medo add --silo level$level tree |
		cut -f 1 || return 1
	done >ids &&
	sort -u ids >actual &&
	test_line_count = 1 actual &&
	test_must_fail cmp -s level1/objects/*/*.gz level12/objects/*/*.gz
'

test_expect_success 'a level that is none is refused' '
	test_expect_code 128 git -c medo.compression=13 medo add simple \
		x.treeptr 2>err &&
	test_grep "medo.compression: 1 to 12, not 13" err &&
	test_expect_code 128 git -c medo.compression=x medo add simple \
		x.treeptr 2>err &&
	test_grep "medo.compression: .x. is not a number" err
'

test_expect_success 'MEDO_THREADS does not change the bytes' '
	MEDO_THREADS=1 git medo add --silo threads1 tree &&
	MEDO_THREADS=7 git medo add --silo threads7 tree &&
	test_cmp_bin threads1/objects/*/*.gz threads7/objects/*/*.gz
'

test_done
