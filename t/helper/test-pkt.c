#include "test-tool.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/pkt.h"

/*
 * test-tool pkt read		packets on stdin: a line about each
 * test-tool pkt lines		the same, as text
 * test-tool pkt line TEXT...	each as a packet, then a flush
 * test-tool pkt write		stdin as packets, then a flush
 * test-tool pkt echo		what comes in goes out, packet by packet
 */
static int complain(int ret)
{
	say("error: ", "%s", fail_text());
	return fail_exit_code(ret);
}

static int read_packets(struct pkt *pkt)
{
	const unsigned char *data;
	size_t len;
	int kind;

	while ((kind = pkt_read(pkt, &data, &len)) > PKT_EOF) {
		if (kind == PKT_FLUSH) {
			puts("flush");
			continue;
		}
		printf("data %zu", len);
		for (size_t i = 0; i < MIN(len, 16); i++)
			printf(" %02x", data[i]);
		putchar('\n');
	}
	return kind;
}

static int read_lines(struct pkt *pkt)
{
	const char *line;
	int kind;

	while ((kind = pkt_read_line(pkt, &line)) > PKT_EOF) {
		if (kind == PKT_FLUSH)
			puts("flush");
		else
			printf("'%s'\n", line);
	}
	return kind;
}

static int write_lines(struct pkt *pkt, const char **lines)
{
	int ret = 0;

	for (; !ret && *lines; lines++)
		ret = pkt_write_line(pkt, "%s", *lines);
	if (!ret)
		ret = pkt_write_flush(pkt);
	return ret ? ret : pkt_send(pkt);
}

static int write_stdin(struct pkt *pkt)
{
	struct buf in = BUF_INIT;
	ssize_t n;
	int ret;

	do {
		buf_grow(&in, 65536);
		n = read(STDIN_FILENO, in.ptr + in.len, 65536);
		if (n > 0)
			buf_setlen(&in, in.len + (size_t)n);
	} while (n > 0);
	ret = pkt_write_all(pkt, in.ptr, in.len);
	if (!ret)
		ret = pkt_write_flush(pkt);
	if (!ret)
		ret = pkt_send(pkt);
	buf_release(&in);
	return ret;
}

static int echo(struct pkt *pkt)
{
	const unsigned char *data;
	size_t len;
	int kind;

	while ((kind = pkt_read(pkt, &data, &len)) > PKT_EOF) {
		int ret = kind == PKT_FLUSH ? pkt_write_flush(pkt) :
			  pkt_write(pkt, data, len);

		if (ret)
			return ret;
	}
	return kind < 0 ? kind : pkt_send(pkt);
}

int test_pkt(int argc, const char **argv)
{
	struct pkt pkt;
	int ret = 129;

	pkt_init(&pkt, STDIN_FILENO, STDOUT_FILENO);
	if (argc == 2 && !strcmp(argv[1], "read"))
		ret = read_packets(&pkt);
	else if (argc == 2 && !strcmp(argv[1], "lines"))
		ret = read_lines(&pkt);
	else if (argc >= 2 && !strcmp(argv[1], "line"))
		ret = write_lines(&pkt, argv + 2);
	else if (argc == 2 && !strcmp(argv[1], "write"))
		ret = write_stdin(&pkt);
	else if (argc == 2 && !strcmp(argv[1], "echo"))
		ret = echo(&pkt);
	else
		fprintf(stderr, "usage: test-tool pkt read|lines|line|write|"
			"echo\n");
	pkt_release(&pkt);
	return ret < 0 ? complain(ret) : ret;
}
