#!/bin/sh

test_description='stock tools see exactly the content of a blob file'

. "$(dirname "$0")/test-lib.sh"

test_expect_success 'setup: blobs of several sizes and kinds' '
	: >empty &&
	printf x >one &&
	test-tool genrandom --text seed 262144 >piece &&
	{
		test-tool genrandom --text seed 1000000 &&
		test-tool genrandom seed 600000 &&
		head -c 800000 /dev/zero
	} >mixed &&
	cp mixed quick &&
	for file in empty one piece mixed
	do
		test-tool gz write $file $file.gz || return 1
	done &&
	test-tool gz write -l 1 quick quick.gz
'

files='empty one piece mixed quick'

# seen COMMAND...: reads each blob file on stdin, writes its content
seen () {
	for file in $files
	do
		"$@" <"$file.gz" >out &&
		test_cmp_bin "$file" out || return 1
	done
}

test_expect_success 'gzip and zcat' '
	seen gzip -dc &&
	seen zcat &&
	for file in $files
	do
		gzip -t $file.gz || return 1
	done
'

test_expect_success 'the content is what git hash-object names' '
	for file in $files
	do
		git hash-object $file >expect &&
		gzip -dc $file.gz | git hash-object --stdin >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success PIGZ 'pigz' '
	seen pigz -dc &&
	seen pigz -dc -p 1
'

test_expect_success IGZIP 'igzip' '
	seen igzip -dc
'

test_expect_success BSDTAR 'bsdtar, as a filter around a tar' '
	tar cf tar mixed piece &&
	test-tool gz write tar tar.gz &&
	mkdir extracted &&
	bsdtar xf tar.gz -C extracted &&
	test_cmp_bin mixed extracted/mixed &&
	tar xzf tar.gz -C extracted &&
	test_cmp_bin piece extracted/piece
'

test_expect_success PYTHON3 'python: gzip, and zlib that stops after a member' '
	seen python3 -c "import gzip, sys
sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))" &&
	seen python3 -c "import gzip, shutil, sys
shutil.copyfileobj(gzip.open(sys.stdin.buffer), sys.stdout.buffer, 1000)" &&
	seen python3 -c "import sys, zlib
z = zlib.decompressobj(31)
sys.stdout.buffer.write(z.decompress(sys.stdin.buffer.read()) + z.flush())
assert z.eof"
'

test_expect_success NODE 'node: gunzip' '
	seen node -e "process.stdout.write(
		require(\"zlib\").gunzipSync(require(\"fs\").readFileSync(0)))"
'

test_lazy_prereq PERL 'perl -MIO::Uncompress::Gunzip -e 1'
test_expect_success PERL 'perl, which stops after the first member' '
	seen perl -MIO::Uncompress::Gunzip=:all -e \
		"gunzip(q(-) => q(-)) or die"
'

# web_start: nginx in ./web on $port, which serves blob files as
# /static/NAME (gzip_static, and gunzip for who cannot) and /NAME.gz
web_start () {
	port=$(test_free_port) &&
	mkdir -p web/root/static web/tmp &&
	user= && if test_have_prereq ROOT; then user="user root;"; fi &&
	cat >web/nginx.conf <<-EOF &&
	$user
	daemon off;
	worker_processes 1;
	pid nginx.pid;
	error_log stderr;
	events { }
	http {
		access_log off;
		client_body_temp_path tmp;
		proxy_temp_path tmp;
		fastcgi_temp_path tmp;
		uwsgi_temp_path tmp;
		scgi_temp_path tmp;
		default_type application/octet-stream;
		server {
			listen 127.0.0.1:$port;
			root root;
			location /static/ {
				gzip_static always;
				gunzip on;
			}
		}
	}
	EOF
	test_start nginx -e stderr -p "$PWD/web" -c nginx.conf &&
	test_wait_until 10 curl -s "http://127.0.0.1:$port/"
}

test_lazy_prereq NGINX_GUNZIP 'nginx -V 2>&1 | grep -q http_gunzip_module &&
	nginx -V 2>&1 | grep -q http_gzip_static_module &&
	command -v curl && command -v python3'

test_expect_success NGINX,NGINX_GUNZIP 'nginx: gunzip for who cannot, gzip_static for who can' '
	web_start &&
	test_when_finished "test_stop $test_pid" &&
	for file in $files
	do
		cp $file.gz web/root/static/ || return 1
	done &&
	for file in $files
	do
		curl -sf http://127.0.0.1:$port/static/$file >out &&
		test_cmp_bin $file out &&
		curl -sf -H "Accept-Encoding: gzip" -D head \
			http://127.0.0.1:$port/static/$file >out &&
		test_grep -i "^Content-Encoding: gzip" head &&
		test_cmp_bin $file.gz out || return 1
	done
'

# Documented: curl 7.88 gives all the bytes and then complains (23) about the
# members behind them.
test_expect_success NGINX,NGINX_GUNZIP 'curl --compressed gets all the bytes' '
	web_start &&
	test_when_finished "test_stop $test_pid" &&
	for file in $files
	do
		cp $file.gz web/root/static/ &&
		: >out &&
		{
			curl -s --compressed -o out \
				http://127.0.0.1:$port/static/$file ||
			test $? = 23
		} &&
		test_cmp_bin "$file" out || return 1
	done
'

test_done
