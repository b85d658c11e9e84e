"""usage: tarpeers.py VERDICTS TAR...

For each tar: what do we make of it, and GNU tar, bsdtar and Python?
Complains (and exits 1) about
 - a verdict that is not the one in the file VERDICTS, if it is not "-",
 - a tar that we accept and that GNU tar or Python would make another tree of,
 - a tar that we accept though all three refuse it.
"""
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

# Accepted, though one of them refuses it or makes something else of it,
# because the two others agree with us.
DIFFERS = {
    'GNU tar': {
        'uid-2-40',             # owners are nothing to us
        'uid-negative',
    },
    'bsdtar': {
        'size-junk-behind-nul',
        'x-metadata',           # it restores the attributes, or tries
        'x-path-bytes',         # right bytes, but a warning and exit code 1
    },
    'Python': {
        'g-alone',              # what `git archive` makes of an empty tree
        'v7-dir-type-0',        # a file named "d/"
    },
}


def blob(data):
    return hashlib.sha1(b'blob %d\0' % len(data) + data).hexdigest()


def unquote(text):
    def one(match):
        code = match.group(1)
        if code[0] == 'x':
            return bytes([int(code[1:], 16)]).decode('latin-1')
        if code[0] == 'u':
            raw = chr(int(code[2:-1], 16)).encode()
            return raw.decode('latin-1')
        return {'n': '\n', 't': '\t', '\\': '\\'}[code]
    text = text.encode().decode('latin-1')
    text = re.sub(r'\\(x..|u\{[0-9a-f]+\}|.)', one, text)
    return text.encode('latin-1')


def add(tree, path, what):
    while b'/' in path:
        tree[path] = what
        path = os.path.dirname(path)
        if path in tree:
            return
        what = 'dir'
    tree[path] = what


def ours(tar):
    """(tree or None, message)"""
    run = subprocess.run(['test-tool', 'tar', 'list', '--hash', tar],
                         capture_output=True, encoding='utf-8')
    if run.returncode not in (0, 1, 4):
        return None, 'exit code %d' % run.returncode
    if run.returncode:
        return None, run.stderr.strip()
    tree = {}
    for line in run.stdout.splitlines():
        kind, _, size, _, rest = line.split(' ', 4)
        if kind == 'f':
            rest, digest = rest.rsplit(' ', 1)
            add(tree, unquote(rest), 'file %s %s' % (size, digest))
        elif kind == 'd':
            add(tree, unquote(rest), 'dir')
        else:
            path, link = map(unquote, rest.split(' -> '))
            if kind == 'l':
                add(tree, path, b'link ' + link)
            else:
                add(tree, path, tree.get(link, 'dangling'))
    return tree, ''


def scan(root):
    """By descriptors: a path may be longer than the kernel takes."""
    tree = {}
    root = os.fsencode(root)
    for top, dirs, files, fd in os.fwalk(root):
        for name in dirs + files:
            short = os.path.join(top, name)[len(root) + 1:]
            st = os.lstat(name, dir_fd=fd)
            if stat.S_ISLNK(st.st_mode):
                tree[short] = b'link ' + os.readlink(name, dir_fd=fd)
            elif stat.S_ISDIR(st.st_mode):
                tree[short] = 'dir'
            else:
                with open(os.open(name, os.O_RDONLY, dir_fd=fd), 'rb') as f:
                    data = f.read()
                tree[short] = 'file %d %s' % (len(data), blob(data))
    return tree


def program(name, tar):
    root = tempfile.mkdtemp(dir='.')
    env = dict(os.environ, LC_ALL='C.UTF-8')
    run = subprocess.run([name, '-xf', tar, '--no-same-owner', '-C', root],
                         capture_output=True, env=env)
    subprocess.run(['chmod', '-R', 'u+rwX', root], check=False)
    tree = scan(root)
    shutil.rmtree(root)
    return (tree if run.returncode == 0 else None), run.stderr.decode(
        errors='replace').strip()


def python(path):
    tree = {}
    try:
        with tarfile.open(path) as tar:
            for m in tar:
                name = os.path.normpath(os.fsencode(m.name))
                if name == b'.':
                    continue
                if m.isdir():
                    add(tree, name, 'dir')
                elif m.issym():
                    add(tree, name, b'link ' + os.fsencode(m.linkname))
                elif m.islnk():
                    link = os.path.normpath(os.fsencode(m.linkname))
                    add(tree, name, tree.get(link, 'dangling'))
                else:
                    f = tar.extractfile(m)
                    data = f.read() if f else b''
                    add(tree, name, 'file %d %s' % (len(data), blob(data)))
    except (tarfile.TarError, ValueError, EOFError, OSError) as e:
        return None, repr(e)
    return tree, ''


def differences(mine, theirs):
    out = []
    for path in sorted(set(mine) | set(theirs)):
        if mine.get(path) != theirs.get(path):
            out.append('%r: %s, but %s' % (path, mine.get(path),
                                           theirs.get(path)))
    return '; '.join(out)[:300]


def compare(tar, want):
    name = os.path.basename(tar)[:-4]
    mine, message = ours(tar)
    complaints = []
    if want == 'ok' and mine is None:
        complaints.append('refused: ' + message)
    elif want not in (None, 'ok') and mine is not None:
        complaints.append('accepted')
    elif want not in (None, 'ok') and want not in message:
        complaints.append('not "%s" but: %s' % (want, message))
    if mine is None:
        return complaints
    peers = {
        'GNU tar': program('tar', tar),
        'bsdtar': program('bsdtar', tar),
        'Python': python(tar),
    }
    if not any(tree is not None for tree, _ in peers.values()):
        complaints.append('all others refuse it')
    for peer, (tree, why) in peers.items():
        if name in DIFFERS[peer]:
            continue
        if tree is None:
            complaints.append('%s refuses it: %s' % (peer, why))
        elif tree != mine:
            complaints.append('%s: %s' % (peer, differences(mine, tree)))
    return complaints


def main():
    verdicts = {}
    bad = 0
    if sys.argv[1] != '-':
        with open(sys.argv[1]) as f:
            for line in f:
                name, verdict = line.rstrip('\n').split('\t')
                verdicts[name] = verdict
    for tar in sys.argv[2:]:
        name = os.path.basename(tar)[:-4]
        for complaint in compare(tar, verdicts.get(name)):
            print('%s: %s' % (name, complaint))
            bad = 1
    sys.exit(bad)


if __name__ == '__main__':
    main()
