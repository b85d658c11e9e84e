/* Any bytes: an entry or a state, or refused; one that is made is read. */
#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "model/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void again(const struct entry *entry)
{
	struct entry back = ENTRY_INIT;
	struct buf text = BUF_INIT;

	entry_format(&text, entry, "\"packs\": []");
	check(!entry_parse(&back, text.ptr, text.len, "again"));
	check(back.n == entry->n);
	check(!memcmp(back.prev, entry->prev, DIGEST_SIZE));
	check(!memcmp(back.nonce, entry->nonce, NONCE_SIZE));
	check(!strcmp(back.who, entry->who));
	check(!strcmp(back.time, entry->time));
	entry_release(&back);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct entry entry = ENTRY_INIT;
	struct json *json = NULL;
	struct buf text = BUF_INIT;
	unsigned char hash[DIGEST_SIZE];
	uint64_t n = 0;

	buf_add(&text, data, len);
	if (entry_parse(&entry, text.ptr, text.len, "fuzz")) {
		check(*fail_text());
	} else {
		check(entry.n);
		again(&entry);
		entry_release(&entry);
	}
	if (state_parse(&json, text.ptr, text.len, "fuzz", &n, hash)) {
		check(*fail_text());
	} else {
		check(n);
		json_free(json);
	}
	buf_release(&text);
	return 0;
}
