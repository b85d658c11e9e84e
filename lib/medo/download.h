#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "medo/medo.h"

/*
 * One file that the user named by its URL (http, https, s3, ssh, sftp), as it
 * comes, into `fd` from its offset 0.  FAIL_MISSING, FAIL_NET, FAIL_DENIED.
 */
struct download {
	uint64_t size;
	unsigned char sha256[DIGEST_SIZE];
};

int download(const char *url, int fd, struct meter *meter,
	     struct download *out) MUST_CHECK;

#endif
