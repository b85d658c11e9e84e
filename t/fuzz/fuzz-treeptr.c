/* Any bytes as each of our three files; what is read has one spelling. */
#include "base/base.h"
#include "model/policy.h"
#include "model/treeptr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void treeptr(const char *text, size_t len)
{
	struct treeptr ptr = TREEPTR_INIT, again = TREEPTR_INIT;
	struct buf once = BUF_INIT, twice = BUF_INIT;

	if (!treeptr_parse(&ptr, text, len, "x")) {
		treeptr_format(&ptr, &once);
		check(once.len <= TREEPTR_MAX);
		check(treeptr_likely(once.ptr, once.len));
		check(!treeptr_parse(&again, once.ptr, once.len, "x"));
		check(treeptr_canonical(&again, once.ptr, once.len));
		check(ptr.size == again.size && id_eq(&ptr.id, &again.id));

		if (!treeptr_set_meta(&ptr, "url", "\"\\\n\xc3\xa9")) {
			treeptr_format(&ptr, &twice);
			check(!treeptr_parse(&again, twice.ptr, twice.len,
					     "x"));
			check(treeptr_canonical(&again, twice.ptr,
						twice.len));
		}
	}
	buf_release(&once);
	buf_release(&twice);
	treeptr_release(&ptr);
	treeptr_release(&again);
}

static void silos(const char *text, size_t len)
{
	struct silo_list list = SILO_LIST_INIT, again = SILO_LIST_INIT;
	struct buf once = BUF_INIT, twice = BUF_INIT;

	if (!silo_list_parse(&list, text, len, "x")) {
		silo_list_format(&list, &once);
		check(!silo_list_parse(&again, once.ptr, once.len, "x"));
		silo_list_format(&again, &twice);
		check(!strcmp(once.ptr, twice.ptr));
	}
	buf_release(&once);
	buf_release(&twice);
	silo_list_release(&list);
	silo_list_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct policy policy = POLICY_INIT;
	const char *text = (const char *)data;

	treeptr(text, len);
	silos(text, len);
	if (!policy_parse(&policy, text, len, "x"))
		check(!policy.mount || *policy.mount);
	policy_release(&policy);
	return 0;
}
