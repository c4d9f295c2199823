/*
 * Any bytes as a journal. Those of a corpus file lack the checks that guard
 * records against being torn, which would stop a fuzzer at once: they are a
 * list of records (size 2, type 2, body), of which a whole journal is made;
 * then one byte of that is changed.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../control/journal.h"
#include "dnchat/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DN_LOG_DEFINE;

static uint64_t
check(const unsigned char *data, size_t size)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	while (size-- > 0)
		hash = (hash ^ *data++) * UINT64_C(1099511628211);
	return hash;
}

static void
put(struct bytes *bytes, unsigned type, const void *body, size_t size)
{
	unsigned char *at = bytes_reserve(bytes, size + 30);
	struct dn_wr wr = dn_wr_of(at, size + 30);

	dn_wr_uint(&wr, 4, size);
	dn_wr_uint(&wr, 2, type);
	dn_wr_uint(&wr, 8, 0);
	dn_wr_uint(&wr, 8, 0);
	dn_wr_bytes(&wr, body, size);
	dn_wr_uint(&wr, 8, check(at, wr.at));
	bytes->size += wr.at;
}

/* The header of a journal of this very build. */
static void
put_header(struct bytes *bytes)
{
	unsigned char body[128];
	struct dn_wr wr = dn_wr_of(body, sizeof(body));

	dn_wr_uint(&wr, 8, UINT64_C(0x6c6e72756f6a6e64));
	dn_wr_uint(&wr, 4, 1);
	dn_wr_uint(&wr, 8, 7);
	dn_wr_str(&wr, dn_str_of(journal_build()));
	put(bytes, 0x8000, body, wr.at);
}

static size_t
read_all(const void *data, size_t size)
{
	struct journal_image image;
	struct event event;
	size_t count = 0;

	if (journal_parse(&image, data, size) != DN_OK)
		return 0;
	while (journal_next(&image, &event)) {
		if (event.type == IPC_auth)
			abort();
		count++;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dn_rd rd = dn_rd_of(data, size);
	struct bytes bytes = {0};
	const unsigned char *body;
	size_t length;
	unsigned type;

	(void)read_all(data, size);
	put_header(&bytes);
	put(&bytes, 0x8001, "s", 1);
	put(&bytes, 0x8002, "o", 1);
	put(&bytes, 0x8003, "n", 1);
	put(&bytes, 0x8004, "", 0);
	while (!rd.failed && rd.at < rd.size) {
		length = (size_t)dn_rd_uint(&rd, 2) & 0xfff;
		type = (unsigned)dn_rd_uint(&rd, 2);
		body = dn_rd_take(&rd, length);
		if (body != NULL)
			put(&bytes, type, body, length);
	}
	(void)read_all(bytes.data, bytes.size);
	if (size > 2)
		bytes.data[(data[0] | data[1] << 8) % bytes.size] ^= data[2];
	(void)read_all(bytes.data, bytes.size);
	bytes_deinit(&bytes);
	return 0;
}
