#ifndef WEB_INT_H
#define WEB_INT_H

#include "silo/backend.h"
#include "silo/http.h"

#include <pthread.h>

#define WEB_TAGS 256

/* A name that was read in part, and which of its contents that was. */
struct web_tag {
	char *name;
	char *etag;
};

struct web {
	struct backend b;	/* first */
	struct http *http;
	char *root;		/* encoded, no user, no slash behind */
	const char *path;	/* its part behind the host, "" or "/..." */
	pthread_mutex_t lock;
	struct web_tag tags[WEB_TAGS];
	bool rooted;		/* something could be written */
	char *server;		/* what it says that it is, or NULL */
};

static inline struct web *web_of(struct backend *b)
{
	return (struct web *)b;
}

/* The URL of a name; `slash`: as a collection.  Yours. */
char *web_url(const struct web *web, const char *name, bool slash);
/* Send what has no body of the silo's; the status, or a failure. */
int web_send(struct web *web, struct http_request *req,
	     struct http_answer *answer) MUST_CHECK;
/* By its Content-Type: HTML, which no file of a silo is. */
bool web_is_page(const char *type);

/* What WebDAV adds (web_dav.c, web_list.c). */
int web_put(struct backend *b, const char *name, const struct source *src);
int web_claim(struct backend *b, const char *name, const void *data,
	      size_t len);
int web_replace(struct backend *b, const char *name, const void *data,
		size_t len);
int web_remove(struct backend *b, const char *name);
int web_list(struct backend *b, const char *prefix,
	     int (*each)(void *data, const char *name, uint64_t size),
	     void *data);
int web_has(struct backend *b, const char *name, uint64_t *size);

/* web_keeps.c */
int web_keeps(struct backend *b);
char *web_server(struct backend *b);

/* PUT: its status, or a failure. */
int web_write(struct web *web, const char *name, const struct source *src,
	      const char *const *headers) MUST_CHECK;

#endif
