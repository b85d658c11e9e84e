#include "base/base.h"
#include "base/temp.h"
#include "codec/id.h"
#include "codec/sigv4.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <time.h>

/* "host:port/path?query" of a URL, in parts that are borrowed from it. */
struct parts {
	const char *host;
	size_t host_len;
	const char *path;
	size_t path_len;
	const char *query;	/* "" if none */
};

static struct parts split(const char *url)
{
	const char *sep = strstr(url, "://");
	struct parts p = { .host = sep ? sep + 3 : url };
	bool https = starts_with(url, "https:");
	const char *port = https ? ":443" : ":80";

	p.host_len = strcspn(p.host, "/?");
	p.path = p.host + p.host_len;
	p.path_len = strcspn(p.path, "?");
	p.query = p.path[p.path_len] ? p.path + p.path_len + 1 : "";
	if (p.host_len > strlen(port) &&
	    !memcmp(p.host + p.host_len - strlen(port), port, strlen(port)))
		p.host_len -= strlen(port);
	return p;
}

/* One spelling of what may be encoded in several: %7E is ~, %2f is %2F. */
static void recode(const char *text, size_t len, bool slashes, struct buf *out)
{
	struct buf plain = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		unsigned value;
		char hex[3] = { 0 };

		if (text[i] == '%' && len - i > 2 &&
		    isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			memcpy(hex, text + i + 1, 2);
			value = (unsigned)strtoul(hex, NULL, 16);
			buf_addc(&plain, (char)value);
			i += 2;
		} else {
			buf_addc(&plain, text[i]);
		}
	}
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.ptr[i];

		if (isascii(c) && (isalnum(c) || strchr("-._~", c) ||
				   (slashes && c == '/')) && c)
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
	buf_release(&plain);
}

/*
 * The query, each name and value encoded, sorted by them.  A byte below all
 * others between name and value sorts "a" with any value before "a-b".
 */
static void add_query(struct buf *out, const char *query)
{
	struct strs pairs = STRS_INIT;

	while (*query) {
		size_t len = strcspn(query, "&");
		size_t name = 0;
		struct buf pair = BUF_INIT;

		while (name < len && query[name] != '=')
			name++;
		recode(query, name, false, &pair);
		buf_addc(&pair, '\1');
		if (name < len)
			recode(query + name + 1, len - name - 1, false, &pair);
		if (len)
			strs_add(&pairs, pair.ptr);
		buf_release(&pair);
		query += len + (query[len] == '&');
	}
	strs_sort(&pairs);
	for (size_t i = 0; i < pairs.n; i++) {
		*strchr(pairs.v[i], '\1') = '=';
		buf_addf(out, "%s%s", i ? "&" : "", pairs.v[i]);
	}
	strs_release(&pairs);
}

/* "name:value" in lower case, runs of spaces as one, none at the ends. */
static void add_header(struct strs *out, const char *header)
{
	struct buf line = BUF_INIT;
	const char *s = header;

	for (; *s && *s != ':'; s++)
		buf_addc(&line, (char)tolower((unsigned char)*s));
	buf_addc(&line, ':');
	for (s += *s == ':'; *s; s++) {
		bool space = *s == ' ' || *s == '\t';

		if (!space)
			buf_addc(&line, *s);
		else if (line.ptr[line.len - 1] != ':' &&
			 line.ptr[line.len - 1] != ' ' &&
			 s[strspn(s, " \t")])
			buf_addc(&line, ' ');
	}
	strs_add(out, line.ptr);
	buf_release(&line);
}

static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t m = strcspn(x, ":"), n = strcspn(y, ":");
	int order = memcmp(x, y, MIN(m, n));

	return order ? order : m < n ? -1 : m > n;
}

static void gather(const struct sigv4 *req, const struct parts *p,
		   const struct strs *ours, struct strs *out)
{
	char *host = xmemdup(p->host, p->host_len);

	strs_take(out, xstrfmt("host:%s", host));
	for (const char *const *h = req->headers; h && *h; h++)
		add_header(out, *h);
	for (size_t i = 0; i < ours->n; i++)
		add_header(out, ours->v[i]);
	qsort(out->v, out->n, sizeof(*out->v), by_name);
	free(host);
}

/* "host;x-amz-date" */
static void add_names(struct buf *out, const struct strs *headers)
{
	for (size_t i = 0; i < headers->n; i++) {
		if (i)
			buf_addc(out, ';');
		buf_add(out, headers->v[i], strcspn(headers->v[i], ":"));
	}
}

static void canonical(const struct sigv4 *req, const struct parts *p,
		      const struct strs *headers, struct buf *out)
{
	buf_addf(out, "%s\n", req->method);
	if (p->path_len)
		recode(p->path, p->path_len, true, out);
	else
		buf_addc(out, '/');
	buf_addc(out, '\n');
	add_query(out, p->query);
	buf_addc(out, '\n');
	for (size_t i = 0; i < headers->n; i++)
		buf_addf(out, "%s\n", headers->v[i]);
	buf_addc(out, '\n');
	add_names(out, headers);
	buf_addf(out, "\n%s", req->payload);
}

char *sigv4_canonical(const struct sigv4 *req, const struct strs *headers)
{
	struct parts p = split(req->url);
	struct strs all = STRS_INIT;
	struct buf out = BUF_INIT;

	gather(req, &p, headers, &all);
	canonical(req, &p, &all, &out);
	strs_release(&all);
	return buf_detach(&out);
}

static void hex(const unsigned char raw[DIGEST_SIZE], char out[SIGV4_HEX_MAX])
{
	struct seal seal;

	memcpy(seal.raw, raw, DIGEST_SIZE);
	seal_hex(&seal, out);
}

static void mac(unsigned char key[EVP_MAX_MD_SIZE], size_t *len,
		const char *text)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	HMAC(EVP_sha256(), key, (int)*len, (const unsigned char *)text,
	     strlen(text), out, &n);
	memcpy(key, out, n);
	*len = n;
}

/* The secret never signs itself, but a key of one day, region and service. */
static void signature(const struct sigv4_key *key, const char *day,
		      const char *text, char out[SIGV4_HEX_MAX])
{
	struct buf first = BUF_INIT;
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	size_t len;

	buf_addf(&first, "AWS4%s", key->secret);
	HMAC(EVP_sha256(), first.ptr, (int)first.len,
	     (const unsigned char *)day, strlen(day), raw, &n);
	len = n;
	mac(raw, &len, key->region);
	mac(raw, &len, "s3");
	mac(raw, &len, "aws4_request");
	mac(raw, &len, text);
	hex(raw, out);
	explicit_bzero(first.ptr, first.len);
	buf_release(&first);
}

void sigv4_sign(const struct sigv4 *req, const struct sigv4_key *key,
		struct strs *headers)
{
	struct parts p = split(req->url);
	struct strs ours = STRS_INIT, all = STRS_INIT;
	struct buf names = BUF_INIT, text = BUF_INIT;
	unsigned char digest[DIGEST_SIZE];
	char when[32], day[16], out[SIGV4_HEX_MAX];
	time_t t = (time_t)req->time;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	strs_take(&ours, xstrfmt("x-amz-content-sha256: %s", req->payload));
	strs_take(&ours, xstrfmt("x-amz-date: %s", when));
	if (key->token)
		strs_take(&ours, xstrfmt("x-amz-security-token: %s",
					 key->token));

	gather(req, &p, &ours, &all);
	add_names(&names, &all);
	canonical(req, &p, &all, &text);
	digest_of(text.ptr, text.len, digest);
	hex(digest, out);
	buf_reset(&text);
	buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s",
		 when, day, key->region, out);
	signature(key, day, text.ptr, out);

	for (size_t i = 0; i < ours.n; i++)
		strs_add(headers, ours.v[i]);
	strs_take(headers, xstrfmt("Authorization: AWS4-HMAC-SHA256 "
				   "Credential=%s/%s/%s/s3/aws4_request, "
				   "SignedHeaders=%s, Signature=%s", key->id,
				   day, key->region, names.ptr, out));
	buf_release(&text);
	buf_release(&names);
	strs_release(&all);
	strs_release(&ours);
}

int sigv4_payload(const struct source *src, uint64_t off, uint64_t len,
		  char out[SIGV4_HEX_MAX])
{
	unsigned char *piece = xmalloc(PIECE_SIZE);
	struct hash hash;
	struct id id;
	int ret = 0;

	hash_init(&hash, ID_SHA256);
	while (!ret && len) {
		size_t n = (size_t)MIN(len, PIECE_SIZE);

		ret = stop_check();
		if (!ret)
			ret = src->read(src->data, off, piece, n);
		if (!ret)
			hash_add(&hash, piece, n);
		off += n;
		len -= n;
	}
	hash_final(&hash, &id);
	hex(id.raw, out);
	free(piece);
	return ret;
}
