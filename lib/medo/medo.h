#ifndef MEDO_H
#define MEDO_H

#include "base/meter.h"
#include "base/pool.h"
#include "model/catfile.h"
#include "model/gitdir.h"
#include "model/policy.h"
#include "model/treeptr.h"
#include "silo/silo.h"

/*
 * What a command runs in: the repository, the user's settings, the two silos
 * on this disk, the far ones and who may be trusted.
 */
struct medo_far {
	char *url;		/* as resolved */
	struct silo *silo;
	int dead;		/* the failure of the only try, or 0 */
	char *why;
	bool write;		/* it is for pushing, too */
	bool knocked;
};

struct medo_missed {
	int code;
	char *why;
};

struct medo {
	struct gitdir git;
	enum meter_mode progress;
	bool quiet;
	uint64_t rate;		/* bytes a second to and from far; 0: as set */
	struct pool *pool;
	struct silo *store;
	struct silo *cache;
	struct medo_far *far;
	size_t nfar;
	size_t far_cap;
	struct idset missed;	/* what fetch_ahead() found in no silo */
	struct medo_missed *missed_why;
	size_t missed_cap;
	char *swept;		/* by medo_sweep() */
	const char *pushing_to;	/* URL of git's remote in pre-push, or NULL */
	const char *treeish;	/* where SILO.json is during a clone, or NULL */
	struct catfile cat;
	char *last_dir;		/* of medo_silos() */
	struct silo_list last;
};

#define MEDO_INIT { .git = GITDIR_INIT, .cat = CATFILE_INIT, \
		    .last = SILO_LIST_INIT }

enum medo_need {
	MEDO_ANYWHERE,		/* repository or not */
	MEDO_REPO,		/* a repository, perhaps bare */
	MEDO_WORK_TREE,
};

int medo_open(struct medo *medo, enum medo_need need) MUST_CHECK;
void medo_release(struct medo *medo);

struct pool *medo_pool(struct medo *medo);

/*
 * The silos on this disk, made when first asked for; borrowed.  The store is
 * $GIT_COMMON_DIR/medo, what this repository made; FAIL_REQUEST outside one.
 * The cache is medo.cache, or ${XDG_CACHE_HOME:-~/.cache}/medo.
 */
int medo_store(struct medo *medo, struct silo **out) MUST_CHECK;
int medo_cache(struct medo *medo, struct silo **out) MUST_CHECK;

/* Ids of this repository, or SHA-1 outside one. */
enum id_algo medo_algo(const struct medo *medo);

/* SILO_DURABLE, or 0 with medo.fsync = none. */
int medo_durable(struct medo *medo, unsigned *flags) MUST_CHECK;

/*
 * The silos of a pointer at `path` (as the shell sees it): medo.silo, else the
 * nearest SILO.json from its folder up to the top of the work tree, else as
 * git has it (in `treeish`, the index, or HEAD where there is none), and behind
 * it medo_hosts().  URLs are resolved: a relative path is relative to its
 * SILO.json.  `list` is the caller's; 0 entries where there is nothing.
 */
int medo_silos(struct medo *medo, const char *path, struct silo_list *list)
	MUST_CHECK;

/*
 * Those in whose git/ this repository's remotes are hosted ("silo::..."), if
 * they are not in `list` yet; to read from.
 */
void medo_hosts(struct medo *medo, struct silo_list *list);

/* The same for a SILO.json whose text is at hand; `dir` is its folder. */
int medo_resolve(const char *text, size_t len, const char *what,
		 const char *dir, struct silo_list *list) MUST_CHECK;

/*
 * May this URL be read from, written to?  FAIL_DENIED names the command that
 * allows it.
 */
int medo_may(struct medo *medo, const char *url, bool write) MUST_CHECK;

/* Did the user name it, not only a repository?  Then it may be anywhere. */
bool medo_users_own(struct medo *medo, const char *url, bool write);

/*
 * `git medo allow`, and what init does with a URL that the user typed: into
 * the repository's configuration, or the user's; or out of it.
 */
int medo_allow(struct medo *medo, const char *url, bool global, bool remove)
	MUST_CHECK;

/* "/abs" for paths and file:// (yours); other URLs as they are. */
char *medo_normal_url(const char *url, const char *base);

/*
 * An open far silo, borrowed; a silo that is down is tried once a process.
 * Trust is asked here.  Once one is out of reach, all others that are known
 * are knocked at together.
 */
int medo_far(struct medo *medo, const char *url, bool write,
	     struct silo **out) MUST_CHECK;

/* It may be asked for later; nothing is connected.  medo_silos() says it. */
void medo_far_known(struct medo *medo, const char *url, bool write);

/* How blobs travel: medo.jobs, and `rate` or medo.bwlimit. */
struct move_opts;
int medo_move_opts(struct medo *medo, struct move_opts *out) MUST_CHECK;

/* What the pointer promises, for the functions of silo.h. */
struct silo_expect medo_expect(const struct treeptr *ptr);

/*
 * Before a stage is made in `dir`: what a crash left there goes.  The same
 * place again and again costs nothing.
 */
void medo_sweep(struct medo *medo, const char *dir);

/* A meter as the user's options say; NULL where there is nothing to show. */
struct meter *medo_meter(struct medo *medo, const char *title,
			 enum meter_unit unit, uint64_t total);

#endif
