"""usage: remote-walk.py URL STEPS SEED [STOCK...]

Three clones do to a hosted repository whatever comes, and the same to a bare
repository of stock git, the model; after each step both have the same refs,
and the objects behind them are whole.  Some steps are killed: then it is as
before, or as after.  STOCK is what stock git reads it by, a path or a URL: it
sees the same, but for what a killed push has not come to write.
"""
import os
import random
import signal
import subprocess
import sys
import time

url, steps, seed, stocks = (sys.argv[1], int(sys.argv[2]), sys.argv[3],
                            sys.argv[4:])
rnd = random.Random(seed)
log = []
done = {}
stale = False
# What a push and a fetch take here, in seconds: kills come in that time.
takes = {"push": 0.2, "fetch": 0.1}


def run(*argv, cwd=None, ok=True):
    child = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ok and child.returncode:
        print("failed:", argv, child.stderr.decode(), file=sys.stderr)
        print("\n".join(log[-20:]), file=sys.stderr)
        sys.exit(1)
    return child.returncode, child.stdout.decode()


def git(cwd, *argv, ok=True):
    return run("git", *argv, cwd=cwd, ok=ok)


def refs_of(where):
    _, out = run("git", "ls-remote", where)
    lines = [line.split("\t") for line in out.splitlines()]
    return {name: oid for oid, name in lines
            if name.startswith("refs/") and not name.endswith("^{}")}


def compare(what, want, got):
    if want != got:
        print("after", what, file=sys.stderr)
        for name in sorted(set(want) | set(got)):
            if want.get(name) != got.get(name):
                print(name, "model", want.get(name), "silo", got.get(name),
                      file=sys.stderr)
        print("\n".join(log[-20:]), file=sys.stderr)
        sys.exit(1)


clones = ["c0", "c1", "c2"]
run("git", "init", "-q", "--bare", "model.git")
# As the hosted one does it: HEAD's branch stays.
for clone in clones:
    run("git", "init", "-q", clone)
    git(clone, "remote", "add", "silo", url)
    git(clone, "remote", "add", "model", os.path.abspath("model.git"))
count = 0


def commit(clone):
    global count
    count += 1
    name = "f%d" % rnd.randrange(20)
    with open(os.path.join(clone, name), "a") as f:
        f.write("%d %s\n" % (count, rnd.random()))
    git(clone, "add", name)
    git(clone, "commit", "-q", "-m", "commit %d" % count)


def new_branch(clone):
    git(clone, "checkout", "-q", "-B", "b%d" % rnd.randrange(6))


def somewhere(clone):
    have = [n for n in refs_of(clone) if n.startswith("refs/")]
    git(clone, "checkout", "-q", "--detach", rnd.choice(have) + "^{commit}")


def tag(clone):
    name = "t%d" % rnd.randrange(5)
    if rnd.random() < 0.5:
        git(clone, "tag", "-f", name)
    else:
        git(clone, "tag", "-f", "-a", "-m", name, name)


def note(clone):
    git(clone, "notes", "add", "-f", "-m", "note %d" % rnd.randrange(9))


def fetch(clone):
    for remote in ("silo", "model"):
        began = time.monotonic()
        git(clone, "fetch", "-q", "--prune", "--no-tags", remote)
        if remote == "silo":
            learn("fetch", time.monotonic() - began)
    compare("fetch", refs_under(clone, "model"), refs_under(clone, "silo"))
    git(clone, "rev-list", "--objects", "--remotes")


def refs_under(clone, remote):
    _, out = git(clone, "for-each-ref", "--format=%(refname) %(objectname)",
                 "refs/remotes/" + remote)
    return {line.split()[0].split("/", 3)[3]: line.split()[1]
            for line in out.splitlines() if not line.split()[0].endswith("/HEAD")}


def specs(clone):
    mine = [n for n in refs_of(clone)
            if n.startswith(("refs/heads/", "refs/tags/", "refs/notes/"))]
    there = [n for n in refs_of(url) if n != "refs/heads/main"]
    out = {}
    for _ in range(rnd.choice((1, 1, 1, 2, 3, 8))):
        kind = rnd.random()
        if kind < 0.15 and there:
            dst, src = rnd.choice(there), ""
        else:
            src = rnd.choice(mine)
            dst = src
            if kind > 0.8:
                dst = "refs/heads/x%d" % rnd.randrange(4)
            if dst.startswith("refs/heads/"):
                src += "^{commit}"
        out[dst] = ("+" if rnd.random() < 0.3 else "") + src + ":" + dst
    return list(out.values())


def learn(what, seconds):
    takes[what] = 0.9 * takes[what] + 0.1 * min(seconds, 3)


def push(clone):
    global stale
    flags = [f for f in ("--atomic", "--force") if rnd.random() < 0.15]
    wanted = specs(clone)
    log.append("  push %s %s" % (flags, wanted))
    # git resolves "X^{commit}:Y" itself: both remotes get the same.
    before = refs_of(url) if stale else {}
    began = time.monotonic()
    a, _ = git(clone, "push", "-q", *flags, "silo", *wanted, ok=False)
    learn("push", time.monotonic() - began)
    stale = stale and before == refs_of(url)
    b, _ = git(clone, "push", "-q", *flags, "model", *wanted, ok=False)
    if (a == 0) != (b == 0):
        print("silo says", a, "model", b, file=sys.stderr)
        print("\n".join(log[-20:]), file=sys.stderr)
        sys.exit(1)


def mirror_back(clone):
    """The model follows the silo, whatever a killed push has done."""
    want, have = refs_of(url), refs_of("model.git")
    if want == have:
        return
    git(clone, "fetch", "-q", "silo", "+refs/*:refs/follow/*")
    todo = ["+refs/follow/%s:%s" % (n[5:], n) for n in want if want[n] != have.get(n)]
    todo += [":" + n for n in have if n not in want]
    git(clone, "push", "-q", "model", *todo)
    for name in list(want):
        git(clone, "update-ref", "-d", "refs/follow/" + name[5:])


def killed(clone, what, *argv):
    """Somewhere in the time it takes, and all its children with it."""
    child = subprocess.Popen(("git", *argv), cwd=clone,
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL,
                             start_new_session=True)
    after = rnd.random() * 1.2 * takes[what]
    try:
        child.wait(after)
        note_done("killed too late")
    except subprocess.TimeoutExpired:
        log.append("  killed after %.3f s" % after)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def unlock(clone):
    """What git leaves when it is killed, as it says itself."""
    for top, _, names in os.walk(os.path.join(clone, ".git")):
        for name in names:
            if name.endswith(".lock") or name == "packed-refs.new":
                os.unlink(os.path.join(top, name))


def killed_push(clone):
    global stale
    wanted = specs(clone)
    log.append("  killed push %s" % wanted)
    before = refs_of(url)
    killed(clone, "push", "push", "-q", "--atomic", "silo", *wanted)
    stale = True
    after = refs_of(url)
    for spec in wanted:
        src, dst = spec.lstrip("+").split(":")
        value = git(clone, "rev-parse", src)[1].strip() if src else None
        if after != before and after.get(dst) != value:
            print("a half push:", wanted, file=sys.stderr)
            sys.exit(1)
    unlock(clone)
    # Who tries again writes what stock git reads, if nothing is left to do.
    if rnd.random() < 0.5 and not git(clone, "push", "-q", "--atomic", "silo",
                                      *wanted, ok=False)[0]:
        stale = False
    mirror_back(clone)


def killed_fetch(clone):
    killed(clone, "fetch", "fetch", "-q", "silo")
    unlock(clone)
    git(clone, "fsck", "--strict", "--connectivity-only")


def fold(clone):
    """As many small packs as are folded, and one more."""
    for _ in range(17):
        commit(clone)
        for remote in ("silo", "model"):
            git(clone, "push", "-q", "-f", remote, "HEAD:refs/heads/many")


def gc(clone):
    git(clone, "-c", "gc.reflogExpire=now", "-c",
        "gc.reflogExpireUnreachable=now", "gc", "-q", "--prune=now")


def whole(what):
    git(what, "fsck", "--strict", "--connectivity-only")
    run("rm", "-rf", what)


def check(step):
    want = refs_of(url)
    compare("step %d" % step, refs_of("model.git"), want)
    for stock in stocks:
        if not stale:
            compare("step %d, by %s" % (step, stock), want, refs_of(stock))
    if step % 10 == 0 and want:
        run("git", "clone", "-q", "--mirror", url, "fresh")
        whole("fresh")
        for stock in stocks:
            run("git", "clone", "-q", "--mirror", stock, "fresh.stock")
            if not stale:
                compare("a clone of %s" % stock, want, refs_of("fresh.stock"))
            whole("fresh.stock")


def note_done(what):
    done[what] = done.get(what, 0) + 1


actions = [(commit, 25), (push, 30), (new_branch, 8), (somewhere, 4), (tag, 5),
           (note, 3), (fetch, 10), (killed_push, 6), (killed_fetch, 3),
           (fold, 0.5), (gc, 1)]
for clone in clones:
    commit(clone)
git("c0", "push", "-q", "silo", "main")
git("c0", "push", "-q", "model", "main")
for step in range(steps):
    action = rnd.choices([a for a, _ in actions], [w for _, w in actions])[0]
    clone = rnd.choice(clones)
    log.append("%d %s %s" % (step, action.__name__, clone))
    action(clone)
    note_done(action.__name__)
    check(step)
print(", ".join("%s %d" % item for item in sorted(done.items())))
