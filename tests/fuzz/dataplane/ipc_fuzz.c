/*
 * Any stream of records: each is found, or the stream ends; a body that reads
 * as its type says is written as the same bytes.
 */
#include <stdlib.h>

#include "dnchat/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static unsigned char scratch[IPC_HEADER_BYTES + DN_IPC_BODY_BYTES_MAX];

/* One function a row: reads a body, writes it with its header again, and
 * requires that it is the record that was read. */
#define ROW_CHECK(name, FIELDS, meaning)                                    \
	static void                                                         \
	check_##name(const unsigned char *record, size_t size,              \
	    const struct ipc_header *header)                                \
	{                                                                   \
		struct dn_rd rd = dn_rd_of(record + IPC_HEADER_BYTES,       \
		    header->size);                                          \
		struct dn_wr wr = dn_wr_of(scratch, sizeof(scratch));       \
		struct ipc_##name body;                                     \
                                                                            \
		if (!ipc_get_##name(&rd, &body))                            \
			return;                                             \
		IPC_PUT(&wr, name, header->seq, &body);                     \
		require(!wr.failed && wr.at == size);                       \
		require(memcmp(scratch, record, size) == 0);                \
	}
IPC_UP(ROW_CHECK)
IPC_DOWN(ROW_CHECK)
IPC_SESSION(ROW_CHECK)

typedef void check_record(const unsigned char *record, size_t size,
    const struct ipc_header *header);

#define ROW_ENTRY(name, FIELDS, meaning) [IPC_##name] = check_##name,
static check_record *const checks[IPC_SESSION_END] = {
	IPC_UP(ROW_ENTRY)
	IPC_DOWN(ROW_ENTRY)
	IPC_SESSION(ROW_ENTRY)
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_header header;
	long length;

	while ((length = ipc_peek(data, size, &header)) > 0) {
		require((size_t)length <= size);
		if (header.type < IPC_SESSION_END &&
		    checks[header.type] != NULL)
			checks[header.type](data, (size_t)length, &header);
		else
			require(strcmp(ipc_name(header.type), "?") == 0);
		data += length;
		size -= (size_t)length;
	}
	return 0;
}
