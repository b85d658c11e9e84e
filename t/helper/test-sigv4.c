#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "codec/sigv4.h"

#include <sys/stat.h>
#include <fcntl.h>

/*
 * Keys and region come from the environment, as for s3.
 *
 * test-tool sigv4 sign METHOD URL TIME PAYLOAD [HEADER...]
 *	what is sent beside the headers given, a line each
 * test-tool sigv4 canonical METHOD URL TIME PAYLOAD [HEADER...]
 *	what is hashed
 * test-tool sigv4 payload FILE FROM LEN
 */
static const char *env(const char *name, const char *missing)
{
	const char *value = getenv(name);

	return value && *value ? value : missing;
}

static void sign(const char **argv, bool canonical)
{
	struct sigv4_key key = {
		.id = env("AWS_ACCESS_KEY_ID", ""),
		.secret = env("AWS_SECRET_ACCESS_KEY", ""),
		.token = env("AWS_SESSION_TOKEN", NULL),
		.region = env("AWS_REGION", "us-east-1"),
	};
	struct sigv4 req = {
		.method = argv[2], .url = argv[3],
		.time = strtoll(argv[4], NULL, 10),
		.payload = argv[5], .headers = argv + 6,
	};
	struct strs headers = STRS_INIT;

	sigv4_sign(&req, &key, &headers);
	if (canonical) {
		char *text;

		free(headers.v[--headers.n]);
		text = sigv4_canonical(&req, &headers);
		puts(text);
		free(text);
	} else {
		for (size_t i = 0; i < headers.n; i++)
			puts(headers.v[i]);
	}
	strs_release(&headers);
}

static int payload(const char **argv)
{
	int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	char out[SIGV4_HEX_MAX];
	struct source src;
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st))
		return fail_errno("cannot open '%s'", argv[2]);
	src = source_fd(&fd, (uint64_t)st.st_size, argv[2]);
	ret = sigv4_payload(&src, strtoull(argv[3], NULL, 10),
			    strtoull(argv[4], NULL, 10), out);
	if (!ret)
		puts(out);
	close(fd);
	return ret;
}

int test_sigv4(int argc, const char **argv)
{
	int ret = 0;

	if (argc >= 6 && !strcmp(argv[1], "sign")) {
		sign(argv, false);
	} else if (argc >= 6 && !strcmp(argv[1], "canonical")) {
		sign(argv, true);
	} else if (argc == 5 && !strcmp(argv[1], "payload")) {
		ret = payload(argv);
	} else {
		fprintf(stderr, "usage: test-tool sigv4 sign|canonical METHOD "
			"URL TIME PAYLOAD [HEADER...]\n"
			"   or: test-tool sigv4 payload FILE FROM LEN\n");
		return 129;
	}
	if (ret < 0) {
		say("error: ", "%s", fail_text());
		return fail_exit_code(ret);
	}
	return 0;
}
