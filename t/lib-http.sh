# Real web servers on free ports of the loopback.  Sourced after test-lib.sh.
#
#	nginx_start NAME [tls] [auth] [dav] [client]
#	apache_start NAME [tls] [auth] [dav] [client] [proxy]
#
# serve $web_root (made empty unless it is there) as $web_url; $web_log gets a
# line "METHOD PATH STATUS RANGE" for each request.  Stopped at exit, or by
# test_stop $web_pid.  What $web_extra says goes into the server's block of
# nginx, $web_main in front of all blocks, and $web_field, a variable, in place
# of the range into its log.
#	tls	with a certificate of the test's own CA, $web_ca
#	auth	for alice, whose password is "s3cret pw"
#	dav	WebDAV; nginx lists only with NGINX_DAV_EXT
#	client	only for who has $web_ca_dir/client.pem and client.key
#	proxy	a forward proxy, too (Apache)
# Say test_have_prereq NGINX or APACHE first.
# shellcheck shell=sh disable=SC2034,SC2154

web_modules=
for web_dir in /usr/lib/apache2/modules /usr/lib64/httpd/modules \
	/usr/libexec/apache2 /usr/lib/apache2
do
	if test -f "$web_dir/mod_dav_fs.so"
	then
		web_modules=$web_dir
		break
	fi
done
web_apache=$(PATH=$PATH:/usr/sbin:/sbin; command -v apache2 || command -v httpd)
test -n "$web_modules" && test -n "$web_apache" &&
	command -v python3 >/dev/null && test_set_prereq APACHE
web_dav_ext=/usr/lib/nginx/modules/ngx_http_dav_ext_module.so
test -f "$web_dav_ext" && test_set_prereq NGINX_DAV_EXT
command -v openssl >/dev/null && test_set_prereq OPENSSL

web_user=alice
web_password='s3cret pw'

# web_has WORD of the caller's words
web_has () {
	case " $web_words " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# web_make_ca: a CA, a server's certificate and a client's in $web_ca_dir
web_make_ca () {
	web_ca_dir=$TEST_TOP/ca
	web_ca=$web_ca_dir/ca.pem
	test -f "$web_ca" && return 0
	mkdir -p "$web_ca_dir" &&
	(
		cd "$web_ca_dir" &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -keyout ca.key -out ca.pem -days 30 \
			-subj "/CN=test CA" 2>/dev/null &&
		web_sign server "subjectAltName=DNS:localhost,IP:127.0.0.1" &&
		web_sign client "subjectAltName=DNS:client" &&
		web_sign other "subjectAltName=DNS:other.example"
	)
}

# web_sign NAME EXTENSION
web_sign () {
	echo "$2" >"$1.ext" &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null &&
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
		-CAcreateserial -out "$1.pem" -days 30 -extfile "$1.ext" \
		2>/dev/null
}

# web_prepare NAME WORD...: the folder, the port, the URL
web_prepare () {
	web_dir=$TEST_TOP/$1
	web_words=$*
	web_port=$(test_free_port) &&
	web_url=http://127.0.0.1:$web_port &&
	web_root=$web_dir/root &&
	web_log=$web_dir/access.log &&
	mkdir -p "$web_dir/tmp" &&
	: >"$web_log" &&
	if web_has tls || web_has client
	then
		web_make_ca &&
		web_url=https://localhost:$web_port
	fi
}

nginx_start () {
	web_prepare "$@" &&
	mkdir -p "$web_root" &&
	printf "%s:%s\n" "$web_user" \
		"$(openssl passwd -apr1 "$web_password")" >"$web_dir/passwd" &&
	nginx_conf >"$web_dir/nginx.conf" &&
	test_start nginx -e stderr -p "$web_dir" -c nginx.conf &&
	web_pid=$test_pid &&
	web_wait
}

nginx_conf () {
	test_have_prereq ROOT && echo "user root;"
	web_has dav && test_have_prereq NGINX_DAV_EXT &&
		echo "load_module $web_dav_ext;"
	cat <<-EOF
	daemon off;
	worker_processes 2;
	pid nginx.pid;
	${web_main-}
	error_log stderr;
	events { worker_connections 256; }
	http {
		log_format plain '\$request_method \$request_uri \$status ${web_field:-\$http_range}';
		access_log access.log plain;
		client_body_temp_path tmp;
		proxy_temp_path tmp;
		fastcgi_temp_path tmp;
		uwsgi_temp_path tmp;
		scgi_temp_path tmp;
		default_type application/octet-stream;
		client_max_body_size 0;
		server {
			listen 127.0.0.1:$web_port$(web_has tls && echo " ssl http2");
			root root;
			$web_extra
	EOF
	if web_has tls
	then
		echo "ssl_certificate \"$web_ca_dir/server.pem\";"
		echo "ssl_certificate_key \"$web_ca_dir/server.key\";"
	fi
	if web_has client
	then
		echo "ssl_client_certificate \"$web_ca\"; ssl_verify_client on;"
	fi
	if web_has auth
	then
		echo "auth_basic \"the test\"; auth_basic_user_file passwd;"
	fi
	if web_has dav
	then
		echo "dav_methods PUT DELETE MKCOL COPY MOVE;"
		test_have_prereq NGINX_DAV_EXT &&
			echo "dav_ext_methods PROPFIND OPTIONS;"
	fi
	echo "} }"
}

# Apache does not serve as root: what it writes belongs to nobody, in a folder
# that nobody can reach.
apache_start () {
	web_prepare "$@" &&
	if test_have_prereq ROOT
	then
		web_home=$(mktemp -d /tmp/medo-apache-XXXXXX) &&
		cleanup "rm -rf '$web_home'" &&
		chmod 755 "$web_home" &&
		web_root=$web_home/root
	else
		web_home=$web_dir
	fi &&
	mkdir -p "$web_root" "$web_home/lock" &&
	printf "%s:%s\n" "$web_user" \
		"$(openssl passwd -apr1 "$web_password")" >"$web_home/passwd" &&
	if test_have_prereq ROOT
	then
		chown -R 65534:65534 "$web_home"
	fi &&
	apache_conf >"$web_dir/apache.conf" &&
	test_start "$web_apache" -D FOREGROUND -d "$web_dir" \
		-f "$web_dir/apache.conf" &&
	web_pid=$test_pid &&
	web_wait
}

apache_conf () {
	web_list="mpm_event:mpm_event authn_core:authn_core
		authn_file:authn_file authz_core:authz_core
		authz_user:authz_user auth_basic:auth_basic dav:dav
		dav_fs:dav_fs log_config:log_config unixd:unixd mime:mime
		dir:dir alias:alias"
	web_has tls && web_list="$web_list socache_shmcb:socache_shmcb ssl:ssl
		http2:http2"
	web_has proxy && web_list="$web_list proxy:proxy proxy_http:proxy_http
		proxy_connect:proxy_connect"
	for web_module in $web_list
	do
		web_module=${web_module#*:}
		test -f "$web_modules/mod_$web_module.so" || continue
		echo "LoadModule ${web_module}_module $web_modules/mod_$web_module.so"
	done
	test_have_prereq ROOT && printf 'User #65534\nGroup #65534\n'
	cat <<-EOF
	ServerRoot "$web_dir"
	ServerName localhost
	Listen 127.0.0.1:$web_port
	PidFile "$web_dir/apache.pid"
	ErrorLog "$web_dir/error.log"
	DefaultRuntimeDir "$web_dir/tmp"
	Mutex "file:$web_home/lock" default
	TypesConfig /dev/null
	StartServers 2
	LogFormat "%m %U %s %{Range}i" plain
	CustomLog "$web_log" plain
	DocumentRoot "$web_root"
	<IfModule dav_fs_module>
	DavLockDB "$web_home/lock/dav"
	</IfModule>
	$web_extra
	EOF
	if web_has tls
	then
		echo "SSLEngine on"
		echo "SSLCertificateFile \"$web_ca_dir/server.pem\""
		echo "SSLCertificateKeyFile \"$web_ca_dir/server.key\""
		echo "Protocols h2 http/1.1"
	fi
	if web_has client
	then
		echo "SSLCACertificateFile \"$web_ca\""
		echo "SSLVerifyClient require"
	fi
	if web_has proxy
	then
		echo "ProxyRequests On"
		echo "AllowCONNECT 1-65535"
	fi
	echo "<Directory \"$web_root\">"
	web_has dav && echo "Dav On" && echo "DirectorySlash Off"
	if web_has auth
	then
		echo "AuthType Basic"
		echo "AuthName \"the test\""
		echo "AuthUserFile \"$web_home/passwd\""
		echo "Require valid-user"
	else
		echo "Require all granted"
	fi
	echo "</Directory>"
}

web_answers () {
	python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)' "$web_port"
}

web_wait () {
	if ! test_wait_until 10 web_answers
	then
		cat "$TEST_TOP/server.log" "$web_dir/error.log" >&2
		return 1
	fi
}

# web_requests [METHOD]: lines of the log so far
web_requests () {
	test_settled &&
	grep "^${1:-}" "$web_log"
}

# What git credential finds: web_store_password URL
web_store_password () {
	git config --global credential.helper store &&
	printf '%s\nusername=%s\npassword=%s\n\n' "url=$1" "$web_user" \
		"${2-$web_password}" | git credential approve
}
