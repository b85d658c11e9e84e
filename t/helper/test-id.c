#include "test-tool.h"
#include "codec/id.h"

/*
 * test-tool id hash ALGO TYPE FILE	as git hash-object
 * test-tool id seal FILE
 * test-tool id parse HEX		the algorithm and the hex again, or 1
 * test-tool id parse-seal HEX
 * test-tool id set			ids on stdin: the index of each
 */
static FILE *open_file(const char *path, uint64_t *size)
{
	FILE *in = fopen(path, "rb");

	if (!in || fseek(in, 0, SEEK_END) || ftell(in) < 0) {
		perror(path);
		exit(128);
	}
	*size = (uint64_t)ftell(in);
	rewind(in);
	return in;
}

static int hash_file(const char *algo, const char *type, const char *path)
{
	char buf[10007], hex[ID_HEX_MAX];
	uint64_t size;
	FILE *in = open_file(path, &size);
	struct hash hash, fork;
	struct id id;
	size_t n;

	hash_init_object(&hash, id_algo_parse(algo), type, size);
	while ((n = fread(buf, 1, sizeof(buf), in))) {
		hash_add(&hash, buf, n / 2);
		fork = hash;
		hash_add(&hash, "a fork must not disturb", 23);
		hash = fork;
		hash_add(&hash, buf + n / 2, n - n / 2);
	}
	fclose(in);
	hash_final(&hash, &id);
	printf("%s\n", id_hex(&id, hex));
	return 0;
}

static int seal_file(const char *path)
{
	unsigned char *buf = xmalloc(PIECE_SIZE), digest[DIGEST_SIZE];
	char hex[SEAL_HEX_MAX];
	struct sealer sealer;
	struct seal seal;
	uint64_t size;
	FILE *in = open_file(path, &size);
	size_t n;

	sealer_init(&sealer);
	while ((n = fread(buf, 1, PIECE_SIZE, in))) {
		digest_of(buf, n, digest);
		sealer_add(&sealer, digest);
	}
	fclose(in);
	free(buf);
	sealer_final(&sealer, &seal);
	printf("%s\n", seal_hex(&seal, hex));
	return 0;
}

static int parse(const char *text, bool is_seal)
{
	char hex[ID_HEX_MAX], seal_text[SEAL_HEX_MAX];
	struct seal seal;
	struct id id;

	if (is_seal) {
		if (seal_parse(&seal, text, strlen(text)))
			return 1;
		printf("%s\n", seal_hex(&seal, seal_text));
		return 0;
	}
	if (id_parse(&id, text, strlen(text)))
		return 1;
	printf("%s %s\n", id_algo_name(id.algo), id_hex(&id, hex));
	return 0;
}

static int read_set(void)
{
	struct idset set = IDSET_INIT;
	char line[256];
	struct id id;
	int ret = 0;

	while (!ret && fgets(line, sizeof(line), stdin)) {
		ssize_t was;

		if (id_parse(&id, line, strcspn(line, "\n"))) {
			ret = 1;
			break;
		}
		was = idset_find(&set, &id);
		printf("%zd %zu\n", was, idset_add(&set, &id));
		if (idset_find(&set, &id) < 0 ||
		    !id_eq(&set.ids[idset_find(&set, &id)], &id))
			ret = 1;
	}
	idset_release(&set);
	return ret;
}

int test_id(int argc, const char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "hash"))
		return hash_file(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "seal"))
		return seal_file(argv[2]);
	if (argc == 3 && starts_with(argv[1], "parse"))
		return parse(argv[2], !strcmp(argv[1], "parse-seal"));
	if (argc == 2 && !strcmp(argv[1], "set"))
		return read_set();
	fprintf(stderr, "usage: test-tool id hash|seal|parse|parse-seal|set\n");
	return 129;
}
