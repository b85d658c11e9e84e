/* Any bytes: an index or refused; what was read can be found again. */
#include "base/base.h"
#include "base/fail.h"
#include "model/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void try_as(const uint8_t *data, size_t len, enum id_algo algo)
{
	struct index_file index = INDEX_FILE_INIT;
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (index_parse(&index, data, len, algo)) {
		check(*fail_text());
		goto out;
	}
	for (size_t i = 0; i < index.n; i++) {
		const struct index_entry *entry = &index.v[i];

		check(entry->stat_off + 40 + id_raw_size(algo) <= len);
		check(strlen(entry->path) < len + 5000);
		if (!entry->stage && !index.split)
			check(index_find(&index, entry->path) == entry);
	}
out:
	index_close(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_as(data, len, ID_SHA1);
	try_as(data, len, ID_SHA256);
	return 0;
}
