# What people do all day, with a silo at EVERYDAY (nginx, apache, ssh, s3): the
# whole body of t4200 to t4203.  Source it behind lib-silo.sh.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086

case "$EVERYDAY" in
nginx | apache) . "$TEST_DIRECTORY/lib-http.sh" ;;
ssh) . "$TEST_DIRECTORY/lib-sshd.sh" ;;
s3) . "$TEST_DIRECTORY/lib-s3.sh" ;;
esac

everyday_start () {
	case "$EVERYDAY" in
	nginx)
		nginx_start far dav && place=$web_url/deps.silo &&
		mkdir -p "$web_root/deps.silo"
		;;
	apache)
		apache_start far dav && place=$web_url/deps.silo
		;;
	ssh)
		mkdir -p "$TEST_TOP/far" && sshd_setup && sshd_start &&
		place=$SSHD_URL$(sshd_path "$TEST_TOP/far/deps.silo")
		;;
	s3)
		s3_start && place=s3://bucket/deps.silo
		;;
	esac
}

case "$EVERYDAY" in
nginx)
	if ! test_have_prereq NGINX,NGINX_DAV_EXT
	then
		skip_all='needs nginx with WebDAV' && test_done
	fi
	;;
apache)
	if ! test_have_prereq APACHE
	then
		skip_all='needs Apache' && test_done
	fi
	;;
s3)
	if ! test_have_prereq PYTHON3
	then
		skip_all='needs python3' && test_done
	fi
	;;
esac

test_expect_success 'setup: a server, a silo on it, and a repository' '
	git config --global medo.fsync none &&
	git config --global medo.retryWait 5 &&
	everyday_start &&
	silo init "$place" >out &&
	git init -q work && cd work &&
	git medo install --local &&
	git medo init --silo "$place" --push "$place" deps
'

test_expect_success 'trees and filtered files are added and pushed' '
	mkdir ../tree &&
	for i in $(test_seq 1 40)
	do
		echo "file $i" >"../tree/f$i" || return 1
	done &&
	git medo add -q ../tree deps/tree.treeptr &&
	test-tool genrandom large 1500000 >../large &&
	git medo add -q ../large deps/large.treeptr &&
	git medo track "*.bin" &&
	for i in $(test_seq 1 30)
	do
		echo "small $i" >"deps/s$i.bin" || return 1
	done &&
	test-tool genrandom bin 3000000 >deps/large.bin &&
	git add . && git commit -q -m all &&
	git medo status >out && test_grep unpushed out &&
	git medo push &&
	git medo status >out && test_must_be_empty out
'

test_expect_success 'a second push has nothing to send' '
	git medo push >out && test_must_be_empty out &&
	git medo push --all >out && test_must_be_empty out
'

test_expect_success 'what the silo holds is listed, counted and in order' '
	git medo reachable --all | cut -f 1 | sort >expect &&
	silo ls "$place" >listed && cut -f 1 listed | sort >actual &&
	test_cmp expect actual &&
	silo info "$place" >out && test_grep "blobs: $(wc -l <expect)$" out &&
	silo verify "$place" 2>err && test_grep ", 0 bad" err &&
	silo verify --quick "$place" 2>err && test_grep ", 0 bad" err &&
	git medo verify --remote &&
	git medo reachable --missing-from "$place" >out &&
	test_must_be_empty out
'

test_expect_success 'a URL with a typing error is no silo' '
	for cmd in "silo info" "silo ls" "silo verify"
	do
		test_expect_code 3 git medo $cmd "$place.nope" 2>err &&
		test_grep "there is no silo at" err || return 1
	done
'

test_expect_success 'the ledger tells of the pack' '
	silo log "$place" >out && test_line_count = 1 out
'

# fresh: a clone with an empty cache
fresh () {
	rm -rf ../clone "$HOME/.cache" &&
	git clone -q --no-checkout . ../clone &&
	rm -rf .git/medo.away && mv .git/medo .git/medo.away
}

back () {
	rm -rf .git/medo && mv .git/medo.away .git/medo
}

test_expect_success 'a clone has no word of the user yet: pointers stay' '
	fresh && test_when_finished back &&
	(
		cd ../clone && git medo install --local &&
		git reset -q --hard &&
		if test "${place#https://}" = "$place"
		then
			test_grep treeptr deps/s1.bin &&
			test_expect_code 4 git medo get 2>err &&
			test_grep "git medo allow" err
		fi
	)
'

test_expect_success 'allowed, a checkout fetches all it needs' '
	fresh && test_when_finished back &&
	(
		cd ../clone && git medo install --local &&
		git medo allow "$place" &&
		git reset -q --hard &&
		test_cmp_bin ../work/deps/large.bin deps/large.bin &&
		for i in $(test_seq 1 30)
		do
			test_cmp ../work/deps/s$i.bin deps/s$i.bin || return 1
		done &&
		git status --porcelain -uno >out && test_must_be_empty out &&
		git medo expand deps/tree.treeptr ../grown >out &&
		diff -r ../tree ../grown/tree &&
		git medo cat deps/large.treeptr >got &&
		test_cmp_bin ../large got
	)
'

test_expect_success 'fetch brings all into the cache, verified' '
	fresh && test_when_finished back &&
	(
		cd ../clone && git medo allow "$place" &&
		git reset -q --hard &&
		git medo fetch --all &&
		silo verify "$HOME/.cache/medo" 2>err && test_grep ", 0 bad" err &&
		git medo verify
	)
'

test_expect_success 'a silo is copied from there, and to there' '
	silo copy "$place" ../copy &&
	silo verify -q ../copy &&
	silo ls ../copy | cut -f 1 | sort >actual && test_cmp expect actual &&
	silo copy ../copy "$place-2" &&
	silo verify -q "$place-2" &&
	silo ls "$place-2" | cut -f 1 | sort >actual && test_cmp expect actual &&
	silo copy "$place" "$place-3" &&
	silo ls "$place-3" | cut -f 1 | sort >actual && test_cmp expect actual
'

test_expect_success 'a URL is printed for each large blob' '
	git medo url-for deps/large.treeptr >out &&
	echo "$place/$(id_path "$(treeptr_get deps/large.treeptr id)")" >want &&
	test_cmp want out
'

test_expect_success 'drop takes what is seen there, get brings it back' '
	git medo drop deps/large.bin &&
	test_grep treeptr deps/large.bin &&
	mv .git/medo .git/medo.away && rm -rf "$HOME/.cache" &&
	git medo get && back &&
	git hash-object --no-filters deps/large.bin >actual &&
	test-tool genrandom bin 3000000 | git hash-object --stdin >want &&
	test_cmp want actual &&
	git status --porcelain -uno >out && test_must_be_empty out
'

# cut_there OBJECT: there are only the first 9,000 bytes of it
cut_there () {
	test-tool backend "$place" read "$1" 0 9000 >../cut &&
	test-tool backend "$place" read "$1" >../whole &&
	test-tool backend "$place" remove "$1" &&
	test-tool backend "$place" put "$1" ../cut
}

# whole_there OBJECT: all of it
whole_there () {
	test-tool backend "$place" remove "$1" &&
	test-tool backend "$place" put "$1" ../whole
}

test_expect_success 'half a blob there is none: nothing leaves this disk for it' '
	object=$(id_path "$(treeptr_get deps/large.treeptr id)") &&
	rm -rf ../other && git init -q ../other &&
	(
		cd ../other &&
		git medo init -q --silo "$place" --push "$place" deps &&
		cp ../work/deps/large.treeptr deps/ &&
		git medo add -q ../large deps/large.treeptr &&
		git add . && git commit -q -m large
	) &&
	cut_there "$object" &&
	(
		cd ../other &&
		test_must_fail git medo push 2>err &&
		test_grep "has to be removed there" err &&
		git medo prune 2>err && test_grep "has to be removed there" err &&
		test_path_is_file ".git/medo/$object"
	) &&
	test_must_fail git medo verify --remote &&
	object=$(id_path "$(git cat-file blob :deps/large.bin |
		treeptr_get /dev/stdin id)") &&
	whole_there "$(id_path "$(treeptr_get deps/large.treeptr id)")" &&
	git -C ../other medo push &&
	cut_there "$object" &&
	git medo drop deps/large.bin 2>err &&
	test_grep "1 left alone" err &&
	! grep treeptr deps/large.bin &&
	whole_there "$object" &&
	git medo verify --remote
'

test_expect_success 'prune believes only what it sees there' '
	git medo prune >out 2>&1 &&
	git medo verify --remote
'
