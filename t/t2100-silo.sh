#!/bin/sh

test_description='git medo silo: init, info, ls, verify'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'init makes silo.json, and says where' '
	git medo silo init far >actual &&
	echo "$PWD/far" >expect &&
	test_cmp expect actual &&
	cat >expect <<-\EOF &&
	{
	  "silo": 1,
	  "object-format": "sha1"
	}
	EOF
	test_cmp expect far/silo.json &&
	ls -A far >actual && echo silo.json >expect &&
	test_cmp expect actual
'

test_expect_success 'a second init changes nothing' '
	tree_state far >expect &&
	silo init -q far >actual && test_must_be_empty actual &&
	tree_state far >actual &&
	test_cmp expect actual
'

test_expect_success 'init of another format in the same place is refused' '
	test_expect_code 4 silo init --object-format sha256 far 2>err &&
	test_grep "sha1" err &&
	test_expect_code 129 silo init --object-format md5 other 2>err &&
	test_grep "neither sha1 nor sha256" err &&
	test_path_is_missing other
'

test_expect_success 'init makes missing directories, takes file:// and odd names' '
	silo init -q a/b/c && test_path_is_file a/b/c/silo.json &&
	silo init -q "file://$PWD/by url" && test_path_is_file "by url/silo.json" &&
	silo init -q -- -dash && test_path_is_file ./-dash/silo.json
'

test_expect_success 'init is not for a repository, a file, a scheme' '
	git init -q repo &&
	test_expect_code 128 silo init repo 2>err &&
	test_grep "is a git repository" err &&
	: >file &&
	test_must_fail silo init file 2>err && test_line_count -eq 1 err &&
	test_expect_code 128 silo init gopher://x/y 2>err &&
	test_grep "we know http, https, s3, ssh" err
'

test_expect_success 'init in a repository allows it there' '
	(cd repo && silo init -q ../far && git medo allow --list) >actual &&
	echo "$PWD/far" >expect &&
	test_cmp expect actual
'

test_expect_success 'setup: three blobs' '
	for i in 10000 100000 300000
	do
		test-tool genrandom silo$i $i >noise &&
		git medo add --silo far noise >>out || return 1
	done &&
	cut -f 1 out | sort >ids
'

test_expect_success 'info' '
	silo info far >actual &&
	bytes=$(find far/objects -type f -printf "%s\n" |
		awk "{ n += \$1 } END { print n }") &&
	cat >expect <<-EOF &&
	url: $PWD/far
	object-format: sha1
	blobs: 3
	bytes: $bytes
	EOF
	test_cmp expect actual &&
	silo info --json far >actual &&
	echo "{\"url\":\"$PWD/far\",\"object-format\":\"sha1\",\"blobs\":3,\"bytes\":$bytes}" >expect &&
	test_cmp expect actual
'

test_expect_success 'ls' '
	silo ls far >actual &&
	cut -f 1 actual | sort >sorted &&
	test_cmp ids sorted &&
	id=$(head -n 1 ids) &&
	printf "%s\t%s\n" "$id" "$(test_file_size "far/$(id_path "$id")")" >expect &&
	grep "^$id" actual >line && test_cmp expect line &&
	silo ls -z far | tr "\0" "\n" >zeros && test_cmp actual zeros &&
	silo ls --json far >actual &&
	grep -x "{\"id\":\"$id\",\"file-size\":[0-9]*}" actual
'

test_expect_success 'verify: all is well' '
	for options in "" --quick -q "--json" "-z"
	do
		# shellcheck disable=SC2086
		silo verify $options far >actual 2>err &&
		test_must_be_empty actual || return 1
	done &&
	silo verify far 2>err &&
	echo "3 blobs, 410000 bytes of content, 0 bad" >expect &&
	test_cmp expect err
'

test_expect_success 'verify changes nothing' '
	tree_state far >expect &&
	silo verify far &&
	tree_state far >actual &&
	test_cmp expect actual
'

test_expect_success 'verify: a hundred flipped bits, each found and named' '
	cp -R far flipped &&
	find flipped/objects -type f | sort >files &&
	i=0 &&
	while test $i -lt 100
	do
		file=$(sed -n "$((i % 3 + 1))p" files) &&
		size=$(test_file_size "$file") &&
		cp -f "far/${file#flipped/}" "$file" &&
		flip_byte "$file" $(((i * 7919 * 13 + i * i * 31) % size)) &&
		test_expect_code 1 silo verify -q flipped >actual 2>err &&
		printf "corrupt\t%s\n" "${file#flipped/}" >expect &&
		test_cmp expect actual &&
		cp -f "far/${file#flipped/}" "$file" || {
			echo "flip $i of $file" >&2
			return 1
		}
		i=$((i + 1))
	done
'

test_expect_success 'verify --quick: damage to index and trailer' '
	file=$(head -n 1 files) && size=$(test_file_size "$file") &&
	for at in $((size - 1)) $((size - 30)) $((size - 66)) $((size - 100))
	do
		cp -f "far/${file#flipped/}" "$file" && flip_byte "$file" $at &&
		test_expect_code 1 silo verify --quick flipped >actual &&
		test_line_count -eq 1 actual || {
			echo "flipped at $at of $size" >&2
			return 1
		}
	done &&
	cp -f "far/${file#flipped/}" "$file"
'

test_expect_success 'verify: cut, longer, empty, of another name' '
	for damage in "chop \$file 1" "chop \$file 66" "printf x >>\$file" \
		": >\$file" "cp -f \$other \$file" "echo text >\$file"
	do
		other=$(tail -n 1 files) &&
		cp -f "far/${file#flipped/}" "$file" && chmod u+w "$file" &&
		eval "$damage" &&
		test_expect_code 1 silo verify flipped >actual &&
		printf "corrupt\t%s\n" "${file#flipped/}" >expect &&
		test_cmp expect actual || {
			echo "damage: $damage" >&2
			return 1
		}
	done
'

test_expect_success 'verify: all bad ones are named, in order' '
	while read -r bad
	do
		chmod u+w "$bad" && : >"$bad" || return 1
	done <files &&
	test_expect_code 1 silo verify flipped >actual 2>err &&
	sed "s|^flipped/|corrupt	|" files >expect &&
	test_cmp expect actual &&
	test_grep "^3 blobs, .* 3 bad" err &&
	test_expect_code 1 silo verify --json flipped >actual &&
	test_line_count -eq 3 actual &&
	rm -r flipped
'

test_expect_success 'verify: what gzip, pigz or python made is fine' '
	silo_create stock && echo stock >content && id=$(git hash-object content) &&
	mkdir -p "stock/objects/$(echo "$id" | cut -c1-2)" &&
	gzip -c content >"stock/$(id_path "$id")" &&
	silo verify stock &&
	{ gzip -c /dev/null && gzip -c content; } >"stock/$(id_path "$id")" &&
	silo verify stock &&
	gzip -dc "stock/$(id_path "$id")" | git hash-object --stdin >actual &&
	echo "$id" >expect && test_cmp expect actual
'

test_expect_success 'MA-14 T22 verify: a symlink is never followed' '
	mv "stock/$(id_path "$id")" elsewhere &&
	ln -s "$PWD/elsewhere" "stock/$(id_path "$id")" &&
	test_expect_code 1 silo verify stock >actual &&
	printf "corrupt\t%s\n" "$(id_path "$id")" >expect &&
	test_cmp expect actual &&
	rm -r stock
'

test_expect_success 'BI-29 foreign names are reported, and left alone' '
	cp -R far foreign &&
	id=$(head -n 1 ids) && dir=$(echo "$id" | cut -c1-2) &&
	good=$(id_path "$id") &&
	mkdir -p foreign/objects/0 foreign/objects/000 foreign/objects/zz \
		"foreign/objects/$dir/dir.gz" foreign/objects/AB &&
	for name in Thumbs.db objects/.nfs000 "$good~" "$good.gz" \
		"objects/$dir/x.gz" objects/0/a.gz objects/000/a.gz \
		objects/zz/a.gz "objects/$dir/dir.gz/file" readme.txt \
		"objects/AB/$(printf "%038d" 0).gz" "objects/$id.gz" \
		"objects/$dir/$(printf "%062d" 0).gz"
	do
		echo foreign >"foreign/$name" || return 1
	done &&
	tree_state foreign >state &&
	silo verify foreign >actual 2>err &&
	test_line_count -eq 13 actual &&
	test_grep ! -v "^strange	" actual &&
	test_grep "^warning: .Thumbs.db.: not a name of a silo; left alone" err &&
	tree_state foreign >now &&
	test_cmp state now
'

test_expect_success 'BI-29 nobody else minds them' '
	silo ls foreign | cut -f 1 | sort >actual &&
	test_cmp ids actual &&
	silo info foreign | grep "^blobs: 3" &&
	mkdir use && cd use && git init -q && git medo init -q --silo ../foreign deps &&
	echo new >content && git medo add -q content deps/x.treeptr &&
	git medo push -q &&
	git medo reachable --unreachable-in ../foreign >../actual && cd .. &&
	sort actual >sorted && test_cmp ids sorted &&
	test_path_is_file foreign/Thumbs.db
'

test_expect_success 'MA-26 foreign names are escaped, or with -z as they are' '
	silo_create esc && : >"$(printf "esc/a\033[2J\nb")" &&
	silo verify esc >actual 2>err &&
	printf "strange\ta\\\\x1b[2J\\\\nb\n" >expect &&
	test_cmp expect actual &&
	silo verify -z esc >actual &&
	printf "strange\ta\033[2J\nb\0" >expect &&
	test_cmp_bin expect actual
'

test_expect_success 'names that are reserved for later are not strange' '
	silo_create later && mkdir -p later/pack later/derived/x later/ledger/1 \
		later/git/x.git && : >later/pack/x.pack && : >later/derived/x/y &&
	: >later/ledger/1/entry.json && : >later/git/x.git/config &&
	silo verify later >actual &&
	test_must_be_empty actual
'

test_expect_success 'a folder with nothing but objects is a silo' '
	mkdir scp && cp -R far/objects scp/ &&
	silo verify scp && silo ls scp | cut -f 1 | sort >actual &&
	test_cmp ids actual &&
	test_path_is_missing scp/silo.json
'

test_expect_success 'an empty folder is a silo, and stays empty' '
	mkdir hollow && silo info hollow | grep "^blobs: 0" &&
	silo verify hollow && test_dir_is_empty hollow
'

test_expect_success 'what leftovers of a crash are called is no matter' '
	cp -R far crashed && echo half >crashed/tmp_medo_AbCdEf &&
	silo verify crashed >actual &&
	test_must_be_empty actual &&
	echo more >content && git medo add --silo crashed content &&
	test_path_is_missing crashed/tmp_medo_AbCdEf
'

test_expect_success 'setup: a silo of tomorrow' '
	git init -q today && cd today && git medo init -q --silo ../tomorrow deps &&
	echo x >content && git medo add -q content deps/x.treeptr && cd .. &&
	cp -R far tomorrow && id=$(treeptr_get today/deps/x.treeptr id)
'

for tomorrow in '{"silo": 2}' '{"silo": 2, "object-format": "sha1"}' \
	'{"silo": 1, "object-format": "sha3"}' '{"silo": 9007199254740991}'
do
	test_expect_success "BI-30 $tomorrow: exit 4, nothing written" '
		echo "$tomorrow" >tomorrow/silo.json &&
		tree_state tomorrow >state &&
		for command in "silo init tomorrow" "silo info tomorrow" \
			"silo ls tomorrow" "silo verify tomorrow" \
			"git medo add --silo tomorrow content" \
			"git -C today medo push" \
			"git -C today medo verify --remote" \
			"git -C today medo reachable --missing-from ../tomorrow" \
			"git -C today medo reachable --unreachable-in ../tomorrow"
		do
			echo content >content &&
			test_expect_code 4 $command >actual 2>err &&
			test_must_be_empty actual &&
			test_grep "needs a newer medo" err || {
				echo "command: $command" >&2
				return 1
			}
		done &&
		tree_state tomorrow >now &&
		test_cmp state now
	'
done

test_expect_success 'BI-30 what else stands in silo.json is for later' '
	echo "{\"silo\": 1, \"object-format\": \"sha1\", \"grace\": \"14d\"}" \
		>tomorrow/silo.json &&
	silo verify tomorrow && git -C today medo push -q &&
	test_path_is_file "tomorrow/$(id_path "$id")"
'

test_expect_success 'a silo.json that is none: exit 1, nothing written' '
	for text in "" "{" "[]" "{}" "{\"silo\": \"1\"}" "{\"silo\": 1, \"silo\": 1}"
	do
		echo "$text" >tomorrow/silo.json && tree_state tomorrow >state &&
		test_expect_code 1 silo verify tomorrow 2>err &&
		test_grep "tomorrow/silo.json" err &&
		test_expect_code 1 silo init tomorrow &&
		tree_state tomorrow >now && test_cmp state now || {
			echo "text: $text" >&2
			return 1
		}
	done
'

test_expect_success 'a silo.json that is a symlink is not followed' '
	rm tomorrow/silo.json && ln -s ../far/silo.json tomorrow/silo.json &&
	test_must_fail silo info tomorrow 2>err &&
	test_line_count -eq 1 err
'

test_expect_success 'SHA-256' '
	silo init -q --object-format sha256 new &&
	git init -q --object-format sha256 repo256 &&
	(
		cd repo256 && git medo init -q --silo ../new deps &&
		echo new >content && git medo add -q content deps/x.treeptr &&
		git medo push -q && git hash-object content >../id
	) &&
	silo ls new | cut -f 1 >actual && test_cmp id actual &&
	silo info new | grep "^object-format: sha256" &&
	silo verify new &&
	blob="new/$(id_path "$(cat id)")" && flip_byte "$blob" &&
	test_expect_code 1 silo verify new &&
	test_expect_code 4 git -C repo256 medo add --silo ../far content deps/y.treeptr
'

test_expect_success 'operands that make no sense' '
	test_expect_code 129 silo && test_expect_code 129 silo bogus &&
	for command in init info ls verify
	do
		test_expect_code 129 silo $command &&
		test_expect_code 129 silo $command a b || return 1
	done &&
	for command in info ls verify
	do
		test_expect_code 3 silo $command nowhere 2>err &&
		test_grep "there is no silo at .*nowhere" err &&
		test_path_is_missing nowhere || return 1
	done
'

test_done
