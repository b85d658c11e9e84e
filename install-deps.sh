#!/bin/sh
# shellcheck disable=SC2086,SC2317
# Lists are split on purpose, and functions are called by a name made up.
# usage: ./install-deps.sh [build|test|perf]...
#
# Installs what is missing through the system's package manager, as root or
# with sudo, and says nothing when all is there (10 ms to find out).  What a
# set needs must be had; what it wants is left out with a word.
set -u

# --- what each package manager calls it -----------------------------------
apt_build='gcc libc6-dev make pkg-config git libgit2-dev zlib1g-dev
	libcurl4-openssl-dev libcjson-dev libssh2-1-dev libssl-dev
	libdeflate-dev'
apt_build_wants='libisal-dev libzstd-dev liblzma-dev libbz2-dev libexpat1-dev
	ca-certificates'
apt_test='sharness perl python3 asciidoctor shellcheck clang xz-utils bzip2
	zstd man-db diffutils'
apt_test_wants='libclang-rt-14-dev git-lfs nginx-light
	libnginx-mod-http-dav-ext apache2-bin openssl pigz isal curl
	libarchive-tools zip unzip strace time ntfs-3g attr procps xxd bash zsh
	fish openssh-client openssh-server
	radosgw ceph-mon ceph-osd ceph-common'
apt_perf='time perl python3 pigz isal libarchive-tools git-lfs'
apt_perf_wants=''

dnf_build='gcc make pkgconf-pkg-config git libgit2-devel zlib-devel
	libcurl-devel cjson-devel libssh2-devel openssl-devel
	libdeflate-devel'
dnf_build_wants='isa-l-devel libzstd-devel xz-devel bzip2-devel expat-devel'
dnf_test='perl-Test-Harness python3 rubygem-asciidoctor ShellCheck clang xz
	bzip2 zstd man-db diffutils'
dnf_test_wants='git-lfs nginx httpd mod_ssl openssl pigz isa-l-tools
	bsdtar zip unzip strace time
	ntfs-3g attr procps-ng bash zsh fish'
dnf_perf='time perl-interpreter python3 pigz bsdtar git-lfs'
dnf_perf_wants='isa-l-tools'

apk_build='gcc musl-dev make pkgconf git libgit2-dev zlib-dev curl-dev
	cjson-dev libssh2-dev openssl-dev libdeflate-dev'
apk_build_wants='isa-l-dev zstd-dev xz-dev bzip2-dev expat-dev'
apk_test='perl-utils python3 asciidoctor shellcheck clang xz bzip2 zstd
	mandoc diffutils coreutils grep sed tar'
apk_test_wants='git-lfs nginx apache2 apache2-webdav openssl pigz
	isa-l libarchive-tools zip unzip strace
	ntfs-3g attr procps bash zsh fish'
apk_perf='perl python3 pigz libarchive-tools git-lfs tar'
apk_perf_wants='isa-l'

brew_build='pkgconf git libgit2 curl cjson libssh2 openssl@3 libdeflate'
brew_build_wants='isa-l zstd xz expat'
brew_test='perl python3 asciidoctor shellcheck xz zstd coreutils'
brew_test_wants='git-lfs nginx pigz libarchive zip unzip bash zsh fish'
brew_perf='python3 pigz libarchive git-lfs'
brew_perf_wants='isa-l'

# --- how each is asked: the packages of "$@" that are not installed --------
apt_missing () {
	dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
	awk -v all="$*" '
		$2 == "installed" { have[$1] = 1 }
		END {
			n = split(all, name, " ")
			for (i = 1; i <= n; i++)
				if (!have[name[i]])
					print name[i]
		}'
}
dnf_missing () {
	for name
	do
		rpm -q --whatprovides "$name" >/dev/null 2>&1 || echo "$name"
	done
}
apk_missing () {
	for name
	do
		apk info -e "$name" >/dev/null 2>&1 || echo "$name"
	done
}
brew_missing () {
	for name
	do
		brew list "$name" >/dev/null 2>&1 || echo "$name"
	done
}

# --- how each installs -----------------------------------------------------
apt_refresh () {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y update
}
apt_install () {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}
dnf_refresh () {
	:
}
dnf_install () {
	as_root dnf -q -y --setopt=install_weak_deps=False install "$@"
}
apk_refresh () {
	as_root apk update -q
}
apk_install () {
	as_root apk add -q "$@"
}
brew_refresh () {
	:
}
brew_install () {
	brew install -q "$@"
}

as_root () {
	if test "$(id -u)" = 0
	then
		"$@"
	elif command -v sudo >/dev/null
	then
		sudo "$@"
	else
		complain "not root, and there is no sudo"
		return 1
	fi
}

complain () {
	echo "install-deps: $*" >&2
}

# The tests want nginx the program; Debian would also start it as a service.
hold_services () {
	policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
	if test "$manager" != apt || test -e "$policy" || test "$(id -u)" != 0
	then
		return 0
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
	trap 'rm -f "$policy"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

find_manager () {
	for manager in apt dnf apk brew
	do
		program=$manager
		test "$manager" = apt && program=apt-get
		command -v "$program" >/dev/null && return 0
	done
	return 1
}

# Names of the variables are ours alone: set and manager are matched first.
packages () {
	eval "printf '%s ' \$${manager}_$1"
}

# --- the work --------------------------------------------------------------
test $# = 0 && set -- build
needs='' wants=''
if ! find_manager
then
	complain "no apt-get, dnf, apk or brew; README.md lists what is needed"
	exit 0
fi
for set
do
	case "$set" in
	build|test|perf)
		needs="$needs $(packages "$set")"
		wants="$wants $(packages "${set}_wants")" ;;
	*)
		echo "usage: ./install-deps.sh [build|test|perf]..." >&2
		exit 129 ;;
	esac
done

needs=$("${manager}_missing" $needs)
wants=$("${manager}_missing" $wants)
test -z "$needs$wants" && exit 0

# What could not be had once is not asked for at every make.
skip=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/medo-install-deps
if test -z "$needs" && test "$(cat "$skip" 2>/dev/null)" = "$wants"
then
	exit 0
fi

complain "installing with $manager:" $needs $wants
hold_services
"${manager}_refresh" || complain "the list of packages could not be refreshed"
if ! "${manager}_install" $needs $wants
then
	if test -n "$needs" && ! "${manager}_install" $needs
	then
		complain "needed and not to be had:" $needs
		exit 1
	fi
	for name in $wants
	do
		"${manager}_install" "$name" || complain "going on without '$name'"
	done
fi

wants=$("${manager}_missing" $wants)
if test -n "$wants"
then
	mkdir -p "${skip%/*}" && echo "$wants" >"$skip"
fi
exit 0
