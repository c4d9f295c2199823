/* Records on their way to dnchatd: see outbox.h. */
#include "outbox.h"

#include "dnchat/ipc.h"

void
outbox_reset(struct outbox *outbox, uint64_t last)
{
	bytes_deinit(&outbox->bytes);
	outbox->head = 0;
	outbox->sent = 0;
	outbox->acked = last;
	outbox->last = last;
}

void
outbox_deinit(struct outbox *outbox)
{
	outbox_reset(outbox, 0);
}

bool
outbox_append(struct outbox *outbox, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t last = outbox->last;
	struct ipc_header header;
	size_t at = 0;
	long length;

	while (at < size) {
		length = ipc_peek(bytes + at, size - at, &header);
		if (length <= 0 || header.seq != last + 1)
			return false;
		last = header.seq;
		at += (size_t)length;
	}
	bytes_append(&outbox->bytes, data, size);
	outbox->last = last;
	return true;
}

bool
outbox_ack(struct outbox *outbox, uint64_t seq)
{
	struct ipc_header header;
	long length;

	if (seq > outbox->last)
		return false;
	while (outbox->acked < seq) {
		length = ipc_peek(outbox->bytes.data + outbox->head,
		    outbox_size(outbox), &header);
		outbox->head += (size_t)length;
		outbox->acked++;
	}
	if (outbox->sent < outbox->head)
		outbox->sent = outbox->head;
	/* Moving the rest down costs no more than what went before. */
	if (outbox->head > outbox->bytes.size / 2) {
		bytes_consume(&outbox->bytes, outbox->head);
		outbox->sent -= outbox->head;
		outbox->head = 0;
		if (outbox->bytes.size == 0)
			bytes_deinit(&outbox->bytes);
	}
	return true;
}

size_t
outbox_size(const struct outbox *outbox)
{
	return outbox->bytes.size - outbox->head;
}

const unsigned char *
outbox_data(const struct outbox *outbox)
{
	return outbox->bytes.data + outbox->head;
}

const unsigned char *
outbox_take(struct outbox *outbox, size_t *size)
{
	const unsigned char *data = outbox->bytes.data + outbox->sent;

	*size = outbox->bytes.size - outbox->sent;
	outbox->sent = outbox->bytes.size;
	return data;
}

bool
outbox_has_unsent(const struct outbox *outbox)
{
	return outbox->sent < outbox->bytes.size;
}

void
outbox_rewind(struct outbox *outbox)
{
	outbox->sent = outbox->head;
}
