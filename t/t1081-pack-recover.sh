#!/bin/sh

test_description='what was answered for is never lost, however the packer ends'

. "$(dirname "$0")/test-lib.sh"

# answered OUT DIR: each id that the packer said it has is read by us and git
answered () {
	test-tool pack list "$2" >listed || return 1
	while read -r id said
	do
		if ! grep -q "^$id " listed
		then
			echo "$id was $said, and is lost" >&2
			return 1
		fi
	done <"$1"
	test-tool pack check "$2" >verdict &&
	! grep ^bad verdict &&
	for x in "$2"/pack/*.idx
	do
		test -f "$x" || continue
		git verify-pack "$x" || return 1
	done
}

# clean DIR: nothing but packs and their indexes
clean () {
	find "$1" -type f ! -name "pack-*.idx" ! -name "pack-*.pack" >left &&
	test_must_be_empty left
}

# grown DIR: the files that still grow, or did
grown () {
	find "$1/pack" -name "grow_*" | wc -l
}

test_expect_success 'setup' '
	mkdir in &&
	for n in 1 2 3 4 5 6
	do
		test-tool genrandom $n 300 >in/noise$n &&
		test_seq $n 400 >in/text$n || return 1
	done &&
	: >in/empty &&
	n=$(ls in | wc -l)
'

test_expect_success 'a packer that ends without finishing leaves its blobs' '
	test-tool pack leave left.d in/* >out &&
	test $(grown left.d) = 1 &&
	test-tool pack recover left.d >actual &&
	echo $n >expect &&
	test_cmp expect actual &&
	clean left.d &&
	answered out left.d
'

test_expect_success 'recovery finds nothing twice, and nothing where there is nothing' '
	echo 0 >expect &&
	test-tool pack recover left.d >actual &&
	test_cmp expect actual &&
	test-tool pack recover nowhere >actual &&
	test_cmp expect actual &&
	test_path_is_missing nowhere &&
	mkdir bare &&
	test-tool pack recover bare >actual &&
	test_cmp expect actual &&
	clean bare
'

test_expect_success 'a recovered pack is the pack that would have been' '
	test-tool pack add whole in/* >out &&
	find whole -type f -printf "%f %m %s\n" | sort >expect &&
	find left.d -type f -printf "%f %m %s\n" | sort >actual &&
	test_cmp expect actual &&
	cmp whole/pack/*.idx left.d/pack/*.idx &&
	cmp whole/pack/*.pack left.d/pack/*.pack
'

for signal in 9 15
do
	test_expect_success "signal $signal takes no blob" '
		test_expect_code $((128 + signal)) \
			sh -c "exec test-tool pack die $signal d$signal in/*" >out &&
		test $(wc -l <out) = $n &&
		test-tool pack recover d$signal &&
		clean d$signal &&
		answered out d$signal
	'
done

test_expect_success 'sha256: recovered as well' '
	test-tool pack --sha256 leave s256 in/* >out &&
	test-tool pack --sha256 recover s256 &&
	clean s256 &&
	git init -q --object-format=sha256 sha256.git &&
	git verify-pack --object-format=sha256 s256/pack/*.idx &&
	while read -r id said
	do
		GIT_OBJECT_DIRECTORY=$PWD/s256 git -C sha256.git \
			cat-file -e $id || return 1
	done <out
'

test_expect_success STRACE,!SANITIZE 'a packer that died before its first blob leaves nothing' '
	test_expect_code 137 strace -o trace -e trace=pwrite64 \
		-e inject=pwrite64:signal=SIGKILL:when=1 \
		test-tool pack add early in/text1 >out &&
	test $(grown early) = 1 &&
	test_must_be_empty out &&
	echo 0 >expect &&
	test-tool pack recover early >actual &&
	test_cmp expect actual &&
	clean early
'

test_expect_success STRACE,!SANITIZE 'a first blob that could not be written leaves nothing' '
	test_expect_code 1 strace -o trace -e trace=pwrite64 \
		-e inject=pwrite64:error=ENOSPC:when=2+ \
		test-tool pack add nospace in/text1 in/text2 >out 2>err &&
	test_must_be_empty out &&
	clean nospace
'

test_expect_success 'a file cut anywhere gives all that is whole in it' '
	test-tool pack leave cut in/noise1 in/text1 in/empty in/text2 >out &&
	cp cut/pack/grow_* grown &&
	test-tool pack recover cut &&
	size=$(test_file_size grown) &&
	test-tool pack list cut | awk "{ at += \$3; print at + 12 }" >ends &&
	test $(tail -n 1 ends) = $size &&
	at=$size &&
	while test $at -ge 0
	do
		rm -rf cut &&
		mkdir -p cut/pack &&
		head -c $at grown >cut/pack/grow_abcdef &&
		want=$(awk "\$1 <= $at" ends | wc -l) &&
		test $(test-tool pack recover cut) = $want &&
		clean cut &&
		head -n $want out >those &&
		answered those cut || return 1
		at=$((at > size - 300 || at < 20 ? at - 1 : at - 23))
	done
'

test_expect_success 'what lies behind the last whole blob is dropped' '
	size=$(test_file_size grown) &&
	for tail in 1 2 3 4 5 6
	do
		rm -rf junk &&
		mkdir -p junk/pack &&
		{
			cat grown &&
			case $tail in
			1) head -c 5000 /dev/zero ;;
			2) cat in/noise3 ;;
			3) printf "\077\377\377\377\377\377\377\377\377\377\377" ;;
			4) printf "\260\200\004x\001" ;;	# 64 KiB and more
			5) printf "\220\001" ;;			# a commit
			6) tail -c +13 grown | head -c 40 ;;	# once more
			esac
		} >junk/pack/grow_abcdef &&
		test $(test-tool pack recover junk) = 4 &&
		clean junk &&
		test $(test_file_size junk/pack/*.pack) = $((size + 20)) &&
		answered out junk || return 1
	done
'

test_expect_success 'a byte turned costs what comes behind it, not what was before' '
	size=$(test_file_size grown) &&
	at=12 &&
	while test $at -lt $size
	do
		rm -rf turned &&
		mkdir -p turned/pack &&
		cp grown turned/pack/grow_abcdef &&
		printf "\377" | dd of=turned/pack/grow_abcdef bs=1 seek=$at \
			conv=notrunc 2>/dev/null &&
		want=$(awk "\$1 <= $at" ends | wc -l) &&
		test $(test-tool pack recover turned) -ge $want &&
		clean turned &&
		head -n $want out >those &&
		answered those turned || return 1
		at=$((at + 31))
	done
'

test_lazy_prereq FLOCK 'command -v flock'

test_expect_success FLOCK 'what a living packer holds is let alone' '
	rm -rf live &&
	mkdir -p live/pack &&
	cp grown live/pack/grow_abcdef &&
	echo 0 >expect &&
	flock live/pack/grow_abcdef test-tool pack recover live >actual &&
	test_cmp expect actual &&
	cmp grown live/pack/grow_abcdef &&
	test-tool pack recover live >actual &&
	echo 4 >expect &&
	test_cmp expect actual
'

test_expect_success 'two packers grow two files' '
	test-tool pack leave two in/text1 in/text2 >out &&
	test-tool pack leave two in/text2 in/text3 >>out &&
	test $(grown two) = 2 &&
	echo 4 >expect &&
	test-tool pack recover two >actual &&
	test_cmp expect actual &&
	clean two &&
	answered out two
'

test_expect_success 'of recoveries at once each file has one' '
	for i in 1 2 3 4 5 6 7 8
	do
		rm -rf race &&
		for f in in/text*
		do
			test-tool pack leave race $f || return 1
		done >out &&
		{ test-tool pack recover race >a & } &&
		{ test-tool pack recover race >b & } &&
		test-tool pack recover race >c &&
		wait &&
		test $(($(cat a b c | paste -sd+))) = 6 &&
		clean race &&
		answered out race || return 1
	done
'

test_expect_success 'a symlink, a directory, a name of ours are no file of ours' '
	mkdir -p odd/pack/grow_dirdir &&
	cp grown target &&
	ln -s ../../target odd/pack/grow_linked &&
	mkfifo odd/pack/grow_afifo &&
	echo 0 >expect &&
	timeout 10 test-tool pack recover odd >actual &&
	test_cmp expect actual &&
	cmp grown target
'

test_expect_success 'a pack without its index gets one, if it is whole' '
	cp -r whole noidx &&
	rm -f noidx/pack/*.idx &&
	test-tool pack recover noidx >actual &&
	echo $n >expect &&
	test_cmp expect actual &&
	cmp whole/pack/*.idx noidx/pack/*.idx
'

test_expect_success 'a pack that is being copied here is let alone' '
	echo 0 >expect &&
	size=$(test_file_size whole/pack/*.pack) &&
	for at in 0 11 12 40 500 $((size - 21)) $((size - 20)) $((size - 1))
	do
		rm -rf part &&
		mkdir -p part/pack &&
		head -c $at whole/pack/*.pack >part/pack/pack-abc.pack &&
		test-tool pack recover part >actual &&
		test_cmp expect actual &&
		test $(test_file_size part/pack/pack-abc.pack) = $at &&
		test_path_is_missing part/pack/pack-abc.idx || return 1
	done
'

test_expect_success 'a pack of git without its index is let alone' '
	git init -q work &&
	(cd work && echo x >f && git add f && git commit -qm m &&
		git repack -adq) &&
	mkdir gits &&
	cp -r work/.git/objects/pack gits/ &&
	rm -f gits/pack/*.idx &&
	echo 0 >expect &&
	test-tool pack recover gits >actual &&
	test_cmp expect actual &&
	test_path_is_missing gits/pack/*.idx
'

test_expect_success STRACE,!SANITIZE 'killed at any system call, all that was answered for is there' '
	for call in pwrite64 fchmod fsync ftruncate renameat2 write
	do
		at=1 &&
		while :
		do
			rm -rf kill &&
			code=0 &&
			{
				strace -qq -o trace -e trace=$call \
				-e inject=$call:signal=SIGKILL:when=$at \
				test-tool pack --durable add kill in/text1 \
				in/noise1 in/empty >out 2>err || code=$?
			} &&
			test-tool pack recover kill >recovered &&
			answered out kill || return 1
			test $code = 0 && break
			test $code = 137 || return 1
			find kill -name "grow*" >left &&
			test_must_be_empty left || return 1
			at=$((at + 1))
		done
		test $at -gt 1 || return 1
	done
'

test_expect_success STRACE,!SANITIZE 'a recovery that is killed is done by the next' '
	test-tool pack leave again in/text1 in/noise1 in/empty >out &&
	for call in pwrite64 fchmod fsync ftruncate renameat2 write
	do
		at=1 &&
		while :
		do
			rm -rf kill &&
			cp -r again kill &&
			code=0 &&
			{
				strace -qq -o trace -e trace=$call \
				-e inject=$call:signal=SIGKILL:when=$at \
				test-tool pack --durable recover kill \
				>recovered 2>err || code=$?
			} &&
			test-tool pack recover kill >recovered &&
			answered out kill || return 1
			test $code = 0 && break
			test $code = 137 || return 1
			at=$((at + 1))
		done
		test $at -gt 1 || return 1
	done
'

test_expect_success STRACE,!SANITIZE 'a disk that is full when the pack is finished costs nothing' '
	for call in pwrite64:4 pwrite64:5 ftruncate:1 fchmod:1 fsync:3 fsync:4 \
		fsync:5 renameat2:1 renameat2:2 write:3
	do
		rm -rf full &&
		test_expect_code 128 strace -qq -o trace \
			-e trace=${call%:*} \
			-e inject=${call%:*}:error=ENOSPC:when=${call#*:} \
			test-tool pack --durable add full in/text1 in/noise1 \
			>out 2>err &&
		test_grep "cannot finish a pack in .full.: .*No space left" err &&
		test $(wc -l <out) = 2 &&
		find full -name "tmp_*" >left &&
		test_must_be_empty left &&
		echo 2 >expect &&
		test-tool pack recover full >actual &&
		test_cmp expect actual &&
		clean full &&
		answered out full || return 1
	done
'

test_expect_success STRACE,!SANITIZE 'a recovery without room leaves all for the next one' '
	rm -rf full &&
	test-tool pack leave full in/text1 >out &&
	test-tool pack leave full in/text2 >>out &&
	test_expect_code 128 strace -qq -o trace -e trace=write \
		-e inject=write:error=ENOSPC:when=1 \
		test-tool pack recover full 2>err &&
	test_grep "No space left" err &&
	test $(grown full) = 1 &&
	echo 1 >expect &&
	test-tool pack recover full >actual &&
	test_cmp expect actual &&
	answered out full
'

test_done
